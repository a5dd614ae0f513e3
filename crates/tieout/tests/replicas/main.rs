//! Three real `tieout serve` processes work on one PostgreSQL and are killed at random by SIGKILL,
//! while deals are won, invoices issued and cards charged in simulated systems that lose answers and
//! the event bus is stopped and started. At the end the independent checker finds nothing lost and
//! nothing doubled, and the bus holds every event of the log once and in order.
//!
//! It needs a PostgreSQL: `cargo xtask with-postgres -- cargo test -p tieout --test replicas`.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bus;
mod process;

use app::{App, MonotonicIds, SystemClock};
use bus::BusServer;
use process::Replica;
use sim::world::{Happening, World};
use sim::{Ports, SimClock, SimOptions, Simulators, Weather};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Durability, Location, Store};
use storm::chance::Chance;
use storm::checker::{self, Books, Known};
use storm::plan::{Act, Plan, Size};
use values::Clock;

/// Which company, which kills, which weather.
const SEED: u64 = 11;
/// How often a process is killed.
const KILLS: i64 = 18;
/// In which of these rounds the bus is away.
const BUS_AWAY: std::ops::Range<i64> = 5..10;
/// Longest time in which everything has to come to rest once the killing has ended: what a process
/// had under way when it was killed is looked up when its lease of three minutes has run out.
const TO_REST: Duration = Duration::from_secs(300);

fn now_micros() -> i64 {
    SystemClock.now().microseconds()
}

fn simulators() -> Simulators {
    let sims = Simulators::start(SimOptions {
        directory: None,
        seed: SEED,
        weather: Weather::calm(),
        webhook_url: None,
        webhook_secret: process::WEBHOOK_SECRET.to_owned(),
        clock: SimClock::at(now_micros()),
        ports: Ports::default(),
    });
    let sims = sims.unwrap();
    sims.set_hold(Duration::from_millis(30));
    sims
}

/// The deals of the plan, each as it is when nothing is wrong with it.
fn deals(plan: &Plan) -> Vec<Happening> {
    let won = plan.acts.iter().filter_map(|(_, act)| match act {
        Act::Deal(deal) if deal.flaw.is_none() && deal.upgrades.is_none() => {
            Some(Happening::DealWon((**deal).clone()))
        }
        _ => None,
    });
    won.collect()
}

#[test]
fn nothing_is_lost_or_doubled_when_three_processes_on_one_database_are_killed() {
    let Ok(url) = std::env::var("TIEOUT_TEST_POSTGRES") else {
        eprintln!("skipped: TIEOUT_TEST_POSTGRES names no server");
        return;
    };
    let schema = format!("replicas_{}", std::process::id());
    let location = Location::Postgres {
        url: url.clone(),
        schema: schema.clone(),
    };
    let store = Store::open(&location, Durability::Full).unwrap();
    let ids = Arc::new(MonotonicIds::new(900_001, 9));
    let origin = events::Origin::Simulation;
    let app = App::open(store.clone(), Arc::new(SystemClock), ids, origin).unwrap();
    let plan = Plan::of(
        SEED,
        Size {
            deals: 30,
            direct: 0,
        },
    );
    storm::house::load(&app, &plan).unwrap();

    let sims = simulators();
    let world = World::seeded(0);
    world.prepare(&sims).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut bus = BusServer::start(&folder.path().join("bus"));
    process::write_settings(folder.path(), &sims, &app, (&url, &schema), &bus.url());
    let mut replicas: Vec<Replica> = (0..3).map(|n| Replica::start(folder.path(), n)).collect();

    let mut chance = Chance::of(SEED, "replicas");
    let mut deals = deals(&plan).into_iter();
    sims.set_weather(Weather::stormy());
    let mut met_alive = 0;
    for round in 0..KILLS {
        if round == BUS_AWAY.start {
            bus.stop();
        }
        if round == BUS_AWAY.end {
            bus.go_on();
        }
        for deal in deals.by_ref().take(2) {
            world.apply(&deal, &sims).unwrap();
        }
        sims.clock().advance_to(now_micros());
        app.daily_work("test", false).unwrap();
        deliver(&sims, &replicas, &mut chance);
        let pause = chance.between(200, 1_600);
        std::thread::sleep(Duration::from_millis(u64::try_from(pause).unwrap()));
        let victim = usize::try_from(chance.below(3)).unwrap();
        met_alive += u32::from(replicas[victim].kill());
        replicas[victim] = Replica::start(folder.path(), victim);
    }
    assert!(
        met_alive >= 15,
        "only {met_alive} of {KILLS} kills met a process alive"
    );
    sims.set_weather(Weather::calm());
    // All three at once, and the bus with them; the one that comes back finds what they left under
    // way.
    for replica in &mut replicas {
        replica.kill();
    }
    bus.stop();
    bus.go_on();
    replicas = vec![Replica::start(folder.path(), 0)];
    come_to_rest(&app, &store, &sims, &replicas);
    for replica in &mut replicas {
        replica.kill();
    }
    let books = Books::read(&store).unwrap();
    let found = checker::at_rest(&books, &sims, &plan.company, &Known::default());
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let events = bus.check(&books);
    let (documents, payments) = (books.table("document").len(), books.table("payment").len());
    println!(
        "{met_alive} kills met a process alive; {events} events are on the bus; {documents} documents, \
         {payments} payments"
    );
    assert!(
        events > 400 && documents >= 15 && payments >= 10,
        "too little happened to prove anything"
    );
}

