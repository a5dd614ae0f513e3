//! What a suspension does to the contract. By the policy billing goes on, or it stops: then what runs
//! pauses from that day by an amendment like any other, so that schedules follow and what was billed
//! ahead is credited; the return takes back what the suspension paused and nothing else.

use super::dunning::{Kept, Work};
use crate::fault::{AppFault, stored, stored_value};
use crate::governance::gate;
use crate::journey::{contract as contracts, invoice_draft};
use crate::record::{Context, Recorder};
use billing::SuspendedBilling;
use commerce::{Amendment, BillingFrequency, Change, Component, Contract};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::collection::{self, CaseRow};
use store::contracts::ContractRow;
use store::{Tx, documents};
use values::{ComponentId, ContractId, Date};

/// Cases read at once.
const CASES_A_STEP: i64 = 200;

/// The cases of a customer that are not closed.
pub(super) fn open_cases(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<CaseRow>, AppFault> {
    let (mut open, mut after) = (Vec::new(), String::new());
    loop {
        let page = collection::running_cases(tx, customer, &after, CASES_A_STEP)?;
        let Some(last) = page.last() else {
            return Ok(open);
        };
        after.clone_from(&last.id);
        open.extend(page);
    }
}

/// A part of a contract that a suspension keeps from being billed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stopped {
    contract: ContractId,
    component: ComponentId,
}

/// What other cases of the customer have stopped.
fn stopped_by_others(tx: &mut Tx<'_>, work: &Work) -> Result<BTreeSet<Stopped>, AppFault> {
    let mut stopped = BTreeSet::new();
    for row in open_cases(tx, &work.row.customer)? {
        if row.id != work.row.id {
            let kept: Kept = stored("dunning case", &row.body)?;
            stopped.extend(kept.stopped);
        }
    }
    Ok(stopped)
}

/// The contracts that an invoice bills, each once.
fn billed_on(tx: &mut Tx<'_>, work: &Work) -> Result<BTreeSet<ContractId>, AppFault> {
    let lines = documents::lines_of(tx, &work.invoice.id)?;
    let mut contracts = BTreeSet::from([stored_value("contract id", &work.row.contract)?]);
    for line in lines.iter().filter(|line| !line.contract.is_empty()) {
        contracts.insert(stored_value("contract id", &line.contract)?);
    }
    Ok(contracts)
}

/// Stops the billing of the contracts on the invoice where the policy says so. Returns what becomes
/// of billing in words; nothing where it goes on by the policy.
pub(super) fn stop(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &mut Work,
) -> Result<String, AppFault> {
    match work.kept.policy.suspended_billing {
        SuspendedBilling::GoesOn => return Ok(String::new()),
        SuspendedBilling::Stops => {}
    }
    let mut words = String::new();
    let before = stopped_by_others(tx, work)?;
    for id in billed_on(tx, work)? {
        words.push_str(&stop_one(tx, context, recorder, work, (&id, &before))?);
    }
    Ok(words)
}

fn stop_one(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &mut Work,
    (id, before): (&ContractId, &BTreeSet<Stopped>),
) -> Result<String, AppFault> {
    let day = work.today;
    let (row, contract) = contracts::load(tx, id)?;
    if let Some(system) = gate::amended_by(context, &contract) {
        return Ok(format!(
            "; {id} is billed on, because {system} keeps it: pause it there"
        ));
    }
    let served = serving(&contract, day).count();
    let running = served_that(&contract, day, |component| !component.paused_on(day));
    let ours = |component: &ComponentId| Stopped {
        contract: id.clone(),
        component: component.clone(),
    };
    let shared = before.iter().filter(|known| known.contract == *id);
    let mut stopped: Vec<Stopped> = shared.cloned().collect();
    if running.is_empty() && stopped.is_empty() {
        return Ok(format!("; nothing of {id} is charged for the days ahead"));
    }
    let reason = format!("suspended: invoice {} is not paid", work.invoice.number);
    let changes = one_or_each(running.len() == served, &running, |component| {
        Change::Pause {
            component,
            effective: day,
            until: None,
        }
    });
    if let Err(refused) = amend(tx, context, recorder, (row, contract), changes, &reason)? {
        return Ok(format!("; {id} is billed on, because {refused}"));
    }
    stopped.extend(running.iter().map(ours));
    work.kept.stopped.extend(stopped);
    Ok(format!("; {id} is not billed from {day} on"))
}

