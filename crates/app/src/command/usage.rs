//! Bodies of commands about use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::ContractId;

/// Body of `publish_meter`: the meter.
pub type PublishMeter = billing::Meter;

/// Body of `record_usage`: one event.
pub type RecordUsage = billing::UsageEvent;

/// Body of `release_usage`: what is to become of the events held for a contract.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseUsage {
    /// The contract.
    pub contract: ContractId,
    /// Gives them up for this reason; tries to take them again when absent.
    #[serde(default)]
    pub give_up: Option<String>,
}
