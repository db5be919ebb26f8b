//! Finds the commit that a release is built from, for `hydrule --version`, and reads the packs that ship.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

#[path = "src/pack/tree.rs"]
#[expect(dead_code, reason = "what is read here is looked at by the program alone")]
mod tree;

#[path = "src/condition/syntax.rs"]
#[expect(dead_code, reason = "the program alone tells why a text is no expression")]
mod syntax;

use syntax::{Node, Rule};
use tree::What;

/// Expressions, and what the grammar finds in each.
type Conditions = BTreeMap<String, Vec<Node>>;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    read_packs()?;
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Only a release says it: a commit must not make every test build compile again.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if release { commit() } else { None };
    let said = commit.map_or(version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=HYDRULE_VERSION={said}");
    Ok(())
}

/// Writes down what the packs that ship say, in a form that takes no time to read: `SHIPPED`, each file of
/// theirs with its numbers and strings.
fn read_packs() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/pack/tree.rs");
    let mut conditions = Conditions::new();
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let mut list = String::from("static SHIPPED: &[(&str, Tree)] = &[\n");
    for path in files_in("rules").iter().flat_map(files_in) {
        if !path.ends_with(".toml") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        // What cannot be read says so when the program reads it.
        let Ok(tree) = tree::Tree::read(&text) else { continue };
        tree.root().fields().for_each(|it| read_conditions(it.value, &mut conditions));
        let numbers = Path::new(&out).join(path.replace('/', "+"));
        let strings = numbers.with_extension("strings");
        fs::write(&numbers, &tree.numbers)?;
        fs::write(&strings, tree.strings.as_bytes())?;
        let _ = writeln!(
            list,
            "    ({path:?}, Tree {{ numbers: Cow::Borrowed(include_bytes!({numbers:?})), \
             strings: Cow::Borrowed(include_str!({strings:?})) }}),"
        );
    }
    list.push_str("];\n");
    fs::write(Path::new(&out).join("shipped.rs"), list)?;
    write_conditions(&conditions, Path::new(&out))
}

/// Reads every string that is an expression, or an assignment of one. Other strings that happen to read as an
/// expression do no harm.
fn read_conditions(value: tree::Node<'_>, conditions: &mut Conditions) {
    match value.what() {
        What::Text(text) => {
            let text = text.split_once(":=").map_or(text, |(_, value)| value);
            let nodes = syntax::read(text).unwrap_or_default();
            // A lone word is most often a name.
            let is_more = |it: &Node| matches!(it.rule, Rule::fact | Rule::operator | Rule::call);
            if nodes.iter().any(is_more) {
                conditions.insert(text.to_owned(), nodes);
            }
        }
        What::List(items) => items.for_each(|it| read_conditions(it, conditions)),
        What::Table(table) => table.fields().for_each(|it| read_conditions(it.value, conditions)),
        _ => {}
    }
}

/// Writes down what `src/condition/shipped.rs` looks expressions up in.
fn write_conditions(conditions: &Conditions, out: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/condition/syntax.rs");
    println!("cargo::rerun-if-changed=grammar/condition.pest");
    let (mut texts, mut known, mut nodes, mut count) =
        (String::new(), String::new(), String::new(), 0);
    for (text, read) in conditions {
        let (start, first) = (texts.len(), count);
        texts.push_str(text);
        count += read.len();
        let _ = writeln!(known, "    [{start}, {}, {first}, {count}],", texts.len());
        for Node { rule, start, end, inside } in read {
            let _ = writeln!(nodes, "    n(Rule::{rule:?}, {start}, {end}, {inside}),");
        }
    }
    let written = format!(
        "static TEXTS: &str = {texts:?};\nstatic KNOWN: [Known; {}] = [\n{known}];\n\
         static NODES: [Node; {count}] = [\n{nodes}];\n",
        conditions.len()
    );
    fs::write(out.join("conditions.rs"), written)
}

/// Lists what is in a folder, in order; nothing for a file.
fn files_in(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<String> =
        entries.map(|it| it.path().to_string_lossy().replace('\\', "/")).collect();
    paths.sort();
    paths
}

/// The commit and its day; none where this is not hydrule's own checkout, as in a source archive.
fn commit() -> Option<String> {
    if !std::path::Path::new(".git").exists() {
        return None;
    }
    if let Some(moves) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={moves}");
    }
    git(&["log", "-1", "--format=%h %cs", "--abbrev=9"])
}

/// The first line that git answers.
fn git(args: &[&str]) -> Option<String> {
    let told = Command::new("git").args(args).output().ok()?;
    let line = String::from_utf8(told.stdout).ok()?.trim().to_owned();
    (told.status.success() && !line.is_empty()).then_some(line)
}
