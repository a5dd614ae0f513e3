//! Payments, what they are set against, and refunds.

use crate::{StoreFault, Tx, params};

table! {
    /// A payment, from first attempt to settlement.
    PaymentRow in "payment" {
        /// Id.
        id: text,
        /// Customer, or empty when nobody knows.
        customer: text,
        /// The invoice it collects, or empty.
        invoice: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// `initiated`, `failed`, `settled`.
        status: text,
        /// `card` or `transfer`.
        method: text,
        /// Asked for or paid, minor units.
        amount: int,
        /// Kept by the processor, minor units.
        fee: int,
        /// Set against nothing, minor units.
        unapplied: int,
        /// Given back, minor units.
        refunded: int,
        /// Attempts so far.
        attempts: int,
        /// Date of the next attempt, or empty.
        next_attempt: text,
        /// Id at the processor, or empty.
        external_id: text,
        /// Chain.
        correlation: text,
        /// When it last changed, microseconds.
        time: int,
    }
}

table! {
    /// An amount of a payment set against a document.
    ApplicationRow in "application" {
        /// Payment.
        payment: text,
        /// Invoice.
        document: text,
        /// 1, 2, 3 … for one payment and document.
        position: int,
        /// Minor units; negative when it was taken back.
        amount: int,
        /// When, microseconds.
        time: int,
        /// The event that did it.
        event: text,
    }
}

table! {
    /// Money given back.
    RefundRow in "refund" {
        /// Id.
        id: text,
        /// The payment given back.
        payment: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// Minor units.
        amount: int,
        /// Why.
        reason: text,
        /// `requested` or `settled`.
        status: text,
        /// Id at the processor, or empty.
        external_id: text,
        /// Chain.
        correlation: text,
        /// When it last changed, microseconds.
        time: int,
    }
}

/// A payment.
///
/// # Errors
/// When the database refuses.
pub fn payment(tx: &mut Tx<'_>, id: &str) -> Result<Option<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM payment WHERE id = ?1"),
        params![id],
        PaymentRow::read,
    )
}

/// The payment that a processor knows by `external_id`.
///
/// # Errors
/// When the database refuses.
pub fn by_external_id(
    tx: &mut Tx<'_>,
    external_id: &str,
) -> Result<Option<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM payment WHERE external_id = ?1 AND external_id <> ''"),
        params![external_id],
        PaymentRow::read,
    )
}

/// As [`by_external_id`] for many ids, in no order.
///
/// # Errors
/// When the database refuses.
pub fn by_external_ids(
    tx: &mut Tx<'_>,
    external_ids: &[&str],
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    let before =
        format!("SELECT {columns} FROM payment WHERE external_id <> '' AND external_id IN");
    let mut found = Vec::with_capacity(external_ids.len());
    crate::bill_pages::each_of(tx, &before, "", external_ids, |row| {
        found.push(PaymentRow::read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// Settled payments of a customer to a legal entity in a currency of which something is unapplied, the
/// oldest first.
///
/// # Errors
/// When the database refuses.
pub fn unapplied_of(
    tx: &mut Tx<'_>,
    (customer, entity, currency): (&str, &str, &str),
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM payment WHERE customer = ?1 AND entity = ?2 AND currency = ?3
             AND unapplied > 0 AND status = 'settled' ORDER BY time, id"
        ),
        params![customer, entity, currency],
        PaymentRow::read,
    )
}

/// The payments that collect an invoice.
///
/// # Errors
/// When the database refuses.
pub fn of_invoice(tx: &mut Tx<'_>, invoice: &str) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM payment WHERE invoice = ?1 AND invoice <> '' ORDER BY id"),
        params![invoice],
        PaymentRow::read,
    )
}

/// Payments before `before` (exclusive; empty for the newest), newest id first; of one customer when
/// `customer` is not empty.
///
/// # Errors
/// When the database refuses.
pub fn payments(
    tx: &mut Tx<'_>,
    customer: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM payment WHERE (?1 = '' OR customer = ?1) AND (?2 = '' OR id < ?2)
             ORDER BY id DESC LIMIT ?3"
        ),
        params![customer, before, limit],
        PaymentRow::read,
    )
}

