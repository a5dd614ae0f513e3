//! What happens between an invoice and its money: write-offs, prepaid credit, cases of late payers,
//! and what payers wrote.

mod account;
mod grants;
mod stood;

pub use account::{AccountCase, account_cases, earliest_due_without_case, failing_without_case};
pub use grants::{grants_newest, uses_of_grants};
pub use stood::{StoodAt, account_on, stood_at};

use crate::{StoreFault, Tx, params};

table! {
    /// What was given up of an invoice, or came back of it (below zero).
    WriteOffRow in "write_off" {
        /// Id.
        id: text,
        /// Invoice.
        invoice: text,
        /// Who owes it.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// `bad_debt`, `allowance` or `small_difference`.
        kind: text,
        /// Minor units.
        amount: int,
        /// Of it lost, minor units.
        loss: int,
        /// Of it tax that is relieved, minor units.
        tax: int,
        /// The payment that it came with, or empty.
        payment: text,
        /// Why.
        reason: text,
        /// When, microseconds.
        time: int,
    }
}

table! {
    /// Credit bought or given in advance.
    GrantRow in "prepaid_grant" {
        /// Id.
        id: text,
        /// Whose.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// `paid` or `free`.
        source: text,
        /// Lower goes first.
        priority: int,
        /// First day on which it can be used.
        first_day: text,
        /// Last day, or empty.
        last_day: text,
        /// Granted, minor units.
        amount: int,
        /// What is left, minor units.
        remaining: int,
        /// The payment that bought it, or empty.
        payment: text,
        /// Why.
        reason: text,
        /// Chain.
        correlation: text,
        /// When, microseconds.
        time: int,
    }
}

table! {
    /// Credit used on an invoice; below zero when it came back.
    UseRow in "prepaid_use" {
        /// Grant.
        grant_id: text,
        /// Invoice.
        document: text,
        /// 1, 2, 3 … for one invoice.
        position: int,
        /// Minor units.
        amount: int,
        /// When, microseconds.
        time: int,
    }
}

table! {
    /// An invoice that is not paid.
    CaseRow in "dunning_case" {
        /// Id.
        id: text,
        /// Invoice.
        invoice: text,
        /// Who owes it.
        customer: text,
        /// Contract.
        contract: text,
        /// Legal entity.
        entity: text,
        /// Policy.
        policy: text,
        /// Version of the policies that it is walked by.
        policy_version: int,
        /// `running`, `promised`, `suspended`, `written_off` (given up, and the service stays withheld)
        /// or `closed`.
        status: text,
        /// Day of the next step, or empty.
        next_on: text,
        /// Who works on it, or empty.
        owner: text,
        /// What he does next, or empty.
        next_action: text,
        /// The case, as JSON.
        body: text,
        /// Chain.
        correlation: text,
        /// When it began, microseconds.
        opened: int,
        /// When it last changed, microseconds.
        changed: int,
    }
}

table! {
    /// Something that was done in a case.
    ActRow in "dunning_act" {
        /// Case.
        dunning: text,
        /// 1, 2, 3 …
        position: int,
        /// Day.
        day: text,
        /// What.
        act: text,
        /// The text of a notice, the name of a task, what was promised.
        text: text,
        /// Who.
        actor: text,
        /// When, microseconds.
        time: int,
    }
}

/// What was written off on an invoice and came back, in order.
///
/// # Errors
/// When the database refuses.
pub fn write_offs_of(tx: &mut Tx<'_>, invoice: &str) -> Result<Vec<WriteOffRow>, StoreFault> {
    let columns = WriteOffRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM write_off WHERE invoice = ?1 ORDER BY time, id"),
        params![invoice],
        WriteOffRow::read,
    )
}

/// Sums by entity and currency, minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// Minor units.
    pub minor: i64,
}

fn sum(mut row: crate::Row) -> Result<CollectionSum, StoreFault> {
    Ok(CollectionSum {
        entity: row.text(0)?,
        currency: row.text(1)?,
        minor: row.int(2)?,
    })
}

/// Tax relieved of what was written off.
///
/// # Errors
/// When the database refuses.
pub fn tax_relieved(tx: &mut Tx<'_>) -> Result<Vec<CollectionSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(sum(tax) AS BIGINT) FROM write_off
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        sum,
    )
}

/// What is left of credit that was bought.
///
/// # Errors
/// When the database refuses.
pub fn prepaid_left(tx: &mut Tx<'_>) -> Result<Vec<CollectionSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(sum(remaining) AS BIGINT) FROM prepaid_grant WHERE source = 'paid'
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        sum,
    )
}

