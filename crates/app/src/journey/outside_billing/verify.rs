//! Verifying what another system bills: what the timeline says should have been billed, less what it
//! billed. Each difference is an exception with both figures, which closes when they agree.

use crate::command::{Answer, VerifyBilling};
use crate::fault::{AppFault, stored, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::contract as contracts_journey;
use crate::journey::document;
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use crate::{App, Refusal};
use billing::{Difference, DifferenceKind, differences};
use commerce::Contract;
use control::topology::Mode;
use serde_json::json;
use std::collections::BTreeSet;
use store::contracts::{self, ContractRow};
use store::{Tx, outside_documents};
use values::Date;

/// Days that another system has to issue what is due, before its absence is a difference.
pub const GRACE_DAYS: i64 = 3;

/// Contracts looked at in one transaction of a run.
const CONTRACTS_A_STEP: i64 = 100;

/// The last day for which another system must have billed by now.
pub(super) fn usual_day(context: &Context, contract: &Contract) -> Result<Date, AppFault> {
    let today = context.today(&contract.entity)?;
    Ok(today.saturating_sub(jiff::Span::new().days(GRACE_DAYS)))
}

/// `verify_billing`.
///
/// # Errors
/// When the store fails, there is no such contract, or nobody else bills it.
pub fn run(tx: &mut Tx<'_>, context: &Context, body: &VerifyBilling) -> Result<Answer, AppFault> {
    let (mut looked_at, mut open) = (0_usize, 0_usize);
    if let Some(id) = &body.contract {
        let (row, contract) = contracts_journey::load(tx, id)?;
        let Some(found) = self::contract(tx, context, &row, &contract, body.through)? else {
            let message = format!(
                "no other system's billing of contract {id} is verified here; give its scope mode \"verify\" in the topology"
            );
            return Err(Refusal::field("not_verified", "contract", message).into());
        };
        (looked_at, open) = (1, found);
    } else {
        let mut after = String::new();
        loop {
            let page = contracts::all_after(tx, &after, CONTRACTS_A_STEP)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            let wanted = page.iter().filter(|row| {
                let entity = body.entity.as_ref();
                entity.is_none_or(|entity| entity.as_str() == row.entity)
            });
            for row in wanted {
                let contract = stored("contract", &row.body)?;
                if let Some(found) = self::contract(tx, context, row, &contract, body.through)? {
                    looked_at += 1;
                    open += found;
                }
            }
        }
    }
    Ok(json!({ "through": body.through, "contracts": looked_at, "differences": open }))
}

impl App {
    /// Verifies every contract that another system bills or billed, one transaction a contract.
    /// Returns how many differences are open.
    ///
    /// # Errors
    /// When the store fails.
    pub fn verify_outside_billing(&self, actor: &str) -> Result<usize, AppFault> {
        let (mut open, mut after) = (0, String::new());
        loop {
            let from = after.clone();
            let page = self.store().read(move |tx| {
                contracts::all_after(tx, &from, CONTRACTS_A_STEP).map_err(AppFault::from)
            })?;
            let Some(last) = page.last() else {
                return Ok(open);
            };
            after.clone_from(&last.id);
            let context = self.context(actor);
            for row in page {
                // A contract that cannot be read is told by everything else that reads it.
                let Ok(contract) = stored::<Contract>("contract", &row.body) else {
                    continue;
                };
                if mode(&context, &contract) == Mode::Mirror {
                    continue;
                }
                let id = row.id.clone();
                let ours = mode(&context, &contract) == Mode::Act;
                let touched = self.store().read(move |tx| {
                    outside_documents::any_of_contract(tx, &id).map_err(AppFault::from)
                })?;
                if ours && !touched {
                    continue;
                }
                let found = self.run(actor, move |tx, context| {
                    let through = usual_day(context, &contract)?;
                    self::contract(tx, context, &row, &contract, through)
                });
                match found {
                    Ok(found) => open += found.unwrap_or(0),
                    Err(fault) if fault.is_its_own() => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
    }
}

fn mode(context: &Context, contract: &Contract) -> Mode {
    match gate::issuing(context, contract) {
        Issuing::Elsewhere { mode, .. } => mode,
        Issuing::Ours | Issuing::Split => Mode::Act,
    }
}

/// Compares one contract and opens, refreshes and closes its exceptions. Answers how many are open;
/// nothing when no other system's billing of it is to be verified.
pub(super) fn contract(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    contract: &Contract,
    through: Date,
) -> Result<Option<usize>, AppFault> {
    let (biller, measure) = match gate::issuing(context, contract) {
        Issuing::Elsewhere {
            system,
            mode: Mode::Verify,
        } => (system, "billed_elsewhere"),
        Issuing::Elsewhere { .. } => return Ok(None),
        // After the cut-over what the other system left is ours to mend.
        Issuing::Ours | Issuing::Split if outside_documents::any_of_contract(tx, &row.id)? => {
            ("Tieout".to_owned(), "billings")
        }
        Issuing::Ours | Issuing::Split => return Ok(None),
    };
    let billed = document::billed_lines(tx, &row.id)?;
    let prefix = format!("outside/{}/", row.id);
    let mut found = match differences(contract, &billed, through) {
        Ok(found) => found,
        // The bill run says of our own why they cannot be rated; others no bill run looks at.
        Err(_) if measure == "billings" => return Ok(None),
        Err(refusal) => return cannot_compare(tx, context, row, &biller, &refusal).map(Some),
    };
    if measure == "billings" {
        // What is not billed yet is billed by the next run, and is no difference.
        found.retain(|it| {
            !matches!(
                it.kind,
                DifferenceKind::MissingInvoice | DifferenceKind::MissingLine
            )
        });
    }
    let mut wanted = BTreeSet::new();
    for difference in &found {
        let key = format!("{prefix}{}", difference.key);
        raise(tx, context, row, &biller, measure, &key, difference)?;
        wanted.insert(key);
    }
    for key in outside_documents::open_keys(tx, &prefix)? {
        if !wanted.contains(&key) {
            exception::clear(tx, context, &key, "both figures agree now")?;
        }
    }
    Ok(Some(found.len()))
}

/// Says that a timeline that cannot be rated has nothing to compare with. What differed before stays
/// open. Answers how many exceptions that is.
fn cannot_compare(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    biller: &str,
    refusal: &billing::BillingRefusal,
) -> Result<usize, AppFault> {
    let new = NewException {
        key: format!("outside/{}/unrated", row.id),
        class: "billing_parked",
        summary: format!(
            "What {biller} bills for contract {} cannot be compared: {refusal}",
            row.id
        ),
        detail: refusal.to_string(),
        customer: row.customer.clone(),
        document: row.id.clone(),
        entity: row.entity.clone(),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(1)
}

fn raise(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    biller: &str,
    measure: &str,
    key: &str,
    it: &Difference,
) -> Result<(), AppFault> {
    let value = it.expected.minus(it.billed)?;
    let (from, last) = (it.period.from(), it.period.last());
    let what = it.component.as_ref().map_or_else(
        || "everything due".to_owned(),
        |component| format!("component {component}"),
    );
    let tax = it.kind == DifferenceKind::OtherTax;
    let new = NewException {
        key: key.to_owned(),
        class: "billing_differs",
        summary: format!(
            "Contract {}, {what}, {from} through {last}: {}",
            row.id,
            it.kind.title()
        ),
        detail: format!(
            "{}: {}{} should have been billed and {} was billed by {biller}",
            it.kind.as_str(),
            it.expected,
            if tax { " tax" } else { " without tax" },
            it.billed,
        ),
        customer: row.customer.clone(),
        document: row.id.clone(),
        entity: row.entity.clone(),
        // Tax is not a part of the figures that are compared without it.
        measure: if tax { "" } else { measure }.to_owned(),
        value: Some(value),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}
