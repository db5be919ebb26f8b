//! The project that files belong to: which packs it uses, and how.

mod read;

use std::env;
use std::path::{Component, Path, PathBuf};

use super::args::ProjectArgs;
use super::error::CliError;
use super::files::{read_if_there, read_script};
use super::found_base::BaseFinder;
use super::told::told_target;
use crate::engine::{Pin, Target};
use crate::pack::{
    Claim, Cluster, ExtendEntry, Header, Overlay, Pack, Signs, Text, glob_matches, headers,
    load_named, load_under,
};
use crate::text::{Fault, Faults, Location, Source};
pub use read::{Settings, read_settings};

/// The names of the file, the one that counts first.
pub const NAMES: [&str; 3] = ["hydrule.toml", ".hydrule.toml", "pyproject.toml"];

/// Tells what is launched, where that decides.
type Launched<'a> = &'a dyn Fn() -> Result<Vec<Signs>, CliError>;

/// The pack of a project that names none, where no launch tells.
const USUAL: &str = "verl";

/// A project's configuration: a file, and those that it extends.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The files; what the first one says counts before the others.
    pub files: Vec<Settings>,
}

impl Project {
    /// Finds the configuration that holds for a file, or for the current folder.
    ///
    /// # Errors
    /// Unreadable files, and every mistake in them.
    pub fn of(args: &ProjectArgs, near: Option<&Path>) -> Result<Self, CliError> {
        if args.no_project {
            return Ok(Self::default());
        }
        let first = match &args.project {
            Some(path) => match read_settings(&read_script(path)?)? {
                Some(settings) => Some(settings),
                None => {
                    let message = format!("`{}` has no [tool.hydrule]", path.display());
                    return Err(CliError::plain(message));
                }
            },
            None => closest(near)?,
        };
        let mut project = Self { files: first.into_iter().collect() };
        while let Some(base) = project.next()? {
            project.files.push(base);
        }
        Ok(project)
    }

    /// Reads the file that the last one extends.
    fn next(&self) -> Result<Option<Settings>, CliError> {
        let Some(extend) = self.files.last().and_then(|it| it.extend.as_ref()) else {
            return Ok(None);
        };
        let source = &extend.location.source;
        let blame = |message: String, label: &str| {
            let span = extend.location.span;
            let fault = Fault::new("hydrule::project::extend", span, message).labelled(label);
            CliError::from(Faults::one(source.clone(), fault))
        };
        let path = beside(source, extend.as_str());
        if let Some(at) = self.files.iter().position(|it| same_file(it.source.name(), &path)) {
            let open = self.files.iter().skip(at).map(|it| it.source.name());
            let mut circle: Vec<&str> = open.collect();
            circle.extend(circle.first().copied());
            let message = format!("the configuration extends itself: {}", circle.join(" → "));
            return Err(blame(message, "this closes the circle"));
        }
        let there = read_if_there(&path)?
            .ok_or_else(|| blame(format!("there is no {}", path.display()), "no such file"))?;
        let settings = read_settings(&there)?;
        let none =
            || blame(format!("{} has no [tool.hydrule]", path.display()), "nothing is there");
        settings.ok_or_else(none).map(Some)
    }

    /// Returns the packs that the project names, if it does.
    pub fn packs(&self) -> Option<&[ExtendEntry]> {
        self.files.iter().find_map(|it| it.packs.as_deref())
    }

    /// Returns the version of the application.
    pub fn target(&self) -> Option<&Text> {
        self.files.iter().find_map(|it| it.target.as_ref())
    }

    /// Loads the pack for some launches: the one with the name that is given, else the first of the
    /// project's that knows one of them.
    ///
    /// # Errors
    /// A pack that cannot be used, and what the project says of it that does not fit.
    pub fn pack(&self, named: Option<&str>, launched: Launched<'_>) -> Result<Pack, CliError> {
        if named.is_some() || self.packs().is_none() {
            return self.named(named.unwrap_or(USUAL));
        }
        let loaded = self.all_packs()?;
        let launches = if loaded.len() > 1 { launched()? } else { Vec::new() };
        let at = Signs::knowing(&launches, &loaded).unwrap_or(0);
        loaded.into_iter().nth(at).ok_or_else(|| CliError::plain("the project names no pack"))
    }

