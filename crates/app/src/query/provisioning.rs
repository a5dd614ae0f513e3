//! What other systems were asked to provision, and what came of it.

use super::cursor::{self, Key, ROWS_TO_ASK};
use crate::App;
use crate::fault::AppFault;
use crate::view::Page;
use schemars::JsonSchema;
use serde::Serialize;
use store::provisioning::{self, ProvisioningRow};
use values::Instant;

const LIST: &str = "provisioning";

/// A component that another system is to provision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProvisioningView {
    /// Contract.
    pub contract: String,
    /// Component of the contract.
    pub component: String,
    /// Customer.
    pub customer: String,
    /// Legal entity.
    pub entity: String,
    /// Product.
    pub product: String,
    /// `asked`, `late`, `confirmed` or `withdrawn`.
    pub status: String,
    /// When it was asked for.
    pub asked: Instant,
    /// By when it is to be confirmed.
    pub due: Instant,
    /// When it was confirmed.
    pub confirmed: Option<Instant>,
    /// What the other system calls it.
    pub reference: Option<String>,
    /// Who confirmed it.
    pub actor: Option<String>,
}

fn show(row: ProvisioningRow) -> ProvisioningView {
    let said = |text: String| (!text.is_empty()).then_some(text);
    ProvisioningView {
        asked: Instant::from_microseconds(row.asked),
        due: Instant::from_microseconds(row.due),
        confirmed: (row.confirmed > 0).then(|| Instant::from_microseconds(row.confirmed)),
        reference: said(row.reference),
        actor: said(row.actor),
        contract: row.contract,
        component: row.component,
        customer: row.customer,
        entity: row.entity,
        product: row.product,
        status: row.status,
    }
}

impl App {
    /// What was asked for, newest first; of one status, or all for nothing.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn provisioning(
        &self,
        status: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Page<ProvisioningView>, AppFault> {
        let before = match cursor::read(LIST, cursor)? {
            Some(key) => key,
            None => Key {
                numbers: [i64::MAX, 0],
                texts: [String::new(), String::new()],
            },
        };
        let status = status.unwrap_or_default().to_owned();
        self.store().read(move |tx| {
            let ([asked, _], [contract, component]) = (&before.numbers, &before.texts);
            let place = (*asked, contract.as_str(), component.as_str());
            let found = provisioning::newest(tx, &status, place, ROWS_TO_ASK)?;
            cursor::page(
                found,
                |row| {
                    let key = Key {
                        numbers: [row.asked, 0],
                        texts: [row.contract.clone(), row.component.clone()],
                    };
                    cursor::write(LIST, &key)
                },
                |row| Ok(show(row)),
            )
        })
    }
}
