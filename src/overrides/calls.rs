//! Hydra's functions: casts, sweeps, and what may be done to them.

use super::ast::{Choice, Element, Glob, Interval, Number, Range};
use super::mistake::brief;
use super::print::element_text;
use super::python::{MOST_DIGITS, float_from_text, int_from_text};
use super::sort::sorted;
use crate::text::nearest;

/// Every function of hydra-core 1.3.8.
pub const FUNCTIONS: [&str; 11] = [
    "bool", "choice", "float", "glob", "int", "interval", "range", "shuffle", "sort", "str", "tag",
];

/// Functions that only later versions of Hydra know.
pub const LATER: [&str; 2] = ["extend_list", "json_str"];

/// The names that arguments of these functions may have.
const PARAMETERS: [&str; 10] =
    ["end", "exclude", "include", "list", "reverse", "start", "step", "stop", "sweep", "value"];

/// What is wrong with a call, in a sentence.
pub type Wrong = String;

/// A call's arguments; texts lost their quotes, as Hydra takes them off.
pub struct Arguments {
    name: String,
    positional: Vec<Element>,
    named: Vec<(String, Element)>,
}

/// Evaluates a call.
pub fn call(
    name: &str,
    positional: Vec<Element>,
    named: Vec<(String, Element)>,
) -> Result<Element, Wrong> {
    let named = named.into_iter().map(|(name, value)| (name, unquoted(value))).collect();
    let positional = positional.into_iter().map(unquoted).collect();
    let arguments = Arguments { name: name.to_owned(), positional, named };
    match name {
        "int" => arguments.cast(Cast::Int),
        "float" => arguments.cast(Cast::Float),
        "str" => arguments.cast(Cast::Str),
        "bool" => arguments.cast(Cast::Bool),
        "choice" => arguments.choice(),
        "range" => arguments.range(),
        "interval" => arguments.interval(),
        "tag" => arguments.tag(),
        "shuffle" => arguments.shuffle(),
        "sort" => arguments.sort(),
        "glob" => arguments.glob(),
        other => Err(format!("there is no function `{other}`")),
    }
}

fn unquoted(element: Element) -> Element {
    match element {
        Element::Quoted(_, text) => Element::Str(text),
        other => other,
    }
}

/// Names a value's kind for messages.
fn kind(element: &Element) -> &'static str {
    match element {
        Element::Null => "null",
        Element::Number(Number::Bool(_)) => "a boolean",
        Element::Number(Number::Int(_)) => "an integer",
        Element::Number(Number::Float(_)) => "a float",
        Element::Str(_) | Element::Quoted(..) => "a text",
        Element::List(_) => "a list",
        Element::Dict(_) => "a dict",
        Element::Choice(_) => "a choice sweep",
        Element::Range(_) => "a range",
        Element::Interval(_) => "an interval",
        Element::Glob(_) => "a glob",
    }
}

/// Plain values and texts: what may stand in a simple choice.
fn is_plain(element: &Element) -> bool {
    !element.is_sweep()
}

impl Arguments {
    /// Takes a named argument out; a repeated name counts as its last value.
    fn take(&mut self, name: &str) -> Option<Element> {
        let found = self.named.iter().rposition(|(it, _)| it == name)?;
        let value = self.named.get(found).map(|(_, value)| value.clone());
        self.named.retain(|(it, _)| it != name);
        value
    }

    /// Takes the parameter at a position or by name.
    fn parameter(&mut self, index: usize, name: &str) -> Result<Option<Element>, Wrong> {
        let named = self.take(name);
        match (self.positional.get(index).cloned(), named) {
            (Some(_), Some(_)) => Err(format!("`{name}` is given twice")),
            (at, named) => Ok(at.or(named)),
        }
    }

