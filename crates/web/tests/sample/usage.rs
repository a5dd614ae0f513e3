//! A meter, what a customer used, and the events behind a line.

use super::SampleSource;
use app::query::{AsideView, EventView, LineUsage, MeterDetail, MeterUse, MeterView, Metered};
use app::view::Page;
use serde_json::json;
use std::collections::BTreeMap;
use web::console::{SourceFault, UsageSource};

fn row() -> MeterView {
    MeterView {
        code: "calls".parse().unwrap(),
        name: "Calls of the interface".to_owned(),
        unit: "call".to_owned(),
        aggregation: "sum".to_owned(),
        late: "counts in its own period, 3 billed periods back".to_owned(),
        events: 41_207,
        held: 0,
        rejected: 1,
        measured: 1,
    }
}

fn event(id: &str, corrects: Option<&str>, corrected_by: Option<&str>) -> EventView {
    EventView {
        id: id.to_owned(),
        contract: super::CONTRACT.to_owned(),
        at: "2026-05-03T09:12:44Z".parse().unwrap(),
        counts_at: None,
        value: "120".to_owned(),
        dimensions: BTreeMap::from([("region".to_owned(), "eu".to_owned())]),
        corrects: corrects.map(str::to_owned),
        cancels: false,
        corrected_by: corrected_by.map(str::to_owned),
        late: corrects.is_some(),
        intake: 7,
    }
}

impl UsageSource for SampleSource {
    fn meters(&self) -> Result<Vec<MeterView>, SourceFault> {
        self.unless_empty(vec![row()])
    }

    fn meter(&self, code: &str) -> Result<Option<MeterDetail>, SourceFault> {
        if code != "calls" {
            return Ok(None);
        }
        let meter = json!({"code": "calls", "name": "Calls of the interface", "unit": "call",
            "aggregation": "sum", "dimensions": [{"name": "region"}]});
        Ok(Some(MeterDetail {
            row: row(),
            meter: serde_json::from_value(meter).unwrap(),
            uses: vec![MeterUse {
                customer: super::CUSTOMER.to_owned(),
                customer_name: "Meridian Labs Inc.".to_owned(),
                contract: super::CONTRACT.to_owned(),
                component: "C-2041-2".to_owned(),
                from: super::date("2026-05-01"),
                to: super::date("2026-05-31"),
                quantity: "41087.5".parse().unwrap(),
                events: 412,
                billed_until: Some("2026-05-01T04:00:00Z".parse().unwrap()),
            }],
            events: vec![
                event("req-81", None, Some("req-81-b")),
                event("req-81-b", Some("req-81"), None),
            ],
            aside: vec![AsideView {
                id: "6/2".to_owned(),
                meter: "calls".to_owned(),
                key: "req-77".to_owned(),
                contract: Some(super::CONTRACT.to_owned()),
                status: "rejected".to_owned(),
                code: "after_service".to_owned(),
                reason: "2026-06-30T10:00:00Z lies after the service of contract C-2041".to_owned(),
                event: "{}".to_owned(),
                received: "2026-05-04T10:00:00Z".parse().unwrap(),
            }],
        }))
    }

    fn line_usage(
        &self,
        line: &str,
        _cursor: Option<&str>,
    ) -> Result<Option<LineUsage>, SourceFault> {
        if line != "lin_use" {
            return Ok(None);
        }
        let steps = json!([
            {"words": "the first 1,000 units", "figures": "1,000 × 0.00", "amount": "0"},
            {"words": "the next 40,087.5 units", "figures": "40,087.5 × 0.0004", "amount": "16.035"}
        ]);
        Ok(Some(LineUsage {
            line: Metered {
                line: "lin_use".to_owned(),
                document: super::INVOICE.to_owned(),
                number: "US-2026-00001".to_owned(),
                contract: super::CONTRACT.to_owned(),
                component: "C-2041-2".to_owned(),
                description: "Calls of the interface".to_owned(),
                meter: Some("calls".parse().unwrap()),
                unit: "call".to_owned(),
                from: "2026-05-01T04:00:00Z".parse().unwrap(),
                until: "2026-06-01T04:00:00Z".parse().unwrap(),
                quantity: "41087.5".parse().unwrap(),
                events: 412,
                steps: serde_json::from_value(steps).unwrap(),
                arithmetic: "1,000 × 0.00 + 40,087.5 × 0.0004".to_owned(),
                net: values::Money::from_minor(1_604, values::Currency::USD),
            },
            events: Page {
                items: vec![event("req-81", None, None)],
                next: None,
            },
        }))
    }
}
