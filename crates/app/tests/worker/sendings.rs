//! When an effect was sent is a fact of its own. Looking it up, by this process or by one that died
//! over it, does not move it: neither from when an attempt of ours is looked for, nor from when an
//! absence is believed.

use crate::deliver::{
    declined, intend_collection, intend_journal, payment, payment_row, succeeded,
};
use crate::script::{Bench, absent, no_answer, reply};
use connect::Method;
use serde_json::{Value, json};
use store::effects;

const DAY: i64 = 86_400;

/// A process takes the effect to look it up and is never heard of again.
fn dies_looking_it_up(bench: &Bench, id: &str) {
    let effect = bench.effect(id);
    let now = bench.app.clock().now().microseconds();
    let taken = bench.app.run("test", move |tx, _| {
        let taking = effects::Taking {
            id: &effect.id,
            lane: &effect.lane,
            from: &effect.status,
            fence: effect.fence,
            status: "ambiguous",
            now,
            lease: now + 1_000_000,
            fallback: 0,
        };
        Ok(effects::take(tx, &taking)?)
    });
    assert!(taken.unwrap());
    bench.later(1);
}

fn moments(bench: &Bench, id: &str) -> (i64, i64) {
    let effect = bench.effect(id);
    (effect.first_sent, effect.last_sent)
}

#[test]
fn looking_an_effect_up_does_not_put_off_when_its_absence_is_believed() {
    let bench = Bench::new();
    let sent = bench.app.clock().now().microseconds();
    intend_journal(&bench, "eff_1", "ledger/a");
    assert_eq!(moments(&bench, "eff_1"), (0, 0));
    bench.will_answer([no_answer()]);
    bench.deliver();
    assert_eq!(moments(&bench, "eff_1"), (sent, sent));

    bench.later(29);
    dies_looking_it_up(&bench, "eff_1");
    bench.later(1);
    assert_eq!(moments(&bench, "eff_1"), (sent, sent));
    bench.will_answer([absent()]);
    bench.deliver();
    assert_eq!(
        bench.effect("eff_1").status,
        "intended",
        "31 seconds after the call it is known not to be there"
    );

    bench.later(60);
    let again = bench.app.clock().now().microseconds();
    bench.will_answer([no_answer()]);
    bench.deliver();
    assert_eq!(moments(&bench, "eff_1"), (sent, again));
}

#[test]
fn a_charge_is_looked_for_from_its_first_sending_however_late() {
    let bench = Bench::new();
    payment(&bench);
    let sent = bench.app.clock().now().seconds();
    intend_collection(&bench, "eff_1", 1, None);
    bench.will_answer([no_answer()]);
    bench.deliver();
    // Processes die over it for days: the key under which it was sent has long been forgotten.
    for _ in 0..3 {
        bench.later(2 * DAY);
        dies_looking_it_up(&bench, "eff_1");
    }
    let list = json!({ "object": "list", "data": [succeeded("pi_9")], "has_more": false });
    bench.will_answer([reply(200, &list)]);
    assert_eq!(bench.deliver().delivered, 1);
    let asked = bench.requests(Method::Get).pop().unwrap().url;
    let from = asked
        .split("created%5Bgte%5D=")
        .nth(1)
        .unwrap_or_else(|| panic!("{asked}"));
    let from: i64 = from.split('&').next().unwrap().parse().unwrap();
    assert!(from <= sent, "{asked} leaves out what was sent at {sent}");
    assert_eq!(bench.requests(Method::Post).len(), 1);
    assert_eq!(payment_row(&bench).external_id, "pi_9");
}

/// The payment after an attempt was declined: its charge, and when by the processor's clock (seconds).
fn declined_at(charge: &str, second: i64) -> Value {
    let mut intent = declined()["error"]["payment_intent"].clone();
    intent["last_payment_error"] = json!({ "code": "card_declined" });
    intent["latest_charge"] = json!({
        "id": charge, "object": "charge", "amount": 1250, "currency": "usd", "status": "failed",
        "created": second
    });
    intent
}

#[test]
fn a_later_attempt_is_known_by_its_charge_whatever_the_clocks_say() {
    // The processor's clock is a day behind ours, equal to it, and a day before it.
    for skew in [-DAY, 0, DAY] {
        later_attempt(skew);
    }
}

fn later_attempt(skew: i64) {
    let bench = Bench::new();
    payment(&bench);
    intend_collection(&bench, "eff_1", 1, None);
    bench.will_answer([reply(402, &declined())]);
    bench.deliver();
    bench.later(DAY);
    let sent = bench.app.clock().now().seconds();
    intend_collection(&bench, "eff_2", 2, Some("pi_1"));
    // The second attempt is declined, nobody hears of it, and what is shown is old.
    bench.will_answer([
        no_answer(),
        reply(200, &declined_at("ch_1", sent - DAY + skew)),
    ]);
    bench.deliver();
    bench.later(31);
    bench.deliver();
    assert_eq!(bench.effect("eff_2").status, "intended");
    // It is sent again, the processor repeats its answer, and nobody hears of that either.
    bench.later(60);
    bench.will_answer([
        no_answer(),
        reply(200, &declined_at("ch_2", sent + 1 + skew)),
    ]);
    bench.deliver();
    bench.later(31);
    assert_eq!(
        bench.deliver().delivered,
        1,
        "it is the attempt that was sent first"
    );
    assert_eq!(payment_row(&bench).attempts, 2);
    assert_eq!(bench.requests(Method::Post).len(), 3);
    bench.assert_all_used();
}
