//! Whether a delivery may go now, as all processes together know it: the budget, the breaker and the
//! holds of a connection are kept in one row, taken with every delivery. What may not go uses up no
//! attempt. Transitions are recorded as events.

use crate::connections::Connections;
use crate::fault::stored_value;
use crate::record::{Context, Fact, Recorder};
use crate::{App, AppFault};
use connect::breaker::{Admission, Breaker, BreakerRule, Health, State};
use control::effect::FaultClass;
use control::gate::{Budget, Held, Spending};
use events::{ConnectionHeld, ConnectionRecovered, Event};
use store::connections::{self as kept, ConnectionStateRow, HoldRow, MinuteRow};
use store::{Tx, lanes};
use values::{Currency, Instant, Money, Zone};

/// Scope of a hold of a whole connection.
pub(crate) const CONNECTION: &str = "connection";
/// Scope of a hold of one lane.
pub(crate) const LANE: &str = "lane";

/// Writes what the configuration says of its connections into the books, once a process.
///
/// # Errors
/// When the store fails.
pub fn announce(app: &App, connections: &Connections) -> Result<(), AppFault> {
    connections.once_announced(|| {
        let rows: Vec<_> = connections
            .names()
            .into_iter()
            .map(|name| configured(connections, name))
            .collect();
        app.store().write(move |tx| {
            for row in &rows {
                kept::configure(tx, row)?;
            }
            Ok(())
        })
    })
}

fn configured(connections: &Connections, name: &str) -> ConnectionStateRow {
    let limits = connections.limits.of(name);
    let day = |date: Option<values::Date>| date.map_or_else(String::new, |date| date.to_string());
    ConnectionStateRow {
        name: name.to_owned(),
        per_minute: i64::from(limits.budget.per_minute),
        burst: i64::from(limits.budget.burst),
        concurrency: i64::from(limits.budget.concurrency),
        failures_to_open: i64::from(limits.breaker.failures_to_open),
        hold_ms: i64::from(limits.breaker.hold_ms),
        spent_until: 0,
        breaker: "closed".to_owned(),
        failures: 0,
        breaker_at: 0,
        ramp_from: 0,
        ready: 0,
        outage_from: 0,
        outage_until: 0,
        last_fault: String::new(),
        quota_used: 0,
        quota_limit: 0,
        credential_from: day(limits.credentials_from),
        credential_until: day(limits.credentials_until),
        changed: 0,
    }
}

/// The budget that a row holds.
pub(crate) fn budget_of(row: &ConnectionStateRow) -> Budget {
    let number = |value: i64| u32::try_from(value.max(1)).unwrap_or(u32::MAX);
    Budget {
        per_minute: number(row.per_minute),
        burst: number(row.burst),
        concurrency: number(row.concurrency),
    }
}

pub(crate) fn spending_of(row: &ConnectionStateRow) -> Spending {
    Spending {
        spent_until: Instant::from_microseconds(row.spent_until),
        ramp_from: (row.ramp_from > 0).then(|| Instant::from_microseconds(row.ramp_from)),
    }
}

pub(crate) fn rule_of(row: &ConnectionStateRow) -> BreakerRule {
    BreakerRule {
        failures_to_open: u32::try_from(row.failures_to_open.max(1)).unwrap_or(u32::MAX),
        hold_ms: u32::try_from(row.hold_ms.max(0)).unwrap_or(u32::MAX),
    }
}

/// The breaker that a row holds.
pub(crate) fn breaker_of(row: &ConnectionStateRow) -> Breaker {
    let at = Instant::from_microseconds(row.breaker_at);
    let state = match row.breaker.as_str() {
        "open" => State::Open { until: at },
        "half_open" => State::HalfOpen { probe_started: at },
        _ => State::Closed {
            failures: u32::try_from(row.failures).unwrap_or(0),
        },
    };
    Breaker::resumed(rule_of(row), state)
}

fn keep_breaker(row: &mut ConnectionStateRow, state: State) {
    let (word, failures, at) = match state {
        State::Closed { failures } => ("closed", failures, Instant::default()),
        State::Open { until } => ("open", 0, until),
        State::HalfOpen { probe_started } => ("half_open", 0, probe_started),
    };
    row.breaker = word.to_owned();
    row.failures = i64::from(failures);
    row.breaker_at = at.microseconds();
}

