//! The bodies of commands about exceptions, incidents and disputes.

use super::{Amount, CreditLine};
use control::exception_case::DisputeReason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::ExceptionId;

/// Body of `acknowledge_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeException {
    /// The exception.
    pub exception: ExceptionId,
}

/// Body of `retry_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryException {
    /// The exception.
    pub exception: ExceptionId,
}

/// Body of `escalate_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateException {
    /// The exception.
    pub exception: ExceptionId,
    /// Why it cannot wait.
    pub reason: String,
}

/// Body of `split_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitException {
    /// The exception.
    pub exception: ExceptionId,
    /// An item that it holds, as `source/id`: the item gets an exception of its own. Without one the
    /// exception itself leaves its group and is acted on alone.
    #[serde(default)]
    pub item: Option<String>,
    /// Why it is not like the others.
    pub reason: String,
}

/// Body of `complete_playbook_step`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletePlaybookStep {
    /// The exception.
    pub exception: ExceptionId,
    /// Which step of its playbook, from 1.
    pub step: u32,
    /// Whether it is done; `false` takes the note back.
    #[serde(default = "yes")]
    pub done: bool,
}

/// Body of `propose_fix`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeFix {
    /// The exception.
    pub exception: ExceptionId,
    /// The whole payload as it is to be, as JSON text, so that no amount in it changes.
    pub payload: String,
    /// Why; the person who approves it reads this.
    pub reason: String,
}

/// Body of `apply_fix`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyFix {
    /// The proposal.
    pub fix: String,
    /// A remark.
    #[serde(default)]
    pub remark: String,
}

/// Body of `reject_fix`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectFix {
    /// The proposal.
    pub fix: String,
    /// Why not.
    pub remark: String,
}

/// Which open exceptions an action is for. What is left out narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WhichExceptions {
    /// One group.
    pub group: String,
    /// One class.
    pub class: String,
    /// One owner.
    pub owner: String,
    /// One status.
    pub status: String,
    /// One incident.
    pub incident: String,
    /// Only those past their term.
    pub overdue: bool,
}

/// What is done to each exception of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BatchAction {
    /// Somebody has seen them.
    Acknowledge,
    /// They are given to somebody.
    Assign {
        /// A role or a person.
        owner: String,
    },
    /// What they stopped is tried again.
    Retry,
    /// They are settled.
    Resolve {
        /// `mended` or `skipped`.
        outcome: String,
        /// Outcome code.
        #[serde(default)]
        code: Option<String>,
        /// Why.
        reason: String,
    },
    /// They go to the next role.
    Escalate {
        /// Why.
        reason: String,
    },
}

/// Body of `act_on_exceptions`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActOnExceptions {
    /// Which.
    pub which: WhichExceptions,
    /// What is done to each.
    pub action: BatchAction,
    /// How many the preview showed; when there are more or fewer now, nothing is done.
    pub expected: u64,
}

/// Body of `stop_exception_batch`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopExceptionBatch {
    /// The batch.
    pub batch: String,
}

/// Body of `open_incident`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenIncident {
    /// What is the matter.
    pub title: String,
    /// `low`, `normal`, `high` or `blocks_close`.
    pub severity: String,
    /// Who leads it: a role or a person.
    pub owner: String,
    /// The groups that it explains.
    pub groups: Vec<String>,
}

/// Body of `update_incident`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateIncident {
    /// The incident.
    pub incident: String,
    /// What is known now.
    pub note: String,
    /// Another severity.
    #[serde(default)]
    pub severity: Option<String>,
    /// Another leader.
    #[serde(default)]
    pub owner: Option<String>,
    /// More groups that it explains.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Body of `close_incident`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseIncident {
    /// The incident.
    pub incident: String,
    /// What it was.
    pub reason: String,
}

/// Body of `open_dispute`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDispute {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<values::DisputeId>,
    /// The invoice, by id or number.
    pub invoice: String,
    /// Why: `wrong_price`, `wrong_quantity`, `not_delivered`, `cancelled`, `billed_twice`, `wrong_tax`
    /// or `formality`.
    #[schemars(with = "String")]
    pub reason_code: DisputeReason,
    /// What the customer says.
    pub note: String,
    /// The disputed lines with their amounts without tax; the whole invoice when empty.
    #[serde(default)]
    pub lines: Vec<CreditLine>,
    /// So much of what is open, in major units with tax; all of it when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Who is to decide: a role or a person; the owner of the class when absent.
    #[serde(default)]
    pub owner: Option<String>,
}

/// Body of `resolve_dispute`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDispute {
    /// The dispute.
    pub dispute: values::DisputeId,
    /// `dispute_accepted`, `dispute_partly_accepted`, `dispute_rejected` or `dispute_withdrawn`.
    pub outcome: String,
    /// How much is credited without tax, in major units, when it is partly accepted.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Why; printed on the credit note when there is one.
    pub reason: String,
}

fn yes() -> bool {
    true
}
