//! Payments: collected through the processor or recorded by hand, set against invoices, released
//! again when a credit frees them. A payment that has happened is always recorded.

mod attempt;
mod by_hand;

pub use attempt::attempt_failed;
pub(crate) use attempt::{begun_at, collect, collect_again, is_collected, lacks_route, prepare};
pub use by_hand::{apply, record};

use crate::Refusal;
use crate::collection::{cash, dunning, prepaid};
use crate::fault::{AppFault, stored_value};
use crate::journey::credit_form::Released;
use crate::journey::exception::{self, NewException};
use crate::journey::{document, refund, standing};
use crate::record::{Context, Fact, Recorder};
use billing::OpenInvoice;
use events::{Application, CashApplied, Event, PaymentSettled, Reference};
use store::documents::{self, DocumentRow};
use store::payments::{self, ApplicationRow, PaymentRow};
use store::{Tx, catalogue, settings};
use values::{
    CorrelationId, Currency, EntityId, ExceptionId, Instant, InvoiceId, Money, PaymentId,
};

/// A payment that another system reports as settled.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The connection, such as `stripe`.
    pub processor: String,
    /// The payment's id there.
    pub external_id: String,
    /// The charge behind it.
    pub charge: Option<String>,
    /// The payer's id there.
    pub processor_customer: Option<String>,
    /// Our payment, when we started it.
    pub payment: Option<PaymentId>,
    /// The invoice it is for, when it says so.
    pub invoice: Option<InvoiceId>,
    /// The legal entity that it reaches, when it says so.
    pub entity: Option<EntityId>,
    /// What the payer paid.
    pub gross: Money,
    /// What the processor keeps.
    pub fee: Money,
    /// What reaches us.
    pub net: Money,
    /// When it happened.
    pub happened: Instant,
    /// The object as it was read.
    pub payload: String,
}

/// An attempt that another system reports as failed.
#[derive(Debug, Clone)]
pub struct FailedAttempt {
    /// The connection.
    pub processor: String,
    /// The payment's id there.
    pub external_id: String,
    /// Our payment.
    pub payment: Option<PaymentId>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The charge that failed, when the processor names it.
    pub charge: Option<String>,
    /// The processor's reason.
    pub reason: String,
    /// When it happened.
    pub happened: Instant,
}

/// What became of a report about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// It was recorded now.
    Recorded {
        /// Its chain.
        correlation: Option<CorrelationId>,
    },
    /// It was known.
    AlreadyRecorded {
        /// Its chain.
        correlation: Option<CorrelationId>,
    },
    /// It was recorded, and a person must say what it is for.
    Held {
        /// The exception.
        exception: ExceptionId,
        /// Its chain.
        correlation: Option<CorrelationId>,
    },
}

pub(crate) fn money(row: &PaymentRow, minor: i64) -> Result<Money, AppFault> {
    Ok(Money::from_minor(
        minor,
        stored_value::<Currency>("currency", &row.currency)?,
    ))
}

fn fact(context: &Context, row: &PaymentRow, happened: Instant) -> Result<Fact, AppFault> {
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let effective = context.books.entity(&entity)?.zone.date_at(happened);
    let payer = if row.customer.is_empty() {
        "unknown"
    } else {
        &row.customer
    };
    Ok(Fact {
        subject: format!("payment/{}", row.id),
        partition: format!("customer/{entity}/{payer}"),
        entity: Some(entity),
        effective,
        happened,
    })
}

/// Records that a payment settled, sets it against its invoice, or holds it for a person.
///
/// # Errors
/// When the store fails, or no legal entity can be found for it.
pub fn settled(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &Settlement,
) -> Result<PaymentOutcome, AppFault> {
    settings::take_turn(tx, &format!("payment/{}", report.external_id))?;
    let known = find(tx, report.payment.as_ref(), &report.external_id)?;
    if let Some(row) = known.as_ref().filter(|row| row.status == "settled") {
        let correlation = stored_value("chain id", &row.correlation)?;
        return Ok(PaymentOutcome::AlreadyRecorded {
            correlation: Some(correlation),
        });
    }
    let (mut row, fresh) = match known {
        Some(row) => (row, false),
        None => (unknown_payment(tx, context, report)?, true),
    };
    let correlation: CorrelationId = stored_value("chain id", &row.correlation)?;
    if !fresh {
        crate::lifecycle::go(
            &control::lifecycle::PAYMENT,
            &row.id,
            &row.status,
            "settled",
        )?;
    }
    row.status = "settled".to_owned();
    (row.amount, row.fee, row.unapplied) =
        (report.gross.minor, report.fee.minor, report.gross.minor);
    row.next_attempt = String::new();
    row.external_id.clone_from(&report.external_id);
    row.time = report.happened.microseconds();
    if fresh {
        PaymentRow::insert(tx, std::slice::from_ref(&row))?;
    } else {
        payments::update(tx, &row)?;
    }
    let mut refs = vec![Reference {
        system: report.processor.clone(),
        kind: crate::payment_routes::payment_word(&report.processor).to_owned(),
        id: report.external_id.clone(),
    }];
    refs.extend(report.charge.iter().map(|charge| Reference {
        system: report.processor.clone(),
        kind: "Charge".to_owned(),
        id: charge.clone(),
    }));
    let key = format!("{}/{}", report.processor, report.external_id);
    let mut recorder = Recorder::new(context, correlation.clone(), "/sys/processor", &key);
    keep(tx, context, &mut recorder, &mut row, refs)?;
    recorder.finish(tx)?;
    exception::clear(
        tx,
        context,
        &format!("payment/{}", row.id),
        "the payment settled",
    )?;
    if row.unapplied > 0 {
        let id = unmatched(tx, context, &row, &report.payload)?;
        return Ok(PaymentOutcome::Held {
            exception: id,
            correlation: Some(correlation),
        });
    }
    Ok(PaymentOutcome::Recorded {
        correlation: Some(correlation),
    })
}

