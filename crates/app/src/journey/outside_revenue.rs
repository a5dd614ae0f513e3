//! Revenue that another system recognises: what it states is recorded, moves our books by our rules,
//! and where that is verified is compared with what the schedules have earned. Each difference is an
//! exception with both figures, which closes when they agree.

use crate::command::{Answer, OutsideRevenueLine, RecordOutsideRevenue};
use crate::fault::{AppFault, stored_value};
use crate::governance::gate;
use crate::journey::contract as contracts_journey;
use crate::journey::exception::{self, NewException};
use crate::journey::revenue::{self as revenue_journey, Moment};
use crate::journey::schedule::{self, Scheduled};
use crate::record::{Context, Recorder};
use crate::{App, Refusal};
use control::topology::Mode;
use serde_json::json;
use store::{Tx, obligations, outside_documents};
use values::{Currency, Date, EntityId, Money, Month};

/// Days after a month within which another system is to state its revenue.
pub const GRACE_DAYS: i64 = 5;

/// Obligations looked at in one transaction.
const A_STEP: i64 = 100;

const PREFIX: &str = "outside-revenue/";

/// `record_outside_revenue`.
///
/// # Errors
/// Everything that is wrong with it; that this program or another system recognises the revenue; or that
/// more days are stated already.
pub fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RecordOutsideRevenue,
) -> Result<Answer, AppFault> {
    let (row, contract) = contracts_journey::load(tx, &body.contract)?;
    let known = schedule::load(tx, row.id.as_str())?;
    let stated = read(context, known, body, contract.currency)?;
    let chain = stored_value("chain id", &row.correlation)?;
    let key = format!("outside-revenue/{}/{}/{key}", body.system, body.through);
    let mut recorder = Recorder::new(context, chain, "/outside-revenue", &key);
    let mut moved = 0_i64;
    let mut stated_now = Vec::with_capacity(stated.len());
    for (mut scheduled, recognised, mode) in stated {
        let amount = recognised
            .checked_sub(scheduled.row.recognised)
            .ok_or(values::MoneyRefused::TooLarge)?;
        let moment = Moment {
            through: body.through,
            effective: body.through,
            because: &format!("as {} states", body.system),
        };
        if amount == 0 {
            scheduled.row.recognised_through = body.through.to_string();
            obligations::update(tx, &scheduled.row)?;
        } else {
            revenue_journey::settle(tx, &mut recorder, &mut scheduled, amount, moment)?;
        }
        moved = moved
            .checked_add(amount)
            .ok_or(values::MoneyRefused::TooLarge)?;
        stated_now.push((scheduled, mode));
    }
    recorder.finish(tx)?;
    let mut differences = 0;
    for (scheduled, mode) in stated_now {
        if mode == Mode::Verify {
            let through = body.through.max(usual_day(context, &scheduled)?);
            differences += usize::from(compare(tx, context, &scheduled, &body.system, through)?);
        }
    }
    Ok(json!({
        "contract": body.contract, "through": body.through,
        "recognised": Money::from_minor(moved, contract.currency), "differences": differences,
    }))
}

/// The obligations with what is stated of them, or everything that is wrong.
fn read(
    context: &Context,
    known: Vec<Scheduled>,
    body: &RecordOutsideRevenue,
    currency: Currency,
) -> Result<Vec<(Scheduled, i64, Mode)>, AppFault> {
    let mut wrong = Vec::new();
    if body.lines.is_empty() {
        let message = "say what is recognised: one line for each component";
        wrong.push(Refusal::field("no_lines", "lines", message));
    }
    let only = known.len() == 1;
    let mut left: Vec<Option<Scheduled>> = known.into_iter().map(Some).collect();
    let mut stated = Vec::new();
    for (index, line) in body.lines.iter().enumerate() {
        let at = |field: &str| format!("lines[{index}].{field}");
        let recognised = match Money::parse(&line.recognised, currency) {
            Ok(money) => money.minor,
            Err(refused) => {
                let field = at("recognised");
                wrong.push(Refusal::field("bad_amount", &field, refused.to_string()));
                continue;
            }
        };
        let Some(found) = take(&mut left, line, only) else {
            let message = match &line.component {
                Some(component) => format!(
                    "contract {} has no component {component} with revenue, or it is stated twice",
                    body.contract
                ),
                None => "the contract has more than one component: say which one".to_owned(),
            };
            let field = at("component");
            wrong.push(Refusal::field("component_missing", &field, message));
            continue;
        };
        match allowed(context, &found, body) {
            Ok(mode) => stated.push((found, recognised, mode)),
            Err(refusal) => wrong.push(refusal),
        }
    }
    if wrong.is_empty() {
        Ok(stated)
    } else {
        Err(AppFault::Refused(wrong))
    }
}

/// Takes the obligation that a line is about out of those that are left.
fn take(
    left: &mut [Option<Scheduled>],
    line: &OutsideRevenueLine,
    only: bool,
) -> Option<Scheduled> {
    let is_it = |it: &Option<Scheduled>| {
        it.as_ref().is_some_and(|it| match &line.component {
            Some(component) => it.obligation.component == *component,
            None => only,
        })
    };
    left.iter_mut().find(|it| is_it(it))?.take()
}

