//! Adyen's published payloads, read; its signatures, verified; our requests and its errors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use connect::adyen::webhook::{
    EventCode, Item, SignatureFault, Signed, Verifier, read_items, sign,
};
use connect::adyen::{self, Connection, NewPayment, NewRefund, ResultCode};
use connect::request::Reply;
use connect::{FaultClass, Secret};
use serde_json::{Value, json};
use values::{Currency, Money};

/// Key of the published test of the official Java client.
const JAVA_KEY: &str = "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174";

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn verifier(keys: &[&str]) -> Verifier {
    Verifier {
        keys: keys.iter().map(|key| Secret::new(*key)).collect(),
    }
}

/// A delivery of one item, as the official client's test has it.
fn of_java_client() -> String {
    let item: Value =
        serde_json::from_slice(&fixture("adyen/hmac-validation-webhook.json")).unwrap();
    json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] })
        .to_string()
}

fn one(body: &[u8]) -> Item {
    let mut items = read_items(body).unwrap();
    assert_eq!(items.len(), 1);
    items.remove(0)
}

#[test]
fn the_published_signatures_hold() {
    let vectors: Value = serde_json::from_slice(&fixture("vectors/adyen-signatures.json")).unwrap();
    let vector = &vectors["vectors"][0];
    let key = vector["secret_hex"].as_str().unwrap();
    let items = read_items(vector["payload_json"].to_string().as_bytes()).unwrap();
    assert_eq!(verifier(&[key]).verify(&items), Ok(()));
    assert_eq!(
        sign(
            &Secret::new(key),
            vector["string_to_sign"].as_str().unwrap()
        ),
        vector["signature"].as_str().unwrap()
    );
    // The reference of this one has colons and slashes: nothing is escaped.
    let items = read_items(of_java_client().as_bytes()).unwrap();
    assert_eq!(verifier(&[JAVA_KEY]).verify(&items), Ok(()));
    assert_eq!(
        verifier(&[key, JAVA_KEY]).verify(&items),
        Ok(()),
        "while a key is rotated"
    );
    let psp_reference = "ZVWN7D3WSMK2WN82".to_owned();
    assert_eq!(
        verifier(&[key]).verify(&items),
        Err(SignatureFault::NoMatch {
            psp_reference: psp_reference.clone()
        })
    );
    assert_eq!(
        verifier(&[]).verify(&items),
        Err(SignatureFault::Missing { psp_reference })
    );
}

#[test]
fn whatever_is_signed_and_changed_is_found() {
    let good: Value = serde_json::from_str(&of_java_client()).unwrap();
    let item = "/notificationItems/0/NotificationRequestItem";
    for (field, value) in [
        ("pspReference", json!("ZVWN7D3WSMK2WN83")),
        ("originalReference", json!("X")),
        ("merchantAccountCode", json!("Another")),
        ("merchantReference", json!("pay_2-1")),
        ("amount", json!({ "currency": "EUR", "value": 1001 })),
        ("amount", json!({ "currency": "USD", "value": 1000 })),
        ("eventCode", json!("REFUND")),
        ("success", json!("false")),
    ] {
        let mut bad = good.clone();
        bad.pointer_mut(item).unwrap()[field] = value;
        let items = read_items(bad.to_string().as_bytes()).unwrap();
        assert!(
            verifier(&[JAVA_KEY]).verify(&items).is_err(),
            "{field} is signed"
        );
        assert_ne!(
            items[0].id(),
            one(of_java_client().as_bytes()).id(),
            "{field}"
        );
    }
}

#[test]
fn one_unsigned_item_refuses_the_whole_delivery() {
    let mut both: Value = serde_json::from_str(&of_java_client()).unwrap();
    let mut second = both["notificationItems"][0].clone();
    second["NotificationRequestItem"]["additionalData"] = json!({});
    both["notificationItems"]
        .as_array_mut()
        .unwrap()
        .push(second);
    let items = read_items(both.to_string().as_bytes()).unwrap();
    assert_eq!(items.len(), 2);
    assert!(matches!(
        verifier(&[JAVA_KEY]).verify(&items),
        Err(SignatureFault::Missing { .. })
    ));
}

