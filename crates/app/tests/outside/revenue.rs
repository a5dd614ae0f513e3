//! Revenue that another system recognises: recorded by our rules, compared with what is earned.

use app::AppFault;
use app::command::Command;
use app::query::ExceptionFilter;
use app::story::{Ending, run};
use app::view::ExceptionRow;
use serde_json::{Value, json};

/// A yearly contract of 1,200.00 from January on, whose revenue `system` recognises, and what follows.
fn company(system: &str, mode: &str, steps: &str) -> Ending {
    let mut text = "version = 2\nname = \"outside\"\nsummary = \"a test\"\nsystems = [ { id = \"tieout\", role = \"control\", interface = \"internal\" }, { id = \"netsuite\", role = \"record\" } ]\ndomains = [\n".to_owned();
    for domain in [
        "customer", "product", "quote", "contract", "billing", "payment", "tax", "ledger",
    ] {
        text.push_str(&format!(
            "  {{ domain = \"{domain}\", system = \"tieout\", mode = \"act\" }},\n"
        ));
    }
    text.push_str(&format!(
        "  {{ domain = \"revenue\", system = \"{system}\", mode = \"{mode}\" }},\n]\n"
    ));
    let topology = text.replace('\n', "\n        ");
    let story = format!(
        "entities: [ {{ id: US, name: Example, currency: USD, time_zone: America/New_York }} ]
catalogue:
  - {{ code: PLAN, name: Plan, prices: [ {{ currency: USD, billing: annual, charge: {{ model: flat, amount: 1200.00 }} }} ] }}
customers: [ {{ id: acme, legal_name: Acme }} ]
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: topology
      reason: a test
      body: |
        {}
    approved_by: li
  - activate_contract: {{ id: C-1, customer: acme, entity: US, start: 2026-01-01, end: 2026-12-31, lines: [ {{ product: PLAN, component: plan }} ] }}
{steps}",
        topology.trim_end()
    );
    run(&story).unwrap_or_else(|fault| panic!("{fault}\n{story}"))
}

fn stated(through: &str, recognised: &str) -> Value {
    json!({ "system": "netsuite", "contract": "C-1", "through": through,
            "lines": [{ "component": "plan", "recognised": recognised }] })
}

fn tries(ending: &Ending, body: Value) -> Result<Value, AppFault> {
    let command = Command::read("record_outside_revenue", body).unwrap();
    ending.app.act("netsuite", command)
}

fn open(ending: &Ending) -> Vec<ExceptionRow> {
    let filter = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    ending.app.exceptions(&filter, None).unwrap().items
}

fn recognised(ending: &Ending) -> (i64, i64, String) {
    let rows = ending.app.tie_outs().unwrap();
    let row = rows.into_iter().find(|row| row.measure == "recognised");
    row.map_or((0, 0, "none".to_owned()), |row| {
        let status = serde_json::to_value(row.status).unwrap();
        let status = status.as_str().unwrap().to_owned();
        (row.expected.minor, row.actual.minor, status)
    })
}

