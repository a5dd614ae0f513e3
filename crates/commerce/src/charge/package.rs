//! Packages: so much for every so many units, rounded up.

use super::figures::counted;
use super::flat::times;
use super::{Arithmetic, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// So much for every package of units; a begun package is a whole one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Units in a package.
    pub size: Quantity,
    /// Price of a package.
    pub price: UnitPrice,
    /// Units that cost nothing before the first package begins.
    #[serde(default)]
    pub free_units: Quantity,
}

impl Model for Package {
    fn words(&self) -> &'static str {
        "by packages"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.size <= Quantity::default() {
            let mend = "say how many units a package holds, above zero";
            return Err(ChargeRefusal::setting("package", "size", self.size, mend));
        }
        if self.free_units < Quantity::default() {
            let mend = "give the units that cost nothing, zero or more";
            return Err(ChargeRefusal::setting(
                "package",
                "free_units",
                self.free_units,
                mend,
            ));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.price]
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let free = self.free_units.decimal();
        let paid = (quantity.decimal() - free).max(Decimal::ZERO);
        let too_large = ChargeRefusal::TooLarge { quantity };
        // The remainder decides, not the quotient, which may be cut after 28 digits.
        let size = self.size.decimal();
        let rest = paid.checked_rem(size).ok_or_else(|| too_large.clone())?;
        let whole = (paid - rest).checked_div(size).ok_or(too_large)?.round();
        let packages = whole
            + if rest.is_zero() {
                Decimal::ZERO
            } else {
                Decimal::ONE
            };
        let amount = times(self.price.decimal(), Quantity::new(packages))?;
        arithmetic.step(amount, |money| {
            let less = if free.is_zero() {
                String::new()
            } else {
                format!(", {} of them free", counted(free.min(quantity.decimal())))
            };
            let words = format!(
                "{} units{less}, in packages of {}",
                counted(quantity.decimal()),
                counted(size)
            );
            let price = money(self.price.decimal());
            (words, format!("{} × {price}", counted(packages)))
        });
        Ok(amount)
    }
    fn listed(&self, money: Money<'_>) -> String {
        let price = money(self.price.decimal());
        format!("{price} for every {}", counted(self.size.decimal()))
    }
}
