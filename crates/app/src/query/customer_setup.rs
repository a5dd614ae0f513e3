//! What a customer is set up with: how it pays, what stands on its documents, how it stands towards
//! tax; and who changed what of it.

use crate::App;
use crate::approval::Difference;
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::taxation::profile_kind;
use crate::printing::details_kind;
use commerce::{Collection, Customer, ExemptionCertificate, TaxProfile};
use paper::Party;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::papers::Version;
use store::{Tx, approvals, catalogue, papers};
use values::{Currency, Date, Instant};

/// Most changes of each part that are shown.
const MOST: usize = 50;

/// One version more: the oldest shown stands beside the one before it.
const VERSIONS: i64 = 51;

/// What a customer is set up with, today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerSetup {
    /// The customer.
    pub customer: String,
    /// Registered name.
    pub legal_name: String,
    /// Billed in this currency when a contract does not say.
    pub currency: Option<Currency>,
    /// How its invoices are collected.
    pub collection: Collection,
    /// The processor's handle of a stored means of payment, never a card number.
    pub payment_method: Option<String>,
    /// Days from invoice to due date.
    pub payment_terms_days: u16,
    /// Its class, one of those of the collection policy.
    pub class: Option<String>,
    /// What stands on documents for it. An empty name is the registered one.
    pub details: Party,
    /// The version of these; 0 before the first was set.
    pub details_version: i64,
    /// How it stands towards tax; nothing where nobody said.
    pub tax: Option<TaxProfile>,
    /// The version of this; 0 before the first was set.
    pub tax_version: i64,
    /// Who changed what, the newest first; at most fifty of each part.
    pub changes: Vec<SetupChange>,
}

/// Which part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetupPart {
    /// Name and terms of payment, by `change_customer`.
    Terms,
    /// What stands on documents, by `set_billing_details`.
    Documents,
    /// Tax, by `set_tax_profile`.
    Tax,
}

/// A change of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetupChange {
    /// Of what.
    pub part: SetupPart,
    /// When it was made; nothing where that was not kept.
    pub made: Option<Instant>,
    /// Who made it; empty where that was not kept.
    pub by: String,
    /// From which day it holds, where it says one.
    pub effective: Option<Date>,
    /// `applied`, `waiting` for its day, or `refused` when that came.
    pub status: String,
    /// Why, where a reason was asked for.
    pub reason: String,
    /// Field by field, before and after.
    pub differences: Vec<Difference>,
}

fn terms(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<SetupChange>, AppFault> {
    let mut told = Vec::new();
    for row in approvals::changes_of(tx, customer)?.into_iter().take(MOST) {
        told.push(SetupChange {
            part: SetupPart::Terms,
            made: Some(Instant::from_microseconds(row.created)),
            by: row.maker,
            effective: Some(stored_value("date", &row.effective)?),
            status: row.status,
            reason: row.reason,
            differences: stored("customer change", &row.diff)?,
        });
    }
    Ok(told)
}

/// The fields of what stands on documents, in the order in which they are read; the lines of the street
/// each on a line of its own.
#[must_use]
pub fn document_fields(details: &Party) -> Vec<(String, String)> {
    let address = &details.address;
    [
        ("name", details.name.clone()),
        ("street", address.lines.join("\n")),
        ("postcode", address.postcode.clone()),
        ("city", address.city.clone()),
        ("region", address.region.clone()),
        ("country", address.country.clone()),
        ("vat_id", details.vat_id.clone()),
        ("registration", details.registration.clone()),
        ("contact", details.contact.clone()),
        ("electronic_address", details.electronic_address.clone()),
        ("reference", details.reference.clone()),
        ("number", details.number.clone()),
    ]
    .map(|(field, text)| (field.to_owned(), text))
    .into()
}

/// A certificate in one line.
fn in_words(certificate: &ExemptionCertificate) -> String {
    let mut place = certificate.country.clone();
    if let Some(region) = &certificate.region {
        place = format!("{place} {region}");
    }
    let codes = match certificate.tax_codes.as_slice() {
        [] => "every tax code".to_owned(),
        codes => codes.join(", "),
    };
    let until = match certificate.until {
        Some(until) => format!("to {until}"),
        None => "for ever".to_owned(),
    };
    let (from, reason) = (certificate.from, &certificate.reason);
    format!("{place}, {codes}, {from} {until}: {reason}")
}

fn tax_fields(tax: &TaxProfile) -> Vec<(String, String)> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let mut fields = vec![
        ("country".to_owned(), tax.country.clone()),
        ("region".to_owned(), text(&tax.region)),
        ("locality".to_owned(), text(&tax.locality)),
        ("vat_id".to_owned(), text(&tax.vat_id)),
    ];
    let certificates = tax.certificates.iter().map(|certificate| {
        let field = format!("certificate {}", certificate.number);
        (field, in_words(certificate))
    });
    fields.extend(certificates);
    fields
}

