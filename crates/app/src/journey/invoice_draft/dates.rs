//! Which days a document is of: through which its contract is billed, and its date.

use super::policy;
use crate::fault::{AppFault, stored_value};
use crate::record::Context;
use commerce::Contract;
use store::Tx;
use store::invoice_drafts::{self, InvoiceDraftRow};
use values::{Date, EntityId};

/// Through which day a contract with this draft is billed: a draft is never cut short by a run that
/// looks less far.
pub(crate) fn through(open: Option<&InvoiceDraftRow>, through: Date) -> Result<Date, AppFault> {
    Ok(match open {
        Some(row) => stored_value::<Date>("date", &row.through)?.max(through),
        None => through,
    })
}

/// The date of the document. What stands as a draft is dated on the day on which it is issued.
///
/// # Errors
/// When the store fails.
pub(crate) fn dated(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    days: (Date, Date),
) -> Result<Date, AppFault> {
    let id = contract.id.as_str();
    let may_be = policy(context, &contract.entity).is_some();
    let is_drafted = may_be && invoice_drafts::open_of(tx, id)?.is_some();
    Ok(dated_with(context, &contract.entity, is_drafted, days))
}

/// As [`dated`] of a contract of which a draft is known to stand or not.
pub(crate) fn dated_with(
    context: &Context,
    entity: &EntityId,
    is_drafted: bool,
    (through, today): (Date, Date),
) -> Date {
    let stands = policy(context, entity)
        .is_some_and(|policy| policy.draft_days > 0 || policy.until_approved || is_drafted);
    if stands { today } else { through.min(today) }
}
