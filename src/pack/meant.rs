//! Keys that a pack knows, for those that come near one.

use super::rule::Pack;
use crate::text::edit_distance;

/// The keys that a pack knows by their defaults, in order, so that those of a section are found quickly.
pub struct KnownKeys<'a> {
    pack: &'a Pack,
    sorted: Vec<&'a str>,
}

impl KnownKeys<'_> {
    /// Returns the key that was probably meant by one that the pack knows nothing of: the first of its parts
    /// that names no section or value known there is a slip of the hand from one that does.
    pub fn meant_by(&self, key: &str) -> Option<String> {
        if self.has(key) {
            return None;
        }
        let mut start = 0;
        for part in key.split('.') {
            let end = start + part.len();
            let (around, rest) = (key.get(..start)?, key.get(end..)?);
            if self.has(key.get(..end)?) || self.has_section(&format!("{around}{part}.")) {
                start = end + 1;
                continue;
            }
            let below = self.pack.default_keys().filter_map(|it| it.strip_prefix(around));
            let alike = below.filter(|it| it.contains('.') != rest.is_empty());
            let near = alike.map(first).find(|name| is_slip(part, name))?;
            return (!self.pack.mentions(key)).then(|| format!("{around}{near}{rest}"));
        }
        None
    }

    fn has(&self, key: &str) -> bool {
        self.sorted.binary_search(&key).is_ok()
    }

    /// Tells whether keys begin with a section; its dot belongs to it.
    fn has_section(&self, section: &str) -> bool {
        let at = self.sorted.partition_point(|it| *it < section);
        self.sorted.get(at).is_some_and(|it| it.starts_with(section))
    }
}

impl Pack {
    /// Lists the keys that have defaults, for those that come near one.
    pub fn known_keys(&self) -> KnownKeys<'_> {
        let mut sorted: Vec<&str> = self.default_keys().collect();
        sorted.sort_unstable();
        KnownKeys { pack: self, sorted }
    }

    fn default_keys(&self) -> impl Iterator<Item = &str> {
        self.defaults.iter().flat_map(|set| set.values.keys()).map(AsRef::as_ref)
    }

    /// Tells whether anything in the pack is about the key.
    fn mentions(&self, key: &str) -> bool {
        let renamed = self.aliases.iter().any(|it| it.old.covers(key) || it.new.covers(key));
        let in_options = self.options.iter().any(|it| {
            let reads = it.when.condition.names();
            let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
            let writes = |text: &str| text.split(|c| !is_key(c)).any(|word| word == key);
            reads.iter().any(|name| name.key().is_some_and(|it| it.as_str() == key))
                || it.rewrite.iter().any(|it| writes(&it.text().value))
        });
        renamed || in_options || !self.readers(key).is_empty()
    }
}

fn first(key: &str) -> &str {
    key.split('.').next().unwrap_or_default()
}

/// Tells whether a name may be another one with a slip of the hand.
fn is_slip(own: &str, other: &str) -> bool {
    let length = other.chars().count();
    let allowed = match length {
        ..5 => 0,
        5..14 => 1,
        _ => 2,
    };
    own.chars().count().abs_diff(length) <= allowed
        && !means_other(own, other)
        && edit_distance(own, other) <= allowed
}

/// Tells whether two names differ by a number or a short word, as `top_k` and `top_p` do.
fn means_other(own: &str, other: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let same_count = own.split('_').count() == other.split('_').count();
    let words = own.split('_').zip(other.split('_')).filter(|(own, other)| own != other);
    let mut short = words.filter(|(own, other)| own.len().max(other.len()) < 4);
    letters(own) == letters(other) || same_count && short.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn a_slip_is_a_letter_or_two() {
        for (own, other, slip) in [
            ("gpu_memory_utilisation", "gpu_memory_utilization", true),
            ("gpu_memroy_utilisation", "gpu_memory_utilization", true),
            ("actor_rolout_ref", "actor_rollout_ref", true),
            ("optm", "optim", true),
            ("Actor", "actor", true),
            ("tain_batch", "train_batch", true),
            ("tain_bach", "train_batch", false),
            ("train_batchsize", "train_batch_size", true),
            ("fp16", "fp32", false),
            ("some_top_k", "some_top_p", false),
            ("max_length", "mix_length", false),
            ("lr", "lt", false),
        ] {
            assert_eq!(is_slip(own, other), slip, "{own} {other}");
        }
    }
}
