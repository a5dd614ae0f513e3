//! Tax by an engine, printed tax, work billed in parts and billing between legal entities.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command;
use app::journey::taxation::SimulatedTaxEngine;
use app::query::ExceptionFilter;
use app::story::{Ending, report, run};
use serde_json::Value;

fn told(text: &str) -> Ending {
    run(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

/// A contract whose tax an engine decides; our own rows say 19 %.
fn by_engine(offline: &str) -> Ending {
    told(&format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: CORE, name: Core, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: flat, amount: 100.00 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord }} ]
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: tax
      reason: an engine decides
      body: |
        {{ \"rates\": [ {{ \"entity\": \"DE\", \"tax_code\": \"standard\", \"rate\": \"0.19\", \"from\": \"2000-01-01\", \"name\": \"VAT 19 %\" }} ],
          \"sellers\": [ {{ \"entity\": \"DE\", \"country\": \"DE\", \"engine\": {{ \"name\": \"taxworks\", \"offline\": \"{offline}\" }} }} ] }}
    approved_by: li
  - set_tax_profile: {{ customer: nord, tax: {{ country: DE }} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-01-31, lines: [ {{ product: CORE, component: core }} ] }}
"
    ))
}

fn engine(rate: &str) -> SimulatedTaxEngine {
    SimulatedTaxEngine::with(&[("DE", rate.parse().unwrap())])
}

fn invoices(ending: &Ending) -> Vec<(String, String, String)> {
    let report = report(ending).unwrap();
    let rows = report["invoices"].as_array().unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| (text(row, "net"), text(row, "tax"), text(row, "total")))
        .collect()
}

fn open(ending: &Ending) -> Vec<(String, String)> {
    let filter = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let rows = ending.app.exceptions(&filter, None).unwrap().items;
    rows.into_iter()
        .map(|row| (row.class, row.summary))
        .collect()
}

fn act(ending: &Ending, name: &str, body: Value) -> Result<Value, String> {
    let command = Command::read(name, body).unwrap();
    ending
        .app
        .act("li", command)
        .map_err(|fault| fault.to_string())
}

fn decision(summary: &str) -> String {
    let (_, rest) = summary.split_once("(decision ").unwrap();
    rest.trim_end_matches(')').to_owned()
}

#[test]
fn the_engine_decides_once_it_has_answered() {
    let ending = by_engine("hold");
    assert!(
        invoices(&ending).is_empty(),
        "nothing is issued before it answers"
    );
    let asked = ending
        .app
        .ask_tax_engine("worker", &engine("0.19"))
        .unwrap();
    assert_eq!((asked.answered, asked.issued), (1, 1));
    let one = ("100.00".to_owned(), "19.00".to_owned(), "119.00".to_owned());
    assert_eq!(invoices(&ending), [one]);
    assert!(open(&ending).is_empty());
    // It is asked once.
    let again = ending
        .app
        .ask_tax_engine("worker", &engine("0.19"))
        .unwrap();
    assert_eq!(again, app::journey::taxation::AskedTax::default());
}

#[test]
fn a_mismatch_holds_the_invoice_until_a_person_takes_one_figure() {
    for (take, tax) in [("engine", "7.00"), ("table", "19.00")] {
        let ending = by_engine("hold");
        ending
            .app
            .ask_tax_engine("worker", &engine("0.07"))
            .unwrap();
        assert!(invoices(&ending).is_empty(), "held");
        ending.app.bill_due("worker").unwrap();
        assert!(invoices(&ending).is_empty(), "still held");
        let rows = open(&ending);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].0, "tax_mismatch");
        let told = "our own rows come to 19.00 EUR tax and the engine to 7.00 EUR";
        assert!(rows[0].1.contains(told), "{rows:?}");
        let id = decision(&rows[0].1);
        let body =
            |reason: &str| serde_json::json!({ "decision": id, "take": take, "reason": reason });
        let silent = act(&ending, "accept_tax", body(" ")).unwrap_err();
        assert_eq!(silent, "say why these figures are the right ones");
        act(&ending, "accept_tax", body("checked with the tax office")).unwrap();
        let all = invoices(&ending);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].1, tax);
        assert!(open(&ending).is_empty());
        let twice = act(&ending, "accept_tax", body("again")).unwrap_err();
        assert!(twice.contains("waits for nobody"), "{twice}");
    }
}

