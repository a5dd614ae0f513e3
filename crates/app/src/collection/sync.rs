//! How long it takes until a payment that arrived is known here, in the outside ledger and in the CRM,
//! measured from what was recorded and confirmed.

use crate::{App, AppFault};
use control::dwell::percentile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::Tx;
use store::payment_sync::{self, Told};
use values::{Instant, Money};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

/// Payments and tellings looked at.
const MOST: i64 = 20_000;

/// Rows of the lists.
const SHOWN: usize = 50;

/// How payments reach the other systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentSync {
    /// Payments recorded since then are looked at.
    pub since: Instant,
    /// How many there were.
    pub payments: usize,
    /// One for each way: from the processor or bank to here, and from here to each system.
    pub legs: Vec<SyncLeg>,
    /// What is not confirmed yet, the oldest first, at most fifty.
    pub waiting: Vec<SyncRow>,
    /// What took longest, at most fifty.
    pub slowest: Vec<SyncRow>,
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

impl App {
    /// How payments of the last days reached the other systems.
    ///
    /// # Errors
    /// When the store fails.
    pub fn payment_sync(&self, days: u16) -> Result<PaymentSync, AppFault> {
        let now = self.clock().now();
        let unmatched = self.unmatched_payments(None)?;
        self.store().read(move |tx| {
            let since = now.microseconds() - i64::from(days.max(1)) * DAY;
            let mut sync = measured(tx, since, now)?;
            sync.unmatched = usize::try_from(unmatched.count).unwrap_or_default();
            sync.unmatched_value = unmatched.value;
            Ok(sync)
        })
    }
}

/// The figures of the last hour.
pub(crate) fn figures(tx: &mut Tx<'_>, now: Instant) -> Result<Vec<SyncFigures>, AppFault> {
    let sync = measured(tx, now.microseconds() - HOUR, now)?;
    let figures = sync.legs.into_iter().map(|leg| SyncFigures {
        system: leg.system,
        median: leg.median_milliseconds,
        p95: leg.p95_milliseconds,
        waiting: leg.waiting,
    });
    Ok(figures.collect())
}

fn measured(tx: &mut Tx<'_>, since: i64, now: Instant) -> Result<PaymentSync, AppFault> {
    let settled = payment_sync::settled_since(tx, since, MOST)?;
    let told = payment_sync::told_since(tx, since, MOST)?;
    let arrived = settled
        .iter()
        .map(|(_, happened, recorded)| milliseconds(*happened, *recorded));
    let mut legs = vec![leg(
        "recorded",
        "Money arrived to recorded here".to_owned(),
        arrived.collect(),
        0,
    )];
    let mut systems: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for one in &told {
        systems.entry(&one.system).or_default().push(one);
    }
    let (mut waiting, mut slowest) = (Vec::new(), Vec::new());
    for (system, told) in systems {
        let (done, open): (Vec<&Told>, Vec<&Told>) =
            told.into_iter().partition(|one| one.status == "confirmed");
        // What somebody decided to skip is told to nobody and waits for nothing.
        let open: Vec<&Told> = open
            .into_iter()
            .filter(|one| one.status != "skipped")
            .collect();
        let took = done
            .iter()
            .map(|one| milliseconds(one.recorded, one.changed));
        let title = format!("Recorded here to confirmed by {system}");
        legs.push(leg(system, title, took.collect(), open.len()));
        waiting.extend(open.iter().map(|one| row(one, now.microseconds())));
        slowest.extend(done.iter().map(|one| row(one, one.changed)));
    }
    for rows in [&mut waiting, &mut slowest] {
        rows.sort_by_key(|row: &SyncRow| std::cmp::Reverse(row.milliseconds));
        rows.truncate(SHOWN);
    }
    Ok(PaymentSync {
        since: Instant::from_microseconds(since),
        payments: settled.len(),
        legs,
        waiting,
        slowest,
        unmatched: 0,
        unmatched_value: Vec::new(),
    })
}

/// Never below zero: the clock of who has the money is not ours.
fn milliseconds(from: i64, until: i64) -> i64 {
    (until - from).max(0) / 1_000
}

fn leg(system: &str, title: String, mut took: Vec<i64>, waiting: usize) -> SyncLeg {
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

fn row(told: &Told, until: i64) -> SyncRow {
    SyncRow {
        payment: told.payment.clone(),
        system: told.system.clone(),
        effect: told.effect.clone(),
        recorded: Instant::from_microseconds(told.recorded),
        status: told.status.clone(),
        milliseconds: milliseconds(told.recorded, until),
    }
}
