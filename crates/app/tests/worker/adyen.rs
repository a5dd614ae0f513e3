//! Two processors by region: Stripe collects in the US, Adyen in the EU, both simulated on their wire
//! formats. What they settle, refuse, give back and take back is the same facts in the books.

use crate::script::{Bench, SECRET};
use app::Routing;
use app::command::Command;
use app::connections::{Connections, ConnectionsConfig};
use app::intake::{Delivery, Received, receive_delivery, receive_stripe};
use connect::Secret;
use connect::adyen::webhook::{Signed, sign};
use connect::driver::{Driver, DriverOptions, Present};
use serde_json::{Value, json};
use sim::adyen::StoredCard;
use sim::{Fault, SimClock, SimOptions, Simulators};
use std::sync::Arc;
use values::{Clock, Instant};

struct Now(SimClock);

impl Present for Now {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.now_micros())
    }

    fn nonce(&self) -> String {
        "nonce-of-two-processors".to_owned()
    }

    fn pause(&self, _milliseconds: u64) {}
}

/// Two sellers, one collected by each processor.
pub struct Sellers {
    pub bench: Bench,
    pub sims: Simulators,
    time: SimClock,
    pub connections: Connections,
}

impl Sellers {
    /// One seat of 12.50 a month in each of two entities, both billed.
    pub fn new(card: StoredCard) -> Sellers {
        let bench = Bench::new();
        let time = SimClock::at(bench.clock.now().microseconds());
        let sims = Simulators::in_process(SimOptions::in_memory(11, time.clone())).unwrap();
        let config: ConnectionsConfig = serde_json::from_value(json!({
            "stripe": { "base_url": sims.stripe.base_url(), "api_key": sims.stripe.api_key(), "webhook_secrets": [SECRET] },
            "adyen": {
                "base_url": sims.adyen.base_url(), "api_key": sims.adyen.api_key(),
                "merchant_account": sims.adyen.merchant_account(), "webhook_hmac_keys": [sims.adyen.hmac_key()]
            },
            "pace": { "sweep_seconds": 60, "balance_seconds": 0, "parallel": 1 }
        }))
        .unwrap();
        let options = DriverOptions {
            read_attempts: 1,
            ..DriverOptions::default()
        };
        let driver = Driver::new(Box::new(sims.door()), Box::new(Now(time.clone())), options);
        let connections = Connections::new(&config, Arc::new(driver));
        sims.stripe
            .put_customer("cus_US", "Customer of US", "us@example.com")
            .unwrap();
        sims.stripe.put_payment_method("pm_US", "cus_US").unwrap();
        sims.adyen
            .store_card("STORED-DE", "shopper-DE", card)
            .unwrap();
        let sellers = Sellers {
            bench,
            sims,
            time,
            connections,
        };
        sellers.sell();
        sellers
    }

    pub fn act(&self, name: &str, body: Value) -> Value {
        let command = Command::read(name, body).unwrap();
        let checker = control::Role::Controller;
        self.bench.app.put_user("dana", checker, "").unwrap();
        self.bench.app.act_approved("ana", "dana", command).unwrap()
    }

    fn sell(&self) {
        let routing = Routing {
            collect_cards: true,
            ..Routing::default()
        };
        self.bench.app.set_routing("ana", routing).unwrap();
        self.act(
            "create_entity",
            json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
        );
        self.act(
            "set_payment_routes",
            json!({ "reason": "collected in the region", "routes": [
                { "entity": "DE", "connection": "adyen" }, { "connection": "stripe" }] }),
        );
        for (entity, currency, system, there, method) in [
            ("US", "USD", "stripe", "cus_US", "pm_US"),
            ("DE", "EUR", "adyen", "shopper-DE", "STORED-DE"),
        ] {
            self.act(
                "set_tax_rate",
                json!({ "entity": entity, "rate": "0", "name": "no tax" }),
            );
            self.act(
                "publish_product",
                json!({ "code": format!("SEAT-{entity}"), "name": "Seat", "prices": [
                    { "currency": currency, "billing": "monthly", "charge": { "model": "flat", "amount": "12.50" } }] }),
            );
            self.act(
                "create_customer",
                json!({ "id": format!("of-{entity}"), "legal_name": format!("Customer of {entity}"), "collection": "card",
                    "payment_method": method, "references": [{ "system": system, "kind": "Customer", "id": there }] }),
            );
            self.act(
                "activate_contract",
                json!({ "id": format!("C-{entity}"), "customer": format!("of-{entity}"), "entity": entity,
                    "start": "2026-03-01", "end": "2026-03-31", "lines": [{ "product": format!("SEAT-{entity}") }] }),
            );
        }
        self.act("run_billing", json!({ "through": "2026-03-01" }));
    }

