//! Routes of use that is measured.

use super::*;
use crate::api::{IntakeRoute, usage};

const METER: &[Parameter] = &[filter("meter", "Only this meter.")];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Usage",
        "/meters",
        "Publish a meter, or change its rules",
        P::ChangeCatalogue,
        schema::<answers::MeterPublished>(),
        makes("publish_meter", schema::<command::PublishMeter>()),
    ),
    route(
        "Usage",
        "/meters",
        "List meters with how many events they have",
        P::ViewCommerce,
        schema::<List<app::query::MeterView>>(),
        one(usage::meters),
    ),
    route(
        "Usage",
        "/meters/{id}",
        "One meter: what was used in the running period by customer, its newest events, and what was set aside",
        P::ViewCommerce,
        schema::<app::query::MeterDetail>(),
        one(usage::meter),
    ),
    route(
        "Usage",
        "/usage",
        "Take in up to 10,000 events of use at once, as JSON or one event a line; no Idempotency-Key: meter and key make each event count once",
        P::RunBilling,
        schema::<app::usage::Taken>(),
        Work::Intake(IntakeRoute {
            name: "take_usage",
            body: schema::<usage::UsageBatch>(),
        }),
    ),
    route(
        "Usage",
        "/usage/intakes",
        "List what came in at once, newest first, with control totals",
        P::ViewCommerce,
        schema::<Page<app::query::IntakeView>>(),
        list(&[], usage::intakes),
    ),
    route(
        "Usage",
        "/usage/set-aside",
        "List events that were rejected or are held, newest first, each with its reason",
        P::ViewCommerce,
        schema::<Page<app::query::AsideView>>(),
        list(METER, usage::aside),
    ),
    route(
        "Usage",
        "/usage/events",
        "Take in one event of use, with an Idempotency-Key",
        P::RunBilling,
        schema::<answers::UsageRecorded>(),
        makes("record_usage", schema::<command::RecordUsage>()),
    ),
    route(
        "Usage",
        "/usage/files",
        "Take in a file of events of use",
        P::RunBilling,
        schema::<answers::FileTaken>(),
        makes("import_usage", schema::<command::ImportFile>()),
    ),
    route(
        "Usage",
        "/contracts/{id}/held-usage",
        "Try the events again that are held for a contract, or give them up",
        P::RunBilling,
        schema::<answers::UsageReleased>(),
        about(
            "release_usage",
            schema::<command::ReleaseUsage>(),
            "contract",
        ),
    ),
    route(
        "Usage",
        "/invoice-lines/{id}/usage",
        "The events behind an invoice line, with the arithmetic of its price",
        P::ViewCommerce,
        schema::<answers::EventsBehind>(),
        list(&[], usage::behind),
    ),
];