    /// Refuses what no parameter took.
    fn finish(&self, most: Option<usize>) -> Result<(), Wrong> {
        if let Some((name, _)) = self.named.first() {
            let near = nearest(name, PARAMETERS, 1).first().copied();
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("`{}` has no argument `{name}`{near}", self.name));
        }
        match most {
            Some(most) if self.positional.len() > most => {
                Err(format!("`{}` takes at most {most} arguments", self.name))
            }
            _ => Ok(()),
        }
    }

    fn refuse(&self, element: &Element) -> Wrong {
        const SHORT: usize = 40;
        let text = element_text(element).filter(|text| text.len() <= SHORT && *text != "null");
        let text = text.map(|text| format!(": `{text}`")).unwrap_or_default();
        format!("`{}` cannot take {}{text}", self.name, kind(element))
    }

    fn cast(mut self, cast: Cast) -> Result<Element, Wrong> {
        let value = self.take("value");
        self.finish(None)?;
        for argument in self.positional.iter().chain(&value) {
            if matches!(argument, Element::Glob(_)) {
                return Err(self.refuse(argument));
            }
        }
        let value = value.filter(|value| *value != Element::Null);
        if value.is_some() && !self.positional.is_empty() {
            return Err(format!("`{}` takes values or `value=`, not both", self.name));
        }
        let value = match (value, self.positional.len()) {
            (Some(value), _) => value,
            (None, 0) => return Err(format!("`{}` needs a value", self.name)),
            (None, 1) => self.positional.into_iter().next().unwrap_or(Element::Null),
            (None, _) => simple_choice(self.positional, false)?,
        };
        cast.apply(value)
    }

    fn choice(mut self) -> Result<Element, Wrong> {
        self.finish(None)?;
        for argument in &self.positional {
            let ok = matches!(argument, Element::Choice(_)) || is_plain(argument);
            if !ok || *argument == Element::Null {
                return Err(self.refuse(argument));
            }
        }
        match self.positional.as_mut_slice() {
            [] => Err("`choice` needs values to choose from".to_owned()),
            [Element::Choice(inner)] => {
                if !inner.simple {
                    return Err("a choice cannot be nested in a choice".to_owned());
                }
                Ok(Element::Choice(Choice { simple: false, ..inner.clone() }))
            }
            _ => Ok(Element::Choice(Choice {
                items: self.positional,
                simple: false,
                shuffle: false,
                tags: Vec::new(),
            })),
        }
    }

    fn number(&self, name: &str, element: Option<Element>) -> Result<Number, Wrong> {
        match element {
            Some(Element::Number(number)) => Ok(number),
            Some(other) => Err(self.refuse(&other)),
            None => Err(format!("`{}` needs `{name}`", self.name)),
        }
    }

    fn range(mut self) -> Result<Element, Wrong> {
        let start = self.parameter(0, "start")?;
        let stop = self.parameter(1, "stop")?.filter(|stop| *stop != Element::Null);
        let step = self.parameter(2, "step")?;
        self.finish(Some(3))?;
        let start = self.number("start", start)?;
        let stop = stop.map(|stop| self.number("stop", Some(stop))).transpose()?;
        let step = step.map_or(Ok(Number::int(1)), |step| self.number("step", Some(step)))?;
        let (start, stop) = match stop {
            Some(stop) => (start, stop),
            None => (Number::int(0), start),
        };
        Ok(Element::Range(Range { start, stop, step, shuffle: false, tags: Vec::new() }))
    }

    fn interval(mut self) -> Result<Element, Wrong> {
        let start = self.parameter(0, "start")?;
        let end = self.parameter(1, "end")?;
        self.finish(Some(2))?;
        let float = |number: Number| {
            let float = number.to_float().ok_or("the number is too large for a float")?;
            Ok::<Number, Wrong>(Number::Float(float))
        };
        let start = float(self.number("start", start)?)?;
        let end = float(self.number("end", end)?)?;
        Ok(Element::Interval(Interval { start, end, tags: Vec::new() }))
    }

    fn tag(mut self) -> Result<Element, Wrong> {
        let sweep = self.take("sweep");
        self.finish(None)?;
        for argument in self.positional.iter().chain(&sweep) {
            let taggable = argument.is_sweep() && !matches!(argument, Element::Glob(_));
            let null = sweep.as_ref() == Some(argument) && *argument == Element::Null;
            if !taggable && !null && !matches!(argument, Element::Str(_)) {
                return Err(self.refuse(argument));
            }
        }
        if self.positional.is_empty() {
            return Err("`tag` needs a sweep to tag".to_owned());
        }
        if matches!(sweep, Some(Element::Str(_))) {
            return Err("`tag` needs a sweep to tag".to_owned());
        }
        self.positional.extend(sweep.filter(|sweep| *sweep != Element::Null));
        let mut sweep = self.positional.pop().unwrap_or(Element::Null);
        let mut names = Vec::new();
        for argument in self.positional {
            match argument {
                Element::Str(name) => names.push(name),
                other => return Err(format!("a tag is a text, not {}", kind(&other))),
            }
        }
        names.sort();
        names.dedup();
        match &mut sweep {
            Element::Choice(Choice { tags, .. })
            | Element::Range(Range { tags, .. })
            | Element::Interval(Interval { tags, .. }) => *tags = names,
            other => return Err(format!("`tag` ends with a sweep, not {}", kind(other))),
        }
        Ok(sweep)
    }

    /// Checks the types that `shuffle` and `sort` take.
    fn check_sortable(&self) -> Result<(), Wrong> {
        let wrong = |element: &&Element| {
            matches!(element, Element::Null | Element::Interval(_) | Element::Glob(_))
        };
        match self.positional.iter().find(wrong) {
            Some(argument) => Err(self.refuse(argument)),
            None => Ok(()),
        }
    }

    /// Takes `sweep=` and `list=`, checked; null counts as not given.
    fn sweep_or_list(&mut self) -> Result<(Option<Element>, Option<Element>), Wrong> {
        let (sweep, list) = (self.take("sweep"), self.take("list"));
        let given = |element: Option<Element>| element.filter(|it| *it != Element::Null);
        let (sweep, list) = (given(sweep), given(list));
        match (&sweep, &list) {
            (Some(other), _) if !matches!(other, Element::Choice(_) | Element::Range(_)) => {
                Err(self.refuse(other))
            }
            (_, Some(other)) if !matches!(other, Element::List(_)) => Err(self.refuse(other)),
            _ => Ok((sweep, list)),
        }
    }

    fn shuffle(mut self) -> Result<Element, Wrong> {
        let (sweep, list) = self.sweep_or_list()?;
        self.finish(None)?;
        self.check_sortable()?;
        if let Some(one) = list.or(sweep) {
            return Ok(shuffled(one));
        }
        if self.positional.len() == 1 {
            return Ok(shuffled(self.positional.into_iter().next().unwrap_or(Element::Null)));
        }
        simple_choice(self.positional, true)
    }

    fn sort(mut self) -> Result<Element, Wrong> {
        let (sweep, list) = self.sweep_or_list()?;
        let reverse = match self.take("reverse") {
            None => false,
            Some(Element::Number(Number::Bool(reverse))) => reverse,
            Some(other) => return Err(self.refuse(&other)),
        };
        self.finish(None)?;
        self.check_sortable()?;
        if let Some(one) = list.or(sweep) {
            return sort_one(one, reverse);
        }
        if self.positional.len() == 1 {
            let one = self.positional.into_iter().next().unwrap_or(Element::Null);
            return sort_one(one, reverse);
        }
        let primitive = |it: &Element| matches!(it, Element::Number(_) | Element::Str(_));
        if let Some(other) = self.positional.iter().find(|it| !primitive(it)) {
            return Err(self.refuse(other));
        }
        if self.positional.is_empty() {
            return Err("`sort` needs values".to_owned());
        }
        sort_one(simple_choice(self.positional, false)?, reverse)
    }

    fn glob(mut self) -> Result<Element, Wrong> {
        let include = self.parameter(0, "include")?;
        let exclude = self.parameter(1, "exclude")?;
        self.finish(Some(2))?;
        let list = |element: Option<Element>| match element {
            Some(Element::List(items)) => Ok(items),
            Some(text @ Element::Str(_)) => Ok(vec![text]),
            Some(other) => Err(self.refuse(&other)),
            None => Err("`glob` needs a pattern".to_owned()),
        };
        let exclude = match exclude {
            None | Some(Element::Null) => Vec::new(),
            given => list(given)?,
        };
        Ok(Element::Glob(Glob { include: list(include)?, exclude }))
    }
}

