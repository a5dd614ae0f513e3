//! Figures for Prometheus, in its text format. Counters are of this process; what stands in the
//! books is counted there when the figures are asked for.

use app::pulse::Pulse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency histogram, in microseconds.
const BOUNDS: [u64; 10] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000, 10_000_000,
];

#[derive(Debug, Default, Clone)]
struct Latency {
    /// How many took at most each bound; more than the last are in `count` only.
    within: [u64; BOUNDS.len()],
    count: u64,
    sum_us: u64,
}

#[derive(Debug, Default)]
struct Counted {
    requests: BTreeMap<(String, String, u16), u64>,
    latency: BTreeMap<(String, String), Latency>,
    commands: BTreeMap<(&'static str, &'static str), u64>,
}

/// The counters of this process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counted: Mutex<Counted>,
}

impl Metrics {
    /// Counts an answered request. `route` is the pattern of the path, never the path.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted
            .requests
            .entry((method.to_owned(), route.to_owned(), status))
            .or_default() += 1;
        let latency = counted
            .latency
            .entry((method.to_owned(), route.to_owned()))
            .or_default();
        latency.count += 1;
        latency.sum_us = latency.sum_us.saturating_add(took_us);
        for (within, bound) in latency.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(took_us <= bound);
        }
    }

    /// Counts a command by how it ended.
    pub(crate) fn command(&self, name: &'static str, outcome: &'static str) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.commands.entry((name, outcome)).or_default() += 1;
    }

    /// All figures in the text format.
    pub(crate) fn text(&self, pulse: &Pulse) -> String {
        let mut text = String::new();
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        head(
            &mut text,
            "tieout_build_info",
            "gauge",
            "The version of the program.",
        );
        line(
            &mut text,
            "tieout_build_info",
            &[("version", env!("CARGO_PKG_VERSION"))],
            "1",
        );
        head(
            &mut text,
            "tieout_http_requests_total",
            "counter",
            "Requests answered.",
        );
        for ((method, route, status), count) in &counted.requests {
            let labels = [
                ("method", method.as_str()),
                ("route", route),
                ("status", &status.to_string()),
            ];
            line(
                &mut text,
                "tieout_http_requests_total",
                &labels,
                &count.to_string(),
            );
        }
        head(
            &mut text,
            "tieout_http_request_duration_seconds",
            "histogram",
            "How long answers took.",
        );
        for ((method, route), latency) in &counted.latency {
            histogram(&mut text, method, route, latency);
        }
        head(
            &mut text,
            "tieout_commands_total",
            "counter",
            "Commands by how they ended.",
        );
        for ((name, outcome), count) in &counted.commands {
            let labels = [("command", *name), ("outcome", *outcome)];
            line(
                &mut text,
                "tieout_commands_total",
                &labels,
                &count.to_string(),
            );
        }
        drop(counted);
        head(
            &mut text,
            "tieout_effects",
            "gauge",
            "Outward effects by system and status.",
        );
        for (system, status, count) in &pulse.effects {
            let labels = [("system", system.as_str()), ("status", status)];
            line(&mut text, "tieout_effects", &labels, &count.to_string());
        }
        head(
            &mut text,
            "tieout_inbox_items",
            "gauge",
            "Inbox items by source and status.",
        );
        for (source, status, count) in &pulse.inbox {
            let labels = [("source", source.as_str()), ("status", status)];
            line(&mut text, "tieout_inbox_items", &labels, &count.to_string());
        }
        head(
            &mut text,
            "tieout_exceptions_open",
            "gauge",
            "Exceptions that are not resolved.",
        );
        line(
            &mut text,
            "tieout_exceptions_open",
            &[],
            &pulse.open_exceptions.to_string(),
        );
        activations(&mut text, pulse);
        payment_sync(&mut text, pulse);
        connections(&mut text, pulse);
        text
    }
}

/// How long contracts took from signature to force.
fn activations(text: &mut String, pulse: &Pulse) {
    type Figure = fn(&app::pulse::ActivationLag) -> i64;
    let figures: [(&str, &str, Figure); 4] = [
        (
            "tieout_activations_measured",
            "Contracts of which the day of signature is known.",
            |lag| lag.measured,
        ),
        (
            "tieout_activation_lag_days_sum",
            "Days from signature to force, of all of them.",
            |lag| lag.days,
        ),
        (
            "tieout_activation_lag_days_max",
            "The most days from signature to force.",
            |lag| lag.longest,
        ),
        (
            "tieout_activations_late",
            "Contracts that were in force later than they were to be.",
            |lag| lag.late,
        ),
    ];
    for (name, help, figure) in figures {
        head(text, name, "gauge", help);
        for lag in &pulse.activations {
            let labels = [("entity", lag.entity.as_str())];
            line(text, name, &labels, &figure(lag).to_string());
        }
    }
}

