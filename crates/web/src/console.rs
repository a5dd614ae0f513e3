//! The operations console: server-rendered pages that work without JavaScript.
//!
//! A page is one handler: it asks the [`Source`] on a blocking thread, fills one template and
//! answers. The console holds no rules and no figures of its own; every number that it draws comes
//! from a read model of `app::view`, and every number and identifier links to what is behind it.

mod account;
mod account_timeline;
mod amendment;
mod approvals;
mod assets;
mod audit;
mod bill_runs;
mod billing;
mod cash_desk;
mod catalogue;
mod chain;
mod collection;
mod commercial;
mod customer_details;
mod deviations;
mod disputes;
mod entities;
mod entry;
mod events;
mod exceptions;
mod filters;
mod finance;
mod form_field;
mod frame;
mod intercompany;
mod invoice_acts;
mod invoice_drafts;
mod invoice_policy;
mod lanes;
mod login;
mod money;
mod new_customer;
mod open_dispute;
mod papers;
mod paths;
mod payment_sync;
mod prepaid;
mod price_changes;
mod processes;
mod progress;
mod quote_desk;
mod quotes;
mod replays;
mod respond;
mod rules;
mod sheet;
mod source;
mod story;
mod structure;
mod tax_decisions;
mod timeline;
mod today;
mod typed;
mod usage;

pub use account::{AccountSource, OwnSession, SessionLine};
pub use account_timeline::AccountTimelineSource;
pub use amendment::{AmendForm, AmendSource};
pub use approvals::{ApprovalsSource, Lending, Verdict};
pub use audit::AuditSource;
pub use bill_runs::{BillRunForm, BillRunSource};
pub use cash_desk::CashDeskSource;
pub use catalogue::CatalogueSource;
pub use collection::CollectionSource;
pub use customer_details::CustomerDetailsSource;
pub use deviations::DeviationSource;
pub use disputes::DisputeSource;
pub use entities::{EntitySource, EntityView};
pub use entry::EntrySource;
pub use events::{EndpointAction, EndpointForm, OutwardSource};
pub use exceptions::ExceptionDesk;
pub use intercompany::IntercompanySource;
pub use invoice_acts::{InvoiceAct, InvoiceActForm, InvoiceActSource};
pub use invoice_drafts::InvoiceDraftSource;
pub use invoice_policy::{InvoicePolicyForm, InvoicePolicySource};
pub use lanes::{FlowAction, FlowSource, FlowTarget};
pub use login::{LoginForm, login_page};
pub use papers::PaperSource;
pub use payment_sync::PaymentSyncSource;
pub use prepaid::PrepaidSource;
pub use price_changes::{PriceChangeForm, PriceChangeSource};
pub use processes::ProcessSource;
pub use progress::ProgressSource;
pub use quote_desk::QuoteDeskSource;
pub use quotes::QuoteSource;
pub use replays::{PlanForm, ReplaysSource, Steer};
pub use respond::not_found;
pub use rules::{DeviationForm, GovernanceSource, ProposeForm, Settled};
pub(crate) use sheet::{alone, sheet, trouble};
pub use source::{
    AccountKey, ExceptionFacets, ExceptionFilter, Facet, ListFilter, ResolveOutcome, Source,
    SourceFault,
};
pub use story::StorySource;
pub use structure::{StructureForm, StructureSource};
pub use tax_decisions::TaxDecisionSource;
pub use usage::UsageSource;

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// What every page needs.
#[derive(Clone)]
pub struct ConsoleState {
    /// Where the figures come from.
    pub source: Arc<dyn Source>,
    /// Path of the API reference page, when one is served beside the console.
    pub reference: Option<String>,
}

impl ConsoleState {
    /// A console over a source, with no reference page beside it.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self {
            source,
            reference: None,
        }
    }
}

/// Who is looking. The layer that signs people in puts it among the extensions of the request;
/// without it pages say "Not signed in" and nothing can be changed.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The name that is written beside what they do.
    pub name: String,
    /// Their role in words, such as `controller`.
    pub role: String,
    /// The secret of their session that every form must send back.
    pub csrf: String,
}

