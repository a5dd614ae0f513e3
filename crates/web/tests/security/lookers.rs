//! Sales and customer service: they see the whole account of a customer, over the API and in the
//! console, and change nothing. And whoever only looks plans, approves and skips nothing by a form.

use crate::people::{csrf_in, form, page, session_of};
use crate::support::House;
use control::{Permission, Role};
use serde_json::{Value, json};
use web::api::{PREFIX, ROUTES};

/// A customer with a quote, a contract that was changed, two invoices, a payment and a dispute.
async fn account(house: &House) -> String {
    let contract = house.with_contract().await;
    for through in ["2026-01-31", "2026-02-10"] {
        let body = json!({ "through": through });
        house
            .does(Role::BillingAnalyst, "/api/v1/billing-runs", body)
            .await;
    }
    let analyst = house.token(Role::BillingAnalyst);
    let rows = house.get(&analyst, "/api/v1/invoices").await.json();
    let newest = rows["items"][0]["number"].as_str().unwrap().to_owned();
    let oldest = rows["items"][1]["number"].as_str().unwrap().to_owned();
    let paid = json!({ "customer": "acme", "invoice": oldest, "amount": "499.00" });
    house
        .does(Role::Collections, "/api/v1/payments", paid)
        .await;
    let dispute = json!({ "invoice": newest, "reason_code": "wrong_quantity", "note": "Nine, not ten.\nPlease mend." });
    house
        .does(Role::BillingAnalyst, "/api/v1/disputes", dispute)
        .await;
    let quote = json!({ "id": "Q-1", "content": { "customer": "acme", "entity": "US", "start": "2026-03-01",
        "months": 12, "lines": [{ "product": "PLATFORM", "quantity": "5" }] } });
    house.does(Role::RevOps, "/api/v1/quotes", quote).await;
    contract
}

