//! Scoring a pack by what helped before: where its ladder holds a change that a person made.
//!
//! The ladder is what would be proposed if every proposal were made and the job failed as before:
//! the plan with as many steps as there are, in which an option that is taken again keeps its rung.

use std::cmp::Ordering;

use indexmap::IndexSet;

use crate::condition::Scope as _;
use crate::engine::{Request, State, View, World, decide};
use crate::facts::Lookup;
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::value::Value;

/// The most steps of a ladder: more than a pack has options, each taken a few times.
const MOST_STEPS: usize = 256;

/// What a change is about: a key of the configuration, or a Slurm directive by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A key.
    Key(KeyPath),
    /// A directive.
    Directive(String),
}

/// Which way a value goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Direction {
    /// To a smaller number.
    Down,
    /// To a larger number.
    Up,
    /// To a number, from what is none or is not told.
    Number,
    /// To this value.
    To(Value),
    /// Away: the key is deleted.
    Gone,
}

/// One value that changed.
#[derive(Debug, Clone)]
pub struct Move {
    /// Which value.
    pub subject: Subject,
    /// What it was; none where nothing tells, or it was not there.
    pub before: Option<Value>,
    /// What it became; none where the key is deleted.
    pub after: Option<Value>,
    /// Which way it went.
    pub direction: Direction,
}

/// Where a ladder holds one value of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The rung, counted from 1 in options.
    pub rank: usize,
    /// The step in which it is reached, counted from 1.
    pub step: usize,
}

/// What would be proposed, one thing after another.
#[derive(Debug)]
pub struct Ladder {
    /// The options by id, in the order in which they are first taken.
    options: IndexSet<String>,
    /// The states before the first step and after every step, with the rung that led there.
    states: Vec<(usize, State)>,
}

impl Subject {
    /// Reads its value in a state; none where it is absent or nothing tells.
    fn value(&self, pack: &Pack, state: &State, world: &World) -> Option<Value> {
        match self {
            Self::Key(key) => match View::new(pack, state, world).config(key) {
                Lookup::Set(found) => Some(found.value),
                Lookup::Absent | Lookup::Unknown(_) => None,
            },
            Self::Directive(name) => state.directives.get(name).map(|found| found.value.clone()),
        }
    }
}

impl Move {
    /// Finds out how a value differs between two states; nothing where it does not.
    pub fn between(
        subject: &Subject,
        pack: &Pack,
        world: &World,
        (old, new): (&State, &State),
    ) -> Option<Self> {
        let (before, after) = (subject.value(pack, old, world), subject.value(pack, new, world));
        let direction = direction(before.as_ref(), after.as_ref())?;
        Some(Self { subject: subject.clone(), before, after, direction })
    }

    /// Tells whether another change of the same value is one of the same kind.
    fn agrees_with(&self, other: &Self) -> bool {
        match (&self.direction, &other.direction) {
            (Direction::To(wanted), Direction::To(value)) => wanted.same_as(value),
            (wanted, direction) => wanted == direction,
        }
    }
}

/// Tells which way a value goes; nothing where it stays.
fn direction(before: Option<&Value>, after: Option<&Value>) -> Option<Direction> {
    let number = |value: &Value| match value {
        Value::Bytes(bytes) => Some(Value::Int(*bytes)),
        Value::Int(_) | Value::Float(_) => Some(value.clone()),
        _ => None,
    };
    match (before, after) {
        (None, None) => None,
        (Some(_), None) => Some(Direction::Gone),
        (Some(before), Some(after)) if before.same_as(after) => None,
        (before, Some(after)) => Some(match (before.and_then(number), number(after)) {
            (Some(before), Some(after)) => match before.compare_numbers(&after)? {
                Ordering::Less => Direction::Up,
                Ordering::Greater => Direction::Down,
                Ordering::Equal => return None,
            },
            (None, Some(_)) => Direction::Number,
            (_, None) => Direction::To(after.clone()),
        }),
    }
}

impl Ladder {
    /// Climbs from a state: every proposal is made, and the failure stays the same.
    pub fn climb(pack: &Pack, state: &State, world: &World) -> Self {
        let request = Request { steps: Some(MOST_STEPS), ..Request::default() };
        let plan = decide(pack, state, world, &request);
        let mut options = IndexSet::new();
        let mut states = vec![(0, plan.start)];
        for step in plan.steps {
            let (index, _) = options.insert_full(step.option);
            states.push((index + 1, step.applied.state));
        }
        Self { options, states }
    }

