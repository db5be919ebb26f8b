//! What `hydrule show` prints as JSON; `docs/json.md` describes it.

use serde_json::{Map, Value as Json, json};

use super::chain::Input;
use crate::report::location;
use crate::surface::bash::{
    Argument, Launch, Origin, Passed, Piece, Placed, Quoting, Role, Script, Step,
};
use crate::surface::slurm;

/// Describes a file.
pub fn file_json(input: &Input) -> Json {
    let script = &input.script;
    let source = &script.source;
    let launches = script.runs.iter();
    let launches: Vec<Json> = launches.map(|(at, it)| launch_json(script, at + 1, it)).collect();
    let directives: Map<String, Json> = if input.has_directives {
        let facts = slurm::directive_facts(&slurm::read_directives(source), source);
        facts.into_iter().map(|(name, found)| (name, found.value.to_json())).collect()
    } else {
        Map::new()
    };
    let notes = script.notes.iter().map(|note| {
        let at = script.at(note.span);
        json!({ "message": note.message, "line": at.line_column().line, "location": location(&at) })
    });
    json!({
        "path": source.name(),
        "launches": launches,
        "directives": directives,
        "starts": script.starts.iter().map(|it| &it.path).collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    })
}

fn launch_json(script: &Script, number: usize, launch: &Launch) -> Json {
    let words = |wanted: &[Role]| -> Vec<Json> {
        launch.words.iter().filter(|it| wanted.contains(&it.role)).map(word_json).collect()
    };
    let flag = |long, short| launch.flag(long, short).and_then(|it| it.known());
    let environment = launch.environment.iter();
    let environment: Map<String, Json> =
        environment.map(|(name, text)| (name.clone(), text.known().into())).collect();
    json!({
        "number": number,
        "program": launch.program,
        "module": launch.module,
        "line": launch.location.line_column().line,
        "location": location(&launch.location),
        "condition": launch.condition,
        "environment": environment,
        "launcher": words(&[Role::Launcher]),
        "config_name": flag("--config-name", "-cn"),
        "config_path": flag("--config-path", "-cp"),
        "config_dir": flag("--config-dir", "-cd"),
        "flags": launch.flags,
        "forwards_arguments": launch.forwards.is_some(),
        "arguments": words(&[Role::Flag, Role::Value, Role::Override, Role::Forwarded]),
        "overrides": launch.arguments.iter().map(|it| argument_json(script, it)).collect::<Vec<_>>(),
    })
}

fn word_json(word: &Passed) -> Json {
    let kind = match word.role {
        Role::Launcher => "launcher",
        Role::Program => "program",
        Role::Flag => "flag",
        Role::Value => "value",
        Role::Override => "override",
        Role::Forwarded => "script_arguments",
    };
    let forwarded = word.role == Role::Forwarded;
    let why = if forwarded { Some("the script gets it") } else { word.text.why_unknown() };
    json!({
        "kind": kind,
        "text": if forwarded { None } else { word.text.known() },
        "unknown": why,
        "several": word.several,
    })
}

fn argument_json(script: &Script, argument: &Argument) -> Json {
    let placed = argument.placed();
    let names = match &placed {
        Placed::Literal(_) | Placed::Unknown(..) => Vec::new(),
        Placed::Default(name, _) => vec![name.clone()],
        Placed::Variable(names, _) | Placed::Computed(names, _) => names.clone(),
    };
    let at = script.at(placed.span());
    let array = argument.array.as_ref();
    let json = json!({
        "key": argument.key(),
        "text": argument.text.known(),
        "unknown": argument.text.why_unknown(),
        "several": argument.several,
        "origin": origin(argument),
        "variables": [],
        "array": array.map(|it| &it.variable),
        "line": at.line_column().line,
        "column": at.line_column().column,
        "span": at.span,
        "location": location(&at),
        "word": location(&script.at(argument.word)),
        "through": array.map(|it| step_json(script, it)),
        "pieces": argument.text.pieces.iter().map(|it| piece_json(script, it)).collect::<Vec<_>>(),
    });
    first_of(json, "variables", names.iter(), |it| it.as_str().into())
}

/// Names what gives an override its value.
fn origin(argument: &Argument) -> &'static str {
    let value = argument.value_pieces();
    let own = |piece: &Piece| piece.via.is_empty();
    let is = |wanted: fn(&Origin) -> bool| value.iter().any(|piece| wanted(&piece.origin));
    let through = argument.text.pieces.first().is_some_and(|piece| !own(piece));
    let literal = |piece: &Piece| matches!(piece.origin, Origin::Literal(..));
    if argument.text.unknown().is_some() {
        "unknown"
    } else if is(|it| *it == Origin::Outside) {
        "outside"
    } else if is(|it| matches!(it, Origin::Arithmetic(_))) {
        let rest = |it: &Piece| literal(it) && own(it);
        let all = value.iter().all(|it| matches!(it.origin, Origin::Arithmetic(_)) || rest(it));
        if all { "arithmetic" } else { "computed" }
    } else if through && argument.text.pieces.iter().all(literal) {
        "string"
    } else if value.iter().all(own) && (value.is_empty() || value.iter().any(literal)) {
        if argument.array.is_some() { "array" } else { "literal" }
    } else {
        match argument.placed() {
            Placed::Default(..) => "default",
            Placed::Variable(..) => "variable",
            _ => "computed",
        }
    }
}

fn piece_json(script: &Script, piece: &Piece) -> Json {
    let (made, quotes) = match piece.origin {
        Origin::Literal(_, quoting) => ("literal", Some(quoting)),
        Origin::Arithmetic(_) => ("arithmetic", None),
        Origin::Computed(_) => ("computed", None),
        Origin::Outside => ("outside", None),
    };
    let quotes = quotes.map(|quoting| match quoting {
        Quoting::Bare => "none",
        Quoting::Single => "single",
        Quoting::Double => "double",
    });
    let inside = (piece.origin != Origin::Outside).then(|| script.at(piece.origin.span()));
    let json = json!({
        "text": piece.text.as_ref().ok(),
        "unknown": piece.text.as_ref().err().map(|it| &it.why),
        "made": made,
        "quotes": quotes,
        "location": inside.as_ref().map(location),
        "via": [],
    });
    first_of(json, "via", piece.via.iter(), |it| step_json(script, it))
}

fn step_json(script: &Script, step: &Step) -> Json {
    let json = json!({
        "variable": step.variable,
        "default": step.default,
        "used": location(&script.at(step.used)),
        "assigned": [],
    });
    first_of(json, "assigned", step.assigned.iter(), |span| location(&script.at(*span)))
}

/// How many things a list has that grows with the script for each override: every element of an array has all places
/// at which anything was appended to it.
const MOST: usize = 20;

/// Fills a list with the first things, and tells how many others there are, if any.
fn first_of<T>(
    mut json: Json,
    field: &str,
    mut all: impl Iterator<Item = T>,
    one: impl Fn(T) -> Json,
) -> Json {
    if let Some(fields) = json.as_object_mut() {
        let first: Vec<Json> = all.by_ref().take(MOST).map(one).collect();
        fields.insert(field.to_owned(), first.into());
        let more = all.count();
        if more > 0 {
            fields.insert(format!("more_{field}"), more.into());
        }
    }
    json
}
