//! How a quantity is priced: one closed enum of models, one pure function for each.
//!
//! A new model is a variant here, its arm in [`Charge::with`] and a file beside the others; nothing
//! that rates, bills, shows or delivers asks which model a charge is. Prices are exact decimals, as
//! fine as a ten-thousandth of a cent for a single record; the one rounding to minor units happens
//! when a line is made.

mod blocks;
mod commitment;
mod figures;
mod flat;
mod matrix;
mod measured;
mod milestone;
mod package;
mod percentage;
mod prepaid;
mod raise;
mod refusal;
mod seats;
mod tiers;

pub use blocks::{Block, BlockCount, Blocks, Capacity};
pub use commitment::{Commitment, MinimumSpend};
pub use figures::grouped;
pub use matrix::{Matrix, MatrixCell};
pub use measured::{Arithmetic, Cell, Measured, PriceStep, Priced};
pub use milestone::{Milestone, Milestones};
pub use package::Package;
pub use percentage::{GraduatedPercentage, PercentTier, Percentage};
pub use prepaid::CreditPack;
pub use raise::raised;
pub use refusal::ChargeRefusal;
pub(crate) use seats::hold;
pub use seats::{SeatDowngrade, SeatUpgrade, Seats};
pub use tiers::Tier;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// How a quantity is priced for one whole billing period. Amounts are major units of the price's
/// currency and may be finer than its minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum Charge {
    /// The same amount whatever the quantity.
    Flat {
        /// Amount for a period.
        amount: UnitPrice,
    },
    /// So much for each unit.
    PerUnit {
        /// Price of one unit for a period.
        unit_price: UnitPrice,
    },
    /// Each unit is priced by the tier it falls in.
    Graduated {
        /// Tiers by rising upper bound.
        tiers: Vec<Tier>,
    },
    /// All units are priced by the tier that the whole quantity falls in.
    Volume {
        /// Tiers by rising upper bound.
        tiers: Vec<Tier>,
    },
    /// So much for each seat, with rules for what a change of seats within a period costs.
    Seats(Seats),
    /// So much for every package of units, each begun package whole.
    Package(Package),
    /// A part of an amount, and a fixed fee for each item.
    Percentage(Percentage),
    /// A part of an amount that falls or rises with the amount.
    GraduatedPercentage(GraduatedPercentage),
    /// A price of one unit for each combination of dimensions.
    Matrix(Matrix),
    /// The highest reading picks the block that is paid.
    Capacity(Capacity),
    /// Blocks with a price each: all that were reached, or the top one alone.
    Blocks(Blocks),
    /// Amounts that fall due one after the other as milestones are reached.
    Milestones(Milestones),
    /// Another charge with a least or a most amount for a period.
    Commitment(Commitment),
    /// What is missing of a least amount after what was spent.
    MinimumSpend(MinimumSpend),
    /// Packs of prepaid credits.
    CreditPack(CreditPack),
}

/// Writes an amount for people.
pub type Money<'w> = &'w dyn Fn(Decimal) -> String;

/// What a model answers. One implementation for each, pure.
trait Model {
    /// The name of the model in words, such as `by tiers`.
    fn words(&self) -> &'static str;
    /// Refuses settings that cannot price anything.
    fn check(&self) -> Result<(), ChargeRefusal>;
    /// Every amount in the charge, so that negative ones are found.
    fn amounts(&self) -> Vec<UnitPrice>;
    /// The exact price of what was measured; each step is told to `arithmetic`.
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal>;
    /// The charge with the price of a unit agreed in place of its own.
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Ok(Charge::per_unit(price))
    }
    /// Whether the price of a sum is the sum of the prices.
    fn is_linear(&self) -> bool {
        false
    }
    /// Whether the quantity matters at all.
    fn looks_at_quantity(&self) -> bool {
        true
    }
    /// Whether it is one amount for a period rather than one for what was used in it.
    fn is_for_a_period(&self) -> bool {
        !self.looks_at_quantity()
    }
    /// The dimensions by which it wants the quantity apart.
    fn dimensions(&self) -> &[String] {
        &[]
    }
    /// Whether it wants every item by itself.
    fn wants_items(&self) -> bool {
        false
    }
    /// The price in a few words, such as `12.00 per unit`, with amounts as `money` writes them.
    fn listed(&self, money: Money<'_>) -> String;
    /// How the price of a quantity came about, in one line.
    fn summary(&self, quantity: Quantity, price: Decimal, places: u32) -> String {
        let price = grouped(price, places);
        format!("{price} for {quantity} {}", self.words())
    }
}

impl Charge {
    /// The one place where it is asked which model a charge is.
    fn with<R>(&self, ask: impl FnOnce(&dyn Model) -> R) -> R {
        match self {
            Charge::Flat { amount } => ask(&flat::Flat(*amount)),
            Charge::PerUnit { unit_price } => ask(&flat::PerUnit(*unit_price)),
            Charge::Graduated { tiers } => ask(&tiers::Graduated(tiers)),
            Charge::Volume { tiers } => ask(&tiers::Volume(tiers)),
            Charge::Seats(model) => ask(model),
            Charge::Package(model) => ask(model),
            Charge::Percentage(model) => ask(model),
            Charge::GraduatedPercentage(model) => ask(model),
            Charge::Matrix(model) => ask(model),
            Charge::Capacity(model) => ask(model),
            Charge::Blocks(model) => ask(model),
            Charge::Milestones(model) => ask(model),
            Charge::Commitment(model) => ask(model),
            Charge::MinimumSpend(model) => ask(model),
            Charge::CreditPack(model) => ask(model),
        }
    }

