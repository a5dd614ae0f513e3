//! Books spoilt on purpose, to see that a checker notices: only in builds with the feature
//! `full-disk`, which no shipped program has.

use crate::{StoreFault, Tx};

/// What is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// The text of one event is changed.
    EventText,
    /// One event in the middle of its partition is gone.
    EventGone,
    /// One line of a journal is off by one.
    JournalLine,
    /// A kept balance is off by one.
    Balance,
    /// A document has another number.
    DocumentNumber,
    /// A document is off by one.
    DocumentTotal,
    /// What is open of an invoice is off by one.
    Remaining,
    /// A payment at the processor is gone.
    PaymentGone,
    /// A payment is recorded with another fee.
    PaymentFee,
    /// A delivery that was accepted is gone.
    DeliveryGone,
    /// A delivery has a status that there is not.
    DeliveryStatus,
    /// An effect waits for a person and nobody is asked.
    EffectParked,
    /// An effect is believed to be done as something else.
    EffectBelieved,
    /// An effect was forgotten.
    EffectForgotten,
    /// Exceptions have no owner.
    ExceptionOwner,
    /// Exceptions are of a class that there is not.
    ExceptionClass,
    /// A deal that became a contract is not known to have done so.
    DealForgotten,
}

impl Spoil {
    fn text(self) -> &'static str {
        match self {
            Spoil::EventText => {
                "UPDATE event SET data = data || ' ' WHERE id = (SELECT min(id) FROM event)"
            }
            Spoil::EventGone => {
                "DELETE FROM event WHERE id = (SELECT min(id) FROM event WHERE sequence = 2)"
            }
            Spoil::JournalLine => {
                "UPDATE journal_line SET amount = amount + 1 WHERE line = 1 AND journal = (SELECT min(id) FROM journal)"
            }
            Spoil::Balance => "UPDATE balance SET debit = debit + 1 WHERE account = '1100'",
            Spoil::DocumentNumber => {
                "UPDATE document SET number = number || '0' WHERE id = (SELECT min(id) FROM document)"
            }
            Spoil::DocumentTotal => {
                "UPDATE document SET total = total + 1 WHERE id = (SELECT min(id) FROM document)"
            }
            Spoil::Remaining => {
                "UPDATE document SET remaining = remaining + 1 WHERE id = (SELECT min(id) FROM document)"
            }
            Spoil::PaymentGone => {
                "DELETE FROM payment WHERE id = (SELECT min(id) FROM payment WHERE status = 'settled' AND external_id <> '')"
            }
            Spoil::PaymentFee => {
                "UPDATE payment SET fee = fee + 1 WHERE id = (SELECT min(id) FROM payment WHERE status = 'settled' AND fee > 0)"
            }
            Spoil::DeliveryGone => {
                "DELETE FROM inbox WHERE source_id = (SELECT min(source_id) FROM inbox WHERE source = 'stripe' AND status = 'confirmed')"
            }
            Spoil::DeliveryStatus => {
                "UPDATE inbox SET status = 'dropped' WHERE source_id = (SELECT min(source_id) FROM inbox)"
            }
            Spoil::EffectParked => {
                "UPDATE effect SET status = 'parked' WHERE id = (SELECT min(id) FROM effect)"
            }
            Spoil::EffectBelieved => {
                "UPDATE effect SET external_id = 'another' WHERE operation = 'netsuite.journal_entry'"
            }
            Spoil::EffectForgotten => {
                "UPDATE effect SET status = 'intended' WHERE id = (SELECT min(id) FROM effect)"
            }
            Spoil::ExceptionOwner => "UPDATE exception SET owner = '', status = 'open'",
            Spoil::ExceptionClass => "UPDATE exception SET class = 'whatever', status = 'open'",
            Spoil::DealForgotten => {
                "DELETE FROM reference WHERE kind = 'Opportunity' AND id = (SELECT min(id) FROM reference WHERE kind = 'Opportunity')"
            }
        }
    }
}

/// Spoils the books; says how many rows it touched.
///
/// # Errors
/// When the database refuses.
pub fn spoil(tx: &mut Tx<'_>, what: Spoil) -> Result<u64, StoreFault> {
    tx.execute(what.text(), &[])
}

/// Takes one event out of its partition, as if it had never been written; says how many went.
///
/// # Errors
/// When the database refuses.
pub fn forget_event(tx: &mut Tx<'_>, partition: &str, sequence: i64) -> Result<u64, StoreFault> {
    tx.execute(
        "DELETE FROM event WHERE partition_key = ?1 AND sequence = ?2",
        &[partition.into(), sequence.into()],
    )
}
