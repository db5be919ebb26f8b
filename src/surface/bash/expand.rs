//! Words to the texts that bash makes of them.

use brush_parser::ParserOptions;
use brush_parser::word::{TildeExpr, WordPiece, WordPieceWithSource};
use regex_lite::Regex;

use super::arithmetic::{self, Failure, Variables};
use super::brace::{self, Unit};
use super::contained::contained;
use super::expression;
use super::glob::Pattern;
use super::launch::Beaten;
use super::making::{Field, Making, Separators};
use super::nesting;
use super::operate::decoded;
use super::piece::{Origin, Piece, Quoting, Step, Text, Unknown};
use super::reread::is_read_too_often;
use super::state::{Outside, State, Var};
use super::syntax::Written;
use super::trail::Trail;
use crate::text::Span;

/// How deep expansions nest before they are given up.
const DEEPEST: usize = 32;

/// Expands words in a state.
pub struct Expander<'a> {
    /// What is known.
    pub state: &'a mut State,
    /// Defaults that turn out not to count.
    pub beaten: &'a mut Vec<Beaten>,
    /// What comes from outside.
    pub outside: &'a Outside,
    /// The script's own path.
    pub script: &'a str,
    /// The file being read.
    pub file: &'a str,
}

/// What a piece of a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// Nothing.
    Bare,
    /// `"…"`
    Quotes,
    /// `${NAME:-…}` outside quotes, where the characters themselves are cut at blanks.
    Default,
}

impl Around {
    /// Tells whether what expands is not cut.
    pub fn quoted(self) -> bool {
        self == Self::Quotes
    }
}

