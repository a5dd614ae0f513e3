//! Invoices of Stripe Billing: where the topology says that Stripe bills, each is a document of another
//! system. The event only says where to look; what is recorded is what the invoice says when it is
//! fetched.

use super::{Ending, conclude, hold};
use crate::command::RecordOutsideInvoice;
use crate::connections::STRIPE;
use crate::journey::outside_billing;
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::driver::Stripe;
use connect::stripe::{COMPONENT_METADATA, CONTRACT_METADATA, Invoice, InvoiceLine};
use control::topology::Domain;
use serde_json::{Value, json};
use store::inbox::InboxRow;
use store::{Tx, contracts};
use values::{Date, Instant, Zone};

/// Fetches the invoice that an event is about and takes it in.
pub(super) fn process(
    app: &App,
    api: &Stripe,
    row: &InboxRow,
    id: &str,
) -> Result<Progress, AppFault> {
    let invoice = api.invoice(id)?;
    let item = row.clone();
    conclude(app, row, move |tx, context| {
        take(tx, context, &item, &invoice)
    })
}

/// Whether Stripe is the system of record of billing for anything.
fn bills_anything(context: &Context) -> bool {
    let topology = &context.books.governance.topology;
    let mut rows = topology.rows().iter();
    rows.any(|row| row.domain == Domain::Billing && row.system == STRIPE)
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    invoice: &Invoice,
) -> Result<Ending, AppFault> {
    let named = invoice.metadata.get(CONTRACT_METADATA);
    let Some(named) = named.filter(|name| !name.is_empty()) else {
        if !bills_anything(context) {
            return Ok(Ending::confirmed(
                "no action: Stripe bills nothing here",
                None,
            ));
        }
        let why = format!(
            "invoice {} names no contract: put {CONTRACT_METADATA} into the metadata of its subscription and of the invoice",
            invoice.id
        );
        return held(tx, context, row, invoice, why);
    };
    match invoice.status.as_str() {
        "draft" | "" => return Ok(Ending::later("the invoice is a draft yet")),
        "void" => return Ok(Ending::confirmed("voided before it was recorded", None)),
        _ => {}
    }
    let Some(contract) = contracts::contract(tx, named)? else {
        let why = format!(
            "there is no contract {named}; correct {CONTRACT_METADATA} there or add the contract here"
        );
        return held(tx, context, row, invoice, why);
    };
    let entity = crate::fault::stored_value("entity id", &contract.entity)?;
    let zone = context.books.entity(&entity)?.zone.clone();
    let body = serde_json::from_value::<RecordOutsideInvoice>(body(invoice, named, &zone));
    let body = match body {
        Ok(body) => body,
        Err(error) => return held(tx, context, row, invoice, error.to_string()),
    };
    let key = format!("{STRIPE}/{}", invoice.id);
    let recorded = tx.attempt(|tx| outside_billing::record(tx, context, &key, &body));
    match recorded {
        Ok(answer) => {
            let status = answer["status"].as_str().unwrap_or_default();
            let what = format!("invoice {} of Stripe is {status}", body.number);
            let chain = crate::fault::stored_value("chain id", &contract.correlation)?;
            Ok(Ending::confirmed(what, Some(&chain)))
        }
        Err(fault @ (AppFault::Refused(_) | AppFault::NotFound { .. })) => {
            held(tx, context, row, invoice, fault.to_string())
        }
        Err(fault) => Err(fault),
    }
}

fn held(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    invoice: &Invoice,
    why: String,
) -> Result<Ending, AppFault> {
    let number = invoice.number.as_deref().unwrap_or(&invoice.id);
    let summary = format!("Invoice {number} of Stripe is not recorded: {why}");
    hold(tx, context, row, "outside_document_parked", summary, why)
}

/// The invoice as the body of `record_outside_invoice`. Days are those of the legal entity.
fn body(invoice: &Invoice, contract: &str, zone: &Zone) -> Value {
    let day = |at: Instant| zone.date_at(at).to_string();
    let lines: Vec<Value> = invoice.lines.iter().map(|it| line(it, zone)).collect();
    json!({
        "system": STRIPE,
        "outside_id": invoice.id,
        "number": invoice.number.as_deref().unwrap_or(&invoice.id),
        "contract": contract,
        "currency": invoice.currency,
        "issued": invoice.finalized.map(day),
        "due": invoice.due.map(day),
        "lines": lines,
    })
}

fn line(line: &InvoiceLine, zone: &Zone) -> Value {
    let from = zone.date_at(line.from);
    json!({
        "component": line.metadata.get(COMPONENT_METADATA),
        "from": from.to_string(),
        "to": last_day(from, zone.date_at(line.until)).to_string(),
        "net": line.net.decimal().to_string(),
        "tax": line.tax.decimal().to_string(),
        "description": line.description,
    })
}

/// The end of a line's period is the moment at which the next one begins; what is charged once bills
/// the day on which it is charged.
fn last_day(from: Date, until: Date) -> Date {
    until.yesterday().unwrap_or(until).max(from)
}
