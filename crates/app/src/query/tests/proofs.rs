//! Tie-outs and the check of the books: they agree after every kind of journey, and a difference is
//! named or breaks.

use super::{Company, money, open_ends};
use crate::journey::exception::{self, NewException};
use crate::query::{BooksProblem, verify_books};
use crate::record::post_parked;
use crate::view::TieOutStatus;
use serde_json::json;
use store::documents::DocumentRow;
use store::effects::EffectRow;
use store::journals::BalanceRow;

#[test]
fn every_figure_ties_out_after_every_kind_of_journey() {
    let company = Company::new();
    company.two_contracts();
    company.order("006A", "US", "SEAT");
    let billed = company.bill("2026-01-10");
    assert_eq!(billed.len(), 2);
    assert_eq!(open_ends(&company.tie_outs()), Vec::<String>::new());

    company.act(
        "record_payment",
        json!({"id": "P-1", "customer": "acme", "entity": "US", "amount": "13000.00"}),
    );
    company.moment("2026-03-05T12:00:00Z");
    company.bill("2026-03-05");
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    company.act("amend_contract", json!({
        "contract": "C-US", "effective": "2026-03-05", "change": {"kind": "quantity", "quantity": 14}
    }));
    company.bill("2026-03-05");
    company.act(
        "issue_credit_note",
        json!({"invoice": billed[0], "amount": "300.00", "reason": "goodwill"}),
    );
    company.act(
        "refund_payment",
        json!({"payment": "P-1", "amount": "100.00", "reason": "paid too much"}),
    );
    assert_eq!(open_ends(&company.tie_outs()), Vec::<String>::new());

    company.moment("2026-05-02T12:00:00Z");
    company.act(
        "amend_contract",
        json!({"contract": "C-DE", "effective": "2026-05-01", "change": {"kind": "cancel"}}),
    );
    company.bill("2026-05-02");
    company.act("recognise_revenue", json!({"through": "2026-04-30"}));
    let rows = company.tie_outs();
    assert_eq!(open_ends(&rows), Vec::<String>::new());
    let measures: Vec<&str> = rows
        .iter()
        .filter(|row| row.entity == "US")
        .map(|row| row.measure.as_str())
        .collect();
    for measure in [
        "bookings",
        "billings",
        "deferred",
        "recognised",
        "receivable",
        "unapplied",
        "tax",
        "cash",
    ] {
        assert!(
            measures.contains(&measure),
            "{measure} is missing in {measures:?}"
        );
    }
    let report = company.app.verify_books().unwrap();
    assert_eq!(report.problems, []);
    assert!(report.journals > 8 && report.manual == 0);
}

#[test]
fn what_is_owed_and_not_billed_breaks_until_it_is_billed() {
    let company = Company::new();
    company.two_contracts();
    let row = company.tie_out("billings", "US");
    assert_eq!(
        (row.difference, row.status),
        (money("12000.00 USD"), TieOutStatus::Break)
    );
    assert_eq!(row.href, "/invoices?entity=US");
    company.bill("2026-01-10");
    assert_eq!(
        company.tie_out("billings", "US").status,
        TieOutStatus::TiesOut
    );
}

#[test]
fn a_deal_that_cannot_be_taken_over_names_the_gap_in_bookings() {
    let company = Company::new();
    company.two_contracts();
    company.order("006B", "US", "NO-SUCH-THING");
    let row = company.tie_out("bookings", "US");
    assert_eq!(row.difference, money("2400.00 USD"));
    assert_eq!(row.status, TieOutStatus::Explained);
    assert_eq!(row.exceptions.len(), 1);
    // Once the CRM has been read again, its figure counts and not what it had sent.
    company
        .app
        .run("sweep", |tx, _| {
            store::settings::set_setting(tx, "crm_booked/US/USD", "250000")?;
            Ok(())
        })
        .unwrap();
    let row = company.tie_out("bookings", "US");
    assert_eq!(
        (row.difference, row.status),
        (money("2500.00 USD"), TieOutStatus::Break)
    );
}

