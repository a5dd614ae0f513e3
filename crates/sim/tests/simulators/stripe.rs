//! Customers, payments, refunds, idempotency keys, lists and expansion.

use sim::Simulators;
use sim::stripe::CardBehaviour;

use crate::caller::{NEW_YEAR, Reply, call, simulators};

pub const BEARER: (&str, &str) = ("Authorization", "Bearer sk_test_tieout");
pub const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

pub fn post(sims: &Simulators, path: &str, key: Option<&str>, body: &str) -> Reply {
    let url = format!("{}{path}", sims.stripe.base_url());
    let mut headers = vec![BEARER, FORM];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    call("POST", &url, &headers, Some(body))
}

pub fn get(sims: &Simulators, path: &str) -> Reply {
    call(
        "GET",
        &format!("{}{path}", sims.stripe.base_url()),
        &[BEARER],
        None,
    )
}

pub fn customer_with_card(sims: &Simulators, behaviour: CardBehaviour) {
    sims.stripe
        .put_customer("cus_anna", "Anna's Bakery", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_payment_method("pm_anna", "cus_anna")
        .unwrap();
    sims.stripe
        .set_card_behaviour("pm_anna", behaviour)
        .unwrap();
}

pub const PAY: &str = "amount=12000&currency=usd&customer=cus_anna&payment_method=pm_anna&confirm=true&off_session=true\
                   &metadata[tieout_invoice]=inv_1";

#[test]
fn a_payment_settles_with_its_fee_and_its_events() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    let paid = post(
        &sims,
        "/v1/payment_intents",
        Some("k1"),
        &format!("{PAY}&expand[]=latest_charge.balance_transaction"),
    );
    assert_eq!(paid.status, 200, "{}", paid.text);
    let intent = paid.json();
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount_received"], 12_000);
    assert_eq!(intent["metadata"]["tieout_invoice"], "inv_1");
    let transaction = &intent["latest_charge"]["balance_transaction"];
    assert_eq!(
        (
            &transaction["amount"],
            &transaction["fee"],
            &transaction["net"]
        ),
        (&12_000.into(), &378.into(), &11_622.into())
    );
    assert_eq!(transaction["status"], "pending");
    assert!(paid.header("Request-Id").unwrap().starts_with("req_"));
    assert_eq!(paid.header("Stripe-Version"), Some("2026-10-28.endive"));
    assert_eq!(paid.header("Stripe-Should-Retry"), Some("false"));

    let events = get(&sims, "/v1/events?limit=100").json();
    let kinds: Vec<&str> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "payment_intent.succeeded",
            "charge.succeeded",
            "payment_intent.created",
            "customer.created"
        ]
    );
    assert_eq!(events["data"][0]["data"]["object"]["status"], "succeeded");
    assert_eq!(
        events["data"][2]["data"]["object"]["status"],
        "requires_confirmation"
    );
    assert_eq!(events["data"][0]["request"]["idempotency_key"], "k1");

    sims.clock().advance_by(3 * 86_400_000_000);
    let id = transaction["id"].as_str().unwrap();
    assert_eq!(
        get(&sims, &format!("/v1/balance_transactions/{id}")).json()["status"],
        "available"
    );
}

#[test]
fn the_same_key_answers_the_same_and_refuses_other_content() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    let first = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    let again = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    assert_eq!(first.text, again.text);
    assert_eq!(first.header("Idempotent-Replayed"), None);
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Original-Request"), first.header("Request-Id"));
    let other = post(
        &sims,
        "/v1/payment_intents",
        Some("k1"),
        &PAY.replace("12000", "13000"),
    );
    assert_eq!(
        (other.status, other.json()["error"]["type"].as_str()),
        (400, Some("idempotency_error"))
    );
    assert_eq!(sims.stripe.objects("payment_intents").len(), 1);

    sims.stripe.hold_key("k2");
    let busy = post(&sims, "/v1/payment_intents", Some("k2"), PAY);
    assert_eq!(
        (busy.status, busy.json()["error"]["code"].as_str()),
        (409, Some("idempotency_key_in_use"))
    );
    assert_eq!(busy.header("Stripe-Should-Retry"), Some("true"));
    sims.stripe.release_key("k2");
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k2"), PAY).status,
        200
    );

    // A refused request keeps no answer, and a key is forgotten after a day.
    assert_eq!(
        post(
            &sims,
            "/v1/payment_intents",
            Some("k3"),
            &PAY.replace("usd", "xxx")
        )
        .status,
        400
    );
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k3"), PAY).status,
        200
    );
    sims.clock().advance_by(86_400_000_000);
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k1"), PAY).header("Idempotent-Replayed"),
        None
    );
}

