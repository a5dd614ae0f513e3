//! Performance obligations with their schedules, and where each stands between billed and earned.

use crate::{StoreFault, Tx, params};

table! {
    /// An obligation.
    ObligationRow in "obligation" with body in "obligation_schedule" by "obligation" {
        /// Id.
        id: text,
        /// Contract.
        contract: text,
        /// Component of the contract.
        component: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// Product.
        product: text,
        /// Which revenue account class.
        revenue_class: text,
        /// Sum of its schedule, minor units.
        allocated: int,
        /// Billed less credited, minor units, without tax.
        billed: int,
        /// Recognised, minor units.
        recognised: int,
        /// Through which day; empty before the first run.
        recognised_through: text,
        /// First day after its schedule.
        ends: text,
        /// Chain.
        correlation: text,
        /// The schedule as JSON.
        body: text,
    }
}

/// The obligations of a contract.
///
/// # Errors
/// When the database refuses.
pub fn of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<ObligationRow>, StoreFault> {
    let columns = ObligationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE contract = ?1 ORDER BY id",
            ObligationRow::WHOLE
        ),
        params![contract],
        ObligationRow::read,
    )
}

/// Obligations of an entity (of all when empty) by id after `after`.
///
/// # Errors
/// When the database refuses.
pub fn page(
    tx: &mut Tx<'_>,
    entity: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<ObligationRow>, StoreFault> {
    let columns = ObligationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE (?1 = '' OR entity = ?1) AND id > ?2 ORDER BY id LIMIT ?3",
            ObligationRow::WHOLE
        ),
        params![entity, after, limit],
        ObligationRow::read,
    )
}

/// Obligations that are recognised through a day before `through` and not recognised in full, by id.
///
/// # Errors
/// When the database refuses.
pub fn behind(
    tx: &mut Tx<'_>,
    through: &str,
    limit: i64,
) -> Result<Vec<ObligationRow>, StoreFault> {
    let columns = ObligationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE recognised_through < ?1 AND recognised <> allocated
             ORDER BY id LIMIT ?2",
            ObligationRow::WHOLE
        ),
        params![through, limit],
        ObligationRow::read,
    )
}

/// Writes back where an obligation stands and its schedule.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ObligationRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE obligation SET allocated = ?2, billed = ?3, recognised = ?4, recognised_through = ?5, ends = ?6
         WHERE id = ?1",
        params![
            &row.id, row.allocated, row.billed, row.recognised, &row.recognised_through, &row.ends
        ],
    )?;
    row.put_apart(tx)
}

/// Obligations of one entity and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Recognised, minor units.
    pub recognised: i64,
    /// The last day through which any was recognised; empty before the first run.
    pub through: String,
}

/// Count and recognised revenue by entity and currency.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>) -> Result<Vec<ObligationSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(count(*) AS BIGINT), CAST(sum(recognised) AS BIGINT), max(recognised_through)
         FROM obligation GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        |mut row| {
            Ok(ObligationSum {
                entity: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                recognised: row.int(3)?,
                through: row.text(4)?,
            })
        },
    )
}
