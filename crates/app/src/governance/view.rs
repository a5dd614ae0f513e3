//! What people and programs see of governance.

use control::change::DiffLine;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Date, Instant, Money};

/// What a proposed configuration would have changed of what really happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// How many days of events were decided again.
    pub days: u32,
    /// How many events were decided again.
    pub events: u64,
    /// How many of them would have made another journal.
    pub journals_changed: u64,
    /// The difference by account, entity, month and currency.
    pub rows: Vec<ImpactRow>,
    /// Events that would have been parked, or records that would have been held, with the reason.
    pub would_park: Vec<ImpactPark>,
    /// How many more of those there are.
    pub would_park_more: u64,
    /// How many that are parked or held could go on.
    pub would_go_on: u64,
    /// What else is different, in sentences.
    pub notes: Vec<String>,
}

/// The difference in one account, entity, month and currency; debit positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactRow {
    /// Legal entity.
    pub entity: String,
    /// Account code.
    pub account: String,
    /// Month.
    pub month: String,
    /// Under the rules in force.
    pub before: Money,
    /// Under the proposed ones.
    pub after: Money,
    /// After less before.
    pub difference: Money,
}

/// Something that would have been parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactPark {
    /// The event or the record.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Why.
    pub why: String,
}

/// A line of a difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// `+`, `-` or a space.
    pub mark: String,
    /// The line.
    pub text: String,
}

impl From<DiffLine> for Line {
    fn from(line: DiffLine) -> Line {
        Line {
            mark: line.mark.to_string(),
            text: line.text,
        }
    }
}

/// A configuration document with its versions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigurationRow {
    /// Its word.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// The version in force today.
    pub version: i64,
    /// SHA-256 of its text.
    pub digest: String,
    /// All versions, newest first.
    pub versions: Vec<VersionRow>,
    /// How many proposals wait.
    pub waiting: i64,
}

/// One version of a document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VersionRow {
    /// Its number.
    pub version: i64,
    /// When it was recorded.
    pub recorded: Instant,
    /// Who proposed it.
    pub maker: String,
    /// Who approved it, where somebody did.
    pub checker: Option<String>,
    /// From which day it holds; every date when absent.
    pub effective: Option<Date>,
    /// The proposal that brought it.
    pub proposal: Option<String>,
    /// Whether it is the one in force today.
    pub in_force: bool,
}

/// A document with its text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigurationDetail {
    /// The row of the list.
    pub row: ConfigurationRow,
    /// The text in force.
    pub text: String,
}

/// A line of the list of proposals.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalRow {
    /// Its id.
    pub id: String,
    /// Which document.
    pub kind: String,
    /// What people call the document.
    pub title: String,
    /// `proposed`, `applied` or `denied`.
    pub state: String,
    /// Why it is proposed.
    pub reason: String,
    /// Who made it.
    pub maker: String,
    /// Who decided.
    pub checker: Option<String>,
    /// The version it was made on.
    pub base: i64,
    /// The version it became.
    pub version: Option<i64>,
    /// From which day it is to hold; every date when absent.
    pub effective: Option<Date>,
    /// When it was made.
    pub created: Instant,
    /// The impact in one sentence.
    pub summary: String,
}

/// A proposal with its difference and impact.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalDetail {
    /// The row of the list.
    pub row: ProposalRow,
    /// What changes in the text.
    pub difference: Vec<Line>,
    /// What it would have changed of what really happened.
    pub impact: Impact,
    /// The words of the decision.
    pub decision: String,
}

/// A field of a proposed change, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// What is there, in words; empty when nothing is.
    pub before: String,
    /// What is to be there.
    pub after: String,
}

