//! Reading posting rules from TOML: every problem is named with the rule, the field, the value and
//! the mend, and all of them at once.

use crate::Dimension;
use crate::catalogue::{Each, POSTING_EVENTS, PostingEvent};
use crate::rules::{
    AccountChoice, Condition, Rule, RuleBook, RuleBookRefusal, RuleLine, RuleProblem, Side,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use values::{AccountCode, Date, parse_date};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    version: u32,
    rules: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    id: String,
    version: u32,
    event: String,
    #[serde(default)]
    when: BTreeMap<String, OneOrMany>,
    effective_from: Option<String>,
    #[serde(default = "document")]
    each: Each,
    lines: Vec<LineText>,
}

fn document() -> Each {
    Each::Document
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a value, or a list of values such as [\"card\", \"transfer\"]"
)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText {
    side: String,
    account: AccountText,
    amount: String,
    #[serde(default)]
    dimensions: Vec<String>,
    each: Option<Each>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "account must be a code in quotes, or { by = \"attribute\", map = { value = \"code\" } }"
)]
enum AccountText {
    Code(String),
    By {
        by: String,
        map: BTreeMap<String, String>,
    },
}

/// Collects the problems of one rule.
struct Reading<'a> {
    rule: &'a str,
    problems: &'a mut Vec<RuleProblem>,
}

impl Reading<'_> {
    fn refuse(&mut self, field: impl Into<String>, value: &str, mend: impl Into<String>) {
        self.problems.push(RuleProblem::Field {
            rule: self.rule.to_owned(),
            field: field.into(),
            value: value.to_owned(),
            mend: mend.into(),
        });
    }
}

/// Reads a book; see [`RuleBook::read`].
pub(crate) fn read(text: &str) -> Result<RuleBook, RuleBookRefusal> {
    let file: BookFile = values::read_toml(text).map_err(|error| RuleBookRefusal {
        problems: vec![RuleProblem::Unreadable {
            message: error.to_string().trim().to_owned(),
        }],
    })?;
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for (index, table) in file.rules.into_iter().enumerate() {
        let name = match table.get("id").and_then(toml::Value::as_str) {
            Some(id) => id.to_owned(),
            None => format!("number {}", index + 1),
        };
        match table.try_into::<RuleText>() {
            Ok(text) => rules.extend(rule(text, &mut problems)),
            Err(error) => problems.push(RuleProblem::Shape {
                rule: name,
                message: error.message().to_owned(),
            }),
        }
    }
    let rules = in_order(rules, &mut problems);
    if problems.is_empty() {
        Ok(RuleBook {
            version: file.version,
            rules,
        })
    } else {
        Err(RuleBookRefusal { problems })
    }
}

/// Brings the versions of each rule together, at the place of the first of them, latest first.
fn in_order(rules: Vec<Rule>, problems: &mut Vec<RuleProblem>) -> Vec<Rule> {
    let mut families: Vec<Vec<Rule>> = Vec::new();
    for rule in rules {
        match families
            .iter_mut()
            .find(|f| f.iter().any(|r| r.id == rule.id))
        {
            Some(family) => family.push(rule),
            None => families.push(vec![rule]),
        }
    }
    for family in &mut families {
        family.sort_by(|a, b| {
            b.effective_from
                .cmp(&a.effective_from)
                .then(b.version.cmp(&a.version))
        });
        for pair in family.windows(2) {
            let [later, earlier] = pair else { continue };
            let mut twice = |field, value: String| {
                problems.push(RuleProblem::VersionTwice {
                    rule: later.id.clone(),
                    field,
                    value,
                });
            };
            if later.effective_from == earlier.effective_from {
                let from = later.effective_from.map(|date| date.to_string());
                twice(
                    "effective_from",
                    from.unwrap_or_else(|| "(from the beginning)".to_owned()),
                );
            }
            if later.version <= earlier.version {
                twice("version", later.version.to_string());
            }
            if later.event.event_type != earlier.event.event_type {
                problems.push(RuleProblem::Field {
                    rule: later.id.clone(),
                    field: "event".to_owned(),
                    value: later.event.event_type.to_owned(),
                    mend: format!(
                        "all versions of a rule post one event, here {}",
                        earlier.event.event_type
                    ),
                });
            }
        }
    }
    families.into_iter().flatten().collect()
}

fn rule(text: RuleText, problems: &mut Vec<RuleProblem>) -> Option<Rule> {
    let before = problems.len();
    let mut reading = Reading {
        rule: &text.id,
        problems,
    };
    if text.id.trim().is_empty() {
        reading.refuse(
            "id",
            &text.id,
            "give the rule a name, such as \"invoice-issued\"",
        );
    }
    if text.version == 0 {
        reading.refuse("version", "0", "versions count from 1");
    }
    if text.lines.is_empty() {
        reading.refuse(
            "lines",
            "[]",
            "a rule posts at least two lines, a debit and a credit",
        );
    }
    let effective_from = text
        .effective_from
        .as_deref()
        .and_then(|from| date(from, &mut reading));
    let event = event(&text.event, &mut reading)?;
    let when = conditions(&text.when, event, &mut reading);
    let mut lines = Vec::with_capacity(text.lines.len());
    for (index, line) in text.lines.iter().enumerate() {
        let each = line.each.unwrap_or(text.each);
        lines.extend(rule_line(index, line, each, event, &mut reading));
    }
    if problems.len() > before {
        return None;
    }
    Some(Rule {
        id: text.id,
        version: text.version,
        event,
        when,
        effective_from,
        lines,
    })
}

