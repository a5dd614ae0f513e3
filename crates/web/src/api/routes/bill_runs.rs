//! Routes of bill runs and of the life of invoices.

use super::*;
use crate::api::bill_runs;

pub(super) const ROUTES: &[Route] = &[
    route(
        "Billing",
        "/bill-runs",
        "Plan a bill run: it is previewed, approved where the policy asks, and issues once it is started",
        P::RunBilling,
        schema::<answers::BillRunPlanned>(),
        makes("create_bill_run", schema::<command::CreateBillRun>()),
    ),
    route(
        "Billing",
        "/bill-runs",
        "List bill runs, newest first",
        P::ViewCommerce,
        schema::<Page<app::bill_run::BillRunView>>(),
        list(&[], bill_runs::bill_runs),
    ),
    route(
        "Billing",
        "/bill-runs/{id}",
        "One bill run: how far it is, what its preview expects, what it issued, and what is held",
        P::ViewCommerce,
        schema::<app::bill_run::BillRunDetail>(),
        one(bill_runs::bill_run),
    ),
    route(
        "Billing",
        "/bill-runs/{id}/results",
        "What each contract of a bill run came to, by customer, with its document or why there is none",
        P::ViewCommerce,
        schema::<Page<app::bill_run::BillRunResultView>>(),
        list(&[], bill_runs::results),
    ),
    route(
        "Billing",
        "/bill-runs/{id}/approval",
        "Approve a bill run that somebody else planned",
        P::ApproveFinance,
        schema::<answers::BillRunMoved>(),
        about(
            "approve_bill_run",
            schema::<command::ApproveBillRun>(),
            "run",
        ),
    ),
    route(
        "Billing",
        "/bill-runs/{id}/steering",
        "Start, pause, resume or cancel a bill run",
        P::RunBilling,
        schema::<answers::BillRunMoved>(),
        about("steer_bill_run", schema::<command::SteerBillRun>(), "run"),
    ),
    route(
        "Billing",
        "/invoices/{id}/void",
        "Void an invoice of which nothing is paid or credited",
        P::RunBilling,
        schema::<answers::InvoiceVoided>(),
        about("void_invoice", schema::<command::VoidInvoice>(), "invoice"),
    ),
];
