//! Prepaid credit as a list: what was granted to whom, what is left, and which invoices used it.

use super::cursor::{self, ROWS_TO_ASK};
use super::{customer_name, money, some};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::view::Page;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::Tx;
use store::collection::{self, GrantRow, UseRow};
use values::{Date, Instant, Money};

const LIST: &str = "prepaid_credits";

/// A grant of prepaid credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreditGrantView {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub customer: String,
    /// Its name.
    pub customer_name: String,
    /// Legal entity whose invoices it pays.
    pub entity: String,
    /// `paid` where a payment bought it, `free` where it was given.
    pub source: String,
    /// The payment that bought it.
    pub payment: Option<String>,
    /// What was granted.
    pub amount: Money,
    /// What is left of it.
    pub left: Money,
    /// Lower is used first.
    pub priority: i64,
    /// First day on which it can be used.
    pub from: Date,
    /// Last day; for ever when absent.
    pub until: Option<Date>,
    /// Why it was granted.
    pub reason: String,
    /// When it was granted.
    pub granted: Instant,
    /// What used it, the oldest first.
    pub uses: Vec<CreditUseView>,
}

/// What an invoice used of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreditUseView {
    /// The invoice.
    pub invoice: String,
    /// Its number.
    pub number: String,
    /// How much; below zero where it came back to the grant.
    pub amount: Money,
    /// When.
    pub time: Instant,
}

impl App {
    /// Grants of prepaid credit, the newest first: those of a customer, or all of them.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn credit_grants(
        &self,
        customer: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Page<CreditGrantView>, AppFault> {
        let customer = customer.unwrap_or_default().to_owned();
        let (time, id) = cursor::newest(LIST, cursor)?;
        self.store().read(move |tx| {
            let rows = collection::grants_newest(tx, &customer, (time, &id), ROWS_TO_ASK)?;
            let (rows, next) = cursor::cut(rows, |row| cursor::of_newest(LIST, row.time, &row.id));
            let items = shown(tx, rows)?;
            Ok(Page { items, next })
        })
    }
}

/// Grants with what used them.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    rows: Vec<GrantRow>,
) -> Result<Vec<CreditGrantView>, AppFault> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut uses: BTreeMap<String, Vec<(UseRow, String)>> = BTreeMap::new();
    for used in collection::uses_of_grants(tx, &ids)? {
        uses.entry(used.0.grant_id.clone()).or_default().push(used);
    }
    rows.into_iter()
        .map(|row| {
            let used = uses.remove(&row.id).unwrap_or_default();
            show(tx, row, used)
        })
        .collect()
}

fn show(
    tx: &mut Tx<'_>,
    row: GrantRow,
    used: Vec<(UseRow, String)>,
) -> Result<CreditGrantView, AppFault> {
    let uses = used
        .into_iter()
        .map(|(one, number)| {
            Ok(CreditUseView {
                invoice: one.document,
                number,
                amount: money(one.amount, &row.currency)?,
                time: Instant::from_microseconds(one.time),
            })
        })
        .collect::<Result<Vec<_>, AppFault>>()?;
    Ok(CreditGrantView {
        customer_name: customer_name(tx, &row.customer)?,
        amount: money(row.amount, &row.currency)?,
        left: money(row.remaining, &row.currency)?,
        from: stored_value("date", &row.first_day)?,
        until: some(row.last_day)
            .map(|day| stored_value("date", &day))
            .transpose()?,
        payment: some(row.payment),
        granted: Instant::from_microseconds(row.time),
        id: row.id,
        customer: row.customer,
        entity: row.entity,
        source: row.source,
        priority: row.priority,
        reason: row.reason,
        uses,
    })
}
