//! Stripe, operation by operation.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use connect::stripe::{
    self as wire, Charging, Expandable, Filter, NewCustomer, NewPayment, NewRefund, PaymentIntent,
    PaymentStatus, RefundStatus, webhook::Verifier,
};
use connect::{FaultClass, ReadBack, Secret};
use sim::Fault;
use sim::stripe::CardBehaviour;
use values::{Currency, Instant, Money};

use crate::Bench;

pub fn payment(invoice: &str, minor: i64) -> NewPayment {
    NewPayment {
        amount: Money::from_minor(minor, Currency::EUR),
        customer: "cus_one".into(),
        payment_method: "pm_one".into(),
        invoice: invoice.into(),
        legal_entity: "DE".into(),
        idempotency_key: format!("pay-{invoice}-1"),
    }
}

pub fn accepted(charging: Charging) -> PaymentIntent {
    match charging {
        Charging::Accepted(intent) => *intent,
        Charging::Declined(decline) => panic!("declined: {decline:?}"),
    }
}

fn refund_of(intent: &PaymentIntent, minor: i64, key: &str) -> NewRefund {
    NewRefund {
        payment_intent: intent.id.clone(),
        amount: Money::from_minor(minor, Currency::EUR),
        credit_note: "crn_1".into(),
        idempotency_key: key.into(),
    }
}

#[test]
fn a_payment_settles_with_its_fee_and_is_refunded_in_part() {
    let bench = Bench::calm();
    let new = payment("inv_1", 12_000);
    let intent = accepted(bench.stripe.create_payment(&new).unwrap());
    assert_eq!(intent.status, PaymentStatus::Succeeded);
    assert_eq!(intent.amount_received, new.amount);
    assert_eq!(
        intent.metadata.get("tieout_invoice").map(String::as_str),
        Some("inv_1")
    );
    let read = bench.stripe.payment(&intent.id).unwrap();
    let charge = read
        .latest_charge
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    let row = charge
        .balance_transaction
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    assert_eq!(
        row.fee,
        Money::from_minor(378, Currency::EUR),
        "2.9 % and 30 cents"
    );
    assert_eq!(row.net.plus(row.fee).unwrap(), row.amount);
    assert_eq!(bench.stripe.charge(&charge.id).unwrap().amount, new.amount);

    let refund = bench
        .stripe
        .create_refund(&refund_of(&intent, 2_000, "ref-1"))
        .unwrap();
    assert_eq!(refund.status, RefundStatus::Succeeded);
    let read = bench.stripe.refund(&refund.id).unwrap();
    let row = read
        .balance_transaction
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    assert_eq!(row.amount, Money::from_minor(-2_000, Currency::EUR));
    let rows = bench
        .stripe
        .balance_transactions(&Filter::default())
        .unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["charge", "refund"], "oldest first");
    let charge = bench.stripe.charge(&charge.id).unwrap();
    assert_eq!(
        (charge.amount_refunded.minor, charge.refunded),
        (2_000, false)
    );
    let too_much = bench
        .stripe
        .create_refund(&refund_of(&intent, 10_001, "ref-2"))
        .unwrap_err();
    assert_eq!(too_much.class, FaultClass::Data, "{too_much}");
    bench
        .stripe
        .create_refund(&refund_of(&intent, 10_000, "ref-3"))
        .unwrap();
    let all_gone = bench
        .stripe
        .create_refund(&refund_of(&intent, 1, "ref-4"))
        .unwrap_err();
    assert_eq!(all_gone.class, FaultClass::Duplicate, "{all_gone}");
}

#[test]
fn the_same_key_pays_once_and_other_content_under_it_is_refused() {
    let bench = Bench::calm();
    let new = payment("inv_1", 12_000);
    let first = accepted(bench.stripe.create_payment(&new).unwrap());
    let second = accepted(bench.stripe.create_payment(&new).unwrap());
    assert_eq!(first.id, second.id);
    let mut other = new.clone();
    other.amount.minor = 1;
    let fault = bench.stripe.create_payment(&other).unwrap_err();
    assert_eq!(fault.class, FaultClass::Conflict);
    assert_eq!(bench.sims.stripe.objects("payment_intents").len(), 1);
    bench.sims.stripe.hold_key("pay-inv_2-1");
    let fault = bench
        .stripe
        .create_payment(&payment("inv_2", 1_000))
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient, "in flight: {fault}");
    bench.sims.stripe.release_key("pay-inv_2-1");
    accepted(
        bench
            .stripe
            .create_payment(&payment("inv_2", 1_000))
            .unwrap(),
    );
}

