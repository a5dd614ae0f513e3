//! Drafts: what stands and is not issued yet.

use crate::company::company;
use app::view::TieOutStatus;
use serde_json::json;

const FIVE_DAYS: &str = "{ draft_days: 5 }";

#[test]
fn a_draft_has_no_number_moves_no_account_and_covers_nothing() {
    let company = company(FIVE_DAYS, 10, "");
    assert!(company.invoices().is_empty());
    let draft = company.draft();
    assert_eq!(draft.row.status, "draft");
    assert_eq!(draft.row.total.to_string(), "595.00 EUR");
    assert_eq!(draft.row.ends.to_string(), "2026-01-06");
    assert_eq!(draft.lines[0].net.to_string(), "500.00 EUR");
    assert_eq!(company.bill_from(), "2026-01-01", "it is owed still");
    let journals = company
        .ending
        .app
        .journals(&app::query::ListFilter::default(), None);
    assert!(journals.unwrap().items.is_empty());
    // What is owed and stands is on its way; the whole difference is named.
    let row = company.billings();
    assert_eq!(row.difference.to_string(), "500.00 EUR");
    assert_eq!(row.status, TieOutStatus::Timing, "{row:?}");
    // Billing again makes no second one.
    company.day();
    assert_eq!(
        (company.draft().row.id, 1),
        (draft.row.id, company.draft().row.version)
    );
}

#[test]
fn a_draft_is_issued_by_itself_when_its_days_are_over_dated_on_that_day() {
    let company = company(FIVE_DAYS, 10, "  - advance_to: 2026-01-05\n");
    assert!(
        company.invoices().is_empty(),
        "it stands through the fifth day"
    );
    let company = crate::company::company(FIVE_DAYS, 10, "  - advance_to: 2026-01-06\n");
    let one = ("DE-2026-00001".to_owned(), "595.00 EUR".to_owned());
    assert_eq!(company.invoices(), [one]);
    assert_eq!(
        company.invoice("DE-2026-00001").row.issued.to_string(),
        "2026-01-06"
    );
    let draft = company.draft();
    assert_eq!(
        (draft.row.status.as_str(), draft.row.number.as_str()),
        ("finalised", "DE-2026-00001")
    );
    assert_eq!(company.billings().status, TieOutStatus::TiesOut);
    company.day();
    assert_eq!(company.invoices().len(), 1, "billing twice gives nothing");
}

#[test]
fn a_draft_follows_its_contract_and_is_withdrawn_when_nothing_is_owed() {
    let company = company(FIVE_DAYS, 10, "");
    company.seats(12);
    let draft = company.draft();
    assert_eq!(
        (draft.row.version, draft.row.total.to_string()),
        (2, "714.00 EUR".to_owned())
    );
    assert_eq!(company.steps(), ["opened", "refreshed"]);
    company
        .act(
            "amend_contract",
            json!({ "contract": "C-1", "effective": "2026-01-01", "reason": "signed by mistake",
                "change": { "kind": "cancel" } }),
        )
        .unwrap();
    let draft = company.draft();
    assert_eq!(draft.row.status, "withdrawn");
    assert_eq!(draft.reason, "nothing is owed any more");
    company.day();
    assert!(company.invoices().is_empty());
    assert!(company.exceptions().is_empty());
    let (code, words) = company.refused("finalise_invoice", json!({ "draft": draft.row.id }));
    assert_eq!(code, "draft_over");
    assert_eq!(
        words,
        format!("draft {} is withdrawn already", draft.row.id)
    );
}

