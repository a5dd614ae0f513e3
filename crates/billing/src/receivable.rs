//! What customers owe by how long it has been due, and what is given up of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Currency, CustomerId, Date, EntityId, Money, MoneyRefused, split_minor};

/// Something open on a customer's account: an invoice, or a credit below zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receivable {
    /// Whose books.
    pub entity: EntityId,
    /// Who owes it.
    pub customer: CustomerId,
    /// When it was to be paid.
    pub due: Date,
    /// How much; below zero for a credit that is not set off.
    pub open: Money,
}

/// The first days of the buckets after "not due": `[1, 31, 61, 91]` gives 1–30, 31–60, 61–90, over 90.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBuckets {
    from_days: Vec<u32>,
}

impl Default for AgeBuckets {
    fn default() -> Self {
        Self {
            from_days: vec![1, 31, 61, 91],
        }
    }
}

impl AgeBuckets {
    /// How many there are, with the one for what is not due.
    #[must_use]
    pub fn count(&self) -> usize {
        self.from_days.len() + 1
    }

    /// What the buckets are called.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let mut titles = vec!["not due".to_owned()];
        for (index, from) in self.from_days.iter().enumerate() {
            titles.push(match self.from_days.get(index + 1) {
                Some(next) => format!("{from}–{} days", next - 1),
                None => format!("over {} days", from.saturating_sub(1)),
            });
        }
        titles
    }

    /// Days past due, nothing before and on the day itself.
    #[must_use]
    pub fn days_late(due: Date, as_of: Date) -> u32 {
        let days = as_of.since(due).map_or(0, |span| span.get_days());
        u32::try_from(days).unwrap_or(0)
    }

    /// The bucket of something due on `due`, looked at on `as_of`.
    #[must_use]
    pub fn bucket(&self, due: Date, as_of: Date) -> usize {
        let late = Self::days_late(due, as_of);
        self.from_days.iter().filter(|from| late >= **from).count()
    }
}

/// What one customer owes in one entity and currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgedAccount {
    /// Whose books.
    pub entity: EntityId,
    /// The customer.
    pub customer: CustomerId,
    /// The currency.
    pub currency: Currency,
    /// By bucket, minor units.
    pub by_age: Vec<i64>,
    /// All of it, minor units.
    pub total: i64,
    /// The longest time that anything of it has been due.
    pub oldest_days: u32,
}

/// Sorts what is open by age, entity, customer and currency. Nothing is lost: the totals add up to
/// what was given.
///
/// # Errors
/// When a sum leaves 64 bits.
pub fn aged(
    items: &[Receivable],
    buckets: &AgeBuckets,
    as_of: Date,
) -> Result<Vec<AgedAccount>, MoneyRefused> {
    let mut accounts: BTreeMap<(EntityId, CustomerId, Currency), AgedAccount> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.open.is_zero()) {
        let key = (
            item.entity.clone(),
            item.customer.clone(),
            item.open.currency,
        );
        let account = accounts.entry(key).or_insert_with(|| AgedAccount {
            entity: item.entity.clone(),
            customer: item.customer.clone(),
            currency: item.open.currency,
            by_age: vec![0; buckets.count()],
            total: 0,
            oldest_days: 0,
        });
        let minor = item.open.minor;
        if let Some(sum) = account.by_age.get_mut(buckets.bucket(item.due, as_of)) {
            *sum = sum.checked_add(minor).ok_or(MoneyRefused::TooLarge)?;
        }
        account.total = account
            .total
            .checked_add(minor)
            .ok_or(MoneyRefused::TooLarge)?;
        if minor > 0 {
            let late = AgeBuckets::days_late(item.due, as_of);
            account.oldest_days = account.oldest_days.max(late);
        }
    }
    Ok(accounts.into_values().collect())
}

