//! The inbox: open exceptions grouped by what they have in common, and listed by what is at stake.
//! Groups are counted from one covering index, lists walk an index and stop: both stay quick with
//! hundreds of thousands of open exceptions.

use super::{AfterValue, ExceptionRow};
use crate::{Param, StoreFault, Tx, params};

/// Which open exceptions are meant. Empty texts select everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowed {
    /// One group.
    pub fingerprint: String,
    /// Class word.
    pub class: String,
    /// Role that owns it.
    pub owner: String,
    /// Person or role that it is with: its assignee, its owner, or the role it was escalated to.
    pub with: String,
    /// A second name of the same, such as the role of a person.
    pub with_role: String,
    /// Status word; empty means every one that is not resolved.
    pub status: String,
    /// Incident.
    pub incident: String,
    /// Legal entity.
    pub entity: String,
    /// Only those due before this instant, microseconds; 0 for all.
    pub due_before: i64,
}

impl Narrowed {
    /// The condition with the parameters that it uses, numbered from `?1`: what narrows nothing is
    /// left out, because it would be looked at for every row.
    fn condition(&self) -> (String, Vec<Param<'_>>) {
        let mut text = "status <> 'resolved'".to_owned();
        let mut params: Vec<Param<'_>> = Vec::new();
        for (column, value) in [
            ("fingerprint", &self.fingerprint),
            ("class", &self.class),
            ("owner", &self.owner),
            ("status", &self.status),
            ("incident", &self.incident),
            ("entity", &self.entity),
        ] {
            if !value.is_empty() {
                params.push(value.into());
                text.push_str(&format!(" AND {column} = ?{}", params.len()));
            }
        }
        if !self.with.is_empty() {
            params.extend([Param::from(&self.with), Param::from(&self.with_role)]);
            let (name, role) = (params.len() - 1, params.len());
            text.push_str(&format!(
                " AND (assignee = ?{name} OR (?{role} <> '' AND assignee = '' AND (owner = ?{role} OR escalated_to = ?{role})))"
            ));
        }
        if self.due_before != 0 {
            params.push(self.due_before.into());
            text.push_str(&format!(" AND due > 0 AND due < ?{}", params.len()));
        }
        (text, params)
    }
}

/// Exceptions with one fingerprint and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPart {
    /// What they have in common.
    pub fingerprint: String,
    /// Currency, or empty for those without value.
    pub currency: String,
    /// Class word.
    pub class: String,
    /// How many.
    pub count: i64,
    /// Sum of their values without sign, minor units.
    pub value: i64,
    /// When the oldest was opened, microseconds.
    pub oldest: i64,
    /// The first accounting month at risk; `9999-12` when none of them names one.
    pub period: String,
    /// When the first of them is due, microseconds.
    pub due: i64,
    /// How many were due before the instant asked for.
    pub overdue: i64,
    /// How many have somebody's name on them.
    pub taken: i64,
    /// The highest escalation level.
    pub level: i64,
    /// One owner of them.
    pub owner: String,
    /// One incident of them, or empty.
    pub incident: String,
}

/// The groups of what is open, one row a fingerprint and currency.
///
/// # Errors
/// When the database refuses.
pub fn groups(tx: &mut Tx<'_>, which: &Narrowed, now: i64) -> Result<Vec<GroupPart>, StoreFault> {
    let (condition, mut params) = which.condition();
    params.push(now.into());
    let now = params.len();
    tx.query(
        &format!(
            "SELECT fingerprint, currency, min(class), CAST(count(*) AS BIGINT), CAST(sum(abs(amount)) AS BIGINT),
             min(opened), min(CASE WHEN period = '' THEN '9999-12' ELSE period END), min(due),
             CAST(sum(CASE WHEN due > 0 AND due < ?{now} THEN 1 ELSE 0 END) AS BIGINT),
             CAST(sum(CASE WHEN assignee <> '' THEN 1 ELSE 0 END) AS BIGINT), max(level), min(owner), max(incident)
             FROM exception WHERE {condition} GROUP BY fingerprint, currency ORDER BY fingerprint, currency"
        ),
        &params,
        |mut row| {
            Ok(GroupPart {
                fingerprint: row.text(0)?,
                currency: row.text(1)?,
                class: row.text(2)?,
                count: row.int(3)?,
                value: row.int(4)?,
                oldest: row.int(5)?,
                period: row.text(6)?,
                due: row.int(7)?,
                overdue: row.int(8)?,
                taken: row.int(9)?,
                level: row.int(10)?,
                owner: row.text(11)?,
                incident: row.text(12)?,
            })
        },
    )
}

