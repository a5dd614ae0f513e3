//! Sample payments with what became of them, prepaid credit, and what forms send.

use super::{
    CUSTOMER, EXCEPTION, INVOICE, INVOICE_DE, PAYMENT, SampleSource, approvals, at, billing, date,
    money,
};
use app::command::Command;
use app::query::{AppliedInvoice, CreditGrantView, CreditUseView, PaymentPage, RefundLine};
use app::view::{Page, PaymentRow};
use serde_json::{Value, json};
use web::console::{CashDeskSource, EntrySource, PrepaidSource, SourceFault};

/// A payment of which nothing is set against an invoice, and nobody knows who paid.
#[allow(
    dead_code,
    reason = "the program that shows the sample opens no page by itself"
)]
pub const UNKNOWN: &str = "pay_01K0B1B3D5F7H9K1N3Q5S7V9X1";
/// A payment of a known customer of which something is left.
pub const RESTED: &str = "pay_01JZ5N8R5A7C9E1G3J5M7P9R1V";

/// A command of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    pub name: String,
    pub body: Value,
    pub key: String,
    pub actor: String,
}

impl EntrySource for SampleSource {
    fn carry_out(
        &self,
        name: &str,
        body: Value,
        key: &str,
        actor: &str,
    ) -> Result<Value, SourceFault> {
        let refused = |reason: String| SourceFault::Refused { reason };
        // What the program could not read is not what the form may send.
        Command::read(name, body.clone()).map_err(|error| refused(error.to_string()))?;
        if body["amount"] == "999999" {
            return Err(refused(
                "999999.00 USD cannot be: 17,990.00 USD is set against nothing; lower the amount"
                    .to_owned(),
            ));
        }
        if body["tax"]["country"] == "XX" {
            return Err(refused(
                "tax.vat_id: XX is no country of VAT; leave it out".to_owned(),
            ));
        }
        let is_dated = !body["effective"].is_null();
        self.carried.lock().unwrap().push(Carried {
            name: name.to_owned(),
            body,
            key: key.to_owned(),
            actor: actor.to_owned(),
        });
        Ok(match name {
            "record_payment" => json!({ "payment": RESTED }),
            "refund_payment" => json!({ "approval": approvals::APPROVAL, "status": "waiting" }),
            "open_dispute" => {
                json!({ "dispute": "dsp_1", "exception": EXCEPTION, "status": "open" })
            }
            "create_customer" => json!({ "customer": CUSTOMER }),
            "change_customer" if is_dated => json!({ "change": "chg_1", "status": "waiting" }),
            "change_customer" => json!({ "change": "chg_1", "status": "applied" }),
            _ => json!({ "grant": "pre_1" }),
        })
    }
}

fn grant(id: &str, source: &str, figures: [&str; 2], reason: &str) -> CreditGrantView {
    CreditGrantView {
        id: id.to_owned(),
        customer: CUSTOMER.to_owned(),
        customer_name: "Meridian Labs Inc.".to_owned(),
        entity: "US".to_owned(),
        source: source.to_owned(),
        payment: (source == "paid").then(|| RESTED.to_owned()),
        amount: money(figures[0]),
        left: money(figures[1]),
        priority: 100,
        from: date("2026-03-20"),
        until: (source == "paid").then(|| date("2026-12-31")),
        reason: reason.to_owned(),
        granted: at("2026-03-20T10:00:00Z"),
        uses: Vec::new(),
    }
}

fn grants() -> Vec<CreditGrantView> {
    let used = CreditUseView {
        invoice: INVOICE.to_owned(),
        number: "US-2026-01377".to_owned(),
        amount: money("USD 150.00"),
        time: at("2026-05-14T11:40:04Z"),
    };
    let paid = grant(
        "pre_01JZ6P2V4X6Z8B0D2F4H6K8N01",
        "paid",
        ["USD 5000.00", "USD 5000.00"],
        "For the <b>next</b> year",
    );
    let free = grant(
        "pre_01JZ6P2V4X6Z8B0D2F4H6K8N02",
        "free",
        ["USD 150.00", "USD 0.00"],
        "Outage of 3 April",
    );
    vec![
        paid,
        CreditGrantView {
            uses: vec![used],
            ..free
        },
    ]
}

fn row(id: &str) -> Option<PaymentRow> {
    let mut known = billing::payments();
    if id == RESTED {
        let mut row = known.remove(0);
        row.id = RESTED.to_owned();
        row.customer = Some("Meridian Labs Inc.".to_owned());
        (row.amount, row.fee) = (money("USD 24000.00"), money("USD 0.00"));
        row.unapplied = money("USD 17990.00");
        return Some(row);
    }
    known.into_iter().find(|row| row.id == id)
}

impl CashDeskSource for SampleSource {
    fn payment_page(&self, id: &str) -> Result<Option<PaymentPage>, SourceFault> {
        self.unless_empty(vec![()])?;
        let applied = |invoice: &str, number: &str, amount: &str| AppliedInvoice {
            invoice: invoice.to_owned(),
            number: number.to_owned(),
            customer: CUSTOMER.to_owned(),
            customer_name: "Meridian Labs Inc.".to_owned(),
            amount: money(amount),
            time: at("2026-06-29T14:02:10Z"),
        };
        let is_rested = id == RESTED;
        Ok(row(id).map(|row| PaymentPage {
            payer: row.customer.as_ref().map(|_| CUSTOMER.to_owned()),
            received: date("2026-06-29"),
            entity: "US".to_owned(),
            refunded: match is_rested {
                true => money("USD 1010.00"),
                false => values::Money::zero(row.amount.currency),
            },
            text: if is_rested {
                "your <invoice> US-2026-01377".to_owned()
            } else {
                String::new()
            },
            applied: match id {
                RESTED => vec![applied(INVOICE, "US-2026-01377", "USD 5000.00")],
                PAYMENT => vec![applied(INVOICE_DE, "DE-2026-00588", "USD 48000.00")],
                _ => Vec::new(),
            },
            refunds: match is_rested {
                true => vec![RefundLine {
                    refund: "ref_01JZ6P2V4X6Z8B0D2F4H6K8N03".to_owned(),
                    amount: money("USD 1010.00"),
                    reason: "Paid twice".to_owned(),
                    status: "requested".to_owned(),
                    time: at("2026-06-29T15:00:00Z"),
                }],
                false => Vec::new(),
            },
            bought: match is_rested {
                true => grants().into_iter().take(1).collect(),
                false => Vec::new(),
            },
            row,
        }))
    }
}

impl PrepaidSource for SampleSource {
    fn credit_grants(
        &self,
        customer: &str,
        cursor: Option<&str>,
    ) -> Result<Page<CreditGrantView>, SourceFault> {
        let mut items = self.unless_empty(grants())?;
        items.retain(|grant| grant.customer == customer);
        let is_first = cursor.is_none() && !items.is_empty();
        Ok(Page {
            items,
            next: is_first.then(|| "second".to_owned()),
        })
    }
}
