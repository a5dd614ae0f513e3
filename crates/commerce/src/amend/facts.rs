//! What is stated of a component by effective date: quantities, charges, pauses; and which
//! components there are.

use crate::charge::Charge;
use crate::contract::{
    ChargeFrom, Component, Contract, ContractRefusal, NewComponent, PausedFrom, QuantityFrom,
    check_charge, check_quantity,
};
use crate::cycle::BillingFrequency;
use crate::policy::DayCount;
use values::{ComponentId, Date, Period, Quantity};

pub(super) fn change_quantity(
    next: &mut Contract,
    component: &ComponentId,
    quantity: Quantity,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    check_quantity(component, quantity)?;
    let target = serving(next, component, effective)?;
    check_charged_once(target, effective)?;
    if let Some(charge) = target.charge_on(effective) {
        check_charge(component, charge, quantity)?;
    }
    state_quantity(&mut target.quantities, effective, quantity);
    Ok(effective)
}

pub(super) fn change_price(
    next: &mut Contract,
    component: &ComponentId,
    charge: &Charge,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    let target = serving(next, component, effective)?;
    check_charged_once(target, effective)?;
    let quantity = target.quantity_on(effective).unwrap_or_default();
    check_charge(component, charge, quantity)?;
    state_charge(&mut target.charges, effective, charge);
    Ok(effective)
}

/// The component, when it serves on `effective`.
pub(super) fn serving<'a>(
    contract: &'a mut Contract,
    id: &ComponentId,
    effective: Date,
) -> Result<&'a mut Component, ContractRefusal> {
    let unknown = contract.unknown_component(id);
    let Some(component) = contract.components.iter_mut().find(|c| c.id == *id) else {
        return Err(unknown);
    };
    if effective < component.from || component.until <= effective {
        return Err(ContractRefusal::OutsideService {
            effective,
            what: format!("component {id}"),
            from: component.from,
            until: component.until,
        });
    }
    Ok(component)
}

fn check_charged_once(component: &Component, effective: Date) -> Result<(), ContractRefusal> {
    if component.billing == BillingFrequency::OneOff && effective != component.from {
        return Err(ContractRefusal::ChargedOnce {
            component: component.id.clone(),
            charged: component.from,
        });
    }
    Ok(())
}

fn state_quantity(stated: &mut Vec<QuantityFrom>, from: Date, quantity: Quantity) {
    stated.retain(|fact| fact.from != from);
    let place = stated.partition_point(|fact| fact.from < from);
    stated.insert(place, QuantityFrom { from, quantity });
}

pub(super) fn state_charge(stated: &mut Vec<ChargeFrom>, from: Date, charge: &Charge) {
    stated.retain(|fact| fact.from != from);
    let place = stated.partition_point(|fact| fact.from < from);
    let charge = charge.clone();
    stated.insert(place, ChargeFrom { from, charge });
}

fn state_pause(stated: &mut Vec<PausedFrom>, from: Date, paused: bool) {
    stated.retain(|fact| fact.from != from);
    let place = stated.partition_point(|fact| fact.from < from);
    stated.insert(place, PausedFrom { from, paused });
}

pub(super) fn add_component(
    next: &mut Contract,
    component: &NewComponent,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    check_new(next, &component.id)?;
    check_inside_term(next, effective)?;
    let service =
        Period::new(effective, next.term.until()).map_err(|_| outside_term(next, effective))?;
    next.components.push(component.over(service)?);
    Ok(effective)
}

fn check_new(contract: &Contract, id: &ComponentId) -> Result<(), ContractRefusal> {
    if contract.components.iter().any(|known| known.id == *id) {
        return Err(ContractRefusal::DuplicateComponent {
            contract: contract.id.clone(),
            component: id.clone(),
        });
    }
    Ok(())
}

/// The first day without a component that leaves on `effective`: where days are inclusive the day
/// itself is still charged.
pub(super) fn leaves(component: &Component, effective: Date) -> Date {
    let end = match component.policy.proration {
        DayCount::InclusiveDays => effective.tomorrow().unwrap_or(effective),
        _ => effective,
    };
    end.min(component.until)
}

pub(super) fn remove_component(
    next: &mut Contract,
    component: &ComponentId,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    let target = serving(next, component, effective)?;
    target.until = leaves(target, effective);
    Ok(effective)
}

pub(super) fn swap(
    next: &mut Contract,
    component: &ComponentId,
    replacement: &NewComponent,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    check_new(next, &replacement.id)?;
    let old = serving(next, component, effective)?;
    let until = old.until;
    old.until = effective;
    let pauses = old.pauses.clone();
    let service = Period::new(effective, until).map_err(|_| outside_term(next, effective))?;
    let mut new = replacement.over(service)?;
    new.replaces = Some(component.clone());
    new.pauses = pauses;
    next.components.push(new);
    Ok(effective)
}

pub(super) fn pause(
    next: &mut Contract,
    component: Option<&ComponentId>,
    effective: Date,
    until: Option<Date>,
) -> Result<Date, ContractRefusal> {
    if let Some(until) = until.filter(|until| *until <= effective) {
        return Err(ContractRefusal::ResumesTooSoon { effective, until });
    }
    for target in recurring(next, component, effective)? {
        let from = leaves(target, effective);
        state_pause(&mut target.pauses, from, true);
        if let Some(until) = until.filter(|until| *until > from) {
            state_pause(&mut target.pauses, until, false);
        }
    }
    Ok(effective)
}

pub(super) fn resume(
    next: &mut Contract,
    component: Option<&ComponentId>,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    let before = effective.yesterday().unwrap_or(effective);
    let mut resumed = false;
    for target in recurring(next, component, effective)? {
        if target.paused_on(before) || target.paused_on(effective) {
            resumed = true;
            state_pause(&mut target.pauses, effective, false);
        }
    }
    if resumed {
        Ok(effective)
    } else {
        Err(ContractRefusal::NotPaused { effective })
    }
}

/// The component named, or all, as far as they are charged again and again and serve on the day.
fn recurring<'a>(
    next: &'a mut Contract,
    component: Option<&ComponentId>,
    effective: Date,
) -> Result<Vec<&'a mut Component>, ContractRefusal> {
    if let Some(id) = component {
        let target = serving(next, id, effective)?;
        if target.billing == BillingFrequency::OneOff {
            return Err(ContractRefusal::DoesNotRecur {
                component: id.clone(),
            });
        }
        return Ok(vec![target]);
    }
    let nobody = outside_term(next, effective);
    let served = |target: &&mut Component| {
        target.billing != BillingFrequency::OneOff
            && target.from <= effective
            && effective < target.until
    };
    let targets: Vec<&mut Component> = next.components.iter_mut().filter(served).collect();
    if targets.is_empty() {
        Err(nobody)
    } else {
        Ok(targets)
    }
}

pub(super) fn check_inside_term(
    contract: &Contract,
    effective: Date,
) -> Result<(), ContractRefusal> {
    if contract.term.contains(effective) {
        Ok(())
    } else {
        Err(outside_term(contract, effective))
    }
}

pub(super) fn outside_term(contract: &Contract, effective: Date) -> ContractRefusal {
    ContractRefusal::OutsideService {
        effective,
        what: format!("the term of contract {}", contract.id),
        from: contract.term.from(),
        until: contract.term.until(),
    }
}
