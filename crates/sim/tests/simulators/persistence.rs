//! What was acknowledged is there again after the process has gone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use sim::stripe::{CardBehaviour, Pumped};
use sim::{SimClock, SimOptions, Simulators};

use crate::caller::NEW_YEAR;
use crate::netsuite::Ledger;
use crate::salesforce::Session;
use crate::stripe::{get, post};

fn start(directory: &Path) -> Simulators {
    let options = SimOptions {
        directory: Some(directory.to_path_buf()),
        ..SimOptions::in_memory(17, SimClock::at(NEW_YEAR))
    };
    Simulators::start(options).unwrap()
}

const PAY: &str = "amount=5000&currency=eur&customer=cus_anna&payment_method=pm_anna&confirm=true";

#[test]
fn state_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let sims = start(directory.path());
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_payment_method("pm_anna", "cus_anna")
        .unwrap();
    sims.stripe
        .set_card_behaviour("pm_anna", CardBehaviour::DeclinesTimes(2))
        .unwrap();
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k1"), PAY).status,
        402
    );
    let session = Session::start(&sims);
    sims.salesforce
        .declare_field("Account", "Colour__c")
        .unwrap();
    let account = session
        .send(
            "POST",
            "/sobjects/Account",
            &json!({"Name": "Anna", "Colour__c": "red"}),
        )
        .json();
    let ledger = Ledger::with_books(&sims);
    let customer = json!({"companyName": "Anna", "subsidiary": {"id": "1"}});
    assert_eq!(
        ledger
            .send("PUT", "/record/v1/customer/eid:acc-1", &customer)
            .status,
        204
    );
    let events = get(&sims, "/v1/events?limit=100").text;
    sims.stop();

    let sims = start(directory.path());
    assert_eq!(get(&sims, "/v1/events?limit=100").text, events);
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k1"), PAY).header("Idempotent-Replayed"),
        Some("true")
    );
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k2"), PAY).status,
        402,
        "one of two declines is used up"
    );
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k3"), PAY).status,
        200
    );
    // Deliveries still wait: two refused attempts of three events, one success of three, the customer.
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 0,
            pending: 10
        }
    );
    let record = sims
        .salesforce
        .record("Account", account["id"].as_str().unwrap())
        .unwrap();
    assert_eq!(record["Colour__c"], "red");
    assert_eq!(sims.netsuite.records("customer")[0]["externalId"], "acc-1");
    let new = Session::start(&sims)
        .send("POST", "/sobjects/Account", &json!({"Name": "Other"}))
        .json();
    assert_ne!(new["id"], account["id"], "ids go on where they were");
}

#[test]
fn a_torn_line_is_forgotten_and_the_rest_kept() {
    let directory = tempfile::tempdir().unwrap();
    let sims = start(directory.path());
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_customer("cus_bert", "Bert", "bert@example.com")
        .unwrap();
    sims.stop();
    let journal = directory.path().join("stripe.jsonl");
    let bytes = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &bytes[..bytes.len() - 5]).unwrap();
    let sims = start(directory.path());
    assert_eq!(sims.stripe.objects("customers").len(), 2);
    sims.stripe
        .put_customer("cus_carl", "Carl", "carl@example.com")
        .unwrap();
    sims.stop();
    assert_eq!(start(directory.path()).stripe.objects("customers").len(), 3);
}

const CHILD: &str = "TIEOUT_SIM_KILLED_IN";

/// Runs itself once more as a process that takes payments until it is killed.
#[test]
fn a_killed_process_has_kept_all_it_acknowledged() {
    if let Some(directory) = std::env::var_os(CHILD) {
        let sims = start(Path::new(&directory));
        sims.stripe
            .put_customer("cus_anna", "Anna", "anna@example.com")
            .unwrap();
        sims.stripe
            .put_payment_method("pm_anna", "cus_anna")
            .unwrap();
        for number in 0.. {
            let id = post(
                &sims,
                "/v1/payment_intents",
                Some(&format!("k{number}")),
                PAY,
            )
            .json()["id"]
                .clone();
            println!("acknowledged {}", id.as_str().unwrap());
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "persistence::a_killed_process_has_kept_all_it_acknowledged",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD, directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = |line: std::io::Result<String>| {
        line.unwrap()
            .split_once("acknowledged ")
            .map(|(_, id)| id.trim().to_owned())
    };
    let mut ids: Vec<String> = lines.by_ref().filter_map(acknowledged).take(25).collect();
    child.kill().unwrap();
    ids.extend(lines.filter_map(acknowledged));
    child.wait().unwrap();
    let sims = start(directory.path());
    assert!(ids.len() >= 25);
    for id in &ids {
        let intent = sims.stripe.object("payment_intents", id).unwrap();
        assert!(
            sims.stripe
                .object("charges", intent["latest_charge"].as_str().unwrap())
                .is_some()
        );
        assert_eq!(intent["status"], "succeeded");
    }
    // At most the one payment under way is there without having been acknowledged.
    assert!(sims.stripe.objects("payment_intents").len() <= ids.len() + 1);
}
