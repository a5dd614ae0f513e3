//! Whether documents and revenue are ours to issue and to recognise.

use super::places;
use crate::Refusal;
use crate::record::Context;
use commerce::Contract;
use control::ownership::{Verdict, may_write};
use control::topology::{Domain, Mode, OURSELVES, Topology};

/// Whether this program issues documents for a contract.
pub(crate) enum Issuing {
    /// It does.
    Ours,
    /// Another system does, for everything on the contract.
    Elsewhere {
        /// Which.
        system: String,
        /// What is done here.
        mode: Mode,
    },
    /// Different systems do, for different lines.
    Split,
}

/// Who issues documents for a contract.
pub(crate) fn issuing(context: &Context, contract: &Contract) -> Issuing {
    issuing_by(&context.books.governance.topology, contract)
}

/// As [`issuing`], by this table.
pub(crate) fn issuing_by(topology: &Topology, contract: &Contract) -> Issuing {
    let rows: Vec<_> = places(topology, contract)
        .iter()
        .filter_map(|place| topology.row(Domain::Billing, place))
        .collect();
    let ours = rows.iter().filter(|row| row.mode == Mode::Act).count();
    match rows.first() {
        Some(row) if ours == 0 => Issuing::Elsewhere {
            system: row.system.clone(),
            mode: row.mode,
        },
        Some(_) if ours < rows.len() => Issuing::Split,
        _ => Issuing::Ours,
    }
}

/// The refusal to bill a contract that another system bills.
pub(crate) fn billed_elsewhere(contract: &Contract, system: &str, mode: Mode) -> Refusal {
    let done = match mode {
        Mode::Verify => "recomputes what it should bill",
        Mode::Mirror | Mode::Act => "records what it bills",
    };
    let message = format!(
        "contract {} is billed by {system} here and Tieout only {done}; bill it there, or give its scope mode \"act\" in the topology",
        contract.id
    );
    Refusal::field("billed_elsewhere", "contract", message)
}

/// The system that keeps a contract where this program may not amend it by itself.
pub(crate) fn amended_by(context: &Context, contract: &Contract) -> Option<String> {
    let topology = &context.books.governance.topology;
    places(topology, contract).iter().find_map(|place| {
        match may_write(topology, OURSELVES, "amendment.change", place) {
            Verdict::Allowed => None,
            Verdict::Proposed(_) | Verdict::Refused(_) => Some(
                topology
                    .row(Domain::Contract, place)
                    .map_or_else(|| "another system".to_owned(), |row| row.system.clone()),
            ),
        }
    })
}

/// The system that recognises the revenue of a product of an entity when it is not this program, and
/// what is done here.
pub(crate) fn recognising(
    context: &Context,
    entity: &str,
    product: &str,
) -> Option<(String, Mode)> {
    let topology = &context.books.governance.topology;
    let place = topology.place(Some(entity), Some(product));
    topology
        .row(Domain::Revenue, &place)
        .filter(|row| row.mode != Mode::Act)
        .map(|row| (row.system.clone(), row.mode))
}

/// The refusal to recognise what another system recognises.
pub(crate) fn recognised_elsewhere(contract: &str, system: &str, mode: Mode) -> Refusal {
    let message = format!(
        "revenue of contract {contract} is recognised by {system} here and Tieout's mode is \"{mode}\"; recognise it there, or give its scope mode \"act\" in the topology"
    );
    Refusal::field("recognised_elsewhere", "contract", message)
}
