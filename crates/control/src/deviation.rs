//! The global template and the register of deviations from it: who approved them, why, where, and
//! until when. A local value is possible only for the keys that the template opens.

use serde::{Deserialize, Serialize};
use std::fmt;
use values::Date;

/// Why a process or a value differs from the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationClass {
    /// It earns something.
    Strategic,
    /// The law wants it.
    Regulatory,
    /// It is there because it was there; it has an end.
    Legacy,
}

impl DeviationClass {
    /// Every class.
    pub const ALL: [DeviationClass; 3] = [
        DeviationClass::Strategic,
        DeviationClass::Regulatory,
        DeviationClass::Legacy,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeviationClass::Strategic => "strategic",
            DeviationClass::Regulatory => "regulatory",
            DeviationClass::Legacy => "legacy",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<DeviationClass> {
        DeviationClass::ALL
            .into_iter()
            .find(|class| class.as_str() == word)
    }
}

impl fmt::Display for DeviationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A value of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateKey {
    /// Its name.
    pub key: String,
    /// What holds everywhere.
    pub value: String,
    /// Whether a deviation may give it another value in an entity.
    pub overridable: bool,
    /// What it decides, for people.
    pub about: String,
    /// The least value of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<i64>,
    /// The greatest value of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
}

/// What holds everywhere unless a deviation says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Of the file.
    pub version: u32,
    /// The keys.
    pub keys: Vec<TemplateKey>,
}

/// Days from invoice to due date for customers who pay by transfer and come from the CRM.
pub const PAYMENT_TERMS: &str = "payment_terms_days";

/// Keys that the program reads; a template without one of them is refused.
pub const KEYS: &[&str] = &[PAYMENT_TERMS];

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefusal {
    /// The text has not the shape of one.
    #[error("the template cannot be read: {message}")]
    Unreadable {
        /// What the reader said.
        message: String,
    },
    /// A key that the program reads is missing.
    #[error("the template lacks the key {key}; add it with its value")]
    Missing {
        /// The key.
        key: String,
    },
    /// A key stands twice.
    #[error("the key {key} stands twice; leave one out")]
    Twice {
        /// The key.
        key: String,
    },
    /// A value is outside what its key allows.
    #[error("{0}")]
    Value(ValueRefusal),
}

/// A value that its key does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} cannot be {value:?}; use {mend}")]
pub struct ValueRefusal {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// What would do.
    pub mend: String,
}

impl TemplateKey {
    /// Whether it can have a value.
    ///
    /// # Errors
    /// When it is a number and the value is none, or outside its range.
    pub fn check(&self, value: &str) -> Result<(), ValueRefusal> {
        let (Some(least), Some(most)) = (self.least, self.most) else {
            return Ok(());
        };
        match value.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(()),
            _ => Err(ValueRefusal {
                key: self.key.clone(),
                value: value.to_owned(),
                mend: format!("a whole number from {least} to {most}"),
            }),
        }
    }
}

impl Template {
    /// The template that ships with the program.
    pub const STANDARD: &'static str = include_str!("../data/template.toml");

    /// Reads a template.
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn read(text: &str) -> Result<Template, TemplateRefusal> {
        let template: Template =
            values::read_toml(text).map_err(|error| TemplateRefusal::Unreadable {
                message: error.to_string().trim().to_owned(),
            })?;
        for key in KEYS {
            if template.key(key).is_none() {
                return Err(TemplateRefusal::Missing {
                    key: (*key).to_owned(),
                });
            }
        }
        for (index, key) in template.keys.iter().enumerate() {
            if template.keys[..index]
                .iter()
                .any(|other| other.key == key.key)
            {
                return Err(TemplateRefusal::Twice {
                    key: key.key.clone(),
                });
            }
            key.check(&key.value).map_err(TemplateRefusal::Value)?;
        }
        Ok(template)
    }

    /// A key.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&TemplateKey> {
        self.keys.iter().find(|key| key.key == name)
    }
}

/// A deviation as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeviation<'a> {
    /// Why it differs.
    pub class: DeviationClass,
    /// What differs, in words.
    pub title: &'a str,
    /// The reason, for the auditor.
    pub reason: &'a str,
    /// The legal entity in which it holds; empty for all.
    pub entity: &'a str,
    /// The key of the template that gets another value; empty for a deviation of a process.
    pub key: &'a str,
    /// The other value.
    pub value: &'a str,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// One thing wrong with a deviation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviationRefusal {
    /// Nothing is said about it.
    #[error("{field} is empty; say {what}")]
    Empty {
        /// Which field.
        field: &'static str,
        /// What to say.
        what: &'static str,
    },
    /// A legacy deviation without an end.
    #[error("a legacy deviation has an end date; state the last day on which it may hold in until")]
    NoEnd,
    /// The end is past.
    #[error("until {until} is past; state a day after {today}")]
    EndPast {
        /// What was given.
        until: Date,
        /// Today.
        today: Date,
    },
    /// The template does not have that key.
    #[error("{key:?} is no key of the template; local values are possible for: {open}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that are open.
        open: String,
    },
    /// The template does not open that key.
    #[error(
        "{key} is the same everywhere and cannot be overridden; local values are possible for: {open}"
    )]
    Closed {
        /// The key.
        key: String,
        /// The keys that are open.
        open: String,
    },
    /// The value is not one for the key.
    #[error(transparent)]
    Value(#[from] ValueRefusal),
}

