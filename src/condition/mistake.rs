//! What people write who know other languages, and what to write instead.

use super::builtins::BUILTINS;

/// Words that would be keys here and mean something elsewhere.
const WORDS: [(&str, &str); 18] = [
    ("True", "write `true`"),
    ("TRUE", "write `true`"),
    ("False", "write `false`"),
    ("FALSE", "write `false`"),
    ("None", "write `null`"),
    ("Null", "write `null`"),
    ("NULL", "write `null`"),
    ("nil", "write `null`"),
    ("and", "write `&&`"),
    ("AND", "write `&&`"),
    ("or", "write `||`"),
    ("OR", "write `||`"),
    ("not", "write `!`, as in `!(a in b)`"),
    ("NOT", "write `!`, as in `!(a in b)`"),
    ("is", "compare with `==`"),
    ("if", "write a choice as `test ? one : other`"),
    ("then", "write a choice as `test ? one : other`"),
    ("else", "write a choice as `test ? one : other`"),
];

/// Functions of other languages.
const FUNCTIONS: [(&str, &str); 14] = [
    ("len", "write `size(…)`"),
    ("length", "write `size(…)`"),
    ("count", "write `size(…)`"),
    ("has", "write `exists(key)`"),
    ("defined", "write `exists(key)`"),
    ("is_null", "write `key == null`"),
    ("get", "write `key ?? default`"),
    ("default", "write `key ?? default`"),
    ("contains", "write `item in list`, or `matches(text, 'part')`"),
    ("startswith", "write `matches(text, '^start')`"),
    ("endswith", "write `matches(text, 'end$')`"),
    ("not", "write `!(…)`"),
    ("int", "ints and floats mix; `floor(…)` makes an integer"),
    ("round", "write `floor(number + 0.5)`"),
];

/// Signs of other languages, longest first.
const SIGNS: [(&str, &str); 20] = [
    (":=", "a condition sets nothing; `:=` belongs into `rewrite`"),
    ("=>", "write `>=`"),
    ("=<", "write `<=`"),
    ("=~", "write `matches(text, 'pattern')`"),
    ("=", "compare with `==`"),
    ("&", "the logical operators are `&&` and `||`"),
    ("|", "the logical operators are `&&` and `||`"),
    ("~", "not is `!`; a pattern is tried with `matches(text, 'pattern')`"),
    ("^", "there is no power; multiply"),
    ("*", "there is no power; multiply"),
    ("/", "`/` of two integers leaves the fraction out already"),
    ("${", "write the key itself, without `${…}`"),
    ("{", "there are no dicts; name a key"),
    ("≤", "write `<=`"),
    ("≥", "write `>=`"),
    ("≠", "write `!=`"),
    ("“", "write straight quotes"),
    ("”", "write straight quotes"),
    ("‘", "write straight quotes"),
    ("`", "texts stand in `'…'` or `\"…\"`"),
];

/// Says what a word of another language is here.
pub(super) fn foreign_word(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| *ours)
}

/// Says what a function of another language is here.
pub(super) fn foreign_function(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    FUNCTIONS.iter().find(|(theirs, _)| lower == *theirs).map(|(_, ours)| *ours)
}

/// Guesses what was meant where the grammar stopped at byte `at`.
pub(super) fn mistake(text: &str, at: usize) -> Option<String> {
    let (before, rest) = text.split_at_checked(at)?;
    let word = leading_word(rest);
    let written = before.trim_end();
    let previous = trailing_word(written);
    if let Some(help) = number(previous, word, written.len() == before.len()) {
        return Some(help);
    }
    if rest.starts_with('>') && written.ends_with('<') {
        return Some("write `!=`".to_owned());
    }
    if rest.starts_with('=') && (written.ends_with("==") || written.ends_with("!=")) {
        return Some("two signs are enough: `==`, `!=`".to_owned());
    }
    if rest.starts_with('(') {
        return method(previous);
    }
    if rest.starts_with('[') && !previous.is_empty() {
        return Some(format!(
            "write an item with a dot, `{previous}.0`, or `config[\"{previous}.a-b\"]`"
        ));
    }
    let sign = SIGNS.iter().find(|(theirs, _)| rest.starts_with(theirs));
    let by_word = || foreign_word(word).or_else(|| foreign_word(previous));
    by_word().or(sign.map(|(_, ours)| *ours)).map(str::to_owned)
}

/// A number with something behind it: `16GB`, `16 GiB`, `1_000`, `0x10`.
fn number(previous: &str, word: &str, touching: bool) -> Option<String> {
    let digits = previous.chars().all(|c| c.is_ascii_digit() || c == '.') && !previous.is_empty();
    if !digits || word.is_empty() {
        return None;
    }
    let unit = word.to_uppercase();
    let unit = unit.trim_end_matches("IB").trim_end_matches('B');
    if let ("K" | "M" | "G" | "T", false) = (unit, word.contains('_')) {
        return Some(format!("bytes are written `{previous}{unit}iB`, a power of 1024"));
    }
    let decimal = touching && (word.starts_with('_') || previous == "0");
    decimal.then(|| "numbers are decimal digits alone".to_owned())
}

/// `name.size()` as other languages write `size(name)`.
fn method(previous: &str) -> Option<String> {
    let (owner, name) = previous.rsplit_once('.')?;
    let builtin = BUILTINS.iter().find(|it| it.name == name)?;
    let more = if builtin.parameters.len() > 1 { ", …" } else { "" };
    Some(format!("functions are no methods: write `{name}({owner}{more})`"))
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn trailing_word(text: &str) -> &str {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    text.get(text.trim_end_matches(inside).len()..).unwrap_or_default()
}
