use super::source::{Source, Span};

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
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in sorted {
        let kept = text.get(copied..edit.span.start).ok_or(Overlap(edit.span))?;
        out.push_str(kept);
        out.push_str(&edit.replacement);
        copied = edit.span.end;
    }
    out.push_str(text.get(copied..).ok_or(Overlap(Span::at(copied)))?);
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
}
