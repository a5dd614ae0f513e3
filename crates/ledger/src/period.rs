//! Accounting periods: months close in order and reopen in the reverse order, and a late event goes
//! into the first open month with the month that it belongs to noted.

use crate::PostingRefusal;
use std::collections::{BTreeMap, BTreeSet};
use values::{Date, EntityId, Month};

/// Which months of which entity take no more entries. Closing a month closes everything before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeriodBook {
    closed: BTreeMap<EntityId, BTreeSet<Month>>,
}

/// Why a month cannot be closed or reopened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodRefusal {
    /// It already is.
    #[error("month {month} of entity {entity} is already closed")]
    AlreadyClosed {
        /// Whose books.
        entity: EntityId,
        /// The month.
        month: Month,
    },
    /// An earlier month is still open.
    #[error(
        "month {month} of entity {entity} cannot be closed before {first_open}; months close in order"
    )]
    OutOfOrder {
        /// Whose books.
        entity: EntityId,
        /// The month that was to be closed.
        month: Month,
        /// The month that comes first.
        first_open: Month,
    },
    /// It was never closed.
    #[error("month {month} of entity {entity} is open already")]
    NotClosed {
        /// Whose books.
        entity: EntityId,
        /// The month.
        month: Month,
    },
    /// A later month is still closed.
    #[error(
        "month {month} of entity {entity} cannot be reopened before {last_closed}; the last closed month reopens first"
    )]
    LaterStillClosed {
        /// Whose books.
        entity: EntityId,
        /// The month that was to be reopened.
        month: Month,
        /// The month that comes first.
        last_closed: Month,
    },
}

/// Where an entry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The accounting date of the entry.
    pub date: Date,
    /// The closed month that it belongs to, when it is late.
    pub origin: Option<Month>,
}

impl PeriodBook {
    /// The book of these closed months, in any order. A gap between closed months counts as closed.
    pub fn from_closed(closed: impl IntoIterator<Item = (EntityId, Month)>) -> PeriodBook {
        let mut book = PeriodBook::default();
        for (entity, month) in closed {
            book.closed.entry(entity).or_default().insert(month);
        }
        book
    }

    /// The last month of `entity` that is closed.
    #[must_use]
    pub fn last_closed(&self, entity: &EntityId) -> Option<Month> {
        self.closed
            .get(entity)
            .and_then(|months| months.last().copied())
    }

    /// Whether `month` takes no more entries.
    #[must_use]
    pub fn is_closed(&self, entity: &EntityId, month: Month) -> bool {
        self.last_closed(entity).is_some_and(|last| month <= last)
    }

    /// Whether an entry may be posted on `date`.
    ///
    /// # Errors
    /// When the month of `date` is closed.
    pub fn check_open(&self, entity: &EntityId, date: Date) -> Result<(), PostingRefusal> {
        let month = Month::of(date);
        if self.is_closed(entity, month) {
            return Err(PostingRefusal::PeriodClosed {
                entity: entity.clone(),
                month,
            });
        }
        Ok(())
    }

    /// Where an entry that counts on `date` goes: that date when its month is open, otherwise the
    /// first day of the first open month.
    #[must_use]
    pub fn place(&self, entity: &EntityId, date: Date) -> Placement {
        match self.last_closed(entity) {
            Some(last) if Month::of(date) <= last => Placement {
                date: last.next().first(),
                origin: Some(Month::of(date)),
            },
            Some(_) | None => Placement { date, origin: None },
        }
    }

    /// Closes `month`. The first month ever closed may be any; after that months close in order.
    ///
    /// # Errors
    /// When it is closed already or an earlier month is open.
    pub fn close(&mut self, entity: &EntityId, month: Month) -> Result<(), PeriodRefusal> {
        if let Some(last) = self.last_closed(entity) {
            if month <= last {
                return Err(PeriodRefusal::AlreadyClosed {
                    entity: entity.clone(),
                    month,
                });
            }
            if month != last.next() {
                return Err(PeriodRefusal::OutOfOrder {
                    entity: entity.clone(),
                    month,
                    first_open: last.next(),
                });
            }
        }
        self.closed.entry(entity.clone()).or_default().insert(month);
        Ok(())
    }

    /// Reopens `month`, which must be the last closed one.
    ///
    /// # Errors
    /// When it is open or a later month is closed.
    pub fn reopen(&mut self, entity: &EntityId, month: Month) -> Result<(), PeriodRefusal> {
        let not_closed = || PeriodRefusal::NotClosed {
            entity: entity.clone(),
            month,
        };
        let months = self.closed.get_mut(entity).ok_or_else(not_closed)?;
        let last = *months.last().ok_or_else(not_closed)?;
        if last > month {
            return Err(PeriodRefusal::LaterStillClosed {
                entity: entity.clone(),
                month,
                last_closed: last,
            });
        }
        if months.remove(&month) {
            Ok(())
        } else {
            Err(not_closed())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use values::parse_date;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn months_close_in_order_and_reopen_in_the_reverse_order() {
        let us: EntityId = "US".parse().unwrap();
        let mut book = PeriodBook::default();
        book.close(&us, month("2026-01")).unwrap();
        assert_eq!(
            book.close(&us, month("2026-03")).unwrap_err().to_string(),
            "month 2026-03 of entity US cannot be closed before 2026-02; months close in order"
        );
        book.close(&us, month("2026-02")).unwrap();
        assert!(matches!(
            book.close(&us, month("2026-01")),
            Err(PeriodRefusal::AlreadyClosed { .. })
        ));
        assert!(matches!(
            book.reopen(&us, month("2026-01")),
            Err(PeriodRefusal::LaterStillClosed { last_closed, .. }) if last_closed == month("2026-02")
        ));
        book.reopen(&us, month("2026-02")).unwrap();
        book.reopen(&us, month("2026-01")).unwrap();
        assert!(matches!(
            book.reopen(&us, month("2025-12")),
            Err(PeriodRefusal::NotClosed { .. })
        ));
        assert_eq!(book.last_closed(&us), None);
    }

    #[test]
    fn a_late_event_goes_into_the_first_open_month_with_its_origin() {
        let (us, de): (EntityId, EntityId) = ("US".parse().unwrap(), "DE".parse().unwrap());
        let closed = [
            (us.clone(), month("2026-01")),
            (us.clone(), month("2026-02")),
        ];
        let book = PeriodBook::from_closed(closed);
        let date = parse_date("2026-01-15").unwrap();
        assert_eq!(
            book.place(&us, date),
            Placement {
                date: parse_date("2026-03-01").unwrap(),
                origin: Some(month("2026-01"))
            }
        );
        assert_eq!(book.place(&de, date), Placement { date, origin: None });
        assert_eq!(
            book.check_open(&us, date).unwrap_err().to_string(),
            "month 2026-01 of entity US is closed; post into an open month or reopen it"
        );
        book.check_open(&us, book.place(&us, date).date).unwrap();
        book.check_open(&de, date).unwrap();
    }
}
