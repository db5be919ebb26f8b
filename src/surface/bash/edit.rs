//! Changes to the overrides of launches, made where the values live.

use indexmap::{IndexMap, IndexSet};

use super::choose::One;
use super::launch::{Argument, Launch, Script};
use super::state::Outside;
use super::verify::{Moved, Wrong, verify};
use crate::text::{Edit, Fault, Span, apply_edits, shell_word};

/// A wanted change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key without sigil, with the package of a config group: `trainer.nnodes`, `db@backup`.
    pub key: String,
    /// The whole override afterwards; none to remove it.
    pub after: Option<String>,
}

impl Change {
    /// Makes the change that sets what an override's text says.
    pub fn setting(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { key: Argument::target_of(&text).to_owned(), after: Some(text) }
    }

    /// Makes the change that takes every override of a key out.
    pub fn removing(text: &str) -> Self {
        Self { key: Argument::target_of(text).to_owned(), after: None }
    }
}

/// What is wanted of a script.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The launches meant, by index.
    pub launches: &'a [usize],
    /// The changes of each of them.
    pub changes: &'a [Change],
    /// The keys that may change along, since they read the same variable; `*` for any text.
    pub also: &'a [String],
}

/// A script's changed text.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The replacements in the old text.
    pub edits: Vec<Edit>,
    /// The new text.
    pub text: String,
    /// What was done for each change of each launch, in the same order.
    pub sites: Vec<Site>,
    /// What else changes.
    pub moved: Vec<Moved>,
    /// Variables that were left alone since they feed more than what is wanted, and what that is.
    pub alternatives: Vec<(String, Vec<Moved>)>,
}

/// Where a change was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The key.
    pub key: String,
    /// The launch, by index.
    pub launch: usize,
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
    /// What stands at the override and was made of these variables; with the reason, where the value
    /// lives elsewhere and stays as it is there.
    Use(Vec<String>, Option<Reason>),
    /// The assignment of a variable.
    Variable(String),
    /// The default of a variable that the environment may set.
    Default(String),
    /// Nothing by itself: the value follows from the other changes.
    Follows,
    /// A new override; with the reason, where the key has one already.
    Inserted(Option<Reason>),
    /// The override was taken out.
    Removed,
    /// The script says so already.
    Nothing,
    /// Nothing that is known says otherwise; a word of which not even the key is told may, and why it is
    /// not told.
    Untold(String),
}

/// Why a value does not change in the place where it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The reason.
    pub text: String,
    /// The variable that would be changed if what else it feeds may change along.
    pub shared: Option<String>,
}

impl Reason {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), shared: None }
    }
}

/// Why a change is not made, and what to write by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason and the place.
    pub fault: Fault,
    /// The words to paste, quoted for the shell.
    pub paste: Vec<String>,
}

/// Makes changes to launches of a script; the result is read again and compared.
///
/// # Errors
/// [`Refusal`] where the changes and nothing else cannot be made.
pub fn edit(script: &Script, outside: &Outside, wanted: &Wanted<'_>) -> Result<Edited, Refusal> {
    check(script, wanted)?;
    let mut forced = Forced::default();
    let mut last = None;
    // Every round moves at least one change to a place that fewer things share.
    for _ in 0..=STEPS * wanted.changes.len() {
        let drafted = draft(script, wanted, &forced)?;
        let wrong = match verify(script, outside, wanted, &drafted.text) {
            Ok(moved) => {
                let simpler = simpler(script, outside, wanted, &forced, &drafted);
                let edited = simpler.unwrap_or(Edited { moved, ..drafted });
                let alternatives = alternatives(script, outside, wanted, &edited);
                return Ok(Edited { alternatives, ..edited });
            }
            Err(wrong) => wrong,
        };
        let news =
            forced.learn(script, &drafted, &to_blame(script, outside, wanted, &forced, &wrong));
        last = Some(wrong);
        if !news {
            break;
        }
    }
    let message = last.map_or_else(String::new, |wrong| wrong.message(script));
    let span = target(script, wanted).map_or(Span::at(0), |launch| launch.location.span);
    let fault = Fault::new("hydrule::edit::not_exact", span, message);
    Err(refusal(script, wanted, fault))
}

/// Tells which changes move what must not move, and what that is: those that do so on their own, where
/// the keys of the others may change along. Where none does, it is all of them together.
fn to_blame(
    script: &Script,
    outside: &Outside,
    wanted: &Wanted<'_>,
    forced: &Forced,
    wrong: &Wrong,
) -> IndexMap<String, Wrong> {
    let alone = |change: &Change| {
        let others = wanted.changes.iter().map(|it| &it.key).filter(|key| **key != change.key);
        let also: Vec<String> = others.chain(wanted.also).cloned().collect();
        let changes = std::slice::from_ref(change);
        let alone = Wanted { changes, also: &also, ..*wanted };
        let drafted = draft(script, &alone, forced).ok()?;
        let wrong = verify(script, outside, &alone, &drafted.text).err()?;
        Some((change.key.clone(), wrong))
    };
    let several = wanted.changes.iter().filter(|_| wanted.changes.len() > 1);
    let found: IndexMap<String, Wrong> = several.filter_map(alone).collect();
    match found.is_empty() {
        true => wanted.changes.iter().map(|it| (it.key.clone(), wrong.clone())).collect(),
        false => found,
    }
}

