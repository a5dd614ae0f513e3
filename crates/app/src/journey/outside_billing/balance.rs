//! A customer's balance at the system that bills: what it used of it on an invoice is set against that
//! invoice from the customer's money that is set against nothing here.

use crate::collection::cash;
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::journey::{document, payment};
use crate::record::{Context, Recorder};
use events::Application;
use store::documents::DocumentRow;
use store::{Tx, payments};
use values::Money;

/// Sets what another system used of a customer's balance against the invoice, the oldest money first.
/// What is not found becomes an exception with its value.
///
/// # Errors
/// When the store fails.
pub(crate) fn use_balance(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    invoice: &str,
    used: Money,
) -> Result<(), AppFault> {
    let invoice = document::invoice(tx, invoice)?;
    let mut left = used.minor.min(invoice.remaining);
    let whose = (
        invoice.customer.as_str(),
        invoice.entity.as_str(),
        invoice.currency.as_str(),
    );
    for found in payments::unapplied_of(tx, whose)? {
        if left <= 0 {
            break;
        }
        // What is left of it now: somebody else may have set it against something meanwhile.
        let mut row = cash::load(tx, &found.id)?;
        let taken = left.min(row.unapplied);
        if taken <= 0 {
            continue;
        }
        row.unapplied -= taken;
        payments::update(tx, &row)?;
        let chain = stored_value("chain id", &row.correlation)?;
        let key = format!("{key}/balance/{}", row.id);
        let mut recorder = Recorder::new(context, chain, "/outside-billing", &key);
        let one = Application {
            invoice: stored_value("invoice id", &invoice.id)?,
            amount: Money::from_minor(taken, used.currency),
            customer: None,
        };
        payment::move_cash(tx, context, &mut recorder, &row, &[one])?;
        recorder.finish(tx)?;
        cash::cleared(tx, context, &row)?;
        left -= taken;
    }
    if left > 0 {
        unknown(
            tx,
            context,
            &invoice,
            Money::from_minor(left, used.currency),
        )?;
    }
    Ok(())
}

fn unknown(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &DocumentRow,
    missing: Money,
) -> Result<(), AppFault> {
    let new = NewException {
        key: format!("balance/{}", invoice.id),
        class: "payment_unmatched",
        summary: format!(
            "{missing} of invoice {} was paid from a balance of the customer that is not known here",
            invoice.number
        ),
        detail: "The system that bills used a balance of the customer. Record where it came from, a payment or a credit note, and set it against the invoice.".to_owned(),
        customer: invoice.customer.clone(),
        document: invoice.id.clone(),
        entity: invoice.entity.clone(),
        value: Some(missing),
        correlation: Some(stored_value("chain id", &invoice.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}