#[test]
fn an_engine_that_is_away_holds_or_lets_our_rows_decide_as_the_policy_says() {
    let held = by_engine("hold");
    let sim = engine("0.19");
    sim.set_away(true);
    held.app.ask_tax_engine("worker", &sim).unwrap();
    assert!(invoices(&held).is_empty());
    assert_eq!(open(&held)[0].0, "tax_engine_away");
    sim.set_away(false);
    held.app.ask_tax_engine("worker", &sim).unwrap();
    assert_eq!(invoices(&held).len(), 1);
    assert!(open(&held).is_empty());

    let lets = by_engine("table");
    let sim = engine("0.07");
    sim.set_away(true);
    let asked = lets.app.ask_tax_engine("worker", &sim).unwrap();
    assert_eq!((asked.away, asked.issued), (1, 1));
    assert_eq!(invoices(&lets)[0].1, "19.00");
    assert!(open(&lets).is_empty());
    // Once it is back its answer is compared with what was issued.
    sim.set_away(false);
    lets.app.ask_tax_engine("worker", &sim).unwrap();
    let rows = open(&lets);
    assert_eq!(rows[0].0, "tax_mismatch");
    assert!(rows[0].1.contains("issued by our own rows"), "{rows:?}");
    assert_eq!(invoices(&lets).len(), 1);
}

#[test]
fn pairs_of_entities_net_to_zero_or_neither_is_posted() {
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../stories/entities-bill-each-other.yaml"),
    )
    .unwrap();
    let ending = told(&text);
    for row in ending.app.intercompany_nets().unwrap() {
        assert_eq!(row.difference, 0, "{row:?}");
    }
    let before = ending.app.intercompany("").unwrap().len();
    act(
        &ending,
        "close_period",
        serde_json::json!({ "entity": "IE", "month": "2026-01" }),
    )
    .unwrap();
    let body = serde_json::json!({ "seller": "US", "buyer": "IE", "description": "late", "cost": "5", "on": "2026-01-31" });
    let refused = act(&ending, "bill_entity", body).unwrap_err();
    assert!(refused.contains("closed"), "{refused}");
    assert_eq!(ending.app.intercompany("").unwrap().len(), before);
    assert!(
        ending
            .app
            .intercompany_nets()
            .unwrap()
            .iter()
            .all(|row| row.difference == 0)
    );
}

/// Nord pays 9.99 a month with 19 % tax in it from the first of January on; then these steps.
fn with_tax_in_it(line: &str, steps: &str) -> Ending {
    told(&story(line, steps))
}

fn story(line: &str, steps: &str) -> String {
    format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: CORE, name: Core, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: flat, amount: 9.99 }} }} ] }}
  - {{ code: PLUS, name: Plus, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: flat, amount: 19.99 }} }} ] }}
  - {{ code: TIER, name: Tiers, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: graduated, tiers: [ {{ unit_price: 2.00 }} ] }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord }} ]
automatic: {{ billing: true, recognition: false, collection: false }}
steps:
  - on: 2026-01-01
    activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ {{ product: CORE, component: core, price_includes_tax: true{line} }} ] }}
{steps}"
    )
}

/// An amendment of C-1 as a step.
fn amended(effective: &str, change: &str) -> String {
    format!(
        "  - amend_contract: {{ contract: C-1, effective: {effective}, reason: agreed, change: {{ {change} }} }}\n"
    )
}

fn sums(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let text = |text: &&str| (*text).to_owned();
    rows.iter()
        .map(|(net, tax, total)| (text(net), text(tax), text(total)))
        .collect()
}

const JANUARY: (&str, &str, &str) = ("8.39", "1.60", "9.99");

