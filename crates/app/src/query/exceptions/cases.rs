//! Incidents, disputes, proposals that wait, and batches.

use super::super::words::age;
use super::super::{ROWS_A_PAGE, cursor, customer_name, money, some};
use super::groups::{self, totals};
use super::work::{instant, show_fix, told};
use crate::App;
use crate::fault::AppFault;
use crate::journey::exception::incident;
use crate::query::ExceptionFilter;
use crate::view::{
    BatchItem, BatchRow, DisputeRow, IncidentDetail, IncidentRow, Page, ProposedFix,
};
use store::exceptions::groups::Narrowed;
use store::exceptions::{ExceptionRow, batches, cases as rows, fixes};
use store::{Tx, documents, work_lists};
use values::Instant;

fn show_incident(
    tx: &mut Tx<'_>,
    now: Instant,
    row: rows::IncidentRow,
) -> Result<IncidentRow, AppFault> {
    let which = Narrowed {
        incident: row.id.clone(),
        ..Narrowed::default()
    };
    let (open, value, overdue) = if row.status == "open" {
        totals(tx, now, &which)?
    } else {
        (0, Vec::new(), 0)
    };
    let opened = Instant::from_microseconds(row.opened);
    let closed = instant(row.closed);
    Ok(IncidentRow {
        incident: row.id,
        title: row.title,
        severity: row.severity,
        owner: row.owner,
        status: row.status,
        opened,
        closed,
        age: age(opened, closed.unwrap_or(now)),
        open,
        value,
        overdue,
    })
}

fn show_dispute(
    tx: &mut Tx<'_>,
    now: Instant,
    row: rows::DisputeRow,
) -> Result<DisputeRow, AppFault> {
    let number = documents::document(tx, &row.invoice)?
        .map_or_else(|| row.invoice.clone(), |invoice| invoice.number);
    let opened = Instant::from_microseconds(row.opened);
    let closed = instant(row.closed);
    Ok(DisputeRow {
        customer_name: customer_name(tx, &row.customer)?,
        amount: money(row.amount, &row.currency)?,
        dispute: row.id,
        invoice: row.invoice,
        number,
        customer: row.customer,
        reason_code: row.reason_code,
        note: row.note,
        owner: row.owner,
        status: row.status,
        outcome: some(row.outcome),
        credit_note: some(row.credit_note),
        exception: row.exception,
        opened,
        closed,
        age: age(opened, closed.unwrap_or(now)),
    })
}

/// The dispute that an exception is about.
pub(super) fn dispute_of(
    tx: &mut Tx<'_>,
    row: &ExceptionRow,
) -> Result<Option<DisputeRow>, AppFault> {
    let Some(id) = row.key.strip_prefix("dispute/") else {
        return Ok(None);
    };
    let until = instant(row.resolved).unwrap_or_else(|| Instant::from_microseconds(row.opened));
    match rows::dispute(tx, id)? {
        Some(found) => show_dispute(tx, until, found).map(Some),
        None => Ok(None),
    }
}

fn show_batch(tx: &mut Tx<'_>, row: batches::BatchRow) -> Result<BatchRow, AppFault> {
    let tally = batches::tally(tx, &row.id)?;
    let of = |status: &str| {
        tally
            .iter()
            .find(|(known, _)| known == status)
            .map_or(0, |(_, count)| *count)
    };
    Ok(BatchRow {
        done: of("done"),
        refused: of("refused"),
        waiting: of("waiting"),
        batch: row.id,
        action: row.action,
        actor: row.actor,
        status: row.status,
        total: row.total,
        begun: Instant::from_microseconds(row.begun),
        ended: instant(row.ended),
    })
}

const ITEMS: &str = "exception_batch_items";

