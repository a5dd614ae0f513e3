//! Everything that can be wrong with an order.

use crate::contract::ContractRefusal;
use crate::cycle::BillingFrequency;
use values::{ContractId, Currency, Date, Quantity, UnitPrice};

/// One thing wrong with an order. Each names the field, the value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// Nothing is sold.
    #[error("lines: the order has none; add at least one product")]
    NoLines,
    /// The currency is empty.
    #[error("currency: empty; set an ISO 4217 code such as \"EUR\"")]
    MissingCurrency,
    /// The currency is not one.
    #[error("currency: {value:?} is not an ISO 4217 code; use one such as \"EUR\"")]
    UnknownCurrency {
        /// What was given.
        value: String,
    },
    /// The legal entity is empty.
    #[error("entity: empty; set the legal entity that sells, one of: {known}")]
    MissingEntity {
        /// All legal entities.
        known: String,
    },
    /// No such legal entity.
    #[error("entity: {value:?} is not a legal entity here; use one of: {known}")]
    UnknownEntity {
        /// What was given.
        value: String,
        /// All legal entities.
        known: String,
    },
    /// The start is empty.
    #[error("start: empty; set the first day of service")]
    MissingStart,
    /// The end is empty.
    #[error("end: empty; set the last day of service")]
    MissingEnd,
    /// The end lies before the start.
    #[error("end: {end} lies before the start, {start}; set the last day of service")]
    EndBeforeStart {
        /// First day.
        start: Date,
        /// Last day.
        end: Date,
    },
    /// The term is longer than a contract can be.
    #[error("end: from {start} to {end} is longer than {most_years} years; set an earlier day")]
    TermTooLong {
        /// First day.
        start: Date,
        /// Last day.
        end: Date,
        /// The longest term allowed.
        most_years: i32,
    },
    /// The frequency is not one.
    #[error(
        "frequency: {value:?} is not known; use Monthly, Quarterly, Semi-annual, Annual or Up front"
    )]
    UnknownFrequency {
        /// What was given.
        value: String,
    },
    /// No such product.
    #[error(
        "line {line}, product: {value:?} is not in the catalogue; add it there or correct the code"
    )]
    UnknownProduct {
        /// Which line, from 1.
        line: usize,
        /// What was given.
        value: String,
    },
    /// The product has no price in the currency.
    #[error(
        "line {line}, product: {product} has no price in {currency} on the start date; it is sold in: {sold_in}"
    )]
    NotSoldInCurrency {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// The currency of the order.
        currency: Currency,
        /// Currencies it has prices in.
        sold_in: String,
    },
    /// The product is not billed at the frequency.
    #[error("frequency: line {line}, {product} is not sold {asked}; it is sold: {offered}")]
    FrequencyNotSold {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// The frequency of the order.
        asked: BillingFrequency,
        /// Frequencies it has prices for.
        offered: String,
    },
    /// The product is billed at several frequencies and the order names none.
    #[error("frequency: empty, and line {line}, {product} is sold: {offered}; set one of them")]
    MissingFrequency {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// Frequencies it has prices for.
        offered: String,
    },
    /// A quantity of zero or less.
    #[error(
        "line {line}, quantity: {value} of {product:?} is not above zero; set how many are sold"
    )]
    QuantityNotPositive {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// What was given.
        value: Quantity,
    },
    /// A unit price below zero.
    #[error("line {line}, unit price: {value} of {product:?} is below zero; set zero or more")]
    NegativePrice {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// What was given.
        value: UnitPrice,
    },
    /// A unit price for what is not charged by the unit.
    #[error("line {line}, unit price of {product:?}: {reason}, or leave the price out")]
    NoUnitPrice {
        /// Which line, from 1.
        line: usize,
        /// The product.
        product: String,
        /// Why.
        reason: crate::ChargeRefusal,
    },
    /// No component can be made of the line.
    #[error("line {line}: {reason}")]
    LineRefused {
        /// Which line, from 1.
        line: usize,
        /// Why.
        reason: ContractRefusal,
    },
    /// The identifier of the contract leaves no room for those of its components.
    #[error("contract: {value:?} is too long to number its components; use at most 70 characters")]
    ContractIdTooLong {
        /// What was given.
        value: String,
    },
    /// An upgrade in another currency or by another entity than its contract, or outside its term.
    #[error("{field}: {value} does not fit contract {contract}, which has {wanted}")]
    DoesNotFitContract {
        /// Which field of the order.
        field: &'static str,
        /// What was given.
        value: String,
        /// The contract to be upgraded.
        contract: ContractId,
        /// What the contract has.
        wanted: String,
    },
    /// The contract as a whole cannot be valued.
    #[error("lines: {reason}")]
    CannotBeValued {
        /// Why.
        reason: crate::RatingRefusal,
    },
}

impl OrderRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "no_lines",
            Self::MissingCurrency => "missing_currency",
            Self::UnknownCurrency { .. } => "unknown_currency",
            Self::MissingEntity { .. } => "missing_entity",
            Self::UnknownEntity { .. } => "unknown_entity",
            Self::MissingStart => "missing_start",
            Self::MissingEnd => "missing_end",
            Self::EndBeforeStart { .. } => "end_before_start",
            Self::TermTooLong { .. } => "term_too_long",
            Self::UnknownFrequency { .. } => "unknown_frequency",
            Self::UnknownProduct { .. } => "unknown_product",
            Self::NotSoldInCurrency { .. } => "not_sold_in_currency",
            Self::FrequencyNotSold { .. } => "frequency_not_sold",
            Self::MissingFrequency { .. } => "missing_frequency",
            Self::QuantityNotPositive { .. } => "quantity_not_positive",
            Self::NegativePrice { .. } => "negative_price",
            Self::NoUnitPrice { reason, .. } => reason.code(),
            Self::LineRefused { reason, .. } => reason.code(),
            Self::ContractIdTooLong { .. } => "contract_id_too_long",
            Self::DoesNotFitContract { .. } => "does_not_fit_contract",
            Self::CannotBeValued { reason } => reason.code(),
        }
    }
}
