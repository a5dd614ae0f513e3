//! A small company that bills by itself and delivers its journals to the simulated outside ledger,
//! over a network that can go down, on a clock moved by hand.

use app::command::Command;
use app::connections::{Connections, ConnectionsConfig};
use app::{App, MonotonicIds, Routing};
use connect::driver::Present;
use connect::{Reply, Request, Transport, TransportFault};
use events::Origin;
use serde_json::{Value, json};
use sim::{Door, SimClock, SimOptions, Simulators};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use store::{Durability, Location, Store};
use values::{Clock, Instant};

#[derive(Debug, Clone)]
pub struct Time(pub SimClock);

impl Clock for Time {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.now_micros())
    }
}

/// The network: through the door, unless it is down.
#[derive(Clone)]
pub struct Wire {
    door: Door,
    clock: Time,
    down: Arc<AtomicBool>,
    calls: Arc<AtomicU64>,
}

impl Wire {
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Transport for Wire {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            let detail = "the ledger is down".to_owned();
            return Err(TransportFault::ConnectFailed { detail });
        }
        self.door.perform(request)
    }
}

impl Present for Wire {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn nonce(&self) -> String {
        format!("nonce-of-the-flow-{}", self.calls())
    }

    fn pause(&self, _milliseconds: u64) {}
}

pub struct Company {
    pub app: App,
    pub connections: Connections,
    pub wire: Wire,
    pub sims: Simulators,
    pub clock: SimClock,
}

impl Company {
    pub fn new() -> Company {
        let clock = SimClock::at_day("2026-03-02").unwrap();
        let sims = Simulators::in_process(SimOptions::in_memory(7, clock.clone())).unwrap();
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let time = Time(clock.clone());
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, Arc::new(time.clone()), ids, Origin::Simulation).unwrap();
        let wire = Wire {
            door: sims.door(),
            clock: time,
            down: Arc::default(),
            calls: Arc::default(),
        };
        let connections = Connections::over(
            &config(&sims, &app),
            Box::new(wire.clone()),
            Box::new(wire.clone()),
        );
        let company = Company {
            app,
            connections,
            wire,
            sims,
            clock,
        };
        company.set_up();
        company
    }

    fn set_up(&self) {
        self.sims.netsuite.put_currency("1", "USD", 2).unwrap();
        self.sims.netsuite.put_subsidiary("1", "US", "1").unwrap();
        for account in self.app.books().chart.accounts() {
            let code = account.code.to_string();
            self.sims
                .netsuite
                .put_account(&code, &code, &code, "Income")
                .unwrap();
        }
        self.act(
            "create_entity",
            json!({ "id": "US", "name": "Example Inc.", "currency": "USD", "time_zone": "UTC" }),
        );
        self.act("set_tax_rate", json!({ "entity": "US", "rate": "0" }));
        self.act(
            "publish_product",
            json!({ "code": "SEAT", "name": "Seat", "prices": [{
                "currency": "USD", "charge": { "model": "per_unit", "unit_price": "100" },
                "billing": "monthly", "from": null
            }] }),
        );
        let routing = Routing {
            deliver_journals: true,
            ..Routing::default()
        };
        self.app.set_routing("test", routing).unwrap();
    }

    pub fn act(&self, name: &str, body: Value) -> Value {
        let command = Command::read(name, body).unwrap();
        self.app.act("test", command).unwrap()
    }

    /// A customer with a contract from the first of the month.
    pub fn sell(&self, name: &str, quantity: u32) {
        self.act("create_customer", json!({ "id": name, "legal_name": name }));
        self.act(
            "activate_contract",
            json!({ "id": format!("C-{name}"), "customer": name, "entity": "US", "start": "2026-03-01",
                "end": "2027-02-28", "lines": [{ "product": "SEAT", "quantity": quantity }] }),
        );
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance_by(seconds * 1_000_000);
    }

    pub fn tick(&self) -> app::worker::Progress {
        app::worker::tick(&self.app, &self.connections)
    }

    /// Rounds until nothing waits, a minute apart; panics when that takes more than `minutes`.
    pub fn drain(&self, minutes: usize) {
        for _ in 0..minutes {
            self.tick();
            let waiting: i64 = self
                .app
                .connection_views()
                .unwrap()
                .iter()
                .map(|view| view.waiting)
                .sum();
            if waiting == 0 {
                return;
            }
            self.pass(60);
        }
        panic!("{:?}", self.app.connection_views().unwrap());
    }

    /// Balances of our books by account.
    pub fn our_balances(&self) -> BTreeMap<String, i64> {
        let month = "2026-03".parse().unwrap();
        let sheet = self.app.trial_balance(Some("US"), Some(month)).unwrap();
        let mut balances = BTreeMap::new();
        for row in sheet.unwrap().rows {
            *balances.entry(row.account.to_string()).or_default() += row.closing.minor;
        }
        balances.retain(|_, minor| *minor != 0);
        balances
    }

    /// Balances of the outside ledger by account.
    pub fn their_balances(&self) -> BTreeMap<String, i64> {
        let mut balances = BTreeMap::new();
        for total in self.sims.netsuite.totals() {
            *balances.entry(total.account).or_default() += total.debit_minor - total.credit_minor;
        }
        balances.retain(|_, minor| *minor != 0);
        balances
    }
}

fn config(sims: &Simulators, app: &App) -> ConnectionsConfig {
    let [consumer_key, consumer_secret, token, token_secret] = sims.netsuite.credentials();
    let accounts: BTreeMap<String, String> = app
        .books()
        .chart
        .accounts()
        .iter()
        .map(|account| (account.code.to_string(), account.code.to_string()))
        .collect();
    serde_json::from_value(json!({
        "netsuite": {
            "base_url": sims.netsuite.base_url(), "account": sims.netsuite.account(),
            "consumer_key": consumer_key, "consumer_secret": consumer_secret,
            "token": token, "token_secret": token_secret,
            "ids": { "accounts": accounts, "subsidiaries": { "US": "1" }, "currencies": { "USD": "1" } }
        },
        "pace": { "sweep_seconds": 86400, "balance_seconds": 4_294_967_295_u32, "parallel": 1 }
    }))
    .unwrap()
}
