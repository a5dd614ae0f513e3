//! Invoices and credit notes as files from the console.

use super::ConsoleState;
use super::frame::Place;
use super::respond::{Answer, Seat, Stop, page};
use super::source::SourceFault;
use app::printing::{PaperForm, Printed};
use axum::extract::{Path, State};
use axum::response::Response;

/// Where documents as files come from.
pub trait PaperSource {
    /// An invoice or credit note, by id or number.
    fn paper(&self, id: &str, form: PaperForm) -> Result<Option<Printed>, SourceFault>;
}

pub(super) async fn pdf(state: State<ConsoleState>, seat: Seat, id: Path<String>) -> Response {
    file(state, seat, id, PaperForm::Pdf).await
}

pub(super) async fn ubl(state: State<ConsoleState>, seat: Seat, id: Path<String>) -> Response {
    file(state, seat, id, PaperForm::Ubl).await
}

async fn file(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    form: PaperForm,
) -> Response {
    let (sender, made) = std::sync::mpsc::sync_channel(1);
    let answer = page(state, seat, Place::Invoices, move |source, _| {
        let printed = source.paper(&id, form)?.ok_or(Stop::Missing {
            what: "invoice",
            id,
        })?;
        // It is taken below when the work is done.
        let _ = sender.send(printed);
        Ok(Answer::Go("/invoices".to_owned()))
    })
    .await;
    match made.try_recv() {
        Ok(printed) => crate::api::papers::answered(printed),
        Err(_) => answer,
    }
}
