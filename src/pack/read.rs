//! Reading TOML tables so that every fault is found and every leaf keeps its span.

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;

use super::text::{Text, span_of};
use super::tree::{Field, Node, Table, What};
use crate::text::{Fault, Location, Source, Span, nearest};
use crate::value::Value;

/// The bounds that a rewrite may have.
pub const BOUNDS: [&str; 3] = ["floor", "cap", "largest_divisor"];

/// A rewrite as written, and its bounds by name.
#[derive(Debug)]
pub struct RewriteText {
    /// `key := expression`, or a plain override.
    pub set: Text,
    /// The expressions of the bounds.
    pub bounds: Vec<(&'static str, Text)>,
}

/// An item of a list: a string, or a table that says more.
pub enum Either<'a> {
    /// A string.
    Text(Text),
    /// A table.
    Table(Reader<'a>),
}

/// The faults found so far in one file.
pub struct FaultList(RefCell<Vec<Fault>>);

impl FaultList {
    /// Starts with none.
    pub fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Adds one.
    pub fn push(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// Returns them.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// Something that is made when it is first asked for.
pub type Later<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// Takes what is made already.
pub(super) fn ready<T: Send + 'static>(made: T) -> Later<T> {
    Later::new(Box::new(move || made))
}

/// One table being read. Every field taken is remembered, so that [`Reader::finish`] can blame
/// the others; none of what ships, in which tests have found nothing to blame.
pub struct Reader<'a> {
    source: &'a Source,
    table: Table<'a>,
    /// What the table is, as messages name it: `option`, `pack.toml`.
    what: &'static str,
    span: Span,
    asked: RefCell<Vec<&'static str>>,
    faults: &'a FaultList,
    lost: Cell<bool>,
}

impl<'a> Reader<'a> {
    /// Opens a table.
    pub fn new(
        source: &'a Source,
        table: Table<'a>,
        what: &'static str,
        span: Span,
        faults: &'a FaultList,
    ) -> Self {
        // Enough for most, so that it seldom grows.
        let room = if table.kept().is_some() { 0 } else { 16 };
        let asked = RefCell::new(Vec::with_capacity(room));
        Self { source, table, what, span, asked, faults, lost: Cell::new(false) }
    }

    /// Returns where the table stands.
    pub fn location(&self) -> Location {
        self.source.at(self.span)
    }

    /// Reports an error of the whole table.
    pub fn blame(&self, fault: Fault) {
        self.faults.push(fault);
    }

    fn take(&self, field: &'static str) -> Option<Node<'a>> {
        if !self.ships() {
            self.asked.borrow_mut().push(field);
        }
        self.table.get(field)
    }

    fn wrong_type(&self, value: Node<'_>, wanted: &str) {
        let found = value.kind();
        let fault = Fault::new(
            "hydrule::pack::wrong_type",
            span_of(value),
            format!("expected {wanted}, found {}", article(found)),
        );
        self.faults.push(fault.labelled(format!("{wanted} is wanted here")));
    }

    /// Reports a dotted key that TOML takes apart.
    fn dotted(&self, name: &Text, value: Node<'_>) {
        let message = format!("`{}` is a table here, and no key with a value", name.value);
        let fault = Fault::new("hydrule::pack::wrong_type", span_of(value), message);
        let advice = format!("write a dotted key in quotes: \"{}.…\" = …", name.value);
        self.faults.push(fault.labelled("a plain value is wanted here").helped(advice));
    }

    /// Takes a string that must be there; an empty one stands in where it is not.
    pub fn text(&self, field: &'static str) -> Text {
        self.optional_text(field).unwrap_or_else(|| {
            self.blame_missing(field);
            Text::stand_in(self.source, self.span)
        })
    }

    /// Reports a field that must be there.
    fn blame_missing(&self, field: &str) {
        let message = format!("{} has no `{field}`", article(self.what));
        let fault = Fault::new("hydrule::pack::missing_field", self.span, message);
        self.faults.push(fault.labelled(format!("add `{field} = …`")));
    }

    /// Takes a string that may be missing; an empty one stands in for anything else.
    pub fn optional_text(&self, field: &'static str) -> Option<Text> {
        self.take(field).map(|value| self.string(value))
    }

    /// Reads a value as a string; an empty one stands in for anything else.
    fn string(&self, value: Node<'_>) -> Text {
        if value.is_text() {
            return Text::of(self.source, value);
        }
        self.wrong_type(value, "a string");
        Text::stand_in(self.source, span_of(value))
    }

    /// Tells whether a field that should be a string is something else.
    pub fn is_no_text(&self, field: &str) -> bool {
        self.table.get(field).is_some_and(|value| !value.is_text())
    }

    /// Takes a list of strings; a missing one is empty.
    pub fn texts(&self, field: &'static str) -> Vec<Text> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.list() else {
            self.wrong_type(value, "a list of strings");
            return Vec::new();
        };
        items.map(|item| self.string(item)).collect()
    }

