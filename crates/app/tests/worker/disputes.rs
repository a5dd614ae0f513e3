//! Disputes at Stripe, simulated on its wire format: the payer's bank takes the money of a payment
//! back, asks about it, and gives it again when we win.

use crate::adyen::Sellers;
use serde_json::json;
use sim::adyen::StoredCard;

/// A seller whose customer in the US has paid 12.50 USD by Stripe, and that payment.
fn paid() -> (Sellers, store::payments::PaymentRow) {
    let sellers = Sellers::new(StoredCard::Authorises);
    sellers.deliver();
    sellers.hear();
    let row = sellers.payment("USD");
    assert_eq!(row.status, "settled");
    (sellers, row)
}

fn open_of(sellers: &Sellers) -> (String, String) {
    let invoice = sellers.bench.app.invoice("US-2026-00001").unwrap().unwrap();
    (invoice.row.open.to_string(), invoice.row.status.to_string())
}

/// The fee of a dispute by the exception that says so, below zero. It has a class with steps of its own.
fn fee_told(sellers: &Sellers) -> Vec<i64> {
    let rows = sellers
        .bench
        .app
        .store()
        .read(store::exceptions::all_open)
        .unwrap();
    let told: Vec<_> = rows
        .into_iter()
        .filter(|row| row.key.starts_with("dispute-fee/"))
        .collect();
    assert!(told.iter().all(|row| row.class == "dispute_fee"));
    told.into_iter().map(|row| row.amount).collect()
}

#[test]
fn a_chargeback_at_stripe_takes_the_money_back_once_and_is_shown_with_its_value() {
    let (sellers, row) = paid();
    let dispute = sellers
        .sims
        .stripe
        .charge_back(&row.external_id, "fraudulent")
        .unwrap();
    sellers.hear();
    sellers.hear();
    sellers.sims.stripe.close_dispute(&dispute, false).unwrap();
    sellers.hear();
    let back = sellers.events("payment.payment.refunded", "US");
    assert_eq!(back.len(), 1, "three events tell of one movement");
    assert_eq!(back[0]["amount"]["amount"], "12.50");
    let reason = back[0]["reason"].as_str().unwrap();
    let told = format!(
        "charged back by the payer's bank: fraudulent (dispute {dispute}); it can be answered until "
    );
    assert!(reason.starts_with(&told), "{reason}");
    let open = sellers
        .bench
        .exception(&format!("uncovered/{}", row.id))
        .unwrap();
    assert_eq!(
        (open.class.as_str(), open.amount),
        ("refund_unmatched", 1_250)
    );
    assert_eq!(
        sellers.bench.counted("open"),
        0,
        "every event is worked off"
    );

    // The fee is nobody's payment: it is told once, and explains what the processor holds less.
    assert_eq!(fee_told(&sellers), [-1_500]);
    app::sweep::read_balances(&sellers.bench.app, &sellers.connections).unwrap();
    let rows = sellers.bench.app.tie_outs().unwrap();
    let cash = rows
        .iter()
        .find(|row| row.measure == "cash" && row.entity == "US")
        .unwrap();
    assert_eq!(cash.difference.to_string(), "-15.00 USD");
    assert_eq!(cash.status, app::view::TieOutStatus::Explained, "{cash:?}");
    sellers.act(
        "post_journal",
        json!({ "entity": "US", "date": "2026-03-02", "reason": "fee of a dispute", "lines": [
            { "account": "6100", "debit": "15.00" }, { "account": "1010", "credit": "15.00" }] }),
    );
    let told = cash.exceptions[0].clone();
    sellers.act(
        "resolve_exception",
        json!({ "exception": told, "outcome": "mended", "reason": "entered by a journal" }),
    );
    sellers.ties_out();
}

#[test]
fn a_dispute_that_is_won_brings_the_money_again_as_a_payment_of_its_own() {
    let (sellers, row) = paid();
    let stripe = &sellers.sims.stripe;
    let dispute = stripe
        .charge_back(&row.external_id, "product_not_received")
        .unwrap();
    sellers.hear();
    assert!(
        sellers
            .bench
            .exception(&format!("uncovered/{}", row.id))
            .is_some()
    );
    stripe.close_dispute(&dispute, true).unwrap();
    sellers.hear();
    sellers.hear();
    let settled = sellers.events("payment.payment.settled", "US");
    assert_eq!(
        settled.len(),
        2,
        "the payment, and the money that came again"
    );
    assert_eq!(settled[1]["gross"]["amount"], "12.50");
    assert_eq!(settled[1]["customer"], "of-US", "its payer is known");
    assert_eq!(sellers.events("payment.payment.refunded", "US").len(), 1);
    assert_eq!(fee_told(&sellers), [-1_500], "the fee is not given again");
}

#[test]
fn an_inquiry_moves_nothing() {
    let (sellers, row) = paid();
    let before = open_of(&sellers);
    let stripe = &sellers.sims.stripe;
    let asked = stripe.inquire(&row.external_id, "general").unwrap();
    sellers.hear();
    stripe.close_dispute(&asked, false).unwrap();
    sellers.hear();
    assert!(sellers.events("payment.payment.refunded", "US").is_empty());
    assert!(
        sellers
            .bench
            .exception(&format!("uncovered/{}", row.id))
            .is_none()
    );
    assert_eq!(open_of(&sellers), before);
    sellers.ties_out();
}

#[test]
fn a_chargeback_that_no_webhook_told_is_found_by_the_sweep() {
    let (sellers, row) = paid();
    let stripe = &sellers.sims.stripe;
    stripe.charge_back(&row.external_id, "duplicate").unwrap();
    stripe.pump_webhooks_to(|_, _| true);
    assert!(sellers.events("payment.payment.refunded", "US").is_empty());
    sellers.later(3_600);
    app::sweep::sweep_stripe(&sellers.bench.app, &sellers.connections).unwrap();
    app::intake::process_due(&sellers.bench.app, &sellers.connections, 100);
    let back = sellers.events("payment.payment.refunded", "US");
    assert_eq!(back.len(), 1, "{:?}", json!(back));
}
