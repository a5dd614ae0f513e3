//! What stands around every page: the rail, the search box, who is looking.

use super::{ConsoleState, Viewer, assets};
use crate::auth::session;
use axum::http::Method;
use control::{Permission, Role};
use values::Instant;

/// The pages that the rail lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    TieOuts,
    Flow,
    Processes,
    Exceptions,
    Disputes,
    Outstanding,
    Incidents,
    Approvals,
    Replays,
    Customers,
    Contracts,
    PriceChanges,
    Quotes,
    Catalogue,
    Progress,
    TaxDecisions,
    Intercompany,
    Entities,
    BillRuns,
    Invoices,
    Meters,
    Payments,
    Cash,
    Receivables,
    Collections,
    Journals,
    TrialBalance,
    Connections,
    Audit,
    Events,
    Endpoints,
    Lanes,
    Rules,
    Account,
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
        ],
    ),
    (
        "Work",
        &[
            entry(Place::Exceptions, "Exceptions", "/exceptions", "e"),
            entry(Place::Disputes, "Disputes", "/disputes", "q"),
            entry(Place::Incidents, "Incidents", "/incidents", "d"),
            entry(
                Place::Outstanding,
                "Not done yet",
                "/outstanding/subscriptions",
                "n",
            ),
            entry(Place::Approvals, "Approvals", "/approvals", "a"),
            entry(Place::Flow, "Process health", "/flow", "f"),
            entry(Place::Processes, "Processes", "/processes", "w"),
        ],
    ),
    (
        "Sell",
        &[
            entry(Place::Customers, "Customers", "/customers", "u"),
            entry(Place::Catalogue, "Catalogue", "/catalogue", "g"),
            entry(Place::Quotes, "Quotes", "/quotes", "2"),
            entry(Place::Contracts, "Contracts", "/contracts", "c"),
            entry(Place::PriceChanges, "Price changes", "/price-changes", "9"),
        ],
    ),
    (
        "Bill",
        &[
            entry(Place::BillRuns, "Bill runs", "/bill-runs", "b"),
            entry(Place::Invoices, "Invoices", "/invoices", "i"),
            entry(Place::Meters, "Meters", "/meters", "m"),
            entry(Place::Progress, "Work in parts", "/progress", "3"),
            entry(Place::TaxDecisions, "Tax decisions", "/tax-decisions", "4"),
        ],
    ),
    (
        "Collect",
        &[
            entry(Place::Payments, "Payments", "/payments", "p"),
            entry(Place::Cash, "Cash application", "/cash", "k"),
            entry(Place::Receivables, "Receivables", "/receivables", "z"),
            entry(Place::Collections, "Collections", "/collections", "1"),
        ],
    ),
    (
        "Books",
        &[
            entry(Place::Journals, "Journals", "/journals", "j"),
            entry(Place::TrialBalance, "Trial balance", "/trial-balance", "t"),
            entry(
                Place::Intercompany,
                "Between entities",
                "/intercompany",
                "5",
            ),
            entry(Place::Entities, "Legal entities", "/entities", "6"),
        ],
    ),
    (
        "Control",
        &[
            entry(Place::Rules, "Rules", "/rules", "l"),
            entry(Place::Replays, "Replays", "/replays", "r"),
            entry(Place::Audit, "Audit", "/audit", "x"),
        ],
    ),
    (
        "System",
        &[
            entry(Place::Connections, "Connections", "/connections", "s"),
            entry(Place::Lanes, "Lanes", "/lanes", "y"),
            entry(Place::Events, "Events", "/events", "v"),
            entry(Place::Endpoints, "Endpoints", "/endpoints", "7"),
            entry(Place::Account, "Your account", "/account", "8"),
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

    /// The entries that open for the role of the viewer. Before a sign-in all are listed.
    pub(super) fn rail(&self) -> Vec<(&'static str, Vec<&'static Entry>)> {
        let role = self
            .viewer
            .as_ref()
            .and_then(|viewer| Role::from_word(&viewer.role));
        let opens = |entry: &&Entry| {
            role.is_none_or(|role| role.may(session::needed(&Method::GET, entry.href)))
        };
        RAIL.iter()
            .map(|(group, entries)| (*group, entries.iter().filter(opens).collect::<Vec<_>>()))
            .filter(|(_, entries)| !entries.is_empty())
            .collect()
    }

    pub(super) fn style_href(&self) -> String {
        assets::style_href()
    }

    pub(super) fn script_href(&self) -> String {
        assets::script_href()
    }

    /// Whether who is looking may do that; nobody may do anything before a sign-in.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| {
            Role::from_word(&viewer.role).is_some_and(|role| role.may(permission))
        })
    }

    /// The secret that forms send back; empty for nobody, and then it opens nothing.
    pub(super) fn csrf(&self) -> &str {
        self.viewer.as_ref().map_or("", |viewer| &viewer.csrf)
    }
}

#[cfg(test)]
mod tests {
    use super::RAIL;

    #[test]
    fn each_key_opens_one_page() {
        let mut keys: Vec<&str> = RAIL
            .iter()
            .flat_map(|(_, entries)| entries.iter().map(|entry| entry.key))
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "{keys:?}");
    }
}
