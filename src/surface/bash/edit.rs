//! Changes to the overrides of one launch, made where the values live.

use indexmap::{IndexMap, IndexSet};

use super::insert;
use super::launch::{Argument, Launch, Script};
use super::piece::{Origin, Quoting};
use super::place::Placed;
use super::state::Outside;
use super::verify::verify;
use crate::text::{Edit, Fault, Span, apply_edits, shell_word};

/// A wanted change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key, without sigil.
    pub key: String,
    /// The whole override afterwards; none to remove it.
    pub after: Option<String>,
}

/// A script's changed text.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The replacements in the old text.
    pub edits: Vec<Edit>,
    /// The new text.
    pub text: String,
    /// What was done for each change, in the same order.
    pub sites: Vec<Site>,
}

/// Where a change was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The key.
    pub key: String,
    /// What was changed.
    pub how: How,
    /// Where, in the old text.
    pub span: Span,
}

/// The ways to make a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The characters at the override.
    Literal,
    /// The assignment of a variable.
    Variable(String),
    /// The default of a variable that the environment may set.
    Default(String),
    /// A new override; with the reason, where the key has one already.
    Inserted(Option<String>),
    /// The override was taken out.
    Removed,
    /// The script says so already.
    Nothing,
}

/// Why a change is not made, and what to write by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason and the place.
    pub fault: Fault,
    /// The words to paste, quoted for the shell.
    pub paste: Vec<String>,
}

/// Makes changes to the launch of this index; the result is read again and compared.
///
/// # Errors
/// [`Refusal`] where the changes and nothing else cannot be made.
pub fn edit(
    script: &Script,
    outside: &Outside,
    launch: usize,
    changes: &[Change],
) -> Result<Edited, Refusal> {
    let Some(target) = script.launches.get(launch) else {
        let fault = Fault::new("hydrule::edit::no_launch", Span::at(0), "there is no such launch");
        return Err(Refusal { fault, paste: Vec::new() });
    };
    if let Some(change) =
        changes.iter().find(|it| it.after.as_ref().is_some_and(|it| it.contains('\0')))
    {
        let message = format!("the value of `{}` holds a NUL, which no argument can", change.key);
        let fault = Fault::new("hydrule::edit::nul", target.location.span, message);
        return Err(Refusal { fault, paste: Vec::new() });
    }
    let mut forced = Forced::default();
    let mut last = None;
    // Every round moves at least one change to a place that fewer things share.
    for _ in 0..=2 * changes.len() {
        let drafted = draft(script, target, changes, &forced)?;
        let wrong = match verify(script, outside, launch, changes, &drafted.text) {
            Ok(()) => return Ok(drafted),
            Err(wrong) => wrong,
        };
        let news = forced.learn(&drafted, &wrong);
        last = Some(wrong);
        if !news {
            break;
        }
    }
    let what = last.unwrap_or_default();
    let message = format!("this change would also move {what}");
    Err(refusal(
        target,
        changes,
        Fault::new("hydrule::edit::not_exact", target.location.span, message),
    ))
}

/// What earlier drafts showed.
#[derive(Default)]
struct Forced {
    /// Keys that need an override of their own, and why.
    own: IndexMap<String, String>,
    /// Keys whose override must stand in the command itself.
    direct: IndexSet<String>,
}

impl Forced {
    /// Moves what a draft put in a shared place; tells whether anything is left to move.
    fn learn(&mut self, drafted: &Edited, wrong: &str) -> bool {
        let before = self.own.len() + self.direct.len();
        for site in &drafted.sites {
            match &site.how {
                How::Variable(name) | How::Default(name) => {
                    let reason = format!("{name} also feeds {wrong}");
                    self.own.entry(site.key.clone()).or_insert(reason);
                }
                How::Inserted(_) => {
                    self.direct.insert(site.key.clone());
                }
                _ => {}
            }
        }
        self.own.len() + self.direct.len() > before
    }
}

