//! Amendments: the next version of a contract, and what it adds to the contract's value.
//!
//! A change states a fact by effective date; it holds until the next stated one. So changes on
//! different days give the same timeline in whatever order they were recorded.

use crate::contract::{
    ChargeFrom, Component, Contract, ContractRefusal, ContractStatus, NewComponent, QuantityFrom,
    VersionKind, check_charge, check_quantity,
};
use crate::product::{BillingFrequency, Charge, Timing};
use crate::rating::{total_value, window_at};
use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, Date, Instant, Money, Period, Quantity};

/// A change and why it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// What changes.
    pub change: Change,
    /// Why, in the words of whoever asked for it.
    pub reason: String,
}

/// What an amendment changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// From this day the component has this quantity (not this many more), until the next day for
    /// which a quantity is stated.
    ChangeQuantity {
        /// Which component.
        component: ComponentId,
        /// How many, above zero.
        quantity: Quantity,
        /// First day.
        effective: Date,
    },
    /// From this day the component has this charge, until the next day for which one is stated.
    ChangePrice {
        /// Which component.
        component: ComponentId,
        /// The charge for a whole billing period.
        charge: Charge,
        /// First day.
        effective: Date,
    },
    /// From this day until the end of the term something more is sold. It shares the billing
    /// periods of the contract, so its first one may be a part.
    AddComponent {
        /// What.
        component: NewComponent,
        /// First day.
        effective: Date,
    },
    /// From this day the component is gone, and what was billed beyond it is credited.
    RemoveComponent {
        /// Which component.
        component: ComponentId,
        /// First day without it.
        effective: Date,
    },
    /// From this day the contract is over.
    Cancel {
        /// First day without it.
        effective: Date,
        /// Whether what was billed beyond the day is credited. If not, whatever is billed in
        /// advance stands until the end of the billing period that holds the day.
        credit_unused: bool,
    },
    /// The term gets longer; components that ran to its end run on.
    Extend {
        /// First day outside the new term.
        until: Date,
    },
}

/// What an amendment did to the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractDelta {
    /// The contract.
    pub contract: ContractId,
    /// Number of the version it made.
    pub version: u32,
    /// What kind of change it was.
    pub kind: VersionKind,
    /// From which day it counts.
    pub effective: Date,
    /// Value over the life before; see [`total_value`].
    pub value_before: Money,
    /// Value over the life after.
    pub value_after: Money,
    /// After less before: what the amendment books.
    pub value_delta: Money,
}

/// The next version of `contract`, and what it adds to the value.
///
/// # Errors
/// When the status does not allow it, the component is unknown, the date lies outside its service,
/// or the quantity or charge makes no sense. The contract given is never changed.
pub fn amend(
    contract: &Contract,
    amendment: &Amendment,
    recorded: Instant,
) -> Result<(Contract, ContractDelta), ContractRefusal> {
    let (kind, status) = match amendment.change {
        Change::ChangeQuantity { .. } => (VersionKind::QuantityChanged, ContractStatus::Amended),
        Change::ChangePrice { .. } => (VersionKind::PriceChanged, ContractStatus::Amended),
        Change::AddComponent { .. } => (VersionKind::ComponentAdded, ContractStatus::Amended),
        Change::RemoveComponent { .. } => (VersionKind::ComponentRemoved, ContractStatus::Amended),
        Change::Cancel { .. } => (VersionKind::Cancelled, ContractStatus::Cancelled),
        Change::Extend { .. } => (VersionKind::Extended, ContractStatus::Amended),
    };
    let mut next = contract.clone();
    next.status = contract.status.to(status)?;
    let effective = apply(&mut next, contract, &amendment.change)?;
    next.note(recorded, effective, kind, &amendment.reason);
    let value_before = total_value(contract)?;
    let value_after = total_value(&next)?;
    let value_delta = value_after
        .minus(value_before)
        .map_err(crate::RatingRefusal::from)?;
    let delta = ContractDelta {
        contract: next.id.clone(),
        version: next.version(),
        kind,
        effective,
        value_before,
        value_after,
        value_delta,
    };
    Ok((next, delta))
}

