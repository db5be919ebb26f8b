//! The stack of each process, from which the phase of a failure is read.

use super::clean::{Line, Origin};
use super::def::PhaseDef;
use super::event::PhaseFound;
use crate::text::{Source, Span};

/// A runaway recursion needs no more frames than this to tell its phase.
const MOST_LINES: usize = 4000;
/// The side of the box that rich draws around a traceback.
const BOX: char = '│';
/// How many lines of a message may stand between the stack and the line that a signal knows.
const MESSAGE_LINES: usize = 3;

/// The latest traceback of one process.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The raw lines of frames, of source text below them, and of Ray's chained calls.
    lines: Vec<Span>,
    open: bool,
    message_lines: usize,
}

impl Trace {
    /// Takes notice of the next line of the process, which stands at `span`.
    pub(super) fn see(&mut self, text: &str, span: Span) {
        if is_headline(text) {
            self.start();
            self.push(span);
        } else if is_frame(text) {
            // A log may show frames without the headline above them.
            if !self.open {
                self.start();
            }
            self.message_lines = 0;
            self.push(span);
        } else if self.open {
            self.go_on(text, span);
        }
    }

    fn go_on(&mut self, text: &str, span: Span) {
        if is_context(text) {
            // The lines around the one that failed tell nothing of where that was.
        } else if text.starts_with([' ', '\t', BOX]) || is_arrow(text) {
            self.push(span);
        } else if remote_call(text).is_some() {
            self.message_lines = 0;
            self.push(span);
        } else if !text.is_empty() {
            self.message_lines += 1;
            self.open = self.message_lines < MESSAGE_LINES;
        }
    }

    /// Tells whether the traceback begins before `offset`, where nothing is known any more.
    pub(super) fn begins_before(&self, offset: usize) -> bool {
        self.lines.first().is_some_and(|line| line.start < offset)
    }

    /// Tells whether a line is source text that a traceback quotes, not a message.
    pub(super) fn quotes(&self, text: &str) -> bool {
        self.open && (text.starts_with("    ") || text.starts_with(BOX))
    }

    /// Finds the first phase, in the pack's order, one of whose frames is in the open traceback;
    /// of several such frames the innermost.
    pub(super) fn phase(&self, phases: &[PhaseDef], source: &Source) -> Option<PhaseFound> {
        let lines: Vec<Line<'_>> = self.lines(source).collect();
        phases.iter().find_map(|phase| {
            let found = lines.iter().rev().find_map(|line| {
                let (start, end) = frame_in(phase, line.text())?;
                Some(source.at(line.locate(start, end)))
            });
            found.map(|location| PhaseFound { name: phase.name.clone(), location: Some(location) })
        })
    }

    /// Returns the process in which the exception was raised, where Ray's chained calls tell.
    pub(super) fn origin(&self, source: &Source) -> Option<Origin> {
        let mut calls = self.lines(source).filter_map(|line| {
            let (actor, pid) = remote_call(line.text())?;
            Some(Origin { actor: Some(actor.to_owned()), pid: Some(pid), rank: None })
        });
        calls.next_back()
    }

    fn lines<'a>(&self, source: &'a Source) -> impl DoubleEndedIterator<Item = Line<'a>> {
        let lines = if self.open { self.lines.as_slice() } else { &[] };
        lines.iter().map(|span| Line::of(source.slice(*span), span.start))
    }

    fn start(&mut self) {
        *self = Self { open: true, ..Self::default() };
    }

    fn push(&mut self, span: Span) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(span);
        }
    }
}

/// Finds one of a phase's frames in a text; returns where.
pub(super) fn frame_in(phase: &PhaseDef, text: &str) -> Option<(usize, usize)> {
    phase.frames.iter().find_map(|frame| whole_word(frame, text))
}

/// The headline may tell more, as SGLang's does: "Scheduler hit an exception: Traceback …". Rich draws a
/// box around it, and IPython leaves out the colon.
fn is_headline(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '─', '╮', ':']);
    text.ends_with("Traceback (most recent call last)")
}

/// Python puts the file in quotes, IPython writes `File /a/b.py:12, in f(x)`.
fn is_frame(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("File \"") || text.starts_with("File /") && text.contains(", in ")
}

/// Rich and IPython number the lines that they quote, and point at the one that failed.
fn is_context(text: &str) -> bool {
    let text = text.trim_start_matches([' ', BOX]);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(' '))
}

fn is_arrow(text: &str) -> bool {
    text.starts_with("->") || text.starts_with("--")
}

/// Reads `ray::WorkerDict.method() (pid=42310, …` in a line: the actor and the process id.
fn remote_call(text: &str) -> Option<(&str, i64)> {
    let (_, call) = text.rsplit_once("ray::")?;
    let (path, rest) = call.split_once("() (pid=")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let actor = path.split_once('.').map_or(path, |(actor, _)| actor);
    Some((actor, rest.get(..digits)?.parse().ok()?))
}

/// Finds `word` where it neither continues nor is continued as an identifier.
fn whole_word(word: &str, text: &str) -> Option<(usize, usize)> {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let (first, last) = (word.chars().next()?, word.chars().next_back()?);
    text.match_indices(word).map(|(at, _)| (at, at + word.len())).find(|(start, end)| {
        let before = text.get(..*start).and_then(|before| before.chars().next_back());
        let after = text.get(*end..).and_then(|after| after.chars().next());
        let continues = is_part(first) && before.is_some_and(is_part);
        let goes_on = is_part(last) && after.is_some_and(is_part);
        !continues && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        let found = |word, text| whole_word(word, text).is_some();
        assert!(found("compute_log_prob", "line 3, in compute_log_prob"));
        assert!(!found("compute_log_prob", "in actor_rollout_compute_log_prob"));
        assert!(found("cumem.py", "File \"/a/cumem.py\", line 3"));
        assert!(!found("cumem.py", "File \"/a/mycumem.py\", line 3"));
        assert!(found(
            "resume(tags=[\"kv_cache\"])",
            "await self.rollout.resume(tags=[\"kv_cache\"])"
        ));
        assert!(!found("", "x"));
    }

    #[test]
    fn tracebacks_have_many_forms() {
        for headline in [
            "Traceback (most recent call last):",
            "[TP0] Scheduler hit an exception: Traceback (most recent call last):",
            "╭────── Traceback (most recent call last) ──────╮",
            "OutOfMemoryError               Traceback (most recent call last)",
        ] {
            assert!(is_headline(headline), "{headline}");
        }
        assert!(is_frame("  File \"a.py\", line 3, in f"));
        assert!(is_frame("File /opt/a.py:1736, in Module.f(self)"));
        assert!(!is_frame("File /opt/a.parquet was read"));
        assert!(is_context("      4 out.loss.backward()") && is_context("│   20 if x"));
        assert!(!is_context("----> 3 out = model()") && !is_context("│ ❱ 23 launch()"));
        assert!(!is_context("    return 3"));
    }

    #[test]
    fn chained_calls_tell_the_process() {
        let line =
            "ray.exceptions.RayTaskError(E): ray::W.actor_f() (pid=42, ip=1.2.3.4, repr=<x>)";
        assert_eq!(remote_call(line), Some(("W", 42)));
        assert_eq!(remote_call("61204\t61.12\tray::W.actor_f"), None);
    }
}
