//! One run shows all faults of a pack, of every file and of every stage, in order of their places.

use hydrule::pack::{PackError, load};

use crate::support::Workspace;

/// Loads a pack of these files; returns each fault as file, code and what is underlined, up to the
/// end of the line.
fn faults(files: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let workspace = Workspace::new();
    for (file, text) in files {
        workspace.write(file, text);
    }
    match load(workspace.path().to_str().unwrap()) {
        Ok(_) => Vec::new(),
        Err(PackError::Faulty(failed)) => failed
            .iter()
            .flat_map(|file| file.faults.iter().map(move |fault| (file, fault)))
            .map(|(file, fault)| {
                let name = file.source.name().rsplit('/').next().unwrap().to_owned();
                let code = fault.code.rsplit("::").next().unwrap().to_owned();
                let underlined = file.source.slice(fault.span).lines().next().unwrap_or_default();
                (name, code, underlined.to_owned())
            })
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

fn assert_faults(files: &[(&str, &str)], wanted: &[(&str, &str, &str)]) {
    let found = faults(files);
    let shown: Vec<(&str, &str, &str)> =
        found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(shown, wanted, "{found:#?}");
}

const PACK: &str = r#"
name = "team"
version = 1
description = "ours"
launchs = ["app"]
goal = '$oom.tride > 1GiB'

[param]
floor = { help = "never below" }
cap = { default = 8, hlep = "never above" }

[let]
world = 3
wide = '$worl + 1'
tall = 'a.int + $world'
"#;

const SIGNALS: &str = r#"
[[phase]]
name = "update"
title = 1
frames = ["update_actor", 2]

[[signal]]
name = "torch-oom"
event = "oom"
kind = "gpu"
pattern = 'out of (memory'
types = { tried = "size", free = 3 }

[[signal]]
name = "host-oom"
event = "oom"
pattern = 'killed'
kind = "host"

[[default]]
of = "app 1"
values = { "a.int" = 3, "a.when" = 1979-05-27 }
"#;

const RULES: &str = r#"
[[option]]
title = "Smaller"
wehn = 'a.int > 1'
rewrite = ['a.int := it /', 3, { set = 'a.int := $nope', floor = "x", cap = '$param.cop', top = '1' }]
relieves = ["updat"]
loads = []
changes = ""
cost = { tiem = 1.1, time = 0, quality = "high" }
safety = "safe"
why = 1
source = "us"

[[option]]
id = "more"
title = "More"
when = '$param.floor > 1 && $oom.tried > $oom.free && $world == 2 && a.when == 1'
rewrite = 'a.int := 1'
relieves = ["update"]
changes = "speed"
safety = "safe"
why = ""
source = ""

[[require]]
id = "more"
when = 3
holds = 'a.int == "x" && $param.cap > 1'
message = "{$wide} and {$wid}"
repair = ['sbatch:gpus_per_nod := 8', { floor = '1 +' }, { set = 'a.int=1', cap = '$cap' }]

[[estimate]]
phase = "updat"
title = "t"
bytes = 'a.int'
error = 15
source = "s"

[[invariant]]
id = "i"
value = "a.int +"
"#;

#[test]
fn faults_of_all_stages_and_files_are_shown_at_once() {
    let files = [("pack.toml", PACK), ("rules.toml", RULES), ("signals.toml", SIGNALS)];
    let of_pack = [
        ("wrong_type", "1"),
        ("unknown_field", "launchs"),
        ("unknown_name", "$oom.tride"),
        ("missing_field", r#"{ help = "never below" }"#),
        ("missing_field", r#"{ default = 8, hlep = "never above" }"#),
        ("unknown_field", "hlep"),
        ("wrong_type", "3"),
        ("unknown_name", "$worl"),
    ];
    let of_rules = [
        ("missing_field", "[[option]]"),
        ("missing_field", "[[option]]"),
        ("unknown_field", "wehn"),
        ("syntax", ""),
        ("wrong_type", "3"),
        ("unknown_name", "$nope"),
        ("unknown_name", "$param.cop"),
        ("unknown_field", "top"),
        ("unknown_phase", "\"updat\""),
        ("unknown_word", "\"\""),
        ("unknown_cost", "tiem"),
        ("impossible_cost", "time"),
        ("wrong_type", "\"high\""),
        ("wrong_type", "1"),
        ("wrong_type", "'a.int := 1'"),
        ("missing_field", "[[require]]"),
        ("duplicate_id", "\"more\""),
        ("wrong_type", "3"),
        ("never_true", "a.int == \"x\""),
        ("unknown_name", "$wid"),
        ("unknown_directive", "gpus_per_nod"),
        ("missing_field", "{ floor = '1 +' }"),
        ("syntax", ""),
        ("bound_of_nothing", "'$cap'"),
        ("unknown_name", "$cap"),
        ("unknown_phase", "\"updat\""),
        ("wrong_type", "a.int"),
        ("wrong_type", "15"),
        ("missing_field", "[[invariant]]"),
        ("syntax", ""),
    ];
    let of_signals = [
        ("wrong_type", "1"),
        ("wrong_type", "2"),
        ("unknown_word", "\"gpu\""),
        ("bad_pattern", "("),
        ("unknown_word", "\"size\""),
        ("wrong_type", "3"),
        ("missing_field", "[[default]]"),
        ("wrong_type", "1979-05-27"),
    ];
    let mut wanted = Vec::new();
    wanted.extend(of_pack.map(|(code, text)| ("pack.toml", code, text)));
    wanted.extend(of_rules.map(|(code, text)| ("rules.toml", code, text)));
    wanted.extend(of_signals.map(|(code, text)| ("signals.toml", code, text)));
    assert_faults(&files, &wanted);
}

const HEAD: &str = "name = \"team\"\nversion = \"1\"\ndescription = \"ours\"\n";

fn require(holds: &str) -> String {
    format!("[[require]]\nid = \"r\"\nfails_at = \"s\"\nmessage = \"m\"\nholds = '''{holds}'''\n")
}

/// What a file that cannot be read would define is not missed elsewhere.
#[test]
fn a_syntax_error_hides_no_fault_of_other_files_and_makes_none() {
    let rules = require("$oom.phase == 'update' && $world > 1 && $param.top > a.int + && a.x");
    let more = format!(
        "{}\n[[estimate]]\nphase = \"update\"\ntitle = \"t\"\nbytes = '1GiB == 2'\nerror = \"5%\"\nsource = \"s\"\n",
        require("size(3, 4) == $world && $oom.phase == 'nowhere'").replace("\"r\"", "\"q\""),
    );
    let broken = "[let]\nworld = 'a.int\n[param]\ntop = { default = 1, help = \"x\" }\n";
    let files = [("pack.toml", broken), ("more.toml", &more), ("rules.toml", &rules)];
    let wanted = [
        ("pack.toml", "toml_syntax", ""),
        ("more.toml", "wrong_arity", "size(3, 4)"),
        ("more.toml", "unit_mismatch", "1GiB == 2"),
        ("rules.toml", "syntax", "&"),
    ];
    assert_faults(&files, &wanted);
}

/// Where a signal's table of types cannot be read, only the facts of its event are open.
#[test]
fn only_what_may_be_defined_is_open() {
    let signal = "[[signal]]\nname = \"a\"\nevent = \"oom\"\nkind = \"host\"\npattern = 'killed'\n";
    let rules = require("$oom.tried > 1GiB && $world > 1");
    let typed = format!("{HEAD}{rules}{signal}typs = {{ tried = \"bytes\" }}\n");
    let wanted = [("pack.toml", "unknown_name", "$world"), ("pack.toml", "unknown_field", "typs")];
    assert_faults(&[("pack.toml", &typed)], &wanted);
    let named = format!("{HEAD}lett = {{ world = 'a.int' }}\nlaunchs = 1\n{rules}{signal}");
    let wanted =
        [("pack.toml", "unknown_field", "lett"), ("pack.toml", "unknown_field", "launchs")];
    assert_faults(&[("pack.toml", &named)], &wanted);
    let plain = format!("{HEAD}launchs = 1\n{rules}{signal}");
    let wanted = [
        ("pack.toml", "unknown_field", "launchs"),
        ("pack.toml", "unknown_name", "$oom.tried"),
        ("pack.toml", "unknown_name", "$world"),
    ];
    assert_faults(&[("pack.toml", &plain)], &wanted);
}

/// A goal, costs and bounds go through the same checker as conditions.
#[test]
fn goals_costs_and_bounds_are_checked() {
    for (goal, code, underlined) in [
        ("a.int", "wrong_type", "a.int"),
        ("a.int == 'x'", "never_true", "a.int == 'x'"),
        ("a.int > 8 && a.int < 4", "never_true", "a.int < 4"),
        ("a.int > 1GiB", "unit_mismatch", "a.int > 1GiB"),
        ("minn(a.int, 2) == 1", "unknown_function", "minn"),
    ] {
        let text = format!(
            "{HEAD}goal = '''{goal}'''\n[[default]]\nof = \"x\"\nsource = \"y\"\nvalues = {{ \"a.int\" = 3 }}\n"
        );
        assert_faults(&[("pack.toml", &text)], &[("pack.toml", code, underlined)]);
    }
    let option = "[[option]]\nid = \"o\"\ntitle = \"t\"\nwhen = 'a.int > 1'\nsafety = \"safe\"\nchanges = \"speed\"\nwhy = \"w\"\nsource = \"s\"\nrelieves = [\"host\"]\n";
    let rules = format!(
        "{HEAD}{option}cost = {{ time = -1, quality = 10001, speed = 1, algorithm = true }}\nrewrite = [{}, {}]\n",
        "{ set = 'a.int := it / 2', floor = '\"x\"', cap = 'true', largest_divisor = 'a.int > 1' }",
        "{ set = 'a.int := it +', floor = '$nope', cap = '1 2', largest_divisor = 'size()' }",
    );
    let wanted = [
        ("impossible_cost", "time"),
        ("impossible_cost", "quality"),
        ("unknown_cost", "speed"),
        ("wrong_type", "true"),
        ("wrong_type", "\"x\""),
        ("wrong_type", "true"),
        ("wrong_type", "a.int > 1"),
        ("syntax", ""),
        ("unknown_name", "$nope"),
        ("syntax", "2"),
        ("wrong_arity", "size()"),
    ];
    let wanted = wanted.map(|(code, text)| ("pack.toml", code, text));
    assert_faults(&[("pack.toml", &rules)], &wanted);
}
