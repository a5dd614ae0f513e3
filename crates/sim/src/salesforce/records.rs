//! Writing records: what a create, an update or an upsert may say, and what the system adds to it.

use serde_json::{Map, Value, json};

use super::fault::Refusal;
use super::schema::{self, Field, FieldKind};
use crate::civil;
use crate::decimal;
use crate::mint;
use crate::tables::Transaction;

/// A record as a client sends it.
pub(super) type Fields = Map<String, Value>;

/// What a write comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Created(String),
    Updated(String),
}

/// A write in progress.
pub(super) struct Writing<'a, 't> {
    pub(super) change: &'a mut Transaction<'t>,
    pub(super) seed: u64,
    /// Microseconds since the Unix epoch.
    pub(super) now: i64,
    /// The user that the session belongs to.
    pub(super) user: &'a str,
}

impl Writing<'_, '_> {
    pub(super) fn create(
        &mut self,
        sobject: &'static str,
        given: &Fields,
    ) -> Result<String, Refusal> {
        let fields = self.checked(sobject, given, None)?;
        let missing: Vec<&str> = schema::required_of(sobject)
            .iter()
            .copied()
            .filter(|name| {
                fields
                    .get(*name)
                    .is_none_or(|value| value.is_null() || *value == "")
            })
            .collect();
        if !missing.is_empty() {
            let message = format!("Required fields are missing: [{}]", missing.join(", "));
            return Err(Refusal::bad("REQUIRED_FIELD_MISSING", message).fields(&missing));
        }
        let id = self.new_id(sobject);
        self.keep(sobject, &id, fields);
        self.roll_up(sobject, &id);
        Ok(id)
    }

    pub(super) fn update(
        &mut self,
        sobject: &'static str,
        id: &str,
        given: &Fields,
    ) -> Result<(), Refusal> {
        let before = self.find(sobject, id)?;
        if before["IsDeleted"] == true {
            return Err(Refusal::bad("ENTITY_IS_DELETED", "entity is deleted")
                .status(404)
                .fields(&[]));
        }
        let id = before["Id"].as_str().unwrap_or("").to_owned();
        let fields = self.checked(sobject, given, Some(&id))?;
        self.keep(sobject, &id, fields);
        self.roll_up(sobject, &id);
        Ok(())
    }

    pub(super) fn delete(&mut self, sobject: &'static str, id: &str) -> Result<(), Refusal> {
        let mut record = self.find(sobject, id)?;
        if record["IsDeleted"] == true {
            return Err(Refusal::bad("ENTITY_IS_DELETED", "entity is deleted")
                .status(404)
                .fields(&[]));
        }
        record["IsDeleted"] = json!(true);
        record["SystemModstamp"] = json!(civil::salesforce_instant(self.now));
        let id = record["Id"].as_str().unwrap_or("").to_owned();
        self.change.put(sobject, &id, record);
        self.roll_up(sobject, &id);
        Ok(())
    }

    /// Creates or updates by the value of an external id field.
    pub(super) fn upsert(
        &mut self,
        sobject: &'static str,
        field: &str,
        value: &str,
        given: &Fields,
    ) -> Result<Written, Refusal> {
        let field = external_field(self.change, sobject, field)?;
        if let Some(key) = given
            .keys()
            .find(|key| key.eq_ignore_ascii_case(&field.name))
        {
            let message = format!("The {key} field should not be specified in the sobject data.");
            return Err(Refusal::bad("INVALID_FIELD", message).fields(&[&field.name]));
        }
        let known = self.id_with(sobject, &field.name, value);
        match known {
            Some(id) => {
                self.update(sobject, &id, given)?;
                Ok(Written::Updated(id))
            }
            None => {
                let mut given = given.clone();
                given.insert(field.name.clone(), json!(value));
                self.create(sobject, &given).map(Written::Created)
            }
        }
    }

    fn id_with(&self, sobject: &str, field: &str, value: &str) -> Option<String> {
        self.change
            .settled()
            .rows(sobject)
            .find(|(_, record)| {
                record[field].as_str() == Some(value) && record["IsDeleted"] != true
            })
            .map(|(id, _)| id.to_owned())
    }

    fn find(&self, sobject: &str, id: &str) -> Result<Value, Refusal> {
        schema::whole_id(id)
            .and_then(|id| self.change.get(sobject, &id).cloned())
            .ok_or_else(|| Refusal::not_found("The requested resource does not exist"))
    }

