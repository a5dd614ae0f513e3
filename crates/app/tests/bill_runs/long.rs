//! An invoice of thousands of lines, which is put into rows by one thread and written by another, holds
//! what invoices of each contract hold.

use crate::company::{ACTOR, Company, day};
use app::command::Command;
use app::export::TextFormat;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::documents::{DocumentRow, LineRow};
use store::exceptions::ExceptionRow;
use store::journals::{AccountMonth, JournalLineRow, JournalRow};
use store::{StoreFault, documents, exceptions, journals, log};

const CONTRACTS: usize = 30;
/// Together more lines than are written at a time.
const COMPONENTS: usize = 70;

/// A fleet of contracts of many components, billed on one invoice or on one each.
fn fleet(policy: &str) -> Company {
    let company = Company::new();
    let app = &company.app;
    app.put_user("checker", control::Role::Controller, "")
        .unwrap();
    let fleet = json!({ "id": "fleet", "legal_name": "Fleet SE", "currency": "EUR" });
    company.act("create_customer", fleet);
    for contract in 0..CONTRACTS {
        let line = |component: usize| {
            let is_seat = (contract + component).is_multiple_of(3);
            json!({ "component": format!("c-{component:02}"),
                "product": if is_seat { "SEAT" } else { "CARE" },
                "quantity": if is_seat { component + 1 } else { 1 } })
        };
        let lines: Vec<Value> = (0..COMPONENTS).map(line).collect();
        company.act(
            "activate_contract",
            json!({ "id": format!("fleet-{contract:02}"), "customer": "fleet", "entity": "DE",
                "start": "2026-01-01", "end": "2026-12-31", "lines": lines }),
        );
    }
    let said = json!({ "customer": "fleet", "policy": policy, "reason": "agreed" });
    let said = Command::read("set_consolidation", said).unwrap();
    app.act_approved(ACTOR, "checker", said).unwrap();
    company
}

impl Company {
    fn of_fleet(&self) -> Vec<DocumentRow> {
        let mut documents = self.documents();
        documents.retain(|row| row.customer == "fleet");
        documents
    }

    fn lines(&self, document: &DocumentRow) -> Vec<LineRow> {
        let id = document.id.clone();
        self.app
            .store()
            .read(move |tx| documents::lines_of(tx, &id))
            .unwrap()
    }

    fn journals_of(&self, document: &DocumentRow) -> Vec<(JournalRow, Vec<JournalLineRow>)> {
        let id = document.id.clone();
        let read = self.app.store().read(move |tx| {
            let mut found = Vec::new();
            journals::each_in_order(tx, |journal, lines| {
                if journal.document == id {
                    found.push((journal, lines));
                }
                Ok(())
            })?;
            Ok::<_, StoreFault>(found)
        });
        read.unwrap()
    }

    /// The payload of the event that tells of a document.
    fn told(&self, document: &DocumentRow) -> Value {
        let subject = format!("invoice/{}", document.id);
        let read = self.app.store().read(move |tx| {
            let mut found = Vec::new();
            log::each_in_order(tx, |event| {
                if event.subject == subject && event.type_name.contains("invoice.issued") {
                    found.push(event.data);
                }
                Ok(())
            })?;
            Ok::<_, StoreFault>(found)
        });
        let [data] = &read.unwrap()[..] else {
            panic!("one event tells of a document");
        };
        serde_json::from_str(data).unwrap()
    }

    /// Debits and credits of each account.
    fn turnovers(&self) -> BTreeMap<(String, String), (i64, i64)> {
        let rows = self
            .app
            .store()
            .read(|tx| journals::balances(tx, "DE"))
            .unwrap();
        let one = |row: journals::BalanceRow| ((row.account, row.month), (row.debit, row.credit));
        rows.into_iter().map(one).collect()
    }

    /// What is billed of each obligation of the fleet.
    fn positions(&self) -> BTreeMap<(String, String), i64> {
        let ids: Vec<String> = (0..CONTRACTS)
            .map(|number| format!("fleet-{number:02}"))
            .collect();
        let read = self.app.store().read(move |tx| {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            store::bill_pages::positions(tx, &ids)
        });
        let one = |it: store::bill_pages::Position| ((it.contract, it.component), it.billed);
        read.unwrap().into_iter().map(one).collect()
    }

    fn is_sound(&self) {
        assert_eq!(self.app.verify_books().unwrap().problems, []);
        self.app.audit_check().unwrap().unwrap();
    }
}

type Amounts = BTreeMap<(String, String), (i64, i64, String, String)>;

fn amounts(lines: impl IntoIterator<Item = LineRow>) -> Amounts {
    lines
        .into_iter()
        .map(|line| {
            let days = (line.period_from, line.period_until);
            (
                (line.contract, line.component),
                (line.net, line.tax, days.0, days.1),
            )
        })
        .collect()
}

