//! Invoices and credit notes of Stripe Billing: what is refused, and what each does to what is owed.

use serde_json::Value;
use sim::Simulators;
use sim::stripe::CardBehaviour;

use crate::caller::simulators;
use crate::stripe::{customer_with_card, get, post};

fn made(sims: &Simulators, path: &str, body: &str) -> Value {
    let reply = post(sims, path, None, body);
    assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text);
    reply.json()
}

fn refused(sims: &Simulators, path: &str, body: &str) -> String {
    let reply = post(sims, path, None, body);
    assert_eq!(reply.status, 400, "{path} {body}: {}", reply.text);
    reply.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// 100.00 and 20.00 with 19 % of tax, finalized.
fn invoice(sims: &Simulators) -> Value {
    customer_with_card(sims, CardBehaviour::AlwaysSucceeds);
    let rate = made(
        sims,
        "/v1/tax_rates",
        "display_name=VAT&inclusive=false&percentage=19",
    );
    let draft = made(sims, "/v1/invoices", "customer=cus_anna");
    let id = draft["id"].as_str().unwrap();
    for amount in [10_000, 2_000] {
        let body = format!(
            "customer=cus_anna&invoice={id}&amount={amount}&currency=usd&tax_rates[]={}",
            rate["id"].as_str().unwrap()
        );
        made(sims, "/v1/invoiceitems", &body);
    }
    let draft = get(sims, &format!("/v1/invoices/{id}")).json();
    assert_eq!(
        (&draft["status"], &draft["number"]),
        (&"draft".into(), &Value::Null)
    );
    made(sims, &format!("/v1/invoices/{id}/finalize"), "")
}

fn kinds(sims: &Simulators, of: &str) -> Vec<String> {
    let events = sims.stripe.objects("events");
    let kinds = events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned());
    kinds.filter(|kind| kind.starts_with(of)).collect()
}

#[test]
fn an_invoice_is_finalized_once_and_paid_by_card() {
    let sims = simulators();
    let open = invoice(&sims);
    let id = open["id"].as_str().unwrap();
    assert_eq!(
        (&open["status"], &open["total"]),
        (&"open".into(), &14_280.into())
    );
    assert_eq!(open["total_excluding_tax"], 12_000);
    let again = refused(&sims, &format!("/v1/invoices/{id}/finalize"), "");
    assert!(again.contains("only a draft"), "{again}");
    let late = format!("customer=cus_anna&invoice={id}&amount=1&currency=usd");
    assert!(refused(&sims, "/v1/invoiceitems", &late).contains("only a draft"));
    let paid = made(
        &sims,
        &format!("/v1/invoices/{id}/pay"),
        "payment_method=pm_anna",
    );
    assert_eq!(
        (&paid["status"], &paid["amount_remaining"]),
        (&"paid".into(), &0.into())
    );
    let made = get(&sims, &format!("/v1/invoice_payments?invoice={id}")).json();
    let intent = made["data"][0]["payment"]["payment_intent"]
        .as_str()
        .unwrap();
    let of_payment = get(
        &sims,
        &format!(
            "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]={intent}"
        ),
    );
    assert_eq!(of_payment.json()["data"][0]["invoice"], id);
    let other = "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_x";
    assert_eq!(
        get(&sims, other).json()["data"].as_array().unwrap().len(),
        0
    );
    for step in ["void", "mark_uncollectible", "pay"] {
        let message = refused(
            &sims,
            &format!("/v1/invoices/{id}/{step}"),
            if step == "pay" {
                "payment_method=pm_anna"
            } else {
                ""
            },
        );
        assert!(message.contains("is paid"), "{message}");
    }
    assert_eq!(
        kinds(&sims, "invoice."),
        ["invoice.created", "invoice.finalized", "invoice.paid"]
    );
}

