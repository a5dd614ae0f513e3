//! What a story left in the books, as one stable JSON document. Field names and order are part of
//! the documented format; amounts are decimal text in major units.

use super::{Ending, prices};
use crate::fault::{AppFault, stored_value};
use crate::journey::{rounding, schedule};
use serde_json::{Value, json};
use store::documents::{self, DocumentFilter, DocumentRow};
use store::invoice_drafts::DraftFilter;
use store::{Tx, contracts, exceptions, journals, obligations, payments};
use values::{Currency, Money};

/// More rows than a story ever makes.
const ALL: i64 = 1_000_000;

/// The document that `tieout story --json` prints.
///
/// # Errors
/// When the store fails or something stored cannot be read.
pub fn report(ending: &Ending) -> Result<Value, AppFault> {
    let (title, as_of) = (ending.title.clone(), ending.as_of.to_string());
    let told: Vec<Value> = ending
        .told
        .iter()
        .map(|told| json!({ "step": told.number, "on": told.on, "command": told.command, "answer": told.answer }))
        .collect();
    let tie_outs = ending.app.tie_outs()?;
    ending.app.store().read(move |tx| {
        Ok(json!({
            "format": "tieout-story-report/1",
            "story": title,
            "as_of": as_of,
            "contracts": contract_list(tx)?,
            "invoices": document_list(tx, "invoice")?,
            "credit_notes": document_list(tx, "credit_note")?,
            "price_changes": prices::list(tx)?,
            "drafts": draft_list(tx)?,
            "payments": payment_list(tx)?,
            "journals": journal_list(tx)?,
            "schedules": schedule_list(tx)?,
            "balances": balance_list(tx)?,
            "exceptions": exception_list(tx)?,
            "tie_out": tie_outs,
            "steps": told,
        }))
    })
}

fn amount(minor: i64, currency: &str) -> Result<String, AppFault> {
    Ok(
        Money::from_minor(minor, stored_value::<Currency>("currency", currency)?)
            .decimal()
            .to_string(),
    )
}

fn contract_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut list = Vec::new();
    for row in contracts::all_after(tx, "", ALL)? {
        list.push(json!({
            "contract": row.id, "customer": row.customer, "entity": row.entity, "currency": row.currency,
            "status": row.status, "version": row.version, "from": row.term_from, "until": row.term_until,
            "value": amount(row.value, &row.currency)?,
        }));
    }
    Ok(list)
}

fn document_list(tx: &mut Tx<'_>, kind: &str) -> Result<Vec<Value>, AppFault> {
    let filter = DocumentFilter {
        kind: kind.to_owned(),
        ..DocumentFilter::default()
    };
    let mut rows = documents::documents(tx, &filter, "", ALL)?;
    rows.reverse();
    rows.iter().map(|row| document(tx, row)).collect()
}

fn document(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Value, AppFault> {
    let mut lines = Vec::new();
    for line in documents::lines_of(tx, &row.id)? {
        lines.push(json!({
            "line": line.id, "product": line.product, "component": line.component, "description": line.description,
            "from": line.period_from, "until": line.period_until, "arithmetic": line.arithmetic,
            "net": amount(line.net, &row.currency)?, "tax_rate": line.tax_rate, "tax": amount(line.tax, &row.currency)?,
            "corrects": if line.source_line.is_empty() { Value::Null } else { json!(line.source_line) },
        }));
    }
    let credited = if row.source.is_empty() {
        Value::Null
    } else {
        json!(row.source)
    };
    let mut told = json!({
        "id": row.id, "number": row.number, "customer": row.customer, "contract": row.contract, "entity": row.entity,
        "currency": row.currency, "issued": row.issued, "due": row.due, "status": row.status,
        "net": amount(row.net, &row.currency)?, "tax": amount(row.tax, &row.currency)?,
        "total": amount(row.total, &row.currency)?, "open": amount(row.remaining, &row.currency)?,
        "credits_invoice": credited, "reason": row.reason, "lines": lines,
    });
    if let Some(line) = rounding::of_row(tx, row)? {
        let (amount, rule) = (line.amount.minor, line.words());
        told["rounding"] = json!({ "amount": self::amount(amount, &row.currency)?, "rule": rule });
    }
    Ok(told)
}

/// Drafts of invoices and credit notes, oldest first.
fn draft_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut rows = store::invoice_drafts::newest(tx, &DraftFilter::default(), "", ALL)?;
    rows.reverse();
    let mut list = Vec::new();
    for row in rows {
        list.push(json!({
            "draft": row.id, "kind": row.kind, "customer": row.customer, "contract": row.contract,
            "entity": row.entity, "currency": row.currency, "status": row.status, "through": row.through,
            "ends": row.ends, "version": row.version, "total": amount(row.total, &row.currency)?,
            "needs": row.needs, "document": row.document, "reason": row.reason,
        }));
    }
    Ok(list)
}

