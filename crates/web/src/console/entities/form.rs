//! The forms of a letterhead and of a billing policy. What a form has no field for (the logo, how zero
//! rates stand) stays as it is set.

use crate::console::form_field::{Field, field, long};
use crate::console::typed::Typed;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The fields in groups, in the order in which they are read.
pub(super) const GROUPS: &[(&str, &[Field])] = &[
    (
        "Who it is",
        &[
            field("name", "Registered name", ""),
            field("trading_name", "Trades as", ""),
            field("vat_id", "VAT identifier", "DE123456789"),
            field("tax_number", "Other tax number", ""),
            field(
                "registration.number",
                "Number in the register",
                "HRB 104711",
            ),
            field("registration.register", "Register", "Amtsgericht Hamburg"),
        ],
    ),
    (
        "Where it is",
        &[
            long("address.lines", "Street", "one line each"),
            field("address.postcode", "Post code", ""),
            field("address.city", "City", ""),
            field("address.region", "State or region", ""),
            field("address.country", "Country", "two letters, such as DE"),
        ],
    ),
    (
        "Whom to ask",
        &[
            field("contact", "Person or department", ""),
            field("email", "Mail", ""),
            field("phone", "Telephone", ""),
            field("website", "Web site", ""),
            field(
                "electronic_address",
                "Electronic address",
                "9930:DE123456789",
            ),
        ],
    ),
    (
        "Where customers pay",
        &[
            field("bank.0.bank", "Bank", ""),
            field("bank.0.account", "IBAN or account", ""),
            field("bank.0.bic", "BIC", ""),
            field("bank.0.currency", "Only for payments in", "every currency"),
            field("bank.1.bank", "Second bank", ""),
            field("bank.1.account", "IBAN or account", ""),
            field("bank.1.bic", "BIC", ""),
            field("bank.1.currency", "Only for payments in", "every currency"),
        ],
    ),
    (
        "Words on documents",
        &[
            long(
                "terms",
                "On payment",
                "Payable within 30 days without deduction.",
            ),
            long("footer", "At the foot", "Managing directors"),
        ],
    ),
];

/// Accounts that the form has fields for.
const BANKS: usize = 2;

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    let mut at = value;
    for part in path.split('.') {
        at = &at[part];
    }
    at.as_str().unwrap_or_default()
}

/// The fields of a letterhead as it is set.
pub(super) fn letterhead_fields(letterhead: &Value) -> Typed {
    let mut fields = BTreeMap::new();
    for (_, group) in GROUPS {
        for field in *group {
            let found = match field.name.strip_prefix("bank.") {
                Some(rest) => {
                    let (at, part) = rest.split_once('.').unwrap_or((rest, ""));
                    let at: usize = at.parse().unwrap_or_default();
                    let found = letterhead["bank_accounts"].get(at);
                    found.map_or("", |account| text(account, part)).to_owned()
                }
                None if field.name == "address.lines" => {
                    let lines = letterhead["address"]["lines"].as_array();
                    let lines = lines.into_iter().flatten().filter_map(Value::as_str);
                    lines.collect::<Vec<_>>().join("\n")
                }
                None => text(letterhead, field.name).to_owned(),
            };
            fields.insert(field.name.to_owned(), found);
        }
    }
    fields.insert(
        "language".to_owned(),
        text(letterhead, "language").to_owned(),
    );
    Typed::new(fields)
}

fn set(target: &mut Value, path: &str, value: Value) {
    let mut at = target;
    for part in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[part];
    }
    *at = value;
}

/// The letterhead that a form states, on top of the one that is set.
pub(super) fn letterhead(known: &Value, typed: &Typed) -> Value {
    let mut next = known.clone();
    for (_, group) in GROUPS {
        for field in *group {
            let said = typed.get(field.name);
            match field.name {
                "address.lines" => {
                    let lines: Vec<&str> = said
                        .lines()
                        .map(str::trim)
                        .filter(|line| !line.is_empty())
                        .collect();
                    set(&mut next, field.name, json!(lines));
                }
                name if name.starts_with("bank.") || name.starts_with("registration.") => {}
                name => set(&mut next, name, json!(said)),
            }
        }
    }
    let number = typed.get("registration.number");
    let registration = match number {
        "" => Value::Null,
        _ => json!({ "number": number, "register": typed.get("registration.register") }),
    };
    set(&mut next, "registration", registration);
    set(&mut next, "bank_accounts", accounts(known, typed));
    if !typed.get("language").is_empty() {
        set(&mut next, "language", json!(typed.get("language")));
    }
    next
}

/// The accounts of the form, and after them those that it has no fields for.
fn accounts(known: &Value, typed: &Typed) -> Value {
    let mut accounts = Vec::new();
    for at in 0..BANKS {
        let part = |name: &str| typed.get(&format!("bank.{at}.{name}"));
        if ["bank", "account", "bic"]
            .iter()
            .any(|name| !part(name).is_empty())
        {
            accounts.push(json!({
                "bank": part("bank"), "account": part("account"), "bic": part("bic"),
                "currency": part("currency"),
            }));
        }
    }
    let more = known["bank_accounts"].as_array();
    accounts.extend(more.into_iter().flatten().skip(BANKS).cloned());
    Value::Array(accounts)
}

