//! What another system takes back of its own documents: an invoice or credit note that it voided, and
//! an invoice that it gave up.

use super::parked_key;
use crate::collection::write_off;
use crate::fault::{AppFault, stored_value};
use crate::journey::{document, exception, void as voiding};
use crate::record::{Context, Recorder};
use store::Tx;
use store::documents::{self, DocumentRow};
use store::outside_documents::{self as outside, OutsideDocumentRow};
use values::{Date, Money};

/// Source of what follows.
const SOURCE: &str = "/outside-billing";

/// Voids what was recorded of a document that the other system voided. What of an invoice was given
/// up comes back first, and its credit notes go with it. Answers whether anything changed.
///
/// # Errors
/// When something of the invoice is paid or being collected.
pub(crate) fn void(
    tx: &mut Tx<'_>,
    context: &Context,
    kept: &OutsideDocumentRow,
    (reason, day): (&str, Date),
) -> Result<bool, AppFault> {
    if kept.status == "void" {
        return Ok(false);
    }
    let key = key_of(kept, "void");
    let because = voiding::Because {
        source: SOURCE,
        key: &key,
        reason,
        day,
    };
    match documents::document(tx, &kept.document)? {
        // It could never be posted, and now it need not be.
        None => {
            exception::clear(tx, context, &parked_key(kept), "it was voided")?;
        }
        Some(row) if row.kind == "credit_note" => {
            voiding::credit_note(tx, context, &row, because)?;
        }
        Some(row) => {
            let row = owed_again(tx, context, kept, row, reason)?;
            for note in documents::credit_notes_of(tx, &row.id)? {
                if note.status != "void" {
                    void_with_its_invoice(tx, context, (kept, &note), because)?;
                }
            }
            let row = document::invoice(tx, &row.id)?;
            voiding::invoice_whole(tx, context, &row, because)?;
        }
    }
    outside::voided(tx, &kept.system, &kept.outside_id)?;
    Ok(true)
}

fn key_of(kept: &OutsideDocumentRow, what: &str) -> String {
    format!("outside/{}/{}/{what}", kept.system, kept.outside_id)
}

fn void_with_its_invoice(
    tx: &mut Tx<'_>,
    context: &Context,
    (kept, note): (&OutsideDocumentRow, &DocumentRow),
    because: voiding::Because<'_>,
) -> Result<(), AppFault> {
    let key = format!("{}/{}", because.key, note.id);
    let because = voiding::Because {
        key: &key,
        ..because
    };
    voiding::credit_note(tx, context, note, because)?;
    if let Some(there) = outside::of_document(tx, &kept.contract, &note.id)? {
        outside::voided(tx, &there.system, &there.outside_id)?;
    }
    Ok(())
}

/// The invoice without what was given up of it.
fn owed_again(
    tx: &mut Tx<'_>,
    context: &Context,
    kept: &OutsideDocumentRow,
    mut row: DocumentRow,
    reason: &str,
) -> Result<DocumentRow, AppFault> {
    let (small, bad) = write_off::given_up(tx, &row.id)?;
    if small + bad > 0 {
        let chain = stored_value("chain id", &row.correlation)?;
        let mut recorder = Recorder::new(context, chain, SOURCE, &key_of(kept, "owed-again"));
        let because = write_off::Because {
            payment: "",
            reason,
        };
        write_off::recover(tx, context, &mut recorder, &mut row, small + bad, because)?;
        recorder.finish(tx)?;
    }
    Ok(row)
}

/// Gives up what is open of an invoice that the other system gave up. Returns how much.
///
/// # Errors
/// When the store fails.
pub(crate) fn give_up(
    tx: &mut Tx<'_>,
    context: &Context,
    kept: &OutsideDocumentRow,
    reason: &str,
) -> Result<Money, AppFault> {
    let mut row = document::invoice(tx, &kept.document)?;
    let key = key_of(kept, "given-up");
    write_off::elsewhere(tx, context, (SOURCE, &key), &mut row, reason)
}
