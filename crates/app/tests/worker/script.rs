//! The scripted network, the books and the clock that the tests share.

use app::command::{Command, CreateEntity, PublishProduct};
use app::connections::{Connections, ConnectionsConfig};
use app::{App, MonotonicIds, SimulatedClock};
use connect::breaker::BreakerRule;
use connect::driver::{Driver, DriverOptions, Present};
use connect::{Method, Reply, Request, Transport, TransportFault};
use events::Origin;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use store::effects::{self, EffectRow};
use store::inbox::{self, InboxRow};
use store::journals::{self, JournalLineRow, JournalRow};
use store::{Durability, Location, Store};
use values::{Clock, Instant};

pub const START: &str = "2026-03-02T09:00:00Z";
pub const SECRET: &str = "whsec_test";

type Answer = Result<Reply, TransportFault>;

/// Answers from a list, and keeps what was asked. Its moment is that of the books.
#[derive(Clone)]
pub struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Request>>>,
    /// Journals that were answered to be created and not looked at since: our id and theirs.
    fresh: Arc<Mutex<BTreeMap<String, String>>>,
    clock: Arc<SimulatedClock>,
    nonces: Arc<Mutex<u32>>,
}

impl Transport for Script {
    fn perform(&self, request: &Request) -> Answer {
        // Whoever creates a journal looks at once what is there; the script does not say so each time.
        let eid = request.url.split("/eid:").nth(1);
        let eid = eid.and_then(|rest| rest.split('?').next());
        if let (Method::Get, Some(eid)) = (request.method, eid)
            && let Some(id) = self.fresh.lock().unwrap().remove(eid)
        {
            return journal_there(&id, eid);
        }
        self.asked.lock().unwrap().push(request.clone());
        let next = self.answers.lock().unwrap().pop_front();
        if let (Method::Post, Some(Ok(reply))) = (request.method, &next)
            && let Some(id) = reply.location_id()
        {
            let sent: Value = serde_json::from_str(request.body_text()).unwrap_or_default();
            let ours = sent["externalId"].as_str().unwrap_or_default().to_owned();
            self.fresh.lock().unwrap().insert(ours, id.to_owned());
        }
        next.unwrap_or_else(|| {
            panic!(
                "no answer left for {} {}",
                request.method.as_str(),
                request.url
            )
        })
    }
}

impl Present for Script {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn nonce(&self) -> String {
        let mut count = self.nonces.lock().unwrap();
        *count += 1;
        format!("nonce-of-the-test-{count}")
    }

    fn pause(&self, _milliseconds: u64) {}
}

/// Books with one legal entity, connections over the script, and a clock moved by hand.
pub struct Bench {
    pub app: App,
    pub connections: Connections,
    pub clock: Arc<SimulatedClock>,
    script: Script,
}

impl Bench {
    /// One delivery at a time, so that answers come in the order of the script.
    pub fn new() -> Bench {
        Bench::with_parallel(1)
    }

