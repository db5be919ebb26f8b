use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    NarratableReportHandler, SourceCode,
};

use super::paint::Look;
use crate::text::{Fault, Faults};

/// Draws every fault of a source, each with the text it means underlined.
pub fn render_faults(faults: &Faults, look: Look) -> String {
    let source = NamedSource::new(faults.source.name(), faults.source.text().to_owned());
    let mut out = String::new();
    for fault in &faults.faults {
        let drawn = Drawn { fault, source: &source };
        let done = if look.graphics {
            let theme = if look.color {
                GraphicalTheme::unicode()
            } else {
                GraphicalTheme::unicode_nocolor()
            };
            GraphicalReportHandler::new_themed(theme)
                .with_width(look.width)
                .with_context_lines(1)
                .with_wrap_lines(false)
                .render_report(&mut out, &drawn)
        } else {
            NarratableReportHandler::new().render_report(&mut out, &drawn)
        };
        if done.is_err() {
            out.push_str(&fault.message);
            out.push('\n');
        }
    }
    out
}

#[derive(Debug)]
struct Drawn<'a> {
    fault: &'a Fault,
    source: &'a NamedSource<String>,
}

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.fault.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.fault.code))
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