/// All pages of the console and its static files, without authentication and without a fallback:
/// the caller sets [`not_found`] where no other router does.
pub fn router(state: ConsoleState) -> Router {
    Router::new()
        .route("/", get(today::today))
        .route("/tie-outs", get(today::tie_outs))
        .route("/lanes", get(lanes::lanes))
        .route("/flow/steer", post(lanes::steer))
        .route("/exceptions", get(exceptions::list))
        .route("/exceptions/{id}", get(exceptions::show))
        .route("/exceptions/{id}/resolve", post(exceptions::resolve))
        .route("/exceptions/{id}/dispute", post(exceptions::dispute))
        .route("/exceptions/{id}/{action}", post(exceptions::act))
        .route(
            "/exception-batches",
            get(exceptions::batches).post(exceptions::begin_batch),
        )
        .route("/exception-batches/new", get(exceptions::new_batch))
        .route("/exception-batches/{id}", get(exceptions::batch))
        .route("/exception-batches/{id}/stop", post(exceptions::stop_batch))
        .route(
            "/incidents",
            get(exceptions::incidents).post(exceptions::open_incident),
        )
        .route("/incidents/{id}", get(exceptions::incident))
        .route(
            "/incidents/{id}/{action}",
            post(exceptions::change_incident),
        )
        .route("/disputes", get(disputes::disputes))
        .route("/cash", get(collection::cash))
        .route("/cash/apply", post(collection::apply))
        .route("/receivables", get(collection::receivables))
        .route("/collections", get(collection::worklist))
        .route("/collections/{id}", get(collection::case))
        .route("/collections/{id}/{action}", post(collection::act))
        .route("/outstanding/{list}", get(exceptions::outstanding))
        .route("/approvals", get(approvals::queue))
        .route("/approvals/{id}", get(approvals::show))
        .route("/approvals/{id}/decide", post(approvals::decide))
        .route("/delegations", post(approvals::delegate))
        .route("/delegations/{id}/revoke", post(approvals::revoke))
        .route("/quotes", get(quotes::list))
        .route("/quotes/new", get(quote_desk::new).post(quote_desk::write))
        .route("/quotes/{id}", get(quotes::show))
        .route(
            "/quotes/{id}/edit",
            get(quote_desk::edit).post(quote_desk::revise),
        )
        .route("/quotes/{id}/act", post(quote_desk::act))
        .route(
            "/catalogue",
            get(catalogue::catalogue).post(catalogue::take),
        )
        .route("/catalogue/catalogue.json", get(catalogue::file))
        .route("/catalogue/price-book.csv", get(catalogue::price_book))
        .route("/catalogue/products/{code}", get(catalogue::product))
        .route(
            "/catalogue/products/{code}/prices",
            post(catalogue::set_price),
        )
        .route(
            "/catalogue/offers/{kind}/{code}",
            get(catalogue::offer).post(catalogue::publish_offer),
        )
        .route("/tax-decisions", get(tax_decisions::list))
        .route(
            "/tax-decisions/{id}",
            get(tax_decisions::show).post(tax_decisions::accept),
        )
        .route("/intercompany", get(intercompany::list))
        .route("/intercompany/{id}/pdf", get(intercompany::pdf))
        .route("/progress", get(progress::list))
        .route("/progress/{id}", get(progress::show).post(progress::act))
        .route("/entities", get(entities::list))
        .route("/entities/{id}", get(entities::show))
        .route("/entities/{id}/letterhead", post(entities::set_letterhead))
        .route("/entities/{id}/specimen", post(entities::specimen))
        .route("/entities/{id}/billing-policy", post(entities::set_policy))
        .route("/bill-runs", get(bill_runs::list).post(bill_runs::plan))
        .route("/bill-runs/{id}", get(bill_runs::show))
        .route("/bill-runs/{id}/steer", post(bill_runs::steer))
        .route("/template-deviations", get(deviations::list))
        .route(
            "/price-changes",
            get(price_changes::list).post(price_changes::plan),
        )
        .route("/price-changes/{id}", get(price_changes::show))
        .route("/price-changes/{id}/steer", post(price_changes::steer))
        .route("/replays", get(replays::studio).post(replays::plan))
        .route("/replays/{id}", get(replays::show))
        .route("/replays/{id}/steer", post(replays::steer))
        .route(
            "/contracts/{id}/amend",
            get(amendment::form).post(amendment::save),
        )
        .route("/account", get(account::show))
        .route("/account/sessions/{id}/end", post(account::end_one))
        .route("/account/others/end", post(account::end_others))
        .route("/account/password", post(account::change_password))
        .route("/audit", get(audit::audit))
        .route("/audit/verify", post(audit::verify))
        .route("/audit/bundle", post(audit::bundle))
        .route("/search", get(chain::search))
        .route("/trace/{id}", get(chain::trace))
        .route("/trace/{id}/evidence", get(processes::evidence))
        .route("/flow", get(processes::flow))
        .route("/flow/{lane}", get(processes::lane))
        .route("/processes", get(processes::kinds))
        .route("/processes/{name}", get(processes::kind))
        .route("/process/{id}", get(processes::instance))
        .route("/process/{id}/act", post(processes::act))
        .route("/customers", get(commercial::customers))
        .route(
            "/customers/new",
            get(new_customer::form).post(new_customer::save),
        )
        .route("/customers/{id}", get(commercial::customer))
        .route(
            "/customers/{id}/prepaid",
            get(prepaid::show).post(prepaid::grant),
        )
        .route("/customers/{id}/details", get(customer_details::show))
        .route(
            "/customers/{id}/details/{part}",
            post(customer_details::set),
        )
        .route("/customers/{id}/timeline", get(account_timeline::show))
        .route("/customers/{id}/structure", get(structure::show))
        .route("/customers/{id}/structure/{action}", post(structure::act))
        .route("/contracts", get(commercial::contracts))
        .route("/contracts/{id}", get(commercial::contract))
        .route("/invoices", get(billing::invoices))
        .route("/invoices/{id}", get(billing::invoice))
        .route("/invoices/{id}/pdf", get(papers::pdf))
        .route("/invoices/{id}/ubl", get(papers::ubl))
        .route(
            "/invoices/{id}/credit",
            get(invoice_acts::credit).post(invoice_acts::save_credit),
        )
        .route(
            "/invoices/{id}/void",
            get(invoice_acts::void).post(invoice_acts::save_void),
        )
        .route(
            "/invoices/{id}/write-off",
            get(invoice_acts::write_off).post(invoice_acts::save_write_off),
        )
        .route(
            "/invoices/{id}/dispute",
            get(open_dispute::form).post(open_dispute::save),
        )
        .route(
            "/entities/{id}/invoice-policy",
            get(invoice_policy::show).post(invoice_policy::set),
        )
        .route("/invoice-drafts", get(invoice_drafts::list))
        .route("/invoice-drafts/{id}", get(invoice_drafts::show))
        .route("/invoice-drafts/{id}/act", post(invoice_drafts::act))
        .route("/payments", get(billing::payments))
        .route(
            "/payments/new",
            get(cash_desk::form).post(cash_desk::record),
        )
        .route("/payments/{id}", get(cash_desk::show))
        .route("/payments/{id}/{action}", post(cash_desk::act))
        .route("/payment-sync", get(payment_sync::show))
        .route("/journals", get(finance::journals))
        .route("/journals/{id}", get(finance::journal))
        .route("/trial-balance", get(finance::trial_balance))
        .route(
            "/trial-balance/{entity}/{month}/{account}",
            get(finance::account),
        )
        .route("/events", get(events::catalogue))
        .route("/events/{name}", get(events::event_type))
        .route("/events/{name}/schema", get(events::schema))
        .route("/endpoints", get(events::endpoints).post(events::add))
        .route("/endpoints/{id}", get(events::endpoint))
        .route("/endpoints/{id}/{action}", post(events::act))
        .route("/rules", get(rules::rules))
        .route("/rules/{kind}", get(rules::document))
        .route("/rules/{kind}/propose", post(rules::propose))
        .route("/proposals/{id}", get(rules::proposal))
        .route("/proposals/{id}/decide", post(rules::decide_proposal))
        .route("/proposed-changes/{id}/decide", post(rules::decide_change))
        .route("/deviations", post(rules::record_deviation))
        .route("/deviations/{id}/decide", post(rules::decide_deviation))
        .route("/meters", get(usage::meters))
        .route("/meters/{id}", get(usage::meter))
        .route("/invoice-lines/{id}/usage", get(usage::line))
        .route("/connections", get(lanes::connections))
        .with_state(state)
        .merge(assets::router())
        .layer(axum::middleware::map_response(respond::guard))
}
