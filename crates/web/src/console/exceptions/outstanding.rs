//! What should have happened and has not, five questions with one page each.

use crate::console::frame::{Frame, Place};
use crate::console::respond::{Seat, Stop, draw, page};
use crate::console::{ConsoleState, filters};
use app::query::Outstanding;
use app::view::OutstandingRow;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

#[derive(Template)]
#[template(path = "outstanding.html")]
struct OutstandingPage {
    frame: Frame,
    list: Outstanding,
    rows: Vec<OutstandingRow>,
}

impl OutstandingPage {
    fn lists(&self) -> [Outstanding; 5] {
        Outstanding::ALL
    }

    fn nothing(&self) -> &'static str {
        match self.list {
            Outstanding::Accounts => {
                "Every customer that the outside ledger is to have is confirmed there."
            }
            Outstanding::Subscriptions => "Every order that was won has become a contract.",
            Outstanding::Invoices => {
                "Every invoice is posted, and the outside ledger has confirmed it."
            }
            Outstanding::Payments => "Every payment is set against an invoice.",
            Outstanding::Revenue => "Everything that was earned is posted and delivered.",
        }
    }
}

pub(in crate::console) async fn outstanding(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(word): Path<String>,
) -> Response {
    page(state, seat, Place::Outstanding, move |source, frame| {
        let list = Outstanding::from_word(&word).ok_or_else(|| Stop::Missing {
            what: "list",
            id: word.clone(),
        })?;
        draw(&OutstandingPage {
            frame,
            list,
            rows: source.outstanding(list)?,
        })
    })
    .await
}
