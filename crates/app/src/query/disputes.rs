//! Disputed invoices with their terms, as the list of those who decide them.

use super::work_lists::values_of;
use crate::App;
use crate::fault::AppFault;
use crate::view::{DisputeRow, Page};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, exceptions, work_lists};
use values::{Instant, Money};

/// A dispute with the term of its exception.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DisputeLine {
    /// The dispute.
    pub row: DisputeRow,
    /// When it has to be decided; absent once it is.
    pub due: Option<Instant>,
    /// Whether that has passed.
    pub overdue: bool,
    /// Who has it in hand: the person, else the role.
    pub with: String,
}

/// A page of disputes, and what all of them come to.
#[derive(Debug, Clone)]
pub struct DisputeSheet {
    /// The page: open ones or decided ones, the newest first.
    pub page: Page<DisputeLine>,
    /// How many are open.
    pub open: i64,
    /// How many of those are past their term.
    pub overdue: i64,
    /// How many are decided.
    pub decided: i64,
    /// What all disputes of the page's kind come to, one amount a currency.
    pub value: Vec<Money>,
}

impl App {
    /// Disputes with their terms: those that are open, or those that are decided.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn dispute_lines(
        &self,
        decided: bool,
        cursor: Option<&str>,
    ) -> Result<DisputeSheet, AppFault> {
        let status = if decided { "closed" } else { "open" };
        let rows = self.disputes(Some(status), cursor)?;
        let now = self.clock().now();
        self.store().read(move |tx| {
            let mut items = Vec::with_capacity(rows.items.len());
            for row in rows.items {
                items.push(line(tx, now, row)?);
            }
            let sums = work_lists::disputed(tx, now.microseconds())?;
            let of = |status: &str| {
                let rows = sums.iter().filter(|sum| sum.status == status);
                rows.map(|sum| sum.amount.clone()).collect::<Vec<_>>()
            };
            let count = |status| of(status).iter().map(|amount| amount.count).sum();
            Ok(DisputeSheet {
                page: Page {
                    items,
                    next: rows.next,
                },
                open: count("open"),
                overdue: sums.iter().map(|sum| sum.overdue).sum(),
                decided: count("closed"),
                value: values_of(&of(status))?,
            })
        })
    }
}

fn line(tx: &mut Tx<'_>, now: Instant, row: DisputeRow) -> Result<DisputeLine, AppFault> {
    let case = match row.status.as_str() {
        "open" => exceptions::exception(tx, &row.exception)?,
        _ => None,
    };
    let due = case
        .as_ref()
        .map(|case| Instant::from_microseconds(case.due));
    let assignee = case.filter(|case| !case.assignee.is_empty());
    Ok(DisputeLine {
        due,
        overdue: due.is_some_and(|due| due < now),
        with: assignee.map_or_else(|| row.owner.clone(), |case| case.assignee),
        row,
    })
}
