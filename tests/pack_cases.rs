//! Every case of the packs that ship, each one a test: `cargo test update-ladder` runs those of that name.

use std::process::ExitCode;

use hydrule::cli::{PackTest, pack_tests};
use hydrule::report::Look;
use libtest_mimic::{Arguments, Failed, Trial};

/// The harness takes the colours away where nobody wants them.
const LOOK: Look = Look { color: true, ..Look::PLAIN };

fn trial(test: PackTest) -> Trial {
    Trial::test(test.name.clone(), move || test.run(LOOK).map_err(Failed::from))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match pack_tests(LOOK) {
        Ok(tests) => tests.into_iter().map(trial).collect(),
        Err(why) => vec![Trial::test("there are packs", move || Err(Failed::from(why)))],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}
