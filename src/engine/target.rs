//! Which versions of the target a launch is for.

use super::state::State;
use crate::overrides::OverrideKind;
use crate::pack::{Pack, Version, Versions};
use crate::text::join_or;

/// What is known of the target's version.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The versions that it may be; empty for all that the pack knows.
    pub versions: Vec<Version>,
    /// What tells them; empty where nothing does.
    pub why: String,
}

impl Target {
    /// Takes the versions that the user told.
    pub fn told(versions: Vec<Version>, why: String) -> Self {
        Self { versions, why }
    }

    /// Finds the versions that know all keys that the overrides change; of several, those that the
    /// pack assumes. What was told stays.
    #[must_use]
    pub fn narrowed(self, pack: &Pack, state: &State) -> Self {
        if !self.why.is_empty() || pack.versions.is_empty() {
            return self;
        }
        let mut left: Vec<Version> = pack.versions.iter().map(|it| it.number.clone()).collect();
        let mut reasons = Vec::new();
        for entry in &state.entries {
            // `+key` is what a version takes that does not have the key.
            let plain = [OverrideKind::Change, OverrideKind::Delete];
            if entry.value.as_ref().is_ok_and(|it| !plain.contains(&it.kind)) {
                continue;
            }
            for alias in &pack.aliases {
                let Some(versions) = &alias.versions else { continue };
                let (old, new) = (alias.old.covers(&entry.key), alias.new.covers(&entry.key));
                let before = left.len();
                if old != new {
                    left.retain(|it| versions.hold(it) == old);
                }
                if left.len() < before {
                    let not = if old { "" } else { "not " };
                    reasons.push(format!("`{}` is {not}of {versions}", entry.key));
                }
            }
            for version in &pack.versions {
                let number = &version.number;
                let before = left.len();
                if version.adds.iter().any(|it| it.covers(&entry.key)) {
                    left.retain(|it| it >= number);
                    if left.len() < before {
                        reasons.push(format!("`{}` is there from {number} on", entry.key));
                    }
                } else if version.drops.iter().any(|it| it.covers(&entry.key)) {
                    left.retain(|it| it < number);
                    if left.len() < before {
                        reasons.push(format!("`{}` is gone since {number}", entry.key));
                    }
                }
            }
        }
        let mut why = match (left.is_empty(), reasons.is_empty()) {
            (_, true) => String::new(),
            (true, _) => format!("no version has all keys: {}", reasons.join(", but ")),
            (false, _) => format!("the launch tells: {}", reasons.join(", ")),
        };
        let is_assumed = |it: &&Version| {
            pack.versions.iter().any(|version| version.assumed && version.number == **it)
        };
        let assumed: Vec<Version> = left.iter().filter(is_assumed).cloned().collect();
        if !assumed.is_empty() && assumed.len() < left.len() {
            why = match why.as_str() {
                "" => "assumed, as no key tells".to_owned(),
                told => format!("{told}; of those it is assumed"),
            };
            left = assumed;
        }
        Self { versions: left, why }
    }

    /// Tells whether the target is one of these versions; nothing where some of those that it may be
    /// are and some are not.
    pub fn is(&self, wanted: &Versions, pack: &Pack) -> Option<bool> {
        let all = pack.versions_of(&self.versions);
        let mut held = all.into_iter().map(|it| wanted.hold(it));
        let first = held.next()?;
        held.all(|it| it == first).then_some(first)
    }

    /// Says what the version is or may be, and what tells.
    pub fn said(&self, pack: &Pack) -> String {
        let names: Vec<String> =
            pack.versions_of(&self.versions).into_iter().map(ToString::to_string).collect();
        let versions = format!("{} {}", pack.target, join_or(&names));
        let supply = Self::supply(pack);
        match (names.len(), self.why.is_empty()) {
            (1, true) => format!("{versions}, the only version that the pack knows"),
            (1, false) => format!("{versions}: {}", self.why),
            (_, true) => format!("{versions}; {supply} tells which"),
            (_, false) => format!("{versions}: {}; {supply} tells which", self.why),
        }
    }

    /// What a user can give to tell the version.
    pub fn supply(pack: &Pack) -> String {
        format!("--target {}=VERSION", pack.target)
    }
}
