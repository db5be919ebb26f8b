//! Finding the packs that a pack is made of.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::embedded::{EMBEDDED, EmbeddedPack};
use super::load::PackError;
use super::manifest::{ExtendEntry, Extent, Manifest};
use super::overlay::Overlay;
use super::place::{lies_in, place};
use super::rule::PackPart;
use super::text::Text;
use super::version::{Version, Versions};
use crate::text::{Fault, Faults, Source, Span, nearest, read_file};

/// Where the files of a pack are.
#[derive(Clone)]
pub(super) enum Home {
    /// In the program.
    Embedded(&'static EmbeddedPack),
    /// In a folder, or one file.
    Folder(PathBuf),
}

/// A pack and all that it extends, each once.
#[derive(Default)]
pub(super) struct Family {
    /// What is extended stands before what extends it.
    members: Vec<Member>,
    /// The packs being read now, from the first to the one that it extends.
    open: Vec<(Home, String)>,
    /// Files of theirs as an editor has them, whatever is on the disk.
    edited: Vec<Source>,
    /// How much of them is read.
    extent: Extent,
}

struct Member {
    home: Home,
    part: PackPart,
    sources: Vec<Source>,
    manifest: Manifest,
    /// Why this version of the program cannot read it.
    refused: Option<(Source, Fault)>,
}

/// A pack in one piece.
pub(super) struct Joined {
    /// What all its packs say.
    pub manifest: Manifest,
    /// All its files; those of the pack itself come first.
    pub sources: Vec<Source>,
    /// The packs that it is made of, itself first.
    pub parts: Vec<PackPart>,
    /// Its files where all of them ship with the program: tests have checked what they say.
    pub shipped: Arc<[Source]>,
}

impl Home {
    /// Finds a pack: the name of one that ships, or a place as seen from `folder`.
    ///
    /// # Errors
    /// What to do instead, where that is more than to correct the name.
    fn find(name: &str, folder: Option<&Path>) -> Result<Self, Option<String>> {
        if let Some(pack) = EMBEDDED.iter().find(|pack| pack.name == name) {
            return Ok(Self::Embedded(pack));
        }
        let path = place(name, folder.unwrap_or(Path::new("")))?;
        Ok(Self::Folder(if folder.is_some() { tidy(&path) } else { path }))
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Embedded(one), Self::Embedded(other)) => one.name == other.name,
            (Self::Folder(one), Self::Folder(other)) => same_file(one, other),
            _ => false,
        }
    }

    /// The folder that its paths start from; none for a pack without files.
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Embedded(_) => None,
            Self::Folder(path) if path.is_file() => path.parent(),
            Self::Folder(path) => Some(path),
        }
    }

    fn sources(&self, edited: &[Source]) -> Result<Vec<Source>, PackError> {
        match self {
            Self::Embedded(pack) => {
                Ok(pack.files.iter().map(|(path, text)| Source::fixed(path, text)).collect())
            }
            Self::Folder(path) => folder_sources(path, edited),
        }
    }
}

impl Family {
    /// Reads a pack and everything that it extends.
    ///
    /// # Errors
    /// A pack that does not exist or cannot be read, or that is for another version of hydrule.
    pub(super) fn read(name: &str) -> Result<Joined, PackError> {
        Self::read_edited(name, &[])
    }

    /// Reads the same with some files as an editor has them.
    ///
    /// # Errors
    /// As for [`Family::read`].
    pub(super) fn read_edited(name: &str, edited: &[Source]) -> Result<Joined, PackError> {
        let home = Home::find(name, None).map_err(|help| unknown(name, help))?;
        let sources = home.sources(edited)?;
        let mut family = Self { edited: edited.to_vec(), ..Self::default() };
        family.add(home, name, sources);
        family.join()
    }

    /// Reads of a pack no more than what a log is read with, if it ships: what does not must be checked.
    ///
    /// # Errors
    /// As for [`Family::read`].
    pub(super) fn read_watched(name: &str) -> Result<Joined, PackError> {
        match Home::find(name, None) {
            Ok(home @ Home::Embedded(_)) => {
                let sources = home.sources(&[])?;
                let mut family = Self { extent: Extent::Watched, ..Self::default() };
                family.add(home, name, sources);
                family.join()
            }
            _ => Self::read(name),
        }
    }

    /// Reads a pack that something else names, as a project does.
    ///
    /// # Errors
    /// As for [`Family::read`], with the place of the name.
    pub(super) fn read_named(entry: &ExtendEntry) -> Result<Joined, PackError> {
        let source = &entry.pack.location.source;
        let folder = Path::new(source.name()).parent().unwrap_or(Path::new(""));
        let mut family = Self::default();
        family
            .extend(entry, &Home::Folder(folder.to_owned()))
            .map_err(|fault| PackError::Faulty(vec![Faults::one(source.clone(), fault)]))?;
        family.join()
    }

