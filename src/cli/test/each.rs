//! The cases of packs one by one, for another test harness.

use std::sync::Arc;

use super::find::{self, TestPack};
use super::{test, unreferenced};
use crate::cases::{Coverage, Status, TestedPack};
use crate::cli::error::CliError;
use crate::cli::packs_here;
use crate::report::{Look, TestView, tests_full};

/// Something of a pack that passes or fails by itself.
pub struct PackTest {
    /// The pack and the case: `verl::update-ladder`.
    pub name: String,
    what: What,
}

/// What is tested.
enum What {
    /// The case at this place.
    Case(Arc<TestPack>, usize),
    /// That every snapshot has a case.
    Snapshots(Arc<TestPack>),
    /// That the pack and its cases can be read; they cannot, for this reason.
    Read(CliError),
}

/// Lists the tests of the packs in and under the current folder.
///
/// # Errors
/// Where there is no pack, as `hydrule test` prints it.
pub fn pack_tests(look: Look) -> Result<Vec<PackTest>, String> {
    let folders = packs_here::folders(&[]).map_err(|error| error.render(look))?;
    let tests = folders.iter().flat_map(|folder| match find::load(folder) {
        Ok(pack) => tests_of(pack),
        Err(error) => {
            let name = format!("{} can be read", folder.display());
            vec![PackTest { name, what: What::Read(error) }]
        }
    });
    Ok(tests.collect())
}

fn tests_of(pack: TestPack) -> Vec<PackTest> {
    let pack = Arc::new(pack);
    let named = |name: &str, what| PackTest { name: format!("{}::{name}", pack.name), what };
    let cases = pack.cases.iter().enumerate();
    let mut all: Vec<PackTest> =
        cases.map(|(at, case)| named(&case.name, What::Case(Arc::clone(&pack), at))).collect();
    if !all.is_empty() {
        all.push(named("every snapshot has a case", What::Snapshots(Arc::clone(&pack))));
    }
    all
}

impl PackTest {
    /// Runs the test as `hydrule test --check` does.
    ///
    /// # Errors
    /// The report of what is not as expected.
    pub fn run(&self, look: Look) -> Result<(), String> {
        let tested = |pack: &TestPack, cases, unreferenced| TestedPack {
            name: pack.name.clone(),
            cases,
            coverage: Coverage::default(),
            unreferenced,
            left_out: 0,
        };
        let tested = match &self.what {
            What::Read(error) => return Err(error.render(look)),
            What::Case(pack, at) => {
                let case = pack.cases.get(*at).map(|case| test(pack, case));
                tested(pack, case.into_iter().collect(), Vec::new())
            }
            What::Snapshots(pack) => {
                let gone = unreferenced(pack).map_err(|error| error.render(look))?;
                tested(pack, Vec::new(), gone)
            }
        };
        let passed = tested.unreferenced.is_empty()
            && tested.cases.iter().all(|case| case.status(true) == Status::Passed);
        let view = TestView {
            look,
            checks: true,
            rejects: true,
            coverage: false,
            requires: false,
            whole: false,
        };
        if passed { Ok(()) } else { Err(tests_full(&[tested], view)) }
    }
}
