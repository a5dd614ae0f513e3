//! What rounds documents as a whole: their lines once, and their amounts to pay to whole cash units. The
//! rounding is a line of its own beside net and tax: what is billed over the life of a contract stays its
//! value.
//!
//! An invoice follows the rule of its legal entity that is in force. A credit note follows the rule of
//! each invoice that it credits, cumulatively over everything that was credited of it before: what is
//! left to pay stays a whole number of units, and what is credited in full leaves nothing of the
//! rounding. One that also charges, or takes back what a credit note gave, stands by itself.

use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::record::Context;
use billing::{Document, InvoiceRounding, TaxedLine};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use store::Tx;
use store::document_roundings::{self, RoundingRow};
use store::documents::DocumentRow;
use values::{
    CashRounding, CashUnit, Credited, Currency, EntityId, LineId, Money, MoneyRefused, Rounding,
    RoundingLine,
};

/// The rule in force of a legal entity for a currency.
fn rule(context: &Context, entity: &EntityId, currency: Currency) -> Option<InvoiceRounding> {
    let known = context.books.invoices.get(entity)?;
    known.policy.rounding_in(currency)
}

/// The document with its rounding where it is an invoice. Nothing is read: a credit note stays as it is,
/// and is rounded by [`rounded`].
///
/// # Errors
/// When its total is too large.
pub(crate) fn rounded_invoice(
    context: &Context,
    entity: &EntityId,
    document: Document,
) -> Result<Document, MoneyRefused> {
    Ok(match document {
        Document::Invoice(draft) => {
            let rule = rule(context, entity, draft.total.currency);
            Document::Invoice(draft.rounded(rule)?)
        }
        other => other,
    })
}

/// The document with its rounding, as it is issued.
///
/// # Errors
/// When the store fails, or its total is too large.
pub(crate) fn rounded(
    tx: &mut Tx<'_>,
    context: &Context,
    entity: &EntityId,
    document: Document,
) -> Result<Document, AppFault> {
    Ok(match document {
        Document::CreditNote(note) => {
            let line = of_credit_note(tx, context, entity, &note.lines)?;
            Document::CreditNote(note.with_rounding(line)?)
        }
        other => rounded_invoice(context, entity, other)?,
    })
}

/// The rounding line of an invoice with these lines.
///
/// # Errors
/// When its total is too large.
pub(crate) fn of_invoice(
    context: &Context,
    entity: &EntityId,
    lines: &[TaxedLine],
) -> Result<Option<RoundingLine>, AppFault> {
    let Some(first) = lines.first() else {
        return Ok(None);
    };
    let rule = rule(context, entity, first.line.net.currency);
    Ok(rule.map(|rule| rule.line(lines)).transpose()?.flatten())
}

/// The rounding line of a credit note with these lines, which are signed as on the account.
///
/// # Errors
/// When the store fails, or an amount is too large.
pub(crate) fn of_credit_note(
    tx: &mut Tx<'_>,
    context: &Context,
    entity: &EntityId,
    lines: &[TaxedLine],
) -> Result<Option<RoundingLine>, AppFault> {
    let Some(first) = lines.first() else {
        return Ok(None);
    };
    let currency = first.line.net.currency;
    let own = rule(context, entity, currency);
    if own.is_none() && !document_roundings::is_used(tx)? {
        return Ok(None);
    }
    let Some(credited) = by_invoice(tx, lines)? else {
        let line = own.map(|rule| rule.line(lines)).transpose()?.flatten();
        return Ok(line.map(|line| line.negated()).transpose()?);
    };
    let mut all: Option<RoundingLine> = None;
    for (invoice, part) in credited {
        let Some(next) = next_credit(tx, &invoice, part)? else {
            continue;
        };
        all = Some(match all {
            None => next,
            Some(line) => RoundingLine {
                amount: line.amount.plus(next.amount)?,
                ..line
            },
        });
    }
    Ok(all)
}

/// The rounding of what is credited of an invoice now, by the rule under which it was issued; nothing
/// where it was issued under none.
fn next_credit(
    tx: &mut Tx<'_>,
    invoice: &str,
    part: Money,
) -> Result<Option<RoundingLine>, AppFault> {
    let currency = part.currency;
    let Some(known) = of_document(tx, invoice, currency)? else {
        return Ok(None);
    };
    let Some(credited) = document_roundings::credited_of(tx, invoice)? else {
        return Ok(None);
    };
    let money = |minor| Money::from_minor(minor, currency);
    let before = Credited {
        lines: money(credited.lines),
        rounding: money(credited.rounding),
    };
    Ok(Some(known.next_credit(
        money(credited.whole),
        before,
        part,
    )?))
}

/// What is given back of each invoice, with tax; nothing when a line charges, or takes back what a
/// credit note gave.
fn by_invoice(
    tx: &mut Tx<'_>,
    lines: &[TaxedLine],
) -> Result<Option<BTreeMap<String, Money>>, AppFault> {
    let corrected: Option<Vec<&str>> = lines
        .iter()
        .map(|taxed| taxed.line.corrects.as_ref().map(LineId::as_str))
        .collect();
    let Some(corrected) = corrected else {
        return Ok(None);
    };
    let mut on: HashMap<String, String> = HashMap::with_capacity(corrected.len());
    for (line, document, kind) in document_roundings::documents_of_lines(tx, &corrected)? {
        if kind != "invoice" {
            return Ok(None);
        }
        on.insert(line, document);
    }
    let mut credited: BTreeMap<String, Money> = BTreeMap::new();
    for (taxed, line) in lines.iter().zip(corrected) {
        let Some(invoice) = on.get(line) else {
            return Ok(None);
        };
        let given = taxed.line.net.plus(taxed.tax)?.negated()?;
        let part = credited
            .entry(invoice.clone())
            .or_insert(Money::zero(given.currency));
        *part = part.plus(given)?;
    }
    // What takes back more than it gives of one invoice is no credit of it.
    let gives = credited.values().all(|part| part.minor >= 0);
    Ok(gives.then_some(credited))
}

/// The rule of a rounding line, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptRule {
    to: Money,
    mode: CashRounding,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_invoice: Option<Rounding>,
}

/// The rounding line of a document that was issued, as it is kept.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub(crate) fn of_document(
    tx: &mut Tx<'_>,
    document: &str,
    currency: Currency,
) -> Result<Option<RoundingLine>, AppFault> {
    let Some(row) = document_roundings::of(tx, document)? else {
        return Ok(None);
    };
    let kept: KeptRule = stored("rule of a rounding", &row.rule)?;
    Ok(Some(RoundingLine {
        amount: Money::from_minor(row.amount, currency),
        rule: CashUnit {
            to: kept.to,
            mode: kept.mode,
        },
        per_invoice: kept.per_invoice,
    }))
}

/// As [`of_document`], with the currency as it is stored.
///
/// # Errors
/// As [`of_document`].
pub(crate) fn of_row(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<Option<RoundingLine>, AppFault> {
    of_document(tx, &row.id, stored_value("currency", &row.currency)?)
}

/// The rounding line of a document, as it is to be kept.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn row(document: &str, line: &RoundingLine) -> Result<RoundingRow, AppFault> {
    let kept = KeptRule {
        to: line.rule.to,
        mode: line.rule.mode,
        per_invoice: line.per_invoice,
    };
    Ok(RoundingRow {
        document: document.to_owned(),
        amount: line.amount.minor,
        rule: to_store("rule of a rounding", &kept)?,
    })
}
