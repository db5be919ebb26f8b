//! What a thread remembers of the lines before: sweeps say the same again and again.

use std::borrow::Cow;
use std::ptr;
use std::sync::Arc;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::common::Common;
use super::line::Text;
use super::record::said;
use crate::cli::error::CliError;
use crate::cli::job::plain_entries;
use crate::engine::{Entries, Entry, Judged, World};
use crate::overrides::Language;
use crate::text::secret;

/// How many bytes of overrides each thread remembers, and what each costs beside its text.
const REMEMBERED: usize = 64 << 20;
const EACH: usize = 1 << 10;

/// What a thread has read: sweeps say the same again and again.
#[derive(Default)]
pub struct Memory {
    overrides: HashMap<Language, IndexMap<String, Remembered, RandomState>>,
    keys: IndexSet<String, RandomState>,
    /// The line before.
    last: Last,
    /// How many bytes the overrides take, about.
    size: usize,
    told: Option<Told>,
}

/// An override that was read.
struct Remembered {
    entry: Arc<Entry>,
    /// Its key, by the place among those that are remembered.
    key: usize,
    swept: bool,
    interpolates: bool,
    /// Whether some of it is a secret.
    secret: bool,
}

/// The overrides of a line, and their keys, by their places: the lines of a sweep set the same keys.
#[derive(Default)]
struct Last {
    keys: Vec<usize>,
    pub entries: Entries,
}

impl Last {
    /// Makes the overrides of the next line.
    fn next(&mut self, list: Vec<Arc<Entry>>, keys: Vec<usize>) -> Entries {
        let entries = match self.keys == keys {
            true => self.entries.of_same_keys(list),
            false => list.into(),
        };
        *self = Self { keys, entries: entries.clone() };
        entries
    }
}

/// The overrides of a line.
pub struct Overrides {
    pub entries: Entries,
    /// For each of them its place among what is remembered.
    pub places: Vec<usize>,
}

/// The facts of the line before, the world that they make, and what rules came to in it.
pub struct Told {
    pack: String,
    facts: IndexMap<String, Json>,
    pub world: World,
    pub judged: Judged,
}

impl Memory {
    /// Reads overrides.
    ///
    /// # Errors
    /// Every one that cannot be read.
    pub fn read(&mut self, texts: &[Text<'_>], language: Language) -> Result<Overrides, CliError> {
        if self.size > REMEMBERED {
            // What was judged holds overrides as well.
            *self = Self::default();
        }
        let Self { overrides, keys: all_keys, last, size, .. } = self;
        let known = overrides.entry(language).or_default();
        let mut entries = Vec::with_capacity(texts.len());
        let mut places = Vec::with_capacity(texts.len());
        let mut keys = Vec::with_capacity(texts.len());
        let (mut swept, mut interpolated) = (false, false);
        for text in texts {
            let (place, one) = match known.get_full(text.as_ref()) {
                Some((place, _, one)) => (place, one),
                None => {
                    let Some(one) = Remembered::read(text, language, all_keys) else {
                        let entries = plain_entries(texts, language)?;
                        return Ok(Overrides { entries, places: Vec::new() });
                    };
                    *size += EACH + 3 * text.as_ref().len();
                    let place = known.entry(text.as_ref().to_owned());
                    (place.index(), &*place.or_insert(one))
                }
            };
            entries.push(Arc::clone(&one.entry));
            places.push(place);
            keys.push(one.key);
            swept |= one.swept;
            interpolated |= one.interpolates;
        }
        let mut entries = last.next(entries, keys);
        entries.know(swept, interpolated);
        Ok(Overrides { entries, places })
    }

    /// Says overrides as JSON does, secrets hidden: most as the line says them.
    pub fn said<'a>(
        &self,
        entries: &Entries,
        places: &[usize],
        texts: &[Text<'a>],
        language: Language,
    ) -> Vec<Cow<'a, RawValue>> {
        let known = self.overrides.get(&language);
        let mut all = Vec::with_capacity(entries.iter().len());
        for (at, entry) in entries.iter().enumerate() {
            let read = places.get(at).and_then(|place| known?.get_index(*place));
            let same =
                read.is_some_and(|(_, it)| ptr::eq(&raw const *it.entry, entry) && !it.secret);
            let plain = texts.get(at).filter(|it| same && matches!(it.text, Cow::Borrowed(_)));
            all.extend(match (plain, &entry.value) {
                (Some(text), _) => Some(Cow::Borrowed(text.said)),
                (None, Ok(parsed)) => Some(Cow::Owned(said(&parsed.text))),
                (None, Err(_)) => None,
            });
        }
        all
    }

    /// Makes the world of a line.
    pub fn told(
        &mut self,
        common: &Common,
        facts: &IndexMap<String, Json>,
    ) -> Result<&mut Told, CliError> {
        let pack = &common.pack;
        let known = self.told.take().filter(|it| it.pack == pack.name && it.facts == *facts);
        let told = match known {
            Some(told) => told,
            None => {
                let (facts, world) = (facts.clone(), common.told(facts)?);
                Told { pack: pack.name.clone(), facts, world, judged: Judged::default() }
            }
        };
        Ok(self.told.insert(told))
    }
}

impl Remembered {
    /// Nothing where it cannot be read.
    fn read(
        text: &Text<'_>,
        language: Language,
        keys: &mut IndexSet<String, RandomState>,
    ) -> Option<Self> {
        let one = plain_entries(std::slice::from_ref(text), language).ok()?;
        let secret = matches!(secret::hidden(text.as_ref()), Cow::Owned(_));
        let entry = Arc::clone(one.shared(0)?);
        let key = keys.insert_full(entry.key.clone()).0;
        let (swept, interpolates) = (one.any_swept(), entry.interpolates());
        Some(Self { entry, key, swept, interpolates, secret })
    }
}
