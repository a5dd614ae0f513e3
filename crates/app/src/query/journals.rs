//! Journals: the list, and one with its lines, what made it and where it went.

use super::chain::rule_of;
use super::cursor::{self, ROWS_TO_ASK};
use super::{ListFilter, every, money, some};
use crate::fault::{AppFault, stored_value};
use crate::view::{JournalDetail, JournalLine, JournalRow, Page};
use crate::{App, Books};
use store::effects::EffectRow;
use store::{Tx, effects, journals as rows};
use values::{AccountCode, Instant};

const LIST: &str = "journals";

/// Journals by recording, newest first; heeds entity and month of accounting.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn journals(
    tx: &mut Tx<'_>,
    filter: &ListFilter,
    cursor: Option<&str>,
) -> Result<Page<JournalRow>, AppFault> {
    let (recorded, id) = cursor::newest(LIST, cursor)?;
    let entity = every(filter.entity.as_ref());
    let month = filter
        .month
        .map_or_else(String::new, |month| month.to_string());
    let found = rows::newest(tx, (&entity, &month), (recorded, &id), ROWS_TO_ASK)?;
    cursor::page(
        found,
        |row| cursor::of_newest(LIST, row.recorded, &row.id),
        |row| show(tx, &row),
    )
}

/// One journal; nothing when there is none with this id.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn journal(
    tx: &mut Tx<'_>,
    books: &Books,
    id: &str,
) -> Result<Option<JournalDetail>, AppFault> {
    let Some(row) = rows::journal(tx, id)? else {
        return Ok(None);
    };
    let mut lines = Vec::new();
    for line in rows::lines_of(tx, id)? {
        let code: AccountCode = stored_value("account", &line.account)?;
        lines.push(JournalLine {
            name: books
                .chart
                .account(&code)
                .map_or_else(String::new, |account| account.name.clone()),
            account: line.account,
            amount: money(line.amount, &line.currency)?,
            product: some(line.product),
        });
    }
    let delivery = delivery_of(tx, id)?;
    Ok(Some(JournalDetail {
        row: show(tx, &row)?,
        recorded: Instant::from_microseconds(row.recorded),
        event: row.event,
        event_type: row.event_type,
        document: some(row.document),
        contract: some(row.contract),
        external: delivery.and_then(|effect| some(effect.external_id)),
        lines,
    }))
}

impl App {
    /// As [`journals`].
    ///
    /// # Errors
    /// As [`journals`].
    pub fn journals(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<Page<JournalRow>, AppFault> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| journals(tx, &filter, cursor.as_deref()))
    }

    /// As [`journal`].
    ///
    /// # Errors
    /// As [`journal`].
    pub fn journal(&self, id: &str) -> Result<Option<JournalDetail>, AppFault> {
        let (books, id) = (self.books(), id.to_owned());
        self.store().read(move |tx| journal(tx, &books, &id))
    }
}

/// A row of the list, with how its delivery stands.
pub(super) fn show(tx: &mut Tx<'_>, row: &rows::JournalRow) -> Result<JournalRow, AppFault> {
    let delivery = delivery_of(tx, &row.id)?;
    Ok(JournalRow {
        id: row.id.clone(),
        entity: row.entity.clone(),
        date: stored_value("date", &row.date)?,
        narration: row.narration.clone(),
        rule: rule_of(row),
        amount: money(row.total, &row.currency)?,
        delivery: delivery.and_then(|effect| {
            let word = match effect.status.as_str() {
                "confirmed" => Some("confirmed"),
                "parked" => Some("parked"),
                "skipped" => None,
                _ => Some("waiting"),
            };
            word.map(str::to_owned)
        }),
    })
}

/// The newest effect that tells the outside ledger of a journal.
fn delivery_of(tx: &mut Tx<'_>, journal: &str) -> Result<Option<EffectRow>, AppFault> {
    Ok(effects::of_subject(tx, &format!("journal/{journal}"))?.pop())
}
