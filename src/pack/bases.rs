//! Configurations that a pack's target ships whole, each for some of its launches.

use super::read::Reader;
use super::rule::glob_matches;
use crate::text::Fault;

/// A file with all that a launch starts from, such as one that the target generates from its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeBase {
    /// Globs over the modules and scripts that start from it.
    pub launches: Vec<String>,
    /// The configuration that it is the whole of, as `--config-name` says it.
    pub config_name: String,
    /// The choices of config groups that lead to it, as the launch makes them.
    pub groups: Vec<String>,
    /// Where it is, as seen from the folder that the target's package is in.
    pub file: String,
}

impl WholeBase {
    /// Returns the folder or file that its path begins with.
    pub fn top(&self) -> &str {
        self.file.split('/').next().unwrap_or_default()
    }

    pub(super) fn read(table: Reader<'_>) -> Self {
        let texts =
            |texts: Vec<super::Text>| texts.into_iter().map(|it| it.value.into_owned()).collect();
        let launches = texts(table.some_texts("launches"));
        let (config_name, groups) =
            (table.text("config_name").value.into_owned(), texts(table.texts("groups")));
        let file = table.text("file");
        let leaves = file.as_str().split('/').any(|part| part.is_empty() || part == "..");
        if leaves && !file.stands_in() {
            let message = format!("`{}` is no path inside a package", file.as_str());
            let fault = Fault::new("hydrule::pack::base_path", file.location.span, message);
            table.blame(fault.helped("write it as `package/config/whole.yaml`"));
        }
        table.finish();
        Self { launches, config_name, groups, file: file.value.into_owned() }
    }

    /// Tells whether a module or script starts from it.
    pub fn is_for(&self, program: &str) -> bool {
        self.launches.iter().any(|glob| glob_matches(glob, program))
    }
}
