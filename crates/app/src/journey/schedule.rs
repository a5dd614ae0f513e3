//! Obligations and their schedules follow the contract: every version adds what it changes.

use crate::Refusal;
use crate::fault::{AppFault, stored, to_store};
use crate::journey::revenue as revenue_journey;
use crate::record::{Context, Fact, Recorder};
use billing::DraftLine;
use commerce::Contract;
use events::{Event, ScheduleRevised};
use revenue::{Obligation, Pattern, Segment};
use store::Tx;
use store::obligations::{self, ObligationRow};
use values::{Money, ObligationId, Period};

/// An obligation with its row.
pub(crate) struct Scheduled {
    /// What is stored.
    pub(crate) row: ObligationRow,
    /// Its schedule.
    pub(crate) obligation: Obligation,
}

/// The obligations of a contract.
pub(crate) fn load(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<Scheduled>, AppFault> {
    obligations::of_contract(tx, contract)?
        .into_iter()
        .map(read)
        .collect()
}

/// An obligation from its row.
pub(crate) fn read(row: ObligationRow) -> Result<Scheduled, AppFault> {
    let obligation = stored("obligation", &row.body)?;
    Ok(Scheduled { row, obligation })
}

/// Adds what a version of a contract changes to the schedules of its components.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    changes: &[DraftLine],
    cause: &str,
) -> Result<(), AppFault> {
    let mut known = obligations::of_contract(tx, contract.id.as_str())?;
    for component in &contract.components {
        let lines: Vec<&DraftLine> = changes
            .iter()
            .filter(|line| line.component == component.id)
            .collect();
        let index = known
            .iter()
            .position(|row| row.component == component.id.as_str());
        // A schedule keeps what every version added; those of the other components are not read.
        let mut scheduled = match index {
            Some(_) if lines.is_empty() => continue,
            Some(index) => read(known.remove(index))?,
            None => new_obligation(tx, context, recorder, contract, component)?,
        };
        for line in lines {
            let pattern = match line.recognition {
                commerce::Pattern::StraightLineDaily => Pattern::StraightLineDaily,
                commerce::Pattern::AtStart => Pattern::AtStart,
            };
            let segment = Segment::over(line.service, line.net.minor, pattern, cause);
            scheduled.obligation =
                revenue::revise(&scheduled.obligation, segment).map_err(refused)?;
        }
        save(tx, context, recorder, contract, &mut scheduled, cause)?;
    }
    Ok(())
}

/// Adds one segment to the schedule of an obligation.
pub(crate) fn add_segment(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    scheduled: &mut Scheduled,
    segment: Segment,
) -> Result<(), AppFault> {
    let cause = segment.origin.clone();
    scheduled.obligation = revenue::revise(&scheduled.obligation, segment).map_err(refused)?;
    save(tx, context, recorder, contract, scheduled, &cause)
}

fn new_obligation(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &Recorder<'_>,
    contract: &Contract,
    component: &commerce::Component,
) -> Result<Scheduled, AppFault> {
    let id = ObligationId::mint(&*context.ids, context.now);
    let obligation = Obligation {
        id: id.clone(),
        contract: contract.id.clone(),
        component: component.id.clone(),
        product: component.product.clone(),
        revenue_account_class: contract.revenue_class(component).to_owned(),
        segments: Vec::new(),
    };
    let row = ObligationRow {
        id: id.as_str().to_owned(),
        contract: contract.id.as_str().to_owned(),
        component: component.id.as_str().to_owned(),
        customer: contract.customer.as_str().to_owned(),
        entity: contract.entity.as_str().to_owned(),
        currency: contract.currency.code().to_owned(),
        product: component.product.as_str().to_owned(),
        revenue_class: contract.revenue_class(component).to_owned(),
        allocated: 0,
        billed: 0,
        recognised: 0,
        recognised_through: String::new(),
        ends: component.until.to_string(),
        correlation: recorder.correlation().as_str().to_owned(),
        body: to_store("obligation", &obligation)?,
    };
    ObligationRow::insert(tx, std::slice::from_ref(&row))?;
    Ok(Scheduled { row, obligation })
}

fn save(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    scheduled: &mut Scheduled,
    cause: &str,
) -> Result<(), AppFault> {
    let obligation = &scheduled.obligation;
    let first =
        scheduled.row.allocated == 0 && scheduled.row.billed == 0 && scheduled.row.recognised == 0;
    let allocated = revenue::allocated(obligation).map_err(refused)?;
    let change = allocated - scheduled.row.allocated;
    scheduled.row.allocated = allocated;
    scheduled.row.body = to_store("obligation", obligation)?;
    let from = obligation.segments.iter().map(|segment| segment.from).min();
    let until = obligation
        .segments
        .iter()
        .map(|segment| segment.until)
        .max();
    if let Some(until) = until {
        scheduled.row.ends = until.to_string();
    }
    obligations::update(tx, &scheduled.row)?;
    let today = context.today(&contract.entity)?;
    let period = from
        .zip(until)
        .and_then(|(from, until)| {
            Period::new(from, until.max(from.tomorrow().unwrap_or(from))).ok()
        })
        .unwrap_or(contract.term);
    let revised = ScheduleRevised {
        obligation: obligation.id.clone(),
        contract: contract.id.clone(),
        component: obligation.component.clone(),
        product: obligation.product.clone(),
        period,
        change: Money::from_minor(change, contract.currency),
        allocated: Money::from_minor(allocated, contract.currency),
        cause: cause.to_owned(),
    };
    let fact = Fact {
        subject: format!("obligation/{}", obligation.id),
        partition: format!("contract/{}", contract.id),
        entity: Some(contract.entity.clone()),
        effective: today,
        happened: context.now,
    };
    let event = if first {
        Event::ScheduleCreated(revised)
    } else {
        Event::ScheduleRevised(revised)
    };
    recorder.event(fact, event);
    revenue_journey::catch_up(tx, (context, recorder), scheduled, today, cause)
}

/// A refusal of the schedule in the words of the caller.
pub(crate) fn refused(refusal: revenue::RevenueRefusal) -> AppFault {
    Refusal::whole(refusal.code(), refusal.to_string()).into()
}
