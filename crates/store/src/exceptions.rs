//! What needs a person: each with its value, its owner and what it explains.

pub mod batches;
pub mod cases;
pub mod fixes;
pub mod groups;
pub mod named;
pub mod outstanding;
pub mod trail;

use crate::{StoreFault, Tx, params};

table! {
    /// An exception.
    ExceptionRow in "exception" {
        /// Id.
        id: text,
        /// What it is about: at most one open exception a key.
        key: text,
        /// Class word.
        class: text,
        /// What is wrong, for people.
        summary: text,
        /// The check that failed, with its facts.
        detail: text,
        /// The payload, or empty.
        payload: text,
        /// Customer id, or the customer's name where we have no such customer, or empty.
        customer: text,
        /// Document or outside object, or empty.
        document: text,
        /// Legal entity, or empty.
        entity: text,
        /// The tie-out measure whose difference it names, or empty.
        measure: text,
        /// What is at stake, minor units.
        amount: int,
        /// Its currency, or empty when it has no value.
        currency: text,
        /// Who is to act.
        owner: text,
        /// `open`, `assigned` or `resolved`.
        status: text,
        /// How it ended.
        resolution: text,
        /// Chain, or empty.
        correlation: text,
        /// When it was opened, microseconds.
        opened: int,
        /// When it was resolved, microseconds, or 0.
        resolved: int,
        /// What it has in common with others: class, connection, operation and normalised cause.
        fingerprint: text,
        /// The system concerned, or empty.
        connection: text,
        /// What was being done, or empty.
        operation: text,
        /// The cause without ids, digits and amounts.
        cause: text,
        /// The accounting month at risk, such as `2026-01`, or empty.
        period: text,
        /// Severity word.
        severity: text,
        /// The person who has taken it, or empty.
        assignee: text,
        /// When somebody should have looked at it, microseconds.
        respond_due: int,
        /// When it should be settled, microseconds.
        due: int,
        /// When somebody first looked at it, microseconds, or 0.
        responded: int,
        /// How often it was escalated.
        level: int,
        /// The role it was escalated to last, or empty.
        escalated_to: text,
        /// When it is escalated next, microseconds, or 0.
        escalate_at: int,
        /// The incident it is part of, or empty.
        incident: text,
        /// The outcome code it ended with, or empty.
        outcome_code: text,
        /// Who ended it, or empty.
        resolved_by: text,
    }
}

/// An exception.
///
/// # Errors
/// When the database refuses.
pub fn exception(tx: &mut Tx<'_>, id: &str) -> Result<Option<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception WHERE id = ?1"),
        params![id],
        ExceptionRow::read,
    )
}

/// The open exception about `key`.
///
/// # Errors
/// When the database refuses.
pub fn open_about(tx: &mut Tx<'_>, key: &str) -> Result<Option<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception WHERE key = ?1 AND status <> 'resolved'"),
        params![key],
        ExceptionRow::read,
    )
}

/// Which exceptions a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct ExceptionFilter {
    /// `open` (which includes assigned), `assigned` or `resolved`; empty means every status.
    pub status: String,
    /// Class word.
    pub class: String,
    /// Owner.
    pub owner: String,
}

/// Exceptions by value, the largest first, from `offset`.
///
/// # Errors
/// When the database refuses.
pub fn by_value(
    tx: &mut Tx<'_>,
    filter: &ExceptionFilter,
    offset: i64,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception
             WHERE (?1 = '' OR status = ?1 OR (?1 = 'open' AND status <> 'resolved'))
             AND (?2 = '' OR class = ?2) AND (?3 = '' OR owner = ?3)
             ORDER BY abs(amount) DESC, opened, id LIMIT ?5 OFFSET ?4"
        ),
        params![&filter.status, &filter.class, &filter.owner, offset, limit],
        ExceptionRow::read,
    )
}

/// All open exceptions, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn all_open(tx: &mut Tx<'_>) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception WHERE status <> 'resolved' ORDER BY opened, id"),
        &[],
        ExceptionRow::read,
    )
}

/// The exceptions of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception WHERE correlation = ?1 AND correlation <> '' ORDER BY opened, id"),
        params![correlation],
        ExceptionRow::read,
    )
}

/// Resolved exceptions of a class, newest first.
///
/// # Errors
/// When the database refuses.
pub fn resolved_of_class(
    tx: &mut Tx<'_>,
    class: &str,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE class = ?1 AND status = 'resolved' ORDER BY resolved DESC, id LIMIT ?2"
        ),
        params![class, limit],
        ExceptionRow::read,
    )
}

/// Writes back the state of an exception: everything but its key, its chain and when it was opened.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE exception SET summary = ?2, detail = ?3, payload = ?4, amount = ?5, currency = ?6, owner = ?7,
         status = ?8, resolution = ?9, resolved = ?10, class = ?11, fingerprint = ?12, connection = ?13,
         operation = ?14, cause = ?15, period = ?16, severity = ?17, assignee = ?18, respond_due = ?19, due = ?20,
         responded = ?21, level = ?22, escalated_to = ?23, escalate_at = ?24, incident = ?25, outcome_code = ?26,
         resolved_by = ?27 WHERE id = ?1",
        params![
            &row.id, &row.summary, &row.detail, &row.payload, row.amount, &row.currency, &row.owner, &row.status,
            &row.resolution, row.resolved, &row.class, &row.fingerprint, &row.connection, &row.operation, &row.cause,
            &row.period, &row.severity, &row.assignee, row.respond_due, row.due, row.responded, row.level,
            &row.escalated_to, row.escalate_at, &row.incident, &row.outcome_code, &row.resolved_by
        ],
    )?;
    Ok(())
}