/// Lets contracts be billed again from today, as far as this case stopped them and no other case
/// keeps them stopped. `why` goes on after the number of the invoice. Returns in words what becomes of
/// billing.
pub(super) fn resume(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &mut Work,
    why: &str,
) -> Result<String, AppFault> {
    let ours: BTreeSet<Stopped> = std::mem::take(&mut work.kept.stopped).into_iter().collect();
    if ours.is_empty() {
        return Ok(String::new());
    }
    let held = stopped_by_others(tx, work)?;
    let ids: BTreeSet<ContractId> = ours.iter().map(|one| one.contract.clone()).collect();
    let mut words = String::new();
    for id in ids {
        let of = |all: &BTreeSet<Stopped>| -> BTreeSet<ComponentId> {
            let of_it = all.iter().filter(|one| one.contract == id);
            of_it.map(|one| one.component.clone()).collect()
        };
        let (mut free, held) = (of(&ours), of(&held));
        free.retain(|component| !held.contains(component));
        let back = resume_one(tx, context, recorder, work, (&id, &free), why)?;
        words.push_str(&match (back.is_empty(), held.is_empty()) {
            (true, false) => format!("; another invoice still keeps {id} from being billed"),
            (_, _) => back,
        });
    }
    Ok(words)
}

fn resume_one(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &Work,
    (id, free): (&ContractId, &BTreeSet<ComponentId>),
    why: &str,
) -> Result<String, AppFault> {
    let (row, contract) = contracts::load(tx, id)?;
    let day = work.today;
    // Where the day of a change still counts, what was suspended today pauses from tomorrow only.
    let days = [day, day.tomorrow().unwrap_or(day)];
    let found = days.into_iter().find_map(|from| {
        let paused = served_that(&contract, from, |component| component.paused_on(from));
        let back: Vec<ComponentId> = paused
            .iter()
            .filter(|component| free.contains(*component))
            .cloned()
            .collect();
        (!back.is_empty()).then_some((from, back.len() == paused.len(), back))
    });
    let Some((from, whole, back)) = found else {
        return Ok(String::new());
    };
    let reason = format!("invoice {} {why}", work.invoice.number);
    let changes = one_or_each(whole, &back, |component| Change::Resume {
        component,
        effective: from,
    });
    let done = amend(tx, context, recorder, (row, contract), changes, &reason)?;
    Ok(match done {
        Ok(()) => format!("; {id} is billed again from {from} on"),
        Err(refused) => format!("; {id} is not billed again, because {refused}"),
    })
}

/// Whether a case had stopped something of a contract, and all that it had stopped runs on a day.
pub(super) fn runs_again(
    tx: &mut Tx<'_>,
    kept: &Kept,
    contract: &Contract,
    day: Date,
) -> Result<bool, AppFault> {
    if !kept.stopped.iter().any(|one| one.contract == contract.id) {
        return Ok(false);
    }
    let ids: BTreeSet<&ContractId> = kept.stopped.iter().map(|one| &one.contract).collect();
    for id in ids {
        let other;
        let known = match *id == contract.id {
            true => contract,
            false => {
                (_, other) = contracts::load(tx, id)?;
                &other
            }
        };
        let stopped = |component: &&Component| {
            let of = |one: &Stopped| one.contract == *id && one.component == component.id;
            kept.stopped.iter().any(of)
        };
        let mut parts = known.components.iter().filter(stopped);
        if parts.any(|component| component.paused_on(day)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is served on a day and stands in a way.
fn served_that(
    contract: &Contract,
    day: Date,
    stands: impl Fn(&Component) -> bool,
) -> Vec<ComponentId> {
    serving(contract, day)
        .filter(|component| stands(component))
        .map(|component| component.id.clone())
        .collect()
}

/// What is charged again and again and served on a day.
fn serving(contract: &Contract, day: Date) -> impl Iterator<Item = &Component> {
    contract.components.iter().filter(move |component| {
        component.billing != BillingFrequency::OneOff
            && component.from <= day
            && day < component.until
    })
}

/// One change of all, or one of each where others are to stay as they are.
fn one_or_each(
    whole: bool,
    components: &[ComponentId],
    change: impl Fn(Option<ComponentId>) -> Change,
) -> Vec<Change> {
    match components {
        [] => Vec::new(),
        _ if whole => vec![change(None)],
        some => some.iter().map(|id| change(Some(id.clone()))).collect(),
    }
}

/// Amends the contract, change by change. What the contract refuses is answered, and nothing of it is
/// written then: one account must not stop the work on all others.
fn amend(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    (mut row, mut contract): (ContractRow, Contract),
    changes: Vec<Change>,
    reason: &str,
) -> Result<Result<(), String>, AppFault> {
    let amendments: Vec<Amendment> = changes
        .into_iter()
        .map(|change| Amendment {
            change,
            reason: reason.to_owned(),
        })
        .collect();
    let mut tried = contract.clone();
    for amendment in &amendments {
        match commerce::amend(&tried, amendment, context.now) {
            Ok((next, _)) => tried = next,
            Err(refused) => return Ok(Err(refused.to_string())),
        }
    }
    for amendment in &amendments {
        let (next, _) = contracts::apply(tx, context, recorder, row, &contract, amendment, &[])?;
        (row, contract) = contracts::load(tx, &next.id)?;
    }
    invoice_draft::follow(tx, context, &contract.id)?;
    Ok(Ok(()))
}
