//! Users, sessions and API tokens. Secrets are stored as digests only.

use crate::{StoreFault, Tx, params};

/// A console user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Role word.
    pub role: String,
    /// Argon2 hash in PHC form.
    pub password_hash: String,
}

/// A console session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// Role of the user.
    pub role: String,
    /// What forms must carry.
    pub csrf: String,
    /// When it ends, microseconds.
    pub expires: i64,
}

/// How many users there are.
///
/// # Errors
/// When the database refuses.
pub fn user_count(tx: &mut Tx<'_>) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM account_user",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Adds a user or changes the password and role.
///
/// # Errors
/// When the database refuses.
pub fn put_user(tx: &mut Tx<'_>, user: &User, created: i64) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO account_user (name, role, password_hash, created) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash",
        params![&user.name, &user.role, &user.password_hash, created],
    )?;
    Ok(())
}

/// A user.
///
/// # Errors
/// When the database refuses.
pub fn user(tx: &mut Tx<'_>, name: &str) -> Result<Option<User>, StoreFault> {
    tx.query_one(
        "SELECT name, role, password_hash FROM account_user WHERE name = ?1",
        params![name],
        |mut row| {
            Ok(User {
                name: row.text(0)?,
                role: row.text(1)?,
                password_hash: row.text(2)?,
            })
        },
    )
}

/// Begins a session, and forgets those that ended before `now`.
///
/// # Errors
/// When the database refuses.
pub fn begin_session(
    tx: &mut Tx<'_>,
    digest: &[u8],
    user: &str,
    csrf: &str,
    expires: i64,
    now: i64,
) -> Result<(), StoreFault> {
    tx.execute("DELETE FROM session WHERE expires < ?1", params![now])?;
    tx.execute(
        "INSERT INTO session (digest, user_name, csrf, expires) VALUES (?1, ?2, ?3, ?4)",
        params![digest, user, csrf, expires],
    )?;
    Ok(())
}

/// A session that has not ended at `now`.
///
/// # Errors
/// When the database refuses.
pub fn session(tx: &mut Tx<'_>, digest: &[u8], now: i64) -> Result<Option<Session>, StoreFault> {
    tx.query_one(
        "SELECT s.user_name, u.role, s.csrf, s.expires FROM session s JOIN account_user u ON u.name = s.user_name
         WHERE s.digest = ?1 AND s.expires > ?2",
        params![digest, now],
        |mut row| Ok(Session { user: row.text(0)?, role: row.text(1)?, csrf: row.text(2)?, expires: row.int(3)? }),
    )
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub fn end_session(tx: &mut Tx<'_>, digest: &[u8]) -> Result<(), StoreFault> {
    tx.execute("DELETE FROM session WHERE digest = ?1", params![digest])?;
    Ok(())
}

/// Adds an API token.
///
/// # Errors
/// When the database refuses.
pub fn add_token(
    tx: &mut Tx<'_>,
    digest: &[u8],
    name: &str,
    role: &str,
    created: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO api_token (digest, name, role, created, revoked) VALUES (?1, ?2, ?3, ?4, 0)",
        params![digest, name, role, created],
    )?;
    Ok(())
}

/// The name and role behind an API token that is not revoked.
///
/// # Errors
/// When the database refuses.
pub fn token(tx: &mut Tx<'_>, digest: &[u8]) -> Result<Option<(String, String)>, StoreFault> {
    tx.query_one(
        "SELECT name, role FROM api_token WHERE digest = ?1 AND revoked = 0",
        params![digest],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// Revokes the tokens of a name.
///
/// # Errors
/// When the database refuses.
pub fn revoke_tokens(tx: &mut Tx<'_>, name: &str, now: i64) -> Result<u64, StoreFault> {
    tx.execute(
        "UPDATE api_token SET revoked = ?2 WHERE name = ?1 AND revoked = 0",
        params![name, now],
    )
}