fn refusal(launch: &Launch, changes: &[Change], fault: Fault) -> Refusal {
    let paste: Vec<String> =
        changes.iter().filter_map(|change| change.after.as_deref().map(shell_word)).collect();
    let fault = Fault {
        span: if fault.span.is_empty() { launch.location.span } else { fault.span },
        ..fault
    };
    let fault = fault.helped(format!("add by hand: {}", paste.join(" ")));
    Refusal { fault, paste }
}

fn draft(
    script: &Script,
    launch: &Launch,
    changes: &[Change],
    forced: &Forced,
) -> Result<Edited, Refusal> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut sites = Vec::new();
    for change in changes {
        let refused = |fault| refusal(launch, changes, fault);
        let own = forced.own.get(&change.key);
        let one = One { script, launch, change, direct: forced.direct.contains(&change.key) };
        let (mut made, mut site) = one.make(own).map_err(refused)?;
        let clash = |new: &Edit| {
            let differs = |old: &Edit| old.span == new.span && old != new;
            !new.span.is_empty() && edits.iter().any(differs)
        };
        if made.iter().any(clash) {
            // Two keys share one place and want different values.
            let reason = "its value comes from a place that another change uses".to_owned();
            (made, site) = one.make(Some(&reason)).map_err(refused)?;
        }
        made.retain(|new| new.span.is_empty() || !edits.contains(new));
        edits.extend(made);
        sites.push(site);
    }
    let text = apply_edits(script.source.text(), &edits).map_err(|overlap| {
        let fault =
            Fault::new("hydrule::edit::overlap", overlap.0, "two changes meet in one place");
        refusal(launch, changes, fault)
    })?;
    Ok(Edited { edits, text, sites })
}

/// One change of one launch.
struct One<'a> {
    script: &'a Script,
    launch: &'a Launch,
    change: &'a Change,
    /// Whether a new override stands in the command itself, never in an array.
    direct: bool,
}

type Made = (Vec<Edit>, Site);

impl One<'_> {
    fn site(&self, how: How, span: Span) -> Site {
        Site { key: self.change.key.clone(), how, span }
    }

    fn make(&self, own: Option<&String>) -> Result<Made, Fault> {
        let key = &self.change.key;
        let arguments = &self.launch.arguments;
        let winning = arguments.iter().rposition(|argument| argument.key() == *key);
        let later = arguments.get(winning.map_or(0, |at| at + 1)..).unwrap_or_default();
        let hidden = later.iter().find(|argument| argument.may_set(key));
        let winning = winning.and_then(|at| arguments.get(at));
        let Some(after) = &self.change.after else { return self.take_out() };
        let Some(argument) = winning else {
            let edit = self.insertion(after, hidden.is_none());
            let span = edit.span;
            return Ok((vec![edit], self.site(How::Inserted(None), span)));
        };
        let after = with_sigil_of(argument, after);
        if argument.text.known().as_ref() == Some(&after) && hidden.is_none() {
            return Ok((Vec::new(), self.site(How::Nothing, argument.word)));
        }
        let in_place =
            if own.is_none() && hidden.is_none() { in_place(argument, &after) } else { None };
        if let Some((edit, how)) = in_place {
            let span = edit.span;
            return Ok((vec![edit], self.site(how, span)));
        }
        let reason = match (own, hidden) {
            (Some(own), _) => own.clone(),
            (None, Some(_)) => "something behind it may set it too".to_owned(),
            (None, None) => reason(&argument.placed()),
        };
        // A second `+key` would be an error, so the later one replaces.
        let after = match (after.strip_prefix('+'), after.starts_with("++")) {
            (Some(_), false) => format!("+{after}"),
            _ => after,
        };
        let edit = self.insertion(&after, false);
        let span = edit.span;
        Ok((vec![edit], self.site(How::Inserted(Some(reason)), span)))
    }

    fn insertion(&self, after: &str, may_join_siblings: bool) -> Edit {
        let siblings = may_join_siblings && !self.direct;
        let joined = siblings.then(|| insert::beside_siblings(self.script, self.launch, after));
        joined
            .flatten()
            .unwrap_or_else(|| insert::behind(self.script, self.launch, after, self.direct))
    }

    /// Takes every override of the key out.
    fn take_out(&self) -> Result<Made, Fault> {
        let own = |argument: &&Argument| argument.key() == self.change.key;
        let key = &self.change.key;
        let other = |argument: &&Argument| argument.key() != *key && argument.may_set(key);
        if let Some(argument) = self.launch.arguments.iter().find(other) {
            let message = format!("`{key}` may be set by something that is not known");
            return Err(Fault::new("hydrule::edit::place", argument.word, message));
        }
        let mut edits: Vec<Edit> = Vec::new();
        for argument in self.launch.arguments.iter().filter(own) {
            let edit = remove(self.script, argument)?;
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
        let span = edits.first().map_or(self.launch.location.span, |edit| edit.span);
        let how = if edits.is_empty() { How::Nothing } else { How::Removed };
        Ok((edits, self.site(how, span)))
    }
}

