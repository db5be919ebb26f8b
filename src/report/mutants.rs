//! What became of the mutants of packs: for people, a line each, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::json::location;
use super::paint::{Look, Paint};
use crate::cases::{MutatedPack, Survivor};
use crate::pack::{Field, Mutant};
use crate::text::{Span, count, line_end, line_start};

/// Writes every mutant that no case notices, with the case that would.
pub fn mutants_full(packs: &[MutatedPack], look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for pack in packs {
        for survivor in pack.open() {
            let mutant = &survivor.mutant;
            let _ = writeln!(out, "{}", head(&pack.name, survivor, paint));
            let (before, after) = lines(mutant);
            before
                .iter()
                .for_each(|it| out.push_str(&format!("    {}\n", paint.gone(&format!("- {it}")))));
            after
                .iter()
                .for_each(|it| out.push_str(&format!("    {}\n", paint.good(&format!("+ {it}")))));
            match &survivor.case {
                Some(case) => {
                    let _ = writeln!(out, "  a case that notices it:");
                    for line in case.lines() {
                        let _ = writeln!(out, "{}", format!("    {line}").trim_end());
                    }
                }
                None => {
                    let why = untold(mutant.field);
                    let _ = writeln!(out, "  {}", paint.faint(why));
                    let name = &mutant.name;
                    let told = format!("rule = {:?}, mutant = {name:?}", mutant.rule);
                    let _ = writeln!(out, "  {}", paint.faint(&told));
                }
            }
            out.push('\n');
        }
        out.push_str(&stale(pack, paint));
    }
    out
}

/// Says why there is no case that would notice a mutant.
fn untold(field: Field) -> &'static str {
    match field {
        Field::Frames(_) | Field::Signal(_) => "no case has a log that it matters to",
        Field::Value(_) | Field::Holding(_) | Field::Bytes(_) => {
            "no snapshot shows what it comes to"
        }
        _ => "no differing input found: perhaps equivalent",
    }
}

/// Writes a line for every mutant that no case notices.
pub fn mutants_concise(packs: &[MutatedPack], look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for pack in packs {
        for survivor in pack.open() {
            let _ =
                writeln!(out, "{}  {}", head(&pack.name, survivor, paint), survivor.mutant.name);
        }
        out.push_str(&stale(pack, paint));
    }
    out
}

fn head(pack: &str, survivor: &Survivor, paint: Paint) -> String {
    let mutant = &survivor.mutant;
    let rule = paint.strong(&format!("{pack}/{}", mutant.rule));
    format!("{} {rule}  {}", paint.bad("✗ survives"), paint.faint(&mutant.place.to_string()))
}

fn stale(pack: &MutatedPack, paint: Paint) -> String {
    let line = |it: &crate::cases::Justification| {
        let what = format!("{}/{} {}", pack.name, it.rule.as_str(), it.mutant.as_str());
        let at = paint.faint(&it.rule.location.to_string());
        format!("{} {what}  {at}\n", paint.bad("✗ stale justification"))
    };
    pack.stale.iter().map(line).collect()
}

/// Returns the lines of the file that a mutant changes, before and after. A line that goes as a whole leaves
/// the next one as it is.
fn lines(mutant: &Mutant) -> (Vec<String>, Vec<String>) {
    let Span { start, end } = mutant.place.span;
    let text = mutant.place.source.text();
    let (from, to) = (line_start(text, start), line_end(text, end));
    let part = |from, to| text.get(from..to).unwrap_or_default();
    let after = format!("{}{}{}", part(from, start), mutant.replacement, part(end, to));
    let (mut old, mut new): (Vec<&str>, Vec<&str>) =
        (part(from, to).lines().collect(), after.lines().collect());
    while old.last().is_some_and(|it| Some(it) == new.last()) {
        old.pop();
        new.pop();
    }
    let own = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
    (own(old), own(new))
}

/// Sums up.
pub fn mutants_summary(packs: &[MutatedPack], look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for pack in packs {
        let open = pack.open().count();
        let survive = format!("{open} {}", if open == 1 { "survives" } else { "survive" });
        let survive = if open == 0 { paint.good(&survive) } else { paint.bad(&survive) };
        let _ = writeln!(
            out,
            "{}: killed {} of {}, {} justified, {survive}",
            paint.strong(&pack.name),
            pack.killed(),
            pack.mutants,
            pack.justified(),
        );
        let same = format!(
            "  {} left out, saying the same as others; {} planned",
            count(pack.equivalent, "change"),
            count(pack.plans, "case")
        );
        let _ = writeln!(out, "{}", paint.faint(&same));
        if pack.accepted > 0 {
            let cases = count(pack.accepted, "case");
            let _ =
                writeln!(out, "  wrote {cases} into cases/kills.toml: read them, and run again");
        } else if pack.open().any(|it| it.case.is_some()) {
            let _ = writeln!(out, "  --accept writes the cases that notice them");
        }
    }
    out
}

/// Gives all as data.
pub fn mutants_json(packs: &[MutatedPack]) -> Json {
    let survivor = |it: &Survivor| {
        let (before, after) = lines(&it.mutant);
        json!({
            "rule": it.mutant.rule,
            "field": it.mutant.field.name(),
            "mutant": it.mutant.name,
            "place": location(&it.mutant.place),
            "before": before.join("\n"),
            "after": after.join("\n"),
            "case": it.case,
            "reason": it.reason,
        })
    };
    let pack = |pack: &MutatedPack| {
        let survivors: Vec<Json> = pack.survivors.iter().map(survivor).collect();
        let stale = pack.stale.iter().map(|it| {
            json!({
                "rule": it.rule.as_str(),
                "mutant": it.mutant.as_str(),
                "place": location(&it.rule.location),
            })
        });
        json!({
            "name": pack.name,
            "mutants": pack.mutants,
            "equivalent": pack.equivalent,
            "killed": pack.killed(),
            "justified": pack.justified(),
            "survivors": survivors,
            "stale": stale.collect::<Vec<_>>(),
            "plans": pack.plans,
            "accepted": pack.accepted,
        })
    };
    let passed = packs.iter().all(MutatedPack::is_clean);
    json!({ "passed": passed, "packs": packs.iter().map(pack).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Source;

    #[test]
    fn the_whole_line_is_shown() {
        let source = Source::new("a.toml", "x = 1\nwhen = 'a < 1'\ny = 2\n");
        let start = source.text().find('<').unwrap_or_default();
        let mutant = Mutant {
            rule: "r".to_owned(),
            field: Field::When(0),
            name: "when: a <= 1".to_owned(),
            place: source.at(Span::new(start, start + 1)),
            replacement: "<=".to_owned(),
            change: crate::pack::Change::Phases(Vec::new()),
        };
        let (before, after) = lines(&mutant);
        assert_eq!(
            (before, after),
            (vec!["when = 'a < 1'".to_owned()], vec!["when = 'a <= 1'".to_owned()])
        );
    }
}
