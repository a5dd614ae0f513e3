//! Events for those outside: readers of the log that miss nothing, and webhooks signed by the
//! Standard Webhooks specification.
//!
//! The fan-out reads the log and makes, in the transaction that moves its position on, one message
//! for each endpoint that wants the event. Messages are sent in lanes, one for each partition and
//! endpoint: a message that does not get through holds its own lane, is tried again by a schedule, and
//! is given up at its end, never silently. An endpoint that nothing has reached for days is disabled
//! and an exception says so.

mod body;
mod catalogue;
mod endpoint;
mod fan_out;
pub mod readers;
mod seen;
mod send;
mod subscription;

pub use body::{
    AddWebhookEndpoint, ChangeWebhookEndpoint, RecoverWebhooks, ResendWebhook, RotateWebhookSecret,
    ShowWebhookSecret, TestWebhook,
};
pub use catalogue::{EventTypeDetail, EventTypeRow, FieldChange, FieldRow};
pub use endpoint::ENDPOINTS;
pub use seen::{AttemptView, EndpointDetail, EndpointView, MessageView};
pub use subscription::{Choice, Subscription};

pub(crate) use endpoint::{add, change, recover, resend, rotate, test};

use crate::App;
use connect::Transport;
use connect::guarded::AddressPolicy;
use connect::transport::HttpLimits;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The reader of the log that makes messages for endpoints.
pub const WEBHOOKS: &str = "webhooks";

/// How webhooks are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutwardConfig {
    /// Whether endpoints may stand at loopback, private and link-local addresses.
    pub private_addresses: bool,
    /// After how many days without an answer an endpoint is disabled.
    pub disable_after_days: u16,
    /// How long one call may take, in seconds.
    pub call_seconds: u16,
}

impl Default for OutwardConfig {
    fn default() -> Self {
        Self {
            private_addresses: false,
            disable_after_days: 5,
            call_seconds: 15,
        }
    }
}

impl OutwardConfig {
    /// Which addresses may be called.
    #[must_use]
    pub fn policy(self) -> AddressPolicy {
        AddressPolicy {
            private: self.private_addresses,
        }
    }

    /// The transport that calls them and nothing else.
    #[must_use]
    pub fn transport(self) -> impl Transport {
        let call_ms = u64::from(self.call_seconds.max(1)) * 1_000;
        self.policy().transport(HttpLimits {
            connect_timeout_ms: call_ms.min(5_000),
            call_timeout_ms: call_ms,
            // What a receiver says beside its status is not read further.
            answer_limit_bytes: 64 * 1024,
        })
    }
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Events read from the log.
    pub read: u64,
    /// Messages made.
    pub queued: u64,
    /// Messages that a receiver took.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
}

impl Sent {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        *self == Sent::default()
    }
}

/// One round: what the log has for endpoints becomes messages, and what is due is sent.
pub fn tick(app: &App, transport: &dyn Transport, config: OutwardConfig) -> Sent {
    let (read, queued) = fan_out::work(app);
    let (delivered, failed) = send::work(app, transport, config);
    Sent {
        read,
        queued,
        delivered,
        failed,
    }
}

/// Rounds until the flag is set, on a thread of its own: a receiver that hangs delays nothing else.
pub fn run_until(app: &App, config: OutwardConfig, stop: &AtomicBool) {
    const PAUSE: Duration = Duration::from_millis(200);
    const ROUNDS_BETWEEN_SWEEPS: u32 = 300;
    app.allow_endpoints(config.policy());
    let transport = config.transport();
    let mut quiet = ROUNDS_BETWEEN_SWEEPS;
    while !stop.load(Ordering::Relaxed) {
        if quiet >= ROUNDS_BETWEEN_SWEEPS {
            fan_out::sweep(app);
            quiet = 0;
        }
        let sent = tick(app, &transport, config);
        quiet += 1;
        if sent.is_quiet() {
            std::thread::sleep(PAUSE);
        }
    }
}

impl App {
    /// One round of webhooks by hand: for tests and simulations, with a sweep before it.
    pub fn send_webhooks(&self, transport: &dyn Transport, config: OutwardConfig) -> Sent {
        fan_out::sweep(self);
        tick(self, transport, config)
    }
}
