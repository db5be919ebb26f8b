//! The supply chain: few libraries, under licences that go with ours, from one registry, none that reaches
//! the network.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Run, root};

/// The most packages that a build of the program takes, its own left out. Each is code that runs with the
/// rights of whoever lints a script, so a new one needs a reason, or another that goes.
///
/// What the large ones bring, what they share counted at each: brush-parser 75 (it alone reads bash as bash does),
/// miette 37 (most of it breaks lines as Unicode says), clap 21, ignore 13, pest 12. All others bring nine at most.
/// regex-lite is there beside regex, since its patterns need no time before they match; libm, since its logarithm is
/// the same everywhere, and the system's library of them takes a thirtieth of a start.
const MOST: usize = 159;

/// Licences that ask for no more than their text, one of which each package offers.
const LICENCES: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "Unlicense",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "0BSD",
    "Apache-2.0 WITH LLVM-exception",
];

/// Libraries of which two versions are built, and what holds the old one.
const TWICE: [(&str, &str); 7] = [
    ("darling", "cached_proc_macro, by brush-parser"),
    ("darling_core", "cached_proc_macro, by brush-parser"),
    ("darling_macro", "cached_proc_macro, by brush-parser"),
    ("hashbrown", "cached, by brush-parser"),
    ("similar", "insta, which brush-parser takes along"),
    ("syn", "macros of maud, miette and tracing"),
    ("unicode-width", "miette"),
];

/// What would give the program a network, a runtime, or code from elsewhere.
const NEVER: [&str; 22] = [
    "reqwest",
    "hyper",
    "ureq",
    "curl",
    "curl-sys",
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "openssl",
    "openssl-sys",
    "native-tls",
    "rustls",
    "ring",
    "isahc",
    "attohttpc",
    "trust-dns-resolver",
    "hickory-resolver",
    "libloading",
    "wasmtime",
    "pyo3",
];

fn metadata() -> Value {
    let run = Run::program(env!("CARGO")).args([
        "metadata",
        "--format-version",
        "1",
        "--offline",
        "--locked",
    ]);
    let host = Run::program("rustc").arg("-vV").run().out;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let run = run.args(["--filter-platform", &host]).at(&root()).run();
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// Returns the packages that a build takes, as cargo describes them.
fn built(metadata: &Value) -> Vec<&Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let nodes: BTreeMap<&str, &Value> =
        nodes.iter().map(|it| (it["id"].as_str().unwrap(), it)).collect();
    let root = metadata["resolve"]["root"].as_str().unwrap();
    let (mut open, mut seen) = (vec![root], BTreeSet::from([root]));
    while let Some(id) = open.pop() {
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let mut kinds = dependency["dep_kinds"].as_array().unwrap().iter();
            let id = dependency["pkg"].as_str().unwrap();
            if kinds.any(|it| it["kind"] != "dev") && seen.insert(id) {
                open.push(id);
            }
        }
    }
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.filter(|it| it["id"] != root && seen.contains(it["id"].as_str().unwrap())).collect()
}

#[test]
fn the_libraries_are_few_free_and_offline() {
    let metadata = metadata();
    let built = built(&metadata);
    let text =
        |package: &Value, field: &str| package[field].as_str().unwrap_or_default().to_owned();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &built {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let source = text(package, "source");
        assert!(source.starts_with("registry+"), "{name} comes from {source}");
        let offers = licence.replace('/', " OR ");
        let mut offers = offers.split(" OR ").map(|it| it.trim_matches(['(', ')', ' ']));
        let fits = offers
            .any(|it| it.split(" AND ").all(|it| LICENCES.contains(&it.trim_matches(['(', ')']))));
        assert!(fits, "{name} is under `{licence}`");
        assert!(!NEVER.contains(&name.as_str()), "{name} is not for this program");
        versions.entry(name).or_default().insert(text(package, "version"));
    }
    assert!(built.len() <= MOST, "{} packages, {MOST} at most", built.len());
    let twice: Vec<&String> =
        versions.iter().filter(|(_, all)| all.len() > 1).map(|(name, _)| name).collect();
    let known: Vec<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    assert_eq!(twice, known, "of these two versions are built");
}

/// Standard library's doors to the network and to other programs, which no source opens.
#[test]
fn no_source_starts_a_program_or_opens_a_connection() {
    let doors = [
        "std::net",
        "TcpStream",
        "UdpSocket",
        "UnixStream",
        "std::process::Command",
        "process::Command",
    ];
    let mut open = vec![root().join("src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for door in doors {
                assert!(!text.contains(door), "{} uses {door}", path.display());
            }
        }
    }
}
