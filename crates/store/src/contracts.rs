//! Contracts in versions.

use crate::{StoreFault, Tx, params};
use std::collections::HashMap;

table! {
    /// A contract at its newest version.
    ContractRow in "contract" with body in "contract_body" by "contract" {
        /// Id.
        id: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// Status word.
        status: text,
        /// First day of the term.
        term_from: text,
        /// First day after the term.
        term_until: text,
        /// Version, from 1.
        version: int,
        /// Total value, minor units.
        value: int,
        /// The first day on which there may be something to bill; empty when there is nothing more.
        bill_from: text,
        /// Chain.
        correlation: text,
        /// When it was activated, microseconds.
        created: int,
        /// The whole contract as JSON.
        body: text,
    }
}

/// A contract.
///
/// # Errors
/// When the database refuses.
pub fn contract(tx: &mut Tx<'_>, id: &str) -> Result<Option<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM {} WHERE id = ?1", ContractRow::WHOLE),
        params![id],
        ContractRow::read,
    )
}

/// The version at which a contract stands.
///
/// # Errors
/// When the database refuses.
pub fn version(tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "SELECT version FROM contract WHERE id = ?1",
        params![id],
        |row| row.int(0),
    )
}

/// Contracts before `before` (exclusive; empty for the newest), newest id first; of one customer
/// when `customer` is not empty.
///
/// # Errors
/// When the database refuses.
pub fn contracts(
    tx: &mut Tx<'_>,
    customer: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE (?1 = '' OR customer = ?1) AND (?2 = '' OR id < ?2)
             ORDER BY id DESC LIMIT ?3",
            ContractRow::WHOLE
        ),
        params![customer, before, limit],
        ContractRow::read,
    )
}

/// Every contract by id after `after`, for runs over all of them.
///
/// # Errors
/// When the database refuses.
pub fn all_after(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE id > ?1 ORDER BY id LIMIT ?2",
            ContractRow::WHOLE
        ),
        params![after, limit],
        ContractRow::read,
    )
}

/// What shows whether anything that a contract is billed by has changed: its version, and how many
/// lines stand on it, what they come to and the newest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The version.
    pub version: i64,
    /// Lines that are not voided.
    pub lines: i64,
    /// Their sum without tax, minor units.
    pub net: i64,
    /// The greatest id of them; empty without lines.
    pub newest: String,
}

/// Every contract by id with its mark, in no order.
///
/// # Errors
/// When the database refuses.
pub fn marks(tx: &mut Tx<'_>) -> Result<Vec<(String, Mark)>, StoreFault> {
    let mut lines = std::collections::HashMap::new();
    tx.query_each(
        "SELECT contract, CAST(count(*) AS BIGINT), CAST(sum(net) AS BIGINT), max(id)
         FROM document_line WHERE voided = 0 GROUP BY contract",
        &[],
        |mut row| {
            lines.insert(row.text(0)?, (row.int(1)?, row.int(2)?, row.text(3)?));
            Ok(())
        },
    )?;
    let mut marks = Vec::new();
    tx.query_each("SELECT id, version FROM contract", &[], |mut row| {
        let id = row.text(0)?;
        let (lines, net, newest) = lines.remove(&id).unwrap_or_default();
        let version = row.int(1)?;
        marks.push((
            id,
            Mark {
                version,
                lines,
                net,
                newest,
            },
        ));
        Ok(())
    })?;
    Ok(marks)
}

/// The contracts with these ids, in the order asked for; what there is not is left out.
///
/// # Errors
/// When the database refuses.
pub fn by_ids(tx: &mut Tx<'_>, ids: &[&str]) -> Result<Vec<ContractRow>, StoreFault> {
    let mut found = HashMap::with_capacity(ids.len());
    let columns = ContractRow::columns("");
    let before = format!("SELECT {columns} FROM {} WHERE id IN", ContractRow::WHOLE);
    crate::bill_pages::each_of(tx, &before, "", ids, |row| {
        let row = ContractRow::read(row)?;
        found.insert(row.id.clone(), row);
        Ok(())
    })?;
    Ok(ids.iter().filter_map(|id| found.remove(*id)).collect())
}

