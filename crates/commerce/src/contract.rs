//! Contracts: components with timelines by effective date, and the notes of every version.

use crate::ExternalRef;
use crate::charge::Charge;
use crate::cycle::{AnchorDay, BillingFrequency, Timing, anchor_fits};
use crate::discount::Discount;
use crate::measure::Measure;
use crate::partner::PartnerSale;
use crate::policy::Policy;
use crate::product::Pattern;
use crate::renewal::RenewalTerms;
use crate::tax_profile::InclusivePrice;
mod refusal;
mod timeline;

pub use refusal::ContractRefusal;
pub use timeline::{PausedFrom, Phase, PhaseFrom, Span};

use serde::{Deserialize, Serialize};
use std::fmt;
use values::{
    ComponentId, ContractId, Currency, CustomerId, Date, EntityId, Instant, Period, ProductCode,
    Quantity,
};

/// What a customer has agreed to with one legal entity, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Identity over all versions.
    pub id: ContractId,
    /// Who buys.
    pub customer: CustomerId,
    /// Which legal entity sells.
    pub entity: EntityId,
    /// Currency of every price and amount on it.
    pub currency: Currency,
    /// First day of service until the first day after it, extensions included.
    pub term: Period,
    /// The term as first signed: what a price "per term" is for, and what windows count from.
    pub signed_term: Period,
    /// Day of the month on which billing periods begin.
    pub billing_anchor_day: AnchorDay,
    /// What is sold.
    pub components: Vec<Component>,
    /// One note per version, oldest first; never empty for a signed contract.
    #[serde(default)]
    pub versions: Vec<VersionNote>,
    /// What other systems call it.
    #[serde(default)]
    pub refs: Vec<ExternalRef>,
    /// Where it stands.
    pub status: ContractStatus,
    /// The day it was cancelled from, if it was.
    pub cancelled_from: Option<Date>,
    /// Where each component ended before the contract was cancelled, so that the cancellation can
    /// be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_by_cancellation: Vec<ServiceEnd>,
    /// What is taken off its prices, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// What happens when the term runs out; it ends, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalTerms>,
    /// First days of the terms after the signed one, rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewed_on: Vec<Date>,
    /// The components whose prices were agreed with tax in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inclusive_prices: Vec<InclusivePrice>,
    /// How it is sold through its customer to another, when its customer is a partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerSale>,
}

/// Where a component would have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEnd {
    /// The component.
    pub component: ComponentId,
    /// First day without it.
    pub until: Date,
}

/// One thing sold on a contract, with its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Identity, kept through amendments.
    pub id: ComponentId,
    /// What is sold.
    pub product: ProductCode,
    /// Words on the invoice line.
    pub description: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to.
    pub revenue_account_class: String,
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// Whether a period is billed when it begins or when it has ended.
    pub timing: Timing,
    /// How parts of a period are priced and rounded.
    pub policy: Policy,
    /// How its revenue is earned.
    pub recognition: Pattern,
    /// First day of service.
    pub from: Date,
    /// First day without service; equal to `from` when it was removed before it began.
    pub until: Date,
    /// How many, by effective date, rising; the first entry is on `from`.
    pub quantities: Vec<QuantityFrom>,
    /// At what charge, by effective date, rising; the first entry is on `from`.
    pub charges: Vec<ChargeFrom>,
    /// Where it pauses and runs again, by effective date, rising; it runs where nothing is stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<PausedFrom>,
    /// Its phases, by effective date, rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseFrom>,
    /// The component whose place it took, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ComponentId>,
    /// What its quantity is measured by; as agreed in `quantities` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
}

/// A quantity holds from this day until the next stated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantityFrom {
    /// First day it holds.
    pub from: Date,
    /// How many, above zero.
    pub quantity: Quantity,
}

/// A charge holds from this day until the next stated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeFrom {
    /// First day it holds.
    pub from: Date,
    /// The charge for a whole billing period.
    pub charge: Charge,
}

/// What one version of a contract was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionNote {
    /// From 1, without gaps.
    pub version: u32,
    /// When it became known to us.
    pub recorded: Instant,
    /// From which day it counts.
    pub effective: Date,
    /// What kind of change it was.
    pub kind: VersionKind,
    /// Why, in the words of whoever asked for it.
    pub reason: String,
    /// The version that it takes back, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u32>,
}

