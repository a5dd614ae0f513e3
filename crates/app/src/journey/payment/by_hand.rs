//! Payments that a person or another program tells us of, and money set against invoices by hand.

use super::{keep, money, set_against, unmatched};
use crate::Refusal;
use crate::command::{Answer, ApplyPayment, RecordPayment};
use crate::fault::{AppFault, stored_value};
use crate::journey::{contract, customer, document, exception};
use crate::record::{Context, Recorder};
use serde_json::json;
use store::Tx;
use store::documents::DocumentRow;
use store::payments::{self, PaymentRow};
use values::{CustomerId, EntityId, Instant, Money, PaymentId};

/// `record_payment`.
///
/// # Errors
/// When the amount is no amount of the currency, or neither customer nor invoice is known.
pub fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RecordPayment,
) -> Result<Answer, AppFault> {
    let invoice = match &body.invoice {
        Some(text) => Some(document::invoice(tx, text)?),
        None => None,
    };
    let mut row = recorded_row(tx, context, body, invoice.as_ref())?;
    PaymentRow::insert(tx, std::slice::from_ref(&row))?;
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let refs = customer::references(&contract::external(&body.references));
    keep(tx, context, &mut recorder, &mut row, refs)?;
    let text = body.text.as_deref().unwrap_or("").trim();
    let said = !text.is_empty() && invoice.is_none();
    if said {
        crate::collection::cash::by_text(tx, context, &mut recorder, &mut row, text)?;
    }
    if invoice.is_none() && !said && !row.customer.is_empty() {
        set_against(tx, context, &mut recorder, &mut row, None)?;
    }
    recorder.finish(tx)?;
    let exception = if row.unapplied > 0 {
        Some(unmatched(tx, context, &row, "")?)
    } else {
        None
    };
    Ok(
        json!({ "payment": row.id, "unapplied": money(&row, row.unapplied)?, "exception": exception }),
    )
}

fn recorded_row(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RecordPayment,
    invoice: Option<&DocumentRow>,
) -> Result<PaymentRow, AppFault> {
    if let Some(id) = &body.id
        && payments::payment(tx, id.as_str())?.is_some()
    {
        let message = format!("there is a payment {id} already");
        return Err(Refusal::field("payment_exists", "id", message).into());
    }
    let payer = match (&body.customer, invoice) {
        (Some(id), _) => Some(customer::load(tx, id)?),
        (None, Some(invoice)) => Some(customer::load(
            tx,
            &stored_value("customer id", &invoice.customer)?,
        )?),
        (None, None) => None,
    };
    let entity = match (&body.entity, invoice) {
        (Some(id), _) => id.clone(),
        (None, Some(invoice)) => stored_value("entity id", &invoice.entity)?,
        (None, None) => match context.books.entities.len() {
            1 => context
                .books
                .entities
                .keys()
                .next()
                .cloned()
                .ok_or_else(entity_missing)?,
            _ => return Err(entity_missing().into()),
        },
    };
    let functional = context.books.entity(&entity)?.currency;
    let currency = match (body.currency, invoice) {
        (Some(currency), _) => currency,
        (None, Some(invoice)) => stored_value("currency", &invoice.currency)?,
        (None, None) => functional,
    };
    let parse = |field: &str, text: &str| {
        Money::parse(text, currency)
            .map_err(|refused| Refusal::field("bad_amount", field, refused.to_string()))
    };
    let amount = parse("amount", &body.amount)?;
    let fee = body
        .fee
        .as_deref()
        .map_or(Ok(Money::zero(currency)), |text| parse("fee", text))?;
    if amount.minor <= 0 || fee.minor < 0 || fee.minor > amount.minor {
        let message = format!(
            "a payment of {amount} with a fee of {fee} cannot be; money going back is a refund"
        );
        return Err(Refusal::field("bad_amount", "amount", message).into());
    }
    let method = body.method.as_deref().unwrap_or("transfer");
    if !matches!(method, "card" | "transfer") {
        return Err(Refusal::field(
            "bad_method",
            "method",
            format!("{method:?} is no method; use card or transfer"),
        )
        .into());
    }
    let time = arrived(context, body, &entity)?;
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| PaymentId::mint(&*context.ids, context.now));
    Ok(PaymentRow {
        id: id.as_str().to_owned(),
        customer: payer.map_or_else(String::new, |payer| payer.id.as_str().to_owned()),
        invoice: invoice.map_or_else(String::new, |row| row.id.clone()),
        entity: entity.as_str().to_owned(),
        currency: currency.code().to_owned(),
        status: "settled".to_owned(),
        method: method.to_owned(),
        amount: amount.minor,
        fee: fee.minor,
        unapplied: amount.minor,
        refunded: 0,
        attempts: 1,
        next_attempt: String::new(),
        external_id: String::new(),
        correlation: invoice.map_or_else(
            || context.new_chain().as_str().to_owned(),
            |row| row.correlation.clone(),
        ),
        time: time.microseconds(),
    })
}

