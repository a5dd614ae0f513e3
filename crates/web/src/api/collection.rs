//! Receivables over HTTP: what is unmatched, what is owed by age, and what is being collected.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, one, written};
use crate::problem::Problem;
use app::App;
use app::printing::Printed;
use values::{Date, Money};

pub(super) fn unmatched(app: &App, asked: &Asked) -> Answered {
    let read = |cursor: Option<&str>| Ok(app.unmatched_payments(cursor)?.page);
    paged(asked, |_| true, read)
}

pub(super) fn prepaid(app: &App, asked: &Asked) -> Answered {
    let read = |cursor: Option<&str>| app.credit_grants(asked.text("customer"), cursor);
    paged(asked, |_| true, read)
}

pub(super) fn aged(app: &App, asked: &Asked) -> Answered {
    let as_of = asked.value::<Date>("as_of")?;
    written(&app.aged_receivables(as_of, asked.text("entity"))?)
}

pub(super) fn worklist(app: &App, asked: &Asked) -> Answered {
    let read = |cursor: Option<&str>| Ok(app.collection_worklist(cursor)?.page);
    paged(asked, |_| true, read)
}

pub(super) fn case(app: &App, asked: &Asked) -> Answered {
    one("collection case", asked, |id| app.collection_case(id))
}

/// Aged receivables as CSV: one row a document, so that any sheet can add them up again.
pub(super) fn aged_csv(app: &App, asked: &Asked) -> Result<Printed, Problem> {
    let as_of = asked.value::<Date>("id")?;
    let view = app.aged_receivables(as_of, None)?;
    let mut text =
        String::from("as_of,entity,customer,name,document,number,due,days_late,currency,open\r\n");
    for row in &view.rows {
        for item in &row.items {
            let fields = [
                view.as_of.to_string(),
                row.entity.clone(),
                row.customer.clone(),
                row.name.clone(),
                item.document.clone(),
                item.number.clone(),
                item.due.to_string(),
                item.days_late.to_string(),
                item.open.currency.to_string(),
                plain(item.open),
            ];
            let quoted: Vec<String> = fields.iter().map(|field| cell(field)).collect();
            text.push_str(&quoted.join(","));
            text.push_str("\r\n");
        }
    }
    Ok(Printed {
        name: format!("receivables-{}.csv", view.as_of),
        media_type: "text/csv; charset=utf-8",
        bytes: text.into_bytes(),
    })
}

fn plain(money: Money) -> String {
    money.decimal().to_string()
}

/// A cell that no reader takes for two, and no spreadsheet for a formula.
fn cell(text: &str) -> String {
    let number = text.parse::<values::Decimal>().is_ok();
    let guarded = if !number && text.starts_with(['=', '+', '-', '@', '\t']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}
