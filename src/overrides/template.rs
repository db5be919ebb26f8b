//! OmegaConf's interpolation grammar: text with `${…}` in it.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::ast::Element;
use super::pairs::collapse;
use super::parse::parse;
use crate::text::{Fault, Span};

/// A text in pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The pieces, first to last.
    pub pieces: Vec<Piece>,
    /// How deep interpolations, lists and dicts nest in the text.
    pub depth: usize,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Plain text, un-escaped.
    Text(String),
    /// `${a.b}`: another value of the configuration.
    Node(Vec<PathPart>),
    /// `${name:arguments}`.
    Call {
        /// The resolver's name, as the parts between its dots.
        name: Vec<PathPart>,
        /// The arguments in order.
        arguments: Vec<Argument>,
    },
}

/// A part of a path: dots and brackets, or what stands between them.
#[derive(Debug, Clone, PartialEq)]
pub enum PathPart {
    /// Text as written.
    Text(String),
    /// An interpolation that gives the text.
    Inner(Box<Piece>),
}

/// An argument of a resolver.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A value that stands there.
    Leaf(Element),
    /// Unquoted text with interpolations; one interpolation alone keeps its type.
    Mixed(Template),
    /// Quoted text, always a text.
    Quoted(Template),
    /// A list.
    List(Vec<Argument>),
    /// A dict; the keys are plain values.
    Dict(Vec<(Element, Argument)>),
}

/// How deep interpolations, lists and dicts may nest in one text.
const DEEPEST: usize = 64;

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// The first mistake, in the text's bytes, where OmegaConf's grammar does not take it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader { text, at: 0, depth: 0, deepest: 0 };
        let pieces = reader.text_pieces(None)?;
        Ok(Self { pieces, depth: reader.deepest })
    }

    /// Tells whether OmegaConf keeps a text: it looks closer only where one holds `${`, and a quick
    /// pattern of its own comes first, which lets through a few that [`parse`](Self::parse)
    /// refuses and that have no value when they are asked for.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn validate(text: &str) -> Result<(), Fault> {
        match Self::parse(text) {
            Err(fault) if !is_simple(text) => Err(fault),
            _ => Ok(()),
        }
    }

    /// Reads what `oc.decode` takes: one argument and nothing else.
    ///
    /// # Errors
    /// The first mistake, in the text's bytes.
    pub fn parse_argument(text: &str) -> Result<Argument, Fault> {
        let blank = [' ', '\t'];
        let edges = text.starts_with(blank) || text.ends_with(blank);
        if edges && !text.contains("${") && text.trim_matches(blank).chars().all(is_unquoted) {
            // Here, and only here, blanks at the ends are text.
            return Ok(Argument::Leaf(Element::Str(unescaped(text))));
        }
        let mut reader = Reader { text, at: 0, depth: 0, deepest: 0 };
        let argument = reader.argument()?;
        if reader.at < text.len() {
            Err(reader.wrong("this does not belong here"))
        } else {
            Ok(argument)
        }
    }
}

/// The quick pattern for what stands between `${` and `}`: a key, or a resolver with arguments. As
/// in `omegaconf/grammar_parser.py` 2.3, blanks may be line ends and a resolver may have no name.
static SIMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = r"[$\w]+";
    let part = format!(r"{key}|\[{key}\]");
    let node = format!(r"\.*({part})(\.{part})*");
    let name = r"[a-zA-Z_][\w\-]*";
    let argument = r"[a-zA-Z_0-9/\-+.$%*@?|]+";
    let call = format!(r"({name}(\.{name})*)?\s*:\s*{argument}(\s*,\s*{argument})*");
    Regex::new(&format!(r"^\s*({node}|{call})\s*$")).ok()
});

