//! Mappings at work: orders of the CRM in our words, codes for the outside ledger, and how much of
//! what came and of what may go out is mapped.

use super::impact::each_raw;
use super::view::{CoverageRow, UnmappedValue};
use crate::connections::NetSuiteIds;
use crate::fault::AppFault;
use crate::journey::order::WonOrder;
use crate::{App, Books};
use connect::salesforce::{FieldNames, read_opportunity};
use control::mapping::{Mapping, NETSUITE_VALUES, SALESFORCE_FIELDS, SALESFORCE_VALUES, Unmapped};
use std::collections::BTreeMap;
use store::Tx;

/// What the fields of the CRM are called there.
#[must_use]
pub fn field_names(mapping: &Mapping) -> FieldNames {
    let names = SALESFORCE_FIELDS
        .iter()
        .filter_map(|(ours, standard)| Some((*ours, *standard, mapping.field(ours)?)))
        .map(|(ours, standard, theirs)| {
            // The account's fields stand under the account there.
            let object = if ours.starts_with("customer.") {
                "Account."
            } else {
                ""
            };
            (format!("{object}{standard}"), theirs.to_owned())
        });
    FieldNames::new(names)
}

/// A won deal in our words.
///
/// # Errors
/// Every value that is not mapped.
pub fn translated(mapping: &Mapping, order: &WonOrder) -> Result<WonOrder, Vec<Unmapped>> {
    let mut wrong = Vec::new();
    let mut translate = |field: &str, value: &Option<String>| {
        let value = value.as_ref().filter(|text| !text.trim().is_empty())?;
        match mapping.translate(field, value) {
            Ok(ours) => Some(ours),
            Err(unmapped) => {
                if !wrong.contains(&unmapped) {
                    wrong.push(unmapped);
                }
                None
            }
        }
    };
    let mut ours = order.clone();
    ours.frequency = translate("order.billing_frequency", &order.frequency);
    ours.currency = translate("order.currency", &order.currency);
    ours.entity = translate("order.entity", &order.entity);
    for (line, theirs) in ours.lines.iter_mut().zip(&order.lines) {
        line.product = translate("order.product", &theirs.product);
    }
    if wrong.is_empty() {
        Ok(ours)
    } else {
        Err(wrong)
    }
}

/// Won deals that were received, read by a mapping: the inbox id, and the deal or what is unmapped.
pub(super) type ReceivedOrder = (String, Result<WonOrder, Vec<Unmapped>>);

/// Won deals received since an instant, in order of arrival. Unreadable ones are left out.
pub(super) fn received(
    tx: &mut Tx<'_>,
    since: i64,
    mapping: &Mapping,
) -> Result<Vec<ReceivedOrder>, AppFault> {
    let mut found = Vec::new();
    each_raw(tx, since, |id, raw| {
        if let Ok(read) = read_opportunity(&raw) {
            let order = crate::intake::salesforce::won_order(&read.opportunity, String::new());
            found.push((id, translated(mapping, &order)));
        }
    })?;
    Ok(found)
}

/// The ids of the outside ledger: those of the mapping before those of the settings file.
#[must_use]
pub fn netsuite_ids(mapping: &Mapping, settings: &NetSuiteIds) -> NetSuiteIds {
    let over = |field: &str, base: &BTreeMap<String, String>| {
        let mut ids = base.clone();
        if let Some(values) = mapping.map(field) {
            ids.extend(values.map.clone());
        }
        ids
    };
    NetSuiteIds {
        accounts: over("ledger.account", &settings.accounts),
        subsidiaries: over("ledger.entity", &settings.subsidiaries),
        currencies: over("ledger.currency", &settings.currencies),
    }
}

/// What was seen in one field, with how often.
type Seen = BTreeMap<String, u64>;

