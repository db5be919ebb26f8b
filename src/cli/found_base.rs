//! Base configurations that nobody names, found where it is certain which one a launch starts from.
//!
//! Either the program says it, in its `hydra.main` or by `--config-path` and `--config-name`, and the
//! file needs no others; or the pack knows the file that its target ships. What may be another file, or
//! takes the launch's overrides for mistakes, is none.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex_lite::Regex;

use super::files::read_script;
use super::project::{absolute, shown};
use crate::config::Config;
use crate::engine::{Base, Entries, Entry, Made};
use crate::overrides::{Element, Language};
use crate::pack::{Pack, WholeBase, active_packages};
use crate::surface::bash::Launch;

/// How many overrides may be mistakes before the configuration is another program's.
const MOST_MISFITS: usize = 3;

/// What a program says of its configuration.
static DECLARED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*@hydra\.main\(([^()]*)\)").ok());

/// A command that goes down into a folder, from where paths are seen then.
static GOES_DOWN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)(?:^|[;&])\s*(?:cd|pushd)\s+["']?(?:\./)?\w"#).ok());

/// A base configuration that was found.
pub struct FoundBase {
    /// What it says.
    pub base: Base,
    /// Its path, as people see it.
    pub name: String,
    /// What the launch's overrides make of it.
    pub made: Arc<Made>,
    program: String,
}

impl FoundBase {
    /// Says which one it is.
    pub fn remark(&self) -> String {
        let Self { name, program, .. } = self;
        match self.made.misfits.as_slice() {
            [] => format!(
                "The base configuration is `{name}`, found for {program}; --no-base leaves it out."
            ),
            [misfit, ..] => format!(
                "`{name}`, found for {program}, is not taken as the base configuration: {}.",
                misfit.fault.message
            ),
        }
    }
}

/// Finds base configurations; every file is read once.
#[derive(Default)]
pub struct BaseFinder {
    /// The folders of installed packages.
    packages: Vec<PathBuf>,
    read: Mutex<HashMap<PathBuf, Option<Arc<Config>>>>,
}

impl BaseFinder {
    /// Makes a finder that knows the active Python environment.
    pub fn new() -> Self {
        Self { packages: active_packages(), ..Self::default() }
    }

    /// Finds the configuration that a launch starts from.
    pub fn find(
        &self,
        pack: Option<&Pack>,
        launch: &Launch,
        entries: &Entries,
        language: Language,
    ) -> Option<FoundBase> {
        let adds_places = launch.flag("--config-dir", "-cd").is_some()
            || entries.iter().any(|it| it.key == "hydra.searchpath");
        if language != Language::Hydra || adds_places {
            return None;
        }
        let told = Told::by(launch)?;
        let places = Places::of(launch, &self.packages);
        let Place { config, file, groups, installed } = self
            .declared(launch, &told, &places, entries)
            .or_else(|| self.shipped(pack?, launch, &told, &places, entries))?;
        let base = Base::chosen_by(config, groups);
        let made = base.made(entries);
        // What is installed here may be another version than where the job runs.
        let most = if installed { 0 } else { MOST_MISFITS };
        (made.misfits.len() <= most).then(|| FoundBase {
            base,
            name: shown(&file).display().to_string(),
            made,
            program: launch.program.clone(),
        })
    }

    /// Finds the file that the program and its flags name.
    fn declared(
        &self,
        launch: &Launch,
        told: &Told,
        places: &Places<'_>,
        entries: &Entries,
    ) -> Option<Place> {
        let mut found = Vec::new();
        match (&told.path, &told.name) {
            (Some(path), Some(name)) if Path::new(path).is_absolute() => {
                found.push((yaml_in(Path::new(path), name), false));
            }
            _ => {
                for (program, installed) in places.programs(launch) {
                    found.push((told.over(&program)?, installed));
                }
            }
        }
        let chooses = |(file, _): &(PathBuf, bool)| {
            file.parent().is_none_or(|folder| !choices(folder, entries).is_empty())
        };
        if found.iter().any(chooses) { None } else { self.only(found, Vec::new()) }
    }

    /// Finds the file that the pack's target ships for this launch.
    fn shipped(
        &self,
        pack: &Pack,
        launch: &Launch,
        told: &Told,
        places: &Places<'_>,
        entries: &Entries,
    ) -> Option<Place> {
        if told.path.is_some() {
            return None;
        }
        let own = || pack.bases.iter().filter(|it| it.is_for(&launch.program));
        let name = told.name.as_deref().or(own().next().map(|it| it.config_name.as_str()))?;
        let named = own().filter(|it| it.config_name == stem(name));
        let named: Vec<&WholeBase> = named.collect();
        let tops: BTreeSet<&str> = named.iter().map(|it| it.top()).collect();
        let (mut found, mut chosen) = (Vec::new(), Vec::new());
        // Most folders hold nothing of the target.
        let roots =
            places.roots().filter(|(root, _)| tops.iter().any(|top| root.join(top).exists()));
        for (root, installed) in roots {
            let files = named.iter().map(|it| (root.join(&it.file), &it.groups));
            let there: Vec<_> = files.filter(|(file, _)| file.is_file()).collect();
            let leads = |(file, groups): &&(PathBuf, &Vec<String>)| {
                let chosen = file.parent().map(|it| choices(it, entries));
                chosen.is_some_and(|it| {
                    it.len() == groups.len() && groups.iter().all(|group| it.contains(group))
                })
            };
            match there.iter().find(leads) {
                Some((file, groups)) => {
                    found.push((file.clone(), installed));
                    chosen.clone_from(groups);
                }
                None if there.is_empty() => {}
                None => return None,
            }
        }
        self.only(found, chosen)
    }

    /// Takes the files for one where they say the same.
    fn only(&self, found: Vec<(PathBuf, bool)>, groups: Vec<String>) -> Option<Place> {
        let installed = found.iter().all(|(_, installed)| *installed);
        let mut files = found.into_iter().map(|(file, _)| absolute(&file));
        let file = files.next()?;
        let config = self.whole(&file)?;
        for other in files.filter(|it| *it != file) {
            if self.whole(&other)?.source().text() != config.source().text() {
                return None;
            }
        }
        Some(Place { config, file, groups, installed })
    }

    /// Reads a configuration that needs no other files.
    fn whole(&self, file: &Path) -> Option<Arc<Config>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let config = read.entry(file.to_owned()).or_insert_with(|| {
            let source = read_script(&shown(file)).ok()?;
            let moved = source.text().lines().any(|line| line.starts_with("# @package"));
            let config = Config::read(&source).ok().filter(|it| it.is_whole() && !moved)?;
            Some(Arc::new(config))
        });
        config.clone()
    }
}

