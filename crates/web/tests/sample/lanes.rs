//! Connections and lanes of the sample.

use super::{SampleSource, at, money};
use app::lanes::{ConnectionView, HoldView, LaneList, LaneView};
use web::console::{FlowAction, FlowSource, FlowTarget, SourceFault};

fn connection(name: &str, status: &'static str) -> ConnectionView {
    ConnectionView {
        name: name.to_owned(),
        status,
        breaker: "closed".to_owned(),
        failures: 0,
        probe_at: None,
        held: None,
        calls_per_minute: 600,
        burst: 60,
        concurrency: 5,
        budget_left: 48,
        under_way: 2,
        slowed_by: 1,
        outage_from: None,
        outage_until: None,
        last_fault: String::new(),
        calls: 1_284,
        failed: 0,
        throttled: 0,
        half_within_ms: Some(250),
        most_within_ms: Some(1_000),
        allowance_used: None,
        allowance: None,
        credentials_from: None,
        credentials_until: None,
        credentials_days_left: None,
        lanes: 0,
        parked_lanes: 0,
        retrying_lanes: 0,
        waiting: 0,
        value_waiting: Vec::new(),
        parked: 0,
        value_parked: Vec::new(),
        oldest: None,
        confirmed_lately: 312,
        drained_at: None,
    }
}

fn lane(name: &str, head: &str, status: &str) -> LaneView {
    LaneView {
        name: name.to_owned(),
        connection: "netsuite".to_owned(),
        head: head.to_owned(),
        operation: "netsuite.journal_entry".to_owned(),
        subject: "journal/jrn_01JNETSUITE00000000000001".to_owned(),
        status: status.to_owned(),
        attempts: 0,
        error: String::new(),
        priority: 0,
        since: at("2026-03-30T07:10:00Z"),
        due: at("2026-03-31T09:05:00Z"),
        waiting: 4,
        value: vec![money("USD 48200.00")],
        held: String::new(),
    }
}

impl FlowSource for SampleSource {
    fn connection_views(&self) -> Result<Vec<ConnectionView>, SourceFault> {
        let salesforce = ConnectionView {
            allowance_used: Some(18_204),
            allowance: Some(100_000),
            credentials_days_left: Some(21),
            ..connection("salesforce", "well")
        };
        let stripe = ConnectionView {
            held: Some(HoldView {
                reason: "keys are being changed".to_owned(),
                actor: "Noor".to_owned(),
                since: at("2026-03-31T08:00:00Z"),
            }),
            ..connection("stripe", "paused")
        };
        let netsuite = ConnectionView {
            breaker: "open".to_owned(),
            probe_at: Some(at("2026-03-31T09:04:30Z")),
            last_fault: "netsuite: create_journal_entry: no connection: refused <b>".to_owned(),
            failed: 16,
            lanes: 213,
            parked_lanes: 2,
            retrying_lanes: 9,
            waiting: 641,
            value_waiting: vec![money("USD 912204.50")],
            parked: 7,
            value_parked: vec![money("USD 48200.00")],
            drained_at: Some(at("2026-03-31T09:35:00Z")),
            ..connection("netsuite", "degraded")
        };
        self.unless_empty(vec![salesforce, stripe, netsuite])
    }

    fn lane_views(
        &self,
        _: Option<&str>,
        list: LaneList,
        _: u16,
    ) -> Result<Vec<LaneView>, SourceFault> {
        let lanes = match list {
            LaneList::Waiting => vec![
                LaneView {
                    priority: 10,
                    ..lane("ledger/con_1", "eff_01JWAITING000000000000001", "intended")
                },
                LaneView {
                    held: "wrong customer <i>".to_owned(),
                    ..lane("ledger/con_2", "eff_01JWAITING000000000000002", "intended")
                },
            ],
            LaneList::Parked => vec![LaneView {
                error: "netsuite: the period is closed (PERIOD_CLOSED)".to_owned(),
                attempts: 1,
                ..lane("ledger/con_3", "eff_01JPARKED0000000000000001", "parked")
            }],
            LaneList::Retrying => vec![lane(
                "ledger/con_4",
                "eff_01JRETRY00000000000000001",
                "ambiguous",
            )],
        };
        self.unless_empty(lanes)
    }

    fn steer_flow(
        &self,
        target: &FlowTarget,
        action: &FlowAction,
        _: &str,
        _: &str,
    ) -> Result<(), SourceFault> {
        let is_unknown = matches!(target, FlowTarget::Lane(name) if name == "nowhere");
        if is_unknown {
            return Err(SourceFault::Refused {
                reason: format!("nothing waits in that lane: {action:?}"),
            });
        }
        Ok(())
    }
}
