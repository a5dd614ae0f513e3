//! The direction of dependencies between the rooms, and what only some rooms may link.

use toml::{Table, Value};

use super::{Offence, Rule};

/// The rooms that decide: values in, decisions out, nothing of the world.
pub const DOMAIN: [&str; 8] = [
    "values", "events", "commerce", "billing", "ledger", "revenue", "recon", "control",
];

/// One room and the rooms that it may call.
struct Room {
    name: &'static str,
    calls: &'static [&'static str],
    /// Rooms that its tests may call besides.
    tests_call: &'static [&'static str],
}

/// The map of rooms in `ARCHITECTURE.md`, arrow by arrow.
const ROOMS: &[Room] = &[
    room("values", &[]),
    room("events", &["values"]),
    room("commerce", &["events", "values"]),
    room("billing", &["commerce", "events", "values"]),
    room("revenue", &["commerce", "events", "values"]),
    room("ledger", &["events", "values"]),
    room("recon", &["events", "values"]),
    room("control", &["events", "values"]),
    // Pure too, but lengths on a page are floats.
    room("paper", &["values"]),
    room("store", &["events", "values"]),
    room("telemetry", &[]),
    Room {
        name: "connect",
        calls: &["values"],
        tests_call: &["sim"],
    },
    Room {
        name: "sim",
        calls: &["connect", "values"],
        tests_call: &["connect", "app"],
    },
    Room {
        name: "app",
        calls: &[
            "store",
            "connect",
            "commerce",
            "billing",
            "revenue",
            "ledger",
            "recon",
            "control",
            "paper",
            "events",
            "values",
            "telemetry",
        ],
        tests_call: &["sim"],
    },
    Room {
        name: "web",
        // `control` for its types only: the console shows the states of exceptions and lanes.
        calls: &["app", "control", "events", "values", "telemetry"],
        tests_call: &["store", "connect", "sim"],
    },
    Room {
        name: "tieout",
        calls: &[
            "web",
            "app",
            "sim",
            "store",
            "connect",
            "commerce",
            "billing",
            "revenue",
            "ledger",
            "recon",
            "control",
            "events",
            "values",
            "telemetry",
        ],
        tests_call: &["storm"],
    },
    // Development only: it lives years through the real program and checks them from outside.
    room(
        "storm",
        &[
            "app", "sim", "store", "connect", "control", "events", "values",
        ],
    ),
    room("xtask", &[]),
];

const fn room(name: &'static str, calls: &'static [&'static str]) -> Room {
    Room {
        name,
        calls,
        tests_call: &[],
    }
}

/// Libraries that reach a database: they would carry SQL out of `store`.
const DATABASE_LIBRARIES: [&str; 8] = [
    "rusqlite",
    "libsqlite3-sys",
    "postgres",
    "tokio-postgres",
    "sqlx",
    "diesel",
    "sea-orm",
    "r2d2",
];

/// Libraries that reach the world, and so have no place in a domain crate.
const WORLDLY_LIBRARIES: [&str; 17] = [
    "async-trait",
    "axum",
    "chrono",
    "fastrand",
    "futures",
    "getrandom",
    "hyper",
    "nats",
    "rand",
    "reqwest",
    "ring",
    "smol",
    "socket2",
    "tokio",
    "tower",
    "tracing-subscriber",
    "ureq",
];

/// Dependencies that go against the map of rooms.
pub fn direction(path: &str, manifest: &str) -> Vec<Offence> {
    let told = |told: String| Offence {
        path: path.to_owned(),
        line: 0,
        rule: Rule::Direction,
        told,
    };
    let table = match manifest.parse::<Table>() {
        Ok(table) => table,
        Err(error) => return vec![told(format!("is not TOML: {}", error.message()))],
    };
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let name = table
        .get("package")
        .and_then(|package| package.get("name")?.as_str())
        .unwrap_or(folder);
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![told(format!(
            "the crate `{name}` is not on the map: add it to ARCHITECTURE.md and to \
             xtask/src/tidy/rooms.rs"
        ))];
    };

    dependencies(&table)
        .into_iter()
        .filter_map(|Dependency { section, library }| {
            let for_tests = section == "dev-dependencies";
            if ROOMS.iter().any(|other| other.name == library) {
                let allowed = room.calls.contains(&library.as_str())
                    || (for_tests && room.tests_call.contains(&library.as_str()));
                return (!allowed).then(|| {
                    told(format!(
                        "`{name}` must not depend on `{library}` ([{section}]): the map allows {}",
                        listed(room, for_tests)
                    ))
                });
            }
            if room.name != "store" && DATABASE_LIBRARIES.contains(&library.as_str()) {
                return Some(told(format!(
                    "`{name}` must not link `{library}`: only `store` speaks to a database"
                )));
            }
            if DOMAIN.contains(&name) && WORLDLY_LIBRARIES.contains(&library.as_str()) {
                return Some(told(format!(
                    "`{name}` must not link `{library}`: domain crates decide and do nothing else"
                )));
            }
            None
        })
        .collect()
}

