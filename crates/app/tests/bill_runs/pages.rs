//! A page makes the books that one contract at a time makes, and no page bills anything twice.

use crate::company::{Company, assert_same, day, renamed};
use app::journey::billing::{Pages, Through};

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
    company.break_contract("con-13");
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

#[test]
fn lago_api_5305_a_run_that_saw_nothing_billed_is_refused_by_the_database() {
    let company = Company::new();
    assert_eq!(company.by_page(day("2026-01-01"), 1_000), 30);
    let document = company
        .documents()
        .into_iter()
        .find(|row| row.contract == "con-07")
        .unwrap();
    // What a second run would write that read before the first one wrote: the same lines under new
    // names, by bare rows.
    let lines = company
        .app
        .store()
        .read({
            let id = document.id.clone();
            move |tx| store::documents::lines_of(tx, &id)
        })
        .unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let again = store::documents::LineRow {
            id: format!("{}-again", line.id),
            document: "inv-again".to_owned(),
            ..line
        };
        let outcome = company
            .app
            .store()
            .write(move |tx| store::documents::LineRow::insert(tx, &[again]));
        assert!(
            matches!(outcome, Err(store::StoreFault::Duplicate(_))),
            "{outcome:?}"
        );
    }
    // Billing what is billed is nothing new, and what follows is not in the way.
    assert_eq!(company.by_page(day("2026-01-01"), 1_000), 0);
    company
        .clock
        .move_to("2026-02-12T10:00:00Z".parse().unwrap());
    company.change();
    assert!(company.by_page(day("2026-02-01"), 1_000) > 0);
}

#[test]
fn a_line_that_is_there_already_holds_its_contract_and_nobody_else() {
    let company = Company::new();
    assert_eq!(company.by_page(day("2026-01-01"), 1_000), 30);
    let read = company
        .app
        .store()
        .read(|tx| store::documents::lines_of_contract(tx, "con-07"))
        .unwrap();
    // What a script that wrote past the program might leave: lines whose columns say February, while
    // what was agreed in them is January's. Reading shows nothing; only the database refuses.
    let february: Vec<_> = read
        .into_iter()
        .map(|line| store::documents::LineRow {
            id: format!("{}-feb", line.id),
            document: "inv-script".to_owned(),
            period_from: "2026-02-01".to_owned(),
            period_until: "2026-03-01".to_owned(),
            ..line
        })
        .collect();
    company
        .app
        .store()
        .write(move |tx| store::documents::LineRow::insert(tx, &february))
        .unwrap();
    company
        .clock
        .move_to("2026-02-12T10:00:00Z".parse().unwrap());
    let pages = Pages {
        through: Through::Day(day("2026-02-01")),
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
        .read(|tx| store::exceptions::open_about(tx, "billing/con-07"))
        .unwrap()
        .unwrap();
    assert!(
        open.summary.starts_with("Contract con-07 cannot be billed"),
        "{}",
        open.summary
    );
}

#[test]
fn killbill_1454_one_customer_of_many_subscriptions_is_billed_by_the_page() {
    let company = Company::new();
    company.act(
        "create_customer",
        serde_json::json!({ "id": "fleet", "legal_name": "Fleet SE", "currency": "EUR" }),
    );
    for number in 0..1_000 {
        company.act(
            "activate_contract",
            serde_json::json!({ "id": format!("fleet-{number:03}"), "customer": "fleet", "entity": "DE",
                "start": "2026-01-01", "end": "2026-12-31",
                "lines": [{ "component": "care", "product": "CARE" }] }),
        );
    }
    let pages = Pages {
        through: Through::Day(day("2026-01-01")),
        size: 160,
        filter: store::bill_pages::DueFilter {
            customer: "fleet".to_owned(),
            ..store::bill_pages::DueFilter::default()
        },
        ..Pages::default()
    };
    let mut sizes = Vec::new();
    company
        .app
        .bill_pages(ACTOR, &pages, |page| {
            sizes.push(page.documents.len());
            true
        })
        .unwrap();
    // No page is larger for a larger customer, and none is billed twice.
    assert_eq!(sizes, [160, 160, 160, 160, 160, 160, 40]);
    let mut billed: Vec<_> = company
        .documents()
        .into_iter()
        .map(|row| row.contract)
        .collect();
    billed.sort();
    billed.dedup();
    assert_eq!(billed.len(), 1_000);
}

#[test]
fn killbill_1454_one_account_is_billed_on_one_invoice_whatever_the_page() {
    let company = Company::new();
    company
        .app
        .put_user("checker", control::Role::Controller, "")
        .unwrap();
    company.act(
        "create_customer",
        serde_json::json!({ "id": "fleet", "legal_name": "Fleet SE", "currency": "EUR" }),
    );
    for number in 0..60 {
        company.act(
            "activate_contract",
            serde_json::json!({ "id": format!("fleet-{number:03}"), "customer": "fleet", "entity": "DE",
                "start": "2026-01-01", "end": "2026-12-31",
                "lines": [{ "component": "care", "product": "CARE" }] }),
        );
    }
    let said =
        serde_json::json!({ "customer": "fleet", "policy": "per_customer", "reason": "agreed" });
    let said = app::command::Command::read("set_consolidation", said).unwrap();
    company.app.act_approved(ACTOR, "checker", said).unwrap();
    company.break_contract("fleet-030");
    let run = |through: &str| {
        let pages = Pages {
            through: Through::Day(day(through)),
            size: 16,
            filter: store::bill_pages::DueFilter {
                customer: "fleet".to_owned(),
                ..store::bill_pages::DueFilter::default()
            },
            ..Pages::default()
        };
        let (mut documents, mut held) = (Vec::new(), 0);
        let each = |page: app::journey::billing::PageDone| {
            documents.extend(page.documents.clone());
            held += page.held;
            true
        };
        company.app.bill_pages(ACTOR, &pages, each).unwrap();
        (documents, held)
    };
    let (documents, held) = run("2026-01-05");
    assert_eq!((documents.len(), held), (1, 1));
    let lines = company
        .app
        .store()
        .read({
            let id = documents[0].clone();
            move |tx| store::documents::lines_of(tx, &id)
        })
        .unwrap();
    let mut contracts: Vec<_> = lines.iter().map(|line| line.contract.clone()).collect();
    contracts.sort();
    let expected: Vec<_> = (0..60)
        .filter(|number| *number != 30)
        .map(|number| format!("fleet-{number:03}"))
        .collect();
    assert_eq!(
        contracts, expected,
        "each once, but for the one that is held"
    );
    assert_eq!(lines.iter().map(|line| line.net).sum::<i64>(), 59 * 4_900);
    let positions = company
        .app
        .store()
        .read(|tx| store::bill_pages::positions(tx, &["fleet-000", "fleet-059"]))
        .unwrap();
    assert_eq!(
        positions.iter().map(|it| it.billed).collect::<Vec<_>>(),
        [4_900; 2]
    );
    // A second time there is nothing, and the month after is one invoice again.
    assert_eq!(run("2026-01-05"), (Vec::new(), 1));
    company
        .clock
        .move_to("2026-02-12T10:00:00Z".parse().unwrap());
    assert_eq!(run("2026-02-01").0.len(), 1);
}
