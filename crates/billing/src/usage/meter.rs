//! Meters: what is counted or read, and the rules for what comes late.

use super::UsageRefusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use values::{Decimal, MeterCode};

/// Something that is measured, such as calls of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// Its code, which events name.
    pub code: MeterCode,
    /// Its name for people.
    pub name: String,
    /// What one of it is called, such as `call`.
    pub unit: String,
    /// How the events of a period become one quantity.
    pub aggregation: Aggregation,
    /// How that quantity is rounded; not at all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<MeterRounding>,
    /// What events may say beside their value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Dimension>,
    /// What becomes of an event whose period has been billed.
    #[serde(default)]
    pub late: LateRule,
    /// What becomes of an event after the end of the service.
    #[serde(default)]
    pub after_end: AfterEnd,
}

/// How the events of a period become one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// The sum of the values.
    Sum,
    /// How many events there are.
    Count,
    /// How many different values there are, such as users.
    UniqueCount,
    /// The highest value.
    Max,
    /// The value of the last event by its own time.
    Last,
    /// The level that the values add up to, weighted by how long it held in the period. The level
    /// goes on from one period to the next.
    WeightedSum,
}

impl Aggregation {
    /// Whether the quantity is a level: that of a period is not the sum of those of its parts.
    #[must_use]
    pub fn is_level(self) -> bool {
        matches!(
            self,
            Aggregation::Max | Aggregation::Last | Aggregation::WeightedSum
        )
    }

    /// Whether values are numbers.
    #[must_use]
    pub fn reads_numbers(self) -> bool {
        !matches!(self, Aggregation::Count | Aggregation::UniqueCount)
    }

    /// The word for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Aggregation::Sum => "sum",
            Aggregation::Count => "count",
            Aggregation::UniqueCount => "unique count",
            Aggregation::Max => "highest",
            Aggregation::Last => "last",
            Aggregation::WeightedSum => "sum weighted by time",
        }
    }
}

/// How the quantity of a period is rounded before it is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeterRounding {
    /// Decimal places that are kept, at most 12.
    pub places: u32,
    /// Which way.
    pub mode: RoundingMode,
}

/// Which way a quantity is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// Up: a begun unit is a whole one.
    Up,
    /// Down: only whole units count.
    Down,
    /// To the nearest, halves up.
    HalfUp,
}

impl MeterRounding {
    /// The rounded quantity.
    #[must_use]
    pub fn apply(self, value: Decimal) -> Decimal {
        use values::RoundingStrategy as Strategy;
        let strategy = match self.mode {
            RoundingMode::Up => Strategy::AwayFromZero,
            RoundingMode::Down => Strategy::ToZero,
            RoundingMode::HalfUp => Strategy::MidpointAwayFromZero,
        };
        value.round_dp_with_strategy(self.places, strategy)
    }
}

/// Something that events may say beside their value, such as a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// The values that it may have; any when empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub values: BTreeSet<String>,
    /// Whether every event must say it.
    #[serde(default)]
    pub required: bool,
}

/// What becomes of an event whose period has been billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum LateRule {
    /// It counts in its own period, which is billed again for the difference, as long as not more
    /// than `look_back` periods have been billed since.
    OriginalPeriod {
        /// How many billed periods back, from 1.
        look_back: u32,
    },
    /// It counts in the first period that has not been billed.
    NextPeriod,
    /// It is refused.
    Refuse,
    /// It counts in its own period, but only to the good of the customer: what comes to less is
    /// given back, what comes to more is not charged.
    Credit {
        /// How many billed periods back, from 1.
        look_back: u32,
    },
}

impl Default for LateRule {
    fn default() -> Self {
        LateRule::OriginalPeriod { look_back: 3 }
    }
}

impl LateRule {
    /// Billed periods that are looked back.
    #[must_use]
    pub fn look_back(self) -> u32 {
        match self {
            LateRule::OriginalPeriod { look_back } | LateRule::Credit { look_back } => look_back,
            LateRule::NextPeriod | LateRule::Refuse => 0,
        }
    }

    /// The rule in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            LateRule::OriginalPeriod { look_back } => {
                format!("counts in its own period, {look_back} billed periods back")
            }
            LateRule::NextPeriod => "counts in the next period".to_owned(),
            LateRule::Refuse => "is refused".to_owned(),
            LateRule::Credit { look_back } => {
                format!("can only lower its own period, {look_back} billed periods back")
            }
        }
    }
}

/// What becomes of an event after the end of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterEnd {
    /// It is refused.
    #[default]
    Refuse,
    /// It is held behind an exception until somebody decides, or the service goes on after all.
    Hold,
}

impl Meter {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// Which field is wrong, its value, and what to write instead.
    pub fn check(&self) -> Result<(), UsageRefusal> {
        if let Some(rounding) = self.rounding
            && rounding.places > 12
        {
            let mend = "keep at most 12 decimal places";
            return Err(UsageRefusal::setting(
                "rounding.places",
                rounding.places,
                mend,
            ));
        }
        let look_back = self.late.look_back();
        let looks = matches!(
            self.late,
            LateRule::OriginalPeriod { .. } | LateRule::Credit { .. }
        );
        if looks && !(1..=60).contains(&look_back) {
            let mend = "look back 1 to 60 billed periods";
            return Err(UsageRefusal::setting("late.look_back", look_back, mend));
        }
        for (index, dimension) in self.dimensions.iter().enumerate() {
            let twice = self
                .dimensions
                .iter()
                .take(index)
                .any(|known| known.name == dimension.name);
            if dimension.name.trim().is_empty() || dimension.name.len() > 60 || twice {
                let mend = "give each dimension a name of its own, 1 to 60 bytes long";
                let field = format!("dimensions[{index}].name");
                return Err(UsageRefusal::setting(&field, &dimension.name, mend));
            }
        }
        Ok(())
    }
}
