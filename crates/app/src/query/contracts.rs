//! Contracts: the list, and one with its position, its chain and how other systems stand.

use super::cursor::{self, ROWS_TO_ASK};
use super::words::{count, system};
use super::{ListFilter, chain, customer_name, documents, every, money};
use crate::fault::{AppFault, stored, stored_value};
use crate::view::{
    Chain, ComponentRow, ContractDetail, ContractRow, Elsewhere, Page, PartnerRow, Position,
};
use crate::{App, Books};
use commerce::{BillingFrequency, Charge, Component, Contract, PartnerRole, Timing};
use std::collections::BTreeMap;
use store::contracts::ContractFilter;
use store::{
    Tx, catalogue, contracts as rows, documents as papers, effects, obligations, payments,
};
use values::{Currency, Date, Instant, Money, UnitPrice};

const LIST: &str = "contracts";

/// Contracts by activation, newest first; heeds entity, customer and status.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn contracts(
    tx: &mut Tx<'_>,
    filter: &ListFilter,
    cursor: Option<&str>,
) -> Result<Page<ContractRow>, AppFault> {
    let (created, id) = cursor::newest(LIST, cursor)?;
    let narrowed = ContractFilter {
        entity: every(filter.entity.as_ref()),
        customer: every(filter.customer.as_ref()),
        status: every(filter.status.as_ref()),
    };
    let found = rows::newest(tx, &narrowed, (created, &id), ROWS_TO_ASK)?;
    cursor::page(
        found,
        |row| cursor::of_newest(LIST, row.created, &row.id),
        |row| show(tx, &row),
    )
}

/// One contract; nothing when there is none with this id.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn contract(
    tx: &mut Tx<'_>,
    books: &Books,
    now: Instant,
    id: &str,
) -> Result<Option<ContractDetail>, AppFault> {
    let Some(row) = rows::contract(tx, id)? else {
        return Ok(None);
    };
    let contract: Contract = stored("contract", &row.body)?;
    let today = books.entity(&contract.entity)?.zone.date_at(now);
    let invoices = documents::of_contract(tx, &row.id)?;
    let chain = chain(tx, id)?.unwrap_or_else(|| Chain {
        asked: id.to_owned(),
        correlation: row.correlation.clone(),
        title: summary(&contract),
        anchors: Vec::new(),
        hops: Vec::new(),
    });
    Ok(Some(ContractDetail {
        row: show(tx, &row)?,
        summary: summary(&contract),
        partner: partner(&contract)?,
        position: position(tx, &row)?,
        components: contract
            .components
            .iter()
            .map(|component| component_row(component, contract.currency, today))
            .collect(),
        elsewhere: elsewhere(tx, &row)?,
        chain,
        invoices,
    }))
}

impl App {
    /// As [`contracts`].
    ///
    /// # Errors
    /// As [`contracts`].
    pub fn contracts(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<Page<ContractRow>, AppFault> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| contracts(tx, &filter, cursor.as_deref()))
    }

    /// As [`contract`].
    ///
    /// # Errors
    /// As [`contract`].
    pub fn contract(&self, id: &str) -> Result<Option<ContractDetail>, AppFault> {
        let (books, now, id) = (self.books(), self.clock().now(), id.to_owned());
        self.store().read(move |tx| contract(tx, &books, now, &id))
    }
}

/// A row of the list.
pub(super) fn show(tx: &mut Tx<'_>, row: &rows::ContractRow) -> Result<ContractRow, AppFault> {
    let until: Date = stored_value("date", &row.term_until)?;
    Ok(ContractRow {
        id: row.id.clone(),
        customer: row.customer.clone(),
        customer_name: customer_name(tx, &row.customer)?,
        entity: row.entity.clone(),
        from: stored_value("date", &row.term_from)?,
        to: until.yesterday().unwrap_or(until),
        version: u32::try_from(row.version).unwrap_or(u32::MAX),
        status: row.status.clone(),
        value: money(row.value, &row.currency)?,
    })
}

/// How a contract is sold through its customer to another.
fn partner(contract: &Contract) -> Result<Option<PartnerRow>, AppFault> {
    let Some(sale) = &contract.partner else {
        return Ok(None);
    };
    let sold = commerce::total_value(&contract.without_partner())
        .map_err(|refusal| crate::Refusal::whole(refusal.code(), refusal.to_string()))?;
    let percent = |rate: values::Rate| {
        let percent = rate.decimal().saturating_mul(values::Decimal::ONE_HUNDRED);
        format!("{} %", percent.normalize())
    };
    Ok(Some(PartnerRow {
        role: match sale.role {
            PartnerRole::Principal => "principal",
            PartnerRole::Agent => "agent",
        }
        .to_owned(),
        end_customer: sale.end_customer.clone(),
        commission: sale.commission.map(percent),
        sold,
    }))
}

/// What is sold, in a few words, such as `Platform, 40 units, annual in advance`.
pub(super) fn summary(contract: &Contract) -> String {
    let Some(first) = contract.components.first() else {
        return "nothing is sold".to_owned();
    };
    let quantity = first.quantities.last().map(|held| held.quantity);
    let units = quantity.map_or_else(String::new, |quantity| {
        format!(", {}", units(&quantity.to_string()))
    });
    let others = i64::try_from(contract.components.len() - 1).unwrap_or(i64::MAX);
    let more = match others {
        0 => String::new(),
        others => format!(
            ", and {}",
            count(others, "more component", "more components")
        ),
    };
    format!(
        "{}{units}, {}{more}",
        first.description,
        terms_of_billing(first)
    )
}

fn units(quantity: &str) -> String {
    format!(
        "{quantity} {}",
        if quantity == "1" { "unit" } else { "units" }
    )
}

