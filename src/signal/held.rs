//! The last piece of a log, as blocks.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::block::{Block, Extent};
use crate::text::{Span, Start};

/// Blocks that follow each other. Offsets are those of the log.
#[derive(Default)]
pub(super) struct Held {
    /// Each with where it begins.
    blocks: VecDeque<(Start, Block)>,
    /// Where the next block begins.
    end: Start,
}

impl Held {
    pub(super) fn push(&mut self, block: Block) {
        let start = self.end;
        self.end = Start { offset: block.end(), at: block.extent.behind(start.at) };
        self.blocks.push_back((start, block));
    }

    /// Takes out the first block, where it ends before `keep`.
    pub(super) fn pop_before(&mut self, keep: usize) -> Option<Block> {
        let first = self.blocks.front().filter(|(_, block)| block.end() <= keep);
        first.is_some().then(|| self.blocks.pop_front())?.map(|(_, block)| block)
    }

    pub(super) fn start(&self) -> usize {
        self.blocks.front().map_or(self.end.offset, |(start, _)| start.offset)
    }

    pub(super) fn end(&self) -> usize {
        self.end.offset
    }

    pub(super) fn len(&self) -> usize {
        self.end() - self.start()
    }

    /// Returns those of these bytes that are held.
    pub(super) fn bytes(&self, span: Span) -> Cow<'_, [u8]> {
        let mut parts = self.blocks.range(self.index(span.start)..).map_while(|(start, block)| {
            let from = span.start.saturating_sub(start.offset);
            let to = span.end.checked_sub(start.offset)?.min(block.own().len());
            block.own().get(from..to).filter(|part| !part.is_empty())
        });
        let Some(first) = parts.next() else { return Cow::default() };
        let mut all = Cow::Borrowed(first);
        for part in parts {
            all.to_mut().extend(part);
        }
        all
    }

    /// Returns what is held of this span as text.
    pub(super) fn text(&self, span: Span) -> Cow<'_, str> {
        match self.bytes(span) {
            Cow::Borrowed(bytes) => decoded(bytes),
            Cow::Owned(bytes) => {
                let text = String::from_utf8(bytes);
                Cow::Owned(text.unwrap_or_else(|wrong| decoded(wrong.as_bytes()).into_owned()))
            }
        }
    }

    /// Tells the line and column of a held byte.
    pub(super) fn place(&self, offset: usize) -> Start {
        let Some((start, _)) = self.blocks.get(self.index(offset)) else { return self.end };
        let before = self.bytes(Span::new(start.offset, offset));
        Start { offset, at: Extent::of(&before).behind(start.at) }
    }

    /// Returns the index of the block that has this byte, or of the last one.
    fn index(&self, offset: usize) -> usize {
        self.blocks.partition_point(|(start, _)| start.offset <= offset).saturating_sub(1)
    }
}

/// Decodes UTF-8 so that offsets stay: each wrong byte becomes a `?`.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push('?'));
    }
    Cow::Owned(text)
}
