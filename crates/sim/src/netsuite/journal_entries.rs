//! Journal entries: what may be posted, and how an entry is shown.

use serde_json::{Map, Value, json};

use super::records::{Writing, reference};
use super::refusal::Refusal;
use crate::civil;
use crate::decimal;

const FIELDS: &[&str] = &[
    "externalId",
    "tranDate",
    "subsidiary",
    "currency",
    "exchangeRate",
    "memo",
    "approved",
    "postingPeriod",
    "tranId",
    "line",
    "custbody_tieout_event",
    "reversalDate",
    "reversalDefer",
];
const LINE_FIELDS: &[&str] = &[
    "account",
    "debit",
    "credit",
    "memo",
    "entity",
    "department",
    "class",
    "location",
    "line",
];

/// The kinds of segment that a line may name.
const SEGMENTS: [&str; 3] = ["department", "class", "location"];

/// Checks the entry as a whole and answers the object to store. `before` is the entry that is changed.
pub(super) fn checked(
    writing: &Writing<'_, '_>,
    given: &Map<String, Value>,
    before: Option<&Value>,
) -> Result<Value, Refusal> {
    writing.check_names(given, FIELDS, "")?;
    let mut entry = before.cloned().unwrap_or_else(|| {
        json!({
            "subsidiary": null, "currency": null, "exchangeRate": 1.0, "memo": null, "approved": true,
            "tranDate": civil::date_text(writing.now.div_euclid(civil::DAY_MICROS)), "lines": []
        })
    });
    for name in ["memo", "tranId", "custbody_tieout_event"] {
        if let Some(value) = given.get(name) {
            entry[name] = text(value, name)?;
        }
    }
    if let Some(value) = given.get("approved") {
        entry["approved"] = if value.is_boolean() {
            value.clone()
        } else {
            return Err(unreadable("approved", value));
        };
    }
    if let Some(value) = given.get("exchangeRate") {
        let rate = match value {
            Value::Number(number) => decimal::parse_scaled(&number.to_string(), 12),
            _ => None,
        };
        if rate.is_none_or(|rate| rate <= 0) {
            return Err(unreadable("exchangeRate", value));
        }
        entry["exchangeRate"] = value.clone();
    }
    if let Some(value) = given.get("tranDate") {
        let date = value
            .as_str()
            .filter(|text| civil::parse_date(text).is_some());
        entry["tranDate"] = json!(date.ok_or_else(|| unreadable("tranDate", value))?);
    }
    check_period(writing, &entry, before)?;
    for kind in ["subsidiary", "currency"] {
        if let Some(value) = given.get(kind) {
            let id = reference(value, kind)?;
            writing
                .known(kind, &id)
                .map_err(|refusal| refusal.path(kind))?;
            entry[kind] = json!(id);
        }
    }
    if entry["subsidiary"].is_null() {
        return Err(Refusal::user("Please enter value(s) for: Subsidiary").path("subsidiary"));
    }
    if entry["currency"].is_null() {
        let subsidiary = writing
            .change
            .get("subsidiary", entry["subsidiary"].as_str().unwrap_or(""));
        entry["currency"] =
            subsidiary.map_or(Value::Null, |subsidiary| subsidiary["currency"].clone());
    }
    check_lines(writing, given, &mut entry, before.is_some())?;
    Ok(entry)
}

fn check_period(
    writing: &Writing<'_, '_>,
    entry: &Value,
    before: Option<&Value>,
) -> Result<(), Refusal> {
    for date in [Some(entry), before]
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["tranDate"].as_str())
    {
        let month = date.get(0..7).unwrap_or("");
        if writing
            .change
            .get("periods", month)
            .is_some_and(|period| period["closed"] == true)
        {
            return Err(Refusal::user(
                "The transaction date you specified is not within the date range of your accounting period.",
            )
            .path("tranDate"));
        }
    }
    Ok(())
}

