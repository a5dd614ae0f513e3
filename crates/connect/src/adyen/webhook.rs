//! A delivery of Adyen: one or more items, each signed by itself inside the body.
//!
//! `hmacSignature = base64(HMAC-SHA256(hex(key), psp:original:account:reference:value:currency:event:success))`
//! with what is missing left empty and nothing escaped. Because the signature stands inside, the
//! body is parsed before it can be checked; nothing of it is kept before every item is found to be
//! signed. What the signature does not cover (the moment, the reason, `live`) is only ever told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use values::{Instant, Money};

use super::{SYSTEM, reply};
use crate::fault::ReadFault;
use crate::json::Record;
use crate::secret::Secret;

/// Most items of one delivery.
pub const ITEMS_MAX: usize = 1_000;

/// What happened, in Adyen's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventCode {
    /// A payment was authorised or refused.
    Authorisation,
    /// What was authorised could not be collected after all.
    CaptureFailed,
    /// A refund went or did not go.
    Refund,
    /// A refund that had gone came back.
    RefundFailed,
    /// The payer's bank took the money back.
    Chargeback,
    /// It took it back a second time.
    SecondChargeback,
    /// Money that had been taken back came again.
    ChargebackReversed,
    /// Anything else: nothing moves by it.
    Other(String),
}

impl EventCode {
    fn of(word: &str) -> EventCode {
        match word {
            "AUTHORISATION" => EventCode::Authorisation,
            "CAPTURE_FAILED" => EventCode::CaptureFailed,
            "REFUND" => EventCode::Refund,
            "REFUND_FAILED" => EventCode::RefundFailed,
            "CHARGEBACK" => EventCode::Chargeback,
            "SECOND_CHARGEBACK" => EventCode::SecondChargeback,
            "CHARGEBACK_REVERSED" => EventCode::ChargebackReversed,
            other => EventCode::Other(other.to_owned()),
        }
    }

    /// The word as Adyen writes it.
    pub fn as_str(&self) -> &str {
        match self {
            EventCode::Authorisation => "AUTHORISATION",
            EventCode::CaptureFailed => "CAPTURE_FAILED",
            EventCode::Refund => "REFUND",
            EventCode::RefundFailed => "REFUND_FAILED",
            EventCode::Chargeback => "CHARGEBACK",
            EventCode::SecondChargeback => "SECOND_CHARGEBACK",
            EventCode::ChargebackReversed => "CHARGEBACK_REVERSED",
            EventCode::Other(word) => word,
        }
    }
}

/// One item of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What happened.
    pub event: EventCode,
    /// Whether it worked.
    pub success: bool,
    /// Adyen's id of what happened: the payment, the refund, the chargeback.
    pub psp_reference: String,
    /// Adyen's id of the payment that it happened to; empty for a payment itself.
    pub original_reference: String,
    /// The merchant account.
    pub merchant_account: String,
    /// Our reference; empty when it carries none.
    pub merchant_reference: String,
    /// How much; nothing when it tells no amount that we can keep.
    pub amount: Option<Money>,
    /// When.
    pub happened: Instant,
    /// Adyen's reason, or empty.
    pub reason: String,
    /// The payer as the means of payment was stored for, when it says so.
    pub shopper: Option<String>,
    /// Until when a chargeback can be answered, as written.
    pub defence_until: Option<String>,
    /// The delivery with this item alone, with the item's text as it came.
    pub raw: String,
    signed: String,
    signature: Option<String>,
}

impl Item {
    /// The same for every delivery of the same item: what is signed decides, so that an item with
    /// other content is another item.
    pub fn id(&self) -> String {
        id_of(self.event.as_str(), &self.psp_reference, &self.signed)
    }
}

/// What the signature of an item covers; what is missing is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `pspReference`
    pub psp_reference: &'a str,
    /// `originalReference`
    pub original_reference: &'a str,
    /// `merchantAccountCode`
    pub merchant_account: &'a str,
    /// `merchantReference`
    pub merchant_reference: &'a str,
    /// The amount in minor units, as written.
    pub value: &'a str,
    /// Its currency, as written.
    pub currency: &'a str,
    /// `eventCode`
    pub event: &'a str,
    /// `true` or `false`
    pub success: &'a str,
}

impl Signed<'_> {
    /// The text that is signed.
    pub fn text(&self) -> String {
        [
            self.psp_reference,
            self.original_reference,
            self.merchant_account,
            self.merchant_reference,
            self.value,
            self.currency,
            self.event,
            self.success,
        ]
        .join(":")
    }

    /// The id of the item that says this, so that it can be looked for.
    pub fn id(&self) -> String {
        id_of(self.event, self.psp_reference, &self.text())
    }
}

fn id_of(event: &str, psp_reference: &str, signed: &str) -> String {
    let digest = hex::encode(Sha256::digest(signed.as_bytes()));
    let start = digest.get(..16).unwrap_or(&digest);
    format!("{event}/{psp_reference}/{start}")
}

