//! Outward effects: once, in order, and never blindly again.

use crate::script::{Bench, absent, created, journal_there, no_answer, reply, reply_with};
use app::limits::LimitsConfig;
use connect::Method;
use serde_json::{Value, json};
use store::payments::{self, PaymentRow};
use store::{catalogue, effects, log};

const JOURNAL: &str = "netsuite.journal_entry";

pub fn intend_journal(bench: &Bench, id: &str, lane: &str) {
    let journal = format!("jrn_{id}");
    bench.post_journal(&journal);
    bench.intend(
        id,
        lane,
        JOURNAL,
        &format!("journal/{journal}"),
        json!({ "journal": journal }),
    );
}

#[test]
fn an_effect_without_an_answer_is_read_back_and_not_sent_again() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    bench.will_answer([no_answer(), journal_there("77", "jrn_eff_1")]);

    assert_eq!(bench.deliver().postponed, 1);
    assert_eq!(bench.effect("eff_1").status, "ambiguous");
    assert_eq!(bench.deliver().delivered, 1);

    let effect = bench.effect("eff_1");
    let held = (
        effect.status.as_str(),
        effect.read_back,
        effect.external_id.as_str(),
    );
    assert_eq!(held, ("confirmed", 1, "77"));
    assert_eq!(bench.requests(Method::Post).len(), 1);
    bench.assert_all_used();
    let referred = bench.app.run("test", |tx, _| {
        Ok(catalogue::referred(tx, "netsuite", "journalEntry", "77")?)
    });
    let (object, chain) = referred.unwrap().unwrap();
    assert_eq!(
        (object.as_str(), chain.as_str()),
        ("journal/jrn_eff_1", "chn_test")
    );
    let events = bench
        .app
        .run("test", |tx, _| Ok(log::of_chain(tx, "chn_test")?))
        .unwrap();
    let types: Vec<&str> = events
        .iter()
        .map(|event| event.type_name.as_str())
        .collect();
    assert_eq!(types, ["com.tieout.connection.effect.confirmed.v1"]);
    assert!(
        events[0].data.contains("\"read_back\":true"),
        "{}",
        events[0].data
    );
}

#[test]
fn what_is_proven_absent_is_sent_again_under_the_same_key() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    bench.will_answer([no_answer(), absent()]);
    bench.deliver();
    // An absence right after the call proves nothing: the request may still be under way.
    assert_eq!(bench.deliver().postponed, 1);
    assert_eq!(bench.effect("eff_1").status, "ambiguous");
    assert_eq!(bench.deliver().postponed, 0);

    bench.later(31);
    bench.will_answer([absent()]);
    assert_eq!(bench.deliver().postponed, 1);
    assert_eq!(bench.effect("eff_1").status, "intended");

    bench.later(60);
    bench.will_answer([created("78")]);
    assert_eq!(bench.deliver().delivered, 1);
    let posts = bench.requests(Method::Post);
    let sent: Vec<Value> = posts
        .iter()
        .map(|it| serde_json::from_str(it.body_text()).unwrap())
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["externalId"], "jrn_eff_1");
    assert_eq!(sent[0], sent[1]);
    assert_eq!(bench.effect("eff_1").external_id, "78");
    bench.assert_all_used();
}

