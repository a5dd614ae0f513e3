//! The life of an invoice: voided while nothing is paid, and billed again by the next run.

use crate::company::{ACTOR, Company, day};
use app::AppFault;
use app::command::Command;
use serde_json::json;
use store::{documents, journals};

impl Company {
    fn void(&self, invoice: &str) -> Result<serde_json::Value, AppFault> {
        let body = json!({ "invoice": invoice, "reason": "sent to the wrong company" });
        self.app
            .act(ACTOR, Command::read("void_invoice", body).unwrap())
    }

    fn invoices_of(&self, contract: &str) -> Vec<documents::DocumentRow> {
        let mut rows = self.documents();
        rows.retain(|row| row.contract == contract);
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        rows
    }

    fn balances(&self) -> Vec<(String, i64)> {
        let balances = self
            .app
            .store()
            .read(|tx| journals::balances(tx, "DE"))
            .unwrap();
        balances
            .into_iter()
            .map(|row| (row.account, row.debit - row.credit))
            .collect()
    }
}

#[test]
fn a_voided_invoice_goes_back_and_the_next_run_bills_it_again() {
    let company = Company::new();
    company.by_page(day("2026-01-01"), 1_000);
    let before = company.balances();
    let invoice = company.invoices_of("con-01").remove(0);
    assert_eq!(invoice.status, "open");
    company.void(&invoice.number).unwrap();
    let voided = company.invoices_of("con-01").remove(0);
    assert_eq!((voided.status.as_str(), voided.remaining), ("void", 0));
    assert_ne!(company.balances(), before, "its postings went back");
    assert_eq!(company.by_page(day("2026-01-01"), 1_000), 1);
    let again = company.invoices_of("con-01").remove(1);
    assert_eq!((again.net, again.tax), (invoice.net, invoice.tax));
    assert_ne!(
        again.number, invoice.number,
        "the number of a voided invoice stays used"
    );
    assert_eq!(company.balances(), before);
    assert_eq!(company.by_page(day("2026-01-01"), 1_000), 0);
}

#[test]
fn killbill_1464_voiding_an_invoice_gives_back_the_credit_it_used() {
    let company = Company::new();
    company.by_page(day("2026-01-01"), 1_000);
    company
        .clock
        .move_to("2026-02-12T10:00:00Z".parse().unwrap());
    // Fewer seats in January are taken off February's invoice.
    company.act(
        "amend_contract",
        json!({ "contract": "con-21", "effective": "2026-01-25", "reason": "one seat less",
            "change": { "kind": "quantity", "component": "seats", "quantity": "21" } }),
    );
    company.by_page(day("2026-02-01"), 1_000);
    let lines = |document: &str| {
        let document = document.to_owned();
        company
            .app
            .store()
            .read(move |tx| documents::lines_of(tx, &document))
            .unwrap()
    };
    let invoices = company.invoices_of("con-21");
    let (january, february) = (&invoices[0], &invoices[1]);
    let taken_off: i64 = lines(&february.id)
        .iter()
        .filter(|line| line.net < 0)
        .map(|line| line.net)
        .sum();
    assert!(taken_off < 0);
    let credited =
        |document: &str| -> i64 { lines(document).iter().map(|line| line.credited_net).sum() };
    assert_eq!(credited(&january.id), -taken_off);
    company.void(&february.id).unwrap();
    assert_eq!(
        credited(&january.id),
        0,
        "the credit is the customer's again"
    );
    assert_eq!(company.by_page(day("2026-02-01"), 1_000), 1);
    let again = &company.invoices_of("con-21")[2];
    assert_eq!(
        (again.net, again.tax, again.total),
        (february.net, february.tax, february.total)
    );
    assert_eq!(credited(&january.id), -taken_off);
}

#[test]
fn an_invoice_that_is_paid_or_being_collected_is_not_voided() {
    let company = Company::new();
    company.by_page(day("2026-01-01"), 1_000);
    let message = |contract: &str| {
        let invoice = company.invoices_of(contract).remove(0);
        match company.void(&invoice.id) {
            Err(AppFault::Refused(refusals)) => refusals[0].message.clone(),
            other => panic!("not refused: {other:?}"),
        }
    };
    // Customer 03 pays by card.
    assert!(message("con-03").contains("is being collected"));
    let invoice = company.invoices_of("con-01").remove(0);
    let amount = format!("{}.{:02}", invoice.total / 100, invoice.total % 100);
    company.act(
        "record_payment",
        json!({ "entity": "DE", "customer": "cus-01", "currency": "EUR", "amount": amount,
            "method": "transfer", "invoice": invoice.id }),
    );
    let paid = message("con-01");
    assert!(
        paid.contains("cannot become void") || paid.contains("is paid or credited in part"),
        "{paid}"
    );
}