#[test]
fn a_credit_note_gives_back_at_most_what_is_left() {
    let sims = simulators();
    let open = invoice(&sims);
    let id = open["id"].as_str().unwrap();
    let line = open["lines"]["data"][0]["id"].as_str().unwrap();
    let of_line = |amount: i64| {
        format!(
            "invoice={id}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}&lines[0][amount]={amount}"
        )
    };
    assert!(
        refused(&sims, "/v1/credit_notes", &of_line(10_001)).contains("left of the line (10000)")
    );
    assert!(
        refused(
            &sims,
            "/v1/credit_notes",
            &format!("invoice={id}&amount=14281")
        )
        .contains("left of the invoice (14280)")
    );
    assert!(
        refused(
            &sims,
            "/v1/credit_notes",
            &format!("{}&amount=1", of_line(1))
        )
        .contains("either")
    );
    assert!(
        refused(
            &sims,
            "/v1/credit_notes",
            &format!("{}&reason=because", of_line(1))
        )
        .contains("Invalid reason")
    );
    let nothing_paid = format!("{}&refund_amount=119", of_line(100));
    assert!(refused(&sims, "/v1/credit_notes", &nothing_paid).contains("post-payment amount (0)"));
    let note = made(&sims, "/v1/credit_notes", &of_line(4_000));
    assert_eq!(
        (&note["total"], &note["pre_payment_amount"]),
        (&4_760.into(), &4_760.into())
    );
    assert_eq!(note["type"], "pre_payment");
    let owed = get(&sims, &format!("/v1/invoices/{id}")).json();
    assert_eq!(owed["amount_remaining"], 9_520);
    assert!(
        refused(&sims, "/v1/credit_notes", &of_line(6_001)).contains("left of the line (6000)")
    );
    // Void: owed again, and only once.
    let cn = note["id"].as_str().unwrap();
    let void = made(&sims, &format!("/v1/credit_notes/{cn}/void"), "");
    assert_eq!(void["status"], "void");
    assert!(refused(&sims, &format!("/v1/credit_notes/{cn}/void"), "").contains("is void"));
    let owed = get(&sims, &format!("/v1/invoices/{id}")).json();
    assert_eq!(owed["amount_remaining"], 14_280);
    made(&sims, "/v1/credit_notes", &of_line(10_000));
    made(&sims, &format!("/v1/invoices/{id}/mark_uncollectible"), "");
    let given_up = refused(&sims, "/v1/credit_notes", &format!("invoice={id}&amount=1"));
    assert!(given_up.contains("open and paid"), "{given_up}");
    made(&sims, &format!("/v1/invoices/{id}/void"), "");
    let missing = get(&sims, "/v1/credit_notes/cn_none");
    assert_eq!(missing.status, 404);
    assert_eq!(
        kinds(&sims, "credit_note."),
        [
            "credit_note.created",
            "credit_note.voided",
            "credit_note.created"
        ]
    );
}

#[test]
fn what_was_paid_goes_back_goes_to_the_balance_or_goes_back_elsewhere() {
    let sims = simulators();
    let open = invoice(&sims);
    let id = open["id"].as_str().unwrap();
    made(
        &sims,
        &format!("/v1/invoices/{id}/pay"),
        "payment_method=pm_anna",
    );
    let short = refused(
        &sims,
        "/v1/credit_notes",
        &format!("invoice={id}&amount=1000&refund_amount=900"),
    );
    assert!(short.contains("post-payment amount (1000)"), "{short}");
    let note = made(
        &sims,
        "/v1/credit_notes",
        &format!(
            "invoice={id}&amount=1000&refund_amount=600&credit_amount=300&out_of_band_amount=100"
        ),
    );
    assert_eq!(
        (&note["type"], &note["post_payment_amount"]),
        (&"post_payment".into(), &1_000.into())
    );
    let refund = note["refunds"][0]["refund"].as_str().unwrap();
    assert_eq!(
        get(&sims, &format!("/v1/refunds/{refund}")).json()["amount"],
        600
    );
    assert_eq!(get(&sims, "/v1/customers/cus_anna").json()["balance"], -300);
    let cn = note["id"].as_str().unwrap();
    let kept = refused(&sims, &format!("/v1/credit_notes/{cn}/void"), "");
    assert!(kept.contains("open invoice"), "{kept}");
    // The balance is used on the next invoice.
    let next = invoice(&sims);
    assert_eq!(
        (&next["amount_due"], &next["starting_balance"]),
        (&13_980.into(), &(-300).into())
    );
    assert_eq!(next["ending_balance"], 0);
    assert_eq!(get(&sims, "/v1/customers/cus_anna").json()["balance"], 0);
}

#[test]
fn the_lines_of_a_long_invoice_are_paged_through() {
    let sims = simulators();
    customer_with_card(&sims, CardBehaviour::AlwaysSucceeds);
    let draft = made(&sims, "/v1/invoices", "customer=cus_anna");
    let id = draft["id"].as_str().unwrap();
    for _ in 0..12 {
        let body = format!("customer=cus_anna&invoice={id}&amount=100&currency=usd");
        made(&sims, "/v1/invoiceitems", &body);
    }
    let done = made(&sims, &format!("/v1/invoices/{id}/finalize"), "");
    assert_eq!(done["lines"]["data"].as_array().unwrap().len(), 10);
    assert_eq!(done["lines"]["has_more"], true);
    let last = done["lines"]["data"][9]["id"].as_str().unwrap();
    let rest = get(
        &sims,
        &format!("/v1/invoices/{id}/lines?starting_after={last}"),
    )
    .json();
    assert_eq!(rest["data"].as_array().unwrap().len(), 2);
    assert_eq!(rest["has_more"], false);
}
