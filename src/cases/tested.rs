use super::coverage::Coverage;
use super::expect::Mismatch;
use super::outcome::Ruled;
use super::snapshot::Snapshot;
use crate::text::{Faults, Location};

/// A case after its run.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The case's name.
    pub name: String,
    /// Where it begins.
    pub at: Location,
    /// The expectations that do not hold; or why the case could not be run.
    pub result: Result<Vec<Mismatch>, Vec<Faults>>,
    /// How its snapshot compares.
    pub compared: Compared,
    /// How every rule came out.
    pub ruled: Vec<Ruled>,
    /// Whether the pack knows the launch of its script; nothing where it has no script.
    pub known: Option<bool>,
}

/// How a page compares with the case's snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The case keeps none.
    NotKept,
    /// Both show the same.
    Same,
    /// There is no snapshot yet.
    New(Snapshot),
    /// The snapshot shows something else.
    Changed {
        /// What was accepted.
        old: Snapshot,
        /// What is there now.
        new: Snapshot,
    },
}

/// What became of a case, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// All is as expected.
    Passed,
    /// It has no snapshot yet, and waits for a review.
    New,
    /// Its snapshot is missing where nothing may be accepted.
    Missing,
    /// Its snapshot shows something else.
    Changed,
    /// An expectation does not hold.
    Failed,
    /// It could not be run.
    Error,
}

impl Status {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::New => "new",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

impl Tested {
    /// Says what became of the case; `checks` where snapshots must be there.
    pub fn status(&self, checks: bool) -> Status {
        match (&self.result, &self.compared) {
            (Err(_), _) => Status::Error,
            (Ok(mismatches), _) if !mismatches.is_empty() => Status::Failed,
            (_, Compared::Changed { .. }) => Status::Changed,
            (_, Compared::New(_)) if checks => Status::Missing,
            (_, Compared::New(_)) => Status::New,
            (_, Compared::NotKept | Compared::Same) => Status::Passed,
        }
    }

    /// Returns the snapshot that waits for a review.
    pub fn pending(&self) -> Option<&Snapshot> {
        match &self.compared {
            Compared::New(new) | Compared::Changed { new, .. } => Some(new),
            Compared::NotKept | Compared::Same => None,
        }
    }
}

/// The cases of a pack after their run.
#[derive(Debug, Clone)]
pub struct TestedPack {
    /// The pack's name.
    pub name: String,
    /// The cases that were run, in order.
    pub cases: Vec<Tested>,
    /// How the rules came out over them.
    pub coverage: Coverage,
    /// The names of snapshots whose case is gone.
    pub unreferenced: Vec<String>,
    /// How many cases `--filter` left out.
    pub left_out: usize,
}

impl TestedPack {
    /// Tells whether there are scripts in the cases, and the pack knows the launch of not one.
    pub fn knows_no_launch(&self) -> bool {
        let mut known = self.cases.iter().filter_map(|it| it.known).peekable();
        known.peek().is_some() && !known.any(|it| it)
    }
}
