//! Voiding an invoice: it counts as if it had never been issued. Its postings go back, its lines cover
//! nothing any more, and what it gave back of earlier lines is owed again, so that the next run bills
//! the same anew. Only while nothing of it is paid or credited; afterwards it is credited.

use crate::Refusal;
use crate::collection::dunning;
use crate::command::{Answer, VoidInvoice};
use crate::fault::{AppFault, stored_value};
use crate::journey::document::{self, Places, SoldTo};
use crate::journey::{concession, contract as contracts_journey, rounding};
use crate::record::{Context, Fact, Recorder};
use events::{BillingDocument, DocumentLine, Event};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::bill_pages::{self, Moved, Position};
use store::documents::{self, DocumentRow, LineRow};
use store::{StoreFault, Tx, contracts, payments, settings};
use values::{Currency, Date, EntityId, Money, RoundingLine};

/// `void_invoice`.
///
/// # Errors
/// When there is no such invoice, something of it is paid, credited or being collected, or a later
/// document corrects it.
pub fn void(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &VoidInvoice,
) -> Result<Answer, AppFault> {
    if body.reason.trim().is_empty() {
        let message = "say why; an invoice that was sent and then voided is asked about";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let invoice = document::invoice(tx, &body.invoice)?;
    let day = context.today(&stored_value::<EntityId>("entity id", &invoice.entity)?)?;
    let because = Because {
        source: "/commands",
        key,
        reason: &body.reason,
        day,
    };
    invoice_whole(tx, context, &invoice, because)?;
    Ok(json!({ "invoice": invoice.id, "number": invoice.number, "status": "void" }))
}

/// By whom, why and for which day a document is voided.
#[derive(Clone, Copy)]
pub(crate) struct Because<'a> {
    /// Source of the event.
    pub(crate) source: &'a str,
    /// Key of what is done.
    pub(crate) key: &'a str,
    /// Why.
    pub(crate) reason: &'a str,
    /// The day for which it counts.
    pub(crate) day: Date,
}

/// Voids an invoice.
///
/// # Errors
/// When something of it is paid, credited or being collected, or a later document corrects it.
pub(crate) fn invoice_whole(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &DocumentRow,
    because: Because<'_>,
) -> Result<(), AppFault> {
    let lines = documents::lines_of(tx, &invoice.id)?;
    let recorder = reverse(tx, context, (invoice, &lines), because)?;
    tell(tx, context, recorder, invoice)
}

/// Voids a credit note: its lines are billed again, its invoice is owed again, and the price that it
/// lowered is promised again.
///
/// # Errors
/// When it is void already, or its invoice is.
pub(crate) fn credit_note(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    because: Because<'_>,
) -> Result<(), AppFault> {
    let lines = documents::lines_of(tx, &note.id)?;
    let mut recorder = reverse(tx, context, (note, &lines), because)?;
    for id in contracts_of(&lines) {
        let (_, contract) = contracts_journey::load(tx, &stored_value("contract id", id)?)?;
        concession::restore_price(tx, context, &mut recorder, &contract, &note.number)?;
    }
    if let Some(mut invoice) = documents::document(tx, &note.source)? {
        let (paid, credited) = document::settled(tx, &invoice.id)?;
        document::settle(tx, &mut invoice, paid, credited)?;
        dunning::settled(tx, context, &mut recorder, &invoice, dunning::Look::Settled)?;
    }
    tell(tx, context, recorder, note)
}

/// Takes a document back: its positions, what its lines gave back of others, its cover of the timeline
/// and its postings.
fn reverse<'c>(
    tx: &mut Tx<'_>,
    context: &'c Context,
    (document, lines): (&DocumentRow, &[LineRow]),
    because: Because<'_>,
) -> Result<Recorder<'c>, AppFault> {
    let is_note = is_credit_note(document);
    // What an invoice billed leaves the positions; what a credit note gave comes back to them.
    let (sign, lifecycle) = match is_note {
        true => (1, &control::lifecycle::CREDIT_NOTE),
        false => (-1, &control::lifecycle::INVOICE),
    };
    let mut positions = positions_in_turn(tx, lines)?;
    crate::lifecycle::go(lifecycle, &document.number, &document.status, "void")?;
    if !is_note {
        check(tx, document, lines)?;
    }
    let published = take_back(tx, document, (lines, sign), &mut positions)?;
    // What it gave back of earlier lines is owed again.
    for line in lines.iter().filter(|line| !line.source_line.is_empty()) {
        documents::add_credited(tx, &line.source_line, -sign * line.net, -sign * line.tax)?;
    }
    documents::void(tx, &document.id)?;
    bill_again(tx, lines)?;
    let chain = stored_value("chain id", &document.correlation)?;
    let mut recorder = Recorder::new(context, chain, because.source, because.key);
    let rounding = rounding::of_row(tx, document)?;
    let said = said(document, published, rounding, because.reason)?;
    let event = match is_note {
        true => Event::CreditNoteVoided(said),
        false => Event::InvoiceVoided(said),
    };
    recorder.event(fact(context, document, because.day)?, event);
    Ok(recorder)
}

fn is_credit_note(document: &DocumentRow) -> bool {
    document.kind == "credit_note"
}

fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    mut recorder: Recorder<'_>,
    row: &DocumentRow,
) -> Result<(), AppFault> {
    document::tell(tx, context, &mut recorder, &row.customer, &row.contract)?;
    recorder.finish(tx)
}

fn contracts_of(lines: &[LineRow]) -> BTreeSet<&str> {
    lines.iter().map(|line| line.contract.as_str()).collect()
}

