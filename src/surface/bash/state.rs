//! What a script knows while it runs: variables, arguments, functions.

use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use brush_parser::ast::FunctionBody;
use indexmap::{IndexMap, IndexSet};

use super::layers::Layers;
use super::names::{ByName, Names};
use super::piece::{LONGEST, Origin, Piece, Text, Unknown};
use super::syntax::Syntax;
use super::vars::Vars;
use crate::text::{Source, Span};

/// What a script takes from outside.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Environment variables that were told; others count as not set.
    pub environment: IndexMap<String, String>,
    /// Environment variables that are set to something that nothing tells.
    pub untold: IndexSet<String>,
    /// The script's own arguments; where they are not told, it may get any.
    pub arguments: Option<Vec<String>>,
    /// Whether any more arguments may follow those that are told.
    pub more_arguments: bool,
    /// Reads a file that the script takes in, its path seen from where the script's is; without,
    /// none is read.
    pub load: Option<Load>,
}

type Loader = dyn Fn(&Path) -> Option<Source> + Send + Sync;

/// Reads a file that a script takes in.
#[derive(Clone)]
pub struct Load(Arc<Loader>);

impl Load {
    /// Makes one of a function.
    pub fn new(load: impl Fn(&Path) -> Option<Source> + Send + Sync + 'static) -> Self {
        Self(Arc::new(load))
    }

    /// Reads the file at a path, if there is one that may be read.
    pub fn read(&self, path: &Path) -> Option<Source> {
        self.0(path)
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Load")
    }
}

impl Outside {
    /// Tells whether a script takes the same from both.
    pub fn same_as(&self, other: &Self) -> bool {
        let told = |it: &Self| (it.arguments.clone(), it.more_arguments);
        self.environment == other.environment
            && self.untold == other.untold
            && told(self) == told(other)
    }
}

/// A function's body, in the text that defines it.
#[derive(Clone)]
pub struct Function {
    /// The body.
    pub body: Rc<FunctionBody>,
    /// The text.
    pub syntax: Rc<Syntax>,
}

/// A variable's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Var {
    /// A text.
    Text(Text),
    /// An array without gaps.
    Array(Vec<Element>),
    /// None: the script took it away, or made it local without a value.
    Unset,
    /// Nothing tells.
    Unknown(Unknown),
}

/// An element of an array or a list of arguments: its text and the word that gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// The text.
    pub text: Text,
    /// The word in the array's parentheses.
    pub word: Span,
    /// Whether it is exactly one element; otherwise it may stand for none or several.
    pub sure: bool,
}

/// Returns how many bytes elements take, about.
pub fn elements_size(elements: &[Element]) -> usize {
    elements.iter().map(|it| it.text.size()).sum()
}

/// What follows the known elements of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// Whatever arguments the script gets; counted as none where a default asks.
    #[default]
    Script,
    /// Nothing tells.
    Unknown(Unknown),
}

/// The arguments, `$1` first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments {
    /// Those that are known, at the front.
    pub known: Vec<Element>,
    /// What follows them.
    pub rest: Rest,
}

/// How words are made of texts, where that is not the usual way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// `set -e`: a failing command ends the script.
    pub ends_on_failure: bool,
    /// `set -a`: what is assigned is exported.
    pub exports_all: bool,
    /// `shopt -s nullglob` or the like: patterns that match no file do not stay as they are.
    pub drops_patterns: bool,
}

/// Everything that statements change.
#[derive(Clone, Default)]
pub struct State {
    /// Variables by name.
    pub vars: Vars,
    /// Where each variable was set.
    pub places: Layers<Arc<Vec<Span>>>,
    /// Variables that change what is assigned to them, or forbid it: integers, references.
    pub odd: Names,
    /// The arguments.
    pub arguments: Arguments,
    /// Functions by name; none where it is not known which.
    pub functions: ByName<Option<Function>>,
    /// For every function being run, what comes back when it ends.
    pub frames: Vec<Frame>,
    /// The variables that programs get.
    pub exported: Names,
    /// The working folder, seen from where the script is started; none where nothing tells it.
    pub folder: Option<String>,
    /// The shell's options.
    pub options: Options,
    /// Whether an expansion of the command being read may have failed, which ends all of it.
    pub failed: bool,
}

/// Tells whether a text may be a variable's name.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What comes back when a function ends.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The local variables, and what they hid.
    pub hidden: ByName<Option<Var>>,
    /// Where what they hid was set.
    pub places: ByName<Arc<Vec<Span>>>,
    /// The arguments.
    pub arguments: Arguments,
}

