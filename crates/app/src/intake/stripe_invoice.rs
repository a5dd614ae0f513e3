//! Invoices of Stripe Billing: where the topology says that Stripe bills, each is a document of another
//! system. The event only says where to look; what is recorded is what the invoice says when it is
//! fetched.

use super::{Ending, Worth, conclude, done_or_why, hold_worth};
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
use store::outside_documents::{self, OutsideDocumentRow};
use store::{Tx, contracts};
use values::{CorrelationId, Date, EntityId, Instant, Money, Zone};

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
pub(super) fn bills_anything(context: &Context) -> bool {
    let topology = &context.books.governance.topology;
    let mut rows = topology.rows().iter();
    rows.any(|row| row.domain == Domain::Billing && row.system == STRIPE)
}

/// What an invoice came to when it was taken in.
pub(super) enum Taken {
    /// It is recorded.
    Here(Box<Recorded>),
    /// It is not, and that is how the item ends.
    Ended(Ending),
}

/// An invoice that is recorded here.
pub(super) struct Recorded {
    /// As it is kept.
    pub(super) kept: OutsideDocumentRow,
    /// What it came to, in words.
    pub(super) what: String,
    /// Its chain.
    pub(super) chain: CorrelationId,
}

/// Does what the invoice says by now, whichever event told of it.
fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    invoice: &Invoice,
) -> Result<Ending, AppFault> {
    let told = match row.kind.as_str() {
        "invoice.voided" => "void",
        "invoice.marked_uncollectible" => "uncollectible",
        _ => "",
    };
    if !told.is_empty() && invoice.status == "open" {
        return Ok(Ending::later(format!(
            "the invoice is not shown as {told} yet"
        )));
    }
    if invoice.status == "void" {
        return voided(tx, context, row, invoice);
    }
    let recorded = match take_in(tx, context, row, invoice)? {
        Taken::Here(recorded) => recorded,
        Taken::Ended(ending) => return Ok(ending),
    };
    if invoice.status != "uncollectible" {
        return Ok(Ending::confirmed(recorded.what, Some(&recorded.chain)));
    }
    if recorded.kept.document.is_empty() {
        return Ok(Ending::later("it is given up, and could not be posted yet"));
    }
    let kept = &recorded.kept;
    let gave_up = done_or_why(tx, |tx| {
        outside_billing::give_up(tx, context, kept, "marked as uncollectible in Stripe")
    });
    match gave_up? {
        Ok(amount) => {
            let what = format!("{}; {amount} of it is given up", recorded.what);
            Ok(Ending::confirmed(what, Some(&recorded.chain)))
        }
        Err(why) => held(tx, context, row, invoice, why),
    }
}

fn voided(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    invoice: &Invoice,
) -> Result<Ending, AppFault> {
    let Some(kept) = outside_documents::outside_document(tx, STRIPE, &invoice.id)? else {
        return Ok(Ending::confirmed("voided before it was recorded", None));
    };
    let day = day_of(context, &kept.entity, invoice.voided.unwrap_or(context.now))?;
    let what = ("voided in Stripe", day);
    match done_or_why(tx, |tx| outside_billing::void(tx, context, &kept, what))? {
        Ok(_) => {
            let words = format!("invoice {} of Stripe is void", kept.number);
            Ok(Ending::confirmed(words, None))
        }
        Err(why) => {
            let summary = format!(
                "Invoice {} is void in Stripe and stands here: {why}",
                kept.number
            );
            let worth = worth_of(&kept, invoice.total);
            let class = "outside_document_parked";
            hold_worth(tx, context, row, class, (summary, why), worth)
        }
    }
}

/// The day on which something happened, where the legal entity is.
pub(super) fn day_of(context: &Context, entity: &str, at: Instant) -> Result<Date, AppFault> {
    let entity: EntityId = crate::fault::stored_value("entity id", entity)?;
    Ok(context.books.entity(&entity)?.zone.date_at(at))
}

/// What a document is worth to whoever must look at it.
pub(super) fn worth_of(kept: &OutsideDocumentRow, total: Money) -> Worth {
    Worth {
        customer: kept.customer.clone(),
        entity: kept.entity.clone(),
        value: Some(total),
    }
}

/// How an item ends whose invoice names no contract.
pub(super) fn nameless(context: &Context, invoice: &str) -> Result<Ending, String> {
    if bills_anything(context) {
        return Err(format!(
            "invoice {invoice} names no contract: put {CONTRACT_METADATA} into the metadata of its subscription and of the invoice"
        ));
    }
    Ok(Ending::confirmed(
        "no action: Stripe bills nothing here",
        None,
    ))
}

/// Records the invoice, where it is not recorded yet.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    invoice: &Invoice,
) -> Result<Taken, AppFault> {
    let ended = |held: Result<Ending, AppFault>| held.map(Taken::Ended);
    let named = invoice.metadata.get(CONTRACT_METADATA);
    let Some(named) = named.filter(|name| !name.is_empty()) else {
        return match nameless(context, &invoice.id) {
            Ok(ending) => Ok(Taken::Ended(ending)),
            Err(why) => ended(held(tx, context, row, invoice, why)),
        };
    };
    if matches!(invoice.status.as_str(), "draft" | "") {
        let ending = Ending::later("the invoice is a draft yet");
        return Ok(Taken::Ended(ending));
    }
    let Some(contract) = contracts::contract(tx, named)? else {
        let why = format!(
            "there is no contract {named}; correct {CONTRACT_METADATA} there or add the contract here"
        );
        return ended(held(tx, context, row, invoice, why));
    };
    let entity = crate::fault::stored_value("entity id", &contract.entity)?;
    let zone = context.books.entity(&entity)?.zone.clone();
    let body = serde_json::from_value::<RecordOutsideInvoice>(body(invoice, named, &zone));
    let body = match body {
        Ok(body) => body,
        Err(error) => return ended(held(tx, context, row, invoice, error.to_string())),
    };
    let key = format!("{STRIPE}/{}", invoice.id);
    let recorded = done_or_why(tx, |tx| {
        let answer = outside_billing::record(tx, context, &key, &body)?;
        let fresh = answer["recorded_before"] == false;
        if let Some(document) = answer["document"].as_str().filter(|_| fresh)
            && invoice.balance_used.minor > 0
        {
            outside_billing::use_balance(tx, context, &key, document, invoice.balance_used)?;
        }
        Ok(answer)
    });
    match recorded? {
        Ok(answer) => {
            let status = answer["status"].as_str().unwrap_or_default();
            let kept = outside_documents::outside_document(tx, STRIPE, &invoice.id)?;
            let kept = kept.ok_or_else(|| AppFault::NotFound {
                kind: "outside document",
                id: invoice.id.clone(),
            })?;
            Ok(Taken::Here(Box::new(Recorded {
                what: format!("invoice {} of Stripe is {status}", body.number),
                chain: crate::fault::stored_value("chain id", &contract.correlation)?,
                kept,
            })))
        }
        Err(why) => ended(held(tx, context, row, invoice, why)),
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
    let worth = Worth {
        value: Some(invoice.total),
        ..Worth::default()
    };
    let class = "outside_document_parked";
    hold_worth(tx, context, row, class, (summary, why), worth)
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
pub(super) fn last_day(from: Date, until: Date) -> Date {
    until.yesterday().unwrap_or(until).max(from)
}
