//! What is given back: on which invoices it counts, and what becomes of the money that was paid for it.

use crate::company::{Company, company};
use app::command::Command;
use serde_json::json;

/// January of ten seats is billed with 595.00 and paid.
fn paid(policy: &str) -> Company {
    let company = company(
        policy,
        10,
        "  - on: 2026-01-02\n    record_payment: { id: P-1, invoice: DE-2026-00001, amount: 595.00 }\n",
    );
    company.controller("li");
    company
}

/// What is set against nothing of the payment, in minor units.
fn unapplied(company: &Company) -> i64 {
    let store = company.ending.app.store();
    let row = store.read(|tx| store::payments::payment(tx, "P-1"));
    row.unwrap().unwrap().unapplied
}

/// Six of the ten seats were never wanted: 300.00 and 57.00 of tax go back.
fn four_are_enough(company: &Company) {
    company.seats(4);
    company.day();
}

#[test]
fn what_was_paid_for_what_is_credited_stays_the_customers() {
    let company = paid("{ draft_days: 0 }");
    four_are_enough(&company);
    assert_eq!(unapplied(&company), 35_700);
    assert_eq!(company.ending.app.waiting_approvals().unwrap(), 0);
}

#[test]
fn as_account_credit_it_pays_the_next_invoice() {
    let company = paid("{ credits: account_credit }");
    four_are_enough(&company);
    assert_eq!(unapplied(&company), 0);
    // February of four seats is 238.00, and 357.00 of credit stand against it.
    company
        .act("run_billing", json!({ "through": "2026-02-01" }))
        .unwrap();
    let february = company.invoice("DE-2026-00002");
    assert_eq!(february.row.total.to_string(), "238.00 EUR");
    assert_eq!(february.row.open.to_string(), "0.00 EUR");
    let left: i64 = company
        .ending
        .app
        .store()
        .read(|tx| store::collection::grants_of(tx, "nord"))
        .unwrap()
        .iter()
        .map(|grant| grant.remaining)
        .sum();
    assert_eq!(left, 35_700 - 23_800);
}

#[test]
fn a_refund_goes_back_as_soon_as_a_second_person_has_approved_it() {
    let company = paid("{ credits: refund }");
    four_are_enough(&company);
    assert_eq!(unapplied(&company), 35_700, "nobody approved it yet");
    let store = company.ending.app.store();
    let waiting = store
        .read(|tx| store::approvals::expired(tx, i64::MAX, 10))
        .unwrap();
    let told: Vec<(&str, i64)> = waiting
        .iter()
        .map(|row| (row.command.as_str(), row.amount))
        .collect();
    assert_eq!(told, [("refund_payment", 35_700)]);
    company.ending.app.grant(&waiting[0].id, "li").unwrap();
    assert_eq!(unapplied(&company), 0);
    let refunds = store
        .read(|tx| store::payments::refunds_of(tx, "P-1"))
        .unwrap();
    assert_eq!(
        (refunds[0].amount, refunds[0].reason.as_str()),
        (35_700, "credit note DE-CN-2026-00001")
    );
}

#[test]
fn what_the_payers_bank_took_back_is_covered_before_anything_becomes_credit() {
    let company = paid("{ credits: account_credit }");
    // The bank took 400.00 back of a payment that is still set against its invoice.
    let store = company.ending.app.store();
    store
        .write(|tx| {
            let row = store::payments::payment(tx, "P-1")?.unwrap();
            let unapplied = row.unapplied - 40_000;
            store::payments::update(tx, &store::payments::PaymentRow { unapplied, ..row })
        })
        .unwrap();
    // 357.00 of the invoice are credited: all of it covers what is missing.
    four_are_enough(&company);
    assert_eq!(unapplied(&company), 35_700 - 40_000);
    let grants = store.read(|tx| store::collection::grants_of(tx, "nord"));
    assert!(grants.unwrap().is_empty());
}

#[test]
fn what_two_invoices_billed_too_much_is_credited_on_each_of_them() {
    let company = paid("{ draft_days: 0 }");
    company
        .act("run_billing", json!({ "through": "2026-02-01" }))
        .unwrap();
    // January is paid, February is open with 595.00 as well. From the middle of January on nothing is
    // owed: 15 of 31 days of January, and all of February.
    let cancel = json!({ "contract": "C-1", "effective": "2026-01-17", "reason": "notice of December",
        "change": { "kind": "cancel" } });
    let command = Command::read("amend_contract", cancel).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
    company
        .act("run_billing", json!({ "through": "2026-02-01" }))
        .unwrap();
    let notes = company.ending.app.store().read(|tx| {
        let mut all = Vec::new();
        for number in ["DE-2026-00001", "DE-2026-00002"] {
            let invoice = store::documents::by_number(tx, number)?.unwrap();
            for note in store::documents::credit_notes_of(tx, &invoice.id)? {
                all.push((number, note.number, note.total, note.remaining));
            }
        }
        Ok::<_, store::StoreFault>(all)
    });
    // 500.00 × 15 ÷ 31 = 241.94 and 45.97 of tax; 500.00 and 95.00.
    let expected: [(&str, &str, i64, i64); 2] = [
        ("DE-2026-00001", "DE-CN-2026-00002", 28_791, 0),
        ("DE-2026-00002", "DE-CN-2026-00001", 59_500, 0),
    ];
    let told = notes.unwrap();
    let told: Vec<(&str, &str, i64, i64)> = told
        .iter()
        .map(|(invoice, note, total, left)| (*invoice, note.as_str(), *total, *left))
        .collect();
    assert_eq!(told, expected);
    let open = |number: &str| company.invoice(number).row.open.to_string();
    assert_eq!(open("DE-2026-00001"), "0.00 EUR");
    assert_eq!(open("DE-2026-00002"), "0.00 EUR", "nobody is dunned for it");
    assert_eq!(unapplied(&company), 28_791);
    let off: Vec<_> = company.ending.app.tie_outs().unwrap();
    let off: Vec<_> = off.iter().filter(|row| !row.difference.is_zero()).collect();
    assert!(off.is_empty(), "{off:?}");
}
