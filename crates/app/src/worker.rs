//! The worker: sweeps, takes in what arrived, delivers what is intended, until nothing is due.
//! Nothing that goes wrong ends it; it is counted, logged without secrets, and tried again.

use crate::connections::Connections;
use crate::{App, AppFault, deliver, intake, sweep};
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::settings;
use values::Instant;

/// Who asks tax engines.
const TAX_ACTOR: &str = "tieout/tax";

/// Items taken in or delivered between two looks at the clock.
const BATCH: i64 = 256;

/// Most batches of deliveries between two looks at the sweeps.
const ROUNDS: usize = 64;

/// How long a process keeps what only one does, without renewing it.
const LEASE_SECONDS: i64 = 30;
/// Longest time that a sweep may take before another process begins it anew.
const SWEEP_LEASE_SECONDS: i64 = 900;
/// Minutes for which the figures of calls are kept: a week.
const FIGURES_KEPT_MINUTES: i64 = 7 * 24 * 60;
/// Effects that waited through an outage and are looked up in one go.
const VERIFIED_AT_ONCE: i64 = 50;

/// Pause between two rounds when nothing was due, in slices so that a stop is noticed.
const QUIET_SLICES: u32 = 10;
const QUIET_SLICE: Duration = Duration::from_millis(50);

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Items that sweeps brought into the inbox.
    pub received: u64,
    /// Inbox items concluded.
    pub processed: u64,
    /// Effects that another system confirmed.
    pub delivered: u64,
    /// Inbox items and effects that wait for a later moment.
    pub postponed: u64,
    /// Inbox items and effects that wait for a person.
    pub parked: u64,
    /// Steps that failed on our side or could not reach another system; they are tried again.
    pub faults: u64,
}

impl Progress {
    /// Whether nothing happened. Faults alone are quiet: trying again at once would help nobody.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.received + self.processed + self.delivered + self.postponed + self.parked == 0
    }

    pub(crate) fn fault() -> Progress {
        Progress {
            faults: 1,
            ..Progress::default()
        }
    }
}

impl AddAssign for Progress {
    fn add_assign(&mut self, other: Progress) {
        self.received += other.received;
        self.processed += other.processed;
        self.delivered += other.delivered;
        self.postponed += other.postponed;
        self.parked += other.parked;
        self.faults += other.faults;
    }
}

/// One round: the sweeps that are due, then everything that is due in the inbox and in the lanes.
pub fn tick(app: &App, connections: &Connections) -> Progress {
    let mut total = sweeps(app, connections);
    total += upkeep(app, connections);
    total += ask_for_tax(app, connections);
    let alone = is_alone(app);
    for _ in 0..ROUNDS {
        let mut round = until_nothing_is_due(|| intake::process_due(app, connections, BATCH));
        if alone {
            round += until_nothing_is_due(|| crate::process::work(app, BATCH));
            round += crate::bill_run::work(app);
            round += crate::price_change::work(app);
        }
        // One batch at a time, so that what comes in never waits for a backlog that goes out.
        round += deliver::deliver_due(app, connections, BATCH);
        total += round;
        if round.is_quiet() {
            break;
        }
    }
    if alone {
        total += crate::journey::exception::escalation::tend(app);
        total += crate::approval::tend(app);
        total += crate::journey::quote::tend(app);
        total += crate::journey::provisioning::tend(app);
        total += crate::bus::publish_due(app, connections);
    }
    total
}

/// Says that this process is alive, looks whether the configuration has changed, and whether this is
/// the process that moves what must be moved by one only.
fn is_alone(app: &App) -> bool {
    let outcome = app
        .refresh_books()
        .and_then(|()| app.say_alive())
        .and_then(|()| app.keeps_lease("worker/processes", LEASE_SECONDS));
    outcome.unwrap_or_else(|fault| {
        tracing::warn!(fault = %fault, "what one process does alone waits for the next round");
        false
    })
}

/// Rounds until the flag is set. When no other process works on these books, call
/// [`deliver::recover`] first, so that what an earlier life left under way need not wait.
pub fn run_until(app: &App, connections: &Connections, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let round =
            catch_unwind(AssertUnwindSafe(|| tick(app, connections))).unwrap_or_else(|_| {
                tracing::error!("a round of the worker broke off; the next one goes on");
                Progress::fault()
            });
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if round.is_quiet() {
            for _ in 0..QUIET_SLICES {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(QUIET_SLICE);
            }
        }
    }
    if let Err(fault) = app.give_up_leases() {
        tracing::warn!(fault = %fault, "the leases of this process run out by themselves");
    }
}

fn until_nothing_is_due(step: impl Fn() -> Progress) -> Progress {
    let mut total = Progress::default();
    loop {
        let progress = step();
        total += progress;
        if progress.is_quiet() {
            return total;
        }
    }
}

