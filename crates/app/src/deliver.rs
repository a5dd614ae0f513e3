//! The effect worker: takes the heads of the lanes, tells the other system, and writes what came of
//! it. That an effect is under way is committed before the call, so whatever breaks off in between
//! is found as *sent* later and read back, never sent blindly again.

mod adyen;
mod asked;
mod netsuite;
mod outcome;
mod perform;
mod salesforce;
mod stripe;
mod verify;

pub(crate) use adyen::{COLLECT as ADYEN_COLLECT, REFUND as ADYEN_REFUND};
pub use outcome::{release, skip};
pub use verify::verify_late;

use crate::connections::Connections;
use crate::gate::{self, Permit};
use crate::worker::Progress;
use crate::{App, AppFault};
use connect::driver::calls_of_this_thread;
use control::effect::{self, EffectState};
use control::gate as gate_rules;
use perform::Mode;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use store::effects::{self, EffectRow};
use store::lanes::{self, Order};
use values::Instant;

/// Who acts when effects are delivered.
pub(crate) const ACTOR: &str = "tieout/delivery";

/// How long an effect may fail as a probe before its own system is asked whether it is down,
/// microseconds: a short outage is over by then.
const PATIENCE: i64 = 15 * 60 * 1_000_000;

/// An effect that is ours to work on until its outcome is written.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The effect, with the status and the attempts that it was taken with.
    pub effect: EffectRow,
    /// What is to be done.
    pub mode: Mode,
    /// It is the one call that finds out whether the other system is well again.
    pub is_probe: bool,
    /// When it was first handed to the network: an attempt of ours is not older.
    pub first_sent: Instant,
    /// When it was last handed to the network: what is not there long after that, never was.
    pub sent: Instant,
}

impl Taken {
    /// An effect that is looked up, with the moments of its sendings. One that was never sent is
    /// looked for from when it was intended.
    fn to_look_up(effect: EffectRow) -> Taken {
        let or = |moment: i64, other| if moment == 0 { other } else { moment };
        let (first, last) = (
            or(effect.first_sent, effect.created),
            or(effect.last_sent, effect.changed),
        );
        Taken {
            effect,
            mode: Mode::ReadBack,
            is_probe: false,
            first_sent: Instant::from_microseconds(first),
            sent: Instant::from_microseconds(last),
        }
    }

    /// An effect that is sent now.
    fn to_send(mut effect: EffectRow, now: Instant) -> Taken {
        effect.last_sent = now.microseconds();
        if effect.first_sent == 0 {
            effect.first_sent = effect.last_sent;
        }
        Taken {
            mode: Mode::Send,
            ..Taken::to_look_up(effect)
        }
    }
}

/// Delivers heads of lanes that are due, at most `limit`, several at once, as far as the budget, the
/// breaker and the holds of each connection let them. Lanes of a system that keeps failing wait: only
/// one of them goes, to find out whether it is well again.
pub fn deliver_due(app: &App, connections: &Connections, limit: i64) -> Progress {
    let chosen = gate::announce(app, connections).and_then(|()| choose(app, connections, limit));
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(fault) => {
            tracing::error!(fault = %fault, "the lanes cannot be read");
            return Progress::fault();
        }
    };
    let workers = usize::from(connections.pace.parallel).clamp(1, chosen.len().max(1));
    let queue = Mutex::new(VecDeque::from(chosen));
    if workers == 1 {
        return work_off(app, connections, &queue);
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| work_off(app, connections, &queue)))
            .collect();
        running
            .into_iter()
            .fold(Progress::default(), |mut total, worker| {
                total += worker.join().unwrap_or_else(|_| {
                    tracing::error!("a delivery broke off; it is read back later");
                    Progress::fault()
                });
                total
            })
    })
}

/// Which heads go now: of every connection as many as it has room for; when more than that wait, the
/// oldest and the newest mixed fairly, so that what was intended just now does not wait until a
/// backlog is worked off, however young that is itself. The connections take turns.
fn choose(app: &App, connections: &Connections, limit: i64) -> Result<Vec<EffectRow>, AppFault> {
    let now = app.clock().now();
    let names = connections.names();
    let probing: Vec<bool> = names.iter().map(|name| connections.is_held(name)).collect();
    let of_each = app.store().read(move |tx| -> Result<_, AppFault> {
        let mut of_each = Vec::new();
        for (name, is_probing) in names.into_iter().zip(probing) {
            let room = i64::from(gate::room(tx, name, now)?).min(limit);
            let room = if is_probing { room.min(1) } else { room };
            if room == 0 {
                continue;
            }
            let mut heads = |order| lanes::ready(tx, name, now.microseconds(), order, room);
            let backlog = heads(Order::Oldest)?;
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let chosen = if backlog.len() < room {
                backlog
            } else {
                let newest = heads(Order::Newest)?;
                gate_rules::mix_fairly(backlog, newest, room, |a, b| a.id == b.id)
            };
            of_each.push(VecDeque::from(chosen));
        }
        Ok(of_each)
    })?;
    Ok(in_turns(
        of_each,
        usize::try_from(limit).unwrap_or(usize::MAX),
    ))
}

fn in_turns(mut of_each: Vec<VecDeque<EffectRow>>, limit: usize) -> Vec<EffectRow> {
    let mut chosen = Vec::new();
    while chosen.len() < limit && !of_each.is_empty() {
        of_each.retain(|heads| !heads.is_empty());
        for heads in &mut of_each {
            chosen.extend(heads.pop_front());
        }
    }
    chosen.truncate(limit);
    chosen
}

