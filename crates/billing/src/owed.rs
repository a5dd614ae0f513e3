//! Expected less billed, per component and billing period.
//!
//! Compared are quantities and charges over days, never cents, so the cents of a split cannot make
//! endless corrections. A billing period that is due, or of which anything was billed, is compared
//! over its whole timeline; so what was billed ahead is not taken back by an earlier date, and a
//! change to what was billed is settled at once.

use crate::line::{BilledLine, BillingRefusal, DraftLine, LineKind};
use crate::settle::{Step, Terms, settle};
use commerce::{
    Component, Contract, Covered, Timing, coverage_between, is_linear, windows_between,
};
use std::collections::BTreeMap;
use values::{Date, Decimal, LineId, Period, Quantity, Rate};

/// The lines that settle what `contract` owes through `through`, given everything `billed` on it.
/// Advance periods are due when they (or the component in them) begin on or before `through`,
/// arrears when they have ended on or before it.
///
/// After these lines are issued the same call answers nothing. The amounts of one billing period of
/// one component, concessions aside, then add up to its exact price rounded once.
///
/// # Errors
/// When the timeline cannot be priced, or `billed` holds lines of another contract.
pub fn owed(
    contract: &Contract,
    billed: &[BilledLine],
    through: Date,
) -> Result<Vec<DraftLine>, BillingRefusal> {
    owed_since(contract, billed, Date::MIN, through)
}

/// As [`owed`], but looks only at billing periods that end after `since`: all before it are known to
/// be settled. `billed` need not hold lines of those. So what is due in one month of a contract in its
/// twentieth year costs as much to find as in its first.
///
/// # Errors
/// As [`owed`].
pub fn owed_since(
    contract: &Contract,
    billed: &[BilledLine],
    since: Date,
    through: Date,
) -> Result<Vec<DraftLine>, BillingRefusal> {
    check_billed(contract, billed)?;
    let mut lines = Vec::new();
    for component in &contract.components {
        // What is measured is settled by what was measured.
        if component.measure.is_some() {
            continue;
        }
        let mine = of_component(component, billed, since);
        // A period that was billed ahead is compared too, so that it is not taken for unexpected.
        let ahead = mine.iter().map(|line| line.line.window.from()).max();
        let last = ahead.map_or(through, |ahead| ahead.max(through));
        let parts = coverage_between(contract, component, since, last)?;
        for (window, mut claim) in claims(&parts, &mine) {
            if claim.billed.is_empty() && !is_due(component, window, &claim.expected, through) {
                continue;
            }
            let run;
            if component.timing == Timing::ArrearsWithRunning {
                run = claim.cut_at(through);
                claim.expected = run.iter().collect();
            }
            let steps = steps(&claim);
            if !steps.is_empty() {
                let terms = Terms {
                    contract,
                    component,
                    window,
                };
                settle(&terms, &claim.billed, billed, steps, &mut lines)?;
            }
        }
    }
    Ok(lines)
}

/// What is expected through a date, as if nothing had been billed: the preview of a new contract.
///
/// # Errors
/// As [`owed`].
pub fn expected_lines(
    contract: &Contract,
    through: Date,
) -> Result<Vec<DraftLine>, BillingRefusal> {
    owed(contract, &[], through)
}

/// How the value of a contract changed over its life, as lines by component and days; all of its
/// value when there was nothing before. They add up to the change in [`commerce::total_value`], and
/// each says over which days of service its amount is earned.
///
/// # Errors
/// As [`owed`].
pub fn value_changes(
    before: Option<&Contract>,
    after: &Contract,
) -> Result<Vec<DraftLine>, BillingRefusal> {
    let Some(before) = before else {
        return owed(after, &[], Date::MAX);
    };
    let zero = values::Money::zero(after.currency);
    let mut known = Vec::new();
    for (index, line) in owed(before, &[], Date::MAX)?.iter().enumerate() {
        if let Ok(id) = format!("value-{index}").parse::<LineId>() {
            known.push(line.issued(id, Rate::default(), zero));
        }
    }
    let mut changes = owed(after, &known, Date::MAX)?;
    // What they correct are figures of this computation, not lines that anybody could open.
    for change in &mut changes {
        change.corrects = None;
    }
    Ok(changes)
}

fn check_billed(contract: &Contract, billed: &[BilledLine]) -> Result<(), BillingRefusal> {
    for line in billed {
        if !contract
            .components
            .iter()
            .any(|component| component.id == line.line.component)
        {
            return Err(BillingRefusal::ForeignLine {
                line: line.id.clone(),
                component: line.line.component.clone(),
                contract: contract.id.clone(),
            });
        }
    }
    Ok(())
}

