//! A draft of accounts that are billed together: one proposal for the whole group, which waits for a
//! second person as a whole and is issued as it was previewed.

use crate::company::company;
use app::view::TieOutStatus;
use serde_json::json;

/// A daughter whose four seats are billed with the ten of its parent.
const DAUGHTER: &str = "  - create_customer: { id: hafen, legal_name: Hafen GmbH }
  - change_customer: { customer: hafen, parent: nord, reason: bought }
    approved_by: dana
  - set_consolidation: { customer: nord, policy: parent_pays, reason: the group pays at once }
    approved_by: dana
  - activate_contract: { id: C-2, customer: hafen, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: SEAT, component: seats, quantity: 4 } ] }
";

#[test]
fn a_group_has_one_draft_that_follows_each_of_its_contracts() {
    let company = company("{ draft_days: 5 }", 10, DAUGHTER);
    let draft = company.draft();
    // Fourteen seats at 50.00 with 19 %.
    assert_eq!(
        (draft.row.version, draft.row.total.to_string()),
        (1, "833.00 EUR".to_owned())
    );
    let nets: Vec<String> = draft
        .lines
        .iter()
        .map(|line| line.net.to_string())
        .collect();
    assert_eq!(nets, ["500.00 EUR", "200.00 EUR"], "both contracts");
    assert!(company.invoices().is_empty());
    // What is owed on both contracts is on its way.
    assert_eq!(company.billings().status, TieOutStatus::Timing);
    company
        .act(
            "amend_contract",
            json!({ "contract": "C-2", "effective": "2026-01-01", "reason": "two more",
                "change": { "kind": "quantity", "quantity": "6" } }),
        )
        .unwrap();
    company.day();
    let draft = company.draft();
    assert_eq!(draft.row.total.to_string(), "952.00 EUR");
    let again = company.ending.app.preview_invoice_draft(&draft.row.id);
    assert_eq!(again.unwrap().after.unwrap().to_string(), "952.00 EUR");
    company
        .act("finalise_invoice", json!({ "draft": draft.row.id }))
        .unwrap();
    let one = ("DE-2026-00001".to_owned(), "952.00 EUR".to_owned());
    assert_eq!(company.invoices(), [one]);
    assert_eq!(company.billings().status, TieOutStatus::TiesOut);
    company.day();
    assert_eq!(company.invoices().len(), 1, "billing twice gives nothing");
}

#[test]
fn a_groups_invoice_over_the_limit_waits_and_is_issued_as_it_was_approved() {
    let limit = r#"{ approve_over: [ { amount: "800.00", currency: EUR } ] }"#;
    // Neither contract alone is over the limit.
    let company = company(limit, 10, DAUGHTER);
    company.controller("li");
    let draft = company.draft();
    assert_eq!(draft.row.status, "waiting");
    assert_eq!(
        draft.row.needs,
        "833.00 EUR is over the limit of 800.00 EUR"
    );
    let preview = company
        .ending
        .app
        .preview_invoice_draft(&draft.row.id)
        .unwrap();
    let result = company.ending.app.grant(&draft.row.approval, "li").unwrap();
    assert_eq!(result["number"], "DE-2026-00001");
    let issued = company.invoice("DE-2026-00001").row.total;
    assert_eq!(Some(issued), preview.after);
    assert_eq!(issued.to_string(), "833.00 EUR");
    assert_eq!(
        company.steps(),
        ["opened", "waiting", "granted", "finalised"]
    );
    assert_eq!(company.billings().status, TieOutStatus::TiesOut);
}
