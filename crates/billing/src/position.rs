//! Where each billing period stands: what the timeline comes to for it, and what was billed of it.

use crate::line::{BilledLine, BillingRefusal, DraftLine, LineKind};
use crate::owed::expected_lines;
use crate::tax::tax_on;
use commerce::{Contract, Timing};
use std::collections::BTreeMap;
use values::{ComponentId, Date, Money, MoneyRefused, Period};

/// One billing period of one component, both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowPosition {
    /// The component.
    pub component: ComponentId,
    /// The whole billing period.
    pub window: Period,
    /// When it is due by its timing.
    pub due: Date,
    /// What the timeline comes to, less what was conceded, without tax.
    pub expected: Money,
    /// What was billed, less what was given back, without tax.
    pub billed: Money,
    /// The tax that what was billed bears at the rates kept with its lines.
    pub expected_tax: Money,
    /// The tax that was billed.
    pub billed_tax: Money,
    /// Lines that were billed in it.
    pub lines: usize,
}

impl WindowPosition {
    /// Expected less billed, without tax.
    ///
    /// # Errors
    /// When it is too large.
    pub fn difference(&self) -> Result<Money, MoneyRefused> {
        self.expected.minus(self.billed)
    }
}

type Key = (ComponentId, Period);

/// Every billing period that is due on or before `through`, or of which anything was billed, with
/// what the timeline comes to for the whole of it. Sorted by component and period.
///
/// # Errors
/// When the timeline cannot be priced.
pub fn positions(
    contract: &Contract,
    billed: &[BilledLine],
    through: Date,
) -> Result<Vec<WindowPosition>, BillingRefusal> {
    let mut theirs: BTreeMap<Key, Vec<&BilledLine>> = BTreeMap::new();
    // What is measured is compared with what was measured, not with the timeline.
    let measured = |line: &&BilledLine| {
        let of = |known: &commerce::Component| known.id == line.line.component;
        contract
            .components
            .iter()
            .any(|known| of(known) && known.measure.is_some())
    };
    for line in billed.iter().filter(|line| !measured(line)) {
        let key = (line.line.component.clone(), line.line.window);
        theirs.entry(key).or_default().push(line);
    }
    // Nothing later than what is due or was billed ahead has to be rated.
    let ahead = theirs.keys().map(|(_, window)| window.last()).max();
    let last = ahead.map_or(through, |last| last.max(through));
    let mut ours: BTreeMap<Key, Vec<DraftLine>> = BTreeMap::new();
    for line in expected_lines(contract, last)? {
        let key = (line.component.clone(), line.window);
        ours.entry(key).or_default().push(line);
    }
    let mut all = Vec::new();
    for (key, lines) in &theirs {
        let expected = ours.remove(key).unwrap_or_default();
        all.push(position(contract, key, &expected, lines)?);
    }
    for (key, expected) in &ours {
        let found = position(contract, key, expected, &[])?;
        if found.due <= through {
            all.push(found);
        }
    }
    all.sort_by(|one, other| (&one.component, one.window).cmp(&(&other.component, other.window)));
    Ok(all)
}

fn position(
    contract: &Contract,
    (component, window): &Key,
    expected: &[DraftLine],
    billed: &[&BilledLine],
) -> Result<WindowPosition, BillingRefusal> {
    let zero = Money::zero(contract.currency);
    let timing = contract
        .components
        .iter()
        .find(|known| known.id == *component)
        .map_or(Timing::Advance, |known| known.timing);
    let due = match timing {
        Timing::Advance => expected.iter().map(|line| line.period.from()).min(),
        Timing::Arrears | Timing::ArrearsWithRunning => {
            expected.iter().map(|line| line.period.last()).max()
        }
    };
    let mut found = WindowPosition {
        component: component.clone(),
        window: *window,
        due: due.unwrap_or_else(|| window.from()),
        expected: zero,
        billed: zero,
        expected_tax: zero,
        billed_tax: zero,
        lines: billed.len(),
    };
    for line in expected {
        found.expected = found.expected.plus(line.net)?;
    }
    for line in billed {
        let (net, by_rule) = (line.line.net, line.line.by_rule);
        found.billed = found.billed.plus(net)?;
        found.billed_tax = found.billed_tax.plus(line.tax)?;
        found.expected_tax = found.expected_tax.plus(tax_on(net, line.tax_rate)?)?;
        // What was given up stands. What a reduction could not take any more had been given back
        // before. A correction of an amount that was wrong is nothing that is given up: its part by
        // the rule is zero.
        let stands = match line.line.kind {
            LineKind::Charge => zero,
            LineKind::Concession => by_rule,
            LineKind::Reduction => net.minus(by_rule)?,
        };
        found.expected = found.expected.plus(stands)?;
    }
    Ok(found)
}

/// How much of a charge was billed beyond what the rule gives and has not been corrected yet: zero
/// for what this program billed itself.
///
/// # Errors
/// When it is too large.
pub fn overcharged(source: &BilledLine, billed: &[BilledLine]) -> Result<Money, MoneyRefused> {
    let mut over = source.line.net.minus(source.line.by_rule)?;
    for line in billed {
        if line.line.corrects.as_ref() == Some(&source.id) && line.line.kind == LineKind::Concession
        {
            over = over.plus(line.line.net.minus(line.line.by_rule)?)?;
        }
    }
    Ok(Money::from_minor(over.minor.max(0), over.currency))
}
