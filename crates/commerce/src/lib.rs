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
mod charge;
mod contract;
mod customer;
mod cycle;
mod discount;
mod measure;
mod offer;
mod order;
mod partner;
mod policy;
mod product;
mod quote;
mod rating;
mod renewal;
mod repricing;
mod routing;
mod tax_profile;

pub use amend::{
    Amendment, CancelAt, Change, ComponentCharge, ContractDelta, PhaseStep, RampStep, agree, amend,
    counts_from, undo,
};
pub use charge::{
    Arithmetic, Block, BlockCount, Blocks, Capacity, Cell, Charge, ChargeRefusal, Commitment,
    CreditPack, GraduatedPercentage, Matrix, MatrixCell, Measured, Milestone, Milestones,
    MinimumSpend, Package, PercentTier, Percentage, PriceStep, Priced, SeatDowngrade, SeatUpgrade,
    Seats, Tier, grouped, raised,
};
pub use contract::{
    ChargeFrom, Component, Contract, ContractRefusal, ContractStatus, NewComponent, PausedFrom,
    Phase, PhaseFrom, QuantityFrom, ServiceEnd, Span, VersionKind, VersionNote,
};
pub use customer::{Collection, Customer, ExternalRef};
pub use cycle::{
    AnchorDay, AnchorDayRefused, BillingFrequency, CycleAnchor, Timing, Weekday, Window, window_at,
    windows, windows_between,
};
pub use discount::{
    AppliedDiscount, Discount, Reduction, after_discounts, discounted_price, is_linear,
};
pub use measure::{Measure, MeasuredPart, measured_parts};
pub use offer::{
    AddOn, BillingTemplate, Bundle, BundlePart, Offer, OfferPrice, OfferRefusal, Offers, Plan,
    PlanPhase, StandalonePrices, part_price, price_on,
};
pub use order::{Order, OrderLine, OrderRefusal, from_order, upgrade};
pub use partner::{COMMISSION, PartnerRefusal, PartnerRole, PartnerSale};
pub use policy::{DayCount, DayWeights, FirstPart, Policy, PolicyTerms};
pub use product::{Catalogue, Pattern, Price, Product, SellerTerms};
pub use quote::{QuoteFigures, QuoteRefusal, QuoteStatus, quote_figures};
pub use rating::{
    Covered, RatingRefusal, component_value, coverage, coverage_between, total_value,
};
pub use renewal::{RenewalMode, RenewalPrice, RenewalTerms, renewal, renewed_through};
pub use repricing::{KeepsPrice, NewPrice, Repriced, Repricing, reprice};
pub use routing::{Account, Because, BillTo, Consolidation, Route, RoutingRefusal, route};
pub use tax_profile::{
    ExemptionCertificate, InclusivePrice, TaxProfile, TaxProfileRefusal, with_tax, without_tax,
};
