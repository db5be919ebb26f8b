//! Three-valued logic: the table of every operator and function, and the law behind all of them.

use std::fmt::Write as _;

use hydrule::condition::{Condition, Outcome, Scope, reference};
use hydrule::facts::{Found, Lookup, Missing, Provenance};
use hydrule::path::KeyPath;
use hydrule::value::Value;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

/// Operands: true, false, unknown, absent, error.
const STATES: [char; 5] = ['T', 'F', 'U', 'A', 'E'];

/// A world in which `x.t` and `x.f` are true and false, `x.e` is 0, `u.one` and `u.two` are what the
/// test says, and nothing else exists.
struct World {
    one: Lookup,
    two: Lookup,
}

fn set(value: Value) -> Lookup {
    Lookup::Set(Found { value, from: Provenance::Computed })
}

fn unknown(name: &str) -> Lookup {
    let why = "not told".to_owned();
    Lookup::Unknown(Missing { name: name.to_owned(), why, supply: String::new() })
}

fn untold() -> World {
    World { one: unknown("u.one"), two: unknown("$two") }
}

impl Scope for World {
    fn config(&self, key: &KeyPath) -> Lookup {
        match key.as_str() {
            "x.t" => set(Value::Bool(true)),
            "x.f" => set(Value::Bool(false)),
            "x.zero" => set(Value::Int(0)),
            "x.list" => set(Value::List(vec![Value::Int(1), Value::Str("a".to_owned())])),
            "u.one" => self.one.clone(),
            _ => Lookup::Absent,
        }
    }

    fn name(&self, _: &str) -> Lookup {
        self.two.clone()
    }

    fn it(&self) -> Lookup {
        self.one.clone()
    }

    fn switched(&self, key: &KeyPath) -> Lookup {
        set(Value::Bool(matches!(key.as_str(), "x.t" | "x.f" | "u.one")))
    }
}

/// Writes an operand of a state, and with `known` of a value that the operator takes.
fn operand(state: char, known: &str) -> &str {
    match state {
        'T' => "x.t",
        'F' => "x.f",
        'U' => "u.one",
        'A' => "x.absent",
        'E' => "(1 / x.zero)",
        _ => known,
    }
}

fn outcome(text: &str, world: &World) -> Outcome {
    let parsed = Condition::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    let evaluation = parsed.evaluate(world);
    // As text, since a number that is none is not equal to itself.
    let untraced = format!("{:?}", parsed.outcome(world));
    assert_eq!(untraced, format!("{:?}", evaluation.outcome), "{text}");
    assert_eq!(parsed.verdict(world), evaluation.verdict(), "{text}");
    evaluation.outcome
}

fn state(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Known(Value::Bool(true)) => 'T',
        Outcome::Known(Value::Bool(false)) => 'F',
        Outcome::Known(_) => 'V',
        Outcome::Unknown(_) => 'U',
        Outcome::Absent { .. } => 'A',
        Outcome::Failed(_) => 'E',
    }
}

/// Rows are the left operand, columns the right one, both in the order of `STATES`.
const TABLES: [(&str, [&str; 5]); 3] = [
    ("&&", ["TFUAE", "FFFFF", "UFUUU", "AFUAA", "EFUAE"]),
    ("||", ["TTTTT", "TFUAE", "TUUUU", "TAUAA", "TEUAE"]),
    ("??", ["TTTTT", "FFFFF", "UUUUU", "TFUAE", "EEEEE"]),
];

#[test]
fn and_or_and_default_follow_their_tables() {
    for (sign, rows) in TABLES {
        for (left, row) in STATES.iter().zip(rows) {
            for (right, wanted) in STATES.iter().zip(row.chars()) {
                let text = format!("{} {sign} {}", operand(*left, ""), operand(*right, ""));
                assert_eq!(state(&outcome(&text, &untold())), wanted, "{text}");
            }
        }
    }
}

#[test]
fn the_reference_shows_the_same_tables() {
    let reference = reference();
    let word = |state: char| match state {
        'T' => "true",
        'F' => "false",
        'U' => "unknown",
        'A' => "absent",
        _ => "error",
    };
    for (sign, rows) in TABLES {
        let mut wanted = String::new();
        for (left, row) in STATES.iter().zip(rows) {
            let cells: Vec<&str> = row.chars().map(word).collect();
            let _ = writeln!(wanted, "| **{}** | {} |", word(*left), cells.join(" | "));
        }
        let sign = sign.replace('|', "\\|");
        let head =
            format!("| `{sign}` | **true** | **false** | **unknown** | **absent** | **error** |\n");
        assert!(reference.contains(&head) && reference.contains(&wanted), "{head}{wanted}");
    }
}

