//! Slurm's directives: the `#SBATCH` lines of a batch script, read and changed as `sbatch` reads them.
//!
//! `sbatch` takes the words of all directive lines above the first command together and hands them to
//! `getopt_long` as one argument list. So an option may stand on one line and its value on the next,
//! long options may be shortened, and no variable is ever expanded. Checked against Slurm 22.05.

mod edit;
mod facts;
mod findings;
mod gpus;
mod memory;
mod options;
mod time;
mod values;
mod words;

use crate::text::{Fault, Source, Span};

pub use edit::{edit_directive, edit_directives};
pub use facts::{directive_facts, directive_value};
pub use findings::{DIRECTIVE_RULES, findings};

use words::Word;

/// One option of one directive line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The full long name without dashes, such as `gpus-per-node`; an option that is not Slurm's own
    /// keeps the name it was given.
    pub name: String,
    /// The value with quotes and backslashes taken away; `None` when there is none.
    pub value: Option<String>,
    /// The whole option with its value.
    pub span: Span,
    /// The value as it is written, without quotes around it; an empty value has none.
    pub value_span: Option<Span>,
    /// The line of the option, from 1.
    pub line: usize,
    /// It stands below the first command, where `sbatch` does not look.
    pub ignored: bool,
    /// The component of a heterogeneous job that the option is for; 0 in every other job.
    pub component: usize,
    written: Option<Written>,
}

/// The word that holds a value, and where in it the value begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    word: Word,
    /// Bytes of the word's text in front of the value.
    skipped: usize,
}

/// All that the directive lines of one script say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The options in order, ignored ones last.
    pub directives: Vec<Directive>,
    /// Why `sbatch` would refuse the script; mostly empty.
    pub faults: Vec<Fault>,
    /// Whether `#SBATCH hetjob` splits the script into components, each with its own options.
    pub heterogeneous: bool,
}

/// Reads the directives of a script; those that `sbatch` overlooks are marked as ignored.
///
/// A line that `sbatch` would refuse is read as far as it makes sense; [`read_header`] tells why.
pub fn read_directives(source: &Source) -> Vec<Directive> {
    read_header(source).directives
}

/// Reads the directives of a script and why `sbatch` would refuse it.
pub fn read_header(source: &Source) -> Header {
    let lines = words::read_lines(source.text());
    let mut faults = lines.faults;
    let mut directives = Vec::new();
    for (component, words) in lines.heard.iter().enumerate() {
        let read = options::read_options(words, false, &mut faults);
        directives.extend(read.into_iter().map(|directive| Directive { component, ..directive }));
    }
    // What nobody reads cannot be wrong.
    directives.extend(options::read_options(&lines.ignored, true, &mut Vec::new()));
    faults.sort_by_key(|fault| fault.span);
    Header { directives, faults, heterogeneous: lines.heard.len() > 1 }
}

/// Returns the last option of this name that counts; a later one replaces an earlier.
fn last<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    directives.iter().rev().find(|directive| !directive.ignored && directive.name == name)
}

/// Tells whether the text waits for somebody to fill it in; `sbatch` itself expands nothing.
fn is_template(value: &str) -> bool {
    value.contains(['$', '`']) || value.contains("{{")
}
