//! Changes of YAML configurations: what is written, what is kept, what is refused.

use hydrule::config::Config;
use hydrule::overrides::{Override, parse};
use hydrule::surface::yaml;
use hydrule::text::Source;
use proptest::prelude::{ProptestConfig, prop, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

use crate::support::{Workspace, snapshot};

fn overrides(line: &str) -> Vec<Override> {
    line.split(" | ").map(|text| parse(text).unwrap()).collect()
}

/// Returns the changed text, or the code of the refusal.
fn edited(text: &str, line: &str) -> Result<String, &'static str> {
    let source = Source::new("c.yaml", text);
    yaml::edit(&source, &overrides(line)).map(|it| it.text).map_err(|it| it.fault.code)
}

/// A text, overrides, and the text afterwards.
const WRITTEN: &[(&str, &str, &str)] = &[
    // Values keep quotes, the case of truth values, comments and blanks.
    ("a: 1   # one\n", "a=2", "a: 2   # one\n"),
    ("a: 'x'\n", "a=y", "a: 'y'\n"),
    ("a: \"x\"\n", "a=y z", "a: \"y z\"\n"),
    ("a: 'x'\n", "a=3", "a: 3\n"),
    ("a: True\n", "a=false", "a: False\n"),
    ("a: off\n", "a=true", "a: on\n"),
    ("a: YES\n", "a=false", "a: NO\n"),
    ("a:   1\nb:\t# x\n", "a=2", "a:   2\nb:\t# x\n"),
    ("a: &m 1\n", "a=2", "a: &m 2\n"),
    ("a: x\n  y\nb: 1\n", "a=z", "a: z\nb: 1\n"),
    ("a: |\n  x\n\n  y\nb: 1\n", "a=z", "a: z\nb: 1\n"),
    // What would be read as something else is put in quotes.
    ("a: x\n", "a='1e-3'", "a: '1e-3'\n"),
    ("a: x\n", "a=1e-3", "a: 0.001\n"),
    ("a: x\n", "a=1e-6", "a: 1.0e-06\n"),
    ("a: x\n", "a=inf", "a: .inf\n"),
    ("a: x\n", "a='on'", "a: 'on'\n"),
    ("a: x\n", "a=007", "a: '007'\n"),
    ("a: x\n", "a=0o7", "a: '0o7'\n"),
    ("a: x\n", "a=2020-01-01", "a: '2020-01-01'\n"),
    ("a: x\n", "a='~'", "a: '~'\n"),
    ("a: x\n", "a=1:30", "a: '1:30'\n"),
    ("a: x\n", "a=", "a: ''\n"),
    ("a: x\n", "a='x #y'", "a: 'x #y'\n"),
    ("a: x\n", "a='- y'", "a: '- y'\n"),
    ("a: x\n", "a='a: b'", "a: 'a: b'\n"),
    ("a: x\n", "a='x\ny'", "a: \"x\\ny\"\n"),
    ("a: x\n", "a='${b}'\n", "a: ${b}\n"),
    ("a: {b: x}\n", "a.b='${c}'", "a: {b: '${c}'}\n"),
    ("a: [x]\n", "a.0='y,z'", "a: ['y,z']\n"),
    // Nothing written yet.
    ("a:\nb: 1\n", "a=2", "a: 2\nb: 1\n"),
    ("a: # x\n", "a=2", "a: 2 # x\n"),
    ("a: # x\n", "a.b.c=2", "a: # x\n  b:\n    c: 2\n"),
    ("a: {b, c: }\n", "a.b=1 | a.c=2", "a: {b: 1, c: 2 }\n"),
    ("", "a.b=1", "a:\n  b: 1\n"),
    ("# only\n", "a=1", "# only\na: 1\n"),
    ("# only", "a=1", "# only\na: 1"),
    // New keys stand behind their neighbours.
    ("a:\n    b: 1 # x\n\nc: 2\n", "a.d=3", "a:\n    b: 1 # x\n    d: 3\n\nc: 2\n"),
    ("a:\n    b: 1\n", "a.d.e=3", "a:\n    b: 1\n    d:\n        e: 3\n"),
    ("a:\n  b: 1", "a.d=3", "a:\n  b: 1\n  d: 3"),
    ("a:\r\n  b: 1\r\n", "a.d=3", "a:\r\n  b: 1\r\n  d: 3\r\n"),
    ("a: {b: 1}\n", "a.d=3", "a: {b: 1, d: 3}\n"),
    ("a: {}\n", "a.d=3", "a: {d: 3}\n"),
    ("a: {\n  b: 1\n}\n", "a.d=3", "a: {\n  b: 1,\n  d: 3\n}\n"),
    ("a: {\n  b: 1,\n}\n", "a.d=3", "a: {\n  b: 1,\n  d: 3,\n}\n"),
    ("l:\n- k: 1\n  m: 2\n- x\n", "l.0.o=3", "l:\n- k: 1\n  m: 2\n  o: 3\n- x\n"),
    ("a:\n  b: |+\n    x\n\nc: 1\n", "a.d=3", "a:\n  d: 3\n  b: |+\n    x\n\nc: 1\n"),
    ("a: 1\n", "b={c:1,d:[x,null]}", "a: 1\nb: {c: 1, d: [x, null]}\n"),
    ("d: &m {k: 1}\ne:\n  <<: *m\n", "e.k=2", "d: &m {k: 1}\ne:\n  <<: *m\n  k: 2\n"),
    ("d: &m 1\ne: *m\n", "e=2", "d: &m 1\ne: 2\n"),
    // Lists.
    ("l: [a, b]\n", "l=[a,c]", "l: [a, c]\n"),
    ("l: [a]\n", "l=[a,b]", "l: [a, b]\n"),
    ("l:\n  - a # x\n  - b\n", "l=[a,b,c]", "l:\n  - a # x\n  - b\n  - c\n"),
    ("l:\n  - a\n  - b\nm: 1\n", "l=[c]", "l: [c]\nm: 1\n"),
    ("l:\n- - a\n  - b\n", "l.0.1=c", "l:\n- - a\n  - c\n"),
    // Keys go with their lines.
    ("a: 1\n# about b\nb: 2 # x\nc: 3\n", "~b", "a: 1\n# about b\nc: 3\n"),
    ("a: 1\nb: 2", "~b", "a: 1"),
    ("a:\n  b: 1\nc: 2\n", "~a", "c: 2\n"),
    ("a:\n  b: 1\nc: 2\n", "~a.b", "a: {}\nc: 2\n"),
    ("a: {b: 1, c: 2, d: 3}\n", "~a.c", "a: {b: 1, d: 3}\n"),
    ("a: {b: 1, c: 2}\n", "~a.c", "a: {b: 1}\n"),
    ("a: {b: 1}\n", "~a.b", "a: {}\n"),
    ("l:\n- a: 1\n  b: 2\n", "~l.0.a", "l:\n- b: 2\n"),
    ("l:\n- a: 1\n", "~l.0.a", "l:\n- {}\n"),
    ("a: null\nb: 1\n", "~a", "b: 1\n"),
    ("a: 1\n", "~b", "a: 1\n"),
    ("a: 1\nb: 2\n", "~a=1", "b: 2\n"),
    // Several at once.
    ("a: 1\nb: 2\n", "~a | c=3 | b=4", "b: 4\nc: 3\n"),
    ("a: 1\n", "s.x=1 | s.y=2", "a: 1\ns:\n  x: 1\n  'y': 2\n"),
    // The same value is no change, whatever its spelling.
    ("a: 1.0e+3\nb: yes\n", "a=1000.0 | b=true", "a: 1.0e+3\nb: yes\n"),
    ("a: 1.0\n", "a=1", "a: 1\n"),
];