impl Var {
    /// Returns how many bytes it takes, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.size(),
            Self::Array(elements) => elements_size(elements),
            Self::Unset | Self::Unknown(_) => 0,
        }
    }

    /// Returns a text that differs where the value may.
    pub fn sketch(&self) -> String {
        match self {
            Self::Text(text) => text.sketch(),
            Self::Array(elements) => {
                let texts: Vec<String> = elements.iter().map(|it| it.text.sketch()).collect();
                format!("({})", texts.join("\u{4}"))
            }
            Self::Unset => "\u{5}".to_owned(),
            Self::Unknown(unknown) => format!("\u{2}{}\u{3}", unknown.seen),
        }
    }
}

impl State {
    /// Begins a script.
    pub fn new(outside: &Outside) -> Self {
        let exported = outside.environment.keys().cloned().collect();
        let begun = Self { exported, folder: Some(String::new()), ..Self::default() };
        let Some(told) = &outside.arguments else { return begun };
        let element = |text: &String| Element {
            text: Text::of(Piece::known(text.clone(), Origin::Outside)),
            word: Span::at(0),
            sure: true,
        };
        let known = told.iter().map(element).collect();
        let rest = if outside.more_arguments { Rest::Script } else { Rest::Nothing };
        Self { arguments: Arguments { known, rest }, ..begun }
    }

    /// Returns what a shell starts with that this one starts with these arguments; it gets what is
    /// exported, if anything.
    pub fn child(&self, arguments: Arguments, gets_variables: bool) -> Self {
        let kept = |(name, var): (&String, &Var)| {
            let text = matches!(var, Var::Text(_) | Var::Unknown(_));
            let passed = text && gets_variables && self.exported.contains(name);
            passed.then(|| (name.clone(), var.clone()))
        };
        Self {
            vars: self.vars.iter().filter_map(kept).collect(),
            places: self.places.clone(),
            arguments,
            exported: self.exported.clone(),
            folder: self.folder.clone().filter(|_| gets_variables),
            ..Self::default()
        }
    }

    /// Notes where a variable is set, or appended to.
    pub fn place(&mut self, name: &str, at: Span, appends: bool) {
        match self.places.get_mut(name) {
            Some(places) if appends => Arc::make_mut(places).push(at),
            _ => self.places.insert(name.to_owned(), Arc::new(vec![at])),
        }
    }

    /// Returns where a variable was set.
    pub fn places_of(&self, name: &str) -> Arc<Vec<Span>> {
        self.places.get(name).cloned().unwrap_or_default()
    }

    /// Sets a variable that nothing tells the value of; it may depend on the old one.
    pub fn forget(&mut self, name: &str, why: impl Into<String>) {
        let old = self.vars.get(name).map_or_else(String::new, Var::sketch);
        self.vars.insert(name.to_owned(), Var::Unknown(Unknown::new(why).seeing(&old)));
    }

    /// Sets a variable, unless its attributes make something else of the value.
    pub fn assign(&mut self, name: &str, value: Var) {
        let value = if self.odd.contains(name) {
            let why = format!("{name} is declared in a way that changes its values");
            Var::Unknown(Unknown::new(why).seeing(&value.sketch()))
        } else if value.size() > LONGEST {
            too_long(name)
        } else {
            value
        };
        self.vars.insert(name.to_owned(), value);
        self.assigned(name);
    }

    /// Appends to a text or an array without a copy of what is there, since scripts append line by line; gives
    /// back what is to be appended to anything else.
    pub fn append(&mut self, name: &str, added: Var) -> Result<(), Var> {
        if self.odd.contains(name) {
            return Err(added);
        }
        if self.vars.append(name, added)? > LONGEST {
            self.vars.insert(name.to_owned(), too_long(name));
        }
        self.assigned(name);
        Ok(())
    }

    fn assigned(&mut self, name: &str) {
        if self.options.exports_all {
            self.exported.insert(name.to_owned());
        }
    }

    /// Makes a variable local to the function being run.
    pub fn make_local(&mut self, name: &str) {
        let old = self.vars.get(name).cloned();
        let places = self.places_of(name);
        if let Some(frame) = self.frames.last_mut() {
            frame.hidden.entry(name.to_owned()).or_insert(old);
            frame.places.entry(name.to_owned()).or_insert(places);
        }
    }

    /// Begins a function.
    pub fn begin_function(&mut self, arguments: Arguments) {
        let arguments = std::mem::replace(&mut self.arguments, arguments);
        self.frames.push(Frame { arguments, ..Frame::default() });
    }

    /// Ends a function: what its local variables hid is back.
    pub fn end_function(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.arguments = frame.arguments;
        for (name, places) in frame.places {
            self.places.insert(name, places);
        }
        for (name, old) in frame.hidden {
            match old {
                Some(old) => self.vars.insert(name, old),
                None => self.vars.remove(&name),
            }
        }
    }

