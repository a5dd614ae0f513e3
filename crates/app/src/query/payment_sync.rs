//! How payments of the last days reached the other systems: every one of them in the times, and what is
//! not confirmed or took longest a page at a time.

use super::cursor::{self, Key, ROWS_TO_ASK};
use crate::collection::sync::{PaymentSync, SyncPlaces, legs, row};
use crate::{App, AppFault};
use store::payment_sync::{self, Told, ToldPlace};
use values::Instant;

const DAY: i64 = 86_400_000_000;

const WAITING: &str = "payments_waiting";
const SLOWEST: &str = "payments_slowest";

impl App {
    /// How payments of the last days reached the other systems, with the first page of each list.
    ///
    /// # Errors
    /// When the store fails.
    pub fn payment_sync(&self, days: u16) -> Result<PaymentSync, AppFault> {
        self.payment_sync_from(days, &SyncPlaces::default())
    }

    /// As [`App::payment_sync`], with the page of each list that begins at a place.
    ///
    /// # Errors
    /// When a place is not one of its list, or the store fails.
    pub fn payment_sync_from(
        &self,
        days: u16,
        places: &SyncPlaces,
    ) -> Result<PaymentSync, AppFault> {
        let now = self.clock().now();
        let waiting_from = place(WAITING, places.waiting.as_deref())?;
        let slowest_from = place(SLOWEST, places.slowest.as_deref())?;
        let unmatched = self.unmatched_payments(None)?;
        self.store().read(move |tx| {
            let since = now.microseconds() - i64::from(days.max(1)) * DAY;
            let (legs, payments) = legs(tx, since)?;
            let waiting = payment_sync::waiting(tx, since, waiting_from.as_ref(), ROWS_TO_ASK)?;
            let slowest = payment_sync::slowest(tx, since, slowest_from.as_ref(), ROWS_TO_ASK)?;
            let (waiting, waiting_next) =
                cursor::cut(waiting, |told| written(WAITING, told.recorded, told));
            let (slowest, slowest_next) = cursor::cut(slowest, |told| {
                written(SLOWEST, told.changed - told.recorded, told)
            });
            // The first way leads to here; what is confirmed or waits is on the others.
            let told = legs.get(1..).unwrap_or_default();
            Ok(PaymentSync {
                since: Instant::from_microseconds(since),
                payments,
                waiting_count: told.iter().map(|leg| leg.waiting).sum(),
                confirmed_count: told.iter().map(|leg| leg.confirmed).sum(),
                legs,
                waiting: waiting
                    .into_iter()
                    .map(|told| row(told, now.microseconds()))
                    .collect(),
                waiting_next,
                slowest: slowest
                    .into_iter()
                    .map(|told| {
                        let until = told.changed;
                        row(told, until)
                    })
                    .collect(),
                slowest_next,
                unmatched: usize::try_from(unmatched.count).unwrap_or_default(),
                unmatched_value: unmatched.value,
            })
        })
    }
}

fn place(list: &str, cursor: Option<&str>) -> Result<Option<ToldPlace>, AppFault> {
    let key = cursor::read(list, cursor)?;
    Ok(key.map(|key| {
        let ([number, _], [effect, payment]) = (key.numbers, key.texts);
        ToldPlace {
            number,
            effect,
            payment,
        }
    }))
}

fn written(list: &str, number: i64, told: &Told) -> String {
    let key = Key {
        numbers: [number, 0],
        texts: [told.effect.clone(), told.payment.clone()],
    };
    cursor::write(list, &key)
}
