//! The proof that nothing was dropped on the way in, and how deliveries stand on the way out.

use crate::App;
use crate::fault::AppFault;
use crate::view::{ConnectionRow, IntakeRow};
use store::{Tx, effects, inbox};
use values::Instant;

/// One row a source: everything that ever arrived, and what became of it.
///
/// # Errors
/// When the store fails.
pub fn intake(tx: &mut Tx<'_>) -> Result<Vec<IntakeRow>, AppFault> {
    let mut rows: Vec<IntakeRow> = Vec::new();
    for (source, status, count) in inbox::counts(tx)? {
        if rows.last().is_none_or(|row| row.source != source) {
            rows.push(IntakeRow {
                source,
                accepted: 0,
                confirmed: 0,
                open: 0,
                rejected: 0,
            });
        }
        let Some(row) = rows.last_mut() else { continue };
        row.accepted += count;
        match status.as_str() {
            "confirmed" => row.confirmed += count,
            "open" => row.open += count,
            "rejected" => row.rejected += count,
            // A status that this program does not know leaves the proof open, to be seen.
            _ => {}
        }
    }
    Ok(rows)
}

/// One row a system that was ever to be told something.
///
/// # Errors
/// When the store fails.
pub fn connections(tx: &mut Tx<'_>) -> Result<Vec<ConnectionRow>, AppFault> {
    let mut rows: Vec<ConnectionRow> = Vec::new();
    for count in effects::counts(tx)? {
        if rows.last().is_none_or(|row| row.system != count.connection) {
            rows.push(ConnectionRow {
                system: count.connection,
                confirmed: 0,
                waiting: 0,
                parked: 0,
                last: None,
            });
        }
        let Some(row) = rows.last_mut() else { continue };
        match count.status.as_str() {
            "confirmed" => {
                row.confirmed += count.count;
                row.last = Some(Instant::from_microseconds(count.changed));
            }
            "parked" => row.parked += count.count,
            // A person decided that these are not to be sent.
            "skipped" => {}
            _ => row.waiting += count.count,
        }
    }
    Ok(rows)
}

impl App {
    /// As [`intake`].
    ///
    /// # Errors
    /// As [`intake`].
    pub fn intake(&self) -> Result<Vec<IntakeRow>, AppFault> {
        self.store().read(intake)
    }

    /// As [`connections`].
    ///
    /// # Errors
    /// As [`connections`].
    pub fn connections(&self) -> Result<Vec<ConnectionRow>, AppFault> {
        self.store().read(connections)
    }
}
