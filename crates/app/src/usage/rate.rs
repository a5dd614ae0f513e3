//! What measured components owe through a date: the events of each period through the charge of the
//! component, less what was billed. The same for a bill run, a preview and a late event.

use crate::books::Books;
use crate::fault::{AppFault, stored};
use billing::{
    BilledLine, BillingRefusal, DraftLine, LateRule, Lateness, Meter, Reading, Tally, UsageRefusal,
    Use, measured_owed, spent_on,
};
use commerce::{Charge, Component, Contract, Measure, Measured, MeasuredPart, measured_parts};
use std::collections::BTreeMap;
use store::usage::{self, Counted, UsageComponentRow};
use store::{Tx, settings};
use values::{Date, Decimal, Instant, MeterCode, Period, Quantity, Zone};

/// Days that are looked at before what was billed last, so that the period it belongs to is whole.
const MARGIN_DAYS: i64 = 32;

/// What the measured components of a contract come to.
#[derive(Debug, Default)]
pub(crate) struct Rated {
    /// What is to be billed or given back.
    pub(crate) lines: Vec<DraftLine>,
    /// How far each component has been looked at.
    marks: Vec<Mark>,
    /// The first day on which a period can be billed that is due but has not ended.
    pub(crate) pending: Option<Date>,
}

#[derive(Debug)]
struct Mark {
    component: String,
    billed_until: i64,
    look_back_from: i64,
}

/// Why a measured component cannot be rated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrated {
    /// Its charge cannot price what was measured.
    #[error("{component}: {refusal}")]
    Billing {
        /// The component.
        component: String,
        /// Why.
        refusal: BillingRefusal,
    },
    /// Its events cannot be added up.
    #[error("{component}: {refusal}")]
    Usage {
        /// The component.
        component: String,
        /// Why.
        refusal: UsageRefusal,
    },
    /// Its meter is not there.
    #[error("{component} is measured by meter {meter}, which is not published; publish it")]
    NoMeter {
        /// The component.
        component: String,
        /// The meter.
        meter: MeterCode,
    },
}

impl Unrated {
    /// Stable name of the reason.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Unrated::Billing { refusal, .. } => refusal.code(),
            Unrated::Usage { refusal, .. } => refusal.code(),
            Unrated::NoMeter { .. } => "unknown_meter",
        }
    }
}

/// Whether a contract has anything that is measured.
pub(crate) fn is_measured(contract: &Contract) -> bool {
    contract
        .components
        .iter()
        .any(|component| component.measure.is_some())
}

/// Rates the measured components of a contract. `agreed` are the lines that its other components owe.
///
/// # Errors
/// The outer when the store fails, the inner when something measured cannot be priced.
pub(crate) fn rate(
    tx: &mut Tx<'_>,
    (books, now): (&Books, Instant),
    contract: &Contract,
    billed: &[BilledLine],
    agreed: &[DraftLine],
    through: Date,
) -> Result<Result<Rated, Unrated>, AppFault> {
    if !is_measured(contract) {
        return Ok(Ok(Rated::default()));
    }
    let zone = books.entity(&contract.entity)?.zone.clone();
    let rows = usage::of_contract(tx, contract.id.as_str())?;
    let mut rated = Rated::default();
    let rater = Rater {
        now,
        contract,
        billed,
        zone,
        through,
    };
    for component in &contract.components {
        let Some(Measure::Meter { meter, .. }) = &component.measure else {
            continue;
        };
        let Some(meter) = books.meters.get(meter) else {
            return Ok(Err(Unrated::NoMeter {
                component: component.id.to_string(),
                meter: meter.clone(),
            }));
        };
        let row = rows
            .iter()
            .find(|row| row.component == component.id.as_str());
        if let Some(row) = row
            && let Err(unrated) = rater.metered(tx, component, meter, row, &mut rated)?
        {
            return Ok(Err(unrated));
        }
    }
    // What was spent is known once everything else is.
    for component in &contract.components {
        if matches!(component.measure, Some(Measure::Spend { .. }))
            && let Err(refusal) = rater.spent(component, agreed, &mut rated)
        {
            return Ok(Err(Unrated::Billing {
                component: component.id.to_string(),
                refusal,
            }));
        }
    }
    Ok(Ok(rated))
}

