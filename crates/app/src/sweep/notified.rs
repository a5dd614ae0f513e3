//! What Adyen says that it holds for us, before its fees: it has no list of balances to ask for, so
//! its kept notifications are added up, whatever our journeys made of them. What our books say has
//! settled and it has not notified within an hour is a difference.

use super::{Totals, add, entity_of_currency};
use crate::connections::{AdyenAccount, Connections};
use crate::{App, AppFault};
use connect::adyen::webhook::{EventCode, Item, read_items};
use std::collections::{BTreeSet, HashMap};
use store::{payments, processor_notices};
use values::Money;

/// Items read at once.
const PAGE: i64 = 500;

/// How long a notification may take until what our books have is a difference.
const ON_ITS_WAY_SECONDS: i64 = 3_600;

/// Adds what all merchant accounts have notified.
pub(super) fn add_totals(
    app: &App,
    connections: &Connections,
    totals: &mut Totals,
) -> Result<(), AppFault> {
    for (processor, account) in &connections.adyen {
        add_account(app, processor, account, totals)?;
    }
    Ok(())
}

fn add_account(
    app: &App,
    processor: &'static str,
    account: &AdyenAccount,
    totals: &mut Totals,
) -> Result<(), AppFault> {
    let (mut after, mut authorised) = (String::new(), BTreeSet::new());
    loop {
        let from = after.clone();
        let page = app
            .store()
            .read(move |tx| processor_notices::page(tx, processor, &from, PAGE))?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        let items = items_of(account, &page);
        let entities = entities_of(app, &items)?;
        for item in items {
            let Some(moved) = moved(&item)? else { continue };
            let entity = match entities.get(payment_of(&item)) {
                Some(entity) => entity.clone(),
                None => entity_of_currency(app, moved.currency),
            };
            add(totals, entity, moved)?;
            if item.event == EventCode::Authorisation {
                authorised.insert(item.psp_reference);
            }
        }
    }
    let since = app.clock().now().plus_seconds(-ON_ITS_WAY_SECONDS);
    let ours = app
        .store()
        .read(move |tx| processor_notices::settled_since(tx, processor, since.microseconds()))?;
    for row in ours {
        if !authorised.contains(&row.external_id) {
            let currency = crate::fault::stored_value("currency", &row.currency)?;
            add(totals, row.entity, Money::from_minor(row.amount, currency))?;
        }
    }
    Ok(())
}

/// What an item moved: to us, or back.
fn moved(item: &Item) -> Result<Option<Money>, AppFault> {
    let Some(amount) = item.amount.filter(|_| item.success) else {
        return Ok(None);
    };
    Ok(match item.event {
        EventCode::Authorisation | EventCode::ChargebackReversed | EventCode::RefundFailed => {
            Some(amount)
        }
        EventCode::Refund
        | EventCode::Chargeback
        | EventCode::SecondChargeback
        | EventCode::CaptureFailed => Some(amount.negated()?),
        EventCode::Other(_) => None,
    })
}

/// The items of a page that are about the merchant account. One that cannot be read has its exception.
fn items_of(account: &AdyenAccount, page: &[(String, Vec<u8>)]) -> Vec<Item> {
    let read = |raw: &[u8]| read_items(raw).ok().and_then(|mut items| items.pop());
    let mut items: Vec<Item> = page.iter().filter_map(|(_, raw)| read(raw)).collect();
    items.retain(|item| item.merchant_account == account.api.merchant_account());
    items
}

/// Adyen's id of the payment that an item is about.
fn payment_of(item: &Item) -> &str {
    match item.original_reference.as_str() {
        "" => &item.psp_reference,
        original => original,
    }
}

/// The entities of the payments that items are about, by Adyen's id; of one that is not known here the
/// payment journey takes the entity of its currency.
fn entities_of(app: &App, items: &[Item]) -> Result<HashMap<String, String>, AppFault> {
    let ids: Vec<String> = items
        .iter()
        .map(|item| payment_of(item).to_owned())
        .collect();
    let rows = app.store().read(move |tx| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        payments::by_external_ids(tx, &ids)
    })?;
    let known = rows.into_iter().map(|row| (row.external_id, row.entity));
    Ok(known.collect())
}
