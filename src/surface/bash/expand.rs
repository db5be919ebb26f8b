//! Words to the texts that bash makes of them.

use brush_parser::ParserOptions;
use brush_parser::word::{
    Parameter, ParameterExpr, ParameterTestType, SpecialParameter, TildeExpr, WordPiece,
    WordPieceWithSource,
};

use super::arithmetic;
use super::piece::{Origin, Piece, Quoting, Step, Text};
use super::state::{Element, Outside, State, Var};
use super::syntax::Written;
use crate::text::Span;

/// How deep expansions nest before they are given up.
const DEEPEST: usize = 32;

/// One argument that bash makes of a word.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its text.
    pub text: Text,
    /// The word it comes from; an array's element, where it comes from one.
    pub word: Span,
    /// The array it comes from.
    pub array: Option<String>,
    /// Whether it stands for whatever arguments the script gets.
    pub forwards: bool,
}

/// Expands words in a state.
pub struct Expander<'a> {
    /// What is known.
    pub state: &'a mut State,
    /// What comes from outside.
    pub outside: &'a Outside,
}

/// The fields of one word while they are made.
struct Making {
    word: Span,
    fields: Vec<Field>,
    current: Option<Text>,
    splits: bool,
    depth: usize,
    /// Whether the last field is an array's last element, which what follows is joined to.
    open: bool,
}

/// What a parameter holds.
enum Held {
    Missing,
    Text(Text),
    Array(Vec<Element>),
    Arguments,
    Unknown(String),
}

impl Making {
    /// Returns the field being made, going on with an array's last element where one is open.
    fn field(&mut self) -> &mut Text {
        let open = std::mem::take(&mut self.open) && self.current.is_none();
        if let Some(last) = open.then(|| self.fields.pop()).flatten() {
            self.current = Some(last.text);
        }
        self.current.get_or_insert_default()
    }

    fn push(&mut self, piece: Piece) {
        self.field().pieces.push(piece);
    }

    fn append(&mut self, text: Text) {
        self.field().pieces.extend(text.pieces);
    }

    fn end_field(&mut self) {
        self.open = false;
        if let Some(text) = self.current.take() {
            self.fields.push(Field { text, word: self.word, ..Field::default() });
        }
    }

    /// Appends what an expansion gave, cut at blanks unless it stands in quotes.
    fn expansion(&mut self, text: Text, quoted: bool) {
        if quoted || !self.splits {
            self.append(text);
            return;
        }
        let split = text.split();
        if split.starts_open {
            self.end_field();
        }
        let count = split.fields.len();
        for (index, field) in split.fields.into_iter().enumerate() {
            self.append(field);
            if index + 1 < count || !split.ends_open {
                self.end_field();
            }
        }
    }
}

