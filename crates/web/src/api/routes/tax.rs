//! Routes: what tax engines were asked, and revenue that other systems recognise.

use super::super::tax;
use super::*;
use app::journey::taxation;

const STATUSES: &[Parameter] = &[filter(
    "status",
    "asked, agreed, mismatch, accepted, table or superseded; all when absent.",
)];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Billing",
        "/tax-decisions",
        "List what tax engines were asked, newest first, with their figure and our own",
        P::ViewCommerce,
        schema::<Page<taxation::TaxDecisionView>>(),
        list(STATUSES, tax::decisions),
    ),
    route(
        "Billing",
        "/tax-decisions/{id}",
        "One tax decision: each charge as both sides tax it, and every call word for word",
        P::ViewCommerce,
        schema::<taxation::TaxDecisionDetail>(),
        one(tax::decision),
    ),
    route(
        "Ledger",
        "/outside-revenue",
        "Record what another system recognised of a contract",
        P::RunRecognition,
        schema::<answers::OutsideRevenueStated>(),
        runs(
            "record_outside_revenue",
            schema::<command::RecordOutsideRevenue>(),
        ),
    ),
];
