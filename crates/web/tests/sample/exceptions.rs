//! Sample groups, playbooks, proposals, batches, incidents, and what has not happened.

use super::{EXCEPTION, INVOICE, JOURNAL, SampleSource, at, money};
use app::command::{Command, WhichExceptions};
use app::journey::exception::fix::FieldDifference;
use app::query::Outstanding;
use app::view::*;
use serde_json::{Value, json};
use web::console::{ExceptionDesk, ExceptionFilter, SourceFault};

pub const GROUP: &str = "delivery_refused-3f9a1c20b7d4e586";
pub const BATCH: &str = "bat_01K0C2D4F6H8K0N2Q4S6V8X0Z9";
pub const INCIDENT: &str = "inc_01K0C2D4F6H8K0N2Q4S6V8X0Z8";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[rustfmt::skip]
/// Group, class, title, sample, connection, severity, owner, values, count, followers.
/// Fingerprint and words of a group, its periods, how many it has and how many are overdue.
type Group = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    i64,
    i64,
);

const GROUPS: &[Group] = &[
    (
        GROUP,
        "delivery_refused",
        "Another system refused our data",
        "NetSuite refuses journal: account 2410 is inactive",
        "netsuite",
        "blocks_close",
        "integration_engineer",
        &["USD 46500.00", "EUR 1200.00"],
        41,
        17,
    ),
    (
        "unknown_product-98b1a2c3d4e5f607",
        "unknown_product",
        "Unknown product on an order",
        "Product PLAT-ENT-V3 is sold but not in the catalogue",
        "salesforce",
        "high",
        "catalogue_steward",
        &["USD 12000.00"],
        2,
        0,
    ),
    (
        "unmatched_payment-0123456789abcdef",
        "unmatched_payment",
        "Payment without an invoice",
        "Payment has no invoice: reference “INV 20611” is not ours",
        "",
        "high",
        "billing_analyst",
        &["EUR 3990.00"],
        2,
        0,
    ),
];

fn groups() -> Vec<ExceptionGroup> {
    GROUPS
        .iter()
        .map(|row| ExceptionGroup {
            group: row.0.to_owned(),
            class: row.1.to_owned(),
            title: row.2.to_owned(),
            sample: row.3.to_owned(),
            cause: row.3.to_lowercase(),
            connection: (!row.4.is_empty()).then(|| row.4.to_owned()),
            operation: None,
            count: row.8,
            value: row.7.iter().map(|value| money(value)).collect(),
            period: some("2026-06"),
            severity: row.5.to_owned(),
            oldest: at("2026-06-28T08:12:00Z"),
            age: "2 d".to_owned(),
            due: Some(at("2026-07-01T08:12:00Z")),
            overdue: i64::from(row.8 > 10) * 3,
            taken: 1,
            level: i64::from(row.8 > 10),
            owner: row.6.to_owned(),
            followers: row.9,
            followers_value: if row.9 > 0 {
                vec![money("USD 8120.00")]
            } else {
                Vec::new()
            },
            incident: (row.9 > 0).then(|| INCIDENT.to_owned()),
        })
        .collect()
}

fn trail() -> Vec<TrailEntry> {
    let entry = |time: &str, actor: &str, action: &str, detail: &str| TrailEntry {
        time: at(time),
        actor: actor.to_owned(),
        action: action.to_owned(),
        detail: detail.to_owned(),
    };
    vec![
        entry(
            "2026-06-28T12:12:00Z",
            "tieout/escalation",
            "escalated",
            "level 1 to Administrator: nobody has looked at it in time",
        ),
        entry("2026-06-29T08:00:00Z", "J. Okafor", "acknowledged", ""),
    ]
}

pub fn work() -> ExceptionWork {
    let step = |number: u32, text: &str, by: Option<&str>| PlaybookStep {
        number,
        text: text.to_owned(),
        by: by.map(str::to_owned),
        done: by.map(|_| at("2026-06-29T08:05:00Z")),
    };
    ExceptionWork {
        group: GROUPS[1].0.to_owned(),
        alike: 1,
        cause: "product # is sold but not in the catalogue".to_owned(),
        connection: some("salesforce"),
        operation: some("order"),
        respond_due: Some(at("2026-06-28T12:12:00Z")),
        responded: Some(at("2026-06-29T08:00:00Z")),
        escalated_to: some("Administrator"),
        incident: None,
        code: None,
        codes: vec![
            OutcomeChoice {
                code: "cause_mended".to_owned(),
                title: "The cause was mended and the work done".to_owned(),
                does_work: true,
            },
            OutcomeChoice {
                code: "test".to_owned(),
                title: "It came from a test".to_owned(),
                does_work: false,
            },
        ],
        steps: vec![
            step(
                1,
                "Find out from the deal desk whether PLAT-ENT-V3 is a new product or a misspelt PLAT-ENT-V2.",
                Some("J. Okafor"),
            ),
            step(
                2,
                "If it is new, add it to the catalogue with its price, tax code and revenue rule.",
                None,
            ),
            step(
                3,
                "If it is misspelt, correct the line item in Salesforce; the next sweep reads it back.",
                None,
            ),
            step(
                4,
                "Then end this exception with “Try again”: the contract, its invoice and its journals follow.",
                None,
            ),
        ],
        trail: trail(),
        fixes: vec![ProposedFix {
            fix: "fix_01K0C2D4F6H8K0N2Q4S6V8X0Z7".to_owned(),
            exception: EXCEPTION.to_owned(),
            target: "inbox/salesforce/0065g00000Xk2AAE".to_owned(),
            status: "proposed".to_owned(),
            reason: "the deal desk says it is misspelt".to_owned(),
            maker: "J. Okafor".to_owned(),
            made: at("2026-06-29T08:10:00Z"),
            checker: None,
            checked: None,
            remark: None,
            changes: vec![FieldDifference {
                field: "OpportunityLineItems.records[0].ProductCode".to_owned(),
                before: some("\"PLAT-ENT-V3\""),
                after: some("\"PLAT-ENT-V2\""),
            }],
        }],
        parked: some("{\n  \"Id\": \"0065g00000Xk2AAE\"\n}"),
        canonical: some(
            "{\n  \"order\": \"0065g00000Xk2AAE\",\n  \"customer\": \"Alder Robotics\",\n  \"lines\": [\n    { \"product\": \"PLAT-ENT-V3\", \"quantity\": \"10\" }\n  ]\n}",
        ),
        followers: 2,
        followers_value: vec![money("USD 8120.00")],
        items: vec!["salesforce/0065g00000Xk2AAE".to_owned()],
        dispute: None,
    }
}

