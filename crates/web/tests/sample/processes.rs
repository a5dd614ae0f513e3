//! Sample processes: one that waits for an invoice and is late, and the flow around it.

use super::{CHAIN, CONTRACT, EVENT, INVOICE, PAYMENT, SampleSource, at, money};
use app::process::{
    GateWait, ProcessDetail, ProcessKind, ProcessRow, ProcessSelection, StepView, StepsOfKind,
};
use app::view::{
    FlowHealth, FlowLane, FlowLaneDetail, FlowPassage, FlowRow, Page, SideBySide, SystemState,
    Times,
};
use web::console::{ProcessSource, SourceFault};

pub const PROCESS: &str = "prc_01JZ4M7R3T5V7X9Z1B3D5F7H9K";

fn times(key: &str, title: &str, count: i64, median: (i64, &str), p95: (i64, &str)) -> Times {
    Times {
        key: key.to_owned(),
        title: title.to_owned(),
        count,
        median_seconds: (count > 0).then_some(median.0),
        p95_seconds: (count > 0).then_some(p95.0),
        median: median.1.to_owned(),
        p95: p95.1.to_owned(),
    }
}

fn lane(key: &str, title: &str, waiting: i64, values: &[&str], blocked: i64) -> FlowLane {
    FlowLane {
        key: key.to_owned(),
        title: title.to_owned(),
        what: match key {
            "order" => "in force, due and not billed",
            "ledger" => "journals that the outside ledger has not confirmed",
            _ => "issued and not paid",
        }
        .to_owned(),
        waiting,
        values: values.iter().map(|text| money(text)).collect(),
        oldest: (waiting > 0).then(|| "3 d".to_owned()),
        blocked,
        blocked_values: values
            .iter()
            .take(blocked as usize)
            .map(|text| money(text))
            .collect(),
        today: 4,
        usual_tenths: 31,
        times: times(
            key,
            "Contract in force to first invoice",
            41,
            (5_400, "90 min"),
            (90_000, "25 h"),
        ),
    }
}

fn lanes() -> Vec<FlowLane> {
    vec![
        lane("quote", "Quote", 2, &["USD 48000.00"], 1),
        lane("order", "Order", 1, &["EUR 2400.00"], 0),
        lane(
            "invoice",
            "Invoice",
            17,
            &["USD 122400.00", "EUR 9900.00"],
            1,
        ),
        lane("cash", "Cash", 3, &["USD 4990.00"], 1),
        lane("revenue", "Revenue", 0, &[], 0),
        lane("ledger", "Ledger", 5, &["EUR 980.00"], 0),
    ]
}

fn row() -> ProcessRow {
    ProcessRow {
        id: PROCESS.to_owned(),
        name: "order_to_invoice".to_owned(),
        title: "Order to invoice".to_owned(),
        version: 1,
        subject: CONTRACT.to_owned(),
        status: "running".to_owned(),
        waits_for: "first invoice issued".to_owned(),
        due: Some(at("2026-06-29T00:00:00Z")),
        late: true,
        stuck: String::new(),
        value: Some(money("USD 48000.00")),
        started: at("2026-06-27T09:30:00Z"),
    }
}

fn step(name: &str, title: &str, after: &[&str], status: &str) -> StepView {
    let done = status == "done";
    StepView {
        name: name.to_owned(),
        title: title.to_owned(),
        kind: "event".to_owned(),
        status: status.to_owned(),
        after: after.iter().map(|text| (*text).to_owned()).collect(),
        awaited: "billing.invoice.issued".to_owned(),
        undo: "amend_contract, then run_billing".to_owned(),
        since: (status != "ahead").then(|| at("2026-06-27T09:30:00Z")),
        due: (status == "waiting").then(|| at("2026-06-29T00:00:00Z")),
        settled: done.then(|| at("2026-06-27T09:30:00Z")),
        late: status == "waiting",
        event: done.then(|| EVENT.to_owned()),
        actor: done.then(|| "salesforce".to_owned()),
        note: None,
    }
}

fn detail() -> ProcessDetail {
    ProcessDetail {
        row: row(),
        starter: "salesforce".to_owned(),
        reason: None,
        chain: CHAIN.to_owned(),
        steps: vec![
            step("activated", "Contract activated", &[], "done"),
            step("scheduled", "Revenue schedule made", &["activated"], "done"),
            step("subscribed", "Subscription runs", &["activated"], "done"),
            step(
                "invoiced",
                "First invoice issued",
                &["scheduled", "subscribed"],
                "waiting",
            ),
            step("confirmed", "In the outside ledger", &["invoiced"], "ahead"),
        ],
        notes: vec![(
            at("2026-06-28T10:00:00Z"),
            "Dana Whitfield".to_owned(),
            "extended".to_owned(),
            "invoiced".to_owned(),
            "the customer asked for one invoice".to_owned(),
        )],
    }
}

