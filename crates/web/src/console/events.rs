//! The catalogue of events, one version of one event, and the endpoints that are told of them.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters};
use app::outward::{
    AttemptView, EndpointDetail, EndpointView, EventTypeDetail, EventTypeRow, MessageView,
};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the catalogue and the endpoints come from.
pub trait OutwardSource {
    /// The catalogue of events.
    fn event_types(&self) -> Result<Vec<EventTypeRow>, SourceFault>;
    /// One version of an event.
    fn event_type(&self, name: &str) -> Result<Option<EventTypeDetail>, SourceFault>;
    /// Every endpoint.
    fn endpoints(&self) -> Result<Vec<EndpointView>, SourceFault>;
    /// One endpoint with its latest messages, of one status where that is given.
    fn endpoint(
        &self,
        id: &str,
        status: Option<&str>,
    ) -> Result<Option<EndpointDetail>, SourceFault>;
    /// Every attempt to deliver a message.
    fn attempts(&self, endpoint: &str, message: &str) -> Result<Vec<AttemptView>, SourceFault>;
    /// Adds an endpoint; its id.
    fn add_endpoint(&self, form: &EndpointForm, actor: &str) -> Result<String, SourceFault>;
    /// Does what a form of an endpoint asks for.
    fn act_on_endpoint(
        &self,
        id: &str,
        action: &EndpointAction,
        actor: &str,
    ) -> Result<(), SourceFault>;
    /// The newest secret of an endpoint, the one time that it is shown.
    fn show_secret(&self, id: &str, actor: &str) -> Result<String, SourceFault>;
}

/// What can be done to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointAction {
    /// Send to it, or do not.
    Enable(bool),
    /// Give it a new secret.
    Rotate,
    /// Send it a test.
    Test,
    /// Send again everything since an instant, as text.
    Recover(String),
    /// Send one message again.
    Resend(String),
}

/// The form that adds an endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EndpointForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// Where it listens.
    #[serde(default)]
    pub url: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it wants, parted by spaces or commas.
    #[serde(default)]
    pub types: String,
    /// The highest major version that it reads.
    #[serde(default)]
    pub version: String,
}

/// A form of an endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct ActForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    message: String,
}

fn may(frame: &Frame) -> bool {
    frame.viewer.as_ref().is_none_or(|viewer| {
        Role::from_word(&viewer.role).is_none_or(|role| role.may(Permission::ManageConnections))
    })
}

/// The events of one domain.
struct Domain {
    name: String,
    rows: Vec<EventTypeRow>,
}

#[derive(Template)]
#[template(path = "events.html")]
struct CataloguePage {
    frame: Frame,
    domains: Vec<Domain>,
    versions: usize,
    wanted: String,
}

pub(super) async fn catalogue(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Events, move |source, frame| {
        let wanted = pairs.get("q").map(|text| text.trim().to_owned());
        let wanted = wanted.unwrap_or_default();
        let rows = source.event_types()?;
        let versions = rows.len();
        let mut domains: Vec<Domain> = Vec::new();
        for row in rows.into_iter().filter(|row| fits(row, &wanted)) {
            let name = domain_of(&row.event_type);
            match domains.iter_mut().find(|domain| domain.name == name) {
                Some(domain) => domain.rows.push(row),
                None => domains.push(Domain {
                    name,
                    rows: vec![row],
                }),
            }
        }
        draw(&CataloguePage {
            frame,
            domains,
            versions,
            wanted,
        })
    })
    .await
}

fn fits(row: &EventTypeRow, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    wanted.is_empty()
        || [&row.event_type, &row.says, &row.owner, &row.producer]
            .into_iter()
            .chain(&row.consumers)
            .any(|text| text.to_lowercase().contains(&wanted))
}

/// `com.tieout.billing.invoice.issued.v1` belongs to `billing`.
fn domain_of(event_type: &str) -> String {
    event_type.split('.').nth(2).unwrap_or_default().to_owned()
}

#[derive(Template)]
#[template(path = "event-type.html")]
struct EventTypePage {
    frame: Frame,
    found: EventTypeDetail,
    sample: String,
    may_subscribe: bool,
}

pub(super) async fn event_type(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(name): Path<String>,
) -> Response {
    page(state, seat, Place::Events, move |source, frame| {
        let found = source.event_type(&name)?.ok_or_else(|| Stop::Missing {
            what: "event type",
            id: name.clone(),
        })?;
        let golden = events::Event::SAMPLES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, text)| text);
        let sample = found
            .sample
            .as_ref()
            .and_then(|sample| serde_json::to_string_pretty(sample).ok())
            .unwrap_or_else(|| golden.trim_end().to_owned());
        draw(&EventTypePage {
            may_subscribe: may(&frame),
            frame,
            found,
            sample,
        })
    })
    .await
}

/// The schema of an event type, as a file.
pub(super) async fn schema(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(name): Path<String>,
) -> Response {
    let mut response = page(state, seat, Place::Events, move |source, _| {
        let found = source.event_type(&name)?.ok_or_else(|| Stop::Missing {
            what: "event type",
            id: name.clone(),
        })?;
        let text = serde_json::to_string_pretty(&found.schema).unwrap_or_default();
        Ok(Answer::Page(StatusCode::OK, text))
    })
    .await;
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(
            axum::http::header::CONTENT_TYPE,
            axum::http::HeaderValue::from_static("application/schema+json"),
        );
    }
    response
}

