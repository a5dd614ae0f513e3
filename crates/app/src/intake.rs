//! What arrives: checked, kept raw, and then translated. A webhook is a hint: the object it names is
//! fetched and only what was fetched is acted on. Outside calls are made between transactions; what
//! an item comes to is written together with what became of it, or not at all.

pub(crate) mod adyen;
mod adyen_door;
pub(crate) mod processor;
mod receive;
pub(crate) mod salesforce;
pub(crate) mod stripe;
mod stripe_credit;
mod stripe_dispute;
mod stripe_invoice;

pub use receive::{
    Delivery, IntakeRefusal, LARGEST_DELIVERY, Received, receive_delivery, receive_delivery_then,
    receive_stripe,
};

use crate::connections::{Connections, SALESFORCE, STRIPE};
use crate::journey::exception::{self, NewException};
use crate::worker::Progress;
use crate::{App, AppFault, Context, batch_file};
use connect::{Fault, FaultClass};
use control::backoff::{Backoff, seed_of};
use control::gate;
use store::Tx;
use store::inbox::{self, HELD, InboxRow};
use values::{CorrelationId, ExceptionId, Instant, Money};

/// Who acts when the inbox is worked off.
pub(crate) const ACTOR: &str = "tieout/intake";

/// Waits between two looks at an item whose object is not settled yet.
const PATIENCE: Backoff = Backoff {
    first_ms: 5_000,
    limit_ms: 3_600_000,
};

/// Seconds until an item is looked at again whose connection is not configured.
const NO_CONNECTION_SECONDS: i64 = 60;

/// What an item has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing more is to be done.
    Confirmed {
        /// What happened.
        reason: String,
        /// Chain, or empty.
        correlation: String,
    },
    /// It is not the time yet.
    Later {
        /// Why.
        reason: String,
        /// When; the back-off decides when absent.
        at: Option<Instant>,
    },
    /// A person must act, or a later version must come.
    Held {
        /// What holds it.
        exception: ExceptionId,
        /// Chain, or empty.
        correlation: String,
    },
}

impl Ending {
    pub(crate) fn confirmed(
        reason: impl Into<String>,
        correlation: Option<&CorrelationId>,
    ) -> Ending {
        Ending::Confirmed {
            reason: reason.into(),
            correlation: correlation.map_or_else(String::new, |chain| chain.as_str().to_owned()),
        }
    }

    pub(crate) fn held(exception: ExceptionId, correlation: Option<&CorrelationId>) -> Ending {
        Ending::Held {
            exception,
            correlation: correlation.map_or_else(String::new, |chain| chain.as_str().to_owned()),
        }
    }

    pub(crate) fn later(reason: impl Into<String>) -> Ending {
        Ending::Later {
            reason: reason.into(),
            at: None,
        }
    }
}

