//! Keys to choose from where an override is typed.

use super::defaults::keys;
use super::is_script;
use crate::cli::check::Buffers;
use crate::lsp::{Completion, Document};
use crate::overrides::Language;
use crate::text::{Source, Span};

/// A word that is the key of an override, or becomes one.
struct Word<'a> {
    span: Span,
    /// What stands in front of the key: `+`, `++` or `~`.
    sigil: &'a str,
    /// Whether a value follows.
    has_value: bool,
}

impl<'a> Word<'a> {
    /// Finds the word around a byte; none where that is no place for a key.
    fn around(text: &'a str, offset: usize) -> Option<Self> {
        let (before, behind) = (text.get(..offset)?, text.get(offset..)?);
        let of_key = |c: char| c.is_alphanumeric() || "_.@/+~-".contains(c);
        let start = before.trim_end_matches(of_key).len();
        let end = text.len() - behind.trim_start_matches(of_key).len();
        let opens = |c: char| c.is_whitespace() || "'\"(".contains(c);
        let is_first = text.get(..start)?.chars().next_back().is_none_or(opens);
        let word = text.get(start..end)?;
        let sigil = word.get(..word.len() - word.trim_start_matches(['+', '~']).len())?;
        let has_value = text.get(end..)?.starts_with('=');
        is_first.then_some(Self { span: Span::new(start, end), sigil, has_value })
    }

    /// Returns the text as it would be were the word an override.
    fn completed(&self, text: &str) -> Option<String> {
        let (before, behind) = text.split_at_checked(self.span.end)?;
        let bare = self.span.len() == self.sigil.len();
        let rest = match (bare, self.has_value) {
            (_, true) => "",
            (true, false) => "key=0",
            (false, false) => "=0",
        };
        Some(format!("{before}{rest}{behind}"))
    }
}

/// Lists the keys that may stand at a byte; nothing where no override stands there.
pub fn keys_at(
    buffers: &Buffers<'_>,
    document: &Document,
    offset: usize,
) -> Option<Vec<Completion>> {
    let word = Word::around(document.text(), offset)?;
    let completed = word.completed(document.text())?;
    let edited =
        Document::new(&document.uri, document.path.clone(), &document.language, &completed);
    if !is_script(&edited) {
        return None;
    }
    let buffer = buffers.read(&document.path, Source::new(document.name(), completed)).ok()?;
    let script = buffer.script()?;
    let is_here = |span: Span| script.holds(span) && span.contains(word.span);
    let launch =
        script.launches.iter().find(|it| it.arguments.iter().any(|it| is_here(it.word)))?;
    let known = buffer.known(launch).ok().flatten();
    let others = launch.arguments.iter().filter(|it| !is_here(it.word));
    let taken: Vec<String> = others.map(|it| it.key().into_owned()).collect();
    let language = known.as_ref().map(|it| it.state.language).unwrap_or_default();
    let all = keys(&buffer, known.as_ref()).into_iter();
    let free = all.filter(|(key, _)| !taken.contains(key));
    let completion = |(key, usual): (String, super::defaults::Usual)| {
        let adds = usual.is_new && word.sigil.is_empty() && language == Language::Hydra;
        let sigil = if adds { "+" } else { word.sigil };
        let equals = if word.has_value || sigil == "~" { "" } else { "=" };
        let text = format!("{sigil}{key}{equals}");
        Completion { label: key, detail: usual.text(), span: word.span, text }
    };
    Some(free.map(completion).collect())
}