/// The positions that lines moved, once nobody else moves them.
fn positions_in_turn(tx: &mut Tx<'_>, lines: &[LineRow]) -> Result<Vec<Position>, AppFault> {
    let contract_ids: Vec<&str> = contracts_of(lines).into_iter().collect();
    for contract in &contract_ids {
        settings::take_turn(tx, &format!("contract/{contract}"))?;
    }
    Ok(bill_pages::positions(tx, &contract_ids)?)
}

/// Moves the positions of a document back. Returns its lines as they are told.
fn take_back(
    tx: &mut Tx<'_>,
    document: &DocumentRow,
    (lines, sign): (&[LineRow], i64),
    positions: &mut [Position],
) -> Result<Vec<DocumentLine>, AppFault> {
    let sold = document::sold_of(tx, &document.id)?;
    let (published, moved) = taken_back((lines, sign), (document, &sold), positions)?;
    if !bill_pages::move_positions(tx, &moved)? {
        let message = format!("positions of document {} have moved", document.number);
        return Err(StoreFault::Contended(message).into());
    }
    Ok(published)
}

fn fact(context: &Context, document: &DocumentRow, effective: Date) -> Result<Fact, AppFault> {
    Ok(Fact {
        subject: format!("{}/{}", document.kind, document.id),
        partition: format!("contract/{}", document.contract),
        effective,
        entity: Some(stored_value("entity id", &document.entity)?),
        happened: context.now,
    })
}

fn check(tx: &mut Tx<'_>, invoice: &DocumentRow, lines: &[LineRow]) -> Result<(), AppFault> {
    let refused = |code: &str, message: String| -> Result<(), AppFault> {
        Err(Refusal::field(code, "invoice", message).into())
    };
    let number = &invoice.number;
    let (paid, credited) = document::settled(tx, &invoice.id)?;
    if paid != 0 || credited != 0 {
        let message = format!(
            "invoice {number} is paid or credited in part and cannot be voided; issue a credit note for what is left"
        );
        return refused("invoice_settled", message);
    }
    let under_way = payments::of_invoice(tx, &invoice.id)?
        .into_iter()
        .any(|payment| matches!(payment.status.as_str(), "initiated" | "failed"));
    if under_way {
        let message = format!(
            "invoice {number} is being collected; wait for the answer of the processor, or credit it"
        );
        return refused("collection_under_way", message);
    }
    if lines.iter().any(|line| line.credited_net != 0) {
        let message = format!(
            "a later document corrects invoice {number}, so it cannot be voided; issue a credit note for what is left"
        );
        return refused("invoice_corrected", message);
    }
    Ok(())
}

/// The lines with what goes back of the contract's position: an invoice's (-1) leave it, a credit
/// note's (1) come back to it.
fn taken_back(
    (lines, sign): (&[LineRow], i64),
    (invoice, sold): (&DocumentRow, &SoldTo),
    positions: &mut [Position],
) -> Result<(Vec<DocumentLine>, Vec<Moved>), AppFault> {
    let (lead, customer) = (invoice.contract.as_str(), invoice.customer.as_str());
    let mut places = Places::of(positions);
    let mut published = Vec::with_capacity(lines.len());
    for row in lines {
        let billed = document::issued_line(&row.body)?;
        let place = (row.contract.as_str(), row.component.as_str());
        let (obligation, back) = places.shift(place, sign * row.net)?;
        let line = &billed.line;
        published.push(DocumentLine {
            line: billed.id.clone(),
            contract: Some(&line.contract)
                .filter(|contract| contract.as_str() != lead)
                .cloned(),
            sold_to: sold
                .get(&line.contract)
                .filter(|sold_to| sold_to.as_str() != customer)
                .cloned(),
            product: line.product.clone(),
            component: line.component.clone(),
            obligation: stored_value("obligation id", &obligation)?,
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period: line.period,
            net: Money::from_minor(row.net, line.net.currency),
            tax_code: line.tax_code.clone(),
            tax_rate: billed.tax_rate,
            tax: Money::from_minor(row.tax, line.net.currency),
            deferred: sign * back.deferred,
            unbilled: -sign * back.unbilled,
        });
    }
    Ok((published, places.moved()))
}

/// Lets the next run look at the contracts from the first day that the lines covered.
fn bill_again(tx: &mut Tx<'_>, lines: &[LineRow]) -> Result<(), AppFault> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for line in lines {
        let known = first.entry(&line.contract).or_insert(&line.period_from);
        *known = (*known).min(&line.period_from);
    }
    for (contract, from) in first {
        let Some(row) = contracts::contract(tx, contract)? else {
            continue;
        };
        if row.bill_from.is_empty() || row.bill_from.as_str() > from {
            contracts::set_bill_from(tx, contract, from)?;
        }
    }
    Ok(())
}

/// A document as it is told when it is taken back. A credit note is about the invoice that it credited.
fn said(
    document: &DocumentRow,
    lines: Vec<DocumentLine>,
    rounding: Option<RoundingLine>,
    reason: &str,
) -> Result<BillingDocument, AppFault> {
    let currency: Currency = stored_value("currency", &document.currency)?;
    let due: Date = stored_value("date", &document.due)?;
    let (invoice, credit_note) = match is_credit_note(document) {
        true => (
            &document.source,
            Some(stored_value("credit note id", &document.id)?),
        ),
        false => (&document.id, None),
    };
    Ok(BillingDocument {
        invoice: stored_value("invoice id", invoice)?,
        credit_note,
        number: document.number.clone(),
        customer: stored_value("customer id", &document.customer)?,
        contract: stored_value("contract id", &document.contract)?,
        issued_in: None,
        reason: Some(reason.to_owned()),
        due,
        lines,
        net: Money::from_minor(document.net, currency),
        tax: Money::from_minor(document.tax, currency),
        rounding,
        total: Money::from_minor(document.total, currency),
    })
}
