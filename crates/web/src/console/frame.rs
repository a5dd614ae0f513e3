//! What stands around every page: the rail, the search box, who is looking.

use super::{ConsoleState, Viewer, assets};
use values::Instant;

/// The pages that the rail lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    TieOuts,
    Flow,
    Processes,
    Exceptions,
    Outstanding,
    Incidents,
    Approvals,
    Replays,
    Customers,
    Contracts,
    Invoices,
    Payments,
    Journals,
    TrialBalance,
    Connections,
    Audit,
    Events,
    Endpoints,
    Lanes,
    Rules,
    /// Search, chains and error pages belong to no entry.
    Elsewhere,
}

/// One entry of the rail.
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) title: &'static str,
    pub(super) href: &'static str,
    /// The letter that opens it after `g`.
    pub(super) key: &'static str,
}

const fn entry(place: Place, title: &'static str, href: &'static str, key: &'static str) -> Entry {
    Entry {
        place,
        title,
        href,
        key,
    }
}

const RAIL: &[(&str, &[Entry])] = &[
    (
        "",
        &[
            entry(Place::Today, "Today", "/", "h"),
            entry(Place::TieOuts, "Tie-outs", "/tie-outs", "o"),
            entry(Place::Flow, "Process health", "/flow", "f"),
            entry(Place::Processes, "Processes", "/processes", "w"),
            entry(Place::Exceptions, "Exceptions", "/exceptions", "e"),
            entry(
                Place::Outstanding,
                "Not done yet",
                "/outstanding/subscriptions",
                "n",
            ),
            entry(Place::Incidents, "Incidents", "/incidents", "d"),
            entry(Place::Approvals, "Approvals", "/approvals", "a"),
            entry(Place::Replays, "Replays", "/replays", "r"),
        ],
    ),
    (
        "Commercial",
        &[
            entry(Place::Customers, "Customers", "/customers", "u"),
            entry(Place::Contracts, "Contracts", "/contracts", "c"),
        ],
    ),
    (
        "Billing",
        &[
            entry(Place::Invoices, "Invoices", "/invoices", "i"),
            entry(Place::Payments, "Payments", "/payments", "p"),
        ],
    ),
    (
        "Finance",
        &[
            entry(Place::Journals, "Journals", "/journals", "j"),
            entry(Place::TrialBalance, "Trial balance", "/trial-balance", "t"),
        ],
    ),
    (
        "Governance",
        &[entry(Place::Rules, "Rules", "/rules", "l")],
    ),
    (
        "Systems",
        &[
            entry(Place::Connections, "Connections", "/connections", "s"),
            entry(Place::Lanes, "Lanes", "/lanes", "y"),
            entry(Place::Events, "Events", "/events", "v"),
            entry(Place::Endpoints, "Endpoints", "/endpoints", "k"),
            entry(Place::Audit, "Audit", "/audit", "x"),
        ],
    ),
];

/// What the layout draws.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) place: Place,
    pub(super) viewer: Option<Viewer>,
    pub(super) now: Instant,
    /// Unresolved exceptions; absent when they cannot be counted just now.
    pub(super) open: Option<i64>,
    pub(super) reference: Option<String>,
    /// What the search box holds.
    pub(super) searched: String,
}

impl Frame {
    pub(super) fn new(state: &ConsoleState, viewer: Option<Viewer>, place: Place) -> Self {
        Self {
            place,
            viewer,
            now: state.source.now(),
            open: state.source.open_exceptions().ok(),
            reference: state.reference.clone(),
            searched: String::new(),
        }
    }

    pub(super) fn rail(&self) -> &'static [(&'static str, &'static [Entry])] {
        RAIL
    }

    pub(super) fn style_href(&self) -> String {
        assets::style_href()
    }

    pub(super) fn script_href(&self) -> String {
        assets::script_href()
    }

    /// The secret that forms send back; empty for nobody, and then it opens nothing.
    pub(super) fn csrf(&self) -> &str {
        self.viewer.as_ref().map_or("", |viewer| &viewer.csrf)
    }
}
