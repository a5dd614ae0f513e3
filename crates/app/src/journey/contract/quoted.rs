//! The contract that a quote is: built like one that is activated, with ramps and discounts from the
//! start.

use super::change::ramp;
use super::{build, inclusive, term};
use crate::command::{ActivateContract, RampStepBody};
use crate::record::Context;
use crate::{AppFault, Refusal};
use commerce::{Change, Contract, Customer, Discount, Reduction, agree};
use values::{ContractId, Currency, Rate};

/// What a quoted line has beside what a contract line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Besides {
    /// The field of the quote that it comes from, such as `lines[0]`.
    pub(crate) field: String,
    /// What is taken off.
    pub(crate) discount: Option<Rate>,
    /// Quantities and prices step by step.
    pub(crate) ramp: Vec<RampStepBody>,
}

/// The contract of `body`, whose lines have `besides` in the same order.
///
/// # Errors
/// Everything that is wrong with it, with the field of the quote.
pub(crate) fn quoted(
    context: &Context,
    body: &ActivateContract,
    id: &ContractId,
    (currency, buyer): (Currency, &Customer),
    besides: &[Besides],
) -> Result<Contract, AppFault> {
    let days = term(body.start, body.end)?;
    let terms = (currency, buyer.billing_day);
    let mut contract =
        build(context, body, id.clone(), terms, days).map_err(|fault| placed(fault, besides))?;
    // Before the ramps: their prices have the tax in them that the price of the line has.
    inclusive::take_tax_out(context, buyer, body, &mut contract)
        .map_err(|wrong| placed(AppFault::Refused(wrong), besides))?;
    for (index, beside) in besides.iter().enumerate() {
        let Some(component) = contract.components.get(index) else {
            continue;
        };
        let (component, from) = (component.id.clone(), component.from);
        let mut changes = Vec::new();
        if !beside.ramp.is_empty() {
            let steps = ramp(&contract, &component, &beside.ramp)?;
            let component = component.clone();
            changes.push((Change::Ramp { component, steps }, "ramp"));
        }
        if let Some(rate) = beside.discount.filter(|rate| !rate.decimal().is_zero()) {
            let discount = Discount {
                code: format!("quoted-{}", index + 1),
                name: "Discount".to_owned(),
                component: Some(component),
                off: Reduction::Percent { rate, cap: None },
                from,
                until: None,
                cycles: None,
                limit: None,
                order: 0,
            };
            changes.push((Change::AddDiscount { discount }, "discount"));
        }
        for (change, part) in changes {
            contract = agree(&contract, &change).map_err(|refused| {
                let field = format!("{}.{part}", beside.field);
                Refusal::field(refused.code(), &field, refused.to_string())
            })?;
        }
    }
    Ok(contract)
}

/// A refusal of a contract line, said of the line of the quote that it comes from.
fn placed(fault: AppFault, besides: &[Besides]) -> AppFault {
    let AppFault::Refused(mut refusals) = fault else {
        return fault;
    };
    for refusal in &mut refusals {
        let Some(field) = &refusal.field else {
            continue;
        };
        let found = besides.iter().enumerate().find_map(|(index, beside)| {
            let rest = field.strip_prefix(&format!("lines[{index}]"))?;
            Some(format!("{}{rest}", beside.field))
        });
        refusal.field = found.or_else(|| refusal.field.clone());
    }
    AppFault::Refused(refusals)
}
