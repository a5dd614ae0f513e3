//! How payments reach the other systems: the time from money that arrived to its confirmation there.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Seat, draw, page};
use super::source::SourceFault;
use app::collection::sync::{PaymentSync, SyncLeg, SyncPlaces, SyncRow};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Where the times come from.
pub trait PaymentSyncSource {
    /// How payments of the last days reached the other systems, with the page of each list that begins
    /// at a place.
    fn payment_sync(&self, days: u16, places: &SyncPlaces) -> Result<PaymentSync, SourceFault>;
}

/// Days looked at when nothing is said.
const DAYS: u16 = 28;

#[derive(Template)]
#[template(path = "payment-sync.html")]
struct PaymentSyncPage {
    frame: Frame,
    sync: PaymentSync,
    days: u16,
    more_waiting: Option<String>,
    more_slow: Option<String>,
}

impl PaymentSyncPage {
    fn lasting(milliseconds: &Option<i64>) -> String {
        milliseconds.map_or_else(|| "none yet".to_owned(), words)
    }

    fn row_lasting(row: &SyncRow) -> String {
        words(row.milliseconds)
    }

    fn unmatched(&self) -> String {
        super::money::phrase(&self.sync.unmatched_value)
    }

    fn named(leg: &SyncLeg) -> &str {
        &leg.title
    }
}

/// `240 ms`, `4.5 s`, `12 min`, `5 h`, `3 d`.
fn words(milliseconds: i64) -> String {
    match milliseconds {
        ..=999 => format!("{milliseconds} ms"),
        1_000..=119_999 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        120_000..=7_199_999 => format!("{} min", milliseconds / 60_000),
        7_200_000..=172_799_999 => format!("{} h", milliseconds / 3_600_000),
        _ => format!("{} d", milliseconds / 86_400_000),
    }
}

/// `days` says how far back is looked.
pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        let asked = Asked::new(pairs);
        let days = match asked.get("days") {
            None => DAYS,
            Some(text) => match text.parse::<u16>() {
                Ok(days) if (1..=366).contains(&days) => days,
                _ => {
                    return Err(SourceFault::BadFilter {
                        field: "days",
                        value: text.to_owned(),
                        mend: "Write a number of days from 1 to 366.".to_owned(),
                    }
                    .into());
                }
            },
        };
        let places = SyncPlaces {
            waiting: asked.text("waiting"),
            slowest: asked.text("slowest"),
        };
        let sync = source.payment_sync(days, &places)?;
        let more = |list: &str, next: Option<&str>| {
            Some(format!(
                "{}#{list}",
                asked.with("/payment-sync", list, next?)
            ))
        };
        draw(&PaymentSyncPage {
            frame,
            more_waiting: more("waiting", sync.waiting_next.as_deref()),
            more_slow: more("slowest", sync.slowest_next.as_deref()),
            sync,
            days,
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_time_is_told_in_the_unit_that_it_is_felt_in() {
        let told: Vec<String> = [0, 240, 4_560, 119_999, 120_000, 7_200_000, 200_000_000]
            .into_iter()
            .map(super::words)
            .collect();
        assert_eq!(
            told,
            ["0 ms", "240 ms", "4.5 s", "119.9 s", "2 min", "2 h", "2 d"]
        );
    }
}
