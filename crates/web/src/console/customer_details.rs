//! What a customer is set up with: its name and how it pays, what stands on its documents, how it
//! stands towards tax. Each part is a form of its own, with who changed what below.

mod form;

use super::ConsoleState;
use super::entry::{EntrySource, key_of, led_to};
use super::exceptions::admitted;
use super::filters;
use super::form_field::Field;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use app::query::{CustomerSetup, SetupChange, SetupPart};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use std::collections::BTreeMap;
use values::Date;

/// Where it comes from.
pub trait CustomerDetailsSource {
    /// What a customer is set up with; nothing when there is no such customer.
    fn customer_setup(&self, id: &str) -> Result<Option<CustomerSetup>, SourceFault>;
}

#[derive(Template)]
#[template(path = "customer-details.html")]
struct DetailsPage {
    frame: Frame,
    found: CustomerSetup,
    /// What was typed into each form and refused, else what is set.
    terms: Typed,
    documents: Typed,
    tax: Typed,
    /// Which form was refused, and why.
    refusal: Option<(SetupPart, String)>,
    done: Option<&'static str>,
    key: String,
    today: Date,
}

impl DetailsPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.customer_setup(id)?.ok_or_else(|| Stop::Missing {
            what: "customer",
            id: id.to_owned(),
        })?;
        Ok(Self {
            terms: form::terms_fields(&found),
            documents: form::document_fields(&found),
            tax: form::tax_fields(&found),
            refusal: None,
            done: None,
            key: key_of(&Typed::default())?,
            today: super::money::utc_date(frame.now),
            frame,
            found,
        })
    }

    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeMasterData)
    }

    fn refused(&self, part: &str) -> Option<&str> {
        let (refused, reason) = self.refusal.as_ref()?;
        (word(*refused) == part).then_some(reason.as_str())
    }

    fn document_fields(&self) -> &'static [Field] {
        form::DOCUMENT_FIELDS
    }

    fn certificates(&self) -> std::ops::Range<usize> {
        0..form::certificates(&self.tax)
    }

    /// A field of a certificate as it stands in the form.
    fn certificate(&self, at: impl std::borrow::Borrow<usize>, part: &str) -> &str {
        self.tax.get(&format!("certificate.{}.{part}", at.borrow()))
    }

    /// Whether these are the fields for another certificate.
    fn is_next(&self, at: impl std::borrow::Borrow<usize>) -> bool {
        *at.borrow() + 1 == self.certificates().len()
    }

    /// What stood in a field of the terms when the form was begun.
    fn was(&self, name: &str) -> &str {
        self.terms.get(&format!("was.{name}"))
    }

    fn about(&self, change: &SetupChange) -> &'static str {
        match change.part {
            SetupPart::Terms => "Name and terms",
            SetupPart::Documents => "On documents",
            SetupPart::Tax => "Tax",
        }
    }
}

/// The word of a part in addresses.
fn word(part: SetupPart) -> &'static str {
    match part {
        SetupPart::Terms => "terms",
        SetupPart::Documents => "documents",
        SetupPart::Tax => "tax",
    }
}

fn part_of(text: &str) -> Result<SetupPart, Stop> {
    [SetupPart::Terms, SetupPart::Documents, SetupPart::Tax]
        .into_iter()
        .find(|part| word(*part) == text)
        .ok_or_else(|| Stop::Missing {
            what: "form",
            id: text.to_owned(),
        })
}

/// What was done, in words; nothing for a word that is none of ours.
fn in_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "terms" => {
            "Changed. Documents issued from now on follow it; those that are out stay as they are."
        }
        "later" => "Agreed. It holds from its day; until then it stands below as waiting.",
        "documents" => {
            "Set. Documents issued from now on bear it; those that are out keep what they bear."
        }
        "tax" => {
            "Set. Documents issued from now on are taxed by it; those that are out stay as they are."
        }
        _ => return None,
    })
}

/// `done` says what a form did.
pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let mut drawn = DetailsPage::read(source, frame, &id)?;
        drawn.done = Asked::new(pairs).get("done").and_then(in_words);
        draw(&drawn)
    })
    .await
}

fn save(
    source: &(impl EntrySource + ?Sized),
    (id, part): (&str, SetupPart),
    typed: &Typed,
    actor: &str,
) -> Result<Answer, Stop> {
    let (name, body) = match part {
        SetupPart::Terms => ("change_customer", form::terms(id, typed)?),
        SetupPart::Documents => ("set_billing_details", form::documents(id, typed)?),
        SetupPart::Tax => ("set_tax_profile", form::tax(id, typed)?),
    };
    // Each form of the page is done once by itself.
    let key = format!("{}/{}", key_of(typed)?, word(part));
    let answer = source.carry_out(name, body, &key, actor)?;
    let waits = answer["status"] == "waiting";
    let done = if waits { "later" } else { word(part) };
    let page = format!("/customers/{}/details?done={done}", segment(id));
    Ok(led_to(&answer, page))
}

pub(super) async fn set(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, part)): Path<(String, String)>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        permitted(&frame, Permission::ChangeMasterData)?;
        let part = part_of(&part)?;
        let mut drawn = DetailsPage::read(source, frame, &id)?;
        match save(source, (&id, part), &typed, &actor) {
            Err(Stop::Fault(SourceFault::Refused { reason })) => {
                match part {
                    SetupPart::Terms => drawn.terms = typed,
                    SetupPart::Documents => drawn.documents = typed,
                    SetupPart::Tax => drawn.tax = typed,
                }
                drawn.refusal = Some((part, reason));
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &drawn)
            }
            other => other,
        }
    })
    .await
}
