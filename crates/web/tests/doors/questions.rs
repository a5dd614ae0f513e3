//! Lists page by page, filters, details.

use crate::support::House;
use control::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn all_pages(house: &House, token: &str, path: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut next = path.to_owned();
    loop {
        let body = house.get(token, &next).await.json();
        pages.push(body["items"].as_array().unwrap().clone());
        let Some(cursor) = body["next"].as_str() else {
            return pages;
        };
        next = format!("{path}&cursor={cursor}");
    }
}

#[tokio::test]
async fn pages_of_every_size_show_every_row_once() {
    let house = House::new();
    for number in 0..120 {
        let body = json!({ "id": format!("cus_{number:03}"), "legal_name": format!("Customer {number:03}") });
        house.does(Role::RevOps, "/api/v1/customers", body).await;
    }
    let token = house.token(Role::Auditor);
    for limit in [1_usize, 7, 50, 100, 200] {
        let pages = all_pages(&house, &token, &format!("/api/v1/customers?limit={limit}")).await;
        let ids: Vec<&str> = pages
            .iter()
            .flatten()
            .map(|row| row["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 120, "limit {limit}");
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            120,
            "limit {limit}"
        );
        assert!(
            pages.iter().all(|page| page.len() <= limit),
            "limit {limit}"
        );
        assert!(
            pages[..pages.len() - 1]
                .iter()
                .all(|page| page.len() == limit),
            "limit {limit}"
        );
    }
    let first = house.get(&token, "/api/v1/customers").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn a_row_that_comes_between_two_pages_repeats_and_hides_nothing() {
    let house = House::new();
    let token = house.token(Role::Auditor);
    for number in 0..6 {
        let body =
            json!({ "id": format!("cus_{number}"), "legal_name": format!("Customer {number}") });
        house.does(Role::RevOps, "/api/v1/customers", body).await;
    }
    let first = house.get(&token, "/api/v1/customers?limit=3").await.json();
    let early = json!({ "id": "cus_early", "legal_name": "Aardvark" });
    house.does(Role::RevOps, "/api/v1/customers", early).await;
    let cursor = first["next"].as_str().unwrap();
    let rest = house
        .get(
            &token,
            &format!("/api/v1/customers?limit=50&cursor={cursor}"),
        )
        .await
        .json();
    let ids: Vec<&str> = rest["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["cus_3", "cus_4", "cus_5"]);
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let house = House::new();
    let token = house.token(Role::Controller);
    let field = async |path: &str| {
        let problem = house
            .get(&token, path)
            .await
            .problem(400, "invalid_parameter");
        problem["errors"][0]["field"].as_str().unwrap().to_owned()
    };
    assert_eq!(field("/api/v1/contracts?limit=0").await, "limit");
    assert_eq!(field("/api/v1/contracts?limit=201").await, "limit");
    assert_eq!(field("/api/v1/contracts?cursor=nonsense").await, "cursor");
    assert_eq!(field("/api/v1/contracts?cursor=~!").await, "cursor");
    assert_eq!(field("/api/v1/contracts?state=active").await, "state");
    assert_eq!(
        field("/api/v1/contracts?status=active&status=expired").await,
        "status"
    );
    assert_eq!(field("/api/v1/invoices?month=2026-13").await, "month");
    assert_eq!(field("/api/v1/search").await, "q");
    assert_eq!(field("/api/v1/events?cursor=no%20id").await, "cursor");
}

#[tokio::test]
async fn every_list_and_detail_opens() {
    let house = House::new();
    let contract = house.with_contract().await;
    let run = house
        .does(
            Role::BillingAnalyst,
            "/api/v1/billing-runs",
            json!({ "through": "2026-02-28" }),
        )
        .await;
    let invoice = run["documents"][0].as_str().unwrap().to_owned();
    let credit = json!({ "invoice": invoice, "reason": "Outage", "fraction": "0.5" });
    let credit = house
        .does(Role::Controller, "/api/v1/credit-notes", credit)
        .await;
    let paid = json!({ "invoice": invoice, "amount": "100.00" });
    let paid = house
        .does(Role::Collections, "/api/v1/payments", paid)
        .await;
    let token = house.token(Role::Controller);
    let journals = house
        .get(&token, "/api/v1/journals?entity=US&limit=2")
        .await
        .json();
    assert_eq!(journals["items"].as_array().unwrap().len(), 2);
    let journal = journals["items"][0]["id"].as_str().unwrap().to_owned();
    let (note, payment) = (
        credit["credit_note"].as_str().unwrap(),
        paid["payment"].as_str().unwrap(),
    );
    let number = house
        .get(&token, &format!("/api/v1/invoices/{invoice}"))
        .await
        .json();
    let number = number["row"]["number"].as_str().unwrap().to_owned();
    for path in [
        "/api/v1/entities".to_owned(),
        "/api/v1/customers/acme".to_owned(),
        format!("/api/v1/contracts/{contract}"),
        format!("/api/v1/invoices/{number}"),
        format!("/api/v1/credit-notes/{note}"),
        format!("/api/v1/payments/{payment}"),
        format!("/api/v1/journals/{journal}"),
        "/api/v1/trial-balance?entity=US&month=2026-02".to_owned(),
        "/api/v1/trial-balance/US/2026-02/1100/lines?currency=USD".to_owned(),
        "/api/v1/tie-outs".to_owned(),
        "/api/v1/exceptions?status=open".to_owned(),
        "/api/v1/intake".to_owned(),
        "/api/v1/connections".to_owned(),
        format!("/api/v1/trace/{invoice}"),
        "/api/v1/search?q=acme".to_owned(),
        "/api/v1/events?limit=3".to_owned(),
    ] {
        let reply = house.get(&token, &path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(reply.text.len() > 10, "{path}: {}", reply.text);
    }
    // Invoices and credit notes are lists of their own.
    let kinds = async |path: &str| -> Vec<String> {
        let list = house.get(&token, path).await.json();
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds("/api/v1/invoices").await, ["invoice"]);
    assert_eq!(kinds("/api/v1/credit-notes").await, ["credit_note"]);
    house
        .get(&token, &format!("/api/v1/invoices/{note}"))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_event_log_is_read_to_its_end_without_gaps() {
    let house = House::new();
    house.with_contract().await;
    house
        .does(
            Role::BillingAnalyst,
            "/api/v1/billing-runs",
            json!({ "through": "2026-02-28" }),
        )
        .await;
    let token = house.token(Role::Auditor);
    let pages = all_pages(&house, &token, "/api/v1/events?limit=2").await;
    let events: Vec<&Value> = pages.iter().flatten().collect();
    let whole = house.get(&token, "/api/v1/events?limit=200").await.json();
    assert_eq!(events.len(), whole["items"].as_array().unwrap().len());
    let mut heads = std::collections::BTreeMap::new();
    for event in events {
        assert_eq!(event["specversion"], "1.0");
        let last = heads.entry(event["partitionkey"].to_string()).or_insert(0);
        assert_eq!(event["sequence"].as_i64().unwrap(), *last + 1, "{event}");
        *last += 1;
    }
}
