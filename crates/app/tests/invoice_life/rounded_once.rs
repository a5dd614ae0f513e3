//! Lines that are rounded once for the whole invoice: whichever way a document comes about and goes, its
//! rounding is the same, the account for roundings agrees, and credits leave nothing of it.

use crate::company::Company;
use app::story::run;
use app::view::TieOutStatus;
use ledger::RuleBook;
use serde_json::{Value, json};
use store::journals;

const HALF_UP: &str = "{ net_rounding: { per_invoice: half_up } }";

/// A company that sells three things at 0.334 a month on contract C-1, as it stands at the end of the
/// first of January after `more` steps.
fn company(policy: &str, more: &str) -> Company {
    let text = format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: BIT, name: Bits, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: per_unit, unit_price: 0.334 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord AG }} ]
steps:
  - on: 2026-01-01
    set_invoice_policy: {{ entity: DE, policy: {policy} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ {} ] }}
{more}",
        bits(3)
    );
    let ending = run(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    Company { ending }
}

fn bits(count: usize) -> String {
    let line = |at| format!("{{ product: BIT, component: bit-{at} }}");
    (0..count).map(line).collect::<Vec<_>>().join(", ")
}

/// Debits less credits of the account for roundings.
fn posted(company: &Company) -> i64 {
    let store = company.ending.app.store();
    let rows = store.read(|tx| journals::balances(tx, "DE")).unwrap();
    let rows = rows.into_iter().filter(|row| row.account == "6920");
    rows.map(|row| row.debit - row.credit).sum()
}

fn ties_out(company: &Company) {
    for row in company.ending.app.tie_outs().unwrap() {
        assert_ne!(row.status, TieOutStatus::Break, "{row:?}");
    }
}

/// Net, tax, rounding and total of an invoice, minor units.
fn figures(company: &Company, number: &str) -> (i64, i64, i64, i64) {
    let invoice = company.invoice(number);
    let rounding = invoice.rounding.map_or(0, |line| line.amount.minor);
    let (net, tax) = (invoice.net.minor, invoice.tax.minor);
    (net, tax, rounding, invoice.row.total.minor)
}

fn set_policy(company: &Company, policy: Value) {
    company.controller("li");
    let body = json!({ "entity": "DE", "policy": policy });
    let answer = company.act("set_invoice_policy", body).unwrap();
    let approval = answer["approval"].as_str().unwrap();
    company.ending.app.grant(approval, "li").unwrap();
}

fn bill(company: &Company, through: &str) {
    company
        .act("run_billing", json!({ "through": through }))
        .unwrap();
}

#[test]
fn three_thirds_of_a_cent_are_a_cent_of_their_own_line() {
    let company = company(HALF_UP, "");
    assert_eq!(figures(&company, "DE-2026-00001"), (99, 18, 1, 118));
    let invoice = company.invoice("DE-2026-00001");
    let nets: Vec<i64> = invoice.lines.iter().map(|line| line.net.minor).collect();
    assert_eq!(nets, [33, 33, 33], "the lines stay as they are");
    let line = invoice.rounding.unwrap();
    assert_eq!(line.words(), "lines rounded once per invoice, half up");
    assert_eq!(posted(&company), -1);
    ties_out(&company);
    // A void takes it back, and what is billed again has it again.
    let body = json!({ "invoice": "DE-2026-00001", "reason": "a wrong address" });
    company.act("void_invoice", body).unwrap();
    assert_eq!(posted(&company), 0);
    company.day();
    assert_eq!(figures(&company, "DE-2026-00002"), (99, 18, 1, 118));
    assert_eq!(posted(&company), -1);
    ties_out(&company);
}

#[test]
fn each_line_by_itself_is_the_rule_until_another_one_is_stated() {
    for policy in ["{ draft_days: 0 }", "{ net_rounding: per_line }"] {
        let company = company(policy, "");
        assert_eq!(figures(&company, "DE-2026-00001"), (99, 18, 0, 117));
        assert_eq!(company.invoice("DE-2026-00001").rounding, None);
        assert_eq!(posted(&company), 0);
        // An invoice of before is credited to the cent, whatever holds by then.
        set_policy(
            &company,
            json!({ "net_rounding": { "per_invoice": "half_up" } }),
        );
        let body = json!({ "invoice": "DE-2026-00001", "reason": "a gift", "full": true });
        let credit = company.act("issue_credit_note", body).unwrap();
        assert_eq!(credit["total"]["amount"], "1.17");
        assert_eq!(posted(&company), 0);
        bill(&company, "2026-02-01");
        assert_eq!(figures(&company, "DE-2026-00002"), (99, 18, 1, 118));
        ties_out(&company);
    }
}

