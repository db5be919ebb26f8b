//! Named expressions: what they stand for, what they lack, and where they fail.

use hydrule::condition::{Condition, Outcome, Scope};
use hydrule::engine::{State, View, World};
use hydrule::pack::Pack;

use crate::support::{small_pack, small_state};

const LETS: &str = r#"
[let]
ratio = 'a.x / a.y'
more = '1 + $ratio'
total = 'a.x + a.y + a.z'
small = '$total < 4 || $ratio > 1'

[[require]]
id = "r"
holds = '$more > 0'
fails_at = "start-up"
message = "m"
"#;

fn outcome(pack: &Pack, state: &State, text: &str) -> Outcome {
    let condition = Condition::parse(text).unwrap();
    condition.outcome(&View::new(pack, state, &World::default()))
}

fn missing(outcome: Outcome) -> Vec<String> {
    match outcome {
        Outcome::Unknown(missing) => missing.into_iter().map(|it| it.name).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failure_tells_the_name_and_the_place() {
    let pack = small_pack(LETS);
    let state = small_state(&["a.x=1", "a.y=0"]);
    let condition = "true && $more > 0";
    let Outcome::Failed(fault) = outcome(&pack, &state, condition) else { panic!("it fails") };
    assert_eq!(&condition[fault.span.start..fault.span.end], "$more");
    // The innermost name is the one to mend.
    let (start, place) = fault.message.split_once(", ").unwrap();
    assert_eq!(start, "division by zero in `$ratio`");
    let line = pack.lets["ratio"].text.location.line_column().line;
    assert!(place.ends_with(&format!("pack.toml:{line}")), "{place}");
    assert!(matches!(outcome(&pack, &state, "exists($ratio)"), Outcome::Failed(_)));
    assert!(matches!(outcome(&pack, &state, "$more ?? 1"), Outcome::Failed(_)));
}

#[test]
fn an_unknown_names_all_that_is_missing() {
    let pack = small_pack(LETS);
    let state = small_state(&["a.x=1"]);
    assert_eq!(missing(outcome(&pack, &state, "$total > 1")), ["a.y", "a.z"]);
    assert_eq!(missing(outcome(&pack, &state, "$small && exists($more)")), ["a.y", "a.z"]);
    let nothing = small_state(&[] as &[&str]);
    assert_eq!(missing(outcome(&pack, &nothing, "$more > 1")), ["a.x", "a.y"]);
}

/// A name means what the expression means in its place.
#[test]
fn a_name_is_its_expression() {
    let pack = small_pack(LETS);
    let pairs = [
        ("$ratio > 1", "(a.x / a.y) > 1"),
        ("$more == 2 || a.x > 1", "(1 + (a.x / a.y)) == 2 || a.x > 1"),
        (
            "$small && $total != 3",
            "((a.x + a.y + a.z) < 4 || (a.x / a.y) > 1) && (a.x + a.y + a.z) != 3",
        ),
        ("!$small", "!((a.x + a.y + a.z) < 4 || (a.x / a.y) > 1)"),
        ("$total > 2 ? $ratio : 0", "(a.x + a.y + a.z) > 2 ? (a.x / a.y) : 0"),
    ];
    let values = |key: &str| {
        [None, Some("0"), Some("2"), Some("text")].map(|it| it.map(|it| format!("a.{key}={it}")))
    };
    for x in values("x") {
        for y in values("y") {
            for z in values("z") {
                let overrides: Vec<String> = [&x, &y, &z].into_iter().flatten().cloned().collect();
                let state = small_state(&overrides);
                for (named, plain) in pairs {
                    match (outcome(&pack, &state, named), outcome(&pack, &state, plain)) {
                        (Outcome::Failed(named), Outcome::Failed(plain)) => {
                            assert!(
                                named.message.starts_with(&plain.message),
                                "{named:?} {plain:?}"
                            );
                        }
                        (left, right) => assert_eq!(left, right, "{named} {overrides:?}"),
                    }
                }
            }
        }
    }
    assert!(View::new(&pack, &State::default(), &World::default()).named("nothing").is_none());
}
