//! Text to expression. pest stops here.

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::{BUILTINS, Function};
use super::escape::unescape;
use super::mistake::{foreign_function, foreign_word, mistake};
use super::scan::scan;
use crate::path::KeyPath;
use crate::text::{Fault, Span, compile_pattern, nearest};
use crate::value::Value;
use grammar::Rule as Syntax;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/condition.pest"]
    pub struct ConditionParser;
}

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
pub(super) fn read_sound(text: &str) -> Result<Expr, Vec<Fault>> {
    let pairs = grammar::ConditionParser::parse(Syntax::condition, text);
    let mut pairs = pairs.map_err(|error| vec![syntax_fault(text, &error)])?;
    check_operators(text, &pairs).map_err(|fault| vec![fault])?;
    let mut lower = Lower { text, faults: Vec::new() };
    let whole = pairs.next().and_then(|it| it.into_inner().next());
    let root = whole.map(|pair| lower.ternary(pair));
    root.filter(|_| lower.faults.is_empty()).ok_or(lower.faults)
}

/// Refuses a tree that recursion could not take.
fn check_operators(text: &str, pairs: &Pairs<'_, Syntax>) -> Result<(), Fault> {
    // Each is a character at least.
    if text.len() <= OPERATORS {
        return Ok(());
    }
    let is_operator =
        |pair: &Pair<'_, Syntax>| matches!(pair.as_rule(), Syntax::operator | Syntax::prefix);
    match pairs.clone().flatten().filter(is_operator).nth(OPERATORS) {
        None => Ok(()),
        Some(one_more) => {
            let message = format!("an expression has at most {OPERATORS} operators");
            let span = span_of(&one_more);
            let fault = Fault::new("hydrule::condition::too_many_operators", span, message);
            Err(fault.labelled("one too many").helped("name parts of it in `[let]`"))
        }
    }
}

fn syntax_fault(text: &str, error: &Error<Syntax>) -> Fault {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span::new(at, at + length);
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected_words(positives),
        ErrorVariant::CustomError { message } => message.clone(),
    };
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

fn span_of(pair: &Pair<'_, Syntax>) -> Span {
    Span::new(pair.as_span().start(), pair.as_span().end())
}

struct Lower<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

/// An operand and how strongly its operator binds.
type Operand = (Expr, u8);

/// What binds more strongly than any operator between two operands.
const UNARY: u8 = u8::MAX;

impl Lower<'_> {
    fn blame(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn ternary(&mut self, pair: Pair<'_, Syntax>) -> Expr {
        let span = span_of(&pair);
        let mut parts = pair.into_inner().filter(|part| part.as_rule() != Syntax::ws);
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

    fn binary(&mut self, pair: Pair<'_, Syntax>) -> Expr {
        let parts = pair.into_inner().filter(|part| part.as_rule() != Syntax::ws);
        let mut operands: Vec<Operand> = Vec::new();
        let mut pending: Vec<BinaryOp> = Vec::new();
        for part in parts {
            if part.as_rule() == Syntax::operator {
                let sign = part.as_str();
                let entry = BinaryOp::TABLE.iter().find(|(it, ..)| *it == sign);
                let Some((_, strength, op)) = entry else { continue };
                while pending.last().is_some_and(|top| top.strength() >= *strength) {
                    self.reduce(&mut operands, &mut pending);
                }
                pending.push(*op);
            } else {
                operands.push((self.unary(part), UNARY));
            }
        }
        while !pending.is_empty() {
            self.reduce(&mut operands, &mut pending);
        }
        let none = Expr { span: Span::at(0), kind: ExprKind::Literal(Value::Null) };
        operands.pop().map_or(none, |(expr, _)| expr)
    }

    /// Joins the two last operands by the last operator.
    fn reduce(&mut self, operands: &mut Vec<Operand>, pending: &mut Vec<BinaryOp>) {
        let (Some((right, _)), Some((left, bound)), Some(op)) =
            (operands.pop(), operands.pop(), pending.pop())
        else {
            return;
        };
        let span = left.span.cover(right.span);
        if op.strength() == BinaryOp::Equal.strength() && bound == op.strength() {
            self.chained(&left, op, &right, span);
        }
        let kind = ExprKind::Binary(op, Box::new(left), Box::new(right));
        operands.push((Expr { span, kind }, op.strength()));
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

    fn unary(&mut self, pair: Pair<'_, Syntax>) -> Expr {
        let end = span_of(&pair).end;
        let mut prefixes = Vec::new();
        let mut inner = None;
        for part in pair.into_inner().filter(|part| part.as_rule() != Syntax::ws) {
            match part.as_rule() {
                Syntax::prefix => prefixes.push((part.as_str().to_owned(), span_of(&part).start)),
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
            let kind = match (sign.as_str(), expr.kind) {
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

    fn primary(&mut self, pair: Pair<'_, Syntax>) -> Expr {
        let span = span_of(&pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Syntax::group => {
                let inner = pair.into_inner().find(|part| part.as_rule() == Syntax::ternary);
                return match inner {
                    Some(inner) => Expr { span, kind: self.ternary(inner).kind },
                    None => Expr { span, kind: ExprKind::Literal(Value::Null) },
                };
            }
            Syntax::list => ExprKind::List(self.items(pair)),
            Syntax::string => ExprKind::Literal(Value::Str(self.unquoted(text, span))),
            Syntax::number => ExprKind::Literal(self.number(text, span)),
            Syntax::indexed => {
                let inner = pair.into_inner().find(|part| part.as_rule() == Syntax::string);
                let key = inner.map(|part| self.unquoted(part.as_str(), span_of(&part)));
                let key = key.unwrap_or_default();
                ExprKind::Key(KeyPath::new(key))
            }
            Syntax::call => return self.call(pair, span),
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

    fn items(&mut self, pair: Pair<'_, Syntax>) -> Vec<Expr> {
        let items = pair.into_inner().filter(|part| part.as_rule() == Syntax::ternary);
        items.map(|item| self.ternary(item)).collect()
    }

    fn call(&mut self, pair: Pair<'_, Syntax>, span: Span) -> Expr {
        let none = Expr { span, kind: ExprKind::Literal(Value::Null) };
        let Some(name) = pair.clone().into_inner().find(|it| it.as_rule() == Syntax::name) else {
            return none;
        };
        let at = span_of(&name);
        let arguments = self.items(pair);
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

fn ends_in_minus(prefixes: &[(String, usize)]) -> bool {
    prefixes.last().is_some_and(|(sign, _)| sign == "-")
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
