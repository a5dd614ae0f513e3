//! How the program does: whether its store answers, what waits, and the event log page by page.

use crate::view::Page;
use crate::{App, AppFault, Refusal};
use schemars::JsonSchema;
use serde::Serialize;
use store::log::StoredEvent;
pub use store::quotes::ActivationLag;
use store::{effects, exceptions, feed, inbox};
use values::{Date, Instant};

/// How many events get their place in the list of events in one transaction.
const PLACES_A_TIME: i64 = 1_000;

/// What the metrics count in the books.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Effects by system and status.
    pub effects: Vec<(String, String, i64)>,
    /// Inbox items by source and status.
    pub inbox: Vec<(String, String, i64)>,
    /// Exceptions that are not resolved.
    pub open_exceptions: i64,
    /// From signature to force, by legal entity: contracts measured, days of all, the most, and late ones.
    pub activations: Vec<ActivationLag>,
    /// How payments of the last hour reached the other systems.
    pub payment_sync: Vec<crate::collection::sync::SyncFigures>,
    /// Connections as all processes know them.
    pub connections: Vec<crate::lanes::ConnectionView>,
}

/// An event of the log, in the attributes of CloudEvents 1.0.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LoggedEvent {
    /// Always `1.0`.
    pub specversion: &'static str,
    /// Its id; ids sort by the time of recording.
    pub id: String,
    /// What recorded it.
    pub source: String,
    /// Its type, such as `com.tieout.billing.invoice.issued.v1`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The object that it is about.
    pub subject: String,
    /// When it happened.
    pub time: Instant,
    /// When it was recorded.
    pub recordedtime: Instant,
    /// The day on which it counts for accounting.
    pub effectivedate: Date,
    /// Whose books it concerns, where it concerns one entity.
    pub legalentity: Option<String>,
    /// Its partition of the log.
    pub partitionkey: String,
    /// Its place in the partition: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// The chain of evidence.
    pub correlationid: String,
    /// The event that caused it.
    pub causationid: Option<String>,
    /// Who or what did it.
    pub actor: String,
    /// Always `application/json`.
    pub datacontenttype: &'static str,
    /// The name of the schema of the version in which it was recorded.
    pub dataschema: Option<String>,
    /// What happened.
    pub data: serde_json::Value,
}

impl App {
    /// Whether the store answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn ready(&self) -> Result<(), AppFault> {
        self.store().read(exceptions::open_count)?;
        Ok(())
    }

    /// What waits and what is done.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pulse(&self) -> Result<Pulse, AppFault> {
        let connections = self.connection_views()?;
        let now = self.clock().now();
        self.store().read(move |tx| {
            Ok(Pulse {
                connections,
                effects: effects::counts(tx)?
                    .into_iter()
                    .map(|count| (count.connection, count.status, count.count))
                    .collect(),
                inbox: inbox::counts(tx)?,
                open_exceptions: exceptions::open_count(tx)?,
                activations: store::quotes::activation_lags(tx)?,
                payment_sync: crate::collection::sync::figures(tx, now)?,
            })
        })
    }

    /// Up to `limit` events of the log after `cursor`, oldest first. The cursor is the id of the last
    /// event seen. Whoever goes on from it passes nothing, also of what was committed late.
    ///
    /// # Errors
    /// When the store fails or the cursor is no event id.
    pub fn events(&self, cursor: Option<&str>, limit: u16) -> Result<Page<LoggedEvent>, AppFault> {
        let after = cursor.unwrap_or_default().to_owned();
        if !after.is_empty() && after.parse::<values::EventId>().is_err() {
            let message = "this cursor is not one of this list; start again without a cursor";
            return Err(Refusal::field("bad_cursor", "cursor", message).into());
        }
        let wanted = i64::from(limit);
        let mut rows = self.fed(after, wanted + 1)?;
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = rows.last().filter(|_| more).map(|last| last.id.clone());
        let items = rows.into_iter().map(logged).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}

impl App {
    /// Events after one of them in the order of the feed. Those that have no place in it yet get one
    /// when they are needed to fill the page.
    fn fed(&self, after: String, wanted: i64) -> Result<Vec<StoredEvent>, AppFault> {
        let mut is_whole = false;
        loop {
            let (now, from) = (self.clock().now().microseconds(), after.clone());
            let (rows, is_behind) = self.store().read(move |tx| -> Result<_, AppFault> {
                let place = match from.as_str() {
                    "" => Some(0),
                    event => feed::position_of(tx, event)?,
                };
                let rows = place.map(|place| feed::after(tx, place, wanted));
                Ok((rows.transpose()?, feed::is_behind(tx, now)?))
            })?;
            let is_full = rows
                .as_ref()
                .is_some_and(|rows| i64::try_from(rows.len()).is_ok_and(|found| found >= wanted));
            if !is_full && is_behind && !is_whole {
                let advance = move |tx: &mut store::Tx<'_>| feed::advance(tx, PLACES_A_TIME, now);
                // Nothing was left to place: read once more what others placed meanwhile.
                is_whole = self.store().write(advance)? == 0;
                continue;
            }
            return rows.ok_or_else(|| {
                let message = "this cursor is not one of this list; start again without a cursor";
                Refusal::field("bad_cursor", "cursor", message).into()
            });
        }
    }
}

pub(crate) fn logged(row: StoredEvent) -> Result<LoggedEvent, AppFault> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(LoggedEvent {
        specversion: "1.0",
        effectivedate: crate::fault::stored_value("date", &row.effective)?,
        data: crate::fault::stored("event", &row.data)?,
        dataschema: events::CatalogueEntry::of(&row.type_name)
            .map(events::CatalogueEntry::data_schema),
        id: row.id,
        source: row.source,
        type_name: row.type_name,
        subject: row.subject,
        time: Instant::from_microseconds(row.time),
        recordedtime: Instant::from_microseconds(row.recorded),
        legalentity: some(row.entity),
        partitionkey: row.partition,
        sequence: row.sequence,
        correlationid: row.correlation,
        causationid: some(row.causation),
        actor: row.actor,
        datacontenttype: "application/json",
    })
}
