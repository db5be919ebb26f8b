//! `$((…))` over known variables.

use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

use super::contained::contained;
use super::nesting;

/// How deep variables that hold expressions are followed.
const DEEPEST: usize = 8;

/// The variables that an expression reads and sets.
pub trait Variables {
    /// Returns a variable's text, or why nothing tells it.
    ///
    /// # Errors
    /// Why.
    fn get(&mut self, name: &str) -> Result<String, String>;

    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64);
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing tells it.
    Unknown(String),
    /// It is no arithmetic, or not as far as it is read here: bash may report an error.
    Wrong(String),
}

impl Failure {
    /// Returns the reason.
    pub fn why(self) -> String {
        match self {
            Self::Unknown(why) | Self::Wrong(why) => why,
        }
    }
}

/// Evaluates an expression as bash does, in 64 bits.
///
/// # Errors
/// Why nothing tells the value. What was set before stays set.
pub fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, Failure> {
    Evaluation { variables, depth: 0 }.text(text)
}

/// Lists the variables that an expression may set.
pub fn assigned(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    match parsed(text) {
        Some(tree) => targets(&tree, &mut names),
        None if text.contains('=') || text.contains("++") || text.contains("--") => {
            let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let words = text.split(|c| !name(c));
            let named =
                |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            names.extend(words.filter(named).map(str::to_owned));
        }
        None => {}
    }
    names
}

fn parsed(text: &str) -> Option<ArithmeticExpr> {
    let readable = !nesting::arithmetic_too_deep(text);
    readable.then(|| contained(|| brush_parser::arithmetic::parse(text.trim()))?.ok())?
}

fn targets(tree: &ArithmeticExpr, names: &mut Vec<String>) {
    let mut target = |target: &ArithmeticTarget| match target {
        ArithmeticTarget::Variable(name) | ArithmeticTarget::ArrayElement(name, _) => {
            names.push(name.clone());
        }
    };
    match tree {
        ArithmeticExpr::Literal(_) | ArithmeticExpr::Reference(_) => {}
        ArithmeticExpr::UnaryOp(_, inner) => targets(inner, names),
        ArithmeticExpr::BinaryOp(_, left, right) => {
            targets(left, names);
            targets(right, names);
        }
        ArithmeticExpr::Conditional(test, yes, no) => {
            for part in [test, yes, no] {
                targets(part, names);
            }
        }
        ArithmeticExpr::Assignment(to, value) | ArithmeticExpr::BinaryAssignment(_, to, value) => {
            target(to);
            targets(value, names);
        }
        ArithmeticExpr::UnaryAssignment(_, to) => target(to),
    }
}

struct Evaluation<'a> {
    variables: &'a mut dyn Variables,
    depth: usize,
}

impl Evaluation<'_> {
    fn text(&mut self, text: &str) -> Result<i64, Failure> {
        let tree = parsed(text)
            .ok_or_else(|| Failure::Wrong(format!("`{text}` is no arithmetic that can be read")))?;
        self.compute(&tree)
    }

    fn variable(&mut self, target: &ArithmeticTarget) -> Result<(String, i64), Failure> {
        let ArithmeticTarget::Variable(name) = target else {
            return Err(Failure::Wrong("elements of arrays are not read in arithmetic".to_owned()));
        };
        let text = self.variables.get(name).map_err(Failure::Unknown)?;
        if self.depth >= DEEPEST {
            return Err(Failure::Wrong(format!("{name} is `{text}`, which leads too far")));
        }
        self.depth += 1;
        let value = self.text(&text);
        self.depth -= 1;
        Ok((name.clone(), value?))
    }

    fn assign(&mut self, target: &ArithmeticTarget, value: i64) -> Result<i64, Failure> {
        let ArithmeticTarget::Variable(name) = target else {
            return Err(Failure::Wrong("elements of arrays are not set in arithmetic".to_owned()));
        };
        self.variables.set(name, value);
        Ok(value)
    }

    fn compute(&mut self, tree: &ArithmeticExpr) -> Result<i64, Failure> {
        match tree {
            ArithmeticExpr::Literal(number) => Ok(*number),
            ArithmeticExpr::Reference(target) => Ok(self.variable(target)?.1),
            ArithmeticExpr::UnaryOp(op, inner) => {
                let value = self.compute(inner)?;
                Ok(match op {
                    UnaryOperator::UnaryPlus => value,
                    UnaryOperator::UnaryMinus => value.wrapping_neg(),
                    UnaryOperator::BitwiseNot => !value,
                    UnaryOperator::LogicalNot => i64::from(value == 0),
                })
            }
            ArithmeticExpr::BinaryOp(op, left, right) => self.binary(op, left, right),
            ArithmeticExpr::Conditional(test, yes, no) => {
                let chosen = if self.compute(test)? == 0 { no } else { yes };
                self.compute(chosen)
            }
            ArithmeticExpr::Assignment(target, value) => {
                let value = self.compute(value)?;
                self.assign(target, value)
            }
            ArithmeticExpr::BinaryAssignment(op, target, value) => {
                let old = self.variable(target)?.1;
                let value = self.compute(value)?;
                self.assign(target, binary(op, old, value)?)
            }
            ArithmeticExpr::UnaryAssignment(op, target) => {
                let old = self.variable(target)?.1;
                let (new, result) = match op {
                    UnaryAssignmentOperator::PrefixIncrement => (old.wrapping_add(1), None),
                    UnaryAssignmentOperator::PrefixDecrement => (old.wrapping_sub(1), None),
                    UnaryAssignmentOperator::PostfixIncrement => (old.wrapping_add(1), Some(old)),
                    UnaryAssignmentOperator::PostfixDecrement => (old.wrapping_sub(1), Some(old)),
                };
                self.assign(target, new)?;
                Ok(result.unwrap_or(new))
            }
        }
    }

    fn binary(
        &mut self,
        op: &BinaryOperator,
        left: &ArithmeticExpr,
        right: &ArithmeticExpr,
    ) -> Result<i64, Failure> {
        let left = self.compute(left)?;
        // The other side is not evaluated, nor does it set anything, where this one decides.
        match op {
            BinaryOperator::LogicalAnd if left == 0 => return Ok(0),
            BinaryOperator::LogicalOr if left != 0 => return Ok(1),
            _ => {}
        }
        let right = self.compute(right)?;
        binary(op, left, right)
    }
}

fn binary(op: &BinaryOperator, left: i64, right: i64) -> Result<i64, Failure> {
    let divided =
        |value: Option<i64>| value.ok_or_else(|| Failure::Wrong("it divides by zero".to_owned()));
    // Bash shifts as the processor does: by the lowest six bits.
    let shift = u32::try_from(right & 63).unwrap_or(0);
    Ok(match op {
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide => divided(left.checked_div(right))?,
        BinaryOperator::Modulo => divided(left.checked_rem(right))?,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        BinaryOperator::Power => {
            let power =
                u32::try_from(right).map_err(|_| Failure::Wrong("a negative power".to_owned()))?;
            left.wrapping_pow(power)
        }
        BinaryOperator::ShiftLeft => left.wrapping_shl(shift),
        BinaryOperator::ShiftRight => left.wrapping_shr(shift),
        BinaryOperator::BitwiseAnd => left & right,
        BinaryOperator::BitwiseOr => left | right,
        BinaryOperator::BitwiseXor => left ^ right,
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
        BinaryOperator::Comma => right,
    })
}
