//! From steps to lines with amounts.
//!
//! Amounts are rounded cumulatively within one billing period: each line brings the sum of what is
//! billed for the period to its exact price so far, rounded once. So no cent is won or lost however
//! often a period is corrected. A reduction never takes more than what remains of its charge.

use crate::coverage;
use crate::line::{BilledLine, BillingRefusal, DraftLine, LineKind};
use commerce::{
    AppliedDiscount, BillingFrequency, Charge, Component, Contract, DayCount, DayWeights,
    RatingRefusal, Reduction, Window, discounted_price, grouped, is_linear,
};
use std::collections::BTreeMap;
use values::{
    Currency, Decimal, LineId, Money, MoneyRefused, Period, Quantity, UnitPrice, round_to_minor,
};

/// One thing to be billed, or to be taken back from `source`.
pub(crate) struct Step {
    pub(crate) source: Option<LineId>,
    /// How many, above zero.
    pub(crate) quantity: Quantity,
    pub(crate) charge: Charge,
    pub(crate) discounts: Vec<AppliedDiscount>,
    pub(crate) period: Period,
}

/// The billing period in which the steps are.
pub(crate) struct Terms<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) component: &'a Component,
    pub(crate) window: Period,
}

/// Turns the steps of one billing period into lines. `in_window` are the charges and reductions
/// billed in it, `billed` everything billed, which says what remains of each charge.
pub(crate) fn settle(
    terms: &Terms<'_>,
    in_window: &[&BilledLine],
    billed: &[BilledLine],
    steps: Vec<Step>,
    lines: &mut Vec<DraftLine>,
) -> Result<(), BillingRefusal> {
    let mut sum = Running::over(terms, in_window)?;
    let mut remaining = Remaining::of(in_window, billed)?;
    let first = lines.len();
    for step in steps {
        let line = match &step.source {
            Some(source) => {
                let source = find_source(terms, in_window, source)?;
                reduction(terms, &step, source, &mut sum, &mut remaining)?
            }
            None => charge(terms, &step, &mut sum)?,
        };
        lines.push(line);
    }
    spill(terms, in_window, &mut sum, &mut remaining, lines)?;
    if let Some(made) = lines.get_mut(first..) {
        coverage::mark(in_window, made);
    }
    Ok(())
}

fn find_source<'a>(
    terms: &Terms<'_>,
    in_window: &[&'a BilledLine],
    id: &LineId,
) -> Result<&'a BilledLine, BillingRefusal> {
    in_window
        .iter()
        .copied()
        .find(|line| line.id == *id)
        .ok_or_else(|| BillingRefusal::UnknownSource {
            component: terms.component.id.clone(),
            corrects: id.clone(),
        })
}

/// The exact price of what is covered so far, and what was billed for it by the rule.
struct Running {
    /// Exact numerators by denominator, so that thirds do not lose anything before rounding.
    exact: BTreeMap<i64, Decimal>,
    by_rule: i64,
}

impl Running {
    fn over(terms: &Terms<'_>, in_window: &[&BilledLine]) -> Result<Self, BillingRefusal> {
        let mut sum = Self {
            exact: BTreeMap::new(),
            by_rule: 0,
        };
        for billed in in_window {
            let line = &billed.line;
            if line.by_rule.currency != terms.contract.currency {
                return Err(MoneyRefused::CurrenciesDiffer {
                    left: terms.contract.currency,
                    right: line.by_rule.currency,
                }
                .into());
            }
            sum.add(line.price, line.numerator, line.denominator)?;
            sum.settle(line.by_rule.minor)?;
        }
        Ok(sum)
    }

    fn add(
        &mut self,
        price: UnitPrice,
        numerator: i64,
        denominator: i64,
    ) -> Result<(), MoneyRefused> {
        let weighted = price.decimal().checked_mul(Decimal::from(numerator));
        let known = self.exact.entry(denominator).or_default();
        *known = weighted
            .and_then(|weighted| known.checked_add(weighted))
            .ok_or(MoneyRefused::TooLarge)?;
        Ok(())
    }

    fn settle(&mut self, minor: i64) -> Result<(), MoneyRefused> {
        self.by_rule = self
            .by_rule
            .checked_add(minor)
            .ok_or(MoneyRefused::TooLarge)?;
        Ok(())
    }

    /// Minor units between the exact price, rounded, and what was billed by the rule.
    fn missing(&self, terms: &Terms<'_>) -> Result<i64, MoneyRefused> {
        let mut exact = Decimal::ZERO;
        for (denominator, numerator) in &self.exact {
            let share = numerator.checked_div(Decimal::from(*denominator));
            exact = share
                .and_then(|share| exact.checked_add(share))
                .ok_or(MoneyRefused::TooLarge)?;
        }
        let rounding = terms.component.policy.rounding;
        let target = round_to_minor(exact, terms.contract.currency, rounding)?;
        target
            .checked_sub(self.by_rule)
            .ok_or(MoneyRefused::TooLarge)
    }
}

