//! The structure around an account: who stands above and below it, where the invoices of its contracts
//! go and why, and who looks after what it owes.

use super::{Group, Routes, naming, said, subtree};
use crate::fault::stored_value;
use crate::{App, AppFault};
use commerce::{Because, Consolidation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::contracts::ContractRow;
use store::{Tx, catalogue, contracts, routing};
use values::{CustomerId, Date, Instant, Zone};

/// Rows read at a time.
const PAGE: i64 = 500;

/// Most contracts shown beside an account.
const MOST_CONTRACTS: usize = 200;

/// An account and the structure around it, today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountStructure {
    /// The account.
    pub account: AccountPlace,
    /// The accounts above it, the nearest first.
    pub above: Vec<AccountPlace>,
    /// The accounts below it, each after the one it stands below.
    pub below: Vec<AccountPlace>,
    /// What it said of how its invoices are put together, the newest day first.
    pub said: Vec<SaidOfAccount>,
    /// Who looks after what it owes: what the nearest account says, upwards.
    pub collections_owner: Option<String>,
    /// Where the invoices of its contracts go, at most two hundred.
    pub contracts: Vec<ContractRoute>,
    /// Contracts of other accounts whose invoices come here, at most two hundred.
    pub paid_for: Vec<ContractRoute>,
}

/// An account in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountPlace {
    /// The account.
    pub customer: String,
    /// What it is called.
    pub name: String,
    /// How many levels below the account that was asked for; 0 for it and those above.
    pub level: usize,
    /// What it says today of how its invoices are put together.
    pub says: Option<Consolidation>,
    /// Who looks after what it owes, as it says itself.
    pub collections_owner: Option<String>,
}

/// What an account said from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaidOfAccount {
    /// From which day.
    pub from: Date,
    /// What; absent when what was said before was taken back.
    pub policy: Option<Consolidation>,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor: String,
    /// When.
    #[schemars(with = "String")]
    pub recorded: Instant,
}

/// Where the invoices of a contract go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContractRoute {
    /// The contract.
    pub contract: String,
    /// To whom it was sold.
    pub sold_to: String,
    /// What that account is called.
    pub sold_to_name: String,
    /// Who is billed; absent when nobody can be.
    pub bill_to: Option<String>,
    /// What the billed account is called.
    pub bill_to_name: Option<String>,
    /// Whether everything that is due of the billed account stands on one invoice.
    pub together: bool,
    /// Its group of invoices; usually empty.
    pub invoice_group: String,
    /// Why, in words.
    pub why: String,
    /// What the contract said, the newest day first.
    pub said: Vec<SaidOfContract>,
}

/// What a contract said from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaidOfContract {
    /// From which day.
    pub from: Date,
    /// What: `own`, `parent`, a customer or `as_account`, with the group of invoices.
    pub bill_to: String,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor: String,
}

impl App {
    /// The structure around an account, today.
    ///
    /// # Errors
    /// When there is no such customer.
    pub fn account_structure(&self, id: &CustomerId) -> Result<AccountStructure, AppFault> {
        let today = Zone::utc().date_at(self.clock().now());
        let id = id.clone();
        self.store().read(move |tx| structure(tx, &id, today))
    }
}

fn structure(tx: &mut Tx<'_>, id: &CustomerId, today: Date) -> Result<AccountStructure, AppFault> {
    let mut routes = Routes::on(today);
    let path = routes.path(tx, id)?;
    let mut above = Vec::new();
    for account in path.iter().skip(1) {
        above.push(place(tx, &mut routes, &account.id, 0)?);
    }
    let mut said = Vec::new();
    for row in routing::consolidations(tx, ("customer", id.as_str()))? {
        said.push(SaidOfAccount {
            from: stored_value("date", &row.from_day)?,
            policy: Consolidation::from_word(&row.policy),
            reason: row.reason,
            actor: row.actor,
            recorded: Instant::from_microseconds(row.recorded),
        });
    }
    let mut own = Vec::new();
    for row in of_customer(tx, id.as_str(), MOST_CONTRACTS)? {
        own.push(contract_route(tx, &mut routes, &row)?);
    }
    Ok(AccountStructure {
        account: place(tx, &mut routes, id, 0)?,
        above,
        below: below(tx, &mut routes, id)?,
        said,
        collections_owner: routes.collections_owner(tx, id)?,
        contracts: own,
        paid_for: paid_for(tx, &mut routes, id)?,
    })
}

fn place(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    id: &CustomerId,
    level: usize,
) -> Result<AccountPlace, AppFault> {
    let says = routes
        .path(tx, id)?
        .first()
        .and_then(|account| account.says);
    Ok(AccountPlace {
        customer: id.to_string(),
        name: name(tx, id.as_str())?,
        level,
        says,
        collections_owner: routing::collections_owner(tx, id.as_str())?,
    })
}

