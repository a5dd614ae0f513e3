//! EN 16931 in UBL 2.1: Invoice (380) and CreditNote (381).

mod parts;
mod refusal;
mod writer;

pub use refusal::UblRefused;

use crate::InvoicePaper;
use crate::value::PaperKind;
use writer::Writer;

/// Places after the point that EN 16931 knows (BR-DEC-09 and its like).
const PLACES: u32 = 2;

/// Whether a document can be one of EN 16931: amounts in a currency of three places, such as the Kuwaiti
/// or the Bahraini dinar, cannot. They are written to their last place as plain UBL 2.1, which claims no
/// customization.
fn is_european(paper: &InvoicePaper) -> bool {
    paper.currency.exponent() <= PLACES
}

const CUSTOMIZATION: &str = "urn:cen.eu:en16931:2017";
const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

/// The words of UBL that differ between the two documents.
struct Words {
    root: &'static str,
    namespace: &'static str,
    type_element: &'static str,
    type_code: &'static str,
    line: &'static str,
    quantity: &'static str,
}

const INVOICE: Words = Words {
    root: "Invoice",
    namespace: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    type_element: "cbc:InvoiceTypeCode",
    type_code: "380",
    line: "cac:InvoiceLine",
    quantity: "cbc:InvoicedQuantity",
};

const CREDIT_NOTE: Words = Words {
    root: "CreditNote",
    namespace: "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    type_element: "cbc:CreditNoteTypeCode",
    type_code: "381",
    line: "cac:CreditNoteLine",
    quantity: "cbc:CreditedQuantity",
};

/// Renders a document as UBL, or says everything that EN 16931 wants and it does not have. In a currency
/// of three places it is plain UBL 2.1.
///
/// # Errors
/// When something that EN 16931 demands is missing or not allowed.
pub fn render_ubl(paper: &InvoicePaper) -> Result<Vec<u8>, UblRefused> {
    refusal::check(paper)?;
    let words = match paper.kind {
        PaperKind::Invoice => &INVOICE,
        PaperKind::CreditNote => &CREDIT_NOTE,
    };
    let mut writer = Writer::new();
    let written = writer.root(words.root, words.namespace, |writer| {
        parts::document(writer, paper, words)
    });
    match written {
        Ok(()) => Ok(writer.into_bytes()),
        Err(error) => Err(UblRefused::unwritable(paper, &error)),
    }
}
