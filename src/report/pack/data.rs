//! Packs and rules as data; docs/json.md describes it.

use serde_json::{Map, Value as Json, json};

use super::rule::{AnyRule, diff};
use super::{named, rewrite_text};
use crate::pack::{CHANGES, Changes, Pack, PackOption, Requirement, Rewrite, Text};
use crate::report::json::{change, directive, location};
use crate::report::words;
use crate::verify::Example;

/// Gives packs with what they hold as numbers.
pub fn packs_json(packs: &[Pack]) -> Json {
    let packs: Vec<Json> = packs.iter().map(|it| Json::Object(header(it))).collect();
    json!({ "format": 1, "packs": packs })
}

fn header(pack: &Pack) -> Map<String, Json> {
    let entries = [
        ("name", json!(pack.name)),
        ("version", json!(pack.version)),
        ("target", json!(pack.target)),
        ("description", json!(pack.description)),
        ("launches", json!(pack.launches)),
        ("keys", json!(pack.keys)),
        ("arguments", json!(pack.arguments.language.word())),
        ("hydra_launches", json!(pack.arguments.hydra_launches)),
        (
            "counts",
            json!({
                "options": pack.options.len(),
                "requirements": pack.requirements.len(),
                "invariants": pack.invariants.len(),
                "signals": pack.signal_defs.len(),
                "phases": pack.phases.len(),
                "estimates": pack.estimates.len(),
                "parameters": pack.parameters.len(),
            }),
        ),
    ];
    entries.into_iter().map(|(name, json)| (name.to_owned(), json)).collect()
}

/// Gives one pack whole.
pub fn pack_json(pack: &Pack) -> Json {
    let mut json = header(pack);
    let mut put = |name: &str, value: Json| json.insert(name.to_owned(), value);
    put("goal", json!(pack.goal.as_ref().map(|it| it.text.as_str())));
    let parameters = pack.parameters.iter();
    let parameters = parameters
        .map(|(name, it)| json!({ "name": name, "default": it.value.to_json(), "help": it.help }));
    put("parameters", parameters.collect());
    let lets = pack.lets.iter();
    put("lets", lets.map(|(name, it)| (name.clone(), json!(it.text.as_str()))).collect());
    let phases = pack.phases.iter();
    let phases =
        phases.map(|it| json!({ "name": it.name, "title": it.title, "frames": it.frame_names().collect::<Vec<_>>() }));
    put("phases", phases.collect());
    let signals = pack.signal_defs.iter().map(|it| {
        let facts: Vec<&str> = it.types.iter().map(|(name, _)| name.as_str()).collect();
        json!({
            "name": it.name,
            "event": it.event,
            "kind": it.kind.name(),
            "phase": it.phase,
            "facts": facts,
        })
    });
    put("signals", signals.collect());
    let defaults = pack.defaults.iter().map(|set| {
        let values: Map<String, Json> =
            set.values.iter().map(|(key, it)| (key.to_string(), it.to_json())).collect();
        json!({ "of": set.of, "source": set.source, "values": values })
    });
    put("defaults", defaults.collect());
    let of_kind = |kind: &str| -> Vec<Json> {
        let all = AnyRule::all(pack).filter(|it| it.kind() == kind);
        all.map(|it| Json::Object(rule(pack, it))).collect()
    };
    put("options", of_kind("option").into());
    put("requirements", of_kind("requirement").into());
    put("invariants", of_kind("invariant").into());
    let off = pack.off.iter();
    let off = off.map(|it| json!({ "id": it.id, "kind": it.kind, "reason": it.reason }));
    put("off", off.collect());
    let format = Map::from_iter([("format".to_owned(), json!(1))]);
    Json::Object(format.into_iter().chain(json).collect())
}

fn rule(pack: &Pack, rule: AnyRule<'_>) -> Map<String, Json> {
    let mut json = Map::new();
    json.insert("kind".to_owned(), json!(rule.kind()));
    json.insert("id".to_owned(), json!(rule.id()));
    let own = match rule {
        AnyRule::Option(option, number) => option_json(option, number),
        AnyRule::Requirement(rule) => requirement_json(rule),
        AnyRule::Invariant(rule) => {
            json!({ "title": rule.title, "value": rule.value.text.as_str() })
        }
    };
    if let Json::Object(own) = own {
        json.extend(own);
    }
    let named = named(pack, &rule.conditions()).into_iter();
    let named: Map<String, Json> =
        named.map(|(name, text)| (name.to_owned(), json!(text))).collect();
    json.insert("lets".to_owned(), Json::Object(named));
    json.insert("defined".to_owned(), location(rule.location()));
    json
}

fn rewrites(rewrites: &[Rewrite]) -> Vec<String> {
    rewrites.iter().map(rewrite_text).collect()
}

fn option_json(option: &PackOption, number: usize) -> Json {
    json!({
        "number": number,
        "title": option.title,
        "when": option.when.text.as_str(),
        "versions": option.versions.as_ref().map(Text::as_str),
        "rewrite": rewrites(&option.rewrite),
        "relieves": option.relieves,
        "loads": option.loads,
        "changes": changes(option.changes),
        "cost": option.cost,
        "safety": words::safety(option.safety),
        "why": option.why,
        "source": option.source,
        "caveat": option.caveat,
        "page": option.page,
    })
}

fn changes(changes: Changes) -> &'static str {
    let word = CHANGES.iter().find(|(_, it)| *it == changes);
    word.map_or("", |(word, _)| word)
}

fn requirement_json(rule: &Requirement) -> Json {
    json!({
        "when": rule.when_text().map(Text::as_str),
        "versions": rule.versions.as_ref().map(Text::as_str),
        "holds": rule.holds.text.as_str(),
        "level": rule.level.word(),
        "fails_at": rule.breach.fails_at,
        "message": rule.breach.message,
        "rewrite": rewrites(&rule.breach.repair),
        "source": rule.breach.source,
        "page": rule.page,
    })
}

/// Gives rules of one id, each with its pack and an example.
pub fn rules_json(found: &[(&Pack, AnyRule<'_>, Option<Example>)]) -> Json {
    let rules = found.iter().map(|(pack, it, example)| {
        let mut json = rule(pack, *it);
        json.insert("pack".to_owned(), json!({ "name": pack.name, "version": pack.version }));
        let example = example.as_ref().map(|it| example_json(pack, it));
        json.insert("example".to_owned(), example.unwrap_or(Json::Null));
        Json::Object(json)
    });
    json!({ "format": 1, "rules": rules.collect::<Vec<_>>() })
}

fn example_json(pack: &Pack, example: &Example) -> Json {
    let input = &example.input;
    let applied = example.applied.as_ref();
    let lines = diff(pack, example).into_iter();
    let lines: Vec<String> = lines.map(|(sign, it)| format!("{sign} {it}")).collect();
    let changes: Vec<Json> = applied.iter().flat_map(|it| &it.changes).map(change).collect();
    let directives: Vec<Json> =
        applied.iter().flat_map(|it| &it.directives).map(directive).collect();
    json!({
        "overrides": input.overrides,
        "facts": input.facts,
        "directives_given": input.directives,
        "parameters": input.parameters,
        "environment": input.environment,
        "target": input.target,
        "place": example.place,
        "message": example.message,
        "changes": changes,
        "directives": directives,
        "diff": lines,
    })
}