#[test]
fn a_declined_card_answers_402_and_can_be_tried_again() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::DeclinesTimes(1));
    let declined = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    assert_eq!(declined.status, 402);
    let error = &declined.json()["error"];
    assert_eq!(
        (error["type"].as_str(), error["code"].as_str()),
        (Some("card_error"), Some("card_declined"))
    );
    assert_eq!(error["decline_code"], "insufficient_funds");
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    assert_eq!(
        error["payment_intent"]["last_payment_error"]["code"],
        "card_declined"
    );
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k1"), PAY).header("Idempotent-Replayed"),
        Some("true")
    );

    let id = error["payment_intent"]["id"].as_str().unwrap().to_owned();
    let confirm = format!("/v1/payment_intents/{id}/confirm");
    let without = post(&sims, &confirm, None, "");
    assert_eq!(
        without.json()["error"]["code"],
        "payment_intent_unexpected_state"
    );
    // Saying the same behaviour again does not start the declines anew.
    sims.stripe
        .set_card_behaviour("pm_anna", CardBehaviour::DeclinesTimes(1))
        .unwrap();
    let paid = post(&sims, &confirm, Some("k2"), "payment_method=pm_anna");
    assert_eq!(
        (paid.status, paid.json()["status"].as_str()),
        (200, Some("succeeded"))
    );
    assert_eq!(
        post(&sims, &confirm, Some("k3"), "payment_method=pm_anna").status,
        400
    );
    assert_eq!(
        post(&sims, &format!("/v1/payment_intents/{id}/cancel"), None, "").status,
        400
    );
    let charges = get(&sims, &format!("/v1/charges?payment_intent={id}")).json();
    let states: Vec<_> = charges["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|charge| charge["status"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["succeeded", "failed"]);

    sims.stripe
        .set_card_behaviour("pm_anna", CardBehaviour::AlwaysDeclines)
        .unwrap();
    assert_eq!(
        post(&sims, "/v1/payment_intents", Some("k4"), PAY).status,
        402
    );
}

#[test]
fn refunds_are_checked_against_what_is_left() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    let intent = post(&sims, "/v1/payment_intents", Some("k1"), PAY).json();
    let (intent_id, charge) = (
        intent["id"].as_str().unwrap(),
        intent["latest_charge"].as_str().unwrap(),
    );
    let part = post(
        &sims,
        "/v1/refunds",
        Some("r1"),
        &format!(
            "charge={charge}&amount=2000&reason=requested_by_customer&expand[]=balance_transaction&expand[]=charge"
        ),
    );
    assert_eq!(part.status, 200, "{}", part.text);
    let part = part.json();
    assert_eq!(
        (
            &part["balance_transaction"]["amount"],
            &part["balance_transaction"]["net"]
        ),
        (&(-2_000).into(), &(-2_000).into())
    );
    assert_eq!(
        (
            &part["charge"]["amount_refunded"],
            &part["charge"]["refunded"]
        ),
        (&2_000.into(), &false.into())
    );
    let over = post(
        &sims,
        "/v1/refunds",
        None,
        &format!("charge={charge}&amount=10001"),
    );
    assert_eq!(
        (over.status, over.json()["error"]["param"].as_str()),
        (400, Some("amount"))
    );
    let rest = post(
        &sims,
        "/v1/refunds",
        Some("r2"),
        &format!("payment_intent={intent_id}"),
    )
    .json();
    assert_eq!(rest["amount"], 10_000);
    let done = post(
        &sims,
        "/v1/refunds",
        None,
        &format!("payment_intent={intent_id}"),
    );
    assert_eq!(done.json()["error"]["code"], "charge_already_refunded");
    assert_eq!(
        get(&sims, &format!("/v1/charges/{charge}")).json()["refunded"],
        true
    );
    let listed = get(&sims, &format!("/v1/refunds?charge={charge}")).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let event = get(&sims, "/v1/events?type=charge.refunded&limit=1").json();
    assert_eq!(
        event["data"][0]["data"]["previous_attributes"]["amount_refunded"],
        2_000
    );
    assert_eq!(post(&sims, "/v1/refunds", None, "amount=5").status, 400);
}

