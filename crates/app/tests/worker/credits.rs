//! Billing that lives in Stripe gives credit too: each credit note, void invoice and given-up invoice
//! reaches our books once, whichever way round the messages come, and everything ties out.

use crate::script::{Bench, SECRET};
use app::command::Command;
use app::connections::{Connections, ConnectionsConfig};
use app::intake::receive_stripe;
use connect::driver::{Driver, DriverOptions, Present};
use connect::{Body, Method, Request, Secret, Transport as _};
use serde_json::{Value, json};
use sim::{SimClock, SimOptions, Simulators};
use std::sync::Arc;
use store::documents::DocumentRow;
use values::{Clock, Instant};

struct Now(SimClock);

impl Present for Now {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.now_micros())
    }

    fn nonce(&self) -> String {
        "nonce-of-credits".to_owned()
    }

    fn pause(&self, _milliseconds: u64) {}
}

/// Ten seats at 120.00 a month from March on with 10 % of tax, billed by Stripe.
struct Biller {
    bench: Bench,
    sims: Simulators,
    time: SimClock,
    connections: Connections,
    rate: String,
}

impl Biller {
    fn new(mode: &str) -> Biller {
        let bench = Bench::new();
        let time = SimClock::at(bench.clock.now().microseconds());
        let sims = Simulators::in_process(SimOptions::in_memory(7, time.clone())).unwrap();
        let config: ConnectionsConfig = serde_json::from_value(json!({
            "stripe": { "base_url": sims.stripe.base_url(), "api_key": sims.stripe.api_key(), "webhook_secrets": [SECRET] },
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
            .put_customer("cus_acme", "Acme", "acme@example.com")
            .unwrap();
        sims.stripe
            .put_payment_method("pm_acme", "cus_acme")
            .unwrap();
        let mut biller = Biller {
            bench,
            sims,
            time,
            connections,
            rate: String::new(),
        };
        biller.agree(mode);
        let rate = biller.stripe(
            "tax_rates",
            "display_name=Sales tax&inclusive=false&percentage=10",
        );
        biller.rate = rate["id"].as_str().unwrap().to_owned();
        biller
    }

    fn act(&self, name: &str, body: Value) -> Value {
        let command = Command::read(name, body).unwrap();
        self.bench.app.act("ana", command).unwrap()
    }

    fn agree(&self, mode: &str) {
        self.act(
            "set_tax_rate",
            json!({ "entity": "US", "rate": "0.10", "name": "Sales tax" }),
        );
        let price = json!({ "currency": "USD", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "120" } });
        self.act(
            "publish_product",
            json!({ "code": "SEAT", "name": "Seat", "prices": [price] }),
        );
        self.act(
            "create_customer",
            json!({ "id": "acme", "legal_name": "Acme", "references": [{ "system": "stripe", "kind": "Customer", "id": "cus_acme" }] }),
        );
        self.act(
            "activate_contract",
            json!({ "id": "C-1", "customer": "acme", "entity": "US",
            "start": "2026-03-01", "end": "2026-12-31",
            "lines": [{ "product": "SEAT", "quantity": "10", "component": "seats" }] }),
        );
        self.topology("stripe", mode, 2);
    }

    fn topology(&self, system: &str, mode: &str, version: u32) {
        let mut text = format!(
            "version = {version}\nname = \"outside\"\nsummary = \"a test\"\nsystems = [ {{ id = \"tieout\", role = \"control\", interface = \"internal\" }}, {{ id = \"stripe\", role = \"monetization\" }} ]\ndomains = [\n"
        );
        for domain in [
            "customer", "product", "quote", "contract", "tax", "revenue", "ledger",
        ] {
            text.push_str(&format!(
                "  {{ domain = \"{domain}\", system = \"tieout\", mode = \"act\" }},\n"
            ));
        }
        text.push_str(&format!(
            "  {{ domain = \"payment\", system = \"stripe\", mode = \"mirror\" }},\n  {{ domain = \"billing\", system = \"{system}\", mode = \"{mode}\" }},\n]\n"
        ));
        let made = self.act(
            "propose_configuration",
            json!({ "kind": "topology", "body": text, "reason": "a test" }),
        );
        let decision =
            json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
        let decided = Command::read("decide_configuration", decision).unwrap();
        self.bench.app.act("li", decided).unwrap();
    }

    /// Somebody works at Stripe.
    fn stripe(&self, path: &str, form: &str) -> Value {
        let (status, body) = self.try_stripe(path, form);
        assert_eq!(status, 200, "{path} {form}: {body}");
        body
    }

    fn try_stripe(&self, path: &str, form: &str) -> (u16, Value) {
        let request = Request {
            method: Method::Post,
            url: format!("{}/v1/{path}", self.sims.stripe.base_url()),
            headers: vec![(
                "Authorization".to_owned(),
                format!("Bearer {}", self.sims.stripe.api_key()),
            )],
            body: Some(Body {
                content_type: "application/x-www-form-urlencoded",
                bytes: form.replace(' ', "+").into_bytes(),
            }),
            operation: &connect::stripe::CREATE_CUSTOMER,
        };
        let reply = self.sims.door().perform(&request).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    /// An invoice of ten seats for a month, finalized: its id and the id of its line.
    fn invoice(&self, month: u8) -> (String, String) {
        self.invoice_of(month, "C-1")
    }

    fn invoice_of(&self, month: u8, contract: &str) -> (String, String) {
        let draft = self.stripe(
            "invoices",
            &format!("customer=cus_acme&collection_method=send_invoice&days_until_due=30&metadata[tieout_contract]={contract}"),
        );
        let id = draft["id"].as_str().unwrap().to_owned();
        let moment = |month: u8| -> i64 {
            let day: Instant = format!("2026-{month:02}-01T05:00:00Z").parse().unwrap();
            day.seconds()
        };
        self.stripe(
            "invoiceitems",
            &format!(
                "customer=cus_acme&invoice={id}&amount=120000&currency=usd&description=10 seats&period[start]={}&period[end]={}&tax_rates[0]={}&metadata[tieout_component]=seats",
                moment(month),
                moment(month + 1),
                self.rate
            ),
        );
        let done = self.stripe(&format!("invoices/{id}/finalize"), "");
        assert_eq!(done["total"], 132_000);
        let line = done["lines"]["data"][0]["id"].as_str().unwrap().to_owned();
        (id, line)
    }

    /// A credit note on the line of an invoice; the tax follows.
    fn credit(&self, (invoice, line): &(String, String), minor: i64, more: &str) -> Value {
        self.stripe(
            "credit_notes",
            &format!("invoice={invoice}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}&lines[0][amount]={minor}{more}"),
        )
    }

    /// Stripe tells what happened, and it is worked off.
    fn hear(&self) {
        self.told(|_| true);
        self.work_off();
    }

    /// What came before what it follows from is looked at again.
    fn work_off(&self) {
        for _ in 0..2 {
            app::intake::process_due(&self.bench.app, &self.connections, 100);
            self.bench.later(60);
            self.time.advance_to(self.bench.clock.now().microseconds());
        }
    }

    /// Stripe tells only what is wanted; the rest stays untold.
    fn told(&self, wanted: impl Fn(&str) -> bool) {
        self.sims.stripe.pump_webhooks_to(|body, _| {
            let event: Value = serde_json::from_slice(body).unwrap();
            if !wanted(event["type"].as_str().unwrap()) {
                return false;
            }
            let now = self.bench.clock.now();
            let signed = connect::stripe::webhook::sign(&Secret::new(SECRET), body, now);
            receive_stripe(&self.bench.app, &self.connections, body, Some(&signed), now).is_ok()
        });
    }

    fn later(&self, days: i64) {
        self.bench.later(days * 86_400);
        self.time.advance_to(self.bench.clock.now().microseconds());
    }

    fn document(&self, there: &str) -> Option<DocumentRow> {
        let there = there.to_owned();
        let found = self.bench.app.run("test", move |tx, _| {
            let kept = store::outside_documents::outside_document(tx, "stripe", &there)?;
            Ok(match kept {
                Some(kept) => store::documents::document(tx, &kept.document)?,
                None => None,
            })
        });
        found.unwrap()
    }

    /// Total, what is open, and the status of our document.
    fn stands(&self, there: &str) -> (i64, i64, String) {
        let row = self.document(there).unwrap();
        (row.total, row.remaining, row.status)
    }

    fn open(&self) -> Vec<app::view::ExceptionRow> {
        let filter = app::query::ExceptionFilter {
            status: Some("open".to_owned()),
            ..app::query::ExceptionFilter::default()
        };
        self.bench.app.exceptions(&filter, None).unwrap().items
    }

    fn ties_out(&self) {
        app::sweep::read_balances(&self.bench.app, &self.connections).unwrap();
        for row in self.bench.app.tie_outs().unwrap() {
            assert!(
                row.difference.is_zero() || row.measure == "bookings",
                "{} expected {} actual {}",
                row.measure,
                row.expected,
                row.actual
            );
        }
        assert!(self.open().is_empty(), "{:?}", self.open());
    }

    /// Expected and actual of a tie-out, minor units.
    fn measured(&self, measure: &str) -> (i64, i64) {
        let rows = self.bench.app.tie_outs().unwrap();
        let row = rows.iter().find(|row| row.measure == measure);
        row.map_or((0, 0), |row| (row.expected.minor, row.actual.minor))
    }

    /// Recognises through a day of the clock, and answers what is recognised in all.
    fn recognised(&self, days: i64) -> i64 {
        self.later(days);
        self.bench.app.daily_work("tester", false).unwrap();
        let (expected, actual) = self.measured("recognised");
        assert_eq!(expected, actual);
        actual
    }
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

#[test]
fn a_credit_of_an_open_invoice_lowers_what_is_due_with_its_tax_and_its_revenue() {
    let biller = Biller::new("mirror");
    let invoice = biller.invoice(3);
    biller.hear();
    assert_eq!(
        biller.stands(&invoice.0),
        (132_000, 132_000, "open".to_owned())
    );
    let note = biller.credit(&invoice, 30_000, "");
    assert_eq!(note["total"], 33_000);
    biller.hear();
    assert_eq!(biller.stands(id(&note)), (33_000, 0, "applied".to_owned()));
    assert_eq!(
        biller.stands(&invoice.0),
        (132_000, 99_000, "open".to_owned())
    );
    biller.ties_out();
    let (tax, _) = biller.measured("tax");
    assert_eq!(tax.abs(), 9_000, "the tax of what is left");
    // March earns what is left of it.
    let through_march = biller.recognised(40);
    let other = Biller::new("mirror");
    other.invoice(3);
    other.hear();
    assert_eq!(through_march, other.recognised(40) - 30_000);
    // Voided in Stripe, it counts as if it had never been issued.
    biller.stripe(&format!("credit_notes/{}/void", id(&note)), "");
    biller.hear();
    assert_eq!(biller.stands(id(&note)).2, "void");
    assert_eq!(
        biller.stands(&invoice.0),
        (132_000, 132_000, "open".to_owned())
    );
    biller.ties_out();
    // March is over: April earns what the credit had taken off.
    assert_eq!(biller.recognised(30), other.recognised(30));
    biller.ties_out();
}

#[test]
fn what_was_paid_is_refunded_whichever_message_comes_first() {
    for note_first in [true, false] {
        let biller = Biller::new("mirror");
        let invoice = biller.invoice(3);
        biller.stripe(
            &format!("invoices/{}/pay", invoice.0),
            "payment_method=pm_acme",
        );
        biller.hear();
        assert_eq!(biller.stands(&invoice.0), (132_000, 0, "paid".to_owned()));
        biller.ties_out();
        let note = biller.credit(&invoice, 30_000, "&refund_amount=33000&reason=order_change");
        let of_note = |kind: &str| kind.starts_with("credit_note");
        biller.told(|kind| of_note(kind) == note_first);
        biller.work_off();
        biller.hear();
        assert_eq!(biller.stands(id(&note)), (33_000, 0, "applied".to_owned()));
        assert_eq!(biller.stands(&invoice.0), (132_000, 0, "paid".to_owned()));
        biller.ties_out();
        assert_eq!(biller.measured("unapplied"), (0, 0), "all of it went back");
    }
}

#[test]
fn a_credit_to_the_balance_pays_for_the_next_invoice() {
    let biller = Biller::new("mirror");
    let march = biller.invoice(3);
    biller.stripe(
        &format!("invoices/{}/pay", march.0),
        "payment_method=pm_acme",
    );
    biller.hear();
    biller.credit(&march, 30_000, "&credit_amount=33000");
    biller.hear();
    assert_eq!(biller.measured("unapplied"), (33_000, 33_000));
    biller.later(31);
    let april = biller.invoice(4);
    biller.hear();
    assert_eq!(
        biller.stands(&april.0),
        (132_000, 99_000, "partly_paid".to_owned())
    );
    biller.stripe(
        &format!("invoices/{}/pay", april.0),
        "payment_method=pm_acme",
    );
    biller.hear();
    assert_eq!(biller.stands(&april.0), (132_000, 0, "paid".to_owned()));
    biller.ties_out();
}

#[test]
fn a_credit_note_told_before_its_invoice_brings_it_and_a_repeat_changes_nothing() {
    let biller = Biller::new("mirror");
    let invoice = biller.invoice(3);
    // Credited as a whole amount: net and tax of it are those of the invoice.
    let note = biller.stripe(
        "credit_notes",
        &format!("invoice={}&amount=33000", invoice.0),
    );
    biller.told(|kind| kind.starts_with("credit_note"));
    biller.work_off();
    assert_eq!(
        biller.stands(&invoice.0),
        (132_000, 99_000, "open".to_owned())
    );
    let row = biller.document(id(&note)).unwrap();
    assert_eq!((row.net, row.tax), (30_000, 3_000));
    biller.stripe(&format!("credit_notes/{}", id(&note)), "memo=as agreed");
    biller.hear();
    assert_eq!(
        biller.stands(&invoice.0),
        (132_000, 99_000, "open".to_owned())
    );
    biller.ties_out();
}

#[test]
fn what_no_webhook_told_is_found_by_the_sweep() {
    let biller = Biller::new("mirror");
    let invoice = biller.invoice(3);
    let note = biller.credit(&invoice, 30_000, "");
    app::sweep::sweep_stripe(&biller.bench.app, &biller.connections).unwrap();
    biller.work_off();
    assert_eq!(biller.stands(id(&note)).0, 33_000);
    assert_eq!(biller.stands(&invoice.0).1, 99_000);
    biller.ties_out();
}

#[test]
fn an_invoice_that_is_void_or_given_up_in_stripe_is_so_here() {
    let biller = Biller::new("mirror");
    let first = biller.invoice(3);
    biller.hear();
    biller.stripe(&format!("invoices/{}/mark_uncollectible", first.0), "");
    biller.hear();
    assert_eq!(
        biller.stands(&first.0),
        (132_000, 0, "written_off".to_owned())
    );
    biller.ties_out();
    // Given up and void after all: as if it had never been issued, and billed again.
    biller.stripe(&format!("invoices/{}/void", first.0), "");
    biller.hear();
    assert_eq!(biller.stands(&first.0), (132_000, 0, "void".to_owned()));
    assert_eq!(biller.measured("receivable"), (0, 0));
    biller.ties_out();
    let again = biller.invoice(3);
    let note = biller.credit(&again, 30_000, "");
    biller.hear();
    assert_eq!(biller.stands(&again.0).1, 99_000);
    // What was credited of it goes with it.
    biller.stripe(&format!("invoices/{}/void", again.0), "");
    biller.hear();
    assert_eq!(biller.stands(&again.0).2, "void");
    assert_eq!(biller.stands(id(&note)).2, "void");
    assert_eq!(biller.measured("receivable"), (0, 0));
    biller.ties_out();
}

#[test]
fn an_invoice_voided_before_it_was_told_is_never_recorded() {
    let biller = Biller::new("mirror");
    let invoice = biller.invoice(3);
    biller.stripe(&format!("invoices/{}/void", invoice.0), "");
    biller.hear();
    assert!(biller.document(&invoice.0).is_none());
    biller.ties_out();
}

#[test]
fn more_than_is_left_is_held_with_its_value() {
    let biller = Biller::new("verify");
    let invoice = biller.invoice(3);
    biller.hear();
    let ours = biller.document(&invoice.0).unwrap();
    biller.topology("tieout", "act", 3);
    biller.act(
        "issue_credit_note",
        json!({ "invoice": ours.number, "reason": "by us too", "amount": "1000.00" }),
    );
    let note = biller.credit(&invoice, 30_000, "&reason=product_unsatisfactory");
    biller.hear();
    assert!(biller.document(id(&note)).is_none());
    let open = biller.open();
    let held = open
        .iter()
        .find(|row| row.class == "outside_document_parked");
    let held = held.unwrap_or_else(|| panic!("{open:?}"));
    assert_eq!(held.value.unwrap().minor, 30_000);
    assert!(
        held.summary.contains("200.00 USD is left"),
        "{}",
        held.summary
    );
}

#[test]
fn where_we_verify_a_credit_that_nobody_asked_for_is_a_difference() {
    let differences = |reason: &str| {
        let biller = Biller::new("verify");
        let invoice = biller.invoice(3);
        biller.credit(&invoice, 30_000, reason);
        biller.hear();
        biller.later(1);
        biller.bench.app.daily_work("tester", false).unwrap();
        let open = biller.open();
        let of_billing = open.iter().filter(|row| row.class == "billing_differs");
        let values: Vec<i64> = of_billing.map(|row| row.value.unwrap().minor).collect();
        values
    };
    assert_eq!(
        differences("&reason=product_unsatisfactory"),
        Vec::<i64>::new()
    );
    assert_eq!(differences("&reason=duplicate"), [30_000]);
}

#[test]
fn what_stripe_billed_before_we_did_it_can_still_correct() {
    let biller = Biller::new("verify");
    let invoice = biller.invoice(3);
    biller.hear();
    biller.topology("tieout", "act", 3);
    let note = biller.credit(&invoice, 30_000, "&reason=product_unsatisfactory");
    biller.hear();
    assert_eq!(biller.stands(&invoice.0).1, 99_000);
    assert_eq!(biller.stands(id(&note)).2, "applied");
    // What we bill ourselves it cannot.
    let strange = biller.invoice(4);
    biller.credit(&strange, 30_000, "");
    biller.hear();
    assert!(biller.document(&strange.0).is_none());
    let open = biller.open();
    let held: Vec<i64> = open
        .iter()
        .filter(|row| row.class == "outside_document_parked")
        .map(|row| row.value.unwrap().minor)
        .collect();
    assert!(held.contains(&132_000), "{open:?}");
}
