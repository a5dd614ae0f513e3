//! Stripe's real payloads, read; our requests, compared with recorded ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

#[path = "stripe_parts/credit_notes.rs"]
mod credit_notes;
#[path = "stripe_parts/disputes.rs"]
mod disputes;
#[path = "stripe_parts/invoices.rs"]
mod invoices;

use connect::request::{Operation, Reply};
use connect::stripe::{self, Charging, Connection, Expandable, NewPayment, PaymentStatus};
use connect::{FaultClass, Method, ReadBack, ReadFaultKind, Safety, Secret};
use proptest::prelude::*;
use values::{Currency, Instant, Money};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stripe/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

/// The recorded answer of an exchange.
fn exchange(name: &str) -> Reply {
    let exchange: serde_json::Value = serde_json::from_slice(&fixture(name)).unwrap();
    let response = &exchange["response"];
    let headers = response["headers"].as_object().unwrap();
    Reply {
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: response["body"].to_string().into_bytes(),
    }
}

/// The object inside a recorded event, as if it had been retrieved.
fn object_of_event(name: &str) -> Reply {
    let event: serde_json::Value = serde_json::from_slice(&fixture(name)).unwrap();
    answer(200, event["data"]["object"].to_string())
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn connection() -> Connection {
    Connection::new("https://api.stripe.com", Secret::new("sk_test_x"))
}

fn payment() -> NewPayment {
    NewPayment {
        amount: Money::from_minor(12_000, Currency::EUR),
        customer: "cus_1".into(),
        payment_method: "pm_1".into(),
        invoice: "inv_1".into(),
        legal_entity: "DE".into(),
        idempotency_key: "pay-inv_1-1".into(),
    }
}

#[test]
fn a_recorded_payment_is_read_with_its_charge() {
    let reply = exchange("exchange.partial-refunds-04.json");
    let Charging::Accepted(intent) =
        stripe::read_charging(&stripe::CREATE_PAYMENT, &reply).unwrap()
    else {
        panic!("accepted")
    };
    assert_eq!(intent.id, "pi_3SRzqkKXBGcbgpbZ1P6QNbvc");
    assert_eq!(
        (intent.amount, intent.amount_received),
        (usd(3000), usd(3000))
    );
    assert_eq!(intent.status, PaymentStatus::Succeeded);
    assert_eq!(intent.customer.as_deref(), Some("cus_TOnRAKbkgAztzI"));
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    assert_eq!(charge.id, "ch_3SRzqkKXBGcbgpbZ17eTrqrl");
    assert_eq!(charge.payment_intent.as_deref(), Some(intent.id.as_str()));
    assert_eq!((charge.amount_refunded, charge.refunded), (usd(0), false));
    assert_eq!(
        charge.balance_transaction, None,
        "not yet known when captured"
    );
}

#[test]
fn payments_of_old_api_versions_carry_their_charges_in_a_list() {
    let reply = object_of_event("event.payment_intent.succeeded.json");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(intent.amount_received, usd(2000));
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    assert_eq!(charge.amount, usd(2000));
    assert_eq!(
        charge.balance_transaction.as_ref().map(|txn| txn.id()),
        Some("txn_000000000000000000000000")
    );

    let reply = object_of_event("event.payment_intent.payment_failed.json");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(intent.status, PaymentStatus::RequiresPaymentMethod);
    let error = intent.last_payment_error.unwrap();
    assert_eq!(error.code.as_deref(), Some("card_declined"));
    assert_eq!(error.decline_code.as_deref(), Some("generic_decline"));

    let reply = object_of_event("event.payment_intent.created.json");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(intent.latest_charge, None);
    let reply = object_of_event("event.payment_intent.canceled.json");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &reply).unwrap();
    assert!(!intent.status.is_pending());
    let reply = object_of_event("event.payment_intent.requires_action.json");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(intent.status, PaymentStatus::RequiresAction);
}