#[test]
fn the_published_notifications_say_what_happened() {
    let euros = |minor| Some(Money::from_minor(minor, Currency::EUR));
    for (name, event, success, amount, original) in [
        (
            "notification.authorisation-true",
            "AUTHORISATION",
            true,
            euros(10_100),
            "",
        ),
        (
            "notification.refund-true",
            "REFUND",
            true,
            euros(1_500),
            "ORIGINAL_PSP",
        ),
        (
            "notification.chargeback",
            "CHARGEBACK",
            true,
            euros(1_000),
            "9913333333333333",
        ),
        (
            "webhook.refund",
            "REFUND",
            false,
            euros(1_000),
            "9913140798220028",
        ),
        (
            "webhook.chargeback",
            "CHARGEBACK",
            true,
            euros(1_000),
            "9913140798220028",
        ),
        ("webhook.capture", "CAPTURE", true, None, "9913140798220028"),
        (
            "webhook.report_available",
            "REPORT_AVAILABLE",
            true,
            None,
            "",
        ),
    ] {
        let item = one(&fixture(&format!("adyen/{name}.json")));
        assert_eq!(item.event.as_str(), event, "{name}");
        assert_eq!((item.success, item.amount), (success, amount), "{name}");
        assert_eq!(item.original_reference, original, "{name}");
        let again = one(item.raw.as_bytes());
        assert_eq!(
            again.id(),
            item.id(),
            "what is kept of {name} is the same item"
        );
    }
    let authorised = one(&fixture("adyen/webhook.authorisation.json"));
    assert_eq!(authorised.event, EventCode::Authorisation);
    assert_eq!(
        authorised.shopper.as_deref(),
        Some("YOUR_SHOPPER_REFERENCE")
    );
    assert_eq!(authorised.happened.to_string(), "2021-01-01T00:00:00Z");
    let chargeback = one(&fixture("adyen/webhook.chargeback.json"));
    assert_eq!(
        chargeback.defence_until.as_deref(),
        Some("2021-07-31T03:03:07+02:00")
    );
}

#[test]
fn an_item_can_be_looked_for_by_what_it_is_signed_over() {
    let item = one(&fixture("adyen/notification.refund-true.json"));
    let looked_for = Signed {
        psp_reference: "PSP_REFERENCE",
        original_reference: "ORIGINAL_PSP",
        merchant_account: "MagentoMerchantTest2",
        merchant_reference: "payment-2017-1-17-11-refund",
        value: "1500",
        currency: "EUR",
        event: "REFUND",
        success: "true",
    };
    assert_eq!(looked_for.id(), item.id());
}

