//! Stripe's objects, read into our own structs.
//!
//! Old and new API versions are both read: before `latest_charge` existed, a PaymentIntent carried
//! its charges in `charges.data`, newest first. References may be ids or, where expanded, whole
//! objects; [`Expandable`] keeps which it was.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use values::{Currency, Decimal, Instant, Money};

use super::SYSTEM;
use crate::fault::ReadFault;
use crate::json::Record;

/// Currencies whose Stripe unit differs from the ISO 4217 minor unit (Stripe keeps ISK and UGX at
/// two places and MGA at none), so that an amount in them would be wrong by a factor of 100.
const OTHER_UNITS: [&str; 3] = ["ISK", "MGA", "UGX"];

/// Whether Stripe counts this currency in its ISO 4217 minor unit.
pub(super) fn counts_in_minor_units(currency: Currency) -> bool {
    !OTHER_UNITS.contains(&currency.code())
}

/// A reference that Stripe sends as an id or, when expanded, as the whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expandable<T> {
    /// Only the id is known.
    Id(String),
    /// The whole object came along.
    Whole(Box<T>),
}

impl<T> Expandable<T> {
    /// The object, if it was expanded.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Expandable::Id(_) => None,
            Expandable::Whole(object) => Some(object),
        }
    }
}

impl Expandable<Charge> {
    /// Id of the charge either way.
    pub fn id(&self) -> &str {
        match self {
            Expandable::Id(id) => id,
            Expandable::Whole(charge) => &charge.id,
        }
    }
}

impl Expandable<BalanceTransaction> {
    /// Id of the balance transaction either way.
    pub fn id(&self) -> &str {
        match self {
            Expandable::Id(id) => id,
            Expandable::Whole(transaction) => &transaction.id,
        }
    }
}

/// Where a PaymentIntent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Needs a (new) payment method: just created, or the last attempt failed.
    RequiresPaymentMethod,
    /// Has a method and waits for our confirmation.
    RequiresConfirmation,
    /// The payer has to do something, such as 3-D Secure.
    RequiresAction,
    /// The payment network is at work.
    Processing,
    /// Authorised and waiting for capture.
    RequiresCapture,
    /// Given up; no money will move.
    Canceled,
    /// Paid.
    Succeeded,
    /// A status this version does not know; counts as pending.
    Unknown(String),
}

impl PaymentStatus {
    fn read(text: String) -> PaymentStatus {
        match text.as_str() {
            "requires_payment_method" => PaymentStatus::RequiresPaymentMethod,
            "requires_confirmation" => PaymentStatus::RequiresConfirmation,
            "requires_action" => PaymentStatus::RequiresAction,
            "processing" => PaymentStatus::Processing,
            "requires_capture" => PaymentStatus::RequiresCapture,
            "canceled" => PaymentStatus::Canceled,
            "succeeded" => PaymentStatus::Succeeded,
            _ => PaymentStatus::Unknown(text),
        }
    }

    /// Whether the payment can still go either way. Only success and cancellation are final.
    pub fn is_pending(&self) -> bool {
        !matches!(self, PaymentStatus::Succeeded | PaymentStatus::Canceled)
    }
}

/// Why the last attempt on a payment failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentError {
    /// Stripe's code, e.g. `card_declined`.
    pub code: Option<String>,
    /// The issuer's reason, e.g. `insufficient_funds`.
    pub decline_code: Option<String>,
    /// Text that may be shown to the payer.
    pub message: Option<String>,
}

/// An intent to collect one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIntent {
    /// `pi_…`
    pub id: String,
    /// What is to be collected.
    pub amount: Money,
    /// What has been collected; zero when Stripe does not say.
    pub amount_received: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// `cus_…`
    pub customer: Option<String>,
    /// `pm_…` last used or set.
    pub payment_method: Option<String>,
    /// Our notes on it, such as `tieout_invoice`.
    pub metadata: BTreeMap<String, String>,
    /// The newest attempt.
    pub latest_charge: Option<Expandable<Charge>>,
    /// Why the last attempt failed, if it did.
    pub last_payment_error: Option<PaymentError>,
    /// When it was created.
    pub created: Instant,
}

