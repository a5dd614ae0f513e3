//! Sample receivables.

use super::{CUSTOMER, INVOICE, SampleSource, money};
use app::collection::{
    AgedRow, AgedTotal, AgedView, CaseAct, CaseView, OpenItem, UnmatchedCandidate,
    UnmatchedPayment, WorkRow,
};
use app::query::WorkList;
use app::view::Page;
use values::Date;
use web::console::{CollectionSource, SourceFault};

/// The case.
pub const CASE: &str = "dun_01JZ5N8R5A7C9E1G3J5M7P9R1U";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn row() -> WorkRow {
    WorkRow {
        case: CASE.to_owned(),
        invoice: INVOICE.to_owned(),
        number: "US-2026-00012".to_owned(),
        customer: CUSTOMER.to_owned(),
        name: "Meridian Labs Inc.".to_owned(),
        entity: "US".to_owned(),
        open: money("USD 18000.00"),
        days_late: 41,
        status: "promised".to_owned(),
        promised_until: Some(day("2026-04-10")),
        owner: "Dana".to_owned(),
        next_action: "call the <b>treasurer</b>".to_owned(),
        next_on: Some(day("2026-04-11")),
        policy: "transfer/1".to_owned(),
    }
}

fn unmatched() -> UnmatchedPayment {
    UnmatchedPayment {
        payment: "pay_01JZ5N8R5A7C9E1G3J5M7P9R1V".to_owned(),
        customer: CUSTOMER.to_owned(),
        customer_name: "Meridian Labs Inc.".to_owned(),
        entity: "US".to_owned(),
        amount: money("USD 17990.00"),
        unapplied: money("USD 17990.00"),
        received: day("2026-03-20"),
        days: 11,
        text: "your <invoice> US-2026-00012".to_owned(),
        why: "the text names US-2026-00012; 10.00 USD short; it stays open".to_owned(),
        confidence: 85,
        candidates: vec![UnmatchedCandidate {
            invoice: INVOICE.to_owned(),
            number: "US-2026-00012".to_owned(),
            customer: CUSTOMER.to_owned(),
            due: "2026-02-28".to_owned(),
            open: money("USD 18000.00"),
            suggested: Some(money("USD 17990.00")),
        }],
    }
}

/// The page with its value and a next one, unless that is asked for.
fn first_of_two<T>(items: Vec<T>, cursor: Option<&str>) -> WorkList<T> {
    let is_first = cursor.is_none() && !items.is_empty();
    WorkList {
        count: 2 * items.len() as i64,
        value: vec![money("USD 35980.00")],
        page: Page {
            items,
            next: is_first.then(|| "second".to_owned()),
        },
    }
}

impl CollectionSource for SampleSource {
    fn unmatched(&self, cursor: Option<&str>) -> Result<WorkList<UnmatchedPayment>, SourceFault> {
        let rows = self.unless_empty(vec![unmatched()])?;
        Ok(first_of_two(rows, cursor))
    }

    fn unmatched_payment(&self, id: &str) -> Result<Option<UnmatchedPayment>, SourceFault> {
        Ok(Some(unmatched()).filter(|row| row.payment == id))
    }

    fn aged(&self, as_of: Option<Date>) -> Result<AgedView, SourceFault> {
        let ages = ["0.00", "0.00", "18000.00", "0.00", "0.00"];
        let by_age: Vec<_> = ages
            .iter()
            .map(|text| money(&format!("USD {text}")))
            .collect();
        Ok(AgedView {
            as_of: as_of.unwrap_or(day("2026-03-31")),
            ages: [
                "not due",
                "1–30 days",
                "31–60 days",
                "61–90 days",
                "over 90 days",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: self.unless_empty(vec![AgedRow {
                entity: "US".to_owned(),
                customer: CUSTOMER.to_owned(),
                name: "Meridian Labs Inc.".to_owned(),
                by_age: by_age.clone(),
                total: money("USD 18000.00"),
                oldest_days: 41,
                owner: "Dana".to_owned(),
                next_action: String::new(),
                items: vec![OpenItem {
                    document: INVOICE.to_owned(),
                    number: "US-2026-00012".to_owned(),
                    due: day("2026-02-18"),
                    open: money("USD 18000.00"),
                    days_late: 41,
                }],
            }])?,
            totals: self.unless_empty(vec![AgedTotal {
                entity: "US".to_owned(),
                by_age,
                total: money("USD 18000.00"),
                ledger: money("USD 18000.00"),
                difference: money("USD 0.00"),
            }])?,
        })
    }

    fn worklist(&self, cursor: Option<&str>) -> Result<WorkList<WorkRow>, SourceFault> {
        Ok(first_of_two(self.unless_empty(vec![row()])?, cursor))
    }

    fn case(&self, id: &str) -> Result<Option<CaseView>, SourceFault> {
        Ok((id == CASE).then(|| CaseView {
            row: row(),
            acts: vec![CaseAct {
                day: "2026-02-24".to_owned(),
                act: "notice".to_owned(),
                text: "Invoice US-2026-00012 was due on 2026-02-18.".to_owned(),
                actor: "tieout".to_owned(),
            }],
        }))
    }

    fn set_against(
        &self,
        _: &str,
        invoices: &[(String, String, bool)],
        _: &str,
    ) -> Result<(), SourceFault> {
        match invoices {
            [] => Err(SourceFault::Refused {
                reason: "no invoice is named; name at least one with its amount".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn promise(&self, _: [&str; 4], _: &str) -> Result<(), SourceFault> {
        Ok(())
    }

    fn assign_case(&self, _: [&str; 3], _: &str) -> Result<(), SourceFault> {
        Ok(())
    }
}
