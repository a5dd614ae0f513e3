//! Bodies of commands about bill runs and the life of invoices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{BillRunId, ContractId, Currency, CustomerId, Date, EntityId};

/// Body of `create_bill_run`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBillRun {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<BillRunId>,
    /// Bills what is owed through this day.
    pub through: Date,
    /// Only this legal entity.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Only this customer.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// Only this contract.
    #[serde(default)]
    pub contract: Option<ContractId>,
    /// Only contracts in this currency.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Body of `approve_bill_run`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveBillRun {
    /// The run.
    pub run: BillRunId,
}

/// What is done with a bill run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillRunAction {
    /// It begins to issue, once it is previewed and, where needed, approved.
    Start,
    /// It issues no more until it is resumed.
    Pause,
    /// It goes on where it stopped.
    Resume,
    /// It ends. What it issued stays.
    Cancel,
}

/// Body of `steer_bill_run`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SteerBillRun {
    /// The run.
    pub run: BillRunId,
    /// `start`, `pause`, `resume` or `cancel`.
    pub action: BillRunAction,
    /// Why, for pause and cancel.
    #[serde(default)]
    pub reason: String,
}

/// Body of `void_invoice`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidInvoice {
    /// Its id or printed number.
    pub invoice: String,
    /// Why; it is kept with the evidence.
    pub reason: String,
}
