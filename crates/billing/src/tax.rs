//! The rows of data that decide on tax, and the share of a tax that goes back.

use crate::line::BillingRefusal;
use crate::taxation::{LocalTax, TaxSeller, Untaxed};
use serde::{Deserialize, Serialize};
use values::{Date, EntityId, Money, MoneyRefused, Rate, Rounding, round_to_minor};

/// All stated rates of tax.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxTable {
    /// The rates of legal entities, in any order.
    pub rates: Vec<TaxRate>,
    /// Where legal entities stand as sellers; one that is not listed has only its own rates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sellers: Vec<TaxSeller>,
    /// The taxes where buyers are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<LocalTax>,
    /// What bears no tax, whoever buys it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untaxed: Vec<Untaxed>,
}

/// One stated rate of tax, which holds until the next one stated for the same entity and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// The legal entity that sells.
    pub entity: EntityId,
    /// What kind of thing is sold.
    pub tax_code: String,
    /// The proportion of the net amount: `0.19` is 19 %. Zero is a rate and must be stated.
    pub rate: Rate,
    /// First day on which documents carry it.
    pub from: Date,
    /// Words on the document, such as "VAT 19 %".
    pub name: String,
}

impl TaxTable {
    /// The rate in force for the entity and code on a date.
    ///
    /// # Errors
    /// When none is stated; there is no silent zero.
    pub fn rate(
        &self,
        entity: &EntityId,
        tax_code: &str,
        on: Date,
    ) -> Result<&TaxRate, BillingRefusal> {
        self.rates
            .iter()
            .filter(|rate| rate.entity == *entity && rate.tax_code == tax_code && rate.from <= on)
            .max_by_key(|rate| rate.from)
            .ok_or_else(|| BillingRefusal::NoTaxRate {
                entity: entity.clone(),
                tax_code: tax_code.to_owned(),
                on,
            })
    }
}

/// The tax on a net amount, rounded once, half away from zero.
///
/// # Errors
/// When it is too large.
pub(crate) fn tax_on(net: Money, rate: Rate) -> Result<Money, MoneyRefused> {
    let exact = net
        .decimal()
        .checked_mul(rate.decimal())
        .ok_or(MoneyRefused::TooLarge)?;
    let minor = round_to_minor(exact, net.currency, Rounding::HalfUp)?;
    Ok(Money::from_minor(minor, net.currency))
}

/// The tax on a net amount at a rate, as lines bear it: rounded once, half away from zero.
///
/// # Errors
/// When it is too large.
pub fn tax_of(net: Money, rate: Rate) -> Result<Money, MoneyRefused> {
    tax_on(net, rate)
}

/// The part of a line's tax that goes back with part of its net amount: the share of the tax for all
/// that has been given back, rounded once, less the tax given back before. So when all of the net
/// amount has gone back, exactly the tax that was charged has too.
pub(crate) struct TaxShare {
    /// Net amount of the line, in minor units.
    pub(crate) net: i64,
    /// Tax of the line.
    pub(crate) tax: i64,
    /// Net amount given back before, with the sign of the line's.
    pub(crate) net_before: i64,
    /// Tax given back before, with the sign of the line's.
    pub(crate) tax_before: i64,
}

impl TaxShare {
    /// Tax that goes back with `net_now` more, with the sign of the line's.
    pub(crate) fn of(&self, net_now: i64) -> Result<i64, MoneyRefused> {
        if self.net == 0 {
            return Ok(0);
        }
        let wide = i128::from;
        let given = wide(self.net_before) + wide(net_now);
        let (numerator, denominator) = (wide(self.tax) * given, wide(self.net));
        let sign = numerator.signum() * denominator.signum();
        let (numerator, denominator) = (numerator.abs(), denominator.abs());
        let cumulative = sign * ((2 * numerator + denominator) / (2 * denominator));
        let now = cumulative - wide(self.tax_before);
        // Never more than the tax that remains, never a tax of the other sign.
        let left = wide(self.tax) - wide(self.tax_before);
        let now = now.clamp(left.min(0), left.max(0));
        i64::try_from(now).map_err(|_| MoneyRefused::TooLarge)
    }
}
