//! `hydrule rule`: everything about a rule by its id.

use super::Done;
use super::args::{OutputFormat, RuleArgs};
use super::check::own_rules;
use super::console::Console;
use super::error::CliError;
use super::pack::{load_all, load_one};
use super::project::Project;
use crate::pack::Pack;
use crate::report::{AnyRule, Paint, rule_text, rules_json};
use crate::text::{Fault, Span, count, nearest};
use crate::verify::{Example, example_of_option, example_of_requirement};

/// A rule, and the pack that it stands in.
type Found<'a> = (&'a Pack, AnyRule<'a>);

/// `hydrule rule`.
pub fn run(args: &RuleArgs, console: &mut Console) -> Result<Done, CliError> {
    let project = Project::of(&args.project, None)?;
    let own = project.packs().filter(|_| args.pack.is_none()).unwrap_or_default();
    let mut packs = match &args.pack {
        Some(name) => vec![load_one(name)?],
        None if own.is_empty() => Vec::new(),
        None => project.all_packs()?,
    };
    if args.pack.is_none() {
        packs.extend(load_all()?);
    }
    let found = find(&packs, &args.id);
    let own_rule = own_rules().find(|(id, _)| *id == args.id);
    if let (true, Some(rule), OutputFormat::Full) = (found.is_empty(), own_rule, args.output_format)
    {
        console.page(&built_in(rule, console))?;
        return Ok(Done::Clean);
    }
    match (found.as_slice(), args.output_format) {
        ([], _) => return Err(unknown(&packs, &args.id)),
        (found, OutputFormat::Json) => {
            let all: Vec<_> =
                found.iter().map(|(pack, it)| (*pack, *it, example(pack, *it))).collect();
            console.print(&format!("{:#}\n", rules_json(&all)))?;
        }
        ([(pack, rule)], OutputFormat::Full) => {
            let example = example(pack, *rule);
            let of_project = own.iter().zip(&packs).find(|(_, it)| std::ptr::eq(*it, *pack));
            let of_project = of_project.map(|(entry, _)| entry.pack.as_str());
            let named_as = args.pack.as_deref().or(of_project).unwrap_or(&pack.name);
            let shown = rule_text((pack, named_as), *rule, example.as_ref(), console.out);
            console.page(&shown)?;
        }
        (many, OutputFormat::Full) => console.page(&several(many, &args.id, console))?,
    }
    Ok(Done::Clean)
}

/// Finds the rules of an id; one that several packs share counts once.
fn find<'a>(packs: &'a [Pack], id: &str) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for pack in packs {
        for rule in AnyRule::all(pack).filter(|it| it.id() == id) {
            if !found.iter().any(|(_, known)| known.location() == rule.location()) {
                found.push((pack, rule));
            }
        }
    }
    found
}

fn example(pack: &Pack, rule: AnyRule<'_>) -> Option<Example> {
    match rule {
        AnyRule::Option(option, _) => example_of_option(pack, option),
        AnyRule::Requirement(rule) => example_of_requirement(pack, rule),
        AnyRule::Invariant(_) => None,
    }
}

fn several(found: &[Found<'_>], id: &str, console: &Console) -> String {
    let paint = Paint::new(console.out);
    let packs = count(found.len(), "pack");
    let mut out = format!("{} stands in {packs}:\n", paint.name(id));
    let width = found.iter().map(|(pack, _)| pack.name.len()).max().unwrap_or(0);
    for (pack, rule) in found {
        let name = paint.strong(&format!("{:<width$}", pack.name));
        out.push_str(&format!("  {name}  {}: {}\n", rule.kind(), rule.title()));
    }
    out.push_str(&paint.faint("--pack NAME shows one of them whole\n"));
    out
}

/// Shows a rule that `hydrule check` has for all scripts.
fn built_in((id, finds): (&str, &str), console: &Console) -> String {
    let paint = Paint::new(console.out);
    let page = "docs/check.md says what mends it";
    format!(
        "{}\n    {finds}\n{}\n",
        paint.name(id),
        paint.faint(&format!("    a rule of `hydrule check`, whatever the pack; {page}"))
    )
}

fn unknown(packs: &[Pack], id: &str) -> CliError {
    let ids = packs.iter().flat_map(AnyRule::all).map(|it| it.id());
    let ids = ids.chain(own_rules().map(|(id, _)| id));
    let near: Vec<String> = nearest(id, ids, 3).iter().map(|it| format!("`{it}`")).collect();
    let message = match packs {
        [one] => format!("the pack `{}` has no rule `{id}`", one.name),
        _ => format!("no pack has a rule `{id}`"),
    };
    let fault = Fault::new("hydrule::argument::rule", Span::at(0), message);
    let fault = match near.as_slice() {
        [] => fault.helped("`hydrule pack show NAME` lists the rules of a pack"),
        near => fault.helped(format!("did you mean {}?", near.join(" or "))),
    };
    CliError::at_word(id, fault.labelled("no such rule"))
}