/// How days are counted, for the form.
pub(super) const DAY_COUNTS: &[(&str, &str)] = &[
    (
        "actual_over_period",
        "Actual days over the days of the period",
    ),
    ("fixed_days", "Days over so many for each month"),
    ("actual360", "Actual days over 30 for each month"),
    ("thirty360", "Every month has 30 days"),
    ("seconds", "Seconds"),
    ("inclusive_days", "Actual days, the day of change too"),
    ("month_first", "Whole months, then days"),
    ("none", "Parts cost as much as the whole"),
];

/// The fields of a billing policy as it is stated.
pub(super) fn policy_fields(policy: &Value) -> Typed {
    let mut fields = BTreeMap::new();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (count, days) = match policy["proration"].as_object() {
        Some(stated) => {
            let first = stated.iter().next();
            first.map_or_else(Default::default, |(name, days)| {
                (name.clone(), days.to_string())
            })
        }
        None => (word(&policy["proration"]), String::new()),
    };
    fields.insert("proration".to_owned(), count);
    fields.insert("days".to_owned(), days);
    fields.insert("rounding".to_owned(), word(&policy["rounding"]));
    fields.insert("first_part".to_owned(), word(&policy["first_part"]));
    let anchor = match &policy["anchor"] {
        Value::String(word) => word.clone(),
        _ => "contract".to_owned(),
    };
    fields.insert("anchor".to_owned(), anchor);
    Typed::new(fields)
}

/// The policy that a form states, on top of the one that is stated; its version is left to be the
/// next one.
///
/// # Errors
/// When the number of days of a month is no number.
pub(super) fn policy(known: &Value, typed: &Typed) -> Result<Value, String> {
    let mut next = known.clone();
    if !next.is_object() {
        next = Value::Object(Map::new());
    }
    let count = typed.get("proration");
    next["proration"] = match count {
        "fixed_days" => {
            let days: u16 = typed.get("days").parse().map_err(|_| {
                format!(
                    "{:?} is no number of days; write 30 for months of thirty days.",
                    typed.get("days")
                )
            })?;
            json!({ "fixed_days": days })
        }
        _ => json!(count),
    };
    next["rounding"] = json!(typed.get("rounding"));
    if !typed.get("first_part").is_empty() {
        next["first_part"] = json!(typed.get("first_part"));
    }
    // An anchor with a day or weekday of its own has no field here and stays.
    let anchored = known["anchor"].is_object();
    if !typed.get("anchor").is_empty() && !anchored {
        next["anchor"] = json!(typed.get("anchor"));
    }
    if let Some(fields) = next.as_object_mut() {
        fields.remove("version");
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_up() -> Value {
        json!({
            "name": "Nordlicht GmbH", "address": { "lines": ["Hof 2", "Speicherstraße 12"], "city": "Hamburg",
                "postcode": "20457", "region": "", "country": "DE" },
            "registration": { "number": "HRB 1", "register": "Hamburg" },
            "bank_accounts": [
                { "bank": "A", "account": "1", "bic": "", "currency": "" },
                { "bank": "B", "account": "2", "bic": "", "currency": "USD" },
                { "bank": "C", "account": "3", "bic": "", "currency": "" },
            ],
            "logo": "iVBORw0KGgo=", "zero_rates": [{ "tax_code": "export", "category": "G", "reason": "Export" }],
            "language": "de", "footer": "", "terms": "",
        })
    }

    #[test]
    fn what_a_letterhead_has_no_field_for_stays() {
        let known = set_up();
        let mut next = letterhead(&known, &letterhead_fields(&known));
        for name in [
            "trading_name",
            "vat_id",
            "tax_number",
            "contact",
            "phone",
            "email",
            "website",
            "electronic_address",
        ] {
            assert_eq!(next[name], json!(""), "{name}");
            next.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(next, known);
    }

    #[test]
    fn an_account_that_is_emptied_goes() {
        let known = set_up();
        let mut fields = BTreeMap::new();
        for name in ["bank.1.bank", "bank.1.account"] {
            fields.insert(name.to_owned(), "x".to_owned());
        }
        let next = letterhead(&known, &Typed::new(fields));
        let banks: Vec<&str> = next["bank_accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|account| text(account, "bank"))
            .collect();
        assert_eq!(banks, ["x", "C"]);
        assert_eq!(next["registration"], Value::Null);
    }

    #[test]
    fn a_policy_is_stated_with_its_days() {
        let known = json!({ "proration": { "fixed_days": 30 }, "rounding": "half_even", "version": 3,
            "anchor": { "day": 15 } });
        let fields = policy_fields(&known);
        assert_eq!(
            (fields.get("proration"), fields.get("days")),
            ("fixed_days", "30")
        );
        let same = json!({ "proration": { "fixed_days": 30 }, "rounding": "half_even", "anchor": { "day": 15 } });
        assert_eq!(policy(&known, &fields).unwrap(), same);
        let typed = |days: &str| {
            Typed::new(BTreeMap::from([
                ("proration".to_owned(), "fixed_days".to_owned()),
                ("days".to_owned(), days.to_owned()),
                ("rounding".to_owned(), "half_up".to_owned()),
            ]))
        };
        let refused = policy(&known, &typed("many")).unwrap_err();
        assert_eq!(
            refused,
            "\"many\" is no number of days; write 30 for months of thirty days."
        );
    }
}
