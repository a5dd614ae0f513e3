//! The envelope: who, when (three different whens), what it belongs to, and what caused it.

use crate::{CatalogueEntry, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{CorrelationId, Date, EntityId, EventId, Instant};

/// How an event came to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It happened and was recorded at once.
    Live,
    /// Fetched later to close a gap.
    Backfill,
    /// Brought over from another system at cut-over.
    Migration,
    /// Recorded again by an approved replay.
    Replay,
    /// Made by a demo, a story or a trial.
    Simulation,
}

impl Origin {
    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Live => "live",
            Origin::Backfill => "backfill",
            Origin::Migration => "migration",
            Origin::Replay => "replay",
            Origin::Simulation => "simulation",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Origin> {
        [
            Origin::Live,
            Origin::Backfill,
            Origin::Migration,
            Origin::Replay,
            Origin::Simulation,
        ]
        .into_iter()
        .find(|origin| origin.as_str() == word)
    }
}

/// One recorded event. Attribute names on the wire are those of CloudEvents 1.0 and its extensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Unique together with `source`.
    pub id: EventId,
    /// The connection or room that it came from, such as `/sys/salesforce`.
    pub source: String,
    /// The canonical object, such as `invoice/inv_01J…`.
    pub subject: String,
    /// When it happened.
    pub time: Instant,
    /// When we logged it.
    pub recorded: Instant,
    /// The day on which it counts for accounting, in the time zone of the legal entity.
    pub effective: Date,
    /// The legal entity whose books it concerns, where there is one.
    pub entity: Option<EntityId>,
    /// Ordering key; `sequence` is dense within it.
    pub partition: String,
    /// 1, 2, 3 … within the partition. Zero until the store has appended it.
    pub sequence: i64,
    /// The order-to-cash chain that it belongs to.
    pub correlation: CorrelationId,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// What makes recording it twice visible.
    pub idempotency_key: String,
    /// Live, backfill, migration, replay or simulation.
    pub origin: Origin,
    /// Who caused it: a user, a token, or a worker of ours.
    pub actor: String,
    /// What happened.
    pub event: Event,
}

impl Envelope {
    /// The event as a CloudEvents 1.0 structured JSON document, in its newest version.
    ///
    /// # Errors
    /// Only when a payload cannot be written as JSON, which no payload of ours does.
    pub fn to_cloud_event(&self) -> Result<serde_json::Value, serde_json::Error> {
        Ok(self.document(self.event.type_name(), self.event.data()?))
    }

    /// The event as a document of this published type: its newest version or an earlier one.
    /// Nothing when the type is of another event, or has no words for this one.
    ///
    /// # Errors
    /// As [`Envelope::to_cloud_event`].
    pub fn to_cloud_event_as(
        &self,
        type_name: &str,
    ) -> Result<Option<serde_json::Value>, serde_json::Error> {
        let data = self.event.data_as(type_name)?;
        Ok(data.map(|data| self.document(type_name, data)))
    }

    fn document(&self, type_name: &str, data: serde_json::Value) -> serde_json::Value {
        let mut document = serde_json::json!({
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": type_name,
            "subject": self.subject,
            "time": self.time,
            "datacontenttype": "application/json",
            "recordedtime": self.recorded,
            "effectivedate": self.effective,
            "accountingperiod": values::Month::of(self.effective),
            "partitionkey": self.partition,
            "sequence": self.sequence,
            "correlationid": self.correlation,
            "idempotencykey": self.idempotency_key,
            "origin": self.origin,
            "authid": self.actor,
            "data": data,
        });
        if let Some(object) = document.as_object_mut() {
            if let Some(entry) = CatalogueEntry::of(type_name) {
                object.insert("dataschema".into(), entry.data_schema().into());
            }
            if let Some(entity) = &self.entity {
                object.insert("legalentity".into(), serde_json::json!(entity));
            }
            if let Some(cause) = &self.causation {
                object.insert("causationid".into(), serde_json::json!(cause));
            }
        }
        document
    }
}
