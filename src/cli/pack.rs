use serde_json::{Value as Json, json};

use super::Done;
use super::args::{
    OutputFormat, PackArgs, PackCheckArgs, PackCommand, PackNewArgs, PackShowArgs, PageFormat,
    SchemaOf,
};
use super::console::Console;
use super::error::CliError;
use super::files::make_folder;
use super::packs_here;
use super::schema;
use crate::pack::{self, EMBEDDED, Pack, PackError};
use crate::report::{
    Paint, pack_json, pack_page, pack_text, packs_json, packs_text, render_faults,
};
use crate::text::{Faults, count, shell_word};
use crate::verify::{self, Finding};

/// `hydrule pack`.
pub fn run(args: &PackArgs, console: &mut Console) -> Result<Done, CliError> {
    match &args.command {
        PackCommand::New(args) => new(args, console),
        PackCommand::List(args) => list(args.output_format, console),
        PackCommand::Show(args) => show(args, console),
        PackCommand::Check(args) => check(args, console),
    }
}

/// What the first lines of a new pack's files name.
const SCHEMAS: [(&str, SchemaOf); 2] =
    [("schemas/pack.json", SchemaOf::Pack), ("schemas/case.json", SchemaOf::Case)];

/// `hydrule pack new`.
fn new(args: &PackNewArgs, console: &mut Console) -> Result<Done, CliError> {
    let files = pack::starter(&args.name).map_err(|fault| CliError::at_word(&args.name, fault))?;
    let folder = args.folder.join(&args.name);
    let schemas = SCHEMAS.map(|(path, of)| (path, schema::text(of)));
    let schemas = schemas.iter().map(|(path, text)| (*path, text.as_str()));
    let texts = files.iter().map(|it| (it.path, it.text.as_str()));
    let texts: Vec<(&str, &str)> = texts.chain(schemas).collect();
    make_folder(&folder, &texts)?;
    let paint = Paint::new(console.out);
    let mut out = format!("{}\n", paint.good(&format!("Made {}:", folder.display())));
    for file in &files {
        out.push_str(&format!("  {:<18}{}\n", file.path, paint.faint(file.holds)));
    }
    out.push_str(&format!(
        "  {:<18}{}\n",
        "schemas/",
        paint.faint("what files may hold, for editors")
    ));
    let word = shell_word(&folder.to_string_lossy());
    out.push_str("What to do next:\n");
    for (command, what) in
        [("test", "run its case"), ("pack check", "look for rules that go wrong")]
    {
        let padding = " ".repeat(12_usize.saturating_sub(command.len()));
        let command = paint.strong(&format!("hydrule {command} {word}"));
        out.push_str(&format!("  {command}{padding}{}\n", paint.faint(what)));
    }
    console.print(&out)?;
    Ok(Done::Clean)
}

/// Loads a pack by the name of one that ships, from a folder, or by the name of a folder in `rules/`.
pub fn load_one(name: &str) -> Result<Pack, CliError> {
    let here = || packs_here::in_rules().ok()?.into_iter().find(|it| it.ends_with(name));
    let loaded = match pack::load(name) {
        Err(unknown @ PackError::Unknown { .. }) => match here() {
            Some(folder) => pack::load(&folder.display().to_string()),
            None => Err(unknown),
        },
        loaded => loaded,
    };
    loaded.map_err(|error| CliError::pack(name, error))
}

/// Loads all packs that ship.
pub fn load_all() -> Result<Vec<Pack>, CliError> {
    EMBEDDED.iter().map(|pack| load_one(pack.name)).collect()
}

/// `hydrule pack list`.
fn list(format: OutputFormat, console: &mut Console) -> Result<Done, CliError> {
    let packs = load_all()?;
    match format {
        OutputFormat::Json => console.print(&format!("{:#}\n", packs_json(&packs)))?,
        OutputFormat::Full => console.page(&packs_text(&packs, console.out))?,
    }
    Ok(Done::Clean)
}

/// `hydrule pack show`.
fn show(args: &PackShowArgs, console: &mut Console) -> Result<Done, CliError> {
    let pack = load_one(&args.pack)?;
    match args.output_format {
        PageFormat::Json => console.print(&format!("{:#}\n", pack_json(&pack)))?,
        PageFormat::Full => console.page(&pack_text(&pack, console.out))?,
        PageFormat::Markdown => console.print(&pack_page(&pack))?,
    }
    Ok(Done::Clean)
}

/// `hydrule pack check`: loads every pack first, so that an error comes before any finding.
fn check(args: &PackCheckArgs, console: &mut Console) -> Result<Done, CliError> {
    let mut packs = Vec::new();
    for name in &args.packs {
        packs.push(load_one(name)?);
    }
    if args.packs.is_empty() {
        for folder in packs_here::folders(&[])? {
            packs.push(load_one(&folder.display().to_string())?);
        }
    }
    let checked: Vec<(&Pack, Vec<Finding>)> =
        packs.iter().map(|pack| (pack, verify::check(pack))).collect();
    match args.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", to_json(&checked)))?,
        OutputFormat::Full => {
            for (pack, findings) in &checked {
                let text = full(pack, findings, console);
                console.page(&text)?;
            }
        }
    }
    let clean = checked.iter().all(|(_, findings)| findings.is_empty());
    Ok(if clean { Done::Clean } else { Done::Proposed })
}

fn to_json(checked: &[(&Pack, Vec<Finding>)]) -> Json {
    let packs: Vec<Json> = checked
        .iter()
        .map(|(pack, findings)| {
            json!({
                "name": pack.name,
                "options": pack.options.len(),
                "requirements": pack.requirements.len(),
                "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "format": 1, "packs": packs })
}

fn full(pack: &Pack, findings: &[Finding], console: &Console) -> String {
    let paint = Paint::new(console.out);
    let mut out = String::new();
    for finding in findings {
        let faults = Faults::one(finding.location.source.clone(), finding.fault());
        out.push_str(&render_faults(&faults, console.out));
        out.push('\n');
    }
    let rules = format!(
        "{} and {}",
        count(pack.options.len(), "option"),
        count(pack.requirements.len(), "requirement")
    );
    let verdict = match findings.len() {
        0 => paint.good("no fault found"),
        many => paint.bad(&format!("{} found", count(many, "fault"))),
    };
    out.push_str(&format!("{}: {rules}, {verdict}\n", paint.strong(&pack.name)));
    out
}
