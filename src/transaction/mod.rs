//! Files are written all or none, and what was written can be undone.
//!
//! A transaction goes through these steps; a crash after any of them leaves files that are all old
//! or all new, or that the next start makes so:
//!
//! 1. The folder `.hydrule` is locked, and every file is compared with what was read.
//! 2. The old and new texts are kept in `.hydrule/objects`, and the intent is written to
//!    `.hydrule/pending.json`.
//! 3. Each new text is laid beside its file, with the file's owner, mode and attributes.
//! 4. The journal gets its line.
//! 5. Each new text takes its file's name: no step from here on needs room on the disk.
//! 6. The intent is removed, which makes the transaction final.
//!
//! Whatever a step writes is on the disk before the next begins. The start after a crash takes back
//! what had changed no file yet and completes the rest.

mod clock;
mod disk;
mod journal;
mod problem;
mod settle;
mod store;
mod undo;
mod write;

pub use disk::{Disk, DiskFile, Inode, Kind, LocalDisk, Lock};
pub use journal::{Entry, FileRecord, History, PathName, Record, RecordedChange, RecordedStep};
pub use problem::Problem;
pub use settle::{Ending, Pending, Recovered};
pub use store::{FOLDER, Store, find_root, hash, history, object, root_of};
pub use undo::{Undoing, undoing};
pub use write::{FileEdit, Written, check_regular, is_unfinished, write};