#[test]
fn throttled_calls_wait_as_long_as_asked_and_use_no_attempt_up() {
    let bench = Bench::new();
    let request = json!({
        "refund": "ref_1", "payment_external_id": "pi_unknown", "amount_minor": 1250, "currency": "USD",
        "reason": "credit"
    });
    bench.intend(
        "eff_1",
        "payment/p",
        "stripe.refund",
        "refund/ref_1",
        request,
    );
    let busy = json!({ "error": { "type": "rate_limit_error", "code": "rate_limit", "message": "slow down" } });
    for _ in 0..20 {
        bench.will_answer([reply_with(429, &[("Retry-After", "7")], &busy)]);
        assert_eq!(bench.deliver().postponed, 1);
        let effect = bench.effect("eff_1");
        assert_eq!(effect.status, "intended");
        assert_eq!(
            effect.next_attempt,
            bench.app.clock().now().plus_seconds(7).microseconds()
        );
        bench.later(6);
        assert!(bench.deliver().is_quiet());
        bench.later(1);
    }
    // The twenty-first attempt is the first that counts: the limit of eight is far away.
    bench.will_answer([reply(500, &json!({ "error": { "type": "api_error" } }))]);
    assert_eq!(bench.deliver().postponed, 1);
    bench.later(60);
    let refund = json!({ "id": "re_1", "amount": 1250, "currency": "usd", "status": "pending",
        "created": 1_772_442_000, "metadata": { "tieout_key": "key/eff_1" } });
    bench.will_answer([reply(200, &refund)]);
    assert_eq!(bench.deliver().delivered, 1);
    let posts = bench.requests(Method::Post);
    assert_eq!(posts.len(), 22);
    assert!(
        posts
            .iter()
            .all(|it| it.header("Idempotency-Key") == Some("key/eff_1"))
    );
}

#[test]
fn a_parked_head_holds_its_own_lane_only_and_runs_again_when_it_is_released() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    intend_journal(&bench, "eff_2", "ledger/a");
    let refusal =
        json!({ "o:errorCode": "INVALID_CONTENT", "detail": "Invalid account reference." });
    bench.will_answer([reply(400, &json!({ "o:errorDetails": [refusal] }))]);
    assert_eq!(bench.deliver().parked, 1);
    intend_journal(&bench, "eff_3", "ledger/b");
    bench.will_answer([created("80")]);
    assert_eq!(bench.deliver().delivered, 1);
    assert!(bench.deliver().is_quiet());

    let status = |id: &str| bench.effect(id).status;
    assert_eq!(
        [status("eff_1"), status("eff_2"), status("eff_3")],
        ["parked", "intended", "confirmed"]
    );
    let exception = bench.exception("effect/eff_1").unwrap();
    assert_eq!(
        (exception.class.as_str(), exception.measure.as_str()),
        ("effect_refused", "delivered")
    );
    assert_eq!(
        (exception.amount, exception.currency.as_str()),
        (1_250, "USD")
    );
    assert!(
        exception.detail.contains("Invalid account reference"),
        "{}",
        exception.detail
    );

    bench.later(60);
    let released = bench
        .app
        .run("test", |tx, context| {
            app::deliver::release(tx, context, "eff_1")
        })
        .unwrap();
    assert!(released);
    bench.will_answer([absent()]);
    bench.deliver();
    bench.later(60);
    bench.will_answer([created("81")]);
    bench.deliver();
    bench.will_answer([created("82")]);
    bench.deliver();
    assert_eq!(
        [status("eff_1"), status("eff_2")],
        ["confirmed", "confirmed"]
    );
    assert_eq!(bench.exception("effect/eff_1"), None);
}

#[test]
fn a_skipped_effect_lets_its_lane_go_on() {
    let bench = Bench::new();
    bench.intend(
        "eff_1",
        "ledger/a",
        "netsuite.unheard_of",
        "journal/x",
        json!({}),
    );
    intend_journal(&bench, "eff_2", "ledger/a");
    assert_eq!(bench.deliver().parked, 1);
    let skip = || {
        bench
            .app
            .run("test", |tx, context| {
                app::deliver::skip(tx, context, "eff_1")
            })
            .unwrap()
    };
    assert!(skip());
    assert!(!skip());
    bench.will_answer([created("90")]);
    assert_eq!(bench.deliver().delivered, 1);
}

