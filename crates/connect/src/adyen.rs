//! Adyen: payments with a stored means of payment, refunds, and signed notifications. Pure.
//!
//! Wire facts: JSON, `x-api-key`, amounts in whole minor units, `Idempotency-Key` of at most 64
//! characters on every POST, errors as `{status, errorCode, message, errorType, pspReference}`. A
//! refused payment is a 200 with `resultCode` `Refused`. There is no list of payments to look
//! through: what became of a call is found by making the same call again under the same key, which
//! Adyen answers as it answered the first time, and by the notification that follows.

mod reply;
pub mod webhook;

use serde::Serialize;
use sha2::{Digest, Sha256};
use values::{Currency, Money};

pub use reply::{
    PaymentResult, RefundReceived, ResultCode, decline_code, read_fault, read_methods,
    read_payment, read_refund,
};

use crate::encoding;
use crate::fault::{Fault, FaultClass};
use crate::request::{Body, Method, Operation, Request, Safety};
use crate::secret::Secret;

/// Name of the system in faults and metrics.
pub const SYSTEM: &str = "adyen";

/// Where the test system is, with the version of the API that this module was written against.
pub const TEST_URL: &str = "https://checkout-test.adyen.com/v71";

/// Where a payer would be sent back to. Adyen asks for an address even though the payer is absent
/// and nobody is ever sent anywhere.
pub const RETURN_URL: &str = "https://tieout.invalid/return";

/// Days for which Adyen surely remembers an idempotency key (it says at least 31), less a margin.
pub const KEY_KEPT_DAYS: i64 = 28;

const fn operation(name: &'static str, safety: Safety) -> Operation {
    Operation {
        system: SYSTEM,
        name,
        safety,
    }
}

/// Takes a payment: moves money.
pub static CREATE_PAYMENT: Operation = operation("create_payment", Safety::NativeKey);
/// Gives money back.
pub static CREATE_REFUND: Operation = operation("create_refund", Safety::NativeKey);
/// Asks which means of payment the merchant account has.
pub static LIST_METHODS: Operation = operation("list_methods", Safety::ReadOnly);

/// Everything this connector can do.
pub static OPERATIONS: [&Operation; 3] = [&CREATE_PAYMENT, &CREATE_REFUND, &LIST_METHODS];

/// Longest idempotency key Adyen takes, in characters.
const KEY_MAX_CHARS: usize = 64;
/// Longest reference Adyen takes, in characters.
const REFERENCE_MAX_CHARS: usize = 80;
/// Shortest and longest name of a shopper, in characters.
const SHOPPER_CHARS: std::ops::RangeInclusive<usize> = 3..=256;

/// Currencies that Adyen counts in another unit than ISO 4217 does.
const OTHER_UNITS: [&str; 4] = ["CLP", "CVE", "IDR", "ISK"];

/// Where Adyen is, with which key and for which merchant account.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Address with the version, such as [`TEST_URL`], without a slash at the end.
    pub base_url: String,
    /// The API key of the web service user.
    pub api_key: Secret,
    /// The merchant account that is paid.
    pub merchant_account: String,
}

/// A payment to be taken now, with the payer absent.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// What to collect; more than zero.
    pub amount: Money,
    /// The payer as the means of payment was stored for: `shopperReference`.
    pub shopper: String,
    /// `storedPaymentMethodId`.
    pub stored_method: String,
    /// Our reference; notifications repeat it.
    pub reference: String,
    /// The invoice it settles, kept in the metadata.
    pub invoice: String,
    /// The legal entity it belongs to, kept in the metadata.
    pub legal_entity: String,
    /// Same key, same payment.
    pub idempotency_key: String,
}

/// Money to be given back.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// `pspReference` of the payment.
    pub payment: String,
    /// How much; more than zero.
    pub amount: Money,
    /// Our reference; notifications repeat it.
    pub reference: String,
    /// Same key, same refund.
    pub idempotency_key: String,
}

#[derive(Serialize)]
struct AmountModel {
    value: i64,
    currency: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MethodModel<'a> {
    r#type: &'static str,
    stored_payment_method_id: &'a str,
}

#[derive(Serialize)]
struct MetadataModel<'a> {
    tieout_invoice: &'a str,
    tieout_entity: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentModel<'a> {
    amount: AmountModel,
    reference: &'a str,
    merchant_account: &'a str,
    return_url: &'static str,
    shopper_reference: &'a str,
    shopper_interaction: &'static str,
    recurring_processing_model: &'static str,
    payment_method: MethodModel<'a>,
    metadata: MetadataModel<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundModel<'a> {
    amount: AmountModel,
    reference: &'a str,
    merchant_account: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MethodsModel<'a> {
    merchant_account: &'a str,
}