/// How long payments of the last hour took to be known in each system.
fn payment_sync(text: &mut String, pulse: &Pulse) {
    let name = "tieout_payment_sync_milliseconds";
    let help =
        "From a payment to its record here and to its confirmation by each system, last hour.";
    head(text, name, "gauge", help);
    for figures in &pulse.payment_sync {
        for (quantile, value) in [("0.5", figures.median), ("0.95", figures.p95)] {
            let labels = [("system", figures.system.as_str()), ("quantile", quantile)];
            if let Some(value) = value {
                line(text, name, &labels, &value.to_string());
            }
        }
    }
    let name = "tieout_payment_sync_waiting";
    head(
        text,
        name,
        "gauge",
        "News of payments of the last hour that a system has not confirmed.",
    );
    for figures in &pulse.payment_sync {
        let labels = [("system", figures.system.as_str())];
        line(text, name, &labels, &figures.waiting.to_string());
    }
}

/// What all processes together know of the connections.
fn connections(text: &mut String, pulse: &Pulse) {
    type Figure = fn(&app::lanes::ConnectionView) -> i64;
    let figures: [(&str, &str, Figure); 9] = [
        (
            "tieout_connection_open",
            "1 while the breaker holds deliveries.",
            |view| i64::from(view.breaker != "closed"),
        ),
        (
            "tieout_connection_paused",
            "1 while a person holds deliveries.",
            |view| i64::from(view.held.is_some()),
        ),
        (
            "tieout_connection_budget_left",
            "Calls that could go at once.",
            |view| i64::from(view.budget_left),
        ),
        (
            "tieout_connection_under_way",
            "Effects under way in all processes.",
            |view| view.under_way,
        ),
        (
            "tieout_connection_calls_last_hour",
            "Calls in the last hour.",
            |view| view.calls,
        ),
        (
            "tieout_connection_failures_last_hour",
            "Calls that failed in the last hour.",
            |view| view.failed,
        ),
        ("tieout_lanes", "Lanes with something to do.", |view| {
            view.lanes
        }),
        (
            "tieout_lanes_parked",
            "Lanes whose head waits for a person.",
            |view| view.parked_lanes,
        ),
        (
            "tieout_effects_waiting",
            "Effects that wait to be delivered.",
            |view| view.waiting,
        ),
    ];
    for (name, help, figure) in figures {
        head(text, name, "gauge", help);
        for view in &pulse.connections {
            let labels = [("system", view.name.as_str())];
            line(text, name, &labels, &figure(view).to_string());
        }
    }
}

fn histogram(text: &mut String, method: &str, route: &str, latency: &Latency) {
    let name = "tieout_http_request_duration_seconds";
    for (count, bound) in latency.within.iter().zip(BOUNDS) {
        let labels = [
            ("method", method),
            ("route", route),
            ("le", &seconds(bound)),
        ];
        line(text, &format!("{name}_bucket"), &labels, &count.to_string());
    }
    let labels = [("method", method), ("route", route)];
    let all = [labels[0], labels[1], ("le", "+Inf")];
    line(
        text,
        &format!("{name}_bucket"),
        &all,
        &latency.count.to_string(),
    );
    line(
        text,
        &format!("{name}_sum"),
        &labels,
        &seconds(latency.sum_us),
    );
    line(
        text,
        &format!("{name}_count"),
        &labels,
        &latency.count.to_string(),
    );
}

fn seconds(microseconds: u64) -> String {
    format!(
        "{}.{:06}",
        microseconds / 1_000_000,
        microseconds % 1_000_000
    )
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| {
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            format!("{label}=\"{value}\"")
        })
        .collect();
    let _ = if labels.is_empty() {
        writeln!(text, "{name} {value}")
    } else {
        writeln!(text, "{name}{{{}}} {value}", labels.join(","))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_in_every_bucket_that_it_fits() {
        let metrics = Metrics::default();
        metrics.request("GET", "/healthz", 200, Duration::from_micros(3_000));
        metrics.command("run_billing", "done");
        let text = metrics.text(&Pulse {
            open_exceptions: 4,
            ..Pulse::default()
        });
        for wanted in [
            "tieout_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1\n",
            "_bucket{method=\"GET\",route=\"/healthz\",le=\"0.002500\"} 0\n",
            "_bucket{method=\"GET\",route=\"/healthz\",le=\"0.005000\"} 1\n",
            "_bucket{method=\"GET\",route=\"/healthz\",le=\"+Inf\"} 1\n",
            "_sum{method=\"GET\",route=\"/healthz\"} 0.003000\n",
            "tieout_commands_total{command=\"run_billing\",outcome=\"done\"} 1\n",
            "tieout_exceptions_open 4\n",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }
}
