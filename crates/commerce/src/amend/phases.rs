//! Several facts agreed at once: ramps and phases; and discounts.

use super::facts::{change_price, change_quantity, check_inside_term, serving, state_charge};
use super::{Change, PhaseStep, RampStep};
use crate::contract::{Contract, ContractRefusal, Phase, PhaseFrom, check_charge};
use crate::cycle::{BillingFrequency, plus_days};
use crate::discount::{Discount, Reduction};
use values::{ComponentId, Date, Rate, UnitPrice, anchored_month};

pub(super) fn ramp(
    next: &mut Contract,
    component: &ComponentId,
    steps: &[RampStep],
) -> Result<Date, ContractRefusal> {
    let bad = |number, why| ContractRefusal::BadStep {
        what: "step",
        number,
        why,
    };
    let mut first: Option<Date> = None;
    for (index, step) in steps.iter().enumerate() {
        if step.quantity.is_none() && step.charge.is_none() {
            return Err(bad(index + 1, "it states neither a quantity nor a price"));
        }
        if let Some(quantity) = step.quantity {
            change_quantity(next, component, quantity, step.effective)?;
        }
        if let Some(charge) = &step.charge {
            change_price(next, component, charge, step.effective)?;
        }
        first = Some(first.map_or(step.effective, |known| known.min(step.effective)));
    }
    first.ok_or_else(|| bad(1, "there are no steps; state at least one"))
}

pub(super) fn set(
    next: &mut Contract,
    component: &ComponentId,
    effective: Date,
    phases: &[PhaseStep],
) -> Result<Date, ContractRefusal> {
    let target = serving(next, component, effective)?;
    if target.billing == BillingFrequency::OneOff {
        return Err(ContractRefusal::DoesNotRecur {
            component: component.clone(),
        });
    }
    target.phases.retain(|known| known.from < effective);
    let charge_before = target.charge_on(effective).cloned();
    let mut discounts = Vec::new();
    let mut begins = effective;
    for (index, step) in phases.iter().enumerate() {
        let until = end_of(step, begins, index + 1 == phases.len())
            .map_err(|why| bad_phase(index + 1, why))?;
        if begins >= target.until {
            return Err(bad_phase(
                index + 1,
                "it begins after the component has ended",
            ));
        }
        target.phases.push(PhaseFrom {
            from: begins,
            phase: step.phase,
        });
        // A phase that states no charge goes on at the one that held before the phases.
        if let Some(charge) = step.charge.as_ref().or(charge_before.as_ref()) {
            let quantity = target.quantity_on(begins).unwrap_or_default();
            check_charge(component, charge, quantity)?;
            if target.charge_on(begins) != Some(charge) {
                state_charge(&mut target.charges, begins, charge);
            }
        }
        if let Some(rate) = step.off {
            discounts.push(phase_discount(component, rate, begins, until));
        } else if step.phase == Phase::Discount && step.charge.is_none() {
            return Err(bad_phase(index + 1, "state what is taken off, or a price"));
        }
        begins = until.unwrap_or(Date::MAX);
    }
    if phases.is_empty() {
        return Err(bad_phase(1, "there are no phases; state at least one"));
    }
    let own = phase_code(component);
    next.discounts
        .retain(|known| !(known.code.starts_with(&own) && known.from >= effective));
    for discount in discounts {
        add_discount(next, &discount)?;
    }
    Ok(effective)
}

/// The component that a change brings in.
pub(super) fn sold_by(sale: &Change) -> Result<&ComponentId, ContractRefusal> {
    match sale {
        Change::AddComponent { component, .. } => Ok(&component.id),
        Change::Swap { replacement, .. } => Ok(&replacement.id),
        _ => Err(bad_phase(1, "phases go with what is added or swapped in")),
    }
}

fn bad_phase(number: usize, why: &'static str) -> ContractRefusal {
    ContractRefusal::BadStep {
        what: "phase",
        number,
        why,
    }
}

