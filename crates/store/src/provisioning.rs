//! What other systems are asked to provision when a contract comes into force, and what they confirmed.

use crate::{StoreFault, Tx, params};

table! {
    /// A component that another system is to provision.
    ProvisioningRow in "provisioning" {
        /// Contract.
        contract: text,
        /// Component of the contract.
        component: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Product.
        product: text,
        /// `asked`, `late`, `confirmed` or `withdrawn`.
        status: text,
        /// When it was asked for, microseconds.
        asked: int,
        /// By when it is to be confirmed, microseconds.
        due: int,
        /// When it was confirmed, microseconds; 0 before.
        confirmed: int,
        /// What the other system calls it.
        reference: text,
        /// Who confirmed it.
        actor: text,
        /// Chain.
        correlation: text,
    }
}

/// A product that another system provisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningRule {
    /// The product.
    pub product: String,
    /// Hours from the start of service to the confirmation.
    pub within_hours: i64,
}

/// Every product that another system provisions, by code.
///
/// # Errors
/// When the database refuses.
pub fn rules(tx: &mut Tx<'_>) -> Result<Vec<ProvisioningRule>, StoreFault> {
    tx.query(
        "SELECT product, within_hours FROM provisioning_rule ORDER BY product",
        &[],
        |mut row| {
            Ok(ProvisioningRule {
                product: row.text(0)?,
                within_hours: row.int(1)?,
            })
        },
    )
}

/// States that another system provisions a product, or that none does when there are no hours.
///
/// # Errors
/// When the database refuses.
pub fn set_rule(
    tx: &mut Tx<'_>,
    product: &str,
    within_hours: Option<i64>,
    actor: &str,
    now: i64,
) -> Result<(), StoreFault> {
    match within_hours {
        Some(hours) => tx.execute(
            "INSERT INTO provisioning_rule (product, within_hours, actor, recorded) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (product) DO UPDATE
             SET within_hours = excluded.within_hours, actor = excluded.actor, recorded = excluded.recorded",
            params![product, hours, actor, now],
        )?,
        None => tx.execute(
            "DELETE FROM provisioning_rule WHERE product = ?1",
            params![product],
        )?,
    };
    Ok(())
}

/// Asks for components; one that was asked for is not asked for again. Returns whether it is new.
///
/// # Errors
/// When the database refuses.
pub fn ask(tx: &mut Tx<'_>, row: &ProvisioningRow) -> Result<bool, StoreFault> {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        ProvisioningRow::insert_text("ON CONFLICT (contract, component) DO NOTHING")
    });
    Ok(tx.execute(&TEXT, &row.params())? == 1)
}

/// One component.
///
/// # Errors
/// When the database refuses.
pub fn one(
    tx: &mut Tx<'_>,
    contract: &str,
    component: &str,
) -> Result<Option<ProvisioningRow>, StoreFault> {
    let columns = ProvisioningRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM provisioning WHERE contract = ?1 AND component = ?2"),
        params![contract, component],
        ProvisioningRow::read,
    )
}

/// The components of a contract, by component.
///
/// # Errors
/// When the database refuses.
pub fn of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<ProvisioningRow>, StoreFault> {
    let columns = ProvisioningRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM provisioning WHERE contract = ?1 ORDER BY component"),
        params![contract],
        ProvisioningRow::read,
    )
}

/// Components that were to be confirmed before `now` and that nobody was told of yet.
///
/// # Errors
/// When the database refuses.
pub fn overdue(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<ProvisioningRow>, StoreFault> {
    let columns = ProvisioningRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM provisioning WHERE status = 'asked' AND due < ?1
             ORDER BY due, contract, component LIMIT ?2"
        ),
        params![now, limit],
        ProvisioningRow::read,
    )
}

/// Components of one status (all for an empty text), newest first, before (asked, contract, component),
/// exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    status: &str,
    before: (i64, &str, &str),
    limit: i64,
) -> Result<Vec<ProvisioningRow>, StoreFault> {
    let columns = ProvisioningRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM provisioning WHERE (?1 = '' OR status = ?1)
             AND (asked, contract, component) < (?2, ?3, ?4)
             ORDER BY asked DESC, contract DESC, component DESC LIMIT ?5"
        ),
        params![status, before.0, before.1, before.2, limit],
        ProvisioningRow::read,
    )
}

/// Writes down what became of a component.
///
/// # Errors
/// When the database refuses.
pub fn conclude(tx: &mut Tx<'_>, row: &ProvisioningRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE provisioning SET status = ?3, confirmed = ?4, reference = ?5, actor = ?6
         WHERE contract = ?1 AND component = ?2",
        params![
            &row.contract,
            &row.component,
            &row.status,
            row.confirmed,
            &row.reference,
            &row.actor
        ],
    )?;
    Ok(())
}
