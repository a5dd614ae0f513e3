//! What arrives: nothing without a signature, nothing twice, nothing acted on that was not fetched.

use crate::deliver::{payment, succeeded};
use crate::script::{Bench, SECRET, no_answer, reply};
use app::intake::{IntakeRefusal, Received, receive_stripe};
use connect::Secret;
use connect::stripe::webhook::{SignatureFault, sign};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use values::{Clock, Instant};

fn event(id: &str, kind: &str, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "created": 1_772_442_000, "livemode": false,
        "data": { "object": object }
    })
}

fn about_payment(id: &str, kind: &str, intent: &str) -> Value {
    event(
        id,
        kind,
        json!({ "id": intent, "object": "payment_intent" }),
    )
}

fn deliver_signed(
    bench: &Bench,
    body: &str,
    secret: &str,
    signed: Instant,
) -> Result<Received, IntakeRefusal> {
    let header = sign(&Secret::new(secret), body.as_bytes(), signed);
    receive_stripe(
        &bench.app,
        &bench.connections,
        body.as_bytes(),
        Some(&header),
        bench.clock.now(),
    )
}

fn deliver(bench: &Bench, event: &Value) -> Result<Received, IntakeRefusal> {
    deliver_signed(bench, &event.to_string(), SECRET, bench.clock.now())
}

#[test]
fn what_is_not_signed_by_the_sender_is_refused_and_counted_without_its_content() {
    let bench = Bench::new();
    let now = bench.clock.now();
    let good = about_payment("evt_1", "payment_intent.succeeded", "pi_1").to_string();
    let unsigned =
        |body: &[u8], header| receive_stripe(&bench.app, &bench.connections, body, header, now);
    assert_eq!(
        unsigned(good.as_bytes(), None),
        Err(IntakeRefusal::Signature(SignatureFault::Missing))
    );
    assert_eq!(
        unsigned(good.as_bytes(), Some("t=1")).unwrap_err().code(),
        "signature_malformed"
    );
    assert_eq!(
        unsigned(&vec![b' '; 1_048_577], None),
        Err(IntakeRefusal::TooLarge { bytes: 1_048_577 })
    );
    for _ in 0..3 {
        let wrong = deliver_signed(&bench, &good, "whsec_other", now);
        assert_eq!(
            wrong,
            Err(IntakeRefusal::Signature(SignatureFault::NoMatch))
        );
    }
    let old = deliver_signed(&bench, &good, SECRET, now.plus_seconds(-301));
    assert_eq!(old.unwrap_err().code(), "signature_too_old");
    let nameless = about_payment("", "payment_intent.succeeded", "pi_1").to_string();
    for no_event in ["not json", "{}", nameless.as_str()] {
        assert_eq!(
            deliver_signed(&bench, no_event, SECRET, now)
                .unwrap_err()
                .code(),
            "no_event",
            "{no_event}"
        );
    }

    // Accepted is confirmed, open and rejected; the three forgeries are one row.
    assert_eq!(
        (
            bench.counted("rejected"),
            bench.counted("open"),
            bench.counted("confirmed")
        ),
        (8, 0, 0)
    );
    let start: String = Sha256::digest(good.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let wrong = bench
        .inbox("stripe", &format!("refused/signature_wrong/{start}"))
        .unwrap();
    assert_eq!(
        (wrong.deliveries, wrong.raw.len(), wrong.status.as_str()),
        (3, 0, "rejected")
    );
}

#[test]
fn a_repeat_is_counted_and_another_content_under_the_same_id_is_refused() {
    let bench = Bench::new();
    let mut first = about_payment("evt_1", "payment_intent.succeeded", "pi_1");
    assert_eq!(deliver(&bench, &first), Ok(Received::New));
    assert_eq!(deliver(&bench, &first), Ok(Received::Duplicate));
    // The sender writes a repeat anew; what happened to which object is the same.
    first["pending_webhooks"] = json!(2);
    assert_eq!(deliver(&bench, &first), Ok(Received::Duplicate));
    assert_eq!(bench.inbox("stripe", "evt_1").unwrap().deliveries, 3);

    let other = about_payment("evt_1", "payment_intent.succeeded", "pi_2");
    assert_eq!(
        deliver(&bench, &other),
        Err(IntakeRefusal::OtherContent {
            event: "evt_1".to_owned()
        })
    );
    assert_eq!((bench.counted("open"), bench.counted("rejected")), (1, 1));
    let kept = String::from_utf8(bench.inbox("stripe", "evt_1").unwrap().raw).unwrap();
    assert!(kept.contains("pi_1"), "{kept}");
}

#[test]
fn a_webhook_is_a_hint_and_the_fetched_payment_is_recorded_once() {
    let bench = Bench::new();
    // The event claims failure; the object says that the money is there.
    let claim = about_payment("evt_1", "payment_intent.payment_failed", "pi_1");
    assert_eq!(deliver(&bench, &claim), Ok(Received::New));
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.take_in().processed, 1);
    let row = bench.inbox("stripe", "evt_1").unwrap();
    assert_eq!(row.status, "confirmed");
    assert!(
        row.correlation.starts_with("chn_") && row.reason.contains("12.50 USD settled"),
        "{}",
        row.reason
    );
    let asked = bench.asked();
    assert!(
        asked[0].starts_with("GET https://stripe.example/v1/payment_intents/pi_1?"),
        "{asked:?}"
    );

    let again = about_payment("evt_2", "payment_intent.succeeded", "pi_1");
    assert_eq!(deliver(&bench, &again), Ok(Received::New));
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    bench.take_in();
    assert!(
        bench
            .inbox("stripe", "evt_2")
            .unwrap()
            .reason
            .contains("recorded already")
    );
    assert_eq!((bench.counted("confirmed"), bench.counted("open")), (2, 0));
}

