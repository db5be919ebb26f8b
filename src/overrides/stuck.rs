//! Where a value stops being one, found token by token: the grammar itself only knows how far it
//! got, not what was open there.

use super::primitive::interpolation;

/// Characters that a bare text may hold; a subset may stand in a dict's key.
const PLAIN: &str = "/-\\+.$%*@?|_";

/// What keeps a value from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// The text ends inside a bracket.
    Unclosed,
    /// A quote without its other; at the front of an element or inside one.
    Quote,
    /// A quote in the middle of a text, closed further on.
    QuoteInside,
    /// A backslash before a quote that would begin a value.
    EscapedQuote,
    /// `${` without `}`.
    Interpolation,
    /// `${}`.
    EmptyInterpolation,
    /// `${` inside `${…}`.
    NestedInterpolation,
    /// A comma without a value before or after it.
    Comma,
    /// A dict's key with nothing behind its colon.
    NoValue,
    /// A dict's key without a colon.
    NoColon,
    /// `=` where a dict wants `:`.
    EqualsInDict,
    /// A quoted key of a dict.
    QuotedKey,
    /// An interpolation as the key of a dict.
    InterpolatedKey,
    /// A closing bracket that fits no opening one.
    Closer,
    /// `(` with no function's name before it; whether anything stands before it.
    Parenthesis,
    /// Something right behind a closing quote or bracket.
    Behind,
    /// Blanks behind a closing quote or bracket, at the end.
    BlanksBehind,
    /// A second `=`.
    Equals,
    /// A character that may not stand there bare.
    Character,
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// The bracket.
    pub sign: char,
    /// Where it stands.
    pub at: usize,
    /// Where the element begins that it belongs to: a call begins with its name.
    pub element: usize,
}

impl Open {
    /// Returns the bracket that closes it.
    pub fn closing(self) -> char {
        match self.sign {
            '[' => ']',
            '{' => '}',
            _ => ')',
        }
    }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Element,
    Key,
    /// A comma, a closing bracket or the end, behind what closes itself.
    Closed,
}

/// The place where a value cannot be read on.
pub struct Walk<'a> {
    text: &'a str,
    /// Where it is stuck.
    pub at: usize,
    /// Where the element begins that it is stuck in.
    pub element: usize,
    /// The brackets that are open there.
    pub open: Vec<Open>,
    expect: Expect,
    /// The last bracket, comma, colon or equals sign that was read.
    last: char,
    /// Where that stands.
    pub last_at: usize,
}

impl<'a> Walk<'a> {
    /// Reads the value that begins at byte `start` until it is stuck; nothing if it never is.
    pub fn through(text: &'a str, start: usize) -> Option<(Stuck, Self)> {
        let mut walk = Self {
            text,
            at: start,
            element: start,
            open: Vec::new(),
            expect: Expect::Element,
            last: '=',
            last_at: start.saturating_sub(1),
        };
        loop {
            let blanks = walk.skip_blanks();
            let stepped = match walk.expect {
                Expect::Element => walk.element(),
                Expect::Key => walk.key(),
                Expect::Closed => walk.closed(blanks),
            };
            match stepped {
                Ok(true) => {}
                Ok(false) => return None,
                Err(stuck) => return Some((stuck, walk)),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    /// Returns what stands before the place, from the beginning of the element.
    pub fn begun(&self) -> &'a str {
        self.text.get(self.element..self.at).unwrap_or_default()
    }

    fn skip_blanks(&mut self) -> bool {
        let before = self.at;
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        self.at > before
    }

    /// Takes a sign that gives structure.
    fn take(&mut self, sign: char, expect: Expect) -> Result<bool, Stuck> {
        (self.last, self.last_at, self.expect) = (sign, self.at, expect);
        self.at += sign.len_utf8();
        Ok(true)
    }

    fn opens(&mut self, sign: char) -> Result<bool, Stuck> {
        self.open.push(Open { sign, at: self.at, element: self.element });
        self.take(sign, if sign == '{' { Expect::Key } else { Expect::Element })
    }

    fn closes(&mut self, sign: char) -> Result<bool, Stuck> {
        if self.open.last().is_none_or(|open| open.closing() != sign) {
            return Err(Stuck::Closer);
        }
        if let Some(open) = self.open.pop() {
            self.element = open.element;
        }
        self.take(sign, Expect::Closed)
    }

    fn comma(&mut self) -> Result<bool, Stuck> {
        let in_dict = self.open.last().is_some_and(|open| open.sign == '{');
        self.take(',', if in_dict { Expect::Key } else { Expect::Element })
    }

    fn element(&mut self) -> Result<bool, Stuck> {
        self.element = self.at;
        match self.peek() {
            None if self.open.is_empty() && self.last != ',' => Ok(false),
            None if self.open.is_empty() => Err(Stuck::Comma),
            None => Err(Stuck::Unclosed),
            Some(',') if self.last == ':' => Err(Stuck::NoValue),
            Some(',') => Err(Stuck::Comma),
            Some(sign @ (']' | '}' | ')')) => match self.last {
                ',' if self.open.last().is_some_and(|open| open.closing() == sign) => {
                    Err(Stuck::Comma)
                }
                ':' => Err(Stuck::NoValue),
                _ => self.closes(sign),
            },
            Some(sign @ ('[' | '{')) => self.opens(sign),
            Some(sign @ ('\'' | '"')) => self.quoted(sign),
            Some(_) => self.bare(),
        }
    }

    fn quoted(&mut self, sign: char) -> Result<bool, Stuck> {
        let length = quote_length(self.text.get(self.at..).unwrap_or_default(), sign);
        self.at += length.ok_or(Stuck::Quote)?;
        self.expect = Expect::Closed;
        Ok(true)
    }

    /// Reads an unquoted text, or the name of a function or argument.
    fn bare(&mut self) -> Result<bool, Stuck> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            match rest.chars().next() {
                Some('\\') if rest.starts_with("\\\"") || rest.starts_with("\\'") => {
                    return if self.begun().is_empty() {
                        Err(Stuck::EscapedQuote)
                    } else {
                        self.at += 1;
                        Err(Stuck::QuoteInside)
                    };
                }
                Some('\\') => self.at += escape_length(rest),
                Some('$') if rest.starts_with("${") => self.at += self.interpolation(rest)?,
                Some(c) if PLAIN.contains(c) || c.is_ascii_alphanumeric() => self.at += 1,
                Some(' ' | '\t' | ':') => self.at += 1,
                other => return self.after_bare(other),
            }
        }
    }