fn date(text: &str, reading: &mut Reading<'_>) -> Option<Date> {
    parse_date(text)
        .map_err(|_| {
            reading.refuse(
                "effective_from",
                text,
                "write a date in quotes, such as \"2026-01-01\"",
            )
        })
        .ok()
}

fn event(name: &str, reading: &mut Reading<'_>) -> Option<&'static PostingEvent> {
    let found = PostingEvent::find(name);
    if found.is_none() {
        let known: Vec<_> = POSTING_EVENTS.iter().map(|e| e.event_type).collect();
        reading.refuse(
            "event",
            name,
            format!("events that post are {}", known.join(", ")),
        );
    }
    found
}

fn conditions(
    when: &BTreeMap<String, OneOrMany>,
    event: &'static PostingEvent,
    reading: &mut Reading<'_>,
) -> Vec<Condition> {
    let mut conditions = Vec::with_capacity(when.len());
    for (name, wanted) in when {
        let Some(attribute) = event.attribute(Each::Document, name) else {
            let known: Vec<_> = event.document.attributes.iter().map(|a| a.name).collect();
            reading.refuse(
                "when",
                name,
                format!("attributes of the document are {}", known.join(", ")),
            );
            continue;
        };
        let values = match wanted {
            OneOrMany::One(value) => vec![value.clone()],
            OneOrMany::Many(values) => values.clone(),
        };
        if values.is_empty() {
            reading.refuse(format!("when.{name}"), "[]", "list at least one value");
        }
        for value in &values {
            if let Some(known) = attribute.values
                && !known.contains(&value.as_str())
            {
                reading.refuse(
                    format!("when.{name}"),
                    value,
                    format!("it can be {}", known.join(" or ")),
                );
            }
        }
        conditions.push(Condition {
            attribute: attribute.name,
            values,
        });
    }
    conditions
}

fn rule_line(
    index: usize,
    text: &LineText,
    each: Each,
    event: &'static PostingEvent,
    reading: &mut Reading<'_>,
) -> Option<RuleLine> {
    let field = |name: &str| format!("lines[{}].{name}", index + 1);
    let side = match text.side.as_str() {
        "debit" => Some(Side::Debit),
        "credit" => Some(Side::Credit),
        other => {
            reading.refuse(field("side"), other, "write \"debit\" or \"credit\"");
            None
        }
    };
    let amount = event.amount(each, &text.amount);
    if amount.is_none() {
        let (word, shape) = match each {
            Each::Document => ("document", event.document),
            Each::Line => ("line", event.line),
        };
        let mend = match shape.amounts {
            [] => format!(
                "this event has no lines; use each = \"document\" with {}",
                event.document.amounts.join(", ")
            ),
            amounts => format!(
                "amounts of a {word} of this event are {}",
                amounts.join(", ")
            ),
        };
        reading.refuse(field("amount"), &text.amount, mend);
    }
    let dimensions = dimensions(&text.dimensions, &field("dimensions"), reading);
    let account = account(&text.account, each, event, &field("account"), reading);
    Some(RuleLine {
        side: side?,
        account: account?,
        amount: amount?,
        each,
        dimensions,
    })
}

fn dimensions(names: &[String], field: &str, reading: &mut Reading<'_>) -> Vec<Dimension> {
    let mut dimensions = Vec::with_capacity(names.len());
    for name in names {
        match Dimension::ALL.into_iter().find(|d| d.as_str() == name) {
            Some(dimension) => dimensions.push(dimension),
            None => reading.refuse(field, name, "dimensions are customer, contract and product"),
        }
    }
    dimensions
}

fn account(
    text: &AccountText,
    each: Each,
    event: &'static PostingEvent,
    field: &str,
    reading: &mut Reading<'_>,
) -> Option<AccountChoice> {
    match text {
        AccountText::Code(code) => code_of(code, field, reading).map(AccountChoice::One),
        AccountText::By { by, map } => {
            let Some(attribute) = event.attribute(each, by) else {
                reading.refuse(format!("{field}.by"), by, known_attributes(each, event));
                return None;
            };
            if map.is_empty() {
                reading.refuse(
                    format!("{field}.map"),
                    "{}",
                    "map at least one value to an account",
                );
                return None;
            }
            let mut accounts = BTreeMap::new();
            for (value, code) in map {
                if let Some(known) = attribute.values
                    && !known.contains(&value.as_str())
                {
                    reading.refuse(
                        format!("{field}.map"),
                        value,
                        format!("{by} can be {}", known.join(" or ")),
                    );
                }
                let code = code_of(code, &format!("{field}.map.{value}"), reading)?;
                accounts.insert(value.clone(), code);
            }
            Some(AccountChoice::By {
                attribute: attribute.name,
                map: accounts,
            })
        }
    }
}

fn known_attributes(each: Each, event: &PostingEvent) -> String {
    let lines = match each {
        Each::Document => &[],
        Each::Line => event.line.attributes,
    };
    let known: Vec<_> = event
        .document
        .attributes
        .iter()
        .chain(lines)
        .map(|a| a.name)
        .collect();
    format!("attributes of this event are {}", known.join(", "))
}

fn code_of(text: &str, field: &str, reading: &mut Reading<'_>) -> Option<AccountCode> {
    text.parse()
        .map_err(|_| {
            reading.refuse(
                field,
                text,
                "write an account code of the chart, such as \"1100\"",
            )
        })
        .ok()
}
