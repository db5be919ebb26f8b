//! Text to expression.

use std::iter::Peekable;

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::{BUILTINS, Function};
use super::escape::unescape;
use super::mistake::{foreign_function, foreign_word, mistake};
use super::scan::scan;
use super::shipped::shipped;
use super::syntax::{Node, Rule as Syntax, Stop, read};
use crate::path::KeyPath;
use crate::text::{Fault, Span, compile_pattern, nearest};
use crate::value::Value;

/// The most operators in one expression: the tree is no deeper than them and the nesting together.
const OPERATORS: usize = 500;

impl Condition {
    /// Reads an expression; spans of faults count in its text.
    ///
    /// # Errors
    /// A syntax error, or every wrong call, number and pattern at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        scan(text).map_err(|fault| vec![fault])?;
        read_sound(text).map(|root| Self::new(text.to_owned(), root))
    }
}

/// Reads an expression as [`Condition::parse`] does, of which it is known that the grammar may see it.
fn read_sound(text: &str) -> Result<Expr, Vec<Fault>> {
    let nodes = read(text).map_err(|stop| vec![syntax_fault(text, &stop)])?;
    lower(text, &nodes)
}

/// Reads an expression that has no faults, such as one that ships with the program. Any other is null.
pub(super) fn read_checked(text: &str) -> Expr {
    let read = shipped(text).map_or_else(|| read_sound(text), |nodes| lower(text, nodes));
    let null = Expr { span: Span::at(0), kind: ExprKind::Literal(Value::Null) };
    read.unwrap_or(null)
}

/// Makes an expression of what the grammar found.
fn lower(text: &str, nodes: &[Node]) -> Result<Expr, Vec<Fault>> {
    check_operators(nodes).map_err(|fault| vec![fault])?;
    let mut lower = Lower { text, faults: Vec::new() };
    let whole = Part { text, nodes }.parts().next();
    let root = whole.map(|part| lower.ternary(part));
    root.filter(|_| lower.faults.is_empty()).ok_or(lower.faults)
}

/// Refuses a tree that recursion could not take.
fn check_operators(nodes: &[Node]) -> Result<(), Fault> {
    let is_operator = |node: &&Node| matches!(node.rule, Syntax::operator | Syntax::prefix);
    match nodes.iter().filter(is_operator).nth(OPERATORS) {
        None => Ok(()),
        Some(one_more) => {
            let message = format!("an expression has at most {OPERATORS} operators");
            let span = span_of(one_more);
            let fault = Fault::new("hydrule::condition::too_many_operators", span, message);
            Err(fault.labelled("one too many").helped("name parts of it in `[let]`"))
        }
    }
}

fn syntax_fault(text: &str, stop: &Stop) -> Fault {
    let at = stop.at;
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span::new(at, at + length);
    let expected = expected_words(&stop.expected);
    let message = match rest.chars().next() {
        None => "the expression ends too early".to_owned(),
        Some(found) => format!("`{found}` is not expected here"),
    };
    let fault = Fault::new("hydrule::condition::syntax", span, message);
    let fault =
        if expected.is_empty() { fault } else { fault.labelled(format!("expected {expected}")) };
    match mistake(text, at) {
        Some(help) => fault.helped(help),
        None => fault,
    }
}

fn expected_words(rules: &[Syntax]) -> String {
    let mut words: Vec<&str> = rules.iter().filter_map(|rule| word(*rule)).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" or ")
}

/// What people call a piece of the grammar; nothing for pieces that would only confuse.
fn word(rule: Syntax) -> Option<&'static str> {
    match rule {
        Syntax::operator | Syntax::binary => Some("an operator"),
        Syntax::unary
        | Syntax::primary
        | Syntax::ternary
        | Syntax::group
        | Syntax::list
        | Syntax::call
        | Syntax::indexed
        | Syntax::fact
        | Syntax::word
        | Syntax::name
        | Syntax::number => Some("a value"),
        Syntax::string => Some("a text in quotes"),
        Syntax::EOI => Some("the end"),
        Syntax::condition
        | Syntax::prefix
        | Syntax::name_char
        | Syntax::digits
        | Syntax::exponent
        | Syntax::unit
        | Syntax::percent
        | Syntax::operand_start
        | Syntax::escape
        | Syntax::raw
        | Syntax::raw_start
        | Syntax::named
        | Syntax::id
        | Syntax::id_start
        | Syntax::ws => None,
    }
}

fn span_of(node: &Node) -> Span {
    Span::new(node.start as usize, node.end as usize)
}

