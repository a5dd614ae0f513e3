//! Statements from balances that are kept per account, currency and month: sums of thousands of
//! rows, never a scan of entries.

use crate::{AccountKind, Chart};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{AccountCode, Currency, Month};

/// What moved on one account in one month, of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceRow {
    /// The account.
    pub account: AccountCode,
    /// The currency.
    pub currency: Currency,
    /// The month of the accounting dates.
    pub month: Month,
    /// Sum of the debits, not negative, in minor units.
    pub debit: i64,
    /// Sum of the credits, not negative, in minor units.
    pub credit: i64,
}

/// One account and currency of the trial balance. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialBalanceRow {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: AccountKind,
    /// The measure of the tie-out that proves it.
    pub ties_out_with: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// At the start of the month; debit positive.
    pub opening: i64,
    /// Debits of the month.
    pub debit: i64,
    /// Credits of the month, not negative.
    pub credit: i64,
    /// At the end of the month; debit positive.
    pub closing: i64,
}

/// The sums of one currency. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialBalanceTotal {
    /// The currency.
    pub currency: Currency,
    /// Sum of the opening balances: zero in books that balance.
    pub opening: i64,
    /// Sum of the debits.
    pub debit: i64,
    /// Sum of the credits: equals the debits in books that balance.
    pub credit: i64,
    /// Sum of the closing balances: zero in books that balance.
    pub closing: i64,
}

impl TrialBalanceTotal {
    /// Whether debits equal credits and the balances add up to zero.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.opening == 0 && self.closing == 0 && self.debit == self.credit
    }
}

/// The trial balance of one entity and month: every account that ever moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialBalance {
    /// The month.
    pub month: Month,
    /// Sorted by account and currency.
    pub rows: Vec<TrialBalanceRow>,
    /// One a currency, sorted.
    pub totals: Vec<TrialBalanceTotal>,
}

/// Why a statement cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefusal {
    /// A balance is kept on an account that the chart does not have.
    #[error(
        "account {account} has a balance but is not in the chart; put it back before drawing statements"
    )]
    UnknownAccount {
        /// The account.
        account: AccountCode,
    },
    /// A sum does not fit 64 bits of minor units.
    #[error("the {currency} balances add up to more than 92 quadrillion minor units")]
    TooLarge {
        /// The currency.
        currency: Currency,
    },
}

/// Sums while adding up; wide, so that no partial sum overflows.
#[derive(Default, Clone, Copy)]
struct Sums {
    opening: i128,
    debit: i128,
    credit: i128,
}

impl Sums {
    fn closing(self) -> i128 {
        self.opening + self.debit - self.credit
    }
}

/// The trial balance for `month` from the balances of one entity, in any order; rows of later
/// months are left out.
///
/// # Errors
/// When a balance is on an account outside the chart, or a sum does not fit 64 bits.
pub fn trial_balance(
    balances: &[BalanceRow],
    chart: &Chart,
    month: Month,
) -> Result<TrialBalance, StatementRefusal> {
    let mut accounts: BTreeMap<(&AccountCode, Currency), Sums> = BTreeMap::new();
    let mut currencies: BTreeMap<Currency, Sums> = BTreeMap::new();
    for row in balances.iter().filter(|row| row.month <= month) {
        let account = accounts.entry((&row.account, row.currency)).or_default();
        for sums in [account, currencies.entry(row.currency).or_default()] {
            if row.month == month {
                sums.debit += i128::from(row.debit);
                sums.credit += i128::from(row.credit);
            } else {
                sums.opening += i128::from(row.debit) - i128::from(row.credit);
            }
        }
    }
    let mut rows = Vec::with_capacity(accounts.len());
    for ((code, currency), sums) in accounts {
        let account = chart
            .account(code)
            .ok_or_else(|| StatementRefusal::UnknownAccount {
                account: code.clone(),
            })?;
        rows.push(TrialBalanceRow {
            account: code.clone(),
            name: account.name.clone(),
            kind: account.kind,
            ties_out_with: account.ties_out_with.clone(),
            currency,
            opening: narrow(sums.opening, currency)?,
            debit: narrow(sums.debit, currency)?,
            credit: narrow(sums.credit, currency)?,
            closing: narrow(sums.closing(), currency)?,
        });
    }
    let mut totals = Vec::with_capacity(currencies.len());
    for (currency, sums) in currencies {
        totals.push(TrialBalanceTotal {
            currency,
            opening: narrow(sums.opening, currency)?,
            debit: narrow(sums.debit, currency)?,
            credit: narrow(sums.credit, currency)?,
            closing: narrow(sums.closing(), currency)?,
        });
    }
    Ok(TrialBalance {
        month,
        rows,
        totals,
    })
}

fn narrow(sum: i128, currency: Currency) -> Result<i64, StatementRefusal> {
    i64::try_from(sum).map_err(|_| StatementRefusal::TooLarge { currency })
}

/// A balance as statements show it: positive when the account stands on its natural side. `balance`
/// is debit positive. Nothing for the one amount that has no opposite in 64 bits.
#[must_use]
pub fn natural(kind: AccountKind, balance: i64) -> Option<i64> {
    if kind.is_debit_natured() {
        Some(balance)
    } else {
        balance.checked_neg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, month: &str, debit: i64, credit: i64) -> BalanceRow {
        BalanceRow {
            account: account.parse().unwrap(),
            currency: Currency::USD,
            month: month.parse().unwrap(),
            debit,
            credit,
        }
    }

    #[test]
    fn the_trial_balance_opens_moves_and_closes() {
        let balances = [
            row("1100", "2026-01", 12_000, 0),
            row("2400", "2026-01", 0, 12_000),
            row("2400", "2026-02", 1_000, 0),
            row("4000", "2026-02", 0, 1_000),
            row("4000", "2026-03", 0, 1_000),
            row("2400", "2026-03", 1_000, 0),
        ];
        let chart = Chart::standard().unwrap();
        let statement = trial_balance(&balances, &chart, "2026-02".parse().unwrap()).unwrap();
        let shown: Vec<_> = statement
            .rows
            .iter()
            .map(|r| (r.account.as_str(), r.opening, r.debit, r.credit, r.closing))
            .collect();
        assert_eq!(
            shown,
            [
                ("1100", 12_000, 0, 0, 12_000),
                ("2400", -12_000, 1_000, 0, -11_000),
                ("4000", 0, 0, 1_000, -1_000),
            ]
        );
        assert!(statement.totals.iter().all(TrialBalanceTotal::balances));
        assert_eq!(natural(statement.rows[2].kind, -1_000), Some(1_000));
        assert_eq!(natural(AccountKind::Asset, 5), Some(5));
    }

    #[test]
    fn a_balance_outside_the_chart_is_refused() {
        let chart = Chart::standard().unwrap();
        let month = "2026-01".parse().unwrap();
        let refusal = trial_balance(&[row("9999", "2026-01", 1, 1)], &chart, month).unwrap_err();
        assert!(refusal.to_string().contains("9999"));
    }

    #[test]
    fn books_that_do_not_balance_are_seen() {
        let chart = Chart::standard().unwrap();
        let month = "2026-01".parse().unwrap();
        let statement = trial_balance(&[row("1100", "2026-01", 1, 0)], &chart, month).unwrap();
        assert!(!statement.totals[0].balances());
    }
}