    /// Lists the options in order.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(String::as_str)
    }

    /// Finds the first rung that changes a value the way that a person changed it.
    pub fn holds(&self, wanted: &Move, pack: &Pack, world: &World) -> Option<Hold> {
        let pairs = self.states.iter().zip(self.states.iter().skip(1)).enumerate();
        let found = pairs.filter_map(|(index, ((_, old), (rank, new)))| {
            let made = Move::between(&wanted.subject, pack, world, (old, new))?;
            wanted.agrees_with(&made).then_some(Hold { rank: *rank, step: index + 1 })
        });
        found.min_by_key(|hold| hold.rank)
    }
}

/// One triple, scored.
#[derive(Debug)]
pub struct Scored {
    /// The triple's name.
    pub name: String,
    /// The pack that was asked.
    pub pack: String,
    /// Where the outcome was told.
    pub reference: String,
    /// What else is worth knowing of it.
    pub note: String,
    /// Whether what the person did worked.
    pub worked: bool,
    /// The signal that was found in the log.
    pub signal: Option<String>,
    /// The phase that failed, or `host`.
    pub place: Option<String>,
    /// What the person changed, and where the ladder holds it.
    pub moves: Vec<(Move, Option<Hold>)>,
    /// The options that would be proposed, in order.
    pub options: Vec<String>,
}

impl Scored {
    /// Where the ladder first holds a part of the fix.
    pub fn first(&self) -> Option<Hold> {
        self.moves.iter().filter_map(|(_, hold)| *hold).min_by_key(|hold| hold.rank)
    }

    /// Where the ladder holds all of the fix.
    pub fn whole(&self) -> Option<Hold> {
        let holds: Option<Vec<Hold>> = self.moves.iter().map(|(_, hold)| *hold).collect();
        holds?.into_iter().max_by_key(|hold| hold.rank)
    }

    /// The rank of the first part; none where no part is held.
    pub fn rank(&self) -> Option<usize> {
        self.first().map(|hold| hold.rank)
    }

    /// Tells whether a change that did not help would be proposed early.
    pub fn misleads(&self) -> bool {
        !self.worked && self.rank().is_some_and(|rank| rank <= HIGH)
    }
}

/// Up to this rank a proposal is an early one.
pub const HIGH: usize = 3;

/// How a pack does over all triples.
#[derive(Debug)]
pub struct Totals {
    /// How many fixes worked.
    pub worked: usize,
    /// How many of them are held at each of [`Totals::WITHIN`], or before.
    pub hits: [usize; 3],
    /// How many of them are never held.
    pub never: usize,
    /// The mean of one over the rank, which counts 0 where there is none; nothing without a fix that
    /// worked.
    pub reciprocal: Option<f64>,
    /// How many changes did not help.
    pub in_vain: usize,
    /// How many of them are proposed early all the same.
    pub misleading: usize,
}

impl Totals {
    /// The ranks for which hits are counted.
    pub const WITHIN: [usize; 3] = [1, 3, 5];

    /// Counts.
    pub fn of(scored: &[Scored]) -> Self {
        let ranks: Vec<Option<usize>> =
            scored.iter().filter(|it| it.worked).map(Scored::rank).collect();
        let within = |most: usize| ranks.iter().flatten().filter(|rank| **rank <= most).count();
        #[expect(clippy::cast_precision_loss, reason = "ranks and numbers of triples are small")]
        let reciprocal = (!ranks.is_empty()).then(|| {
            // A sum starts at -0, which would show.
            let sum = ranks.iter().flatten().fold(0.0, |sum, rank| sum + 1.0 / *rank as f64);
            sum / ranks.len() as f64
        });
        Self {
            worked: ranks.len(),
            hits: Self::WITHIN.map(within),
            never: ranks.iter().filter(|rank| rank.is_none()).count(),
            reciprocal,
            in_vain: scored.len() - ranks.len(),
            misleading: scored.iter().filter(|it| it.misleads()).count(),
        }
    }
}
