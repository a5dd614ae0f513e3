//! Recognition: earned through a date by the schedules as they are, less what is recognised; month
//! by month, and at once where a change reaches back into days that are recognised already.

use crate::Refusal;
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
/// When the contract is recognised elsewhere, everything asked for is recognised further already, or the
/// store fails.
pub fn run(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RecogniseRevenue,
) -> Result<Answer, AppFault> {
    let entity = body.entity.as_ref().map_or("", |entity| entity.as_str());
    let contract = body.contract.as_ref().map(|contract| contract.as_str());
    crate::usage::accrue::through(tx, context, contract, entity, body.through)?;
    let (mut after, mut lines) = (String::new(), 0);
    let mut further: Option<(String, String)> = None;
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
            if is_further(&scheduled, body.through) && elsewhere(context, &scheduled).is_none() {
                let row = &scheduled.row;
                let stands = (row.recognised_through.clone(), row.contract.clone());
                further = further.max(Some(stands));
                continue;
            }
            let amount = recognise(tx, context, scheduled, body.through)?;
            if amount != 0 {
                lines += 1;
                *totals.entry(currency).or_default() += amount;
            }
        }
    }
    if let Some((day, contract)) = further.filter(|_| lines == 0) {
        return Err(would_take_back(body.through, &day, &contract).into());
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

/// Whether more days are recognised already than a run asks for: earning less by an earlier day would take
/// revenue back that nothing has changed.
fn is_further(scheduled: &Scheduled, through: Date) -> bool {
    scheduled.row.recognised_through > through.to_string()
}

fn would_take_back(through: Date, day: &str, contract: &str) -> Refusal {
    let message = format!(
        "revenue of contract {contract} is recognised through {day} already; through {through} there is nothing to add, and taking revenue back needs a reason: amend, cancel or credit the contract, or reverse a journal"
    );
    Refusal::field("recognised_further", "through", message)
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
    if elsewhere(context, &scheduled).is_some() || is_further(&scheduled, through) {
        return Ok(0);
    }
    let row = &mut scheduled.row;
    let amount = revenue::to_recognise(&scheduled.obligation, row.recognised, through)
        .map_err(schedule::refused)?;
    let day = through.to_string();
    if amount == 0 {
        if row.recognised_through < day {
            row.recognised_through = day;
            obligations::update(tx, row)?;
        }
        return Ok(0);
    }
    let key = format!("recognise/{}/{day}/{}", row.id, row.recognised + amount);
    let chain = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/revenue", &key);
    let moment = Moment {
        through,
        effective: through,
        because: "",
    };
    settle(tx, &mut recorder, &mut scheduled, amount, moment)?;
    recorder.finish(tx)?;
    Ok(amount)
}

/// Settles at once what a change of the schedule earned, or took away, in days that are recognised
/// already. It counts on the day on which the change was made, as a modification of a contract does:
/// the month of those days may be closed, and the revenue account is not wrong until the next run.
/// What another system recognises is left to it, as in a run.
pub(crate) fn catch_up(
    tx: &mut Tx<'_>,
    (context, recorder): (&Context, &mut Recorder<'_>),
    scheduled: &mut Scheduled,
    today: Date,
    because: &str,
) -> Result<(), AppFault> {
    let row = &scheduled.row;
    if row.recognised_through.is_empty() || elsewhere(context, scheduled).is_some() {
        return Ok(());
    }
    let through = stored_value("date", &row.recognised_through)?;
    let amount = revenue::to_recognise(&scheduled.obligation, row.recognised, through)
        .map_err(schedule::refused)?;
    if amount == 0 {
        return Ok(());
    }
    let moment = Moment {
        through,
        effective: today,
        because: &format!("caught up with {because}"),
    };
    settle(tx, recorder, scheduled, amount, moment)
}

/// Through which day revenue is recognised, and on which day that counts.
pub(crate) struct Moment<'a> {
    pub(crate) through: Date,
    pub(crate) effective: Date,
    /// What made it due besides the passing of time.
    pub(crate) because: &'a str,
}

/// Moves the position of the obligation by `amount` and says so.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    recorder: &mut Recorder<'_>,
    scheduled: &mut Scheduled,
    amount: i64,
    moment: Moment<'_>,
) -> Result<(), AppFault> {
    let Scheduled { row, obligation } = scheduled;
    let moved = revenue::move_position(row.billed - row.recognised, -amount)
        .ok_or(values::MoneyRefused::TooLarge)?;
    let through = moment.through;
    row.recognised += amount;
    row.recognised_through = through.to_string();
    obligations::update(tx, row)?;
    let currency: Currency = stored_value("currency", &row.currency)?;
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let earned = Money::from_minor(row.recognised, currency);
    let allocated = Money::from_minor(row.allocated, currency);
    let before = Money::from_minor(row.recognised - amount, currency);
    let mut arithmetic = format!(
        "{earned} of {allocated} earned through {through}, less {before} recognised before"
    );
    if !moment.because.is_empty() {
        arithmetic.push_str(&format!("; {}", moment.because));
    }
    let fact = Fact {
        subject: format!("obligation/{}", row.id),
        partition: format!("contract/{}", row.contract),
        entity: Some(entity),
        effective: moment.effective,
        happened: recorder.now(),
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
        arithmetic,
    };
    recorder.event(fact, Event::RevenueRecognised(event));
    Ok(())
}
