//! Giving back part of an invoice. What the contract's timeline expects stays as it is, so a
//! credited line is not billed again.

use crate::document::{CreditNoteDraft, Sums, correction, credit_note};
use crate::line::{BilledLine, DraftLine, LineKind};
use crate::position::overcharged;
use serde::{Deserialize, Serialize};
use values::{
    Currency, LineId, Money, MoneyRefused, Quantity, Rate, Rounding, UnitPrice, round_to_minor,
};

/// What is to be credited, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditRequest {
    /// How much.
    pub amount: CreditAmount,
    /// Why; it stands on the credit note.
    pub reason: String,
}

/// How much of an invoice is to be credited. All are net of tax; the tax follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CreditAmount {
    /// Whatever remains of every line.
    Full,
    /// The same part of every line as it was billed.
    Fraction {
        /// Above 0, at most 1.
        fraction: Rate,
    },
    /// So much of these lines.
    Lines {
        /// The lines.
        lines: Vec<LineAmount>,
    },
}

/// An amount to be credited on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineAmount {
    /// A line of the invoice.
    pub line: LineId,
    /// Net amount, above zero.
    pub amount: Money,
}

/// Why nothing will be credited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditRefusal {
    /// The invoice has no such line.
    #[error("line {line} is not on this invoice")]
    UnknownLine {
        /// What was named.
        line: LineId,
    },
    /// More than what is left of a line.
    #[error("{asked} of line {line} cannot be credited: {remaining} of it remains")]
    ExceedsLine {
        /// The line.
        line: LineId,
        /// What was asked, net.
        asked: Money,
        /// What can still be credited, net.
        remaining: Money,
    },
    /// More than what is left of the whole invoice.
    #[error("{asked} cannot be credited: {remaining} of the invoice remains")]
    ExceedsInvoice {
        /// What was asked, net.
        asked: Money,
        /// What can still be credited, net.
        remaining: Money,
    },
    /// An amount of zero or less.
    #[error("{amount} on line {line} is not above zero")]
    NotPositive {
        /// The line.
        line: LineId,
        /// What was asked.
        amount: Money,
    },
    /// The fraction is not one.
    #[error("fraction {fraction} is not above 0 and at most 1; write \"0.25\" for a quarter")]
    NotAFraction {
        /// What was asked.
        fraction: Rate,
    },
    /// Nothing is left, or nothing was asked.
    #[error("nothing remains to be credited")]
    Nothing,
    /// An amount cannot be kept, or currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
}

impl CreditRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownLine { .. } => "unknown_line",
            Self::ExceedsLine { .. } => "credit_exceeds_line",
            Self::ExceedsInvoice { .. } => "credit_exceeds_invoice",
            Self::NotPositive { .. } => "credit_not_positive",
            Self::NotAFraction { .. } => "not_a_fraction",
            Self::Nothing => "nothing_to_credit",
            Self::Money(_) => "amount_refused",
        }
    }
}

/// The credit note for `request` on the lines of one `invoice`, given everything that has corrected
/// them (other lines in `already` are not looked at). Tax goes back in proportion, so that a full
/// credit after any partial ones gives back exactly the tax that was charged.
///
/// # Errors
/// When a line or the invoice does not hold that much any more, or the request makes no sense.
pub fn credit(
    invoice: &[BilledLine],
    already: &[BilledLine],
    request: &CreditRequest,
) -> Result<CreditNoteDraft, CreditRefusal> {
    let amounts = match &request.amount {
        CreditAmount::Full => full(invoice, already)?,
        CreditAmount::Fraction { fraction } => part(invoice, already, *fraction)?,
        CreditAmount::Lines { lines } => named(invoice, already, lines)?,
    };
    let mut taxed = Vec::new();
    for (source, amount) in amounts {
        if amount != 0 {
            let amount = Money::from_minor(amount, source.line.net.currency);
            let line = concession(source, amount, already, &request.reason)?;
            taxed.push(correction(&line, source, already, &taxed)?);
        }
    }
    match Sums::of(&taxed)? {
        Some(sums) if sums.total.minor < 0 => {
            Ok(credit_note(taxed, &sums, request.reason.clone())?)
        }
        Some(_) | None => Err(CreditRefusal::Nothing),
    }
}

/// Minor units to be credited on a line, with the sign of the line.
type Share<'a> = (&'a BilledLine, i64);

fn remaining(source: &BilledLine, already: &[BilledLine]) -> Result<i64, MoneyRefused> {
    left_of(source, already.iter().map(|known| &known.line))
}

/// What is left of a line after those of `lines` that correct it, minor units.
///
/// # Errors
/// When it is too large.
pub(crate) fn left_of<'l>(
    source: &BilledLine,
    lines: impl Iterator<Item = &'l DraftLine>,
) -> Result<i64, MoneyRefused> {
    let mut left = source.line.net.minor;
    for line in lines {
        if line.corrects.as_ref() == Some(&source.id) {
            left = left
                .checked_add(line.net.minor)
                .ok_or(MoneyRefused::TooLarge)?;
        }
    }
    Ok(left)
}

fn full<'a>(
    invoice: &'a [BilledLine],
    already: &[BilledLine],
) -> Result<Vec<Share<'a>>, CreditRefusal> {
    let mut shares = Vec::with_capacity(invoice.len());
    for source in invoice {
        shares.push((source, remaining(source, already)?));
    }
    Ok(shares)
}

