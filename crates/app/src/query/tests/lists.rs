//! Lists, pages and details.

use super::proofs::document;
use super::{Company, at, money};
use crate::journey::exception::{self, NewException};
use crate::query::{AccountKey, ExceptionFilter, ListFilter, ResolveOutcome};
use crate::view::{Page, TieOutStatus};
use crate::{AppFault, Refusal};
use serde_json::json;
use std::collections::BTreeSet;
use store::documents::DocumentRow;
use values::Instant;

/// Follows the cursors of a list to its end: the ids in order, and how many pages there were.
fn all<T>(
    mut page: impl FnMut(Option<&str>) -> Result<Page<T>, AppFault>,
    id: impl Fn(&T) -> String,
) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, None::<String>);
    loop {
        let found = page(cursor.as_deref()).unwrap();
        pages += 1;
        ids.extend(found.items.iter().map(&id));
        match found.next {
            Some(next) => cursor = Some(next),
            None => return (ids, pages),
        }
    }
}

fn once(ids: &[String]) -> bool {
    ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
}

#[test]
fn pages_cover_every_row_once_newest_first() {
    let company = Company::new();
    company
        .app
        .run("tester", |tx, context| {
            // Pairs recorded at the same instant: the id decides.
            let rows: Vec<DocumentRow> = (0..121)
                .map(|n| document(&format!("inv_{n:03}"), n / 2))
                .collect();
            DocumentRow::insert(tx, &rows)?;
            for n in 0..120_i64 {
                let new = NewException {
                    key: format!("k{n}"),
                    class: "tie_out_break",
                    value: Some(values::Money::from_minor(
                        (n % 7 - 3) * 100,
                        values::Currency::USD,
                    )),
                    ..NewException::default()
                };
                exception::open(tx, context, new)?;
            }
            Ok(())
        })
        .unwrap();
    let filter = ListFilter::default();
    let (ids, pages) = all(
        |cursor| company.app.invoices(&filter, cursor),
        |row| row.id.clone(),
    );
    assert_eq!((ids.len(), pages, once(&ids)), (121, 3, true));
    assert_eq!((ids[0].as_str(), ids[120].as_str()), ("inv_120", "inv_000"));
    let filter = ExceptionFilter::default();
    let (ids, pages) = all(
        |cursor| company.app.exceptions(&filter, cursor),
        |row| row.id.clone(),
    );
    assert_eq!((ids.len(), pages, once(&ids)), (120, 3, true));
    let first = company.app.exceptions(&filter, None).unwrap();
    let values: Vec<i64> = first
        .items
        .iter()
        .map(|row| row.value.unwrap().minor)
        .collect();
    assert!(values.is_sorted_by(|one, other| one >= other), "{values:?}");
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let company = Company::new();
    let bad = [
        company.app.customers(Some("junk")).err(),
        company
            .app
            .journals(&ListFilter::default(), Some("W10"))
            .err(),
    ];
    for fault in bad {
        let Some(AppFault::Refused(refusals)) = fault else {
            panic!("{fault:?}")
        };
        assert!(matches!(refusals.as_slice(), [Refusal { code, .. }] if code == "bad_cursor"));
    }
}

#[test]
fn lists_heed_their_filters() {
    let company = Company::new();
    company.two_contracts();
    company.moment("2026-02-02T12:00:00Z");
    company.bill("2026-02-02");
    let of = |entity: &str, month: &str| ListFilter {
        entity: Some(entity.to_owned()),
        month: month.parse().ok(),
        ..ListFilter::default()
    };
    assert_eq!(
        company
            .app
            .invoices(&of("DE", "2026-02"), None)
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        company
            .app
            .invoices(&of("DE", "2026-03"), None)
            .unwrap()
            .items
            .len(),
        0
    );
    assert_eq!(
        company
            .app
            .journals(&of("US", "2026-02"), None)
            .unwrap()
            .items
            .len(),
        1
    );
    let contracts = company.app.contracts(&of("US", ""), None).unwrap().items;
    assert_eq!(contracts.len(), 1);
    assert_eq!(
        (contracts[0].customer_name.as_str(), contracts[0].to),
        ("Acme Corp.", values::parse_date("2026-12-31").unwrap())
    );
    let cancelled = ListFilter {
        status: Some("cancelled".to_owned()),
        ..ListFilter::default()
    };
    assert_eq!(
        company.app.contracts(&cancelled, None).unwrap().items.len(),
        0
    );
}

