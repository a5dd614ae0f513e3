//! What a measured component owes for a billing period, less what was billed for it.

use super::parts::{Reading, part_amounts};
use crate::coverage;
use crate::line::{BilledLine, BillingRefusal, DraftLine, LineKind};
use commerce::{Charge, Component, Contract, Measure, PriceStep, grouped};
use serde::{Deserialize, Serialize};
use values::{Currency, Decimal, Instant, Money, MoneyRefused, Period, Quantity, UnitPrice};

/// The events behind a line, and the steps of its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredBy {
    /// The first instant whose events count.
    pub from: Instant,
    /// The instant from which they no longer do.
    pub until: Instant,
    /// Events that came in up to this intake are behind earlier lines of the period.
    pub after_intake: i64,
    /// The last intake whose events are behind this line.
    pub through_intake: i64,
    /// How many events there were in the whole period.
    pub events: u64,
    /// The quantity of the whole period.
    pub quantity: Quantity,
    /// How the price of the whole period comes about.
    pub steps: Vec<PriceStep>,
}

/// Whether a period has been billed before, and what that means for what came late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// The difference is billed or given back.
    Settled,
    /// The period was billed before, and late use may only lower it.
    CreditOnly,
}

/// The lines that settle what `component` owes for one billing period by these `readings` of its
/// parts, given everything `billed` on the contract. After these lines are issued the same call
/// answers nothing.
///
/// # Errors
/// When a charge cannot price what was measured.
pub fn measured_owed(
    contract: &Contract,
    component: &Component,
    window: Period,
    readings: &[Reading],
    billed: &[BilledLine],
    lateness: Lateness,
) -> Result<Vec<DraftLine>, BillingRefusal> {
    let of_window: Vec<&BilledLine> = billed
        .iter()
        .filter(|line| {
            line.line.component == component.id
                && line.line.window == window
                && line.line.kind != LineKind::Concession
        })
        .collect();
    let mut lines = Vec::new();
    for line in &of_window {
        // What no part expects any more, because the timeline changed, is taken back whole.
        if line.line.kind == LineKind::Charge && home(&line.line.charge, line, readings).is_none() {
            let own = [*line];
            let billed_by_rule = by_rule(&corrected(&own, &of_window))?;
            take_back(&own, billed, -billed_by_rule, None, &mut lines)?;
        }
    }
    let amounts = part_amounts(readings, contract.currency, component.policy.rounding)?;
    let mut settled = Vec::with_capacity(readings.len());
    for (index, (reading, amount)) in readings.iter().zip(amounts).enumerate() {
        let charges: Vec<&BilledLine> = of_window
            .iter()
            .copied()
            .filter(|line| line.line.kind == LineKind::Charge)
            .filter(|line| home(&line.line.charge, line, readings) == Some(index))
            .collect();
        let known = corrected(&charges, &of_window);
        let missing = amount
            .minor
            .checked_sub(by_rule(&known)?)
            .ok_or(MoneyRefused::TooLarge)?;
        let difference = Difference {
            contract,
            component,
            reading,
            exact: amount.exact,
            billed: known
                .iter()
                .map(|line| line.line.price.decimal())
                .fold(Decimal::ZERO, Decimal::saturating_add),
            billed_quantity: known
                .iter()
                .map(|line| line.line.quantity.decimal())
                .fold(Decimal::ZERO, Decimal::saturating_add),
            after_intake: known
                .iter()
                .filter_map(|line| line.line.measured.as_ref())
                .map(|measured| measured.through_intake)
                .max()
                .unwrap_or(0),
            steps: amount.steps,
        };
        settled.push((missing, charges, difference));
    }
    // Late use may move an amount from one part to another: where it may only lower, it lowers the period
    // by no more than what the whole of it has lost.
    let mut may_fall = match lateness {
        Lateness::Settled => i64::MIN,
        Lateness::CreditOnly => settled
            .iter()
            .try_fold(0_i64, |sum, (missing, _, _)| sum.checked_add(*missing))
            .ok_or(MoneyRefused::TooLarge)?,
    };
    for (missing, charges, difference) in settled {
        if missing > 0 && lateness == Lateness::Settled {
            lines.push(difference.charge(missing));
        } else if missing < 0 && may_fall < 0 {
            let taken = missing.max(may_fall);
            may_fall -= taken;
            take_back(&charges, billed, taken, Some(&difference), &mut lines)?;
        }
    }
    coverage::mark(&of_window, &mut lines);
    Ok(lines)
}

