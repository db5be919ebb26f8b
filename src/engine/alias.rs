//! Keys under their old names: rules say the newest, launches and versions may know another.

use super::apply::{NotApplied, computed};
use super::scope::{View, unknown};
use super::state::State;
use super::world::World;
use crate::condition::{Condition, Outcome};
use crate::facts::{Found, Lookup, Missing};
use crate::pack::{Alias, Pack};
use crate::path::KeyPath;
use crate::value::Value;

/// The name that stands for a key.
pub(super) struct OldName<'a> {
    pub key: KeyPath,
    alias: &'a Alias,
}

/// Finds the old name under which a state sets a key; nothing where it sets the key itself.
pub(super) fn set_as<'a>(key: &KeyPath, pack: &'a Pack, state: &State) -> Option<OldName<'a>> {
    let mut names = old_names(key, pack).peekable();
    names.peek()?;
    if state.touching(key).next().is_some() {
        return None;
    }
    names.find(|it| state.touching(&it.key).next().is_some())
}

/// Tells whether some key may be read or written under an old name: what rules say they read and
/// write is then not all that they do.
pub(super) fn at_work(pack: &Pack, state: &State, world: &World) -> bool {
    let known = |it: &Alias| {
        let versions = it.versions.as_ref();
        versions.and_then(|versions| world.target.is(versions, pack)) == Some(true)
    };
    let used = |it: &Alias| state.entries.iter().any(|entry| it.old.covers(&entry.key));
    pack.aliases.iter().any(|it| known(it) || used(it))
}

fn old_names<'a>(key: &KeyPath, pack: &'a Pack) -> impl Iterator<Item = OldName<'a>> {
    pack.aliases.iter().filter_map(|alias| {
        let key = alias.new.moved(key.as_str(), &alias.old)?;
        Some(OldName { key: KeyPath::new(key), alias })
    })
}

impl View<'_> {
    /// Finds the old name that a key is read under: the launch sets that, or only that is in the base
    /// configuration.
    pub(super) fn read_as(&self, key: &KeyPath) -> Option<OldName<'_>> {
        if self.pack.aliases.is_empty() {
            return None;
        }
        if let Some(name) = set_as(key, self.pack, self.state) {
            return Some(name);
        }
        let config = self.world.base.as_ref()?.config();
        let unset = self.state.touching(key).next().is_none() && config.node(key).is_none();
        old_names(key, self.pack).find(|it| unset && config.node(&it.key).is_some())
    }

    /// Finds the name that a key is written under: the one it is read under, or the only one that
    /// the target can know.
    pub(super) fn written_as(&self, key: &KeyPath) -> Option<OldName<'_>> {
        let known = |it: &OldName<'_>| {
            let versions = it.alias.versions.as_ref();
            versions.and_then(|versions| self.world.target.is(versions, self.pack)) == Some(true)
        };
        self.read_as(key).or_else(|| {
            let free = self.state.touching(key).next().is_none() && self.world.base.is_none();
            old_names(key, self.pack).find(|it| free && known(it))
        })
    }

    /// Answers for a key from its old name; nothing where that is null, so that the key's own default
    /// counts.
    pub(super) fn look_up_old(&self, key: &KeyPath, name: &OldName<'_>) -> Option<Lookup> {
        use crate::condition::Scope as _;
        let found = match self.config(&name.key) {
            Lookup::Set(found) if found.value == Value::Null => return None,
            Lookup::Set(found) => found,
            other => return Some(other),
        };
        let Some(read) = &name.alias.read else { return Some(Lookup::Set(found)) };
        Some(match self.converted(&read.condition, &name.key, found.value) {
            Outcome::Known(value) => Lookup::Set(Found { value, from: found.from }),
            Outcome::Unknown(missing) => {
                let first = missing.into_iter().next();
                let missing = first.unwrap_or_else(|| untold(key));
                Lookup::Unknown(missing)
            }
            Outcome::Absent { name } => {
                unknown(key.as_str(), format!("`{name}` does not exist"), "set it in the launch")
            }
            Outcome::Failed(fault) => {
                unknown(key.as_str(), format!("`{}`: {}", name.key, fault.message), "")
            }
        })
    }

    /// Computes a conversion in which `it` is a value of this key.
    fn converted(&self, conversion: &Condition, key: &KeyPath, value: Value) -> Outcome {
        conversion.outcome(&self.with_value(key.clone(), value))
    }
}

fn untold(key: &KeyPath) -> Missing {
    Missing { name: key.to_string(), why: String::new(), supply: String::new() }
}

impl OldName<'_> {
    /// Tells whether values differ from those of the new name.
    pub(super) fn converts(&self) -> bool {
        self.alias.read.is_some()
    }

    /// Turns a value of the new name into one of this.
    pub(super) fn value(&self, new: Value, view: &View<'_>) -> Result<Value, NotApplied> {
        let Some(write) = &self.alias.write else { return Ok(new) };
        computed(&write.condition, &view.with_value(self.key.clone(), new))
    }
}

/// Finds the settings that overrides make under two names: versions know one of them, or refuse both.
pub fn two_names(pack: &Pack, state: &State) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in &state.entries {
        for alias in &pack.aliases {
            let Some(new) = alias.old.moved(&entry.key, &alias.new) else { continue };
            let null = |key: &str| {
                let value = state.winning(key).and_then(|it| it.value.as_ref().ok()?.value());
                value == Some(Value::Null)
            };
            let twice = state.winning(&new).is_some() && !null(&new) && !null(&entry.key);
            if twice && !found.contains(&(entry.key.clone(), new.clone())) {
                found.push((entry.key.clone(), new));
            }
        }
    }
    found
}
