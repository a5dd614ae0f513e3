//! Cash application by hand: one payment against many invoices, with what is let go, and taking it
//! back. What a payer wrote is matched by itself where it is certain.

use super::write_off::{self, Because};
use super::{of_document, policy, reason_given, stated, unmatched};
use crate::Refusal;
use crate::command::{Answer, MatchPayment, SetPayer, UnapplyPayment};
use crate::fault::{AppFault, stored_value};
use crate::journey::routing::said;
use crate::journey::{customer, document, exception, payment, refund};
use crate::record::{Context, Recorder};
use billing::{Instruction, OpenInvoice, Suggestion};
use events::{Application, FieldChange};
use serde_json::json;
use store::collection;
use store::documents::DocumentRow;
use store::payments::{self, PaymentRow};
use store::{Tx, catalogue, settings};
use values::{Money, Zone};

/// `match_payment`.
///
/// # Errors
/// When the payment or an invoice is unknown, or more is asked for than there is.
pub fn match_payment(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &MatchPayment,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, body.payment.as_str())?;
    let mut invoices = Vec::with_capacity(body.invoices.len());
    for one in &body.invoices {
        invoices.push(document::invoice(tx, &one.invoice)?);
    }
    name_payer(tx, &mut row, body, &invoices)?;
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let mut said = Vec::with_capacity(invoices.len());
    let mut left = row.unapplied;
    for (index, (one, invoice)) in body.invoices.iter().zip(&mut invoices).enumerate() {
        check_payer(tx, &row, invoice, index, body.on_behalf)?;
        let currency = of_document(invoice, 0)?.currency;
        let field = format!("invoices[{index}].amount");
        let amount = one
            .amount
            .as_deref()
            .map(|text| stated(&field, text, currency))
            .transpose()?;
        owed_again(
            tx,
            context,
            &mut recorder,
            invoice,
            (&row, amount.map_or(left, |it| it.minor)),
        )?;
        let amount =
            amount.unwrap_or_else(|| Money::from_minor(left.min(invoice.remaining), currency));
        left -= amount.minor.max(0);
        said.push(Instruction {
            invoice: stored_value("invoice id", &invoice.id)?,
            amount,
            write_off_rest: one.write_off_rest,
        });
    }
    let open = open_of(&invoices)?;
    let policy = policy::in_force(tx)?;
    let unapplied = payment::money(&row, row.unapplied)?;
    let decided = billing::instruct(unapplied, &open, &said, &policy.matching)
        .map_err(|refusal| Refusal::field(refusal.code(), "invoices", refusal.to_string()))?;
    carry_out(tx, context, &mut recorder, &mut row, &decided)?;
    recorder.finish(tx)?;
    cleared(tx, context, &row)?;
    answer(&row, &decided)
}

fn answer(row: &PaymentRow, decided: &Suggestion) -> Result<Answer, AppFault> {
    Ok(json!({
        "payment": row.id,
        "applied": decided.applications,
        "written_off": decided.written_off,
        "unapplied": payment::money(row, row.unapplied)?,
    }))
}

/// A payment, once nobody else moves it.
///
/// # Errors
/// When the store fails or there is none.
pub(crate) fn load(tx: &mut Tx<'_>, id: &str) -> Result<PaymentRow, AppFault> {
    settings::take_turn(tx, &format!("payment/{id}"))?;
    payments::payment(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "payment",
        id: id.to_owned(),
    })
}

fn name_payer(
    tx: &mut Tx<'_>,
    row: &mut PaymentRow,
    body: &MatchPayment,
    invoices: &[DocumentRow],
) -> Result<(), AppFault> {
    match (&body.customer, row.customer.is_empty()) {
        (Some(id), _) => {
            customer::load(tx, id)?;
            if !row.customer.is_empty() && row.customer != id.as_str() {
                let message = format!(
                    "the payment is known to be from {}; leave the customer out",
                    row.customer
                );
                return Err(Refusal::field("other_customer", "customer", message).into());
            }
            row.customer = id.as_str().to_owned();
        }
        (None, true) => {
            let first = invoices.first().map(|invoice| invoice.customer.clone());
            row.customer = first.unwrap_or_default();
        }
        (None, false) => {}
    }
    Ok(())
}

