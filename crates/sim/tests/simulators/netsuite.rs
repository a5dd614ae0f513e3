//! Signatures, customers, journal entries, jobs and SuiteQL.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use ring::hmac;
use serde_json::{Value, json};
use sim::Simulators;

use crate::caller::{NEW_YEAR, Reply, call, simulators};

/// A signing caller. The signer here is written apart from the simulator's, on purpose.
pub struct Ledger {
    base: String,
    nonce: AtomicU64,
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

impl Ledger {
    pub fn with_books(sims: &Simulators) -> Ledger {
        let books = &sims.netsuite;
        books.put_currency("1", "USD", 2).unwrap();
        books.put_currency("4", "EUR", 2).unwrap();
        books.put_currency("6", "JPY", 0).unwrap();
        books.put_subsidiary("1", "Parent Company", "1").unwrap();
        books
            .put_account("1100", "1100", "Accounts Receivable", "AcctRec")
            .unwrap();
        books
            .put_account("4000", "4000", "Subscription Revenue", "Income")
            .unwrap();
        Ledger {
            base: format!("{}/services/rest", sims.netsuite.base_url()),
            nonce: AtomicU64::new(0),
        }
    }

    fn authorization(
        &self,
        method: &str,
        url: &str,
        query: &[(&str, &str)],
        nonce: &str,
    ) -> String {
        let seconds = (NEW_YEAR / 1_000_000).to_string();
        let own = [
            ("oauth_consumer_key", "ck_tieout"),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", &seconds),
            ("oauth_token", "tk_tieout"),
            ("oauth_version", "1.0"),
        ];
        let mut all: Vec<(String, String)> = own
            .iter()
            .chain(query)
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        all.sort();
        let list = all
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&");
        let base = format!("{method}&{}&{}", encode(url), encode(&list));
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, b"cs_tieout&ts_tieout"),
            base.as_bytes(),
        );
        let signature = encode(&base64::engine::general_purpose::STANDARD.encode(tag.as_ref()));
        let list = own
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", encode(value)))
            .collect::<Vec<_>>()
            .join(", ");
        format!("OAuth realm=\"1234567_SB1\", {list}, oauth_signature=\"{signature}\"")
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Reply {
        let nonce = format!("n{}", self.nonce.fetch_add(1, Ordering::SeqCst));
        let url = format!("{}{path}", self.base);
        let authorization = self.authorization(method, &url, query, &nonce);
        let text = query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect::<Vec<_>>()
            .join("&");
        let full = if text.is_empty() {
            url
        } else {
            format!("{url}?{text}")
        };
        let mut all = vec![
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        all.extend_from_slice(headers);
        call(method, &full, &all, body)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], &[], None)
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let strict = [("X-NetSuite-PropertyNameValidation", "error")];
        self.request(method, path, &[], &strict, Some(&body.to_string()))
    }

    pub fn suiteql(&self, query: &str) -> Reply {
        let body = json!({ "q": query }).to_string();
        self.request(
            "POST",
            "/query/v1/suiteql",
            &[("limit", "10")],
            &[("Prefer", "transient")],
            Some(&body),
        )
    }

    fn submit(&self, key: &str, body: &Value) -> Reply {
        let headers = [
            ("Prefer", "respond-async"),
            ("X-NetSuite-Idempotency-Key", key),
        ];
        self.request(
            "POST",
            "/record/v1/journalEntry",
            &[],
            &headers,
            Some(&body.to_string()),
        )
    }

    fn refusal(&self, method: &str, path: &str, body: &Value) -> String {
        let reply = self.send(method, path, body);
        let error = reply.json();
        format!(
            "{} {}",
            reply.status,
            error["o:errorDetails"][0]["o:errorCode"].as_str().unwrap()
        )
    }
}

fn entry(external: &str, debit: Value, credit: Value) -> Value {
    json!({
        "externalId": external, "tranDate": "2026-01-31", "subsidiary": {"id": "1"}, "currency": {"id": "1"},
        "memo": "January", "line": {"items": [
            {"account": {"id": "1100"}, "debit": debit, "memo": "receivable"},
            {"account": {"id": "4000"}, "credit": credit}
        ]}
    })
}

const ENTRIES: &str = "/record/v1/journalEntry";

