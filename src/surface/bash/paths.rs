//! Where the script lies, and the few commands in `$(…)` that can be told without running them.
//!
//! Where a script is started from is not known unless `PWD` is told, so what `$0` and `pwd` give is
//! no known text. It still leads to the files beside the script: an unknown text may carry the path
//! that it stands for, seen from where the script's own path is seen from.

use brush_parser::ast::{AndOr, Command, CommandPrefixOrSuffixItem, IoRedirect, SimpleCommand};

use super::expand::Expander;
use super::filter::{filtered, formatted};
use super::making::Field;
use super::piece::{Origin, Piece, Step, Text, Unknown};
use super::syntax::{Place, Syntax, Written};
use super::trail::Trail;
use crate::text::Source;

/// Stands in a carried path for the folder that the script's own path begins in.
const START: &str = "\u{1}";

/// What a command in `$(…)` prints, and the variables that went into it.
type Printed = (Result<String, Unknown>, Trail<Step>);

impl Unknown {
    /// Makes one for a path that depends on where the script is started from.
    pub fn path(path: String) -> Self {
        let why = "it depends on where the script is started; give --env PWD=FOLDER";
        Self { path: Some(path), ..Self::new(why) }
    }
}

impl Text {
    /// Returns the path that the text stands for, if that is known.
    pub fn path(&self) -> Option<String> {
        let part = |piece: &Piece| match &piece.text {
            Ok(text) => Some(text.clone()),
            Err(unknown) => unknown.path.clone(),
        };
        self.pieces.iter().map(part).collect()
    }
}

