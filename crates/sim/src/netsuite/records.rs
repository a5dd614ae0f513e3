//! Records: create, upsert, change, show and list.

use serde_json::{Map, Value, json};

use super::journal_entries;
use super::refusal::Refusal;
use crate::civil;
use crate::tables::{Tables, Transaction};

const CUSTOMER_FIELDS: &[&str] = &[
    "externalId",
    "entityId",
    "companyName",
    "isPerson",
    "firstName",
    "lastName",
    "email",
    "phone",
    "currency",
    "subsidiary",
    "comments",
    "url",
    "defaultAddress",
    "custentity_tieout_account",
];

/// The record types that can be written.
pub(super) fn record_type(name: &str) -> Option<&'static str> {
    ["customer", "journalEntry"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// A write in progress.
pub(super) struct Writing<'a, 't> {
    pub(super) change: &'a mut Transaction<'t>,
    /// Microseconds since the Unix epoch.
    pub(super) now: i64,
    /// Unknown field names are an error (`X-NetSuite-PropertyNameValidation: error`).
    pub(super) strict_names: bool,
    /// Sublists named in `?replace=`.
    pub(super) replaced: Vec<String>,
}

impl Writing<'_, '_> {
    pub(super) fn create(
        &mut self,
        kind: &'static str,
        given: &Map<String, Value>,
    ) -> Result<String, Refusal> {
        if let Some(external) = given.get("externalId").and_then(Value::as_str)
            && self
                .change
                .settled()
                .with_external_id(kind, external)
                .is_some()
        {
            return Err(Refusal::user("This record already exists").path("externalId"));
        }
        let mut record = self.checked(kind, given, None)?;
        let first = if kind == "customer" { 1_001 } else { 5_001 };
        let id = (first + self.change.settled().count(kind)).to_string();
        record["id"] = json!(id);
        let (label, number) = if kind == "customer" {
            ("entityId", format!("CUST-{id}"))
        } else {
            ("tranId", format!("JE{id}"))
        };
        if record[label].is_null() {
            record[label] = json!(number);
        }
        record["externalId"] = given.get("externalId").cloned().unwrap_or(Value::Null);
        record["created"] = json!(self.now);
        record["modified"] = json!(self.now);
        self.change.put(kind, &id, record);
        Ok(id)
    }

    /// Changes the record with this internal id.
    pub(super) fn update(
        &mut self,
        kind: &'static str,
        id: &str,
        given: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let before = self
            .change
            .get(kind, id)
            .cloned()
            .ok_or_else(|| missing(kind, id))?;
        let mut record = self.checked(kind, given, Some(&before))?;
        if let Some(external) = given.get("externalId") {
            record["externalId"] = external.clone();
        }
        if record != before {
            record["modified"] = json!(self.now);
            self.change.put(kind, id, record);
        }
        Ok(())
    }

    /// Creates or changes by external id; answers the internal id.
    pub(super) fn upsert(
        &mut self,
        kind: &'static str,
        external: &str,
        given: &Map<String, Value>,
    ) -> Result<String, Refusal> {
        if given
            .get("externalId")
            .is_some_and(|named| named != external)
        {
            return Err(
                Refusal::content("The externalId in the body is not the one in the path.")
                    .path("externalId"),
            );
        }
        match internal_id(self.change.settled(), kind, &format!("eid:{external}")) {
            Some(id) => self.update(kind, &id, given).map(|()| id),
            None => {
                let mut given = given.clone();
                given.insert("externalId".to_owned(), json!(external));
                self.create(kind, &given)
            }
        }
    }

    fn checked(
        &self,
        kind: &str,
        given: &Map<String, Value>,
        before: Option<&Value>,
    ) -> Result<Value, Refusal> {
        if let Some(external) = given
            .get("externalId")
            .filter(|external| !external.is_string())
        {
            return Err(Refusal::content(format!(
                "Invalid value for the field 'externalId': {external}."
            )));
        }
        if kind == "journalEntry" {
            return journal_entries::checked(self, given, before);
        }
        self.check_names(given, CUSTOMER_FIELDS, "")?;
        let mut customer = before
            .cloned()
            .unwrap_or_else(|| json!({ "isPerson": false }));
        for (name, value) in given
            .iter()
            .filter(|(name, _)| CUSTOMER_FIELDS.contains(&name.as_str()))
        {
            customer[name] = match name.as_str() {
                "currency" | "subsidiary" => {
                    let id = reference(value, name)?;
                    self.known(name, &id)
                        .map_err(|refusal| refusal.path(name.as_str()))?;
                    json!(id)
                }
                "isPerson" if !value.is_boolean() => return Err(unreadable(name, value)),
                "isPerson" => value.clone(),
                "email" if value.as_str().is_some_and(|email| !email.contains('@')) => {
                    return Err(Refusal::user("Invalid email address").path("email"));
                }
                _ if value.is_string() || value.is_null() => value.clone(),
                _ => return Err(unreadable(name, value)),
            };
        }
        let (field, label) = if customer["isPerson"] == true {
            ("lastName", "Last Name")
        } else {
            ("companyName", "Company Name")
        };
        if customer[field].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::user(&format!("Please enter value(s) for: {label}")).path(field));
        }
        if customer["subsidiary"].is_null() {
            return Err(
                Refusal::user("Please enter value(s) for: Primary Subsidiary").path("subsidiary"),
            );
        }
        Ok(customer)
    }

    pub(super) fn check_names(
        &self,
        given: &Map<String, Value>,
        known: &[&str],
        prefix: &str,
    ) -> Result<(), Refusal> {
        match given
            .keys()
            .find(|name| !known.contains(&name.as_str()) && *name != "links" && *name != "id")
        {
            Some(name) if self.strict_names => Err(Refusal::content(format!(
                "Unknown property name: '{name}'."
            ))
            .path(format!("{prefix}{name}"))),
            _ => Ok(()),
        }
    }

    /// Refuses a reference to something that is not there.
    pub(super) fn known(&self, kind: &str, id: &str) -> Result<(), Refusal> {
        match self.change.get(kind, id) {
            Some(_) => Ok(()),
            None => Err(Refusal::unknown(kind, id)),
        }
    }

    /// The internal id of the customer that a line names by `id` or `externalId`.
    pub(super) fn entity(&self, value: &Value) -> Result<String, Refusal> {
        if let Some(external) = value["externalId"].as_str() {
            return internal_id(
                self.change.settled(),
                "customer",
                &format!("eid:{external}"),
            )
            .ok_or_else(|| Refusal::unknown("entity", external));
        }
        let id = reference(value, "entity")?;
        self.known("customer", &id)?;
        Ok(id)
    }

    pub(super) fn decimals(&self, currency: &str) -> u32 {
        decimals_of(self.change.settled(), currency)
    }

    pub(super) fn replaces(&self, sublist: &str) -> bool {
        self.replaced.iter().any(|name| name == sublist)
    }
}

