//! Posting rules as data: the book of them, what can be wrong with it, and which rule holds when.

use crate::catalogue::{Attribute, Each, POSTING_EVENTS, PostingEvent};
use crate::chart::lines as write_lines;
use crate::{Chart, Dimension, Facts, rules_text};
use std::collections::BTreeMap;
use std::fmt;
use values::{AccountCode, Date};

/// The side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Left: positive.
    Debit,
    /// Right: negative.
    Credit,
}

/// How a rule line finds its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChoice {
    /// Always this one.
    One(AccountCode),
    /// By the value of an attribute.
    By {
        /// The attribute, of the catalogue.
        attribute: &'static str,
        /// Value and account.
        map: BTreeMap<String, AccountCode>,
    },
}

impl AccountChoice {
    /// Every account that it can come to.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountCode> {
        let (one, many) = match self {
            AccountChoice::One(account) => (Some(account), None),
            AccountChoice::By { map, .. } => (None, Some(map.values())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// One line that a rule posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine {
    /// Which side a positive amount goes to.
    pub side: Side,
    /// Where it goes.
    pub account: AccountChoice,
    /// Which amount, of the catalogue.
    pub amount: &'static str,
    /// Once for the document, or for each of its lines.
    pub each: Each,
    /// What the line is kept apart by.
    pub dimensions: Vec<Dimension>,
}

/// An attribute of the document that must have one of these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The attribute, of the catalogue.
    pub attribute: &'static str,
    /// Any of these will do.
    pub values: Vec<String>,
}

/// One version of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name; shared by its versions.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// The event that it posts.
    pub event: &'static PostingEvent,
    /// All must hold.
    pub when: Vec<Condition>,
    /// First accounting date; none means from the beginning.
    pub effective_from: Option<Date>,
    /// What it posts.
    pub lines: Vec<RuleLine>,
}

/// All posting rules. They fit the catalogue of events once the book exists; whether they fit a
/// chart and leave no event unposted is asked with [`RuleBook::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBook {
    pub(crate) version: u32,
    /// In the order of the file, versions of one rule together, the latest in force first.
    pub(crate) rules: Vec<Rule>,
}

/// One thing wrong with the rules. Each names the rule, the field, the value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// The text is not TOML, or lacks `version` or `rules`.
    #[error("the posting rules cannot be read: {message}")]
    Unreadable {
        /// What the reader said, with the line.
        message: String,
    },
    /// A rule does not have the shape of one.
    #[error(
        "rule {rule}: {message}; the head of the shipped posting-rules.toml explains every field"
    )]
    Shape {
        /// Its id, or its position when it has none.
        rule: String,
        /// What the reader said, with the field.
        message: String,
    },
    /// A field holds what it cannot hold.
    #[error("rule {rule}: {field} is {value:?}; {mend}")]
    Field {
        /// The rule.
        rule: String,
        /// The field, such as `lines[2].amount`.
        field: String,
        /// What it holds.
        value: String,
        /// What it can hold.
        mend: String,
    },
    /// Two versions of a rule cannot be told apart.
    #[error("rule {rule}: {field} {value} is used by two of its versions; give each its own")]
    VersionTwice {
        /// The rule.
        rule: String,
        /// `version` or `effective_from`.
        field: &'static str,
        /// The value used twice.
        value: String,
    },
    /// A rule posts to an account that the chart does not have.
    #[error("rule {rule}: account {account} is not in the chart; add it there or change the rule")]
    UnknownAccount {
        /// The rule.
        rule: String,
        /// The account.
        account: AccountCode,
    },
    /// A map does not have an account for a value that will come.
    #[error(
        "rule {rule}: no account is mapped for {attribute} {value:?}, which can occur; add it to the map"
    )]
    Unmapped {
        /// The rule.
        rule: String,
        /// The attribute.
        attribute: &'static str,
        /// The value left out.
        value: String,
    },
    /// An event that must be posted would not be.
    #[error("{event_type} must be posted, but no rule takes it{attributes}; add one")]
    NotPosted {
        /// The CloudEvents type.
        event_type: &'static str,
        /// ` with method = card`, or nothing when there is no rule at all.
        attributes: String,
    },
}

/// Posting rules that cannot be used, with everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBookRefusal {
    /// At least one.
    pub problems: Vec<RuleProblem>,
}

impl fmt::Display for RuleBookRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.problems)
    }
}

impl std::error::Error for RuleBookRefusal {}

impl Rule {
    /// Whether it takes an event whose attributes `value_of` tells.
    pub(crate) fn takes<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.when.iter().all(|condition| {
            value_of(condition.attribute)
                .is_some_and(|value| condition.values.iter().any(|wanted| wanted == value))
        })
    }

    /// Whether it is in force on `date`.
    #[must_use]
    pub fn in_force(&self, date: Date) -> bool {
        self.effective_from.is_none_or(|from| from <= date)
    }
}

impl RuleBook {
    /// The text of the standard rules, with their documentation.
    pub const STANDARD: &'static str = include_str!("../data/posting-rules.toml");

