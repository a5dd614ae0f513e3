//! What came in and what went out: the proof that nothing was dropped.

use super::frame::{Frame, Place};
use super::respond::{Seat, draw, page};
use super::today::{Delivery, Proof};
use super::{ConsoleState, filters};
use app::view::{ConnectionRow, IntakeRow};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    frame: Frame,
    intake: Vec<IntakeRow>,
    connections: Vec<ConnectionRow>,
}

pub(super) async fn connections(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Connections, |source, frame| {
        draw(&ConnectionsPage {
            frame,
            intake: source.intake()?,
            connections: source.connections()?,
        })
    })
    .await
}
