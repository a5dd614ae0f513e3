//! The hierarchy of customer accounts: who stands above whom. Cycles and duplicates are refused, and
//! what a move touches is listed before it is made.

use crate::fault::stored;
use crate::journey::{customer, routing};
use crate::{App, AppFault, Refusal};
use commerce::Customer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::contracts::ContractRow;
use store::documents::{self, DocumentFilter};
use store::{Tx, catalogue, contracts};
use values::CustomerId;

/// Most accounts one above the other.
const MOST_LEVELS: usize = 20;

/// Rows read at a time.
const PAGE: i64 = 500;

/// What a move of a customer in the hierarchy touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HierarchyImpact {
    /// The customer.
    pub customer: String,
    /// The account above it now.
    pub parent: Option<String>,
    /// The customer and every account below it.
    pub accounts: Vec<String>,
    /// Their contracts that are in force.
    pub contracts: Vec<String>,
    /// Their invoices that are not paid, by printed number.
    pub open_invoices: Vec<String>,
}

/// Whether `customer` may stand below `parent`.
///
/// # Errors
/// When the parent is unknown, is the customer, stands below it, or has an account of this name below
/// it already.
pub(crate) fn may_stand_below(
    tx: &mut Tx<'_>,
    customer: &Customer,
    parent: &CustomerId,
) -> Result<(), AppFault> {
    let refused = |code: &str, message: String| Err(Refusal::field(code, "parent", message).into());
    if *parent == customer.id {
        let message = format!("{parent} cannot stand above itself; name another account, or none");
        return refused("hierarchy_cycle", message);
    }
    let mut path = vec![parent.as_str().to_owned()];
    let mut above = parent.clone();
    loop {
        let Some(row) = catalogue::customer(tx, above.as_str())? else {
            let message = format!("there is no customer {above}; add it first or correct the id");
            return refused("unknown_parent", message);
        };
        let account: Customer = stored("customer", &row.body)?;
        let Some(next) = account.parent else { break };
        path.push(next.as_str().to_owned());
        if next == customer.id {
            let message = format!(
                "{parent} stands below {} already ({}); move it out of there first",
                customer.id,
                path.join(" below ")
            );
            return refused("hierarchy_cycle", message);
        }
        if path.len() > MOST_LEVELS {
            let message = format!(
                "{parent} has more than {MOST_LEVELS} accounts above it; make the hierarchy flatter"
            );
            return refused("hierarchy_too_deep", message);
        }
        above = next;
    }
    let mut after = String::new();
    loop {
        let rows = catalogue::customers_by_name(tx, (&customer.legal_name, &after), PAGE)?;
        let more = rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        for row in rows {
            if row.name != customer.legal_name {
                return Ok(());
            }
            let other: Customer = stored("customer", &row.body)?;
            if other.id != customer.id && other.parent.as_ref() == Some(parent) {
                let message = format!(
                    "{} below {parent} is called {:?} too; use that account, or tell them apart by name",
                    other.id, customer.legal_name
                );
                return refused("duplicate_account", message);
            }
            after = row.id;
        }
        if !more {
            return Ok(());
        }
    }
}

/// What a move of `id` touches.
///
/// # Errors
/// When there is no such customer.
pub fn impact(tx: &mut Tx<'_>, id: &CustomerId) -> Result<HierarchyImpact, AppFault> {
    let moved = customer::load(tx, id)?;
    let accounts = routing::subtree(tx, id)?;
    let mut in_force = Vec::new();
    let mut open_invoices = Vec::new();
    for account in &accounts {
        each_in_force(tx, account, |_, row| {
            in_force.push(row.id);
            Ok(())
        })?;
        for status in ["open", "partly_paid"] {
            let filter = DocumentFilter {
                customer: account.clone(),
                kind: "invoice".to_owned(),
                status: status.to_owned(),
                ..DocumentFilter::default()
            };
            numbers(tx, &filter, &mut open_invoices)?;
        }
    }
    Ok(HierarchyImpact {
        customer: id.as_str().to_owned(),
        parent: moved.parent.map(|parent| parent.as_str().to_owned()),
        accounts,
        contracts: in_force,
        open_invoices,
    })
}

/// Every contract in force of an account, in the order of their ids.
///
/// # Errors
/// When the store fails, or `each` does.
pub(crate) fn each_in_force(
    tx: &mut Tx<'_>,
    account: &str,
    mut each: impl FnMut(&mut Tx<'_>, ContractRow) -> Result<(), AppFault>,
) -> Result<(), AppFault> {
    let mut place = String::new();
    loop {
        let rows = contracts::contracts(tx, account, &place, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        place.clone_from(&last.id);
        for row in rows {
            if row.status == "active" || row.status == "amended" {
                each(tx, row)?;
            }
        }
    }
}

fn numbers(
    tx: &mut Tx<'_>,
    filter: &DocumentFilter,
    found: &mut Vec<String>,
) -> Result<(), AppFault> {
    let mut place = String::new();
    loop {
        let rows = documents::documents(tx, filter, &place, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        place.clone_from(&last.id);
        found.extend(rows.into_iter().map(|row| row.number));
    }
}

impl App {
    /// The open invoices and contracts that a move of a customer in the hierarchy touches.
    ///
    /// # Errors
    /// When there is no such customer.
    pub fn hierarchy_impact(&self, id: &CustomerId) -> Result<HierarchyImpact, AppFault> {
        let id = id.clone();
        self.store().read(move |tx| impact(tx, &id))
    }
}
