//! Laws that hold for every input.

use hydrule::overrides::{expand, parse, value_text};
use hydrule::surface::bash::{self, Change, Outside, Wanted};
use hydrule::text::{Source, apply_edits, shell_word};
use hydrule::value::Value;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::support::Run;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::strategy::Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("a number", |it| it.is_finite()).prop_map(Value::Float),
        ".{0,12}".prop_map(Value::Str),
        "[a-z0-9_.:/ -]{0,12}".prop_map(Value::Str),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3).prop_map(|pairs| {
                Value::Dict(
                    pairs.into_iter().map(|(key, value)| (Value::Str(key), value)).collect(),
                )
            }),
        ]
    })
}

/// A dict's key that is a word such as `inf` or `null` is no text in Hydra either way.
fn has_typed_key(value: &Value) -> bool {
    match value {
        Value::Dict(pairs) => pairs.iter().any(|(key, value)| {
            ["null", "true", "inf", "nan"].contains(&key.to_string().as_str())
                || has_typed_key(value)
        }),
        Value::List(items) => items.iter().any(has_typed_key),
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in value()) {
        if !has_typed_key(&value) {
            let text = format!("k={}", value_text(&value));
            let read = parse(&text).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"));
            prop_assert_eq!(read.value(), Some(value), "{}", text);
        }
    }

    #[test]
    fn parsing_keeps_the_text(text in ".{0,40}") {
        if let Ok(read) = parse(&text) {
            prop_assert_eq!(&read.text, &text);
            prop_assert!(read.key_element().len() <= text.len());
        }
    }

    #[test]
    fn any_list_expands_or_says_why(texts in prop::collection::vec("[a-c]=[a-d1-9,]{1,6}", 0..4)) {
        if let Ok(expansion) = expand(&texts) {
            let jobs = expansion.jobs().count();
            prop_assert_eq!(expansion.count(), Some(jobs.into()));
        }
    }

    #[test]
    fn any_text_is_a_script_or_a_fault(text in "[ -~\n]{0,80}") {
        let _ = bash::read(&Source::new("any.sh", text), &Outside::default());
    }

    #[test]
    fn edits_change_only_their_own_bytes(
        values in prop::collection::vec("[0-9]{1,3}|'[a-z ]{0,5}'|\"[a-z]{1,5}\"|\\$V", 1..6),
        forwards in any::<bool>(),
        index in 0_usize..8,
        wanted in "[a-z0-9$' ]{1,8}",
    ) {
        let mut script = String::from("V=7\npython3 -m app");
        for (number, value) in values.iter().enumerate() {
            script.push_str(&format!(" \\\n  a.k{number}={value}"));
        }
        if forwards {
            script.push_str(" \\\n  \"$@\"");
        }
        script.push('\n');
        let source = Source::new("run.sh", script.as_str());
        let read = bash::read(&source, &Outside::default()).unwrap();
        let key = format!("a.k{index}");
        let after = format!("{key}={}", value_text(&Value::Str(wanted)));
        let change = Change { key: key.clone(), after: Some(after.clone()) };
        let wanted = Wanted { launches: &[0], changes: std::slice::from_ref(&change), also: &[] };
        let Ok(edited) = bash::edit(&read, &Outside::default(), &wanted) else {
            return Ok(());
        };
        // Outside the edits every byte is as before: putting the old bytes back gives the old text.
        prop_assert_eq!(apply_edits(&script, &edited.edits).unwrap(), edited.text.clone());
        let again = bash::read(&Source::new("run.sh", edited.text.as_str()), &Outside::default()).unwrap();
        let now: Vec<String> = again.launches[0].arguments.iter().filter_map(|it| it.text.known()).collect();
        prop_assert!(now.contains(&after));
        // Once more changes nothing.
        let twice = bash::edit(&again, &Outside::default(), &wanted).unwrap();
        prop_assert_eq!(twice.text, edited.text);
    }
}

#[test]
fn bash_reads_every_quoted_word_as_written() {
    let words = [
        "a=b",
        "a=[1,2]",
        "a='$(touch x)'",
        "a=\"b\"",
        "~a",
        "a=*?",
        "a=é",
        "-x",
        "a=\\n",
        "a=\n",
        "a=`b`",
        "a=!b",
        "",
        "a={b,c}",
    ];
    let line: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
    let script = format!("printf '%s\\0' {}", line.join(" "));
    let output = Run::program("bash").arg("-c").arg(script).run();
    let read: Vec<&str> = output.out.split_terminator('\0').collect();
    assert_eq!(read, words);
}
