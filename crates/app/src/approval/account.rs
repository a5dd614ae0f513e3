//! What changes when it is said who is billed, how invoices are put together, who pays, and which
//! account of the processor collects: the difference, the day, and the next invoices that go another
//! way.

use super::evidence::Difference;
use crate::command::{SetBillTo, SetConsolidation, SetPayer, SetPaymentRoutes};
use crate::journey::customer;
use crate::journey::hierarchy::each_in_force;
use crate::journey::routing::{Group, Routes, said, subtree};
use crate::payment_routes::{PaymentRoute, PaymentRoutes};
use crate::record::Context;
use crate::{AppFault, journey};
use store::Tx;
use store::routing;
use values::{Date, Zone};

/// Most next invoices that a checker is shown one by one.
const SHOWN: usize = 50;

fn one(field: &str, before: String, after: String) -> Difference {
    Difference {
        field: field.to_owned(),
        before,
        after,
    }
}

/// From which day it holds. A day that is not stated is the day on which it is granted, so it does not
/// bind the decision to today.
fn from(day: Option<Date>) -> Difference {
    let after = day.map_or_else(|| "the day it is granted".to_owned(), |day| day.to_string());
    one("from", String::new(), after)
}

/// Where an invoice goes, in words.
fn place(routed: Result<Group, commerce::RoutingRefusal>) -> String {
    match routed {
        Err(refusal) => format!("nobody: {refusal}"),
        Ok(group) => {
            let mut text = group.bill_to.to_string();
            if group.together {
                text.push_str(", with everything due");
            }
            if !group.invoice_group.is_empty() {
                text.push_str(&format!(", invoice group {}", group.invoice_group));
            }
            text
        }
    }
}

/// Of `set_bill_to`.
///
/// # Errors
/// When there is no such contract, or the store fails.
pub(super) fn bill_to(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetBillTo,
) -> Result<Vec<Difference>, AppFault> {
    let (row, contract) = journey::contract::load(tx, &body.contract)?;
    let day = body
        .from
        .map_or_else(|| context.today(&contract.entity), Ok)?;
    let known = routing::bill_to_on(tx, &row.id, &day.to_string())?;
    let before = match &known {
        Some(known) => said::in_words(known)?,
        None => "as_account".to_owned(),
    };
    let goes = |tx: &mut Tx<'_>| -> Result<String, AppFault> {
        Ok(place(Routes::on(day).of_contract(tx, &row)?))
    };
    let now = goes(tx)?;
    let (after, then) = tx.undone(|tx| {
        said::set_bill_to(tx, context, key, body)?;
        let said = routing::bill_to_on(tx, &row.id, &day.to_string())?;
        let words = said.as_ref().map(said::in_words).transpose()?;
        Ok::<_, AppFault>((words.unwrap_or_default(), goes(tx)?))
    })?;
    Ok(vec![
        one(&format!("bill_to of contract {}", row.id), before, after),
        one(&format!("who is billed for contract {}", row.id), now, then),
        from(body.from),
    ])
}

/// Of `set_consolidation`: with the next invoices that go another way, where it is about an account.
///
/// # Errors
/// When neither an account nor an entity is named, or the store fails.
pub(super) fn consolidation(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetConsolidation,
) -> Result<Vec<Difference>, AppFault> {
    let (scope, id) = match (&body.customer, &body.entity) {
        (Some(id), _) => ("customer", id.as_str()),
        (None, Some(id)) => ("entity", id.as_str()),
        (None, None) => return Ok(Vec::new()),
    };
    let today = match &body.entity {
        Some(entity) => context.today(entity)?,
        None => Zone::utc().date_at(context.now),
    };
    let day = body.from.unwrap_or(today);
    let before = routing::consolidation_on(tx, (scope, id), &day.to_string())?;
    let after = body.policy.map_or("", |policy| policy.word());
    let mut found = vec![
        one(
            &format!("consolidation of {scope} {id}"),
            before.unwrap_or_default(),
            after.to_owned(),
        ),
        from(body.from),
    ];
    if let Some(account) = &body.customer {
        let accounts = subtree(tx, account)?;
        let now = next_invoices(tx, &accounts, day)?;
        let then = tx.undone(|tx| {
            said::set_consolidation(tx, context, key, body)?;
            next_invoices(tx, &accounts, day)
        })?;
        found.extend(other_ways(now, then));
    }
    Ok(found)
}

