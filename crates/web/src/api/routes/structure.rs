//! Routes of account structure: bill-to, consolidation, collections, and what a move would change.

use super::*;
use crate::api::structure;

const MOVE: &[Parameter] = &[
    filter(
        "parent",
        "The account that would be above; none for out of the hierarchy; as it is when absent.",
    ),
    filter("as_of", "The day, such as 2026-03-31; today when absent."),
];

const SYNC: &[Parameter] = &[
    filter("days", "How many days back, 1 to 366; 28 when absent."),
    filter(
        "waiting",
        "Where the page of what is not confirmed begins: a waiting_next of an earlier answer.",
    ),
    filter(
        "slowest",
        "Where the page of what took longest begins: a slowest_next of an earlier answer.",
    ),
];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Receivables",
        "/payment-routes",
        "Which account of the payment processor collects what, by legal entity, country and currency",
        P::ViewFigures,
        schema::<app::payment_routes::PaymentRoutes>(),
        one(structure::payment_routes),
    ),
    route(
        "Receivables",
        "/payment-routes",
        "Say which account of the payment processor collects what; replaces all rows",
        P::ManageTopology,
        schema::<answers::PaymentRoutesSet>(),
        runs("set_payment_routes", schema::<command::SetPaymentRoutes>()),
    ),
    route(
        "Account structure",
        "/customers/{id}/structure",
        "The accounts above and below a customer, where the invoices of its contracts go and why, and who looks after what it owes",
        P::ViewCommerce,
        schema::<app::journey::routing::structure::AccountStructure>(),
        one(structure::structure),
    ),
    route(
        "Account structure",
        "/customers/{id}/hierarchy-preview",
        "What moving a customer in the hierarchy would change as of a day: next invoices, open invoices, who looks after them",
        P::ViewCommerce,
        schema::<app::journey::routing::preview::HierarchyPreview>(),
        asks(MOVE, structure::preview),
    ),
    route(
        "Receivables",
        "/payment-sync",
        "How long payments took to be known here, in the outside ledger and in the CRM, with what is not confirmed yet",
        P::ViewCommerce,
        schema::<app::collection::sync::PaymentSync>(),
        asks(SYNC, structure::payment_sync),
    ),
    route(
        "Account structure",
        "/contracts/{id}/bill-to",
        "Say who is billed for a contract from a day on: its customer, the account above, another one, or as the accounts say",
        P::ChangeMasterData,
        schema::<answers::BillToSet>(),
        about("set_bill_to", schema::<command::SetBillTo>(), "contract"),
    ),
    route(
        "Account structure",
        "/consolidations",
        "Say how the invoices of an account, or of a legal entity where its accounts say nothing, are put together from a day on: one a contract, one for everything due, or with the accounts below it",
        P::ChangeMasterData,
        schema::<answers::ConsolidationSet>(),
        runs("set_consolidation", schema::<command::SetConsolidation>()),
    ),
    route(
        "Account structure",
        "/customers/{id}/collections-owner",
        "Say who looks after what an account and those below it owe; open cases that nobody was given by hand move with it",
        P::ChangeMasterData,
        schema::<answers::CollectionsOwnerSet>(),
        about(
            "set_collections_owner",
            schema::<command::SetCollectionsOwner>(),
            "customer",
        ),
    ),
];
