//! What a price change has come to, said to everybody who follows events.

use crate::AppFault;
use crate::command::PlanPriceChange;
use crate::fault::{stored, stored_value};
use crate::query::price_in_words;
use crate::record::{Context, Fact, Recorder};
use events::{Event, PriceChangeReport};
use std::collections::BTreeMap;
use store::Tx;
use store::price_changes::{self, PriceChangeRow, PriceChangeSum};
use values::{Currency, EntityId, Money, Zone};

/// Records where a price change stands: approved, or at its end.
///
/// # Errors
/// When the store fails.
pub(super) fn report(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &PriceChangeRow,
) -> Result<(), AppFault> {
    let report = told_of(tx, row)?;
    let event = match row.status.as_str() {
        "running" => Event::PriceChangeApproved(report),
        _ => Event::PriceChangeEnded(report),
    };
    let key = format!("price-change/{}/{}", row.id, row.status);
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/catalogue", &key);
    let fact = Fact {
        subject: format!("price_change/{}", row.id),
        partition: format!("price_change/{}", row.id),
        entity: entity(row)?,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}

fn told_of(tx: &mut Tx<'_>, row: &PriceChangeRow) -> Result<PriceChangeReport, AppFault> {
    let body: PlanPriceChange = stored("price change", &row.body)?;
    let sums = price_changes::sums(tx, &row.id)?;
    let count = |outcome: &str| -> u64 {
        let of = sums.iter().filter(|sum| sum.outcome == outcome);
        of.map(|sum| u64::try_from(sum.contracts).unwrap_or(0))
            .sum()
    };
    let monthly = |pick: fn(&PriceChangeSum) -> i64| -> Result<Vec<Money>, AppFault> {
        let mut by_currency: BTreeMap<Currency, Money> = BTreeMap::new();
        let takes = |sum: &&PriceChangeSum| matches!(sum.outcome.as_str(), "expected" | "repriced");
        for sum in sums.iter().filter(takes) {
            let currency: Currency = stored_value("currency", &sum.currency)?;
            let known = by_currency.entry(currency).or_insert(Money::zero(currency));
            *known = known.plus(Money::from_minor(pick(sum), currency))?;
        }
        Ok(by_currency.into_values().collect())
    };
    let reason = match row.reason.is_empty() {
        true => body.reason.clone(),
        false => row.reason.clone(),
    };
    Ok(PriceChangeReport {
        price_change: stored_value("price change id", &row.id)?,
        product: body.product.clone(),
        entity: entity(row)?,
        effective: body.effective,
        price: price_in_words(&body.price),
        status: row.status.clone(),
        planned_by: row.maker.clone(),
        approved_by: row.checker.clone(),
        reason,
        // What was amended was expected to be.
        expected: count("expected") + count("repriced") + count("held"),
        repriced: count("repriced"),
        excluded: count("excluded"),
        held: count("held"),
        monthly_before: monthly(|sum| sum.monthly_before)?,
        monthly_after: monthly(|sum| sum.monthly_after)?,
    })
}

fn entity(row: &PriceChangeRow) -> Result<Option<EntityId>, AppFault> {
    if row.entity.is_empty() {
        return Ok(None);
    }
    stored_value("entity id", &row.entity).map(Some)
}
