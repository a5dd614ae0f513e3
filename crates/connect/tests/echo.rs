//! A system that quotes back what it was sent, credentials and all, in every field of its errors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use connect::driver::{Driver, DriverOptions, NetSuite, Present, Salesforce, Stripe};
use connect::request::{Reply, Request};
use connect::{Fault, Secret, Transport, TransportFault, netsuite, salesforce, stripe};
use serde_json::json;
use std::sync::Arc;
use values::Instant;

const KEY: &str = "sk_live_the_key_of_the_processor";
const CLIENT_SECRET: &str = "the-secret-of-the-connected-app";
const CONSUMER_KEY: &str = "the-key-of-the-integration-record";
const TOKEN: &str = "the-id-of-the-access-token-there";
const SESSION: &str = "00D000000000001!the.session.of.today";
const NEVER_SENT: [&str; 2] = ["the-consumer-secret", "the-token-secret"];

/// Answers with this status and, in the place of every text, the whole request.
struct Echo(u16);

impl Transport for Echo {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        let headers: Vec<String> = request
            .headers
            .iter()
            .map(|(_, value)| value.clone())
            .collect();
        let said = format!("{} {}", headers.join(" "), request.body_text());
        let body = match request.operation.system {
            "salesforce" if request.operation.name == "token" && self.0 != 400 => json!({
                "access_token": SESSION, "instance_url": "https://org.example"
            }),
            "salesforce" if request.operation.name == "token" => json!({
                "error": said, "error_description": said
            }),
            "salesforce" => json!([{ "message": said, "errorCode": said }]),
            "netsuite" => json!({ "o:errorDetails": [
                { "detail": said, "o:errorCode": said, "o:errorPath": said }
            ] }),
            _ => json!({ "error": { "message": said, "code": said, "type": said, "param": said } }),
        };
        let is_token = request.operation.name == "token" && self.0 != 400;
        Ok(Reply {
            status: if is_token { 200 } else { self.0 },
            headers: vec![("Location".to_owned(), said)],
            body: body.to_string().into_bytes(),
        })
    }
}

struct Fixed;

impl Present for Fixed {
    fn now(&self) -> Instant {
        Instant::from_microseconds(1_767_225_600_000_000)
    }

    fn nonce(&self) -> String {
        "nonce-of-this-call-0001".to_owned()
    }

    fn pause(&self, _: u64) {}
}

fn driver(status: u16) -> Arc<Driver> {
    let options = DriverOptions::default();
    Arc::new(Driver::new(
        Box::new(Echo(status)),
        Box::new(Fixed),
        options,
    ))
}

fn faults(status: u16) -> Vec<Fault> {
    let stripe = Stripe::new(
        driver(status),
        stripe::Connection::new("https://stripe.example", Secret::new(KEY)),
    );
    let credentials = salesforce::Credentials::ClientCredentials {
        client_id: "id".into(),
        client_secret: Secret::new(CLIENT_SECRET),
    };
    let salesforce = Salesforce::new(
        driver(status),
        salesforce::Connection::new("https://login.example", credentials),
    );
    let netsuite = NetSuite::new(
        driver(status),
        netsuite::Connection::new(netsuite::Credentials {
            account: "1234567".into(),
            consumer_key: CONSUMER_KEY.into(),
            consumer_secret: Secret::new(NEVER_SENT[0]),
            token: TOKEN.into(),
            token_secret: Secret::new(NEVER_SENT[1]),
        }),
    );
    vec![
        stripe.payment("pi_1").unwrap_err(),
        salesforce.opportunity("006000000000001").unwrap_err(),
        salesforce
            .record("Account", "001000000000001", &["Name"])
            .unwrap_err(),
        netsuite.query("SELECT id FROM account").unwrap_err(),
        netsuite.find_journal_entry("je-1").unwrap_err(),
    ]
}

#[test]
fn what_a_system_quotes_of_our_calls_never_holds_a_credential() {
    for status in [200, 400, 401, 403, 404, 409, 429, 500, 503] {
        for fault in faults(status) {
            let told = format!("{fault} {fault:?}");
            for secret in [KEY, CLIENT_SECRET, CONSUMER_KEY, TOKEN, SESSION, "Basic aW"] {
                // Half a credential is too much of it already.
                let half = &secret[..secret.len().div_ceil(2).max(8)];
                assert!(!told.contains(half), "{status}: {told}");
            }
        }
    }
}
