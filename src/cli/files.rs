//! Files: read whole.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::console::Console;
use super::error::CliError;
use super::progress::Progress;
use crate::signal::{Scan, Signals};
use crate::text::{Fault, Source, Span, nearest, read_bounded, read_file, secret};
use crate::transaction::{Disk as _, LocalDisk};

/// Reads a script, which must be UTF-8 so that edits keep every other byte.
pub fn read_script(path: &Path) -> Result<Source, CliError> {
    script_of(path, read_file(path, LONGEST_TEXT).map_err(|error| unreadable(path, &error))?)
}

/// The longest text that is read whole, in MiB; logs and lines of JSON are not.
const LONGEST_TEXT: u64 = 64;

/// Reads standard input whole.
pub fn read_stdin() -> Result<Vec<u8>, CliError> {
    let read = read_bounded(io::stdin().lock(), LONGEST_TEXT);
    read.map_err(|error| CliError::plain(format!("cannot read standard input: {error}")))
}

/// Takes the bytes of a script as its text.
pub fn script_of(path: &Path, bytes: Vec<u8>) -> Result<Source, CliError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(read_source(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..at).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("`{}` is not UTF-8 at line {line}, byte {at}", path.display());
            let fault = Fault::new("hydrule::file::not_utf8", Span::at(0), message);
            Err(CliError::at_word(&path.display().to_string(), fault.labelled("not a text file")))
        }
    }
}

/// The longest file of a folder that is looked into, in MiB: no launch script comes near it.
pub const LONGEST_SCRIPT: u64 = 4;

/// Reads a file of a folder whose beginning looks right; none where it does not, where it is no
/// regular file, and where it is longer than any script.
///
/// # Errors
/// A file that cannot be read.
pub fn read_where(path: &Path, fits: impl Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, CliError> {
    let told = |error: io::Error| unreadable(path, &error);
    // Opening a pipe would wait for its writer.
    let about = fs::metadata(path).map_err(told)?;
    if !about.is_file() || about.len() > LONGEST_SCRIPT << 20 {
        return Ok(None);
    }
    let mut start = Vec::new();
    let file = fs::File::open(path).map_err(told)?;
    file.take(4 << 10).read_to_end(&mut start).map_err(told)?;
    if !fits(&start) {
        return Ok(None);
    }
    read_file(path, LONGEST_SCRIPT).map(Some).map_err(told)
}

/// Reads a file that may be missing.
pub fn read_if_there(path: &Path) -> Result<Option<Source>, CliError> {
    if path.is_file() { read_script(path).map(Some) } else { Ok(None) }
}

/// Lists the folders in a folder; none where it cannot be read.
pub fn folders_in(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Lists what is in a folder, in order of the names; nothing where there is no such folder.
pub fn entries_in(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let told = |error| CliError::plain(format!("cannot read `{}`: {error}", path.display()));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(path).map_err(told)?.map(|entry| entry.map(|it| it.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(told)?;
    paths.sort();
    Ok(paths)
}

/// Reads a text, or says why it cannot be read. A log may hold bytes that are no text.
pub fn read_text(path: &Path, log: bool) -> Result<Source, String> {
    let bytes = read_file(path, LONGEST_TEXT).map_err(|error| why_unreadable(&error))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if log => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        Err(error) => {
            return Err(format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to()));
        }
    };
    Ok(read_source(path, text))
}

/// Makes the source of a file; its secrets are hidden from now on.
fn read_source(path: &Path, text: String) -> Source {
    secret::learn(&text);
    Source::new(path.display().to_string(), text)
}

/// Writes a file that hydrule keeps for itself, and the folders above it.
pub fn write_text(path: &Path, text: &str) -> Result<(), CliError> {
    let text = secret::hidden(text);
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| replace(path, text.as_bytes()))
        .map_err(|error| CliError::plain(format!("cannot write `{}`: {error}", path.display())))
}

/// Writes a file of a repository, but never what a link leads to: whoever brought the link along would choose what is
/// written over.
pub fn write_itself(path: &Path, text: &str) -> Result<(), CliError> {
    if path.is_symlink() {
        let message = format!("cannot write `{}`: it is a link", path.display());
        return Err(CliError::plain(message).helped("nothing was written; put a file in its place"));
    }
    write_text(path, text)
}

/// Writes a file so that it has its old text or its new one, whatever comes between: the new text is laid
/// beside it and takes its name. Where nobody may do that, or it is no regular file, it is written to.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(about) if about.is_file() && !path.starts_with("/dev") => Some(fs::canonicalize(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => None,
        _ => return fs::write(path, text),
    };
    let path = old.as_deref().unwrap_or(path);
    let replaced = create_beside(path, if old.is_some() { 0o600 } else { 0o666 });
    let replaced = replaced.and_then(|(file, new)| {
        let made = lay_out(file, &new, text, old.as_deref()).and_then(|()| fs::rename(&new, path));
        if made.is_err() {
            // What there is of it takes room; the first error is the one to tell.
            let _ = fs::remove_file(&new);
        }
        made
    });
    match replaced {
        Err(error) if cannot_replace(&error) => fs::write(path, text),
        other => other,
    }
}

