//! Overrides: reading never fails badly, what is printed is read as the same value, and a sweep's jobs are
//! overrides again.
#![no_main]

use hydrule::overrides::{expand, parse, record, value_text};
use libfuzzer_sys::fuzz_target;

/// How many jobs of a sweep are looked at.
const JOBS: usize = 20;

fuzz_target!(|text: &str| {
    let read = parse(text);
    let told = record(text);
    assert_eq!(told["ok"].as_bool(), Some(read.is_ok()), "the record says otherwise");
    let Ok(read) = read else { return };
    assert_eq!(read.text, text, "an override keeps its text");
    if let Some(value) = read.value() {
        let printed = format!("k={}", value_text(&value));
        let again = parse(&printed).unwrap_or_else(|it| panic!("{printed}: {}", it.message));
        let again = again.value().unwrap_or_else(|| panic!("{printed} has no value"));
        // NaN is no NaN's equal, so the printed forms are compared.
        assert_eq!(value_text(&value), value_text(&again), "{printed}");
    }
    let Ok(jobs) = expand(&[text]) else { return };
    for job in jobs.jobs().take(JOBS).flatten() {
        let _ = parse(&job);
    }
});
