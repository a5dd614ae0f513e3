//! Customers: by name, and one with what it has bought and what it owes.

use super::cursor::{self, Key, ROWS_TO_ASK};
use super::words::{href, plain, system};
use super::{contracts, documents, exceptions, money};
use crate::App;
use crate::fault::{AppFault, stored};
use crate::view::{Anchor, CustomerDetail, CustomerRow, Page};
use commerce::{Collection, Customer};
use store::contracts::ContractFilter;
use store::{Tx, catalogue, contracts as deals, documents as papers, exceptions as stops};
use values::Instant;

const LIST: &str = "customers";

/// At most so many contracts stand beside a customer.
const CONTRACTS_BESIDE: i64 = 200;

/// Customers by name.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn customers(tx: &mut Tx<'_>, cursor: Option<&str>) -> Result<Page<CustomerRow>, AppFault> {
    let after = cursor::read(LIST, cursor)?;
    let [name, id] = after.map_or_else(Default::default, |key| key.texts);
    let found = catalogue::customers_by_name(tx, (&name, &id), ROWS_TO_ASK)?;
    let cursor_of = |row: &catalogue::CustomerRow| {
        let texts = [row.name.clone(), row.id.clone()];
        cursor::write(
            LIST,
            &Key {
                numbers: [0, 0],
                texts,
            },
        )
    };
    cursor::page(found, cursor_of, |row| show(tx, &row))
}

/// One customer; nothing when there is none with this id.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn customer(
    tx: &mut Tx<'_>,
    now: Instant,
    id: &str,
) -> Result<Option<CustomerDetail>, AppFault> {
    let Some(row) = catalogue::customer(tx, id)? else {
        return Ok(None);
    };
    let filter = ContractFilter {
        customer: row.id.clone(),
        ..ContractFilter::default()
    };
    let mut bought = Vec::new();
    for deal in deals::newest(tx, &filter, (i64::MAX, ""), CONTRACTS_BESIDE)? {
        bought.push(contracts::show(tx, &deal)?);
    }
    let mut open = Vec::new();
    for stop in stops::open_of_customer(tx, &row.id, &row.name)? {
        open.push(exceptions::show(tx, &stop, now)?);
    }
    Ok(Some(CustomerDetail {
        anchors: anchors(tx, &row)?,
        contracts: bought,
        invoices: documents::of_customer(tx, &row.id)?,
        exceptions: open,
        row: show(tx, &row)?,
    }))
}

impl App {
    /// As [`customers`].
    ///
    /// # Errors
    /// As [`customers`].
    pub fn customers(&self, cursor: Option<&str>) -> Result<Page<CustomerRow>, AppFault> {
        let cursor = cursor.map(str::to_owned);
        self.store()
            .read(move |tx| customers(tx, cursor.as_deref()))
    }

    /// As [`customer`].
    ///
    /// # Errors
    /// As [`customer`].
    pub fn customer(&self, id: &str) -> Result<Option<CustomerDetail>, AppFault> {
        let (now, id) = (self.clock().now(), id.to_owned());
        self.store().read(move |tx| customer(tx, now, &id))
    }
}

fn show(tx: &mut Tx<'_>, row: &catalogue::CustomerRow) -> Result<CustomerRow, AppFault> {
    let mut open = Vec::new();
    for (currency, minor) in papers::open_of_customer(tx, &row.id)? {
        if minor != 0 {
            open.push(money(minor, &currency)?);
        }
    }
    Ok(CustomerRow {
        id: row.id.clone(),
        name: row.name.clone(),
        standing: row.standing.clone(),
        open,
        contracts: deals::count_of_customer(tx, &row.id)?,
    })
}

fn anchors(tx: &mut Tx<'_>, row: &catalogue::CustomerRow) -> Result<Vec<Anchor>, AppFault> {
    let customer: Customer = stored("customer", &row.body)?;
    let collected = match customer.collection {
        Collection::Card => "by card".to_owned(),
        Collection::Transfer => {
            format!("by transfer within {} days", customer.payment_terms_days)
        }
    };
    let mut all = vec![plain_anchor("Pays", collected)];
    all.extend(
        customer
            .currency
            .map(|currency| plain_anchor("Currency", currency.code().to_owned())),
    );
    all.extend(
        customer
            .class
            .map(|class| plain_anchor("Class", plain(&class))),
    );
    for known in catalogue::references_of(tx, &format!("customer/{}", row.id))? {
        all.push(Anchor {
            label: format!(
                "{} {}",
                system(&known.system),
                plain(&known.kind).to_lowercase()
            ),
            href: Some(href("reference", &known.id)),
            text: known.id,
        });
    }
    Ok(all)
}

fn plain_anchor(label: &str, text: String) -> Anchor {
    Anchor {
        label: label.to_owned(),
        text,
        href: None,
    }
}
