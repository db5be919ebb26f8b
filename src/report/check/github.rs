use super::{Report, place};
use crate::text::{Finding, Level};

/// Writes a workflow command for each finding, which GitHub shows beside the lines it is about.
pub fn check_github(report: &Report<'_>) -> String {
    report.findings.iter().map(command).collect()
}

fn command(finding: &Finding) -> String {
    let Finding { source, fault, rule, .. } = finding;
    let word = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let (start, end) = (source.line_column(fault.span.start), source.line_column(fault.span.end));
    let mut about = format!("file={},line={}", property(source.name()), start.line);
    if start.line == end.line {
        // With columns, GitHub drops what spans several lines.
        about.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    } else {
        about.push_str(&format!(",endLine={}", end.line));
    }
    // The place stands in the message as well, for those who read the raw log.
    let mut message = format!("{}: {}", place(finding), fault.message);
    if let Some(help) = &fault.help {
        message.push_str(&format!("\n{help}"));
    }
    format!("::{word} {about},title={}::{}\n", property(rule), escaped(&message))
}

/// Escapes what would end a message.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what would end a property.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Fault, Source, Span};

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        let source = Source::new("a,b:c%\n.sh", "one\ntwo\n");
        let fault = Fault::new("x", Span::new(1, 6), "50% :: of\r\nit").helped("a,b: c");
        let finding = Finding::new("some-rule", Level::Warning, &source, fault);
        assert_eq!(
            command(&finding),
            "::warning file=a%2Cb%3Ac%25%0A.sh,line=1,endLine=2,title=some-rule::a,b:c%25%0A.sh:1:2: \
             50%25 :: of%0D%0Ait%0Aa,b: c\n"
        );
        let fault = Fault::new("x", Span::new(4, 7), "two");
        let finding = Finding::new("r", Level::Note, &Source::new("f", "one\ntwo\n"), fault);
        let command = command(&finding);
        assert_eq!(command, "::notice file=f,line=2,col=1,endColumn=4,title=r::f:2:1: two\n");
    }
}