impl Expander<'_> {
    fn started_in(&self) -> Option<&String> {
        self.outside.environment.get("PWD")
    }

    /// Returns what `$0` is, or the path of the file being read.
    pub fn own_path(&self, file: &str) -> Text {
        let begun = if file.starts_with('/') { String::new() } else { format!("{START}/") };
        let known = self.started_in().is_some() && file == self.script;
        Text::of(match known {
            true => Piece::known(file, Origin::Outside),
            false => Piece {
                text: Err(Unknown::path(format!("{begun}{file}"))),
                origin: Origin::Outside,
                via: Trail::default(),
            },
        })
    }

    /// Returns the working folder.
    pub fn working_folder(&self) -> Result<String, Unknown> {
        let Some(folder) = &self.state.folder else {
            return Err(Unknown::new("the working folder is not known"));
        };
        match self.started_in() {
            _ if folder.starts_with('/') => Ok(folder.clone()),
            Some(start) => Ok(normal(&format!("{start}/{folder}"))),
            None => Err(Unknown::path(normal(&format!("{START}/{folder}")))),
        }
    }

    /// Returns where a path leads, seen from where the script's own path is seen from.
    pub fn seen_from_start(&self, text: &Text) -> Option<String> {
        let path = text.path().filter(|path| !path.is_empty())?;
        let inside = |start: &str| {
            let rest = path.strip_prefix(start)?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| rest.trim_start_matches('/').to_owned())
        };
        let told = self.started_in().filter(|start| start.len() > 1);
        if let Some(rest) = inside(START).or_else(|| inside(told?)) {
            return Some(normal(&rest));
        }
        if path.starts_with('/') {
            return Some(normal(&path));
        }
        let folder = self.state.folder.as_ref()?;
        Some(if folder.is_empty() { normal(&path) } else { normal(&format!("{folder}/{path}")) })
    }

    /// Tells what `$(…)` gives where that needs no running: `dirname`, `basename`, `pwd` after `cd`,
    /// `realpath`, `echo` and `printf`, also through `cut`, `tr` and their like.
    pub fn substituted(&mut self, body: &str, here: &Written, depth: usize) -> Option<Piece> {
        let syntax = Syntax::parse(&Source::new("", body), Place::At(here.near)).ok()?;
        let folder = self.state.folder.clone();
        let printed = self.printed(&syntax, here, depth);
        self.state.folder = folder;
        let (text, via) = printed?;
        let seen = self.state.seen_by(&here.text);
        let text = text.map_err(|unknown| unknown.seeing(&seen));
        let text = text.map(|text| text.trim_end_matches('\n').to_owned());
        Some(Piece { text, origin: Origin::Computed(here.near), via })
    }

    fn printed(&mut self, syntax: &Syntax, here: &Written, depth: usize) -> Option<Printed> {
        let mut printed = None;
        for item in syntax.program.complete_commands.iter().flat_map(|list| &list.0) {
            let mut pipelines = vec![&item.0.first];
            for next in &item.0.additional {
                let AndOr::And(pipeline) = next else { return None };
                pipelines.push(pipeline);
            }
            for pipeline in pipelines {
                let [first, filters @ ..] = pipeline.seq.as_slice() else { return None };
                let told = self.told(simple(first)?, here, depth)?;
                match told {
                    Some(_) if printed.is_some() || pipeline.bang => return None,
                    Some(text) => printed = Some(self.piped(text, filters, here, depth)?),
                    None if filters.is_empty() => {}
                    None => return None,
                }
            }
        }
        printed
    }

    /// Sends what a command prints through the programs behind it.
    fn piped(
        &mut self,
        (text, mut via): Printed,
        filters: &[Command],
        here: &Written,
        depth: usize,
    ) -> Option<Printed> {
        if filters.is_empty() {
            return Some((text, via));
        }
        let mut text = text.ok()?;
        for filter in filters {
            let filter = self.called(simple(filter)?, here, depth)?;
            via.extend(filter.via().iter().cloned());
            text = filtered(&text, &filter.known()?)?;
        }
        Some((Ok(text), via))
    }

    /// Expands the words of a command.
    fn called(&mut self, simple: &SimpleCommand, here: &Written, depth: usize) -> Option<Called> {
        let name = simple.word_or_name.as_ref().filter(|_| simple.prefix.is_none())?;
        let name = name.value.clone();
        if self.state.functions.contains_key(&name) {
            return None;
        }
        let mut called = Called { name, fields: Vec::new(), reads: None };
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            let written = |text: &str| Written::made(text, here.near);
            match item {
                CommandPrefixOrSuffixItem::Word(word) => {
                    called.fields.extend(self.fields_at(&written(&word.value), depth + 1));
                }
                CommandPrefixOrSuffixItem::IoRedirect(IoRedirect::HereString(None, word))
                    if called.reads.is_none() =>
                {
                    called.reads = Some(self.nested(&written(&word.value), depth + 1));
                }
                // Output that goes elsewhere must not be what is asked for.
                CommandPrefixOrSuffixItem::IoRedirect(_)
                    if matches!(called.name.as_str(), "cd" | "pushd") => {}
                CommandPrefixOrSuffixItem::IoRedirect(redirect)
                    if redirect.to_string().trim_start().starts_with("2>") => {}
                _ => return None,
            }
        }
        Some(called)
    }

    /// Tells what one command prints, if it prints.
    fn told(
        &mut self,
        simple: &SimpleCommand,
        here: &Written,
        depth: usize,
    ) -> Option<Option<Printed>> {
        let called = self.called(simple, here, depth)?;
        let via = called.via();
        let made = match (called.name.as_str(), &called.reads) {
            ("cd", None) => {
                let (_, words) = called.operands()?;
                let [to] = words.as_slice() else { return None };
                self.state.folder = Some(self.seen_from_start(to)?);
                return Some(None);
            }
            ("echo", None) => Ok(echoed(&called.known()?)?),
            ("printf", None) => Ok(printed(&called.known()?)?),
            (_, None) => self.path_told(&called)?,
            (_, Some(text)) => Ok(filtered(&(text.known()? + "\n"), &called.known()?)?),
        };
        Some(Some((made, via)))
    }

    /// Tells what a command makes of a path.
    fn path_told(&self, called: &Called) -> Option<Result<String, Unknown>> {
        let (flags, texts) = called.operands()?;
        let plain = flags.iter().all(|it| it == "--");
        Some(match (called.name.as_str(), texts.as_slice()) {
            ("pwd", []) => self.working_folder(),
            ("dirname", [path]) if plain => mapped(path, parent)?,
            ("basename", [path]) if plain => mapped(path, last)?,
            ("basename", [path, end]) if plain => {
                let end = end.known()?;
                mapped(path, |path| without(&last(path), &end))?
            }
            ("realpath", [path]) if plain => self.real(path)?,
            ("readlink", [path]) if flags.iter().all(|it| it == "-f" || it == "-m") => {
                self.real(path)?
            }
            _ => return None,
        })
    }

    /// Follows no links, so the result is never a known text.
    fn real(&self, path: &Text) -> Option<Result<String, Unknown>> {
        let seen = self.seen_from_start(path)?;
        let seen = if seen.starts_with('/') { seen } else { format!("{START}/{seen}") };
        Some(Err(Unknown::path(normal(&seen))))
    }
}

