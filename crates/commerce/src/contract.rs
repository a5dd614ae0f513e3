//! Contracts: components with timelines by effective date, and the notes of every version.

use crate::ExternalRef;
use crate::product::{BillingFrequency, Charge, Pattern, Timing};
mod refusal;

pub use refusal::ContractRefusal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU16;
use values::{
    ComponentId, ContractId, Currency, CustomerId, Date, EntityId, Instant, Period, ProductCode,
    Quantity, Rounding,
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

/// A stretch of a component's timeline in which nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The days.
    pub period: Period,
    /// How many. Always 1 for a flat charge, whose price does not look at it.
    pub quantity: Quantity,
    /// At what charge.
    pub charge: Charge,
}

/// How parts of a billing period are priced and rounded. Its version is kept on every line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What share of a price a part of its period costs.
    #[serde(default)]
    pub proration: DayCount,
    /// How the exact amount becomes minor units.
    #[serde(default)]
    pub rounding: Rounding,
    /// Version of the policy.
    pub version: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            proration: DayCount::default(),
            rounding: Rounding::default(),
            version: 1,
        }
    }
}

/// What share of the price of a billing period a part of it costs. For a price per term, which has
/// no number of months, all but `None` count actual days over the days of the signed term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Actual days over the days of the whole billing period, also when the term cuts it short.
    #[default]
    ActualOverPeriod,
    /// Days over this many for each month of the period. Days beyond that many cost nothing, and
    /// the last day of a shorter period brings it to the whole, so a whole period costs its price.
    FixedDays(NonZeroU16),
    /// Actual days over 30 for each month: 31 days of a monthly price cost 31/30 of it.
    Actual360,
    /// Parts cost as much as the whole; a change counts from the next period, and leaving within
    /// a period gives nothing back.
    None,
}

/// The day of the month on which billing periods begin, 1 to 31. In a month that lacks the day they
/// begin on its last day, and the following months return to the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i8", into = "i8")]
pub struct AnchorDay(i8);

/// The number is not a day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{day} is not a day of the month; use 1 to 31")]
pub struct AnchorDayRefused {
    /// What was given.
    pub day: i8,
}

impl AnchorDay {
    /// The day of the month of `date`.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.day())
    }
    /// The day, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0
    }
}

impl TryFrom<i8> for AnchorDay {
    type Error = AnchorDayRefused;
    fn try_from(day: i8) -> Result<Self, AnchorDayRefused> {
        if (1..=31).contains(&day) {
            Ok(Self(day))
        } else {
            Err(AnchorDayRefused { day })
        }
    }
}

impl From<AnchorDay> for i8 {
    fn from(day: AnchorDay) -> i8 {
        day.0
    }
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
}

impl NewComponent {
    /// The component over the days of `service`.
    ///
    /// # Errors
    /// When the quantity is not above zero or the charge cannot price it.
    pub fn over(&self, service: Period) -> Result<Component, ContractRefusal> {
        check_quantity(&self.id, self.quantity)?;
        check_charge(&self.id, &self.charge, self.quantity)?;
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
    charge.price(quantity)?;
    Ok(())
}

impl Component {
    /// The days of service; none when it was removed before it began.
    #[must_use]
    pub fn service(&self) -> Option<Period> {
        Period::new(self.from, self.until).ok()
    }

    /// The quantity that holds on `date`, whether or not there is service then.
    #[must_use]
    pub fn quantity_on(&self, date: Date) -> Option<Quantity> {
        let held = self.quantities.iter().rev().find(|q| q.from <= date);
        held.map(|q| q.quantity)
    }

    /// The charge that holds on `date`, whether or not there is service then.
    #[must_use]
    pub fn charge_on(&self, date: Date) -> Option<&Charge> {
        let held = self.charges.iter().rev().find(|c| c.from <= date);
        held.map(|c| &c.charge)
    }

    /// The timeline: stretches in which nothing changes, rising, adjoining, each unlike the next.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let mut cuts: Vec<Date> = self.quantities.iter().map(|q| q.from).collect();
        cuts.extend(self.charges.iter().map(|c| c.from));
        cuts.push(self.from);
        cuts.push(self.until);
        cuts.retain(|cut| self.from <= *cut && *cut <= self.until);
        cuts.sort_unstable();
        cuts.dedup();
        let mut spans: Vec<Span> = Vec::with_capacity(cuts.len());
        for ends in cuts.windows(2) {
            let [from, until] = *ends else { continue };
            let Ok(period) = Period::new(from, until) else {
                continue;
            };
            let (Some(quantity), Some(charge)) = (self.quantity_on(from), self.charge_on(from))
            else {
                continue;
            };
            let quantity = match charge {
                Charge::Flat { .. } => Quantity::from(1),
                Charge::PerUnit { .. } | Charge::Graduated { .. } | Charge::Volume { .. } => {
                    quantity
                }
            };
            push_span(&mut spans, period, quantity, charge);
        }
        spans
    }
}

/// Appends a span, or lengthens the last one when nothing changed between them.
fn push_span(spans: &mut Vec<Span>, period: Period, quantity: Quantity, charge: &Charge) {
    if let Some(last) = spans.last_mut()
        && last.quantity == quantity
        && last.charge == *charge
        && last.period.until() == period.from()
        && let Ok(joined) = Period::new(last.period.from(), period.until())
    {
        last.period = joined;
        return;
    }
    spans.push(Span {
        period,
        quantity,
        charge: charge.clone(),
    });
}

impl Contract {
    /// The longest term, in years.
    pub const MOST_YEARS: i32 = 100;

    /// Number of the version in force.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.versions.last().map_or(0, |note| note.version)
    }

    /// The component of that id.
    ///
    /// # Errors
    /// When there is none.
    pub fn component(&self, id: &ComponentId) -> Result<&Component, ContractRefusal> {
        self.components
            .iter()
            .find(|component| component.id == *id)
            .ok_or_else(|| self.unknown_component(id))
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