#[test]
fn a_journal_entry_is_posted_and_found_again() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    let posted = ledger.send(
        "POST",
        ENTRIES,
        &entry("je-1", json!(1000.10), json!(1000.10)),
    );
    assert_eq!((posted.status, posted.text.as_str()), (204, ""));
    let location = posted.header("Location").unwrap().to_owned();
    assert!(
        location.ends_with("/record/v1/journalEntry/5001"),
        "{location}"
    );
    let found = ledger
        .request(
            "GET",
            &format!("{ENTRIES}/eid:je-1"),
            &[("expandSubResources", "true")],
            &[],
            None,
        )
        .json();
    assert_eq!(
        (found["id"].as_str(), found["tranDate"].as_str()),
        (Some("5001"), Some("2026-01-31"))
    );
    assert_eq!(found["line"]["items"][0]["debit"].to_string(), "1000.1");
    assert_eq!(
        found["line"]["items"][0]["account"]["refName"],
        "Accounts Receivable"
    );
    assert_eq!(
        ledger.get(&format!("{ENTRIES}/5001")).json()["line"].get("items"),
        None
    );
    let totals = sims.netsuite.totals();
    assert_eq!(
        (
            totals[0].account.as_str(),
            totals[0].debit_minor,
            totals[1].credit_minor
        ),
        ("1100", 100_010, 100_010)
    );
    let rows = ledger.suiteql("SELECT id, externalid, trandate, foreigntotal FROM transaction WHERE externalid IN ('je-1', 'je-2')").json();
    assert_eq!(
        rows["items"][0],
        json!({"links": [], "id": "5001", "externalid": "je-1", "trandate": "31/01/2026", "foreigntotal": "1000.1"})
    );
    assert_eq!(
        ledger
            .suiteql("SELECT id FROM transaction WHERE externalid = 'none'")
            .json()["count"],
        0
    );
    let lines = ledger.suiteql("SELECT account, debit FROM transactionaccountingline WHERE transaction = '5001' ORDER BY account DESC").json();
    assert_eq!(
        (&lines["items"][0]["account"], &lines["items"][1]["debit"]),
        (&json!("4000"), &json!("1000.1"))
    );
    assert_eq!(ledger.suiteql("SELECT colour FROM transaction").status, 400);
    assert_eq!(ledger.suiteql("SELECT id FROM nowhere").status, 400);
    assert_eq!(ledger.suiteql("DROP everything").status, 400);
}

