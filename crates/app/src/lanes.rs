//! How connections and lanes stand, for people: what they may do, what waits, what it is worth, and
//! when it will have gone.

use crate::fault::stored_value;
use crate::gate::{breaker_of, budget_of, spending_of};
use crate::{App, AppFault};
use connect::breaker::{Breaker, State};
use control::gate::doublings_left;
use schemars::JsonSchema;
use serde::Serialize;
use store::connections::{self as kept, BOUNDS_MS, ConnectionStateRow, HoldRow, MinuteRow};
use store::lanes::{self, LaneCount, LaneStanding, Listed};
use store::{Tx, leases};
use values::{Currency, Date, Instant, Money, Zone};

/// The figures of calls cover so many minutes.
const FIGURES_MINUTES: i64 = 60;
/// The forecast looks at so many minutes.
const RATE_MINUTES: i64 = 15;

/// Deliveries that a person, or a refused credential, holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HoldView {
    /// Why.
    pub reason: String,
    /// Who holds them.
    pub actor: String,
    /// Since when.
    pub since: Instant,
}

/// A connection as all processes together know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConnectionView {
    /// Its name, such as `netsuite`.
    pub name: String,
    /// `well`, `degraded` (the breaker holds), `paused` (a person holds), `resuming` (let in slowly).
    pub status: &'static str,
    /// The breaker: `closed`, `open` or `half_open`.
    pub breaker: String,
    /// Failures in a row.
    pub failures: i64,
    /// When the breaker lets one call probe.
    pub probe_at: Option<Instant>,
    /// Who holds it and why.
    pub held: Option<HoldView>,
    /// Calls a minute.
    pub calls_per_minute: i64,
    /// Calls at once after a rest.
    pub burst: i64,
    /// Effects under way at once.
    pub concurrency: i64,
    /// Calls that could go now.
    pub budget_left: u32,
    /// Effects under way now.
    pub under_way: i64,
    /// While deliveries are let in slowly: the rate is divided by this; otherwise 1.
    pub slowed_by: u32,
    /// The last outage began.
    pub outage_from: Option<Instant>,
    /// It ended.
    pub outage_until: Option<Instant>,
    /// What went wrong last, or empty.
    pub last_fault: String,
    /// Calls in the last hour.
    pub calls: i64,
    /// Of these, those that failed.
    pub failed: i64,
    /// Of these, those that were throttled.
    pub throttled: i64,
    /// Half of them took at most so many milliseconds.
    pub half_within_ms: Option<i64>,
    /// Nineteen of twenty took at most so many milliseconds.
    pub most_within_ms: Option<i64>,
    /// Calls used of the vendor's own allowance, as it said last.
    pub allowance_used: Option<i64>,
    /// That allowance.
    pub allowance: Option<i64>,
    /// When the credentials were made.
    pub credentials_from: Option<Date>,
    /// When they end.
    pub credentials_until: Option<Date>,
    /// Days until they end; negative afterwards.
    pub credentials_days_left: Option<i64>,
    /// Lanes with something to do.
    pub lanes: i64,
    /// Of these, those whose head waits for a person.
    pub parked_lanes: i64,
    /// Of these, those whose head is tried again later.
    pub retrying_lanes: i64,
    /// Effects that wait.
    pub waiting: i64,
    /// What they are worth, one a currency.
    pub value_waiting: Vec<Money>,
    /// Effects in lanes whose head waits for a person.
    pub parked: i64,
    /// What those are worth, one a currency.
    pub value_parked: Vec<Money>,
    /// When the oldest of them was intended.
    pub oldest: Option<Instant>,
    /// Effects confirmed in the last quarter of an hour.
    pub confirmed_lately: i64,
    /// When everything will have gone at that rate; absent when nothing waits or nothing went.
    pub drained_at: Option<Instant>,
}

/// A lane with its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneView {
    /// The lane.
    pub name: String,
    /// The connection that it goes to.
    pub connection: String,
    /// The effect at its head.
    pub head: String,
    /// What is to be done.
    pub operation: String,
    /// About what.
    pub subject: String,
    /// Where the head stands.
    pub status: String,
    /// Attempts that count.
    pub attempts: i64,
    /// What went wrong last, or empty.
    pub error: String,
    /// Its priority; higher goes first.
    pub priority: i64,
    /// When the head was intended.
    pub since: Instant,
    /// When it is due.
    pub due: Instant,
    /// Effects in the lane, the head among them.
    pub waiting: i64,
    /// What they are worth, one a currency.
    pub value: Vec<Money>,
    /// Why a person holds the lane, or empty.
    pub held: String,
}

/// What only one process does at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeaseView {
    /// What.
    pub name: String,
    /// Which process has it.
    pub holder: String,
    /// Until when.
    pub until: Instant,
    /// How often it has changed hands, and once.
    pub fence: i64,
}