    pub fn later(&self, seconds: i64) {
        self.bench.later(seconds);
        self.time.advance_to(self.bench.clock.now().microseconds());
    }

    pub fn deliver(&self) {
        app::deliver::deliver_due(&self.bench.app, &self.connections, 100);
    }

    fn at_the_door(&self, body: &[u8]) -> Result<Received, app::intake::IntakeRefusal> {
        let delivery = Delivery {
            processor: "adyen",
            body: body.to_vec(),
            signature: None,
            now: self.bench.clock.now(),
        };
        receive_delivery(&self.bench.app, &self.connections, delivery)
    }

    /// Both processors tell what happened, and it is worked off.
    pub fn hear(&self) {
        self.sims
            .adyen
            .pump_webhooks_to(|body| self.at_the_door(body).is_ok());
        let stripe = &self.sims.stripe;
        stripe.pump_webhooks_to(|body, _| {
            let now = self.bench.clock.now();
            let signed = connect::stripe::webhook::sign(&Secret::new(SECRET), body, now);
            receive_stripe(&self.bench.app, &self.connections, body, Some(&signed), now).is_ok()
        });
        app::intake::process_due(&self.bench.app, &self.connections, 100);
    }

    pub fn events(&self, name: &str, entity: &str) -> Vec<Value> {
        let page = self.bench.app.events(None, 500).unwrap();
        let of = page.items.into_iter().filter(|event| {
            event.type_name.starts_with(&format!("com.tieout.{name}.v"))
                && event.legalentity.as_deref() == Some(entity)
        });
        of.map(|event| event.data).collect()
    }

    pub fn payment(&self, currency: &str) -> store::payments::PaymentRow {
        let currency = currency.to_owned();
        let rows = self.bench.app.run("test", move |tx, _| {
            let mut found = Vec::new();
            for invoice in ["US-2026-00001", "DE-2026-00001"] {
                if let Some(row) = store::documents::by_number(tx, invoice)? {
                    found.extend(store::payments::of_invoice(tx, &row.id)?);
                }
            }
            Ok(found)
        });
        let found = rows
            .unwrap()
            .into_iter()
            .find(|row| row.currency == currency);
        found.unwrap()
    }

    pub fn ties_out(&self) {
        app::sweep::read_balances(&self.bench.app, &self.connections).unwrap();
        for row in self.bench.app.tie_outs().unwrap() {
            assert_eq!(
                row.difference.minor, 0,
                "{} {}",
                row.measure, row.difference
            );
        }
    }
}

