//! What `read`, `mapfile` and `printf -v` set, where what they are given can be told.

use std::ops::Range;

use super::filter::formatted;
use super::making::Separators;
use super::piece::{Origin, Piece, Text};
use super::run::Run;
use super::state::{Element, Var, is_name};
use super::walk::Walker;
use crate::text::Span;

/// How a line is cut into words.
enum Cutting {
    /// At runs of these blanks.
    Blanks(String),
    /// At each of this character.
    At(char),
    /// Not at all.
    Never,
}

impl Walker<'_> {
    /// `read -r A B <<< TEXT` and `read -ra A <<< TEXT`; tells whether it is certain what they set.
    pub(super) fn read_line(&mut self, run: &Run<'_>) -> Option<()> {
        let text = run.reads.as_ref()?;
        let known = text.known()?;
        let line = known.split('\n').next().unwrap_or_default();
        let words: Vec<&str> =
            run.arguments().iter().map(Option::as_deref).collect::<Option<_>>()?;
        let (letters, names) = options(&words)?;
        if !letters.contains('r') && line.contains('\\') {
            return None;
        }
        let cutting = self.cutting(run)?;
        if letters.contains('a') {
            let [name] = names else { return None };
            let parts = cutting.all(line);
            let elements = parts.into_iter().map(|it| element(text, it, run.first_word));
            let value = Var::Array(elements.collect());
            return self.set_by(name, value, run);
        }
        let parts = cutting.among(line, names.len());
        if names.is_empty() || !names.iter().all(|name| is_name(name)) {
            return None;
        }
        for (index, name) in names.iter().enumerate() {
            let value = parts.get(index).map(|it| text.range(it.start, it.end));
            let value = value.filter(|it| !it.pieces.is_empty()).unwrap_or_else(|| empty(run));
            self.set_by(name, Var::Text(value), run)?;
        }
        Some(())
    }

    /// `mapfile -t A <<< TEXT`.
    pub(super) fn read_lines(&mut self, run: &Run<'_>) -> Option<()> {
        let text = run.reads.as_ref()?;
        let [Some(option), Some(name)] = run.arguments() else { return None };
        let known = text.known().filter(|_| option == "-t")?;
        let mut start = 0;
        let lines = known.split('\n').map(|line| {
            let end = start + line.len();
            let element = element(text, start..end, run.first_word);
            start = end + 1;
            element
        });
        let value = Var::Array(lines.collect());
        self.set_by(name, value, run)
    }

    /// `printf -v NAME FORMAT …`.
    pub(super) fn print_into(&mut self, run: &Run<'_>) -> Option<()> {
        let words: Option<Vec<String>> = run.arguments().iter().cloned().collect();
        let words = words?;
        let [_, name, format, rest @ ..] = words.as_slice() else { return None };
        let made = formatted(format, rest).filter(|_| !format.starts_with('-'))?;
        let via = run.fields.iter().map(|it| it.text.via()).collect();
        let piece = Piece { text: Ok(made), origin: Origin::Computed(run.first_word), via };
        self.set_by(name, Var::Text(Text::of(piece)), run)
    }

    fn set_by(&mut self, name: &str, value: Var, run: &Run<'_>) -> Option<()> {
        // A text set to an array is its first element.
        let array = matches!(self.state.vars.get(name), Some(Var::Array(_) | Var::Unknown(_)));
        if !is_name(name) || array && matches!(value, Var::Text(_)) {
            return None;
        }
        self.state.assign(name, value);
        self.state.place(name, run.first_word, false);
        Some(())
    }

    /// Tells where `read` cuts.
    fn cutting(&mut self, run: &Run<'_>) -> Option<Cutting> {
        let own = run.own.iter().rev().find(|(name, _)| name == "IFS");
        let characters = match own {
            Some((_, text)) => text.known()?,
            None => match self.expander().separators() {
                Separators::Blanks => " \t\n".to_owned(),
                Separators::Others(characters) => characters,
                Separators::Unknown => return None,
            },
        };
        let mut each = characters.chars();
        match (each.next(), each.next()) {
            (None, _) => Some(Cutting::Never),
            _ if characters.chars().all(|c| " \t\n".contains(c)) => {
                Some(Cutting::Blanks(characters))
            }
            (Some(one), None) if one.is_ascii() && one != '\\' => Some(Cutting::At(one)),
            _ => None,
        }
    }
}

impl Cutting {
    /// Cuts a line into all its words.
    fn all(&self, line: &str) -> Vec<Range<usize>> {
        let mut parts = self.parts(line);
        // What is behind the last mark is a word only if something is there.
        if parts.last().is_some_and(Range::is_empty) {
            parts.pop();
        }
        parts
    }

    fn parts(&self, line: &str) -> Vec<Range<usize>> {
        let mut start = 0;
        let mut parts = Vec::new();
        let mut cut = |text: &str, mark: usize| {
            parts.push(start..start + text.len());
            start += text.len() + mark;
        };
        match self {
            Self::Never => cut(line, 0),
            Self::At(mark) => line.split(*mark).for_each(|text| cut(text, 1)),
            Self::Blanks(blanks) => {
                line.split(|c| blanks.contains(c)).for_each(|text| cut(text, 1));
                parts.retain(|it| !it.is_empty());
            }
        }
        parts
    }

    /// Cuts a line into so many words; the last one is all that is left.
    fn among(&self, line: &str, count: usize) -> Vec<Range<usize>> {
        let mut parts = self.parts(line);
        if parts.len() <= count {
            return parts;
        }
        let rest = parts.split_off(count.saturating_sub(1));
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return parts };
        // One word and a mark behind it are that word.
        let one = rest.len() == 2 && last.is_empty();
        parts.push(first.start..if one { first.end } else { last.end });
        parts
    }
}

fn options<'a>(words: &'a [&'a str]) -> Option<(String, &'a [&'a str])> {
    let mut letters = String::new();
    let mut rest = words;
    while let [option, after @ ..] = rest
        && let Some(found) = option.strip_prefix('-')
    {
        if letters.contains('a') || found.is_empty() || !found.chars().all(|c| "ra".contains(c)) {
            return None;
        }
        // The name follows at once.
        if found.contains('a') && !found.ends_with('a') {
            return None;
        }
        letters.push_str(found);
        rest = after;
    }
    Some((letters, rest))
}

fn element(text: &Text, part: Range<usize>, near: Span) -> Element {
    let word = Span::at(near.start);
    Element { text: text.range(part.start, part.end), word, sure: true }
}

fn empty(run: &Run<'_>) -> Text {
    Text::of(Piece::known("", Origin::Computed(run.first_word)))
}