fn work_off(app: &App, connections: &Connections, queue: &Mutex<VecDeque<EffectRow>>) -> Progress {
    let mut total = Progress::default();
    let mut held = BTreeSet::new();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(head) = next else { return total };
        if held.contains(&head.connection) {
            continue;
        }
        let (id, connection) = (head.id.clone(), head.connection.clone());
        match deliver(app, connections, head) {
            Ok(progress) => total += progress,
            Err(fault) => {
                tracing::error!(effect = id, fault = %fault, "an effect stays as it is and is read back later");
                total += Progress::fault();
            }
        }
        if connections.is_held(&connection) {
            held.insert(connection);
        }
    }
}

fn deliver(app: &App, connections: &Connections, head: EffectRow) -> Result<Progress, AppFault> {
    let Some(taken) = take(app, connections, head)? else {
        return Ok(Progress::default());
    };
    let name = taken.effect.connection.clone();
    let (began, before) = (app.clock().now(), connections.made(&name));
    let calls_before = calls_of_this_thread();
    let span = tracing::info_span!(
        "deliver",
        effect = taken.effect.id,
        connection = name,
        operation = taken.effect.operation,
        attempt = taken.effect.attempts,
        correlationid = taken.effect.correlation,
    );
    telemetry::join_chain(&span, &taken.effect.correlation);
    let is_well = span.in_scope(|| is_well_otherwise(app, connections, &taken));
    let taken = Taken {
        is_probe: taken.is_probe && !is_well,
        ..taken
    };
    let answer = span.in_scope(|| perform::perform(app, connections, &taken));
    let (ended, made) = (app.clock().now(), connections.made(&name));
    let further = calls_of_this_thread()
        .saturating_sub(calls_before)
        .saturating_sub(1);
    let call = Call {
        took: ended.microseconds().saturating_sub(began.microseconds()),
        further_calls: u32::try_from(further).unwrap_or(u32::MAX),
        allowance: made
            .allowance
            .filter(|_| made.allowance != before.allowance),
    };
    outcome::write(app, &connections.retry, taken, answer, call)
}

/// A probe that finds the other system down uses up no attempt. But what waits alone on its
/// connection may itself be what fails, and would probe for ever: once it has failed for long, the
/// system is asked something harmless first. If it answers that, the attempt counts like any other, so
/// that a person gets it in the end; if not, that was the probe, and the effect is held.
fn is_well_otherwise(app: &App, connections: &Connections, taken: &Taken) -> bool {
    let now = app.clock().now();
    let since = now
        .microseconds()
        .saturating_sub(taken.first_sent.microseconds());
    taken.is_probe && since >= PATIENCE && connections.answers(&taken.effect.connection, now)
}

/// What was seen of the calls of one delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// How long they took, microseconds.
    pub took: i64,
    /// How many there were beyond the first.
    pub further_calls: u32,
    /// How much of the vendor's allowance is used, when it said so anew.
    pub allowance: Option<(u32, u32)>,
}

/// Takes an effect for a send or a read-back, if its connection lets it go. Nothing when it does not,
/// or another worker was faster.
fn take(app: &App, connections: &Connections, head: EffectRow) -> Result<Option<Taken>, AppFault> {
    let Some(state) = EffectState::from_word(&head.status) else {
        return Err(AppFault::Unreadable {
            what: "effect",
            error: format!("status {:?}", head.status),
        });
    };
    let now = app.clock().now();
    let (mode, next) = match effect::send(state) {
        Some(next) => (Mode::Send, next),
        None => (Mode::ReadBack, effect::recover(state)),
    };
    if mode == Mode::ReadBack && next != EffectState::Ambiguous {
        return Ok(None);
    }
    let (row, lease) = (head.clone(), now.plus_seconds(connections.lease_seconds));
    let went = app.store().write(move |tx| -> Result<_, AppFault> {
        let Permit::Go(going) = gate::permit(tx, &row.connection, now)? else {
            return Ok(None);
        };
        let mark = going.mark(row.created, row.fallback);
        let is_ours = effects::take(
            tx,
            &effects::Taking {
                id: &row.id,
                lane: &row.lane,
                from: &row.status,
                fence: row.fence,
                status: next.as_str(),
                now: now.microseconds(),
                lease: lease.microseconds(),
                fallback: mark,
            },
        )?;
        let is_probe = going.is_probe;
        if is_ours {
            going.keep(tx)?;
        }
        Ok(is_ours.then_some((mark, is_probe)))
    })?;
    let Some((mark, is_probe)) = went else {
        return Ok(None);
    };
    if is_probe {
        connections.let_probe(&head.connection, now);
    }
    let effect = EffectRow {
        status: next.as_str().to_owned(),
        attempts: head.attempts + 1,
        fence: head.fence + 1,
        fallback: mark,
        ..head
    };
    let taken = match mode {
        Mode::Send => Taken::to_send(effect, now),
        Mode::ReadBack => Taken::to_look_up(effect),
    };
    Ok(Some(Taken { is_probe, ..taken }))
}

/// Marks everything that an earlier life left under way as ambiguous, so that it is read back at
/// once. Nothing when another process works on these books: what was left is found when its lease
/// runs out. Returns how many there were.
///
/// # Errors
/// When the store fails.
pub fn recover(app: &App) -> Result<u64, AppFault> {
    if app.is_in_company()? {
        return Ok(0);
    }
    app.run(ACTOR, |tx, _| {
        let mut found = 0;
        for mut head in effects::under_way(tx)? {
            if head.status == EffectState::Sent.as_str() {
                head.status = effect::recover(EffectState::Sent).as_str().to_owned();
                effects::update(tx, &head)?;
                found += 1;
            }
        }
        Ok(found)
    })
}