/// Which lanes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneList {
    /// Whose head waits for a person.
    Parked,
    /// In the order in which they go.
    Waiting,
    /// Whose head is tried again later, the next first.
    Retrying,
}

impl LaneList {
    /// Every list.
    pub const ALL: [LaneList; 3] = [LaneList::Waiting, LaneList::Parked, LaneList::Retrying];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LaneList::Parked => "parked",
            LaneList::Waiting => "waiting",
            LaneList::Retrying => "retrying",
        }
    }

    /// Reads the word of an address.
    #[must_use]
    pub fn from_word(word: &str) -> Option<LaneList> {
        LaneList::ALL.into_iter().find(|list| list.word() == word)
    }
}

impl App {
    /// All connections that were ever configured.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn connection_views(&self) -> Result<Vec<ConnectionView>, AppFault> {
        let now = self.clock().now();
        self.store().read(move |tx| {
            let minute = now.microseconds() / 60_000_000;
            let hour = kept::counted_since(tx, minute - FIGURES_MINUTES)?;
            let lately = kept::counted_since(tx, minute - RATE_MINUTES)?;
            let holds = kept::holds(tx)?;
            let lanes = lanes::counts(tx, now.microseconds())?;
            let mut views = Vec::new();
            for row in kept::all(tx)? {
                let of = |rows: &[MinuteRow]| {
                    let found = rows.iter().find(|minute| minute.connection == row.name);
                    found.cloned()
                };
                let figures = Figures {
                    hour: of(&hour),
                    confirmed_lately: of(&lately).map_or(0, |minutes| minutes.confirmed),
                    lanes: lanes
                        .iter()
                        .find(|count| count.connection == row.name)
                        .cloned(),
                    hold: holds
                        .iter()
                        .find(|hold| hold.scope == crate::gate::CONNECTION && hold.name == row.name)
                        .cloned(),
                };
                views.push(view(tx, row, figures, now)?);
            }
            Ok(views)
        })
    }

    /// Lanes of a connection, or of all, with their heads; at most `limit`.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn lane_views(
        &self,
        connection: Option<&str>,
        list: LaneList,
        limit: u16,
    ) -> Result<Vec<LaneView>, AppFault> {
        let now = self.clock().now().microseconds();
        let connection = connection.unwrap_or_default().to_owned();
        let which = match list {
            LaneList::Parked => Listed::Parked,
            LaneList::Waiting => Listed::Waiting,
            LaneList::Retrying => Listed::Retrying { now },
        };
        self.store().read(move |tx| {
            let rows = lanes::list(tx, &connection, which, i64::from(limit))?;
            rows.into_iter()
                .map(|standing| lane_view(tx, standing))
                .collect()
        })
    }

    /// The leases by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lease_views(&self) -> Result<Vec<LeaseView>, AppFault> {
        let rows = self.store().read(leases::all)?;
        Ok(rows
            .into_iter()
            .map(|row| LeaseView {
                name: row.name,
                holder: row.holder,
                until: Instant::from_microseconds(row.expires),
                fence: row.fence,
            })
            .collect())
    }
}

/// What was counted of a connection.
struct Figures {
    hour: Option<MinuteRow>,
    confirmed_lately: i64,
    lanes: Option<LaneCount>,
    hold: Option<HoldRow>,
}

fn view(
    tx: &mut Tx<'_>,
    row: ConnectionStateRow,
    figures: Figures,
    now: Instant,
) -> Result<ConnectionView, AppFault> {
    let (breaker, budget, spending) = (breaker_of(&row), budget_of(&row), spending_of(&row));
    let (waiting, value_waiting) = worth(lanes::value_waiting(tx, &row.name, false)?)?;
    let (parked, value_parked) = worth(lanes::value_waiting(tx, &row.name, true)?)?;
    let slowed = doublings_left(spending.ramp_from, now);
    let lanes = figures.lanes.unwrap_or_default();
    let hour = figures.hour;
    let credentials_until = day(&row.credential_until)?;
    let today = Zone::utc().date_at(now);
    let at = |moment: i64| (moment > 0).then(|| Instant::from_microseconds(moment));
    let is_quota_known = row.quota_limit > 0;
    Ok(ConnectionView {
        status: status(figures.hold.is_some(), &breaker, slowed),
        failures: row.failures,
        probe_at: match breaker.state() {
            State::Open { until } => Some(until),
            State::Closed { .. } | State::HalfOpen { .. } => None,
        },
        held: figures.hold.map(|hold| HoldView {
            reason: hold.reason,
            actor: hold.actor,
            since: Instant::from_microseconds(hold.since),
        }),
        calls_per_minute: row.per_minute,
        burst: row.burst,
        concurrency: row.concurrency,
        budget_left: spending.left(budget, now),
        under_way: lanes::under_way(tx, &row.name, now.microseconds())?,
        slowed_by: 1 << slowed,
        outage_from: at(row.outage_from),
        outage_until: at(row.outage_until),
        last_fault: row.last_fault,
        calls: hour.as_ref().map_or(0, |hour| hour.calls),
        failed: hour.as_ref().map_or(0, |hour| hour.failed),
        throttled: hour.as_ref().map_or(0, |hour| hour.throttled),
        half_within_ms: hour.as_ref().and_then(|hour| within(hour, 50)),
        most_within_ms: hour.as_ref().and_then(|hour| within(hour, 95)),
        allowance_used: is_quota_known.then_some(row.quota_used),
        allowance: is_quota_known.then_some(row.quota_limit),
        credentials_from: day(&row.credential_from)?,
        credentials_until,
        credentials_days_left: credentials_until.map(|end| values::days_between(today, end)),
        lanes: lanes.lanes,
        parked_lanes: lanes.parked,
        retrying_lanes: lanes.retrying,
        waiting,
        value_waiting,
        parked,
        value_parked,
        oldest: at(lanes.oldest),
        confirmed_lately: figures.confirmed_lately,
        drained_at: drained_at(waiting - parked, figures.confirmed_lately, now),
        breaker: row.breaker,
        name: row.name,
    })
}