/// When the money arrived: now, or at the beginning of the day that is stated.
fn arrived(
    context: &Context,
    body: &RecordPayment,
    entity: &EntityId,
) -> Result<Instant, AppFault> {
    let today = context.today(entity)?;
    match body.received {
        None => Ok(context.now),
        Some(day) if day == today => Ok(context.now),
        Some(day) if day > today => {
            let message = format!(
                "{day} lies after today, {today}; state the day on which the money arrived, or leave it out"
            );
            Err(Refusal::field("received_in_future", "received", message).into())
        }
        Some(day) => Ok(context.books.entity(entity)?.zone.start_of(day)),
    }
}

fn entity_missing() -> Refusal {
    Refusal::field(
        "missing_entity",
        "entity",
        "say which legal entity the money reached",
    )
}

/// `apply_payment`.
///
/// # Errors
/// When nothing of the payment is unapplied or there is nothing to set it against.
pub fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ApplyPayment,
) -> Result<Answer, AppFault> {
    let mut row =
        payments::payment(tx, body.payment.as_str())?.ok_or_else(|| AppFault::NotFound {
            kind: "payment",
            id: body.payment.to_string(),
        })?;
    if row.unapplied <= 0 {
        return Err(Refusal::field(
            "nothing_unapplied",
            "payment",
            format!(
                "nothing of payment {} is left: all of it is set against invoices or went back; take it back from an invoice first",
                row.id
            ),
        )
        .into());
    }
    let invoice = match &body.invoice {
        Some(text) => Some(document::invoice(tx, text)?),
        None => None,
    };
    let named = body
        .customer
        .as_ref()
        .map(CustomerId::to_string)
        .or(invoice.as_ref().map(|row| row.customer.clone()));
    match (row.customer.is_empty(), named) {
        (true, Some(id)) => row.customer = id,
        (true, None) => {
            return Err(Refusal::field(
                "customer_missing",
                "customer",
                "say whose payment this is",
            )
            .into());
        }
        (false, Some(id)) if id != row.customer => {
            let message = format!(
                "the payment is from {}, the invoice is for {id}",
                row.customer
            );
            return Err(Refusal::field("other_customer", "invoice", message).into());
        }
        (false, _) => {}
    }
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let hint = invoice
        .as_ref()
        .map(|row| stored_value("invoice id", &row.id))
        .transpose()?;
    let before = row.unapplied;
    set_against(tx, context, &mut recorder, &mut row, hint.as_ref())?;
    if row.unapplied == before {
        return Err(Refusal::whole(
            "nothing_open",
            "there is no open invoice to set this payment against",
        )
        .into());
    }
    recorder.finish(tx)?;
    if row.unapplied == 0 {
        exception::clear(
            tx,
            context,
            &format!("unmatched/{}", row.id),
            "the payment was set against invoices",
        )?;
    }
    Ok(json!({ "payment": row.id, "unapplied": money(&row, row.unapplied)? }))
}
