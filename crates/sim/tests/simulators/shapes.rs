//! What the simulator sends has the keys of the recorded objects, and no others.

use serde_json::{Value, json};
use sim::stripe::CardBehaviour;

use crate::caller::simulators;
use crate::stripe::{get, post};

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn same_keys(ours: &Value, real: &Value, required: &[&str]) {
    let what = &ours["object"];
    for key in keys(ours) {
        assert!(
            real.get(key).is_some(),
            "{what}: the real object has no {key}"
        );
    }
    for key in required {
        assert!(ours.get(key).is_some(), "{what}: {key} is missing");
    }
}

#[test]
fn a_dispute_has_the_recorded_keys_and_moves_the_balance_as_stripe_does() {
    let sims = simulators();
    sims.stripe
        .create_stray_charge("pi_disputed", 2_500, "usd", "seat")
        .unwrap();
    let asked = sims.stripe.inquire("pi_disputed", "general").unwrap();
    let real = fixture("stripe/object.dispute.json");
    let dispute = get(&sims, &format!("/v1/disputes/{asked}")).json();
    assert_eq!(keys(&dispute), keys(&real));
    for part in ["evidence", "evidence_details"] {
        assert_eq!(keys(&dispute[part]), keys(&real[part]));
    }
    assert_eq!(
        keys(&dispute["payment_method_details"]["card"]),
        keys(&real["payment_method_details"]["card"])
    );
    sims.stripe.close_dispute(&asked, false).unwrap();
    let dispute = get(&sims, &format!("/v1/disputes/{asked}")).json();
    assert_eq!(dispute["status"], "warning_closed");
    assert_eq!(
        dispute["balance_transactions"],
        json!([]),
        "an inquiry takes nothing"
    );

    let taken = sims
        .stripe
        .charge_back("pi_disputed", "fraudulent")
        .unwrap();
    sims.stripe.close_dispute(&taken, true).unwrap();
    let dispute = get(&sims, &format!("/v1/disputes/{taken}")).json();
    let moved = dispute["balance_transactions"].as_array().unwrap();
    let told: Vec<_> = moved
        .iter()
        .map(|row| {
            (
                row["amount"].as_i64(),
                row["fee"].as_i64(),
                row["type"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some(-2_500), Some(1_500), Some("adjustment")),
            (Some(2_500), Some(0), Some("adjustment")),
        ]
    );
    same_keys(
        &moved[0],
        &fixture("stripe/object.balance_transaction.json"),
        &["amount", "fee", "net", "type", "source"],
    );
    let events = get(&sims, "/v1/events?type=charge.dispute.*").json();
    let mut kinds: Vec<_> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect();
    kinds.reverse();
    assert_eq!(
        kinds,
        [
            "charge.dispute.created",
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated",
        ]
    );
}

#[test]
fn invoices_and_credit_notes_have_the_recorded_keys() {
    let sims = simulators();
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    let draft = post(&sims, "/v1/invoices", None, "customer=cus_anna").json();
    let id = draft["id"].as_str().unwrap();
    let item = format!("customer=cus_anna&invoice={id}&amount=100&currency=usd");
    post(&sims, "/v1/invoiceitems", None, &item);
    let invoice = post(&sims, &format!("/v1/invoices/{id}/finalize"), None, "").json();
    let line = &invoice["lines"]["data"][0];
    let credit = format!(
        "invoice={id}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={}&lines[0][amount]=40",
        line["id"].as_str().unwrap()
    );
    let note = post(&sims, "/v1/credit_notes", None, &credit).json();
    let real = fixture("stripe/object.invoice.json");
    let needed = [
        "id",
        "total",
        "status",
        "lines",
        "status_transitions",
        "amount_remaining",
    ];
    same_keys(&invoice, &real, &needed);
    same_keys(
        line,
        &real["lines"]["data"][0],
        &["id", "amount", "period", "taxes"],
    );
    let real = fixture("stripe/object.credit_note.json");
    let needed = [
        "id",
        "number",
        "invoice",
        "total",
        "lines",
        "status",
        "effective_at",
    ];
    same_keys(&note, &real, &needed);
    let needed = ["id", "invoice_line_item", "amount", "type"];
    same_keys(
        &note["lines"]["data"][0],
        &real["lines"]["data"][0],
        &needed,
    );
}

#[test]
fn stripe_objects_have_the_recorded_keys() {
    let sims = simulators();
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_payment_method("pm_anna", "cus_anna")
        .unwrap();
    let pay = "amount=12000&currency=usd&customer=cus_anna&payment_method=pm_anna&confirm=true";
    let intent = post(&sims, "/v1/payment_intents", Some("a"), pay).json();
    let charge = get(
        &sims,
        &format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()),
    )
    .json();
    let refund = post(
        &sims,
        "/v1/refunds",
        Some("b"),
        &format!("charge={}", charge["id"].as_str().unwrap()),
    )
    .json();
    let transaction = get(&sims, "/v1/balance_transactions?type=charge").json()["data"][0].clone();
    let customer = get(&sims, "/v1/customers/cus_anna").json();
    let method = get(&sims, "/v1/payment_methods/pm_anna").json();
    sims.clock().advance_by(3 * 86_400_000_000);
    post(&sims, "/v1/payment_intents", Some("c"), pay);
    sims.clock().advance_by(3 * 86_400_000_000);
    sims.stripe.create_payout("po_1", "usd").unwrap();
    let payout = get(&sims, "/v1/payouts/po_1").json();
    let event = get(&sims, "/v1/events?type=payment_intent.succeeded").json()["data"][0].clone();

    let money = ["id", "object", "amount", "currency", "created"];
    same_keys(
        &intent,
        &fixture("stripe/object.payment_intent.json"),
        &money,
    );
    same_keys(
        &intent,
        &fixture("stripe/object.payment_intent.json"),
        &[
            "latest_charge",
            "status",
            "metadata",
            "amount_received",
            "last_payment_error",
        ],
    );
    same_keys(&charge, &fixture("stripe/object.charge.json"), &money);
    same_keys(
        &charge,
        &fixture("stripe/object.charge.json"),
        &[
            "balance_transaction",
            "amount_refunded",
            "outcome",
            "payment_intent",
            "status",
            "paid",
        ],
    );
    same_keys(
        &charge["outcome"],
        &fixture("stripe/object.charge.json")["outcome"],
        &["type"],
    );
    same_keys(
        &charge["payment_method_details"]["card"],
        &fixture("stripe/object.charge.json")["payment_method_details"]["card"],
        &["brand", "last4"],
    );
    same_keys(&refund, &fixture("stripe/object.refund.json"), &money);
    same_keys(
        &refund,
        &fixture("stripe/object.refund.json"),
        &["charge", "payment_intent", "status", "balance_transaction"],
    );
    let recorded = fixture("stripe/exchange.partial-refunds-06.json")["response"]["body"].clone();
    assert_eq!(
        keys(&refund),
        keys(&recorded),
        "a refund has exactly the recorded keys"
    );
    same_keys(
        &transaction,
        &fixture("stripe/object.balance_transaction.json"),
        &["amount", "fee", "net", "type", "source", "available_on"],
    );
    same_keys(
        &customer,
        &fixture("stripe/object.customer.json"),
        &["id", "email", "name", "metadata"],
    );
    same_keys(
        &payout,
        &fixture("stripe/object.payout.json"),
        &["amount", "arrival_date", "status", "balance_transaction"],
    );
    same_keys(
        &method,
        &fixture("stripe/event.payment_method.attached.json")["data"]["object"],
        &["card", "customer", "type"],
    );
    same_keys(
        &event,
        &fixture("stripe/event.payment_intent.succeeded.json"),
        &keys(&fixture("stripe/object.event.json")),
    );
}

