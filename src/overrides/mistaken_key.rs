//! What is wrong before the `=`, or with the word as a whole.

use super::mistake::{brief, shown};
use super::parse::reads;
use super::paste::{advice, repaired};
use crate::text::{Fault, Span};

/// Hydra's own flags, which are no overrides.
const FLAGS: [&str; 26] = [
    "--help",
    "-h",
    "--hydra-help",
    "--version",
    "--cfg",
    "-c",
    "--resolve",
    "--package",
    "-p",
    "--run",
    "-r",
    "--multirun",
    "-m",
    "--shell-completion",
    "-sc",
    "--config-path",
    "-cp",
    "--config-name",
    "-cn",
    "--config-dir",
    "-cd",
    "--experimental-rerun",
    "--info",
    "-i",
    "--config",
    "--",
];

/// Explains a mistake in the key; nothing where the key is right. `at` is the byte where the
/// grammar stops.
pub fn explain(text: &str, at: usize) -> Option<Fault> {
    let equals = text.find('=');
    let key = Key { text, at, equals };
    key.whole_word().or_else(|| match equals {
        None => Some(key.no_equals()),
        Some(_) => (!key.is_right()).then(|| key.wrong()),
    })
}

struct Key<'a> {
    text: &'a str,
    at: usize,
    /// Where the first `=` stands.
    equals: Option<usize>,
}