/// Both sides of one billing period of one component.
#[derive(Default)]
struct Claim<'a> {
    expected: Vec<&'a Covered>,
    /// Charges and reductions; concessions cover nothing.
    billed: Vec<&'a BilledLine>,
}

/// The charges and reductions of a component in billing periods that end after `since`.
fn of_component<'a>(
    component: &Component,
    billed: &'a [BilledLine],
    since: Date,
) -> Vec<&'a BilledLine> {
    let mine = billed.iter().filter(|line| {
        line.line.component == component.id
            && line.line.kind != LineKind::Concession
            && line.line.window.until() > since
    });
    mine.collect()
}

fn claims<'a>(parts: &'a [Covered], billed: &[&'a BilledLine]) -> BTreeMap<Period, Claim<'a>> {
    let mut claims: BTreeMap<Period, Claim<'a>> = BTreeMap::new();
    for part in parts {
        let claim = claims.entry(part.window.period).or_default();
        claim.expected.push(part);
    }
    for line in billed {
        let claim = claims.entry(line.line.window).or_default();
        claim.billed.push(line);
    }
    claims
}

/// Whether a billing period of which nothing was billed is to be billed.
fn is_due(component: &Component, window: Period, expected: &[&Covered], through: Date) -> bool {
    let due = match component.timing {
        Timing::Advance | Timing::ArrearsWithRunning => {
            expected.first().map(|part| part.period.from())
        }
        Timing::Arrears => expected.last().map(|_| last_served(component, window)),
    };
    due.is_some_and(|due| due <= through)
}

/// The day on which a billing period has ended for a component. A pause at its end does not bring it
/// forward, because service may still resume.
fn last_served(component: &Component, window: Period) -> Date {
    let end = window.until().min(component.until);
    end.yesterday().unwrap_or(end)
}

/// The first day after `through` on which something comes due by the timeline as it is. Only the
/// billing periods from `through` on are looked at, and nothing is priced: that is done once it is due.
#[must_use]
pub fn next_due(contract: &Contract, through: Date) -> Option<Date> {
    let components = contract.components.iter();
    components
        .filter_map(|component| component_due(contract, component, through))
        .min()
}

fn component_due(contract: &Contract, component: &Component, through: Date) -> Option<Date> {
    let is_measured = component.measure.is_some();
    let spans = component.spans();
    // What is charged once or once a term has few periods; of others the one that holds `through`
    // and the next hold the day, unless a pause or a later start lies there.
    let mut since = through;
    loop {
        let window = windows_between(contract, component, since, Date::MAX).next()?;
        let period = window.period;
        let mut charged = spans.iter().filter_map(|span| span.period.meet(&period));
        let first = charged.next().map(|days| days.from());
        let due = match component.timing {
            // What is measured is not known before its period has ended.
            Timing::Advance => first.filter(|_| !is_measured),
            Timing::Arrears | Timing::ArrearsWithRunning => {
                (is_measured || first.is_some()).then(|| last_served(component, period))
            }
        };
        if let Some(due) = due.filter(|due| *due > through) {
            return Some(due);
        }
        since = period.until();
    }
}

impl Claim<'_> {
    /// What is expected of the days through `through`; of what was billed beyond it, too, so that it
    /// is not taken back.
    fn cut_at(&self, through: Date) -> Vec<Covered> {
        let billed = self
            .billed
            .iter()
            .map(|line| line.line.period.until())
            .max();
        let end = through.tomorrow().unwrap_or(through);
        let end = billed.map_or(end, |billed| billed.max(end));
        let cut = self.expected.iter().filter_map(|part| {
            let period = Period::new(part.period.from(), part.period.until().min(end)).ok()?;
            Some(Covered {
                period,
                ..(*part).clone()
            })
        });
        cut.collect()
    }

    /// Stretches of days in which neither side changes.
    fn stretches(&self) -> Vec<Period> {
        let expected = self.expected.iter().map(|part| part.period);
        let billed = self.billed.iter().map(|line| line.line.period);
        let mut cuts: Vec<Date> = expected
            .chain(billed)
            .flat_map(|period| [period.from(), period.until()])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts.windows(2)
            .filter_map(|ends| match *ends {
                [from, until] => Period::new(from, until).ok(),
                _ => None,
            })
            .collect()
    }

    /// The charges that cover a stretch, with the quantity that is left of each, oldest first.
    fn live(&self, stretch: Period) -> Vec<(&BilledLine, Decimal)> {
        let covers = |line: &BilledLine| {
            line.line.period.from() <= stretch.from() && stretch.until() <= line.line.period.until()
        };
        let mut live = Vec::new();
        for charge in self.billed.iter().copied() {
            if charge.line.kind != LineKind::Charge || !covers(charge) {
                continue;
            }
            let taken: Decimal = self
                .billed
                .iter()
                .filter(|line| line.line.corrects.as_ref() == Some(&charge.id) && covers(line))
                .map(|line| line.line.quantity.decimal())
                .fold(Decimal::ZERO, Decimal::saturating_add);
            let left = charge.line.quantity.decimal().saturating_add(taken);
            if left > Decimal::ZERO {
                live.push((charge, left));
            }
        }
        live
    }
}

