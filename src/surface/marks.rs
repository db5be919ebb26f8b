//! What a script's comments say to hydrule: `# hydrule: ignore[RULE] reason` and `# hydrule: pin`.
//!
//! A comment at the end of a line is about that line, one on a line of its own about the next line that
//! is none. Bash allows no comment inside a continued command, so what stands on or above its first
//! line, or at the end of its last one, is about all of it.

use std::ops::RangeInclusive;

use crate::text::{Edit, Fault, Source, Span, line_start};

/// Begins what is said to hydrule.
const ADDRESS: &str = "hydrule:";

/// Something that a comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub says: Says,
    /// The word that says it: the rule's id, the key, or `pin`.
    pub span: Span,
    /// The line that it is about, counted from 1.
    pub line: usize,
}

/// What a comment may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A rule does not count here.
    Ignore {
        /// The rule's id.
        rule: String,
        /// Why.
        reason: String,
    },
    /// The values here never change, or those of one key.
    Pin(Option<String>),
}

/// What the comments of a script say, and what is said in a way that nobody understands.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// What they say, in order.
    pub all: Vec<Mark>,
    /// What is no sense.
    pub faults: Vec<Fault>,
}

impl Marks {
    /// Reads the comments of a script.
    pub fn read(source: &Source) -> Self {
        let mut marks = Self::default();
        if !source.text().contains(ADDRESS) {
            return marks;
        }
        let mut waiting = 0;
        let mut at = 0;
        for (number, line) in source.text().split_inclusive('\n').enumerate() {
            // To sbatch, a directive is more than a comment.
            let alone = line.trim_start().starts_with('#') && !line.starts_with("#SBATCH");
            let is_code = !alone && !line.trim().is_empty();
            if is_code {
                for mark in marks.all.iter_mut().skip(waiting) {
                    mark.line = number + 1;
                }
                waiting = marks.all.len();
            }
            if let Some(start) = addressed(line) {
                marks.take(line, start, at, number + 1);
            }
            if is_code {
                waiting = marks.all.len();
            }
            at += line.len();
        }
        marks
    }

    /// Takes what a line says from `start` on; the line begins at `at`.
    fn take(&mut self, line: &str, start: usize, at: usize, number: usize) {
        let text = line.get(start..).unwrap_or_default().trim_end();
        let place = |part: &str| {
            let from = part.as_ptr() as usize - line.as_ptr() as usize;
            Span::new(at + from, at + from + part.len())
        };
        let word = text.split([' ', '\t', '[']).next().unwrap_or_default();
        let rest = text.get(word.len()..).unwrap_or_default();
        let listed = rest.strip_prefix('[').and_then(|it| it.split_once(']'));
        let names = listed.map(|(names, _)| names.split(',').map(str::trim));
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let refuse = |message: &str, help: &str| {
            Fault::new("hydrule::mark::unknown", place(text), message).helped(help)
        };
        let ignore =
            "write `# hydrule: ignore[RULE] reason`; several rules are separated by commas";
        match word {
            "ignore" if names.is_empty() => {
                self.faults.push(refuse("`ignore` names no rule", ignore));
            }
            "ignore" if names.iter().any(|it| it.is_empty() || it.contains('*')) => {
                self.faults.push(refuse("each rule that is ignored is named", ignore));
            }
            "pin" if names.iter().any(|it| it.is_empty()) => {
                self.faults.push(refuse("`pin` names no key", "write `# hydrule: pin[KEY]`"));
            }
            "ignore" => {
                let reason = listed.map_or("", |(_, reason)| reason).trim();
                self.all.extend(names.iter().map(|name| {
                    let (rule, reason) = ((*name).to_owned(), reason.to_owned());
                    Mark { says: Says::Ignore { rule, reason }, span: place(name), line: number }
                }));
            }
            "pin" if names.is_empty() => {
                let says = Says::Pin(None);
                self.all.push(Mark { says, span: place(word), line: number });
            }
            "pin" => self.all.extend(names.iter().map(|name| {
                let says = Says::Pin(Some((*name).to_owned()));
                Mark { says, span: place(name), line: number }
            })),
            _ => self.faults.push(refuse(
                "this says nothing to hydrule",
                "it may say `ignore[RULE] reason`, `pin` and `pin[KEY]`",
            )),
        }
    }
}

