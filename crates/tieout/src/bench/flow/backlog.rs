//! A crowd of deliveries that wait for the outside ledger is worked off while new ones come in. The
//! ledger is the simulator, in this process and without a network: what is measured is the effect
//! machine with its commits.

use super::super::BenchFault;
use super::super::measure::per_second;
use app::command::{Command, Envelope};
use app::connections::{Connections, ConnectionsConfig, Pace};
use app::{App, MonotonicIds, Routing, SystemClock, deliver};
use connect::driver::SystemPresent;
use control::dwell;
use serde_json::json;
use sim::world::World;
use sim::{SimClock, SimOptions, Simulators};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::{Durability, Location, Store};
use store::{effects, lanes};
use values::Clock;

/// Commands that wait for a commit together when the crowd is made.
const A_STEP: usize = 1_000;
/// Customers of the crowd: each has a lane, with as many deliveries in it.
const CUSTOMERS: usize = 2_000;
/// Customers of whom something is new while the crowd is worked off.
const NEWCOMERS: usize = 500;
/// Heads looked at in one round, as the worker does.
const BATCH: i64 = 256;
/// Between two new payments.
const GAP: Duration = Duration::from_millis(50);
/// So few may go on waiting at the end.
const FEW: i64 = 8;
/// Who acts.
const ACTOR: &str = "bench";

/// What the working off came to.
#[derive(Debug)]
pub struct Drained {
    /// Journals that waited at the start.
    pub crowd: usize,
    /// Until the last of them was confirmed.
    pub took: Duration,
    /// New deliveries meanwhile: from being intended to being confirmed, sorted.
    pub fresh: Vec<Duration>,
}

impl Drained {
    /// Confirmed deliveries a second, new ones included.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        per_second(self.crowd + self.fresh.len(), self.took)
    }

    /// The wait that so many in a thousand of the new ones did not exceed.
    #[must_use]
    pub fn fresh_per_mille(&self, part: usize) -> Duration {
        dwell::per_mille(&self.fresh, part).unwrap_or_default()
    }
}

/// Lets `crowd` deliveries wait, and then works them off, `workers` at once, while new ones come in.
///
/// # Errors
/// When the books or the simulators fail.
pub fn drain(folder: &Path, crowd: usize, workers: u8) -> Result<Drained, BenchFault> {
    let broken = |error: &dyn std::fmt::Display| BenchFault::Network {
        what: error.to_string(),
    };
    let path = folder.join("backlog.sqlite");
    let store = Store::open(&Location::File(path), Durability::Full)?;
    let ids = Arc::new(MonotonicIds::new(1, std::process::id()));
    let app = App::open(
        store,
        Arc::new(SystemClock),
        ids,
        events::Origin::Simulation,
    )?;
    let clock = SimClock::at(SystemClock.now().microseconds());
    let sims =
        Simulators::in_process(SimOptions::in_memory(1, clock)).map_err(|error| broken(&error))?;
    World::seeded(0)
        .prepare(&sims)
        .map_err(|error| broken(&error))?;
    let config = crate::demo::simulated(&sims, &app.books()).map_err(|error| broken(&error))?;
    let config = ConnectionsConfig {
        pace: Pace {
            parallel: workers,
            ..config.pace
        },
        ..config
    };
    let connections = Connections::over(
        &config,
        Box::new(sims.door()),
        Box::new(SystemPresent::default()),
    );
    prepare(&app, crowd)?;
    let (took, began) = work_off(&app, &connections)?;
    let mut fresh: Vec<Duration> = app
        .store()
        .read(|tx| effects::of_status(tx, "confirmed", i64::MAX))?
        .into_iter()
        .filter(|row| row.created >= began)
        .map(|row| Duration::from_micros((row.changed - row.created).unsigned_abs()))
        .collect();
    fresh.sort_unstable();
    Ok(Drained { crowd, took, fresh })
}

fn prepare(app: &App, crowd: usize) -> Result<(), BenchFault> {
    app.set_routing(
        ACTOR,
        Routing {
            collect_cards: false,
            deliver_journals: true,
            write_back: false,
        },
    )?;
    let entity = json!({ "id": "QM-US", "name": "Acme US", "currency": "USD", "time_zone": "UTC" });
    app.act(ACTOR, command("create_entity", entity)?)?;
    many(app, CUSTOMERS.min(crowd), |number| {
        welcome(&of_the_crowd(number))
    })?;
    many(app, NEWCOMERS, |number| welcome(&newcomer(number)))?;
    many(app, crowd, |number| pay(&of_the_crowd(number)))
}

