//! One box that finds any id: ours, another system's, or a printed number.

use crate::{StoreFault, Tx, params};

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `contract`, `customer`, `invoice`, `credit_note`, `payment`, `refund`, `journal`, `exception`,
    /// `event`, `effect`, or `reference` for an id of another system.
    pub kind: String,
    /// The id or number that matched.
    pub id: String,
    /// What it is called: a name, a number, an object.
    pub title: String,
    /// Its chain, or empty.
    pub correlation: String,
}

/// Everything whose id or number is exactly `text`.
///
/// # Errors
/// When the database refuses.
pub fn exactly(tx: &mut Tx<'_>, text: &str) -> Result<Vec<Found>, StoreFault> {
    tx.query(
        "SELECT 'contract', id, customer, correlation FROM contract WHERE id = ?1
         UNION ALL SELECT 'customer', id, name, correlation FROM customer WHERE id = ?1
         UNION ALL SELECT kind, id, number, correlation FROM document WHERE id = ?1 OR number = ?1
         UNION ALL SELECT 'payment', id, status, correlation FROM payment WHERE id = ?1
         UNION ALL SELECT 'refund', id, status, correlation FROM refund WHERE id = ?1
         UNION ALL SELECT 'prepaid_credit', id, reason, correlation FROM prepaid_grant WHERE id = ?1
         UNION ALL SELECT 'journal', id, narration, correlation FROM journal WHERE id = ?1
         UNION ALL SELECT 'exception', id, summary, correlation FROM exception WHERE id = ?1
         UNION ALL SELECT 'event', id, type, correlation FROM event WHERE id = ?1
         UNION ALL SELECT 'effect', id, operation, correlation FROM effect WHERE id = ?1
         UNION ALL SELECT 'reference', id, object, correlation FROM reference WHERE id = ?1
         UNION ALL SELECT 'reference', source_id, kind, correlation FROM inbox WHERE source_id = ?1 AND correlation <> ''
         UNION ALL SELECT 'exception', id, summary, correlation FROM exception WHERE document = ?1",
        params![text],
        |mut row| {
            Ok(Found { kind: row.text(0)?, id: row.text(1)?, title: row.text(2)?, correlation: row.text(3)? })
        },
    )
}

/// Customers, contracts and documents whose name, id or number holds `text`, at most `limit` a kind.
///
/// # Errors
/// When the database refuses.
pub fn holding(tx: &mut Tx<'_>, text: &str, limit: i64) -> Result<Vec<Found>, StoreFault> {
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            if matches!(c, '%' | '_' | '\\') {
                vec!['\\', c]
            } else {
                vec![c]
            }
        })
        .collect();
    // `lower` knows ASCII alone on both databases; other letters must be written as they are stored.
    let pattern = format!("%{}%", escaped.to_ascii_lowercase());
    tx.query(
        "SELECT * FROM (SELECT 'customer' AS kind, id, name AS title, correlation FROM customer
           WHERE lower(name) LIKE ?1 ESCAPE '\\' OR lower(id) LIKE ?1 ESCAPE '\\' ORDER BY name LIMIT ?2) a
         UNION ALL SELECT * FROM (SELECT 'contract' AS kind, c.id, u.name AS title, c.correlation FROM contract c
           JOIN customer u ON u.id = c.customer
           WHERE lower(c.id) LIKE ?1 ESCAPE '\\' OR lower(u.name) LIKE ?1 ESCAPE '\\' ORDER BY c.id LIMIT ?2) b
         UNION ALL SELECT * FROM (SELECT kind, id, number AS title, correlation FROM document
           WHERE lower(number) LIKE ?1 ESCAPE '\\' OR lower(id) LIKE ?1 ESCAPE '\\' ORDER BY id LIMIT ?2) d",
        params![&pattern, limit],
        |mut row| {
            Ok(Found { kind: row.text(0)?, id: row.text(1)?, title: row.text(2)?, correlation: row.text(3)? })
        },
    )
}

/// The chains of things that are known by `text` in another way than by their own id: by the id that
/// another system gave them, by a line, by an obligation, or by the chain itself.
///
/// # Errors
/// When the database refuses.
pub fn chains_known_as(tx: &mut Tx<'_>, text: &str) -> Result<Vec<Found>, StoreFault> {
    tx.query(
        "SELECT 'payment', id, status, correlation FROM payment WHERE external_id = ?1 AND external_id <> ''
         UNION ALL SELECT 'refund', id, status, correlation FROM refund WHERE external_id = ?1 AND external_id <> ''
         UNION ALL SELECT 'effect', id, operation, correlation FROM effect WHERE external_id = ?1 AND external_id <> ''
         UNION ALL SELECT 'obligation', id, product, correlation FROM obligation WHERE id = ?1
         UNION ALL SELECT d.kind, d.id, d.number, d.correlation FROM document_line l JOIN document d ON d.id = l.document
           WHERE l.id = ?1
         UNION ALL SELECT 'reference', source_id, kind, correlation FROM inbox
           WHERE substr(source_id, 1, length(?1) + 1) = ?1 || '@' AND correlation <> ''
         UNION ALL SELECT * FROM (SELECT 'chain', correlation, subject, correlation FROM event WHERE correlation = ?1
           AND correlation <> '' ORDER BY id LIMIT 1) c",
        params![text],
        |mut row| {
            Ok(Found { kind: row.text(0)?, id: row.text(1)?, title: row.text(2)?, correlation: row.text(3)? })
        },
    )
}
