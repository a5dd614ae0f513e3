//! Schemas of events that came with a new version of the program: each is recorded once, when a
//! program that knows it first works on these books.

use super::{day_of, digest_of};
use crate::record::{Context, Fact, Recorder};
use crate::{App, AppFault};
use events::{CATALOGUE, CatalogueEntry, Event, SchemaPublished};
use std::collections::BTreeMap;
use store::{Tx, settings};

/// Setting that holds the newest version of each event type that was recorded.
const RECORDED: &str = "event_schemas";
/// Who records them.
const ACTOR: &str = "tieout/schemas";

impl App {
    /// Records the schemas of this program that are newer than those recorded in the books. Several
    /// processes may start at once: each version is recorded by one of them. Returns how many were.
    ///
    /// # Errors
    /// When the store fails.
    pub fn publish_schemas(&self) -> Result<usize, AppFault> {
        self.run(ACTOR, |tx, context| publish(tx, context, CATALOGUE))
    }
}

/// The figures of a version, so that 1.10.0 is newer than 1.9.0.
fn figures(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|figure| figure.parse().unwrap_or(0))
        .collect()
}

fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    catalogue: &[CatalogueEntry],
) -> Result<usize, AppFault> {
    settings::take_turn(tx, RECORDED)?;
    let mut recorded: BTreeMap<String, String> = match settings::setting(tx, RECORDED)? {
        Some(text) => crate::fault::stored("event schemas", &text)?,
        None => BTreeMap::new(),
    };
    let newer: Vec<&CatalogueEntry> = catalogue
        .iter()
        .filter(|entry| {
            recorded
                .get(entry.type_name)
                .is_none_or(|known| figures(known) < figures(&entry.version()))
        })
        .collect();
    if newer.is_empty() {
        return Ok(0);
    }
    let schemas: BTreeMap<&str, String> = Event::schemas()
        .into_iter()
        .map(|(type_name, schema)| (type_name, schema.to_string()))
        .collect();
    let chain = context.new_chain();
    for entry in &newer {
        let version = entry.version();
        let day = |text: &str| values::parse_date(text).ok();
        let published = SchemaPublished {
            event_type: entry.type_name.to_owned(),
            version: version.clone(),
            previous_version: recorded.get(entry.type_name).cloned(),
            schema: entry.data_schema(),
            checksum: digest_of(schemas.get(entry.type_name).map_or("", String::as_str)),
            owner: entry.owner.to_owned(),
            deprecated: entry.deprecation.and_then(|end| day(end.announced)),
            retired: entry.deprecation.and_then(|end| day(end.retired)),
        };
        let key = format!("schema/{}/{version}", entry.type_name);
        let mut recorder = Recorder::new(context, chain.clone(), "/governance", &key);
        let fact = Fact {
            subject: format!("schema/{}", entry.type_name),
            partition: "schemas".to_owned(),
            entity: None,
            effective: day_of(context.now),
            happened: context.now,
        };
        recorder.event(fact, Event::SchemaPublished(published));
        recorder.finish(tx)?;
        recorded.insert(entry.type_name.to_owned(), version);
    }
    let text = crate::fault::to_store("event schemas", &recorded)?;
    settings::set_setting(tx, RECORDED, &text)?;
    Ok(newer.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MonotonicIds, SimulatedClock};
    use std::sync::Arc;
    use store::{Durability, Location, Store, log};

    fn app() -> App {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        App::open(store, clock, ids, events::Origin::Simulation).unwrap()
    }

    fn recorded(app: &App) -> Vec<(String, serde_json::Value)> {
        let all = app.store().read(|tx| log::after(tx, "", 10_000)).unwrap();
        all.into_iter()
            .filter(|event| event.type_name == "com.tieout.governance.schema.published.v1")
            .map(|event| (event.subject, serde_json::from_str(&event.data).unwrap()))
            .collect()
    }

    #[test]
    fn each_version_of_a_schema_is_recorded_once() {
        let app = app();
        assert_eq!(app.publish_schemas().unwrap(), CATALOGUE.len());
        assert_eq!(app.publish_schemas().unwrap(), 0, "a restart adds nothing");
        let first = recorded(&app);
        assert_eq!(first.len(), CATALOGUE.len());
        assert_eq!(first[0].1["checksum"].as_str().unwrap().len(), 64);
        assert!(
            first
                .iter()
                .all(|(_, told)| told["checksum"] != digest_of(""))
        );

        // A newer program knows a field more of one event.
        let mut grown = CATALOGUE[0];
        grown.growths += 10;
        let newer = [grown];
        let count = app
            .run("test", move |tx, context| publish(tx, context, &newer))
            .unwrap();
        assert_eq!(count, 1);
        let (subject, told) = recorded(&app).pop().unwrap();
        assert_eq!(subject, format!("schema/{}", grown.type_name));
        assert_eq!(told["version"], grown.version());
        assert_eq!(told["previous_version"], CATALOGUE[0].version());

        // The older program that goes on beside it takes nothing back.
        assert_eq!(app.publish_schemas().unwrap(), 0);
        assert_eq!(recorded(&app).len(), CATALOGUE.len() + 1);
    }
}