/// The kinds of change that make a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionKind {
    /// The contract was signed.
    Signed,
    /// A component's quantity changed.
    QuantityChanged,
    /// A component's charge changed.
    PriceChanged,
    /// A component came in.
    ComponentAdded,
    /// A component went.
    ComponentRemoved,
    /// The contract was cancelled.
    Cancelled,
    /// The term got longer.
    Extended,
    /// The term ran out.
    Expired,
    /// One product took the place of another.
    Swapped,
    /// Service pauses.
    Paused,
    /// Service runs again.
    Resumed,
    /// An end was aligned to another one.
    CoTermed,
    /// A cancellation was taken back.
    Uncancelled,
    /// The term was followed by another.
    Renewed,
    /// What happens when the term runs out was changed.
    RenewalChanged,
    /// Quantities and charges were stated step by step.
    Ramped,
    /// Phases were stated.
    Phased,
    /// A discount came in.
    Discounted,
    /// A discount ended.
    DiscountEnded,
    /// An amendment was taken back.
    Undone,
}

/// Where a contract stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractStatus {
    /// Not signed yet.
    Draft,
    /// Signed and as first agreed.
    Active,
    /// Signed and changed since.
    Amended,
    /// Ended before its term.
    Cancelled,
    /// Ended with its term.
    Expired,
}

/// Every change of status that may happen.
const TRANSITIONS: &[(ContractStatus, ContractStatus)] = &[
    (ContractStatus::Draft, ContractStatus::Active),
    (ContractStatus::Draft, ContractStatus::Cancelled),
    (ContractStatus::Active, ContractStatus::Amended),
    (ContractStatus::Active, ContractStatus::Cancelled),
    (ContractStatus::Active, ContractStatus::Expired),
    (ContractStatus::Amended, ContractStatus::Amended),
    (ContractStatus::Amended, ContractStatus::Cancelled),
    (ContractStatus::Amended, ContractStatus::Expired),
];

impl ContractStatus {
    /// The next status, when a contract may go there.
    ///
    /// # Errors
    /// When the step is not declared.
    pub fn to(self, next: ContractStatus) -> Result<ContractStatus, ContractRefusal> {
        if TRANSITIONS.contains(&(self, next)) {
            Ok(next)
        } else {
            Err(ContractRefusal::IllegalTransition {
                from: self,
                to: next,
            })
        }
    }
}

impl fmt::Display for ContractStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Amended => "amended",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        })
    }
}

/// A component before it has a place in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewComponent {
    /// Identity, not yet on the contract.
    pub id: ComponentId,
    /// What is sold.
    pub product: ProductCode,
    /// Words on the invoice line.
    pub description: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to.
    pub revenue_account_class: String,
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// Whether a period is billed when it begins or when it has ended.
    #[serde(default)]
    pub timing: Timing,
    /// How parts of a period are priced and rounded.
    #[serde(default)]
    pub policy: Policy,
    /// How its revenue is earned.
    #[serde(default)]
    pub recognition: Pattern,
    /// How many, above zero.
    pub quantity: Quantity,
    /// The charge for a whole billing period.
    pub charge: Charge,
    /// What its quantity is measured by; as agreed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
}

impl NewComponent {
    /// The component over the days of `service`.
    ///
    /// # Errors
    /// When the quantity is not above zero or the charge cannot price it.
    pub fn over(&self, service: Period) -> Result<Component, ContractRefusal> {
        check_quantity(&self.id, self.quantity)?;
        check_anchor(self)?;
        check_measure(self)?;
        let priced = match self.measure {
            Some(_) => Quantity::default(),
            None => self.quantity,
        };
        check_charge(&self.id, &self.charge, priced)?;
        Ok(Component {
            id: self.id.clone(),
            product: self.product.clone(),
            description: self.description.clone(),
            tax_code: self.tax_code.clone(),
            revenue_account_class: self.revenue_account_class.clone(),
            billing: self.billing,
            timing: self.timing,
            policy: self.policy.clone(),
            recognition: self.recognition,
            from: service.from(),
            until: service.until(),
            quantities: vec![QuantityFrom {
                from: service.from(),
                quantity: self.quantity,
            }],
            charges: vec![ChargeFrom {
                from: service.from(),
                charge: self.charge.clone(),
            }],
            pauses: Vec::new(),
            phases: Vec::new(),
            replaces: None,
            measure: self.measure.clone(),
        })
    }
}

