//! What a step can cost.

use crate::text::nearest;

/// One dimension of a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// How much longer a training step takes: a factor.
    Time,
    /// How much the result may suffer: a weight.
    Quality,
    /// How far the algorithm changes: a weight.
    Algorithm,
    /// How many times the machines are needed: a factor.
    Hardware,
    /// How much host memory it takes: a weight.
    HostMemory,
}

/// The greatest amount that a pack may write; it keeps every sum exact.
const MOST: f64 = 10_000.0;

/// How many units a cost of 1 has: sums of whole units are exact.
pub const UNITS: u64 = 1_000_000;

impl Dimension {
    /// Every dimension, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::Time, Self::Quality, Self::Algorithm, Self::Hardware, Self::HostMemory];

    /// Returns the name that packs and `--weight` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Quality => "quality",
            Self::Algorithm => "algorithm",
            Self::Hardware => "hardware",
            Self::HostMemory => "host_memory",
        }
    }

    /// Finds a dimension.
    ///
    /// # Errors
    /// What to write instead.
    pub fn find(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name);
        let found = Self::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| match nearest(name, names, 1).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the dimensions are {}", names.join(", ")),
        })
    }

    /// Tells whether amounts multiply over the steps of a plan; the others add.
    pub fn is_factor(self) -> bool {
        matches!(self, Self::Time | Self::Hardware)
    }

    /// Says what is wrong with an amount; nothing where it is right.
    pub fn refuses(self, amount: f64) -> Option<&'static str> {
        match (self.is_factor(), amount) {
            (true, amount) if amount > 0.0 && amount <= MOST => None,
            (true, _) => Some("a factor is greater than 0 and at most 10000"),
            (false, amount) if (0.0..=MOST).contains(&amount) => None,
            (false, _) => Some("a weight is from 0 to 10000"),
        }
    }

    /// Returns what an amount comes to under a weight, in whole units: the natural logarithm of a
    /// factor, anything else as it is. It is the same on every machine, as the system's own logarithm need not be.
    #[expect(clippy::cast_possible_truncation, reason = "amounts and weights are bounded")]
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    pub fn units(self, amount: f64, weight: f64) -> i64 {
        let plain = if self.is_factor() { libm::log(amount) } else { amount };
        (plain * weight * UNITS as f64).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_add_as_logarithms() {
        assert_eq!(Dimension::Time.units(1.0, 3.0), 0);
        assert_eq!(Dimension::Time.units(1.1, 1.0), 95_310);
        assert_eq!(Dimension::Time.units(1.1, 2.0), 190_620);
        assert_eq!(Dimension::Time.units(0.5, 1.0), -693_147);
        assert_eq!(Dimension::Quality.units(2.0, 0.5), 1_000_000);
    }

    #[test]
    fn amounts_are_bounded() {
        assert!(Dimension::Time.refuses(0.0).is_some());
        assert!(Dimension::Time.refuses(f64::NAN).is_some());
        assert!(Dimension::Quality.refuses(-1.0).is_some());
        assert!(Dimension::Quality.refuses(0.0).is_none());
        assert_eq!(Dimension::find("tiem"), Err("did you mean `time`?".to_owned()));
    }
}