#[test]
fn what_the_ledger_would_refuse_is_refused() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    assert_eq!(
        ledger
            .send("POST", ENTRIES, &entry("je-1", json!(5), json!(5)))
            .status,
        204
    );
    let with = |path: &str, value: Value| {
        let mut changed = entry("je-2", json!(5), json!(5));
        *changed.pointer_mut(path).unwrap() = value;
        changed
    };
    for (body, refusal) in [
        (entry("je-1", json!(5), json!(5)), "400 USER_ERROR"),
        (entry("je-2", json!(5), json!(5.01)), "400 USER_ERROR"),
        (entry("je-2", json!("5"), json!(5)), "400 INVALID_CONTENT"),
        (
            entry("je-2", json!(5.001), json!(5.001)),
            "400 INVALID_CONTENT",
        ),
        (
            with("/line/items/0/account/id", json!("9")),
            "400 NONEXISTENT_ID",
        ),
        (with("/subsidiary/id", json!("9")), "400 NONEXISTENT_ID"),
        (with("/currency/id", json!("9")), "400 NONEXISTENT_ID"),
        (
            with("/tranDate", json!("31.01.2026")),
            "400 INVALID_CONTENT",
        ),
        (with("/line", json!({"items": []})), "400 USER_ERROR"),
        (
            with(
                "/line/items/0",
                json!({"account": {"id": "1100"}, "debit": 5, "credit": 5}),
            ),
            "400 USER_ERROR",
        ),
        (
            with(
                "/line/items/0",
                json!({"account": {"id": "1100"}, "debit": 5, "colour": 1}),
            ),
            "400 INVALID_CONTENT",
        ),
        (
            with(
                "/line/items/0",
                json!({"account": {"id": "1100"}, "debit": 5, "entity": {"id": "1"}}),
            ),
            "400 NONEXISTENT_ID",
        ),
    ] {
        assert_eq!(ledger.refusal("POST", ENTRIES, &body), refusal, "{body}");
    }
    assert_eq!(
        ledger
            .send("POST", ENTRIES, &with("/currency/id", json!("6")))
            .status,
        204
    );
    assert_eq!(
        sims.netsuite.totals()[0].debit_minor,
        5,
        "yen have no minor units"
    );
    let exists = ledger
        .send("POST", ENTRIES, &entry("je-1", json!(5), json!(5)))
        .json();
    assert!(
        exists["o:errorDetails"][0]["detail"]
            .as_str()
            .unwrap()
            .ends_with("This record already exists")
    );
    assert_eq!(
        ledger.refusal("GET", &format!("{ENTRIES}/eid:none"), &json!({})),
        "404 NONEXISTENT_ID"
    );
    assert_eq!(
        ledger.refusal("POST", "/record/v1/colour", &json!({})),
        "404 NONEXISTENT_ID"
    );

    sims.netsuite.close_period("2026-01").unwrap();
    let closed = ledger
        .send("POST", ENTRIES, &entry("je-3", json!(5), json!(5)))
        .json();
    let documented: Value = serde_json::from_str(
        &std::fs::read_to_string(format!(
            "{}/tests/fixtures/netsuite/shape.error-invalid-content.json",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap(),
    )
    .unwrap();
    assert_eq!(closed, documented);
    sims.netsuite.reopen_period("2026-01").unwrap();
    assert_eq!(
        ledger
            .send("POST", ENTRIES, &entry("je-3", json!(5), json!(5)))
            .status,
        204
    );
}

#[test]
fn unknown_names_fail_only_when_asked_to() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    let body = json!({"companyName": "Anna", "subsidiary": {"id": "1"}, "colour": "red"});
    assert_eq!(
        ledger.refusal("POST", "/record/v1/customer", &body),
        "400 INVALID_CONTENT"
    );
    let lenient = ledger.request(
        "POST",
        "/record/v1/customer",
        &[],
        &[],
        Some(&body.to_string()),
    );
    assert_eq!(lenient.status, 204);
}

#[test]
fn customers_are_upserted_by_external_id() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    let path = "/record/v1/customer/eid:acc-1";
    let body =
        json!({"companyName": "Anna", "subsidiary": {"id": "1"}, "email": "anna@example.com"});
    let first = ledger.send("PUT", path, &body);
    let second = ledger.send(
        "PUT",
        path,
        &json!({"companyName": "Anna & Co", "subsidiary": {"id": "1"}}),
    );
    assert_eq!((first.status, second.status), (204, 204));
    assert_eq!(first.header("Location"), second.header("Location"));
    let shown = ledger.get(path).json();
    assert_eq!(
        (shown["companyName"].as_str(), shown["email"].as_str()),
        (Some("Anna & Co"), Some("anna@example.com"))
    );
    assert_eq!(
        ledger
            .send("PATCH", path, &json!({"email": "new@example.com"}))
            .status,
        204
    );
    assert_eq!(
        ledger.refusal("PATCH", path, &json!({"email": "nobody"})),
        "400 USER_ERROR"
    );
    assert_eq!(
        ledger.refusal("PUT", path, &json!({"externalId": "other"})),
        "400 INVALID_CONTENT"
    );
    assert_eq!(
        ledger.refusal(
            "POST",
            "/record/v1/customer",
            &json!({"subsidiary": {"id": "1"}})
        ),
        "400 USER_ERROR"
    );
    for number in 0..4 {
        let body = json!({"companyName": format!("N{number}"), "subsidiary": {"id": "1"}});
        assert_eq!(
            ledger.send("POST", "/record/v1/customer", &body).status,
            204
        );
    }
    let customers =
        |query: &[(&str, &str)]| ledger.request("GET", "/record/v1/customer", query, &[], None);
    let page = customers(&[("limit", "2"), ("offset", "2")]).json();
    assert_eq!(
        (&page["count"], &page["hasMore"], &page["totalResults"]),
        (&json!(2), &json!(true), &json!(5))
    );
    assert_eq!(customers(&[("limit", "2"), ("offset", "1")]).status, 400);
    let found = customers(&[("q", "email IS \"new@example.com\"")]).json();
    assert_eq!(
        (&found["count"], &found["items"][0]["id"]),
        (&json!(1), &shown["id"])
    );
    assert_eq!(customers(&[("q", "nonsense")]).status, 400);
}

