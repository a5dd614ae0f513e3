//! Lists that people work through, a page at a time: late invoices and unmatched payments, each with
//! what the whole list comes to.

use super::cursor::{self, Key, ROWS_TO_ASK};
use crate::collection::receivables::work_row;
use crate::collection::unmatched::waiting;
use crate::collection::{UnmatchedPayment, WorkRow, policy};
use crate::fault::{AppFault, stored_value};
use crate::view::Page;
use crate::{App, Books};
use store::work_lists::{self, Amount};
use store::{Tx, payments};
use values::{Currency, Date, EntityId, Instant, Money};

const LATE: &str = "collections";
const UNMATCHED: &str = "unmatched";

/// A page of a list, and what the whole of it comes to.
#[derive(Debug, Clone)]
pub struct WorkList<T> {
    /// The page.
    pub page: Page<T>,
    /// How many rows the whole list has.
    pub count: i64,
    /// What they come to, one amount a currency.
    pub value: Vec<Money>,
}

impl<T> WorkList<T> {
    fn of(page: Page<T>, amounts: &[Amount]) -> Result<WorkList<T>, AppFault> {
        Ok(WorkList {
            page,
            count: amounts.iter().map(|amount| amount.count).sum(),
            value: values_of(amounts)?,
        })
    }
}

/// Stored amounts as money.
pub(super) fn values_of(amounts: &[Amount]) -> Result<Vec<Money>, AppFault> {
    amounts
        .iter()
        .map(|amount| {
            let currency: Currency = stored_value("currency", &amount.currency)?;
            Ok(Money::from_minor(amount.minor, currency))
        })
        .collect()
}

impl App {
    /// The invoices that are being collected, the longest due first.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn collection_worklist(&self, cursor: Option<&str>) -> Result<WorkList<WorkRow>, AppFault> {
        let (books, now) = (self.books(), self.clock().now());
        let [due, case] = match cursor::read(LATE, cursor)? {
            Some(key) => key.texts,
            None => Default::default(),
        };
        self.store().read(move |tx| {
            let found = work_lists::late_cases(tx, (&due, &case), ROWS_TO_ASK)?;
            let (found, next) = cursor::cut(found, |(row, due)| {
                let texts = [due.clone(), row.id.clone()];
                let numbers = [0, 0];
                cursor::write(LATE, &Key { numbers, texts })
            });
            let mut items = Vec::with_capacity(found.len());
            for (row, _) in &found {
                items.extend(work_row(tx, row, today_of(&books, &row.entity, now)?)?);
            }
            WorkList::of(Page { items, next }, &work_lists::late_amounts(tx)?)
        })
    }

    /// Payments of which something is set against nothing, the longest waiting first, with what each
    /// may be for.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn unmatched_payments(
        &self,
        cursor: Option<&str>,
    ) -> Result<WorkList<UnmatchedPayment>, AppFault> {
        let (books, now) = (self.books(), self.clock().now());
        let (time, id) = match cursor::read(UNMATCHED, cursor)? {
            Some(Key {
                numbers: [time, _],
                texts: [id, _],
            }) => (time, id),
            None => (i64::MIN, String::new()),
        };
        self.store().read(move |tx| {
            let found = work_lists::unapplied_payments(tx, (time, &id), ROWS_TO_ASK)?;
            let (found, next) =
                cursor::cut(found, |row| cursor::of_newest(UNMATCHED, row.time, &row.id));
            let policy = policy::in_force(tx)?.matching;
            let mut items = Vec::with_capacity(found.len());
            for row in found {
                let zone = zone_of(&books, &row.entity)?;
                items.push(waiting(tx, row, &policy, &zone, now)?);
            }
            WorkList::of(Page { items, next }, &work_lists::unapplied_amounts(tx)?)
        })
    }

    /// One of them; nothing when all of it is set against something.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unmatched_payment(&self, id: &str) -> Result<Option<UnmatchedPayment>, AppFault> {
        let (books, now, id) = (self.books(), self.clock().now(), id.to_owned());
        self.store().read(move |tx| one(tx, &books, &id, now))
    }
}

fn one(
    tx: &mut Tx<'_>,
    books: &Books,
    id: &str,
    now: Instant,
) -> Result<Option<UnmatchedPayment>, AppFault> {
    let found = payments::payment(tx, id)?;
    let Some(row) = found.filter(|row| row.unapplied > 0 && row.status == "settled") else {
        return Ok(None);
    };
    let policy = policy::in_force(tx)?.matching;
    let zone = zone_of(books, &row.entity)?;
    waiting(tx, row, &policy, &zone, now).map(Some)
}

fn zone_of(books: &Books, entity: &str) -> Result<values::Zone, AppFault> {
    let entity: EntityId = stored_value("entity id", entity)?;
    Ok(books.entity(&entity)?.zone.clone())
}

fn today_of(books: &Books, entity: &str, now: Instant) -> Result<Date, AppFault> {
    Ok(zone_of(books, entity)?.date_at(now))
}
