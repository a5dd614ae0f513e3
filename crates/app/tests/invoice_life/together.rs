//! A draft of accounts that are billed together: one proposal for the whole group, which waits for a second person as a whole and is issued as it was previewed.

use crate::company::company;
use app::view::TieOutStatus;

/// A daughter whose four seats are billed with the ten of its parent.
const DAUGHTER: &str = "  - create_customer: { id: hafen, legal_name: Hafen GmbH }
  - change_customer: { customer: hafen, parent: nord, reason: bought }
    approved_by: dana
  - set_consolidation: { customer: nord, policy: parent_pays, reason: the group pays at once }
    approved_by: dana
  - activate_contract: { id: C-2, customer: hafen, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: SEAT, component: seats, quantity: 4 } ] }
";

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
