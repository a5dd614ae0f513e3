//! Invoices and credit notes on paper: one value that holds every fact of the document, rendered as
//! a tagged PDF/A-3 and as EN 16931 in UBL 2.1. Values in, bytes out: the same value gives the same
//! bytes, and no clock, file or network is touched. Fonts are handed in as bytes.
//!
//! Lengths on a page are points and therefore floats; amounts never are.

mod breaking;
mod countries;
mod draft;
mod figures;
mod fonts;
mod labels;
mod layout;
mod letterhead;
mod pdf;
mod sheet;
mod shipped;
mod text;
mod ubl;
mod value;

pub use draft::{PaperDraft, PaperRefused};
pub use fonts::{FontRefused, Fonts};
pub use labels::Language;
pub use letterhead::{
    Address, BankAccount, Letterhead, LetterheadRefused, Logo, Party, Registration, ZeroRate,
};
pub use pdf::{PdfRefused, render_pdf};
pub use ubl::{UblRefused, render_ubl};
pub use value::{
    Allowance, CreditedInvoice, InvoicePaper, LineGroup, PaperKind, PaperLine, PaymentMeans,
    Prepayment, TaxPart, TaxTreatment, Totals,
};
