//! What became of an invoice or credit note, step by step: stood as a draft, approved, issued, told to
//! other systems, paid, credited, given up, voided. Each step with its moment, who did it, and what is
//! behind it; all of it read from the log and never kept twice.

use super::money;
use crate::fault::AppFault;
use crate::journey::invoice_draft::{self, DraftStep};
use crate::record::read_envelope;
use crate::view::TrailStep;
use events::{Envelope, Event};
use std::collections::BTreeSet;
use store::documents::DocumentRow;
use store::{Tx, effects, invoice_drafts, journals, log, payments};
use values::{Instant, Money};

/// The steps of a document, oldest first.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub(super) fn trail(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Vec<TrailStep>, AppFault> {
    let mut steps = Vec::new();
    if let Some(draft) = invoice_drafts::of_document(tx, &row.id)? {
        let stood = invoice_draft::steps(tx, &draft)?;
        steps.extend(stood.into_iter().map(|step| as_draft(step, &draft.id)));
    }
    let mut chains: BTreeSet<String> = BTreeSet::from([row.correlation.clone()]);
    for applied in payments::applications_to(tx, &row.id)? {
        let payment = payments::payment(tx, &applied.payment)?;
        chains.extend(payment.map(|payment| payment.correlation));
    }
    let mut events = Vec::new();
    for chain in chains {
        for stored in log::of_chain(tx, &chain)? {
            events.push(read_envelope(stored)?);
        }
    }
    events.sort_by(|one, other| (one.recorded, &one.id).cmp(&(other.recorded, &other.id)));
    let mut open = money(row.total, &row.currency)?;
    for event in &events {
        steps.extend(step_of(event, row, &mut open)?);
    }
    steps.extend(told(tx, row)?);
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

fn as_draft(step: DraftStep, draft: &str) -> TrailStep {
    TrailStep {
        at: step.at,
        // A request that was granted is what the trail is read for.
        step: match step.step.as_str() {
            "opened" => "draft".to_owned(),
            "granted" => "approved".to_owned(),
            other => other.to_owned(),
        },
        words: step.words,
        actor: step.actor,
        object: match step.object.as_str() {
            "" => draft.to_owned(),
            object => object.to_owned(),
        },
        amount: step.total,
    }
}

/// What an event did to the document; nothing when it is about something else. `open` is what is
/// left of it.
fn step_of(
    envelope: &Envelope,
    row: &DocumentRow,
    open: &mut Money,
) -> Result<Option<TrailStep>, AppFault> {
    let own = |id: &str| id == row.id;
    let told = |step: &str, words: String, object: &str, amount: Option<Money>| {
        Some(TrailStep {
            at: envelope.recorded,
            step: step.to_owned(),
            words,
            actor: envelope.actor.clone(),
            object: object.to_owned(),
            amount,
        })
    };
    Ok(match &envelope.event {
        Event::InvoiceIssued(it) if own(it.invoice.as_str()) => {
            let words = format!("as {}, due {}", it.number, it.due);
            told("issued", words, it.invoice.as_str(), Some(it.total))
        }
        Event::CreditNoteIssued(it) => {
            let Some(note) = &it.credit_note else {
                return Ok(None);
            };
            let reason = it.reason.clone().unwrap_or_default();
            if own(note.as_str()) {
                let words = format!("as {}: {reason}", it.number);
                told("issued", words, note.as_str(), Some(it.total))
            } else if own(it.invoice.as_str()) {
                let words = format!("credit note {}: {reason}", it.number);
                *open = open.minus(it.total)?;
                told("credited", words, note.as_str(), Some(it.total))
            } else {
                None
            }
        }
        Event::CreditNoteVoided(it) => {
            let Some(note) = &it.credit_note else {
                return Ok(None);
            };
            let reason = it.reason.clone().unwrap_or_default();
            if own(note.as_str()) {
                told("void", reason, note.as_str(), Some(it.total))
            } else if own(it.invoice.as_str()) {
                *open = open.plus(it.total)?;
                let words = format!("credit note {} is void: {reason}", it.number);
                told("credit_voided", words, note.as_str(), Some(it.total))
            } else {
                None
            }
        }
        Event::InvoiceVoided(it) if own(it.invoice.as_str()) => {
            let words = it.reason.clone().unwrap_or_default();
            told("void", words, it.invoice.as_str(), Some(it.total))
        }
        Event::CashApplied(it) => {
            let mut amount = Money::zero(open.currency);
            for one in it
                .applications
                .iter()
                .filter(|one| own(one.invoice.as_str()))
            {
                amount = amount.plus(one.amount)?;
            }
            if amount.is_zero() {
                return Ok(None);
            }
            *open = open.minus(amount)?;
            let step = match (amount.minor > 0, open.minor > 0) {
                (false, _) => "released",
                (true, true) => "partly_paid",
                (true, false) => "paid",
            };
            told(
                step,
                format!("{open} is open"),
                it.payment.as_str(),
                Some(amount),
            )
        }
        Event::PrepaidMoved(it) if it.invoice.as_ref().is_some_and(|id| own(id.as_str())) => {
            let words = format!("prepaid credit {}", it.movement.as_str());
            let step = match it.movement {
                events::PrepaidMovement::Returned => "released",
                _ => "partly_paid",
            };
            told(step, words, &it.grant, Some(it.amount))
        }
        Event::PaymentInitiated(it) if own(it.invoice.as_str()) => {
            let words = format!("through {}", it.processor);
            told("collecting", words, it.payment.as_str(), Some(it.amount))
        }
        Event::PaymentFailed(it) if own(it.invoice.as_str()) => {
            let words = format!("attempt {}: {}", it.attempt, it.reason);
            told("failed", words, it.payment.as_str(), Some(it.amount))
        }
        Event::InvoiceWrittenOff(it) if own(it.invoice.as_str()) => {
            let words = it.reason.clone();
            told("written_off", words, it.invoice.as_str(), Some(it.amount))
        }
        Event::InvoiceRecovered(it) if own(it.invoice.as_str()) => {
            let words = it.reason.clone();
            told("recovered", words, it.invoice.as_str(), Some(it.amount))
        }
        Event::DisputeOpened(it) if own(it.invoice.as_str()) => {
            let words = it.reason_code.replace('_', " ");
            told("disputed", words, it.dispute.as_str(), Some(it.amount))
        }
        Event::DisputeResolved(it) if own(it.invoice.as_str()) => {
            let words = it.outcome.replace('_', " ");
            told(
                "dispute_resolved",
                words,
                it.dispute.as_str(),
                Some(it.amount),
            )
        }
        _ => None,
    })
}

/// Which other systems were told of the document, and whether they confirmed it.
fn told(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Vec<TrailStep>, AppFault> {
    let mut subjects = vec![format!("{}/{}", row.kind, row.id)];
    for journal in journals::of_document(tx, &row.id)? {
        subjects.push(format!("journal/{}", journal.id));
    }
    let mut steps = Vec::new();
    for subject in subjects {
        for effect in effects::of_subject(tx, &subject)? {
            let delivered = effect.status == "confirmed";
            let words = match effect.status.as_str() {
                "confirmed" if !effect.external_id.is_empty() => {
                    format!("{} has it as {}", effect.connection, effect.external_id)
                }
                status => format!("{} to {}: {status}", effect.operation, effect.connection),
            };
            steps.push(TrailStep {
                at: Instant::from_microseconds(effect.changed),
                step: if delivered { "delivered" } else { "sent" }.to_owned(),
                words,
                actor: effect.connection.clone(),
                object: effect.id,
                amount: None,
            });
        }
    }
    Ok(steps)
}
