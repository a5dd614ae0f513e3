//! Price changes in a story: previewed and made at once by what the worker does, with what they come
//! to on each contract.

use crate::App;
use crate::command::Answer;
use crate::fault::{AppFault, stored_value};
use serde_json::{Value, json};
use store::price_changes::{self, PriceChangeResult};
use store::{StoreFault, Tx};
use values::{Currency, Money};

/// More rows than a story ever makes.
const ALL: i64 = 1_000_000;

/// Has the worker look at price changes, and answers one that was planned with its preview.
///
/// # Errors
/// When the store fails.
pub(super) fn looked_at(app: &App, answer: Answer) -> Result<Answer, AppFault> {
    let Some(id) = answer["price_change"].as_str().map(str::to_owned) else {
        return Ok(answer);
    };
    app.work_price_changes()?;
    app.store().read(move |tx| {
        let row = crate::price_change::load(tx, &id)?;
        let contracts = results(tx, &id)?;
        Ok::<_, AppFault>(
            json!({ "price_change": id, "status": row.status, "contracts": contracts }),
        )
    })
}

/// What every price change comes to on each contract, oldest first.
///
/// # Errors
/// When the store fails or something stored cannot be read.
pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut rows = price_changes::newest(tx, (i64::MAX, ""), ALL)?;
    rows.reverse();
    let mut list = Vec::new();
    for row in rows {
        for mut result in results(tx, &row.id)? {
            result["price_change"] = json!(row.id);
            result["status"] = json!(row.status);
            result["effective"] = json!(row.effective);
            list.push(result);
        }
    }
    Ok(list)
}

fn results(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Value>, AppFault> {
    let rows: Result<Vec<PriceChangeResult>, StoreFault> =
        price_changes::results(tx, id, "", "", ALL);
    let amount = |minor: i64, currency: &str| -> Result<String, AppFault> {
        let currency = stored_value::<Currency>("currency", currency)?;
        Ok(Money::from_minor(minor, currency).decimal().to_string())
    };
    rows?
        .iter()
        .map(|row| {
            Ok(json!({
                "contract": row.contract, "customer": row.customer, "outcome": row.outcome, "why": row.why,
                "currency": row.currency,
                "monthly_before": amount(row.monthly_before, &row.currency)?,
                "monthly_after": amount(row.monthly_after, &row.currency)?,
                "value_before": amount(row.value_before, &row.currency)?,
                "value_after": amount(row.value_after, &row.currency)?,
            }))
        })
        .collect()
}
