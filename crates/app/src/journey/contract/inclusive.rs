//! Prices agreed with tax in them: the timeline holds the price without tax, because only that is
//! revenue, and the contract notes which rate was taken out.

use crate::Refusal;
use crate::command::ActivateContract;
use crate::record::Context;
use commerce::{Charge, Contract, Customer, InclusivePrice};
use values::{Decimal, Rate, UnitPrice};

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
    for (index, line) in body.lines.iter().enumerate() {
        let Some(component) = contract
            .components
            .get_mut(index)
            .filter(|_| line.price_includes_tax)
        else {
            continue;
        };
        let field = format!("lines[{index}].price_includes_tax");
        let decided = billing::determine(
            &context.books.taxes,
            &contract.entity,
            buyer.tax.as_ref(),
            &component.tax_code,
            component.from,
        );
        let rate = match decided {
            Ok(decided) => decided.rate(),
            Err(refusal) => {
                wrong.push(Refusal::field(refusal.code(), &field, refusal.to_string()));
                continue;
            }
        };
        for stated in &mut component.charges {
            match without(&stated.charge, rate) {
                Some(charge) => stated.charge = charge,
                None => {
                    let message = format!(
                        "{} is not priced by one amount; state its price without tax",
                        component.product
                    );
                    wrong.push(Refusal::field("price_not_single", &field, message));
                }
            }
        }
        notes.push(InclusivePrice {
            component: component.id.clone(),
            rate,
        });
    }
    contract.inclusive_prices.extend(notes);
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The charge without the tax in it; nothing when it has more than one price.
fn without(charge: &Charge, rate: Rate) -> Option<Charge> {
    let factor = Decimal::ONE.checked_add(rate.decimal())?;
    let net = charge.single_price()?.decimal().checked_div(factor)?;
    Some(charge.repriced(UnitPrice::new(net)))
}
