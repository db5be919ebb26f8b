//! Lines of JSON: each is answered with one line of JSON, whatever it is.
#![no_main]

use std::cell::RefCell;

use hydrule::cli::Answers;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static ANSWERS: RefCell<Answers> = RefCell::new(Answers::new().expect("the packs that ship load"));
}

fuzz_target!(|bytes: &[u8]| {
    for line in bytes.split(|byte| *byte == b'\n') {
        let answer = ANSWERS.with_borrow_mut(|it| it.answer(line));
        assert!(!answer.contains('\n'), "an answer is one line");
        assert_eq!(answer.is_empty(), line.trim_ascii().is_empty(), "each line has its answer");
        assert!(answer.is_empty() || answer.starts_with("{\"id\":"), "{answer}");
    }
});
