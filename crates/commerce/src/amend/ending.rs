//! Where a contract and its components end: cancelled, reinstated, extended, aligned, renewed.

use super::facts::{check_inside_term, leaves, outside_term, serving, state_charge};
use super::{CancelAt, ComponentCharge};
use crate::contract::{
    Component, Contract, ContractRefusal, ContractStatus, ServiceEnd, check_charge,
};
use crate::cycle::{Timing, window_at};
use crate::renewal::{RenewalMode, runs_to_the_end};
use values::{ComponentId, Date, Period};

pub(super) fn cancel(
    next: &mut Contract,
    contract: &Contract,
    effective: Date,
    credit_unused: bool,
    at: CancelAt,
) -> Result<Date, ContractRefusal> {
    check_inside_term(contract, effective)?;
    let evergreen = contract
        .renewal
        .as_ref()
        .is_some_and(|terms| terms.mode == RenewalMode::Evergreen);
    let at = match at {
        CancelAt::EndOfTerm if evergreen => CancelAt::EndOfPeriod,
        at => at,
    };
    let over = day_of(contract, effective, at);
    if !credit_unused && matches!(at, CancelAt::StartOfPeriod | CancelAt::StartOfTerm) {
        return Err(ContractRefusal::NothingKept { from: over });
    }
    next.ended_by_cancellation.clear();
    for component in &mut next.components {
        next.ended_by_cancellation.push(ServiceEnd {
            component: component.id.clone(),
            until: component.until,
        });
        let end = match at {
            CancelAt::OnDate => end_on(contract, component, effective, credit_unused),
            CancelAt::StartOfPeriod | CancelAt::EndOfPeriod => {
                period_end(contract, component, effective, at).unwrap_or(over)
            }
            CancelAt::StartOfTerm | CancelAt::EndOfTerm => over,
        };
        component.until = component.until.min(end.max(component.from));
    }
    next.cancelled_from = Some(over);
    Ok(over)
}

/// The day from which the whole contract is over.
fn day_of(contract: &Contract, effective: Date, at: CancelAt) -> Date {
    let ends = || {
        let served = contract.components.iter();
        served.filter_map(|component| period_end(contract, component, effective, at))
    };
    match at {
        CancelAt::OnDate => effective,
        CancelAt::StartOfPeriod | CancelAt::EndOfPeriod => ends().max().unwrap_or(effective),
        CancelAt::StartOfTerm => contract.current_term_from(),
        CancelAt::EndOfTerm => contract.term.until(),
    }
}

/// Where the billing period of a component that is under way begins or ends.
fn period_end(
    contract: &Contract,
    component: &Component,
    effective: Date,
    at: CancelAt,
) -> Option<Date> {
    let under_way =
        component.billing.recurs() && component.from <= effective && effective < component.until;
    let window = window_at(contract, component, effective).filter(|_| under_way)?;
    Some(match at {
        CancelAt::StartOfPeriod => window.period.from(),
        _ => window.period.until().min(component.until),
    })
}

/// Where a component ends when the contract is cancelled on a day.
fn end_on(
    contract: &Contract,
    component: &Component,
    effective: Date,
    credit_unused: bool,
) -> Date {
    // A component that was to begin later never does.
    if component.from > effective {
        return effective;
    }
    let kept = !credit_unused && component.timing == Timing::Advance;
    match window_at(contract, component, effective) {
        // What began on the very day has not been used at all.
        Some(window) if kept && window.period.from().max(component.from) < effective => {
            window.period.until()
        }
        _ => leaves(component, effective),
    }
}

pub(super) fn uncancel(next: &mut Contract) -> Date {
    for end in std::mem::take(&mut next.ended_by_cancellation) {
        let mut ended = next.components.iter_mut();
        if let Some(component) = ended.find(|component| component.id == end.component) {
            component.until = end.until;
        }
    }
    let from = next.cancelled_from.take();
    from.unwrap_or(next.term.from())
}

impl Contract {
    /// The status of a cancelled contract whose cancellation is taken back.
    pub(super) fn reinstated(&self) -> Result<ContractStatus, ContractRefusal> {
        // Contracts cancelled before ends were kept cannot be restored.
        let known = !self.ended_by_cancellation.is_empty();
        match self.status {
            ContractStatus::Cancelled if known => Ok(ContractStatus::Amended),
            status => Err(ContractRefusal::NotCancelled {
                contract: self.id.clone(),
                status,
            }),
        }
    }
}

pub(super) fn extend(next: &mut Contract, until: Date) -> Result<Date, ContractRefusal> {
    let current = next.term.until();
    lengthen(next, until)?;
    for component in &mut next.components {
        if component.until == current {
            component.until = until;
        }
    }
    Ok(current)
}

fn lengthen(next: &mut Contract, until: Date) -> Result<(), ContractRefusal> {
    let current = next.term.until();
    let not_later = ContractRefusal::NotLater { current, until };
    if until <= current {
        return Err(not_later);
    }
    Contract::check_length(next.term.from(), until)?;
    next.term = Period::new(next.term.from(), until).map_err(|_| not_later)?;
    Ok(())
}

pub(super) fn co_term(
    next: &mut Contract,
    component: Option<&ComponentId>,
    until: Date,
) -> Result<Date, ContractRefusal> {
    let current = next.term.until();
    let Some(id) = component else {
        if until >= current {
            return extend(next, until);
        }
        next.term = Period::new(next.term.from(), until).map_err(|_| outside_term(next, until))?;
        for component in &mut next.components {
            component.until = component.until.min(until.max(component.from));
        }
        return Ok(until);
    };
    if until > current {
        return Err(outside_term(next, until));
    }
    let last = until.yesterday().unwrap_or(until);
    let from = next.component(id)?.from;
    let target = serving(next, id, from)?;
    if last < from {
        return Err(ContractRefusal::OutsideService {
            effective: until,
            what: format!("what can be an end of component {id}"),
            from: from.tomorrow().unwrap_or(from),
            until: current.tomorrow().unwrap_or(current),
        });
    }
    let before = target.until;
    target.until = until;
    Ok(before.min(until))
}

pub(super) fn renew(
    next: &mut Contract,
    contract: &Contract,
    until: Date,
    charges: &[ComponentCharge],
) -> Result<Date, ContractRefusal> {
    let begins = contract.term.until();
    lengthen(next, until)?;
    for component in &mut next.components {
        if runs_to_the_end(contract, component) {
            component.until = until;
        }
    }
    for charge in charges {
        let target = serving(next, &charge.component, begins)?;
        let quantity = target.quantity_on(begins).unwrap_or_default();
        check_charge(&charge.component, &charge.charge, quantity)?;
        state_charge(&mut target.charges, begins, &charge.charge);
    }
    next.renewed_on.push(begins);
    Ok(begins)
}
