//! How exceptions end, in codes that can be counted: each kind of case has its own, so that a
//! disputed invoice, a contract change and a failed synchronisation end in words of their trade.

use crate::ExceptionClass;
use serde::{Deserialize, Serialize};

/// What kind of case an exception is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// A customer objects to an invoice.
    DisputedInvoice,
    /// A change of a contract cannot be taken over.
    ContractChange,
    /// Another system was not told, or told us something that cannot be taken in.
    FailedSync,
    /// Anything else.
    Other,
}

macro_rules! codes {
    ($( $(#[$doc:meta])* $variant:ident = $word:literal, $title:literal, $does_work:literal; )*) => {
        /// How an exception ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum OutcomeCode { $( $(#[$doc])* $variant, )* }

        impl OutcomeCode {
            /// Every code.
            pub const ALL: &'static [OutcomeCode] = &[$(OutcomeCode::$variant),*];

            /// The word stored and published.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( OutcomeCode::$variant => $word, )* }
            }

            /// What it means, for people.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $( OutcomeCode::$variant => $title, )* }
            }

            /// Whether the work that was stopped is done after all (`mended`), or given up (`skipped`).
            #[must_use]
            pub fn does_work(self) -> bool {
                match self { $( OutcomeCode::$variant => $does_work, )* }
            }
        }
    };
}

codes! {
    /// The customer was right: credited in full.
    DisputeAccepted = "dispute_accepted", "The customer is right; credited in full", true;
    /// The customer was partly right.
    DisputePartlyAccepted = "dispute_partly_accepted", "The customer is partly right; that part is credited", true;
    /// The invoice stands.
    DisputeRejected = "dispute_rejected", "The invoice stands and stays due", false;
    /// The customer took it back.
    DisputeWithdrawn = "dispute_withdrawn", "The customer took the objection back", false;
    /// The change was corrected where it came from.
    ChangeCorrected = "change_corrected", "Corrected where the change came from and taken over", true;
    /// The change was entered here by hand.
    ChangeEnteredHere = "change_entered_here", "Entered here as an amendment", false;
    /// The change is not to be made.
    ChangeDeclined = "change_declined", "The change is not made", false;
    /// The change had been made already.
    ChangeDuplicate = "change_duplicate", "The change had been made already", false;
    /// A later attempt went through.
    SyncConfirmed = "sync_confirmed", "A later attempt went through and was confirmed", true;
    /// Reading back found it there.
    SyncFound = "sync_found", "It was found in the other system", true;
    /// What was sent or received was corrected.
    SyncCorrected = "sync_corrected", "The data or mapping was corrected, then it went through", true;
    /// It was entered in the other system by hand.
    SyncEnteredThere = "sync_entered_there", "Entered in the other system by hand", false;
    /// It is not to be sent or taken in.
    SyncNotNeeded = "sync_not_needed", "Not needed in the other system", false;
    /// The cause is gone and the work was done.
    CauseMended = "cause_mended", "The cause was mended and the work done", true;
    /// It was put right elsewhere.
    SettledElsewhere = "settled_elsewhere", "Put right elsewhere", false;
    /// The difference is accepted.
    Accepted = "accepted", "The difference is accepted as it is", false;
    /// The same thing had arrived before.
    Duplicate = "duplicate", "The same thing was there already", false;
    /// It came from a test.
    Test = "test", "It came from a test", false;
}

impl OutcomeCode {
    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<OutcomeCode> {
        OutcomeCode::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == word)
    }
}

