//! In a storm every call gets through in the end, and effects with a key happen once.

use sim::{SimClock, SimOptions, Simulators, Weather};
use std::time::Duration;

use crate::caller::{NEW_YEAR, try_call};

#[test]
fn keyed_payments_happen_once_in_a_storm() {
    let options = SimOptions {
        weather: Weather::stormy(),
        ..SimOptions::in_memory(99, SimClock::at(NEW_YEAR))
    };
    let sims = Simulators::start(options).unwrap();
    sims.set_hold(Duration::from_millis(2));
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    sims.stripe
        .put_payment_method("pm_anna", "cus_anna")
        .unwrap();
    let url = format!("{}/v1/payment_intents", sims.stripe.base_url());
    let mut disturbed = 0;
    for number in 0..60 {
        let key = format!("key-{number}");
        let headers = [
            ("Authorization", "Bearer sk_test_tieout"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Idempotency-Key", key.as_str()),
        ];
        let body = "amount=500&currency=usd&customer=cus_anna&payment_method=pm_anna&confirm=true";
        let mut tries = 0;
        loop {
            tries += 1;
            assert!(tries < 20, "{key} is doomed");
            match try_call("POST", &url, &headers, Some(body)).map(|reply| reply.status) {
                Some(200) => break,
                None | Some(429 | 500) => disturbed += 1,
                Some(other) => panic!("{key} got {other}"),
            }
        }
    }
    assert!(disturbed > 3, "{disturbed} calls were disturbed");
    assert_eq!(sims.stripe.objects("payment_intents").len(), 60);
    assert_eq!(sims.stripe.objects("charges").len(), 60);
}
