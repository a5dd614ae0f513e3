//! Bodies of commands about replays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Instant, ReplayId};

/// What kind of thing is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayOver {
    /// Items of the inbox that wait for a person.
    Inbox,
    /// Postings that were parked.
    Postings,
    /// Messages to other systems that were parked.
    Effects,
}

/// What a replay selects. What is absent selects everything.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayFilter {
    /// `inbox`, `postings` or `effects`.
    pub over: ReplayOver,
    /// Source of inbox items or connection of effects, such as `salesforce`.
    #[serde(default)]
    pub source: Option<String>,
    /// Kind of inbox items or operation of effects, such as `netsuite.journal_entry`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Class of the exception, such as `unknown_product`; of an effect, the class of its fault.
    #[serde(default)]
    pub class: Option<String>,
    /// Fingerprint of the exception.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Received, recorded or intended at this instant or later.
    #[serde(default)]
    pub from: Option<Instant>,
    /// And before this one.
    #[serde(default)]
    pub until: Option<Instant>,
    /// Only these: ids of inbox items, events or effects, or of the exceptions about them.
    #[serde(default)]
    pub ids: Vec<String>,
    /// For the inbox: also items that were confirmed; what they did is not done twice.
    #[serde(default)]
    pub confirmed: bool,
}

/// What becomes of postings into a month that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedMonths {
    /// They are left as they are.
    #[default]
    Refuse,
    /// The months are opened for the replay and closed again after it.
    Reopen,
    /// They are posted in the first open month.
    Adjust,
}

/// Body of `plan_replay`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanReplay {
    /// What is replayed.
    pub filter: ReplayFilter,
    /// What becomes of postings into closed months: `refuse`, `reopen` or `adjust`.
    #[serde(default)]
    pub closed_months: ClosedMonths,
    /// At most so many items a second, 1 to 1000; 10 when absent.
    #[serde(default = "ten")]
    pub per_second: u32,
    /// Why, with the cause that was mended.
    pub reason: String,
}

/// Body of `request_replay`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestReplay {
    /// The planned replay.
    pub replay: ReplayId,
    /// Why it is to run now.
    pub reason: String,
}

/// What is done with a replay under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayAction {
    /// It takes no more items until it is resumed.
    Pause,
    /// It goes on.
    Resume,
    /// It takes no more items, ever.
    Cancel,
}

/// Body of `steer_replay`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SteerReplay {
    /// The replay.
    pub replay: ReplayId,
    /// `pause`, `resume` or `cancel`.
    pub action: ReplayAction,
}

fn ten() -> u32 {
    10
}
