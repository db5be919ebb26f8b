//! From the place where the grammar stops to what went wrong, and the text to paste instead.

use super::mistaken_key;
use super::paste::{advice, repaired, straightened};
use super::stuck::{Stuck, Walk};
use crate::text::{Fault, Span};

/// The code of a line end inside an override, and nothing behind it.
pub const LINE_END: &str = "hydrule::override::line_end";

/// Explains why `text` is no override; `at` is the byte where the grammar stops.
pub fn explain(text: &str, at: usize) -> Fault {
    if let Some(fault) = mistaken_key::explain(text, at) {
        return fault;
    }
    let start = text.find('=').map_or(0, |equals| equals + 1);
    match Walk::through(text, start) {
        Some((stuck, walk)) => Mistake { text, walk }.explain(stuck),
        None => {
            Fault::new("hydrule::override::syntax", Span::at(at), "Hydra cannot read this value")
                .helped(advice("put quotes around it to make it text", repaired(text)))
        }
    }
}

struct Mistake<'a> {
    text: &'a str,
    walk: Walk<'a>,
}

impl Mistake<'_> {
    fn sign(&self) -> Option<char> {
        self.text.get(self.walk.at..)?.chars().next()
    }

    fn here(&self) -> Span {
        let at = self.walk.at;
        Span::new(at, at + self.sign().map_or(0, char::len_utf8))
    }

    fn fault(
        &self,
        code: &'static str,
        span: Span,
        message: &str,
        label: &str,
        help: &str,
    ) -> Fault {
        let help = advice(help, repaired(self.text));
        Fault::new(code, span, message).labelled(label).helped(help)
    }

    fn explain(&self, stuck: Stuck) -> Fault {
        let here = self.here();
        match stuck {
            Stuck::Unclosed => self.unclosed(),
            Stuck::Quote | Stuck::QuoteInside | Stuck::EscapedQuote => self.quote(stuck),
            Stuck::Interpolation | Stuck::EmptyInterpolation | Stuck::NestedInterpolation => {
                self.interpolation(stuck)
            }
            Stuck::Comma => self.comma(),
            Stuck::NoValue
            | Stuck::NoColon
            | Stuck::EqualsInDict
            | Stuck::QuotedKey
            | Stuck::InterpolatedKey => self.dict(stuck),
            Stuck::Closer => self.closer(),
            Stuck::Parenthesis => self.parenthesis(),
            Stuck::Behind => self.behind(),
            Stuck::BlanksBehind => {
                let closed = self.text.trim_end_matches([' ', '\t']).len();
                self.fault(
                    "hydrule::override::after_value",
                    Span::new(closed, self.text.len()),
                    "a blank follows the closing quote or bracket",
                    "Hydra takes nothing here",
                    "remove the blank",
                )
            }
            Stuck::Equals => self.equals(),
            Stuck::Character => self.character(here),
        }
    }

    fn unclosed(&self) -> Fault {
        let Some(open) = self.walk.open.last() else { return self.character(self.here()) };
        self.fault(
            "hydrule::override::unclosed_bracket",
            Span::new(open.at, open.at + 1),
            &format!("`{}` is never closed", open.sign),
            "opened here",
            &format!("close it with `{}`", open.closing()),
        )
    }

    fn quote(&self, stuck: Stuck) -> Fault {
        let (code, message, label, help) = match stuck {
            Stuck::EscapedQuote => (
                "hydrule::override::escaped_quote",
                "the backslash before this quote reaches Hydra",
                "no quote begins here",
                "one layer of quoting is too many: leave the backslashes out",
            ),
            Stuck::QuoteInside => (
                "hydrule::override::quote_inside",
                "a quote cannot begin inside a value",
                "text stands before it",
                "Hydra joins no pieces as a shell does: quote the whole value",
            ),
            _ if self.walk.begun().is_empty() => (
                "hydrule::override::unclosed_quote",
                "this quote is never closed",
                "opened here",
                "close it",
            ),
            _ => (
                "hydrule::override::unclosed_quote",
                "a quote inside a value needs quotes of the other kind around it",
                "read as an opening quote",
                "quote the whole text",
            ),
        };
        self.fault(code, self.here(), message, label, help)
    }

    fn interpolation(&self, stuck: Stuck) -> Fault {
        let at = self.walk.at;
        let (code, message, label, help) = match stuck {
            Stuck::NestedInterpolation => (
                "hydrule::override::nested_interpolation",
                "an interpolation inside another needs quotes around the value",
                "Hydra ends it at the first `}`",
                "in quotes, Hydra leaves it to OmegaConf, which can nest",
            ),
            Stuck::EmptyInterpolation => (
                "hydrule::override::empty_interpolation",
                "`${}` names no key",
                "a key or resolver is missing",
                "write ${a.key} or ${resolver:argument}; outside single quotes a shell\n\
                 expands it itself",
            ),
            _ => (
                "hydrule::override::unclosed_interpolation",
                "`${` is never closed",
                "opened here",
                "close it with `}`",
            ),
        };
        let span = Span::new(at, at + 2);
        if stuck == Stuck::EmptyInterpolation {
            return Fault::new(code, span, message).labelled(label).helped(help);
        }
        self.fault(code, span, message, label, help)
    }

    fn comma(&self) -> Fault {
        let code = "hydrule::override::trailing_comma";
        let last = Span::new(self.walk.last_at, self.walk.last_at + 1);
        let before = self.text.get(last.start..last.end).unwrap_or_default();
        let (span, message) = match (self.sign(), before) {
            (None, _) => (last, "a comma ends the value".to_owned()),
            (Some(','), ",") => (self.here(), "nothing stands between these commas".to_owned()),
            (Some(','), _) => (self.here(), "nothing stands before this comma".to_owned()),
            (Some(sign), _) => {
                (last, format!("nothing stands between this comma and the `{sign}`"))
            }
        };
        self.fault(code, span, &message, "a value is missing", "remove the comma")
    }

    fn dict(&self, stuck: Stuck) -> Fault {
        let key = self.walk.begun().trim_end();
        let (code, message, label, help) = match stuck {
            Stuck::NoValue => (
                "hydrule::override::missing_dict_value",
                "a key of the dict has no value".to_owned(),
                "a value belongs here",
                "write '' for an empty text, null for nothing",
            ),
            Stuck::NoColon => (
                "hydrule::override::missing_colon",
                format!("`{}` in a dict needs a `:` and a value", brief(key)),
                "`:` and a value are missing",
                "write {KEY:VALUE}; a list has square brackets",
            ),
            Stuck::EqualsInDict => (
                "hydrule::override::equals_in_dict",
                "a dict has `:` between key and value".to_owned(),
                "`:` belongs here",
                "write a colon",
            ),
            Stuck::QuotedKey => (
                "hydrule::override::quoted_dict_key",
                "the keys of a dict take no quotes: this is no JSON".to_owned(),
                "a bare key belongs here",
                "take the quotes off the keys",
            ),
            _ => (
                "hydrule::override::interpolated_key",
                "an interpolation cannot be the key of a dict".to_owned(),
                "a plain key belongs here",
                "write the key itself",
            ),
        };
        if stuck == Stuck::InterpolatedKey {
            return Fault::new(code, self.here(), message).labelled(label).helped(help);
        }
        self.fault(code, self.here(), &message, label, help)
    }

    fn closer(&self) -> Fault {
        let sign = self.sign().unwrap_or(')');
        match self.walk.open.last() {
            None => self.fault(
                "hydrule::override::unopened_bracket",
                self.here(),
                &format!("`{sign}` closes nothing"),
                "no bracket is open here",
                "remove it, or quote the value to keep it as text",
            ),
            Some(open) => self.fault(
                "hydrule::override::wrong_bracket",
                self.here(),
                &format!("`{sign}` cannot close `{}`", open.sign),
                &format!("`{}` is open here", open.sign),
                &format!("`{}` closes with `{}`", open.sign, open.closing()),
            ),
        }
    }

    fn parenthesis(&self) -> Fault {
        let code = "hydrule::override::parenthesis";
        let (message, help) = if self.walk.begun().is_empty() {
            ("a `(` without a function's name before it", "Hydra has no tuples: write a list")
        } else {
            ("parentheses belong to functions only", "quote the value to make it text")
        };
        self.fault(code, self.here(), message, "not a function", help)
    }

    fn behind(&self) -> Fault {
        let begun = self.walk.begun().trim_end();
        let kind = if begun.ends_with(['\'', '"']) { "quote" } else { "bracket" };
        let help = if kind == "quote" {
            "Hydra joins no pieces as a shell does: quote the whole value"
        } else {
            "a value ends at its closing bracket: quote it to make it text"
        };
        let message = format!("{} follows the closing {kind}", self.shown());
        let label = "the value has ended before this";
        self.fault("hydrule::override::after_value", self.here(), &message, label, help)
    }

    fn equals(&self) -> Fault {
        let before = self.walk.begun();
        let word = before.rsplit([' ', '\t']).next().filter(|word| word.len() < before.len());
        let help = match word {
            Some(word) => format!(
                "if `{}=` begins an override of its own, pass it as a word of its own;\n\
                 else quote the value",
                brief(word)
            ),
            None => "quote the value".to_owned(),
        };
        self.fault(
            "hydrule::override::second_equals",
            self.here(),
            "a second `=` needs quotes around the value",
            "only the first `=` divides key and value",
            &help,
        )
    }

    /// Names the character at fault so that it can be seen.
    fn shown(&self) -> String {
        shown(self.sign())
    }

    fn character(&self, here: Span) -> Fault {
        let Some(sign) = self.sign() else {
            return Fault::new("hydrule::override::syntax", here, "the value is not complete");
        };
        let shown = self.shown();
        let ends = self.text.get(self.walk.at..).is_some_and(|rest| rest.trim().is_empty());
        let (code, message, label, help) = match sign {
            '\r' | '\n' if ends => (
                LINE_END,
                format!("the override ends with {shown}"),
                "not part of the value",
                if sign == '\r' {
                    "the file it comes from has the line ends of Windows"
                } else {
                    "remove it"
                },
            ),
            c if straightened(c).is_some() => (
                "hydrule::override::look_alike",
                format!("{shown} only looks like a plain character"),
                "copied from a formatted text?",
                "type it on the keyboard",
            ),
            c if !c.is_ascii() => (
                "hydrule::override::non_ascii",
                format!("{shown} needs quotes around the value"),
                "only ASCII may stand outside quotes",
                "quote the value",
            ),
            c if c.is_control() => (
                "hydrule::override::control",
                format!("{shown} needs quotes around the value"),
                "not allowed outside quotes",
                "quote the value",
            ),
            '~' => (
                "hydrule::override::special_character",
                "`~` needs quotes around the value".to_owned(),
                "not allowed outside quotes",
                "Hydra does not expand ~, and a shell only at the front of a word:\n\
                 write $HOME there, or quote the value to keep the sign",
            ),
            _ => (
                "hydrule::override::special_character",
                format!("{shown} needs quotes around the value"),
                "not allowed outside quotes",
                "quote the value",
            ),
        };
        self.fault(code, here, &message, label, help)
    }
}

/// Shortens the user's text to what fits a message.
pub fn brief(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MOST).collect();
    format!("{kept}…")
}

/// Names a character so that it can be seen.
pub fn shown(sign: Option<char>) -> String {
    match sign {
        None => "the end".to_owned(),
        Some(' ') => "a blank".to_owned(),
        Some('\t') => "a tab".to_owned(),
        Some('\n') => "a line feed".to_owned(),
        Some('\r') => "a carriage return".to_owned(),
        Some('\0') => "a NUL".to_owned(),
        Some('\u{a0}') => "a no-break space (U+00A0)".to_owned(),
        Some('\u{feff}') => "a byte order mark (U+FEFF)".to_owned(),
        Some('`') => "a backquote".to_owned(),
        Some(c) if c.is_control() || c.is_whitespace() || c.escape_debug().count() > 2 => {
            format!("the character U+{:04X}", u32::from(c))
        }
        Some(c) => format!("`{c}`"),
    }
}