impl Expander<'_> {
    /// Makes the arguments that a word becomes.
    pub fn fields(&mut self, written: &Written) -> Vec<Field> {
        let word = written.span.unwrap_or(written.near);
        let mut making =
            Making { word, fields: Vec::new(), current: None, splits: true, depth: 0, open: false };
        self.word(written, &mut making);
        making.end_field();
        making.fields
    }

    /// Makes the one text that a word becomes where nothing is split, as in an assignment.
    pub fn text(&mut self, written: &Written) -> Text {
        self.nested(written, 0)
    }

    fn nested(&mut self, written: &Written, depth: usize) -> Text {
        let word = written.span.unwrap_or(written.near);
        let mut making =
            Making { word, fields: Vec::new(), current: None, splits: false, depth, open: false };
        self.word(written, &mut making);
        making.end_field();
        let mut out = Text::default();
        for (index, field) in making.fields.into_iter().enumerate() {
            if index > 0 {
                out.pieces.push(Piece::known(" ", Origin::Computed(word)));
            }
            if field.forwards {
                out.pieces.push(Piece::unknown("it holds the script's arguments", word));
            }
            out.pieces.extend(field.text.pieces);
        }
        out
    }

    fn word(&mut self, written: &Written, making: &mut Making) {
        if making.depth > DEEPEST {
            making.push(Piece::unknown("its expansions nest too deeply", making.word));
            return;
        }
        let pieces = brush_parser::word::parse(&written.text, &ParserOptions::default());
        let Ok(pieces) = pieces else {
            making.push(Piece::unknown("this word is not read", making.word));
            return;
        };
        if making.splits && expands_braces(&pieces) {
            making.push(Piece::unknown("bash expands its braces", making.word));
            return;
        }
        for piece in &pieces {
            self.piece(piece, written, false, making);
        }
    }

    fn piece(
        &mut self,
        piece: &WordPieceWithSource,
        written: &Written,
        quoted: bool,
        making: &mut Making,
    ) {
        let here = written.part(piece.start_index, piece.end_index);
        let quoting = if quoted { Quoting::Double } else { Quoting::Bare };
        match &piece.piece {
            WordPiece::Text(text) => making.push(literal(text, &here, 0, quoting)),
            WordPiece::SingleQuotedText(text) => {
                making.push(literal(text, &here, 1, Quoting::Single));
            }
            WordPiece::AnsiCQuotedText(text) if !text.contains('\\') => {
                making.push(Piece::known(text.clone(), Origin::Computed(here.near)));
            }
            WordPiece::DoubleQuotedSequence(inner) => {
                making.field();
                for piece in inner {
                    self.piece(piece, written, true, making);
                }
            }
            WordPiece::EscapeSequence(text) => {
                let text = text.strip_prefix('\\').unwrap_or(text);
                if text != "\n" && text != "\r\n" {
                    making.push(Piece::known(text, Origin::Computed(here.near)));
                }
            }
            WordPiece::TildeExpansion(tilde) => self.tilde(tilde, &here, making),
            WordPiece::ArithmeticExpression(expression) => {
                let piece = self.arithmetic(&expression.value, &here, making.depth);
                making.expansion(Text::of(piece), quoted);
            }
            WordPiece::ParameterExpansion(expression) => {
                self.parameter(expression, &here, quoted, making);
            }
            WordPiece::CommandSubstitution(_) | WordPiece::BackquotedCommandSubstitution(_) => {
                let why = format!("the command `{}` gives it", shortened(&here.text));
                making.push(Piece::unknown(why, here.near));
            }
            _ => making.push(Piece::unknown("these quotes are not read", here.near)),
        }
    }

    /// `~name` stays as it is where no user has the name, and no user's name has a dot.
    fn tilde(&mut self, tilde: &TildeExpr, here: &Written, making: &mut Making) {
        match tilde {
            TildeExpr::UserHome(name) if name.contains('.') => {
                making.push(literal(&format!("~{name}"), here, 0, Quoting::Bare));
            }
            TildeExpr::Home => match self.outside.environment.get("HOME") {
                Some(home) => making.push(Piece::known(home.clone(), Origin::Computed(here.near))),
                None => making.push(Piece::unknown("the home directory is not known", here.near)),
            },
            _ => making.push(Piece::unknown("a home directory is not known", here.near)),
        }
    }

    fn arithmetic(&mut self, expression: &str, here: &Written, depth: usize) -> Piece {
        let quoted = format!("\"{expression}\"");
        let inner = Written { text: quoted, span: None, near: here.near };
        let expanded = self.nested(&inner, depth + 1);
        let mut via: Vec<Step> =
            expanded.pieces.iter().flat_map(|piece| piece.via.clone()).collect();
        let value = match expanded.known() {
            None => Err(expanded.why_unknown().unwrap_or("nothing tells").to_owned()),
            Some(text) => arithmetic::evaluate(&text, &mut |name| {
                via.push(Step { variable: name.to_owned(), used: here.near, default: false });
                match self.held_name(name) {
                    Held::Missing => Err(not_set(name)),
                    Held::Text(text) => text
                        .known()
                        .ok_or_else(|| text.why_unknown().unwrap_or("nothing tells").to_owned()),
                    Held::Unknown(why) => Err(why),
                    Held::Array(_) | Held::Arguments => Err(format!("{name} is an array")),
                }
            }),
        };
        let text = value.map(|number| number.to_string());
        Piece { text, origin: Origin::Computed(here.near), via }
    }

    fn held_name(&self, name: &str) -> Held {
        match self.state.vars.get(name) {
            Some(Var::Text(text)) => Held::Text(text.clone()),
            Some(Var::Array(elements)) => Held::Array(elements.clone()),
            Some(Var::Unknown(why)) => Held::Unknown(why.clone()),
            None => match self.outside.environment.get(name) {
                Some(text) => {
                    let piece = Piece::known(text.clone(), Origin::Computed(Span::at(0)));
                    Held::Text(Text::of(piece))
                }
                None => Held::Missing,
            },
        }
    }

    fn held(&self, parameter: &Parameter) -> Held {
        match parameter {
            Parameter::Named(name) => match self.held_name(name) {
                // An array without an index is its first element.
                Held::Array(elements) => match elements.first() {
                    Some(first) => Held::Text(first.text.clone()),
                    None => Held::Missing,
                },
                other => other,
            },
            Parameter::NamedWithAllIndices { name, .. } => match self.held_name(name) {
                Held::Text(text) => Held::Array(vec![Element { text, word: Span::at(0) }]),
                other => other,
            },
            Parameter::NamedWithIndex { name, index } => match self.held_name(name) {
                Held::Array(elements) => {
                    let index = index.parse::<usize>().ok();
                    match index.and_then(|index| elements.get(index)) {
                        Some(element) => Held::Text(element.text.clone()),
                        None => Held::Unknown(format!("{name}[{index:?}] is not read")),
                    }
                }
                other => other,
            },
            Parameter::Positional(number) => match &self.state.arguments {
                None => Held::Missing,
                Some(arguments) => {
                    let index = usize::try_from(*number).unwrap_or(0).checked_sub(1);
                    match index.and_then(|index| arguments.get(index)) {
                        Some(text) => Held::Text(text.clone()),
                        None => Held::Missing,
                    }
                }
            },
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => {
                match &self.state.arguments {
                    None => Held::Arguments,
                    Some(arguments) => Held::Array(
                        arguments
                            .iter()
                            .map(|text| Element { text: text.clone(), word: Span::at(0) })
                            .collect(),
                    ),
                }
            }
            Parameter::Special(SpecialParameter::PositionalParameterCount) => {
                match &self.state.arguments {
                    None => Held::Unknown("the number of arguments is not known".to_owned()),
                    Some(arguments) => {
                        let count = arguments.len().to_string();
                        Held::Text(Text::of(Piece::known(count, Origin::Computed(Span::at(0)))))
                    }
                }
            }
            Parameter::Special(_) => {
                Held::Unknown(format!("{parameter} is known only when it runs"))
            }
        }
    }

    fn parameter(&mut self, it: &ParameterExpr, here: &Written, quoted: bool, making: &mut Making) {
        match it {
            ParameterExpr::Parameter { parameter, indirect: false } => {
                let held = self.held(parameter);
                self.emit(held, parameter, here, quoted, making);
            }
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect: false,
                test_type,
                default_value,
            }
            | ParameterExpr::AssignDefaultValues {
                parameter,
                indirect: false,
                test_type,
                default_value,
            } => {
                let held = self.held(parameter);
                if !is_empty(&held, test_type) {
                    self.emit(held, parameter, here, quoted, making);
                    return;
                }
                let default = default_value.clone().unwrap_or_default();
                let text = self.default(&default, parameter, here, quoted, making.depth);
                if let (ParameterExpr::AssignDefaultValues { .. }, Parameter::Named(name)) =
                    (it, parameter)
                {
                    self.state.vars.insert(name.clone(), Var::Text(text.clone()));
                }
                making.expansion(text, quoted);
            }
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect: false,
                test_type,
                alternative_value,
            } => {
                let held = self.held(parameter);
                if is_empty(&held, test_type) {
                    return;
                }
                if let Held::Unknown(why) = held {
                    making.push(Piece::unknown(why, here.near));
                    return;
                }
                let word = ending(here, &alternative_value.clone().unwrap_or_default());
                let text = self.nested(&word, making.depth + 1);
                making.expansion(text, quoted);
            }
            ParameterExpr::IndicateErrorIfNullOrUnset { parameter, indirect: false, .. } => {
                let held = self.held(parameter);
                self.emit(held, parameter, here, quoted, making);
            }
            ParameterExpr::ParameterLength { parameter, indirect: false } => {
                let piece = match self.held(parameter) {
                    Held::Array(elements) => Ok(elements.len().to_string()),
                    Held::Text(text) => text
                        .known()
                        .map(|text| text.chars().count().to_string())
                        .ok_or_else(|| "nothing tells its length".to_owned()),
                    _ => Err("nothing tells its length".to_owned()),
                };
                making.push(Piece {
                    text: piece,
                    origin: Origin::Computed(here.near),
                    via: Vec::new(),
                });
            }
            // `"${@:2}"` passes the rest of the arguments on.
            ParameterExpr::Substring { parameter, indirect: false, .. }
                if matches!(self.held(parameter), Held::Arguments) =>
            {
                self.emit(Held::Arguments, parameter, here, quoted, making);
            }
            _ => {
                let why = format!("`{}` is not computed", shortened(&here.text));
                making.push(Piece::unknown(why, here.near));
            }
        }
    }

    fn default(
        &mut self,
        default: &str,
        parameter: &Parameter,
        here: &Written,
        quoted: bool,
        depth: usize,
    ) -> Text {
        if quoted && default.contains(['\'', '"']) {
            let why = "quotes inside a default inside quotes are not read";
            return Text::of(Piece::unknown(why, here.near));
        }
        let word = ending(here, default);
        let text = self.nested(&word, depth + 1);
        let name = parameter.to_string();
        let variable = name.trim_matches(['$', '{', '}']).to_owned();
        text.through(&Step { variable, used: here.near, default: true })
    }

    fn emit(
        &mut self,
        held: Held,
        parameter: &Parameter,
        here: &Written,
        quoted: bool,
        making: &mut Making,
    ) {
        let shown = parameter.to_string();
        let variable = shown.trim_matches(['$', '{', '}']);
        let variable = variable.split('[').next().unwrap_or(variable).to_owned();
        let step = Step { variable: variable.clone(), used: here.near, default: false };
        match held {
            Held::Missing => {
                let why = match parameter {
                    Parameter::Positional(number) => {
                        format!("argument {number} of the script is not known")
                    }
                    _ => not_set(&variable),
                };
                making.push(Piece::unknown(why, here.near));
            }
            Held::Unknown(why) => making.push(Piece::unknown(why, here.near)),
            Held::Text(text) => making.expansion(text.through(&step), quoted),
            Held::Arguments => {
                if making.current.as_ref().is_some_and(|text| text.pieces.is_empty()) {
                    making.current = None;
                }
                making.end_field();
                let word = making.word;
                making.fields.push(Field { word, forwards: true, ..Field::default() });
            }
            Held::Array(elements) => {
                let joined = is_joined(parameter) && quoted || !making.splits;
                self.emit_array(elements, &step, joined, quoted, making);
            }
        }
    }

    fn emit_array(
        &mut self,
        elements: Vec<Element>,
        step: &Step,
        joined: bool,
        quoted: bool,
        making: &mut Making,
    ) {
        let count = elements.len();
        for (index, element) in elements.into_iter().enumerate() {
            let alone = making.current.as_ref().is_none_or(|text| text.pieces.is_empty());
            if alone && making.splits && !joined && quoted {
                making.current = None;
                let array = Some(step.variable.clone());
                // A piece's own places say where it is edited; the array is only passed on.
                making.fields.push(Field {
                    text: element.text,
                    word: element.word,
                    array,
                    forwards: false,
                });
                making.open = true;
                continue;
            }
            making.expansion(element.text.through(step), quoted);
            if index + 1 < count {
                if joined {
                    making.push(Piece::known(" ", Origin::Computed(step.used)));
                } else {
                    making.end_field();
                }
            }
        }
        if count == 0
            && quoted
            && making.current.as_ref().is_some_and(|text| text.pieces.is_empty())
        {
            // `"${EMPTY[@]}"` is no argument at all.
            making.current = None;
        }
    }
}

