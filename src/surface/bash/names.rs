//! Names, in the order in which they came, and what belongs to them.

use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};

/// Things by name. The hash is a quick one: no script knows the seed that a run starts it with.
pub type ByName<T> = IndexMap<String, T, RandomState>;

/// A set of names.
pub type Names = IndexSet<String, RandomState>;
