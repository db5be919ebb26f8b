//! Texts besides the script's own: files that it takes in, and what `bash -c` runs.

use std::path::Path;
use std::rc::Rc;

use super::making::Field;
use super::piece::{Origin, Piece, Text, Unknown};
use super::run::{Run, list_of};
use super::state::Var;
use super::syntax::{CONTINUATION, Place, Syntax};
use super::walk::{Done, Flow, Walker};
use crate::text::{Source, Span};

/// How deep texts nest before the reading gives up.
const DEEPEST: usize = 8;

/// Shells that run the text behind `-c`.
const SHELLS: [&str; 4] = ["bash", "dash", "sh", "zsh"];

/// Programs that do not pass the environment on.
const CLEARING: [&str; 7] = ["docker", "kubectl", "podman", "ray", "ssh", "su", "sudo"];

/// A variable that stands for what is not known in a text to run.
const STAND_IN: &str = "__hydrule_unknown_";

/// A text to run, and what stands in it for what is not known.
struct Inner {
    text: String,
    place: Place,
    unknown: Vec<(String, Unknown)>,
}

impl Walker<'_> {
    /// `source FILE …`: the file's statements run as if they stood here.
    pub(super) fn sourced(&mut self, run: &Run<'_>) -> Done {
        let fields = run.fields.get(1..).unwrap_or_default();
        let path = fields.first().and_then(|it| self.expander().seen_from_start(&it.text));
        let file = path.and_then(|path| self.taken_in(&path));
        let Some(syntax) = file.filter(|_| self.nested < DEEPEST) else {
            let file = run.words.get(1).cloned().flatten();
            let file = file.map_or("a file".to_owned(), |file| format!("`{file}`"));
            self.note(run.first_word, format!("{file} is not read; it may set variables"));
            return (Flow::Next, None);
        };
        let own = fields.get(1..).filter(|it| !it.is_empty()).map(list_of);
        let outer = own.map(|own| std::mem::replace(&mut self.state.arguments, own));
        self.taking_in += 1;
        self.returned.push(Vec::new());
        let flow = self.text_of(&syntax);
        for state in self.returned.pop().unwrap_or_default() {
            self.state.join(&state, "where the file returns");
        }
        self.taking_in -= 1;
        if let Some(outer) = outer {
            self.state.arguments = outer;
        }
        (if flow == Flow::Exit { Flow::Exit } else { Flow::Next }, None)
    }

    /// Reads a file, once.
    fn taken_in(&mut self, path: &str) -> Option<Rc<Syntax>> {
        let source = self.outside.load.as_ref()?.read(Path::new(path))?;
        let files = &self.script.taken_in;
        let old = files.iter().find(|(_, it)| it.name() == source.name());
        let last = files.last().unwrap_or(&(0, self.script.source.clone())).clone();
        let begin = old.map_or(last.0 + last.1.text().len() + 1, |(begin, _)| *begin);
        let place = Place::From(begin);
        let key = (path.to_owned(), place);
        if let Some(known) = self.others.get(&key) {
            return Some(Rc::clone(known));
        }
        let syntax = Rc::new(Syntax::parse(&source, place).ok()?);
        self.script.taken_in.push((begin, source));
        self.others.insert(key, Rc::clone(&syntax));
        Some(syntax)
    }

    /// Reads the text that `bash -c` or `sbatch --wrap` runs; returns the index of its word.
    pub(super) fn inner_shell(&mut self, run: &Run<'_>) -> Option<usize> {
        let (at, start) = text_to_run(&run.words, run.fields)?;
        let field = run.fields.get(at)?;
        let whole = Text { pieces: field.text.from(start) };
        let written = self.written_out(&whole);
        let inner = written.or_else(|| inner_text(&whole, field.word));
        let inner = inner.filter(|_| self.nested < DEEPEST)?;
        let source = Source::new(self.syntax.source.name(), inner.text.as_str());
        let key = (inner.text, inner.place);
        let syntax = match self.others.get(&key) {
            Some(known) => Rc::clone(known),
            None => {
                let syntax = Rc::new(Syntax::parse(&source, inner.place).ok()?);
                self.others.insert(key, Rc::clone(&syntax));
                syntax
            }
        };
        let clears = run
            .words
            .iter()
            .take(at)
            .flatten()
            .any(|word| CLEARING.contains(&word.rsplit('/').next().unwrap_or(word)));
        let arguments = list_of(run.fields.get(at + 2..).unwrap_or_default());
        let mut child = self.state.child(arguments, !clears);
        let told = self.outside.environment.keys().filter(|_| clears);
        for name in told {
            let why = format!("{name} may be another one where the text runs");
            child.vars.insert(name.clone(), Var::Unknown(Unknown::new(why)));
        }
        for (name, text) in &run.own {
            child.vars.insert(name.clone(), Var::Text(text.clone()));
            child.exported.insert(name.clone());
        }
        for (name, unknown) in inner.unknown {
            child.vars.insert(name, Var::Unknown(unknown));
        }
        self.apart(|walker| {
            walker.state = child;
            walker.text_of(&syntax);
        });
        Some(at)
    }

    /// Keeps an override that runs as a command of its own.
    pub(super) fn orphan(&mut self, first: &str, span: Span) {
        let script = &mut self.script;
        if self.syntax.is_held() {
            if !script.orphans.contains(&span) {
                script.orphans.push(span);
            }
        } else if script.torn.iter().all(|(old, _)| *old != span) {
            script.torn.push((span, first.to_owned()));
        }
    }

    /// Returns the text as the script holds it, where only continuation lines cut it: those mean the
    /// same to the shell that runs it, but in single quotes and comments.
    fn written_out(&self, text: &Text) -> Option<Inner> {
        let literal = |piece: &Piece| match (&piece.text, piece.origin) {
            (Ok(text), Origin::Literal(span, _)) if piece.via.is_empty() => {
                Some((text.clone(), span))
            }
            _ => None,
        };
        let parts: Vec<(String, Span)> = text.pieces.iter().map(literal).collect::<Option<_>>()?;
        let ((_, first), (_, last)) = (parts.first()?, parts.last()?);
        let mut quotes = Quotes::default();
        for ((text, span), next) in parts.iter().zip(parts.iter().skip(1)) {
            quotes.read(text);
            let cut = self.syntax.slice(Span::new(span.end, next.1.start)) == Some(CONTINUATION);
            if !cut || quotes.keep_all() || quotes.comment {
                return None;
            }
        }
        let text = self.syntax.slice(first.cover(*last))?.to_owned();
        Some(Inner { text, place: Place::From(first.start), unknown: Vec::new() })
    }
}

