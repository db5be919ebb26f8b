//! Reads a log in blocks and searches them, on several threads where the log is long.

use std::io::{self, Read};
use std::sync::Mutex;

use super::block::Block;
use super::prefilter::OVERLAP;
use crate::threads::{locked, of_each, usual};

/// How a log is read, which changes nothing of what is found.
#[derive(Debug, Clone, Copy)]
pub struct Portions {
    /// How many bytes a block has: so few that they are in a near cache while they are searched.
    pub block: usize,
    /// How much is read before other threads are started: most logs are shorter.
    pub alone: usize,
    /// How many threads search at most.
    pub threads: usize,
}

impl Default for Portions {
    fn default() -> Self {
        Self { block: 256 << 10, alone: 4 << 20, threads: 4 }
    }
}

/// The largest block.
const MOST: usize = 1 << 20;

/// The blocks of one log.
pub(super) struct Blocks<'a> {
    portions: Portions,
    /// How many threads search, once that is known.
    threads: Option<usize>,
    feed: Mutex<Feed<'a>>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(input: &'a mut (dyn Read + Send), portions: Portions) -> Self {
        let feed = Feed {
            input,
            size: portions.block.clamp(1, MOST),
            offset: 0,
            limit: 0,
            last: Vec::new(),
            end: None,
            spare: Vec::new(),
        };
        Self { portions, threads: None, feed: Mutex::new(feed) }
    }

    /// Returns the next blocks in order, each searched: up to about `most` bytes, and none at the end.
    pub(super) fn next(
        &mut self,
        most: usize,
        search: &(dyn Fn(&mut Block) + Sync),
    ) -> io::Result<Vec<Block>> {
        let offset = locked(&self.feed).offset;
        let alone = self.portions.alone.saturating_sub(offset);
        let most = if alone > 0 { most.min(alone) } else { most };
        let threads = if alone > 0 { 1 } else { self.threads() };
        locked(&self.feed).limit = offset + most;
        let next = || locked(&self.feed).next().map(|block| (block.offset, block));
        let searched = of_each(threads, next, |mut block| {
            search(&mut block);
            block
        });
        if let Some(Err(error)) = locked(&self.feed).end.take_if(|end| end.is_err()) {
            return Err(error);
        }
        Ok(searched)
    }

    fn threads(&mut self) -> usize {
        *self.threads.get_or_insert_with(|| usual().min(self.portions.threads))
    }

    /// Takes back blocks that are read, so that no others need be made.
    pub(super) fn take_back(&mut self, blocks: impl Iterator<Item = Block>) {
        locked(&self.feed).spare.extend(blocks.map(Block::into_bytes));
    }
}

/// Fills blocks, one after the other.
struct Feed<'a> {
    input: &'a mut (dyn Read + Send),
    size: usize,
    /// Where the next block begins.
    offset: usize,
    /// No block begins behind this.
    limit: usize,
    /// The last bytes before the next block.
    last: Vec<u8>,
    /// Whether there is no more, and why.
    end: Option<io::Result<()>>,
    spare: Vec<Vec<u8>>,
}

impl Feed<'_> {
    fn next(&mut self) -> Option<Block> {
        if self.end.is_some() || self.offset >= self.limit {
            return None;
        }
        let before = self.last.len();
        let room = OVERLAP + self.size;
        // Memory that is new needs no clearing.
        let mut bytes = self.spare.pop().unwrap_or_else(|| vec![0; room]);
        bytes.resize(room, 0);
        let (head, own) = bytes.split_at_mut(before);
        head.copy_from_slice(&self.last);
        let own = own.get_mut(..self.size).unwrap_or_default();
        let count = match fill(self.input, own) {
            Ok(count) => count,
            Err(error) => {
                self.end = Some(Err(error));
                return None;
            }
        };
        if count < self.size {
            self.end = Some(Ok(()));
        }
        bytes.truncate(before + count);
        let block = Block::new(self.offset, bytes, before);
        self.offset += count;
        self.last.clear();
        self.last.extend(block.last());
        (count > 0).then_some(block)
    }
}

/// Reads until `out` is full or nothing is left.
fn fill(input: &mut (dyn Read + Send), out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = out.get_mut(filled..).filter(|free| !free.is_empty()) {
        match input.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