#[test]
fn a_contract_shows_its_position_to_the_cent() {
    let company = Company::new();
    company.two_contracts();
    let invoice = company.bill("2026-01-10").remove(0);
    company.act(
        "record_payment",
        json!({"id": "P-1", "invoice": invoice, "amount": "5000.00"}),
    );
    company.act("recognise_revenue", json!({"through": "2026-01-31"}));
    let detail = company.app.contract("C-US").unwrap().unwrap();
    let position = &detail.position;
    assert_eq!(
        (position.value, position.billed),
        (money("12000.00 USD"), money("12000.00 USD"))
    );
    assert_eq!(
        (position.collected, position.receivable),
        (money("5000.00 USD"), money("7000.00 USD"))
    );
    // 12,000 × 31 / 365, rounded once.
    assert_eq!(
        (position.recognised, position.deferred),
        (money("1019.18 USD"), money("10980.82 USD"))
    );
    assert_eq!(position.unbilled, money("0.00 USD"));
    assert_eq!(detail.summary, "seat, 10 units, annual in advance");
    assert_eq!(
        detail.components[0].terms,
        "1,200.00 USD per unit and year, in advance"
    );
    assert_eq!(
        (detail.invoices.len(), detail.invoices[0].status.as_str()),
        (1, "partly_paid")
    );
    assert!(detail.chain.hops.len() > 5);
    assert!(company.app.contract("nothing").unwrap().is_none());
}

#[test]
fn an_invoice_and_its_credit_note_show_lines_and_movements() {
    let company = Company::new();
    company.two_contracts();
    company.moment("2026-02-02T12:00:00Z");
    company.bill("2026-02-02");
    let invoice = company.app.invoice("DE-2026-00001").unwrap().unwrap();
    assert_eq!(
        (invoice.net, invoice.tax, invoice.row.total),
        (money("300.00 EUR"), money("57.00 EUR"), money("357.00 EUR"))
    );
    let line = &invoice.lines[0];
    assert_eq!(
        (line.tax_name.as_str(), line.to),
        ("standard 19 %", values::parse_date("2026-02-28").unwrap())
    );
    assert_eq!(invoice.journals.len(), 1);
    company.act(
        "issue_credit_note",
        json!({"id": "CN-1", "invoice": "DE-2026-00001", "full": true, "reason": "wrong month"}),
    );
    let invoice = company.app.invoice("DE-2026-00001").unwrap().unwrap();
    assert_eq!(invoice.row.open, money("0.00 EUR"));
    assert_eq!(invoice.movements.len(), 1);
    assert_eq!(
        (
            invoice.movements[0].object.as_str(),
            invoice.movements[0].amount
        ),
        ("CN-1", money("357.00 EUR"))
    );
    let note = company.app.invoice("CN-1").unwrap().unwrap();
    assert_eq!(
        (note.row.total, note.net, note.lines[0].net),
        (
            money("-357.00 EUR"),
            money("-300.00 EUR"),
            money("-300.00 EUR")
        )
    );
    assert_eq!(
        (note.reason.as_deref(), note.source),
        (Some("wrong month"), Some(invoice.row.id))
    );
}

#[test]
fn the_trial_balance_opens_down_to_its_lines() {
    let company = Company::new();
    company.two_contracts();
    let invoice = company.bill("2026-01-10").remove(0);
    company.moment("2026-02-03T12:00:00Z");
    company.act(
        "record_payment",
        json!({"invoice": invoice, "amount": "4000.00"}),
    );
    company.act("close_period", json!({"entity": "US", "month": "2026-01"}));
    let newest = company
        .app
        .trial_balance(Some("US"), None)
        .unwrap()
        .unwrap();
    assert_eq!(
        (newest.month.to_string().as_str(), newest.state.as_str()),
        ("2026-02", "open")
    );
    let receivable = newest
        .rows
        .iter()
        .find(|row| row.account == "1100")
        .unwrap();
    assert_eq!(
        (receivable.opening, receivable.credit, receivable.closing),
        (
            money("12000.00 USD"),
            money("4000.00 USD"),
            money("8000.00 USD")
        )
    );
    assert_eq!(
        receivable.ties_out,
        Some((
            "open amounts of all invoices".to_owned(),
            TieOutStatus::TiesOut
        ))
    );
    let [total] = newest.totals.as_slice() else {
        panic!("{:?}", newest.totals)
    };
    assert_eq!(
        (total.opening, total.debit == total.credit, total.closing),
        (money("0.00 USD"), true, money("0.00 USD"))
    );
    let january = company
        .app
        .trial_balance(Some("US"), "2026-01".parse().ok())
        .unwrap()
        .unwrap();
    assert_eq!(
        (january.state.as_str(), january.rows[0].ties_out.is_none()),
        ("closed", true)
    );
    let key = AccountKey {
        entity: "US".to_owned(),
        month: newest.month,
        account: "1100".to_owned(),
        currency: values::Currency::USD,
    };
    let account = company.app.account(&key, None).unwrap().unwrap();
    let [line] = account.lines.items.as_slice() else {
        panic!("{:?}", account.lines)
    };
    assert_eq!(
        (line.amount, line.running),
        (money("-4000.00 USD"), money("8000.00 USD"))
    );
    assert!(company.app.journal(&line.journal).unwrap().is_some());
    assert!(
        company
            .app
            .trial_balance(Some("FR"), None)
            .unwrap()
            .is_none()
    );
    assert_eq!(company.app.months("US").unwrap().len(), 2);
}

