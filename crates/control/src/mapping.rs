//! Mappings between another system's words and ours, as data: which field there holds which field
//! here, and which value there is which value here. A value that a map does not have is named, and
//! never replaced by a default.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fields of the CRM that can be called something else there.
pub const SALESFORCE_FIELDS: &[(&str, &str)] = &[
    ("order.booked_value", "Total_Contract_Value__c"),
    ("order.currency", "CurrencyIsoCode"),
    ("order.start", "Tieout_Start__c"),
    ("order.end", "Tieout_End__c"),
    ("order.entity", "Tieout_Entity__c"),
    ("order.billing_frequency", "Billing_Frequency__c"),
    ("order.upgrades", "Upgrades_Opportunity__c"),
    ("customer.processor_customer", "Stripe_Customer__c"),
    ("customer.payment_method", "Payment_Method__c"),
];

/// Fields of the CRM whose values can be mapped.
pub const SALESFORCE_VALUES: &[&str] = &[
    "order.billing_frequency",
    "order.currency",
    "order.entity",
    "order.product",
];

/// Codes that the outside ledger knows by ids of its own.
pub const NETSUITE_VALUES: &[&str] = &["ledger.account", "ledger.currency", "ledger.entity"];

/// The values of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueMap {
    /// Our field.
    pub field: String,
    /// Whether each value on the other side comes from one value only, so that it can be read back.
    #[serde(default)]
    pub round_trip: bool,
    /// The value that comes in, and the value that it becomes.
    pub map: BTreeMap<String, String>,
}

/// A mapping file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Of the file.
    pub version: u32,
    /// The other system.
    pub system: String,
    /// Our field and the field there.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Values of fields.
    #[serde(default)]
    pub values: Vec<ValueMap>,
}

/// A value without a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{field}: {value:?} of {system} is not mapped; propose it in the mapping of {system}, or correct the record there"
)]
pub struct Unmapped {
    /// The other system.
    pub system: String,
    /// Our field.
    pub field: String,
    /// The value.
    pub value: String,
}

/// One thing wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// The text has not the shape of one.
    #[error("the mapping cannot be read: {message}")]
    Unreadable {
        /// What the reader said.
        message: String,
    },
    /// It is for another system.
    #[error("the mapping is for {found:?}; this document is for {wanted}")]
    OtherSystem {
        /// What the file says.
        found: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// A field that cannot be mapped.
    #[error("{field:?} cannot be mapped; use one of: {known}")]
    UnknownField {
        /// The field.
        field: String,
        /// Fields that can.
        known: String,
    },
    /// Two fields lead to one field there.
    #[error("{first} and {second} are both {theirs} there; each field there is one field here")]
    FieldTwice {
        /// One field.
        first: String,
        /// The other one.
        second: String,
        /// The field there.
        theirs: String,
    },
    /// A field name that cannot be one there.
    #[error("{field}: {theirs:?} cannot be a field there; use letters, digits and _ only")]
    BadName {
        /// Our field.
        field: String,
        /// What was given.
        theirs: String,
    },
    /// A field has two maps.
    #[error("{field} has two maps of values; make one of them")]
    MapTwice {
        /// The field.
        field: String,
    },
    /// A value is said to be readable back and is not.
    #[error(
        "{field} claims a round trip, but {first:?} and {second:?} both become {value:?}; leave the claim out or tell them apart"
    )]
    NoRoundTrip {
        /// The field.
        field: String,
        /// One value.
        first: String,
        /// The other one.
        second: String,
        /// What both become.
        value: String,
    },
}

impl Mapping {
    /// The mapping of Salesforce that ships with the program.
    pub const SALESFORCE: &'static str = include_str!("../data/mapping-salesforce.toml");
    /// The mapping of NetSuite that ships with the program: nothing, for every account has ids of
    /// its own.
    pub const NETSUITE: &'static str = include_str!("../data/mapping-netsuite.toml");

    /// Reads the mapping of Salesforce.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn salesforce(text: &str) -> Result<Mapping, Vec<MappingProblem>> {
        let fields: Vec<&str> = SALESFORCE_FIELDS.iter().map(|(ours, _)| *ours).collect();
        read(text, "salesforce", &fields, SALESFORCE_VALUES)
    }

    /// Reads the mapping of NetSuite.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn netsuite(text: &str) -> Result<Mapping, Vec<MappingProblem>> {
        read(text, "netsuite", &[], NETSUITE_VALUES)
    }

    /// What a field is called there; nothing when it has the name that the program knows.
    #[must_use]
    pub fn field(&self, ours: &str) -> Option<&str> {
        self.fields.get(ours).map(String::as_str)
    }

    /// The map of a field, if it has one.
    #[must_use]
    pub fn map(&self, field: &str) -> Option<&ValueMap> {
        self.values.iter().find(|values| values.field == field)
    }

    /// What a value becomes. A field without a map keeps its values. Spaces around and the case of
    /// letters do not matter, unless a value is there exactly as written.
    ///
    /// # Errors
    /// When the field has a map without that value.
    pub fn translate(&self, field: &str, value: &str) -> Result<String, Unmapped> {
        let Some(values) = self.map(field) else {
            return Ok(value.to_owned());
        };
        let plain = |text: &str| text.trim().to_lowercase();
        let same = plain(value);
        values
            .map
            .get(value)
            .or_else(|| {
                let mut found = values.map.iter().filter(|(from, _)| plain(from) == same);
                found.next().map(|(_, to)| to)
            })
            .cloned()
            .ok_or_else(|| Unmapped {
                system: self.system.clone(),
                field: field.to_owned(),
                value: value.to_owned(),
            })
    }

    /// What a value came from, where the map claims that it can be read back.
    #[must_use]
    pub fn back(&self, field: &str, value: &str) -> Option<&str> {
        let values = self.map(field).filter(|values| values.round_trip)?;
        values
            .map
            .iter()
            .find(|(_, to)| to.as_str() == value)
            .map(|(from, _)| from.as_str())
    }
}

