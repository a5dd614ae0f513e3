//! What can be seen of endpoints, their messages and every attempt.

use super::endpoint::found;
use crate::App;
use crate::fault::{AppFault, stored};
use schemars::JsonSchema;
use serde::Serialize;
use store::outward::{self, AttemptRow, EndpointRow, MessageRow};
use values::Instant;

/// Messages shown of an endpoint.
const SHOWN: i64 = 100;

/// An endpoint in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointView {
    /// Its id.
    pub id: String,
    /// Where it listens.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it wants.
    pub types: Vec<String>,
    /// The highest major version that it reads.
    pub version: i64,
    /// `enabled` or `disabled`.
    pub status: String,
    /// Why it is disabled, or empty.
    pub reason: String,
    /// Whether its newest secret can still be shown.
    pub secret_unseen: bool,
    /// Until when the secret before the newest one signs too.
    pub previous_until: Option<Instant>,
    /// Since when nothing has got through to it.
    pub failing_since: Option<Instant>,
    /// Messages that wait to be sent.
    pub waiting: i64,
    /// Messages that it took.
    pub delivered: i64,
    /// Messages that were given up.
    pub failed: i64,
    /// Messages that were passed over, each with a reason.
    pub skipped: i64,
    /// When it was added.
    pub created: Instant,
    /// Who added it.
    pub actor: String,
}

/// One message for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MessageView {
    /// What stands in `webhook-id`.
    pub id: String,
    /// The event; absent for a test.
    pub event: Option<String>,
    /// The type that it is sent as.
    pub event_type: String,
    /// What keeps it in order.
    pub lane: String,
    /// Its place there.
    pub sequence: i64,
    /// `waiting`, `delivered`, `failed` or `skipped`.
    pub status: String,
    /// How often it was tried.
    pub attempts: i64,
    /// What the receiver answered last; absent when it did not.
    pub code: Option<i64>,
    /// Why the last attempt failed, or why it was passed over; empty when it was taken.
    pub error: String,
    /// When it was made.
    pub created: Instant,
    /// When it was changed last.
    pub changed: Instant,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttemptView {
    /// 1 for the first.
    pub number: i64,
    /// When.
    pub at: Instant,
    /// How long the answer took, in milliseconds.
    pub took_ms: i64,
    /// The status of the answer; absent when there was none.
    pub code: Option<i64>,
    /// Why it failed, or empty.
    pub error: String,
}

/// An endpoint with its latest messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointDetail {
    /// The endpoint.
    pub endpoint: EndpointView,
    /// Its messages, newest change first, at most a hundred.
    pub messages: Vec<MessageView>,
}

fn moment(microseconds: i64) -> Option<Instant> {
    (microseconds > 0).then(|| Instant::from_microseconds(microseconds))
}

fn endpoint_view(
    row: EndpointRow,
    counts: &[(String, String, i64)],
    now: Instant,
) -> Result<EndpointView, AppFault> {
    let count = |status: &str| {
        counts
            .iter()
            .find(|(endpoint, word, _)| *endpoint == row.id && word == status)
            .map_or(0, |(_, _, count)| *count)
    };
    Ok(EndpointView {
        types: stored("event types of an endpoint", &row.types)?,
        waiting: count("waiting"),
        delivered: count("delivered"),
        failed: count("failed"),
        skipped: count("skipped"),
        previous_until: moment(row.previous_until).filter(|until| *until > now),
        failing_since: moment(row.failing_since),
        secret_unseen: row.secret_shown == 0,
        created: Instant::from_microseconds(row.created),
        id: row.id,
        url: row.url,
        description: row.description,
        version: row.version,
        status: row.status,
        reason: row.reason,
        actor: row.actor,
    })
}

fn message_view(row: MessageRow) -> MessageView {
    MessageView {
        event: (!row.event.is_empty()).then_some(row.event),
        code: (row.code > 0).then_some(row.code),
        created: Instant::from_microseconds(row.created),
        changed: Instant::from_microseconds(row.changed),
        id: row.id,
        event_type: row.event_type,
        lane: row.lane,
        sequence: row.sequence,
        status: row.status,
        attempts: row.attempts,
        error: row.error,
    }
}

fn attempt_view(row: AttemptRow) -> AttemptView {
    AttemptView {
        number: row.number,
        at: Instant::from_microseconds(row.at),
        took_ms: row.took_ms,
        code: (row.code > 0).then_some(row.code),
        error: row.error,
    }
}

impl App {
    /// Every endpoint with what became of its messages.
    ///
    /// # Errors
    /// When the store fails.
    pub fn webhook_endpoints(&self) -> Result<Vec<EndpointView>, AppFault> {
        let now = self.clock().now();
        self.store().read(move |tx| {
            let counts = outward::counts(tx)?;
            outward::endpoints(tx)?
                .into_iter()
                .map(|row| endpoint_view(row, &counts, now))
                .collect()
        })
    }

    /// One endpoint with its latest messages, of one status where that is given.
    ///
    /// # Errors
    /// When the store fails.
    pub fn webhook_endpoint(
        &self,
        id: &str,
        status: Option<&str>,
    ) -> Result<Option<EndpointDetail>, AppFault> {
        let now = self.clock().now();
        let (id, status) = (id.to_owned(), status.unwrap_or_default().to_owned());
        self.store().read(move |tx| {
            let row = match found(tx, &id) {
                Ok(row) => row,
                Err(AppFault::NotFound { .. }) => return Ok(None),
                Err(fault) => return Err(fault),
            };
            let counts = outward::counts(tx)?;
            let messages = outward::messages(tx, &row.id, &status, SHOWN)?;
            Ok(Some(EndpointDetail {
                endpoint: endpoint_view(row, &counts, now)?,
                messages: messages.into_iter().map(message_view).collect(),
            }))
        })
    }

    /// Every attempt to deliver a message, first to last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn webhook_attempts(
        &self,
        endpoint: &str,
        message: &str,
    ) -> Result<Vec<AttemptView>, AppFault> {
        let (endpoint, message) = (endpoint.to_owned(), message.to_owned());
        self.store().read(move |tx| {
            let rows = outward::attempts(tx, &endpoint, &message)?;
            Ok(rows.into_iter().map(attempt_view).collect())
        })
    }
}
