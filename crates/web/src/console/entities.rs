//! Legal entities: what stands on their documents, with a specimen before it is set, and how they
//! price parts of billing periods.

mod form;

use super::exceptions::admitted;
use super::form_field::Field;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use super::{ConsoleState, filters};
use app::printing::Printed;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use form::{DAY_COUNTS, GROUPS};
use serde_json::Value;
use std::collections::BTreeMap;

/// A legal entity with what it sets.
#[derive(Debug, Clone, Default)]
pub struct EntityView {
    /// Its id.
    pub id: String,
    /// Its registered name.
    pub name: String,
    /// Functional currency.
    pub currency: String,
    /// Time zone.
    pub zone: String,
    /// What stands on its documents, as it is set.
    pub letterhead: Value,
    /// Which version; 0 before the first was set.
    pub letterhead_version: i64,
    /// Who set it.
    pub letterhead_by: String,
    /// How it prices parts of billing periods.
    pub policy: Value,
    /// Which version; 0 before the first was set.
    pub policy_version: i64,
}

/// Where legal entities come from, and where what they set goes. What sets something answers the
/// request for approval, where it waits for one.
pub trait EntitySource {
    /// One entity.
    fn entity(&self, id: &str) -> Result<Option<EntityView>, SourceFault>;
    /// A specimen of an invoice under a letterhead.
    fn specimen(&self, entity: &str, letterhead: Value) -> Result<Option<Printed>, SourceFault>;
    /// Sets what stands on documents from now on.
    fn set_letterhead(
        &self,
        entity: &str,
        letterhead: Value,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
    /// States how parts of billing periods are priced.
    fn set_billing_policy(
        &self,
        entity: &str,
        policy: Value,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "entities.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<EntityView>,
}

pub(super) async fn list(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Entities, |source, frame| {
        let mut rows = Vec::new();
        for (id, _) in source.entities()? {
            rows.extend(source.entity(&id)?);
        }
        draw(&ListPage { frame, rows })
    })
    .await
}

#[derive(Template)]
#[template(path = "entity.html")]
struct EntityPage {
    frame: Frame,
    found: EntityView,
    /// What was typed and refused, else what is set.
    typed: Typed,
    policy: Typed,
    refusal: Option<String>,
}

impl EntityPage {
    fn may_set_paper(&self) -> bool {
        self.frame.may(Permission::ManageTopology)
    }

    fn may_set_policy(&self) -> bool {
        self.frame.may(Permission::ChangeCatalogue)
    }

    fn groups(&self) -> &'static [(&'static str, &'static [Field])] {
        GROUPS
    }

    fn languages(&self) -> [(&'static str, &'static str); 6] {
        [
            ("en", "English"),
            ("de", "German"),
            ("fr", "French"),
            ("es", "Spanish"),
            ("nl", "Dutch"),
            ("it", "Italian"),
        ]
    }

    fn day_counts(&self) -> &'static [(&'static str, &'static str)] {
        DAY_COUNTS
    }

    fn is(&self, field: &str, word: &str) -> bool {
        self.typed.get(field) == word
    }

    fn counts(&self, field: &str, word: &str) -> bool {
        self.policy.get(field) == word
    }

    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.entity(id)?.ok_or_else(|| Stop::Missing {
            what: "legal entity",
            id: id.to_owned(),
        })?;
        Ok(Self {
            frame,
            typed: form::letterhead_fields(&found.letterhead),
            policy: form::policy_fields(&found.policy),
            found,
            refusal: None,
        })
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Entities, move |source, frame| {
        draw(&EntityPage::read(source, frame, &id)?)
    })
    .await
}

/// What is done with a form that was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Letterhead,
    Specimen,
    Policy,
}

pub(super) async fn set_letterhead(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    fields: Form<BTreeMap<String, String>>,
) -> Response {
    sent(state, seat, id, fields, Sent::Letterhead).await
}

pub(super) async fn specimen(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    fields: Form<BTreeMap<String, String>>,
) -> Response {
    sent(state, seat, id, fields, Sent::Specimen).await
}

pub(super) async fn set_policy(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    fields: Form<BTreeMap<String, String>>,
) -> Response {
    sent(state, seat, id, fields, Sent::Policy).await
}

async fn sent(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
    what: Sent,
) -> Response {
    page(state, seat, Place::Entities, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let mut again = EntityPage::read(source, frame, &id)?;
        let done = match what {
            Sent::Letterhead => {
                let letterhead = form::letterhead(&again.found.letterhead, &typed);
                source
                    .set_letterhead(&id, letterhead, &actor)
                    .map(|waits| gone(&id, waits))
            }
            Sent::Specimen => {
                let letterhead = form::letterhead(&again.found.letterhead, &typed);
                source.specimen(&id, letterhead).map(|made| match made {
                    Some(printed) => Answer::File(printed),
                    None => gone(&id, None),
                })
            }
            Sent::Policy => form::policy(&again.found.policy, &typed)
                .map_err(|reason| SourceFault::Refused { reason })
                .and_then(|policy| source.set_billing_policy(&id, policy, &actor))
                .map(|waits| gone(&id, waits)),
        };
        match done {
            Ok(answer) => Ok(answer),
            Err(SourceFault::Refused { reason }) => {
                again.refusal = Some(reason);
                match what {
                    Sent::Policy => again.policy = typed,
                    Sent::Letterhead | Sent::Specimen => again.typed = typed,
                }
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

fn gone(id: &str, waits: Option<String>) -> Answer {
    Answer::Go(match waits {
        Some(approval) => format!("/approvals/{}", segment(&approval)),
        None => format!("/entities/{}", segment(id)),
    })
}
