//! How long and how deeply nested an override may be.

use super::primitive::interpolation;
use crate::text::{Fault, Span};

/// How deep hydra-core 1.3.8 nests before Python's recursion limit stops it: a list or a call
/// counts 2, a dict 4 (492 lists or 246 dicts are read, one more is not).
pub const DEEPEST: usize = 984;

/// The same inside a value like `a,b`, which costs Hydra three more calls.
const DEEPEST_IN_SWEEP: usize = 978;

/// The longest override, in bytes. Linux passes no argument beyond 128 KiB; Hydra needs hours for
/// a list of this size.
pub const LONGEST: usize = 8 * 1024 * 1024;

/// From this depth on a thread with its own stack reads the text.
const SHALLOW: usize = 64;

/// Room for the deepest text that is read, in bytes, in a build without optimisation.
const STACK: usize = 256 * 1024 * 1024;

/// Refuses what is too long or nested too deeply; returns how deep the text is.
pub fn check_size(text: &str) -> Result<usize, Fault> {
    if text.len() > LONGEST {
        let message = format!("the override is {} bytes long; {LONGEST} are read", text.len());
        return Err(Fault::new("hydrule::override::too_long", Span::at(0), message)
            .helped("keep large data in a configuration file"));
    }
    let mut scan = Scan::default();
    scan.run(text)?;
    match scan.deepest_at {
        Some(at) if scan.swept && scan.deepest > DEEPEST_IN_SWEEP => Err(too_deep(at)),
        _ => Ok(scan.deepest),
    }
}

fn too_deep(at: usize) -> Fault {
    let message = "the value is nested deeper than Hydra reads";
    Fault::new("hydrule::override::too_deep", Span::new(at, at + 1), message)
        .labelled("one bracket too many")
        .helped("Hydra takes at most 492 lists or 246 dicts inside one another")
}

#[derive(Default)]
struct Scan {
    open: Vec<usize>,
    depth: usize,
    deepest: usize,
    deepest_at: Option<usize>,
    swept: bool,
}

impl Scan {
    fn run(&mut self, text: &str) -> Result<(), Fault> {
        let bytes = text.as_bytes();
        let mut at = text.find('=').unwrap_or(text.len());
        while let Some(byte) = bytes.get(at) {
            at += match byte {
                b'\\' => 2,
                b'$' => text.get(at..).and_then(interpolation).unwrap_or(1),
                b'\'' | b'"' => quoted_length(bytes, at),
                other => {
                    self.bracket(*other, at)?;
                    1
                }
            };
        }
        Ok(())
    }

    fn bracket(&mut self, byte: u8, at: usize) -> Result<(), Fault> {
        match byte {
            b'[' | b'(' => self.enter(2, at),
            b'{' => self.enter(4, at),
            b']' | b')' | b'}' => {
                self.depth -= self.open.pop().unwrap_or(0);
                Ok(())
            }
            b',' => {
                self.swept |= self.open.is_empty();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, weight: usize, at: usize) -> Result<(), Fault> {
        self.open.push(weight);
        self.depth += weight;
        if self.depth > DEEPEST {
            return Err(too_deep(at));
        }
        if self.depth > self.deepest {
            (self.deepest, self.deepest_at) = (self.depth, Some(at));
        }
        Ok(())
    }
}

/// Returns how many bytes a quoted text takes, up to the end where it is never closed.
fn quoted_length(bytes: &[u8], start: usize) -> usize {
    let quote = bytes.get(start);
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            other if Some(other) == quote => return at + 1 - start,
            _ => at += 1,
        }
    }
    at - start
}

/// Runs `read` where its recursion fits the stack.
pub fn with_room<T: Send>(
    depth: usize,
    read: impl FnOnce() -> Result<T, Fault> + Send,
) -> Result<T, Fault> {
    if depth <= SHALLOW {
        return read();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read);
        let joined = thread.ok().and_then(|thread| thread.join().ok());
        joined.unwrap_or_else(|| {
            let message = "there is no memory to read so deeply nested a value";
            Err(Fault::new("hydrule::override::too_deep", Span::at(0), message))
        })
    })
}
