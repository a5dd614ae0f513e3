//! Prepaid credit: granted, used on invoices before anything is collected, returned when an invoice is
//! owed no more, and earned when it ends unused.

use super::{about_invoice, of_document, reason_given, stated};
use crate::command::{Answer, GrantCredit};
use crate::fault::{AppFault, stored_value};
use crate::journey::{customer, document, exception};
use crate::record::{Context, Fact, Recorder};
use crate::{App, Refusal};
use billing::{CreditUse, Grant, GrantSource};
use events::{Event, PrepaidMoved, PrepaidMovement};
use serde_json::json;
use store::collection::{self, GrantRow, UseRow};
use store::documents::DocumentRow;
use store::payments::{self, PaymentRow};
use store::{Tx, settings};
use values::{Currency, EntityId, Money};

/// Grants that end in one transaction.
const ENDED_A_STEP: i64 = 500;

/// `grant_credit`.
///
/// # Errors
/// When the customer is unknown, the payment does not pay for it, or the days make no sense.
pub fn grant(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &GrantCredit,
) -> Result<Answer, AppFault> {
    reason_given(&body.reason)?;
    customer::load(tx, &body.customer)?;
    let row = match &body.payment {
        Some(id) => {
            settings::take_turn(tx, &format!("payment/{id}"))?;
            let mut payment =
                payments::payment(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
                    kind: "payment",
                    id: id.to_string(),
                })?;
            let row = bought(context, body, &mut payment)?;
            payments::update(tx, &payment)?;
            if payment.unapplied == 0 {
                let about = format!("unmatched/{}", payment.id);
                exception::clear(tx, context, &about, "the money buys prepaid credit")?;
            }
            row
        }
        None => given(context, body)?,
    };
    if collection::grant(tx, &row.id)?.is_some() {
        let message = format!("there is a grant {} already", row.id);
        return Err(Refusal::field("grant_exists", "id", message).into());
    }
    GrantRow::insert(tx, std::slice::from_ref(&row))?;
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    say(
        context,
        &mut recorder,
        &row,
        PrepaidMovement::Granted,
        row.amount,
        "",
    )?;
    recorder.finish(tx)?;
    Ok(
        json!({ "grant": row.id, "amount": money(&row, row.amount)?, "until": body.until, "source": row.source }),
    )
}

fn bought(
    context: &Context,
    body: &GrantCredit,
    payment: &mut PaymentRow,
) -> Result<GrantRow, AppFault> {
    let currency: Currency = stored_value("currency", &payment.currency)?;
    let amount = stated("amount", &body.amount, currency)?;
    if body.currency.is_some_and(|wanted| wanted != currency) {
        let message =
            format!("the payment is in {currency}; credit that it buys is in {currency} too");
        return Err(Refusal::field("other_currency", "currency", message).into());
    }
    if payment.customer.is_empty() {
        payment.customer = body.customer.as_str().to_owned();
    }
    if payment.customer != body.customer.as_str() {
        let message = format!(
            "the payment is from {}, the credit is for {}",
            payment.customer, body.customer
        );
        return Err(Refusal::field("other_customer", "payment", message).into());
    }
    if amount.minor <= 0 || amount.minor > payment.unapplied {
        let available = Money::from_minor(payment.unapplied, currency);
        let message = format!(
            "{amount} of credit cannot be bought: {available} of the payment is set against nothing"
        );
        return Err(Refusal::field("exceeds_unapplied", "amount", message).into());
    }
    payment.unapplied -= amount.minor;
    let entity: EntityId = stored_value("entity id", &payment.entity)?;
    let mut row = new_row(context, body, GrantSource::Paid, (&entity, amount))?;
    row.payment.clone_from(&payment.id);
    row.correlation.clone_from(&payment.correlation);
    Ok(row)
}