/// Where the next invoice of every contract in force goes: (contract, in words).
fn next_invoices(
    tx: &mut Tx<'_>,
    accounts: &[String],
    day: Date,
) -> Result<Vec<(String, String)>, AppFault> {
    let mut routes = Routes::on(day);
    let mut found = Vec::new();
    for account in accounts {
        each_in_force(tx, account, |tx, row| {
            let goes = place(routes.of_contract(tx, &row)?);
            found.push((row.id, goes));
            Ok(())
        })?;
    }
    Ok(found)
}

/// Those that go another way; what is beyond what a person reads is counted.
fn other_ways(now: Vec<(String, String)>, then: Vec<(String, String)>) -> Vec<Difference> {
    let mut moved: Vec<Difference> = now
        .into_iter()
        .zip(then)
        .filter(|((_, before), (_, after))| before != after)
        .map(|((contract, before), (_, after))| {
            one(
                &format!("next invoice of contract {contract}"),
                before,
                after,
            )
        })
        .collect();
    let more = moved.len().saturating_sub(SHOWN);
    if more > 0 {
        moved.truncate(SHOWN);
        let others = format!("{more} of further contracts");
        moved.push(one(
            "next invoices that go another way",
            String::new(),
            others,
        ));
    }
    moved
}

/// Of `set_payer`.
///
/// # Errors
/// When there is no such customer.
pub(super) fn payer(tx: &mut Tx<'_>, body: &SetPayer) -> Result<Vec<Difference>, AppFault> {
    customer::load(tx, &body.customer)?;
    let before = store::collection::payer_of(tx, body.customer.as_str())?;
    let after = body.payer.as_ref().map_or("", |payer| payer.as_str());
    Ok(vec![one(
        &format!("payer of {}", body.customer),
        before.unwrap_or_default(),
        after.to_owned(),
    )])
}

/// Of `set_payment_routes`: each row that is added, goes elsewhere or is taken away.
///
/// # Errors
/// When the rows in force cannot be read.
pub(super) fn routes(
    tx: &mut Tx<'_>,
    body: &SetPaymentRoutes,
) -> Result<Vec<Difference>, AppFault> {
    let before = PaymentRoutes::load(tx)?;
    let about = |row: &PaymentRoute| -> String {
        let mut parts = Vec::new();
        parts.extend(row.entity.as_ref().map(|id| format!("entity {id}")));
        parts.extend(row.country.as_ref().map(|code| format!("payers in {code}")));
        parts.extend(row.currency.map(|code| format!("in {code}")));
        match parts.is_empty() {
            true => "everything else".to_owned(),
            false => parts.join(", "),
        }
    };
    let goes = |rows: &[PaymentRoute], what: &str| -> String {
        let row = rows.iter().find(|row| about(row) == what);
        row.map_or_else(String::new, |row| row.connection.clone())
    };
    let mut places: Vec<String> = before.0.iter().chain(&body.routes).map(about).collect();
    places.sort();
    places.dedup();
    Ok(places
        .into_iter()
        .map(|what| {
            let (now, then) = (goes(&before.0, &what), goes(&body.routes, &what));
            one(&format!("collected by, {what}"), now, then)
        })
        .filter(|difference| difference.before != difference.after)
        .collect())
}

/// Whose books these rows are about, for a list.
pub(super) fn routes_in_words(body: &SetPaymentRoutes) -> String {
    match body.routes.len() {
        0 => "One processor collects everything".to_owned(),
        1 => "Who collects what: 1 row".to_owned(),
        rows => format!("Who collects what: {rows} rows"),
    }
}
