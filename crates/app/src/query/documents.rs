//! Invoices and credit notes. Amounts are shown as on the customer's account: those of a credit
//! note are negative.

use super::cursor::{self, ROWS_TO_ASK};
use super::{ListFilter, customer_name, every, journals, money, some};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::journey::rounding;
use crate::view::{InvoiceDetail, InvoiceLine, InvoiceRow, Movement, Page};
use store::documents::{self as rows, DocumentFilter, DocumentRow, LineRow};
use store::{Tx, collection, journals as posted, payments};
use values::{Date, Decimal, Instant, Money, parse_decimal};

const LIST: &str = "invoices";

/// At most so many documents stand beside a contract or a customer.
const DOCUMENTS_BESIDE: i64 = 50;

/// Invoices and credit notes by recording, newest first; heeds entity, customer, status and month
/// of issue.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn invoices(
    tx: &mut Tx<'_>,
    filter: &ListFilter,
    cursor: Option<&str>,
) -> Result<Page<InvoiceRow>, AppFault> {
    let (created, id) = cursor::newest(LIST, cursor)?;
    let narrowed = DocumentFilter {
        customer: every(filter.customer.as_ref()),
        status: every(filter.status.as_ref()),
        ..DocumentFilter::default()
    };
    let entity = every(filter.entity.as_ref());
    let month = filter
        .month
        .map_or_else(String::new, |month| month.to_string());
    let found = rows::newest(
        tx,
        &narrowed,
        (&entity, &month),
        (created, &id),
        ROWS_TO_ASK,
    )?;
    cursor::page(
        found,
        |row| cursor::of_newest(LIST, row.created, &row.id),
        |row| show(tx, &row),
    )
}

/// One invoice or credit note, by id or printed number; nothing when there is none.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn invoice(tx: &mut Tx<'_>, id: &str) -> Result<Option<InvoiceDetail>, AppFault> {
    let found = match rows::document(tx, id)? {
        Some(row) => Some(row),
        None => rows::by_number(tx, id)?,
    };
    let Some(row) = found else {
        return Ok(None);
    };
    let sign = sign(&row);
    let mut lines = Vec::new();
    for line in rows::lines_of(tx, &row.id)? {
        lines.push(show_line(&line, &row.currency, sign)?);
    }
    let mut made = Vec::new();
    for journal in posted::of_document(tx, &row.id)? {
        made.push(journals::show(tx, &journal)?);
    }
    let rounding = rounding::of_row(tx, &row)?;
    let rounding = match rounding.filter(|_| sign < 0) {
        Some(line) => Some(line.negated()?),
        None => rounding,
    };
    Ok(Some(InvoiceDetail {
        rounding,
        net: money(sign * row.net, &row.currency)?,
        tax: money(sign * row.tax, &row.currency)?,
        lines,
        movements: movements(tx, &row)?,
        trail: super::trail::trail(tx, &row)?,
        journals: made,
        reason: some(row.reason.clone()),
        source: some(row.source.clone()),
        row: show(tx, &row)?,
    }))
}

impl App {
    /// As [`invoices`].
    ///
    /// # Errors
    /// As [`invoices`].
    pub fn invoices(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<Page<InvoiceRow>, AppFault> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| invoices(tx, &filter, cursor.as_deref()))
    }

    /// As [`invoice`].
    ///
    /// # Errors
    /// As [`invoice`].
    pub fn invoice(&self, id: &str) -> Result<Option<InvoiceDetail>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| invoice(tx, &id))
    }
}

/// The newest documents of a contract.
pub(super) fn of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<InvoiceRow>, AppFault> {
    let filter = DocumentFilter {
        contract: contract.to_owned(),
        ..DocumentFilter::default()
    };
    beside(tx, &filter)
}

