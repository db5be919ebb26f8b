//! Directives that do not do what they seem to.

use super::{read_header, values};
use crate::text::{Fault, Finding, Level, Source, Span};

/// The rules about directives: id and what each finds, in a sentence.
pub const DIRECTIVE_RULES: [(&str, &str); 3] = [
    ("refused-directive", "sbatch refuses the script for a directive"),
    ("ignored-directive", "a directive stands below the first command, where sbatch does not look"),
    ("disabled-directive", "a directive is switched off by a second `#`"),
];

/// Finds what the author of a script's directives should know, in the order of the text.
pub fn findings(source: &Source) -> Vec<Finding> {
    let header = read_header(source);
    let finding = |rule: &str, level, fault| Finding::new(rule, level, source, fault);
    let heard = header.directives.iter().filter(|it| !it.ignored);
    let refused = header.faults.iter().cloned().chain(heard.filter_map(values::refused));
    let refused = refused.map(|fault| finding("refused-directive", Level::Error, fault));
    let ignored = header.directives.iter().filter(|it| it.ignored).map(|directive| {
        let message = format!("sbatch ignores `--{}` here", directive.name);
        let fault = Fault::new("hydrule::slurm::ignored_directive", directive.span, message)
            .labelled("below the first command")
            .helped("move the line above the first command");
        finding("ignored-directive", Level::Warning, fault)
    });
    let disabled = disabled_lines(source.text()).into_iter().map(|span| {
        let fault = Fault::new(
            "hydrule::slurm::disabled_directive",
            span,
            "this directive is switched off",
        );
        let fault = fault.labelled("sbatch reads lines that begin with one `#`");
        finding("disabled-directive", Level::Note, fault)
    });
    let mut found: Vec<Finding> = refused.chain(ignored).chain(disabled).collect();
    found.sort_by_key(|it| it.fault.span);
    found
}

/// Finds the lines that begin with several `#` before `SBATCH`.
fn disabled_lines(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches(['#', ' ']);
        let marks = line.len() - bare.len();
        let several = line.get(..marks).is_some_and(|it| it.matches('#').count() > 1);
        let word = bare.strip_prefix("SBATCH").is_some_and(|rest| rest.starts_with([' ', '\t']));
        if several && word {
            spans.push(Span::new(at, at + line.trim_end().len()));
        }
        at += line.len();
    }
    spans
}