    fn add(&mut self, home: Home, called: &str, sources: Vec<Source>) {
        let mut manifest = Manifest::read(&sources, self.extent);
        let refused = refusal(manifest.requires.as_ref());
        let name = manifest.name.as_ref().map_or(called, Text::as_str).to_owned();
        let version = manifest.version.as_ref().map_or("", Text::as_str).to_owned();
        let files = sources.iter().map(|it| it.name().to_owned()).collect();
        let mut part = PackPart { name, version, extends: Vec::new(), files };
        self.open.push((home.clone(), part.name.clone()));
        let extends = std::mem::take(&mut manifest.extends);
        // What is named first wins, so it is laid over the others.
        let readable = extends.iter().rev().filter(|it| refused.is_none() && !it.pack.stands_in());
        for entry in readable {
            match self.extend(entry, &home) {
                Ok(name) => part.extends.insert(0, name),
                Err(fault) => manifest.fail(&entry.pack, fault),
            }
        }
        self.open.pop();
        manifest.check_header(&sources);
        self.members.push(Member { home, part, sources, manifest, refused });
    }

    /// Reads a pack that another extends; returns its name.
    fn extend(&mut self, entry: &ExtendEntry, from: &Home) -> Result<String, Fault> {
        let (name, span) = (entry.pack.as_str(), entry.pack.location.span);
        let fault = |message: String| Fault::new("hydrule::pack::extend", span, message);
        let home =
            Home::find(name, from.folder()).map_err(|help| missing(name, span, from, help))?;
        if let Some(at) = self.open.iter().position(|(open, _)| open.is(&home)) {
            let open = self.open.iter().skip(at).map(|(_, name)| name.as_str());
            let mut circle: Vec<&str> = open.collect();
            circle.extend(circle.first().copied());
            let message = format!("the pack extends itself: {}", circle.join(" → "));
            return Err(fault(message).labelled("this closes the circle"));
        }
        if !self.members.iter().any(|it| it.home.is(&home)) {
            let sources = home.sources(&self.edited).map_err(|error| fault(error.to_string()))?;
            self.add(home.clone(), name, sources);
        }
        let found = self.members.iter().find(|it| it.home.is(&home));
        let part = found.map(|it| it.part.clone()).unwrap_or_default();
        if let Some(wanted) = &entry.version {
            check_version(wanted, &part)?;
        }
        Ok(part.name)
    }

    fn join(self) -> Result<Joined, PackError> {
        let refused = self.members.iter().filter_map(|it| it.refused.clone());
        let refused: Vec<Faults> = refused.map(|(file, it)| Faults::one(file, it)).collect();
        if !refused.is_empty() {
            return Err(PackError::Faulty(refused));
        }
        let ships = self.members.iter().all(|it| matches!(it.home, Home::Embedded(_)));
        let files = self.members.iter().filter(|_| ships).flat_map(|it| &it.sources);
        let shipped = files.cloned().collect();
        let start = Joined {
            manifest: Manifest::default(),
            sources: Vec::new(),
            parts: Vec::new(),
            shipped,
        };
        Ok(self.members.into_iter().fold(start, |base, member| Joined {
            manifest: member.manifest.over(base.manifest),
            sources: member.sources.into_iter().chain(base.sources).collect(),
            parts: std::iter::once(member.part).chain(base.parts).collect(),
            shipped: base.shipped,
        }))
    }
}

impl Joined {
    /// Lays what a project says over the pack; `others` are the project's other packs, which an
    /// entry may be for.
    pub(super) fn under(self, overlay: &Overlay) -> Self {
        let others = || -> Vec<Manifest> {
            let others = overlay.others.iter().map(Family::read_named);
            let ships = EMBEDDED.iter().filter(|_| overlay.others.is_empty());
            let all = others.chain(ships.map(|pack| Family::read(pack.name)));
            all.filter_map(Result::ok).map(|it| it.manifest).collect()
        };
        let mut sources = self.sources;
        for at in overlay.places() {
            if !sources.contains(&at.source) {
                sources.push(at.source.clone());
            }
        }
        Self { manifest: self.manifest.under(overlay, &others), sources, ..self }
    }
}

