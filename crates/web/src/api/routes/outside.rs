//! Routes: what other systems bill, and answers for callers who wait.

use super::*;

const CONTRACT: Parameter = filter("contract", "Only this contract.");
const PARKED: Parameter = filter(
    "status",
    "parked for what could not be posted yet; all when absent.",
);

const fn needed(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        about,
        required: true,
    }
}

const PRICE: &[Parameter] = &[
    needed("product", "Its code in the catalogue."),
    needed("currency", "Currency of the price, such as EUR."),
    filter("quantity", "How many; 1 when absent."),
    filter("date", "The day of the order; today in UTC when absent."),
    filter(
        "billing",
        "one_off, monthly, quarterly, semi_annual, annual or term_up_front; every one when absent.",
    ),
];

const TAX: &[Parameter] = &[
    needed("entity", "Who sells."),
    needed("currency", "Currency of the amounts."),
    needed(
        "lines",
        "CODE:NET with commas between, such as standard:1200.00,PLATFORM:80.00. A code is a tax code or a product.",
    ),
    filter("date", "The day of the document; today when absent."),
];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Billing",
        "/outside-invoices",
        "Record an invoice or credit note that another system issued",
        P::RunBilling,
        schema::<answers::OutsideRecorded>(),
        makes(
            "record_outside_invoice",
            schema::<command::RecordOutsideInvoice>(),
        ),
    ),
    route(
        "Billing",
        "/outside-invoices",
        "List what other systems billed, with what became of it",
        P::ViewCommerce,
        schema::<Page<app::query::OutsideDocumentView>>(),
        list(&[CONTRACT, PARKED], quick::outside_documents),
    ),
    route(
        "Files",
        "/outside-invoices/files",
        "Take in a file of invoices and credit notes that another system issued",
        P::RunBilling,
        schema::<answers::FileTaken>(),
        makes("import_outside_invoices", schema::<command::ImportFile>()),
    ),
    route(
        "Billing",
        "/billing-verifications",
        "Compare what another system billed with what it should have billed",
        P::RunBilling,
        schema::<answers::BillingVerified>(),
        runs("verify_billing", schema::<command::VerifyBilling>()),
    ),
    route(
        "Commercial",
        "/prices/lookup",
        "What a product costs on a day, with the arithmetic",
        P::ViewCommerce,
        schema::<app::query::PriceAnswer>(),
        asks(PRICE, quick::price),
    ),
    route(
        "Commercial",
        "/customers/{id}/validation",
        "Whether an account exists and may be sold to",
        P::ViewCommerce,
        schema::<app::query::AccountAnswer>(),
        one(quick::account),
    ),
    route(
        "Billing",
        "/tax/calculation",
        "The tax on amounts that an entity sells on a day",
        P::ViewCommerce,
        schema::<app::query::TaxAnswer>(),
        asks(TAX, quick::tax),
    ),
    route(
        "Control",
        "/trace/{id}/breakdown",
        "Where the time of a chain went, hop by hop, and how many calls to other systems it took",
        P::ViewCommerce,
        schema::<app::query::Breakdown>(),
        one(quick::breakdown),
    ),
];