/// Payments whose next attempt is due on or before `date`.
///
/// # Errors
/// When the database refuses.
pub fn due_to_retry(
    tx: &mut Tx<'_>,
    date: &str,
    limit: i64,
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM payment WHERE next_attempt <> '' AND next_attempt <= ?1
             AND NOT EXISTS (SELECT d.id FROM dispute d WHERE d.invoice = payment.invoice AND d.status = 'open')
             AND NOT EXISTS (SELECT c.id FROM dunning_case c WHERE c.invoice = payment.invoice AND c.status = 'promised')
             ORDER BY next_attempt, id LIMIT ?2"
        ),
        params![date, limit],
        PaymentRow::read,
    )
}

/// Writes back a payment.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &PaymentRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE payment SET customer = ?2, invoice = ?3, status = ?4, amount = ?5, fee = ?6, unapplied = ?7,
         refunded = ?8, attempts = ?9, next_attempt = ?10, external_id = ?11, time = ?12 WHERE id = ?1",
        params![
            &row.id, &row.customer, &row.invoice, &row.status, row.amount, row.fee, row.unapplied, row.refunded,
            row.attempts, &row.next_attempt, &row.external_id, row.time
        ],
    )?;
    Ok(())
}

/// What a payment was set against.
///
/// # Errors
/// When the database refuses.
pub fn applications_of(tx: &mut Tx<'_>, payment: &str) -> Result<Vec<ApplicationRow>, StoreFault> {
    let columns = ApplicationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM application WHERE payment = ?1 ORDER BY document, position"
        ),
        params![payment],
        ApplicationRow::read,
    )
}

/// What was set against a document.
///
/// # Errors
/// When the database refuses.
pub fn applications_to(tx: &mut Tx<'_>, document: &str) -> Result<Vec<ApplicationRow>, StoreFault> {
    let columns = ApplicationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM application WHERE document = ?1 ORDER BY time, payment, position"
        ),
        params![document],
        ApplicationRow::read,
    )
}

/// A refund.
///
/// # Errors
/// When the database refuses.
pub fn refund(tx: &mut Tx<'_>, id: &str) -> Result<Option<RefundRow>, StoreFault> {
    let columns = RefundRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM refund WHERE id = ?1"),
        params![id],
        RefundRow::read,
    )
}

/// The refunds of a payment.
///
/// # Errors
/// When the database refuses.
pub fn refunds_of(tx: &mut Tx<'_>, payment: &str) -> Result<Vec<RefundRow>, StoreFault> {
    let columns = RefundRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM refund WHERE payment = ?1 ORDER BY id"),
        params![payment],
        RefundRow::read,
    )
}

/// Writes back a refund.
///
/// # Errors
/// When the database refuses.
pub fn update_refund(tx: &mut Tx<'_>, row: &RefundRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE refund SET status = ?2, external_id = ?3, time = ?4 WHERE id = ?1",
        params![&row.id, &row.status, &row.external_id, row.time],
    )?;
    Ok(())
}

/// Settled payments by entity and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Paid, minor units.
    pub gross: i64,
    /// Kept by processors, minor units.
    pub fee: i64,
    /// Set against nothing, minor units.
    pub unapplied: i64,
    /// Given back, minor units.
    pub refunded: i64,
}

/// Sums of settled payments.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>) -> Result<Vec<PaymentSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(count(*) AS BIGINT), CAST(sum(amount) AS BIGINT), CAST(sum(fee) AS BIGINT),
         CAST(sum(unapplied) AS BIGINT), CAST(sum(refunded) AS BIGINT)
         FROM payment WHERE status = 'settled' GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        |mut row| {
            Ok(PaymentSum {
                entity: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                gross: row.int(3)?,
                fee: row.int(4)?,
                unapplied: row.int(5)?,
                refunded: row.int(6)?,
            })
        },
    )
}