fn unreadable(name: &str, value: &Value) -> Refusal {
    Refusal::content(format!("Invalid value for the field '{name}': {value}.")).path(name)
}

fn missing(kind: &str, id: &str) -> Refusal {
    Refusal::not_found(format!(
        "The record instance does not exist. Provide a valid {kind} id: {id}"
    ))
}

/// Decimal places of a currency; two unless it is known to have others.
pub(super) fn decimals_of(tables: &Tables, currency: &str) -> u32 {
    tables
        .get("currency", currency)
        .and_then(|currency| currency["decimals"].as_u64())
        .and_then(|decimals| u32::try_from(decimals).ok())
        .unwrap_or(2)
}

/// The id in `{"id": "12"}`.
pub(super) fn reference(value: &Value, name: &str) -> Result<String, Refusal> {
    match &value["id"] {
        Value::String(id) => Ok(id.clone()),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(Refusal::content(format!(
            "Invalid reference in the field '{name}': {value}."
        ))),
    }
}

/// The internal id behind `12` or `eid:abc`.
pub(super) fn internal_id(tables: &Tables, kind: &str, id: &str) -> Option<String> {
    match id.strip_prefix("eid:") {
        None => tables.get(kind, id).map(|_| id.to_owned()),
        Some(external) => tables.with_external_id(kind, external).map(str::to_owned),
    }
}

