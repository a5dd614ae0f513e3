//! A contract billed by itself, statement by statement: where it is held, credited, waited for by a
//! process or told to another system. What it writes is what a page writes for it.

use super::case::Others;
use super::{Asked, Billed, given_back, together};
use crate::collection::prepaid;
use crate::fault::{AppFault, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::document::{self, Draft, Kind};
use crate::journey::exception::{self, NewException};
use crate::journey::invoice_draft::{self, Stand};
use crate::journey::taxation::{self, Taxed};
use crate::journey::{
    contract as contracts_journey, credit, credit_form, customer, payment, rounding,
};
use crate::record::{Context, Recorder};
use crate::usage::{accrue, rate};
use ::billing::{BilledLine, CreditNoteDraft, Document, InvoiceDraft, next_due, owed};
use commerce::Contract;
use store::Tx;
use store::contracts::{self, ContractRow};
use store::documents::DocumentRow;
use store::invoice_drafts::InvoiceDraftRow;
use values::{ContractId, CreditNoteId, Date, Money};

/// What a contract owes, with its tax, before anything is written.
pub(super) struct Ready {
    /// Its row.
    pub(super) row: ContractRow,
    /// The contract; without components, versions and what was billed on it when it is billed with others
    /// and nothing of it is measured.
    pub(super) contract: Contract,
    /// What its lines become by themselves.
    pub(super) drafted: Document,
    /// The decision on its tax, where an engine was asked.
    pub(super) decision: Option<String>,
    /// The date of its document.
    pub(super) issued: Date,
    /// Every line billed on it.
    pub(super) billed: Vec<BilledLine>,
    /// What was measured of it.
    pub(super) measured: rate::Rated,
    /// Through which day it is billed.
    pub(super) through: Date,
    /// The first day on which something of what was agreed comes due then.
    pub(super) next: Option<Date>,
}

/// What looking at a contract came to.
pub(super) enum Looked {
    /// It can be billed.
    Ready(Box<Ready>),
    /// The answer of the tax engine, or of a person, bills it.
    Waits,
    /// It is done: another system bills it, or it is held.
    Done(Billed),
}

/// Bills one contract through a date, by itself, or with what else goes to the same account: what those
/// others came to is answered too.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(super) fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
    asked: Asked,
) -> Result<(Billed, Others), AppFault> {
    let open = store::invoice_drafts::open_of(tx, id.as_str())?;
    let through = invoice_draft::through(open.as_ref(), through)?;
    if let Some(billed) = together::bill(tx, context, id, through, asked)? {
        return Ok(billed);
    }
    let billed = by_itself(tx, context, id, (open, through), asked)?;
    Ok((billed, Others::new()))
}

fn by_itself(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    (open, through): (Option<InvoiceDraftRow>, Date),
    asked: Asked,
) -> Result<Billed, AppFault> {
    let ready = match look(tx, context, id, through)? {
        Looked::Ready(ready) => *ready,
        Looked::Waits => return Ok(Billed::Waits(question(tx, id)?)),
        Looked::Done(billed) => return Ok(billed),
    };
    let whose = (&ready.row, &ready.contract);
    let what = (&ready.drafted, through);
    let draft = match invoice_draft::stand(tx, context, whose, open, what, asked)? {
        Stand::Issue(draft) => draft,
        Stand::Waits(billed) => return Ok(billed),
    };
    let mut recorder = ready.carry_on(tx, context)?;
    let (contract, issued) = (&ready.contract, ready.issued);
    let documents = match &ready.drafted {
        Document::Nothing => return Ok(Billed::Nothing),
        Document::Invoice(draft) => {
            vec![invoice(
                tx,
                context,
                &mut recorder,
                contract,
                draft,
                issued,
            )?]
        }
        Document::CreditNote(draft) => {
            credit_notes(tx, context, &mut recorder, contract, draft, issued)?
        }
    };
    let documents: Vec<String> = documents.into_iter().map(|row| row.id).collect();
    let Some(first) = documents.first() else {
        return Ok(Billed::Nothing);
    };
    taxation::issued_by(tx, ready.decision.as_deref(), first)?;
    let row = &ready.row;
    document::tell(tx, context, &mut recorder, &row.customer, &row.id)?;
    recorder.finish(tx)?;
    invoice_draft::became(tx, context, draft, first)?;
    could_be_billed(tx, context, id)?;
    Ok(Billed::Issued(documents))
}

/// The question to a tax engine that a contract waits for.
pub(super) fn question(tx: &mut Tx<'_>, id: &ContractId) -> Result<String, AppFault> {
    let asked = store::tax_calls::waiting(tx, id.as_str())?.pop();
    Ok(asked.map_or_else(String::new, |row| row.id))
}

/// Clears what held a contract.
pub(super) fn could_be_billed(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
) -> Result<(), AppFault> {
    let why = "the contract could be billed";
    exception::clear(tx, context, &format!("billing/{id}"), why)?;
    Ok(())
}

