//! What stands behind a journal, and the words it is told in.

use events::Event;
use values::Money;

/// What stands behind a journal.
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub(super) document: String,
    pub(super) contract: String,
    pub(super) customer: String,
    pub(super) reverses: String,
    pub(super) value: Option<Money>,
}

impl Behind {
    pub(super) fn of(event: &Event) -> Behind {
        match event {
            Event::InvoiceIssued(document)
            | Event::CreditNoteIssued(document)
            | Event::InvoiceVoided(document)
            | Event::CreditNoteVoided(document) => Behind {
                document: document.credit_note.as_ref().map_or_else(
                    || document.invoice.as_str().to_owned(),
                    |id| id.as_str().to_owned(),
                ),
                contract: document.contract.as_str().to_owned(),
                customer: document.customer.as_str().to_owned(),
                value: Some(document.total),
                ..Behind::default()
            },
            Event::PaymentSettled(payment) => Behind {
                document: payment.payment.as_str().to_owned(),
                customer: payment
                    .customer
                    .as_ref()
                    .map_or_else(String::new, |id| id.as_str().to_owned()),
                value: Some(payment.gross),
                ..Behind::default()
            },
            Event::PaymentRefunded(refund) => Behind {
                document: refund.payment.as_str().to_owned(),
                customer: refund.customer.as_str().to_owned(),
                value: Some(refund.amount),
                ..Behind::default()
            },
            Event::CashApplied(cash) => Behind {
                document: cash.payment.as_str().to_owned(),
                customer: cash.customer.as_str().to_owned(),
                value: cash
                    .applications
                    .first()
                    .map(|application| application.amount),
                ..Behind::default()
            },
            Event::InvoiceWrittenOff(written) | Event::InvoiceRecovered(written) => Behind {
                document: written.invoice.as_str().to_owned(),
                contract: written.contract.as_str().to_owned(),
                customer: written.customer.as_str().to_owned(),
                value: Some(written.amount),
                ..Behind::default()
            },
            Event::PrepaidMoved(moved) => Behind {
                document: match &moved.invoice {
                    Some(invoice) => invoice.as_str().to_owned(),
                    None => moved.grant.clone(),
                },
                customer: moved.customer.as_str().to_owned(),
                value: Some(moved.amount),
                ..Behind::default()
            },
            Event::IntercompanyBilled(billed) => Behind {
                document: billed.number.clone(),
                value: Some(billed.amount),
                ..Behind::default()
            },
            Event::RevenueRecognised(revenue) => Behind {
                document: revenue.obligation.as_str().to_owned(),
                contract: revenue.contract.as_str().to_owned(),
                customer: revenue.customer.as_str().to_owned(),
                value: Some(revenue.amount),
                ..Behind::default()
            },
            Event::JournalReversed(reversed) => Behind {
                reverses: reversed.reverses.as_str().to_owned(),
                ..Behind::default()
            },
            _ => Behind::default(),
        }
    }
}

/// What happened, in the words of a journal.
pub(super) fn narrate(event: &Event) -> String {
    match event {
        Event::InvoiceIssued(document) => format!("Invoice {} issued", document.number),
        Event::CreditNoteIssued(document) => format!("Credit note {} issued", document.number),
        Event::InvoiceVoided(document) => format!("Invoice {} voided", document.number),
        Event::CreditNoteVoided(document) => format!("Credit note {} voided", document.number),
        Event::PaymentSettled(payment) => format!("Payment of {} settled", payment.gross),
        Event::PaymentRefunded(refund) => format!("Refund of {} settled", refund.amount),
        Event::CashApplied(cash) => match cash.applications.as_slice() {
            [one] if one.amount.minor < 0 => {
                let released = Money::from_minor(-one.amount.minor, one.amount.currency);
                format!("{released} released from invoice {}", one.invoice)
            }
            [one] => format!("{} set against invoice {}", one.amount, one.invoice),
            many => format!("Payment set against {} invoices", many.len()),
        },
        Event::InvoiceWrittenOff(it) => {
            format!("{} of invoice {} written off", it.amount, it.invoice)
        }
        Event::InvoiceRecovered(it) => {
            format!("{} of invoice {} owed again", it.amount, it.invoice)
        }
        Event::PrepaidMoved(it) => {
            format!("Prepaid credit of {} {}", it.amount, it.movement.as_str())
        }
        Event::IntercompanyBilled(it) => format!(
            "{}: {} bills {} for {}",
            it.number, it.seller, it.buyer, it.description
        ),
        Event::RevenueRecognised(revenue) => {
            format!(
                "Revenue of {} earned through {}",
                revenue.product, revenue.through
            )
        }
        Event::JournalEntered(entered) => entered.reason.clone(),
        Event::JournalReversed(reversed) => {
            format!("Reversal of {}: {}", reversed.reverses, reversed.reason)
        }
        other => other.type_name().to_owned(),
    }
}
