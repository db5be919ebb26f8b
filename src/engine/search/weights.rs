use indexmap::IndexMap;

use crate::pack::{Dimension, PackOption};

/// How much each dimension of a cost counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights([f64; 5]);

/// The greatest weight; it keeps every sum exact.
const MOST: f64 = 1000.0;

impl Default for Weights {
    fn default() -> Self {
        Self([1.0; 5])
    }
}

impl Weights {
    /// Sets one weight.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, dimension: Dimension, weight: f64) -> Result<(), String> {
        if !(0.0..=MOST).contains(&weight) {
            return Err("a weight is a number from 0 to 1000".to_owned());
        }
        for (each, slot) in Dimension::ALL.into_iter().zip(&mut self.0) {
            if each == dimension {
                *slot = weight;
            }
        }
        Ok(())
    }

    /// Lists the weights by dimension.
    pub fn iter(&self) -> impl Iterator<Item = (Dimension, f64)> {
        Dimension::ALL.into_iter().zip(self.0)
    }

    /// Returns what a step of an option costs, in whole units. What it gains in one dimension pays
    /// for what it costs in another, but for no other step: none costs less than nothing.
    pub fn cost(&self, option: &PackOption) -> u64 {
        let units = |(dimension, weight): (Dimension, f64)| {
            option.cost.get(dimension.name()).map_or(0, |amount| dimension.units(*amount, weight))
        };
        u64::try_from(self.iter().map(units).sum::<i64>()).unwrap_or(0)
    }
}

/// Sums the costs of options by dimension, as people read them: factors multiply, weights add.
pub fn totals<'a>(options: impl Iterator<Item = &'a PackOption>) -> IndexMap<Dimension, f64> {
    let mut totals = IndexMap::new();
    for option in options {
        for dimension in Dimension::ALL {
            let Some(amount) = option.cost.get(dimension.name()) else { continue };
            let factor = dimension.is_factor();
            let total = totals.entry(dimension).or_insert(if factor { 1.0 } else { 0.0 });
            *total = if factor { *total * amount } else { *total + amount };
        }
    }
    totals.sort_keys();
    totals
}
