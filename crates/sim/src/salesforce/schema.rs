//! The fields and relationships of the sObjects: the standard ones, and those declared by a control call.

use serde_json::{Value, json};

use crate::tables::Tables;

/// The type of a declared custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any scalar is taken.
    Any,
    /// Text.
    Text,
    /// Text that is unique and can be used for upserts.
    ExternalId,
    /// Number or currency.
    Number,
    /// Checkbox.
    Boolean,
    /// Civil date.
    Date,
    /// Instant.
    DateTime,
    /// Reference to a record of this sObject.
    Lookup(String),
}

impl FieldKind {
    fn of(code: &str) -> FieldKind {
        match code {
            "text" => FieldKind::Text,
            "external" => FieldKind::ExternalId,
            "number" => FieldKind::Number,
            "boolean" => FieldKind::Boolean,
            "date" => FieldKind::Date,
            "datetime" => FieldKind::DateTime,
            other => match other.strip_prefix('@') {
                Some(target) => FieldKind::Lookup(target.to_owned()),
                None => FieldKind::Any,
            },
        }
    }

    fn code(&self) -> String {
        match self {
            FieldKind::Any => "any".to_owned(),
            FieldKind::Text => "text".to_owned(),
            FieldKind::ExternalId => "external".to_owned(),
            FieldKind::Number => "number".to_owned(),
            FieldKind::Boolean => "boolean".to_owned(),
            FieldKind::Date => "date".to_owned(),
            FieldKind::DateTime => "datetime".to_owned(),
            FieldKind::Lookup(target) => format!("@{target}"),
        }
    }

    /// The name of the type in a describe answer.
    pub(super) fn wire_name(&self) -> &'static str {
        match self {
            FieldKind::Any | FieldKind::Text | FieldKind::ExternalId => "string",
            FieldKind::Number => "double",
            FieldKind::Boolean => "boolean",
            FieldKind::Date => "date",
            FieldKind::DateTime => "datetime",
            FieldKind::Lookup(_) => "reference",
        }
    }
}

/// A field of an sObject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: FieldKind,
    /// Set by the system; a client may not write it.
    pub(super) read_only: bool,
}

impl Field {
    /// The name by which the referenced record is reached (`AccountId` → `Account`).
    pub(super) fn relationship(&self) -> Option<String> {
        match &self.kind {
            FieldKind::Lookup(_) => self
                .name
                .strip_suffix("__c")
                .map(|start| format!("{start}__r"))
                .or_else(|| self.name.strip_suffix("Id").map(str::to_owned)),
            _ => None,
        }
    }
}

/// A standard sObject: its name, the three characters that its ids begin with, what a create must
/// give, and its fields as `name` (text) or `name:kind`; `!` marks what only the system writes.
struct Standard {
    name: &'static str,
    prefix: &'static str,
    required: &'static [&'static str],
    fields: &'static str,
}

const SYSTEM_FIELDS: &str = "Id:text! IsDeleted:boolean! CreatedDate:datetime! CreatedById:@User! \
     LastModifiedDate:datetime! LastModifiedById:@User! SystemModstamp:datetime!";

const STANDARD: &[Standard] = &[
    Standard {
        name: "Account",
        prefix: "001",
        required: &["Name"],
        fields: "Name Type Industry Description AccountNumber Phone Website OwnerId:@User ParentId:@Account \
                 BillingStreet BillingCity BillingState BillingPostalCode BillingCountry ShippingStreet ShippingCity \
                 ShippingState ShippingPostalCode ShippingCountry CurrencyIsoCode AnnualRevenue:number \
                 NumberOfEmployees:number",
    },
    Standard {
        name: "Contact",
        prefix: "003",
        required: &["LastName"],
        fields: "FirstName LastName Name! AccountId:@Account OwnerId:@User Email Phone Title CurrencyIsoCode",
    },
    Standard {
        name: "Opportunity",
        prefix: "006",
        required: &["Name", "StageName", "CloseDate"],
        fields: "Name AccountId:@Account OwnerId:@User Pricebook2Id:@Pricebook2 StageName Amount:number \
                 Probability:number CloseDate:date Type LeadSource NextStep Description ForecastCategory \
                 IsWon:boolean! IsClosed:boolean! HasOpportunityLineItem:boolean! CurrencyIsoCode",
    },
    Standard {
        name: "OpportunityLineItem",
        prefix: "00k",
        required: &["OpportunityId", "Quantity"],
        fields: "OpportunityId:@Opportunity PricebookEntryId:@PricebookEntry Product2Id:@Product2 ProductCode! Name! \
                 Quantity:number UnitPrice:number ListPrice:number! TotalPrice:number ServiceDate:date Description \
                 SortOrder:number CurrencyIsoCode",
    },
    Standard {
        name: "Product2",
        prefix: "01t",
        required: &["Name"],
        fields: "Name ProductCode Description IsActive:boolean Family CurrencyIsoCode",
    },
    Standard {
        name: "Pricebook2",
        prefix: "01s",
        required: &["Name"],
        fields: "Name Description IsActive:boolean IsStandard:boolean",
    },
    Standard {
        name: "PricebookEntry",
        prefix: "01u",
        required: &["Pricebook2Id", "Product2Id", "UnitPrice"],
        fields: "Name! Pricebook2Id:@Pricebook2 Product2Id:@Product2 ProductCode! UnitPrice:number IsActive:boolean \
                 UseStandardPrice:boolean CurrencyIsoCode",
    },
    Standard {
        name: "User",
        prefix: "005",
        required: &["Username", "LastName"],
        fields: "Username FirstName LastName Name! Email Alias IsActive:boolean",
    },
];

