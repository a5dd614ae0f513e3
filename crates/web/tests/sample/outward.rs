//! Two endpoints, one of which has stopped answering, and the catalogue as it is.

use super::{SampleSource, at};
use app::outward::{
    AttemptView, EndpointDetail, EndpointView, EventTypeDetail, EventTypeRow, FieldChange,
    FieldRow, MessageView,
};
use events::CATALOGUE;
use web::console::{EndpointAction, EndpointForm, OutwardSource, SourceFault};

pub const ENDPOINT: &str = "whe_01JZ7T4X6Z8B0D2F4H6K8N0Q2S";
const FAILED: &str = "com.tieout.payment.payment.failed.v2";

fn row(entry: &events::CatalogueEntry) -> EventTypeRow {
    EventTypeRow {
        event_type: entry.type_name.to_owned(),
        version: entry.version(),
        says: "An attempt to collect failed.".to_owned(),
        producer: entry.producer.to_owned(),
        owner: entry.owner.to_owned(),
        consumers: entry
            .consumers
            .iter()
            .map(|one| one.title().to_owned())
            .collect(),
        retention: entry.retention.title().to_owned(),
        kept: entry.retention.least().to_owned(),
        data_schema: entry.data_schema(),
        deprecated: entry.deprecation.map(|end| end.announced.to_owned()),
        retired: entry.deprecation.map(|end| end.retired.to_owned()),
        instead: entry.deprecation.map(|end| end.instead.to_owned()),
        recorded: 12,
        endpoints: vec!["https://warehouse.example.com/tieout".to_owned()],
    }
}

fn endpoints() -> Vec<EndpointView> {
    let good = EndpointView {
        id: ENDPOINT.to_owned(),
        url: "https://warehouse.example.com/tieout".to_owned(),
        description: "data warehouse".to_owned(),
        types: vec!["*".to_owned()],
        version: 2,
        status: "enabled".to_owned(),
        reason: String::new(),
        secret_unseen: true,
        previous_until: None,
        failing_since: None,
        waiting: 1,
        delivered: 1_204,
        failed: 1,
        skipped: 0,
        created: at("2026-06-01T09:00:00Z"),
        actor: "sam".to_owned(),
    };
    let bad = EndpointView {
        id: "whe_01JZ7V4X6Z8B0D2F4H6K8N0Q2S".to_owned(),
        url: "https://crm-sync.example.com/hooks".to_owned(),
        description: String::new(),
        types: vec!["com.tieout.billing.*".to_owned()],
        version: 1,
        status: "disabled".to_owned(),
        reason:
            "nothing has got through since 2026-06-20T09:00:00Z, for 5 days; last: answered 503"
                .to_owned(),
        skipped: 18,
        delivered: 311,
        secret_unseen: false,
        failing_since: Some(at("2026-06-20T09:00:00Z")),
        ..good.clone()
    };
    vec![good, bad]
}

impl OutwardSource for SampleSource {
    fn event_types(&self) -> Result<Vec<EventTypeRow>, SourceFault> {
        self.unless_empty(CATALOGUE.iter().map(row).collect())
    }

    fn event_type(&self, name: &str) -> Result<Option<EventTypeDetail>, SourceFault> {
        let Some(entry) = events::CatalogueEntry::of(name) else {
            return Ok(None);
        };
        Ok(Some(EventTypeDetail {
            row: row(entry),
            fields: vec![FieldRow {
                path: "decline_class".to_owned(),
                kind: "try_later or final".to_owned(),
                required: true,
                says: "What kind of reason that is.".to_owned(),
            }],
            changes: vec![FieldChange {
                path: "decline_class".to_owned(),
                before: None,
                after: Some("try_later or final, always".to_owned()),
            }],
            versions: vec!["com.tieout.payment.payment.failed.v1".to_owned()],
            sample: None,
            schema: serde_json::json!({ "title": name }),
        }))
    }

    fn endpoints(&self) -> Result<Vec<EndpointView>, SourceFault> {
        self.unless_empty(endpoints())
    }

    fn endpoint(
        &self,
        id: &str,
        status: Option<&str>,
    ) -> Result<Option<EndpointDetail>, SourceFault> {
        let found = endpoints().into_iter().find(|row| row.id == id);
        let message = |id: &str, status: &str, attempts, code, error: &str| MessageView {
            id: id.to_owned(),
            event: Some(id.to_owned()),
            event_type: FAILED.to_owned(),
            lane: "customer/US/meridian".to_owned(),
            sequence: 9,
            status: status.to_owned(),
            attempts,
            code,
            error: error.to_owned(),
            created: at("2026-06-25T09:00:00Z"),
            changed: at("2026-06-25T09:00:01Z"),
        };
        let messages = vec![
            message(
                "evt_01JZ7T4X6Z8B0D2F4H6K8N0Q21",
                "delivered",
                1,
                Some(204),
                "",
            ),
            message(
                "evt_01JZ7T4X6Z8B0D2F4H6K8N0Q22",
                "failed",
                10,
                Some(400),
                "answered 400",
            ),
        ];
        Ok(found.map(|endpoint| EndpointDetail {
            endpoint,
            messages: messages
                .into_iter()
                .filter(|one| status.is_none_or(|status| one.status == status))
                .collect(),
        }))
    }

    fn attempts(&self, _: &str, message: &str) -> Result<Vec<AttemptView>, SourceFault> {
        let refused = message.ends_with('2');
        Ok(vec![AttemptView {
            number: 1,
            at: at("2026-06-25T09:00:01Z"),
            took_ms: 41,
            code: Some(if refused { 400 } else { 204 }),
            error: if refused { "answered 400" } else { "" }.to_owned(),
        }])
    }

    fn add_endpoint(&self, form: &EndpointForm, _: &str) -> Result<String, SourceFault> {
        if form.url.starts_with("https://") {
            Ok(ENDPOINT.to_owned())
        } else {
            Err(SourceFault::Refused {
                reason: format!("{:?} is not encrypted: use https", form.url),
            })
        }
    }

    fn act_on_endpoint(
        &self,
        _: &str,
        action: &EndpointAction,
        _: &str,
    ) -> Result<(), SourceFault> {
        match action {
            EndpointAction::Recover(since) if since.is_empty() => Err(SourceFault::Refused {
                reason: "since: it is empty".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn show_secret(&self, _: &str, _: &str) -> Result<String, SourceFault> {
        Ok("whsec_c2VjcmV0IG9mIGEgc2FtcGxlIGVuZHBvaW50".to_owned())
    }
}
