//! A company in Berlin that bills in euros, on a clock moved by hand, with its books in figures.

use app::command::{Answer, Command};
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::documents::{DocumentFilter, DocumentRow, LineRow};
use store::{Durability, Location, Store, StoreFault};
use values::{Clock, Date, Zone};

/// A company.
pub struct Company {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
}

impl Company {
    /// On a day at noon, with a rate of tax and one customer, `acme`, who pays by transfer in 14 days.
    pub fn on(day: &str, rate: &str) -> Company {
        let clock = Arc::new(SimulatedClock::at(noon(day)));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        for name in ["dana", "li"] {
            app.put_user(name, control::Role::Controller, "hash")
                .unwrap();
        }
        let company = Company { app, clock };
        company.act(
            "create_entity",
            json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
        );
        company.act(
            "set_tax_rate",
            json!({ "entity": "DE", "rate": rate, "name": "VAT" }),
        );
        company.act(
            "create_customer",
            json!({ "id": "acme", "legal_name": "Acme GmbH", "payment_terms_days": 14 }),
        );
        company
    }

    /// Sends a command; somebody else grants it where that is needed.
    pub fn try_act(&self, name: &str, body: Value) -> Result<Answer, AppFault> {
        let command = Command::read(name, body).unwrap();
        self.app.act_approved("dana", "li", command)
    }

    pub fn act(&self, name: &str, body: Value) -> Answer {
        self.try_act(name, body)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// Why a command is refused, `field: message`.
    pub fn refused(&self, name: &str, body: Value) -> String {
        match self.try_act(name, body) {
            Err(AppFault::Refused(refusals)) => {
                let [refusal] = &refusals[..] else {
                    panic!("one refusal: {refusals:?}");
                };
                match &refusal.field {
                    Some(field) => format!("{field}: {}", refusal.message),
                    None => refusal.message.clone(),
                }
            }
            other => panic!("{name} is not refused: {other:?}"),
        }
    }

    /// A product with one price in euros.
    pub fn sells(&self, code: &str, billing: &str, charge: Value) {
        let price = json!({ "currency": "EUR", "billing": billing, "charge": charge });
        self.act(
            "publish_product",
            json!({ "code": code, "name": code, "prices": [price] }),
        );
    }

    pub fn today(&self) -> Date {
        Zone::utc().date_at(self.clock.now())
    }

    pub fn go_to(&self, day: &str) {
        self.clock.move_to(noon(day));
    }

    /// Lives through every day up to and with this one.
    pub fn until(&self, day: &str) {
        let last: Date = day.parse().unwrap();
        loop {
            self.app.daily_work("tieout", false).unwrap();
            if self.today() >= last {
                return;
            }
            self.clock.move_to(self.clock.now().plus_seconds(86_400));
        }
    }

    /// Bills through a day. Returns how many documents were issued.
    pub fn bill(&self, through: &str) -> usize {
        let answer = self.act("run_billing", json!({ "through": through }));
        assert_eq!(answer["held"], 0, "{answer}");
        answer["documents"].as_array().unwrap().len()
    }

    /// Invoices and credit notes in the order in which they were issued.
    pub fn documents(&self) -> Vec<DocumentRow> {
        let filter = DocumentFilter::default();
        let read =
            move |tx: &mut store::Tx<'_>| store::documents::documents(tx, &filter, "", 1_000);
        let mut rows = self.app.store().read(read).unwrap();
        rows.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        rows
    }

    pub fn lines(&self, document: &str) -> Vec<LineRow> {
        let id = document.to_owned();
        let read = self
            .app
            .store()
            .read(move |tx| store::documents::lines_of(tx, &id));
        read.unwrap()
    }

    /// Every line ever issued, `component from until net`, credit below zero.
    pub fn billed(&self) -> Vec<String> {
        let mut told = Vec::new();
        for document in self.documents() {
            let sign = if document.kind == "invoice" { 1 } else { -1 };
            for row in self.lines(&document.id) {
                let net = sign * row.net;
                let LineRow {
                    component,
                    period_from,
                    period_until,
                    ..
                } = row;
                told.push(format!("{component} {period_from} {period_until} {net}"));
            }
        }
        told
    }

    /// What is open of an invoice.
    pub fn open(&self, number: &str) -> String {
        let found = self.app.invoice(number).unwrap().unwrap();
        found.row.open.decimal().to_string()
    }

    /// What stands on every account that is not at zero, minor units, debit above zero.
    pub fn accounts(&self) -> BTreeMap<String, i64> {
        let read = self
            .app
            .store()
            .read(|tx| -> Result<_, StoreFault> { store::journals::balances(tx, "DE") });
        let mut balances = BTreeMap::new();
        for row in read.unwrap() {
            *balances.entry(row.account).or_default() += row.debit - row.credit;
        }
        balances.retain(|_, minor: &mut i64| *minor != 0);
        balances
    }

    pub fn account(&self, code: &str) -> i64 {
        self.accounts().get(code).copied().unwrap_or(0)
    }

    /// Both sides of every measure are equal, the log and the journals are whole, and something was
    /// compared.
    pub fn ties_out(&self) {
        let rows = self.app.tie_outs().unwrap();
        let measures: BTreeSet<&str> = rows.iter().map(|row| row.measure.as_str()).collect();
        // Before anything is billed nothing can be owed.
        let billed = (!self.documents().is_empty()).then_some("receivable");
        for measure in ["billings", "deferred"].into_iter().chain(billed) {
            assert!(
                measures.contains(measure),
                "{measure} is not compared: {measures:?}"
            );
        }
        for row in &rows {
            assert_eq!(row.difference.minor, 0, "{row:?}");
        }
        assert_eq!(self.app.verify_books().unwrap().problems, []);
    }
}

fn noon(day: &str) -> values::Instant {
    format!("{day}T12:00:00Z").parse().unwrap()
}
