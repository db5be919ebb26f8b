//! The disk, one method a system call, so that tests can let any of them fail.

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, XattrFlags, getxattr, listxattr, setxattr};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, where links are not followed.
    Link,
    /// A pipe, socket or device.
    Other,
}

/// What is known of a path besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inode {
    /// What it is.
    pub kind: Kind,
    /// How many names it has.
    pub names: u64,
    /// Its permission bits.
    pub mode: u32,
    /// The number of the user who owns it.
    pub owner: u32,
}

/// What came of asking for a lock.
pub enum Lock {
    /// It is ours until this is dropped, or the process ends in whatever way.
    Held(Box<dyn Any>),
    /// Another process has it, and left this note.
    Busy(String),
    /// The file system has no locks.
    Unsupported,
}

/// A file that is being written.
pub trait DiskFile {
    /// Writes some of the bytes and says how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

/// What a transaction asks of a disk.
pub trait Disk {
    /// Looks at a path; `follow` tells whether a link's target is meant.
    fn inode(&self, path: &Path, follow: bool) -> io::Result<Inode>;
    /// Returns the path without links and relative parts.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
    /// Fails where the file's content must not be changed by us.
    fn check_writable(&self, path: &Path) -> io::Result<()>;
    /// Reads a whole file. Fails where it is no regular one.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Makes a file that only its owner may read; fails where there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for writing at its end; makes it where there is none. Fails where it is a link.
    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Gives something that we made to the owner of another, where we are root: that user goes on without.
    fn hand_over(&self, path: &Path, like: &Path);
    /// Gives a file the owner, mode and extended attributes of another.
    fn copy_attributes(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Cuts a file to a length. Fails where it is a link.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;
    /// Gives a file a name, in place of what had the name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder; its parent must exist.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Returns when the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Takes a lock without waiting, and leaves a note in it for whoever finds it taken. Fails where the
    /// lock is a link.
    fn lock(&self, path: &Path, note: &str) -> io::Result<Lock>;
    /// Returns the number of the user we are.
    fn user(&self) -> u32;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl DiskFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for LocalDisk {
    fn inode(&self, path: &Path, follow: bool) -> io::Result<Inode> {
        let found = if follow { fs::metadata(path) } else { fs::symlink_metadata(path) }?;
        let kind = match found.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::Other,
        };
        Ok(Inode { kind, names: found.nlink(), mode: found.mode() & 0o7777, owner: found.uid() })
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn check_writable(&self, path: &Path) -> io::Result<()> {
        // Root may write what is marked read-only; the mark was made for a reason.
        if self.inode(path, true)?.mode & 0o222 == 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        OpenOptions::new().write(true).open(path).map(drop)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // A pipe or a device may never end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        fs::read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = open_itself(path, OpenOptions::new().append(true).create(true))?;
        self.leave_to_folder(path);
        Ok(Box::new(file))
    }

    fn hand_over(&self, path: &Path, like: &Path) {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        if let Ok(like) = fs::metadata(like) {
            // Where the file system knows no owners there is nothing to give.
            let _ = std::os::unix::fs::lchown(path, Some(like.uid()), Some(like.gid()));
        }
    }

    fn copy_attributes(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (old, new) = (fs::metadata(from)?, fs::metadata(to)?);
        let changed = |old: u32, new: u32| (old != new).then_some(old);
        let (owner, group) = (changed(old.uid(), new.uid()), changed(old.gid(), new.gid()));
        if owner.is_some() || group.is_some() {
            std::os::unix::fs::chown(to, owner, group)?;
        }
        copy_extended(from, to)?;
        // Last, because the others may clear bits of it.
        fs::set_permissions(to, fs::Permissions::from_mode(old.mode() & 0o7777))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = open_itself(path, OpenOptions::new().write(true))?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)?;
        self.leave_to_folder(path);
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        match File::open(path)?.sync_all() {
            // Some network file systems cannot, and need not.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            other => other,
        }
    }

    fn lock(&self, path: &Path, note: &str) -> io::Result<Lock> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = open_itself(path, options)?;
        self.leave_to_folder(path);
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(note.as_bytes())?;
                Ok(Lock::Held(Box::new(file)))
            }
            Err(TryLockError::WouldBlock) => {
                let mut note = String::new();
                file.read_to_string(&mut note)?;
                Ok(Lock::Busy(note))
            }
            Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(Lock::Unsupported),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn user(&self) -> u32 {
        rustix::process::geteuid().as_raw()
    }
}

impl LocalDisk {
    fn leave_to_folder(self, path: &Path) {
        path.parent().into_iter().for_each(|folder| self.hand_over(path, folder));
    }
}

/// Opens a file of the journal, but never what a link leads to: a repository may bring a `.hydrule` along, and
/// would choose what is written over.
fn open_itself(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_links = options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    no_links.open(path).map_err(|error| match error.raw_os_error() {
        Some(number) if number == rustix::io::Errno::LOOP.raw_os_error() => {
            io::Error::new(io::ErrorKind::InvalidInput, "it is a link")
        }
        _ => error,
    })
}

fn has_no_locks(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    error.kind() == io::ErrorKind::Unsupported
        || matches!(number, Some(rustix::io::Errno::NOLCK | rustix::io::Errno::NOSYS))
}

/// Copies extended attributes, access control lists among them. Those that only the system may
/// set, such as security labels, stay as the system sets them.
fn copy_extended(from: &Path, to: &Path) -> io::Result<()> {
    let mut names = vec![0_u8; 1 << 16];
    let length = match listxattr(from, names.as_mut_slice()) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let names = names.get(..length).unwrap_or_default();
    let kept = |name: &&[u8]| name.starts_with(b"user.") || name.starts_with(b"system.posix_acl_");
    for name in names.split(|byte| *byte == 0).filter(kept) {
        let mut value = vec![0_u8; 1 << 16];
        let length = getxattr(from, name, value.as_mut_slice())?;
        setxattr(to, name, value.get(..length).unwrap_or_default(), XattrFlags::empty())?;
    }
    Ok(())
}

/// Who runs this, for the note in the lock.
pub fn whoami() -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("process {} on {machine}", std::process::id())
}
