//! Lines of input, many at a time.

use crate::cli::error::CliError;
use crate::cli::input::Input;

/// How many bytes of lines a thread has in hand, which bounds the memory.
pub const BLOCK: usize = 256 << 10;

/// Reads whole lines, about [`BLOCK`] bytes at a time; fewer where more would have to be waited for.
pub struct Blocks {
    input: Input,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl Blocks {
    /// Begins to read standard input.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn new() -> Result<Self, CliError> {
        Ok(Self { input: Input::standard()?, rest: Vec::new() })
    }

    /// Reads the next lines; tells whether there were any.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn next(&mut self, block: &mut Vec<u8>) -> Result<bool, CliError> {
        block.clear();
        // A line that was longer than most leaves nothing behind.
        block.shrink_to(2 * BLOCK);
        block.append(&mut self.rest);
        // Where the last whole line ends.
        let mut end = 0;
        loop {
            let known = block.len();
            if block.capacity() - known < BLOCK / 4 {
                block.reserve(BLOCK);
            }
            if self.input.fill(block)? == 0 {
                return Ok(!block.is_empty());
            }
            let new = block.get(known..).unwrap_or_default();
            end = new.iter().rposition(|it| *it == b'\n').map_or(end, |at| known + at + 1);
            if end > 0 && (block.len() >= BLOCK || !self.input.is_ready()) {
                self.rest.extend(block.drain(end..));
                return Ok(true);
            }
        }
    }
}
