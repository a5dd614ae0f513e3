//! What a dispute holds, and how the account stands while it runs and after it.

use crate::Company;
use app::Routing;
use app::journey::payment::{FailedAttempt, attempt_failed};
use serde_json::{Value, json};
use store::payments::PaymentRow;

impl Company {
    fn dispute(&self, id: &str, invoice: &str) {
        let said = json!({ "id": id, "invoice": invoice, "reason_code": "wrong_price", "note": "agreed on less" });
        self.act("open_dispute", said);
    }

    fn end(&self, dispute: &str, outcome: &str) {
        let said = json!({ "dispute": dispute, "outcome": outcome, "reason": "looked at" });
        self.act("resolve_dispute", said);
    }

    /// A second customer who pays by card, with a contract of its own for each of these names.
    fn pays_by_card(&self, contracts: &[&str]) {
        let routing = Routing {
            collect_cards: true,
            ..Routing::default()
        };
        self.app.set_routing("dana", routing).unwrap();
        self.act(
            "create_customer",
            json!({ "id": "berg", "legal_name": "Berg GmbH", "collection": "card", "payment_method": "pm_1",
                "payment_terms_days": 7, "references": [{ "system": "stripe", "kind": "Customer", "id": "cus_1" }] }),
        );
        for contract in contracts {
            self.act(
                "activate_contract",
                json!({ "id": contract, "customer": "berg", "entity": "DE", "start": "2026-01-01",
                    "end": "2026-12-31", "lines": [{ "component": "sport", "product": "TV" }] }),
            );
        }
    }

    /// The one invoice of a contract, and the payment that collects it.
    fn collected(&self, contract: &'static str) -> (String, PaymentRow) {
        let found = self
            .app
            .store()
            .read(move |tx| -> Result<_, store::StoreFault> {
                let filter = store::documents::DocumentFilter {
                    contract: contract.to_owned(),
                    ..store::documents::DocumentFilter::default()
                };
                let invoice = store::documents::documents(tx, &filter, "", 1)?.remove(0);
                let payment = store::payments::of_invoice(tx, &invoice.id)?.remove(0);
                Ok((invoice.number, payment))
            });
        found.unwrap()
    }

    /// The card is declined once more.
    fn declines(&self, payment: &PaymentRow, attempt: u32) {
        let report = FailedAttempt {
            processor: "stripe".to_owned(),
            external_id: format!("pi_{}", payment.id),
            charge: None,
            payment: Some(payment.id.parse().unwrap()),
            attempt,
            reason: "insufficient_funds: no money".to_owned(),
            happened: self.app.clock().now(),
        };
        self.app
            .run("test", move |tx, context| {
                attempt_failed(tx, context, &report)
            })
            .unwrap();
    }

    fn standing_of(&self, customer: &'static str) -> String {
        let row = self
            .app
            .store()
            .read(move |tx| store::catalogue::customer(tx, customer));
        row.unwrap().unwrap().standing
    }

    /// The acts in the case of an invoice, without their days.
    fn steps(&self, invoice: &str) -> Vec<String> {
        let acts = self.acts(invoice);
        acts.iter()
            .map(|act| act.split(' ').nth(1).unwrap().to_owned())
            .collect()
    }
}

#[test]
fn a_suspended_customer_who_disputes_stays_suspended_during_and_after_it() {
    let company = Company::new("consumer");
    company.until("2026-02-05");
    assert_eq!(company.standing(), "suspended");
    company.dispute("D-1", "DE-2026-00002");
    assert_eq!(
        company.standing(),
        "suspended",
        "another invoice is disputed"
    );
    company.dispute("D-2", "DE-2026-00001");
    assert_eq!(company.standing(), "suspended", "the service is not back");
    company.end("D-1", "dispute_withdrawn");
    company.end("D-2", "dispute_rejected");
    assert_eq!(company.standing(), "suspended");
    assert_eq!(company.pauses().len(), 2);
}

#[test]
fn an_overdue_transfer_is_past_due_once_its_dispute_ends() {
    let company = Company::new("business");
    company.until("2026-01-20");
    assert_eq!(company.standing(), "past_due");
    company.dispute("D-1", "DE-2026-00001");
    assert_eq!(company.standing(), "disputed");
    company.end("D-1", "dispute_rejected");
    assert_eq!(company.standing(), "past_due");
}

#[test]
fn what_became_overdue_during_its_dispute_is_late_when_that_ends_and_dunned_from_the_next_day() {
    let company = Company::new("business");
    company.until("2026-01-05");
    company.dispute("D-1", "DE-2026-00001");
    company.until("2026-01-25");
    assert_eq!(company.standing(), "disputed");
    assert!(
        company.acts("DE-2026-00001").is_empty(),
        "nothing is dunned"
    );
    company.end("D-1", "dispute_withdrawn");
    assert_eq!(company.standing(), "past_due");
    company.until("2026-01-26");
    assert_eq!(
        company.acts("DE-2026-00001"),
        ["2026-01-26 entered", "2026-01-26 notice"]
    );
}

#[test]
fn a_dispute_that_ends_within_the_term_leaves_the_account_good_unless_another_runs() {
    let company = Company::new("business");
    company.pays_by_card(&[]);
    company.act(
        "activate_contract",
        json!({ "id": "C-2", "customer": "hansen", "entity": "DE", "start": "2026-01-01",
            "end": "2026-12-31", "lines": [{ "component": "radio", "product": "TV" }] }),
    );
    company.until("2026-01-02");
    company.dispute("D-1", "DE-2026-00001");
    company.dispute("D-2", "DE-2026-00002");
    company.end("D-1", "dispute_rejected");
    assert_eq!(company.standing(), "disputed");
    company.end("D-2", "dispute_accepted");
    assert_eq!(company.standing(), "good");
}

