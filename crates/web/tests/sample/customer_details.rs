//! What a sample customer is set up with, and who changed what of it.

use super::{CUSTOMER, CUSTOMER_DE, SampleSource, at, date};
use app::approval::Difference;
use app::query::{CustomerSetup, SetupChange, SetupPart};
use serde_json::json;
use web::console::{CustomerDetailsSource, SourceFault};

fn changed(field: &str, before: &str, after: &str) -> Difference {
    Difference {
        field: field.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    }
}

fn changes() -> Vec<SetupChange> {
    let change = |part, made: &str, differences| SetupChange {
        part,
        made: Some(at(made)),
        by: "rita".to_owned(),
        effective: None,
        status: "applied".to_owned(),
        reason: String::new(),
        differences,
    };
    vec![
        SetupChange {
            effective: Some(date("2026-08-01")),
            status: "waiting".to_owned(),
            reason: "Agreed with <b>Dana</b>".to_owned(),
            ..change(
                SetupPart::Terms,
                "2026-06-29T09:00:00Z",
                vec![changed("payment_terms_days", "30", "14")],
            )
        },
        change(
            SetupPart::Documents,
            "2026-03-02T10:00:00Z",
            vec![
                changed("street", "", "500 Howard Street, Floor 9"),
                changed("reference", "", "PO 4500017"),
            ],
        ),
        change(
            SetupPart::Tax,
            "2026-02-01T10:00:00Z",
            vec![changed("region", "NV", "CA")],
        ),
    ]
}

impl CustomerDetailsSource for SampleSource {
    fn customer_setup(&self, id: &str) -> Result<Option<CustomerSetup>, SourceFault> {
        self.one(id == CUSTOMER || id == CUSTOMER_DE, || {
            let is_known = id == CUSTOMER;
            let details = json!({ "address": { "lines": ["500 Howard Street", "Floor 9"],
                "postcode": "94105", "city": "San Francisco", "region": "CA", "country": "US" },
                "reference": "PO 4500017", "electronic_address": "EM:ap@meridian.example" });
            let tax = json!({ "country": "US", "region": "CA", "locality": "San Francisco",
                "certificates": [{ "number": "CA-104", "country": "US", "region": "CA",
                    "tax_codes": ["software", "services"], "from": "2026-01-01",
                    "reason": "Bought for resale" }] });
            let read = |value: serde_json::Value| match is_known {
                true => value,
                false => json!({}),
            };
            CustomerSetup {
                customer: id.to_owned(),
                legal_name: "Meridian Labs Inc.".to_owned(),
                currency: Some(values::Currency::USD),
                collection: serde_json::from_value(json!("transfer")).unwrap(),
                payment_method: None,
                payment_terms_days: 30,
                class: None,
                details: serde_json::from_value(read(details)).unwrap(),
                details_version: i64::from(is_known) * 2,
                tax: is_known.then(|| serde_json::from_value(tax).unwrap()),
                tax_version: i64::from(is_known),
                changes: if is_known { changes() } else { Vec::new() },
            }
        })
    }
}