#[test]
fn what_is_no_delivery_is_refused_with_the_field_and_the_mend() {
    for (change, told) in [
        (json!({ "live": true }), "live holds true"),
        (json!({ "live": "yes" }), "the text true or false"),
        (
            json!({ "notificationItems": [] }),
            "notificationItems holds nothing",
        ),
        (
            json!({ "notificationItems": [{}] }),
            "notificationItems[0].NotificationRequestItem holds nothing",
        ),
    ] {
        let mut body: Value = serde_json::from_str(&of_java_client()).unwrap();
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        let refused = read_items(body.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(refused.contains(told), "{refused}");
    }
    for (field, value) in [
        ("success", json!(true)),
        ("pspReference", json!("")),
        ("eventDate", json!("yesterday")),
        ("amount", json!({ "currency": "EUR", "value": 10.5 })),
        ("amount", json!({ "currency": "ISK", "value": 10 })),
    ] {
        let mut body: Value = serde_json::from_str(&of_java_client()).unwrap();
        let item = "/notificationItems/0/NotificationRequestItem";
        body.pointer_mut(item).unwrap()[field] = value;
        assert!(read_items(body.to_string().as_bytes()).is_err(), "{field}");
    }
}

fn connection() -> Connection {
    Connection {
        base_url: adyen::TEST_URL.to_owned(),
        api_key: Secret::new("AQE_test_key"),
        merchant_account: "ExampleECOM".to_owned(),
    }
}

fn payment() -> NewPayment {
    NewPayment {
        amount: Money::from_minor(1_250, Currency::EUR),
        shopper: "shopper-7".to_owned(),
        stored_method: "M5N7TQ4TG5PFWR50".to_owned(),
        reference: "pay_1-1".to_owned(),
        invoice: "inv_1".to_owned(),
        legal_entity: "DE".to_owned(),
        idempotency_key: "collect/pay_1/1".to_owned(),
    }
}

#[test]
fn a_payment_is_asked_for_in_the_name_of_a_subscription() {
    let request = connection().create_payment(&payment()).unwrap();
    assert_eq!(request.url, "https://checkout-test.adyen.com/v71/payments");
    assert_eq!(request.header("x-api-key"), Some("AQE_test_key"));
    assert_eq!(request.header("Idempotency-Key"), Some("collect/pay_1/1"));
    let sent: Value = serde_json::from_str(request.body_text()).unwrap();
    assert_eq!(
        sent,
        json!({
            "amount": { "value": 1250, "currency": "EUR" }, "reference": "pay_1-1",
            "merchantAccount": "ExampleECOM", "returnUrl": "https://tieout.invalid/return",
            "shopperReference": "shopper-7", "shopperInteraction": "ContAuth",
            "recurringProcessingModel": "Subscription",
            "paymentMethod": { "type": "scheme", "storedPaymentMethodId": "M5N7TQ4TG5PFWR50" },
            "metadata": { "tieout_invoice": "inv_1", "tieout_entity": "DE" }
        })
    );
    let refund = NewRefund {
        payment: "7914073381342284".to_owned(),
        amount: Money::from_minor(250, Currency::EUR),
        reference: "rfd_1".to_owned(),
        idempotency_key: "refund/rfd_1".to_owned(),
    };
    let request = connection().create_refund(&refund).unwrap();
    assert!(
        request
            .url
            .ends_with("/v71/payments/7914073381342284/refunds")
    );
}

#[test]
fn what_adyen_could_not_take_is_not_sent() {
    let mut long = payment();
    long.idempotency_key = format!("collect/{}/1", "x".repeat(80));
    let request = connection().create_payment(&long).unwrap();
    let key = request.header("Idempotency-Key").unwrap();
    assert_eq!(key.len(), 64, "a longer key is known by its digest");
    for broken in [
        NewPayment {
            amount: Money::from_minor(0, Currency::EUR),
            ..payment()
        },
        NewPayment {
            amount: Money::from_minor(100, "ISK".parse().unwrap()),
            ..payment()
        },
        NewPayment {
            shopper: "ab".to_owned(),
            ..payment()
        },
        NewPayment {
            reference: "r".repeat(81),
            ..payment()
        },
        NewPayment {
            idempotency_key: "a b".to_owned(),
            ..payment()
        },
    ] {
        let refused = connection().create_payment(&broken).unwrap_err();
        assert_eq!(refused.class, FaultClass::Data, "{refused}");
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
    let headers = headers.iter();
    Reply {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.into(),
    }
}

#[test]
fn a_refusal_is_an_outcome() {
    let read = |name: &str| {
        let reply = answer(200, &[], fixture(&format!("adyen/{name}.json")));
        adyen::read_payment(&adyen::CREATE_PAYMENT, &reply).unwrap()
    };
    let authorised = read("api.authorise-success");
    assert_eq!(authorised.result, ResultCode::Authorised);
    assert_eq!(authorised.psp_reference, "7924835492819808");
    let refused = read("api.authorise-error-cvc-declined");
    assert_eq!(refused.result, ResultCode::Refused);
    let reason = refused.refusal_reason.unwrap();
    assert_eq!(adyen::decline_code(&reason), "incorrect_cvc");
    for (word, result) in [
        ("ChallengeShopper", ResultCode::PayerMustAct),
        ("Received", ResultCode::Pending),
        ("Brandnew", ResultCode::Unknown("Brandnew".to_owned())),
    ] {
        let reply = answer(200, &[], json!({ "resultCode": word }).to_string());
        let read = adyen::read_payment(&adyen::CREATE_PAYMENT, &reply).unwrap();
        assert_eq!(read.result, result);
    }
    // Money may have moved: an answer that cannot be read says nothing.
    let nameless = answer(200, &[], r#"{"resultCode":"Authorised"}"#);
    let fault = adyen::read_payment(&adyen::CREATE_PAYMENT, &nameless).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
}

#[test]
fn errors_have_the_classes_of_the_house() {
    let of = |status: u16, headers: &[(&str, &str)], body: Value| {
        let reply = answer(status, headers, body.to_string());
        adyen::read_payment(&adyen::CREATE_PAYMENT, &reply).unwrap_err()
    };
    let error = |code: &str, kind: &str| json!({ "status": 0, "errorCode": code, "message": "told", "errorType": kind });
    let published: Value =
        serde_json::from_slice(&fixture("adyen/api.capture-error-167.json")).unwrap();
    let fault = of(422, &[], published);
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Data, "167")
    );
    for (status, code, kind, class) in [
        (401, "000", "security", FaultClass::Authentication),
        (403, "901", "security", FaultClass::Authentication),
        (403, "010", "security", FaultClass::Policy),
        (422, "800", "validation", FaultClass::Data),
        (422, "704", "validation", FaultClass::Ambiguous),
        (422, "905", "configuration", FaultClass::Policy),
        (400, "702", "validation", FaultClass::Bug),
        (
            429,
            "000",
            "internal",
            FaultClass::Throttled {
                retry_after_ms: None,
            },
        ),
        (500, "000", "internal", FaultClass::Transient),
    ] {
        assert_eq!(
            of(status, &[], error(code, kind)).class,
            class,
            "{status} {code}"
        );
    }
    let passing = of(
        422,
        &[("transient-error", "true")],
        error("000", "internal"),
    );
    assert_eq!(
        passing.class,
        FaultClass::Transient,
        "the same call may be made again"
    );
    let proxy = answer(503, &[], "<html>");
    let fault = adyen::read_payment(&adyen::CREATE_PAYMENT, &proxy).unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
}
