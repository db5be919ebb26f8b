use super::trace::Trace;
use crate::facts::Missing;
use crate::text::{Fault, Span};
use crate::value::Value;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A value.
    Known(Value),
    /// It reads a name that is known not to exist.
    Absent {
        /// The name.
        name: String,
    },
    /// It reads names that nothing tells.
    Unknown(Vec<Missing>),
    /// It cannot be computed: a type error, an overflow, a division by zero.
    Failed(Box<Fault>),
}

/// An outcome and how it came about.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// What the expression comes to.
    pub outcome: Outcome,
    /// The evaluation, node by node.
    pub trace: Trace,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It reads a key that does not exist, so it does not apply.
    Absent(String),
    /// It needs something that nothing tells.
    Unknown(Vec<Missing>),
    /// It cannot be computed.
    Failed(Box<Fault>),
}

impl Evaluation {
    /// Reads the outcome as a verdict; a value that is no boolean is a failure.
    pub fn verdict(&self) -> Verdict {
        self.outcome.clone().verdict(self.trace.span)
    }
}

impl Outcome {
    /// Joins the undecided outcomes of several operands: an absence before the unknowns, which
    /// collect, before a failure. Nothing where all are known.
    ///
    /// With an absent operand it is absent whatever becomes of the unknown ones. With a failed one
    /// it is not decided yet, since an unknown one may turn out to be absent.
    pub(super) fn undecided<'a>(
        operands: impl IntoIterator<Item = &'a Self> + Clone,
    ) -> Option<Self> {
        let find = |wanted: fn(&Self) -> bool| {
            operands.clone().into_iter().find(|operand| wanted(operand)).cloned()
        };
        find(|operand| matches!(operand, Self::Absent { .. }))
            .or_else(|| Self::unknown(operands.clone()))
            .or_else(|| find(|operand| matches!(operand, Self::Failed(_))))
    }

    /// Joins the unknown ones of several operands; nothing where there is none.
    pub(super) fn unknown<'a>(operands: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut missing: Vec<Missing> = Vec::new();
        for operand in operands {
            if let Self::Unknown(more) = operand {
                for one in more {
                    if !missing.contains(one) {
                        missing.push(one.clone());
                    }
                }
            }
        }
        (!missing.is_empty()).then_some(Self::Unknown(missing))
    }

    /// Reads the outcome of what stands at a place as a verdict; a value that is no boolean is a
    /// failure.
    pub fn verdict(self, at: Span) -> Verdict {
        match self {
            Self::Known(Value::Bool(true)) => Verdict::True,
            Self::Known(Value::Bool(false)) => Verdict::False,
            Self::Known(other) => {
                let message =
                    format!("a condition must be true or false, this is {}", other.kind());
                let fault = Fault::new("hydrule::condition::not_boolean", at, message);
                Verdict::Failed(Box::new(fault))
            }
            Self::Absent { name } => Verdict::Absent(name),
            Self::Unknown(missing) => Verdict::Unknown(missing),
            Self::Failed(fault) => Verdict::Failed(fault),
        }
    }

    /// Makes the outcome of a truth value.
    pub(super) fn truth(truth: bool) -> Self {
        Self::Known(Value::Bool(truth))
    }

    /// Returns the truth value, if it is known to be one.
    pub fn as_truth(&self) -> Option<bool> {
        match self {
            Self::Known(Value::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }
}
