//! Recording: events, the journals that the posting rules make of them and the effects that follow,
//! all in the transaction of the journey. A fact that cannot be posted stays recorded; its posting
//! is parked as an exception that names what is missing, and is redone when that is mended.

mod behind;
mod journal_rows;
pub(crate) mod sealed;

use crate::books::Books;
use crate::fault::{AppFault, to_store};
use crate::journey::exception::{self, NewException};
use crate::parallel;
use behind::{Behind, narrate};
use commerce::Contract;
use events::{Envelope, Event, Origin};
use journal_rows::Rows;
use ledger::{JournalDraft, PostingRefusal};
use std::sync::Arc;
use store::Tx;
use store::effects::{self, EffectRow};
use store::journals;
use values::{
    CorrelationId, Date, EffectId, EntityId, EventId, IdSource, Instant, JournalId, Money, Month,
};

/// What a journey needs besides the transaction: the present, new ids, who acts, the configuration.
#[derive(Clone)]
pub struct Context {
    /// Now.
    pub now: Instant,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// How events come to be recorded here.
    pub origin: Origin,
    /// Who acts.
    pub actor: String,
    /// The configuration.
    pub books: Arc<Books>,
    /// What seals and opens secrets, when the program has a key.
    pub sealer: Option<Arc<crate::seal::Sealer>>,
}

impl Context {
    /// What seals and opens secrets.
    ///
    /// # Errors
    /// When the program was opened without a key.
    pub fn sealer(&self) -> Result<&crate::seal::Sealer, crate::seal::SealFault> {
        self.sealer.as_deref().ok_or(crate::seal::SealFault::NoKey)
    }

    /// The civil date of now in the zone of an entity.
    ///
    /// # Errors
    /// When the entity is unknown.
    pub fn today(&self, entity: &EntityId) -> Result<Date, AppFault> {
        Ok(self.books.entity(entity)?.zone.date_at(self.now))
    }

    /// A new chain of evidence.
    #[must_use]
    pub fn new_chain(&self) -> CorrelationId {
        CorrelationId::mint(&*self.ids, self.now)
    }
}

/// What an event is about and how it counts.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The canonical object, such as `invoice/inv_01J…`.
    pub subject: String,
    /// Ordering key.
    pub partition: String,
    /// Whose books it concerns.
    pub entity: Option<EntityId>,
    /// The day on which it counts.
    pub effective: Date,
    /// When it happened.
    pub happened: Instant,
}

/// What another system is to be told.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Ordering key: one lane is delivered in order.
    pub lane: String,
    /// The system.
    pub connection: &'static str,
    /// What is to be done there.
    pub operation: &'static str,
    /// Our object.
    pub subject: String,
    /// Made from what it is about, never from the attempt.
    pub key: String,
    /// What the connector needs.
    pub request: serde_json::Value,
    /// Whose.
    pub entity: Option<EntityId>,
    /// Worth.
    pub value: Option<Money>,
}

/// Collects what one journey records and writes it at the end, in one order.
pub struct Recorder<'c> {
    context: &'c Context,
    correlation: CorrelationId,
    source: String,
    key: String,
    cause: Option<EventId>,
    events: Vec<Envelope>,
    journals: Vec<(usize, JournalDraft)>,
    intents: Vec<Intent>,
    /// What will be written of each event, where that is worked out already.
    worked_out: Vec<Option<WorkedOut>>,
    /// The contract that was last stored.
    stored: Option<Contract>,
}

/// What is written of an event.
struct WorkedOut {
    /// The payload as JSON text.
    payload: String,
    /// What the rules make of it, or why they refuse it.
    draft: Result<Option<JournalDraft>, AppFault>,
}

impl WorkedOut {
    fn of(context: &Context, envelope: &Envelope) -> Result<WorkedOut, AppFault> {
        // One after the other: of a long document each takes tens of megabytes for a moment.
        let draft = draft(context, envelope);
        let payload = store::log::payload(envelope)?;
        Ok(WorkedOut { payload, draft })
    }
}

