//! The use of sessions, and failed sign-ins.

use crate::{StoreFault, Tx, params};

table! {
    /// What a session knows besides its secret.
    SessionUse in "session_use" {
        /// Digest of its secret.
        digest: blob,
        /// A name of it that may be shown.
        id: text,
        /// Whose.
        user_name: text,
        /// When it began, microseconds.
        began: int,
        /// When it was last used, to the minute, microseconds.
        used: int,
        /// When it ends whatever happens, microseconds.
        expires: int,
        /// Where it began.
        address: text,
        /// What the browser said that it is.
        agent: text,
    }
}

/// Keeps the beginning of a session.
///
/// # Errors
/// When the database refuses.
pub fn begin_use(tx: &mut Tx<'_>, session: &SessionUse) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM session_use WHERE expires < ?1",
        params![session.began],
    )?;
    SessionUse::insert(tx, std::slice::from_ref(session))
}

/// What is known of the session of a digest.
///
/// # Errors
/// When the database refuses.
pub fn session_use(tx: &mut Tx<'_>, digest: &[u8]) -> Result<Option<SessionUse>, StoreFault> {
    let columns = SessionUse::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM session_use WHERE digest = ?1"),
        params![digest],
        SessionUse::read,
    )
}

/// Writes down that a session was used.
///
/// # Errors
/// When the database refuses.
pub fn touch(tx: &mut Tx<'_>, digest: &[u8], used: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE session_use SET used = ?2 WHERE digest = ?1 AND used < ?2",
        params![digest, used],
    )?;
    Ok(())
}

/// The sessions of a user, or of all, that have not ended at `now`, the newest use first.
///
/// # Errors
/// When the database refuses.
pub fn sessions(
    tx: &mut Tx<'_>,
    user: Option<&str>,
    now: i64,
) -> Result<Vec<SessionUse>, StoreFault> {
    let columns = SessionUse::columns("u.");
    let text = format!(
        "SELECT {columns} FROM session_use u JOIN session s ON s.digest = u.digest
         WHERE s.expires > ?1 AND (?2 = '' OR u.user_name = ?2) ORDER BY u.used DESC, u.id"
    );
    tx.query(
        &text,
        params![now, user.unwrap_or_default()],
        SessionUse::read,
    )
}

/// Ends the session of a user that is called `id`; answers how many ended.
///
/// # Errors
/// When the database refuses.
pub fn end_one(tx: &mut Tx<'_>, user: &str, id: &str) -> Result<u64, StoreFault> {
    let ended = tx.execute(
        "DELETE FROM session WHERE digest IN (SELECT digest FROM session_use WHERE user_name = ?1 AND id = ?2)",
        params![user, id],
    )?;
    tx.execute(
        "DELETE FROM session_use WHERE user_name = ?1 AND id = ?2",
        params![user, id],
    )?;
    Ok(ended)
}

/// Ends every session of a user; answers how many ended.
///
/// # Errors
/// When the database refuses.
pub fn end_all(tx: &mut Tx<'_>, user: &str) -> Result<u64, StoreFault> {
    let ended = tx.execute("DELETE FROM session WHERE user_name = ?1", params![user])?;
    tx.execute(
        "DELETE FROM session_use WHERE user_name = ?1",
        params![user],
    )?;
    Ok(ended)
}

/// Ends every session of a user but the one of a digest; answers how many ended.
///
/// # Errors
/// When the database refuses.
pub fn end_all_but(tx: &mut Tx<'_>, user: &str, keep: &[u8]) -> Result<u64, StoreFault> {
    let ended = tx.execute(
        "DELETE FROM session WHERE user_name = ?1 AND digest <> ?2",
        params![user, keep],
    )?;
    tx.execute(
        "DELETE FROM session_use WHERE user_name = ?1 AND digest <> ?2",
        params![user, keep],
    )?;
    Ok(ended)
}

/// Removes a user with all sessions; answers whether there was one.
///
/// # Errors
/// When the database refuses.
pub fn remove_user(tx: &mut Tx<'_>, user: &str) -> Result<bool, StoreFault> {
    end_all(tx, user)?;
    Ok(tx.execute("DELETE FROM account_user WHERE name = ?1", params![user])? > 0)
}

/// Failures of a key: since when, and how many.
///
/// # Errors
/// When the database refuses.
pub fn failures(tx: &mut Tx<'_>, key: &str) -> Result<Option<(i64, i64)>, StoreFault> {
    tx.query_one(
        "SELECT since, failures FROM sign_in_failure WHERE key = ?1",
        params![key],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )
}

/// Counts a failure of a key at `now`. One that began before `start` begins again.
///
/// # Errors
/// When the database refuses.
pub fn count_failure(tx: &mut Tx<'_>, key: &str, start: i64, now: i64) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO sign_in_failure (key, since, failures) VALUES (?1, ?2, 1)
         ON CONFLICT (key) DO UPDATE SET
           failures = CASE WHEN sign_in_failure.since < ?3 THEN 1 ELSE sign_in_failure.failures + 1 END,
           since = CASE WHEN sign_in_failure.since < ?3 THEN excluded.since ELSE sign_in_failure.since END",
        params![key, now, start],
    )?;
    Ok(())
}

/// Forgets the failures of a key, and all that began before `start`.
///
/// # Errors
/// When the database refuses.
pub fn forget_failures(tx: &mut Tx<'_>, key: &str, start: i64) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM sign_in_failure WHERE key = ?1 OR since < ?2",
        params![key, start],
    )?;
    Ok(())
}
