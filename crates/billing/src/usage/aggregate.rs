//! From the events of a period to one quantity, whatever their order.

use super::event::PLACES;
use super::{Aggregation, Meter, UsageRefusal};
use commerce::{Cell, Charge, Measured};
use std::collections::{BTreeMap, HashSet};
use values::{Decimal, Instant, Quantity, parse_decimal};

/// Microseconds in a second.
const MICROSECONDS: i128 = 1_000_000;

/// An event that counts.
#[derive(Debug, Clone, Copy)]
pub struct Use<'e> {
    /// When it counts.
    pub at: Instant,
    /// Its key.
    pub key: &'e str,
    /// Its canonical value.
    pub value: &'e str,
    /// What else it says.
    pub dimensions: &'e BTreeMap<String, String>,
}

/// Adds up the events of a period. Whole numbers of a trillionth are added, which is exact; so the
/// order of the events does not matter.
pub struct Tally<'m> {
    meter: &'m Meter,
    by: Vec<String>,
    wants_items: bool,
    share: (i64, i64),
    from: Instant,
    until: Instant,
    whole: Group,
    cells: BTreeMap<Cell, Group>,
    items: Vec<(Instant, String, Decimal)>,
    events: u64,
}

#[derive(Default)]
struct Group {
    /// Sum in trillionths, highest in trillionths, or trillionths times seconds.
    number: i128,
    /// The values seen, for a unique count.
    seen: HashSet<String>,
    /// Time and key of the last event.
    last: Option<(Instant, String)>,
}

impl<'m> Tally<'m> {
    /// An empty tally of the period from `from` until before `until`, taken apart as `charge` wants.
    /// `share` is the part of the billing period that it is, see [`Measured::share`].
    #[must_use]
    pub fn new(
        meter: &'m Meter,
        charge: &Charge,
        bounds: (Instant, Instant),
        share: (i64, i64),
    ) -> Self {
        Self {
            meter,
            by: charge.dimensions(),
            wants_items: charge.wants_items(),
            share,
            from: bounds.0,
            until: bounds.1,
            whole: Group::default(),
            cells: BTreeMap::new(),
            items: Vec::new(),
            events: 0,
        }
    }

    /// Whether events before the period are to be added too: the level that they left goes on.
    #[must_use]
    pub fn wants_earlier(meter: &Meter) -> bool {
        meter.aggregation == Aggregation::WeightedSum
    }

    /// Counts an event of the period, or, for a weighted sum, one before it.
    ///
    /// # Errors
    /// When the value cannot be read or the sum does not fit.
    pub fn add(&mut self, event: Use<'_>) -> Result<(), UsageRefusal> {
        if event.at >= self.from {
            self.events += 1;
        }
        if self.wants_items {
            let value = parse_decimal(event.value).map_err(|_| self.unreadable(event.value))?;
            self.items.push((event.at, event.key.to_owned(), value));
        }
        let weighed = self.weighed(&event)?;
        if !self.by.is_empty() {
            let cell: Cell = self
                .by
                .iter()
                .filter_map(|name| {
                    let value = event.dimensions.get(name)?;
                    Some((name.clone(), value.clone()))
                })
                .collect();
            let group = self.cells.entry(cell).or_default();
            group
                .add(self.meter.aggregation, &event, weighed)
                .ok_or_else(|| too_large(self.meter))?;
        }
        self.whole
            .add(self.meter.aggregation, &event, weighed)
            .ok_or_else(|| too_large(self.meter))
    }

    fn unreadable(&self, value: &str) -> UsageRefusal {
        UsageRefusal::of("value", value, "it is no decimal number")
    }

