//! A contract billed by itself, statement by statement: where it is held, credited, waited for by a
//! process or told to another system. What it writes is what a page writes for it.

use super::{Billed, next_due};
use crate::collection::prepaid;
use crate::fault::{AppFault, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::document::{self, Draft, Kind};
use crate::journey::exception::{self, NewException};
use crate::journey::taxation::{self, Taxed};
use crate::journey::{contract as contracts_journey, credit, customer, payment};
use crate::record::{Context, Recorder};
use crate::usage::{accrue, rate};
use ::billing::{Document, TaxedLine, owed};
use commerce::Contract;
use store::Tx;
use store::contracts::{self, ContractRow};
use store::documents::DocumentRow;
use values::{ContractId, CreditNoteId, Date, InvoiceId, Money};

/// Bills one contract through a date, by itself.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(super) fn bill(
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
            return hold(tx, context, &row, &contract, "billing_split", super::SPLIT);
        }
    }
    let billed = document::billed_lines(tx, id.as_str())?;
    let mut lines = match owed(&contract, &billed, through) {
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
    let measured = match rate::rate(
        tx,
        (&context.books, context.now),
        &contract,
        &billed,
        &lines,
        through,
    )? {
        Ok(measured) => measured,
        Err(unrated) => {
            let why = unrated.to_string();
            return hold(tx, context, &row, &contract, unrated.code(), &why);
        }
    };
    lines.extend(measured.lines.iter().cloned());
    let today = context.today(&contract.entity)?;
    // Billing ahead dates the document today; catching up dates it on the day that was asked for.
    let issued = through.min(today);
    let buyer = customer::load(tx, &contract.customer)?;
    let sold = (&contract, &buyer);
    let (drafted, decision) = match taxation::drafted(tx, context, sold, (&lines, &billed), issued)?
    {
        Taxed::Drafted(drafted, decision) => (drafted, decision),
        // The answer of the tax engine, or of a person, bills it.
        Taxed::Waits => return Ok(Billed::Held),
        Taxed::Refused(refusal) => {
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
    let next = earlier(next_due(&contract, through)?, measured.pending);
    let next = next.map_or_else(String::new, |date| date.to_string());
    rate::mark(tx, &contract, &measured)?;
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
    accrue::follow_bill(
        tx,
        context,
        &mut recorder,
        &contract,
        &billed,
        &measured.lines,
    )?;
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
    taxation::issued_by(tx, decision.as_deref(), &document.id)?;
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
        outside: None,
    };
    let mut row = document::issue(tx, context, recorder, &draft)?;
    prepaid::use_on(tx, context, recorder, &mut row)?;
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
        outside: None,
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