/// Gives an override without a sigil the one that the script uses for its key.
fn with_sigil_of(argument: &Argument, after: &str) -> String {
    let element = argument.key_element();
    let bare = element.trim_start_matches('+');
    let sigil = element.get(..element.len() - bare.len()).unwrap_or_default();
    let same = after.split_once('=').is_some_and(|(key, _)| key == bare);
    if same { format!("{sigil}{after}") } else { after.to_owned() }
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

/// Replaces the value where it stands, or the whole word.
fn in_place(argument: &Argument, after: &str) -> Option<(Edit, How)> {
    let (key, value) = after.split_once('=').unwrap_or((after, ""));
    let pieces = argument.value_pieces();
    let same_key = argument.key_element() == key && after.contains('=');
    if let ([piece], true) = (pieces.as_slice(), same_key)
        && let Origin::Literal(span, quoting) = piece.origin
    {
        let how = match argument.placed() {
            Placed::Default(name, _) => How::Default(name),
            Placed::Variable(name, _) => How::Variable(name),
            _ => How::Literal,
        };
        return Some((Edit::new(span, encoded(value, quoting)), how));
    }
    let own = argument.text.pieces.iter().all(|piece| piece.via.is_empty() && piece.text.is_ok());
    let inside =
        argument.text.pieces.iter().all(|piece| argument.word.contains(piece.origin.span()));
    (own && inside && !argument.word.is_empty())
        .then(|| (Edit::new(argument.word, shell_word(after)), How::Literal))
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

/// Takes a word out, with its whole line where it stands alone.
fn remove(script: &Script, argument: &Argument) -> Result<Edit, Fault> {
    let text = script.source.text();
    let span = argument.word;
    let own = argument
        .text
        .pieces
        .iter()
        .all(|piece| span.contains(piece.origin.span()) || !piece.via.is_empty());
    if span.is_empty() || !own {
        let message = format!("`{}` is no word of its own", argument.key());
        return Err(Fault::new("hydrule::edit::place", span, message));
    }
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let first = before.get(line_start..).is_some_and(|it| it.trim().is_empty());
    let rest = after.find('\n').and_then(|end| after.get(..end + 1));
    let alone = rest.filter(|rest| matches!(rest.trim(), "\\" | ""));
    if let (true, Some(rest)) = (first && line_start > 0, alone) {
        return Ok(Edit::new(Span::new(line_start, span.end + rest.len()), ""));
    }
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    Ok(Edit::new(Span::new(span.start - blanks, span.end), ""))
}

impl Argument {
    /// Returns the key of an override's text, without sigil and package.
    pub(super) fn key_of(text: &str) -> String {
        let element = text.split_once('=').map_or(text, |(key, _)| key);
        let bare = element.trim_start_matches(['+', '~']);
        bare.split_once('@').map_or(bare, |(key, _)| key).to_owned()
    }
}
