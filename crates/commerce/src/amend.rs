//! Amendments: the next version of a contract, and what it adds to the contract's value.
//!
//! A change states a fact by effective date; it holds until the next stated one. So changes on
//! different days give the same timeline in whatever order they were recorded.

mod ending;
mod facts;
mod phases;
mod undo;

pub use undo::{counts_from, undo};

use crate::charge::Charge;
use crate::contract::{
    Contract, ContractRefusal, ContractStatus, NewComponent, Phase, VersionKind,
};
use crate::discount::Discount;
use crate::rating::total_value;
use crate::renewal::RenewalTerms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use values::{ComponentId, ContractId, Date, Instant, Money, Quantity, Rate};

/// A change and why it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// What changes.
    pub change: Change,
    /// Why, in the words of whoever asked for it.
    pub reason: String,
}

/// What an amendment changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// From this day the component has this quantity (not this many more), until the next day for
    /// which a quantity is stated.
    ChangeQuantity {
        /// Which component.
        component: ComponentId,
        /// How many, above zero.
        quantity: Quantity,
        /// First day.
        effective: Date,
    },
    /// From this day the component has this charge, until the next day for which one is stated.
    ChangePrice {
        /// Which component.
        component: ComponentId,
        /// The charge for a whole billing period.
        charge: Charge,
        /// First day.
        effective: Date,
    },
    /// Quantities and charges of one component, step by step, agreed at once.
    Ramp {
        /// Which component.
        component: ComponentId,
        /// The steps.
        steps: Vec<RampStep>,
    },
    /// From this day the component goes through phases, the last of which does not end. Phases
    /// stated before for this day or later are replaced.
    SetPhases {
        /// Which component.
        component: ComponentId,
        /// First day of the first phase.
        effective: Date,
        /// The phases.
        phases: Vec<PhaseStep>,
    },
    /// From this day until the end of the term something more is sold. It shares the billing
    /// periods of the contract, unless its policy says otherwise, so its first one may be a part.
    AddComponent {
        /// What.
        component: NewComponent,
        /// First day.
        effective: Date,
    },
    /// From this day the component is gone, and what was billed beyond it is credited.
    RemoveComponent {
        /// Which component.
        component: ComponentId,
        /// First day without it.
        effective: Date,
    },
    /// From this day another product takes the place of the component, to where that would have
    /// ended. The day belongs to the new one.
    Swap {
        /// Which component.
        component: ComponentId,
        /// What takes its place.
        replacement: Box<NewComponent>,
        /// First day of the new one.
        effective: Date,
    },
    /// Something is added or swapped in that goes through phases from its first day on, such as a trial.
    SoldInPhases {
        /// The component that is added or swapped in.
        sale: Box<Change>,
        /// The phases.
        phases: Vec<PhaseStep>,
    },
    /// From this day service pauses and is not charged; what was billed beyond it is credited.
    Pause {
        /// Which component; all that are served, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// First day without service.
        effective: Date,
        /// First day with service again; not known yet, when absent.
        #[serde(default)]
        until: Option<Date>,
    },
    /// From this day service runs again.
    Resume {
        /// Which component; all that pause, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// First day with service.
        effective: Date,
    },
    /// Something is taken off the prices for a time.
    AddDiscount {
        /// What, and when.
        discount: Discount,
    },
    /// A discount ends before it would have.
    EndDiscount {
        /// Its code.
        code: String,
        /// First day without it.
        effective: Date,
    },
    /// From this day the contract is over.
    Cancel {
        /// First day without it, or the day by which it is found; see `at`.
        effective: Date,
        /// Whether what was billed beyond the day is credited. If not, whatever is billed in
        /// advance stands until the end of the billing period that holds the day; from the start of
        /// a period or term on, nothing can stand.
        credit_unused: bool,
        /// Which day it is.
        #[serde(default)]
        at: CancelAt,
    },
    /// The cancellation is taken back, as if it had never been.
    Uncancel {},
    /// The term gets longer; components that ran to its end run on.
    Extend {
        /// First day outside the new term.
        until: Date,
    },
    /// An end is aligned to that of another component or contract.
    CoTerm {
        /// Which component; the term of the contract, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// First day outside.
        until: Date,
    },
    /// The term is followed by another; what ran to its end runs on. What is charged once does not
    /// come again.
    Renew {
        /// First day outside the new term.
        until: Date,
        /// Charges that differ from the first day of the new term on.
        charges: Vec<ComponentCharge>,
    },
    /// What happens when the term runs out.
    SetRenewal {
        /// The new rule; the contract ends with its term, when absent.
        #[serde(default)]
        renewal: Option<RenewalTerms>,
    },
}

/// The day from which a cancelled contract is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelAt {
    /// The effective day itself.
    #[default]
    OnDate,
    /// Where the billing period under way on that day began: it is credited whole.
    StartOfPeriod,
    /// Where that billing period ends: it stands whole.
    EndOfPeriod,
    /// Where the term under way began.
    StartOfTerm,
    /// Where the term ends, so that it is not renewed; where the billing period ends, when the
    /// contract is evergreen.
    EndOfTerm,
}

/// A component's charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentCharge {
    /// Which component.
    pub component: ComponentId,
    /// The charge for a whole billing period.
    pub charge: Charge,
}

/// One step of a ramp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RampStep {
    /// First day.
    pub effective: Date,
    /// How many from then on; as before when absent.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// The charge from then on; as before when absent.
    #[serde(default)]
    pub charge: Option<Charge>,
}

