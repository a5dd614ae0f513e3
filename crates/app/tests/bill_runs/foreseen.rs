//! A preview says of each contract what the run does with it: what is issued, what stands as a draft and
//! what waits for a tax engine.

use crate::company::Company;
use app::bill_run::{BillRunResultView, BillRunTotals};
use app::story::{Ending, run};
use serde_json::json;

/// Kind, how many, net, tax and total of each sum, in cents.
fn sums(totals: &[BillRunTotals]) -> Vec<(&str, i64, i64, i64, i64)> {
    fn one(sum: &BillRunTotals) -> (&str, i64, i64, i64, i64) {
        let amounts = [sum.net, sum.tax, sum.total];
        let [net, tax, total] = amounts.map(|amount| amount.minor);
        (&sum.kind, sum.documents, net, tax, total)
    }
    totals.iter().map(one).collect()
}

#[test]
fn a_preview_counts_what_the_run_leaves_as_drafts_apart_from_what_it_issues() {
    let company = Company::new();
    let policy = json!({ "entity": "DE", "policy": { "draft_days": 3 } });
    company.act("set_invoice_policy", policy);
    // Of cus-04 the contracts con-04 and con-24 are Austria's and con-14 is Germany's.
    let plan = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-04" });
    company.act("create_bill_run", plan);
    company.app.work_bill_runs().unwrap();
    let before = company.app.bill_run("run-1").unwrap();
    // 15 seats at 12.50 and care of 49.00; 5 and 25 seats, and care twice; each line with 19 %.
    assert_eq!(
        sums(&before.expected),
        [
            ("draft_invoice", 1, 23_650, 4_494, 28_144),
            ("invoice", 2, 47_300, 8_988, 56_288),
        ]
    );
    let foreseen = company.app.bill_run_results("run-1", None).unwrap().items;
    let said = |rows: &[BillRunResultView]| -> Vec<(String, String)> {
        rows.iter()
            .map(|row| (row.contract.clone(), row.outcome.clone()))
            .collect()
    };
    let outcomes = [
        ("con-04".to_owned(), "issued".to_owned()),
        ("con-14".to_owned(), "drafted".to_owned()),
        ("con-24".to_owned(), "issued".to_owned()),
    ];
    assert_eq!(said(&foreseen), outcomes);
    assert_eq!(foreseen[1].why, "draft invoice of 281.44 EUR");
    let drafts = company.app.store().read(|tx| {
        store::invoice_drafts::open_of(tx, "con-14").map(|draft| draft.map(|draft| draft.id))
    });
    assert_eq!(drafts.unwrap(), None, "a preview leaves no draft");
    company.act(
        "steer_bill_run",
        json!({ "run": "run-1", "action": "start" }),
    );
    company.app.work_bill_runs().unwrap();
    let after = company.app.bill_run("run-1").unwrap();
    assert_eq!(after.issued, before.expected);
    assert_eq!((after.run.issued, company.documents().len()), (2, 2));
    let results = company.app.bill_run_results("run-1", None).unwrap().items;
    assert_eq!(said(&results), outcomes);
}

/// A run of two contracts, one of a seller whose tax an engine decides, told through the day it started.
fn by_engine(away: bool) -> Ending {
    let text = format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }}, {{ id: AT, name: Alpen, currency: EUR, time_zone: Europe/Vienna }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }}, {{ entity: AT, rate: 0.2, name: VAT 20 % }} ]
