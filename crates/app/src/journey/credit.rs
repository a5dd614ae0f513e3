//! Credit notes: never more than what is left of a line; revenue, tax and receivable go back in
//! proportion. What was already paid becomes the customer's again.

use crate::Refusal;
use crate::collection::{dunning, write_off};
use crate::command::{Answer, IssueCreditNote};
use crate::fault::{AppFault, stored_value};
use crate::journey::concession::{self, TakenBack};
use crate::journey::credit_form::{self, Released};
use crate::journey::document::{self, Draft, Kind};
use crate::journey::{contract as contracts_journey, customer, payment, rounding};
use crate::record::{Context, Recorder};
use billing::{BilledLine, CreditAmount, CreditNoteDraft, CreditRequest, LineAmount, TaxedLine};
use commerce::Contract;
use serde_json::json;
use std::collections::BTreeSet;
use store::Tx;
use store::documents::{self, DocumentRow, LineRow};
use values::{CreditNoteId, Currency, Money, split_minor};

/// `issue_credit_note`.
///
/// # Errors
/// When there is no such invoice, nothing is left to credit, or more is asked for than is left.
pub fn issue(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &IssueCreditNote,
) -> Result<Answer, AppFault> {
    if body.reason.trim().is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say why; it is printed on the credit note",
        )
        .into());
    }
    let invoice = document::invoice(tx, &body.invoice)?;
    let draft = drafted(tx, &invoice, body)?;
    let mut recorder = Recorder::new(
        context,
        stored_value("chain id", &invoice.correlation)?,
        "/commands",
        key,
    );
    let credited = credited(tx, &draft.lines)?;
    let Some(contract) = credited.first() else {
        let message = format!(
            "invoice {} has no line that could be credited",
            invoice.number
        );
        return Err(Refusal::whole("nothing_to_credit", message).into());
    };
    // Who was billed gets it back, whoever is billed by now.
    let buyer = customer::load(tx, &stored_value("customer id", &invoice.customer)?)?;
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| CreditNoteId::mint(&*context.ids, context.now));
    let kind = Kind::CreditNote {
        id: id.clone(),
        invoice: stored_value("invoice id", &invoice.id)?,
        reason: body.reason.clone(),
    };
    let issued = context.today(&contract.entity)?;
    let line = rounding::of_credit_note(tx, context, &contract.entity, &draft.lines)?;
    let draft = draft.with_rounding(line)?;
    let document = Draft {
        contract,
        customer: &buyer,
        kind,
        lines: &draft.lines,
        rounding: draft.rounding,
        issued,
        outside: None,
    };
    let sold = document::sold_of(tx, &invoice.id)?;
    let mut row = document::issue_sold(tx, context, &mut recorder, &document, &sold)?;
    let whole = TakenBack::of(tx, &row)?;
    let origin = format!("credit note {}", row.number);
    for contract in &credited {
        let lines = (&draft.lines[..], &whole);
        let when = (issued, origin.as_str());
        concession::lower_price(tx, context, &mut recorder, contract, lines, when)?;
    }
    let released = set_off(tx, context, &mut recorder, &mut row)?;
    credit_form::follow(tx, context, &row, &released)?;
    document::tell(tx, context, &mut recorder, &row.customer, &row.contract)?;
    recorder.finish(tx)?;
    Ok(
        json!({ "credit_note": id, "number": row.number, "net": draft.net, "tax": draft.tax, "total": draft.total }),
    )
}

/// The credit note that is asked for, before it is rounded.
fn drafted(
    tx: &mut Tx<'_>,
    invoice: &DocumentRow,
    body: &IssueCreditNote,
) -> Result<CreditNoteDraft, AppFault> {
    let rows = documents::lines_of(tx, &invoice.id)?;
    let mut billed = Vec::new();
    let spanned: BTreeSet<&str> = rows.iter().map(|row| row.contract.as_str()).collect();
    for contract in spanned {
        billed.extend(document::billed_lines(tx, contract)?);
    }
    let own = own_lines(&rows, &billed);
    let currency = stored_value("currency", &invoice.currency)?;
    let request = CreditRequest {
        amount: amount(body, &own, &billed, currency)?,
        reason: body.reason.clone(),
    };
    let draft = billing::credit(&own, &billed, &request).map_err(|refusal| {
        Refusal::field(refusal.code(), field_at_fault(body), refusal.to_string())
    })?;
    Ok(draft)
}

/// What a credit note of these lines would come to, with tax.
///
/// # Errors
/// When it would be refused.
pub(crate) fn total_of(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &DocumentRow,
    body: &IssueCreditNote,
) -> Result<Money, AppFault> {
    let draft = drafted(tx, invoice, body)?;
    let entity = stored_value("entity id", &invoice.entity)?;
    let line = rounding::of_credit_note(tx, context, &entity, &draft.lines)?;
    Ok(draft.with_rounding(line)?.total)
}

fn own_lines(rows: &[LineRow], billed: &[BilledLine]) -> Vec<BilledLine> {
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    billed
        .iter()
        .filter(|line| ids.contains(line.id.as_str()))
        .cloned()
        .collect()
}

