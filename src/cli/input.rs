//! Standard input, of which it can be told whether more is there: who writes a line and waits for its answer gets
//! it, as a program does that has hydrule at the other end of two pipes.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::error::CliError;

/// Standard input.
pub struct Input(OwnedFd);

impl Input {
    /// Opens it.
    ///
    /// # Errors
    /// That of the system, where no more files can be open.
    pub fn standard() -> Result<Self, CliError> {
        let own = io::stdin().as_fd().try_clone_to_owned();
        own.map(Self).map_err(|error| unreadable(&error))
    }

    /// Tells whether nothing has to be waited for: more is there, or the end.
    pub fn is_ready(&self) -> bool {
        self.polled(Some(&Timespec::default()))
    }

    /// Waits so long for more; where nothing tells whether it came, it may have.
    fn polled(&self, longest: Option<&Timespec>) -> bool {
        !matches!(poll(&mut [PollFd::new(&self.0, PollFlags::IN)], longest), Ok(0))
    }

    /// Reads what is there, once something is: no more than there is room for in `bytes`, behind what they hold.
    /// Returns how many bytes that were, 0 at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn fill(&mut self, bytes: &mut Vec<u8>) -> Result<usize, CliError> {
        self.once_there(|input| rustix::io::read(input, spare_capacity(bytes)))
            .map_err(|error| unreadable(&error))
    }

    fn once_there(
        &self,
        mut read: impl FnMut(&OwnedFd) -> Result<usize, Errno>,
    ) -> io::Result<usize> {
        loop {
            match read(&self.0) {
                Err(Errno::INTR) => {}
                // Somebody else has told the pipe not to wait.
                Err(Errno::AGAIN) => drop(self.polled(None)),
                read => return Ok(read?),
            }
        }
    }
}

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.once_there(|input| rustix::io::read(input, &mut *bytes))
    }
}

/// Tells why the input could not be read.
pub fn unreadable(error: &io::Error) -> CliError {
    CliError::plain(format!("cannot read the input: {error}"))
}
