//! What should have happened and has not: which accounts were not created, which subscriptions did
//! not begin, which invoices are not in the outside ledger, which payments are not matched, which
//! revenue waits for a correction. Each with age, value and cause.

use super::super::words::age;
use super::super::{customer_name, money, some};
use crate::App;
use crate::fault::AppFault;
use crate::view::OutstandingRow;
use store::Tx;
use store::exceptions::outstanding as rows;
use values::Instant;

/// Rows of one list.
const MOST: i64 = 500;

/// What has not happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outstanding {
    /// Customers that the outside ledger does not have yet.
    Accounts,
    /// Orders that did not become a contract in force.
    Subscriptions,
    /// Invoices that the books or the outside ledger do not have yet.
    Invoices,
    /// Payments that are set against no invoice.
    Payments,
    /// Revenue that could not be posted or delivered.
    Revenue,
}

impl Outstanding {
    /// Every list.
    pub const ALL: [Outstanding; 5] = [
        Outstanding::Accounts,
        Outstanding::Subscriptions,
        Outstanding::Invoices,
        Outstanding::Payments,
        Outstanding::Revenue,
    ];

    /// The word in paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outstanding::Accounts => "accounts",
            Outstanding::Subscriptions => "subscriptions",
            Outstanding::Invoices => "invoices",
            Outstanding::Payments => "payments",
            Outstanding::Revenue => "revenue",
        }
    }

    /// The question it answers.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Outstanding::Accounts => "Accounts not created in the outside ledger",
            Outstanding::Subscriptions => "Subscriptions that did not begin",
            Outstanding::Invoices => "Invoices not posted or not in the outside ledger",
            Outstanding::Payments => "Payments not matched with an invoice",
            Outstanding::Revenue => "Revenue that waits for a correction",
        }
    }

    /// Reads the word of a path.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Outstanding> {
        Outstanding::ALL
            .into_iter()
            .find(|list| list.as_str() == word)
    }
}

/// Classes of orders that were stopped.
const ORDERS: [&str; 9] = [
    "unknown_product",
    "product_not_sold",
    "missing_currency",
    "missing_entity",
    "negative_quantity",
    "end_before_start",
    "order_invalid",
    "amendment_invalid",
    "not_activated",
];

const INVOICE: &str = "com.tieout.billing.invoice.issued.v1";
const REVENUE: &str = "com.tieout.revenue.";
const RECOGNISED: &str = "com.tieout.revenue.revenue.recognized.v1";

fn outstanding(
    tx: &mut Tx<'_>,
    now: Instant,
    list: Outstanding,
) -> Result<Vec<OutstandingRow>, AppFault> {
    let mut found = match list {
        Outstanding::Accounts => rows::deliveries(tx, "netsuite.customer", MOST)?,
        Outstanding::Subscriptions => {
            let mut all = Vec::new();
            for class in ORDERS {
                all.extend(rows::of_class(tx, class, "", MOST)?);
            }
            all
        }
        Outstanding::Invoices => {
            let mut all = rows::of_class(tx, "posting_parked", INVOICE, MOST)?;
            all.extend(rows::of_class(tx, "billing_parked", "", MOST)?);
            all.extend(rows::journals_not_delivered(tx, INVOICE, MOST)?);
            all
        }
        Outstanding::Payments => rows::payments_unapplied(tx, MOST)?,
        Outstanding::Revenue => {
            let mut all = rows::of_class(tx, "posting_parked", REVENUE, MOST)?;
            all.extend(rows::journals_not_delivered(tx, RECOGNISED, MOST)?);
            all
        }
    };
    found.sort_by(|a, b| (a.since, &a.object).cmp(&(b.since, &b.object)));
    found.into_iter().map(|row| show(tx, now, row)).collect()
}

fn show(
    tx: &mut Tx<'_>,
    now: Instant,
    row: rows::OutstandingRow,
) -> Result<OutstandingRow, AppFault> {
    let since = Instant::from_microseconds(row.since);
    let (kind, object) = match row.object.split_once('/') {
        Some((kind, object)) => (kind.to_owned(), object.to_owned()),
        None => (String::new(), row.object),
    };
    let customer = match (row.customer.as_str(), kind.as_str()) {
        ("", "customer") => Some(customer_name(tx, &object)?),
        ("", _) => None,
        (known, _) => Some(customer_name(tx, known)?),
    };
    let value = match row.currency.as_str() {
        "" => None,
        currency => Some(money(row.amount.saturating_abs(), currency)?),
    };
    Ok(OutstandingRow {
        cause: if row.cause.is_empty() {
            format!("{}: on its way", row.kind.replace('_', " "))
        } else {
            row.cause
        },
        what: row.kind,
        object,
        customer,
        value,
        since,
        age: age(since, now),
        exception: some(row.exception),
    })
}

impl App {
    /// What has not happened of one kind, the oldest first, at most a thousand.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outstanding(&self, list: Outstanding) -> Result<Vec<OutstandingRow>, AppFault> {
        let now = self.clock().now();
        self.store().read(move |tx| outstanding(tx, now, list))
    }
}
