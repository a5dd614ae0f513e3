//! What an event says in the terms of processes: what it is about, and the facts that definitions
//! may keep or ask for.

use crate::fault::{AppFault, stored};
use crate::journey::document;
use crate::record::Context;
use billing::next_due;
use commerce::Contract;
use control::process::{Occurrence, effect_signal};
use events::{Envelope, Event};
use std::collections::{BTreeMap, HashSet};
use store::{Tx, contracts, journals, log};
use values::{Date, EntityId, Money};

/// An event in the terms of processes.
#[derive(Debug, Clone, Default)]
pub(super) struct Happening {
    pub(super) signal: String,
    pub(super) keys: Vec<(String, String)>,
    /// The same keys, to be found: an invoice may name tens of thousands of contracts.
    pub(super) known: HashSet<(String, String)>,
    pub(super) facts: BTreeMap<String, String>,
    pub(super) value: Option<Money>,
}

impl Happening {
    pub(super) fn occurrence<'a>(&'a self, envelope: &'a Envelope) -> Occurrence<'a> {
        Occurrence {
            signal: &self.signal,
            keys: &self.keys,
            facts: &self.facts,
            event: envelope.id.as_str(),
            actor: &envelope.actor,
            at: envelope.recorded,
        }
    }

    pub(super) fn key(&mut self, kind: &str, id: impl ToString) {
        let key = (kind.to_owned(), id.to_string());
        if self.known.insert(key.clone()) {
            self.keys.push(key);
        }
    }

    pub(super) fn fact(&mut self, name: &str, value: impl ToString) {
        self.facts.insert(name.to_owned(), value.to_string());
    }

    /// A key whose id is a fact as well.
    fn named(&mut self, kind: &str, id: impl ToString) {
        self.fact(kind, id.to_string());
        self.key(kind, id);
    }

    fn about(&mut self, subject: &str) {
        if let Some((kind, id)) = subject.split_once('/') {
            self.key(kind, id);
            if matches!(kind, "invoice" | "credit_note") {
                self.named("document", id);
            }
        }
    }
}

/// What names an event to the definitions.
pub(super) fn signal_of(event: &Event) -> String {
    match event {
        Event::EffectConfirmed(confirmed) => effect_signal(&confirmed.operation),
        other => other.type_name().to_owned(),
    }
}

/// The contract that the events of a transaction are about, read at most once a version.
pub(super) struct KnownContract(Option<Contract>);

impl KnownContract {
    /// Beginning with a contract as the transaction stored it.
    pub(super) fn of(stored: Option<Contract>) -> KnownContract {
        KnownContract(stored)
    }

    /// The contract as it stands now.
    fn get(&mut self, tx: &mut Tx<'_>, id: &str) -> Result<Option<&Contract>, AppFault> {
        let Some(version) = contracts::version(tx, id)? else {
            return Ok(None);
        };
        let is_it =
            |known: &Contract| known.id.as_str() == id && i64::from(known.version()) == version;
        if !self.0.as_ref().is_some_and(is_it) {
            let row = contracts::contract(tx, id)?;
            self.0 = row.map(|row| stored("contract", &row.body)).transpose()?;
        }
        Ok(self.0.as_ref())
    }
}

/// An event in the terms of processes.
pub(super) fn of(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    known: &mut KnownContract,
) -> Result<Happening, AppFault> {
    let mut it = Happening {
        signal: signal_of(&envelope.event),
        ..Happening::default()
    };
    it.about(&envelope.subject);
    if let Some(entity) = &envelope.entity {
        it.fact("entity", entity);
    }
    let delivers = context.books.routing.deliver_journals;
    it.fact("journals_delivered", if delivers { "yes" } else { "no" });
    match &envelope.event {
        Event::ContractActivated(activated) => {
            it.named("contract", &activated.contract);
            it.fact("customer", &activated.customer);
            it.fact("first_day", activated.term.from());
            it.value = Some(activated.value);
            let contract = known.get(tx, activated.contract.as_str())?;
            bills(tx, context, envelope, contract, &mut it)?;
        }
        Event::ContractAmended(amended) | Event::ContractCancelled(amended) => {
            it.named("contract", &amended.contract);
            it.key(
                "amendment",
                format!("{}/v{}", amended.contract, amended.version),
            );
            it.fact("customer", &amended.customer);
            it.fact("version", amended.version);
            it.fact("counts_from", amended.effective);
            let changes = !amended.value_change.is_zero();
            it.fact("changes_value", if changes { "yes" } else { "no" });
            it.value = Some(amended.value_change);
            let contract = known.get(tx, amended.contract.as_str())?;
            bills(tx, context, envelope, contract, &mut it)?;
        }
        Event::SubscriptionActivated(activated) => it.key("contract", &activated.contract),
        Event::ScheduleCreated(schedule) | Event::ScheduleRevised(schedule) => {
            it.key("contract", &schedule.contract);
            if let Some(version) = schedule.cause.strip_prefix("contract version ") {
                it.key("amendment", format!("{}/v{version}", schedule.contract));
            }
        }
        Event::InvoiceIssued(document)
        | Event::CreditNoteIssued(document)
        | Event::InvoiceVoided(document)
        | Event::CreditNoteVoided(document) => {
            it.key("contract", &document.contract);
            let of_lines = document.lines.iter();
            let mut contracts: Vec<_> =
                of_lines.filter_map(|line| line.contract.as_ref()).collect();
            // The lines of a contract follow each other.
            contracts.dedup();
            for contract in contracts {
                it.key("contract", contract);
            }
            it.named("invoice", &document.invoice);
            it.fact("customer", &document.customer);
            it.value = Some(document.total);
        }
        Event::PaymentInitiated(payment) => {
            it.named("payment", &payment.payment);
            it.fact("customer", &payment.customer);
            it.value = Some(payment.amount);
        }
        Event::PaymentFailed(failed) => {
            it.named("payment", &failed.payment);
            it.fact("customer", &failed.customer);
            it.value = Some(failed.amount);
            let next = match failed.next_attempt {
                Some(day) => begins(context, envelope.entity.as_ref(), day)?,
                // After the last attempt a person has it, by an exception of its own.
                None => envelope.time.plus_seconds(GIVEN_TO_A_PERSON_SECONDS),
            };
            it.fact("next_attempt", next);
        }
        Event::PaymentSettled(payment) => it.named("payment", &payment.payment),
        Event::CashApplied(cash) => it.named("payment", &cash.payment),
        Event::InvoiceWrittenOff(written) | Event::InvoiceRecovered(written) => {
            it.key("contract", &written.contract);
            it.named("invoice", &written.invoice);
            it.fact("customer", &written.customer);
            it.value = Some(written.amount);
        }
        Event::PaymentRefunded(refund) => {
            it.named("refund", &refund.refund);
            it.named("payment", &refund.payment);
            it.fact("customer", &refund.customer);
            it.fact("refunded", refund.amount.decimal());
            it.fact("currency", refund.amount.currency.code());
            it.fact("method", &refund.method);
            it.value = Some(refund.amount);
        }
        Event::PeriodClosed(period) | Event::PeriodReopened(period) => {
            it.key("period", format!("{}/{}", period.entity, period.month));
        }
        Event::EffectConfirmed(_) => confirmed(tx, envelope, &mut it)?,
        _ => {}
    }
    Ok(it)
}

