//! Attempts: collection begins with an invoice, goes on after a failure, and ends with a person.

use super::{FailedAttempt, PaymentOutcome, fact, find, money};
use crate::App;
use crate::collection::dunning;
use crate::connections::STRIPE;
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::journey::{customer, standing};
use crate::payment_routes::{
    Collected, collecting, connection, in_topology, is_processor, payment_word,
};
use crate::record::{Context, Intent, Recorder};
use billing::{DunningStep, next_attempt};
use commerce::{Collection, Customer};
use control::topology::RoutedFact;
use events::{DeclineClass, Event, PaymentFailed, PaymentInitiated, Reference};
use serde_json::json;
use store::Tx;
use store::catalogue::{self, ReferenceRow};
use store::documents::{self, DocumentRow};
use store::payments::{self, PaymentRow};
use values::{CorrelationId, CustomerId, EntityId, ExceptionId, PaymentId};

/// Begins to collect an invoice by card, when its customer pays so and there is a processor.
pub(crate) fn collect(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    payer: &Customer,
) -> Result<(), AppFault> {
    if let Some(row) = prepare(context, recorder, invoice, payer)? {
        PaymentRow::insert(tx, std::slice::from_ref(&row))?;
    } else if lacks_route(context, invoice, payer) {
        no_route(tx, context, invoice, payer)?;
    }
    Ok(())
}

/// The processor that the routes name for an invoice, with the payer's id there.
fn routed<'p>(
    context: &Context,
    invoice: &DocumentRow,
    payer: &'p Customer,
) -> Option<(&'static str, &'p str)> {
    let what = Collected {
        entity: &invoice.entity,
        country: payer.tax.as_ref().map(|tax| tax.country.as_str()),
        currency: &invoice.currency,
    };
    let processor = context.books.payment_routes.of(&what)?;
    Some((processor, payer.ref_in(processor)?))
}

/// Whether an invoice is to be collected and no processor can: no route fits, or the payer is not
/// known where it leads.
pub(crate) fn lacks_route(context: &Context, invoice: &DocumentRow, payer: &Customer) -> bool {
    invoice.remaining > 0
        && is_collected(context, &invoice.entity, payer)
        && routed(context, invoice, payer).is_none()
}

