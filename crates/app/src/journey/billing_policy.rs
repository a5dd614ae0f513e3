//! How a legal entity prices parts of billing periods, where neither line nor product says.

use crate::books::POLICIES;
use crate::command::{Answer, SetBillingPolicy};
use crate::fault::to_store;
use crate::record::Context;
use crate::{AppFault, Refusal};
use serde_json::json;
use store::{Tx, settings};

/// `set_billing_policy`. What is sold already keeps the policy under which it was sold.
///
/// # Errors
/// When there is no such entity, or the version does not rise.
pub fn set(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetBillingPolicy,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    let known = context.books.policies.get(&body.entity);
    let next = known.map_or(1, |known| known.version.saturating_add(1));
    let mut policy = body.policy.clone();
    if policy.version < next {
        if known.is_some_and(|known| known.version == policy.version && *known == policy) {
            return Ok(json!({ "entity": body.entity, "version": policy.version }));
        }
        // A version that was left out is the next one; one that was stated must rise.
        if policy.version > 1 {
            let message = format!(
                "version {} is not above {}; write {next}, or leave it out",
                policy.version,
                next - 1
            );
            return Err(Refusal::field("version_not_next", "policy.version", message).into());
        }
        policy.version = next;
    }
    let name = format!("{POLICIES}{}", body.entity);
    settings::set_setting(tx, &name, &to_store("billing policy", &policy)?)?;
    Ok(json!({ "entity": body.entity, "version": policy.version }))
}