impl Expander<'_> {
    /// Makes the arguments that a word becomes.
    pub fn fields(&mut self, written: &Written) -> Vec<Field> {
        self.fields_at(written, 0)
    }

    /// Makes them at a depth.
    pub fn fields_at(&mut self, written: &Written, depth: usize) -> Vec<Field> {
        let mut making = self.making(written, true, depth);
        self.word(written, &mut making);
        making.end_field();
        making.fields
    }

    /// Makes the one text that a word becomes where nothing is split, as in an assignment.
    pub fn text(&mut self, written: &Written) -> Text {
        self.nested(written, 0)
    }

    /// Makes the text of an assignment, where `~` also stands behind `:`.
    pub fn assigned(&mut self, written: &Written) -> Text {
        if written.text.contains(":~") {
            let unknown = Unknown::new("a home directory behind a colon is not read");
            return Text::of(Piece::missing(unknown, written.near));
        }
        self.nested(written, 0)
    }

    /// Makes a pattern of a word: what stands in quotes means itself.
    pub fn pattern(&mut self, written: &Written, depth: usize) -> Option<Pattern> {
        Pattern::parse(&self.with_quoted_escaped(written, depth)?)
    }

    /// Makes a regular expression of a word: what stands in quotes means itself.
    pub fn expression(&mut self, written: &Written) -> Option<Regex> {
        expression::parsed(&self.with_quoted_escaped(written, 0)?)
    }

    fn with_quoted_escaped(&mut self, written: &Written, depth: usize) -> Option<String> {
        let pieces = parsed(&written.text)?;
        let mut out = String::new();
        for piece in &pieces {
            let here = written.part(piece.start_index, piece.end_index);
            let mut making = self.making(&here, false, depth + 1);
            self.piece(piece, written, Around::Bare, &mut making);
            let text = making.joined().known()?;
            if matches!(piece.piece, WordPiece::Text(_) | WordPiece::ParameterExpansion(_)) {
                out.push_str(&text);
            } else {
                for c in text.chars() {
                    // A letter means itself, and with a backslash something else to some.
                    out.extend((!c.is_alphanumeric()).then_some('\\'));
                    out.push(c);
                }
            }
        }
        Some(out)
    }

    fn making(&self, written: &Written, splits: bool, depth: usize) -> Making {
        let mut making = Making::new(written.span().unwrap_or(written.near), splits, depth);
        making.separators = self.separators();
        making.keeps_patterns = !self.state.options.drops_patterns;
        making
    }

    /// Tells where texts are cut.
    pub fn separators(&self) -> Separators {
        match self.state.vars.get("IFS") {
            None | Some(Var::Unset) => Separators::Blanks,
            Some(Var::Text(text)) => match text.known() {
                Some(ifs) if ifs == " \t\n" => Separators::Blanks,
                Some(ifs) => Separators::Others(ifs),
                None => Separators::Unknown,
            },
            _ => Separators::Unknown,
        }
    }

    /// Makes one text at a depth.
    pub fn nested(&mut self, written: &Written, depth: usize) -> Text {
        let mut making = self.making(written, false, depth);
        self.word(written, &mut making);
        making.joined()
    }

    fn word(&mut self, written: &Written, making: &mut Making) {
        let unread = |why: &str| Unknown::new(why).seeing(&written.text);
        if making.depth > DEEPEST {
            making.push(Piece::missing(unread("its expansions nest too deeply"), making.word));
            return;
        }
        let Some(pieces) = parsed(&written.text) else {
            making.push(Piece::missing(unread("this word is not read"), making.word));
            return;
        };
        if making.splits && pieces.iter().any(|it| bare(it).is_some_and(|it| it.contains('{'))) {
            self.braces(&pieces, written, making);
        } else {
            self.without_braces(&pieces, written, making);
        }
    }

    /// Expands a word that may become several by its braces.
    fn braces(&mut self, pieces: &[WordPieceWithSource], written: &Written, making: &mut Making) {
        match brace::expanded(&units(pieces, written)).as_deref() {
            Some([_]) => self.without_braces(pieces, written, making),
            Some(words) => {
                for text in words {
                    let word = Written::made(text.as_str(), making.word);
                    if let Some(pieces) = parsed(text) {
                        self.without_braces(&pieces, &word, making);
                    }
                    making.end_field();
                }
            }
            None => {
                let unknown = Unknown::new("bash expands its braces");
                let unknown = unknown.seeing(&self.state.seen_by(&written.text));
                making.expansion(Text::of(Piece::missing(unknown, making.word)), false);
            }
        }
    }

    fn without_braces(
        &mut self,
        pieces: &[WordPieceWithSource],
        written: &Written,
        making: &mut Making,
    ) {
        let unread = |why: &str| Unknown::new(why).seeing(&written.text);
        if making.splits && assigns_home(&written.text) {
            making.push(Piece::missing(unread("a home directory is not read here"), making.word));
            return;
        }
        self.pieces(pieces, written, Around::Bare, making);
    }

    /// Expands pieces of a word.
    pub fn pieces(
        &mut self,
        pieces: &[WordPieceWithSource],
        written: &Written,
        around: Around,
        making: &mut Making,
    ) {
        for piece in pieces {
            self.piece(piece, written, around, making);
        }
    }

    fn piece(
        &mut self,
        piece: &WordPieceWithSource,
        written: &Written,
        around: Around,
        making: &mut Making,
    ) {
        let here = written.part(piece.start_index, piece.end_index);
        let quoting = if around.quoted() { Quoting::Double } else { Quoting::Bare };
        match &piece.piece {
            WordPiece::Text(text) => {
                let text = literal(text, &here, 0, quoting);
                match around {
                    Around::Bare => making.bare(text),
                    Around::Quotes => making.append(text),
                    Around::Default => making.expansion(text, false),
                }
            }
            WordPiece::SingleQuotedText(text) => {
                making.append(literal(text, &here, 1, Quoting::Single));
            }
            WordPiece::AnsiCQuotedText(text) => making.push(match decoded(text) {
                Some(text) => Piece::known(text, Origin::Computed(here.near)),
                None => unread(&here, "these quotes are not read"),
            }),
            // A translation of the text is only looked for where one is installed.
            WordPiece::GettextDoubleQuotedSequence(_)
                if self.is_set("TEXTDOMAIN") != Some(false) =>
            {
                making.push(unread(&here, "these quotes are not read"));
            }
            WordPiece::DoubleQuotedSequence(inner)
            | WordPiece::GettextDoubleQuotedSequence(inner) => {
                making.field();
                self.pieces(inner, written, Around::Quotes, making);
            }
            WordPiece::EscapeSequence(text) => {
                let text = text.strip_prefix('\\').unwrap_or(text);
                if text != "\n" && text != "\r\n" {
                    making.push(Piece::known(text, Origin::Computed(here.near)));
                }
            }
            WordPiece::TildeExpansion(tilde) => self.tilde(tilde, &here, making),
            WordPiece::ArithmeticExpression(expression) => {
                let piece = self.arithmetic(&expression.value, &here, making.depth);
                making.expansion(Text::of(piece), around.quoted());
            }
            WordPiece::ParameterExpansion(expression) => {
                self.parameter(expression, &here, around.quoted(), making);
            }
            WordPiece::CommandSubstitution(body)
            | WordPiece::BackquotedCommandSubstitution(body) => {
                let piece = self.command(body, &here, making.depth);
                making.expansion(Text::of(piece), around.quoted());
            }
        }
    }

    /// `$(…)`, where it can be told what it gives.
    fn command(&mut self, body: &str, here: &Written, depth: usize) -> Piece {
        let plain = depth < DEEPEST && !(here.text.starts_with('`') && body.contains('\\'));
        let told = if plain { self.substituted(body, here, depth) } else { None };
        told.unwrap_or_else(|| {
            let why = format!("the command `{}` gives it", shortened(&here.text));
            Piece::missing(Unknown::new(why).seeing(&self.state.seen_by(&here.text)), here.near)
        })
    }

    /// `~name` stays as it is where no user has the name, and no user's name has a dot.
    fn tilde(&mut self, tilde: &TildeExpr, here: &Written, making: &mut Making) {
        match tilde {
            TildeExpr::UserHome(name) if name.contains('.') => {
                making.append(literal(&format!("~{name}"), here, 0, Quoting::Bare));
            }
            TildeExpr::Home => {
                let home = match self.state.vars.get("HOME") {
                    Some(Var::Text(text)) => text.known(),
                    Some(_) => None,
                    None => self.outside.environment.get("HOME").cloned(),
                };
                making.push(match home {
                    Some(home) => Piece::known(home, Origin::Computed(here.near)),
                    None => unread(here, "the home directory is not known"),
                });
            }
            _ => making.push(unread(here, "a home directory is not known")),
        }
    }

    /// Evaluates `$((…))`, with what it sets.
    pub fn arithmetic(&mut self, expression: &str, here: &Written, depth: usize) -> Piece {
        let seen = self.state.seen_by(expression);
        let (value, via) = self.number(expression, here, depth);
        let text = value.map(|number| number.to_string());
        let text = text.map_err(|why| Unknown::new(why).seeing(&seen));
        Piece { text, origin: Origin::Arithmetic(here.near), via }
    }

    /// Evaluates an arithmetic expression; also tells the variables read.
    pub fn number(
        &mut self,
        expression: &str,
        here: &Written,
        depth: usize,
    ) -> (Result<i64, String>, Trail<Step>) {
        let quoted = format!("\"{expression}\"");
        let inner = Written::made(quoted, here.near);
        let expanded = self.nested(&inner, depth + 1);
        let mut reading = Reading { expander: self, used: here.near, via: expanded.via() };
        let value = match expanded.known() {
            None => {
                Err(Failure::Unknown(expanded.why_unknown().unwrap_or("nothing tells").to_owned()))
            }
            Some(text) => arithmetic::evaluate(&text, &mut reading),
        };
        let via = reading.via;
        self.state.failed |= matches!(value, Err(Failure::Wrong(_)));
        let value = value.map_err(Failure::why);
        if value.is_err() {
            for name in arithmetic::assigned(expression) {
                self.state.forget(&name, format!("{name} is set in arithmetic that is not read"));
            }
        }
        (value, via)
    }
}

