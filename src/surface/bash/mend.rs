//! Edits that mend what [`findings`](super::findings()) finds, where what was meant is plain.

use super::findings::{Cause, Why};
use super::launch::Script;
use super::set_once::set_once;
use super::state::Outside;
use crate::overrides::LINE_END;
use crate::text::{Edit, Finding, Mend, Source, Span, line_end, line_start};

/// Gives findings about a script the edits that mend them.
pub fn mend(script: &Script, outside: &Outside, findings: &mut [&mut Finding]) {
    for finding in findings.iter_mut() {
        finding.fix = mended(script, finding);
    }
    set_once(script, outside, findings);
}

/// Finds the edits that mend a finding, where its place alone tells them.
fn mended(script: &Script, finding: &Finding) -> Option<Mend> {
    let (source, span) = (&script.source, finding.fault.span);
    match finding.rule.as_str() {
        "broken-continuation" => {
            let (orphan, _) = finding.fault.also.first()?;
            continued(source, Cause::above(source, orphan.start), *orphan)
        }
        "blank-after-backslash" => {
            let next = line_end(source.text(), span.start) + 1;
            let goes_on = |it: &Span| line_start(source.text(), it.start) == next;
            ended(source, span, script.orphans.iter().any(goes_on))
        }
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
            let edit = line_goes_on(source, start, cause.span.end)?;
            Some(Mend::safe("end the line with ` \\`", source, vec![edit]).only_if(false))
        }
        // Nothing tells whether the operator was meant.
        Why::Operator => None,
    }
}

/// Ends a line with a `\`, to which what looks like one gives way.
fn line_goes_on(source: &Source, start: usize, end: usize) -> Option<Edit> {
    let line = source.text().get(start..end)?;
    let bare = line.trim_end_matches('\\');
    let bare =
        if bare.len() == line.len() { line.strip_suffix(" /").unwrap_or(line) } else { bare };
    Some(Edit::new(Span::new(start + bare.trim_end().len(), end), " \\"))
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

/// Takes out a `\` that continues nothing, with the blanks around it; where the next line `goes_on` with
/// overrides, what stands behind the `\`.
fn ended(source: &Source, span: Span, goes_on: bool) -> Option<Mend> {
    let text = source.text();
    if source.slice(span).ends_with('\r') {
        return Some(unix_lines(source));
    }
    let start = line_start(text, span.start);
    let before = text.get(start..span.start)?;
    let rest = text.get(span.start + 1..line_end(text, span.start))?;
    if goes_on && rest.trim_start().starts_with('#') {
        let end = line_end(text, span.start);
        let edits =
            vec![Edit::new(Span::new(span.start + 1, end), ""), lifted(text, start, rest.trim())?];
        let what = "move the comment above the command";
        return Some(Mend::safe(what, source, edits).only_if(false));
    }
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