/// What payments bought credit for.
///
/// # Errors
/// When the database refuses.
pub fn prepaid_bought(tx: &mut Tx<'_>) -> Result<Vec<CollectionSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(sum(amount) AS BIGINT) FROM prepaid_grant WHERE source = 'paid'
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        sum,
    )
}

/// The grants of a customer, in the order in which they were made.
///
/// # Errors
/// When the database refuses.
pub fn grants_of(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<GrantRow>, StoreFault> {
    let columns = GrantRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM prepaid_grant WHERE customer = ?1 ORDER BY time, id"),
        params![customer],
        GrantRow::read,
    )
}

/// A grant.
///
/// # Errors
/// When the database refuses.
pub fn grant(tx: &mut Tx<'_>, id: &str) -> Result<Option<GrantRow>, StoreFault> {
    let columns = GrantRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM prepaid_grant WHERE id = ?1"),
        params![id],
        GrantRow::read,
    )
}

/// Grants whose last day lies before `day` and of which something is left.
///
/// # Errors
/// When the database refuses.
pub fn grants_ended(tx: &mut Tx<'_>, day: &str, limit: i64) -> Result<Vec<GrantRow>, StoreFault> {
    let columns = GrantRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM prepaid_grant WHERE last_day < ?1 AND last_day <> '' AND remaining <> 0
             ORDER BY last_day, id LIMIT ?2"
        ),
        params![day, limit],
        GrantRow::read,
    )
}

/// Writes what is left of a grant.
///
/// # Errors
/// When the database refuses.
pub fn set_left(tx: &mut Tx<'_>, id: &str, remaining: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE prepaid_grant SET remaining = ?2 WHERE id = ?1",
        params![id, remaining],
    )?;
    Ok(())
}

/// What credit was used on an invoice, in order.
///
/// # Errors
/// When the database refuses.
pub fn uses_on(tx: &mut Tx<'_>, document: &str) -> Result<Vec<UseRow>, StoreFault> {
    let columns = UseRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM prepaid_use WHERE document = ?1 ORDER BY position"),
        params![document],
        UseRow::read,
    )
}

/// Whether a customer has credit in a currency and entity of which something is left.
///
/// # Errors
/// When the database refuses.
pub fn has_credit(
    tx: &mut Tx<'_>,
    customer: &str,
    entity: &str,
    currency: &str,
) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM prepaid_grant
         WHERE customer = ?1 AND entity = ?2 AND currency = ?3 AND remaining <> 0",
        params![customer, entity, currency],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0) > 0)
}

/// Which of these customers have credit left.
///
/// # Errors
/// When the database refuses.
pub fn customers_with_credit(
    tx: &mut Tx<'_>,
    customers: &[&str],
) -> Result<Vec<String>, StoreFault> {
    let mut found = Vec::new();
    crate::bill_pages::each_of(
        tx,
        "SELECT DISTINCT customer FROM prepaid_grant WHERE remaining <> 0 AND customer IN",
        "",
        customers,
        |mut row| {
            found.push(row.text(0)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The running case of an invoice.
///
/// # Errors
/// When the database refuses.
pub fn running_case(tx: &mut Tx<'_>, invoice: &str) -> Result<Option<CaseRow>, StoreFault> {
    let columns = CaseRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM dunning_case WHERE invoice = ?1 AND status <> 'closed'"),
        params![invoice],
        CaseRow::read,
    )
}

/// A case by its id.
///
/// # Errors
/// When the database refuses.
pub fn case(tx: &mut Tx<'_>, id: &str) -> Result<Option<CaseRow>, StoreFault> {
    let columns = CaseRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM dunning_case WHERE id = ?1"),
        params![id],
        CaseRow::read,
    )
}

/// Cases that are not closed, by id after `after`: all of one customer when one is named, else those
/// that are walked, which what is written off is not.
///
/// # Errors
/// When the database refuses.
pub fn running_cases(
    tx: &mut Tx<'_>,
    customer: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreFault> {
    let columns = CaseRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM dunning_case WHERE status <> 'closed'
             AND (customer = ?1 OR (?1 = '' AND status <> 'written_off')) AND id > ?2 ORDER BY id LIMIT ?3"
        ),
        params![customer, after, limit],
        CaseRow::read,
    )
}

/// Who works on what a customer owes, and what is done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorRow {
    /// The customer.
    pub customer: String,
    /// Who, or empty.
    pub owner: String,
    /// What, or empty.
    pub next_action: String,
}

/// What the first case of each customer that has one which is not closed or written off says.
///
/// # Errors
/// When the database refuses.
pub fn collectors(tx: &mut Tx<'_>) -> Result<Vec<CollectorRow>, StoreFault> {
    tx.query(
        "SELECT c.customer, c.owner, c.next_action FROM dunning_case c
         JOIN (SELECT min(id) AS id FROM dunning_case
           WHERE status <> 'closed' AND status <> 'written_off' GROUP BY customer) f ON f.id = c.id
         ORDER BY c.customer",
        &[],
        |mut row| {
            Ok(CollectorRow {
                customer: row.text(0)?,
                owner: row.text(1)?,
                next_action: row.text(2)?,
            })
        },
    )
}

