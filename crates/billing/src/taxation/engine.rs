//! Tax decided by an outside engine: what it is asked, what it answers, and where that is not what
//! our own rows of data come to.

use super::{TaxAmount, TaxDetail};
use crate::document::TaxedLine;
use crate::line::DraftLine;
use commerce::TaxProfile;
use serde::{Deserialize, Serialize};
use values::{
    ContractId, Currency, CustomerId, Date, EntityId, Money, MoneyRefused, Rate, TaxCategory,
};

/// What happens while the engine cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offline {
    /// The document waits for it.
    Hold,
    /// Our own rows of data decide, and the decision says so.
    Table,
}

/// That an entity has its tax decided by an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxEngineUse {
    /// The connection.
    pub name: String,
    /// What happens while it cannot be reached.
    pub offline: Offline,
    /// By how many minor units a document may differ from our own figure.
    #[serde(default)]
    pub tolerance: i64,
}

/// What the engine is asked about one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineQuestion {
    /// Who sells.
    pub entity: EntityId,
    /// Who buys.
    pub customer: CustomerId,
    /// Where it is.
    pub buyer: Option<TaxProfile>,
    /// The contract billed.
    pub contract: ContractId,
    /// Currency of every amount.
    pub currency: Currency,
    /// Date of the document.
    pub on: Date,
    /// The charges.
    pub lines: Vec<QuestionLine>,
}

/// One charge of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionLine {
    /// What is sold, for tax.
    pub tax_code: String,
    /// What is billed.
    pub description: String,
    /// Without tax.
    pub net: Money,
}

/// What the engine answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineAnswer {
    /// Its own id of the calculation.
    pub reference: String,
    /// One for each charge, in the order of the question.
    pub lines: Vec<EngineLine>,
}

/// What the engine decided for one charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineLine {
    /// The category.
    pub category: TaxCategory,
    /// Why nothing is charged.
    #[serde(default)]
    pub reason: String,
    /// The sum of the rates.
    pub rate: Rate,
    /// The tax.
    pub tax: Money,
    /// Each tax.
    #[serde(default)]
    pub taxes: Vec<EngineTax>,
}

/// One tax of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineTax {
    /// Who levies it.
    pub authority: String,
    /// Words for it.
    pub name: String,
    /// At what rate.
    pub rate: Rate,
    /// How much.
    pub amount: Money,
}

impl EngineLine {
    /// The line with the tax that the engine decided.
    pub(super) fn taxed(&self, line: &DraftLine) -> TaxedLine {
        let parts: Vec<TaxAmount> = self.taxes.iter().map(part).collect();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        TaxedLine {
            line: line.clone(),
            tax_name: if names.is_empty() {
                self.reason.clone()
            } else {
                names.join(" + ")
            },
            tax_rate: self.rate,
            tax: self.tax,
            detail: Some(Box::new(TaxDetail {
                category: self.category,
                reason: self.reason.clone(),
                basis: "decided by the tax engine".to_owned(),
                parts,
                price: None,
            })),
        }
    }
}

fn part(tax: &EngineTax) -> TaxAmount {
    TaxAmount {
        authority: tax.authority.clone(),
        name: tax.name.clone(),
        rate: tax.rate,
        amount: tax.amount,
    }
}

/// The charges of a document as the engine is asked about them.
#[must_use]
pub fn question_of(lines: &[DraftLine]) -> Vec<QuestionLine> {
    let charges = lines.iter().filter(|line| line.corrects.is_none());
    charges
        .map(|line| QuestionLine {
            tax_code: line.tax_code.clone(),
            description: line.description.clone(),
            net: line.net,
        })
        .collect()
}

/// Where the engine's figures are not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TaxMismatch {
    /// It answered for another number of charges.
    #[error("the engine answered for {answered} charges and was asked about {asked}")]
    Lines {
        /// Asked about.
        asked: usize,
        /// Answered.
        answered: usize,
    },
    /// An amount is of another currency, or the taxes of a line do not add up.
    #[error("the engine's taxes of charge {line} do not add up to its tax in {currency}")]
    Sum {
        /// From 1.
        line: usize,
        /// The currency of the document.
        currency: Currency,
    },
    /// The sums differ.
    #[error("our own rows come to {ours} tax and the engine to {theirs}")]
    Amount {
        /// By our own rows of data.
        ours: Money,
        /// By the engine.
        theirs: Money,
    },
}

/// Compares the engine's answer with the charges as our own rows of data tax them. Nothing when they
/// agree within the tolerance.
///
/// # Errors
/// When a sum is too large.
pub fn compare_tax(
    ours: &[TaxedLine],
    answer: &EngineAnswer,
    currency: Currency,
    tolerance: i64,
) -> Result<Option<TaxMismatch>, MoneyRefused> {
    let charges: Vec<&TaxedLine> = ours
        .iter()
        .filter(|it| it.line.corrects.is_none())
        .collect();
    if charges.len() != answer.lines.len() {
        return Ok(Some(TaxMismatch::Lines {
            asked: charges.len(),
            answered: answer.lines.len(),
        }));
    }
    let (mut own, mut theirs) = (Money::zero(currency), Money::zero(currency));
    for (index, (line, answered)) in charges.into_iter().zip(&answer.lines).enumerate() {
        let sum = answered.taxes.iter().try_fold(0_i64, |sum, tax| {
            let same = tax.amount.currency == currency;
            if same {
                sum.checked_add(tax.amount.minor)
            } else {
                None
            }
        });
        let adds_up = answered.taxes.is_empty() || sum == Some(answered.tax.minor);
        if answered.tax.currency != currency || !adds_up {
            let line = index + 1;
            return Ok(Some(TaxMismatch::Sum { line, currency }));
        }
        own = own.plus(line.tax)?;
        theirs = theirs.plus(answered.tax)?;
    }
    let apart = theirs.minus(own)?.minor.unsigned_abs();
    let within = apart <= tolerance.unsigned_abs();
    Ok((!within).then_some(TaxMismatch::Amount { ours: own, theirs }))
}
