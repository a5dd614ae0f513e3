//! Closing balances from our balance table: one row an account, currency and month, so this stays
//! small however many journals there are.

use super::{ExportFault, account};
use crate::fault::stored_value;
use ledger::Chart;
use ledger::export::ExportBalance;
use std::collections::BTreeMap;
use store::journals::BalanceRow;
use values::{Money, Month};

/// What one account moved and where it stands, in one currency.
pub(super) struct Closing {
    /// Sum of all debits.
    pub debit: Money,
    /// Sum of all credits, positive.
    pub credit: Money,
    /// The account and its balance at the end.
    pub balance: ExportBalance,
}

/// The balances at the end of each month in which they changed, and at the end of all.
pub(super) struct Closings {
    /// One an entity, account and currency, in that order.
    pub all: Vec<Closing>,
    /// What moved in a month, as it stood at the end of that month.
    pub by_month: BTreeMap<Month, Vec<ExportBalance>>,
}

impl Closings {
    /// From rows sorted by entity, account, currency and month.
    pub(super) fn of(chart: &Chart, rows: &[BalanceRow]) -> Result<Closings, ExportFault> {
        let mut closings = Closings {
            all: Vec::new(),
            by_month: BTreeMap::new(),
        };
        let same = |a: &BalanceRow, b: &BalanceRow| {
            a.entity == b.entity && a.account == b.account && a.currency == b.currency
        };
        for moves in rows.chunk_by(same) {
            closings.add(chart, moves)?;
        }
        Ok(closings)
    }

    /// Adds the months of one account and currency.
    fn add(&mut self, chart: &Chart, moves: &[BalanceRow]) -> Result<(), ExportFault> {
        let Some(first) = moves.first() else {
            return Ok(());
        };
        let account = account(chart, &first.account)?;
        let currency = stored_value("currency", &first.currency)?;
        let zero = Money::zero(currency);
        let mut closing = Closing {
            debit: zero,
            credit: zero,
            balance: ExportBalance {
                entity: stored_value("entity id", &first.entity)?,
                account: account.code.clone(),
                name: account.name.clone(),
                kind: account.kind,
                balance: zero,
            },
        };
        for row in moves {
            let debit = Money::from_minor(row.debit, currency);
            let credit = Money::from_minor(row.credit, currency);
            closing.debit = closing.debit.plus(debit)?;
            closing.credit = closing.credit.plus(credit)?;
            closing.balance.balance = closing.balance.balance.plus(debit)?.minus(credit)?;
            let month: Month = stored_value("month", &row.month)?;
            let ended = self.by_month.entry(month).or_default();
            ended.push(closing.balance.clone());
        }
        self.all.push(closing);
        Ok(())
    }

    /// Every account with its balance at the end of all.
    pub(super) fn at_the_end(&self) -> Vec<ExportBalance> {
        self.all
            .iter()
            .map(|closing| closing.balance.clone())
            .collect()
    }

    /// The first and the last month in which anything moved.
    pub(super) fn span(&self) -> Option<(Month, Month)> {
        let (first, _) = self.by_month.first_key_value()?;
        let (last, _) = self.by_month.last_key_value()?;
        Some((*first, *last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, month: &str, debit: i64, credit: i64) -> BalanceRow {
        BalanceRow {
            entity: "US".to_owned(),
            account: account.to_owned(),
            currency: "USD".to_owned(),
            month: month.to_owned(),
            debit,
            credit,
        }
    }

    #[test]
    fn a_balance_carries_over_months_in_which_nothing_moved() {
        let chart = Chart::standard().unwrap();
        let rows = [
            row("1100", "2026-01", 500, 200),
            row("1100", "2026-04", 0, 50),
            row("2400", "2026-01", 200, 500),
        ];
        let closings = Closings::of(&chart, &rows).unwrap();
        let minor = |month: &str| -> Vec<i64> {
            let moved = &closings.by_month[&month.parse().unwrap()];
            moved.iter().map(|row| row.balance.minor).collect()
        };
        assert_eq!(minor("2026-01"), [300, -300]);
        assert_eq!(minor("2026-04"), [250]);
        assert_eq!(closings.all.len(), 2);
        assert_eq!(closings.all[0].debit.minor, 500);
        assert_eq!(closings.all[0].credit.minor, 250);
        let (first, last) = closings.span().unwrap();
        assert_eq!(
            (first.to_string(), last.to_string()),
            ("2026-01".to_owned(), "2026-04".to_owned())
        );
    }

    #[test]
    fn an_account_outside_the_chart_is_named() {
        let chart = Chart::standard().unwrap();
        let refused = Closings::of(&chart, &[row("9999", "2026-01", 1, 0)])
            .err()
            .unwrap();
        assert!(refused.to_string().contains("9999"), "{refused}");
    }
}
