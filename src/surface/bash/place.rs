//! Where an argument's value stands.

use indexmap::IndexSet;

use super::launch::Argument;
use super::piece::{Origin, Piece};
use crate::text::Span;

/// What gives an argument its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// Characters at the override itself.
    Literal(Span),
    /// A variable's assignment.
    Variable(Vec<String>, Span),
    /// The default of a variable that the environment may set.
    Default(String, Span),
    /// Several pieces, or a computation; with the variables read.
    Computed(Vec<String>, Span),
    /// Nothing tells.
    Unknown(String, Span),
}

impl Placed {
    /// Returns the place.
    pub fn span(&self) -> Span {
        match self {
            Self::Literal(span)
            | Self::Variable(_, span)
            | Self::Default(_, span)
            | Self::Computed(_, span)
            | Self::Unknown(_, span) => *span,
        }
    }
}

impl Argument {
    /// Returns the pieces of the value.
    pub fn value_pieces(&self) -> Vec<Piece> {
        let known = self.text.known_start();
        let start = known.find('=').map_or(known.len(), |at| at + 1);
        self.text.from(start)
    }

    /// Tells whether the whole override was given to the script from outside.
    pub fn is_given(&self) -> bool {
        let outside = self.text.pieces.iter().all(|piece| piece.origin == Origin::Outside);
        outside && !self.text.pieces.is_empty()
    }

    /// Where a piece stands in the script: of what comes from outside, the word that takes it.
    fn inside(&self, origin: Origin) -> Span {
        if origin == Origin::Outside { self.word } else { origin.span() }
    }

    /// Tells where the value stands.
    pub fn placed(&self) -> Placed {
        let pieces = self.value_pieces();
        let unknown =
            pieces.iter().find_map(|piece| Some((piece.text.as_ref().err()?, piece.origin)));
        if let Some((why, origin)) = unknown {
            return Placed::Unknown(why.why.clone(), origin.span());
        }
        let variables = || {
            let steps = pieces.iter().flat_map(|piece| &piece.via);
            let names: IndexSet<&str> = steps.map(|step| &*step.variable).collect();
            names.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        match pieces.as_slice() {
            [] => Placed::Literal(self.word),
            [piece] => match (piece.origin, piece.via.is_empty()) {
                (Origin::Literal(span, _), true) => Placed::Literal(span),
                (Origin::Literal(span, _), false) => {
                    match piece.via.iter().find(|step| step.default) {
                        Some(step) => Placed::Default(step.variable.to_string(), span),
                        None => Placed::Variable(variables(), span),
                    }
                }
                (_, true) => Placed::Literal(self.word),
                (origin, false) => Placed::Computed(variables(), self.inside(origin)),
            },
            many if many.iter().all(|piece| piece.via.is_empty()) => Placed::Literal(self.word),
            many => {
                let span = many.iter().find(|piece| !piece.via.is_empty());
                let span = span.map_or(self.word, |piece| self.inside(piece.origin));
                Placed::Computed(variables(), span)
            }
        }
    }
}
