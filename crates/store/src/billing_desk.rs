//! Lists that people who bill look through: work that is billed in parts, what legal entities billed
//! each other, and how many decisions on tax stand where.

use crate::intercompany::IntercompanyPairRow;
use crate::progress::ProgressPlanRow;
use crate::{StoreFault, Tx, params};

/// How many decisions on tax there are of each status: (status, count).
///
/// # Errors
/// When the database refuses.
pub fn tax_decision_counts(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT status, CAST(count(*) AS BIGINT) FROM tax_decision GROUP BY status ORDER BY status",
        &[],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// Plans of work that is billed in parts before (created, id), newest first; of one contract where
/// `contract` is not empty.
///
/// # Errors
/// When the database refuses.
pub fn progress_plans(
    tx: &mut Tx<'_>,
    contract: &str,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<ProgressPlanRow>, StoreFault> {
    let columns = ProgressPlanRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM progress_plan WHERE (?1 = '' OR contract = ?1)
             AND (created, id) < (?2, ?3) ORDER BY created DESC, id DESC LIMIT ?4"
        ),
        params![contract, before.0, before.1, limit],
        ProgressPlanRow::read,
    )
}

/// The documents that billed a component of a contract, oldest first: (document, number).
///
/// # Errors
/// When the database refuses.
pub fn documents_of_component(
    tx: &mut Tx<'_>,
    contract: &str,
    component: &str,
) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT DISTINCT d.id, d.number FROM document_line l JOIN document d ON d.id = l.document
         WHERE l.contract = ?1 AND l.component = ?2 ORDER BY d.id",
        params![contract, component],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// What legal entities billed each other before (created, id), newest first.
///
/// # Errors
/// When the database refuses.
pub fn intercompany_pairs(
    tx: &mut Tx<'_>,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<IntercompanyPairRow>, StoreFault> {
    let columns = IntercompanyPairRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM intercompany_pair WHERE (created, id) < (?1, ?2)
             ORDER BY created DESC, id DESC LIMIT ?3"
        ),
        params![before.0, before.1, limit],
        IntercompanyPairRow::read,
    )
}
