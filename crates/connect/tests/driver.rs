//! The driver over a scripted transport: what it repeats, what it never repeats, and what it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use connect::driver::{Driver, DriverOptions, HELD, NetSuite, Present, Salesforce, Stripe};
use connect::request::{Method, Reply, Request};
use connect::salesforce::FieldValue;
use connect::{
    FaultClass, ReadBack, Secret, Transport, TransportFault, breaker::BreakerRule, netsuite,
    salesforce, stripe,
};
use values::{Currency, Instant, Money, parse_date};

type Answer = Result<Reply, TransportFault>;

/// Answers from a list, and keeps what was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Request>>>,
    pauses: Arc<Mutex<Vec<u64>>>,
    moment_us: Arc<Mutex<i64>>,
    nonces: Arc<Mutex<u32>>,
}

impl Transport for Script {
    fn perform(&self, request: &Request) -> Answer {
        self.asked.lock().unwrap().push(request.clone());
        let next = self.answers.lock().unwrap().pop_front();
        next.unwrap_or_else(|| panic!("no answer left for {request:?}"))
    }
}

impl Present for Script {
    fn now(&self) -> Instant {
        Instant::from_microseconds(*self.moment_us.lock().unwrap())
    }

    fn nonce(&self) -> String {
        let mut count = self.nonces.lock().unwrap();
        *count += 1;
        format!("nonce-{count}")
    }

    fn pause(&self, milliseconds: u64) {
        self.pauses.lock().unwrap().push(milliseconds);
        *self.moment_us.lock().unwrap() += i64::try_from(milliseconds).unwrap() * 1_000;
    }
}

impl Script {
    fn new(answers: Vec<Answer>) -> Script {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);
        script
    }

    fn driver(&self) -> Arc<Driver> {
        let options = DriverOptions {
            breaker: BreakerRule {
                failures_to_open: 3,
                hold_ms: 1_000,
            },
            ..DriverOptions::default()
        };
        Arc::new(Driver::new(
            Box::new(self.clone()),
            Box::new(self.clone()),
            options,
        ))
    }

    fn stripe(&self) -> Stripe {
        let connection = stripe::Connection::new("https://stripe.example", Secret::new("sk"));
        Stripe::new(self.driver(), connection)
    }

    fn salesforce(&self) -> Salesforce {
        let credentials = salesforce::Credentials::ClientCredentials {
            client_id: "id".into(),
            client_secret: Secret::new("secret"),
        };
        let connection = salesforce::Connection::new("https://login.example", credentials);
        Salesforce::new(self.driver(), connection)
    }

    fn netsuite(&self) -> NetSuite {
        let credentials = netsuite::Credentials {
            account: "1".into(),
            consumer_key: "ck".into(),
            consumer_secret: Secret::new("cs"),
            token: "tk".into(),
            token_secret: Secret::new("ts"),
        };
        NetSuite::new(self.driver(), netsuite::Connection::new(credentials))
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn header(&self, index: usize, name: &str) -> String {
        let asked = self.asked.lock().unwrap();
        asked[index].header(name).unwrap().to_owned()
    }

    fn assert_all_used(&self) {
        assert_eq!(self.answers.lock().unwrap().len(), 0, "answers left over");
    }
}

fn reply(status: u16, body: &str) -> Answer {
    Ok(Reply {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    })
}

fn no_answer() -> Answer {
    Err(TransportFault::NoAnswer {
        detail: "timed out".into(),
    })
}

fn refused() -> Answer {
    Err(TransportFault::ConnectFailed {
        detail: "refused".into(),
    })
}

