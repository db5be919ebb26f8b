//! Hydra's override language: the recorded answers of hydra-core 1.3.8, the messages for what it
//! refuses, and sizes beyond what it can take.
//!
//! `tests/hydra/check.py` compares with a Hydra that is installed, on as many fresh texts as asked.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hydrule::overrides::{expand, parse, record, single};
use hydrule::report::{Look, render_faults};
use hydrule::text::{Fault, Faults, Source};
use serde_json::Value as Json;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn records(name: &str) -> Vec<Json> {
    let text = fs::read_to_string(file("tests/hydra").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(value: &Json) -> Vec<String> {
    let items = value.as_array().unwrap();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_recorded_override_is_read_as_hydra_reads_it() {
    let recorded = records("overrides.jsonl");
    assert!(recorded.len() >= 2000);
    for theirs in recorded {
        let text = theirs["input"].as_str().unwrap();
        let ours = record(text);
        for (field, value) in theirs.as_object().unwrap() {
            if field != "error" && field != "notes" {
                assert_eq!(&ours[field], value, "{field} of {text:?}");
            }
        }
    }
}

#[test]
fn every_recorded_multirun_makes_the_same_jobs() {
    for theirs in records("sweeps.jsonl") {
        let args = texts(&theirs["args"]);
        let ours = expand(&args);
        assert_eq!(ours.is_ok(), theirs["ok"].as_bool().unwrap(), "{args:?}");
        let Ok(expansion) = ours else { continue };
        let jobs: Vec<Vec<String>> = expansion.jobs().collect();
        let expected: Vec<Vec<String>> =
            theirs["jobs"].as_array().unwrap().iter().map(texts).collect();
        assert_eq!(jobs, expected, "{args:?}");
        let lossy: Vec<String> = expansion.lossy(1000).into_iter().map(|it| it.text).collect();
        assert_eq!(lossy, texts(&theirs["lossy"]), "{args:?}");
    }
}

/// What people get wrong, with a name for each; the first twenty are the most common.
const MISTAKES: &[(&str, &str)] = &[
    ("missing-equals", "trainer.lr"),
    ("colon-for-equals", "trainer.lr: 0.1"),
    ("blank-around-equals", "trainer.lr = 0.1"),
    ("second-equals", "filter=split=train"),
    ("sweep-without-multirun", "gpus=0,1"),
    ("unclosed-list", "devices=[0,1"),
    ("unclosed-dict", "optim={name:adam,betas:[0.9,0.95]"),
    ("unclosed-quote", "prompt='Say hello"),
    ("apostrophe", "prompt=What's up?"),
    ("json-dict", r#"chat={"role":"user","n":1}"#),
    ("nested-interpolation", "path=${root.${name}}"),
    ("trailing-comma", "devices=[0,1,]"),
    ("unknown-function", "lr=rnage(0,3)"),
    ("text-with-parentheses", "name=run (copy)"),
    ("special-character", "name=run#3"),
    ("non-ascii", "name=café"),
    ("blank-after-quote", "name='run 3' "),
    ("whole-word-quoted", "'name=run'"),
    ("wrong-argument", "lr=range(1,10,steps=2)"),
    ("tuple", "betas=(0.9,0.95)"),
    ("empty", ""),
    ("escaped-quotes", r#"name=\"run 3\""#),
    ("quoted-key", r#""name"=run"#),
    ("leading-blank", " name=run"),
    ("two-overrides-in-one-word", "lr=0.1 name=run"),
    ("pieces", "name='run'_3"),
    ("pieces-inside", "name=run_'3'"),
    ("unclosed-call", "lr=choice(1,2"),
    ("unopened-bracket", "devices=0,1]"),
    ("wrong-bracket", "devices=[0,1)]"),
    ("text-after-list", "devices=[0,1]x"),
    ("blank-after-list", "devices=[0,1] "),
    ("trailing-comma-bare", "devices=0,"),
    ("trailing-comma-dict", "optim={lr:1,}"),
    ("leading-comma", "devices=,0"),
    ("two-commas", "devices=0,,1"),
    ("apostrophe-in-list", "prompts=[What's up?,Hi]"),
    ("json-list", r#"chat=[{"role": "user", "text": "a:b"}]"#),
    ("json-single-quotes", "chat={'role':'user'}"),
    ("dict-with-equals", "optim={lr=1}"),
    ("dict-without-value", "optim={lr:}"),
    ("dict-without-colon", "optim={adam}"),
    ("dict-interpolated-key", "optim={${name}:1}"),
    ("interpolation-unclosed", "path=${root"),
    ("interpolation-empty", "path=${}"),
    ("tilde", "path=~/data"),
    ("ampersand", "url=https://x.org/?a=1&b=2"),
    ("ampersand-alone", "name=a&b"),
    ("exclamation-mark", "prompt=Hello world!"),
    ("backquote", "name=`date`"),
    ("less-than", "token=<pad>"),
    ("semicolon", "name=a;b"),
    ("several-specials", r#"chat={"text":"x", more: a#b}"#),
    ("curly-quotes", "name=“run 3”"),
    ("no-break-space", "name=run\u{a0}3"),
    ("full-width-comma", "devices=[0，1]"),
    ("emoji", "name=🎉"),
    ("carriage-return", "name=run\r"),
    ("line-feed", "name=run\n"),
    ("line-feed-inside", "name=run\n3"),
    ("byte-order-mark", "\u{feff}name=run"),
    ("function-case", "lr=Choice(1,2)"),
    ("function-unheard-of", "init=np.zeros(3)"),
    ("function-unheard-of-word", "init=zeros(3)"),
    ("cast-version-number", "version=int(1.5.2)"),
    ("cast-text", "version=int(latest)"),
    ("cast-nothing", "version=int()"),
    ("bool-text", "flag=bool(yes)"),
    ("choice-nothing", "lr=choice()"),
    ("choice-in-choice", "lr=choice(choice(1,2))"),
    ("choice-trailing-comma", "lr=choice(1,2,)"),
    ("range-text", "lr=range(a,b)"),
    ("range-too-many", "lr=range(1,2,3,4)"),
    ("interval-one", "lr=interval(1)"),
    ("sort-mixed", "lr=sort(a,1)"),
    ("glob-number", "db=glob(1)"),
    ("tag-no-sweep", "lr=tag(x)"),
    ("argument-order", "lr=range(start=1,5)"),
    ("json-str", "chat=json_str({role:user})"),
    ("extend-list", "devices=extend_list(2,3)"),
    ("double-dash", "--lr=0.1"),
    ("flag", "--multirun"),
    ("flag-with-value", "--config-name=base"),
    ("renamed-package", "db@old:new=mysql"),
    ("leading-slash", "/db=mysql"),
    ("list-item", "devices[0]=1"),
    ("dots-and-slashes", "server/db.port=1"),
    ("blank-in-key", "python train.py lr=1"),
    ("non-ascii-key", "größe=1"),
    ("two-dots", "trainer..lr=1"),
    ("three-plus", "+++lr=1"),
    ("plus-tilde", "+~lr=1"),
    ("integer-too-long", "n=LONG"),
    ("choice-of-one", "lr=choice(1)"),
    ("choice-without-multirun", "lr=choice(1,2)"),
    ("range-without-multirun", "lr=range(1,5)"),
    ("too-deep", "n=DEEP"),
];

/// Writes out the texts that would be long here.
fn spelled(text: &str) -> String {
    text.replace("LONG", &"7".repeat(4301)).replace("DEEP", &"[".repeat(500))
}

/// Reads a text as a run without `--multirun` does.
fn refused(text: &str) -> Fault {
    match parse(text) {
        Err(fault) => fault,
        Ok(parsed) => single(&parsed).unwrap_err(),
    }
}

fn shown(text: &str) -> String {
    let source = Source::new("override", text);
    let long = text.len() > 1000;
    let source = if long { Source::new("override", "") } else { source };
    let mut fault = refused(text);
    if long {
        fault.span = hydrule::text::Span::at(0);
    }
    render_faults(&Faults::one(source, fault), Look::PLAIN)
}

#[test]
fn each_mistake_is_told_with_its_place_and_remedy() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(file("snapshots/mistakes"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in MISTAKES {
            insta::assert_snapshot!(*name, shown(&spelled(text)));
        }
    });
}

/// The texts that a message says to write: (for Hydra, as a word of a shell).
fn pasted(help: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut word = None;
    for line in help.lines() {
        if let Some(text) = line.strip_prefix("write       ") {
            found.push((text.to_owned(), text.to_owned()));
        } else if let Some(text) = line.strip_prefix("in a shell  ") {
            word = Some(text.to_owned());
        } else if let (Some(text), Some(word)) = (line.strip_prefix("for Hydra   "), word.take()) {
            found.push((text.to_owned(), word));
        }
    }
    found
}

/// Reads one word as bash does; nothing where bash would see more than one word, or expand.
fn unquoted(word: &str) -> Option<String> {
    let mut out = String::new();
    let mut signs = word.chars();
    while let Some(c) = signs.next() {
        match c {
            '\'' => loop {
                match signs.next()? {
                    '\'' => break,
                    inner => out.push(inner),
                }
            },
            '"' => loop {
                match signs.next()? {
                    '"' => break,
                    '$' | '`' | '\\' | '!' => return None,
                    inner => out.push(inner),
                }
            },
            '\\' => out.push(signs.next()?),
            c if " \t\n;&|<>()$`*?[]{}~#!".contains(c) => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

fn check_remedy(text: &str, fault: &Fault) -> usize {
    let help = fault.help.as_deref().unwrap_or_default();
    // A line feed in the text itself would end the line that is read back here.
    if text.contains(['\n', '\r']) {
        return 0;
    }
    let remedies = pasted(help);
    for (hydra, word) in &remedies {
        assert!(parse(hydra).is_ok(), "{text:?} is told to become {hydra:?}");
        assert_eq!(unquoted(word).as_ref(), Some(hydra), "for {text:?}");
    }
    remedies.len()
}

#[test]
fn every_remedy_can_be_pasted() {
    let mut remedies = 0;
    for (_, text) in MISTAKES {
        let text = spelled(text);
        remedies += check_remedy(&text, &refused(&text));
    }
    assert!(remedies > 60, "{remedies}");
    let mut refused = 0;
    for record in records("overrides.jsonl") {
        let text = record["input"].as_str().unwrap();
        if let Err(fault) = parse(text) {
            let end = fault.span.end;
            assert!(end <= text.len() && text.is_char_boundary(end), "{text:?}");
            assert!(text.is_char_boundary(fault.span.start), "{text:?}");
            assert!(!fault.message.is_empty() && fault.help.is_some(), "{text:?}: {fault:?}");
            check_remedy(text, &fault);
            refused += 1;
        }
    }
    assert!(refused > 700, "{refused}");
}

/// How many of [`MISTAKES`] stand in `docs/diagnostics.md`.
const COMMON: usize = 20;

/// The page of both messages; HYDRULE_ACCEPT=1 writes it anew. Hydra's come from
/// `tests/hydra/oracle.py --message`.
#[test]
fn the_page_of_messages_is_true() {
    let theirs = records("messages.jsonl");
    let mut page = String::from(
        "# Messages: hydrule's beside Hydra's\n\n\
         The twenty mistakes people make most often on Hydra's command line, with what hydrule\n\
         says and what hydra-core 1.3.8 says. Hydra's lines about `HYDRA_FULL_ERROR` and its\n\
         grammar page are left out. This page is written by a test.\n",
    );
    for (name, text) in &MISTAKES[..COMMON] {
        let hydra = theirs.iter().find(|it| it["input"].as_str() == Some(text));
        let hydra = hydra.unwrap_or_else(|| panic!("messages.jsonl lacks {text:?}"));
        let hydra: Vec<&str> = hydra["message"].as_str().unwrap().lines().collect();
        let hydra: Vec<&str> = hydra
            .iter()
            .map(|line| line.trim_end())
            .filter(|line| !line.starts_with("See https://hydra.cc"))
            .collect();
        let _ = write!(page, "\n## {}\n\n", name.replace('-', " "));
        let ours = shown(text);
        let ours: Vec<&str> = ours.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
        let _ = write!(page, "hydrule:\n\n```text\n{}\n```\n\n", ours.join("\n"));
        let _ = write!(page, "Hydra:\n\n```text\n{}\n```\n", hydra.join("\n"));
    }
    let path = file("docs/diagnostics.md");
    if std::env::var_os("HYDRULE_ACCEPT").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/diagnostics.md is stale; HYDRULE_ACCEPT=1 writes it anew");
}

/// Prints what `oracle.py --message` is to be asked.
#[test]
fn hydra_was_asked_about_every_common_mistake() {
    let asked = records("messages.jsonl");
    let asked: Vec<&str> = asked.iter().map(|it| it["input"].as_str().unwrap()).collect();
    let common: Vec<&str> = MISTAKES[..COMMON].iter().map(|(_, text)| *text).collect();
    assert_eq!(asked, common, "{}", serde_json::to_string(&common).unwrap());
}

/// Bytes of one repeated piece; anything quadratic takes minutes at this size.
const MANY: usize = 50_000;

#[test]
fn nesting_beyond_hydras_is_an_error_and_no_crash() {
    assert!(parse(&format!("k={}", "[".repeat(1_000_000))).is_err());
    for open in ["{a:", "[{a:", "int([", "str(", "[choice(", "['", "${", "(", "[[],", "[ "] {
        let text = format!("k={}", open.repeat(MANY / open.len()));
        assert!(parse(&text).is_err(), "{open}");
        assert!(parse(&text.replacen('=', "=1,", 1)).is_err(), "{open}");
    }
    for text in ["]", "}", ")", "'", "\\", "${a}", "$", " ", "=", ",", "a ", "a:", "é", "\0"] {
        let many = text.repeat(MANY / text.len());
        for before in ["", "k=", "k=[", "k=1,"] {
            let _ = parse(&format!("{before}{many}"));
        }
    }
}

#[test]
fn the_deepest_values_are_read_and_printed() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| {
        format!("k={}{inner}{}", open.repeat(count), close.repeat(count))
    };
    let cases = [
        ("[", "1", "]", 492),
        ("[", "", "]", 493),
        ("{a:", "1", "}", 246),
        ("[{a:", "1", "}]", 164),
        ("int([", "1", "])", 246),
        ("str(", "1", ")", 492),
    ];
    for (open, inner, close, most) in cases {
        let record = record(&nested(open, inner, close, most));
        assert_eq!(record["ok"], true, "{open} {most}");
        assert!(record["element_string"].is_string(), "{open} {most}");
        let text = nested(open, inner, close, most);
        let parsed = parse(&text).unwrap();
        assert!(parsed.element_string().is_some() && parsed.value().is_some());
        assert_eq!(expand(&[text]).unwrap().jobs().count(), 1);
        let fault = parse(&nested(open, inner, close, most + 1)).unwrap_err();
        assert_eq!(fault.code, "hydrule::override::too_deep", "{open}");
    }
    let swept = |count| nested("[", "1", "]", count).replacen('=', "=1,", 1);
    assert!(parse(&swept(489)).is_ok());
    assert!(parse(&swept(490)).is_err());
}

#[test]
fn long_overrides_are_read_up_to_a_limit() {
    let list = |count: usize| format!("k=[{}]", vec!["0.5"; count].join(","));
    assert!(parse(&list(5000)).is_ok());
    assert!(parse(&list(50_000)).is_ok());
    assert!(parse(&format!("k={}#", "x".repeat(1_000_000))).is_err());
    let huge = parse(&format!("k={}", "x".repeat(100_000_000))).unwrap_err();
    assert_eq!(huge.code, "hydrule::override::too_long");
}

#[test]
fn marks_and_control_characters_are_named() {
    let cases = [
        ("\u{feff}a=1", "byte order mark"),
        ("a=\u{feff}1", "byte order mark"),
        ("a=1\0", "NUL"),
        ("\0a=1", "NUL"),
        ("a=\u{7}", "U+0007"),
        ("a=x\u{1b}[1m", "U+001B"),
        ("a=1\r", "carriage return"),
        ("a\t=1", "blank"),
        ("a=\u{200b}1", "U+200B"),
    ];
    for (text, name) in cases {
        let fault = parse(text).unwrap_err();
        assert!(fault.message.contains(name), "{text:?}: {}", fault.message);
    }
    for text in ["a='\0'", "a='\u{feff}'", "a=${\u{7}}", "a='\r\n'"] {
        assert!(parse(text).is_ok(), "{text:?}");
    }
}
