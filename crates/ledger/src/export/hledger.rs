//! hledger and ledger read one file: `hledger -f books.journal check -s ordereddates` and
//! `ledger -f books.journal --strict bal`. Every amount is written with all places of its currency,
//! because both programs infer precision from what they read.

use super::{
    ExportBalance, ExportJournal, account_name, currencies, declared, dimension_pairs, one_line,
};
use std::fmt::{Result, Write};
use values::{Currency, Date};

/// What journals and lines are tagged with; `ledger --strict` wants tags declared.
const TAGS: [&str; 5] = ["event", "rule", "contract", "customer", "product"];

/// Declares every currency, tag and account. `accounts` holds each account and currency that a journal
/// uses; the balances are not written.
///
/// # Errors
/// Only when `out` fails.
pub fn write_header(out: &mut impl Write, title: &str, accounts: &[ExportBalance]) -> Result {
    writeln!(out, "; {}", one_line(title))?;
    writeln!(out)?;
    for currency in currencies(accounts) {
        writeln!(out, "commodity {currency}")?;
        writeln!(out, "  format {}", sample(currency))?;
    }
    writeln!(out)?;
    for tag in TAGS {
        writeln!(out, "tag {tag}")?;
    }
    writeln!(out)?;
    for (name, _) in declared(accounts) {
        writeln!(out, "account {name}")?;
    }
    Ok(())
}

/// Writes one journal as a transaction whose code is the id of the journal.
///
/// # Errors
/// Only when `out` fails.
pub fn write_journal(out: &mut impl Write, journal: &ExportJournal) -> Result {
    writeln!(out)?;
    let narration = description(&journal.narration);
    writeln!(out, "{} * ({}) {narration}", journal.date, journal.id)?;
    let rule = description(&journal.rule);
    writeln!(out, "    ; event: {}", journal.event)?;
    writeln!(out, "    ; rule: {rule} v{}", journal.rule_version)?;
    for line in &journal.lines {
        let name = account_name(line.kind, &journal.entity, &line.account, &line.name);
        let amount = line.amount;
        write!(out, "    {name}  {} {}", amount.decimal(), amount.currency)?;
        let pairs: Vec<_> = dimension_pairs(&line.dimensions)
            .map(|(dimension, value)| format!("{dimension}: {value}"))
            .collect();
        if pairs.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(out, "  ; {}", pairs.join(", "))?;
        }
    }
    Ok(())
}

/// Writes the balances that must be found at the end of `last`, as a transaction that moves nothing.
/// It is written after all journals up to that day.
///
/// # Errors
/// Only when `out` fails.
pub fn write_balances(out: &mut impl Write, last: Date, balances: &[ExportBalance]) -> Result {
    if balances.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "{last} * Balances at the end of the day")?;
    for row in balances {
        let name = account_name(row.kind, &row.entity, &row.account, &row.name);
        let currency = row.balance.currency;
        let nothing = values::Money::zero(currency).decimal();
        writeln!(
            out,
            "    {name}  {nothing} {currency} = {} {currency}",
            row.balance.decimal()
        )?;
    }
    Ok(())
}

/// An amount that shows the decimal places of a currency. hledger wants a decimal point even without
/// places; ledger reads one there only when nothing follows it, so the symbol comes first then.
fn sample(currency: Currency) -> String {
    match usize::try_from(currency.exponent()) {
        Ok(0) | Err(_) => format!("{currency} 1000."),
        Ok(places) => format!("1000.{} {currency}", "0".repeat(places)),
    }
}

/// A description: on one line, without the marks that begin a comment, a note or a code.
fn description(text: &str) -> String {
    one_line(text).replace([';', '|'], ",")
}
