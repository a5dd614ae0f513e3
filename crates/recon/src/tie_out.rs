//! Joining expected and actual figures, and saying how each pair stands.

use crate::Measure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Currency, EntityId, ExceptionId, Money};

/// One figure on one side; figures of the same key are added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it measures.
    pub measure: Measure,
    /// Whose books.
    pub entity: EntityId,
    /// How much.
    pub amount: Money,
}

/// Exceptions that a row of a tie-out names; the others are counted.
pub const NAMED_IN_A_ROW: usize = 20;

/// Open exceptions that name a part of a difference: one, or any number that disturb one measure of
/// one entity in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// How many there are.
    pub count: u64,
    /// The first of them by id, at least as many of them as a row names.
    pub first: Vec<ExceptionId>,
    /// The measure that they disturb.
    pub measure: Measure,
    /// Whose books.
    pub entity: EntityId,
    /// Their part of expected less actual: positive when the books lack it.
    pub amount: Money,
}

/// What a tie-out is made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// Recomputed from the facts.
    pub expected: &'a [Figure],
    /// What the books say.
    pub actual: &'a [Figure],
    /// Open exceptions.
    pub open: &'a [Explanation],
    /// What is on its way to the books that are compared and within the window of its pair: part of
    /// expected less actual that is to vanish by itself.
    pub under_way: &'a [Figure],
}

/// How a pair of figures stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Expected equals actual.
    TiesOut,
    /// The whole difference is on its way, within the window that the pair is given.
    Timing,
    /// The whole difference is named by open exceptions, or by them and by what is on its way.
    Explained,
    /// Some of the difference is named by nothing.
    Break,
}

impl Status {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::TiesOut => "ties_out",
            Status::Timing => "timing",
            Status::Explained => "explained",
            Status::Break => "break",
        }
    }
}

/// One pair of figures that must agree. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TieOutRow {
    /// What must agree.
    pub measure: Measure,
    /// Whose books.
    pub entity: EntityId,
    /// The currency.
    pub currency: Currency,
    /// Recomputed from the facts; zero when nothing was expected.
    pub expected: i64,
    /// What the books say; zero when they say nothing.
    pub actual: i64,
    /// The part of the difference that is on its way within the window of the pair.
    pub under_way: i64,
    /// The part of the difference that open exceptions name.
    pub named: i64,
    /// How many exceptions that are.
    pub exceptions: u64,
    /// The first of them by id, at most [`NAMED_IN_A_ROW`].
    pub first: Vec<ExceptionId>,
}

/// A sum of figures does not fit 64 bits of minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {measure} figures of entity {entity} in {currency} add up to more than 92 quadrillion minor units"
)]
pub struct TieOutRefusal {
    /// The measure.
    pub measure: Measure,
    /// Whose books.
    pub entity: EntityId,
    /// The currency.
    pub currency: Currency,
}

impl TieOutRow {
    /// Expected less actual, in minor units; wide, so that it cannot overflow.
    #[must_use]
    pub fn difference(&self) -> i128 {
        i128::from(self.expected) - i128::from(self.actual)
    }

    /// The part of the difference that open exceptions name.
    #[must_use]
    pub fn explained(&self) -> i128 {
        i128::from(self.named)
    }

    /// The part of the difference that neither an exception names nor is on its way. Zero when the figures agree, whatever the
    /// exceptions say: there is nothing left to explain.
    #[must_use]
    pub fn unexplained(&self) -> i128 {
        match self.difference() {
            0 => 0,
            difference => difference - self.explained() - i128::from(self.under_way),
        }
    }

    /// How the pair stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.difference(), self.unexplained(), self.explained()) {
            (0, _, _) => Status::TiesOut,
            (_, 0, 0) => Status::Timing,
            (_, 0, _) => Status::Explained,
            (_, _, _) => Status::Break,
        }
    }
}

/// The sums of one key while joining.
#[derive(Default)]
struct Sums {
    expected: i128,
    actual: i128,
    under_way: i128,
    named: i128,
    exceptions: u64,
    first: Vec<ExceptionId>,
}