/// The newest documents of a customer.
pub(super) fn of_customer(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<InvoiceRow>, AppFault> {
    let filter = DocumentFilter {
        customer: customer.to_owned(),
        ..DocumentFilter::default()
    };
    beside(tx, &filter)
}

fn beside(tx: &mut Tx<'_>, filter: &DocumentFilter) -> Result<Vec<InvoiceRow>, AppFault> {
    let found = rows::newest(tx, filter, ("", ""), (i64::MAX, ""), DOCUMENTS_BESIDE)?;
    found.iter().map(|row| show(tx, row)).collect()
}

fn sign(row: &DocumentRow) -> i64 {
    if row.kind == "credit_note" { -1 } else { 1 }
}

fn show(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<InvoiceRow, AppFault> {
    let sign = sign(row);
    Ok(InvoiceRow {
        id: row.id.clone(),
        number: row.number.clone(),
        kind: row.kind.clone(),
        entity: row.entity.clone(),
        customer: row.customer.clone(),
        customer_name: customer_name(tx, &row.customer)?,
        contract: row.contract.clone(),
        issued: stored_value("date", &row.issued)?,
        due: stored_value("date", &row.due)?,
        status: row.status.clone(),
        total: money(sign * row.total, &row.currency)?,
        open: money(sign * row.remaining, &row.currency)?,
    })
}

fn show_line(line: &LineRow, currency: &str, sign: i64) -> Result<InvoiceLine, AppFault> {
    let until: Date = stored_value("date", &line.period_until)?;
    let rate = parse_decimal(&line.tax_rate).map_err(|error| AppFault::Unreadable {
        what: "tax rate",
        error: error.to_string(),
    })?;
    let percent = (rate * Decimal::ONE_HUNDRED).normalize();
    let billed = crate::journey::document::issued_line(&line.body)?;
    Ok(InvoiceLine {
        id: line.id.clone(),
        product: line.product.clone(),
        description: line.description.clone(),
        arithmetic: line.arithmetic.clone(),
        measured: billed.line.measured.is_some(),
        from: stored_value("date", &line.period_from)?,
        to: until.yesterday().unwrap_or(until),
        net: money(sign * line.net, currency)?,
        tax_name: format!("{} {percent} %", line.tax_code),
        tax: money(sign * line.tax, currency)?,
    })
}

/// What was set against a document: payments, prepaid credit and credit notes for an invoice, the
/// invoice for a credit note. Amounts take off what is open.
fn movements(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Vec<Movement>, AppFault> {
    let mut all = Vec::new();
    for applied in payments::applications_to(tx, &row.id)? {
        let method = payments::payment(tx, &applied.payment)?.map(|payment| payment.method);
        let how = match method.as_deref() {
            Some("card") => "Card payment",
            Some("transfer") => "Bank transfer",
            _ => "Payment",
        };
        let what = if applied.amount < 0 {
            "released"
        } else {
            "set against it"
        };
        all.push(Movement {
            time: Instant::from_microseconds(applied.time),
            title: format!("{how} {what}"),
            object: applied.payment,
            amount: money(applied.amount, &row.currency)?,
        });
    }
    for used in collection::uses_on(tx, &row.id)? {
        let what = if used.amount < 0 { "returned" } else { "used" };
        all.push(Movement {
            time: Instant::from_microseconds(used.time),
            title: format!("Prepaid credit {what}"),
            object: used.grant_id,
            amount: money(used.amount, &row.currency)?,
        });
    }
    for note in rows::credit_notes_of(tx, &row.id)? {
        all.push(Movement {
            time: Instant::from_microseconds(note.created),
            title: format!("Credit note {}: {}", note.number, note.reason),
            amount: money(note.total - note.remaining, &row.currency)?,
            object: note.id,
        });
    }
    if row.kind == "credit_note" && row.total != row.remaining {
        let invoice = rows::document(tx, &row.source)?;
        let number = invoice.map_or_else(|| row.source.clone(), |invoice| invoice.number);
        let taken: Money = money(row.remaining - row.total, &row.currency)?;
        all.push(Movement {
            time: Instant::from_microseconds(row.created),
            title: format!("Set off against invoice {number}"),
            object: row.source.clone(),
            amount: taken,
        });
    }
    all.sort_by_key(|movement| movement.time);
    Ok(all)
}
