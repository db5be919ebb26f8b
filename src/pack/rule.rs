//! A checked pack: what the engine works with.

use std::sync::OnceLock;

use indexmap::{IndexMap, IndexSet};

use super::arguments::Arguments;
use super::bases::WholeBase;
use super::claim::Claim;
use super::index::RuleIndex;
use super::names::PackNames;
use super::read::Later;
use super::reads::Reads;
use super::text::Text;
use super::version::{Version, Versions};
use crate::condition::{Assignment, Condition, Names as _, Type, check};
use crate::overrides::Override;
use crate::path::is_below;
use crate::signal::{PhaseDef, SignalDef, Signals};
use crate::text::{Fault, Level, Location, Said};
use crate::value::Value;

/// A pack whose ids are unique, whose expressions are parsed and checked, and whose names exist.
#[derive(Debug)]
pub struct Pack {
    /// The pack's name.
    pub name: String,
    /// The pack's version.
    pub version: String,
    /// What the pack is for, in a sentence.
    pub description: String,
    /// The application whose overrides it knows.
    pub target: String,
    /// Globs over module and script names (`*` is any text) that tell the target's launches.
    pub launches: Vec<String>,
    /// What a project says is the target's: that counts before all else.
    pub claims: Vec<Claim>,
    /// Globs over keys that only the target has, which tell its launches under other names.
    pub keys: Vec<String>,
    /// In which language those launches have their arguments.
    pub arguments: Arguments,
    /// Configurations that the target ships whole.
    pub bases: Vec<WholeBase>,
    /// Parameters by name, without `$param.`.
    pub parameters: IndexMap<String, Parameter>,
    /// Named expressions, read as `$name`.
    pub lets: ByName<Expression>,
    /// The facts that a user may give from outside, by name, such as `model.hidden_size`.
    pub outside: IndexMap<String, OutsideFact>,
    /// The packs that it is made of, itself first.
    pub parts: Vec<PackPart>,
    /// What it, or a pack that it extends, switches off.
    pub off: Vec<SwitchedOff>,
    /// What a plan should make true, if the pack says so.
    pub goal: Option<Expression>,
    /// Quantities worth preserving.
    pub invariants: Vec<Invariant>,
    /// The peaks of memory that the pack can predict.
    pub estimates: Vec<Estimate>,
    /// Phases, in the order in which frames are tried.
    pub phases: Vec<Phase>,
    /// The signals as defined.
    pub signal_defs: Later<Vec<SignalDef>>,
    /// Where each of them is named.
    pub(super) signal_places: Later<Vec<Location>>,
    /// The signals, ready to scan a log, once somebody asked.
    pub(super) signals: OnceLock<Signals>,
    /// The versions of the target that the pack tells apart, oldest first.
    pub versions: Vec<TargetVersion>,
    /// Keys that have or had other names.
    pub aliases: Vec<Alias>,
    /// The target's own defaults.
    pub defaults: Vec<DefaultSet>,
    /// The escalation options, least harm first.
    pub options: Later<Vec<PackOption>>,
    /// What must hold between values.
    pub requirements: Vec<Requirement>,
    /// Which rules can matter, by what is told, as far as somebody asked.
    pub(super) index: RuleIndex,
    /// The names that its expressions may use.
    pub(super) names: PackNames,
}

impl Pack {
    /// Returns a phase's title for people, or its name.
    pub fn phase_title<'a>(&'a self, name: &'a str) -> &'a str {
        self.phases.iter().find(|phase| phase.name == name).map_or(name, |phase| &phase.title)
    }

    /// Returns the signals and phases, ready to scan a log.
    pub fn signals(&self) -> &Signals {
        self.signals.get_or_init(|| {
            let phases = self.phases.iter().map(Phase::to_def).collect();
            Signals::trusted(self.signal_defs.clone(), phases)
        })
    }

    /// Tells whether a place is in the pack's own files, and not in those of a pack that it extends.
    pub fn is_own(&self, place: &Location) -> bool {
        let own = self.parts.first().map(|it| it.files.as_slice()).unwrap_or_default();
        own.iter().any(|file| file == place.source.name())
    }

    /// Reads a condition of the user's as one of the pack's own.
    ///
    /// # Errors
    /// Every mistake in it, as at load.
    pub fn condition(&self, text: &str) -> Result<Condition, Vec<Fault>> {
        let condition = Condition::parse(text)?;
        let faults = check(&condition, Type::Bool, &self.names);
        if faults.is_empty() { Ok(condition) } else { Err(faults) }
    }

