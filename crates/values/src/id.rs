//! Typed identifiers. Minted ones look like `inv_01J…` and sort by time; a caller may choose its
//! own (`acme`, `US`), so that contracts and customers can keep the names that people know them by.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The text cannot be an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} cannot be a {kind} id; use 1 to 80 letters, digits or any of _ - . : / without spaces"
)]
pub struct IdRefused {
    /// Which id was wanted, in words.
    pub kind: &'static str,
    /// What was given, cut to 80 characters.
    pub text: String,
}

fn check(kind: &'static str, text: &str) -> Result<(), IdRefused> {
    let fits = !text.is_empty()
        && text.len() <= 80
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(IdRefused {
            kind,
            text: text.chars().take(80).collect(),
        })
    }
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The prefix of minted ids of this kind.
            pub const PREFIX: &'static str = $prefix;
            /// Mints a new one.
            pub fn mint(ids: &dyn crate::IdSource, at: crate::Instant) -> Self {
                Self(ids.mint($prefix, at).into_boxed_str())
            }
            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = IdRefused;
            fn from_str(text: &str) -> Result<Self, IdRefused> {
                check($kind, text)?;
                Ok(Self(text.into()))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(IdText)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

typed_id!(/// A legal entity: one set of books, one functional currency, one time zone.
    EntityId, "legal entity", "ent");
typed_id!(/// A customer account.
    CustomerId, "customer", "cus");
typed_id!(/// A product of the catalogue, by its code.
    ProductCode, "product", "prd");
typed_id!(/// A plan, bundle, add-on or billing template of the catalogue, by its code.
    OfferCode, "offer", "off");
typed_id!(/// A quote, over all its versions.
    QuoteId, "quote", "quo");
typed_id!(/// A meter, by its code: what is counted or read to be billed by use.
    MeterCode, "meter", "mtr");
typed_id!(/// A contract, over all its versions.
    ContractId, "contract", "con");
typed_id!(/// One thing sold on a contract: a subscription to one product.
    ComponentId, "contract component", "cmp");
typed_id!(/// An invoice.
    InvoiceId, "invoice", "inv");
typed_id!(/// A line of an invoice or credit note.
    LineId, "line", "lin");
typed_id!(/// A question to a tax engine, with its answer.
    TaxDecisionId, "tax decision", "txd");
typed_id!(/// Calls to a tax engine that came out alike.
    TaxCallId, "tax call", "txc");
typed_id!(/// A bill run.
    BillRunId, "bill run", "brn");
typed_id!(/// A new price for contracts that run.
    PriceChangeId, "price change", "prx");
typed_id!(/// A draft of an invoice or credit note.
    InvoiceDraftId, "invoice draft", "drf");
typed_id!(/// A credit note.
    CreditNoteId, "credit note", "crn");
typed_id!(/// A payment, from first attempt to settlement.
    PaymentId, "payment", "pay");
typed_id!(/// Money given back to a customer.
    RefundId, "refund", "ref");
typed_id!(/// A journal entry.
    JournalId, "journal", "jrn");
typed_id!(/// A performance obligation with its revenue schedule.
    ObligationId, "obligation", "obl");
typed_id!(/// An event of the log.
    EventId, "event", "evt");
typed_id!(/// An outward effect: something another system is to be told.
    EffectId, "effect", "eff");
typed_id!(/// A difference or failure that a person owns.
    ExceptionId, "exception", "exc");
typed_id!(/// A request that another person has to grant.
    ApprovalId, "approval", "apr");
typed_id!(/// An approved run over facts that are recorded already.
    ReplayId, "replay", "rpl");
typed_id!(/// One running instance of a process.
    ProcessId, "process", "prc");
typed_id!(/// A file that was taken in as a batch.
    FileId, "file", "fil");
typed_id!(/// One run of a reconciliation.
    ReconciliationRunId, "reconciliation run", "run");
typed_id!(/// A difference between two systems that nobody has explained.
    BreakId, "break", "brk");
typed_id!(/// An invoice, or part of one, that the customer does not accept.
    DisputeId, "dispute", "dsp");
typed_id!(/// A proposed change of the configuration.
    ProposalId, "proposal", "prp");
typed_id!(/// A recorded deviation from the house standard.
    DeviationId, "deviation", "dev");
typed_id!(/// The chain of evidence that one deal starts: shared by everything that follows from it.
    CorrelationId, "chain", "chn");

/// Takes an id from text, or from a whole number where people name things `1100`.
struct IdText;

impl serde::de::Visitor<'_> for IdText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

/// An account of the chart, such as `1100`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountCode(Box<str>);

impl AccountCode {
    /// The code in text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AccountCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(IdText)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl FromStr for AccountCode {
    type Err = IdRefused;
    fn from_str(text: &str) -> Result<Self, IdRefused> {
        check("account", text)?;
        Ok(Self(text.into()))
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_space_is_refused_with_the_mend() {
        let message = "acme corp".parse::<CustomerId>().unwrap_err().to_string();
        assert!(
            message.contains("customer id") && message.contains("without spaces"),
            "{message}"
        );
    }
}