fn given(context: &Context, body: &GrantCredit) -> Result<GrantRow, AppFault> {
    let entity = match (&body.entity, context.books.entities.len()) {
        (Some(id), _) => id.clone(),
        (None, 1) => context
            .books
            .entities
            .keys()
            .next()
            .cloned()
            .ok_or_else(entity_missing)?,
        (None, _) => return Err(entity_missing().into()),
    };
    let currency = match body.currency {
        Some(currency) => currency,
        None => context.books.entity(&entity)?.currency,
    };
    let amount = stated("amount", &body.amount, currency)?;
    if amount.minor <= 0 {
        let message = format!("credit of {amount} is not above zero");
        return Err(Refusal::field("bad_amount", "amount", message).into());
    }
    new_row(context, body, GrantSource::Free, (&entity, amount))
}

fn entity_missing() -> Refusal {
    Refusal::field(
        "missing_entity",
        "entity",
        "say which legal entity gives the credit",
    )
}

fn new_row(
    context: &Context,
    body: &GrantCredit,
    source: GrantSource,
    (entity, amount): (&EntityId, Money),
) -> Result<GrantRow, AppFault> {
    let today = context.today(entity)?;
    let from = body.from.unwrap_or(today);
    if body
        .until
        .is_some_and(|until| until < from || until < today)
    {
        let message = "the last day lies before the first one or before today; credit that cannot be used is not granted";
        return Err(Refusal::field("ends_before_start", "until", message).into());
    }
    Ok(GrantRow {
        id: body
            .id
            .clone()
            .unwrap_or_else(|| context.ids.mint("pre", context.now)),
        customer: body.customer.as_str().to_owned(),
        entity: entity.as_str().to_owned(),
        currency: amount.currency.code().to_owned(),
        source: source.as_str().to_owned(),
        priority: i64::from(body.priority),
        first_day: from.to_string(),
        last_day: body
            .until
            .map_or_else(String::new, |until| until.to_string()),
        amount: amount.minor,
        remaining: amount.minor,
        payment: String::new(),
        reason: body.reason.clone(),
        correlation: context.new_chain().as_str().to_owned(),
        time: context.now.microseconds(),
    })
}

fn money(row: &GrantRow, minor: i64) -> Result<Money, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    Ok(Money::from_minor(minor, currency))
}

