//! Revenue of what is measured is earned in the period in which it is used. Its schedule follows what
//! is rated: at a month's end what was used so far, when it is billed exactly what is billed.

use super::rate::{Counting, readings};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::schedule;
use crate::record::{Context, Recorder};
use billing::{BilledLine, DraftLine, LineKind, part_amounts};
use commerce::{Component, Contract, Measure, MeasuredPart, measured_parts};
use revenue::{Pattern, Segment};
use std::collections::BTreeMap;
use store::usage::{self, UsageComponentRow};
use store::{Tx, settings};
use values::{Date, Instant, MoneyRefused, Period};

/// Measured components looked at in one step.
const COMPONENTS_A_STEP: i64 = 200;

/// What one billing period of a measured component has earned through a day.
struct Earned {
    window: Period,
    /// The days whose use it is.
    days: Period,
    /// Minor units.
    amount: i64,
}

/// Brings the schedules of the measured components in line with what is about to be billed.
pub(crate) fn follow_bill(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    billed: &[BilledLine],
    lines: &[DraftLine],
) -> Result<(), AppFault> {
    for component in &contract.components {
        if component.measure.is_none() {
            continue;
        }
        let mut touched: BTreeMap<Period, Earned> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.component == component.id) {
            touched.entry(line.window).or_insert(Earned {
                window: line.window,
                days: line.window.meet(&contract.term).unwrap_or(line.period),
                amount: 0,
            });
        }
        let issued = billed.iter().map(|known| &known.line);
        for line in issued.chain(lines) {
            if line.component == component.id
                && line.kind != LineKind::Concession
                && let Some(earned) = touched.get_mut(&line.window)
            {
                earned.amount = earned
                    .amount
                    .checked_add(line.net.minor)
                    .ok_or(MoneyRefused::TooLarge)?;
            }
        }
        for earned in touched.values() {
            settle(tx, context, recorder, contract, component, earned)?;
        }
    }
    Ok(())
}

/// Adds what a period has earned beyond what its schedule has of it.
fn settle(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    component: &Component,
    earned: &Earned,
) -> Result<(), AppFault> {
    let origin = format!("use from {}", earned.window.from());
    let mut scheduled = schedule::load(tx, contract.id.as_str())?;
    let Some(scheduled) = scheduled
        .iter_mut()
        .find(|known| known.obligation.component == component.id)
    else {
        return Ok(());
    };
    let (mut known, mut until) = (0_i64, earned.days.from());
    for segment in &scheduled.obligation.segments {
        if segment.origin == origin {
            known = known
                .checked_add(segment.amount)
                .ok_or(MoneyRefused::TooLarge)?;
            until = until.max(segment.until);
        }
    }
    let amount = earned
        .amount
        .checked_sub(known)
        .ok_or(MoneyRefused::TooLarge)?;
    if amount == 0 {
        return Ok(());
    }
    // What is added was used after what is there, or belongs to all of the days.
    let days = Period::new(until, earned.days.until()).unwrap_or(earned.days);
    let segment = Segment::over(days, amount, Pattern::StraightLineDaily, &origin);
    schedule::add_segment(tx, context, recorder, contract, scheduled, segment)
}

/// Adds what was used through a day and has not been billed to the schedules, for one contract, one
/// entity or all of them. What cannot be rated is left to the bill run, which says why.
pub(crate) fn through(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: Option<&str>,
    entity: &str,
    day: Date,
) -> Result<(), AppFault> {
    if let Some(contract) = contract {
        for row in usage::of_contract(tx, contract)? {
            one(tx, context, &row, day)?;
        }
        return Ok(());
    }
    let mut after = (String::new(), String::new());
    loop {
        let from = (after.0.as_str(), after.1.as_str());
        let page = usage::components_after(tx, entity, from, COMPONENTS_A_STEP)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = (last.contract.clone(), last.component.clone());
        for row in page {
            one(tx, context, &row, day)?;
        }
    }
}

fn one(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &UsageComponentRow,
    day: Date,
) -> Result<(), AppFault> {
    let Some(stored_row) = store::contracts::contract(tx, &row.contract)? else {
        return Ok(());
    };
    let contract: Contract = stored("contract", &stored_row.body)?;
    let id = row.component.as_str();
    let Some(component) = contract.components.iter().find(|it| it.id.as_str() == id) else {
        return Ok(());
    };
    let found = unbilled(tx, context, &contract, component, row, day)?;
    if found.is_empty() {
        return Ok(());
    }
    let key = format!(
        "accrue/{}/{id}/{day}/{}",
        row.contract,
        context.now.microseconds()
    );
    let chain = stored_value("chain id", &stored_row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/usage", &key);
    for earned in &found {
        settle(tx, context, &mut recorder, &contract, component, earned)?;
    }
    recorder.finish(tx)
}

/// What was used through a day in periods that have not been billed.
fn unbilled(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    component: &Component,
    row: &UsageComponentRow,
    day: Date,
) -> Result<Vec<Earned>, AppFault> {
    let Some(Measure::Meter { meter, .. }) = &component.measure else {
        return Ok(Vec::new());
    };
    let Some(meter) = context.books.meters.get(meter) else {
        return Ok(Vec::new());
    };
    let zone = context.books.entity(&contract.entity)?.zone.clone();
    let since = if row.billed_until == 0 {
        Date::MIN
    } else {
        zone.date_at(Instant::from_microseconds(row.billed_until - 1))
    };
    let through_intake = settings::last_number(tx, usage::INTAKES)?;
    let mut found = Vec::new();
    let parts = measured_parts(contract, component, since, day);
    for window in parts.chunk_by(|one, next| one.window == next.window) {
        let (Some(first), Some(last)) = (window.first(), window.last()) else {
            continue;
        };
        if zone.start_of(last.period.until()).microseconds() <= row.billed_until {
            continue;
        }
        // Of a part that has not ended, what was used so far.
        let mut begun = Vec::with_capacity(window.len());
        for part in window.iter().filter(|part| part.period.from() <= day) {
            let end = part.period.until().min(day.tomorrow().unwrap_or(day));
            if let Ok(period) = Period::new(part.period.from(), end) {
                begun.push(MeasuredPart {
                    period,
                    ..part.clone()
                });
            }
        }
        let until = begun
            .last()
            .map_or(first.period.from(), |part| part.period.until());
        let counting = Counting {
            contract: &row.contract,
            component,
            meter,
            serves_from: row.serves_from,
            through_intake,
        };
        let Ok(readings) = readings(tx, &zone, &counting, &begun)? else {
            return Ok(Vec::new());
        };
        let rounding = component.policy.rounding;
        let Ok(amounts) = part_amounts(&readings, contract.currency, rounding) else {
            return Ok(Vec::new());
        };
        let mut amount = 0_i64;
        for part in amounts {
            amount = amount
                .checked_add(part.minor)
                .ok_or(MoneyRefused::TooLarge)?;
        }
        if let Ok(days) = Period::new(first.period.from(), until) {
            found.push(Earned {
                window: first.window.period,
                days,
                amount,
            });
        }
    }
    Ok(found)
}
