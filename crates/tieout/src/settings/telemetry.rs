//! Where traces go.

use serde::Deserialize;
use telemetry::OtlpSettings;

/// Where traces go; nowhere, when no collector is named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// Address of an OpenTelemetry collector for traces over HTTP, such as
    /// `http://127.0.0.1:4318/v1/traces`.
    pub otlp_endpoint: Option<String>,
    /// What this process is called there.
    pub service: String,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            service: "tieout".to_owned(),
        }
    }
}

impl TelemetrySettings {
    /// For the exporter, when there is to be one.
    #[must_use]
    pub fn otlp(&self) -> Option<OtlpSettings> {
        let endpoint = self.otlp_endpoint.clone()?;
        Some(OtlpSettings {
            endpoint,
            service: self.service.clone(),
        })
    }
}