/// What remains of each charge of the window, in minor units, and whether a person gave back some.
struct Remaining<'a>(Vec<(&'a LineId, i64, bool)>);

impl<'a> Remaining<'a> {
    fn of(in_window: &[&'a BilledLine], billed: &[BilledLine]) -> Result<Self, MoneyRefused> {
        let mut found = Vec::new();
        let charges = in_window.iter().copied();
        for charge in charges.filter(|line| line.line.kind == LineKind::Charge) {
            let (mut left, mut conceded) = (charge.line.net.minor, false);
            for line in billed {
                if line.line.corrects.as_ref() == Some(&charge.id) {
                    left = left
                        .checked_add(line.line.net.minor)
                        .ok_or(MoneyRefused::TooLarge)?;
                    conceded |= line.line.kind == LineKind::Concession;
                }
            }
            found.push((&charge.id, left.max(0), conceded));
        }
        Ok(Self(found))
    }

    /// Takes up to `wanted` from a charge; answers how much, and whether a concession limited it.
    fn take(&mut self, id: &LineId, wanted: i64) -> (i64, bool) {
        match self.0.iter_mut().find(|(known, _, _)| *known == id) {
            Some((_, left, conceded)) => {
                let taken = wanted.min(*left);
                *left -= taken;
                (taken, *conceded && taken < wanted)
            }
            None => (0, false),
        }
    }
}

fn charge(terms: &Terms<'_>, step: &Step, sum: &mut Running) -> Result<DraftLine, BillingRefusal> {
    let component = terms.component;
    let price = UnitPrice::new(
        discounted_price(&step.charge, &step.discounts, step.quantity)
            .map_err(RatingRefusal::from)?,
    );
    let weights = weights(terms);
    let (numerator, denominator) = (weights.between(step.period), weights.denominator());
    sum.add(price, numerator, denominator)?;
    // A charge is never negative: what an earlier line billed too much is left to `spill`.
    let minor = sum.missing(terms)?.max(0);
    sum.settle(minor)?;
    let service = match component.billing {
        BillingFrequency::OneOff => component.service().unwrap_or(step.period),
        _ => step.period,
    };
    let mut line = DraftLine {
        kind: LineKind::Charge,
        corrects: None,
        contract: terms.contract.id.clone(),
        component: component.id.clone(),
        product: component.product.clone(),
        description: component.description.clone(),
        tax_code: component.tax_code.clone(),
        revenue_account_class: component.revenue_account_class.clone(),
        recognition: component.recognition,
        period: step.period,
        window: terms.window,
        service,
        quantity: step.quantity,
        charge: step.charge.clone(),
        discounts: step.discounts.clone(),
        price,
        numerator,
        denominator,
        by_rule: Money::from_minor(minor, terms.contract.currency),
        net: Money::from_minor(minor, terms.contract.currency),
        arithmetic: String::new(),
        policy_version: component.policy.version,
        measured: None,
        decided_on: String::new(),
    };
    line.arithmetic = arithmetic(terms, &line);
    Ok(line)
}

fn reduction(
    terms: &Terms<'_>,
    step: &Step,
    source: &BilledLine,
    sum: &mut Running,
    remaining: &mut Remaining<'_>,
) -> Result<DraftLine, BillingRefusal> {
    let taken = if is_linear(&step.charge, &step.discounts) {
        discounted_price(&step.charge, &step.discounts, step.quantity)
            .map_err(RatingRefusal::from)?
    } else {
        source.line.price.decimal()
    };
    let price = UnitPrice::new(-taken);
    let numerator = weights(terms).between(step.period);
    let denominator = source.line.denominator;
    sum.add(price, numerator, denominator)?;
    let wanted = sum
        .missing(terms)?
        .checked_neg()
        .ok_or(MoneyRefused::TooLarge)?
        .max(0);
    let (given, conceded) = remaining.take(&source.id, wanted);
    // Where a person gave money back before, the rest of the claim is settled by that; where only
    // a rounding stands in the way, the next line of the period carries it.
    let by_rule = if conceded { wanted } else { given };
    sum.settle(-by_rule)?;
    let currency = terms.contract.currency;
    let service = match terms.component.billing {
        BillingFrequency::OneOff => source.line.service,
        _ => step.period,
    };
    let mut line = DraftLine {
        kind: LineKind::Reduction,
        corrects: Some(source.id.clone()),
        period: step.period,
        service,
        quantity: Quantity::new(-step.quantity.decimal()),
        price,
        numerator,
        denominator,
        by_rule: Money::from_minor(-by_rule, currency),
        net: Money::from_minor(-given, currency),
        policy_version: terms.component.policy.version,
        ..source.line.clone()
    };
    line.arithmetic = arithmetic(terms, &line);
    Ok(line)
}

/// Takes a last minor unit, which the charge it falls to no longer holds, from another charge of the
/// same billing period.
fn spill(
    terms: &Terms<'_>,
    in_window: &[&BilledLine],
    sum: &mut Running,
    remaining: &mut Remaining<'_>,
    lines: &mut Vec<DraftLine>,
) -> Result<(), BillingRefusal> {
    for source in in_window {
        let over = sum
            .missing(terms)?
            .checked_neg()
            .ok_or(MoneyRefused::TooLarge)?;
        if over <= 0 {
            return Ok(());
        }
        let (given, _) = remaining.take(&source.id, over);
        if given == 0 {
            continue;
        }
        sum.settle(-given)?;
        let amount = Money::from_minor(-given, terms.contract.currency);
        lines.push(DraftLine {
            kind: LineKind::Reduction,
            corrects: Some(source.id.clone()),
            quantity: Quantity::default(),
            price: UnitPrice::default(),
            numerator: 0,
            denominator: 1,
            by_rule: amount,
            net: amount,
            arithmetic: "rounding within the billing period".to_owned(),
            policy_version: terms.component.policy.version,
            ..source.line.clone()
        });
    }
    Ok(())
}

fn weights<'a>(terms: &Terms<'a>) -> DayWeights<'a> {
    let window = Window {
        period: terms.window,
        months: terms.component.billing.months(),
    };
    DayWeights::of(terms.component, window)
}