fn keys(event: &Value) -> Vec<String> {
    event.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn two_processors_collect_by_region_and_settle_as_the_same_fact() {
    let sellers = Sellers::new(StoredCard::Authorises);
    sellers.deliver();
    sellers.hear();
    let (us, de) = (
        sellers.events("payment.payment.settled", "US"),
        sellers.events("payment.payment.settled", "DE"),
    );
    assert_eq!(
        (us.len(), de.len()),
        (1, 1),
        "answer and notification are one fact"
    );
    assert_eq!(keys(&us[0]), keys(&de[0]), "the same canonical fact");
    assert_eq!(us[0]["gross"]["amount"], de[0]["gross"]["amount"]);
    assert!(de[0]["gross"]["amount"].is_string());
    assert_eq!(
        de[0]["fee"]["amount"], "0.00",
        "Adyen tells its fee in settlement reports only"
    );
    let there = &sellers.sims.adyen.objects("payments")[0];
    let paid = sellers.payment("EUR");
    assert_eq!(there["reference"], format!("{}-1", paid.id));
    assert_eq!(there["pspReference"], paid.external_id.as_str());
    assert_eq!((paid.status.as_str(), paid.unapplied), ("settled", 0));
    sellers.ties_out();
    assert_eq!(
        sellers.bench.setting("processor_balance/DE/EUR").as_deref(),
        Some("1250")
    );

    // What goes back goes back by the processor that took it, and has gone when that says so.
    for (entity, currency) in [("US", "USD"), ("DE", "EUR")] {
        let invoice = format!("{entity}-2026-00001");
        sellers.act(
            "issue_credit_note",
            json!({ "invoice": invoice, "reason": "given back", "full": true }),
        );
        let payment = sellers.payment(currency).id;
        sellers.act(
            "refund_payment",
            json!({ "id": format!("rfd_{entity}"), "payment": payment, "reason": "given back" }),
        );
    }
    sellers.deliver();
    assert_eq!(sellers.sims.adyen.objects("refunds").len(), 1);
    assert_eq!(sellers.sims.stripe.objects("refunds").len(), 1);
    let refunded = |entity| sellers.events("payment.payment.refunded", entity);
    assert!(refunded("DE").is_empty(), "taken on is not gone");
    sellers.hear();
    let (us, de) = (refunded("US"), refunded("DE"));
    assert_eq!((us.len(), de.len()), (1, 1));
    assert_eq!(keys(&us[0]), keys(&de[0]));
    assert_eq!(de[0]["refund"], "rfd_DE");
    sellers.ties_out();
}

#[test]
fn a_refused_payment_enters_dunning_and_is_collected_by_the_next_attempt() {
    let sellers = Sellers::new(StoredCard::RefusesTimes(1));
    sellers.deliver();
    sellers.hear();
    let failed = sellers.events("payment.payment.failed", "DE");
    assert_eq!(failed.len(), 1, "answer and notification are one fact");
    assert_eq!(failed[0]["decline_class"], "try_later");
    assert_eq!(
        failed[0]["reason"],
        "insufficient_funds: Not enough balance"
    );
    let row = sellers.payment("EUR");
    assert_eq!((row.status.as_str(), row.attempts), ("failed", 1));
    assert!(!row.next_attempt.is_empty(), "it is tried again on a day");
    sellers.later(8 * 86_400);
    assert_eq!(sellers.bench.app.retry_payments("test").unwrap(), 1);
    sellers.deliver();
    sellers.hear();
    let row = sellers.payment("EUR");
    assert_eq!((row.status.as_str(), row.unapplied), ("settled", 0));
    let there = sellers.sims.adyen.objects("payments");
    let second = there
        .iter()
        .find(|payment| payment["state"] == "authorised")
        .unwrap();
    assert_eq!(second["pspReference"], row.external_id.as_str());
    assert_eq!(second["reference"], format!("{}-2", row.id));
    sellers.ties_out();
}

#[test]
fn a_call_without_an_answer_is_made_again_under_its_key_and_charges_once() {
    for notified_first in [false, true] {
        let sellers = Sellers::new(StoredCard::Authorises);
        sellers
            .sims
            .adyen
            .inject(Fault::TimeoutAfterWork, "POST", "/payments");
        sellers.deliver();
        assert_eq!(sellers.payment("EUR").status, "initiated");
        if notified_first {
            sellers.hear();
            assert_eq!(sellers.payment("EUR").status, "settled");
        }
        sellers.later(60);
        sellers.deliver();
        sellers.hear();
        assert_eq!(sellers.payment("EUR").status, "settled");
        assert_eq!(sellers.sims.adyen.objects("payments").len(), 1);
        assert_eq!(sellers.events("payment.payment.settled", "DE").len(), 1);
        sellers.ties_out();
    }
}

#[test]
fn a_call_is_not_made_again_once_its_key_may_be_forgotten() {
    let sellers = Sellers::new(StoredCard::Authorises);
    sellers
        .sims
        .adyen
        .inject(Fault::TimeoutAfterWork, "POST", "/payments");
    sellers.deliver();
    sellers.later(29 * 86_400);
    sellers.deliver();
    assert_eq!(sellers.sims.adyen.objects("payments").len(), 1);
    let subject = format!("payment/{}", sellers.payment("EUR").id);
    let effects = sellers
        .bench
        .app
        .run("test", move |tx, _| {
            Ok(store::effects::of_subject(tx, &subject)?)
        })
        .unwrap();
    assert_eq!(effects[0].status, "parked");
    let open = sellers
        .bench
        .exception(&format!("effect/{}", effects[0].id))
        .unwrap();
    assert!(
        open.detail.contains("Customer Area of Adyen"),
        "{}",
        open.detail
    );
}

#[test]
fn what_the_processor_decides_later_is_told_by_notification() {
    let sellers = Sellers::new(StoredCard::Pends);
    sellers.deliver();
    let there = sellers.sims.adyen.objects("payments")[0]["pspReference"].clone();
    let psp = there.as_str().unwrap();
    assert_eq!(sellers.payment("EUR").status, "initiated");
    sellers.sims.adyen.decide(psp, true).unwrap();
    sellers.hear();
    let row = sellers.payment("EUR");
    assert_eq!(
        (row.status.as_str(), row.external_id.as_str()),
        ("settled", psp)
    );
}

#[test]
fn a_chargeback_takes_the_money_back_and_is_shown_with_its_value() {
    let sellers = Sellers::new(StoredCard::Authorises);
    sellers.deliver();
    sellers.hear();
    let row = sellers.payment("EUR");
    sellers
        .sims
        .adyen
        .charge_back(&row.external_id, 1_250)
        .unwrap();
    sellers.hear();
    sellers.hear();
    let back = sellers.events("payment.payment.refunded", "DE");
    assert_eq!(back.len(), 1);
    let reason = back[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("charged back") && reason.contains("2027-01-31"),
        "{reason}"
    );
    let open = sellers
        .bench
        .exception(&format!("uncovered/{}", row.id))
        .unwrap();
    assert_eq!(open.class, "refund_unmatched");
    assert_eq!(open.amount, 1_250);
    sellers.ties_out();
}

/// A delivery of one item with a signature by this key.
fn delivery(key: &str, psp: &str, reference: &str, minor: i64) -> Value {
    let signed = Signed {
        psp_reference: psp,
        original_reference: "",
        merchant_account: "TieoutECOM",
        merchant_reference: reference,
        value: &minor.to_string(),
        currency: "EUR",
        event: "AUTHORISATION",
        success: "true",
    };
    json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": {
        "additionalData": { "hmacSignature": sign(&Secret::new(key), &signed.text()) },
        "amount": { "currency": "EUR", "value": minor }, "eventCode": "AUTHORISATION",
        "eventDate": "2026-03-02T10:00:00+01:00", "merchantAccountCode": "TieoutECOM",
        "merchantReference": reference, "pspReference": psp, "reason": "", "success": "true" } }] })
}

