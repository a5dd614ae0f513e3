//! Why an event of use, or a meter, is not taken.

use values::MeterCode;

/// Why an event of use, or a meter, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageRefusal {
    /// A field of an event cannot be used.
    #[error("{field} is {value:?}; {mend}")]
    Field {
        /// The field.
        field: String,
        /// What it holds, cut to 80 characters.
        value: String,
        /// What to write instead.
        mend: String,
    },
    /// A setting of a meter makes no sense.
    #[error("{field} is {value}; {mend}")]
    Setting {
        /// The field.
        field: String,
        /// What it holds.
        value: String,
        /// What to write instead.
        mend: &'static str,
    },
    /// The aggregate does not fit.
    #[error(
        "the use of meter {meter} adds up to more than can be kept exactly; bill it more often, or measure it in a larger unit"
    )]
    TooLarge {
        /// The meter.
        meter: MeterCode,
    },
}

impl UsageRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Field { .. } => "bad_usage_event",
            Self::Setting { .. } => "bad_meter_setting",
            Self::TooLarge { .. } => "usage_too_large",
        }
    }

    /// The field at fault.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::Field { field, .. } | Self::Setting { field, .. } => field,
            Self::TooLarge { .. } => "value",
        }
    }

    pub(super) fn setting(field: &str, value: impl ToString, mend: &'static str) -> Self {
        Self::Setting {
            field: field.to_owned(),
            value: value.to_string(),
            mend,
        }
    }

    pub(super) fn of(field: &str, value: &str, mend: impl Into<String>) -> Self {
        Self::Field {
            field: field.to_owned(),
            value: value.chars().take(80).collect(),
            mend: mend.into(),
        }
    }
}
