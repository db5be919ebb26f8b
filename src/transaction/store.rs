//! The folder `.hydrule`: the journal, the old texts, and the lock.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::clock::rfc3339;
use super::disk::{Disk, DiskFile, Inode, Kind, Lock, whoami};
use super::journal::History;
use super::problem::Problem;

/// The name of the folder.
pub const FOLDER: &str = ".hydrule";

/// The journal of one tree, locked against every other writer.
pub struct Store<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) root: PathBuf,
    /// What the user should know, though it stops nothing.
    pub remarks: Vec<String>,
    _lock: Lock,
}

/// Repeats what a signal interrupted.
pub(super) fn steadily<T>(mut ask: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match ask() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Returns the SHA-256 of a text.
pub fn hash(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the folder whose `.hydrule` records files: the root of their git repository, else the
/// nearest folder around them that has a journal, else the nearest folder around them.
pub fn root_of(disk: &dyn Disk, files: &[PathBuf]) -> Option<PathBuf> {
    let first = files.first()?.parent()?;
    let common = first.ancestors().find(|folder| files.iter().all(|it| it.starts_with(folder)))?;
    Some(find_root(disk, common).unwrap_or_else(|| common.to_owned()))
}

/// Returns the folder whose `.hydrule` records what lies in `folder`, if there is a reason for one.
pub fn find_root(disk: &dyn Disk, folder: &Path) -> Option<PathBuf> {
    let is_repository = |it: &&Path| steadily(|| disk.inode(&it.join(".git"), true)).is_ok();
    let has_journal = |it: &&Path| check_owner(disk, it, &it.join(FOLDER)).is_ok();
    let root = folder.ancestors().find(is_repository);
    root.or_else(|| folder.ancestors().find(has_journal)).map(Path::to_owned)
}

/// Reads a tree's journal; empty where there is none.
pub fn history(disk: &dyn Disk, root: &Path) -> Result<History, Problem> {
    let path = root.join(FOLDER).join("journal.jsonl");
    Ok(History::read(&read_or_empty(disk, &path)?))
}

fn read_or_empty(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, Problem> {
    match steadily(|| disk.read(path)) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Problem::io("read", path, &error)),
    }
}

/// Reads a text that a transaction kept.
pub fn object(disk: &dyn Disk, root: &Path, wanted: &str) -> Result<Vec<u8>, Problem> {
    let path = root.join(FOLDER).join("objects").join(wanted);
    let bytes =
        steadily(|| disk.read(&path)).map_err(|error| Problem::io("read", &path, &error))?;
    if hash(&bytes) != wanted {
        let message = format!("`{}` is damaged: its hash is not its name", path.display());
        return Err(Problem::new(message));
    }
    Ok(bytes)
}

impl<'a> Store<'a> {
    /// Opens a tree's journal and locks it; makes it where there is none. `command` is told to
    /// whoever comes meanwhile.
    pub fn open(
        disk: &'a dyn Disk,
        root: PathBuf,
        command: &str,
        now: SystemTime,
    ) -> Result<Self, Problem> {
        let folder = root.join(FOLDER);
        let made = match steadily(|| disk.inode(&folder, false)) {
            Ok(_) => false,
            Err(_) => {
                make_folder(disk, &folder)?;
                true
            }
        };
        check_owner(disk, &root, &folder)?;
        let note = format!("hydrule {command}, {}, since {}", whoami(), rfc3339(now));
        let path = folder.join("lock");
        let lock = steadily(|| disk.lock(&path, &note))
            .map_err(|error| Problem::io("lock", &path, &error))?;
        let mut remarks = Vec::new();
        match &lock {
            Lock::Held(_) => {}
            Lock::Busy(holder) => {
                let message = format!("another hydrule is writing here: {holder}");
                return Err(Problem::new(message).helped("no file was changed; try again"));
            }
            Lock::Unsupported => remarks.push(format!(
                "the file system of `{}` has no locks: let no second hydrule write at the same time",
                root.display()
            )),
        }
        let store = Self { disk, root, remarks, _lock: lock };
        let ignore = store.path(".gitignore");
        if read_or_empty(disk, &ignore)?.is_empty() {
            store.put(&ignore, b"*\n", &folder)?;
        }
        if made {
            store.sync_folder(&store.root)?;
        }
        Ok(store)
    }

    /// Returns the folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// Returns the path of something in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file of the folder as a whole: after a crash it has the old content or the new. Only the
    /// owner of `like` can read it.
    pub(super) fn put(&self, path: &Path, bytes: &[u8], like: &Path) -> Result<(), Problem> {
        let new = path.with_extension("new");
        self.remove(&new)?;
        if let Err(problem) = self.create(&new, bytes, None) {
            // What there is of it takes room that may be scarce.
            let _ = self.remove(&new);
            return Err(problem);
        }
        self.disk.hand_over(&new, like);
        steadily(|| self.disk.rename(&new, path))
            .map_err(|error| Problem::io("write", path, &error))?;
        self.sync_folder(path.parent().unwrap_or(&self.root))
    }

    /// Keeps the texts of files under their hashes, for those alone whose the files are.
    pub(super) fn keep<'t>(
        &self,
        texts: impl Iterator<Item = (&'t [u8], &'t Path)>,
    ) -> Result<(), Problem> {
        let folder = self.path("objects");
        match steadily(|| self.disk.inode(&folder, false)) {
            Ok(found) => check_folder(found, &folder)?,
            Err(_) => {
                make_folder(self.disk, &folder)?;
                self.sync_folder(&self.folder())?;
            }
        }
        for (text, file) in texts {
            let path = folder.join(hash(text));
            // A damaged one is replaced.
            if steadily(|| self.disk.read(&path)).is_ok_and(|found| found == text) {
                continue;
            }
            self.put(&path, text, file)?;
        }
        Ok(())
    }

    /// Makes a new file that is on the disk when this returns, with the owner, mode and attributes
    /// of another where one is given.
    pub(super) fn create(
        &self,
        path: &Path,
        bytes: &[u8],
        like: Option<&Path>,
    ) -> Result<(), Problem> {
        let fail = |error: io::Error| Problem::io("write", path, &error);
        let mut file = steadily(|| self.disk.create(path)).map_err(fail)?;
        write_all(file.as_mut(), bytes).map_err(fail)?;
        if let Some(like) = like {
            steadily(|| self.disk.copy_attributes(like, path)).map_err(|error| {
                let problem = Problem::io("keep the owner and mode of", like, &error);
                problem.helped("no file was changed; its owner can make the change")
            })?;
        }
        steadily(|| file.sync()).map_err(fail)
    }

    /// Adds to a file; the bytes are on the disk when this returns.
    pub(super) fn append(&self, path: &Path, bytes: &[u8]) -> Result<(), Problem> {
        let write = || -> io::Result<()> {
            let mut file = steadily(|| self.disk.append(path))?;
            write_all(file.as_mut(), bytes)?;
            steadily(|| file.sync())
        };
        write().map_err(|error| Problem::io("write", path, &error))
    }

    /// Removes a file that may be gone already.
    pub(super) fn remove(&self, path: &Path) -> Result<(), Problem> {
        match steadily(|| self.disk.remove(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Problem::io("remove", path, &error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn sync_folder(&self, path: &Path) -> Result<(), Problem> {
        steadily(|| self.disk.sync_folder(path)).map_err(|error| Problem::io("write", path, &error))
    }

    /// Reads the journal's bytes.
    pub(super) fn journal(&self) -> Result<Vec<u8>, Problem> {
        read_or_empty(self.disk, &self.path("journal.jsonl"))
    }
}

fn make_folder(disk: &dyn Disk, path: &Path) -> Result<(), Problem> {
    match steadily(|| disk.make_folder(path)) {
        // Two that start at the same time both make it.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Problem::io("make the folder", path, &error))
        }
        _ => Ok(()),
    }
}

/// Trusts a journal of our own, or of the owner of the folder it lies in: whoever could plant one
/// elsewhere, as in `/tmp`, could have the next hydrule finish a transaction that nobody began.
fn check_owner(disk: &dyn Disk, root: &Path, folder: &Path) -> Result<(), Problem> {
    let look = |path: &Path| {
        steadily(|| disk.inode(path, false)).map_err(|error| Problem::io("read", path, &error))
    };
    let found = look(folder)?;
    check_folder(found, folder)?;
    if found.owner != disk.user() && found.owner != look(root)?.owner {
        let message = format!("`{}` belongs to another user", folder.display());
        return Err(Problem::new(message).helped(
            "no file was changed; its owner may remove it, or work in a folder of your own",
        ));
    }
    Ok(())
}

fn check_folder(found: Inode, path: &Path) -> Result<(), Problem> {
    match found.kind {
        Kind::Folder => Ok(()),
        _ => Err(Problem::new(format!("`{}` is not a folder", path.display()))),
    }
}

fn write_all(file: &mut dyn DiskFile, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match steadily(|| file.write(rest))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = rest.get(written..).unwrap_or_default(),
        }
    }
    Ok(())
}