impl<'a> Key<'a> {
    fn key(&self) -> &'a str {
        self.text.get(..self.equals.unwrap_or(self.text.len())).unwrap_or_default()
    }

    fn value(&self) -> &'a str {
        self.equals.and_then(|at| self.text.get(at + 1..)).unwrap_or_default()
    }

    fn is_right(&self) -> bool {
        reads(&format!("{}=", self.key()))
    }

    /// Returns the override with another key, its value repaired where it needs that.
    fn with(&self, key: &str) -> Option<String> {
        let text = format!("{key}={}", self.value());
        if reads(&text) { Some(text) } else { repaired(&text) }
    }

    /// Quotes, blanks or marks around the whole word came from somewhere else.
    fn whole_word(&self) -> Option<Fault> {
        let text = self.text;
        let first = text.chars().next()?;
        let inner = text.strip_prefix(first)?.strip_suffix(first);
        if let ('"' | '\'', Some(inner)) = (first, inner) {
            let inner = if reads(inner) { Some(inner.to_owned()) } else { repaired(inner) };
            let message = "the quotes around the whole override reach Hydra";
            let span = Span::new(0, text.len());
            return Some(
                Fault::new("hydrule::override::quoted_whole", span, message)
                    .labelled("a shell would have removed these quotes")
                    .helped(advice("one layer of quoting is too many", inner)),
            );
        }
        let front = |c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}';
        if !front(first) {
            return None;
        }
        let rest = text.trim_start_matches(front);
        let fixed = if reads(rest) { Some(rest.to_owned()) } else { repaired(rest) };
        let message = format!("an override cannot begin with {}", shown(Some(first)));
        let span = Span::new(0, text.len() - rest.len());
        Some(
            Fault::new("hydrule::override::blank_in_key", span, message)
                .labelled("remove this")
                .helped(advice("begin with the key", fixed)),
        )
    }

    fn no_equals(&self) -> Fault {
        let text = self.text;
        let span = Span::new(0, text.len());
        if text.is_empty() {
            return Fault::new("hydrule::override::empty", span, "the override is empty")
                .helped("an empty shell variable, left unquoted, passes nothing instead");
        }
        if text.starts_with('-') {
            let message = format!("`{}` is a flag, not an override", brief(text));
            return Fault::new("hydrule::override::flag", span, message)
                .labelled("overrides have the form KEY=VALUE")
                .helped("Hydra's own flags go before or after all overrides");
        }
        let message = format!("`{}` has no `=`", brief(text));
        let fault = Fault::new("hydrule::override::missing_equals", Span::at(text.len()), message)
            .labelled("`=` and a value are missing");
        if let Some((key, value)) = text.split_once([':', ' ']) {
            let fixed = format!("{}={}", key.trim_end(), value.trim_start_matches([':', ' ']));
            let fixed = if reads(&fixed) { Some(fixed) } else { repaired(&fixed) };
            return fault.helped(advice("write `=` between key and value", fixed));
        }
        let bare = text.trim_start_matches(['+', '~']);
        if bare.len() < 200 && !bare.is_empty() && reads(&format!("~{bare}")) {
            return fault.helped(format!("write {text}=VALUE to set it, ~{bare} to delete it"));
        }
        fault.helped("an override has the form KEY=VALUE")
    }

    fn wrong(&self) -> Fault {
        let key = self.key();
        if let Some(fault) = self.dashes().or_else(|| self.blanks()) {
            return fault;
        }
        let at = self.at.min(key.len());
        let stop = key.get(at..).and_then(|rest| rest.chars().next());
        let span = Span::new(at, at + stop.map_or(0, char::len_utf8));
        let (fixed, help) = self.remedy();
        let fixed = fixed.and_then(|key| self.with(&key));
        let message = match stop {
            None => format!("`{}` is no key", brief(key)),
            Some(_) => format!("{} cannot stand here in a key", shown(stop)),
        };
        Fault::new("hydrule::override::key", span, message)
            .labelled("not part of a key")
            .helped(advice(&help, fixed))
    }

    fn dashes(&self) -> Option<Fault> {
        let key = self.key();
        let bare = key.trim_start_matches('-');
        if bare.len() == key.len() {
            return None;
        }
        let span = Span::new(0, key.len());
        if FLAGS.contains(&key) {
            let message = format!("`{key}` is a flag of Hydra's, not an override");
            let fault = Fault::new("hydrule::override::flag", span, message);
            return Some(
                fault
                    .labelled("read as an override here")
                    .helped("Hydra's own flags go before or after all overrides"),
            );
        }
        let message = "an override takes no dashes";
        Some(
            Fault::new("hydrule::override::flag", Span::new(0, key.len() - bare.len()), message)
                .labelled("remove this")
                .helped(advice("overrides have the form KEY=VALUE", self.with(bare))),
        )
    }

    fn blanks(&self) -> Option<Fault> {
        let key = self.key();
        let trimmed = key.trim_end();
        if trimmed.len() == key.len() {
            return None;
        }
        let fixed = format!("{trimmed}={}", self.value().trim_start());
        let fixed = if reads(&fixed) { Some(fixed) } else { repaired(&fixed) };
        let span = Span::new(trimmed.len(), key.len());
        Some(
            Fault::new("hydrule::override::blank_in_key", span, "a blank stands before the `=`")
                .labelled("remove this")
                .helped(advice("no blank may stand before the `=`", fixed)),
        )
    }

    /// Returns a better key, where one is near, and what to say.
    fn remedy(&self) -> (Option<String>, String) {
        let key = self.key();
        let usable = |fixed: String| reads(&format!("{fixed}=")).then_some(fixed);
        if key.contains(['"', '\'']) {
            let fixed = usable(key.replace(['"', '\''], ""));
            return (fixed, "a key takes no quotes".to_owned());
        }
        if let Some((group, packages)) = key.split_once('@').filter(|_| key.contains(':')) {
            let package = packages.split(':').next().unwrap_or_default();
            let help = "hydra-core 1.3.8 renames no packages: name the one that the config has";
            return (usable(format!("{group}@{package}")), help.to_owned());
        }
        if key.contains([' ', '\t', '\n']) {
            let help = "each override is a word of its own: is a quote around several too many?";
            return (None, help.to_owned());
        }
        if key.contains('[') {
            let fixed = usable(key.replace('[', ".").replace(']', ""));
            return (fixed, "an item of a list is written with a dot".to_owned());
        }
        if key.starts_with("++") || key.starts_with("+~") || key.starts_with('~') {
            let bare = key.trim_start_matches(['+', '~']);
            let sigil = if key.starts_with("+++") { "++" } else { "" };
            if sigil == "++" || key.contains("+~") || key.contains("~+") || key.contains("~~") {
                let fixed = if sigil.is_empty() { None } else { usable(format!("++{bare}")) };
                return (fixed, "only one of +, ++ and ~ may stand before a key".to_owned());
            }
        }
        if key.contains('.') && key.contains('/') {
            let (dotted, path) = (key.replace('/', "."), key.replace('.', "/"));
            let help =
                format!("write {} for a value, {} for a group", brief(&dotted), brief(&path));
            return (None, help);
        }
        let tidy: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
        let tidy: Vec<String> = tidy
            .iter()
            .map(|part| part.split('.').filter(|it| !it.is_empty()).collect::<Vec<_>>().join("."))
            .collect();
        let tidy = tidy.join("/");
        let help = "a key is names with dots, a group names with slashes; +, ++ or ~ may stand\n\
                    before it";
        (usable(tidy).filter(|tidy| tidy != key), help.to_owned())
    }
}
