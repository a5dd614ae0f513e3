//! Routes of provisioning: what other systems make run when a contract comes into force.

use super::*;
use crate::api::provisioning;

pub(super) const ROUTES: &[Route] = &[
    route(
        "Commercial",
        "/provisioning-rules",
        "State that another system provisions a product, and within how many hours it confirms",
        P::ChangeContracts,
        schema::<answers::ProvisioningSet>(),
        runs("set_provisioning", schema::<command::SetProvisioning>()),
    ),
    route(
        "Commercial",
        "/contracts/{id}/provisioned",
        "Confirm that a component of a contract runs in the system that provisions it",
        P::ChangeContracts,
        schema::<answers::Provisioned>(),
        about(
            "confirm_provisioning",
            schema::<command::ConfirmProvisioning>(),
            "contract",
        ),
    ),
    route(
        "Commercial",
        "/provisioning",
        "What other systems were asked to provision, newest first, with what is late",
        P::ViewCommerce,
        schema::<Page<app::query::ProvisioningView>>(),
        list(
            &[filter("status", "asked, late, confirmed or withdrawn.")],
            provisioning::provisioning,
        ),
    ),
];