    /// Lists the places where a job may run out of memory: the phases, those that only a signal
    /// tells, and `host`; each once.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        let phases = self.phases.iter().map(|phase| phase.name.as_str());
        let told = self.signal_defs.iter().filter_map(|def| def.phase.as_deref());
        let all: IndexSet<&str> = phases.chain(told).chain(["host"]).collect();
        all.into_iter()
    }

    /// Lists the facts that a user may tell, by name: of failures, from outside, and directives.
    pub fn facts(&self) -> Vec<String> {
        let told = |name: &String| name.contains('.') && !name.starts_with("param.");
        self.names.names().into_iter().filter(told).collect()
    }

    /// Returns the default of a key in some versions of the target, in all that are known if empty.
    pub fn default_in<'a>(&'a self, key: &str, versions: &[Version]) -> DefaultAnswer<'a> {
        let sets = || self.defaults.iter().filter(|set| set.values.contains_key(key));
        let told = |set: &'a DefaultSet| Some((set.values.get(key)?, set.of.as_str()));
        if sets().next().is_none_or(|first| first.versions.is_none()) {
            let first = sets().next().and_then(told);
            return first.map_or(DefaultAnswer::None, |(value, of)| DefaultAnswer::Is(value, of));
        }
        let holds = |set: &&DefaultSet, it: &Version| {
            set.versions.as_ref().is_none_or(|versions| versions.hold(it))
        };
        let mut answers: Vec<Option<(&Value, &str)>> = Vec::new();
        for version in self.versions_of(versions) {
            let answer = sets().find(|set| holds(set, version)).and_then(told);
            let same = |known: &Option<(&Value, &str)>| match (known, answer) {
                (Some((known, _)), Some((value, _))) => known.same_as(value),
                (known, answer) => known.is_none() && answer.is_none(),
            };
            if !answers.iter().any(same) {
                answers.push(answer);
            }
        }
        match answers.as_slice() {
            [] | [None] => DefaultAnswer::None,
            [Some((value, of))] => DefaultAnswer::Is(value, of),
            _ => DefaultAnswer::Differs(answers.into_iter().flatten().collect()),
        }
    }

    /// Lists the defaults that a key has in some version.
    pub fn defaults_of<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.defaults.iter().filter_map(move |set| set.values.get(key))
    }

    /// Tells whether the pack knows a default of the key in some version.
    pub fn has_default(&self, key: &str) -> bool {
        self.defaults_of(key).next().is_some()
    }

    /// Returns these versions, or all that are known if there are none.
    pub fn versions_of<'a>(&'a self, versions: &'a [Version]) -> Vec<&'a Version> {
        match versions {
            [] => self.versions.iter().map(|it| &it.number).collect(),
            some => some.iter().collect(),
        }
    }
}

/// What is known of a key's default.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultAnswer<'a> {
    /// It is this, and whose.
    Is(&'a Value, &'a str),
    /// The versions that the target may be have different ones, or some of them none.
    Differs(Vec<(&'a Value, &'a str)>),
    /// None is known.
    None,
}

/// How the name begins of the fact that the target is one of some versions; these follow. No
/// condition can write it.
pub const VERSION: &str = "version ";

/// A version of the target, and how it is told.
#[derive(Debug)]
pub struct TargetVersion {
    /// Its number.
    pub number: Version,
    /// Keys that are there from this version on.
    pub adds: Vec<KeyGlob>,
    /// Keys that are gone since this version.
    pub drops: Vec<KeyGlob>,
    /// Of several that it may be, it is this one, or another that is assumed.
    pub assumed: bool,
}

/// A key that has two names, or a section all of whose keys have.
#[derive(Debug)]
pub struct Alias {
    /// The old name.
    pub old: KeyGlob,
    /// The one that rules use.
    pub new: KeyGlob,
    /// The versions that know the old name and not the new one.
    pub versions: Option<Versions>,
    /// Makes the new value of the old one, which is `it`; they are the same where not given.
    pub read: Option<Expression>,
    /// Makes the old value of the new one.
    pub write: Option<Expression>,
}

/// A key, or `section.*` for all that is in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGlob(pub(super) String);

impl KeyGlob {
    /// Moves a key that is meant to where another glob means it.
    pub fn moved(&self, key: &str, to: &Self) -> Option<String> {
        if !self.covers(key) {
            return None;
        }
        match (self.0.strip_suffix('*'), to.0.strip_suffix('*')) {
            (Some(section), Some(new)) => Some(format!("{new}{}", key.strip_prefix(section)?)),
            (None, None) => Some(to.0.clone()),
            _ => None,
        }
    }

    /// Tells whether it is a whole section.
    pub fn is_section(&self) -> bool {
        self.0.ends_with(".*")
    }

