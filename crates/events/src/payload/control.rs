//! Payloads of the control room: exceptions, approvals, replays, processes, files, reconciliation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    AccountCode, ApprovalId, BreakId, Currency, Date, ExceptionId, FileId, Instant, Money, Month,
    ProcessId, ReconciliationRunId, ReplayId,
};

/// Payload of `exception.assigned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionAssigned {
    /// The exception.
    pub exception: ExceptionId,
    /// Its class, such as `unknown_product`.
    pub class: String,
    /// The role that answers for it from now on.
    pub owner: String,
    /// The person who has it in hand, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Who had it before: a person, or else a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Why it changed hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Payload of `exception.escalated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionEscalated {
    /// The exception.
    pub exception: ExceptionId,
    /// Its class, such as `unknown_product`.
    pub class: String,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// 1 for the first escalation.
    pub level: u32,
    /// Who had it.
    pub previous: String,
    /// Who answers for it from now on.
    pub owner: String,
    /// When it had to be settled, where a deadline passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// Why.
    pub reason: String,
}

/// Payload of `approval.requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequested {
    /// The approval.
    pub approval: ApprovalId,
    /// The policy that asks for it.
    pub policy: String,
    /// What is to be done once it is granted, such as `enter_journal`.
    pub command: String,
    /// What it is about, such as `invoice/inv_01J…`.
    pub subject: String,
    /// What is asked, in the words of the trade.
    pub summary: String,
    /// The maker, who may not be the checker.
    pub requested_by: String,
    /// The roles that can grant it.
    pub approvers: Vec<String>,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// When it lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// SHA-256 of what the checker is shown, in hexadecimal: what is granted is exactly that.
    pub evidence: String,
}

/// Payload of `approval.granted` and `.denied`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDecided {
    /// The approval.
    pub approval: ApprovalId,
    /// The policy that asked for it.
    pub policy: String,
    /// What was to be done.
    pub command: String,
    /// What it is about.
    pub subject: String,
    /// The maker.
    pub requested_by: String,
    /// The checker.
    pub decided_by: String,
    /// For whom the checker decided, where that was delegated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// Why.
    pub reason: String,
    /// SHA-256 of what the checker was shown, in hexadecimal.
    pub evidence: String,
}

/// Payload of `approval.expired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalExpired {
    /// The approval.
    pub approval: ApprovalId,
    /// The policy that asked for it.
    pub policy: String,
    /// What was to be done, and was not.
    pub command: String,
    /// What it is about.
    pub subject: String,
    /// The maker.
    pub requested_by: String,
    /// When it lapsed.
    pub expired: Instant,
}

/// What a replay would change on, or has changed on, one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountChange {
    /// The account.
    pub account: AccountCode,
    /// Positive is a debit, negative a credit.
    pub change: Money,
}

/// Payload of `replay.requested`: what the dry run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayRequested {
    /// The replay.
    pub replay: ReplayId,
    /// What is to be replayed, as the filter that selects it.
    pub filter: String,
    /// How many items it selects.
    pub items: u64,
    /// How many of them have had their effect already.
    pub duplicates: u64,
    /// What the items are worth, by currency.
    pub value: Vec<Money>,
    /// The months that it would post to.
    pub periods: Vec<Month>,
    /// What it would change in the books.
    pub accounting: Vec<AccountChange>,
    /// The maker.
    pub requested_by: String,
    /// Why.
    pub reason: String,
}

/// Payload of `replay.completed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayCompleted {
    /// The replay.
    pub replay: ReplayId,
    /// How many items it had.
    pub items: u64,
    /// How many had their effect now.
    pub done: u64,
    /// How many had had it before.
    pub duplicates: u64,
    /// How many did not succeed and stay open.
    pub failed: u64,
    /// What was done is worth, by currency.
    pub value: Vec<Money>,
    /// The maker.
    pub requested_by: String,
    /// The checker.
    pub approved_by: String,
    /// Whether the effects were read back in both systems.
    pub verified: bool,
}

