//! A disk in memory that can fail, be full, or lose its power at any operation.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hydrule::transaction::{Disk, DiskFile, Inode, Kind, Lock};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process ends.
    Kill,
    /// One operation fails.
    Error(ErrorKind),
    /// From here on the disk takes nothing more.
    Full,
    /// A write takes only some of the bytes.
    Short,
    /// From here on every operation fails.
    Broken,
}

#[derive(Clone, Default)]
struct Node {
    folder: bool,
    content: Vec<u8>,
    mode: u32,
    owner: u32,
    /// What a loss of power leaves for certain.
    durable: (Vec<u8>, u32),
}

/// A change of a folder that may not be on the disk yet.
#[derive(Clone)]
enum Change {
    Named(PathBuf, usize),
    Renamed(PathBuf, PathBuf, usize),
    Removed(PathBuf),
}

#[derive(Clone, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    /// What changed in folders since they were last synced.
    changes: Vec<Change>,
}

/// The disk. Copies of it are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    state: Rc<RefCell<State>>,
    operations: Rc<Cell<usize>>,
    fault: Rc<Cell<Option<(usize, Fault)>>>,
}

struct Open {
    disk: MemoryDisk,
    node: usize,
}

fn missing() -> io::Error {
    ErrorKind::NotFound.into()
}

impl MemoryDisk {
    /// Makes a disk with a folder `/w` and files in it, all safely on the disk.
    pub fn with(files: &[(&str, &str, u32)]) -> Self {
        let disk = Self::default();
        for folder in ["/", "/w", "/w/a", "/w/b"] {
            disk.make_folder(Path::new(folder)).unwrap();
        }
        for (path, text, mode) in files {
            let mut file = disk.create(Path::new(path)).unwrap();
            file.write(text.as_bytes()).unwrap();
            disk.change_mode(path, *mode);
            file.sync().unwrap();
        }
        let state = &mut *disk.state.borrow_mut();
        state.durable = state.names.clone();
        state.changes.clear();
        disk.operations.set(0);
        disk.clone()
    }

    /// Returns a disk of its own with the same content.
    pub fn copy(&self) -> Self {
        let state = Rc::new(RefCell::new(self.state.borrow().clone()));
        Self { state, ..Self::default() }
    }

    /// Lets the operation with this number go wrong, counted from 1.
    pub fn fail(&self, at: usize, fault: Fault) {
        self.operations.set(0);
        self.fault.set(Some((at, fault)));
    }

    /// Ends what goes wrong: a new process starts.
    pub fn restart(&self) {
        self.operations.set(0);
        self.fault.set(None);
    }

    /// Returns how many operations there were.
    pub fn operations(&self) -> usize {
        self.operations.get()
    }

    /// Loses what was not synced, or some of it: each bit of `luck` decides once.
    pub fn lose_power(&self, mut luck: u64) {
        let mut lucky = move || {
            luck = luck.rotate_right(1);
            luck & 1 == 1
        };
        let state = &mut *self.state.borrow_mut();
        let mut names = state.durable.clone();
        for change in std::mem::take(&mut state.changes) {
            if lucky() {
                change.apply(&mut names);
            }
        }
        let there = names.clone();
        names.retain(|path, _| path.parent().is_none_or(|it| there.contains_key(it)));
        for node in &mut state.nodes {
            let (content, mode) = node.durable.clone();
            if lucky() {
                node.mode = mode;
            }
            if node.content == content {
                continue;
            }
            if lucky() {
                node.content = content;
            } else if lucky() {
                node.content.truncate(node.content.len() / 2);
            }
            node.durable = (node.content.clone(), node.mode);
        }
        state.durable = names.clone();
        state.names = names;
    }

    /// Reads a file, whatever goes wrong.
    pub fn text(&self, path: &str) -> Option<String> {
        let state = self.state.borrow();
        let node = state.names.get(Path::new(path))?;
        Some(String::from_utf8_lossy(&state.nodes[*node].content).into_owned())
    }

    /// Returns the permission bits of a file.
    pub fn mode(&self, path: &str) -> u32 {
        let state = self.state.borrow();
        state.nodes[state.names[Path::new(path)]].mode
    }

    /// Gives a file another text, as an editor would.
    pub fn edit(&self, path: &str, text: &str) {
        let mut state = self.state.borrow_mut();
        let node = state.names[Path::new(path)];
        state.nodes[node].content = text.as_bytes().to_vec();
        state.nodes[node].durable.0 = text.as_bytes().to_vec();
    }

    /// Gives something to another user.
    pub fn give(&self, path: &Path, owner: u32) {
        self.state.borrow_mut().find(path).unwrap().owner = owner;
    }

    /// Lists the names of everything.
    pub fn names(&self) -> Vec<String> {
        self.state.borrow().names.keys().map(|path| path.display().to_string()).collect()
    }

    fn change_mode(&self, path: &str, mode: u32) {
        let mut state = self.state.borrow_mut();
        let node = state.names[Path::new(path)];
        state.nodes[node].mode = mode;
    }

