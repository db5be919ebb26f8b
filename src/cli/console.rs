//! The two streams: the product goes to stdout, everything about it to stderr.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::args::ColorWhen;
use super::error::CliError;
use crate::report::Look;
use crate::text::secret;

/// The widest page, in columns.
const WIDEST: usize = 100;

/// Where output goes, and how it looks.
pub struct Console {
    /// The look of stdout.
    pub out: Look,
    /// The look of stderr.
    pub err: Look,
    /// Whether stdout is a terminal.
    terminal: bool,
    /// Whether only errors and what was written are told.
    quiet: bool,
}

impl Console {
    /// Decides colours and width: flags first, then the environment, then the terminal.
    pub fn new(when: ColorWhen, quiet: bool) -> Self {
        let out = AutoStream::choice(&io::stdout());
        let err = AutoStream::choice(&io::stderr());
        let terminal = io::stdout().is_terminal();
        Self {
            out: look(when, out, terminal),
            err: look(when, err, io::stderr().is_terminal()),
            terminal,
            quiet,
        }
    }

    /// Prints a page for people to stdout.
    pub fn page(&mut self, text: &str) -> Result<(), CliError> {
        self.print(&self.out.spelled(text))
    }

    /// Prints to stdout, without secrets; a terminal gets nothing that it would obey.
    pub fn print(&mut self, text: &str) -> Result<(), CliError> {
        let text = secret::hidden(text);
        match self.terminal {
            true => self.give(&self.out.visible(&text)),
            false => self.give(&text),
        }
    }

    /// Gives a file's text back as it is: who asked for it writes it into the file.
    pub fn give(&mut self, text: &str) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return CliError::ClosedPipe;
            }
            CliError::plain(format!("cannot write the output: {error}"))
        })
    }

    /// Prints to stderr what is about the product: a count, a hint, a remark.
    pub fn say(&mut self, text: &str) {
        if !self.quiet {
            self.tell(text);
        }
    }

    /// Prints to stderr what must be told; nobody can be told if that fails.
    pub fn tell(&mut self, text: &str) {
        let text = self.err.spelled(text);
        let _ = io::stderr().lock().write_all(secret::hidden(&text).as_bytes());
    }

    /// Prints an error to stderr.
    pub fn error(&mut self, error: &CliError) {
        self.tell(&error.render(self.err));
    }
}

/// Hides the secrets of lines that are written piece by piece; very long ones are cut at a comma.
pub struct Hiding<W: Write> {
    out: W,
    line: Vec<u8>,
}

/// How much of a line is kept before it is written.
const KEPT: usize = 64 << 10;

impl<W: Write> Hiding<W> {
    /// Wraps what is written to.
    pub fn new(out: W) -> Self {
        Self { out, line: Vec::new() }
    }

    fn pass(&mut self, length: usize) -> io::Result<()> {
        let rest = self.line.split_off(length);
        let text = String::from_utf8_lossy(&self.line);
        self.out.write_all(secret::hidden(&text).as_bytes())?;
        self.line = rest;
        Ok(())
    }
}

impl<W: Write> Write for Hiding<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let known = self.line.len();
        self.line.extend_from_slice(bytes);
        let end = bytes.iter().rposition(|it| *it == b'\n').map(|at| known + at + 1);
        let comma = || self.line.iter().rposition(|it| *it == b',').map(|at| at + 1);
        let long = self.line.len() > KEPT;
        if let Some(length) = end.or_else(|| comma().filter(|_| long)) {
            self.pass(length)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.line.len())?;
        self.out.flush()
    }
}

/// Whether the environment asks for colours where there is no terminal; anstream knows `CLICOLOR_FORCE` alone.
fn forced() -> bool {
    let told = |name| std::env::var(name).ok().filter(|it| !it.is_empty());
    told("NO_COLOR").is_none() && told("FORCE_COLOR").is_some_and(|it| it != "0")
}

fn look(when: ColorWhen, choice: ColorChoice, terminal: bool) -> Look {
    let color = match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => choice != ColorChoice::Never || forced(),
    };
    Look { color, width: columns(terminal).clamp(40, WIDEST), graphics: draws() }
}

/// How many columns there are: as many as the environment says, else as the terminal has.
fn columns(terminal: bool) -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
    let has = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    told.or_else(|| has().filter(|_| terminal)).unwrap_or(WIDEST)
}

/// Whether boxes, bars and arrows may be drawn.
pub fn draws() -> bool {
    std::env::var_os("NO_GRAPHICS").is_none()
}
