//! The company of the demo: entities, taxes and catalogue, loaded by the ordinary commands.

use crate::fault::CliFault;
use app::App;
use app::command::{Command, Envelope};
use serde_json::{Value, json};
use sim::world::Company;

/// Who checks what the demo does.
const CHECKER: &str = "demo-controller";

/// Loads the company; a second time changes nothing.
pub(super) fn load(app: &App, company: &Company) -> Result<(), CliFault> {
    for entity in &company.entities {
        let body = json!({
            "id": entity.id, "name": entity.name, "currency": entity.currency, "time_zone": entity.time_zone,
        });
        act(app, &format!("entity/{}", entity.id), "create_entity", body)?;
    }
    for entity in &company.entities {
        let (rate, name) = if entity.country == "DE" {
            ("0.19", "VAT 19 %")
        } else {
            ("0", "No sales tax")
        };
        let body =
            json!({ "entity": entity.id, "tax_code": "standard", "rate": rate, "name": name });
        act(app, &format!("tax/{}", entity.id), "set_tax_rate", body)?;
    }
    for product in &company.products {
        let prices: Vec<Value> = product
            .prices
            .iter()
            .map(|price| {
                let unit_price = values::Decimal::new(price.unit_price_minor, 2).to_string();
                let billing = price.frequency.as_str().to_lowercase();
                json!({
                    "currency": price.currency, "billing": billing,
                    "charge": { "model": "per_unit", "unit_price": unit_price },
                })
            })
            .collect();
        let body = json!({
            "code": product.code, "name": product.name, "revenue_class": revenue_class(&product.family), "prices": prices,
        });
        act(
            app,
            &format!("product/{}", product.code),
            "publish_product",
            body,
        )?;
    }
    Ok(())
}

fn revenue_class(family: &str) -> &'static str {
    match family.to_lowercase().as_str() {
        "services" | "service" | "support" => "services",
        "usage" => "usage",
        _ => "subscription",
    }
}

/// Does a command of the demo once, however often the demo is started.
pub(super) fn act(app: &App, key: &str, name: &str, body: Value) -> Result<Value, CliFault> {
    let answer = ask(app, key, name, body)?;
    if !app::approval::is_waiting(&answer) {
        return Ok(answer);
    }
    grant(app, key, &answer)
}

/// The same, and what needs a second person waits for one.
pub(super) fn ask(app: &App, key: &str, name: &str, body: Value) -> Result<Value, CliFault> {
    let command = Command::read(name, body)?;
    let envelope = Envelope {
        client: super::ACTOR.to_owned(),
        key: format!("demo/{key}"),
        actor: super::ACTOR.to_owned(),
        command,
    };
    Ok(app.execute(envelope)?.into_answer())
}

/// A command of the second person.
pub(super) fn as_checker(app: &App, key: &str, name: &str, body: Value) -> Result<Value, CliFault> {
    if app.user(CHECKER)?.is_none() {
        // Nobody can sign in with an empty hash.
        app.put_user(CHECKER, control::Role::Controller, "")?;
    }
    let envelope = Envelope {
        client: CHECKER.to_owned(),
        key: format!("demo/{key}"),
        actor: CHECKER.to_owned(),
        command: Command::read(name, body)?,
    };
    Ok(app.execute(envelope)?.into_answer())
}

/// The second person of the demo grants what the first one asked for.
fn grant(app: &App, key: &str, waiting: &Value) -> Result<Value, CliFault> {
    let body = json!({ "approval": waiting["approval"] });
    let mut answer = as_checker(app, &format!("grant/{key}"), "grant_approval", body)?;
    Ok(answer["result"].take())
}
