//! Leases: what only one of several processes does at a time. A lease that is not renewed runs out,
//! and the next process takes it over with a higher fence.

use crate::{StoreFault, Tx, params};

table! {
    /// A lease.
    LeaseRow in "lease" {
        /// What it is for, such as `sweep/salesforce`.
        name: text,
        /// Who has it.
        holder: text,
        /// Until when, microseconds.
        expires: int,
        /// Grows with every change of holder.
        fence: int,
    }
}

/// Takes or renews a lease. Its fence when `holder` has it now; nothing while another one has it.
///
/// # Errors
/// When the database refuses.
pub fn take(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: i64,
    expires: i64,
) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "INSERT INTO lease (name, holder, expires, fence) VALUES (?1, ?2, ?4, 1)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires,
           fence = lease.fence + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END
         WHERE lease.holder = excluded.holder OR lease.expires <= ?3
         RETURNING fence",
        params![name, holder, now, expires],
        |row| row.int(0),
    )
}

/// Who has a lease, or had it last.
///
/// # Errors
/// When the database refuses.
pub fn holder(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT holder FROM lease WHERE name = ?1",
        params![name],
        |mut row| row.text(0),
    )
}

/// Gives a lease up; nothing when somebody else has it by now.
///
/// # Errors
/// When the database refuses.
pub fn give_up(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE lease SET expires = 0 WHERE name = ?1 AND holder = ?2",
        params![name, holder],
    )?;
    Ok(())
}

/// All leases by name.
///
/// # Errors
/// When the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<LeaseRow>, StoreFault> {
    let columns = LeaseRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM lease ORDER BY name"),
        &[],
        LeaseRow::read,
    )
}