#[test]
fn a_choice_needs_its_test_and_takes_its_branch_as_it_is() {
    for test in STATES {
        for yes in STATES {
            for no in STATES {
                let text =
                    format!("{} ? {} : {}", operand(test, ""), operand(yes, ""), operand(no, ""));
                let wanted = match test {
                    'T' => yes,
                    'F' => no,
                    undecided => undecided,
                };
                assert_eq!(state(&outcome(&text, &untold())), wanted, "{text}");
            }
        }
    }
}

#[test]
fn questions_about_a_key_answer_an_absent_one() {
    for (function, answers) in [("exists", "TTUF"), ("switched", "TTTF")] {
        let operands = ["x.t", "x.f", "u.one", "x.absent"];
        for (operand, wanted) in operands.iter().zip(answers.chars()) {
            let text = format!("{function}({operand})");
            assert_eq!(state(&outcome(&text, &untold())), wanted, "{text}");
        }
    }
}

/// Every operator and function that needs all its operands, with operands that it takes: what is in
/// braces is replaced by every state in turn.
const STRICT: [&str; 25] = [
    "!{x.t}",
    "-{3}",
    "{1} == {1}",
    "{1} != {1}",
    "{1} < {2}",
    "{1} <= {2}",
    "{1} > {2}",
    "{1} >= {2}",
    "{1} in {[1]}",
    "{1} + {2}",
    "{1} - {2}",
    "{1} * {2}",
    "{1} / {2}",
    "{1} % {2}",
    "[{1}, {2}]",
    "abs({1})",
    "ceil({1})",
    "floor({1})",
    "largest_divisor({4}, {2})",
    "matches({'a'}, {'a'})",
    "max({1}, {2})",
    "max({1}, {2}, {3})",
    "min({1}, {2})",
    "min({1})",
    "size({'a'})",
];

#[test]
fn every_other_operator_and_function_needs_all_its_operands() {
    let mut tried = 0;
    for pattern in STRICT {
        let parts: Vec<&str> = pattern.split(['{', '}']).collect();
        let count = parts.len() / 2;
        let states: Vec<char> = STATES.iter().copied().chain(['V']).collect();
        for number in 0..states.len().pow(u32::try_from(count).unwrap()) {
            let mut rest = number;
            let mut chosen = Vec::new();
            let mut text = String::new();
            for (index, part) in parts.iter().enumerate() {
                if index % 2 == 1 {
                    let state = states[rest % states.len()];
                    rest /= states.len();
                    chosen.push(state);
                    text.push_str(operand(state, part));
                } else {
                    text.push_str(part);
                }
            }
            let found = state(&outcome(&text, &untold()));
            // Absent before unknown before failed.
            match ['A', 'U', 'E'].into_iter().find(|state| chosen.contains(state)) {
                Some(wanted) => assert_eq!(found, wanted, "{text}"),
                None if chosen.iter().all(|state| *state == 'V') => {
                    assert!(matches!(found, 'T' | 'F' | 'V'), "{text} gives {found}");
                }
                None => assert!(!matches!(found, 'A' | 'U'), "{text} gives {found}"),
            }
            tried += 1;
        }
    }
    assert!(tried > 800, "{tried}");
}

#[test]
fn no_operator_or_function_is_left_out() {
    let tried = format!("{}{:?} ? : exists( switched(", STRICT.join(" "), TABLES);
    for line in reference().lines() {
        let Some(line) = line.strip_prefix("### `").or_else(|| line.strip_prefix("| `")) else {
            continue;
        };
        if let Some((name, _)) = line
            .split_once('(')
            .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        {
            assert!(tried.contains(&format!("{name}(")), "{name}");
        } else if line.contains("| `") {
            let signs = line.split('`').next().unwrap().replace('\\', "");
            for sign in signs.split(' ').filter(|sign| !sign.is_empty()) {
                assert!(tried.contains(sign), "{sign}");
            }
        }
    }
}

