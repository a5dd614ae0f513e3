//! What tie-outs keep between two views, so that the second does not read everything again. Nothing of
//! it is believed without a look at the books: each part says how it knows that it still holds.

use super::rated::{Contracts, Rated};
use super::sold::Sold;
use crate::books::Books;
use crate::fault::AppFault;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Tx;
use values::Instant;

/// What a process keeps of the books for its tie-outs.
#[derive(Debug, Default)]
pub struct Memory {
    sold: Mutex<Sold>,
    contracts: Mutex<Contracts>,
}

impl Memory {
    /// What was sold, as the log says it now.
    pub(super) fn sold(&self, tx: &mut Tx<'_>) -> Result<MutexGuard<'_, Sold>, AppFault> {
        let mut sold = taken(&self.sold);
        sold.follow(tx)?;
        Ok(sold)
    }

    /// Gives every contract to `each` with what it comes to now, in no order.
    pub(super) fn rated(
        &self,
        tx: &mut Tx<'_>,
        at: (&Books, Instant),
        each: impl FnMut(&str, &Rated) -> Result<(), AppFault>,
    ) -> Result<(), AppFault> {
        taken(&self.contracts).follow(tx, at, each)
    }
}

/// What a view that panicked left behind is checked like everything else that is kept.
fn taken<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
