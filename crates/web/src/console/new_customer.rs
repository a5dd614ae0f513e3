//! A new customer: its name, how it pays, and how it stands towards tax.

use super::ConsoleState;
use super::entry::{Entry, key_of, led_to, put_count, put_currency};
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::typed::{Typed, put};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "customer-new.html")]
struct NewPage {
    frame: Frame,
    entry: Entry,
    /// The customer that was added while its tax was refused; empty before.
    added: String,
}

pub(super) async fn form(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Customers, |_, frame| {
        permitted(&frame, Permission::ChangeContracts)?;
        draw(&NewPage {
            frame,
            entry: Entry::begun(Typed::default())?,
            added: String::new(),
        })
    })
    .await
}

fn customer(typed: &Typed) -> Result<Value, SourceFault> {
    let mut body = typed.body(&["id", "legal_name", "collection", "class"]);
    put_currency(&mut body, typed);
    let days = ("payment_terms_days", "Days to pay");
    put_count(&mut body, days, typed.get("payment_terms_days"))?;
    let day = ("billing_day", "Billing day");
    put_count(&mut body, day, typed.get("billing_day"))?;
    Ok(Value::Object(body))
}

/// How it stands towards tax; nothing where no country is stated.
fn tax(typed: &Typed) -> Result<Option<Value>, SourceFault> {
    let capital = |name: &str| typed.get(name).to_uppercase();
    let (country, vat_id) = (
        capital("country"),
        capital("vat_id").replace([' ', '.'], ""),
    );
    let region = capital("region");
    if country.is_empty() {
        return match vat_id.is_empty() && region.is_empty() {
            true => Ok(None),
            false => Err(super::entry::refused(
                "The country is missing; write its two letters, such as DE, beside the region or VAT id"
                    .to_owned(),
            )),
        };
    }
    let mut profile = Map::new();
    for (name, text) in [
        ("country", &country),
        ("region", &region),
        ("vat_id", &vat_id),
    ] {
        put(&mut profile, name, text);
    }
    Ok(Some(Value::Object(profile)))
}

/// Adds the customer and says how it stands towards tax. The customer may be there though the tax is
/// refused; then its id comes with the refusal, and only the tax is asked for again.
fn add(source: &dyn Source, typed: &Typed, actor: &str) -> Result<Answer, (String, Stop)> {
    let before = typed.get("added").to_owned();
    let told = |added: &str| {
        let added = added.to_owned();
        move |stop: Stop| (added, stop)
    };
    let key = key_of(typed).map_err(told(&before))?;
    let profile = tax(typed).map_err(|fault| (before.clone(), fault.into()))?;
    let added = match before.as_str() {
        "" => {
            let body = customer(typed).map_err(|fault| (String::new(), fault.into()))?;
            let answer = source
                .carry_out("create_customer", body, &key, actor)
                .map_err(|fault| (String::new(), fault.into()))?;
            match answer["customer"].as_str() {
                Some(id) => id.to_owned(),
                None => return Ok(led_to(&answer, "/customers".to_owned())),
            }
        }
        id => id.to_owned(),
    };
    let page = format!("/customers/{}", segment(&added));
    let Some(profile) = profile else {
        return Ok(Answer::Go(page));
    };
    let body = json!({ "customer": added, "tax": profile });
    let answer = source
        .carry_out("set_tax_profile", body, &format!("{key}/tax"), actor)
        .map_err(|fault| (added.clone(), fault.into()))?;
    Ok(led_to(&answer, page))
}

pub(super) async fn save(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        permitted(&frame, Permission::ChangeContracts)?;
        if !typed.get("country").is_empty() {
            permitted(&frame, Permission::ChangeMasterData)?;
        }
        match add(source, &typed, &actor) {
            Ok(answer) => Ok(answer),
            Err((added, Stop::Fault(SourceFault::Refused { reason }))) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &NewPage {
                    frame,
                    entry: Entry::refused(typed, "", reason)?,
                    added,
                },
            ),
            Err((_, stop)) => Err(stop),
        }
    })
    .await
}