/// How often another name is tried where one is taken.
const MOST_NAMES: usize = 100;

/// Makes a file beside another, under a hidden name that nothing has. In a container processes have the same
/// numbers each time, so one that was killed may have left the first name.
fn create_beside(path: &Path, mode: u32) -> io::Result<(fs::File, PathBuf)> {
    let mut options = fs::File::options();
    options.write(true).create_new(true).mode(mode);
    let first = beside(path);
    for number in 0..MOST_NAMES {
        let name = if number == 0 { first.clone() } else { format!("{first}.{number}") };
        let new = path.with_file_name(name);
        match options.open(&new) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, new)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Names what is laid beside a path until it is whole. No name may be much longer than the longest that there are.
fn beside(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let begin: String = name.chars().take(50).collect();
    format!(".{begin}.{}", std::process::id())
}

/// Fills a file that is on the disk when this returns, with the owner and mode of the old one.
fn lay_out(mut file: fs::File, new: &Path, text: &[u8], old: Option<&Path>) -> io::Result<()> {
    file.write_all(text)?;
    old.map_or(Ok(()), |old| LocalDisk.copy_attributes(old, new))?;
    file.sync_all()
}

/// Tells whether a file may be written to, but not make way for another: its folder or its owner is not
/// ours, or it is a file system of its own.
fn cannot_replace(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    [CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy].contains(&error.kind())
}

/// Refuses to write a product over one of the files that it is made of, which no journal would keep.
///
/// # Errors
/// A product that is one of them.
pub fn refuse_over<'a>(
    product: Option<&Path>,
    inputs: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), CliError> {
    let real = product.and_then(|it| fs::canonicalize(it).ok()).filter(|it| it.is_file());
    let Some(real) = real else { return Ok(()) };
    let mut inputs = inputs.into_iter();
    let Some(same) = inputs.find(|it| fs::canonicalize(it).is_ok_and(|it| it == real)) else {
        return Ok(());
    };
    let message =
        format!("-o would write the report over `{}`, which is read for it", same.display());
    Err(CliError::plain(message).helped("nothing was written; -o wants a file of its own"))
}

/// Writes the product to a file, or prints it where none is named.
pub fn put(file: Option<&Path>, text: &str, console: &mut Console) -> Result<(), CliError> {
    match file {
        Some(path) => write_text(path, text),
        None => console.print(text),
    }
}

/// Makes a folder with files that appears whole or not at all, and never where something is.
///
/// No transaction is needed: nothing is replaced, and deleting the folder takes it back.
pub fn make_folder(path: &Path, files: &[(&str, &str)]) -> Result<(), CliError> {
    let shown = path.display().to_string();
    if fs::symlink_metadata(path).is_ok() {
        return Err(CliError::plain(format!("there is a `{shown}` already"))
            .helped("nothing was written; delete it first, or take another name or folder"));
    }
    let unfinished = path.with_file_name(beside(path));
    let made = fill_folder(&unfinished, files).and_then(|()| fs::rename(&unfinished, path));
    made.map_err(|error| {
        // What could be made of it goes again; the first error is the one to tell.
        let _ = fs::remove_dir_all(&unfinished);
        CliError::plain(format!("cannot make `{shown}`: {error}"))
    })
}

fn fill_folder(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    for (name, text) in files {
        let file = folder.join(name);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, text)?;
    }
    Ok(())
}