#[test]
fn changes_are_written_in_the_manner_of_the_file() {
    for (text, line, expected) in WRITTEN {
        assert_eq!(edited(text, line.trim_end()).as_deref(), Ok(*expected), "{text:?} {line}");
    }
}

#[test]
fn what_is_not_exact_is_refused() {
    let cases = [
        ("a: &m {k: 1}\nb: *m\n", "a.k=2", "hydrule::yaml::not_exact"),
        ("a: &m 1\nb: *m\n", "a=2", "hydrule::yaml::not_exact"),
        ("a: &m {k: 1}\nb: *m\n", "b.k=2", "hydrule::yaml::no_place"),
        ("a: &m {k: 1}\nb: *m\n", "b.l=2", "hydrule::yaml::no_place"),
        ("a: &m {k: 1}\nb: {<<: *m, z: 1}\n", "~b.k", "hydrule::yaml::no_place"),
        ("a: !!str 1\n", "a=2", "hydrule::yaml::not_exact"),
        ("a:\n  b: 1 # x\n  c: 2\n", "a=2", "hydrule::yaml::no_place"),
        ("a: [1, # x\n  2]\n", "a=[]", "hydrule::yaml::no_place"),
        ("a:\n  # x\n  b: 1\n", "~a.b", "hydrule::yaml::no_place"),
        ("a: 1\n", "a/b=2", "hydrule::yaml::no_key"),
        ("a: 1\n", "a@b=2", "hydrule::yaml::no_key"),
        ("a: 1\n", "hydra.job.name=2", "hydrule::yaml::no_key"),
        ("a: 1\n", "a=1,2", "hydrule::override::sweep"),
        ("a: 1\n---\nb: 1\n", "a=2", "hydrule::config::yaml_syntax"),
        ("- a\n", "a=2", "hydrule::config::not_a_mapping"),
        ("a: 1\na: 2\n", "a=3", "hydrule::config::duplicate_key"),
        ("l: [1]\n", "l.5=2", "hydrule::config::cannot_set"),
    ];
    for (text, line, code) in cases {
        let found = edited(text, line);
        assert_eq!(found.as_ref().err(), Some(&code), "{text:?} {line} {found:?}");
    }
}

