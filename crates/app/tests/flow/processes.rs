//! Several processes on the same books: on PostgreSQL where a server is named, and on one SQLite
//! file.

use crate::script::START;
use app::command::{Command, CreateEntity};
use app::connections::{Connections, ConnectionsConfig};
use app::{App, MonotonicIds, SimulatedClock};
use connect::driver::{Driver, DriverOptions, Present};
use connect::{Method, Reply, Request, Transport, TransportFault};
use events::Origin;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::effects::{self, EffectRow};
use store::{Durability, Location, Store};
use tempfile::TempDir;
use values::{Clock, Instant};

/// The processor of cards as all processes reach it: counts what it was asked under each key.
#[derive(Clone)]
struct Processor {
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
    clock: Arc<SimulatedClock>,
}

impl Transport for Processor {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        let url = request.url.clone();
        if request.method == Method::Get {
            return Ok(there(&url));
        }
        let place = {
            let mut asked = self.asked.lock().unwrap();
            *asked.entry(request.body_text().to_owned()).or_default() += 1;
            asked.len()
        };
        // Long enough for the others to try the same.
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(url.contains("journalEntry"), "{url}");
        Ok(Reply {
            status: 204,
            headers: vec![("Location".to_owned(), format!("{url}/{place}"))],
            body: Vec::new(),
        })
    }
}

impl Present for Processor {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn nonce(&self) -> String {
        "nonce-of-the-processes".to_owned()
    }

    fn pause(&self, _milliseconds: u64) {}
}

/// The journal that was just created, as it is read back.
fn there(url: &str) -> Reply {
    let (_, rest) = url.split_once("eid:").unwrap();
    let journal = rest.split(['?', '/']).next().unwrap();
    crate::script::journal_there("1", journal).unwrap()
}

struct Place {
    location: Location,
    _folder: Option<TempDir>,
}

/// One SQLite file, and PostgreSQL when a server is named.
fn places(test: &str) -> Vec<Place> {
    let folder = tempfile::tempdir().unwrap();
    let mut places = vec![Place {
        location: Location::File(folder.path().join("books.sqlite")),
        _folder: Some(folder),
    }];
    if let Ok(url) = std::env::var("TIEOUT_TEST_POSTGRES") {
        let moment = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        places.push(Place {
            location: Location::Postgres {
                url,
                schema: format!("flow_{test}_{}", moment.as_nanos()),
            },
            _folder: None,
        });
    }
    places
}

fn open(place: &Place, clock: &Arc<SimulatedClock>, number: u32) -> App {
    let store = Store::open(&place.location, Durability::Full).unwrap();
    let ids = Arc::new(MonotonicIds::new(number, number));
    App::open(store, clock.clone(), ids, Origin::Live).unwrap()
}

fn clock() -> Arc<SimulatedClock> {
    Arc::new(SimulatedClock::at(START.parse().unwrap()))
}

fn entity(id: &str) -> Command {
    Command::CreateEntity(CreateEntity {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        currency: values::Currency::USD,
        time_zone: "UTC".parse().unwrap(),
    })
}

#[test]
fn what_one_process_configures_every_process_goes_by() {
    for place in places("configured") {
        let clock = clock();
        let (one, two) = (open(&place, &clock, 1), open(&place, &clock, 2));
        one.act("ada", entity("US")).unwrap();
        // The next transaction of the other knows it, without being told.
        let known = two.run("test", |_, context| {
            Ok(context
                .books
                .entities
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>())
        });
        assert_eq!(known.unwrap(), ["US"]);
        assert_eq!(two.books().entities.len(), 1);
        two.act("bob", entity("DE")).unwrap();
        // Questions look at what was read last, and workers read again in every round.
        assert_eq!(one.books().entities.len(), 1);
        one.refresh_books().unwrap();
        assert_eq!(one.books().entities.len(), 2);
        let mode = json!({ "flow": "netsuite.customer", "mode": "scheduled", "at": "02:30", "reason": "quiet" });
        one.act("ada", Command::read("set_flow_mode", mode).unwrap())
            .unwrap();
        let modes = two.run("test", |_, context| Ok(context.books.modes.len()));
        assert_eq!(modes.unwrap(), 1);
    }
}

