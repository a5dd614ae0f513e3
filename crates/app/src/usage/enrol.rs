//! Who is measured by what follows the contract: every version brings its components up to date.

use super::intake;
use crate::fault::{AppFault, to_store};
use crate::record::Context;
use commerce::{Contract, Measure};
use store::Tx;
use store::usage::{self, UsageComponentRow};
use values::Date;

/// Brings the measured components of a contract up to date. After a change that holds from a past day
/// on, what was billed since is looked at again; what was held because the service had ended is
/// tried again.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
    changed_from: Option<Date>,
) -> Result<(), AppFault> {
    let zone = &context.books.entity(&contract.entity)?.zone;
    let mut measured = false;
    for component in &contract.components {
        let Some(measure @ Measure::Meter { meter, .. }) = &component.measure else {
            continue;
        };
        measured = true;
        let row = UsageComponentRow {
            contract: contract.id.as_str().to_owned(),
            component: component.id.as_str().to_owned(),
            customer: contract.customer.as_str().to_owned(),
            meter: meter.as_str().to_owned(),
            entity: contract.entity.as_str().to_owned(),
            product: component.product.as_str().to_owned(),
            measure: to_store("measure", measure)?,
            serves_from: zone.start_of(component.from).microseconds(),
            serves_until: zone.start_of(component.until).microseconds(),
            billed_until: 0,
            reopened_from: 0,
            look_back_from: 0,
        };
        usage::put_component(tx, &row)?;
        if let Some(day) = changed_from {
            let from = zone.start_of(day).microseconds();
            let today = context.today(&contract.entity)?.to_string();
            usage::reopen(tx, &row.contract, &row.meter, from, &today)?;
        }
    }
    if measured && changed_from.is_some() && !usage::held(tx, contract.id.as_str(), 1)?.is_empty() {
        intake::release(tx, context, &contract.id, None)?;
    }
    Ok(())
}