/// Records a movement of a grant; `row` is as it stands after it.
fn say(
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &GrantRow,
    movement: PrepaidMovement,
    minor: i64,
    invoice: &str,
) -> Result<(), AppFault> {
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let fact = Fact {
        subject: format!("prepaid/{}", row.id),
        partition: format!("customer/{entity}/{}", row.customer),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let event = PrepaidMoved {
        grant: row.id.clone(),
        customer: stored_value("customer id", &row.customer)?,
        movement,
        paid: row.source == GrantSource::Paid.as_str(),
        amount: money(row, minor)?,
        left: money(row, row.remaining)?,
        invoice: some(invoice)
            .map(|id| stored_value("invoice id", &id))
            .transpose()?,
        payment: some(&row.payment)
            .map(|id| stored_value("payment id", &id))
            .transpose()?,
        until: some(&row.last_day)
            .map(|day| stored_value("date", &day))
            .transpose()?,
    };
    recorder.event(fact, Event::PrepaidMoved(event));
    Ok(())
}

/// Uses the credit of the buyer on an invoice that was just issued.
pub(crate) fn use_on(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &mut DocumentRow,
) -> Result<(), AppFault> {
    let (who, entity, currency) = (&invoice.customer, &invoice.entity, &invoice.currency);
    if !collection::has_credit(tx, who, entity, currency)? {
        return Ok(());
    }
    settings::take_turn(tx, &format!("prepaid/{}", invoice.customer))?;
    let rows = collection::grants_of(tx, &invoice.customer)?;
    let mut grants = Vec::new();
    for row in rows.iter().filter(|row| row.entity == invoice.entity) {
        grants.push(as_grant(row)?);
    }
    let today = about_invoice(context, invoice)?.effective;
    let uses = billing::consume(of_document(invoice, invoice.remaining)?, &grants, today)?;
    for one in &uses {
        move_on(tx, context, recorder, invoice, (one, PrepaidMovement::Used))?;
    }
    if uses.is_empty() {
        return Ok(());
    }
    let (paid, credited) = document::settled(tx, &invoice.id)?;
    document::settle(tx, invoice, paid, credited)
}

fn as_grant(row: &GrantRow) -> Result<Grant, AppFault> {
    Ok(Grant {
        id: row.id.clone(),
        priority: u32::try_from(row.priority).unwrap_or(u32::MAX),
        source: GrantSource::from_word(&row.source).unwrap_or(GrantSource::Free),
        from: stored_value("date", &row.first_day)?,
        until: match row.last_day.as_str() {
            "" => None,
            day => Some(stored_value("date", day)?),
        },
        left: money(row, row.remaining)?,
    })
}

/// Moves credit between a grant and an invoice.
fn move_on(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    (one, movement): (&CreditUse, PrepaidMovement),
) -> Result<(), AppFault> {
    let mut row = collection::grant(tx, &one.grant)?.ok_or_else(|| AppFault::NotFound {
        kind: "grant",
        id: one.grant.clone(),
    })?;
    let used = if movement == PrepaidMovement::Used {
        one.amount.minor
    } else {
        -one.amount.minor
    };
    row.remaining -= used;
    collection::set_left(tx, &row.id, row.remaining)?;
    let position = collection::uses_on(tx, &invoice.id)?.len() as i64 + 1;
    let entry = UseRow {
        grant_id: row.id.clone(),
        document: invoice.id.clone(),
        position,
        amount: used,
        time: context.now.microseconds(),
    };
    UseRow::insert(tx, &[entry])?;
    say(
        context,
        recorder,
        &row,
        movement,
        one.amount.minor,
        &invoice.id,
    )
}

/// What of an invoice credit has paid, minor units.
pub(crate) fn used_on(tx: &mut Tx<'_>, invoice: &str) -> Result<i64, AppFault> {
    Ok(collection::uses_on(tx, invoice)?
        .iter()
        .map(|row| row.amount)
        .sum())
}

/// Returns up to `minor` of the credit used on an invoice to its grants. Returns how much.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    minor: i64,
) -> Result<i64, AppFault> {
    let mut used: Vec<CreditUse> = Vec::new();
    for row in collection::uses_on(tx, &invoice.id)? {
        match used.iter_mut().find(|known| known.grant == row.grant_id) {
            Some(known) => known.amount.minor += row.amount,
            None => used.push(CreditUse {
                grant: row.grant_id,
                amount: of_document(invoice, row.amount)?,
            }),
        }
    }
    let back = billing::give_back(of_document(invoice, minor)?, &used)?;
    for one in &back {
        move_on(
            tx,
            context,
            recorder,
            invoice,
            (one, PrepaidMovement::Returned),
        )?;
    }
    Ok(back.iter().map(|one| one.amount.minor).sum())
}

impl App {
    /// Ends the credit whose last day is over. Returns how many grants.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_credit(&self, actor: &str) -> Result<usize, AppFault> {
        self.run(actor, |tx, context| {
            let days = context.books.entities.values();
            let days = days.map(|entity| entity.zone.date_at(context.now));
            let Some(latest) = days.max() else {
                return Ok(0);
            };
            let mut ended = 0;
            for mut row in collection::grants_ended(tx, &latest.to_string(), ENDED_A_STEP)? {
                let entity: EntityId = stored_value("entity id", &row.entity)?;
                let today = context.today(&entity)?;
                if billing::ended(&[as_grant(&row)?], today).is_empty() {
                    continue;
                }
                let left = row.remaining;
                row.remaining = 0;
                collection::set_left(tx, &row.id, 0)?;
                let correlation = stored_value("chain id", &row.correlation)?;
                let key = format!("prepaid/{}/ended", row.id);
                let mut recorder = Recorder::new(context, correlation, "/billing", &key);
                say(
                    context,
                    &mut recorder,
                    &row,
                    PrepaidMovement::Expired,
                    left,
                    "",
                )?;
                recorder.finish(tx)?;
                ended += 1;
            }
            Ok(ended)
        })
    }
}
