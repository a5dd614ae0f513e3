//! New prices for contracts that run: how far each is, and what it came to on every contract.

use crate::{StoreFault, Tx, params};

table! {
    /// A price change.
    PriceChangeRow in "price_change" {
        /// Id.
        id: text,
        /// `planned`, `waiting`, `running`, `done` or `cancelled`.
        status: text,
        /// Product.
        product: text,
        /// Only this legal entity, or empty.
        entity: text,
        /// First day of the new price.
        effective: text,
        /// The command that planned it, as JSON.
        body: text,
        /// Why it was cancelled, or empty.
        reason: text,
        /// Who planned it.
        maker: text,
        /// Who approved it, or empty.
        checker: text,
        /// The last contract that was looked at.
        after_contract: text,
        /// Chain.
        correlation: text,
        /// When it was planned, microseconds.
        created: int,
        /// When it last moved, microseconds.
        changed: int,
    }
}

table! {
    /// What a price change comes to on one contract.
    PriceChangeResult in "price_change_result" {
        /// The price change.
        price_change: text,
        /// Contract.
        contract: text,
        /// Customer.
        customer: text,
        /// Version of the contract that was previewed.
        version: int,
        /// Currency of the amounts.
        currency: text,
        /// `expected`, `excluded`, `repriced` or `held`.
        outcome: text,
        /// Word for why it is excluded or held, or empty.
        code: text,
        /// Why it is excluded or held, or empty.
        why: text,
        /// A month before, minor units.
        monthly_before: int,
        /// A month afterwards, minor units.
        monthly_after: int,
        /// Value of the contract before, minor units.
        value_before: int,
        /// Value of the contract afterwards, minor units.
        value_after: int,
    }
}

/// Sums of one outcome in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChangeSum {
    /// Outcome word.
    pub outcome: String,
    /// Word for why, for what is excluded or held; empty otherwise.
    pub code: String,
    /// Currency.
    pub currency: String,
    /// Contracts.
    pub contracts: i64,
    /// A month before, minor units.
    pub monthly_before: i64,
    /// A month afterwards, minor units.
    pub monthly_after: i64,
    /// Value before, minor units.
    pub value_before: i64,
    /// Value afterwards, minor units.
    pub value_after: i64,
}

/// One price change.
///
/// # Errors
/// When the database refuses.
pub fn one(tx: &mut Tx<'_>, id: &str) -> Result<Option<PriceChangeRow>, StoreFault> {
    let columns = PriceChangeRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM price_change WHERE id = ?1"),
        params![id],
        PriceChangeRow::read,
    )
}

/// What waits for the worker, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn to_work(tx: &mut Tx<'_>) -> Result<Vec<PriceChangeRow>, StoreFault> {
    let columns = PriceChangeRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM price_change WHERE status IN ('planned', 'running') ORDER BY id"
        ),
        &[],
        PriceChangeRow::read,
    )
}

/// Price changes, newest first, before (created, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<PriceChangeRow>, StoreFault> {
    let columns = PriceChangeRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM price_change WHERE (created, id) < (?1, ?2)
             ORDER BY created DESC, id DESC LIMIT ?3"
        ),
        params![before.0, before.1, limit],
        PriceChangeRow::read,
    )
}

/// Moves a price change. False when it is not as it was read.
///
/// # Errors
/// When the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    before: &PriceChangeRow,
    row: &PriceChangeRow,
) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE price_change SET status = ?4, reason = ?5, checker = ?6, after_contract = ?7, changed = ?8
         WHERE id = ?1 AND status = ?2 AND after_contract = ?3",
        params![
            &row.id,
            &before.status,
            &before.after_contract,
            &row.status,
            &row.reason,
            &row.checker,
            &row.after_contract,
            row.changed
        ],
    )?;
    Ok(touched == 1)
}

/// Contracts on which a product was ever sold, by id after `after`.
///
/// # Errors
/// When the database refuses.
pub fn with_product(
    tx: &mut Tx<'_>,
    product: &str,
    entity: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT contract FROM obligation
         WHERE product = ?1 AND contract > ?3 AND (?2 = '' OR entity = ?2) ORDER BY contract LIMIT ?4",
        params![product, entity, after, limit],
        |mut row| row.text(0),
    )
}

/// What a price change came to on contracts with one outcome (all for an empty text), by contract after
/// `after`.
///
/// # Errors
/// When the database refuses.
pub fn results(
    tx: &mut Tx<'_>,
    id: &str,
    outcome: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<PriceChangeResult>, StoreFault> {
    let columns = PriceChangeResult::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM price_change_result
             WHERE price_change = ?1 AND (?2 = '' OR outcome = ?2) AND contract > ?3 ORDER BY contract LIMIT ?4"
        ),
        params![id, outcome, after, limit],
        PriceChangeResult::read,
    )
}

/// Writes down what became of a contract that was previewed.
///
/// # Errors
/// When the database refuses.
pub fn conclude(tx: &mut Tx<'_>, result: &PriceChangeResult) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE price_change_result SET outcome = ?3, code = ?4, why = ?5, value_after = ?6
         WHERE price_change = ?1 AND contract = ?2",
        params![
            &result.price_change,
            &result.contract,
            &result.outcome,
            &result.code,
            &result.why,
            result.value_after
        ],
    )?;
    Ok(())
}

/// Sums by outcome, reason and currency.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>, id: &str) -> Result<Vec<PriceChangeSum>, StoreFault> {
    tx.query(
        "SELECT outcome, code, currency, CAST(count(*) AS BIGINT), CAST(sum(monthly_before) AS BIGINT),
         CAST(sum(monthly_after) AS BIGINT), CAST(sum(value_before) AS BIGINT), CAST(sum(value_after) AS BIGINT)
         FROM price_change_result WHERE price_change = ?1
         GROUP BY outcome, code, currency ORDER BY outcome, code, currency",
        params![id],
        |mut row| {
            Ok(PriceChangeSum {
                outcome: row.text(0)?,
                code: row.text(1)?,
                currency: row.text(2)?,
                contracts: row.int(3)?,
                monthly_before: row.int(4)?,
                monthly_after: row.int(5)?,
                value_before: row.int(6)?,
                value_after: row.int(7)?,
            })
        },
    )
}