/// First day after a phase; none for the last one when it states no length.
fn end_of(step: &PhaseStep, begins: Date, last: bool) -> Result<Option<Date>, &'static str> {
    match (step.months, step.days) {
        (Some(_), Some(_)) => Err("state its length in months or in days, not in both"),
        (None, None) if last => Ok(None),
        (None, None) => Err("it has no length; only the last phase runs on"),
        (Some(months), None) => Ok(Some(anchored_month(
            begins,
            i32::from(months.get()),
            begins.day(),
        ))),
        (None, Some(days)) => plus_days(begins, i64::from(days.get()))
            .map(Some)
            .ok_or("it is too long"),
    }
}

/// How the codes of discounts begin that follow from the phases of a component.
fn phase_code(component: &ComponentId) -> String {
    format!("{component} phase from ")
}

fn phase_discount(
    component: &ComponentId,
    rate: Rate,
    from: Date,
    until: Option<Date>,
) -> Discount {
    Discount {
        code: format!("{}{from}", phase_code(component)),
        name: "introductory price".to_owned(),
        component: Some(component.clone()),
        off: Reduction::Percent { rate, cap: None },
        from,
        until,
        cycles: None,
        limit: None,
        order: 0,
    }
}

pub(super) fn add_discount(
    next: &mut Contract,
    discount: &Discount,
) -> Result<Date, ContractRefusal> {
    if next
        .discounts
        .iter()
        .any(|known| known.code == discount.code)
    {
        return Err(ContractRefusal::DuplicateDiscount {
            contract: next.id.clone(),
            code: discount.code.clone(),
        });
    }
    check_inside_term(next, discount.from)?;
    if let Some(id) = &discount.component {
        next.component(id)?;
    }
    let bad = |why| ContractRefusal::BadDiscount {
        code: discount.code.clone(),
        why,
    };
    let nothing = UnitPrice::default();
    match &discount.off {
        Reduction::Percent { rate, .. } if *rate <= Rate::default() || *rate > Rate::from(1) => {
            return Err(bad("a rate lies above 0 and is at most 1; 0.2 is 20 %"));
        }
        Reduction::Percent { cap: Some(cap), .. } if *cap <= nothing => {
            return Err(bad("its cap must lie above zero"));
        }
        Reduction::Amount { amount } if *amount <= nothing => {
            return Err(bad("its amount must lie above zero"));
        }
        Reduction::Percent { .. } | Reduction::Amount { .. } => {}
    }
    if discount.limit.is_some_and(|limit| limit <= nothing) {
        return Err(bad("its limit must lie above zero"));
    }
    let measured = discount.component.as_ref().is_some_and(|id| {
        let mut known = next.components.iter();
        known.any(|component| component.id == *id && component.measure.is_some())
    });
    if discount.limit.is_some() && measured {
        return Err(bad(
            "what is measured has no discount with a limit for its life; give it a cap for each billing period",
        ));
    }
    if discount.code.trim().is_empty() {
        return Err(bad("give it a code"));
    }
    if discount.until.is_some_and(|until| until <= discount.from) {
        return Err(bad("it ends before it begins"));
    }
    let recurring = next
        .components
        .iter()
        .filter(|c| c.billing.recurs())
        .count();
    if matches!(discount.off, Reduction::Amount { .. })
        && discount.component.is_none()
        && recurring != 1
    {
        return Err(bad("an amount is taken off one component; name it"));
    }
    next.discounts.push(discount.clone());
    Ok(discount.from)
}

pub(super) fn end_discount(
    next: &mut Contract,
    code: &str,
    effective: Date,
) -> Result<Date, ContractRefusal> {
    let Some(place) = next.discounts.iter().position(|known| known.code == code) else {
        return Err(ContractRefusal::UnknownDiscount {
            contract: next.id.clone(),
            code: code.to_owned(),
            known: next.discounts.iter().map(|it| it.code.clone()).collect(),
        });
    };
    let discount = &mut next.discounts[place];
    let end = effective.max(discount.from);
    discount.until = Some(discount.until.map_or(end, |until| until.min(end)));
    Ok(end)
}
