//! What holds for a file that is checked: its project, and the packs that know its launches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cli::args::CheckArgs;
use crate::cli::choose::others;
use crate::cli::error::CliError;
use crate::cli::files::read_script;
use crate::cli::found_base::BaseFinder;
use crate::cli::project::Project;
use crate::cli::told::Known;
use crate::config::Config;
use crate::engine::{Pin, World};
use crate::pack::{Header, Pack, Signs, choose, headers};

/// A pack, and what is known beside the files.
pub type Rules<'a> = (&'a Pack, &'a World);

type Once<T> = OnceLock<Result<T, CliError>>;

/// A pack, and what is known once it is needed.
struct Loaded {
    pack: Pack,
    world: Once<World>,
}

/// The projects of all files, each read once.
pub struct Scopes<'a> {
    args: &'a CheckArgs,
    headers: Arc<[Header]>,
    /// What `--config` names.
    given: Option<Arc<Config>>,
    /// What finds base configurations that nobody names.
    finder: Option<BaseFinder>,
    /// The project of each folder.
    folders: Mutex<HashMap<PathBuf, Arc<Scope<'a>>>>,
    /// The same by the file that configures it.
    projects: Mutex<HashMap<String, Arc<Scope<'a>>>>,
}

impl<'a> Scopes<'a> {
    /// Reads what is the same for all files.
    ///
    /// # Errors
    /// A base configuration that cannot be read.
    pub fn new(args: &'a CheckArgs) -> Result<Self, CliError> {
        let given = args.start.config.as_ref().map(|path| read_script(path)).transpose()?;
        let given = given.map(|it| Config::read(&it).map(Arc::new)).transpose()?;
        let finder = (given.is_none() && !args.start.no_base).then(BaseFinder::new);
        let (folders, projects) = (Mutex::default(), Mutex::default());
        Ok(Self { args, headers: headers().into(), given, finder, folders, projects })
    }

    /// The packs that ship.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// Returns what holds for a file.
    ///
    /// # Errors
    /// Every mistake in the project's configuration.
    pub fn of(&self, file: &Path) -> Result<Arc<Scope<'a>>, CliError> {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders.get(&folder) {
            return Ok(Arc::clone(known));
        }
        let project = Project::of(&self.args.start.rules.project, Some(file))?;
        let name = project.files.first().map_or("", |it| it.source.name()).to_owned();
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        let scope = projects.entry(name).or_insert_with(|| {
            let own = project.launches().next().map(|_| project.headers().into());
            let (args, headers) = (self.args, own.unwrap_or_else(|| Arc::clone(&self.headers)));
            let shipped = headers.iter().map(|_| OnceLock::new()).collect();
            Arc::new(Scope { args, headers, project, named: OnceLock::new(), shipped })
        });
        Ok(Arc::clone(folders.entry(folder).or_insert_with(|| Arc::clone(scope))))
    }

    /// Lists requirements of the packs that were needed: id and message.
    pub fn requirements(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let all = self.all();
        let rules = all.iter().flat_map(|it| it.packs()).flat_map(|it| &it.requirements);
        let rules = rules.filter(|it| wanted(&it.id));
        rules.map(|it| (it.id.clone(), it.breach.message.to_string())).collect()
    }

    /// Lists the names of the packs that the user or the projects name.
    pub fn names(&self) -> Vec<String> {
        let all = self.all();
        let named = all.iter().filter(|it| it.is_named()).flat_map(|it| it.packs());
        let names: BTreeSet<String> = named.map(|it| it.name.clone()).collect();
        names.into_iter().collect()
    }

    fn all(&self) -> Vec<Arc<Scope<'a>>> {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects.values().cloned().collect()
    }

    /// Returns what finds the base configurations that nobody names.
    pub fn finder(&self, scope: &Scope<'_>) -> Option<&BaseFinder> {
        let wanted = scope.project.finds_bases().is_none_or(|(finds, _)| *finds);
        self.finder.as_ref().filter(|_| wanted)
    }

    /// Reads the base configuration of a file.
    ///
    /// # Errors
    /// One that cannot be read.
    pub fn base(&self, scope: &Scope<'_>, file: &Path) -> Result<Option<Arc<Config>>, CliError> {
        if self.given.is_some() {
            return Ok(self.given.clone());
        }
        Ok(scope.project.base_of(file)?.map(|it| Config::read(&it).map(Arc::new)).transpose()?)
    }
}

