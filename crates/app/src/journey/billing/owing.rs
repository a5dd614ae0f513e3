//! What contracts that are billed together owe: read by one statement a table and decided in memory,
//! so that an account of tens of thousands of contracts is billed as fast as its rows are written.
//! Whatever is measured, taxed by an engine, refused or unreadable is looked at by itself.

use super::apart::{self, Looked, Ready};
use super::case::{BilledOn, Buyers, Others, buyers};
use super::{Billed, page, plan};
use crate::fault::{AppFault, stored, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::taxation::engine_of;
use crate::journey::{document, invoice_draft};
use crate::parallel;
use crate::record::Context;
use crate::usage::rate::{Rated, is_measured};
use ::billing::{Document, next_due};
use commerce::{Contract, Customer};
use std::collections::HashMap;
use std::sync::Arc;
use store::Tx;
use store::bill_pages::{self, Position};
use store::contracts::{self, ContractRow};
use store::invoice_drafts::InvoiceDraftRow;
use values::{ContractId, Date};

/// The drafts that stand, by the contract that each is kept under.
pub(super) type Drafts = HashMap<String, InvoiceDraftRow>;

/// What contracts owe together.
pub(super) struct Owing {
    /// Those that can be billed, in their order.
    pub(super) ready: Vec<Ready>,
    /// Where their obligations stand, unless looking at one by itself may have moved one.
    pub(super) positions: Option<Vec<Position>>,
    /// What the others came to.
    pub(super) others: Others,
    /// The question to a tax engine that one of them waits for: it belongs on the same invoice.
    pub(super) waits: Option<String>,
}

/// What each of these contracts owes; `drafts` are those that stand of them. One that cannot be billed is
/// held and the others go on.
///
/// # Errors
/// When the store fails.
pub(super) fn owing(
    tx: &mut Tx<'_>,
    context: &Context,
    (rows, drafts): (Vec<ContractRow>, &Drafts),
    through: Date,
) -> Result<Owing, AppFault> {
    let buyers = buyers(tx, &rows)?;
    let count = rows.len();
    let mut positions = Vec::new();
    let mut rows = rows.into_iter();
    let read = || -> Result<Option<Vec<Known>>, AppFault> {
        let share: Vec<ContractRow> = rows.by_ref().take(A_SHARE).collect();
        match share.is_empty() {
            true => Ok(None),
            false => known(tx, share, (&buyers, drafts), &mut positions).map(Some),
        }
    };
    let agreed = |share: Vec<Known>| -> Vec<_> {
        let one = |known: Known| (known.agreed(context, through), known.row);
        share.into_iter().map(one).collect()
    };
    let decided = parallel::while_reading(read, agreed)?;
    let mut owing = Owing {
        ready: Vec::with_capacity(count),
        positions: Some(positions),
        others: Others::new(),
        waits: None,
    };
    for (agreed, row) in decided.into_iter().flatten() {
        match agreed? {
            Some(agreed) => owing.ready.push(agreed.of(row, through)),
            None => owing.look(tx, context, &row, through)?,
        }
    }
    Ok(owing)
}

/// Contracts read and rated at a time.
const A_SHARE: usize = 500;

/// What is read of a contract to bill it with others.
struct Known {
    row: ContractRow,
    /// What was agreed, as it is stored.
    body: String,
    /// The lines billed on it, as they are stored.
    billed: Vec<String>,
    buyer: Option<Arc<Customer>>,
    /// Whether a draft of it stands.
    is_drafted: bool,
}

fn known(
    tx: &mut Tx<'_>,
    rows: Vec<ContractRow>,
    (buyers, drafts): (&Buyers, &Drafts),
    positions: &mut Vec<Position>,
) -> Result<Vec<Known>, AppFault> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    positions.extend(bill_pages::positions(tx, &ids)?);
    let mut billed = BilledOn::read(tx, &ids)?;
    let mut bodies = contracts::bodies(tx, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| Known {
            body: bodies.remove(&row.id).unwrap_or_default(),
            billed: billed.bodies(&row.id),
            buyer: buyers.get(&row.customer).cloned(),
            is_drafted: drafts.contains_key(&row.id),
            row,
        })
        .collect())
}

impl Owing {
    /// Looks at one contract by itself.
    fn look(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        row: &ContractRow,
        through: Date,
    ) -> Result<(), AppFault> {
        self.positions = None;
        let id: ContractId = stored_value("contract id", &row.id)?;
        let done = match tx.attempt(|tx| apart::look(tx, context, &id, through)) {
            Ok(Looked::Ready(part)) => {
                self.ready.push(*part);
                return Ok(());
            }
            Ok(Looked::Waits) => {
                let question = apart::question(tx, &id)?;
                self.waits.get_or_insert_with(|| question.clone());
                Billed::Waits(question)
            }
            Ok(Looked::Done(done)) => done,
            Err(fault) => page::held(tx, context, &id, fault)?,
        };
        self.others.insert(row.id.clone(), done);
        Ok(())
    }
}

/// A contract whose lines follow from what was agreed alone.
struct Agreed {
    contract: Contract,
    drafted: Document,
    issued: Date,
    next: Option<Date>,
}

impl Agreed {
    fn of(self, row: ContractRow, through: Date) -> Ready {
        Ready {
            row,
            contract: self.contract,
            drafted: self.drafted,
            decision: None,
            issued: self.issued,
            billed: Vec::new(),
            measured: Rated::default(),
            through,
            next: self.next,
        }
    }
}

impl Known {
    /// What it owes, when that follows from what was agreed alone and nothing refuses it.
    fn agreed(&self, context: &Context, through: Date) -> Result<Option<Agreed>, AppFault> {
        let Some(buyer) = self.buyer.as_deref() else {
            return Ok(None);
        };
        let Ok(contract) = stored::<Contract>("contract", &self.body) else {
            return Ok(None);
        };
        let Ok(billed) = document::issued_lines(&self.billed) else {
            return Ok(None);
        };
        let is_ours = matches!(gate::issuing(context, &contract), Issuing::Ours);
        if !is_ours || is_measured(&contract) || engine_of(context, &contract.entity).is_some() {
            return Ok(None);
        }
        let today = context.today(&contract.entity)?;
        let days = (through, today);
        let issued = invoice_draft::dated_with(context, &contract.entity, self.is_drafted, days);
        let known = (&billed[..], Some(buyer));
        let Ok(drafted) = plan::document_of(context, &contract, known, through, issued) else {
            return Ok(None);
        };
        let next = next_due(&contract, through);
        // From here on it only counts whose it is: what was agreed and billed in tens of thousands of
        // contracts would stand in the memory until the last line is written.
        let contract = Contract {
            components: Vec::new(),
            versions: Vec::new(),
            ..contract
        };
        Ok(Some(Agreed {
            next,
            drafted,
            issued,
            contract,
        }))
    }
}
