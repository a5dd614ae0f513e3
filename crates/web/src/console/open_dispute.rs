//! A customer objects to an invoice: what of it, and why.

use super::ConsoleState;
use super::entry::{Entry, key_of, led_to, put_amount};
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use app::view::InvoiceDetail;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use control::exception_case::DisputeReason;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "dispute-new.html")]
struct OpenPage {
    frame: Frame,
    found: InvoiceDetail,
    entry: Entry,
}

impl OpenPage {
    fn reasons(&self) -> Vec<&'static str> {
        DisputeReason::ALL.iter().map(|one| one.as_str()).collect()
    }

    /// What was typed as the disputed part of a line.
    fn of_line(&self, line: &str) -> &str {
        self.entry.get(&format!("line.{line}"))
    }
}

fn invoice(source: &dyn Source, id: &str) -> Result<InvoiceDetail, Stop> {
    let found = source.invoice(id)?.filter(|it| it.row.kind == "invoice");
    found.ok_or_else(|| Stop::Missing {
        what: "invoice",
        id: id.to_owned(),
    })
}

pub(super) async fn form(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        permitted(&frame, Permission::ResolveException)?;
        draw(&OpenPage {
            frame,
            found: invoice(source, &id)?,
            entry: Entry::begun(Typed::default())?,
        })
    })
    .await
}

/// The lines with an amount, in the order of the invoice.
fn body(found: &InvoiceDetail, typed: &Typed) -> Result<Value, SourceFault> {
    let mut body = typed.body(&["reason_code", "note", "owner"]);
    body.insert("invoice".to_owned(), json!(found.row.id));
    put_amount(&mut body, "amount", typed.get("amount"))?;
    let mut lines = Vec::new();
    for line in &found.lines {
        let mut part = Map::new();
        put_amount(&mut part, "amount", typed.get(&format!("line.{}", line.id)))?;
        if !part.is_empty() {
            part.insert("line".to_owned(), json!(line.id));
            lines.push(Value::Object(part));
        }
    }
    if !lines.is_empty() {
        body.insert("lines".to_owned(), Value::Array(lines));
    }
    Ok(Value::Object(body))
}

pub(super) async fn save(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        permitted(&frame, Permission::ResolveException)?;
        let found = invoice(source, &id)?;
        let key = key_of(&typed)?;
        let done = body(&found, &typed)
            .and_then(|body| source.carry_out("open_dispute", body, &key, &actor));
        match done {
            Ok(answer) => {
                let exception = answer["exception"].as_str().unwrap_or_default();
                let to = format!("/exceptions/{}", segment(exception));
                Ok(led_to(&answer, to))
            }
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &OpenPage {
                    frame,
                    found,
                    entry: Entry::refused(typed, "", reason)?,
                },
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
