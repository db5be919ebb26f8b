//! Text to override. pest stops here.

use pest::Parser;
use pest::error::InputLocation;
use pest::iterators::{Pair, Pairs};

use super::ast::{Choice, Element, Override, OverrideKind, Quote};
use super::calls;
use super::depth::{check_size, with_room};
use super::mistake::explain;
use super::mistaken_call::{FailedCall, explain_call};
use super::pairs::collapse;
use super::primitive::{primitive, unescaped_quote};
use crate::text::{Fault, Span};
use grammar::Rule as Syntax;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/override.pest"]
    pub struct OverrideParser;
}

/// Reads one override, as hydra-core 1.3.8 does.
///
/// # Errors
/// The first mistake, in the text's bytes: what Hydra's grammar does not take, a function that
/// fails, nesting deeper than [`super::DEEPEST`] or a text longer than [`super::LONGEST`].
pub fn parse(text: &str) -> Result<Override, Fault> {
    let depth = check_size(text)?;
    with_room(depth, || read(text).map_err(|refusal| refusal.explained(text)))
}

/// Tells whether Hydra reads the text; costs no explanation.
pub(super) fn reads(text: &str) -> bool {
    let read = |depth| with_room(depth, || Ok(read(text).is_ok()));
    check_size(text).and_then(read).unwrap_or(false)
}

/// Why a text is no override, not yet explained.
enum Refusal {
    /// The grammar stops at this byte.
    Syntax(usize),
    /// A function fails.
    Call(FailedCall),
    /// What explains itself.
    Told(Fault),
}

impl Refusal {
    fn explained(self, text: &str) -> Fault {
        match self {
            Self::Syntax(at) => explain(text, at),
            Self::Call(call) => explain_call(text, &call),
            Self::Told(fault) => fault,
        }
    }
}

fn read(text: &str) -> Result<Override, Refusal> {
    let mut pairs = grammar::OverrideParser::parse(Syntax::line, text).map_err(|error| {
        Refusal::Syntax(match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        })
    })?;
    let mut lower = Lower { interpolations: Vec::new() };
    let mut parsed = Override {
        kind: OverrideKind::Change,
        key: String::new(),
        package: None,
        value: None,
        text: text.to_owned(),
        key_span: Span::at(0),
        value_span: None,
        interpolations: Vec::new(),
    };
    for pair in pairs.next().into_iter().flat_map(Pair::into_inner) {
        lower.part(pair, &mut parsed)?;
    }
    let deletes = parsed.kind == OverrideKind::Delete;
    if parsed.value.is_none() && !deletes {
        return Err(Refusal::Syntax(text.len()));
    }
    parsed.interpolations = lower.interpolations;
    Ok(parsed)
}

/// Turns pest's pairs into elements.
struct Lower {
    interpolations: Vec<String>,
}

impl Lower {
    fn part(&mut self, pair: Pair<'_, Syntax>, parsed: &mut Override) -> Result<(), Refusal> {
        let span = span_of(&pair);
        match pair.as_rule() {
            Syntax::sigil => parsed.kind = kind(pair.as_str()),
            Syntax::name => {
                parsed.key = pair.as_str().to_owned();
                parsed.key_span = span;
            }
            Syntax::package => {
                parsed.package = Some(pair.as_str().to_owned());
            }
            Syntax::assign => {
                parsed.value = Some(Element::Str(String::new()));
                parsed.value_span = Some(Span::at(span.end));
            }
            Syntax::value => {
                parsed.value = Some(self.value(pair)?);
                parsed.value_span = Some(span);
            }
            _ => {}
        }
        Ok(())
    }

    fn value(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Refusal> {
        let inner = pair.into_inner();
        if let (Some(only), 1) = (inner.peek(), inner.len()) {
            return self.element(only);
        }
        let items = self.elements(inner)?;
        Ok(Element::Choice(Choice { items, simple: true, shuffle: false, tags: Vec::new() }))
    }

    fn elements(&mut self, pairs: Pairs<'_, Syntax>) -> Result<Vec<Element>, Refusal> {
        pairs.map(|pair| self.element(pair)).collect()
    }

    fn element(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Refusal> {
        match pair.as_rule() {
            Syntax::list => Ok(Element::List(self.elements(pair.into_inner())?)),
            Syntax::dict => self.dict(pair),
            Syntax::call => self.call(pair),
            Syntax::quoted => Ok(quoted(pair.as_str())),
            _ => self.primitive(&pair),
        }
    }

    fn primitive(&mut self, pair: &Pair<'_, Syntax>) -> Result<Element, Refusal> {
        primitive(pair.as_str(), &mut self.interpolations).map_err(|message| {
            let fault = Fault::new("hydrule::override::number", span_of(pair), message);
            let fault = fault.labelled("too many digits");
            Refusal::Told(fault.helped("put quotes around it to make it text"))
        })
    }

    fn dict(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Refusal> {
        let mut pairs = Vec::new();
        for entry in pair.into_inner() {
            let mut parts = entry.into_inner();
            if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                pairs.push((self.primitive(&key)?, self.element(value)?));
            }
        }
        Ok(Element::Dict(collapse(pairs)))
    }

    fn call(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Refusal> {
        let span = span_of(&pair);
        let mut parts = pair.into_inner();
        let Some(name) = parts.next() else { return Ok(Element::Null) };
        let (mut positional, mut named) = (Vec::new(), Vec::<(String, Element)>::new());
        for argument in parts {
            let at = span_of(&argument);
            let mut inner = argument.into_inner();
            let Some(first) = inner.next() else { continue };
            if first.as_rule() != Syntax::keyword {
                if !named.is_empty() {
                    let message = "a positional argument follows a named one";
                    let fault = Fault::new("hydrule::override::argument_order", at, message);
                    return Err(Refusal::Told(fault.helped("move it before the first `name=`")));
                }
                positional.push(self.element(first)?);
            } else if let Some(value) = inner.next() {
                let value = self.element(value)?;
                named.retain(|(name, _)| name != first.as_str());
                named.push((first.as_str().to_owned(), value));
            }
        }
        let called = calls::call(name.as_str(), positional, named);
        called.map_err(|wrong| {
            let (name_span, name) = (span_of(&name), name.as_str().to_owned());
            Refusal::Call(FailedCall { name, name_span, span, wrong })
        })
    }
}

fn span_of(pair: &Pair<'_, Syntax>) -> Span {
    let span = pair.as_span();
    Span::new(span.start(), span.end())
}

fn kind(sigil: &str) -> OverrideKind {
    match sigil {
        "+" => OverrideKind::Add,
        "++" => OverrideKind::ForceAdd,
        "~" => OverrideKind::Delete,
        _ => OverrideKind::Change,
    }
}

fn quoted(text: &str) -> Element {
    let (quote, sign) =
        if text.starts_with('"') { (Quote::Double, '"') } else { (Quote::Single, '\'') };
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    Element::Quoted(quote, unescaped_quote(inner, sign))
}