/// Keeps how far the components of a contract have been billed.
///
/// # Errors
/// When the store fails.
pub(crate) fn mark(tx: &mut Tx<'_>, contract: &Contract, rated: &Rated) -> Result<(), AppFault> {
    for mark in &rated.marks {
        usage::set_billed(
            tx,
            contract.id.as_str(),
            &mark.component,
            mark.billed_until,
            mark.look_back_from,
        )?;
    }
    Ok(())
}

struct Rater<'a> {
    now: Instant,
    contract: &'a Contract,
    billed: &'a [BilledLine],
    zone: Zone,
    through: Date,
}

impl Rater<'_> {
    /// Whether the last day of a period has come and gone; else the first day on which it will have.
    fn has_ended(&self, period: Period, rated: &mut Rated) -> bool {
        if period.last() > self.through {
            return false;
        }
        if self.zone.start_of(period.until()) <= self.now {
            return true;
        }
        let day = period.until();
        rated.pending = Some(rated.pending.map_or(day, |known| known.min(day)));
        false
    }

    fn metered(
        &self,
        tx: &mut Tx<'_>,
        component: &Component,
        meter: &Meter,
        row: &UsageComponentRow,
        rated: &mut Rated,
    ) -> Result<Result<(), Unrated>, AppFault> {
        let from = match row.reopened_from {
            0 => row.billed_until,
            reopened => reopened.min(row.billed_until),
        };
        let since = self.day_before(from);
        let parts = measured_parts(self.contract, component, since, self.through);
        let through_intake = settings::last_number(tx, usage::INTAKES)?;
        let mut billed_until = row.billed_until;
        for window in parts.chunk_by(|one, next| one.window == next.window) {
            let Some(last) = window.last() else { continue };
            let until = self.zone.start_of(last.period.until()).microseconds();
            let reopened = row.reopened_from != 0 && until > row.reopened_from;
            let is_new = until > row.billed_until;
            if !(is_new || reopened) || !self.has_ended(last.period, rated) {
                continue;
            }
            let lateness = match meter.late {
                LateRule::Credit { .. } if !is_new => Lateness::CreditOnly,
                _ => Lateness::Settled,
            };
            let counted = Counting {
                contract: self.contract.id.as_str(),
                component,
                meter,
                serves_from: row.serves_from,
                through_intake,
            };
            let readings = match readings(tx, &self.zone, &counted, window)? {
                Ok(readings) => readings,
                Err(refusal) => {
                    let component = component.id.to_string();
                    return Ok(Err(Unrated::Usage { component, refusal }));
                }
            };
            let lines = measured_owed(
                self.contract,
                component,
                last.window.period,
                &readings,
                self.billed,
                lateness,
            );
            match lines {
                Ok(mut lines) => rated.lines.append(&mut lines),
                Err(refusal) => {
                    let component = component.id.to_string();
                    return Ok(Err(Unrated::Billing { component, refusal }));
                }
            }
            billed_until = billed_until.max(until);
        }
        if billed_until != row.billed_until || row.reopened_from != 0 {
            rated.marks.push(Mark {
                component: component.id.as_str().to_owned(),
                billed_until,
                look_back_from: self.look_back_from(component, meter.late, billed_until),
            });
        }
        Ok(Ok(()))
    }

    /// The day before the one that holds an instant; the first day for zero.
    fn day_before(&self, micros: i64) -> Date {
        if micros <= 0 {
            return Date::MIN;
        }
        let day = self.zone.date_at(Instant::from_microseconds(micros - 1));
        day.yesterday().unwrap_or(day)
    }

    /// The start of the earliest billed period that late events may still change.
    fn look_back_from(&self, component: &Component, rule: LateRule, billed_until: i64) -> i64 {
        let periods = usize::try_from(rule.look_back()).unwrap_or(0);
        if periods == 0 || billed_until <= 0 {
            return billed_until;
        }
        let last = self
            .zone
            .date_at(Instant::from_microseconds(billed_until - 1));
        let months = i64::from(component.billing.months().unwrap_or(1).max(1));
        let days = (months * i64::from(rule.look_back()) + 1) * MARGIN_DAYS;
        let since = last
            .checked_sub(jiff::Span::new().days(days))
            .unwrap_or(Date::MIN);
        let parts = measured_parts(self.contract, component, since, last);
        let mut starts: Vec<Date> = Vec::new();
        for window in parts.chunk_by(|one, next| one.window == next.window) {
            let Some(first) = window.first() else {
                continue;
            };
            if first.period.from() <= last {
                starts.push(first.period.from());
            }
        }
        let first = starts.len().saturating_sub(periods);
        starts
            .get(first)
            .map_or(billed_until, |day| self.zone.start_of(*day).microseconds())
    }

    /// A minimum over what the rest of the contract was billed for.
    fn spent(
        &self,
        component: &Component,
        agreed: &[DraftLine],
        rated: &mut Rated,
    ) -> Result<(), BillingRefusal> {
        let parts = measured_parts(self.contract, component, Date::MIN, self.through);
        for window in parts.chunk_by(|one, next| one.window == next.window) {
            let Some(last) = window.last() else { continue };
            if !self.has_ended(last.period, rated) {
                continue;
            }
            let mut about: Vec<DraftLine> = agreed.to_vec();
            about.extend(rated.lines.iter().cloned());
            let mut spent = Vec::with_capacity(window.len());
            for part in window {
                let own = spent_on(self.contract, component, part.period, self.billed, &about)?;
                spent.push(own.decimal());
            }
            let measured = |quantity: Decimal, share: (i64, i64)| Measured {
                quantity: Quantity::new(quantity),
                events: 0,
                share,
                ..Measured::of(Quantity::default())
            };
            let mut readings = Vec::with_capacity(window.len());
            for (part, own) in window.iter().zip(&spent) {
                let (_, share) = at_its_charge(window, part);
                let all = window.iter().zip(&spent);
                let alike = all.filter(|(other, _)| other.charge == part.charge);
                let sum = alike.map(|(_, spent)| *spent).sum();
                let (from, until) = bounds(&self.zone, part.period);
                readings.push(Reading {
                    part: part.clone(),
                    measured: measured(*own, part.share),
                    whole: measured(sum, share),
                    is_level: false,
                    from,
                    until,
                    through_intake: 0,
                });
            }
            let mut lines = measured_owed(
                self.contract,
                component,
                last.window.period,
                &readings,
                self.billed,
                Lateness::Settled,
            )?;
            rated.lines.append(&mut lines);
        }
        Ok(())
    }
}

