//! What says how an account stands: its cases, what is late without one, and payments that fail.

use crate::exceptions::cases::failing_but;
use crate::{StoreFault, Tx, params};

/// A case of a customer that is not closed, with what else is known of its invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCase {
    /// The case, as JSON.
    pub body: String,
    /// Whether something of the invoice is open.
    pub is_owed: bool,
    /// Whether a dispute about the invoice is open.
    pub is_disputed: bool,
    /// Whether the attempts to collect the invoice are used up.
    pub is_given_up: bool,
}

/// The cases of a customer that are not closed.
///
/// # Errors
/// When the database refuses.
pub fn account_cases(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<AccountCase>, StoreFault> {
    tx.query(
        "SELECT c.body, d.remaining,
         CAST(CASE WHEN EXISTS (SELECT x.id FROM dispute x WHERE x.invoice = c.invoice AND x.status = 'open')
           THEN 1 ELSE 0 END AS BIGINT),
         CAST(CASE WHEN EXISTS (SELECT p.id FROM payment p WHERE p.invoice = c.invoice AND p.status = 'failed'
           AND p.next_attempt = '') THEN 1 ELSE 0 END AS BIGINT)
         FROM dunning_case c JOIN document d ON d.id = c.invoice
         WHERE c.customer = ?1 AND c.status <> 'closed' ORDER BY c.id",
        params![customer],
        |mut row| {
            Ok(AccountCase {
                body: row.text(0)?,
                is_owed: row.int(1)? > 0,
                is_disputed: row.int(2)? != 0,
                is_given_up: row.int(3)? != 0,
            })
        },
    )
}

/// The earliest day on which an open invoice of a customer was due that has no case, is not disputed
/// and is not being collected: (legal entity, day), one an entity. `remaining <> 0` is what the index of
/// open documents is over.
///
/// # Errors
/// When the database refuses.
pub fn earliest_due_without_case(
    tx: &mut Tx<'_>,
    customer: &str,
) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT d.entity, min(d.due) FROM document d
         WHERE d.customer = ?1 AND d.kind = 'invoice' AND d.remaining <> 0 AND d.remaining > 0
         AND NOT EXISTS (SELECT c.id FROM dunning_case c WHERE c.invoice = d.id AND c.status <> 'closed')
         AND NOT EXISTS (SELECT x.id FROM dispute x WHERE x.invoice = d.id AND x.status = 'open')
         AND NOT EXISTS (SELECT p.id FROM payment p WHERE p.invoice = d.id AND p.status = 'initiated')
         GROUP BY d.entity ORDER BY d.entity",
        params![customer],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// The payments of a customer whose last attempt failed and whose invoice is in no case of the
/// customer: how many, and how many of them are not tried again.
///
/// # Errors
/// When the database refuses.
pub fn failing_without_case(tx: &mut Tx<'_>, customer: &str) -> Result<(i64, i64), StoreFault> {
    failing_but(
        tx,
        customer,
        "AND NOT EXISTS (SELECT c.id FROM dunning_case c WHERE c.invoice = p.invoice AND c.customer = ?1
           AND c.status <> 'closed')",
    )
}