/// What was agreed in these contracts, by contract.
///
/// # Errors
/// When the database refuses.
pub fn bodies(tx: &mut Tx<'_>, ids: &[&str]) -> Result<HashMap<String, String>, StoreFault> {
    let mut found = HashMap::with_capacity(ids.len());
    let before = "SELECT contract, body FROM contract_body WHERE contract IN";
    crate::bill_pages::each_of(tx, before, "", ids, |mut row| {
        found.insert(row.text(0)?, row.text(1)?);
        Ok(())
    })?;
    Ok(found)
}

/// Replaces a contract by its next version, and keeps the version in its history as `kept`.
///
/// # Errors
/// [`StoreFault::Contended`] when the stored version is not the one before.
pub fn put_version(
    tx: &mut Tx<'_>,
    row: &ContractRow,
    kept: &str,
    recorded: i64,
) -> Result<(), StoreFault> {
    let touched = tx.execute(
        "UPDATE contract SET status = ?2, term_from = ?3, term_until = ?4, version = ?5, value = ?6,
         bill_from = ?7 WHERE id = ?1 AND version + 1 = ?5",
        params![
            &row.id, &row.status, &row.term_from, &row.term_until, row.version, row.value, &row.bill_from
        ],
    )?;
    if touched != 1 {
        return Err(StoreFault::Contended(format!(
            "contract {} is not at version {}",
            row.id,
            row.version - 1
        )));
    }
    row.put_apart(tx)?;
    keep_version(tx, row, kept, recorded)
}

/// Keeps a version of a contract in its history as `kept`.
///
/// # Errors
/// When the database refuses.
pub fn keep_version(
    tx: &mut Tx<'_>,
    row: &ContractRow,
    kept: &str,
    recorded: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO contract_version (contract, version, recorded, body) VALUES (?1, ?2, ?3, ?4)",
        params![&row.id, row.version, recorded, kept],
    )?;
    Ok(())
}

/// The versions of a contract that were kept, from the number `first`, as JSON, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn versions_from(tx: &mut Tx<'_>, id: &str, first: i64) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT body FROM contract_version WHERE contract = ?1 AND version >= ?2 ORDER BY version",
        params![id, first],
        |mut row| row.text(0),
    )
}

/// The newest versions of a contract that were kept, as JSON, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn newest_versions(tx: &mut Tx<'_>, id: &str, limit: i64) -> Result<Vec<String>, StoreFault> {
    let mut newest = tx.query(
        "SELECT body FROM contract_version WHERE contract = ?1 ORDER BY version DESC LIMIT ?2",
        params![id, limit],
        |mut row| row.text(0),
    )?;
    newest.reverse();
    Ok(newest)
}

/// Notes from when there may be something to bill.
///
/// # Errors
/// When the database refuses.
pub fn set_bill_from(tx: &mut Tx<'_>, id: &str, bill_from: &str) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE contract SET bill_from = ?2 WHERE id = ?1",
        params![id, bill_from],
    )?;
    Ok(())
}

/// Which contracts a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct ContractFilter {
    /// Of one legal entity.
    pub entity: String,
    /// Of one customer.
    pub customer: String,
    /// Of one status.
    pub status: String,
}

/// Contracts by activation, newest first, before (created, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    filter: &ContractFilter,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE (?1 = '' OR entity = ?1) AND (?2 = '' OR customer = ?2)
             AND (?3 = '' OR status = ?3) AND (created, id) < (?4, ?5) ORDER BY created DESC, id DESC LIMIT ?6",
            ContractRow::WHOLE
        ),
        params![&filter.entity, &filter.customer, &filter.status, before.0, before.1, limit],
        ContractRow::read,
    )
}

/// How many contracts a customer has.
///
/// # Errors
/// When the database refuses.
pub fn count_of_customer(tx: &mut Tx<'_>, customer: &str) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM contract WHERE customer = ?1",
        params![customer],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Contracts of one entity and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Total value, minor units.
    pub value: i64,
}

/// Count and value by entity and currency.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>) -> Result<Vec<ContractSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(count(*) AS BIGINT), CAST(sum(value) AS BIGINT) FROM contract
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        |mut row| {
            Ok(ContractSum {
                entity: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                value: row.int(3)?,
            })
        },
    )
}