impl<'c> Recorder<'c> {
    /// Records for one chain. `key` makes recording the same thing twice visible.
    #[must_use]
    pub fn new(context: &'c Context, correlation: CorrelationId, source: &str, key: &str) -> Self {
        Self {
            context,
            correlation,
            source: source.to_owned(),
            key: key.to_owned(),
            cause: None,
            events: Vec::new(),
            journals: Vec::new(),
            intents: Vec::new(),
            worked_out: Vec::new(),
            stored: None,
        }
    }

    /// The chain that is recorded for.
    #[must_use]
    pub fn correlation(&self) -> &CorrelationId {
        &self.correlation
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.context.now
    }

    /// Adds an event. The first one of a journey causes the ones after it.
    pub fn event(&mut self, fact: Fact, event: Event) -> EventId {
        let id = EventId::mint(&*self.context.ids, self.context.now);
        let number = self.events.len();
        self.events.push(Envelope {
            id: id.clone(),
            source: self.source.clone(),
            subject: fact.subject,
            time: fact.happened,
            recorded: self.context.now,
            effective: fact.effective,
            entity: fact.entity,
            partition: fact.partition,
            sequence: 0,
            correlation: self.correlation.clone(),
            causation: self.cause.clone(),
            idempotency_key: if number == 0 {
                self.key.clone()
            } else {
                format!("{}#{number}", self.key)
            },
            origin: self.context.origin,
            actor: self.context.actor.clone(),
            event,
        });
        self.worked_out.push(None);
        self.cause.get_or_insert_with(|| id.clone());
        id
    }

    /// Works out what will be written of the last event: a thread that does not write can do that, while
    /// another writes.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn work_out(&mut self) -> Result<(), AppFault> {
        if let (Some(envelope), Some(last)) = (self.events.last(), self.worked_out.last_mut()) {
            *last = Some(WorkedOut::of(self.context, envelope)?);
        }
        Ok(())
    }

    /// Keeps a contract as it was just stored, for what follows from its events: a text that grows with
    /// every version is then not read again.
    pub(crate) fn has_stored(&mut self, contract: &Contract) {
        self.stored = Some(contract.clone());
    }

    /// Adds a journal that a person entered, made by the last event.
    pub fn journal(&mut self, draft: JournalDraft) {
        if let Some(last) = self.events.len().checked_sub(1) {
            self.journals.push((last, draft));
        }
    }

    /// Adds something that another system is to be told.
    pub fn intend(&mut self, intent: Intent) {
        self.intents.push(intent);
    }

    /// Writes everything: events, the journals that the rules make of them, effects.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finish(mut self, tx: &mut Tx<'_>) -> Result<(), AppFault> {
        let _traced = telemetry::is_exporting().then(|| self.span().entered());
        let (mut payloads, mut drafts) = (Vec::new(), Vec::new());
        for (envelope, known) in self.events.iter().zip(std::mem::take(&mut self.worked_out)) {
            let known = known.map_or_else(|| WorkedOut::of(self.context, envelope), Ok)?;
            payloads.push(known.payload);
            drafts.push(known.draft);
        }
        store::log::append_payloads(tx, &mut self.events, payloads)?;
        let mut rows = Rows::default();
        for (index, draft) in std::mem::take(&mut self.journals) {
            let envelope = &self.events[index];
            let id = entered_id(&envelope.event);
            self.keep_journal(&mut rows, envelope, &draft, id);
        }
        for (envelope, draft) in self.events.iter().zip(drafts) {
            match draft.and_then(|draft| in_open_month(tx, draft)) {
                Ok(Some(draft)) => self.keep_journal(&mut rows, envelope, &draft, None),
                Ok(None) => {}
                Err(AppFault::Refused(refusals)) => {
                    let why = refusals
                        .into_iter()
                        .map(|refusal| refusal.message)
                        .collect::<Vec<_>>()
                        .join("; ");
                    park(tx, self.context, envelope, &why)?;
                }
                Err(fault) => return Err(fault),
            }
        }
        journals::post(tx, &rows.journals, &rows.lines)?;
        let intents: Vec<Intent> = self.intents.drain(..).chain(rows.deliveries).collect();
        let effects = intents
            .into_iter()
            .map(|intent| effect_row(self.context, &self.correlation, intent))
            .collect::<Result<Vec<_>, AppFault>>()?;
        if !effects.is_empty() {
            effects::intend(tx, &effects)?;
        }
        crate::process::advance(tx, self.context, &self.events, self.stored.take())?;
        for envelope in self.events {
            if let Event::InvoiceIssued(document) | Event::CreditNoteIssued(document) =
                envelope.event
            {
                parallel::let_go(document.lines);
            }
        }
        Ok(())
    }

    /// A span in the trace of the chain, for whoever looks at traces; the request that caused it names
    /// the chain too.
    fn span(&self) -> tracing::Span {
        let chain = self.correlation.as_str();
        tracing::Span::current().record(telemetry::CORRELATION, chain);
        let first = self
            .events
            .first()
            .map_or("", |first| first.event.type_name());
        let span = tracing::info_span!(
            "record",
            correlationid = chain,
            event = first,
            events = self.events.len(),
            actor = self.context.actor
        );
        telemetry::join_chain(&span, chain);
        span
    }

    fn keep_journal(
        &self,
        rows: &mut Rows,
        envelope: &Envelope,
        draft: &JournalDraft,
        id: Option<JournalId>,
    ) {
        rows.keep(self.context, envelope, draft, id);
    }
}