    /// Tells whether a key is meant.
    pub fn covers(&self, key: &str) -> bool {
        match self.0.strip_suffix(".*") {
            Some(section) => is_below(key, section),
            None => self.0 == key,
        }
    }
}

/// One of the packs that a pack is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackPart {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The names of those that it extends itself.
    pub extends: Vec<String>,
    /// The names of its files.
    pub files: Vec<String>,
}

/// Something that a pack takes out of those that it extends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Its id; the phase of an estimate.
    pub id: String,
    /// What it is: `option`, `requirement`, `signal`, `invariant` or `estimate`.
    pub kind: &'static str,
    /// Why it is off.
    pub reason: String,
    /// Where that is said.
    pub by: Location,
    /// Where it is defined.
    pub defined: Location,
}

/// The name of the estimate for the phase that failed.
pub const PEAK: &str = "peak";

/// Matches a whole text against a pattern in which `*` is any text, in a time that grows with both lengths alone.
pub fn glob_matches(glob: &str, text: &str) -> bool {
    let (glob, text) = (glob.as_bytes(), text.as_bytes());
    let (mut at, mut here) = (0, 0);
    // What stands behind the last `*`, and where the text behind it would begin.
    let mut star = None;
    while let Some(letter) = text.get(here) {
        match (glob.get(at), star) {
            (Some(b'*'), _) => {
                at += 1;
                star = Some((at, here));
            }
            (Some(same), _) if same == letter => (at, here) = (at + 1, here + 1),
            // The `*` takes one byte more. An earlier one need not: what is behind it was found already.
            (_, Some((behind, from))) => {
                (at, here) = (behind, from + 1);
                star = Some((at, here));
            }
            _ => return false,
        }
    }
    glob.iter().skip(at).all(|it| *it == b'*')
}

/// A number or word that a user of the pack may set.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its value.
    pub value: Value,
    /// What it is for.
    pub help: String,
    /// Where the pack names it.
    pub location: Location,
}

/// Things by their names, in order; nobody hostile chooses so many names that a quick hash would not do.
pub type ByName<T> = IndexMap<Said, T, foldhash::fast::RandomState>;

/// A condition or formula and where the pack writes it.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The parsed expression.
    pub condition: Condition,
    /// Its text in the TOML.
    pub text: Text,
}

/// A quantity that every plan states: preserved, changed or unknown.
#[derive(Debug)]
pub struct Invariant {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// How to compute it.
    pub value: Expression,
}

/// A fact that only the user can tell, such as a number of a model's own configuration.
#[derive(Debug, Clone, Copy)]
pub struct OutsideFact {
    /// What its value must be; null is always allowed.
    pub kind: Type,
    /// Whether it is taken as absent once any other fact of its group is given.
    pub optional: bool,
}

/// The peak of memory that one phase is predicted to reach.
#[derive(Debug)]
pub struct Estimate {
    /// The phase's name.
    pub phase: String,
    /// Its title for people.
    pub title: String,
    /// Where the formula applies; everywhere if not given.
    pub when: Option<Expression>,
    /// The peak of one GPU, a number of bytes.
    pub bytes: Expression,
    /// How far off the prediction may be, relative to it: 0.15 is 15 %.
    pub error: f64,
    /// What the formula takes for granted; `{key}` and `{$name}` stand for values.
    pub assumes: Option<String>,
    /// Where the formula is known from.
    pub source: String,
}

/// A part of a training step, told by the stack frames of a failure.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Its name in conditions.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Function or file names; one of them in the stack tells the phase.
    pub frames: Vec<Text>,
    /// Where the pack names it.
    pub location: Location,
}

impl Phase {
    /// Lists the names of its frames.
    pub fn frame_names(&self) -> impl Iterator<Item = &str> {
        self.frames.iter().map(Text::as_str)
    }

    /// Returns what a log is read with.
    pub fn to_def(&self) -> PhaseDef {
        let frames = self.frame_names().map(str::to_owned).collect();
        PhaseDef { name: self.name.clone(), frames }
    }
}

/// Values the target uses where no override sets them.
#[derive(Debug)]
pub struct DefaultSet {
    /// Whose defaults, such as `verl 0.9`.
    pub of: String,
    /// For which versions of the target they are; for all where not given.
    pub versions: Option<Versions>,
    /// Where they were read.
    pub source: String,
    /// The values by key; strings may hold interpolations.
    pub values: ByName<Value>,
}

/// What an option changes about the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Results and speed stay.
    Nothing,
    /// Only the speed.
    Speed,
    /// What is optimised, or in which steps.
    Algorithm,
    /// How good the result is.
    Quality,
    /// Which machines are used.
    Hardware,
}

