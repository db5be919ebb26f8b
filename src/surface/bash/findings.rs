//! What bash does with a launch script other than its author seems to mean.

use std::borrow::Cow;
use std::cell::LazyCell;

use foldhash::{HashMap, HashSet};

use super::launch::{Argument, Beaten, Launch, Script};
use super::piece::{Origin, Piece};
use crate::text::{Fault, Finding, Level, Source, Span, count};

/// The rules about scripts: id and what each finds, in a sentence.
pub const SCRIPT_RULES: [(&str, &str); 6] = [
    ("broken-continuation", "a command ends before the overrides that follow it"),
    ("blank-after-backslash", "a blank behind `\\` ends the line's continuation"),
    ("repeated-key", "one launch sets a key twice, to different values"),
    ("environment-wins", "a variable from outside beats the default that the script writes"),
    ("stray-brace", "a value has a brace without its partner"),
    ("arguments-override", "the script's own arguments come behind the overrides, and win"),
];

/// Finds what a script's author should know, in the order of the text.
pub fn findings(script: &Script) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut in_windows = false;
    for orphan in &script.orphans {
        let cause = Cause::above(&script.source, orphan.start);
        // One such line tells of all.
        if cause.what != Why::WindowsLine || !std::mem::replace(&mut in_windows, true) {
            found.push(broken_continuation(&script.source, &cause, *orphan));
        }
    }
    for (span, first) in &script.torn {
        found.push(torn_text(&script.source, *span, first));
    }
    for beaten in &script.beaten {
        found.push(environment_wins(script, beaten));
    }
    let winning = LazyCell::new(|| winning_words(script));
    for launch in &script.launches {
        found.extend(blank_after_backslash(&script.source, launch).filter(|blank| {
            // Where overrides follow, what becomes of them says more.
            !found.iter().any(|old: &Finding| old.fault.span == blank.fault.span)
        }));
        found.extend(repeated_keys(&script.source, launch, &winning));
        found.extend(stray_braces(&script.source, launch));
        found.extend(arguments_override(&script.source, launch));
    }
    // What stands in a file that the script takes in is found there.
    found.retain(|it| {
        let spans = it.fault.also.iter().map(|(span, _)| span);
        spans.chain([&it.fault.span]).all(|span| script.holds(*span))
    });
    found.sort_by(|a, b| (a.fault.span, &a.rule).cmp(&(b.fault.span, &b.rule)));
    // A launch that may run in several ways is read once for each, and a variable's brace may come to
    // several keys.
    found.dedup_by(|later, earlier| {
        let same_brace = later.rule == "stray-brace" && later.rule == earlier.rule;
        later == earlier || same_brace && later.fault.span == earlier.fault.span
    });
    found
}

/// Overrides that bash runs as a command of their own, and why the command above ended.
fn broken_continuation(source: &Source, cause: &Cause, orphan: Span) -> Finding {
    let lost = orphans_from(source, orphan);
    let reach = if lost == 1 { "reaches" } else { "reach" };
    let label = format!("{} from here on never {reach} it", count(lost, "argument"));
    let fault =
        Fault::new("hydrule::script::broken_continuation", cause.span, cause.what.message())
            .labelled("the command ends here")
            .with(orphan, label)
            .helped(cause.what.advice());
    Finding::new("broken-continuation", Level::Error, source, fault)
}

/// The same in a text that is put together, of which nothing tells the line.
fn torn_text(source: &Source, span: Span, first: &str) -> Finding {
    let message = "a command in this text ends before the overrides that follow it";
    let fault = Fault::new("hydrule::script::broken_continuation", span, message)
        .labelled(format!("`{first}` is run as a command of its own"))
        .helped("look above it for a comment, an empty line, or a line that ends without `\\`");
    Finding::new("broken-continuation", Level::Error, source, fault)
}

/// Counts the words of a stretch of lines that was meant as arguments.
fn orphans_from(source: &Source, orphan: Span) -> usize {
    source.slice(orphan).split_whitespace().filter(|word| *word != "\\").count()
}

/// What ended the command above.
pub(super) struct Cause {
    pub what: Why,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Comment,
    Blank,
    TrailingBlank,
    WindowsLine,
    Swallowed,
    NoBackslash,
    Operator,
}

