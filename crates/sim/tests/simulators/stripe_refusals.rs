//! What Stripe refuses, and what can befall a call.

use sim::stripe::CardBehaviour;

use crate::caller::{call, simulators, try_call};
use crate::stripe::{BEARER, FORM, PAY, customer_with_card, get, post};

#[test]
fn what_stripe_would_refuse_is_refused() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    sims.stripe
        .put_customer("cus_bert", "Bert", "bert@example.com")
        .unwrap();
    let refused = |path: &str, body: &str| {
        let reply = post(&sims, path, None, body);
        let error = reply.json()["error"].clone();
        let text = |name: &str| error[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            reply.status,
            text("type"),
            text("code"),
            text("param")
        )
    };
    let intents = "/v1/payment_intents";
    assert_eq!(
        refused(intents, "currency=usd"),
        "400 invalid_request_error parameter_missing amount"
    );
    assert_eq!(
        refused(intents, "amount=12.5&currency=usd"),
        "400 invalid_request_error parameter_invalid_integer amount"
    );
    assert_eq!(
        refused(intents, "amount=0&currency=usd"),
        "400 invalid_request_error parameter_invalid_integer amount"
    );
    assert_eq!(
        refused(intents, "amount=10&currency=usd"),
        "400 invalid_request_error amount_too_small amount"
    );
    assert_eq!(
        refused(intents, "amount=100&currency=zzz"),
        "400 invalid_request_error - currency"
    );
    assert_eq!(
        refused(intents, "amount=100&currency=usd&colour=red"),
        "400 invalid_request_error parameter_unknown colour"
    );
    assert_eq!(
        refused(intents, "amount=100&currency=usd&customer=cus_none"),
        "400 invalid_request_error resource_missing customer"
    );
    assert_eq!(
        refused(intents, "amount=100&currency=usd&off_session=true"),
        "400 invalid_request_error - off_session"
    );
    assert_eq!(
        refused(intents, "amount=100&currency=usd&confirm=maybe"),
        "400 invalid_request_error - confirm"
    );
    assert_eq!(
        refused(
            intents,
            "amount=100&currency=usd&confirm=true&customer=cus_bert&payment_method=pm_anna"
        ),
        "400 invalid_request_error - payment_method"
    );
    assert_eq!(
        refused("/v1/customers", "email=nobody"),
        "400 invalid_request_error email_invalid email"
    );
    assert_eq!(
        refused(
            "/v1/payment_methods/pm_card_chargeDeclined/attach",
            "customer=cus_anna"
        ),
        "402 card_error card_declined "
    );
    assert_eq!(refused("/v1/nonsense", ""), "404 invalid_request_error - -");
    let missing = get(&sims, "/v1/payment_intents/pi_none");
    assert_eq!(
        (missing.status, missing.json()["error"]["code"].as_str()),
        (404, Some("resource_missing"))
    );
    assert_eq!(get(&sims, "/v1/payment_intents?limit=101").status, 400);
    let url = format!("{}/v1/customers", sims.stripe.base_url());
    assert_eq!(call("GET", &url, &[], None).status, 401);
    assert_eq!(
        call("GET", &url, &[("Authorization", "Bearer sk_other")], None).status,
        401
    );
    // The key as the user of Basic: `sk_test_tieout:`.
    assert_eq!(
        call(
            "GET",
            &url,
            &[("Authorization", "Basic c2tfdGVzdF90aWVvdXQ6")],
            None
        )
        .status,
        200
    );
    let json = call(
        "POST",
        &url,
        &[BEARER, ("Content-Type", "application/json")],
        Some("{}"),
    );
    assert_eq!(json.status, 400);
}

#[test]
fn faults_befall_calls_in_stripe_form() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    sims.stripe
        .inject(sim::Fault::TooManyRequests, "POST", "payment_intents");
    sims.stripe
        .inject(sim::Fault::ServerError, "POST", "payment_intents");
    let limited = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    assert_eq!(
        (limited.status, limited.json()["error"]["code"].as_str()),
        (429, Some("rate_limit"))
    );
    let failed = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    assert_eq!(
        (failed.status, failed.json()["error"]["type"].as_str()),
        (500, Some("api_error"))
    );
    assert_eq!(
        sims.stripe.objects("payment_intents").len(),
        0,
        "nothing was done before those answers"
    );

    // Done, but never answered: the same key finds the answer.
    sims.stripe
        .inject(sim::Fault::TimeoutAfterWork, "POST", "payment_intents");
    let url = format!("{}/v1/payment_intents", sims.stripe.base_url());
    assert!(
        try_call(
            "POST",
            &url,
            &[BEARER, FORM, ("Idempotency-Key", "k1")],
            Some(PAY)
        )
        .is_none()
    );
    assert_eq!(sims.stripe.objects("payment_intents").len(), 1);
    let again = post(&sims, "/v1/payment_intents", Some("k1"), PAY);
    assert_eq!(
        (again.status, again.header("Idempotent-Replayed")),
        (200, Some("true"))
    );
    let id = again.json()["id"].as_str().unwrap().to_owned();
    sims.stripe
        .inject(sim::Fault::StaleRead, "GET", "payment_intents");
    assert_ne!(
        get(&sims, &format!("/v1/payment_intents/{id}")).json()["status"],
        "succeeded"
    );
    assert_eq!(
        get(&sims, &format!("/v1/payment_intents/{id}")).json()["status"],
        "succeeded"
    );
}
