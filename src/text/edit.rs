use super::source::{Source, Span, line_end, line_start};

/// A replacement of the bytes at one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Edit {
    /// Makes an edit.
    pub fn new(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }
}

/// The edits of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdits {
    /// The text.
    pub source: Source,
    /// What is replaced in it.
    pub edits: Vec<Edit>,
}

impl TextEdits {
    /// Makes the edits of a text.
    pub fn new(source: &Source, edits: Vec<Edit>) -> Self {
        Self { source: source.clone(), edits }
    }

    /// Returns the changed text.
    ///
    /// # Errors
    /// As for [`apply_edits`].
    pub fn applied(&self) -> Result<String, Overlap> {
        apply_edits(self.source.text(), &self.edits)
    }

    /// Returns the lines that they change, in order; lines that follow each other are one part.
    ///
    /// # Errors
    /// As for [`apply_edits`].
    pub fn changed(&self) -> Result<Vec<Changed<'_>>, Overlap> {
        let text = self.source.text();
        let mut edits = sorted(&self.edits).into_iter().peekable();
        let mut parts = Vec::new();
        while let Some(first) = edits.next() {
            let mut span = whole_lines(text, first.span);
            let mut own = vec![first];
            let after = loop {
                while let Some(next) =
                    edits.next_if(|it| line_start(text, it.span.start) <= span.end)
                {
                    span = span.cover(whole_lines(text, next.span));
                    own.push(next);
                }
                let after = applied(text, span, &own)?;
                // Where its end goes, the next line goes on this one.
                let ends = after.is_empty() || after.ends_with('\n') || span.end == text.len();
                if ends {
                    break after;
                }
                span = span.cover(whole_lines(text, Span::at(span.end)));
            };
            parts.push(Changed {
                at: span.start,
                before: text.get(span.start..span.end).unwrap_or_default(),
                after,
            });
        }
        Ok(parts)
    }
}

/// Whole lines that edits change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<'a> {
    /// Where they begin, in bytes of the text.
    pub at: usize,
    /// The lines as they are.
    pub before: &'a str,
    /// What they become.
    pub after: String,
}

/// Widens a span to whole lines, their ends included.
fn whole_lines(text: &str, span: Span) -> Span {
    let ends = span.end > span.start && text.get(..span.end).is_some_and(|it| it.ends_with('\n'));
    let end = if ends { span.end } else { text.len().min(line_end(text, span.end) + 1) };
    Span::new(line_start(text, span.start), end)
}

/// Two edits want the same bytes, or an edit does not fit the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at bytes {}..{}", .0.start, .0.end)]
pub struct Overlap(pub Span);

/// Applies edits in order of position; insertions at one place keep the order given.
///
/// # Errors
/// [`Overlap`] when two edits share a byte or one lies outside the text or inside a character.
pub fn apply_edits(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    applied(text, Span::new(0, text.len()), &sorted(edits))
}

/// Lists edits by their places.
fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted
}

/// Applies edits to a part of a text that holds them.
fn applied(text: &str, part: Span, sorted: &[&Edit]) -> Result<String, Overlap> {
    let mut out = String::with_capacity(part.len());
    let mut copied = part.start;
    for edit in sorted {
        let kept = text.get(copied..edit.span.start).ok_or(Overlap(edit.span))?;
        out.push_str(kept);
        out.push_str(&edit.replacement);
        copied = edit.span.end;
    }
    out.push_str(text.get(copied..part.end).ok_or(Overlap(Span::at(copied)))?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_by_position_and_never_overlap() {
        let edits = [Edit::new(Span::new(4, 5), "X"), Edit::new(Span::at(0), ">")];
        assert_eq!(apply_edits("abcdef", &edits).unwrap(), ">abcdXf");
        let clash = [Edit::new(Span::new(1, 4), ""), Edit::new(Span::new(3, 5), "")];
        assert!(apply_edits("abcdef", &clash).is_err());
        assert!(apply_edits("é", &[Edit::new(Span::new(1, 2), "")]).is_err());
    }

    #[test]
    fn changed_lines_are_whole_and_make_the_changed_text() {
        let text = "one\ntwo\nthree\nfour\n\nsix";
        let spans =
            (0..=text.len()).flat_map(|start| (start..=text.len()).map(move |end| (start, end)));
        let source = Source::new("text", text);
        for (start, end) in spans {
            for replacement in ["", "x", "x\n", "\nx", "\n"] {
                for also in [
                    None,
                    Some(Edit::new(Span::new(4, 7), "2")),
                    Some(Edit::new(Span::new(18, 19), "")),
                ] {
                    let edit = Edit::new(Span::new(start, end), replacement);
                    let edits =
                        TextEdits::new(&source, std::iter::once(edit).chain(also).collect());
                    let (Ok(whole), Ok(parts)) = (edits.applied(), edits.changed()) else {
                        assert_eq!(edits.applied().is_err(), edits.changed().is_err());
                        continue;
                    };
                    let at = |from: usize, to: usize| text.get(from..to).unwrap();
                    let (mut made, mut done) = (String::new(), 0);
                    for part in parts {
                        made.push_str(at(done, part.at));
                        made.push_str(&part.after);
                        done = part.at + part.before.len();
                        assert_eq!(at(part.at, done), part.before);
                        assert!(part.at == 0 || at(0, part.at).ends_with('\n'), "{edits:?}");
                        assert!(done == text.len() || at(0, done).ends_with('\n'), "{edits:?}");
                        let ends = part.after.is_empty() || part.after.ends_with('\n');
                        assert!(ends || done == text.len(), "{edits:?}");
                    }
                    assert_eq!(made + at(done, text.len()), whole);
                }
            }
        }
    }
}
