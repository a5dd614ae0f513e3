//! How the amount of each line of a document came about, step by step, so that anyone can compute
//! it again with a pocket calculator.

use super::timeline::discount_words;
use crate::App;
use crate::fault::{AppFault, stored};
use crate::journey::document;
use billing::{BilledLine, DraftLine, LineKind};
use commerce::{Contract, DayCount, Policy, after_discounts, grouped};
use std::collections::BTreeMap;
use store::{Tx, contracts, documents as rows};
use values::{Decimal, Money, Rounding, round_to_minor};

/// Places of an exact amount that are written before it is cut.
const PLACES_WRITTEN: u32 = 6;

/// How one line came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineArithmetic {
    /// The line.
    pub line: String,
    /// From the price to the amount without tax, in order.
    pub steps: Vec<ArithmeticStep>,
    /// The tax, in order; the last is the tax of the line.
    pub tax: Vec<ArithmeticStep>,
    /// The policy that prorated and rounded it, in words.
    pub policy: String,
    /// The document whose line it corrects: id and number.
    pub corrects: Option<(String, String)>,
    /// Whether the use behind it can be opened.
    pub measured: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArithmeticStep {
    /// What it is, such as `Days that count`.
    pub words: String,
    /// How it is computed, such as `18,000.00 × 262 / 365`.
    pub figures: String,
    /// What it comes to.
    pub result: String,
    /// Whether the result is one that stands on the document.
    pub stands: bool,
}

fn step(words: impl Into<String>, figures: impl Into<String>, result: String) -> ArithmeticStep {
    ArithmeticStep {
        words: words.into(),
        figures: figures.into(),
        result,
        stands: false,
    }
}

impl App {
    /// How each line of an invoice or credit note came about; none where there is no such document
    /// or another system computed it.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn invoice_arithmetic(&self, id: &str) -> Result<Vec<LineArithmetic>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| arithmetic(tx, &id))
    }
}

fn arithmetic(tx: &mut Tx<'_>, id: &str) -> Result<Vec<LineArithmetic>, AppFault> {
    let found = match rows::document(tx, id)? {
        Some(row) => Some(row),
        None => rows::by_number(tx, id)?,
    };
    let Some(document) = found else {
        return Ok(Vec::new());
    };
    let mut known: BTreeMap<String, Option<Contract>> = BTreeMap::new();
    let mut all = Vec::new();
    for row in rows::lines_of(tx, &document.id)? {
        if !known.contains_key(&row.contract) {
            let read = match contracts::contract(tx, &row.contract)? {
                Some(contract) => Some(stored("contract", &contract.body)?),
                None => None,
            };
            known.insert(row.contract.clone(), read);
        }
        let line = document::issued_line(&row.body)?;
        let contract = known.get(&row.contract).and_then(Option::as_ref);
        let policy = contract
            .and_then(|contract| contract.component(&line.line.component).ok())
            .map(|component| &component.policy);
        let mut told = explain(&line, policy);
        if let Some(corrected) = &line.line.corrects
            && let Some(source) = rows::document_of_line(tx, corrected.as_str())?
        {
            let number = rows::document(tx, &source)?.map(|row| row.number);
            told.corrects = Some((source.clone(), number.unwrap_or(source)));
        }
        all.push(told);
    }
    Ok(all)
}

/// How a line came about. `policy` says in words what the line's days and rounding follow.
#[must_use]
pub fn explain(billed: &BilledLine, policy: Option<&Policy>) -> LineArithmetic {
    let line = &billed.line;
    let mut steps = priced(line);
    prorated(line, &mut steps);
    rounded(line, policy, &mut steps);
    if let Some(last) = steps.last_mut() {
        last.stands = true;
    }
    LineArithmetic {
        line: billed.id.to_string(),
        steps,
        tax: taxed(billed),
        policy: policy_words(line.policy_version, policy),
        corrects: None,
        measured: line.measured.is_some(),
    }
}

