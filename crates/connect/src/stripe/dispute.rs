//! Disputes: the payer's bank asks about a charge, or takes its money back.

use super::reply::{read_object, read_page};
use super::shapes::{self, BalanceTransaction, Page, Read};
use super::{Connection, Filter};
use crate::fault::{Fault, ReadFault};
use crate::json::Record;
use crate::request::{Operation, Reply, Request};
use values::{Instant, Money};

/// A dispute about a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// `dp_…` or `du_…`
    pub id: String,
    /// What is disputed.
    pub amount: Money,
    /// `needs_response`, `under_review`, `won`, `lost` and so on, as sent; with `warning_` in front
    /// while the bank only asks and takes nothing.
    pub status: String,
    /// Why, such as `fraudulent`, as sent.
    pub reason: String,
    /// The charge.
    pub charge: Option<String>,
    /// The PaymentIntent of the charge, where Stripe names it.
    pub payment_intent: Option<String>,
    /// What it moved on the Stripe balance: nothing, the money withdrawn (below zero), and the money
    /// reinstated (above zero).
    pub moved: Vec<BalanceTransaction>,
    /// Until when it can be answered.
    pub answer_until: Option<Instant>,
}

impl Read for Dispute {
    const WHAT: &'static str = "dispute";

    fn read(record: &Record<'_>) -> Result<Dispute, ReadFault> {
        let currency = shapes::currency(record)?;
        let moved = record.records("balance_transactions")?;
        let evidence = record.record("evidence_details")?;
        let answer_until = evidence
            .as_ref()
            .map(|details| details.unix_seconds("due_by"))
            .transpose()?;
        Ok(Dispute {
            id: record.needed_text("id")?,
            amount: shapes::money(record, "amount", currency)?,
            status: record.needed_text("status")?,
            reason: record.text("reason")?.unwrap_or_default(),
            charge: shapes::id_of(record, "charge")?,
            payment_intent: shapes::id_of(record, "payment_intent")?,
            moved: moved
                .iter()
                .map(BalanceTransaction::read)
                .collect::<Result<_, _>>()?,
            answer_until: answer_until.flatten(),
        })
    }
}

impl Connection {
    /// Reads a dispute with what it moved.
    pub fn retrieve_dispute(&self, id: &str) -> Request {
        self.retrieve("disputes", id, &[])
    }

    /// One page of disputes; looks at `payment_intent` and `created_from`.
    pub fn list_disputes(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [("payment_intent", filter.payment_intent.as_deref())];
        self.list("disputes", &pairs, filter, after, None)
    }
}

/// Reads a dispute.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_dispute(operation: &Operation, reply: &Reply) -> Result<Dispute, Fault> {
    read_object(operation, reply)
}

/// Reads one page of disputes.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_disputes(operation: &Operation, reply: &Reply) -> Result<Page<Dispute>, Fault> {
    read_page(operation, reply)
}