#[test]
fn credits_in_parts_give_back_what_the_whole_had_whatever_holds_by_then() {
    let company = company(HALF_UP, "");
    let credit = |amount: Option<&str>| {
        let mut body = json!({ "invoice": "DE-2026-00001", "reason": "agreed" });
        match amount {
            Some(amount) => body["amount"] = json!(amount),
            None => body["full"] = json!(true),
        }
        let answer = company.act("issue_credit_note", body).unwrap();
        (
            answer["total"]["amount"].as_str().unwrap().to_owned(),
            posted(&company),
        )
    };
    // 0.10 with its tax is not yet half of the invoice, and so has nothing of its cent.
    assert_eq!(credit(Some("0.10")), ("0.13".to_owned(), -1));
    set_policy(&company, json!({}));
    assert_eq!(credit(Some("0.60")), ("0.70".to_owned(), 0));
    assert_eq!(credit(None), ("0.35".to_owned(), 0));
    let invoice = company.invoice("DE-2026-00001");
    assert_eq!(invoice.row.open.minor, 0);
    assert_eq!(invoice.row.status, "credited");
    ties_out(&company);
}

#[test]
fn half_a_cent_goes_the_way_of_the_rule() {
    // Three times 0.334 and 0.003 are 1.005.
    let more = "  - amend_contract: { contract: C-1, effective: 2026-01-01, reason: small things, change: { kind: add, line: { product: BIT, component: small, unit_price: 0.003 } } }\n    approved_by: li\n";
    let figures_by = |way: &str| {
        let policy = format!("{{ net_rounding: {{ per_invoice: {way} }} }}");
        let company = company(&policy, more);
        let invoice = company.invoice("DE-2026-00001");
        (
            figures(&company, "DE-2026-00001"),
            invoice.rounding.unwrap().words(),
        )
    };
    let (up, words) = figures_by("half_up");
    assert_eq!(up, (99, 18, 2, 119));
    assert_eq!(words, "lines rounded once per invoice, half up");
    let (even, words) = figures_by("half_even");
    assert_eq!(even, (99, 18, 1, 118));
    assert_eq!(words, "lines rounded once per invoice, half to even");
}

#[test]
fn with_a_cash_unit_the_lines_come_first_and_one_line_names_both() {
    let policy = r#"{ net_rounding: { per_invoice: half_up }, rounding: [ { to: { amount: "0.10", currency: EUR }, mode: down } ] }"#;
    let company = company(policy, "");
    // 0.99 and 0.18 are 1.18 with the lines rounded once, of which 1.10 is paid.
    assert_eq!(figures(&company, "DE-2026-00001"), (99, 18, -7, 110));
    let invoice = company.invoice("DE-2026-00001");
    assert_eq!(
        invoice.rounding.unwrap().words(),
        "lines rounded once per invoice, half up; then rounded to 0.10 EUR, down"
    );
    for (amount, total) in [(json!("0.50"), "0.50"), (Value::Null, "0.60")] {
        let mut body = json!({ "invoice": "DE-2026-00001", "reason": "agreed" });
        match amount {
            Value::Null => body["full"] = json!(true),
            amount => body["amount"] = amount,
        }
        let answer = company.act("issue_credit_note", body).unwrap();
        assert_eq!(answer["total"]["amount"], total);
    }
    assert_eq!(posted(&company), 0);
    assert_eq!(company.invoice("DE-2026-00001").row.open.minor, 0);
    ties_out(&company);
}

#[test]
fn a_draft_and_a_limit_look_at_the_rounded_total() {
    let drafted = company(
        "{ draft_days: 5, net_rounding: { per_invoice: half_up } }",
        "",
    );
    let draft = drafted.draft();
    assert_eq!(draft.row.total.to_string(), "1.18 EUR");
    assert_eq!(draft.rounding.unwrap().to_string(), "0.01 EUR");
    assert_eq!(posted(&drafted), 0, "a draft moves no account");
    let preview = drafted.ending.app.preview_invoice_draft(&draft.row.id);
    let preview = preview.unwrap();
    assert_eq!(preview.after, Some(draft.row.total));
    let shown = preview.impact.documents[0].rounding.unwrap();
    assert_eq!(shown.words(), "lines rounded once per invoice, half up");
    let body = json!({ "draft": draft.row.id, "version": 1 });
    let answer = drafted.act("finalise_invoice", body).unwrap();
    assert_eq!(answer["refreshed"], false);
    let invoice = drafted.invoice("DE-2026-00001");
    assert_eq!(
        (invoice.row.total, invoice.rounding),
        (draft.row.total, Some(shown))
    );
    ties_out(&drafted);
    // 1.17 would have been within the limit.
    let limited = company(
        r#"{ approve_over: [ { amount: "1.17", currency: EUR } ], net_rounding: { per_invoice: half_up } }"#,
        "",
    );
    assert!(limited.invoices().is_empty());
    let needs = limited.draft().row.needs;
    assert_eq!(needs, "1.18 EUR is over the limit of 1.17 EUR");
}

