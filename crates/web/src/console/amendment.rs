//! Amending a contract with its consequence in view: the invoices, credit notes, revenue and
//! journals that would change, before anything is saved.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters};
use app::preview::AmendmentPreview;
use app::view::ContractDetail;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// An amendment as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct AmendForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// `quantity`, `price`, `remove`, `extend` or `cancel`.
    #[serde(default)]
    pub kind: String,
    /// The component, where there are several.
    #[serde(default)]
    pub component: String,
    /// How many, for `quantity`; price of one unit and period, for `price`; last day, for `extend`.
    #[serde(default)]
    pub value: String,
    /// From which day.
    #[serde(default)]
    pub effective: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Where previews come from, and where amendments go.
pub trait AmendSource {
    /// What an amendment would change.
    fn preview(
        &self,
        contract: &str,
        form: &AmendForm,
        actor: &str,
    ) -> Result<AmendmentPreview, SourceFault>;
    /// Saves it; answers the request for approval where it waits for one.
    fn amend(
        &self,
        contract: &str,
        form: &AmendForm,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "amendment.html")]
struct AmendPage {
    frame: Frame,
    found: ContractDetail,
    typed: AmendForm,
    preview: Option<AmendmentPreview>,
    refusal: Option<String>,
}

impl AmendPage {
    fn is_kind(&self, word: &str) -> bool {
        self.typed.kind == word
    }
}

fn contract(source: &dyn Source, id: &str) -> Result<ContractDetail, Stop> {
    source.contract(id)?.ok_or_else(|| Stop::Missing {
        what: "contract",
        id: id.to_owned(),
    })
}

pub(super) async fn form(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(mut typed): Query<AmendForm>,
) -> Response {
    page(state, seat, Place::Contracts, move |source, frame| {
        let found = contract(source, &id)?;
        let actor = frame
            .viewer
            .as_ref()
            .map_or("", |viewer| &viewer.name)
            .to_owned();
        let (mut preview, mut refusal) = (None, None);
        if typed.kind.is_empty() {
            typed.effective = super::money::utc_date(frame.now).to_string();
        } else {
            match source.preview(&id, &typed, &actor) {
                Ok(seen) => preview = Some(seen),
                Err(SourceFault::Refused { reason }) => refusal = Some(reason),
                Err(fault) => return Err(fault.into()),
            }
        }
        let status = if refusal.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        draw_as(
            status,
            &AmendPage {
                frame,
                found,
                typed,
                preview,
                refusal,
            },
        )
    })
    .await
}

pub(super) async fn save(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(typed): Form<AmendForm>,
) -> Response {
    page(state, seat, Place::Contracts, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &typed.csrf)?;
        match source.amend(&id, &typed, &actor) {
            Ok(Some(approval)) => Ok(Answer::Go(format!("/approvals/{}", segment(&approval)))),
            Ok(None) => Ok(Answer::Go(format!("/contracts/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => {
                let found = contract(source, &id)?;
                let page = AmendPage {
                    frame,
                    found,
                    typed,
                    preview: None,
                    refusal: Some(reason),
                };
                draw(&page)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
