//! The versions that a pack tells apart, and what says that it is for some of them.

use super::Checker;
use crate::condition::Condition;
use crate::pack::manifest::VersionEntry;
use crate::pack::rule::{Expression, KeyGlob, TargetVersion, VERSION};
use crate::pack::text::Text;
use crate::pack::version::{Version, Versions};
use crate::text::Fault;

impl Checker<'_> {
    /// Adds that the target must be one of some versions.
    pub(super) fn guarded(
        &mut self,
        when: Option<Expression>,
        text: Option<&Text>,
    ) -> Option<Expression> {
        let Some(text) = text else { return when };
        let Some(versions) = self.named_versions(text) else { return when };
        let name = format!("{VERSION}{versions}");
        Some(match when {
            Some(when) => Expression { condition: when.condition.and_fact(&name), ..when },
            None => Expression { condition: Condition::of_fact(&name), text: text.clone() },
        })
    }

    /// Reads a set of versions, some of which the pack must know.
    pub(super) fn named_versions(&mut self, text: &Text) -> Option<Versions> {
        if text.stands_in() {
            return None;
        }
        let versions = match Versions::of(text) {
            Ok(versions) => versions,
            Err(fault) => {
                self.blame_all(text, fault);
                return None;
            }
        };
        let is_open = self.manifest.is_open();
        if !is_open && !self.versions().iter().any(|it| versions.hold(&it.number)) {
            let known = self.versions().iter().map(|it| it.number.to_string());
            let known: Vec<String> = known.collect();
            let message = format!("no version that the pack knows is {versions}");
            let span = text.location.span;
            let fault = Fault::new("hydrule::pack::unknown_version", span, message);
            self.blame_all(
                text,
                match known.as_slice() {
                    [] => fault.helped("tell the versions: `[[release]]` with `number = \"1.2\"`"),
                    known => fault.helped(format!("it knows {}", known.join(", "))),
                },
            );
        }
        Some(versions)
    }

    /// Returns the versions that the pack tells apart, in order.
    pub(super) fn versions(&mut self) -> &[TargetVersion] {
        if self.versions.is_none() {
            self.versions = Some(self.target_versions());
        }
        self.versions.as_deref().unwrap_or_default()
    }

    fn target_versions(&mut self) -> Vec<TargetVersion> {
        let manifest = self.manifest;
        let mut versions = Vec::new();
        let globs = |texts: &[Text]| texts.iter().map(|it| KeyGlob(it.value.to_string())).collect();
        for VersionEntry { number: text, adds, drops, assumed } in &manifest.versions {
            match Version::read(&text.value) {
                Some(number) => {
                    let (adds, drops, assumed) = (globs(adds), globs(drops), *assumed);
                    versions.push(TargetVersion { number, adds, drops, assumed });
                }
                None if text.stands_in() => {}
                None => {
                    let message = format!("`{}` is no version", text.value);
                    let span = text.location.span;
                    let fault = Fault::new("hydrule::pack::bad_versions", span, message);
                    self.blame_all(text, fault.helped("versions have the form 1.2.3"));
                }
            }
        }
        versions.sort_by(|one, other| one.number.cmp(&other.number));
        versions
    }
}
