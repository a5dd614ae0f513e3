//! The table of routes.

use super::answers::{self, List};
use super::{CommandRoute, Parameter, QueryRoute, Route, SchemaOf, Work, queries};
use crate::problem::Problem;
use app::pulse::LoggedEvent;
use app::view::{self, Page};
use app::{App, command};
use control::Permission;
use schemars::JsonSchema;
use serde_json::Value;

const fn schema<T: JsonSchema>() -> SchemaOf {
    |generator| generator.subschema_for::<T>()
}

const fn route(
    group: &'static str,
    path: &'static str,
    summary: &'static str,
    permission: Permission,
    answer: SchemaOf,
    work: Work,
) -> Route {
    Route {
        path,
        group,
        summary,
        permission,
        answer,
        work,
    }
}

/// A command that makes something new.
const fn makes(name: &'static str, body: SchemaOf) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: None,
        status: 201,
    })
}

/// A command that runs or changes something.
const fn runs(name: &'static str, body: SchemaOf) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: None,
        status: 200,
    })
}

/// A command about the object that the path names.
const fn about(name: &'static str, body: SchemaOf, field: &'static str) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: Some(field),
        status: 200,
    })
}

type Read = fn(&App, &super::Asked) -> Result<Value, Problem>;

const fn one(read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters: &[],
        paged: false,
        read,
    })
}

const fn asks(parameters: &'static [Parameter], read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters,
        paged: false,
        read,
    })
}

const fn list(parameters: &'static [Parameter], read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters,
        paged: true,
        read,
    })
}

const fn filter(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        about,
        required: false,
    }
}

const ENTITY: Parameter = filter("entity", "Only this legal entity.");
const CUSTOMER: Parameter = filter("customer", "Only this customer.");
const STATUS: Parameter = filter("status", "Only this status.");
const MONTH: Parameter = filter("month", "Only this month, such as 2026-01.");
const CURRENCY: Parameter = Parameter {
    name: "currency",
    about: "Currency of the lines, such as EUR.",
    required: true,
};
const QUERY: Parameter = Parameter {
    name: "q",
    about: "An id, a number or a part of a name.",
    required: true,
};

use Permission as P;

