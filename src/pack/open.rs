//! Opening TOML files.

use super::read::{FaultList, Leaf, Reader, collect};
use super::shipped::shipped;
use super::text::span_of;
use super::tree::{Table, Tree};
use crate::text::{Fault, Faults, Source, Span};

/// Reads a TOML file that is one table, named `what` in messages, by what takes its fields.
///
/// # Errors
/// Every syntax error; every fault that is found in the fields, and every field that is not taken.
pub fn read_toml<T>(
    source: &Source,
    what: &'static str,
    take: impl FnOnce(&Reader<'_>) -> T,
) -> Result<T, Faults> {
    let missing = || Fault::new("hydrule::pack::missing_field", Span::at(0), "nothing is there");
    read_toml_below(source, &[], what, take)?.ok_or_else(|| Faults::one(source.clone(), missing()))
}

/// Reads one table of a TOML file that other programs use as well; none where there is no such table.
///
/// # Errors
/// As for [`read_toml`].
pub fn read_toml_below<T>(
    source: &Source,
    path: &[&str],
    what: &'static str,
    take: impl FnOnce(&Reader<'_>) -> T,
) -> Result<Option<T>, Faults> {
    let whole = tree(source)?;
    let (mut table, mut span) = (whole.root(), Span::at(0));
    for name in path {
        let Some(inner) = table.get(name) else { return Ok(None) };
        let Some(found) = inner.table() else { return Ok(None) };
        (table, span) = (found, span_of(inner));
    }
    let faults = FaultList::new();
    let reader = Reader::new(source, table, what, span, &faults);
    let taken = take(&reader);
    reader.finish();
    let mut faults = faults.into_vec();
    faults.sort_by_key(|fault| fault.span);
    if faults.is_empty() { Ok(Some(taken)) } else { Err(Faults { source: source.clone(), faults }) }
}

/// Reads the values of a TOML file by dotted name, in order; lists are values.
///
/// # Errors
/// Every syntax error.
pub fn read_toml_values(source: &Source) -> Result<Vec<Leaf>, Faults> {
    let mut leaves = Vec::new();
    collect(tree(source)?.root(), "", &mut leaves);
    Ok(leaves)
}

/// Reads a TOML file.
///
/// # Errors
/// Every syntax error.
pub fn tree(source: &Source) -> Result<Opened, Faults> {
    let read = || {
        Tree::read(source.text()).map_err(|errors| Faults {
            source: source.clone(),
            faults: errors.iter().map(|error| syntax_fault(source, error)).collect(),
        })
    };
    shipped(source).map_or_else(|| read().map(Opened::Read), |tree| Ok(Opened::Ships(tree)))
}

/// What a TOML file says.
pub enum Opened {
    /// The file ships with the program.
    Ships(&'static Tree),
    /// It was read now.
    Read(Tree),
}

impl Opened {
    /// Returns the table that the file is.
    pub fn root(&self) -> Table<'_> {
        match self {
            Self::Ships(tree) => tree.shipped_root(),
            Self::Read(tree) => tree.root(),
        }
    }
}

/// Words a syntax error of the TOML parser.
fn syntax_fault(file: &Source, error: &toml::de::Error) -> Fault {
    let span = error.span().map_or(Span::at(file.text().len()), |at| Span::new(at.start, at.end));
    Fault::new("hydrule::pack::toml_syntax", span, error.message().to_lowercase())
        .labelled("TOML cannot be read here")
}
