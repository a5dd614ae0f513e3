//! The timeline of a component: facts by effective date, read as stretches in which nothing changes.

use super::{Component, Contract, ContractRefusal};
use crate::charge::Charge;
use crate::cycle::BillingFrequency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, Date, Period, Quantity};

/// Whether service pauses or runs from this day until the next stated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PausedFrom {
    /// First day it holds.
    pub from: Date,
    /// Whether it pauses.
    pub paused: bool,
}

/// A phase holds from this day until the next stated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseFrom {
    /// First day it holds.
    pub from: Date,
    /// Which.
    pub phase: Phase,
}

/// What a stretch of a component's life is sold as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is charged.
    Trial,
    /// The price is reduced.
    Discount,
    /// It is agreed for a time.
    FixedTerm,
    /// It runs on.
    Evergreen,
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

    /// Whether service pauses on `date`. What is charged once does not pause.
    #[must_use]
    pub fn paused_on(&self, date: Date) -> bool {
        let held = self.pauses.iter().rev().find(|fact| fact.from <= date);
        held.is_some_and(|fact| fact.paused) && self.billing != BillingFrequency::OneOff
    }

    /// The phase on `date`, if phases were stated.
    #[must_use]
    pub fn phase_on(&self, date: Date) -> Option<Phase> {
        let held = self.phases.iter().rev().find(|fact| fact.from <= date);
        held.map(|fact| fact.phase)
    }

    /// Whether what is served on `date` is charged: there is neither a pause nor a trial.
    fn charged_on(&self, date: Date) -> bool {
        !self.paused_on(date) && self.phase_on(date) != Some(Phase::Trial)
    }

    /// The timeline: stretches that are charged and in which nothing changes, rising, each unlike
    /// the one it adjoins. Pauses and trials are left out.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let mut cuts: Vec<Date> = self.quantities.iter().map(|q| q.from).collect();
        cuts.extend(self.charges.iter().map(|c| c.from));
        cuts.extend(self.pauses.iter().map(|p| p.from));
        cuts.extend(self.phases.iter().map(|p| p.from));
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
            if !self.charged_on(from) {
                continue;
            }
            let (Some(quantity), Some(charge)) = (self.quantity_on(from), self.charge_on(from))
            else {
                continue;
            };
            let quantity = if charge.looks_at_quantity() {
                quantity
            } else {
                Quantity::from(1)
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
    /// First day of the term under way: of the signed one, or of the last renewal.
    #[must_use]
    pub fn current_term_from(&self) -> Date {
        let last = self.renewed_on.last().copied();
        last.unwrap_or(self.signed_term.from())
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
}
