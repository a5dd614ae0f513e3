//! Adyen, operation by operation.

use connect::adyen::webhook::{EventCode, Item, Verifier, read_items};
use connect::adyen::{NewPayment, NewRefund, ResultCode};
use connect::driver::Adyen;
use connect::{FaultClass, Secret, adyen as wire};
use sim::Fault;
use sim::adyen::StoredCard;
use values::{Currency, Money};

use crate::Bench;

fn payment(reference: &str, minor: i64) -> NewPayment {
    NewPayment {
        amount: Money::from_minor(minor, Currency::EUR),
        shopper: "shopper-1".to_owned(),
        stored_method: "STORED1".to_owned(),
        reference: reference.to_owned(),
        invoice: "inv_1".to_owned(),
        legal_entity: "DE".to_owned(),
        idempotency_key: format!("collect/{reference}"),
    }
}

fn account(bench: &Bench, card: StoredCard) -> Adyen {
    let sim = &bench.sims.adyen;
    sim.store_card("STORED1", "shopper-1", card).unwrap();
    let connection = wire::Connection {
        base_url: sim.base_url(),
        api_key: Secret::new(sim.api_key()),
        merchant_account: sim.merchant_account().to_owned(),
    };
    Adyen::new(bench.driver.clone(), connection)
}

/// What was notified since the last time, each found to be signed.
fn notified(bench: &Bench) -> Vec<Item> {
    let verifier = Verifier {
        keys: vec![Secret::new(bench.sims.adyen.hmac_key())],
    };
    let mut told = Vec::new();
    bench.sims.adyen.pump_webhooks_to(|body| {
        let items = read_items(body).unwrap();
        verifier.verify(&items).unwrap();
        told.extend(items);
        true
    });
    told
}

#[test]
fn a_payment_is_authorised_once_for_its_key_and_given_back_in_part() {
    let bench = Bench::calm();
    let adyen = account(&bench, StoredCard::Authorises);
    adyen.list_methods().unwrap();
    let new = payment("pay_1-1", 12_000);
    let first = adyen.create_payment(&new).unwrap();
    assert_eq!(first.result, ResultCode::Authorised);
    assert_eq!(first.amount, Some(new.amount));
    assert_eq!(adyen.create_payment(&new).unwrap(), first);
    assert_eq!(bench.sims.adyen.objects("payments").len(), 1);
    let told = notified(&bench);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (
            &told[0].event,
            told[0].success,
            told[0].merchant_reference.as_str()
        ),
        (&EventCode::Authorisation, true, "pay_1-1")
    );
    let refund = |minor, key: &str| NewRefund {
        payment: first.psp_reference.clone(),
        amount: Money::from_minor(minor, Currency::EUR),
        reference: format!("rfd_{key}"),
        idempotency_key: format!("refund/{key}"),
    };
    adyen.create_refund(&refund(2_000, "a")).unwrap();
    adyen.create_refund(&refund(11_000, "b")).unwrap();
    let told: Vec<(bool, String)> = notified(&bench)
        .into_iter()
        .map(|item| (item.success, item.merchant_reference))
        .collect();
    assert_eq!(
        told,
        [(true, "rfd_a".to_owned()), (false, "rfd_b".to_owned())],
        "more than is left is taken on and then refused"
    );
}

#[test]
fn a_call_without_an_answer_is_settled_by_the_same_call() {
    let bench = Bench::calm();
    let adyen = account(&bench, StoredCard::Authorises);
    let new = payment("pay_1-1", 12_000);
    bench
        .sims
        .adyen
        .inject(Fault::TimeoutAfterWork, "POST", "/payments");
    let fault = adyen.create_payment(&new).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let result = adyen.create_payment(&new).unwrap();
    assert_eq!(result.result, ResultCode::Authorised);
    let there = bench.sims.adyen.objects("payments");
    assert_eq!(there.len(), 1, "one payment for one key");
    assert_eq!(there[0]["pspReference"], result.psp_reference.as_str());
}

#[test]
fn what_adyen_refuses_is_told_apart() {
    let bench = Bench::calm();
    let adyen = account(&bench, StoredCard::RefusesTimes(1));
    let refused = adyen.create_payment(&payment("pay_1-1", 500)).unwrap();
    assert_eq!(refused.result, ResultCode::Refused);
    assert_eq!(
        refused.refusal_reason.as_deref(),
        Some("Not enough balance")
    );
    let again = adyen.create_payment(&payment("pay_1-2", 500)).unwrap();
    assert_eq!(again.result, ResultCode::Authorised);
    let stranger = NewPayment {
        stored_method: "STORED2".to_owned(),
        ..payment("pay_2-1", 500)
    };
    let fault = adyen.create_payment(&stranger).unwrap_err();
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Data, "800")
    );
    let other = NewPayment {
        idempotency_key: "collect/pay_1-1".to_owned(),
        ..payment("pay_1-1", 501)
    };
    let fault = adyen.create_payment(&other).unwrap_err();
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Ambiguous, "704")
    );
    bench
        .sims
        .adyen
        .inject(Fault::TooManyRequests, "POST", "/payments");
    let fault = adyen.create_payment(&payment("pay_3-1", 500)).unwrap_err();
    assert!(matches!(fault.class, FaultClass::Throttled { .. }));
    bench
        .sims
        .adyen
        .inject(Fault::ServerError, "POST", "/payments");
    let fault = adyen.create_payment(&payment("pay_3-1", 500)).unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
    let connection = wire::Connection {
        base_url: bench.sims.adyen.base_url(),
        api_key: Secret::new("another-key-of-somebody"),
        merchant_account: bench.sims.adyen.merchant_account().to_owned(),
    };
    let stranger = Adyen::new(bench.driver.clone(), connection);
    let fault = stranger.list_methods().unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication);
}

#[test]
fn a_notification_that_is_not_accepted_holds_up_those_behind_it() {
    let bench = Bench::calm();
    let adyen = account(&bench, StoredCard::Authorises);
    for number in 1..=3 {
        adyen
            .create_payment(&payment(&format!("pay_{number}-1"), 500))
            .unwrap();
    }
    let mut seen = 0;
    let pumped = bench.sims.adyen.pump_webhooks_to(|_| {
        seen += 1;
        seen < 2
    });
    assert_eq!((seen, pumped.delivered, pumped.pending), (2, 1, 2));
    assert_eq!(notified(&bench).len(), 2);
}
