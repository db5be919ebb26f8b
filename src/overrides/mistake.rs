//! From the place where the grammar stops to what went wrong, and the text to paste instead.

use super::ast::Quote;
use super::print::quoted;
use crate::text::{Fault, Span, shell_word};

/// Explains why `text` is no override; `at` is the byte where the grammar stops.
pub fn explain(text: &str, at: usize) -> Fault {
    let found = Mistake::new(text, at);
    found.whole_word().or_else(|| found.key()).unwrap_or_else(|| found.value())
}

struct Mistake<'a> {
    text: &'a str,
    at: usize,
    /// Where the first `=` stands.
    equals: Option<usize>,
}

/// A bracket or quote that is open where the grammar stops.
struct Open {
    sign: char,
    at: usize,
}

impl<'a> Mistake<'a> {
    fn new(text: &'a str, at: usize) -> Self {
        Self { text, at: at.min(text.len()), equals: text.find('=') }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns the character that does not fit; nothing at the end.
    fn stopper(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn here(&self) -> Span {
        Span::new(self.at, self.at + self.stopper().map_or(0, char::len_utf8))
    }

    fn key_text(&self) -> &'a str {
        self.text.get(..self.equals.unwrap_or(self.text.len())).unwrap_or_default()
    }

    fn value_text(&self) -> &'a str {
        self.equals.and_then(|at| self.text.get(at + 1..)).unwrap_or_default()
    }

    /// Advises to write the override so; says how to pass it through a shell where that differs.
    fn paste(&self, hydra: &str) -> String {
        let word = shell_word(hydra);
        if word == hydra {
            format!("write {hydra}")
        } else {
            format!("write {word} in a shell; Hydra then reads {hydra}")
        }
    }

    fn quoted_value(&self) -> String {
        let value = self.value_text().trim();
        format!("{}={}", self.key_text().trim_end(), quoted(Quote::Single, value))
    }

    /// Quotes or blanks around the whole word came from a layer of quoting too many.
    fn whole_word(&self) -> Option<Fault> {
        let first = self.text.chars().next()?;
        let inner = self.text.strip_prefix(first)?.strip_suffix(first);
        if let (true, Some(inner)) = (first == '"' || first == '\'', inner) {
            let message = "the quotes around the whole override reach Hydra";
            let span = Span::new(0, self.text.len());
            return Some(
                Fault::new("hydrule::override::quoted_whole", span, message)
                    .labelled("a shell would have removed these quotes")
                    .helped(self.paste(inner)),
            );
        }
        if first == ' ' || first == '\t' {
            let message = "an override cannot begin with a blank";
            let blanks = self.text.len() - self.text.trim_start().len();
            return Some(
                Fault::new("hydrule::override::blank_in_key", Span::new(0, blanks), message)
                    .labelled("remove this")
                    .helped(self.paste(self.text.trim_start())),
            );
        }
        None
    }

    fn key(&self) -> Option<Fault> {
        let Some(equals) = self.equals else { return Some(self.no_equals()) };
        if self.at > equals {
            return None;
        }
        let key = self.key_text();
        let span = self.here();
        if key.trim_end().len() < key.len() && self.at >= key.trim_end().len() {
            let span = Span::new(key.trim_end().len(), equals);
            let message = "a blank stands before the `=`";
            let paste = format!("{}={}", key.trim_end(), self.value_text().trim_start());
            return Some(
                Fault::new("hydrule::override::blank_in_key", span, message)
                    .labelled("remove this")
                    .helped(self.paste(&paste)),
            );
        }
        let message = match self.stopper() {
            Some('=') | None => format!("`{key}` is no key"),
            Some(c) => format!("`{}` cannot stand here in a key", c.escape_debug()),
        };
        let fault = Fault::new("hydrule::override::key", span, message);
        let fault = fault.labelled("not part of a key");
        Some(fault.helped(if key.contains('@') && key.contains(':') {
            "hydra-core 1.3.8 renames no packages: write group@package=choice"
        } else {
            "a key is dotted names, or a group's path; +, ++ or ~ may stand before it"
        }))
    }

    fn no_equals(&self) -> Fault {
        let text = self.text;
        let span = Span::new(0, text.len());
        if text.is_empty() {
            return Fault::new("hydrule::override::empty", span, "the override is empty")
                .helped("an empty shell variable, left unquoted, passes nothing instead");
        }
        if text.starts_with('-') {
            let message = format!("`{text}` is a flag, not an override");
            return Fault::new("hydrule::override::flag", span, message)
                .labelled("overrides have the form KEY=VALUE")
                .helped("Hydra's own flags go before or after all overrides");
        }
        let message = format!("`{text}` has no `=`");
        let bare = text.trim_start_matches('+');
        Fault::new("hydrule::override::missing_equals", Span::at(text.len()), message)
            .labelled("`=` and a value are missing")
            .helped(match text.split_once(':') {
                Some((key, value)) if !key.contains(['[', '{']) => {
                    self.paste(&format!("{key}={}", value.trim_start()))
                }
                _ => format!("write {text}=VALUE, or ~{bare} to delete the key"),
            })
    }

