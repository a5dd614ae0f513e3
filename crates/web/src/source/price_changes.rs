//! Price changes from the books.

use super::approvals::command;
use super::{AppSource, Asked, told};
use crate::console::{PriceChangeForm, PriceChangeSource};
use app::AppFault;
use app::query::{PriceChangeDetail, PriceChangeLine, PriceChangeView};
use app::view::Page;
use serde_json::{Map, Value, json};

impl PriceChangeSource for AppSource {
    fn price_changes(&self, cursor: Option<&str>) -> Asked<Page<PriceChangeView>> {
        self.app.price_changes(cursor).map_err(told)
    }

    fn price_change(&self, id: &str) -> Asked<Option<PriceChangeDetail>> {
        match self.app.price_change(id) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn price_change_lines(
        &self,
        id: &str,
        outcome: Option<&str>,
        cursor: Option<&str>,
    ) -> Asked<Page<PriceChangeLine>> {
        self.app
            .price_change_lines(id, outcome, cursor)
            .map_err(told)
    }

    fn plan_price_change(&self, form: &PriceChangeForm, actor: &str) -> Asked<String> {
        let mut body = Map::new();
        for (name, value) in [
            ("product", &form.product),
            ("effective", &form.effective),
            ("entity", &form.entity),
            ("reason", &form.reason),
        ] {
            if !value.trim().is_empty() {
                body.insert(name.to_owned(), json!(value.trim()));
            }
        }
        let except: Vec<&str> = form
            .except
            .split([' ', ','])
            .filter(|id| !id.is_empty())
            .collect();
        body.insert("except".to_owned(), json!(except));
        body.insert("price".to_owned(), price(form));
        let command = command("plan_price_change", Value::Object(body))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["price_change"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    fn steer_price_change(&self, id: &str, action: &str, reason: &str, actor: &str) -> Asked<()> {
        let command = match action {
            "approve" => command("approve_price_change", json!({ "price_change": id }))?,
            _ => command(
                "cancel_price_change",
                json!({ "price_change": id, "reason": reason }),
            )?,
        };
        self.app.act(actor, command).map_err(told)?;
        Ok(())
    }
}

/// The new price as the command takes it; percent are a share there. A figure that is none is passed on
/// as it is, so that the command names it.
fn price(form: &PriceChangeForm) -> Value {
    let figure = form.figure.trim();
    match form.rule.as_str() {
        "list" => json!({ "rule": "list" }),
        "unit" => json!({ "rule": "unit", "unit_price": figure }),
        _ => {
            let share = values::parse_decimal(figure).map_or_else(
                |_| figure.to_owned(),
                |percent| {
                    percent
                        .checked_div(values::Decimal::ONE_HUNDRED)
                        .map_or_else(|| figure.to_owned(), |share| share.normalize().to_string())
                },
            );
            json!({ "rule": "uplift", "rate": share })
        }
    }
}