/// Why a part of a receivable is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteOffKind {
    /// The customer will not pay; an expense of the period.
    BadDebt,
    /// The customer will not pay; taken from what was set aside for that.
    Allowance,
    /// A small difference on a payment.
    SmallDifference,
}

impl WriteOffKind {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadDebt => "bad_debt",
            Self::Allowance => "allowance",
            Self::SmallDifference => "small_difference",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::BadDebt, Self::Allowance, Self::SmallDifference]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// What is given up of an invoice, in its parts. Loss and tax add up to the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenOff {
    /// Off the receivable; below zero when it comes back.
    pub amount: Money,
    /// Lost.
    pub loss: Money,
    /// Of the tax, relieved by the authority.
    pub tax: Money,
}

/// Why nothing is written off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteOffRefusal {
    /// Zero or less.
    #[error("{amount} is not above zero; what comes back after a write-off is a recovery")]
    NotPositive {
        /// What was asked.
        amount: Money,
    },
    /// More than is open.
    #[error("{asked} cannot be written off: {open} of the invoice is open")]
    MoreThanOpen {
        /// What was asked.
        asked: Money,
        /// What is open.
        open: Money,
    },
    /// More than was written off.
    #[error("{asked} cannot be recovered: {written_off} of the invoice is written off")]
    MoreThanWrittenOff {
        /// What was asked.
        asked: Money,
        /// What is written off.
        written_off: Money,
    },
    /// An amount cannot be kept, or currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
}

impl WriteOffRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPositive { .. } => "bad_amount",
            Self::MoreThanOpen { .. } => "write_off_exceeds_open",
            Self::MoreThanWrittenOff { .. } => "recovery_exceeds_write_off",
            Self::Money(_) => "amount_refused",
        }
    }
}

/// Gives up `amount` of an invoice of which `open` is open. With tax relief the tax in it, in the
/// proportion of the invoice, is not lost.
///
/// # Errors
/// When it is not above zero or more than is open.
pub fn write_off(
    amount: Money,
    open: Money,
    (net, tax): (Money, Money),
    tax_relief: bool,
) -> Result<WrittenOff, WriteOffRefusal> {
    if amount.minor <= 0 {
        return Err(WriteOffRefusal::NotPositive { amount });
    }
    if amount.minus(open)?.minor > 0 {
        return Err(WriteOffRefusal::MoreThanOpen {
            asked: amount,
            open,
        });
    }
    in_parts(amount, (net, tax), tax_relief)
}

/// Takes back `amount` of what was written off, in the parts in which it was: what is lost and what
/// was relieved of tax come back in proportion, and taking all of it back leaves nothing of either.
///
/// # Errors
/// When it is not above zero or more than is written off.
pub fn recover(amount: Money, written: WrittenOff) -> Result<WrittenOff, WriteOffRefusal> {
    if amount.minor <= 0 {
        return Err(WriteOffRefusal::NotPositive { amount });
    }
    if amount.minus(written.amount)?.minor > 0 {
        return Err(WriteOffRefusal::MoreThanWrittenOff {
            asked: amount,
            written_off: written.amount,
        });
    }
    let back = in_parts(amount, (written.loss, written.tax), true)?;
    Ok(WrittenOff {
        amount: back.amount.negated()?,
        loss: back.loss.negated()?,
        tax: back.tax.negated()?,
    })
}

fn in_parts(
    amount: Money,
    (net, tax): (Money, Money),
    tax_relief: bool,
) -> Result<WrittenOff, WriteOffRefusal> {
    let weight = |money: Money| u64::try_from(money.minor).unwrap_or(0);
    let relieved = if tax_relief && weight(tax) > 0 {
        let parts = split_minor(amount.minor, &[weight(net), weight(tax)])?;
        parts.get(1).copied().unwrap_or(0)
    } else {
        0
    };
    let relieved = Money::from_minor(relieved, amount.currency);
    Ok(WrittenOff {
        amount,
        loss: amount.minus(relieved)?,
        tax: relieved,
    })
}
