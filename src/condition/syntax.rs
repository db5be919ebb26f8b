//! Text to syntax: what the grammar finds, as a row of nodes. pest stops here. `build.rs` is made of this file
//! as well: the expressions of packs that ship are read when the program is built.

use pest::error::{Error, ErrorVariant, InputLocation};
use pest::{Parser as _, Token};

pub use grammar::Rule;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/condition.pest"]
    pub struct ConditionParser;
}

/// What a rule of the grammar found. Behind it stands what is inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The rule.
    pub rule: Rule,
    /// Where it starts in the text, in bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// How many of the next nodes are inside it.
    pub inside: u32,
}

/// Where the grammar does not go on.
#[derive(Debug)]
pub struct Stop {
    /// The place in the text, in bytes.
    pub at: usize,
    /// What may stand there.
    pub expected: Vec<Rule>,
}

/// Reads an expression, which is shorter than 4 GiB.
///
/// # Errors
/// Where the grammar does not go on.
pub fn read(text: &str) -> Result<Vec<Node>, Stop> {
    let pairs = grammar::ConditionParser::parse(Rule::condition, text).map_err(|it| stop(&it))?;
    let (mut nodes, mut open) = (Vec::new(), Vec::new());
    for token in pairs.tokens() {
        match token {
            Token::Start { rule, pos } => {
                open.push(nodes.len());
                nodes.push(Node { rule, start: pos.pos() as u32, end: 0, inside: 0 });
            }
            Token::End { pos, .. } => {
                let Some(at) = open.pop() else { continue };
                let behind = nodes.len() - at - 1;
                if let Some(node) = nodes.get_mut(at) {
                    (node.end, node.inside) = (pos.pos() as u32, behind as u32);
                }
            }
        }
    }
    Ok(nodes)
}

fn stop(error: &Error<Rule>) -> Stop {
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Stop { at, expected }
}