impl CaseKind {
    /// The codes that a case of this kind can end with.
    #[must_use]
    pub fn codes(self) -> &'static [OutcomeCode] {
        use OutcomeCode as O;
        match self {
            CaseKind::DisputedInvoice => &[
                O::DisputeAccepted,
                O::DisputePartlyAccepted,
                O::DisputeRejected,
                O::DisputeWithdrawn,
            ],
            CaseKind::ContractChange => &[
                O::ChangeCorrected,
                O::ChangeEnteredHere,
                O::ChangeDeclined,
                O::ChangeDuplicate,
            ],
            CaseKind::FailedSync => &[
                O::SyncConfirmed,
                O::SyncFound,
                O::SyncCorrected,
                O::SyncEnteredThere,
                O::SyncNotNeeded,
            ],
            CaseKind::Other => &[
                O::CauseMended,
                O::SettledElsewhere,
                O::Accepted,
                O::Duplicate,
                O::Test,
            ],
        }
    }

    /// The code of work that was done, or given up, when nobody chose one.
    #[must_use]
    pub fn usual(self, does_work: bool) -> OutcomeCode {
        use OutcomeCode as O;
        match (self, does_work) {
            (CaseKind::DisputedInvoice, true) => O::DisputeAccepted,
            (CaseKind::DisputedInvoice, false) => O::DisputeRejected,
            (CaseKind::ContractChange, true) => O::ChangeCorrected,
            (CaseKind::ContractChange, false) => O::ChangeDeclined,
            (CaseKind::FailedSync, true) => O::SyncConfirmed,
            (CaseKind::FailedSync, false) => O::SyncNotNeeded,
            (CaseKind::Other, true) => O::CauseMended,
            (CaseKind::Other, false) => O::SettledElsewhere,
        }
    }
}

impl ExceptionClass {
    /// What kind of case it is.
    #[must_use]
    pub fn case(self) -> CaseKind {
        use ExceptionClass as C;
        match self {
            C::InvoiceDisputed => CaseKind::DisputedInvoice,
            C::AmendmentInvalid => CaseKind::ContractChange,
            C::EffectRefused
            | C::EffectForbidden
            | C::EffectAmbiguous
            | C::EffectExhausted
            | C::EffectFault
            | C::CredentialsRefused
            | C::WebhookUnreadable
            | C::FileRowRefused
            | C::BusUnreachable
            | C::IllegalStep
            | C::NotConfirmed => CaseKind::FailedSync,
            _ => CaseKind::Other,
        }
    }
}

/// Why an invoice is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeReason {
    /// Another price was agreed.
    WrongPrice,
    /// Another quantity was agreed or used.
    WrongQuantity,
    /// The service was not given.
    NotDelivered,
    /// The contract had ended.
    Cancelled,
    /// It was billed before.
    BilledTwice,
    /// The tax is wrong.
    WrongTax,
    /// Purchase order, address or another formality is wrong.
    Formality,
}

impl DisputeReason {
    /// Every reason.
    pub const ALL: [DisputeReason; 7] = [
        DisputeReason::WrongPrice,
        DisputeReason::WrongQuantity,
        DisputeReason::NotDelivered,
        DisputeReason::Cancelled,
        DisputeReason::BilledTwice,
        DisputeReason::WrongTax,
        DisputeReason::Formality,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DisputeReason::WrongPrice => "wrong_price",
            DisputeReason::WrongQuantity => "wrong_quantity",
            DisputeReason::NotDelivered => "not_delivered",
            DisputeReason::Cancelled => "cancelled",
            DisputeReason::BilledTwice => "billed_twice",
            DisputeReason::WrongTax => "wrong_tax",
            DisputeReason::Formality => "formality",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<DisputeReason> {
        DisputeReason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_case_can_end_either_way_with_codes_of_its_own() {
        let kinds = [
            CaseKind::DisputedInvoice,
            CaseKind::ContractChange,
            CaseKind::FailedSync,
            CaseKind::Other,
        ];
        let mut seen = Vec::new();
        for kind in kinds {
            for does_work in [true, false] {
                let usual = kind.usual(does_work);
                assert!(kind.codes().contains(&usual) && usual.does_work() == does_work);
            }
            seen.extend(kind.codes());
        }
        assert_eq!(
            seen.len(),
            OutcomeCode::ALL.len(),
            "each code belongs to one kind"
        );
        for code in OutcomeCode::ALL {
            assert!(seen.contains(&code));
            assert_eq!(OutcomeCode::from_word(code.as_str()), Some(*code));
            assert_eq!(
                serde_json::to_string(code).unwrap(),
                format!("\"{}\"", code.as_str())
            );
        }
        for reason in DisputeReason::ALL {
            assert_eq!(DisputeReason::from_word(reason.as_str()), Some(reason));
        }
    }
}
