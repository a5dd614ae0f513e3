//! Bodies of the commands about deliveries: hold, resume, release, order, mode.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Body of `pause_delivery`: either a connection or a lane.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseDelivery {
    /// The connection, such as `netsuite`.
    #[serde(default)]
    pub connection: Option<String>,
    /// The lane, such as `ledger/ctr_01J…`.
    #[serde(default)]
    pub lane: Option<String>,
    /// Why; it is kept and shown.
    pub reason: String,
}

/// Body of `resume_delivery`: either a connection or a lane.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeDelivery {
    /// The connection.
    #[serde(default)]
    pub connection: Option<String>,
    /// The lane.
    #[serde(default)]
    pub lane: Option<String>,
    /// Why; it is kept and shown.
    pub reason: String,
    /// Whether deliveries of a connection begin at a sixteenth of the rate, doubled every half
    /// minute; yes when absent.
    #[serde(default = "yes")]
    pub ramp: bool,
}

/// Body of `release_effect`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEffect {
    /// The parked effect; it is looked for in the other system before anything is sent.
    pub effect: String,
    /// Why.
    pub reason: String,
}

/// Body of `prioritise_lane`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrioritiseLane {
    /// The lane.
    pub lane: String,
    /// From -100 to 100; higher goes first. Journals of a month that is being closed have 10.
    pub priority: i64,
    /// Why.
    pub reason: String,
}

/// Body of `set_flow_mode`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetFlowMode {
    /// The operation, such as `netsuite.journal_entry`.
    pub flow: String,
    /// `event`, `micro_batch` or `scheduled`.
    pub mode: String,
    /// Length of the windows of a micro-batch, 1 to 720.
    #[serde(default)]
    pub minutes: Option<u16>,
    /// Time of day of a schedule in UTC, such as `02:30`.
    #[serde(default)]
    pub at: Option<String>,
    /// Why.
    pub reason: String,
}

fn yes() -> bool {
    true
}
