//! Expected less billed.
//!
//! [`owed`] recomputes what a contract's timeline says is due through a date, subtracts what has been
//! billed, and answers the lines that settle the difference; a second run answers nothing, a
//! backdated amendment is no special case, and a preview is the same call. [`draft_document`] puts
//! tax on the lines and makes an invoice of them, or a credit note when they come to less than zero.
//! [`credit`] gives back part of an invoice without touching what is expected. [`apply`] spreads a
//! payment, [`next_attempt`] times the next try of a failed one. [`lay_out`] puts what another system
//! billed over the timeline, [`differences`] says where that is not what should have been billed.
//!
//! **Invariant:** nothing here reads a clock, does I/O, or holds a float; issued lines never change.

mod cash;
mod collection;
mod coverage;
mod credit;
mod document;
mod dunning;
mod invoice_policy;
mod kept;
mod line;
mod numbering;
mod outside;
mod owed;
mod position;
mod prepaid;
mod receivable;
mod rounding;
mod settle;
mod status;
mod tax;
mod taxation;
mod usage;

pub use cash::{
    Application, Candidate, CashApplication, CashRefusal, Instruction, MatchPolicy, MatchReason,
    OpenInvoice, Remittance, Suggestion, apply, days_unmatched, instruct, suggest,
};
pub use collection::{CollectionPolicy, WriteOffPolicy};
pub use credit::{CreditAmount, CreditRefusal, CreditRequest, LineAmount, credit};
pub use document::{
    CreditNoteDraft, Document, InvoiceDraft, LESS_OWED, TaxedLine, document_of, draft_document,
    draft_taxed,
};
pub use dunning::{
    Act, Case, DunningBook, DunningPolicy, DunningRefusal, DunningStep, PaymentKnown, Promise,
    RetryPolicy, Situation, Step, StepAction, SuspendedBilling, fill, next_attempt,
};
pub use invoice_policy::{CreditForm, InvoicePolicy, InvoicePolicyProblem, NumberSeries};
pub use kept::KeptLine;
pub use line::{BilledLine, BillingRefusal, DraftLine, LineKind};
pub use numbering::{NumberFrame, NumberPattern, PatternRefused};
pub use outside::{
    Difference, DifferenceKind, Giving, OutsideLine, OutsideRefusal, differences, lay_out,
};
pub use owed::{expected_lines, next_due, owed, owed_since, value_changes};
pub use position::{WindowPosition, overcharged, positions};
pub use prepaid::{Grant, GrantSource, Use as CreditUse, consume, ended, give_back};
pub use receivable::{
    AgeBuckets, AgedAccount, Receivable, WriteOffKind, WriteOffRefusal, WrittenOff, aged, recover,
    write_off,
};
pub use rounding::{InvoiceRounding, NetRounding};
pub use status::{IllegalInvoiceTransition, InvoiceBalance, InvoiceStatus};
pub use tax::{TaxRate, TaxTable, tax_of};
pub use taxation::{
    Abroad, BorneTax, Determination, EngineAnswer, EngineLine, EngineQuestion, EngineTax, LocalTax,
    Offline, QuestionLine, REVERSE_CHARGE, TaxAmount, TaxDetail, TaxEngineUse, TaxMismatch,
    TaxRounding, TaxSeller, Taxation, Untaxed, compare_tax, determine, question_of,
};
pub use usage::{
    AfterEnd, Aggregation, Checked, Dimension, LateRule, Lateness, MeasuredBy, Meter,
    MeterRounding, PartAmount, Reading, ReadingText, RoundingMode, Tally, UsageEvent, UsageRefusal,
    Use, check, measured_owed, part_amounts, spent_on,
};
