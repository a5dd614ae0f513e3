//! Routes of new prices for contracts that run.

use super::*;
use crate::api::price_changes;

pub(super) const ROUTES: &[Route] = &[
    route(
        "Commercial",
        "/price-changes",
        "Plan a new price for contracts that run: it is previewed, approved by another person, and made",
        P::ChangeContracts,
        schema::<answers::PriceChangeMoved>(),
        makes("plan_price_change", schema::<command::PlanPriceChange>()),
    ),
    route(
        "Commercial",
        "/price-changes",
        "List price changes, newest first",
        P::ViewCommerce,
        schema::<Page<app::query::PriceChangeView>>(),
        list(&[], price_changes::price_changes),
    ),
    route(
        "Commercial",
        "/price-changes/{id}",
        "One price change with how many contracts it changes, what they pay a month and are worth before and after, and how many keep their price and why",
        P::ViewCommerce,
        schema::<app::query::PriceChangeDetail>(),
        one(price_changes::price_change),
    ),
    route(
        "Commercial",
        "/price-changes/{id}/contracts",
        "What a price change comes to on each contract, by contract",
        P::ViewCommerce,
        schema::<Page<app::query::PriceChangeLine>>(),
        list(
            &[filter("outcome", "expected, excluded, repriced or held.")],
            price_changes::lines,
        ),
    ),
    route(
        "Commercial",
        "/price-changes/{id}/approval",
        "Approve a price change that somebody else planned; it runs then",
        P::ApproveFinance,
        schema::<answers::PriceChangeMoved>(),
        about(
            "approve_price_change",
            schema::<command::ApprovePriceChange>(),
            "price_change",
        ),
    ),
    route(
        "Commercial",
        "/price-changes/{id}/cancellation",
        "Cancel a price change; what it has amended stays amended",
        P::ChangeContracts,
        schema::<answers::PriceChangeMoved>(),
        about(
            "cancel_price_change",
            schema::<command::CancelPriceChange>(),
            "price_change",
        ),
    ),
];