/// The part that a billed line belongs to: same charge, and the days overlap.
fn home(charge: &Charge, line: &BilledLine, readings: &[Reading]) -> Option<usize> {
    let fits = |reading: &&Reading| {
        reading.part.charge == *charge && reading.part.period.meet(&line.line.period).is_some()
    };
    let found = readings.iter().find(fits)?;
    readings
        .iter()
        .position(|reading| std::ptr::eq(reading, found))
}

/// The charges with the reductions that correct them.
fn corrected<'l>(charges: &[&'l BilledLine], of_window: &[&'l BilledLine]) -> Vec<&'l BilledLine> {
    let corrects = |line: &&&BilledLine| {
        line.line.kind == LineKind::Reduction
            && charges
                .iter()
                .any(|charge| line.line.corrects.as_ref() == Some(&charge.id))
    };
    let reductions = of_window.iter().filter(corrects).copied();
    charges.iter().copied().chain(reductions).collect()
}

fn by_rule(lines: &[&BilledLine]) -> Result<i64, MoneyRefused> {
    lines.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.line.by_rule.minor)
            .ok_or(MoneyRefused::TooLarge)
    })
}

/// What is expected of one part, less what was billed of it.
struct Difference<'a> {
    contract: &'a Contract,
    component: &'a Component,
    reading: &'a Reading,
    exact: Decimal,
    billed: Decimal,
    billed_quantity: Decimal,
    after_intake: i64,
    steps: Vec<PriceStep>,
}

impl Difference<'_> {
    fn behind(&self) -> MeasuredBy {
        MeasuredBy {
            from: self.reading.from,
            until: self.reading.until,
            after_intake: self.after_intake,
            through_intake: self.reading.through_intake,
            events: self.reading.measured.events,
            quantity: self.reading.measured.quantity,
            steps: self.steps.clone(),
        }
    }

    fn quantity(&self) -> Quantity {
        let measured = self.reading.measured.quantity.decimal();
        Quantity::new(measured.saturating_sub(self.billed_quantity))
    }

    /// The arithmetic of the whole period, less what was billed of it.
    fn arithmetic(&self) -> String {
        let places = self.contract.currency.exponent();
        let quantity = self.reading.measured.quantity;
        let whole = match self.steps.as_slice() {
            [] => grouped(self.exact, places),
            [one] => one.figures.clone(),
            many => {
                let figures: Vec<&str> = many.iter().map(|step| step.figures.as_str()).collect();
                figures.join(" + ")
            }
        };
        if self.billed.is_zero() && self.billed_quantity.is_zero() {
            whole
        } else {
            format!(
                "{} for {quantity} in all, less {} billed before",
                grouped(self.exact, places),
                grouped(self.billed, places)
            )
        }
    }

    fn charge(&self, minor: i64) -> DraftLine {
        let (contract, component) = (self.contract, self.component);
        let amount = Money::from_minor(minor, contract.currency);
        let part = &self.reading.part;
        DraftLine {
            kind: LineKind::Charge,
            corrects: None,
            contract: contract.id.clone(),
            component: component.id.clone(),
            product: component.product.clone(),
            description: component.description.clone(),
            tax_code: component.tax_code.clone(),
            revenue_account_class: component.revenue_account_class.clone(),
            recognition: component.recognition,
            period: part.period,
            window: part.window.period,
            service: part.period,
            quantity: self.quantity(),
            charge: part.charge.clone(),
            discounts: part.discounts.clone(),
            price: UnitPrice::new(self.exact.saturating_sub(self.billed)),
            numerator: 1,
            denominator: 1,
            by_rule: amount,
            net: amount,
            arithmetic: self.arithmetic(),
            policy_version: component.policy.version,
            measured: Some(Box::new(self.behind())),
            decided_on: String::new(),
        }
    }
}

