use indexmap::IndexMap;

use crate::pack::Text;
use crate::text::{Fault, Location, Source};
use crate::value::Value;

/// One case: what a pack is tried on, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name, which nothing else of the pack's cases has.
    pub name: String,
    /// Where the case begins: its name, or the start of its file.
    pub at: Location,
    /// What it is about, in a sentence.
    pub title: Option<String>,
    /// What is known of the job.
    pub inputs: Inputs,
    /// What is asked of the plan.
    pub asked: Asked,
    /// What must come of it, if the case says so.
    pub expected: Option<Expected>,
    /// Whether a snapshot is kept.
    pub snap: Snap,
    /// Whether planning again must find nothing to do.
    pub idempotent: bool,
}

/// Whether a case has a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snap {
    /// It has one, which is an expectation.
    Kept,
    /// What the case expects is all that counts.
    None,
}

/// What a case tells of a job.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Plain overrides, where there is no script.
    pub overrides: Vec<Text>,
    /// Scripts and configurations whose text is changed.
    pub files: Vec<CaseFile>,
    /// Files that the scripts may take in, by their paths inside the case's folder.
    pub beside: Vec<CaseFile>,
    /// The log.
    pub log: Option<CaseFile>,
    /// The base configuration, which is only read.
    pub config: Option<CaseFile>,
    /// Earlier configurations and what came of them.
    pub tried: Option<CaseFile>,
    /// Variables of the job's environment.
    pub environment: IndexMap<String, String>,
    /// The arguments that the scripts are started with.
    pub arguments: Option<Vec<String>>,
    /// Facts by name, each with where it is told.
    pub facts: Vec<(String, Value, Location)>,
    /// Files of facts, by group.
    pub fact_files: Vec<(Text, CaseFile)>,
    /// Parameters of the pack.
    pub parameters: Vec<(String, Value, Location)>,
    /// Which versions of the target the job is for: `verl=0.9`.
    pub target: Option<Text>,
    /// Which launch is meant, counted from 1.
    pub launch: Option<usize>,
}

/// What a case asks of the plan, as the flags of `hydrule rewrite` do.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// How many steps.
    pub steps: Option<usize>,
    /// The condition that the plan must make true.
    pub goal: Option<Text>,
    /// What the dimensions of the cost weigh: `time=2`.
    pub weights: Vec<String>,
    /// The only options to consider.
    pub only: Vec<Text>,
    /// Whether unsafe options are as good as safe ones.
    pub allow_unsafe: bool,
    /// Whether a plan must leave no requirement unknown.
    pub strict: bool,
    /// Invariants that no step may change.
    pub preserve: Vec<Text>,
    /// The repairs to make first; all if empty.
    pub repair: Option<Vec<Text>>,
}

/// A text of a case, under the name that the job knows it by.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The text, named without a folder: `run.sh`.
    pub source: Source,
    /// Where it is written.
    pub written: Written,
}

/// Where a text of a case is written.
#[derive(Debug, Clone)]
pub enum Written {
    /// In the case's TOML.
    Inline(Text),
    /// In a file; the same text under the file's own path.
    File(Source),
}

impl CaseFile {
    /// Makes a file of a text in TOML.
    pub fn inline(name: &str, text: Text) -> Self {
        Self { source: Source::new(name, text.as_str()), written: Written::Inline(text) }
    }

    /// Makes one of a file that was read.
    pub fn read(name: &str, file: Source) -> Self {
        Self { source: Source::new(name, file.text()), written: Written::File(file) }
    }

    /// Tells whether it is a configuration.
    pub fn is_yaml(&self) -> bool {
        let name = self.source.name();
        name.ends_with(".yaml") || name.ends_with(".yml")
    }

    /// Moves a fault in the text to where that is written.
    pub fn blame(&self, fault: Fault) -> (Source, Fault) {
        match &self.written {
            Written::Inline(text) => (text.location.source.clone(), text.blame(fault)),
            Written::File(source) => (source.clone(), fault),
        }
    }
}

/// A list in TOML, which may be empty, and where it stands.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What it holds.
    pub texts: Vec<Text>,
    /// Where it stands.
    pub at: Location,
}

/// What must come of a case. What is not there is not compared.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Rules that must fire: options that apply, requirements that are broken.
    pub fired: Vec<Text>,
    /// Rules that must not.
    pub silent: Vec<Text>,
    /// Rules that must be undecided.
    pub unknown: Vec<Text>,
    /// Exactly the options that the plan takes, in order.
    pub plan: Option<Listed>,
    /// Exactly the overrides and directives that the plan changes, as they become.
    pub changes: Option<Listed>,
    /// Exactly the overrides that result, in order.
    pub overrides: Option<Listed>,
    /// Exactly the broken requirements and the findings in the scripts, in any order.
    pub findings: Option<Listed>,
    /// Exactly the requirements that are broken after the plan, in any order.
    pub left: Option<Listed>,
    /// Exactly what the pack knows the launch by, of its `launches` and `keys`, in any order.
    pub known_by: Option<Listed>,
    /// Conditions that must be true on the input, before any step.
    pub holds: Vec<Text>,
    /// The place of the failure that the log shows: a phase, `host`, `unknown`, or `none`.
    pub phase: Option<Text>,
    /// The signal that tells the failure, `told` where the case does, or `none`.
    pub signal: Option<Text>,
}

impl Expected {
    /// Tells whether nothing is expected, so that the case could never fail by it.
    pub fn is_empty(&self) -> bool {
        self.named().next().is_none()
            && self.lists().all(|list| list.is_none())
            && self.holds.is_empty()
            && self.phase.is_none()
            && self.signal.is_none()
    }

    /// Lists the rules that are named: that they come out so, are taken, or are found.
    pub fn named(&self) -> impl Iterator<Item = &Text> {
        let lists = [&self.plan, &self.findings].into_iter().flatten();
        let listed = lists.flat_map(|it| &it.texts);
        self.fired.iter().chain(&self.silent).chain(&self.unknown).chain(listed)
    }

    fn lists(&self) -> impl Iterator<Item = Option<&Listed>> {
        [&self.plan, &self.changes, &self.overrides, &self.findings, &self.left, &self.known_by]
            .into_iter()
            .map(Option::as_ref)
    }
}