    pub fn with_parallel(parallel: u8) -> Bench {
        let clock = Arc::new(SimulatedClock::at(START.parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, clock.clone(), ids, Origin::Live).unwrap();
        let entity = CreateEntity {
            id: "US".parse().unwrap(),
            name: "Example Inc.".to_owned(),
            currency: values::Currency::USD,
            time_zone: "America/New_York".parse().unwrap(),
        };
        app.act("test", Command::CreateEntity(entity)).unwrap();
        let script = Script {
            answers: Arc::default(),
            asked: Arc::default(),
            fresh: Arc::default(),
            clock: clock.clone(),
            nonces: Arc::default(),
        };
        let options = DriverOptions {
            read_attempts: 1,
            breaker: BreakerRule {
                failures_to_open: 3,
                hold_ms: 5_000,
            },
            ..DriverOptions::default()
        };
        let driver = Driver::new(Box::new(script.clone()), Box::new(script.clone()), options);
        let connections = Connections::new(&config(parallel), Arc::new(driver));
        Bench {
            app,
            connections,
            clock,
            script,
        }
    }

    /// Other connections over the same script.
    #[allow(
        dead_code,
        reason = "not every test that shares this file has accounts of its own"
    )]
    pub fn connected(&self, config: Value) -> Connections {
        let (script, present) = (self.script.clone(), self.script.clone());
        let options = DriverOptions {
            read_attempts: 1,
            ..DriverOptions::default()
        };
        let driver = Driver::new(Box::new(script), Box::new(present), options);
        let config: ConnectionsConfig = serde_json::from_value(config).unwrap();
        Connections::new(&config, Arc::new(driver))
    }

    /// Connections to no system, so that a round of the worker asks nobody.
    pub fn nowhere(&self) -> Connections {
        let config = serde_json::from_value(json!({})).unwrap();
        let (script, present) = (self.script.clone(), self.script.clone());
        let driver = Driver::new(
            Box::new(script),
            Box::new(present),
            DriverOptions::default(),
        );
        Connections::new(&config, Arc::new(driver))
    }

    /// Another process on the same books and the same network.
    #[allow(
        dead_code,
        reason = "not every test that shares this file has several processes"
    )]
    pub fn another_process(&self) -> Bench {
        let ids = Arc::new(MonotonicIds::new(2, 1));
        let app = App::open(
            self.app.store().clone(),
            self.clock.clone(),
            ids,
            Origin::Live,
        )
        .unwrap();
        let options = DriverOptions {
            read_attempts: 1,
            ..DriverOptions::default()
        };
        let script = self.script.clone();
        let driver = Driver::new(Box::new(script.clone()), Box::new(script.clone()), options);
        let mut connections = Connections::new(&config(1), Arc::new(driver));
        connections.limits = self.connections.limits.clone();
        Bench {
            app,
            connections,
            clock: self.clock.clone(),
            script,
        }
    }

    /// Publishes a product that orders can name.
    pub fn publish_platform(&self) {
        let product: PublishProduct = serde_json::from_value(json!({
            "code": "PLATFORM",
            "name": "Platform",
            "prices": [{
                "currency": "USD",
                "charge": { "model": "per_unit", "unit_price": "100" },
                "billing": "monthly",
                "from": null
            }]
        }))
        .unwrap();
        self.app
            .act("test", Command::PublishProduct(product))
            .unwrap();
    }

    pub fn will_answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.answers.lock().unwrap().extend(answers);
    }

    pub fn deliver(&self) -> app::worker::Progress {
        app::deliver::deliver_due(&self.app, &self.connections, 100)
    }

    pub fn take_in(&self) -> app::worker::Progress {
        app::intake::process_due(&self.app, &self.connections, 100)
    }

    pub fn later(&self, seconds: i64) {
        self.clock.move_to(self.clock.now().plus_seconds(seconds));
    }

    /// Method and address of everything asked so far.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.script.asked.lock().unwrap();
        asked
            .iter()
            .map(|request| format!("{} {}", request.method.as_str(), request.url))
            .collect()
    }

    pub fn requests(&self, method: Method) -> Vec<Request> {
        let asked = self.script.asked.lock().unwrap();
        asked
            .iter()
            .filter(|request| request.method == method)
            .cloned()
            .collect()
    }

    pub fn assert_all_used(&self) {
        assert_eq!(
            self.script.answers.lock().unwrap().len(),
            0,
            "answers left over; asked {:?}",
            self.asked()
        );
    }

    /// Intends an effect of 12.50 USD.
    pub fn intend(&self, id: &str, lane: &str, operation: &str, subject: &str, request: Value) {
        let now = self.clock.now().microseconds();
        let row = EffectRow {
            id: id.to_owned(),
            lane: lane.to_owned(),
            connection: operation.split('.').next().unwrap().to_owned(),
            operation: operation.to_owned(),
            subject: subject.to_owned(),
            key: format!("key/{id}"),
            request: request.to_string(),
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
        };
        self.app
            .run("test", move |tx, _| Ok(effects::intend(tx, &[row])?))
            .unwrap();
    }

    pub fn effect(&self, id: &str) -> EffectRow {
        let id = id.to_owned();
        self.app
            .run("test", move |tx, _| Ok(effects::effect(tx, &id)?))
            .unwrap()
            .unwrap()
    }

    /// A posted journal of 12.50 USD over two accounts, as the posting rules would have made it.
    pub fn post_journal(&self, id: &str) {
        let id = id.to_owned();
        self.app
            .run("test", move |tx, _| Ok(post_journal(tx, &id)?))
            .unwrap();
    }

    pub fn inbox(&self, source: &'static str, id: &str) -> Option<InboxRow> {
        let id = id.to_owned();
        self.app
            .run("test", move |tx, _| Ok(inbox::item(tx, source, &id)?))
            .unwrap()
    }

    /// Inbox items by status.
    pub fn counted(&self, status: &str) -> i64 {
        let counts = self
            .app
            .run("test", |tx, _| Ok(inbox::counts(tx)?))
            .unwrap();
        counts
            .iter()
            .filter(|(_, held, _)| held == status)
            .map(|(_, _, count)| count)
            .sum()
    }

    /// The open exception about a key.
    pub fn exception(&self, key: &str) -> Option<store::exceptions::ExceptionRow> {
        let key = key.to_owned();
        self.app
            .run("test", move |tx, _| {
                Ok(store::exceptions::open_about(tx, &key)?)
            })
            .unwrap()
    }

    pub fn setting(&self, name: &str) -> Option<String> {
        let name = name.to_owned();
        self.app
            .run("test", move |tx, _| {
                Ok(store::settings::setting(tx, &name)?)
            })
            .unwrap()
    }
}

