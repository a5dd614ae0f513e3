//! Amounts to pay in whole cash units: whichever way a document comes about, its rounding is the same,
//! a preview says it beforehand, and the books tie out.

use crate::company::{ACTOR, Company, assert_same, day, renamed};
use app::view::TieOutStatus;
use serde_json::{Value, json};
use store::document_roundings;

const RULES: [(&str, i64, &str); 2] = [("0.05", 5, "half_up"), ("1.00", 100, "up")];

/// The company whose German documents are rounded to `unit`; those of Austria stay as they are.
fn rounded((unit, mode): (&str, &str)) -> Company {
    let company = Company::new();
    let rule = json!({ "to": { "amount": unit, "currency": "EUR" }, "mode": mode });
    let body = json!({ "entity": "DE", "policy": { "rounding": [rule] } });
    company.act("set_invoice_policy", body);
    company
}

impl Company {
    /// Whatever the documents are, their sums add up and those of Germany are multiples of the unit.
    fn check_roundings(&self, unit: i64) {
        let mut seen = 0;
        for row in self.documents() {
            let id = row.id.clone();
            let line = self
                .app
                .store()
                .read(move |tx| document_roundings::of(tx, &id))
                .unwrap();
            let rounding = line.as_ref().map_or(0, |line| line.amount);
            assert_eq!(row.net + row.tax + rounding, row.total, "{row:?}");
            assert_eq!(line.is_some(), row.entity == "DE", "{row:?}");
            if row.entity == "DE" {
                assert_eq!(row.total % unit, 0, "{row:?}");
                assert!(
                    rounding.abs() < unit && row.total >= 0,
                    "{row:?} {rounding}"
                );
                seen += i64::from(rounding != 0);
            }
        }
        assert!(seen > 5, "hardly anything was rounded");
    }

    fn ties_out(&self) {
        // No other system is connected here that journals could have gone to.
        let rows = self.app.tie_outs().unwrap().into_iter();
        for row in rows.filter(|row| row.measure != "delivered") {
            assert_ne!(row.status, TieOutStatus::Break, "{row:?}");
        }
    }

    fn run_as_previewed(&self, id: &str, through: &str) -> usize {
        self.act("create_bill_run", json!({ "id": id, "through": through }));
        self.app.work_bill_runs().unwrap();
        let before = self.app.bill_run(id).unwrap();
        let body = json!({ "run": id, "action": "start", "reason": "the month is over" });
        self.act("steer_bill_run", body);
        self.app.work_bill_runs().unwrap();
        let after = self.app.bill_run(id).unwrap();
        assert_eq!(after.issued, before.expected);
        after
            .issued
            .iter()
            .map(|total| total.documents as usize)
            .sum()
    }
}

#[test]
fn a_rounded_page_makes_the_books_that_one_contract_at_a_time_makes() {
    for (unit, minor, mode) in RULES {
        let (single, page) = (rounded((unit, mode)), rounded((unit, mode)));
        single.one_at_a_time(day("2026-01-01"));
        assert_eq!(page.by_page(day("2026-01-01"), 7), 30);
        for company in [&single, &page] {
            company.check_roundings(minor);
            let moment = "2026-02-12T10:00:00Z".parse().unwrap();
            company.clock.move_to(moment);
            company.change();
        }
        single.one_at_a_time(day("2026-02-01"));
        page.by_page(day("2026-02-01"), 1_000);
        assert_same(&renamed(&single.books()), &renamed(&page.books()));
        page.check_roundings(minor);
        page.ties_out();
    }
}

#[test]
fn a_preview_of_rounded_documents_equals_what_the_run_issues() {
    let company = rounded(("1.00", "half_up"));
    assert_eq!(company.run_as_previewed("run-1", "2026-01-01"), 30);
    company
        .clock
        .move_to("2026-01-20T10:00:00Z".parse().unwrap());
    // What is taken back is previewed with the rounding of what it takes back.
    for contract in ["con-01", "con-02", "con-05"] {
        cancel(&company, contract, "2026-01-01");
    }
    cancel(&company, "con-06", "2026-01-11");
    company.run_as_previewed("run-2", "2026-01-20");
    company.check_roundings(100);
    company.ties_out();
    let open = |contract: &str| {
        let documents = company.documents();
        let of = documents.iter().filter(|row| row.contract == contract);
        of.map(|row| (row.kind.clone(), row.remaining))
            .collect::<Vec<_>>()
    };
    // Taken back in full, nothing of the rounding remains.
    for contract in ["con-01", "con-02", "con-05"] {
        let documents = open(contract);
        assert_eq!(documents.len(), 2, "{documents:?}");
        assert!(
            documents.iter().all(|(_, left)| *left == 0),
            "{documents:?}"
        );
    }
}

#[test]
fn a_preview_rounds_each_credit_note_by_itself_as_the_run_does() {
    let company = rounded(("1.00", "half_up"));
    for (run, through) in [("run-1", "2026-01-01"), ("run-2", "2026-03-01")] {
        company
            .clock
            .move_to(format!("{through}T10:00:00Z").parse().unwrap());
        company.run_as_previewed(run, through);
    }
    // A part of January, and all of February and March, which were billed at once: a credit note for each
    // of the two invoices.
    let contracts = ["con-01", "con-02", "con-05", "con-06", "con-07"];
    for contract in contracts {
        cancel(&company, contract, "2026-01-12");
    }
    assert_eq!(
        company.run_as_previewed("run-3", "2026-03-01"),
        2 * contracts.len()
    );
    company.check_roundings(100);
    company.ties_out();
}

fn cancel(company: &Company, contract: &str, on: &str) {
    let body = json!({ "contract": contract, "effective": on, "reason": "closed",
        "change": { "kind": "cancel" } });
    let command = app::command::Command::read("amend_contract", body).unwrap();
    company.app.act(ACTOR, command).unwrap();
}

#[test]
fn credits_in_parts_add_up_to_the_invoice_whatever_rule_is_in_force_by_then() {
    let company = rounded(("1.00", "up"));
    company.by_page(day("2026-01-01"), 100);
    let documents = company.documents();
    let invoice = documents
        .iter()
        .find(|row| row.contract == "con-02")
        .unwrap();
    assert_ne!(invoice.net + invoice.tax, invoice.total);
    let credit = |amount: Value| {
        let mut body = json!({ "invoice": invoice.number, "reason": "agreed" });
        match amount {
            Value::Null => body["full"] = json!(true),
            amount => body["amount"] = amount,
        }
        company.act("issue_credit_note", body)
    };
    let mut given = 0;
    let amounts = [json!("0.30"), json!("20.07"), json!("11.11"), Value::Null];
    for (place, amount) in amounts.into_iter().enumerate() {
        if place == 2 {
            company
                .app
                .put_user("li", control::Role::Controller, "")
                .unwrap();
            let body = json!({ "entity": "DE", "policy": {} });
            let answer = company.act("set_invoice_policy", body);
            let approval = answer["approval"].as_str().unwrap();
            company.app.grant(approval, "li").unwrap();
        }
        let answer = credit(amount);
        let total: values::Money = serde_json::from_value(answer["total"].clone()).unwrap();
        assert_eq!(total.minor % 100, 0, "{answer}");
        given += total.minor;
        assert!(given <= invoice.total, "{answer}");
    }
    assert_eq!(given, invoice.total);
    let after = company.documents();
    let invoice = after.iter().find(|row| row.id == invoice.id).unwrap();
    assert_eq!(
        (invoice.remaining, invoice.status.as_str()),
        (0, "credited")
    );
    company.ties_out();
}