/// One phase of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseStep {
    /// What it is sold as.
    pub phase: Phase,
    /// Its length in months; the last phase needs none.
    #[serde(default)]
    pub months: Option<NonZeroU16>,
    /// Its length in days, where it is not whole months.
    #[serde(default)]
    pub days: Option<NonZeroU16>,
    /// The charge in it; as before when absent.
    #[serde(default)]
    pub charge: Option<Charge>,
    /// What is taken off in it: `"0.5"` is one half.
    #[serde(default)]
    pub off: Option<Rate>,
}

/// What an amendment did to the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractDelta {
    /// The contract.
    pub contract: ContractId,
    /// Number of the version it made.
    pub version: u32,
    /// What kind of change it was.
    pub kind: VersionKind,
    /// From which day it counts.
    pub effective: Date,
    /// Value over the life before; see [`total_value`].
    pub value_before: Money,
    /// Value over the life after.
    pub value_after: Money,
    /// After less before: what the amendment books.
    pub value_delta: Money,
}

/// The next version of `contract`, and what it adds to the value.
///
/// # Errors
/// When the status does not allow it, the component is unknown, the date lies outside its service,
/// or the quantity or charge makes no sense. The contract given is never changed.
pub fn amend(
    contract: &Contract,
    amendment: &Amendment,
    recorded: Instant,
) -> Result<(Contract, ContractDelta), ContractRefusal> {
    let kind = kind_of(&amendment.change);
    let mut next = contract.clone();
    next.status = match kind {
        VersionKind::Uncancelled => contract.reinstated()?,
        VersionKind::Cancelled => contract.status.to(ContractStatus::Cancelled)?,
        _ => contract.status.to(ContractStatus::Amended)?,
    };
    let effective = apply(&mut next, contract, &amendment.change)?;
    next.note(recorded, effective, kind, &amendment.reason);
    let value_before = total_value(contract)?;
    let value_after = total_value(&next)?;
    let value_delta = value_after
        .minus(value_before)
        .map_err(crate::RatingRefusal::from)?;
    let delta = ContractDelta {
        contract: next.id.clone(),
        version: next.version(),
        kind,
        effective,
        value_before,
        value_after,
        value_delta,
    };
    Ok((next, delta))
}

/// The contract with something that belongs to it from the start, such as a discount that it is
/// signed with. It makes no version.
///
/// # Errors
/// As [`amend`].
pub fn agree(contract: &Contract, change: &Change) -> Result<Contract, ContractRefusal> {
    let mut next = contract.clone();
    apply(&mut next, contract, change)?;
    Ok(next)
}

fn kind_of(change: &Change) -> VersionKind {
    match change {
        Change::ChangeQuantity { .. } => VersionKind::QuantityChanged,
        Change::ChangePrice { .. } => VersionKind::PriceChanged,
        Change::Ramp { .. } => VersionKind::Ramped,
        Change::SetPhases { .. } => VersionKind::Phased,
        Change::AddComponent { .. } => VersionKind::ComponentAdded,
        Change::RemoveComponent { .. } => VersionKind::ComponentRemoved,
        Change::Swap { .. } => VersionKind::Swapped,
        Change::SoldInPhases { sale, .. } => kind_of(sale),
        Change::Pause { .. } => VersionKind::Paused,
        Change::Resume { .. } => VersionKind::Resumed,
        Change::AddDiscount { .. } => VersionKind::Discounted,
        Change::EndDiscount { .. } => VersionKind::DiscountEnded,
        Change::Cancel { .. } => VersionKind::Cancelled,
        Change::Uncancel {} => VersionKind::Uncancelled,
        Change::Extend { .. } => VersionKind::Extended,
        Change::CoTerm { .. } => VersionKind::CoTermed,
        Change::Renew { .. } => VersionKind::Renewed,
        Change::SetRenewal { .. } => VersionKind::RenewalChanged,
    }
}

/// Changes `next`; answers the day from which it counts.
fn apply(
    next: &mut Contract,
    contract: &Contract,
    change: &Change,
) -> Result<Date, ContractRefusal> {
    match change {
        Change::ChangeQuantity {
            component,
            quantity,
            effective,
        } => facts::change_quantity(next, component, *quantity, *effective),
        Change::ChangePrice {
            component,
            charge,
            effective,
        } => facts::change_price(next, component, charge, *effective),
        Change::Ramp { component, steps } => phases::ramp(next, component, steps),
        Change::SetPhases {
            component,
            effective,
            phases,
        } => phases::set(next, component, *effective, phases),
        Change::AddComponent {
            component,
            effective,
        } => facts::add_component(next, component, *effective),
        Change::RemoveComponent {
            component,
            effective,
        } => facts::remove_component(next, component, *effective),
        Change::Swap {
            component,
            replacement,
            effective,
        } => facts::swap(next, component, replacement, *effective),
        Change::SoldInPhases { sale, phases } => {
            let effective = apply(next, contract, sale)?;
            phases::set(next, phases::sold_by(sale)?, effective, phases)
        }
        Change::Pause {
            component,
            effective,
            until,
        } => facts::pause(next, component.as_ref(), *effective, *until),
        Change::Resume {
            component,
            effective,
        } => facts::resume(next, component.as_ref(), *effective),
        Change::AddDiscount { discount } => phases::add_discount(next, discount),
        Change::EndDiscount { code, effective } => phases::end_discount(next, code, *effective),
        Change::Cancel {
            effective,
            credit_unused,
            at,
        } => ending::cancel(next, contract, *effective, *credit_unused, *at),
        Change::Uncancel {} => Ok(ending::uncancel(next)),
        Change::Extend { until } => ending::extend(next, *until),
        Change::CoTerm { component, until } => ending::co_term(next, component.as_ref(), *until),
        Change::Renew { until, charges } => ending::renew(next, contract, *until, charges),
        Change::SetRenewal { renewal } => {
            next.renewal.clone_from(renewal);
            Ok(next.term.until())
        }
    }
}
