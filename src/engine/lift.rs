//! What would make a rejected option taken after all.

use super::plan::{Request, judge_option};
use super::state::State;
use super::turn::{Change, Turn, read_names, suppose};
use super::verdict::{Rejection, Status};
use super::world::World;
use crate::condition::{Condition, Target};
use crate::facts::{Found, Provenance};
use crate::pack::{Pack, PackOption, Rewrite};
use crate::value::Value;

/// How often a number is doubled and halved, and how many of its neighbours are tried.
const NEAR: i64 = 4;

/// Finds the change of one value under which an option that is rejected would be taken: another
/// phase of the failure, or another value of what its rewrite or a requirement reads. Nothing
/// where none was found.
pub fn lift(
    option: &PackOption,
    rejection: &Rejection,
    pack: &Pack,
    (state, world): (&State, &World),
    request: &Request,
) -> Option<Turn> {
    let taken = |state: &State, world: &World| {
        let status = judge_option(option, pack, state, world, request);
        matches!(status, Status::Later | Status::NeedsUnsafe | Status::Shown)
    };
    match rejection {
        Rejection::DoesNotRelieve { .. }
        | Rejection::Loads { .. }
        | Rejection::NoFailure
        | Rejection::PlaceUnknown => other_phase(option, state, world, &taken),
        Rejection::Breaks { requirement, .. } => {
            let rule = pack.requirements.iter().find(|it| it.id == *requirement)?;
            let expressions = rule.when.iter().chain([&rule.holds]).map(|it| &it.condition);
            other_value(expressions.collect(), pack, (state, world), &taken)
        }
        Rejection::ChangesNothing => {
            let targets: Vec<Condition> = option.rewrite.iter().filter_map(target).collect();
            other_value(targets.iter().collect(), pack, (state, world), &taken)
        }
        _ => None,
    }
}

/// The key that a rewrite sets, as an expression.
fn target(rewrite: &Rewrite) -> Option<Condition> {
    let key = match rewrite {
        Rewrite::Plain(parsed, _) => parsed.key.clone(),
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) => key.to_string(),
            _ => return None,
        },
    };
    Condition::parse(&key).ok()
}

fn other_phase(
    option: &PackOption,
    state: &State,
    world: &World,
    taken: &dyn Fn(&State, &World) -> bool,
) -> Option<Turn> {
    let failure = world.failure.as_ref();
    let event = failure.map_or("oom", |failure| failure.event.event.as_str());
    let name = format!("{event}.phase");
    let phases = option.relieves.iter().filter(|place| !option.loads.contains(place));
    let helped: Vec<Value> = phases
        .filter(|place| {
            let mut other = world.clone();
            let told = Value::Str((*place).clone());
            other.facts.insert(name.clone(), told, Provenance::Computed);
            match &mut other.failure {
                Some(failure) => failure.place = Some((*place).clone()),
                None => other.take_told_failure(),
            }
            taken(state, &other)
        })
        .map(|place| Value::Str(place.clone()))
        .collect();
    let now = failure.and_then(|failure| {
        let from = failure.place_from.clone().map_or(Provenance::Computed, Provenance::Text);
        Some(Found { value: Value::Str(failure.place.clone()?), from })
    });
    let to = helped.first().cloned()?;
    Some(Turn { name: format!("${name}"), now, change: Change::OneOf(helped), to: Some(to) })
}

/// Tries other values of what expressions read, nearest first.
fn other_value(
    expressions: Vec<&Condition>,
    pack: &Pack,
    (state, world): (&State, &World),
    taken: &dyn Fn(&State, &World) -> bool,
) -> Option<Turn> {
    let mut tries: Vec<(f64, Turn)> = Vec::new();
    for (name, now) in read_names(&expressions, pack, state, world) {
        for (distance, to) in near(&now.value) {
            let change = Change::OneOf(vec![to.clone()]);
            let (name, now) = (name.clone(), Some(now.clone()));
            tries.push((distance, Turn { name, now, change, to: Some(to) }));
        }
    }
    tries.sort_by(|a, b| a.0.total_cmp(&b.0));
    tries.into_iter().map(|(_, turn)| turn).find(|turn| {
        suppose(turn, state, world).is_some_and(|(state, world)| taken(&state, &world))
    })
}

/// Lists other values with their relative difference: neighbours, doubles and halves of a number.
fn near(now: &Value) -> Vec<(f64, Value)> {
    match now {
        Value::Bool(truth) => vec![(1.0, Value::Bool(!truth))],
        Value::Int(int) => {
            let by = (1..=NEAR).flat_map(|by| [int.checked_add(by), int.checked_sub(by)]);
            let double = (1..=NEAR).map(|by| int.checked_mul(1 << by));
            let half = (1..=NEAR).map(|by| Some(int >> by));
            let all = by.chain(double).chain(half).flatten().filter(|it| it != int);
            #[expect(clippy::cast_precision_loss, reason = "only the order of distances counts")]
            let distance =
                |it: i64| (it - int).abs() as f64 / int.abs().max(it.abs()).max(1) as f64;
            all.map(|it| (distance(it), Value::Int(it))).collect()
        }
        _ => Vec::new(),
    }
}
