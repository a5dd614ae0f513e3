//! Beancount 3: `bean-check --no-cache books.beancount` exits with 0 when every transaction balances
//! and every balance is found. The tolerance is set to nothing, because Beancount otherwise lets
//! half a minor unit pass.

use super::{ExportBalance, ExportJournal, account_name, declared, dimension_pairs, one_line};
use std::fmt::{Result, Write};
use values::Date;

/// Writes options and opens every account on `opened`, which is not after the first journal.
/// `accounts` holds each account and currency that a journal uses; the balances are not written.
///
/// # Errors
/// Only when `out` fails.
pub fn write_header(
    out: &mut impl Write,
    title: &str,
    opened: Date,
    accounts: &[ExportBalance],
) -> Result {
    writeln!(out, "option \"title\" {}", quoted(title))?;
    writeln!(out, "option \"tolerance_multiplier\" \"0\"")?;
    for currency in super::currencies(accounts) {
        writeln!(out, "option \"operating_currency\" \"{currency}\"")?;
    }
    writeln!(out)?;
    for (name, currencies) in declared(accounts) {
        let codes: Vec<_> = currencies.iter().map(values::Currency::code).collect();
        writeln!(out, "{opened} open {name} {}", codes.join(","))?;
    }
    Ok(())
}

/// Writes one journal as a transaction with its evidence as metadata.
///
/// # Errors
/// Only when `out` fails.
pub fn write_journal(out: &mut impl Write, journal: &ExportJournal) -> Result {
    writeln!(out)?;
    writeln!(out, "{} * {}", journal.date, quoted(&journal.narration))?;
    writeln!(out, "  journal: \"{}\"", journal.id)?;
    writeln!(out, "  event: \"{}\"", journal.event)?;
    let rule = format!("{} v{}", journal.rule, journal.rule_version);
    writeln!(out, "  rule: {}", quoted(&rule))?;
    for line in &journal.lines {
        let name = account_name(line.kind, &journal.entity, &line.account, &line.name);
        let amount = line.amount;
        writeln!(out, "  {name}  {} {}", amount.decimal(), amount.currency)?;
        for (dimension, value) in dimension_pairs(&line.dimensions) {
            writeln!(out, "    {dimension}: \"{value}\"")?;
        }
    }
    Ok(())
}

/// Writes the balances that must be found at the end of `last`. Beancount looks at the start of a
/// day, so the assertions stand on the day after.
///
/// # Errors
/// Only when `out` fails.
pub fn write_balances(out: &mut impl Write, last: Date, balances: &[ExportBalance]) -> Result {
    let day_after = last.tomorrow().unwrap_or(last);
    writeln!(out)?;
    for row in balances {
        let name = account_name(row.kind, &row.entity, &row.account, &row.name);
        let amount = row.balance;
        writeln!(
            out,
            "{day_after} balance {name}  {} {}",
            amount.decimal(),
            amount.currency
        )?;
    }
    Ok(())
}

/// A text in Beancount's quotes, on one line.
fn quoted(text: &str) -> String {
    let escaped = one_line(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
