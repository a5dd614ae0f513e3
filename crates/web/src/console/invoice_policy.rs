//! How the documents of a legal entity come to be issued: days as a draft, limits, numbers, roundings.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::journey::invoice_policy::{CreditForm, NetRounding, PolicyInForce};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde::Deserialize;
use values::Rounding;

/// The policy as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct InvoicePolicyForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// Days as a draft.
    #[serde(default)]
    pub draft_days: String,
    /// `yes` where every invoice needs a second person.
    #[serde(default)]
    pub until_approved: String,
    /// Limits, such as `10,000.00 EUR, 12,000.00 USD`.
    #[serde(default)]
    pub limits: String,
    /// Days until a request expires.
    #[serde(default)]
    pub expires_days: String,
    /// Where lines are rounded: `per_line`, or once per invoice by `half_up` or `half_even`.
    #[serde(default)]
    pub net_rounding: String,
    /// Cash units to which amounts to pay are rounded, such as `0.05 CHF half up`.
    #[serde(default)]
    pub rounding: String,
    /// What becomes of money that was paid for what is credited: `unapplied`, `account_credit` or
    /// `refund`.
    #[serde(default)]
    pub credits: String,
    /// Pattern of the numbers of invoices; empty for the usual one.
    #[serde(default)]
    pub invoices: String,
    /// `yes` where they go on over the end of a year.
    #[serde(default)]
    pub invoices_go_on: String,
    /// Pattern of the numbers of credit notes; empty for the usual one.
    #[serde(default)]
    pub credit_notes: String,
    /// `yes` where they go on over the end of a year.
    #[serde(default)]
    pub credit_notes_go_on: String,
}

impl InvoicePolicyForm {
    fn of(known: &PolicyInForce) -> InvoicePolicyForm {
        let policy = &known.policy;
        let limits: Vec<String> = policy
            .approve_over
            .iter()
            .map(ToString::to_string)
            .collect();
        let units = policy.rounding.iter();
        let units: Vec<String> = units
            .map(|unit| format!("{} {}", unit.to, unit.mode.words()))
            .collect();
        let yes = |it: bool| if it { "yes" } else { "" }.to_owned();
        let (invoices, notes) = (&policy.invoice_numbers, &policy.credit_note_numbers);
        InvoicePolicyForm {
            csrf: String::new(),
            draft_days: policy.draft_days.to_string(),
            until_approved: yes(policy.until_approved),
            limits: limits.join(", "),
            net_rounding: ROUNDED
                .iter()
                .find(|(rounded, _, _)| *rounded == policy.net_rounding)
                .map_or_else(String::new, |(_, word, _)| (*word).to_owned()),
            rounding: units.join(", "),
            credits: CREDITS
                .iter()
                .find(|(form, _, _)| *form == policy.credits)
                .map_or_else(String::new, |(_, word, _)| (*word).to_owned()),
            expires_days: policy.expires_days.to_string(),
            invoices: invoices
                .as_ref()
                .map_or_else(String::new, |it| it.pattern.to_string()),
            invoices_go_on: yes(invoices.as_ref().is_some_and(|it| it.continuous)),
            credit_notes: notes
                .as_ref()
                .map_or_else(String::new, |it| it.pattern.to_string()),
            credit_notes_go_on: yes(notes.as_ref().is_some_and(|it| it.continuous)),
        }
    }
}

/// Where the net amounts of an invoice are rounded, with what is sent and read.
const ROUNDED: [(NetRounding, &str, &str); 3] = [
    (NetRounding::PerLine, "per_line", "on each line"),
    (
        NetRounding::PerInvoice(Rounding::HalfUp),
        "half_up",
        "once per invoice, half up",
    ),
    (
        NetRounding::PerInvoice(Rounding::HalfEven),
        "half_even",
        "once per invoice, half to even",
    ),
];

/// What becomes of money that was paid for what is credited, with what is sent and read.
const CREDITS: [(CreditForm, &str, &str); 3] = [
    (
        CreditForm::Unapplied,
        "unapplied",
        "stays with the customer until somebody says what it is for",
    ),
    (
        CreditForm::AccountCredit,
        "account_credit",
        "becomes prepaid credit for the next invoices",
    ),
    (CreditForm::Refund, "refund", "goes back to the payer"),
];

/// Where the policies come from, and where they go.
pub trait InvoicePolicySource {
    /// The policy of a legal entity.
    fn invoice_policy(&self, entity: &str) -> Result<Option<PolicyInForce>, SourceFault>;
    /// Sets it; answers the request for approval where it waits for one.
    fn set_invoice_policy(
        &self,
        entity: &str,
        form: &InvoicePolicyForm,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "invoice-policy.html")]
struct PolicyPage {
    frame: Frame,
    entity: String,
    version: i64,
    typed: InvoicePolicyForm,
    refusal: Option<String>,
}

impl PolicyPage {
    fn rounded(&self) -> &'static [(NetRounding, &'static str, &'static str)] {
        &ROUNDED
    }

    fn credits(&self) -> &'static [(CreditForm, &'static str, &'static str)] {
        &CREDITS
    }

    fn may_set(&self) -> bool {
        self.frame.may(Permission::ChangeCatalogue)
    }
}

fn missing(id: &str) -> Stop {
    Stop::Missing {
        what: "legal entity",
        id: id.to_owned(),
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(entity): Path<String>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let known = source
            .invoice_policy(&entity)?
            .ok_or_else(|| missing(&entity))?;
        draw(&PolicyPage {
            frame,
            version: known.version,
            typed: InvoicePolicyForm::of(&known),
            entity,
            refusal: None,
        })
    })
    .await
}

pub(super) async fn set(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(entity): Path<String>,
    Form(typed): Form<InvoicePolicyForm>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &typed.csrf)?;
        permitted(&frame, Permission::ChangeCatalogue)?;
        let known = source
            .invoice_policy(&entity)?
            .ok_or_else(|| missing(&entity))?;
        match source.set_invoice_policy(&entity, &typed, &actor) {
            Ok(Some(approval)) => Ok(Answer::Go(format!("/approvals/{}", segment(&approval)))),
            Ok(None) => Ok(Answer::Go(format!(
                "/entities/{}/invoice-policy",
                segment(&entity)
            ))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &PolicyPage {
                    frame,
                    entity,
                    version: known.version,
                    typed,
                    refusal: Some(reason),
                },
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
