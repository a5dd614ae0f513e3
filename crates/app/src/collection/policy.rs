//! The policy of receivables: the one that ships with the program until another is published.

use crate::Refusal;
use crate::command::{Answer, PublishCollectionPolicy};
use crate::fault::AppFault;
use crate::record::Context;
use billing::CollectionPolicy;
use serde_json::json;
use store::{Tx, settings};

const KIND: &str = "collection_policy";

/// The policy in force.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub(crate) fn in_force(tx: &mut Tx<'_>) -> Result<CollectionPolicy, AppFault> {
    let text = match settings::configuration(tx, KIND)? {
        Some((_, text)) => text,
        None => CollectionPolicy::STANDARD.to_owned(),
    };
    read(&text).map_err(|error| AppFault::Unreadable {
        what: "collection policy",
        error,
    })
}

fn read(text: &str) -> Result<CollectionPolicy, String> {
    values::read_toml(text).map_err(|error| error.to_string())
}

/// Refuses a class of customers that the policy in force does not know.
pub(crate) fn known_class(tx: &mut Tx<'_>, class: &str) -> Result<(), AppFault> {
    let policy = in_force(tx)?;
    if policy.has_class(class) {
        return Ok(());
    }
    let message = match policy.customer_classes.as_slice() {
        [] => format!(
            "there is no customer class {class:?}: the collection policy names none; add it to customer_classes there, or leave the class out"
        ),
        known => format!(
            "there is no customer class {class:?}; use one of {}, or add it to customer_classes of the collection policy",
            known.join(", ")
        ),
    };
    Err(Refusal::field("customer_class_unknown", "class", message).into())
}

/// `publish_collection_policy`.
///
/// # Errors
/// When it cannot be read, a step makes no sense, or its version is not the next one.
pub fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PublishCollectionPolicy,
) -> Result<Answer, AppFault> {
    let policy =
        read(&body.toml).map_err(|error| Refusal::field("policy_unreadable", "toml", error))?;
    policy
        .check()
        .map_err(|refusal| Refusal::field(refusal.code(), "toml", refusal.to_string()))?;
    let now = in_force(tx)?.version;
    if policy.version != now + 1 {
        let message = format!(
            "version {} does not follow version {now}; write {}",
            policy.version,
            now + 1
        );
        return Err(Refusal::field("version_not_next", "toml", message).into());
    }
    let version = i64::from(policy.version);
    settings::add_configuration(
        tx,
        KIND,
        version,
        context.now.microseconds(),
        &context.actor,
        &body.toml,
    )?;
    Ok(json!({ "version": policy.version, "policies": policy.dunning.policies.len() }))
}
