//! What a TOML file says, every value with its place. `build.rs` is made of this file as well: what ships
//! is read when the program is built.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// The fields of a table, in order.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table<'a>(#[serde(borrow)] pub Vec<Field<'a>>);

/// One field of a table.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Field<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Where the name stands.
    pub place: Range<usize>,
    /// What it is.
    pub value: Node<'a>,
}

/// A value.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Node<'a> {
    /// Where it stands.
    pub place: Range<usize>,
    /// What it is.
    #[serde(borrow)]
    pub what: What<'a>,
}

/// The kinds of values.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum What<'a> {
    /// A string, un-escaped.
    Text(#[serde(borrow)] Cow<'a, str>),
    /// A whole number; none beyond 64 bits.
    Integer(Option<i64>),
    /// Another number.
    Float(Option<f64>),
    /// `true` or `false`.
    Truth(bool),
    /// A date or a time.
    Time,
    /// A list.
    List(Vec<Node<'a>>),
    /// A table.
    Table(Table<'a>),
}

impl<'a> Table<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// Every syntax error.
    pub fn read(text: &'a str) -> Result<Self, Vec<Error>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() { Ok(Self::of(table.into_inner())) } else { Err(errors) }
    }

    fn of(table: DeTable<'a>) -> Self {
        let field = |(name, value): (Spanned<Cow<'a, str>>, Spanned<DeValue<'a>>)| Field {
            place: name.span(),
            name: name.into_inner(),
            value: Node::of(value),
        };
        Self(table.into_iter().map(field).collect())
    }

    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|field| field.name == name).map(|field| &field.value)
    }
}

impl<'a> Node<'a> {
    fn of(value: Spanned<DeValue<'a>>) -> Self {
        let place = value.span();
        let what = match value.into_inner() {
            DeValue::String(text) => What::Text(text),
            DeValue::Integer(int) => {
                let digits = int.as_str().replace('_', "");
                What::Integer(i64::from_str_radix(&digits, int.radix()).ok())
            }
            DeValue::Float(float) => What::Float(float.as_str().replace('_', "").parse().ok()),
            DeValue::Boolean(truth) => What::Truth(truth),
            DeValue::Datetime(_) => What::Time,
            DeValue::Array(items) => What::List(items.into_iter().map(Self::of).collect()),
            DeValue::Table(table) => What::Table(Table::of(table)),
        };
        Self { place, what }
    }

    /// Returns the string, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the items, if it is a list.
    pub fn list(&self) -> Option<&[Self]> {
        match &self.what {
            What::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the table, if it is one.
    pub fn table(&self) -> Option<&Table<'a>> {
        match &self.what {
            What::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns `true` or `false`, if it is one of them.
    pub fn truth(&self) -> Option<bool> {
        match &self.what {
            What::Truth(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Names the kind as TOML does.
    pub fn kind(&self) -> &'static str {
        match &self.what {
            What::Text(_) => "string",
            What::Integer(_) => "integer",
            What::Float(_) => "float",
            What::Truth(_) => "boolean",
            What::Time => "datetime",
            What::List(_) => "array",
            What::Table(_) => "table",
        }
    }
}
