//! One sentence for each kind of event, with the arithmetic or cause in a second one.

mod control;

use crate::query::words::{amounts, count, plain, system};
use crate::view::HopKind;
use events::{
    BillingDocument, CashApplied, ContractAmended, Event, PaymentFailed, Reference, ScheduleRevised,
};
use values::Money;

/// An event in words.
pub(super) struct Told {
    pub(super) kind: HopKind,
    pub(super) title: String,
    pub(super) object: Option<String>,
    pub(super) why: String,
    pub(super) amount: Option<Money>,
}

impl Told {
    fn fact(title: String, object: &impl ToString, why: String) -> Self {
        Self {
            kind: HopKind::Fact,
            title,
            object: Some(object.to_string()),
            why,
            amount: None,
        }
    }

    fn worth(self, amount: Money) -> Self {
        Self {
            amount: Some(amount),
            ..self
        }
    }

    fn money(self, amount: Money) -> Self {
        Self {
            kind: HopKind::Money,
            ..self.worth(amount)
        }
    }

    fn stop(self) -> Self {
        Self {
            kind: HopKind::Stop,
            ..self
        }
    }
}

/// What an event says.
pub(super) fn of(event: &Event) -> Told {
    match event {
        Event::CustomerCreated(created) => Told::fact(
            format!("Customer {} created", created.legal_name),
            &created.customer,
            known_as(&created.references),
        ),
        Event::StandingChanged(changed) => {
            let why = if changed.open.is_empty() {
                "nothing is open on its invoices".to_owned()
            } else {
                format!("{} open on its invoices", amounts(&changed.open))
            };
            let title = format!("Customer's standing is now {}", plain(&changed.standing));
            Told::fact(title, &changed.customer, why)
        }
        Event::ProductPublished(product) => Told::fact(
            format!("Product {} published", product.name),
            &product.product,
            String::new(),
        ),
        Event::OfferPublished(offer) => Told::fact(
            match offer.kind.as_str() {
                "standalone" => format!("Standalone selling price of {} published", offer.code),
                kind => format!("{} {} published", plain(kind), offer.name),
            },
            &offer.code,
            format!("version {}", offer.version),
        ),
        Event::OrderAccepted(order) => Told::fact(
            format!(
                "{} {} taken over from {}",
                order.reference.kind,
                order.reference.id,
                system(&order.reference.system)
            ),
            &order.reference.id,
            format!("booked by the seller at {}", order.booked),
        )
        .worth(order.booked),
        Event::ContractActivated(contract) => {
            let things = i64::try_from(contract.components.len()).unwrap_or(i64::MAX);
            Told::fact(
                format!("Contract activated, version {}", contract.version),
                &contract.contract,
                format!(
                    "{} over {}; value rated from the timeline",
                    count(things, "component", "components"),
                    contract.term
                ),
            )
            .worth(contract.value)
        }
        Event::ContractAmended(change) => amended("amended", change),
        Event::ContractCancelled(change) => amended("cancelled", change),
        Event::SubscriptionActivated(started) => Told::fact(
            format!(
                "Subscription of {} {} runs",
                started.subscription.quantity, started.subscription.product
            ),
            &started.subscription.component,
            format!("in force {}", started.subscription.period),
        ),
        Event::SubscriptionProvisioned(it) => Told::fact(
            format!("{} provisioned", it.product),
            &it.component,
            if it.in_time {
                it.reference.clone()
            } else {
                format!("late; {}", it.reference)
            },
        ),
        Event::InvoiceIssued(document) => issued(document),
        Event::CreditNoteIssued(document) => credited(document),
        Event::InvoiceVoided(document) => Told::fact(
            format!("Invoice {} voided", document.number),
            &document.invoice,
            document.reason.clone().unwrap_or_default(),
        )
        .money(document.total),
        Event::CreditNoteVoided(document) => Told::fact(
            format!("Credit note {} voided", document.number),
            &document.credit_note.as_ref().map_or("", |id| id.as_str()),
            document.reason.clone().unwrap_or_default(),
        )
        .money(document.total),
        Event::QuoteRevised(quote)
        | Event::QuoteApproved(quote)
        | Event::QuoteAccepted(quote)
        | Event::QuoteConverted(quote)
        | Event::QuoteClosed(quote) => Told::fact(
            format!("Quote {} version {}", quote.status, quote.version),
            &quote.quote,
            quote.reason.clone(),
        )
        .worth(quote.value),
        Event::PriceChangeApproved(it) => Told::fact(
            format!("New price of {} from {} approved", it.product, it.effective),
            &it.price_change,
            format!(
                "{}: {} contracts change, {} keep their price; planned by {}, approved by {}",
                it.price, it.expected, it.excluded, it.planned_by, it.approved_by
            ),
        ),
        Event::PriceChangeEnded(it) => Told::fact(
            format!(
                "New price of {} from {}: {}",
                it.product, it.effective, it.status
            ),
            &it.price_change,
            format!(
                "{}: {} contracts changed, {} held",
                it.price, it.repriced, it.held
            ),
        ),
        Event::BillRunStarted(run) => Told::fact(
            format!("Bill run through {} began", run.through),
            &run.run,
            format!("planned by {}", run.planned_by),
        ),
        Event::BillRunEnded(run) => Told::fact(
            format!("Bill run through {} ended: {}", run.through, run.status),
            &run.run,
            format!("{} documents, {} contracts held", run.documents, run.held),
        ),
        Event::InvoiceDraftOpened(it)
        | Event::InvoiceDraftRefreshed(it)
        | Event::InvoiceDraftEnded(it) => Told::fact(
            format!("Draft of {} {}", it.kind.replace('_', " "), it.status),
            &it.draft,
            it.reason
                .clone()
                .or_else(|| it.needs.clone())
                .unwrap_or_else(|| format!("through {}", it.through)),
        )
        .worth(it.total),
        Event::PaymentInitiated(payment) => Told::fact(
            format!("Collection through {} began", system(&payment.processor)),
            &payment.payment,
            format!("of invoice {}", payment.invoice),
        )
        .worth(payment.amount),
        Event::PaymentFailed(failed) => attempt(failed),
        Event::PaymentSettled(payment) => Told::fact(
            format!("Payment by {} settled", payment.method),
            &payment.payment,
            format!(
                "{} less fee {} is {}",
                payment.gross, payment.fee, payment.net
            ),
        )
        .money(payment.gross),
        Event::PaymentRefunded(refund) => Told::fact(
            "Refund settled".to_owned(),
            &refund.refund,
            format!("of payment {}: {}", refund.payment, refund.reason),
        )
        .money(refund.amount),
        Event::CashApplied(cash) => applied(cash),
        Event::InvoiceWrittenOff(it) => Told::fact(
            format!("{} of an invoice written off", it.amount),
            &it.invoice,
            it.reason.clone(),
        )
        .money(it.amount),
        Event::InvoiceRecovered(it) => Told::fact(
            format!("{} that was written off is owed again", it.amount),
            &it.invoice,
            it.reason.clone(),
        )
        .money(it.amount),
        Event::IntercompanyBilled(it) => Told::fact(
            format!("{} bills {}", it.seller, it.buyer),
            &it.number,
            format!(
                "in the books of the {}: {}",
                it.side.as_str(),
                it.description
            ),
        )
        .money(it.amount),
        Event::PrepaidMoved(it) => Told::fact(
            format!("Prepaid credit {}", it.movement.as_str()),
            &it.grant,
            format!("{}; {} is left", it.amount, it.left),
        )
        .money(it.amount),
        Event::DunningStepped(it) => Told::fact(
            format!(
                "Collection of the invoice: {}",
                it.act.as_str().replace('_', " ")
            ),
            &it.invoice,
            it.text.clone(),
        ),
        Event::ScheduleCreated(schedule) => scheduled("created", schedule),
        Event::ScheduleRevised(schedule) => scheduled("revised", schedule),
        Event::RevenueRecognised(revenue) => Told::fact(
            format!(
                "Revenue of {} recognised through {}",
                revenue.product, revenue.through
            ),
            &revenue.obligation,
            revenue.arithmetic.clone(),
        )
        .money(revenue.amount),
        Event::JournalEntered(entered) => Told::fact(
            "Journal entered by hand".to_owned(),
            &entered.journal,
            entered.reason.clone(),
        ),
        Event::JournalReversed(reversed) => Told::fact(
            format!("Journal {} reversed", reversed.reverses),
            &reversed.journal,
            reversed.reason.clone(),
        ),
        Event::PeriodClosed(period) => Told::fact(
            format!("{} of {} closed", period.month, period.entity),
            &format!("{}/{}", period.entity, period.month),
            String::new(),
        ),
        Event::PeriodReopened(period) => Told::fact(
            format!("{} of {} reopened", period.month, period.entity),
            &format!("{}/{}", period.entity, period.month),
            period.reason.clone().unwrap_or_default(),
        ),
        Event::EffectConfirmed(effect) => Told::fact(
            format!(
                "{} confirmed: {} as {} {}",
                system(&effect.reference.system),
                operation(&effect.operation),
                plain(&effect.reference.kind),
                effect.reference.id
            ),
            &effect.reference.id,
            if effect.read_back {
                "the outcome was ambiguous and was read back".to_owned()
            } else {
                String::new()
            },
        ),
        Event::ExceptionOpened(exception) => Told {
            amount: exception.value,
            ..Told::fact(
                exception.summary.clone(),
                &exception.exception,
                format!("{}, for {}", plain(&exception.class), exception.owner),
            )
            .stop()
        },
        Event::ExceptionResolved(exception) => Told::fact(
            format!("Exception resolved: {}", plain(&exception.outcome)),
            &exception.exception,
            exception.reason.clone(),
        ),
        Event::CustomerUpdated(it) => control::customer_updated(it),
        Event::DisputeOpened(it) => control::dispute_opened(it),
        Event::DisputeResolved(it) => control::dispute_resolved(it),
        Event::ReconciliationCompleted(it) => control::reconciled(it),
        Event::BreakOpened(it) => control::break_opened(it),
        Event::BreakCleared(it) => control::break_cleared(it),
        Event::ExceptionAssigned(it) => control::assigned(it),
        Event::ExceptionEscalated(it) => control::escalated(it),
        Event::ApprovalRequested(it) => control::approval_requested(it),
        Event::ApprovalGranted(it) => control::approval_decided("granted", it),
        Event::ApprovalDenied(it) => control::approval_decided("denied", it),
        Event::ApprovalExpired(it) => control::approval_expired(it),
        Event::ReplayRequested(it) => control::replay_requested(it),
        Event::ReplayCompleted(it) => control::replay_completed(it),
        Event::ProcessStarted(it) => control::process_started(it),
        Event::ProcessCompleted(it) => control::process_completed(it),
        Event::ProcessCancelled(it) => control::process_cancelled(it),
        Event::ProcessOverdue(it) => control::process_overdue(it),
        Event::FileReceived(it) => control::file_received(it),
        Event::ConnectionDegraded(it) => control::held("does not answer as it should", it),
        Event::ConnectionPaused(it) => control::held("paused by an operator", it),
        Event::ConnectionRecovered(it) => control::recovered(it),
        Event::CredentialExpiring(it) => control::credential(it),
        Event::RuleChanged(it) => control::configured("Rules", it),
        Event::MappingChanged(it) => control::configured("Mapping", it),
        Event::TopologyChanged(it) => control::configured("Topology", it),
        Event::SchemaPublished(it) => control::schema(it),
        Event::DeviationRecorded(it) => control::deviation(it),
    }
}