/// Whether an option may be written without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// May be written.
    Safe,
    /// Needs `--unsafe`, or to be named.
    Unsafe,
    /// Is shown and never written.
    Display,
}

/// One escalation step: a condition, its rewrite, and what it costs and changes.
#[derive(Debug)]
pub struct PackOption {
    /// Its id, unique in the pack.
    pub id: String,
    /// Its title for people.
    pub title: Said,
    /// When it applies.
    pub when: Expression,
    /// For which versions of the target alone it is.
    pub versions: Option<Text>,
    /// What it changes.
    pub rewrite: Vec<Rewrite>,
    /// The phases whose peak it lowers; `host` for host memory.
    pub relieves: Vec<String>,
    /// The phases whose peak it raises.
    pub loads: Vec<String>,
    /// What it changes about the training.
    pub changes: Changes,
    /// Cost by dimension: `time` and `hardware` are factors, the others weights.
    pub cost: IndexMap<String, f64>,
    /// Whether it may be written.
    pub safety: Safety,
    /// Why it helps.
    pub why: Said,
    /// Where that is known from.
    pub source: Said,
    /// What common advice gets wrong about it.
    pub caveat: Option<Said>,
    /// The address of its page, if the pack has such pages.
    pub page: Option<String>,
    /// Where the pack defines it.
    pub location: Location,
}

/// One change that a rule makes.
#[derive(Debug, Clone)]
pub enum Rewrite {
    /// `key := expression`.
    Assign(Box<Assignment>, Text),
    /// A plain override, sigil included.
    Plain(Box<Override>, Text),
}

impl Rewrite {
    /// Returns the text that says what is set.
    pub fn text(&self) -> &Text {
        match self {
            Self::Assign(_, text) | Self::Plain(_, text) => text,
        }
    }

    /// Lists the bounds by name, as written.
    pub fn bounds(&self) -> Vec<(&'static str, &str)> {
        let Self::Assign(assignment, _) = self else { return Vec::new() };
        let bounds = &assignment.bounds;
        let all = [
            ("floor", &bounds.floor),
            ("cap", &bounds.cap),
            ("largest_divisor", &bounds.largest_divisor),
        ];
        let written = all.into_iter().filter_map(|(word, bound)| Some((word, bound.as_ref()?)));
        written.map(|(word, bound)| (word, bound.text())).collect()
    }
}

/// What is to be said and done where a requirement does not hold.
#[derive(Debug, Default)]
pub struct Breach {
    /// When the run fails.
    pub fails_at: Said,
    /// What to say; `{key}` and `{$name}` stand for values.
    pub message: Said,
    /// Rewrites that mend it.
    pub repair: Vec<Rewrite>,
    /// Where it is known from.
    pub source: Option<Said>,
}

/// What must hold between values, before and after any rewrite.
#[derive(Debug)]
pub struct Requirement {
    /// Its id, unique in the pack.
    pub id: String,
    /// Where it applies; everywhere if not given.
    pub when: Option<Expression>,
    /// For which versions of the target alone it is.
    pub versions: Option<Text>,
    /// What must be true.
    pub holds: Expression,
    /// The quantity that it limits, which must not grow where it is broken.
    pub limits: Option<Expression>,
    /// Whether a run that breaks it fails, or only wastes something.
    pub level: Level,
    /// What is to be said and done where it does not hold.
    pub breach: Later<Box<Breach>>,
    /// The address of its page, if the pack has such pages.
    pub page: Option<String>,
    /// Where the pack defines it.
    pub location: Location,
    /// What decides it, once somebody asked.
    pub(super) reads: OnceLock<Reads>,
}

impl Requirement {
    /// Returns where it applies as the pack writes it, beside its versions.
    pub fn when_text(&self) -> Option<&Text> {
        let when = self.when.as_ref().map(|it| &it.text);
        when.filter(|it| self.versions.as_ref().is_none_or(|own| own.location != it.location))
    }
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn a_star_is_any_text() {
        for (glob, text, fits) in [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            ("a.b", "a", false),
            ("", "", true),
            ("*", "", true),
            ("a.*", "a.", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", true),
            ("*.py", "run.py", true),
            ("*.py", "run.pyc", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("é*", "éa", true),
            ("é", "è", false),
            ("*è", "é", false),
            ("*", "*", true),
            ("a", "*", false),
        ] {
            assert_eq!(glob_matches(glob, text), fits, "{glob} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_their_texts() {
        let (glob, text) = ("*a".repeat(1_000), "a".repeat(10_000));
        assert!(glob_matches(&glob, &text));
        assert!(!glob_matches(&format!("{glob}*b"), &text));
        assert!(glob_matches(&format!("{glob}*b*"), &format!("{text}b")));
    }
}
