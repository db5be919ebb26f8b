//! What a TOML file says, every value with its place, written as a row of numbers that is looked at where it
//! lies. `build.rs` is made of this file as well: what ships is read when the program is built, and takes no
//! time to read when it starts.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// What a file says: borrowed where it ships with the program.
#[derive(Debug, PartialEq)]
pub struct Tree {
    /// Numbers of four bytes each, the lowest first: the values, one behind the other.
    pub numbers: Cow<'static, [u8]>,
    /// All strings and names, un-escaped, one behind the other.
    pub strings: Cow<'static, str>,
}

/// The kinds of values, as the numbers say them, and what the last two numbers of each are.
mod kind {
    /// Where the text begins among the strings, and its length.
    pub const TEXT: u32 = 0;
    /// The lower and the higher half.
    pub const INTEGER: u32 = 1;
    /// A whole number beyond 64 bits.
    pub const HUGE: u32 = 2;
    /// The lower and the higher half.
    pub const FLOAT: u32 = 3;
    /// A number that is none.
    pub const NO_FLOAT: u32 = 4;
    /// 0 or 1.
    pub const TRUTH: u32 = 5;
    /// A date or a time.
    pub const TIME: u32 = 6;
    /// Its items follow.
    pub const LIST: u32 = 7;
    /// Its fields follow, each its name, as a text, and its value.
    pub const TABLE: u32 = 8;
}

/// How many numbers a value is, without what follows: its kind, where it starts and ends, how many numbers
/// follow that belong to it, and two more.
const SIZE: usize = 6;

/// How many syntax errors are told: where every byte is one, nobody reads them all.
const MOST_ERRORS: usize = 100;

/// How many bytes a text has at most of which all errors are looked for.
const LONG: usize = 1 << 20;

impl Tree {
    /// Reads a file.
    ///
    /// # Errors
    /// The first syntax errors; of a long text, that was hardly written by hand, the first alone.
    pub fn read(text: &str) -> Result<Self, Vec<Error>> {
        let table = if text.len() > LONG {
            DeTable::parse(text).map_err(|error| vec![error])?
        } else {
            let (table, mut errors) = DeTable::parse_recoverable(text);
            if !errors.is_empty() {
                errors.truncate(MOST_ERRORS);
                return Err(errors);
            }
            table
        };
        let mut writer = Writer::default();
        writer.table(0..0, table.into_inner());
        Ok(Self { numbers: writer.numbers.into(), strings: writer.strings.into() })
    }

    /// Returns the table that the file is.
    pub fn root(&self) -> Table<'_> {
        Table { inside: Node { tree: self.view(None), at: 0 }.inside() }
    }

    /// Returns the table that a file is which ships: that it does is known of all that is in it.
    pub fn shipped_root(&'static self) -> Table<'static> {
        Table { inside: Node { tree: self.view(Some(self)), at: 0 }.inside() }
    }

    fn view(&self, ships: Option<&'static Self>) -> View<'_> {
        View { numbers: self.numbers.as_chunks().0, strings: &self.strings, ships }
    }
}

#[derive(Default)]
struct Writer {
    numbers: Vec<u8>,
    strings: String,
}

impl Writer {
    fn value(&mut self, value: Spanned<DeValue<'_>>) {
        let place = value.span();
        let halves = |bits: u64| [bits & u64::from(u32::MAX), bits >> 32];
        match value.into_inner() {
            DeValue::String(text) => self.text(place, &text),
            DeValue::Integer(int) => {
                let digits = int.as_str().replace('_', "");
                match i64::from_str_radix(&digits, int.radix()) {
                    Ok(int) => self.push(kind::INTEGER, place, halves(int.cast_unsigned())),
                    Err(_) => self.push(kind::HUGE, place, [0, 0]),
                }
            }
            DeValue::Float(float) => match float.as_str().replace('_', "").parse::<f64>() {
                Ok(float) => self.push(kind::FLOAT, place, halves(float.to_bits())),
                Err(_) => self.push(kind::NO_FLOAT, place, [0, 0]),
            },
            DeValue::Boolean(truth) => self.push(kind::TRUTH, place, [u64::from(truth), 0]),
            DeValue::Datetime(_) => self.push(kind::TIME, place, [0, 0]),
            DeValue::Array(items) => self.around(kind::LIST, place, |writer| {
                items.into_iter().for_each(|item| writer.value(item));
            }),
            DeValue::Table(table) => self.table(place, table),
        }
    }

    fn table(&mut self, place: Range<usize>, table: DeTable<'_>) {
        self.around(kind::TABLE, place, |writer| {
            for (name, value) in table {
                writer.text(name.span(), name.get_ref());
                writer.value(value);
            }
        });
    }

    fn text(&mut self, place: Range<usize>, text: &str) {
        let start = self.strings.len();
        self.strings.push_str(text);
        self.push(kind::TEXT, place, [start as u64, text.len() as u64]);
    }

    /// Writes a value, and then what is in it.
    fn around(&mut self, kind: u32, place: Range<usize>, inside: impl FnOnce(&mut Self)) {
        let mut inner = Self { numbers: Vec::new(), strings: std::mem::take(&mut self.strings) };
        inside(&mut inner);
        self.strings = inner.strings;
        self.push_with(kind, place, inner.numbers.len() as u64 / 4, [0, 0]);
        self.numbers.extend(inner.numbers);
    }

    fn push(&mut self, kind: u32, place: Range<usize>, what: [u64; 2]) {
        self.push_with(kind, place, 0, what);
    }

    fn push_with(&mut self, kind: u32, place: Range<usize>, follow: u64, [low, high]: [u64; 2]) {
        let (start, end) = (place.start as u64, place.end as u64);
        for number in [u64::from(kind), start, end, follow, low, high] {
            // No file is so long that a place in it does not fit.
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.numbers.extend(number.to_le_bytes());
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct View<'a> {
    numbers: &'a [[u8; 4]],
    strings: &'a str,
    /// The same, if it ships with the program.
    ships: Option<&'static Tree>,
}

impl<'a> View<'a> {
    fn number(self, at: usize) -> u32 {
        self.numbers.get(at).map_or(0, |it| u32::from_le_bytes(*it))
    }

    fn index(self, at: usize) -> usize {
        self.number(at) as usize
    }

    fn bits(self, at: usize) -> u64 {
        u64::from(self.number(at)) | u64::from(self.number(at + 1)) << 32
    }
}

/// A value.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    tree: View<'a>,
    at: usize,
}

/// What a value is.
pub enum What<'a> {
    /// A string, un-escaped.
    Text(&'a str),
    /// A whole number; none beyond 64 bits.
    Integer(Option<i64>),
    /// Another number.
    Float(Option<f64>),
    /// `true` or `false`.
    Truth(bool),
    /// A date or a time.
    Time,
    /// A list.
    List(Nodes<'a>),
    /// A table.
    Table(Table<'a>),
}

/// Values that stand one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Nodes<'a> {
    tree: View<'a>,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let next = Node { tree: self.tree, at: self.at };
        (self.at < self.end).then(|| {
            self.at = next.end();
            next
        })
    }

    /// Counts them, which takes less time than a list that grows.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (mut at, mut count) = (self.at, 0);
        while at < self.end {
            at = Node { tree: self.tree, at }.end();
            count += 1;
        }
        (count, Some(count))
    }
}

/// The fields of a table, in order.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    inside: Nodes<'a>,
}

