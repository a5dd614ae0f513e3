//! Small books with one entity, a meter and a customer.

use app::command::{Answer, Command};
use app::usage::Taken;
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use billing::UsageEvent;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};
use values::Instant;

pub struct Company {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// An event of the meter `calls` on contract C-1.
pub fn event(key: &str, when: &str, value: &str) -> UsageEvent {
    read(json!({"meter": "calls", "key": key, "contract": "C-1", "at": when, "value": value}))
}

pub fn read(body: Value) -> UsageEvent {
    serde_json::from_value(body).unwrap()
}

/// A sum of calls whose late events count in their own period.
pub fn calls() -> Value {
    json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum"})
}

impl Company {
    /// Books in New York and dollars, on New Year's Day 2026.
    pub fn new() -> Company {
        Company::in_zone("America/New_York", "USD")
    }

    pub fn in_zone(zone: &str, currency: &str) -> Company {
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let clock = Arc::new(SimulatedClock::at(at("2026-01-01T12:00:00Z")));
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        app.put_user("checker", control::Role::Controller, "")
            .unwrap();
        let company = Company { app, clock };
        company.act(
            "create_entity",
            json!({"id": "US", "name": "Sample Inc.", "currency": currency, "time_zone": zone}),
        );
        company.act("set_tax_rate", json!({"entity": "US", "rate": "0"}));
        company.act(
            "create_customer",
            json!({"id": "acme", "legal_name": "Acme Corp.", "payment_terms_days": 30}),
        );
        company
    }

    pub fn try_act(&self, name: &str, body: Value) -> Result<Answer, AppFault> {
        self.app
            .act_approved("tester", "checker", Command::read(name, body).unwrap())
    }

    pub fn act(&self, name: &str, body: Value) -> Answer {
        self.try_act(name, body)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    pub fn meter(&self, body: Value) {
        self.act("publish_meter", body);
    }

    /// A product that is priced by a meter, and contract C-1 for all of 2026.
    pub fn sells(&self, meter: &str, charge: &Value) {
        self.sells_only(meter, charge, &json!({}));
        self.activate(json!([{"product": "USE"}]));
    }

    pub fn sells_only(&self, meter: &str, charge: &Value, only: &Value) {
        let prices = ["USD", "EUR"].map(|currency| {
            json!({
                "currency": currency, "billing": "monthly", "timing": "arrears", "charge": charge,
                "measure": {"by": "meter", "meter": meter, "only": only}
            })
        });
        self.act(
            "publish_product",
            json!({"code": "USE", "name": "Use", "revenue_class": "usage", "prices": prices}),
        );
    }

    pub fn activate(&self, lines: Value) {
        self.act("activate_contract", json!({
            "id": "C-1", "customer": "acme", "entity": "US", "start": "2026-01-01", "end": "2026-12-31",
            "lines": lines
        }));
    }

    pub fn take(&self, events: Vec<UsageEvent>) -> Taken {
        self.app.take_usage("reporter", events).unwrap()
    }

    /// Noon of a day in UTC.
    pub fn day(&self, day: &str) {
        self.clock.move_to(at(&format!("{day}T12:00:00Z")));
    }

    /// Bills through the day that it is, and answers the lines of the documents as
    /// `period-from net arithmetic`.
    pub fn bill(&self, day: &str) -> Vec<String> {
        self.day(day);
        let answer = self.act("run_billing", json!({"through": day}));
        assert_eq!(answer["held"], 0, "{answer}");
        let mut lines = Vec::new();
        for id in answer["documents"].as_array().unwrap() {
            lines.extend(self.lines(id.as_str().unwrap()));
        }
        lines
    }

    pub fn lines(&self, document: &str) -> Vec<String> {
        let id = document.to_owned();
        let rows = self
            .app
            .store()
            .read(move |tx| store::documents::lines_of(tx, &id))
            .unwrap();
        rows.iter()
            .map(|row| format!("{} {} {}", row.period_from, row.net, row.arithmetic))
            .collect()
    }

    /// The ids of all lines of the contract, in order.
    pub fn line_ids(&self) -> Vec<String> {
        let rows = self
            .app
            .store()
            .read(|tx| store::documents::lines_of_contract(tx, "C-1"))
            .unwrap();
        rows.into_iter().map(|row| row.id).collect()
    }

    /// What does not tie out.
    pub fn open_ends(&self) -> Vec<String> {
        let rows = self.app.tie_outs().unwrap();
        rows.iter()
            .filter(|row| row.status != app::view::TieOutStatus::TiesOut)
            .map(|row| format!("{row:?}"))
            .collect()
    }
}