#[test]
fn lines_of_an_account_run_on_over_pages() {
    let company = Company::new();
    for n in 0..60 {
        company.act("post_journal", json!({
            "entity": "US", "date": format!("2026-01-{:02}", 28 - n % 28), "reason": "accrual",
            "lines": [{"account": "6900", "debit": "1.00"}, {"account": "1150", "credit": "1.00"}]
        }));
    }
    let key = AccountKey {
        entity: "US".to_owned(),
        month: "2026-01".parse().unwrap(),
        account: "6900".to_owned(),
        currency: values::Currency::USD,
    };
    let first = company.app.account(&key, None).unwrap().unwrap().lines;
    let second = company
        .app
        .account(&key, first.next.as_deref())
        .unwrap()
        .unwrap()
        .lines;
    let lines: Vec<_> = first.items.into_iter().chain(second.items).collect();
    assert_eq!((lines.len(), second.next), (60, None));
    assert!(lines.is_sorted_by_key(|line| line.date));
    let running: Vec<i64> = lines.iter().map(|line| line.running.minor).collect();
    assert_eq!(running, (1..=60).map(|n| n * 100).collect::<Vec<i64>>());
}

#[test]
fn an_exception_shows_what_to_do_and_what_was_done_before() {
    let company = Company::new();
    company.order("006B", "US", "NO-SUCH-THING");
    let row = company
        .app
        .exceptions(&ExceptionFilter::default(), None)
        .unwrap()
        .items
        .remove(0);
    company.act(
        "resolve_exception",
        json!({"exception": row.id, "outcome": "skipped", "reason": "test deal"}),
    );
    company.moment("2026-01-12T12:00:00Z");
    company.order("006C", "US", "NO-SUCH-THING");
    assert_eq!(company.app.open_exceptions().unwrap(), 1);
    company.moment("2026-01-13T15:00:00Z");
    let open = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let row = company.app.exceptions(&open, None).unwrap().items.remove(0);
    assert_eq!(
        (
            row.class.as_str(),
            row.age.as_str(),
            row.customer.as_deref()
        ),
        ("unknown_product", "1 d", Some("Corvid Ltd."))
    );
    let detail = company.app.exception(&row.id).unwrap().unwrap();
    assert!(detail.playbook.len() >= 3);
    assert_eq!(
        detail.payload.as_deref(),
        Some("{\n  \"Amount\": 2400.00\n}")
    );
    assert_eq!(detail.explains, ["bookings"]);
    assert_eq!(detail.similar.len(), 1);
    assert!(detail.similar[0].resolution.contains("test deal"));
    assert!(company.app.chain(&detail.chain.unwrap()).unwrap().is_some());
    let facets = company.app.exception_facets().unwrap();
    assert_eq!(
        (facets.classes[0].value.as_str(), facets.classes[0].count),
        ("unknown_product", 1)
    );
    let counts: Vec<i64> = facets.statuses.iter().map(|facet| facet.count).collect();
    assert_eq!(counts, [1, 0, 0, 0, 1]);
}

#[test]
fn the_first_screen_says_what_is_stuck_and_worth_how_much() {
    let company = Company::new();
    company.two_contracts();
    company.order("006B", "US", "NO-SUCH-THING");
    company.act(
        "record_payment",
        json!({"entity": "DE", "currency": "EUR", "amount": "70.00"}),
    );
    company.moment("2026-01-12T12:30:00Z");
    let home = company.app.home().unwrap();
    assert_eq!(home.now, at("2026-01-12T12:30:00Z"));
    assert_eq!(
        (home.exceptions_open, home.exceptions_oldest.as_deref()),
        (2, Some("2 d"))
    );
    assert_eq!(
        home.exceptions_value,
        [money("70.00 EUR"), money("2400.00 USD")]
    );
    assert_eq!(home.exceptions[0].value, Some(money("2400.00 USD")));
    let stage = |title: &str| home.flow.iter().find(|stage| stage.title == title).unwrap();
    assert_eq!(
        stage("Won").values,
        [money("3600.00 EUR"), money("14400.00 USD")]
    );
    assert_eq!(
        stage("Contracted").values,
        [money("3600.00 EUR"), money("12000.00 USD")]
    );
    assert_eq!((stage("Won").count, stage("Contracted").count), (3, 2));
    assert_eq!(
        stage("Contracted").stuck.as_deref(),
        Some("2,400.00 USD held, 1 deal")
    );
    assert_eq!(
        stage("Collected").stuck.as_deref(),
        Some("70.00 EUR unmatched, 1 payment")
    );
}

