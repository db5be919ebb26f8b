//! Cases: what a pack is tried on, what is expected of it, and how that is compared.
//!
//! [`Case`] is what a file in `cases/` says, [`Outcome`] what came of it. [`compare`] finds every
//! expectation that does not hold, [`Snapshot`] keeps a page to compare with in insta's format, and
//! [`Coverage`] counts how often each rule was true, false and unknown. Running a case takes files
//! and a job, and is not done here.

mod case;
mod coverage;
mod expect;
mod folder;
mod mutated;
mod names;
mod outcome;
mod read;
mod snapshot;
mod tested;

pub use case::{Asked, Case, CaseFile, Expected, Inputs, Listed, Snap, Written};
pub use coverage::{Coverage, Gap, RuleCounts};
pub use expect::{Mismatch, compare};
pub use folder::{FolderFile, read_folder};
pub use mutated::{Justification, MutatedPack, Survivor, read_justifications};
pub use names::{check_rules, repeated};
pub use outcome::{Again, Outcome, Ruled, Truth};
pub use read::{Load, read_cases};
pub use snapshot::{Snapshot, is_pending, pending_name, snapshot_name};
pub use tested::{Compared, Status, Tested, TestedPack};