/// What a rule of the grammar found, and what is inside it.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    /// Itself, what is inside it, and more.
    nodes: &'a [Node],
}

impl<'a> Part<'a> {
    fn rule(self) -> Syntax {
        self.nodes.first().map_or(Syntax::EOI, |it| it.rule)
    }

    fn span(self) -> Span {
        self.nodes.first().map_or(Span::at(0), span_of)
    }

    fn as_str(self) -> &'a str {
        let Span { start, end } = self.span();
        self.text.get(start..end).unwrap_or_default()
    }

    /// Lists what is directly inside.
    fn parts(self) -> impl Iterator<Item = Part<'a>> {
        let mut rest = match self.nodes {
            [own, behind @ ..] => behind.get(..own.inside as usize).unwrap_or_default(),
            [] => &[],
        };
        std::iter::from_fn(move || {
            let next = Part { text: self.text, nodes: rest };
            rest = rest.get(rest.first()?.inside as usize + 1..).unwrap_or_default();
            Some(next)
        })
    }
}

struct Lower<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

/// An operand and how strongly its operator binds.
type Operand = (Expr, u8);

/// What binds more strongly than any operator between two operands.
const UNARY: u8 = u8::MAX;

/// Returns an operator and how strongly it binds.
fn operator(part: Part<'_>) -> Option<(BinaryOp, u8)> {
    let sign = part.as_str();
    let (_, strength, op) = BinaryOp::TABLE.iter().find(|(it, ..)| *it == sign)?;
    Some((*op, *strength))
}

