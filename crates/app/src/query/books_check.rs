//! The books checked against themselves: balances against the lines they were folded from, each
//! journal against zero, and the whole of each entity's books against zero.

use super::money;
use crate::App;
use crate::fault::AppFault;
use serde::Serialize;
use std::collections::BTreeMap;
use store::Tx;
use store::journals::{self, BalanceRow};
use values::Money;

/// What the check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BooksReport {
    /// Journals checked.
    pub journals: i64,
    /// How many of them were entered by hand.
    pub manual: i64,
    /// Balances checked, one an entity, account, currency and month.
    pub balances: usize,
    /// Everything that is wrong; empty when the books are sound.
    pub problems: Vec<BooksProblem>,
}

/// Something that cannot be in sound books. Amounts are debit positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum BooksProblem {
    /// A kept balance is not the sum of its lines.
    #[error(
        "{entity} account {account} in {month}: the balance says {kept}, the lines come to {folded}"
    )]
    BalanceDiffers {
        /// Legal entity.
        entity: String,
        /// Account.
        account: String,
        /// Month.
        month: String,
        /// Debits less credits as kept.
        kept: Money,
        /// Debits less credits of the lines.
        folded: Money,
    },
    /// A journal does not balance in a currency.
    #[error("journal {journal} is out of balance by {difference}")]
    JournalUnbalanced {
        /// The journal.
        journal: String,
        /// Debits less credits.
        difference: Money,
    },
    /// All balances of an entity and currency do not come to zero.
    #[error("the books of {entity} are out of balance by {difference}")]
    BooksUnbalanced {
        /// Legal entity.
        entity: String,
        /// Debits less credits.
        difference: Money,
    },
    /// A journal names an event that is not in the log.
    #[error("journal {journal} names event {event}, which is not in the log")]
    EventMissing {
        /// The journal.
        journal: String,
        /// The event.
        event: String,
    },
}

/// Checks the books of every entity.
///
/// # Errors
/// When the store fails. What is wrong with the books is in the report.
pub fn verify_books(tx: &mut Tx<'_>) -> Result<BooksReport, AppFault> {
    let mut problems = Vec::new();
    let kept = by_key(journals::balances(tx, "")?);
    let folded = by_key(journals::balances_from_lines(tx)?);
    for (key, (debit, credit)) in &kept {
        let lines = folded.get(key).copied().unwrap_or_default();
        if (*debit, *credit) != lines {
            problems.push(differs(key, (*debit, *credit), lines)?);
        }
    }
    for (key, lines) in &folded {
        if !kept.contains_key(key) {
            problems.push(differs(key, (0, 0), *lines)?);
        }
    }
    for (journal, currency, difference) in journals::unbalanced(tx)? {
        let difference = money(difference, &currency)?;
        problems.push(BooksProblem::JournalUnbalanced {
            journal,
            difference,
        });
    }
    let mut wholes: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for ([entity, _, currency, _], (debit, credit)) in &kept {
        let sum = wholes.entry((entity, currency)).or_default();
        let moved = debit.checked_sub(*credit);
        *sum = moved
            .and_then(|moved| sum.checked_add(moved))
            .ok_or(values::MoneyRefused::TooLarge)?;
    }
    for ((entity, currency), sum) in wholes.into_iter().filter(|(_, sum)| *sum != 0) {
        problems.push(BooksProblem::BooksUnbalanced {
            entity: entity.to_owned(),
            difference: money(sum, currency)?,
        });
    }
    for (journal, event) in journals::without_event(tx)? {
        problems.push(BooksProblem::EventMissing { journal, event });
    }
    let (count, manual) = journals::counts(tx)?;
    Ok(BooksReport {
        journals: count,
        manual,
        balances: kept.len(),
        problems,
    })
}

impl App {
    /// As [`verify_books`].
    ///
    /// # Errors
    /// As [`verify_books`].
    pub fn verify_books(&self) -> Result<BooksReport, AppFault> {
        self.store().read(verify_books)
    }
}

/// Entity, account, currency, month.
type Key = [String; 4];

fn by_key(rows: Vec<BalanceRow>) -> BTreeMap<Key, (i64, i64)> {
    rows.into_iter()
        .map(|row| {
            let key = [row.entity, row.account, row.currency, row.month];
            (key, (row.debit, row.credit))
        })
        .collect()
}

fn differs(key: &Key, kept: (i64, i64), lines: (i64, i64)) -> Result<BooksProblem, AppFault> {
    let [entity, account, currency, month] = key;
    Ok(BooksProblem::BalanceDiffers {
        entity: entity.clone(),
        account: account.clone(),
        month: month.clone(),
        kept: money(kept.0.saturating_sub(kept.1), currency)?,
        folded: money(lines.0.saturating_sub(lines.1), currency)?,
    })
}
