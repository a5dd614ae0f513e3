//! Invoices that Stripe Billing issued, read into our own structs.
//!
//! Old and new API versions are both read: the taxes of a line were once `tax_amounts` with
//! `inclusive`, and are now `taxes` with `tax_behavior`; the notes on a subscription were once in
//! `subscription_details` and are now under `parent`. A line's `amount` is before its discounts.

use std::collections::BTreeMap;

use values::{Currency, Instant, Money};

use super::reply::{read_object, read_page};
use super::shapes::{Page, Read, currency, id_of, money};
use super::{Connection, Filter, SYSTEM};
use crate::encoding;
use crate::fault::{Fault, ReadFault};
use crate::json::Record;
use crate::request::{Operation, Reply, Request};

/// Metadata name, on an invoice or its subscription, of the contract that it bills.
pub const CONTRACT_METADATA: &str = "tieout_contract";

/// Metadata name, on a line, of the component of the contract that it bills.
pub const COMPONENT_METADATA: &str = "tieout_component";

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// The number printed on it; none before it is finalized.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`, as sent.
    pub status: String,
    /// `cus_…`
    pub customer: Option<String>,
    /// Currency of every amount.
    pub currency: Currency,
    /// With tax.
    pub total: Money,
    /// How much of the customer's balance was used on it; below zero where it went there.
    pub balance_used: Money,
    /// Our notes on it, and where it has none of a name those on its subscription.
    pub metadata: BTreeMap<String, String>,
    /// When it was finalized.
    pub finalized: Option<Instant>,
    /// When it was voided.
    pub voided: Option<Instant>,
    /// When it is to be paid.
    pub due: Option<Instant>,
    /// Its lines; more follow when `has_more` says so.
    pub lines: Vec<InvoiceLine>,
    /// Whether there are more lines than came along.
    pub has_more: bool,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// `il_…`
    pub id: String,
    /// Words on it.
    pub description: Option<String>,
    /// Without tax and after its discounts; below zero where it gives back.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// How many.
    pub quantity: Option<i64>,
    /// From when it bills.
    pub from: Instant,
    /// Until when; the same moment for what is charged once.
    pub until: Instant,
    /// Our notes on it.
    pub metadata: BTreeMap<String, String>,
}

impl Invoice {
    /// Whether its lines add up to its total, so that nothing on it went unread.
    pub fn adds_up(&self) -> bool {
        add_up(
            self.lines.iter().map(|line| (line.net, line.tax)),
            self.total,
        )
    }
}

impl Connection {
    /// Reads an invoice with its first lines.
    pub fn retrieve_invoice(&self, id: &str) -> Request {
        self.retrieve("invoices", id, &[])
    }

    /// One page of the lines of an invoice.
    pub fn list_invoice_lines(&self, id: &str, after: Option<&str>) -> Request {
        let kind = format!("invoices/{}/lines", encoding::percent(id));
        self.list(&kind, &[], &Filter::default(), after, None)
    }
}

/// Reads an invoice.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_invoice(operation: &Operation, reply: &Reply) -> Result<Invoice, Fault> {
    read_object(operation, reply)
}

/// Reads one page of the lines of an invoice.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_invoice_lines(
    operation: &Operation,
    reply: &Reply,
) -> Result<Page<InvoiceLine>, Fault> {
    read_page(operation, reply)
}

impl Read for Invoice {
    const WHAT: &'static str = "invoice";

    fn read(record: &Record<'_>) -> Result<Invoice, ReadFault> {
        let currency = currency(record)?;
        let list = record
            .record("lines")?
            .ok_or_else(|| record.lacks("lines"))?;
        let lines = list.records("data")?;
        let lines = lines.iter().map(InvoiceLine::read);
        let moved = record.record("status_transitions")?;
        let at = |field: &str| match &moved {
            Some(moved) => moved.unix_seconds(field),
            None => Ok(None),
        };
        let balance = |field: &str| Ok::<_, ReadFault>(record.whole(field)?.unwrap_or(0));
        // A balance below zero is the customer's; it is known when the invoice is finalized.
        let used = match record.whole("ending_balance")? {
            Some(ending) => ending.checked_sub(balance("starting_balance")?),
            None => Some(0),
        };
        let used = used.ok_or_else(|| {
            record.refuse("ending_balance", "a balance", "amounts of at most 64 bits")
        })?;
        let mut metadata = subscription_notes(record)?;
        metadata.extend(record.texts("metadata")?);
        Ok(Invoice {
            id: record.needed_text("id")?,
            number: record.text("number")?,
            status: record.text("status")?.unwrap_or_default(),
            customer: id_of(record, "customer")?,
            currency,
            total: money(record, "total", currency)?,
            balance_used: Money::from_minor(used, currency),
            metadata,
            finalized: at("finalized_at")?,
            voided: at("voided_at")?,
            due: record.unix_seconds("due_date")?,
            lines: lines.collect::<Result<_, _>>()?,
            has_more: list.flag("has_more")?.unwrap_or(false),
        })
    }
}