#[test]
fn a_stale_draft_is_refreshed_before_it_is_issued() {
    let company = company(FIVE_DAYS, 10, "");
    company.controller("li");
    let command = json!({ "entity": "DE", "rate": "0.20", "name": "VAT 20 %" });
    let command = app::command::Command::read("set_tax_rate", command).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
    let preview = company.ending.app.preview_invoice_draft("C-1").unwrap();
    assert!(preview.refreshed);
    assert_eq!(preview.before.to_string(), "595.00 EUR");
    let after = preview.after.unwrap();
    assert_eq!(after.to_string(), "600.00 EUR");
    let (code, _) = company.refused("finalise_invoice", json!({ "draft": "C-1", "version": 1 }));
    assert_eq!(code, "draft_changed", "only what was looked at is issued");
    assert_eq!(
        company.draft().row.version,
        1,
        "nothing was changed by the refusal"
    );
    let answer = company
        .act("finalise_invoice", json!({ "draft": "C-1" }))
        .unwrap();
    assert_eq!(answer["refreshed"], true);
    let issued = company.invoice("DE-2026-00001").row.total;
    assert_eq!(issued, after, "the preview is the invoice");
    assert_eq!(company.steps(), ["opened", "refreshed", "finalised"]);
}

#[test]
fn a_version_that_was_refreshed_since_is_not_issued_by_its_older_number() {
    let company = company(FIVE_DAYS, 10, "");
    company.seats(12);
    let (code, words) =
        company.refused("finalise_invoice", json!({ "draft": "C-1", "version": 1 }));
    assert_eq!(code, "draft_changed");
    assert!(words.contains("it comes to 714.00 EUR"), "{words}");
    assert!(company.invoices().is_empty());
    company
        .act("finalise_invoice", json!({ "draft": "C-1", "version": 2 }))
        .unwrap();
    assert_eq!(company.invoices().len(), 1);
}

#[test]
fn a_draft_that_looks_further_ahead_is_not_cut_short_by_daily_work() {
    let company = company("{ draft_days: 40 }", 10, "");
    let body = json!({ "through": "2026-02-01", "contract": "C-1" });
    let answer = company.act("run_billing", body).unwrap();
    assert_eq!(answer["drafts"].as_array().unwrap().len(), 1);
    assert_eq!(company.draft().row.total.to_string(), "1,190.00 EUR");
    company.day();
    let draft = company.draft();
    assert_eq!(
        (draft.row.version, draft.row.total.to_string()),
        (2, "1,190.00 EUR".to_owned())
    );
}

#[test]
fn without_a_policy_nothing_stands_and_one_that_ends_lets_go() {
    let issued = company("{}", 10, "");
    assert_eq!(issued.invoices().len(), 1);
    let company = company(FIVE_DAYS, 10, "");
    company.controller("li");
    let command = json!({ "entity": "DE", "policy": {} });
    let command = app::command::Command::read("set_invoice_policy", command).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
    company.day();
    assert_eq!(company.invoices().len(), 1);
}

#[test]
fn a_bad_policy_is_told_with_field_and_mend() {
    let company = company("{}", 10, "");
    let body = json!({ "entity": "DE", "policy": { "draft_days": 120 } });
    let (code, words) = company.refused("set_invoice_policy", body);
    assert_eq!(code, "bad_invoice_policy");
    assert_eq!(words, "a draft stands for 0 to 90 days, not 120");
    let body = json!({ "entity": "FR", "policy": {} });
    let (code, words) = company.refused("set_invoice_policy", body);
    assert_eq!(code, "unknown_entity");
    assert_eq!(words, "FR is not a legal entity here; use one of: DE");
}

#[test]
fn a_voided_contract_is_looked_at_again_from_the_earliest_voided_period() {
    let company = company("{}", 10, "  - advance_to: 2026-04-15\n");
    assert_eq!(company.bill_from(), "2026-05-01");
    let void = |number: &str| {
        let body = json!({ "invoice": number, "reason": "sent to the wrong company" });
        company.act("void_invoice", body).unwrap();
    };
    void("DE-2026-00003");
    assert_eq!(company.bill_from(), "2026-03-01");
    void("DE-2026-00002");
    assert_eq!(company.bill_from(), "2026-02-01");
    // A later period does not move it forward.
    void("DE-2026-00004");
    assert_eq!(company.bill_from(), "2026-02-01");
    company.day();
    assert_eq!(company.bill_from(), "2026-05-01");
    assert_eq!(company.billings().status, TieOutStatus::TiesOut);
    let open: Vec<String> = company
        .invoices()
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(
        open.last().unwrap(),
        "DE-2026-00005",
        "numbers of voided invoices stay used"
    );
}
