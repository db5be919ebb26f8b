//! Simple commands: what the shell does itself, functions, and the programs it starts.

use std::rc::Rc;

use brush_parser::ast::{
    AssignmentValue, CommandPrefixOrSuffixItem, IoRedirect, SimpleCommand, Word,
};
use indexmap::IndexMap;

use super::assign::assigned_name;
use super::command::{Command as Recognised, is_override, recognise};
use super::decide;
use super::launch::{Launch, Start};
use super::making::Field;
use super::piece::{Origin, Piece, Text, Unknown, are_too_long};
use super::state::{Arguments, Element, Function, Rest, Var, sketch};
use super::walk::{Done, Flow, Walker};
use crate::text::Span;

/// How deep functions call one another before the reading gives up.
const DEEPEST: usize = 16;

/// A command whose words are expanded.
pub(super) struct Run<'a> {
    pub(super) fields: &'a [Field],
    pub(super) words: Vec<Option<String>>,
    /// The variables that hold for this command alone.
    pub(super) own: Vec<(String, Text)>,
    pub(super) first_word: Span,
    last_word: Span,
    /// What `<<<` lets it read.
    pub(super) reads: Option<Text>,
    /// The whole command as it is written, with what it reads.
    written: &'a str,
}

impl Run<'_> {
    pub(super) fn arguments(&self) -> &[Option<String>] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// Tells whether an expansion in a command may fail: arithmetic, and all that braces hold but a
/// variable and a default. A script of many variables would else be copied for each of them.
fn may_fail(text: &str) -> bool {
    let is_plain = |braces: &str| {
        let behind = braces.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let behind = behind.strip_prefix(':').unwrap_or(behind);
        behind.starts_with(['-', '=', '+', '?'])
            || braces.len() > behind.len() && behind.starts_with('}')
    };
    text.contains("((") || text.contains("$[") || text.split("${").skip(1).any(|it| !is_plain(it))
}

