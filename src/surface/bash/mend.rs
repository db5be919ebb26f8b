//! Edits that mend what [`findings`](super::findings()) finds, where what was meant is plain.

use super::edit::{Change, Wanted};
use super::findings::{Cause, Why};
use super::launch::{Argument, Script};
use super::remove::remove;
use super::state::Outside;
use super::verify::verify;
use crate::overrides::{LINE_END, Override, OverrideKind, parse};
use crate::text::{Edit, Finding, Mend, Source, Span, apply_edits, line_end, line_start};

/// Finds the edits that mend a finding about a script.
pub fn mend(script: &Script, outside: &Outside, finding: &Finding) -> Option<Mend> {
    let (source, span) = (&script.source, finding.fault.span);
    match finding.rule.as_str() {
        "broken-continuation" => {
            let (orphan, _) = finding.fault.also.first()?;
            continued(source, Cause::above(source, orphan.start), *orphan)
        }
        "blank-after-backslash" => ended(source, span),
        "repeated-key" => set_once(script, outside, finding),
        // A launch that Hydra refuses cannot get worse.
        "refused-override" if finding.fault.code == LINE_END && source.slice(span) == "\r" => {
            let edits = vec![Edit::new(span, "")];
            Some(Mend::safe("remove the carriage return", source, edits))
        }
        "stray-brace" if source.slice(span) == "}" => {
            Some(Mend::safe("remove the brace", source, vec![Edit::new(span, "")]).only_if(false))
        }
        _ => None,
    }
}

/// Joins overrides to the command that ended above them.
fn continued(source: &Source, cause: Cause, orphan: Span) -> Option<Mend> {
    let text = source.text();
    let start = line_start(text, cause.span.start);
    match cause.what {
        Why::WindowsLine => Some(unix_lines(source)),
        Why::TrailingBlank => {
            let end = line_end(text, cause.span.start);
            let blanks = Span::new(cause.span.start + 1, end);
            let only = source.slice(blanks).trim().is_empty();
            only.then(|| Mend::safe("remove the blanks", source, vec![Edit::new(blanks, "")]))
        }
        Why::Blank | Why::Comment => {
            let between = Span::new(start, line_start(text, orphan.start));
            let mut edits = vec![Edit::new(between, "")];
            let what = match lifted(text, start, source.slice(between)) {
                Some(comments) => {
                    edits.push(comments);
                    "move the comment above the command"
                }
                None => "remove the empty line",
            };
            Some(Mend::safe(what, source, edits))
        }
        Why::Swallowed => {
            let comment = source.slice(cause.span).strip_suffix('\\')?.trim_end();
            let edits = vec![Edit::new(cause.span, "\\"), lifted(text, start, comment)?];
            Some(Mend::safe("move the comment above the command", source, edits).only_if(false))
        }
        Why::NoBackslash => {
            let edit = Edit::new(Span::at(cause.span.end), " \\");
            Some(Mend::safe("end the line with ` \\`", source, vec![edit]).only_if(false))
        }
    }
}

/// Puts the comments of some lines above the command that goes on in the line at `at`.
fn lifted(text: &str, at: usize, lines: &str) -> Option<Edit> {
    let mut first = at;
    while let Some(above) = text.get(..first)?.strip_suffix('\n') {
        if !above.ends_with('\\') {
            break;
        }
        first = line_start(text, above.len());
    }
    let command = text.get(first..)?;
    let indent: String = command.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let comments = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let comments: String = comments.map(|line| format!("{indent}{line}\n")).collect();
    (!comments.is_empty()).then(|| Edit::new(Span::at(first), comments))
}

/// Takes out a `\` that continues nothing, with the blanks around it.
fn ended(source: &Source, span: Span) -> Option<Mend> {
    let text = source.text();
    if source.slice(span).ends_with('\r') {
        return Some(unix_lines(source));
    }
    let before = text.get(line_start(text, span.start)..span.start)?;
    let rest = text.get(span.start + 1..line_end(text, span.start))?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let kept = before.trim_end_matches([' ', '\t']);
    // What stands behind, as a comment may, keeps a blank before it.
    let blank = if rest.len() == blanks { "" } else { " " };
    let from = span.start - (before.len() - kept.len());
    let edit = Edit::new(Span::new(from, span.start + 1 + blanks), blank);
    Some(Mend::safe("remove the `\\` and the blanks", source, vec![edit]))
}

/// Ends every line as Unix does; a text with lines of both kinds may mean some of them so.
fn unix_lines(source: &Source) -> Mend {
    let text = source.text();
    let ends: Vec<usize> = text.match_indices("\r\n").map(|(at, _)| at).collect();
    let all = ends.len() == text.matches('\n').count();
    let edits = ends.into_iter().map(|at| Edit::new(Span::new(at, at + 1), "")).collect();
    Mend::safe("convert the file to Unix line ends", source, edits).only_if(all)
}

/// Takes out the override that a later one replaces, where every launch that has it has both.
fn set_once(script: &Script, outside: &Outside, finding: &Finding) -> Option<Mend> {
    let own = |argument: &&Argument| {
        argument.word == finding.fault.span && Some(argument.key()) == finding.key
    };
    let having =
        |(_, launch): &(usize, &super::launch::Launch)| launch.arguments.iter().any(|it| own(&it));
    let launches: Vec<(usize, &super::launch::Launch)> =
        script.launches.iter().enumerate().filter(having).collect();
    let (_, first) = launches.first()?;
    let old = first.arguments.iter().find(own)?;
    let last = first.arguments.iter().rev().find(|it| it.target() == old.target())?;
    let edit = remove(script, old).ok()?;
    let numbers: Vec<usize> = launches.iter().map(|(number, _)| *number).collect();
    let change = Change { key: old.target(), after: Some(last.text.known()?) };
    let wanted = Wanted { launches: &numbers, changes: &[change], also: &[] };
    let text = apply_edits(script.source.text(), std::slice::from_ref(&edit)).ok()?;
    verify(script, outside, &wanted, &text).ok()?;
    let replaces = match (parse(&old.text.known()?), parse(&last.text.known()?)) {
        (Ok(old), Ok(last)) => replaces(&last, &old),
        _ => false,
    };
    Some(Mend::safe("remove the earlier override", &script.source, vec![edit]).only_if(replaces))
}

/// Tells whether an override surely makes an earlier one of the same key as if it were not there:
/// dictionaries would be merged, and `+` may be there for the key that it adds.
fn replaces(last: &Override, old: &Override) -> bool {
    let plain = |it: &Override| {
        let value = it.text.split_once('=').map_or("", |(_, value)| value.trim_start());
        !value.starts_with('{') && matches!(it.kind, OverrideKind::Change | OverrideKind::ForceAdd)
    };
    plain(last) && plain(old) && last.kind == old.kind && old.key.contains('.')
}
