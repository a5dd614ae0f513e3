//! Webhooks that go out: endpoints, the messages for each, the lanes that keep them in order, and
//! every attempt.

use crate::{StoreFault, Tx, params};

table! {
    /// Somebody who wants to be told.
    EndpointRow in "webhook_endpoint" {
        /// Its id.
        id: text,
        /// Where it listens.
        url: text,
        /// What it is for.
        description: text,
        /// What it wants: a JSON list of event types and patterns.
        types: text,
        /// The highest major version that it reads.
        version: int,
        /// `enabled` or `disabled`.
        status: text,
        /// Why it is disabled, or empty.
        reason: text,
        /// Which of its secrets is the newest.
        secret_number: int,
        /// Whether the newest secret has been shown.
        secret_shown: int,
        /// Until when the secret before it signs too, microseconds; 0 when there is none.
        previous_until: int,
        /// Since when nothing has reached it, microseconds; 0 when it answers.
        failing_since: int,
        /// Nothing is sent before, microseconds.
        hold_until: int,
        /// When it was added.
        created: int,
        /// When it was changed last.
        changed: int,
        /// Who added it.
        actor: text,
    }
}

table! {
    /// One message for one endpoint.
    MessageRow in "webhook_message" {
        /// For whom.
        endpoint: text,
        /// The message id that the receiver sees, the same on every attempt.
        id: text,
        /// The event; empty for a test.
        event: text,
        /// The type that it is sent as.
        event_type: text,
        /// What keeps it in order: the partition of the event.
        lane: text,
        /// Its place in the lane.
        sequence: int,
        /// `waiting`, `delivered`, `failed` or `skipped`.
        status: text,
        /// How often it was tried.
        attempts: int,
        /// What the receiver answered last, or 0.
        code: int,
        /// Why the last attempt failed, or why it is skipped.
        error: text,
        /// When it was made.
        created: int,
        /// When it was changed last.
        changed: int,
    }
}

table! {
    /// One attempt to deliver a message.
    AttemptRow in "webhook_attempt" {
        /// For whom.
        endpoint: text,
        /// The message.
        message: text,
        /// 1 for the first.
        number: int,
        /// When.
        at: int,
        /// How long the answer took, in milliseconds.
        took_ms: int,
        /// The status of the answer, or 0.
        code: int,
        /// Why it failed, or empty.
        error: text,
    }
}

/// Every endpoint, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn endpoints(tx: &mut Tx<'_>) -> Result<Vec<EndpointRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_endpoint ORDER BY id",
        EndpointRow::columns("")
    );
    tx.query(&text, &[], EndpointRow::read)
}

/// One endpoint.
///
/// # Errors
/// When the database refuses.
pub fn endpoint(tx: &mut Tx<'_>, id: &str) -> Result<Option<EndpointRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_endpoint WHERE id = ?1",
        EndpointRow::columns("")
    );
    tx.query_one(&text, params![id], EndpointRow::read)
}

/// Writes what can change of an endpoint.
///
/// # Errors
/// When the database refuses.
pub fn update_endpoint(tx: &mut Tx<'_>, row: &EndpointRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE webhook_endpoint SET url = ?2, description = ?3, types = ?4, version = ?5,
         status = ?6, reason = ?7, secret_number = ?8, secret_shown = ?9, previous_until = ?10,
         failing_since = ?11, hold_until = ?12, changed = ?13 WHERE id = ?1",
        params![
            &row.id,
            &row.url,
            &row.description,
            &row.types,
            row.version,
            &row.status,
            &row.reason,
            row.secret_number,
            row.secret_shown,
            row.previous_until,
            row.failing_since,
            row.hold_until,
            row.changed
        ],
    )?;
    Ok(())
}

/// Says that the newest secret of an endpoint has been shown. Whether it had not been before.
///
/// # Errors
/// When the database refuses.
pub fn show_secret(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreFault> {
    let changed = tx.execute(
        "UPDATE webhook_endpoint SET secret_shown = 1 WHERE id = ?1 AND secret_shown = 0",
        params![id],
    )?;
    Ok(changed == 1)
}

/// Queues messages; one that is there already stays as it is. Their lanes become due at `due`.
///
/// # Errors
/// When the database refuses.
pub fn queue(tx: &mut Tx<'_>, rows: &[MessageRow], due: i64) -> Result<u64, StoreFault> {
    let mut queued = 0;
    for row in rows {
        let new = tx.execute(
            "INSERT INTO webhook_message (endpoint, id, event, event_type, lane, sequence, status, attempts,
             code, error, created, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (endpoint, id) DO NOTHING",
            params![
                &row.endpoint,
                &row.id,
                &row.event,
                &row.event_type,
                &row.lane,
                row.sequence,
                &row.status,
                row.attempts,
                row.code,
                &row.error,
                row.created,
                row.changed
            ],
        )?;
        if new == 1 && row.status == "waiting" {
            make_due(tx, &row.endpoint, &row.lane, due)?;
        }
        queued += new;
    }
    Ok(queued)
}

/// Makes sure that a lane is looked at; one that waits for a later moment goes on waiting.
fn make_due(tx: &mut Tx<'_>, endpoint: &str, lane: &str, due: i64) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO webhook_lane (endpoint, lane, due, lease) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (endpoint, lane) DO NOTHING",
        params![endpoint, lane, due],
    )?;
    Ok(())
}

