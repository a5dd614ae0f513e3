//! Replays as people see them.

use super::{DryRun, filter};
use crate::command::ReplayFilter;
use crate::fault::{stored, stored_value};
use crate::view::Page;
use crate::{App, AppFault, Refusal};
use schemars::JsonSchema;
use serde::Serialize;
use store::replays::{self, ReplayItemRow, ReplayRow as Row};
use values::{Currency, Instant, Money};

/// Rows a page.
const PAGE: i64 = 50;

/// A replay in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReplayRow {
    /// Its id.
    pub id: String,
    /// `planned`, `running`, `paused`, `verifying`, `completed` or `cancelled`.
    pub status: String,
    /// What it selects.
    pub filter: ReplayFilter,
    /// What becomes of closed months.
    pub closed_months: String,
    /// At most so many items a second.
    pub per_second: i64,
    /// Why.
    pub reason: String,
    /// Who planned it.
    pub maker: String,
    /// The approval by which it runs.
    pub approval: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// What the dry run found.
    pub dry_run: DryRun,
    /// When it was planned.
    pub created: Instant,
    /// When it began to run.
    pub started: Option<Instant>,
    /// When it ended.
    pub finished: Option<Instant>,
}

/// How many items have come to what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReplayCount {
    /// `waiting`, `started`, `done`, `duplicate`, `failed` or `left`.
    pub status: String,
    /// How many.
    pub count: i64,
    /// What they are worth, where they have a value in one currency.
    pub value: Option<Money>,
}

/// An item of a replay.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReplayItem {
    /// From 1.
    pub position: i64,
    /// `inbox`, `posting` or `effect`.
    pub kind: String,
    /// Its id.
    pub item: String,
    /// What it is.
    pub about: String,
    /// The month that it posts to.
    pub month: Option<String>,
    /// What it is worth.
    pub value: Option<Money>,
    /// What the dry run expected.
    pub expected: String,
    /// `waiting`, `started`, `done`, `duplicate`, `failed` or `left`.
    pub status: String,
    /// What became of it.
    pub result: String,
    /// When it last changed.
    pub changed: Instant,
}

/// One replay with its items.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReplayDetail {
    /// The replay.
    pub row: ReplayRow,
    /// How many items have come to what.
    pub counts: Vec<ReplayCount>,
    /// Its items, at most 2,000.
    pub items: Vec<ReplayItem>,
    /// Months that were opened for it, and are closed again when it ends.
    pub reopened: Vec<String>,
    /// Chain.
    pub correlation: String,
}

fn money(minor: i64, currency: &str) -> Result<Option<Money>, AppFault> {
    if currency.is_empty() {
        return Ok(None);
    }
    let currency: Currency = stored_value("currency", currency)?;
    Ok(Some(Money::from_minor(minor, currency)))
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn at(microseconds: i64) -> Option<Instant> {
    (microseconds > 0).then(|| Instant::from_microseconds(microseconds))
}

fn row(row: Row) -> Result<ReplayRow, AppFault> {
    Ok(ReplayRow {
        filter: filter(&row)?,
        dry_run: stored("dry run", &row.dry_run)?,
        id: row.id,
        status: row.status,
        closed_months: row.closed_months,
        per_second: row.per_second,
        reason: row.reason,
        maker: row.maker,
        approval: filled(row.approval),
        approved_by: filled(row.approved_by),
        created: Instant::from_microseconds(row.created),
        started: at(row.started),
        finished: at(row.finished),
    })
}

fn item(item: ReplayItemRow) -> Result<ReplayItem, AppFault> {
    Ok(ReplayItem {
        value: money(item.amount, &item.currency)?,
        position: item.position,
        kind: item.kind,
        item: item.item,
        about: item.about,
        month: filled(item.month),
        expected: item.expected,
        status: item.status,
        result: item.result,
        changed: Instant::from_microseconds(item.changed),
    })
}

impl App {
    /// Replays, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn replays(&self, cursor: Option<&str>) -> Result<Page<ReplayRow>, AppFault> {
        if cursor.is_some_and(|cursor| !cursor.starts_with("rpl_")) {
            let message = "this cursor is not one of this list; start again without a cursor";
            return Err(Refusal::field("bad_cursor", "cursor", message).into());
        }
        let before = cursor.unwrap_or_default().to_owned();
        let mut rows = self
            .store()
            .read(move |tx| replays::replays(tx, &before, PAGE + 1))?;
        let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = rows.len() > full;
        rows.truncate(full);
        let items: Vec<ReplayRow> = rows.into_iter().map(row).collect::<Result<_, AppFault>>()?;
        let next = more
            .then(|| items.last().map(|last| last.id.clone()))
            .flatten();
        Ok(Page { items, next })
    }

    /// One replay with its items.
    ///
    /// # Errors
    /// When the store fails.
    pub fn replay(&self, id: &str) -> Result<Option<ReplayDetail>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let Some(found) = replays::replay(tx, &id)? else {
                return Ok(None);
            };
            let counts = replays::item_counts(tx, &id)?
                .into_iter()
                .map(|count| {
                    Ok(ReplayCount {
                        value: money(count.amount, &count.currency)?,
                        status: count.status,
                        count: count.count,
                    })
                })
                .collect::<Result<_, AppFault>>()?;
            let items = replays::items(tx, &id, "", 0, super::MOST_ITEMS)?
                .into_iter()
                .map(item)
                .collect::<Result<_, AppFault>>()?;
            let reopened: Vec<super::Opened> = stored("opened months", &found.reopened)?;
            Ok(Some(ReplayDetail {
                counts,
                items,
                reopened: reopened
                    .into_iter()
                    .map(|(entity, month)| format!("{entity} {month}"))
                    .collect(),
                correlation: found.correlation.clone(),
                row: row(found)?,
            }))
        })
    }
}
