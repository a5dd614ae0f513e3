//! What becomes of money that was paid for what is credited: it stays set against nothing, becomes
//! prepaid credit, or goes back to the payer, as the invoice policy of the legal entity says.

use crate::approval;
use crate::collection::prepaid;
use crate::command::{Command, Envelope, GrantCredit, RefundPayment};
use crate::fault::{AppFault, stored_value};
use crate::journey::{self, payment, refund};
use crate::record::Context;
use ::billing::CreditForm;
use store::Tx;
use store::documents::DocumentRow;
use store::payments::{self, PaymentRow};

/// Money of one payment that a credit note brought back, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Released {
    /// The payment.
    pub(crate) payment: String,
    /// How much of it.
    pub(crate) amount: i64,
}

/// Does with the money what the policy says. A refund that needs a second person waits for one.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    released: &[Released],
) -> Result<(), AppFault> {
    let entity = stored_value("entity id", &note.entity)?;
    let form = match context.books.invoices.get(&entity) {
        Some(known) => known.policy.credits,
        None => CreditForm::default(),
    };
    let follow = match form {
        CreditForm::Unapplied => return Ok(()),
        CreditForm::AccountCredit => grant,
        CreditForm::Refund => give_back,
    };
    for one in released {
        let Some(row) = payments::payment(tx, &one.payment)? else {
            continue;
        };
        // What the payer's bank took back before is covered first.
        let back = one.amount.min(row.unapplied);
        if back > 0 {
            follow(tx, context, note, (&row, back))?;
        }
    }
    Ok(())
}

fn grant(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    (row, back): (&PaymentRow, i64),
) -> Result<(), AppFault> {
    // Credit is whose money it was; money that nobody is known to have paid is the invoiced customer's.
    let customer = match row.customer.as_str() {
        "" => &note.customer,
        payer => payer,
    };
    let body = GrantCredit {
        id: None,
        customer: stored_value("customer id", customer)?,
        amount: payment::money(row, back)?.into(),
        currency: None,
        entity: None,
        payment: Some(stored_value("payment id", &row.id)?),
        // Money comes before credit that was given.
        priority: 0,
        from: None,
        until: None,
        reason: reason(note),
    };
    prepaid::grant(tx, context, &key(note, row), &body)?;
    Ok(())
}

fn give_back(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    (row, back): (&PaymentRow, i64),
) -> Result<(), AppFault> {
    let body = RefundPayment {
        id: None,
        payment: stored_value("payment id", &row.id)?,
        amount: Some(payment::money(row, back)?.into()),
        reason: reason(note),
    };
    let envelope = Envelope {
        client: context.actor.clone(),
        key: key(note, row),
        actor: context.actor.clone(),
        command: Command::RefundPayment(body.clone()),
    };
    let digest = journey::digest(&envelope)?;
    if approval::hold(tx, context, &envelope, &digest)?.is_none() {
        refund::request(tx, context, &envelope.key, &body)?;
    }
    Ok(())
}

fn reason(note: &DocumentRow) -> String {
    format!("credit note {}", note.number)
}

fn key(note: &DocumentRow, payment: &PaymentRow) -> String {
    format!("credit/{}/{}", note.id, payment.id)
}