/// Changes `next`; answers the day from which it counts.
fn apply(
    next: &mut Contract,
    contract: &Contract,
    change: &Change,
) -> Result<Date, ContractRefusal> {
    match change {
        Change::ChangeQuantity {
            component,
            quantity,
            effective,
        } => {
            check_quantity(component, *quantity)?;
            let target = serving(next, component, *effective)?;
            check_charged_once(target, *effective)?;
            if let Some(charge) = target.charge_on(*effective) {
                check_charge(component, charge, *quantity)?;
            }
            state_quantity(&mut target.quantities, *effective, *quantity);
            Ok(*effective)
        }
        Change::ChangePrice {
            component,
            charge,
            effective,
        } => {
            let target = serving(next, component, *effective)?;
            check_charged_once(target, *effective)?;
            let quantity = target.quantity_on(*effective).unwrap_or_default();
            check_charge(component, charge, quantity)?;
            state_charge(&mut target.charges, *effective, charge);
            Ok(*effective)
        }
        Change::AddComponent {
            component,
            effective,
        } => add_component(next, component, *effective),
        Change::RemoveComponent {
            component,
            effective,
        } => {
            serving(next, component, *effective)?.until = *effective;
            Ok(*effective)
        }
        Change::Cancel {
            effective,
            credit_unused,
        } => cancel(next, contract, *effective, *credit_unused),
        Change::Extend { until } => extend(next, *until),
    }
}

/// The component, when it serves on `effective`.
fn serving<'a>(
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

fn state_charge(stated: &mut Vec<ChargeFrom>, from: Date, charge: &Charge) {
    stated.retain(|fact| fact.from != from);
    let place = stated.partition_point(|fact| fact.from < from);
    let charge = charge.clone();
    stated.insert(place, ChargeFrom { from, charge });
}

fn add_component(
    next: &mut Contract,
    component: &NewComponent,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    if next.components.iter().any(|known| known.id == component.id) {
        return Err(ContractRefusal::DuplicateComponent {
            contract: next.id.clone(),
            component: component.id.clone(),
        });
    }
    check_inside_term(next, effective)?;
    let service =
        Period::new(effective, next.term.until()).map_err(|_| outside_term(next, effective))?;
    next.components.push(component.over(service)?);
    Ok(effective)
}

fn cancel(
    next: &mut Contract,
    contract: &Contract,
    effective: Date,
    credit_unused: bool,
) -> Result<Date, ContractRefusal> {
    check_inside_term(contract, effective)?;
    for component in &mut next.components {
        let kept = !credit_unused && component.timing == Timing::Advance;
        let end = match window_at(contract, component, effective) {
            // What began on the very day has not been used at all.
            Some(window) if kept && window.period.from() < effective => window.period.until(),
            _ => effective,
        };
        // A component that was to begin later never does.
        let end = if component.from >= effective {
            effective
        } else {
            end
        };
        component.until = component.until.min(end.max(component.from));
    }
    next.cancelled_from = Some(effective);
    Ok(effective)
}

fn extend(next: &mut Contract, until: Date) -> Result<Date, ContractRefusal> {
    let current = next.term.until();
    if until <= current {
        return Err(ContractRefusal::NotLater { current, until });
    }
    Contract::check_length(next.term.from(), until)?;
    next.term = Period::new(next.term.from(), until)
        .map_err(|_| ContractRefusal::NotLater { current, until })?;
    for component in &mut next.components {
        if component.until == current {
            component.until = until;
        }
    }
    Ok(current)
}

fn check_inside_term(contract: &Contract, effective: Date) -> Result<(), ContractRefusal> {
    if contract.term.contains(effective) {
        Ok(())
    } else {
        Err(outside_term(contract, effective))
    }
}

fn outside_term(contract: &Contract, effective: Date) -> ContractRefusal {
    ContractRefusal::OutsideService {
        effective,
        what: format!("the term of contract {}", contract.id),
        from: contract.term.from(),
        until: contract.term.until(),
    }
}
