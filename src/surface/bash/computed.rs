//! What a parameter with an operator holds.

use brush_parser::ast::UnexpandedArithmeticExpr;
use brush_parser::word::{Parameter, ParameterExpr};

use super::expand::{Expander, shortened};
use super::held::Held;
use super::making::Making;
use super::operate::{Cut, cased, cut, replace, slice, substring};
use super::parameter::Use;
use super::piece::{Origin, Piece, Text, Unknown};
use super::state::{Element, Rest};
use super::syntax::Written;

impl Expander<'_> {
    /// `${NAME%…}`, `${NAME/…}`, `${NAME:1:2}`, `${NAME^^}`: a text made of a text.
    pub fn operated(
        &mut self,
        it: &ParameterExpr,
        here: &Written,
        quoted: bool,
        making: &mut Making,
    ) {
        let why = format!("`{}` is not computed", shortened(&here.text));
        let Some(parameter) = operand_of(it) else {
            return self.unread(here, &why, quoted, making);
        };
        let using = Use { parameter, here, quoted };
        let held = match self.held(parameter) {
            Held::List(elements, rest) => self.sliced(it, elements, rest, &using, making.depth),
            Held::Text(text) => {
                let known = text.known().or_else(|| text.path());
                let computed = known.and_then(|known| self.operate(it, &known, here, making.depth));
                computed.map(|made| {
                    let via = text.via();
                    let made =
                        if text.unknown().is_none() { Ok(made) } else { Err(Unknown::path(made)) };
                    let origin = Origin::Computed(here.near);
                    Held::Text(Text::of(Piece { text: made, origin, via }))
                })
            }
            Held::Unset => {
                Some(Held::Unset).filter(|_| !matches!(it, ParameterExpr::ReplaceSubstring { .. }))
            }
            held @ (Held::Missing | Held::Unknown(_)) => Some(held),
        };
        match held {
            Some(Held::Unknown(unknown)) => {
                let unknown = unknown.seeing(&self.state.seen_by(&here.text));
                self.emit(Held::Unknown(unknown), &using, making);
            }
            Some(held) => self.emit(held, &using, making),
            None => {
                // A part of negative length, for one, is an error.
                self.state.failed |= matches!(it, ParameterExpr::Substring { .. });
                self.unread(here, &why, quoted, making);
            }
        }
    }

    fn sliced(
        &mut self,
        it: &ParameterExpr,
        elements: Vec<Element>,
        rest: Rest,
        using: &Use<'_>,
        depth: usize,
    ) -> Option<Held> {
        let ParameterExpr::Substring { offset, length, .. } = it else {
            if rest != Rest::Nothing || elements.iter().any(|element| !element.sure) {
                return None;
            }
            let mapped = elements.into_iter().map(|element| {
                let made = self.operate(it, &element.text.known()?, using.here, depth)?;
                let text = Text::of(Piece::known(made, Origin::Computed(using.here.near)));
                Some(Element { text, ..element })
            });
            return Some(Held::List(mapped.collect::<Option<Vec<_>>>()?, Rest::Nothing));
        };
        let (offset, length) = self.bounds(offset, length.as_ref(), using.here, depth)?;
        let positional = matches!(using.parameter, Parameter::Special(_));
        let offset = if positional { offset.checked_sub(1)? } else { offset };
        if rest != Rest::Nothing {
            // What the script gets follows, however much is skipped.
            let skipped = usize::try_from(offset).ok()?;
            let left: Vec<Element> = elements.into_iter().skip(skipped).collect();
            return length.is_none().then_some(Held::List(left, rest));
        }
        if elements.iter().any(|element| !element.sure)
            || length.is_some_and(|it| it < 0)
            || positional && offset < 0
        {
            return None;
        }
        let part = slice(elements.len(), offset, length)?;
        Some(Held::List(elements.get(part)?.to_vec(), Rest::Nothing))
    }

    fn bounds(
        &mut self,
        offset: &UnexpandedArithmeticExpr,
        length: Option<&UnexpandedArithmeticExpr>,
        here: &Written,
        depth: usize,
    ) -> Option<(i64, Option<i64>)> {
        let offset = self.number(&offset.value, here, depth).0.ok()?;
        let length = match length {
            Some(length) => Some(self.number(&length.value, here, depth).0.ok()?),
            None => None,
        };
        Some((offset, length))
    }

    fn operate(
        &mut self,
        it: &ParameterExpr,
        text: &str,
        here: &Written,
        depth: usize,
    ) -> Option<String> {
        let inner = |word: &str| Written::made(word, here.near);
        match it {
            ParameterExpr::RemoveSmallestPrefixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::ShortStart, here, depth)
            }
            ParameterExpr::RemoveLargestPrefixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::LongStart, here, depth)
            }
            ParameterExpr::RemoveSmallestSuffixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::ShortEnd, here, depth)
            }
            ParameterExpr::RemoveLargestSuffixPattern { pattern, .. } => {
                self.cut(text, pattern.as_deref(), Cut::LongEnd, here, depth)
            }
            ParameterExpr::ReplaceSubstring { pattern, replacement, match_kind, .. } => {
                let by = replacement.as_deref().unwrap_or_default();
                // `&` stands for what matched in newer versions of bash.
                let by = self
                    .nested(&inner(by), depth + 1)
                    .known()
                    .filter(|it| !it.contains(['&', '\\']))?;
                let pattern = self.pattern(&inner(pattern), depth)?;
                replace(text, &pattern, &by, match_kind)
            }
            ParameterExpr::Substring { offset, length, .. } => {
                let (offset, length) = self.bounds(offset, length.as_ref(), here, depth)?;
                substring(text, offset, length)
            }
            ParameterExpr::UppercaseFirstChar { pattern: None, .. } => cased(text, true, true),
            ParameterExpr::UppercasePattern { pattern: None, .. } => cased(text, true, false),
            ParameterExpr::LowercaseFirstChar { pattern: None, .. } => cased(text, false, true),
            ParameterExpr::LowercasePattern { pattern: None, .. } => cased(text, false, false),
            _ => None,
        }
    }

    fn cut(
        &mut self,
        text: &str,
        pattern: Option<&str>,
        how: Cut,
        here: &Written,
        depth: usize,
    ) -> Option<String> {
        let word = Written::made(pattern.unwrap_or_default(), here.near);
        let pattern = self.pattern(&word, depth)?;
        Some(cut(text, &pattern, how))
    }
}

/// Returns the parameter of an expression with an operator, if it is not read through another.
fn operand_of(it: &ParameterExpr) -> Option<&Parameter> {
    match it {
        ParameterExpr::RemoveSmallestPrefixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveLargestPrefixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveSmallestSuffixPattern { parameter, indirect: false, .. }
        | ParameterExpr::RemoveLargestSuffixPattern { parameter, indirect: false, .. }
        | ParameterExpr::ReplaceSubstring { parameter, indirect: false, .. }
        | ParameterExpr::Substring { parameter, indirect: false, .. }
        | ParameterExpr::UppercaseFirstChar { parameter, indirect: false, .. }
        | ParameterExpr::UppercasePattern { parameter, indirect: false, .. }
        | ParameterExpr::LowercaseFirstChar { parameter, indirect: false, .. }
        | ParameterExpr::LowercasePattern { parameter, indirect: false, .. } => Some(parameter),
        _ => None,
    }
}
