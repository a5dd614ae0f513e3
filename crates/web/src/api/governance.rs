//! The questions and answers of governance: configuration, topology, mappings, deviations.

use super::queries::Answered;
use super::{Asked, answers};
use crate::problem::{Code, Problem};
use app::App;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use values::{DeviationId, ProposalId};

/// Days that a question looks back when it does not say.
const DAYS: u32 = 90;

/// The proposal that was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalMade {
    /// Its id.
    pub proposal: ProposalId,
    /// The document.
    pub kind: String,
    /// The version that it was made on.
    pub base: i64,
    /// `proposed`.
    pub state: String,
    /// Its impact in one sentence.
    pub summary: String,
}

/// The proposal that was decided.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalDecided {
    /// Its id.
    pub proposal: ProposalId,
    /// The document.
    pub kind: String,
    /// `applied` or `denied`.
    pub state: String,
    /// The version that it became.
    pub version: Option<i64>,
}

/// The change that was decided, and what applying it answered.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeDecided {
    /// Its id.
    pub proposed_change: String,
    /// `applied` or `denied`.
    pub state: String,
    /// What the command answered, or what became of the record.
    pub answer: serde_json::Value,
}

/// The write that waits for its steward.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMade {
    /// Its id.
    pub proposed_change: String,
    /// `proposed`.
    pub state: String,
    /// The system whose field it is.
    pub owner: String,
    /// The role that decides.
    pub steward: String,
}

/// The deviation and where it stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviationChanged {
    /// Its id.
    pub deviation: DeviationId,
    /// `proposed`, `approved`, `denied` or `ended`.
    pub state: String,
}

fn written(value: &impl Serialize) -> Answered {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

fn whole<T: Serialize>(items: &[T]) -> Answered {
    Ok(json!({ "items": written(&items)? }))
}

fn days(asked: &Asked) -> Result<u32, Problem> {
    let days: u32 = asked.value("days")?.unwrap_or(DAYS);
    if (1..=3_660).contains(&days) {
        return Ok(days);
    }
    let message = format!("{days} cannot be the days; use 1 to 3660");
    Err(Problem::new(Code::InvalidParameter, message.clone()).with_field("days", message))
}

pub(super) fn configurations(app: &App, _: &Asked) -> Answered {
    whole(&app.configurations()?)
}

pub(super) fn configuration(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match app.configuration(id)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such("configuration document", id)),
    }
}

pub(super) fn proposals(app: &App, _: &Asked) -> Answered {
    whole(&app.proposals()?)
}

pub(super) fn proposal(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match app.proposal(id)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such("proposal", id)),
    }
}

pub(super) fn changes(app: &App, _: &Asked) -> Answered {
    whole(&app.proposed_changes()?)
}

pub(super) fn topology(app: &App, _: &Asked) -> Answered {
    written(&app.topology()?)
}

pub(super) fn deviations(app: &App, _: &Asked) -> Answered {
    whole(&app.deviations()?)
}

pub(super) fn coverage(app: &App, asked: &Asked) -> Answered {
    whole(&app.mapping_coverage(days(asked)?)?)
}

pub(super) fn reproduction(app: &App, asked: &Asked) -> Answered {
    written(&app.reproduce_postings(days(asked)?)?)
}

/// A list without pages, in the description.
pub(super) type All<T> = answers::List<T>;