/// Removes such a file, if it is there.
pub fn remove_file(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CliError::plain(format!("cannot remove `{}`: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Tells when a file was changed last, if anything does.
pub fn changed_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// The longest file that a script takes in and that is read, in MiB.
const LONGEST_TAKEN_IN: u64 = 1;

/// Reads a file that a script takes in; none where it is no text.
pub fn read_taken_in(path: &Path) -> Option<Source> {
    let bytes = fs::metadata(path).ok()?.is_file().then(|| read_file(path, LONGEST_TAKEN_IN))?;
    Some(read_source(path, String::from_utf8(bytes.ok()?).ok()?))
}

/// A log that is read once, from its start to its end.
pub struct LogInput {
    /// What messages call it.
    pub name: String,
    /// Its bytes, decompressed.
    pub input: Box<dyn Read + Send>,
    /// Whether it is compressed.
    pub compressed: bool,
    /// How many bytes the file has.
    pub size: Option<u64>,
}

/// Opens a log: a file, a pipe, or standard input for `-`. What is compressed with gzip or zstd is
/// told by its first bytes, not by its name.
pub fn open_log(path: &Path) -> Result<LogInput, CliError> {
    let (name, size, raw): (_, _, Box<dyn Read + Send>) = if path == Path::new("-") {
        ("standard input".to_owned(), None, Box::new(io::stdin()))
    } else {
        let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
        let about = file.metadata().map_err(|error| unreadable(path, &error))?;
        // What the system makes up while it is read has no length.
        let size = Some(about.len()).filter(|it| about.is_file() && *it > 0);
        let raw: Box<dyn Read + Send> = match size {
            Some(left) => Box::new(AsOpened { file, left }),
            None => Box::new(file),
        };
        (path.display().to_string(), size, raw)
    };
    let mut raw = BufReader::with_capacity(64 << 10, raw);
    let start = raw.fill_buf().map_err(|error| unreadable(path, &error))?;
    let (gzip, zstd) = (start.starts_with(&[0x1f, 0x8b]), start.starts_with(&ZSTD));
    let input: Box<dyn Read + Send> = match (gzip, zstd) {
        (true, _) => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
        (_, true) => Box::new(Frames { input: Some(Frame::Before(raw)) }),
        _ => Box::new(raw),
    };
    Ok(LogInput { name, input, compressed: gzip || zstd, size })
}

/// A file as long as it was when it was opened: a job may go on writing its log faster than it is read.
struct AsOpened {
    file: fs::File,
    left: u64,
}

impl Read for AsOpened {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.file).take(self.left).read(out)?;
        if count == 0 && self.left > 0 && !out.is_empty() {
            return Err(io::Error::other("it was cut while it was read"));
        }
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(self.left));
        Ok(count)
    }
}

/// How a frame of zstd begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

type Raw = BufReader<Box<dyn Read + Send>>;
type Zstd = ruzstd::decoding::StreamingDecoder<Raw, ruzstd::decoding::FrameDecoder>;

/// Frames of zstd one after the other, as appending to a file and several threads write them.
struct Frames {
    input: Option<Frame>,
}

enum Frame {
    Before(Raw),
    Inside(Box<Zstd>),
}

impl Read for Frames {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.take() {
                None => return Ok(0),
                Some(Frame::Before(mut raw)) => {
                    if raw.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let frame = Zstd::new(raw).map_err(io::Error::other)?;
                    self.input = Some(Frame::Inside(Box::new(frame)));
                }
                Some(Frame::Inside(mut frame)) => {
                    let count = frame.read(out)?;
                    self.input = Some(match count {
                        0 if !out.is_empty() => Frame::Before(frame.into_inner()),
                        _ => Frame::Inside(frame),
                    });
                    if count > 0 || out.is_empty() {
                        return Ok(count);
                    }
                }
            }
        }
    }
}

/// Reads a log with the signals, showing how far on a terminal. What is compressed and damaged counts
/// up to there, where that tells a failure; the second value says so.
pub fn scan_log(
    path: &Path,
    signals: &Signals,
    progress: &mut Progress,
) -> Result<(Scan, Option<String>), CliError> {
    let log = open_log(path)?;
    let mut input = Undamaged { input: log.input, compressed: log.compressed, damage: None };
    let read = signals.read(&log.name, &mut input, &mut |read| {
        progress.show(&log.name, read, log.size.filter(|_| !log.compressed));
    });
    progress.clear();
    let scan = read.map_err(|error| unreadable(path, &error))?;
    match input.damage {
        Some(why) if scan.events.is_empty() => {
            let name = &log.name;
            Err(CliError::plain(format!("cannot read all of `{name}`: {why}"))
                .helped("what could be read shows no failure; is the file cut off?"))
        }
        damage => Ok((
            scan,
            damage.map(|why| format!("{} is damaged ({why}) and was read up to there.", log.name)),
        )),
    }
}

/// Ends where compressed data is damaged, as the log of a job is whose writer was killed.
struct Undamaged {
    input: Box<dyn Read + Send>,
    compressed: bool,
    damage: Option<String>,
}

impl Read for Undamaged {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.input.read(out) {
            Err(error) if self.compressed && error.kind() != io::ErrorKind::Interrupted => {
                self.damage = Some(error.to_string());
                Ok(0)
            }
            read => read,
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    let why = why_unreadable(error);
    let shown = path.display().to_string();
    let message = format!("cannot read `{shown}`: {why}");
    let fault = Fault::new("hydrule::file::unreadable", Span::at(0), message).labelled(why);
    let fault = match neighbour(path) {
        Some(near) => fault.helped(format!("did you mean `{}`?", near.display())),
        None => fault,
    };
    CliError::at_word(&shown, fault)
}

fn why_unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Finds a file beside the wanted one with nearly its name.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let near = nearest(&wanted, names.iter().map(String::as_str), 1);
    near.first().filter(|near| **near != wanted).map(|near| path.with_file_name(near))
}