/// Leaves alone the keys that follow from the other changes anyway.
fn simpler(
    script: &Script,
    outside: &Outside,
    wanted: &Wanted<'_>,
    forced: &Forced,
    drafted: &Edited,
) -> Option<Edited> {
    let own = |site: &&Site| matches!(site.how, How::Inserted(Some(_)) | How::Use(..));
    let follows: IndexSet<String> =
        drafted.sites.iter().filter(own).map(|it| it.key.clone()).collect();
    if follows.is_empty() || follows.len() == wanted.changes.len() {
        return None;
    }
    let simpler = draft(script, wanted, &Forced { follows, ..forced.clone() }).ok()?;
    let moved = verify(script, outside, wanted, &simpler.text).ok()?;
    Some(Edited { moved, ..simpler })
}

/// Lists the variables that were left alone, each with what would change along.
fn alternatives(
    script: &Script,
    outside: &Outside,
    wanted: &Wanted<'_>,
    edited: &Edited,
) -> Vec<(String, Vec<Moved>)> {
    let mut found: IndexMap<String, Vec<Moved>> = IndexMap::new();
    for site in &edited.sites {
        let (How::Inserted(Some(reason)) | How::Use(_, Some(reason))) = &site.how else { continue };
        let Some(name) = &reason.shared else { continue };
        let change = wanted.changes.iter().filter(|change| change.key == site.key);
        let changes: Vec<Change> = change.cloned().collect();
        let freely =
            Wanted { launches: &[site.launch], changes: &changes, also: &["*".to_owned()] };
        let moved = draft(script, &freely, &Forced::default())
            .ok()
            .and_then(|drafted| verify(script, outside, &freely, &drafted.text).ok());
        if let Some(moved) = moved {
            found.entry(name.clone()).or_insert(moved);
        }
    }
    found.into_iter().collect()
}

/// Refuses what no text of the script can hold.
///
/// # Errors
/// Why.
pub(super) fn check(script: &Script, wanted: &Wanted<'_>) -> Result<(), Refusal> {
    let missing = wanted.launches.iter().any(|at| script.launches.get(*at).is_none());
    let Some(target) = target(script, wanted).filter(|_| !missing) else {
        let fault = Fault::new("hydrule::edit::no_launch", Span::at(0), "there is no such launch");
        return Err(Refusal { fault, paste: Vec::new() });
    };
    let elsewhere = |at: &&usize| {
        script.launches.get(**at).is_some_and(|launch| !script.holds(launch.last_word))
    };
    if let Some(launch) = wanted.launches.iter().find(elsewhere) {
        let launch = script.launches.get(*launch).unwrap_or(target);
        let name = launch.location.source.name();
        let message = format!("this launch stands in `{name}`, which the script takes in");
        let fault = Fault::new("hydrule::edit::place", Span::at(0), message);
        let help = format!("change it there: hydrule set {name} …");
        return Err(Refusal { fault: fault.helped(help), paste: Vec::new() });
    }
    let nul = |change: &&Change| change.after.as_ref().is_some_and(|it| it.contains('\0'));
    match wanted.changes.iter().find(nul) {
        None => Ok(()),
        Some(change) => {
            let message =
                format!("the value of `{}` holds a NUL, which no argument can", change.key);
            let fault = Fault::new("hydrule::edit::nul", target.location.span, message);
            Err(Refusal { fault, paste: Vec::new() })
        }
    }
}

/// Returns the first launch meant.
fn target<'a>(script: &'a Script, wanted: &Wanted<'_>) -> Option<&'a Launch> {
    script.launches.get(*wanted.launches.first()?)
}

/// What earlier drafts showed.
#[derive(Debug, Clone, Default)]
pub(super) struct Forced {
    /// Keys that need an override of their own, and why.
    own: IndexMap<String, Reason>,
    /// Those of them whose own word feeds more as well.
    behind: IndexSet<String>,
    /// How far from its siblings a new override stands.
    distance: IndexMap<String, usize>,
    /// Keys for which nothing is done.
    follows: IndexSet<String>,
}

