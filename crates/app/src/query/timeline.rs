//! The timeline of a contract as it is drawn: what holds from when to when, which days were billed
//! by which document, what each version changed, and what is billed next.

mod changes;

pub(super) use changes::word as change_word;

use super::money;
use crate::App;
use crate::fault::{AppFault, Refusal, stored};
use crate::journey::document;
use billing::{BilledLine, BillingRefusal, LineKind, owed};
use commerce::{Charge, Component, Contract, Covered, Phase, Reduction, coverage_between, grouped};
use std::collections::BTreeMap;
use store::{Tx, contracts as rows, documents as papers};
use values::{Currency, Date, Instant, Money, add_months};

/// What each of the newest versions changed is said, this many of them; of those before only why they
/// were made. Each is a whole contract, so a long history is not read for a page of it.
const MOST_COMPARED: i64 = 50;

/// A term that is longer than so many months is drawn as far as something is known of it.
const LONG_TERM_MONTHS: i32 = 180;

/// A contract over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractTimeline {
    /// The contract.
    pub contract: String,
    /// First day that is drawn.
    pub from: Date,
    /// First day after what is drawn.
    pub until: Date,
    /// Whether it runs on after what is drawn.
    pub runs_on: bool,
    /// One for each component, in the order of the contract.
    pub bands: Vec<TimelineBand>,
    /// Oldest first.
    pub versions: Vec<TimelineVersion>,
    /// What is billed next, if anything is.
    pub next: Option<NextInvoice>,
}

/// A component over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineBand {
    /// The component.
    pub component: String,
    /// What is sold.
    pub product: String,
    /// Words on the invoice.
    pub description: String,
    /// Stretches in which nothing changes, rising and without gaps.
    pub stretches: Vec<TimelineStretch>,
    /// Days on which something is taken off.
    pub discounts: Vec<TimelineDiscount>,
    /// Days that were billed or given back, by line.
    pub billed: Vec<TimelineBilled>,
}

/// What a stretch of days is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StretchKind {
    /// It is charged.
    Charged,
    /// Service pauses.
    Paused,
    /// It is served and not charged.
    Trial,
}

/// Days in which nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineStretch {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
    /// What it is.
    pub kind: StretchKind,
    /// How many, in thousandths, to compare heights; the amount is in `terms`.
    pub height: i64,
    /// Quantity and price, such as `55 · 1,200.00 per unit`.
    pub terms: String,
    /// The phase, where one was stated.
    pub phase: Option<&'static str>,
}

/// Days on which something is taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineDiscount {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
    /// What, such as `Launch offer, 20 %`.
    pub words: String,
}

/// Days that a line bills or gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineBilled {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
    /// The document.
    pub document: String,
    /// Its number.
    pub number: String,
    /// The line's amount without tax, below zero where it gives back.
    pub net: Money,
}

/// A version and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineVersion {
    /// From 1.
    pub version: u32,
    /// When it became known.
    pub recorded: Instant,
    /// From which day it counts.
    pub effective: Date,
    /// What kind of change it was, such as `quantity_changed`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// What is different, one thing each.
    pub changes: Vec<VersionChange>,
    /// The version that it takes back, if it does.
    pub undoes: Option<u32>,
}

/// One thing that a version changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// What it was about, such as the description of a component.
    pub what: String,
    /// What it was; empty for what was not there.
    pub before: String,
    /// What it is.
    pub after: String,
    /// From which day.
    pub from: Option<Date>,
}

/// What is billed next by the timeline as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextInvoice {
    /// When it comes due; today when it is due already.
    pub on: Date,
    /// Whether it is due already.
    pub due: bool,
    /// Its lines.
    pub lines: Vec<NextLine>,
    /// Their sum, without tax.
    pub net: Money,
}

/// One line of what is billed next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextLine {
    /// Words for the customer.
    pub description: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// How it is computed.
    pub arithmetic: String,
    /// Without tax.
    pub net: Money,
}

impl App {
    /// A contract over time; nothing when there is none of that id.
    ///
    /// # Errors
    /// When the store fails, or what is stored cannot be read or priced.
    pub fn contract_timeline(&self, id: &str) -> Result<Option<ContractTimeline>, AppFault> {
        let (books, now, id) = (self.books(), self.clock().now(), id.to_owned());
        self.store().read(move |tx| {
            let Some(row) = rows::contract(tx, &id)? else {
                return Ok(None);
            };
            let contract: Contract = stored("contract", &row.body)?;
            let today = books.entity(&contract.entity)?.zone.date_at(now);
            let issued = issued(tx, &id)?;
            let history = history(tx, &id)?;
            timeline(&contract, &issued, &history, today).map(Some)
        })
    }
}

