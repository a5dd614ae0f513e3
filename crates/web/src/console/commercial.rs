//! Customers and contracts.

use super::billing::AsOf;
use super::chain::Drawn;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Seat, Stop, draw, page};
use super::source::ListFilter;
use super::{ConsoleState, filters, money, timeline};
use app::query::{ContractTimeline, TimelineStretch};
use app::view::{ContractDetail, ContractRow, CustomerDetail, CustomerRow, Page};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::Permission;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use values::Date;

#[derive(Template)]
#[template(path = "customers.html")]
struct CustomersPage {
    frame: Frame,
    rows: Page<CustomerRow>,
    older: Option<String>,
}

impl CustomersPage {
    fn may_add(&self) -> bool {
        self.frame.may(Permission::ChangeContracts)
    }
}

pub(super) async fn customers(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let asked = Asked::new(pairs);
        let rows = source.customers(asked.get("cursor"))?;
        draw(&CustomersPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/customers", "cursor", next)),
            rows,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    frame: Frame,
    found: CustomerDetail,
    today: Date,
}

impl CustomerPage {
    fn may_record(&self) -> bool {
        self.frame.may(Permission::ApplyCash)
    }
}

pub(super) async fn customer(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let found = source.customer(&id)?.ok_or(Stop::Missing {
            what: "customer",
            id,
        })?;
        draw(&CustomerPage {
            today: money::utc_date(frame.now),
            frame,
            found,
        })
    })
    .await
}

/// What a list was narrowed to, for its pickers.
pub(super) struct Picked {
    pub(super) entities: Vec<(String, String)>,
    pub(super) statuses: &'static [&'static str],
    pub(super) filter: ListFilter,
    pub(super) action: &'static str,
}

impl Picked {
    pub(super) fn is_entity(&self, id: &str) -> bool {
        self.filter.entity.as_deref() == Some(id)
    }

    pub(super) fn is_status(&self, word: &str) -> bool {
        self.filter.status.as_deref() == Some(word)
    }

    pub(super) fn narrowed(&self) -> bool {
        self.filter != ListFilter::default()
    }
}

#[derive(Template)]
#[template(path = "contracts.html")]
struct ContractsPage {
    frame: Frame,
    rows: Page<ContractRow>,
    picked: Picked,
    older: Option<String>,
}

pub(super) async fn contracts(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Contracts, move |source, frame| {
        let asked = Asked::new(pairs);
        let filter = ListFilter {
            entity: asked.text("entity"),
            customer: asked.text("customer"),
            status: asked.text("status"),
            month: None,
        };
        let rows = source.contracts(&filter, asked.get("cursor"))?;
        draw(&ContractsPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/contracts", "cursor", next)),
            rows,
            picked: Picked {
                entities: source.entities()?,
                statuses: &["active", "amended", "cancelled", "expired"],
                filter,
                action: "/contracts",
            },
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "contract.html")]
struct ContractPage {
    frame: Frame,
    found: ContractDetail,
    timeline: Option<ContractTimeline>,
    picture: String,
    today: Date,
}

impl ContractPage {
    fn anchor(&self, band: impl Borrow<usize>, stretch: impl Borrow<usize>) -> String {
        timeline::anchor(*band.borrow(), *stretch.borrow())
    }

    fn held(&self, stretch: &TimelineStretch) -> String {
        timeline::said(stretch)
    }
}

pub(super) async fn contract(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Contracts, move |source, frame| {
        let found = source.contract(&id)?.ok_or(Stop::Missing {
            what: "contract",
            id,
        })?;
        let today = money::utc_date(frame.now);
        let over_time = source.contract_timeline(&found.row.id)?;
        draw(&ContractPage {
            today,
            picture: over_time
                .as_ref()
                .map_or_else(String::new, |told| timeline::picture(told, today)),
            timeline: over_time,
            frame,
            found,
        })
    })
    .await
}