fn terms_of_billing(component: &Component) -> String {
    match (component.billing, component.timing) {
        (BillingFrequency::OneOff | BillingFrequency::TermUpFront, _) => {
            component.billing.to_string()
        }
        (billing, Timing::Advance) => format!("{billing} in advance"),
        (billing, Timing::Arrears | Timing::ArrearsWithRunning) => {
            format!("{billing} in arrears")
        }
    }
}

fn component_row(component: &Component, currency: Currency, today: Date) -> ComponentRow {
    // Before the first day and after the last, the nearest day of service says what is sold.
    let last = component.until.yesterday().unwrap_or(component.until);
    let day = today.min(last).max(component.from);
    let quantity = component.quantity_on(day);
    let ended = if today >= component.until {
        "ended; "
    } else {
        ""
    };
    ComponentRow {
        product: component.product.as_str().to_owned(),
        description: component.description.clone(),
        quantity: quantity.map_or_else(String::new, |quantity| quantity.to_string()),
        terms: format!(
            "{ended}{}",
            component
                .charge_on(day)
                .map_or_else(String::new, |charge| terms(component, charge, currency))
        ),
    }
}

/// The price and when it is billed, such as `1200 EUR per unit and year, in advance`.
fn terms(component: &Component, charge: &Charge, currency: Currency) -> String {
    let every = component.billing.period_word();
    let money = |amount: values::Decimal| {
        format!(
            "{} {currency}",
            price(values::UnitPrice::new(amount), currency)
        )
    };
    let listed = charge.listed(&money);
    let price_in_words = if listed.ends_with("per unit") {
        format!("{listed} and {every}")
    } else {
        format!("{listed} per {every}")
    };
    match (component.billing, component.timing) {
        (BillingFrequency::OneOff, _) => {
            format!(
                "{}, charged once",
                price_in_words
                    .trim_end_matches(" per once")
                    .trim_end_matches(" and once")
            )
        }
        (BillingFrequency::TermUpFront, _) => format!("{price_in_words}, up front"),
        (_, Timing::Advance) => format!("{price_in_words}, in advance"),
        (_, Timing::Arrears) => format!("{price_in_words}, in arrears"),
        (_, Timing::ArrearsWithRunning) => {
            format!("{price_in_words}, in arrears with the running period")
        }
    }
}

/// A price with grouped thousands and at least the places of its currency; finer places are kept.
fn price(price: UnitPrice, currency: Currency) -> String {
    match Money::from_decimal_exact(price.decimal(), currency) {
        Ok(amount) => amount.grouped(),
        Err(_) => price.to_string(),
    }
}

/// Where a contract stands: billed and recognised by its obligations, collected by what is set
/// against its invoices, receivable by what is open on its documents.
fn position(tx: &mut Tx<'_>, row: &rows::ContractRow) -> Result<Position, AppFault> {
    let (mut billed, mut recognised, mut deferred, mut unbilled) = (0_i64, 0_i64, 0_i64, 0_i64);
    let too_large = || values::MoneyRefused::TooLarge;
    for obligation in obligations::of_contract(tx, &row.id)? {
        billed = billed
            .checked_add(obligation.billed)
            .ok_or_else(too_large)?;
        recognised = recognised
            .checked_add(obligation.recognised)
            .ok_or_else(too_large)?;
        let standing = obligation
            .billed
            .checked_sub(obligation.recognised)
            .ok_or_else(too_large)?;
        deferred = deferred
            .checked_add(standing.max(0))
            .ok_or_else(too_large)?;
        unbilled = unbilled
            .checked_sub(standing.min(0))
            .ok_or_else(too_large)?;
    }
    let mut receivable = 0_i64;
    for document in papers::documents(
        tx,
        &papers::DocumentFilter {
            contract: row.id.clone(),
            ..papers::DocumentFilter::default()
        },
        "",
        i64::MAX,
    )? {
        let sign = if document.kind == "credit_note" {
            -1
        } else {
            1
        };
        receivable = receivable
            .checked_add(sign * document.remaining)
            .ok_or_else(too_large)?;
    }
    let currency = stored_value("currency", &row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    Ok(Position {
        value: money(row.value),
        billed: money(billed),
        collected: money(payments::collected_on(tx, &row.id)?),
        recognised: money(recognised),
        deferred: money(deferred),
        unbilled: money(unbilled),
        receivable: money(receivable),
    })
}

/// How the systems that know the contract or were told of its chain stand.
fn elsewhere(tx: &mut Tx<'_>, row: &rows::ContractRow) -> Result<Vec<Elsewhere>, AppFault> {
    // Waiting and parked effects, by system.
    let mut systems: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for object in [
        format!("contract/{}", row.id),
        format!("customer/{}", row.customer),
    ] {
        for known in catalogue::references_of(tx, &object)? {
            systems.entry(known.system).or_default();
        }
    }
    for effect in effects::of_chain(tx, &row.correlation)? {
        let (waiting, parked) = systems.entry(effect.connection).or_default();
        match effect.status.as_str() {
            "confirmed" | "skipped" => {}
            "parked" => *parked += 1,
            _ => *waiting += 1,
        }
    }
    let shown = systems
        .into_iter()
        .map(|(word, (waiting, parked))| Elsewhere {
            system: system(&word).to_owned(),
            state: match (waiting, parked) {
                (0, 0) => "agrees".to_owned(),
                (0, parked) => format!("{parked} parked"),
                (waiting, 0) => format!("{waiting} waiting"),
                (waiting, parked) => format!("{waiting} waiting, {parked} parked"),
            },
            agrees: waiting == 0 && parked == 0,
        });
    Ok(shown.collect())
}
