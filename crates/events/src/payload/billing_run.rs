//! Payloads of bill runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{BillRunId, ContractId, CustomerId, Date, EntityId, Money};

/// Payload of `billing.run.started` and `billing.run.ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillRunReport {
    /// The run.
    pub run: BillRunId,
    /// Bills what is owed through this day.
    pub through: Date,
    /// Only this legal entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// Only this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Only this contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// How it stands: `running`, `done` or `cancelled`.
    pub status: String,
    /// Who planned it.
    pub planned_by: String,
    /// Who approved it, where a second person was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What its preview expected, with tax, invoices less credit notes.
    pub expected: Vec<Money>,
    /// What it issued, with tax, invoices less credit notes.
    pub issued: Vec<Money>,
    /// Documents that it issued.
    pub documents: u64,
    /// Contracts that are held with an exception.
    pub held: u64,
}