/// A command in `$(…)` whose words are expanded.
struct Called {
    name: String,
    fields: Vec<Field>,
    /// What `<<<` lets it read.
    reads: Option<Text>,
}

impl Called {
    fn via(&self) -> Trail<Step> {
        self.fields.iter().map(|it| &it.text).chain(&self.reads).map(Text::via).collect()
    }

    /// Returns the name and the other words, if all of them are known.
    fn known(&self) -> Option<Vec<String>> {
        let words = self.fields.iter().map(|field| {
            let sure = !field.unsure && !field.forwards;
            field.text.known().filter(|_| sure)
        });
        std::iter::once(Some(self.name.clone())).chain(words).collect()
    }

    /// Returns the flags, and the other words.
    fn operands(&self) -> Option<(Vec<String>, Vec<&Text>)> {
        let flag = |field: &&Field| field.text.known_start().starts_with('-');
        let flags = self.fields.iter().filter(flag);
        let flags = flags.map(|it| it.text.known_start().into_owned()).collect();
        let words: Vec<&Field> = self.fields.iter().filter(|it| !flag(it)).collect();
        let sure = words.iter().all(|field| !field.forwards);
        sure.then(|| (flags, words.iter().map(|field| &field.text).collect()))
    }
}

fn simple(command: &Command) -> Option<&SimpleCommand> {
    match command {
        Command::Simple(simple) => Some(simple),
        _ => None,
    }
}

/// What `echo` prints; shells differ in what they make of a backslash.
fn echoed(words: &[String]) -> Option<String> {
    let mut words = words.get(1..)?;
    let mut end = "\n";
    while let [first, rest @ ..] = words
        && let Some(letters) = first.strip_prefix('-')
        && !letters.is_empty()
        && letters.chars().all(|c| "neE".contains(c))
    {
        if letters.contains('n') {
            end = "";
        }
        words = rest;
    }
    let text = words.join(" ");
    (!text.contains('\\')).then(|| text + end)
}

fn printed(words: &[String]) -> Option<String> {
    match words {
        [_, dashes, format, rest @ ..] if dashes == "--" => formatted(format, rest),
        [_, format, rest @ ..] if !format.starts_with('-') => formatted(format, rest),
        _ => None,
    }
}

/// Makes something of a path, known or not.
fn mapped(text: &Text, make: impl Fn(&str) -> String) -> Option<Result<String, Unknown>> {
    match text.known() {
        Some(known) => Some(Ok(make(&known))),
        None => Some(Err(Unknown::path(make(&text.path()?)))),
    }
}

fn parent(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit_once('/') {
        None if trimmed.is_empty() && !path.is_empty() => "/".to_owned(),
        None => ".".to_owned(),
        Some((folder, _)) => match folder.trim_end_matches('/') {
            "" => "/".to_owned(),
            folder => folder.to_owned(),
        },
    }
}

fn last(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit_once('/') {
        None if trimmed.is_empty() && !path.is_empty() => "/".to_owned(),
        None => trimmed.to_owned(),
        Some((_, name)) => name.to_owned(),
    }
}

fn without(name: &str, end: &str) -> String {
    name.strip_suffix(end).filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

/// Takes `.` and `..` out of a path.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != ".." && *it != START) => {
                parts.pop();
            }
            ".." if parts.is_empty() && path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_as_the_programs_cut_them() {
        let parents =
            [("a/b", "a"), ("a", "."), ("/a", "/"), ("a//b/", "a"), ("/", "/"), ("", ".")];
        for (path, wanted) in parents {
            assert_eq!(parent(path), wanted, "{path}");
        }
        assert_eq!(
            (last("a/b.sh"), last("/"), last("a/")),
            ("b.sh".into(), "/".into(), "a".into())
        );
        assert_eq!((without("a.sh", ".sh"), without(".sh", ".sh")), ("a".into(), ".sh".into()));
        assert_eq!(normal("a/../b/./c"), "b/c");
        assert_eq!(normal("../a/.."), "..");
        assert_eq!(normal("/../a"), "/a");
        assert_eq!(normal(&format!("{START}/a/../..")), format!("{START}/.."));
    }
}
