use std::path::PathBuf;

use super::check::check;
use super::extend::Family;
use super::manifest::ExtendEntry;
use super::overlay::Overlay;
use super::rule::Pack;
use crate::text::{Faults, Source};

/// Why a pack could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Nothing has this name.
    #[error("there is no pack `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What to do instead.
        help: String,
    },
    /// A file of the pack cannot be read.
    #[error("cannot read `{}`: {why}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The pack's text has faults.
    #[error("the pack has faults")]
    Faulty(Vec<Faults>),
}

/// Loads a pack that ships by its name, or one from a folder, with all that it extends.
///
/// # Errors
/// See [`PackError`]; every fault of the pack is reported at once.
pub fn load(name: &str) -> Result<Pack, PackError> {
    check(Family::read(name)?).map_err(PackError::Faulty)
}

/// Loads of a pack what a log is read with: its signals, phases and facts from outside. Of one that ships
/// nothing else is there; any other is loaded whole.
///
/// # Errors
/// As for [`load`].
pub fn load_watched(name: &str) -> Result<Pack, PackError> {
    check(Family::read_watched(name)?).map_err(PackError::Faulty)
}

/// Loads a pack of which an editor has some files open.
///
/// # Errors
/// As for [`load`].
pub fn load_edited(name: &str, edited: &[Source]) -> Result<Pack, PackError> {
    check(Family::read_edited(name, edited)?).map_err(PackError::Faulty)
}

/// Loads a pack as a project uses it.
///
/// # Errors
/// As for [`load`], and what the project says of parameters and rules that no pack of it has.
pub fn load_under(name: &str, overlay: &Overlay) -> Result<Pack, PackError> {
    check(Family::read(name)?.under(overlay)).map_err(PackError::Faulty)
}

/// Loads a pack that a project names.
///
/// # Errors
/// As for [`load_under`], with the place of the name.
pub fn load_named(entry: &ExtendEntry, overlay: &Overlay) -> Result<Pack, PackError> {
    check(Family::read_named(entry)?.under(overlay)).map_err(PackError::Faulty)
}

#[cfg(test)]
mod tests {
    use super::super::embedded::EMBEDDED;
    use super::*;

    #[test]
    fn a_log_is_read_with_the_same_whether_or_not_the_rules_are_there() {
        for pack in EMBEDDED {
            let (whole, watched) = (load(pack.name).unwrap(), load_watched(pack.name).unwrap());
            assert_eq!(watched.name, whole.name);
            assert_eq!(*watched.signal_defs, *whole.signal_defs, "{}", pack.name);
            assert_eq!(format!("{:?}", watched.phases), format!("{:?}", whole.phases));
            assert_eq!(format!("{:?}", watched.outside), format!("{:?}", whole.outside));
        }
    }
}