/// A configuration, and where it is.
struct Place {
    config: Arc<Config>,
    file: PathBuf,
    /// The choices of config groups that lead to it.
    groups: Vec<String>,
    /// Whether it is in an installed package alone.
    installed: bool,
}

/// What a launch says of its configuration.
struct Told {
    path: Option<String>,
    name: Option<String>,
}

impl Told {
    /// Reads the flags; nothing where a value is unknown.
    fn by(launch: &Launch) -> Option<Self> {
        let read = |long: &str, short: &str| match launch.flag(long, short) {
            None => Some(None),
            Some(text) => text.known().map(Some),
        };
        Some(Self { path: read("--config-path", "-cp")?, name: read("--config-name", "-cn")? })
    }

    /// Names the file that a program reads, unless its flags say another.
    fn over(&self, program: &Path) -> Option<PathBuf> {
        let source = read_script(program).ok()?;
        let declared = DECLARED.as_ref()?.captures(source.text())?;
        let arguments = declared.get(1)?.as_str();
        if source.text().matches("hydra.main(").count() != 1 {
            return None;
        }
        let path = self.path.clone().or_else(|| argument(arguments, "config_path"))?;
        let name = self.name.clone().or_else(|| argument(arguments, "config_name"))?;
        if path.contains("://") {
            return None;
        }
        Some(yaml_in(&program.parent()?.join(path), &name))
    }
}

/// Reads an argument of a Python call that is a plain text.
fn argument(arguments: &str, name: &str) -> Option<String> {
    let mut parts = arguments.split(',').filter_map(|part| part.split_once('='));
    let (_, value) = parts.find(|(key, _)| key.trim() == name)?;
    let value = value.trim();
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    let text = inside('"').or_else(|| inside('\''))?;
    (!text.contains(['\\', '"', '\''])).then(|| text.to_owned())
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".yaml").unwrap_or(name)
}

fn yaml_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.yaml", stem(name)))
}

/// Lists the choices of config groups that stand in a folder, each as it is written.
fn choices(folder: &Path, entries: &Entries) -> Vec<String> {
    let is_group =
        |key: &str| !key.is_empty() && !key.starts_with(['/', '.']) && folder.join(key).is_dir();
    let choice = |entry: &Entry| match &entry.value {
        Ok(it) if it.package.is_some() => Some(it.text.clone()),
        Ok(it) if matches!(it.value, Some(Element::Dict(_))) => None,
        Ok(it) => is_group(&it.key).then(|| it.text.clone()),
        Err(_) => is_group(&entry.key).then(|| format!("{}=…", entry.key)),
    };
    entries.iter().filter_map(choice).collect()
}

/// Tells whether a script goes into a folder, from where relative paths are seen then.
fn goes_down(script: &str) -> bool {
    // To look for the words is much quicker, and most scripts have none of them.
    let may = script.contains("cd") || script.contains("pushd");
    may && GOES_DOWN.as_ref().is_none_or(|it| it.is_match(script))
}

/// Where programs and packages of a launch may be.
struct Places<'a> {
    script: PathBuf,
    packages: &'a [PathBuf],
}

impl<'a> Places<'a> {
    fn of(launch: &Launch, packages: &'a [PathBuf]) -> Self {
        Self { script: absolute(Path::new(launch.location.source.name())), packages }
    }

    /// Lists the folders above the script, and those of installed packages.
    fn roots(&self) -> impl Iterator<Item = (&Path, bool)> {
        let above = self.script.ancestors().skip(1).map(|it| (it, false));
        above.chain(self.packages.iter().map(|it| (it.as_path(), true)))
    }

    /// Lists the files that the launch may run.
    fn programs(&self, launch: &Launch) -> Vec<(PathBuf, bool)> {
        let program = Path::new(&launch.program);
        let is_near = || !launch.module && program.is_relative();
        if launch.program.is_empty() || is_near() && goes_down(launch.location.source.text()) {
            return Vec::new();
        }
        let path = match launch.module {
            true => PathBuf::from(format!("{}.py", launch.program.replace('.', "/"))),
            false => program.to_owned(),
        };
        let roots = self.roots().filter(|(_, installed)| launch.module || !installed);
        let mut files: Vec<(PathBuf, bool)> = Vec::new();
        for (file, installed) in roots.map(|(root, installed)| (root.join(&path), installed)) {
            if file.is_file() && !files.iter().any(|(old, _)| absolute(old) == absolute(&file)) {
                files.push((file, installed));
            }
        }
        files
    }
}