/// Open exceptions by value, the largest first, after a place in that order. Walks the order of one
/// group or of all, and stops when the page is full.
///
/// # Errors
/// When the database refuses.
pub fn listed(
    tx: &mut Tx<'_>,
    which: &Narrowed,
    after: AfterValue<'_>,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    let (condition, mut params) = which.condition();
    params.extend([
        Param::from(after.value),
        Param::from(after.opened),
        Param::from(after.id),
        Param::from(limit),
    ]);
    let (limit, id, opened, value) = (
        params.len(),
        params.len() - 1,
        params.len() - 2,
        params.len() - 3,
    );
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE {condition}
             AND abs(amount) <= ?{value} AND (abs(amount) < ?{value} OR (opened, id) > (?{opened}, ?{id}))
             ORDER BY abs(amount) DESC, opened, id LIMIT ?{limit}"
        ),
        &params,
        ExceptionRow::read,
    )
}

/// The ids of open exceptions, for an action over all of them.
///
/// # Errors
/// When the database refuses.
pub fn ids(tx: &mut Tx<'_>, which: &Narrowed) -> Result<Vec<String>, StoreFault> {
    let (condition, params) = which.condition();
    tx.query(
        &format!("SELECT id FROM exception WHERE {condition} ORDER BY id"),
        &params,
        |mut row| row.text(0),
    )
}

/// Waiting effects behind others: (fingerprint or exception, currency, how many, minor units).
pub type Followers = (String, String, i64, i64);

/// The effects that wait behind a parked head, by the group of the exception that parks it.
///
/// # Errors
/// When the database refuses.
pub fn followers(tx: &mut Tx<'_>) -> Result<Vec<Followers>, StoreFault> {
    tx.query(
        "SELECT x.fingerprint, e.currency, CAST(count(*) AS BIGINT), CAST(sum(abs(e.amount)) AS BIGINT)
         FROM (SELECT lane, min(id) AS head FROM effect WHERE status NOT IN ('confirmed', 'skipped')
               GROUP BY lane HAVING count(*) > 1) h
         JOIN exception x ON x.key = 'effect/' || h.head AND x.status <> 'resolved'
         JOIN effect e ON e.lane = h.lane AND e.id > h.head AND e.status NOT IN ('confirmed', 'skipped')
         GROUP BY x.fingerprint, e.currency ORDER BY x.fingerprint, e.currency",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?, row.int(3)?)),
    )
}

/// The effects that wait behind one: (currency, how many, minor units).
///
/// # Errors
/// When the database refuses.
pub fn followers_of(tx: &mut Tx<'_>, effect: &str) -> Result<Vec<(String, i64, i64)>, StoreFault> {
    tx.query(
        "SELECT e.currency, CAST(count(*) AS BIGINT), CAST(sum(abs(e.amount)) AS BIGINT)
         FROM effect h JOIN effect e ON e.lane = h.lane AND e.id > h.id AND e.status NOT IN ('confirmed', 'skipped')
         WHERE h.id = ?1 GROUP BY e.currency ORDER BY e.currency",
        params![effect],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)),
    )
}

/// The item of the inbox that an exception holds: (source, source id), oldest first.
///
/// # Errors
/// When the database refuses.
pub fn items_held(tx: &mut Tx<'_>, exception: &str) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT source, source_id FROM inbox WHERE reason = ?1 AND status = 'open' AND next_attempt = 9223372036854775807
         ORDER BY received, source, source_id",
        params![&format!("held by {exception}")],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// Open exceptions to be escalated at `now`, the longest overdue first.
///
/// # Errors
/// When the database refuses.
pub fn to_escalate(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE status <> 'resolved' AND escalate_at > 0 AND escalate_at <= ?1
             ORDER BY escalate_at, id LIMIT ?2"
        ),
        params![now, limit],
        ExceptionRow::read,
    )
}

/// Resolved exceptions of a group, newest first.
///
/// # Errors
/// When the database refuses.
pub fn resolved_alike(
    tx: &mut Tx<'_>,
    fingerprint: &str,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE fingerprint = ?1 AND status = 'resolved'
             ORDER BY resolved DESC, id LIMIT ?2"
        ),
        params![fingerprint, limit],
        ExceptionRow::read,
    )
}
