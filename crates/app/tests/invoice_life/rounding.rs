//! Amounts to pay in whole cash units: drafts, voids, write-offs, and rules that do not know of it.

use crate::company::{Company, company};
use app::journey::invoice_draft::DraftPreview;
use app::view::TieOutStatus;
use ledger::RuleBook;
use serde_json::json;
use store::journals;

const TENS: &str = r#"{ rounding: [ { to: { amount: "10.00", currency: EUR }, mode: up } ] }"#;
const TENS_DRAFTED: &str =
    r#"{ draft_days: 5, rounding: [ { to: { amount: "10.00", currency: EUR }, mode: up } ] }"#;

/// Debits less credits of the account for roundings.
fn posted(company: &Company) -> i64 {
    let rows = company
        .ending
        .app
        .store()
        .read(|tx| journals::balances(tx, "DE"));
    let rows = rows.unwrap().into_iter();
    rows.filter(|row| row.account == "6920")
        .map(|row| row.debit - row.credit)
        .sum()
}

fn ties_out(company: &Company) {
    for row in company.ending.app.tie_outs().unwrap() {
        assert_ne!(row.status, TieOutStatus::Break, "{row:?}");
    }
}

#[test]
fn a_draft_shows_the_rounded_total_and_becomes_exactly_that_invoice() {
    let company = company(TENS_DRAFTED, 10, "");
    let draft = company.draft();
    assert_eq!(draft.row.total.to_string(), "600.00 EUR");
    assert_eq!(draft.rounding.unwrap().to_string(), "5.00 EUR");
    assert_eq!(posted(&company), 0, "a draft moves no account");
    let preview: DraftPreview = company
        .ending
        .app
        .preview_invoice_draft(&draft.row.id)
        .unwrap();
    assert_eq!(preview.after, Some(draft.row.total));
    let shown = preview.impact.documents[0].rounding.unwrap();
    assert_eq!(shown.rule.to_string(), "rounded to 10.00 EUR, up");
    let body = json!({ "draft": draft.row.id, "version": 1 });
    let answer = company.act("finalise_invoice", body).unwrap();
    assert_eq!(answer["refreshed"], false);
    let invoice = company.invoice("DE-2026-00001");
    assert_eq!(invoice.row.total, draft.row.total);
    assert_eq!(invoice.rounding, Some(shown));
    assert_eq!(posted(&company), -500);
    ties_out(&company);
}

#[test]
fn a_draft_follows_a_rule_that_was_stated_after_it() {
    let company = company("{ draft_days: 5 }", 10, "");
    assert_eq!(company.draft().row.total.to_string(), "595.00 EUR");
    company.controller("li");
    let rule = json!({ "to": { "amount": "10.00", "currency": "EUR" } });
    let body = json!({ "entity": "DE", "policy": { "draft_days": 5, "rounding": [rule] } });
    let answer = company.act("set_invoice_policy", body).unwrap();
    let approval = answer["approval"].as_str().unwrap().to_owned();
    company.ending.app.grant(&approval, "li").unwrap();
    company.day();
    let draft = company.draft();
    assert_eq!(draft.row.version, 2);
    assert_eq!(draft.row.total.to_string(), "600.00 EUR");
}

#[test]
fn a_void_takes_the_rounding_back_and_the_next_bill_has_it_again() {
    let company = company(TENS, 10, "");
    assert_eq!(posted(&company), -500);
    let body = json!({ "invoice": "DE-2026-00001", "reason": "a wrong address" });
    company.act("void_invoice", body).unwrap();
    assert_eq!(posted(&company), 0);
    company.day();
    assert_eq!(
        company.invoice("DE-2026-00002").row.total.to_string(),
        "600.00 EUR"
    );
    assert_eq!(posted(&company), -500);
    ties_out(&company);
    // What is given up is what was owed, with its rounding.
    let body = json!({ "invoice": "DE-2026-00002", "reason": "insolvent" });
    let answer = company.act("write_off_invoice", body).unwrap();
    if let Some(approval) = answer["approval"].as_str() {
        company.controller("li");
        company.ending.app.grant(approval, "li").unwrap();
    }
    let invoice = company.invoice("DE-2026-00002");
    assert_eq!(invoice.row.open.minor, 0);
    ties_out(&company);
}