fn refused(fault: AppFault) -> (String, String) {
    match fault {
        AppFault::Refused(mut all) => {
            let first = all.remove(0);
            (first.code, first.message)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_another_system_recognised_moves_our_books_once() {
    let ending = company("netsuite", "mirror", "  - on: 2026-02-01\n");
    // January has 31 of 365 days: 101.92.
    let first = tries(&ending, stated("2026-01-31", "101.92")).unwrap();
    assert_eq!(first["recognised"]["amount"], "101.92", "{first}");
    assert_eq!(recognised(&ending), (10_192, 10_192, "ties_out".to_owned()));
    let again = tries(&ending, stated("2026-01-31", "101.92")).unwrap();
    assert_eq!(again["recognised"]["amount"], "0.00");
    // Our own recognition leaves it alone, and in mirror nothing is compared.
    tries(&ending, stated("2026-01-31", "90.00")).unwrap();
    assert_eq!(
        recognised(&ending).1,
        9_000,
        "a restatement takes its place"
    );
    assert!(open(&ending).is_empty(), "{:?}", open(&ending));
    let entry = ending
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap();
    assert!(
        entry
            .items
            .iter()
            .any(|row| row.narration.contains("Revenue of PLAN"))
    );
}

#[test]
fn a_difference_is_raised_with_both_figures_until_they_agree() {
    let ending = company("netsuite", "verify", "  - on: 2026-02-01\n");
    let told = tries(&ending, stated("2026-01-31", "100.00")).unwrap();
    assert_eq!(told["differences"], 1);
    let [row] = open(&ending).try_into().unwrap();
    assert_eq!(row.class, "revenue_differs");
    assert_eq!(
        row.summary,
        "Contract C-1, revenue of PLAN through 2026-01-31: 101.92 USD earned here and 100.00 USD recognised by netsuite"
    );
    assert_eq!(row.value.unwrap().minor, 192);
    assert_eq!(row.owner, "Controller");
    assert_eq!(
        recognised(&ending),
        (10_192, 10_000, "explained".to_owned())
    );
    let mended = tries(&ending, stated("2026-01-31", "101.92")).unwrap();
    assert_eq!(mended["differences"], 0);
    assert!(open(&ending).is_empty());
    assert_eq!(recognised(&ending).2, "ties_out");
}

#[test]
fn a_month_that_is_not_stated_in_time_is_missed() {
    let waits = company("netsuite", "verify", "  - advance_to: 2026-02-04\n");
    assert!(open(&waits).is_empty(), "five days to state January");
    let late = company("netsuite", "verify", "  - advance_to: 2026-02-07\n");
    let [row] = open(&late).try_into().unwrap();
    let detail = late.app.exception(&row.id).unwrap().unwrap().detail;
    assert_eq!(
        detail,
        "missing_statement: the schedule has earned 101.92 USD through 2026-01-31 and netsuite recognised 0.00 USD through no day"
    );
    tries(&late, stated("2026-01-31", "101.92")).unwrap();
    assert!(open(&late).is_empty());
}

#[test]
fn a_change_of_the_contract_after_the_statement_is_a_difference_of_its_own() {
    let ending = company("netsuite", "verify", "  - on: 2026-02-01\n");
    tries(&ending, stated("2026-01-31", "101.92")).unwrap();
    let change = json!({ "contract": "C-1", "effective": "2026-01-01", "reason": "agreed",
        "change": { "kind": "price", "charge": { "model": "flat", "amount": "2400.00" } } });
    let command = Command::read("amend_contract", change).unwrap();
    ending.app.act("ana", command).unwrap();
    assert_eq!(
        recognised(&ending).1,
        10_192,
        "we do not catch up for the other system"
    );
    ending.app.verify_outside_revenue("worker").unwrap();
    let [row] = open(&ending).try_into().unwrap();
    assert_eq!(row.value.unwrap().minor, 10_192);
}

#[test]
fn what_cannot_be_stated_says_why() {
    let ours = company("tieout", "act", "  - on: 2026-02-01\n");
    let (code, message) = refused(tries(&ours, stated("2026-01-31", "1")).unwrap_err());
    assert_eq!(code, "recognised_here");
    assert!(message.contains("would count it twice"), "{message}");

    let theirs = company("netsuite", "verify", "  - on: 2026-02-01\n");
    tries(&theirs, stated("2026-01-31", "101.92")).unwrap();
    let mut other = stated("2026-01-31", "1");
    other["system"] = json!("zuora");
    assert_eq!(
        refused(tries(&theirs, other).unwrap_err()).0,
        "not_the_recogniser"
    );
    let earlier = refused(tries(&theirs, stated("2026-01-15", "1")).unwrap_err());
    assert_eq!(earlier.0, "recognised_further");
    assert!(
        earlier.1.contains("through 2026-01-31 before"),
        "{}",
        earlier.1
    );
    let mut unknown = stated("2026-01-31", "1");
    unknown["lines"][0]["component"] = json!("nothing");
    let told = refused(tries(&theirs, unknown).unwrap_err());
    assert_eq!(told.0, "component_missing");
    let mut bad = stated("2026-01-31", "1.005");
    bad["lines"][0]["component"] = Value::Null;
    assert_eq!(refused(tries(&theirs, bad).unwrap_err()).0, "bad_amount");
}