fn keep_spending(row: &mut ConnectionStateRow, spending: Spending) {
    row.spent_until = spending.spent_until.microseconds();
    row.ramp_from = spending.ramp_from.map_or(0, |from| from.microseconds());
}

/// What was said of a delivery.
#[derive(Debug)]
pub(crate) enum Permit {
    /// It may go; the row is to be kept once it has gone.
    Go(Box<Going>),
    /// Not now.
    Held,
}

/// A delivery that may go.
#[derive(Debug)]
pub(crate) struct Going {
    /// The connection as it stands then; nothing when it is not one of the configuration.
    row: Option<ConnectionStateRow>,
    /// It is the one call that finds out whether the other system is well again.
    pub is_probe: bool,
    /// Whether an effect intended at that instant waited through an outage.
    outage_until: i64,
}

impl Going {
    /// The mark of an effect that goes now: 1 when it waited through an outage.
    pub(crate) fn mark(&self, created: i64, before: i64) -> i64 {
        if created < self.outage_until {
            1
        } else {
            before
        }
    }

    /// Keeps what was taken out of the budget.
    pub(crate) fn keep(self, tx: &mut Tx<'_>) -> Result<(), AppFault> {
        if let Some(row) = &self.row {
            kept::update(tx, row)?;
        }
        Ok(())
    }
}

/// Whether one delivery may go now. The row of the connection is ours until the transaction ends.
pub(crate) fn permit(tx: &mut Tx<'_>, name: &str, now: Instant) -> Result<Permit, AppFault> {
    let Some(mut row) = kept::take(tx, name)? else {
        let going = Going {
            row: None,
            is_probe: false,
            outage_until: 0,
        };
        return Ok(Permit::Go(Box::new(going)));
    };
    if kept::held(tx, CONNECTION, name)?.is_some() {
        return Ok(Permit::Held);
    }
    let mut breaker = breaker_of(&row);
    let is_probe = match breaker.admit(now) {
        Admission::Go => false,
        Admission::Probe => true,
        Admission::Held { retry_after_ms } => {
            let wait = i64::try_from(retry_after_ms).unwrap_or(i64::MAX / 1_000);
            let ready = now.plus_microseconds(wait.saturating_mul(1_000));
            return not_before(tx, row, ready);
        }
    };
    let mut spending = spending_of(&row);
    let under_way = lanes::under_way(tx, name, now.microseconds())?;
    let under_way = u32::try_from(under_way).unwrap_or(u32::MAX);
    match spending.take(budget_of(&row), under_way, now) {
        Ok(()) => {}
        Err(Held::Spent(ready)) => return not_before(tx, row, ready),
        Err(Held::Crowded) => return Ok(Permit::Held),
    }
    keep_breaker(&mut row, breaker.state());
    keep_spending(&mut row, spending);
    row.changed = now.microseconds();
    Ok(Permit::Go(Box::new(Going {
        outage_until: row.outage_until,
        row: Some(row),
        is_probe,
    })))
}

fn not_before(
    tx: &mut Tx<'_>,
    mut row: ConnectionStateRow,
    ready: Instant,
) -> Result<Permit, AppFault> {
    if row.ready != ready.microseconds() {
        row.ready = ready.microseconds();
        kept::update(tx, &row)?;
    }
    Ok(Permit::Held)
}

/// How many deliveries to a connection may go at `now`, at a look: nothing is taken.
pub(crate) fn room(tx: &mut Tx<'_>, name: &str, now: Instant) -> Result<u32, AppFault> {
    let Some(row) = kept::state(tx, name)? else {
        return Ok(u32::MAX);
    };
    if kept::held(tx, CONNECTION, name)?.is_some() {
        return Ok(0);
    }
    match breaker_of(&row).admit(now) {
        Admission::Held { .. } => return Ok(0),
        Admission::Probe => return Ok(1),
        Admission::Go => {}
    }
    Ok(spending_of(&row).left(budget_of(&row), now))
}