/// How long a payment that was given up may stay with the person who has it before its process says
/// that it is late.
const GIVEN_TO_A_PERSON_SECONDS: i64 = 90 * 86_400;

/// Days on which something comes due that are looked at for one that bills: a trial of five years.
const DUE_DAYS_LOOKED_AT: usize = 60;

/// Whether and when a contract is to be billed the next time, as it stands now: by what is owed and not
/// billed. A day on which nothing is left to bill, because an amendment was taken back before it was
/// billed or because the period is free, is nothing to wait for.
fn bills(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    contract: Option<&Contract>,
    it: &mut Happening,
) -> Result<(), AppFault> {
    let Some(timeline) = contract else {
        return Ok(());
    };
    // What a change in the past asks for is billed with what comes due next or at once.
    let from = match &envelope.event {
        Event::ContractActivated(activated) => activated.term.from(),
        _ => envelope.effective,
    };
    let before = from.yesterday().unwrap_or(from);
    let today = context.today(&timeline.entity)?;
    let due = to_bill(tx, timeline, before, today)?;
    it.fact("bills", if due.is_some() { "yes" } else { "no" });
    if let Some(day) = due {
        let instant = begins(context, envelope.entity.as_ref(), day)?;
        it.fact("to_bill_on", instant);
    }
    Ok(())
}

/// The first day after `before` on which a document of the contract is due. What is owed by today is due
/// on the first day that asked for it.
fn to_bill(
    tx: &mut Tx<'_>,
    contract: &Contract,
    before: Date,
    today: Date,
) -> Result<Option<Date>, AppFault> {
    let first = next_due(contract, before);
    if contract.components.iter().any(|it| it.measure.is_some()) {
        // What was measured is known only when it is billed.
        return Ok(first);
    }
    let billed = document::billed_lines(tx, contract.id.as_str())?;
    let owes = |through: Date| match billing::owed(contract, &billed, through) {
        Ok(lines) => !lines.is_empty(),
        // What cannot be billed is expected all the same: somebody has to mend it.
        Err(_) => true,
    };
    if before < today && owes(today) {
        return Ok(Some(first.filter(|day| *day <= today).unwrap_or(today)));
    }
    let mut next = match first {
        Some(day) if day <= today => next_due(contract, today),
        later => later,
    };
    for _ in 0..DUE_DAYS_LOOKED_AT {
        match next {
            Some(day) if !owes(day) => next = next_due(contract, day),
            found => return Ok(found),
        }
    }
    Ok(None)
}

/// The first instant of a day in the zone of an entity.
fn begins(
    context: &Context,
    entity: Option<&EntityId>,
    day: Date,
) -> Result<values::Instant, AppFault> {
    let zone = match entity {
        Some(entity) => context.books.entity(entity)?.zone.clone(),
        None => values::Zone::utc(),
    };
    Ok(zone.start_of(day))
}

/// What the journal behind a confirmed delivery is about.
fn confirmed(tx: &mut Tx<'_>, envelope: &Envelope, it: &mut Happening) -> Result<(), AppFault> {
    let Some(id) = envelope.subject.strip_prefix("journal/") else {
        return Ok(());
    };
    let Some(journal) = journals::journal(tx, id)? else {
        return Ok(());
    };
    if !journal.contract.is_empty() {
        it.key("contract", &journal.contract);
    }
    if let Some(event) = log::by_id(tx, &journal.event)? {
        it.about(&event.subject);
    }
    Ok(())
}