#[test]
fn an_account_without_an_id_there_is_named_before_anything_is_sent() {
    let bench = Bench::new();
    bench.post_journal("jrn_eff_1");
    let added = bench.app.run("test", |tx, _| {
        let rows = store::journals::lines_of(tx, "jrn_eff_1")?;
        let line = store::journals::JournalLineRow {
            line: 3,
            account: "4999".to_owned(),
            ..rows[0].clone()
        };
        Ok(store::journals::JournalLineRow::insert(tx, &[line])?)
    });
    added.unwrap();
    bench.intend(
        "eff_1",
        "ledger/a",
        JOURNAL,
        "journal/jrn_eff_1",
        json!({ "journal": "jrn_eff_1" }),
    );
    assert_eq!(bench.deliver().parked, 1);
    let exception = bench.exception("effect/eff_1").unwrap();
    assert_eq!(exception.class, "effect_refused");
    let names_both = exception.summary.contains("account 4999")
        && exception.summary.contains("netsuite.ids.accounts");
    assert!(names_both, "{}", exception.summary);
    assert!(bench.asked().is_empty());
}

/// As a worker takes it, for three minutes.
fn taking<'a>(id: &'a str, lane: &'a str, now: i64) -> effects::Taking<'a> {
    effects::Taking {
        id,
        lane,
        from: "intended",
        fence: 0,
        status: "sent",
        now,
        lease: now + 180_000_000,
        fallback: 0,
    }
}

#[test]
fn what_an_earlier_life_left_under_way_is_read_back_first() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    intend_journal(&bench, "eff_2", "ledger/b");
    // The process ends between the commit of "sent" and the answer.
    let now = bench.app.clock().now().microseconds();
    let taken = bench.app.run("test", move |tx, _| {
        let first = effects::take(tx, &taking("eff_1", "ledger/a", now))?;
        Ok(first && effects::take(tx, &taking("eff_2", "ledger/b", now))?)
    });
    assert!(taken.unwrap());
    // Another process may be at work on it still.
    assert!(bench.deliver().is_quiet());

    bench.later(181);
    bench.will_answer([journal_there("91", "jrn_eff_1"), absent()]);
    let progress = bench.deliver();
    assert_eq!((progress.delivered, progress.postponed), (1, 1));
    assert!(bench.requests(Method::Post).is_empty());
    bench.later(60);
    bench.will_answer([created("92")]);
    assert_eq!(bench.deliver().delivered, 1);
    assert_eq!(bench.requests(Method::Post).len(), 1);
}

#[test]
fn a_process_that_is_alone_need_not_wait_for_what_it_left_under_way() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    let now = bench.app.clock().now().microseconds();
    let taken = bench.app.run("test", move |tx, _| {
        Ok(effects::take(tx, &taking("eff_1", "ledger/a", now))?)
    });
    assert!(taken.unwrap());
    assert_eq!(app::deliver::recover(&bench.app).unwrap(), 1);
    bench.will_answer([journal_there("93", "jrn_eff_1")]);
    assert_eq!(bench.deliver().delivered, 1);
    assert_eq!(bench.effect("eff_1").read_back, 1);
}

#[test]
fn an_entry_that_is_there_with_other_content_is_never_taken_for_ours() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    let other = json!({
        "id": "94", "externalId": "jrn_eff_1", "tranDate": "2026-03-01", "subsidiary": { "id": "1" },
        "line": { "items": [
            { "account": { "id": "119" }, "debit": 99 }, { "account": { "id": "210" }, "credit": 99 }
        ] }
    });
    bench.will_answer([no_answer(), reply(200, &other)]);
    bench.deliver();
    assert_eq!(bench.deliver().parked, 1);
    let exception = bench.exception("effect/eff_1").unwrap();
    assert_eq!(exception.class, "effect_ambiguous");
    assert!(
        exception
            .detail
            .contains("an unexpected line of 99 on account 119"),
        "{}",
        exception.detail
    );
}

#[test]
fn lanes_of_a_system_that_keeps_failing_wait_without_losing_attempts() {
    let bench = Bench::new();
    for number in 1..=6 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{number}"),
        );
    }
    // Three failures in a row open the breaker; whatever is left is not even tried.
    let refused = || {
        Err(connect::TransportFault::ConnectFailed {
            detail: "refused".into(),
        })
    };
    bench.will_answer([refused(), refused(), refused()]);
    bench.deliver();
    assert!(bench.connections.is_held("netsuite"));
    assert!(bench.deliver().is_quiet());
    bench.assert_all_used();
    let effects = || {
        (1..=6)
            .map(|number| bench.effect(&format!("eff_{number}")))
            .collect::<Vec<_>>()
    };
    assert!(effects().iter().all(|effect| effect.status == "intended"));

    bench.later(400);
    bench.will_answer((0..6).map(|number| created(&format!("{number}"))));
    while !bench.deliver().is_quiet() {}
    assert!(
        effects().iter().all(|effect| effect.status == "confirmed"),
        "{:?}",
        effects()
    );
}

