//! The account of a customer as one stream, for whoever answers its questions: what was billed, paid,
//! agreed, quoted, chased and disputed. Nothing can be changed from here.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Seat, Stop, draw, page};
use super::source::SourceFault;
use app::query::{ACCOUNT_ROOMS, AccountEntry, AccountStanding};
use app::view::Page;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;
use values::Money;

/// Where the stream comes from.
pub trait AccountTimelineSource {
    /// What happened on an account, newest first; of one room where it is not empty.
    fn account_timeline(
        &self,
        customer: &str,
        room: &str,
        cursor: Option<&str>,
    ) -> Result<Option<Page<AccountEntry>>, SourceFault>;
    /// What it comes to today.
    fn account_standing(&self, customer: &str) -> Result<Option<AccountStanding>, SourceFault>;
}

#[derive(Template)]
#[template(path = "account-timeline.html")]
struct TimelinePage {
    frame: Frame,
    standing: AccountStanding,
    rows: Page<AccountEntry>,
    room: String,
    rooms: &'static [&'static str],
    older: Option<String>,
}

impl TimelinePage {
    /// The page of what an entry is about; nothing where it has none.
    fn href(&self, entry: &AccountEntry) -> String {
        let Some(object) = entry.object.as_deref() else {
            return String::new();
        };
        let room = match entry.kind.as_str() {
            "invoice" | "credit_note" | "paid_by_other" | "write_off" | "dispute_opened"
            | "dispute_closed" => "invoices",
            "contract" => "contracts",
            "quote" => "quotes",
            "collection" => "collections",
            "customer_changed" | "customer_added" => "customers",
            _ => "trace",
        };
        format!("/{room}/{}", segment(object))
    }

    /// The sums that are not nothing, with where their rows stand.
    fn sums(&self) -> Vec<(&'static str, &[Money], String)> {
        let customer = segment(&self.standing.customer);
        let invoices = format!("/invoices?customer={customer}");
        let of = |room: &str| format!("/customers/{customer}/timeline?room={room}");
        let all: [(&'static str, &[Money], String); 5] = [
            ("Open on invoices", &self.standing.open, invoices.clone()),
            ("Of it overdue", &self.standing.overdue, invoices),
            ("Disputed", &self.standing.disputed, of("disputes")),
            (
                "Paid, set against nothing",
                &self.standing.unapplied,
                of("payments"),
            ),
            (
                "Prepaid credit left",
                &self.standing.prepaid,
                format!("/customers/{customer}/prepaid"),
            ),
        ];
        all.into_iter()
            .enumerate()
            .filter(|(at, (_, sums, _))| *at == 0 || !sums.is_empty())
            .map(|(_, sum)| sum)
            .collect()
    }

    fn word(&self, room: &str) -> &'static str {
        match room {
            "billing" => "Invoices",
            "payments" => "Payments",
            "contracts" => "Contracts",
            "quotes" => "Quotes",
            "collection" => "Collection",
            "disputes" => "Disputes",
            _ => "Customer",
        }
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let asked = Asked::new(pairs);
        let room = asked.get("room").unwrap_or_default().to_owned();
        let missing = || Stop::Missing {
            what: "customer",
            id: id.clone(),
        };
        let standing = source.account_standing(&id)?.ok_or_else(missing)?;
        let rows = source
            .account_timeline(&id, &room, asked.get("cursor"))?
            .ok_or_else(missing)?;
        let path = format!("/customers/{}/timeline", segment(&id));
        draw(&TimelinePage {
            frame,
            standing,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            rows,
            room,
            rooms: &ACCOUNT_ROOMS,
        })
    })
    .await
}
