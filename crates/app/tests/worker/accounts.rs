//! Two accounts of the processor by region: what is collected goes where the routes say, comes back as
//! the same fact, and is refused where no route leads.

use crate::script::{Bench, SECRET, reply};
use app::Routing;
use app::command::Command;
use app::connections::Connections;
use app::intake::{Delivery, Received, receive_delivery};
use connect::Secret;
use connect::stripe::webhook::sign;
use serde_json::{Value, json};
use store::effects::EffectRow;
use values::Clock;

const SECRET_EU: &str = "whsec_of_the_european_account";

fn act(bench: &Bench, name: &str, body: Value) -> Value {
    let command = Command::read(name, body).unwrap();
    let answer = bench.app.act("ana", command).unwrap();
    if name != "set_payment_routes" {
        return answer;
    }
    assert_eq!(
        answer["status"], "waiting",
        "money is not sent elsewhere by one person"
    );
    bench
        .app
        .put_user("dana", control::Role::Controller, "hash")
        .unwrap();
    let grant = json!({ "approval": answer["approval"] });
    let command = Command::read("grant_approval", grant).unwrap();
    bench.app.act("dana", command).unwrap()
}

fn two_accounts(bench: &Bench) -> Connections {
    bench.connected(json!({
        "stripe": { "base_url": "https://stripe.example", "api_key": "sk_test_script", "webhook_secrets": [SECRET] },
        "stripe_accounts": {
            "eu": { "base_url": "https://eu.stripe.example", "api_key": "sk_test_europe", "webhook_secrets": [SECRET_EU] }
        },
        "pace": { "sweep_seconds": 60, "balance_seconds": 0, "parallel": 1 }
    }))
}

/// One seat a month in each of two entities; both customers pay by card and are known to both accounts.
fn sellers(routes: Value) -> Bench {
    let bench = Bench::new();
    let routing = Routing {
        collect_cards: true,
        ..Routing::default()
    };
    bench.app.set_routing("ana", routing).unwrap();
    act(
        &bench,
        "create_entity",
        json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
    );
    for (entity, currency) in [("US", "USD"), ("DE", "EUR")] {
        act(
            &bench,
            "set_tax_rate",
            json!({ "entity": entity, "rate": "0", "name": "no tax" }),
        );
        act(
            &bench,
            "publish_product",
            json!({ "code": format!("SEAT-{entity}"), "name": "Seat", "prices": [
                { "currency": currency, "billing": "monthly", "charge": { "model": "flat", "amount": "12.50" } }] }),
        );
        let references: Vec<Value> = ["stripe", "stripe_eu"]
            .iter()
            .map(|system| json!({ "system": system, "kind": "Customer", "id": format!("cus_{entity}") }))
            .collect();
        act(
            &bench,
            "create_customer",
            json!({ "id": format!("of-{entity}"), "legal_name": format!("Customer of {entity}"), "collection": "card",
                "payment_method": "pm_1", "references": references }),
        );
        act(
            &bench,
            "activate_contract",
            json!({ "id": format!("C-{entity}"), "customer": format!("of-{entity}"), "entity": entity,
                "start": "2026-03-01", "end": "2026-03-31", "lines": [{ "product": format!("SEAT-{entity}") }] }),
        );
    }
    act(
        &bench,
        "set_payment_routes",
        json!({ "routes": routes, "reason": "collected in the region" }),
    );
    act(&bench, "run_billing", json!({ "through": "2026-03-01" }));
    bench
}

fn collections(bench: &Bench) -> Vec<EffectRow> {
    let mut found = Vec::new();
    for payment in bench
        .app
        .payments(&app::query::ListFilter::default(), None)
        .unwrap()
        .items
    {
        let subject = format!("payment/{}", payment.id);
        let of_payment = bench
            .app
            .run("test", move |tx, _| {
                Ok(store::effects::of_subject(tx, &subject)?)
            })
            .unwrap();
        found.extend(of_payment);
    }
    found.sort_by(|one, other| one.entity.cmp(&other.entity));
    found
}

