//! Giving up what will not be paid, and taking that back when it is paid or credited after all.

use super::{about_invoice, of_document, policy, reason_given, stated};
use crate::Refusal;
use crate::command::{Answer, WriteOffInvoice};
use crate::fault::{AppFault, stored_value};
use crate::journey::{document, standing};
use crate::record::{Context, Recorder};
use billing::{WriteOffKind, WrittenOff};
use events::{Event, GivenUp, ReceivableWrittenOff};
use serde_json::json;
use store::collection::{self, WriteOffRow};
use store::documents::DocumentRow;
use store::{Tx, settings};

/// Why and with which payment something is given up or comes back.
#[derive(Clone, Copy)]
pub(crate) struct Because<'a> {
    /// The payment that it comes with, or empty.
    pub(crate) payment: &'a str,
    /// Why.
    pub(crate) reason: &'a str,
}

/// `write_off_invoice`.
///
/// # Errors
/// When there is no such invoice, or more is given up than is open.
pub fn by_hand(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &WriteOffInvoice,
) -> Result<Answer, AppFault> {
    reason_given(&body.reason)?;
    let mut invoice = document::invoice(tx, &body.invoice)?;
    settings::take_turn(tx, &format!("invoice/{}", invoice.id))?;
    let policy = policy::in_force(tx)?.write_off;
    let kind = match body.given_up.as_deref() {
        None => policy.given_up,
        Some("bad_debt") => WriteOffKind::BadDebt,
        Some("allowance") => WriteOffKind::Allowance,
        Some(word) => {
            let message =
                format!("{word:?} is no way to give up a receivable; use bad_debt or allowance");
            return Err(Refusal::field("unknown_given_up", "given_up", message).into());
        }
    };
    let open = of_document(&invoice, invoice.remaining)?;
    let amount = match &body.amount {
        Some(text) => stated("amount", text, open.currency)?,
        None => open,
    };
    let parts = (
        of_document(&invoice, invoice.net)?,
        of_document(&invoice, invoice.tax)?,
    );
    let written = billing::write_off(amount, open, parts, policy.tax_relief)
        .map_err(|refusal| Refusal::field(refusal.code(), "amount", refusal.to_string()))?;
    let correlation = stored_value("chain id", &invoice.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let because = Because {
        payment: "",
        reason: &body.reason,
    };
    keep(
        tx,
        context,
        &mut recorder,
        &mut invoice,
        (kind, written),
        because,
    )?;
    super::dunning::settled(
        tx,
        context,
        &mut recorder,
        &invoice,
        super::dunning::Look::WrittenOff,
    )?;
    standing::tell_crm(
        tx,
        context,
        &mut recorder,
        &invoice.customer,
        &invoice.contract,
    )?;
    recorder.finish(tx)?;
    Ok(json!({
        "invoice": invoice.id, "number": invoice.number, "written_off": written.amount,
        "loss": written.loss, "tax_relief": written.tax, "open": of_document(&invoice, invoice.remaining)?,
        "status": invoice.status,
    }))
}

/// Gives up what is open of an invoice because another system did, in the way of the policy. Returns
/// how much; nothing when nothing is open.
pub(crate) fn elsewhere(
    tx: &mut Tx<'_>,
    context: &Context,
    (source, key): (&str, &str),
    invoice: &mut DocumentRow,
    reason: &str,
) -> Result<values::Money, AppFault> {
    settings::take_turn(tx, &format!("invoice/{}", invoice.id))?;
    let policy = policy::in_force(tx)?.write_off;
    let open = of_document(invoice, invoice.remaining)?;
    if open.is_zero() {
        return Ok(open);
    }
    let parts = (
        of_document(invoice, invoice.net)?,
        of_document(invoice, invoice.tax)?,
    );
    let written = billing::write_off(open, open, parts, policy.tax_relief)
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    let correlation = stored_value("chain id", &invoice.correlation)?;
    let mut recorder = Recorder::new(context, correlation, source, key);
    let because = Because {
        payment: "",
        reason,
    };
    let what = (policy.given_up, written);
    keep(tx, context, &mut recorder, invoice, what, because)?;
    super::dunning::settled(
        tx,
        context,
        &mut recorder,
        invoice,
        super::dunning::Look::WrittenOff,
    )?;
    let (customer, contract) = (&invoice.customer, &invoice.contract);
    standing::tell_crm(tx, context, &mut recorder, customer, contract)?;
    recorder.finish(tx)?;
    Ok(open)
}

/// Lets a small difference on a payment go; all of it is lost.
pub(crate) fn let_go(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &mut DocumentRow,
    amount: values::Money,
    because: Because<'_>,
) -> Result<(), AppFault> {
    let written = WrittenOff {
        amount,
        loss: amount,
        tax: values::Money::zero(amount.currency),
    };
    keep(
        tx,
        context,
        recorder,
        invoice,
        (WriteOffKind::SmallDifference, written),
        because,
    )
}

/// Takes back up to `minor` of what was given up of an invoice, the newest first. Returns how much.
pub(crate) fn recover(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &mut DocumentRow,
    minor: i64,
    because: Because<'_>,
) -> Result<i64, AppFault> {
    let mut left = minor;
    for kind in [
        WriteOffKind::SmallDifference,
        WriteOffKind::Allowance,
        WriteOffKind::BadDebt,
    ] {
        let written = standing_of(tx, invoice, kind)?;
        let taken = left.min(written.amount.minor);
        if taken <= 0 {
            continue;
        }
        let back = billing::recover(of_document(invoice, taken)?, written)
            .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
        keep(tx, context, recorder, invoice, (kind, back), because)?;
        left -= taken;
    }
    Ok(minor - left)
}

/// What of an invoice is given up now, for one reason.
pub(crate) fn standing_of(
    tx: &mut Tx<'_>,
    invoice: &DocumentRow,
    kind: WriteOffKind,
) -> Result<WrittenOff, AppFault> {
    let (mut amount, mut loss, mut tax) = (0, 0, 0);
    for row in collection::write_offs_of(tx, &invoice.id)? {
        if row.kind == kind.as_str() {
            amount += row.amount;
            loss += row.loss;
            tax += row.tax;
        }
    }
    Ok(WrittenOff {
        amount: of_document(invoice, amount)?,
        loss: of_document(invoice, loss)?,
        tax: of_document(invoice, tax)?,
    })
}

/// What of an invoice is given up in all, minor units: (as small differences, otherwise).
pub(crate) fn given_up(tx: &mut Tx<'_>, invoice: &str) -> Result<(i64, i64), AppFault> {
    let (mut small, mut bad) = (0, 0);
    for row in collection::write_offs_of(tx, invoice)? {
        if row.kind == WriteOffKind::SmallDifference.as_str() {
            small += row.amount;
        } else {
            bad += row.amount;
        }
    }
    Ok((small, bad))
}

/// Records what is given up, or comes back (below zero), and what it leaves of the invoice.
fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &mut DocumentRow,
    (kind, written): (WriteOffKind, WrittenOff),
    because: Because<'_>,
) -> Result<(), AppFault> {
    let row = WriteOffRow {
        id: context.ids.mint("wof", context.now),
        invoice: invoice.id.clone(),
        customer: invoice.customer.clone(),
        entity: invoice.entity.clone(),
        currency: invoice.currency.clone(),
        kind: kind.as_str().to_owned(),
        amount: written.amount.minor,
        loss: written.loss.minor,
        tax: written.tax.minor,
        payment: because.payment.to_owned(),
        reason: because.reason.to_owned(),
        time: context.now.microseconds(),
    };
    WriteOffRow::insert(tx, &[row])?;
    let back = written.amount.minor < 0;
    let above = |money: values::Money| if back { money.negated() } else { Ok(money) };
    let payload = ReceivableWrittenOff {
        invoice: stored_value("invoice id", &invoice.id)?,
        customer: stored_value("customer id", &invoice.customer)?,
        contract: stored_value("contract id", &invoice.contract)?,
        given_up: match kind {
            WriteOffKind::BadDebt => GivenUp::BadDebt,
            WriteOffKind::Allowance => GivenUp::Allowance,
            WriteOffKind::SmallDifference => GivenUp::SmallDifference,
        },
        amount: above(written.amount)?,
        loss: above(written.loss)?,
        tax: above(written.tax)?,
        payment: match because.payment {
            "" => None,
            id => Some(stored_value("payment id", id)?),
        },
        reason: because.reason.to_owned(),
    };
    let event = if back {
        Event::InvoiceRecovered(payload)
    } else {
        Event::InvoiceWrittenOff(payload)
    };
    recorder.event(about_invoice(context, invoice)?, event);
    let (paid, credited) = document::settled(tx, &invoice.id)?;
    document::settle(tx, invoice, paid, credited)
}