#[test]
fn stripe_errors_have_the_recorded_keys() {
    let sims = simulators();
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_payment_method("pm_anna", "cus_anna")
        .unwrap();
    sims.stripe
        .set_card_behaviour("pm_anna", CardBehaviour::AlwaysDeclines)
        .unwrap();
    let declined = post(
        &sims,
        "/v1/payment_methods/pm_card_chargeDeclined/attach",
        None,
        "customer=cus_anna",
    );
    let recorded = fixture("stripe/exchange.card-declined-02.json");
    assert_eq!(
        i64::from(declined.status),
        recorded["response"]["status"].as_i64().unwrap()
    );
    assert_eq!(
        keys(&declined.json()["error"]),
        keys(&recorded["response"]["body"]["error"])
    );
    let pay = "amount=500&currency=usd&customer=cus_anna&payment_method=pm_anna&confirm=true";
    let error = post(&sims, "/v1/payment_intents", None, pay).json()["error"].clone();
    let real = &fixture("stripe/event.payment_intent.payment_failed.json")["data"]["object"]["last_payment_error"];
    for key in keys(real) {
        assert!(
            error["payment_intent"]["last_payment_error"]
                .get(key)
                .is_some(),
            "last_payment_error lacks {key}"
        );
    }
    let event = get(&sims, "/v1/events?type=charge.failed").json()["data"][0].clone();
    assert_eq!(
        event["data"]["object"]["failure_code"],
        fixture("stripe/event.charge.failed.json")["data"]["object"]["failure_code"]
    );
}