fn read(
    text: &str,
    system: &'static str,
    fields: &[&str],
    values: &[&str],
) -> Result<Mapping, Vec<MappingProblem>> {
    let mapping: Mapping = values::read_toml(text).map_err(|error| {
        vec![MappingProblem::Unreadable {
            message: error.to_string().trim().to_owned(),
        }]
    })?;
    let mut problems = Vec::new();
    if mapping.system != system {
        problems.push(MappingProblem::OtherSystem {
            found: mapping.system.clone(),
            wanted: system,
        });
    }
    check_fields(&mapping, fields, &mut problems);
    check_values(&mapping, values, &mut problems);
    if problems.is_empty() {
        Ok(mapping)
    } else {
        Err(problems)
    }
}

fn check_fields(mapping: &Mapping, known: &[&str], problems: &mut Vec<MappingProblem>) {
    for (index, (field, theirs)) in mapping.fields.iter().enumerate() {
        if !known.contains(&field.as_str()) {
            problems.push(MappingProblem::UnknownField {
                field: field.clone(),
                known: known.join(", "),
            });
        }
        let is_name = theirs
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if theirs.is_empty() || !is_name {
            problems.push(MappingProblem::BadName {
                field: field.clone(),
                theirs: theirs.clone(),
            });
        }
        // Order and customer are different objects there.
        let object = |name: &str| name.split('.').next().map(str::to_owned);
        let twin = mapping
            .fields
            .iter()
            .take(index)
            .find(|(other, name)| *name == theirs && object(other) == object(field));
        if let Some((first, _)) = twin {
            problems.push(MappingProblem::FieldTwice {
                first: first.clone(),
                second: field.clone(),
                theirs: theirs.clone(),
            });
        }
    }
}

fn check_values(mapping: &Mapping, known: &[&str], problems: &mut Vec<MappingProblem>) {
    for (index, values) in mapping.values.iter().enumerate() {
        if !known.contains(&values.field.as_str()) {
            problems.push(MappingProblem::UnknownField {
                field: values.field.clone(),
                known: known.join(", "),
            });
        }
        if mapping.values[..index]
            .iter()
            .any(|it| it.field == values.field)
        {
            problems.push(MappingProblem::MapTwice {
                field: values.field.clone(),
            });
        }
        if !values.round_trip {
            continue;
        }
        let pairs: Vec<(&String, &String)> = values.map.iter().collect();
        for (at, (from, to)) in pairs.iter().enumerate() {
            if let Some((first, _)) = pairs[..at].iter().find(|(_, other)| other == to) {
                problems.push(MappingProblem::NoRoundTrip {
                    field: values.field.clone(),
                    first: (*first).clone(),
                    second: (*from).clone(),
                    value: (*to).clone(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_mappings_are_read_and_translate_what_the_crm_says() {
        let salesforce = Mapping::salesforce(Mapping::SALESFORCE).unwrap();
        let frequency = |word: &str| salesforce.translate("order.billing_frequency", word);
        assert_eq!(frequency("Quarterly").unwrap(), "quarterly");
        assert_eq!(frequency(" annually ").unwrap(), "annual");
        assert_eq!(
            salesforce.translate("order.product", "SEAT").unwrap(),
            "SEAT"
        );
        let told = frequency("Fortnightly").unwrap_err().to_string();
        assert!(
            told.contains("Fortnightly") && told.contains("billing_frequency"),
            "{told}"
        );
        for (ours, standard) in SALESFORCE_FIELDS {
            assert_eq!(salesforce.field(ours), Some(*standard));
        }
        assert!(
            Mapping::netsuite(Mapping::NETSUITE)
                .unwrap()
                .values
                .is_empty()
        );
    }

    #[test]
    fn a_claimed_round_trip_is_checked_and_leads_back() {
        let head = "version = 1\nsystem = \"netsuite\"\n[[values]]\nfield = \"ledger.account\"\nround_trip = true\n";
        let good = Mapping::netsuite(&format!("{head}map = {{ 1100 = \"119\", 2400 = \"220\" }}"))
            .unwrap();
        for code in ["1100", "2400"] {
            let there = good.translate("ledger.account", code).unwrap();
            assert_eq!(good.back("ledger.account", &there), Some(code));
        }
        let bad = Mapping::netsuite(&format!("{head}map = {{ 1100 = \"119\", 2400 = \"119\" }}"))
            .unwrap_err();
        assert!(
            bad[0].to_string().contains("claims a round trip"),
            "{bad:?}"
        );
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_named_at_once() {
        let text = "version = 1\nsystem = \"hubspot\"\n[fields]\n\"order.colour\" = \"Colour\"\n\"order.start\" = \"A B\"\n\"order.end\" = \"X\"\n\"order.entity\" = \"X\"\n";
        let told = Mapping::salesforce(text).unwrap_err();
        assert_eq!(told.len(), 4, "{told:?}");
    }
}