/// A decimal with its places grouped; cut with an ellipsis where it is finer than people write.
fn exact(value: Decimal, places: u32) -> String {
    let cut = value.trunc_with_scale(PLACES_WRITTEN.max(places));
    let text = grouped(cut, places).replace('-', "\u{2212}");
    if cut == value {
        text
    } else {
        format!("{text}…")
    }
}

fn figure(money: Money) -> String {
    money.grouped().replace('-', "\u{2212}")
}

/// The price of the whole billing period: its tiers or units, and what is taken off, in order.
fn priced(line: &DraftLine) -> Vec<ArithmeticStep> {
    let currency = line.net.currency;
    let places = currency.exponent();
    let price = line.price.decimal();
    let mut told = Vec::new();
    if line.kind == LineKind::Concession {
        return told;
    }
    let parts = line.steps();
    let mut running = Decimal::ZERO;
    for part in &parts {
        told.push(step(
            capital(&part.words),
            part.figures.clone(),
            exact(part.amount.decimal(), places),
        ));
        running = running.saturating_add(part.amount.decimal());
    }
    if parts.len() > 1 {
        let figures = format!("sum of {} steps", parts.len());
        told.push(step(
            "Price of the whole period",
            figures,
            exact(running, places),
        ));
    }
    if parts.is_empty() {
        let figures = line.charge.summary(line.quantity, price, places);
        let words = "Price of the whole period for the quantity taken back";
        told.push(step(words, figures, exact(price, places)));
        return told;
    }
    for discount in &line.discounts {
        let after = after_discounts(running, std::slice::from_ref(discount), (1, 1));
        let Some(after) = after else { break };
        let words = discount_words(&discount.name, &discount.off, currency);
        let off = exact(running.saturating_sub(after), places);
        let figures = format!("{} − {off}", exact(running, places));
        told.push(step(words, figures, exact(after, places)));
        running = after;
    }
    if running != price {
        let difference = price.saturating_sub(running);
        told.push(step(
            "Less what other lines of the same period bill of it",
            format!(
                "{} {} {}",
                exact(running, places),
                sign(difference),
                exact(difference.abs(), places)
            ),
            exact(price, places),
        ));
    }
    told
}

