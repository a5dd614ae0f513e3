//! Bill runs: what the timeline of each contract says is owed through a date, less what was billed.
//! One bad contract is held with its reason; the run goes on.

use crate::command::{Answer, RunBilling};
use crate::fault::{AppFault, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::document::{self, Draft, Kind};
use crate::journey::exception::{self, NewException};
use crate::journey::{contract as contracts_journey, credit, customer, payment};
use crate::record::{Context, Recorder};
use crate::{App, Refusal};
use ::billing::{Document, TaxedLine, draft_document, owed};
use commerce::{Contract, Timing, coverage};
use serde_json::json;
use store::Tx;
use store::contracts::{self, ContractRow};
use store::documents::DocumentRow;
use values::{ContractId, CreditNoteId, Date, InvoiceId, Money};

/// Contracts looked at in one transaction of a run.
const CONTRACTS_A_STEP: i64 = 200;

/// What one contract came to in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Billed {
    /// Nothing was owed that was not billed.
    Nothing,
    /// This document was issued.
    Issued(String),
    /// It could not be billed; the exception says why.
    Held,
}

/// `run_billing`.
///
/// # Errors
/// When the store fails, or the one contract asked for does not exist.
pub fn run(tx: &mut Tx<'_>, context: &Context, body: &RunBilling) -> Result<Answer, AppFault> {
    let (mut documents, mut held) = (Vec::new(), 0);
    let mut keep = |billed: Billed| match billed {
        Billed::Nothing => {}
        Billed::Issued(id) => documents.push(id),
        Billed::Held => held += 1,
    };
    if let Some(id) = &body.contract {
        let (_, contract) = contracts_journey::load(tx, id)?;
        if let Issuing::Elsewhere { system, mode } = gate::issuing(context, &contract) {
            return Err(gate::billed_elsewhere(&contract, &system, mode).into());
        }
        keep(bill_contract(tx, context, id, body.through)?);
    } else {
        let through = body.through.to_string();
        let mut after = String::new();
        loop {
            let page = contracts::due_to_bill(tx, &through, &after, CONTRACTS_A_STEP)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for row in page {
                if body
                    .entity
                    .as_ref()
                    .is_none_or(|entity| entity.as_str() == row.entity)
                {
                    keep(bill_contract(
                        tx,
                        context,
                        &stored_value("contract id", &row.id)?,
                        body.through,
                    )?);
                }
            }
        }
    }
    Ok(json!({ "through": body.through, "documents": documents, "held": held }))
}

impl App {
    /// Bills every contract that has something due on the date of its entity, one transaction a
    /// contract, so that the run can stop anywhere and go on later. Returns how many documents were
    /// issued.
    ///
    /// # Errors
    /// When the store fails.
    pub fn bill_due(&self, actor: &str) -> Result<usize, AppFault> {
        let mut issued = 0;
        let context = self.context(actor);
        let last_today = context
            .books
            .entities
            .values()
            .map(|entity| entity.zone.date_at(context.now))
            .max();
        let Some(last_today) = last_today else {
            return Ok(0);
        };
        let mut after = String::new();
        loop {
            let (through, from) = (last_today.to_string(), after.clone());
            let page = self.store().read(move |tx| {
                contracts::due_to_bill(tx, &through, &from, CONTRACTS_A_STEP)
                    .map_err(AppFault::from)
            })?;
            let Some(last) = page.last() else {
                return Ok(issued);
            };
            after.clone_from(&last.id);
            for row in page {
                let today = context.today(&stored_value("entity id", &row.entity)?)?;
                if row.bill_from > today.to_string() {
                    continue;
                }
                let id: ContractId = stored_value("contract id", &row.id)?;
                let billed = self.run(actor, move |tx, context| {
                    bill_contract(tx, context, &id, today)
                })?;
                issued += usize::from(matches!(billed, Billed::Issued(_)));
            }
        }
    }
}