async fn titles(house: &House, token: &str, path: &str) -> Vec<String> {
    let body = house.get(token, path).await.json();
    let items = body["items"].as_array().unwrap_or_else(|| panic!("{body}"));
    items
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn sales_and_customer_service_see_the_whole_account() {
    let house = House::new();
    let contract = account(&house).await;
    for role in [Role::Sales, Role::Support] {
        let token = house.token(role);
        let path = "/api/v1/customers/acme/timeline";
        let told = titles(&house, &token, path).await;
        for wanted in [
            "Customer added",
            "Contract in force",
            "Payment received",
            "Quote Q-1, version 1: draft",
        ] {
            assert!(
                told.iter().any(|title| title == wanted),
                "{wanted}: {told:?}"
            );
        }
        let issued = told
            .iter()
            .filter(|title| title.ends_with(" issued"))
            .count();
        assert_eq!(issued, 2, "{told:?}");
        let disputed = told
            .iter()
            .find(|title| title.contains("disputed: wrong quantity"));
        assert!(disputed.is_some(), "{told:?}");
        let of_one = titles(&house, &token, &format!("{path}?room=contracts")).await;
        assert_eq!(of_one, ["Contract in force"]);
        let standing = house
            .get(&token, "/api/v1/customers/acme/account")
            .await
            .json();
        assert_eq!(
            standing["open"],
            json!([{ "amount": "499.00", "currency": "USD" }])
        );
        assert_eq!(standing["disputed"], standing["open"]);
        assert_eq!(standing["overdue"], json!([]));
        assert_eq!(
            house
                .get(&token, &format!("/api/v1/contracts/{contract}"))
                .await
                .status,
            200
        );
        assert_eq!(house.get(&token, "/api/v1/invoices").await.status, 200);
    }
}

#[tokio::test]
async fn the_stream_pages_without_gaps_and_refuses_what_it_does_not_know() {
    let house = House::new();
    account(&house).await;
    let token = house.token(Role::Support);
    let path = "/api/v1/customers/acme/timeline";
    let whole = titles(&house, &token, path).await;
    let (mut parts, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let body: Value = house.get(&token, &next).await.json();
        for item in body["items"].as_array().unwrap() {
            parts.push(item["title"].as_str().unwrap().to_owned());
        }
        match body["next"].as_str() {
            Some(cursor) => next = format!("{path}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(parts, whole);
    house
        .get(&token, "/api/v1/customers/nobody/timeline")
        .await
        .problem(404, "not_found");
    let problem = house.get(&token, &format!("{path}?room=attic")).await;
    assert!(
        problem.text.contains("billing, payments, contracts"),
        "{}",
        problem.text
    );
}

#[tokio::test]
async fn sales_and_customer_service_may_look_at_commerce_and_at_nothing_else() {
    let house = House::new();
    account(&house).await;
    for role in [Role::Sales, Role::Support] {
        let token = house.token(role);
        for route in ROUTES {
            let path = format!(
                "{PREFIX}{}",
                route.path.replace("{id}", "x1").replace(['{', '}'], "")
            );
            let reply = match route.method() {
                "GET" => house.get(&token, &path).await,
                _ => house.post(&token, "k", &path, &json!({})).await,
            };
            let may = route.method() == "GET" && route.permission == Permission::ViewCommerce;
            let quick = route.method() == "POST" && route.permission == Permission::ViewCommerce;
            assert_eq!(
                reply.status != 403,
                may || quick,
                "{role} {} {path}",
                route.method()
            );
        }
        let session = session_of(&house, role.as_str(), role).await;
        let begins = page(&house, &session, "/").await;
        assert_eq!(begins.header("location"), "/customers", "{role}");
        let shown = page(&house, &session, "/customers/acme/timeline").await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains("Nine, not ten.") && !shown.text.contains("Please mend"));
        let rail = shown.text.split("</nav>").next().unwrap();
        assert!(
            rail.contains("Invoices") && !rail.contains("Exceptions") && !rail.contains("Journals")
        );
        for forbidden in [
            "/exceptions",
            "/journals",
            "/tie-outs",
            "/quotes/new",
            "/intercompany",
            "/audit",
        ] {
            assert_eq!(
                page(&house, &session, forbidden).await.status,
                403,
                "{role} {forbidden}"
            );
        }
    }
}

#[tokio::test]
async fn a_form_asks_for_the_permission_of_what_it_does() {
    let house = House::new();
    house.with_contract().await;
    let cookie = |session: &str| format!("tieout_session={session}");
    let looks = session_of(&house, "ellen", Role::Executive).await;
    let csrf = csrf_in(&page(&house, &looks, "/").await);
    let body = format!("csrf={csrf}&through=2026-02-28&act=skip&step=x&reason=y&action=approve");
    for path in [
        "/bill-runs",
        "/bill-runs/brn_1/steer",
        "/process/prc_1/act",
        "/quotes/new",
    ] {
        let reply = form(&house, &cookie(&looks), path, &body).await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.text);
        let of_role = ["Your role may not do this", "does not show this"];
        assert!(
            of_role.iter().any(|words| reply.text.contains(words)),
            "{path} is refused for the role and nothing else: {}",
            reply.text
        );
    }
    // Who plans a run may not approve one: that is for finance.
    let plans = session_of(&house, "bo", Role::BillingAnalyst).await;
    let csrf = csrf_in(&page(&house, &plans, "/").await);
    let made = form(
        &house,
        &cookie(&plans),
        "/bill-runs",
        &format!("csrf={csrf}&through=2026-02-28"),
    )
    .await;
    assert_eq!(made.status, 303, "{}", made.text);
    let steer = format!("{}/steer", made.header("location"));
    let other = session_of(&house, "cy", Role::BillingAnalyst).await;
    let csrf = csrf_in(&page(&house, &other, "/").await);
    let reply = form(
        &house,
        &cookie(&other),
        &steer,
        &format!("csrf={csrf}&action=approve"),
    )
    .await;
    assert!(
        reply.text.contains("Your role may not do this"),
        "{}",
        reply.text
    );
}