/// A line with the document that it stands on.
struct Issued {
    document: String,
    number: String,
    line: BilledLine,
}

fn issued(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<Issued>, AppFault> {
    let filter = papers::DocumentFilter {
        contract: contract.to_owned(),
        ..papers::DocumentFilter::default()
    };
    let numbers: BTreeMap<String, String> = papers::documents(tx, &filter, "", i64::MAX)?
        .into_iter()
        .map(|row| (row.id, row.number))
        .collect();
    papers::lines_of_contract(tx, contract)?
        .into_iter()
        .map(|row| {
            Ok(Issued {
                line: document::issued_line(&row.body)?,
                // A document over several contracts is listed under another of them.
                number: numbers.get(&row.document).unwrap_or(&row.document).clone(),
                document: row.document,
            })
        })
        .collect()
}

fn history(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<Contract>, AppFault> {
    // One more, so that the oldest of them has one to be compared with.
    rows::newest_versions(tx, contract, MOST_COMPARED + 1)?
        .iter()
        .map(|body| stored("contract version", body))
        .collect()
}

fn refused(refusal: &BillingRefusal) -> AppFault {
    Refusal::whole(refusal.code(), refusal.to_string()).into()
}

fn timeline(
    contract: &Contract,
    issued: &[Issued],
    history: &[Contract],
    today: Date,
) -> Result<ContractTimeline, AppFault> {
    let (from, until) = drawn(contract, issued, today);
    let mut bands = Vec::with_capacity(contract.components.len());
    for component in &contract.components {
        bands.push(band(contract, component, issued, until)?);
    }
    Ok(ContractTimeline {
        contract: contract.id.to_string(),
        from,
        until,
        runs_on: until < contract.term.until(),
        bands,
        versions: changes::versions(contract, history),
        next: next(contract, issued, today)?,
    })
}

/// The days that are drawn: the term with everything that was billed, or, of a term without a near
/// end, what is known of it and a year more.
fn drawn(contract: &Contract, issued: &[Issued], today: Date) -> (Date, Date) {
    let starts = contract.components.iter().map(|part| part.from);
    let billed_from = issued.iter().map(|line| line.line.line.period.from());
    let from = starts
        .chain(billed_from)
        .fold(contract.term.from(), Date::min);
    let billed_until = issued.iter().map(|line| line.line.line.period.until());
    let until = contract.term.until();
    if until <= add_months(from, LONG_TERM_MONTHS) {
        return (from, billed_until.fold(until, Date::max));
    }
    let facts = contract.components.iter().flat_map(|part| {
        let quantities = part.quantities.iter().map(|fact| fact.from);
        quantities.chain(part.charges.iter().map(|fact| fact.from))
    });
    let known = facts.chain(billed_until).fold(today.max(from), Date::max);
    (from, add_months(known, 12).min(until))
}

fn band(
    contract: &Contract,
    component: &Component,
    issued: &[Issued],
    until: Date,
) -> Result<TimelineBand, AppFault> {
    let parts = coverage_between(contract, component, Date::MIN, until)
        .map_err(|refusal| AppFault::from(Refusal::whole(refusal.code(), refusal.to_string())))?;
    let mut billed = Vec::new();
    for row in issued {
        let line = &row.line.line;
        if line.component != component.id || (line.kind == LineKind::Charge && line.net.is_zero()) {
            continue;
        }
        billed.push(TimelineBilled {
            from: line.period.from(),
            until: line.period.until(),
            document: row.document.clone(),
            number: row.number.clone(),
            net: line.net,
        });
    }
    Ok(TimelineBand {
        component: component.id.to_string(),
        product: component.product.as_str().to_owned(),
        description: component.description.clone(),
        stretches: stretches(component, contract.currency, until),
        discounts: discounts(&parts, contract.currency),
        billed,
    })
}

fn stretches(component: &Component, currency: Currency, drawn: Date) -> Vec<TimelineStretch> {
    let end = component.until.min(drawn);
    let mut cuts: Vec<Date> = component.quantities.iter().map(|fact| fact.from).collect();
    cuts.extend(component.charges.iter().map(|fact| fact.from));
    cuts.extend(component.pauses.iter().map(|fact| fact.from));
    cuts.extend(component.phases.iter().map(|fact| fact.from));
    cuts.extend([component.from, end]);
    cuts.retain(|cut| component.from <= *cut && *cut <= end);
    cuts.sort_unstable();
    cuts.dedup();
    let mut found: Vec<TimelineStretch> = Vec::new();
    for ends in cuts.windows(2) {
        let [from, until] = *ends else { continue };
        let Some(stretch) = stretch(component, currency, from, until) else {
            continue;
        };
        match found.last_mut() {
            Some(last)
                if last.kind == stretch.kind
                    && last.terms == stretch.terms
                    && last.phase == stretch.phase =>
            {
                last.until = until;
            }
            _ => found.push(stretch),
        }
    }
    found
}

fn stretch(
    component: &Component,
    currency: Currency,
    from: Date,
    until: Date,
) -> Option<TimelineStretch> {
    let quantity = component.quantity_on(from)?;
    let charge = component.charge_on(from)?;
    let phase = component.phase_on(from);
    let kind = if component.paused_on(from) {
        StretchKind::Paused
    } else if phase == Some(Phase::Trial) {
        StretchKind::Trial
    } else {
        StretchKind::Charged
    };
    let terms = match &component.measure {
        Some(_) => format!("measured · {}", listed(charge, currency)),
        None if charge.looks_at_quantity() => {
            format!(
                "{} · {}",
                grouped(quantity.decimal(), 0),
                listed(charge, currency)
            )
        }
        None => listed(charge, currency),
    };
    let thousandths = quantity
        .decimal()
        .checked_mul(values::Decimal::ONE_THOUSAND)
        .and_then(|value| i64::try_from(value.trunc()).ok());
    let flat = component.measure.is_some() || !charge.looks_at_quantity();
    Some(TimelineStretch {
        from,
        until,
        kind,
        height: if flat {
            1_000
        } else {
            thousandths.unwrap_or(1_000)
        },
        terms,
        phase: phase.map(phase_word),
    })
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Trial => "trial",
        Phase::Discount => "discount",
        Phase::FixedTerm => "fixed term",
        Phase::Evergreen => "evergreen",
    }
}

/// The price of a charge in a few words, in the currency of the page.
fn listed(charge: &Charge, currency: Currency) -> String {
    charge.listed(&|amount| grouped(amount, currency.exponent()))
}

/// The days of each discount as the coverage has them, joined where they adjoin.
fn discounts(parts: &[Covered], currency: Currency) -> Vec<TimelineDiscount> {
    let mut found: Vec<TimelineDiscount> = Vec::new();
    for part in parts {
        for discount in &part.discounts {
            let words = discount_words(&discount.name, &discount.off, currency);
            let before = found
                .iter_mut()
                .find(|known| known.words == words && known.until == part.period.from());
            match before {
                Some(known) => known.until = part.period.until(),
                None => found.push(TimelineDiscount {
                    from: part.period.from(),
                    until: part.period.until(),
                    words,
                }),
            }
        }
    }
    found
}

/// A discount in a few words, such as `Launch offer, 20 % off`.
pub(super) fn discount_words(name: &str, off: &Reduction, currency: Currency) -> String {
    let places = currency.exponent();
    match off {
        Reduction::Percent { rate, cap } => {
            let percent = rate.decimal() * values::Decimal::ONE_HUNDRED;
            let most = cap.map_or_else(String::new, |cap| {
                format!(", at most {}", grouped(cap.decimal(), places))
            });
            format!("{name}, {} % off{most}", percent.normalize())
        }
        Reduction::Amount { amount } => {
            format!("{name}, {} off", grouped(amount.decimal(), places))
        }
    }
}

/// What the timeline owes now; if nothing, what it owes on the next day on which something comes due.
fn next(
    contract: &Contract,
    issued: &[Issued],
    today: Date,
) -> Result<Option<NextInvoice>, AppFault> {
    let billed: Vec<BilledLine> = issued.iter().map(|row| row.line.clone()).collect();
    let mut on = today;
    let mut lines = owed(contract, &billed, today).map_err(|refusal| refused(&refusal))?;
    let due = !lines.is_empty();
    if !due {
        let next = billing::next_due(contract, today);
        let Some(day) = next else { return Ok(None) };
        on = day;
        lines = owed(contract, &billed, day).map_err(|refusal| refused(&refusal))?;
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let mut net = money(0, contract.currency.code())?;
    for line in &lines {
        net = net.plus(line.net)?;
    }
    let lines = lines
        .into_iter()
        .map(|line| NextLine {
            from: line.period.from(),
            to: line.period.last(),
            description: line.description,
            arithmetic: line.arithmetic,
            net: line.net,
        })
        .collect();
    Ok(Some(NextInvoice {
        on,
        due,
        lines,
        net,
    }))
}
