//! The dry run of a replay: every item through its real journey, one after the other, in a part of
//! a transaction that is undone.

use super::{MOST_ITEMS, closed_months, load, planned};
use crate::command::{ClosedMonths, ReopenPeriod, RequestReplay};
use crate::connections::SALESFORCE;
use crate::fault::stored_value;
use crate::intake::{Ending, salesforce};
use crate::journey::period;
use crate::record::{Context, post_parked_on, read_envelope};
use crate::shadow::{AccountChange, Impact, ImpactEffect, watch};
use crate::{AppFault, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::replays::{self, ReplayItemRow};
use store::{Tx, effects, inbox, journals};
use values::{Currency, Date, EntityId, Money, Month};

/// An amount of some items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Worth {
    /// How many items.
    pub items: u64,
    /// What they are worth.
    pub value: Money,
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DryRun {
    /// Items selected.
    pub items: u64,
    /// Of them, those that would have their effect.
    pub effects: u64,
    /// Those that have had it already: nothing would happen a second time.
    pub duplicates: u64,
    /// Those that would stop again.
    pub stopped: u64,
    /// Those that post into a closed month and are left.
    pub refused: u64,
    /// Those that cannot be tried without asking another system.
    pub unknown: u64,
    /// What the items are worth, by currency.
    pub value: Vec<Money>,
    /// The months that would be posted to, with their entity: `DE 2026-01`.
    pub months: Vec<String>,
    /// What would move, by account.
    pub accounting: Vec<AccountChange>,
    /// Messages that other systems would get.
    pub messages: u64,
}

/// Tries every item; says of each what is expected, and of all what they come to.
pub(super) fn all(
    tx: &mut Tx<'_>,
    context: &Context,
    items: &mut [ReplayItemRow],
    closed: ClosedMonths,
) -> Result<(DryRun, Impact), AppFault> {
    let impact = tx.undone(|tx| {
        if closed == ClosedMonths::Reopen {
            open_for(tx, context, items)?;
        }
        let mut total = Impact::default();
        for item in items.iter_mut() {
            let impact = one(tx, context, item, closed)?;
            total.add(impact)?;
        }
        Ok::<_, AppFault>(total)
    })?;
    let count = |word: &str| items.iter().filter(|item| item.expected == word).count() as u64;
    let dry = DryRun {
        items: items.len() as u64,
        effects: count("effect"),
        duplicates: count("duplicate"),
        stopped: count("stopped"),
        refused: count("refused"),
        unknown: count("unknown"),
        value: worth(items)?,
        months: impact
            .months()
            .into_iter()
            .map(|(entity, month)| format!("{entity} {month}"))
            .collect(),
        accounting: impact.accounts.clone(),
        messages: impact.effects.len() as u64,
    };
    Ok((dry, impact))
}

/// The dry run of a planned replay again, as evidence: what it would record and how many items.
pub(crate) fn foresee(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RequestReplay,
) -> Result<(Impact, u64), AppFault> {
    let row = load(tx, body.replay.as_str())?;
    planned(&row)?;
    if body.reason.trim().is_empty() {
        let message = "say why the replay is to run now";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let mut items = replays::items(tx, &row.id, "", 0, MOST_ITEMS)?;
    let (dry, impact) = all(tx, context, &mut items, closed_months(&row)?)?;
    Ok((impact, dry.items))
}

/// What items are worth, by currency.
pub(super) fn worth(items: &[ReplayItemRow]) -> Result<Vec<Money>, AppFault> {
    let mut sums: BTreeMap<Currency, Money> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.currency.is_empty()) {
        let currency: Currency = stored_value("currency", &item.currency)?;
        let value = Money::from_minor(item.amount.saturating_abs(), currency);
        let sum = sums.entry(currency).or_insert(Money::zero(currency));
        *sum = sum.plus(value)?;
    }
    Ok(sums.into_values().collect())
}

fn open_for(tx: &mut Tx<'_>, context: &Context, items: &[ReplayItemRow]) -> Result<(), AppFault> {
    let mut months = journals::closed_months(tx)?;
    months.sort_by(|a, b| b.1.cmp(&a.1));
    for (entity, month) in months {
        let touched = items
            .iter()
            .any(|item| item.entity == entity && !item.month.is_empty() && month >= item.month);
        if touched {
            let body = ReopenPeriod {
                entity: stored_value("entity id", &entity)?,
                month: stored_value("month", &month)?,
                reason: "dry run".to_owned(),
            };
            period::reopen(tx, context, "dry-run", &body)?;
        }
    }
    Ok(())
}

/// Tries one item and writes down what is expected of it.
fn one(
    tx: &mut Tx<'_>,
    context: &Context,
    item: &mut ReplayItemRow,
    closed: ClosedMonths,
) -> Result<Impact, AppFault> {
    let (word, impact) = match item.kind.as_str() {
        "posting" => posting(tx, context, item, closed)?,
        "effect" => effect(tx, item)?,
        _ => arrival(tx, context, item)?,
    };
    item.expected = word.to_owned();
    Ok(impact)
}

fn posting(
    tx: &mut Tx<'_>,
    context: &Context,
    item: &ReplayItemRow,
    closed: ClosedMonths,
) -> Result<(&'static str, Impact), AppFault> {
    if is_posted(tx, &item.item)? {
        return Ok(("duplicate", Impact::default()));
    }
    let shut = journals::is_closed(tx, &item.entity, &item.month)?;
    if shut && closed == ClosedMonths::Refuse {
        return Ok(("refused", Impact::default()));
    }
    let date = match closed {
        ClosedMonths::Adjust => adjusted(tx, item)?,
        ClosedMonths::Refuse | ClosedMonths::Reopen => None,
    };
    let (posted, impact) = watch(tx, context, |tx, lent| {
        post_parked_on(tx, lent, &item.item, date)
    })?;
    Ok((if posted { "effect" } else { "stopped" }, impact))
}

/// Whether an event has its journal.
pub(super) fn is_posted(tx: &mut Tx<'_>, event: &str) -> Result<bool, AppFault> {
    let Some(stored) = store::log::by_id(tx, event)? else {
        return Ok(false);
    };
    Ok(!replays::journals_of_event(tx, &stored.correlation, event)?.is_empty())
}

/// The accounting date in the first open month, where the event's own month is closed.
pub(super) fn adjusted(tx: &mut Tx<'_>, item: &ReplayItemRow) -> Result<Option<Date>, AppFault> {
    let Some(stored) = store::log::by_id(tx, &item.item)? else {
        return Ok(None);
    };
    let event = read_envelope(stored)?;
    let Some(entity) = event.entity else {
        return Ok(None);
    };
    first_open(tx, &entity, event.effective)
}

fn first_open(
    tx: &mut Tx<'_>,
    entity: &EntityId,
    effective: Date,
) -> Result<Option<Date>, AppFault> {
    let own = Month::of(effective).to_string();
    if !journals::is_closed(tx, entity.as_str(), &own)? {
        return Ok(None);
    }
    let last = journals::closed_months(tx)?
        .into_iter()
        .filter(|(of, _)| of == entity.as_str())
        .map(|(_, month)| month)
        .max();
    let Some(last) = last else { return Ok(None) };
    let month: Month = stored_value("month", &last)?;
    Ok(month.last().tomorrow().ok())
}

fn effect(tx: &mut Tx<'_>, item: &ReplayItemRow) -> Result<(&'static str, Impact), AppFault> {
    let Some(row) = effects::effect(tx, &item.item)? else {
        return Ok(("stopped", Impact::default()));
    };
    let value = match row.currency.as_str() {
        "" => None,
        code => Some(Money::from_minor(
            row.amount,
            stored_value("currency", code)?,
        )),
    };
    Ok(match row.status.as_str() {
        "confirmed" => ("duplicate", Impact::default()),
        "parked" => {
            let told = ImpactEffect {
                connection: row.connection,
                operation: row.operation,
                value,
            };
            let impact = Impact {
                effects: vec![told],
                ..Impact::default()
            };
            ("effect", impact)
        }
        _ => ("stopped", Impact::default()),
    })
}

fn arrival(
    tx: &mut Tx<'_>,
    context: &Context,
    item: &ReplayItemRow,
) -> Result<(&'static str, Impact), AppFault> {
    let Some((source, id)) = item.item.split_once(super::select::BETWEEN) else {
        return Ok(("unknown", Impact::default()));
    };
    let Some(row) = inbox::item(tx, source, id)? else {
        return Ok(("stopped", Impact::default()));
    };
    if source != SALESFORCE {
        let known = row.status == "confirmed";
        return Ok((
            if known { "duplicate" } else { "unknown" },
            Impact::default(),
        ));
    }
    let tried = tx.attempt(|tx| watch(tx, context, |tx, lent| salesforce::judge(tx, lent, &row)));
    Ok(match tried {
        Ok((Ending::Confirmed { .. }, impact)) if impact.is_nothing() => {
            ("duplicate", Impact::default())
        }
        Ok((Ending::Confirmed { .. }, impact)) => ("effect", impact),
        Ok((Ending::Later { .. } | Ending::Held { .. }, _)) => ("stopped", Impact::default()),
        Err(AppFault::Store(fault)) => return Err(AppFault::Store(fault)),
        Err(_) => ("stopped", Impact::default()),
    })
}