/// The fields of a table, one behind the other.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    inside: Nodes<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        Some(Field { name: self.inside.next()?, value: self.inside.next()? })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (nodes, _) = self.inside.size_hint();
        (nodes / 2, Some(nodes / 2))
    }
}

/// One field of a table.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Its name.
    pub name: Node<'a>,
    /// What it is.
    pub value: Node<'a>,
}

impl<'a> Table<'a> {
    /// Returns the table to be kept, if it ships with the program.
    pub fn kept(self) -> Option<Table<'static>> {
        let Nodes { tree: View { ships, .. }, at, end } = self.inside;
        ships.map(|tree| Table { inside: Nodes { tree: tree.view(ships), at, end } })
    }

    /// Lists the fields.
    pub fn fields(self) -> Fields<'a> {
        Fields { inside: self.inside }
    }

    /// Returns the value of a field.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        let Nodes { tree, mut at, end } = self.inside;
        while at < end {
            // How long the name is, and how much is inside the value; inside a name is nothing.
            let [.., length, _, _, _, inside, _, _] =
                tree.numbers.get(at..)?.first_chunk::<{ 2 * SIZE }>()?;
            // Most names are told apart by their length.
            let alike = u32::from_le_bytes(*length) as usize == name.len();
            if alike && (Node { tree, at }).string() == name {
                return Some(Node { tree, at: at + SIZE });
            }
            at += 2 * SIZE + u32::from_le_bytes(*inside) as usize;
        }
        None
    }
}

impl<'a> Node<'a> {
    /// Returns where it stands.
    pub fn place(self) -> Range<usize> {
        self.tree.index(self.at + 1)..self.tree.index(self.at + 2)
    }

    /// Returns what it is.
    pub fn what(self) -> What<'a> {
        let bits = || self.tree.bits(self.at + 4);
        match self.tree.number(self.at) {
            kind::TEXT => What::Text(self.string()),
            kind::INTEGER => What::Integer(Some(bits().cast_signed())),
            kind::HUGE => What::Integer(None),
            kind::FLOAT => What::Float(Some(f64::from_bits(bits()))),
            kind::NO_FLOAT => What::Float(None),
            kind::TRUTH => What::Truth(bits() == 1),
            kind::LIST => What::List(self.inside()),
            kind::TABLE => What::Table(Table { inside: self.inside() }),
            _ => What::Time,
        }
    }

    /// The string of a text.
    pub fn string(self) -> &'a str {
        self.tree.strings.get(self.within()).unwrap_or_default()
    }

    /// The same to be kept: nothing of what ships is copied.
    pub fn kept(self) -> Cow<'static, str> {
        match self.tree.ships {
            Some(tree) => tree.strings.get(self.within()).unwrap_or_default().into(),
            None => self.string().to_owned().into(),
        }
    }

    /// Where a text lies among the strings.
    fn within(self) -> Range<usize> {
        let start = self.tree.index(self.at + 4);
        start..start + self.tree.index(self.at + 5)
    }

    /// What follows in a list or table.
    fn inside(self) -> Nodes<'a> {
        Nodes { tree: self.tree, at: self.at + SIZE, end: self.end() }
    }

    fn end(self) -> usize {
        self.at + SIZE + self.tree.index(self.at + 3)
    }

    /// Tells whether it is a string.
    pub fn is_text(self) -> bool {
        self.tree.number(self.at) == kind::TEXT
    }

    /// Returns the string, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self.what() {
            What::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the items, if it is a list.
    pub fn list(self) -> Option<Nodes<'a>> {
        match self.what() {
            What::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the table, if it is one.
    pub fn table(self) -> Option<Table<'a>> {
        match self.what() {
            What::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns `true` or `false`, if it is one of them.
    pub fn truth(self) -> Option<bool> {
        match self.what() {
            What::Truth(truth) => Some(truth),
            _ => None,
        }
    }

    /// Names the kind as TOML does.
    pub fn kind(self) -> &'static str {
        match self.what() {
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
