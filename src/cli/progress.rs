use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::console::draws;

/// Before this nobody wonders.
const QUIET: Duration = Duration::from_millis(400);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);
/// Columns of the bar.
const BAR: u64 = 24;

/// How far long input was read, on the terminal that stderr is.
pub struct Progress {
    shows: bool,
    draws: bool,
    drawn: Option<Instant>,
    started: Instant,
}

impl Progress {
    /// Starts the clock; nothing is shown where stderr is no terminal.
    pub fn new() -> Self {
        let shows = io::stderr().is_terminal();
        Self { shows, draws: draws(), drawn: None, started: Instant::now() }
    }

    /// Shows how much was read, and of how much.
    pub fn show(&mut self, name: &str, read: usize, of: Option<u64>) {
        if !self.shows || self.started.elapsed() < QUIET {
            return;
        }
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let text = line(name, (read as u64, of), self.draws);
        let _ = write!(io::stderr().lock(), "\r\x1b[2K{text}");
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

fn line(name: &str, (read, of): (u64, Option<u64>), draws: bool) -> String {
    let mib = |bytes: u64| bytes >> 20;
    match of.filter(|of| *of >= read && *of > 0) {
        Some(of) => {
            let done = usize::try_from(read * BAR / of).unwrap_or_default();
            let (full, rest) = if draws { ("━", "─") } else { ("#", "-") };
            let bar = format!("{}{}", full.repeat(done), rest.repeat(BAR as usize - done));
            format!("{bar} {:>3} %  {name}", read * 100 / of)
        }
        None => format!("{} MiB read  {name}", mib(read)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far() {
        assert_eq!(
            line("a.log", (50, Some(100)), true),
            format!("{}{}  50 %  a.log", "━".repeat(12), "─".repeat(12))
        );
        assert_eq!(line("a.log", (50, Some(100)), false), "############------------  50 %  a.log");
        assert_eq!(line("a.log.gz", (5 << 20, None), true), "5 MiB read  a.log.gz");
        assert_eq!(line("grows", (3 << 20, Some(1 << 20)), true), "3 MiB read  grows");
    }
}