/// The price of the quantity before anything is taken off it, signed.
fn before_discounts(line: &DraftLine) -> Decimal {
    let price = line.price.decimal();
    if line.discounts.is_empty() {
        return price;
    }
    let whole = line
        .charge
        .price(Quantity::new(line.quantity.decimal().abs()));
    match whole {
        Ok(whole) if line.quantity.decimal().is_sign_negative() => -whole,
        Ok(whole) => whole,
        Err(_) => price,
    }
}

/// A discount in words, such as `20 % Launch offer`.
fn taken_off(discount: &AppliedDiscount, currency: Currency) -> String {
    let places = currency.exponent();
    let name = &discount.name;
    match &discount.off {
        Reduction::Percent { rate, cap } => {
            let percent = (rate.decimal() * Decimal::ONE_HUNDRED).normalize();
            let most = cap.map_or_else(String::new, |cap| {
                format!(", at most {}", grouped(cap.decimal(), places))
            });
            format!("{percent} % {name}{most}")
        }
        Reduction::Amount { amount } => format!("{} {name}", grouped(amount.decimal(), places)),
    }
}

/// The share of the period in the smallest whole numbers where it counts parts of months, which
/// nobody knows, and as it was counted otherwise.
fn shown_share(terms: &Terms<'_>, line: &DraftLine) -> (i64, i64) {
    let (numerator, denominator) = (line.numerator, line.denominator);
    if terms.component.policy.proration != DayCount::MonthFirst {
        return (numerator, denominator);
    }
    let (mut one, mut other) = (numerator.abs(), denominator.abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    (numerator / one.max(1), denominator / one.max(1))
}

/// How the amount came about, for people.
fn arithmetic(terms: &Terms<'_>, line: &DraftLine) -> String {
    let currency = terms.contract.currency;
    let mut text = line
        .charge
        .summary(line.quantity, before_discounts(line), currency.exponent());
    let whole = line.numerator == line.denominator;
    if !line.discounts.is_empty() {
        let minus = if line.price.decimal().is_sign_negative() {
            '+'
        } else {
            '−'
        };
        for discount in &line.discounts {
            text.push_str(&format!(" {minus} {}", taken_off(discount, currency)));
        }
        if !whole {
            text = format!("({text})");
        }
    }
    if !whole {
        let (numerator, denominator) = shown_share(terms, line);
        text.push_str(&format!(" × {numerator}/{denominator}"));
    }
    if line.net != line.by_rule {
        text.push_str(", limited to what remains of the line");
    } else if let Some(exact) = line.exact()
        && round_to_minor(exact, currency, terms.component.policy.rounding)
            != Ok(line.by_rule.minor)
    {
        text.push_str(", rounded with the fraction carried within the billing period");
    }
    text
}