    /// Loads a pack by its name or folder, with what the project says of it.
    ///
    /// # Errors
    /// As for [`Project::pack`].
    pub fn named(&self, name: &str) -> Result<Pack, CliError> {
        load_under(name, &self.overlay()).map_err(|error| CliError::pack(name, error))
    }

    /// Loads every pack of the project.
    ///
    /// # Errors
    /// As for [`Project::pack`].
    pub fn all_packs(&self) -> Result<Vec<Pack>, CliError> {
        let overlay = self.overlay();
        let Some(packs) = self.packs() else {
            return Ok(vec![self.pack(None, &|| Ok(Vec::new()))?]);
        };
        let load = |entry: &ExtendEntry| {
            load_named(entry, &overlay).map_err(|error| CliError::pack(entry.pack.as_str(), error))
        };
        packs.iter().map(load).collect()
    }

    /// Reads the version of a pack's target, if the project says it. It may be the version of another
    /// pack's: one of the project's, or where it names none, one that ships.
    ///
    /// # Errors
    /// A version that cannot be read, or that the pack cannot tell.
    pub fn target_for(&self, pack: &Pack) -> Result<Target, CliError> {
        let Some(text) = self.target() else { return Ok(Target::default()) };
        let name = text.as_str().split('=').next().unwrap_or_default();
        let of_other = || match self.packs() {
            Some(packs) => packs.len() > 1,
            None => headers().iter().any(|it| it.target == name),
        };
        if name != pack.target && of_other() {
            return Ok(Target::default());
        }
        let by = text.location.to_string();
        told_target(pack, text.as_str(), &by).map_err(|error| error.moved_to(text))
    }

    /// Lists the programs and folders that the project says are of a pack.
    pub fn launches(&self) -> impl Iterator<Item = &(Text, Text)> {
        self.files.iter().flat_map(|it| &it.launches)
    }

    /// Reads what the packs that ship know launches by, and what the project says of that.
    pub fn headers(&self) -> Vec<Header> {
        let mut headers = headers();
        for header in &mut headers {
            let own = self.claims().filter(|(_, pack)| pack.value == header.name);
            header.claims = own.map(|(claim, _)| claim).collect();
        }
        headers
    }

    fn claims(&self) -> impl Iterator<Item = (Claim, &Text)> {
        self.launches().map(|(text, pack)| {
            let folder = absolute(&beside(&text.location.source, ""));
            (Claim::new(text.as_str(), &folder), pack)
        })
    }

    /// Returns what the cluster has, each limit by the first file that says it.
    pub fn cluster(&self) -> Cluster {
        let mut all = self.files.iter().map(|it| &it.cluster);
        Cluster {
            max_gpus: all.clone().find_map(|it| it.max_gpus.clone()),
            host_memory: all.find_map(|it| it.host_memory.clone()),
        }
    }

    /// Returns what is laid over the packs.
    pub fn overlay(&self) -> Overlay {
        let mut overlay = Overlay {
            others: self.packs().unwrap_or_default().to_vec(),
            launches: self.claims().map(|(claim, pack)| (claim, pack.clone())).collect(),
            cluster: self.cluster(),
            ..Overlay::default()
        };
        for file in &self.files {
            for (name, value) in &file.parameters {
                if !overlay.parameters.iter().any(|(old, _)| old.value == name.value) {
                    overlay.parameters.push((name.clone(), value.clone()));
                }
            }
            for (id, reason) in &file.off {
                if !overlay.off.iter().any(|(old, _)| old.value == id.value) {
                    overlay.off.push((id.clone(), reason.clone()));
                }
            }
        }
        overlay
    }

    /// Lists what nobody may change.
    pub fn pins(&self) -> impl Iterator<Item = Pin> {
        let all = self.files.iter().flat_map(|it| &it.pins);
        all.map(|text| Pin::new(text.as_str(), text.location.to_string()))
    }