/// A posted journal of 12.50 USD over two accounts.
pub fn post_journal(tx: &mut store::Tx<'_>, id: &str) -> Result<(), store::StoreFault> {
    let journal = JournalRow {
        id: id.to_owned(),
        entity: "US".to_owned(),
        date: "2026-03-01".to_owned(),
        month: "2026-03".to_owned(),
        event: format!("evt_{id}"),
        event_type: "test".to_owned(),
        rule: "test".to_owned(),
        rule_version: 1,
        narration: "Invoice 1 issued".to_owned(),
        document: String::new(),
        contract: String::new(),
        customer: String::new(),
        correlation: "chn_test".to_owned(),
        currency: "USD".to_owned(),
        total: 1_250,
        reverses: String::new(),
        recorded: 0,
    };
    let line = |number: i64, account: &str, amount: i64| JournalLineRow {
        journal: id.to_owned(),
        line: number,
        entity: "US".to_owned(),
        account: account.to_owned(),
        currency: "USD".to_owned(),
        month: "2026-03".to_owned(),
        amount,
        product: String::new(),
    };
    let lines = vec![line(1, "1100", 1_250), line(2, "2100", -1_250)];
    journals::post(tx, &[journal], &lines)
}

fn config(parallel: u8) -> ConnectionsConfig {
    serde_json::from_value(json!({
        "salesforce": {
            "login_url": "https://login.example",
            "login": { "flow": "client_credentials", "client_id": "id", "client_secret": "secret-of-the-app" }
        },
        "stripe": { "base_url": "https://stripe.example", "api_key": "sk_test_script", "webhook_secrets": [SECRET] },
        "netsuite": {
            "base_url": "https://netsuite.example", "account": "1", "consumer_key": "ck", "consumer_secret": "cs_of_the_script",
            "token": "t", "token_secret": "ts_of_the_script",
            "ids": {
                "accounts": { "1100": "119", "2100": "210" },
                "subsidiaries": { "US": "1" },
                "currencies": { "USD": "1" }
            }
        },
        "pace": { "sweep_seconds": 60, "balance_seconds": 0, "parallel": parallel }
    }))
    .unwrap()
}

pub fn reply(status: u16, body: &Value) -> Answer {
    reply_with(status, &[], body)
}

pub fn reply_with(status: u16, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Ok(Reply {
        status,
        headers,
        body: body.to_string().into_bytes(),
    })
}

pub fn no_answer() -> Answer {
    Err(TransportFault::NoAnswer {
        detail: "timed out".into(),
    })
}

/// NetSuite's answer to a record that was created.
pub fn created(id: &str) -> Answer {
    let location = format!("https://netsuite.example/services/rest/record/v1/journalEntry/{id}");
    reply_with(204, &[("Location", &location)], &Value::Null)
}

/// NetSuite's word for a record that does not exist.
pub fn absent() -> Answer {
    let detail =
        json!({ "o:errorCode": "NONEXISTENT_ID", "detail": "The record instance does not exist." });
    reply(404, &json!({ "o:errorDetails": [detail] }))
}

/// The journal of [`Bench::post_journal`] as NetSuite holds it.
pub fn journal_there(id: &str, external_id: &str) -> Answer {
    reply(
        200,
        &json!({
            "id": id, "externalId": external_id, "tranDate": "2026-03-01", "subsidiary": { "id": "1" },
            "currency": { "id": "1" },
            "line": { "items": [
                { "account": { "id": "119" }, "debit": 12.5 },
                { "account": { "id": "210" }, "credit": 12.5 }
            ] }
        }),
    )
}
