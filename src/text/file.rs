//! Files as they are at one time, though others may write them meanwhile.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

/// How often a file is read that changes meanwhile.
const TRIES: usize = 5;

/// The longest between two changes that a file system cannot tell apart by their times.
const COARSE: Duration = Duration::from_secs(2);

/// Reads a file of at most so many MiB whole, as it was at one time.
///
/// # Errors
/// Whatever the system says; a file that is longer, that may never end, or that changes each time it is read.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // What a shell opened for `<(…)` has a writer, and is read once.
    if ["/dev", "/proc"].iter().any(|it| path.starts_with(it)) {
        return read_bounded(File::open(path)?, most);
    }
    // Where a pipe has taken the place of a file, opening it waits for no writer.
    let waits_not = i32::from_ne_bytes(OFlags::NONBLOCK.bits().to_ne_bytes());
    let mut file = File::options().read(true).custom_flags(waits_not).open(path)?;
    let about = file.metadata()?;
    if about.file_type().is_fifo() {
        return Err(io::Error::other("it is a named pipe, and may never end"));
    }
    if !about.is_file() {
        return read_bounded(file, most);
    }
    let mut last: Option<Vec<u8>> = None;
    for _ in 0..TRIES {
        let before = Stamp::of(&file.metadata()?);
        file.rewind()?;
        let bytes = read_with_room(&file, before.length, most)?;
        let unchanged = before == Stamp::of(&file.metadata()?);
        if unchanged && (before.is_old() || last.as_ref() == Some(&bytes)) {
            return Ok(bytes);
        }
        last = Some(bytes);
    }
    Err(io::Error::other("it changes while it is read"))
}

/// Reads to the end, which comes after so many MiB at most.
///
/// # Errors
/// Whatever the system says; more to read than that.
pub fn read_bounded(input: impl Read, most: u64) -> io::Result<Vec<u8>> {
    read_with_room(input, 0, most)
}

/// Does so with room for as many bytes as there should be, so that they are read at once.
fn read_with_room(input: impl Read, length: u64, most: u64) -> io::Result<Vec<u8>> {
    let limit = most << 20;
    let room = usize::try_from(length.min(limit)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    let read = input.take(limit + 1).read_to_end(&mut bytes)?;
    match u64::try_from(read).is_ok_and(|it| it <= limit) {
        true => Ok(bytes),
        false => Err(io::Error::other(format!("it is longer than {most} MiB"))),
    }
}

/// What the system tells of the last change of a file.
#[derive(PartialEq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self {
            length: about.len(),
            modified: about.modified().ok(),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }

    /// Tells whether a change that is made now would have another time.
    fn is_old(&self) -> bool {
        self.modified.and_then(|it| it.elapsed().ok()).is_some_and(|age| age > COARSE)
    }
}
