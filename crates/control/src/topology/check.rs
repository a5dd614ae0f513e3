//! What must hold of a topology before it may be activated.

use super::{
    ANY, Domain, Interface, Mode, OURSELVES, Row, Scope, SystemRole, Topology, TopologyProblem,
};
use crate::ownership::CANONICAL_FIELDS;
use std::collections::BTreeSet;

pub(super) fn check(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    systems(topology, problems);
    groups(topology, problems);
    rows(topology, problems);
    let scopes: Vec<(String, &Scope)> = topology
        .rows
        .iter()
        .map(|row| (format!("domain {}", row.domain), &row.scope))
        .chain(
            topology
                .routes
                .iter()
                .map(|route| (format!("route {}", route.fact), &route.scope)),
        )
        .collect();
    ties(&scopes, problems);
    names(topology, &scopes, problems);
    edges(topology, problems);
    fields(topology, problems);
}

fn twice<'a>(
    what: &'static str,
    ids: impl Iterator<Item = &'a str>,
    problems: &mut Vec<TopologyProblem>,
) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            problems.push(TopologyProblem::Twice {
                what,
                id: id.to_owned(),
            });
        }
    }
}

fn systems(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    twice(
        "system",
        topology.systems.iter().map(|system| system.id.as_str()),
        problems,
    );
    twice(
        "token",
        topology
            .systems
            .iter()
            .flat_map(|system| system.tokens.iter().map(String::as_str)),
        problems,
    );
    for system in &topology.systems {
        if system.interface == Interface::Staging && system.waiver.trim().is_empty() {
            problems.push(TopologyProblem::NoWaiver {
                system: system.id.clone(),
            });
        }
    }
}

/// A product is in one line and an entity in one region, so that a place is one place.
fn groups(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    let (lines, regions) = (&topology.product_lines, &topology.regions);
    twice(
        "product line",
        lines.iter().map(|it| it.id.as_str()),
        problems,
    );
    twice("region", regions.iter().map(|it| it.id.as_str()), problems);
    let products = lines.iter().flat_map(|it| &it.products);
    twice("product", products.map(String::as_str), problems);
    let entities = regions.iter().flat_map(|it| &it.entities);
    twice("entity", entities.map(String::as_str), problems);
}

fn rows(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    for row in &topology.rows {
        let place = format!("domain {} ({})", row.domain, row.scope);
        let Some(system) = topology.system(&row.system) else {
            problems.push(TopologyProblem::NotDeclared {
                place,
                what: "system",
                id: row.system.clone(),
                known: known(topology),
            });
            continue;
        };
        if let Some(mend) = mode_mend(row) {
            problems.push(TopologyProblem::ModeMismatch {
                place: place.clone(),
                mode: row.mode,
                system: row.system.clone(),
                mend,
            });
        }
        if let Some(mend) = role_mend(system.role, row.domain) {
            problems.push(TopologyProblem::RoleMismatch {
                place,
                system: row.system.clone(),
                role: system.role,
                domain: row.domain,
                mend,
            });
        }
    }
    for domain in Domain::ALL {
        let everywhere = |row: &&Row| row.domain == *domain && row.scope.specificity() == 0;
        if !topology.rows.iter().any(|row| everywhere(&row)) {
            problems.push(TopologyProblem::NoSystem { domain: *domain });
        }
    }
}

fn mode_mend(row: &Row) -> Option<&'static str> {
    match (row.system == OURSELVES, row.mode) {
        (true, Mode::Act) | (false, Mode::Verify | Mode::Mirror) => None,
        (true, Mode::Verify | Mode::Mirror) => Some("Tieout acts where it is the system of record"),
        (false, Mode::Act) => Some("another system is the record here: verify or mirror it"),
    }
}

/// Who only reads owns nothing, and the books are never kept where deals are made.
fn role_mend(role: SystemRole, domain: Domain) -> Option<&'static str> {
    match (role, domain) {
        (SystemRole::Insight, _) => Some("a system of insight only reads"),
        (SystemRole::Engagement, Domain::Ledger | Domain::Revenue | Domain::Tax) => {
            Some("finance keeps the books: name a system of record or tieout")
        }
        _ => None,
    }
}

fn known(topology: &Topology) -> String {
    let ids: Vec<&str> = topology.systems.iter().map(|it| it.id.as_str()).collect();
    ids.join(", ")
}

/// Two rows that hold at one place must be told apart by a third one for exactly that place, or be
/// more and less specific.
fn ties(scopes: &[(String, &Scope)], problems: &mut Vec<TopologyProblem>) {
    for (index, (what, first)) in scopes.iter().enumerate() {
        for (other, second) in &scopes[index + 1..] {
            if what != other || first.specificity() != second.specificity() {
                continue;
            }
            let Some(meet) = first.meet(second) else {
                continue;
            };
            let settled = meet.specificity() > first.specificity()
                && scopes
                    .iter()
                    .any(|(name, scope)| name == what && **scope == meet);
            if !settled {
                problems.push(TopologyProblem::Tie {
                    domain: what.clone(),
                    first: first.to_string(),
                    second: second.to_string(),
                    meet: meet.to_string(),
                });
            }
        }
    }
}

/// Product lines and regions that rows name are declared, and so are the ends of routes.
fn names(topology: &Topology, scopes: &[(String, &Scope)], problems: &mut Vec<TopologyProblem>) {
    let lines: Vec<&str> = topology
        .product_lines
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    let regions: Vec<&str> = topology.regions.iter().map(|it| it.id.as_str()).collect();
    for (place, scope) in scopes {
        for (what, id, declared) in [
            ("product line", &scope.product_line, &lines),
            ("region", &scope.region, &regions),
        ] {
            if id != ANY && !declared.contains(&id.as_str()) {
                problems.push(TopologyProblem::NotDeclared {
                    place: place.clone(),
                    what,
                    id: id.clone(),
                    known: declared.join(", "),
                });
            }
        }
    }
    for route in &topology.routes {
        if route.to != "none" && topology.system(&route.to).is_none() {
            problems.push(TopologyProblem::NotDeclared {
                place: format!("route {} ({})", route.fact, route.scope),
                what: "system",
                id: route.to.clone(),
                known: known(topology),
            });
        }
    }
}

fn edges(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    for edge in &topology.edges {
        for id in [&edge.from, &edge.to] {
            if topology.system(id).is_none() {
                problems.push(TopologyProblem::NotDeclared {
                    place: format!("edge {} → {}", edge.from, edge.to),
                    what: "system",
                    id: id.clone(),
                    known: known(topology),
                });
            }
        }
        let direct = edge.from != OURSELVES && edge.to != OURSELVES;
        if direct && !topology.direct_edges {
            problems.push(TopologyProblem::DirectEdge {
                from: edge.from.clone(),
                to: edge.to.clone(),
                what: edge.what.clone(),
            });
        }
    }
}

fn fields(topology: &Topology, problems: &mut Vec<TopologyProblem>) {
    for field in CANONICAL_FIELDS {
        if !topology.fields.contains_key(*field) {
            problems.push(TopologyProblem::Unowned {
                field: (*field).to_owned(),
            });
        }
    }
    for field in topology.fields.keys() {
        if !CANONICAL_FIELDS.contains(&field.as_str()) {
            problems.push(TopologyProblem::UnknownField {
                field: field.clone(),
            });
        }
    }
}
