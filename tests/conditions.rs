//! The condition language: its logic, its reference, its totality.

use std::fs;

use hydrule::condition::{Condition, Evaluation, Outcome, Scope, Verdict, reference};
use hydrule::facts::{Found, Lookup, Missing, Provenance};
use hydrule::path::KeyPath;
use hydrule::value::Value;
use proptest::prelude::{Just, Strategy, prop_oneof, proptest};

use crate::support::root;

/// A world in which a few names are known, `x.absent` does not exist and `x.unknown` is unknown.
#[derive(Clone)]
struct World(Vec<(&'static str, Lookup)>);

fn set(value: Value) -> Lookup {
    Lookup::Set(Found { value, from: Provenance::Computed })
}

fn unknown(name: &str) -> Lookup {
    Lookup::Unknown(Missing {
        name: name.to_owned(),
        why: "not told".to_owned(),
        supply: String::new(),
    })
}

fn world() -> World {
    World(vec![
        ("trainer.nnodes", set(Value::Int(1))),
        ("x.true", set(Value::Bool(true))),
        ("x.false", set(Value::Bool(false))),
        ("x.unknown", unknown("x.unknown")),
        ("x.one", set(Value::Int(1))),
    ])
}

impl Scope for World {
    fn config(&self, key: &KeyPath) -> Lookup {
        let found = self.0.iter().find(|(name, _)| *name == key.as_str());
        found.map_or(Lookup::Absent, |(_, answer)| answer.clone())
    }

    fn name(&self, _: &str) -> Lookup {
        Lookup::Absent
    }

    fn it(&self) -> Lookup {
        Lookup::Absent
    }

    fn switched(&self, key: &KeyPath) -> Lookup {
        set(Value::Bool(matches!(self.config(key), Lookup::Set(_))))
    }
}

fn evaluate(text: &str, world: &World) -> Evaluation {
    Condition::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).evaluate(world)
}

fn verdict(text: &str) -> char {
    match evaluate(text, &world()).verdict() {
        Verdict::True => 'T',
        Verdict::False => 'F',
        Verdict::Unknown(_) => 'U',
        Verdict::Absent(_) => 'A',
        Verdict::Failed(_) => 'E',
    }
}

#[test]
fn kleenes_tables_hold() {
    let names = ["x.true", "x.false", "x.unknown"];
    let tables = [("&&", ["TFU", "FFF", "UFU"]), ("||", ["TTT", "TFU", "TUU"])];
    for (operator, rows) in tables {
        for (left, row) in names.iter().zip(rows) {
            for (right, wanted) in names.iter().zip(row.chars()) {
                let text = format!("{left} {operator} {right}");
                assert_eq!(verdict(&text), wanted, "{text}");
            }
        }
    }
    for (name, wanted) in names.iter().zip("FTU".chars()) {
        assert_eq!(verdict(&format!("!{name}")), wanted);
    }
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        assert_eq!(verdict(&format!("x.unknown {operator} 1")), 'U', "{operator}");
        assert_eq!(verdict(&format!("x.absent {operator} 1")), 'A', "{operator}");
    }
}

#[test]
fn absent_is_replaced_by_default_only() {
    assert_eq!(verdict("(x.absent ?? 3) == 3"), 'T');
    assert_eq!(verdict("(x.unknown ?? 3) == 3"), 'U');
    assert_eq!(verdict("exists(x.absent)"), 'F');
    assert_eq!(verdict("exists(x.unknown)"), 'U');
    assert_eq!(verdict("x.absent == 1 || x.true"), 'T');
}

#[test]
fn failures_are_outcomes() {
    for text in [
        "1 / 0",
        "9223372036854775807 + 1",
        "1GiB + 1",
        "-9223372036854775807 - 2",
        "1 % 0",
        "largest_divisor(0, 1)",
    ] {
        let outcome = evaluate(text, &world()).outcome;
        assert!(matches!(outcome, Outcome::Failed(_)), "{text}: {outcome:?}");
    }
}

#[test]
fn every_example_of_the_reference_is_true() {
    let text = reference();
    let mut checked = 0;
    for line in text.lines() {
        let cells: Vec<&str> = if line.starts_with("- `") {
            line.split('`').collect()
        } else if line.starts_with("| `") && line.split(" | ").count() == 4 {
            line.split(" | ")
                .flat_map(|cell| ["", cell.trim_matches(['`', '|', ' '])])
                .skip(4)
                .collect()
        } else {
            continue;
        };
        let (example, value) = (cells[1].replace("\\|", "|"), cells[3].to_owned());
        match evaluate(&example, &world()).outcome {
            Outcome::Known(found) => assert_eq!(found.to_string(), value, "{example}"),
            other => panic!("{example}: {other:?}"),
        }
        checked += 1;
    }
    assert!(checked > 25, "only {checked} examples were found");
}

#[test]
fn the_reference_is_up_to_date() {
    let path = root().join("docs/conditions.md");
    if std::env::var_os("HYDRULE_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, reference()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), reference());
}

/// Conditions over the names of the world, built from a few operators.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("x.true".to_owned()),
        Just("x.false".to_owned()),
        Just("x.unknown".to_owned()),
        Just("x.one == 1".to_owned()),
        Just("x.absent == 1".to_owned()),
        Just("x.unknown == 1".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn learning_an_unknown_never_flips_a_decided_verdict(text in expression(), told in 0..3) {
        let before = evaluate(&text, &world()).verdict();
        let mut told_world = world();
        let value = match told {
            0 => Value::Bool(true),
            1 => Value::Bool(false),
            _ => Value::Int(1),
        };
        for (name, answer) in &mut told_world.0 {
            if *name == "x.unknown" {
                *answer = set(value.clone());
            }
        }
        let after = evaluate(&text, &told_world).verdict();
        match before {
            Verdict::True => assert_eq!(after, Verdict::True, "{text}"),
            Verdict::False => assert_eq!(after, Verdict::False, "{text}"),
            _ => {}
        }
    }

    #[test]
    fn any_text_gives_an_expression_or_faults(text in "[ -~]{0,40}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.evaluate(&world());
        }
    }
}
