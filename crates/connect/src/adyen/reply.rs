//! Reading Adyen's answers: payments, refunds and errors.

use values::Money;

use super::{SYSTEM, counts_in_minor_units};
use crate::fault::{Fault, FaultClass, ReadFault};
use crate::json::Record;
use crate::request::{Operation, Reply};

/// How far a payment has got, in Adyen's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultCode {
    /// The money is promised, and captured where the account captures by itself.
    Authorised,
    /// The payer's bank or Adyen said no. No money has moved.
    Refused,
    /// It was given up before it was tried to the end.
    Cancelled,
    /// Adyen could not process it. No money has moved.
    Error,
    /// The payer would have to act, and is absent.
    PayerMustAct,
    /// The outcome comes by notification.
    Pending,
    /// A word that this version does not know.
    Unknown(String),
}

impl ResultCode {
    fn of(word: &str) -> ResultCode {
        match word {
            "Authorised" => ResultCode::Authorised,
            "Refused" => ResultCode::Refused,
            "Cancelled" => ResultCode::Cancelled,
            "Error" => ResultCode::Error,
            "RedirectShopper" | "IdentifyShopper" | "ChallengeShopper" | "PresentToShopper" => {
                ResultCode::PayerMustAct
            }
            "Pending" | "Received" => ResultCode::Pending,
            other => ResultCode::Unknown(other.to_owned()),
        }
    }
}

/// What became of an attempt to take a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentResult {
    /// Adyen's id of the payment; empty when it made none.
    pub psp_reference: String,
    /// How far it has got.
    pub result: ResultCode,
    /// Why it was refused, in Adyen's words.
    pub refusal_reason: Option<String>,
    /// What was authorised, when it says so.
    pub amount: Option<Money>,
    /// Our reference, when it repeats it.
    pub reference: Option<String>,
}

/// A refund that Adyen has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundReceived {
    /// Adyen's id of the refund.
    pub psp_reference: String,
    /// Adyen's id of the payment.
    pub payment: String,
    /// How much.
    pub amount: Option<Money>,
    /// Our reference, when it repeats it.
    pub reference: Option<String>,
}

/// Reads the answer to taking a payment. A refusal is an outcome, not a fault.
///
/// # Errors
/// When Adyen did not try, or the answer cannot be read.
pub fn read_payment(operation: &Operation, reply: &Reply) -> Result<PaymentResult, Fault> {
    read(operation, reply, |body| {
        let result = ResultCode::of(&body.needed_text("resultCode")?);
        let psp_reference = match result {
            ResultCode::Authorised => body.needed_text("pspReference")?,
            _ => body.text("pspReference")?.unwrap_or_default(),
        };
        Ok(PaymentResult {
            psp_reference,
            result,
            refusal_reason: body.text("refusalReason")?,
            amount: amount(body)?,
            reference: body.text("merchantReference")?,
        })
    })
}

/// Reads the answer to asking for a refund.
///
/// # Errors
/// When Adyen did not take it on, or the answer cannot be read.
pub fn read_refund(operation: &Operation, reply: &Reply) -> Result<RefundReceived, Fault> {
    read(operation, reply, |body| {
        Ok(RefundReceived {
            psp_reference: body.needed_text("pspReference")?,
            payment: body.needed_text("paymentPspReference")?,
            amount: amount(body)?,
            reference: body.text("reference")?,
        })
    })
}

/// Reads the answer to asking which means of payment there are; only that it is one matters.
///
/// # Errors
/// When Adyen answered with an error, or the answer cannot be read.
pub fn read_methods(operation: &Operation, reply: &Reply) -> Result<(), Fault> {
    read(operation, reply, |body| {
        body.list("paymentMethods").map(drop)
    })
}

fn read<T>(
    operation: &Operation,
    reply: &Reply,
    take: impl FnOnce(&Record<'_>) -> Result<T, ReadFault>,
) -> Result<T, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    Record::of_body(SYSTEM, "answer", &reply.body)
        .and_then(|body| take(&body))
        .map_err(|fault| Fault::unreadable(operation, &fault))
}

