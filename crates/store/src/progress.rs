//! Work that is billed in parts.

use crate::{StoreFault, Tx, params};

table! {
    /// The value of work that is billed in parts.
    ProgressPlanRow in "progress_plan" {
        /// Its id.
        id: text,
        /// Contract.
        contract: text,
        /// What is sold.
        product: text,
        /// Words on the invoice.
        description: text,
        /// Currency.
        currency: text,
        /// What all parts may come to, minor units.
        value: int,
        /// When it was agreed, microseconds.
        created: int,
    }
}

table! {
    /// A part of a plan.
    ProgressPartRow in "progress_part" {
        /// The plan.
        plan: text,
        /// From 1.
        number: int,
        /// Its name, such as that of a milestone.
        name: text,
        /// How its amount came about.
        words: text,
        /// Its amount, minor units.
        amount: int,
        /// `planned`, `accepted` or `undone`.
        status: text,
        /// The day on which it was accepted, or empty.
        effective: text,
        /// The component of the contract that bills it, or empty.
        component: text,
        /// Who accepted or undid it.
        actor: text,
    }
}

/// A plan.
///
/// # Errors
/// When the database refuses.
pub fn plan(tx: &mut Tx<'_>, id: &str) -> Result<Option<ProgressPlanRow>, StoreFault> {
    let columns = ProgressPlanRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM progress_plan WHERE id = ?1"),
        params![id],
        ProgressPlanRow::read,
    )
}

/// The plans of a contract.
///
/// # Errors
/// When the database refuses.
pub fn plans_of(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<ProgressPlanRow>, StoreFault> {
    let columns = ProgressPlanRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM progress_plan WHERE contract = ?1 ORDER BY id"),
        params![contract],
        ProgressPlanRow::read,
    )
}

/// The parts of a plan.
///
/// # Errors
/// When the database refuses.
pub fn parts(tx: &mut Tx<'_>, plan: &str) -> Result<Vec<ProgressPartRow>, StoreFault> {
    let columns = ProgressPartRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM progress_part WHERE plan = ?1 ORDER BY number"),
        params![plan],
        ProgressPartRow::read,
    )
}

/// Moves a part from one status to another. False when it is not in the first one.
///
/// # Errors
/// When the database refuses.
pub fn move_part(tx: &mut Tx<'_>, row: &ProgressPartRow, before: &str) -> Result<bool, StoreFault> {
    let moved = tx.execute(
        "UPDATE progress_part SET status = ?3, effective = ?4, component = ?5, actor = ?6 WHERE plan = ?1 AND number = ?2 AND status = ?7",
        params![
            row.plan.as_str(),
            row.number,
            row.status.as_str(),
            row.effective.as_str(),
            row.component.as_str(),
            row.actor.as_str(),
            before
        ],
    )?;
    Ok(moved == 1)
}
