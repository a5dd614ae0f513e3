//! Sample disputes.

use super::{CREDIT_NOTE, CUSTOMER, EXCEPTION, INVOICE, SampleSource, at, money};
use app::query::{DisputeLine, DisputeSheet};
use app::view::{DisputeRow, Page};
use web::console::{DisputeSource, SourceFault};

fn dispute(id: &str, number: &str, amount: &str) -> DisputeRow {
    DisputeRow {
        dispute: id.to_owned(),
        invoice: INVOICE.to_owned(),
        number: number.to_owned(),
        customer: CUSTOMER.to_owned(),
        customer_name: "Meridian Labs Inc.".to_owned(),
        amount: money(amount),
        reason_code: "wrong_quantity".to_owned(),
        note: "We ordered 40 seats <b>not</b> 55.".to_owned(),
        owner: "Collections".to_owned(),
        status: "open".to_owned(),
        outcome: None,
        credit_note: None,
        exception: EXCEPTION.to_owned(),
        opened: at("2026-03-27T08:00:00Z"),
        closed: None,
        age: "4 days".to_owned(),
    }
}

impl DisputeSource for SampleSource {
    fn dispute_lines(
        &self,
        decided: bool,
        cursor: Option<&str>,
    ) -> Result<DisputeSheet, SourceFault> {
        let closed = DisputeRow {
            status: "closed".to_owned(),
            outcome: Some("credited_in_part".to_owned()),
            credit_note: Some(CREDIT_NOTE.to_owned()),
            closed: Some(at("2026-03-20T08:00:00Z")),
            ..dispute("dsp_3", "US-2026-00007", "USD 125.00")
        };
        let all = self.unless_empty(vec![
            DisputeLine {
                row: dispute("dsp_1", "US-2026-00012", "USD 18000.00"),
                due: Some(at("2026-03-30T08:00:00Z")),
                overdue: true,
                with: "Dana".to_owned(),
            },
            DisputeLine {
                row: dispute("dsp_2", "US-2026-00015", "USD 420.00"),
                due: Some(at("2026-04-03T08:00:00Z")),
                overdue: false,
                with: "Collections".to_owned(),
            },
            DisputeLine {
                row: closed,
                due: None,
                overdue: false,
                with: "Collections".to_owned(),
            },
        ])?;
        let (open, closed): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|line| line.row.status == "open");
        let count = |rows: &[DisputeLine]| rows.len() as i64;
        let (of_open, of_closed) = (count(&open), count(&closed));
        let overdue = count(&open).min(1);
        let items = if decided { closed } else { open };
        let is_first = cursor.is_none() && !items.is_empty();
        Ok(DisputeSheet {
            page: Page {
                items,
                next: is_first.then(|| "second".to_owned()),
            },
            open: of_open,
            overdue,
            decided: of_closed,
            value: vec![money("USD 18420.00")],
        })
    }
}