fn status(is_held: bool, breaker: &Breaker, slowed: u32) -> &'static str {
    if is_held {
        "paused"
    } else if breaker.is_open() {
        "degraded"
    } else if slowed > 0 {
        "resuming"
    } else {
        "well"
    }
}

/// The bound within which so many of a hundred calls were; nothing when there were none, or the call
/// in question took longer than the last bound.
fn within(minutes: &MinuteRow, percent: i64) -> Option<i64> {
    let wanted = (minutes.calls * percent + 99) / 100;
    let counts = minutes.within();
    let mut bounds = BOUNDS_MS.into_iter().zip(counts);
    bounds
        .find(|(_, count)| minutes.calls > 0 && *count >= wanted)
        .map(|(bound, _)| bound)
}

fn drained_at(waiting: i64, confirmed_lately: i64, now: Instant) -> Option<Instant> {
    if waiting <= 0 || confirmed_lately <= 0 {
        return None;
    }
    let seconds = waiting.saturating_mul(RATE_MINUTES * 60) / confirmed_lately;
    Some(now.plus_seconds(seconds))
}

fn day(text: &str) -> Result<Option<Date>, AppFault> {
    if text.is_empty() {
        return Ok(None);
    }
    stored_value("date", text).map(Some)
}

fn worth(rows: Vec<(String, i64, i64)>) -> Result<(i64, Vec<Money>), AppFault> {
    let (mut count, mut value) = (0, Vec::new());
    for (currency, effects, minor) in rows {
        count += effects;
        if !currency.is_empty() && minor != 0 {
            let currency: Currency = stored_value("currency", &currency)?;
            value.push(Money::from_minor(minor, currency));
        }
    }
    Ok((count, value))
}

fn lane_view(tx: &mut Tx<'_>, standing: LaneStanding) -> Result<LaneView, AppFault> {
    let (lane, head) = (standing.lane, standing.head);
    let (_, value) = worth(lanes::value_in(tx, &lane.name)?)?;
    Ok(LaneView {
        connection: lane.connection,
        head: head.id,
        operation: head.operation,
        subject: head.subject,
        status: head.status,
        attempts: head.attempts,
        error: head.error,
        priority: lane.priority,
        since: Instant::from_microseconds(lane.since),
        due: Instant::from_microseconds(lane.due),
        waiting: standing.waiting,
        value,
        held: standing.held,
        name: lane.name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_bound_that_enough_calls_keep() {
        let mut minutes = MinuteRow::of_call("netsuite", 0, 40_000);
        for took in [40_000, 60_000, 200_000] {
            let more = MinuteRow::of_call("netsuite", 0, took);
            minutes.calls += 1;
            minutes.up_to_25 += more.up_to_25;
            minutes.up_to_50 += more.up_to_50;
            minutes.up_to_100 += more.up_to_100;
            minutes.up_to_250 += more.up_to_250;
            minutes.up_to_500 += more.up_to_500;
        }
        assert_eq!(
            (within(&minutes, 50), within(&minutes, 95)),
            (Some(50), Some(250))
        );
        let none = MinuteRow {
            calls: 0,
            ..minutes
        };
        assert_eq!(within(&none, 50), None);
    }

    #[test]
    fn the_forecast_follows_the_recent_rate() {
        let now = Instant::from_seconds(1_000);
        // 300 in a quarter of an hour: 100 more take five minutes.
        assert_eq!(drained_at(100, 300, now), Some(now.plus_seconds(300)));
        assert_eq!(drained_at(0, 300, now), None);
        assert_eq!(drained_at(100, 0, now), None);
    }
}
