//! `$NAME` and `${NAME…}`.

use brush_parser::ast::UnexpandedArithmeticExpr;
use brush_parser::word::{Parameter, ParameterExpr, ParameterTestType, SpecialParameter};

use super::expand::{Around, Expander, parsed, shortened};
use super::launch::Beaten;
use super::making::{Field, Making, Separators};
use super::operate::{Cut, cased, cut, replace, slice, substring};
use super::piece::{Origin, Piece, Step, Text, Unknown};
use super::state::{Element, Rest, State, Var, is_name};
use super::syntax::Written;
use crate::text::Span;

/// Variables that bash sets itself, or that every environment has.
const ALWAYS_SET: [&str; 27] = [
    "BASH",
    "BASHPID",
    "BASH_SOURCE",
    "BASH_VERSION",
    "DIRSTACK",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "OLDPWD",
    "OPTIND",
    "OSTYPE",
    "PATH",
    "PIPESTATUS",
    "PPID",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELL",
    "SHLVL",
    "UID",
    "USER",
    "_",
];

/// What a parameter holds.
enum Held {
    /// Nothing: the script took it away.
    Unset,
    /// Nothing that is told; a default counts.
    Missing,
    Text(Text),
    List(Vec<Element>, Rest),
    Unknown(Unknown),
}

/// How a parameter is used: with what in the source, inside quotes or not.
struct Use<'a> {
    parameter: &'a Parameter,
    here: &'a Written,
    quoted: bool,
}

impl Use<'_> {
    fn name(&self) -> String {
        let shown = self.parameter.to_string();
        let name = shown.trim_matches(['$', '{', '}']);
        name.split('[').next().unwrap_or(name).to_owned()
    }

    fn step(&self, default: bool, state: &State) -> Step {
        let variable = self.name();
        let assigned = state.places_of(&variable);
        Step { variable, used: self.here.near, default, assigned }
    }

    fn is_list(&self) -> bool {
        matches!(
            self.parameter,
            Parameter::NamedWithAllIndices { .. }
                | Parameter::Special(SpecialParameter::AllPositionalParameters { .. })
        )
    }

    fn joins(&self) -> bool {
        matches!(
            self.parameter,
            Parameter::NamedWithAllIndices { concatenate: true, .. }
                | Parameter::Special(SpecialParameter::AllPositionalParameters {
                    concatenate: true
                })
        )
    }
}

