//! Seats: so much each, with rules for what a change within a period costs.

use super::figures::{counted, grouped};
use super::flat::times;
use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use crate::rating::Covered;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// So much for each seat above those included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// Price of one seat for a period.
    pub unit_price: UnitPrice,
    /// Seats that cost nothing.
    #[serde(default)]
    pub included: Quantity,
    /// What seats added within a period cost.
    #[serde(default)]
    pub upgrade: SeatUpgrade,
    /// What seats given up within a period give back.
    #[serde(default)]
    pub downgrade: SeatDowngrade,
}

/// What seats added within a period cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatUpgrade {
    /// Their share of the period from the day on which they are added.
    #[default]
    Prorated,
    /// The whole period.
    WholePeriod,
    /// Nothing until the next period begins.
    NextPeriod,
}

/// What seats given up within a period give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatDowngrade {
    /// Their share of the rest of the period.
    #[default]
    Prorated,
    /// Nothing: they are paid until the period ends.
    NextPeriod,
}

impl Model for Seats {
    fn words(&self) -> &'static str {
        "by seats"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        let rules = self.clone();
        Ok(Charge::Seats(Seats {
            unit_price: price,
            ..rules
        }))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.included < Quantity::default() {
            let mend = "give the seats that cost nothing, zero or more";
            return Err(ChargeRefusal::setting(
                "seats",
                "included",
                self.included,
                mend,
            ));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.unit_price]
    }
    fn is_linear(&self) -> bool {
        self.included == Quantity::default()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let included = self.included.decimal();
        let paid = (measured.quantity.decimal() - included).max(Decimal::ZERO);
        let amount = times(self.unit_price.decimal(), Quantity::new(paid))?;
        arithmetic.step(amount, |money| {
            let words = if included.is_zero() {
                "seats".to_owned()
            } else {
                format!("seats above {} included", counted(included))
            };
            let unit_price = money(self.unit_price.decimal());
            (words, format!("{} × {unit_price}", counted(paid)))
        });
        Ok(amount)
    }
    fn listed(&self, money: Money<'_>) -> String {
        format!("{} a seat", money(self.unit_price.decimal()))
    }
    fn summary(&self, quantity: Quantity, price: Decimal, places: u32) -> String {
        if self.is_linear() {
            format!(
                "{quantity} × {}",
                grouped(self.unit_price.decimal(), places)
            )
        } else {
            format!(
                "{} for {quantity} seats, {} of them included",
                grouped(price, places),
                self.included
            )
        }
    }
}

/// Applies the rules of seats to the parts of one billing period, before they are priced, so that a
/// change counts from when they say. Other charges stay as they are.
pub(crate) fn hold(parts: &mut [Covered]) {
    for at in 1..parts.len() {
        let (earlier, rest) = parts.split_at_mut(at);
        let (Some(before), Some(part)) = (earlier.last(), rest.first_mut()) else {
            continue;
        };
        let Some(seats) = part.charge.seats() else {
            continue;
        };
        if before.charge != part.charge {
            continue;
        }
        let (held, upgrade) = (before.quantity, seats.upgrade);
        let keep = match part.quantity.cmp(&held) {
            std::cmp::Ordering::Greater => upgrade == SeatUpgrade::NextPeriod,
            std::cmp::Ordering::Less => seats.downgrade == SeatDowngrade::NextPeriod,
            std::cmp::Ordering::Equal => continue,
        };
        if keep {
            part.quantity = held;
        } else if part.quantity > held && upgrade == SeatUpgrade::WholePeriod {
            for known in earlier.iter_mut().rev() {
                if known.charge != part.charge || known.quantity >= part.quantity {
                    break;
                }
                known.quantity = part.quantity;
            }
        }
    }
}
