//! The effect worker: takes the heads of the lanes, tells the other system, and writes what came of
//! it. That an effect is under way is committed before the call, so whatever breaks off in between
//! is found as *sent* later and read back, never sent blindly again.

mod netsuite;
mod outcome;
mod perform;
mod salesforce;
mod stripe;

pub use outcome::{release, skip};

use crate::connections::Connections;
use crate::worker::Progress;
use crate::{App, AppFault};
use control::effect::{self, EffectState};
use perform::Mode;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use store::effects::{self, EffectRow};
use values::Instant;

/// Who acts when effects are delivered.
pub(crate) const ACTOR: &str = "tieout/delivery";

/// Heads looked at in one round, so that lanes of a system that is held do not hide the others.
const WINDOW: i64 = 2_000;

/// How long an effect is ours once it is taken: several times what its calls may take. One that has no
/// outcome by then was left by a process that ended.
const UNDER_WAY_SECONDS: i64 = 180;

/// An effect that is ours to work on until its outcome is written.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The effect, with the status and the attempts that it was taken with.
    pub effect: EffectRow,
    /// What is to be done.
    pub mode: Mode,
    /// When it was last handed to the network.
    pub sent: Instant,
}

/// Delivers the heads of lanes that are due, at most `limit`, several at once. Lanes of a system
/// that keeps failing wait: only one of them goes, to find out whether it is well again.
pub fn deliver_due(app: &App, connections: &Connections, limit: i64) -> Progress {
    let now = app.clock().now();
    let heads = match app
        .store()
        .read(move |tx| effects::due_heads(tx, now.microseconds(), WINDOW))
    {
        Ok(heads) => heads,
        Err(fault) => {
            tracing::error!(fault = %fault, "the lanes cannot be read");
            return Progress::fault();
        }
    };
    let chosen = choose(connections, heads, limit);
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

/// Which heads go now.
fn choose(
    connections: &Connections,
    heads: Vec<EffectRow>,
    limit: i64,
) -> Vec<EffectRow> {
    let mut probed = BTreeSet::new();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    heads
        .into_iter()
        .filter(|head| connections.has(&head.connection))
        .filter(|head| {
            !connections.is_held(&head.connection) || probed.insert(head.connection.clone())
        })
        .take(limit)
        .collect()
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
    let Some(taken) = take(app, head)? else {
        return Ok(Progress::default());
    };
    let answer = perform::perform(app, connections, &taken);
    outcome::write(app, &connections.retry, taken, answer)
}

/// Takes an effect for a send or a read-back. Nothing when another worker was faster.
fn take(app: &App, head: EffectRow) -> Result<Option<Taken>, AppFault> {
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
    let sent = if mode == Mode::Send {
        now
    } else {
        Instant::from_microseconds(head.changed)
    };
    let row = head.clone();
    let is_ours = app.store().write(move |tx| {
        effects::take(
            tx,
            &effects::Taking {
                id: &row.id,
                lane: &row.lane,
                from: &row.status,
                fence: row.fence,
                status: next.as_str(),
                now: now.microseconds(),
                lease: now.plus_seconds(UNDER_WAY_SECONDS).microseconds(),
                fallback: row.fallback,
            },
        )
    })?;
    Ok(is_ours.then(|| Taken {
        effect: EffectRow {
            status: next.as_str().to_owned(),
            attempts: head.attempts + 1,
            fence: head.fence + 1,
            ..head
        },
        mode,
        sent,
    }))
}

/// Marks everything that an earlier life left under way as ambiguous, so that it is read back at
/// once. Only for a process that knows that no other one works on these books; otherwise what was
/// left is found after three minutes. Returns how many there were.
///
/// # Errors
/// When the store fails.
pub fn recover(app: &App) -> Result<u64, AppFault> {
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
