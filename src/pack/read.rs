//! Reading TOML tables so that every fault is found and every leaf keeps its span.

use std::cell::{Cell, RefCell};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::{Fault, Faults, Location, RawOffsets, Source, Span, nearest};
use crate::value::Value;

/// A string of a pack and where it stands; offsets inside it can be mapped back to the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What the string says.
    pub value: String,
    /// Where it stands, quotes included.
    pub location: Location,
    offsets: RawOffsets,
}

impl Text {
    fn new(source: &Source, span: Span, value: &str) -> Self {
        let offsets = RawOffsets::of_toml_string(source.slice(span), span.start, value);
        Self { value: value.to_owned(), location: source.at(span), offsets }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Moves a fault found inside the text to its place in the file.
    pub fn blame(&self, mut fault: Fault) -> Fault {
        fault.span = self.offsets.locate(fault.span);
        fault
    }
}

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

    /// Returns them in order of position.
    pub fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by_key(|fault| (fault.span, fault.message.clone()));
        faults
    }
}

/// One table being read. Every field taken is remembered, so that [`Reader::finish`] can blame
/// the others.
pub struct Reader<'a> {
    source: &'a Source,
    table: &'a DeTable<'a>,
    /// What the table is, as messages name it: `option`, `pack.toml`.
    what: &'static str,
    span: Span,
    asked: RefCell<Vec<&'static str>>,
    faults: &'a FaultList,
    missing: Cell<bool>,
}

impl<'a> Reader<'a> {
    /// Opens a table.
    pub fn new(
        source: &'a Source,
        table: &'a DeTable<'a>,
        what: &'static str,
        span: Span,
        faults: &'a FaultList,
    ) -> Self {
        let asked = RefCell::new(Vec::new());
        Self { source, table, what, span, asked, faults, missing: Cell::new(false) }
    }

    /// Returns where the table stands.
    pub fn location(&self) -> Location {
        self.source.at(self.span)
    }

    /// Reports an error of the whole table.
    pub fn blame(&self, fault: Fault) {
        self.faults.push(fault);
    }

    fn take(&self, field: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(field);
        self.table.get(field)
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        let fault = Fault::new(
            "hydrule::pack::wrong_type",
            span_of(value),
            format!("expected {wanted}, found {}", article(found)),
        );
        self.faults.push(fault.labelled(format!("{wanted} is wanted here")));
    }

    /// Takes a string that must be there; an empty one stands in where it is not.
    pub fn text(&self, field: &'static str) -> Text {
        if let Some(text) = self.optional_text(field) {
            return text;
        }
        if !self.table.contains_key(field) {
            self.missing.set(true);
            let message = format!("{} has no `{field}`", article(self.what));
            let fault = Fault::new("hydrule::pack::missing_field", self.span, message);
            self.faults.push(fault.labelled(format!("add `{field} = …`")));
        }
        Text::new(self.source, self.span, "")
    }