pub(crate) fn check_quantity(
    component: &ComponentId,
    quantity: Quantity,
) -> Result<(), ContractRefusal> {
    if quantity > Quantity::default() {
        Ok(())
    } else {
        Err(ContractRefusal::QuantityNotPositive {
            component: component.clone(),
            quantity,
        })
    }
}

pub(crate) fn check_charge(
    component: &ComponentId,
    charge: &Charge,
    quantity: Quantity,
) -> Result<(), ContractRefusal> {
    let amount = charge.lowest();
    if amount.decimal().is_sign_negative() && !amount.decimal().is_zero() {
        return Err(ContractRefusal::NegativePrice {
            component: component.clone(),
            amount,
        });
    }
    charge.check()?;
    charge.price(quantity)?;
    Ok(())
}

fn check_anchor(new: &NewComponent) -> Result<(), ContractRefusal> {
    if anchor_fits(new.billing, new.policy.anchor) {
        Ok(())
    } else {
        Err(ContractRefusal::AnchorDoesNotFit {
            component: new.id.clone(),
            billing: new.billing,
        })
    }
}

/// What is measured is not known before, and is billed when a period has ended.
fn check_measure(new: &NewComponent) -> Result<(), ContractRefusal> {
    if new.measure.is_none() {
        return Ok(());
    }
    let once = new.billing == BillingFrequency::OneOff;
    if new.timing == Timing::Advance || once {
        return Err(ContractRefusal::MeasuredInAdvance {
            component: new.id.clone(),
            field: if once { "billing" } else { "timing" },
        });
    }
    if new.timing == Timing::ArrearsWithRunning {
        return Err(ContractRefusal::MeasuredWhileRunning {
            component: new.id.clone(),
        });
    }
    Ok(())
}

impl Contract {
    /// The longest term, in years.
    pub const MOST_YEARS: i32 = 100;

    /// Number of the version in force.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.versions.last().map_or(0, |note| note.version)
    }

    pub(crate) fn unknown_component(&self, id: &ComponentId) -> ContractRefusal {
        let known: Vec<&str> = self.components.iter().map(|c| c.id.as_str()).collect();
        ContractRefusal::UnknownComponent {
            contract: self.id.clone(),
            component: id.clone(),
            known: known.join(", "),
        }
    }

    /// The contract once its term has run out on `on`.
    ///
    /// # Errors
    /// When the term still runs, or the contract has ended before.
    pub fn expire(&self, on: Date, recorded: Instant) -> Result<Contract, ContractRefusal> {
        let status = self.status.to(ContractStatus::Expired)?;
        let until = self.term.until();
        if on < until {
            return Err(ContractRefusal::NotExpired { until, on });
        }
        let mut next = self.clone();
        next.status = status;
        next.note(recorded, until, VersionKind::Expired, "the term ran out");
        Ok(next)
    }

    /// The contract as it is kept in its history: with the note of this version only, because each of the
    /// others is kept with its own. The version in force has them all.
    #[must_use]
    pub fn with_its_own_note(&self) -> Contract {
        let mut kept = self.clone();
        kept.versions.drain(..self.versions.len().saturating_sub(1));
        kept
    }

    pub(crate) fn note(
        &mut self,
        recorded: Instant,
        effective: Date,
        kind: VersionKind,
        reason: &str,
    ) {
        let version = self.version().saturating_add(1);
        self.versions.push(VersionNote {
            version,
            recorded,
            effective,
            kind,
            reason: reason.to_owned(),
            undoes: None,
        });
    }

    pub(crate) fn check_length(from: Date, until: Date) -> Result<(), ContractRefusal> {
        if until <= values::add_months(from, 12 * Self::MOST_YEARS) {
            Ok(())
        } else {
            Err(ContractRefusal::TermTooLong {
                from,
                until,
                most_years: Self::MOST_YEARS,
            })
        }
    }
}
