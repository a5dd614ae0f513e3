//! A company that has sold, billed and been paid a little.

use app::command::{Answer, Command};
use app::{App, AppFault, MonotonicIds, Refusal, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};

pub struct Company {
    pub app: App,
}

impl Company {
    pub fn empty() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T12:00:00Z".parse().unwrap()));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let app = App::open(store, clock, ids, events::Origin::Simulation).unwrap();
        let company = Company { app };
        for name in ["dana", "li"] {
            let controller = control::Role::Controller;
            company.app.put_user(name, controller, "hash").unwrap();
        }
        for (id, zone) in [("DE", "Europe/Berlin"), ("US", "America/New_York")] {
            let currency = if id == "DE" { "EUR" } else { "USD" };
            let entity = json!({ "id": id, "name": id, "currency": currency, "time_zone": zone });
            company.act("create_entity", entity);
            company.act(
                "set_tax_rate",
                json!({ "entity": id, "rate": "0.19", "name": "VAT" }),
            );
        }
        let prices: Vec<Value> = ["EUR", "USD"]
            .into_iter()
            .map(|currency| {
                json!({ "currency": currency, "billing": "monthly",
                    "charge": { "model": "per_unit", "unit_price": "10" } })
            })
            .collect();
        company.act(
            "publish_product",
            json!({ "code": "SEAT", "name": "Seat", "prices": prices }),
        );
        company
    }

    /// Contract C-1 of acme is billed as DE-2026-00001 over 119.00 EUR, of which P-1 paid 19.00; P-2 of
    /// brix is set against nothing.
    pub fn new() -> Company {
        let company = Company::empty();
        for id in ["acme", "brix"] {
            company.act(
                "create_customer",
                json!({ "id": id, "legal_name": id, "payment_terms_days": 14 }),
            );
        }
        company.contract(
            "C-1",
            &json!({ "component": "seats", "product": "SEAT", "quantity": 10 }),
        );
        company.act("run_billing", json!({ "through": "2026-01-15" }));
        company.act(
            "record_payment",
            json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "19.00" }),
        );
        company.act(
            "record_payment",
            json!({ "id": "P-2", "customer": "brix", "entity": "DE", "amount": "50.00", "currency": "EUR" }),
        );
        company
    }

    pub fn contract(&self, id: &str, line: &Value) {
        self.act(
            "activate_contract",
            json!({ "id": id, "customer": "acme", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
                "lines": [line] }),
        );
    }

    /// Does it, with the grant of a second person where the policy wants one.
    pub fn act(&self, name: &str, body: Value) -> Answer {
        self.try_act(name, &body)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    }

    pub fn try_act(&self, name: &str, body: &Value) -> Result<Answer, AppFault> {
        let command = Command::read(name, body.clone()).map_err(|unreadable| {
            let message = unreadable.to_string();
            AppFault::Refused(vec![Refusal::field("unreadable", "the body", message)])
        })?;
        self.app.act_approved("dana", "li", command)
    }

    /// The refusals of a command; what is not found is one as well.
    pub fn refused(&self, name: &str, body: &Value) -> Vec<Refusal> {
        match self.try_act(name, body) {
            Err(AppFault::Refused(refusals)) => refusals,
            Err(AppFault::NotFound { kind, id }) => {
                let message = format!("there is no {kind} {id}");
                vec![Refusal::field("not_found", kind, message)]
            }
            // The case is told with all others that are not as they should be.
            other => vec![Refusal::whole("done", format!("{other:?}"))],
        }
    }
}
