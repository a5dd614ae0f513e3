//! Bill runs: what the timeline of each contract says is owed through a date, less what was billed.
//! Contracts are read, decided and written by the page; one contract is a page of one. One bad
//! contract is held with its reason; the run goes on.

mod apart;
mod awaited;
mod case;
mod foresee;
mod given_back;
mod open_runs;
mod owing;
mod page;
mod pages;
mod plan;
mod together;

use crate::App;
use crate::command::{Answer, RunBilling};
use crate::fault::AppFault;
use crate::governance::gate::{self, Issuing};
use crate::journey::contract as contracts_journey;
use crate::record::Context;
pub(crate) use awaited::{Awaited, awaited};
pub(crate) use case::BilledOn;
pub(crate) use foresee::{Foreseen, Seen};
pub use pages::{ContractDone, PageDone, Pages};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::bill_pages::{self, DueFilter};
use store::{Tx, bill_runs};
use values::{ContractId, Date};

/// Why a contract whose lines different systems bill is held.
const SPLIT: &str = "its lines belong to product lines that different systems bill; move them to contracts of their own, or give them one row in the topology";

/// Contracts that are read, decided and written together.
pub const CONTRACTS_A_PAGE: i64 = 1_000;

/// What one contract came to in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Billed {
    /// Nothing was owed that was not billed.
    Nothing,
    /// These documents were issued, one as a rule.
    Issued(Vec<String>),
    /// It stands as this draft and is not issued yet.
    Drafted(String),
    /// It waits for the answer to this question to a tax engine.
    Waits(String),
    /// It could not be billed; the exception says why.
    Held,
    /// It is for this bill run to bill, which is not over.
    Left(String),
}

/// What is to become of a document that stands as a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Issued once its days are over and nobody else has to decide.
    Run,
    /// As [`Asked::Run`], but for what an open bill run is to bill.
    BesideRuns,
    /// Computed anew, and not issued.
    Refresh,
    /// Issued now.
    Finalise {
        /// Only as it is written.
        exact: bool,
    },
}

/// Through which day contracts are billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// This day.
    Day(Date),
    /// Today, in the zone of each legal entity.
    Today,
}

/// `run_billing`.
///
/// # Errors
/// When the store fails, or the one contract asked for does not exist or is for an open bill run.
pub fn run(tx: &mut Tx<'_>, context: &Context, body: &RunBilling) -> Result<Answer, AppFault> {
    let (mut documents, mut drafts, mut held) = (Vec::new(), Vec::new(), 0);
    let mut left = BTreeSet::new();
    let mut keep = |billed: Billed| match billed {
        Billed::Nothing => {}
        Billed::Drafted(id) => drafts.push(id),
        Billed::Issued(ids) => documents.extend(ids),
        Billed::Held | Billed::Waits(_) => held += 1,
        Billed::Left(run) => {
            left.insert(run);
        }
    };
    if let Some(id) = &body.contract {
        must_be_ours(tx, context, id)?;
        match bill_contract(tx, context, id, body.through)? {
            Billed::Left(run) => return Err(open_runs::refused(id, &run)),
            billed => keep(billed),
        }
    } else {
        let through = body.through.to_string();
        let filter = DueFilter {
            entity: body
                .entity
                .as_ref()
                .map_or_else(String::new, |entity| entity.as_str().to_owned()),
            left_to: bill_runs::open(tx)?,
            ..DueFilter::default()
        };
        let how = (Through::Day(body.through), Asked::BesideRuns);
        let mut after = (String::new(), String::new());
        loop {
            let from = (after.0.as_str(), after.1.as_str());
            let page = bill_pages::due(tx, &through, &filter, from, CONTRACTS_A_PAGE)?;
            let Some(last) = page.last() else { break };
            after = (last.customer.clone(), last.id.clone());
            let ids: Vec<String> = page.into_iter().map(|row| row.id).collect();
            page::bill(tx, context, &ids, how, None)?
                .outcomes
                .into_iter()
                .for_each(&mut keep);
        }
        left.extend(open_runs::holding(tx, body)?);
    }
    Ok(json!({
        "through": body.through, "documents": documents, "drafts": drafts, "held": held,
        "left_to_runs": left,
    }))
}

