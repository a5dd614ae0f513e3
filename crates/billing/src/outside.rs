//! What another system billed, laid over the timeline: which billing periods a line of its covers,
//! and what the rule gives for them. And where that differs from what should have been billed.

mod given_back;

use crate::document::TaxedLine;
use crate::line::{BilledLine, BillingRefusal, DraftLine, LineKind};
use crate::owed::owed;
use crate::position::{WindowPosition, positions};
use crate::settle::{Step, Terms, settle};
use commerce::{AppliedDiscount, Charge, Component, Contract, Covered, RatingRefusal, coverage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use values::{
    ComponentId, ContractId, Date, Decimal, LineId, Money, MoneyRefused, Period, Quantity, Rate,
    UnitPrice,
};

/// A line of an invoice or credit note of another system. Amounts are signed as on the customer's
/// account: what is given back is negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideLine {
    /// The component of the contract that it bills.
    pub component: ComponentId,
    /// The days that it bills.
    pub period: Period,
    /// How many; what the timeline owes there when the other system does not say.
    pub quantity: Option<Quantity>,
    /// What is printed, or the component's words.
    pub description: Option<String>,
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// The rate that we hold to be right on the day of the document.
    pub tax_rate: Rate,
    /// Words for the tax.
    pub tax_name: String,
    /// What it gives back, where it gives back.
    pub giving: Giving,
    /// The lines of the invoice that it credits, the same of every line of a document; empty where it
    /// names none.
    pub on: Arc<BTreeSet<LineId>>,
}

/// What a line that gives back settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Giving {
    /// What the timeline no longer expects; the rest corrects an amount.
    #[default]
    Owed,
    /// What the timeline no longer expects, then what was billed beyond the rule; the rest is given up.
    OwedThenGoodwill,
    /// What the rule does not ask to be given back.
    Goodwill,
}

/// Why a line cannot be laid over the timeline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutsideRefusal {
    /// The contract has no such component.
    #[error(
        "contract {contract} has no component {component}; add it to the contract from the day on which it runs"
    )]
    UnknownComponent {
        /// What the line bills.
        component: ComponentId,
        /// The contract.
        contract: ContractId,
    },
    /// Nothing was billed that could be given back.
    #[error("nothing of component {component} is billed from {} through {} that could be given back; record the invoice first", .period.from(), .period.last())]
    NothingToCredit {
        /// What the line gives back.
        component: ComponentId,
        /// Over which days.
        period: Period,
    },
    /// More is given back than is left of the invoice.
    #[error(
        "{asked} of component {component} cannot be given back: {remaining} is left of it on the invoice that is credited"
    )]
    ExceedsInvoice {
        /// What the line gives back.
        component: ComponentId,
        /// How much, without tax.
        asked: Money,
        /// What is left, without tax.
        remaining: Money,
    },
    /// Another currency.
    #[error(transparent)]
    Billing(#[from] BillingRefusal),
}

impl From<MoneyRefused> for OutsideRefusal {
    fn from(refused: MoneyRefused) -> Self {
        OutsideRefusal::Billing(refused.into())
    }
}

impl From<RatingRefusal> for OutsideRefusal {
    fn from(refused: RatingRefusal) -> Self {
        OutsideRefusal::Billing(refused.into())
    }
}

/// The line as lines of billing: one for each billing period and quantity that it covers. Their
/// amounts are those of the other system; `by_rule` is what the rule gives for the same days.
///
/// # Errors
/// When the contract lacks the component, nothing is there to be given back, or the timeline cannot
/// be priced.
pub fn lay_out(
    contract: &Contract,
    billed: &[BilledLine],
    line: &OutsideLine,
) -> Result<Vec<TaxedLine>, OutsideRefusal> {
    let component = contract
        .components
        .iter()
        .find(|known| known.id == line.component)
        .ok_or_else(|| OutsideRefusal::UnknownComponent {
            component: line.component.clone(),
            contract: contract.id.clone(),
        })?;
    let drafts = if line.net.minor < 0 {
        given_back::lines(contract, billed, line)?
    } else {
        charged(contract, component, billed, line)?
    };
    let weights: Vec<u64> = drafts
        .iter()
        .map(|draft| draft.net.minor.unsigned_abs())
        .collect();
    let taxes = spread(line.tax, &weights)?;
    let taxed = drafts.into_iter().zip(taxes).map(|(mut draft, tax)| {
        if let Some(words) = &line.description {
            draft.description.clone_from(words);
        }
        TaxedLine {
            line: draft,
            tax_name: line.tax_name.clone(),
            tax_rate: line.tax_rate,
            tax,
            detail: None,
        }
    });
    Ok(taxed.collect())
}

/// An amount of either sign over weights, conserving the whole.
fn spread(amount: Money, weights: &[u64]) -> Result<Vec<Money>, MoneyRefused> {
    let even = vec![1; weights.len()];
    let weights = if weights.iter().all(|weight| *weight == 0) {
        &even
    } else {
        weights
    };
    if amount.minor >= 0 {
        return amount.split(weights);
    }
    let parts = amount.negated()?.split(weights)?;
    parts.into_iter().map(Money::negated).collect()
}