#[test]
fn one_invoice_of_thousands_of_lines_holds_what_an_invoice_of_each_contract_holds() {
    let (together, apart) = (fleet("per_customer"), fleet("per_contract"));
    for company in [&together, &apart] {
        company.by_page(day("2026-01-05"), 1_000);
        company.is_sound();
    }
    let (one, each) = (together.of_fleet(), apart.of_fleet());
    let [one] = &one[..] else {
        panic!("{} invoices instead of one", one.len());
    };
    assert_eq!(each.len(), CONTRACTS);
    let sum = |of: fn(&DocumentRow) -> i64| each.iter().map(of).sum::<i64>();
    let expected = (
        sum(|row| row.net),
        sum(|row| row.tax),
        sum(|row| row.remaining),
    );
    assert_eq!((one.net, one.tax, one.remaining), expected);

    let lines = together.lines(one);
    assert_eq!(lines.len(), CONTRACTS * COMPONENTS);
    let told = together.told(one);
    let told: Vec<(&str, i64)> = told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(told_line)
        .collect();
    // Nothing has been earned of it yet.
    let written: Vec<(&str, i64)> = lines.iter().map(|it| (it.id.as_str(), it.net)).collect();
    assert_eq!(
        told, written,
        "the event tells every line, in the order of the document"
    );

    assert_eq!(
        amounts(lines.clone()),
        amounts(each.iter().flat_map(|it| apart.lines(it)))
    );
    assert_eq!(together.positions(), apart.positions());
    assert_eq!(together.turnovers(), apart.turnovers());

    let again = (
        together.by_page(day("2026-01-05"), 1_000),
        apart.by_page(day("2026-01-05"), 1_000),
    );
    assert_eq!(again, (0, 0));
}

/// The id of a line that an event tells of, and what it defers.
fn told_line(line: &Value) -> (&str, i64) {
    (
        line["line"].as_str().unwrap(),
        line["deferred"].as_i64().unwrap(),
    )
}

#[test]
fn its_journal_is_as_short_as_that_of_one_contract() {
    let company = fleet("per_customer");
    company.by_page(day("2026-01-05"), 1_000);
    let of_fleet = company.of_fleet();
    let posted = company.journals_of(&of_fleet[0]);
    let [(journal, lines)] = &posted[..] else {
        panic!("{} journals of one invoice", posted.len());
    };
    assert_eq!(journal.total, of_fleet[0].total);
    let kept: BTreeSet<_> = lines.iter().map(|it| (&it.account, &it.product)).collect();
    assert_eq!(kept.len(), lines.len(), "one line an account and product");
    assert!(lines.len() < 10, "{} journal lines", lines.len());

    let debits = AccountMonth {
        entity: "DE",
        account: "1100",
        currency: "EUR",
        month: "2026-01",
    };
    let read =
        move |tx: &mut store::Tx<'_>| journals::lines_by_date(tx, debits, ("", "", 0), 1_000);
    let debits = company.app.store().read(read).unwrap();
    let named = |row: &journals::PostedRow| (row.journal == journal.id, row.contract.is_empty());
    assert!(debits.iter().any(|row| named(row) == (true, true)));
    assert!(
        debits.iter().all(|row| named(row).0 == named(row).1),
        "others name theirs"
    );

    let (csv, _) = company
        .app
        .export_text(TextFormat::Csv, Vec::new())
        .unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let exported: Vec<&str> = csv
        .lines()
        .filter(|line| line.contains(&journal.id))
        .collect();
    assert_eq!(exported.len(), lines.len());
    for line in exported {
        assert!(
            line.contains(",fleet,,"),
            "of several contracts it names none: {line}"
        );
    }
}

#[test]
fn it_is_recorded_in_a_closed_month_and_posted_when_that_is_open_again() {
    let company = fleet("per_customer");
    let agreed = |name: &str, body: Value| {
        let command = Command::read(name, body).unwrap();
        company.app.act_approved(ACTOR, "checker", command).unwrap();
    };
    let january = json!({ "entity": "DE", "month": "2026-01" });
    agreed("close_period", january);
    company.by_page(day("2026-01-05"), 1_000);
    let of_fleet = company.of_fleet();
    assert_eq!(of_fleet.len(), 1);
    assert!(company.journals_of(&of_fleet[0]).is_empty());
    let parked = company.app.store().read(exceptions::all_open).unwrap();
    let of_invoice = |row: &&ExceptionRow| row.document == of_fleet[0].id;
    let parked: Vec<_> = parked.iter().filter(of_invoice).collect();
    assert_eq!(parked.len(), 1);
    assert!(
        parked[0]
            .detail
            .contains("month 2026-01 of entity DE is closed"),
        "{}",
        parked[0].detail
    );

    let again = json!({ "entity": "DE", "month": "2026-01", "reason": "the fleet was late" });
    agreed("reopen_period", again);
    company.app.daily_work(ACTOR, true).unwrap();
    assert_eq!(company.journals_of(&of_fleet[0]).len(), 1);
    company.is_sound();
}