    /// Merges the state at the end of another branch: what differs is unknown.
    pub fn join(&mut self, other: &Self, why: &str) {
        for name in self.changed(other) {
            let (left, right) = (self.vars.get(&name), other.vars.get(&name));
            if let Some(joined) = join_var(left, right, &name, why) {
                self.vars.insert(name, joined);
            }
        }
        for name in self.places.apart(&other.places) {
            let (mine, theirs) = (self.places_of(&name), other.places_of(&name));
            if Arc::ptr_eq(&mine, &theirs) {
                continue;
            }
            let news = theirs.iter().filter(|place| !mine.contains(place));
            let joined: Vec<Span> = mine.iter().chain(news).copied().collect();
            if joined.len() > mine.len() {
                self.places.insert(name, Arc::new(joined));
            }
        }
        if self.arguments != other.arguments {
            let why = format!("the arguments depend on {why}");
            let seen = format!("{}|{}", sketch(&self.arguments), sketch(&other.arguments));
            let rest = Rest::Unknown(Unknown::new(why).seeing(&seen));
            self.arguments = Arguments { known: Vec::new(), rest };
        }
        for (name, body) in &other.functions {
            let same = match (self.functions.get(name), body) {
                (Some(Some(mine)), Some(theirs)) => Rc::ptr_eq(&mine.body, &theirs.body),
                // Where only one branch defines it, it is that one or none at all.
                (None, Some(_)) => {
                    self.functions.insert(name.clone(), body.clone());
                    true
                }
                _ => false,
            };
            if !same {
                self.functions.insert(name.clone(), None);
            }
        }
        self.odd.extend(other.odd.iter().cloned());
        self.exported.extend(other.exported.iter().cloned());
        if self.folder != other.folder {
            self.folder = None;
        }
        for (mine, theirs) in self.frames.iter_mut().zip(&other.frames) {
            join_frames(&mut mine.hidden, &theirs.hidden, why);
        }
        self.options.drops_patterns |= other.options.drops_patterns;
        self.options.exports_all |= other.options.exports_all;
        self.options.ends_on_failure &= other.options.ends_on_failure;
    }

    /// Lists the variables whose value differs in the other state.
    pub fn changed(&self, other: &Self) -> Names {
        self.vars.changed(&other.vars)
    }

    /// Returns a text that differs where one of the variables that a text names does.
    pub fn seen_by(&self, text: &str) -> String {
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words: IndexSet<&str> = text.split(|c| !name(c)).filter(|it| !it.is_empty()).collect();
        let mut seen = text.to_owned();
        for word in words {
            if let Some(var) = self.vars.get(word) {
                seen.push_str(&format!("\u{6}{word}={}", var.sketch()));
            }
        }
        let positional = text.contains("$@") || text.contains("$*") || text.contains("{@");
        let numbered =
            text.as_bytes().windows(2).any(|it| matches!(it, [b'$', b'0'..=b'9' | b'{']));
        if positional || numbered {
            seen.push_str(&sketch(&self.arguments));
        }
        seen
    }
}

/// Returns a text that differs where the arguments may.
pub fn sketch(arguments: &Arguments) -> String {
    let texts: Vec<String> = arguments.known.iter().map(|it| it.text.sketch()).collect();
    let rest = match &arguments.rest {
        Rest::Nothing => "",
        Rest::Script => "$@",
        Rest::Unknown(unknown) => unknown.seen.as_str(),
    };
    format!("{}\u{4}{rest}", texts.join("\u{4}"))
}

fn join_frames(mine: &mut ByName<Option<Var>>, theirs: &ByName<Option<Var>>, why: &str) {
    let names: Names = mine.keys().chain(theirs.keys()).cloned().collect();
    for name in names {
        if mine.get(&name) != theirs.get(&name) {
            let unknown = Unknown::new(format!("whether {name} is local depends on {why}"));
            mine.insert(name, Some(Var::Unknown(unknown)));
        }
    }
}

fn too_long(name: &str) -> Var {
    Var::Unknown(Unknown::new(format!("{name} is too long to be followed")))
}

fn join_var(left: Option<&Var>, right: Option<&Var>, name: &str, why: &str) -> Option<Var> {
    if left == right {
        return left.cloned();
    }
    let sketch = |var: Option<&Var>| var.map_or_else(String::new, Var::sketch);
    Some(match (left, right) {
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
        (left, right) => {
            let seen = format!("{}|{}", sketch(left), sketch(right));
            Var::Unknown(Unknown::new(format!("{name} depends on {why}")).seeing(&seen))
        }
    })
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
    let unknown = Unknown::new(format!("it is passed or not, depending on {why}"));
    let unknown = unknown.seeing(&element.text.sketch());
    text.pieces.push(Piece::missing(unknown, element.word));
    Element { text, word: element.word, sure: false }
}
