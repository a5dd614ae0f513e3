//! A least or a most amount: for one charge, and for what a whole plan comes to.

use super::figures::grouped;
use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// Another charge, raised to a least amount by a true-up or held at a most. Both are for a whole
/// period and are prorated where the component covers only a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The least that a whole period costs.
    #[serde(default)]
    pub minimum: UnitPrice,
    /// The most that it costs.
    pub maximum: Option<UnitPrice>,
    /// What prices the quantity.
    pub charge: Box<Charge>,
}

impl Model for Commitment {
    fn is_for_a_period(&self) -> bool {
        self.charge.is_for_a_period()
    }
    fn words(&self) -> &'static str {
        "with a commitment"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        let charge = Box::new(self.charge.repriced(price)?);
        let bounds = self.clone();
        Ok(Charge::Commitment(Commitment { charge, ..bounds }))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if let Some(most) = self.maximum
            && most < self.minimum
        {
            let mend = "write a minimum that is not above the maximum";
            return Err(ChargeRefusal::setting(
                "commitment",
                "minimum",
                self.minimum,
                mend,
            ));
        }
        if matches!(*self.charge, Charge::Commitment(_)) {
            let mend = "put a charge that is no commitment in it";
            return Err(ChargeRefusal::setting(
                "commitment",
                "charge",
                "commitment",
                mend,
            ));
        }
        self.charge.check()
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        let bounds = [Some(self.minimum), self.maximum].into_iter().flatten();
        bounds.chain([self.charge.lowest()]).collect()
    }
    fn dimensions(&self) -> &[String] {
        match &*self.charge {
            Charge::Matrix(matrix) => matrix.dimensions(),
            _ => &[],
        }
    }
    fn wants_items(&self) -> bool {
        self.charge.wants_items()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let too_large = || ChargeRefusal::TooLarge { quantity };
        let used = self.charge.price_of(measured, arithmetic)?;
        let least = measured
            .part_of(self.minimum.decimal())
            .ok_or_else(too_large)?;
        if used < least {
            let missing = least - used;
            arithmetic.step(missing, |money| {
                (
                    "true-up to the minimum commitment".to_owned(),
                    format!(
                        "{}{} − {}",
                        money(least),
                        share_words(measured),
                        money(used)
                    ),
                )
            });
            return Ok(least);
        }
        let Some(most) = self.maximum else {
            return Ok(used);
        };
        let most = measured.part_of(most.decimal()).ok_or_else(too_large)?;
        if used > most {
            let less = most - used;
            arithmetic.step(less, |money| {
                (
                    "held at the most that a period costs".to_owned(),
                    format!("{} − {}", money(most), money(used)),
                )
            });
            return Ok(most);
        }
        Ok(used)
    }
    fn listed(&self, money: Money<'_>) -> String {
        let most = self.maximum.map_or_else(String::new, |most| {
            format!(", at most {}", money(most.decimal()))
        });
        format!(
            "{}, at least {}{most}",
            self.charge.listed(money),
            money(self.minimum.decimal())
        )
    }
    fn summary(&self, quantity: Quantity, price: Decimal, places: u32) -> String {
        match self.charge.price(quantity) {
            Ok(used) if used < price => format!(
                "{} for {quantity} units, true-up to {}",
                grouped(used, places),
                grouped(price, places)
            ),
            _ => self.charge.summary(quantity, price, places),
        }
    }
}

fn share_words(measured: &Measured) -> String {
    match measured.share {
        (numerator, denominator) if numerator != denominator => {
            format!(" ({numerator}/{denominator} of a period)")
        }
        _ => String::new(),
    }
}

/// What is missing of a least amount after what was spent, which is what it measures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimumSpend {
    /// The least that is spent in a whole period.
    pub minimum: UnitPrice,
}

impl Model for MinimumSpend {
    fn words(&self) -> &'static str {
        "spent"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Err(ChargeRefusal::no_units("as a least spend", price))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.minimum <= UnitPrice::default() {
            let mend = "say what is to be spent at least, above zero";
            return Err(ChargeRefusal::setting(
                "minimum_spend",
                "minimum",
                self.minimum,
                mend,
            ));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        vec![self.minimum]
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let least = measured
            .part_of(self.minimum.decimal())
            .ok_or(ChargeRefusal::TooLarge { quantity })?;
        let spent = quantity.decimal();
        let missing = (least - spent).max(Decimal::ZERO);
        arithmetic.step(missing, |money| {
            (
                "true-up to the minimum commitment".to_owned(),
                format!(
                    "{}{} − {} spent",
                    money(least),
                    share_words(measured),
                    money(spent)
                ),
            )
        });
        Ok(missing)
    }
    fn listed(&self, money: Money<'_>) -> String {
        format!("true-up to {} of spending", money(self.minimum.decimal()))
    }
    fn summary(&self, quantity: Quantity, price: Decimal, places: u32) -> String {
        format!(
            "{}: true-up to the minimum of {} after {} spent",
            grouped(price, places),
            grouped(self.minimum.decimal(), places),
            grouped(quantity.decimal(), places)
        )
    }
}
