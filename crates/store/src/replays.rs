//! Replays with their items, and the parked items that a replay can be about.

use crate::effects::EffectRow;
use crate::exceptions::ExceptionRow;
use crate::inbox::InboxRow;
use crate::{StoreFault, Tx, params};

table! {
    /// A replay.
    ReplayRow in "replay" {
        /// Id.
        id: text,
        /// What it selects, as JSON.
        filter: text,
        /// What becomes of closed months: `refuse`, `reopen` or `adjust`.
        closed_months: text,
        /// At most so many items a second.
        per_second: int,
        /// Why.
        reason: text,
        /// `planned`, `running`, `paused`, `verifying`, `completed` or `cancelled`.
        status: text,
        /// Who planned it.
        maker: text,
        /// The approval by which it runs, or empty.
        approval: text,
        /// Who approved it, or empty.
        approved_by: text,
        /// The figures of the dry run, as JSON.
        dry_run: text,
        /// Months that were opened for it, as JSON.
        reopened: text,
        /// When it was planned, microseconds.
        created: int,
        /// When it began to run, microseconds, or 0.
        started: int,
        /// When items were last taken, microseconds, or 0.
        last_run: int,
        /// When it ended, microseconds, or 0.
        finished: int,
        /// Chain.
        correlation: text,
    }
}

table! {
    /// An item of a replay.
    ReplayItemRow in "replay_item" {
        /// Replay.
        replay: text,
        /// From 1.
        position: int,
        /// `inbox`, `posting` or `effect`.
        kind: text,
        /// Source and id, event id or effect id.
        item: text,
        /// What it is, for people.
        about: text,
        /// Legal entity, or empty.
        entity: text,
        /// The month that it posts to, or empty.
        month: text,
        /// Worth, minor units.
        amount: int,
        /// Currency of the worth, or empty.
        currency: text,
        /// What the dry run expects: `effect`, `duplicate`, `stopped`, `refused` or `unknown`.
        expected: text,
        /// `waiting`, `started`, `done`, `duplicate`, `failed` or `left`.
        status: text,
        /// What became of it, in words.
        result: text,
        /// When it last changed, microseconds.
        changed: int,
    }
}

/// A replay.
///
/// # Errors
/// When the database refuses.
pub fn replay(tx: &mut Tx<'_>, id: &str) -> Result<Option<ReplayRow>, StoreFault> {
    let columns = ReplayRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM replay WHERE id = ?1"),
        params![id],
        ReplayRow::read,
    )
}

/// Replays, newest first, before the id `before` (empty for the newest).
///
/// # Errors
/// When the database refuses.
pub fn replays(tx: &mut Tx<'_>, before: &str, limit: i64) -> Result<Vec<ReplayRow>, StoreFault> {
    let columns = ReplayRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM replay WHERE (?1 = '' OR id < ?1) ORDER BY id DESC LIMIT ?2"
        ),
        params![before, limit],
        ReplayRow::read,
    )
}

/// Replays that run or are verified, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn active(tx: &mut Tx<'_>) -> Result<Vec<ReplayRow>, StoreFault> {
    let columns = ReplayRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM replay WHERE status IN ('running', 'verifying') ORDER BY id"
        ),
        &[],
        ReplayRow::read,
    )
}

/// Writes back the state of a replay.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ReplayRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE replay SET status = ?2, approval = ?3, approved_by = ?4, dry_run = ?5, reopened = ?6, started = ?7,
         last_run = ?8, finished = ?9 WHERE id = ?1",
        params![
            &row.id,
            &row.status,
            &row.approval,
            &row.approved_by,
            &row.dry_run,
            &row.reopened,
            row.started,
            row.last_run,
            row.finished
        ],
    )?;
    Ok(())
}

/// Items of a replay with a status (of all when empty), after `after` by position.
///
/// # Errors
/// When the database refuses.
pub fn items(
    tx: &mut Tx<'_>,
    replay: &str,
    status: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<ReplayItemRow>, StoreFault> {
    let columns = ReplayItemRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM replay_item WHERE replay = ?1 AND (?2 = '' OR status = ?2) AND position > ?3
             ORDER BY position LIMIT ?4"
        ),
        params![replay, status, after, limit],
        ReplayItemRow::read,
    )
}

