//! The structure around an account: who stands above and below, where invoices go and why, who looks
//! after what is owed; and what a move would change, before it is made.

use super::ConsoleState;
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use app::journey::routing::preview::{Billed, HierarchyPreview, NextInvoice};
use app::journey::routing::structure::{AccountPlace, AccountStructure, ContractRoute};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde::Deserialize;
use std::collections::BTreeMap;
use values::Date;

/// Where the structure comes from, and where what is decided goes.
pub trait StructureSource {
    /// The structure around an account; nothing when there is no such customer.
    fn structure(&self, id: &str) -> Result<Option<AccountStructure>, SourceFault>;
    /// What moving it below `parent` (an empty text: out of the hierarchy) would change on a day.
    fn preview_move(
        &self,
        id: &str,
        parent: &str,
        as_of: Option<Date>,
    ) -> Result<HierarchyPreview, SourceFault>;
    /// Does what a form says; answers what it waits for, where it waits for a second person.
    fn arrange(&self, form: &StructureForm, actor: &str) -> Result<Option<String>, SourceFault>;
}

/// A form on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StructureForm {
    /// The account; taken from the path.
    #[serde(default)]
    pub customer: String,
    /// `move`, `consolidation`, `bill-to` or `owner`; taken from the path.
    #[serde(default)]
    pub action: String,
    /// The account above.
    #[serde(default)]
    pub parent: String,
    /// How invoices are put together; empty takes back what was said.
    #[serde(default)]
    pub policy: String,
    /// The contract.
    #[serde(default)]
    pub contract: String,
    /// `own`, `parent`, `customer` or `as_account`.
    #[serde(default)]
    pub bill_to: String,
    /// The customer named.
    #[serde(default)]
    pub named: String,
    /// The group of invoices.
    #[serde(default)]
    pub invoice_group: String,
    /// Who looks after what is owed.
    #[serde(default)]
    pub owner: String,
    /// From which day.
    #[serde(default)]
    pub from: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    csrf: String,
}

#[derive(Template)]
#[template(path = "structure.html")]
struct StructurePage {
    frame: Frame,
    found: AccountStructure,
    preview: Option<HierarchyPreview>,
    parent: String,
    as_of: String,
    refusal: Option<String>,
    waits: bool,
}

impl StructurePage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<StructurePage, Stop> {
        let found = source.structure(id)?.ok_or_else(|| Stop::Missing {
            what: "customer",
            id: id.to_owned(),
        })?;
        Ok(StructurePage {
            frame,
            found,
            preview: None,
            parent: String::new(),
            as_of: String::new(),
            refusal: None,
            waits: false,
        })
    }

    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeMasterData)
    }

    fn says(&self, place: &AccountPlace) -> &'static str {
        match place.says.map(|says| says.word()) {
            Some("per_contract") => "one invoice a contract",
            Some("per_customer") => "one invoice for everything due",
            Some("parent_pays") => "pays for the accounts below it",
            _ => "as the account above, or the entity",
        }
    }

    fn indent(&self, place: &AccountPlace) -> String {
        "\u{2003}".repeat(place.level.saturating_sub(1))
    }

    fn billed(&self, billed: &Billed) -> String {
        match (&billed.customer, &billed.refused) {
            (Some(customer), _) if billed.together => format!("{customer}, with everything due"),
            (Some(customer), _) => customer.clone(),
            (None, Some(refused)) => refused.clone(),
            (None, None) => "nobody".to_owned(),
        }
    }

    fn moving(&self) -> usize {
        let moves = |row: &&NextInvoice| row.moves;
        self.preview.as_ref().map_or(0, |preview| {
            preview.next_invoices.iter().filter(moves).count()
        })
    }

    fn routes(&self) -> [(&'static str, &'static str, &[ContractRoute]); 2] {
        [
            (
                "Where its invoices go",
                "It has no contract in force.",
                &self.found.contracts,
            ),
            (
                "Paid for other accounts",
                "Nobody else’s invoices come to this account.",
                &self.found.paid_for,
            ),
        ]
    }
}

/// `parent` asks what moving the account below another one would change; `none` for out of the
/// hierarchy.
pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let asked = Asked::new(pairs);
        let mut drawn = StructurePage::read(source, frame, &id)?;
        drawn.waits = asked.get("waits").is_some();
        let Some(parent) = asked.get("parent") else {
            return draw(&drawn);
        };
        drawn.parent = parent.to_owned();
        drawn.as_of = asked.text("as_of").unwrap_or_default();
        let as_of = match drawn.as_of.as_str() {
            "" => None,
            text => Some(text.parse::<Date>().map_err(|_| SourceFault::BadFilter {
                field: "as of",
                value: text.to_owned(),
                mend: "Write it as a day, such as 2026-03-31.".to_owned(),
            })?),
        };
        let parent = if parent == "none" { "" } else { parent };
        match source.preview_move(&id, parent, as_of) {
            Ok(preview) => {
                drawn.preview = Some(preview);
                draw(&drawn)
            }
            Err(SourceFault::Refused { reason }) => {
                drawn.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &drawn)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
    Form(mut form): Form<StructureForm>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        permitted(&frame, Permission::ChangeMasterData)?;
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let mut drawn = StructurePage::read(source, frame, &id)?;
        form.customer.clone_from(&id);
        form.action = action;
        let path = format!("/customers/{}/structure", segment(&id));
        match source.arrange(&form, &actor) {
            Ok(None) => Ok(Answer::Go(path)),
            Ok(Some(_)) => Ok(Answer::Go(format!("{path}?waits=yes"))),
            Err(SourceFault::Refused { reason }) => {
                drawn.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &drawn)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