impl Walker<'_> {
    /// Reads a simple command; where an expansion in it fails, all that was begun is given up.
    pub(super) fn simple(&mut self, simple: &SimpleCommand) -> Done {
        let text = simple.to_string();
        let before = may_fail(&text).then(|| self.state.clone());
        let done = self.expanded(simple, &text);
        if std::mem::take(&mut self.state.failed) {
            let seen = before.as_ref().map(|state| state.seen_by(&text));
            self.depends(seen.unwrap_or(text));
            self.given_up.extend(before);
        }
        done
    }

    fn expanded(&mut self, simple: &SimpleCommand, written: &str) -> Done {
        let empty = Vec::new();
        let prefix = simple.prefix.as_ref().map_or(&empty, |prefix| &prefix.0);
        let suffix = simple.suffix.as_ref().map_or(&empty, |suffix| &suffix.0);
        let Some(name) = &simple.word_or_name else { return self.assignments(prefix) };
        self.look_inside(name, suffix);
        self.look_into_documents(name, suffix);
        if let Some(done) = self.declaration(&name.value, suffix) {
            return done;
        }
        let mut fields = self.fields(name);
        let mut words = suffix.iter().filter_map(word_of);
        for word in words.clone() {
            fields.extend(self.fields(word));
        }
        self.bytes += fields.iter().map(|field| field.text.size()).sum::<usize>();
        let first_word = self.word_span(name);
        let last_word = words.next_back().map_or(first_word, |word| self.word_span(word));
        let own = self.own_variables(prefix);
        let reads = self.here_string(suffix);
        let words =
            fields.iter().map(|field| (!field.unsure).then(|| field.text.known()).flatten());
        let words = words.collect();
        self.run(&Run { fields: &fields, words, own, first_word, last_word, reads, written })
    }

    fn assignments(&mut self, prefix: &[CommandPrefixOrSuffixItem]) -> Done {
        let mut runs_commands = false;
        for item in prefix {
            if let CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) = item {
                runs_commands |= word.value.contains("$(") || word.value.contains('`');
                self.look_inside(word, &[]);
                self.assign(assignment);
            }
        }
        // With a command inside, it is that command which works or fails.
        (Flow::Next, (!runs_commands).then_some(true))
    }

    /// Notes launches inside `$(…)`, which are not read.
    fn look_inside(&mut self, word: &Word, suffix: &[CommandPrefixOrSuffixItem]) {
        for word in std::iter::once(word).chain(suffix.iter().filter_map(word_of)) {
            let inside = word.value.contains("$(") || word.value.contains('`');
            if inside && word.value.contains("-m ") && word.value.contains('=') {
                let near = self.word_span(word);
                self.note(near, "a launch inside `$(…)` is not read");
            }
        }
    }

    /// Notes launches in here-documents, which another shell may run some day.
    fn look_into_documents(&mut self, name: &Word, suffix: &[CommandPrefixOrSuffixItem]) {
        for item in suffix {
            let CommandPrefixOrSuffixItem::IoRedirect(IoRedirect::HereDocument(_, document)) = item
            else {
                continue;
            };
            let text = &document.doc.value;
            let launches = ["python", "torchrun", " -m "].iter().any(|it| text.contains(it));
            if let Some(line) = text.lines().find(|line| launches && holds_override(line)) {
                let near = self.word_span(name);
                let at = self.syntax.behind(near, line.trim()).unwrap_or(near);
                self.note(at, "the overrides in this here-document are neither read nor changed");
            }
        }
    }

    /// `NAME=value command`: the values hold for the command alone.
    fn own_variables(&mut self, prefix: &[CommandPrefixOrSuffixItem]) -> Vec<(String, Text)> {
        let mut own = Vec::new();
        for item in prefix {
            let CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) = item else { continue };
            if let AssignmentValue::Scalar(word) = &assignment.value {
                let text = self.text(word);
                own.push((assigned_name(assignment), text));
            }
        }
        own
    }

    /// What `<<< TEXT` gives, where nothing else is read.
    fn here_string(&mut self, suffix: &[CommandPrefixOrSuffixItem]) -> Option<Text> {
        let mut redirects = suffix.iter().filter_map(|item| match item {
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => Some(redirect),
            _ => None,
        });
        match (redirects.next(), redirects.next()) {
            (Some(IoRedirect::HereString(None, word)), None) => Some(self.text(word)),
            _ => None,
        }
    }

    pub(super) fn word_span(&self, word: &Word) -> Span {
        word.loc.as_ref().map_or(Span::at(0), |at| self.syntax.span(at))
    }

    fn run(&mut self, run: &Run<'_>) -> Done {
        let name = run.words.first().cloned().flatten().unwrap_or_default();
        if self.state.functions.contains_key(&name) {
            return self.function(&name, run);
        }
        let arguments = run.arguments();
        match name.as_str() {
            ":" | "true" => return (Flow::Next, Some(true)),
            "false" => return (Flow::Next, Some(false)),
            "[" | "test" => return (Flow::Next, self.test(run)),
            "exit" => return (Flow::Exit, None),
            "return" if self.state.frames.is_empty() && self.taking_in == 0 => {
                return (Flow::Next, None);
            }
            "return" => return (Flow::Return, None),
            "break" => return (Flow::Break, None),
            "continue" => return (Flow::Continue, None),
            "let" => return (Flow::Next, self.evaluated(run)),
            "shift" => self.shift(arguments),
            "set" => self.set(run.fields.get(1..).unwrap_or_default()),
            "shopt" => self.shopt(arguments),
            "unset" => self.unset(arguments),
            "read" if self.read_line(run).is_some() => return (Flow::Next, Some(true)),
            "mapfile" | "readarray" if self.read_lines(run).is_some() => {}
            "read" | "mapfile" | "readarray" | "getopts" => {
                self.sets_unknown(&name, run);
            }
            "printf" if arguments.first().is_some_and(|it| it.as_deref() == Some("-v")) => {
                if self.print_into(run).is_none() {
                    self.sets_unknown(&name, run);
                }
            }
            "eval" => self.eval(arguments, run),
            "source" | "." => return self.sourced(run),
            "cd" | "pushd" | "popd" => self.change_folder(&name, run),
            _ => return self.program(&name, run),
        }
        (Flow::Next, None)
    }

    fn test(&mut self, run: &Run<'_>) -> Option<bool> {
        let status = match run.arguments() {
            [Some(test), Some(name)] | [Some(test), Some(name), _] if test == "-v" => {
                self.expander().is_set(name)
            }
            arguments if run.fields.iter().any(|field| field.unsure) => {
                let _ = arguments;
                None
            }
            arguments => decide::test(arguments),
        };
        if status.is_none() {
            self.depends(sketches(run.fields).join(" "));
        }
        status
    }

    fn evaluated(&mut self, run: &Run<'_>) -> Option<bool> {
        let mut status = None;
        for argument in run.arguments() {
            match argument {
                Some(text) => status = self.arithmetic(text, run.first_word),
                None => self.note(run.first_word, "`let` may set any variable"),
            }
        }
        status
    }

    fn function(&mut self, name: &str, run: &Run<'_>) -> Done {
        let line = self.line(run.first_word);
        match self.state.functions.get(name).cloned().flatten() {
            Some(function) if self.state.frames.len() < DEEPEST => {
                (self.call(&function, run), None)
            }
            _ => {
                let message =
                    format!("what the function `{name}` does at line {line} is not known");
                self.note(run.first_word, message);
                (Flow::Next, None)
            }
        }
    }

    fn program(&mut self, name: &str, run: &Run<'_>) -> Done {
        let inner = self.inner_shell(run);
        let texts = run.words.iter().flatten();
        let shell =
            texts.clone().any(|word| matches!(word.rsplit('/').next(), Some("bash" | "sh")));
        if inner.is_none()
            && shell
            && texts.clone().any(|word| word.starts_with('-') && word.ends_with('c'))
        {
            self.note(run.first_word, "`bash -c` runs a text that is not read");
        }
        self.keep(run, inner);
        let ends = name == "exec" && run.fields.len() > 1;
        (if ends { Flow::Exit } else { Flow::Next }, None)
    }

    /// Keeps a command; `inner` is its word that holds a text to run, which is read for itself.
    fn keep(&mut self, run: &Run<'_>, inner: Option<usize>) {
        let span = run.first_word.cover(run.last_word);
        let location = self.script.at(span);
        let own = run.own.iter().map(|(name, text)| format!("{name}={}", text.sketch()));
        let recognised = if inner.is_some() { Recognised::Other } else { recognise(run.fields) };
        match recognised {
            Recognised::Launch(found) => {
                let launch = Launch {
                    program: found.program,
                    module: found.module,
                    location,
                    environment: run.own.clone(),
                    words: found.words,
                    flags: found.flags,
                    arguments: found.arguments,
                    forwards: found.forwards,
                    last_word: run.last_word,
                    rest: own.chain(found.rest).collect(),
                    condition: self.conditions.last().cloned(),
                };
                self.script.runs.push((0, launch.clone()));
                self.script.launches.push(launch);
            }
            Recognised::Start(start) => {
                let environment = self.passed_on(run);
                self.script.starts.push(Start { environment, ..start });
            }
            Recognised::Other => {
                let first = run.words.first().and_then(Option::as_deref).unwrap_or_default();
                if is_orphan(first) {
                    self.orphan(first, span);
                }
                let words = sketches(run.fields).into_iter().enumerate();
                let words = words.filter(|(index, _)| Some(*index) != inner).map(|(_, word)| word);
                let words = own.chain(words).collect();
                self.script.commands.push((span, words));
            }
        }
    }

    /// The variables that a program gets: what is exported, what is set for it alone, and what
    /// `sbatch --export=NAME=VALUE` adds.
    fn passed_on(&self, run: &Run<'_>) -> Vec<(String, Text)> {
        let mut passed: IndexMap<String, Text> = IndexMap::new();
        for (name, var) in self.state.vars.iter() {
            if let (true, Var::Text(text)) = (self.state.exported.contains(name), var) {
                passed.insert(name.clone(), text.clone());
            }
        }
        passed.extend(run.own.iter().cloned());
        let lists = run.words.iter().flatten().filter_map(|word| word.strip_prefix("--export="));
        for (name, value) in
            lists.flat_map(|list| list.split(',')).filter_map(|it| it.split_once('='))
        {
            let piece = Piece::known(value, Origin::Computed(run.first_word));
            passed.insert(name.to_owned(), Text::of(piece));
        }
        passed.into_iter().collect()
    }

    fn shift(&mut self, arguments: &[Option<String>]) {
        let by = match arguments {
            [] => Some(1),
            [Some(text)] => text.parse::<usize>().ok(),
            _ => None,
        };
        let list = &mut self.state.arguments;
        let certain = |by: usize| list.known.iter().take(by).all(|it| it.sure);
        match by {
            Some(by) if by <= list.known.len() && certain(by) => {
                list.known.drain(..by);
            }
            // Too few: nothing moves.
            Some(by) if list.rest == Rest::Nothing && certain(by) => {}
            Some(_) if list.rest == Rest::Script && list.known.is_empty() => {}
            _ => *list = unknown_arguments("the arguments were shifted", list),
        }
    }

    /// `set -- a b` replaces the arguments; `set -e` lets a failure end the script.
    fn set(&mut self, fields: &[Field]) {
        let mut rest = fields;
        while let [field, after @ ..] = rest {
            let text = field.text.known().filter(|_| !field.forwards);
            let Some(text) = text else { break };
            if text == "--" || text == "-" {
                self.state.arguments = list_of(after);
                return;
            }
            let Some(letters) = text.strip_prefix(['-', '+']) else { break };
            let on = text.starts_with('-');
            rest = after;
            let mut named = None;
            if letters.contains('o')
                && let [option, after @ ..] = rest
            {
                named = option.text.known();
                rest = after;
            }
            if letters.contains('e') || named.as_deref() == Some("errexit") {
                self.state.options.ends_on_failure = on;
            }
            if letters.contains('a') || named.as_deref() == Some("allexport") {
                self.state.options.exports_all = on;
            }
        }
        if !rest.is_empty() {
            self.state.arguments = list_of(rest);
        }
    }

    fn shopt(&mut self, arguments: &[Option<String>]) {
        let drops = ["nullglob", "failglob"];
        if arguments.iter().flatten().any(|it| drops.contains(&it.as_str())) {
            self.state.options.drops_patterns =
                arguments.first().is_none_or(|it| it.as_deref() != Some("-u"));
        }
    }

    fn unset(&mut self, arguments: &[Option<String>]) {
        let functions = arguments.first().is_some_and(|it| it.as_deref() == Some("-f"));
        for name in arguments.iter().flatten() {
            match name.split_once('[') {
                _ if functions => {
                    self.state.functions.shift_remove(name);
                }
                Some((array, _)) => {
                    self.state.forget(array, format!("an element of {array} is taken away"));
                }
                None if self.state.odd.contains(name) => {
                    self.state.forget(name, format!("{name} may be unset or not"));
                }
                None => {
                    self.state.vars.insert(name.clone(), Var::Unset);
                    self.state.functions.shift_remove(name);
                }
            }
        }
    }

    fn sets_unknown(&mut self, command: &str, run: &Run<'_>) {
        let line = self.line(run.first_word);
        let seen = self.state.seen_by(run.written);
        let always = ["REPLY", "MAPFILE", "OPTARG", "OPTIND"].map(str::to_owned);
        let names = run.arguments().iter().flatten().filter(|name| !name.starts_with('-'));
        for name in names.chain(&always) {
            let name = name.split('[').next().unwrap_or(name);
            let unknown = Unknown::new(format!("{name} is set by `{command}` at line {line}"));
            self.state.vars.insert(name.to_owned(), Var::Unknown(unknown.seeing(&seen)));
        }
    }

    /// What a text that is run may set is unknown.
    fn eval(&mut self, arguments: &[Option<String>], run: &Run<'_>) {
        self.note(run.first_word, "`eval` runs a text that is not read");
        self.depends(sketches(run.fields).join(" "));
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let text: Vec<&str> = arguments.iter().flatten().map(String::as_str).collect();
        let text = text.join(" ");
        for word in text.split(|c| !name(c)).filter(|word| !word.is_empty()) {
            if self.state.vars.contains_key(word) || text.contains(&format!("{word}=")) {
                self.state.forget(word, format!("{word} may be set by `eval`"));
            }
        }
        if text.contains("set ") || text.contains("shift") {
            let why = "the arguments may be set by `eval`";
            self.state.arguments = unknown_arguments(why, &self.state.arguments);
        }
    }

    fn change_folder(&mut self, name: &str, run: &Run<'_>) {
        let mut words = run.fields.iter().skip(1).filter(|it| {
            let start = it.text.known_start();
            !start.starts_with('-') || start == "-"
        });
        let path = match (name, words.next(), words.next()) {
            ("cd", Some(to), None) if to.text.known_start() != "-" => {
                self.expander().seen_from_start(&to.text)
            }
            _ => None,
        };
        self.state.folder = path.filter(|path| path.len() <= LONGEST_PATH);
    }

    fn call(&mut self, function: &Function, run: &Run<'_>) -> Flow {
        let arguments = list_of(run.fields.get(1..).unwrap_or_default());
        self.state.begin_function(arguments);
        for (name, text) in &run.own {
            self.state.make_local(name);
            self.state.assign(name, Var::Text(text.clone()));
        }
        self.returned.push(Vec::new());
        self.left.push(Vec::new());
        let outer = std::mem::replace(&mut self.syntax, Rc::clone(&function.syntax));
        let flow = self.compound(&function.body.0).0;
        self.syntax = outer;
        self.left.pop();
        for state in self.returned.pop().unwrap_or_default() {
            self.state.join(&state, "where the function returns");
        }
        self.state.end_function();
        if flow == Flow::Exit { Flow::Exit } else { Flow::Next }
    }
}

