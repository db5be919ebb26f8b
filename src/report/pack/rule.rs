//! One rule of a pack, whole.

use super::fields::Fields;
use super::{named, rewrite_text, when_broken};
use crate::condition::Condition;
use crate::pack::{Expression, Invariant, Pack, PackOption, Requirement, Safety, Text};
use crate::report::paint::{Look, Part, side_by_side};
use crate::report::words;
use crate::text::Location;
use crate::verify::Example;

/// An option, a requirement or an invariant of a pack.
#[derive(Clone, Copy)]
pub enum AnyRule<'a> {
    /// An escalation step, and its place in the ladder from 1.
    Option(&'a PackOption, usize),
    /// What must hold.
    Requirement(&'a Requirement),
    /// A quantity worth preserving.
    Invariant(&'a Invariant),
}

impl<'a> AnyRule<'a> {
    /// Lists the rules of a pack.
    pub fn all(pack: &'a Pack) -> impl Iterator<Item = Self> {
        let options = pack.options.iter().enumerate().map(|(at, it)| Self::Option(it, at + 1));
        let requirements = pack.requirements.iter().map(Self::Requirement);
        options.chain(requirements).chain(pack.invariants.iter().map(Self::Invariant))
    }

    /// Returns its id.
    pub fn id(&self) -> &'a str {
        match self {
            Self::Option(option, _) => &option.id,
            Self::Requirement(rule) => &rule.id,
            Self::Invariant(rule) => &rule.id,
        }
    }

    /// Returns what it is in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Option(..) => "option",
            Self::Requirement(_) => "requirement",
            Self::Invariant(_) => "invariant",
        }
    }

    /// Says in a line what it is about.
    pub fn title(&self) -> &'a str {
        match self {
            Self::Option(option, _) => &option.title,
            Self::Requirement(rule) => &rule.breach.message,
            Self::Invariant(rule) => &rule.title,
        }
    }

    /// Returns where the pack defines it.
    pub fn location(&self) -> &'a Location {
        match self {
            Self::Option(option, _) => &option.location,
            Self::Requirement(rule) => &rule.location,
            Self::Invariant(rule) => &rule.value.text.location,
        }
    }

    /// Lists the conditions that decide it.
    pub fn conditions(&self) -> Vec<&'a Condition> {
        let of = |it: &'a Expression| &it.condition;
        match self {
            Self::Option(option, _) => vec![of(&option.when)],
            Self::Requirement(rule) => rule.when.iter().chain([&rule.holds]).map(of).collect(),
            Self::Invariant(rule) => vec![of(&rule.value)],
        }
    }
}

