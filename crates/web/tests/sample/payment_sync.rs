//! Sample times of payments.

use super::{PAYMENT, SampleSource, at, money};
use app::collection::sync::{PaymentSync, SyncLeg, SyncPlaces, SyncRow};
use web::console::{PaymentSyncSource, SourceFault};

fn leg(system: &str, title: &str, confirmed: usize) -> SyncLeg {
    let took = |milliseconds| Some(milliseconds).filter(|_| confirmed > 0);
    SyncLeg {
        system: system.to_owned(),
        title: title.to_owned(),
        confirmed,
        median_milliseconds: took(840),
        p95_milliseconds: took(4_200),
        longest_milliseconds: took(95_000),
        waiting: usize::from(confirmed > 0),
    }
}

fn row(system: &str, status: &str) -> SyncRow {
    SyncRow {
        payment: PAYMENT.to_owned(),
        system: system.to_owned(),
        effect: "eff_01JZ5N8R5A7C9E1G3J5M7P9R1U".to_owned(),
        recorded: at("2026-06-12T10:00:00Z"),
        status: status.to_owned(),
        milliseconds: 95_000,
    }
}

impl PaymentSyncSource for SampleSource {
    fn payment_sync(&self, _: u16, places: &SyncPlaces) -> Result<PaymentSync, SourceFault> {
        let waiting = self.unless_empty(vec![row("salesforce", "ambiguous")])?;
        let count = waiting.len();
        Ok(PaymentSync {
            since: at("2026-06-01T00:00:00Z"),
            payments: count * 3,
            legs: vec![
                leg("recorded", "Money arrived to recorded here", count * 3),
                leg(
                    "netsuite",
                    "Recorded here to confirmed by netsuite",
                    count * 3,
                ),
            ],
            slowest: self.unless_empty(vec![row("netsuite", "confirmed")])?,
            waiting,
            waiting_count: count * 1_204,
            waiting_next: (count > 0 && places.waiting.is_none()).then(|| "behind-50".to_owned()),
            confirmed_count: count * 3,
            slowest_next: None,
            unmatched: count,
            unmatched_value: self.unless_empty(vec![money("USD 17990.00")])?,
        })
    }
}