#[test]
fn what_is_added_or_swapped_in_at_a_price_with_tax_costs_that_price() {
    let plus = "line: { product: PLUS, component: plus, price_includes_tax: true }";
    for (change, february) in [
        // 8.39 + 16.80 without tax; 1.60 + 3.19 of tax.
        (
            format!("kind: add, {plus}"),
            ("25.19", "4.79", "29.98"),
        ),
        (
            format!("kind: swap, component: core, {plus}"),
            ("16.80", "3.19", "19.99"),
        ),
        // Without a word the price of a line is one without tax, as of a line that is signed.
        (
            "kind: swap, component: core, line: { product: PLUS, component: plus }".to_owned(),
            ("19.99", "3.80", "23.79"),
        ),
        // The phases of the line have tax in their prices too.
        (
            "kind: swap, component: core, line: { product: PLUS, component: plus, price_includes_tax: true, \
             phases: [ { phase: discount, months: 1, unit_price: 4.99 }, { phase: evergreen } ] }"
                .to_owned(),
            ("4.19", "0.80", "4.99"),
        ),
    ] {
        let steps = format!("{}  - advance_to: 2026-02-02\n", amended("2026-02-01", &change));
        let ending = with_tax_in_it("", &steps);
        assert_eq!(invoices(&ending), sums(&[JANUARY, february]), "{change}");
    }
}

#[test]
fn a_new_price_is_stated_as_the_price_before_or_as_the_amendment_says() {
    for (change, february) in [
        ("kind: price, unit_price: 12.99", ("10.92", "2.07", "12.99")),
        (
            "kind: price, unit_price: 12.99, price_includes_tax: true",
            ("10.92", "2.07", "12.99"),
        ),
        (
            "kind: price, unit_price: 12.99, price_includes_tax: false",
            ("12.99", "2.47", "15.46"),
        ),
        (
            "kind: ramp, steps: [ { effective: 2026-02-01, unit_price: 12.99 } ]",
            ("10.92", "2.07", "12.99"),
        ),
        (
            "kind: phases, phases: [ { phase: evergreen, unit_price: 12.99 } ]",
            ("10.92", "2.07", "12.99"),
        ),
    ] {
        let steps = format!(
            "{}  - advance_to: 2026-02-02\n",
            amended("2026-02-01", change)
        );
        let ending = with_tax_in_it("", &steps);
        assert_eq!(invoices(&ending), sums(&[JANUARY, february]), "{change}");
    }
    // What is agreed without tax afterwards is not held when the rate changes.
    let change = "kind: price, unit_price: 10.00, price_includes_tax: false";
    let steps = format!(
        "{}  - set_tax_rate: {{ entity: DE, rate: 0.21, from: 2026-02-01, name: VAT 21 % }}\n    approved_by: li\n  - advance_to: 2026-02-02\n",
        amended("2026-02-01", change)
    );
    let ending = with_tax_in_it("", &steps);
    let february = ("10.00", "2.10", "12.10");
    assert_eq!(invoices(&ending), sums(&[JANUARY, february]));
}

#[test]
fn a_price_of_tiers_cannot_have_tax_in_it() {
    let tiers = "{ model: graduated, tiers: [ { unit_price: 2.00 } ] }";
    let ending = with_tax_in_it("", "");
    for (change, field) in [
        (
            format!("kind: price, charge: {tiers}"),
            "change.price_includes_tax",
        ),
        (
            "kind: add, line: { product: TIER, component: tier, price_includes_tax: true }"
                .to_owned(),
            "change.line.price_includes_tax",
        ),
    ] {
        let body = app::story::read_yaml(&format!(
            "{{ contract: C-1, effective: 2026-02-01, change: {{ {change} }} }}"
        ));
        let command = Command::read("amend_contract", body.unwrap()).unwrap();
        let fault = ending.app.act("li", command).unwrap_err();
        let app::AppFault::Refused(refused) = fault else {
            panic!("{fault}");
        };
        assert_eq!(refused[0].code, "price_not_single", "{change}");
        assert_eq!(refused[0].field.as_deref(), Some(field), "{change}");
        let told = "is not priced by one amount; state its price without tax";
        assert!(refused[0].message.contains(told), "{}", refused[0].message);
    }
}