fn simple_choice(items: Vec<Element>, shuffle: bool) -> Result<Element, Wrong> {
    match items.iter().find(|item| !is_plain(item)) {
        Some(sweep) => Err(format!("{} cannot be one of several values", kind(sweep))),
        None => Ok(Element::Choice(Choice { items, simple: true, shuffle, tags: Vec::new() })),
    }
}

fn shuffled(element: Element) -> Element {
    match element {
        Element::Choice(choice) => Element::Choice(Choice { shuffle: true, ..choice }),
        Element::Range(range) => Element::Range(Range { shuffle: true, ..range }),
        // The order of a list is random when Hydra runs; here it stays.
        list @ Element::List(_) => list,
        other => Element::List(vec![other]),
    }
}

fn sort_one(element: Element, reverse: bool) -> Result<Element, Wrong> {
    let list = |items| {
        sorted(items, reverse)
            .map_err(|_| "these values cannot be ordered among one another".to_owned())
    };
    Ok(match element {
        Element::Choice(choice) => {
            Element::Choice(Choice { items: list(choice.items.clone())?, ..choice })
        }
        Element::Range(range) => Element::Range(sort_range(range, reverse)?),
        Element::List(items) => Element::List(list(items)?),
        other => other,
    })
}

/// Turns a range around the way hydra-core 1.3.8 does, which is not always the same numbers.
fn sort_range(range: Range, reverse: bool) -> Result<Range, Wrong> {
    use std::cmp::Ordering;
    let order = range.start.compare(&range.stop);
    let turn = if reverse { Some(Ordering::Less) } else { Some(Ordering::Greater) };
    if order != turn {
        return Ok(range);
    }
    let width = range.step.magnitude();
    let moved = |number: &Number| {
        let moved = if reverse { number.minus(&width) } else { number.plus(&width) };
        moved.ok_or_else(|| "the number is too large for a float".to_owned())
    };
    let (start, stop) = (moved(&range.stop)?, moved(&range.start)?);
    let step = range.step.negated();
    Ok(Range { start, stop, step, ..range })
}