impl Forced {
    /// Moves what a draft put in a shared place, of the changes to blame for something wrong; tells
    /// whether anything is left to move.
    fn learn(
        &mut self,
        script: &Script,
        drafted: &Edited,
        to_blame: &IndexMap<String, Wrong>,
    ) -> bool {
        let mut news = false;
        for site in &drafted.sites {
            let Some(wrong) = to_blame.get(&site.key) else { continue };
            let reason = match &site.how {
                How::Variable(name) | How::Default(name) => wrong.reason(script, site, Some(name)),
                How::Literal | How::Use(_, None) => wrong.reason(script, site, None),
                How::Use(_, Some(reason)) => {
                    news |= self.behind.insert(site.key.clone());
                    reason.clone()
                }
                How::Inserted(_) => {
                    let distance = self.distance.entry(site.key.clone()).or_default();
                    news |= *distance < FARTHEST;
                    *distance += 1;
                    continue;
                }
                _ => continue,
            };
            news |= self.own.insert(site.key.clone(), reason).is_none();
        }
        news
    }
}

/// How often one change can move: away from where its value lives, out of its word, and then along.
const STEPS: usize = 2 + FARTHEST;

/// Beside its siblings, in the command, where the function that holds it is called.
const FARTHEST: usize = 2;

/// Says what to write by hand.
fn refusal(script: &Script, wanted: &Wanted<'_>, fault: Fault) -> Refusal {
    let sets = wanted.changes.iter().filter_map(|change| change.after.as_deref());
    let paste: Vec<String> = sets.map(shell_word).collect();
    let removed = wanted.changes.iter().filter(|change| change.after.is_none());
    let removed: Vec<&str> = removed.map(|change| change.key.as_str()).collect();
    let target = target(script, wanted);
    let mut help = Vec::new();
    if !paste.is_empty() {
        let words = paste.join(" ");
        help.push(match target {
            Some(launch) if launch.forwards.is_some() => {
                format!(
                    "give it when the script is started: bash {} {words}",
                    shell_word(script.source.name())
                )
            }
            _ => format!("add by hand, behind the command's other overrides: {words}"),
        });
    }
    if !removed.is_empty() {
        help.push(format!("take out by hand: {}", removed.join(" ")));
    }
    if let Some(same) = target.and_then(|launch| runs_again(script, wanted, launch)) {
        help.push(same);
    }
    let whole = target.map_or(fault.span, |launch| launch.location.span);
    let span = if fault.span.is_empty() { whole } else { fault.span };
    Refusal { fault: Fault { span, ..fault }.helped(help.join("\n")), paste }
}

/// Says how to change all runs of a command that runs several times.
fn runs_again(script: &Script, wanted: &Wanted<'_>, launch: &Launch) -> Option<String> {
    let all = script.launches.iter().enumerate();
    let same = all.filter(|(_, it)| it.location.span == launch.location.span);
    let numbers: Vec<usize> = same.map(|(at, _)| at).collect();
    let left = numbers.iter().any(|at| !wanted.launches.contains(at));
    let shown: Vec<String> = numbers.iter().map(|at| (at + 1).to_string()).collect();
    let shown = shown.join(",");
    left.then(|| format!("it runs several times; `hydrule set --launch {shown}` changes all"))
}

/// Tells whether two edits want different things of one place.
fn clash(old: &Edit, new: &Edit) -> bool {
    let meet = old.span.start < new.span.end && new.span.start < old.span.end;
    meet && old != new
}

/// Makes the changes where they seem to belong; nothing has read the result yet.
///
/// # Errors
/// Why they cannot be made.
pub(super) fn draft(
    script: &Script,
    wanted: &Wanted<'_>,
    forced: &Forced,
) -> Result<Edited, Refusal> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut sites = Vec::new();
    for index in wanted.launches {
        let Some(launch) = script.launches.get(*index) else { continue };
        for change in wanted.changes {
            let site = |how, span| Site { key: change.key.clone(), launch: *index, how, span };
            if forced.follows.contains(&change.key) {
                sites.push(site(How::Follows, launch.location.span));
                continue;
            }
            let refused = |fault| refusal(script, wanted, fault);
            let distance = forced.distance.get(&change.key).copied().unwrap_or_default();
            let behind = forced.behind.contains(&change.key);
            let one = One { script, launch, change, distance, behind };
            let mut made = one.make(forced.own.get(&change.key)).map_err(refused)?;
            // Two keys share one place and want different values: the second gets a word of its own.
            let reason = Reason::new("its value comes from a place that another change uses");
            for behind in [behind, true] {
                if !made.edits.iter().any(|new| edits.iter().any(|old| clash(old, new))) {
                    break;
                }
                made = One { behind, ..one }.make(Some(&reason)).map_err(refused)?;
            }
            sites.push(site(made.how, made.span));
            made.edits.retain(|new| !edits.contains(new));
            edits.extend(made.edits);
        }
    }
    let text = apply_edits(script.source.text(), &edits).map_err(|overlap| {
        let fault =
            Fault::new("hydrule::edit::overlap", overlap.0, "two changes meet in one place");
        refusal(script, wanted, fault)
    })?;
    Ok(Edited { edits, text, sites, moved: Vec::new(), alternatives: Vec::new() })
}
