//! The exporter: OTLP over HTTP with protobuf, in batches, off the path of the work.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSettings {
    /// The collector's address for traces, such as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// What this process is called there.
    pub service: String,
}

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryFault {
    /// The exporter cannot be made.
    #[error("traces cannot be sent to {endpoint}: {error}")]
    Exporter {
        /// The collector's address.
        endpoint: String,
        /// What is wrong.
        error: String,
    },
}

/// Keeps the exporter alive; dropping it sends what waits.
#[derive(Debug)]
pub struct Exporting(SdkTracerProvider);

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// A layer that turns spans into traces and sends them to a collector.
///
/// # Errors
/// When the address is none.
pub fn layer<S>(
    settings: &OtlpSettings,
) -> Result<(impl Layer<S> + Send + Sync + use<S>, Exporting), TelemetryFault>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(settings.endpoint.clone())
        .with_http_client(Sender(agent))
        .build()
        .map_err(|error| TelemetryFault::Exporter {
            endpoint: settings.endpoint.clone(),
            error: error.to_string(),
        })?;
    let resource = Resource::builder()
        .with_service_name(settings.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let tracer = provider.tracer("tieout");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    crate::EXPORTING.store(true, std::sync::atomic::Ordering::Relaxed);
    Ok((layer, Exporting(provider)))
}

/// Sends with the client that the connections use; the batch processor has a thread of its own, so
/// waiting there holds up nobody.
#[derive(Debug)]
struct Sender(ureq::Agent);

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let mut answer = self.0.run(request)?;
        let bytes = answer.body_mut().read_to_vec()?;
        let mut response = Response::new(Bytes::from(bytes));
        *response.status_mut() = answer.status();
        Ok(response)
    }
}
