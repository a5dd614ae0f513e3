//! How long it takes until a payment that arrived is known here, in the outside ledger and in the CRM,
//! measured from what was recorded and confirmed.

use crate::AppFault;
use control::dwell::percentile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::payment_sync::{self, Told};
use values::{Instant, Money};

const HOUR: i64 = 3_600_000_000;

/// How payments reach the other systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentSync {
    /// Payments recorded since then are looked at.
    pub since: Instant,
    /// How many there were: all of them, and all of them are in the times.
    pub payments: usize,
    /// One for each way: from the processor or bank to here, and from here to each system.
    pub legs: Vec<SyncLeg>,
    /// What is not confirmed yet, the oldest first: one page.
    pub waiting: Vec<SyncRow>,
    /// How many are not confirmed yet.
    #[serde(default)]
    pub waiting_count: usize,
    /// Where the next page of them begins, when there is one.
    #[serde(default)]
    pub waiting_next: Option<String>,
    /// What took longest: one page.
    pub slowest: Vec<SyncRow>,
    /// How many are confirmed.
    #[serde(default)]
    pub confirmed_count: usize,
    /// Where the next page of them begins, when there is one.
    #[serde(default)]
    pub slowest_next: Option<String>,
    /// Payments of which something is set against nothing.
    pub unmatched: usize,
    /// What that comes to, one amount a currency.
    pub unmatched_value: Vec<Money>,
}

/// One way that the news of a payment goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncLeg {
    /// `recorded` for the way to here, else the system.
    pub system: String,
    /// What is measured.
    pub title: String,
    /// How many went it.
    pub confirmed: usize,
    /// Half of them in so many milliseconds.
    pub median_milliseconds: Option<i64>,
    /// Nineteen of twenty in so many milliseconds.
    pub p95_milliseconds: Option<i64>,
    /// The longest.
    pub longest_milliseconds: Option<i64>,
    /// How many are on the way.
    pub waiting: usize,
}

/// The news of one payment on one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncRow {
    /// The payment.
    pub payment: String,
    /// The system.
    pub system: String,
    /// What it was told: the effect.
    pub effect: String,
    /// When the payment was recorded here.
    pub recorded: Instant,
    /// Status of the effect.
    pub status: String,
    /// How long it took, or has taken so far.
    pub milliseconds: i64,
}

/// Percentiles of one way, for the metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncFigures {
    /// `recorded` or the system.
    pub system: String,
    /// Half of them in so many milliseconds.
    pub median: Option<i64>,
    /// Nineteen of twenty.
    pub p95: Option<i64>,
    /// How many are on the way.
    pub waiting: usize,
}

/// Where the pages of both lists begin; at their start where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlaces {
    /// A `waiting_next` of an earlier answer.
    pub waiting: Option<String>,
    /// A `slowest_next` of an earlier answer.
    pub slowest: Option<String>,
}

/// The figures of the last hour.
pub(crate) fn figures(tx: &mut Tx<'_>, now: Instant) -> Result<Vec<SyncFigures>, AppFault> {
    let (legs, _) = legs(tx, now.microseconds() - HOUR)?;
    let figures = legs.into_iter().map(|leg| SyncFigures {
        system: leg.system,
        median: leg.median_milliseconds,
        p95: leg.p95_milliseconds,
        waiting: leg.waiting,
    });
    Ok(figures.collect())
}

/// Every way that the news of payments went since an instant, and how many payments there were.
pub(crate) fn legs(tx: &mut Tx<'_>, since: i64) -> Result<(Vec<SyncLeg>, usize), AppFault> {
    let arrived = payment_sync::recorded_after(tx, since)?;
    let payments = arrived.len();
    let title = "Money arrived to recorded here".to_owned();
    let mut legs = vec![leg("recorded", title, arrived, 0)];
    for (system, times) in payment_sync::told_times(tx, since)? {
        let title = format!("Recorded here to confirmed by {system}");
        legs.push(leg(&system, title, times.confirmed, times.waiting));
    }
    Ok((legs, payments))
}

/// Never below zero: the clock of who has the money is not ours.
fn milliseconds(microseconds: i64) -> i64 {
    microseconds.max(0) / 1_000
}

fn leg(system: &str, title: String, mut took: Vec<i64>, waiting: usize) -> SyncLeg {
    for time in &mut took {
        *time = milliseconds(*time);
    }
    took.sort_unstable();
    SyncLeg {
        system: system.to_owned(),
        title,
        confirmed: took.len(),
        median_milliseconds: percentile(&took, 50),
        p95_milliseconds: percentile(&took, 95),
        longest_milliseconds: took.last().copied(),
        waiting,
    }
}

/// The news of one payment, which took until an instant.
pub(crate) fn row(told: Told, until: i64) -> SyncRow {
    SyncRow {
        payment: told.payment,
        system: told.system,
        effect: told.effect,
        recorded: Instant::from_microseconds(told.recorded),
        status: told.status,
        milliseconds: milliseconds(until - told.recorded),
    }
}
