//! Mappings and rules: versioned documents with proposals and their impact, the topology, what is
//! mapped, writes that wait for a steward, and deviations from the template.

use super::ConsoleState;
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use app::governance::view::{
    ChangeRow, ConfigurationDetail, ConfigurationRow, CoverageRow, DeviationView, Impact,
    ProposalDetail, ProposalRow, TopologyView,
};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where governance comes from.
pub trait GovernanceSource {
    /// Every configuration document with its versions.
    fn configurations(&self) -> Result<Vec<ConfigurationRow>, SourceFault>;
    /// One document with its text.
    fn configuration(&self, kind: &str) -> Result<Option<ConfigurationDetail>, SourceFault>;
    /// What a text would change, without proposing it: the impact and its sentence.
    fn try_configuration(&self, kind: &str, text: &str) -> Result<(Impact, String), SourceFault>;
    /// Proposes a text; the id of the proposal.
    fn propose(&self, form: &ProposeForm, kind: &str, actor: &str) -> Result<String, SourceFault>;
    /// Proposals, newest first.
    fn proposals(&self) -> Result<Vec<ProposalRow>, SourceFault>;
    /// One proposal.
    fn proposal(&self, id: &str) -> Result<Option<ProposalDetail>, SourceFault>;
    /// Writes that wait for a steward, and those decided.
    fn proposed_changes(&self) -> Result<Vec<ChangeRow>, SourceFault>;
    /// The topology in force.
    fn topology(&self) -> Result<TopologyView, SourceFault>;
    /// How much is mapped.
    fn mapping_coverage(&self) -> Result<Vec<CoverageRow>, SourceFault>;
    /// The register of deviations.
    fn deviations(&self) -> Result<Vec<DeviationView>, SourceFault>;
    /// Asks for a deviation.
    fn record_deviation(&self, form: &DeviationForm, actor: &str) -> Result<(), SourceFault>;
    /// Decides about a proposal, a change or a deviation, or ends one.
    fn settle(&self, what: &Settled<'_>, reason: &str, actor: &str) -> Result<(), SourceFault>;
}

/// What is decided, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled<'a> {
    /// A proposed configuration, and whether it is approved.
    Proposal(&'a str, bool),
    /// A proposed change, and whether it is applied.
    Change(&'a str, bool),
    /// A deviation, and whether it is approved.
    Deviation(&'a str, bool),
    /// A deviation ends.
    End(&'a str),
}

/// The parts of the page.
const VIEWS: [(&str, &str); 5] = [
    ("documents", "Documents"),
    ("changes", "Waiting writes"),
    ("topology", "Topology"),
    ("mappings", "Mappings"),
    ("deviations", "Deviations"),
];

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    view: String,
    documents: Vec<ConfigurationRow>,
    proposals: Vec<ProposalRow>,
    changes: Vec<ChangeRow>,
    topology: Option<TopologyView>,
    coverage: Vec<CoverageRow>,
    deviations: Vec<DeviationView>,
    refusal: Option<String>,
}

impl RulesPage {
    fn read(source: &dyn Source, frame: Frame, view: &str) -> Result<Self, Stop> {
        let view = VIEWS.iter().map(|(word, _)| *word).find(|it| *it == view);
        let view = view.unwrap_or("documents").to_owned();
        let mut read = Self {
            frame,
            documents: Vec::new(),
            proposals: Vec::new(),
            changes: source.proposed_changes()?,
            topology: None,
            coverage: Vec::new(),
            deviations: Vec::new(),
            refusal: None,
            view,
        };
        match read.view.as_str() {
            "topology" => read.topology = Some(source.topology()?),
            "mappings" => read.coverage = source.mapping_coverage()?,
            "deviations" => read.deviations = source.deviations()?,
            "changes" => {}
            _ => {
                read.documents = source.configurations()?;
                read.proposals = source.proposals()?;
            }
        }
        Ok(read)
    }

    fn views(&self) -> [(&'static str, &'static str); 5] {
        VIEWS
    }

    fn is(&self, view: &str) -> bool {
        self.view == view
    }

    /// How much of a part waits for a decision.
    fn waiting_in(&self, view: &str) -> usize {
        if view == "changes" {
            let waits = |row: &&ChangeRow| row.state == "proposed";
            self.changes.iter().filter(waits).count()
        } else {
            0
        }
    }

    fn may_propose(&self) -> bool {
        may(&self.frame, Permission::ProposeConfiguration)
    }

    fn may_approve(&self) -> bool {
        may(&self.frame, Permission::ApproveConfiguration)
    }

    fn may_decide(&self, row: &ChangeRow) -> bool {
        let role = self
            .frame
            .viewer
            .as_ref()
            .map(|viewer| viewer.role.as_str());
        let is_steward =
            role == Some(row.steward.as_str()) || role == Some(Role::Controller.as_str());
        row.state == "proposed" && is_steward && !self.is_maker(&row.maker)
    }

    fn is_maker(&self, maker: &str) -> bool {
        is_maker(&self.frame, maker)
    }
}

fn may(frame: &Frame, permission: Permission) -> bool {
    let role = frame
        .viewer
        .as_ref()
        .and_then(|viewer| Role::from_word(&viewer.role));
    role.is_some_and(|role| role.may(permission))
}

fn is_maker(frame: &Frame, maker: &str) -> bool {
    frame
        .viewer
        .as_ref()
        .is_some_and(|viewer| viewer.name.eq_ignore_ascii_case(maker))
}

/// Who is signed in may do this; else the page says who may.
fn permitted(frame: &Frame, permission: Permission) -> Result<(), Stop> {
    if may(frame, permission) {
        return Ok(());
    }
    let roles: Vec<&str> = permission.roles().iter().map(|role| role.title()).collect();
    let reason = format!(
        "Your role may not do this. It is for: {}.",
        roles.join(", ")
    );
    Err(Stop::Fault(SourceFault::Refused { reason }))
}

pub(super) async fn rules(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let asked = Asked::new(pairs);
        let view = asked.get("view").unwrap_or("documents").to_owned();
        draw(&RulesPage::read(source, frame, &view)?)
    })
    .await
}

#[derive(Template)]
#[template(path = "configuration.html")]
struct DocumentPage {
    frame: Frame,
    found: ConfigurationDetail,
    /// What stands in the form.
    typed: ProposeForm,
    /// What the text in the form would change.
    tried: Option<(Impact, String)>,
    refusal: Option<String>,
}

impl DocumentPage {
    fn read(source: &dyn Source, frame: Frame, kind: &str) -> Result<Self, Stop> {
        let found = source.configuration(kind)?.ok_or_else(|| Stop::Missing {
            what: "configuration document",
            id: kind.to_owned(),
        })?;
        Ok(Self {
            typed: ProposeForm {
                body: found.text.clone(),
                ..ProposeForm::default()
            },
            frame,
            found,
            tried: None,
            refusal: None,
        })
    }

