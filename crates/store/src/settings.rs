//! Small named values, counters, and the versions of configuration documents.

use crate::{StoreFault, Tx, params};

/// The value of a setting.
///
/// # Errors
/// When the database refuses.
pub fn setting(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT value FROM setting WHERE name = ?1",
        params![name],
        |mut row| row.text(0),
    )
}

/// Sets a setting.
///
/// # Errors
/// When the database refuses.
pub fn set_setting(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

/// The next number of a gapless series. It is given back when the transaction is undone.
///
/// # Errors
/// When the database refuses.
pub fn next_number(tx: &mut Tx<'_>, series: &str) -> Result<i64, StoreFault> {
    let number = tx.query_one(
        "INSERT INTO counter (name, last) VALUES (?1, 1)
         ON CONFLICT (name) DO UPDATE SET last = counter.last + 1 RETURNING last",
        params![series],
        |row| row.int(0),
    )?;
    number.ok_or(StoreFault::Unreadable {
        column: 0,
        wanted: "the next number of a series",
    })
}

/// The last number that a gapless series gave; 0 before the first.
///
/// # Errors
/// When the database refuses.
pub fn last_number(tx: &mut Tx<'_>, series: &str) -> Result<i64, StoreFault> {
    let last = tx.query_one(
        "SELECT last FROM counter WHERE name = ?1",
        params![series],
        |row| row.int(0),
    )?;
    Ok(last.unwrap_or(0))
}

/// Takes the lock of an aggregate until the end of the transaction, so that two journeys over one
/// customer follow each other. On SQLite the single writer gives this already.
///
/// # Errors
/// When the database refuses.
pub fn take_turn(tx: &mut Tx<'_>, aggregate: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO counter (name, last) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET last = counter.last",
        params![aggregate],
    )?;
    Ok(())
}

/// The newest version of a configuration document: `posting_rules`, `chart`, `tax`.
///
/// # Errors
/// When the database refuses.
pub fn configuration(tx: &mut Tx<'_>, kind: &str) -> Result<Option<(i64, String)>, StoreFault> {
    tx.query_one(
        "SELECT version, body FROM configuration WHERE kind = ?1 ORDER BY version DESC LIMIT 1",
        params![kind],
        |mut row| Ok((row.int(0)?, row.text(1)?)),
    )
}

/// Adds a version of a configuration document; older versions stay.
///
/// # Errors
/// When the version is there already, or the database refuses.
pub fn add_configuration(
    tx: &mut Tx<'_>,
    kind: &str,
    version: i64,
    recorded: i64,
    actor: &str,
    body: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO configuration (kind, version, recorded, actor, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![kind, version, recorded, actor, body],
    )?;
    Ok(())
}

/// The settings whose name begins with `prefix`, by name: (name, value).
///
/// # Errors
/// When the database refuses.
pub fn starting_with(tx: &mut Tx<'_>, prefix: &str) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT name, value FROM setting WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
        params![prefix],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// Every version of the configuration documents whose kind begins with `prefix`, by kind and version:
/// (kind, version, body).
///
/// # Errors
/// When the database refuses.
pub fn configurations_starting_with(
    tx: &mut Tx<'_>,
    prefix: &str,
) -> Result<Vec<(String, i64, String)>, StoreFault> {
    tx.query(
        "SELECT kind, version, body FROM configuration WHERE substr(kind, 1, length(?1)) = ?1 ORDER BY kind, version",
        params![prefix],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)),
    )
}