/// Takes `minor`, below zero, back from these charges, newest first, never more than what remains of
/// each. Where a person gave money back before, the rest of the claim is settled by that.
fn take_back(
    charges: &[&BilledLine],
    billed: &[BilledLine],
    minor: i64,
    difference: Option<&Difference<'_>>,
    lines: &mut Vec<DraftLine>,
) -> Result<(), BillingRefusal> {
    let mut wanted = minor.checked_neg().ok_or(MoneyRefused::TooLarge)?;
    if wanted <= 0 {
        return Ok(());
    }
    let mut first = true;
    let last = charges.len().saturating_sub(1);
    for (index, source) in charges.iter().rev().enumerate() {
        let mut left = source.line.net.minor;
        for line in billed {
            if line.line.corrects.as_ref() == Some(&source.id) {
                left = left
                    .checked_add(line.line.net.minor)
                    .ok_or(MoneyRefused::TooLarge)?;
            }
        }
        let given = wanted.min(left.max(0));
        let by_rule = if index == last { wanted } else { given };
        if by_rule == 0 {
            continue;
        }
        wanted -= by_rule;
        let currency = source.line.net.currency;
        lines.push(reduction(
            source,
            (by_rule, given, currency),
            difference.filter(|_| first),
        ));
        first = false;
    }
    Ok(())
}

fn reduction(
    source: &BilledLine,
    (by_rule, given, currency): (i64, i64, Currency),
    difference: Option<&Difference<'_>>,
) -> DraftLine {
    let mut arithmetic = match difference {
        Some(difference) => difference.arithmetic(),
        None => "no longer expected".to_owned(),
    };
    if given != by_rule {
        arithmetic.push_str(", limited to what remains of the line");
    }
    let quantity = difference.map_or_else(
        || Quantity::new(-source.line.quantity.decimal()),
        Difference::quantity,
    );
    let price = difference.map_or_else(
        || UnitPrice::new(-source.line.price.decimal()),
        |found| UnitPrice::new(found.exact.saturating_sub(found.billed)),
    );
    DraftLine {
        kind: LineKind::Reduction,
        corrects: Some(source.id.clone()),
        quantity,
        price,
        numerator: 1,
        denominator: 1,
        by_rule: Money::from_minor(-by_rule, currency),
        net: Money::from_minor(-given, currency),
        arithmetic,
        measured: difference.map(|found| Box::new(found.behind())),
        ..source.line.clone()
    }
}

/// What was billed, net, for the components that a measured component of this contract counts as
/// spent, in one of its billing periods; never below zero. `lines` are about to be issued.
///
/// # Errors
/// When the sum is too large.
pub fn spent_on(
    contract: &Contract,
    component: &Component,
    period: Period,
    billed: &[BilledLine],
    lines: &[DraftLine],
) -> Result<Money, MoneyRefused> {
    let Some(measure @ Measure::Spend { .. }) = &component.measure else {
        return Ok(Money::zero(contract.currency));
    };
    let counts = |line: &&DraftLine| {
        line.component != component.id
            && line.kind != LineKind::Concession
            && measure.counts_spend_on(&line.product)
            && period.contains(line.period.from())
    };
    let issued = billed.iter().map(|known| &known.line);
    let mut sum = Money::zero(contract.currency);
    for line in issued.chain(lines).filter(counts) {
        sum = sum.plus(line.net)?;
    }
    Ok(if sum.minor < 0 {
        Money::zero(contract.currency)
    } else {
        sum
    })
}
