//! Bodies of the commands about endpoints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::Instant;

/// Body of `add_webhook_endpoint`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWebhookEndpoint {
    /// Where it listens, such as `https://example.com/webhooks`.
    pub url: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it wants: event types such as `com.tieout.billing.invoice.issued.v1`, groups such as
    /// `com.tieout.billing.*`, or `*` for everything.
    #[serde(default = "everything")]
    pub types: Vec<String>,
    /// The highest major version that it reads, for what is wanted by group; the newest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// Body of `change_webhook_endpoint`: what is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhookEndpoint {
    /// The endpoint.
    pub endpoint: String,
    /// Where it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// The highest major version that it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Whether it is sent anything. What waits when it is disabled is passed over; `recover_webhooks`
    /// brings it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Body of `rotate_webhook_secret`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateWebhookSecret {
    /// The endpoint.
    pub endpoint: String,
    /// For how many hours the secret of before signs too; at most 168.
    #[serde(default = "a_day")]
    pub overlap_hours: u16,
}

/// Body of `show_webhook_secret`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowWebhookSecret {
    /// The endpoint.
    pub endpoint: String,
}

/// Body of `test_webhook`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestWebhook {
    /// The endpoint.
    pub endpoint: String,
}

/// Body of `resend_webhook`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendWebhook {
    /// The endpoint.
    pub endpoint: String,
    /// A message that was given up or passed over.
    pub message: String,
}

/// Body of `recover_webhooks`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverWebhooks {
    /// The endpoint.
    pub endpoint: String,
    /// Everything recorded since this moment that it wants and has not taken is sent again.
    pub since: Instant,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

fn a_day() -> u16 {
    24
}