impl Why {
    fn message(self) -> &'static str {
        match self {
            Self::Comment => "a comment inside a continued command ends it",
            Self::Blank => "an empty line inside a continued command ends it",
            Self::TrailingBlank => {
                "a blank behind `\\` is passed on as an argument and ends the command"
            }
            Self::WindowsLine => {
                "a carriage return behind `\\` is passed on as an argument and ends the command"
            }
            Self::Swallowed => "the `\\` stands in a comment, so the command ends",
            Self::NoBackslash => "the command ends at its line, without a `\\`",
            Self::Operator => "an operator of the shell ends the command, in front of the `\\`",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Comment => {
                "move the comment above the command, or the overrides into an array, where comments may stand"
            }
            Self::Blank => "remove the empty line",
            Self::TrailingBlank => "remove the blanks behind the `\\`",
            Self::WindowsLine => "convert the file to Unix line ends",
            Self::Swallowed => "move the comment above the command and keep the `\\`",
            Self::NoBackslash => "end the line above with ` \\`",
            Self::Operator => "take the operator out, or the overrides behind it",
        }
    }
}

impl Cause {
    /// Reads the lines above `start` upward to the one that ended the command.
    pub(super) fn above(source: &Source, start: usize) -> Self {
        let before = source.text().get(..start).unwrap_or_default();
        let mut end = before.rfind('\n').unwrap_or(0);
        let mut between = None;
        loop {
            let head = before.get(..end).unwrap_or_default();
            let from = head.rfind('\n').map_or(0, |at| at + 1);
            let line = head.get(from..).unwrap_or_default();
            let bare = line.trim();
            let span = Span::new(
                from + line.len() - line.trim_start().len(),
                from + line.trim_end().len(),
            );
            if bare.is_empty() || bare.starts_with('#') {
                let what = if bare.is_empty() { Why::Blank } else { Why::Comment };
                // Of several such lines the first one ended the command.
                between = Some(Self {
                    what,
                    span: if bare.is_empty() { Span::new(from, end) } else { span },
                });
                if from == 0 {
                    break;
                }
                end = from - 1;
                continue;
            }
            if let (true, Some(cause)) = (line.ends_with('\\'), between.take()) {
                return cause;
            }
            return Self::of_line(line, from);
        }
        between.unwrap_or(Self { what: Why::NoBackslash, span: Span::at(start) })
    }

    fn of_line(line: &str, from: usize) -> Self {
        let trimmed = line.trim_end();
        let last = Span::new(from + trimmed.len().saturating_sub(1), from + line.len());
        if trimmed.len() < line.len() && trimmed.ends_with('\\') {
            let what = if line.ends_with("\\\r") { Why::WindowsLine } else { Why::TrailingBlank };
            return Self { what, span: Span::new(last.start, last.start + 2) };
        }
        match line.find(" #") {
            Some(at) => {
                let escaped = line.get(..at).is_some_and(|it| it.ends_with('\\'));
                let what = if escaped { Why::TrailingBlank } else { Why::Swallowed };
                let start = if escaped { at - 1 } else { at + 1 };
                Self { what, span: Span::new(from + start, from + trimmed.len()) }
            }
            None => Self::without_backslash(trimmed, from, last),
        }
    }

    fn without_backslash(line: &str, from: usize, last: Span) -> Self {
        let bare = line.trim_end_matches('\\').trim_end();
        let operator = bare.len() - bare.trim_end_matches([';', '&', '|']).len();
        match operator {
            0 => Self { what: Why::NoBackslash, span: last },
            _ => {
                let end = from + bare.len();
                Self { what: Why::Operator, span: Span::new(end - operator, end) }
            }
        }
    }
}

/// An argument that begins or ends with an escaped blank: the `\` was meant to continue the line.
fn blank_after_backslash(source: &Source, launch: &Launch) -> Option<Finding> {
    let words = launch.arguments.iter().map(|it| it.word).chain([launch.last_word]);
    let span = words.into_iter().find_map(|word| escaped_blank(source.slice(word), word))?;
    let windows = source.slice(span).ends_with('\r');
    let what = if windows { Why::WindowsLine } else { Why::TrailingBlank };
    let fault = Fault::new("hydrule::script::blank_after_backslash", span, what.message());
    let fault = fault.labelled("this does not continue the line").helped(what.advice());
    Some(Finding::new("blank-after-backslash", Level::Error, source, fault).of(&launch.program))
}

/// Finds a `\` and a blank at either end of a word.
fn escaped_blank(word: &str, at: Span) -> Option<Span> {
    let blank = |pair: &str| matches!(pair, "\\ " | "\\\t" | "\\\r");
    let first = word.get(..2).filter(|pair| blank(pair)).map(|_| at.start);
    let last = word.len().checked_sub(2).filter(|from| word.get(*from..).is_some_and(blank));
    let start = first.or(last.map(|from| at.start + from))?;
    Some(Span::new(start, start + 2))
}