/// What an arithmetic expression reads and sets.
struct Reading<'a, 'b> {
    expander: &'a mut Expander<'b>,
    used: Span,
    via: Trail<Step>,
}

impl Variables for Reading<'_, '_> {
    fn get(&mut self, name: &str) -> Result<String, String> {
        let assigned = self.expander.state.places_of(name);
        let variable = name.into();
        self.via.push(Step { variable, used: self.used, default: false, assigned });
        self.expander.scalar(name)
    }

    fn set(&mut self, name: &str, value: i64) {
        let text = Piece::known(value.to_string(), Origin::Arithmetic(self.used));
        let value = match self.expander.state.vars.get(name) {
            Some(Var::Array(_)) => Var::Unknown(Unknown::new(format!("{name} is an array"))),
            _ => Var::Text(Text::of(text)),
        };
        self.expander.state.assign(name, value);
        self.expander.state.place(name, self.used, false);
    }
}

/// Parses a word into its pieces.
pub fn parsed(text: &str) -> Option<Vec<WordPieceWithSource>> {
    if is_plain(text) {
        let (piece, end_index) = (WordPiece::Text(text.to_owned()), text.len());
        return Some(vec![WordPieceWithSource { piece, start_index: 0, end_index }]);
    }
    let deep = nesting::too_deep(text).is_some() || nesting::subscripts_too_deep(text);
    let readable = !deep && !is_read_too_often(text);
    let parse = || brush_parser::word::parse(text, &ParserOptions::default());
    readable.then(|| contained(parse)?.ok())?
}