/// Leaves of every kind, the unknown ones often.
fn leaf() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "x.t",
        "x.f",
        "x.zero",
        "x.list",
        "x.absent",
        "true",
        "false",
        "null",
        "0",
        "1",
        "-3",
        "2.5",
        "'a'",
        "'1'",
        "1GiB",
        "512MiB",
        "90%",
        "[]",
        "[1, 'a']",
        "9223372036854775807",
    ];
    const UNKNOWN: &[&str] = &["u.one", "$two", "it"];
    prop_oneof![
        proptest::sample::select(KNOWN).prop_map(str::to_owned),
        proptest::sample::select(UNKNOWN).prop_map(str::to_owned),
    ]
}

/// Expressions over the whole grammar, well typed or not.
fn expression() -> impl Strategy<Value = String> {
    const BINARY: &[&str] = &[
        "&&", "||", "&&", "||", "==", "!=", "<", "<=", ">", ">=", "in", "??", "+", "-", "*", "/",
        "%",
    ];
    const UNARY: &[&str] = &["!", "-", "abs", "ceil", "floor", "size", "min", "max"];
    leaf().prop_recursive(5, 24, 3, move |inner| {
        let one = inner.clone();
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            6 => (two.clone(), proptest::sample::select(BINARY))
                .prop_map(|((a, b), sign)| format!("({a}) {sign} ({b})")),
            2 => (one.clone(), proptest::sample::select(UNARY))
                .prop_map(|(a, name)| format!("{name}({a})")),
            1 => three.clone().prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            1 => two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            1 => two.clone().prop_map(|(a, b)| format!("max({a}, {b})")),
            1 => two.clone().prop_map(|(a, b)| format!("largest_divisor({a}, {b})")),
            1 => two.prop_map(|(a, _)| format!("matches({a}, '^[a-z]$')")),
            1 => three.prop_map(|(a, b, c)| format!("({a}) in [({b}), ({c})]")),
            1 => Just("exists(u.one)".to_owned()),
            1 => Just("exists($two)".to_owned()),
            1 => Just("switched(u.one)".to_owned()),
        ]
    })
}

/// What an unknown name may turn out to be.
fn told() -> [Lookup; 13] {
    [
        Lookup::Absent,
        set(Value::Bool(true)),
        set(Value::Bool(false)),
        set(Value::Null),
        set(Value::Int(0)),
        set(Value::Int(1)),
        set(Value::Int(i64::MIN)),
        set(Value::Float(2.5)),
        set(Value::Float(f64::NAN)),
        set(Value::Bytes(1 << 30)),
        set(Value::Str("a".to_owned())),
        set(Value::List(vec![Value::Int(1)])),
        set(Value::Dict(vec![(Value::Str("a".to_owned()), Value::Int(1))])),
    ]
}

/// An outcome as far as it decides anything: a value with its bits, else the state alone.
fn decided(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Known(value) => format!("{value:?}"),
        other => state(other).to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    /// More than the verdict: no value, absence or error that was decided ever changes, whatever
    /// the two unknown names turn out to be, alone or together.
    #[test]
    fn learning_an_unknown_changes_nothing_that_was_decided(text in expression()) {
        let before = outcome(&text, &untold());
        if state(&before) != 'U' {
            let ones: Vec<Lookup> = told().into_iter().chain([unknown("u.one")]).collect();
            let twos: Vec<Lookup> = told().into_iter().chain([unknown("$two")]).collect();
            for (index, one) in ones.iter().enumerate() {
                // Every value of the one, and of the other with the first; all pairs would be many.
                let twos = if index == 0 { twos.as_slice() } else { &twos[index..=index] };
                for two in twos {
                    let world = World { one: one.clone(), two: two.clone() };
                    let after = outcome(&text, &world);
                    assert_eq!(decided(&after), decided(&before), "{text}: {one:?} {two:?}");
                }
            }
        }
    }

    /// Without a trace the parts that decide nothing are left out, and nothing else differs.
    #[test]
    fn the_outcome_is_the_same_without_a_trace(text in expression()) {
        let parsed = Condition::parse(&text).unwrap();
        for one in told().into_iter().chain([unknown("u.one")]) {
            let world = World { one, two: unknown("$two") };
            let traced = format!("{:?}", parsed.evaluate(&world).outcome);
            assert_eq!(format!("{:?}", parsed.outcome(&world)), traced, "{text}");
        }
    }
}