    fn value(&self) -> Fault {
        let open = self.open();
        if let Some(open) = open.last().filter(|open| open.sign == '\'' || open.sign == '"') {
            return self.unclosed_quote(open);
        }
        let Some(stopper) = self.stopper() else {
            return match open.last() {
                Some(open) => self.unclosed_bracket(open),
                None => self.trailing_comma(),
            };
        };
        self.nested_interpolation()
            .or_else(|| self.after_comma(stopper))
            .or_else(|| self.dict_key(stopper, open.last()))
            .or_else(|| self.after_closed(stopper))
            .unwrap_or_else(|| self.unexpected(stopper, open.last()))
    }

    /// Lists the brackets and quotes that are open where the grammar stops. A quote counts up to
    /// the end of the text, since the grammar stops in front of one that is never closed.
    fn open(&self) -> Vec<Open> {
        let mut open: Vec<Open> = Vec::new();
        let mut escaped = false;
        let start = self.equals.map_or(0, |at| at + 1);
        for (offset, c) in self.text.get(start..).unwrap_or_default().char_indices() {
            let at = start + offset;
            let in_quote = open.last().map(|open| open.sign).filter(|sign| "'\"".contains(*sign));
            if at >= self.at && in_quote.is_none() && !"'\"".contains(c)
                || at > self.at && in_quote.is_none()
            {
                break;
            }
            let was_escaped = escaped;
            escaped = c == '\\' && !was_escaped;
            match (c, in_quote) {
                _ if was_escaped => {}
                ('\'' | '"', None) | ('[' | '{' | '(', None) => open.push(Open { sign: c, at }),
                (c, Some(quote)) if c == quote => drop(open.pop()),
                (']' | '}' | ')', None) => drop(open.pop()),
                _ => {}
            }
        }
        open
    }

    fn unclosed_quote(&self, open: &Open) -> Fault {
        let message = "this quote is never closed";
        let paste = if self.value_text().trim_start().starts_with(open.sign) {
            self.paste(&format!("{}{}", self.text, open.sign))
        } else {
            let value = self.value_text();
            let other = if open.sign == '"' { Quote::Single } else { Quote::Double };
            self.paste(&format!("{}={}", self.key_text(), quoted(other, value)))
        };
        Fault::new("hydrule::override::unclosed_quote", Span::new(open.at, open.at + 1), message)
            .labelled("opened here")
            .helped(paste)
    }

    fn unclosed_bracket(&self, open: &Open) -> Fault {
        let closing: String = self.open().iter().rev().map(|open| closing(open.sign)).collect();
        let body = self.text.trim_end().trim_end_matches(',');
        let message = format!("`{}` is never closed", open.sign);
        Fault::new("hydrule::override::unclosed_bracket", Span::new(open.at, open.at + 1), message)
            .labelled("opened here")
            .helped(self.paste(&format!("{body}{closing}")))
    }

    fn trailing_comma(&self) -> Fault {
        let body = self.text.trim_end();
        if let Some(without) = body.strip_suffix(',') {
            let span = Span::new(without.len(), body.len());
            return Fault::new("hydrule::override::trailing_comma", span, "a comma ends the value")
                .labelled("nothing follows")
                .helped(self.paste(without));
        }
        Fault::new("hydrule::override::syntax", self.here(), "the value is not complete")
            .helped(self.paste(&self.quoted_value()))
    }

    fn nested_interpolation(&self) -> Option<Fault> {
        let value = self.value_text();
        let outer = value.find("${")?;
        let inner = value.get(outer + 2..)?;
        let nested = inner.find("${")? < inner.find('}').unwrap_or(inner.len());
        nested.then(|| {
            let start = self.equals.map_or(0, |at| at + 1) + outer;
            let message = "an interpolation inside another needs quotes around the value";
            Fault::new(
                "hydrule::override::nested_interpolation",
                Span::new(start, start + 2),
                message,
            )
            .labelled("Hydra ends it at the first `}`")
            .helped(self.paste(&self.quoted_value()))
        })
    }

