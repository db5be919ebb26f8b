/// How a rule came out on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// An option's condition holds; a requirement is broken.
    Fired,
    /// An option's condition does not hold; a requirement is not broken.
    Silent,
    /// Something that decides it is not known, or it cannot be computed.
    Unknown,
}

impl Truth {
    /// Says it of a rule, as in `it fired`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Silent => "stayed silent",
            Self::Unknown => "is unknown",
        }
    }

    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
        }
    }
}

/// One rule on a case.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// The rule's id.
    pub id: String,
    /// How it came out.
    pub truth: Truth,
    /// Whether the plan takes it.
    pub chosen: bool,
    /// Why it came out so; only where the case asks.
    pub why: String,
}

/// Why planning again finds something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would change once more, or which options are taken, in lines.
    pub lines: Vec<String>,
}

/// What came of a case.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Every option and requirement, in the order of the pack.
    pub ruled: Vec<Ruled>,
    /// The options that the plan takes, in order.
    pub plan: Vec<String>,
    /// The overrides and directives that the plan changes, as they become: `key=value`, `~key`,
    /// `sbatch:NAME=value`.
    pub changes: Vec<String>,
    /// The overrides that result, in order.
    pub overrides: Vec<String>,
    /// The broken requirements and the findings in the scripts.
    pub findings: Vec<String>,
    /// The requirements that are broken after the plan.
    pub left: Vec<String>,
    /// What the pack knows the launch by, of its `launches` and `keys`.
    pub known_by: Vec<String>,
    /// For each condition that the case expects to hold, why it does not, if it does not.
    pub holds: Vec<Option<String>>,
    /// The place of the failure: a phase, `host`, `unknown` where nothing tells, `none` without one.
    pub phase: String,
    /// The signal that tells the failure: `told` where nothing but the case does, `none` without one.
    pub signal: String,
    /// What is wrong with planning again; nothing where the second plan is empty.
    pub again: Option<Again>,
    /// Everything worth looking at, as a page.
    pub page: String,
}
