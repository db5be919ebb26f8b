//! The tutorial is walked, step by step, from an empty folder.
//!
//! A line that is nothing but a file's name in bold, `**run.sh**`, gives the block below it to that file,
//! `**run.sh**, at its end` appends it. A `console` block is commands with what they print.

use std::fs;
use std::path::{Path, PathBuf};

use crate::pages::check_file;
use crate::support::{Output, Run, Workspace, root};

const PAGE: &str = "docs/tutorial.md";

/// What a failing case looks like in a terminal.
const PICTURE: &str = "tutorial.svg";

/// What the page has.
#[derive(Debug, PartialEq)]
enum Block {
    Write(String, String),
    Append(String, String),
    Console(Vec<(String, String)>),
    Text(String),
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            if let Some(name) = line.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
                file = Some(name);
            } else if !line.is_empty() {
                file = None;
            }
            blocks.push(Block::Text(format!("{line}\n")));
            continue;
        };
        let body: String =
            lines.by_ref().take_while(|it| *it != "```").map(|it| format!("{it}\n")).collect();
        blocks.push(match (kind, file.take()) {
            ("console", None) => Block::Console(commands(&body)),
            (_, Some((name, ""))) => Block::Write(name.to_owned(), body),
            (_, Some((name, ", at its end"))) => Block::Append(name.to_owned(), body),
            other => panic!("a block of the tutorial that nothing checks: {other:?}\n{body}"),
        });
    }
    blocks
}

fn commands(body: &str) -> Vec<(String, String)> {
    let mut commands = Vec::new();
    for line in body.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("the tutorial has an output without a command: {line}"),
        }
    }
    commands
}

/// A folder in which the tutorial is walked.
struct Walk {
    workspace: Workspace,
}

impl Walk {
    fn new() -> Self {
        let workspace = Workspace::new();
        fs::create_dir(workspace.path().join("work")).unwrap();
        let config =
            "[user]\nname = A Reader\nemail = reader@example.org\n[init]\ndefaultBranch = main\n";
        workspace.write("gitconfig", config);
        Self { workspace }
    }

    fn folder(&self) -> PathBuf {
        self.workspace.path().join("work")
    }

    fn run(&self, command: &str) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_hydrule")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let mut run =
            Run::program("bash").arg("-c").arg(format!("{{ {command}\n}} 2>&1")).at(&self.folder());
        for name in ["CI", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "GIT_DIR"] {
            run = run.without(name);
        }
        let run = run.env("PATH", path).env("HOME", self.workspace.path());
        run.env("GIT_CONFIG_GLOBAL", self.workspace.path().join("gitconfig")).run()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Shows the cases in colour, as they are now.
    fn picture(&self) -> String {
        let shown = self.run("hydrule test --color always").out;
        let shown = format!("\u{1b}[2m$\u{1b}[0m hydrule test\n{shown}");
        anstyle_svg::Term::new().min_width_px(840).render_svg(&shown)
    }

    /// Does what the page says, and returns the page as it should be.
    fn walk(&self, page: &str) -> String {
        let mut walked = String::new();
        for block in blocks(page) {
            match block {
                Block::Text(text) => {
                    if text.contains(PICTURE) {
                        check_file(&format!("docs/{PICTURE}"), &self.picture());
                    }
                    walked.push_str(&text);
                }
                Block::Write(name, text) => {
                    self.write(&name, &text);
                    walked.push_str(&format!("```{}\n{text}```\n", language(&name)));
                }
                Block::Append(name, text) => {
                    let before = fs::read_to_string(self.folder().join(&name)).unwrap();
                    self.write(&name, &format!("{before}\n{text}"));
                    walked.push_str(&format!("```{}\n{text}```\n", language(&name)));
                }
                Block::Console(commands) => {
                    walked.push_str("```console\n");
                    for (command, _) in commands {
                        let printed = self.run(&command).out;
                        let printed = printed.replace(self.folder().to_str().unwrap(), "…");
                        walked.push_str(&format!("$ {command}\n{printed}"));
                    }
                    walked.push_str("```\n");
                }
            }
        }
        walked
    }
}

fn language(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or(name, |(_, ending)| ending) {
        "toml" => "toml",
        "yaml" => "yaml",
        "log" => "text",
        _ => "sh",
    }
}

#[test]
fn every_command_prints_what_the_page_says() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let walk = Walk::new();
    let walked = walk.walk(&page);
    check_file(PAGE, &walked);
    let run = blocks(&page).into_iter().filter(|it| matches!(it, Block::Console(_))).count();
    assert!(run >= 10);
    // The reader ends with a pack that passes all there is.
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
    let walk = Walk::new();
    walk.walk(&fs::read_to_string(root().join(PAGE)).unwrap());
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
