//! Invoices of Stripe Billing: what is on their lines, in old and new API versions.

use connect::stripe::{
    self, COMPONENT_METADATA, CONTRACT_METADATA, Connection, Invoice, RETRIEVE,
    read_delivered_event,
};
use connect::{FaultClass, Reply, Secret};
use serde_json::{Value, json};
use values::{Currency, Money};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stripe/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn finalized() -> Value {
    serde_json::from_slice(&fixture("shape.event.invoice.finalized.json")).unwrap()
}

fn read(object: &Value) -> Result<Invoice, connect::Fault> {
    let reply = Reply {
        status: 200,
        headers: Vec::new(),
        body: object.to_string().into_bytes(),
    };
    stripe::read_invoice(&RETRIEVE, &reply)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn a_finalized_invoice_is_read_with_its_discounts_and_taxes() {
    let event = finalized();
    let told = read_delivered_event(event.to_string().as_bytes()).unwrap();
    assert_eq!(told.kind, "invoice.finalized");
    assert_eq!(told.object_id.as_deref(), Some("in_1"));
    let invoice = read(&event["data"]["object"]).unwrap();
    assert_eq!(invoice.number.as_deref(), Some("ACME-0001"));
    assert_eq!(invoice.metadata[CONTRACT_METADATA], "C-1");
    let line = &invoice.lines[0];
    assert_eq!((line.net, line.tax), (usd(120_000), usd(12_000)));
    assert_eq!(line.metadata[COMPONENT_METADATA], "seats");
    assert!(invoice.adds_up());
}

#[test]
fn taxes_in_the_price_and_those_of_older_versions_are_read() {
    let mut object = finalized()["data"]["object"].clone();
    let line = &mut object["lines"]["data"][0];
    line["taxes"] = json!([{ "amount": 12_000, "tax_behavior": "inclusive" }]);
    object["total"] = json!(120_000);
    let inclusive = read(&object).unwrap();
    assert_eq!(inclusive.lines[0].net, usd(108_000));
    assert!(inclusive.adds_up());
    let line = &mut object["lines"]["data"][0];
    line["taxes"] = Value::Null;
    line["tax_amounts"] = json!([{ "amount": 12_000, "inclusive": false, "tax_rate": "txr_1" }]);
    object["total"] = json!(132_000);
    object["parent"] = Value::Null;
    object["subscription_details"] = json!({ "metadata": { "tieout_contract": "C-2" } });
    let older = read(&object).unwrap();
    assert_eq!(
        (older.lines[0].net, older.lines[0].tax),
        (usd(120_000), usd(12_000))
    );
    assert_eq!(older.metadata[CONTRACT_METADATA], "C-2");
    // A note on the invoice itself stands over the one on its subscription.
    object["metadata"] = json!({ "tieout_contract": "C-3" });
    assert_eq!(read(&object).unwrap().metadata[CONTRACT_METADATA], "C-3");
}

#[test]
fn a_line_that_went_unread_shows() {
    let mut object = finalized()["data"]["object"].clone();
    object["total"] = json!(140_000);
    let short = read(&object).unwrap();
    assert!(!short.adds_up());
    let fault = stripe::does_not_add_up(&format!("invoice {}", short.id), short.total);
    assert_eq!(fault.class, FaultClass::Data);
    assert_eq!(
        fault.message,
        "the lines of invoice in_1 do not add up to its total of 1,400.00 USD"
    );
}

#[test]
fn the_vendors_own_sample_is_read() {
    let object: Value = serde_json::from_slice(&fixture("object.invoice.json")).unwrap();
    let sample = read(&object).unwrap();
    assert_eq!((sample.status.as_str(), sample.number), ("draft", None));
    assert_eq!(sample.lines[0].net, usd(1_000));
}

#[test]
fn invoices_are_asked_for_by_id_and_their_lines_by_the_page() {
    let api = Connection::new("https://api.stripe.com", Secret::new("sk_test_x"));
    assert_eq!(
        api.retrieve_invoice("in_1").url,
        "https://api.stripe.com/v1/invoices/in_1"
    );
    assert_eq!(
        api.list_invoice_lines("in_1", Some("il_9")).url,
        "https://api.stripe.com/v1/invoices/in_1/lines?limit=100&starting_after=il_9"
    );
}
