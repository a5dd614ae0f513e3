//! Billing that another system does: recorded once, posted by our rules, and compared with what it
//! should have billed.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::query::ExceptionFilter;
use app::story::{Ending, run};
use app::view::{ExceptionRow, TieOutRow};

fn topology(mode: &str, version: u32) -> String {
    let system = if mode == "act" { "tieout" } else { "chargebee" };
    let mut text = format!(
        "version = {version}\nname = \"outside\"\nsummary = \"a test\"\nsystems = [ {{ id = \"tieout\", role = \"control\", interface = \"internal\" }}, {{ id = \"chargebee\", role = \"monetization\" }} ]\ndomains = [\n"
    );
    for domain in [
        "customer", "product", "quote", "contract", "payment", "tax", "revenue", "ledger",
    ] {
        text.push_str(&format!(
            "  {{ domain = \"{domain}\", system = \"tieout\", mode = \"act\" }},\n"
        ));
    }
    text.push_str(&format!(
        "  {{ domain = \"billing\", system = \"{system}\", mode = \"{mode}\" }},\n]\n"
    ));
    text
}

/// A step that puts a mode of billing in force.
fn mode(mode: &str, version: u32) -> String {
    let body = topology(mode, version).replace('\n', "\n        ");
    format!(
        "  - propose_configuration:\n      kind: topology\n      reason: a test\n      body: |\n        {}\n    approved_by: li\n",
        body.trim_end()
    )
}

/// A monthly contract of ten seats at 120.00 from January on, billed outside and verified.
fn verified(steps: &str) -> Ending {
    let text = format!(
        "entities: [ {{ id: US, name: Example, currency: USD, time_zone: America/New_York }} ]
taxes: [ {{ entity: US, tax_code: standard, rate: 0.10, name: Sales tax 10 % }} ]
catalogue:
  - {{ code: SEAT, name: Seat, prices: [ {{ currency: USD, billing: monthly, charge: {{ model: per_unit, unit_price: 120.00 }} }} ] }}
  - {{ code: HELP, name: Help, prices: [ {{ currency: USD, billing: monthly, charge: {{ model: flat, amount: 50.00 }} }} ] }}
customers: [ {{ id: acme, legal_name: Acme }} ]
steps:
  - on: 2026-01-01
{}  - activate_contract: {{ id: C-1, customer: acme, entity: US, start: 2026-01-01, end: 2026-12-31, lines: [ {{ product: SEAT, quantity: 10, component: seats }} ] }}
{steps}",
        mode("verify", 2)
    );
    run(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

fn invoice(id: &str, issued: &str, line: &str) -> String {
    format!(
        "  - record_outside_invoice: {{ system: chargebee, outside_id: in-{id}, number: CB-{id}, contract: C-1, issued: {issued}, lines: [ {{ {line} }} ] }}\n"
    )
}

const JANUARY: &str = "from: 2026-01-01, to: 2026-01-31, net: 1200.00, tax: 120.00";

fn open(ending: &Ending) -> Vec<ExceptionRow> {
    let filter = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    ending.app.exceptions(&filter, None).unwrap().items
}

/// What is at stake in minor units, without its sign, and the kind of difference of every open exception.
fn differences(ending: &Ending) -> Vec<(i64, String)> {
    let mut all: Vec<(i64, String)> = open(ending)
        .iter()
        .map(|row| {
            let detail = ending.app.exception(&row.id).unwrap().unwrap();
            let kind = detail
                .detail
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned();
            (row.value.map_or(0, |value| value.minor), kind)
        })
        .collect();
    all.sort();
    all
}

fn tie_out(ending: &Ending, measure: &str) -> TieOutRow {
    let rows = ending.app.tie_outs().unwrap();
    let found = rows.into_iter().find(|row| row.measure == measure);
    found.unwrap_or_else(|| panic!("{measure}"))
}

fn stands(ending: &Ending) -> (i64, i64, String) {
    let row = tie_out(ending, "billed_elsewhere");
    let status = serde_json::to_value(row.status).unwrap();
    (
        row.expected.minor,
        row.actual.minor,
        status.as_str().unwrap().to_owned(),
    )
}

#[test]
fn what_is_due_is_on_its_way_for_three_days_and_then_missing() {
    let waits = verified("  - advance_to: 2026-01-03\n");
    assert_eq!(stands(&waits), (120_000, 0, "timing".to_owned()));
    assert!(differences(&waits).is_empty());
    let late = verified("  - advance_to: 2026-01-05\n");
    assert_eq!(
        differences(&late),
        [(120_000, "missing_invoice".to_owned())]
    );
    assert_eq!(stands(&late), (120_000, 0, "explained".to_owned()));
    let comes = invoice("1", "2026-01-06", JANUARY);
    let billed = verified(&format!(
        "  - advance_to: 2026-01-05\n  - on: 2026-01-06\n{comes}"
    ));
    assert!(differences(&billed).is_empty());
    assert_eq!(stands(&billed), (120_000, 120_000, "ties_out".to_owned()));
}

#[test]
fn every_kind_of_difference_is_told_apart_with_both_figures() {
    let other = |line: &str| {
        let first = invoice("1", "2026-01-01", line);
        let ending = verified(&format!("{first}  - advance_to: 2026-01-10\n"));
        let row = tie_out(&ending, "billed_elsewhere");
        let status = serde_json::to_value(row.status).unwrap();
        assert_ne!(status, "break", "{line}");
        differences(&ending)
    };
    let one = |value: i64, kind: &str| vec![(value, kind.to_owned())];
    assert_eq!(other(JANUARY), vec![]);
    assert_eq!(
        other("from: 2026-01-01, to: 2026-01-31, net: 1210.00, tax: 121.00"),
        one(1_000, "other_amount")
    );
    assert_eq!(
        other("from: 2026-01-01, to: 2026-01-31, quantity: 8, net: 960.00, tax: 96.00"),
        one(24_000, "missing_line")
    );
    assert_eq!(
        other("from: 2026-01-01, to: 2026-01-31, quantity: 12, net: 1440.00, tax: 144.00"),
        one(24_000, "extra_line")
    );
    assert_eq!(
        other("from: 2026-01-01, to: 2026-01-31, net: 1200.00, tax: 228.00"),
        one(10_800, "other_tax")
    );
}

#[test]
fn a_line_of_an_unknown_component_is_kept_and_posted_when_the_contract_has_it() {
    let line = "component: help, from: 2026-01-01, to: 2026-01-31, net: 50.00, tax: 5.00";
    let parked = format!(
        "{}{}",
        invoice("1", "2026-01-01", JANUARY),
        invoice("2", "2026-01-01", line)
    );
    let waits = verified(&parked);
    let rows = open(&waits);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].class, "outside_document_parked");
    assert_eq!(rows[0].value.unwrap().minor, 5_000);
    let kept = waits.app.outside_documents(None, true, None).unwrap().items;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].document.is_none());
    let amended = format!(
        "{parked}  - on: 2026-01-02\n    amend_contract: {{ contract: C-1, effective: 2026-01-01, change: {{ kind: add, line: {{ product: HELP, component: help }} }} }}\n"
    );
    let posted = verified(&amended);
    assert!(open(&posted).is_empty(), "{:?}", open(&posted));
    assert!(
        posted
            .app
            .outside_documents(None, true, None)
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(stands(&posted), (125_000, 125_000, "ties_out".to_owned()));
}

