//! Directive lines and their words, taken apart as `sbatch` does.

use std::ops::Range;

use crate::text::{Edit, Fault, Span};

/// A word and where each byte of it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The text without quotes, never empty.
    pub text: String,
    /// The raw bytes, quotes included.
    pub span: Span,
    /// The line, from 1.
    pub line: usize,
    /// For each byte of `text`, the raw character it comes from.
    raw: Vec<Span>,
}

impl Word {
    /// Returns where a part of the text was written; an empty part stands behind the byte before it.
    pub fn locate(&self, part: &Range<usize>) -> Option<Span> {
        if part.is_empty() {
            let before = part.start.checked_sub(1)?;
            return self.raw.get(before).map(|raw| Span::at(raw.end));
        }
        let (first, last) = (self.raw.get(part.start)?, self.raw.get(part.end - 1)?);
        Some(first.cover(*last))
    }

    /// Replaces a part of the text: only its bytes where that is safe, else the whole word, quoted.
    pub fn replace(&self, source: &str, part: &Range<usize>, new: &str) -> Edit {
        let starts_word = part.start == 0 && new.starts_with(':');
        let span = self.locate(part).filter(|span| {
            source.get(span.start..span.end) == self.text.get(part.clone())
                && new.chars().all(is_plain)
                && !starts_word
        });
        match span {
            Some(span) if !new.is_empty() => Edit::new(span, new),
            _ => {
                let before = self.text.get(..part.start).unwrap_or_default();
                let after = self.text.get(part.end..).unwrap_or_default();
                Edit::new(self.span, quote(&format!("{before}{new}{after}")))
            }
        }
    }
}

/// Writes a word for a directive line. Slurm's backslash works inside both kinds of quotes.
pub(super) fn quote(text: &str) -> String {
    if !text.starts_with(':') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

fn is_plain(char: char) -> bool {
    !is_space(char) && !char.is_control() && !matches!(char, '"' | '\'' | '\\' | '#')
}

/// C's `isspace`.
pub(super) fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t'..='\r')
}

/// The words of all directive lines of a script.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Words above the first command, for each component of a heterogeneous job.
    pub heard: Vec<Vec<Word>>,
    /// Words below it.
    pub ignored: Vec<Word>,
    /// What `sbatch` refuses in the words it hears.
    pub faults: Vec<Fault>,
}

/// Collects the words of a script's directive lines.
pub(super) fn read_lines(text: &str) -> Lines {
    let mut lines = Lines { heard: vec![Vec::new()], ..Lines::default() };
    let (mut start, mut commands) = (0, false);
    let mut document: Option<&str> = None;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        match (document, directive_body(raw)) {
            // What stands in a here-document is another script's.
            (Some(end), _) => document = document.filter(|_| raw.trim() != end),
            (None, Some(skipped)) => {
                let line = Line { text: raw, start, number: index + 1 };
                lines.add(&line, skipped, commands);
            }
            (None, None) => {
                commands |= is_command(raw);
                document = opened_document(raw);
            }
        }
        start += raw.len();
    }
    lines
}

/// Returns the word that ends the here-document that a line opens.
fn opened_document(line: &str) -> Option<&str> {
    let code = if is_command(line) { line } else { "" };
    let (_, after) = code.split_once("<<").filter(|(_, after)| !after.starts_with('<'))?;
    let word = after.strip_prefix('-').unwrap_or(after).trim_start();
    if let Some(quote) = word.chars().next().filter(|it| matches!(it, '\'' | '"')) {
        return word.get(1..)?.split(quote).next();
    }
    let word = word.strip_prefix('\\').unwrap_or(word);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    word.get(..end).filter(|it| it.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

impl Lines {
    fn add(&mut self, line: &Line<'_>, skipped: usize, ignored: bool) {
        let (words, fault) = line.words(skipped);
        if ignored {
            self.ignored.extend(words);
            return;
        }
        self.faults.extend(fault);
        match words.as_slice() {
            [one] if matches!(one.text.as_str(), "hetjob" | "packjob") => {
                self.heard.push(Vec::new());
            }
            _ => match self.heard.last_mut() {
                Some(component) => component.extend(words),
                None => self.heard.push(words),
            },
        }
    }
}

/// Returns how many bytes the magic word takes; `#SLURM` is its old name.
fn directive_body(line: &str) -> Option<usize> {
    ["#SBATCH", "#SLURM"].iter().find(|magic| line.starts_with(**magic)).map(|magic| magic.len())
}

fn is_command(line: &str) -> bool {
    line.chars().find(|char| !is_space(*char)).is_some_and(|char| char != '#')
}

struct Line<'a> {
    text: &'a str,
    /// Offset of the line in the script.
    start: usize,
    number: usize,
}

impl Line<'_> {
    fn words(&self, skipped: usize) -> (Vec<Word>, Option<Fault>) {
        let (mut words, mut at) = (Vec::new(), skipped);
        loop {
            match self.word(at) {
                Ok(Some((word, end))) => {
                    words.push(word);
                    at = end;
                }
                Ok(None) => return (words, None),
                Err(fault) => return (words, Some(fault)),
            }
        }
    }

    /// Reads the word at or after `at`, and where it ends. An empty word ends the line, as a comment
    /// does. White space ends a word even behind a backslash.
    fn word(&self, at: usize) -> Result<Option<(Word, usize)>, Fault> {
        let rest = self.text.get(at..).unwrap_or_default();
        let begin = at + rest.len() - rest.trim_start_matches(is_space).len();
        let rest = self.text.get(begin..).unwrap_or_default();
        if rest.starts_with(':') {
            return Err(self.colon(begin));
        }
        let (mut text, mut raw) = (String::new(), Vec::new());
        let (mut quote, mut escaped, mut end) = (None, false, self.text.len());
        for (offset, char) in rest.char_indices() {
            let at = begin + offset;
            let outside = quote.is_none();
            if char == '\n' || outside && is_space(char) || outside && !escaped && char == '#' {
                end = at;
                break;
            }
            match char {
                _ if escaped => {}
                '\\' => {
                    escaped = true;
                    continue;
                }
                _ if quote.is_some_and(|(open, _)| open == char) => {
                    quote = None;
                    continue;
                }
                '"' | '\'' if outside => {
                    quote = Some((char, at));
                    continue;
                }
                _ => {}
            }
            escaped = false;
            text.push(char);
            let span = Span::new(at, at + char.len_utf8()).shifted(self.start);
            raw.extend(std::iter::repeat_n(span, char.len_utf8()));
        }
        if let Some((open, at)) = quote {
            return Err(self.unmatched(open, at));
        }
        let span = Span::new(begin, end).shifted(self.start);
        let word = Word { text, span, line: self.number, raw };
        Ok((!word.text.is_empty()).then_some((word, end)))
    }

    fn colon(&self, at: usize) -> Fault {
        let span = Span::new(at, at + 1).shifted(self.start);
        Fault::new("hydrule::slurm::colon", span, "sbatch takes no `:` here")
            .labelled("a word of a directive must not begin so")
    }

    fn unmatched(&self, quote: char, at: usize) -> Fault {
        let span = Span::new(at, at + 1).shifted(self.start);
        Fault::new("hydrule::slurm::unmatched_quote", span, format!("unmatched `{quote}`"))
            .labelled("sbatch finds no end of this quote on its line")
    }
}
