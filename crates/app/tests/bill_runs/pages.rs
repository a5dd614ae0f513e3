//! A page makes the books that one contract at a time makes, and no page bills anything twice.

use crate::company::{Company, assert_same, day, renamed};
use app::journey::billing::{Pages, Through};
use store::contracts;

const ACTOR: &str = crate::company::ACTOR;

#[test]
fn a_page_makes_the_books_that_one_contract_at_a_time_makes() {
    let (single, page) = (Company::new(), Company::new());
    single.one_at_a_time(day("2026-01-01"));
    assert_eq!(page.by_page(day("2026-01-01"), 1_000), 30);
    assert_same(&renamed(&single.books()), &renamed(&page.books()));
    for company in [&single, &page] {
        company
            .clock
            .move_to("2026-02-12T10:00:00Z".parse().unwrap());
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
