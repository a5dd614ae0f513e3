//! Prepaid credits: what a customer has bought or been given in advance, used on invoices by priority
//! and then by the day on which it ends. An invoice never goes below zero by them.

use serde::{Deserialize, Serialize};
use values::{Date, Money, MoneyRefused};

/// Where credit comes from; it decides how it is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantSource {
    /// Bought: owed to the customer until it is used or ends.
    Paid,
    /// Given: a reduction of the price when it is used.
    Free,
}

impl GrantSource {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Free => "free",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Paid, Self::Free]
            .into_iter()
            .find(|source| source.as_str() == word)
    }
}

/// A grant of credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its identity.
    pub id: String,
    /// Lower goes first.
    pub priority: u32,
    /// Where it comes from.
    pub source: GrantSource,
    /// First day on which it can be used.
    pub from: Date,
    /// Last day on which it can be used; for ever when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// What is left of it.
    pub left: Money,
}

/// Credit used on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The grant.
    pub grant: String,
    /// How much, above zero.
    pub amount: Money,
}

/// What is used of `grants` on an invoice of which `open` is open, on `day`: by priority, then what
/// ends first, then by id. Grants in another currency, not begun, ended or used up are left alone.
///
/// # Errors
/// Never for amounts that can be kept.
pub fn consume(open: Money, grants: &[Grant], day: Date) -> Result<Vec<Use>, MoneyRefused> {
    let mut usable: Vec<&Grant> = grants
        .iter()
        .filter(|grant| grant.left.currency == open.currency && grant.left.minor > 0)
        .filter(|grant| grant.from <= day && grant.until.is_none_or(|until| until >= day))
        .collect();
    usable.sort_by(|one, other| order(one).cmp(&order(other)));
    let mut uses = Vec::new();
    let mut left = open.minor.max(0);
    for grant in usable {
        let amount = left.min(grant.left.minor);
        if amount == 0 {
            break;
        }
        left -= amount;
        uses.push(Use {
            grant: grant.id.clone(),
            amount: Money::from_minor(amount, open.currency),
        });
    }
    Ok(uses)
}

fn order(grant: &Grant) -> (u32, Date, &str) {
    (grant.priority, grant.until.unwrap_or(Date::MAX), &grant.id)
}

/// Which uses go back, and how much of each, when `amount` of what credit paid on an invoice is not
/// owed any more: what was used last goes back first.
///
/// # Errors
/// Never for amounts that can be kept.
pub fn give_back(amount: Money, used: &[Use]) -> Result<Vec<Use>, MoneyRefused> {
    let mut left = amount.minor.max(0);
    let mut back = Vec::new();
    for one in used.iter().rev() {
        let taken = left.min(one.amount.minor.max(0));
        if taken == 0 {
            continue;
        }
        left -= taken;
        back.push(Use {
            grant: one.grant.clone(),
            amount: Money::from_minor(taken, amount.currency),
        });
    }
    Ok(back)
}

/// What ends on or before `day` and is not used up: it is earned without having been used.
#[must_use]
pub fn ended(grants: &[Grant], day: Date) -> Vec<&Grant> {
    grants
        .iter()
        .filter(|grant| grant.left.minor > 0 && grant.until.is_some_and(|until| until < day))
        .collect()
}
