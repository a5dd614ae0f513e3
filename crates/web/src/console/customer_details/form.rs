//! The forms of a customer's details: what stands in them, and the commands that they are.

use crate::console::entry::{put_count, refused};
use crate::console::form_field::{Field, field, long};
use crate::console::source::SourceFault;
use crate::console::typed::{Typed, put};
use app::query::CustomerSetup;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most certificates that one form is read for.
const MOST_CERTIFICATES: usize = 200;

/// The fields that `change_customer` changes.
const TERMS: [&str; 6] = [
    "legal_name",
    "currency",
    "collection",
    "payment_method",
    "payment_terms_days",
    "class",
];

/// The parts of a certificate.
const CERTIFICATE: [&str; 7] = [
    "number",
    "country",
    "region",
    "tax_codes",
    "from",
    "until",
    "reason",
];

/// The fields in the order in which they are read.
pub(super) const DOCUMENT_FIELDS: &[Field] = &[
    field("name", "Name on documents", "the registered name"),
    field("contact", "Person or department", ""),
    field("reference", "Purchase order or reference", ""),
    field("number", "Customer number", ""),
    long("street", "Street", "one line each"),
    field("postcode", "Post code", ""),
    field("city", "City", ""),
    field("region", "State or region", ""),
    field("country", "Country", "two letters, such as DE"),
    field("vat_id", "VAT id on documents", "as for tax"),
    field("registration", "Number in the register", ""),
    field(
        "electronic_address",
        "Address for e-invoices",
        "0204:991-12345-67",
    ),
];

fn typed(fields: Vec<(&str, String)>) -> BTreeMap<String, String> {
    fields
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
}

/// Letters and digits of a VAT id as they are kept.
fn plain_vat_id(text: &str) -> String {
    text.to_uppercase().replace([' ', '.'], "")
}

/// Name and terms as they are, and again as what the form was begun with.
pub(super) fn terms_fields(found: &CustomerSetup) -> Typed {
    let collection = json!(found.collection);
    let currency = found.currency.map(|it| it.code().to_owned());
    let texts = [
        found.legal_name.clone(),
        currency.unwrap_or_default(),
        collection.as_str().unwrap_or_default().to_owned(),
        found.payment_method.clone().unwrap_or_default(),
        found.payment_terms_days.to_string(),
        found.class.clone().unwrap_or_default(),
    ];
    let mut fields = BTreeMap::new();
    for (name, text) in TERMS.into_iter().zip(texts) {
        fields.insert(format!("was.{name}"), text.clone());
        fields.insert(name.to_owned(), text);
    }
    Typed::new(fields)
}

/// `change_customer` with the fields that were changed in the form, so that what somebody else changed
/// meanwhile stays.
pub(super) fn terms(customer: &str, typed: &Typed) -> Result<Value, SourceFault> {
    let mut body = typed.body(&["effective", "reason"]);
    body.insert("customer".to_owned(), json!(customer));
    body.entry("reason").or_insert_with(|| json!(""));
    for name in TERMS {
        let text = typed.get(name);
        if text == typed.get(&format!("was.{name}")) {
            continue;
        }
        match (name, text) {
            ("currency", "") => {
                return Err(refused(
                    "The currency can be another one and not none; write its three letters"
                        .to_owned(),
                ));
            }
            ("payment_method", "") => {
                return Err(refused(
                    "The stored means of payment can be another one and not none; write its handle, or let it pay by transfer"
                        .to_owned(),
                ));
            }
            ("payment_terms_days", "") => {
                return Err(refused(
                    "Days to pay is empty; write 0 where invoices are due at once".to_owned(),
                ));
            }
            ("payment_terms_days", days) => put_count(&mut body, (name, "Days to pay"), days)?,
            ("currency", code) => put(&mut body, name, &code.to_uppercase()),
            _ => {
                body.insert(name.to_owned(), json!(text));
            }
        }
    }
    Ok(Value::Object(body))
}

/// What stands on documents, as it is set.
pub(super) fn document_fields(found: &CustomerSetup) -> Typed {
    let fields = app::query::document_fields(&found.details);
    Typed::new(fields.into_iter().collect())
}