#[test]
fn customers_come_by_name_with_what_they_owe() {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-01-10");
    let rows = company.app.customers(None).unwrap().items;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Acme Corp.", "Brix GmbH"]);
    assert_eq!(
        (rows[0].open.as_slice(), rows[0].contracts),
        ([money("12000.00 USD")].as_slice(), 1)
    );
    let acme = company.app.customer("acme").unwrap().unwrap();
    assert_eq!(
        (
            acme.contracts.len(),
            acme.invoices.len(),
            acme.exceptions.len()
        ),
        (1, 1, 0)
    );
    assert_eq!(acme.anchors[0].text, "by transfer within 30 days");
}

#[test]
fn the_search_box_finds_ids_numbers_and_names() {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-01-10");
    let hrefs = |text: &str| -> Vec<String> {
        company
            .app
            .search(text)
            .unwrap()
            .into_iter()
            .map(|hit| hit.href)
            .collect()
    };
    assert_eq!(hrefs("C-US"), ["/contracts/C-US"]);
    assert_eq!(hrefs("US-2026-00001").len(), 1);
    assert_eq!(hrefs("ACME"), ["/customers/acme", "/contracts/C-US"]);
    assert!(hrefs("  ").is_empty() && hrefs("100%").is_empty());
}

#[test]
fn the_proof_of_intake_and_the_list_of_payments_add_up() {
    let company = Company::new();
    company
        .app
        .run("tester", |tx, _| {
            for (n, status) in ["confirmed", "confirmed", "open", "rejected"]
                .iter()
                .enumerate()
            {
                let row = store::inbox::InboxRow {
                    source: "stripe".to_owned(),
                    source_id: format!("evt_{n}"),
                    kind: "charge.succeeded".to_owned(),
                    received: 1,
                    digest: vec![],
                    raw: vec![],
                    status: (*status).to_owned(),
                    reason: String::new(),
                    attempts: 0,
                    next_attempt: 0,
                    deliveries: 1,
                    correlation: String::new(),
                };
                store::inbox::receive(tx, &row)?;
            }
            Ok(())
        })
        .unwrap();
    let [row] = company.app.intake().unwrap().try_into().unwrap();
    assert_eq!(
        (row.accepted, row.confirmed, row.open, row.rejected),
        (4, 2, 1, 1)
    );
    company.act(
        "record_payment",
        json!({"id": "P-1", "customer": "acme", "entity": "US", "amount": "9.00"}),
    );
    company.act(
        "refund_payment",
        json!({"payment": "P-1", "reason": "not ours"}),
    );
    let payments = company
        .app
        .payments(&ListFilter::default(), None)
        .unwrap()
        .items;
    assert_eq!(
        (payments.len(), payments[0].status.as_str()),
        (1, "refunded")
    );
    assert_eq!(
        payments[0].time,
        Instant::from_microseconds(company.app.now().microseconds())
    );
}

#[test]
fn an_exception_is_given_to_somebody_and_ended_once() {
    let company = Company::new();
    company.order("006B", "US", "NO-SUCH-THING");
    let all = ExceptionFilter::default();
    let id = company
        .app
        .exceptions(&all, None)
        .unwrap()
        .items
        .remove(0)
        .id;
    company
        .app
        .assign_exception(&id, "dana", "controller")
        .unwrap();
    let row = company.app.exceptions(&all, None).unwrap().items.remove(0);
    assert_eq!(
        (row.owner.as_str(), row.status.as_str()),
        ("dana", "assigned")
    );
    for _ in 0..2 {
        company
            .app
            .resolve_exception(&id, ResolveOutcome::Settle, "sold elsewhere", "dana")
            .unwrap();
    }
    let refused = company
        .app
        .resolve_exception(&id, ResolveOutcome::Reject, "no", "dana");
    assert!(matches!(refused, Err(AppFault::Refused(_))), "{refused:?}");
    assert_eq!(company.app.open_exceptions().unwrap(), 0);
    let detail = company.app.exception(&id).unwrap().unwrap();
    assert!(detail.resolution.unwrap().contains("sold elsewhere"));
}
