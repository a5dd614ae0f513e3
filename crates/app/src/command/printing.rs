//! Bodies of the commands about what stands on paper.

use paper::{Letterhead, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{CustomerId, EntityId};

/// Body of `set_letterhead`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLetterhead {
    /// Whose documents bear it.
    pub entity: EntityId,
    /// What stands on them from now on. Documents that are out keep theirs.
    pub letterhead: Letterhead,
}

/// Body of `set_billing_details`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBillingDetails {
    /// The customer.
    pub customer: CustomerId,
    /// What stands on documents for it from now on. Without a name, its registered name does.
    pub details: Party,
    /// The version that was looked at, 0 before the first. The command is refused where another one
    /// was set meanwhile; whichever there is is followed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<i64>,
}