/// A key, and a word that sets it.
type Setting = (String, Span);

/// Keys that a launch sets more than once, to values that are known to differ; not where what it replaces is
/// what counts in another launch, which shares its array.
fn repeated_keys(
    source: &Source,
    launch: &Launch,
    winning: &LazyCell<HashSet<Setting>, impl FnOnce() -> HashSet<Setting>>,
) -> Vec<Finding> {
    let mut last: HashMap<Cow<'_, str>, &Argument> = HashMap::default();
    let mut found = Vec::new();
    for argument in &launch.arguments {
        let key = argument.key();
        let Some((old, new)) = last.insert(key.clone(), argument).and_then(|old| {
            Some((value_of(old)?, value_of(argument)?))
                .filter(|(a, b)| a != b)
                .map(|_| (old, argument))
        }) else {
            continue;
        };
        // Whoever gives an argument to the script wants it to win.
        let wins_elsewhere = || winning.contains(&(key.to_string(), old.word));
        if old.word == new.word || new.is_given() || wins_elsewhere() {
            continue;
        }
        let message = format!("`{key}` is set twice, to different values; the later one wins");
        let fault = Fault::new("hydrule::script::repeated_key", old.word, message)
            .labelled("this has no effect")
            .with(new.word, "this wins")
            .helped("remove the earlier one");
        let finding = Finding::new("repeated-key", Level::Warning, source, fault);
        found.push(finding.about(key.as_ref()).of(&launch.program));
    }
    found
}

/// Lists what counts in each launch: for every key the last word that sets it.
fn winning_words(script: &Script) -> HashSet<Setting> {
    let last = |launch: &Launch| {
        let set = launch.arguments.iter().map(|it| (it.key().into_owned(), it.word));
        set.collect::<HashMap<String, Span>>()
    };
    script.launches.iter().flat_map(last).collect()
}

fn value_of(argument: &Argument) -> Option<String> {
    let text = argument.text.known()?;
    text.split_once('=').map(|(_, value)| value.to_owned())
}

/// Braces in what the script itself writes of a value, outside quotes of Hydra's own.
fn stray_braces(source: &Source, launch: &Launch) -> Vec<Finding> {
    let mut found = Vec::new();
    for argument in &launch.arguments {
        let pieces = argument.value_pieces();
        let Some(span) = stray_brace(&pieces) else { continue };
        let key = argument.key();
        let brace = source.slice(span);
        let message = format!("the value of `{key}` has a `{brace}` without its partner");
        let fault = Fault::new("hydrule::script::stray_brace", span, message)
            .labelled("this one")
            .helped("remove it, or add the other one");
        let finding = Finding::new("stray-brace", Level::Error, source, fault);
        found.push(finding.about(key.as_ref()).of(&launch.program));
    }
    found
}

/// Finds the first brace that is closed without being open, else the last that stays open.
fn stray_brace(pieces: &[Piece]) -> Option<Span> {
    let mut open: Vec<Span> = Vec::new();
    let mut quote = None;
    for piece in pieces {
        let (Ok(text), Origin::Literal(span, _)) = (&piece.text, piece.origin) else { continue };
        for (at, c) in text.char_indices() {
            let here = Span::new(span.start + at, span.start + at + 1);
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '{') => open.push(here),
                (None, '}') if open.pop().is_none() => return Some(here),
                _ => {}
            }
        }
    }
    open.pop()
}

/// A default that does not count.
fn environment_wins(script: &Script, beaten: &Beaten) -> Finding {
    let Beaten { name, default, value } = beaten;
    let place = script.at(*default);
    let message =
        format!("`{name}` is set to `{value}` outside the script, so its default does not count");
    let fault = Fault::new("hydrule::script::environment_wins", place.span, message)
        .labelled("this has no effect")
        .helped(format!("change {name} where it is set, or do not set it there"));
    Finding::new("environment-wins", Level::Warning, &place.source, fault)
}

/// The script's own arguments, where they can replace what the script writes.
fn arguments_override(source: &Source, launch: &Launch) -> Option<Finding> {
    let forwards = launch.forwards?;
    if launch.arguments.is_empty() {
        return None;
    }
    let message = "the script's own arguments come behind its overrides, so they win";
    let fault = Fault::new("hydrule::script::arguments_override", forwards, message);
    let fault = fault.labelled("whoever starts the script may set any key here");
    Some(Finding::new("arguments-override", Level::Note, source, fault).of(&launch.program))
}
