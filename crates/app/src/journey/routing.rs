//! Who is billed for what a contract sells, and with what else: what contracts, accounts and entities
//! say on a day, read from the store and put to `commerce::route`.

pub mod preview;
pub mod said;
pub mod structure;

use crate::AppFault;
use crate::fault::{stored, stored_value};
use commerce::{Account, Because, BillTo, Consolidation, Customer, Route, RoutingRefusal, route};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use store::contracts::ContractRow;
use store::routing::{self, BillToRow};
use store::{Tx, catalogue, contracts, settings};
use values::{CustomerId, Date};

/// Says that [`routing::below`] knows every account that stands below another.
const INDEXED: &str = "hierarchy/indexed";

/// Rows read at a time.
const PAGE: i64 = 500;

/// Most accounts one above the other that are followed.
const MOST_LEVELS: usize = 64;

/// What stands on one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Who is billed.
    pub(crate) bill_to: CustomerId,
    /// Whether everything that is due of it stands on one invoice.
    pub(crate) together: bool,
    /// The group of invoices; usually empty.
    pub(crate) invoice_group: String,
    /// Legal entity.
    pub(crate) entity: String,
    /// Currency.
    pub(crate) currency: String,
    /// What decided.
    pub(crate) because: Because,
}

/// Routes on one day. What accounts say is read once.
pub(crate) struct Routes {
    day: String,
    accounts: HashMap<CustomerId, Known>,
    entities: HashMap<String, Consolidation>,
    /// An account as it would stand, for previews: (account, the one above it).
    moved: Option<(CustomerId, Option<CustomerId>)>,
}

#[derive(Debug, Clone)]
struct Known {
    says: Option<Consolidation>,
    parent: Option<CustomerId>,
}

impl Routes {
    /// Routes of documents of a day.
    pub(crate) fn on(day: Date) -> Routes {
        Routes {
            day: day.to_string(),
            accounts: HashMap::new(),
            entities: HashMap::new(),
            moved: None,
        }
    }

    /// As [`Routes::on`], with an account below another one than it is.
    pub(crate) fn if_moved(day: Date, account: &CustomerId, parent: Option<&CustomerId>) -> Routes {
        Routes {
            moved: Some((account.clone(), parent.cloned())),
            ..Routes::on(day)
        }
    }