/// The first instant of a period and the first after it, in the zone of the legal entity: a change of
/// the clocks within it makes it an hour shorter or longer and moves neither end.
pub(crate) fn bounds(zone: &Zone, period: Period) -> (Instant, Instant) {
    (zone.start_of(period.from()), zone.start_of(period.until()))
}

/// Whose events are counted, up to which intake.
pub(crate) struct Counting<'a> {
    pub(crate) contract: &'a str,
    pub(crate) component: &'a Component,
    pub(crate) meter: &'a Meter,
    pub(crate) serves_from: i64,
    pub(crate) through_intake: i64,
}

/// The parts of a billing period at the charge of one of them, with their share of the period.
fn at_its_charge<'p>(
    parts: &'p [MeasuredPart],
    part: &MeasuredPart,
) -> (Vec<&'p MeasuredPart>, (i64, i64)) {
    let alike = parts.iter().filter(|it| it.charge == part.charge);
    let alike: Vec<&MeasuredPart> = alike.collect();
    let days = alike.iter().map(|it| it.share.0).sum();
    (alike, (days, part.share.1))
}

/// What was measured in the parts of one billing period, each by itself and with those at its charge.
pub(crate) fn readings(
    tx: &mut Tx<'_>,
    zone: &Zone,
    counting: &Counting<'_>,
    parts: &[MeasuredPart],
) -> Result<Result<Vec<Reading>, UsageRefusal>, AppFault> {
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let (from, until) = bounds(zone, part.period);
        let measured = match measure(tx, counting, &part.charge, (&[(from, until)], part.share))? {
            Ok(measured) => measured,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (alike, share) = at_its_charge(parts, part);
        let known = found
            .iter()
            .find(|known: &&Reading| known.part.charge == part.charge);
        let whole = if alike.len() == 1 {
            measured.clone()
        } else if let Some(known) = known {
            known.whole.clone()
        } else {
            let ranges: Vec<_> = alike.iter().map(|it| bounds(zone, it.period)).collect();
            match measure(tx, counting, &part.charge, (&ranges, share))? {
                Ok(whole) => whole,
                Err(refusal) => return Ok(Err(refusal)),
            }
        };
        found.push(Reading {
            part: part.clone(),
            measured,
            whole,
            is_level: counting.meter.aggregation.is_level(),
            from,
            until,
            through_intake: counting.through_intake,
        });
    }
    Ok(Ok(found))
}