/// The journal id that an entered or reversing journal carries in its event.
fn entered_id(event: &Event) -> Option<JournalId> {
    match event {
        Event::JournalEntered(entered) => Some(entered.journal.clone()),
        Event::JournalReversed(reversed) => Some(reversed.journal.clone()),
        _ => None,
    }
}

/// The journal that the rules make of an event, unless its month is closed.
fn decide(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
) -> Result<Option<JournalDraft>, AppFault> {
    in_open_month(tx, draft(context, envelope)?)
}

fn in_open_month(
    tx: &mut Tx<'_>,
    draft: Option<JournalDraft>,
) -> Result<Option<JournalDraft>, AppFault> {
    let Some(draft) = draft else {
        return Ok(None);
    };
    let month = Month::of(draft.date);
    if journals::is_closed(tx, draft.entity.as_str(), &month.to_string())? {
        let entity = draft.entity;
        return Err(refused(&PostingRefusal::PeriodClosed { entity, month }));
    }
    Ok(Some(draft))
}

/// The journal that the rules make of an event, whether or not its month is open.
fn draft(context: &Context, envelope: &Envelope) -> Result<Option<JournalDraft>, AppFault> {
    let Some(entity) = &envelope.entity else {
        return Ok(None);
    };
    let facts = match ledger::facts(envelope) {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(None),
        Err(refusal) => return Err(refused(&refusal)),
    };
    let books = &context.books;
    let rules = books.governance.rules_on(&books.rules, envelope.effective);
    let draft = rules.post(&facts, &books.chart, entity, envelope.effective);
    let summarised = draft.and_then(|draft| draft.map(JournalDraft::summarised).transpose());
    summarised.map_err(|r| refused(&r))
}

fn refused(refusal: &PostingRefusal) -> AppFault {
    crate::Refusal::whole(refusal.code(), refusal.to_string()).into()
}

fn park(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    why: &str,
) -> Result<(), AppFault> {
    let behind = Behind::of(&envelope.event);
    exception::open(
        tx,
        context,
        NewException {
            key: format!("posting/{}", envelope.id),
            class: "posting_parked",
            summary: format!(
                "{} is recorded but not posted: {why}",
                narrate(&envelope.event)
            ),
            detail: why.to_owned(),
            payload: to_store("event", &envelope.event.data().unwrap_or_default())?,
            customer: behind.customer,
            document: if behind.document.is_empty() {
                envelope.subject.clone()
            } else {
                behind.document
            },
            entity: envelope
                .entity
                .as_ref()
                .map_or_else(String::new, |entity| entity.as_str().to_owned()),
            measure: "posting".to_owned(),
            value: behind.value,
            correlation: Some(envelope.correlation.clone()),
        },
    )?;
    Ok(())
}

/// Posts a recorded event whose posting was parked, if nothing is missing any more. Returns whether
/// it is posted now.
///
/// # Errors
/// When the store fails or the event cannot be read.
pub fn post_parked(tx: &mut Tx<'_>, context: &Context, event_id: &str) -> Result<bool, AppFault> {
    post_parked_on(tx, context, event_id, None)
}