fn find(
    tx: &mut Tx<'_>,
    payment: Option<&PaymentId>,
    external_id: &str,
) -> Result<Option<PaymentRow>, AppFault> {
    if let Some(row) = payments::by_external_id(tx, external_id)? {
        return Ok(Some(row));
    }
    match payment {
        Some(id) => Ok(payments::payment(tx, id.as_str())?),
        None => Ok(None),
    }
}

/// A payment that we did not start: whose it is and which entity it reaches, as far as can be told.
fn unknown_payment(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &Settlement,
) -> Result<PaymentRow, AppFault> {
    let payer = match &report.processor_customer {
        Some(id) => catalogue::referred(tx, &report.processor, "Customer", id)?,
        None => None,
    };
    let invoice = match &report.invoice {
        Some(id) => documents::document(tx, id.as_str())?,
        None => None,
    };
    let by_currency = || {
        let mut entities = context.books.entities.values();
        entities
            .find(|entity| entity.currency == report.gross.currency)
            .map(|entity| entity.id.clone())
    };
    let named = invoice
        .as_ref()
        .map(|row| stored_value("entity id", &row.entity))
        .transpose()?;
    let entity = named
        .or(report.entity.clone())
        .or_else(by_currency)
        .ok_or_else(|| {
            let message = format!(
                "no legal entity keeps books in {}; the payment names none",
                report.gross.currency
            );
            Refusal::field("missing_entity", "entity", message)
        })?;
    let customer = invoice
        .as_ref()
        .map(|row| row.customer.clone())
        .or_else(|| {
            payer
                .as_ref()
                .and_then(|(object, _)| object.strip_prefix("customer/").map(str::to_owned))
        });
    let correlation = invoice.as_ref().map(|row| row.correlation.clone());
    Ok(PaymentRow {
        id: PaymentId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        customer: customer.unwrap_or_default(),
        invoice: invoice.map_or_else(String::new, |row| row.id),
        entity: entity.as_str().to_owned(),
        currency: report.gross.currency.code().to_owned(),
        status: "settled".to_owned(),
        method: "card".to_owned(),
        amount: report.gross.minor,
        fee: report.fee.minor,
        unapplied: report.gross.minor,
        refunded: 0,
        attempts: 1,
        next_attempt: String::new(),
        external_id: report.external_id.clone(),
        correlation: correlation.unwrap_or_else(|| context.new_chain().as_str().to_owned()),
        time: report.happened.microseconds(),
    })
}

/// Says that a payment settled, notes what it is called elsewhere, and applies it.
fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &mut PaymentRow,
    references: Vec<Reference>,
) -> Result<(), AppFault> {
    for known in &references {
        catalogue::refer(
            tx,
            &catalogue::ReferenceRow {
                system: known.system.clone(),
                kind: known.kind.clone(),
                id: known.id.clone(),
                object: format!("payment/{}", row.id),
                correlation: row.correlation.clone(),
            },
        )?;
    }
    let customer = if row.customer.is_empty() {
        None
    } else {
        Some(stored_value("customer id", &row.customer)?)
    };
    let (gross, fee) = (money(row, row.amount)?, money(row, row.fee)?);
    let event = PaymentSettled {
        payment: stored_value("payment id", &row.id)?,
        customer,
        gross,
        fee,
        net: gross.minus(fee)?,
        method: row.method.clone(),
        references,
    };
    let happened = Instant::from_microseconds(row.time);
    recorder.event(fact(context, row, happened)?, Event::PaymentSettled(event));
    if !row.invoice.is_empty() {
        let invoice = stored_value("invoice id", &row.invoice)?;
        set_against(tx, context, recorder, row, Some(&invoice))?;
    }
    Ok(())
}

