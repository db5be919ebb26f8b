//! Tests that can be decided without running anything.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate, Word};

use super::syntax::Written;
use super::walk::Walker;

/// Decides `[ … ]` or `test …` from its arguments, the command's name left out; unknown ones are
/// none.
pub fn test(arguments: &[Option<String>]) -> Option<bool> {
    let texts: Option<Vec<&str>> = arguments.iter().map(Option::as_deref).collect();
    let texts = texts?;
    let texts = match texts.as_slice() {
        [inside @ .., "]"] => inside,
        all => all,
    };
    match texts {
        ["!", rest @ ..] => {
            let rest: Vec<Option<String>> =
                rest.iter().map(|text| Some((*text).to_owned())).collect();
            test(&rest).map(|truth| !truth)
        }
        ["-z", text] => Some(text.is_empty()),
        ["-n", text] | [text] => Some(!text.is_empty()),
        [left, "=" | "==", right] => Some(left == right),
        [left, "!=", right] => Some(left != right),
        [left, op, right] => {
            let (left, right): (i64, i64) = (left.parse().ok()?, right.parse().ok()?);
            numbers(op, left, right)
        }
        _ => None,
    }
}

fn numbers(op: &str, left: i64, right: i64) -> Option<bool> {
    Some(match op {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        "-ge" => left >= right,
        _ => return None,
    })
}

/// Decides `[[ … ]]`.
pub(super) fn extended(test: &ExtendedTestExpr, walker: &mut Walker<'_>) -> Option<bool> {
    match test {
        ExtendedTestExpr::And(left, right) => match extended(left, walker) {
            Some(true) => extended(right, walker),
            Some(false) => Some(false),
            None => extended(right, walker).filter(|truth| !truth),
        },
        ExtendedTestExpr::Or(left, right) => match extended(left, walker) {
            Some(false) => extended(right, walker),
            Some(true) => Some(true),
            None => extended(right, walker)?.then_some(true),
        },
        ExtendedTestExpr::Not(inner) => extended(inner, walker).map(|truth| !truth),
        ExtendedTestExpr::Parenthesized(inner) => extended(inner, walker),
        ExtendedTestExpr::UnaryTest(test, word) => {
            let text = walker.text(word);
            match test {
                UnaryPredicate::StringHasZeroLength => text.is_empty(),
                UnaryPredicate::StringHasNonZeroLength => text.is_empty().map(|empty| !empty),
                UnaryPredicate::ShellVariableIsSetAndAssigned => {
                    walker.expander().is_set(&text.known()?)
                }
                _ => None,
            }
        }
        ExtendedTestExpr::BinaryTest(test, left, right) => binary(test, left, right, walker),
    }
}

fn binary(
    test: &BinaryPredicate,
    left: &Word,
    right: &Word,
    walker: &mut Walker<'_>,
) -> Option<bool> {
    let value = walker.text(left).known();
    let number = |value: Option<String>, walker: &mut Walker<'_>, near| {
        let text = value?;
        let here = Written::made(text.as_str(), near);
        walker.expander().number(&text, &here, 0).0.ok()
    };
    let op = match test {
        BinaryPredicate::StringExactlyMatchesPattern
        | BinaryPredicate::StringExactlyMatchesString => {
            let written = walker.syntax.written(right);
            let pattern = walker.expander().pattern(&written, 0)?;
            return Some(pattern.matches(&value?));
        }
        BinaryPredicate::StringDoesNotExactlyMatchPattern
        | BinaryPredicate::StringDoesNotExactlyMatchString => {
            let written = walker.syntax.written(right);
            let pattern = walker.expander().pattern(&written, 0)?;
            return Some(!pattern.matches(&value?));
        }
        BinaryPredicate::ArithmeticEqualTo => "-eq",
        BinaryPredicate::ArithmeticNotEqualTo => "-ne",
        BinaryPredicate::ArithmeticLessThan => "-lt",
        BinaryPredicate::ArithmeticLessThanOrEqualTo => "-le",
        BinaryPredicate::ArithmeticGreaterThan => "-gt",
        BinaryPredicate::ArithmeticGreaterThanOrEqualTo => "-ge",
        BinaryPredicate::StringMatchesRegex => {
            walker.state.forget("BASH_REMATCH", "BASH_REMATCH is set by a test");
            let written = walker.syntax.written(right);
            let expression = walker.expander().expression(&written)?;
            let value = value.filter(|it| it.is_ascii())?;
            return Some(expression.is_match(&value));
        }
        _ => return None,
    };
    let near = walker.word_span(left);
    let left = number(value, walker, near);
    let right = walker.text(right).known();
    let right = number(right, walker, near);
    numbers(op, left?, right?)
}