fn literal(text: &str, here: &Written, skip: usize, quoting: Quoting) -> Piece {
    let exact = here.text.get(skip..skip + text.len()) == Some(text);
    let origin = match here.span {
        Some(span) if exact => {
            let start = span.start + skip;
            Origin::Literal(Span::new(start, start + text.len()), quoting)
        }
        _ => Origin::Computed(here.near),
    };
    Piece::known(text, origin)
}

/// Returns the word at the end of `${NAME:-word}`, in front of the brace.
fn ending(here: &Written, word: &str) -> Written {
    let end = here.text.len().saturating_sub(1);
    let part = here.part(end.saturating_sub(word.len()), end);
    if part.text == word {
        part
    } else {
        Written { text: word.to_owned(), span: None, near: here.near }
    }
}

fn is_empty(held: &Held, test: &ParameterTestType) -> bool {
    match held {
        Held::Missing => true,
        Held::Text(text) => {
            matches!(test, ParameterTestType::UnsetOrNull) && text.known().as_deref() == Some("")
        }
        Held::Array(elements) => elements.is_empty(),
        Held::Arguments | Held::Unknown(_) => false,
    }
}

fn is_joined(parameter: &Parameter) -> bool {
    matches!(
        parameter,
        Parameter::NamedWithAllIndices { concatenate: true, .. }
            | Parameter::Special(SpecialParameter::AllPositionalParameters { concatenate: true })
    )
}

/// Tells whether bash would expand braces that stand outside quotes.
fn expands_braces(pieces: &[WordPieceWithSource]) -> bool {
    let bare: String = pieces
        .iter()
        .map(|piece| match &piece.piece {
            WordPiece::Text(text) => text.as_str(),
            _ => "\u{1}",
        })
        .collect();
    let mut open = Vec::new();
    for (at, c) in bare.char_indices() {
        match c {
            '{' => open.push(at),
            '}' => {
                let inside = open.pop().and_then(|start| bare.get(start..at));
                if inside.is_some_and(|inside| inside.contains(',') || inside.contains("..")) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

fn not_set(name: &str) -> String {
    format!("{name} is not set in the script; give --env {name}=VALUE")
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 40 && line.len() == text.len() {
        return line.to_owned();
    }
    line.chars().take(39).chain(['…']).collect()
}
