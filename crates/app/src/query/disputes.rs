//! Disputed invoices with their terms, as the list of those who decide them.

use crate::App;
use crate::fault::AppFault;
use crate::view::DisputeRow;
use schemars::JsonSchema;
use serde::Serialize;
use store::exceptions;
use values::Instant;

/// A dispute with the term of its exception.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DisputeLine {
    /// The dispute.
    pub row: DisputeRow,
    /// When it has to be decided; absent once it is.
    pub due: Option<Instant>,
    /// Whether that has passed.
    pub overdue: bool,
    /// Who has it in hand: the person, else the role.
    pub with: String,
}

impl App {
    /// Disputes: the open ones first, then the newest.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dispute_lines(&self) -> Result<Vec<DisputeLine>, AppFault> {
        let (rows, now) = (self.disputes()?, self.clock().now());
        self.store().read(move |tx| {
            let mut lines = Vec::with_capacity(rows.len());
            for row in rows {
                let case = match row.status.as_str() {
                    "open" => exceptions::exception(tx, &row.exception)?,
                    _ => None,
                };
                let due = case
                    .as_ref()
                    .map(|case| Instant::from_microseconds(case.due));
                let assignee = case.filter(|case| !case.assignee.is_empty());
                lines.push(DisputeLine {
                    due,
                    overdue: due.is_some_and(|due| due < now),
                    with: assignee.map_or_else(|| row.owner.clone(), |case| case.assignee),
                    row,
                });
            }
            Ok(lines)
        })
    }
}
