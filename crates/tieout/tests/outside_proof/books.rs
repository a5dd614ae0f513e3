//! A small but rich company, made by commands as the API would give them.

use app::command::Command;
use app::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::documents::{self, DocumentRow};
use store::{Durability, Location, Store, StoreFault, exceptions, journals};
use values::{Instant, Money};

/// Minor units of each account's balance; debit positive.
pub type Figures = BTreeMap<Key, i64>;

/// Longer than the fifteen digits that a spreadsheet keeps.
pub const LONG_AMOUNT: &str = "10000000000000.01";

/// An account of one entity in one currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub entity: String,
    pub account: String,
    pub currency: String,
}

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

/// Empty books.
pub fn open(location: Location) -> App {
    open_at(location, "2026-01-02T09:00:00Z").app
}

fn open_at(location: Location, now: &str) -> Company {
    let store = Store::open(&location, Durability::Relaxed).unwrap();
    let clock = Arc::new(SimulatedClock::at(now.parse::<Instant>().unwrap()));
    let ids = Arc::new(MonotonicIds::new(1, 7));
    let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
    app.put_user("checker", control::Role::Controller, "")
        .unwrap();
    Company { app, clock }
}

impl Company {
    fn day(&self, date: &str) {
        let noon = format!("{date}T12:00:00Z");
        self.clock.move_to(noon.parse().unwrap());
    }

    fn tell(&self, name: &str, body: Value) -> Value {
        let command = Command::read(name, body).unwrap();
        self.app
            .act_approved("controller", "checker", command)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// Bills what is owed through a day and gives the documents.
    fn bill(&self, through: &str) -> Vec<DocumentRow> {
        let answer = self.tell("run_billing", json!({ "through": through }));
        assert_eq!(answer["held"], 0, "{answer}");
        let ids: Vec<String> = serde_json::from_value(answer["documents"].clone()).unwrap();
        ids.into_iter().map(|id| self.document(id)).collect()
    }

    fn document(&self, id: String) -> DocumentRow {
        let found = self
            .app
            .store()
            .read::<_, StoreFault, _>(move |tx| documents::document(tx, &id));
        found.unwrap().unwrap()
    }
}

/// Builds the company in memory.
pub fn build() -> App {
    build_in(Location::Memory)
}

/// Builds the company.
pub fn build_in(location: Location) -> App {
    let company = open_at(location, "2026-01-02T09:00:00Z");
    set_up(&company);
    first_quarter(&company);
    by_hand(&company);
    company.app
}

fn set_up(company: &Company) {
    for (id, name, currency, zone) in [
        ("US", "Northwind Inc.", "USD", "America/New_York"),
        ("de-berlin", "Nordwind \"Süd\" GmbH", "EUR", "Europe/Berlin"),
    ] {
        let body = json!({ "id": id, "name": name, "currency": currency, "time_zone": zone });
        company.tell("create_entity", body);
    }
    for (entity, rate) in [("US", "0.08875"), ("de-berlin", "0.19")] {
        company.tell("set_tax_rate", json!({ "entity": entity, "rate": rate }));
    }
    company.tell(
        "publish_product",
        json!({ "code": "PLATFORM", "name": "Platform", "prices": [
            { "currency": "USD", "billing": "annual", "charge": { "model": "per_unit", "unit_price": "1234.57" } },
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "33.33" } },
        ] }),
    );
    company.tell(
        "publish_product",
        json!({ "code": "ONBOARDING", "name": "Onboarding", "revenue_class": "services",
            "recognition": "at_start", "prices": [
            { "currency": "USD", "billing": "one_off", "charge": { "model": "flat", "amount": "2500" } },
        ] }),
    );
    for (id, name, currency) in [
        ("acme", "Acme; \"Tools\" | & Söhne", "USD"),
        ("cus:grosse.kunde/1", "Große Kunde AG", "EUR"),
    ] {
        company.tell(
            "create_customer",
            json!({ "id": id, "legal_name": name, "currency": currency, "payment_terms_days": 14 }),
        );
    }
}