/// What a call that went has shown.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// How it failed, if it did.
    pub fault: Option<(FaultClass, String)>,
    /// How long it took, microseconds.
    pub took: i64,
    /// Whether the effect is confirmed by it.
    pub is_confirmed: bool,
    /// Calls put on the wire beyond the one that was asked for.
    pub further_calls: u32,
    /// Calls used of the vendor's own allowance, and how large it is.
    pub allowance: Option<(u32, u32)>,
}

impl Seen {
    fn health(&self) -> Health {
        match self.fault {
            None => Health::Well,
            Some((class, _)) if class.is_outage() => Health::Failing,
            Some((FaultClass::Throttled { .. }, _)) => Health::Unknown,
            Some(_) => Health::Well,
        }
    }
}

/// Takes note of what a call has shown: the breaker, the figures of the minute, and the events of a
/// transition. First in its transaction, so that rows are always taken in one order.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    seen: &Seen,
) -> Result<(), AppFault> {
    let now = context.now;
    let Some(row) = kept::state(tx, name)? else {
        return Ok(());
    };
    let is_quiet = row.breaker == "closed" && row.failures == 0 && seen.further_calls == 0;
    let says_something = !is_quiet || seen.fault.is_some() || seen.allowance.is_some();
    if says_something && let Some(row) = kept::take(tx, name)? {
        note_state(tx, context, row, seen)?;
    }
    let mut minute = MinuteRow::of_call(name, now.microseconds() / 60_000_000, seen.took);
    minute.confirmed = i64::from(seen.is_confirmed);
    minute.failed = i64::from(seen.health() == Health::Failing);
    minute.throttled = i64::from(seen.health() == Health::Unknown);
    kept::count(tx, &minute)?;
    Ok(())
}

fn note_state(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: ConnectionStateRow,
    seen: &Seen,
) -> Result<(), AppFault> {
    let now = context.now;
    let mut breaker = breaker_of(&row);
    let was_open = breaker.is_open();
    breaker.note(now, seen.health());
    keep_breaker(&mut row, breaker.state());
    let mut spending = spending_of(&row);
    spending.charge(budget_of(&row), seen.further_calls, now);
    if let Some((used, limit)) = seen.allowance {
        (row.quota_used, row.quota_limit) = (i64::from(used), i64::from(limit));
    }
    if let Some((class, text)) = &seen.fault {
        row.last_fault.clone_from(text);
        if let FaultClass::Throttled {
            retry_after_ms: Some(wait),
        } = class
        {
            let wait = i64::try_from(*wait).unwrap_or(i64::MAX / 1_000);
            row.ready = now
                .plus_microseconds(wait.saturating_mul(1_000))
                .microseconds();
        }
    }
    row.changed = now.microseconds();
    let is_outage = row.outage_from > 0 && row.outage_until == 0;
    match (was_open, breaker.state()) {
        (false, State::Open { until }) => {
            keep_spending(&mut row, spending);
            row.ready = until.microseconds();
            if !is_outage {
                (row.outage_from, row.outage_until) = (now.microseconds(), 0);
            }
            let reason = row.last_fault.clone();
            kept::update(tx, &row)?;
            degraded(tx, context, &row.name, &reason, Some(until))
        }
        (true, State::Closed { .. }) => {
            spending.ramp_from = Some(now);
            keep_spending(&mut row, spending);
            row.ready = 0;
            row.outage_until = now.microseconds();
            let since = Instant::from_microseconds(row.outage_from);
            kept::update(tx, &row)?;
            recovered(tx, context, &row.name, Some(since), "answered")
        }
        (_, state) => {
            keep_spending(&mut row, spending);
            if let State::Open { until } = state {
                row.ready = until.microseconds();
            }
            Ok(kept::update(tx, &row)?)
        }
    }
}

/// Holds a connection whose credentials were refused, so that not every lane finds out by itself.
pub(crate) fn hold_for_credentials(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    fault: &str,
) -> Result<(), AppFault> {
    let reason = format!("the credentials were refused: {fault}");
    let row = HoldRow {
        scope: CONNECTION.to_owned(),
        name: name.to_owned(),
        reason: reason.clone(),
        actor: crate::deliver::ACTOR.to_owned(),
        since: context.now.microseconds(),
    };
    if kept::hold(tx, &row)? {
        degraded(tx, context, name, &reason, None)?;
    }
    Ok(())
}

