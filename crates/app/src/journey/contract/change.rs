//! From the words of the API to a change of the domain: what the body leaves out comes from the
//! contract, the catalogue or another contract.

use super::inclusive::{Stated, as_agreed, brought_in, new_price};
use super::line::{charge_of, new_component};
use super::{load, only_component};
use crate::command::{AmendContract, ChangeBody, ContractLine, PhaseBody, RampStepBody};
use crate::record::Context;
use crate::{AppFault, Refusal};
use commerce::{
    Change, Charge, Component, Contract, Discount, InclusivePrice, NewComponent, PhaseStep,
    RampStep, Reduction, RenewalPrice, renewal, without_tax,
};
use std::num::NonZeroU16;
use store::Tx;
use values::{ComponentId, ContractId, Date, UnitPrice};

/// Months of a renewal that nothing was said about.
const YEAR: NonZeroU16 = NonZeroU16::new(12).unwrap();

/// The change that a body asks for.
pub(super) fn read_change(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    body: &AmendContract,
) -> Result<Stated, AppFault> {
    let effective = body.effective;
    Ok(match &body.change {
        ChangeBody::Price {
            component,
            unit_price,
            charge,
            price_includes_tax,
        } => {
            let component = only_component(contract, component.as_ref())?;
            let charge = charge.as_ref();
            let unit_price = (*unit_price, "change.unit_price");
            let charge = priced(contract, &component, effective, unit_price, charge)?;
            let charge = charge.ok_or_else(|| {
                Refusal::field(
                    "price_missing",
                    "change.unit_price",
                    "state unit_price or charge",
                )
            })?;
            let price = (charge, effective);
            new_price(tx, context, contract, component, price, *price_includes_tax)?
        }
        ChangeBody::Add { line } => {
            let (component, phases, tax_in_price) = sold(tx, context, contract, line, effective)?;
            let sale = Change::AddComponent {
                component,
                effective,
            };
            Stated {
                change: in_phases(sale, phases),
                tax_in_price,
            }
        }
        ChangeBody::Swap { component, line } => {
            let (replacement, phases, tax_in_price) = sold(tx, context, contract, line, effective)?;
            let sale = Change::Swap {
                component: only_component(contract, component.as_ref())?,
                replacement: Box::new(replacement),
                effective,
            };
            Stated {
                change: in_phases(sale, phases),
                tax_in_price,
            }
        }
        other => as_before(tx, context, contract, effective, other)?.into(),
    })
}

/// The changes that leave it as it was whether prices have tax in them.
fn as_before(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    effective: Date,
    body: &ChangeBody,
) -> Result<Change, AppFault> {
    Ok(match body {
        ChangeBody::Quantity {
            component,
            quantity,
        } => Change::ChangeQuantity {
            component: only_component(contract, component.as_ref())?,
            quantity: *quantity,
            effective,
        },
        ChangeBody::Ramp { component, steps } => {
            let component = only_component(contract, component.as_ref())?;
            let steps = ramp(contract, &component, steps)?;
            Change::Ramp { component, steps }
        }
        ChangeBody::Phases { component, phases } => {
            let component = only_component(contract, component.as_ref())?;
            let phases = phases_as_agreed(contract, &component, effective, phases)?;
            Change::SetPhases {
                component,
                effective,
                phases,
            }
        }
        ChangeBody::Remove { component } => Change::RemoveComponent {
            component: component.clone(),
            effective,
        },
        other => without_price(tx, context, contract, effective, other)?,
    })
}

