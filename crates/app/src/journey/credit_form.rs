//! What becomes of money that was paid for what is credited: it stays set against nothing, becomes
//! prepaid credit, or goes back to the payer, as the invoice policy of the legal entity says.

use crate::approval;
use crate::collection::prepaid;
use crate::command::{Amount, Command, Envelope, GrantCredit, RefundPayment};
use crate::fault::{AppFault, stored_value};
use crate::journey::{self, payment, refund};
use crate::record::Context;
use ::billing::CreditForm;
use store::documents::DocumentRow;
use store::{Tx, payments};

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
    for one in released {
        match form {
            CreditForm::CreditNote => {}
            CreditForm::AccountCredit => grant(tx, context, note, one)?,
            CreditForm::Refund => give_back(tx, context, note, one)?,
        }
    }
    Ok(())
}

fn grant(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    released: &Released,
) -> Result<(), AppFault> {
    let Some(row) = payments::payment(tx, &released.payment)? else {
        return Ok(());
    };
    let body = GrantCredit {
        id: None,
        customer: stored_value("customer id", &row.customer)?,
        amount: amount(&row, released)?,
        currency: None,
        entity: None,
        payment: Some(stored_value("payment id", &row.id)?),
        // Money comes before credit that was given.
        priority: 0,
        from: None,
        until: None,
        reason: reason(note),
    };
    prepaid::grant(tx, context, &key(note, released), &body)?;
    Ok(())
}

fn give_back(
    tx: &mut Tx<'_>,
    context: &Context,
    note: &DocumentRow,
    released: &Released,
) -> Result<(), AppFault> {
    let Some(row) = payments::payment(tx, &released.payment)? else {
        return Ok(());
    };
    let body = RefundPayment {
        id: None,
        payment: stored_value("payment id", &row.id)?,
        amount: Some(amount(&row, released)?),
        reason: reason(note),
    };
    let envelope = Envelope {
        client: context.actor.clone(),
        key: key(note, released),
        actor: context.actor.clone(),
        command: Command::RefundPayment(body.clone()),
    };
    let digest = journey::digest(&envelope)?;
    if approval::hold(tx, context, &envelope, &digest)?.is_none() {
        refund::request(tx, context, &envelope.key, &body)?;
    }
    Ok(())
}

fn amount(row: &payments::PaymentRow, released: &Released) -> Result<Amount, AppFault> {
    Ok(payment::money(row, released.amount)?.into())
}

fn reason(note: &DocumentRow) -> String {
    format!("credit note {}", note.number)
}

fn key(note: &DocumentRow, released: &Released) -> String {
    format!("credit/{}/{}", note.id, released.payment)
}