#[test]
fn a_refused_parked_document_stops_neither_the_others_nor_the_day() {
    let parked = |id: &str, component: &str, more: &str| {
        format!(
            "  - record_outside_invoice: {{ system: chargebee, outside_id: {id}, number: CB-{id}, contract: C-1, issued: 2026-01-01, {more}lines: [ {{ component: {component}, from: 2026-01-01, to: 2026-01-31, net: 50.00, tax: 5.00 }} ] }}\n"
        )
    };
    let add = |component: &str| {
        format!(
            "  - on: 2026-01-02\n    amend_contract: {{ contract: C-1, effective: 2026-01-01, change: {{ kind: add, line: {{ product: HELP, component: {component} }} }} }}\n"
        )
    };
    // The note credits an invoice that was never recorded, and is looked at between the two others.
    let text = [
        invoice("1", "2026-01-01", JANUARY),
        parked("k-1", "help", ""),
        parked(
            "k-2",
            "help",
            "kind: credit_note, credits: never, goodwill: true, ",
        ),
        parked("k-3", "more", ""),
        add("help"),
        add("more"),
        "  - advance_to: 2026-01-10\n".to_owned(),
    ];
    let ending = verified(&text.concat());
    let kept = ending
        .app
        .outside_documents(None, true, None)
        .unwrap()
        .items;
    let ids: Vec<&str> = kept.iter().map(|row| row.outside_id.as_str()).collect();
    assert_eq!(ids, ["k-2"]);
    let rows = open(&ending);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].class, "outside_document_parked");
    assert!(
        rows[0].summary.contains("no posted invoice never"),
        "{rows:?}"
    );
}