/// As [`post_parked`], on another accounting date than the event's: an adjustment in an open month.
///
/// # Errors
/// As [`post_parked`].
pub(crate) fn post_parked_on(
    tx: &mut Tx<'_>,
    context: &Context,
    event_id: &str,
    date: Option<Date>,
) -> Result<bool, AppFault> {
    store::settings::take_turn(tx, &format!("posting/{event_id}"))?;
    let Some(stored) = store::log::by_id(tx, event_id)? else {
        return Err(AppFault::NotFound {
            kind: "event",
            id: event_id.to_owned(),
        });
    };
    let mut envelope = read_envelope(stored)?;
    envelope.effective = date.unwrap_or(envelope.effective);
    let chain = envelope.correlation.as_str();
    let is_posted = !store::replays::journals_of_event(tx, chain, event_id)?.is_empty();
    match decide(tx, context, &envelope) {
        Ok(draft) => {
            let mut rows = Rows::default();
            if let Some(draft) = draft.filter(|_| !is_posted) {
                rows.keep(context, &envelope, &draft, None);
            }
            journals::post(tx, &rows.journals, &rows.lines)?;
            let effects = rows
                .deliveries
                .into_iter()
                .map(|intent| effect_row(context, &envelope.correlation, intent))
                .collect::<Result<Vec<_>, AppFault>>()?;
            effects::intend(tx, &effects)?;
            exception::clear(
                tx,
                context,
                &format!("posting/{event_id}"),
                "it could be posted now",
            )?;
            Ok(true)
        }
        Err(AppFault::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// A stored event as it was recorded.
///
/// # Errors
/// When it cannot be read.
pub fn read_envelope(stored: store::log::StoredEvent) -> Result<Envelope, AppFault> {
    use crate::fault::stored_value;
    let unreadable = |error: String| AppFault::Unreadable {
        what: "event",
        error,
    };
    let event = Event::read(&stored.type_name, &stored.data)
        .map_err(|error| unreadable(error.to_string()))?;
    let optional = |text: &str| -> Result<Option<EventId>, AppFault> {
        if text.is_empty() {
            Ok(None)
        } else {
            stored_value("event id", text).map(Some)
        }
    };
    Ok(Envelope {
        id: stored_value("event id", &stored.id)?,
        source: stored.source,
        subject: stored.subject,
        time: Instant::from_microseconds(stored.time),
        recorded: Instant::from_microseconds(stored.recorded),
        effective: stored_value("date", &stored.effective)?,
        entity: if stored.entity.is_empty() {
            None
        } else {
            Some(stored_value("entity id", &stored.entity)?)
        },
        partition: stored.partition,
        sequence: stored.sequence,
        correlation: stored_value("chain id", &stored.correlation)?,
        causation: optional(&stored.causation)?,
        idempotency_key: stored.idempotency_key,
        origin: Origin::from_word(&stored.origin)
            .ok_or_else(|| unreadable(format!("origin {}", stored.origin)))?,
        actor: stored.actor,
        event,
    })
}

fn effect_row(
    context: &Context,
    correlation: &CorrelationId,
    intent: Intent,
) -> Result<EffectRow, AppFault> {
    let now = context.now.microseconds();
    let mode = context.books.modes.get(intent.operation).copied();
    let due = mode.unwrap_or_default().due(context.now);
    Ok(EffectRow {
        id: EffectId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        lane: intent.lane,
        connection: intent.connection.to_owned(),
        operation: intent.operation.to_owned(),
        subject: intent.subject,
        key: intent.key,
        request: to_store("effect", &intent.request)?,
        status: "intended".to_owned(),
        attempts: 0,
        next_attempt: due.microseconds(),
        error_class: String::new(),
        error: String::new(),
        external_id: String::new(),
        read_back: 0,
        entity: intent
            .entity
            .map_or_else(String::new, |entity| entity.as_str().to_owned()),
        amount: intent.value.map_or(0, |value| value.minor),
        currency: intent
            .value
            .map_or_else(String::new, |value| value.currency.code().to_owned()),
        correlation: correlation.as_str().to_owned(),
        created: now,
        changed: now,
        fence: 0,
        lease: 0,
        priority: 0,
        fallback: 0,
        first_sent: 0,
        last_sent: 0,
    })
}