impl Expander<'_> {
    fn held_name(&self, name: &str) -> Held {
        match self.state.vars.get(name) {
            Some(Var::Text(text)) => Held::Text(text.clone()),
            Some(Var::Array(elements)) => Held::List(elements.clone(), Rest::Nothing),
            Some(Var::Unset) => Held::Unset,
            Some(Var::Unknown(unknown)) => Held::Unknown(unknown.clone()),
            None => match self.outside.environment.get(name) {
                Some(text) => {
                    let piece = Piece::known(text.clone(), Origin::Outside);
                    Held::Text(Text::of(piece))
                }
                None if self.outside.untold.contains(name) => {
                    let why =
                        format!("{name} is set where the script is started, to what nothing tells");
                    Held::Unknown(Unknown::new(why))
                }
                None if name == "PWD" => match self.working_folder() {
                    Ok(path) => Held::Text(Text::of(Piece::known(path, Origin::Outside))),
                    Err(unknown) => Held::Unknown(unknown),
                },
                None if name == "BASH_SOURCE" => {
                    let text = self.own_path(self.file);
                    let first = Element { text, word: Span::at(0), sure: true };
                    Held::List(vec![first], Rest::Unknown(Unknown::new(not_set(name))))
                }
                None if ALWAYS_SET.contains(&name) => Held::Unknown(Unknown::new(not_set(name))),
                None => Held::Missing,
            },
        }
    }

    /// Returns a variable's text for arithmetic.
    pub fn scalar(&self, name: &str) -> Result<String, String> {
        match self.held(&Parameter::Named(name.to_owned())) {
            Held::Unset => Ok(String::new()),
            Held::Missing => Err(not_set(name)),
            Held::Text(text) => {
                text.known().ok_or_else(|| text.why_unknown().unwrap_or("nothing tells").to_owned())
            }
            Held::Unknown(unknown) => Err(unknown.why),
            Held::List(..) => Err(format!("{name} is an array")),
        }
    }

    /// Tells whether a variable is set, if that can be told.
    pub fn is_set(&self, name: &str) -> Option<bool> {
        match self.held_name(name) {
            Held::Unset | Held::Missing => Some(false),
            Held::Text(_) => Some(true),
            Held::List(elements, _) => {
                elements.first().map_or(Some(false), |it| it.sure.then_some(true))
            }
            Held::Unknown(_) => None,
        }
    }

    fn held(&self, parameter: &Parameter) -> Held {
        match parameter {
            // An array without an index is its first element.
            Parameter::Named(name) => match self.held_name(name) {
                list @ Held::List(..) => element(list, 0, name),
                other => other,
            },
            Parameter::NamedWithAllIndices { name, .. } => match self.held_name(name) {
                Held::Text(text) => {
                    let element = Element { text, word: Span::at(0), sure: true };
                    Held::List(vec![element], Rest::Nothing)
                }
                other => other,
            },
            Parameter::NamedWithIndex { name, index } => self.indexed(name, index),
            Parameter::Positional(number) => {
                let list = Held::List(
                    self.state.arguments.known.clone(),
                    self.state.arguments.rest.clone(),
                );
                element(list, i64::from(*number) - 1, &format!("argument {number}"))
            }
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => {
                let arguments = self.state.arguments.clone();
                Held::List(arguments.known, arguments.rest)
            }
            Parameter::Special(SpecialParameter::PositionalParameterCount) => {
                let arguments = &self.state.arguments;
                match counted(&arguments.known, &arguments.rest) {
                    Some(count) => {
                        let piece = Piece::known(count.to_string(), Origin::Computed(Span::at(0)));
                        Held::Text(Text::of(piece))
                    }
                    None => Held::Unknown(Unknown::new("the number of arguments is not known")),
                }
            }
            Parameter::Special(SpecialParameter::ShellName) => {
                Held::Text(self.own_path(self.script))
            }
            Parameter::Special(_) => {
                Held::Unknown(Unknown::new(format!("{parameter} is known only when it runs")))
            }
        }
    }

    fn indexed(&self, name: &str, index: &str) -> Held {
        let number = index.parse::<i64>().ok().or_else(|| {
            let text = index.strip_prefix('$').unwrap_or(index);
            let text = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(text);
            self.scalar(text).ok()?.parse().ok()
        });
        let held = match self.held_name(name) {
            Held::Text(text) => {
                let element = Element { text, word: Span::at(0), sure: true };
                Held::List(vec![element], Rest::Nothing)
            }
            list @ Held::List(..) => list,
            other => return other,
        };
        match number {
            Some(number) => element(held, number, name),
            None => Held::Unknown(Unknown::new(format!("{name}[{index}] is not read"))),
        }
    }

    /// Expands `${…}` into a word.
    pub fn parameter(
        &mut self,
        it: &ParameterExpr,
        here: &Written,
        quoted: bool,
        making: &mut Making,
    ) {
        let using = |parameter| Use { parameter, here, quoted };
        match it {
            ParameterExpr::Parameter { parameter, indirect: false }
            | ParameterExpr::IndicateErrorIfNullOrUnset { parameter, indirect: false, .. } => {
                let held = self.held(parameter);
                self.emit(held, &using(parameter), making);
            }
            ParameterExpr::Parameter { parameter, indirect: true } => {
                let held = self.indirect(parameter);
                self.emit(held, &using(parameter), making);
            }
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect: false,
                test_type,
                default_value,
            } => {
                self.default(&using(parameter), test_type, default_value.as_deref(), false, making);
            }
            ParameterExpr::AssignDefaultValues {
                parameter,
                indirect: false,
                test_type,
                default_value,
            } => {
                self.default(&using(parameter), test_type, default_value.as_deref(), true, making);
            }
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect: false,
                test_type,
                alternative_value,
            } => match is_empty(&self.held(parameter), test_type) {
                Some(true) => {}
                Some(false) => {
                    let word = ending(here, alternative_value.as_deref().unwrap_or_default());
                    self.operand(&word, quoted, making);
                }
                None => self.unread(here, "it is not known whether it is set", quoted, making),
            },
            ParameterExpr::ParameterLength { parameter, indirect: false } => {
                self.length(&using(parameter), making);
            }
            _ => self.operated(it, here, quoted, making),
        }
    }

    fn length(&mut self, using: &Use<'_>, making: &mut Making) {
        let count = match self.held(using.parameter) {
            Held::Unset => Some(0),
            Held::List(elements, rest) => counted(&elements, &rest),
            Held::Text(text) => text.known().map(|text| text.chars().count()),
            _ => None,
        };
        let Some(count) = count else {
            return self.unread(using.here, "nothing tells its length", using.quoted, making);
        };
        let piece = Piece::known(count.to_string(), Origin::Computed(using.here.near));
        making.push(Piece { via: vec![using.step(false, self.state)], ..piece });
    }

    fn unread(&mut self, here: &Written, why: &str, quoted: bool, making: &mut Making) {
        let unknown = Unknown::new(why).seeing(&self.state.seen_by(&here.text));
        making.expansion(Text::of(Piece::missing(unknown, here.near)), quoted);
    }

    fn indirect(&mut self, parameter: &Parameter) -> Held {
        let name = match self.held(parameter) {
            Held::Text(text) => text.known(),
            _ => None,
        };
        match name.filter(|it| is_name(it)) {
            Some(name) => match self.held(&Parameter::Named(name.clone())) {
                Held::Missing => Held::Unknown(Unknown::new(not_set(&name))),
                held => held,
            },
            None => {
                self.state.failed = true;
                let why = format!("{parameter} names no variable that is known");
                Held::Unknown(Unknown::new(why))
            }
        }
    }

    /// Notes a default that a variable from outside beats.
    fn beaten(&mut self, held: &Held, using: &Use<'_>, default: &str) {
        let (Held::Text(text), Parameter::Named(name)) = (held, using.parameter) else { return };
        let outside = text.pieces.iter().all(|piece| piece.origin == Origin::Outside);
        let Some(value) = text.known().filter(|value| outside && value != default) else { return };
        let Some(span) = ending(using.here, default).span() else { return };
        let beaten = Beaten { name: name.clone(), default: span, value };
        if !self.beaten.contains(&beaten) {
            self.beaten.push(beaten);
        }
    }

    fn default(
        &mut self,
        using: &Use<'_>,
        test: &ParameterTestType,
        default: Option<&str>,
        assigns: bool,
        making: &mut Making,
    ) {
        let held = self.held(using.parameter);
        match is_empty(&held, test) {
            Some(false) => {
                self.beaten(&held, using, default.unwrap_or_default());
                return self.emit(held, using, making);
            }
            None => {
                if let (true, Parameter::Named(name)) = (assigns, using.parameter) {
                    self.state.forget(name, format!("{name} is set where it is empty"));
                }
                return self.unread(
                    using.here,
                    "it is not known whether it is set",
                    using.quoted,
                    making,
                );
            }
            Some(true) => {}
        }
        let word = ending(using.here, default.unwrap_or_default());
        making.via.push(using.step(true, self.state));
        match (assigns, using.parameter) {
            (true, Parameter::Named(name)) => {
                let mut value = Making::new(making.word, false, making.depth + 1);
                value.via.push(using.step(true, self.state));
                self.operand(&word, using.quoted, &mut value);
                let text = value.joined();
                self.state.assign(name, Var::Text(text.clone()));
                self.state.place(name, using.here.near, false);
                making.via.pop();
                making.expansion(text, using.quoted);
                return;
            }
            (true, _) => {
                self.unread(using.here, "this assignment is not read", using.quoted, making)
            }
            (false, _) => self.operand(&word, using.quoted, making),
        }
        making.via.pop();
    }

    /// Expands the word in `${NAME:-word}`.
    fn operand(&mut self, word: &Written, quoted: bool, making: &mut Making) {
        if word.text.is_empty() {
            return;
        }
        if quoted && word.text.contains('"') {
            let array = word.text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            if array.is_none_or(|inner| inner.contains(['"', '\\'])) {
                let why = "quotes inside a default inside quotes are not read";
                return self.unread(word, why, quoted, making);
            }
        }
        let written = match (quoted, word.text.starts_with('"')) {
            (true, false) => word.in_quotes(),
            _ => word.clone(),
        };
        let Some(pieces) = parsed(&written.text).filter(|_| making.depth < 32) else {
            return self.unread(word, "this word is not read", quoted, making);
        };
        let around = if quoted { Around::Bare } else { Around::Default };
        making.depth += 1;
        self.pieces(&pieces, &written, around, making);
        making.depth -= 1;
    }

    fn emit(&mut self, held: Held, using: &Use<'_>, making: &mut Making) {
        let near = using.here.near;
        let several = using.is_list() && !using.joins() && making.splits;
        let indexed = matches!(using.parameter, Parameter::NamedWithIndex { .. });
        match held {
            Held::Missing | Held::Unset if indexed => {
                let why = not_set(&using.name());
                self.unread(using.here, &why, using.quoted, making);
            }
            Held::Unknown(unknown) if several => {
                making.several(Text::of(Piece::missing(unknown, near)))
            }
            Held::Missing if several => {
                making.several(Text::of(Piece::unknown(not_set(&using.name()), near)));
            }
            Held::Unset if several => making.drop_empty(),
            Held::Unset => {}
            Held::Missing => {
                let why = match using.parameter {
                    Parameter::Positional(number) => {
                        format!("argument {number} of the script is not known")
                    }
                    _ => not_set(&using.name()),
                };
                making.expansion(Text::of(Piece::unknown(why, near)), using.quoted);
            }
            Held::Unknown(unknown) => {
                making.expansion(Text::of(Piece::missing(unknown, near)), using.quoted);
            }
            Held::Text(text) => {
                making.expansion(text.through(&using.step(false, self.state)), using.quoted)
            }
            Held::List(elements, rest) => self.emit_list(elements, rest, using, making),
        }
    }

    fn emit_list(
        &mut self,
        elements: Vec<Element>,
        rest: Rest,
        using: &Use<'_>,
        making: &mut Making,
    ) {
        let joined = using.joins() && using.quoted || !making.splits;
        if joined {
            return self.emit_joined(&elements, rest, using, making);
        }
        let begun = making.current.as_ref().is_some_and(|text| !text.pieces.is_empty());
        let sure = rest == Rest::Nothing && elements.iter().all(|it| it.sure);
        if !sure && (begun || making.open.is_some()) {
            let seen: String = elements.iter().map(|it| it.text.sketch()).collect();
            let unknown = Unknown::new("what it is joined to is not known").seeing(&seen);
            return making.several(Text::of(Piece::missing(unknown, using.here.near)));
        }
        let step = using.step(false, self.state);
        let (count, start) = (elements.len(), making.fields.len());
        if count == 0 && using.quoted {
            making.drop_empty();
        }
        for (index, element) in elements.into_iter().enumerate() {
            let alone = making.current.as_ref().is_none_or(|text| text.pieces.is_empty());
            if alone && using.quoted && making.open.is_none_or(|open| open == start) {
                making.current = None;
                // A piece's own places say where it is edited; the array is only passed on.
                making.fields.push(Field {
                    text: element.text,
                    word: element.word,
                    array: Some(step.clone()),
                    unsure: !element.sure,
                    ..Field::default()
                });
                making.open = Some(start);
                continue;
            }
            making.expansion(element.text.through(&step), using.quoted);
            if index + 1 < count {
                making.end_field();
            }
        }
        emit_rest(rest, using, start, making);
    }

    /// All elements as one text.
    fn emit_joined(
        &mut self,
        elements: &[Element],
        rest: Rest,
        using: &Use<'_>,
        making: &mut Making,
    ) {
        let between = match (self.separators(), using.joins()) {
            (_, false) | (Separators::Blanks, _) => Some(" ".to_owned()),
            (Separators::Others(ifs), true) => Some(ifs.chars().take(1).collect()),
            (Separators::Unknown, true) => None,
        };
        let sure = elements.iter().all(|it| it.sure) && (between.is_some() || elements.len() < 2);
        if !sure || rest != Rest::Nothing {
            let why = match rest {
                Rest::Script => "it holds the script's arguments",
                _ => "what it joins is not known",
            };
            return self.unread(using.here, why, true, making);
        }
        let step = using.step(false, self.state);
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                let between = between.clone().unwrap_or_default();
                making.push(Piece::known(between, Origin::Computed(step.used)));
            }
            making.expansion(element.text.clone().through(&step), true);
        }
    }

    /// `${NAME%…}`, `${NAME/…}`, `${NAME:1:2}`, `${NAME^^}`: a text made of a text.
    fn operated(&mut self, it: &ParameterExpr, here: &Written, quoted: bool, making: &mut Making) {
        let why = format!("`{}` is not computed", shortened(&here.text));
        let Some(parameter) = operand_of(it) else {
            return self.unread(here, &why, quoted, making);
        };
        let using = Use { parameter, here, quoted };
        let held = match self.held(parameter) {
            Held::List(elements, rest) => self.sliced(it, elements, rest, &using, making.depth),
            Held::Text(text) => {
                let known = text.known().or_else(|| text.path());
                let computed = known.and_then(|known| self.operate(it, &known, here, making.depth));
                computed.map(|made| {
                    let via = text.pieces.iter().flat_map(|piece| piece.via.clone()).collect();
                    let made =
                        if text.unknown().is_none() { Ok(made) } else { Err(Unknown::path(made)) };
                    let origin = Origin::Computed(here.near);
                    Held::Text(Text::of(Piece { text: made, origin, via }))
                })
            }
            Held::Unset => {
                Some(Held::Unset).filter(|_| !matches!(it, ParameterExpr::ReplaceSubstring { .. }))
            }
            held @ (Held::Missing | Held::Unknown(_)) => Some(held),
        };
        match held {
            Some(Held::Unknown(unknown)) => {
                let unknown = unknown.seeing(&self.state.seen_by(&here.text));
                self.emit(Held::Unknown(unknown), &using, making);
            }
            Some(held) => self.emit(held, &using, making),
            None => {
                // A part of negative length, for one, is an error.
                self.state.failed |= matches!(it, ParameterExpr::Substring { .. });
                self.unread(here, &why, quoted, making);
            }
        }
    }

    fn sliced(
        &mut self,
        it: &ParameterExpr,
        elements: Vec<Element>,
        rest: Rest,
        using: &Use<'_>,
        depth: usize,
    ) -> Option<Held> {
        let ParameterExpr::Substring { offset, length, .. } = it else {
            if rest != Rest::Nothing || elements.iter().any(|element| !element.sure) {
                return None;
            }
            let mapped = elements.into_iter().map(|element| {
                let made = self.operate(it, &element.text.known()?, using.here, depth)?;
                let text = Text::of(Piece::known(made, Origin::Computed(using.here.near)));
                Some(Element { text, ..element })
            });
            return Some(Held::List(mapped.collect::<Option<Vec<_>>>()?, Rest::Nothing));
        };
        let (offset, length) = self.bounds(offset, length.as_ref(), using.here, depth)?;
        let positional = matches!(using.parameter, Parameter::Special(_));
        let offset = if positional { offset.checked_sub(1)? } else { offset };
        if rest != Rest::Nothing {
            // What the script gets follows, however much is skipped.
            let skipped = usize::try_from(offset).ok()?;
            let left: Vec<Element> = elements.into_iter().skip(skipped).collect();
            return length.is_none().then_some(Held::List(left, rest));
        }
        if elements.iter().any(|element| !element.sure)
            || length.is_some_and(|it| it < 0)
            || positional && offset < 0
        {
            return None;
        }
        let part = slice(elements.len(), offset, length)?;
        Some(Held::List(elements.get(part)?.to_vec(), Rest::Nothing))
    }

    fn bounds(
        &mut self,
        offset: &UnexpandedArithmeticExpr,
        length: Option<&UnexpandedArithmeticExpr>,
        here: &Written,
        depth: usize,
    ) -> Option<(i64, Option<i64>)> {
        let offset = self.number(&offset.value, here, depth).0.ok()?;
        let length = match length {
            Some(length) => Some(self.number(&length.value, here, depth).0.ok()?),
            None => None,
        };
        Some((offset, length))
    }

    fn operate(
        &mut self,
        it: &ParameterExpr,
        text: &str,
        here: &Written,
        depth: usize,
    ) -> Option<String> {
        let inner = |word: &str| Written::made(word, here.near);
        match it {
            ParameterExpr::RemoveSmallestPrefixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::ShortStart, here, depth)
            }
            ParameterExpr::RemoveLargestPrefixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::LongStart, here, depth)
            }
            ParameterExpr::RemoveSmallestSuffixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::ShortEnd, here, depth)
            }
            ParameterExpr::RemoveLargestSuffixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::LongEnd, here, depth)
            }
            ParameterExpr::ReplaceSubstring { pattern, replacement, match_kind, .. } => {
                let by = replacement.as_deref().unwrap_or_default();
                // `&` stands for what matched in newer versions of bash.
                let by = self
                    .nested(&inner(by), depth + 1)
                    .known()
                    .filter(|it| !it.contains(['&', '\\']))?;
                let pattern = self.pattern(&inner(pattern), depth)?;
                replace(text, &pattern, &by, match_kind)
            }
            ParameterExpr::Substring { offset, length, .. } => {
                let (offset, length) = self.bounds(offset, length.as_ref(), here, depth)?;
                substring(text, offset, length)
            }
            ParameterExpr::UppercaseFirstChar { pattern: None, .. } => cased(text, true, true),
            ParameterExpr::UppercasePattern { pattern: None, .. } => cased(text, true, false),
            ParameterExpr::LowercaseFirstChar { pattern: None, .. } => cased(text, false, true),
            ParameterExpr::LowercasePattern { pattern: None, .. } => cased(text, false, false),
            _ => None,
        }
    }

    fn cut(
        &mut self,
        text: &str,
        pattern: Option<&str>,
        how: Cut,
        here: &Written,
        depth: usize,
    ) -> Option<String> {
        let word = Written::made(pattern.unwrap_or_default(), here.near);
        let pattern = self.pattern(&word, depth)?;
        Some(cut(text, &pattern, how))
    }
}