    /// The event's value in trillionths; for a weighted sum times the seconds that it held.
    fn weighed(&self, event: &Use<'_>) -> Result<i128, UsageRefusal> {
        match self.meter.aggregation {
            Aggregation::Count | Aggregation::UniqueCount => Ok(1),
            Aggregation::Sum | Aggregation::Max | Aggregation::Last => {
                trillionths(event.value).ok_or_else(|| self.unreadable(event.value))
            }
            Aggregation::WeightedSum => {
                let value = trillionths(event.value).ok_or_else(|| self.unreadable(event.value))?;
                let since = event.at.max(self.from);
                let held = i128::from(self.until.microseconds() - since.microseconds()).max(0);
                value
                    .checked_mul(held / MICROSECONDS)
                    .ok_or_else(|| too_large(self.meter))
            }
        }
    }

    /// What was measured.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn finish(mut self) -> Result<Measured, UsageRefusal> {
        let quantity = self.quantity(&self.whole)?;
        let mut cells = BTreeMap::new();
        for (cell, group) in &self.cells {
            cells.insert(cell.clone(), self.quantity(group)?);
        }
        self.items.sort();
        let items = self.items.iter();
        Ok(Measured {
            quantity,
            events: self.events,
            items: items.map(|(_, _, value)| Quantity::new(*value)).collect(),
            cells,
            share: self.share,
        })
    }

    fn quantity(&self, group: &Group) -> Result<Quantity, UsageRefusal> {
        let number = match self.meter.aggregation {
            Aggregation::Count => Decimal::from_i128_with_scale(group.number, 0),
            Aggregation::UniqueCount => Decimal::from(group.seen.len()),
            Aggregation::Sum | Aggregation::Max | Aggregation::Last => {
                exact(group.number).ok_or_else(|| too_large(self.meter))?
            }
            Aggregation::WeightedSum => {
                let microseconds = self.until.microseconds() - self.from.microseconds();
                let seconds = (i128::from(microseconds) / MICROSECONDS).max(1);
                exact(rounded_quotient(group.number, seconds))
                    .ok_or_else(|| too_large(self.meter))?
            }
        };
        let rounded = match self.meter.rounding {
            Some(rounding) => rounding.apply(number),
            None => number,
        };
        // What was taken back beyond what was used is nobody's use.
        Ok(Quantity::new(rounded.max(Decimal::ZERO)))
    }
}

impl Group {
    fn add(&mut self, how: Aggregation, event: &Use<'_>, weighed: i128) -> Option<()> {
        match how {
            Aggregation::Sum | Aggregation::Count | Aggregation::WeightedSum => {
                self.number = self.number.checked_add(weighed)?;
            }
            Aggregation::Max => self.number = self.number.max(weighed),
            Aggregation::UniqueCount => {
                if !self.seen.contains(event.value) {
                    self.seen.insert(event.value.to_owned());
                }
            }
            Aggregation::Last => {
                let later = self
                    .last
                    .as_ref()
                    .is_none_or(|(at, key)| (*at, key.as_str()) <= (event.at, event.key));
                if later {
                    self.last = Some((event.at, event.key.to_owned()));
                    self.number = weighed;
                }
            }
        }
        Some(())
    }
}

fn too_large(meter: &Meter) -> UsageRefusal {
    UsageRefusal::TooLarge {
        meter: meter.code.clone(),
    }
}

fn trillionths(text: &str) -> Option<i128> {
    let one = 10_i128.pow(PLACES);
    // Most values are whole numbers.
    if let Ok(whole) = text.parse::<i64>() {
        return i128::from(whole).checked_mul(one);
    }
    let value = parse_decimal(text).ok()?;
    let missing = PLACES.checked_sub(value.scale())?;
    value.mantissa().checked_mul(10_i128.pow(missing))
}

fn exact(trillionths: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(trillionths, PLACES)
        .ok()
        .map(|value| value.normalize())
}

/// Halves away from zero.
fn rounded_quotient(number: i128, by: i128) -> i128 {
    let (whole, rest) = (number / by, number % by);
    if rest.abs() >= by - rest.abs() {
        whole + number.signum()
    } else {
        whole
    }
}