fn check_lines(
    writing: &Writing<'_, '_>,
    given: &Map<String, Value>,
    entry: &mut Value,
    exists: bool,
) -> Result<(), Refusal> {
    let decimals = writing.decimals(entry["currency"].as_str().unwrap_or(""));
    let mut lines = match entry["lines"].as_array() {
        // Without `?replace=line` the lines given are added to those that are there.
        Some(lines) if exists && !writing.replaces("line") => lines.clone(),
        _ => Vec::new(),
    };
    if let Some(value) = given.get("line") {
        let items = value["items"]
            .as_array()
            .ok_or_else(|| unreadable("line", value))?;
        for (at, item) in items.iter().enumerate() {
            lines.push(
                checked_line(writing, item, decimals)
                    .map_err(|refusal| refusal.path(format!("line.items[{at}]")))?,
            );
        }
    } else if exists {
        return Ok(());
    }
    if lines.is_empty() {
        return Err(
            Refusal::user("Please enter at least one line for this transaction.").path("line"),
        );
    }
    let sum = |side: &str| {
        lines
            .iter()
            .filter_map(|line| line[side].as_i64())
            .sum::<i64>()
    };
    if sum("debit") != sum("credit") {
        return Err(
            Refusal::user("Please balance the debits and the credits of this entry.").path("line"),
        );
    }
    entry["lines"] = json!(lines);
    Ok(())
}

fn checked_line(writing: &Writing<'_, '_>, item: &Value, decimals: u32) -> Result<Value, Refusal> {
    let fields = item.as_object().ok_or_else(|| unreadable("line", item))?;
    writing.check_names(fields, LINE_FIELDS, "line.")?;
    let account = fields
        .get("account")
        .ok_or_else(|| Refusal::user("Please enter value(s) for: Account"))?;
    let account = reference(account, "account")?;
    writing.known("account", &account)?;
    let mut line = json!({ "account": account });
    let amount = |name: &str| -> Result<Option<i64>, Refusal> {
        match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match decimal::minor_of(value, decimals) {
                Some(minor) if minor >= 0 => Ok(Some(minor)),
                _ => Err(Refusal::content(format!(
                    "Invalid value for the field '{name}': {value}."
                ))),
            },
        }
    };
    match (amount("debit")?, amount("credit")?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::user(
                "A line has either a debit or a credit, not both.",
            ));
        }
        (None, None) => return Err(Refusal::user("Please enter value(s) for: Debit or Credit")),
        (Some(debit), None) => line["debit"] = json!(debit),
        (None, Some(credit)) => line["credit"] = json!(credit),
    }
    if let Some(value) = fields.get("memo") {
        line["memo"] = text(value, "memo")?;
    }
    if let Some(value) = fields.get("entity").filter(|value| !value.is_null()) {
        let id = writing.entity(value)?;
        line["entity"] = json!(id);
    }
    for kind in SEGMENTS {
        if let Some(value) = fields.get(kind).filter(|value| !value.is_null()) {
            let id = reference(value, kind)?;
            writing.known(kind, &id)?;
            line[kind] = json!(id);
        }
    }
    Ok(line)
}

fn text(value: &Value, name: &str) -> Result<Value, Refusal> {
    match value {
        Value::String(_) | Value::Null => Ok(value.clone()),
        _ => Err(unreadable(name, value)),
    }
}

fn unreadable(name: &str, value: &Value) -> Refusal {
    Refusal::content(format!("Invalid value for the field '{name}': {value}.")).path(name)
}

/// A line as it is shown.
pub(super) fn shown_line(
    shown_reference: &impl Fn(&str, &str) -> Value,
    line: &Value,
    number: usize,
    decimals: u32,
) -> Value {
    let mut shown = Map::new();
    shown.insert("line".to_owned(), json!(number));
    for side in ["debit", "credit"] {
        if let Some(minor) = line[side].as_i64() {
            shown.insert(side.to_owned(), decimal::number_of(minor, decimals));
        }
    }
    if let Some(memo) = line["memo"].as_str() {
        shown.insert("memo".to_owned(), json!(memo));
    }
    for (name, kind) in [("account", "account"), ("entity", "customer")]
        .into_iter()
        .chain(SEGMENTS.map(|kind| (kind, kind)))
    {
        if let Some(id) = line[name].as_str() {
            shown.insert(name.to_owned(), shown_reference(kind, id));
        }
    }
    Value::Object(shown)
}
