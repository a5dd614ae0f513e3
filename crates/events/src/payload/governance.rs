//! Payloads of connections and governance: what holds the flow, and what changes its rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Date, DeviationId, Instant, Money, ProposalId};

/// Payload of `connection.degraded` and `.paused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionHeld {
    /// The connection, such as `netsuite`.
    pub connection: String,
    /// Why: what the other system said, or what the operator gives as reason.
    pub reason: String,
    /// How many lanes stand still.
    pub held_lanes: u64,
    /// How many effects wait in them.
    pub held_effects: u64,
    /// What they are worth, by currency.
    pub value_held: Vec<Money>,
    /// When it is tried again or resumed by itself, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// Payload of `connection.recovered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionRecovered {
    /// The connection.
    pub connection: String,
    /// Since when it had been held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Instant>,
    /// `answered` when the other system answers again, `resumed` when an operator resumed it.
    pub cause: String,
    /// How many effects wait to be delivered now.
    pub waiting_effects: u64,
    /// What they are worth, by currency.
    pub value_waiting: Vec<Money>,
}

/// Payload of `credential.expiring`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialExpiring {
    /// The connection.
    pub connection: String,
    /// Which of its credentials, by name; never the secret.
    pub credential: String,
    /// When it stops working.
    pub expires: Instant,
    /// The role that is to renew it.
    pub owner: String,
}

/// Payload of `rule.changed`, `mapping.changed` and `topology.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationChanged {
    /// What changed, such as `posting-rules` or `salesforce.opportunity`.
    pub name: String,
    /// The version before it, unless it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_version: Option<u32>,
    /// The version in force now.
    pub version: u32,
    /// What is different, in words, one change each.
    pub changes: Vec<String>,
    /// SHA-256 of its content, in hexadecimal.
    pub checksum: String,
    /// The proposal that brought it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalId>,
    /// The maker.
    pub requested_by: String,
    /// The checker, where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// SHA-256 of the impact report that the checker was shown, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// From which day it counts.
    pub effective: Date,
}

/// Payload of `schema.published`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchemaPublished {
    /// The event type.
    pub event_type: String,
    /// Its version, such as `1.2.0`.
    pub version: String,
    /// The version before it, unless it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_version: Option<String>,
    /// What stands in `dataschema` of its events.
    pub schema: String,
    /// SHA-256 of the schema, in hexadecimal.
    pub checksum: String,
    /// The role that answers for it.
    pub owner: String,
    /// From which day on it is deprecated, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Date>,
    /// From which day on it is no longer sent, where it is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Date>,
}

/// Payload of `deviation.recorded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviationRecorded {
    /// The deviation.
    pub deviation: DeviationId,
    /// `strategic`, `regulatory` or `legacy`.
    pub kind: String,
    /// Where it holds: a legal entity, product line or region.
    pub scope: String,
    /// The house standard that is not followed there.
    pub standard: String,
    /// What is done instead.
    pub practice: String,
    /// Why.
    pub reason: String,
    /// The role that answers for it.
    pub owner: String,
    /// Who agreed to it.
    pub approved_by: String,
    /// Its last day; a `legacy` one has to have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Date>,
}