#[test]
fn lists_page_filter_and_expand() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    let mut ids = Vec::new();
    for number in 0..5 {
        let body = PAY.replace("12000", &format!("{}", 10_000 + number));
        ids.push(
            post(
                &sims,
                "/v1/payment_intents",
                Some(&format!("k{number}")),
                &body,
            )
            .json()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        sims.clock().advance_by(1_000_000);
    }
    ids.reverse();
    let listed = |path: &str| -> (Vec<String>, bool) {
        let page = get(&sims, path).json();
        let ids = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, page["has_more"].as_bool().unwrap())
    };
    assert_eq!(
        listed("/v1/payment_intents?limit=2"),
        (ids[0..2].to_vec(), true)
    );
    assert_eq!(
        listed(&format!(
            "/v1/payment_intents?limit=2&starting_after={}",
            ids[1]
        )),
        (ids[2..4].to_vec(), true)
    );
    assert_eq!(
        listed(&format!(
            "/v1/payment_intents?limit=2&starting_after={}",
            ids[3]
        )),
        (ids[4..].to_vec(), false)
    );
    assert_eq!(
        listed(&format!(
            "/v1/payment_intents?limit=2&ending_before={}",
            ids[3]
        )),
        (ids[1..3].to_vec(), true)
    );
    assert_eq!(
        listed("/v1/payment_intents?customer=cus_nobody"),
        (vec![], false)
    );
    let since = NEW_YEAR / 1_000_000 + 3;
    assert_eq!(
        listed(&format!("/v1/payment_intents?created%5Bgte%5D={since}")),
        (ids[0..2].to_vec(), false)
    );
    let expanded = get(&sims, "/v1/payment_intents?expand[0]=data.latest_charge.balance_transaction&expand[1]=data.customer").json();
    assert_eq!(
        expanded["data"][0]["latest_charge"]["balance_transaction"]["type"],
        "charge"
    );
    assert_eq!(expanded["data"][0]["customer"]["name"], "Anna's Bakery");
    assert_eq!(
        get(&sims, "/v1/payment_intents?expand[]=data.amount").status,
        400
    );
    assert_eq!(
        get(&sims, "/v1/payment_intents?expand[]=data.colour").status,
        400
    );
}

#[test]
fn customers_change_and_test_cards_attach() {
    let sims = simulators();
    let customer = post(
        &sims,
        "/v1/customers",
        Some("c1"),
        "name=Carla&email=carla%40example.com&metadata%5Ba%5D=1",
    )
    .json();
    let id = customer["id"].as_str().unwrap();
    let updated = post(
        &sims,
        &format!("/v1/customers/{id}"),
        None,
        "name=Carla+B&metadata[a]=&metadata[b]=2",
    )
    .json();
    assert_eq!(
        (updated["name"].as_str(), &updated["metadata"]),
        (Some("Carla B"), &serde_json::json!({"b": "2"}))
    );
    let event = get(&sims, "/v1/events?type=customer.updated").json();
    assert_eq!(
        event["data"][0]["data"]["previous_attributes"]["name"],
        "Carla"
    );
    let method = post(
        &sims,
        "/v1/payment_methods/pm_card_visa/attach",
        None,
        &format!("customer={id}"),
    )
    .json();
    assert_eq!(method["customer"], *id);
    assert_ne!(method["id"], "pm_card_visa");
    let listed = get(&sims, &format!("/v1/payment_methods?customer={id}")).json();
    assert_eq!(listed["data"][0]["id"], method["id"]);
    let failing = post(
        &sims,
        "/v1/payment_methods/pm_card_chargeCustomerFail/attach",
        None,
        &format!("customer={id}"),
    )
    .json();
    let pay = format!(
        "amount=500&currency=eur&confirm=true&customer={id}&payment_method={}",
        failing["id"].as_str().unwrap()
    );
    assert_eq!(post(&sims, "/v1/payment_intents", None, &pay).status, 402);
}

#[test]
fn stray_payments_and_payouts_tie_out() {
    let sims = simulators();
    sims.stripe
        .create_stray_charge("pi_stray1", 4_200, "usd", "wire from nobody we know")
        .unwrap();
    sims.stripe
        .create_stray_charge("pi_stray1", 4_200, "usd", "wire from nobody we know")
        .unwrap();
    assert_eq!(sims.stripe.objects("charges").len(), 1);
    assert_eq!(
        sims.stripe.object("payment_intents", "pi_stray1").unwrap()["metadata"],
        serde_json::json!({})
    );
    assert_eq!(
        sims.stripe.create_payout("po_1", "usd").unwrap(),
        0,
        "nothing is available yet"
    );
    sims.clock().advance_by(3 * 86_400_000_000);
    let amount = sims.stripe.create_payout("po_1", "usd").unwrap();
    assert_eq!(amount, 4_200 - 122 - 30);
    assert_eq!(sims.stripe.create_payout("po_1", "usd").unwrap(), amount);
    let members = get(&sims, "/v1/balance_transactions?payout=po_1&limit=100").json();
    let members = members["data"].as_array().unwrap();
    let net: i64 = members
        .iter()
        .filter(|member| member["type"] != "payout")
        .map(|member| member["net"].as_i64().unwrap())
        .sum();
    assert_eq!(net, amount);
    assert_eq!(get(&sims, "/v1/payouts/po_1").json()["status"], "paid");
}