fn payment_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut rows = payments::payments(tx, "", "", ALL)?;
    rows.reverse();
    let mut list = Vec::new();
    for row in rows {
        let mut applied = Vec::new();
        for one in payments::applications_of(tx, &row.id)? {
            applied.push(
                json!({ "invoice": one.document, "amount": amount(one.amount, &row.currency)? }),
            );
        }
        let mut refunds = Vec::new();
        for one in payments::refunds_of(tx, &row.id)? {
            refunds.push(json!({ "refund": one.id, "amount": amount(one.amount, &row.currency)?, "status": one.status }));
        }
        list.push(json!({
            "payment": row.id, "customer": row.customer, "entity": row.entity, "currency": row.currency,
            "status": row.status, "method": row.method, "amount": amount(row.amount, &row.currency)?,
            "fee": amount(row.fee, &row.currency)?, "unapplied": amount(row.unapplied, &row.currency)?,
            "applied": applied, "refunds": refunds,
        }));
    }
    Ok(list)
}

fn journal_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut list = Vec::new();
    let mut rows = Vec::new();
    journals::each_in_order(tx, |journal, lines| {
        rows.push((journal, lines));
        Ok(())
    })?;
    for (journal, lines) in rows {
        let mut printed = Vec::new();
        for line in lines {
            let (debit, credit) = if line.amount >= 0 {
                (json!(amount(line.amount, &line.currency)?), Value::Null)
            } else {
                (Value::Null, json!(amount(-line.amount, &line.currency)?))
            };
            printed.push(json!({ "account": line.account, "debit": debit, "credit": credit, "product": line.product }));
        }
        list.push(json!({
            "journal": journal.id, "entity": journal.entity, "date": journal.date, "currency": journal.currency,
            "narration": journal.narration, "rule": journal.rule, "rule_version": journal.rule_version,
            "event_type": journal.event_type, "document": journal.document, "contract": journal.contract,
            "lines": printed,
        }));
    }
    Ok(list)
}

fn schedule_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut list = Vec::new();
    for row in obligations::page(tx, "", "", ALL)? {
        let currency = row.currency.clone();
        let scheduled = schedule::read(row)?;
        let mut segments = Vec::new();
        for segment in &scheduled.obligation.segments {
            segments.push(json!({
                "from": segment.from, "until": segment.until, "amount": amount(segment.amount, &currency)?,
                "pattern": segment.pattern, "origin": segment.origin,
            }));
        }
        let row = &scheduled.row;
        let mut months = Vec::new();
        let first = scheduled
            .obligation
            .segments
            .iter()
            .map(|segment| segment.from)
            .min();
        let last = scheduled
            .obligation
            .segments
            .iter()
            .map(|segment| segment.until.max(segment.from))
            .max();
        if let (Some(first), Some(last)) = (first, last) {
            let mut month = values::Month::of(first);
            let mut before = 0;
            while month.first() <= last {
                let earned = revenue::earned_through(&scheduled.obligation, month.last())
                    .map_err(schedule::refused)?;
                if earned != before {
                    months.push(
                        json!({ "month": month, "amount": amount(earned - before, &currency)? }),
                    );
                }
                before = earned;
                month = month.next();
            }
        }
        list.push(json!({
            "obligation": row.id, "contract": row.contract, "component": row.component, "product": row.product,
            "currency": currency, "allocated": amount(row.allocated, &currency)?, "billed": amount(row.billed, &currency)?,
            "recognised": amount(row.recognised, &currency)?, "recognised_through": row.recognised_through,
            "segments": segments, "months": months,
        }));
    }
    Ok(list)
}

fn balance_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut sums: std::collections::BTreeMap<[String; 3], (i64, i64)> =
        std::collections::BTreeMap::new();
    for row in journals::balances(tx, "")? {
        let sum = sums
            .entry([row.entity, row.account, row.currency])
            .or_default();
        sum.0 += row.debit;
        sum.1 += row.credit;
    }
    let mut list = Vec::new();
    for ([entity, account, currency], (debit, credit)) in sums {
        list.push(json!({
            "entity": entity, "account": account, "currency": currency, "debit": amount(debit, &currency)?,
            "credit": amount(credit, &currency)?, "balance": amount(debit - credit, &currency)?,
        }));
    }
    Ok(list)
}

fn exception_list(tx: &mut Tx<'_>) -> Result<Vec<Value>, AppFault> {
    let mut list = Vec::new();
    for row in exceptions::all_open(tx)? {
        let value = if row.currency.is_empty() {
            Value::Null
        } else {
            json!(amount(row.amount, &row.currency)?)
        };
        list.push(json!({
            "exception": row.id, "class": row.class, "summary": row.summary, "document": row.document,
            "value": value, "currency": row.currency, "owner": row.owner,
        }));
    }
    Ok(list)
}
