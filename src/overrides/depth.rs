//! How long and how deeply nested an override may be.

use super::primitive::interpolation;
use crate::text::{Fault, Span};

/// How deep hydra-core 1.3.8 nests before Python's recursion limit of 1,000 stops its parser: a
/// list or a call costs two frames, a dict three. Measured, as all limits here: 492 lists are read.
pub const DEEPEST: usize = 984;

/// The same after the first comma of a value like `a,b`: 489 lists are read there.
const DEEPEST_AFTER_COMMA: usize = 978;

/// What stops the walk over the parsed tree, where a dict costs four frames: 246 dicts are read.
const DEEPEST_WALK: usize = 986;

/// Where a function can still be called.
const DEEPEST_CALL: usize = 984;

/// The longest override, in bytes. Linux passes no argument beyond 128 KiB; Hydra needs hours for
/// a list of this size.
pub const LONGEST: usize = 8 * 1024 * 1024;

/// From this depth on a thread with its own stack reads the text.
const SHALLOW: usize = 64;

/// Room for the deepest text that is read, in bytes, in a build without optimisation.
const STACK: usize = 256 * 1024 * 1024;

/// What a bracket costs at most.
const MOST_FRAMES: usize = 4;

/// Refuses what is too long or nested too deeply; returns how deep the text is.
pub fn check_size(text: &str) -> Result<usize, Fault> {
    if text.len() > LONGEST {
        let message = format!("the override is {} bytes long; {LONGEST} are read", text.len());
        return Err(Fault::new("hydrule::override::too_long", Span::at(0), message)
            .helped("keep large data in a configuration file"));
    }
    // Few brackets nest no deeper than their number.
    let opened = text.bytes().filter(|byte| matches!(byte, b'[' | b'(' | b'{')).count();
    if opened * MOST_FRAMES <= SHALLOW {
        return Ok(opened * MOST_FRAMES);
    }
    let mut scan = Scan::default();
    scan.run(text)?;
    Ok(scan.deepest)
}

fn too_deep(at: usize) -> Fault {
    let message = "the value is nested deeper than Hydra reads";
    Fault::new("hydrule::override::too_deep", Span::new(at, at + 1), message)
        .labelled("one bracket too many")
        .helped("Hydra takes at most 492 lists or 246 dicts inside one another")
}

/// The frames that a bracket costs Hydra while it is open.
#[derive(Debug, Clone, Copy, Default)]
struct Frames {
    parser: usize,
    walk: usize,
}

#[derive(Default)]
struct Scan {
    open: Vec<Frames>,
    depth: Frames,
    deepest: usize,
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
                other => match empty_length(bytes, at) {
                    Some(length) => length,
                    None => {
                        self.bracket(*other, at)?;
                        1
                    }
                },
            };
        }
        Ok(())
    }

    fn bracket(&mut self, byte: u8, at: usize) -> Result<(), Fault> {
        match byte {
            b'[' | b'(' => self.enter(Frames { parser: 2, walk: 2 }, byte, at),
            b'{' => self.enter(Frames { parser: 3, walk: 4 }, byte, at),
            b']' | b')' | b'}' => {
                let closed = self.open.pop().unwrap_or_default();
                self.depth.parser -= closed.parser;
                self.depth.walk -= closed.walk;
                Ok(())
            }
            b',' => {
                self.swept |= self.open.is_empty();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, cost: Frames, byte: u8, at: usize) -> Result<(), Fault> {
        self.open.push(cost);
        self.depth.parser += cost.parser;
        self.depth.walk += cost.walk;
        self.deepest = self.deepest.max(self.depth.walk);
        let parser = if self.swept { DEEPEST_AFTER_COMMA } else { DEEPEST };
        let walk = if byte == b'(' { DEEPEST_CALL } else { DEEPEST_WALK };
        let fits = self.depth.parser <= parser && self.depth.walk <= walk;
        if fits { Ok(()) } else { Err(too_deep(at)) }
    }
}

/// Returns how many bytes `[]` or `{}` takes, blanks inside counted: it costs no more frames than a
/// plain value.
fn empty_length(bytes: &[u8], at: usize) -> Option<usize> {
    let opens = bytes.get(at).filter(|byte| matches!(byte, b'[' | b'{'))?;
    let inside = bytes.get(at + 1..)?;
    let blanks = inside.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let pair = (opens, inside.get(blanks)?);
    matches!(pair, (b'[', b']') | (b'{', b'}')).then_some(blanks + 2)
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