fn succeeded(effect: &EffectRow, id: &str) -> Value {
    let asked: Value = serde_json::from_str(&effect.request).unwrap();
    let currency = effect.currency.to_lowercase();
    json!({
        "id": id, "object": "payment_intent", "amount": 1250, "amount_received": 1250, "currency": currency,
        "status": "succeeded", "customer": asked["processor_customer"], "created": 1_772_442_000,
        "metadata": { "tieout_invoice": asked["invoice"], "tieout_entity": effect.entity, "tieout_key": effect.key },
        "latest_charge": {
            "id": format!("ch_{id}"), "object": "charge", "amount": 1250, "currency": currency, "status": "succeeded",
            "created": 1_772_442_000,
            "balance_transaction": {
                "id": format!("txn_{id}"), "object": "balance_transaction", "amount": 1250, "fee": 66, "net": 1184,
                "currency": currency, "type": "charge", "source": format!("ch_{id}"),
                "available_on": 1_772_500_000, "created": 1_772_442_000
            }
        }
    })
}

/// What the event of a settled payment says, without what names the account, entity and ids.
fn settled_event(bench: &Bench, entity: &str) -> Value {
    let page = bench.app.events(None, 500).unwrap();
    let event = page.items.into_iter().find(|event| {
        event.type_name == "com.tieout.payment.payment.settled.v1"
            && event.legalentity.as_deref() == Some(entity)
    });
    event.unwrap().data
}

#[test]
fn two_accounts_collect_by_region_and_settle_as_the_same_fact() {
    let bench = sellers(
        json!([{ "currency": "EUR", "connection": "stripe_eu" }, { "connection": "stripe" }]),
    );
    let connections = two_accounts(&bench);
    let effects = collections(&bench);
    let went: Vec<_> = effects
        .iter()
        .map(|effect| (effect.entity.as_str(), effect.connection.as_str()))
        .collect();
    assert_eq!(went, [("DE", "stripe_eu"), ("US", "stripe")]);
    // Connection by connection, as they are delivered.
    let mut in_turn = effects.clone();
    in_turn.sort_by(|one, other| one.connection.cmp(&other.connection));
    for effect in &in_turn {
        let id = format!("pi_{}", effect.entity);
        bench.will_answer([reply(200, &succeeded(effect, &id))]);
    }
    app::deliver::deliver_due(&bench.app, &connections, 100);
    assert_eq!(
        bench.asked(),
        [
            "POST https://stripe.example/v1/payment_intents",
            "POST https://eu.stripe.example/v1/payment_intents",
        ]
    );
    let (de, us) = (settled_event(&bench, "DE"), settled_event(&bench, "US"));
    let keys =
        |event: &Value| -> Vec<String> { event.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&de), keys(&us), "the same canonical fact");
    for field in ["gross", "fee", "net"] {
        assert_eq!(de[field]["minor"], us[field]["minor"], "{field}");
    }
    for row in bench.app.tie_outs().unwrap() {
        assert_eq!(row.difference.minor, 0, "{}", row.measure);
    }
    // The money goes back by the account that took it.
    for (entity, connection) in [("DE", "stripe_eu"), ("US", "stripe")] {
        let invoice = format!("{entity}-2026-00001");
        let number = json!({ "invoice": invoice, "reason": "given back", "full": true });
        act(&bench, "issue_credit_note", number);
        let payments = bench
            .app
            .payments(&app::query::ListFilter::default(), None)
            .unwrap()
            .items;
        let payment = payments
            .iter()
            .find(|row| row.amount.currency.code() == if entity == "DE" { "EUR" } else { "USD" })
            .unwrap();
        let id = payment.id.clone();
        let asked = Command::read(
            "refund_payment",
            json!({ "id": format!("rfd_{entity}"), "payment": id, "reason": "given back" }),
        )
        .unwrap();
        bench
            .app
            .run("test", move |tx, context| {
                app::journey::refund::request(
                    tx,
                    context,
                    "refund-key",
                    match &asked {
                        Command::RefundPayment(body) => body,
                        other => panic!("{other:?}"),
                    },
                )
            })
            .unwrap();
        let subject = format!("refund/rfd_{entity}");
        let effects = bench
            .app
            .run("test", move |tx, _| {
                Ok(store::effects::of_subject(tx, &subject)?)
            })
            .unwrap();
        assert_eq!(effects[0].connection, connection);
    }
}

