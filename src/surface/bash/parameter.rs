//! `$NAME` and `${NAME…}`.

use brush_parser::word::{Parameter, ParameterExpr, ParameterTestType, SpecialParameter};

use super::expand::{Around, Expander, parsed};
use super::held::{Held, counted, is_empty, not_set};
use super::launch::Beaten;
use super::making::{Field, Making, Separators};
use super::piece::{Origin, Piece, Step, Text, Unknown};
use super::state::{Element, Rest, State, Var};
use super::syntax::Written;

/// How a parameter is used.
pub struct Use<'a> {
    /// Which one.
    pub parameter: &'a Parameter,
    /// Where.
    pub here: &'a Written,
    /// Whether inside quotes.
    pub quoted: bool,
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
        Step { variable: variable.into(), used: self.here.near, default, assigned }
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
        making.push(Piece { via: [using.step(false, self.state)].into_iter().collect(), ..piece });
    }

    /// Adds what is not known, and why.
    pub fn unread(&mut self, here: &Written, why: &str, quoted: bool, making: &mut Making) {
        let unknown = Unknown::new(why).seeing(&self.state.seen_by(&here.text));
        making.expansion(Text::of(Piece::missing(unknown, here.near)), quoted);
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

    /// Adds what a parameter holds.
    pub fn emit(&mut self, held: Held, using: &Use<'_>, making: &mut Making) {
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

/// Returns the word at the end of `${NAME:-word}`, in front of the brace.
fn ending(here: &Written, word: &str) -> Written {
    let end = here.text.len().saturating_sub(1);
    let part = here.part(end.saturating_sub(word.len()), end);
    if part.text == word { part } else { Written::made(word, here.near) }
}
