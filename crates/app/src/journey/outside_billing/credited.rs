//! The invoice that a credit note of another system credits.

use crate::Refusal;
use crate::command::RecordOutsideInvoice;
use crate::fault::{AppFault, stored_value};
use billing::TaxedLine;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::outside_documents as outside;
use store::{Tx, documents};
use values::{InvoiceId, LineId, Money};

/// Our document of the invoice that a credit note credits, which is not credited beyond its total.
pub(super) fn invoice(
    tx: &mut Tx<'_>,
    body: &RecordOutsideInvoice,
    lines: &[TaxedLine],
) -> Result<InvoiceId, AppFault> {
    let named = body.credits.as_deref().unwrap_or_default();
    let Some(found) = invoice_there(tx, body)? else {
        let message = format!(
            "{} has no posted invoice {named} for contract {}; record the invoice first",
            body.system, body.contract
        );
        return Err(Refusal::field("unknown_invoice", "credits", message).into());
    };
    let invoice = documents::document(tx, &found)?.filter(|row| row.kind == "invoice");
    let Some(invoice) = invoice else {
        let message = format!("{named} is not an invoice; name the invoice that is credited");
        return Err(Refusal::field("unknown_invoice", "credits", message).into());
    };
    let mut left = invoice.total;
    for note in documents::credit_notes_of(tx, &invoice.id)? {
        left -= if note.status == "void" { 0 } else { note.total };
    }
    let asked: i64 = lines
        .iter()
        .map(|taxed| -(taxed.line.net.minor + taxed.tax.minor))
        .sum();
    if invoice.status == "void" || asked > left {
        let currency = stored_value("currency", &invoice.currency)?;
        let left = if invoice.status == "void" { 0 } else { left };
        let (asked, left) = (
            Money::from_minor(asked, currency),
            Money::from_minor(left, currency),
        );
        let message = format!(
            "{asked} with tax cannot be credited: {left} of invoice {} is left",
            invoice.number
        );
        return Err(Refusal::field("credit_exceeds_invoice", "lines", message).into());
    }
    stored_value("invoice id", &invoice.id)
}

/// The id of our document of the invoice that a credit note credits, where that is recorded.
pub(super) fn invoice_there(
    tx: &mut Tx<'_>,
    body: &RecordOutsideInvoice,
) -> Result<Option<String>, AppFault> {
    let Some(named) = body.credits.as_deref() else {
        return Ok(None);
    };
    let found = outside::outside_document(tx, &body.system, named)?;
    let found =
        found.filter(|row| row.contract == body.contract.as_str() && !row.document.is_empty());
    Ok(found.map(|row| row.document))
}

/// The lines of the invoice that is credited.
pub(super) fn lines_of(
    tx: &mut Tx<'_>,
    invoice: Option<&str>,
) -> Result<Arc<BTreeSet<LineId>>, AppFault> {
    let mut found = BTreeSet::new();
    if let Some(invoice) = invoice {
        for line in documents::lines_of(tx, invoice)? {
            found.insert(stored_value("line id", &line.id)?);
        }
    }
    Ok(Arc::new(found))
}
