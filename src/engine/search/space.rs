//! States as a search keeps them: for each cell which of the contents it has had.

use std::collections::HashMap;
use std::sync::Arc;

use super::cells::{CellSet, Cells};
use crate::engine::state::{Entry, State};
use crate::facts::Found;

/// For each cell of a frame the number of its content; 0 is as in the input.
pub(super) type Setting = Box<[u32]>;

/// What differs from the input in one cell.
#[derive(Debug, Clone, Default)]
struct Content {
    /// Overrides with their places among those of the input; those without one were added.
    entries: Vec<(Option<usize>, Entry)>,
    directives: Vec<(String, Found)>,
}

/// What tells contents apart.
type Texts = Vec<(Option<usize>, String)>;

/// The contents that the cells of one frame have had.
pub(super) struct Space<'a> {
    input: &'a State,
    cells: &'a Cells,
    /// The cells of the frame.
    frame: Vec<usize>,
    contents: Vec<Vec<Content>>,
    known: Vec<HashMap<Texts, u32>>,
}

/// A state has something that its space has no place for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stray;

impl<'a> Space<'a> {
    pub fn new(input: &'a State, cells: &'a Cells, frame: &CellSet) -> Self {
        let contents = frame.iter().map(|_| vec![Content::default()]).collect();
        let known = frame.iter().map(|_| HashMap::from([(Vec::new(), 0)])).collect();
        Self { input, cells, frame: frame.iter().copied().collect(), contents, known }
    }

    /// Returns the setting of the input.
    pub fn start(&self) -> Setting {
        self.frame.iter().map(|_| 0).collect()
    }

    /// Returns the places in a setting of the cells of a set.
    pub fn places(&self, cells: &CellSet) -> Vec<usize> {
        let of = |cell: &usize| cells.contains(cell);
        (0..self.frame.len()).filter(|at| self.frame.get(*at).is_some_and(of)).collect()
    }

    /// Makes the state of a setting. Added overrides stand in order of their cells, which is as
    /// good as any other: those that meet share a cell.
    pub fn state(&self, setting: &Setting) -> State {
        let mut state = self.input.clone();
        let chosen = self.contents.iter().zip(setting);
        for content in chosen.filter_map(|(all, at)| all.get(usize::try_from(*at).ok()?)) {
            for (place, entry) in &content.entries {
                let entries = state.entries.edit();
                match place.and_then(|place| entries.get_mut(place)) {
                    Some(slot) => *slot = Arc::new(entry.clone()),
                    None => entries.push(Arc::new(entry.clone())),
                }
            }
            for (name, found) in &content.directives {
                state.directives.insert(name.clone(), found.clone());
            }
        }
        state
    }

    /// Finds the setting of a state.
    ///
    /// # Errors
    /// Where a key outside the frame differs, or interpolates.
    pub fn setting(&mut self, state: &State) -> Result<Setting, Stray> {
        let mut differing: Vec<(Content, Texts)> =
            self.frame.iter().map(|_| (Content::default(), Vec::new())).collect();
        for (index, entry) in state.entries.iter().enumerate() {
            let old = self.input.entries.get(index);
            if old.is_some_and(|old| same(old, entry)) {
                continue;
            }
            if entry.interpolates() && !self.cells.is_whole() {
                return Err(Stray);
            }
            let place = old.map(|_| index);
            let (content, texts) = self.slot(&entry.key, &mut differing)?;
            content.entries.push((place, entry.clone()));
            texts.push((place, text(entry)));
        }
        for (name, found) in &state.directives {
            if self.input.directives.get(name).is_some_and(|old| old.value == found.value) {
                continue;
            }
            let key = format!("sbatch:{name}");
            let (content, texts) = self.slot(&key, &mut differing)?;
            texts.push((None, format!("{key}={:?}", found.value)));
            content.directives.push((name.clone(), found.clone()));
        }
        let mut setting = Vec::new();
        let tables = self.contents.iter_mut().zip(&mut self.known);
        for ((content, texts), (contents, known)) in differing.into_iter().zip(tables) {
            let next = u32::try_from(contents.len()).map_err(|_| Stray)?;
            let number = *known.entry(texts).or_insert(next);
            if number == next {
                contents.push(content);
            }
            setting.push(number);
        }
        Ok(setting.into())
    }

    fn slot<'b>(
        &self,
        key: &str,
        all: &'b mut [(Content, Texts)],
    ) -> Result<(&'b mut Content, &'b mut Texts), Stray> {
        let cell = self.cells.find(key).ok_or(Stray)?;
        let at = self.frame.iter().position(|it| *it == cell).ok_or(Stray)?;
        let (content, texts) = all.get_mut(at).ok_or(Stray)?;
        Ok((content, texts))
    }

    /// Lists the overrides and directives of a setting that differ from the input.
    pub fn differing(&self, setting: &Setting) -> (Vec<String>, Vec<(String, String)>) {
        let (mut overrides, mut directives) = (Vec::new(), Vec::new());
        for (all, at) in self.contents.iter().zip(setting) {
            let Some(content) = usize::try_from(*at).ok().and_then(|at| all.get(at)) else {
                continue;
            };
            overrides.extend(content.entries.iter().map(|(_, entry)| text(entry)));
            let named = content.directives.iter();
            directives.extend(named.map(|(name, found)| (name.clone(), found.value.to_string())));
        }
        (overrides, directives)
    }
}

fn text(entry: &Entry) -> String {
    entry.value.as_ref().map_or_else(|_| entry.key.clone(), |parsed| parsed.text.clone())
}

fn same(one: &Entry, other: &Entry) -> bool {
    match (&one.value, &other.value) {
        (Ok(one), Ok(other)) => one.text == other.text,
        (Err(_), Err(_)) => one.key == other.key,
        _ => false,
    }
}
