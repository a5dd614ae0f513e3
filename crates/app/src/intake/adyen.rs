//! Notifications of Adyen. There is no object to fetch behind them: a signed notification is the
//! word of the processor, and it is the only one about what we did not ask for ourselves.

use super::processor::{self, ending};
use super::{Ending, conclude, hold};
use crate::connections::AdyenAccount;
use crate::governance::gate;
use crate::journey::exception::{self, NewException};
use crate::journey::payment::{self, FailedAttempt, PaymentOutcome, Settlement};
use crate::journey::refund::{self, SettledRefund};
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::adyen::decline_code;
use connect::adyen::webhook::{EventCode, Item, read_items};
use store::Tx;
use store::inbox::InboxRow;
use store::payments::{self, PaymentRow};
use values::{Instant, Money, PaymentId, RefundId};

/// What we call an attempt to collect a payment at Adyen; its notifications repeat it.
pub(crate) fn reference_of(payment: &PaymentId, attempt: u32) -> String {
    format!("{payment}-{attempt}")
}

/// The payment and the attempt that a reference of ours names.
fn attempt_of(reference: &str) -> Option<(PaymentId, u32)> {
    let (payment, attempt) = reference.rsplit_once('-')?;
    Some((payment.parse().ok()?, attempt.parse().ok()?))
}

/// A refusal in words: the networks' word for it, and what Adyen wrote.
pub(crate) fn reason_of(words: &str) -> String {
    let words = if words.is_empty() { "Refused" } else { words };
    format!("{}: {words}", decline_code(words))
}

pub(super) fn process(
    app: &App,
    account: &AdyenAccount,
    row: &InboxRow,
) -> Result<Progress, AppFault> {
    let read = read_items(&row.raw).map(|mut items| items.pop());
    let item = match read {
        Ok(Some(item)) => item,
        Ok(None) => return unreadable(app, row, "it carries no item".to_owned()),
        Err(fault) => return unreadable(app, row, fault.to_string()),
    };
    if item.merchant_account != account.api.merchant_account() {
        let reason = format!(
            "it is about the merchant account {}, which is not collected for here",
            item.merchant_account
        );
        return conclude(app, row, move |_, _| Ok(Ending::confirmed(reason, None)));
    }
    let kept = row.clone();
    conclude(app, row, move |tx, context| take(tx, context, &kept, &item))
}

fn unreadable(app: &App, row: &InboxRow, detail: String) -> Result<Progress, AppFault> {
    let item = row.clone();
    conclude(app, row, move |tx, context| {
        let summary = format!(
            "A notification of {} cannot be read ({})",
            item.source, item.kind
        );
        hold(tx, context, &item, "webhook_unreadable", summary, detail)
    })
}

/// An item with what our books know of the payment it is about.
struct Told<'a> {
    row: &'a InboxRow,
    item: &'a Item,
    amount: Money,
    payment: Option<PaymentRow>,
    /// Not later than now: the signature does not cover the moment.
    happened: Instant,
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    item: &Item,
) -> Result<Ending, AppFault> {
    if let EventCode::Other(_) = item.event {
        return Ok(Ending::confirmed("no action for this type", None));
    }
    let Some(amount) = item.amount else {
        let summary = format!("A notification of {} tells no amount", row.source);
        let detail = format!("{} {}", item.event.as_str(), item.psp_reference);
        return hold(tx, context, row, "webhook_unreadable", summary, detail);
    };
    let told = Told {
        row,
        item,
        amount,
        payment: payment_of(tx, item)?,
        happened: item.happened.min(context.now),
    };
    let is_first_word = item.event == EventCode::Authorisation;
    if !is_first_word && told.payment.is_none() && row.attempts < processor::PATIENCE {
        return Ok(Ending::later(
            "the payment that it is about has not been told yet",
        ));
    }
    let entity = told.payment.as_ref().map(|payment| payment.entity.as_str());
    if let Some(ending) = gate::payment(tx, context, row, entity)? {
        return Ok(ending);
    }
    match (&item.event, item.success) {
        (EventCode::Authorisation, true) => settled(tx, context, &told),
        (EventCode::Authorisation, false) => failed(tx, context, &told),
        (EventCode::Refund, true) => went_back(tx, context, &told, "refunded at the processor"),
        (EventCode::Refund, false) | (EventCode::RefundFailed, _) => {
            refund_failed(tx, context, &told)
        }
        (EventCode::Chargeback | EventCode::SecondChargeback, true) => {
            let reason = charged_back(item);
            went_back(tx, context, &told, &reason)
        }
        (EventCode::CaptureFailed, true) => {
            let reason = format!("it could not be collected after all: {}", item.reason);
            went_back(tx, context, &told, &reason)
        }
        (EventCode::ChargebackReversed, true) => came_again(tx, context, &told),
        (_, false) | (EventCode::Other(_), true) => {
            Ok(Ending::confirmed("it says that nothing moved", None))
        }
    }
}