/// A package that does not take the lints of the workspace.
pub fn lints(path: &str, manifest: &str) -> Option<Offence> {
    let table = manifest.parse::<Table>().ok()?;
    let taken = table
        .get("lints")
        .and_then(|lints| lints.get("workspace")?.as_bool());
    (taken != Some(true)).then(|| Offence {
        path: path.to_owned(),
        line: 0,
        rule: Rule::Lints,
        told: "does not take the lints of the workspace: add `[lints]` with `workspace = true`"
            .to_owned(),
    })
}

struct Dependency {
    section: &'static str,
    /// The real name of the package, whatever it is called here.
    library: String,
}

/// The dependencies of every section, those of one platform included.
fn dependencies(table: &Table) -> Vec<Dependency> {
    let mut tables = vec![table];
    if let Some(Value::Table(targets)) = table.get("target") {
        tables.extend(targets.values().filter_map(Value::as_table));
    }
    let mut found = Vec::new();
    for table in tables {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(Value::Table(entries)) = table.get(section) else {
                continue;
            };
            for (key, value) in entries {
                let renamed = value.get("package").and_then(Value::as_str);
                found.push(Dependency {
                    section,
                    library: renamed.unwrap_or(key).to_owned(),
                });
            }
        }
    }
    found
}

fn listed(room: &Room, for_tests: bool) -> String {
    let mut names = room.calls.to_vec();
    if for_tests {
        names.extend(room.tests_call);
    }
    match names.is_empty() {
        true => "it no room".to_owned(),
        false => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, manifest: &str) -> Vec<String> {
        direction(path, manifest)
            .into_iter()
            .map(|offence| offence.told)
            .collect()
    }

    #[test]
    fn an_arrow_of_the_map_is_fine() {
        let manifest = "[dependencies]\nvalues.workspace = true\nevents = { workspace = true }";
        assert!(told("crates/ledger/Cargo.toml", manifest).is_empty());
    }

    #[test]
    fn an_arrow_against_the_map_is_told() {
        assert_eq!(
            told(
                "crates/store/Cargo.toml",
                "[dependencies]\napp.workspace = true"
            ),
            ["`store` must not depend on `app` ([dependencies]): the map allows events, values"]
        );
        assert_eq!(
            told(
                "crates/values/Cargo.toml",
                "[dependencies.events]\nworkspace = true"
            ),
            ["`values` must not depend on `events` ([dependencies]): the map allows it no room"]
        );
    }

    #[test]
    fn nobody_depends_on_the_binary() {
        for room in ROOMS {
            let path = format!("crates/{}/Cargo.toml", room.name);
            for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let manifest = format!("[{section}]\ntieout.workspace = true");
                assert_eq!(told(&path, &manifest).len(), 1, "{} {section}", room.name);
            }
        }
    }

    #[test]
    fn a_new_name_or_a_platform_hides_nothing() {
        let renamed = "[dependencies]\nbooks = { package = \"store\", workspace = true }";
        assert_eq!(told("crates/billing/Cargo.toml", renamed).len(), 1);
        let platform = "[target.'cfg(unix)'.dependencies]\nweb.workspace = true";
        assert_eq!(told("crates/app/Cargo.toml", platform).len(), 1);
    }

    #[test]
    fn tests_may_call_the_simulators_where_the_map_says_so() {
        let manifest = "[dev-dependencies]\nsim.workspace = true";
        assert!(told("crates/connect/Cargo.toml", manifest).is_empty());
        assert_eq!(told("crates/ledger/Cargo.toml", manifest).len(), 1);
        let shipped = "[dependencies]\nsim.workspace = true";
        assert_eq!(told("crates/connect/Cargo.toml", shipped).len(), 1);
    }

    #[test]
    fn libraries_of_the_world_stay_out_of_the_domain() {
        let manifest = "[dependencies]\ntokio.workspace = true\nserde.workspace = true";
        assert_eq!(told("crates/revenue/Cargo.toml", manifest).len(), 1);
        assert!(told("crates/web/Cargo.toml", manifest).is_empty());
    }

    #[test]
    fn only_store_links_a_database() {
        let manifest = "[dependencies]\nrusqlite.workspace = true";
        assert!(told("crates/store/Cargo.toml", manifest).is_empty());
        assert_eq!(told("crates/app/Cargo.toml", manifest).len(), 1);
    }

    #[test]
    fn a_crate_off_the_map_is_told() {
        assert!(told("crates/misc/Cargo.toml", "")[0].contains("not on the map"));
        assert!(told("crates/app/Cargo.toml", "[dependencies")[0].contains("not TOML"));
    }

    #[test]
    fn the_map_has_no_circle() {
        let mut settled: Vec<&str> = Vec::new();
        while settled.len() < ROOMS.len() {
            let next = ROOMS.iter().find(|room| {
                !settled.contains(&room.name)
                    && room.calls.iter().all(|name| settled.contains(name))
            });
            settled.push(next.expect("some rooms of the map call each other").name);
        }
    }

    #[test]
    fn a_package_without_the_lints_is_told() {
        assert!(lints("crates/app/Cargo.toml", "[lints]\nworkspace = true").is_none());
        assert!(lints("crates/app/Cargo.toml", "[package]\nname = \"app\"").is_some());
        assert!(lints("crates/app/Cargo.toml", "[lints]\nworkspace = false").is_some());
    }
}