fn welcome(customer: &str) -> Result<Command, BenchFault> {
    let body = json!({ "id": customer, "legal_name": "Bench", "currency": "USD" });
    command("create_customer", body)
}

/// A customer of the crowd: what is new comes from others, since the order of a lane is kept.
fn of_the_crowd(number: usize) -> String {
    format!("cus_crowd{}", number % CUSTOMERS)
}

fn newcomer(number: usize) -> String {
    format!("cus_new{}", number % NEWCOMERS)
}

fn command(name: &str, body: serde_json::Value) -> Result<Command, BenchFault> {
    Command::read(name, body).map_err(|error| BenchFault::Command {
        what: error.to_string(),
    })
}

/// A payment, whose journal the outside ledger is to be told.
fn pay(customer: &str) -> Result<Command, BenchFault> {
    let body = json!({
        "customer": customer, "entity": "QM-US", "currency": "USD", "amount": "12.50"
    });
    command("record_payment", body)
}

/// Does many commands, so many waiting for a shared commit at a time.
fn many(
    app: &App,
    count: usize,
    order: impl Fn(usize) -> Result<Command, BenchFault>,
) -> Result<(), BenchFault> {
    let (told, answers) = std::sync::mpsc::channel();
    for first in (0..count).step_by(A_STEP) {
        let until = count.min(first + A_STEP);
        for number in first..until {
            let envelope = Envelope {
                client: ACTOR.to_owned(),
                key: app.ids().mint("key", app.clock().now()),
                actor: ACTOR.to_owned(),
                command: order(number)?,
            };
            let told = told.clone();
            app.submit(envelope, move |outcome| {
                // Nobody listens any more once a command has failed.
                let _ = told.send(outcome.map(drop));
            });
        }
        for _ in first..until {
            answers.recv().map_err(|_| BenchFault::NotNew)??;
        }
    }
    Ok(())
}

/// Delivers until nothing waits, with a new payment every now and then. How long it took, and when it
/// began in microseconds.
fn work_off(app: &App, connections: &Connections) -> Result<(Duration, i64), BenchFault> {
    let stop = AtomicBool::new(false);
    let began_at = app.clock().now().microseconds();
    let began = Instant::now();
    let took = std::thread::scope(|scope| {
        let payer = scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                app.act(ACTOR, pay(&newcomer(number))?)?;
                number += 1;
                std::thread::sleep(GAP);
            }
            Ok::<(), BenchFault>(())
        });
        let outcome = empty(app, connections);
        stop.store(true, Ordering::Relaxed);
        let took = began.elapsed();
        let paid = payer.join().unwrap_or(Err(BenchFault::NotNew));
        outcome.and(paid).map(|()| took)
    })?;
    empty(app, connections)?;
    Ok((took, began_at))
}

/// Rounds of deliveries until a round finds nothing to do and nothing waits.
fn empty(app: &App, connections: &Connections) -> Result<(), BenchFault> {
    let mut told = Instant::now();
    loop {
        let progress = deliver::deliver_due(app, connections, BATCH);
        if told.elapsed() > Duration::from_secs(5) {
            eprintln!("backlog: {} wait", waiting(app)?);
            told = Instant::now();
        }
        if progress.parked > 0 {
            let refused = app.store().read(|tx| effects::of_status(tx, "parked", 1))?;
            let why = refused.into_iter().next().map(|row| row.error);
            return Err(BenchFault::Network {
                what: format!(
                    "{} deliveries were refused: {}",
                    progress.parked,
                    why.unwrap_or_default()
                ),
            });
        }
        // The new ones of the last moments may go on waiting: the crowd is what is measured.
        let now = app.clock().now().microseconds();
        let lanes: i64 = app
            .store()
            .read(move |tx| lanes::counts(tx, now))?
            .iter()
            .map(|count| count.lanes)
            .sum();
        // Counting all that was ever intended takes long, so it is done at the end only.
        if lanes < FEW && waiting(app)? < FEW {
            return Ok(());
        }
    }
}

fn waiting(app: &App) -> Result<i64, BenchFault> {
    let counts = app.store().read(effects::counts)?;
    Ok(counts
        .iter()
        .filter(|count| count.status != "confirmed")
        .map(|count| count.count)
        .sum())
}