fn no_route(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &DocumentRow,
    payer: &Customer,
) -> Result<(), AppFault> {
    let country = payer
        .tax
        .as_ref()
        .map_or("unknown", |tax| tax.country.as_str());
    let why = format!(
        "no payment route fits entity {}, country {country} and currency {}, or {} is not known to the processor that it names; add a route with set_payment_routes or the id of the customer there, then try again",
        invoice.entity, invoice.currency, payer.id
    );
    let new = NewException {
        key: format!("collect/{}", invoice.id),
        class: "payment_failed",
        summary: format!("Invoice {} is collected by nobody: {why}", invoice.number),
        detail: why,
        customer: invoice.customer.clone(),
        document: invoice.id.clone(),
        entity: invoice.entity.clone(),
        value: Some(values::Money::from_minor(
            invoice.remaining,
            stored_value("currency", &invoice.currency)?,
        )),
        correlation: Some(stored_value("chain id", &invoice.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// Collects an invoice that no route had fitted. Answers false when none fits yet.
pub(crate) fn collect_again(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &str,
) -> Result<bool, AppFault> {
    let Some(invoice) = documents::document(tx, invoice)? else {
        return Ok(true);
    };
    let payer = customer::load(tx, &stored_value("customer id", &invoice.customer)?)?;
    if lacks_route(context, &invoice, &payer) {
        return Ok(false);
    }
    let chain = stored_value("chain id", &invoice.correlation)?;
    let key = format!("collect-again/{}", invoice.id);
    let mut recorder = Recorder::new(context, chain, "/billing", &key);
    collect(tx, context, &mut recorder, &invoice, &payer)?;
    recorder.finish(tx)?;
    Ok(true)
}

/// The processor at which the collection of a payment began.
pub(crate) fn begun_at(tx: &mut Tx<'_>, payment: &str) -> Result<Option<&'static str>, AppFault> {
    let of_payment = store::effects::of_subject(tx, &format!("payment/{payment}"))?;
    let begun = of_payment
        .iter()
        .find(|effect| is_processor(&effect.connection));
    Ok(begun.and_then(|effect| connection(&effect.connection)))
}

/// Whether invoices of an entity to this payer are collected by card.
pub(crate) fn is_collected(context: &Context, entity: &str, payer: &Customer) -> bool {
    let governance = &context.books.governance;
    let mut known = payer.refs.iter().map(|known| known.system.as_str());
    payer.collection == Collection::Card
        && context.books.routing.collect_cards
        && known.any(|system| {
            let collector = in_topology(&governance.topology, system);
            is_processor(system)
                && governance.tells(RoutedFact::Collections, collector, Some(entity))
        })
}

/// As [`collect`] without a transaction: the payment is answered and remains to be written.
pub(crate) fn prepare(
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    payer: &Customer,
) -> Result<Option<PaymentRow>, AppFault> {
    if invoice.remaining <= 0 || !is_collected(context, &invoice.entity, payer) {
        return Ok(None);
    }
    let Some((processor, handle)) = routed(context, invoice, payer) else {
        return Ok(None);
    };
    let id = PaymentId::mint(&*context.ids, context.now);
    let row = PaymentRow {
        id: id.as_str().to_owned(),
        customer: payer.id.as_str().to_owned(),
        invoice: invoice.id.clone(),
        entity: invoice.entity.clone(),
        currency: invoice.currency.clone(),
        status: "initiated".to_owned(),
        method: "card".to_owned(),
        amount: invoice.remaining,
        fee: 0,
        unapplied: 0,
        refunded: 0,
        attempts: 0,
        next_attempt: String::new(),
        external_id: String::new(),
        correlation: recorder.correlation().as_str().to_owned(),
        time: context.now.microseconds(),
    };
    let initiated = PaymentInitiated {
        payment: id,
        invoice: stored_value("invoice id", &invoice.id)?,
        customer: payer.id.clone(),
        amount: money(&row, row.amount)?,
        processor: processor.to_owned(),
    };
    recorder.event(
        fact(context, &row, context.now)?,
        Event::PaymentInitiated(initiated),
    );
    let there = (processor, handle);
    ask(recorder, &row, there, payer.payment_method.as_deref(), 1)?;
    Ok(Some(row))
}

/// Asks the processor for one attempt.
fn ask(
    recorder: &mut Recorder<'_>,
    row: &PaymentRow,
    (processor, handle): (&'static str, &str),
    method: Option<&str>,
    attempt: i64,
) -> Result<(), AppFault> {
    let known = if row.external_id.is_empty() {
        None
    } else {
        Some(row.external_id.as_str())
    };
    recorder.intend(Intent {
        lane: format!("payment/{}", row.id),
        connection: processor,
        operation: collecting(processor),
        subject: format!("payment/{}", row.id),
        key: format!("collect/{}/{attempt}", row.id),
        request: json!({
            "payment": row.id,
            "invoice": row.invoice,
            "entity": row.entity,
            "customer": row.customer,
            "processor_customer": handle,
            "payment_method": method,
            "amount_minor": row.amount,
            "currency": row.currency,
            "attempt": attempt,
            "payment_intent": known,
        }),
        entity: Some(stored_value("entity id", &row.entity)?),
        value: Some(money(row, row.amount)?),
    });
    Ok(())
}

/// Records that an attempt failed and when it is tried again.
///
/// # Errors
/// When the store fails.
pub fn attempt_failed(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &FailedAttempt,
) -> Result<PaymentOutcome, AppFault> {
    let Some(mut row) = find(tx, report.payment.as_ref(), &report.external_id)? else {
        return Ok(PaymentOutcome::AlreadyRecorded { correlation: None });
    };
    let correlation: CorrelationId = stored_value("chain id", &row.correlation)?;
    let illegal = control::lifecycle::PAYMENT
        .go(&row.id, &row.status, "failed")
        .err();
    // A report that is older than the settlement came late; one that is newer contradicts it.
    if let Some(illegal) = illegal
        && row.status == "settled"
        && report.happened.microseconds() > row.time
    {
        let id = contradicted(tx, context, &row, report, &illegal)?;
        return Ok(PaymentOutcome::Held {
            exception: id,
            correlation: Some(correlation),
        });
    }
    if row.status == "settled" || row.attempts >= i64::from(report.attempt) {
        return Ok(PaymentOutcome::AlreadyRecorded {
            correlation: Some(correlation),
        });
    }
    row.attempts = i64::from(report.attempt);
    row.status = "failed".to_owned();
    row.time = report.happened.microseconds();
    if row.external_id.is_empty() {
        row.external_id.clone_from(&report.external_id);
    }
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let zone = context.books.entity(&entity)?.zone.clone();
    let waits = dunning::retries(tx, &row)?;
    let step = next_attempt(report.attempt as usize, report.happened, &waits);
    let retry = match step {
        DunningStep::Retry(at) => Some(zone.date_at(at)),
        DunningStep::GiveUp => None,
    };
    row.next_attempt = retry.map_or_else(String::new, |date| date.to_string());
    payments::update(tx, &row)?;
    if let Some(charge) = &report.charge {
        catalogue::refer(tx, &charge_of(&row, report, charge))?;
    }
    let key = format!(
        "{}/{}/attempt/{}",
        report.processor, report.external_id, report.attempt
    );
    let mut recorder = Recorder::new(context, correlation.clone(), "/sys/processor", &key);
    // The code stands before the words that the processor has for people.
    let code = report.reason.split(':').next().unwrap_or_default();
    let event = PaymentFailed {
        payment: stored_value("payment id", &row.id)?,
        invoice: stored_value("invoice id", &row.invoice)?,
        customer: stored_value("customer id", &row.customer)?,
        amount: money(&row, row.amount)?,
        attempt: report.attempt,
        reason: report.reason.clone(),
        decline_class: DeclineClass::of(code),
        next_attempt: retry,
        references: vec![Reference {
            system: report.processor.clone(),
            kind: payment_word(&report.processor).to_owned(),
            id: report.external_id.clone(),
        }],
    };
    recorder.event(
        fact(context, &row, report.happened)?,
        Event::PaymentFailed(event),
    );
    standing::refresh(tx, context, &mut recorder, &row.customer)?;
    if let Some(invoice) = documents::document(tx, &row.invoice)? {
        let why = format!(
            "attempt {} to collect it failed: {}",
            report.attempt, report.reason
        );
        let day = zone.date_at(report.happened);
        dunning::enter(tx, context, &mut recorder, &invoice, (day, &why))?;
        standing::tell_crm(
            tx,
            context,
            &mut recorder,
            &invoice.customer,
            &invoice.contract,
        )?;
    }
    recorder.finish(tx)?;
    if retry.is_some() {
        return Ok(PaymentOutcome::Recorded {
            correlation: Some(correlation),
        });
    }
    let id = given_up(tx, context, &row, report)?;
    Ok(PaymentOutcome::Held {
        exception: id,
        correlation: Some(correlation),
    })
}

/// The name of a failed charge: by it the attempt is told apart from the next one.
fn charge_of(row: &PaymentRow, report: &FailedAttempt, charge: &str) -> ReferenceRow {
    ReferenceRow {
        system: report.processor.clone(),
        kind: "Charge".to_owned(),
        id: charge.to_owned(),
        object: format!("payment/{}", row.id),
        correlation: row.correlation.clone(),
    }
}

/// A failure that happened after the payment had settled: the payment stays as it is.
fn contradicted(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &PaymentRow,
    report: &FailedAttempt,
    illegal: &control::lifecycle::IllegalStep,
) -> Result<ExceptionId, AppFault> {
    let new = NewException {
        summary: format!(
            "{} says that a settled payment failed afterwards: {}",
            report.processor, report.reason
        ),
        detail: format!(
            "{illegal}; attempt {} at {}",
            report.attempt, report.happened
        ),
        customer: row.customer.clone(),
        entity: row.entity.clone(),
        value: Some(money(row, row.amount)?),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    crate::lifecycle::reported(tx, context, illegal, new)
}

fn given_up(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &PaymentRow,
    report: &FailedAttempt,
) -> Result<ExceptionId, AppFault> {
    let amount = money(row, row.amount)?;
    let number = documents::document(tx, &row.invoice)?
        .map_or_else(|| row.invoice.clone(), |invoice| invoice.number);
    exception::open(
        tx,
        context,
        NewException {
            key: format!("payment/{}", row.id),
            class: "payment_failed",
            summary: format!(
                "Invoice {number} could not be collected after {} attempts: {}",
                report.attempt, report.reason
            ),
            detail: format!(
                "{amount} stays receivable. The processor's last word: {}",
                report.reason
            ),
            payload: String::new(),
            customer: row.customer.clone(),
            document: row.invoice.clone(),
            entity: row.entity.clone(),
            measure: String::new(),
            value: Some(amount),
            correlation: Some(stored_value("chain id", &row.correlation)?),
        },
    )
}

impl App {
    /// Starts the attempts that are due. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn retry_payments(&self, actor: &str) -> Result<usize, AppFault> {
        self.run(actor, |tx, context| {
            let mut started = 0;
            let last_today = context
                .books
                .entities
                .values()
                .map(|entity| entity.zone.date_at(context.now))
                .max();
            let Some(today) = last_today else {
                return Ok(0);
            };
            for mut row in payments::due_to_retry(tx, &today.to_string(), 500)? {
                let payer = customer::load(
                    tx,
                    &stored_value::<CustomerId>("customer id", &row.customer)?,
                )?;
                // Where it was begun it goes on; routes are for what begins.
                let begun = begun_at(tx, &row.id)?.unwrap_or(STRIPE);
                let Some(handle) = payer.ref_in(begun) else {
                    continue;
                };
                // What was credited since the last attempt is not collected any more, and an attempt
                // at another amount is another one at the processor.
                let open =
                    documents::document(tx, &row.invoice)?.map_or(row.amount, |it| it.remaining);
                if open <= 0 {
                    row.next_attempt = String::new();
                    payments::update(tx, &row)?;
                    continue;
                }
                if open < row.amount {
                    row.amount = open;
                    row.external_id = String::new();
                }
                let attempt = row.attempts + 1;
                row.next_attempt = String::new();
                let lifecycle = &control::lifecycle::PAYMENT;
                crate::lifecycle::go(lifecycle, &row.id, &row.status, "initiated")?;
                row.status = "initiated".to_owned();
                payments::update(tx, &row)?;
                let key = format!("collect/{}/{attempt}", row.id);
                let correlation = stored_value("chain id", &row.correlation)?;
                let mut recorder = Recorder::new(context, correlation, "/billing", &key);
                ask(
                    &mut recorder,
                    &row,
                    (begun, handle),
                    payer.payment_method.as_deref(),
                    attempt,
                )?;
                recorder.finish(tx)?;
                started += 1;
            }
            Ok(started)
        })
    }
}
