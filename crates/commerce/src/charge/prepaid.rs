//! Packs of prepaid credits: what they cost. What they are good for is the wallet's affair.

use super::figures::{counted, grouped};
use super::flat::times;
use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// A pack of prepaid credits; the quantity is how many packs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditPack {
    /// Credits in a pack.
    pub credits: Quantity,
    /// Credits that come with a pack without a price.
    #[serde(default)]
    pub bonus: Quantity,
    /// Price of a pack.
    pub price: UnitPrice,
}

impl CreditPack {
    /// Credits that so many packs grant, those without a price included; nothing when too many.
    #[must_use]
    pub fn granted(&self, packs: Quantity) -> Option<Quantity> {
        let each = self.credits.decimal().checked_add(self.bonus.decimal())?;
        each.checked_mul(packs.decimal()).map(Quantity::new)
    }
}

impl Model for CreditPack {
    fn words(&self) -> &'static str {
        "by credit packs"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        let pack = self.clone();
        Ok(Charge::CreditPack(CreditPack { price, ..pack }))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.credits <= Quantity::default() {
            let mend = "say how many credits a pack holds, above zero";
            return Err(ChargeRefusal::setting(
                "credit_pack",
                "credits",
                self.credits,
                mend,
            ));
        }
        if self.bonus < Quantity::default() {
            let mend = "give the credits that come on top, zero or more";
            return Err(ChargeRefusal::setting(
                "credit_pack",
                "bonus",
                self.bonus,
                mend,
            ));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.price]
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
        if !quantity.decimal().fract().is_zero() {
            return Err(ChargeRefusal::PartOfAPack { quantity });
        }
        let amount = times(self.price.decimal(), quantity)?;
        arithmetic.step(amount, |money| {
            let granted = self.granted(quantity).unwrap_or_default();
            let words = format!("packs, granting {} credits", counted(granted.decimal()));
            let price = money(self.price.decimal());
            (words, format!("{} × {price}", counted(quantity.decimal())))
        });
        Ok(amount)
    }
    fn listed(&self, money: Money<'_>) -> String {
        format!(
            "{} for a pack of {} credits",
            money(self.price.decimal()),
            counted(self.credits.decimal())
        )
    }
    fn summary(&self, quantity: Quantity, _price: Decimal, places: u32) -> String {
        format!("{quantity} × {}", grouped(self.price.decimal(), places))
    }
}
