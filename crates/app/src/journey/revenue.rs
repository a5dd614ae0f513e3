//! Recognition: earned through a date by the schedules as they are, less what is recognised.

use crate::command::{Answer, RecogniseRevenue};
use crate::fault::{AppFault, stored_value};
use crate::governance::gate;
use crate::journey::schedule::{self, Scheduled};
use crate::record::{Context, Fact, Recorder};
use control::topology::Mode;
use events::{Event, RevenueRecognised};
use serde_json::json;
use store::{Tx, obligations};
use values::{Currency, Date, EntityId, Money};

/// Obligations looked at in one step of a run.
const OBLIGATIONS_A_STEP: i64 = 200;

/// `recognise_revenue`.
///
/// # Errors
/// When the store fails.
pub fn run(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RecogniseRevenue,
) -> Result<Answer, AppFault> {
    let entity = body.entity.as_ref().map_or("", |entity| entity.as_str());
    let (mut after, mut lines) = (String::new(), 0);
    let mut totals: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    loop {
        let page = match &body.contract {
            Some(contract) if after.is_empty() => obligations::of_contract(tx, contract.as_str())?,
            Some(_) => break,
            None => obligations::page(tx, entity, &after, OBLIGATIONS_A_STEP)?,
        };
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for row in page {
            let currency = row.currency.clone();
            let scheduled = schedule::read(row)?;
            if let Some((system, mode)) = elsewhere(context, &scheduled)
                && let Some(contract) = &body.contract
            {
                let refusal = gate::recognised_elsewhere(contract.as_str(), &system, mode);
                return Err(refusal.into());
            }
            let amount = recognise(tx, context, scheduled, body.through)?;
            if amount != 0 {
                lines += 1;
                *totals.entry(currency).or_default() += amount;
            }
        }
    }
    let mut recognised = Vec::new();
    for (currency, minor) in totals {
        recognised.push(Money::from_minor(
            minor,
            stored_value::<Currency>("currency", &currency)?,
        ));
    }
    Ok(json!({ "through": body.through, "obligations": lines, "recognised": recognised }))
}

fn elsewhere(context: &Context, scheduled: &Scheduled) -> Option<(String, Mode)> {
    let product = scheduled.obligation.product.as_str();
    gate::recognising(context, &scheduled.row.entity, product)
}

/// Recognises one obligation through a date, unless another system recognises it. Returns what was
/// recognised, in minor units.
pub(crate) fn recognise(
    tx: &mut Tx<'_>,
    context: &Context,
    mut scheduled: Scheduled,
    through: Date,
) -> Result<i64, AppFault> {
    if elsewhere(context, &scheduled).is_some() {
        return Ok(0);
    }
    let obligation = &scheduled.obligation;
    let row = &mut scheduled.row;
    let amount =
        revenue::to_recognise(obligation, row.recognised, through).map_err(schedule::refused)?;
    let day = through.to_string();
    if amount == 0 {
        if row.recognised_through < day {
            row.recognised_through = day;
            obligations::update(tx, row)?;
        }
        return Ok(0);
    }
    let moved = revenue::move_position(row.billed - row.recognised, -amount)
        .ok_or(values::MoneyRefused::TooLarge)?;
    row.recognised += amount;
    row.recognised_through = day.clone();
    obligations::update(tx, row)?;
    let currency: Currency = stored_value("currency", &row.currency)?;
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let earned = Money::from_minor(row.recognised, currency);
    let allocated = Money::from_minor(row.allocated, currency);
    let key = format!("recognise/{}/{day}/{}", row.id, row.recognised);
    let mut recorder = Recorder::new(
        context,
        stored_value("chain id", &row.correlation)?,
        "/revenue",
        &key,
    );
    let fact = Fact {
        subject: format!("obligation/{}", row.id),
        partition: format!("contract/{}", row.contract),
        entity: Some(entity),
        effective: through,
        happened: context.now,
    };
    let event = RevenueRecognised {
        obligation: obligation.id.clone(),
        contract: obligation.contract.clone(),
        customer: stored_value("customer id", &row.customer)?,
        product: obligation.product.clone(),
        revenue_class: row.revenue_class.clone(),
        through,
        amount: Money::from_minor(amount, currency),
        cumulative: earned,
        deferred: -moved.deferred,
        unbilled: moved.unbilled,
        arithmetic: format!(
            "{earned} of {allocated} earned through {through}, less {} recognised before",
            Money::from_minor(row.recognised - amount, currency)
        ),
    };
    recorder.event(fact, Event::RevenueRecognised(event));
    recorder.finish(tx)?;
    Ok(amount)
}