    /// So much for each unit.
    #[must_use]
    pub fn per_unit(unit_price: UnitPrice) -> Charge {
        Charge::PerUnit { unit_price }
    }

    /// The same amount whatever the quantity.
    #[must_use]
    pub fn flat(amount: UnitPrice) -> Charge {
        Charge::Flat { amount }
    }

    /// The price of one unit, where that is all there is to the charge.
    #[must_use]
    pub fn unit_price(&self) -> Option<UnitPrice> {
        match self {
            Charge::PerUnit { unit_price } => Some(*unit_price),
            _ => None,
        }
    }

    /// The one price that the charge consists of: a flat amount or the price of a unit.
    #[must_use]
    pub fn single_price(&self) -> Option<UnitPrice> {
        match self {
            Charge::Flat { amount } => Some(*amount),
            _ => self.unit_price(),
        }
    }

    /// The charge with a single price agreed in its place: a flat amount stays flat, seats keep their
    /// rules, packs of credits what they hold, a commitment its bounds, and anything else becomes a price of
    /// each unit.
    ///
    /// # Errors
    /// When it has no units: a part of an amount, amounts that fall due by themselves, what is missing of a
    /// least amount.
    pub fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        self.with(|model| model.repriced(price))
    }

    /// The rules of seats, where it is seats that are priced, within a commitment or without one.
    pub(crate) fn seats(&self) -> Option<&Seats> {
        match self {
            Charge::Seats(seats) => Some(seats),
            Charge::Commitment(commitment) => commitment.charge.seats(),
            _ => None,
        }
    }

    /// Refuses settings that cannot price anything, such as tiers out of order.
    ///
    /// # Errors
    /// Which field is wrong, its value, and what to write instead.
    pub fn check(&self) -> Result<(), ChargeRefusal> {
        self.with(|model| model.check())
    }

    /// The exact price of `quantity` for one whole billing period, in major units, unrounded.
    /// Nothing costs nothing, except that a flat charge does not look at the quantity.
    ///
    /// # Errors
    /// When the quantity is negative, the tiers are not in order, or the result does not fit.
    pub fn price(&self, quantity: Quantity) -> Result<Decimal, ChargeRefusal> {
        self.price_of(&Measured::of(quantity), &mut Arithmetic::silent())
    }

    /// The exact price of what was measured, with the steps by which it came about. `places` is the
    /// least number of decimals that amounts are written with.
    ///
    /// # Errors
    /// As [`Charge::price`], and where a model lacks what it prices by.
    pub fn priced(&self, measured: &Measured, places: u32) -> Result<Priced, ChargeRefusal> {
        let mut arithmetic = Arithmetic::told(places);
        let amount = self.price_of(measured, &mut arithmetic)?;
        Ok(Priced {
            amount: UnitPrice::new(amount),
            steps: arithmetic.into_steps(),
        })
    }

    fn price_of(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        if quantity.decimal().is_sign_negative() && !quantity.decimal().is_zero() {
            return Err(ChargeRefusal::NegativeQuantity { quantity });
        }
        self.with(|model| {
            model.check()?;
            model.price(measured, arithmetic)
        })
    }

    /// Whether the price of a sum of quantities is the sum of their prices, so that a change of
    /// quantity can be billed as the difference alone.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        self.with(|model| model.is_linear())
    }

    /// Whether it is one amount for a period, such as a flat one or a block, which the days of the period
    /// share where something changes within it.
    #[must_use]
    pub fn is_for_a_period(&self) -> bool {
        self.with(|model| model.is_for_a_period())
    }

    /// Whether the price depends on the quantity.
    #[must_use]
    pub fn looks_at_quantity(&self) -> bool {
        self.with(|model| model.looks_at_quantity())
    }

    /// The dimensions by which the model prices.
    #[must_use]
    pub fn dimensions(&self) -> Vec<String> {
        self.with(|model| model.dimensions().to_vec())
    }

    /// Whether the model prices every item by itself.
    #[must_use]
    pub fn wants_items(&self) -> bool {
        self.with(|model| model.wants_items())
    }

    /// The lowest amount anywhere in the charge; below zero when some price is.
    #[must_use]
    pub fn lowest(&self) -> UnitPrice {
        self.with(|model| model.amounts().into_iter().min().unwrap_or_default())
    }

    /// The price in a few words for a list, such as `12.00 EUR per unit`, with amounts as `money`
    /// writes them.
    #[must_use]
    pub fn listed(&self, money: Money<'_>) -> String {
        self.with(|model| model.listed(money))
    }

    /// How the price of a quantity came about, in one line, such as `15 × 1,200.00`.
    #[must_use]
    pub fn summary(&self, quantity: Quantity, price: Decimal, places: u32) -> String {
        self.with(|model| model.summary(quantity, price, places))
    }
}

#[cfg(test)]
mod tests;