/// Moves an item on from the status `from`. False when it has another one by now.
///
/// # Errors
/// When the database refuses.
pub fn move_item(tx: &mut Tx<'_>, row: &ReplayItemRow, from: &str) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE replay_item SET status = ?3, result = ?4, changed = ?5
         WHERE replay = ?1 AND position = ?2 AND status = ?6",
        params![
            &row.replay,
            row.position,
            &row.status,
            &row.result,
            row.changed,
            from
        ],
    )?;
    Ok(touched == 1)
}

/// What became of the items of a replay, by status and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCount {
    /// Status.
    pub status: String,
    /// Currency of the worth, or empty.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Worth, minor units.
    pub amount: i64,
}

/// Counts of the items of a replay.
///
/// # Errors
/// When the database refuses.
pub fn item_counts(tx: &mut Tx<'_>, replay: &str) -> Result<Vec<ItemCount>, StoreFault> {
    tx.query(
        "SELECT status, currency, CAST(count(*) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM replay_item
         WHERE replay = ?1 GROUP BY status, currency ORDER BY status, currency",
        params![replay],
        |mut row| {
            Ok(ItemCount {
                status: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                amount: row.int(3)?,
            })
        },
    )
}

/// What a replay can be about: empty texts and 0 select everything.
#[derive(Debug, Clone, Default)]
pub struct ReplaySelection {
    /// Source of inbox items, or connection of effects.
    pub source: String,
    /// Kind of inbox items, or operation of effects.
    pub kind: String,
    /// Class of the exception, or of the fault of an effect.
    pub class: String,
    /// Fingerprint of the exception.
    pub fingerprint: String,
    /// Not received, recorded or intended before this instant, microseconds.
    pub from: i64,
    /// Before this instant, microseconds; the end of time when 0.
    pub until: i64,
    /// At most so many.
    pub limit: i64,
}

impl ReplaySelection {
    fn end(&self) -> i64 {
        if self.until == 0 {
            i64::MAX
        } else {
            self.until
        }
    }
}

/// Inbox items with one of the statuses (two, the same one twice for one), oldest first.
///
/// # Errors
/// When the database refuses.
pub fn inbox_items(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
    statuses: (&str, &str),
) -> Result<Vec<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM inbox WHERE (?1 = '' OR source = ?1) AND (?2 = '' OR kind = ?2)
             AND received >= ?3 AND received < ?4 AND status IN (?5, ?6) ORDER BY received, source, source_id LIMIT ?7"
        ),
        params![
            &wanted.source,
            &wanted.kind,
            wanted.from,
            wanted.end(),
            statuses.0,
            statuses.1,
            wanted.limit
        ],
        InboxRow::read,
    )
}

/// Open exceptions about parked postings, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn parked_postings(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE status <> 'resolved' AND substr(key, 1, 8) = 'posting/'
             AND (?1 = '' OR class = ?1) AND opened >= ?2 AND opened < ?3 AND (?4 = '' OR fingerprint = ?4)
             ORDER BY opened, id LIMIT ?5"
        ),
        params![
            &wanted.class,
            wanted.from,
            wanted.end(),
            &wanted.fingerprint,
            wanted.limit
        ],
        ExceptionRow::read,
    )
}

/// Parked effects, in the order of their ids.
///
/// # Errors
/// When the database refuses.
pub fn parked_effects(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM effect WHERE status = 'parked' AND (?1 = '' OR connection = ?1)
             AND (?2 = '' OR operation = ?2) AND (?3 = '' OR error_class = ?3)
             AND created >= ?4 AND created < ?5 ORDER BY id LIMIT ?6"
        ),
        params![
            &wanted.source,
            &wanted.kind,
            &wanted.class,
            wanted.from,
            wanted.end(),
            wanted.limit
        ],
        EffectRow::read,
    )
}

/// The journals that an event of a chain made.
///
/// # Errors
/// When the database refuses.
pub fn journals_of_event(
    tx: &mut Tx<'_>,
    correlation: &str,
    event: &str,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT id FROM journal WHERE correlation = ?1 AND correlation <> '' AND event = ?2 ORDER BY id",
        params![correlation, event],
        |mut row| row.text(0),
    )
}
