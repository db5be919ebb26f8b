//! `$((…))` over known variables.

use brush_parser::ast::{ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryOperator};

/// Evaluates an expression as bash does, in 64 bits; `variable` gives the text of a variable.
///
/// # Errors
/// Why nothing tells the value.
pub fn evaluate(
    text: &str,
    variable: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<i64, String> {
    let tree = brush_parser::arithmetic::parse(text.trim());
    let tree = tree.map_err(|_| format!("`{text}` is no arithmetic that can be read"))?;
    compute(&tree, variable)
}

fn compute(
    tree: &ArithmeticExpr,
    variable: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<i64, String> {
    match tree {
        ArithmeticExpr::Literal(number) => Ok(*number),
        ArithmeticExpr::Reference(ArithmeticTarget::Variable(name)) => {
            let text = variable(name)?;
            if text.trim().is_empty() {
                return Ok(0);
            }
            text.trim().parse().map_err(|_| format!("{name} is `{text}`, which is no number"))
        }
        ArithmeticExpr::UnaryOp(op, inner) => {
            let value = compute(inner, variable)?;
            Ok(match op {
                UnaryOperator::UnaryPlus => value,
                UnaryOperator::UnaryMinus => value.wrapping_neg(),
                UnaryOperator::BitwiseNot => !value,
                UnaryOperator::LogicalNot => i64::from(value == 0),
            })
        }
        ArithmeticExpr::BinaryOp(op, left, right) => {
            let left = compute(left, variable)?;
            let right = compute(right, variable)?;
            binary(op, left, right)
        }
        ArithmeticExpr::Conditional(test, yes, no) => {
            if compute(test, variable)? == 0 {
                compute(no, variable)
            } else {
                compute(yes, variable)
            }
        }
        _ => Err("this arithmetic is not read".to_owned()),
    }
}

fn binary(op: &BinaryOperator, left: i64, right: i64) -> Result<i64, String> {
    let divided = |value: Option<i64>| value.ok_or_else(|| "it divides by zero".to_owned());
    Ok(match op {
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide => divided(left.checked_div(right))?,
        BinaryOperator::Modulo => divided(left.checked_rem(right))?,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        BinaryOperator::Power => {
            let power = u32::try_from(right).map_err(|_| "a negative power".to_owned())?;
            left.wrapping_pow(power)
        }
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
        _ => return Err("this arithmetic is not read".to_owned()),
    })
}