/// How records are shown.
pub(super) struct Showing<'a> {
    pub(super) tables: &'a Tables,
    /// `http://127.0.0.1:PORT/services/rest`.
    pub(super) base: &'a str,
    pub(super) stale: bool,
    /// Sublists in full.
    pub(super) expanded: bool,
}

impl Showing<'_> {
    pub(super) fn href(&self, kind: &str, id: &str) -> String {
        format!("{}/record/v1/{kind}/{id}", self.base)
    }

    fn reference(&self, kind: &str, id: &str) -> Value {
        let found = self.tables.get(kind, id);
        let name = found.and_then(|record| {
            ["name", "companyName", "entityId"]
                .iter()
                .find_map(|field| record[*field].as_str())
        });
        json!({ "links": [{ "rel": "self", "href": self.href(kind, id) }], "id": id, "refName": name.unwrap_or(id) })
    }

    /// A record by `12` or `eid:abc`.
    pub(super) fn record(&self, kind: &str, id: &str) -> Result<Value, Refusal> {
        let record = internal_id(self.tables, kind, id)
            .and_then(|id| self.tables.read(kind, &id, self.stale))
            .ok_or_else(|| missing(kind, id))?;
        let id = record["id"].as_str().unwrap_or("");
        let mut shown = Map::new();
        shown.insert(
            "links".to_owned(),
            json!([{ "rel": "self", "href": self.href(kind, id) }]),
        );
        let (created, modified) = (stamp(&record["created"]), stamp(&record["modified"]));
        for (name, value) in record
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
        {
            match (name.as_str(), value.as_str()) {
                ("currency" | "subsidiary", Some(id)) => {
                    shown.insert(name.clone(), self.reference(name, id));
                }
                ("created" | "modified" | "lines", _) => {}
                _ => {
                    shown.insert(name.clone(), value.clone());
                }
            }
        }
        if kind == "journalEntry" {
            let month = record["tranDate"]
                .as_str()
                .and_then(|date| date.get(0..7))
                .unwrap_or("");
            shown.insert(
                "postingPeriod".to_owned(),
                json!({ "links": [], "id": month, "refName": month }),
            );
            shown.insert("line".to_owned(), self.lines(record, id));
            shown.insert("createdDate".to_owned(), created);
        } else {
            shown.insert("balance".to_owned(), json!(0.0));
            shown.insert("dateCreated".to_owned(), created);
        }
        shown.insert("lastModifiedDate".to_owned(), modified);
        Ok(Value::Object(shown))
    }

    fn lines(&self, record: &Value, id: &str) -> Value {
        let href = format!("{}/line", self.href("journalEntry", id));
        let links = json!([{ "rel": "self", "href": href }]);
        if !self.expanded {
            return json!({ "links": links });
        }
        let decimals = decimals_of(self.tables, record["currency"].as_str().unwrap_or(""));
        let items: Vec<Value> = record["lines"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(at, line)| {
                journal_entries::shown_line(
                    &|kind: &str, id: &str| self.reference(kind, id),
                    line,
                    at + 1,
                    decimals,
                )
            })
            .collect();
        json!({ "links": links, "items": items, "totalResults": items.len(), "count": items.len(), "hasMore": false, "offset": 0 })
    }

    /// A collection: ids and links only.
    pub(super) fn collection(
        &self,
        kind: &str,
        filter: Option<&str>,
        page: Page,
    ) -> Result<Value, Refusal> {
        let filters = filter.map(parse_filter).transpose()?.unwrap_or_default();
        let ids: Vec<&str> = self
            .tables
            .rows(kind)
            .filter(|(_, record)| filters.iter().all(|filter| filter.admits(record)))
            .map(|(id, _)| id)
            .collect();
        let items: Vec<Value> = ids
            .iter()
            .skip(page.offset)
            .take(page.limit)
            .map(
                |id| json!({ "links": [{ "rel": "self", "href": self.href(kind, id) }], "id": id }),
            )
            .collect();
        Ok(page.wrap(&format!("{}/record/v1/{kind}", self.base), items, ids.len()))
    }
}

