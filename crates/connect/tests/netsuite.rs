//! NetSuite's documented shapes, read; our requests, checked field by field.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use connect::netsuite::{
    self, Connection, Credentials, CustomerRecord, JobProgress, JournalEntry, JournalLine, Side,
    Stamp, Submission,
};
use connect::request::{Operation, Reply};
use connect::{FaultClass, Method, Safety, Secret};
use proptest::prelude::*;
use values::{Currency, Instant, Money, parse_date};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/netsuite/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.into(),
    }
}

fn connection() -> Connection {
    Connection::new(Credentials {
        account: "1234567_SB1".into(),
        consumer_key: "ck".into(),
        consumer_secret: Secret::new("consumer-private"),
        token: "tk".into(),
        token_secret: Secret::new("token-private"),
    })
}

fn stamp() -> Stamp {
    netsuite::stamp("0123456789abcdef", Instant::from_seconds(1_767_225_600))
}

fn line(account: &str, side: Side, amount: Money) -> JournalLine {
    JournalLine {
        account: account.into(),
        side,
        amount,
        memo: Some("Quote \" and ü".into()),
        entity: Some("1042".into()),
        department: None,
        class: None,
        location: None,
    }
}

fn entry(minor: i64, currency: &str) -> JournalEntry {
    let amount = Money::from_minor(minor, currency.parse().unwrap());
    JournalEntry {
        external_id: "tieout-je-1".into(),
        date: parse_date("2026-01-31").unwrap(),
        subsidiary: "1".into(),
        currency: "4".into(),
        exchange_rate: None,
        memo: "Revenue 2026-01".into(),
        approved: true,
        lines: vec![
            line("217", Side::Debit, amount),
            line("54", Side::Credit, amount),
        ],
    }
}

#[test]
fn a_journal_entry_is_written_with_exact_decimal_text() {
    let request = connection()
        .create_journal_entry(&entry(900_719_925_474_099_301, "EUR"), &stamp())
        .unwrap();
    assert_eq!(
        request.url,
        "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/journalEntry"
    );
    assert_eq!(request.operation.safety, Safety::FindThenCreate);
    assert_eq!(
        request.header("X-NetSuite-PropertyNameValidation"),
        Some("error")
    );
    // 2^53 + 1 in major units: a float would have lost the last digit.
    assert_eq!(
        request.body_text(),
        concat!(
            r#"{"externalId":"tieout-je-1","tranDate":"2026-01-31","subsidiary":{"id":"1"},"#,
            r#""currency":{"id":"4"},"memo":"Revenue 2026-01","approved":true,"line":{"items":["#,
            r#"{"account":{"id":"217"},"debit":9007199254740993.01,"memo":"Quote \" and ü","entity":{"id":"1042"}},"#,
            r#"{"account":{"id":"54"},"credit":9007199254740993.01,"memo":"Quote \" and ü","entity":{"id":"1042"}}]}}"#
        )
    );
    let shown = format!("{request:?} {:?}", connection());
    assert!(!shown.contains("private"), "{shown}");
}

#[test]
fn our_journal_entry_has_the_documented_field_names() {
    let documented: serde_json::Value =
        serde_json::from_slice(&fixture("shape.rest-journalEntry-request.json")).unwrap();
    let mut full = entry(100_000, "USD");
    full.exchange_rate = Some("1.25".parse().unwrap());
    full.lines[1].department = Some("2".into());
    full.lines[1].class = Some("3".into());
    full.lines[1].location = Some("1".into());
    let request = connection().create_journal_entry(&full, &stamp()).unwrap();
    let ours: serde_json::Value = serde_json::from_str(request.body_text()).unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&ours), names(&documented));
    assert_eq!(
        names(&ours["line"]["items"][0]),
        names(&documented["line"]["items"][0])
    );
    let mut documented_credit = names(&documented["line"]["items"][1]);
    documented_credit.push("entity".into());
    documented_credit.sort();
    assert_eq!(names(&ours["line"]["items"][1]), documented_credit);
}

#[test]
fn currencies_have_their_own_places() {
    let text = |minor, currency| {
        let request = connection()
            .create_journal_entry(&entry(minor, currency), &stamp())
            .unwrap();
        let body = request.body_text().to_owned();
        let start = body.find("\"debit\":").unwrap() + 8;
        body[start..].split(',').next().unwrap().to_owned()
    };
    assert_eq!(text(5, "EUR"), "0.05");
    assert_eq!(text(1234, "JPY"), "1234");
    assert_eq!(text(1234, "KWD"), "1.234");
}

#[test]
fn what_makes_no_sense_is_not_asked() {
    let mut negative = entry(100, "EUR");
    negative.lines[1].amount.minor = -100;
    let fault = connection()
        .create_journal_entry(&negative, &stamp())
        .unwrap_err();
    assert!(fault.message.contains("line 2 of tieout-je-1"), "{fault}");
    let mut nameless = entry(100, "EUR");
    nameless.external_id = String::new();
    assert!(
        connection()
            .create_journal_entry(&nameless, &stamp())
            .is_err()
    );
    let mut empty = entry(100, "EUR");
    empty.lines.clear();
    assert!(connection().create_journal_entry(&empty, &stamp()).is_err());
    assert!(
        connection()
            .submit_journal_entry(&entry(1, "EUR"), "", &stamp())
            .is_err()
    );
}

