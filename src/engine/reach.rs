//! The numbers around a value at which a verdict turns: the nearest, and how far they reach.

use crate::value::Value;

/// How many neighbouring integers are tried where a verdict may jump from one to the next.
const STEPS: i64 = 1024;

/// How many are tried where it may not.
const FEW_STEPS: i64 = 16;

/// How often a number is doubled and halved on the search for a turn.
const DOUBLINGS: i32 = 24;

/// The least relative step between numbers that are not whole.
const FINE: f64 = 1e-3;

/// The nearest number that turns a verdict, and which others do.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The number, or null where that turns it.
    pub to: Value,
    /// Which others do.
    pub reach: Reach,
}

/// Which numbers turn a verdict.
#[derive(Debug, Clone, PartialEq)]
pub enum Reach {
    /// Only the nearest, as far as was tried.
    Only,
    /// All but this.
    Not(Value),
    /// All in a range.
    Within(Range),
}

/// A range of numbers; a bound that is none is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The lower bound.
    pub low: Option<Bound>,
    /// The upper bound.
    pub high: Option<Bound>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: Value,
    /// Whether the number itself belongs to the range.
    pub inclusive: bool,
}

/// Numbers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Bytes,
}

impl Kind {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(_) => Some(Self::Int),
            Value::Float(_) => Some(Self::Float),
            Value::Bytes(_) => Some(Self::Bytes),
            _ => None,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
    fn value(self, number: f64) -> Option<Value> {
        if !number.is_finite() || number.abs() > 9e15 {
            return None;
        }
        Some(match self {
            Self::Int => Value::Int(number.round() as i64),
            Self::Bytes => Value::Bytes(number.round() as i64),
            Self::Float => Value::Float(tidy(number)),
        })
    }

    /// The step to the next number worth trying.
    fn step(self, at: f64) -> f64 {
        match self {
            Self::Int => 1.0,
            Self::Bytes => f64::from(1 << 20),
            Self::Float => power_of_ten(at.abs().max(FINE) * FINE * 10.0),
        }
    }
}

/// The greatest power of ten that is no more than a number above zero.
fn power_of_ten(number: f64) -> f64 {
    let text = format!("{number:e}");
    let power = text.split_once('e').and_then(|(_, exponent)| format!("1e{exponent}").parse().ok());
    power.unwrap_or(FINE)
}

/// Rounds away what binary fractions add: 0.5 + 0.01 must not print as 0.51000000000001.
fn tidy(number: f64) -> f64 {
    format!("{number:.9e}").parse().unwrap_or(number)
}

#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nothing is tried")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bytes(bytes) => Some(*bytes as f64),
        other => other.as_number(),
    }
}

/// Finds the number nearest to `now` that turns a verdict, among those that matter: what it is
/// `compared` with, what lies beside, and, where it is `searched`, the numbers around it: one by
/// one where the verdict may jump (`stepwise`), else by doubling and bisecting.
pub fn nearest_number(
    now: Option<&Value>,
    compared: &[Value],
    (searched, stepwise): (bool, bool),
    turned: &dyn Fn(&Value) -> bool,
) -> Option<Nearest> {
    let known = now.and_then(|now| Some((number(now)?, Kind::of(now)?)));
    let marks: Vec<f64> = compared.iter().filter_map(number).collect();
    let kind = known.map(|(_, kind)| kind).or_else(|| compared.iter().find_map(Kind::of))?;
    // A whole number may turn at a fraction, which only a float can be written as.
    let whole = |mark: &f64| mark.fract() == 0.0;
    let kind = if kind == Kind::Int && known.is_none() && !marks.iter().all(whole) {
        Kind::Float
    } else {
        kind
    };
    let line = Line { kind, marks, turned };
    let Some((at, _)) = known else {
        // From null or nothing, the first mark that does it is as near as any.
        let mut near: Vec<f64> = line.marks.iter().flat_map(|mark| line.around(*mark)).collect();
        near.retain(|it| line.turns(*it));
        let to = near.first().copied()?;
        return line.found(to, if line.turns(to + kind.step(to)) { 1.0 } else { -1.0 }, None);
    };
    let mut near: Vec<f64> = line.marks.iter().flat_map(|mark| line.around(*mark)).collect();
    if searched && kind == Kind::Int {
        let most = if stepwise { STEPS } else { FEW_STEPS };
        #[expect(clippy::cast_precision_loss, reason = "few steps")]
        near.extend((1..=most).flat_map(|by| [at + by as f64, at - by as f64]));
    }
    near.retain(|it| (*it - at).abs() > 0.0);
    near.sort_by(|a, b| (a - at).abs().total_cmp(&(b - at).abs()));
    let null = compared.iter().any(|it| matches!(it, Value::Null)) && turned(&Value::Null);
    let to = near.into_iter().find(|it| line.turns(*it));
    let to = to.or_else(|| searched.then(|| line.far(at)).flatten());
    match to {
        Some(to) => line.found(to, (to - at).signum(), Some(at)),
        None => null.then_some(Nearest { to: Value::Null, reach: Reach::Only }),
    }
}