/// A payer pays its own invoices, those of customers that it pays for, and what a person says.
fn check_payer(
    tx: &mut Tx<'_>,
    row: &PaymentRow,
    invoice: &DocumentRow,
    index: usize,
    on_behalf: bool,
) -> Result<(), AppFault> {
    let field = format!("invoices[{index}].invoice");
    if invoice.entity != row.entity {
        let message = format!(
            "the money reached {}, invoice {} is of {}; move it between the entities first",
            row.entity, invoice.number, invoice.entity
        );
        return Err(Refusal::field("other_entity", &field, message).into());
    }
    if invoice.customer == row.customer
        || on_behalf
        || pays_for(tx, &row.customer, &invoice.customer)?
    {
        return Ok(());
    }
    let message = format!(
        "the payment is from {}, invoice {} is for {}; state on_behalf, or say with set_payer that the one pays for the other",
        row.customer, invoice.number, invoice.customer
    );
    Err(Refusal::field("other_customer", &field, message).into())
}

/// Whether a payer pays for a customer: it was said so, or it is the account above it.
pub(super) fn pays_for(tx: &mut Tx<'_>, payer: &str, customer: &str) -> Result<bool, AppFault> {
    if collection::payer_of(tx, customer)?.as_deref() == Some(payer) {
        return Ok(true);
    }
    let Some(row) = catalogue::customer(tx, customer)? else {
        return Ok(false);
    };
    let known: commerce::Customer = crate::fault::stored("customer", &row.body)?;
    Ok(known.parent.is_some_and(|parent| parent.as_str() == payer))
}

/// What was given up of an invoice is owed again before it is paid.
pub(crate) fn owed_again(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &mut DocumentRow,
    (row, minor): (&PaymentRow, i64),
) -> Result<(), AppFault> {
    let missing = minor - invoice.remaining;
    if missing <= 0 || write_off::given_up(tx, &invoice.id)?.1 == 0 {
        return Ok(());
    }
    let because = Because {
        payment: &row.id,
        reason: "paid after it was given up",
    };
    write_off::recover(tx, context, recorder, invoice, missing, because)?;
    Ok(())
}

fn open_of(invoices: &[DocumentRow]) -> Result<Vec<OpenInvoice>, AppFault> {
    invoices
        .iter()
        .filter(|invoice| invoice.remaining > 0)
        .map(|invoice| {
            Ok(OpenInvoice {
                id: stored_value("invoice id", &invoice.id)?,
                due: stored_value("date", &invoice.due)?,
                open: of_document(invoice, invoice.remaining)?,
            })
        })
        .collect()
}

/// Does what was decided about a payment: cash moves, and small differences are let go.
fn carry_out(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &mut PaymentRow,
    decided: &Suggestion,
) -> Result<(), AppFault> {
    let applications: Vec<Application> = decided
        .applications
        .iter()
        .map(|one| Application {
            invoice: one.invoice.clone(),
            amount: one.amount,
            customer: None,
        })
        .collect();
    row.unapplied = decided.unapplied.minor;
    payments::update(tx, row)?;
    payment::move_cash(tx, context, recorder, row, &applications)?;
    for one in &decided.written_off {
        let mut invoice = document::invoice(tx, one.invoice.as_str())?;
        let because = Because {
            payment: &row.id,
            reason: "small difference on a payment, within the tolerance",
        };
        write_off::let_go(tx, context, recorder, &mut invoice, one.amount, because)?;
        super::dunning::settled(
            tx,
            context,
            recorder,
            &invoice,
            super::dunning::Look::Settled,
        )?;
    }
    Ok(())
}

/// Ends the exception of a payment of which nothing is unapplied any more, or says what is left.
///
/// # Errors
/// When the store fails.
pub(crate) fn cleared(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &PaymentRow,
) -> Result<(), AppFault> {
    if row.unapplied == 0 {
        let about = format!("unmatched/{}", row.id);
        exception::clear(tx, context, &about, "the payment was set against invoices")?;
    } else {
        // What waits is worth less now.
        payment::unmatched(tx, context, row, "")?;
    }
    Ok(())
}