#[test]
fn a_customer_is_addressed_by_our_key() {
    let customer = CustomerRecord {
        external_id: "acc/1 ü".into(),
        company_name: "Example Analytics GmbH".into(),
        email: None,
        subsidiary: "1".into(),
        currency: "4".into(),
    };
    let request = connection().upsert_customer(&customer, &stamp()).unwrap();
    assert_eq!(request.method, Method::Put);
    assert!(
        request
            .url
            .ends_with("/record/v1/customer/eid:acc%2F1%20%C3%BC"),
        "{}",
        request.url
    );
    let held = netsuite::read_customer(
        &netsuite::FIND,
        &answer(200, &[], fixture("shape.rest-customer-get.json")),
    )
    .unwrap();
    assert_eq!(
        (held.id.as_str(), held.external_id.as_deref()),
        ("1042", Some("acc-1"))
    );
    assert_eq!(
        (held.subsidiary.as_deref(), held.currency.as_deref()),
        (Some("1"), Some("4"))
    );
    let id = netsuite::read_created(
        &netsuite::UPSERT_CUSTOMER,
        &answer(
            204,
            &[(
                "location",
                "https://x.example/services/rest/record/v1/customer/1042",
            )],
            "",
        ),
    );
    assert_eq!(id.unwrap().as_deref(), Some("1042"));
}

#[test]
fn a_stored_journal_is_compared_with_what_was_meant() {
    let meant = entry(100_010, "USD");
    let body = r#"{"id":"77","externalId":"tieout-je-1","tranDate":"2026-01-31","memo":"m",
        "subsidiary":{"id":"1","refName":"Parent"},"currency":{"id":"4"},
        "line":{"links":[],"items":[{"account":{"id":"54"},"credit":1000.1},
        {"account":{"id":"217"},"debit":1000.10,"entity":{"id":"1042"}}],"totalResults":2}}"#;
    let read = |body: &str| netsuite::read_journal(&netsuite::FIND, &answer(200, &[], body));
    let held = read(body).unwrap();
    assert_eq!(held.difference_from(&meant), None);
    let other = read(&body.replace("1000.10", "1000.11")).unwrap();
    assert_eq!(
        other.difference_from(&meant).unwrap(),
        "an unexpected line of 1000.11 on account 217"
    );
    let other = read(&body.replace("2026-01-31", "2026-02-01")).unwrap();
    assert_eq!(
        other.difference_from(&meant).unwrap(),
        "date 2026-02-01 instead of 2026-01-31"
    );
    let links_only = r#"{"id":"77","tranDate":"2026-01-31","line":{"links":[]}}"#;
    let fault = read(links_only).unwrap_err();
    assert!(fault.message.contains("line.items"), "{fault}");
}

#[test]
fn errors_fall_into_the_classes_of_the_house() {
    let class = |operation: &Operation, status: u16, body: Vec<u8>| {
        let fault = netsuite::read_fault(operation, &answer(status, &[], body));
        assert_eq!(fault.system, "netsuite");
        fault.class
    };
    let create = &netsuite::CREATE_JOURNAL;
    assert_eq!(
        class(create, 429, fixture("shape.error-concurrency.json")),
        FaultClass::Throttled {
            retry_after_ms: None
        }
    );
    assert_eq!(
        class(create, 400, fixture("shape.error-idempotency.json")),
        FaultClass::Duplicate
    );
    assert_eq!(
        class(create, 400, fixture("shape.error-invalid-content.json")),
        FaultClass::Policy,
        "a closed period"
    );
    let error = |code: &str, detail: &str| {
        format!(
            r#"{{"status":400,"o:errorDetails":[{{"detail":"{detail}","o:errorCode":"{code}"}}]}}"#
        )
        .into_bytes()
    };
    let cases = [
        (401, "INVALID_LOGIN", "", FaultClass::Authentication),
        (404, "NONEXISTENT_ID", "", FaultClass::Data),
        (400, "INVALID_CONTENT", "", FaultClass::Data),
        (400, "USER_ERROR", "Please enter a value", FaultClass::Data),
        (
            400,
            "USER_ERROR",
            "This record already exists",
            FaultClass::Duplicate,
        ),
        (400, "DUP_ENTITY", "", FaultClass::Duplicate),
        (403, "INSUFFICIENT_PERMISSION", "", FaultClass::Policy),
        (400, "RCRD_HAS_BEEN_CHANGED", "", FaultClass::Conflict),
        (500, "UNEXPECTED_ERROR", "", FaultClass::Ambiguous),
        (400, "NOBODY_KNOWS", "", FaultClass::Data),
    ];
    for (status, code, detail, expected) in cases {
        assert_eq!(
            class(create, status, error(code, detail)),
            expected,
            "{code}"
        );
    }
    assert_eq!(
        class(&netsuite::QUERY, 500, error("UNEXPECTED_ERROR", "")),
        FaultClass::Transient
    );
    assert_eq!(
        class(create, 502, b"<html>".to_vec()),
        FaultClass::Ambiguous
    );
    let gateway = netsuite::read_fault(&netsuite::FIND, &answer(404, &[], "<html>"));
    assert!(!netsuite::says_absent(&gateway));
    let own = netsuite::read_fault(
        &netsuite::FIND,
        &answer(404, &[], error("NONEXISTENT_ID", "")),
    );
    assert!(netsuite::says_absent(&own));
}

