//! The functions, as one table: the evaluator, the checker and the reference all read it.

use super::check::Type;

/// One function.
#[derive(Debug, PartialEq)]
pub(super) struct Builtin {
    pub name: &'static str,
    pub function: Function,
    /// The parameters: name and type.
    pub parameters: &'static [(&'static str, Type)],
    /// Whether the last parameter may repeat.
    pub variadic: bool,
    pub result: Type,
    pub doc: &'static str,
    /// Expressions and what they come to, shown in the reference and tested.
    pub examples: &'static [(&'static str, &'static str)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Exists,
    Floor,
    LargestDivisor,
    Matches,
    Max,
    Min,
    Size,
    Switched,
}

impl Builtin {
    /// Writes the call as the reference shows it: `min(number, …)`.
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self.parameters.iter().map(|(name, _)| *name).collect();
        let more = if self.variadic { ", …" } else { "" };
        format!("{}({}{more})", self.name, names.join(", "))
    }
}

/// All functions in alphabetical order.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "abs",
        function: Function::Abs,
        parameters: &[("number", Type::Quantity)],
        variadic: false,
        result: Type::Quantity,
        doc: "The number without its sign.",
        examples: &[("abs(-3)", "3"), ("abs(2.5)", "2.5")],
    },
    Builtin {
        name: "ceil",
        function: Function::Ceil,
        parameters: &[("number", Type::Number)],
        variadic: false,
        result: Type::Int,
        doc: "The smallest integer that is not below the number.",
        examples: &[("ceil(1.2)", "2"), ("ceil(7 / 2)", "3")],
    },
    Builtin {
        name: "exists",
        function: Function::Exists,
        parameters: &[("key", Type::Any)],
        variadic: false,
        result: Type::Bool,
        doc: "Whether the key exists; null exists. Unknown where nothing tells.",
        examples: &[("exists(trainer.nnodes)", "True"), ("exists(trainer.absent)", "False")],
    },
    Builtin {
        name: "floor",
        function: Function::Floor,
        parameters: &[("number", Type::Number)],
        variadic: false,
        result: Type::Int,
        doc: "The largest integer that is not above the number.",
        examples: &[("floor(1.8)", "1")],
    },
    Builtin {
        name: "largest_divisor",
        function: Function::LargestDivisor,
        parameters: &[("n", Type::Int), ("at_most", Type::Int)],
        variadic: false,
        result: Type::Int,
        doc: "The largest divisor of `n` that is not above `at_most`; both are at least 1.",
        examples: &[("largest_divisor(320, 24)", "20"), ("largest_divisor(7, 6)", "1")],
    },
    Builtin {
        name: "matches",
        function: Function::Matches,
        parameters: &[("text", Type::Str), ("pattern", Type::Str)],
        variadic: false,
        result: Type::Bool,
        doc: "Whether the regular expression is found in the text, anywhere unless anchored.",
        examples: &[(r"matches('Qwen2.5-7B', '7B$')", "True"), ("matches('a', 'b')", "False")],
    },
    Builtin {
        name: "max",
        function: Function::Max,
        parameters: &[("number", Type::Quantity)],
        variadic: true,
        result: Type::Quantity,
        doc: "The largest of the numbers.",
        examples: &[("max(1, 2.5)", "2.5"), ("max(3, 8, 1)", "8")],
    },
    Builtin {
        name: "min",
        function: Function::Min,
        parameters: &[("number", Type::Quantity)],
        variadic: true,
        result: Type::Quantity,
        doc: "The smallest of the numbers.",
        examples: &[("min(4, 8)", "4"), ("min(1GiB, 512MiB)", "512.00 MiB")],
    },
    Builtin {
        name: "size",
        function: Function::Size,
        parameters: &[("value", Type::Any)],
        variadic: false,
        result: Type::Int,
        doc: "The number of items of a list or dict, or of code points of a text.",
        examples: &[("size([1, 2])", "2"), ("size('abc')", "3")],
    },
    Builtin {
        name: "switched",
        function: Function::Switched,
        parameters: &[("key", Type::Any)],
        variadic: false,
        result: Type::Bool,
        doc: "Whether an override of the launch sets or deletes the key.",
        examples: &[("switched(trainer.nnodes)", "True"), ("switched(trainer.absent)", "False")],
    },
];
