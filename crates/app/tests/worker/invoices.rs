//! Invoices that Stripe Billing finalizes: recorded where Stripe bills, told where it should not.

use crate::script::{Bench, SECRET, reply};
use app::command::Command;
use app::intake::receive_stripe;
use connect::Secret;
use connect::stripe::webhook::sign;
use serde_json::{Value, json};
use values::Clock;

const EVENT: &str =
    include_str!("../../../connect/tests/fixtures/stripe/shape.event.invoice.finalized.json");

fn act(bench: &Bench, name: &str, body: Value) -> Value {
    let command = Command::read(name, body).unwrap();
    bench.app.act("ana", command).unwrap()
}

/// Ten seats at 120.00 a month from March on, billed by `system`.
fn billed_by(system: &str) -> Bench {
    let bench = Bench::new();
    act(
        &bench,
        "set_tax_rate",
        json!({ "entity": "US", "rate": "0.10", "name": "Sales tax" }),
    );
    let price = json!({ "currency": "USD", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "120" } });
    act(
        &bench,
        "publish_product",
        json!({ "code": "SEAT", "name": "Seat", "prices": [price] }),
    );
    act(
        &bench,
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    act(
        &bench,
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "US",
        "start": "2026-03-01", "end": "2026-12-31",
        "lines": [{ "product": "SEAT", "quantity": "10", "component": "seats" }] }),
    );
    let mode = if system == "tieout" { "act" } else { "verify" };
    let mut text = "version = 2\nname = \"outside\"\nsummary = \"a test\"\nsystems = [ { id = \"tieout\", role = \"control\", interface = \"internal\" }, { id = \"stripe\", role = \"monetization\" } ]\ndomains = [\n".to_owned();
    for domain in [
        "customer", "product", "quote", "contract", "payment", "tax", "revenue", "ledger",
    ] {
        text.push_str(&format!(
            "  {{ domain = \"{domain}\", system = \"tieout\", mode = \"act\" }},\n"
        ));
    }
    text.push_str(&format!(
        "  {{ domain = \"billing\", system = \"{system}\", mode = \"{mode}\" }},\n]\n"
    ));
    let made = act(
        &bench,
        "propose_configuration",
        json!({ "kind": "topology", "body": text, "reason": "a test" }),
    );
    let decision = json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
    let decided = Command::read("decide_configuration", decision).unwrap();
    bench.app.act("li", decided).unwrap();
    bench
}

fn finalized(bench: &Bench, object: &Value) {
    let header = sign(&Secret::new(SECRET), EVENT.as_bytes(), bench.clock.now());
    let _ = receive_stripe(
        &bench.app,
        &bench.connections,
        EVENT.as_bytes(),
        Some(&header),
        bench.clock.now(),
    )
    .unwrap();
    bench.will_answer([reply(200, object)]);
}

fn object() -> Value {
    let event: Value = serde_json::from_str(EVENT).unwrap();
    event["data"]["object"].clone()
}

fn invoices(bench: &Bench) -> Vec<(String, i64, String)> {
    let page = bench
        .app
        .invoices(&app::query::ListFilter::default(), None)
        .unwrap();
    let rows = page.items.into_iter();
    rows.map(|row| (row.number, row.total.minor, row.issued.to_string()))
        .collect()
}

#[test]
fn an_invoice_that_stripe_finalized_is_recorded_once() {
    let bench = billed_by("stripe");
    finalized(&bench, &object());
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(
        bench.asked(),
        ["GET https://stripe.example/v1/invoices/in_1"]
    );
    let one = ("ACME-0001".to_owned(), 132_000, "2026-03-02".to_owned());
    assert_eq!(invoices(&bench), std::slice::from_ref(&one));
    assert!(
        bench
            .app
            .tie_outs()
            .unwrap()
            .iter()
            .all(|row| row.difference.is_zero() || row.measure == "bookings")
    );
    // Told again under another id, it is fetched and known.
    let again = EVENT.replace("evt_finalized_1", "evt_finalized_2");
    let header = sign(&Secret::new(SECRET), again.as_bytes(), bench.clock.now());
    let _ = receive_stripe(
        &bench.app,
        &bench.connections,
        again.as_bytes(),
        Some(&header),
        bench.clock.now(),
    )
    .unwrap();
    bench.will_answer([reply(200, &object())]);
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(invoices(&bench), [one]);
}

#[test]
fn an_invoice_of_stripe_for_what_we_bill_ourselves_is_held_for_a_person() {
    let bench = billed_by("tieout");
    finalized(&bench, &object());
    assert_eq!(bench.take_in().parked, 1);
    assert!(
        invoices(&bench).is_empty(),
        "the customer is not billed twice in our books"
    );
    let open = bench.exception("inbox/stripe/evt_finalized_1").unwrap();
    assert_eq!(open.class, "outside_document_parked");
    assert!(
        open.summary.contains("Tieout itself bills contract C-1"),
        "{}",
        open.summary
    );
}

#[test]
fn an_invoice_that_names_no_contract_says_where_to_write_it() {
    let mut nameless = object();
    nameless["parent"] = Value::Null;
    let bench = billed_by("stripe");
    finalized(&bench, &nameless);
    assert_eq!(bench.take_in().parked, 1);
    let open = bench.exception("inbox/stripe/evt_finalized_1").unwrap();
    assert!(
        open.summary
            .contains("put tieout_contract into the metadata"),
        "{}",
        open.summary
    );
    // Where Stripe bills nothing, its other business is none of ours.
    let ours = billed_by("tieout");
    finalized(&ours, &nameless);
    assert_eq!(ours.take_in().processed, 1);
    let item = ours.inbox("stripe", "evt_finalized_1").unwrap();
    assert_eq!(item.reason, "no action: Stripe bills nothing here");
}
