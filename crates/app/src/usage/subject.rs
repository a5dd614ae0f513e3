//! Whose use an event is: found once for each contract or customer of an intake.

use crate::fault::{AppFault, stored};
use billing::UsageEvent;
use commerce::Measure;
use std::collections::{BTreeMap, HashMap};
use store::Tx;
use store::usage::{self, UsageComponentRow};
use values::Instant;

/// A contract that a meter measures.
pub(super) struct Subject {
    /// The contract.
    pub(super) contract: String,
    /// Its legal entity.
    pub(super) entity: String,
    components: Vec<Component>,
}

struct Component {
    row: UsageComponentRow,
    measure: Measure,
}

/// How the components of a contract take an event at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// No component counts such events.
    NotCounted,
    /// Before the service begins.
    Early,
    /// After it has ended.
    Ended(Instant),
    /// In a period that has not been billed.
    Open,
    /// In a period that has been billed; later ones are billed until the first instant, and what
    /// happened before the second is too old to be looked back at.
    Billed(Instant, Instant),
}

/// Finds subjects, each once.
#[derive(Default)]
pub(super) struct Subjects(HashMap<(String, String), Result<Subject, Unknown>>);

/// Why there is no subject.
#[derive(Debug, Clone)]
pub(super) struct Unknown {
    pub(super) code: &'static str,
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl Subjects {
    /// Whose use it is.
    ///
    /// # Errors
    /// The outer when the store fails, the inner when nobody is measured by that name.
    pub(super) fn of(
        &mut self,
        tx: &mut Tx<'_>,
        event: &UsageEvent,
    ) -> Result<&Result<Subject, Unknown>, AppFault> {
        let name = match (&event.contract, &event.customer) {
            (Some(contract), _) => format!("contract/{contract}"),
            (None, Some(customer)) => format!("customer/{customer}"),
            (None, None) => String::new(),
        };
        let key = (event.meter.as_str().to_owned(), name);
        if !self.0.contains_key(&key) {
            let found = find(tx, event)?;
            self.0.insert(key.clone(), found);
        }
        self.0.get(&key).ok_or_else(|| AppFault::NotFound {
            kind: "subject of use",
            id: key.1.clone(),
        })
    }
}

fn find(tx: &mut Tx<'_>, event: &UsageEvent) -> Result<Result<Subject, Unknown>, AppFault> {
    let meter = event.meter.as_str();
    let rows = match (&event.contract, &event.customer) {
        (Some(contract), _) => {
            let rows = usage::measured_for_contract(tx, meter, contract)?;
            if rows.is_empty() {
                match named(tx, "contract/", contract)? {
                    Some(id) => usage::measured_for_contract(tx, meter, &id)?,
                    None => rows,
                }
            } else {
                rows
            }
        }
        (None, Some(customer)) => {
            let rows = usage::measured_for_customer(tx, meter, customer)?;
            if rows.is_empty() {
                match named(tx, "customer/", customer)? {
                    Some(id) => usage::measured_for_customer(tx, meter, &id)?,
                    None => rows,
                }
            } else {
                rows
            }
        }
        (None, None) => Vec::new(),
    };
    let Some(first) = rows.first() else {
        return Ok(Err(unknown(event)));
    };
    let mut contracts: Vec<&str> = rows.iter().map(|row| row.contract.as_str()).collect();
    contracts.dedup();
    if contracts.len() > 1 {
        let message = format!(
            "customer {} is measured by {meter} on several contracts; name the contract: {}",
            first.customer,
            contracts.join(", ")
        );
        return Ok(Err(Unknown {
            code: "several_contracts",
            field: "customer",
            message,
        }));
    }
    let (contract, entity) = (first.contract.clone(), first.entity.clone());
    let mut components = Vec::with_capacity(rows.len());
    for row in rows {
        let measure = stored("measure", &row.measure)?;
        components.push(Component { row, measure });
    }
    Ok(Ok(Subject {
        contract,
        entity,
        components,
    }))
}

/// Our id of what any other system calls by this name, when it is the only one.
fn named(tx: &mut Tx<'_>, kind: &str, name: &str) -> Result<Option<String>, AppFault> {
    let objects = usage::objects_called(tx, name)?;
    let mut ours = objects
        .iter()
        .filter_map(|object| object.strip_prefix(kind))
        .map(str::to_owned);
    let first = ours.next();
    Ok(if ours.next().is_some() { None } else { first })
}

fn unknown(event: &UsageEvent) -> Unknown {
    let (field, name) = match (&event.contract, &event.customer) {
        (Some(contract), _) => ("contract", contract.as_str()),
        (None, customer) => ("customer", customer.as_deref().unwrap_or("")),
    };
    Unknown {
        code: "not_measured",
        field,
        message: format!(
            "{field} {name:?} has nothing that meter {} measures; correct the {field}, or sell it a product priced by this meter",
            event.meter
        ),
    }
}

impl Subject {
    /// How an event with these dimensions is taken at this time.
    pub(super) fn place(&self, at: Instant, dimensions: &BTreeMap<String, String>) -> Place {
        let micros = at.microseconds();
        let (mut counted, mut early, mut ended) = (false, false, None);
        let mut billed: Option<(i64, i64)> = None;
        let mut open = false;
        for component in self
            .components
            .iter()
            .filter(|it| it.measure.takes(dimensions))
        {
            counted = true;
            let row = &component.row;
            if micros < row.serves_from {
                early = true;
            } else if micros >= row.serves_until {
                ended = Some(ended.unwrap_or(i64::MIN).max(row.serves_until));
            } else if micros < row.billed_until {
                let (until, back) = billed.unwrap_or((i64::MIN, i64::MAX));
                billed = Some((until.max(row.billed_until), back.min(row.look_back_from)));
            } else {
                open = true;
            }
        }
        let instant = Instant::from_microseconds;
        match (billed, open, ended) {
            _ if !counted => Place::NotCounted,
            (Some((until, back)), _, _) => Place::Billed(instant(until), instant(back)),
            (None, true, _) => Place::Open,
            (None, false, Some(until)) => Place::Ended(instant(until)),
            (None, false, None) if early => Place::Early,
            (None, false, None) => Place::NotCounted,
        }
    }

    /// Whether some component still serves at this time.
    pub(super) fn serves(&self, at: Instant) -> bool {
        let micros = at.microseconds();
        self.components
            .iter()
            .any(|it| it.row.serves_from <= micros && micros < it.row.serves_until)
    }
}
