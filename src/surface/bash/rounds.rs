//! One launch of what a loop starts in every round.

use indexmap::IndexMap;

use super::launch::{Argument, Launch, Passed};
use super::piece::{Piece, Text, Unknown};
use crate::text::Span;

/// Joins launches that stand at one place to one in which what differs is unknown; none where they
/// differ in more than texts.
pub(super) fn joined(launches: Vec<Launch>, why: &str) -> Option<Vec<Launch>> {
    let mut places: IndexMap<(String, Span), Launch> = IndexMap::new();
    for launch in launches {
        let place = (launch.location.source.name().to_owned(), launch.location.span);
        let both = match places.get(&place) {
            None => launch,
            Some(first) => joined_two(first, &launch, why)?,
        };
        places.insert(place, both);
    }
    Some(places.into_values().collect())
}

fn joined_two(first: &Launch, second: &Launch, why: &str) -> Option<Launch> {
    let same = first.program == second.program
        && first.module == second.module
        && first.forwards == second.forwards
        && first.condition == second.condition;
    let join = |left: &Text, right: &Text, word: Span| text(left, right, word, why);
    let words = pairs(&first.words, &second.words)?;
    let words = words.map(|(left, right)| {
        let text = join(&left.text, &right.text, first.location.span);
        let several = left.several || right.several;
        (left.role == right.role).then_some(Passed { text, role: left.role, several })
    });
    let arguments = pairs(&first.arguments, &second.arguments)?;
    let arguments = arguments.map(|(left, right)| {
        let text = join(&left.text, &right.text, left.word);
        let several = left.several || right.several;
        let same = left.word == right.word && left.array == right.array;
        same.then(|| Argument { text, several, ..left.clone() })
    });
    let environment = pairs(&first.environment, &second.environment)?;
    let environment = environment.map(|((name, left), (other, right))| {
        (name == other).then(|| (name.clone(), join(left, right, first.location.span)))
    });
    let sketches = pairs(&first.rest, &second.rest)?;
    let rest = sketches.map(|(left, right)| either(left, right));
    let flags = pairs(&first.flags, &second.flags)?;
    let flags = flags.map(|(left, right)| common(left, right));
    let joined = Launch {
        words: words.collect::<Option<_>>()?,
        arguments: arguments.collect::<Option<_>>()?,
        environment: environment.collect::<Option<_>>()?,
        rest: rest.collect(),
        flags: flags.collect(),
        ..first.clone()
    };
    same.then_some(joined)
}

fn pairs<'a, T>(left: &'a [T], right: &'a [T]) -> Option<impl Iterator<Item = (&'a T, &'a T)>> {
    (left.len() == right.len()).then(|| left.iter().zip(right))
}

/// Keeps the pieces that both begin with; the rest is unknown where it differs.
fn text(left: &Text, right: &Text, word: Span, why: &str) -> Text {
    if left == right {
        return left.clone();
    }
    let same = left.pieces.iter().zip(&right.pieces).take_while(|(a, b)| a == b).count();
    let name = left.pieces.get(same).and_then(|piece| Some(piece.via.last()?.variable.to_string()));
    let name = name.unwrap_or_else(|| "it".to_owned());
    let unknown = Unknown::new(format!("{name} takes several values in {why}"));
    let unknown = unknown.seeing(&left.sketch()).seeing(&right.sketch());
    let mut pieces: Vec<Piece> = left.pieces.iter().take(same).cloned().collect();
    pieces.push(Piece::missing(unknown, word));
    Text { pieces }
}

fn either(left: &str, right: &str) -> String {
    if left == right { left.to_owned() } else { format!("{left}\u{4}{right}") }
}

fn common(left: &str, right: &str) -> String {
    left.chars().zip(right.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}
