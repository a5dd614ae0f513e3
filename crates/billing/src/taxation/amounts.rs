//! The amounts of tax on the lines of one document.

use super::{Determination, EngineAnswer, TaxRounding, determine};
use crate::document::{TaxedLine, correction};
use crate::line::{BilledLine, BillingRefusal, DraftLine};
use crate::tax::{TaxTable, tax_on};
use commerce::{Contract, TaxProfile};
use serde::{Deserialize, Serialize};
use values::{
    Date, Decimal, EntityId, Money, MoneyRefused, Rate, Rounding, TaxCategory, round_places,
    round_to_minor,
};

/// Everything that decides the tax of a document.
#[derive(Debug, Clone, Copy)]
pub struct Taxation<'a> {
    /// The rows of data.
    pub table: &'a TaxTable,
    /// Who sells.
    pub entity: &'a EntityId,
    /// How the buyer stands towards tax, where it says so.
    pub buyer: Option<&'a TaxProfile>,
    /// The contract, which says what prices include tax.
    pub contract: Option<&'a Contract>,
    /// The date of the document.
    pub on: Date,
    /// What an outside engine decided for the charges, in their order; the table decides when absent.
    pub answer: Option<&'a EngineAnswer>,
}

/// The amount of one tax on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxAmount {
    /// Who levies it.
    pub authority: String,
    /// Words for it.
    pub name: String,
    /// At what rate.
    pub rate: Rate,
    /// How much, signed as the line.
    pub amount: Money,
}

/// How the tax of a line was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxDetail {
    /// The category.
    pub category: TaxCategory,
    /// Why nothing is charged, as it stands on the document.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Which rule decided.
    pub basis: String,
    /// Each tax; they add up to the tax of the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<TaxAmount>,
    /// The price with tax that was agreed, where it was: net and tax add up to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

impl Taxation<'_> {
    /// Puts tax on lines. A line that corrects one of `billed` gives back that line's tax in
    /// proportion.
    ///
    /// # Errors
    /// When no rule answers for a charge, the rate in an inclusive price is no longer the one in
    /// force, a corrected line is not in `billed`, or a sum is too large.
    pub fn tax(
        &self,
        lines: &[DraftLine],
        billed: &[BilledLine],
    ) -> Result<Vec<TaxedLine>, BillingRefusal> {
        let mut taxed: Vec<TaxedLine> = Vec::with_capacity(lines.len());
        let (mut sums, mut charges) = (Sums::default(), 0_usize);
        for line in lines {
            let next = match &line.corrects {
                Some(id) => {
                    let source = billed.iter().find(|known| known.id == *id);
                    let source = source.ok_or_else(|| BillingRefusal::UnknownSource {
                        component: line.component.clone(),
                        corrects: id.clone(),
                    })?;
                    correction(line, source, billed, &taxed)?
                }
                None => {
                    charges += 1;
                    self.charge(line, charges - 1, &mut sums)?
                }
            };
            taxed.push(next);
        }
        Ok(taxed)
    }

    /// What the rows of data say of a tax code for this buyer.
    ///
    /// # Errors
    /// When none answers.
    pub fn determine(&self, tax_code: &str) -> Result<Determination, BillingRefusal> {
        determine(self.table, self.entity, self.buyer, tax_code, self.on)
    }

    fn charge(
        &self,
        line: &DraftLine,
        index: usize,
        sums: &mut Sums,
    ) -> Result<TaxedLine, BillingRefusal> {
        if let Some(answered) = self.answer.and_then(|answer| answer.lines.get(index)) {
            return Ok(answered.taxed(line));
        }
        let decided = self.determine(&line.tax_code)?;
        let rate = decided.rate();
        let price = self.inclusive_price(line, rate)?;
        let tax = match price {
            Some(price) => price.minus(line.net)?,
            None => match self.rounding() {
                TaxRounding::PerLine => tax_on(line.net, rate)?,
                TaxRounding::PerDocument => sums.next(&decided, line.net)?,
            },
        };
        let parts = split(tax, &decided)?;
        Ok(TaxedLine {
            line: line.clone(),
            tax_name: decided.name(),
            tax_rate: rate,
            tax,
            detail: Some(Box::new(TaxDetail {
                category: decided.category,
                reason: decided.reason,
                basis: decided.basis,
                parts,
                price,
            })),
        })
    }

    fn rounding(&self) -> TaxRounding {
        let seller = self
            .table
            .sellers
            .iter()
            .find(|it| it.entity == *self.entity);
        seller.map_or_else(TaxRounding::default, |seller| seller.rounding)
    }

    /// The price with tax that was agreed for a line, rounded once; nothing for a price without tax,
    /// and none for a buyer who bears none: it pays the price without.
    fn inclusive_price(
        &self,
        line: &DraftLine,
        rate: Rate,
    ) -> Result<Option<Money>, BillingRefusal> {
        let from = line.period.from();
        let agreed = self
            .contract
            .and_then(|contract| contract.tax_in_price(&line.component, from));
        let Some(agreed) = agreed.filter(|_| !rate.decimal().is_zero()) else {
            return Ok(None);
        };
        if agreed != rate {
            return Err(BillingRefusal::InclusiveRateChanged {
                component: line.component.clone(),
                agreed,
                now: rate,
                from,
            });
        }
        let currency = line.net.currency;
        // Nothing could ever be given back of a tax on nothing.
        if line.net.minor == 0 {
            return Ok(Some(line.net));
        }
        let factor = Decimal::ONE.saturating_add(rate.decimal());
        let exact = line.exact().and_then(|net| net.checked_mul(factor));
        // The price without tax is kept to 28 digits: what it lacks must not turn a half cent.
        let exact = round_places(exact.ok_or(MoneyRefused::TooLarge)?, 10);
        let minor = round_to_minor(exact, currency, Rounding::HalfUp)?;
        let minor = minor.checked_add(self.carried(line)?);
        let minor = minor.ok_or(MoneyRefused::TooLarge)?;
        Ok(Some(Money::from_minor(minor, currency)))
    }

    /// What the net amount of a line has from the rounding of its billing period, in minor units, beyond
    /// its own: the price with tax has it too, or else the tax would bear it and could fall below zero.
    fn carried(&self, line: &DraftLine) -> Result<i64, MoneyRefused> {
        let sold = self.contract.and_then(|contract| {
            let mut components = contract.components.iter();
            components.find(|component| component.id == line.component)
        });
        let (Some(sold), Some(exact)) = (sold, line.exact()) else {
            return Ok(0);
        };
        let alone = round_to_minor(exact, line.net.currency, sold.policy.rounding)?;
        line.net
            .minor
            .checked_sub(alone)
            .ok_or(MoneyRefused::TooLarge)
    }
}

