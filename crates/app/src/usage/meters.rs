//! Meters are configuration: each publication is a version of the whole list.

use crate::command::Answer;
use crate::fault::{stored, to_store};
use crate::record::Context;
use crate::{AppFault, Refusal};
use billing::Meter;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Tx, settings};
use values::MeterCode;

/// Name of the configuration document.
const METERS: &str = "meters";

/// The meters in force.
pub(crate) fn load(tx: &mut Tx<'_>) -> Result<BTreeMap<MeterCode, Meter>, AppFault> {
    match settings::configuration(tx, METERS)? {
        Some((_, text)) => stored("meters", &text),
        None => Ok(BTreeMap::new()),
    }
}

/// `publish_meter`.
///
/// # Errors
/// When a setting makes no sense, or the meter would count what it counted before otherwise.
pub(crate) fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    meter: &Meter,
) -> Result<Answer, AppFault> {
    meter
        .check()
        .map_err(|refusal| Refusal::field(refusal.code(), refusal.field(), refusal.to_string()))?;
    let mut meters = load(tx)?;
    if let Some(known) = meters.get(&meter.code)
        && known.aggregation != meter.aggregation
    {
        let message = format!(
            "meter {} is a {}; what it has counted would mean something else as a {}: publish a meter with a code of its own",
            meter.code,
            known.aggregation.words(),
            meter.aggregation.words()
        );
        return Err(Refusal::field("aggregation_fixed", "aggregation", message).into());
    }
    meters.insert(meter.code.clone(), meter.clone());
    let before = settings::configuration(tx, METERS)?.map_or(0, |(version, _)| version);
    let text = to_store("meters", &meters)?;
    settings::add_configuration(
        tx,
        METERS,
        before + 1,
        context.now.microseconds(),
        &context.actor,
        &text,
    )?;
    Ok(json!({ "meter": meter.code, "meters_version": before + 1 }))
}
