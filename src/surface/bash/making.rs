//! The arguments of one word while they are made.

use super::piece::{Origin, Piece, Step, Text, Unknown};
use crate::text::Span;

/// One argument that bash makes of a word.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its text.
    pub text: Text,
    /// The word it comes from; an array's element, where it comes from one.
    pub word: Span,
    /// The array it comes from.
    pub array: Option<Step>,
    /// Whether it stands for whatever arguments the script gets.
    pub forwards: bool,
    /// Whether it may stand for none or several arguments.
    pub unsure: bool,
}

/// Where texts are cut into arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Separators {
    /// At blanks, as always.
    Blanks,
    /// At the characters of a changed `IFS`.
    Others(String),
    /// Nothing tells.
    Unknown,
}

/// The fields of one word while they are made.
pub struct Making {
    /// The word.
    pub word: Span,
    /// The finished fields.
    pub fields: Vec<Field>,
    /// The field being made.
    pub current: Option<Text>,
    /// Whether expansions are cut into arguments.
    pub splits: bool,
    /// Where they are cut.
    pub separators: Separators,
    /// How deep expansions nest.
    pub depth: usize,
    /// Where the fields of an array begin whose last one goes on with what follows.
    pub open: Option<usize>,
    /// The variables that what comes next goes through.
    pub via: Vec<Step>,
    /// Whether patterns that match no file stay as they are.
    pub keeps_patterns: bool,
    /// Whether the field may hold a pattern outside quotes.
    pattern: bool,
    /// Whether the field may become none or several.
    unsure: bool,
}

impl Making {
    /// Begins with the arguments of a word.
    pub fn new(word: Span, splits: bool, depth: usize) -> Self {
        Self {
            word,
            fields: Vec::new(),
            current: None,
            splits,
            separators: Separators::Blanks,
            depth,
            open: None,
            via: Vec::new(),
            keeps_patterns: true,
            pattern: false,
            unsure: false,
        }
    }

    /// Returns the field being made, going on with an array's last element where one is open.
    pub fn field(&mut self) -> &mut Text {
        if let (Some(start), None) = (self.open.take(), &self.current) {
            let list = self.fields.split_off(start.min(self.fields.len()));
            self.go_on(list);
        }
        self.current.get_or_insert_default()
    }

    fn go_on(&mut self, mut list: Vec<Field>) {
        if list.iter().any(|field| field.unsure) {
            // Nothing tells which element is the last one.
            let seen: String = list.iter().map(|field| field.text.sketch()).collect();
            let unknown = Unknown::new("what it is joined to is not known").seeing(&seen);
            self.unsure = true;
            self.current = Some(Text::of(Piece::missing(unknown, self.word)));
        } else if let Some(last) = list.pop() {
            self.fields.extend(list);
            self.current = Some(last.text);
        }
    }

    /// Adds a piece that is not cut.
    pub fn push(&mut self, piece: Piece) {
        self.append(Text::of(piece));
    }

    /// Adds characters that stand in the word itself, outside quotes.
    pub fn bare(&mut self, text: Text) {
        self.pattern |= text.known().is_some_and(|text| has_pattern_character(&text));
        self.append(text);
    }

    /// Adds a text that is not cut.
    pub fn append(&mut self, mut text: Text) {
        for piece in &mut text.pieces {
            piece.via.extend(self.via.iter().cloned());
        }
        self.field().pieces.extend(text.pieces);
    }

    /// Drops the field being made if nothing stands in it: `"${NONE[@]}"` is no argument at all.
    pub fn drop_empty(&mut self) {
        if self.current.as_ref().is_some_and(|text| text.pieces.is_empty()) {
            self.current = None;
        }
    }

    /// Ends the field being made.
    pub fn end_field(&mut self) {
        self.open = None;
        let (pattern, unsure) =
            (std::mem::take(&mut self.pattern), std::mem::take(&mut self.unsure));
        let Some(text) = self.current.take() else { return };
        let field = Field { text, word: self.word, unsure, ..Field::default() };
        self.fields.push(if pattern && self.splits { self.expanded(field) } else { field });
    }

    /// A pattern may become file names; after a `=` no file has such a name.
    fn expanded(&self, field: Field) -> Field {
        let text = field.text.known_start();
        let Some(at) = pattern_at(&text) else { return field };
        let assigns = text.get(..at).is_some_and(|before| before.contains('='));
        if assigns && self.keeps_patterns {
            return field;
        }
        let unknown = Unknown::new("bash puts the names of matching files in its place");
        let unknown = unknown.seeing(&field.text.sketch());
        Field { text: Text::of(Piece::missing(unknown, self.word)), unsure: true, ..field }
    }

    /// Adds what an expansion gave, cut into arguments unless it stands in quotes.
    pub fn expansion(&mut self, text: Text, quoted: bool) {
        if quoted || !self.splits {
            self.append(text);
            return;
        }
        if self.separators != Separators::Blanks {
            self.cut_otherwise(text);
            return;
        }
        let split = text.split();
        if split.starts_open {
            self.end_field();
        }
        let count = split.fields.len();
        for (index, field) in split.fields.into_iter().enumerate() {
            self.pattern |= field.known().is_none_or(|text| has_pattern_character(&text));
            let unsure = field.unknown().is_some();
            self.append(field);
            self.unsure |= unsure;
            if index + 1 < count || !split.ends_open {
                self.end_field();
            }
        }
    }

    /// Adds what may become none or several arguments, even in quotes.
    pub fn several(&mut self, text: Text) {
        self.append(text);
        self.unsure = true;
    }

    fn cut_otherwise(&mut self, text: Text) {
        let whole = match (&self.separators, text.known()) {
            (_, Some(known)) if known.is_empty() => return,
            (Separators::Others(at), Some(known)) => !known.contains(|c| at.contains(c)),
            _ => false,
        };
        if whole {
            self.pattern |= text.known().is_some_and(|text| has_pattern_character(&text));
            self.append(text);
            return;
        }
        let unknown = Unknown::new("it is cut where IFS says").seeing(&text.sketch());
        self.push(Piece::missing(unknown, self.word));
        self.unsure = true;
    }

    /// Adds a field that is already made.
    pub fn add(&mut self, field: Field) {
        self.drop_empty();
        self.end_field();
        self.fields.push(field);
    }

    /// Joins everything to one text, as where nothing is cut.
    pub fn joined(mut self) -> Text {
        self.end_field();
        let mut out = Text::default();
        for (index, field) in self.fields.into_iter().enumerate() {
            if index > 0 {
                out.pieces.push(Piece::known(" ", Origin::Computed(self.word)));
            }
            if field.forwards {
                out.pieces.push(Piece::unknown("it holds the script's arguments", self.word));
            }
            out.pieces.extend(field.text.pieces);
        }
        out
    }
}

fn has_pattern_character(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Finds the first character of a pattern; a `[` that is not closed is none.
fn pattern_at(text: &str) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| match c {
        '*' | '?' => Some(at),
        '[' => text.get(at..).is_some_and(|rest| rest.contains(']')).then_some(at),
        _ => None,
    })
}