/// Sets what is unapplied of a payment against invoices of its customer.
fn set_against(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &mut PaymentRow,
    hint: Option<&InvoiceId>,
) -> Result<(), AppFault> {
    if let Some(id) = hint
        && let Some(mut invoice) = documents::document(tx, id.as_str())?
    {
        let unapplied = row.unapplied;
        cash::owed_again(tx, context, recorder, &mut invoice, (row, unapplied))?;
    }
    let rows = documents::open_invoices(tx, &row.customer, &row.entity, &row.currency)?;
    let mut open = Vec::new();
    for invoice in &rows {
        open.push(OpenInvoice {
            id: stored_value("invoice id", &invoice.id)?,
            due: stored_value("date", &invoice.due)?,
            open: money(row, invoice.remaining)?,
        });
    }
    let spread = billing::apply(money(row, row.unapplied)?, &open, hint)
        .map_err(|refusal| Refusal::field("bad_amount", "amount", refusal.to_string()))?;
    if spread.applications.is_empty() {
        return Ok(());
    }
    let applications: Vec<Application> = spread
        .applications
        .iter()
        .map(|one| Application {
            invoice: one.invoice.clone(),
            amount: one.amount,
            customer: None,
        })
        .collect();
    row.unapplied = spread.unapplied.minor;
    payments::update(tx, row)?;
    move_cash(tx, context, recorder, row, &applications)
}

/// Records applications (negative ones take back) and what they leave of each invoice.
pub(crate) fn move_cash(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &PaymentRow,
    applications: &[Application],
) -> Result<(), AppFault> {
    let mut named = applications.to_vec();
    for one in &mut named {
        // Whose receivable it is, where somebody else pays it.
        if let Some(invoice) = documents::document(tx, one.invoice.as_str())?
            && invoice.customer != row.customer
        {
            one.customer = Some(stored_value("customer id", &invoice.customer)?);
        }
    }
    let event = CashApplied {
        payment: stored_value("payment id", &row.id)?,
        customer: stored_value("customer id", &row.customer)?,
        applications: named,
        unapplied: money(row, row.unapplied)?,
    };
    let event = recorder.event(fact(context, row, context.now)?, Event::CashApplied(event));
    let before = payments::applications_of(tx, &row.id)?;
    for one in applications {
        let document = one.invoice.as_str();
        let position = before
            .iter()
            .filter(|known| known.document == document)
            .count() as i64
            + 1;
        let application = ApplicationRow {
            payment: row.id.clone(),
            document: document.to_owned(),
            position,
            amount: one.amount.minor,
            time: context.now.microseconds(),
            event: event.as_str().to_owned(),
        };
        ApplicationRow::insert(tx, &[application])?;
        if let Some(mut invoice) = documents::document(tx, document)? {
            let (paid, credited) = document::settled(tx, document)?;
            document::settle(tx, &mut invoice, paid, credited)?;
            dunning::settled(tx, context, recorder, &invoice, dunning::Look::Settled)?;
            standing::tell_crm(tx, context, recorder, &invoice.customer, &invoice.contract)?;
        }
    }
    Ok(())
}

/// Takes back up to `amount` of the payments set against an invoice, newest first. Returns how much.
pub(crate) fn release(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    amount: i64,
) -> Result<(i64, Vec<Released>), AppFault> {
    let mut by_payment: Vec<(String, i64)> = Vec::new();
    for application in payments::applications_to(tx, &invoice.id)? {
        match by_payment
            .iter_mut()
            .find(|(payment, _)| *payment == application.payment)
        {
            Some((_, sum)) => *sum += application.amount,
            None => by_payment.push((application.payment, application.amount)),
        }
    }
    // Credit that was never money in hand goes back as credit first.
    let mut left = amount - prepaid::give_back(tx, context, recorder, invoice, amount)?;
    let mut released = Vec::new();
    for (payment, applied) in by_payment.into_iter().rev() {
        let taken = left.min(applied);
        if taken <= 0 {
            continue;
        }
        let Some(mut row) = payments::payment(tx, &payment)? else {
            continue;
        };
        row.unapplied += taken;
        payments::update(tx, &row)?;
        refund::covered(tx, context, &row)?;
        let back = Application {
            invoice: stored_value("invoice id", &invoice.id)?,
            amount: money(&row, -taken)?,
            customer: None,
        };
        move_cash(tx, context, recorder, &row, &[back])?;
        left -= taken;
        released.push(Released {
            payment,
            amount: taken,
        });
    }
    Ok((amount - left, released))
}

pub(crate) fn unmatched(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &PaymentRow,
    payload: &str,
) -> Result<ExceptionId, AppFault> {
    let amount = money(row, row.unapplied)?;
    let payer = match catalogue::customer(tx, &row.customer)? {
        Some(known) => format!("from {}", known.name),
        None => "from nobody we know".to_owned(),
    };
    exception::open(
        tx,
        context,
        NewException {
            key: format!("unmatched/{}", row.id),
            class: "payment_unmatched",
            summary: format!("Payment of {amount} {payer} has no open invoice to set it against"),
            detail: "The money is recorded and owed to the payer until it is set against an invoice or given back.".to_owned(),
            payload: payload.to_owned(),
            customer: row.customer.clone(),
            document: row.id.clone(),
            entity: row.entity.clone(),
            measure: String::new(),
            value: Some(amount),
            correlation: Some(stored_value("chain id", &row.correlation)?),
        },
    )
}