#[test]
fn where_no_route_leads_nothing_is_charged_and_a_person_is_told() {
    let bench = sellers(json!([{ "entity": "US", "connection": "stripe" }]));
    let effects = collections(&bench);
    assert_eq!(effects.len(), 1, "only what has a route");
    let invoice = bench
        .app
        .invoice("DE-2026-00001")
        .unwrap()
        .expect("the invoice is issued all the same");
    let key = format!("collect/{}", invoice.row.id);
    let open = bench.exception(&key).unwrap();
    assert!(
        open.detail.starts_with(
            "no payment route fits entity DE, country unknown and currency EUR, or of-DE is not known to the processor that it names"
        ),
        "{}",
        open.detail
    );
    let stopped = bench.app.retry_exception(&open.id, "li").unwrap_err();
    assert!(stopped.to_string().contains("nobody can collect it yet"));
    act(
        &bench,
        "set_payment_routes",
        json!({ "routes": [{ "connection": "stripe_eu" }], "reason": "a route for the rest" }),
    );
    bench.app.retry_exception(&open.id, "li").unwrap();
    assert!(bench.exception(&key).is_none());
    let went: Vec<_> = collections(&bench)
        .into_iter()
        .map(|effect| (effect.entity, effect.connection))
        .collect();
    assert_eq!(
        went,
        [
            ("DE".to_owned(), "stripe_eu".to_owned()),
            ("US".to_owned(), "stripe".to_owned())
        ],
        "and what was begun elsewhere stays there"
    );
}

#[test]
fn a_delivery_is_checked_by_the_secret_of_its_account() {
    let bench = sellers(json!([]));
    let connections = two_accounts(&bench);
    let body = json!({ "id": "evt_eu_1", "object": "event", "type": "payout.paid", "created": 1_772_442_000,
        "data": { "object": { "id": "po_1", "object": "payout" } } })
    .to_string();
    let deliver = |processor: &'static str, secret: &str| {
        let signature = sign(&Secret::new(secret), body.as_bytes(), bench.clock.now());
        let delivery = Delivery {
            processor,
            body: body.clone().into_bytes(),
            signature: Some(&signature),
            now: bench.clock.now(),
        };
        receive_delivery(&bench.app, &connections, delivery)
    };
    let refused = deliver("stripe_eu", SECRET).unwrap_err();
    assert_eq!(refused.code(), "signature_wrong");
    let taken = deliver("stripe_eu", SECRET_EU).unwrap();
    assert_eq!(taken, Received::New);
    let kept = bench.inbox("stripe_eu", "evt_eu_1").unwrap();
    assert_eq!(kept.status, "open");
    assert!(bench.inbox("stripe", "evt_eu_1").is_none());
}

#[test]
fn rows_that_cannot_hold_are_refused_in_words() {
    let bench = Bench::new();
    let set = |routes: Value| {
        let body = json!({ "routes": routes, "reason": "a test" });
        let command = Command::read("set_payment_routes", body).unwrap();
        bench.app.act("ana", command).unwrap_err().to_string()
    };
    assert!(
        set(json!([{ "connection": "paypal" }])).contains(
            "there is no processor \"paypal\"; a route goes to stripe, to adyen or to an account beside them, such as stripe_eu"
        )
    );
    assert!(
        set(json!([{ "connection": "stripe" }, { "connection": "stripe_eu" }]))
            .contains("it is about the same as routes[0]; keep one of the two")
    );
    assert!(
        set(json!([{ "country": "Germany", "connection": "stripe" }]))
            .contains("\"Germany\" is no country; write two letters, such as DE")
    );
}