/// The amount of an object; nothing when it has none.
pub(super) fn amount(record: &Record<'_>) -> Result<Option<Money>, ReadFault> {
    let Some(amount) = record.record("amount")? else {
        return Ok(None);
    };
    let currency = amount
        .currency("currency")?
        .ok_or_else(|| amount.lacks("currency"))?;
    if !counts_in_minor_units(currency) {
        return Err(amount.refuse(
            "currency",
            currency.code(),
            "Adyen counts this currency in another unit than ISO 4217; it is not supported",
        ));
    }
    let minor = amount.needed_whole("value")?;
    Ok(Some(Money::from_minor(minor, currency)))
}

/// Reads an error answer into the classes of the house.
pub fn read_fault(operation: &Operation, reply: &Reply) -> Fault {
    let Ok(body) = Record::of_body(SYSTEM, "error", &reply.body) else {
        return Fault::by_status(operation, reply);
    };
    let text = |field: &str| body.text(field).ok().flatten().unwrap_or_default();
    let (code, kind, told) = (text("errorCode"), text("errorType"), text("message"));
    if code.is_empty() && kind.is_empty() && told.is_empty() {
        return Fault::by_status(operation, reply);
    }
    let class = class_of(operation, reply, &kind, &code);
    let code = if code.is_empty() {
        format!("http_{}", reply.status)
    } else {
        code
    };
    let message = match class {
        FaultClass::Authentication if reply.status == 401 => "the API key was refused".to_owned(),
        _ => told,
    };
    Fault::new(SYSTEM, class, code, &message)
}

/// The request with this key was processed already or is being processed just now.
const IN_PROGRESS: &str = "704";
/// The merchant account is not one that the key may use.
const WRONG_ACCOUNT: &str = "901";
/// The body is no JSON that Adyen can read.
const MALFORMED: &str = "702";

fn class_of(operation: &Operation, reply: &Reply, kind: &str, code: &str) -> FaultClass {
    if reply
        .header("transient-error")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Fault::class_of_server_failure(operation);
    }
    match (reply.status, kind, code) {
        (429, _, _) => FaultClass::Throttled {
            retry_after_ms: reply.retry_after_ms(),
        },
        (_, _, IN_PROGRESS) => FaultClass::Ambiguous,
        (401, _, _) | (_, _, WRONG_ACCOUNT) => FaultClass::Authentication,
        (403, _, _) | (_, "configuration", _) => FaultClass::Policy,
        (408 | 500..=599, _, _) => Fault::class_of_server_failure(operation),
        (_, _, MALFORMED) => FaultClass::Bug,
        (409, _, _) => FaultClass::Conflict,
        (400..=499, _, _) => FaultClass::Data,
        _ => FaultClass::Bug,
    }
}

/// The word of the card networks for a reason as Adyen writes it, in an answer (`Not enough
/// balance`) or in a notification (`NOT_ENOUGH_BALANCE`); `declined` when there is none.
pub fn decline_code(reason: &str) -> &'static str {
    let bare: String = reason
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match bare.as_str() {
        "notenoughbalance" => "insufficient_funds",
        "withdrawalamountexceeded" | "withdrawalcountexceeded" => "withdrawal_count_limit_exceeded",
        "issuerunavailable" => "issuer_not_available",
        "acquirererror" | "pending" => "processing_error",
        "expiredcard" => "expired_card",
        "invalidcardnumber" => "invalid_number",
        "cvcdeclined" => "incorrect_cvc",
        "notsupported" => "card_not_supported",
        "invalidcard" | "contractnotfound" => "invalid_account",
        "authenticationrequired"
        | "3dnotauthenticated"
        | "3dsecureauthenticationfailed"
        | "softdecline" => "authentication_required",
        "blockedcard" | "restrictedcard" => "restricted_card",
        "fraud" | "fraudcancelled" | "issuersuspectedfraud" => "fraudulent",
        "revocationofauth" => "revocation_of_authorization",
        _ => "declined",
    }
}