#[test]
fn lanes_are_delivered_several_at_once_and_each_effect_once() {
    // A journal is two calls, the entry and the look at it, so that the hundred of this test would use
    // the burst of the real ledger up; what a used budget does is told with the gates.
    let mut bench = Bench::with_parallel(4);
    bench.connections.limits = LimitsConfig::none();
    for number in 10..60 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{}", number % 25),
        );
    }
    bench.will_answer((0..50).map(|number| created(&format!("{number}"))));
    let first = bench.deliver();
    assert_eq!(first.delivered, 25, "{first:?}");
    assert_eq!(bench.deliver().delivered, 25);
    assert!(bench.deliver().is_quiet());
    let posts = bench.requests(Method::Post);
    let different: std::collections::BTreeSet<&str> =
        posts.iter().map(|it| it.body_text()).collect();
    assert_eq!((posts.len(), different.len()), (50, 50));
}

pub fn payment(bench: &Bench) {
    let row = PaymentRow {
        id: "pay_1".to_owned(),
        customer: "acme".to_owned(),
        invoice: "inv_1".to_owned(),
        entity: "US".to_owned(),
        currency: "USD".to_owned(),
        status: "initiated".to_owned(),
        method: "card".to_owned(),
        amount: 1_250,
        fee: 0,
        unapplied: 0,
        refunded: 0,
        attempts: 0,
        next_attempt: String::new(),
        external_id: String::new(),
        correlation: "chn_test".to_owned(),
        time: 0,
    };
    bench
        .app
        .run("test", move |tx, _| Ok(PaymentRow::insert(tx, &[row])?))
        .unwrap();
}

pub fn intend_collection(bench: &Bench, id: &str, attempt: u32, intent: Option<&str>) {
    let request = json!({
        "payment": "pay_1", "invoice": "inv_1", "entity": "US", "customer": "acme", "processor_customer": "cus_1",
        "payment_method": "pm_1", "amount_minor": 1250, "currency": "USD", "attempt": attempt, "payment_intent": intent
    });
    bench.intend(
        id,
        "payment/pay_1",
        "stripe.collect",
        "payment/pay_1",
        request,
    );
}

pub fn succeeded(id: &str) -> Value {
    json!({
        "id": id, "object": "payment_intent", "amount": 1250, "amount_received": 1250, "currency": "usd",
        "status": "succeeded", "customer": "cus_1", "created": 1_772_442_000,
        "metadata": { "tieout_invoice": "inv_1", "tieout_entity": "US", "tieout_key": "key/eff_1" },
        "latest_charge": {
            "id": "ch_1", "object": "charge", "amount": 1250, "currency": "usd", "status": "succeeded",
            "created": 1_772_442_000,
            "balance_transaction": {
                "id": "txn_1", "object": "balance_transaction", "amount": 1250, "fee": 66, "net": 1184,
                "currency": "usd", "type": "charge", "source": "ch_1", "available_on": 1_772_500_000,
                "created": 1_772_442_000
            }
        }
    })
}

pub fn declined() -> Value {
    json!({ "error": {
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "payment_intent": {
            "id": "pi_1", "object": "payment_intent", "amount": 1250, "currency": "usd",
            "status": "requires_payment_method", "created": 1_772_442_000, "latest_charge": "ch_1",
            "metadata": { "tieout_key": "key/eff_1" }
        }
    } })
}

pub fn payment_row(bench: &Bench) -> PaymentRow {
    bench
        .app
        .run("test", |tx, _| Ok(payments::payment(tx, "pay_1")?))
        .unwrap()
        .unwrap()
}