#[test]
fn a_repeated_submission_answers_the_first_job() {
    let job = [("Location", "/services/rest/async/v1/job/17")];
    let request = connection()
        .submit_journal_entry(&entry(1, "EUR"), "key-1", &stamp())
        .unwrap();
    assert_eq!(request.header("Prefer"), Some("respond-async"));
    assert_eq!(request.header("X-NetSuite-Idempotency-Key"), Some("key-1"));
    let first = netsuite::read_submission(&netsuite::SUBMIT_JOURNAL, &answer(202, &job, ""));
    assert_eq!(first.unwrap(), Submission::Done { job: "17".into() });
    let repeat = answer(400, &job, fixture("shape.error-idempotency.json"));
    let repeat = netsuite::read_submission(&netsuite::SUBMIT_JOURNAL, &repeat);
    assert_eq!(
        repeat.unwrap(),
        Submission::AlreadyDone { job: "17".into() }
    );
    let nowhere = netsuite::read_submission(&netsuite::SUBMIT_JOURNAL, &answer(202, &[], ""));
    assert_eq!(nowhere.unwrap_err().class, FaultClass::Ambiguous);
    let state = netsuite::read_job(
        &netsuite::READ_JOB,
        &answer(200, &[], fixture("shape.async-job-202.json")),
    )
    .unwrap();
    assert_eq!(
        (state.id.as_str(), state.completed, state.progress),
        ("1", false, JobProgress::Pending)
    );
}

#[test]
fn rows_are_read_by_their_text_and_page() {
    let rows = netsuite::read_rows(
        &netsuite::QUERY,
        &answer(200, &[], fixture("shape.suiteql-response.json")),
    )
    .unwrap();
    assert_eq!(rows.next_offset, None);
    assert_eq!(
        rows.rows[1].get("foreigntotal").map(String::as_str),
        Some("1428.5")
    );
    assert!(!rows.rows[0].contains_key("links"));
    let page = netsuite::read_rows(
        &netsuite::QUERY,
        &answer(200, &[], fixture("shape.rest-collection.json")),
    )
    .unwrap();
    assert_eq!((page.rows.len(), page.next_offset), (2, Some(2)));
}

#[test]
fn external_ids_are_quoted_in_a_look_up() {
    assert_eq!(
        netsuite::transactions_by_external_id(&["a", "it's"]),
        "SELECT id, externalid FROM transaction WHERE externalid IN ('a', 'it''s')"
    );
    let request = connection().query("SELECT 1", 2000, &stamp());
    assert!(
        request
            .url
            .ends_with("/query/v1/suiteql?limit=1000&offset=2000")
    );
    assert_eq!(request.header("prefer"), Some("transient"));
    assert_eq!(request.operation.safety, Safety::ReadOnly);
}

#[test]
fn each_call_is_signed_for_its_own_stamp() {
    let header = |nonce: &str| {
        let stamp = netsuite::stamp(nonce, Instant::from_seconds(1_767_225_600));
        let request = connection().read_job("1", &stamp);
        request.header("Authorization").unwrap().to_owned()
    };
    assert_eq!(header("a"), header("a"));
    assert_ne!(header("a"), header("b"));
    assert!(header("a").starts_with("OAuth realm=\"1234567_SB1\", "));
}

proptest! {
    #[test]
    fn any_amount_is_written_and_read_back_exactly(minor in 1i64..i64::MAX) {
        let meant = entry(minor, "EUR");
        let request = connection().create_journal_entry(&meant, &stamp()).unwrap();
        let stored = format!(r#"{{"id":"1",{}"#, &request.body_text()[1..]);
        let held = netsuite::read_journal(&netsuite::FIND, &answer(200, &[], stored)).unwrap();
        prop_assert_eq!(held.difference_from(&meant), None);
        prop_assert_eq!(
            Money::from_decimal_exact(held.lines[0].debit.unwrap(), Currency::EUR).unwrap().minor,
            minor
        );
    }

    #[test]
    fn no_bytes_make_the_readers_panic(body in proptest::collection::vec(any::<u8>(), 0..200), status in 100u16..600) {
        let reply = answer(status, &[("Location", "x")], body);
        let _ = netsuite::read_rows(&netsuite::QUERY, &reply);
        let _ = netsuite::read_journal(&netsuite::FIND, &reply);
        let created = netsuite::read_created(&netsuite::CREATE_JOURNAL, &reply);
        prop_assert_eq!(created.is_ok(), (200..300).contains(&status));
    }
}
