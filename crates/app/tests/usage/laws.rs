//! Laws: the order in which events come, and how often, changes nothing.

use crate::company::{Company, event, read};
use billing::UsageEvent;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

/// Events of January with values, some of them corrected.
fn stream() -> impl Strategy<Value = Vec<UsageEvent>> {
    let one = (1..31_u32, 0..86_400_u32, 0..5_000_i64, 0..6_u8);
    proptest::collection::vec(one, 1..14).prop_map(|events| {
        let mut all = Vec::new();
        for (number, (day, second, value, fate)) in events.into_iter().enumerate() {
            let when = format!(
                "2026-01-{day:02}T{:02}:{:02}:{:02}Z",
                second / 3_600,
                second / 60 % 60,
                second % 60
            );
            let value = format!("{}.{:02}", value / 100, value % 100);
            let key = format!("k{number}");
            all.push(event(&key, &when, &value));
            let correction = |word: &str| {
                let mut body = json!({"meter": "calls", "key": format!("c{number}"),
                    "contract": "C-1", "at": when, "value": 3});
                body[word] = json!(key);
                read(body)
            };
            match fate {
                0 => all.push(correction("replaces")),
                1 => all.push(correction("cancels")),
                _ => {}
            }
        }
        all
    })
}

/// Prices that look at the sum, at its tier and at begun packages.
fn charges() -> [Value; 4] {
    let tiers = json!([{"up_to": 20, "unit_price": "0.37"}, {"unit_price": "0.013"}]);
    [
        json!({"model": "graduated", "tiers": tiers}),
        json!({"model": "volume", "tiers": tiers}),
        json!({"model": "package", "size": 7, "price": "1.50", "free_units": 3}),
        json!({"model": "per_unit", "unit_price": "0.0137"}),
    ]
}

fn billed(
    aggregation: &str,
    charge: &Value,
    intakes: Vec<Vec<UsageEvent>>,
) -> (Vec<String>, String) {
    let company = Company::in_zone("UTC", "USD");
    company.meter(
        json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": aggregation}),
    );
    company.sells("calls", charge);
    for events in intakes {
        company.take(events);
    }
    let used = company.app.meter("calls").unwrap().unwrap();
    let lines = company.bill("2026-02-01");
    assert!(company.bill("2026-02-01").is_empty());
    (lines, used.uses[0].quantity.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, rng_seed: RngSeed::Fixed(12), ..ProptestConfig::default() })]
    #[test]
    fn any_order_and_any_repetition_of_events_gives_the_same_bill(
        (events, mixed) in stream().prop_flat_map(|events| {
            let twice: Vec<UsageEvent> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        }),
        aggregation in prop_oneof![Just("sum"), Just("max"), Just("last"), Just("count"), Just("weighted_sum")],
        charge in (0..charges().len()).prop_map(|number| charges()[number].clone()),
        cut in 1..7_usize,
    ) {
        let straight = billed(aggregation, &charge, vec![events]);
        let intakes = mixed.chunks(cut).map(<[UsageEvent]>::to_vec).collect();
        prop_assert_eq!(straight, billed(aggregation, &charge, intakes));
    }
}