#[test]
fn a_declined_payment_is_tried_again_on_the_same_intent() {
    let bench = Bench::calm();
    bench
        .sims
        .stripe
        .set_card_behaviour("pm_one", CardBehaviour::DeclinesTimes(1))
        .unwrap();
    let Charging::Declined(decline) = bench
        .stripe
        .create_payment(&payment("inv_1", 5_000))
        .unwrap()
    else {
        panic!("the first charge is declined")
    };
    assert!(decline.error.decline_code.is_some());
    let intent = decline.payment_intent.unwrap();
    assert_eq!(intent.status, PaymentStatus::RequiresPaymentMethod);
    let read = bench.stripe.payment(&intent.id).unwrap();
    assert!(read.last_payment_error.is_some());
    let again = bench
        .stripe
        .confirm_payment(&intent.id, Some("pm_one"), "pay-inv_1-2")
        .unwrap();
    assert_eq!(accepted(again).status, PaymentStatus::Succeeded);
    let settled = bench
        .stripe
        .confirm_payment(&intent.id, Some("pm_one"), "pay-inv_1-3")
        .unwrap_err();
    assert_eq!(settled.class, FaultClass::Conflict, "{settled}");
}

#[test]
fn a_payment_in_doubt_is_found_or_absent() {
    let bench = Bench::calm();
    let new = payment("inv_1", 12_000);
    bench
        .sims
        .stripe
        .inject(Fault::TimeoutAfterWork, "POST", "/v1/payment_intents");
    let fault = bench.stripe.create_payment(&new).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");
    let held = bench.stripe.read_back_payment(&new, bench.now()).unwrap();
    assert!(matches!(held, ReadBack::Found(intent) if intent.status == PaymentStatus::Succeeded));
    let other = payment("inv_2", 12_000);
    let held = bench.stripe.read_back_payment(&other, bench.now()).unwrap();
    assert_eq!(held, ReadBack::Absent);
}

#[test]
fn a_refund_and_a_customer_in_doubt_are_found_or_absent() {
    let bench = Bench::calm();
    let intent = accepted(
        bench
            .stripe
            .create_payment(&payment("inv_1", 12_000))
            .unwrap(),
    );
    let refund = refund_of(&intent, 2_000, "ref-1");
    assert_eq!(
        bench.stripe.read_back_refund(&refund).unwrap(),
        ReadBack::Absent
    );
    bench
        .sims
        .stripe
        .inject(Fault::TimeoutAfterWork, "POST", "/v1/refunds");
    let fault = bench.stripe.create_refund(&refund).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    assert!(matches!(
        bench.stripe.read_back_refund(&refund).unwrap(),
        ReadBack::Found(found) if found.amount == refund.amount
    ));

    let customer = NewCustomer {
        name: "Ann & Söhne".into(),
        email: Some("ann@example.com".into()),
        reference: "acc-1".into(),
        idempotency_key: "cust-acc-1".into(),
    };
    let look = || bench.stripe.read_back_customer(&customer, bench.now());
    assert_eq!(look().unwrap(), ReadBack::Absent);
    bench
        .sims
        .stripe
        .inject(Fault::TimeoutAfterWork, "POST", "/v1/customers");
    let fault = bench.stripe.create_customer(&customer).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let ReadBack::Found(found) = look().unwrap() else {
        panic!("the customer was created")
    };
    assert_eq!(found.name.as_deref(), Some("Ann & Söhne"));
    let replayed = bench.stripe.create_customer(&customer).unwrap();
    assert_eq!(replayed.id, found.id);
    assert_eq!(bench.stripe.customer(&found.id).unwrap(), found);
}

