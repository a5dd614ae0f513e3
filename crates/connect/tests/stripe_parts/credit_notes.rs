//! Credit notes of Stripe Billing: what is on their lines, in old and new API versions.

use connect::stripe::{
    self, Connection, CreditNote, LIST, RETRIEVE, read_credit_note_lines, read_delivered_event,
};
use connect::{FaultClass, Reply, Secret};
use serde_json::{Value, json};
use values::{Currency, Money};

fn sample() -> Value {
    let text = include_str!("../fixtures/stripe/object.credit_note.json");
    serde_json::from_str(text).unwrap()
}

fn answer(object: &Value) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        body: object.to_string().into_bytes(),
    }
}

fn read(object: &Value) -> Result<CreditNote, connect::Fault> {
    stripe::read_credit_note(&RETRIEVE, &answer(object))
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn the_vendors_own_sample_is_read() {
    let note = read(&sample()).unwrap();
    assert_eq!(
        (note.number.as_str(), note.total),
        ("ABCD-1234-CN-01", usd(1_690))
    );
    assert_eq!(note.invoice, "in_1Pgc75B7WZ01zgkWYv4iMwt7");
    assert_eq!(note.effective.seconds(), 1_234_567_890);
    let lines: Vec<(Option<&str>, Money)> = note
        .lines
        .iter()
        .map(|line| (line.invoice_line.as_deref(), line.net))
        .collect();
    assert_eq!(
        lines,
        [
            (Some("il_1Pgc74B7WZ01zgkWWh45tUBA"), usd(1_190)),
            (None, usd(500))
        ]
    );
    assert!(note.adds_up());
}

#[test]
fn discounts_and_taxes_of_a_line_are_read_in_old_and_new_versions() {
    let mut object = sample();
    let line = &mut object["lines"]["data"][0];
    line["discount_amounts"] = json!([{ "amount": 190, "discount": "di_1" }]);
    line["taxes"] = json!([{ "amount": 100, "tax_behavior": "exclusive" }]);
    object["total"] = json!(1_600);
    let newer = read(&object).unwrap();
    assert_eq!(
        (newer.lines[0].net, newer.lines[0].tax),
        (usd(1_000), usd(100))
    );
    assert!(newer.adds_up());
    let line = &mut object["lines"]["data"][0];
    line["taxes"] = Value::Null;
    line["tax_amounts"] = json!([{ "amount": 100, "inclusive": true, "tax_rate": "txr_1" }]);
    object["total"] = json!(1_500);
    let older = read(&object).unwrap();
    assert_eq!(
        (older.lines[0].net, older.lines[0].tax),
        (usd(900), usd(100))
    );
    assert!(older.adds_up());
}

#[test]
fn what_was_paid_and_what_was_not_are_told_apart() {
    let mut object = sample();
    object["pre_payment_amount"] = json!(690);
    object["post_payment_amount"] = json!(1_000);
    let note = read(&object).unwrap();
    assert_eq!(
        (note.before_payment, note.after_payment),
        (Some(usd(690)), Some(usd(1_000)))
    );
}

#[test]
fn a_credit_note_whose_lines_do_not_add_up_says_so() {
    let mut object = sample();
    object["total"] = json!(1_700);
    let short = read(&object).unwrap();
    assert!(!short.adds_up());
    let fault = stripe::does_not_add_up(&format!("credit note {}", short.id), short.total);
    assert_eq!(fault.class, FaultClass::Data);
    assert!(
        fault
            .message
            .ends_with("do not add up to its total of 17.00 USD"),
        "{}",
        fault.message
    );
    object["invoice"] = Value::Null;
    assert!(read(&object).is_err(), "a credit note credits an invoice");
}

#[test]
fn further_lines_come_in_the_currency_of_their_credit_note() {
    let page = answer(&sample()["lines"]);
    let read = read_credit_note_lines(&LIST, &page, Currency::USD).unwrap();
    assert_eq!((read.items.len(), read.next), (2, None));
    assert_eq!(read.items[1].net, usd(500));
    let api = Connection::new("https://api.stripe.com", Secret::new("sk_test_x"));
    assert_eq!(
        api.retrieve_credit_note("cn_1").url,
        "https://api.stripe.com/v1/credit_notes/cn_1"
    );
    assert_eq!(
        api.list_credit_note_lines("cn_1", Some("cnli_9")).url,
        "https://api.stripe.com/v1/credit_notes/cn_1/lines?limit=100&starting_after=cnli_9"
    );
    assert_eq!(
        api.list_invoice_payments("pi_1", None).url,
        "https://api.stripe.com/v1/invoice_payments?payment%5Btype%5D=payment_intent&payment%5Bpayment_intent%5D=pi_1&limit=100"
    );
}

#[test]
fn an_event_names_the_credit_note_to_fetch() {
    let event = json!({
        "id": "evt_1", "object": "event", "type": "credit_note.created", "created": 1_772_442_000,
        "livemode": false, "data": { "object": sample() }
    });
    let told = read_delivered_event(event.to_string().as_bytes()).unwrap();
    assert_eq!(
        told.object_id.as_deref(),
        Some("cn_1Pgc75B7WZ01zgkWJMPt5riP")
    );
    assert_eq!(told.object_type, "credit_note");
}
