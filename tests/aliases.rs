//! Keys that have, or had, other names.

use crate::support::{SMALL, Workspace, snapshot};

/// A pack whose rules know the newest names only.
fn tables() -> String {
    format!(
        r#"{SMALL}
"a.micro_per_gpu" = 8
"a.gpus" = 4
"b.inner.rate" = 0.5
"c.new" = 6

[[release]]
number = "1.0"

[[release]]
number = "2.0"
adds = ["c.only_new"]

[[alias]]
old = "a.micro"
new = "a.micro_per_gpu"
read = 'it / a.gpus'
write = 'it * a.gpus'

[[alias]]
old = "inner.*"
new = "b.inner.*"

[[alias]]
old = "c.old"
new = "c.new"
versions = "<2"

{}{}{}
[[require]]
id = "rate"
holds = 'b.inner.rate <= 0.5'
fails_at = "the start"
message = "the rate is {{b.inner.rate}}"
repair = ['b.inner.rate := 0.5']
source = "a test"
"#,
        option("smaller", "a.micro_per_gpu > 1", "a.micro_per_gpu := it / 2"),
        option("slower", "b.inner.rate > 0.1", "b.inner.rate := it / 2"),
        option("fewer", "c.new > 1", "c.new := it - 1"),
    )
}

fn option(id: &str, when: &str, rewrite: &str) -> String {
    format!(
        "[[option]]\nid = \"{id}\"\ntitle = \"{id}\"\nwhen = '{when}'\nrewrite = ['{rewrite}']\n\
         relieves = [\"update\"]\nchanges = \"speed\"\nsafety = \"safe\"\nwhy = \"less\"\n\
         source = \"a test\"\n"
    )
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("small.toml", tables());
    workspace
}

/// Returns the overrides that one step of an option leads to.
fn after(option: &str, more: &str) -> Vec<String> {
    let line = format!("rewrite --pack small.toml --fact oom.phase=update --only={option} {more}");
    let output = workspace().hydrule(&line).run();
    assert!(output.code < 2, "{}", output.shown());
    output.out.lines().map(str::to_owned).collect()
}

#[test]
fn a_change_goes_to_the_name_that_the_launch_uses() {
    assert_eq!(after("smaller", "-- a.micro_per_gpu=8"), ["a.micro_per_gpu=4"]);
    assert_eq!(after("smaller", "-- a.micro=32"), ["a.micro=16"]);
    assert_eq!(after("smaller", "-- ++a.micro=32 a.gpus=2"), ["++a.micro=16", "a.gpus=2"]);
    assert_eq!(after("slower", "-- inner.rate=0.4"), ["inner.rate=0.2"]);
    assert_eq!(after("slower", "-- m.on=true"), ["m.on=true", "b.inner.rate=0.25"]);
    // A null says nothing, so the default counts.
    assert_eq!(after("smaller", "-- a.micro=null"), ["a.micro=16"]);
}

#[test]
fn a_new_override_has_the_name_that_the_version_knows() {
    assert_eq!(after("fewer", "--target small=1 -- m.on=true"), ["m.on=true", "c.old=5"]);
    assert_eq!(after("fewer", "--target small=2 -- m.on=true"), ["m.on=true", "c.new=5"]);
    assert_eq!(after("fewer", "-- c.only_new=1"), ["c.only_new=1", "c.new=5"]);
    // The name in use tells the version as well.
    assert_eq!(after("fewer", "-- c.old=3"), ["c.old=2"]);
    let said = workspace().hydrule("explain --pack small.toml -- c.old=3").run();
    assert!(said.out.contains("small 1.0.0: the launch tells: `c.old` is of <2"), "{}", said.out);
}

#[test]
fn a_sweep_under_an_old_name_is_mapped_where_the_values_are_the_same() {
    assert_eq!(after("slower", "-- inner.rate=0.4,0.2"), ["inner.rate=0.2,0.1"]);
    let line = "explain --pack small.toml --fact oom.phase=update --rule smaller -- a.micro=32,64";
    let said = workspace().hydrule(line).run();
    assert!(said.out.contains("it is swept"), "{}", said.out);
}

#[test]
fn goals_and_repairs_go_through_old_names() {
    let goal = "rewrite --pack small.toml --goal=a.micro_per_gpu<=2 -- a.micro=32 inner.rate=0.3";
    assert_eq!(workspace().hydrule(goal).run().out, "a.micro=8\ninner.rate=0.3\n");
    let repair = "rewrite --pack small.toml --repair -- inner.rate=0.9";
    assert_eq!(workspace().hydrule(repair).run().out, "inner.rate=0.5\n");
}

/// The place is where the launch writes the old name.
#[test]
fn the_real_place_is_told_and_changed() {
    let workspace = workspace();
    workspace.write("run.sh", "python -m small \\\n    a.micro=32 \\\n    inner.rate=0.3\n");
    let line = "--pack small.toml --fact oom.phase=update";
    let explained = workspace.hydrule(&format!("explain run.sh --rule smaller {line}")).run();
    snapshot("aliases", "explained", &explained.shown());
    let written = workspace.hydrule(&format!("rewrite run.sh --write {line}")).run();
    assert_eq!(written.code, 0, "{}", written.shown());
    assert!(workspace.read("run.sh").contains("a.micro=16 \\"), "{}", workspace.read("run.sh"));
}

/// The file of a base configuration tells which name there is.
#[test]
fn a_base_configuration_has_one_of_the_names() {
    let workspace = workspace();
    workspace.write("old.yaml", "a: {micro: 32, gpus: 4}\n");
    let line = "rewrite --pack small.toml --only=smaller --fact oom.phase=update --config old.yaml";
    let told = workspace.hydrule(&format!("{line} -- a.gpus=2")).run();
    assert_eq!(told.out, "a.gpus=2\na.micro=16\n", "{}", told.shown());
}

#[test]
fn both_names_at_once_are_found() {
    let workspace = workspace();
    let launches = "launches = [\"small\"]\n";
    workspace.write("small.toml", format!("{launches}{}", tables()));
    workspace.write("run.sh", "python -m small a.micro=32 a.micro_per_gpu=4\n");
    let checked = workspace.hydrule("check run.sh --pack small.toml").run();
    snapshot("aliases", "two-names", &checked.shown());
    let line = "rewrite run.sh --pack small.toml --fact oom.phase=update --only=smaller";
    let said = workspace.hydrule(line).run();
    assert!(said.shown().contains("two names of one setting"), "{}", said.shown());
}

#[test]
fn aliases_are_checked() {
    let workspace = Workspace::new();
    let wrong = tables()
        .replace("new = \"b.inner.*\"", "new = \"b.inner\"")
        .replace("new = \"c.new\"", "new = \"a.micro\"")
        .replace("write = 'it * a.gpus'\n", "");
    workspace.write("small.toml", wrong);
    snapshot("aliases", "faults", &workspace.hydrule("pack check small.toml").run().shown());
}

/// A conversion that leads back to its own key is a circle, not a crash.
#[test]
fn a_conversion_may_not_need_itself() {
    let workspace = Workspace::new();
    let circular = tables().replace("read = 'it / a.gpus'", "read = 'it / a.micro_per_gpu'");
    workspace.write("small.toml", circular);
    let line = "explain --pack small.toml --fact oom.phase=update --rule smaller -- a.micro=32";
    let said = workspace.hydrule(line).run();
    assert!(said.out.contains("it is defined by itself"), "{}", said.shown());
}