/// What is due, at most `limit` items: when there is more than that, the oldest and the newest in
/// turns, so that what has just come in does not wait until an old crowd is worked off. Only notices
/// of the processor may overtake: each is looked up anew, so their order says nothing, while versions
/// of an opportunity follow each other.
fn due_fairly(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<InboxRow>, store::StoreFault> {
    let rows = inbox::due(tx, now, limit)?;
    let Ok(room) = usize::try_from(limit) else {
        return Ok(rows);
    };
    if rows.len() < room {
        return Ok(rows);
    }
    let newest = inbox::due_last(tx, STRIPE, now, limit)?;
    Ok(gate::mix_fairly(rows, newest, room, |one, other| {
        one.source == other.source && one.source_id == other.source_id
    }))
}

/// Translates what is due, at most `limit` items, oldest first with a share of the newest.
pub fn process_due(app: &App, connections: &Connections, limit: i64) -> Progress {
    let now = app.clock().now().microseconds();
    let due = match app.store().read(move |tx| due_fairly(tx, now, limit)) {
        Ok(due) => due,
        Err(fault) => {
            tracing::error!(fault = %fault, "the inbox cannot be read");
            return Progress::fault();
        }
    };
    let mut total = Progress::default();
    let mut orders = 0;
    for row in due {
        let is_order = row.source == SALESFORCE;
        let progress = process(app, connections, row);
        orders += if is_order { progress.processed } else { 0 };
        total += progress;
    }
    if orders > 0
        && let Err(fault) = salesforce::wake_upgrades(app)
    {
        tracing::warn!(fault = %fault, "held upgrades could not be looked at");
    }
    total
}

fn process(app: &App, connections: &Connections, row: InboxRow) -> Progress {
    let span = tracing::info_span!(
        "take_in",
        source = row.source,
        item = row.source_id,
        kind = row.kind,
        correlationid = tracing::field::Empty
    );
    span.in_scope(|| translate(app, connections, row))
}

fn translate(app: &App, connections: &Connections, row: InboxRow) -> Progress {
    let outcome = match (row.source.as_str(), connections.processor(&row.source)) {
        (_, Some(api)) => stripe::process(app, api, &row),
        (SALESFORCE, _) => salesforce::process(app, &row),
        (source, _) if connections.adyen.contains_key(source) => {
            adyen::process(app, &connections.adyen[source], &row)
        }
        (batch_file::SOURCE, _) => batch_file::process(app, &row),
        _ => conclude(app, &row, |_, context| {
            let at = context.now.plus_seconds(NO_CONNECTION_SECONDS);
            Ok(Ending::Later {
                reason: "its connection is not configured".to_owned(),
                at: Some(at),
            })
        }),
    };
    outcome.or_else(|fault| conclude_fault(app, &row, fault)).unwrap_or_else(|fault| {
        tracing::error!(source = row.source, id = row.source_id, fault = %fault, "an inbox item stays as it is");
        Progress::fault()
    })
}

/// Runs the rest of an item's journey and writes what became of it, in one transaction. An item that
/// somebody else has concluded meanwhile is left alone.
pub(crate) fn conclude(
    app: &App,
    row: &InboxRow,
    journey: impl FnOnce(&mut Tx<'_>, &Context) -> Result<Ending, AppFault> + Send + 'static,
) -> Result<Progress, AppFault> {
    let row = row.clone();
    app.run(ACTOR, move |tx, context| {
        let open =
            inbox::item(tx, &row.source, &row.source_id)?.is_some_and(|now| now.status == "open");
        if !open {
            return Ok(Progress::default());
        }
        let ending = journey(tx, context)?;
        write(tx, context, &row, &ending)
    })
}

fn write(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    ending: &Ending,
) -> Result<Progress, AppFault> {
    let (source, id) = (row.source.as_str(), row.source_id.as_str());
    match ending {
        Ending::Confirmed {
            reason,
            correlation,
        } => {
            inbox::conclude(tx, source, id, "confirmed", reason, correlation)?;
            exception::clear(tx, context, &item_key(row), "a later attempt went through")?;
            exception::clear(
                tx,
                context,
                &credentials_key(source),
                "the credentials are accepted again",
            )?;
            Ok(Progress {
                processed: 1,
                ..Progress::default()
            })
        }
        Ending::Later { reason, at } => {
            let at = at.unwrap_or_else(|| patience(context.now, row));
            inbox::postpone(tx, source, id, reason, at.microseconds(), "")?;
            Ok(Progress {
                postponed: 1,
                ..Progress::default()
            })
        }
        Ending::Held {
            exception,
            correlation,
        } => {
            inbox::postpone(
                tx,
                source,
                id,
                &held_by(exception.as_str()),
                HELD,
                correlation,
            )?;
            Ok(Progress {
                parked: 1,
                ..Progress::default()
            })
        }
    }
}

/// What follows when another system could not be asked, or the journey broke off.
fn conclude_fault(app: &App, row: &InboxRow, fault: AppFault) -> Result<Progress, AppFault> {
    tracing::warn!(source = row.source, id = row.source_id, fault = %fault, "an inbox item could not be taken in");
    let item = row.clone();
    let mut progress = conclude(app, row, move |tx, context| match &fault {
        AppFault::Connection(fault) => after_fault(tx, context, &item, fault),
        AppFault::Store(_) => Ok(Ending::later("the books could not be written")),
        other => {
            let summary = format!(
                "{} {} could not be taken in: {other}",
                item.source, item.kind
            );
            hold(
                tx,
                context,
                &item,
                "illegal_step",
                summary,
                other.to_string(),
            )
        }
    })?;
    progress.faults += 1;
    Ok(progress)
}

fn after_fault(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    fault: &Fault,
) -> Result<Ending, AppFault> {
    match fault.class {
        FaultClass::Transient | FaultClass::Ambiguous => Ok(Ending::later(fault.to_string())),
        FaultClass::Throttled { retry_after_ms } => {
            let at = retry_after_ms
                .and_then(|wait| i64::try_from(wait).ok())
                .map(|wait| context.now.plus_microseconds(wait.saturating_mul(1_000)));
            Ok(Ending::Later {
                reason: fault.to_string(),
                at,
            })
        }
        FaultClass::Authentication => {
            exception::open(
                tx,
                context,
                NewException {
                    key: credentials_key(&row.source),
                    class: "credentials_refused",
                    summary: format!(
                        "{} refuses our credentials; what arrived from it waits",
                        row.source
                    ),
                    detail: fault.to_string(),
                    ..NewException::default()
                },
            )?;
            Ok(Ending::later(fault.to_string()))
        }
        FaultClass::Data
        | FaultClass::Policy
        | FaultClass::Conflict
        | FaultClass::Duplicate
        | FaultClass::Bug => {
            let summary = format!(
                "{} {} names an object that cannot be read",
                row.source, row.kind
            );
            hold(
                tx,
                context,
                row,
                "webhook_unreadable",
                summary,
                fault.to_string(),
            )
        }
    }
}

/// Does a part of the transaction. What the business refuses is undone and said in words, for whoever
/// must look at it; every other fault ends the whole.
fn done_or_why<T>(
    tx: &mut Tx<'_>,
    part: impl FnOnce(&mut Tx<'_>) -> Result<T, AppFault>,
) -> Result<Result<T, String>, AppFault> {
    match tx.attempt(part) {
        Ok(done) => Ok(Ok(done)),
        Err(fault @ (AppFault::Refused(_) | AppFault::NotFound { .. })) => {
            Ok(Err(fault.to_string()))
        }
        Err(fault) => Err(fault),
    }
}

/// Opens the exception about an item and holds the item.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    class: &str,
    summary: String,
    detail: String,
) -> Result<Ending, AppFault> {
    hold_worth(tx, context, row, class, (summary, detail), Worth::default())
}

/// Whose an item is and what is at stake, as far as it is known.
#[derive(Default)]
pub(crate) struct Worth {
    /// Customer, or empty.
    pub(crate) customer: String,
    /// Legal entity, or empty.
    pub(crate) entity: String,
    /// The amount.
    pub(crate) value: Option<Money>,
}

/// As [`hold`], with what the item is worth.
pub(crate) fn hold_worth(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    class: &str,
    (summary, detail): (String, String),
    worth: Worth,
) -> Result<Ending, AppFault> {
    let exception = exception::open(
        tx,
        context,
        NewException {
            key: item_key(row),
            class,
            summary,
            detail,
            payload: String::from_utf8_lossy(&row.raw).into_owned(),
            document: row.source_id.clone(),
            customer: worth.customer,
            entity: worth.entity,
            value: worth.value,
            ..NewException::default()
        },
    )?;
    Ok(Ending::held(exception, None))
}

/// Looks again at the items that an exception holds, or gives them up: called in the transaction in
/// which a person resolves it. `outcome` is `mended` or `skipped`. Returns how many there were.
///
/// # Errors
/// When the store fails.
pub fn exception_resolved(
    tx: &mut Tx<'_>,
    context: &Context,
    exception: &str,
    outcome: &str,
    reason: &str,
) -> Result<u64, AppFault> {
    let mut found = 0;
    for (source, id, correlation) in inbox::held_with_reason(tx, &held_by(exception))? {
        if outcome == "skipped" {
            let reason = format!("skipped: {reason}");
            inbox::conclude(tx, &source, &id, "rejected", &reason, &correlation)?;
        } else {
            let now = context.now.microseconds();
            inbox::postpone(tx, &source, &id, "to be tried again", now, "")?;
        }
        found += 1;
    }
    Ok(found)
}

/// Looks again at every item of a source that waits for a person, for instance after a product was
/// published. Returns how many there were.
///
/// # Errors
/// When the store fails.
pub fn retry_held(tx: &mut Tx<'_>, context: &Context, source: &str) -> Result<u64, AppFault> {
    let now = context.now.microseconds();
    Ok(inbox::release_held(tx, source, "to be tried again", now)?)
}

fn patience(now: Instant, row: &InboxRow) -> Instant {
    let attempts = u32::try_from(row.attempts)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let wait = PATIENCE.wait_ms(attempts, seed_of(&row.source_id));
    now.plus_microseconds(
        i64::try_from(wait)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000),
    )
}

fn held_by(exception: &str) -> String {
    format!("held by {exception}")
}

/// Key of the exception about one item.
fn item_key(row: &InboxRow) -> String {
    format!("inbox/{}/{}", row.source, row.source_id)
}

fn credentials_key(source: &str) -> String {
    format!("credentials/{source}")
}
