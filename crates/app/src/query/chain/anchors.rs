//! What a chain is about: its customers, contracts, and what other systems call them.

use super::Gathered;
use crate::fault::{AppFault, stored};
use crate::query::contracts::summary;
use crate::query::customer_name;
use crate::query::words::{href, system};
use crate::view::Anchor;
use commerce::Contract;
use events::Event;
use store::{Tx, catalogue, contracts};

/// The title of a chain and its anchors.
pub(super) fn of(tx: &mut Tx<'_>, chain: &Gathered) -> Result<(String, Vec<Anchor>), AppFault> {
    let (customers, deals) = parties(chain);
    let (mut anchors, mut outside, mut title) = (Vec::new(), Vec::new(), Vec::new());
    for id in &customers {
        let name = customer_name(tx, id)?;
        title.push(name.clone());
        anchors.push(anchor("Customer", name, Some(href("customer", id))));
        outside.extend(catalogue::references_of(tx, &format!("customer/{id}"))?);
    }
    for id in &deals {
        if let Some(row) = contracts::contract(tx, id)? {
            let contract: Contract = stored("contract", &row.body)?;
            title.push(summary(&contract));
        }
        anchors.push(anchor("Contract", id.clone(), Some(href("contract", id))));
        outside.extend(catalogue::references_of(tx, &format!("contract/{id}"))?);
    }
    for known in outside {
        let label = match known.kind.as_str() {
            "Opportunity" => known.kind.clone(),
            kind => format!("{} {}", system(&known.system), kind.to_lowercase()),
        };
        let path = href("reference", &known.id);
        anchors.push(anchor(&label, known.id, Some(path)));
    }
    if anchors.is_empty() {
        // Nothing became of it yet: what arrived or what is wrong says what it is about.
        for row in &chain.inbox {
            let id = row.source_id.split('@').next().unwrap_or(&row.source_id);
            anchors.push(anchor(&row.kind, id.to_owned(), None));
        }
    }
    if title.is_empty() {
        let what = chain.exceptions.first().map(|row| row.summary.clone());
        let event = chain
            .events
            .first()
            .map(|first| super::sentence::of(&first.event).title);
        title.extend(what.or(event));
    }
    Ok((title.join(", "), anchors))
}

fn anchor(label: &str, text: String, href: Option<String>) -> Anchor {
    Anchor {
        label: label.to_owned(),
        text,
        href,
    }
}

/// Ids of the customers and contracts of a chain, in the order in which they come up.
fn parties(chain: &Gathered) -> (Vec<String>, Vec<String>) {
    let (mut customers, mut deals): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let note = |list: &mut Vec<String>, id: Option<&str>| {
        if let Some(id) = id
            && !list.iter().any(|known| known == id)
        {
            list.push(id.to_owned());
        }
    };
    for envelope in &chain.events {
        let (customer, contract) = party(&envelope.event);
        note(&mut customers, customer);
        note(&mut deals, contract);
    }
    (customers, deals)
}

/// The customer and the contract that an event names.
fn party(event: &Event) -> (Option<&str>, Option<&str>) {
    match event {
        Event::CustomerCreated(it) => (Some(it.customer.as_str()), None),
        Event::StandingChanged(it) => (Some(it.customer.as_str()), None),
        Event::CustomerUpdated(it) => (Some(it.customer.as_str()), None),
        Event::DisputeOpened(it) => (Some(it.customer.as_str()), None),
        Event::DisputeResolved(it) => (Some(it.customer.as_str()), None),
        Event::OrderAccepted(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::ContractActivated(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::ContractAmended(it) | Event::ContractCancelled(it) => {
            (Some(it.customer.as_str()), Some(it.contract.as_str()))
        }
        Event::SubscriptionActivated(it) => {
            (Some(it.customer.as_str()), Some(it.contract.as_str()))
        }
        Event::SubscriptionProvisioned(it) => {
            (Some(it.customer.as_str()), Some(it.contract.as_str()))
        }
        Event::InvoiceIssued(it)
        | Event::CreditNoteIssued(it)
        | Event::InvoiceVoided(it)
        | Event::CreditNoteVoided(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::PaymentInitiated(it) => (Some(it.customer.as_str()), None),
        Event::PaymentFailed(it) => (Some(it.customer.as_str()), None),
        Event::PaymentSettled(it) => (it.customer.as_ref().map(|id| id.as_str()), None),
        Event::PaymentRefunded(it) => (Some(it.customer.as_str()), None),
        Event::CashApplied(it) => (Some(it.customer.as_str()), None),
        Event::PrepaidMoved(it) => (Some(it.customer.as_str()), None),
        Event::InvoiceWrittenOff(it) | Event::InvoiceRecovered(it) => {
            (Some(it.customer.as_str()), Some(it.contract.as_str()))
        }
        Event::DunningStepped(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::InvoiceDraftOpened(it)
        | Event::InvoiceDraftRefreshed(it)
        | Event::InvoiceDraftEnded(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::RevenueRecognised(it) => (Some(it.customer.as_str()), Some(it.contract.as_str())),
        Event::ScheduleCreated(it) | Event::ScheduleRevised(it) => {
            (None, Some(it.contract.as_str()))
        }
        Event::QuoteRevised(it)
        | Event::QuoteApproved(it)
        | Event::QuoteAccepted(it)
        | Event::QuoteConverted(it)
        | Event::QuoteClosed(it) => (Some(it.customer.as_str()), None),
        Event::ProductPublished(_)
        | Event::OfferPublished(_)
        | Event::PriceChangeApproved(_)
        | Event::PriceChangeEnded(_)
        | Event::BillRunStarted(_)
        | Event::BillRunEnded(_)
        | Event::IntercompanyBilled(_)
        | Event::JournalEntered(_)
        | Event::JournalReversed(_)
        | Event::PeriodClosed(_)
        | Event::PeriodReopened(_)
        | Event::EffectConfirmed(_)
        | Event::ExceptionOpened(_)
        | Event::ExceptionResolved(_)
        | Event::ReconciliationCompleted(_)
        | Event::BreakOpened(_)
        | Event::BreakCleared(_)
        | Event::ExceptionAssigned(_)
        | Event::ExceptionEscalated(_)
        | Event::ApprovalRequested(_)
        | Event::ApprovalGranted(_)
        | Event::ApprovalDenied(_)
        | Event::ApprovalExpired(_)
        | Event::ReplayRequested(_)
        | Event::ReplayCompleted(_)
        | Event::ProcessStarted(_)
        | Event::ProcessCompleted(_)
        | Event::ProcessCancelled(_)
        | Event::ProcessOverdue(_)
        | Event::FileReceived(_)
        | Event::ConnectionDegraded(_)
        | Event::ConnectionPaused(_)
        | Event::ConnectionRecovered(_)
        | Event::CredentialExpiring(_)
        | Event::RuleChanged(_)
        | Event::MappingChanged(_)
        | Event::TopologyChanged(_)
        | Event::SchemaPublished(_)
        | Event::DeviationRecorded(_) => (None, None),
    }
}
