//! Prices agreed with tax in them: the timeline holds the price without tax, because only that is
//! revenue, and the contract notes which rate was taken out of it.

use crate::Refusal;
use crate::command::ActivateContract;
use crate::fault::AppFault;
use crate::journey::customer;
use crate::record::Context;
use commerce::{
    Change, Charge, Contract, Customer, InclusivePrice, NewComponent, PhaseStep, without_tax,
};
use store::Tx;
use values::{ComponentId, Date, Rate};

/// A change whose prices are without tax, with the tax that was taken out of them.
pub(super) struct Stated {
    /// The change.
    pub(super) change: Change,
    /// What it notes of the tax in a price, where it does.
    pub(super) tax_in_price: Option<InclusivePrice>,
}

impl From<Change> for Stated {
    fn from(change: Change) -> Self {
        Stated {
            change,
            tax_in_price: None,
        }
    }
}

/// Takes the tax out of the prices of the lines that say so, at the rate in force on the first day.
///
/// # Errors
/// When no rate is in force, or the price of a line is not a single one.
pub(super) fn take_tax_out(
    context: &Context,
    buyer: &Customer,
    body: &ActivateContract,
    contract: &mut Contract,
) -> Result<(), Vec<Refusal>> {
    let mut wrong = Vec::new();
    let mut notes = Vec::new();
    let entity = contract.entity.clone();
    for (index, line) in body.lines.iter().enumerate() {
        let Some(component) = contract
            .components
            .get_mut(index)
            .filter(|_| line.price_includes_tax)
        else {
            continue;
        };
        let field = format!("lines[{index}].price_includes_tax");
        let taxed = (component.tax_code.as_str(), component.from);
        let rate = match rate_on(context, (&entity, buyer), taxed, &field) {
            Ok(rate) => rate,
            Err(refusal) => {
                wrong.push(refusal);
                continue;
            }
        };
        for stated in &mut component.charges {
            match without(&stated.charge, rate, component.product.as_str(), &field) {
                Ok(charge) => stated.charge = charge,
                Err(refusal) => wrong.push(refusal),
            }
        }
        notes.push(InclusivePrice {
            component: component.id.clone(),
            from: None,
            rate: Some(rate),
        });
    }
    contract.inclusive_prices.extend(notes);
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// A new price of a component as an amendment states it: with tax or without, else as it was agreed
/// before.
///
/// # Errors
/// When no rate is in force, or a price with tax is not a single one.
pub(super) fn new_price(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    component: ComponentId,
    (charge, effective): (Charge, Date),
    includes_tax: Option<bool>,
) -> Result<Stated, AppFault> {
    let before = contract.tax_in_price(&component, effective);
    let change = |component, charge| Change::ChangePrice {
        component,
        charge,
        effective,
    };
    let note = |component: &ComponentId, rate| InclusivePrice {
        component: component.clone(),
        from: Some(effective),
        rate,
    };
    if !includes_tax.unwrap_or(before.is_some()) {
        let tax_in_price = before.map(|_| note(&component, None));
        let change = change(component, charge);
        return Ok(Stated {
            change,
            tax_in_price,
        });
    }
    let field = "change.price_includes_tax";
    let held = contract.component(&component).map_err(|refused| {
        Refusal::field(refused.code(), "change.component", refused.to_string())
    })?;
    let taxed = (held.tax_code.as_str(), effective);
    let rate = rate_of_next(tx, context, contract, taxed, field)?;
    let charge = without(&charge, rate, held.product.as_str(), field)?;
    let tax_in_price = Some(note(&component, Some(rate)));
    let change = change(component, charge);
    Ok(Stated {
        change,
        tax_in_price,
    })
}

/// Takes the tax out of the prices of a line that an amendment brings in, where it says so.
///
/// # Errors
/// As [`new_price`].
pub(super) fn brought_in(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    (component, phases): (&mut NewComponent, &mut [PhaseStep]),
    effective: Date,
) -> Result<InclusivePrice, AppFault> {
    let field = "change.line.price_includes_tax";
    let taxed = (component.tax_code.as_str(), effective);
    let rate = rate_of_next(tx, context, contract, taxed, field)?;
    let product = component.product.as_str();
    component.charge = without(&component.charge, rate, product, field)?;
    for charge in phases.iter_mut().filter_map(|phase| phase.charge.as_mut()) {
        *charge = without(charge, rate, product, field)?;
    }
    Ok(InclusivePrice {
        component: component.id.clone(),
        from: None,
        rate: Some(rate),
    })
}

/// A price that is stated for a component beside others, such as a step of a ramp: with the tax in it
/// that was agreed for it before.
///
/// # Errors
/// When a price with tax is not a single one.
pub(super) fn as_agreed(
    contract: &Contract,
    component: &ComponentId,
    on: Date,
    charge: Charge,
) -> Result<Charge, Refusal> {
    let product = contract
        .component(component)
        .map_or("", |held| held.product.as_str());
    match contract.tax_in_price(component, on) {
        Some(rate) => without(&charge, rate, product, "change"),
        None => Ok(charge),
    }
}

/// The rate that documents bear which are issued next for a price from `effective` on: that of the
/// day, or of today where the day is past.
fn rate_of_next(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    (tax_code, effective): (&str, Date),
    field: &str,
) -> Result<Rate, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let on = effective.max(context.today(&contract.entity)?);
    let rate = rate_on(context, (&contract.entity, &buyer), (tax_code, on), field)?;
    Ok(rate)
}

fn rate_on(
    context: &Context,
    (entity, buyer): (&values::EntityId, &Customer),
    (tax_code, on): (&str, Date),
    field: &str,
) -> Result<Rate, Refusal> {
    let tax = buyer.tax.as_ref();
    let decided = billing::determine(&context.books.taxes, entity, tax, tax_code, on);
    let refused = |refusal: billing::BillingRefusal| {
        Refusal::field(refusal.code(), field, refusal.to_string())
    };
    Ok(decided.map_err(refused)?.rate())
}

fn without(charge: &Charge, rate: Rate, product: &str, field: &str) -> Result<Charge, Refusal> {
    without_tax(charge, rate).ok_or_else(|| {
        let message = format!("{product} is not priced by one amount; state its price without tax");
        Refusal::field("price_not_single", field, message)
    })
}
