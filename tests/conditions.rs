//! The condition language: its logic, its reference, its totality.

use std::fs;

use hydrule::condition::{Condition, Evaluation, Outcome, Scope, Verdict, reference};
use hydrule::facts::{Found, Lookup, Missing, Provenance};
use hydrule::path::KeyPath;
use hydrule::value::Value;
use proptest::prelude::proptest;

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

proptest! {
    #[test]
    fn any_text_gives_an_expression_or_faults(text in "[ -~]{0,40}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.evaluate(&world());
        }
    }
}

/// What was written, what is underlined, the message, and the help (part of it).
const MISTAKES: [(&str, &str, &str, &str); 42] = [
    ("a = 1", "=", "`=` is not expected here", "compare with `==`"),
    ("a === 1", "=", "`=` is not expected here", "two signs are enough"),
    ("a =< 1", "=", "`=` is not expected here", "write `<=`"),
    ("a => 1", "=", "`=` is not expected here", "write `>=`"),
    ("a <> 1", ">", "`>` is not expected here", "write `!=`"),
    ("a := 1", ":", "`:` is not expected here", "`:=` belongs into `rewrite`"),
    ("a =~ 'b'", "=", "`=` is not expected here", "matches(text, 'pattern')"),
    ("a & b", "&", "`&` is not expected here", "`&&` and `||`"),
    ("a | b", "|", "`|` is not expected here", "`&&` and `||`"),
    ("a and b", "a", "`a` is not expected here", "write `&&`"),
    ("a or b", "o", "`o` is not expected here", "write `||`"),
    ("not a", "a", "`a` is not expected here", "write `!`"),
    ("a not in [1]", "n", "`n` is not expected here", "!(a in b)"),
    ("a is null", "i", "`i` is not expected here", "compare with `==`"),
    ("if a: 1", "a", "`a` is not expected here", "test ? one : other"),
    ("1 if a else 2", "i", "`i` is not expected here", "test ? one : other"),
    ("a == True", "True", "`True` is no word of conditions", "write `true`"),
    ("a == None", "None", "`None` is no word of conditions", "config[\"None\"]"),
    ("a == 'b", "'b", "this text is never closed", "write ' at its end"),
    ("a == “b”", "“", "`“` is not expected here", "straight quotes"),
    ("(a == 1", "(", "`(` is never closed", ""),
    ("a == 1)", ")", "`)` closes nothing", ""),
    ("[1, (2]", "]", "`]` does not close `(`", ""),
    ("a ** 2", "*", "`*` is not expected here", "there is no power"),
    ("a // 2", "/", "`/` is not expected here", "leaves the fraction out"),
    ("${a.b} == 1", "$", "`$` is not expected here", "without `${…}`"),
    ("a == {b: 1}", "{", "`{` is not expected here", "no dicts"),
    ("a[0] == 1", "[", "`[` is not expected here", "`a.0`"),
    ("a > 16GB", "G", "`G` is not expected here", "`16GiB`"),
    ("a > 16 GiB", "G", "`G` is not expected here", "`16GiB`"),
    ("a > 1_000", "_", "`_` is not expected here", "decimal digits"),
    ("a == 0x10", "x", "`x` is not expected here", "decimal digits"),
    ("a.b.matches('x')", "(", "`(` is not expected here", "write `matches(a.b, …)`"),
    ("a.size() == 1", "(", "`(` is not expected here", "write `size(a)`"),
    ("len(a) == 1", "len", "there is no function `len`", "write `size(…)`"),
    ("has(a)", "has", "there is no function `has`", "write `exists(key)`"),
    ("sise(a) == 1", "sise", "there is no function `sise`", ""),
    ("1 < a < 5", "1 < a < 5", "comparisons do not chain", "write `1 < a && a < 5`"),
    ("a == b == c", "a == b == c", "comparisons do not chain", "in parentheses"),
    ("matches(a, '\\d')", "\\d", "`\\d` is no escape", "r'\\d'"),
    ("a == '\\u12'", "\\u12", "`\\u12` is no escape", "raw"),
    ("a ≥ 1", "≥", "`≥` is not expected here", "write `>=`"),
];

#[test]
fn common_mistakes_are_named_and_mended() {
    for (text, underlined, message, help) in MISTAKES {
        let faults = Condition::parse(text).map(|_| text).unwrap_err();
        let fault = &faults[0];
        assert_eq!(&text[fault.span.start..fault.span.end], underlined, "{text}: {fault:?}");
        assert!(fault.message.starts_with(message), "{text}: {}", fault.message);
        let found = fault.help.clone().unwrap_or_default();
        assert_eq!(help.is_empty(), found.is_empty(), "{text}: {found}");
        assert!(found.contains(help), "{text}: {found}");
    }
}

