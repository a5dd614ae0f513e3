//! What was done, by whom and when: a trail for each exception, incident and dispute, and the steps
//! of a playbook that somebody has done.

use crate::{StoreFault, Tx, params};

table! {
    /// One entry of a trail.
    TrailRow in "trail" {
        /// What it is about, such as `exception/exc_01J…`.
        subject: text,
        /// From 1, without gaps.
        position: int,
        /// When, microseconds.
        time: int,
        /// Who.
        actor: text,
        /// What was done, as a word.
        action: text,
        /// In words.
        detail: text,
    }
}

/// Adds an entry to the end of a trail.
///
/// # Errors
/// When the database refuses.
pub fn add(
    tx: &mut Tx<'_>,
    subject: &str,
    time: i64,
    actor: &str,
    action: &str,
    detail: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO trail (subject, position, time, actor, action, detail)
         SELECT ?1, coalesce(max(position), 0) + 1, CAST(?2 AS BIGINT), ?3, ?4, ?5 FROM trail WHERE subject = ?1",
        params![subject, time, actor, action, detail],
    )?;
    Ok(())
}

/// A trail, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of(tx: &mut Tx<'_>, subject: &str) -> Result<Vec<TrailRow>, StoreFault> {
    let columns = TrailRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM trail WHERE subject = ?1 ORDER BY position"),
        params![subject],
        TrailRow::read,
    )
}

table! {
    /// A step of a playbook that was done.
    PlaybookStepRow in "playbook_step" {
        /// The exception.
        exception: text,
        /// From 1.
        step: int,
        /// Who did it.
        actor: text,
        /// When, microseconds.
        done: int,
    }
}

/// Notes that a step was done; the first note stays.
///
/// # Errors
/// When the database refuses.
pub fn step_done(tx: &mut Tx<'_>, row: &PlaybookStepRow) -> Result<(), StoreFault> {
    tx.insert(
        &PlaybookStepRow::insert_text("ON CONFLICT (exception, step) DO NOTHING"),
        PlaybookStepRow::WIDTH,
        &row.params(),
    )?;
    Ok(())
}

/// Takes the note back.
///
/// # Errors
/// When the database refuses.
pub fn step_undone(tx: &mut Tx<'_>, exception: &str, step: i64) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM playbook_step WHERE exception = ?1 AND step = ?2",
        params![exception, step],
    )?;
    Ok(())
}

/// The steps that were done about an exception, in order.
///
/// # Errors
/// When the database refuses.
pub fn steps_of(tx: &mut Tx<'_>, exception: &str) -> Result<Vec<PlaybookStepRow>, StoreFault> {
    let columns = PlaybookStepRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM playbook_step WHERE exception = ?1 ORDER BY step"),
        params![exception],
        PlaybookStepRow::read,
    )
}