/// Adds what follows the known elements of a list.
fn emit_rest(rest: Rest, using: &Use<'_>, start: usize, making: &mut Making) {
    let word = making.word;
    let (text, forwards) = match rest {
        Rest::Nothing => return,
        Rest::Script => (Text::default(), true),
        Rest::Unknown(unknown) => (Text::of(Piece::missing(unknown, using.here.near)), false),
    };
    making.add(Field { text, word, forwards, unsure: true, array: None });
    if using.quoted {
        making.open = Some(start);
    }
}

/// Returns the parameter of an expression with an operator, if it is not read through another.
fn operand_of(it: &ParameterExpr) -> Option<&Parameter> {
    match it {
        ParameterExpr::RemoveSmallestPrefixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveLargestPrefixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveSmallestSuffixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveLargestSuffixPattern { parameter, indirect: false, .. }
        | ParameterExpr::ReplaceSubstring { parameter, indirect: false, .. }
        | ParameterExpr::Substring { parameter, indirect: false, .. }
        | ParameterExpr::UppercaseFirstChar { parameter, indirect: false, .. }
        | ParameterExpr::UppercasePattern { parameter, indirect: false, .. }
        | ParameterExpr::LowercaseFirstChar { parameter, indirect: false, .. }
        | ParameterExpr::LowercasePattern { parameter, indirect: false, .. } => Some(parameter),
        _ => None,
    }
}

