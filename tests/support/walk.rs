//! Pages with commands are walked: what they tell to write is written, what they tell to run is run.
//!
//! - A line that is nothing but a file's name in bold, `**run.sh**`, gives the block below it to that file;
//!   `**run.sh**, at its end` appends it.
//! - A `console` block is commands, `$ …`, with what they print on both streams. They end with 0 or 1; where
//!   another exit code is meant, the command shows it: `; echo $?`.
//! - `<!-- run in FOLDER -->` goes on in a fresh copy of that folder of the repository. A page begins in an
//!   empty one.
//! - `<!-- output not shown -->` before a console block: its commands print what the page leaves out.
//! - `<!-- not run: REASON -->` before a console block: it cannot run in a test.
//! - `<!-- picture: COMMAND -->` before an image: it shows what this command prints, in colour.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Output, Run, Workspace, root};
use crate::pages::check_file;

/// What a page has.
#[derive(Debug, PartialEq)]
pub enum Block {
    /// A file to write.
    Write(String, String),
    /// What comes to the end of a file.
    Append(String, String),
    /// Commands with what they print.
    Console(Vec<(String, String)>),
    /// Commands that are run, and print what the page leaves out.
    Silent(Vec<String>),
    /// A block that is not run, and why.
    Skipped(String, String),
    /// Any other block.
    Shown(String, String),
    /// A line of text.
    Text(String),
}

/// How a comment begins that is meant for the walker.
const MARKS: [&str; 4] = ["run in ", "output not shown", "not run: ", "picture: "];

/// Returns what a line tells the walker, if it does.
fn mark(line: &str) -> Option<&str> {
    let inside = line.trim().strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    MARKS.iter().any(|it| inside.starts_with(it)).then_some(inside)
}

/// Reads a page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    let (mut file, mut said) = (None, None);
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            let bold = line.strip_prefix("**").and_then(|rest| rest.split_once("**"));
            if let Some(name) = bold.filter(|(_, more)| matches!(*more, "" | ", at its end")) {
                file = Some(name);
            } else if !line.is_empty() {
                file = None;
                said = mark(line);
            }
            blocks.push(Block::Text(format!("{line}\n")));
            continue;
        };
        let body: String =
            lines.by_ref().take_while(|it| *it != "```").map(|it| format!("{it}\n")).collect();
        blocks.push(match (kind, file.take(), said.take()) {
            ("console", None, None) => Block::Console(commands(&body)),
            ("console", None, Some("output not shown")) => {
                let all = commands(&body).into_iter();
                Block::Silent(
                    all.map(|(command, output)| match output.as_str() {
                        "" => command,
                        _ => panic!("an output is shown where it is said that none is:\n{body}"),
                    })
                    .collect(),
                )
            }
            ("console", None, Some(said)) if said.starts_with("not run: ") => {
                Block::Skipped(said["not run: ".len()..].to_owned(), body)
            }
            ("console", None, Some(said)) if said.starts_with("run in ") => {
                Block::Console(commands(&body))
            }
            (_, Some((name, "")), None) => Block::Write(name.to_owned(), body),
            (_, Some((name, ", at its end")), None) => Block::Append(name.to_owned(), body),
            (kind, None, None) if kind != "sh" => Block::Shown(kind.to_owned(), body),
            other => panic!("nothing checks this block: {other:?}\n{body}"),
        });
    }
    blocks
}

fn commands(body: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in body.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((command, output))) if output.is_empty() && command.ends_with('\\') => {
                command.push_str(&format!("\n{line}"));
            }
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("a command begins with `$ `, and this is none: {line}"),
        }
    }
    commands
}

/// A folder in which a page is walked.
pub struct Walk {
    workspace: Workspace,
    /// How many folders the page has had.
    folders: usize,
    /// How many commands were run.
    pub run: usize,
    /// Why blocks were not run.
    pub skipped: Vec<String>,
}

impl Walk {
    /// Begins in an empty folder.
    pub fn new() -> Self {
        let workspace = Workspace::new();
        let config =
            "[user]\nname = A Reader\nemail = reader@example.org\n[init]\ndefaultBranch = main\n";
        workspace.write("gitconfig", config);
        let walk = Self { workspace, folders: 0, run: 0, skipped: Vec::new() };
        fs::create_dir(walk.folder()).unwrap();
        walk
    }

    fn folder(&self) -> PathBuf {
        self.workspace.path().join(format!("work{}", self.folders))
    }

    /// Goes on in a copy of a folder of the repository.
    fn go_to(&mut self, name: &str) {
        let from = root().join(name);
        assert!(from.is_dir(), "there is no folder {name} to run in");
        self.folders += 1;
        copy(&from, &self.folder());
    }

