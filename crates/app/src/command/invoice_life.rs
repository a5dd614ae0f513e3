//! Bodies of commands about how documents come to be issued.

use billing::InvoicePolicy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::EntityId;

/// Body of `set_invoice_policy`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetInvoicePolicy {
    /// Whose documents.
    pub entity: EntityId,
    /// The whole policy; what is left out goes back to its default.
    pub policy: InvoicePolicy,
}

/// Body of `finalise_invoice`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinaliseInvoice {
    /// The id of the draft, or of the contract whose draft it is.
    pub draft: String,
    /// The version that was looked at. When the draft has other content by now, nothing is issued.
    #[serde(default)]
    pub version: Option<u32>,
}

/// Body of `refresh_invoice_draft`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshInvoiceDraft {
    /// The id of the draft, or of the contract whose draft it is.
    pub draft: String,
}
