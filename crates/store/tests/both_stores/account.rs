//! What says how an account stands: its cases, what is late without one, and payments that fail.

use crate::rows::{invoice, payment, text};
use crate::support::Fixture;
use store::collection::{self, AccountCase, CaseRow};
use store::documents::DocumentRow;
use store::exceptions::cases::DisputeRow;
use store::payments::PaymentRow;
use store::work_lists;

on_every_store![
    a_case_comes_with_what_is_known_of_its_invoice,
    what_is_late_without_a_case_is_found_by_entity,
    a_case_that_is_written_off_is_kept_and_not_worked_on,
];

fn of_account(id: &str, entity: &str, due: &str, remaining: i64) -> DocumentRow {
    DocumentRow {
        customer: text("cus_1"),
        entity: text(entity),
        due: text(due),
        remaining,
        ..invoice(id, &format!("N-{id}"))
    }
}

fn case(id: &str, invoice: &str, status: &str) -> CaseRow {
    CaseRow {
        id: text(id),
        invoice: text(invoice),
        customer: text("cus_1"),
        contract: text("con_1"),
        entity: text("US"),
        policy: text("card"),
        policy_version: 1,
        status: text(status),
        next_on: String::new(),
        owner: text("ada"),
        next_action: String::new(),
        body: format!("{{\"id\":\"{id}\"}}"),
        correlation: text("chn_1"),
        opened: 1,
        changed: 1,
    }
}

fn dispute(id: &str, invoice: &str, status: &str) -> DisputeRow {
    DisputeRow {
        id: text(id),
        invoice: text(invoice),
        customer: text("cus_1"),
        contract: text("con_1"),
        entity: text("US"),
        currency: text("USD"),
        amount: 5,
        lines: text("[]"),
        reason_code: text("wrong_price"),
        note: text("no"),
        owner: text("Collections"),
        status: text(status),
        outcome: String::new(),
        credit_note: String::new(),
        exception: text("exc_1"),
        correlation: text("chn_1"),
        opened: 1,
        closed: 0,
    }
}

fn attempt(id: &str, invoice: &str, status: &str, next: &str) -> PaymentRow {
    PaymentRow {
        customer: text("cus_1"),
        status: text(status),
        next_attempt: text(next),
        ..payment(id, invoice)
    }
}

fn a_case_comes_with_what_is_known_of_its_invoice(books: &Fixture) {
    books.write(|tx| {
        let documents: Vec<DocumentRow> = ["inv_1", "inv_2", "inv_3", "inv_4", "inv_5"]
            .into_iter()
            .map(|id| of_account(id, "US", "2026-01-08", i64::from(id != "inv_4") * 100))
            .collect();
        DocumentRow::insert(tx, &documents)?;
        CaseRow::insert(
            tx,
            &[
                case("dun_1", "inv_1", "running"),
                case("dun_2", "inv_2", "promised"),
                case("dun_3", "inv_3", "closed"),
                case("dun_4", "inv_4", "written_off"),
            ],
        )?;
        let disputes = [
            dispute("D-1", "inv_1", "closed"),
            dispute("D-2", "inv_2", "open"),
        ];
        DisputeRow::insert(tx, &disputes)?;
        PaymentRow::insert(
            tx,
            &[
                attempt("pay_1", "inv_1", "failed", ""),
                attempt("pay_2", "inv_2", "failed", "2026-02-01"),
                attempt("pay_3", "inv_3", "failed", ""),
                attempt("pay_5", "inv_5", "failed", "2026-02-01"),
            ],
        )
    });
    let known = |id: &str, is_owed, is_disputed, is_given_up| AccountCase {
        body: format!("{{\"id\":\"{id}\"}}"),
        is_owed,
        is_disputed,
        is_given_up,
    };
    assert_eq!(
        books.read(|tx| collection::account_cases(tx, "cus_1")),
        [
            known("dun_1", true, false, true),
            known("dun_2", true, true, false),
            known("dun_4", false, false, false),
        ]
    );
    assert!(
        books
            .read(|tx| collection::account_cases(tx, "cus_2"))
            .is_empty()
    );
    let failing = books.read(|tx| collection::failing_without_case(tx, "cus_1"));
    assert_eq!(
        failing,
        (2, 1),
        "of inv_3, whose case is closed, and of inv_5"
    );
}

fn what_is_late_without_a_case_is_found_by_entity(books: &Fixture) {
    books.write(|tx| {
        DocumentRow::insert(
            tx,
            &[
                of_account("inv_1", "US", "2026-01-01", 100),
                of_account("inv_2", "US", "2026-01-02", 100),
                of_account("inv_3", "US", "2026-01-03", 100),
                of_account("inv_4", "US", "2026-01-04", 0),
                of_account("inv_5", "US", "2026-01-05", 100),
                of_account("inv_6", "US", "2026-01-06", 100),
                of_account("inv_7", "DE", "2026-01-07", 100),
            ],
        )?;
        CaseRow::insert(
            tx,
            &[
                case("dun_1", "inv_1", "running"),
                case("dun_5", "inv_5", "closed"),
            ],
        )?;
        DisputeRow::insert(tx, &[dispute("D-2", "inv_2", "open")])?;
        PaymentRow::insert(tx, &[attempt("pay_3", "inv_3", "initiated", "")])
    });
    let found = books.read(|tx| collection::earliest_due_without_case(tx, "cus_1"));
    assert_eq!(
        found,
        [
            (text("DE"), text("2026-01-07")),
            (text("US"), text("2026-01-05"))
        ]
    );
}

fn a_case_that_is_written_off_is_kept_and_not_worked_on(books: &Fixture) {
    books.write(|tx| {
        DocumentRow::insert(
            tx,
            &[
                of_account("inv_1", "US", "2026-01-01", 0),
                of_account("inv_2", "US", "2026-01-02", 100),
            ],
        )?;
        CaseRow::insert(
            tx,
            &[
                case("dun_1", "inv_1", "written_off"),
                case("dun_2", "inv_2", "suspended"),
            ],
        )
    });
    let ids = |rows: Vec<CaseRow>| -> Vec<String> { rows.into_iter().map(|row| row.id).collect() };
    let walked = books.read(|tx| collection::running_cases(tx, "", "", 9));
    assert_eq!(ids(walked), ["dun_2"]);
    let of_customer = books.read(|tx| collection::running_cases(tx, "cus_1", "", 9));
    assert_eq!(ids(of_customer), ["dun_1", "dun_2"]);
    let kept = books.read(|tx| collection::running_case(tx, "inv_1"));
    assert_eq!(kept.map(|row| row.status), Some(text("written_off")));
    let listed = books.read(|tx| work_lists::late_cases(tx, ("", ""), 9));
    assert_eq!(
        ids(listed.into_iter().map(|(row, _)| row).collect()),
        ["dun_2"]
    );
    assert_eq!(books.read(work_lists::late_amounts)[0].count, 1);
    assert_eq!(books.read(collection::collectors).len(), 1);
}