/// Joins both sides by measure, legal entity and currency. A key that only one side has is a row
/// too, with zero on the other side; an exception alone makes a row of zeros. Sorted by measure,
/// entity and currency.
///
/// # Errors
/// When a sum does not fit 64 bits.
pub fn tie_out(inputs: Inputs<'_>) -> Result<Vec<TieOutRow>, TieOutRefusal> {
    let mut keys: BTreeMap<(Measure, &EntityId, Currency), Sums> = BTreeMap::new();
    for figure in inputs.expected {
        let sums = keys
            .entry((figure.measure, &figure.entity, figure.amount.currency))
            .or_default();
        sums.expected += i128::from(figure.amount.minor);
    }
    for figure in inputs.actual {
        let sums = keys
            .entry((figure.measure, &figure.entity, figure.amount.currency))
            .or_default();
        sums.actual += i128::from(figure.amount.minor);
    }
    for figure in inputs.under_way {
        let sums = keys
            .entry((figure.measure, &figure.entity, figure.amount.currency))
            .or_default();
        sums.under_way += i128::from(figure.amount.minor);
    }
    for open in inputs.open {
        let sums = keys
            .entry((open.measure, &open.entity, open.amount.currency))
            .or_default();
        sums.named += i128::from(open.amount.minor);
        sums.exceptions += open.count;
        sums.first.extend(open.first.iter().cloned());
    }
    let mut rows = Vec::with_capacity(keys.len());
    for ((measure, entity, currency), mut sums) in keys {
        sums.first.sort();
        sums.first.truncate(NAMED_IN_A_ROW);
        let narrow = |sum: i128| {
            i64::try_from(sum).map_err(|_| TieOutRefusal {
                measure,
                entity: entity.clone(),
                currency,
            })
        };
        rows.push(TieOutRow {
            measure,
            entity: entity.clone(),
            currency,
            expected: narrow(sums.expected)?,
            actual: narrow(sums.actual)?,
            under_way: narrow(sums.under_way)?,
            named: narrow(sums.named)?,
            exceptions: sums.exceptions,
            first: sums.first,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figure(measure: Measure, entity: &str, minor: i64, currency: Currency) -> Figure {
        Figure {
            measure,
            entity: entity.parse().unwrap(),
            amount: Money::from_minor(minor, currency),
        }
    }

    fn explanation(id: &str, measure: Measure, minor: i64) -> Explanation {
        Explanation {
            count: 1,
            first: vec![id.parse().unwrap()],
            measure,
            entity: "US".parse().unwrap(),
            amount: Money::from_minor(minor, Currency::USD),
        }
    }

    #[test]
    fn what_is_on_its_way_within_its_window_is_timing_and_the_rest_a_break() {
        let usd = Currency::USD;
        let delivered = |minor| [figure(Measure::Delivered, "US", minor, usd)];
        let stands = |actual: i64, on_its_way: i64, named: i64| {
            let open = [explanation("exc_1", Measure::Delivered, named)];
            let rows = tie_out(Inputs {
                expected: &delivered(1_000),
                actual: &delivered(actual),
                open: if named == 0 { &[] } else { &open },
                under_way: &delivered(on_its_way),
            })
            .unwrap();
            (rows[0].unexplained(), rows[0].status())
        };
        assert_eq!(stands(1_000, 0, 0), (0, Status::TiesOut));
        assert_eq!(stands(700, 300, 0), (0, Status::Timing));
        assert_eq!(stands(700, 200, 100), (0, Status::Explained));
        assert_eq!(stands(700, 200, 0), (100, Status::Break));
        // What is said to be on its way and is there already explains nothing.
        assert_eq!(stands(1_100, 300, 0), (-400, Status::Break));
    }

    #[test]
    fn a_difference_ties_out_is_explained_or_breaks() {
        let usd = Currency::USD;
        let expected = [
            figure(Measure::Bookings, "US", 70_000, usd),
            figure(Measure::Bookings, "US", 30_000, usd),
            figure(Measure::Receivable, "US", 500, usd),
            figure(Measure::Cash, "US", 900, usd),
        ];
        let actual = [
            figure(Measure::Bookings, "US", 88_000, usd),
            figure(Measure::Receivable, "US", 500, usd),
            figure(Measure::Cash, "US", 1_000, usd),
            figure(Measure::Cash, "US", 7, Currency::EUR),
        ];
        let open = [
            explanation("exc_1", Measure::Bookings, 12_000),
            explanation("exc_2", Measure::Cash, -40),
        ];
        let rows = tie_out(Inputs {
            expected: &expected,
            actual: &actual,
            open: &open,
            under_way: &[],
        })
        .unwrap();
        let shown: Vec<_> = rows
            .iter()
            .map(|r| {
                (
                    r.measure,
                    r.currency,
                    r.difference(),
                    r.unexplained(),
                    r.status(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Measure::Bookings, usd, 12_000, 0, Status::Explained),
                (Measure::Receivable, usd, 0, 0, Status::TiesOut),
                (Measure::Cash, Currency::EUR, -7, -7, Status::Break),
                (Measure::Cash, usd, -100, -60, Status::Break),
            ]
        );
    }

    #[test]
    fn a_row_counts_every_exception_and_names_the_first() {
        let many = |from: u64, until: u64| Explanation {
            count: until - from,
            first: (from..until)
                .take(NAMED_IN_A_ROW)
                .map(|number| format!("exc_{number:03}").parse().unwrap())
                .collect(),
            amount: Money::from_minor(-3, Currency::USD),
            ..explanation("exc_1", Measure::Cash, 0)
        };
        let actual = [figure(Measure::Cash, "US", 6, Currency::USD)];
        let open = [many(15, 45), many(10, 15)];
        let rows = tie_out(Inputs {
            actual: &actual,
            open: &open,
            ..Inputs::default()
        })
        .unwrap();
        let row = &rows[0];
        assert_eq!((row.exceptions, row.named), (35, -6));
        let ids: Vec<&str> = row.first.iter().map(ExceptionId::as_str).collect();
        let wanted: Vec<String> = (10..30).map(|number| format!("exc_{number:03}")).collect();
        assert_eq!(ids, wanted);
        assert_eq!(row.status(), Status::Explained);
    }

    #[test]
    fn an_exception_cannot_explain_more_than_the_difference() {
        let expected = [figure(Measure::Tax, "US", 10, Currency::USD)];
        let open = [explanation("exc_1", Measure::Tax, 11)];
        let rows = tie_out(Inputs {
            expected: &expected,
            actual: &[],
            open: &open,
            under_way: &[],
        })
        .unwrap();
        assert_eq!(
            (rows[0].unexplained(), rows[0].status()),
            (-1, Status::Break)
        );
    }

    #[test]
    fn sums_beyond_64_bits_are_refused_in_words() {
        let huge = figure(Measure::Cash, "US", i64::MAX, Currency::USD);
        let expected = [huge.clone(), huge];
        let refusal = tie_out(Inputs {
            expected: &expected,
            ..Inputs::default()
        })
        .unwrap_err();
        assert!(
            refusal
                .to_string()
                .starts_with("the cash figures of entity US in USD")
        );
    }

    fn figures() -> impl Strategy<Value = Vec<Figure>> {
        let one = (
            prop::sample::select(Measure::ALL.to_vec()),
            prop::sample::select(vec!["US", "DE"]),
            -1_000_000_i64..1_000_000,
            prop::sample::select(vec![Currency::USD, Currency::EUR]),
        );
        prop::collection::vec(one, 0..30).prop_map(|all| {
            all.into_iter()
                .map(|(m, e, a, c)| figure(m, e, a, c))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn no_figure_is_lost_and_exact_explanations_leave_no_break(expected in figures(), actual in figures()) {
            let rows = tie_out(Inputs { expected: &expected, actual: &actual, open: &[], under_way: &[] }).unwrap();
            let total = |side: &[Figure]| side.iter().map(|f| i128::from(f.amount.minor)).sum::<i128>();
            let differences: i128 = rows.iter().map(TieOutRow::difference).sum();
            prop_assert_eq!(differences, total(&expected) - total(&actual));
            let open: Vec<_> = rows.iter().enumerate().map(|(index, row)| Explanation {
                count: 1,
                first: vec![format!("exc_{index}").parse().unwrap()],
                measure: row.measure,
                entity: row.entity.clone(),
                amount: Money::from_minor(i64::try_from(row.difference()).unwrap(), row.currency),
            }).collect();
            for row in tie_out(Inputs { expected: &expected, actual: &actual, open: &open, under_way: &[] }).unwrap() {
                prop_assert_ne!(row.status(), Status::Break);
            }
        }
    }
}