#[test]
fn numbers_at_the_edge() {
    for (text, wanted) in [
        ("-9223372036854775808", "-9223372036854775808"),
        ("99.9%", "0.999"),
        ("90%", "0.9"),
        (".5 + .25e1", "3.0"),
        ("17.66GiB", "17.66 GiB"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7 % -3", "1"),
        ("9007199254740993 == 9007199254740992.0", "False"),
        ("9223372036854775807 < 9223372036854775808.0", "True"),
        ("[1, [2]] == [1.0, [2.0]]", "True"),
        ("0.0 == -0.0", "True"),
        ("-0.0", "-0.0"),
        ("1.0 / 0.0", "inf"),
        ("0.0 / 0.0 == 0.0 / 0.0", "False"),
        ("0.0 / 0.0 != 0.0 / 0.0", "True"),
        ("3 * 3074457345618258602 * 1KiB / 1KiB > 0", "error: the result does not fit 64 bits"),
        ("7GiB * 2 / 14", "1.00 GiB"),
        ("-9223372036854775808 / -1", "error: the result does not fit 64 bits"),
        ("-9223372036854775808 % -1", "error: the result does not fit 64 bits"),
        ("-(-9223372036854775808)", "error: the result does not fit 64 bits"),
        ("abs(-9223372036854775808)", "error: the result does not fit 64 bits"),
        ("floor(1e300)", "error: the result does not fit 64 bits"),
        ("1GiB / 0", "error: division by zero"),
        ("1GiB / 0GiB", "error: division by zero"),
        ("5.0 % 2", "error: `%` needs two integers"),
        ("size('aé中😀')", "4"),
        ("'\\u00e9\\x41\\101\\U0001F600' == 'éAA😀'", "True"),
        ("r'\\d' == '\\\\d' && r\"'\" == '\\''", "True"),
        ("[1, 2,] == [1, 2]", "True"),
    ] {
        let shown = match evaluate(text, &world()).outcome {
            Outcome::Known(value) => value.to_string(),
            Outcome::Failed(fault) => {
                assert!(!text[fault.span.start..fault.span.end].is_empty());
                format!("error: {}", fault.message)
            }
            other => format!("{other:?}"),
        };
        assert_eq!(shown, wanted, "{text}");
    }
    for text in ["9223372036854775808", "1e999", "9e9GiB", "9223372036854775807KiB"] {
        let faults = Condition::parse(text).map(|_| text).unwrap_err();
        assert!(faults[0].message.contains("too large"), "{text}");
    }
}

#[test]
fn dicts_compare_by_what_they_hold() {
    let dict = |pairs: [(&str, Value); 2]| {
        let pairs = pairs.into_iter().map(|(key, value)| (Value::Str(key.to_owned()), value));
        set(Value::Dict(pairs.collect()))
    };
    let mut world = world();
    world.0.push(("d.one", dict([("a", Value::Int(1)), ("b", Value::Null)])));
    world.0.push(("d.two", dict([("b", Value::Null), ("a", Value::Float(1.0))])));
    world.0.push(("d.other", dict([("a", Value::Int(1)), ("c", Value::Null)])));
    for (text, wanted) in [
        ("d.one == d.two", true),
        ("d.one != d.other", true),
        ("d.one in [d.two]", true),
        ("'a' in d.one && !('c' in d.one) && size(d.one) == 2", true),
    ] {
        assert_eq!(evaluate(text, &world).outcome, Outcome::Known(Value::Bool(wanted)), "{text}");
    }
}

/// Hostile texts: each must be read or refused at once, on a small stack.
#[test]
fn size_and_nesting_are_limited() {
    let hostile = [
        "(".repeat(100_000),
        "(".repeat(60_000),
        format!("{}1{}", "(".repeat(60), ")".repeat(60)),
        "!".repeat(60_000),
        format!("{}true", "!".repeat(499)),
        format!("{}1", "-".repeat(60_000)),
        vec!["a"; 30_000].join("."),
        vec!["a"; 20_000].join("&&"),
        vec!["1"; 30_000].join("+"),
        vec!["1"; 501].join("+"),
        format!("[{}]", vec!["1"; 20_000].join(",")),
        "[".repeat(60_000),
        "size(".repeat(10_000),
        format!("{}1", "size(".repeat(50)),
        format!("{}1{}", "min(".repeat(90), ")".repeat(90)),
        "true ? ".repeat(9_000),
        format!("{}1", "true ? 1 : ".repeat(99)),
        format!("{}1", "(true ? (true ? 1 : ".repeat(40)),
        "a ?? ".repeat(10_000),
        "'".repeat(60_001),
        "\\".repeat(60_000),
        "'(((((' == '[[[['".to_owned(),
        format!("'{}' == 'b'", "(".repeat(1_000)),
        format!("{}1", vec!["-"; 200].join("1 ")),
    ];
    let started = std::time::Instant::now();
    let read: Vec<bool> = hostile
        .iter()
        .map(|text| match Condition::parse(text) {
            Ok(condition) => {
                let _ = condition.clone().evaluate(&world());
                true
            }
            Err(faults) => {
                assert!(faults[0].span.end <= text.len());
                false
            }
        })
        .collect();
    let wanted = "..x.x.x..xx...x.x....xxx";
    let found: String = read.iter().map(|read| if *read { 'x' } else { '.' }).collect();
    assert_eq!(found, wanted);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn patterns_are_limited_and_told_early() {
    for (pattern, why) in [("(", "unclosed group"), ("a{1000}{1000}{1000}", "size limit")] {
        let faults = Condition::parse(&format!("matches(a, '{pattern}')")).unwrap_err();
        assert!(faults[0].message.contains(why), "{pattern}: {}", faults[0].message);
    }
    // A pattern that would make a backtracking engine try 2^30 ways.
    let text = format!("matches('{}', '(a+)+$')", "a".repeat(30) + "b");
    assert_eq!(verdict(&text), 'F');
}
