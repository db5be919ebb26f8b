//! YAML as `OmegaConf.to_yaml` prints it: PyYAML's block style, lines folded after column 80,
//! interpolations as they stand.

use super::Config;
use super::scalar::{Kind, kind};
use super::tree::{Content, Dict, Key, Leaf, Node, index};
use crate::value::float_text;

/// Prints a configuration as `OmegaConf.to_yaml` does. A section with unknown keys shows the keys
/// that are known; an unknown value is printed as `???`.
pub fn to_yaml(config: &Config) -> String {
    let mut printer = Printer::default();
    if config.root().entries.is_empty() {
        return "{}\n".to_owned();
    }
    printer.dict(config.root(), 0);
    let mut out = printer.out;
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a value on one line, as it may stand behind `key:` or, `inside` brackets, between commas;
/// a text keeps the quotes it had where they fit. Nothing for values that are not known.
pub fn inline(content: &Content, inside: bool, quotes: Option<char>) -> Option<String> {
    let inner = |node: &Node| inline(&node.content, true, None);
    Some(match content {
        Content::Leaf(leaf) => inline_leaf(leaf, inside, quotes),
        Content::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(inner).collect();
            format!("[{}]", items?.join(", "))
        }
        Content::Dict(dict) => {
            let pair = |(key, node): (&Key, &Node)| {
                Some(format!("{}: {}", inline_leaf(&key.0, true, None), inner(node)?))
            };
            let pairs: Option<Vec<String>> = dict.entries.iter().map(pair).collect();
            format!("{{{}}}", pairs?.join(", "))
        }
        Content::Unknown(_) => return None,
    })
}

