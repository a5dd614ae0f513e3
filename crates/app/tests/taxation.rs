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