/// Net amounts so far by what is charged on them, so that the tax of their sum is rounded once.
#[derive(Default)]
struct Sums {
    known: Vec<(Determination, Money)>,
}

impl Sums {
    /// The tax that one more line brings: that on the sum, less that on the sum before.
    fn next(&mut self, decided: &Determination, net: Money) -> Result<Money, MoneyRefused> {
        let rate = decided.rate();
        let same = |known: &&mut (Determination, Money)| {
            known.0.category == decided.category && known.0.taxes == decided.taxes
        };
        let Some((_, sum)) = self.known.iter_mut().find(same) else {
            self.known.push((decided.clone(), net));
            return tax_on(net, rate);
        };
        let before = tax_on(*sum, rate)?;
        *sum = sum.plus(net)?;
        tax_on(*sum, rate)?.minus(before)
    }
}

/// The tax of a line, spread over its taxes by their rates, so that they add up to it.
fn split(tax: Money, decided: &Determination) -> Result<Vec<TaxAmount>, MoneyRefused> {
    let whole = decided.rate().decimal();
    let (mut parts, mut rates, mut given) = (Vec::new(), Decimal::ZERO, 0_i64);
    for borne in &decided.taxes {
        rates = rates.saturating_add(borne.rate.decimal());
        let share = if whole.is_zero() {
            Decimal::ZERO
        } else {
            let weighted = tax.decimal().checked_mul(rates);
            let share = weighted.and_then(|weighted| weighted.checked_div(whole));
            share.ok_or(MoneyRefused::TooLarge)?
        };
        let so_far = round_to_minor(share, tax.currency, Rounding::HalfUp)?;
        parts.push(TaxAmount {
            authority: borne.authority.clone(),
            name: borne.name.clone(),
            rate: borne.rate,
            amount: Money::from_minor(so_far - given, tax.currency),
        });
        given = so_far;
    }
    Ok(parts)
}