/// One attempt to move money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// `ch_…` or `py_…`
    pub id: String,
    /// What was charged.
    pub amount: Money,
    /// What has been given back.
    pub amount_refunded: Money,
    /// Whether all of it was given back.
    pub refunded: bool,
    /// `succeeded`, `pending` or `failed`, as sent.
    pub status: String,
    /// The PaymentIntent it belongs to.
    pub payment_intent: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
    /// Our notes on it.
    pub metadata: BTreeMap<String, String>,
    /// The row on the Stripe balance; absent until it is known.
    pub balance_transaction: Option<Expandable<BalanceTransaction>>,
    /// Why it failed, if it did.
    pub failure_code: Option<String>,
    /// When it was created.
    pub created: Instant,
}

/// One row on the Stripe balance: what moved, the fee, and what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceTransaction {
    /// `txn_…`
    pub id: String,
    /// Gross, in the currency of settlement; negative for money that leaves.
    pub amount: Money,
    /// Stripe's fee.
    pub fee: Money,
    /// `amount` less `fee`.
    pub net: Money,
    /// `charge`, `refund`, `payout`, `adjustment` and so on, as sent.
    pub kind: String,
    /// The charge, refund or payout it belongs to.
    pub source: Option<String>,
    /// Rate from the presentment currency, when there was a conversion.
    pub exchange_rate: Option<Decimal>,
    /// When the net becomes available for a payout.
    pub available_on: Instant,
    /// When it was created.
    pub created: Instant,
}

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The customer has to do something.
    RequiresAction,
    /// Given back.
    Succeeded,
    /// The money came back to us.
    Failed,
    /// Given up before it moved.
    Canceled,
    /// A status this version does not know, or none; counts as pending.
    Unknown(String),
}

impl RefundStatus {
    fn read(text: Option<String>) -> RefundStatus {
        let text = text.unwrap_or_default();
        match text.as_str() {
            "pending" => RefundStatus::Pending,
            "requires_action" => RefundStatus::RequiresAction,
            "succeeded" => RefundStatus::Succeeded,
            "failed" => RefundStatus::Failed,
            "canceled" => RefundStatus::Canceled,
            _ => RefundStatus::Unknown(text),
        }
    }
}

/// Money given back on a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// What is given back, positive.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// The payment it gives back.
    pub payment_intent: Option<String>,
    /// The charge it gives back.
    pub charge: Option<String>,
    /// Our notes on it.
    pub metadata: BTreeMap<String, String>,
    /// The row on the Stripe balance.
    pub balance_transaction: Option<Expandable<BalanceTransaction>>,
    /// When it was created.
    pub created: Instant,
}

/// A customer as Stripe knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Address for receipts.
    pub email: Option<String>,
    /// Our notes on it, such as `tieout_customer`.
    pub metadata: BTreeMap<String, String>,
    /// Whether it has been deleted.
    pub deleted: bool,
}

/// The envelope of an event. It is a hint: read the object again before money is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`, the key for recognising a repeat.
    pub id: String,
    /// E.g. `payment_intent.succeeded`.
    pub kind: String,
    /// When it happened.
    pub created: Instant,
    /// Version the snapshot inside was rendered in.
    pub api_version: Option<String>,
    /// False in a sandbox.
    pub livemode: bool,
    /// E.g. `payment_intent`, `charge`, `refund`.
    pub object_type: String,
    /// Id of the object; a few objects, such as the balance, have none.
    pub object_id: Option<String>,
    /// The PaymentIntent to read again: the object itself or the one it belongs to.
    pub payment_intent: Option<String>,
    /// The charge concerned, where the object is one or names one.
    pub charge: Option<String>,
    /// Our notes on the object.
    pub metadata: BTreeMap<String, String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// In Stripe's order, newest first.
    pub items: Vec<T>,
    /// Value of `starting_after` for the next page; `None` on the last.
    pub next: Option<String>,
}