/// The changes that state no price of their own.
fn without_price(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    effective: Date,
    body: &ChangeBody,
) -> Result<Change, AppFault> {
    Ok(match body {
        ChangeBody::Pause {
            component,
            resume_on,
        } => Change::Pause {
            component: component.clone(),
            effective,
            until: *resume_on,
        },
        ChangeBody::Resume { component } => Change::Resume {
            component: component.clone(),
            effective,
        },
        ChangeBody::EndDiscount { code } => Change::EndDiscount {
            code: code.clone(),
            effective,
        },
        ChangeBody::Cancel { credit_unused, at } => Change::Cancel {
            effective,
            credit_unused: *credit_unused,
            at: *at,
        },
        ChangeBody::Uncancel {} => Change::Uncancel {},
        ChangeBody::Extend { end } => Change::Extend {
            until: end.tomorrow().unwrap_or(*end),
        },
        ChangeBody::CoTerm {
            component,
            end,
            with_contract,
            with_component,
        } => Change::CoTerm {
            component: component.clone(),
            until: aligned(
                tx,
                contract,
                *end,
                with_contract.as_ref(),
                with_component.as_ref(),
            )?,
        },
        ChangeBody::Renew { months, price } => {
            let terms = contract.renewal.as_ref();
            let months = months.or(terms.map(|terms| terms.months)).unwrap_or(YEAR);
            let price = price.or(terms.map(|terms| terms.price)).unwrap_or_default();
            renewed(context, contract, contract.term_after(months), price)
        }
        // Read before, because it needs the versions that were kept.
        ChangeBody::Undo { version } => {
            let refusal = commerce::ContractRefusal::NoHistory { version: *version };
            return Err(
                Refusal::field(refusal.code(), "change.version", refusal.to_string()).into(),
            );
        }
        ChangeBody::Renewal { terms } => Change::SetRenewal {
            renewal: terms.clone(),
        },
        discount => Change::AddDiscount {
            discount: discount_of(discount, effective)?,
        },
    })
}

/// The renewal of a contract at a price; the catalogue answers for list prices.
pub(super) fn renewed(
    context: &Context,
    contract: &Contract,
    until: Date,
    price: RenewalPrice,
) -> Change {
    renewal(contract, until, price, |component, on| {
        listed(context, contract, component, on)
    })
}

/// What the catalogue asks on a day for what a component is: without the tax that is in its price, where
/// that was agreed.
pub(crate) fn listed(
    context: &Context,
    contract: &Contract,
    component: &Component,
    on: Date,
) -> Option<Charge> {
    let products = &context.books.catalogue.products;
    let product = products
        .iter()
        .find(|known| known.code == component.product)?;
    let offered = product.prices.iter().filter(|price| {
        price.currency == contract.currency
            && price.billing == component.billing
            && price.from.is_none_or(|from| from <= on)
    });
    let newest = offered.max_by_key(|price| price.from)?;
    match contract.tax_in_price(&component.id, on) {
        Some(rate) => without_tax(&newest.charge, rate),
        None => Some(newest.charge.clone()),
    }
}

/// The charge that a body states: the whole one, or the listed one at another unit price.
fn priced(
    contract: &Contract,
    component: &ComponentId,
    on: Date,
    (unit_price, field): (Option<UnitPrice>, &str),
    charge: Option<&Charge>,
) -> Result<Option<Charge>, Refusal> {
    let held = contract
        .component(component)
        .map_err(|r| Refusal::field(r.code(), "change.component", r.to_string()))?;
    let listed = held
        .charge_on(on)
        .or_else(|| held.charges.first().map(|first| &first.charge));
    let nothing = Charge::flat(UnitPrice::default());
    let stated = unit_price.is_some() || charge.is_some();
    stated
        .then(|| charge_of(listed.unwrap_or(&nothing), charge, (unit_price, field)))
        .transpose()
}

/// The steps of a ramp.
pub(super) fn ramp(
    contract: &Contract,
    component: &ComponentId,
    steps: &[RampStepBody],
) -> Result<Vec<RampStep>, Refusal> {
    let step = |(index, step): (usize, &RampStepBody)| {
        let field = format!("steps[{index}].unit_price");
        let unit_price = (step.unit_price, field.as_str());
        let charge = step.charge.as_ref();
        Ok(RampStep {
            effective: step.effective,
            quantity: step.quantity,
            charge: priced(contract, component, step.effective, unit_price, charge)?
                .map(|charge| as_agreed(contract, component, step.effective, charge))
                .transpose()?,
        })
    };
    steps.iter().enumerate().map(step).collect()
}

/// The phases of a component, their prices with the tax in them that its price has.
fn phases_as_agreed(
    contract: &Contract,
    component: &ComponentId,
    on: Date,
    phases: &[PhaseBody],
) -> Result<Vec<PhaseStep>, Refusal> {
    let mut steps = phase_steps(contract, component, on, phases)?;
    for step in &mut steps {
        if let Some(charge) = step.charge.take() {
            step.charge = Some(as_agreed(contract, component, on, charge)?);
        }
    }
    Ok(steps)
}

