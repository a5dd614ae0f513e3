//! Documents as files, and what stands on them.

use super::queries::{Answered, one};
use super::{Asked, DownloadRoute, QueryRoute, Route, blocking};
use crate::auth::bearer;
use crate::problem::Problem;
use crate::state::Web;
use app::App;
use app::printing::{PaperForm, Printed};
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;

/// Such a path takes no parameters.
const NONE: &QueryRoute = &QueryRoute {
    parameters: &[],
    paged: false,
    read: |_, _| Ok(serde_json::Value::Null),
};

/// Sends a file to a caller whose role may read the document.
pub(super) async fn send(
    route: &'static Route,
    download: &'static DownloadRoute,
    web: Web,
    path: BTreeMap<String, String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(NONE, path, parts.uri.query().unwrap_or_default());
    let printed = blocking(move || {
        bearer::admit(&web, &parts.headers, route.permission)?;
        (download.read)(web.app(), &asked?)
    })
    .await?;
    Ok(answered(printed))
}

/// A file with the headers that keep a browser from making something else of it.
pub(crate) fn answered(printed: Printed) -> Response {
    let place = format!("attachment; filename=\"{}\"", printed.name);
    let headers = [
        (CONTENT_TYPE, printed.media_type.to_owned()),
        (CONTENT_DISPOSITION, place),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, printed.bytes).into_response()
}

fn printed(app: &App, asked: &Asked, kind: &str, form: PaperForm) -> Result<Printed, Problem> {
    let id = asked.path("id");
    let word = if kind == "invoice" {
        "invoice"
    } else {
        "credit note"
    };
    let found = app.print(id, Some(kind), form)?;
    found.ok_or_else(|| Problem::no_such(word, id))
}

pub(super) fn invoice_pdf(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    printed(app, asked, "invoice", PaperForm::Pdf)
}

pub(super) fn invoice_ubl(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    printed(app, asked, "invoice", PaperForm::Ubl)
}

pub(super) fn credit_note_pdf(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    printed(app, asked, "credit_note", PaperForm::Pdf)
}

pub(super) fn credit_note_ubl(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    printed(app, asked, "credit_note", PaperForm::Ubl)
}

fn between(app: &App, asked: &Asked, form: PaperForm) -> Result<Printed, Problem> {
    let id = asked.path("id");
    let found = app.print_between_entities(id, form)?;
    found.ok_or_else(|| Problem::no_such("bill between entities", id))
}

pub(super) fn between_pdf(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    between(app, asked, PaperForm::Pdf)
}

pub(super) fn between_ubl(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    between(app, asked, PaperForm::Ubl)
}

pub(super) fn letterhead(app: &App, asked: &Asked) -> Answered {
    one("entity", asked, |id| app.letterhead(id))
}

pub(super) fn customer_setup(app: &App, asked: &Asked) -> Answered {
    one("customer", asked, |id| app.customer_setup(id))
}

pub(super) fn billing_details(app: &App, asked: &Asked) -> Answered {
    one("customer", asked, |id| app.billing_details(id))
}