/// Stripe tells one of the processes, whichever it is.
fn deliver(sims: &Simulators, replicas: &[Replica], chance: &mut Chance) {
    if let Some(replica) = chance.pick(replicas) {
        let url = format!("http://{}/webhooks/stripe", replica.address());
        sims.stripe.set_webhook_url(Some(url));
        sims.stripe.pump_webhooks();
    }
}

fn come_to_rest(app: &App, store: &Store, sims: &Simulators, replicas: &[Replica]) {
    let began = Instant::now();
    let mut chance = Chance::of(SEED, "rest");
    let mut quiet = 0;
    while quiet < 3 {
        assert!(
            began.elapsed() < TO_REST,
            "no rest: {} not told, {:?}",
            bus::untold(store),
            waiting(store)
        );
        sims.clock().advance_to(now_micros());
        app.daily_work("test", false).unwrap();
        deliver(sims, replicas, &mut chance);
        release(app, store);
        std::thread::sleep(Duration::from_millis(500));
        let is_told = bus::untold(store) == 0;
        let rests = is_told && waiting(store).is_empty() && sims.stripe.pending_webhooks() == 0;
        quiet = if rests { quiet + 1 } else { 0 };
    }
}

/// Effects that are not done, and items that are not concluded and held by nobody.
fn waiting(store: &Store) -> Vec<String> {
    let books = Books::read(store).unwrap();
    let effects = books.table("effect").iter();
    let effects = effects.filter(|row| !matches!(row.text("status"), "confirmed" | "skipped"));
    let open = books.table("inbox").iter();
    let open = open.filter(|row| row.text("status") == "open");
    effects
        .map(|row| {
            format!(
                "{} {} {}",
                row.text("key"),
                row.text("status"),
                row.text("error")
            )
        })
        .chain(open.map(|row| format!("{} {}", row.text("source_id"), row.text("reason"))))
        .collect()
}

/// Somebody lets run again what the weather parked.
fn release(app: &App, store: &Store) {
    let books = Books::read(store).unwrap();
    for row in books.open_exceptions() {
        let ours = ["effect/", "inbox/", "credentials/"];
        if ours
            .iter()
            .any(|prefix| row.text("key").starts_with(prefix))
        {
            let body = serde_json::json!({
                "exception": row.text("id"), "outcome": "mended", "reason": "the weather has cleared",
            });
            let command = app::command::Command::read("resolve_exception", body).unwrap();
            let _refused_when_somebody_was_faster = app.act("test", command);
        }
    }
}
