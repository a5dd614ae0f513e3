//! How customers stand towards tax. Each version is kept with the moment from which it holds, so that a
//! document that is printed again names the registration by which its tax was decided.

use crate::Refusal;
use crate::command::{Answer, SetTaxProfile};
use crate::fault::{AppFault, stored, to_store};
use crate::journey::customer;
use crate::printing::{follow, keep};
use crate::record::Context;
use commerce::{Customer, TaxProfile};
use serde_json::json;
use store::{Tx, catalogue, papers, settings};

/// When a profile came to hold that was set before versions were kept.
const ALWAYS: i64 = 0;

/// Under which its versions are kept.
pub(crate) fn kind(customer: &str) -> String {
    format!("tax_profile/{customer}")
}

/// `set_tax_profile`.
///
/// # Errors
/// When there is no such customer, or everything that is wrong with the profile.
pub fn set_profile(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetTaxProfile,
) -> Result<Answer, AppFault> {
    let mut customer = customer::load(tx, &body.customer)?;
    let wrong: Vec<Refusal> = body
        .tax
        .problems()
        .iter()
        .map(|problem| {
            let field = format!("tax.{}", problem.field());
            Refusal::field("bad_tax_profile", &field, problem.to_string())
        })
        .collect();
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let id = body.customer.as_str();
    let kind = kind(id);
    settings::take_turn(tx, &kind)?;
    follow(tx, &kind, body.follows)?;
    if let Some(earlier) = &customer.tax
        && settings::configuration(tx, &kind)?.is_none()
    {
        let text = to_store("tax profile", earlier)?;
        settings::add_configuration(tx, &kind, 1, ALWAYS, "", &text)?;
    }
    keep(tx, context, &kind, &to_store("tax profile", &body.tax)?)?;
    customer.tax = Some(body.tax.clone());
    if let Some(row) = catalogue::customer(tx, id)? {
        let text = to_store("customer", &customer)?;
        catalogue::update_customer(tx, id, &row.name, &row.standing, &text)?;
    }
    Ok(json!({ "customer": body.customer, "tax": body.tax }))
}

/// The profile that a customer had at a moment; nothing where it had none yet.
pub(crate) fn profile_at(
    tx: &mut Tx<'_>,
    customer: &Customer,
    at: i64,
) -> Result<Option<TaxProfile>, AppFault> {
    let kind = kind(customer.id.as_str());
    if let Some(version) = papers::version_at(tx, &kind, at)? {
        return stored("tax profile", &version.body).map(Some);
    }
    Ok(match settings::configuration(tx, &kind)? {
        // It was set later.
        Some(_) => None,
        None => customer.tax.clone(),
    })
}
