//! Chargebacks as they are read.

use super::{answer, fixture, object_of_event, usd};
use connect::stripe;
use values::Instant;

#[test]
fn a_dispute_says_what_it_moved_and_until_when_it_can_be_answered() {
    let reply = answer(200, fixture("object.dispute.json"));
    let asked = stripe::read_dispute(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(
        (asked.status.as_str(), asked.amount, asked.moved.len()),
        ("warning_needs_response", usd(1000), 0)
    );
    assert_eq!(asked.charge.as_deref(), Some("ch_1PgafuB7WZ01zgkWXYmPNZs8"));
    assert_eq!(asked.payment_intent, None);
    assert_eq!(
        asked.answer_until,
        Some(Instant::from_seconds(1_723_679_999))
    );
    let reply = object_of_event("event.charge.dispute.funds_withdrawn.json");
    let taken = stripe::read_dispute(&stripe::RETRIEVE, &reply).unwrap();
    assert_eq!(
        (taken.status.as_str(), taken.reason.as_str()),
        ("needs_response", "fraudulent")
    );
    let moved = &taken.moved[0];
    assert_eq!(
        (moved.amount, moved.fee, moved.net),
        (usd(-25_000), usd(1_500), usd(-26_500))
    );
    let event = stripe::read_delivered_event(&fixture("event.charge.dispute.created.json"));
    let event = event.unwrap();
    assert_eq!(event.kind, "charge.dispute.created");
    assert_eq!(event.object_type, "dispute");
    assert_eq!(
        event.object_id.as_deref(),
        Some("dp_000000000000000000000000")
    );
    assert_eq!(event.charge.as_deref(), Some("ch_000000000000000000000000"));
}