/// The phases of a component at the prices that are stated.
pub(super) fn phase_steps(
    contract: &Contract,
    component: &ComponentId,
    on: Date,
    phases: &[PhaseBody],
) -> Result<Vec<PhaseStep>, Refusal> {
    let step = |(index, phase): (usize, &PhaseBody)| {
        let field = unit_price_of_phase(index);
        let unit_price = (phase.unit_price, field.as_str());
        let charge = phase.charge.as_ref();
        Ok(PhaseStep {
            phase: phase.phase,
            months: phase.months,
            days: phase.days,
            charge: priced(contract, component, on, unit_price, charge)?,
            off: phase.off,
        })
    };
    phases.iter().enumerate().map(step).collect()
}

/// The phases that a line states for what it brings in, at its own charge where they state none.
fn phases_of(new: &NewComponent, phases: &[PhaseBody]) -> Result<Vec<PhaseStep>, Refusal> {
    let step = |(index, phase): (usize, &PhaseBody)| {
        let stated = phase.unit_price.is_some() || phase.charge.is_some();
        let field = unit_price_of_phase(index);
        let unit_price = (phase.unit_price, field.as_str());
        Ok(PhaseStep {
            phase: phase.phase,
            months: phase.months,
            days: phase.days,
            charge: stated
                .then(|| charge_of(&new.charge, phase.charge.as_ref(), unit_price))
                .transpose()?,
            off: phase.off,
        })
    };
    phases.iter().enumerate().map(step).collect()
}

fn unit_price_of_phase(index: usize) -> String {
    format!("phases[{index}].unit_price")
}

/// What is added or swapped in, with its phases where it has any.
fn in_phases(sale: Change, phases: Vec<PhaseStep>) -> Change {
    if phases.is_empty() {
        return sale;
    }
    Change::SoldInPhases {
        sale: Box::new(sale),
        phases,
    }
}

/// What a line brings in, with its phases and the tax that was in its prices.
fn sold(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    line: &ContractLine,
    effective: Date,
) -> Result<(NewComponent, Vec<PhaseStep>, Option<InclusivePrice>), AppFault> {
    let mut component = added(context, contract, line, effective)?;
    let mut phases = phases_of(&component, &line.phases)?;
    let tax = match line.price_includes_tax {
        true => {
            let prices = (&mut component, phases.as_mut_slice());
            Some(brought_in(tx, context, contract, prices, effective)?)
        }
        false => None,
    };
    Ok((component, phases, tax))
}

fn added(
    context: &Context,
    contract: &Contract,
    line: &ContractLine,
    effective: Date,
) -> Result<NewComponent, Refusal> {
    new_component(
        context,
        line,
        &contract.id,
        contract.components.len(),
        (&contract.entity, contract.currency),
        effective,
        "change.line",
    )
}

/// First day after the end that something is aligned to.
fn aligned(
    tx: &mut Tx<'_>,
    contract: &Contract,
    end: Option<Date>,
    with_contract: Option<&ContractId>,
    with_component: Option<&ComponentId>,
) -> Result<Date, AppFault> {
    match (end, with_contract, with_component) {
        (Some(end), None, None) => Ok(end.tomorrow().unwrap_or(end)),
        (None, Some(other), None) => Ok(load(tx, other)?.1.term.until()),
        (None, None, Some(id)) => {
            let other = contract
                .component(id)
                .map_err(|r| Refusal::field(r.code(), "change.with_component", r.to_string()))?;
            Ok(other.until)
        }
        _ => {
            let message = "state one of end, with_contract and with_component";
            Err(Refusal::field("end_missing", "change.end", message).into())
        }
    }
}

/// A discount that a body states.
pub(super) fn discount_of(body: &ChangeBody, from: Date) -> Result<Discount, Refusal> {
    let missing = || {
        let message = "state percent or amount, not both; a cap goes with percent";
        Refusal::field("discount_unclear", "change.percent", message)
    };
    let ChangeBody::Discount {
        code,
        name,
        component,
        percent,
        cap,
        amount,
        end,
        cycles,
        limit,
        order,
    } = body
    else {
        return Err(missing());
    };
    let off = match (*percent, *amount, *cap) {
        (Some(rate), None, cap) => Reduction::Percent { rate, cap },
        (None, Some(amount), None) => Reduction::Amount { amount },
        _ => return Err(missing()),
    };
    Ok(Discount {
        code: code.clone(),
        name: name.clone(),
        component: component.clone(),
        off,
        from,
        until: end.map(|end| end.tomorrow().unwrap_or(end)),
        cycles: *cycles,
        limit: *limit,
        order: *order,
    })
}