/// The operation of an effect in words: `netsuite.journal_entry` is `journal entry`.
pub(super) fn operation(word: &str) -> String {
    plain(
        word.split_once('.')
            .map_or(word, |(_, operation)| operation),
    )
}

fn known_as(references: &[Reference]) -> String {
    let texts: Vec<String> = references
        .iter()
        .map(|known| format!("{} {} in {}", known.kind, known.id, system(&known.system)))
        .collect();
    texts.join(", ")
}

fn amended(word: &str, change: &ContractAmended) -> Told {
    let title = format!(
        "Contract {word} from {}, version {}: {}",
        change.effective, change.version, change.description
    );
    let why = format!(
        "{}; value changes by {}",
        plain(&change.kind),
        change.value_change
    );
    Told::fact(title, &change.contract, why).worth(change.value_change)
}

fn issued(document: &BillingDocument) -> Told {
    Told::fact(
        format!("Invoice {} issued", document.number),
        &document.invoice,
        arithmetic(document),
    )
    .money(document.total)
}

fn credited(document: &BillingDocument) -> Told {
    let id = document
        .credit_note
        .as_ref()
        .map_or_else(|| document.invoice.to_string(), ToString::to_string);
    let reason = document.reason.clone().unwrap_or_default();
    Told::fact(
        format!("Credit note {} issued", document.number),
        &id,
        format!("{reason}; {}", arithmetic(document)),
    )
    .money(document.total)
}