/// Writes everything that a pack says about a rule, and an example.
///
/// `named_as` is what `--pack` takes for the pack.
pub fn rule_text(
    (pack, named_as): (&Pack, &str),
    rule: AnyRule<'_>,
    example: Option<&Example>,
    look: Look,
) -> String {
    let mut page = Fields::new(look);
    let kind = match rule {
        AnyRule::Option(_, number) => format!("option {number} of {}", pack.options.len()),
        other => other.kind().to_owned(),
    };
    let of = format!("{kind} of {} {}, {}", pack.name, pack.version, rule.location());
    let paint = page.paint;
    let parts: [Part<'_>; 2] = [(rule.id(), &|it| paint.name(it)), (&of, &|it| paint.faint(it))];
    page.out.push_str(&format!("{}\n", side_by_side(0, 4, &parts, look)));
    match rule {
        AnyRule::Option(option, _) => option_fields(&mut page, pack, option),
        AnyRule::Requirement(rule) => requirement_fields(&mut page, pack, rule),
        AnyRule::Invariant(rule) => {
            page.field("what", &rule.title);
            page.field("value", &words::one_line(rule.value.text.as_str()));
        }
    }
    for (at, (name, text)) in named(pack, &rule.conditions()).into_iter().enumerate() {
        page.field(if at == 0 { "where" } else { "" }, &format!("${name} is {text}"));
    }
    if let Some(example) = example {
        example_fields(&mut page, (pack, named_as), rule, example);
    }
    page.out
}

fn option_fields(page: &mut Fields, pack: &Pack, option: &PackOption) {
    page.field("what", &option.title);
    page.field("why", &option.why);
    if let Some(caveat) = &option.caveat {
        page.field("caveat", caveat);
    }
    page.field("source", &option.source);
    page_field(page, option.page.as_deref());
    page.field("relieves", &words::relief(option));
    page.field("changes", words::changes(option.changes));
    page.field("cost", &words::costs(option));
    page.field("safety", words::safety_text(option.safety));
    versions_field(page, pack, option.versions.as_ref());
    page.field("when", &words::one_line(option.when.text.as_str()));
    for text in option.rewrite.iter().map(rewrite_text) {
        page.field("rewrite", &text);
    }
}

/// Says where the rule is explained.
fn page_field(page: &mut Fields, address: Option<&str>) {
    if let Some(address) = address {
        page.field("page", address);
    }
}

fn versions_field(page: &mut Fields, pack: &Pack, versions: Option<&Text>) {
    if let Some(text) = versions {
        page.field("versions", &format!("{} {}", pack.target, text.as_str()));
    }
}

fn requirement_fields(page: &mut Fields, pack: &Pack, rule: &Requirement) {
    page.field("what", &rule.breach.message);
    page.field(when_broken(rule), &rule.breach.fails_at);
    if let Some(source) = &rule.breach.source {
        page.field("source", source);
    }
    page_field(page, rule.page.as_deref());
    versions_field(page, pack, rule.versions.as_ref());
    if let Some(when) = rule.when_text() {
        page.field("when", &words::one_line(when.as_str()));
    }
    page.field("holds", &words::one_line(rule.holds.text.as_str()));
    match rule.breach.repair.as_slice() {
        [] => page.field("repair", "none: it has to be decided by you"),
        repairs => repairs.iter().for_each(|it| page.field("repair", &rewrite_text(it))),
    }
}

fn example_fields(
    page: &mut Fields,
    (pack, named_as): (&Pack, &str),
    rule: AnyRule<'_>,
    example: &Example,
) {
    page.heading("Example");
    if let Some(place) = &example.place {
        let failed = format!("✗ failed in {}", words::title(pack, place));
        let failed = page.paint.bad(&failed);
        page.out.push_str(&format!("    {failed}\n"));
    }
    if let Some(message) = &example.message {
        let message = page.paint.bad(&format!("✗ {message}"));
        page.out.push_str(&format!("    {message}\n"));
    }
    for (sign, text) in diff(pack, example) {
        let text = format!("{sign} {text}");
        let text = if sign == '-' { page.paint.gone(&text) } else { page.paint.good(&text) };
        page.out.push_str(&format!("    {text}\n"));
    }
    let input = example.input.to_text();
    let input = input.strip_prefix("witness: ").unwrap_or(&input);
    if let AnyRule::Option(..) | AnyRule::Requirement(_) = rule {
        let command = format!("hydrule explain --pack {named_as} --rule {} {input}", rule.id());
        page.text(4, &command, true);
    }
}

/// Writes what changes as the lines that go and come.
pub(super) fn diff(pack: &Pack, example: &Example) -> Vec<(char, String)> {
    let mut lines = Vec::new();
    let Some(applied) = &example.applied else { return lines };
    for change in &applied.changes {
        match (&change.before, example.world.default_of(pack, &change.key)) {
            (Some(before), _) => lines.push(('-', before.clone())),
            (None, Some((default, of))) => {
                lines.push(('-', format!("{}={default}  (default of {of})", change.key)));
            }
            (None, None) => {}
        }
        let after = change.after.clone().unwrap_or_else(|| format!("~{}", change.key));
        lines.push(('+', after));
    }
    for (name, before, after) in &applied.directives {
        lines.push(('-', format!("#SBATCH {name}={}", before.value)));
        lines.push(('+', format!("#SBATCH {name}={}", after.value)));
    }
    lines
}

/// How a plan treats the safety of an option, for the words of reports.
pub(super) fn is_safe(option: &PackOption) -> bool {
    option.safety == Safety::Safe
}
