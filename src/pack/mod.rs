//! Rule packs: from a folder of TOML to rules that are known to be sound.
//!
//! [`load`] finds the files of a pack and of those that it extends, `manifest` says what the TOML
//! says, `inherit` makes one of all, and [`Pack`] is what is true: ids unique, expressions parsed
//! and checked, names known. Only checking makes a `Pack`,
//! and it reports every fault of every file at once.

mod arguments;
mod bases;
mod check;
mod choose;
mod claim;
mod dimension;
mod embedded;
mod extend;
mod fix;
mod index;
mod inherit;
mod load;
mod manifest;
mod meant;
mod mutant;
mod names;
mod open;
mod overlay;
mod place;
mod read;
mod reads;
mod rule;
mod shipped;
mod starter;
mod text;
mod tree;
mod version;
mod watch;

pub use arguments::Arguments;
pub use bases::WholeBase;
pub use choose::{Choice, Header, Signs, choose, headers};
pub use claim::Claim;
pub use dimension::{Dimension, UNITS};
pub use embedded::{EMBEDDED, EmbeddedPack};
pub use fix::{Changed, Fix, Sets};
pub use index::{ReadBy, RuleIndex, Rules};
pub use load::{PackError, load, load_edited, load_named, load_under, load_watched};
pub use manifest::{CHANGES, ExtendEntry, LEVELS, Manifest, OUTSIDE_KINDS, SAFETY};
pub use meant::KnownKeys;
pub use mutant::{Change, Field, Mutant, Mutants};
pub use open::{read_toml, read_toml_below, read_toml_values};
pub use overlay::{Cluster, HOST_MEMORY, Overlay};
pub use place::{active_packages, lies_in};
pub use read::{BOUNDS, Either, Leaf, Reader};
pub use reads::Reads;
pub use rule::{
    Alias, Changes, DefaultAnswer, DefaultSet, Estimate, Expression, Invariant, KeyGlob,
    OutsideFact, PEAK, Pack, PackOption, PackPart, Parameter, Phase, Requirement, Rewrite, Safety,
    SwitchedOff, TargetVersion, VERSION, glob_matches,
};
pub use starter::{StarterFile, starter};
pub use text::Text;
pub use version::{Version, Versions};
pub use watch::Watch;
