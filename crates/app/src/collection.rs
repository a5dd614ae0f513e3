//! From an invoice to its money: cash application, write-offs and recoveries, prepaid credit, and what
//! follows when nobody pays. Every movement is an event with its journal, in one transaction.

pub(crate) mod account;
pub mod cash;
pub(crate) mod dunning;
mod dunning_step;
mod payer;
pub mod policy;
pub mod prepaid;
pub mod receivables;
pub mod resumption;
mod suspension;
pub mod sync;
pub mod unmatched;
pub mod write_off;

pub use dunning::{assign, promise};
pub use receivables::{AgedRow, AgedTotal, AgedView, CaseAct, CaseView, OpenItem, WorkRow};
pub use unmatched::{UnmatchedCandidate, UnmatchedPayment};

use crate::Refusal;
use crate::fault::{AppFault, stored_value};
use crate::record::{Context, Fact};
use store::documents::DocumentRow;
use values::{Currency, EntityId, Money};

/// An amount of a document.
fn of_document(row: &DocumentRow, minor: i64) -> Result<Money, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    Ok(Money::from_minor(minor, currency))
}

/// What an event about an invoice is about.
fn about_invoice(context: &Context, row: &DocumentRow) -> Result<Fact, AppFault> {
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    Ok(Fact {
        subject: format!("invoice/{}", row.id),
        partition: format!("contract/{}", row.contract),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    })
}

/// An amount that a body states, in the currency of what it is about.
fn stated(field: &str, text: &str, currency: Currency) -> Result<Money, Refusal> {
    Money::parse(text, currency)
        .map_err(|refused| Refusal::field("bad_amount", field, refused.to_string()))
}

fn reason_given(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say why; whoever audits it reads this first",
        ));
    }
    Ok(())
}
