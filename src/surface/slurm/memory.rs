//! Slurm's sizes of memory.

use std::ops::Range;

/// Slurm keeps memory in these.
const MIB: i64 = 1 << 20;

/// The units that `--mem` knows, in bytes, largest first; a number alone is in MiB.
const UNITS: [(char, i64); 4] = [('T', 1 << 40), ('G', 1 << 30), ('M', MIB), ('K', 1 << 10)];

/// A size as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    /// What Slurm takes it for, in bytes: whole MiB, rounded up; 0 asks for all.
    pub bytes: i64,
    /// The digits in the text.
    pub digits: Range<usize>,
    /// The unit in bytes.
    unit: i64,
}

impl Size {
    /// Reads digits, one letter of a unit in either case, and an optional `B`.
    pub fn read(text: &str) -> Option<Self> {
        let suffix = text.trim_start_matches(|char: char| char.is_ascii_digit());
        let digits = 0..text.len() - suffix.len();
        let number: i64 = text.get(digits.clone())?.parse().ok()?;
        let letter = suffix.strip_suffix(['b', 'B']).unwrap_or(suffix).to_ascii_uppercase();
        let unit = match letter.as_str() {
            "" if suffix.is_empty() => MIB,
            letter => UNITS.iter().find(|(unit, _)| letter.chars().eq([*unit]))?.1,
        };
        let exact = number.checked_mul(unit)?;
        let bytes = exact.checked_add(MIB - 1)? / MIB * MIB;
        Some(Self { bytes, digits, unit })
    }

    /// Writes other bytes over this size's text: new digits where the unit still fits, else all.
    /// `None` when Slurm cannot hold them.
    pub fn change(&self, text: &str, bytes: i64) -> Option<(Range<usize>, String)> {
        if self.unit >= MIB && bytes % self.unit == 0 {
            return Some((self.digits.clone(), (bytes / self.unit).to_string()));
        }
        Some((0..text.len(), write(bytes)?))
    }
}

/// Writes bytes in the largest unit that holds them exactly; `None` unless they are whole MiB.
pub(super) fn write(bytes: i64) -> Option<String> {
    let (letter, unit) = UNITS.iter().find(|(_, unit)| bytes % unit == 0 && *unit >= MIB)?;
    Some(format!("{}{letter}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_slurm_reads_them() {
        let cases = [
            ("64G", Some(64 << 30)),
            ("64g", Some(64 << 30)),
            ("64GB", Some(64 << 30)),
            ("64000", Some(64000 << 20)),
            ("64MB", Some(64 << 20)),
            ("1T", Some(1 << 40)),
            ("1500K", Some(2 << 20)),
            ("100KB", Some(1 << 20)),
            ("0", Some(0)),
            ("64Gi", None),
            ("64GiB", None),
            ("64B", None),
            ("1.5G", None),
            ("1P", None),
            ("4 G", None),
            ("", None),
            ("G", None),
            ("99999999999999999999", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(Size::read(text).map(|size| size.bytes), bytes, "{text}");
        }
    }

    #[test]
    fn a_size_keeps_its_unit_while_it_can() {
        let change = |text: &str, bytes| {
            Size::read(text).unwrap().change(text, bytes).map(|(part, new)| {
                let mut text = text.to_owned();
                text.replace_range(part, &new);
                text
            })
        };
        assert_eq!(change("64GB", 96 << 30).as_deref(), Some("96GB"));
        assert_eq!(change("64000", 128_000 << 20).as_deref(), Some("128000"));
        assert_eq!(change("1T", 1536 << 30).as_deref(), Some("1536G"));
        assert_eq!(change("1500K", 1 << 30).as_deref(), Some("1G"));
        assert_eq!(change("64G", 1000), None);
    }
}