const FROM_MARCH: &str = "  - set_tax_rate: { entity: DE, rate: 0.21, from: 2026-03-01, name: VAT 21 % }\n    approved_by: li\n";

fn held(ending: &Ending) -> Vec<String> {
    open(ending)
        .into_iter()
        .map(|(_, summary)| summary)
        .collect()
}

#[test]
fn a_rate_that_changes_holds_the_invoice_until_the_price_is_agreed_again() {
    let until = |last: &str| format!("{FROM_MARCH}  - advance_to: {last}\n");
    let january_and_february = [JANUARY, JANUARY];
    let waits = with_tax_in_it("", &until("2026-03-02"));
    assert_eq!(invoices(&waits), sums(&january_and_february));
    let told = held(&waits);
    assert_eq!(told.len(), 1, "{told:?}");
    let mend = "its price was agreed with 0.19 tax in it and the rate is 0.21 now; agree the price again from 2026-03-01, the first day that waits to be billed";
    assert!(told[0].contains(mend), "{told:?}");

    // The customer goes on paying 9.99, of which 1.73 is tax now.
    let again = amended("2026-03-01", "kind: price, unit_price: 9.99");
    let steps = format!("{}{again}  - advance_to: 2026-04-02\n", until("2026-03-02"));
    let ending = with_tax_in_it("", &steps);
    let at_21 = ("8.26", "1.73", "9.99");
    let all = [JANUARY, JANUARY, at_21, at_21];
    assert_eq!(invoices(&ending), sums(&all));
    assert_eq!(held(&ending), Vec::<String>::new());

    // Or the price without tax stays, and the customer bears the two points: 8.39 × 1.21.
    let change = "kind: price, unit_price: 8.39, price_includes_tax: false";
    let steps = format!(
        "{}{}  - advance_to: 2026-03-03\n",
        until("2026-03-02"),
        amended("2026-03-01", change)
    );
    let ending = with_tax_in_it("", &steps);
    let all = [JANUARY, JANUARY, ("8.39", "1.76", "10.15")];
    assert_eq!(invoices(&ending), sums(&all));
    assert_eq!(held(&ending), Vec::<String>::new());
}

#[test]
fn what_is_billed_afterwards_is_agreed_again_from_the_day_that_the_refusal_names() {
    // February is billed at its end, under the rate that came in the middle of it.
    let rate = FROM_MARCH.replace("2026-03-01", "2026-02-15");
    let steps = format!("{rate}  - advance_to: 2026-03-02\n");
    let waits = with_tax_in_it(", timing: arrears", &steps);
    assert_eq!(invoices(&waits), sums(&[JANUARY]));
    let told = held(&waits);
    assert!(
        told[0].contains("agree the price again from 2026-02-01"),
        "{told:?}"
    );
    let again = amended("2026-02-01", "kind: price, unit_price: 9.99");
    let ending = with_tax_in_it(
        ", timing: arrears",
        &format!("{steps}{again}  - advance_to: 2026-03-03\n"),
    );
    assert_eq!(
        invoices(&ending),
        sums(&[JANUARY, ("8.26", "1.73", "9.99")])
    );
    assert_eq!(held(&ending), Vec::<String>::new());
}

