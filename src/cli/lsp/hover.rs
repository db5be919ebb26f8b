//! What an override comes to.

use super::defaults::usual;
use crate::cli::check::{Buffers, Known};
use crate::cli::show::place;
use crate::condition::{Condition, Scope as _};
use crate::engine::{Pin, View, check_requirements};
use crate::facts::Lookup;
use crate::lsp::{Document, Hover};
use crate::pack::{Pack, Reads};
use crate::path::KeyPath;
use crate::report::{AnyRule, one_line};
use crate::surface::bash::{Argument, Launch, Script};
use crate::surface::pins::{marks_of, pinned_keys};
use crate::text::{Span, count};

/// How many rules are shown.
const RULES: usize = 8;

/// Explains the override at a byte, or the one that gets its value there.
pub fn hover(buffers: &Buffers<'_>, document: &Document, offset: usize) -> Option<Hover> {
    let buffer = buffers.read(&document.path, document.source()).ok()?;
    let script = buffer.script()?;
    let (launch, argument, span) = find(script, offset)?;
    let known = buffer.known(launch).ok().flatten();
    let key = argument.key();
    let mut text = format!("`{key}` {}\n\n", value(launch, argument, known.as_ref()));
    let mut line = |words: String| text.push_str(&format!("- {words}\n"));
    line(match place(script, argument) {
        place if place.starts_with("line") => format!("written in {place}"),
        place => place,
    });
    let last = launch.arguments.iter().rfind(|it| it.key() == key);
    if let Some(last) = last.filter(|it| it.word != argument.word) {
        let at = script.at(last.word).line_column().line;
        line(format!("a later override wins, line {at}"));
    }
    let usual = usual(&buffer, known.as_ref(), &key).text();
    if !usual.is_empty() {
        line(format!("without it: {usual}"));
    }
    let told = known.as_ref().map(|it| it.world.pins.clone());
    let said = || pinned_keys(script, &marks_of(script), launch).into_iter().map(Pin::said);
    let pins = told.unwrap_or_else(|| said().collect());
    if let Some(pin) = pins.iter().find(|it| it.holds(&key)) {
        line(format!("pinned by {}", pin.by));
    }
    if let Some(known) = &known {
        text.push_str(&rules(known, &key));
    }
    Some(Hover { span, text })
}

/// Finds what stands at a byte: an override, or a text that one is made of.
fn find(script: &Script, offset: usize) -> Option<(&Launch, &Argument, Span)> {
    let here = |span: &Span| script.holds(*span) && span.contains(Span::at(offset));
    let all = || {
        let own = script.launches.iter().filter(|it| it.location.source == script.source);
        own.flat_map(|launch| launch.arguments.iter().map(move |it| (launch, it)))
    };
    let word = all().find(|(_, it)| here(&it.word) && !it.is_given());
    word.map(|(launch, it)| (launch, it, it.word)).or_else(|| {
        all().find_map(|(launch, it)| {
            let mut places = it.text.pieces.iter().map(|piece| piece.origin.span());
            Some((launch, it, places.find(|span| !span.is_empty() && here(span))?))
        })
    })
}

/// Says what the key is in the end.
fn value(launch: &Launch, argument: &Argument, known: Option<&Known<'_>>) -> String {
    let key = argument.key();
    let Some(Known { pack, state, world }) = known else {
        let values = launch.arguments.iter().rfind(|it| it.key() == key);
        let text = values.and_then(|it| it.text.known());
        let text = text.and_then(|it| it.split_once('=').map(|(_, value)| value.to_owned()));
        return text.map_or("is not known".to_owned(), |text| format!("is `{text}`"));
    };
    match View::new(pack, state, world).config(&KeyPath::new(&*key)) {
        Lookup::Set(found) => format!("is `{}`", found.value),
        Lookup::Absent => "is deleted".to_owned(),
        Lookup::Unknown(missing) => format!("is not known: {}", missing.why),
    }
}

/// Lists the rules that read a key: what is broken comes first, then what names the key itself.
fn rules(known: &Known<'_>, key: &str) -> String {
    let Known { pack, state, world } = known;
    let states = check_requirements(pack, state, world);
    let mut all: Vec<(u8, String)> = Vec::new();
    for rule in AnyRule::all(pack).filter(|it| reads(pack, &it.conditions(), key)) {
        let found = states.iter().find(|it| it.id == rule.id());
        let id = rule.id();
        let names = rule.conditions().into_iter().flat_map(Condition::names);
        let is_named = names.into_iter().any(|it| it.key().is_some_and(|it| it.as_str() == key));
        all.push(match (rule, found) {
            (AnyRule::Requirement(_), Some(found)) if found.is_broken() => {
                (0, format!("- **broken** `{id}`: {}\n", found.message))
            }
            (AnyRule::Requirement(it), found) => {
                let applies = is_named && !found.is_some_and(|it| it.guarded);
                let holds = one_line(it.holds.text.as_str());
                (if applies { 1 } else { 3 }, format!("- `{id}`: `{holds}` must hold\n"))
            }
            (other, _) => (if is_named { 2 } else { 4 }, format!("- `{id}`: {}\n", other.title())),
        });
    }
    if all.is_empty() {
        return String::new();
    }
    all.sort_by_key(|(rank, _)| *rank);
    let number = count(all.len(), "rule");
    let more = match all.len().saturating_sub(RULES) {
        0 => String::new(),
        more => format!("- … and {more} more; `hydrule rule ID` tells everything of one\n"),
    };
    let shown: String = all.into_iter().take(RULES).map(|(_, line)| line).collect();
    let read = if number.starts_with("1 ") { "reads" } else { "read" };
    format!("\n{number} of {} {read} it:\n\n{shown}{more}", pack.name)
}

/// Tells whether conditions depend on a key, directly or not.
fn reads(pack: &Pack, conditions: &[&Condition], key: &str) -> bool {
    let conditions = conditions.iter().copied();
    Reads::of(conditions, &pack.lets, &pack.estimates, &pack.defaults).may_depend_on(key)
}
