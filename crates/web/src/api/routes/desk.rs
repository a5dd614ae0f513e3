//! Routes of accounts, work in parts, and bills between entities.

use super::super::desk;
use super::*;

const ROOM: &[Parameter] = &[filter(
    "room",
    "billing, payments, contracts, quotes, collection, disputes or account; all when absent.",
)];
const CONTRACT: &[Parameter] = &[filter("contract", "Only this contract.")];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Commercial",
        "/customers/{id}/timeline",
        "Everything that happened on the account of a customer, newest first: billed, paid, agreed, quoted, chased, disputed",
        P::ViewCommerce,
        schema::<Page<app::query::AccountEntry>>(),
        list(ROOM, desk::timeline),
    ),
    route(
        "Commercial",
        "/customers/{id}/account",
        "What the account of a customer comes to: open, overdue, disputed, unapplied, prepaid",
        P::ViewCommerce,
        schema::<app::query::AccountStanding>(),
        one(desk::account),
    ),
    route(
        "Commercial",
        "/progress-plans",
        "List work that is billed in parts, newest first, with what is accepted and what remains",
        P::ViewCommerce,
        schema::<Page<app::query::ProgressPlanView>>(),
        list(CONTRACT, desk::progress_plans),
    ),
    route(
        "Commercial",
        "/progress-plans/{id}",
        "One plan with its parts and the documents that bill them",
        P::ViewCommerce,
        schema::<app::query::ProgressPlanView>(),
        one(desk::progress_plan),
    ),
    route(
        "Ledger",
        "/intercompany",
        "List bills between legal entities, newest first, with both sides as they are posted",
        P::ViewBooks,
        schema::<Page<app::query::IntercompanyView>>(),
        list(&[], desk::intercompany),
    ),
    route(
        "Ledger",
        "/intercompany/{id}/pdf",
        "A bill between legal entities, or the credit note that took one back, by its number, as PDF/A-3",
        P::ViewBooks,
        schema::<String>(),
        download("application/pdf", papers::between_pdf),
    ),
    route(
        "Ledger",
        "/intercompany/{id}/ubl",
        "A bill between legal entities, or the credit note that took one back, by its number, as EN 16931 in UBL 2.1",
        P::ViewBooks,
        schema::<String>(),
        download("application/xml", papers::between_ubl),
    ),
    route(
        "Ledger",
        "/intercompany-position",
        "What the accounts between legal entities come to over the group, by currency: zero, or a side is missing",
        P::ViewBooks,
        schema::<List<app::query::IntercompanyNet>>(),
        one(desk::intercompany_position),
    ),
    route(
        "Set-up",
        "/entities/{id}/billing-policy",
        "How a legal entity prices parts of billing periods",
        P::ViewFigures,
        schema::<app::query::BillingPolicyView>(),
        one(desk::billing_policy),
    ),
    route(
        "Catalogue",
        "/catalogue/products/{id}",
        "One product with every price from when to when, what sells it, and its versions",
        P::ViewCommerce,
        schema::<app::query::ProductDetail>(),
        one(desk::product),
    ),
];