/// One stretch of one billing period at one quantity.
struct Piece {
    window: Period,
    period: Period,
    quantity: Quantity,
    charge: Charge,
    discounts: Vec<AppliedDiscount>,
}

fn charged(
    contract: &Contract,
    component: &Component,
    billed: &[BilledLine],
    line: &OutsideLine,
) -> Result<Vec<DraftLine>, OutsideRefusal> {
    let parts = coverage(contract, component)?;
    let mut by_window: BTreeMap<Period, Vec<Piece>> = BTreeMap::new();
    for piece in pieces(contract, component, &parts, billed, line)? {
        by_window.entry(piece.window).or_default().push(piece);
    }
    let mut drafts = Vec::new();
    for (window, pieces) in by_window {
        let in_window: Vec<&BilledLine> = billed
            .iter()
            .filter(|known| {
                known.line.component == component.id
                    && known.line.window == window
                    && known.line.kind != LineKind::Concession
            })
            .collect();
        let terms = Terms {
            contract,
            component,
            window,
        };
        let steps = pieces.into_iter().map(|piece| Step {
            source: None,
            quantity: piece.quantity,
            charge: piece.charge,
            discounts: piece.discounts,
            period: piece.period,
        });
        let mut lines = Vec::new();
        settle(&terms, &in_window, billed, steps.collect(), &mut lines)?;
        lines.retain(|known| known.kind == LineKind::Charge);
        drafts.append(&mut lines);
    }
    let weights: Vec<u64> = drafts
        .iter()
        .map(|draft| draft.by_rule.minor.unsigned_abs())
        .collect();
    for (draft, net) in drafts.iter_mut().zip(spread(line.net, &weights)?) {
        draft.net = net;
        if net != draft.by_rule {
            draft.arithmetic = format!(
                "as billed outside; by our rule {} = {}",
                draft.arithmetic,
                draft.by_rule.grouped()
            );
        }
    }
    Ok(drafts)
}

/// Which billing periods a line covers, how many and at which charge. What no billing period of the
/// contract has is a period of its own, which nothing is expected for.
fn pieces(
    contract: &Contract,
    component: &Component,
    parts: &[Covered],
    billed: &[BilledLine],
    line: &OutsideLine,
) -> Result<Vec<Piece>, OutsideRefusal> {
    let windows: BTreeSet<Period> = parts.iter().map(|part| part.window.period).collect();
    let touched = windows.iter().filter_map(|window| {
        let days = window.meet(&line.period)?;
        Some((*window, days))
    });
    let mut found = Vec::new();
    let missing = owed(contract, billed, line.period.last())?;
    for (window, days) in touched {
        match line.quantity {
            Some(quantity) => found.push(Piece {
                window,
                period: days,
                quantity,
                charge: charge_at(component, parts, days.from()),
                discounts: discounts_at(parts, days.from()),
            }),
            None => unstated(component, parts, &missing, window, days, &mut found),
        }
    }
    if found.is_empty() {
        found.push(Piece {
            window: line.period,
            period: line.period,
            quantity: line.quantity.unwrap_or(Quantity::new(Decimal::ONE)),
            charge: charge_at(component, parts, line.period.from()),
            discounts: discounts_at(parts, line.period.from()),
        });
    }
    Ok(found)
}

/// How many an unstated quantity is: what is owed on those days, or what runs there when nothing is.
fn unstated(
    component: &Component,
    parts: &[Covered],
    missing: &[DraftLine],
    window: Period,
    days: Period,
    found: &mut Vec<Piece>,
) {
    let before = found.len();
    let owed = missing.iter().filter(|draft| {
        draft.kind == LineKind::Charge && draft.component == component.id && draft.window == window
    });
    for draft in owed {
        if let Some(period) = draft.period.meet(&days) {
            found.push(Piece {
                window,
                period,
                quantity: draft.quantity,
                charge: draft.charge.clone(),
                discounts: draft.discounts.clone(),
            });
        }
    }
    if found.len() > before {
        return;
    }
    for part in parts.iter().filter(|part| part.window.period == window) {
        if let Some(period) = part.period.meet(&days) {
            found.push(Piece {
                window,
                period,
                quantity: part.quantity,
                charge: part.charge.clone(),
                discounts: part.discounts.clone(),
            });
        }
    }
    if found.len() == before {
        found.push(Piece {
            window,
            period: days,
            quantity: Quantity::new(Decimal::ONE),
            charge: charge_at(component, parts, days.from()),
            discounts: discounts_at(parts, days.from()),
        });
    }
}

/// What is taken off the price on a day.
fn discounts_at(parts: &[Covered], day: Date) -> Vec<AppliedDiscount> {
    let on_day = parts.iter().find(|part| part.period.contains(day));
    on_day
        .map(|part| part.discounts.clone())
        .unwrap_or_default()
}

