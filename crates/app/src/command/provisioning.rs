//! Bodies of commands about provisioning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, ProductCode};

/// Body of `set_provisioning`: whether another system provisions a product.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetProvisioning {
    /// The product.
    pub product: ProductCode,
    /// Within how many hours after it comes into force it is confirmed, 1 to 8,760; it is provisioned
    /// by nobody when absent.
    #[serde(default)]
    pub within_hours: Option<u16>,
}

/// Body of `confirm_provisioning`: another system says that a component runs there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmProvisioning {
    /// The contract.
    pub contract: ContractId,
    /// The component.
    pub component: ComponentId,
    /// What the other system calls it, such as the id of the tenant.
    #[serde(default)]
    pub reference: String,
}