/// What must happen in one billing period: reductions first, then charges, each in order of days.
fn steps(claim: &Claim<'_>) -> Vec<Step> {
    let (mut reductions, mut charges) = (Vec::new(), Vec::new());
    for stretch in claim.stretches() {
        let expected = claim
            .expected
            .iter()
            .find(|part| part.period.contains(stretch.from()));
        let live = claim.live(stretch);
        let (keep, wanted) = match expected {
            None => (Decimal::ZERO, None),
            Some(part) => compare(part, &live),
        };
        reduce(&live, expected.copied(), keep, stretch, &mut reductions);
        if let (Some(quantity), Some(part)) = (wanted, expected) {
            let step = Step {
                source: None,
                quantity,
                charge: part.charge.clone(),
                discounts: part.discounts.clone(),
                period: stretch,
            };
            push_step(&mut charges, step);
        }
    }
    reductions.append(&mut charges);
    reductions
}

/// How much of what is live at the expected charge stays, and how much must be charged anew.
fn compare(part: &Covered, live: &[(&BilledLine, Decimal)]) -> (Decimal, Option<Quantity>) {
    let wanted = part.quantity.decimal();
    let same: Vec<Decimal> = live
        .iter()
        .filter(|(line, _)| same_price(line, part))
        .map(|(_, left)| *left)
        .collect();
    let held = same
        .iter()
        .copied()
        .fold(Decimal::ZERO, Decimal::saturating_add);
    if is_linear(&part.charge, &part.discounts) {
        let missing = wanted.saturating_sub(held);
        let more = (missing > Decimal::ZERO).then(|| Quantity::new(missing));
        (wanted.min(held), more)
    } else if held == wanted && same.len() == 1 {
        (held, None)
    } else {
        // Such a price is not the sum of the prices of its parts: take it back and charge it whole.
        (Decimal::ZERO, Some(part.quantity))
    }
}

/// Whether a line billed what is expected: the same charge with the same discounts.
fn same_price(line: &BilledLine, part: &Covered) -> bool {
    line.line.charge == part.charge && line.line.discounts == part.discounts
}

/// Takes back what is live at another charge, and all but `keep` of what is live at this one, newest
/// charge first.
fn reduce(
    live: &[(&BilledLine, Decimal)],
    expected: Option<&Covered>,
    keep: Decimal,
    stretch: Period,
    reductions: &mut Vec<Step>,
) {
    let mut keep = keep;
    let mut taken = Vec::new();
    for (line, left) in live {
        let kept = if expected.is_some_and(|part| same_price(line, part)) {
            keep.min(*left)
        } else {
            Decimal::ZERO
        };
        keep = keep.saturating_sub(kept);
        let excess = left.saturating_sub(kept);
        if excess > Decimal::ZERO {
            taken.push((*line, excess));
        }
    }
    for (line, excess) in taken.into_iter().rev() {
        let step = Step {
            source: Some(line.id.clone()),
            quantity: Quantity::new(excess),
            charge: line.line.charge.clone(),
            discounts: line.line.discounts.clone(),
            period: stretch,
        };
        push_step(reductions, step);
    }
}

/// Appends a step, or lengthens the same step of the stretch just before.
fn push_step(steps: &mut Vec<Step>, step: Step) {
    let before = steps.iter_mut().find(|known| {
        known.source == step.source
            && known.quantity == step.quantity
            && known.charge == step.charge
            && known.discounts == step.discounts
            && known.period.until() == step.period.from()
    });
    if let Some(known) = before
        && let Ok(joined) = Period::new(known.period.from(), step.period.until())
    {
        known.period = joined;
        return;
    }
    steps.push(step);
}