fn token(text: &str) -> Answer {
    reply(
        200,
        &format!(r#"{{"access_token":"{text}","instance_url":"https://org.example/"}}"#),
    )
}

const OVER: &str = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;

fn intent(id: &str, key: &str) -> String {
    format!(
        r#"{{"id":"{id}","amount":100,"currency":"usd","status":"succeeded","created":1,"metadata":{{"tieout_key":"{key}"}}}}"#
    )
}

fn payment() -> stripe::NewPayment {
    stripe::NewPayment {
        amount: Money::from_minor(100, Currency::USD),
        customer: "cus_1".into(),
        payment_method: "pm_1".into(),
        invoice: "inv_1".into(),
        legal_entity: "US".into(),
        idempotency_key: "try-1".into(),
    }
}

fn entry() -> netsuite::JournalEntry {
    let line = |account: &str, side| netsuite::JournalLine {
        account: account.into(),
        side,
        amount: Money::from_minor(100, Currency::USD),
        memo: None,
        entity: None,
        department: None,
        class: None,
        location: None,
    };
    netsuite::JournalEntry {
        external_id: "je-1".into(),
        date: parse_date("2026-01-31").unwrap(),
        subsidiary: "1".into(),
        currency: "1".into(),
        exchange_rate: None,
        memo: "m".into(),
        approved: true,
        lines: vec![
            line("1", netsuite::Side::Debit),
            line("2", netsuite::Side::Credit),
        ],
    }
}

#[test]
fn a_read_is_tried_again_with_growing_pauses() {
    let script = Script::new(vec![
        no_answer(),
        reply(503, "<html>"),
        reply(200, &intent("pi_1", "k")),
    ]);
    assert_eq!(script.stripe().payment("pi_1").unwrap().id, "pi_1");
    assert_eq!(*script.pauses.lock().unwrap(), [50, 100]);
}

#[test]
fn a_read_gives_up_after_its_attempts() {
    let script = Script::new(vec![reply(503, ""), reply(503, "")]);
    let options = DriverOptions {
        read_attempts: 2,
        ..DriverOptions::default()
    };
    let driver = Driver::new(Box::new(script.clone()), Box::new(script.clone()), options);
    let connection = stripe::Connection::new("https://stripe.example", Secret::new("sk"));
    let fault = Stripe::new(Arc::new(driver), connection)
        .payment("pi_1")
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
    script.assert_all_used();
}

#[test]
fn a_throttled_read_waits_as_long_as_asked_unless_that_is_too_long() {
    let throttled = |seconds: &str| {
        Ok(Reply {
            status: 429,
            headers: vec![("Retry-After".into(), seconds.into())],
            body: Vec::new(),
        })
    };
    let script = Script::new(vec![throttled("1"), reply(200, &intent("pi_1", "k"))]);
    script.stripe().payment("pi_1").unwrap();
    assert_eq!(*script.pauses.lock().unwrap(), [1_000]);
    let script = Script::new(vec![throttled("60")]);
    let fault = script.stripe().payment("pi_1").unwrap_err();
    assert_eq!(
        fault.class,
        FaultClass::Throttled {
            retry_after_ms: Some(60_000)
        }
    );
}

#[test]
fn a_payment_without_an_answer_is_ambiguous_and_never_sent_twice() {
    let script = Script::new(vec![no_answer()]);
    let fault = script.stripe().create_payment(&payment()).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    assert_eq!(script.asked(), 1);
}

#[test]
fn a_payment_that_was_never_sent_is_not_ambiguous() {
    let script = Script::new(vec![refused()]);
    let fault = script.stripe().create_payment(&payment()).unwrap_err();
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Transient, "connect_failed")
    );
    assert_eq!(script.asked(), 1);
}

