//! Everything that a contract can refuse.

use super::ContractStatus;
use crate::{ChargeRefusal, RatingRefusal};
use values::{ComponentId, ContractId, Date, Quantity};

/// Why a contract will not change as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractRefusal {
    /// The status does not lead there.
    #[error("a contract that is {from} cannot become {to}")]
    IllegalTransition {
        /// Status now.
        from: ContractStatus,
        /// Status asked for.
        to: ContractStatus,
    },
    /// The contract has no such component.
    #[error("contract {contract} has no component {component}; name one of: {known}")]
    UnknownComponent {
        /// The contract.
        contract: ContractId,
        /// What was named.
        component: ComponentId,
        /// The components it has.
        known: String,
    },
    /// A component of that id exists.
    #[error("contract {contract} already has a component {component}; choose another id")]
    DuplicateComponent {
        /// The contract.
        contract: ContractId,
        /// The id that is taken.
        component: ComponentId,
    },
    /// The effective date lies where there is nothing to change.
    #[error(
        "effective {effective} lies outside {what}, which runs from {from} until before {until}"
    )]
    OutsideService {
        /// The date asked for.
        effective: Date,
        /// What it should lie in.
        what: String,
        /// First day inside.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// Quantities on a contract are above zero.
    #[error("quantity {quantity} of component {component} is not above zero; to end it, remove it")]
    QuantityNotPositive {
        /// The component.
        component: ComponentId,
        /// What was asked.
        quantity: Quantity,
    },
    /// What is measured cannot be billed before it was.
    #[error(
        "component {component} is priced by what is measured, which is known when a period has ended; set timing to arrears and billing to a period such as monthly ({field} is at fault)"
    )]
    MeasuredInAdvance {
        /// The component.
        component: ComponentId,
        /// The field at fault.
        field: &'static str,
    },
    /// Use is billed when its period has ended, not on the way.
    #[error(
        "component {component} is priced by what is measured, which is billed when a period has ended and not while it runs; set timing to arrears"
    )]
    MeasuredWhileRunning {
        /// The component.
        component: ComponentId,
    },
    /// What begins with the cancellation has not been used.
    #[error(
        "cancelled from {from}, the start of a period or term, nothing of it was used and all of it is given back; leave credit_unused out, or set at to on_date or end_of_period"
    )]
    NothingKept {
        /// The day from which the contract would be over.
        from: Date,
    },
    /// Prices on a contract are not below zero.
    #[error("the charge of component {component} holds the negative amount {amount}")]
    NegativePrice {
        /// The component.
        component: ComponentId,
        /// The lowest amount in the charge.
        amount: values::UnitPrice,
    },
    /// What is charged once cannot change after its day.
    #[error(
        "component {component} is charged once on {charged}; change it from that day or add another"
    )]
    ChargedOnce {
        /// The component.
        component: ComponentId,
        /// The day of its charge.
        charged: Date,
    },
    /// An extension that does not extend.
    #[error(
        "the term ends on {}; to extend it, give a later last day than {}",
        last(.current),
        last(.until)
    )]
    NotLater {
        /// First day outside the term now.
        current: Date,
        /// What was asked.
        until: Date,
    },
    /// The term would be longer than a contract can be.
    #[error("a term from {from} until {until} is longer than {most_years} years")]
    TermTooLong {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
        /// The longest term allowed.
        most_years: i32,
    },
    /// The term has not run out.
    #[error("the term runs until before {until}, so on {on} it has not expired")]
    NotExpired {
        /// First day outside the term.
        until: Date,
        /// The day asked about.
        on: Date,
    },
    /// Billing periods of this length do not begin there.
    #[error(
        "component {component} is billed {billing}, and such periods cannot begin as its anchor says; weeks begin on a weekday, months on a day of the month"
    )]
    AnchorDoesNotFit {
        /// The component.
        component: ComponentId,
        /// How often it is billed.
        billing: crate::BillingFrequency,
    },
    /// What does not pause cannot run again.
    #[error("nothing is paused before {effective}; to pause, state the first day without service")]
    NotPaused {
        /// The day asked for.
        effective: Date,
    },
    /// A pause that ends before it begins.
    #[error(
        "the pause begins on {effective}; service runs again on a later day than {until}, or leave resume_on out"
    )]
    ResumesTooSoon {
        /// First day without service.
        effective: Date,
        /// First day with service again.
        until: Date,
    },
    /// What is charged once has no days to pause.
    #[error("component {component} is charged once and cannot pause or have phases")]
    DoesNotRecur {
        /// The component.
        component: ComponentId,
    },
    /// There is no cancellation to take back.
    #[error("contract {contract} is {status}, not cancelled; there is nothing to take back")]
    NotCancelled {
        /// The contract.
        contract: ContractId,
        /// Where it stands.
        status: ContractStatus,
    },
    /// A discount of that code is on the contract.
    #[error("contract {contract} has a discount {code:?} already; choose another code or end it")]
    DuplicateDiscount {
        /// The contract.
        contract: ContractId,
        /// The code.
        code: String,
    },
    /// The contract has no such discount.
    #[error("contract {contract} has no discount {code:?}; {}", named(.known))]
    UnknownDiscount {
        /// The contract.
        contract: ContractId,
        /// The code.
        code: String,
        /// The codes of those that it has.
        known: Vec<String>,
    },
    /// The discount takes nothing off, or too much, or runs on no day.
    #[error("discount {code:?} makes no sense: {why}")]
    BadDiscount {
        /// The code.
        code: String,
        /// What to change.
        why: &'static str,
    },
    /// Steps or phases that state nothing or are out of order.
    #[error("{what} {number} makes no sense: {why}")]
    BadStep {
        /// `step` or `phase`.
        what: &'static str,
        /// Which, from 1.
        number: usize,
        /// What to change.
        why: &'static str,
    },
    /// The contract has no such version.
    #[error("contract {contract} has no version {version}; the newest is {newest}")]
    UnknownVersion {
        /// The contract.
        contract: ContractId,
        /// What was asked for.
        version: u32,
        /// The newest that there is.
        newest: u32,
    },
    /// Nothing is known of earlier versions.
    #[error("no version of the contract was kept, so version {version} cannot be undone")]
    NoHistory {
        /// What was asked for.
        version: u32,
    },
    /// Signing and running out are no amendments.
    #[error(
        "version {version} of contract {contract} is no amendment; to end a contract that was signed, cancel it"
    )]
    NotAnAmendment {
        /// The contract.
        contract: ContractId,
        /// The version.
        version: u32,
    },
    /// It was taken back before.
    #[error(
        "version {version} of contract {contract} is undone already, by version {by}; to bring it back, undo that one"
    )]
    AlreadyUndone {
        /// The contract.
        contract: ContractId,
        /// The version.
        version: u32,
        /// The version that undid it.
        by: u32,
    },
    /// A later amendment changed the same thing.
    #[error(
        "version {version} of contract {contract} cannot be undone, because version {later} changed {what} again; undo version {later} first"
    )]
    ChangedSince {
        /// The contract.
        contract: ContractId,
        /// The version.
        version: u32,
        /// What both changed.
        what: String,
        /// The version to undo first.
        later: u32,
    },
    /// Another day than the amendment counts from.
    #[error(
        "version {version} counts from {effective}, and is undone from that day; state it as effective"
    )]
    UndoneFromItsDay {
        /// The version.
        version: u32,
        /// Its first day.
        effective: Date,
    },
    /// The charge cannot price the quantity.
    #[error(transparent)]
    Charge(#[from] ChargeRefusal),
    /// The contract cannot be valued.
    #[error(transparent)]
    Rating(#[from] RatingRefusal),
}

/// The last day of something of which the first day after it is kept.
fn last(until: &Date) -> Date {
    until.yesterday().unwrap_or(*until)
}

fn named(codes: &[String]) -> String {
    match codes {
        [] => "it has none at all".to_owned(),
        codes => format!("name one of: {}", codes.join(", ")),
    }
}

impl ContractRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::IllegalTransition { .. } => "illegal_contract_transition",
            Self::UnknownComponent { .. } => "unknown_component",
            Self::DuplicateComponent { .. } => "duplicate_component",
            Self::OutsideService { .. } => "effective_date_outside_service",
            Self::QuantityNotPositive { .. } => "quantity_not_positive",
            Self::MeasuredInAdvance { .. } => "measured_in_advance",
            Self::MeasuredWhileRunning { .. } => "measured_while_running",
            Self::NothingKept { .. } => "nothing_kept",
            Self::NegativePrice { .. } => "negative_price",
            Self::ChargedOnce { .. } => "charged_once",
            Self::NotLater { .. } => "extension_not_later",
            Self::TermTooLong { .. } => "term_too_long",
            Self::NotExpired { .. } => "term_not_expired",
            Self::AnchorDoesNotFit { .. } => "anchor_does_not_fit",
            Self::NotPaused { .. } => "not_paused",
            Self::ResumesTooSoon { .. } => "resume_not_later",
            Self::DoesNotRecur { .. } => "does_not_recur",
            Self::NotCancelled { .. } => "not_cancelled",
            Self::DuplicateDiscount { .. } => "duplicate_discount",
            Self::UnknownDiscount { .. } => "unknown_discount",
            Self::BadDiscount { .. } => "bad_discount",
            Self::BadStep { .. } => "bad_step",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::NoHistory { .. } => "no_history",
            Self::NotAnAmendment { .. } => "not_an_amendment",
            Self::AlreadyUndone { .. } => "amendment_undone_already",
            Self::ChangedSince { .. } => "amended_since",
            Self::UndoneFromItsDay { .. } => "undone_from_its_day",
            Self::Charge(refusal) => refusal.code(),
            Self::Rating(refusal) => refusal.code(),
        }
    }
}
