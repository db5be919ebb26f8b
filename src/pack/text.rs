//! Strings of packs.

use super::tree::Node;
use crate::text::{Fault, Location, Said, Source, Span, in_toml_string};

/// A string of a pack and where it stands; offsets inside it can be mapped back to the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What the string says.
    pub value: Said,
    /// Where it stands, quotes included.
    pub location: Location,
    stands_in: bool,
}

impl Text {
    pub(super) fn new(source: &Source, span: Span, value: Said) -> Self {
        Self { value, location: source.at(span), stands_in: false }
    }

    /// Takes what is known to be a string.
    pub(super) fn of(source: &Source, string: Node<'_>) -> Self {
        Self::new(source, span_of(string), string.kept())
    }

    /// Makes an empty text for one that is missing or no text, which is blamed already.
    pub(super) fn stand_in(source: &Source, span: Span) -> Self {
        Self { stands_in: true, ..Self::new(source, span, "".into()) }
    }

    /// Tells whether nothing readable was written here, so that nothing follows from it.
    pub fn stands_in(&self) -> bool {
        self.stands_in
    }

    /// Makes a text that says something else because of this one.
    #[must_use]
    pub fn saying(&self, value: impl Into<Said>) -> Self {
        Self { value: value.into(), ..self.clone() }
    }

    /// Returns a part of the text, as a text of its own.
    #[must_use]
    pub fn part(&self, span: Span) -> Self {
        let at = self.raw(span);
        let value = self.value.get(span.start..span.end).unwrap_or_default();
        Self::new(&self.location.source, at, value.to_owned().into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    fn raw(&self, part: Span) -> Span {
        let Location { source, span } = &self.location;
        in_toml_string(source.slice(*span), span.start, &self.value, part)
    }

    /// Returns where a part of the text stands in the file.
    pub fn place(&self, part: Span) -> Location {
        self.location.source.at(self.raw(part))
    }

    /// Moves a fault found inside the text to its place in the file.
    pub fn blame(&self, mut fault: Fault) -> Fault {
        fault.span = self.raw(fault.span);
        fault
    }
}

/// Returns where a value stands.
pub(super) fn span_of(value: Node<'_>) -> Span {
    let place = value.place();
    Span::new(place.start, place.end)
}