fn sweeps(app: &App, connections: &Connections) -> Progress {
    let pace = connections.pace;
    let mut total = Progress::default();
    let before: Vec<_> = connections
        .names()
        .into_iter()
        .map(|name| (name, connections.made(name).calls))
        .collect();
    if connections.salesforce.is_some() {
        total += at_most_every(app, "salesforce", pace.sweep_seconds, || {
            sweep::sweep_salesforce(app, connections)
        });
    }
    if connections.processors().next().is_some() {
        total += at_most_every(app, "stripe", pace.sweep_seconds, || {
            sweep::sweep_stripe(app, connections)
        });
    }
    let any = connections.salesforce.is_some()
        || connections.processors().next().is_some()
        || !connections.adyen.is_empty()
        || connections.netsuite.is_some();
    if any {
        total += at_most_every(app, "balances", pace.balance_seconds, || {
            sweep::read_balances(app, connections).map(|()| Progress::default())
        });
    }
    // Sweeps and deliveries share one budget; what a sweep took, deliveries have less of.
    for (name, before) in before {
        let calls = connections.made(name).calls.saturating_sub(before);
        let charged = crate::gate::charge(app, name, u32::try_from(calls).unwrap_or(u32::MAX));
        if let Err(fault) = charged {
            tracing::warn!(system = name, fault = %fault, "the calls of a sweep are not counted");
            total += Progress::fault();
        }
    }
    total
}

/// What keeps the flow in order: journals of months that are over go first, what waited through an
/// outage is looked up afterwards, old figures are forgotten.
fn upkeep(app: &App, connections: &Connections) -> Progress {
    let mut total = at_most_every(app, "closing", 300, || {
        app.prioritise_closing(deliver::ACTOR)
            .map(|_| Progress::default())
    });
    total += at_most_every(app, "verify", 60, || {
        deliver::verify_late(app, connections, VERIFIED_AT_ONCE).map(|_| Progress::default())
    });
    total += at_most_every(app, "figures", 3_600, || {
        let minute = app.clock().now().microseconds() / 60_000_000 - FIGURES_KEPT_MINUTES;
        app.store()
            .write(move |tx| store::connections::forget_before(tx, minute))?;
        Ok(Progress::default())
    });
    total
}

/// Runs a sweep unless it ran within the last `seconds`. One that failed is due again at once.
fn at_most_every(
    app: &App,
    name: &'static str,
    seconds: u32,
    sweep: impl FnOnce() -> Result<Progress, AppFault>,
) -> Progress {
    let outcome = is_due(app, name, seconds).and_then(|due| {
        if !due {
            return Ok(Progress::default());
        }
        let done = app.alone(&last_run(name), SWEEP_LEASE_SECONDS, || {
            let progress = sweep()?;
            let now = app.clock().now();
            app.store()
                .write(move |tx| settings::set_setting(tx, &last_run(name), &now.to_string()))?;
            Ok(progress)
        })?;
        Ok(done.unwrap_or_default())
    });
    outcome.unwrap_or_else(|fault| {
        tracing::warn!(sweep = name, fault = %fault, "a sweep failed and is tried again");
        Progress::fault()
    })
}

/// Asks tax engines what waits for them. Nothing to ask writes nothing.
fn ask_for_tax(app: &App, connections: &Connections) -> Progress {
    let waits = app.store().read(|tx| -> Result<bool, AppFault> {
        Ok(!store::tax_decisions::unanswered(tx, "", 1)?.is_empty())
    });
    if matches!(waits, Ok(false)) {
        return Progress::default();
    }
    at_most_every(app, "tax", connections.pace.tax_seconds, || {
        app.ask_tax_engines(TAX_ACTOR, &|name| connections.tax_engine(name))
            .map(|asked| Progress {
                processed: u64::try_from(asked.answered).unwrap_or(u64::MAX),
                ..Progress::default()
            })
    })
}

/// How long one process keeps objects that are worked off page by page without renewing.
const OBJECTS_LEASE_SECONDS: i64 = 120;

/// Works off objects such as bill runs where any waits, one process at a time. Takes the lease and the
/// words for them in the log. Nothing to do writes nothing.
pub(crate) fn when_waiting(
    app: &App,
    (lease, words): (&str, &str),
    waits: impl FnOnce(&mut store::Tx<'_>) -> Result<bool, AppFault> + Send + 'static,
    work: impl FnOnce() -> Result<u64, AppFault>,
) -> Progress {
    let worked = match app.store().read(waits) {
        Ok(false) => return Progress::default(),
        Ok(true) => app.alone(lease, OBJECTS_LEASE_SECONDS, work),
        Err(fault) => Err(fault),
    };
    match worked {
        Ok(moved) => Progress {
            processed: moved.unwrap_or(0),
            ..Progress::default()
        },
        Err(fault) => {
            tracing::warn!(objects = words, fault = %fault, "they wait for the next round");
            Progress::fault()
        }
    }
}

fn is_due(app: &App, name: &'static str, seconds: u32) -> Result<bool, AppFault> {
    let last = app
        .store()
        .read(move |tx| settings::setting(tx, &last_run(name)))?;
    let Some(last) = last.and_then(|text| text.parse::<Instant>().ok()) else {
        return Ok(true);
    };
    let now = app.clock().now();
    Ok(seconds == 0 || now >= last.plus_seconds(i64::from(seconds)) || now < last)
}

fn last_run(name: &str) -> String {
    format!("sweep/{name}")
}