    /// Takes a list of strings and tables.
    pub fn texts_or_tables(&self, field: &'static str, what: &'static str) -> Vec<Either<'a>> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.list() else {
            self.wrong_type(value, "a list");
            self.lost.set(true);
            return Vec::new();
        };
        let read = |item: Node<'a>| {
            if item.is_text() {
                return Either::Text(Text::of(self.source, item));
            }
            self.open(item, what).map_or_else(
                || {
                    self.wrong_type(item, "a string or a table");
                    Either::Text(Text::stand_in(self.source, span_of(item)))
                },
                Either::Table,
            )
        };
        items.map(read).collect()
    }

    /// Tells whether a field is there.
    pub fn has(&self, field: &str) -> bool {
        self.table.get(field).is_some()
    }

    /// Takes a list of strings that may be missing, and where it stands.
    pub fn list(&self, field: &'static str) -> Option<(Vec<Text>, Location)> {
        // Asked for even where it is missing: messages list it.
        let texts = self.texts(field);
        let value = self.table.get(field)?;
        Some((texts, self.source.at(span_of(value))))
    }

    /// Takes a list of at least one string.
    pub fn some_texts(&self, field: &'static str) -> Vec<Text> {
        match self.table.get(field) {
            None => self.blame_missing(field),
            Some(value) if value.list().is_some_and(|mut it| it.next().is_none()) => {
                let message = format!("`{field}` is empty");
                let fault = Fault::new("hydrule::pack::empty_list", span_of(value), message);
                self.faults.push(fault.labelled("at least one string is wanted here"));
            }
            Some(_) => {}
        }
        self.texts(field)
    }

    /// Takes `true` or `false`, which must be there.
    pub fn truth(&self, field: &'static str) -> bool {
        if self.table.get(field).is_none() {
            self.blame_missing(field);
        }
        self.flag(field).is_some_and(|(truth, _)| truth)
    }

    /// Takes `true` or `false`, and where it stands.
    pub fn flag(&self, field: &'static str) -> Option<(bool, Location)> {
        let value = self.take(field)?;
        match value.truth() {
            Some(truth) => Some((truth, self.source.at(span_of(value)))),
            None => {
                self.wrong_type(value, "`true` or `false`");
                None
            }
        }
    }

    /// Tells whether a field is `true` or `false`, where it may be something else as well.
    pub fn is_flag(&self, field: &str) -> bool {
        self.table.get(field).is_some_and(|value| value.truth().is_some())
    }

    /// Takes a whole number that is not negative.
    pub fn number(&self, field: &'static str) -> Option<usize> {
        let value = self.take(field)?;
        let number = match plain_value(value) {
            Some(Value::Int(number)) => usize::try_from(number).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(value, "a whole number from 0 on");
        }
        number
    }

    /// Takes a whole number from 1 on, as it is written.
    pub fn count(&self, field: &'static str) -> Option<Text> {
        let value = self.take(field)?;
        match plain_value(value) {
            Some(Value::Int(number)) if number > 0 => {
                Some(Text::new(self.source, span_of(value), number.to_string().into()))
            }
            _ => {
                self.wrong_type(value, "a whole number from 1 on");
                None
            }
        }
    }

    /// Takes a string, or a table that is to be read under the name `what`.
    pub fn text_or_table(&self, field: &'static str, what: &'static str) -> Option<Either<'a>> {
        self.take(field).map(|value| self.string_or_table(value, what))
    }

    /// Reads an entry found by [`Reader::entries`] as a string or a table.
    pub fn string_or_table(&self, value: Node<'a>, what: &'static str) -> Either<'a> {
        match self.open(value, what) {
            Some(table) => Either::Table(table),
            None => Either::Text(self.string(value)),
        }
    }

    /// Takes a table that may be missing.
    pub fn table(&self, field: &'static str, what: &'static str) -> Option<Reader<'a>> {
        self.take(field).and_then(|value| self.entry(value, what))
    }

    /// Takes the plain values of a table, those of tables inside it by dotted name.
    pub fn leaves(&self, field: &'static str) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        if let Some(value) = self.take(field) {
            match value.table() {
                Some(table) => collect(table, "", &mut leaves),
                None => self.wrong_type(value, "a table"),
            }
        }
        leaves
    }

    /// Takes a list of rewrites: strings, or tables that also say what holds the value back.
    pub fn rewrites(&self, field: &'static str) -> Vec<RewriteText> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.list() else {
            self.wrong_type(value, "a list of rewrites");
            return vec![self.no_rewrite(value)];
        };
        items.map(|item| self.rewrite(item)).collect()
    }

    fn rewrite(&self, item: Node<'a>) -> RewriteText {
        if item.is_text() {
            return RewriteText { set: Text::of(self.source, item), bounds: Vec::new() };
        }
        if item.table().is_none() {
            self.wrong_type(item, "a string or a table");
        }
        let Some(table) = self.open(item, "rewrite") else { return self.no_rewrite(item) };
        let set = table.text("set");
        let bound = |word| table.optional_text(word).map(|text| (word, text));
        let bounds = BOUNDS.into_iter().filter_map(bound).collect();
        table.finish();
        RewriteText { set, bounds }
    }

    fn no_rewrite(&self, value: Node<'_>) -> RewriteText {
        let set = Text::stand_in(self.source, span_of(value));
        RewriteText { set, bounds: Vec::new() }
    }

    /// Takes one word out of a list of allowed ones.
    pub fn choice<T: Copy>(&self, field: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.one_of(field, &self.text(field), words)
    }

    /// Takes one word out of a list of allowed ones, where there is one.
    pub fn optional_choice<T: Copy>(&self, field: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.one_of(field, &self.optional_text(field)?, words)
    }

    fn one_of<T: Copy>(&self, field: &str, text: &Text, words: &[(&str, T)]) -> Option<T> {
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*meaning);
        }
        if !text.stands_in() {
            let allowed: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{}` is no {field} of {}", text.value, article(self.what));
            let fault = Fault::new("hydrule::pack::unknown_word", text.location.span, message);
            self.faults.push(fault.helped(format!("write one of {}", allowed.join(", "))));
        }
        None
    }

    /// Takes any value, as hydrule's, that must be there.
    pub fn value(&self, field: &'static str) -> Option<Value> {
        let Some(value) = self.take(field) else {
            self.blame_missing(field);
            return None;
        };
        let plain = plain_value(value);
        if plain.is_none() {
            self.wrong_type(value, "a plain value");
        }
        plain
    }

    /// Takes a table whose fields are names of the pack's own: parameters, costs, types.
    pub fn entries(&self, field: &'static str) -> Vec<(Text, Node<'a>)> {
        let Some(value) = self.take(field) else { return Vec::new() };
        match value.table() {
            Some(table) => self.fields(table),
            None => {
                self.wrong_type(value, "a table");
                self.lost.set(true);
                Vec::new()
            }
        }
    }

    fn fields(&self, table: Table<'a>) -> Vec<(Text, Node<'a>)> {
        let named = |Field { name, value }: Field<'a>| (Text::of(self.source, name), value);
        table.fields().map(named).collect()
    }

    /// Takes the entries of a table of strings.
    pub fn text_entries(&self, field: &'static str) -> Vec<(Text, Text)> {
        let entries = self.entries(field).into_iter();
        entries.map(|(name, value)| (name, self.string(value))).collect()
    }

    /// Takes the entries of a table of tables of strings.
    pub fn text_tables(&self, field: &'static str) -> Vec<(Text, Vec<(Text, Text)>)> {
        let mut tables = Vec::new();
        for (name, value) in self.entries(field) {
            let Some(table) = value.table() else {
                self.wrong_type(value, "a table");
                self.lost.set(true);
                continue;
            };
            let entries = self.fields(table).into_iter();
            tables.push((name, entries.map(|(key, it)| (key, self.string(it))).collect()));
        }
        tables
    }

    /// Takes the entries of a table of numbers.
    pub fn number_entries(&self, field: &'static str) -> Vec<(Text, f64)> {
        let mut entries = Vec::new();
        for (name, value) in self.entries(field) {
            match plain_value(value).as_ref().and_then(Value::as_number) {
                Some(number) => entries.push((name, number)),
                None => self.wrong_type(value, "a number"),
            }
        }
        entries
    }

    /// Takes the entries of a table of plain values.
    pub fn value_entries(&self, field: &'static str) -> Vec<(Text, Value)> {
        let all = self.entries(field);
        let mut entries = Vec::with_capacity(all.len());
        for (name, value) in all {
            match plain_value(value) {
                Some(plain) => entries.push((name, plain)),
                None if value.table().is_some() => self.dotted(&name, value),
                None => self.wrong_type(value, "a plain value"),
            }
        }
        entries
    }

    /// Takes an array of tables, each to be read under the name `what`.
    pub fn tables(&self, field: &'static str, what: &'static str) -> Vec<Reader<'a>> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.list() else {
            self.wrong_type(value, "an array of tables");
            self.lost.set(true);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(items.size_hint().0);
        tables.extend(items.filter_map(|item| self.entry(item, what)));
        tables
    }

    /// Opens a table found by [`Reader::entries`].
    pub fn entry(&self, value: Node<'a>, what: &'static str) -> Option<Reader<'a>> {
        let table = self.open(value, what);
        if table.is_none() {
            self.wrong_type(value, "a table");
            self.lost.set(true);
        }
        table
    }

    fn open(&self, value: Node<'a>, what: &'static str) -> Option<Reader<'a>> {
        let table = value.table()?;
        Some(Self::new(self.source, table, what, span_of(value), self.faults))
    }

    fn ships(&self) -> bool {
        self.table.kept().is_some()
    }

    /// Reads the table: if it ships, when somebody asks for what is in it. Tells what [`Reader::finish`] does.
    pub fn later<T: Send + 'static>(self, read: fn(&Reader<'_>) -> T) -> (Later<Box<T>>, bool) {
        let Some(table) = self.table.kept() else {
            let all = Box::new(read(&self));
            return (ready(all), self.finish());
        };
        let (source, what, span) = (self.source.clone(), self.what, self.span);
        let read =
            move || Box::new(read(&Reader::new(&source, table, what, span, &FaultList::new())));
        (Later::new(Box::new(read)), true)
    }

    /// Blames every field that nothing took; tells whether all tables inside it could be read, so
    /// that what they define is known.
    pub fn finish(self) -> bool {
        if self.ships() {
            return true;
        }
        let asked = self.asked.borrow();
        for Field { name: written, value } in self.table.fields() {
            let name = written.string();
            if asked.contains(&name) {
                continue;
            }
            if holds_tables(value) {
                self.lost.set(true);
            }
            let span = span_of(written);
            let message = format!("{} has no field `{name}`", article(self.what));
            let mut fault = Fault::new("hydrule::pack::unknown_field", span, message);
            fault = match nearest(name, asked.iter().copied(), 1).first() {
                Some(near) => fault.labelled(format!("did you mean `{near}`?")),
                None => fault.helped(format!("its fields are {}", asked.join(", "))),
            };
            self.faults.push(fault);
        }
        !self.lost.get()
    }
}

/// One value of a TOML file: its dotted name, the value, and where it stands.
pub type Leaf = (String, Value, Span);

/// Adds the values of a table to others, with a prefix before each name.
pub(super) fn collect(table: Table<'_>, prefix: &str, leaves: &mut Vec<Leaf>) {
    for Field { name, value } in table.fields() {
        let name = format!("{prefix}{}", name.string());
        match (value.table(), plain_value(value)) {
            (Some(inner), _) => collect(inner, &format!("{name}."), leaves),
            (None, Some(plain)) => leaves.push((name, plain, span_of(value))),
            (None, None) => {}
        }
    }
}

fn holds_tables(value: Node<'_>) -> bool {
    let table = |value: Node<'_>| value.table().is_some();
    table(value) || value.list().is_some_and(|mut items| items.any(table))
}

fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    if noun.ends_with(".toml") { noun.to_owned() } else { format!("{article} {noun}") }
}

fn plain_value(value: Node<'_>) -> Option<Value> {
    Some(match value.what() {
        What::Text(text) => Value::Str(text.to_owned()),
        What::Integer(int) => Value::Int(int?),
        What::Float(float) => Value::Float(float?),
        What::Truth(truth) => Value::Bool(truth),
        What::List(items) => Value::List(items.map(plain_value).collect::<Option<_>>()?),
        What::Table(_) | What::Time => return None,
    })
}
