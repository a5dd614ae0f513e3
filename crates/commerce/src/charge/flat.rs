//! A flat amount, and a price of each unit.

use super::figures::{counted, grouped};
use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use values::{Decimal, Quantity, UnitPrice};

pub(super) struct Flat(pub(super) UnitPrice);

impl Model for Flat {
    fn words(&self) -> &'static str {
        "flat"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Ok(Charge::flat(price))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.0]
    }
    fn looks_at_quantity(&self) -> bool {
        false
    }
    fn price(
        &self,
        _measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let amount = self.0.decimal();
        arithmetic.step(amount, |money| ("flat amount".to_owned(), money(amount)));
        Ok(amount)
    }
    fn listed(&self, money: Money<'_>) -> String {
        money(self.0.decimal())
    }
    fn summary(&self, _quantity: Quantity, price: Decimal, places: u32) -> String {
        grouped(price, places)
    }
}

pub(super) struct PerUnit(pub(super) UnitPrice);

impl Model for PerUnit {
    fn words(&self) -> &'static str {
        "per unit"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.0]
    }
    fn is_linear(&self) -> bool {
        true
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let amount = times(self.0.decimal(), quantity)?;
        arithmetic.step(amount, |money| {
            let figures = format!(
                "{} × {}",
                counted(quantity.decimal()),
                money(self.0.decimal())
            );
            ("units".to_owned(), figures)
        });
        Ok(amount)
    }
    fn listed(&self, money: Money<'_>) -> String {
        format!("{} per unit", money(self.0.decimal()))
    }
    fn summary(&self, quantity: Quantity, _price: Decimal, places: u32) -> String {
        format!("{quantity} × {}", grouped(self.0.decimal(), places))
    }
}

/// Price times quantity, or a refusal where 28 digits do not hold it.
pub(super) fn times(price: Decimal, quantity: Quantity) -> Result<Decimal, ChargeRefusal> {
    price
        .checked_mul(quantity.decimal())
        .ok_or(ChargeRefusal::TooLarge { quantity })
}
