//! Routes of drafts of invoices and of how documents come to be issued.

use super::*;
use crate::api::invoice_life;

const DRAFT_STATUS: Parameter = filter(
    "status",
    "draft, waiting, denied, finalised or withdrawn; open for those that are not over; all when absent.",
);

pub(super) const ROUTES: &[Route] = &[
    route(
        "Set-up",
        "/entities/{id}/invoice-policy",
        "State how the documents of a legal entity come to be issued: as drafts, by a second person, under which numbers",
        P::ChangeCatalogue,
        schema::<answers::InvoicePolicySet>(),
        about(
            "set_invoice_policy",
            schema::<command::SetInvoicePolicy>(),
            "entity",
        ),
    ),
    route(
        "Set-up",
        "/entities/{id}/invoice-policy",
        "How the documents of a legal entity come to be issued",
        P::ViewFigures,
        schema::<app::journey::invoice_policy::PolicyInForce>(),
        one(invoice_life::policy),
    ),
    route(
        "Billing",
        "/invoice-drafts",
        "List drafts of invoices and credit notes, newest first",
        P::ViewCommerce,
        schema::<Page<app::journey::invoice_draft::InvoiceDraftView>>(),
        list(
            &[
                DRAFT_STATUS,
                ENTITY,
                CUSTOMER,
                filter("contract", "Only this contract."),
            ],
            invoice_life::drafts,
        ),
    ),
    route(
        "Billing",
        "/invoice-drafts/{id}",
        "One draft, by its id or by its contract, with its lines and its trail of approvals",
        P::ViewCommerce,
        schema::<app::journey::invoice_draft::InvoiceDraftDetail>(),
        one(invoice_life::draft),
    ),
    route(
        "Billing",
        "/invoice-drafts/{id}/preview",
        "What issuing an open draft now would do, and whether that differs from what it says",
        P::RunBilling,
        schema::<app::journey::invoice_draft::DraftPreview>(),
        one(invoice_life::preview),
    ),
    route(
        "Billing",
        "/invoice-drafts/{id}/finalisation",
        "Issue a draft before its days are over, or ask a second person to",
        P::RunBilling,
        schema::<answers::DraftFinalised>(),
        about(
            "finalise_invoice",
            schema::<command::FinaliseInvoice>(),
            "draft",
        ),
    ),
    route(
        "Billing",
        "/invoice-drafts/{id}/refresh",
        "Compute a draft anew",
        P::RunBilling,
        schema::<answers::DraftRefreshed>(),
        about(
            "refresh_invoice_draft",
            schema::<command::RefreshInvoiceDraft>(),
            "draft",
        ),
    ),
];
