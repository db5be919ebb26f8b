//! What to say about a function that fails.

use super::calls::{FUNCTIONS, LATER};
use super::parse::{parse, reads};
use super::paste::{advice, quote_text};
use crate::text::{Fault, Span, nearest};

/// A call that Hydra's function refuses.
pub struct FailedCall {
    /// The function's name, as written.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Where the whole call stands.
    pub span: Span,
    /// What is wrong, in a sentence.
    pub wrong: String,
}

/// Explains a failed call.
pub fn explain_call(text: &str, call: &FailedCall) -> Fault {
    let name = call.name.as_str();
    if LATER.contains(&name) {
        return later(text, call);
    }
    if !FUNCTIONS.contains(&name) {
        return unknown(text, call);
    }
    let fault = Fault::new("hydrule::override::call", call.span, call.wrong.clone())
        .labelled("Hydra refuses this call");
    match instead(text, call) {
        (help, Some(fixed)) => fault.helped(advice(help, Some(fixed))),
        _ => fault.helped(usage(name)),
    }
}

/// Returns what to write for a cast of one text that is not what the cast wants.
fn instead(text: &str, call: &FailedCall) -> (&'static str, Option<String>) {
    let inside = arguments(text, call).unwrap_or_default();
    let whole = || reads(&format!("k={inside}")) && !inside.is_empty();
    let truth = match inside.to_lowercase().as_str() {
        "yes" | "on" | "y" => Some("true"),
        "no" | "off" | "n" => Some("false"),
        _ => None,
    };
    match (call.name.as_str(), truth) {
        ("bool", Some(truth)) => {
            ("Hydra knows true and false only", replaced(text, call.span, truth))
        }
        ("int" | "float", _) if !inside.contains([',', '(', '[', '{']) && whole() => {
            let bare = inside.trim_matches(['\'', '"']);
            let kept = replaced(text, call.span, &quote_text(bare));
            ("write a number, or keep it as text", kept)
        }
        _ => ("", None),
    }
}

fn replaced(text: &str, span: Span, with: &str) -> Option<String> {
    Some(format!("{}{with}{}", text.get(..span.start)?, text.get(span.end..)?))
}

/// Returns what stands between the call's parentheses.
fn arguments<'a>(text: &'a str, call: &FailedCall) -> Option<&'a str> {
    let inside = text.get(call.name_span.end..call.span.end)?.trim_start();
    Some(inside.strip_prefix('(')?.strip_suffix(')')?.trim())
}

fn later(text: &str, call: &FailedCall) -> Fault {
    let name = &call.name;
    let message = format!("`{name}` is not in hydra-core 1.3.8, only in later versions");
    let inside = arguments(text, call).unwrap_or_default();
    let help = if name == "extend_list" {
        let list = replaced(text, call.span, &format!("[{inside}]"));
        advice("1.3.8 cannot extend a list: write the whole list", list)
    } else {
        let value = parse(&format!("k={inside}")).ok().and_then(|parsed| parsed.value());
        let json = value.map(|value| quote_text(&value.to_json().to_string()));
        let json = json.and_then(|json| replaced(text, call.span, &json));
        advice("1.3.8 makes no JSON: write the JSON itself, in quotes", json)
    };
    Fault::new("hydrule::override::later_function", call.name_span, message)
        .labelled("needs a newer Hydra")
        .helped(help)
}

fn unknown(text: &str, call: &FailedCall) -> Fault {
    let lower = call.name.to_lowercase();
    let near = nearest(&lower, FUNCTIONS, 1).first().copied();
    let meant = near.and_then(|near| replaced(text, call.name_span, near));
    let fault =
        Fault::new("hydrule::override::unknown_function", call.name_span, call.wrong.clone())
            .labelled("no such function");
    if let (Some(near), Some(meant)) = (near, meant.filter(|meant| reads(meant))) {
        return fault.helped(advice(&format!("did you mean `{near}`?"), Some(meant)));
    }
    let whole = text.get(call.span.start..call.span.end).unwrap_or_default();
    let quoted = replaced(text, call.span, &quote_text(whole));
    let functions = FUNCTIONS.join(", ");
    fault.helped(advice(
        &format!("Hydra has {functions};\ntext with parentheses needs quotes"),
        quoted,
    ))
}

/// Says how a function is called.
fn usage(name: &str) -> &'static str {
    match name {
        "int" | "float" => {
            "it takes numbers and texts that are numbers, as in int('3'), or lists, dicts and\n\
             sweeps of these"
        }
        "bool" => {
            "it takes numbers and the texts true and false, or lists, dicts and sweeps of these"
        }
        "str" => "it takes any value but null, as in str(3)",
        "choice" => "it takes the values to choose from, as in choice(a,b)",
        "range" => "it takes numbers: range(stop), range(start,stop) or range(start,stop,step)",
        "interval" => "it takes two numbers: interval(start,end)",
        "tag" => "it takes names and then a sweep, as in tag(name,choice(a,b))",
        "sort" => "it takes values of one kind, a list or a sweep, as in sort(3,1,reverse=true)",
        "shuffle" => "it takes values, a list or a sweep, as in shuffle(a,b)",
        _ => "it takes patterns: glob(a*), or glob(include=[a*],exclude=[ab])",
    }
}
