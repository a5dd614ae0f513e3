//! A refund: it waits for somebody else, and is done once or not at all.

use super::*;

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