#[test]
fn a_declined_card_is_an_answer_and_the_next_attempt_goes_to_the_same_payment() {
    let bench = Bench::new();
    payment(&bench);
    intend_collection(&bench, "eff_1", 1, None);
    bench.will_answer([reply(402, &declined())]);
    assert_eq!(bench.deliver().delivered, 1);
    let row = payment_row(&bench);
    assert_eq!(
        (row.status.as_str(), row.attempts, row.external_id.as_str()),
        ("failed", 1, "pi_1")
    );
    assert_eq!(bench.effect("eff_1").status, "confirmed");

    intend_collection(&bench, "eff_2", 2, Some("pi_1"));
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.deliver().delivered, 1);
    let row = payment_row(&bench);
    assert_eq!(
        (row.status.as_str(), row.amount, row.fee),
        ("settled", 1_250, 66)
    );
    let posts = bench.requests(Method::Post);
    assert_eq!(
        posts[1].url,
        "https://stripe.example/v1/payment_intents/pi_1/confirm"
    );
    assert_eq!(posts[1].header("Idempotency-Key"), Some("key/eff_2"));
}

#[test]
fn a_payment_without_an_answer_is_found_by_its_key_and_recorded_once() {
    let bench = Bench::new();
    payment(&bench);
    intend_collection(&bench, "eff_1", 1, None);
    let list = json!({ "object": "list", "data": [succeeded("pi_9")], "has_more": false });
    bench.will_answer([no_answer(), reply(200, &list)]);
    bench.deliver();
    assert_eq!(bench.deliver().delivered, 1);
    assert_eq!(bench.requests(Method::Post).len(), 1);
    let row = payment_row(&bench);
    assert_eq!(
        (row.status.as_str(), row.external_id.as_str()),
        ("settled", "pi_9")
    );
}

#[test]
fn a_later_attempt_without_an_answer_is_not_taken_for_the_earlier_one() {
    let bench = Bench::new();
    payment(&bench);
    intend_collection(&bench, "eff_1", 1, None);
    bench.will_answer([reply(402, &declined())]);
    bench.deliver();
    intend_collection(&bench, "eff_2", 2, Some("pi_1"));
    bench.later(31);
    // What is read back is the failure of the first attempt, from before the call.
    let mut before = declined()["error"]["payment_intent"].clone();
    before["last_payment_error"] = json!({ "code": "card_declined" });
    bench.will_answer([no_answer(), reply(200, &before)]);
    bench.deliver();
    bench.later(31);
    bench.deliver();
    assert_eq!(payment_row(&bench).attempts, 1);
    bench.later(60);
    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.deliver().delivered, 1);
    assert_eq!(payment_row(&bench).status, "settled");
}

#[test]
fn state_written_back_to_the_crm_is_the_same_record_twice() {
    let bench = Bench::new();
    let request = json!({
        "sobject": "Account", "id": "001A",
        "fields": { "Tieout_Standing__c": "good", "Tieout_Open_Balance__c": { "decimal": "12.50" }, "Note__c": null }
    });
    bench.intend(
        "eff_1",
        "crm/Account/001A",
        "salesforce.update",
        "customer/acme",
        request,
    );
    let token = json!({ "access_token": "t", "instance_url": "https://org.example" });
    bench.will_answer([reply(200, &token), no_answer()]);
    bench.deliver();
    assert_eq!(bench.effect("eff_1").status, "ambiguous");
    let held = json!({ "attributes": {}, "Tieout_Standing__c": "good", "Tieout_Open_Balance__c": 12.5, "Note__c": null });
    bench.will_answer([reply(200, &held)]);
    assert_eq!(bench.deliver().delivered, 1);
    let sent = bench.requests(Method::Patch);
    assert_eq!(sent.len(), 1);
    let expected = r#"{"Note__c":null,"Tieout_Open_Balance__c":12.50,"Tieout_Standing__c":"good"}"#;
    assert_eq!(sent[0].body_text(), expected);
}