#[test]
fn a_parked_posting_names_its_part_of_every_balance() {
    let company = Company::new();
    company.two_contracts();
    company.act("close_period", json!({"entity": "US", "month": "2026-01"}));
    company.bill("2026-01-10");
    let ends = open_ends(&company.tie_outs());
    assert_eq!(
        ends,
        [
            "deferred US 12,000.00 USD Explained",
            "receivable US 12,000.00 USD Explained"
        ]
    );
    company.act(
        "reopen_period",
        json!({"entity": "US", "month": "2026-01", "reason": "late invoice"}),
    );
    company
        .app
        .run("tester", |tx, context| {
            let parked = store::exceptions::all_open(tx)?;
            let event = parked[0].key.strip_prefix("posting/").unwrap().to_owned();
            assert!(post_parked(tx, context, &event)?);
            Ok(())
        })
        .unwrap();
    assert_eq!(open_ends(&company.tie_outs()), Vec::<String>::new());
}

#[test]
fn a_difference_breaks_until_an_exception_names_all_of_it() {
    let company = Company::new();
    company
        .app
        .run("tester", |tx, _| {
            DocumentRow::insert(tx, &[document("inv_x", 1)])?;
            Ok(())
        })
        .unwrap();
    let row = company.tie_out("receivable", "US");
    assert_eq!(
        (row.difference, row.status),
        (money("10.00 USD"), TieOutStatus::Break)
    );
    for (part, status) in [
        ("4.00 USD", TieOutStatus::Break),
        ("6.00 USD", TieOutStatus::Explained),
    ] {
        let value = money(part);
        company
            .app
            .run("tester", move |tx, context| {
                let new = NewException {
                    key: format!("part/{value}"),
                    class: "tie_out_break",
                    entity: "US".to_owned(),
                    measure: "receivable".to_owned(),
                    value: Some(value),
                    ..NewException::default()
                };
                exception::open(tx, context, new)
            })
            .unwrap();
        assert_eq!(
            company.tie_out("receivable", "US").status,
            status,
            "after {part}"
        );
    }
    let row = company.tie_out("receivable", "US");
    assert_eq!((row.exceptions.len(), row.exceptions_count), (2, 2));
}

/// An invoice of 10 dollars that no journal knows of.
pub(super) fn document(id: &str, created: i64) -> DocumentRow {
    DocumentRow {
        id: id.to_owned(),
        kind: "invoice".to_owned(),
        number: format!("N-{id}"),
        entity: "US".to_owned(),
        customer: "acme".to_owned(),
        contract: "C-US".to_owned(),
        currency: "USD".to_owned(),
        issued: "2026-01-10".to_owned(),
        due: "2026-02-09".to_owned(),
        net: 1_000,
        tax: 0,
        total: 1_000,
        remaining: 1_000,
        status: "open".to_owned(),
        source: String::new(),
        reason: String::new(),
        correlation: "chn_x".to_owned(),
        created,
    }
}

#[test]
fn the_processor_s_word_counts_for_cards() {
    let company = Company::new();
    company.act(
        "record_payment",
        json!({
            "customer": "acme", "entity": "US", "amount": "100.00", "fee": "3.20", "method": "card"
        }),
    );
    company.act(
        "record_payment",
        json!({"customer": "acme", "entity": "US", "amount": "50.00"}),
    );
    assert_eq!(company.tie_out("cash", "US").expected, money("146.80 USD"));
    assert_eq!(open_ends(&company.tie_outs()), Vec::<String>::new());
    company
        .app
        .run("sweep", |tx, _| {
            store::settings::set_setting(tx, "processor_balance/US/USD", "9000")?;
            Ok(())
        })
        .unwrap();
    let row = company.tie_out("cash", "US");
    assert_eq!(
        (row.expected, row.actual),
        (money("140.00 USD"), money("146.80 USD"))
    );
    assert_eq!(row.status, TieOutStatus::Break);
}

