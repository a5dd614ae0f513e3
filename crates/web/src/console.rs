//! The operations console: server-rendered pages that work without JavaScript.
//!
//! A page is one handler: it asks the [`Source`] on a blocking thread, fills one template and
//! answers. The console holds no rules and no figures of its own; every number that it draws comes
//! from a read model of `app::view`, and every number and identifier links to what is behind it.

mod assets;
mod billing;
mod chain;
mod commercial;
mod connections;
mod exceptions;
mod filters;
mod finance;
mod frame;
mod login;
mod money;
mod paths;
mod respond;
mod sheet;
mod source;
mod today;

pub use login::{LoginForm, login_page};
pub use respond::not_found;
pub(crate) use sheet::{alone, sheet, trouble};
pub use source::{
    AccountKey, ExceptionFacets, ExceptionFilter, Facet, ListFilter, ResolveOutcome, Source,
    SourceFault,
};

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
        .route("/exceptions", get(exceptions::list))
        .route("/exceptions/{id}", get(exceptions::show))
        .route("/exceptions/{id}/resolve", post(exceptions::resolve))
        .route("/exceptions/{id}/assign", post(exceptions::assign))
        .route("/search", get(chain::search))
        .route("/trace/{id}", get(chain::trace))
        .route("/customers", get(commercial::customers))
        .route("/customers/{id}", get(commercial::customer))
        .route("/contracts", get(commercial::contracts))
        .route("/contracts/{id}", get(commercial::contract))
        .route("/invoices", get(billing::invoices))
        .route("/invoices/{id}", get(billing::invoice))
        .route("/payments", get(billing::payments))
        .route("/journals", get(finance::journals))
        .route("/journals/{id}", get(finance::journal))
        .route("/trial-balance", get(finance::trial_balance))
        .route(
            "/trial-balance/{entity}/{month}/{account}",
            get(finance::account),
        )
        .route("/connections", get(connections::connections))
        .with_state(state)
        .merge(assets::router())
        .layer(axum::middleware::map_response(respond::guard))
}