/// What holds for the files of one project.
pub struct Scope<'a> {
    args: &'a CheckArgs,
    headers: Arc<[Header]>,
    /// The project.
    pub project: Project,
    /// The packs that the user or the project names.
    named: Once<Vec<Loaded>>,
    /// Those that ship, as they are needed; in boxes, since one of many is.
    shipped: Vec<Once<Box<Loaded>>>,
}

impl Scope<'_> {
    /// Returns the pack whose requirements a launch must meet, if one knows it.
    ///
    /// # Errors
    /// A pack that cannot be used, and what is said of it that does not fit.
    pub fn rules(&self, launch: &Signs) -> Result<Option<Rules<'_>>, CliError> {
        if self.is_named() {
            let named = self.named.get_or_init(|| self.load_named());
            let named = named.as_ref().map_err(CliError::clone)?;
            let known = Signs::knowing(slice::from_ref(launch), named.iter().map(|it| &it.pack));
            let known = known.and_then(|at| named.get(at));
            return known.map(|it| self.with_world(it)).transpose();
        }
        let Some(name) = choose(&self.headers, launch).one() else { return Ok(None) };
        let slot = self.headers.iter().zip(&self.shipped).find(|(header, _)| header.name == name);
        let Some((_, slot)) = slot else { return Ok(None) };
        let load = || Ok(Box::new(Loaded::new(self.project.named(name)?)));
        let loaded = slot.get_or_init(load).as_ref().map_err(CliError::clone)?;
        self.with_world(loaded).map(Some)
    }

    /// Names packs beside the chosen one that may be meant.
    pub fn others(&self, chosen: &str, launch: &Signs) -> Vec<String> {
        if self.is_named() { Vec::new() } else { others(&self.headers, chosen, launch) }
    }

    /// Lists what the user and the project pin.
    pub fn pins(&self) -> Vec<Pin> {
        let told = self.args.pin.iter().map(|key| Pin::new(key, "--pin"));
        told.chain(self.project.pins()).collect()
    }

    /// Tells whether the user or the project names the packs.
    pub fn is_named(&self) -> bool {
        self.args.start.rules.pack.is_some() || self.project.packs().is_some()
    }

    /// Lists the packs that were needed.
    fn packs(&self) -> impl Iterator<Item = &Pack> {
        let named = self.named.get().and_then(|it| it.as_ref().ok()).into_iter().flatten();
        let shipped = self.shipped.iter().filter_map(|it| it.get()?.as_ref().ok());
        named.chain(shipped.map(Box::as_ref)).map(|it| &it.pack)
    }

    fn load_named(&self) -> Result<Vec<Loaded>, CliError> {
        let packs = match self.args.start.rules.pack.as_deref() {
            Some(name) => vec![self.project.named(name)?],
            None => self.project.all_packs()?,
        };
        Ok(packs.into_iter().map(Loaded::new).collect())
    }

    fn with_world<'b>(&'b self, loaded: &'b Loaded) -> Result<Rules<'b>, CliError> {
        let args = self.args;
        let known = Known {
            env: &args.outside.env,
            fact: &args.fact,
            facts: &args.facts,
            param: &args.param,
            pin: &args.pin,
            target: args.start.rules.target.as_deref(),
            project: &self.project,
        };
        let world = loaded.world.get_or_init(|| known.world(&loaded.pack));
        Ok((&loaded.pack, world.as_ref().map_err(CliError::clone)?))
    }
}

impl Loaded {
    fn new(pack: Pack) -> Self {
        Self { pack, world: OnceLock::new() }
    }
}
