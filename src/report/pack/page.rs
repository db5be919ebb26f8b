//! A pack as a page of Markdown.

use super::rule::AnyRule;
use super::{effect, rewrite_text, told_by, when_broken};
use crate::pack::{Pack, PackOption, Requirement, Safety, Text};
use crate::report::words;
use crate::text::count;

/// Writes the page.
pub fn pack_page(pack: &Pack) -> String {
    let mut out = format!("# The pack `{}`\n\n{}.\n\n", pack.name, pack.description);
    let told = match pack.launches.is_empty() && pack.keys.is_empty() {
        true => told_by(pack),
        false => code(&told_by(pack)),
    };
    out.push_str(&format!("Version {} for {}, told by {told}.\n", pack.version, pack.target));
    if !pack.options.is_empty() {
        let intro = "The first option that applies and relieves what failed is taken, so the least \
                     harmful one stands first.";
        out.push_str(&format!("\n## Options ({})\n\n{intro}\n", pack.options.len()));
        for (at, option) in pack.options.iter().enumerate() {
            option_part(&mut out, at + 1, option);
        }
    }
    if !pack.requirements.is_empty() {
        out.push_str(&format!("\n## Requirements ({})\n", pack.requirements.len()));
        pack.requirements.iter().for_each(|it| requirement_part(&mut out, it));
    }
    if !pack.invariants.is_empty() {
        out.push_str("\n## Invariants\n\nEvery plan says what becomes of these.\n\n");
        let rows = AnyRule::all(pack).filter_map(|it| match it {
            AnyRule::Invariant(rule) => Some([
                format!("`{}`", rule.id),
                rule.title.clone(),
                code(&words::one_line(rule.value.text.as_str())),
            ]),
            _ => None,
        });
        table(&mut out, ["id", "what", "value"], rows);
    }
    if !pack.off.is_empty() {
        out.push_str("\n## Switched off\n\n");
        let rows = pack.off.iter();
        let rows = rows.map(|it| [code(&it.id), it.kind.to_owned(), it.reason.clone()]);
        table(&mut out, ["id", "what", "why"], rows);
    }
    rest(&mut out, pack);
    out
}

fn rest(out: &mut String, pack: &Pack) {
    if !pack.parameters.is_empty() {
        out.push_str("\n## Parameters\n\nSet with `--param NAME=VALUE`.\n\n");
        let rows = pack.parameters.iter();
        let rows =
            rows.map(|(name, it)| [code(name), code(&it.value.to_string()), it.help.clone()]);
        table(out, ["name", "default", "what for"], rows);
    }
    if !pack.lets.is_empty() {
        out.push_str("\n## Names in conditions\n\n");
        let rows = pack.lets.iter();
        let rows = rows.map(|(name, it)| {
            [code(&format!("${name}")), code(&words::one_line(it.text.as_str()))]
        });
        table(out, ["name", "value"], rows);
    }
    if !pack.phases.is_empty() {
        out.push_str("\n## Phases\n\nThe first one of whose frames is in the traceback.\n\n");
        let rows = pack.phases.iter().map(|it| {
            let frames: Vec<String> = it.frame_names().map(code).collect();
            [code(&it.name), it.title.clone(), frames.join(", ")]
        });
        table(out, ["phase", "what", "frames"], rows);
    }
    if !pack.signal_defs.is_empty() {
        out.push_str("\n## Signals\n\n");
        let rows = pack.signal_defs.iter().map(|it| {
            let facts: Vec<String> = it.types.iter().map(|(name, _)| code(name)).collect();
            let phase = it.phase.as_deref().map(code).unwrap_or_default();
            [code(&it.name), code(&it.event), it.kind.name().to_owned(), phase, facts.join(", ")]
        });
        table(out, ["signal", "event", "kind", "phase", "facts"], rows);
    }
    if !pack.defaults.is_empty() {
        out.push_str("\n## Defaults\n\n");
        for set in &pack.defaults {
            let keys = count(set.values.len(), "key");
            out.push_str(&format!("- {}: {keys}, from {}\n", set.of, set.source));
        }
    }
}

fn option_part(out: &mut String, number: usize, option: &PackOption) {
    out.push_str(&format!("\n### {number}. `{}`\n\n{}.", option.id, option.title));
    out.push_str(match option.safety {
        Safety::Safe => "\n\n",
        Safety::Unsafe => " *Unsafe: written only with `--unsafe`, or when named.*\n\n",
        Safety::Display => " *Shown, never written.*\n\n",
    });
    out.push_str(&format!("{} {}", sentence(&effect(option)), sentence(&option.why)));
    if let Some(caveat) = &option.caveat {
        out.push_str(&format!(" *{}*", sentence(caveat)));
    }
    out.push_str("\n\n");
    for_versions(out, option.versions.as_ref());
    out.push_str(&format!("- when {}\n", code(&words::one_line(option.when.text.as_str()))));
    for rewrite in &option.rewrite {
        out.push_str(&format!("- {}\n", code(&rewrite_text(rewrite))));
    }
    out.push_str(&format!("- source: {}\n", option.source));
}

fn for_versions(out: &mut String, versions: Option<&Text>) {
    if let Some(text) = versions {
        out.push_str(&format!("- only for versions {}\n", code(text.as_str())));
    }
}

fn requirement_part(out: &mut String, rule: &Requirement) {
    out.push_str(&format!("\n### `{}`\n\n{}\n\n", rule.id, sentence(&rule.breach.message)));
    for_versions(out, rule.versions.as_ref());
    if let Some(when) = rule.when_text() {
        out.push_str(&format!("- when {}\n", code(&words::one_line(when.as_str()))));
    }
    out.push_str(&format!("- holds {}\n", code(&words::one_line(rule.holds.text.as_str()))));
    out.push_str(&format!("- {}: {}\n", when_broken(rule), rule.breach.fails_at));
    for rewrite in &rule.breach.repair {
        out.push_str(&format!("- repair {}\n", code(&rewrite_text(rewrite))));
    }
    if let Some(source) = &rule.breach.source {
        out.push_str(&format!("- source: {source}\n"));
    }
}

/// Makes a sentence: a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn table<const N: usize>(
    out: &mut String,
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    out.push_str(&format!("| {} |\n|{}\n", heads.join(" | "), " --- |".repeat(N)));
    for row in rows {
        let cells = row.map(|cell| cell.replace('|', r"\|"));
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}