fn subscription_notes(record: &Record<'_>) -> Result<BTreeMap<String, String>, ReadFault> {
    let details = match record.record("parent")? {
        Some(parent) => parent.record("subscription_details")?,
        None => record.record("subscription_details")?,
    };
    match details {
        Some(details) => details.texts("metadata"),
        None => Ok(BTreeMap::new()),
    }
}

impl Read for InvoiceLine {
    const WHAT: &'static str = "invoice line";

    fn read(record: &Record<'_>) -> Result<InvoiceLine, ReadFault> {
        let currency = currency(record)?;
        let period = record
            .record("period")?
            .ok_or_else(|| record.lacks("period"))?;
        let at = |field: &str| -> Result<Instant, ReadFault> {
            let moment = period.unix_seconds(field)?;
            moment.ok_or_else(|| period.lacks(field))
        };
        let (net, tax) = without_tax(record)?;
        Ok(InvoiceLine {
            id: record.needed_text("id")?,
            description: record.text("description")?,
            net: Money::from_minor(net, currency),
            tax: Money::from_minor(tax, currency),
            quantity: record.whole("quantity")?,
            from: at("start")?,
            until: at("end")?,
            metadata: record.texts("metadata")?,
        })
    }
}

/// What a line of an invoice or credit note comes to without tax, and its tax, minor units: its
/// `amount` is before discounts, and may have some of the tax in it.
pub(super) fn without_tax(record: &Record<'_>) -> Result<(i64, i64), ReadFault> {
    let mut net = record.needed_whole("amount")?;
    let too_large = || record.refuse("amount", "a sum", "amounts of at most 64 bits");
    for discount in record.records("discount_amounts")? {
        let off = discount.needed_whole("amount")?;
        net = net.checked_sub(off).ok_or_else(too_large)?;
    }
    let mut tax = 0_i64;
    for (levied, inclusive) in taxes(record)? {
        tax = tax.checked_add(levied).ok_or_else(too_large)?;
        if inclusive {
            net = net.checked_sub(levied).ok_or_else(too_large)?;
        }
    }
    Ok((net, tax))
}

/// What is levied on a line, and whether its amount has it in it already.
fn taxes(record: &Record<'_>) -> Result<Vec<(i64, bool)>, ReadFault> {
    let mut found = Vec::new();
    for tax in record.records("taxes")? {
        let behaviour = tax.text("tax_behavior")?;
        found.push((
            tax.needed_whole("amount")?,
            behaviour.as_deref() == Some("inclusive"),
        ));
    }
    if found.is_empty() {
        for tax in record.records("tax_amounts")? {
            let inclusive = tax.flag("inclusive")?.unwrap_or(false);
            found.push((tax.needed_whole("amount")?, inclusive));
        }
    }
    Ok(found)
}

/// That a payment was made for an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePayment {
    /// `inpay_…`
    pub id: String,
    /// `in_…`
    pub invoice: String,
    /// `pi_…`
    pub payment_intent: Option<String>,
}

impl Connection {
    /// One page of the invoices that a payment was made for.
    pub fn list_invoice_payments(&self, payment_intent: &str, after: Option<&str>) -> Request {
        let pairs = [
            ("payment[type]", Some("payment_intent")),
            ("payment[payment_intent]", Some(payment_intent)),
        ];
        self.list("invoice_payments", &pairs, &Filter::default(), after, None)
    }
}

/// Reads one page of payments of invoices.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_invoice_payments(
    operation: &Operation,
    reply: &Reply,
) -> Result<Page<InvoicePayment>, Fault> {
    read_page(operation, reply)
}

impl Read for InvoicePayment {
    const WHAT: &'static str = "payment of an invoice";

    fn read(record: &Record<'_>) -> Result<InvoicePayment, ReadFault> {
        let payment = record.record("payment")?;
        let intent = payment.map(|payment| id_of(&payment, "payment_intent"));
        Ok(InvoicePayment {
            id: record.needed_text("id")?,
            invoice: id_of(record, "invoice")?.ok_or_else(|| record.lacks("invoice"))?,
            payment_intent: intent.transpose()?.flatten(),
        })
    }
}

/// Whether the net amounts and taxes of lines come to a total.
pub(super) fn add_up(mut lines: impl Iterator<Item = (Money, Money)>, total: Money) -> bool {
    let sum = lines.try_fold(0_i64, |sum, (net, tax)| {
        sum.checked_add(net.minor)?.checked_add(tax.minor)
    });
    sum == Some(total.minor)
}

/// A fault for an invoice or credit note whose lines do not add up to its total; `what` names it.
pub fn does_not_add_up(what: &str, total: Money) -> Fault {
    Fault::new(
        SYSTEM,
        crate::fault::FaultClass::Data,
        "does_not_add_up",
        &format!("the lines of {what} do not add up to its total of {total}"),
    )
}