/// The quotes that stand open in a text, and whether its end is a comment's.
#[derive(Debug, Default)]
struct Quotes {
    single: bool,
    double: bool,
    escaped: bool,
    comment: bool,
    last: Option<char>,
}

impl Quotes {
    /// Reads on.
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            let begins_word = self.last.is_none_or(|it| it.is_whitespace() || ";&|(".contains(it));
            let bare = !self.single && !self.double && !self.escaped;
            self.last = Some(c);
            match c {
                _ if self.comment => self.comment = c != '\n',
                '#' if bare && begins_word => self.comment = true,
                _ if self.escaped => self.escaped = false,
                '\\' if !self.single => self.escaped = true,
                '\'' if !self.double => self.single = !self.single,
                '"' if !self.single => self.double = !self.double,
                _ => {}
            }
        }
    }

    /// Tells whether the next character means itself, whatever it is.
    fn keep_all(&self) -> bool {
        self.single || self.escaped
    }
}

/// Finds the word that holds a text to run, and where in the word it begins.
fn text_to_run(words: &[Option<String>], fields: &[Field]) -> Option<(usize, usize)> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    if words.first()?.as_deref().is_some_and(|it| base(it) == "sbatch") {
        let wraps = |field: &Field| field.text.known_start().starts_with("--wrap");
        let at = fields.iter().position(wraps)?;
        let start = fields.get(at)?.text.known_start();
        return if start.starts_with("--wrap=") { Some((at, 7)) } else { Some((at + 1, 0)) };
    }
    let shell = words.iter().position(|word| {
        word.as_deref().is_some_and(|word| SHELLS.contains(&base(word).as_str()))
    })?;
    let mut at = shell + 1;
    loop {
        let flag = words.get(at)?.as_deref().filter(|it| it.starts_with(['-', '+']))?;
        at += 1;
        match flag {
            "-o" | "+o" | "-O" | "+O" | "--rcfile" | "--init-file" => at += 1,
            flag if !flag.starts_with("--") && flag.ends_with('c') => return Some((at, 0)),
            _ => {}
        }
    }
}

/// Makes the text; what is not known in it becomes a variable, unless it stands in single quotes.
fn inner_text(text: &Text, word: Span) -> Option<Inner> {
    let mut inner = Inner { text: String::new(), place: Place::At(word), unknown: Vec::new() };
    let mut quotes = Quotes::default();
    for piece in &text.pieces {
        match &piece.text {
            Ok(text) => {
                quotes.read(text);
                inner.text.push_str(text);
            }
            Err(_) if quotes.keep_all() => return None,
            Err(unknown) => {
                let name = format!("{STAND_IN}{}", inner.unknown.len());
                inner.text.push_str(&format!("${{{name}}}"));
                inner.unknown.push((name, unknown.clone()));
            }
        }
    }
    Some(inner)
}
