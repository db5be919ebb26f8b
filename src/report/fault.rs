use std::borrow::Cow;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, NarratableReportHandler, Severity, SourceCode, SourceSpan, SpanContents,
};

use super::paint::{Look, fitted};
use crate::text::{Fault, Faults, Finding, Level, Source, Span, secret};

/// How many lines of a span are drawn.
const MOST_LINES: usize = 5;

/// Draws every fault of a source, each with the text it means underlined.
pub fn render_faults(faults: &Faults, look: Look) -> String {
    let page = Page::new(&faults.source);
    let drawn = |fault| Drawn::new(fault, &page, (fault.code, Level::Error), look);
    faults.faults.iter().map(|fault| render(&drawn(fault), look)).collect()
}

/// Draws a finding, headed by its rule.
pub fn render_finding(finding: &Finding, look: Look) -> String {
    let Finding { rule, level, source, fault, .. } = finding;
    let page = Page::new(source);
    render(&Drawn::new(fault, &page, (rule, *level), look), look)
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

/// A text whose parts are drawn, its secrets covered so that every label still points at its place.
#[derive(Debug)]
struct Page<'a> {
    source: &'a Source,
    text: Cow<'a, str>,
}

impl<'a> Page<'a> {
    fn new(source: &'a Source) -> Self {
        Self { source, text: secret::covered(source.text()) }
    }
}

impl SourceCode for Page<'_> {
    /// Does what miette does for strings, but counts the lines of the part, and not those of the text
    /// up to its end: labels further apart than a few lines then get pictures of their own.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.text.as_ref().read_span(span, before, after)?;
        let lines = part.data().split(|byte| *byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.source.name().to_owned(),
            part.data(),
            *part.span(),
            part.line(),
            part.column(),
            lines,
        )))
    }
}

/// Cuts a span of many lines to its first line: nobody reads a page between two labels.
fn shortened(text: &str, span: Span) -> Span {
    let whole = text.get(span.start..span.end).unwrap_or_default();
    match whole.split_once('\n') {
        Some((first, _)) if whole.matches('\n').count() >= MOST_LINES => {
            Span::new(span.start, span.start + first.trim_end().len())
        }
        _ => span,
    }
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