#[test]
fn long_lists_are_read_to_their_end() {
    let bench = Bench::calm();
    for number in 0..130 {
        let new = payment(&format!("inv_{number}"), 100 + number);
        accepted(bench.stripe.create_payment(&new).unwrap());
    }
    let of_customer = Filter {
        customer: Some("cus_one".into()),
        ..Filter::default()
    };
    let payments = bench.stripe.payments(&of_customer).unwrap();
    let amounts: Vec<i64> = payments.iter().map(|intent| intent.amount.minor).collect();
    assert_eq!(amounts, (100..230).collect::<Vec<i64>>());
    let rows = bench
        .stripe
        .balance_transactions(&Filter {
            created_from: Some(bench.now()),
            kind: Some("charge".into()),
            ..Filter::default()
        })
        .unwrap();
    assert_eq!(rows.len(), 130);
    let succeeded = bench
        .stripe
        .events_since(bench.now(), Some("payment_intent.succeeded"))
        .unwrap();
    let told: Vec<_> = succeeded
        .iter()
        .map(|event| &event.payment_intent)
        .collect();
    let made: Vec<Option<String>> = payments.iter().map(|made| Some(made.id.clone())).collect();
    assert_eq!(
        told,
        made.iter().collect::<Vec<_>>(),
        "one each, oldest first"
    );
    assert_eq!(bench.stripe.event(&succeeded[0].id).unwrap(), succeeded[0]);
    let tomorrow = bench.now().plus_seconds(86_400);
    assert!(
        bench
            .stripe
            .events_since(tomorrow, None)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn refusals_are_classed() {
    let bench = Bench::calm();
    let missing = bench.stripe.payment("pi_nobody").unwrap_err();
    assert_eq!(missing.class, FaultClass::Data);
    assert!(wire::says_absent(&missing), "{missing}");
    let mut stranger = payment("inv_1", 100);
    stranger.customer = "cus_nobody".into();
    let fault = bench.stripe.create_payment(&stranger).unwrap_err();
    assert_eq!(fault.class, FaultClass::Data, "{fault}");
    bench
        .sims
        .stripe
        .inject(Fault::ServerError, "POST", "/v1/payment_intents");
    let fault = bench
        .stripe
        .create_payment(&payment("inv_1", 100))
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient, "{fault}");
    bench
        .sims
        .stripe
        .inject(Fault::TooManyRequests, "POST", "/v1/payment_intents");
    let fault = bench
        .stripe
        .create_payment(&payment("inv_1", 100))
        .unwrap_err();
    assert!(
        matches!(fault.class, FaultClass::Throttled { .. }),
        "{fault}"
    );
    accepted(bench.stripe.create_payment(&payment("inv_1", 100)).unwrap());
}

#[test]
fn a_wrong_key_is_an_authentication_fault() {
    let bench = Bench::calm();
    let connection = wire::Connection::new(bench.sims.stripe.base_url(), Secret::new("sk_wrong"));
    let driver = std::sync::Arc::new(connect::driver::Driver::new(
        Box::new(connect::HttpTransport::default()),
        Box::new(connect::driver::SystemPresent::default()),
        connect::driver::DriverOptions::default(),
    ));
    let stranger = connect::driver::Stripe::new(driver, connection);
    let fault = stranger.payment("pi_1").unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication);
    assert!(!fault.to_string().contains("sk_wrong"));
}

#[test]
fn delivered_events_verify_and_name_the_payment() {
    let bench = Bench::calm();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/inbound/stripe", listener.local_addr().unwrap());
    bench.sims.stripe.set_webhook_url(Some(url));
    let intent = accepted(
        bench
            .stripe
            .create_payment(&payment("inv_1", 12_000))
            .unwrap(),
    );
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut received = Vec::new();
        let mut deliveries = Vec::new();
        let mut buffer = [0_u8; 8192];
        loop {
            while let Some((delivery, used)) = delivery_in(&received) {
                received.drain(..used);
                deliveries.push(delivery);
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .unwrap();
                if deliveries.len() == 4 {
                    return deliveries;
                }
            }
            match stream.read(&mut buffer).unwrap() {
                // The sender opens a new connection when it likes.
                0 => stream = listener.accept().unwrap().0,
                count => received.extend_from_slice(&buffer[..count]),
            }
        }
    });
    bench.sims.stripe.pump_webhooks();
    let deliveries = receiver.join().unwrap();
    let verifier = |secret: &str| Verifier {
        secrets: vec![Secret::new(secret)],
        tolerance_s: 300,
    };
    let mut kinds = Vec::new();
    for (signature, body) in deliveries {
        let signed = verifier("whsec_tieout_test_secret").verify(
            Some(&signature),
            &body,
            Instant::from_seconds(bench.now().seconds()),
        );
        assert!(signed.is_ok(), "{signed:?}");
        assert!(
            verifier("whsec_other")
                .verify(Some(&signature), &body, bench.now())
                .is_err()
        );
        let event = wire::read_delivered_event(&body).unwrap();
        let about = match event.object_type.as_str() {
            "customer" => None,
            _ => Some(intent.id.as_str()),
        };
        assert_eq!(event.payment_intent.as_deref(), about, "{}", event.kind);
        kinds.push(event.kind);
    }
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "charge.succeeded",
            "customer.created",
            "payment_intent.created",
            "payment_intent.succeeded"
        ]
    );
}

/// The first whole delivery in the bytes received: its signature, its body, and its length.
fn delivery_in(received: &[u8]) -> Option<((String, Vec<u8>), usize)> {
    let split = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&received[..split]).into_owned();
    let value = |name: &str| {
        head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length: usize = value("content-length")?.parse().ok()?;
    let body = received.get(split + 4..split + 4 + length)?;
    let signature = value("stripe-signature")?;
    Some(((signature, body.to_vec()), split + 4 + length))
}
