use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    NarratableReportHandler, Severity, SourceCode,
};

use super::paint::Look;
use crate::text::{Fault, Faults, Finding, Level};

/// Draws every fault of a source, each with the text it means underlined.
pub fn render_faults(faults: &Faults, look: Look) -> String {
    let source = NamedSource::new(faults.source.name(), faults.source.text().to_owned());
    let drawn = |fault| Drawn { fault, source: &source, code: fault.code, level: Level::Error };
    faults.faults.iter().map(|fault| render(&drawn(fault), look)).collect()
}

/// Draws a finding, headed by its rule.
pub fn render_finding(finding: &Finding, look: Look) -> String {
    let Finding { rule, level, source, fault, .. } = finding;
    let source = NamedSource::new(source.name(), source.text().to_owned());
    render(&Drawn { fault, source: &source, code: rule, level: *level }, look)
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

#[derive(Debug)]
struct Drawn<'a> {
    fault: &'a Fault,
    source: &'a NamedSource<String>,
    code: &'a str,
    level: Level,
}

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.fault.message)
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
        self.fault.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = std::iter::once((self.fault.span, self.fault.label.as_str()));
        let also = self.fault.also.iter().map(|(span, label)| (*span, label.as_str()));
        Some(Box::new(first.chain(also).map(|(span, label)| {
            let label = (!label.is_empty()).then(|| label.to_owned());
            LabeledSpan::new(label, span.start, span.len())
        })))
    }
}