impl App {
    /// Bills every contract that has something due on the date of its entity, but for what an open bill
    /// run is to bill: a page a transaction, so that this can stop anywhere and go on later. Returns how
    /// many documents were issued.
    ///
    /// # Errors
    /// When the store fails.
    pub fn bill_due(&self, actor: &str) -> Result<usize, AppFault> {
        // A term that is agreed by itself today may be billed today.
        self.renew_due(actor)?;
        let mut issued = 0;
        loop {
            let left_to = self
                .store()
                .read(|tx| bill_runs::open(tx).map_err(AppFault::from))?;
            let known: BTreeSet<String> = left_to.iter().map(|it| it.run.clone()).collect();
            let known = Arc::new(known);
            let pages = Pages {
                through: Through::Today,
                filter: DueFilter {
                    left_to,
                    ..DueFilter::default()
                },
                beside_runs: true,
                ..Pages::default()
            };
            let billed = self.bill_pages_with(
                actor,
                &pages,
                move |tx, _, _| open_runs::still(tx, &known),
                |page| {
                    issued += page.documents.len();
                    true
                },
            );
            match billed {
                Err(fault) if open_runs::is_opened(&fault) => {}
                billed => return billed.map(|()| issued),
            }
        }
    }
}

/// Bills one contract through a date, unless an open bill run is to bill it: a page of one.
///
/// # Errors
/// When the store fails or there is no such contract.
pub fn bill_contract(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Billed, AppFault> {
    match open_runs::left(tx, id)? {
        Some(left) => Ok(left),
        None => page_of_one(tx, context, id, (through, Asked::BesideRuns)),
    }
}

/// Bills one contract through a date, whichever bill run is to: for a preview, which is undone.
///
/// # Errors
/// When the store fails, there is no such contract, or another system bills it.
pub(crate) fn foresee_contract(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Billed, AppFault> {
    must_be_ours(tx, context, id)?;
    page_of_one(tx, context, id, (through, Asked::Run))
}

fn must_be_ours(tx: &mut Tx<'_>, context: &Context, id: &ContractId) -> Result<(), AppFault> {
    let (_, contract) = contracts_journey::load(tx, id)?;
    match gate::issuing(context, &contract) {
        Issuing::Elsewhere { system, mode } => {
            Err(gate::billed_elsewhere(&contract, &system, mode).into())
        }
        Issuing::Ours | Issuing::Split => Ok(()),
    }
}

fn page_of_one(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    (through, asked): (Date, Asked),
) -> Result<Billed, AppFault> {
    let ids = [id.as_str().to_owned()];
    let page = page::bill(tx, context, &ids, (Through::Day(through), asked), None)?;
    let first = page.outcomes.into_iter().next();
    Ok(first.unwrap_or(Billed::Nothing))
}

/// Bills one contract by itself, whether it could be billed with others or not.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(crate) fn bill_as(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
    asked: Asked,
) -> Result<Billed, AppFault> {
    let (billed, _) = apart::bill(tx, context, id, through, asked)?;
    Ok(billed)
}

/// As [`bill_as`] for daily work: what an open bill run is to bill is left alone, and what fails in it
/// alone is undone and held.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(crate) fn bill_by_itself(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Billed, AppFault> {
    store::settings::take_turn(tx, &format!("contract/{id}"))?;
    if let Some(left) = open_runs::left(tx, id)? {
        return Ok(left);
    }
    let (billed, _) = page::alone(tx, context, id, (through, Asked::BesideRuns))?;
    Ok(billed)
}

/// What makes it visible that the same billing of a contract is recorded twice.
fn key(contract: &ContractId, version: i64, through: Date) -> String {
    format!("bill/{contract}/{version}/{through}")
}