/// What a contract owes through a date. What cannot be billed is held with its reason; nothing else is
/// written.
pub(super) fn look(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Looked, AppFault> {
    let (row, contract) = contracts_journey::load(tx, id)?;
    let held = |tx: &mut Tx<'_>, code: &str, why: &str| {
        hold(tx, context, &row, &contract, code, why).map(Looked::Done)
    };
    match gate::issuing(context, &contract) {
        Issuing::Ours => {}
        // Another system is the record of billing here: it issues, we do not.
        Issuing::Elsewhere { .. } => return Ok(Looked::Done(Billed::Nothing)),
        Issuing::Split => return held(tx, "billing_split", super::SPLIT),
    }
    let billed = document::billed_lines(tx, id.as_str())?;
    let mut lines = match owed(&contract, &billed, through) {
        Ok(lines) => lines,
        Err(refusal) => return held(tx, refusal.code(), &refusal.to_string()),
    };
    let books = (&*context.books, context.now);
    let measured = match rate::rate(tx, books, &contract, &billed, &lines, through)? {
        Ok(measured) => measured,
        Err(unrated) => return held(tx, unrated.code(), &unrated.to_string()),
    };
    lines.extend(measured.lines.iter().cloned());
    let today = context.today(&contract.entity)?;
    // Billing ahead dates the document today; catching up dates it on the day that was asked for.
    let issued = invoice_draft::dated(tx, context, &contract, (through, today))?;
    let buyer = customer::load(tx, &contract.customer)?;
    let sold = (&contract, &buyer);
    let (drafted, decision) = match taxation::drafted(tx, context, sold, (&lines, &billed), issued)?
    {
        Taxed::Drafted(drafted, decision) => (drafted, decision),
        Taxed::Waits => return Ok(Looked::Waits),
        Taxed::Refused(refusal) => return held(tx, refusal.code(), &refusal.to_string()),
    };
    let drafted = rounding::rounded(tx, context, &contract.entity, drafted)?;
    Ok(Looked::Ready(Box::new(Ready {
        next: next_due(&contract, through),
        row,
        contract,
        drafted,
        decision,
        issued,
        billed,
        measured,
        through,
    })))
}

impl Ready {
    /// The first day on which something comes due then; empty for none.
    pub(super) fn next(&self) -> String {
        let next = earlier(self.next, self.measured.pending);
        next.map_or_else(String::new, |date| date.to_string())
    }

    /// Writes how far the contract is looked at, and begins what is recorded of it.
    pub(super) fn carry_on<'c>(
        &self,
        tx: &mut Tx<'_>,
        context: &'c Context,
    ) -> Result<Recorder<'c>, AppFault> {
        let (row, contract, through) = (&self.row, &self.contract, self.through);
        rate::mark(tx, contract, &self.measured)?;
        let next = self.next();
        if next != row.bill_from {
            contracts::set_bill_from(tx, &row.id, &next)?;
        }
        let key = format!("bill/{}/{}/{through}", row.id, row.version);
        let chain = stored_value("chain id", &row.correlation)?;
        let mut recorder = Recorder::new(context, chain, "/billing", &key);
        accrue::follow_bill(
            tx,
            context,
            &mut recorder,
            contract,
            &self.billed,
            &self.measured.lines,
        )?;
        Ok(recorder)
    }
}

/// The earlier of two days that may be missing.
fn earlier(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn invoice(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    drafted: &InvoiceDraft,
    issued: Date,
) -> Result<DocumentRow, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let draft = Draft {
        contract,
        customer: &buyer,
        kind: Kind::Invoice,
        lines: &drafted.lines,
        rounding: drafted.rounding,
        issued,
        outside: None,
    };
    let mut row = document::issue(tx, context, recorder, &draft)?;
    prepaid::use_on(tx, context, recorder, &mut row)?;
    payment::collect(tx, context, recorder, &row, &buyer)?;
    Ok(row)
}

/// A credit note for each invoice of which something is given back.
fn credit_notes(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    drafted: &CreditNoteDraft,
    issued: Date,
) -> Result<Vec<DocumentRow>, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let mut rows = Vec::new();
    let notes = given_back::drafted(tx, context, &contract.entity, drafted.clone())?;
    for (invoice, note) in notes {
        let source = invoice.unwrap_or_else(|| contract.id.as_str().to_owned());
        let kind = Kind::CreditNote {
            id: CreditNoteId::mint(&*context.ids, context.now),
            invoice: stored_value("invoice id", &source)?,
            reason: note.reason,
        };
        let draft = Draft {
            contract,
            customer: &buyer,
            kind,
            lines: &note.lines,
            rounding: note.rounding,
            issued,
            outside: None,
        };
        let mut row = document::issue(tx, context, recorder, &draft)?;
        let released = credit::set_off(tx, context, recorder, &mut row)?;
        credit_form::follow(tx, context, &row, &released)?;
        rows.push(row);
    }
    Ok(rows)
}

pub(super) fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    contract: &Contract,
    code: &str,
    why: &str,
) -> Result<Billed, AppFault> {
    let class = if code == "no_tax_rate" {
        "tax_rate_missing"
    } else {
        "billing_parked"
    };
    exception::open(
        tx,
        context,
        NewException {
            key: format!("billing/{}", row.id),
            class,
            summary: format!("Contract {} cannot be billed: {why}", row.id),
            detail: why.to_owned(),
            customer: row.customer.clone(),
            document: row.id.clone(),
            entity: row.entity.clone(),
            measure: "billings".to_owned(),
            value: ::billing::expected_lines(contract, context.today(&contract.entity)?)
                .ok()
                .map(|lines| {
                    Money::from_minor(
                        lines.iter().map(|line| line.net.minor).sum(),
                        contract.currency,
                    )
                }),
            correlation: Some(stored_value("chain id", &row.correlation)?),
            ..NewException::default()
        },
    )?;
    Ok(Billed::Held)
}
