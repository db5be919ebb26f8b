//! What a server asks about its documents.

use std::path::Path;

use super::document::Document;
use crate::text::{Finding, Mend, Span};

/// What is known of the texts of a language.
pub trait Language {
    /// Names what a document is looked at as a part of; none where it is nothing of ours. Documents
    /// of one subject are looked at together.
    fn subject(&self, document: &Document) -> Option<String>;

    /// Hears what a document says now, or that it is closed; tells whether what is found elsewhere may
    /// depend on that.
    fn hear(&mut self, path: &Path, document: Option<&Document>) -> bool;

    /// Finds what is wrong with the documents of one subject; what stands in a file that is not open is
    /// told as well.
    fn look(&mut self, documents: &[&Document]) -> Vec<Finding>;

    /// Lists what can be done about findings in a document, each with the finding's place in the list.
    fn actions(&mut self, document: &Document, findings: &[Finding]) -> Vec<(usize, Action)>;

    /// Makes all that surely mends findings in a document; nothing where there is no such thing.
    fn mend_all(&mut self, document: &Document) -> Option<Mend>;

    /// Explains what stands at a byte.
    fn hover(&mut self, document: &Document, offset: usize) -> Option<Hover>;

    /// Lists what may stand at a byte.
    fn complete(&mut self, document: &Document, offset: usize) -> Vec<Completion>;

    /// Forgets what was read from files, since they have changed.
    fn forget(&mut self);
}

/// Something that can be done about a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What it does.
    pub mend: Mend,
    /// Whether it mends the finding, and does not only silence it.
    pub mends: bool,
}

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// The explanation in Markdown.
    pub text: String,
}

/// Something that may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is chosen from.
    pub label: String,
    /// What to know about it, in a few words.
    pub detail: String,
    /// What it replaces.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}
