//! Journals that a person or another system enters by hand, without a posting rule.

use crate::chart::lines as write_lines;
use crate::journal::differences;
use crate::{Chart, Dimensions, JournalDraft, JournalLine};
use events::EnteredLine;
use std::fmt;
use values::{AccountCode, Currency, Date, Decimal, EntityId};

/// The rule name of a journal that was entered.
pub const MANUAL_RULE: &str = "manual";

/// One thing wrong with an entered journal. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryProblem {
    /// There is nothing to balance.
    #[error(
        "a journal needs at least 2 lines and this one has {count}; add the account on the other side"
    )]
    TooFewLines {
        /// How many there are.
        count: usize,
    },
    /// A line moves nothing.
    #[error(
        "line {line} (account {account}): the amount is zero; leave the line out or write its amount"
    )]
    ZeroAmount {
        /// Which line.
        line: usize,
        /// Its account.
        account: AccountCode,
    },
    /// A line names an account that the chart does not have.
    #[error(
        "line {line}: account {account} is not in the chart of accounts; add it there or choose another"
    )]
    UnknownAccount {
        /// Which line.
        line: usize,
        /// Its account.
        account: AccountCode,
    },
    /// Debits and credits differ.
    #[error("debits less credits are {difference} {currency}; they must be zero in each currency")]
    OutOfBalance {
        /// The currency that does not balance.
        currency: Currency,
        /// Debits less credits in major units.
        difference: Decimal,
    },
    /// A sum does not fit 64 bits.
    #[error("the {currency} amounts add up to more than can be kept; split the journal")]
    TooLarge {
        /// The currency.
        currency: Currency,
    },
}

/// An entered journal that cannot be taken, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRefusal {
    /// At least one.
    pub problems: Vec<EntryProblem>,
}

impl fmt::Display for EntryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.problems)
    }
}

impl std::error::Error for EntryRefusal {}

/// The journal of `lines`, as entered: positive amounts are debits, and the order is kept.
///
/// # Errors
/// When it does not balance in every currency, has fewer than two lines, a zero line or an unknown
/// account; all problems are named at once.
pub fn enter(
    entity: &EntityId,
    date: Date,
    lines: &[EnteredLine],
    chart: &Chart,
) -> Result<JournalDraft, EntryRefusal> {
    let mut problems = Vec::new();
    if lines.len() < 2 {
        problems.push(EntryProblem::TooFewLines { count: lines.len() });
    }
    let mut entered = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let (number, account) = (index + 1, line.account.clone());
        if chart.account(&account).is_none() {
            problems.push(EntryProblem::UnknownAccount {
                line: number,
                account: account.clone(),
            });
        }
        if line.amount.is_zero() {
            problems.push(EntryProblem::ZeroAmount {
                line: number,
                account: account.clone(),
            });
        }
        entered.push(JournalLine {
            account,
            amount: line.amount.minor,
            currency: line.amount.currency,
            dimensions: Dimensions::default(),
        });
    }
    balance(&entered, &mut problems);
    if problems.is_empty() {
        Ok(JournalDraft {
            entity: entity.clone(),
            date,
            rule: MANUAL_RULE.to_owned(),
            rule_version: 0,
            lines: entered,
        })
    } else {
        Err(EntryRefusal { problems })
    }
}

/// Names every currency in which the lines do not add up to zero, or whose debits do not fit.
fn balance(lines: &[JournalLine], problems: &mut Vec<EntryProblem>) {
    for (currency, difference) in differences(lines) {
        problems.push(
            match Decimal::try_from_i128_with_scale(difference, currency.exponent()) {
                Ok(difference) => EntryProblem::OutOfBalance {
                    currency,
                    difference,
                },
                Err(_) => EntryProblem::TooLarge { currency },
            },
        );
    }
    let mut debits: Vec<(Currency, i128)> = Vec::new();
    for line in lines.iter().filter(|line| line.amount > 0) {
        match debits
            .iter_mut()
            .find(|(currency, _)| *currency == line.currency)
        {
            Some((_, sum)) => *sum += i128::from(line.amount),
            None => debits.push((line.currency, i128::from(line.amount))),
        }
    }
    for (currency, sum) in debits {
        if i64::try_from(sum).is_err() {
            problems.push(EntryProblem::TooLarge { currency });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use values::{Money, parse_date};

    fn line(account: &str, amount: &str, currency: Currency) -> EnteredLine {
        EnteredLine {
            account: account.parse().unwrap(),
            amount: Money::parse(amount, currency).unwrap(),
        }
    }

    fn entered(lines: &[EnteredLine]) -> Result<JournalDraft, EntryRefusal> {
        let date = parse_date("2026-03-31").unwrap();
        enter(
            &"US".parse().unwrap(),
            date,
            lines,
            &Chart::standard().unwrap(),
        )
    }

    #[test]
    fn a_balanced_journal_is_taken_as_entered() {
        let draft = entered(&[
            line("6900", "12.50", Currency::EUR),
            line("1150", "-12.50", Currency::EUR),
            line("1000", "-3.00", Currency::USD),
            line("6100", "3.00", Currency::USD),
        ])
        .unwrap();
        let accounts: Vec<_> = draft.lines.iter().map(|l| l.account.as_str()).collect();
        assert_eq!(accounts, ["6900", "1150", "1000", "6100"]);
        assert_eq!((draft.rule.as_str(), draft.rule_version), ("manual", 0));
        assert_eq!(draft.totals().unwrap().len(), 2);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let refusal = entered(&[
            line("6900", "12.50", Currency::EUR),
            line("1151", "-12.40", Currency::EUR),
            line("1000", "0", Currency::USD),
        ])
        .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "line 2: account 1151 is not in the chart of accounts; add it there or choose another\n\
             line 3 (account 1000): the amount is zero; leave the line out or write its amount\n\
             debits less credits are 0.10 EUR; they must be zero in each currency"
        );
    }

    #[test]
    fn two_currencies_never_balance_each_other() {
        let refusal = entered(&[
            line("6900", "1.00", Currency::EUR),
            line("1150", "-1.00", Currency::USD),
        ])
        .unwrap_err();
        assert_eq!(refusal.problems.len(), 2);
        assert!(
            entered(&[])
                .unwrap_err()
                .to_string()
                .contains("at least 2 lines")
        );
    }

    #[test]
    fn sums_beyond_64_bits_are_refused_in_words() {
        let huge = |account: &str, minor| EnteredLine {
            account: account.parse().unwrap(),
            amount: Money::from_minor(minor, Currency::EUR),
        };
        let refusal = entered(&[
            huge("1000", i64::MAX),
            huge("1000", i64::MAX),
            huge("1010", -i64::MAX),
            huge("1010", -i64::MAX),
        ])
        .unwrap_err();
        assert!(
            refusal.to_string().contains("split the journal"),
            "{refusal}"
        );
    }
}
