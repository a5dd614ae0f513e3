//! A refund: it waits for somebody else, and is done once or not at all.

use super::*;
use values::Clock;

/// Money of acme that is set against nothing.
fn paid_too_much(company: &Company) -> String {
    let answer = company.act(
        "record_payment",
        json!({"customer": "acme", "entity": "DE", "amount": "100", "currency": "EUR"}),
    );
    answer["payment"].as_str().unwrap().to_owned()
}

#[test]
fn a_refund_waits_for_days_and_for_somebody_else_and_is_done_once() {
    let directory = tempfile::tempdir().unwrap();
    let place = Location::File(directory.path().join("books.db"));
    let company = Company::on(Store::open(&place, Durability::Relaxed).unwrap());
    let payment = paid_too_much(&company);
    let before = company.balances();
    let fault = company
        .try_act(
            MAKER,
            "start_process",
            json!({"process": "refund", "facts": {"payment": payment}}),
        )
        .unwrap_err();
    assert_eq!(code(&fault), "input_missing");
    let started = company.act("start_process", json!({"process": "refund", "facts": {"payment": payment, "reason": "paid twice", "amount": "60"}}));
    let id = started["process"].as_str().unwrap().to_owned();
    company.work();
    assert_eq!(company.steps(&id), ["waiting", "ahead", "ahead"]);
    // Days pass, and the program is started again.
    let Company { app, clock } = company;
    drop(app);
    clock.move_to("2026-01-17T09:00:00Z".parse().unwrap());
    let store = Store::open(&place, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(2, 0));
    let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
    let company = Company { app, clock };
    let decide = |actor: &str| {
        let body = json!({"process": id, "step": "approved", "decision": "approve", "reason": "seen both payments"});
        company.try_act(actor, "decide_process", body)
    };
    assert_eq!(code(&decide("DANA").unwrap_err()), "same_person");
    decide(CHECKER).unwrap();
    company.work();
    company.work();
    assert_eq!(company.steps(&id), ["done", "done", "not_needed"]);
    let [row] = company.of("refund").try_into().unwrap();
    assert_eq!(row.status, "done");
    let waits = company
        .app
        .gate_waits("2026-01-01T00:00:00Z".parse().unwrap())
        .unwrap();
    assert_eq!((waits[0].count, waits[0].median_seconds), (1, 43 * 3_600));
    company.must_tie_out("after the refund");
    assert_ne!(company.balances(), before);
    // The transfer bounced: what went out is there again.
    company.act(
        "cancel_process",
        json!({"process": id, "reason": "the transfer bounced"}),
    );
    company.work();
    assert_eq!(company.of("refund")[0].status, "cancelled");
    assert_eq!(company.balances(), before);
    company.must_tie_out("after the bounce");
}

#[test]
fn a_denied_refund_does_nothing() {
    let company = Company::new();
    let payment = paid_too_much(&company);
    let before = company.balances();
    let started = company.act(
        "start_process",
        json!({"process": "refund", "facts": {"payment": payment, "reason": "paid twice"}}),
    );
    company.try_act(CHECKER, "decide_process", json!({"process": started["process"], "step": "approved", "decision": "deny", "reason": "it was not"})).unwrap();
    company.work();
    assert_eq!(company.of("refund")[0].status, "cancelled");
    assert_eq!(company.balances(), before);
}

/// The processor says that it gave money back which nobody here asked for.
fn given_back(company: &Company, external_id: &str, amount: &str) {
    let report = app::journey::refund::SettledRefund {
        processor: "stripe".to_owned(),
        external_id: external_id.to_owned(),
        payment_external_id: "pi_1".to_owned(),
        refund: None,
        amount: values::Money::parse(amount, values::Currency::EUR).unwrap(),
        reason: "requested_by_customer".to_owned(),
        happened: company.clock.now(),
    };
    let told = company
        .app
        .run("stripe", move |tx, context| {
            app::journey::refund::refund_settled(tx, context, &report)
        })
        .unwrap();
    assert!(
        matches!(told, app::journey::payment::PaymentOutcome::Recorded { .. }),
        "{told:?}"
    );
}

/// An invoice over 142.80 that a card payment settled, which the processor calls pi_1.
fn paid_by_card(company: &Company) -> (String, String) {
    company.contract("C-1", "acme");
    let invoice = company.bill("C-1");
    let answer = company.act(
        "record_payment",
        json!({"invoice": invoice, "amount": "142.80", "method": "card"}),
    );
    let payment = answer["payment"].as_str().unwrap().to_owned();
    let id = payment.clone();
    company
        .app
        .run("test", move |tx, _| {
            let mut row = store::payments::payment(tx, &id)?.unwrap();
            row.external_id = "pi_1".to_owned();
            Ok(store::payments::update(tx, &row)?)
        })
        .unwrap();
    (invoice, payment)
}

fn uncovered(company: &Company) -> Vec<(String, i64)> {
    let open = company.app.store().read(exceptions::all_open).unwrap();
    open.into_iter()
        .filter(|row| row.class == "refund_unmatched")
        .map(|row| (row.summary, row.amount))
        .collect()
}

#[test]
fn a_refund_that_billing_knows_nothing_of_is_an_exception_until_the_invoice_is_credited() {
    let company = Company::new();
    let (invoice, payment) = paid_by_card(&company);
    given_back(&company, "re_1", "100.00");
    let found = uncovered(&company);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].0.contains("100.00 EUR") && found[0].0.contains("not credited"),
        "{found:?}"
    );
    assert_eq!(found[0].1, 10_000);
    // The books say what is so: the payer owes what he got back. Nothing is unexplained.
    company.must_tie_out("after the refund");
    // More of it goes back: the same case is worth more.
    given_back(&company, "re_2", "42.80");
    assert_eq!(uncovered(&company)[0].1, 14_280);
    // Nothing of it can be given back again.
    let again = company.try_act(
        MAKER,
        "refund_payment",
        json!({"payment": payment, "reason": "once more"}),
    );
    assert_eq!(code(&again.unwrap_err()), "refund_exceeds_unapplied");
    // A credit note is the leg that was missing.
    company.act(
        "issue_credit_note",
        json!({"invoice": invoice, "full": true, "reason": "not delivered"}),
    );
    assert_eq!(uncovered(&company), []);
    company.must_tie_out("after the credit note");
}

#[test]
fn a_refund_of_money_that_is_set_against_nothing_needs_nobody() {
    let company = Company::new();
    let (invoice, payment) = paid_by_card(&company);
    company.act(
        "unapply_payment",
        json!({"payment": payment, "invoice": invoice, "reason": "paid twice"}),
    );
    given_back(&company, "re_1", "142.80");
    assert_eq!(company.open(), Vec::<String>::new());
    company.must_tie_out("after the refund");
    // The other way round: taken from the invoice afterwards, it closes as well.
    let company = Company::new();
    let (invoice, payment) = paid_by_card(&company);
    given_back(&company, "re_1", "142.80");
    assert_eq!(uncovered(&company).len(), 1);
    company.act(
        "unapply_payment",
        json!({"payment": payment, "invoice": invoice, "reason": "it went back"}),
    );
    assert_eq!(company.open(), Vec::<String>::new());
    company.must_tie_out("after taking it from the invoice");
}