#[test]
fn a_read_back_follows_pages_until_our_key_is_found_or_absent() {
    let page = |more: bool, id: &str, key: &str| {
        let body = format!(
            r#"{{"object":"list","has_more":{more},"data":[{}]}}"#,
            intent(id, key)
        );
        reply(200, &body)
    };
    let sent = Instant::from_seconds(100_000);
    let script = Script::new(vec![
        page(true, "pi_9", "other"),
        page(false, "pi_8", "try-1"),
    ]);
    let outcome = script.stripe().read_back_payment(&payment(), sent).unwrap();
    assert!(matches!(outcome, ReadBack::Found(found) if found.id == "pi_8"));
    let asked = script.asked.lock().unwrap();
    assert!(
        asked[0]
            .url
            .contains("customer=cus_1&created%5Bgte%5D=13600")
    );
    assert!(asked[1].url.contains("starting_after=pi_9"));
    let script = Script::new(vec![page(false, "pi_9", "other")]);
    let outcome = script.stripe().read_back_payment(&payment(), sent).unwrap();
    assert_eq!(outcome, ReadBack::Absent);
}

#[test]
fn a_list_that_does_not_advance_is_refused() {
    let page = || {
        let body = format!(
            r#"{{"object":"list","has_more":true,"data":[{}]}}"#,
            intent("pi_9", "k")
        );
        reply(200, &body)
    };
    let script = Script::new(vec![page(), page()]);
    let fault = script
        .stripe()
        .payments(&stripe::Filter::default())
        .unwrap_err();
    assert_eq!(fault.code, "paging_without_end");
}

#[test]
fn the_token_is_kept_and_replaced_when_the_session_is_over() {
    let empty = r#"{"totalSize":0,"done":true,"records":[]}"#;
    let script = Script::new(vec![
        token("first"),
        reply(200, empty),
        reply(200, empty),
        reply(401, OVER),
        token("second"),
        reply(204, ""),
    ]);
    let salesforce = script.salesforce();
    salesforce.won_opportunities(None).unwrap();
    salesforce.won_opportunities(None).unwrap();
    let fields = [("Tieout_Contract__c", FieldValue::Text("con_1".into()))];
    salesforce.update("Opportunity", "006A", &fields).unwrap();
    script.assert_all_used();
    assert_eq!(script.header(2, "Authorization"), "Bearer first");
    assert_eq!(script.header(3, "Authorization"), "Bearer first");
    assert_eq!(script.header(5, "Authorization"), "Bearer second");
    let asked = script.asked.lock().unwrap();
    assert_eq!(asked[5].method, Method::Patch);
    assert!(asked[5].url.starts_with("https://org.example/services/"));
}

#[test]
fn a_session_that_is_over_at_once_is_a_fault_not_a_loop() {
    let script = Script::new(vec![
        token("first"),
        reply(401, OVER),
        token("second"),
        reply(401, OVER),
    ]);
    let fault = script.salesforce().won_opportunities(None).unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication);
    script.assert_all_used();
}