/// The contracts of these lines, in their order.
fn credited(tx: &mut Tx<'_>, lines: &[TaxedLine]) -> Result<Vec<Contract>, AppFault> {
    let mut found: Vec<Contract> = Vec::new();
    for taxed in lines {
        let id = &taxed.line.contract;
        if !found.iter().any(|known| known.id == *id) {
            found.push(contracts_journey::load(tx, id)?.1);
        }
    }
    Ok(found)
}

/// The field that says how much is credited: exactly one does.
fn field_at_fault(body: &IssueCreditNote) -> &'static str {
    match body {
        IssueCreditNote { full: true, .. } => "full",
        IssueCreditNote {
            fraction: Some(_), ..
        } => "fraction",
        IssueCreditNote {
            amount: Some(_), ..
        } => "amount",
        IssueCreditNote { .. } => "lines",
    }
}

fn amount(
    body: &IssueCreditNote,
    own: &[BilledLine],
    billed: &[BilledLine],
    currency: Currency,
) -> Result<CreditAmount, AppFault> {
    let asked = [
        body.full,
        body.fraction.is_some(),
        body.amount.is_some(),
        !body.lines.is_empty(),
    ];
    if asked.iter().filter(|asked| **asked).count() != 1 {
        let message = "state exactly one of full, fraction, amount and lines";
        return Err(Refusal::whole("credit_amount_unclear", message).into());
    }
    let money = |field: &str, text: &str| {
        Money::parse(text, currency)
            .map_err(|refused| Refusal::field("bad_amount", field, refused.to_string()))
    };
    if body.full {
        return Ok(CreditAmount::Full);
    }
    if let Some(fraction) = body.fraction {
        return Ok(CreditAmount::Fraction { fraction });
    }
    if let Some(text) = &body.amount {
        return spread(money("amount", text)?, own, billed);
    }
    let mut lines = Vec::new();
    for (index, line) in body.lines.iter().enumerate() {
        let amount = money(&format!("lines[{index}].amount"), &line.amount)?;
        lines.push(LineAmount {
            line: line.line.clone(),
            amount,
        });
    }
    Ok(CreditAmount::Lines { lines })
}

/// Spreads an amount over the charges of an invoice in proportion to what is left of each.
fn spread(
    amount: Money,
    own: &[BilledLine],
    billed: &[BilledLine],
) -> Result<CreditAmount, AppFault> {
    let left = |line: &BilledLine| {
        let back: i64 = billed
            .iter()
            .filter(|other| other.line.corrects.as_ref() == Some(&line.id))
            .map(|other| other.line.net.minor)
            .sum();
        u64::try_from(line.line.net.minor + back).unwrap_or(0)
    };
    let weights: Vec<u64> = own.iter().map(left).collect();
    let remaining: u64 = weights.iter().sum();
    if amount.minor <= 0 || u64::try_from(amount.minor).unwrap_or(0) > remaining {
        let remaining = Money::from_minor(
            i64::try_from(remaining).unwrap_or(i64::MAX),
            amount.currency,
        );
        let message =
            format!("{amount} cannot be credited: {remaining} without tax is left of this invoice");
        return Err(Refusal::field("credit_exceeds_invoice", "amount", message).into());
    }
    let parts = split_minor(amount.minor, &weights)?;
    let lines = own.iter().zip(parts).filter(|(_, part)| *part != 0);
    let lines = lines.map(|(line, part)| LineAmount {
        line: line.id.clone(),
        amount: Money::from_minor(part, amount.currency),
    });
    Ok(CreditAmount::Lines {
        lines: lines.collect(),
    })
}

/// Sets a credit note off against its invoice; what was already paid of it is released and becomes
/// the customer's unapplied money.
pub(crate) fn set_off(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    note: &mut DocumentRow,
) -> Result<Vec<Released>, AppFault> {
    let Some(mut invoice) = documents::document(tx, &note.source)? else {
        return Ok(Vec::new());
    };
    let (paid, credited) = document::settled(tx, &invoice.id)?;
    // What was given up comes back first, then what was paid.
    let (small, bad) = write_off::given_up(tx, &invoice.id)?;
    let given_up = small + bad;
    let too_much = paid + credited + given_up + note.total - invoice.total;
    let because = write_off::Because {
        payment: "",
        reason: "the invoice is credited",
    };
    let back = too_much.clamp(0, given_up);
    if back > 0 {
        write_off::recover(tx, context, recorder, &mut invoice, back, because)?;
    }
    let over = (too_much - back).clamp(0, paid);
    let (released, back_in_hand) = match over {
        0 => (0, Vec::new()),
        over => payment::release(tx, context, recorder, &invoice, over)?,
    };
    let taken =
        (invoice.total - (paid - released) - credited - (given_up - back)).clamp(0, note.total);
    note.remaining = note.total - taken;
    let status = if note.remaining == 0 {
        "applied"
    } else {
        "open"
    };
    if note.status != "paid" {
        let lifecycle = &control::lifecycle::CREDIT_NOTE;
        crate::lifecycle::go(lifecycle, &note.number, &note.status, status)?;
    }
    note.status = status.to_owned();
    documents::set_remaining(tx, &note.id, note.remaining, &note.status)?;
    document::settle(tx, &mut invoice, paid - released, credited + taken)?;
    dunning::settled(tx, context, recorder, &invoice, dunning::Look::Settled)?;
    Ok(back_in_hand)
}