    fn new_id(&mut self, sobject: &'static str) -> String {
        loop {
            let number = self.change.next_number().to_string();
            let tail = mint::letters(self.seed, &["salesforce", sobject, &number], 9);
            let id = schema::eighteen(&format!("{}Sim{tail}", schema::prefix_of(sobject)));
            if self.change.get(sobject, &id).is_none() {
                return id;
            }
        }
    }

    /// What the client says, with the names as the system writes them; refuses what it may not say.
    fn checked(
        &self,
        sobject: &'static str,
        given: &Fields,
        own_id: Option<&str>,
    ) -> Result<Fields, Refusal> {
        let mut checked = Fields::new();
        let known = schema::fields(self.change.settled(), sobject);
        for (name, value) in given {
            if name == "attributes" {
                continue;
            }
            let Some(field) = known
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name))
            else {
                let message = format!("No such column '{name}' on sobject of type {sobject}");
                return Err(Refusal::bad("INVALID_FIELD", message));
            };
            if field.read_only {
                let message = format!(
                    "Unable to create/update fields: {}. The field is not writeable.",
                    field.name
                );
                return Err(
                    Refusal::bad("INVALID_FIELD_FOR_INSERT_UPDATE", message).fields(&[&field.name])
                );
            }
            checked.insert(
                field.name.clone(),
                self.checked_value(sobject, field, value, own_id)?,
            );
        }
        Ok(checked)
    }

    fn checked_value(
        &self,
        sobject: &str,
        field: &Field,
        value: &Value,
        own_id: Option<&str>,
    ) -> Result<Value, Refusal> {
        let unreadable = || {
            let wanted = field.kind.wire_name();
            Refusal::bad(
                "JSON_PARSER_ERROR",
                format!("Cannot deserialize instance of {wanted} from value {value}"),
            )
            .fields(&[&field.name])
        };
        match (&field.kind, value) {
            (_, Value::Null) => Ok(Value::Null),
            (FieldKind::Any, Value::Object(_) | Value::Array(_)) => Err(unreadable()),
            (FieldKind::Any, value) => Ok(normal(value)),
            (FieldKind::Text, Value::String(text)) => {
                if field.name == "CurrencyIsoCode" && !is_currency(text) {
                    let message = format!(
                        "{}: bad value for restricted picklist field: {text}",
                        field.name
                    );
                    return Err(
                        Refusal::bad("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)
                            .fields(&[&field.name]),
                    );
                }
                Ok(value.clone())
            }
            (FieldKind::ExternalId, Value::String(text)) => {
                match self.id_with(sobject, &field.name, text) {
                    Some(other) if Some(other.as_str()) != own_id => {
                        let message = format!(
                            "duplicate value found: {} duplicates value on record with id: {}",
                            field.name,
                            &other[..15]
                        );
                        Err(Refusal::bad("DUPLICATE_VALUE", message).fields(&[]))
                    }
                    _ => Ok(value.clone()),
                }
            }
            (FieldKind::Number, Value::Number(_)) => Ok(normal(value)),
            (FieldKind::Boolean, Value::Bool(_)) => Ok(value.clone()),
            (FieldKind::Date, Value::String(text)) if civil::parse_date(text).is_some() => {
                Ok(value.clone())
            }
            (FieldKind::DateTime, Value::String(text)) => {
                let micros = civil::parse_instant(text).ok_or_else(unreadable)?;
                Ok(json!(civil::salesforce_instant(micros)))
            }
            (FieldKind::Lookup(target), Value::String(text)) => {
                self.checked_reference(field, target, text)
            }
            _ => Err(unreadable()),
        }
    }

    fn checked_reference(&self, field: &Field, target: &str, text: &str) -> Result<Value, Refusal> {
        let malformed = || {
            let message = format!("{}: id value of incorrect type: {text}", field.name);
            Refusal::bad("MALFORMED_ID", message).fields(&[&field.name])
        };
        let id = schema::whole_id(text).ok_or_else(malformed)?;
        if !id.starts_with(schema::prefix_of(target)) {
            return Err(malformed());
        }
        if self
            .change
            .get(target, &id)
            .is_none_or(|record| record["IsDeleted"] == true)
        {
            return Err(
                Refusal::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
                    .fields(&[]),
            );
        }
        Ok(json!(id))
    }

    /// Stores the fields over what is there. `SystemModstamp` moves only when something has changed.
    pub(super) fn keep(&mut self, sobject: &'static str, id: &str, fields: Fields) {
        let stamp = json!(civil::salesforce_instant(self.now));
        let before = self.change.get(sobject, id).cloned();
        let mut record = before.clone().unwrap_or_else(|| {
            json!({
                "Id": id, "IsDeleted": false, "CreatedDate": stamp, "CreatedById": self.user,
                "LastModifiedDate": stamp, "LastModifiedById": self.user, "SystemModstamp": stamp
            })
        });
        for (name, value) in fields {
            record[&name] = normal(&value);
        }
        self.derive(sobject, &mut record);
        if before.as_ref() == Some(&record) {
            return;
        }
        record["LastModifiedDate"] = stamp.clone();
        record["LastModifiedById"] = json!(self.user);
        record["SystemModstamp"] = stamp;
        self.change.put(sobject, id, record);
    }

    /// The fields that the system works out for itself.
    fn derive(&self, sobject: &str, record: &mut Value) {
        let text = |record: &Value, field: &str| record[field].as_str().unwrap_or("").to_owned();
        match sobject {
            "Opportunity" => {
                let stage = text(record, "StageName");
                record["IsWon"] = json!(stage == "Closed Won");
                record["IsClosed"] = json!(stage.starts_with("Closed"));
            }
            "OpportunityLineItem" => {
                if record["Product2Id"].is_null()
                    && let Some(entry) = self
                        .change
                        .get("PricebookEntry", &text(record, "PricebookEntryId"))
                {
                    record["Product2Id"] = entry["Product2Id"].clone();
                }
                self.name_after_product(record);
                self.total(record);
            }
            "PricebookEntry" => self.name_after_product(record),
            "Contact" | "User" => {
                let name = format!("{} {}", text(record, "FirstName"), text(record, "LastName"));
                record["Name"] = json!(name.trim());
            }
            _ => {}
        }
    }

    fn name_after_product(&self, record: &mut Value) {
        let product = record["Product2Id"]
            .as_str()
            .and_then(|id| self.change.get("Product2", id));
        let (code, name) = product.map_or((Value::Null, Value::Null), |product| {
            (product["ProductCode"].clone(), product["Name"].clone())
        });
        record["ProductCode"] = code;
        record["Name"] = name;
    }

    /// A line without a total gets quantity × unit price, when that is exact in cents.
    fn total(&self, record: &mut Value) {
        if !record["TotalPrice"].is_null() {
            return;
        }
        let (Some(price), Value::Number(quantity)) = (
            decimal::minor_of(&record["UnitPrice"], 2),
            &record["Quantity"],
        ) else {
            return;
        };
        let scaled = decimal::parse_scaled(&quantity.to_string(), 4)
            .map(|quantity| quantity * i128::from(price));
        if let Some(scaled) = scaled
            && scaled % 10_000 == 0
            && let Ok(minor) = i64::try_from(scaled / 10_000)
        {
            record["TotalPrice"] = decimal::number_of(minor, 2);
        }
    }

    /// The amount of an opportunity with lines is the sum of their totals.
    fn roll_up(&mut self, sobject: &str, id: &str) {
        if sobject != "OpportunityLineItem" {
            return;
        }
        let Some(line) = self.change.get("OpportunityLineItem", id).cloned() else {
            return;
        };
        let Some(opportunity) = line["OpportunityId"].as_str() else {
            return;
        };
        let mut minor = 0;
        let others = self
            .change
            .settled()
            .rows("OpportunityLineItem")
            .filter(|(other, record)| {
                *other != id
                    && record["OpportunityId"] == opportunity
                    && record["IsDeleted"] != true
            });
        for total in others
            .map(|(_, record)| &record["TotalPrice"])
            .chain((line["IsDeleted"] != true).then_some(&line["TotalPrice"]))
        {
            minor += decimal::minor_of(total, 2).unwrap_or(0);
        }
        let mut fields = Fields::new();
        fields.insert("Amount".to_owned(), decimal::number_of(minor, 2));
        let opportunity = opportunity.to_owned();
        self.keep("Opportunity", &opportunity, fields);
    }
}

/// The external id field of this name, or the system's refusal.
pub(super) fn external_field(
    change: &Transaction<'_>,
    sobject: &str,
    name: &str,
) -> Result<Field, Refusal> {
    schema::field(change.settled(), sobject, name)
        .filter(|field| field.kind == FieldKind::ExternalId)
        .ok_or_else(|| {
            Refusal::not_found(format!(
                "Provided external ID field does not exist or is not accessible: {name}"
            ))
        })
}

/// Numbers always carry a decimal point, as the system writes them.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            if text.contains(['.', 'e', 'E']) {
                value.clone()
            } else {
                serde_json::from_str(&format!("{text}.0")).unwrap_or_else(|_| value.clone())
            }
        }
        other => other.clone(),
    }
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