#[derive(Template)]
#[template(path = "endpoints.html")]
struct EndpointsPage {
    frame: Frame,
    rows: Vec<EndpointView>,
    refusal: Option<String>,
    typed: EndpointForm,
    may_change: bool,
    groups: Vec<String>,
}

impl EndpointsPage {
    fn read(
        source: &dyn Source,
        frame: Frame,
        refusal: Option<String>,
        typed: EndpointForm,
    ) -> Result<Self, Stop> {
        let mut groups: Vec<String> = events::CATALOGUE
            .iter()
            .map(|entry| format!("com.tieout.{}.*", domain_of(entry.type_name)))
            .collect();
        groups.sort();
        groups.dedup();
        Ok(Self {
            may_change: may(&frame),
            rows: source.endpoints()?,
            frame,
            refusal,
            typed,
            groups,
        })
    }
}

pub(super) async fn endpoints(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Endpoints, move |source, frame| {
        let typed = EndpointForm {
            types: pairs.get("type").cloned().unwrap_or_default(),
            ..EndpointForm::default()
        };
        draw(&EndpointsPage::read(source, frame, None, typed)?)
    })
    .await
}

pub(super) async fn add(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<EndpointForm>,
) -> Response {
    page(state, seat, Place::Endpoints, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        match source.add_endpoint(&form, &actor) {
            Ok(id) => Ok(Answer::Go(format!("/endpoints/{id}"))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &EndpointsPage::read(source, frame, Some(reason), form)?,
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

/// One message with every attempt to deliver it.
struct Shown {
    message: MessageView,
    attempts: Vec<AttemptView>,
}

#[derive(Template)]
#[template(path = "endpoint.html")]
struct EndpointPage {
    frame: Frame,
    found: EndpointView,
    messages: Vec<Shown>,
    status: String,
    refusal: Option<String>,
    /// The secret, on the one page that shows it.
    secret: Option<String>,
    may_change: bool,
    since: String,
    total: i64,
}

/// Messages whose attempts are itemised on the page.
const ITEMISED: usize = 25;

impl EndpointPage {
    fn read(source: &dyn Source, frame: Frame, id: &str, status: &str) -> Result<Self, Stop> {
        let wanted = (!status.is_empty()).then_some(status);
        let detail = source.endpoint(id, wanted)?.ok_or_else(|| Stop::Missing {
            what: "webhook endpoint",
            id: id.to_owned(),
        })?;
        let messages = detail
            .messages
            .into_iter()
            .take(ITEMISED)
            .map(|message| {
                let attempts = source.attempts(id, &message.id)?;
                Ok(Shown { message, attempts })
            })
            .collect::<Result<Vec<_>, SourceFault>>()?;
        let since = detail
            .endpoint
            .failing_since
            .unwrap_or_else(|| frame.now.plus_seconds(-86_400));
        Ok(Self {
            may_change: may(&frame),
            since: since.to_string(),
            frame,
            total: detail.endpoint.waiting
                + detail.endpoint.delivered
                + detail.endpoint.failed
                + detail.endpoint.skipped,
            found: detail.endpoint,
            messages,
            status: status.to_owned(),
            refusal: None,
            secret: None,
        })
    }

    fn statuses(&self) -> [(&'static str, i64); 4] {
        [
            ("waiting", self.found.waiting),
            ("delivered", self.found.delivered),
            ("failed", self.found.failed),
            ("skipped", self.found.skipped),
        ]
    }

    fn lost(&self, row: &Shown) -> bool {
        self.may_change && matches!(row.message.status.as_str(), "failed" | "skipped")
    }
}

pub(super) async fn endpoint(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Endpoints, move |source, frame| {
        let status = pairs.get("status").map_or("", String::as_str);
        draw(&EndpointPage::read(source, frame, &id, status)?)
    })
    .await
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, word)): Path<(String, String)>,
    Form(form): Form<ActForm>,
) -> Response {
    page(state, seat, Place::Endpoints, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let here = format!("/endpoints/{id}");
        if word == "secret" {
            return shown_once(source, frame, &id, &actor);
        }
        let action = match word.as_str() {
            "enable" => EndpointAction::Enable(true),
            "disable" => EndpointAction::Enable(false),
            "rotate" => EndpointAction::Rotate,
            "test" => EndpointAction::Test,
            "recover" => EndpointAction::Recover(form.since.trim().to_owned()),
            "resend" => EndpointAction::Resend(form.message.clone()),
            _ => {
                return Err(Stop::Missing {
                    what: "page",
                    id: String::new(),
                });
            }
        };
        match source.act_on_endpoint(&id, &action, &actor) {
            Ok(()) => Ok(Answer::Go(here)),
            Err(SourceFault::Refused { reason }) => {
                let mut page = EndpointPage::read(source, frame, &id, "")?;
                page.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

fn shown_once(source: &dyn Source, frame: Frame, id: &str, actor: &str) -> Result<Answer, Stop> {
    let shown = source.show_secret(id, actor);
    let mut page = EndpointPage::read(source, frame, id, "")?;
    match shown {
        Ok(secret) => {
            page.secret = Some(secret);
            draw(&page)
        }
        Err(SourceFault::Refused { reason }) => {
            page.refusal = Some(reason);
            draw_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(fault) => Err(fault.into()),
    }
}