/// Writes back a case.
///
/// # Errors
/// When the database refuses.
pub fn update_case(tx: &mut Tx<'_>, row: &CaseRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE dunning_case SET status = ?2, next_on = ?3, owner = ?4, next_action = ?5, body = ?6, changed = ?7
         WHERE id = ?1",
        params![&row.id, &row.status, &row.next_on, &row.owner, &row.next_action, &row.body, row.changed],
    )?;
    Ok(())
}

/// What was done in a case, in order.
///
/// # Errors
/// When the database refuses.
pub fn acts_of(tx: &mut Tx<'_>, case: &str) -> Result<Vec<ActRow>, StoreFault> {
    let columns = ActRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM dunning_act WHERE dunning = ?1 ORDER BY position"),
        params![case],
        ActRow::read,
    )
}

/// Invoices of an entity that were due on or before `due`, are open, are not disputed and have no
/// running case, by id after `after`: (id, customer, contract).
///
/// # Errors
/// When the database refuses.
pub fn overdue_without_case(
    tx: &mut Tx<'_>,
    entity: &str,
    due: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT d.id FROM document d WHERE d.entity = ?1 AND d.kind = 'invoice' AND d.remaining > 0
         AND d.due <= ?2 AND d.id > ?3
         AND NOT EXISTS (SELECT c.id FROM dunning_case c WHERE c.invoice = d.id AND c.status <> 'closed')
         AND NOT EXISTS (SELECT x.id FROM dispute x WHERE x.invoice = d.id AND x.status = 'open')
         ORDER BY d.id LIMIT ?4",
        params![entity, due, after, limit],
        |mut row| row.text(0),
    )
}

/// Whether a dispute is open about an invoice.
///
/// # Errors
/// When the database refuses.
pub fn is_disputed(tx: &mut Tx<'_>, invoice: &str) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT id FROM dispute WHERE invoice = ?1 AND status = 'open' LIMIT 1",
        params![invoice],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// Notes what a payer wrote.
///
/// # Errors
/// When the database refuses.
pub fn note_remittance(tx: &mut Tx<'_>, payment: &str, text: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO remittance (payment, text) VALUES (?1, ?2)
         ON CONFLICT (payment) DO UPDATE SET text = excluded.text",
        params![payment, text],
    )?;
    Ok(())
}

/// What a payer wrote; empty when nothing.
///
/// # Errors
/// When the database refuses.
pub fn remittance(tx: &mut Tx<'_>, payment: &str) -> Result<String, StoreFault> {
    let found = tx.query_one(
        "SELECT text FROM remittance WHERE payment = ?1",
        params![payment],
        |mut row| row.text(0),
    )?;
    Ok(found.unwrap_or_default())
}

/// Says who pays for a customer; nobody else when `payer` is empty.
///
/// # Errors
/// When the database refuses.
pub fn set_payer(tx: &mut Tx<'_>, customer: &str, payer: &str) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM customer_payer WHERE customer = ?1",
        params![customer],
    )?;
    if !payer.is_empty() {
        tx.execute(
            "INSERT INTO customer_payer (customer, payer) VALUES (?1, ?2)",
            params![customer, payer],
        )?;
    }
    Ok(())
}

/// Who pays for a customer; nothing when nobody else does.
///
/// # Errors
/// When the database refuses.
pub fn payer_of(tx: &mut Tx<'_>, customer: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT payer FROM customer_payer WHERE customer = ?1",
        params![customer],
        |mut row| row.text(0),
    )
}

/// The customers that somebody pays for.
///
/// # Errors
/// When the database refuses.
pub fn paid_by(tx: &mut Tx<'_>, payer: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT customer FROM customer_payer WHERE payer = ?1 ORDER BY customer",
        params![payer],
        |mut row| row.text(0),
    )
}

/// Open invoices of one entity and currency whose number or id a text may name, or of one amount;
/// the oldest due first. Used where nobody knows who paid.
///
/// # Errors
/// When the database refuses.
pub fn open_of_amount(
    tx: &mut Tx<'_>,
    entity: &str,
    currency: &str,
    minor: i64,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT id FROM document WHERE kind = 'invoice' AND entity = ?1 AND currency = ?2 AND remaining = ?3
         AND remaining > 0 ORDER BY due, id LIMIT ?4",
        params![entity, currency, minor, limit],
        |mut row| row.text(0),
    )
}