#[test]
fn lines_are_replaced_only_when_asked_to() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    ledger.send("POST", ENTRIES, &entry("je-1", json!(5), json!(5)));
    let path = format!("{ENTRIES}/eid:je-1");
    let change = json!({"line": entry("", json!(7), json!(7))["line"]});
    let replaced = ledger.request(
        "PATCH",
        &path,
        &[("replace", "line")],
        &[],
        Some(&change.to_string()),
    );
    assert_eq!(replaced.status, 204);
    assert_eq!(sims.netsuite.totals()[0].debit_minor, 700);
    assert_eq!(ledger.send("PATCH", &path, &change).status, 204);
    assert_eq!(
        sims.netsuite.totals()[0].debit_minor,
        1_400,
        "without ?replace=line the lines are added"
    );
}

#[test]
fn jobs_are_made_once_for_a_key() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    let taken = ledger.submit("key-1", &entry("je-1", json!(5), json!(5)));
    assert_eq!(
        (taken.status, taken.header("Preference-Applied")),
        (202, Some("respond-async"))
    );
    let location = taken.header("Location").unwrap().to_owned();
    let again = ledger.submit("key-1", &entry("je-1", json!(5), json!(5)));
    assert_eq!(
        (again.status, again.header("Location")),
        (400, Some(location.as_str()))
    );
    assert_eq!(
        again.json()["o:errorDetails"][0]["o:errorCode"],
        "IDEMPOTENCY_ERROR"
    );
    assert_eq!(sims.netsuite.records("journalEntry").len(), 1);
    let path = location.split_once("/services/rest").unwrap().1.to_owned();
    let job = ledger.get(&path).json();
    assert_eq!(
        (&job["completed"], &job["progress"]),
        (&json!(false), &json!("processing"))
    );
    assert_eq!(ledger.get(&format!("{path}/task/1/result")).status, 404);
    let job = ledger.get(&path).json();
    assert_eq!(
        (&job["completed"], &job["progress"]),
        (&json!(true), &json!("succeeded"))
    );
    let result = ledger.get(&format!("{path}/task/1/result"));
    assert!(
        result.status == 204
            && result
                .header("Location")
                .unwrap()
                .ends_with("/journalEntry/5001")
    );
    sims.netsuite.set_polls_needed(0);
    let refused = ledger.submit("key-2", &entry("je-2", json!(5), json!(6)));
    assert_eq!(
        refused.status, 202,
        "the refusal is in the result of the job"
    );
    assert_eq!(ledger.get("/async/v1/job/2").json()["progress"], "failed");
    assert_eq!(
        ledger.get("/async/v1/job/2/task/1/result").json()["o:errorDetails"][0]["o:errorCode"],
        "USER_ERROR"
    );
    assert_eq!(
        ledger.get("/async/v1/job/2/task").json()["items"][0]["progress"],
        "failed"
    );
}

#[test]
fn a_signature_is_good_once_and_for_one_request() {
    let sims = simulators();
    let ledger = Ledger::with_books(&sims);
    let url = format!("{}/record/v1/customer", ledger.base);
    let header = ledger.authorization("GET", &url, &[], "once");
    let ask = |url: &str, header: &str| call("GET", url, &[("Authorization", header)], None).status;
    assert_eq!(ask(&url, &header), 200);
    assert_eq!(ask(&url, &header), 401, "the nonce was used before");
    let header = ledger.authorization("GET", &url, &[], "twice");
    assert_eq!(
        ask(&format!("{url}?limit=5"), &header),
        401,
        "the query is signed too"
    );
    assert_eq!(ask(&url, "Bearer x"), 401);
    let refused = call("GET", &url, &[], None);
    assert_eq!(
        (
            refused.status,
            refused.json()["o:errorDetails"][0]["o:errorCode"].as_str()
        ),
        (401, Some("INVALID_LOGIN"))
    );
    sims.netsuite.set_timestamp_tolerance(Some(300));
    assert_eq!(
        ask(&url, &ledger.authorization("GET", &url, &[], "third")),
        200
    );
    sims.clock().advance_by(301_000_000);
    assert_eq!(
        ask(&url, &ledger.authorization("GET", &url, &[], "fourth")),
        401
    );
}