/// Which payments a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Of one legal entity.
    pub entity: String,
    /// Of one customer.
    pub customer: String,
    /// Of one status.
    pub status: String,
}

/// Payments by their last change, newest first, before (time, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    filter: &PaymentFilter,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM payment WHERE (?1 = '' OR entity = ?1) AND (?2 = '' OR customer = ?2)
             AND (?3 = '' OR status = ?3) AND (time, id) < (?4, ?5) ORDER BY time DESC, id DESC LIMIT ?6"
        ),
        params![&filter.entity, &filter.customer, &filter.status, before.0, before.1, limit],
        PaymentRow::read,
    )
}

/// Money of one entity, currency and method that reached us, went back, or is set against invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneySum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// `card` or `transfer`.
    pub method: String,
    /// How many payments or refunds.
    pub count: i64,
    /// Minor units; before fees.
    pub amount: i64,
    /// Kept by processors, minor units; nothing for refunds and applications.
    pub fee: i64,
}

fn money_sum(mut row: crate::Row) -> Result<MoneySum, StoreFault> {
    Ok(MoneySum {
        entity: row.text(0)?,
        currency: row.text(1)?,
        method: row.text(2)?,
        count: row.int(3)?,
        amount: row.int(4)?,
        fee: row.int(5)?,
    })
}

/// What arrived later than `since` (microseconds), by entity, currency and method.
///
/// # Errors
/// When the database refuses.
pub fn received_since(tx: &mut Tx<'_>, since: i64) -> Result<Vec<MoneySum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, method, CAST(count(*) AS BIGINT), CAST(sum(amount) AS BIGINT), CAST(sum(fee) AS BIGINT)
         FROM payment WHERE status NOT IN ('initiated', 'failed') AND time > ?1
         GROUP BY entity, currency, method ORDER BY entity, currency, method",
        params![since],
        money_sum,
    )
}

/// What went back for good later than `since` (microseconds), by entity, currency and method of the
/// payment.
///
/// # Errors
/// When the database refuses.
pub fn given_back_since(tx: &mut Tx<'_>, since: i64) -> Result<Vec<MoneySum>, StoreFault> {
    tx.query(
        "SELECT r.entity, r.currency, p.method, CAST(count(*) AS BIGINT), CAST(sum(r.amount) AS BIGINT), CAST(0 AS BIGINT)
         FROM refund r JOIN payment p ON p.id = r.payment WHERE r.status = 'settled' AND r.time > ?1
         GROUP BY r.entity, r.currency, p.method ORDER BY r.entity, r.currency, p.method",
        params![since],
        money_sum,
    )
}

/// What arrived, by entity, currency and method.
///
/// # Errors
/// When the database refuses.
pub fn received(tx: &mut Tx<'_>) -> Result<Vec<MoneySum>, StoreFault> {
    received_since(tx, i64::MIN)
}

/// What went back for good, by entity, currency and method of the payment.
///
/// # Errors
/// When the database refuses.
pub fn given_back(tx: &mut Tx<'_>) -> Result<Vec<MoneySum>, StoreFault> {
    given_back_since(tx, i64::MIN)
}

/// What is set against invoices, by entity, currency and method of the payment.
///
/// # Errors
/// When the database refuses.
pub fn applied(tx: &mut Tx<'_>) -> Result<Vec<MoneySum>, StoreFault> {
    tx.query(
        "SELECT p.entity, p.currency, p.method, CAST(count(*) AS BIGINT), CAST(sum(a.amount) AS BIGINT), CAST(0 AS BIGINT)
         FROM application a JOIN payment p ON p.id = a.payment
         GROUP BY p.entity, p.currency, p.method ORDER BY p.entity, p.currency, p.method",
        &[],
        money_sum,
    )
}

/// What was collected on the invoices of a contract, minor units.
///
/// # Errors
/// When the database refuses.
pub fn collected_on(tx: &mut Tx<'_>, contract: &str) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(coalesce(sum(a.amount), 0) AS BIGINT) FROM application a JOIN document d ON d.id = a.document
         WHERE d.contract = ?1",
        params![contract],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}
