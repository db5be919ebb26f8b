//! The scripts that an editor has open, whose text counts before what is on the disk.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cli::files::read_taken_in;
use crate::cli::project::absolute;
use crate::surface::bash::Load;
use crate::text::Source;

/// The open scripts.
#[derive(Debug, Clone, Default)]
pub struct Opened(Arc<Mutex<Texts>>);

#[derive(Debug, Default)]
struct Texts {
    /// The scripts, by their whole paths.
    open: BTreeMap<PathBuf, Source>,
    /// The files that some script has taken in.
    taken_in: HashSet<PathBuf>,
}

impl Opened {
    fn texts(&self) -> MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a file says now; none where it is closed. Tells whether other scripts that are open
    /// depend on it.
    pub fn hear(&self, path: &Path, source: Option<Source>) -> bool {
        let path = absolute(path);
        let mut texts = self.texts();
        let old = texts.open.remove(&path);
        let names = |a: &Path, text: &Source| text.text().contains(&base_name(a));
        let related = |own: &Source| {
            let mut others = texts.open.iter();
            others.any(|(other, text)| names(&path, text) || names(other, own))
        };
        let depends = texts.taken_in.contains(&path) || old.iter().chain(&source).any(related);
        texts.open.extend(source.map(|it| (path, it)));
        depends
    }

    /// Lists the other scripts that a script names, or that name it, and those that these name.
    pub fn around(&self, path: &Path, source: &Source) -> Vec<(PathBuf, Source)> {
        let own = absolute(path);
        let texts = self.texts();
        let mut rest: Vec<(&PathBuf, &Source)> =
            texts.open.iter().filter(|(other, _)| **other != own).collect();
        let mut near: Vec<(&Path, &Source)> = vec![(&own, source)];
        let mut at = 0;
        while let Some((path, text)) = near.get(at).copied() {
            let (name, mut far) = (base_name(path), Vec::new());
            for (other, its) in rest {
                let related = its.text().contains(&name) || text.text().contains(&base_name(other));
                if related { near.push((other, its)) } else { far.push((other, its)) }
            }
            rest = far;
            at += 1;
        }
        near.into_iter().skip(1).map(|(path, text)| (path.to_owned(), text.clone())).collect()
    }

    /// Reads files that scripts take in: as the editor has them, else from the disk.
    pub fn load(&self) -> Load {
        let opened = self.clone();
        Load::new(move |path| {
            let whole = absolute(path);
            let mut texts = opened.texts();
            let open = texts.open.get(&whole).cloned();
            texts.taken_in.insert(whole);
            drop(texts);
            let named = |it: Source| Source::new(path.display().to_string(), it.text());
            open.map(named).or_else(|| read_taken_in(path))
        })
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
