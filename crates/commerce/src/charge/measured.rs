//! What a charge prices, and the steps by which it does.

use super::figures::grouped;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Decimal, Quantity, UnitPrice};

/// A combination of dimensions, such as region eu and size large.
pub type Cell = BTreeMap<String, String>;

/// What was measured in a period, or agreed for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The whole.
    pub quantity: Quantity,
    /// How many events it was measured by; 1 for an agreed quantity.
    pub events: u64,
    /// Each item by itself, in the order of time, for the models that want it.
    pub items: Vec<Quantity>,
    /// The quantity by combination of the dimensions that the model asks for.
    pub cells: BTreeMap<Cell, Quantity>,
    /// The part of the billing period that it covers, as days that count and days of the period.
    pub share: (i64, i64),
}

impl Measured {
    /// An agreed quantity over a whole period.
    #[must_use]
    pub fn of(quantity: Quantity) -> Self {
        Self {
            quantity,
            events: 1,
            items: Vec::new(),
            cells: BTreeMap::new(),
            share: (1, 1),
        }
    }

    /// The items, or the whole as the only one where nobody took them apart.
    pub(super) fn items_or_whole(&self) -> Vec<Quantity> {
        if self.items.is_empty() && self.events > 0 && self.quantity != Quantity::default() {
            vec![self.quantity]
        } else {
            self.items.clone()
        }
    }

    /// An amount that is for a whole period, for the part that is covered; exact where 28 digits
    /// hold it, else to the 28th digit.
    pub(super) fn part_of(&self, whole: Decimal) -> Option<Decimal> {
        let (numerator, denominator) = self.share;
        if numerator == denominator {
            return Some(whole);
        }
        whole
            .checked_mul(Decimal::from(numerator))?
            .checked_div(Decimal::from(denominator))
    }
}

/// One step of a price, for the invoice line: what it is for, how it is computed, what it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceStep {
    /// What it is for, such as `the next 900 units`.
    pub words: String,
    /// How it is computed, such as `900 × 0.0004`.
    pub figures: String,
    /// What it comes to, in major units, exact.
    pub amount: UnitPrice,
}

/// A price with its steps, whose amounts add up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The exact price in major units.
    pub amount: UnitPrice,
    /// The steps.
    pub steps: Vec<PriceStep>,
}

/// Takes down the steps of a price; a silent one costs nothing.
#[derive(Debug)]
pub struct Arithmetic {
    places: u32,
    steps: Option<Vec<PriceStep>>,
}

impl Arithmetic {
    /// One that takes nothing down.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            places: 0,
            steps: None,
        }
    }

    /// One that takes every step down, amounts with at least so many decimals.
    #[must_use]
    pub fn told(places: u32) -> Self {
        Self {
            places,
            steps: Some(Vec::new()),
        }
    }

    /// Takes a step down. `say` gets a writer of amounts and answers words and figures.
    pub(super) fn step(
        &mut self,
        amount: Decimal,
        say: impl FnOnce(&dyn Fn(Decimal) -> String) -> (String, String),
    ) {
        if let Some(steps) = &mut self.steps {
            let places = self.places;
            let (words, figures) = say(&|value| grouped(value, places));
            steps.push(PriceStep {
                words,
                figures,
                amount: UnitPrice::new(amount),
            });
        }
    }

    /// What was taken down.
    #[must_use]
    pub fn into_steps(self) -> Vec<PriceStep> {
        self.steps.unwrap_or_default()
    }
}
