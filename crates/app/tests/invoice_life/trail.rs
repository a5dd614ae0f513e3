//! The life of an invoice, told from the log.

use crate::company::company;
use serde_json::json;

#[test]
fn an_invoice_tells_how_it_was_paid_in_part_credited_and_paid() {
    let company = company("{ draft_days: 2 }", 10, "  - on: 2026-01-10
    record_payment: { id: P-1, invoice: DE-2026-00001, amount: 100 }
  - on: 2026-01-12
    issue_credit_note: { id: CN-1, invoice: DE-2026-00001, reason: a week without service, amount: 100 }
  - on: 2026-01-20
    record_payment: { id: P-2, invoice: DE-2026-00001, amount: 376 }
");
    let found = company.invoice("DE-2026-00001");
    let told: Vec<(&str, String)> = found
        .trail
        .iter()
        .map(|step| {
            let amount = step.amount.map(|amount| amount.to_string());
            (step.step.as_str(), amount.unwrap_or_default())
        })
        .collect();
    let amount = |text: &str| text.to_owned();
    assert_eq!(
        told,
        [
            ("draft", amount("595.00 EUR")),
            ("finalised", amount("595.00 EUR")),
            ("issued", amount("595.00 EUR")),
            ("partly_paid", amount("100.00 EUR")),
            ("credited", amount("119.00 EUR")),
            ("paid", amount("376.00 EUR")),
        ]
    );
    assert_eq!(found.row.status, "paid");
    let objects: Vec<&str> = found
        .trail
        .iter()
        .map(|step| step.object.as_str())
        .collect();
    assert_eq!(&objects[3..], ["P-1", "CN-1", "P-2"]);
    assert!(found.trail.iter().all(|step| step.actor == "story"));
}

#[test]
fn an_invoice_tells_that_it_was_written_off_or_voided_and_why() {
    let company = company("{}", 1, "");
    let body = json!({ "invoice": "DE-2026-00001", "reason": "insolvent" });
    company.act("write_off_invoice", body).unwrap();
    let steps = company.invoice("DE-2026-00001").trail;
    let last = steps.last().unwrap();
    assert_eq!(
        (last.step.as_str(), last.words.as_str()),
        ("written_off", "insolvent")
    );

    let company = crate::company::company("{}", 1, "");
    let body = json!({ "invoice": "DE-2026-00001", "reason": "wrong company" });
    company.act("void_invoice", body).unwrap();
    let steps = company.invoice("DE-2026-00001").trail;
    let last = steps.last().unwrap();
    assert_eq!(
        (last.step.as_str(), last.words.as_str()),
        ("void", "wrong company")
    );
}
