//! Where one change of one launch is made.

use super::edit::{Change, How, Reason};
use super::insert;
use super::launch::{Argument, Launch, Script};
use super::piece::{Origin, Quoting};
use super::place::Placed;
use super::remove::remove;
use crate::text::{Edit, Fault, Span, shell_word};

/// One change of one launch.
pub(super) struct One<'a> {
    pub(super) script: &'a Script,
    pub(super) launch: &'a Launch,
    pub(super) change: &'a Change,
    /// How far from its siblings a new override stands.
    pub(super) distance: usize,
    /// Whether the override's own word was found to feed more than is wanted.
    pub(super) behind: bool,
}

/// A change as edits.
pub(super) struct Made {
    pub(super) edits: Vec<Edit>,
    pub(super) how: How,
    /// The place to name.
    pub(super) span: Span,
}

impl Made {
    fn one(edit: Edit, how: How) -> Self {
        Self { span: edit.span, edits: vec![edit], how }
    }
}

impl One<'_> {
    /// Makes the change; `own` says why the key needs an override of its own.
    pub(super) fn make(&self, own: Option<&Reason>) -> Result<Made, Fault> {
        let key = &self.change.key;
        let arguments = &self.launch.arguments;
        let winning = arguments.iter().rposition(|argument| argument.target() == *key);
        let later = arguments.get(winning.map_or(0, |at| at + 1)..).unwrap_or_default();
        let hidden = later.iter().any(|argument| argument.may_set(key));
        let winning = winning.and_then(|at| arguments.get(at));
        let Some(after) = &self.change.after else { return self.take_out() };
        let Some(argument) = winning else {
            return Ok(Made::one(self.insertion(after, !hidden), How::Inserted(None)));
        };
        let after = with_sigil_of(argument, after);
        if argument.text.known().as_ref() == Some(&after) && !hidden {
            return Ok(Made { edits: Vec::new(), how: How::Nothing, span: argument.word });
        }
        let in_place =
            if own.is_none() && !hidden { self.in_place(argument, &after) } else { None };
        if let Some((edit, how)) = in_place {
            return Ok(Made::one(edit, how));
        }
        let reason = self.reason(argument, own, hidden);
        let word = if self.behind || hidden { None } else { self.inlined(argument, &after) };
        if let Some(edit) = word {
            let names = names_in(self.script.source.slice(argument.word));
            return Ok(Made::one(edit, How::Use(names, Some(reason))));
        }
        // A second `+key` would be an error, so the later one replaces.
        let after = match (after.strip_prefix('+'), after.starts_with("++")) {
            (Some(_), false) => format!("+{after}"),
            _ => after,
        };
        Ok(Made::one(self.insertion(&after, false), How::Inserted(Some(reason))))
    }

    /// Says why the value does not change where it lives.
    fn reason(&self, argument: &Argument, own: Option<&Reason>, hidden: bool) -> Reason {
        match (own, hidden) {
            (Some(own), _) => own.clone(),
            (None, true) => Reason::new("something behind it may set it too"),
            (None, false) => {
                let placed = argument.placed();
                let at = self.script.at(placed.span());
                Reason::new(match self.script.holds(placed.span()) {
                    true => reason(&placed),
                    false => format!("its value stands in {at}"),
                })
            }
        }
    }

    fn insertion(&self, after: &str, may_join_siblings: bool) -> Edit {
        let (script, launch) = (self.script, self.launch);
        let near = (may_join_siblings && self.distance == 0)
            .then(|| insert::beside_siblings(script, launch, after));
        let far = (self.distance > 1).then(|| insert::at_call(script, launch, after));
        let direct = self.distance > 0;
        near.or(far).flatten().unwrap_or_else(|| insert::behind(script, launch, after, direct))
    }

    /// Takes every override of the key out.
    fn take_out(&self) -> Result<Made, Fault> {
        let own = |argument: &&Argument| argument.target() == self.change.key;
        let key = &self.change.key;
        let other = |argument: &&Argument| argument.target() != *key && argument.may_set(key);
        if let Some(argument) = self.launch.arguments.iter().find(other) {
            let message = format!("`{key}` may be set by something that is not known");
            return Err(Fault::new("hydrule::edit::place", argument.word, message));
        }
        let mut edits: Vec<Edit> = Vec::new();
        let mut place = None;
        for argument in self.launch.arguments.iter().filter(own) {
            let edit = remove(self.script, argument)?;
            let word = edit.span.contains(argument.word);
            place = place.or(Some(if word { argument.word } else { edit.span }));
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
        match place {
            Some(span) => Ok(Made { edits, how: How::Removed, span }),
            None => Ok(self.has_none()),
        }
    }

    /// Says that there is no override of the key, or what may be one without telling its key.
    fn has_none(&self) -> Made {
        let untold = |it: &&Argument| it.text.unknown().is_some() && it.target().is_empty();
        let untold = self.launch.arguments.iter().find(untold);
        let (how, span) = match untold.and_then(|it| Some((it.text.unknown()?, it.word))) {
            Some((unknown, word)) => (How::Untold(unknown.why.clone()), word),
            None => (How::Nothing, self.launch.location.span),
        };
        Made { edits: Vec::new(), how, span }
    }

    /// Replaces the value where it lives, or what stands at the override.
    fn in_place(&self, argument: &Argument, after: &str) -> Option<(Edit, How)> {
        let (key, value) = after.split_once('=').unwrap_or((after, ""));
        let pieces = argument.value_pieces();
        let same_key = argument.key_element() == key && after.contains('=');
        if let ([piece], true) = (pieces.as_slice(), same_key)
            && let Origin::Literal(span, quoting) = piece.origin
            && self.script.holds(span)
        {
            let how = match argument.placed() {
                Placed::Default(name, _) => How::Default(name),
                // The characters stand at the first variable's assignment.
                Placed::Variable(names, _) => {
                    How::Variable(names.into_iter().next().unwrap_or_default())
                }
                _ => How::Literal,
            };
            return Some((Edit::new(span, encoded(value, quoting)), how));
        }
        let written = self.script.source.slice(argument.word);
        // Quotes around the whole word stay where they are.
        let body = inside_quotes(written).unwrap_or(written);
        let old = value_of(body, key).filter(|_| same_key);
        let names = match argument.placed() {
            Placed::Literal(_) => Vec::new(),
            // The name of a variable alone stays: what sets it may be meant for more than this.
            _ if is_name(inside_quotes(old?).unwrap_or(old?)) => return None,
            Placed::Computed(names, _) => names,
            // In quotes it is one word, whatever it is.
            Placed::Unknown(..) if inside_quotes(written).or(inside_quotes(old?)).is_some() => {
                names_in(old?)
            }
            _ => return None,
        };
        let how = if names.is_empty() { How::Literal } else { How::Use(names, None) };
        let edit = match old.filter(|_| body == written) {
            Some(old) => {
                let start = argument.word.end - old.len();
                Edit::new(Span::new(start, argument.word.end), styled(old, value))
            }
            None if written.is_empty() => return None,
            None => Edit::new(argument.word, styled(written, after)),
        };
        Some((edit, how))
    }
}

