//! Credit notes of Stripe Billing, read into our own structs. As with invoices, old and new API
//! versions are both read.

use std::collections::BTreeMap;

use values::{Instant, Money};

use super::invoice::{add_up, without_tax};
use super::reply::{read_object, read_page};
use super::shapes::{Page, Read, currency, id_of, money};
use super::{Connection, Filter};
use crate::encoding;
use crate::fault::{Fault, ReadFault};
use crate::json::Record;
use crate::request::{Operation, Reply, Request};

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// `cn_…`
    pub id: String,
    /// The number printed on it.
    pub number: String,
    /// `issued` or `void`, as sent.
    pub status: String,
    /// `in_…`: the invoice that it credits.
    pub invoice: String,
    /// `cus_…`
    pub customer: Option<String>,
    /// With tax, above zero.
    pub total: Money,
    /// What of it made the invoice owe less; nothing where an older version does not say.
    pub before_payment: Option<Money>,
    /// What of it the customer had paid already.
    pub after_payment: Option<Money>,
    /// `duplicate`, `fraudulent`, `order_change`, `product_unsatisfactory`, or nothing.
    pub reason: Option<String>,
    /// What is printed on it.
    pub memo: Option<String>,
    /// The day that counts: `effective_at`, else when it was made.
    pub effective: Instant,
    /// When it was voided.
    pub voided: Option<Instant>,
    /// Our notes on it.
    pub metadata: BTreeMap<String, String>,
    /// Its lines; more follow when `has_more` says so.
    pub lines: Vec<CreditNoteLine>,
    /// Whether there are more lines than came along.
    pub has_more: bool,
}

/// A line of a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteLine {
    /// `cnli_…`
    pub id: String,
    /// `il_…`: the line of the invoice that it credits; nothing where it credits the whole invoice.
    pub invoice_line: Option<String>,
    /// Words on it.
    pub description: Option<String>,
    /// Without tax and after discounts, above zero.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// Our notes on it.
    pub metadata: BTreeMap<String, String>,
}

impl CreditNote {
    /// Whether its lines add up to its total, so that nothing on it went unread.
    pub fn adds_up(&self) -> bool {
        add_up(
            self.lines.iter().map(|line| (line.net, line.tax)),
            self.total,
        )
    }
}

impl Connection {
    /// Reads a credit note with its first lines.
    pub fn retrieve_credit_note(&self, id: &str) -> Request {
        self.retrieve("credit_notes", id, &[])
    }

    /// One page of the lines of a credit note.
    pub fn list_credit_note_lines(&self, id: &str, after: Option<&str>) -> Request {
        let kind = format!("credit_notes/{}/lines", encoding::percent(id));
        self.list(&kind, &[], &Filter::default(), after, None)
    }
}

/// Reads a credit note.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_credit_note(operation: &Operation, reply: &Reply) -> Result<CreditNote, Fault> {
    read_object(operation, reply)
}

/// Reads one page of the lines of a credit note in this currency, which its lines do not repeat.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_credit_note_lines(
    operation: &Operation,
    reply: &Reply,
    currency: values::Currency,
) -> Result<Page<CreditNoteLine>, Fault> {
    let page: Page<Unpriced> = read_page(operation, reply)?;
    let lines = page
        .items
        .into_iter()
        .map(|line| line.in_currency(currency));
    Ok(Page {
        items: lines.collect(),
        next: page.next,
    })
}

/// A line before it is known in which currency it is.
struct Unpriced {
    line: (String, Option<String>, Option<String>),
    minor: (i64, i64),
    metadata: BTreeMap<String, String>,
}

impl Unpriced {
    fn in_currency(self, currency: values::Currency) -> CreditNoteLine {
        let (id, invoice_line, description) = self.line;
        CreditNoteLine {
            id,
            invoice_line,
            description,
            net: Money::from_minor(self.minor.0, currency),
            tax: Money::from_minor(self.minor.1, currency),
            metadata: self.metadata,
        }
    }
}

impl Read for Unpriced {
    const WHAT: &'static str = "credit note line";

    fn read(record: &Record<'_>) -> Result<Unpriced, ReadFault> {
        Ok(Unpriced {
            line: (
                record.needed_text("id")?,
                record.text("invoice_line_item")?,
                record.text("description")?,
            ),
            minor: without_tax(record)?,
            metadata: record.texts("metadata")?,
        })
    }
}

impl Read for CreditNote {
    const WHAT: &'static str = "credit note";

    fn read(record: &Record<'_>) -> Result<CreditNote, ReadFault> {
        let currency = currency(record)?;
        let list = record
            .record("lines")?
            .ok_or_else(|| record.lacks("lines"))?;
        let mut lines = Vec::new();
        for line in list.records("data")? {
            lines.push(Unpriced::read(&line)?.in_currency(currency));
        }
        let part = |field: &str| -> Result<Option<Money>, ReadFault> {
            let minor = record.whole(field)?;
            Ok(minor.map(|minor| Money::from_minor(minor, currency)))
        };
        let made = record
            .unix_seconds("created")?
            .ok_or_else(|| record.lacks("created"))?;
        let invoice = id_of(record, "invoice")?.ok_or_else(|| record.lacks("invoice"))?;
        Ok(CreditNote {
            id: record.needed_text("id")?,
            number: record.needed_text("number")?,
            status: record.text("status")?.unwrap_or_default(),
            invoice,
            customer: id_of(record, "customer")?,
            total: money(record, "total", currency)?,
            before_payment: part("pre_payment_amount")?,
            after_payment: part("post_payment_amount")?,
            reason: record.text("reason")?,
            memo: record.text("memo")?,
            effective: record.unix_seconds("effective_at")?.unwrap_or(made),
            voided: record.unix_seconds("voided_at")?,
            metadata: record.texts("metadata")?,
            lines,
            has_more: list.flag("has_more")?.unwrap_or(false),
        })
    }
}