#[test]
fn attempts_that_are_used_up_stay_so_whatever_is_disputed() {
    let company = Company::new("consumer");
    company.pays_by_card(&["C-2"]);
    company.until("2026-01-01");
    let (invoice, payment) = company.collected("C-2");
    company.declines(&payment, 1);
    assert_eq!(company.standing_of("berg"), "past_due", "it is tried again");
    company.declines(&payment, 4);
    assert_eq!(company.standing_of("berg"), "in_collection");
    company.until("2026-01-02");
    assert_eq!(company.steps(&invoice), ["entered", "notice"]);
    assert_eq!(
        company.standing_of("berg"),
        "in_collection",
        "a reminder changes nothing"
    );
    company.dispute("D-1", &invoice);
    assert_eq!(company.standing_of("berg"), "in_collection");
    company.end("D-1", "dispute_rejected");
    assert_eq!(company.standing_of("berg"), "in_collection");
}

#[test]
fn a_disputed_invoice_is_neither_dunned_nor_tried_again_and_its_neighbour_is() {
    let company = Company::new("business");
    company.pays_by_card(&["C-2", "C-3"]);
    company.until("2026-01-01");
    let (disputed, held) = company.collected("C-2");
    let (other, tried) = company.collected("C-3");
    assert_ne!(disputed, other);
    company.declines(&held, 1);
    company.declines(&tried, 1);
    company.dispute("D-1", &disputed);
    company.until("2026-01-11");
    assert_eq!(company.steps(&disputed), ["entered"], "held");
    assert_eq!(company.steps(&other), ["entered", "notice", "retry"]);
    let (_, now) = company.collected("C-2");
    assert_eq!(
        (now.status.as_str(), now.next_attempt.as_str(), now.attempts),
        ("failed", "2026-01-04", 1),
        "not tried again"
    );
    let (_, now) = company.collected("C-3");
    assert_eq!((now.status.as_str(), now.attempts), ("initiated", 1));
    // The second attempt of the neighbour fails too, and dunning goes on with it alone.
    company.declines(&tried, 2);
    company.until("2026-01-21");
    assert_eq!(company.steps(&disputed), ["entered"], "still held");
    assert!(
        company.steps(&other).len() > 2,
        "{:?}",
        company.acts(&other)
    );
    // The dispute is over: the attempt that was due is made, and the steps go on at the first.
    company.end("D-1", "dispute_rejected");
    company.until("2026-01-22");
    let (_, now) = company.collected("C-2");
    assert_eq!(now.status, "initiated");
    let acts = company.acts(&disputed);
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert!(acts[1].ends_with("notice"), "{acts:?}");
}

/// The refusals of a command, `field: message`.
fn refused(company: &Company, name: &str, body: Value) -> String {
    let command = app::command::Command::read(name, body).unwrap();
    match company.app.act("dana", command) {
        Err(app::AppFault::Refused(all)) => {
            let told = all.iter().map(|refusal| {
                format!(
                    "{} {}: {}",
                    refusal.code,
                    refusal.field.as_deref().unwrap_or_default(),
                    refusal.message
                )
            });
            told.collect::<Vec<_>>().join("; ")
        }
        other => panic!("{name} was not refused: {other:?}"),
    }
}

#[test]
fn disputed_lines_are_looked_at_when_the_dispute_is_opened() {
    let company = Company::new("business");
    company.act("set_tax_rate", json!({ "entity": "DE", "rate": "0.19" }));
    company.until("2026-01-01");
    let invoice = company.app.invoice("DE-2026-00001").unwrap().unwrap();
    let line = invoice.lines[0].id.clone();
    let objection = |lines: Value, amount: Option<&str>| {
        json!({ "id": "D-1", "invoice": "DE-2026-00001", "reason_code": "wrong_price", "note": "agreed on less",
            "lines": lines, "amount": amount })
    };
    let said = refused(
        &company,
        "open_dispute",
        objection(json!([{ "line": "L-404", "amount": "10" }]), None),
    );
    assert!(
        said.starts_with("unknown_line lines[0].line: line L-404 is not on invoice DE-2026-00001; name lines of that invoice, such as "),
        "{said}"
    );
    assert!(said.contains(line.as_str()), "{said}");
    let said = refused(
        &company,
        "open_dispute",
        objection(json!([{ "line": line, "amount": "31.01" }]), None),
    );
    assert!(said.starts_with("credit_exceeds_line lines: "), "{said}");
    assert!(said.contains("31.00 EUR of it remains"), "{said}");
    let said = refused(
        &company,
        "open_dispute",
        objection(json!([{ "line": line, "amount": "10" }]), Some("20")),
    );
    assert_eq!(
        said,
        "lines_and_amount_differ amount: the lines come to 11.90 EUR with tax, of which 11.90 EUR is open on \
         invoice DE-2026-00001, and the amount says 20.00 EUR; leave amount out, or name lines that come to it"
    );
    // Without an amount the lines with their tax are what is disputed, and what is credited.
    company.act(
        "open_dispute",
        objection(json!([{ "line": line, "amount": "10" }]), None),
    );
    let dispute = company.app.dispute("D-1").unwrap().unwrap();
    assert_eq!(dispute.amount.to_string(), "11.90 EUR");
    company.end("D-1", "dispute_accepted");
    assert_eq!(company.open_of("DE-2026-00001"), "61.88");
}