/// Queues a message again that was given up or passed over. Whether it was.
///
/// # Errors
/// When the database refuses.
pub fn requeue(
    tx: &mut Tx<'_>,
    endpoint: &str,
    id: &str,
    lane: &str,
    now: i64,
) -> Result<bool, StoreFault> {
    let changed = tx.execute(
        "UPDATE webhook_message SET status = 'waiting', error = '', changed = ?3
         WHERE endpoint = ?1 AND id = ?2 AND status IN ('failed', 'skipped')",
        params![endpoint, id, now],
    )?;
    if changed == 1 {
        make_due(tx, endpoint, lane, now)?;
    }
    Ok(changed == 1)
}

/// Up to `limit` lanes of an endpoint that are due, those that wait longest first.
///
/// # Errors
/// When the database refuses.
pub fn due_lanes(
    tx: &mut Tx<'_>,
    endpoint: &str,
    now: i64,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT lane FROM webhook_lane WHERE endpoint = ?1 AND due <= ?2 AND lease <= ?2
         ORDER BY due, lane LIMIT ?3",
        params![endpoint, now, limit],
        |mut row| row.text(0),
    )
}

/// Takes a lane until `lease`. Whether nobody else has it.
///
/// # Errors
/// When the database refuses.
pub fn take_lane(
    tx: &mut Tx<'_>,
    endpoint: &str,
    lane: &str,
    now: i64,
    lease: i64,
) -> Result<bool, StoreFault> {
    let taken = tx.execute(
        "UPDATE webhook_lane SET lease = ?4
         WHERE endpoint = ?1 AND lane = ?2 AND due <= ?3 AND lease <= ?3",
        params![endpoint, lane, now, lease],
    )?;
    Ok(taken == 1)
}

/// The messages that wait in a lane, in order.
///
/// # Errors
/// When the database refuses.
pub fn waiting_in(
    tx: &mut Tx<'_>,
    endpoint: &str,
    lane: &str,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_message WHERE endpoint = ?1 AND lane = ?2 AND status = 'waiting'
         ORDER BY sequence, id LIMIT ?3",
        MessageRow::columns("")
    );
    tx.query(&text, params![endpoint, lane, limit], MessageRow::read)
}

/// Gives a lane back: due again at a moment, or gone when nothing waits in it. A message that is
/// queued meanwhile is not lost: on PostgreSQL it either waits for this row or is seen here.
///
/// # Errors
/// When the database refuses.
pub fn give_back(tx: &mut Tx<'_>, endpoint: &str, lane: &str, due: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE webhook_lane SET due = ?3, lease = 0 WHERE endpoint = ?1 AND lane = ?2",
        params![endpoint, lane, due],
    )?;
    Ok(())
}

/// Takes away the lanes of an endpoint in which nothing waits and that nobody has.
///
/// # Errors
/// When the database refuses.
pub fn forget_empty_lane(tx: &mut Tx<'_>, endpoint: &str, lane: &str) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM webhook_lane WHERE endpoint = ?1 AND lane = ?2 AND NOT EXISTS (
           SELECT 1 FROM webhook_message m WHERE m.endpoint = webhook_lane.endpoint
           AND m.lane = webhook_lane.lane AND m.status = 'waiting')",
        params![endpoint, lane],
    )?;
    Ok(())
}

