//! Where a change of a launch script was made, and what moves with it: for people, and as data.

use serde_json::{Value as Json, json};

use super::json::location;
use super::paint::{Look, Paint, Part, side_by_side};
use crate::surface::bash::{Edited, How, Moved, Refusal, Script, Site, Wanted};
use crate::text::{Source, join_and};

/// How many things that move along are listed one by one.
const LISTED: usize = 8;

/// Says for each key where its change is made.
pub fn site_texts(script: &Script, edited: &Edited) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for site in &edited.sites {
        let text = (site.key.clone(), site_text(script, site));
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn site_text(script: &Script, site: &Site) -> String {
    let at = script.at(site.span);
    match &site.how {
        How::Literal => at.to_string(),
        How::Nothing => format!("{at}, as it is"),
        How::Untold(why) => format!("{at}, which may set it: {why}"),
        How::Use(names, None) => format!("{at}, in place of what was made of {}", join_and(names)),
        How::Use(_, Some(reason)) => format!("{at}, at the override itself: {}", reason.text),
        How::Follows => "follows from the other changes".to_owned(),
        How::Variable(name) if is_argument(name) => format!("{at}, where ${name} is given"),
        How::Variable(name) => format!("{at}, where {name} is set"),
        How::Default(name) if is_argument(name) => {
            format!("{at}, the default of ${name}; an argument of the script wins over it")
        }
        How::Default(name) => {
            format!("{at}, the default of {name}; the environment wins over it")
        }
        How::Inserted(None) => format!("{at}, added"),
        How::Inserted(Some(reason)) => {
            format!("{at}, added behind the old one: {}", reason.text)
        }
        How::Removed => format!("{at}, removed"),
    }
}

/// Tells whether a name is that of an argument: `$1`.
fn is_argument(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

/// Says where each change is made, what moves along, and what could.
pub fn edited_text(script: &Script, edited: &Edited, look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for (key, site) in site_texts(script, edited) {
        out.push_str(&placed(&key, &site, look));
    }
    for moved in edited.moved.iter().take(LISTED) {
        out.push_str(&format!("  {} {}\n", paint.warn("moves"), moved_text(script, moved)));
    }
    if let Some(more) = edited.moved.len().checked_sub(LISTED).filter(|more| *more > 0) {
        out.push_str(&format!("  {} {more} more\n", paint.warn("moves")));
    }
    for (name, ripple) in &edited.alternatives {
        let names: Vec<String> = ripple.iter().filter_map(name_of).collect();
        let few = names.len() <= 3 && names.iter().all(|name| !name.contains(['*', ',', ' ']));
        let also = if few { names.join(",") } else { "'*'".to_owned() };
        let text = format!("  --also {also} changes {name} itself");
        out.push_str(&format!("{}\n", paint.faint(&text)));
    }
    out
}

/// A key, and where its change is made.
pub fn placed(key: &str, site: &str, look: Look) -> String {
    let paint = Paint::new(look);
    let parts: [Part<'_>; 2] = [(key, &|it| paint.strong(it)), (site, &|it| paint.faint(it))];
    format!("{}\n", side_by_side(0, 2, &parts, look))
}

/// Returns what `--also` calls it; none for what may always change.
fn name_of(moved: &Moved) -> Option<String> {
    match moved {
        Moved::Key { key, .. } => Some(key.clone()),
        Moved::Command { tells: true, .. } => None,
        Moved::Command { name, .. } => Some(name.clone()),
    }
}

fn moved_text(script: &Script, moved: &Moved) -> String {
    let shown = |values: &[String]| match values {
        [] => "?".to_owned(),
        values => values.join(", "),
    };
    match moved {
        Moved::Key { launch, key, before, after } => {
            let of = match script.launches.len() {
                1 => String::new(),
                _ => format!(", launch {}", launch + 1),
            };
            format!("{key}: {} → {}{of}", shown(before), shown(after))
        }
        Moved::Command { span, name, .. } => {
            format!("what `{name}` gets at {}", script.at(*span))
        }
    }
}

/// Gives a change as data.
pub fn edited_json(script: &Script, wanted: &Wanted<'_>, edited: &Edited) -> Json {
    let changes: Vec<Json> =
        edited.sites.iter().map(|site| site_json(script, wanted, site)).collect();
    let alternatives: Vec<Json> = edited
        .alternatives
        .iter()
        .map(|(name, ripple)| json!({ "variable": name, "moves": moves_json(script, ripple) }))
        .collect();
    json!({
        "changes": changes,
        "moves": moves_json(script, &edited.moved),
        "alternatives": alternatives,
    })
}

fn site_json(script: &Script, wanted: &Wanted<'_>, site: &Site) -> Json {
    let change = wanted.changes.iter().find(|change| change.key == site.key);
    let (how, variables, reason) = match &site.how {
        How::Literal => ("literal", Vec::new(), None),
        How::Use(names, reason) => ("use", names.clone(), reason.as_ref().map(|it| &it.text)),
        How::Variable(name) => ("variable", vec![name.clone()], None),
        How::Default(name) => ("default", vec![name.clone()], None),
        How::Follows => ("follows", Vec::new(), None),
        How::Inserted(reason) => ("added", Vec::new(), reason.as_ref().map(|it| &it.text)),
        How::Removed => ("removed", Vec::new(), None),
        How::Nothing => ("nothing", Vec::new(), None),
        How::Untold(why) => ("untold", Vec::new(), Some(why)),
    };
    json!({
        "key": site.key,
        "override": change.and_then(|change| change.after.as_ref()),
        "launch": site.launch + 1,
        "how": how,
        "variables": variables,
        "reason": reason,
        "place": location(&script.at(site.span)),
    })
}

fn moves_json(script: &Script, moved: &[Moved]) -> Vec<Json> {
    let one = |moved: &Moved| match moved {
        Moved::Key { launch, key, before, after } => {
            json!({ "key": key, "launch": launch + 1, "before": before, "after": after })
        }
        Moved::Command { span, name, .. } => {
            json!({ "command": name, "place": location(&script.at(*span)) })
        }
    };
    moved.iter().map(one).collect()
}

/// Gives a refusal as data.
pub fn refusal_json(source: &Source, refusal: &Refusal) -> Json {
    let fault = &refusal.fault;
    json!({
        "code": fault.code,
        "message": fault.message,
        "help": fault.help,
        "paste": refusal.paste,
        "place": location(&source.at(fault.span)),
    })
}
