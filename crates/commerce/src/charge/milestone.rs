//! Amounts that fall due as milestones are reached.

use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, UnitPrice};

/// One milestone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// What is reached, in words.
    pub name: String,
    /// What falls due then.
    pub amount: UnitPrice,
}

/// Milestones in order; the quantity says how many have been reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestones {
    /// The milestones.
    pub milestones: Vec<Milestone>,
}

impl Model for Milestones {
    fn words(&self) -> &'static str {
        "milestones reached"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Err(ChargeRefusal::no_units("by milestones", price))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.milestones.is_empty() {
            let mend = "name at least one milestone with its amount";
            return Err(ChargeRefusal::setting(
                "milestones",
                "milestones",
                "empty",
                mend,
            ));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        self.milestones.iter().map(|step| step.amount).collect()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let known = self.milestones.len();
        let mut left = quantity.decimal();
        let mut total = Decimal::ZERO;
        for step in &self.milestones {
            if left < Decimal::ONE {
                break;
            }
            left -= Decimal::ONE;
            let amount = step.amount.decimal();
            arithmetic.step(amount, |money| (step.name.clone(), money(amount)));
            total = total
                .checked_add(amount)
                .ok_or(ChargeRefusal::TooLarge { quantity })?;
        }
        if left.is_zero() {
            Ok(total)
        } else {
            Err(ChargeRefusal::NoSuchMilestone {
                reached: quantity,
                known,
            })
        }
    }
    fn listed(&self, _money: Money<'_>) -> String {
        format!("{} milestones", self.milestones.len())
    }
}
