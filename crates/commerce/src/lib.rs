//! Customers, the catalogue, contracts and their amendments: the facts from which everything that
//! is owed and earned follows.
//!
//! A contract is a set of components, each with a timeline of quantities and charges by effective
//! date. [`from_order`] makes one from a won order, [`amend`] makes its next version, and
//! [`total_value`] says what it is worth over its life. [`coverage`] is the one place where a
//! timeline is cut into billing periods and rated; billing, bookings and previews all read it, so
//! they cannot disagree.
//!
//! **Invariant:** nothing here reads a clock, does I/O, or holds a float.

mod amend;
mod contract;
mod customer;
mod order;
mod product;
mod rating;

pub use amend::{Amendment, Change, ContractDelta, amend};
pub use contract::{
    AnchorDay, AnchorDayRefused, ChargeFrom, Component, Contract, ContractRefusal, ContractStatus,
    DayCount, NewComponent, Policy, QuantityFrom, Span, VersionKind, VersionNote,
};
pub use customer::{Collection, Customer, ExternalRef};
pub use order::{Catalogue, Order, OrderLine, OrderRefusal, from_order, upgrade};
pub use product::{BillingFrequency, Charge, ChargeRefusal, Pattern, Price, Product, Tier, Timing};
pub use rating::{
    Covered, DayWeights, RatingRefusal, Window, component_value, coverage, total_value, window_at,
    windows,
};
