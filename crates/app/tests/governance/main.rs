//! Governance at work: who is not the system of record does not write; configuration changes by
//! proposals with their impact; old postings stay what they were; deviations end.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::{Command, Envelope};
use app::connections::Connections;
use app::{App, AppFault, MonotonicIds, Outcome, SimulatedClock, intake};
use control::change::ConfigurationKind;
use control::topology::preset;
use serde_json::{Value, json};
use std::sync::Arc;
use store::inbox::{self, InboxRow};
use store::{Durability, Location, Store, exceptions};

mod configuration;
mod gates;
mod mappings;
mod ownership;

const CLIENT: &str = "console";

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        for (id, currency, zone) in [
            ("DE", "EUR", "Europe/Berlin"),
            ("US", "USD", "America/New_York"),
        ] {
            company.does(
                "create_entity",
                json!({ "id": id, "name": id, "currency": currency, "time_zone": zone }),
            );
            company.does(
                "set_tax_rate",
                json!({ "entity": id, "rate": "0.10", "name": "Tax 10 %" }),
            );
        }
        for code in ["ALPHA", "BETA"] {
            let price = |currency: &str| json!({ "currency": currency, "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "10" } });
            company.does(
                "publish_product",
                json!({ "code": code, "name": code, "prices": [price("EUR"), price("USD")] }),
            );
        }
        company
    }

    fn try_as(
        &self,
        client: &str,
        actor: &str,
        name: &str,
        body: Value,
    ) -> Result<Value, AppFault> {
        let key = self.app.ids().mint("key", self.app.clock().now());
        let command = Command::read(name, body).unwrap();
        let envelope = Envelope {
            client: client.to_owned(),
            key,
            actor: actor.to_owned(),
            command,
        };
        self.app.execute(envelope).map(Outcome::into_answer)
    }

    fn tries(&self, actor: &str, name: &str, body: Value) -> Result<Value, AppFault> {
        self.try_as(CLIENT, actor, name, body)
    }

    fn does(&self, name: &str, body: Value) -> Value {
        self.tries("setup", name, body)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// A proposal by one person that another one approves.
    fn changes(&self, kind: ConfigurationKind, text: &str, effective: Option<&str>) -> Value {
        let asked = json!({ "kind": kind.as_str(), "body": text, "reason": "a test", "effective": effective });
        let made = self
            .tries("ana", "propose_configuration", asked)
            .unwrap_or_else(|fault| panic!("{fault}"));
        let decision =
            json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
        self.tries("li", "decide_configuration", decision)
            .unwrap_or_else(|fault| panic!("{fault}"));
        made
    }

    fn deal(&self, id: &str, entity: &str, product: &str, change: impl Fn(&mut Value)) {
        let currency = if entity == "DE" { "EUR" } else { "USD" };
        let mut record = json!({
            "Id": id, "Name": format!("Deal {id}"), "StageName": "Closed Won", "IsWon": true, "IsClosed": true,
            "CurrencyIsoCode": currency, "SystemModstamp": "2026-01-15T13:00:00Z",
            "Tieout_Start__c": "2026-01-01", "Tieout_End__c": "2026-12-31", "Tieout_Entity__c": entity,
            "Billing_Frequency__c": "Monthly", "Account": { "Id": format!("acc-{id}"), "Name": format!("Customer {id}") },
            "OpportunityLineItems": { "totalSize": 1, "done": true, "records": [
                { "Id": "l1", "Quantity": "3", "UnitPrice": "10", "PricebookEntry": { "Product2": { "ProductCode": product } } } ] },
        });
        change(&mut record);
        let now = self.app.clock().now().microseconds();
        let row = InboxRow {
            source: "salesforce".to_owned(),
            source_id: format!("{id}@1"),
            kind: "Opportunity".to_owned(),
            received: now,
            digest: id.as_bytes().to_vec(),
            raw: record.to_string().into_bytes(),
            status: "open".to_owned(),
            reason: String::new(),
            attempts: 0,
            next_attempt: now,
            deliveries: 1,
            correlation: String::new(),
        };
        self.app
            .run("test", move |tx, _| Ok(inbox::receive(tx, &row)?))
            .unwrap();
        self.works();
    }

    fn works(&self) {
        let _ = intake::process_due(&self.app, &Connections::none(), 100);
    }

    fn status(&self, id: &str) -> (String, String) {
        let id = format!("{id}@1");
        let item = self
            .app
            .store()
            .read(move |tx| inbox::item(tx, "salesforce", &id).map_err(AppFault::from))
            .unwrap()
            .unwrap();
        (item.status, item.reason)
    }

    fn open_about(&self, class: &str) -> Vec<(String, String)> {
        let filter = exceptions::ExceptionFilter {
            status: "open".to_owned(),
            class: class.to_owned(),
            ..Default::default()
        };
        let rows = self
            .app
            .store()
            .read(move |tx| exceptions::by_value(tx, &filter, 0, 100).map_err(AppFault::from))
            .unwrap();
        rows.into_iter()
            .map(|row| (row.summary, row.detail))
            .collect()
    }

    fn contract(&self, id: &str) -> Value {
        json!({ "id": id, "customer": "acme", "entity": "DE", "start": "2026-01-01", "end": "2026-12-31",
                "lines": [{ "product": "ALPHA", "quantity": "3" }] })
    }
}

fn refused(result: Result<Value, AppFault>) -> Vec<(String, String)> {
    match result {
        Err(AppFault::Refused(refusals)) => refusals
            .into_iter()
            .map(|it| (it.code, it.message))
            .collect(),
        other => panic!("not refused: {other:?}"),
    }
}

fn of(name: &str) -> &'static str {
    preset(name).unwrap().text
}
