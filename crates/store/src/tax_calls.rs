//! What was said to tax engines, and what came back, word for word.

use crate::tax_decisions::TaxDecisionRow;
use crate::{StoreFault, Tx, params};

table! {
    /// Calls to a tax engine about one decision that came out alike, one after the other.
    TaxCallRow in "tax_call" {
        /// Its id.
        id: text,
        /// The decision that was asked for.
        decision: text,
        /// The engine.
        engine: text,
        /// `answered`, `away` or `refused`.
        outcome: text,
        /// Why there is no answer, or empty.
        detail: text,
        /// Method and address, or empty when nothing was sent.
        request_line: text,
        /// The body that was sent.
        request: text,
        /// Status of the answer; 0 when there was none.
        status: int,
        /// The body of the answer.
        response: text,
        /// How often in a row it came out like this.
        times: int,
        /// The first of them, microseconds.
        first_asked: int,
        /// The last of them, microseconds.
        last_asked: int,
    }
}

/// Keeps a call. One that came out as the one before it counts there, so that an engine that is away
/// for a day leaves one row and not thousands.
///
/// # Errors
/// When the database refuses.
pub fn note(tx: &mut Tx<'_>, row: &TaxCallRow) -> Result<(), StoreFault> {
    let counted = tx.execute(
        "UPDATE tax_call SET times = times + 1, last_asked = ?5 \
         WHERE id = (SELECT max(id) FROM tax_call WHERE decision = ?1) \
           AND outcome = ?2 AND detail = ?3 AND request = ?4 AND status = ?6 AND response = ?7 \
           AND outcome <> 'answered'",
        params![
            row.decision.as_str(),
            row.outcome.as_str(),
            row.detail.as_str(),
            row.request.as_str(),
            row.last_asked,
            row.status,
            row.response.as_str()
        ],
    )?;
    if counted == 0 {
        TaxCallRow::insert(tx, std::slice::from_ref(row))?;
    }
    Ok(())
}

/// The calls about a decision, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_decision(tx: &mut Tx<'_>, decision: &str) -> Result<Vec<TaxCallRow>, StoreFault> {
    let columns = TaxCallRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM tax_call WHERE decision = ?1 ORDER BY id"),
        params![decision],
        TaxCallRow::read,
    )
}

/// Decisions before an id, newest first: those that stand at `status`, or all when it is empty.
///
/// # Errors
/// When the database refuses.
pub fn decisions(
    tx: &mut Tx<'_>,
    status: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM tax_decision \
             WHERE (?1 = '' OR status = ?1) AND (?2 = '' OR id < ?2) ORDER BY id DESC LIMIT ?3"
        ),
        params![status, before, limit],
        TaxDecisionRow::read,
    )
}

/// Decisions of a contract that no document was issued by and no newer question has taken the place of.
///
/// # Errors
/// When the database refuses.
pub fn waiting(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<TaxDecisionRow>, StoreFault> {
    let columns = TaxDecisionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM tax_decision \
             WHERE contract = ?1 AND document = '' AND status <> 'superseded' ORDER BY id"
        ),
        params![contract],
        TaxDecisionRow::read,
    )
}