/// Parent, the name of the relationship, child, and the child's field.
const CHILDREN: &[(&str, &str, &str, &str)] = &[
    ("Account", "Opportunities", "Opportunity", "AccountId"),
    ("Account", "Contacts", "Contact", "AccountId"),
    (
        "Opportunity",
        "OpportunityLineItems",
        "OpportunityLineItem",
        "OpportunityId",
    ),
    (
        "Product2",
        "PricebookEntries",
        "PricebookEntry",
        "Product2Id",
    ),
    (
        "Pricebook2",
        "PricebookEntries",
        "PricebookEntry",
        "Pricebook2Id",
    ),
];

fn standard(name: &str) -> Option<&'static Standard> {
    STANDARD
        .iter()
        .find(|standard| standard.name.eq_ignore_ascii_case(name))
}

/// The names of all sObjects.
pub(super) fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    STANDARD
        .iter()
        .map(|standard| (standard.name, standard.prefix))
}

/// The name of an sObject as the system writes it.
pub(super) fn type_named(name: &str) -> Option<&'static str> {
    standard(name).map(|standard| standard.name)
}

pub(super) fn prefix_of(sobject: &str) -> &'static str {
    standard(sobject).map_or("a00", |standard| standard.prefix)
}

pub(super) fn required_of(sobject: &str) -> &'static [&'static str] {
    standard(sobject).map_or(&[], |standard| standard.required)
}

/// All fields of an sObject, standard and declared.
pub(super) fn fields(tables: &Tables, sobject: &str) -> Vec<Field> {
    let Some(standard) = standard(sobject) else {
        return Vec::new();
    };
    let words = SYSTEM_FIELDS
        .split_whitespace()
        .chain(standard.fields.split_whitespace());
    let mut fields: Vec<Field> = words
        .map(|word| {
            let (word, read_only) = word
                .strip_suffix('!')
                .map_or((word, false), |word| (word, true));
            let (name, kind) = word.split_once(':').unwrap_or((word, "text"));
            Field {
                name: name.to_owned(),
                kind: FieldKind::of(kind),
                read_only,
            }
        })
        .collect();
    let declared = tables
        .rows("fields")
        .filter(|(_, field)| field["sobject"] == standard.name);
    fields.extend(declared.map(|(_, field)| Field {
        name: field["name"].as_str().unwrap_or("").to_owned(),
        kind: FieldKind::of(field["kind"].as_str().unwrap_or("any")),
        read_only: false,
    }));
    fields
}

pub(super) fn field(tables: &Tables, sobject: &str, name: &str) -> Option<Field> {
    fields(tables, sobject)
        .into_iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
}

/// The reference field, and the sObject it leads to, of a relationship name.
pub(super) fn parent(
    tables: &Tables,
    sobject: &str,
    relationship: &str,
) -> Option<(Field, String)> {
    let field = fields(tables, sobject).into_iter().find(|field| {
        field
            .relationship()
            .is_some_and(|name| name.eq_ignore_ascii_case(relationship))
    })?;
    let FieldKind::Lookup(target) = field.kind.clone() else {
        return None;
    };
    Some((field, target))
}

/// The child sObject, its reference field, and the relationship's name as the system writes it.
pub(super) fn children(
    sobject: &str,
    relationship: &str,
) -> Option<(&'static str, &'static str, &'static str)> {
    CHILDREN
        .iter()
        .find(|(parent, name, _, _)| *parent == sobject && name.eq_ignore_ascii_case(relationship))
        .map(|(_, name, child, field)| (*child, *field, *name))
}

/// The record of a declared field.
pub(super) fn declaration(sobject: &str, name: &str, kind: &FieldKind) -> Value {
    json!({ "sobject": sobject, "name": name, "kind": kind.code() })
}

/// The 18 characters of a 15-character id: three more say which letters are capitals.
pub(super) fn eighteen(fifteen: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut id = fifteen.to_owned();
    for chunk in fifteen.as_bytes().chunks(5) {
        let bits = chunk
            .iter()
            .enumerate()
            .filter(|(_, b)| b.is_ascii_uppercase())
            .map(|(at, _)| 1_usize << at)
            .sum::<usize>();
        id.push(char::from(LETTERS[bits % 32]));
    }
    id
}

/// The 18-character id of a 15- or 18-character one; `None` when it is no id.
pub(super) fn whole_id(id: &str) -> Option<String> {
    if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match id.len() {
        15 => Some(eighteen(id)),
        18 => (eighteen(&id[0..15]) == id).then(|| id.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_get_their_check_letters() {
        // Pairs from recorded answers.
        assert_eq!(eighteen("a00D0000008pQRA"), "a00D0000008pQRAIA2");
        assert_eq!(eighteen("003q000000KvQ1t"), "003q000000KvQ1tAAF");
        assert_eq!(
            whole_id("a00D0000008pQRA").as_deref(),
            Some("a00D0000008pQRAIA2")
        );
        assert_eq!(whole_id("a00D0000008pQRAIA3"), None);
        assert_eq!(whole_id("tooshort"), None);
    }

    #[test]
    fn lookups_have_relationship_names() {
        let tables = Tables::in_memory();
        let (field, target) = parent(&tables, "Opportunity", "account").unwrap();
        assert_eq!(
            (field.name.as_str(), target.as_str()),
            ("AccountId", "Account")
        );
        let (_, target) = parent(&tables, "PricebookEntry", "Product2").unwrap();
        assert_eq!(target, "Product2");
        assert!(parent(&tables, "Opportunity", "Nobody").is_none());
    }
}
