//! The pages of `docs/` are a book: all are in its summary, what they tell to run is run, and their links
//! lead somewhere. `support::walk` has what a page may say to the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::pages::check_file;
use crate::support::walk::Walk;
use crate::support::{Run, root};

const SUMMARY: &str = "docs/SUMMARY.md";

/// Pages that stand outside of the book.
const OTHERS: [&str; 5] =
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "examples/verl-oom/README.md"];

/// Blocks of commands that no test can run, by page.
const NOT_RUN: [(&str, usize); 4] = [
    ("README.md", 2),
    ("docs/scale.md", 2),
    ("docs/start.md", 1),
    ("examples/verl-oom/README.md", 1),
];

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

/// Finds every page below a folder.
fn pages_below(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => pages.extend(pages_below(&name)),
            false if name.ends_with(".md") && name != SUMMARY => pages.push(name),
            false => {}
        }
    }
    pages.sort();
    pages
}

fn all_pages() -> Vec<String> {
    let others = OTHERS.map(str::to_owned);
    others.into_iter().chain(pages_below("docs")).collect()
}

/// Walks a page, and fails where it does not say what happens.
pub fn walked(page: &str) -> Walk {
    let mut walk = Walk::new();
    let wanted = walk.walk(page);
    check_file(page, &wanted);
    walk
}

/// The tutorial is walked by its own test.
#[test]
fn every_command_prints_what_its_page_says() {
    let mut run = 0;
    let mut not_run = BTreeMap::new();
    for page in all_pages().iter().filter(|it| *it != "docs/tutorial.md") {
        let walk = walked(page);
        run += walk.run;
        if !walk.skipped.is_empty() {
            not_run.insert(page.clone(), walk.skipped.len());
        }
    }
    assert!(run >= 20, "{run}");
    let wanted = NOT_RUN.map(|(page, number)| (page.to_owned(), number));
    assert_eq!(not_run, BTreeMap::from(wanted), "see NOT_RUN");
}

/// Takes blocks of code out of a page.
fn prose(page: &str) -> String {
    let outside = page.split("\n```").step_by(2).collect::<Vec<_>>();
    outside.join("\n")
}

/// Returns what stands between single backticks.
fn inline_code(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .lines()
        .filter(|line| !line.starts_with("    "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Commands that the text names exist, with the flags that it gives them.
#[test]
fn the_text_names_only_what_exists() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut help = |command: &str| {
        let read = || Run::hydrule(&format!("{command} --help")).run().out;
        helps.entry(command.to_owned()).or_insert_with(read).clone()
    };
    let top = help("");
    let groups = ["pack"];
    for page in all_pages().into_iter().filter(|it| it != "CHANGELOG.md") {
        let text = prose(&read(&page));
        assert!(!text.contains("\n    hydrule "), "{page}: commands belong into a console block");
        for code in inline_code(&text).filter_map(|it| it.strip_prefix("hydrule ")) {
            let mut words = code.split_whitespace().peekable();
            let mut command =
                words.next_if(|it| !it.starts_with('-')).unwrap_or_default().to_owned();
            if groups.contains(&command.as_str()) {
                command.push_str(&format!(" {}", words.next().unwrap_or_default()));
            }
            let shown = help(command.split(' ').next().unwrap());
            let shown = if command.contains(' ') { help(command.trim()) } else { shown };
            assert!(!shown.is_empty(), "{page}: `hydrule {code}` does not exist");
            for flag in words.filter(|it| it.starts_with("--") && it.len() > 2) {
                let flag = flag.split('=').next().unwrap();
                assert!(
                    shown.contains(flag) || top.contains(flag),
                    "{page}: `hydrule {code}` has no {flag}"
                );
            }
        }
    }
}

/// Returns the commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_page_of_exit_codes_has_every_command() {
    let page = read("docs/exit-codes.md");
    let group = |name: &str| listed(&Run::hydrule(&format!("{name} --help")).run().out);
    let pack = group("pack").into_iter().map(|it| format!("pack {it}"));
    let all: Vec<String> = group("").into_iter().filter(|it| it != "pack").chain(pack).collect();
    assert!(all.len() > 15, "{all:?}");
    for command in all {
        assert!(page.contains(&format!("| `{command}` |")), "{command}");
    }
}

/// Returns the targets of a page's links and images.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let rests = prose.split("](").skip(1);
    rests.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

/// Names a heading as mdBook and GitHub do.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let prose = prose(text);
    for heading in prose.lines().filter(|line| line.starts_with('#')) {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
        let name: String = heading.chars().filter(kept).collect::<String>().replace(' ', "-");
        let again = (1..).map(|number| format!("{name}-{number}"));
        let name = std::iter::once(name.clone()).chain(again).find(|it| !anchors.contains(it));
        anchors.extend(name);
    }
    anchors
}

/// Resolves `..` without asking the disk.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
        path
    })
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut seen = 0;
    for page in all_pages().into_iter().chain([SUMMARY.to_owned()]) {
        let text = read(&page);
        for target in links(&text).into_iter().filter(|it| !it.starts_with("http")) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = normal(&Path::new(&page).parent().unwrap().join(file));
            let path = if file.is_empty() { PathBuf::from(&page) } else { path };
            assert!(root().join(&path).is_file(), "{page}: {target}");
            // A book has nothing outside of its folder.
            assert!(!page.starts_with("docs/") || path.starts_with("docs"), "{page}: {target}");
            let there =
                anchor.is_empty() || anchors(&read(path.to_str().unwrap())).contains(anchor);
            assert!(there, "{page}: {target} has no such heading");
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_summary_has_every_page_once() {
    let mut listed =
        links(&read(SUMMARY)).into_iter().map(|it| format!("docs/{it}")).collect::<Vec<_>>();
    listed.sort();
    assert_eq!(listed, pages_below("docs"));
}
