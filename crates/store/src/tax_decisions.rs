//! What tax engines were asked and what they answered.

use crate::{StoreFault, Tx, params};

table! {
    /// A question to a tax engine about one document, with its answer.
    TaxDecisionRow in "tax_decision" {
        /// Its id.
        id: text,
        /// What tells the question from others, in hexadecimal.
        digest: text,
        /// Contract.
        contract: text,
        /// Legal entity.
        entity: text,
        /// The engine.
        engine: text,
        /// `asked`, `agreed`, `mismatch`, `accepted`, `table`, or `superseded` by a newer question.
        status: text,
        /// What was asked, as JSON.
        question: text,
        /// The lines as our own rows of data tax them, as JSON; empty where they could not.
        ours: text,
        /// What was answered, as JSON, or empty.
        answer: text,
        /// Tax by our own rows, minor units.
        own_tax: int,
        /// Tax by the engine, minor units.
        their_tax: int,
        /// `engine` or `table`: whose figures are taken; empty while nobody's are.
        taken: text,
        /// Why, where a person decided or the engine was away.
        reason: text,
        /// Who decided a mismatch, or empty.
        decided_by: text,
        /// The document that was issued by it, or empty.
        document: text,
        /// When it was asked, microseconds.
        asked: int,
        /// When it was answered, microseconds; 0 before.
        answered: int,
    }
}

/// The newest decision on a question that no document was issued by.
///
/// # Errors
/// When the database refuses.
pub fn pending(tx: &mut Tx<'_>, digest: &str) -> Result<Option<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query_one(
        &format!(
            "SELECT {columns} FROM tax_decision WHERE digest = ?1 AND document = '' AND status <> 'superseded' ORDER BY id DESC LIMIT 1"
        ),
        params![digest],
        TaxDecisionRow::read,
    )
}

/// A decision.
///
/// # Errors
/// When the database refuses.
pub fn decision(tx: &mut Tx<'_>, id: &str) -> Result<Option<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM tax_decision WHERE id = ?1"),
        params![id],
        TaxDecisionRow::read,
    )
}

/// The decision that a document was issued by.
///
/// # Errors
/// When the database refuses.
pub fn of_document(tx: &mut Tx<'_>, document: &str) -> Result<Option<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM tax_decision WHERE document = ?1 ORDER BY id DESC LIMIT 1"),
        params![document],
        TaxDecisionRow::read,
    )
}

/// Decisions after an id that the engine has not answered: asked, or decided by our own rows while it
/// was away.
///
/// # Errors
/// When the database refuses.
pub fn unanswered(
    tx: &mut Tx<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM tax_decision WHERE status IN ('asked', 'table') AND answered = 0 AND id > ?1 ORDER BY id LIMIT ?2"
        ),
        params![after, limit],
        TaxDecisionRow::read,
    )
}

/// Writes what became of a decision.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &TaxDecisionRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE tax_decision SET status = ?2, answer = ?3, own_tax = ?4, their_tax = ?5, taken = ?6, reason = ?7, decided_by = ?8, document = ?9, answered = ?10 WHERE id = ?1",
        params![
            row.id.as_str(),
            row.status.as_str(),
            row.answer.as_str(),
            row.own_tax,
            row.their_tax,
            row.taken.as_str(),
            row.reason.as_str(),
            row.decided_by.as_str(),
            row.document.as_str(),
            row.answered
        ],
    )?;
    Ok(())
}