fn seen_in_crm(tx: &mut Tx<'_>, since: i64) -> Result<BTreeMap<&'static str, Seen>, AppFault> {
    let mut seen: BTreeMap<&'static str, Seen> = BTreeMap::new();
    let mut see = |field: &'static str, value: Option<&String>| {
        let of_field = seen.entry(field).or_default();
        if let Some(value) = value.filter(|text| !text.trim().is_empty()) {
            *of_field.entry(value.clone()).or_default() += 1;
        }
    };
    each_raw(tx, since, |_, raw| {
        let Ok(read) = read_opportunity(&raw) else {
            return;
        };
        let order = crate::intake::salesforce::won_order(&read.opportunity, String::new());
        see("order.billing_frequency", order.frequency.as_ref());
        see("order.currency", order.currency.as_ref());
        see("order.entity", order.entity.as_ref());
        for line in &order.lines {
            see("order.product", line.product.as_ref());
        }
    })?;
    Ok(seen)
}

/// Whether a value that needs no map is one that we know.
fn is_known(books: &Books, field: &str, value: &str) -> bool {
    let value = value.trim();
    match field {
        "order.billing_frequency" => commerce::BillingFrequency::read(value).is_some(),
        "order.currency" => value.parse::<values::Currency>().is_ok(),
        "order.entity" => books.entities.keys().any(|it| it.as_str() == value),
        "order.product" => {
            let mut products = books.catalogue.products.iter();
            products.any(|it| it.code.as_str() == value)
        }
        _ => true,
    }
}

fn crm_row(books: &Books, field: &'static str, seen: &Seen) -> CoverageRow {
    let mapping = &books.governance.salesforce;
    let unmapped: Vec<UnmappedValue> = seen
        .iter()
        .filter(|(value, _)| match mapping.translate(field, value) {
            Ok(ours) => !is_known(books, field, &ours),
            Err(_) => true,
        })
        .map(|(value, count)| UnmappedValue {
            value: value.clone(),
            count: *count,
        })
        .collect();
    CoverageRow {
        system: "salesforce".to_owned(),
        field: field.to_owned(),
        values: seen.len() as u64,
        mapped: (seen.len() - unmapped.len()) as u64,
        unmapped,
        how: match mapping.map(field) {
            Some(values) => format!("{} values mapped", values.map.len()),
            None => "taken as it is, and checked against our own list".to_owned(),
        },
    }
}

fn ledger_row(books: &Books, field: &'static str) -> CoverageRow {
    let codes: Vec<String> = match field {
        "ledger.account" => books
            .chart
            .accounts()
            .iter()
            .map(|account| account.code.as_str().to_owned())
            .collect(),
        "ledger.entity" => books.entities.keys().map(ToString::to_string).collect(),
        _ => {
            let mut codes: Vec<String> = books
                .entities
                .values()
                .map(|entity| entity.currency.code().to_owned())
                .collect();
            codes.sort();
            codes.dedup();
            codes
        }
    };
    let map = books.governance.netsuite.map(field);
    let unmapped: Vec<UnmappedValue> = codes
        .iter()
        .filter(|code| map.is_some_and(|it| !it.map.contains_key(*code)))
        .map(|code| UnmappedValue {
            value: code.clone(),
            count: 0,
        })
        .collect();
    CoverageRow {
        system: "netsuite".to_owned(),
        field: field.to_owned(),
        values: codes.len() as u64,
        mapped: map.map_or(0, |_| (codes.len() - unmapped.len()) as u64),
        unmapped,
        how: match map {
            Some(values) => format!("{} codes mapped", values.map.len()),
            None => "no map here: the ids of the settings file hold".to_owned(),
        },
    }
}

impl App {
    /// How much of what came from the CRM in the last days, and of what may go to the ledger, is
    /// mapped. What is not is named.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mapping_coverage(&self, days: u32) -> Result<Vec<CoverageRow>, AppFault> {
        let books = self.books();
        let since = self.clock().now().plus_seconds(-i64::from(days) * 86_400);
        let seen = self
            .store()
            .read(move |tx| seen_in_crm(tx, since.microseconds()))?;
        let nothing = Seen::new();
        let crm = SALESFORCE_VALUES
            .iter()
            .map(|field| crm_row(&books, field, seen.get(field).unwrap_or(&nothing)));
        let ledger = NETSUITE_VALUES
            .iter()
            .map(|field| ledger_row(&books, field));
        Ok(crm.chain(ledger).collect())
    }
}
