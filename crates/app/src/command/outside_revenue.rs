//! Body of the command about revenue that another system recognises.

use super::Amount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, Date};

/// Body of `record_outside_revenue`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOutsideRevenue {
    /// The system that recognised it: the system of record of revenue for the contract.
    pub system: String,
    /// The contract.
    pub contract: ContractId,
    /// Through which day it is recognised there.
    pub through: Date,
    /// What is recognised there, one line for each component.
    pub lines: Vec<OutsideRevenueLine>,
}

/// What another system recognised of a component.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideRevenueLine {
    /// The component of the contract; may be left out when it has one only.
    #[serde(default)]
    pub component: Option<ComponentId>,
    /// From the first day through the stated one, all of it, in major units. The same statement again
    /// has no effect; another one takes its place.
    pub recognised: Amount,
}
