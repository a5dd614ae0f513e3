//! What is given back, by the invoices on which it was billed: a credit note belongs to one invoice, is
//! set off against that one, and brings back what was paid of it.

use crate::fault::AppFault;
use crate::journey::rounding;
use crate::record::Context;
use ::billing::{CreditNoteDraft, TaxedLine};
use store::{Tx, documents};
use values::EntityId;

/// Lines of one credit note.
pub(super) struct GivenBack {
    /// The invoice that it credits; none when nothing on it corrects an earlier line.
    pub(super) invoice: Option<String>,
    /// Its lines.
    pub(super) lines: Vec<TaxedLine>,
}

impl GivenBack {
    fn total(&self) -> i64 {
        self.lines.iter().map(total).sum()
    }
}

/// What is given back as the credit notes that it becomes, each with its own rounding: those of a preview
/// and those that are issued are the same. With each the invoice that it credits.
///
/// # Errors
/// When the store fails or a sum is too large.
pub(super) fn drafted(
    tx: &mut Tx<'_>,
    context: &Context,
    entity: &EntityId,
    together: CreditNoteDraft,
) -> Result<Vec<(Option<String>, CreditNoteDraft)>, AppFault> {
    let mut drafts = Vec::new();
    for given in by_invoice(tx, together.lines)? {
        let rounding = rounding::of_credit_note(tx, context, entity, &given.lines)?;
        if let Some(note) = CreditNoteDraft::of(given.lines, &together.reason)? {
            drafts.push((given.invoice, note.with_rounding(rounding)?));
        }
    }
    Ok(drafts)
}

/// What a line comes to on the account, in minor units, with its tax.
pub(super) fn total(taxed: &TaxedLine) -> i64 {
    taxed.line.net.minor + taxed.tax.minor
}

/// The invoice that a line was billed on. A line of a credit note stands for the invoice that the note
/// credits: a credit note is never set off against another one.
///
/// # Errors
/// When the store fails.
pub(super) fn invoice_behind(tx: &mut Tx<'_>, line: &str) -> Result<Option<String>, AppFault> {
    let Some(id) = documents::document_of_line(tx, line)? else {
        return Ok(None);
    };
    let document = documents::document(tx, &id)?;
    Ok(match document {
        Some(note) if note.kind == "credit_note" && !note.source.is_empty() => Some(note.source),
        _ => Some(id),
    })
}

/// Lines that come to less than zero together, as the credit notes that they become: one for each
/// invoice of which more is taken back than charged. What is charged lessens the largest of them, and
/// the next where that is not enough.
///
/// # Errors
/// When the store fails.
pub(super) fn by_invoice(
    tx: &mut Tx<'_>,
    lines: Vec<TaxedLine>,
) -> Result<Vec<GivenBack>, AppFault> {
    let mut found: Vec<GivenBack> = Vec::new();
    for taxed in lines {
        let invoice = match &taxed.line.corrects {
            Some(line) => invoice_behind(tx, line.as_str())?,
            None => None,
        };
        match found.iter_mut().find(|known| known.invoice == invoice) {
            Some(known) => known.lines.push(taxed),
            None => found.push(GivenBack {
                invoice,
                lines: vec![taxed],
            }),
        }
    }
    Ok(notes(found))
}

fn notes(found: Vec<GivenBack>) -> Vec<GivenBack> {
    if found.len() < 2 {
        return found;
    }
    let is_note = |part: &GivenBack| part.invoice.is_some() && part.total() < 0;
    let (mut notes, charged): (Vec<_>, Vec<_>) = found.into_iter().partition(is_note);
    // The sort keeps the order of those that come to the same.
    notes.sort_by_key(GivenBack::total);
    let mut notes = notes.into_iter();
    let Some(mut largest) = notes.next() else {
        return charged;
    };
    for part in charged {
        largest.lines.extend(part.lines);
    }
    let mut result = Vec::new();
    for note in notes {
        if largest.total() >= 0 {
            largest.lines.extend(note.lines);
        } else {
            result.push(note);
        }
    }
    result.insert(0, largest);
    result
}
