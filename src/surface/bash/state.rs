//! What a script knows while it runs: variables, arguments, functions.

use std::rc::Rc;

use brush_parser::ast::FunctionBody;
use indexmap::IndexMap;

use super::piece::{Origin, Piece, Text};
use crate::text::Span;

/// What a script takes from outside.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Environment variables that were told; others count as not set.
    pub environment: IndexMap<String, String>,
}

/// A variable's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Var {
    /// A text.
    Text(Text),
    /// An array.
    Array(Vec<Element>),
    /// Nothing tells, and why.
    Unknown(String),
}

/// An element of an array: its text and the word that gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// The text.
    pub text: Text,
    /// The word in the array's parentheses.
    pub word: Span,
}

/// Everything that statements change.
#[derive(Clone, Default)]
pub struct State {
    /// Variables by name.
    pub vars: IndexMap<String, Var>,
    /// The arguments, first to last; none where they are whatever the caller gives.
    pub arguments: Option<Vec<Text>>,
    /// Functions by name.
    pub functions: IndexMap<String, Rc<FunctionBody>>,
}

impl State {
    /// Merges the state at the end of another branch: what differs is unknown.
    pub fn join(&mut self, other: &Self, why: &str) {
        let names: Vec<String> = self
            .vars
            .keys()
            .chain(other.vars.keys())
            .cloned()
            .collect::<indexmap::IndexSet<_>>()
            .into_iter()
            .collect();
        for name in names {
            let joined = join_var(self.vars.get(&name), other.vars.get(&name), &name, why);
            self.vars.insert(name, joined);
        }
        if self.arguments != other.arguments {
            self.arguments = None;
        }
        for (name, body) in &other.functions {
            self.functions.entry(name.clone()).or_insert_with(|| Rc::clone(body));
        }
    }

    /// Lists the variables whose value differs in the other state.
    pub fn changed(&self, other: &Self) -> Vec<String> {
        let names = self.vars.keys().chain(other.vars.keys());
        let differs = |name: &&String| self.vars.get(*name) != other.vars.get(*name);
        names.filter(differs).cloned().collect::<indexmap::IndexSet<_>>().into_iter().collect()
    }
}

fn join_var(left: Option<&Var>, right: Option<&Var>, name: &str, why: &str) -> Var {
    match (left, right) {
        (Some(left), Some(right)) if left == right => left.clone(),
        (Some(Var::Text(left)), Some(Var::Text(right)))
            if left.known().is_some() && left.known() == right.known() =>
        {
            // The same text from two places: known, but no single place to edit.
            let span = left.pieces.first().map_or(Span::at(0), |piece| piece.origin.span());
            let text = left.known().unwrap_or_default();
            Var::Text(Text::of(Piece::known(text, Origin::Computed(span))))
        }
        (Some(Var::Array(left)), Some(Var::Array(right))) => {
            Var::Array(join_arrays(left, right, why))
        }
        (Some(Var::Array(elements)), None) | (None, Some(Var::Array(elements))) => {
            Var::Array(elements.iter().map(|element| doubtful(element, why)).collect())
        }
        _ => Var::Unknown(format!("{name} depends on {why}")),
    }
}

/// What only one branch appends may or may not be there; its key still counts.
fn join_arrays(left: &[Element], right: &[Element], why: &str) -> Vec<Element> {
    let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let common = left.iter().take(same).cloned();
    let rest = left.iter().skip(same).chain(right.iter().skip(same));
    common.chain(rest.map(|element| doubtful(element, why))).collect()
}

fn doubtful(element: &Element, why: &str) -> Element {
    let start = element.text.known_start();
    let key = start.split_once('=').map_or(String::new(), |(key, _)| format!("{key}="));
    let mut text = Text::default();
    if !key.is_empty() {
        text.pieces.push(Piece::known(key, Origin::Computed(element.word)));
    }
    text.pieces
        .push(Piece::unknown(format!("it is passed or not, depending on {why}"), element.word));
    Element { text, word: element.word }
}