    /// Says whether base configurations are looked for, and where that is said.
    pub fn finds_bases(&self) -> Option<&(bool, Location)> {
        self.files.iter().find_map(|it| it.finds_bases.as_ref())
    }

    /// Returns what finds base configurations, unless the user or the project wants none found.
    pub fn finder(&self, no_base: bool) -> Option<BaseFinder> {
        let wanted = self.finds_bases().is_none_or(|(finds, _)| *finds);
        (wanted && !no_base).then(BaseFinder::new)
    }

    /// Lists the base configurations: what they are for, and where they are.
    pub fn bases(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.files.iter().flat_map(|it| it.bases.iter().map(|(glob, path)| (glob, path)))
    }

    /// Reads the base configuration of a launch script; the first glob that fits counts.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn base_of(&self, file: &Path) -> Result<Option<Source>, CliError> {
        let real = absolute(file);
        let fits = |(glob, _): &(&Text, &Text)| {
            let folder = beside(&glob.location.source, "");
            let inside = real.strip_prefix(absolute(&folder)).ok();
            inside.is_some_and(|it| glob_matches(glob.as_str(), &it.to_string_lossy()))
        };
        let Some((_, path)) = self.bases().find(fits) else { return Ok(None) };
        let source = &path.location.source;
        let found = read_if_there(&beside(source, path.as_str()))?;
        let missing = || {
            let message = format!("there is no base configuration `{}`", path.as_str());
            let fault = Fault::new("hydrule::project::base", path.location.span, message);
            let help = format!("seen from the folder of {}", source.name());
            Faults::one(source.clone(), fault.labelled("no such file").helped(help))
        };
        Ok(Some(found.ok_or_else(missing)?))
    }
}

/// Finds the closest file upwards.
fn closest(near: Option<&Path>) -> Result<Option<Settings>, CliError> {
    let near = absolute(near.unwrap_or(Path::new(".")));
    let start = if near.is_dir() { Some(near.as_path()) } else { near.parent() };
    let here = here();
    for folder in start.into_iter().flat_map(Path::ancestors) {
        let seen = seen_from(here.as_deref(), folder);
        for name in NAMES {
            let Some(source) = read_if_there(&seen.join(name))? else { continue };
            if let Some(settings) = read_settings(&source)? {
                return Ok(Some(settings));
            }
        }
    }
    Ok(None)
}

/// A path as seen from the folder of a file.
fn beside(source: &Source, path: &str) -> PathBuf {
    let folder = Path::new(source.name()).parent().unwrap_or(Path::new(""));
    let joined = folder.join(path);
    if joined.as_os_str().is_empty() { PathBuf::from(".") } else { shown(&absolute(&joined)) }
}

/// The whole path, links and `..` resolved as far as the path exists.
pub fn absolute(path: &Path) -> PathBuf {
    let real = path.canonicalize();
    real.or_else(|_| {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let name = path.file_name().unwrap_or_default();
        folder.unwrap_or(Path::new(".")).canonicalize().map(|folder| folder.join(name))
    })
    .or_else(|_| std::path::absolute(path))
    .unwrap_or_else(|_| path.to_owned())
}

/// Shows a whole path as seen from the current folder, where that is short.
pub fn shown(path: &Path) -> PathBuf {
    seen_from(here().as_deref(), path)
}

/// The current folder, if it can be told.
fn here() -> Option<PathBuf> {
    env::current_dir().ok().map(|here| absolute(&here))
}

fn seen_from(here: Option<&Path>, path: &Path) -> PathBuf {
    let Some(here) = here else { return path.to_owned() };
    for (up, folder) in here.ancestors().enumerate() {
        // The root is no place to start from.
        if folder.parent().is_none() {
            break;
        }
        if let Ok(inside) = path.strip_prefix(folder) {
            let mut seen: PathBuf = std::iter::repeat_n(Component::ParentDir, up).collect();
            seen.push(inside);
            return seen;
        }
    }
    path.to_owned()
}

fn same_file(name: &str, path: &Path) -> bool {
    absolute(Path::new(name)) == absolute(path)
}