    /// Runs a command as a reader would; both streams come together.
    pub fn run(&self, command: &str) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_hydrule")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let mut run =
            Run::program("bash").arg("-c").arg(format!("{{ {command}\n}} 2>&1")).at(&self.folder());
        for name in [
            "CI",
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "NO_GRAPHICS",
            "HYDRULE_OUTPUT_FORMAT",
            "COLUMNS",
            "GIT_DIR",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
        ] {
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

    /// Runs a command of a page, and returns what it prints as the page shows it.
    fn print(&mut self, command: &str) -> String {
        self.run += 1;
        let output = self.run(command);
        let fine = matches!(output.code, 0 | 1) && output.err.is_empty();
        assert!(
            fine,
            "`{command}` is not to end so; add `; echo $?` where that is meant: {output:?}"
        );
        output.out.replace(self.folder().to_str().unwrap(), "…")
    }

    /// Draws what a command prints in colour.
    fn picture(&self, command: &str) -> String {
        let shown = self.run(&format!("export FORCE_COLOR=1 CLICOLOR_FORCE=1; {command}")).out;
        assert!(shown.contains('\u{1b}'), "`{command}` has no colours:\n{shown}");
        let shown = format!("\u{1b}[2m$\u{1b}[0m {command}\n{shown}");
        drawing(&shown)
    }

    /// Does what a page of the repository says, and returns it as it should be.
    pub fn walk(&mut self, name: &str) -> String {
        let page = fs::read_to_string(root().join(name)).unwrap();
        let folder = Path::new(name).parent().unwrap();
        let mut walked = String::new();
        let mut picture = None;
        for block in blocks(&page) {
            match block {
                Block::Text(text) => {
                    match mark(&text) {
                        Some(said) if said.starts_with("run in ") => self.go_to(&said[7..]),
                        Some(said) => picture = said.strip_prefix("picture: ").map(str::to_owned),
                        None => {}
                    }
                    if let Some(command) = picture.take_if(|_| text.starts_with("![")) {
                        let name = text.split("](").nth(1).and_then(|it| it.split(')').next());
                        let name = folder.join(name.unwrap());
                        check_file(name.to_str().unwrap(), &self.picture(&command));
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
                        let printed = self.print(&command);
                        walked.push_str(&format!("$ {command}\n{printed}"));
                    }
                    walked.push_str("```\n");
                }
                Block::Silent(commands) => {
                    walked.push_str("```console\n");
                    for command in commands {
                        self.print(&command);
                        walked.push_str(&format!("$ {command}\n"));
                    }
                    walked.push_str("```\n");
                }
                Block::Skipped(reason, body) => {
                    walked.push_str(&format!("```console\n{body}```\n"));
                    self.skipped.push(reason);
                }
                Block::Shown(kind, body) => walked.push_str(&format!("```{kind}\n{body}```\n")),
            }
        }
        assert_eq!(picture, None, "no image follows the line that says what it shows");
        walked
    }
}

/// Draws coloured text as on a dark terminal.
pub fn drawing(text: &str) -> String {
    let colors =
        [0x48_4f_58, 0xff_7b_72, 0x3f_b9_50, 0xd2_99_22, 0x58_a6_ff, 0xbc_8c_ff, 0x39_c5_cf];
    drawn(text, colors, (0xe6_ed_f3, 0x0d_11_17))
}

/// Draws the same as on a light one.
pub fn drawing_in_light(text: &str) -> String {
    let colors =
        [0x24_29_2f, 0xcf_22_2e, 0x11_63_29, 0x7d_4e_00, 0x09_69_da, 0x82_50_df, 0x1b_6f_78];
    drawn(text, colors, (0x24_29_2f, 0xf6_f8_fa))
}

/// Draws coloured text in the colours from black to cyan, on a ground. What terminals print dimmed stays
/// readable.
fn drawn(text: &str, colors: [u32; 7], (front, ground): (u32, u32)) -> String {
    let rgb = |code: u32| {
        let [_, red, green, blue] = code.to_be_bytes();
        anstyle::RgbColor(red, green, blue)
    };
    let half = colors.into_iter().chain([front]);
    let all: Vec<_> = half.clone().chain(half).map(rgb).collect();
    let drawn = anstyle_svg::Term::new()
        .palette(anstyle_svg::Palette(all.try_into().unwrap()))
        .fg_color(rgb(front).into())
        .bg_color(rgb(ground).into())
        .min_width_px(840)
        .render_svg(text);
    drawn.replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.75; }")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

fn language(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or(name, |(_, ending)| ending) {
        "toml" => "toml",
        "yaml" => "yaml",
        "json" | "jsonl" => "json",
        "log" | "txt" => "text",
        "Makefile" => "make",
        _ => "sh",
    }
}
