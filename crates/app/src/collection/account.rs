//! How an account stands: that of the worst of its cases, of what is late without one, of payments
//! that fail, and of its disputes.

use super::dunning::{Kept, before};
use super::policy;
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::customer;
use crate::record::Context;
use billing::Case;
use store::collection::{self, AccountCase};
use store::{Tx, exceptions};
use values::{CustomerId, Date, EntityId};

/// Every standing but `good`, the worst first.
const WORST_FIRST: [&str; 6] = [
    "suspended",
    "written_off",
    "in_collection",
    "past_due",
    "disputed",
    "grace",
];

/// The word for how an account stands now.
///
/// # Errors
/// When the store fails or there is no such customer.
pub(crate) fn standing(
    tx: &mut Tx<'_>,
    context: &Context,
    customer: &str,
) -> Result<&'static str, AppFault> {
    let mut words = Vec::new();
    for known in collection::account_cases(tx, customer)? {
        let kept: Kept = stored("dunning case", &known.body)?;
        words.extend(of_case(&kept.case, &known));
    }
    match collection::failing_without_case(tx, customer)? {
        (0, _) => {}
        (_, 0) => words.push("past_due"),
        (_, _) => words.push("in_collection"),
    }
    if is_late(tx, context, customer)? {
        words.push("past_due");
    }
    if exceptions::cases::open_disputes_of(tx, customer)? > 0 {
        words.push("disputed");
    }
    let worst = WORST_FIRST.into_iter().find(|word| words.contains(word));
    Ok(worst.unwrap_or("good"))
}

/// What a case alone says of its account. A disputed invoice is not late, but a dispute neither gives
/// a withheld service back nor makes attempts that were used up unmade.
fn of_case(case: &Case, known: &AccountCase) -> Option<&'static str> {
    match known {
        _ if case.written_off => Some("written_off"),
        _ if case.suspended => Some("suspended"),
        known if !known.is_owed => None,
        _ if case.promise.is_some() => Some("grace"),
        known if known.is_given_up => Some("in_collection"),
        known if known.is_disputed => None,
        _ => Some("past_due"),
    }
}

/// Whether the days of grace of an invoice are over that has no case yet, such as one whose dispute
/// has just ended.
fn is_late(tx: &mut Tx<'_>, context: &Context, customer: &str) -> Result<bool, AppFault> {
    let due = collection::earliest_due_without_case(tx, customer)?;
    if due.is_empty() {
        return Ok(false);
    }
    let id: CustomerId = stored_value("customer id", customer)?;
    let buyer = customer::load(tx, &id)?;
    let book = policy::in_force(tx)?.dunning;
    for (entity, day) in due {
        let day: Date = stored_value("date", &day)?;
        let today = context.today(&stored_value::<EntityId>("entity id", &entity)?)?;
        let policy = book.policy_for(
            &entity,
            super::dunning::word(buyer.collection),
            buyer.class.as_deref(),
        );
        let grace = policy.map_or(0, |policy| i64::from(policy.grace_days));
        if day <= before(today, grace + 1) {
            return Ok(true);
        }
    }
    Ok(false)
}
