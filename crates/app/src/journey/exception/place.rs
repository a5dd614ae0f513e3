//! Where an exception arose: the system, what was being done, the cause that others share, and the
//! accounting month at risk. Read from what its key names.

use super::NewException;
use crate::AppFault;
use crate::record::Context;
use control::exception_fingerprint::normalised;
use store::{Tx, effects, journals, log};
use values::{EntityId, Month, Zone};

/// Where it arose.
pub(super) struct Place {
    pub(super) connection: String,
    pub(super) operation: String,
    pub(super) cause: String,
    pub(super) period: String,
}

pub(super) fn of(
    tx: &mut Tx<'_>,
    context: &Context,
    new: &NewException<'_>,
) -> Result<Place, AppFault> {
    let cause = if new.detail.trim().is_empty() {
        &new.summary
    } else {
        &new.detail
    };
    let mut place = Place {
        connection: String::new(),
        operation: String::new(),
        cause: normalised(cause),
        period: this_month(context, &new.entity),
    };
    let (kind, rest) = new.key.split_once('/').unwrap_or((new.key.as_str(), ""));
    match kind {
        "effect" | "answer" => of_effect(tx, rest, &mut place)?,
        "posting" => {
            "books".clone_into(&mut place.connection);
            if let Some(event) = log::by_id(tx, rest)? {
                place.period = event.effective.chars().take(7).collect();
                place.operation = event.type_name;
            }
        }
        "inbox" | "order" | "unreadable" | "booked" | "credentials" => {
            let system = rest.split('/').next().unwrap_or_default();
            system.clone_into(&mut place.connection);
            kind.clone_into(&mut place.operation);
        }
        _ => kind.clone_into(&mut place.operation),
    }
    Ok(place)
}

fn of_effect(tx: &mut Tx<'_>, id: &str, place: &mut Place) -> Result<(), AppFault> {
    let Some(effect) = effects::effect(tx, id)? else {
        return Ok(());
    };
    if let Some(journal) = effect.subject.strip_prefix("journal/")
        && let Some(journal) = journals::journal(tx, journal)?
    {
        place.period = journal.month;
    }
    (place.connection, place.operation) = (effect.connection, effect.operation);
    Ok(())
}

/// The month of today in the books of the entity, or in UTC where no entity is known.
fn this_month(context: &Context, entity: &str) -> String {
    let entity: Option<EntityId> = entity.parse().ok();
    let today = entity
        .and_then(|entity| context.today(&entity).ok())
        .unwrap_or_else(|| Zone::utc().date_at(context.now));
    Month::of(today).to_string()
}
