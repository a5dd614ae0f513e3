//! Journals as CSV (RFC 4180), one row a line, for spreadsheets and other ledgers.
//!
//! Amounts are decimals with a point and all places of the currency. A text that a spreadsheet would
//! run as a formula is led by an apostrophe.

use super::{ExportJournal, one_line};
use std::fmt::{Result, Write};
use values::Money;

/// The columns, in order.
pub const COLUMNS: &str = "journal,entity,date,narration,event,rule,rule_version,account,account_name,account_kind,debit,credit,currency,customer,contract,product";

/// Writes the row of column names.
///
/// # Errors
/// Only when `out` fails.
pub fn write_header(out: &mut impl Write) -> Result {
    write!(out, "{COLUMNS}\r\n")
}

/// Writes one row for each line of a journal.
///
/// # Errors
/// Only when `out` fails.
pub fn write_journal(out: &mut impl Write, journal: &ExportJournal) -> Result {
    for line in &journal.lines {
        write!(
            out,
            "{},{},{},{},{},{},{},",
            field(journal.id.as_str()),
            field(journal.entity.as_str()),
            journal.date,
            field(&journal.narration),
            field(journal.event.as_str()),
            field(&journal.rule),
            journal.rule_version,
        )?;
        let (debit, credit) = sides(line.amount);
        let dimensions = &line.dimensions;
        write!(
            out,
            "{},{},{},{debit},{credit},{},{},{},{}\r\n",
            field(line.account.as_str()),
            field(&line.name),
            line.kind,
            line.amount.currency,
            field(dimensions.customer.as_ref().map_or("", |id| id.as_str())),
            field(dimensions.contract.as_ref().map_or("", |id| id.as_str())),
            field(dimensions.product.as_ref().map_or("", |id| id.as_str())),
        )?;
    }
    Ok(())
}

/// Debit and credit columns: one of them is empty.
fn sides(amount: Money) -> (String, String) {
    let absolute = amount.decimal().abs().to_string();
    if amount.minor < 0 {
        (String::new(), absolute)
    } else {
        (absolute, String::new())
    }
}

fn field(text: &str) -> String {
    let mut text = one_line(text);
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains(['"', ',']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountKind;
    use crate::export::ExportLine;

    #[test]
    fn a_journal_is_one_row_a_line_and_never_a_formula() {
        let line = |account: &str, name: &str, kind, minor| ExportLine {
            account: account.parse().unwrap(),
            name: name.to_owned(),
            kind,
            amount: Money::from_minor(minor, values::Currency::USD),
            dimensions: crate::Dimensions {
                customer: Some("acme".parse().unwrap()),
                ..Default::default()
            },
        };
        let journal = ExportJournal {
            id: "jrn_1".parse().unwrap(),
            entity: "US".parse().unwrap(),
            date: values::parse_date("2026-01-31").unwrap(),
            narration: "=1+1, \"quoted\"\nand broken".to_owned(),
            event: "evt_1".parse().unwrap(),
            rule: "manual".to_owned(),
            rule_version: 0,
            lines: vec![
                line("1100", "Trade receivables", AccountKind::Asset, 120_000),
                line("2400", "Deferred revenue", AccountKind::Liability, -120_000),
            ],
        };
        let mut text = String::new();
        write_header(&mut text).unwrap();
        write_journal(&mut text, &journal).unwrap();
        let rows: Vec<_> = text.split("\r\n").collect();
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(
            rows[1],
            "jrn_1,US,2026-01-31,\"'=1+1, \"\"quoted\"\" and broken\",evt_1,manual,0,1100,Trade receivables,asset,1200.00,,USD,acme,,"
        );
        assert!(
            rows[2].ends_with("2400,Deferred revenue,liability,,1200.00,USD,acme,,"),
            "{}",
            rows[2]
        );
        assert_eq!(rows.len(), 4);
    }
}