/// Tells whether a word has nothing that bash reads, as most overrides: the parser would say no more.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| {
        let sign =
            matches!(byte, b'_' | b'.' | b'=' | b'/' | b'+' | b'-' | b':' | b',' | b'%' | b'@');
        sign || byte.is_ascii_alphanumeric()
    };
    !text.is_empty() && text.bytes().all(plain)
}

fn unread(here: &Written, why: &str) -> Piece {
    Piece::missing(Unknown::new(why).seeing(&here.text), here.near)
}

/// The characters of a text that stand in a word behind `skip` bytes of it.
fn literal(text: &str, here: &Written, skip: usize, quoting: Quoting) -> Text {
    let own = here.part(skip, skip + text.len());
    if own.text != text || own.stands.is_none() {
        return Text::of(Piece::known(text, Origin::Computed(here.near)));
    }
    if let Some(span) = own.span() {
        return Text::of(Piece::known(own.text, Origin::Literal(span, quoting)));
    }
    let stretches = own.stretches().into_iter();
    let pieces = stretches.map(|it| {
        let origin = it.span().map(|span| Origin::Literal(span, quoting));
        Piece::known(it.text, origin.unwrap_or(Origin::Computed(here.near)))
    });
    Text { pieces: pieces.collect() }
}

/// Returns what stands outside quotes in a piece.
fn bare(piece: &WordPieceWithSource) -> Option<&str> {
    match &piece.piece {
        WordPiece::Text(text) => Some(text),
        _ => None,
    }
}

/// Takes a word apart as its braces are seen.
fn units(pieces: &[WordPieceWithSource], written: &Written) -> Vec<Unit> {
    let whole =
        |it: &WordPieceWithSource| Unit::Whole(written.part(it.start_index, it.end_index).text);
    let units = pieces.iter().map(|it| match bare(it) {
        Some(text) => text.chars().map(Unit::Bare).collect(),
        None => vec![whole(it)],
    });
    units.collect::<Vec<_>>().concat()
}

/// Tells whether a word looks like the assignment of a home directory, which bash expands even in
/// an argument.
fn assigns_home(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return false };
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let name = name.strip_suffix('+').unwrap_or(name);
    named
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && (value.starts_with('~') || value.contains(":~"))
}

/// Returns the first line of a text, cut.
pub fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 40 && line.len() == text.len() {
        return line.to_owned();
    }
    line.chars().take(39).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_says_no_more_of_a_plain_word() {
        let each = || "a0Z_.=/+-:,%@".chars();
        let pairs = || each().flat_map(|one| each().map(move |two| format!("{one}{two}")));
        for word in pairs().flat_map(|one| pairs().map(move |two| format!("{one}{two}"))) {
            let read = brush_parser::word::parse(&word, &ParserOptions::default()).unwrap();
            assert_eq!(format!("{read:?}"), format!("{:?}", parsed(&word).unwrap()), "{word}");
        }
    }
}
