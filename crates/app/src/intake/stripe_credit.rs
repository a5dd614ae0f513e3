//! Credit notes of Stripe Billing. Each credits an invoice that is recorded here, or is recorded with
//! it: messages do not come in order. The event only says where to look; what is recorded is what the
//! credit note says when it is fetched.

use super::stripe_invoice::{self, Taken, day_of, last_day, take_in, worth_of};
use super::{Ending, Worth, conclude, done_or_why, hold_worth};
use crate::command::RecordOutsideInvoice;
use crate::connections::STRIPE;
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::outside_billing;
use crate::worker::Progress;
use crate::{App, Context};
use connect::driver::Stripe;
use connect::stripe::{
    COMPONENT_METADATA, CONTRACT_METADATA, CreditNote, CreditNoteLine, Invoice, InvoiceLine,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::documents::LineRow;
use store::inbox::InboxRow;
use store::outside_documents::{self, OutsideDocumentRow};
use store::{Tx, contracts, documents};
use values::{Date, Money, Zone, split_minor};

/// The reason of a credit note that gives up what is owed.
const GIVEN_UP: &str = "product_unsatisfactory";

/// Fetches the credit note that an event is about, with its invoice, and takes it in.
pub(super) fn process(
    app: &App,
    api: &Stripe,
    row: &InboxRow,
    id: &str,
) -> Result<Progress, AppFault> {
    let note = api.credit_note(id)?;
    let invoice = api.invoice(&note.invoice)?;
    let item = row.clone();
    conclude(app, row, move |tx, context| {
        take(tx, context, &item, (&note, &invoice))
    })
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    (note, invoice): (&CreditNote, &Invoice),
) -> Result<Ending, AppFault> {
    if row.kind == "credit_note.voided" && note.status != "void" {
        return Ok(Ending::later("the credit note is not shown as void yet"));
    }
    let known = outside_documents::outside_document(tx, STRIPE, &note.id)?;
    match (known, note.status.as_str()) {
        (None, "void") => Ok(Ending::confirmed("voided before it was recorded", None)),
        (Some(kept), "void") => voided(tx, context, row, note, &kept),
        (Some(kept), "issued") => again(tx, context, row, note, &kept),
        (None, "issued") => first(tx, context, row, (note, invoice)),
        (_, word) => Ok(Ending::later(format!(
            "the status {word:?} is not known here"
        ))),
    }
}

/// A credit note that is recorded: its amounts do not change.
fn again(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    note: &CreditNote,
    kept: &OutsideDocumentRow,
) -> Result<Ending, AppFault> {
    if kept.net.checked_add(kept.tax) == Some(note.total.minor) {
        let what = format!("credit note {} of Stripe was recorded before", kept.number);
        return Ok(Ending::confirmed(what, None));
    }
    let why = format!(
        "it was recorded before with another total than {}",
        note.total
    );
    held(tx, context, row, note, (why, worth_of(kept, note.total)))
}

fn voided(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    note: &CreditNote,
    kept: &OutsideDocumentRow,
) -> Result<Ending, AppFault> {
    let day = day_of(context, &kept.entity, note.voided.unwrap_or(context.now))?;
    let what = ("voided in Stripe", day);
    match done_or_why(tx, |tx| outside_billing::void(tx, context, kept, what))? {
        Ok(_) => {
            let words = format!("credit note {} of Stripe is void", kept.number);
            Ok(Ending::confirmed(words, None))
        }
        Err(why) => {
            let why = format!("it is void there and stands here: {why}");
            held(tx, context, row, note, (why, worth_of(kept, note.total)))
        }
    }
}

fn first(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    (note, invoice): (&CreditNote, &Invoice),
) -> Result<Ending, AppFault> {
    let worth = Worth {
        value: Some(note.total),
        ..Worth::default()
    };
    if !invoice.metadata.contains_key(CONTRACT_METADATA) {
        return match stripe_invoice::nameless(context, &invoice.id) {
            Ok(ending) => Ok(ending),
            Err(why) => held(tx, context, row, note, (why, worth)),
        };
    }
    let known = outside_documents::outside_document(tx, STRIPE, &invoice.id)?;
    let credited = match known {
        Some(kept) => kept,
        None if invoice.status == "void" => {
            let why = "its invoice was voided before it was recorded";
            return Ok(Ending::confirmed(why, None));
        }
        None => match take_in(tx, context, row, invoice)? {
            Taken::Here(recorded) => recorded.kept,
            Taken::Ended(ending) => return Ok(ending),
        },
    };
    if credited.status == "void" {
        return Ok(Ending::confirmed("its invoice is void", None));
    }
    if credited.document.is_empty() {
        return Ok(Ending::later("its invoice could not be posted yet"));
    }
    record(tx, context, row, (note, invoice), &credited)
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    (note, invoice): (&CreditNote, &Invoice),
    credited: &OutsideDocumentRow,
) -> Result<Ending, AppFault> {
    let worth = worth_of(credited, note.total);
    let entity = stored_value("entity id", &credited.entity)?;
    let zone = context.books.entity(&entity)?.zone.clone();
    let ours = documents::lines_of(tx, &credited.document)?;
    let lines = match lines_of(note, invoice, &ours, &zone)? {
        Ok(lines) => lines,
        Err(why) => return held(tx, context, row, note, (why, worth)),
    };
    let Some(contract) = contracts::contract(tx, &credited.contract)? else {
        let why = format!("there is no contract {}", credited.contract);
        return held(tx, context, row, note, (why, worth));
    };
    let agreed = stored("contract", &contract.body)?;
    let gives_up =
        outside_billing::mirrored(context, &agreed) || note.reason.as_deref() == Some(GIVEN_UP);
    let body = json!({
        "system": STRIPE,
        "outside_id": note.id,
        "kind": "credit_note",
        "number": note.number,
        "contract": credited.contract,
        "currency": note.total.currency,
        "issued": zone.date_at(note.effective).to_string(),
        "credits": note.invoice,
        "reason": words(note),
        "rest_is_goodwill": gives_up,
        "lines": lines,
    });
    let body = match serde_json::from_value::<RecordOutsideInvoice>(body) {
        Ok(body) => body,
        Err(error) => return held(tx, context, row, note, (error.to_string(), worth)),
    };
    let key = format!("{STRIPE}/{}", note.id);
    match done_or_why(tx, |tx| outside_billing::record(tx, context, &key, &body))? {
        Ok(answer) => {
            let status = answer["status"].as_str().unwrap_or_default();
            let what = format!("credit note {} of Stripe is {status}", note.number);
            let chain = stored_value("chain id", &contract.correlation)?;
            Ok(Ending::confirmed(what, Some(&chain)))
        }
        Err(why) => held(tx, context, row, note, (why, worth)),
    }
}

fn held(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    note: &CreditNote,
    (why, worth): (String, Worth),
) -> Result<Ending, AppFault> {
    let summary = format!(
        "Credit note {} of Stripe is not recorded: {why}",
        note.number
    );
    let class = "outside_document_parked";
    hold_worth(tx, context, row, class, (summary, why), worth)
}

/// Why it was given, in words.
fn words(note: &CreditNote) -> String {
    let reason = match note.reason.as_deref() {
        Some(GIVEN_UP) => "product unsatisfactory",
        Some("order_change") => "order change",
        Some(word) => word,
        None => "credited in Stripe",
    };
    note.memo.clone().unwrap_or_else(|| reason.to_owned())
}

/// Days of a component of the invoice.
type Days = (String, Date, Date);

/// The lines of the credit note as billing has them, or why they cannot be. Days are those of the
/// invoice's line; what credits the invoice as a whole is spread over what is left of its lines.
fn lines_of(
    note: &CreditNote,
    invoice: &Invoice,
    ours: &[LineRow],
    zone: &Zone,
) -> Result<Result<Vec<Value>, String>, AppFault> {
    let mut left = BTreeMap::new();
    for row in ours.iter().filter(|row| row.net > 0) {
        let until: Date = stored_value("date", &row.period_until)?;
        let days: Days = (
            row.component.clone(),
            stored_value("date", &row.period_from)?,
            until.yesterday().unwrap_or(until),
        );
        *left.entry(days).or_insert(0) += row.net - row.credited_net;
    }
    let mut found = Vec::new();
    let mut whole: Vec<CreditNoteLine> = Vec::new();
    for line in &note.lines {
        if line.net.minor < 0 || (line.net.is_zero() && !line.tax.is_zero()) {
            return Ok(Err(format!(
                "line {} gives back {} without tax and {} of tax, which no line of an invoice can be lowered by; record it by hand",
                line.id, line.net, line.tax
            )));
        }
        if line.net.is_zero() {
            continue;
        }
        let billed = line.invoice_line.as_ref().and_then(|id| {
            let mut lines = invoice.lines.iter();
            lines.find(|billed| billed.id == *id)
        });
        match billed {
            Some(billed) => found.push(named(line, billed, zone, &mut left)),
            None => whole.push(line.clone()),
        }
    }
    if let ([only], [_]) = (whole.as_mut_slice(), note.lines.as_slice()) {
        with_its_tax(only, ours)?;
    }
    for line in &whole {
        let wanted = line.metadata.get(COMPONENT_METADATA);
        let weights: Vec<(Days, u64)> = left
            .iter()
            .filter(|((component, _, _), _)| wanted.is_none_or(|wanted| wanted == component))
            .map(|(days, open)| (days.clone(), u64::try_from(*open).unwrap_or(0)))
            .collect();
        if weights.iter().all(|(_, open)| *open == 0) {
            return Ok(Err(format!(
                "nothing is left of invoice {} that line {} could credit",
                invoice.id, line.id
            )));
        }
        found.extend(spread(line, &weights, &mut left)?);
    }
    Ok(Ok(found))
}

/// An amount credited without lines is with tax, and does not say how much of it is tax: as much as of
/// what is left of the invoice.
fn with_its_tax(line: &mut CreditNoteLine, ours: &[LineRow]) -> Result<(), AppFault> {
    let left = |sum: i64| u64::try_from(sum).unwrap_or(0);
    let net = left(ours.iter().map(|row| row.net - row.credited_net).sum());
    let tax = left(ours.iter().map(|row| row.tax - row.credited_tax).sum());
    if !line.tax.is_zero() || tax == 0 {
        return Ok(());
    }
    let currency = line.net.currency;
    if let [net, tax] = split_minor(line.net.minor, &[net, tax])?.as_slice() {
        line.net = Money::from_minor(*net, currency);
        line.tax = Money::from_minor(*tax, currency);
    }
    Ok(())
}

fn named(
    line: &CreditNoteLine,
    billed: &InvoiceLine,
    zone: &Zone,
    left: &mut BTreeMap<Days, i64>,
) -> Value {
    let from = zone.date_at(billed.from);
    let to = last_day(from, zone.date_at(billed.until));
    let component = line.metadata.get(COMPONENT_METADATA);
    let component = component.or(billed.metadata.get(COMPONENT_METADATA));
    for ((known, first, last), open) in left.iter_mut() {
        if (*first, *last) == (from, to) && component.is_none_or(|named| named == known) {
            *open -= line.net.minor;
        }
    }
    said(line, (component, from, to), (line.net, line.tax))
}

fn spread(
    line: &CreditNoteLine,
    weights: &[(Days, u64)],
    left: &mut BTreeMap<Days, i64>,
) -> Result<Vec<Value>, AppFault> {
    let parts: Vec<u64> = weights.iter().map(|(_, open)| *open).collect();
    let nets = split_minor(line.net.minor, &parts)?;
    let taxes = split_minor(line.tax.minor, &parts)?;
    let mut found = Vec::new();
    for (((component, from, to), _), (net, tax)) in weights.iter().zip(nets.into_iter().zip(taxes))
    {
        if net == 0 && tax == 0 {
            continue;
        }
        if let Some(open) = left.get_mut(&(component.clone(), *from, *to)) {
            *open -= net;
        }
        let money = |minor| Money::from_minor(minor, line.net.currency);
        let days = (Some(component), *from, *to);
        found.push(said(line, days, (money(net), money(tax))));
    }
    Ok(found)
}

fn said(
    line: &CreditNoteLine,
    (component, from, to): (Option<&String>, Date, Date),
    (net, tax): (Money, Money),
) -> Value {
    json!({
        "component": component,
        "from": from.to_string(),
        "to": to.to_string(),
        "net": net.decimal().to_string(),
        "tax": tax.decimal().to_string(),
        "description": line.description,
    })
}