#[test]
fn objects_of_the_current_api_version_are_read() {
    let read = |name: &str| answer(200, fixture(name));
    let intent =
        stripe::read_payment(&stripe::RETRIEVE, &read("object.payment_intent.json")).unwrap();
    assert_eq!((intent.amount, intent.latest_charge), (usd(1099), None));
    let charge = stripe::read_charge(&stripe::RETRIEVE, &read("object.charge.json")).unwrap();
    assert_eq!(
        charge.balance_transaction.unwrap().id(),
        "txn_1PgaxNB7WZ01zgkWEV3TLf40"
    );
    let refund = stripe::read_refund(&stripe::RETRIEVE, &read("object.refund.json")).unwrap();
    assert_eq!(
        refund.charge.as_deref(),
        Some("ch_1PgafuB7WZ01zgkWXYmPNZs8")
    );
    let customer = stripe::read_customer(&stripe::RETRIEVE, &read("object.customer.json")).unwrap();
    assert!(!customer.deleted);
    let rows = format!(
        r#"{{"object":"list","has_more":true,"data":[{}]}}"#,
        String::from_utf8(fixture("object.balance_transaction.json")).unwrap()
    );
    let page = stripe::read_balance_transactions(&stripe::LIST, &answer(200, rows)).unwrap();
    let row = &page.items[0];
    assert_eq!((row.amount, row.fee, row.net), (usd(100), usd(0), usd(100)));
    assert_eq!(row.available_on, Instant::from_seconds(1_234_567_890));
    assert_eq!(page.next.as_deref(), Some(row.id.as_str()));
}

#[test]
fn a_balance_transaction_is_read_inside_an_expanded_charge() {
    let body = br#"{"id":"ch_1","object":"charge","amount":12000,"amount_refunded":0,"currency":"eur",
        "status":"succeeded","refunded":false,"created":1767225600,"metadata":{"tieout_invoice":"inv_1"},
        "balance_transaction":{"id":"txn_1","object":"balance_transaction","amount":12000,"fee":378,
        "net":11622,"currency":"eur","type":"charge","source":"ch_1","exchange_rate":null,
        "available_on":1767398400,"created":1767225600}}"#;
    let charge = stripe::read_charge(&stripe::RETRIEVE, &answer(200, *body)).unwrap();
    let row = charge
        .balance_transaction
        .as_ref()
        .and_then(Expandable::whole)
        .unwrap();
    assert_eq!(row.fee, Money::from_minor(378, Currency::EUR));
    assert_eq!(row.net.plus(row.fee).unwrap(), charge.amount);
}

#[test]
fn recorded_refunds_and_customers_are_read() {
    let amounts = [
        "exchange.partial-refunds-06.json",
        "exchange.partial-refunds-07.json",
    ]
    .map(|name| {
        let refund = stripe::read_refund(&stripe::CREATE_REFUND, &exchange(name)).unwrap();
        assert_eq!(refund.status, stripe::RefundStatus::Succeeded);
        assert_eq!(
            refund.payment_intent.as_deref(),
            Some("pi_3SRzqkKXBGcbgpbZ1P6QNbvc")
        );
        refund.amount
    });
    assert_eq!(amounts, [usd(1000), usd(500)]);
    let reply = exchange("exchange.change-quantity-01.json");
    let customer = stripe::read_customer(&stripe::CREATE_CUSTOMER, &reply).unwrap();
    assert_eq!(customer.name.as_deref(), Some("Stripe User"));
}

#[test]
fn a_recorded_decline_is_an_outcome_for_payments_and_policy_for_the_rest() {
    let reply = exchange("exchange.card-declined-02.json");
    let Charging::Declined(decline) =
        stripe::read_charging(&stripe::CREATE_PAYMENT, &reply).unwrap()
    else {
        panic!("declined")
    };
    assert_eq!(
        decline.error.decline_code.as_deref(),
        Some("generic_decline")
    );
    assert_eq!(decline.payment_intent, None);
    let fault = stripe::read_customer(&stripe::CREATE_CUSTOMER, &reply).unwrap_err();
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Policy, "generic_decline")
    );
}

#[test]
fn a_decline_names_the_payment_it_was_tried_on() {
    let intent = String::from_utf8(fixture("object.payment_intent.json")).unwrap();
    let body = format!(
        r#"{{"error":{{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
        "message":"Your card has insufficient funds.","payment_intent":{intent}}}}}"#
    );
    let reply = answer(402, body);
    let Charging::Declined(decline) =
        stripe::read_charging(&stripe::CREATE_PAYMENT, &reply).unwrap()
    else {
        panic!("declined")
    };
    assert_eq!(
        decline.payment_intent.unwrap().id,
        "pi_1PgafyB7WZ01zgkWSjxsAJo3"
    );
}

