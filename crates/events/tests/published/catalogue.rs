//! `docs/events.md` is made from the catalogue and committed.

use crate::{committed, docs};
use events::{CATALOGUE, CatalogueEntry, Consumer, Event, Retention};

const HEAD: &str = "\
# Events

<!-- Made by `UPDATE_SCHEMAS=1 cargo test -p events committed`; change crates/events, not this page. -->

Everything that happens is one of these events, published as a CloudEvents 1.0 document. The schema of an event
describes the whole document, envelope and `data`; its sample is one such document. A published version only grows:
a field may be added when nobody must send it. Anything else is a new version, `.v2`, beside the old one, which stays
readable for ever; a test refuses the change otherwise.

Consumers are the rooms and the systems outside that an event is meant for; *control* (reconciliation and exceptions)
reads every event. The owner is the role that answers for the meaning of an event and agrees to a new version of it.
";

const RETENTION: &str = "
## Retention

The log deletes nothing. These are the house's least times, for an archive beside it; where your law asks for more,
the law holds.

| Class | Kept at least |
|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "\n| Event | Version | What it says | Producer | Consumers | Owner | Retention | |\n",
    );
    page.push_str("|---|---|---|---|---|---|---|---|\n");
    for (entry, (type_name, schema)) in CATALOGUE.iter().zip(Event::schemas()) {
        let consumers: Vec<&str> = entry.consumers.iter().map(|one| one.title()).collect();
        let consumers = if entry.consumers == Consumer::ALL {
            "all".to_owned()
        } else {
            consumers.join(", ")
        };
        page.push_str(&format!(
            "| `{type_name}` | {version}{end} | {says} | {producer} | {consumers} | {owner} | {kept} | \
             [schema](schemas/events/{type_name}.schema.json), \
             [sample](../crates/events/tests/golden/{type_name}.json) |\n",
            version = entry.version(),
            end = entry.deprecation.map_or_else(String::new, |end| format!(
                "; deprecated since {}, sent until {} to who asks for it, then read `{}`",
                end.announced, end.retired, end.instead
            )),
            says = schema["description"].as_str().unwrap(),
            producer = entry.producer,
            owner = entry.owner,
            kept = entry.retention.title(),
        ));
    }
    page.push_str(RETENTION);
    for class in Retention::ALL {
        page.push_str(&format!("| {} | {} |\n", class.title(), class.least()));
    }
    page
}

#[test]
fn the_committed_catalogue_is_that_of_the_code() {
    committed(&docs().join("events.md"), &page());
}

#[test]
fn the_catalogue_answers_for_every_event_once() {
    let names: Vec<&str> = CATALOGUE.iter().map(|entry| entry.type_name).collect();
    assert_eq!(names, Event::PUBLISHED);
    for entry in CATALOGUE {
        assert!(
            entry.consumers.contains(&Consumer::Control),
            "{}",
            entry.type_name
        );
        assert!(
            !entry.producer.is_empty() && !entry.owner.is_empty(),
            "{}",
            entry.type_name
        );
    }
}

#[test]
fn an_earlier_version_has_an_end_a_year_ahead_and_the_newest_has_none() {
    for entry in CATALOGUE {
        let newest = Event::newest(entry.type_name).unwrap();
        let Some(end) = entry.deprecation else {
            assert_eq!(entry.type_name, newest, "say when it ends");
            continue;
        };
        assert_ne!(entry.type_name, newest, "nothing else says what it says");
        assert_eq!(end.instead, newest);
        let day = |text: &str| values::parse_date(text).unwrap();
        let (announced, retired) = (day(end.announced), day(end.retired));
        assert!((retired - announced).get_days() >= 365, "{entry:?}");
        let eve = retired.yesterday().unwrap();
        assert!(entry.is_sent_on(eve) && !entry.is_sent_on(retired));
    }
}

#[test]
fn the_name_of_a_schema_has_its_semantic_version() {
    let entry = CatalogueEntry::of("com.tieout.payment.payment.failed.v2").unwrap();
    assert_eq!(
        entry.data_schema(),
        "urn:tieout:event-schema:com.tieout.payment.payment.failed:2.0.0"
    );
    assert_eq!(CatalogueEntry::of("com.example.v1"), None);
}