    fn may_propose(&self) -> bool {
        may(&self.frame, Permission::ProposeConfiguration)
    }
}

pub(super) async fn document(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(kind): Path<String>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        draw(&DocumentPage::read(source, frame, &kind)?)
    })
    .await
}

/// The form that tries or proposes a document.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ProposeForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// `try` or `propose`.
    #[serde(default)]
    pub act: String,
    /// The whole text.
    #[serde(default)]
    pub body: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// From which day, or nothing.
    #[serde(default)]
    pub effective: String,
}

pub(super) async fn propose(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(kind): Path<String>,
    Form(mut form): Form<ProposeForm>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::ProposeConfiguration)?;
        // Browsers send line ends of their own.
        form.body = form.body.replace("\r\n", "\n");
        let mut again = DocumentPage::read(source, frame, &kind)?;
        let outcome = if form.act == "propose" {
            match source.propose(&form, &kind, &actor) {
                Ok(id) => return Ok(Answer::Go(format!("/proposals/{}", segment(&id)))),
                Err(fault) => Err(fault),
            }
        } else {
            source.try_configuration(&kind, &form.body)
        };
        again.typed = form;
        match outcome {
            Ok(tried) => {
                again.tried = Some(tried);
                draw(&again)
            }
            Err(SourceFault::Refused { reason }) => {
                again.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "proposal.html")]