fn inline_leaf(leaf: &Leaf, inside: bool, quotes: Option<char>) -> String {
    let Leaf::Str(text) = leaf else { return leaf_text(leaf) };
    let brackets = inside && text.contains([',', '[', ']', '{', '}', '?', ':', '#']);
    // YAML 1.2 reads `0o7` as a number.
    let other_number = text.trim_start_matches(['-', '+']).starts_with("0o");
    match (style(text, true), quotes) {
        (Style::Plain, None) if !brackets && !other_number => text.clone(),
        (Style::Plain | Style::Single, Some('"')) | (Style::Double, _) => {
            let escaped = |c: char| if needs_escape(c) { escape(c) } else { c.to_string() };
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        }
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// Lines are folded at the first blank after this column.
const WIDTH: usize = 80;

/// Keys of this many characters or more are written with `?`.
const LONGEST_KEY: usize = 128;

#[derive(Default)]
struct Printer {
    out: String,
    column: usize,
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
}

impl Printer {
    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
        self.column = indent;
    }

    /// Starts an entry: on the line where a list's `- ` stands, else on its own.
    fn entry(&mut self, first: bool, indent: usize) {
        let inline = first && (self.out.is_empty() || self.out.ends_with("- "));
        if inline && self.column == indent {
            return;
        }
        self.line(indent);
    }

    fn dict(&mut self, dict: &Dict, indent: usize) {
        for (at, (key, node)) in dict.entries.iter().enumerate() {
            self.entry(at == 0, indent);
            let text = leaf_text(&key.0);
            let simple = !text.is_empty()
                && text.chars().count() < LONGEST_KEY
                && !text.chars().any(is_break);
            if simple {
                self.scalar(&key.0, indent, true);
                self.write(":");
            } else {
                self.write("? ");
                self.scalar(&key.0, indent + 2, false);
                self.line(indent);
                self.write(":");
            }
            self.value(node, indent, true, simple);
        }
    }

    fn list(&mut self, items: &[Node], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            self.entry(at == 0, indent);
            self.write("-");
            self.value(item, indent, false, true);
        }
    }

    /// Writes what follows `key:` or `-`.
    fn value(&mut self, node: &Node, indent: usize, in_dict: bool, simple: bool) {
        match &node.content {
            Content::Dict(dict) if !dict.entries.is_empty() => {
                if !in_dict || !simple {
                    self.write(" ");
                }
                self.nested(|it| it.dict(dict, indent + 2), !in_dict || !simple);
            }
            Content::List(items) if !items.is_empty() => {
                // Lists in dicts are not indented; lists in lists stand on the same line.
                if in_dict && simple {
                    self.nested(|it| it.list(items, indent), false);
                } else {
                    self.write(" ");
                    self.nested(|it| it.list(items, indent + 2), true);
                }
            }
            Content::Dict(_) => self.write(" {}"),
            Content::List(_) => self.write(" []"),
            Content::Unknown(_) => self.write(" ???"),
            Content::Leaf(leaf) => {
                let before = self.out.len();
                self.write(" ");
                let start = self.out.len();
                self.scalar(leaf, indent + 2, false);
                if self.out.len() == start {
                    self.out.truncate(before);
                }
            }
        }
    }

    fn nested(&mut self, print: impl FnOnce(&mut Self), inline: bool) {
        if inline {
            // `entry` recognises the dash; an explicit `:` is followed alike.
            let mut inner = Self { out: "- ".to_owned(), column: self.column };
            print(&mut inner);
            self.out.push_str(inner.out.get(2..).unwrap_or_default());
            self.column = inner.column;
        } else {
            print(self);
        }
    }

    fn scalar(&mut self, leaf: &Leaf, indent: usize, key: bool) {
        let Leaf::Str(text) = leaf else {
            return self.write(&leaf_text(leaf));
        };
        match style(text, key) {
            Style::Plain => self.plain(text, indent, !key),
            Style::Single => self.single(text, indent, !key),
            Style::Double => self.double(text, indent, !key),
        }
    }

    /// Plain text has no line breaks, and blanks only between words.
    fn plain(&mut self, text: &str, indent: usize, fold: bool) {
        for (at, run) in runs(text, ' ').into_iter().enumerate() {
            let blank = run.starts_with(' ');
            if blank && at > 0 && run.len() == 1 && self.column > WIDTH && fold {
                self.line(indent);
            } else {
                self.write(run);
            }
        }
    }

    fn single(&mut self, text: &str, indent: usize, fold: bool) {
        self.write("'");
        let all = split_single(text);
        let count = all.len();
        for (at, run) in all.into_iter().enumerate() {
            if run.starts_with(is_break) {
                if run.starts_with('\n') {
                    self.out.push('\n');
                }
                for c in run.chars() {
                    self.out.push(c);
                }
                self.out.push_str(&" ".repeat(indent));
                self.column = indent;
            } else if run == " " && self.column > WIDTH && fold && at > 0 && at + 1 < count {
                self.line(indent);
            } else {
                self.write(&run.replace('\'', "''"));
            }
        }
        self.write("'");
    }

    fn double(&mut self, text: &str, indent: usize, fold: bool) {
        let chars: Vec<char> = text.chars().collect();
        self.write("\"");
        let mut start = 0;
        for end in 0..=chars.len() {
            let c = chars.get(end).copied();
            let escaped = c.is_none_or(needs_escape);
            if escaped {
                self.take(&chars, &mut start, end);
                if let Some(c) = c {
                    self.write(&escape(c));
                    start = end + 1;
                }
            }
            let inside = 0 < end && end + 1 < chars.len();
            if inside
                && (c == Some(' ') || start >= end)
                && self.column + end > WIDTH + start
                && fold
            {
                self.take(&chars, &mut start, end);
                self.write("\\");
                self.line(indent);
                if chars.get(start) == Some(&' ') {
                    self.write("\\");
                }
            }
        }
        self.write("\"");
    }

    fn take(&mut self, chars: &[char], start: &mut usize, end: usize) {
        if let Some(run) = chars.get(*start..end).filter(|run| !run.is_empty()) {
            let run: String = run.iter().collect();
            self.write(&run);
            *start = end;
        }
    }
}