/// Something that can be read from a Stripe object.
pub(super) trait Read: Sized {
    /// Name in a fault.
    const WHAT: &'static str;
    /// Reads it.
    fn read(record: &Record<'_>) -> Result<Self, ReadFault>;
}

/// Reads a whole body as one object.
pub(super) fn read_object<T: Read>(body: &[u8]) -> Result<T, ReadFault> {
    T::read(&Record::of_body(SYSTEM, T::WHAT, body)?)
}

/// Reads a whole body as one page of a list.
pub(super) fn read_page<T: Read>(body: &[u8]) -> Result<Page<T>, ReadFault> {
    let list = Record::of_body(SYSTEM, "list", body)?;
    if list.raw("data").is_none() {
        return Err(list.lacks("data"));
    }
    let rows = list.records("data")?;
    let next = match (list.flag("has_more")?, rows.last()) {
        (Some(true), Some(last)) => Some(last.needed_text("id")?),
        (Some(true), None) => {
            return Err(list.refuse("has_more", "true", "an empty page cannot have a next one"));
        }
        (Some(false) | None, _) => None,
    };
    let items = rows.iter().map(T::read).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

impl Read for PaymentIntent {
    const WHAT: &'static str = "payment intent";

    fn read(record: &Record<'_>) -> Result<PaymentIntent, ReadFault> {
        let currency = currency(record)?;
        let error = record.record("last_payment_error")?;
        Ok(PaymentIntent {
            id: record.needed_text("id")?,
            amount: money(record, "amount", currency)?,
            amount_received: money_or_zero(record, "amount_received", currency)?,
            status: PaymentStatus::read(record.needed_text("status")?),
            customer: id_of(record, "customer")?,
            payment_method: id_of(record, "payment_method")?,
            metadata: record.texts("metadata")?,
            latest_charge: latest_charge(record)?,
            last_payment_error: error.as_ref().map(payment_error).transpose()?,
            created: created(record)?,
        })
    }
}

fn latest_charge(record: &Record<'_>) -> Result<Option<Expandable<Charge>>, ReadFault> {
    if let Some(charge) = expandable(record, "latest_charge")? {
        return Ok(Some(charge));
    }
    let Some(charges) = record.record("charges")? else {
        return Ok(None);
    };
    match charges.records("data")?.first() {
        Some(newest) => Ok(Some(Expandable::Whole(Box::new(Charge::read(newest)?)))),
        None => Ok(None),
    }
}

/// Reads the three fields that `last_payment_error` and an error answer have in common.
pub(super) fn payment_error(record: &Record<'_>) -> Result<PaymentError, ReadFault> {
    Ok(PaymentError {
        code: record.text("code")?,
        decline_code: record.text("decline_code")?,
        message: record.text("message")?,
    })
}

impl Read for Charge {
    const WHAT: &'static str = "charge";

    fn read(record: &Record<'_>) -> Result<Charge, ReadFault> {
        let currency = currency(record)?;
        Ok(Charge {
            id: record.needed_text("id")?,
            amount: money(record, "amount", currency)?,
            amount_refunded: money_or_zero(record, "amount_refunded", currency)?,
            refunded: record.flag("refunded")?.unwrap_or(false),
            status: record.needed_text("status")?,
            payment_intent: id_of(record, "payment_intent")?,
            customer: id_of(record, "customer")?,
            metadata: record.texts("metadata")?,
            balance_transaction: expandable(record, "balance_transaction")?,
            failure_code: record.text("failure_code")?,
            created: created(record)?,
        })
    }
}

impl Read for BalanceTransaction {
    const WHAT: &'static str = "balance transaction";

    fn read(record: &Record<'_>) -> Result<BalanceTransaction, ReadFault> {
        let currency = currency(record)?;
        let available_on = record.unix_seconds("available_on")?;
        Ok(BalanceTransaction {
            id: record.needed_text("id")?,
            amount: money(record, "amount", currency)?,
            fee: money(record, "fee", currency)?,
            net: money(record, "net", currency)?,
            kind: record.needed_text("type")?,
            source: id_of(record, "source")?,
            exchange_rate: record.decimal("exchange_rate")?,
            available_on: available_on.ok_or_else(|| record.lacks("available_on"))?,
            created: created(record)?,
        })
    }
}

impl Read for Refund {
    const WHAT: &'static str = "refund";

    fn read(record: &Record<'_>) -> Result<Refund, ReadFault> {
        let currency = currency(record)?;
        Ok(Refund {
            id: record.needed_text("id")?,
            amount: money(record, "amount", currency)?,
            status: RefundStatus::read(record.text("status")?),
            payment_intent: id_of(record, "payment_intent")?,
            charge: id_of(record, "charge")?,
            metadata: record.texts("metadata")?,
            balance_transaction: expandable(record, "balance_transaction")?,
            created: created(record)?,
        })
    }
}

impl Read for Customer {
    const WHAT: &'static str = "customer";

    fn read(record: &Record<'_>) -> Result<Customer, ReadFault> {
        Ok(Customer {
            id: record.needed_text("id")?,
            name: record.text("name")?,
            email: record.text("email")?,
            metadata: record.texts("metadata")?,
            deleted: record.flag("deleted")?.unwrap_or(false),
        })
    }
}

impl Read for Event {
    const WHAT: &'static str = "event";

    fn read(record: &Record<'_>) -> Result<Event, ReadFault> {
        let data = record.record("data")?.ok_or_else(|| record.lacks("data"))?;
        let object = data.record("object")?.ok_or_else(|| data.lacks("object"))?;
        let object_type = object.needed_text("object")?;
        let object_id = object.text("id")?;
        let itself_or = |kind: &str, field: &str| {
            if object_type == kind {
                Ok(object_id.clone())
            } else {
                id_of(&object, field)
            }
        };
        Ok(Event {
            id: record.needed_text("id")?,
            kind: record.needed_text("type")?,
            created: created(record)?,
            api_version: record.text("api_version")?,
            livemode: record.flag("livemode")?.unwrap_or(false),
            payment_intent: itself_or("payment_intent", "payment_intent")?,
            charge: itself_or("charge", "charge")?,
            metadata: object.texts("metadata").unwrap_or_default(),
            object_type,
            object_id,
        })
    }
}

pub(super) fn currency(record: &Record<'_>) -> Result<Currency, ReadFault> {
    let currency = record
        .currency("currency")?
        .ok_or_else(|| record.lacks("currency"))?;
    if counts_in_minor_units(currency) {
        Ok(currency)
    } else {
        Err(record.refuse(
            "currency",
            currency.code(),
            "Stripe counts this currency in another unit than ISO 4217; it is not supported",
        ))
    }
}

pub(super) fn money(
    record: &Record<'_>,
    field: &str,
    currency: Currency,
) -> Result<Money, ReadFault> {
    Ok(Money::from_minor(record.needed_whole(field)?, currency))
}

fn money_or_zero(record: &Record<'_>, field: &str, currency: Currency) -> Result<Money, ReadFault> {
    let minor = record.whole(field)?.unwrap_or(0);
    Ok(Money::from_minor(minor, currency))
}

fn created(record: &Record<'_>) -> Result<Instant, ReadFault> {
    record
        .unix_seconds("created")?
        .ok_or_else(|| record.lacks("created"))
}

/// The id behind a reference, expanded or not.
pub(super) fn id_of(record: &Record<'_>, field: &str) -> Result<Option<String>, ReadFault> {
    match record.raw(field) {
        None => Ok(None),
        Some(raw) if is_object(raw) => match record.record(field)? {
            Some(object) => object.text("id"),
            None => Ok(None),
        },
        Some(_) => record.text(field),
    }
}

fn expandable<T: Read>(
    record: &Record<'_>,
    field: &str,
) -> Result<Option<Expandable<T>>, ReadFault> {
    match record.raw(field) {
        None => Ok(None),
        Some(raw) if is_object(raw) => match record.record(field)? {
            Some(object) => Ok(Some(Expandable::Whole(Box::new(T::read(&object)?)))),
            None => Ok(None),
        },
        Some(_) => Ok(record.text(field)?.map(Expandable::Id)),
    }
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}