#[test]
fn a_timeline_that_cannot_be_rated_is_told_and_the_day_goes_on() {
    let ending = verified(
        "  - activate_contract: { id: C-2, customer: acme, entity: US, start: 2026-01-01, end: 2026-12-31, lines: [ { product: HELP, component: help } ] }\n  - advance_to: 2026-01-10\n",
    );
    // As after a change of the rules of rating: what was agreed can be priced no more.
    let broken = |tx: &mut store::Tx<'_>| -> Result<(), app::AppFault> {
        let mut row = store::contracts::contract(tx, "C-1")?.unwrap();
        assert!(row.body.contains("\"120"), "{}", row.body);
        row.body = row.body.replace("\"120", "\"79000000000000000000000000120");
        row.version += 1;
        Ok(store::contracts::put_version(tx, &row, &row.body, 0)?)
    };
    ending.app.store().write(broken).unwrap();
    ending.app.daily_work("tester", false).unwrap();
    let rows = open(&ending);
    let classes: Vec<&str> = rows.iter().map(|row| row.class.as_str()).collect();
    assert!(classes.contains(&"billing_parked"), "{rows:?}");
    assert!(
        classes.contains(&"billing_differs"),
        "C-2 is compared: {rows:?}"
    );
}

#[test]
fn goodwill_is_no_difference_and_any_other_credit_is_one() {
    let credit = |goodwill: bool| {
        let first = invoice("1", "2026-01-01", JANUARY);
        let ending = verified(&format!(
            "{first}  - record_outside_invoice: {{ system: chargebee, outside_id: n1, kind: credit_note, credits: in-1, goodwill: {goodwill}, number: CBN-1, contract: C-1, issued: 2026-01-01, lines: [ {{ from: 2026-01-01, to: 2026-01-31, net: 100.00, tax: 10.00 }} ] }}\n  - advance_to: 2026-01-31\n"
        ));
        differences(&ending)
    };
    assert_eq!(credit(true), vec![]);
    assert_eq!(credit(false), [(10_000, "other_amount".to_owned())]);
}

#[test]
fn what_was_overcharged_can_be_given_back_by_us_after_the_cut_over() {
    let first = invoice(
        "1",
        "2026-01-01",
        "from: 2026-01-01, to: 2026-01-31, net: 1210.00, tax: 121.00",
    );
    let act = mode("act", 3);
    let cut = format!("{first}  - on: 2026-01-20\n{act}");
    let before = verified(&cut);
    assert_eq!(differences(&before), [(1_000, "other_amount".to_owned())]);
    let billings = tie_out(&before, "billings");
    assert_eq!(billings.difference.minor, -1_000);
    assert_eq!(
        serde_json::to_value(billings.status).unwrap(),
        "explained",
        "{billings:?}"
    );
    let after = verified(&format!(
        "{cut}  - issue_credit_note: {{ invoice: CB-1, reason: overcharged by Chargebee, amount: 10.00 }}\n  - advance_to: 2026-01-31\n"
    ));
    assert!(differences(&after).is_empty());
    assert_eq!(tie_out(&after, "billings").difference.minor, 0);
    // Nothing was given up: the revenue of January is what the contract says.
    let deferred = tie_out(&after, "deferred");
    assert_eq!((deferred.expected.minor, deferred.difference.minor), (0, 0));
}

#[test]
fn only_the_system_of_record_bills() {
    let stranger = "  - record_outside_invoice: { system: zuora, outside_id: 1, number: Z-1, contract: C-1, issued: 2026-01-01, lines: [ { from: 2026-01-01, to: 2026-01-31, net: 1200.00, tax: 120.00 } ] }\n    expect_refusal: not_the_biller\n";
    let ending = verified(&stranger.replace("outside_id: 1", "outside_id: '1'"));
    assert!(
        ending
            .app
            .outside_documents(None, false, None)
            .unwrap()
            .items
            .is_empty()
    );
    let wrong = "  - record_outside_invoice: { system: chargebee, outside_id: x, number: X, contract: C-1, currency: EUR, issued: 2026-01-01, lines: [ { from: 2026-01-31, to: 2026-01-01, net: 12.345, tax: 0 } ] }\n    expect_refusal: not_of_the_contract\n";
    let refused = verified(wrong);
    let told = refused.told.last().unwrap().answer["refused"].to_string();
    for code in ["not_of_the_contract", "bad_amount", "end_before_start"] {
        assert!(told.contains(code), "{told}");
    }
}

#[test]
fn a_file_of_outside_invoices_is_taken_in_row_by_row() {
    let ending = verified("");
    let content = "system,outside_id,number,contract,issued,lines[0].from,lines[0].to,lines[0].net,lines[0].tax\n\
                   chargebee,in-1,CB-1,C-1,2026-01-01,2026-01-01,2026-01-31,1200.00,120.00\n";
    let body = serde_json::json!({ "name": "chargebee.csv", "content": content });
    let command = app::command::Command::read("import_outside_invoices", body).unwrap();
    let answer = ending.app.act("clerk", command).unwrap();
    assert_eq!(answer["accepted"], 1, "{answer}");
    let none = app::connections::Connections::none();
    app::intake::process_due(&ending.app, &none, 10);
    let rows = ending
        .app
        .outside_documents(Some("C-1"), false, None)
        .unwrap()
        .items;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].status.as_str(), rows[0].net.minor),
        ("posted", 120_000)
    );
}
