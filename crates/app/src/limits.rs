//! What each system may be asked, and the defaults that fit what its maker allows.

use crate::connections::{NETSUITE, SALESFORCE};
use crate::payment_routes::{is_adyen, is_stripe};
use connect::breaker::BreakerRule;
use control::gate::Budget;
use serde::Deserialize;
use values::Date;

/// The limits of each connection. What is not said has the default of the system.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The CRM.
    pub salesforce: LimitSettings,
    /// The payment processor.
    pub stripe: LimitSettings,
    /// The payment processor Adyen.
    pub adyen: LimitSettings,
    /// The outside ledger.
    pub netsuite: LimitSettings,
}

/// The limits of one connection as the configuration gives them.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Calls a minute, all flows and processes together.
    pub calls_per_minute: Option<u32>,
    /// Calls at once after a rest.
    pub burst: Option<u32>,
    /// Effects under way at once, all processes together.
    pub concurrency: Option<u32>,
    /// Failures in a row that open the breaker.
    pub failures_to_open: Option<u32>,
    /// Seconds that the breaker holds before one call may probe.
    pub hold_seconds: Option<u32>,
    /// The day on which the credentials were made.
    pub credentials_from: Option<Date>,
    /// The day on which they end.
    pub credentials_until: Option<Date>,
}

/// The limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rate, burst and concurrency.
    pub budget: Budget,
    /// When the breaker opens and how long it holds.
    pub breaker: BreakerRule,
    /// The day on which the credentials were made.
    pub credentials_from: Option<Date>,
    /// The day on which they end.
    pub credentials_until: Option<Date>,
}

impl LimitsConfig {
    /// The limits of a connection.
    #[must_use]
    pub fn of(&self, connection: &str) -> Limits {
        match connection {
            // A vendor allows 25 long calls at once and a daily allowance that others share.
            SALESFORCE => self.salesforce.over(300, 50, 5),
            // 100 reads and 100 writes a second live, 25 in test mode.
            name if is_stripe(name) => self.stripe.over(1_200, 40, 8),
            // It publishes no figure: as much as the other processor is asked.
            name if is_adyen(name) => self.adyen.over(1_200, 40, 8),
            // 15 calls at once for all programs of the account together: leave the larger part.
            NETSUITE => self.netsuite.over(600, 60, 5),
            _ => LimitSettings::default().over(60, 10, 1),
        }
    }

    /// Limits so wide that nothing waits: for simulators that have none.
    #[must_use]
    pub fn none() -> LimitsConfig {
        let wide = LimitSettings {
            calls_per_minute: Some(6_000_000),
            burst: Some(100_000),
            concurrency: Some(10_000),
            ..LimitSettings::default()
        };
        LimitsConfig {
            salesforce: wide,
            stripe: wide,
            adyen: wide,
            netsuite: wide,
        }
    }
}

impl LimitSettings {
    fn over(&self, calls_per_minute: u32, burst: u32, concurrency: u32) -> Limits {
        let breaker = BreakerRule::default();
        let or = |given: Option<u32>, default: u32| given.unwrap_or(default).max(1);
        Limits {
            budget: Budget {
                per_minute: or(self.calls_per_minute, calls_per_minute),
                burst: or(self.burst, burst),
                concurrency: or(self.concurrency, concurrency),
            },
            breaker: BreakerRule {
                failures_to_open: or(self.failures_to_open, breaker.failures_to_open),
                hold_ms: self
                    .hold_seconds
                    .map_or(breaker.hold_ms, |seconds| seconds.saturating_mul(1_000)),
            },
            credentials_from: self.credentials_from,
            credentials_until: self.credentials_until,
        }
    }
}