fn kind() -> ProcessKind {
    ProcessKind {
        name: "order_to_invoice".to_owned(),
        title: "Order to invoice".to_owned(),
        purpose:
            "Sees to it that what is sold is billed and that the outside ledger has the invoice."
                .to_owned(),
        version: 1,
        open_versions: vec![1],
        open: 1,
        done: 40,
        ended: 1,
        steps: detail()
            .steps
            .into_iter()
            .map(|step| StepsOfKind {
                waiting: i64::from(step.status == "waiting"),
                late: i64::from(step.late),
                done: if step.status == "done" { 41 } else { 40 },
                deadline: "24 h".to_owned(),
                name: step.name,
                title: step.title,
                kind: step.kind,
                after: step.after,
                awaited: step.awaited,
                undo: step.undo,
            })
            .collect(),
    }
}

fn system(system: &str, state: &str, mark: &str) -> SystemState {
    SystemState {
        system: system.to_owned(),
        references: vec!["0065g00000Wq1AAE".to_owned()],
        state: state.to_owned(),
        at: Some(at("2026-06-28T10:00:00Z")),
        mark: mark.to_owned(),
    }
}

impl ProcessSource for SampleSource {
    fn flow_health(&self) -> Result<FlowHealth, SourceFault> {
        self.unless_empty(vec![()])?;
        let lanes = if self.empty {
            vec![lane("quote", "Quote", 0, &[], 0)]
        } else {
            lanes()
        };
        Ok(FlowHealth {
            now: at("2026-06-30T09:41:07Z"),
            days: 28,
            lanes,
            cycles: vec![times(
                "order_to_cash",
                "Contract in force to first invoice paid",
                0,
                (0, "none yet"),
                (0, "none yet"),
            )],
        })
    }

    fn flow_lane(&self, key: &str) -> Result<Option<FlowLaneDetail>, SourceFault> {
        let Some(lane) = lanes().into_iter().find(|lane| lane.key == key) else {
            return Ok(None);
        };
        let waiting = vec![FlowRow {
            object: CONTRACT.to_owned(),
            href: format!("/contracts/{CONTRACT}"),
            customer: Some("Harbour & Sons".to_owned()),
            value: Some(money("EUR 2400.00")),
            since: at("2026-06-27T09:30:00Z"),
            age: "3 d".to_owned(),
            cause: "due since 2026-06-27, not billed".to_owned(),
            blocked: false,
        }];
        let passed = vec![FlowPassage {
            object: CONTRACT.to_owned(),
            href: format!("/contracts/{CONTRACT}"),
            from: at("2026-06-27T09:30:00Z"),
            until: at("2026-06-27T11:00:00Z"),
            took: "90 min".to_owned(),
        }];
        self.one(true, || FlowLaneDetail {
            lane,
            waiting,
            passed,
        })
    }

    fn process_kinds(&self) -> Result<Vec<ProcessKind>, SourceFault> {
        self.unless_empty(vec![kind()])
    }

    fn process_list(
        &self,
        selection: &ProcessSelection,
        _cursor: Option<&str>,
    ) -> Result<Page<ProcessRow>, SourceFault> {
        let kept = selection
            .status
            .as_deref()
            .is_none_or(|status| status == "open");
        self.list(if kept { vec![row()] } else { Vec::new() })
    }

    fn process(&self, id: &str) -> Result<Option<ProcessDetail>, SourceFault> {
        self.one(id == PROCESS, detail)
    }

    fn processes_of_chain(&self, _correlation: &str) -> Result<Vec<ProcessDetail>, SourceFault> {
        self.unless_empty(vec![detail()])
    }

    fn gate_waits(&self) -> Result<Vec<GateWait>, SourceFault> {
        self.unless_empty(vec![GateWait {
            process: "refund".to_owned(),
            step: "approved".to_owned(),
            count: 3,
            median_seconds: 14_400,
            p95_seconds: 180_000,
        }])
    }

    fn side_by_side(&self, _correlation: &str) -> Result<Vec<SideBySide>, SourceFault> {
        self.unless_empty(vec![
            SideBySide {
                kind: "contract".to_owned(),
                object: CONTRACT.to_owned(),
                title: "Contract, version 1".to_owned(),
                href: format!("/contracts/{CONTRACT}"),
                ours: "active".to_owned(),
                value: Some(money("USD 48000.00")),
                systems: vec![system(
                    "salesforce",
                    "1 invoiced, 1 open: confirmed",
                    "matched",
                )],
                mark: Some("matched".to_owned()),
            },
            SideBySide {
                kind: "invoice".to_owned(),
                object: INVOICE.to_owned(),
                title: "Invoice US-2026-00017".to_owned(),
                href: format!("/invoices/{INVOICE}"),
                ours: "open".to_owned(),
                value: Some(money("USD 48000.00")),
                systems: vec![system("netsuite", "0 of 1 journal confirmed", "missing")],
                mark: Some("missing".to_owned()),
            },
            SideBySide {
                kind: "payment".to_owned(),
                object: PAYMENT.to_owned(),
                title: "Payment by card".to_owned(),
                href: format!("/trace/{PAYMENT}"),
                ours: "initiated".to_owned(),
                value: Some(money("USD 48000.00")),
                systems: vec![system("stripe", "initiated: on its way", "timing")],
                mark: Some("timing".to_owned()),
            },
        ])
    }
}