#[test]
fn a_refusal_shows_the_place_and_the_line_to_paste() {
    let workspace = Workspace::new();
    workspace.write("c.yaml", "a: &shared\n  k: 1\n  l: 2\nb: *shared\n");
    let mut shown = String::new();
    for line in ["a.k=2", "b.k=2", "a.m.n=3 b=1", "a/b=2", "a.k=1 --write"] {
        let output = workspace.hydrule(&format!("set c.yaml {line}")).run();
        shown.push_str(&format!("# {line}\n{}", output.shown()));
    }
    snapshot("yaml", "refusals", &shown);
}

#[test]
fn set_shows_the_diff_and_writes_it() {
    let workspace = Workspace::new();
    let text = "data:\n  batch: 512  # rows\nworker:\n  offload: {params: False}\n";
    workspace.write("c.yaml", text);
    let line = "set c.yaml data.batch=256 worker.offload.optimizer=true data.bacth=1";
    let output = workspace.hydrule(line).run();
    assert_eq!((output.code, workspace.read("c.yaml").as_str()), (1, text));
    snapshot("yaml", "set", &output.shown());
    let output = workspace.hydrule(&format!("{line} --write")).run();
    assert_eq!(output.code, 0);
    let after = "data:\n  batch: 256  # rows\n  bacth: 1\nworker:\n  offload: {params: False, optimizer: true}\n";
    assert_eq!(workspace.read("c.yaml"), after);
    assert_eq!(workspace.hydrule(line).run().code, 0);
}