fn sign(value: Decimal) -> char {
    if value.is_sign_negative() {
        '\u{2212}'
    } else {
        '+'
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The share of the period.
fn prorated(line: &DraftLine, steps: &mut Vec<ArithmeticStep>) {
    if line.kind == LineKind::Concession || line.numerator == line.denominator {
        return;
    }
    let Some(share) = line.exact() else { return };
    let places = line.net.currency.exponent();
    let count = |days: i64| grouped(Decimal::from(days), 0);
    steps.push(step(
        format!(
            "Share of the period, {} of {}",
            count(line.numerator),
            count(line.denominator)
        ),
        format!(
            "{} × {} / {}",
            exact(line.price.decimal(), places),
            count(line.numerator),
            count(line.denominator)
        ),
        exact(share, places),
    ));
}

/// From the exact amount to the one on the document.
fn rounded(line: &DraftLine, policy: Option<&Policy>, steps: &mut Vec<ArithmeticStep>) {
    let currency = line.net.currency;
    if line.kind == LineKind::Concession {
        steps.push(step(
            "Given back",
            "as decided, not computed",
            figure(line.net),
        ));
        return;
    }
    let rule = policy.map_or(Rounding::default(), |policy| policy.rounding);
    let Some(share) = line.exact() else { return };
    let alone = round_to_minor(share, currency, rule).ok();
    if Decimal::from(line.by_rule.minor) != share * scale(line.by_rule) || line.net == line.by_rule
    {
        let (words, figures) = if alone == Some(line.by_rule.minor) {
            ("Rounded once", exact(share, currency.exponent()))
        } else {
            let words = "Rounded so that the lines of the period add up to its price, rounded once";
            (words, exact(share, currency.exponent()))
        };
        steps.push(step(words, figures, figure(line.by_rule)));
    }
    if line.net != line.by_rule {
        let words = "Not more than what is left of the line that it corrects";
        steps.push(step(words, figure(line.by_rule), figure(line.net)));
    }
}

fn scale(money: Money) -> Decimal {
    Decimal::from(10_i64.pow(money.currency.exponent()))
}

fn percent(rate: Decimal) -> String {
    let hundredfold = rate.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(rate);
    format!("{} %", hundredfold.normalize())
}

/// The tax: each one where several are on the line, else net times rate; in proportion for what
/// goes back.
fn taxed(billed: &BilledLine) -> Vec<ArithmeticStep> {
    let (net, rate) = (billed.line.net, billed.tax_rate);
    let places = net.currency.exponent();
    let mut told = Vec::new();
    let detail = billed.detail.as_deref();
    for part in detail.iter().flat_map(|detail| &detail.parts) {
        let words = format!("{}, {}", part.name, part.authority);
        let figures = format!("{} × {}", figure(net), percent(part.rate.decimal()));
        told.push(step(words, figures, figure(part.amount)));
    }
    let reason = detail.map_or("", |detail| detail.reason.as_str());
    let product = net.decimal().checked_mul(rate.decimal());
    let rule = round_to_minor(product.unwrap_or_default(), net.currency, Rounding::HalfUp);
    let (words, figures) = if billed.line.corrects.is_some() {
        let words = "Tax, in proportion to that of the line that it corrects";
        (words.to_owned(), format!("at {}", percent(rate.decimal())))
    } else if let Some(price) = detail.and_then(|detail| detail.price) {
        let words = "Tax in the price agreed with tax".to_owned();
        (words, format!("{} − {}", figure(price), figure(net)))
    } else if told.len() > 1 {
        (
            "Tax of the line".to_owned(),
            format!("sum of {} taxes", told.len()),
        )
    } else if !reason.is_empty() {
        (format!("No tax: {reason}"), percent(rate.decimal()))
    } else {
        let figures = format!("{} × {}", figure(net), percent(rate.decimal()));
        match (rule.ok() == Some(billed.tax.minor), product) {
            (true, Some(product)) if Decimal::from(billed.tax.minor) == product * scale(net) => {
                ("Tax".to_owned(), figures)
            }
            (true, Some(product)) => (
                "Tax, rounded once".to_owned(),
                format!("{figures} = {}", exact(product, places)),
            ),
            _ => (
                "Tax, with its share of the document's rounding".to_owned(),
                figures,
            ),
        }
    };
    if told.len() == 1 {
        told.clear();
    }
    let mut last = step(words, figures, figure(billed.tax));
    last.stands = true;
    told.push(last);
    told
}

fn policy_words(version: u32, policy: Option<&Policy>) -> String {
    let Some(policy) = policy else {
        return format!("Policy version {version}");
    };
    let days = match policy.proration {
        DayCount::ActualOverPeriod => "actual days over the days of the billing period".to_owned(),
        DayCount::FixedDays(days) => format!("days over {days} for each month"),
        DayCount::Actual360 => "actual days over 30 for each month".to_owned(),
        DayCount::Thirty360 => "every month counts 30 days".to_owned(),
        DayCount::Seconds => "seconds over the seconds of the billing period".to_owned(),
        DayCount::InclusiveDays => {
            "actual days, the last one charged, over the days of the billing period".to_owned()
        }
        DayCount::MonthFirst => {
            "whole months first, then days over the days of their month".to_owned()
        }
        DayCount::None => "parts of a period cost as much as the whole".to_owned(),
    };
    let rounding = match policy.rounding {
        Rounding::HalfUp => "half rounds away from zero",
        Rounding::HalfEven => "half rounds to the even neighbour",
    };
    format!("Policy version {version}: {days}; {rounding}")
}

#[cfg(test)]
mod tests;