impl Lower<'_> {
    fn blame(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn ternary(&mut self, part: Part<'_>) -> Expr {
        let span = part.span();
        let mut parts = part.parts();
        let test = parts.next().map(|part| self.binary(part));
        let yes = parts.next().map(|part| self.ternary(part));
        let no = parts.next().map(|part| self.ternary(part));
        match (test, yes, no) {
            (Some(test), Some(yes), Some(no)) => {
                let span = test.span.cover(no.span);
                let kind = ExprKind::Conditional(Box::new(test), Box::new(yes), Box::new(no));
                Expr { span, kind }
            }
            (Some(test), ..) => test,
            // INVARIANT: the grammar gives every ternary a first part.
            (None, ..) => Expr { span, kind: ExprKind::Literal(Value::Null) },
        }
    }

    fn binary(&mut self, part: Part<'_>) -> Expr {
        self.operation(&mut part.parts().peekable(), 0).0
    }

    /// Reads an operand, and the operators behind it that bind at least as strongly as `weakest`.
    fn operation<'p>(
        &mut self,
        parts: &mut Peekable<impl Iterator<Item = Part<'p>>>,
        weakest: u8,
    ) -> Operand {
        let none = Expr { span: Span::at(0), kind: ExprKind::Literal(Value::Null) };
        let first = parts.next().map_or(none, |part| self.unary(part));
        let mut left = (first, UNARY);
        while let Some((op, strength)) = parts.peek().and_then(|it| operator(*it)) {
            if strength < weakest {
                break;
            }
            parts.next();
            let (right, _) = self.operation(parts, strength + 1);
            left = (self.joined(left, (op, strength), right), strength);
        }
        left
    }

    fn joined(
        &mut self,
        (left, bound): Operand,
        (op, strength): (BinaryOp, u8),
        right: Expr,
    ) -> Expr {
        let span = left.span.cover(right.span);
        if strength == BinaryOp::Equal.strength() && bound == strength {
            self.chained(&left, op, &right, span);
        }
        Expr { span, kind: ExprKind::Binary(op, Box::new(left), Box::new(right)) }
    }

    /// `a < b < c` would compare a truth with `c`, which nobody means.
    fn chained(&mut self, left: &Expr, op: BinaryOp, right: &Expr, span: Span) {
        let text = |expr: &Expr| self.text.get(expr.span.start..expr.span.end).unwrap_or_default();
        let help = match &left.kind {
            ExprKind::Binary(first, low, middle) if first.compares() && op.compares() => format!(
                "write `{} {} {} && {} {} {}`",
                text(low),
                first.sign(),
                text(middle),
                text(middle),
                op.sign(),
                text(right)
            ),
            _ => "put one of them in parentheses".to_owned(),
        };
        let message = format!(
            "comparisons do not chain: `{}`",
            self.text.get(span.start..span.end).unwrap_or_default()
        );
        let fault = Fault::new("hydrule::condition::chained", span, message);
        self.blame(fault.helped(help));
    }

    fn unary(&mut self, part: Part<'_>) -> Expr {
        let end = part.span().end;
        let mut prefixes = Vec::new();
        let mut inner = None;
        for part in part.parts() {
            match part.rule() {
                Syntax::prefix => prefixes.push((part.as_str(), part.span().start)),
                // The smallest integer has no positive counterpart that a minus could turn around.
                Syntax::number if part.as_str() == SMALLEST && ends_in_minus(&prefixes) => {
                    let start = prefixes.pop().map_or(end, |(_, start)| start);
                    let kind = ExprKind::Literal(Value::Int(i64::MIN));
                    inner = Some(Expr { span: Span::new(start, end), kind });
                }
                _ => inner = Some(self.primary(part)),
            }
        }
        let none = Expr { span: Span::at(end), kind: ExprKind::Literal(Value::Null) };
        let mut expr = inner.unwrap_or(none);
        for (sign, start) in prefixes.into_iter().rev() {
            let span = Span::new(start, end);
            let kind = match (sign, expr.kind) {
                ("-", ExprKind::Literal(Value::Int(int))) if int != i64::MIN => {
                    ExprKind::Literal(Value::Int(-int))
                }
                ("-", ExprKind::Literal(Value::Float(float))) => {
                    ExprKind::Literal(Value::Float(-float))
                }
                ("-", kind) => ExprKind::Negate(Box::new(Expr { span: expr.span, kind })),
                (_, kind) => ExprKind::Not(Box::new(Expr { span: expr.span, kind })),
            };
            expr = Expr { span, kind };
        }
        expr
    }

    fn primary(&mut self, part: Part<'_>) -> Expr {
        let span = part.span();
        let text = part.as_str();
        let kind = match part.rule() {
            Syntax::group => {
                let inner = part.parts().find(|part| part.rule() == Syntax::ternary);
                return match inner {
                    Some(inner) => Expr { span, kind: self.ternary(inner).kind },
                    None => Expr { span, kind: ExprKind::Literal(Value::Null) },
                };
            }
            Syntax::list => ExprKind::List(self.items(part)),
            Syntax::string => ExprKind::Literal(Value::Str(self.unquoted(text, span))),
            Syntax::number => ExprKind::Literal(self.number(text, span)),
            Syntax::indexed => {
                let inner = part.parts().find(|part| part.rule() == Syntax::string);
                let key = inner.map(|part| self.unquoted(part.as_str(), part.span()));
                let key = key.unwrap_or_default();
                ExprKind::Key(KeyPath::new(key))
            }
            Syntax::call => return self.call(part, span),
            Syntax::fact => ExprKind::Fact(text.trim_start_matches('$').to_owned()),
            _ => match text {
                "true" => ExprKind::Literal(Value::Bool(true)),
                "false" => ExprKind::Literal(Value::Bool(false)),
                "null" => ExprKind::Literal(Value::Null),
                "it" => ExprKind::It,
                key => {
                    self.foreign(key, span);
                    ExprKind::Key(KeyPath::new(key))
                }
            },
        };
        Expr { span, kind }
    }

    /// Refuses words of other languages, which would be keys here.
    fn foreign(&mut self, word: &str, span: Span) {
        if let Some(ours) = foreign_word(word) {
            let message = format!("`{word}` is no word of conditions");
            let fault = Fault::new("hydrule::condition::foreign_word", span, message);
            let help = format!("{ours}; a key of this name is `config[\"{word}\"]`");
            self.blame(fault.helped(help));
        }
    }

    /// Takes the quotes off a text and resolves its escapes, which are CEL's.
    fn unquoted(&mut self, text: &str, span: Span) -> String {
        let quoted = |text: &str| text.get(1..text.len() - 1).unwrap_or_default().to_owned();
        if let Some(raw) = text.strip_prefix(['r', 'R']) {
            return quoted(raw);
        }
        unescape(&quoted(text)).unwrap_or_else(|(at, length)| {
            let start = span.start + 1 + at;
            let span = Span::new(start, start + length);
            let escape = self.text.get(span.start..span.end).unwrap_or_default().to_owned();
            let message = format!("`{escape}` is no escape");
            let fault = Fault::new("hydrule::condition::bad_escape", span, message);
            self.blame(fault.helped(format!(
                "write `\\{escape}` for a backslash, or the whole text raw: `r{text}`"
            )));
            String::new()
        })
    }

    fn items(&mut self, part: Part<'_>) -> Vec<Expr> {
        let items = part.parts().filter(|part| part.rule() == Syntax::ternary);
        items.map(|item| self.ternary(item)).collect()
    }

    fn call(&mut self, part: Part<'_>, span: Span) -> Expr {
        let none = Expr { span, kind: ExprKind::Literal(Value::Null) };
        let Some(name) = part.parts().find(|it| it.rule() == Syntax::name) else {
            return none;
        };
        let at = name.span();
        let arguments = self.items(part);
        let Some(builtin) = BUILTINS.iter().find(|it| it.name == name.as_str()) else {
            let message = format!("there is no function `{}`", name.as_str());
            let fault = Fault::new("hydrule::condition::unknown_function", at, message);
            let near = nearest(name.as_str(), BUILTINS.iter().map(|it| it.name), 1);
            let names: Vec<&str> = BUILTINS.iter().map(|it| it.name).collect();
            self.blame(match (foreign_function(name.as_str()), near.first()) {
                (Some(ours), _) => fault.helped(ours),
                (None, Some(near)) => fault.labelled(format!("did you mean `{near}`?")),
                (None, None) => fault.helped(format!("the functions are {}", names.join(", "))),
            });
            return none;
        };
        let wanted = builtin.parameters.len();
        let fits = arguments.len() == wanted || builtin.variadic && arguments.len() > wanted;
        if !fits {
            let message = format!("`{}` takes {}", builtin.name, counted(wanted, builtin.variadic));
            let fault = Fault::new("hydrule::condition::wrong_arity", span, message);
            let found = format!("{} given", crate::text::count(arguments.len(), "argument"));
            self.blame(fault.labelled(found).helped(format!("write {}", builtin.signature())));
            return none;
        }
        let pattern = self.pattern(builtin.function, &arguments);
        Expr { span, kind: ExprKind::Call(builtin, arguments, pattern) }
    }

    /// Compiles the pattern of `matches` where it is a literal.
    fn pattern(&mut self, function: Function, arguments: &[Expr]) -> Option<regex_lite::Regex> {
        let (Function::Matches, [_, Expr { span, kind: ExprKind::Literal(Value::Str(text)) }]) =
            (function, arguments)
        else {
            return None;
        };
        match compile_pattern(text) {
            Ok(regex) => Some(regex),
            Err((_, why)) => {
                let fault = Fault::new("hydrule::condition::bad_pattern", *span, why);
                self.blame(fault.labelled("in this pattern"));
                None
            }
        }
    }

    fn number(&mut self, text: &str, span: Span) -> Value {
        const UNITS: [(&str, i64); 4] =
            [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
        let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
        let value = if let Some((number, size)) = unit {
            bytes(number, size)
        } else if let Some(number) = text.strip_suffix('%') {
            percentage(number).map(Value::Float)
        } else if text.contains(['.', 'e', 'E']) {
            text.parse().ok().map(Value::Float)
        } else {
            text.parse().ok().map(Value::Int)
        };
        let finite = |value: &Value| !matches!(value, Value::Float(float) if float.is_infinite());
        value.filter(finite).unwrap_or_else(|| {
            let message = format!("`{text}` is too large");
            self.blame(Fault::new("hydrule::condition::number_too_large", span, message));
            Value::Null
        })
    }
}

/// The smallest integer without its minus.
const SMALLEST: &str = "9223372036854775808";

fn ends_in_minus(prefixes: &[(&str, usize)]) -> bool {
    prefixes.last().is_some_and(|(sign, _)| *sign == "-")
}

fn counted(wanted: usize, variadic: bool) -> String {
    let more = if variadic { " or more" } else { "" };
    format!("{}{more}", crate::text::count(wanted, "argument"))
}

/// Reads `99.9` percent as 0.999: moving the point keeps the number exact, dividing would not.
fn percentage(number: &str) -> Option<f64> {
    if number.contains(['e', 'E']) {
        return number.parse::<f64>().ok().map(|percent| percent / 100.0);
    }
    format!("{number}e-2").parse().ok()
}

/// Reads `17.66` and a unit as bytes, rounded to the nearest.
fn bytes(number: &str, size: i64) -> Option<Value> {
    if let Ok(int) = number.parse::<i64>() {
        return int.checked_mul(size).map(Value::Bytes);
    }
    let number: f64 = number.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "units are powers of two")]
    let exact = (number * size as f64).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked against the range before")]
    (exact.abs() < 9e18).then_some(Value::Bytes(exact as i64))
}