struct Line<'a> {
    kind: Kind,
    /// What the number is compared with.
    marks: Vec<f64>,
    turned: &'a dyn Fn(&Value) -> bool,
}

impl Line<'_> {
    fn turns(&self, at: f64) -> bool {
        self.kind.value(at).is_some_and(|value| (self.turned)(&value))
    }

    /// A mark, and what lies directly beside it.
    fn around(&self, mark: f64) -> Vec<f64> {
        let step = self.kind.step(mark);
        let at = if self.kind == Kind::Float { mark } else { mark.floor() };
        let mut near = vec![at, at + step, at - step];
        if at < mark {
            near.push(at + 2.0 * step);
        }
        near
    }

    /// Doubles and halves until the verdict turns, then bisects to where it does.
    fn far(&self, at: f64) -> Option<f64> {
        let start = if at == 0.0 { self.kind.step(0.0) } else { at };
        let ways = [2.0, 0.5].map(|factor| {
            let mut inside = at;
            for doubling in 1..=DOUBLINGS {
                let next = start * f64::powi(factor, doubling);
                if self.turns(next) {
                    return Some(self.bisected(inside, next));
                }
                inside = next;
            }
            None
        });
        let near = |it: &f64| (it / start).max(start / it);
        ways.into_iter().flatten().min_by(|a, b| near(a).total_cmp(&near(b)))
    }

    /// Narrows down to a number that turns the verdict beside one that does not.
    fn bisected(&self, mut inside: f64, mut outside: f64) -> f64 {
        for _ in 0..60 {
            let middle = (inside + outside) / 2.0;
            let middle = if self.kind == Kind::Float { middle } else { middle.round() };
            let apart = (outside - inside).abs();
            if middle == inside
                || middle == outside
                || apart <= FINE * outside.abs() && self.kind == Kind::Float
            {
                break;
            }
            if self.turns(middle) { outside = middle } else { inside = middle }
        }
        outside
    }

    /// Says how far the numbers reach that turn the verdict, from the nearest on in direction
    /// `way`; `at` is the number now.
    fn found(&self, to: f64, way: f64, at: Option<f64>) -> Option<Nearest> {
        let value = self.kind.value(to)?;
        let step = self.kind.step(to);
        if !self.turns(to + way * step) {
            return Some(Nearest { to: value, reach: Reach::Only });
        }
        let is_mark = |at: &f64| self.marks.iter().any(|mark| mark == at);
        if let Some(at) = at.filter(|at| is_mark(at) && (to - at).abs() <= step)
            && self.turns(at - way * step)
        {
            return Some(Nearest { to: value, reach: Reach::Not(self.kind.value(at)?) });
        }
        let near = to - way * step;
        let near = if is_mark(&near) && !self.turns(near) {
            Bound { value: self.kind.value(near)?, inclusive: false }
        } else {
            Bound { value: value.clone(), inclusive: true }
        };
        let Some(far) = self.end(to, way) else {
            return Some(Nearest { to: value, reach: Reach::Only });
        };
        let near = Some(near);
        let (low, high) = if way > 0.0 { (near, far) } else { (far, near) };
        Some(Nearest { to: value, reach: Reach::Within(Range { low, high }) })
    }

    /// Finds the far end of the numbers that turn the verdict: no bound where it is open; nothing
    /// where it lies at no mark.
    fn end(&self, to: f64, way: f64) -> Option<Option<Bound>> {
        let mut marks: Vec<f64> = self.marks.iter().copied().chain([0.0]).collect();
        marks.retain(|mark| (mark - to) * way > 0.0);
        marks.sort_by(|a, b| (a * way).total_cmp(&(b * way)));
        for mark in &marks {
            let past = mark + way * self.kind.step(*mark);
            if !self.turns(*mark) {
                return Some(Some(Bound { value: self.kind.value(*mark)?, inclusive: false }));
            }
            if !self.turns(past) {
                return Some(Some(Bound { value: self.kind.value(*mark)?, inclusive: true }));
            }
        }
        let last = marks.last().copied().unwrap_or(to);
        let open = |factor: f64| {
            let wide = last.abs().max(self.kind.step(last)) * factor;
            self.turns(last + way * wide)
        };
        (open(0.5) && open(1.0) && open(9.0)).then_some(None)
    }
}