#[test]
fn what_is_not_signed_by_us_is_refused_and_a_repeat_changes_nothing() {
    let sellers = Sellers::new(StoredCard::Authorises);
    let key = sellers.sims.adyen.hmac_key();
    let good = delivery(key, "PSPOFASTRANGER01", "link-1", 700);
    let forged = delivery(
        "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF",
        "PSPOFASTRANGER02",
        "link-2",
        700,
    );
    let door = |body: &Value| sellers.at_the_door(body.to_string().as_bytes());
    assert_eq!(door(&forged).unwrap_err().code(), "signature_wrong");
    let mut changed = good.clone();
    changed["notificationItems"][0]["NotificationRequestItem"]["amount"]["value"] = json!(70_000);
    assert_eq!(door(&changed).unwrap_err().code(), "signature_wrong");
    let mut both = good.clone();
    let second = forged["notificationItems"][0].clone();
    both["notificationItems"]
        .as_array_mut()
        .unwrap()
        .push(second);
    assert_eq!(door(&both).unwrap_err().code(), "signature_wrong");
    assert_eq!(door(&json!({})).unwrap_err().code(), "no_event");
    assert_eq!(
        sellers.bench.counted("open"),
        0,
        "nothing of a refused delivery is kept"
    );
    assert_eq!(door(&good).unwrap(), Received::New);
    assert_eq!(door(&good).unwrap(), Received::Duplicate);
    app::intake::process_due(&sellers.bench.app, &sellers.connections, 100);
    assert_eq!(door(&good).unwrap(), Received::Duplicate);
    app::intake::process_due(&sellers.bench.app, &sellers.connections, 100);
    assert_eq!(sellers.events("payment.payment.settled", "DE").len(), 1);
}

#[test]
fn two_payments_under_one_reference_are_two_amounts_of_money() {
    let sellers = Sellers::new(StoredCard::Authorises);
    sellers.deliver();
    sellers.hear();
    let row = sellers.payment("EUR");
    let key = sellers.sims.adyen.hmac_key();
    let again = delivery(key, "PSPOFTHESECOND01", &format!("{}-1", row.id), 1_250);
    assert_eq!(
        sellers.at_the_door(again.to_string().as_bytes()).unwrap(),
        Received::New
    );
    app::intake::process_due(&sellers.bench.app, &sellers.connections, 100);
    let settled = sellers.events("payment.payment.settled", "DE");
    assert_eq!(settled.len(), 2);
    let second = settled
        .iter()
        .find(|event| event["payment"] != row.id.as_str())
        .unwrap();
    let id = second["payment"].as_str().unwrap();
    assert_eq!(
        second["customer"], "of-DE",
        "its payer is known by the first"
    );
    let open = sellers.bench.exception(&format!("unmatched/{id}")).unwrap();
    assert_eq!(
        (open.class.as_str(), open.amount),
        ("payment_unmatched", 1_250)
    );
    sellers.ties_out();
}
