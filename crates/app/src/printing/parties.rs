//! Who sells and who buys, as they were at a moment.

use super::set_up::{details_kind, letterhead_kind};
use crate::approval::Difference;
use crate::fault::{AppFault, stored};
use crate::journey::taxation;
use billing::TaxTable;
use commerce::{Collection, Customer};
use ledger::Entity;
use paper::{Letterhead, Party};
use store::{Tx, catalogue, governance, papers};

/// The letterhead that an entity had at a moment; before the first, its name alone.
pub(crate) fn letterhead_at(
    tx: &mut Tx<'_>,
    entity: &Entity,
    at: i64,
) -> Result<Letterhead, AppFault> {
    match papers::version_on_paper(tx, &letterhead_kind(entity.id.as_str()), at)? {
        Some(version) => stored("letterhead", &version.body),
        None => Ok(Letterhead {
            name: entity.name.clone(),
            ..Letterhead::default()
        }),
    }
}

/// The seller as it stands on a document of a moment: its letterhead, with the VAT identifier by
/// which its tax was decided where the letterhead has none.
pub(super) fn seller_at(tx: &mut Tx<'_>, entity: &Entity, at: i64) -> Result<Letterhead, AppFault> {
    let mut seller = letterhead_at(tx, entity, at)?;
    if seller.vat_id.is_empty() {
        seller.vat_id = registered_at(tx, entity, at)?;
    }
    Ok(seller)
}

/// The VAT identifier of an entity in the tax table that was in force at a moment.
fn registered_at(tx: &mut Tx<'_>, entity: &Entity, at: i64) -> Result<String, AppFault> {
    let day = crate::governance::day_of(values::Instant::from_microseconds(at)).to_string();
    // Newest first; what was recorded or came into force later was not known.
    let versions = governance::versions(tx, "tax")?;
    let mut known = versions
        .iter()
        .filter(|version| version.recorded <= at && version.effective <= day);
    let Some(version) = known.next() else {
        return Ok(String::new());
    };
    let Some(text) = governance::body(tx, "tax", version.version)? else {
        return Ok(String::new());
    };
    let table: TaxTable = stored("tax table", &text)?;
    let mut sellers = table.sellers.into_iter();
    let seller = sellers.find(|seller| seller.entity == entity.id);
    Ok(seller.and_then(|seller| seller.vat_id).unwrap_or_default())
}

/// The buyer as it was at a moment. What its billing details leave out of where it is registered
/// stands there as its tax was decided by it.
pub(super) fn buyer_at(
    tx: &mut Tx<'_>,
    id: &str,
    at: i64,
) -> Result<(Party, Collection), AppFault> {
    let Some(row) = catalogue::customer(tx, id)? else {
        return Err(AppFault::NotFound {
            kind: "customer",
            id: id.to_owned(),
        });
    };
    let customer: Customer = stored("customer", &row.body)?;
    let mut party = match papers::version_on_paper(tx, &details_kind(id), at)? {
        Some(version) => stored::<Party>("billing details", &version.body)?,
        None => Party::default(),
    };
    if party.name.is_empty() {
        party.name = name_at(tx, &customer, at)?;
    }
    if party.number.is_empty() {
        party.number = id.to_owned();
    }
    let incomplete = party.vat_id.is_empty() || party.address.country.is_empty();
    if incomplete && let Some(profile) = taxation::profile_at(tx, &customer, at)? {
        if party.vat_id.is_empty() {
            party.vat_id = profile.vat_id.unwrap_or_default();
        }
        if party.address.country.is_empty() {
            party.address.country = profile.country;
        }
    }
    Ok((party, customer.collection))
}

/// What a customer was called: what the first change after the moment says was there before it.
fn name_at(tx: &mut Tx<'_>, customer: &Customer, at: i64) -> Result<String, AppFault> {
    for diff in papers::customer_changes_after(tx, customer.id.as_str(), at)? {
        let fields: Vec<Difference> = stored("customer change", &diff)?;
        if let Some(name) = fields.into_iter().find(|field| field.field == "legal_name") {
            return Ok(name.before);
        }
    }
    Ok(customer.legal_name.clone())
}