fn leaf_text(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Null => "null".to_owned(),
        Leaf::Bool(truth) => truth.to_string(),
        Leaf::Int(int) => int.to_string(),
        Leaf::Float(float) if float.is_nan() => ".nan".to_owned(),
        Leaf::Float(float) if float.is_infinite() => {
            if *float > 0.0 { ".inf" } else { "-.inf" }.to_owned()
        }
        Leaf::Float(float) => {
            let text = float_text(*float);
            // YAML 1.1 wants a point in every float.
            if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
        }
        Leaf::Str(text) => text.clone(),
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Cuts a text into runs of one character and runs of others.
fn runs(text: &str, apart: char) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| (c == apart) == (first == apart);
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        out.push(run);
        rest = tail;
    }
    out
}

/// Cuts a text into blanks, line breaks and others.
fn split_single(text: &str) -> Vec<&str> {
    let class = |c: char| {
        if c == ' ' {
            1
        } else if is_break(c) {
            2
        } else {
            0
        }
    };
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        out.push(run);
        rest = tail;
    }
    out
}

/// Chooses the style as PyYAML does, and OmegaConf's quotes for texts that look like numbers.
fn style(text: &str, key: bool) -> Style {
    let analysis = Analysis::of(text);
    let numeric = looks_boolean(text) || index(text).is_some() || looks_float(text);
    let is_text = kind(text) == Kind::Str;
    if !numeric && is_text && analysis.plain && !(key && (text.is_empty() || analysis.multiline)) {
        Style::Plain
    } else if analysis.single && !(key && analysis.multiline) {
        Style::Single
    } else {
        Style::Double
    }
}

/// YAML 1.1's booleans with the single letters, which OmegaConf quotes.
fn looks_boolean(text: &str) -> bool {
    matches!(text, "y" | "Y" | "n" | "N") || kind(text) == Kind::Bool
}

/// Tells whether Python's `float(text)` reads it.
fn looks_float(text: &str) -> bool {
    let text = text.trim();
    let groups_ok = text.split('_').count() == 1
        || text.split('_').collect::<Vec<_>>().windows(2).all(|pair| match pair {
            [left, right] => {
                left.ends_with(|c: char| c.is_ascii_digit())
                    && right.starts_with(|c: char| c.is_ascii_digit())
            }
            _ => true,
        });
    groups_ok && text.replace('_', "").parse::<f64>().is_ok()
}

/// Which styles a text allows.
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        let mut break_space = false;
        let mut space_break = false;
        let mut special = false;
        let mut previous = None;
        for c in text.chars() {
            special |= is_special(c);
            break_space |= c == ' ' && previous.is_some_and(is_break);
            space_break |= is_break(c) && previous == Some(' ');
            previous = Some(c);
        }
        let edge = |c: char| c == ' ' || is_break(c);
        let edges = text.starts_with(edge) || text.ends_with(edge);
        let multiline = text.chars().any(is_break);
        let single = !break_space && !space_break && !special;
        Self { multiline, plain: single && !edges && !multiline && !has_indicator(text), single }
    }
}

/// What only escapes can show.
fn is_special(c: char) -> bool {
    let shown = c == '\n'
        || matches!(c, ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        || matches!(c, '\u{10000}'..='\u{10fffe}');
    !shown || c == '\u{feff}'
}

/// Tells whether a plain text would mean something else in block context.
fn has_indicator(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let blank = |c: Option<char>| c.is_none_or(|c| "\0 \t\r\n\u{85}\u{2028}\u{2029}".contains(c));
    let mut previous = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before_blank = blank(chars.peek().copied());
        let bad = match previous {
            None => "#,[]{}&*!|>'\"%@`".contains(c) || ("?:-".contains(c) && before_blank),
            Some(before) => (c == ':' && before_blank) || (c == '#' && blank(Some(before))),
        };
        if bad {
            return true;
        }
        previous = Some(c);
    }
    false
}

fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || !matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c if c <= '\u{ff}' => return format!("\\x{:02X}", u32::from(c)),
        c if c <= '\u{ffff}' => return format!("\\u{:04X}", u32::from(c)),
        c => return format!("\\U{:08X}", u32::from(c)),
    };
    format!("\\{short}")
}
