use std::borrow::Cow;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, NarratableReportHandler, Severity, SourceCode, SourceSpan, SpanContents,
};

use super::paint::{Look, fitted};
use crate::text::{
    Fault, Faults, Finding, Level, Source, Span, char_start, count, line_end, line_start, secret,
};

/// How many lines of a span are drawn.
const MOST_LINES: usize = 5;

/// How many bytes of a span are drawn, and how many on each side of it.
const MOST_BYTES: usize = 500;

/// How many faults of a source are drawn: nobody reads more, and each may be many times as long as what it means.
const MOST_FAULTS: usize = 100;

/// Draws the first faults of a source, each with the text it means underlined.
pub fn render_faults(faults: &Faults, look: Look) -> String {
    let page = Page::new(&faults.source);
    let drawn = |fault| Drawn::new(fault, &page, (fault.code, Level::Error), look);
    let (all, most) = (&faults.faults, faults.faults.len().min(MOST_FAULTS));
    let mut out: String = all.iter().take(most).map(|it| render(&drawn(it), look)).collect();
    if all.len() > most {
        let more = count(all.len() - most, "more error");
        out.push_str(&format!("and {more} in {}\n", faults.source.name()));
    }
    out
}

/// Draws findings one after the other; many are of one text, which is prepared once.
#[derive(Debug)]
pub struct FindingDrawer<'a> {
    look: Look,
    page: Option<Page<'a>>,
}

impl<'a> FindingDrawer<'a> {
    /// Draws with a look.
    pub fn new(look: Look) -> Self {
        Self { look, page: None }
    }

    /// Draws a finding, headed by its rule.
    pub fn draw(&mut self, finding: &'a Finding) -> String {
        let Finding { rule, level, source, fault, .. } = finding;
        let page = self.page.take().filter(|page| page.source.is(source));
        let page = self.page.insert(page.unwrap_or_else(|| Page::new(source)));
        render(&Drawn::new(fault, page, (rule, *level), self.look), self.look)
    }
}

fn render(drawn: &Drawn<'_>, look: Look) -> String {
    let mut out = String::new();
    let done = if look.graphics {
        let theme =
            if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        GraphicalReportHandler::new_themed(theme)
            .with_width(look.width)
            .with_context_lines(1)
            .with_wrap_lines(false)
            .render_report(&mut out, drawn)
    } else {
        NarratableReportHandler::new().render_report(&mut out, drawn)
    };
    if done.is_err() {
        out.push_str(&drawn.fault.message);
        out.push('\n');
    }
    out
}

/// A text whose parts are drawn, its secrets and controls covered so that every label still points at its place.
#[derive(Debug)]
struct Page<'a> {
    source: &'a Source,
    text: Cow<'a, str>,
}

impl<'a> Page<'a> {
    fn new(source: &'a Source) -> Self {
        Self { source, text: without_controls(secret::covered(source.text())) }
    }
}

/// Covers what a terminal would obey: it has no width, and a return would be taken for the end of a line.
fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut rest = text.chars().peekable();
    let mut out = String::new();
    let mut covers = false;
    while let Some(char) = rest.next() {
        let is_line_end = char == '\n' || char == '\r' && rest.peek() == Some(&'\n');
        let is_covered = char.is_control() && char != '\t' && !is_line_end;
        match is_covered {
            true => out.extend(std::iter::repeat_n('?', char.len_utf8())),
            false => out.push(char),
        }
        covers |= is_covered;
    }
    if covers { Cow::Owned(out) } else { text }
}

impl SourceCode for Page<'_> {
    /// Gives a span with whole lines around it, and of long lines what is near; miette does the same for
    /// strings, but goes through the whole text, and draws lines of any length. Labels further apart than a
    /// few lines, or far apart in one, get pictures of their own.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_ref();
        let (from, to) = (span.offset(), span.offset() + span.len());
        if to > text.len() || span.len() > 4 * MOST_BYTES {
            return Err(MietteError::OutOfBounds);
        }
        let previous = |at, _| line_start(text, at).saturating_sub(1);
        let next = |at, _| text.len().min(line_end(text, at) + 1);
        let start = match before {
            0 => from,
            before => line_start(text, (0..before).fold(from, previous)),
        };
        let end = (0..=after).fold(to.max(from + 1) - 1, next);
        let start = start.max(char_start(text, from.saturating_sub(MOST_BYTES)));
        let end = end.min(char_start(text, to + MOST_BYTES));
        let drawn = text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let at = self.source.line_column(start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.source.name().to_owned(),
            drawn.as_bytes(),
            (start, drawn.len()).into(),
            at.line - 1,
            at.column - 1,
            drawn.split('\n').count(),
        )))
    }
}

/// Cuts a span of many lines to its first line, and that where it is long: nobody reads a page between two
/// labels.
fn shortened(text: &str, span: Span) -> Span {
    let whole = text.get(span.start..span.end).unwrap_or_default();
    let lines = match whole.split_once('\n') {
        Some((first, _)) if whole.matches('\n').count() >= MOST_LINES => first.trim_end(),
        _ => whole,
    };
    Span::new(span.start, span.start + char_start(lines, MOST_BYTES))
}

#[derive(Debug)]
struct Drawn<'a> {
    fault: &'a Fault,
    message: String,
    help: Option<String>,
    page: &'a Page<'a>,
    code: &'a str,
    level: Level,
}

impl<'a> Drawn<'a> {
    fn new(
        fault: &'a Fault,
        page: &'a Page<'a>,
        (code, level): (&'a str, Level),
        look: Look,
    ) -> Self {
        // Where nothing is drawn around them, texts go on as they are.
        let fit = |text: &str, margin: usize| match look.graphics {
            true => fitted(text, look.width.saturating_sub(margin), ""),
            false => text.to_owned(),
        };
        let message = fit(&fault.message, MESSAGE);
        let help = fault.help.as_deref().map(|help| fit(help, HELP));
        Self { fault, message, help, page, code, level }
    }
}

/// The columns that are drawn before a message, and before a help.
const MESSAGE: usize = 4;
const HELP: usize = 8;

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Note => Severity::Advice,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.page)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = std::iter::once((self.fault.span, self.fault.label.as_str()));
        let also = self.fault.also.iter().map(|(span, label)| (*span, label.as_str()));
        Some(Box::new(first.chain(also).map(|(span, label)| {
            let label = (!label.is_empty()).then(|| label.to_owned());
            let span = shortened(&self.page.text, span);
            LabeledSpan::new(label, span.start, span.len())
        })))
    }
}