/// The tie-out of the account for roundings: expected, actual, status.
fn tie_out(company: &Company) -> (String, String, TieOutStatus) {
    let rows = company.ending.app.tie_outs().unwrap();
    let row = rows.into_iter().find(|row| row.measure == "rounding");
    let row = row.expect("the account for roundings is proven");
    let figures = (row.expected.to_string(), row.actual.to_string());
    (figures.0, figures.1, row.status)
}

#[test]
fn the_account_for_roundings_agrees_with_the_documents_or_an_exception_says_why_not() {
    let company = company(TENS, 10, "");
    let five = || "-5.00 EUR".to_owned();
    assert_eq!(tie_out(&company), (five(), five(), TieOutStatus::TiesOut));
    company.controller("li");
    let agreed = |name: &str, body| {
        let answer = company.act(name, body).unwrap();
        if let Some(approval) = answer["approval"].as_str() {
            company.ending.app.grant(approval, "li").unwrap();
        }
    };
    agreed(
        "close_period",
        json!({ "entity": "DE", "month": "2026-01" }),
    );
    let body = json!({ "invoice": "DE-2026-00001", "reason": "a wrong address" });
    company.act("void_invoice", body).unwrap();
    let nothing = || "0.00 EUR".to_owned();
    assert_eq!(
        tie_out(&company),
        (nothing(), five(), TieOutStatus::Explained)
    );
    let body = json!({ "entity": "DE", "month": "2026-01", "reason": "the void belongs there" });
    agreed("reopen_period", body);
    company.ending.app.daily_work("story", true).unwrap();
    // It was billed again, too.
    assert_eq!(tie_out(&company), (five(), five(), TieOutStatus::TiesOut));
}

#[test]
fn a_rounding_that_a_rule_would_not_post_is_refused_with_the_rule() {
    let company = company("{ draft_days: 5 }", 10, "");
    company.controller("li");
    let text = without_rounding();
    let answer = company
        .act("publish_posting_rules", json!({ "toml": text }))
        .unwrap();
    let approval = answer["approval"].as_str().unwrap().to_owned();
    company.ending.app.grant(&approval, "li").unwrap();
    let rule = json!({ "to": { "amount": "0.05", "currency": "CHF" } });
    let body = json!({ "entity": "DE", "policy": { "rounding": [rule] } });
    let (code, words) = company.refused("set_invoice_policy", body);
    assert_eq!(code, "rounding_not_posted");
    assert!(
        words.starts_with("posting rule invoice-issued does not post"),
        "{words}"
    );
}

/// The standard rules, of which the first posts the tax where it posts a rounding.
fn without_rounding() -> String {
    RuleBook::STANDARD.replacen("amount = \"rounding\"", "amount = \"tax\"", 1)
}

#[test]
fn rules_that_would_not_post_a_rounding_are_refused_while_amounts_are_rounded() {
    let company = company(TENS, 10, "");
    let refused = [
        company.refused(
            "publish_posting_rules",
            json!({ "toml": without_rounding() }),
        ),
        company.refused(
            "propose_configuration",
            json!({ "kind": "posting_rules", "body": without_rounding(), "reason": "simpler" }),
        ),
    ];
    for (code, words) in refused {
        assert_eq!(code, "rounding_not_posted");
        assert_eq!(
            words,
            "posting rule invoice-issued does not post the amount rounding of \
             com.tieout.billing.invoice.issued.v1, and amounts of DE are rounded; \
             add a line for it, for each document"
        );
    }
    // A version that lacks it only from a later day on is no better.
    let first = RuleBook::STANDARD.split("\n[[rules]]\n").nth(1).unwrap();
    let next = first
        .replacen(
            "version = 1",
            "version = 2\neffective_from = \"2027-01-01\"",
            1,
        )
        .replacen("amount = \"rounding\"", "amount = \"tax\"", 1);
    let later = format!("{}\n[[rules]]\n{next}", RuleBook::STANDARD);
    let (code, words) = company.refused("publish_posting_rules", json!({ "toml": later }));
    assert_eq!(code, "rounding_not_posted", "{words}");
}