impl Connection {
    /// Takes a payment with a stored means of payment, in the name of a subscription.
    ///
    /// # Errors
    /// When the amount is not positive, its currency is not supported, or a text does not fit.
    pub fn create_payment(&self, new: &NewPayment) -> Result<Request, Fault> {
        fits(&new.reference, 1..=REFERENCE_MAX_CHARS, "the reference")?;
        fits(&new.shopper, SHOPPER_CHARS, "the shopper's reference")?;
        let model = PaymentModel {
            amount: payable(new.amount)?,
            reference: &new.reference,
            merchant_account: &self.merchant_account,
            return_url: RETURN_URL,
            shopper_reference: &new.shopper,
            // The payer is absent and what is collected recurs by agreement.
            shopper_interaction: "ContAuth",
            recurring_processing_model: "Subscription",
            payment_method: MethodModel {
                r#type: "scheme",
                stored_payment_method_id: &new.stored_method,
            },
            metadata: MetadataModel {
                tieout_invoice: &new.invoice,
                tieout_entity: &new.legal_entity,
            },
        };
        self.post(
            &CREATE_PAYMENT,
            "/payments",
            &model,
            Some(&new.idempotency_key),
        )
    }

    /// Asks for money of a payment to be given back. Whether it went is told by a notification.
    ///
    /// # Errors
    /// When the amount is not positive, its currency is not supported, or a text does not fit.
    pub fn create_refund(&self, new: &NewRefund) -> Result<Request, Fault> {
        fits(&new.reference, 1..=REFERENCE_MAX_CHARS, "the reference")?;
        let model = RefundModel {
            amount: payable(new.amount)?,
            reference: &new.reference,
            merchant_account: &self.merchant_account,
        };
        let path = format!("/payments/{}/refunds", encoding::percent(&new.payment));
        self.post(&CREATE_REFUND, &path, &model, Some(&new.idempotency_key))
    }

    /// Asks which means of payment there are: changes nothing.
    ///
    /// # Errors
    /// Never in practice: a name can always be written as JSON.
    pub fn list_methods(&self) -> Result<Request, Fault> {
        let model = MethodsModel {
            merchant_account: &self.merchant_account,
        };
        self.post(&LIST_METHODS, "/paymentMethods", &model, None)
    }

    fn post(
        &self,
        operation: &'static Operation,
        path: &str,
        model: &impl Serialize,
        idempotency_key: Option<&str>,
    ) -> Result<Request, Fault> {
        let mut headers = vec![("x-api-key".to_owned(), self.api_key.reveal().to_owned())];
        if let Some(key) = idempotency_key {
            headers.push(("Idempotency-Key".to_owned(), key_on_the_wire(key)?));
        }
        let bytes = serde_json::to_vec(model)
            .map_err(|error| Fault::new(SYSTEM, FaultClass::Bug, "not_json", &error.to_string()))?;
        Ok(Request {
            method: Method::Post,
            url: format!("{}{path}", self.base_url),
            headers,
            body: Some(Body {
                content_type: "application/json",
                bytes,
            }),
            operation,
        })
    }
}

/// The key as Adyen takes it: one that is longer than it allows is known by its digest.
///
/// # Errors
/// When the key is empty or holds what no header may hold.
pub fn key_on_the_wire(key: &str) -> Result<String, Fault> {
    if key.is_empty() || key.chars().any(|letter| !letter.is_ascii_graphic()) {
        return Err(cannot_ask(
            "the idempotency key must have printable ASCII characters and no blanks",
        ));
    }
    if key.len() > KEY_MAX_CHARS {
        return Ok(hex::encode(Sha256::digest(key.as_bytes())));
    }
    Ok(key.to_owned())
}

/// Whether Adyen counts a currency in the minor units of ISO 4217.
pub(super) fn counts_in_minor_units(currency: Currency) -> bool {
    !OTHER_UNITS.contains(&currency.code())
}

fn payable(amount: Money) -> Result<AmountModel, Fault> {
    if amount.minor <= 0 {
        return Err(cannot_ask("the amount must be more than zero"));
    }
    if !counts_in_minor_units(amount.currency) {
        return Err(cannot_ask(
            "Adyen counts this currency in another unit than ISO 4217; it is not supported",
        ));
    }
    Ok(AmountModel {
        value: amount.minor,
        currency: amount.currency.code().to_owned(),
    })
}

fn fits(text: &str, chars: std::ops::RangeInclusive<usize>, what: &str) -> Result<(), Fault> {
    let count = text.chars().count();
    if chars.contains(&count) {
        return Ok(());
    }
    Err(cannot_ask(&format!(
        "{what} has {count} characters; Adyen takes {} to {}",
        chars.start(),
        chars.end()
    )))
}

fn cannot_ask(why: &str) -> Fault {
    Fault::new(SYSTEM, FaultClass::Data, "cannot_be_asked", why)
}
