//! Who pays for whom: one account may pay for another, and no account pays for itself over others.

use crate::{AppFault, Refusal};
use std::collections::HashSet;
use store::{Tx, collection, settings};
use values::CustomerId;

/// Most accounts that pay one for the other.
const MOST_PAYERS: usize = 20;

/// Whether `payer` may pay for `customer`. Two such decisions follow each other, so that they cannot
/// close a circle together.
///
/// # Errors
/// When the customer pays for the payer, by itself or over others.
pub(super) fn may_pay(
    tx: &mut Tx<'_>,
    customer: &CustomerId,
    payer: &CustomerId,
) -> Result<(), AppFault> {
    settings::take_turn(tx, "payers")?;
    let mut path = vec![payer.as_str().to_owned()];
    let mut seen: HashSet<String> = path.iter().cloned().collect();
    while let Some(last) = path.last() {
        let Some(next) = collection::payer_of(tx, last)? else {
            return Ok(());
        };
        path.push(next.clone());
        if next == customer.as_str() {
            let message = format!(
                "{customer} pays for {payer} already ({}); take that back first",
                path.join(" is paid for by ")
            );
            return Err(Refusal::field("payer_cycle", "payer", message).into());
        }
        if path.len() > MOST_PAYERS || !seen.insert(next) {
            let message = format!(
                "more than {MOST_PAYERS} accounts pay for each other behind {payer}; name the one that pays in the end"
            );
            return Err(Refusal::field("payers_too_many", "payer", message).into());
        }
    }
    Ok(())
}
