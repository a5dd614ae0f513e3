//! The questions of callers who wait, and what other systems billed.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, one, written};
use crate::problem::{Code, Problem};
use app::App;
use values::{Currency, Money, Quantity};

fn needed<T>(name: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| {
        let message = format!("the parameter {name:?} is needed");
        Problem::new(Code::InvalidParameter, message.clone()).with_field(name, message)
    })
}

fn wrong(name: &str, message: String) -> Problem {
    Problem::new(Code::InvalidParameter, message.clone()).with_field(name, message)
}

pub(super) fn price(app: &App, asked: &Asked) -> Answered {
    let product = needed("product", asked.value("product")?)?;
    let currency = needed("currency", asked.value("currency")?)?;
    let quantity = asked.value("quantity")?.unwrap_or(Quantity::from(1));
    let billing = match asked.text("billing") {
        None => None,
        Some(word) => {
            let read = serde_json::from_value(serde_json::Value::from(word));
            Some(read.map_err(|_| {
                wrong(
                    "billing",
                    format!("{word:?} is no billing period; use one_off, monthly, quarterly, semi_annual, annual or term_up_front"),
                )
            })?)
        }
    };
    let date = asked.value("date")?;
    written(&app.look_up_price(&product, currency, quantity, date, billing)?)
}

pub(super) fn tax(app: &App, asked: &Asked) -> Answered {
    let entity = needed("entity", asked.value("entity")?)?;
    let currency: Currency = needed("currency", asked.value("currency")?)?;
    let mut lines = Vec::new();
    for part in asked.text("lines").unwrap_or_default().split(',') {
        let Some((code, net)) = part.trim().split_once(':') else {
            let message = format!("{part:?} is no line; write CODE:NET, such as standard:1200.00");
            return Err(wrong("lines", message));
        };
        let net = Money::parse(net.trim(), currency)
            .map_err(|refused| wrong("lines", refused.to_string()))?;
        lines.push((code.trim().to_owned(), net));
    }
    written(&app.calculate_tax(&entity, asked.value("date")?, &lines)?)
}

pub(super) fn account(app: &App, asked: &Asked) -> Answered {
    written(&app.validate_account(asked.path("id"))?)
}

pub(super) fn breakdown(app: &App, asked: &Asked) -> Answered {
    one("object", asked, |id| app.breakdown(id))
}

pub(super) fn outside_documents(app: &App, asked: &Asked) -> Answered {
    let parked = match asked.text("status") {
        None => false,
        Some("parked") => true,
        Some(other) => {
            let message =
                format!("{other:?} is no status to narrow by; use parked, or leave it out");
            return Err(wrong("status", message));
        }
    };
    let contract = asked.text("contract").map(str::to_owned);
    paged(
        asked,
        |_| true,
        |cursor| app.outside_documents(contract.as_deref(), parked, cursor),
    )
}