#[test]
fn delivered_events_say_what_to_read_again() {
    let read = |name: &str| stripe::read_delivered_event(&fixture(name)).unwrap();
    let event = read("event.payment_intent.succeeded.json");
    assert_eq!(event.kind, "payment_intent.succeeded");
    assert_eq!(event.payment_intent, event.object_id);
    assert_eq!(event.created, Instant::from_seconds(1_648_320_033));
    let event = read("event.charge.succeeded.json");
    assert_eq!(event.object_type, "charge");
    assert_eq!(
        event.payment_intent.as_deref(),
        Some("pi_000000000000000000000000")
    );
    assert_eq!(event.charge, event.object_id);
    let event = read("event.charge.refund.updated.json");
    assert_eq!(event.object_type, "refund");
    assert_eq!(event.charge.as_deref(), Some("ch_000000000000000000000000"));
    assert_eq!(
        event.metadata.get("order_id").map(String::as_str),
        Some("6735")
    );
    assert_eq!(
        read("event.balance.available.json").object_id,
        None,
        "a balance has no id"
    );
    for name in [
        "event.charge.refunded.json",
        "event.charge.failed.json",
        "event.customer.created.json",
        "event.payout.paid.json",
        "object.event.json",
    ] {
        assert!(read(name).id.starts_with("evt_"), "{name}");
    }
}

#[test]
fn an_unknown_status_counts_as_pending() {
    let body = String::from_utf8(fixture("object.payment_intent.json")).unwrap();
    let body = body.replace("requires_payment_method", "requires_moon_phase");
    let intent = stripe::read_payment(&stripe::RETRIEVE, &answer(200, body)).unwrap();
    assert_eq!(
        intent.status,
        PaymentStatus::Unknown("requires_moon_phase".into())
    );
    assert!(intent.status.is_pending());
}

