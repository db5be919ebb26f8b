//! What a parameter holds.

use brush_parser::word::{Parameter, ParameterTestType, SpecialParameter};

use super::expand::Expander;
use super::piece::{Origin, Piece, Text, Unknown};
use super::state::{Element, Rest, Var, is_name};
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
pub enum Held {
    /// Nothing: the script took it away.
    Unset,
    /// Nothing that is told; a default counts.
    Missing,
    /// One text.
    Text(Text),
    /// A list, and what follows what is known of it.
    List(Vec<Element>, Rest),
    /// Something that is not known.
    Unknown(Unknown),
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

    /// Returns what a parameter holds.
    pub fn held(&self, parameter: &Parameter) -> Held {
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

    /// Returns what the parameter holds whose name a parameter holds.
    pub fn indirect(&mut self, parameter: &Parameter) -> Held {
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
pub fn counted(elements: &[Element], rest: &Rest) -> Option<usize> {
    (*rest == Rest::Nothing && elements.iter().all(|it| it.sure)).then_some(elements.len())
}

/// Tells whether a default counts, if that can be told.
pub fn is_empty(held: &Held, test: &ParameterTestType) -> Option<bool> {
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

/// Says what to do about a variable that nothing sets.
pub fn not_set(name: &str) -> String {
    format!("{name} is not set in the script; give --env {name}=VALUE")
}