    fn account(&mut self, tx: &mut Tx<'_>, id: &CustomerId) -> Result<Known, AppFault> {
        if let Some(known) = self.accounts.get(id) {
            return Ok(known.clone());
        }
        let row = catalogue::customer(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
            kind: "customer",
            id: id.to_string(),
        })?;
        let customer: Customer = stored("customer", &row.body)?;
        let parent = match &self.moved {
            Some((moved, parent)) if moved == id => parent.clone(),
            _ => customer.parent,
        };
        let known = Known {
            says: said_by(tx, ("customer", id.as_str()), &self.day)?,
            parent,
        };
        self.accounts.insert(id.clone(), known.clone());
        Ok(known)
    }

    /// A customer and the accounts above it, upwards.
    pub(crate) fn path(
        &mut self,
        tx: &mut Tx<'_>,
        customer: &CustomerId,
    ) -> Result<Vec<Account>, AppFault> {
        let mut path = Vec::new();
        let mut next = Some(customer.clone());
        while let Some(id) = next.filter(|_| path.len() < MOST_LEVELS) {
            let known = self.account(tx, &id)?;
            path.push(Account {
                id,
                says: known.says,
            });
            next = known.parent;
        }
        Ok(path)
    }

    /// What an entity does where the accounts say nothing.
    pub(crate) fn entity(
        &mut self,
        tx: &mut Tx<'_>,
        entity: &str,
    ) -> Result<Consolidation, AppFault> {
        if let Some(known) = self.entities.get(entity) {
            return Ok(*known);
        }
        let says = said_by(tx, ("entity", entity), &self.day)?;
        let says = says.unwrap_or(Consolidation::PerContract);
        self.entities.insert(entity.to_owned(), says);
        Ok(says)
    }

    /// Where the next invoice of a contract goes.
    pub(crate) fn of_contract(
        &mut self,
        tx: &mut Tx<'_>,
        row: &ContractRow,
    ) -> Result<Result<Group, RoutingRefusal>, AppFault> {
        let says = routing::bill_to_on(tx, &row.id, &self.day)?;
        self.with(tx, row, says.as_ref())
    }

    /// As [`Routes::of_contract`], if the contract said this.
    pub(crate) fn with(
        &mut self,
        tx: &mut Tx<'_>,
        row: &ContractRow,
        says: Option<&BillToRow>,
    ) -> Result<Result<Group, RoutingRefusal>, AppFault> {
        let customer: CustomerId = stored_value("customer id", &row.customer)?;
        let path = self.path(tx, &customer)?;
        let contract = match says {
            Some(says) => bill_to(says)?,
            None => BillTo::AsAccount,
        };
        let named = match &contract {
            BillTo::Customer(id) => Some(Account {
                id: id.clone(),
                says: self.account(tx, id)?.says,
            }),
            _ => None,
        };
        let entity = self.entity(tx, &row.entity)?;
        let found = route(&path, &contract, named.as_ref(), entity);
        let group = |route: Route| Group {
            bill_to: route.bill_to,
            together: route.together,
            because: route.because,
            invoice_group: says.map_or_else(String::new, |says| says.invoice_group.clone()),
            entity: row.entity.clone(),
            currency: row.currency.clone(),
        };
        Ok(found.map(group))
    }

    /// The contracts of a group on which something may be due; those of one customer follow each other.
    pub(crate) fn due(
        &mut self,
        tx: &mut Tx<'_>,
        group: &Group,
        through: Date,
    ) -> Result<Vec<ContractRow>, AppFault> {
        index(tx)?;
        let accounts = subtree(tx, &group.bill_to)?;
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let place = (group.entity.as_str(), group.currency.as_str());
        let through = through.to_string();
        let mut rows = routing::due_of(tx, &accounts, place, &through)?;
        let named = naming(tx, &group.bill_to)?;
        if !named.is_empty() {
            let known: HashSet<String> = rows.iter().map(|row| row.id.clone()).collect();
            for id in named.iter().filter(|id| !known.contains(*id)) {
                let row = contracts::contract(tx, id)?.filter(|row| {
                    !row.bill_from.is_empty()
                        && row.bill_from <= through
                        && (row.entity.as_str(), row.currency.as_str()) == place
                });
                rows.extend(row);
            }
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let speaking: HashSet<String> = routing::speaking(tx, &ids)?.into_iter().collect();
        let mut found = Vec::with_capacity(rows.len());
        // Where a contract goes that says nothing itself follows from whose it is.
        let mut by_customer: HashMap<String, bool> = HashMap::new();
        for row in rows {
            let is_here = if speaking.contains(&row.id) {
                self.of_contract(tx, &row)?
                    .is_ok_and(|goes| goes.is_on_one_invoice_with(group))
            } else if let Some(is_here) = by_customer.get(&row.customer) {
                *is_here
            } else {
                let goes = self.with(tx, &row, None)?;
                let is_here = goes.is_ok_and(|goes| goes.is_on_one_invoice_with(group));
                by_customer.insert(row.customer.clone(), is_here);
                is_here
            };
            if is_here {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Who looks after what a customer owes: what the nearest account says, upwards.
    pub(crate) fn collections_owner(
        &mut self,
        tx: &mut Tx<'_>,
        customer: &CustomerId,
    ) -> Result<Option<String>, AppFault> {
        for account in self.path(tx, customer)? {
            if let Some(owner) = routing::collections_owner(tx, account.id.as_str())? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }
}

impl Group {
    fn is_on_one_invoice_with(&self, other: &Group) -> bool {
        self.together
            && other.together
            && self.bill_to == other.bill_to
            && self.invoice_group == other.invoice_group
    }
}

/// What an account or entity says of how its invoices are put together.
fn said_by(
    tx: &mut Tx<'_>,
    who: (&str, &str),
    day: &str,
) -> Result<Option<Consolidation>, AppFault> {
    let word = routing::consolidation_on(tx, who, day)?;
    Ok(word.and_then(|word| Consolidation::from_word(&word)))
}

/// What a contract says.
pub(crate) fn bill_to(row: &BillToRow) -> Result<BillTo, AppFault> {
    Ok(match row.target.as_str() {
        "own" => BillTo::Own,
        "parent" => BillTo::Parent,
        "customer" => BillTo::Customer(stored_value("customer id", &row.customer)?),
        _ => BillTo::AsAccount,
    })
}

/// Every contract that ever named a customer to be billed.
pub(crate) fn naming(tx: &mut Tx<'_>, customer: &CustomerId) -> Result<Vec<String>, AppFault> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = routing::naming(tx, customer.as_str(), &after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after.clone_from(last);
        found.extend(page);
    }
}

/// Which of these contracts are billed by themselves because something is said of where their
/// invoices go.
pub(crate) fn apart(
    tx: &mut Tx<'_>,
    rows: &[ContractRow],
    buyers: &HashMap<String, Arc<Customer>>,
) -> Result<Vec<String>, AppFault> {
    if !routing::is_used(tx)? {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut found = routing::routed(tx, &ids)?;
    let spoken = routing::spoken_of(tx)?;
    let mut accounts: BTreeSet<&str> = BTreeSet::new();
    let mut entities: BTreeSet<&str> = BTreeSet::new();
    for (scope, id, _) in &spoken {
        match scope.as_str() {
            "entity" => entities.insert(id),
            _ => accounts.insert(id),
        };
    }
    let somebody_pays = spoken.iter().any(|(_, _, pays)| *pays);
    let stands_below = |row: &ContractRow| {
        let buyer = buyers.get(&row.customer);
        buyer.is_none_or(|buyer| buyer.parent.is_some())
    };
    let goes_another_way = |row: &&ContractRow| {
        accounts.contains(row.customer.as_str())
            || entities.contains(row.entity.as_str())
            || (somebody_pays && stands_below(row))
    };
    found.extend(
        rows.iter()
            .filter(goes_another_way)
            .map(|row| row.id.clone()),
    );
    Ok(found)
}

/// A customer and every account below it.
pub(crate) fn subtree(tx: &mut Tx<'_>, top: &CustomerId) -> Result<Vec<String>, AppFault> {
    if settings::setting(tx, INDEXED)?.is_none() {
        return Ok(below_in(&links(tx)?, top.as_str()));
    }
    let mut found = vec![top.as_str().to_owned()];
    let mut level = found.clone();
    while !level.is_empty() {
        let parents: Vec<&str> = level.iter().map(String::as_str).collect();
        let mut next = routing::below(tx, &parents)?;
        next.retain(|id| !found.contains(id));
        found.extend(next.iter().cloned());
        level = next;
    }
    Ok(found)
}

/// Who stands directly below whom, from the customers themselves: (parent, customer).
fn links(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, AppFault> {
    let (mut links, mut after) = (Vec::new(), String::new());
    loop {
        let rows = catalogue::customers(tx, &after, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(links);
        };
        after.clone_from(&last.id);
        for row in rows {
            let account: Customer = stored("customer", &row.body)?;
            if let Some(parent) = account.parent {
                links.push((parent.as_str().to_owned(), row.id));
            }
        }
    }
}

fn below_in(links: &[(String, String)], top: &str) -> Vec<String> {
    let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
    for (parent, child) in links {
        children.entry(parent).or_default().push(child);
    }
    let mut found = vec![top.to_owned()];
    let mut seen: BTreeSet<String> = found.iter().cloned().collect();
    let mut at = 0;
    while let Some(above) = found.get(at).cloned() {
        for child in children.get(above.as_str()).into_iter().flatten() {
            if seen.insert((*child).to_owned()) {
                found.push((*child).to_owned());
            }
        }
        at += 1;
    }
    found
}

/// Writes down once who stands below whom, for books that are older than the table.
fn index(tx: &mut Tx<'_>) -> Result<(), AppFault> {
    if settings::setting(tx, INDEXED)?.is_some() {
        return Ok(());
    }
    for (parent, customer) in links(tx)? {
        routing::set_above(tx, &customer, &parent)?;
    }
    Ok(settings::set_setting(tx, INDEXED, "yes")?)
}

/// Notes that a customer stands below another account now, and gives the open cases of those below
/// it to whoever looks after them now. To be called after the customer was written.
pub(crate) fn moved(
    tx: &mut Tx<'_>,
    day: Date,
    customer: &CustomerId,
    (before, after): (Option<&CustomerId>, Option<&CustomerId>),
) -> Result<(), AppFault> {
    if before == after {
        return Ok(());
    }
    index(tx)?;
    routing::set_above(tx, customer.as_str(), after.map_or("", |id| id.as_str()))?;
    let (mut old, mut new) = (Routes::if_moved(day, customer, before), Routes::on(day));
    for account in subtree(tx, customer)? {
        let account: CustomerId = stored_value("customer id", &account)?;
        let was = old.collections_owner(tx, &account)?.unwrap_or_default();
        let is = new.collections_owner(tx, &account)?.unwrap_or_default();
        if was != is {
            routing::give_cases(tx, account.as_str(), (&was, &is))?;
        }
    }
    Ok(())
}