#[test]
fn the_preview_of_a_bill_run_is_what_it_issues() {
    let more = "  - create_customer: { id: hafen, legal_name: Hafen GmbH }
  - change_customer: { customer: hafen, parent: nord, reason: bought }
    approved_by: dana
  - set_consolidation: { customer: nord, policy: parent_pays, reason: the group pays at once }
    approved_by: dana
  - activate_contract: { id: C-2, customer: hafen, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: BIT, component: one } ] }
  - create_customer: { id: alone, legal_name: Alone GmbH }
  - activate_contract: { id: C-3, customer: alone, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: BIT, component: one }, { product: BIT, component: two }, { product: BIT, component: three } ] }
";
    let company = company(HALF_UP, more);
    let app = &company.ending.app;
    // Four lines of two companies on one invoice: 1.336 is 1.34 and not 1.32.
    let together = company.invoices();
    assert_eq!(together.len(), 2, "{together:?}");
    assert_eq!(figures(&company, "DE-2026-00002"), (132, 24, 2, 158));
    assert_eq!(figures(&company, "DE-2026-00001"), (99, 18, 1, 118));
    // What C-3 no longer expects is given back, with its part of the rounding.
    for (contract, on) in [("C-3", "2026-01-01"), ("C-1", "2026-01-16")] {
        let body = json!({ "contract": contract, "effective": on, "reason": "closed", "change": { "kind": "cancel" } });
        company.act("amend_contract", body).unwrap();
    }
    let run = json!({ "id": "run-1", "through": "2026-01-31" });
    company.act("create_bill_run", run).unwrap();
    app.work_bill_runs().unwrap();
    let expected = app.bill_run("run-1").unwrap().expected;
    assert!(
        expected.iter().map(|total| total.documents).sum::<i64>() >= 2,
        "{expected:?}"
    );
    let body = json!({ "run": "run-1", "action": "start", "reason": "the month is over" });
    company.act("steer_bill_run", body).unwrap();
    app.work_bill_runs().unwrap();
    assert_eq!(app.bill_run("run-1").unwrap().issued, expected);
    assert_eq!(company.invoice("DE-2026-00001").row.open.minor, 0);
    ties_out(&company);
}

#[test]
fn a_correction_of_an_earlier_month_counts_with_its_exact_amount() {
    let company = company(HALF_UP, "");
    // One of the three was never wanted: on the next invoice 0.334 is taken back and 0.668 charged.
    let body = json!({ "contract": "C-1", "effective": "2026-01-01", "reason": "never wanted",
        "change": { "kind": "remove", "component": "bit-2" } });
    company.act("amend_contract", body).unwrap();
    bill(&company, "2026-02-01");
    let (net, tax, rounding, total) = figures(&company, "DE-2026-00002");
    assert_eq!((net, rounding), (33, 0), "0.334 in all");
    assert_eq!(net + tax + rounding, total);
    // What is left of the first invoice gives back what is left of its rounding and no more.
    let body = json!({ "invoice": "DE-2026-00001", "reason": "a gift", "full": true });
    let credit = company.act("issue_credit_note", body).unwrap();
    assert_eq!(credit["total"]["amount"], "0.79");
    assert_eq!(posted(&company), 0);
    ties_out(&company);
}

#[test]
fn a_choice_that_a_posting_rule_would_not_post_is_refused_with_the_rule() {
    let company = company("{ draft_days: 5 }", "");
    company.controller("li");
    let text = RuleBook::STANDARD.replacen("amount = \"rounding\"", "amount = \"tax\"", 1);
    let rules = json!({ "toml": text });
    let answer = company.act("publish_posting_rules", rules.clone()).unwrap();
    let approval = answer["approval"].as_str().unwrap().to_owned();
    company.ending.app.grant(&approval, "li").unwrap();
    let body =
        json!({ "entity": "DE", "policy": { "net_rounding": { "per_invoice": "half_up" } } });
    let (code, words) = company.refused("set_invoice_policy", body);
    assert_eq!(code, "rounding_not_posted");
    assert!(
        words.starts_with("posting rule invoice-issued does not post"),
        "{words}"
    );
    // And the other way round, while lines are rounded once.
    let company = self::company(HALF_UP, "");
    let (code, words) = company.refused("publish_posting_rules", rules);
    assert_eq!(code, "rounding_not_posted");
    assert!(words.contains("and amounts of DE are rounded"), "{words}");
}
