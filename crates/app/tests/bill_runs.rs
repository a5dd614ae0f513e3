//! Bill runs: a page of contracts makes exactly the books that billing one contract at a time makes;
//! two runs at once, a run that is tried again and a run that breaks off bill nothing twice.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command;
use app::journey::billing::{Pages, Through, bill_contract};
use app::{App, MonotonicIds, Routing, SimulatedClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::bill_pages::{self, DueFilter};
use store::documents::{self, DocumentFilter};
use store::{Durability, Location, Store, contracts, journals, log, obligations, settings};
use values::Date;

const ACTOR: &str = "test";

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
    // Kept so that the file lives as long as the books.
    _folder: tempfile::TempDir,
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

impl Company {
    fn act(&self, name: &str, body: Value) -> Value {
        self.app
            .act(ACTOR, Command::read(name, body).unwrap())
            .unwrap()
    }

    /// Thirty contracts of ten customers, some paying by card, in two legal entities.
    fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-05T14:00:00Z".parse().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("books.db"));
        let store = Store::open(&location, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company {
            app,
            clock,
            _folder: folder,
        };
        for (entity, zone) in [("DE", "Europe/Berlin"), ("AT", "Europe/Vienna")] {
            company.act(
                "create_entity",
                json!({ "id": entity, "name": entity, "currency": "EUR", "time_zone": zone }),
            );
            company.act(
                "set_tax_rate",
                json!({ "entity": entity, "rate": "0.19", "name": "VAT 19 %" }),
            );
        }
        let price = |model: Value| json!({ "currency": "EUR", "billing": "monthly", "charge": model });
        for (code, model) in [
            ("SEAT", json!({ "model": "per_unit", "unit_price": "12.5" })),
            ("CARE", json!({ "model": "flat", "amount": "49" })),
        ] {
            let product = json!({ "code": code, "name": code, "prices": [price(model)] });
            company.act("publish_product", product);
        }
        company
            .app
            .set_routing(
                ACTOR,
                Routing {
                    collect_cards: true,
                    deliver_journals: true,
                    write_back: false,
                },
            )
            .unwrap();
        for number in 0..30 {
            company.subscribe(number);
        }
        company
    }

    fn subscribe(&self, number: usize) {
        let customer = format!("cus-{:02}", number % 10);
        if number < 10 {
            let mut body = json!({ "id": customer, "legal_name": customer, "currency": "EUR" });
            if number % 3 == 0 {
                body["collection"] = json!("card");
                let reference = format!("cus_{number}");
                body["references"] =
                    json!([{ "system": "stripe", "kind": "Customer", "id": reference }]);
            }
            self.act("create_customer", body);
        }
        let entity = if number % 4 == 0 { "AT" } else { "DE" };
        self.act(
            "activate_contract",
            json!({ "id": format!("con-{number:02}"), "customer": customer, "entity": entity,
                "start": "2026-01-01", "end": "2026-12-31", "lines": [
                    { "component": "seats", "product": "SEAT", "quantity": (number + 1).to_string() },
                    { "component": "care", "product": "CARE", "quantity": "1" },
                ] }),
        );
    }

    /// Everything that the books hold of billing, row by row.
    fn books(&self) -> Vec<String> {
        self.app
            .store()
            .read(|tx| -> Result<_, store::StoreFault> {
                let mut rows = Vec::new();
                log::each_in_order(tx, |event| {
                    rows.push(format!("{event:?}"));
                    Ok(())
                })?;
                for head in log::heads(tx)? {
                    rows.push(format!("{head:?}"));
                }
                let found = documents::documents(tx, &DocumentFilter::default(), "", 10_000)?;
                for document in &found {
                    rows.push(format!("{document:?}"));
                    for line in documents::lines_of(tx, &document.id)? {
                        rows.push(format!("{line:?}"));
                    }
                }
                journals::each_in_order(tx, |journal, lines| {
                    rows.push(format!("{journal:?} {lines:?}"));
                    Ok(())
                })?;
                for balance in journals::balances(tx, "")? {
                    rows.push(format!("{balance:?}"));
                }
                for obligation in obligations::page(tx, "", "", 10_000)? {
                    rows.push(format!("{obligation:?}"));
                }
                for contract in contracts::all_after(tx, "", 10_000)? {
                    rows.push(format!("{contract:?}"));
                }
                for entity in ["DE", "AT"] {
                    let last = settings::last_number(tx, &format!("number/{entity}/2026"))?;
                    rows.push(format!("last number of {entity}: {last}"));
                }
                Ok(rows)
            })
            .unwrap()
    }

    /// Bills every contract due, each in a transaction of its own.
    fn one_at_a_time(&self, through: Date) {
        let due = self
            .app
            .store()
            .read(move |tx| {
                let all = DueFilter::default();
                bill_pages::due(tx, &through.to_string(), &all, ("", ""), 10_000)
            })
            .unwrap();
        for row in due {
            let id = row.id.parse().unwrap();
            self.app
                .run(ACTOR, move |tx, context| {
                    bill_contract(tx, context, &id, through)
                })
                .unwrap();
        }
    }

    fn by_page(&self, through: Date, size: i64) -> usize {
        let pages = Pages {
            through: Through::Day(through),
            size,
            ..Pages::default()
        };
        let mut documents = 0;
        self.app
            .bill_pages(ACTOR, &pages, |page| {
                documents += page.documents.len();
                true
            })
            .unwrap();
        documents
    }

    fn documents(&self) -> Vec<documents::DocumentRow> {
        self.app
            .store()
            .read(|tx| documents::documents(tx, &DocumentFilter::default(), "", 10_000))
            .unwrap()
    }

    /// What was changed between two months: fewer seats, a customer with a tax rate that is missing.
    fn change(&self) {
        self.act(
            "amend_contract",
            json!({ "contract": "con-07", "effective": "2026-01-10", "reason": "fewer seats",
                "change": { "kind": "quantity", "component": "seats", "quantity": "1" } }),
        );
        self.act(
            "amend_contract",
            json!({ "contract": "con-11", "effective": "2026-02-10", "reason": "more seats",
                "change": { "kind": "quantity", "component": "seats", "quantity": "90" } }),
        );
    }
}

/// The ids of a dump in the order of their first appearance, so that two dumps that differ only in
/// ids are the same.
fn renamed(rows: &[String]) -> Vec<String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut renamed = Vec::new();
    for row in rows {
        let mut text = String::new();
        let mut rest = row.as_str();
        while let Some(at) = rest.find('_') {
            let (before, after) = rest.split_at(at + 1);
            text.push_str(before);
            let length = after
                .bytes()
                .take_while(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
                .count();
            if length == 26 {
                let next = format!("#{}", names.len());
                text.push_str(names.entry(after[..26].to_owned()).or_insert(next));
            } else {
                text.push_str(&after[..length]);
            }
            rest = &after[length..];
        }
        text.push_str(rest);
        renamed.push(text);
    }
    renamed
}

fn assert_same(one: &[String], other: &[String]) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn a_page_makes_the_books_that_one_contract_at_a_time_makes() {
    let (single, page) = (Company::new(), Company::new());
    single.one_at_a_time(day("2026-01-01"));
    assert_eq!(page.by_page(day("2026-01-01"), 1_000), 30);
    assert_same(&renamed(&single.books()), &renamed(&page.books()));
    for company in [&single, &page] {
        company.clock.move_to("2026-02-12T10:00:00Z".parse().unwrap());
        company.change();
    }
    single.one_at_a_time(day("2026-02-01"));
    page.by_page(day("2026-02-01"), 1_000);
    assert_same(&renamed(&single.books()), &renamed(&page.books()));
}

#[test]
fn pages_decided_while_others_are_written_make_the_same_books() {
    let (single, page) = (Company::new(), Company::new());
    for (instant, through) in [
        ("2026-01-06T10:00:00Z", "2026-01-01"),
        ("2026-02-12T10:00:00Z", "2026-02-01"),
        ("2026-03-12T10:00:00Z", "2026-03-01"),
    ] {
        for company in [&single, &page] {
            company.clock.move_to(instant.parse().unwrap());
            if through == "2026-02-01" {
                company.change();
            }
        }
        single.one_at_a_time(day(through));
        page.by_page(day(through), 4);
        let sorted = |company: &Company| {
            let mut numbers: Vec<_> = company
                .documents()
                .into_iter()
                .map(|row| (row.contract, row.number, row.total, row.status))
                .collect();
            numbers.sort();
            numbers
        };
        assert_eq!(sorted(&single), sorted(&page));
    }
    assert_same(&renamed(&single.books()), &renamed(&page.books()));
}

#[test]
fn a_run_over_what_was_billed_bills_nothing() {
    let company = Company::new();
    assert_eq!(company.by_page(day("2026-01-01"), 7), 30);
    let books = company.books();
    assert_eq!(company.by_page(day("2026-01-01"), 7), 0);
    company.one_at_a_time(day("2026-01-01"));
    assert_same(&books, &company.books());
}

#[test]
fn lago_api_1988_two_runs_at_once_bill_each_contract_once() {
    let company = Company::new();
    std::thread::scope(|scope| {
        for size in [3, 5] {
            let company = &company;
            scope.spawn(move || company.by_page(day("2026-01-01"), size));
        }
    });
    let mut contracts: Vec<_> = company
        .documents()
        .into_iter()
        .map(|row| row.contract)
        .collect();
    contracts.sort();
    let distinct = contracts.len();
    contracts.dedup();
    assert_eq!((contracts.len(), distinct), (30, 30));
    let mut numbers: Vec<_> = company
        .documents()
        .into_iter()
        .filter(|row| row.entity == "DE")
        .map(|row| row.number)
        .collect();
    numbers.sort();
    let expected: Vec<_> = (1..=numbers.len())
        .map(|number| format!("DE-2026-{number:05}"))
        .collect();
    assert_eq!(numbers, expected, "without a gap");
}

#[test]
fn lago_api_2681_a_page_that_is_tried_again_bills_nothing_twice() {
    let company = Company::new();
    let pages = Pages {
        through: Through::Day(day("2026-01-01")),
        size: 8,
        ..Pages::default()
    };
    // The run breaks off after two pages, as a worker that is ended does, and is queued again from
    // its start.
    let mut seen = 0;
    company
        .app
        .bill_pages(ACTOR, &pages, |_| {
            seen += 1;
            seen < 2
        })
        .unwrap();
    let before = company.documents().len();
    assert_eq!(before, 16);
    assert_eq!(company.by_page(day("2026-01-01"), 8), 30 - before);
    assert_eq!(company.documents().len(), 30);
}

#[test]
fn one_contract_that_cannot_be_billed_holds_up_nobody() {
    let company = Company::new();
    let row = company
        .app
        .store()
        .read(|tx| contracts::contract(tx, "con-13"))
        .unwrap()
        .unwrap();
    company
        .app
        .store()
        .write(move |tx| -> Result<(), store::StoreFault> {
            let broken = contracts::ContractRow {
                version: row.version + 1,
                body: "{}".to_owned(),
                ..row
            };
            contracts::put_version(tx, &broken, 0)
        })
        .unwrap();
    let pages = Pages {
        through: Through::Day(day("2026-01-01")),
        ..Pages::default()
    };
    let (mut documents, mut held) = (0, 0);
    company
        .app
        .bill_pages(ACTOR, &pages, |page| {
            documents += page.documents.len();
            held += page.held;
            true
        })
        .unwrap();
    assert_eq!((documents, held), (29, 1));
    let open = company
        .app
        .store()
        .read(|tx| store::exceptions::open_about(tx, "billing/con-13"))
        .unwrap()
        .unwrap();
    assert!(open.summary.starts_with("Contract con-13 cannot be billed"));
}
