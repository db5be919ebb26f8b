//! Packs for people: one a row, or one whole.

use indexmap::IndexMap;

use super::fields::Fields;
use super::rule::is_safe;
use super::{effect, told_by, when_broken};
use crate::overrides::Language;
use crate::pack::{Arguments, Pack, Parameter, Safety, SwitchedOff};
use crate::report::paint::Look;
use crate::report::words;
use crate::text::count;

/// Lists packs.
pub fn packs_text(packs: &[Pack], look: Look) -> String {
    let mut page = Fields::new(look);
    for pack in packs {
        let (name, version) = (page.paint.name(&pack.name), page.paint.faint(&pack.version));
        page.out.push_str(&format!("{name} {version}\n"));
        page.field("what", &pack.description);
        page.field("target", &pack.target);
        page.field("told by", &told_by(pack));
        page.field("holds", &holds(pack));
    }
    page.out
}

/// Says what reads the arguments of the target.
fn read_by(arguments: &Arguments) -> String {
    match (arguments.language, arguments.hydra_launches.as_slice()) {
        (Language::Hydra, _) => "Hydra's overrides".to_owned(),
        (Language::OmegaConf, []) => "key=value, read by OmegaConf".to_owned(),
        (Language::OmegaConf, globs) => {
            format!("key=value, read by OmegaConf; by Hydra for {}", globs.join(", "))
        }
    }
}

fn holds(pack: &Pack) -> String {
    let counts = [
        (pack.options.len(), "option"),
        (pack.requirements.len(), "requirement"),
        (pack.invariants.len(), "invariant"),
        (pack.signal_defs.len(), "signal"),
        (pack.phases.len(), "phase"),
        (pack.estimates.len(), "estimate"),
    ];
    let counts = counts.into_iter().filter(|(many, _)| *many > 0);
    counts.map(|(many, noun)| count(many, noun)).collect::<Vec<_>>().join(", ")
}

/// Shows one pack whole.
pub fn pack_text(pack: &Pack, look: Look) -> String {
    let mut page = Fields::new(look);
    let (name, version) = (page.paint.strong(&pack.name), page.paint.faint(&pack.version));
    page.out.push_str(&format!("{name} {version}\n"));
    page.field("what", &pack.description);
    page.field("target", &pack.target);
    page.field("told by", &told_by(pack));
    if pack.arguments != Arguments::default() {
        page.field("arguments", &read_by(&pack.arguments));
    }
    page.field("holds", &holds(pack));
    for set in &pack.defaults {
        let keys = count(set.values.len(), "default");
        page.field("knows", &format!("{keys} of {} ({})", set.of, set.source));
    }
    if let Some(goal) = &pack.goal {
        page.field("goal", &words::one_line(goal.text.as_str()));
    }
    ladder(&mut page, pack);
    requirements(&mut page, pack);
    invariants(&mut page, pack);
    switched_off(&mut page, pack);
    parameters(&mut page, pack);
    phases(&mut page, pack);
    signals(&mut page, pack);
    let hint = "`hydrule rule ID` shows one rule whole, with an example";
    let hint = page.paint.faint(hint);
    page.out.push_str(&format!("\n{hint}\n"));
    page.out
}

fn ladder(page: &mut Fields, pack: &Pack) {
    if pack.options.is_empty() {
        return;
    }
    page.heading(&format!("Options, least harm first ({})", pack.options.len()));
    let digits = pack.options.len().to_string().len();
    for (at, option) in pack.options.iter().enumerate() {
        let number = page.paint.faint(&format!("{:>digits$}", at + 1));
        let id = page.paint.name(&option.id);
        let mark = match option.safety {
            Safety::Safe => String::new(),
            _ => format!("  {}", page.paint.warn(words::safety(option.safety))),
        };
        page.out.push_str(&format!("  {number} {id}{mark}\n"));
        page.text(3 + digits, &option.title, false);
        page.text(3 + digits, &effect(option), true);
    }
    let unsafe_ones = pack.options.iter().filter(|it| !is_safe(it)).count();
    if unsafe_ones > 0 {
        let text = "unsafe: written only with --unsafe or when named; display: never written";
        let text = page.paint.faint(text);
        page.out.push_str(&format!("  {text}\n"));
    }
}

fn requirements(page: &mut Fields, pack: &Pack) {
    if pack.requirements.is_empty() {
        return;
    }
    page.heading(&format!("Requirements ({})", pack.requirements.len()));
    for rule in &pack.requirements {
        let id = page.paint.name(&rule.id);
        let mends = if rule.breach.repair.is_empty() { "" } else { "  can be repaired" };
        let mends = page.paint.good(mends);
        page.out.push_str(&format!("  {id}{mends}\n"));
        page.text(4, &rule.breach.message, false);
        page.text(4, &format!("{}: {}", when_broken(rule), rule.breach.fails_at), true);
    }
}

fn invariants(page: &mut Fields, pack: &Pack) {
    let rows = pack.invariants.iter().map(|rule| {
        let value = words::one_line(rule.value.text.as_str());
        (rule.id.clone(), format!("{}: {value}", rule.title))
    });
    page.rows("Invariants", rows);
}

fn switched_off(page: &mut Fields, pack: &Pack) {
    let row = |rule: &SwitchedOff| (rule.id.clone(), format!("{}: {}", rule.kind, rule.reason));
    page.rows("Switched off", pack.off.iter().map(row));
}

fn parameters(page: &mut Fields, pack: &Pack) {
    let row = |(name, it): (&String, &Parameter)| (format!("{name}={}", it.value), it.help.clone());
    page.rows("Parameters, set with --param NAME=VALUE", pack.parameters.iter().map(row));
}

fn phases(page: &mut Fields, pack: &Pack) {
    let rows = pack.phases.iter().map(|phase| {
        let frames = phase.frame_names().collect::<Vec<_>>().join(", ");
        (phase.name.clone(), format!("{}: {frames}", phase.title))
    });
    page.rows("Phases, told by the first of these frames in a traceback", rows);
}

fn signals(page: &mut Fields, pack: &Pack) {
    let mut groups: IndexMap<String, Vec<&str>> = IndexMap::new();
    for def in pack.signal_defs.iter() {
        let phase = def.phase.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
        let group = format!("{} ({}{phase})", def.event, def.kind.name());
        groups.entry(group).or_default().push(&def.name);
    }
    let rows = groups.into_iter().map(|(group, defs)| (group, defs.join(", ")));
    page.rows("Signals in logs", rows);
}
