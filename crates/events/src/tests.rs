use super::*;
use values::Instant;

fn sample() -> Envelope {
    Envelope {
        id: "evt_1".parse().unwrap(),
        source: "/sys/salesforce".into(),
        subject: "customer/acme".into(),
        time: Instant::from_seconds(1_767_225_600),
        recorded: Instant::from_seconds(1_767_225_601),
        effective: values::parse_date("2026-01-01").unwrap(),
        entity: Some("US".parse().unwrap()),
        partition: "customer/acme".into(),
        sequence: 1,
        correlation: "chn_1".parse().unwrap(),
        causation: None,
        idempotency_key: "k".into(),
        origin: Origin::Live,
        actor: "test".into(),
        event: Event::CustomerCreated(CustomerCreated {
            customer: "acme".parse().unwrap(),
            legal_name: "Acme Inc.".into(),
            currency: None,
            references: vec![],
        }),
    }
}

fn seal(envelope: &Envelope, previous: &Hash, data: &str) -> Hash {
    link(
        previous,
        &Link {
            partition: &envelope.partition,
            sequence: envelope.sequence,
            id: envelope.id.as_str(),
            type_name: envelope.event.type_name(),
            subject: &envelope.subject,
            time: envelope.time.microseconds(),
            recorded: envelope.recorded.microseconds(),
            effective: &envelope.effective.to_string(),
            entity: envelope.entity.as_ref().map_or("", |e| e.as_str()),
            correlation: envelope.correlation.as_str(),
            causation: "",
            idempotency_key: &envelope.idempotency_key,
            actor: &envelope.actor,
            source: &envelope.source,
            origin: envelope.origin.as_str(),
            data,
        },
    )
}

#[test]
fn an_event_is_a_cloud_event() {
    let document = sample().to_cloud_event().unwrap();
    assert_eq!(document["specversion"], "1.0");
    assert_eq!(document["type"], "com.tieout.customer.account.created.v1");
    assert_eq!(document["accountingperiod"], "2026-01");
    let object = document.as_object().unwrap();
    for name in object.keys() {
        let fits = name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase());
        assert!(fits, "{name} is no CloudEvents attribute name");
    }
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    let event = sample().event;
    let text = event.data_text().unwrap();
    assert_eq!(Event::read(event.type_name(), &text).unwrap(), event);
    assert!(matches!(
        Event::read("com.example.v1", &text),
        Err(UnreadableEvent::Type { .. })
    ));
    assert!(
        Event::read(event.type_name(), "{}")
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
}

#[test]
fn the_seal_changes_with_every_field() {
    let envelope = sample();
    let data = envelope.event.data_text().unwrap();
    let whole = seal(&envelope, &GENESIS, &data);
    assert_eq!(whole, seal(&envelope, &GENESIS, &data));
    assert_ne!(whole, seal(&envelope, &whole, &data));
    assert_ne!(
        whole,
        seal(&envelope, &GENESIS, &data.replace("Inc", "Ltd"))
    );
    let mut moved = envelope.clone();
    moved.partition.push('x');
    moved.subject.remove(0);
    assert_ne!(whole, seal(&moved, &GENESIS, &data));
}

#[test]
fn type_names_are_reversed_domains_in_the_past_tense_with_a_version() {
    for name in Event::TYPE_NAMES {
        let parts: Vec<_> = name.split('.').collect();
        assert_eq!(
            (parts.len(), parts[0], parts[1]),
            (6, "com", "tieout"),
            "{name}"
        );
        // Two say that something has not happened, or is about to: nothing past can name that.
        let awaited = ["overdue", "expiring"].contains(&parts[4]);
        // The participle of the trade's own word, which is not a regular one.
        let irregular = parts[4] == "written_off";
        assert!(parts[4].ends_with("ed") || awaited || irregular, "{name}");
        assert!(parts[5].starts_with('v'), "{name}");
    }
}
