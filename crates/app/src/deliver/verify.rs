//! What waited through an outage is looked up afterwards: a system that has just come back may have
//! lost or repeated what it confirmed. Nothing is sent; what is not as it should be becomes an
//! exception.

use super::perform::{self, Answer};
use super::{ACTOR, Taken};
use crate::connections::Connections;
use crate::gate;
use crate::journey::exception::{self, NewException};
use crate::{App, AppFault};
use connect::FaultClass;
use store::effects::{self, EffectRow};
use values::{Currency, Money};

/// Mark of an effect that was looked up and is as it should be.
const VERIFIED: i64 = 2;
/// Mark of an effect that was looked up and is not.
const REFUTED: i64 = 3;

/// Looks up confirmed effects that waited through an outage, at most `limit` a connection, as far as
/// the connections have room. Returns how many were looked up.
///
/// # Errors
/// When the store fails.
pub fn verify_late(app: &App, connections: &Connections, limit: i64) -> Result<u64, AppFault> {
    let now = app.clock().now();
    let mut verified = 0;
    for name in connections.names() {
        let rows = app.store().read(move |tx| -> Result<_, AppFault> {
            let room = i64::from(gate::room(tx, name, now)?).min(limit);
            Ok(effects::to_verify(tx, name, room)?)
        })?;
        for row in rows {
            let taken = Taken::to_look_up(row);
            let answer = perform::perform(app, connections, &taken);
            gate::charge(app, name, 1)?;
            let wrong = match answer {
                Answer::Done(done) if is_same(&taken.effect, &done.id) => None,
                Answer::Done(done) => Some(format!(
                    "it was confirmed as {} and is there as {}",
                    taken.effect.external_id, done.id
                )),
                Answer::Absent => Some("it was confirmed and is not there".to_owned()),
                Answer::Failed(fault) if fault.class == FaultClass::Data => Some(fault.to_string()),
                // It could not be looked up; the next round tries again.
                Answer::Failed(_) => continue,
            };
            conclude(app, taken.effect, wrong)?;
            verified += 1;
        }
    }
    Ok(verified)
}

/// An effect whose answer did not name the object is known by our own key.
fn is_same(effect: &EffectRow, found: &str) -> bool {
    effect.external_id == found || effect.external_id.starts_with("eid:")
}

fn conclude(app: &App, effect: EffectRow, wrong: Option<String>) -> Result<(), AppFault> {
    app.run(ACTOR, move |tx, context| {
        let mark = if wrong.is_some() { REFUTED } else { VERIFIED };
        let is_first = effects::mark_verified(tx, &effect.id, mark)?;
        let Some(wrong) = wrong.filter(|_| is_first) else {
            return Ok(());
        };
        let currency = effect.currency.parse::<Currency>().ok();
        let new = NewException {
            key: format!("verify/{}", effect.id),
            class: control::ExceptionClass::EffectAmbiguous.code(),
            summary: format!(
                "{} for {} waited through an outage and is not as it should be: {wrong}",
                effect.operation, effect.subject
            ),
            detail: format!("effect {} with key {}: {wrong}", effect.id, effect.key),
            payload: effect.request.clone(),
            document: effect.subject.clone(),
            entity: effect.entity.clone(),
            value: currency.map(|currency| Money::from_minor(effect.amount, currency)),
            correlation: effect.correlation.parse().ok(),
            ..NewException::default()
        };
        exception::open(tx, context, new)?;
        Ok(())
    })
}