/// `set_billing_details` with all of the form.
pub(super) fn documents(customer: &str, typed: &Typed) -> Result<Value, SourceFault> {
    let mut address = typed.body(&["postcode", "city", "region"]);
    put(
        &mut address,
        "country",
        &typed.get("country").to_uppercase(),
    );
    let lines: Vec<&str> = typed
        .get("street")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    address.insert("lines".to_owned(), json!(lines));
    let mut details = typed.body(&[
        "name",
        "registration",
        "contact",
        "electronic_address",
        "reference",
        "number",
    ]);
    put(&mut details, "vat_id", &plain_vat_id(typed.get("vat_id")));
    details.insert("address".to_owned(), Value::Object(address));
    let mut body = Map::new();
    body.insert("customer".to_owned(), json!(customer));
    body.insert("details".to_owned(), Value::Object(details));
    follows(&mut body, typed)?;
    Ok(Value::Object(body))
}

/// The version that the form was begun with.
fn follows(body: &mut Map<String, Value>, typed: &Typed) -> Result<(), SourceFault> {
    put_count(
        body,
        ("follows", "The version looked at"),
        typed.get("follows"),
    )
}

/// How it stands towards tax, as it is set.
pub(super) fn tax_fields(found: &CustomerSetup) -> Typed {
    let Some(tax) = &found.tax else {
        return Typed::default();
    };
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let mut fields = typed(vec![
        ("country", tax.country.clone()),
        ("region", text(&tax.region)),
        ("locality", text(&tax.locality)),
        ("vat_id", text(&tax.vat_id)),
        ("certificates", (tax.certificates.len() + 1).to_string()),
    ]);
    for (at, certificate) in tax.certificates.iter().enumerate() {
        let until = certificate.until.map(|day| day.to_string());
        let texts = [
            certificate.number.clone(),
            certificate.country.clone(),
            text(&certificate.region),
            certificate.tax_codes.join(", "),
            certificate.from.to_string(),
            until.unwrap_or_default(),
            certificate.reason.clone(),
        ];
        for (part, text) in CERTIFICATE.into_iter().zip(texts) {
            fields.insert(format!("certificate.{at}.{part}"), text);
        }
    }
    Typed::new(fields)
}

/// How many certificates a form has fields for: one more than are set.
pub(super) fn certificates(typed: &Typed) -> usize {
    let count: usize = typed.get("certificates").parse().unwrap_or(1);
    count.clamp(1, MOST_CERTIFICATES)
}

/// A certificate as it was typed; nothing where its fields are empty.
fn certificate(typed: &Typed, at: usize) -> Result<Option<Value>, SourceFault> {
    let part = |name: &str| typed.get(&format!("certificate.{at}.{name}"));
    if CERTIFICATE.iter().all(|name| part(name).is_empty()) {
        return Ok(None);
    }
    let number = part("number");
    if part("from").is_empty() {
        return Err(refused(format!(
            "Certificate “{number}” has no first day; state the day from which it holds"
        )));
    }
    let capital = |name: &str| part(name).to_uppercase();
    let country = match part("country") {
        "" => typed.get("country").to_uppercase(),
        _ => capital("country"),
    };
    let codes: Vec<&str> = part("tax_codes")
        .split(',')
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .collect();
    let mut body = Map::new();
    for (name, text) in [("from", part("from")), ("until", part("until"))] {
        put(&mut body, name, text);
    }
    put(&mut body, "region", &capital("region"));
    for (name, text) in [
        ("number", number),
        ("country", country.as_str()),
        ("reason", part("reason")),
    ] {
        body.insert(name.to_owned(), json!(text));
    }
    if !codes.is_empty() {
        body.insert("tax_codes".to_owned(), json!(codes));
    }
    Ok(Some(Value::Object(body)))
}

/// `set_tax_profile` with all of the form.
pub(super) fn tax(customer: &str, typed: &Typed) -> Result<Value, SourceFault> {
    let mut profile = typed.body(&["locality"]);
    profile.insert(
        "country".to_owned(),
        json!(typed.get("country").to_uppercase()),
    );
    put(&mut profile, "region", &typed.get("region").to_uppercase());
    put(&mut profile, "vat_id", &plain_vat_id(typed.get("vat_id")));
    let mut held = Vec::new();
    for at in 0..certificates(typed) {
        held.extend(certificate(typed, at)?);
    }
    if !held.is_empty() {
        profile.insert("certificates".to_owned(), Value::Array(held));
    }
    let mut body = Map::new();
    body.insert("customer".to_owned(), json!(customer));
    body.insert("tax".to_owned(), Value::Object(profile));
    follows(&mut body, typed)?;
    Ok(Value::Object(body))
}
