//! Bounds of rewrites: the value goes no further, and the reason names what holds it.

use hydrule::engine::{Rejection, Request, Status, plan};
use hydrule::overrides::parse;
use hydrule::value::Value;
use proptest::prelude::{prop_assert, prop_assert_eq, prop_assume, proptest};

use crate::support::{SMALL, Workspace, failed_in, small_pack, small_state, snapshot};

/// Makes the only option of a pack.
fn option(rewrite: &str) -> String {
    format!(
        r#"
[[option]]
id = "move"
title = "Move"
when = 'm.on'
rewrite = [{rewrite}]
relieves = ["update"]
loads = []
changes = "speed"
cost = {{ time = 1.1 }}
safety = "safe"
why = "It holds less."
source = "the manual"
"#
    )
}

/// Returns what one step makes of the overrides, or why it makes nothing.
fn step(rewrite: &str, overrides: &[&str]) -> Result<Vec<String>, String> {
    let pack = small_pack(&option(rewrite));
    let planned = plan(&pack, &small_state(overrides), &failed_in("update"), &Request::default());
    match &planned.verdicts[0].status {
        Status::Rejected(Rejection::Held { bound, .. }) => Err(bound.clone()),
        Status::Failed(fault) => Err(fault.message.clone()),
        Status::Chosen { .. } => {
            Ok(planned.changes.iter().map(|it| it.after.clone().unwrap()).collect())
        }
        other => Err(format!("{other:?}")),
    }
}

/// A rewrite, the overrides, and what becomes of them.
type Case<'a> = (&'a str, &'a [&'a str], Result<&'a [&'a str], &'a str>);

#[test]
fn values_stay_within_their_bounds() {
    let floor = "{ set = 'm.k := it / 4', floor = '8' }";
    let cap = "{ set = 'm.k := it * 4', cap = '2 * m.limit' }";
    let divisor = "{ set = 'm.k := it / 2', largest_divisor = 'm.batch', floor = '4' }";
    let share = "{ set = 'm.k := it - 0.2', floor = '0.3' }";
    let cases: [Case<'_>; 20] = [
        (floor, &["m.k=64"], Ok(&["m.k=16"])),
        (floor, &["m.k=20"], Ok(&["m.k=8"])),
        (floor, &["m.k=8"], Err("at its floor of 8")),
        (floor, &["m.k=3"], Err("at its floor of 8")),
        (cap, &["m.k=4", "m.limit=16"], Ok(&["m.k=16"])),
        (cap, &["m.k=16", "m.limit=16"], Ok(&["m.k=32"])),
        (cap, &["m.k=32", "m.limit=16"], Err("at its cap of 32")),
        (cap, &["m.k=50", "m.limit=16"], Err("at its cap of 32")),
        (divisor, &["m.k=128", "m.batch=320"], Ok(&["m.k=64"])),
        (divisor, &["m.k=100", "m.batch=320"], Ok(&["m.k=40"])),
        (
            divisor,
            &["m.k=9", "m.batch=321"],
            Err("held: 321 has no divisor from its floor of 4 up to 4"),
        ),
        (
            "{ set = 'm.k := it / 2', largest_divisor = '8' }",
            &["m.k=1"],
            Err("held: no divisor of 8 is as low as 0"),
        ),
        ("{ set = 'm.k := it * 3 / 2', largest_divisor = '24' }", &["m.k=8"], Ok(&["m.k=12"])),
        (
            "{ set = 'm.k := it + 1', largest_divisor = '24' }",
            &["m.k=12"],
            Err("held: 12 is the largest divisor of 24 up to 13"),
        ),
        (share, &["m.k=0.6"], Ok(&["m.k=0.39999999999999997"])),
        (share, &["m.k=0.3"], Err("at its floor of 0.3")),
        // Nothing says which way: the bound alone decides.
        ("{ set = 'm.k := it', cap = '16' }", &["m.k=64"], Ok(&["m.k=16"])),
        // The floor wins over the cap.
        ("{ set = 'm.k := it / 2', cap = '2', floor = '4' }", &["m.k=64"], Ok(&["m.k=4"])),
        (
            "{ set = 'm.k := it / 2', largest_divisor = 'm.batch' }",
            &["m.k=3.0", "m.batch=8"],
            Err("only integers have divisors, not a float"),
        ),
        (
            "{ set = 'm.k := it / 2', floor = 'm.x' }",
            &["m.k=3", "m.x=a"],
            Err("a bound cannot order an integer and a string"),
        ),
    ];
    for (rewrite, overrides, wanted) in cases {
        let wanted = match wanted {
            Ok(changes) => Ok(changes.iter().map(|it| (*it).to_owned()).collect()),
            Err(why) => Err(why.to_owned()),
        };
        assert_eq!(step(rewrite, overrides), wanted, "{rewrite} {overrides:?}");
    }
}

#[test]
fn sweeps_are_held_element_by_element() {
    let floor = "{ set = 'm.k := it / 4', floor = '8' }";
    assert_eq!(step(floor, &["m.k=64,8,2"]), Ok(vec!["m.k=16,8,2".to_owned()]));
    assert_eq!(step(floor, &["m.k=8,4"]), Err("at its floor of 8".to_owned()));
}

#[test]
fn one_held_key_holds_the_whole_option() {
    let both = "{ set = 'm.a := it / 2', floor = '4' }, 'm.b := it / 2'";
    assert_eq!(step(both, &["m.a=4", "m.b=64"]), Err("at its floor of 4".to_owned()));
    assert_eq!(step(both, &["m.a=8", "m.b=64"]), Ok(vec!["m.a=4".to_owned(), "m.b=32".to_owned()]));
}

#[test]
fn faults_in_bounds_are_underlined() {
    let workspace = Workspace::new();
    let rewrite = r#"
    { set = 'm.k := it / 2', floor = '$param.flor', cap = '"much"' },
    { set = '+m.x=1', floor = '1' },
    { set = 'm.k := it / 2', flor = '1' },
    { floor = '1' },
    { set = 'm.k := it / 2', largest_divisor = 4 },
    7,
"#;
    workspace.write("pack.toml", format!("{SMALL}{}", option(rewrite)));
    let run = workspace.hydrule("rewrite --pack pack.toml -- m.k=1").run();
    assert_eq!(run.code, 2);
    snapshot("broken", "bounds", &run.shown());
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever the numbers are, a step goes the way that is meant and stays within its bounds.
    #[test]
    fn no_step_leaves_its_bounds(
        now in 1_i64..200, by in 2_i64..5, floor in 1_i64..40, n in 1_i64..400, up: bool,
    ) {
        prop_assume!(floor <= 200);
        let sign = if up { '*' } else { '/' };
        let bounds = format!("floor = '{floor}', cap = '160', largest_divisor = '{n}'");
        let rewrite = format!("{{ set = 'm.k := it {sign} {by}', {bounds} }}");
        if let Ok(changes) = step(&rewrite, &[&format!("m.k={now}")]) {
            let Some(Value::Int(after)) = parse(&changes[0]).unwrap().value() else {
                panic!("{changes:?}");
            };
            prop_assert_eq!(n % after, 0);
            prop_assert!((floor..=160).contains(&after));
            prop_assert_eq!(after > now, up);
        }
    }
}