/// Payload of `process.started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessStarted {
    /// The instance.
    pub process: ProcessId,
    /// Its table of steps, such as `order_to_invoice`.
    pub definition: String,
    /// The version of that table, to which the instance is pinned.
    pub version: u32,
    /// What it is about, such as `contract/con_01J…`.
    pub subject: String,
    /// The step that it waits in.
    pub step: String,
    /// When it is to have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
}

/// Payload of `process.completed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessCompleted {
    /// The instance.
    pub process: ProcessId,
    /// Its table of steps.
    pub definition: String,
    /// The version of that table.
    pub version: u32,
    /// What it is about.
    pub subject: String,
    /// The step that it ended in.
    pub step: String,
}

/// Payload of `process.cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessCancelled {
    /// The instance.
    pub process: ProcessId,
    /// Its table of steps.
    pub definition: String,
    /// The version of that table.
    pub version: u32,
    /// What it is about.
    pub subject: String,
    /// The step that it stood in.
    pub step: String,
    /// The steps that were undone, in the order in which they were.
    pub undone: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Payload of `process.overdue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessOverdue {
    /// The instance.
    pub process: ProcessId,
    /// Its table of steps.
    pub definition: String,
    /// The version of that table.
    pub version: u32,
    /// What it is about.
    pub subject: String,
    /// The step that it waits in.
    pub step: String,
    /// What it waits for: an event type, or the words of the step.
    pub awaited: String,
    /// When that should have happened.
    pub due: Instant,
    /// What waits is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// The role that is to act.
    pub owner: String,
}

/// A sum that the sender of a file states and that we add up ourselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlTotal {
    /// What is added up, such as the name of a column.
    pub name: String,
    /// The sender's figure, where it states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Money>,
    /// Our figure over every row of the file.
    pub computed: Money,
    /// Our figure over the rows that were accepted.
    pub accepted: Money,
}

/// Payload of `file.received`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileReceived {
    /// The file.
    pub file: FileId,
    /// The connection or person that it came from.
    pub source: String,
    /// Its name there.
    pub name: String,
    /// What it holds, such as `bank_lines`.
    pub kind: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub checksum: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many rows its sender states, where it states that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_stated: Option<u64>,
    /// How many rows were taken in.
    pub accepted: u64,
    /// How many rows were refused, each with a reason.
    pub rejected: u64,
    /// Its sums.
    pub totals: Vec<ControlTotal>,
}

/// Both sides of a reconciliation in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReconciledTotal {
    /// The currency of all three.
    pub currency: Currency,
    /// Recomputed from the facts.
    pub expected: Money,
    /// What the other side says.
    pub actual: Money,
    /// Expected less actual.
    pub difference: Money,
}

/// Payload of `run.completed` of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReconciliationRunCompleted {
    /// The run.
    pub run: ReconciliationRunId,
    /// What is compared, such as `cash` or `crm_contract_value`.
    pub tie_out: String,
    /// Through which day.
    pub through: Date,
    /// How many pairs agree.
    pub matched: u64,
    /// How many are a matter of time only.
    pub timing: u64,
    /// How many differ and are explained by an open exception.
    pub explained: u64,
    /// How many differ and are not explained.
    pub breaks: u64,
    /// Both sides, by currency.
    pub totals: Vec<ReconciledTotal>,
}

/// Payload of `break.opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakOpened {
    /// The break.
    pub break_id: BreakId,
    /// What is compared.
    pub tie_out: String,
    /// `missing_here`, `missing_there` or `different`.
    pub class: String,
    /// The object that differs, such as `payment/pay_01J…`.
    pub subject: String,
    /// Our figure, where we have the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Money>,
    /// The other side's figure, where it has the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Money>,
    /// Expected less actual.
    pub difference: Money,
    /// The role that is to act.
    pub owner: String,
    /// The exception that holds the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionId>,
}

/// Payload of `break.cleared`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakCleared {
    /// The break.
    pub break_id: BreakId,
    /// What is compared.
    pub tie_out: String,
    /// The object that differed.
    pub subject: String,
    /// The difference that stood.
    pub difference: Money,
    /// What cleared it.
    pub reason: String,
    /// Who cleared it: a person, or the run that found both sides equal.
    pub cleared_by: String,
}