/// Says why a pack is not for this version of hydrule, if it is not.
fn refusal(requires: Option<&Text>) -> Option<(Source, Fault)> {
    let requires = requires.filter(|it| !it.stands_in())?;
    let wanted = match Versions::of(requires) {
        Ok(wanted) => wanted,
        Err(fault) => return Some((requires.location.source.clone(), fault)),
    };
    let own = env!("CARGO_PKG_VERSION");
    if Version::read(own).is_some_and(|own| wanted.hold(&own)) {
        return None;
    }
    let message = format!("the pack is for hydrule {wanted}, and this is {own}");
    let fault = Fault::new("hydrule::pack::requires", requires.location.span, message);
    let fault = fault.labelled("it may use what this version does not know");
    Some((requires.location.source.clone(), fault.helped("install a hydrule that it is for")))
}

fn check_version(wanted: &Text, part: &PackPart) -> Result<(), Fault> {
    let matcher = Versions::of(wanted)?;
    let fault = |message: String| {
        Fault::new("hydrule::pack::extend_version", wanted.location.span, message)
    };
    match Version::read(&part.version) {
        Some(found) if matcher.hold(&found) => Ok(()),
        Some(_) => {
            let PackPart { name, version, .. } = part;
            Err(fault(format!("the pack `{name}` is version {version}, and {matcher} is wanted"))
                .labelled("another version is wanted here"))
        }
        None => Err(fault(format!(
            "the pack `{}` has the version `{}`, which has no order",
            part.name, part.version
        ))
        .helped("versions that are compared have the form 1.2.3")),
    }
}

fn missing(name: &str, span: Span, from: &Home, help: Option<String>) -> Fault {
    let message = format!("there is no pack `{name}`");
    let fault = Fault::new("hydrule::pack::not_found", span, message);
    if let Some(help) = help {
        return fault.labelled("no such pack").helped(help);
    }
    let known = EMBEDDED.iter().map(|pack| pack.name);
    let path = from.folder().map(|folder| tidy(&folder.join(name)));
    match (nearest(name, known, 1).first(), path) {
        (Some(near), _) => fault.labelled(format!("did you mean `{near}`?")),
        (None, Some(path)) => fault
            .labelled("no such pack")
            .helped(format!("no pack of this name ships, and there is no {}", path.display())),
        (None, None) => fault.labelled("no such pack"),
    }
}

/// Explains that nothing has the name that a user gave.
fn unknown(name: &str, help: Option<String>) -> PackError {
    let known: Vec<&str> = EMBEDDED.iter().map(|pack| pack.name).collect();
    let near = nearest(name, known.iter().copied(), 1);
    let help = match (help, near.first()) {
        (Some(help), _) => help,
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!("give a folder, or one of: {}", known.join(", ")),
    };
    PackError::Unknown { name: name.to_owned(), help }
}

fn folder_sources(folder: &Path, edited: &[Source]) -> Result<Vec<Source>, PackError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| PackError::Unreadable { path, why: error.to_string() }
    };
    let mut files: Vec<PathBuf> = if folder.is_file() {
        vec![folder.to_owned()]
    } else {
        let entries = fs::read_dir(folder).map_err(unreadable(folder))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect()
    };
    // Alphabetical order would put constraints first; the header belongs first in messages.
    files.sort_by_key(|path| {
        (path.file_name().is_none_or(|name| name != "pack.toml"), path.clone())
    });
    if files.is_empty() {
        let why = "the folder holds no .toml file".to_owned();
        return Err(PackError::Unreadable { path: folder.to_owned(), why });
    }
    files
        .iter()
        .map(|path| {
            if let Some(open) = edited.iter().find(|it| same_file(Path::new(it.name()), path)) {
                return Ok(open.clone());
            }
            check_place(path, folder).map_err(unreadable(path))?;
            let text = read_text(path).map_err(unreadable(path))?;
            Ok(Source::new(path.display().to_string(), text))
        })
        .collect()
}

/// The longest file of a pack, in MiB.
const LONGEST: u64 = 64;

fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_file(path, LONGEST)?)
        .map_err(|error| io::Error::other(format!("it is not UTF-8: {}", error.utf8_error())))
}

/// Refuses what may never end, and a link that leads out of the pack.
fn check_place(path: &Path, folder: &Path) -> io::Result<()> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let inside = folder.is_file() || lies_in(path, folder)?;
    if inside { Ok(()) } else { Err(io::Error::other("it is a link that leads out of the pack")) }
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Takes `folder/..` out of a path, for messages, where that leads to the same place.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        let named = matches!(tidied.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if named => drop(tidied.pop()),
            other => tidied.push(other),
        }
    }
    if same_file(&tidied, path) { tidied } else { path.to_owned() }
}
