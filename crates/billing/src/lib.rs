//! Expected less billed.
//!
//! [`owed`] recomputes what a contract's timeline says is due through a date, subtracts what has been
//! billed, and answers the lines that settle the difference; a second run answers nothing, a
//! backdated amendment is no special case, and a preview is the same call. [`draft_document`] puts
//! tax on the lines and makes an invoice of them, or a credit note when they come to less than zero.
//! [`credit`] gives back part of an invoice without touching what is expected. [`apply`] spreads a
//! payment, [`next_attempt`] times the next try of a failed one.
//!
//! **Invariant:** nothing here reads a clock, does I/O, or holds a float; issued lines never change.

mod cash;
mod credit;
mod document;
mod dunning;
mod line;
mod owed;
mod settle;
mod status;
mod tax;

pub use cash::{Application, CashApplication, CashRefusal, OpenInvoice, apply};
pub use credit::{CreditAmount, CreditRefusal, CreditRequest, LineAmount, credit};
pub use document::{CreditNoteDraft, Document, InvoiceDraft, TaxedLine, draft_document};
pub use dunning::{DunningStep, RetryPolicy, next_attempt};
pub use line::{BilledLine, BillingRefusal, DraftLine, LineKind};
pub use owed::{expected_lines, owed, value_changes};
pub use status::{IllegalInvoiceTransition, InvoiceBalance, InvoiceStatus};
pub use tax::{TaxRate, TaxTable};
