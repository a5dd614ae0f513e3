//! What other systems billed, as they have it, with what became of it here.

use super::cursor::{self, Key, ROWS_TO_ASK};
use super::{customer_name, money, some};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::view::Page;
use schemars::JsonSchema;
use serde::Serialize;
use store::outside_documents::{self as rows, OutsideDocumentRow};
use values::{Date, Instant, Money};

const LIST: &str = "outside_documents";

/// A document that another system issued.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutsideDocumentView {
    /// The system that issued it.
    pub system: String,
    /// Its id there.
    pub outside_id: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// The number printed on it.
    pub number: String,
    /// The contract that it bills.
    pub contract: String,
    /// Whom it bills.
    pub customer: String,
    /// Who issued it.
    pub entity: String,
    /// Date of issue.
    pub issued: Date,
    /// Without tax; positive for credit notes too.
    pub net: Money,
    /// The tax; positive for credit notes too.
    pub tax: Money,
    /// `posted` or `parked`.
    pub status: String,
    /// Why it is parked.
    pub reason: Option<String>,
    /// Our document, once it is posted.
    pub document: Option<String>,
    /// When it was recorded.
    pub received: Instant,
}

impl App {
    /// What other systems billed, by system and id; of one contract, and only what is parked.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn outside_documents(
        &self,
        contract: Option<&str>,
        parked: bool,
        cursor: Option<&str>,
    ) -> Result<Page<OutsideDocumentView>, AppFault> {
        let after = cursor::read(LIST, cursor)?.map_or_else(Default::default, |key| key.texts);
        let contract = contract.unwrap_or_default().to_owned();
        self.store().read(move |tx| {
            let [system, id] = &after;
            let found = rows::after(tx, (system, id), &contract, parked, ROWS_TO_ASK)?;
            let place = |row: &OutsideDocumentRow| {
                let texts = [row.system.clone(), row.outside_id.clone()];
                let numbers = [0, 0];
                cursor::write(LIST, &Key { numbers, texts })
            };
            cursor::page(found, place, |row| {
                Ok(OutsideDocumentView {
                    customer: customer_name(tx, &row.customer)?,
                    issued: stored_value("date", &row.issued)?,
                    net: money(row.net, &row.currency)?,
                    tax: money(row.tax, &row.currency)?,
                    reason: some(row.reason),
                    document: some(row.document),
                    received: Instant::from_microseconds(row.received),
                    system: row.system,
                    outside_id: row.outside_id,
                    kind: row.kind,
                    number: row.number,
                    contract: row.contract,
                    entity: row.entity,
                    status: row.status,
                })
            })
        })
    }
}