/// Our payment: by the reference of ours that the item repeats, or by Adyen's id of the payment.
fn payment_of(tx: &mut Tx<'_>, item: &Item) -> Result<Option<PaymentRow>, AppFault> {
    if !item.original_reference.is_empty() {
        return Ok(payments::by_external_id(tx, &item.original_reference)?);
    }
    if let Some(row) = payments::by_external_id(tx, &item.psp_reference)? {
        return Ok(Some(row));
    }
    match attempt_of(&item.merchant_reference) {
        Some((payment, _)) => Ok(payments::payment(tx, payment.as_str())?),
        None => Ok(None),
    }
}

fn settled(tx: &mut Tx<'_>, context: &Context, told: &Told<'_>) -> Result<Ending, AppFault> {
    // Two attempts of one payment that both went through are two amounts of money: the second is
    // owed to the payer until a person says what it is for.
    let ours = told.payment.as_ref().filter(|payment| {
        payment.status != "settled" || payment.external_id == told.item.psp_reference
    });
    let mut report = came_in(tx, told)?;
    if let Some(shopper) = &told.item.shopper {
        report.processor_customer = Some(shopper.clone());
    }
    report.payment = ours.and_then(|payment| payment.id.parse().ok());
    report.invoice = ours.and_then(|payment| payment.invoice.parse().ok());
    let outcome = payment::settled(tx, context, &report)?;
    let what = format!("payment of {} settled", told.amount);
    Ok(ending(&outcome, &what))
}

/// Money that came in, for nothing that is known yet. Adyen tells its fee in the settlement reports
/// only.
fn came_in(tx: &mut Tx<'_>, told: &Told<'_>) -> Result<Settlement, AppFault> {
    let processor_customer = match &told.payment {
        Some(payment) => processor::payer_at(tx, &told.row.source, payment)?,
        None => None,
    };
    Ok(Settlement {
        processor: told.row.source.clone(),
        external_id: told.item.psp_reference.clone(),
        charge: None,
        processor_customer,
        payment: None,
        invoice: None,
        entity: told.payment.as_ref().and_then(|it| it.entity.parse().ok()),
        gross: told.amount,
        fee: Money::from_minor(0, told.amount.currency),
        net: told.amount,
        happened: told.happened,
        payload: String::from_utf8_lossy(&told.row.raw).into_owned(),
    })
}

fn failed(tx: &mut Tx<'_>, context: &Context, told: &Told<'_>) -> Result<Ending, AppFault> {
    let named = attempt_of(&told.item.merchant_reference);
    let attempt = named.map_or(1, |(_, attempt)| attempt);
    let report = FailedAttempt {
        processor: told.row.source.clone(),
        external_id: told.item.psp_reference.clone(),
        payment: told.payment.as_ref().and_then(|it| it.id.parse().ok()),
        attempt,
        charge: None,
        reason: reason_of(&told.item.reason),
        happened: told.happened,
    };
    let outcome = payment::attempt_failed(tx, context, &report)?;
    Ok(ending(&outcome, &format!("attempt {attempt} failed")))
}

