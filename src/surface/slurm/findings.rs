//! Directives that do not do what they seem to.

use super::{read_header, values};
use crate::text::{Fault, Finding, Level, Source, Span, edit_distance};

/// The rules about directives: id and what each finds, in a sentence.
pub const DIRECTIVE_RULES: [(&str, &str); 3] = [
    ("refused-directive", "sbatch refuses the script for a directive"),
    ("ignored-directive", "a directive stands below the first command, where sbatch does not look"),
    (
        "disabled-directive",
        "a directive is a comment: behind a second `#`, a blank, or a misspelt `SBATCH`",
    ),
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
    let comments = comments(source.text()).into_iter().map(|(span, comment)| {
        let (level, message, label) = comment.told();
        let fault = Fault::new("hydrule::slurm::disabled_directive", span, message);
        finding("disabled-directive", level, fault.labelled(label))
    });
    let mut found: Vec<Finding> = refused.chain(ignored).chain(comments).collect();
    found.sort_by_key(|it| it.fault.span);
    found
}

/// What keeps a directive from being one.
#[derive(Debug, Clone, Copy)]
enum Comment {
    /// Several `#`.
    Off,
    /// A blank behind the `#`.
    Apart,
    /// A word that is nearly `SBATCH`.
    Misspelt,
}

impl Comment {
    fn told(self) -> (Level, &'static str, &'static str) {
        let (off, read) = ("this directive is switched off", "sbatch reads this line as a comment");
        match self {
            Self::Off => (Level::Note, off, "sbatch reads lines that begin with one `#`"),
            Self::Apart => (Level::Note, off, "no blank may stand behind the `#`"),
            Self::Misspelt => (Level::Warning, read, "did you mean `#SBATCH`?"),
        }
    }

    /// Looks at a line without its end.
    fn of(line: &str) -> Option<Self> {
        let bare = line.trim_start_matches(['#', ' ']);
        let marks = line.get(..line.len() - bare.len())?;
        let (word, rest) = bare.split_once([' ', '\t'])?;
        let option = rest.trim_start().starts_with('-');
        match word {
            "SBATCH" if marks.matches('#').count() > 1 => Some(Self::Off),
            "SBATCH" if marks.starts_with("# ") && option => Some(Self::Apart),
            "SBATCH" => None,
            _ if marks != "#" || !option => None,
            _ => (edit_distance(&word.to_uppercase(), "SBATCH") <= 1).then_some(Self::Misspelt),
        }
    }
}

/// Finds the lines that look like directives and are comments.
fn comments(text: &str) -> Vec<(Span, Comment)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(at, at + line.trim_end().len());
        found.extend(Comment::of(line.trim_end()).map(|comment| (span, comment)));
        at += line.len();
    }
    found
}
