//! Which places of the table of systems of record a contract touches: those of what it sells.

use super::{Wanted, at};
use crate::command::AmendContract;
use crate::fault::{AppFault, stored};
use commerce::Contract;
use control::topology::{Place, Topology};
use serde::Deserialize;
use store::{Tx, contracts};
use values::ProductCode;

/// What an amendment would write.
pub(super) fn amendment(
    tx: &mut Tx<'_>,
    topology: &Topology,
    body: &AmendContract,
) -> Result<Option<Wanted>, AppFault> {
    let Some(row) = contracts::contract(tx, body.contract.as_str())? else {
        return Ok(None);
    };
    let sold: Sold = stored("contract", &row.body)?;
    let products = sold.components.iter().map(|it| &it.product);
    Ok(Some(at(
        format!("contract/{}", row.id),
        &row.entity,
        &["amendment.change", "amendment.effective"],
        &places_of(topology, &row.entity, products),
    )))
}

/// What a contract sells: all that the owner of an amendment depends on. The rest of the contract, which
/// grows with every version, is not read for it.
#[derive(Deserialize)]
struct Sold {
    components: Vec<SoldComponent>,
}

#[derive(Deserialize)]
struct SoldComponent {
    product: ProductCode,
}

/// The places of what a contract sells.
pub(super) fn places(topology: &Topology, contract: &Contract) -> Vec<Place> {
    let products = contract.components.iter().map(|it| &it.product);
    places_of(topology, contract.entity.as_str(), products)
}

fn places_of<'p>(
    topology: &Topology,
    entity: &str,
    products: impl Iterator<Item = &'p ProductCode>,
) -> Vec<Place> {
    products
        .map(|product| topology.place(Some(entity), Some(product.as_str())))
        .collect()
}
