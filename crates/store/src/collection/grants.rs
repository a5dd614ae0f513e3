//! Lists of prepaid credit: what was granted to whom, and what used it.

use super::{GrantRow, UseRow};
use crate::bill_pages::each_of;
use crate::{StoreFault, Tx, params};

/// Grants before `before` (time, id), the newest first: those of a customer, or all where it is empty.
///
/// # Errors
/// When the database refuses.
pub fn grants_newest(
    tx: &mut Tx<'_>,
    customer: &str,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<GrantRow>, StoreFault> {
    let columns = GrantRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM prepaid_grant WHERE (?1 = '' OR customer = ?1) AND (time, id) < (?2, ?3)
             ORDER BY time DESC, id DESC LIMIT ?4"
        ),
        params![customer, before.0, before.1, limit],
        GrantRow::read,
    )
}

/// What was used of these grants and what came back to them (below zero), each with the number of its
/// invoice, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn uses_of_grants(
    tx: &mut Tx<'_>,
    grants: &[&str],
) -> Result<Vec<(UseRow, String)>, StoreFault> {
    let columns = UseRow::columns("u.");
    let select = format!(
        "SELECT {columns}, d.number FROM prepaid_use u JOIN document d ON d.id = u.document
         WHERE u.grant_id IN"
    );
    let mut found = Vec::new();
    each_of(tx, &select, "", grants, |mut row| {
        let number = row.text(5)?;
        found.push((UseRow::read(row)?, number));
        Ok(())
    })?;
    found.sort_by(|(one, _), (other, _)| {
        (one.time, &one.document, one.position).cmp(&(other.time, &other.document, other.position))
    });
    Ok(found)
}
