//! Documents and accounts as they stood at a moment: what aged receivables are made of.

use crate::{StoreFault, Tx, params};

/// A document as it stood at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoodAt {
    /// Id.
    pub id: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Printed number.
    pub number: String,
    /// Customer.
    pub customer: String,
    /// Its name; its id where we have no such customer.
    pub name: String,
    /// Currency.
    pub currency: String,
    /// When it is to be paid.
    pub due: String,
    /// With tax, minor units.
    pub total: i64,
    /// Paid, written off and settled by prepaid credit until then, minor units.
    pub settled: i64,
    /// Credited until then: of an invoice, what credit notes took off; of a credit note, what is set
    /// off.
    pub credited: i64,
}

impl StoodAt {
    /// What was open; below zero for a credit note that was not set off.
    #[must_use]
    pub fn open(&self) -> i64 {
        if self.kind == "credit_note" {
            self.credited - self.total
        } else {
            self.total - self.settled - self.credited
        }
    }
}

/// Every document of an entity issued on or before `day`, as it stood just before `end`
/// (microseconds): the moment at which that day ends there. Those with nothing open are left out.
///
/// # Errors
/// When the database refuses.
pub fn stood_at(
    tx: &mut Tx<'_>,
    entity: &str,
    day: &str,
    end: i64,
) -> Result<Vec<StoodAt>, StoreFault> {
    // What is settled is left out before it is handed over: most documents ever issued are.
    tx.query(
        "SELECT s.id, s.kind, s.number, s.customer, coalesce(c.name, s.customer), s.currency, s.due, s.total,
           s.settled, s.credited FROM (SELECT d.id, d.kind, d.number, d.customer, d.currency, d.due, d.total,
           CAST(coalesce((SELECT sum(a.amount) FROM application a WHERE a.document = d.id AND a.time < ?3), 0)
             + coalesce((SELECT sum(w.amount) FROM write_off w WHERE w.invoice = d.id AND w.time < ?3), 0)
             + coalesce((SELECT sum(u.amount) FROM prepaid_use u WHERE u.document = d.id AND u.time < ?3), 0) AS BIGINT) AS settled,
           CAST(CASE WHEN d.kind = 'credit_note' THEN d.total - d.remaining
             ELSE coalesce((SELECT sum(n.total - n.remaining) FROM document n
               WHERE n.source = d.id AND n.source <> '' AND n.issued <= ?2 AND n.status <> 'void'), 0) END AS BIGINT) AS credited
         FROM document d WHERE d.entity = ?1 AND d.issued <= ?2 AND d.status <> 'void') s
         LEFT JOIN customer c ON c.id = s.customer
         WHERE CASE WHEN s.kind = 'credit_note' THEN s.credited - s.total ELSE s.total - s.settled - s.credited END <> 0
         ORDER BY s.customer, s.due, s.id",
        params![entity, day, end],
        |mut row| {
            Ok(StoodAt {
                id: row.text(0)?,
                kind: row.text(1)?,
                number: row.text(2)?,
                customer: row.text(3)?,
                name: row.text(4)?,
                currency: row.text(5)?,
                due: row.text(6)?,
                total: row.int(7)?,
                settled: row.int(8)?,
                credited: row.int(9)?,
            })
        },
    )
}

/// What stands on accounts of an entity by currency, from journals dated on or before `day`.
///
/// # Errors
/// When the database refuses.
pub fn account_on(
    tx: &mut Tx<'_>,
    entity: &str,
    account: &str,
    day: &str,
) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT l.currency, CAST(sum(l.amount) AS BIGINT) FROM journal_line l JOIN journal j ON j.id = l.journal
         WHERE l.entity = ?1 AND l.account = ?2 AND j.date <= ?3 GROUP BY l.currency ORDER BY l.currency",
        params![entity, account, day],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}
