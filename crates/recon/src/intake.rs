//! The law of intake: accepted = confirmed + open + rejected with a reason.

use serde::{Deserialize, Serialize};

/// What became of everything that ever arrived from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Everything that ever arrived, wanted or not; a repetition counts once.
    pub accepted: i64,
    /// Had its effect, or is known to need none.
    pub confirmed: i64,
    /// Waits, or is an open exception.
    pub open: i64,
    /// Refused with a reason.
    pub rejected: i64,
}

impl Intake {
    /// Accepted less everything accounted for: positive when something was dropped, negative when
    /// something was counted twice. Wide, so that it cannot overflow.
    #[must_use]
    pub fn missing(&self) -> i128 {
        i128::from(self.accepted)
            - i128::from(self.confirmed)
            - i128::from(self.open)
            - i128::from(self.rejected)
    }

    /// Whether everything that arrived is accounted for.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.missing() == 0
            && [self.accepted, self.confirmed, self.open, self.rejected]
                .iter()
                .all(|n| *n >= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_dropped_and_nothing_counts_twice() {
        let intake = Intake {
            accepted: 10,
            confirmed: 7,
            open: 2,
            rejected: 1,
        };
        assert!(intake.holds());
        let dropped = Intake {
            accepted: 11,
            ..intake
        };
        assert_eq!((dropped.holds(), dropped.missing()), (false, 1));
        let twice = Intake { open: 3, ..intake };
        assert_eq!((twice.holds(), twice.missing()), (false, -1));
        assert!(
            !Intake {
                accepted: 0,
                confirmed: 1,
                open: -1,
                rejected: 0
            }
            .holds()
        );
    }
}