#[test]
fn pages_of_opportunities_and_of_their_lines_are_followed() {
    let line = |id: &str| format!(r#"{{"Id":"{id}","Quantity":1.0}}"#);
    let opportunity = |id: &str, lines: &str| {
        format!(
            r#"{{"Id":"{id}","SystemModstamp":"2026-01-15T09:30:00.000+0000","OpportunityLineItems":{lines}}}"#
        )
    };
    let paged_lines = format!(
        r#"{{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v62.0/query/L-1","records":[{}]}}"#,
        line("a")
    );
    let page = |records: &str, next: &str| {
        let tail = if next.is_empty() {
            r#""done":true"#.to_owned()
        } else {
            format!(r#""done":false,"nextRecordsUrl":"{next}""#)
        };
        reply(
            200,
            &format!(r#"{{"totalSize":9,{tail},"records":[{records}]}}"#),
        )
    };
    let bad = r#"{"Id":"006C","SystemModstamp":"yesterday"}"#;
    let script = Script::new(vec![
        token("t"),
        page(
            &opportunity("006A", &paged_lines),
            "/services/data/v62.0/query/O-1",
        ),
        page(&format!("{bad},{}", opportunity("006B", "null")), ""),
        page(&line("b"), "/services/data/v62.0/query/L-2"),
        page(&line("c"), ""),
    ]);
    let sweep = script.salesforce().won_opportunities(None).unwrap();
    script.assert_all_used();
    let ids: Vec<&str> = sweep.won.iter().map(|won| won.id.as_str()).collect();
    assert_eq!(ids, ["006A", "006B"]);
    let lines: Vec<&str> = sweep.won[0].lines.iter().map(|l| l.id.as_str()).collect();
    assert_eq!(lines, ["a", "b", "c"]);
    assert_eq!(sweep.bad.len(), 1);
    assert_eq!(
        (sweep.bad[0].position, sweep.bad[0].id.as_deref()),
        (1, Some("006C"))
    );
}

#[test]
fn a_write_back_without_an_answer_is_read_back() {
    let fields = [("Tieout_Contract__c", FieldValue::Text("con_1".into()))];
    let script = Script::new(vec![
        token("t"),
        no_answer(),
        reply(200, r#"{"Id":"006A","Tieout_Contract__c":"con_1"}"#),
        reply(200, r#"{"Id":"006A","Tieout_Contract__c":null}"#),
    ]);
    let salesforce = script.salesforce();
    let fault = salesforce
        .update("Opportunity", "006A", &fields)
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let look = || salesforce.read_back_update("Opportunity", "006A", &fields);
    assert_eq!(look().unwrap(), ReadBack::Found(()));
    assert_eq!(look().unwrap(), ReadBack::Absent);
}

#[test]
fn a_journal_without_an_answer_is_found_by_its_external_id() {
    let stored = r#"{"id":"77","externalId":"je-1","tranDate":"2026-01-31","subsidiary":{"id":"1"},
        "line":{"items":[{"account":{"id":"1"},"debit":1.0},{"account":{"id":"2"},"credit":1.0}]}}"#;
    let absent =
        r#"{"status":404,"o:errorDetails":[{"detail":"d","o:errorCode":"NONEXISTENT_ID"}]}"#;
    let script = Script::new(vec![no_answer(), reply(404, absent), reply(200, stored)]);
    let netsuite = script.netsuite();
    let fault = netsuite.create_journal_entry(&entry()).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    assert_eq!(
        netsuite.find_journal_entry("je-1").unwrap(),
        ReadBack::Absent
    );
    let ReadBack::Found(held) = netsuite.find_journal_entry("je-1").unwrap() else {
        panic!("it is there")
    };
    assert_eq!(held.difference_from(&entry()), None);
}

#[test]
fn a_gateways_404_does_not_say_that_a_journal_is_absent() {
    let script = Script::new(vec![reply(404, "<html>not here</html>")]);
    assert!(script.netsuite().find_journal_entry("je-1").is_err());
}

#[test]
fn each_try_of_a_signed_read_has_its_own_nonce() {
    let script = Script::new(vec![
        reply(503, ""),
        reply(200, r#"{"id":"1","completed":true,"progress":"succeeded"}"#),
    ]);
    assert!(script.netsuite().job("1").unwrap().completed);
    assert!(script.header(0, "Authorization").contains("nonce-1"));
    assert!(script.header(1, "Authorization").contains("nonce-2"));
}

#[test]
fn look_ups_are_split_and_paged() {
    let first = r#"{"offset":0,"hasMore":true,"items":[{"id":"7","externalid":"je-0"}]}"#;
    let second = r#"{"offset":1,"hasMore":false,"items":[{"id":"8","externalid":"je-1"}]}"#;
    let third = r#"{"offset":0,"hasMore":false,"items":[]}"#;
    let script = Script::new(vec![
        reply(200, first),
        reply(200, second),
        reply(200, third),
    ]);
    let ids: Vec<String> = (0..150).map(|n| format!("je-{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let found = script.netsuite().existing_transactions(&ids).unwrap();
    script.assert_all_used();
    assert_eq!(
        found,
        [
            ("je-0".to_owned(), "7".to_owned()),
            ("je-1".to_owned(), "8".to_owned())
        ]
    );
}

#[test]
fn a_customer_without_a_named_id_is_read_for_it() {
    let customer = netsuite::CustomerRecord {
        external_id: "acc-1".into(),
        company_name: "A".into(),
        email: None,
        subsidiary: "1".into(),
        currency: "1".into(),
    };
    let script = Script::new(vec![
        reply(204, ""),
        reply(200, r#"{"id":"1042","externalId":"acc-1"}"#),
    ]);
    assert_eq!(
        script.netsuite().upsert_customer(&customer).unwrap(),
        "1042"
    );
}

#[test]
fn the_breaker_holds_calls_without_sending_and_lets_a_probe_through() {
    let script = Script::new(vec![
        no_answer(),
        no_answer(),
        no_answer(),
        reply(200, &intent("pi_1", "k")),
        reply(200, &intent("pi_1", "k")),
    ]);
    let stripe = script.stripe();
    for _ in 0..3 {
        assert!(stripe.create_payment(&payment()).is_err());
    }
    let held = stripe.payment("pi_1").unwrap_err();
    assert_eq!(held.code, HELD);
    assert_eq!(
        held.class,
        FaultClass::Throttled {
            retry_after_ms: Some(1_000)
        }
    );
    assert_eq!(script.asked(), 3, "nothing was sent");
    *script.moment_us.lock().unwrap() += 1_000_000;
    assert!(stripe.payment("pi_1").is_ok());
    assert!(stripe.payment("pi_1").is_ok());
}

#[test]
fn refusals_do_not_open_the_breaker() {
    let missing = r#"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#;
    let script = Script::new((0..20).map(|_| reply(404, missing)).collect());
    let stripe = script.stripe();
    for _ in 0..20 {
        assert_eq!(stripe.payment("pi_1").unwrap_err().class, FaultClass::Data);
    }
}

#[test]
fn events_of_a_sweep_come_oldest_first() {
    let event = |id: &str| {
        format!(
            r#"{{"id":"{id}","type":"charge.succeeded","created":1,"data":{{"object":{{"id":"ch_1","object":"charge"}}}}}}"#
        )
    };
    let page = |more: bool, a: &str, b: &str| {
        reply(
            200,
            &format!(
                r#"{{"has_more":{more},"data":[{},{}]}}"#,
                event(a),
                event(b)
            ),
        )
    };
    let script = Script::new(vec![
        page(true, "evt_4", "evt_3"),
        page(false, "evt_2", "evt_1"),
    ]);
    let events = script
        .stripe()
        .events_since(Instant::default(), None)
        .unwrap();
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["evt_1", "evt_2", "evt_3", "evt_4"]);
}

#[test]
fn every_operation_declares_how_it_is_made_safe() {
    let declared: Vec<String> = salesforce::OPERATIONS
        .iter()
        .chain(&stripe::OPERATIONS)
        .chain(&netsuite::OPERATIONS)
        .map(|operation| {
            format!(
                "{} {} {:?}",
                operation.system, operation.name, operation.safety
            )
        })
        .collect();
    assert_eq!(
        declared,
        [
            "salesforce token ReadOnly",
            "salesforce query ReadOnly",
            "salesforce read_record ReadOnly",
            "salesforce update_record UpsertByExternalId",
            "stripe create_customer NativeKey",
            "stripe create_payment NativeKey",
            "stripe confirm_payment NativeKey",
            "stripe create_refund NativeKey",
            "stripe retrieve ReadOnly",
            "stripe list ReadOnly",
            "netsuite upsert_customer UpsertByExternalId",
            "netsuite create_journal_entry FindThenCreate",
            "netsuite submit_journal_entry NativeKey",
            "netsuite read_job ReadOnly",
            "netsuite find_by_external_id ReadOnly",
            "netsuite query ReadOnly",
        ]
    );
}