fn batch_items(
    tx: &mut Tx<'_>,
    id: &str,
    cursor: Option<&str>,
) -> Result<Page<BatchItem>, AppFault> {
    let after = cursor::read(ITEMS, cursor)?.map_or(0, |key| key.numbers[0]);
    let found = batches::items(tx, id, after, cursor::ROWS_TO_ASK)?;
    let cursor_of = |row: &batches::BatchItemRow| cursor::of_newest(ITEMS, row.position, "");
    cursor::page(found, cursor_of, |row| {
        Ok(BatchItem {
            position: row.position,
            exception: row.exception,
            status: row.status,
            result: row.result,
        })
    })
}

impl App {
    /// Incidents, the open ones first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn incidents(&self) -> Result<Vec<IncidentRow>, AppFault> {
        let now = self.clock().now();
        self.store().read(move |tx| {
            rows::incidents(tx, ROWS_A_PAGE * 2)?
                .into_iter()
                .map(|row| show_incident(tx, now, row))
                .collect()
        })
    }

    /// One incident with its groups and timeline.
    ///
    /// # Errors
    /// When the store fails.
    pub fn incident(&self, id: &str) -> Result<Option<IncidentDetail>, AppFault> {
        let (now, id) = (self.clock().now(), id.to_owned());
        self.store().read(move |tx| {
            let Some(row) = rows::incident(tx, &id)? else {
                return Ok(None);
            };
            let filter = ExceptionFilter {
                incident: Some(id.clone()),
                ..ExceptionFilter::default()
            };
            Ok(Some(IncidentDetail {
                row: show_incident(tx, now, row)?,
                groups: groups::groups(tx, now, &filter, None)?.items,
                trail: told(tx, &incident::subject(&id))?,
            }))
        })
    }

    /// Disputes: those with a standing, `open` or `closed`, or all of them, the open ones first. The
    /// newest of each stand first.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn disputes(
        &self,
        status: Option<&'static str>,
        cursor: Option<&str>,
    ) -> Result<Page<DisputeRow>, AppFault> {
        let (now, status) = (self.clock().now(), status.unwrap_or_default());
        let list = format!("disputes {status}");
        let behind = cursor::read(&list, cursor)?;
        self.store().read(move |tx| {
            let place = behind.as_ref().map(|key| {
                let [standing, id] = &key.texts;
                (standing.as_str(), key.numbers[0], id.as_str())
            });
            let found = work_lists::disputes(tx, status, place, cursor::ROWS_TO_ASK)?;
            let cursor_of = |row: &rows::DisputeRow| {
                let texts = [row.status.clone(), row.id.clone()];
                let numbers = [row.opened, 0];
                cursor::write(&list, &cursor::Key { numbers, texts })
            };
            cursor::page(found, cursor_of, |row| show_dispute(tx, now, row))
        })
    }

    /// One dispute.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dispute(&self, id: &str) -> Result<Option<DisputeRow>, AppFault> {
        let (now, id) = (self.clock().now(), id.to_owned());
        self.store().read(move |tx| {
            let found = rows::dispute(tx, &id)?;
            found.map(|row| show_dispute(tx, now, row)).transpose()
        })
    }

    /// Proposed edits that wait for another person, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn waiting_fixes(&self) -> Result<Vec<ProposedFix>, AppFault> {
        self.store().read(|tx| {
            let waiting = fixes::waiting(tx, ROWS_A_PAGE * 2)?;
            Ok(waiting.iter().map(show_fix).collect())
        })
    }

    /// Actions over many exceptions, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn exception_batches(&self) -> Result<Vec<BatchRow>, AppFault> {
        self.store().read(|tx| {
            batches::newest(tx, ROWS_A_PAGE)?
                .into_iter()
                .map(|row| show_batch(tx, row))
                .collect()
        })
    }

    /// One action over many exceptions.
    ///
    /// # Errors
    /// When the store fails.
    pub fn exception_batch(&self, id: &str) -> Result<Option<BatchRow>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let found = batches::batch(tx, &id)?;
            found.map(|row| show_batch(tx, row)).transpose()
        })
    }

    /// What came of each exception of an action over many, in order.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn exception_batch_items(
        &self,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<BatchItem>, AppFault> {
        let (id, cursor) = (id.to_owned(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| batch_items(tx, &id, cursor.as_deref()))
    }
}