/// Every operation of the API, in the order of the reference.
pub static ROUTES: &[Route] = &[
    route(
        "Set-up",
        "/entities",
        "Add a legal entity",
        P::ManageTopology,
        schema::<answers::EntityAdded>(),
        makes("create_entity", schema::<command::CreateEntity>()),
    ),
    route(
        "Set-up",
        "/entities",
        "List legal entities and the months that they have books for",
        P::ViewFigures,
        schema::<List<answers::EntityRow>>(),
        one(queries::entities),
    ),
    route(
        "Set-up",
        "/products",
        "Publish a product and its prices",
        P::ChangeCatalogue,
        schema::<answers::ProductPublished>(),
        makes("publish_product", schema::<command::PublishProduct>()),
    ),
    route(
        "Set-up",
        "/tax-rates",
        "State a tax rate",
        P::ChangeTax,
        schema::<answers::TaxTable>(),
        makes("set_tax_rate", schema::<command::SetTaxRate>()),
    ),
    route(
        "Set-up",
        "/posting-rules",
        "Put a new version of the posting rules in force",
        P::ChangePostingRules,
        schema::<answers::PostingRulesPublished>(),
        makes(
            "publish_posting_rules",
            schema::<command::PublishPostingRules>(),
        ),
    ),
    route(
        "Commercial",
        "/customers",
        "Add a customer",
        P::ChangeContracts,
        schema::<answers::CustomerAdded>(),
        makes("create_customer", schema::<command::CreateCustomer>()),
    ),
    route(
        "Commercial",
        "/customers",
        "List customers by name",
        P::ViewCommerce,
        schema::<Page<view::CustomerRow>>(),
        list(&[], queries::customers),
    ),
    route(
        "Commercial",
        "/customers/{id}",
        "One customer with contracts, invoices and exceptions",
        P::ViewCommerce,
        schema::<view::CustomerDetail>(),
        one(queries::customer),
    ),
    route(
        "Commercial",
        "/contracts",
        "Put a contract in force",
        P::ChangeContracts,
        schema::<answers::ContractActivated>(),
        makes("activate_contract", schema::<command::ActivateContract>()),
    ),
    route(
        "Commercial",
        "/contracts",
        "List contracts, newest first",
        P::ViewCommerce,
        schema::<Page<view::ContractRow>>(),
        list(&[ENTITY, CUSTOMER, STATUS], queries::contracts),
    ),
    route(
        "Commercial",
        "/contracts/{id}",
        "One contract, where it stands in money, and its chain",
        P::ViewCommerce,
        schema::<view::ContractDetail>(),
        one(queries::contract),
    ),
    route(
        "Commercial",
        "/contracts/{id}/amendments",
        "Change a contract from a date on",
        P::ChangeContracts,
        schema::<answers::ContractChanged>(),
        about(
            "amend_contract",
            schema::<command::AmendContract>(),
            "contract",
        ),
    ),
    route(
        "Billing",
        "/billing-runs",
        "Bill what is owed through a date and not billed",
        P::RunBilling,
        schema::<answers::BillingRun>(),
        runs("run_billing", schema::<command::RunBilling>()),
    ),
    route(
        "Billing",
        "/invoices",
        "List invoices, newest first",
        P::ViewCommerce,
        schema::<Page<view::InvoiceRow>>(),
        list(&[ENTITY, CUSTOMER, STATUS, MONTH], queries::invoices),
    ),
    route(
        "Billing",
        "/invoices/{id}",
        "One invoice, by id or number, with its arithmetic",
        P::ViewCommerce,
        schema::<view::InvoiceDetail>(),
        one(queries::invoice),
    ),
    route(
        "Billing",
        "/credit-notes",
        "Credit an invoice, wholly or in part",
        P::IssueCredit,
        schema::<answers::CreditNoteAdded>(),
        makes("issue_credit_note", schema::<command::IssueCreditNote>()),
    ),
    route(
        "Billing",
        "/credit-notes",
        "List credit notes, newest first",
        P::ViewCommerce,
        schema::<Page<view::InvoiceRow>>(),
        list(&[ENTITY, CUSTOMER, STATUS, MONTH], queries::credit_notes),
    ),
    route(
        "Billing",
        "/credit-notes/{id}",
        "One credit note, by id or number",
        P::ViewCommerce,
        schema::<view::InvoiceDetail>(),
        one(queries::credit_note),
    ),
    route(
        "Payments",
        "/payments",
        "Record money that arrived",
        P::ApplyCash,
        schema::<answers::PaymentRecorded>(),
        makes("record_payment", schema::<command::RecordPayment>()),
    ),
    route(
        "Payments",
        "/payments",
        "List payments, newest first",
        P::ViewCommerce,
        schema::<Page<view::PaymentRow>>(),
        list(&[CUSTOMER, STATUS], queries::payments),
    ),
    route(
        "Payments",
        "/payments/{id}",
        "One payment",
        P::ViewCommerce,
        schema::<view::PaymentRow>(),
        one(queries::payment),
    ),
    route(
        "Payments",
        "/payments/{id}/application",
        "Set what is left of a payment against invoices",
        P::ApplyCash,
        schema::<answers::PaymentSet>(),
        about(
            "apply_payment",
            schema::<command::ApplyPayment>(),
            "payment",
        ),
    ),
    route(
        "Payments",
        "/refunds",
        "Give money back",
        P::RequestRefund,
        schema::<answers::RefundAsked>(),
        makes("refund_payment", schema::<command::RefundPayment>()),
    ),
    route(
        "Ledger",
        "/revenue-runs",
        "Recognise what is earned through a date and not recognised",
        P::RunRecognition,
        schema::<answers::RevenueRun>(),
        runs("recognise_revenue", schema::<command::RecogniseRevenue>()),
    ),
    route(
        "Ledger",
        "/journals",
        "Enter a journal by hand",
        P::EnterJournal,
        schema::<answers::JournalPosted>(),
        makes("post_journal", schema::<command::PostJournal>()),
    ),
    route(
        "Ledger",
        "/journals",
        "List journals, newest first",
        P::ViewBooks,
        schema::<Page<view::JournalRow>>(),
        list(&[ENTITY, MONTH], queries::journals),
    ),
    route(
        "Ledger",
        "/journals/{id}",
        "One journal with its lines and what made it",
        P::ViewBooks,
        schema::<view::JournalDetail>(),
        one(queries::journal),
    ),
    route(
        "Ledger",
        "/journals/{id}/reversal",
        "Undo a journal by its mirror image",
        P::ReverseJournal,
        schema::<answers::JournalUndone>(),
        about(
            "reverse_journal",
            schema::<command::ReverseJournal>(),
            "journal",
        ),
    ),
    route(
        "Ledger",
        "/trial-balance",
        "The trial balance of an entity and month; the first entity and newest month when absent",
        P::ViewBooks,
        schema::<view::TrialBalance>(),
        asks(&[ENTITY, MONTH], queries::trial_balance),
    ),
    route(
        "Ledger",
        "/trial-balance/{entity}/{month}/{account}/lines",
        "The lines behind one balance",
        P::ViewBooks,
        schema::<Page<view::PostedLine>>(),
        list(&[CURRENCY], queries::account_lines),
    ),
    route(
        "Ledger",
        "/periods/close",
        "Close a month of an entity's books",
        P::ClosePeriod,
        schema::<answers::PeriodChanged>(),
        runs("close_period", schema::<command::ChangePeriod>()),
    ),
    route(
        "Ledger",
        "/periods/reopen",
        "Open a closed month again",
        P::ReopenPeriod,
        schema::<answers::PeriodChanged>(),
        runs("reopen_period", schema::<command::ReopenPeriod>()),
    ),
    route(
        "Control",
        "/tie-outs",
        "Every pair of figures that must agree, and its difference",
        P::ViewFigures,
        schema::<List<view::TieOutRow>>(),
        one(queries::tie_outs),
    ),
    route(
        "Control",
        "/exceptions",
        "List exceptions, the highest value first",
        P::ViewExceptions,
        schema::<Page<view::ExceptionRow>>(),
        list(
            &[
                filter("class", "Only this class, such as unknown_product."),
                filter("owner", "Only what this role or person is to do."),
                filter(
                    "status",
                    "open (everything that is not resolved), assigned or resolved; all when absent.",
                ),
            ],
            queries::exceptions,
        ),
    ),
    route(
        "Control",
        "/exceptions/{id}",
        "One exception with its playbook and payload",
        P::ViewPayloads,
        schema::<view::ExceptionDetail>(),
        one(queries::exception),
    ),
    route(
        "Control",
        "/exceptions/{id}/resolution",
        "Resolve an exception with a reason",
        P::ResolveException,
        schema::<answers::ExceptionChanged>(),
        about(
            "resolve_exception",
            schema::<command::ResolveException>(),
            "exception",
        ),
    ),
    route(
        "Control",
        "/exceptions/{id}/assignment",
        "Give an exception to somebody",
        P::AssignException,
        schema::<answers::ExceptionAssigned>(),
        about(
            "assign_exception",
            schema::<command::AssignException>(),
            "exception",
        ),
    ),
    route(
        "Control",
        "/intake",
        "The proof that nothing was dropped: accepted = confirmed + open + rejected",
        P::ViewFigures,
        schema::<List<view::IntakeRow>>(),
        one(queries::intake),
    ),
    route(
        "Control",
        "/connections",
        "How deliveries to each system stand",
        P::ViewFigures,
        schema::<List<view::ConnectionRow>>(),
        one(queries::connections),
    ),
    route(
        "Control",
        "/trace/{id}",
        "The chain of evidence of any id, ours or another system's",
        P::ViewCommerce,
        schema::<view::Chain>(),
        one(queries::trace),
    ),
    route(
        "Control",
        "/search",
        "Find any id, number or name",
        P::ViewCommerce,
        schema::<List<view::SearchHit>>(),
        asks(&[QUERY], queries::search),
    ),
    route(
        "Control",
        "/events",
        "The event log, oldest first; sequence has no gaps within a partition",
        P::ViewAudit,
        schema::<Page<LoggedEvent>>(),
        list(&[], queries::events),
    ),
];
