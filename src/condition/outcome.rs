use super::trace::Trace;
use crate::facts::Missing;
use crate::text::Fault;
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
    Failed(Fault),
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
    Failed(Fault),
}

impl Evaluation {
    /// Reads the outcome as a verdict; a value that is no boolean is a failure.
    pub fn verdict(&self) -> Verdict {
        match &self.outcome {
            Outcome::Known(Value::Bool(true)) => Verdict::True,
            Outcome::Known(Value::Bool(false)) => Verdict::False,
            Outcome::Known(other) => Verdict::Failed(Fault::new(
                "hydrule::condition::not_boolean",
                self.trace.span,
                format!("a condition must be true or false, this is {}", other.kind()),
            )),
            Outcome::Absent { name } => Verdict::Absent(name.clone()),
            Outcome::Unknown(missing) => Verdict::Unknown(missing.clone()),
            Outcome::Failed(fault) => Verdict::Failed(fault.clone()),
        }
    }
}

impl Outcome {
    /// Joins the undecided outcomes of several operands: a failure before an absence before an
    /// unknown, which collect. Nothing where all are known.
    pub(super) fn undecided<'a>(operands: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut absent = None;
        let mut missing: Vec<Missing> = Vec::new();
        for operand in operands {
            match operand {
                Self::Known(_) => {}
                Self::Failed(_) => return Some(operand.clone()),
                Self::Absent { .. } => absent = absent.or(Some(operand)),
                Self::Unknown(more) => {
                    let new = more.iter().filter(|one| !missing.contains(one)).cloned();
                    let new: Vec<Missing> = new.collect();
                    missing.extend(new);
                }
            }
        }
        match absent {
            Some(absent) => Some(absent.clone()),
            None => (!missing.is_empty()).then_some(Self::Unknown(missing)),
        }
    }

    /// Makes the outcome of a truth value.
    pub(super) fn truth(truth: bool) -> Self {
        Self::Known(Value::Bool(truth))
    }

    /// Returns the truth value, if it is known to be one.
    pub(super) fn as_truth(&self) -> Option<bool> {
        match self {
            Self::Known(Value::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }
}