#[test]
fn signatures_agree_with_the_published_vectors() {
    let text = include_str!("fixtures/vectors/stripe-signatures.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let verifier = stripe::webhook::Verifier {
            secrets: vec![Secret::new(vector["secret"].as_str().unwrap())],
            tolerance_s: stripe::webhook::DEFAULT_TOLERANCE_S,
        };
        let verified = verifier.verify(
            vector["headers"]["Stripe-Signature"].as_str(),
            vector["payload"].as_str().unwrap().as_bytes(),
            Instant::from_seconds(1_767_225_700),
        );
        assert_eq!(
            verified.is_ok(),
            vector["valid"].as_bool().unwrap(),
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn a_payment_request_is_complete_and_shows_no_key_in_debug() {
    let request = connection().create_payment(&payment()).unwrap();
    assert_eq!(request.url, "https://api.stripe.com/v1/payment_intents");
    assert_eq!(request.header("idempotency-key"), Some("pay-inv_1-1"));
    assert_eq!(request.operation.safety, Safety::NativeKey);
    let fields = connect::encoding::pairs(request.body_text(), true).unwrap();
    let value = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(value("amount"), Some("12000"));
    assert_eq!(value("currency"), Some("eur"));
    assert_eq!(value("confirm"), Some("true"));
    assert_eq!(value("off_session"), Some("true"));
    assert_eq!(value("metadata[tieout_invoice]"), Some("inv_1"));
    assert_eq!(value("metadata[tieout_entity]"), Some("DE"));
    assert_eq!(value("metadata[tieout_key]"), Some("pay-inv_1-1"));
    assert_eq!(
        value("expand[0]"),
        Some("latest_charge.balance_transaction")
    );
    let shown = format!("{request:?} {:?}", connection());
    assert!(
        !shown.contains("sk_test_x") && !shown.contains("cus_1"),
        "{shown}"
    );
}

#[test]
fn what_makes_no_sense_is_not_asked() {
    let refused = |change: fn(&mut NewPayment)| {
        let mut new = payment();
        change(&mut new);
        let fault = connection().create_payment(&new).unwrap_err();
        assert_eq!(fault.class, FaultClass::Data);
        fault.message
    };
    assert!(refused(|new| new.amount.minor = 0).contains("more than zero"));
    assert!(refused(|new| new.amount.minor = -5).contains("more than zero"));
    assert!(refused(|new| new.idempotency_key = String::new()).contains("idempotency key"));
    assert!(refused(|new| new.idempotency_key = "a\r\nb".into()).contains("idempotency key"));
    assert!(refused(|new| new.idempotency_key = "k".repeat(256)).contains("idempotency key"));
    let message = refused(|new| new.amount = Money::from_minor(1, "ISK".parse().unwrap()));
    assert!(message.contains("another unit"), "{message}");
}

#[test]
fn list_requests_carry_their_filters_encoded() {
    let filter = stripe::Filter {
        created_from: Some(Instant::from_seconds(1_767_225_600)),
        kind: Some("payment_intent.succeeded".into()),
        ..stripe::Filter::default()
    };
    let request = connection().list_events(&filter, Some("evt_9"));
    assert_eq!(request.method, Method::Get);
    assert_eq!(
        request.url,
        "https://api.stripe.com/v1/events?type=payment_intent.succeeded\
         &created%5Bgte%5D=1767225600&limit=100&starting_after=evt_9"
    );
    let request = connection().retrieve_payment("pi_1/../x");
    assert!(
        request.url.contains("/v1/payment_intents/pi_1%2F..%2Fx?"),
        "{}",
        request.url
    );
}

fn error_reply(status: u16, kind: &str, code: &str, headers: &[(&str, &str)]) -> Reply {
    Reply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: format!(
            r#"{{"error":{{"type":"{kind}","code":"{code}","message":"m","param":"p"}}}}"#
        )
        .into_bytes(),
    }
}

#[test]
fn errors_fall_into_the_classes_of_the_house() {
    use FaultClass::{
        Ambiguous, Authentication, Bug, Conflict, Data, Duplicate, Policy, Throttled, Transient,
    };
    let write: &Operation = &stripe::CREATE_PAYMENT;
    let read: &Operation = &stripe::RETRIEVE;
    let invalid = "invalid_request_error";
    let replayed = [("Idempotent-Replayed", "true")];
    let cases = [
        (read, 401, invalid, "", &[][..], Authentication),
        (read, 403, invalid, "", &[], Policy),
        (read, 404, invalid, "resource_missing", &[], Data),
        (write, 402, "card_error", "expired_card", &[], Policy),
        (write, 400, "idempotency_error", "", &[], Conflict),
        (
            write,
            409,
            invalid,
            "idempotency_key_in_use",
            &[],
            Transient,
        ),
        (
            write,
            400,
            invalid,
            "charge_already_refunded",
            &[],
            Duplicate,
        ),
        (
            write,
            400,
            invalid,
            "payment_intent_unexpected_state",
            &[],
            Conflict,
        ),
        (write, 400, invalid, "parameter_unknown", &[], Bug),
        (write, 400, invalid, "amount_too_small", &[], Data),
        (
            write,
            429,
            invalid,
            "rate_limit",
            &[("Retry-After", "1")],
            Throttled {
                retry_after_ms: Some(1000),
            },
        ),
        (
            write,
            400,
            invalid,
            "lock_timeout",
            &[],
            Throttled {
                retry_after_ms: None,
            },
        ),
        (write, 500, "api_error", "", &[], Transient),
        (write, 500, "api_error", "", &replayed, Ambiguous),
        (
            write,
            500,
            "api_error",
            "",
            &[("Stripe-Should-Retry", "false")],
            Ambiguous,
        ),
        (
            read,
            500,
            "api_error",
            "",
            &[("Stripe-Should-Retry", "false")],
            Transient,
        ),
        (
            write,
            409,
            invalid,
            "",
            &[("Stripe-Should-Retry", "true")],
            Transient,
        ),
    ];
    for (operation, status, kind, code, headers, class) in cases {
        let reply = error_reply(status, kind, code, headers);
        let fault = stripe::read_fault(operation, &reply);
        assert_eq!(fault.class, class, "{status} {kind} {code}");
        assert_eq!(fault.system, "stripe");
    }
}

#[test]
fn only_stripes_own_word_says_that_something_is_absent() {
    let own = stripe::read_fault(
        &stripe::RETRIEVE,
        &error_reply(404, "invalid_request_error", "resource_missing", &[]),
    );
    assert!(stripe::says_absent(&own));
    let gateway = stripe::read_fault(&stripe::RETRIEVE, &answer(404, *b"<html>"));
    assert!(!stripe::says_absent(&gateway));
}

#[test]
fn an_authentication_error_repeats_nothing_of_the_key() {
    let body = r#"{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_te***_x"}}"#;
    let fault = stripe::read_fault(&stripe::RETRIEVE, &answer(401, body));
    assert!(!fault.to_string().contains("sk_te"), "{fault}");
}

#[test]
fn bodies_that_cannot_be_read_are_ambiguous_for_writes_and_name_the_system() {
    let whole = fixture("object.payment_intent.json");
    let cut = whole[..whole.len() / 2].to_vec();
    for body in [cut, b"<html>ok</html>".to_vec(), Vec::new()] {
        let write = stripe::read_charging(&stripe::CREATE_PAYMENT, &answer(200, body.clone()));
        assert_eq!(write.unwrap_err().class, FaultClass::Ambiguous);
        let read = stripe::read_payment(&stripe::RETRIEVE, &answer(200, body.clone())).unwrap_err();
        assert_eq!((read.class, read.system), (FaultClass::Transient, "stripe"));
        let event = stripe::read_delivered_event(&body).unwrap_err();
        assert_eq!(event.kind, ReadFaultKind::NotJson);
    }
    let fractional = r#"{"id":"pi_1","object":"payment_intent","amount":10.5,"currency":"usd","status":"succeeded","created":1}"#;
    let fault = stripe::read_payment(&stripe::RETRIEVE, &answer(200, fractional)).unwrap_err();
    assert_eq!(fault.class, FaultClass::Data);
    assert!(fault.message.contains("amount holds 10.5"), "{fault}");
}

#[test]
fn a_page_that_claims_a_next_one_without_rows_is_refused() {
    let reply = answer(200, r#"{"object":"list","data":[],"has_more":true}"#);
    assert!(stripe::read_events(&stripe::LIST, &reply).is_err());
    let reply = answer(200, r#"{"object":"list","data":[],"has_more":false}"#);
    assert_eq!(
        stripe::read_events(&stripe::LIST, &reply).unwrap().next,
        None
    );
    let reply = answer(200, r#"{"object":"something else"}"#);
    assert!(stripe::read_events(&stripe::LIST, &reply).is_err());
}

#[test]
fn a_read_back_finds_by_our_key_only() {
    let intent = |id: &str, key: &str| {
        let body = format!(
            r#"{{"id":"{id}","amount":1,"currency":"usd","status":"succeeded","created":1,
            "metadata":{{"tieout_invoice":"inv_1","tieout_key":"{key}"}}}}"#
        );
        stripe::read_payment(&stripe::RETRIEVE, &answer(200, body)).unwrap()
    };
    let held = vec![intent("pi_1", "try-1"), intent("pi_2", "try-2")];
    match stripe::payment_with_key(held.clone(), "try-2") {
        ReadBack::Found(found) => assert_eq!(found.id, "pi_2"),
        ReadBack::Absent => panic!("it is there"),
    }
    assert_eq!(stripe::payment_with_key(held, "try-3"), ReadBack::Absent);
}

proptest! {
    #[test]
    fn any_text_survives_the_form_body(name in any::<String>(), reference in any::<String>()) {
        let request = connection().create_customer(&stripe::NewCustomer {
            name: name.clone(),
            email: None,
            reference: reference.clone(),
            idempotency_key: "k".into(),
        }).unwrap();
        let fields = connect::encoding::pairs(request.body_text(), true).unwrap();
        prop_assert_eq!(fields, vec![
            ("name".to_owned(), name),
            ("metadata[tieout_customer]".to_owned(), reference),
        ]);
    }

    #[test]
    fn no_bytes_make_the_readers_panic(body in proptest::collection::vec(any::<u8>(), 0..200), status in 100u16..600) {
        let reply = answer(status, body.clone());
        let _ = stripe::read_charging(&stripe::CREATE_PAYMENT, &reply);
        let _ = stripe::read_events(&stripe::LIST, &reply);
        let _ = stripe::read_delivered_event(&body);
        let verifier = stripe::webhook::Verifier { secrets: vec![Secret::new("s")], tolerance_s: 300 };
        let header = String::from_utf8_lossy(&body);
        prop_assert!(verifier.verify(Some(&header), &body, Instant::default()).is_err());
    }
}