fn charged_back(item: &Item) -> String {
    let until = item.defence_until.as_ref().map_or_else(String::new, |day| {
        format!("; it can be answered until {day}")
    });
    format!("charged back by the payer's bank: {}{until}", item.reason)
}

/// Money of a payment has gone back, whoever began it.
fn went_back(
    tx: &mut Tx<'_>,
    context: &Context,
    told: &Told<'_>,
    reason: &str,
) -> Result<Ending, AppFault> {
    let is_refund = told.item.event == EventCode::Refund;
    let ours: Option<RefundId> = if is_refund {
        let row = payments::refund(tx, &told.item.merchant_reference)?;
        row.and_then(|row| row.id.parse().ok())
    } else {
        None
    };
    let report = SettledRefund {
        processor: told.row.source.clone(),
        external_id: told.item.psp_reference.clone(),
        payment_external_id: told.item.original_reference.clone(),
        refund: ours,
        amount: told.amount,
        reason: reason.to_owned(),
        happened: told.happened,
    };
    let outcome = refund::refund_settled(tx, context, &report)?;
    if let PaymentOutcome::Held {
        exception,
        correlation,
    } = outcome
    {
        return Ok(Ending::held(exception, correlation.as_ref()));
    }
    let key = format!("refund/{}", told.item.psp_reference);
    exception::clear(tx, context, &key, "its payment is recorded now")?;
    Ok(ending(&outcome, &format!("{} went back", told.amount)))
}

/// Money that had been taken back came again: a payment of its own that a person sets against what
/// it is for.
fn came_again(tx: &mut Tx<'_>, context: &Context, told: &Told<'_>) -> Result<Ending, AppFault> {
    let report = came_in(tx, told)?;
    let outcome = payment::settled(tx, context, &report)?;
    let what = format!("{} of a chargeback came again", told.amount);
    Ok(ending(&outcome, &what))
}

fn refund_failed(tx: &mut Tx<'_>, context: &Context, told: &Told<'_>) -> Result<Ending, AppFault> {
    let (item, amount) = (told.item, told.amount);
    let of_payment = told.payment.as_ref();
    let reason = if item.reason.is_empty() {
        "the processor does not say why"
    } else {
        &item.reason
    };
    exception::open(
        tx,
        context,
        NewException {
            key: format!("refund/{}", item.psp_reference),
            class: "refund_unmatched",
            summary: format!("A refund of {amount} did not reach the customer: {reason}"),
            detail: format!(
                "refund {} ({}) of payment {}",
                item.psp_reference, item.merchant_reference, item.original_reference
            ),
            payload: String::from_utf8_lossy(&told.row.raw).into_owned(),
            customer: of_payment.map_or_else(String::new, |payment| payment.customer.clone()),
            document: item.psp_reference.clone(),
            entity: of_payment.map_or_else(String::new, |payment| payment.entity.clone()),
            // A refund that had gone and came back: the processor holds more than our books say.
            measure: if item.event == EventCode::RefundFailed {
                "cash".to_owned()
            } else {
                String::new()
            },
            value: Some(amount),
            ..NewException::default()
        },
    )?;
    let chain = of_payment.and_then(|payment| payment.correlation.parse().ok());
    Ok(Ending::confirmed(
        format!("refund of {amount} failed: {reason}"),
        chain.as_ref(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_payment_and_attempt() {
        let payment: PaymentId = "pay_01J-X".parse().unwrap();
        let reference = reference_of(&payment, 12);
        assert_eq!(attempt_of(&reference), Some((payment, 12)));
        for stranger in ["", "link-TEST", "pay_1", "-1", "pay 1-1"] {
            assert_eq!(attempt_of(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn a_refusal_is_named_as_the_networks_name_it() {
        assert_eq!(
            reason_of("NOT_ENOUGH_BALANCE"),
            "insufficient_funds: NOT_ENOUGH_BALANCE"
        );
        assert_eq!(reason_of("CVC Declined"), "incorrect_cvc: CVC Declined");
        assert_eq!(reason_of(""), "declined: Refused");
    }
}