/// The arithmetic of the lines, and the tax on them.
fn arithmetic(document: &BillingDocument) -> String {
    let mut parts: Vec<String> = document
        .lines
        .iter()
        .map(|line| format!("{}: {} = {}", line.product, line.arithmetic, line.net))
        .collect();
    let rounding = match &document.rounding {
        Some(line) if !line.amount.is_zero() => format!(" {} ({})", line.amount, line.words()),
        _ => String::new(),
    };
    parts.push(match rounding.is_empty() {
        true => format!(
            "net {} and tax {} are {}",
            document.net, document.tax, document.total
        ),
        false => format!(
            "net {}, tax {} and rounding{rounding} are {}",
            document.net, document.tax, document.total
        ),
    });
    parts.join("; ")
}

fn attempt(failed: &PaymentFailed) -> Told {
    let next = match failed.next_attempt {
        Some(date) => format!("tried again on {date}"),
        None => "this was the last attempt".to_owned(),
    };
    Told::fact(
        format!("Attempt {} to collect failed", failed.attempt),
        &failed.payment,
        format!(
            "{}; invoice {} stays open; {next}",
            failed.reason, failed.invoice
        ),
    )
    .worth(failed.amount)
    .stop()
}

fn applied(cash: &CashApplied) -> Told {
    let parts: Vec<String> = cash
        .applications
        .iter()
        .map(|application| format!("{} to invoice {}", application.amount, application.invoice))
        .collect();
    let back = cash.applications.iter().all(|one| one.amount.minor < 0);
    let title = if back {
        "Payment released from its invoices"
    } else {
        "Payment set against its invoices"
    };
    let why = format!("{}; {} is left unapplied", parts.join(", "), cash.unapplied);
    let told = Told::fact(title.to_owned(), &cash.payment, why);
    let mut applied = Money::zero(cash.unapplied.currency);
    for application in &cash.applications {
        applied.minor = applied.minor.saturating_add(application.amount.minor);
    }
    told.money(applied)
}

fn scheduled(word: &str, schedule: &ScheduleRevised) -> Told {
    Told::fact(
        format!("Revenue schedule of {} {word}", schedule.product),
        &schedule.obligation,
        format!(
            "{} changes by {} to {} over {}",
            schedule.cause, schedule.change, schedule.allocated, schedule.period
        ),
    )
    .worth(schedule.allocated)
}