/// A write that waits for the steward of its field, or was decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangeRow {
    /// Its id.
    pub id: String,
    /// `command`, `inbox` or `stage_gate`.
    pub origin: String,
    /// The system that wants to write.
    pub source: String,
    /// The system whose field it is.
    pub owner: String,
    /// The role that decides.
    pub steward: String,
    /// What it is about.
    pub object: String,
    /// Canonical fields that it writes.
    pub fields: Vec<String>,
    /// Before and after.
    pub diff: Vec<FieldChange>,
    /// `proposed`, `applied` or `denied`.
    pub state: String,
    /// Who made it.
    pub maker: String,
    /// Who decided.
    pub checker: Option<String>,
    /// The words of the request or the decision.
    pub reason: String,
    /// When it was made.
    pub created: Instant,
}

/// A row of the topology.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TopologyRow {
    /// Of what.
    pub domain: String,
    /// Where, in words.
    pub scope: String,
    /// Which system.
    pub system: String,
    /// `act`, `verify` or `mirror`.
    pub mode: String,
    /// What becomes of writes by others, and who may enter by hand, in words.
    pub writes: String,
}

/// A row of the route table.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RouteRow {
    /// Which facts.
    pub fact: String,
    /// Where, in words.
    pub scope: String,
    /// To which system.
    pub to: String,
}

/// A connected system.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SystemRow {
    /// Its id.
    pub id: String,
    /// `engagement`, `monetization`, `record`, `insight` or `control`.
    pub role: String,
    /// `api`, `file`, `staging` or `internal`.
    pub interface: String,
    /// Domains that it is the record of, somewhere.
    pub owns: Vec<String>,
}

/// Who owns a field.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FieldRow {
    /// The field.
    pub field: String,
    /// The owning domain.
    pub domain: String,
    /// The system of record everywhere else than scoped rows say.
    pub system: String,
    /// Who decides.
    pub steward: String,
}

/// The whole topology.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TopologyView {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// The version in force.
    pub version: i64,
    /// Systems.
    pub systems: Vec<SystemRow>,
    /// Rows, by domain.
    pub rows: Vec<TopologyRow>,
    /// Routes.
    pub routes: Vec<RouteRow>,
    /// Fields with their owners.
    pub fields: Vec<FieldRow>,
    /// Models that can be taken as they are or as a start.
    pub presets: Vec<String>,
}

/// How much of what came or goes out is mapped.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverageRow {
    /// The other system.
    pub system: String,
    /// Our field.
    pub field: String,
    /// Values that were seen or must be known.
    pub values: u64,
    /// How many of them are mapped, or need no map.
    pub mapped: u64,
    /// Values without a mapping, with how often they came.
    pub unmapped: Vec<UnmappedValue>,
    /// How it is mapped, in words.
    pub how: String,
}

/// A value without a mapping.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnmappedValue {
    /// The value.
    pub value: String,
    /// How often it came.
    pub count: u64,
}

/// A deviation from the global template.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeviationView {
    /// Its id.
    pub id: String,
    /// `strategic`, `regulatory` or `legacy`.
    pub class: String,
    /// What differs.
    pub title: String,
    /// Why.
    pub reason: String,
    /// Legal entity; everywhere when absent.
    pub entity: Option<String>,
    /// Key of the template, where a value differs.
    pub key: Option<String>,
    /// What the template says.
    pub template: Option<String>,
    /// What holds instead.
    pub value: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// `proposed`, `in_force`, `overdue`, `ended` or `denied`.
    pub standing: String,
    /// Who asked for it.
    pub maker: String,
    /// Who approved it.
    pub approver: Option<String>,
}

/// Whether billing could carry out a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCheck {
    /// Whether it may be won.
    pub can_be_won: bool,
    /// Everything that billing could not carry out, each with the field, the value and the mend.
    pub problems: Vec<OrderProblem>,
    /// The approved bypass that lets it be won all the same.
    pub bypass: Option<String>,
    /// What the contract would be worth without tax, when nothing is wrong.
    pub value: Option<Money>,
}

/// One thing wrong with a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderProblem {
    /// A stable word.
    pub code: String,
    /// What is wrong, with the field, the value and the mend.
    pub message: String,
}