struct ProposalPage {
    frame: Frame,
    found: ProposalDetail,
    refusal: Option<String>,
}

impl ProposalPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.proposal(id)?.ok_or_else(|| Stop::Missing {
            what: "proposal",
            id: id.to_owned(),
        })?;
        Ok(Self {
            frame,
            found,
            refusal: None,
        })
    }

    fn waits(&self) -> bool {
        self.found.row.state == "proposed"
    }

    fn is_mine(&self) -> bool {
        is_maker(&self.frame, &self.found.row.maker)
    }

    fn may_decide(&self) -> bool {
        self.waits() && !self.is_mine() && may(&self.frame, Permission::ApproveConfiguration)
    }
}

pub(super) async fn proposal(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        draw(&ProposalPage::read(source, frame, &id)?)
    })
    .await
}

/// The form that decides.
#[derive(Debug, Deserialize)]
pub(super) struct DecideForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
}

impl DecideForm {
    fn is_approval(&self) -> bool {
        self.decision == "approve"
    }
}

pub(super) async fn decide_proposal(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::ApproveConfiguration)?;
        let settled = Settled::Proposal(&id, form.is_approval());
        match source.settle(&settled, form.reason.trim(), &actor) {
            Ok(()) => Ok(Answer::Go(format!("/proposals/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => {
                let mut again = ProposalPage::read(source, frame, &id)?;
                again.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

/// Goes back to a part of the page, or says there why not.
fn back(
    source: &dyn Source,
    frame: Frame,
    view: &str,
    outcome: Result<(), SourceFault>,
) -> Result<Answer, Stop> {
    match outcome {
        Ok(()) => Ok(Answer::Go(format!("/rules?view={view}"))),
        Err(SourceFault::Refused { reason }) => {
            let mut again = RulesPage::read(source, frame, view)?;
            again.refusal = Some(reason);
            draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn decide_change(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::DecideApproval)?;
        let settled = Settled::Change(&id, form.is_approval());
        let outcome = source.settle(&settled, form.reason.trim(), &actor);
        back(source, frame, "changes", outcome)
    })
    .await
}

/// The form that asks for a deviation.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DeviationForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// `strategic`, `regulatory` or `legacy`.
    #[serde(default)]
    pub class: String,
    /// What differs.
    #[serde(default)]
    pub title: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Legal entity, or nothing.
    #[serde(default)]
    pub entity: String,
    /// Key of the template, or nothing.
    #[serde(default)]
    pub key: String,
    /// The local value, or nothing.
    #[serde(default)]
    pub value: String,
    /// Last day, or nothing.
    #[serde(default)]
    pub until: String,
}

pub(super) async fn record_deviation(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<DeviationForm>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::ProposeConfiguration)?;
        let outcome = source.record_deviation(&form, &actor);
        back(source, frame, "deviations", outcome)
    })
    .await
}

pub(super) async fn decide_deviation(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Response {
    page(state, seat, Place::Rules, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let ends = form.decision == "end";
        let needed = if ends {
            Permission::ProposeConfiguration
        } else {
            Permission::ApproveConfiguration
        };
        permitted(&frame, needed)?;
        let settled = if ends {
            Settled::End(&id)
        } else {
            Settled::Deviation(&id, form.is_approval())
        };
        let outcome = source.settle(&settled, form.reason.trim(), &actor);
        back(source, frame, "deviations", outcome)
    })
    .await
}
