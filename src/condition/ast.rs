use std::mem::discriminant;
use std::sync::OnceLock;

use regex_lite::Regex;

use super::builtins::Builtin;
use super::parse::read_checked;
use crate::path::KeyPath;
use crate::text::{Said, Span};
use crate::value::Value;

/// An expression and the text it was read from.
#[derive(Debug, Clone)]
pub struct Condition {
    pub(super) text: Said,
    /// In a box: most expressions of a pack are never asked for theirs.
    root: OnceLock<Box<Expr>>,
}

impl Condition {
    pub(super) fn new(text: impl Into<Said>, root: Expr) -> Self {
        Self { text: text.into(), root: OnceLock::from(Box::new(root)) }
    }

    /// Takes an expression that was checked before, such as one of a pack that ships. It is parsed
    /// when it is first asked for: most are not. What cannot be parsed is null.
    pub fn sound(text: impl Into<Said>) -> Self {
        Self { text: text.into(), root: OnceLock::new() }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn root(&self) -> &Expr {
        self.root.get_or_init(|| Box::new(read_checked(&self.text)))
    }

    /// Makes a condition of one fact, whatever its name.
    pub fn of_fact(name: &str) -> Self {
        let text = format!("${name}");
        let span = Span::new(0, text.len());
        Self::new(text, Expr { span, kind: ExprKind::Fact(name.to_owned()) })
    }

    /// Adds that a fact must hold, whatever its name. Spans in the condition stay as they are.
    #[must_use]
    pub fn and_fact(&self, name: &str) -> Self {
        let text = format!("{} && ${name}", self.text);
        let span = Span::new(text.len() - name.len() - 1, text.len());
        let fact = Expr { span, kind: ExprKind::Fact(name.to_owned()) };
        let kind = ExprKind::Binary(BinaryOp::And, Box::new(self.root().clone()), Box::new(fact));
        let root = Expr { span: Span::new(0, text.len()), kind };
        Self::new(text, root)
    }

    /// Lists every key and fact that is read, in order of the text.
    pub fn names(&self) -> Vec<NameUse> {
        let mut names = Vec::new();
        self.root().collect_names(&mut names);
        names
    }
}

/// One place where an expression reads a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// Where, in the expression's text.
    pub span: Span,
    name: Name,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Key(KeyPath),
    Fact(String),
}

impl NameUse {
    /// Returns the configuration key, if it is one.
    pub fn key(&self) -> Option<&KeyPath> {
        match &self.name {
            Name::Key(key) => Some(key),
            Name::Fact(_) => None,
        }
    }

    /// Returns the name after the `$`, if it is one of those.
    pub fn fact(&self) -> Option<&str> {
        match &self.name {
            Name::Fact(name) => Some(name),
            Name::Key(_) => None,
        }
    }
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Debug, Clone)]
pub(super) enum ExprKind {
    Literal(Value),
    Key(KeyPath),
    Fact(String),
    It,
    List(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A call; the pattern of `matches` is compiled where it is a literal.
    Call(&'static Builtin, Vec<Expr>, Option<Regex>),
}

/// The operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Default,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl BinaryOp {
    /// Every operator: its sign, its strength (higher binds tighter), and what it is.
    pub const TABLE: [(&'static str, u8, Self); 15] = [
        ("||", 1, Self::Or),
        ("&&", 2, Self::And),
        ("==", 3, Self::Equal),
        ("!=", 3, Self::NotEqual),
        ("<", 3, Self::Less),
        ("<=", 3, Self::LessEqual),
        (">", 3, Self::Greater),
        (">=", 3, Self::GreaterEqual),
        ("in", 3, Self::In),
        ("??", 4, Self::Default),
        ("+", 5, Self::Add),
        ("-", 5, Self::Subtract),
        ("*", 6, Self::Multiply),
        ("/", 6, Self::Divide),
        ("%", 6, Self::Remainder),
    ];

    /// Returns the sign.
    pub fn sign(self) -> &'static str {
        Self::TABLE.iter().find(|(_, _, op)| *op == self).map_or("", |(sign, _, _)| sign)
    }

    /// Returns how strongly it binds.
    pub fn strength(self) -> u8 {
        Self::TABLE.iter().find(|(_, _, op)| *op == self).map_or(0, |(_, strength, _)| *strength)
    }

    /// Returns the operator for exchanged operands, where it orders them.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            other => other,
        }
    }

    /// Returns the operator that holds where this one does not, where it orders numbers.
    pub fn inverse(self) -> Self {
        match self {
            Self::Less => Self::GreaterEqual,
            Self::LessEqual => Self::Greater,
            Self::Greater => Self::LessEqual,
            Self::GreaterEqual => Self::Less,
            other => other,
        }
    }

    /// Tells whether the result says how two values compare.
    pub fn compares(self) -> bool {
        matches!(self, Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual)
    }
}

impl Expr {
    /// Returns the direct parts.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::List(items) | ExprKind::Call(_, items, _) => items.iter().collect(),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => vec![inner],
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::Conditional(test, yes, no) => vec![test, yes, no],
            _ => Vec::new(),
        }
    }

    /// Tells whether any value comes from outside the expression.
    pub fn reads(&self) -> bool {
        matches!(self.kind, ExprKind::Key(_) | ExprKind::Fact(_) | ExprKind::It)
            || self.children().into_iter().any(Self::reads)
    }

    /// Tells whether two expressions say the same, wherever they stand.
    pub fn same_as(&self, other: &Self) -> bool {
        let same = match (&self.kind, &other.kind) {
            (ExprKind::Literal(one), ExprKind::Literal(two)) => one == two,
            (ExprKind::Key(one), ExprKind::Key(two)) => one == two,
            (ExprKind::Fact(one), ExprKind::Fact(two)) => one == two,
            (ExprKind::Binary(one, ..), ExprKind::Binary(two, ..)) => one == two,
            (ExprKind::Call(one, ..), ExprKind::Call(two, ..)) => one == two,
            (one, two) => discriminant(one) == discriminant(two),
        };
        let (ours, theirs) = (self.children(), other.children());
        same && ours.len() == theirs.len()
            && ours.into_iter().zip(theirs).all(|(one, two)| one.same_as(two))
    }

    fn collect_names(&self, out: &mut Vec<NameUse>) {
        match &self.kind {
            ExprKind::Key(key) => {
                out.push(NameUse { span: self.span, name: Name::Key(key.clone()) });
            }
            ExprKind::Fact(name) => {
                out.push(NameUse { span: self.span, name: Name::Fact(name.clone()) });
            }
            _ => {}
        }
        for child in self.children() {
            child.collect_names(out);
        }
    }
}