/// Adds up the events in some stretches of a period, in order, which together are such a share of it.
pub(crate) fn measure(
    tx: &mut Tx<'_>,
    asked: &Counting<'_>,
    charge: &Charge,
    (ranges, share): (&[(Instant, Instant)], (i64, i64)),
) -> Result<Result<Measured, UsageRefusal>, AppFault> {
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return Ok(Ok(Measured::of(Quantity::default())));
    };
    let (from_instant, until) = (first.0, last.1);
    let mut tally = Tally::new(asked.meter, charge, (from_instant, until), share);
    let from = if Tally::wants_earlier(asked.meter) {
        asked.serves_from
    } else {
        from_instant.microseconds()
    };
    // A level goes on through days that do not count; other use on them is nobody's.
    let counts = |at: Instant| {
        Tally::wants_earlier(asked.meter) || ranges.iter().any(|it| it.0 <= at && at < it.1)
    };
    let only = match &asked.component.measure {
        Some(Measure::Meter { only, .. }) => !only.is_empty(),
        _ => false,
    };
    let reads_dimensions = only || !charge.dimensions().is_empty();
    let none = BTreeMap::new();
    let mut refused: Option<UsageRefusal> = None;
    let mut unreadable: Option<AppFault> = None;
    usage::each_counted(
        tx,
        Counted {
            contract: asked.contract,
            meter: asked.meter.code.as_str(),
            from,
            until: until.microseconds(),
            through_intake: asked.through_intake,
        },
        |key, counted, value, dimensions| {
            let at = Instant::from_microseconds(counted);
            if refused.is_some() || unreadable.is_some() || !counts(at) {
                return Ok(());
            }
            let said: BTreeMap<String, String>;
            let dimensions = if reads_dimensions && !dimensions.is_empty() {
                match stored("dimensions", dimensions) {
                    Ok(read) => said = read,
                    Err(fault) => {
                        unreadable = Some(fault);
                        return Ok(());
                    }
                }
                &said
            } else {
                &none
            };
            let takes = asked
                .component
                .measure
                .as_ref()
                .is_some_and(|measure| measure.takes(dimensions));
            if takes {
                let event = Use {
                    at,
                    key,
                    value,
                    dimensions,
                };
                refused = tally.add(event).err();
            }
            Ok(())
        },
    )?;
    match (unreadable, refused) {
        (Some(fault), _) => Err(fault),
        (None, Some(refusal)) => Ok(Err(refusal)),
        (None, None) => Ok(tally.finish()),
    }
}
