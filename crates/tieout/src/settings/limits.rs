//! How often callers may ask, in the settings.

use serde::Deserialize;
use std::collections::BTreeMap;
use web::limits::{Limits, Quota};

/// Quotas of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Requests a second of each API token and each session, in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
    /// API tokens by name that have another quota.
    pub clients: BTreeMap<String, Quota>,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let usual = Limits::default().client;
        Self {
            per_second: usual.per_second,
            burst: usual.burst,
            clients: BTreeMap::new(),
        }
    }
}

impl LimitSettings {
    /// The quotas of the server.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            client: Quota::new(self.per_second, self.burst),
            clients: self.clients.clone(),
            ..Limits::default()
        }
    }
}