fn batch() -> BatchRow {
    BatchRow {
        batch: BATCH.to_owned(),
        action: "retry".to_owned(),
        actor: "J. Okafor".to_owned(),
        status: "running".to_owned(),
        total: 41,
        done: 30,
        refused: 1,
        waiting: 10,
        begun: at("2026-06-30T09:00:00Z"),
        ended: None,
    }
}

fn incident() -> IncidentRow {
    IncidentRow {
        incident: INCIDENT.to_owned(),
        title: "NetSuite refuses account 2410".to_owned(),
        severity: "blocks_close".to_owned(),
        owner: "J. Okafor".to_owned(),
        status: "open".to_owned(),
        opened: at("2026-06-29T10:00:00Z"),
        closed: None,
        age: "23 h".to_owned(),
        open: 41,
        value: vec![money("USD 46500.00"), money("EUR 1200.00")],
        overdue: 3,
    }
}

impl ExceptionDesk for SampleSource {
    fn exception_groups(
        &self,
        filter: &ExceptionFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<ExceptionGroup>, SourceFault> {
        let mut rows = groups();
        rows.retain(|row| {
            filter
                .class
                .as_ref()
                .is_none_or(|class| *class == row.class)
        });
        rows.retain(|row| {
            filter
                .owner
                .as_ref()
                .is_none_or(|owner| *owner == row.owner)
        });
        let mut page = self.list(rows)?;
        page.next = (!page.items.is_empty()).then(|| "7 & more".to_owned());
        Ok(page)
    }

    fn preview_exceptions(&self, _which: &WhichExceptions) -> Result<BatchPreview, SourceFault> {
        let found = self.unless_empty(groups())?;
        Ok(BatchPreview {
            count: found.iter().map(|group| group.count).sum(),
            value: self.unless_empty(vec![money("USD 58500.00")])?,
            groups: found.len() as i64,
            period: some("2026-06"),
        })
    }

    fn exception_batches(&self) -> Result<Vec<BatchRow>, SourceFault> {
        self.unless_empty(vec![batch()])
    }

    fn exception_batch(&self, id: &str) -> Result<Option<BatchRow>, SourceFault> {
        Ok(self
            .unless_empty(vec![batch()])?
            .into_iter()
            .find(|row| row.batch == id))
    }

    fn exception_batch_items(
        &self,
        _id: &str,
        _cursor: Option<&str>,
    ) -> Result<Page<BatchItem>, SourceFault> {
        self.list(vec![BatchItem {
            position: 1,
            exception: EXCEPTION.to_owned(),
            status: "done".to_owned(),
            result: "verifying".to_owned(),
        }])
    }

    fn incidents(&self) -> Result<Vec<IncidentRow>, SourceFault> {
        self.unless_empty(vec![incident()])
    }

    fn incident(&self, id: &str) -> Result<Option<IncidentDetail>, SourceFault> {
        let found = self
            .unless_empty(vec![incident()])?
            .into_iter()
            .find(|row| row.incident == id);
        Ok(found.map(|row| IncidentDetail {
            row,
            groups: vec![groups().remove(0)],
            trail: trail(),
        }))
    }

    fn outstanding(&self, list: Outstanding) -> Result<Vec<OutstandingRow>, SourceFault> {
        let object = if list == Outstanding::Invoices {
            INVOICE
        } else {
            JOURNAL
        };
        self.unless_empty(vec![OutstandingRow {
            what: "parked".to_owned(),
            object: object.to_owned(),
            customer: some("Alder Robotics"),
            value: Some(money("USD 1200.00")),
            since: at("2026-06-28T08:12:00Z"),
            age: "2 d".to_owned(),
            cause: "account 2410 is inactive".to_owned(),
            exception: some(EXCEPTION),
        }])
    }

    fn handle(&self, command: Command, _actor: &str) -> Result<Value, SourceFault> {
        let name = command.name();
        if name == "apply_fix" {
            return Err(SourceFault::Refused {
                reason: "J. Okafor proposed this; another person has to approve it".to_owned(),
            });
        }
        self.told.lock().unwrap().push(name.to_owned());
        Ok(json!({ "batch": BATCH, "incident": INCIDENT, "status": "running" }))
    }
}