/// The charge on a day, or the nearest one that the timeline knows.
fn charge_at(component: &Component, parts: &[Covered], day: Date) -> Charge {
    let on_day = component.charge_on(day).cloned();
    let before = || {
        let earlier = parts.iter().rfind(|part| part.period.from() <= day);
        earlier.or(parts.first()).map(|part| part.charge.clone())
    };
    on_day
        .or_else(before)
        .unwrap_or_else(|| Charge::per_unit(UnitPrice::default()))
}

/// What kind of difference there is between what was billed elsewhere and what should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// Nothing was billed of all that was due on a day.
    MissingInvoice,
    /// Something that was due was not billed, or not all of it.
    MissingLine,
    /// Something was billed that nobody owes.
    ExtraLine,
    /// The right thing was billed at another amount.
    OtherAmount,
    /// Another tax than the rate in force gives.
    OtherTax,
}

impl DifferenceKind {
    /// The word kept and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DifferenceKind::MissingInvoice => "missing_invoice",
            DifferenceKind::MissingLine => "missing_line",
            DifferenceKind::ExtraLine => "extra_line",
            DifferenceKind::OtherAmount => "other_amount",
            DifferenceKind::OtherTax => "other_tax",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            DifferenceKind::MissingInvoice => "invoice is missing",
            DifferenceKind::MissingLine => "line is missing, or bills too little of it",
            DifferenceKind::ExtraLine => "line bills what nobody owes",
            DifferenceKind::OtherAmount => "amount is another one",
            DifferenceKind::OtherTax => "tax is another one",
        }
    }
}

/// One difference. The same key again is the same difference with other figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about, within the contract.
    pub key: String,
    /// Which kind.
    pub kind: DifferenceKind,
    /// The component; nothing for a whole invoice.
    pub component: Option<ComponentId>,
    /// The days.
    pub period: Period,
    /// What should have been billed, of net or of tax.
    pub expected: Money,
    /// What was billed.
    pub billed: Money,
}

/// Where what was billed differs from what should have been billed through a date.
///
/// # Errors
/// When the timeline cannot be priced.
pub fn differences(
    contract: &Contract,
    billed: &[BilledLine],
    through: Date,
) -> Result<Vec<Difference>, BillingRefusal> {
    let all = positions(contract, billed, through)?;
    let owed = owed(contract, billed, through)?;
    let invoiced: BTreeSet<Date> = all
        .iter()
        .filter(|position| position.lines > 0)
        .map(|position| position.due)
        .collect();
    let mut missing: BTreeMap<Date, Difference> = BTreeMap::new();
    let mut found = Vec::new();
    for position in &all {
        let due = position.due;
        if position.lines == 0 && !invoiced.contains(&due) {
            let known = missing.entry(due).or_insert_with(|| Difference {
                key: format!("invoice/{due}"),
                kind: DifferenceKind::MissingInvoice,
                component: None,
                period: position.window,
                expected: Money::zero(contract.currency),
                billed: Money::zero(contract.currency),
            });
            known.expected = known.expected.plus(position.expected)?;
            continue;
        }
        if position.expected != position.billed {
            found.push(of_amount(position, kind_of(position, &owed)));
        }
        if tax_differs(position)? {
            found.push(of_tax(position));
        }
    }
    let missing = missing.into_values();
    found.extend(missing.filter(|difference| !difference.expected.is_zero()));
    Ok(found)
}

fn kind_of(position: &WindowPosition, owed: &[DraftLine]) -> DifferenceKind {
    let here = |kind: LineKind| {
        owed.iter().any(|line| {
            line.kind == kind
                && line.component == position.component
                && line.window == position.window
        })
    };
    if here(LineKind::Reduction) {
        DifferenceKind::ExtraLine
    } else if here(LineKind::Charge) {
        DifferenceKind::MissingLine
    } else {
        DifferenceKind::OtherAmount
    }
}

fn of_amount(position: &WindowPosition, kind: DifferenceKind) -> Difference {
    Difference {
        key: format!("{}/{}", position.component, position.window.from()),
        kind,
        component: Some(position.component.clone()),
        period: position.window,
        expected: position.expected,
        billed: position.billed,
    }
}

/// Lines of one period may each be rounded another way; a minor unit a line after the first is let go.
fn tax_differs(position: &WindowPosition) -> Result<bool, MoneyRefused> {
    let off = position.expected_tax.minus(position.billed_tax)?;
    let let_go = u64::try_from(position.lines.saturating_sub(1)).unwrap_or(u64::MAX);
    Ok(off.minor.unsigned_abs() > let_go)
}

fn of_tax(position: &WindowPosition) -> Difference {
    Difference {
        key: format!("{}/{}/tax", position.component, position.window.from()),
        kind: DifferenceKind::OtherTax,
        component: Some(position.component.clone()),
        period: position.window,
        expected: position.expected_tax,
        billed: position.billed_tax,
    }
}