#[test]
fn a_payment_that_can_still_go_either_way_waits() {
    let bench = Bench::new();
    assert_eq!(
        deliver(
            &bench,
            &about_payment("evt_1", "payment_intent.succeeded", "pi_1")
        ),
        Ok(Received::New)
    );
    let mut unheard_of = succeeded("pi_1");
    unheard_of["status"] = json!("settling_tomorrow");
    bench.will_answer([reply(200, &unheard_of)]);
    assert_eq!(bench.take_in().postponed, 1);
    assert!(
        bench
            .inbox("stripe", "evt_1")
            .unwrap()
            .reason
            .contains("settling_tomorrow")
    );
    assert!(bench.take_in().is_quiet());
    bench.later(6);
    bench.will_answer([no_answer()]);
    let progress = bench.take_in();
    assert_eq!((progress.postponed, progress.faults), (1, 1));
    bench.later(11);
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.take_in().processed, 1);
}

#[test]
fn refused_credentials_are_an_exception_that_ends_when_they_are_accepted() {
    let bench = Bench::new();
    assert_eq!(
        deliver(
            &bench,
            &about_payment("evt_1", "payment_intent.succeeded", "pi_1")
        ),
        Ok(Received::New)
    );
    let refusal = json!({ "type": "invalid_request_error", "message": "Invalid API Key provided: sk_live_***" });
    bench.will_answer([reply(401, &json!({ "error": refusal }))]);
    bench.take_in();
    let exception = bench.exception("credentials/stripe").unwrap();
    assert_eq!(
        (exception.class.as_str(), exception.owner.as_str()),
        ("credentials_refused", "Administrator")
    );
    assert!(
        !exception.detail.contains("sk_live"),
        "{}",
        exception.detail
    );
    bench.later(10);
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(bench.exception("credentials/stripe"), None);
}

#[test]
fn an_event_about_nothing_of_ours_is_confirmed_without_a_call() {
    let bench = Bench::new();
    let told = event(
        "evt_1",
        "customer.created",
        json!({ "id": "cus_1", "object": "customer" }),
    );
    assert_eq!(deliver(&bench, &told), Ok(Received::New));
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(
        bench.inbox("stripe", "evt_1").unwrap().reason,
        "no action for this type"
    );
    assert!(bench.asked().is_empty());
}