/// Keeps what a payer wrote and does what it says, where that is certain enough for the policy.
/// Returns whether anything was done.
pub(crate) fn by_text(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: &mut PaymentRow,
    text: &str,
) -> Result<bool, AppFault> {
    collection::note_remittance(tx, &row.id, text)?;
    let policy = policy::in_force(tx)?;
    let found = unmatched::matched(tx, row, &policy.matching)?;
    let Ok((suggestion, _)) = found else {
        return Ok(false);
    };
    if suggestion.confidence < policy.matching.by_itself_from || suggestion.applications.is_empty()
    {
        return Ok(false);
    }
    if row.customer.is_empty()
        && let Some(first) = suggestion.applications.first()
    {
        row.customer = document::invoice(tx, first.invoice.as_str())?.customer;
    }
    carry_out(tx, context, recorder, row, &suggestion)?;
    Ok(true)
}

/// `unapply_payment`.
///
/// # Errors
/// When no more of the payment is set against the invoice than is to be taken back.
pub fn unapply(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &UnapplyPayment,
) -> Result<Answer, AppFault> {
    reason_given(&body.reason)?;
    let mut row = load(tx, body.payment.as_str())?;
    let mut invoice = document::invoice(tx, &body.invoice)?;
    let set: i64 = payments::applications_of(tx, &row.id)?
        .iter()
        .filter(|one| one.document == invoice.id)
        .map(|one| one.amount)
        .sum();
    let set = payment::money(&row, set)?;
    let amount = match &body.amount {
        Some(text) => stated("amount", text, set.currency)?,
        None => set,
    };
    if amount.minor <= 0 || amount.minor > set.minor {
        let message = format!(
            "{amount} cannot be taken back from invoice {}: {set} of this payment is set against it",
            invoice.number
        );
        return Err(Refusal::field("exceeds_applied", "amount", message).into());
    }
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    row.unapplied += amount.minor;
    payments::update(tx, &row)?;
    let back = Application {
        invoice: stored_value("invoice id", &invoice.id)?,
        amount: amount.negated()?,
        customer: None,
    };
    // What was let go with this payment was let go because it paid the rest.
    let with_it: i64 = collection::write_offs_of(tx, &invoice.id)?
        .iter()
        .filter(|one| one.payment == row.id && one.kind == "small_difference")
        .map(|one| one.amount)
        .sum();
    if with_it > 0 {
        let because = Because {
            payment: &row.id,
            reason: &body.reason,
        };
        write_off::recover(tx, context, &mut recorder, &mut invoice, with_it, because)?;
    }
    payment::move_cash(tx, context, &mut recorder, &row, &[back])?;
    recorder.finish(tx)?;
    refund::covered(tx, context, &row)?;
    // What went back to the payer already is not there to be set against anything.
    let exception = match row.unapplied > 0 {
        true => Some(payment::unmatched(tx, context, &row, "")?),
        false => None,
    };
    Ok(
        json!({ "payment": row.id, "invoice": invoice.id, "taken_back": amount,
        "unapplied": payment::money(&row, row.unapplied)?, "exception": exception }),
    )
}

/// `set_payer`.
///
/// # Errors
/// When a customer is unknown, would pay for itself, or nothing changes.
pub fn set_payer(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetPayer,
) -> Result<Answer, AppFault> {
    let account = customer::load(tx, &body.customer)?;
    if let Some(payer) = &body.payer {
        customer::load(tx, payer)?;
        if *payer == body.customer {
            let message = format!("{payer} pays for itself anyway; leave the payer out");
            return Err(Refusal::field("pays_for_itself", "payer", message).into());
        }
        super::payer::may_pay(tx, &body.customer, payer)?;
    }
    let payer = body.payer.as_ref().map_or("", |payer| payer.as_str());
    let before = collection::payer_of(tx, body.customer.as_str())?;
    if before.as_deref().unwrap_or_default() == payer {
        let message = "nothing changes: this is who pays already";
        return Err(Refusal::whole("nothing_changes", message).into());
    }
    collection::set_payer(tx, body.customer.as_str(), payer)?;
    let change = FieldChange {
        field: "payer".to_owned(),
        before,
        after: Some(payer.to_owned()).filter(|payer| !payer.is_empty()),
        owner: "tieout".to_owned(),
    };
    let today = Zone::utc().date_at(context.now);
    said::tell(tx, context, key, &account, today, change)?;
    Ok(json!({ "customer": body.customer, "payer": body.payer }))
}