impl Mark {
    /// Tells whether it is about some lines of a command: about one of them, or about the whole
    /// command where that goes over several.
    pub fn is_about(
        &self,
        lines: &RangeInclusive<usize>,
        command: Option<&RangeInclusive<usize>>,
    ) -> bool {
        lines.contains(&self.line)
            || command.is_some_and(|it| self.line == *it.start() || self.line == *it.end())
    }
}

impl Marks {
    /// Takes a mark out: its name, or the whole comment where it says nothing else.
    pub fn without(&self, source: &Source, mark: &Mark) -> Option<Edit> {
        let text = source.text();
        let start = line_start(text, mark.span.start);
        let rest = text.get(start..)?;
        let line = rest.split_inclusive('\n').next()?;
        let line_span = Span::new(start, start + line.len());
        let others = self.all.iter().filter(|it| line_span.contains(it.span)).count() > 1;
        if others {
            let behind = text.get(mark.span.end..)?;
            let comma = behind.trim_start().strip_prefix(',').map(str::trim_start);
            return Some(match comma {
                Some(next) => Edit::new(Span::new(mark.span.start, text.len() - next.len()), ""),
                None => {
                    let before = text.get(..mark.span.start)?.trim_end().strip_suffix(',')?;
                    Edit::new(Span::new(before.len(), mark.span.end), "")
                }
            });
        }
        let said = start + addressed(line)?;
        let hash = text.get(..said)?.rfind('#')?;
        let code = text.get(start..hash)?.trim_end_matches(['#', ' ', '\t']);
        let end = match code.is_empty() {
            true => line_span.end,
            false => start + line.trim_end_matches(['\n', '\r']).len(),
        };
        let from = if code.is_empty() { start } else { start + code.len() };
        Some(Edit::new(Span::new(from, end), ""))
    }
}

/// Returns the lines of a span.
pub fn lines_of(source: &Source, span: Span) -> RangeInclusive<usize> {
    let line = |offset| source.line_column(offset).line;
    line(span.start)..=line(span.end.max(span.start + 1) - 1)
}

/// Finds where a line's comment speaks to hydrule.
fn addressed(line: &str) -> Option<usize> {
    line.match_indices('#').find_map(|(at, _)| {
        let opens =
            line.get(..at)?.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '#');
        let rest = line.get(at + 1..)?;
        let said = rest.trim_start().strip_prefix(ADDRESS)?.trim_start();
        opens.then(|| line.len() - said.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, usize)> {
        let source = Source::new("run.sh", text);
        let marks = Marks::read(&source);
        let said = marks.all.iter().map(|mark| {
            let text = match &mark.says {
                Says::Ignore { rule, reason } => format!("{rule}|{reason}"),
                Says::Pin(key) => format!("pin {}", key.as_deref().unwrap_or("here")),
            };
            assert!(text.contains(source.slice(mark.span)));
            (text, mark.line)
        });
        let faults = marks.faults.iter().map(|it| (it.message.clone(), 0));
        said.chain(faults).collect()
    }

    #[test]
    fn comments_are_about_their_own_line_or_the_next() {
        let text = "a=1 # hydrule: ignore[x, y-z] since so\n  # hydrule: pin\n# why\n\nb=2\n# hydrule: pin[a.b]\n";
        let said = [("x|since so", 1), ("y-z|since so", 1), ("pin here", 5), ("pin a.b", 6)];
        assert_eq!(read(text), said.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (text, message) in [
            ("# hydrule: ignore", "`ignore` names no rule"),
            ("# hydrule: ignore[*] all", "each rule that is ignored is named"),
            ("# hydrule: ignore[]", "each rule that is ignored is named"),
            ("# hydrule: ignored[x]", "this says nothing to hydrule"),
            ("# hydrule: pin[]", "`pin` names no key"),
        ] {
            assert_eq!(read(text), [(message.to_owned(), 0)], "{text}");
        }
        for text in ["echo a#hydrule: pin", "# the file of hydrule: pins", "x='hydrule: pin'"] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