#[test]
fn an_object_that_does_not_exist_is_held_until_a_person_decides() {
    let bench = Bench::new();
    assert_eq!(
        deliver(
            &bench,
            &about_payment("evt_1", "payment_intent.succeeded", "pi_none")
        ),
        Ok(Received::New)
    );
    let none = json!({ "error": {
        "type": "invalid_request_error", "code": "resource_missing", "message": "No such payment_intent: 'pi_none'"
    } });
    bench.will_answer([reply(404, &none)]);
    assert_eq!(bench.take_in().parked, 1);
    let exception = bench.exception("inbox/stripe/evt_1").unwrap();
    assert_eq!(exception.class, "webhook_unreadable");
    bench.later(1_000_000);
    assert!(bench.take_in().is_quiet());

    let resolve = |exception: String, outcome: &'static str, reason: &'static str| {
        bench.app.run("test", move |tx, context| {
            app::intake::exception_resolved(tx, context, &exception, outcome, reason)
        })
    };
    assert_eq!(resolve(exception.id, "mended", "it was restored"), Ok(1));
    bench.will_answer([reply(404, &none)]);
    assert_eq!(bench.take_in().parked, 1);
    let exception = bench.exception("inbox/stripe/evt_1").unwrap();
    assert_eq!(resolve(exception.id, "skipped", "a test of theirs"), Ok(1));
    let row = bench.inbox("stripe", "evt_1").unwrap();
    assert_eq!(
        (row.status.as_str(), row.reason.as_str()),
        ("rejected", "skipped: a test of theirs")
    );
}

#[test]
fn a_refund_told_before_its_payment_waits_for_it() {
    let bench = Bench::new();
    let told = event(
        "evt_1",
        "refund.created",
        json!({ "id": "re_1", "object": "refund", "payment_intent": "pi_1" }),
    );
    assert_eq!(deliver(&bench, &told), Ok(Received::New));
    let refund = json!({
        "id": "re_1", "object": "refund", "amount": 250, "currency": "usd", "status": "succeeded",
        "payment_intent": "pi_1", "charge": "ch_1", "created": 1_772_443_000
    });
    bench.will_answer([reply(200, &refund)]);
    assert_eq!(bench.take_in().postponed, 1);

    assert_eq!(
        deliver(
            &bench,
            &about_payment("evt_2", "payment_intent.succeeded", "pi_1")
        ),
        Ok(Received::New)
    );
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.take_in().processed, 1);
    bench.later(6);
    bench.will_answer([reply(200, &refund)]);
    let outcome = bench.take_in();
    let row = bench.inbox("stripe", "evt_1").unwrap();
    assert_eq!(
        (outcome.processed, row.status.as_str()),
        (1, "confirmed"),
        "{}",
        row.reason
    );
}

#[test]
fn a_refund_of_a_processor_that_does_not_own_the_payments_is_held() {
    let bench = Bench::new();
    let topology = control::topology::preset("standard")
        .unwrap()
        .text
        .to_owned()
        + "\n[[systems]]\nid = \"adyen\"\nrole = \"monetization\"\n\n[[domains]]\ndomain = \"payment\"\n\
           entity = \"US\"\nsystem = \"adyen\"\nmode = \"mirror\"\n";
    payment(&bench);
    bench
        .app
        .run("test", |tx, _| {
            let mut row = store::payments::payment(tx, "pay_1")?.unwrap();
            row.external_id = "pi_1".to_owned();
            Ok(store::payments::update(tx, &row)?)
        })
        .unwrap();
    let proposed = json!({ "kind": "topology", "body": topology, "reason": "a test" });
    let read = |name: &str, body| app::command::Command::read(name, body).unwrap();
    let made = bench
        .app
        .act("ana", read("propose_configuration", proposed))
        .unwrap();
    let decision = json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
    bench
        .app
        .act("li", read("decide_configuration", decision))
        .unwrap();

    let told = event(
        "evt_9",
        "refund.created",
        json!({ "id": "re_9", "object": "refund", "payment_intent": "pi_1" }),
    );
    assert_eq!(deliver(&bench, &told), Ok(Received::New));
    let refund = json!({
        "id": "re_9", "object": "refund", "amount": 250, "currency": "usd", "status": "succeeded",
        "payment_intent": "pi_1", "charge": "ch_1", "created": 1_772_443_000
    });
    bench.will_answer([reply(200, &refund)]);
    bench.take_in();
    let row = bench.inbox("stripe", "evt_9").unwrap();
    assert_eq!(row.status, "open", "{}", row.reason);
    assert_eq!(bench.app.open_exceptions().unwrap(), 1);
    let page = bench.app.exception_facets().unwrap();
    let told = format!("{page:?}");
    assert!(told.contains("ownership_conflict"), "{told}");
}
