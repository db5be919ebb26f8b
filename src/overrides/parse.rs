//! Text to override. pest stops here.

use pest::Parser;
use pest::error::InputLocation;
use pest::iterators::Pair;

use super::ast::{Choice, Element, Override, OverrideKind, Quote};
use super::calls;
use super::depth::{check_size, with_room};
use super::mistake::explain;
use super::pairs::collapse;
use super::primitive::{primitive, unescaped_quote};
use crate::text::{Fault, Span, nearest};
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
    with_room(depth, || read(text))
}

fn read(text: &str) -> Result<Override, Fault> {
    let mut pairs = grammar::OverrideParser::parse(Syntax::line, text).map_err(|error| {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        explain(text, at)
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
        return Err(explain(text, text.len()));
    }
    parsed.interpolations = lower.interpolations;
    Ok(parsed)
}

/// Turns pest's pairs into elements.
struct Lower {
    interpolations: Vec<String>,
}

impl Lower {
    fn part(&mut self, pair: Pair<'_, Syntax>, parsed: &mut Override) -> Result<(), Fault> {
        let span = span_of(&pair);
        match pair.as_rule() {
            Syntax::sigil => parsed.kind = kind(pair.as_str()),
            Syntax::name => {
                parsed.key = pair.as_str().to_owned();
                parsed.key_span = span;
            }
            Syntax::package => {
                parsed.package = Some(pair.as_str().trim_start_matches('@').to_owned());
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

    fn value(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Fault> {
        let mut items = self.elements(pair)?;
        if items.len() == 1 {
            return Ok(items.remove(0));
        }
        Ok(Element::Choice(Choice { items, simple: true, shuffle: false, tags: Vec::new() }))
    }

    fn elements(&mut self, pair: Pair<'_, Syntax>) -> Result<Vec<Element>, Fault> {
        pair.into_inner().map(|inner| self.element(inner)).collect()
    }

    fn element(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Fault> {
        match pair.as_rule() {
            Syntax::list => Ok(Element::List(self.elements(pair)?)),
            Syntax::dict => self.dict(pair),
            Syntax::call => self.call(pair),
            Syntax::quoted => Ok(quoted(pair.as_str())),
            _ => self.primitive(&pair),
        }
    }

    fn primitive(&mut self, pair: &Pair<'_, Syntax>) -> Result<Element, Fault> {
        primitive(pair.as_str(), &mut self.interpolations).map_err(|message| {
            Fault::new("hydrule::override::number", span_of(pair), message)
                .labelled("too many digits")
        })
    }

    fn dict(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Fault> {
        let mut pairs = Vec::new();
        for entry in pair.into_inner() {
            let mut parts = entry.into_inner();
            if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                pairs.push((self.primitive(&key)?, self.element(value)?));
            }
        }
        Ok(Element::Dict(collapse(pairs)))
    }

    fn call(&mut self, pair: Pair<'_, Syntax>) -> Result<Element, Fault> {
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
                    return Err(fault.helped("move it before the first `name=`"));
                }
                positional.push(self.element(first)?);
            } else if let Some(value) = inner.next() {
                let value = self.element(value)?;
                named.retain(|(name, _)| name != first.as_str());
                named.push((first.as_str().to_owned(), value));
            }
        }
        calls::call(name.as_str(), positional, named)
            .map_err(|wrong| call_fault(name.as_str(), span_of(&name), span, wrong))
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

fn call_fault(name: &str, name_span: Span, span: Span, wrong: String) -> Fault {
    if calls::LATER.contains(&name) {
        let message = format!("hydra-core 1.3.8 has no function `{name}`; later versions do");
        return Fault::new("hydrule::override::later_function", name_span, message)
            .labelled("needs a newer Hydra")
            .helped("write the value itself, or quote it to make it text");
    }
    if !calls::FUNCTIONS.contains(&name) {
        let fault = Fault::new("hydrule::override::unknown_function", name_span, wrong)
            .labelled("no such function");
        let help = match nearest(name, calls::FUNCTIONS, 1).first() {
            Some(near) => format!("did you mean `{near}`? Text with parentheses needs quotes"),
            None => format!(
                "quote the value if it is text; the functions are {}",
                calls::FUNCTIONS.join(", ")
            ),
        };
        return fault.helped(help);
    }
    Fault::new("hydrule::override::call", span, wrong).labelled(format!("`{name}` fails here"))
}
