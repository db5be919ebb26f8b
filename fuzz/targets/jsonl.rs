//! Lines of JSON: each is answered with one line of JSON, whatever it is.
#![no_main]

use std::sync::OnceLock;

use hydrule::cli::Answers;
use libfuzzer_sys::fuzz_target;

static ANSWERS: OnceLock<Answers> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let answers = ANSWERS.get_or_init(|| Answers::new().expect("the packs that ship load"));
    let lines = bytes.split(|byte| *byte == b'\n');
    for (line, answer) in lines.zip(answers.answer(bytes)) {
        assert!(!answer.contains('\n'), "an answer is one line");
        assert_eq!(answer.is_empty(), line.trim_ascii().is_empty(), "each line has its answer");
        assert!(answer.is_empty() || answer.starts_with("{\"id\":"), "{answer}");
    }
});
