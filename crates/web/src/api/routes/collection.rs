//! Routes of receivables: cash application, write-offs, prepaid credit, late payers.

use super::*;
use crate::api::collection;

const AGED: &[Parameter] = &[
    filter("as_of", "The day, such as 2026-03-31; today when absent."),
    ENTITY,
];

pub(super) const ROUTES: &[Route] = &[
    route(
        "Receivables",
        "/unmatched-payments",
        "Payments of which something is set against nothing, the longest waiting first, with value, reason and what each may be for",
        P::ViewCommerce,
        schema::<Page<app::collection::UnmatchedPayment>>(),
        list(&[], collection::unmatched),
    ),
    route(
        "Receivables",
        "/payments/{id}/matches",
        "Set a payment against the invoices that it is for, by amount; small differences may be let go",
        P::ApplyCash,
        schema::<answers::PaymentMatched>(),
        about(
            "match_payment",
            schema::<command::MatchPayment>(),
            "payment",
        ),
    ),
    route(
        "Receivables",
        "/payments/{id}/reversals",
        "Take a payment back from an invoice",
        P::ApplyCash,
        schema::<answers::PaymentTakenBack>(),
        about(
            "unapply_payment",
            schema::<command::UnapplyPayment>(),
            "payment",
        ),
    ),
    route(
        "Receivables",
        "/customers/{id}/payer",
        "Say who pays for a customer",
        P::ApplyCash,
        schema::<answers::PayerSet>(),
        about("set_payer", schema::<command::SetPayer>(), "customer"),
    ),
    route(
        "Receivables",
        "/invoices/{id}/write-off",
        "Give up what is open of an invoice; over a limit another person approves it",
        P::IssueCredit,
        schema::<answers::InvoiceWrittenOff>(),
        about(
            "write_off_invoice",
            schema::<command::WriteOffInvoice>(),
            "invoice",
        ),
    ),
    route(
        "Receivables",
        "/prepaid-credits",
        "Grant prepaid credit: bought by a payment, or given",
        P::IssueCredit,
        schema::<answers::CreditGranted>(),
        makes("grant_credit", schema::<command::GrantCredit>()),
    ),
    route(
        "Receivables",
        "/prepaid-credits",
        "Prepaid credit that was granted, the newest first, with what is left and which invoices used it",
        P::ViewCommerce,
        schema::<Page<app::query::CreditGrantView>>(),
        list(&[CUSTOMER], collection::prepaid),
    ),
    route(
        "Receivables",
        "/receivables/aged",
        "What customers owed at the end of a day by age, tied out to the receivable accounts",
        P::ViewCommerce,
        schema::<app::collection::AgedView>(),
        asks(AGED, collection::aged),
    ),
    route(
        "Receivables",
        "/receivables/aged/{id}/csv",
        "The same as CSV, one row a document; the id is the day",
        P::ViewCommerce,
        schema::<String>(),
        download("text/csv; charset=utf-8", collection::aged_csv),
    ),
    route(
        "Receivables",
        "/collections",
        "Invoices that are being collected, the longest due first, with owner, promise and next action",
        P::ViewCommerce,
        schema::<Page<app::collection::WorkRow>>(),
        list(&[], collection::worklist),
    ),
    route(
        "Receivables",
        "/collections/{id}",
        "One case with everything that was done in it, notices with their text",
        P::ViewCommerce,
        schema::<app::collection::CaseView>(),
        one(collection::case),
    ),
    route(
        "Receivables",
        "/invoices/{id}/promise",
        "Record that a customer promised to pay; nothing is done until its day",
        P::ApplyCash,
        schema::<answers::PromiseRecorded>(),
        about(
            "record_promise",
            schema::<command::RecordPromise>(),
            "invoice",
        ),
    ),
    route(
        "Receivables",
        "/invoices/{id}/collector",
        "Give a late invoice to somebody, with what is done next",
        P::ApplyCash,
        schema::<answers::CollectionAssigned>(),
        about(
            "assign_collection",
            schema::<command::AssignCollection>(),
            "invoice",
        ),
    ),
    route(
        "Receivables",
        "/invoices/{id}/service",
        "Give back a service that is withheld for a debt which was written off",
        P::IssueCredit,
        schema::<answers::ServiceResumed>(),
        about(
            "resume_service",
            schema::<command::ResumeService>(),
            "invoice",
        ),
    ),
    route(
        "Receivables",
        "/collection-policy",
        "Put a new policy of receivables in force: matching, tolerance, write-offs, steps of dunning",
        P::ChangePostingRules,
        schema::<answers::CollectionPolicyPublished>(),
        runs(
            "publish_collection_policy",
            schema::<command::PublishCollectionPolicy>(),
        ),
    ),
];