impl DeviationRefusal {
    /// The field at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            DeviationRefusal::Empty { field, .. } => field,
            DeviationRefusal::NoEnd | DeviationRefusal::EndPast { .. } => "until",
            DeviationRefusal::UnknownKey { .. } | DeviationRefusal::Closed { .. } => "key",
            DeviationRefusal::Value(_) => "value",
        }
    }
}

/// Whether a deviation may be asked for.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(
    new: &NewDeviation<'_>,
    template: &Template,
    today: Date,
) -> Result<(), Vec<DeviationRefusal>> {
    let mut wrong = Vec::new();
    let empty = |text: &str, field, what| {
        text.trim()
            .is_empty()
            .then_some(DeviationRefusal::Empty { field, what })
    };
    wrong.extend(empty(new.title, "title", "what differs"));
    wrong.extend(empty(new.reason, "reason", "why it has to differ"));
    match new.until {
        None if new.class == DeviationClass::Legacy => wrong.push(DeviationRefusal::NoEnd),
        Some(until) if until < today => {
            wrong.push(DeviationRefusal::EndPast { until, today });
        }
        _ => {}
    }
    if !new.key.is_empty() {
        let open: Vec<&str> = template
            .keys
            .iter()
            .filter(|key| key.overridable)
            .map(|key| key.key.as_str())
            .collect();
        let (key, open) = (new.key.to_owned(), open.join(", "));
        match template.key(new.key) {
            None => wrong.push(DeviationRefusal::UnknownKey { key, open }),
            Some(found) if !found.overridable => {
                wrong.push(DeviationRefusal::Closed { key, open });
            }
            Some(found) => {
                wrong.extend(found.check(new.value).err().map(DeviationRefusal::Value));
                wrong.extend(empty(
                    new.entity,
                    "entity",
                    "in which legal entity the value holds",
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Where a deviation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationStanding {
    /// Waits for the design authority.
    Proposed,
    /// Approved, and its end has not come.
    InForce,
    /// Approved, but its last day is past: it holds no more and is to be ended or renewed.
    Overdue,
    /// Ended by a person.
    Ended,
    /// Not approved.
    Denied,
}

impl DeviationStanding {
    /// The word shown and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeviationStanding::Proposed => "proposed",
            DeviationStanding::InForce => "in_force",
            DeviationStanding::Overdue => "overdue",
            DeviationStanding::Ended => "ended",
            DeviationStanding::Denied => "denied",
        }
    }
}

/// Where a stored deviation stands on a day; `state` is the stored word.
#[must_use]
pub fn standing(state: &str, until: Option<Date>, today: Date) -> DeviationStanding {
    match state {
        "approved" if until.is_some_and(|until| until < today) => DeviationStanding::Overdue,
        "approved" => DeviationStanding::InForce,
        "ended" => DeviationStanding::Ended,
        "denied" => DeviationStanding::Denied,
        _ => DeviationStanding::Proposed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new<'a>() -> NewDeviation<'a> {
        NewDeviation {
            class: DeviationClass::Legacy,
            title: "60 days in Italy",
            reason: "contracts of the acquired company",
            entity: "IT",
            key: PAYMENT_TERMS,
            value: "60",
            until: Some(Date::constant(2026, 12, 31)),
        }
    }

    fn fields(new: &NewDeviation<'_>) -> Vec<&'static str> {
        let template = Template::read(Template::STANDARD).unwrap();
        match check(new, &template, Date::constant(2026, 6, 1)) {
            Ok(()) => Vec::new(),
            Err(wrong) => wrong.iter().map(DeviationRefusal::field).collect(),
        }
    }

    #[test]
    fn a_legacy_deviation_has_an_end_and_every_one_a_reason() {
        assert!(fields(&new()).is_empty());
        assert_eq!(
            fields(&NewDeviation {
                until: None,
                ..new()
            }),
            ["until"]
        );
        let strategic = NewDeviation {
            class: DeviationClass::Strategic,
            until: None,
            ..new()
        };
        assert!(fields(&strategic).is_empty());
        let past = NewDeviation {
            until: Some(Date::constant(2026, 5, 31)),
            reason: " ",
            ..new()
        };
        assert_eq!(fields(&past), ["reason", "until"]);
    }

    #[test]
    fn only_open_keys_have_local_values_within_their_range() {
        let closed = NewDeviation {
            key: "posting_rules",
            ..new()
        };
        assert_eq!(fields(&closed), ["key"]);
        assert_eq!(
            fields(&NewDeviation {
                key: "colour",
                ..new()
            }),
            ["key"]
        );
        assert_eq!(
            fields(&NewDeviation {
                value: "sixty",
                ..new()
            }),
            ["value"]
        );
        assert_eq!(
            fields(&NewDeviation {
                value: "9000",
                ..new()
            }),
            ["value"]
        );
        assert_eq!(
            fields(&NewDeviation {
                entity: "",
                ..new()
            }),
            ["entity"]
        );
    }

    #[test]
    fn an_approved_deviation_is_overdue_the_day_after_its_last_one() {
        let until = Some(Date::constant(2026, 6, 30));
        let on = |day| standing("approved", until, Date::constant(2026, day, 1));
        assert_eq!(on(6), DeviationStanding::InForce);
        assert_eq!(on(7), DeviationStanding::Overdue);
        assert_eq!(
            standing("approved", None, Date::constant(2099, 1, 1)),
            DeviationStanding::InForce
        );
    }
}