/// Returns one element of a list, counted from 0, or from the end where the index is negative.
fn element(list: Held, index: i64, name: &str) -> Held {
    let Held::List(elements, rest) = list else { return list };
    let certain = |upto: usize| elements.iter().take(upto).all(|it| it.sure);
    let at = if index < 0 {
        let end = counted(&elements, &rest).and_then(|it| i64::try_from(it).ok());
        end.map(|end| end + index)
    } else {
        Some(index)
    };
    match at.and_then(|at| usize::try_from(at).ok()) {
        Some(at) if at < elements.len() && certain(at + 1) => {
            elements.into_iter().nth(at).map_or(Held::Unset, |it| Held::Text(it.text))
        }
        Some(at) if at >= elements.len() && certain(elements.len()) => match rest {
            Rest::Nothing => Held::Unset,
            Rest::Script => Held::Missing,
            Rest::Unknown(unknown) => Held::Unknown(unknown),
        },
        _ => {
            let seen: String = elements.iter().map(|it| it.text.sketch()).collect();
            Held::Unknown(Unknown::new(format!("an element of {name} is not known")).seeing(&seen))
        }
    }
}

/// Counts a list, if its length can be told.
fn counted(elements: &[Element], rest: &Rest) -> Option<usize> {
    (*rest == Rest::Nothing && elements.iter().all(|it| it.sure)).then_some(elements.len())
}