/// Makes lanes due in which something waits and that have no row: what a crash or a race left.
///
/// # Errors
/// When the database refuses.
pub fn mend_lanes(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreFault> {
    tx.execute(
        "INSERT INTO webhook_lane (endpoint, lane, due, lease)
         SELECT DISTINCT m.endpoint, m.lane, CAST(?1 AS BIGINT), 0 FROM webhook_message m
         LEFT JOIN webhook_lane l ON l.endpoint = m.endpoint AND l.lane = m.lane
         WHERE m.status = 'waiting' AND l.lane IS NULL
         ON CONFLICT (endpoint, lane) DO NOTHING",
        params![now],
    )
}

/// Writes what became of an attempt.
///
/// # Errors
/// When the database refuses.
pub fn attempted(
    tx: &mut Tx<'_>,
    message: &MessageRow,
    attempt: &AttemptRow,
) -> Result<(), StoreFault> {
    AttemptRow::insert(tx, std::slice::from_ref(attempt))?;
    tx.execute(
        "UPDATE webhook_message SET status = ?3, attempts = ?4, code = ?5, error = ?6, changed = ?7
         WHERE endpoint = ?1 AND id = ?2",
        params![
            &message.endpoint,
            &message.id,
            &message.status,
            message.attempts,
            message.code,
            &message.error,
            message.changed
        ],
    )?;
    Ok(())
}

/// Passes over what waits for an endpoint, with the reason. How many messages there were.
///
/// # Errors
/// When the database refuses.
pub fn skip_all(
    tx: &mut Tx<'_>,
    endpoint: &str,
    reason: &str,
    now: i64,
) -> Result<u64, StoreFault> {
    let skipped = tx.execute(
        "UPDATE webhook_message SET status = 'skipped', error = ?2, changed = ?3
         WHERE endpoint = ?1 AND status = 'waiting'",
        params![endpoint, reason, now],
    )?;
    tx.execute(
        "DELETE FROM webhook_lane WHERE endpoint = ?1",
        params![endpoint],
    )?;
    Ok(skipped)
}

/// One message.
///
/// # Errors
/// When the database refuses.
pub fn message(
    tx: &mut Tx<'_>,
    endpoint: &str,
    id: &str,
) -> Result<Option<MessageRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_message WHERE endpoint = ?1 AND id = ?2",
        MessageRow::columns("")
    );
    tx.query_one(&text, params![endpoint, id], MessageRow::read)
}

/// The messages of an endpoint, newest change first; of one status where that is given.
///
/// # Errors
/// When the database refuses.
pub fn messages(
    tx: &mut Tx<'_>,
    endpoint: &str,
    status: &str,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_message
         WHERE endpoint = ?1 AND (?2 = '' OR status = ?2) ORDER BY changed DESC, id DESC LIMIT ?3",
        MessageRow::columns("")
    );
    tx.query(&text, params![endpoint, status, limit], MessageRow::read)
}

/// The attempts of a message, first to last.
///
/// # Errors
/// When the database refuses.
pub fn attempts(
    tx: &mut Tx<'_>,
    endpoint: &str,
    message: &str,
) -> Result<Vec<AttemptRow>, StoreFault> {
    let text = format!(
        "SELECT {} FROM webhook_attempt WHERE endpoint = ?1 AND message = ?2 ORDER BY number",
        AttemptRow::columns("")
    );
    tx.query(&text, params![endpoint, message], AttemptRow::read)
}

/// How many messages an endpoint has of each status.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT endpoint, status, CAST(count(*) AS BIGINT) FROM webhook_message
         GROUP BY endpoint, status ORDER BY endpoint, status",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// Notes that an endpoint answered.
///
/// # Errors
/// When the database refuses.
pub fn answered(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE webhook_endpoint SET failing_since = 0, hold_until = 0
         WHERE id = ?1 AND (failing_since <> 0 OR hold_until <> 0)",
        params![id],
    )?;
    Ok(())
}

/// Notes that nothing got through to an endpoint, and until when nothing more is sent. Since when
/// that has been so.
///
/// # Errors
/// When the database refuses.
pub fn unanswered(tx: &mut Tx<'_>, id: &str, now: i64, hold_until: i64) -> Result<i64, StoreFault> {
    let since = tx.query_one(
        "UPDATE webhook_endpoint SET hold_until = ?3,
         failing_since = CASE WHEN failing_since = 0 THEN ?2 ELSE failing_since END
         WHERE id = ?1 RETURNING failing_since",
        params![id, now, hold_until],
        |row| row.int(0),
    )?;
    Ok(since.unwrap_or(now))
}

/// Disables an endpoint. Whether it was enabled.
///
/// # Errors
/// When the database refuses.
pub fn disable(tx: &mut Tx<'_>, id: &str, reason: &str, now: i64) -> Result<bool, StoreFault> {
    let changed = tx.execute(
        "UPDATE webhook_endpoint SET status = 'disabled', reason = ?2, changed = ?3
         WHERE id = ?1 AND status = 'enabled'",
        params![id, reason, now],
    )?;
    Ok(changed == 1)
}