#[test]
fn a_price_agreed_for_a_later_day_keeps_its_own_rate() {
    let ramp = amended(
        "2026-01-01",
        "kind: ramp, steps: [ { effective: 2026-04-01, unit_price: 12.99 } ]",
    );
    let again = amended("2026-03-01", "kind: price, unit_price: 9.99");
    let steps = format!(
        "{ramp}{FROM_MARCH}  - advance_to: 2026-02-20\n{again}  - advance_to: 2026-04-02\n"
    );
    let ending = with_tax_in_it("", &steps);
    let all = [JANUARY, JANUARY, ("8.26", "1.73", "9.99")];
    assert_eq!(invoices(&ending), sums(&all));
    let told = held(&ending);
    assert!(
        told[0].contains("agree the price again from 2026-04-01"),
        "{told:?}"
    );
    let last = amended("2026-04-01", "kind: price, unit_price: 12.99");
    let ending = with_tax_in_it("", &format!("{steps}{last}  - advance_to: 2026-04-03\n"));
    let all = [
        JANUARY,
        JANUARY,
        ("8.26", "1.73", "9.99"),
        ("10.74", "2.25", "12.99"),
    ];
    assert_eq!(invoices(&ending), sums(&all));
}

#[test]
fn a_new_rate_in_the_middle_of_what_was_billed_gives_back_the_old_tax_and_charges_the_new() {
    // The days from the middle of February to the middle of March are billed at 19 %. From the first of
    // March on the price is agreed again: of half of them 4.19 and 0.80 of tax is given back, and the
    // same days cost 4.13 and 0.87 of tax.
    let again = amended("2026-03-01", "kind: price, unit_price: 9.99");
    let steps =
        format!("{FROM_MARCH}  - advance_to: 2026-03-01\n{again}  - advance_to: 2026-03-16\n");
    let text = story("", &steps).replace("2026-01-01", "2026-01-15");
    let all = [
        JANUARY,
        JANUARY,
        ("-0.06", "0.07", "0.01"),
        ("8.26", "1.73", "9.99"),
    ];
    assert_eq!(invoices(&told(&text)), sums(&all));
}

#[test]
fn an_amendment_taken_back_takes_its_tax_back_too() {
    let price = amended(
        "2026-02-01",
        "kind: price, unit_price: 12.99, price_includes_tax: false",
    );
    let undone = amended("2026-02-01", "kind: undo, version: 2");
    let steps = format!("{price}{undone}  - advance_to: 2026-02-02\n");
    let ending = with_tax_in_it("", &steps);
    assert_eq!(invoices(&ending), sums(&[JANUARY, JANUARY]));
    // What was agreed of another component since then stands in nobody's way, and stays.
    let plus = amended(
        "2026-02-01",
        "kind: add, line: { product: PLUS, component: plus, price_includes_tax: true }",
    );
    let steps = format!("{price}{plus}{undone}  - advance_to: 2026-02-02\n");
    let ending = with_tax_in_it("", &steps);
    let february = ("25.19", "4.79", "29.98");
    assert_eq!(invoices(&ending), sums(&[JANUARY, february]));
}

#[test]
fn price_lists_renewals_and_price_changes_state_prices_with_tax_where_they_were_agreed_so() {
    // The catalogue's price is one with tax for this contract, and so it is when it is renewed at it.
    let steps = "  - publish_product: { code: CORE, name: Core, prices: [ { currency: EUR, billing: monthly, charge: { model: flat, amount: 9.99 } }, { currency: EUR, billing: monthly, from: 2027-01-01, charge: { model: flat, amount: 11.99 } } ] }
  - amend_contract: { contract: C-1, effective: 2026-01-01, reason: agreed, change: { kind: renew, months: 12, price: { rule: list } } }
  - advance_to: 2027-01-02
";
    let rows = invoices(&with_tax_in_it("", steps));
    let listed = ("10.08", "1.91", "11.99");
    assert_eq!(rows.last(), sums(&[listed]).last(), "{rows:?}");
    for (price, february) in [
        ("rule: unit, unit_price: 11.99", listed),
        ("rule: uplift, rate: 0.10", ("9.23", "1.76", "10.99")),
    ] {
        let steps = format!(
            "  - plan_price_change: {{ id: PC-1, product: CORE, effective: 2026-02-01, price: {{ {price} }}, reason: dearer }}
  - approve_price_change: {{ price_change: PC-1 }}
    by: dana
  - advance_to: 2026-02-02
"
        );
        let rows = invoices(&with_tax_in_it("", &steps));
        assert_eq!(rows, sums(&[JANUARY, february]), "{price}");
    }
}
