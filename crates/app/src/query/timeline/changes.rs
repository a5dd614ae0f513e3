//! What is different between one version of a contract and the next.

use super::{TimelineVersion, VersionChange, discount_words, listed, phase_word};
use commerce::{Component, Contract, VersionKind, grouped};
use values::Date;

/// The versions of `contract` with what each changed, as far as `history` knows them.
pub(super) fn versions(contract: &Contract, history: &[Contract]) -> Vec<TimelineVersion> {
    contract
        .versions
        .iter()
        .map(|note| {
            let known = history
                .iter()
                .position(|version| version.version() == note.version);
            let changes = match known {
                Some(at) if at > 0 => changes(&history[at - 1], &history[at]),
                Some(_) | None => Vec::new(),
            };
            TimelineVersion {
                version: note.version,
                recorded: note.recorded,
                effective: note.effective,
                kind: word(note.kind).to_owned(),
                reason: note.reason.clone(),
                changes,
                undoes: note.undoes,
            }
        })
        .collect()
}

pub(in crate::query) fn word(kind: VersionKind) -> &'static str {
    match kind {
        VersionKind::Signed => "signed",
        VersionKind::QuantityChanged => "quantity_changed",
        VersionKind::PriceChanged => "price_changed",
        VersionKind::ComponentAdded => "component_added",
        VersionKind::ComponentRemoved => "component_removed",
        VersionKind::Cancelled => "cancelled",
        VersionKind::Extended => "extended",
        VersionKind::Expired => "expired",
        VersionKind::Swapped => "swapped",
        VersionKind::Paused => "paused",
        VersionKind::Resumed => "resumed",
        VersionKind::CoTermed => "co_termed",
        VersionKind::Uncancelled => "uncancelled",
        VersionKind::Renewed => "renewed",
        VersionKind::RenewalChanged => "renewal_changed",
        VersionKind::Ramped => "ramped",
        VersionKind::Phased => "phased",
        VersionKind::Discounted => "discounted",
        VersionKind::DiscountEnded => "discount_ended",
        VersionKind::Undone => "undone",
    }
}

fn changes(before: &Contract, after: &Contract) -> Vec<VersionChange> {
    let mut found = Vec::new();
    for component in &after.components {
        let known = before.components.iter().find(|old| old.id == component.id);
        match known {
            Some(old) => of_component(old, component, after, &mut found),
            None => found.push(VersionChange {
                what: component.description.clone(),
                before: String::new(),
                after: terms(component, component.from, after),
                from: Some(component.from),
            }),
        }
    }
    for discount in &after.discounts {
        let known = before
            .discounts
            .iter()
            .find(|old| old.code == discount.code);
        let name = if discount.name.is_empty() {
            &discount.code
        } else {
            &discount.name
        };
        match known {
            None => found.push(change(
                "Discount",
                "",
                &discount_words(name, &discount.off, after.currency),
                Some(discount.from),
            )),
            Some(old) if old.until != discount.until => {
                found.push(change(name, "runs", "ends", discount.until));
            }
            Some(_) => {}
        }
    }
    if before.term.until() != after.term.until() {
        found.push(change(
            "Term",
            &format!("last day {}", before.term.last()),
            &format!("last day {}", after.term.last()),
            None,
        ));
    }
    if before.renewal != after.renewal {
        found.push(change("Renewal", "", "changed", None));
    }
    found
}

fn change(what: &str, before: &str, after: &str, from: Option<Date>) -> VersionChange {
    VersionChange {
        what: what.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        from,
    }
}

/// Quantity and price of a component on a day.
fn terms(component: &Component, on: Date, contract: &Contract) -> String {
    let quantity = component
        .quantity_on(on)
        .map_or_else(String::new, |held| grouped(held.decimal(), 0));
    let price = component
        .charge_on(on)
        .map_or_else(String::new, |charge| listed(charge, contract.currency));
    format!("{quantity} · {price}")
}

fn of_component(
    old: &Component,
    new: &Component,
    contract: &Contract,
    found: &mut Vec<VersionChange>,
) {
    let what = &new.description;
    for fact in new
        .quantities
        .iter()
        .filter(|fact| !old.quantities.contains(fact))
    {
        let before = old.quantity_on(fact.from);
        let before = before.map_or_else(String::new, |held| grouped(held.decimal(), 0));
        let after = grouped(fact.quantity.decimal(), 0);
        found.push(change(what, &before, &after, Some(fact.from)));
    }
    for fact in new
        .charges
        .iter()
        .filter(|fact| !old.charges.contains(fact))
    {
        let before = old.charge_on(fact.from);
        let before = before.map_or_else(String::new, |charge| listed(charge, contract.currency));
        let after = listed(&fact.charge, contract.currency);
        found.push(change(what, &before, &after, Some(fact.from)));
    }
    for fact in new.pauses.iter().filter(|fact| !old.pauses.contains(fact)) {
        let (before, after) = if fact.paused {
            ("runs", "pauses")
        } else {
            ("pauses", "runs")
        };
        found.push(change(what, before, after, Some(fact.from)));
    }
    for fact in new.phases.iter().filter(|fact| !old.phases.contains(fact)) {
        let before = old.phase_on(fact.from).map_or("", phase_word);
        found.push(change(
            what,
            before,
            phase_word(fact.phase),
            Some(fact.from),
        ));
    }
    if old.until != new.until {
        let (before, after) = (last_day(old), last_day(new));
        found.push(change(what, &before, &after, None));
    }
}

fn last_day(component: &Component) -> String {
    match component.service() {
        Some(service) => format!("last day {}", service.last()),
        None => "never served".to_owned(),
    }
}
