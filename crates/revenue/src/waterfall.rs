//! Revenue still to come, month by month.

use crate::obligation::{Obligation, RevenueRefusal, allocated, earned_through};
use serde::Serialize;
use std::collections::BTreeMap;
use values::{Month, ObligationId};

/// What one obligation will earn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaterfallRow {
    /// Which obligation.
    pub obligation: ObligationId,
    /// Which revenue account it is earned on.
    pub revenue_account_class: String,
    /// Minor units that the schedule bears in all.
    pub allocated: i64,
    /// Minor units recognised before the first month.
    pub recognised: i64,
    /// One cell per month asked for, in order.
    pub months: Vec<WaterfallCell>,
    /// Minor units after the last month. `recognised`, `months` and this add up to `allocated`.
    pub later: i64,
}

/// What is earned in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WaterfallCell {
    /// The month.
    pub month: Month,
    /// Minor units; in the first month with whatever is to be caught up.
    pub amount: i64,
}

/// Revenue to come over `months` (rising), given what has been recognised of each obligation (zero
/// where nothing is said). Rows are in the order of `obligations`.
///
/// # Errors
/// When a sum does not fit.
pub fn waterfall(
    obligations: &[Obligation],
    recognised: &BTreeMap<ObligationId, i64>,
    months: &[Month],
) -> Result<Vec<WaterfallRow>, RevenueRefusal> {
    let mut rows = Vec::with_capacity(obligations.len());
    for obligation in obligations {
        let too_large = || RevenueRefusal::TooLarge {
            obligation: obligation.id.clone(),
        };
        let recognised = recognised.get(&obligation.id).copied().unwrap_or(0);
        let (mut reached, mut cells) = (recognised, Vec::with_capacity(months.len()));
        for month in months {
            let earned = earned_through(obligation, month.last())?;
            let amount = earned.checked_sub(reached).ok_or_else(too_large)?;
            cells.push(WaterfallCell {
                month: *month,
                amount,
            });
            reached = earned;
        }
        let allocated = allocated(obligation)?;
        rows.push(WaterfallRow {
            obligation: obligation.id.clone(),
            revenue_account_class: obligation.revenue_account_class.clone(),
            allocated,
            recognised,
            months: cells,
            later: allocated.checked_sub(reached).ok_or_else(too_large)?,
        });
    }
    Ok(rows)
}
