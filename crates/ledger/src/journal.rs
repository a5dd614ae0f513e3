//! A journal before it is recorded: balanced, whole, and never changed afterwards.

use crate::PostingRefusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{AccountCode, ContractId, Currency, CustomerId, Date, EntityId, Money, ProductCode};

/// The rule name of a journal that reverses another.
pub const REVERSAL_RULE: &str = "reversal";

/// What journal lines can be kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Whom it concerns.
    Customer,
    /// Which deal.
    Contract,
    /// What was sold.
    Product,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Dimension; 3] = [Dimension::Customer, Dimension::Contract, Dimension::Product];

    /// The word that rules use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Customer => "customer",
            Dimension::Contract => "contract",
            Dimension::Product => "product",
        }
    }
}

/// The dimensions of one line; what is absent is not kept apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimensions {
    /// Whom it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Which deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// What was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductCode>,
}

/// The dimensions of what is posted, where they stand: nothing is copied until there is a line for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DimensionsOf<'e> {
    /// Whom it concerns.
    pub customer: Option<&'e CustomerId>,
    /// Which deal.
    pub contract: Option<&'e ContractId>,
    /// What was sold.
    pub product: Option<&'e ProductCode>,
}

impl DimensionsOf<'_> {
    /// Only the dimensions in `keep`.
    #[must_use]
    pub fn only(self, keep: &[Dimension]) -> Self {
        let kept = |dimension| keep.contains(&dimension);
        Self {
            customer: self.customer.filter(|_| kept(Dimension::Customer)),
            contract: self.contract.filter(|_| kept(Dimension::Contract)),
            product: self.product.filter(|_| kept(Dimension::Product)),
        }
    }

    /// The same dimensions, to be kept.
    #[must_use]
    pub fn cloned(self) -> Dimensions {
        Dimensions {
            customer: self.customer.cloned(),
            contract: self.contract.cloned(),
            product: self.product.cloned(),
        }
    }
}

/// One line of a journal; its amount is never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLine {
    /// The account.
    pub account: AccountCode,
    /// Whole minor units of `currency`; a debit is positive, a credit negative.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What the line is kept apart by.
    #[serde(default)]
    pub dimensions: Dimensions,
}

/// A journal to be recorded. Its lines add up to zero in every currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalDraft {
    /// Whose books.
    pub entity: EntityId,
    /// Accounting date.
    pub date: Date,
    /// The rule that made it; `manual` or `reversal` when no posting rule did.
    pub rule: String,
    /// Version of the rule; 0 when no posting rule made it.
    pub rule_version: u32,
    /// At least two.
    pub lines: Vec<JournalLine>,
}

impl JournalDraft {
    /// The sum of debits in each currency, sorted by currency; equals the sum of credits.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits of minor units.
    pub fn totals(&self) -> Result<Vec<Money>, PostingRefusal> {
        let mut totals: Vec<Money> = Vec::new();
        for line in self.lines.iter().filter(|line| line.amount > 0) {
            match totals.iter_mut().find(|t| t.currency == line.currency) {
                Some(total) => {
                    total.minor = total
                        .minor
                        .checked_add(line.amount)
                        .ok_or(PostingRefusal::TooLarge)?;
                }
                None => totals.push(Money::from_minor(line.amount, line.currency)),
            }
        }
        totals.sort_by_key(|total| total.currency);
        Ok(totals)
    }

    /// The journal with the lines of one account, currency, product and side added up, in the order in
    /// which each first stands. The journal of a document that spans tens of thousands of contracts is then
    /// as short as that of one: what belongs to which contract stands on the lines of the document. Debits
    /// and credits stay apart, so turnovers are what they were.
    ///
    /// # Errors
    /// [`PostingRefusal::TooLarge`] when a sum does not fit 64 bits of minor units.
    pub fn summarised(mut self) -> Result<JournalDraft, PostingRefusal> {
        let mut places = BTreeMap::new();
        let place = |line| {
            let next = places.len();
            *places.entry(kept_apart(line)).or_insert(next)
        };
        let places: Vec<usize> = self.lines.iter().map(place).collect();
        let lines = std::mem::take(&mut self.lines);
        for (line, place) in lines.into_iter().zip(places) {
            match self.lines.get_mut(place) {
                Some(known) => known.add(&line)?,
                None => self.lines.push(line),
            }
        }
        Ok(self)
    }
}

/// What lines are kept apart by in the books.
fn kept_apart(line: &JournalLine) -> (&AccountCode, Currency, Option<&ProductCode>, bool) {
    let product = line.dimensions.product.as_ref();
    (&line.account, line.currency, product, line.amount > 0)
}

impl JournalLine {
    /// Adds a line that is not kept apart from this one. Of several customers or contracts it is of none.
    fn add(&mut self, more: &JournalLine) -> Result<(), PostingRefusal> {
        let sum = self.amount.checked_add(more.amount);
        self.amount = sum.ok_or(PostingRefusal::TooLarge)?;
        let (own, more) = (&mut self.dimensions, &more.dimensions);
        own.customer
            .take_if(|it| more.customer.as_ref() != Some(it));
        own.contract
            .take_if(|it| more.contract.as_ref() != Some(it));
        Ok(())
    }
}

/// What is left over in each currency that does not add up to zero: debits less credits.
pub(crate) fn differences(lines: &[JournalLine]) -> Vec<(Currency, i128)> {
    let mut sums: Vec<(Currency, i128)> = Vec::new();
    for line in lines {
        let amount = i128::from(line.amount);
        match sums
            .iter_mut()
            .find(|(currency, _)| *currency == line.currency)
        {
            Some((_, sum)) => *sum += amount,
            None => sums.push((line.currency, amount)),
        }
    }
    sums.retain(|(_, sum)| *sum != 0);
    sums.sort_by_key(|(currency, _)| *currency);
    sums
}

/// The journal that undoes `journal` on `date`: the same lines on the other side. The balances of
/// every account and dimension are afterwards what they were before `journal`.
///
/// # Errors
/// Only for the one amount that has no opposite in 64 bits.
pub fn reverse(journal: &JournalDraft, date: Date) -> Result<JournalDraft, PostingRefusal> {
    let mut lines = journal.lines.clone();
    for line in &mut lines {
        line.amount = line.amount.checked_neg().ok_or(PostingRefusal::TooLarge)?;
    }
    Ok(JournalDraft {
        entity: journal.entity.clone(),
        date,
        rule: REVERSAL_RULE.to_owned(),
        rule_version: 0,
        lines,
    })
}