fn part<'a>(
    invoice: &'a [BilledLine],
    already: &[BilledLine],
    fraction: Rate,
) -> Result<Vec<Share<'a>>, CreditRefusal> {
    if fraction <= Rate::default() || fraction > Rate::from(1) {
        return Err(CreditRefusal::NotAFraction { fraction });
    }
    let (mut seen, mut given) = (0_i64, 0_i64);
    let mut shares = Vec::with_capacity(invoice.len());
    for source in invoice {
        seen = seen
            .checked_add(source.line.net.minor)
            .ok_or(MoneyRefused::TooLarge)?;
        // Cumulative, so that a fraction of many lines is that fraction of their sum.
        let cumulative = fraction_of(seen, source.line.net.currency, fraction)?;
        let asked = cumulative - given;
        given = cumulative;
        let left = remaining(source, already)?;
        let held = asked.clamp(left.min(0), left.max(0));
        // One minor unit is a matter of rounding and is let go; more is asking too much.
        if asked.abs_diff(held) > 1 {
            let currency = source.line.net.currency;
            return Err(CreditRefusal::ExceedsLine {
                line: source.id.clone(),
                asked: Money::from_minor(asked, currency),
                remaining: Money::from_minor(left, currency),
            });
        }
        shares.push((source, held));
    }
    Ok(shares)
}

fn fraction_of(minor: i64, currency: Currency, fraction: Rate) -> Result<i64, MoneyRefused> {
    let exact = Money::from_minor(minor, currency)
        .decimal()
        .checked_mul(fraction.decimal())
        .ok_or(MoneyRefused::TooLarge)?;
    round_to_minor(exact, currency, Rounding::HalfUp)
}

fn named<'a>(
    invoice: &'a [BilledLine],
    already: &[BilledLine],
    lines: &[LineAmount],
) -> Result<Vec<Share<'a>>, CreditRefusal> {
    let mut shares: Vec<Share<'a>> = Vec::with_capacity(lines.len());
    let mut asked_in_all = 0_i64;
    for wanted in lines {
        let source = invoice
            .iter()
            .find(|known| known.id == wanted.line)
            .ok_or_else(|| CreditRefusal::UnknownLine {
                line: wanted.line.clone(),
            })?;
        let line = wanted.line.clone();
        let amount = wanted.amount;
        let currency = source.line.net.currency;
        amount.plus(Money::zero(currency))?;
        if amount.minor <= 0 {
            return Err(CreditRefusal::NotPositive { line, amount });
        }
        let named_before: i64 = shares
            .iter()
            .filter(|(known, _)| known.id == line)
            .map(|(_, minor)| *minor)
            .fold(0, i64::saturating_add);
        let left = remaining(source, already)?.saturating_sub(named_before);
        if amount.minor > left {
            return Err(CreditRefusal::ExceedsLine {
                line,
                asked: amount,
                remaining: Money::from_minor(left.max(0), currency),
            });
        }
        asked_in_all = asked_in_all
            .checked_add(amount.minor)
            .ok_or(MoneyRefused::TooLarge)?;
        shares.push((source, amount.minor));
    }
    check_invoice(invoice, already, asked_in_all)?;
    Ok(shares)
}

/// An invoice that also took something back is worth less than its charges.
fn check_invoice(
    invoice: &[BilledLine],
    already: &[BilledLine],
    asked: i64,
) -> Result<(), CreditRefusal> {
    let mut left = 0_i64;
    for (_, minor) in full(invoice, already)? {
        left = left.checked_add(minor).ok_or(MoneyRefused::TooLarge)?;
    }
    match invoice.first() {
        Some(first) if asked > left => {
            let currency = first.line.net.currency;
            Err(CreditRefusal::ExceedsInvoice {
                asked: Money::from_minor(asked, currency),
                remaining: Money::from_minor(left.max(0), currency),
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn concession(
    source: &BilledLine,
    amount: Money,
    already: &[BilledLine],
    reason: &str,
) -> Result<DraftLine, MoneyRefused> {
    let net = amount.negated()?;
    let arithmetic = format!(
        "{} of {}: {reason}",
        amount.grouped(),
        source.line.net.grouped()
    );
    let by_rule = given_up(source, already, net)?;
    Ok(giving_back(source, net, by_rule, arithmetic))
}

/// How much of `net`, below zero, is given up: what another system billed beyond the rule is corrected
/// first.
///
/// # Errors
/// When an amount is too large.
pub(crate) fn given_up(
    source: &BilledLine,
    already: &[BilledLine],
    net: Money,
) -> Result<Money, MoneyRefused> {
    let most = net.negated()?.minor.max(0);
    let wrong = overcharged(source, already)?.minor.min(most);
    net.plus(Money::from_minor(wrong, net.currency))
}

/// A line that gives `net` back of a charge, of which `by_rule` is given up. It measures nothing: what
/// was used stays billed by the charge.
pub(crate) fn giving_back(
    source: &BilledLine,
    net: Money,
    by_rule: Money,
    arithmetic: String,
) -> DraftLine {
    DraftLine {
        kind: LineKind::Concession,
        corrects: Some(source.id.clone()),
        quantity: Quantity::default(),
        price: UnitPrice::default(),
        numerator: 0,
        denominator: 1,
        by_rule,
        net,
        arithmetic,
        measured: None,
        decided_on: String::new(),
        ..source.line.clone()
    }
}