/// Linux knows no longer path, in bytes.
const LONGEST_PATH: usize = 4096;

/// Tells whether a command's first word is an override rather than a program.
fn is_orphan(first: &str) -> bool {
    let key = first.split_once('=').map(|(key, _)| key.trim_start_matches(['+', '~']));
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    key.is_some_and(|key| key.contains('.') && !key.contains('/') && key.chars().all(plain))
}

/// Tells whether one of a line's words is an override with a dotted key.
fn holds_override(line: &str) -> bool {
    let words = line.split_whitespace().map(|word| word.trim_start_matches(['"', '\'']));
    let dotted = |word: &str| word.split('=').next().is_some_and(|key| key.contains('.'));
    words.into_iter().any(|word| !word.starts_with('-') && is_override(word) && dotted(word))
}

fn word_of(item: &CommandPrefixOrSuffixItem) -> Option<&Word> {
    match item {
        CommandPrefixOrSuffixItem::Word(word)
        | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => Some(word),
        _ => None,
    }
}

fn sketches(fields: &[Field]) -> Vec<String> {
    let sketch = |field: &Field| if field.forwards { "$@".to_owned() } else { field.text.sketch() };
    fields.iter().map(sketch).collect()
}

fn unknown_arguments(why: &str, old: &Arguments) -> Arguments {
    let unknown = Unknown::new(why).seeing(&sketch(old));
    Arguments { known: Vec::new(), rest: Rest::Unknown(unknown) }
}

/// Makes a list of arguments of a command's words.
pub(super) fn list_of(fields: &[Field]) -> Arguments {
    let elements = fields.iter().take_while(|field| !field.forwards).map(|field| Element {
        text: field.text.clone(),
        word: field.word,
        sure: !field.unsure,
    });
    let known: Vec<Element> = elements.collect();
    if are_too_long(known.iter().map(|it| &it.text)) {
        let unknown = Unknown::new("the arguments are too long to be followed");
        return Arguments { known: Vec::new(), rest: Rest::Unknown(unknown) };
    }
    let rest = match fields.len() - known.len() {
        0 => Rest::Nothing,
        1 => Rest::Script,
        _ => Rest::Unknown(Unknown::new("what follows the script's arguments is not told apart")),
    };
    Arguments { known, rest }
}