#[test]
fn the_check_of_the_books_finds_a_balance_that_no_line_made() {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-01-10");
    let problems = company
        .app
        .run("tester", |tx, _| {
            let row = BalanceRow {
                entity: "US".to_owned(),
                account: "3000".to_owned(),
                currency: "USD".to_owned(),
                month: "2026-01".to_owned(),
                debit: 500,
                credit: 0,
            };
            BalanceRow::insert(tx, &[row])?;
            Ok(verify_books(tx)?.problems)
        })
        .unwrap();
    assert_eq!(
        problems,
        [
            BooksProblem::BalanceDiffers {
                entity: "US".to_owned(),
                account: "3000".to_owned(),
                month: "2026-01".to_owned(),
                kept: money("5.00 USD"),
                folded: money("0.00 USD"),
            },
            BooksProblem::BooksUnbalanced {
                entity: "US".to_owned(),
                difference: money("5.00 USD")
            },
        ]
    );
}

/// Keeps what another system was found to say, and when.
fn told(company: &Company, settings: &[(&str, &str)]) {
    let settings: Vec<(String, String)> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    company
        .app
        .run("sweep", move |tx, _| {
            for (name, value) in &settings {
                store::settings::set_setting(tx, name, value)?;
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_happened_since_a_reading_is_no_difference() {
    let company = Company::new();
    company.order("006A", "US", "SEAT");
    company.order("006B", "US", "NO-SUCH-THING");
    company.act(
        "record_payment",
        json!({
            "customer": "acme", "entity": "US", "amount": "100.00", "fee": "3.00", "method": "card"
        }),
    );
    company.bill("2026-01-10");
    let read = [
        ("crm_booked/US/USD", "480000"),
        ("crm_booked/read", "2026-01-10T12:00:00Z"),
        ("crm_booked/names", "crm_booked/US/USD"),
        ("processor_balance/US/USD", "9700"),
        ("processor_balance/read", "2026-01-10T12:00:00Z"),
    ];
    told(&company, &read);
    assert_eq!(
        open_ends(&company.tie_outs()),
        ["bookings US 2,400.00 USD Explained"]
    );
    company.moment("2026-01-10T12:10:00Z");
    company.order("006C", "US", "SEAT");
    company.order("006D", "US", "NO-SUCH-THING");
    company.act("record_payment", json!({
        "id": "P-2", "customer": "acme", "entity": "US", "amount": "50.00", "fee": "2.00", "method": "card"
    }));
    company.act(
        "refund_payment",
        json!({"payment": "P-2", "amount": "20.00", "reason": "too much"}),
    );
    company.bill("2026-01-10");
    assert_eq!(
        open_ends(&company.tie_outs()),
        ["bookings US 4,800.00 USD Explained"]
    );
    assert_eq!(company.tie_out("cash", "US").expected, money("125.00 USD"));
    // A deal that was in the reading already, and is mended after it, does not count twice.
    company.publish("NO-SUCH-THING", "1200", "annual");
    company.order("006D", "US", "NO-SUCH-THING");
    let held_before = "order/salesforce/006B";
    company
        .app
        .run("tester", move |tx, _| {
            let item = store::inbox::InboxRow {
                source: "salesforce".to_owned(),
                source_id: "006B@1".to_owned(),
                kind: "Opportunity".to_owned(),
                received: super::at("2026-01-10T11:59:00Z").microseconds(),
                digest: vec![],
                raw: vec![],
                status: "open".to_owned(),
                reason: String::new(),
                attempts: 0,
                next_attempt: 0,
                deliveries: 1,
                correlation: String::new(),
            };
            assert!(store::exceptions::open_about(tx, held_before)?.is_some());
            store::inbox::receive(tx, &item)?;
            Ok(())
        })
        .unwrap();
    company.order("006B", "US", "NO-SUCH-THING");
    company.bill("2026-01-10");
    assert_eq!(open_ends(&company.tie_outs()), Vec::<String>::new());
    assert_eq!(
        company.tie_out("bookings", "US").expected,
        money("9600.00 USD")
    );
}

#[test]
fn a_parked_delivery_names_the_journals_behind_it() {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-01-10");
    let effect = |id: &str, lane: &str, status: &str, amount: i64| EffectRow {
        id: id.to_owned(),
        lane: lane.to_owned(),
        connection: "netsuite".to_owned(),
        operation: "netsuite.journal_entry".to_owned(),
        subject: format!("journal/{id}"),
        key: format!("key/{id}"),
        request: "{}".to_owned(),
        status: status.to_owned(),
        attempts: 1,
        next_attempt: 0,
        error_class: String::new(),
        error: String::new(),
        external_id: String::new(),
        read_back: 0,
        entity: "US".to_owned(),
        amount,
        currency: "USD".to_owned(),
        correlation: String::new(),
        created: 1,
        changed: 1,
        fence: 0,
        lease: 0,
        priority: 0,
        fallback: 0,
        first_sent: 0,
        last_sent: 0,
    };
    // The one journal of the books, 12,000.00, as four deliveries.
    let rows = [
        effect("eff_1", "a", "confirmed", 700_000),
        effect("eff_2", "a", "parked", 300_000),
        effect("eff_3", "a", "intended", 150_000),
        effect("eff_4", "b", "confirmed", 50_000),
    ];
    company
        .app
        .run("tester", move |tx, context| {
            store::effects::intend(tx, &rows)?;
            let new = NewException {
                key: "effect/eff_2".to_owned(),
                class: "effect_refused",
                entity: "US".to_owned(),
                measure: "delivered".to_owned(),
                value: Some(money("3000.00 USD")),
                ..NewException::default()
            };
            exception::open(tx, context, new)
        })
        .unwrap();
    let row = company.tie_out("delivered", "US");
    assert_eq!(
        (row.difference, row.status),
        (money("4500.00 USD"), TieOutStatus::Explained)
    );
    let connections = company.app.connections().unwrap();
    assert_eq!(
        (
            connections[0].confirmed,
            connections[0].waiting,
            connections[0].parked
        ),
        (2, 1, 1)
    );
}

#[test]
fn a_change_that_reaches_back_into_recognised_days_is_caught_up_in_its_own_transaction() {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-01-10");
    company.moment("2026-03-05T12:00:00Z");
    company.bill("2026-03-05");
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    let before = company.tie_out("recognised", "US").actual;

    // Two seats more from the middle of January, recorded when January and February are closed.
    for month in ["2026-01", "2026-02"] {
        company.act("close_period", json!({"entity": "US", "month": month}));
    }
    company.act("amend_contract", json!({
        "contract": "C-US", "effective": "2026-01-15", "change": {"kind": "quantity", "quantity": 12}
    }));
    let row = company.tie_out("recognised", "US");
    assert_eq!(row.status, TieOutStatus::TiesOut, "{row:?}");
    // Two seats at 1,200.00 over the 351 of 365 days that are left are 2,307.95; 45 days of them are
    // recognised already.
    let added = row.actual.minus(before).unwrap();
    assert_eq!(added, money("295.89 USD"));
    assert_eq!(
        company.tie_out("unbilled", "US").status,
        TieOutStatus::TiesOut
    );
    // It counts in March, and the run of March adds March only.
    let march = company.revenue_of("US", "2026-03");
    assert_eq!(march, money("295.89 USD"));
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    assert_eq!(company.revenue_of("US", "2026-03"), march);
    assert_eq!(company.revenue_of("US", "2026-02"), money("1939.73 USD"));
}
