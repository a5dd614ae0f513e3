//! What meters make of the events of a day, in every order in which four of them can come.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use billing::{Meter, Tally, Use};
use commerce::{Charge, Measured};
use serde_json::json;
use std::collections::BTreeMap;
use values::Instant;

/// Time of 1 January, key and value.
type Event = (&'static str, &'static str, &'static str);

/// The last two are of the same moment.
const EVENTS: [Event; 4] = [
    ("06:00", "a", "30"),
    ("12:00", "d", "9"),
    ("18:00", "b", "7"),
    ("18:00", "c", "7"),
];

fn at(time: &str) -> Instant {
    format!("2026-01-01T{time}:00Z").parse().unwrap()
}

/// What a meter measures from six in the morning to midnight, events in this order.
fn measured(aggregation: &str, charge: &Charge, events: &[Event]) -> Measured {
    let meter = json!({ "code": "use", "name": "Use", "unit": "unit", "aggregation": aggregation });
    let meter: Meter = serde_json::from_value(meter).unwrap();
    let midnight = "2026-01-02T00:00:00Z".parse().unwrap();
    let mut tally = Tally::new(&meter, charge, (at("06:00"), midnight), (1, 1));
    let dimensions = BTreeMap::new();
    for (time, key, value) in events {
        let event = Use {
            at: at(time),
            key,
            value,
            dimensions: &dimensions,
        };
        tally.add(event).unwrap();
    }
    tally.finish().unwrap()
}

/// Every order of the events.
fn orders() -> Vec<Vec<Event>> {
    let mut orders = vec![Vec::new()];
    for event in EVENTS {
        let longer = orders.iter().flat_map(|order: &Vec<Event>| {
            (0..=order.len()).map(|place| {
                let mut next = order.clone();
                next.insert(place, event);
                next
            })
        });
        orders = longer.collect();
    }
    assert_eq!(orders.len(), 24);
    orders
}

fn per_unit() -> Charge {
    Charge::per_unit("1".parse().unwrap())
}

#[test]
fn a_quantity_does_not_depend_on_the_order_of_the_events() {
    for (aggregation, wanted) in [
        ("sum", "53"),
        ("count", "4"),
        ("unique_count", "3"),
        ("max", "30"),
        ("last", "7"),
        // 30 for a third of the eighteen hours, 39 for a third, 53 for a third.
        ("weighted_sum", "40.666666666667"),
    ] {
        for events in orders() {
            let measured = measured(aggregation, &per_unit(), &events);
            assert_eq!(
                measured.quantity.to_string(),
                wanted,
                "{aggregation}: {events:?}"
            );
            assert_eq!(measured.events, 4);
        }
    }
}

/// Of two events of one moment the one with the later key is the last.
#[test]
fn the_last_reading_is_the_last_by_its_own_time_and_then_by_its_key() {
    for (events, wanted) in [
        ([("18:00", "b", "7"), ("18:00", "c", "8")], "8"),
        ([("18:00", "c", "7"), ("18:00", "b", "8")], "7"),
        ([("18:00", "a", "7"), ("12:00", "z", "8")], "7"),
        ([("12:00", "z", "8"), ("18:00", "a", "7")], "7"),
    ] {
        let measured = measured("last", &per_unit(), &events);
        assert_eq!(measured.quantity.to_string(), wanted, "{events:?}");
    }
}

/// The first item is free, by its own time: 30. Of the other three, 23 in all, a tenth and 1 each.
#[test]
fn items_are_priced_in_the_order_of_their_own_time() {
    let charge = json!({ "model": "percentage", "rate": "0.1", "fixed": 1, "free_events": 1 });
    let charge: Charge = serde_json::from_value(charge).unwrap();
    for events in orders() {
        let measured = measured("sum", &charge, &events);
        let items: Vec<String> = measured.items.iter().map(ToString::to_string).collect();
        assert_eq!(items, ["30", "9", "7", "7"], "{events:?}");
        let price = charge.priced(&measured, 2).unwrap().amount;
        assert_eq!(price.to_string(), "5.3", "{events:?}");
    }
}

/// A level that came before the period goes on in it: 10 all day, and 30 more for half of it.
#[test]
fn a_level_from_before_the_period_is_weighted_from_its_beginning() {
    let events = [("03:00", "before", "10"), ("15:00", "within", "30")];
    let measured = measured("weighted_sum", &per_unit(), &events);
    assert_eq!(measured.quantity.to_string(), "25");
    assert_eq!(measured.events, 1, "one of the period");
}