/// Bills one contract through a date.
///
/// # Errors
/// When the store fails or there is no such contract.
pub fn bill_contract(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Billed, AppFault> {
    let (row, contract) = contracts_journey::load(tx, id)?;
    match gate::issuing(context, &contract) {
        Issuing::Ours => {}
        // Another system is the record of billing here: it issues, we do not.
        Issuing::Elsewhere { .. } => return Ok(Billed::Nothing),
        Issuing::Split => {
            let why = "its lines belong to product lines that different systems bill; move them to contracts of their own, or give them one row in the topology";
            return hold(tx, context, &row, &contract, "billing_split", why);
        }
    }
    let billed = document::billed_lines(tx, id.as_str())?;
    let lines = match owed(&contract, &billed, through) {
        Ok(lines) => lines,
        Err(refusal) => {
            return hold(
                tx,
                context,
                &row,
                &contract,
                refusal.code(),
                &refusal.to_string(),
            );
        }
    };
    let today = context.today(&contract.entity)?;
    // Billing ahead dates the document today; catching up dates it on the day that was asked for.
    let issued = through.min(today);
    let drafted = match draft_document(
        &lines,
        &billed,
        &context.books.taxes,
        &contract.entity,
        issued,
    ) {
        Ok(drafted) => drafted,
        Err(refusal) => {
            return hold(
                tx,
                context,
                &row,
                &contract,
                refusal.code(),
                &refusal.to_string(),
            );
        }
    };
    let next = next_due(&contract, through)?.map_or_else(String::new, |date| date.to_string());
    if next != row.bill_from {
        contracts::set_bill_from(tx, &row.id, &next)?;
    }
    let key = format!("bill/{id}/{}/{through}", row.version);
    let mut recorder = Recorder::new(
        context,
        stored_value("chain id", &row.correlation)?,
        "/billing",
        &key,
    );
    let document = match &drafted {
        Document::Nothing => return Ok(Billed::Nothing),
        Document::Invoice(draft) => {
            invoice(tx, context, &mut recorder, &contract, &draft.lines, issued)?
        }
        Document::CreditNote(draft) => credit_note(
            tx,
            context,
            &mut recorder,
            &contract,
            &draft.lines,
            issued,
            &draft.reason,
        )?,
    };
    document::tell(tx, context, &mut recorder, &row.customer, &row.id)?;
    recorder.finish(tx)?;
    exception::clear(
        tx,
        context,
        &format!("billing/{id}"),
        "the contract could be billed",
    )?;
    Ok(Billed::Issued(document.id))
}

fn invoice(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    lines: &[TaxedLine],
    issued: Date,
) -> Result<DocumentRow, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let draft = Draft {
        contract,
        customer: &buyer,
        kind: Kind::Invoice,
        lines,
        issued,
    };
    let row = document::issue(tx, context, recorder, &draft)?;
    payment::collect(tx, context, recorder, &row, &buyer)?;
    Ok(row)
}

fn credit_note(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    lines: &[TaxedLine],
    issued: Date,
    reason: &str,
) -> Result<DocumentRow, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let source = lines.iter().find_map(|taxed| taxed.line.corrects.as_ref());
    let source = match source {
        Some(line) => invoice_behind(tx, line.as_str())?,
        None => None,
    };
    let invoice: InvoiceId = stored_value(
        "invoice id",
        &source.unwrap_or_else(|| contract.id.as_str().to_owned()),
    )?;
    let id = CreditNoteId::mint(&*context.ids, context.now);
    let kind = Kind::CreditNote {
        id,
        invoice,
        reason: reason.to_owned(),
    };
    let draft = Draft {
        contract,
        customer: &buyer,
        kind,
        lines,
        issued,
    };
    let mut row = document::issue(tx, context, recorder, &draft)?;
    credit::set_off(tx, context, recorder, &mut row)?;
    Ok(row)
}

/// The invoice that a line was billed on. A line of a credit note stands for the invoice that the note
/// credits: a credit note is never set off against another one.
fn invoice_behind(tx: &mut Tx<'_>, line: &str) -> Result<Option<String>, AppFault> {
    let Some(id) = store::documents::document_of_line(tx, line)? else {
        return Ok(None);
    };
    let document = store::documents::document(tx, &id)?;
    Ok(match document {
        Some(note) if note.kind == "credit_note" && !note.source.is_empty() => Some(note.source),
        _ => Some(id),
    })
}

fn hold(
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

/// The first day after `through` on which something comes due by the timeline as it is.
pub(crate) fn next_due(contract: &Contract, through: Date) -> Result<Option<Date>, AppFault> {
    let mut next: Option<Date> = None;
    for component in &contract.components {
        let parts =
            coverage(contract, component).map_err(|r| Refusal::whole(r.code(), r.to_string()))?;
        for window in parts.chunk_by(|one, other| one.window == other.window) {
            let due = match component.timing {
                Timing::Advance => window.first().map(|part| part.period.from()),
                Timing::Arrears => window.last().map(|part| part.period.last()),
            };
            if let Some(due) = due.filter(|due| *due > through) {
                next = Some(next.map_or(due, |known| known.min(due)));
                break;
            }
        }
    }
    Ok(next)
}
