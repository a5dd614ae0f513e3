//! A company whose CRM and payment processor are simulated, on a clock moved by hand: what the worker
//! delivers is there to be looked at, and what the processor tells is taken in.

use app::command::{Answer, Command};
use app::connections::{Connections, ConnectionsConfig};
use app::intake::{Received, receive_stripe};
use app::{App, MonotonicIds, Routing};
use connect::Secret;
use connect::driver::{Driver, DriverOptions, Present};
use serde_json::{Map, Value, json};
use sim::salesforce::Handle;
use sim::world::declare_fields;
use sim::{SimClock, SimOptions, Simulators};
use std::sync::Arc;
use store::effects::EffectRow;
use store::{Durability, Location, Store};
use values::{Clock, Instant, Zone};

const SECRET: &str = "whsec_of_the_connected_company";

/// The moment of the simulators.
#[derive(Debug, Clone)]
struct Time(SimClock);

impl Clock for Time {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.now_micros())
    }
}

impl Present for Time {
    fn now(&self) -> Instant {
        Clock::now(self)
    }

    fn nonce(&self) -> String {
        "nonce-of-the-connected-company".to_owned()
    }

    fn pause(&self, _milliseconds: u64) {}
}

/// The company.
pub struct Connected {
    pub app: App,
    pub sims: Simulators,
    connections: Connections,
    clock: SimClock,
}

impl Connected {
    /// At the start of a day, with the fields of ours in the CRM.
    pub fn on(day: &str) -> Connected {
        let clock = SimClock::at_day(day).unwrap();
        let sims = Simulators::in_process(SimOptions::in_memory(11, clock.clone())).unwrap();
        declare_fields(&sims).unwrap();
        let time = Time(clock.clone());
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(
            store,
            Arc::new(time.clone()),
            ids,
            events::Origin::Simulation,
        )
        .unwrap();
        let options = DriverOptions {
            read_attempts: 1,
            ..DriverOptions::default()
        };
        let driver = Driver::new(Box::new(sims.door()), Box::new(time), options);
        let connections = Connections::new(&config(&sims), Arc::new(driver));
        let company = Connected {
            app,
            sims,
            connections,
            clock,
        };
        company.act(
            "create_entity",
            json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "UTC" }),
        );
        company.act(
            "set_tax_rate",
            json!({ "entity": "DE", "rate": "0.19", "name": "VAT 19 %" }),
        );
        let routing = Routing {
            collect_cards: true,
            deliver_journals: false,
            write_back: true,
        };
        company.app.set_routing("test", routing).unwrap();
        company
    }

    pub fn act(&self, name: &str, body: Value) -> Answer {
        let command = Command::read(name, body).unwrap();
        self.app.act("test", command).unwrap()
    }

    /// A record of the CRM under the id that its name gives it.
    pub fn crm_has(&self, sobject: &str, name: &str) -> String {
        let id = Handle::id_for(sobject, name);
        let mut fields = Map::new();
        fields.insert("Name".to_owned(), json!(name));
        self.sims.salesforce.put(sobject, &id, fields).unwrap();
        id
    }

    /// A field of a record as the CRM has it now.
    pub fn in_crm(&self, sobject: &str, id: &str, field: &str) -> Value {
        self.sims.salesforce.record(sobject, id).unwrap()[field].clone()
    }

    /// The worker until nothing is left to do.
    pub fn work(&self) {
        while !self.tick().is_quiet() {}
    }

    /// Sends what is due, once, and looks after nothing that had no answer.
    pub fn send(&self) {
        app::deliver::deliver_due(&self.app, &self.connections, 100);
    }

    fn tick(&self) -> app::worker::Progress {
        let progress = app::worker::tick(&self.app, &self.connections);
        assert_eq!(progress.faults, 0, "{progress:?}");
        progress
    }

    /// Works off what arrived, and sends nothing.
    pub fn take_in(&self) {
        let progress = app::intake::process_due(&self.app, &self.connections, 100);
        assert_eq!(progress.faults, 0, "{progress:?}");
    }

    /// What the processor has to tell arrives at our door, each message `times` over.
    pub fn hear(&self, times: usize) -> Vec<String> {
        let mut told = Vec::new();
        self.sims.stripe.pump_webhooks_to(|body, _| {
            let event: Value = serde_json::from_slice(body).unwrap();
            told.push(event["type"].as_str().unwrap().to_owned());
            let now = self.app.clock().now();
            let signed = connect::stripe::webhook::sign(&Secret::new(SECRET), body, now);
            for turn in 0..times {
                let taken = receive_stripe(&self.app, &self.connections, body, Some(&signed), now);
                let is_first = taken.unwrap() == Received::New;
                assert_eq!(is_first, turn == 0, "kept once");
            }
            true
        });
        told
    }

    /// The next day, with the work of the day.
    pub fn next_day(&self) {
        self.pass(86_400);
        self.app.daily_work("tieout", false).unwrap();
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance_by(seconds * 1_000_000);
    }

    pub fn today(&self) -> String {
        Zone::utc().date_at(self.app.clock().now()).to_string()
    }

    /// What was intended for another system about a subject, in order.
    pub fn effects(&self, subject: &str) -> Vec<EffectRow> {
        let subject = subject.to_owned();
        let read = self
            .app
            .store()
            .read(move |tx| store::effects::of_subject(tx, &subject));
        read.unwrap()
    }

    /// Both sides of every measure are equal, and something was compared.
    pub fn ties_out(&self) {
        let rows = self.app.tie_outs().unwrap();
        assert!(
            rows.iter().any(|row| row.measure == "receivable"),
            "{rows:?}"
        );
        for row in rows {
            assert_eq!(row.difference.minor, 0, "{row:?}");
        }
    }
}

fn config(sims: &Simulators) -> ConnectionsConfig {
    serde_json::from_value(json!({
        "salesforce": {
            "login_url": sims.salesforce.base_url(),
            "login": { "flow": "client_credentials", "client_id": sims.salesforce.client_id(),
                "client_secret": sims.salesforce.client_secret() }
        },
        "stripe": { "base_url": sims.stripe.base_url(), "api_key": sims.stripe.api_key(), "webhook_secrets": [SECRET] },
        "pace": { "sweep_seconds": 4_294_967_295_u32, "balance_seconds": 4_294_967_295_u32, "parallel": 1 }
    }))
    .unwrap()
}