#[test]
fn salesforce_answers_have_the_recorded_keys() {
    let sims = simulators();
    let session = crate::salesforce::Session::start(&sims);
    let without_type = [
        "access_token",
        "id",
        "instance_url",
        "issued_at",
        "signature",
    ];
    let token = crate::salesforce::token(&sims).json();
    for key in keys(&fixture("salesforce/auth_success_response.json")) {
        assert!(
            token.get(key).is_some() && without_type.contains(&key),
            "the token answer lacks {key}"
        );
    }
    let mut account = serde_json::Map::new();
    account.insert("Name".to_owned(), json!("Anna's Bakery"));
    sims.salesforce
        .put(
            "Account",
            &sim::salesforce::Handle::id_for("Account", "anna"),
            account,
        )
        .unwrap();
    let found = session.query("SELECT Id, Name FROM Account");
    let real = fixture("salesforce/query_success_response.json");
    assert_eq!(keys(&found), keys(&real));
    assert_eq!(
        keys(&found["records"][0]["attributes"]),
        keys(&real["records"][0]["attributes"])
    );
    assert_eq!(
        session.query("SELECT Id FROM Contact"),
        fixture("salesforce/query_empty_response.json")
    );
    let refused = session.get("/query?q=SELECT+Colour+FROM+Account").json();
    assert_eq!(
        keys(&refused[0]),
        keys(&fixture("salesforce/query_error_response.json")[0])
    );
    assert_eq!(
        refused[0]["errorCode"],
        fixture("salesforce/query_error_response.json")[0]["errorCode"]
    );
    let created = session
        .send("POST", "/sobjects/Account", &json!({"Name": "B"}))
        .json();
    assert_eq!(
        keys(&created),
        keys(&fixture("salesforce/create_success_response.json"))
    );
    sims.salesforce.revoke_sessions().unwrap();
    assert_eq!(
        session.get("/query?q=SELECT+Id+FROM+Account").json(),
        fixture("salesforce/expired_session_response.json")
    );
}

#[test]
fn netsuite_answers_have_the_documented_keys() {
    let sims = simulators();
    let netsuite = crate::netsuite::Ledger::with_books(&sims);
    let customer = json!({
        "externalId": "acc-1", "companyName": "Anna", "email": "anna@example.com", "subsidiary": {"id": "1"},
        "currency": {"id": "1"}, "entityId": "CUST-1042"
    });
    assert_eq!(
        netsuite
            .send("POST", "/record/v1/customer", &customer)
            .status,
        204
    );
    let shown = netsuite.get("/record/v1/customer/eid:acc-1").json();
    assert_eq!(
        keys(&shown),
        keys(&fixture("netsuite/shape.rest-customer-get.json"))
    );
    let list = netsuite.get("/record/v1/customer").json();
    assert_eq!(
        keys(&list),
        keys(&fixture("netsuite/shape.rest-collection.json"))
    );
    let rows = netsuite.suiteql("SELECT id FROM customer").json();
    assert_eq!(
        keys(&rows),
        keys(&fixture("netsuite/shape.suiteql-response.json"))
    );
    let request = fixture("netsuite/shape.rest-journalEntry-request.json");
    for (kind, id) in [("217", "Deferred Revenue"), ("54", "Revenue")] {
        sims.netsuite.put_account(kind, kind, id, "Other").unwrap();
    }
    for (kind, id) in [("department", "2"), ("class", "3"), ("location", "1")] {
        sims.netsuite.put_segment(kind, id, id).unwrap();
    }
    let mut request = request;
    request["line"]["items"][0]["entity"]["id"] = shown["id"].clone();
    let posted = netsuite.send("POST", "/record/v1/journalEntry", &request);
    assert_eq!((posted.status, posted.text.as_str()), (204, ""));
    sims.netsuite.set_concurrency_limit(0);
    let crowded = netsuite.get("/record/v1/customer");
    assert_eq!(
        (crowded.status, crowded.json()),
        (429, fixture("netsuite/shape.error-concurrency.json"))
    );
}