    /// Takes a string that may be missing.
    pub fn optional_text(&self, field: &'static str) -> Option<Text> {
        let value = self.take(field)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a string");
            return None;
        };
        Some(Text::new(self.source, span_of(value), text))
    }

    /// Takes a list of strings; a missing one is empty.
    pub fn texts(&self, field: &'static str) -> Vec<Text> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of strings");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Text::new(self.source, span_of(item), text)),
                None => self.wrong_type(item, "a string"),
            }
        }
        texts
    }

    /// Takes a list of rewrites: strings, or tables that also say what holds the value back.
    pub fn rewrites(&self, field: &'static str) -> Vec<RewriteText> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of rewrites");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.rewrite(item)).collect()
    }

    fn rewrite(&self, item: &'a Spanned<DeValue<'a>>) -> Option<RewriteText> {
        if let Some(text) = item.get_ref().as_str() {
            let set = Text::new(self.source, span_of(item), text);
            return Some(RewriteText { set, bounds: Vec::new() });
        }
        if item.get_ref().as_table().is_none() {
            self.wrong_type(item, "a string or a table");
            return None;
        }
        let table = self.entry(item, "rewrite")?;
        let set = table.text("set");
        let bound = |word| table.optional_text(word).map(|text| (word, text));
        let bounds = BOUNDS.into_iter().filter_map(bound).collect();
        table.finish().then_some(RewriteText { set, bounds })
    }

    /// Takes one word out of a list of allowed ones.
    pub fn choice<T: Copy>(&self, field: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(field);
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*meaning);
        }
        if self.table.contains_key(field) && !text.value.is_empty() {
            let allowed: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{}` is no {field} of {}", text.value, article(self.what));
            let fault = Fault::new("hydrule::pack::unknown_word", text.location.span, message);
            self.faults.push(fault.helped(format!("write one of {}", allowed.join(", "))));
        }
        None
    }

    /// Takes any value, as hydrule's.
    pub fn value(&self, field: &'static str) -> Option<Value> {
        let value = self.take(field)?;
        let plain = plain_value(value.get_ref());
        if plain.is_none() {
            self.wrong_type(value, "a plain value");
        }
        plain
    }

    /// Takes a table whose fields are names of the pack's own: parameters, costs, types.
    pub fn entries(&self, field: &'static str) -> Vec<(Text, &'a Spanned<DeValue<'a>>)> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, "a table");
            return Vec::new();
        };
        table
            .iter()
            .map(|(key, value)| {
                let span = Span::new(key.span().start, key.span().end);
                (Text::new(self.source, span, key.get_ref()), value)
            })
            .collect()
    }

    /// Takes the entries of a table of strings.
    pub fn text_entries(&self, field: &'static str) -> Vec<(Text, Text)> {
        let mut entries = Vec::new();
        for (name, value) in self.entries(field) {
            match value.get_ref().as_str() {
                Some(text) => entries.push((name, Text::new(self.source, span_of(value), text))),
                None => self.wrong_type(value, "a string"),
            }
        }
        entries
    }

    /// Takes the entries of a table of tables of strings.
    pub fn text_tables(&self, field: &'static str) -> Vec<(Text, Vec<(Text, Text)>)> {
        let mut tables = Vec::new();
        for (name, value) in self.entries(field) {
            let Some(table) = value.get_ref().as_table() else {
                self.wrong_type(value, "a table");
                continue;
            };
            let mut entries = Vec::new();
            for (key, value) in table {
                let key_span = Span::new(key.span().start, key.span().end);
                let key = Text::new(self.source, key_span, key.get_ref());
                match value.get_ref().as_str() {
                    Some(text) => entries.push((key, Text::new(self.source, span_of(value), text))),
                    None => self.wrong_type(value, "a string"),
                }
            }
            tables.push((name, entries));
        }
        tables
    }

    /// Takes the entries of a table of numbers.
    pub fn number_entries(&self, field: &'static str) -> Vec<(Text, f64)> {
        let mut entries = Vec::new();
        for (name, value) in self.entries(field) {
            match plain_value(value.get_ref()).as_ref().and_then(Value::as_number) {
                Some(number) => entries.push((name, number)),
                None => self.wrong_type(value, "a number"),
            }
        }
        entries
    }

    /// Takes the entries of a table of plain values.
    pub fn value_entries(&self, field: &'static str) -> Vec<(Text, Value)> {
        let mut entries = Vec::new();
        for (name, value) in self.entries(field) {
            match plain_value(value.get_ref()) {
                Some(plain) => entries.push((name, plain)),
                None => self.wrong_type(value, "a plain value"),
            }
        }
        entries
    }

    /// Takes an array of tables, each to be read under the name `what`.
    pub fn tables(&self, field: &'static str, what: &'static str) -> Vec<Reader<'a>> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, "an array of tables");
            return Vec::new();
        };
        let mut readers = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => {
                    readers.push(Self::new(self.source, table, what, span_of(item), self.faults));
                }
                None => self.wrong_type(item, "a table"),
            }
        }
        readers
    }

    /// Opens a table found by [`Reader::entries`].
    pub fn entry(&self, value: &'a Spanned<DeValue<'a>>, what: &'static str) -> Option<Reader<'a>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, "a table");
            return None;
        };
        Some(Self::new(self.source, table, what, span_of(value), self.faults))
    }

    /// Blames every field that nothing took; tells whether all required ones were there.
    pub fn finish(self) -> bool {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if asked.contains(&name) {
                continue;
            }
            let span = Span::new(key.span().start, key.span().end);
            let message = format!("{} has no field `{name}`", article(self.what));
            let mut fault = Fault::new("hydrule::pack::unknown_field", span, message);
            fault = match nearest(name, asked.iter().copied(), 1).first() {
                Some(near) => fault.labelled(format!("did you mean `{near}`?")),
                None => fault.helped(format!("its fields are {}", asked.join(", "))),
            };
            self.faults.push(fault);
        }
        !self.missing.get()
    }
}

/// One value of a TOML file: its dotted name, the value, and where it stands.
pub type Leaf = (String, Value, Span);

/// Reads the values of a TOML file by dotted name, in order; lists are values.
///
/// # Errors
/// Every syntax error.
pub fn read_toml_values(source: &Source) -> Result<Vec<Leaf>, Faults> {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        let faults = errors.iter().map(|error| syntax_fault(source, error)).collect();
        return Err(Faults { source: source.clone(), faults });
    }
    let mut leaves = Vec::new();
    collect(table.get_ref(), "", &mut leaves);
    Ok(leaves)
}

fn collect(table: &DeTable<'_>, prefix: &str, leaves: &mut Vec<Leaf>) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        match (value.get_ref().as_table(), plain_value(value.get_ref())) {
            (Some(inner), _) => collect(inner, &format!("{name}."), leaves),
            (None, Some(plain)) => leaves.push((name, plain, span_of(value))),
            (None, None) => {}
        }
    }
}

/// Words a syntax error of the TOML parser.
pub fn syntax_fault(file: &Source, error: &toml::de::Error) -> Fault {
    let span = error.span().map_or(Span::at(file.text().len()), |at| Span::new(at.start, at.end));
    Fault::new("hydrule::pack::toml_syntax", span, error.message().to_lowercase())
        .labelled("TOML cannot be read here")
}

fn span_of(value: &Spanned<DeValue<'_>>) -> Span {
    Span::new(value.span().start, value.span().end)
}

fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    if noun.ends_with(".toml") { noun.to_owned() } else { format!("{article} {noun}") }
}

fn plain_value(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Integer(int) => {
            Value::Int(i64::from_str_radix(&int.as_str().replace('_', ""), int.radix()).ok()?)
        }
        DeValue::Float(float) => Value::Float(float.as_str().replace('_', "").parse().ok()?),
        DeValue::Boolean(bool) => Value::Bool(*bool),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| plain_value(item.get_ref())).collect::<Option<_>>()?,
        ),
        DeValue::Table(_) | DeValue::Datetime(_) => return None,
    })
}
