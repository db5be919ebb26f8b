//! Old names of keys.

use super::Checker;
use crate::condition::Type;
use crate::pack::manifest::AliasEntry;
use crate::pack::rule::{Alias, KeyGlob};
use crate::pack::text::Text;
use crate::text::Fault;

impl Checker<'_> {
    pub(super) fn alias(&mut self, entry: &AliasEntry) -> Option<Alias> {
        let glob = |text: &Text| KeyGlob(text.value.to_string());
        let (old, new) = (glob(&entry.old), glob(&entry.new));
        let conversions = [&entry.read, &entry.write];
        let converts = conversions.iter().any(|it| it.is_some());
        let mut others = self.manifest.aliases.iter().map(|it| glob(&it.old));
        let chained = others.any(|it| it == new || it.covers(&new.0));
        let wrong = if old.is_section() != new.is_section() {
            Some("one name is a key and the other a section: write both with `.*`, or neither")
        } else if chained {
            Some("this is itself an old name: give the newest, which rules use")
        } else if converts && conversions.iter().any(|it| it.is_none()) {
            Some("a value that is converted needs both `read` and `write`")
        } else if converts && old.is_section() {
            Some("the values of a whole section cannot be converted: write an alias for each key")
        } else {
            None
        };
        let stands_in = entry.old.stands_in() || entry.new.stands_in();
        if let Some(wrong) = wrong.filter(|_| !stands_in) {
            let message = format!("`{}` cannot be an alias of `{}`", entry.old.value, new.0);
            let fault = Fault::new("hydrule::pack::bad_alias", entry.new.location.span, message);
            self.blame_all(&entry.new, fault.helped(wrong));
        }
        let versions = entry.versions.as_ref().and_then(|text| self.named_versions(text));
        let [read, write] =
            conversions.map(|it| it.as_ref().and_then(|it| self.expression(it, Type::Any)));
        (!stands_in).then_some(Alias { old, new, versions, read, write })
    }
}