/// Reads the items of a delivery. Check their signatures with [`Verifier`] before believing them.
///
/// # Errors
/// When the body is no delivery, with the field, its value and the mend.
pub fn read_items(body: &[u8]) -> Result<Vec<Item>, ReadFault> {
    let whole = Record::of_body(SYSTEM, "notification", body)?;
    let live = whole.needed_text("live")?;
    if !matches!(live.as_str(), "true" | "false") {
        return Err(whole.refuse("live", &live, "the text true or false is expected"));
    }
    let wrapped = whole.records("notificationItems")?;
    if wrapped.is_empty() {
        return Err(whole.lacks("notificationItems"));
    }
    if wrapped.len() > ITEMS_MAX {
        let count = wrapped.len().to_string();
        return Err(whole.refuse("notificationItems", &count, "at most 1000 items are taken"));
    }
    wrapped
        .iter()
        .map(|wrapper| {
            let raw = wrapper
                .raw("NotificationRequestItem")
                .ok_or_else(|| wrapper.lacks("NotificationRequestItem"))?;
            let item = Record::of_raw(SYSTEM, wrapper.path_of("NotificationRequestItem"), raw)?;
            read_item(&item, raw, &live)
        })
        .collect()
}

fn read_item(item: &Record<'_>, raw: &RawValue, live: &str) -> Result<Item, ReadFault> {
    let optional = |field: &str| Ok::<_, ReadFault>(item.text(field)?.unwrap_or_default());
    let event = item.needed_text("eventCode")?;
    let psp_reference = item.needed_text("pspReference")?;
    if psp_reference.is_empty() {
        return Err(item.lacks("pspReference"));
    }
    let success = item.needed_text("success")?;
    let is_success = match success.as_str() {
        "true" => true,
        "false" => false,
        other => return Err(item.refuse("success", other, "the text true or false is expected")),
    };
    let original_reference = optional("originalReference")?;
    let merchant_account = item.needed_text("merchantAccountCode")?;
    let merchant_reference = optional("merchantReference")?;
    let (value, currency) = match item.record("amount")? {
        Some(amount) => (
            amount
                .raw("value")
                .map_or_else(String::new, |value| value.get().to_owned()),
            amount.text("currency")?.unwrap_or_default(),
        ),
        None => (String::new(), String::new()),
    };
    let signed = Signed {
        psp_reference: &psp_reference,
        original_reference: &original_reference,
        merchant_account: &merchant_account,
        merchant_reference: &merchant_reference,
        value: &value,
        currency: &currency,
        event: &event,
        success: &success,
    }
    .text();
    let additional = item.record("additionalData")?;
    let told = |field: &str| -> Result<Option<String>, ReadFault> {
        match &additional {
            Some(additional) => additional.text(field),
            None => Ok(None),
        }
    };
    let event = EventCode::of(&event);
    Ok(Item {
        // What moves no money may carry an amount that means nothing.
        amount: match &event {
            EventCode::Other(_) => None,
            _ => reply::amount(item)?,
        },
        event,
        success: is_success,
        happened: item
            .instant("eventDate")?
            .ok_or_else(|| item.lacks("eventDate"))?,
        reason: optional("reason")?,
        shopper: match told("tokenization.shopperReference")? {
            None => match told("recurring.shopperReference")? {
                None => told("shopperReference")?,
                found => found,
            },
            found => found,
        },
        defence_until: told("defensePeriodEndsAt")?,
        signature: told("hmacSignature")?,
        raw: format!(
            "{{\"live\":\"{live}\",\"notificationItems\":[{{\"NotificationRequestItem\":{}}}]}}",
            raw.get()
        ),
        psp_reference,
        original_reference,
        merchant_account,
        merchant_reference,
        signed,
    })
}

/// Why a delivery is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// An item carries no signature, or no key is configured.
    #[error("item {psp_reference} of the delivery carries no signature that could be checked")]
    Missing {
        /// Adyen's id of the item.
        psp_reference: String,
    },
    /// No key of ours made the signature of this item.
    #[error("the signature of item {psp_reference} matches none of the keys of this endpoint")]
    NoMatch {
        /// Adyen's id of the item.
        psp_reference: String,
    },
}

/// How deliveries are checked.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    /// HMAC keys of the endpoint in hexadecimal digits, the new one and during rotation the old one.
    pub keys: Vec<Secret>,
}

impl Verifier {
    /// Checks every item of a delivery.
    ///
    /// # Errors
    /// At the first item that is not signed with one of our keys.
    pub fn verify(&self, items: &[Item]) -> Result<(), SignatureFault> {
        items.iter().try_for_each(|item| self.verify_one(item))
    }

    fn verify_one(&self, item: &Item) -> Result<(), SignatureFault> {
        let psp_reference = item.psp_reference.clone();
        let Some(signature) = item.signature.as_ref().filter(|text| !text.is_empty()) else {
            return Err(SignatureFault::Missing { psp_reference });
        };
        if self.keys.is_empty() {
            return Err(SignatureFault::Missing { psp_reference });
        }
        let given = STANDARD.decode(signature).unwrap_or_default();
        let mut matched = false;
        for key in &self.keys {
            let Some(mac) = keyed(key, &item.signed) else {
                continue;
            };
            // Constant time, and no early end, so timing tells nothing about which key fits.
            matched |= mac.verify_slice(&given).is_ok();
        }
        if matched {
            Ok(())
        } else {
            Err(SignatureFault::NoMatch { psp_reference })
        }
    }
}

/// Whether a text can be the HMAC key of an endpoint: hexadecimal digits of at least 16 bytes.
pub fn is_key(text: &str) -> bool {
    hex::decode(text).is_ok_and(|bytes| bytes.len() >= 16)
}

/// Signs the text of an item as Adyen does; for simulators and tests.
pub fn sign(key: &Secret, text: &str) -> String {
    keyed(key, text)
        .map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default()
}

fn keyed(key: &Secret, text: &str) -> Option<Hmac<Sha256>> {
    let bytes = hex::decode(key.reveal()).ok()?;
    if bytes.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}