/// What we do for the revenue of an obligation, where the sender is the one that recognises it.
fn allowed(
    context: &Context,
    scheduled: &Scheduled,
    body: &RecordOutsideRevenue,
) -> Result<Mode, Refusal> {
    let row = &scheduled.row;
    let product = scheduled.obligation.product.as_str();
    match gate::recognising(context, &row.entity, product) {
        None => {
            let message = format!(
                "Tieout itself recognises the revenue of {product} on contract {}: what {} states would count it twice. Give the scope mode \"mirror\" or \"verify\" in the topology while {} still recognises it",
                row.contract, body.system, body.system
            );
            Err(Refusal::field("recognised_here", "system", message))
        }
        Some((owner, _)) if owner != body.system => {
            let message = format!(
                "the revenue of {product} on contract {} is recognised by {owner}, not by {}; correct the system, or make {} the system of record of revenue in the topology",
                row.contract, body.system, body.system
            );
            Err(Refusal::field("not_the_recogniser", "system", message))
        }
        Some(_) if row.recognised_through > body.through.to_string() => {
            let message = format!(
                "{} stated the revenue of {product} on contract {} through {} before; state it through that day or a later one",
                body.system, row.contract, row.recognised_through
            );
            Err(Refusal::field("recognised_further", "through", message))
        }
        Some((_, mode)) => Ok(mode),
    }
}

/// The last day through which another system must have stated its revenue by now.
fn usual_day(context: &Context, scheduled: &Scheduled) -> Result<Date, AppFault> {
    let entity: EntityId = stored_value("entity id", &scheduled.row.entity)?;
    let today = context.today(&entity)?;
    let patient = today.saturating_sub(jiff::Span::new().days(GRACE_DAYS));
    Ok(Month::of(patient).previous().last())
}

/// Compares what the schedule has earned with what is recognised, and opens, refreshes or closes the
/// exception. Answers whether they differ.
fn compare(
    tx: &mut Tx<'_>,
    context: &Context,
    scheduled: &Scheduled,
    system: &str,
    through: Date,
) -> Result<bool, AppFault> {
    let row = &scheduled.row;
    let missing = row.recognised_through < through.to_string();
    let expected =
        revenue::earned_through(&scheduled.obligation, through).map_err(schedule::refused)?;
    let difference = expected
        .checked_sub(row.recognised)
        .ok_or(values::MoneyRefused::TooLarge)?;
    let key = format!("{PREFIX}{}", row.id);
    if difference == 0 {
        exception::clear(tx, context, &key, "both figures agree now")?;
        return Ok(false);
    }
    let currency: Currency = stored_value("currency", &row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    let product = &scheduled.obligation.product;
    let kind = if missing {
        "missing_statement"
    } else {
        "other_amount"
    };
    let new = NewException {
        key,
        class: "revenue_differs",
        summary: format!(
            "Contract {}, revenue of {product} through {through}: {} earned here and {} recognised by {system}",
            row.contract,
            money(expected),
            money(row.recognised)
        ),
        detail: format!(
            "{kind}: the schedule has earned {} through {through} and {system} recognised {} through {}",
            money(expected),
            money(row.recognised),
            if row.recognised_through.is_empty() {
                "no day"
            } else {
                &row.recognised_through
            }
        ),
        customer: row.customer.clone(),
        document: row.contract.clone(),
        entity: row.entity.clone(),
        // The tie-out counts what is earned through the stated day; later days are not in it.
        measure: if missing { "" } else { "recognised" }.to_owned(),
        value: Some(money(difference)),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(true)
}

impl App {
    /// Compares all revenue that another system recognises and that is verified here, through the last
    /// month that it must have stated. Returns how many differences are open.
    ///
    /// # Errors
    /// When the store fails.
    pub fn verify_outside_revenue(&self, actor: &str) -> Result<usize, AppFault> {
        let topology = &self.books().governance.topology;
        let verifies = topology.rows().iter().any(|row| {
            row.domain == control::topology::Domain::Revenue && row.mode == Mode::Verify
        });
        let held = self
            .store()
            .read(|tx| outside_documents::open_keys(tx, PREFIX).map_err(AppFault::from))?;
        if !verifies && held.is_empty() {
            return Ok(0);
        }
        let (mut open, mut after) = (0, String::new());
        loop {
            let from = after.clone();
            let (last, found) = self.run(actor, move |tx, context| {
                let page = obligations::page(tx, "", &from, A_STEP)?;
                let last = page.last().map(|row| row.id.clone());
                let mut found = 0;
                for row in page {
                    found += usize::from(verified(tx, context, schedule::read(row)?)?);
                }
                Ok((last, found))
            })?;
            open += found;
            match last {
                Some(last) => after = last,
                None => return Ok(open),
            }
        }
    }
}

/// Compares one obligation where its revenue is verified; where it no longer is, nothing is held.
fn verified(tx: &mut Tx<'_>, context: &Context, scheduled: Scheduled) -> Result<bool, AppFault> {
    let product = scheduled.obligation.product.as_str();
    match gate::recognising(context, &scheduled.row.entity, product) {
        Some((system, Mode::Verify)) => {
            let usual = usual_day(context, &scheduled)?;
            let stated: Option<Date> = match scheduled.row.recognised_through.as_str() {
                "" => None,
                day => Some(stored_value("date", day)?),
            };
            let through = stated.map_or(usual, |stated| stated.max(usual));
            compare(tx, context, &scheduled, &system, through)
        }
        _ => {
            let key = format!("{PREFIX}{}", scheduled.row.id);
            exception::clear(tx, context, &key, "the revenue is not verified any more")?;
            Ok(false)
        }
    }
}