    fn after_comma(&self, stopper: char) -> Option<Fault> {
        let before = self.text.get(..self.at)?.trim_end();
        let comma = before.strip_suffix(',')?.len();
        if !matches!(stopper, ']' | '}' | ')' | ',') {
            return None;
        }
        let rest = self.rest();
        let paste = format!("{}{rest}", self.text.get(..comma)?);
        Some(
            Fault::new(
                "hydrule::override::trailing_comma",
                Span::new(comma, comma + 1),
                format!("nothing stands between this comma and `{stopper}`"),
            )
            .labelled("remove this comma")
            .helped(self.paste(&paste)),
        )
    }

    fn dict_key(&self, stopper: char, open: Option<&Open>) -> Option<Fault> {
        let in_dict = open.is_some_and(|open| open.sign == '{');
        if !in_dict || !matches!(stopper, '"' | '\'') {
            return None;
        }
        let value = unquoted_keys(self.value_text());
        let message = "the keys of a dict take no quotes: this is no JSON";
        Some(
            Fault::new("hydrule::override::quoted_dict_key", self.here(), message)
                .labelled("a bare key belongs here")
                .helped(self.paste(&format!("{}={value}", self.key_text()))),
        )
    }

    /// Something follows a value that closes itself.
    fn after_closed(&self, stopper: char) -> Option<Fault> {
        let before = self.text.get(..self.at)?;
        let closed = before.trim_end();
        let last = closed.chars().last().filter(|last| "'\"]})".contains(*last))?;
        let rest = self.rest().trim();
        let blanks_only = stopper.is_whitespace() && rest.is_empty()
            || closed.len() < before.len() && rest.is_empty();
        let kind = if "'\"".contains(last) { "quote" } else { "bracket" };
        if blanks_only {
            let span = Span::new(closed.len(), self.text.len());
            let message = format!("a blank follows the closing {kind}");
            return Some(
                Fault::new("hydrule::override::after_value", span, message)
                    .labelled("Hydra takes nothing here")
                    .helped(self.paste(closed)),
            );
        }
        if stopper == '=' || ",]})".contains(stopper) {
            return None;
        }
        let message = format!("`{}` follows the closing {kind}", stopper.escape_debug());
        let help = if kind == "quote" {
            "Hydra joins no quoted pieces: put one pair of quotes around the whole value"
        } else {
            "the value ends at its closing bracket; put quotes around the value to make it text"
        };
        Some(
            Fault::new("hydrule::override::after_value", self.here(), message)
                .labelled("the value has ended before this")
                .helped(help),
        )
    }

    fn unexpected(&self, stopper: char, open: Option<&Open>) -> Fault {
        let span = self.here();
        let shown = stopper.escape_debug();
        let quoted = self.paste(&self.quoted_value());
        let (code, message, label) = match stopper {
            '=' => (
                "hydrule::override::second_equals",
                "a second `=` needs quotes around the value".to_owned(),
                "only the first `=` divides key and value",
            ),
            '(' => (
                "hydrule::override::parenthesis",
                "a `(` without a function's name before it".to_owned(),
                "needs quotes",
            ),
            ']' | '}' | ')' if open.is_none() => (
                "hydrule::override::unopened_bracket",
                format!("`{shown}` closes nothing"),
                "no bracket is open here",
            ),
            ']' | '}' | ')' => (
                "hydrule::override::wrong_bracket",
                format!("`{shown}` does not fit here"),
                "not what is open",
            ),
            c if !c.is_ascii() => (
                "hydrule::override::non_ascii",
                format!("`{shown}` needs quotes around the value"),
                "only ASCII may stand outside quotes",
            ),
            c if c.is_control() => (
                "hydrule::override::control",
                format!("the control character `{shown}` needs quotes around the value"),
                "not allowed outside quotes",
            ),
            _ => (
                "hydrule::override::special_character",
                format!("`{shown}` needs quotes around the value"),
                "not allowed outside quotes",
            ),
        };
        Fault::new(code, span, message).labelled(label).helped(quoted)
    }
}

fn closing(sign: char) -> char {
    match sign {
        '[' => ']',
        '{' => '}',
        '(' => ')',
        quote => quote,
    }
}

/// Takes the quotes off every key of a JSON-like text.
fn unquoted_keys(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut expects_key = false;
    while let Some(c) = rest.chars().next() {
        let quoted = rest.get(1..).and_then(|tail| tail.find(c).map(|end| tail.split_at(end)));
        if let (true, '"' | '\'', Some((inner, tail))) = (true, c, quoted) {
            let after = tail.get(1..).unwrap_or_default();
            let is_key = expects_key && after.trim_start().starts_with(':');
            out.push_str(if is_key { inner } else { rest.get(..inner.len() + 2).unwrap_or(inner) });
            rest = after;
            expects_key = false;
            continue;
        }
        expects_key = c == '{' || c == ',' || expects_key && c == ' ';
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}