/// Tells whether OmegaConf's quick pattern fits: each `${` has a simple inside and a `}`.
fn is_simple(text: &str) -> bool {
    text.split("${").skip(1).all(|rest| {
        let inside = rest.split_once('}').map(|(inside, _)| inside);
        inside.zip(SIMPLE.as_ref()).is_some_and(|(inside, simple)| simple.is_match(inside))
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    deepest: usize,
}

/// What cannot stand in a key inside `${…}`.
const NOT_IN_KEY: [char; 12] = ['\\', '{', '}', '(', ')', '[', ']', ':', '.', ' ', '\t', '\''];

/// What may stand in unquoted text besides words, digits and escapes.
const UNQUOTED: &str = "/-\\+.$%*@?|:_ \t";

/// What a backslash un-escapes outside quotes.
const ESCAPED: [char; 12] = ['\\', '(', ')', '[', ']', '{', '}', ':', '=', ',', ' ', '\t'];

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Skips blanks and a token, or nothing.
    fn eat_after_blanks(&mut self, token: &str) -> bool {
        let start = self.at;
        self.blanks();
        let found = self.eat(token);
        if !found {
            self.at = start;
        }
        found
    }

    fn wrong(&self, what: &str) -> Fault {
        let end = self.at + self.rest().chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.at, end);
        Fault::new(
            "hydrule::config::interpolation",
            span,
            format!("a malformed interpolation: {what}"),
        )
        .labelled("this interpolation")
        .helped("write `\\${` for a `${` that is no interpolation")
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEEPEST {
            return Err(self.wrong("it is nested too deeply"));
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads text up to its end, or up to the closing quote, which stays.
    fn text_pieces(&mut self, quote: Option<char>) -> Result<Vec<Piece>, Fault> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        while let Some(c) = self.rest().chars().next() {
            if Some(c) == quote {
                break;
            }
            let slashes = self.rest().len() - self.rest().trim_start_matches('\\').len();
            if slashes > 0 {
                self.backslashes(slashes, quote, &mut plain);
            } else if self.rest().starts_with("${") {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(self.deeper(Self::interpolation)?);
            } else {
                plain.push(c);
                self.at += c.len_utf8();
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }

    /// Backslashes halve before an interpolation and before a quote; an odd one escapes it.
    fn backslashes(&mut self, count: usize, quote: Option<char>, plain: &mut String) {
        self.at += count;
        let next = self.rest().chars().next();
        let before_quote = next.is_some() && next == quote;
        let before_inter = self.rest().starts_with("${");
        let kept = if before_quote || before_inter { count / 2 } else { count };
        plain.push_str(&"\\".repeat(kept));
        if count % 2 == 1 && before_inter {
            plain.push_str("${");
            self.at += 2;
        } else if let (1, true, Some(quote)) = (count % 2, before_quote, next) {
            plain.push(quote);
            self.at += 1;
        }
    }

    fn interpolation(&mut self) -> Result<Piece, Fault> {
        self.at += 2;
        self.blanks();
        let start = self.at;
        let path = self.path()?;
        if self.eat_after_blanks(":") {
            self.blanks();
            if !is_resolver_name(&path) {
                self.at = start;
                return Err(self.wrong("this is no resolver's name"));
            }
            let arguments = self.arguments('}')?;
            if !self.eat_after_blanks("}") {
                return Err(self.wrong("a `}` is missing"));
            }
            return Ok(Piece::Call { name: path, arguments });
        }
        if !self.eat_after_blanks("}") {
            return Err(self.wrong("a `}` is missing"));
        }
        if !is_node_path(&path) {
            self.at = start;
            return Err(self.wrong("this is no key"));
        }
        Ok(Piece::Node(path))
    }

    /// Reads dots, brackets, keys and inner interpolations; whether they fit is told afterwards.
    fn path(&mut self) -> Result<Vec<PathPart>, Fault> {
        let mut parts = Vec::new();
        loop {
            if self.rest().starts_with("${") {
                let inner = self.deeper(Self::interpolation)?;
                parts.push(PathPart::Inner(Box::new(inner)));
                continue;
            }
            let rest = self.rest();
            let end =
                rest.find(|c: char| NOT_IN_KEY.contains(&c) || c == '"').unwrap_or(rest.len());
            let taken = match rest.chars().next() {
                Some(c @ ('.' | '[' | ']')) => c.len_utf8(),
                _ => end,
            };
            if taken == 0 {
                return Ok(parts);
            }
            parts.push(PathPart::Text(rest.get(..taken).unwrap_or_default().to_owned()));
            self.at += taken;
        }
    }

    /// Reads arguments with commas between; a missing one is an empty text.
    fn arguments(&mut self, close: char) -> Result<Vec<Argument>, Fault> {
        let mut arguments = Vec::new();
        let empty = || Argument::Leaf(Element::Str(String::new()));
        let at_close =
            |reader: &Self| reader.rest().trim_start_matches([' ', '\t']).starts_with(close);
        if at_close(self) {
            return Ok(arguments);
        }
        let mut expects = true;
        loop {
            if at_close(self) {
                if expects {
                    arguments.push(empty());
                }
                return Ok(arguments);
            }
            if self.eat_after_blanks(",") {
                self.blanks();
                if expects {
                    arguments.push(empty());
                }
                expects = true;
            } else if expects {
                arguments.push(self.deeper(Self::argument)?);
                expects = false;
            } else {
                return Err(self.wrong("a `,` or its end is missing"));
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, Fault> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => {
                self.at += 1;
                let pieces = self.text_pieces(Some(quote))?;
                if !self.eat(quote.encode_utf8(&mut [0; 4])) {
                    return Err(self.wrong("a quote is missing"));
                }
                Ok(Argument::Quoted(Template { pieces, depth: self.deepest }))
            }
            Some('[') => {
                self.at += 1;
                self.blanks();
                let items = self.arguments(']')?;
                if !self.eat_after_blanks("]") {
                    return Err(self.wrong("a `]` is missing"));
                }
                Ok(Argument::List(items))
            }
            Some('{') => self.dict(),
            _ => self.primitive(),
        }
    }

    fn dict(&mut self) -> Result<Argument, Fault> {
        self.at += 1;
        self.blanks();
        let mut pairs: Vec<(Element, Argument)> = Vec::new();
        if self.eat_after_blanks("}") {
            return Ok(Argument::Dict(pairs));
        }
        loop {
            let text = self.unquoted(false)?;
            let key = leaf_of(text).ok_or_else(|| self.wrong("this is no key"))?;
            if !self.eat_after_blanks(":") {
                return Err(self.wrong("a `:` is missing"));
            }
            self.blanks();
            let value = self.deeper(Self::argument)?;
            pairs.push((key, value));
            if self.eat_after_blanks("}") {
                return Ok(Argument::Dict(collapse(pairs)));
            }
            if !self.eat_after_blanks(",") {
                return Err(self.wrong("a `,` or `}` is missing"));
            }
            self.blanks();
        }
    }

    /// Takes a run of unquoted characters; blanks before what ends it belong to that.
    fn unquoted(&mut self, colons: bool) -> Result<&'a str, Fault> {
        let start = self.at;
        let mut end = self.at;
        while let Some(c) = self.rest().chars().next() {
            let next = self.rest().get(1..).unwrap_or_default();
            if c == '\\' && next.starts_with(ESCAPED) {
                self.at += 2;
                end = self.at;
                continue;
            }
            if !is_unquoted(c) || (c == ':' && !colons) || self.rest().starts_with("${") {
                break;
            }
            self.at += c.len_utf8();
            if c == ':' {
                self.blanks();
            }
            if c != ' ' && c != '\t' {
                end = self.at;
            }
        }
        // Blanks before an interpolation or after a colon are text like any other.
        if !self.rest().starts_with("${") {
            self.at = end;
        }
        if self.at == start && !self.rest().starts_with("${") {
            return Err(self.wrong("a value is missing or needs quotes"));
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn primitive(&mut self) -> Result<Argument, Fault> {
        let mut pieces = Vec::new();
        loop {
            let before = self.at;
            if self.rest().starts_with("${") {
                pieces.push(self.deeper(Self::interpolation)?);
                continue;
            }
            match self.unquoted(true) {
                Ok(text) if pieces.is_empty() && !self.rest().starts_with("${") => {
                    let leaf = leaf_of(text).ok_or_else(|| self.wrong("this is no value"))?;
                    return Ok(Argument::Leaf(leaf));
                }
                Ok(text) => pieces.push(Piece::Text(unescaped(text))),
                Err(_) if !pieces.is_empty() => {
                    self.at = before;
                    return Ok(Argument::Mixed(Template { pieces, depth: self.deepest }));
                }
                Err(wrong) => return Err(wrong),
            }
        }
    }
}

/// Reads an unquoted text without interpolation, which means here what it means in an override.
fn leaf_of(text: &str) -> Option<Element> {
    let value = parse(&format!("it={text}")).ok()?.value?;
    matches!(value, Element::Null | Element::Number(_) | Element::Str(_)).then_some(value)
}

fn is_unquoted(c: char) -> bool {
    c.is_ascii_alphanumeric() || UNQUOTED.contains(c)
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && ESCAPED.contains(next) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Names and inner interpolations with single dots between.
fn is_resolver_name(parts: &[PathPart]) -> bool {
    let dot = |part: &PathPart| matches!(part, PathPart::Text(text) if text == ".");
    let named = |part: &PathPart| match part {
        PathPart::Text(text) => is_word(text),
        PathPart::Inner(_) => true,
    };
    parts.len() % 2 == 1
        && parts
            .iter()
            .enumerate()
            .all(|(at, part)| if at % 2 == 1 { dot(part) } else { named(part) })
}

/// Dots, then keys with single dots between or in brackets.
fn is_node_path(parts: &[PathPart]) -> bool {
    let sign = |part: Option<&PathPart>| match part {
        Some(PathPart::Text(text)) if matches!(text.as_str(), "." | "[" | "]") => {
            text.chars().next()
        }
        Some(_) => Some('k'),
        None => None,
    };
    let signs: Vec<Option<char>> = parts.iter().map(|part| sign(Some(part))).collect();
    let lead = signs.iter().take_while(|sign| **sign == Some('.')).count();
    let mut rest = signs.get(lead..).unwrap_or_default();
    let mut first = true;
    while !rest.is_empty() {
        rest = match rest {
            [Some('['), Some('k'), Some(']'), tail @ ..] => tail,
            [Some('k'), tail @ ..] if first => tail,
            [Some('.'), Some('k'), tail @ ..] if !first => tail,
            _ => return false,
        };
        first = false;
    }
    !first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> bool {
        Template::parse(text).is_ok()
    }

    #[test]
    fn what_omegaconf_takes_is_taken() {
        for text in [
            "a${b}",
            "${a[0].c}",
            "${[a].c}",
            "${..a}",
            "${ a }",
            "${${a}.b}",
            "${f:}",
            "${f:a,,b}",
            "${f:'x${y}z'}",
            "${f:{a:1, b: [2]}}",
            "${f: x y }",
            "${a$b}",
            "${é}",
            r"\${a",
            "a$",
            "${f:a:b}",
            "${x.${a}:1}",
            "${f:a }",
            "${f: }",
            "${f:[a,]}",
            "${f:$x}",
        ] {
            assert!(ok(text), "{text}");
        }
    }

    #[test]
    fn what_omegaconf_refuses_is_refused() {
        for text in [
            "${",
            "${}",
            "${a",
            "${a b}",
            "${ a . b }",
            "${a.}",
            "${a..b}",
            "${a[b}",
            "${a${b}}",
            "${f:'a'b}",
            "${f:a'b'}",
            "${:a}",
            "${f:~}",
            "${f:é}",
            "${f:{a:1,}}",
            "${f:{'a':1}}",
            "${f:a=b}",
            "${f:(a)}",
            "${a b:c}",
            "${.}",
        ] {
            assert!(!ok(text), "{text}");
        }
    }

    #[test]
    fn what_the_quick_pattern_takes_is_kept() {
        for text in ["${f:x\n}", "${:x}", "a${f: x ,\ny }b${a}", "none", "$"] {
            assert!(Template::validate(text).is_ok(), "{text:?}");
        }
        for text in ["${ }", "${:}", "${f:x\n", "${f:'x'\n}", "${:x}${ }"] {
            assert!(Template::validate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn backslashes_halve_before_interpolations_only() {
        let plain = |text: &str| Template::parse(text).unwrap().pieces;
        assert_eq!(plain(r"\${b}"), [Piece::Text("${b}".into())]);
        assert_eq!(plain(r"a\\b"), [Piece::Text(r"a\\b".into())]);
        let name = Piece::Node(vec![PathPart::Text("b".into())]);
        assert_eq!(plain(r"\\${b}"), [Piece::Text("\\".into()), name]);
    }
}
