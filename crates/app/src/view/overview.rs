//! What the first screen shows: tie-outs, the flow from deal to ledger, intake and deliveries.

use super::ExceptionRow;
use schemars::JsonSchema;
use serde::Serialize;
use values::{Instant, Money};

/// How a tie-out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieOutStatus {
    /// Expected equals actual.
    TiesOut,
    /// The whole difference is on its way, within the window that the pair is given.
    Timing,
    /// The whole difference is named by open exceptions.
    Explained,
    /// Some of the difference is named by nothing.
    Break,
}

/// One pair of figures that must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TieOutRow {
    /// Stable word: `bookings`, `billings`, `deferred`, `recognised`, `receivable`, `cash`, `delivered`.
    pub measure: String,
    /// What must agree, for people.
    pub title: String,
    /// Where the expected figure is computed from.
    pub expected_from: String,
    /// Where the actual figure is found.
    pub actual_in: String,
    /// Legal entity.
    pub entity: String,
    /// Recomputed from the facts.
    pub expected: Money,
    /// What the books say.
    pub actual: Money,
    /// Expected less actual.
    pub difference: Money,
    /// The part of the difference that is on its way within the window of the pair.
    pub under_way: Money,
    /// Open exceptions that name a part of the difference: the first twenty.
    pub exceptions: Vec<String>,
    /// How many there are.
    pub exceptions_count: u64,
    /// How it stands.
    pub status: TieOutStatus,
    /// Console path of the rows behind the figures.
    pub href: String,
}

/// One stage of the flow from deal to ledger.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowStage {
    /// `Won`, `Contracted`, `Invoiced`, `Collected`, `Recognised`, `Posted`.
    pub title: String,
    /// Values, one a currency.
    pub values: Vec<Money>,
    /// How many documents.
    pub count: i64,
    /// A quiet sentence.
    pub note: String,
    /// What is stuck, in money and words, when something is.
    pub stuck: Option<String>,
    /// Console path of the rows behind it.
    pub href: String,
}

/// The proof that nothing was dropped: `accepted = confirmed + open + rejected`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IntakeRow {
    /// The source.
    pub source: String,
    /// Everything that ever arrived, wanted or not.
    pub accepted: i64,
    /// Had its effect, or is known to need none.
    pub confirmed: i64,
    /// Waits, or is an open exception.
    pub open: i64,
    /// Refused with a reason.
    pub rejected: i64,
}

/// How deliveries to one system stand.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConnectionRow {
    /// The system.
    pub system: String,
    /// Effects confirmed.
    pub confirmed: i64,
    /// Effects that wait or are in flight.
    pub waiting: i64,
    /// Effects parked for a person.
    pub parked: i64,
    /// Last confirmation.
    pub last: Option<Instant>,
}

/// The first screen.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Home {
    /// Now, on the clock that the program runs on.
    pub now: Instant,
    /// The tie-outs.
    pub tie_outs: Vec<TieOutRow>,
    /// From deal to ledger.
    pub flow: Vec<FlowStage>,
    /// Open exceptions by value, the first ten.
    pub exceptions: Vec<ExceptionRow>,
    /// How many are open.
    pub exceptions_open: i64,
    /// What they are worth, one a currency.
    pub exceptions_value: Vec<Money>,
    /// The oldest, in words.
    pub exceptions_oldest: Option<String>,
    /// Intake.
    pub intake: Vec<IntakeRow>,
    /// Connections.
    pub connections: Vec<ConnectionRow>,
}
