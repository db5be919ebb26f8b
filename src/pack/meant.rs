//! Keys that a pack knows, for those that come near one.

use super::rule::Pack;
use crate::text::edit_distance;

impl Pack {
    /// Returns the key that was probably meant by one that the pack knows nothing of: it has as many
    /// parts, of which one differs by a letter, or a long one by two.
    pub fn meant_by(&self, key: &str) -> Option<&str> {
        let near = self.default_keys().find(|known| is_slip(key, known))?;
        (!self.mentions(key)).then_some(near)
    }

    fn default_keys(&self) -> impl Iterator<Item = &str> {
        self.defaults.iter().flat_map(|set| set.values.keys().map(String::as_str))
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
        renamed || in_options || self.has_default(key) || !self.readers(key).is_empty()
    }
}

/// Tells whether a key may be another one with a slip of the hand.
fn is_slip(key: &str, known: &str) -> bool {
    let same_depth = key.split('.').count() == known.split('.').count();
    let mut parts = key.split('.').zip(known.split('.')).filter(|(own, other)| own != other);
    let (Some((own, other)), None) = (parts.next(), parts.next()) else { return false };
    let allowed = match other.chars().count() {
        ..6 => 0,
        6..14 => 1,
        _ => 2,
    };
    same_depth && !means_other(own, other) && edit_distance(own, other) <= allowed
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
    fn a_slip_is_a_letter_or_two_in_one_part() {
        for (key, known, slip) in [
            ("a.gpu_memory_utilisation", "a.gpu_memory_utilization", true),
            ("a.gpu_memroy_utilisation", "a.gpu_memory_utilization", true),
            ("actor_rolout_ref.b", "actor_rollout_ref.b", true),
            ("data.tain_batch", "data.train_batch", true),
            ("data.tain_bach", "data.train_batch", false),
            ("a.fp16", "a.fp32", false),
            ("a.some_top_k", "a.some_top_p", false),
            ("a.max_length", "a.mix_length", false),
            ("a.train_batchsize", "a.train_batch_size", true),
            ("a.lr", "a.lt", false),
            ("a.b.c_number", "a.c_number", false),
            ("a.b", "a.b", false),
        ] {
            assert_eq!(is_slip(key, known), slip, "{key} {known}");
        }
    }
}