fn stamp(micros: &Value) -> Value {
    micros
        .as_i64()
        .map_or(Value::Null, |micros| json!(civil::zulu_instant(micros)))
}

/// A page of a collection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) offset: usize,
}

impl Page {
    pub(super) fn read(limit: Option<&str>, offset: Option<&str>) -> Result<Page, Refusal> {
        let number = |name: &'static str, text: Option<&str>, default: usize| match text {
            None => Ok(default),
            Some(text) => text.parse::<usize>().map_err(|_| {
                Refusal::parameter(
                    name,
                    format!("Invalid value for the query parameter {name}: '{text}'."),
                )
            }),
        };
        let limit = number("limit", limit, 1_000)?;
        let offset = number("offset", offset, 0)?;
        if limit == 0 || limit > 1_000 {
            return Err(Refusal::parameter(
                "limit",
                "The limit must be between 1 and 1000.",
            ));
        }
        if !offset.is_multiple_of(limit) {
            return Err(Refusal::parameter(
                "offset",
                "The offset must be divisible by the limit.",
            ));
        }
        Ok(Page { limit, offset })
    }

    pub(super) fn wrap(self, url: &str, items: Vec<Value>, total: usize) -> Value {
        let has_more = self.offset + items.len() < total;
        let link = |rel: &str, offset: usize| json!({ "rel": rel, "href": format!("{url}?limit={}&offset={offset}", self.limit) });
        let mut links = vec![link("self", self.offset)];
        if has_more {
            links.push(link("next", self.offset + self.limit));
        }
        json!({
            "links": links, "count": items.len(), "hasMore": has_more, "items": items, "offset": self.offset,
            "totalResults": total
        })
    }
}

/// One `field OPERATOR value` of a collection filter.
#[derive(Debug)]
struct Filter {
    field: String,
    operator: String,
    value: String,
}

impl Filter {
    fn admits(&self, record: &Value) -> bool {
        let text = match &record[&self.field] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let (text, value) = (text.to_lowercase(), self.value.to_lowercase());
        match self.operator.as_str() {
            "IS" | "EQUAL" | "ON" => text == value,
            "IS_NOT" => text != value,
            "CONTAIN" => text.contains(&value),
            "START_WITH" => text.starts_with(&value),
            "ON_OR_AFTER" => text >= value,
            _ => text <= value,
        }
    }
}

/// `field IS "value" AND field START_WITH value …`.
fn parse_filter(text: &str) -> Result<Vec<Filter>, Refusal> {
    const OPERATORS: [&str; 7] = [
        "IS",
        "IS_NOT",
        "EQUAL",
        "CONTAIN",
        "START_WITH",
        "ON_OR_AFTER",
        "ON_OR_BEFORE",
    ];
    text.split(" AND ")
        .map(|part| {
            let invalid =
                || Refusal::parameter("q", format!("Invalid search condition: '{part}'."));
            let (field, rest) = part.trim().split_once(' ').ok_or_else(invalid)?;
            let (operator, value) = rest.trim().split_once(' ').ok_or_else(invalid)?;
            if !OPERATORS.contains(&operator) {
                return Err(invalid());
            }
            let value = value.trim().trim_matches('"').to_owned();
            Ok(Filter {
                field: field.to_owned(),
                operator: operator.to_owned(),
                value,
            })
        })
        .collect()
}
