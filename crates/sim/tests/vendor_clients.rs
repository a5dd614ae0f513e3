//! The vendors' own client libraries, run against the simulators: what satisfies them is near the
//! real thing. Needs the Python environment that `cargo xtask setup` makes.

// A test may fail.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sim::adyen::StoredCard;
use sim::salesforce::FieldKind;
use sim::{SimClock, SimOptions, Simulators};

const MEND: &str = "run `cargo xtask setup` to make the Python environment with stripe, Adyen, simple-salesforce and netsuite";

/// `TIEOUT_PYTHON`, else `.venv/bin/python` at the root of the repository.
fn interpreter() -> PathBuf {
    if let Some(named) = std::env::var_os("TIEOUT_PYTHON") {
        return PathBuf::from(named);
    }
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python")
}

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// One event as it is delivered: its payload and its signature.
fn one_delivery(sims: &Simulators) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut signature, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line
                .trim()
                .split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value))
            else {
                if line.trim().is_empty() {
                    break;
                }
                continue;
            };
            match name.as_str() {
                "stripe-signature" => signature = value.to_owned(),
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        let mut payload = vec![0; length];
        reader.read_exact(&mut payload).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        json!({ "signature": signature, "payload": String::from_utf8(payload).unwrap() })
    });
    sims.stripe.set_webhook_url(Some(url));
    sims.stripe
        .put_customer("cus_hook", "Anna's Bakery", "anna@example.com")
        .unwrap();
    assert_eq!(sims.stripe.pump_webhooks().delivered, 1);
    sims.stripe.set_webhook_url(None);
    receiver.join().unwrap()
}

/// One notification of Adyen as it is delivered.
fn one_notification(sims: &Simulators) -> String {
    sims.adyen
        .stray_payment("PSPOFASTRANGER01", 700, "EUR", "shopper-1")
        .unwrap();
    let mut delivered = String::new();
    sims.adyen.pump_webhooks_to(|body| {
        delivered = String::from_utf8(body.to_vec()).unwrap();
        true
    });
    delivered
}

#[test]
fn the_official_clients_are_satisfied() {
    let python = interpreter();
    assert!(
        python.exists(),
        "no Python interpreter at {}; {MEND}",
        python.display()
    );

    let sims = Simulators::start(SimOptions::in_memory(
        17,
        SimClock::at_day("2026-01-01").unwrap(),
    ))
    .unwrap();
    let other = Simulators::start(SimOptions::in_memory(
        18,
        SimClock::at_day("2026-01-01").unwrap(),
    ))
    .unwrap();
    sims.salesforce.set_page_size(2);
    sims.salesforce
        .declare_field_as("Account", "Tieout_Key__c", FieldKind::ExternalId)
        .unwrap();
    sims.salesforce
        .register_public_key(
            "jwt_consumer",
            sims.salesforce.username(),
            &fixture("keys/jwt_public.pem"),
        )
        .unwrap();
    sims.netsuite.put_currency("1", "USD", 2).unwrap();
    sims.netsuite
        .put_subsidiary("1", "Parent Company", "1")
        .unwrap();
    sims.netsuite
        .put_account("1100", "1100", "Trade receivables", "AcctRec")
        .unwrap();
    sims.netsuite
        .put_account("4000", "4000", "Subscription revenue", "Income")
        .unwrap();
    sims.netsuite.close_period("2025-12").unwrap();

    sims.adyen
        .store_card("STORED1", "shopper-1", StoredCard::Authorises)
        .unwrap();
    let places = json!({
        "stripe": {
            "base_url": sims.stripe.base_url(), "api_key": sims.stripe.api_key(),
            "webhook_secret": "whsec_tieout_test_secret", "delivery": one_delivery(&other)
        },
        "adyen": {
            "base_url": sims.adyen.base_url(), "api_key": sims.adyen.api_key(),
            "merchant_account": sims.adyen.merchant_account(), "hmac_key": sims.adyen.hmac_key(),
            "delivery": one_notification(&other)
        },
        "salesforce": {
            "base_url": sims.salesforce.base_url(), "client_id": sims.salesforce.client_id(),
            "client_secret": sims.salesforce.client_secret(), "domain": "tieout.my",
            "username": sims.salesforce.username(), "jwt_consumer": "jwt_consumer",
            "private_key": fixture("keys/jwt_private.pem")
        },
        "netsuite": {
            "base_url": sims.netsuite.base_url(), "account": sims.netsuite.account(),
            "credentials": sims.netsuite.credentials()
        }
    });
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/vendor_clients.py");
    let run = Command::new(&python)
        .arg(&script)
        .arg(places.to_string())
        .env_remove("http_proxy")
        .env_remove("https_proxy")
        .env_remove("HTTP_PROXY")
        .env_remove("HTTPS_PROXY")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap_or_else(|fault| panic!("{}: {fault}; {MEND}", python.display()));
    let (said, complained) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(
        run.status.code() != Some(3),
        "a Python package is missing ({}); {MEND}",
        complained.trim()
    );
    assert!(run.status.success(), "{said}\n{complained}");
    let checks = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(checks > 40, "only {checks} checks ran:\n{said}");
}
