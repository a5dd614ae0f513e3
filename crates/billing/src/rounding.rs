//! What rounds an invoice as a whole: its lines once, its amount to pay to cash units, or both. Lines and
//! tax stay as they are, so what is billed over the life of a contract stays its value.

use crate::document::{Sums, TaxedLine};
use crate::line::LineKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{
    CashUnit, Currency, Decimal, Money, MoneyRefused, Rounding, RoundingLine, amount_to_pay,
    round_places, round_to_minor,
};

/// Where the exact net amounts of an invoice become whole minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetRounding {
    /// On each line, by the billing policy of what it bills; the invoice is the sum of its lines.
    #[default]
    PerLine,
    /// On each line as well, and once for the sum of the exact amounts by this rule. The difference is the
    /// rounding line.
    PerInvoice(Rounding),
}

impl NetRounding {
    /// Whether each line stands by itself.
    #[must_use]
    pub fn is_per_line(&self) -> bool {
        *self == Self::PerLine
    }
}

/// What rounds the invoices of a legal entity in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvoiceRounding {
    /// How the lines are.
    pub net: NetRounding,
    /// To which cash units the amount to pay is, after that.
    pub unit: Option<CashUnit>,
}

impl InvoiceRounding {
    /// The rounding line of a document with these lines, which are signed as on the account; nothing where
    /// nothing rounds it. It never turns what is to be paid into something to be given back, nor the other
    /// way round.
    ///
    /// # Errors
    /// When currencies differ, or a sum is too large.
    pub fn line(&self, lines: &[TaxedLine]) -> Result<Option<RoundingLine>, MoneyRefused> {
        let Some(sums) = Sums::of(lines)? else {
            return Ok(None);
        };
        let way = match (self.net, self.unit) {
            (NetRounding::PerLine, unit) => {
                return unit.map(|unit| unit.line(sums.total)).transpose();
            }
            (NetRounding::PerInvoice(way), _) => way,
        };
        let currency = sums.net.currency;
        let once = Exact::of(lines)?.rounded(currency, way)?;
        let owed = amount_to_pay(Money::from_minor(once, currency), sums.tax, None)?;
        let owed = match sums.total.minor < 0 {
            true => owed.minor.min(0),
            false => owed.minor.max(0),
        };
        let rule = self.unit.unwrap_or(CashUnit {
            to: Money::from_minor(1, currency),
            mode: way.into(),
        });
        let paid = rule.round(Money::from_minor(owed, currency))?;
        Ok(Some(RoundingLine {
            amount: paid.minus(sums.total)?,
            rule,
            per_invoice: Some(way),
        }))
    }
}

/// Decimal places, in major units, to which a sum of parts that no decimal holds is read: what thirds
/// lack in the 28th digit must not turn a half cent.
const PLACES: u32 = 10;

/// The sum of exact net amounts in major units, by denominator, so that thirds lose nothing before
/// they meet.
struct Exact(BTreeMap<i64, Decimal>);

impl Exact {
    fn of(lines: &[TaxedLine]) -> Result<Exact, MoneyRefused> {
        let mut sums: BTreeMap<i64, Decimal> = BTreeMap::new();
        for taxed in lines {
            let (numerator, denominator) =
                unrounded(taxed).unwrap_or((taxed.line.net.decimal(), 1));
            let known = sums.entry(denominator).or_default();
            *known = known.checked_add(numerator).ok_or(MoneyRefused::TooLarge)?;
        }
        Ok(Exact(sums))
    }

    /// The sum in minor units.
    fn rounded(&self, currency: Currency, way: Rounding) -> Result<i64, MoneyRefused> {
        let mut sum = Decimal::ZERO;
        for (denominator, numerator) in &self.0 {
            let part = numerator.checked_div(Decimal::from(*denominator));
            sum = part
                .and_then(|part| sum.checked_add(part))
                .ok_or(MoneyRefused::TooLarge)?;
        }
        let is_decimal = self.0.keys().all(|denominator| *denominator == 1);
        let sum = if is_decimal {
            sum
        } else {
            round_places(sum, PLACES)
        };
        round_to_minor(sum, currency, way)
    }
}

/// The exact net amount of a line as a fraction, in major units; nothing where its net amount is not a
/// rounding of one. That is so where only money moves, where the price was agreed with tax in it, and
/// where a line gives back no more than what is left of the one that it corrects.
fn unrounded(taxed: &TaxedLine) -> Option<(Decimal, i64)> {
    let line = &taxed.line;
    let only_money = line.kind == LineKind::Concession
        || (line.numerator == 0 && line.price.decimal().is_zero());
    let with_tax = taxed
        .detail
        .as_ref()
        .is_some_and(|detail| detail.price.is_some());
    if only_money || with_tax || line.by_rule != line.net {
        return None;
    }
    // A rounding, carried within the billing period, is a minor unit away at most.
    let minor = Money::from_minor(1, line.net.currency).decimal();
    let away = line.exact()?.checked_sub(line.net.decimal())?;
    if away.abs() > minor {
        return None;
    }
    let common = common_divisor(line.numerator, line.denominator);
    let (numerator, denominator) = (line.numerator / common, line.denominator / common);
    let share = line.price.decimal().checked_mul(Decimal::from(numerator))?;
    Some((share, denominator))
}

/// The greatest whole number that divides both, at least 1.
fn common_divisor(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one.unsigned_abs(), other.unsigned_abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    i64::try_from(one).unwrap_or(1).max(1)
}