/// Returns the word at the end of `${NAME:-word}`, in front of the brace.
fn ending(here: &Written, word: &str) -> Written {
    let end = here.text.len().saturating_sub(1);
    let part = here.part(end.saturating_sub(word.len()), end);
    if part.text == word { part } else { Written::made(word, here.near) }
}

/// Tells whether a default counts, if that can be told.
fn is_empty(held: &Held, test: &ParameterTestType) -> Option<bool> {
    let null = matches!(test, ParameterTestType::UnsetOrNull);
    match held {
        Held::Missing | Held::Unset => Some(true),
        Held::Text(text) if null => match text.path() {
            Some(path) => Some(path.is_empty()),
            None => text.is_empty(),
        },
        Held::Text(_) => Some(false),
        Held::List(elements, rest) => match (elements.as_slice(), rest) {
            ([], Rest::Nothing | Rest::Script) => Some(true),
            ([], Rest::Unknown(_)) => None,
            ([one], Rest::Nothing) if one.sure && null => one.text.is_empty(),
            (some, _) => some
                .iter()
                .any(|it| it.sure && (!null || it.text.is_empty() == Some(false)))
                .then_some(false),
        },
        Held::Unknown(_) => None,
    }
}

fn not_set(name: &str) -> String {
    format!("{name} is not set in the script; give --env {name}=VALUE")
}
