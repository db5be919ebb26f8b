//! What stands at the end of the tutorial, which is walked as all pages are (`support::walk`).

use crate::book::walked;
use crate::support::walk::Walk;

const PAGE: &str = "docs/tutorial.md";

/// The reader ends with a pack that passes all there is.
#[test]
fn the_reader_ends_with_a_pack_that_passes() {
    let walk = walked(PAGE);
    assert!(walk.run >= 20);
    for command in [
        "hydrule test --check --require-coverage rules/acme",
        "hydrule pack check rules/acme team",
        "git diff --exit-code",
    ] {
        let last = walk.run(command);
        assert_eq!(last.code, 0, "{command}: {last:?}");
    }
}

/// Walks the tutorial, then lets pre-commit run its hooks: HYDRULE_PRE_COMMIT is the program.
#[test]
#[ignore = "needs pre-commit"]
fn its_hooks_run_under_pre_commit() {
    let program = std::env::var("HYDRULE_PRE_COMMIT").unwrap();
    let mut walk = Walk::new();
    walk.walk(PAGE);
    walk.run("git add -A");
    let all = format!("{program} run --all-files --color never");
    let clean = walk.run(&all);
    assert_eq!(clean.code, 0, "{clean:?}");
    assert_eq!(clean.out.matches("Passed").count(), 2, "{clean:?}");
    let broken = walk.run(&format!("sed -i s/micro_batch=8/micro_batch=7/ run.sh && {all}"));
    assert_eq!(broken.code, 1, "{broken:?}");
    assert!(broken.out.contains("micro-batch-divides-batch"), "{broken:?}");
    let rules = "sed -i s/micro_batch=7/micro_batch=8/ run.sh && sed -i 's,it / 2,it / 4,' rules/acme/rules.toml";
    let untrue = walk.run(&format!("{rules} && {all}"));
    assert_eq!(untrue.code, 1, "{untrue:?}");
    assert!(untrue.out.contains("failed"), "{untrue:?}");
}
