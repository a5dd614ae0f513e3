//! Bodies of the commands of governance.

use control::change::ConfigurationKind;
use control::deviation::DeviationClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Currency, Date, DeviationId, EntityId, ProposalId, Quantity, UnitPrice};

/// What a checker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckerWord {
    /// Do it.
    Approve,
    /// Do not.
    Deny,
}

impl CheckerWord {
    /// Whether it is to be done.
    #[must_use]
    pub fn is_approval(self) -> bool {
        self == CheckerWord::Approve
    }
}

/// Body of `propose_configuration`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeConfiguration {
    /// `topology`, `posting_rules`, `chart`, `tax`, `mapping_salesforce`, `mapping_netsuite`,
    /// `approval_policy` or `template`.
    #[schemars(with = "String")]
    pub kind: ConfigurationKind,
    /// The whole document.
    pub body: String,
    /// The day from which it holds, today or later; for every date and at once when absent. Posting
    /// rules go by accounting dates.
    #[serde(default)]
    pub effective: Option<Date>,
    /// Why.
    pub reason: String,
    /// The version that it was made on; the newest when absent.
    #[serde(default)]
    pub base: Option<i64>,
    /// Days of real events that the impact is computed over.
    #[serde(default = "ninety")]
    pub days: u32,
}

fn ninety() -> u32 {
    90
}

/// Body of `decide_configuration`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideConfiguration {
    /// The proposal.
    pub proposal: ProposalId,
    /// `approve` or `deny`.
    pub decision: CheckerWord,
    /// Why.
    pub reason: String,
}

/// Body of `decide_change`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideChange {
    /// The proposed change.
    pub change: String,
    /// `approve` or `deny`.
    pub decision: CheckerWord,
    /// Why.
    pub reason: String,
}

/// Body of `record_deviation`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordDeviation {
    /// `strategic`, `regulatory` or `legacy`.
    #[schemars(with = "String")]
    pub class: DeviationClass,
    /// What differs.
    pub title: String,
    /// Why it has to.
    pub reason: String,
    /// In which legal entity; everywhere when absent.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// The key of the template that gets another value, where a value differs.
    #[serde(default)]
    pub key: Option<String>,
    /// The other value.
    #[serde(default)]
    pub value: Option<String>,
    /// The last day on which it holds; a legacy one has to have one.
    #[serde(default)]
    pub until: Option<Date>,
}

/// Body of `decide_deviation`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDeviation {
    /// The deviation.
    pub deviation: DeviationId,
    /// `approve` or `deny`.
    pub decision: CheckerWord,
    /// Why.
    pub reason: String,
}

/// Body of `end_deviation`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndDeviation {
    /// The deviation.
    pub deviation: DeviationId,
    /// Why.
    pub reason: String,
}

/// Body of `check_order`: a deal before it is won, in the words of the CRM.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOrder {
    /// The CRM; `salesforce` when absent.
    #[serde(default = "salesforce")]
    pub system: String,
    /// Its id there.
    pub opportunity: String,
    /// The account there.
    #[serde(default)]
    pub account: Option<String>,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: Option<String>,
    /// Legal entity that sells.
    #[serde(default)]
    pub entity: Option<String>,
    /// First day of service.
    #[serde(default)]
    pub start: Option<Date>,
    /// Last day of service.
    #[serde(default)]
    pub end: Option<Date>,
    /// How often it is billed.
    #[serde(default)]
    pub frequency: Option<String>,
    /// The opportunity whose contract this one changes.
    #[serde(default)]
    pub upgrades: Option<String>,
    /// What is sold.
    #[serde(default)]
    pub lines: Vec<CheckOrderLine>,
}

fn salesforce() -> String {
    "salesforce".to_owned()
}

/// A line of a deal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOrderLine {
    /// Product code.
    #[serde(default)]
    pub product: Option<String>,
    /// How many.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// Price of one for one billing period.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
}

/// Body of `request_order_bypass`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestOrderBypass {
    /// The CRM; `salesforce` when absent.
    #[serde(default = "salesforce")]
    pub system: String,
    /// The opportunity that is to be won although billing cannot carry it out yet.
    pub opportunity: String,
    /// What it is worth, for the approver.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Why, and who mends it by when.
    pub reason: String,
}
