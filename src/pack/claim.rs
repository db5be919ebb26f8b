//! What a project says of launches: of which pack they are.

use std::path::{Path, PathBuf};

use super::choose::Signs;
use super::rule::glob_matches;

/// A program, as a glob, or a folder of programs and scripts, that a project says is of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What the project writes.
    pub text: String,
    /// The same as a path, where it is no glob.
    folder: Option<PathBuf>,
}

impl Claim {
    /// Takes what a project writes; what is no glob is also a folder, seen from this place.
    pub fn new(text: &str, seen_from: &Path) -> Self {
        let folder = (!text.contains('*')).then(|| seen_from.join(inner(Path::new(text))));
        Self { text: text.to_owned(), folder }
    }

    /// Tells whether a launch is meant.
    fn fits(&self, signs: &Signs) -> bool {
        let below = |folder: &PathBuf| {
            let own = inner(Path::new(&self.text));
            let is_below =
                |place: &PathBuf| place.starts_with(folder) || inner(place).starts_with(own);
            signs.places.iter().any(is_below)
        };
        signs.programs.iter().any(|it| glob_matches(&self.text, it))
            || self.folder.as_ref().is_some_and(below)
    }

    fn exactness(&self) -> usize {
        exactness(&self.text)
    }
}

/// Returns the most exact claim that means a launch, and how exact it is.
pub fn most_exact<'a>(claims: &'a [Claim], signs: &Signs) -> Option<(usize, &'a str)> {
    let fits = claims.iter().filter(|it| it.fits(signs));
    fits.map(|it| (it.exactness(), it.text.as_str())).max()
}

/// Counts the characters of a glob beside `*`.
pub fn exactness(glob: &str) -> usize {
    glob.chars().filter(|it| *it != '*').count()
}

/// Leaves out a leading `./`.
fn inner(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