#[test]
fn a_lease_is_one_process_at_a_time_and_runs_out() {
    for place in places("leased") {
        let clock = clock();
        let (one, two) = (open(&place, &clock, 1), open(&place, &clock, 2));
        assert!(one.take_lease("daily", 60).unwrap());
        assert!(one.take_lease("daily", 60).unwrap());
        assert!(!two.take_lease("daily", 60).unwrap());
        assert_eq!(two.alone("daily", 60, || Ok(1)).unwrap(), None);
        // It ended without a word: when its time is over the other takes over, with a higher fence.
        clock.move_to(clock.now().plus_seconds(61));
        assert_eq!(two.alone("daily", 60, || Ok(2)).unwrap(), Some(2));
        let lease = &two.lease_views().unwrap()[0];
        assert_eq!((lease.holder.as_str(), lease.fence), (two.holder(), 2));
        // Given up at the end of the work, so nobody waits.
        assert_eq!(one.alone("daily", 60, || Ok(3)).unwrap(), Some(3));
        // A process that has closed its books holds nothing.
        assert!(one.take_lease("worker", 3_600).unwrap());
        one.say_alive().unwrap();
        assert!(two.is_in_company().unwrap());
        assert!(!two.take_lease("worker", 60).unwrap());
        drop(one);
        assert!(!two.is_in_company().unwrap());
        assert!(two.take_lease("worker", 60).unwrap());
    }
}

fn journals(app: &App, count: usize) {
    let now = app.clock().now().microseconds();
    let mut rows = Vec::new();
    for number in 0..count {
        let journal = format!("jrn_{number:04}");
        rows.push(EffectRow {
            id: format!("eff_{number:04}"),
            lane: format!("ledger/{}", number % 20),
            connection: "netsuite".to_owned(),
            operation: "netsuite.journal_entry".to_owned(),
            subject: format!("journal/{journal}"),
            key: format!("key/{number}"),
            request: json!({ "journal": journal }).to_string(),
            status: "intended".to_owned(),
            attempts: 0,
            next_attempt: now,
            error_class: String::new(),
            error: String::new(),
            external_id: String::new(),
            read_back: 0,
            entity: "US".to_owned(),
            amount: 1_250,
            currency: "USD".to_owned(),
            correlation: "chn_test".to_owned(),
            created: now,
            changed: now,
            fence: 0,
            lease: 0,
            priority: 0,
            fallback: 0,
            first_sent: 0,
            last_sent: 0,
        });
    }
    app.run("test", move |tx, _| {
        for row in &rows {
            crate::script::post_journal(tx, row.subject.trim_start_matches("journal/"))?;
        }
        Ok(effects::intend(tx, &rows)?)
    })
    .unwrap();
}

#[test]
fn three_processes_deliver_every_effect_once_and_keep_the_limit_together() {
    for place in places("delivered") {
        let clock = clock();
        let processor = Processor {
            asked: Arc::default(),
            clock: clock.clone(),
        };
        let first = open(&place, &clock, 1);
        first.act("ada", entity("US")).unwrap();
        journals(&first, 100);
        let apps = [first, open(&place, &clock, 2), open(&place, &clock, 3)];
        let config: ConnectionsConfig = serde_json::from_value(json!({
            "netsuite": {
                "base_url": "https://netsuite.example", "account": "1", "consumer_key": "ck",
                "consumer_secret": "cs_of_places", "token": "t", "token_secret": "ts_of_places",
                "ids": { "accounts": { "1100": "119", "2100": "210" },
                    "subsidiaries": { "US": "1" }, "currencies": { "USD": "1" } }
            },
            "limits": { "netsuite": { "calls_per_minute": 60, "burst": 90, "concurrency": 4 } },
            "pace": { "parallel": 2 }
        }))
        .unwrap();
        let drain = || {
            std::thread::scope(|scope| {
                for app in &apps {
                    let (processor, config) = (processor.clone(), config.clone());
                    scope.spawn(move || {
                        let driver = Driver::new(
                            Box::new(processor.clone()),
                            Box::new(processor),
                            DriverOptions::default(),
                        );
                        let connections = Connections::new(&config, Arc::new(driver));
                        let mut quiet = 0;
                        while quiet < 20 {
                            let round = app::deliver::deliver_due(app, &connections, 16);
                            assert_eq!(round.faults, 0);
                            quiet = if round.is_quiet() { quiet + 1 } else { 0 };
                            std::thread::sleep(std::time::Duration::from_millis(1));
                        }
                    });
                }
            });
        };
        drain();
        // One budget for all three: ninety calls at once, two a journal, and what was under way when
        // it ran out; no more while the clock stands still.
        let at_once = processor.asked.lock().unwrap().len();
        assert!((45..=48).contains(&at_once), "{at_once}");
        for _ in 0..2 {
            clock.move_to(clock.now().plus_seconds(600));
            drain();
        }
        let asked = processor.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 100);
        assert!(asked.values().all(|times| *times == 1), "{asked:?}");
        let confirmed = apps[0]
            .run("test", |tx, _| {
                Ok(effects::of_status(tx, "confirmed", 1_000)?)
            })
            .unwrap();
        assert_eq!(confirmed.len(), 100);
        assert!(
            confirmed
                .iter()
                .all(|effect| effect.fence == 1 && effect.lease == 0)
        );
    }
}