tax_engines: [ {{ name: taxworks, rates: {{ DE: 0.19 }} }} ]
catalogue:
  - {{ code: CORE, name: Core, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: flat, amount: 100.00 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord }} ]
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: tax
      reason: an engine decides
      body: |
        {{ \"rates\": [ {{ \"entity\": \"DE\", \"tax_code\": \"standard\", \"rate\": \"0.19\", \"from\": \"2000-01-01\", \"name\": \"VAT 19 %\" }},
            {{ \"entity\": \"AT\", \"tax_code\": \"standard\", \"rate\": \"0.2\", \"from\": \"2000-01-01\", \"name\": \"VAT 20 %\" }} ],
          \"sellers\": [ {{ \"entity\": \"DE\", \"country\": \"DE\", \"engine\": {{ \"name\": \"taxworks\", \"offline\": \"hold\" }} }} ] }}
    approved_by: li
  - set_tax_profile: {{ customer: nord, tax: {{ country: DE }} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-01-31, lines: [ {{ product: CORE, component: core }} ] }}
  - activate_contract: {{ id: C-2, customer: nord, entity: AT, start: 2026-01-01, end: 2026-01-31, lines: [ {{ product: CORE, component: core }} ] }}
  - create_bill_run: {{ id: R-1, through: 2026-01-01 }}
  - on: 2026-01-02
    tax_engines_away: {away}
  - steer_bill_run: {{ run: R-1, action: start }}
"
    );
    run(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

#[test]
fn an_invoice_that_waits_for_a_tax_engine_says_so_with_its_amount_before_tax() {
    let ending = by_engine(true);
    let found = ending.app.bill_run("R-1").unwrap();
    let both = [
        ("invoice", 1, 10_000, 2_000, 12_000),
        ("untaxed_invoice", 1, 10_000, 0, 10_000),
    ];
    assert_eq!(sums(&found.expected), both);
    assert_eq!(sums(&found.issued), both);
    assert_eq!(
        (
            found.run.status.as_str(),
            found.run.issued,
            found.run.held,
            found.held.len()
        ),
        ("done", 1, 0, 0)
    );
    let results = ending.app.bill_run_results("R-1", None).unwrap().items;
    let waiting = &results[0];
    assert_eq!(
        (waiting.contract.as_str(), waiting.outcome.as_str()),
        ("C-1", "waits")
    );
    assert_eq!(
        waiting.why,
        "invoice of 100.00 EUR before tax waits for the tax engine taxworks"
    );
    assert_eq!(waiting.document, "");
    assert_ne!(waiting.exception, "", "the engine is away");
    assert_eq!(results[1].outcome, "issued");
}

#[test]
fn the_result_names_the_invoice_that_the_answer_issued() {
    let ending = by_engine(false);
    let results = ending.app.bill_run_results("R-1", None).unwrap().items;
    assert_eq!(results[0].number, "DE-2026-00001");
    assert_eq!(
        results[0].total.map(|total| total.to_string()).as_deref(),
        Some("119.00 EUR")
    );
}

#[test]
fn a_preview_says_which_engine_an_invoice_will_wait_for() {
    let text = "entities: [ { id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin } ]
taxes: [ { entity: DE, rate: 0.19, name: VAT 19 % } ]
catalogue:
  - { code: CORE, name: Core, prices: [ { currency: EUR, billing: monthly, charge: { model: flat, amount: 100.00 } } ] }
customers: [ { id: nord, legal_name: Nord } ]
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: tax
      reason: an engine decides
      body: |
        { \"rates\": [ { \"entity\": \"DE\", \"tax_code\": \"standard\", \"rate\": \"0.19\", \"from\": \"2000-01-01\", \"name\": \"VAT 19 %\" } ],
          \"sellers\": [ { \"entity\": \"DE\", \"country\": \"DE\", \"engine\": { \"name\": \"taxworks\", \"offline\": \"hold\" } } ] }
    approved_by: li
  - activate_contract: { id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-01-31, lines: [ { product: CORE, component: core } ] }
  - create_bill_run: { id: R-1, through: 2026-01-01 }
";
    let ending = run(text).unwrap_or_else(|fault| panic!("{fault}"));
    let found = ending.app.bill_run("R-1").unwrap();
    assert_eq!(found.run.status, "ready");
    assert_eq!(
        sums(&found.expected),
        [("untaxed_invoice", 1, 10_000, 0, 10_000)]
    );
    let results = ending.app.bill_run_results("R-1", None).unwrap().items;
    assert_eq!(results[0].outcome, "waits");
    assert_eq!(
        results[0].why,
        "invoice of 100.00 EUR before tax waits for the tax engine taxworks"
    );
    let asked = ending
        .app
        .store()
        .read(|tx| store::tax_decisions::unanswered(tx, "", 10))
        .unwrap();
    assert!(asked.is_empty(), "a preview asks no engine");
}
