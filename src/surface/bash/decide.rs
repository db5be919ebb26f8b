//! Tests that can be decided without running anything.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate};

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

/// Decides `[[ … ]]`; `text` expands a word.
pub fn extended(
    expression: &ExtendedTestExpr,
    text: &mut dyn FnMut(&brush_parser::ast::Word) -> Option<String>,
) -> Option<bool> {
    match expression {
        ExtendedTestExpr::And(left, right) => match (extended(left, text), extended(right, text)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        ExtendedTestExpr::Or(left, right) => match (extended(left, text), extended(right, text)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        ExtendedTestExpr::Not(inner) => extended(inner, text).map(|truth| !truth),
        ExtendedTestExpr::Parenthesized(inner) => extended(inner, text),
        ExtendedTestExpr::UnaryTest(test, word) => {
            let empty = text(word)?.is_empty();
            match test {
                UnaryPredicate::StringHasZeroLength => Some(empty),
                UnaryPredicate::StringHasNonZeroLength => Some(!empty),
                _ => None,
            }
        }
        ExtendedTestExpr::BinaryTest(test, left, right) => {
            let (left, right) = (text(left)?, text(right)?);
            binary(test, &left, &right)
        }
    }
}

fn binary(test: &BinaryPredicate, left: &str, right: &str) -> Option<bool> {
    let plain = || !right.contains(['*', '?', '[', '(']);
    let numbers = |op| numbers(op, left.parse().ok()?, right.parse().ok()?);
    match test {
        BinaryPredicate::StringExactlyMatchesString => Some(left == right),
        BinaryPredicate::StringDoesNotExactlyMatchString => Some(left != right),
        BinaryPredicate::StringExactlyMatchesPattern => plain().then(|| left == right),
        BinaryPredicate::StringDoesNotExactlyMatchPattern => plain().then(|| left != right),
        BinaryPredicate::ArithmeticEqualTo => numbers("-eq"),
        BinaryPredicate::ArithmeticNotEqualTo => numbers("-ne"),
        BinaryPredicate::ArithmeticLessThan => numbers("-lt"),
        BinaryPredicate::ArithmeticLessThanOrEqualTo => numbers("-le"),
        BinaryPredicate::ArithmeticGreaterThan => numbers("-gt"),
        BinaryPredicate::ArithmeticGreaterThanOrEqualTo => numbers("-ge"),
        _ => None,
    }
}
