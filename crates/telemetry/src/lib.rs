//! Traces that carry the chain of evidence.
//!
//! Everything that happens in one chain (an order, its invoices, payments, journals and deliveries)
//! is one OpenTelemetry trace: its trace id is made from the correlation id of the chain, so that
//! processes which know nothing of each other write into the same trace, days apart, and whoever has
//! the correlation id can find it. Requests of people and programs are traces of their own, continued
//! from the caller's `traceparent`, and name the chain as an attribute.

mod export;

pub use export::{Exporting, OtlpSettings, TelemetryFault, layer};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Attribute of every span that names the chain.
pub const CORRELATION: &str = "correlationid";

/// The header of W3C Trace Context.
pub const TRACEPARENT: &str = "traceparent";

/// The trace id of a chain: the first 16 bytes of the SHA-256 of its correlation id, in hexadecimal.
#[must_use]
pub fn trace_id(correlation: &str) -> String {
    of_chain(correlation).trace_id().to_string()
}

/// Whether an exporter was set up in this process. Without one nothing here costs anything.
#[must_use]
pub fn is_exporting() -> bool {
    EXPORTING.load(Ordering::Relaxed)
}

static EXPORTING: AtomicBool = AtomicBool::new(false);

/// Puts a span into the trace of a chain. Without an exporter this costs next to nothing and has no
/// effect; a chain that is not known yet (empty) leaves the span where it is.
pub fn join_chain(span: &Span, correlation: &str) {
    if correlation.is_empty() || !is_exporting() {
        return;
    }
    let parent = Context::new().with_remote_span_context(of_chain(correlation));
    // A span that has started with another parent stays there.
    let _ = span.set_parent(parent);
}

/// Continues the trace of a caller.
pub fn join_caller(span: &Span, traceparent: &str) {
    if traceparent.is_empty() || !is_exporting() {
        return;
    }
    let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    let _ = span.set_parent(parent);
}

/// The `traceparent` under which what follows in a chain is to be found: for messages to others.
#[must_use]
pub fn traceparent(correlation: &str) -> String {
    let chain = of_chain(correlation);
    format!("00-{}-{}-01", chain.trace_id(), chain.span_id())
}

fn of_chain(correlation: &str) -> SpanContext {
    let digest: [u8; 32] = Sha256::digest(correlation.as_bytes()).into();
    let (mut trace, mut span) = ([0_u8; 16], [0_u8; 8]);
    trace.copy_from_slice(&digest[..16]);
    span.copy_from_slice(&digest[16..24]);
    SpanContext::new(
        TraceId::from_bytes(trace),
        SpanId::from_bytes(span),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_one_trace_and_another_chain_another() {
        assert_eq!(trace_id("chn_1"), trace_id("chn_1"));
        assert_ne!(trace_id("chn_1"), trace_id("chn_2"));
        let parent = traceparent("chn_1");
        assert_eq!(parent.len(), 55);
        assert!(
            parent.starts_with(&format!("00-{}-", trace_id("chn_1"))),
            "{parent}"
        );
    }
}