    /// Reads a book from its TOML file.
    ///
    /// # Errors
    /// When a rule names an event, attribute, amount or dimension that does not exist, or is not
    /// complete; every problem is named.
    pub fn read(text: &str) -> Result<RuleBook, RuleBookRefusal> {
        rules_text::read(text)
    }

    /// The rules that ship with Tieout; they fit [`Chart::standard`].
    ///
    /// # Errors
    /// Never for the file in this crate, which a test reads.
    pub fn standard() -> Result<RuleBook, RuleBookRefusal> {
        RuleBook::read(RuleBook::STANDARD)
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Every version of every rule: rules in the order of the file, the latest version first.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that takes `facts` on `date`: the first rule whose version in force takes them.
    #[must_use]
    pub fn select(&self, facts: &Facts<'_>, date: Date) -> Option<&Rule> {
        let mut last: Option<&str> = None;
        self.rules
            .iter()
            .filter(|rule| rule.event.event_type == facts.event_type && rule.in_force(date))
            .filter(|rule| last.replace(rule.id.as_str()) != Some(rule.id.as_str()))
            .find(|rule| rule.takes(|name| facts.document.attribute(name)))
    }

    /// The rules in force on `date`, or from a later day on, that take events of this type and do not post
    /// one of its amounts for the whole event, in the order of the file.
    #[must_use]
    pub fn without(&self, event_type: &str, amount: &str, date: Date) -> Vec<&Rule> {
        let mut last: Option<&str> = None;
        self.rules
            .iter()
            .filter(|rule| rule.event.event_type == event_type)
            // The versions of a rule stand together, the latest first.
            .filter(|rule| {
                !rule.in_force(date) || last.replace(rule.id.as_str()) != Some(rule.id.as_str())
            })
            .filter(|rule| {
                let posts = |line: &RuleLine| line.each == Each::Document && line.amount == amount;
                !rule.lines.iter().any(posts)
            })
            .collect()
    }

    /// Whether the rules fit `chart`, map every value that is known to occur, and leave no event
    /// unposted that must be posted.
    ///
    /// # Errors
    /// When they do not; every problem is named.
    pub fn check(&self, chart: &Chart) -> Result<(), RuleBookRefusal> {
        let mut problems = Vec::new();
        for rule in &self.rules {
            for line in &rule.lines {
                check_line(rule, line, chart, &mut problems);
            }
        }
        for event in POSTING_EVENTS {
            self.check_coverage(event, &mut problems);
        }
        problems.dedup();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(RuleBookRefusal { problems })
        }
    }

    /// Names every combination of known values of an event's attributes that no rule takes.
    fn check_coverage(&self, event: &'static PostingEvent, problems: &mut Vec<RuleProblem>) {
        let versions: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.event.event_type == event.event_type)
            .collect();
        if versions.is_empty() {
            problems.push(RuleProblem::NotPosted {
                event_type: event.event_type,
                attributes: String::new(),
            });
            return;
        }
        for combination in combinations(event.document.attributes) {
            let value_of = |name: &str| {
                combination
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| *value)
            };
            if !versions.iter().any(|rule| rule.takes(value_of)) {
                let pairs: Vec<_> = combination
                    .iter()
                    .map(|(name, value)| format!("{name} = {value}"))
                    .collect();
                let attributes = match pairs.is_empty() {
                    true => " without a condition".to_owned(),
                    false => format!(" with {}", pairs.join(", ")),
                };
                problems.push(RuleProblem::NotPosted {
                    event_type: event.event_type,
                    attributes,
                });
            }
        }
    }
}

fn check_line(rule: &Rule, line: &RuleLine, chart: &Chart, problems: &mut Vec<RuleProblem>) {
    for account in line.account.accounts() {
        if chart.account(account).is_none() {
            problems.push(RuleProblem::UnknownAccount {
                rule: rule.id.clone(),
                account: account.clone(),
            });
        }
    }
    let AccountChoice::By { attribute, map } = &line.account else {
        return;
    };
    let known = rule
        .event
        .attribute(line.each, attribute)
        .and_then(|a| a.values);
    let condition = rule.when.iter().find(|c| c.attribute == *attribute);
    for value in known.into_iter().flatten() {
        let can_occur = condition.is_none_or(|c| c.values.iter().any(|v| v == value));
        if can_occur && !map.contains_key(*value) {
            problems.push(RuleProblem::Unmapped {
                rule: rule.id.clone(),
                attribute,
                value: (*value).to_owned(),
            });
        }
    }
}

/// Every combination of the values of those attributes whose values are known beforehand.
fn combinations(attributes: &[Attribute]) -> Vec<Vec<(&'static str, &'static str)>> {
    let mut combinations = vec![Vec::new()];
    for attribute in attributes {
        let Some(values) = attribute.values else {
            continue;
        };
        combinations = combinations
            .iter()
            .flat_map(|so_far| {
                values.iter().map(move |value| {
                    let mut longer = so_far.clone();
                    longer.push((attribute.name, *value));
                    longer
                })
            })
            .collect();
    }
    combinations
}