/// Lets a connection go that was held for its credentials: a person has released what it stopped.
pub(crate) fn let_go_for_credentials(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
) -> Result<(), AppFault> {
    let Some(hold) = kept::held(tx, CONNECTION, name)? else {
        return Ok(());
    };
    if hold.actor == crate::deliver::ACTOR && kept::let_go(tx, CONNECTION, name)? {
        let since = Instant::from_microseconds(hold.since);
        recovered(tx, context, name, Some(since), "resumed")?;
    }
    Ok(())
}

/// What stands still with a connection.
struct Standing {
    lanes: u64,
    effects: u64,
    value: Vec<Money>,
}

fn standing(tx: &mut Tx<'_>, name: &str, now: Instant) -> Result<Standing, AppFault> {
    let whole = |number: i64| u64::try_from(number).unwrap_or(0);
    let lanes = lanes::counts(tx, now.microseconds())?
        .into_iter()
        .find(|count| count.connection == name)
        .map_or(0, |count| whole(count.lanes));
    let (mut effects, mut value) = (0, Vec::new());
    for (currency, count, minor) in lanes::value_waiting(tx, name, false)? {
        effects += whole(count);
        if !currency.is_empty() {
            let currency: Currency = stored_value("currency", &currency)?;
            value.push(Money::from_minor(minor, currency));
        }
    }
    Ok(Standing {
        lanes,
        effects,
        value,
    })
}

fn degraded(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    reason: &str,
    until: Option<Instant>,
) -> Result<(), AppFault> {
    let held = held_event(tx, context, name, reason, until)?;
    record(
        tx,
        context,
        name,
        "degraded",
        Event::ConnectionDegraded(held),
    )
}

fn held_event(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    reason: &str,
    until: Option<Instant>,
) -> Result<ConnectionHeld, AppFault> {
    let standing = standing(tx, name, context.now)?;
    Ok(ConnectionHeld {
        connection: name.to_owned(),
        reason: reason.to_owned(),
        held_lanes: standing.lanes,
        held_effects: standing.effects,
        value_held: standing.value,
        until,
    })
}

/// Records that an operator holds a connection.
pub(crate) fn paused(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    reason: &str,
) -> Result<(), AppFault> {
    let held = held_event(tx, context, name, reason, None)?;
    record(tx, context, name, "paused", Event::ConnectionPaused(held))
}

/// Records that a connection goes on.
pub(crate) fn recovered(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    held_since: Option<Instant>,
    cause: &str,
) -> Result<(), AppFault> {
    let standing = standing(tx, name, context.now)?;
    let event = ConnectionRecovered {
        connection: name.to_owned(),
        held_since,
        cause: cause.to_owned(),
        waiting_effects: standing.effects,
        value_waiting: standing.value,
    };
    record(
        tx,
        context,
        name,
        "recovered",
        Event::ConnectionRecovered(event),
    )
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    name: &str,
    what: &str,
    event: Event,
) -> Result<(), AppFault> {
    let key = format!("connection/{name}/{what}/{}", context.now.microseconds());
    let source = format!("/connections/{name}");
    let mut recorder = Recorder::new(context, context.new_chain(), &source, &key);
    let fact = Fact {
        subject: format!("connection/{name}"),
        partition: format!("connection/{name}"),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)?;
    Ok(())
}

/// Lets deliveries of a connection begin again slowly.
pub(crate) fn begin_ramp(tx: &mut Tx<'_>, name: &str, now: Instant) -> Result<(), AppFault> {
    if let Some(mut row) = kept::take(tx, name)? {
        row.ramp_from = now.microseconds();
        row.changed = now.microseconds();
        kept::update(tx, &row)?;
    }
    Ok(())
}

/// Takes calls that were made without asking, such as those of a sweep, out of the budget.
///
/// # Errors
/// When the store fails.
pub fn charge(app: &App, name: &'static str, calls: u32) -> Result<(), AppFault> {
    if calls == 0 {
        return Ok(());
    }
    let now = app.clock().now();
    app.store().write(move |tx| {
        if let Some(mut row) = kept::take(tx, name)? {
            let mut spending = spending_of(&row);
            spending.charge(budget_of(&row), calls, now);
            keep_spending(&mut row, spending);
            kept::update(tx, &row)?;
        }
        Ok(())
    })
}
