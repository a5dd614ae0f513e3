//! Bodies of commands about approvals, delegation and master data.

use commerce::Collection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ApprovalId, Currency, CustomerId, Date};

/// Body of `grant_approval`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantApproval {
    /// The request.
    pub approval: ApprovalId,
    /// The digest of what was looked at, as the request shows it; the one at the time of asking when
    /// absent. A request whose effect has changed since is not granted.
    #[serde(default)]
    pub evidence: Option<String>,
    /// Why, where there is something to say.
    #[serde(default)]
    pub reason: String,
}

/// Body of `deny_approval`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DenyApproval {
    /// The request.
    pub approval: ApprovalId,
    /// Why.
    pub reason: String,
}

/// Body of `withdraw_approval`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawApproval {
    /// The request.
    pub approval: ApprovalId,
    /// Why.
    pub reason: String,
}

/// Body of `delegate_permission`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegatePermission {
    /// The person who may use it.
    pub to: String,
    /// What is lent: a permission to approve, such as `approve_finance`.
    pub permission: String,
    /// From this day.
    pub from: Date,
    /// Through this day, at most 366 days later.
    pub until: Date,
    /// Why.
    pub reason: String,
}

/// Body of `revoke_delegation`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeDelegation {
    /// The delegation.
    pub delegation: String,
}

/// Body of `publish_approval_policy`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishApprovalPolicy {
    /// The policy in TOML.
    pub toml: String,
}

/// Body of `change_customer`: what is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// From which day it holds, today or later; today when absent.
    #[serde(default)]
    pub effective: Option<Date>,
    /// Registered name.
    #[serde(default)]
    pub legal_name: Option<String>,
    /// Billed in this currency when a contract does not say.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How its invoices are collected: `card` or `transfer`.
    #[serde(default)]
    pub collection: Option<Collection>,
    /// The processor's handle of a stored means of payment.
    #[serde(default)]
    pub payment_method: Option<String>,
    /// Days from invoice to due date.
    #[serde(default)]
    pub payment_terms_days: Option<u16>,
    /// The account above it in the hierarchy; empty text takes it out of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its class, one of those of the collection policy; empty text takes it out of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Why.
    pub reason: String,
}
