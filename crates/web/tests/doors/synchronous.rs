//! Answers for callers who wait: right, within their time, and honest about what they rest on. And
//! where the time of a chain went.

use crate::support::House;
use control::Role;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The 99th of 100, in a build without optimisation on a busy machine. Each answer's own budget for
/// the database is [`app::query::BUDGET`].
const P99: Duration = Duration::from_millis(250);

async fn asked(house: &House, path: &str) -> Value {
    let token = house.token(Role::BillingAnalyst);
    let reply = house.get(&token, path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_price_is_rated_with_its_arithmetic_and_a_tax_never_assumed() {
    let house = House::new();
    house.with_contract().await;
    let path = "/api/v1/prices/lookup?product=PLATFORM&currency=USD&quantity=15&date=2026-03-01";
    let price = asked(&house, path).await;
    let offer = &price["prices"][0];
    let told = offer["arithmetic"].as_str().unwrap();
    assert!(
        told.starts_with("15 × 49.9") && told.ends_with("= 748.5"),
        "{told}"
    );
    assert_eq!(offer["amount"]["amount"], "748.50");
    assert!(price["basis"]["degraded"].is_null(), "{price}");
    assert!(price["basis"]["configuration"].as_i64().unwrap() > 0);
    let token = house.token(Role::BillingAnalyst);
    let path = "/api/v1/prices/lookup?product=PLATFORM&currency=CHF";
    let refused = house.get(&token, path).await.problem(422, "refused");
    assert_eq!(refused["errors"][0]["code"], "not_sold_in_currency");
    let path = "/api/v1/prices/lookup?product=NOTHING&currency=USD";
    house.get(&token, path).await.problem(404, "not_found");
    let rate =
        json!({ "entity": "US", "tax_code": "reduced", "rate": "0.075", "name": "Reduced 7.5 %" });
    house
        .does(Role::Controller, "/api/v1/tax-rates", rate)
        .await;
    let path = "/api/v1/tax/calculation?entity=US&currency=USD&lines=reduced:10.10,reduced:100.00";
    let tax = asked(&house, path).await;
    assert_eq!(tax["lines"][0]["tax"]["amount"], "0.76", "{tax}");
    assert_eq!(tax["tax"]["amount"], "8.26");
    assert_eq!(tax["total"]["amount"], "118.36");
    let path = "/api/v1/tax/calculation?entity=US&currency=USD&lines=luxury:10.00";
    let refused = house.get(&token, path).await.problem(422, "refused");
    assert_eq!(refused["errors"][0]["code"], "no_tax_rate");
    let account = asked(&house, "/api/v1/customers/acme/validation").await;
    assert_eq!(account["valid"], true, "{account}");
    let path = "/api/v1/customers/nobody/validation";
    house.get(&token, path).await.problem(404, "not_found");
}

#[tokio::test]
async fn callers_who_wait_are_answered_within_their_time() {
    let house = House::new();
    house.with_contract().await;
    let run = json!({ "through": "2026-02-28" });
    let run = house
        .does(Role::BillingAnalyst, "/api/v1/billing-runs", run)
        .await;
    let invoice = run["documents"][0].as_str().unwrap().to_owned();
    let rate = json!({ "entity": "US", "tax_code": "reduced", "rate": "0.075", "name": "Reduced" });
    house
        .does(Role::Controller, "/api/v1/tax-rates", rate)
        .await;
    let token = house.token(Role::BillingAnalyst);
    for path in [
        "/api/v1/prices/lookup?product=PLATFORM&currency=USD".to_owned(),
        "/api/v1/tax/calculation?entity=US&currency=USD&lines=reduced:10.00".to_owned(),
        "/api/v1/customers/acme/validation".to_owned(),
        format!("/api/v1/invoices/{invoice}"),
    ] {
        let mut took = Vec::with_capacity(100);
        for _ in 0..100 {
            let begun = Instant::now();
            let reply = house.get(&token, &path).await;
            took.push(begun.elapsed());
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        }
        took.sort();
        assert!(took[98] < P99, "{path}: {:?}", took[98]);
    }
}

#[tokio::test]
async fn a_chain_tells_where_its_time_went() {
    let house = House::new();
    let contract = house.with_contract().await;
    let routing = app::Routing {
        collect_cards: false,
        deliver_journals: true,
        write_back: false,
    };
    house.app.set_routing("test", routing).unwrap();
    let run = json!({ "through": "2026-02-28" });
    house
        .does(Role::BillingAnalyst, "/api/v1/billing-runs", run)
        .await;
    let found = asked(&house, &format!("/api/v1/trace/{contract}/breakdown")).await;
    let recorded = found["recorded"].as_array().unwrap();
    let invoice = recorded
        .iter()
        .find(|hop| hop["type_name"] == "com.tieout.billing.invoice.issued.v1")
        .unwrap();
    assert_eq!(
        invoice["took"], 0,
        "posted in the transaction that recorded it"
    );
    let sent = found["sent"].as_array().unwrap();
    assert!(!sent.is_empty(), "{found}");
    assert!(
        sent.iter()
            .all(|hop| hop["sent"].is_null() && hop["calls"] == 0)
    );
    let effects: i64 = found["systems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|system| system["effects"].as_i64().unwrap())
        .sum();
    assert_eq!(effects, sent.len() as i64);
    assert_eq!(found["trace"].as_str().unwrap().len(), 32);
}