fn value(depth: u32, indent: usize) -> prop::strategy::BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just(" 1".to_owned()),
        Just(" true  # c".to_owned()),
        Just(" 'q'".to_owned()),
        Just(" \"d\" # e".to_owned()),
        Just(String::new()),
        Just(" # none".to_owned()),
        Just(" [1, {k: v}, ]".to_owned()),
        Just(" {a: 1, b: [x], c}".to_owned()),
        Just(" text on\n          two lines".to_owned()),
        Just(" |\n          block\n          text\n".to_owned()),
        Just(" >-\n          folded # no comment".to_owned()),
        Just(" &anchor 5".to_owned()),
        Just(" !!str 5".to_owned()),
        Just(" ${a}".to_owned()),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let pad = " ".repeat(indent);
    let inner =
        section(depth - 1, indent).prop_map(|text| format!("\n{}", text.trim_end_matches('\n')));
    let items = prop::collection::vec(value(0, indent + 2), 1..3);
    let list = items.prop_map(move |items| {
        items.iter().map(|item| format!("\n{pad}-{item}")).collect::<String>()
    });
    prop_oneof![3 => leaf, 3 => inner, 1 => list].boxed()
}

fn section(depth: u32, indent: usize) -> prop::strategy::BoxedStrategy<String> {
    let pad = " ".repeat(indent);
    let keys = prop::sample::subsequence(vec!["a", "b", "c", "'d'"], 1..4);
    let gap = prop_oneof![4 => Just(""), 1 => Just("\n"), 1 => Just("# between\n")];
    keys.prop_flat_map(move |keys| {
        let pad = pad.clone();
        let pairs: Vec<_> = keys.iter().map(|_| (value(depth, indent + 2), gap.clone())).collect();
        pairs.prop_map(move |pairs| {
            let pairs = keys.iter().zip(pairs);
            pairs.map(|(key, (value, gap))| format!("{gap}{pad}{key}:{value}\n")).collect()
        })
    })
    .boxed()
}

fn override_text() -> impl Strategy<Value = String> {
    let key = prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", "0"]), 1..4);
    let value = prop::sample::select(vec![
        "2",
        "2.5",
        "false",
        "null",
        "word",
        "'two words'",
        "[1,b]",
        "[]",
        "{x:1}",
        "'# no'",
        "'- x'",
        "''",
    ]);
    (key, value, 0..5).prop_map(|(key, value, sigil)| match sigil {
        0 => format!("~{}", key.join(".")),
        _ => format!("{}={value}", key.join(".")),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn only_the_wanted_changes_and_everything_else_stays(
        text in section(2, 0),
        lines in prop::collection::vec(override_text(), 1..3),
        windows: bool,
        ends: bool,
    ) {
        let mut text = if ends { text } else { text.trim_end_matches('\n').to_owned() };
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let source = Source::new("c.yaml", text.as_str());
        let wanted: Vec<Override> = lines.iter().filter_map(|line| parse(line).ok()).collect();
        if Config::read_plain(&source).is_err() {
            return Ok(());
        }
        let Ok(done) = yaml::edit(&source, &wanted) else { return Ok(()) };
        let removes = wanted.len() > 1 || wanted.iter().any(|it| it.value.is_none());
        let comments = |text: &str| text.lines().filter(|line| line.contains("# ")).count();
        assert!(removes || text.contains('|') || text.contains('>') || comments(&done.text) >= comments(&text), "{text:?} {lines:?} {:?}", done.text);
        assert!(!text.contains("\r\n") || !done.text.replace("\r\n", "").contains('\n'), "{text:?} {:?}", done.text);
        if !text.is_empty() && !done.text.is_empty() {
            assert_eq!(text.ends_with('\n'), done.text.ends_with('\n'), "{text:?} {lines:?} {:?}", done.text);
        }
        // Doing it again changes nothing, but for what two of them say differently.
        if lines.len() == 1 {
            let again = Source::new("c.yaml", done.text.as_str());
            assert_eq!(yaml::edit(&again, &wanted).unwrap().text, done.text);
        }
    }
}