impl One<'_> {
    /// Writes the value at the override itself, where that is a word of the command or of an array. Of a
    /// value that only a run tells, the old text stays: it may be meant for more than this change.
    fn inlined(&self, argument: &Argument, after: &str) -> Option<Edit> {
        let word = argument.word;
        argument.text.known().filter(|_| self.script.holds(word))?;
        let written = self.script.source.slice(word);
        let body = inside_quotes(written).unwrap_or(written);
        let (key, _) = after.split_once('=')?;
        value_of(body, key)?;
        Some(Edit::new(word, styled(written, after)))
    }
}

/// Returns what stands in double quotes around the whole, unless that may be several words.
fn inside_quotes(written: &str) -> Option<&str> {
    let inside = written.strip_prefix('"')?.strip_suffix('"')?;
    (!inside.contains(['"', '@', '*'])).then_some(inside)
}

/// Lists the variables that a written value names.
fn names_in(written: &str) -> Vec<String> {
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names: Vec<String> = Vec::new();
    for part in written.split('$').skip(1) {
        let name = part.trim_start_matches('{').split(|c| !named(c)).next().unwrap_or_default();
        if !name.is_empty() && !names.iter().any(|old| old == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Returns what is written for the value, where the key is written before it as it is.
fn value_of<'a>(written: &'a str, key: &str) -> Option<&'a str> {
    written.strip_prefix(key)?.strip_prefix('=')
}

/// Tells whether a written value is nothing but the name of a variable.
fn is_name(written: &str) -> bool {
    let Some(name) = written.strip_prefix('$') else { return false };
    let name = name.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Gives an override without a sigil the one that the script uses for its key. A `++` stays for a `+` too:
/// it stands where something before it may have set the key.
fn with_sigil_of(argument: &Argument, after: &str) -> String {
    let element = argument.key_element();
    let bare = element.trim_start_matches('+');
    let sigil = element.get(..element.len() - bare.len()).unwrap_or_default();
    let wanted = if sigil == "++" { after.trim_start_matches('+') } else { after };
    let same = wanted.split_once('=').is_some_and(|(key, _)| key == bare);
    if same { format!("{sigil}{wanted}") } else { after.to_owned() }
}

fn reason(placed: &Placed) -> String {
    match placed {
        Placed::Unknown(why, _) => why.clone(),
        Placed::Computed(names, _) if !names.is_empty() => {
            format!("its value is computed from {}", names.join(", "))
        }
        _ => "its value has no single place".to_owned(),
    }
}

/// Writes a text in the quotes that the old one stood in.
fn styled(old: &str, text: &str) -> String {
    let inside = |quote: char| old.len() > 1 && old.starts_with(quote) && old.ends_with(quote);
    match () {
        () if inside('"') => format!("\"{}\"", encoded(text, Quoting::Double)),
        () if inside('\'') => format!("'{}'", encoded(text, Quoting::Single)),
        () => shell_word(text),
    }
}

/// Writes a value so that it reads back inside such quotes.
fn encoded(value: &str, quoting: Quoting) -> String {
    match quoting {
        Quoting::Bare => shell_word(value),
        Quoting::Single => value.replace('\'', r"'\''"),
        Quoting::Double => {
            let mut out = String::with_capacity(value.len());
            for c in value.chars() {
                if matches!(c, '"' | '\\' | '$' | '`') {
                    out.push('\\');
                }
                out.push(c);
            }
            out
        }
    }
}