fn first_quarter(company: &Company) {
    company.day("2026-01-05");
    company.tell(
        "activate_contract",
        json!({ "id": "acme:1/a", "customer": "acme", "entity": "US",
            "start": "2026-01-05", "end": "2027-01-04", "lines": [
            { "component": "seats", "product": "PLATFORM", "quantity": "7" },
            { "component": "setup", "product": "ONBOARDING" },
        ] }),
    );
    company.tell(
        "activate_contract",
        json!({ "id": "grosse-1", "customer": "cus:grosse.kunde/1", "entity": "de-berlin",
            "start": "2026-01-05", "end": "2026-12-31", "billing_day": 5, "lines": [
            { "component": "seats", "product": "PLATFORM", "quantity": "13" },
        ] }),
    );
    let january = company.bill("2026-01-05");
    assert_eq!(january.len(), 2, "{january:?}");
    let of = |entity: &str| january.iter().find(|row| row.entity == entity).unwrap();
    let (acme, grosse) = (of("US"), of("de-berlin"));

    company.day("2026-01-19");
    let paid = company.tell(
        "record_payment",
        json!({ "invoice": acme.id, "amount": total(acme), "method": "card", "fee": "289.13" }),
    );
    company.tell(
        "record_payment",
        json!({ "invoice": grosse.id, "amount": "100.01", "method": "transfer" }),
    );
    company.day("2026-01-31");
    company.tell("recognise_revenue", json!({ "through": "2026-01-31" }));

    company.day("2026-02-10");
    company.bill("2026-02-10");
    company.tell(
        "amend_contract",
        json!({ "contract": "acme:1/a", "effective": "2026-02-10",
            "change": { "kind": "quantity", "component": "seats", "quantity": "9" }, "reason": "Two more seats" }),
    );
    company.bill("2026-02-10");
    company.day("2026-02-20");
    company.tell(
        "issue_credit_note",
        json!({ "invoice": acme.id, "fraction": "0.07", "reason": "Service was down; agreed with customer" }),
    );
    let payment = &paid["payment"];
    company.tell(
        "refund_payment",
        json!({ "payment": payment, "amount": "500.03", "reason": "As agreed" }),
    );
    company.day("2026-02-28");
    company.tell("recognise_revenue", json!({ "through": "2026-02-28" }));
    company.day("2026-03-31");
    company.bill("2026-03-31");
    company.tell("recognise_revenue", json!({ "through": "2026-03-31" }));
}

fn by_hand(company: &Company) {
    let line = |account: &str, side: &str, amount: &str, currency: &str| json!({ "account": account, side: amount, "currency": currency });
    company.tell(
        "post_journal",
        json!({ "id": "jrn-hand-1", "entity": "US", "date": "2026-03-15",
            "reason": "=1+1 Write-off; \"old\" balance | checked\n2026-03-15 * injected",
            "lines": [line("6900", "debit", "12.34", "USD"), line("1100", "credit", "12.34", "USD")] }),
    );
    company.tell(
        "reverse_journal",
        json!({ "journal": "jrn-hand-1", "date": "2026-03-16", "reason": "Was paid after all" }),
    );
    company.tell(
        "post_journal",
        json!({ "entity": "US", "date": "2026-03-20", "reason": "Capital paid in",
            "lines": [line("1000", "debit", LONG_AMOUNT, "USD"), line("3000", "credit", LONG_AMOUNT, "USD")] }),
    );
    company.tell(
        "post_journal",
        json!({ "entity": "US", "date": "2026-03-20", "reason": "Yen without decimals",
            "lines": [line("1000", "debit", "500001", "JPY"), line("3000", "credit", "500001", "JPY")] }),
    );
}

/// What is to be paid of a document, in major units.
fn total(row: &DocumentRow) -> String {
    let currency = row.currency.parse().unwrap();
    Money::from_minor(row.total, currency).decimal().to_string()
}

/// The trial balance of every entity at the end of its last month, as the console and the API show
/// it.
pub fn figures(app: &App) -> Figures {
    let mut figures = Figures::new();
    for (entity, _) in app.entities().unwrap() {
        let last = app.months(&entity).unwrap()[0];
        let shown = app
            .trial_balance(Some(&entity), Some(last))
            .unwrap()
            .unwrap();
        for total in &shown.totals {
            assert_eq!(total.closing.minor, 0, "{entity} {:?}", total.closing);
        }
        for row in shown.rows {
            let key = Key {
                entity: entity.clone(),
                account: row.account,
                currency: row.closing.currency.code().to_owned(),
            };
            assert_eq!(figures.insert(key, row.closing.minor), None);
        }
    }
    figures
}

/// The rules by which the journals were made, each once.
pub fn rules_used(app: &App) -> Vec<String> {
    let rows = app
        .store()
        .read::<_, StoreFault, _>(|tx| journals::journals(tx, "", "", 10_000))
        .unwrap();
    let mut rules: Vec<String> = rows.into_iter().map(|row| row.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// What stands open as an exception: postings that were parked would be missing from the proof.
pub fn held(app: &App) -> Vec<String> {
    let rows = app
        .store()
        .read::<_, StoreFault, _>(exceptions::all_open)
        .unwrap();
    rows.into_iter()
        .map(|row| format!("{}: {}", row.class, row.summary))
        .collect()
}