/// Where a page of exceptions by value begins: after this value, instant and id.
#[derive(Debug, Clone, Copy)]
pub struct AfterValue<'a> {
    /// Value without its sign, minor units; `i64::MAX` for the first page.
    pub value: i64,
    /// When it was opened, microseconds.
    pub opened: i64,
    /// Its id.
    pub id: &'a str,
}

/// Exceptions by value, the largest first, after `after`.
///
/// # Errors
/// When the database refuses.
pub fn by_value_after(
    tx: &mut Tx<'_>,
    filter: &ExceptionFilter,
    after: AfterValue<'_>,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception
             WHERE (?1 = '' OR status = ?1 OR (?1 = 'open' AND status <> 'resolved'))
             AND (?2 = '' OR class = ?2) AND (?3 = '' OR owner = ?3)
             AND (abs(amount) < ?4 OR (abs(amount) = ?4 AND (opened, id) > (?5, ?6)))
             ORDER BY abs(amount) DESC, opened, id LIMIT ?7"
        ),
        params![
            &filter.status,
            &filter.class,
            &filter.owner,
            after.value,
            after.opened,
            after.id,
            limit
        ],
        ExceptionRow::read,
    )
}

/// The exceptions of a customer, known by id or by name, that are not resolved, by value.
///
/// # Errors
/// When the database refuses.
pub fn open_of_customer(
    tx: &mut Tx<'_>,
    id: &str,
    name: &str,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE customer IN (?1, ?2) AND status <> 'resolved'
             ORDER BY abs(amount) DESC, opened, id"
        ),
        params![id, name],
        ExceptionRow::read,
    )
}

/// How many exceptions are not resolved.
///
/// # Errors
/// When the database refuses.
pub fn open_count(tx: &mut Tx<'_>) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM exception WHERE status <> 'resolved'",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Exceptions with one class, owner and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionCount {
    /// Class word.
    pub class: String,
    /// Owner.
    pub owner: String,
    /// Status word.
    pub status: String,
    /// Currency, or empty for those without value.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Sum of their values without sign, minor units.
    pub value: i64,
    /// When the oldest of them was opened, microseconds.
    pub oldest: i64,
}

/// Counts by class, owner, status and currency.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<ExceptionCount>, StoreFault> {
    tx.query(
        "SELECT class, owner, status, currency, CAST(count(*) AS BIGINT), CAST(sum(abs(amount)) AS BIGINT), min(opened)
         FROM exception GROUP BY class, owner, status, currency ORDER BY class, owner, status, currency",
        &[],
        |mut row| {
            Ok(ExceptionCount {
                class: row.text(0)?,
                owner: row.text(1)?,
                status: row.text(2)?,
                currency: row.text(3)?,
                count: row.int(4)?,
                value: row.int(5)?,
                oldest: row.int(6)?,
            })
        },
    )
}

/// What an open exception is about and worth, without its texts, for figures over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    /// Id.
    pub id: String,
    /// What it is about.
    pub key: String,
    /// Class word.
    pub class: String,
    /// Legal entity, or empty.
    pub entity: String,
    /// The tie-out measure whose difference it names, or empty.
    pub measure: String,
    /// What is at stake, minor units.
    pub amount: i64,
    /// Its currency, or empty when it has no value.
    pub currency: String,
    /// When it was opened, microseconds.
    pub opened: i64,
}

/// Open exceptions that are alike, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StakeSum {
    /// What their keys begin with: `order`, `posting`, or empty for anything else.
    pub about: String,
    /// Class word.
    pub class: String,
    /// The tie-out measure whose difference they name, or empty.
    pub measure: String,
    /// Their currency, or empty when they have no value.
    pub currency: String,
    /// How many there are.
    pub count: i64,
    /// What is at stake in them, minor units, without sign.
    pub worth: i64,
    /// When the oldest was opened, microseconds.
    pub oldest: i64,
}

/// Every exception that is not resolved, added up by what it is about, class, measure and currency: as
/// many rows as there are kinds, however many exceptions there are.
///
/// # Errors
/// When the database refuses.
pub fn stake_sums(tx: &mut Tx<'_>) -> Result<Vec<StakeSum>, StoreFault> {
    tx.query(
        "SELECT about, class, measure, currency, CAST(count(*) AS BIGINT), CAST(sum(abs(amount)) AS BIGINT), min(opened)
         FROM (SELECT CASE WHEN key LIKE 'order/%' THEN 'order' WHEN key LIKE 'posting/%' THEN 'posting' ELSE '' END AS about,
                 class, measure, currency, amount, opened FROM exception WHERE status <> 'resolved') open
         GROUP BY about, class, measure, currency ORDER BY about, class, measure, currency",
        &[],
        |mut row| {
            Ok(StakeSum {
                about: row.text(0)?,
                class: row.text(1)?,
                measure: row.text(2)?,
                currency: row.text(3)?,
                count: row.int(4)?,
                worth: row.int(5)?,
                oldest: row.int(6)?,
            })
        },
    )
}

impl ExceptionRow {
    /// What it is about and worth.
    #[must_use]
    pub fn stake(&self) -> Stake {
        Stake {
            id: self.id.clone(),
            key: self.key.clone(),
            class: self.class.clone(),
            entity: self.entity.clone(),
            measure: self.measure.clone(),
            amount: self.amount,
            currency: self.currency.clone(),
            opened: self.opened,
        }
    }
}
