//! Exceptions as work: groups, terms, playbooks, proposals, batches, incidents, disputes, and what
//! has not been done yet.

use crate::journey::exception::fix::FieldDifference;
use schemars::JsonSchema;
use serde::Serialize;
use values::{Instant, Money};

/// Open exceptions with one root cause.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptionGroup {
    /// Its fingerprint.
    pub group: String,
    /// Class word.
    pub class: String,
    /// What it is, for people.
    pub title: String,
    /// What is wrong with one of them.
    pub sample: String,
    /// The cause without ids, digits and amounts.
    pub cause: String,
    /// The system concerned, where there is one.
    pub connection: Option<String>,
    /// What was being done, where that is known.
    pub operation: Option<String>,
    /// How many are open.
    pub count: i64,
    /// What is at stake, by currency.
    pub value: Vec<Money>,
    /// The first accounting month at risk.
    pub period: Option<String>,
    /// `low`, `normal`, `high` or `blocks_close`.
    pub severity: String,
    /// When the oldest was opened.
    pub oldest: Instant,
    /// Its age in words.
    pub age: String,
    /// When the first of them is to be settled.
    pub due: Option<Instant>,
    /// How many are past that.
    pub overdue: i64,
    /// How many have somebody's name on them.
    pub taken: i64,
    /// The highest level that one was escalated to.
    pub level: i64,
    /// The role that owns them.
    pub owner: String,
    /// How many deliveries wait behind them.
    pub followers: i64,
    /// What those are worth, by currency.
    pub followers_value: Vec<Money>,
    /// The incident that gathers them.
    pub incident: Option<String>,
}

/// What an action over many would be done to: shown before it is begun.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchPreview {
    /// How many exceptions.
    pub count: i64,
    /// What they are worth, by currency.
    pub value: Vec<Money>,
    /// How many groups they are of.
    pub groups: i64,
    /// The first accounting month at risk.
    pub period: Option<String>,
}

/// What is known and done about one exception.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ExceptionWork {
    /// Its group.
    pub group: String,
    /// How many others of the group are open.
    pub alike: i64,
    /// The cause without ids, digits and amounts.
    pub cause: String,
    /// The system concerned.
    pub connection: Option<String>,
    /// What was being done.
    pub operation: Option<String>,
    /// When somebody should have looked at it.
    pub respond_due: Option<Instant>,
    /// When somebody did.
    pub responded: Option<Instant>,
    /// The role it was escalated to last.
    pub escalated_to: Option<String>,
    /// The incident that it is part of.
    pub incident: Option<String>,
    /// Outcome code, once chosen.
    pub code: Option<String>,
    /// The codes it can end with.
    pub codes: Vec<OutcomeChoice>,
    /// The playbook with what was done of it.
    pub steps: Vec<PlaybookStep>,
    /// What was done, oldest first.
    pub trail: Vec<TrailEntry>,
    /// Proposed edits, oldest first.
    pub fixes: Vec<ProposedFix>,
    /// The parked text that an edit would change.
    pub parked: Option<String>,
    /// What our books hold about the same thing, as JSON.
    pub canonical: Option<String>,
    /// How many deliveries wait behind it.
    pub followers: i64,
    /// What those are worth, by currency.
    pub followers_value: Vec<Money>,
    /// The inbox items that it holds, as `source/id`.
    pub items: Vec<String>,
    /// The dispute that it is about.
    pub dispute: Option<DisputeRow>,
}

/// A code that an exception can end with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutcomeChoice {
    /// The word.
    pub code: String,
    /// What it means.
    pub title: String,
    /// Whether the work that was stopped is done after all.
    pub does_work: bool,
}

/// A step of a playbook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaybookStep {
    /// From 1.
    pub number: u32,
    /// What to do.
    pub text: String,
    /// Who did it.
    pub by: Option<String>,
    /// When.
    pub done: Option<Instant>,
}

/// An entry of a trail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrailEntry {
    /// When.
    pub time: Instant,
    /// Who.
    pub actor: String,
    /// What, as a word.
    pub action: String,
    /// In words.
    pub detail: String,
}

/// A proposed edit of what is parked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposedFix {
    /// Its id.
    pub fix: String,
    /// The exception it is to mend.
    pub exception: String,
    /// What is edited.
    pub target: String,
    /// `proposed`, `applied` or `rejected`.
    pub status: String,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub maker: String,
    /// When.
    pub made: Instant,
    /// Who decided.
    pub checker: Option<String>,
    /// When.
    pub checked: Option<Instant>,
    /// What they said.
    pub remark: Option<String>,
    /// The fields that differ.
    pub changes: Vec<FieldDifference>,
}

/// One action over many exceptions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchRow {
    /// Its id.
    pub batch: String,
    /// What is done to each.
    pub action: String,
    /// Who asked for it.
    pub actor: String,
    /// `running`, `done` or `cancelled`.
    pub status: String,
    /// How many it was begun with.
    pub total: i64,
    /// How many are done.
    pub done: i64,
    /// How many were refused.
    pub refused: i64,
    /// How many wait.
    pub waiting: i64,
    /// When it was begun.
    pub begun: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
}

/// What came of one exception of a batch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchItem {
    /// From 1.
    pub position: i64,
    /// The exception.
    pub exception: String,
    /// `waiting`, `done`, `refused` or `cancelled`.
    pub status: String,
    /// In words.
    pub result: String,
}

/// An incident.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IncidentRow {
    /// Its id.
    pub incident: String,
    /// What is the matter.
    pub title: String,
    /// `low`, `normal`, `high` or `blocks_close`.
    pub severity: String,
    /// Who leads it.
    pub owner: String,
    /// `open` or `closed`.
    pub status: String,
    /// When it was opened.
    pub opened: Instant,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// How long it lasted or lasts, in words.
    pub age: String,
    /// How many of its exceptions are open.
    pub open: i64,
    /// What those are worth, by currency.
    pub value: Vec<Money>,
    /// How many of them are past their term.
    pub overdue: i64,
}

/// One incident whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IncidentDetail {
    /// Its row.
    pub row: IncidentRow,
    /// Its groups that have something open.
    pub groups: Vec<ExceptionGroup>,
    /// Its timeline, oldest first.
    pub trail: Vec<TrailEntry>,
}

/// A dispute.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DisputeRow {
    /// Its id.
    pub dispute: String,
    /// The invoice.
    pub invoice: String,
    /// Its printed number.
    pub number: String,
    /// Who disputes it.
    pub customer: String,
    /// The customer's name.
    pub customer_name: String,
    /// What is disputed.
    pub amount: Money,
    /// Why, as a word.
    pub reason_code: String,
    /// What the customer says.
    pub note: String,
    /// Who is to decide.
    pub owner: String,
    /// `open` or `closed`.
    pub status: String,
    /// Outcome code.
    pub outcome: Option<String>,
    /// The credit note that settled it.
    pub credit_note: Option<String>,
    /// Its exception.
    pub exception: String,
    /// When it was opened.
    pub opened: Instant,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// Its age in words.
    pub age: String,
}

/// Something that should have happened and has not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutstandingRow {
    /// What it is, in words.
    pub what: String,
    /// The object concerned, which opens its page or chain.
    pub object: String,
    /// The customer, where known.
    pub customer: Option<String>,
    /// What it is worth.
    pub value: Option<Money>,
    /// Since when.
    pub since: Instant,
    /// That in words.
    pub age: String,
    /// Why it has not happened.
    pub cause: String,
    /// The exception that names it.
    pub exception: Option<String>,
}
