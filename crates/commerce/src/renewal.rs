//! Renewal: whether, when, for how long and at what price a term is followed by another.

use crate::amend::{Amendment, Change, ComponentCharge};
use crate::charge::{Charge, raised};
use crate::contract::{Component, Contract, ContractRefusal, ContractStatus};
use crate::cycle::whole_months;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use values::{Date, Instant, Rate, add_months, anchored_month};

/// What happens when a term runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalTerms {
    /// Whether it happens by itself.
    pub mode: RenewalMode,
    /// Length of the next term in months.
    pub months: NonZeroU16,
    /// The next term is agreed so many days before the term ends, unless it was cancelled by then.
    #[serde(default)]
    pub notice_days: u16,
    /// At what price.
    #[serde(default)]
    pub price: RenewalPrice,
}

/// Whether a term is followed by another by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RenewalMode {
    /// Unless it was cancelled before its notice period.
    Automatic,
    /// Only when somebody says so.
    ByNotice,
    /// It has no end: the committed term always runs on, and a cancellation "at the end of the term"
    /// is one at the end of the billing period.
    Evergreen,
}

/// At what price a term is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum RenewalPrice {
    /// As before.
    #[default]
    Same,
    /// As in the catalogue on the first day of the new term.
    List,
    /// So much more.
    Uplift {
        /// `"0.05"` is 5 %.
        rate: Rate,
        /// But never more than this.
        #[serde(default)]
        cap: Option<Rate>,
    },
}

impl Contract {
    /// The first day outside the next term, when it is agreed on `on` by itself.
    #[must_use]
    pub fn renewal_due(&self, on: Date) -> Option<Date> {
        let due = self.renewal_day()?;
        let terms = self.renewal.as_ref()?;
        (due <= on).then(|| self.term_after(terms.months))
    }

    /// The day on which the next term is agreed by itself, if ever.
    #[must_use]
    pub fn renewal_day(&self) -> Option<Date> {
        let terms = self.renewal.as_ref()?;
        let runs = matches!(
            self.status,
            ContractStatus::Active | ContractStatus::Amended
        );
        let by_itself = terms.mode != RenewalMode::ByNotice;
        let notice = crate::cycle::plus_days(self.term.until(), -i64::from(terms.notice_days));
        notice.filter(|_| runs && by_itself)
    }

    /// The first day outside a next term of so many months. Where the signed term is whole months,
    /// it returns to the day of the month on which the contract began.
    #[must_use]
    pub fn term_after(&self, months: NonZeroU16) -> Date {
        let months = i32::from(months.get());
        match whole_months(self.signed_term) {
            Some(_) => anchored_month(self.term.until(), months, self.signed_term.from().day()),
            None => add_months(self.term.until(), months),
        }
    }
}

/// The renewal of `contract` until before `until` at `price`. `listed` answers the catalogue's charge
/// for a component on a day.
#[must_use]
pub fn renewal(
    contract: &Contract,
    until: Date,
    price: RenewalPrice,
    listed: impl Fn(&Component, Date) -> Option<Charge>,
) -> Change {
    let begins = contract.term.until();
    let renewed = |component: &&Component| runs_to_the_end(contract, component);
    let charge = |component: &Component| {
        let charge = match price {
            RenewalPrice::Same => None,
            RenewalPrice::List => listed(component, begins),
            RenewalPrice::Uplift { rate, cap } => {
                let rate = cap.map_or(rate, |cap| rate.min(cap));
                let charge = component.charge_on(begins)?;
                Some(raised(charge, rate))
            }
        }?;
        let component = component.id.clone();
        Some(ComponentCharge { component, charge })
    };
    let charges = contract
        .components
        .iter()
        .filter(renewed)
        .filter_map(charge);
    Change::Renew {
        until,
        charges: charges.collect(),
    }
}

/// Whether a renewal takes the component on.
pub(crate) fn runs_to_the_end(contract: &Contract, component: &Component) -> bool {
    component.until == contract.term.until()
        && component.billing != crate::cycle::BillingFrequency::OneOff
        && component.service().is_some()
}

/// The contract as it will be on `on` when nobody says anything: every renewal that is agreed by
/// itself until then is in it. So a preview of a later day shows what will be billed then.
///
/// # Errors
/// When a next term cannot be made, such as one that would end after 100 years.
pub fn renewed_through(
    contract: &Contract,
    on: Date,
    recorded: Instant,
    listed: impl Fn(&Component, Date) -> Option<Charge>,
) -> Result<Contract, ContractRefusal> {
    let mut current = contract.clone();
    // Each turn moves the end of the term by a month at least, so this ends.
    while let Some(until) = current.renewal_due(on) {
        let price = current.renewal.as_ref().map(|terms| terms.price);
        let amendment = Amendment {
            change: renewal(&current, until, price.unwrap_or_default(), &listed),
            reason: "the term was renewed".to_owned(),
        };
        current = crate::amend(&current, &amendment, recorded)?.0;
    }
    Ok(current)
}