    /// Counts an operation, which may be the one that goes wrong.
    fn step(&self, takes_room: bool) -> io::Result<Option<Fault>> {
        let now = self.operations.get() + 1;
        self.operations.set(now);
        let Some((at, fault)) = self.fault.get().filter(|(at, _)| *at <= now) else {
            return Ok(None);
        };
        match fault {
            Fault::Kill | Fault::Broken if at < now => Err(io::Error::other("gone")),
            Fault::Broken => Err(io::Error::other("gone")),
            Fault::Full if takes_room => Err(ErrorKind::StorageFull.into()),
            Fault::Error(kind) if at == now => Err(kind.into()),
            Fault::Kill | Fault::Short if at == now => Ok(Some(fault)),
            _ => Ok(None),
        }
    }

    /// Does something that a kill may come before.
    fn whole<T>(
        &self,
        takes_room: bool,
        act: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.step(takes_room)? {
            Some(Fault::Kill) => Err(io::Error::other("killed")),
            _ => act(&mut self.state.borrow_mut()),
        }
    }

    fn open(&self, path: &Path, may_exist: bool) -> io::Result<Box<dyn DiskFile>> {
        let node = self.whole(true, |state| match state.names.get(path) {
            Some(_) if !may_exist => Err(ErrorKind::AlreadyExists.into()),
            Some(node) => Ok(*node),
            None => state.make(path, Node { mode: 0o600, owner: 1, ..Node::default() }),
        })?;
        Ok(Box::new(Open { disk: self.clone(), node }))
    }
}

impl Change {
    fn apply(self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Named(path, node) => drop(names.insert(path, node)),
            Self::Removed(path) => drop(names.remove(&path)),
            Self::Renamed(from, to, node) => {
                names.remove(&from);
                names.insert(to, node);
            }
        }
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Named(path, _) | Self::Removed(path) | Self::Renamed(_, path, _) => path.parent(),
        }
    }
}

impl State {
    fn find(&mut self, path: &Path) -> io::Result<&mut Node> {
        let node = *self.names.get(path).ok_or_else(missing)?;
        Ok(&mut self.nodes[node])
    }

    fn make(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        if path.parent().is_some_and(|folder| !self.names.contains_key(folder)) {
            return Err(missing());
        }
        self.nodes.push(node);
        self.change(Change::Named(path.to_owned(), self.nodes.len() - 1));
        Ok(self.nodes.len() - 1)
    }

    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.names);
        self.changes.push(change);
    }
}

impl DiskFile for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fault = self.disk.step(true)?;
        let length = if fault.is_some() { bytes.len().div_ceil(2) } else { bytes.len() };
        self.disk.state.borrow_mut().nodes[self.node].content.extend(&bytes[..length]);
        match fault {
            Some(Fault::Kill) => Err(io::Error::other("killed")),
            _ => Ok(length),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.whole(false, |state| {
            let node = &mut state.nodes[self.node];
            node.durable = (node.content.clone(), node.mode);
            Ok(())
        })
    }
}

impl Disk for MemoryDisk {
    fn inode(&self, path: &Path, _follow: bool) -> io::Result<Inode> {
        self.whole(false, |state| {
            let node = state.find(path)?;
            let kind = if node.folder { Kind::Folder } else { Kind::File };
            Ok(Inode { kind, names: 1, mode: node.mode, owner: node.owner })
        })
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.whole(false, |state| state.find(path).map(|_| path.to_owned()))
    }

    fn check_writable(&self, path: &Path) -> io::Result<()> {
        self.whole(false, |state| match state.find(path)?.mode & 0o200 {
            0 => Err(ErrorKind::PermissionDenied.into()),
            _ => Ok(()),
        })
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.whole(false, |state| state.find(path).map(|node| node.content.clone()))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, false)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, true)
    }

    fn hand_over(&self, _path: &Path, _like: &Path) {}

    fn copy_attributes(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.whole(false, |state| {
            let mode = state.find(from)?.mode;
            state.find(to)?.mode = mode;
            Ok(())
        })
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.whole(false, |state| {
            let node = state.find(path)?;
            node.content.truncate(length as usize);
            node.durable.0 = node.content.clone();
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.whole(false, |state| {
            let node = *state.names.get(from).ok_or_else(missing)?;
            state.change(Change::Renamed(from.to_owned(), to.to_owned(), node));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.whole(false, |state| {
            state.find(path)?;
            state.change(Change::Removed(path.to_owned()));
            Ok(())
        })
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.whole(true, |state| {
            if state.names.contains_key(path) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            state.make(path, Node { folder: true, owner: 1, ..Node::default() }).map(drop)
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.whole(false, |state| {
            let (synced, rest) = std::mem::take(&mut state.changes)
                .into_iter()
                .partition(|change| change.folder() == Some(path));
            state.changes = rest;
            for change in synced {
                change.apply(&mut state.durable);
            }
            Ok(())
        })
    }

    fn lock(&self, path: &Path, _note: &str) -> io::Result<Lock> {
        self.open(path, true).map(|_| Lock::Held(Box::new(())))
    }

    fn user(&self) -> u32 {
        1
    }
}
