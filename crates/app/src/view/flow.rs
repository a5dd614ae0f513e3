//! The flow of the business from quote to ledger: what waits, how long it takes, what is blocked.

use schemars::JsonSchema;
use serde::Serialize;
use values::{Instant, Money};

/// How long something takes, of those that ended in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Times {
    /// The word in paths.
    pub key: String,
    /// From what to what.
    pub title: String,
    /// How many ended in the window.
    pub count: i64,
    /// Half of them took no longer, seconds; absent when there is none.
    pub median_seconds: Option<i64>,
    /// 95 of 100 took no longer, seconds.
    pub p95_seconds: Option<i64>,
    /// The same in words.
    pub median: String,
    /// The same in words.
    pub p95: String,
}

/// One stage of the flow.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowLane {
    /// The word in paths: `quote`, `order`, `invoice`, `cash`, `revenue` or `ledger`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What waits here.
    pub what: String,
    /// How many wait.
    pub waiting: i64,
    /// What they are worth, one a currency.
    pub values: Vec<Money>,
    /// How long the oldest has waited, in words.
    pub oldest: Option<String>,
    /// How many need a person.
    pub blocked: i64,
    /// What those are worth.
    pub blocked_values: Vec<Money>,
    /// How many went through today (UTC).
    pub today: i64,
    /// How many went through a day over the 28 days before, in tenths.
    pub usual_tenths: i64,
    /// How long they took.
    pub times: Times,
}

/// The health of the flow.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowHealth {
    /// As of when.
    pub now: Instant,
    /// Days of the window.
    pub days: i64,
    /// The stages in order.
    pub lanes: Vec<FlowLane>,
    /// Times over several stages.
    pub cycles: Vec<Times>,
}

/// Something that waits in a stage.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowRow {
    /// Its id.
    pub object: String,
    /// Console path.
    pub href: String,
    /// The customer's name, where there is one.
    pub customer: Option<String>,
    /// What it is worth.
    pub value: Option<Money>,
    /// Since when.
    pub since: Instant,
    /// How long, in words.
    pub age: String,
    /// Where it stands, or why it does not go on.
    pub cause: String,
    /// Whether a person has to act.
    pub blocked: bool,
}

/// One passage through a stage.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowPassage {
    /// What it was.
    pub object: String,
    /// Console path.
    pub href: String,
    /// When it began.
    pub from: Instant,
    /// When it ended.
    pub until: Instant,
    /// How long it took, in words.
    pub took: String,
}

/// One stage with its rows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowLaneDetail {
    /// The figures.
    pub lane: FlowLane,
    /// What waits, the oldest first.
    pub waiting: Vec<FlowRow>,
    /// What went through in the window, the latest first.
    pub passed: Vec<FlowPassage>,
}

/// Where one object stands in one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SystemState {
    /// `salesforce`, `stripe` or `netsuite`.
    pub system: String,
    /// What the object is called there.
    pub references: Vec<String>,
    /// Its state there as far as we know, in words.
    pub state: String,
    /// When we last knew.
    pub at: Option<Instant>,
    /// `matched`, `timing`, `mismatched` or `missing`.
    pub mark: String,
}

/// Where one object stands, here and in every other system that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SideBySide {
    /// `contract`, `invoice`, `credit_note`, `payment` or `refund`.
    pub kind: String,
    /// Its id.
    pub object: String,
    /// What people call it.
    pub title: String,
    /// Console path.
    pub href: String,
    /// Its state here.
    pub ours: String,
    /// What it is worth.
    pub value: Option<Money>,
    /// The other systems.
    pub systems: Vec<SystemState>,
    /// The worst of their marks; absent when no other system has to know of it.
    pub mark: Option<String>,
}
