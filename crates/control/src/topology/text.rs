//! Reading a topology from TOML. Field owners start from the standard list, which the file may
//! change field by field; `ownership = "none"` starts from nothing.

use super::check::check;
use super::{
    Edge, FieldOwner, ProductLine, Region, Route, Row, System, Topology, TopologyProblem,
    TopologyRefusal,
};
use crate::ownership::STANDARD_OWNERS;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ownership {
    Standard,
    None,
}

fn standard() -> Ownership {
    Ownership::Standard
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    name: String,
    #[serde(default)]
    summary: String,
    #[serde(default = "yes")]
    direct_edges: bool,
    #[serde(default = "standard")]
    ownership: Ownership,
    systems: Vec<System>,
    // A flattened scope keeps serde from refusing unknown names, so rows are read one by one.
    domains: Vec<toml::Table>,
    #[serde(default)]
    routes: Vec<toml::Table>,
    #[serde(default)]
    edges: Vec<Edge>,
    #[serde(default)]
    product_lines: Vec<ProductLine>,
    #[serde(default)]
    regions: Vec<Region>,
    #[serde(default)]
    fields: Vec<FieldOwner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owners {
    fields: Vec<FieldOwner>,
}

/// Names that a row of the table may have.
const ROW_NAMES: &[&str] = &[
    "domain",
    "entity",
    "product_line",
    "region",
    "system",
    "mode",
    "hand_entry",
    "others",
    "entry",
];
/// Names that a row of the route table may have.
const ROUTE_NAMES: &[&str] = &["fact", "entity", "product_line", "region", "to"];

fn unreadable(message: impl Into<String>) -> TopologyProblem {
    TopologyProblem::Unreadable {
        message: message.into().trim().to_owned(),
    }
}

fn rows<T: serde::de::DeserializeOwned>(
    tables: Vec<toml::Table>,
    what: &str,
    names: &[&str],
    problems: &mut Vec<TopologyProblem>,
) -> Vec<T> {
    let mut read = Vec::with_capacity(tables.len());
    for (index, table) in tables.into_iter().enumerate() {
        let number = index + 1;
        if let Some(unknown) = table.keys().find(|name| !names.contains(&name.as_str())) {
            problems.push(unreadable(format!(
                "{what} {number}: {unknown:?} is no name of one; use {}",
                names.join(", ")
            )));
            continue;
        }
        match table.try_into::<T>() {
            Ok(row) => read.push(row),
            Err(error) => {
                problems.push(unreadable(format!("{what} {number}: {}", error.message())));
            }
        }
    }
    read
}

pub(super) fn read(text: &str) -> Result<Topology, TopologyRefusal> {
    let alone = |problem| TopologyRefusal {
        problems: vec![problem],
    };
    let file: File =
        values::read_toml(text).map_err(|error| alone(unreadable(error.to_string())))?;
    let mut problems = Vec::new();
    let read_rows: Vec<Row> = rows(file.domains, "row", ROW_NAMES, &mut problems);
    let routes: Vec<Route> = rows(file.routes, "route", ROUTE_NAMES, &mut problems);
    let mut fields = BTreeMap::new();
    if matches!(file.ownership, Ownership::Standard) {
        let owners: Owners = toml::from_str(STANDARD_OWNERS)
            .map_err(|error| alone(unreadable(error.to_string())))?;
        fields.extend(owners.fields.into_iter().map(|it| (it.field.clone(), it)));
    }
    fields.extend(file.fields.into_iter().map(|it| (it.field.clone(), it)));
    let topology = Topology {
        version: file.version,
        name: file.name,
        summary: file.summary,
        direct_edges: file.direct_edges,
        systems: file.systems,
        rows: read_rows,
        routes,
        edges: file.edges,
        product_lines: file.product_lines,
        regions: file.regions,
        fields,
    };
    if problems.is_empty() {
        check(&topology, &mut problems);
    }
    if problems.is_empty() {
        Ok(topology)
    } else {
        Err(TopologyRefusal { problems })
    }
}