pub(super) fn name(tx: &mut Tx<'_>, id: &str) -> Result<String, AppFault> {
    let row = catalogue::customer(tx, id)?;
    Ok(row.map_or_else(|| id.to_owned(), |row| row.name))
}

/// The accounts below, each after the one that it stands below.
fn below(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    top: &CustomerId,
) -> Result<Vec<AccountPlace>, AppFault> {
    let mut placed: Vec<AccountPlace> = Vec::new();
    for id in subtree(tx, top)?.into_iter().skip(1) {
        let id: CustomerId = stored_value("customer id", &id)?;
        let path = routes.path(tx, &id)?;
        let level = path
            .iter()
            .position(|account| account.id == *top)
            .unwrap_or(1);
        let new = place(tx, routes, &id, level)?;
        // They come level by level, so the account above is placed already.
        let parent = path.get(1).map(|account| account.id.to_string());
        let parent = placed
            .iter()
            .position(|known| Some(&known.customer) == parent.as_ref());
        let at = match parent {
            Some(parent) => {
                let deeper = placed.iter().skip(parent + 1);
                parent + 1 + deeper.take_while(|known| known.level >= level).count()
            }
            None => placed.len(),
        };
        placed.insert(at, new);
    }
    Ok(placed)
}

/// The contracts of a customer that are in force, the newest first.
pub(super) fn of_customer(
    tx: &mut Tx<'_>,
    customer: &str,
    most: usize,
) -> Result<Vec<ContractRow>, AppFault> {
    let (mut found, mut before) = (Vec::new(), String::new());
    while found.len() < most {
        let page = contracts::contracts(tx, customer, &before, PAGE)?;
        let Some(last) = page.last() else { break };
        before.clone_from(&last.id);
        let in_force = |row: &ContractRow| row.status == "active" || row.status == "amended";
        found.extend(page.into_iter().filter(in_force));
    }
    found.truncate(most);
    Ok(found)
}

/// Contracts of other accounts whose invoices come to this one.
fn paid_for(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    id: &CustomerId,
) -> Result<Vec<ContractRoute>, AppFault> {
    let mut candidates = Vec::new();
    for account in subtree(tx, id)?.into_iter().skip(1) {
        candidates.extend(of_customer(tx, &account, MOST_CONTRACTS)?);
    }
    for contract in naming(tx, id)? {
        let known = candidates.iter().any(|row| row.id == contract);
        if let Some(row) = contracts::contract(tx, &contract)?.filter(|_| !known) {
            candidates.push(row);
        }
    }
    let mut found = Vec::new();
    for row in candidates {
        let route = contract_route(tx, routes, &row)?;
        if route.bill_to.as_deref() == Some(id.as_str()) && found.len() < MOST_CONTRACTS {
            found.push(route);
        }
    }
    Ok(found)
}

fn contract_route(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    row: &ContractRow,
) -> Result<ContractRoute, AppFault> {
    let mut said = Vec::new();
    let rows = routing::bill_tos(tx, &row.id)?;
    for row in &rows {
        said.push(SaidOfContract {
            from: stored_value("date", &row.from_day)?,
            bill_to: said::in_words(row)?,
            reason: row.reason.clone(),
            actor: row.actor.clone(),
        });
    }
    let found = routes.of_contract(tx, row)?;
    let (group, why) = match found {
        Ok(group) => {
            let why = why(&group);
            (Some(group), why)
        }
        Err(refusal) => (None, refusal.to_string()),
    };
    let bill_to_name = match &group {
        Some(group) => Some(name(tx, group.bill_to.as_str())?),
        None => None,
    };
    Ok(ContractRoute {
        contract: row.id.clone(),
        sold_to: row.customer.clone(),
        sold_to_name: name(tx, &row.customer)?,
        bill_to: group.as_ref().map(|group| group.bill_to.to_string()),
        bill_to_name,
        together: group.as_ref().is_some_and(|group| group.together),
        invoice_group: group.map_or_else(String::new, |group| group.invoice_group),
        why,
        said,
    })
}

/// Why an invoice goes where it goes.
fn why(group: &Group) -> String {
    let because = match &group.because {
        Because::Contract => "the contract says so".to_owned(),
        Because::Account(account) if *account == group.bill_to && group.together => {
            format!("account {account} takes what is due of it on one invoice")
        }
        Because::Account(account) => format!("account {account} says so"),
        Because::Entity => format!("{} says so where accounts say nothing", group.entity),
    };
    match group.together {
        true => format!("{because}; one invoice for everything due"),
        false => format!("{because}; one invoice a contract"),
    }
}