/// What differs between two lists of fields; a field of one list alone is empty in the other.
fn differing(before: &[(String, String)], after: &[(String, String)]) -> Vec<Difference> {
    let of = |list: &[(String, String)], field: &str| {
        let found = list.iter().find(|(name, _)| name == field);
        found.map_or_else(String::new, |(_, text)| text.clone())
    };
    let gone = before
        .iter()
        .filter(|(field, _)| after.iter().all(|(name, _)| name != field));
    after
        .iter()
        .chain(gone)
        .map(|(field, _)| Difference {
            field: field.clone(),
            before: of(before, field).replace('\n', ", "),
            after: of(after, field).replace('\n', ", "),
        })
        .filter(|difference| difference.before != difference.after)
        .collect()
}

/// What versions changed, the newest first, each beside the one before it.
fn changed(
    part: SetupPart,
    found: &[Version],
    fields: impl Fn(&Version) -> Result<Vec<(String, String)>, AppFault>,
) -> Result<Vec<SetupChange>, AppFault> {
    let mut told = Vec::new();
    for (at, version) in found.iter().take(MOST).enumerate() {
        let before = found.get(at + 1).map(&fields).transpose()?;
        told.push(SetupChange {
            part,
            made: (version.recorded > 0).then(|| Instant::from_microseconds(version.recorded)),
            by: version.actor.clone(),
            effective: None,
            status: "applied".to_owned(),
            reason: String::new(),
            differences: differing(&before.unwrap_or_default(), &fields(version)?),
        });
    }
    Ok(told)
}

fn setup(tx: &mut Tx<'_>, id: &str) -> Result<Option<CustomerSetup>, AppFault> {
    let Some(row) = catalogue::customer(tx, id)? else {
        return Ok(None);
    };
    let known: Customer = stored("customer", &row.body)?;
    let details = papers::versions(tx, &details_kind(id), VERSIONS)?;
    let taxes = papers::versions(tx, &profile_kind(id), VERSIONS)?;
    let mut changes = terms(tx, id)?;
    changes.extend(changed(SetupPart::Documents, &details, |version| {
        Ok(document_fields(&stored("billing details", &version.body)?))
    })?);
    changes.extend(changed(SetupPart::Tax, &taxes, |version| {
        Ok(tax_fields(&stored("tax profile", &version.body)?))
    })?);
    changes.sort_by_key(|change| std::cmp::Reverse(change.made));
    Ok(Some(CustomerSetup {
        customer: row.id,
        legal_name: known.legal_name,
        currency: known.currency,
        collection: known.collection,
        payment_method: known.payment_method,
        payment_terms_days: known.payment_terms_days,
        class: known.class,
        details_version: details.first().map_or(0, |found| found.version),
        details: match details.first() {
            Some(found) => stored("billing details", &found.body)?,
            None => Party::default(),
        },
        tax: known.tax,
        tax_version: taxes.first().map_or(0, |found| found.version),
        changes,
    }))
}

impl App {
    /// What a customer is set up with, and who changed what of it; nothing when there is no such
    /// customer.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn customer_setup(&self, id: &str) -> Result<Option<CustomerSetup>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| setup(tx, &id))
    }
}