/// The four casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cast {
    Int,
    Float,
    Str,
    Bool,
}

impl Cast {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Str => "str",
            Self::Bool => "bool",
        }
    }

    fn apply(self, element: Element) -> Result<Element, Wrong> {
        match element {
            Element::List(items) => Ok(Element::List(self.all(items)?)),
            Element::Dict(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| Ok((key, self.apply(value)?)));
                Ok(Element::Dict(pairs.collect::<Result<_, Wrong>>()?))
            }
            Element::Choice(choice) => {
                let items = self.all(choice.items)?;
                if let Some(wrong) = items.iter().find(|it| !is_plain(it)) {
                    return Err(format!("`{}` cannot take {} here", self.name(), kind(wrong)));
                }
                let (shuffle, tags) = (false, Vec::new());
                Ok(Element::Choice(Choice { items, simple: choice.simple, shuffle, tags }))
            }
            Element::Range(range) if matches!(self, Self::Int | Self::Float) => {
                Ok(Element::Range(Range {
                    start: self.number(&range.start)?,
                    stop: self.number(&range.stop)?,
                    step: self.number(&range.step)?,
                    shuffle: false,
                    tags: Vec::new(),
                }))
            }
            Element::Interval(it) if matches!(self, Self::Int | Self::Float) => {
                let (start, end) = (self.number(&it.start)?, self.number(&it.end)?);
                Ok(Element::Interval(Interval { start, end, tags: it.tags }))
            }
            Element::Number(number) if self == Self::Str => Ok(Element::Str(text_of(&number)?)),
            Element::Number(number) => self.number(&number).map(Element::Number),
            Element::Str(text) | Element::Quoted(_, text) => self.text(&text),
            Element::Null if self == Self::Bool => Ok(Element::Number(Number::Bool(false))),
            // Python counts a glob as true, as any object.
            Element::Glob(_) if self == Self::Bool => Ok(Element::Number(Number::Bool(true))),
            other => Err(format!("{} cannot become {}", kind(&other), self.name())),
        }
    }

    fn all(self, items: Vec<Element>) -> Result<Vec<Element>, Wrong> {
        items.into_iter().map(|item| self.apply(item)).collect()
    }

    fn number(self, number: &Number) -> Result<Number, Wrong> {
        let wrong = || format!("`{}` cannot become {}", brief(&number.text()), self.name());
        match self {
            Self::Int => number.to_int().map(Number::Int).ok_or_else(wrong),
            Self::Float => number.to_float().map(Number::Float).ok_or_else(wrong),
            _ => {
                let zero = number.compare(&Number::int(0)) == Some(std::cmp::Ordering::Equal);
                Ok(Number::Bool(!zero))
            }
        }
    }

    fn text(self, text: &str) -> Result<Element, Wrong> {
        let wrong = || format!("`{}` cannot become {}", brief(text), self.name());
        Ok(match self {
            Self::Str => Element::Str(text.to_owned()),
            Self::Int => Element::Number(Number::Int(int_from_text(text).ok_or_else(wrong)?)),
            Self::Float => Element::Number(Number::Float(float_from_text(text).ok_or_else(wrong)?)),
            Self::Bool => match text.to_lowercase().as_str() {
                "true" => Element::Number(Number::Bool(true)),
                "false" => Element::Number(Number::Bool(false)),
                _ => return Err(wrong()),
            },
        })
    }
}

/// `str(…)` of a number: booleans in lower case, unlike Python's own.
fn text_of(number: &Number) -> Result<String, Wrong> {
    match number {
        Number::Bool(truth) => Ok(truth.to_string()),
        other => {
            let text = other.text();
            let too_long =
                matches!(other, Number::Int(_)) && text.trim_start_matches('-').len() > MOST_DIGITS;
            if too_long { Err("the integer has too many digits".to_owned()) } else { Ok(text) }
        }
    }
}
