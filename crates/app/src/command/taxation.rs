//! Bodies of the commands about tax, work billed in parts, and billing between legal entities.

use super::Amount;
use commerce::{Pattern, TaxProfile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    ContractId, Currency, CustomerId, Date, EntityId, ProductCode, Quantity, Rate, UnitPrice,
};

/// Body of `set_tax_profile`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTaxProfile {
    /// The customer.
    pub customer: CustomerId,
    /// How it stands towards tax from now on, all of it; documents issued before stay as they are.
    pub tax: TaxProfile,
    /// The version that was looked at, 0 before the first. The command is refused where another one
    /// was set meanwhile; whichever there is is followed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<i64>,
}

/// Whose figures are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakenTax {
    /// Those of the tax engine.
    Engine,
    /// Those of our own rows of data.
    Table,
}

/// Body of `accept_tax`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptTax {
    /// The decision, as the exception names it, or the contract whose document waits for it.
    pub decision: String,
    /// Whose figures are taken.
    pub take: TakenTax,
    /// Why.
    pub reason: String,
}

/// A milestone of a plan.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPart {
    /// What is reached.
    pub name: String,
    /// What is billed then, without tax.
    pub amount: Amount,
}

/// Body of `plan_progress`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanProgress {
    /// Its id, to be named when parts are accepted.
    pub id: String,
    /// The contract.
    pub contract: ContractId,
    /// What is sold.
    pub product: ProductCode,
    /// Words on the invoice; the product's name when absent.
    #[serde(default)]
    pub description: Option<String>,
    /// What all parts together may come to, without tax.
    pub value: Amount,
    /// Its milestones; none for work that is billed by percentages, amounts or hours.
    #[serde(default)]
    pub milestones: Vec<PlannedPart>,
}

/// Body of `bill_progress`. One of `milestone`, `percent`, `amount` and `hours` with `rate`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillProgress {
    /// The plan.
    pub plan: String,
    /// The day on which the work was accepted.
    pub on: Date,
    /// The milestone that was accepted, by its name.
    #[serde(default)]
    pub milestone: Option<String>,
    /// The part of the plan's value: `"0.30"` is 30 %.
    #[serde(default)]
    pub percent: Option<Rate>,
    /// An amount without tax.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Hours worked.
    #[serde(default)]
    pub hours: Option<Quantity>,
    /// Price of an hour.
    #[serde(default)]
    pub rate: Option<UnitPrice>,
    /// What the part is called; needed but for a milestone.
    #[serde(default)]
    pub name: Option<String>,
    /// How its revenue is earned; wholly on the day when absent.
    #[serde(default)]
    pub recognition: Option<Pattern>,
}

/// Body of `undo_progress`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoProgress {
    /// The plan.
    pub plan: String,
    /// The part, by its name.
    pub part: String,
    /// Why.
    pub reason: String,
}

/// Body of `bill_entity`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillEntity {
    /// The legal entity that bills.
    pub seller: EntityId,
    /// The legal entity that is billed.
    pub buyer: EntityId,
    /// For what.
    pub description: String,
    /// What it cost the seller, without mark-up.
    pub cost: Amount,
    /// Put on the cost: `"0.05"` is 5 %.
    #[serde(default)]
    pub markup: Rate,
    /// Currency; the seller's when absent.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Accounting date in both books.
    pub on: Date,
}

/// Body of `undo_entity_bill`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoEntityBill {
    /// The pair.
    pub pair: String,
    /// Why.
    pub reason: String,
}