    fn interpolation(&self, rest: &str) -> Result<usize, Stuck> {
        let length = interpolation(rest);
        match length {
            None if rest.starts_with("${}") => Err(Stuck::EmptyInterpolation),
            None => Err(Stuck::Interpolation),
            Some(length) => {
                let inner = rest.get(2..length).unwrap_or_default();
                let behind = rest.get(length..).unwrap_or_default();
                // `${a.${b}` reads as it stands; only the brace left over shows what was meant.
                let closes = behind.find('}').is_some_and(|at| {
                    behind.get(..at).is_some_and(|between| !between.contains(['{', ',']))
                });
                let in_dict = self.open.iter().any(|open| open.sign == '{');
                let nested = inner.contains("${") && closes && !in_dict;
                if nested { Err(Stuck::NestedInterpolation) } else { Ok(length) }
            }
        }
    }

    fn after_bare(&mut self, next: Option<char>) -> Result<bool, Stuck> {
        let word = is_word(self.begun().trim_end_matches([' ', '\t']));
        let in_call = self.open.last().is_some_and(|open| open.sign == '(');
        match next {
            None if self.open.is_empty() => Ok(false),
            None => Err(Stuck::Unclosed),
            Some(',') => self.comma(),
            Some(sign @ (']' | '}' | ')')) => self.closes(sign),
            Some('(') if word => self.opens('('),
            Some('(') => Err(Stuck::Parenthesis),
            Some('=') if word && in_call && self.last != '=' => self.take('=', Expect::Element),
            Some('=') => Err(Stuck::Equals),
            Some(sign @ ('\'' | '"')) => {
                let closed = quote_length(self.text.get(self.at..).unwrap_or_default(), sign);
                Err(if closed.is_some() { Stuck::QuoteInside } else { Stuck::Quote })
            }
            Some(_) => Err(Stuck::Character),
        }
    }

    fn key(&mut self) -> Result<bool, Stuck> {
        self.element = self.at;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let empty = self.begun().is_empty();
            match rest.chars().next() {
                None => return Err(Stuck::Unclosed),
                Some('}') if empty && self.last == '{' => return self.closes('}'),
                Some(',' | '}') if empty => return Err(Stuck::Comma),
                Some(',' | '}') => return Err(Stuck::NoColon),
                Some(':') if empty => return Err(Stuck::Character),
                Some(':') => return self.take(':', Expect::Element),
                Some('=') => return Err(Stuck::EqualsInDict),
                Some('"' | '\'') => return Err(Stuck::QuotedKey),
                Some('$') if rest.starts_with("${") => return Err(Stuck::InterpolatedKey),
                Some('\\') => self.at += escape_length(rest),
                Some(c) if PLAIN.contains(c) || c.is_ascii_alphanumeric() => self.at += 1,
                Some(' ' | '\t') => self.at += 1,
                Some(']' | ')') => return Err(Stuck::Closer),
                Some(_) => return Err(Stuck::Character),
            }
        }
    }

    fn closed(&mut self, blanks: bool) -> Result<bool, Stuck> {
        match self.peek() {
            None if !self.open.is_empty() => Err(Stuck::Unclosed),
            None if blanks => Err(Stuck::BlanksBehind),
            None => Ok(false),
            Some(',') => self.comma(),
            Some(sign @ (']' | '}' | ')')) => self.closes(sign),
            Some('=') => Err(Stuck::Equals),
            Some(_) => Err(Stuck::Behind),
        }
    }

    /// Returns where the element ends that the walk is stuck in: before the comma or bracket that
    /// ends it, or at the end of the text. Outside brackets that is always the end.
    pub fn element_end(&self) -> usize {
        if self.open.is_empty() {
            return self.text.len();
        }
        let mut depth = 0_usize;
        let mut at = self.element;
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            let c = rest.chars().next().unwrap_or(' ');
            at += match c {
                '\'' | '"' => quote_length(rest, c).unwrap_or(1),
                '\\' => escape_length(rest),
                '[' | '{' | '(' => {
                    depth += 1;
                    1
                }
                ']' | '}' | ')' | ',' if depth == 0 => return at,
                ']' | '}' | ')' => {
                    depth -= 1;
                    1
                }
                other => other.len_utf8(),
            };
        }
        self.text.len()
    }
}

/// Returns the length of the quoted text at the front; nothing where it is never closed.
pub fn quote_length(text: &str, sign: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == sign => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Returns the length of the backslash at the front with what it escapes.
fn escape_length(rest: &str) -> usize {
    let escapes = rest.get(1..).is_some_and(|it| it.starts_with(super::primitive::SPECIAL));
    if escapes { 2 } else { 1 }
}

fn is_word(text: &str) -> bool {
    let named = ["true", "false", "null", "inf", "nan"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !named.iter().any(|name| text.eq_ignore_ascii_case(name))
}
