//! Voiding an invoice: it counts as if it had never been issued. Its postings go back, its lines cover
//! nothing any more, and what it gave back of earlier lines is owed again, so that the next run bills
//! the same anew. Only while nothing of it is paid or credited; afterwards it is credited.

use crate::Refusal;
use crate::command::{Answer, VoidInvoice};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::document;
use crate::record::{Context, Fact, Recorder};
use billing::BilledLine;
use events::{BillingDocument, DocumentLine, Event};
use serde_json::json;
use std::collections::BTreeMap;
use store::bill_pages::{self, Moved, Position};
use store::documents::{self, DocumentRow, LineRow};
use store::routing::{self, PartRow};
use store::{StoreFault, Tx, contracts, payments, settings};
use values::{Currency, CustomerId, Date, EntityId, Money};

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
    let lines = documents::lines_of(tx, &invoice.id)?;
    let touched: BTreeMap<&str, ()> = lines
        .iter()
        .map(|line| (line.contract.as_str(), ()))
        .collect();
    let contract_ids: Vec<&str> = touched.into_keys().collect();
    for contract in &contract_ids {
        settings::take_turn(tx, &format!("contract/{contract}"))?;
    }
    let lifecycle = &control::lifecycle::INVOICE;
    crate::lifecycle::go(lifecycle, &invoice.number, &invoice.status, "void")?;
    check(tx, &invoice, &lines)?;
    let mut positions = bill_pages::positions(tx, &contract_ids)?;
    let parts = routing::parts_of(tx, &invoice.id)?;
    let (published, moved) = taken_back(&lines, (&invoice, &parts), &mut positions)?;
    if !bill_pages::move_positions(tx, &moved)? {
        let message = format!("positions of invoice {} have moved", invoice.number);
        return Err(StoreFault::Contended(message).into());
    }
    // What it gave back of earlier lines is owed again.
    for line in lines.iter().filter(|line| !line.source_line.is_empty()) {
        documents::add_credited(tx, &line.source_line, line.net, line.tax)?;
    }
    documents::void(tx, &invoice.id)?;
    bill_again(tx, &lines)?;
    let mut recorder = Recorder::new(
        context,
        stored_value("chain id", &invoice.correlation)?,
        "/commands",
        key,
    );
    let entity: EntityId = stored_value("entity id", &invoice.entity)?;
    let fact = Fact {
        subject: format!("invoice/{}", invoice.id),
        partition: format!("contract/{}", invoice.contract),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    };
    let event = Event::InvoiceVoided(said(&invoice, published, &body.reason)?);
    recorder.event(fact, event);
    document::tell(
        tx,
        context,
        &mut recorder,
        &invoice.customer,
        &invoice.contract,
    )?;
    recorder.finish(tx)?;
    Ok(json!({ "invoice": invoice.id, "number": invoice.number, "status": "void" }))
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

/// The lines with what goes back of the contract's position.
fn taken_back(
    lines: &[LineRow],
    (invoice, parts): (&DocumentRow, &[PartRow]),
    positions: &mut [Position],
) -> Result<(Vec<DocumentLine>, Vec<Moved>), AppFault> {
    let (lead, customer) = (invoice.contract.as_str(), invoice.customer.as_str());
    let mut published = Vec::with_capacity(lines.len());
    let mut moved: Vec<Moved> = Vec::new();
    for row in lines {
        let billed: BilledLine = stored("line", &row.body)?;
        let position = positions
            .iter_mut()
            .find(|known| known.id == row.obligation)
            .ok_or_else(|| AppFault::NotFound {
                kind: "obligation",
                id: row.obligation.clone(),
            })?;
        let back = revenue::move_position(position.billed - position.recognised, -row.net)
            .ok_or(values::MoneyRefused::TooLarge)?;
        match moved.iter_mut().find(|known| known.id == position.id) {
            Some(known) => known.after -= row.net,
            None => moved.push(Moved {
                id: position.id.clone(),
                billed: position.billed,
                recognised: position.recognised,
                after: position.billed - row.net,
            }),
        }
        position.billed -= row.net;
        let line = &billed.line;
        published.push(DocumentLine {
            line: billed.id.clone(),
            contract: Some(&line.contract)
                .filter(|contract| contract.as_str() != lead)
                .cloned(),
            sold_to: sold_to(parts, line.contract.as_str(), customer)?,
            product: line.product.clone(),
            component: line.component.clone(),
            obligation: stored_value("obligation id", &row.obligation)?,
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period: line.period,
            net: Money::from_minor(row.net, line.net.currency),
            tax_code: line.tax_code.clone(),
            tax_rate: billed.tax_rate,
            tax: Money::from_minor(row.tax, line.net.currency),
            deferred: -back.deferred,
            unbilled: back.unbilled,
        });
    }
    Ok((published, moved))
}

/// To whom the contract of a line was sold, where somebody else was billed.
fn sold_to(
    parts: &[PartRow],
    contract: &str,
    customer: &str,
) -> Result<Option<CustomerId>, AppFault> {
    let part = parts.iter().find(|part| part.contract == contract);
    part.filter(|part| part.customer != customer)
        .map(|part| stored_value("customer id", &part.customer))
        .transpose()
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

fn said(
    invoice: &DocumentRow,
    lines: Vec<DocumentLine>,
    reason: &str,
) -> Result<BillingDocument, AppFault> {
    let currency: Currency = stored_value("currency", &invoice.currency)?;
    let due: Date = stored_value("date", &invoice.due)?;
    Ok(BillingDocument {
        invoice: stored_value("invoice id", &invoice.id)?,
        credit_note: None,
        number: invoice.number.clone(),
        customer: stored_value("customer id", &invoice.customer)?,
        contract: stored_value("contract id", &invoice.contract)?,
        issued_in: None,
        reason: Some(reason.to_owned()),
        due,
        lines,
        net: Money::from_minor(invoice.net, currency),
        tax: Money::from_minor(invoice.tax, currency),
        total: Money::from_minor(invoice.total, currency),
    })
}
