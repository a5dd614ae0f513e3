//! Lanes: effects of one key happen in order, one at a time; a parked head holds its own lane only.

use crate::effect::EffectState;
use std::collections::BTreeMap;
use values::{Currency, EffectId, Instant, Money};

/// An effect that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The effect.
    pub effect: EffectId,
    /// Ordering key, such as `netsuite:batch/US`.
    pub lane: String,
    /// Place in the lane, ascending; two of one lane never have the same.
    pub order: i64,
    /// Where it stands.
    pub state: EffectState,
    /// Not before this instant.
    pub due: Instant,
    /// What it is worth.
    pub value: Option<Money>,
}

/// A lane that a parked head holds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<'a> {
    /// The lane.
    pub lane: &'a str,
    /// What holds it.
    pub head: &'a Item,
    /// How many wait behind the head.
    pub followers: usize,
    /// What they are worth, one a currency, sorted; `None` when a sum does not fit 64 bits.
    pub value: Option<Vec<Money>>,
}

/// The first unsettled item of every lane, sorted by lane.
fn firsts<'a>(items: &'a [Item]) -> BTreeMap<&'a str, &'a Item> {
    let mut firsts: BTreeMap<&'a str, &'a Item> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.state.is_settled()) {
        let first = firsts.entry(item.lane.as_str()).or_insert(item);
        if item.order < first.order {
            *first = item;
        }
    }
    firsts
}

/// What may be worked on at `now`: of every lane the first that is not settled, when it is due and
/// waits for us. Sorted by lane. An item in state `Ambiguous` is to be read back, not sent.
#[must_use]
pub fn heads(items: &[Item], now: Instant) -> Vec<&Item> {
    firsts(items)
        .into_values()
        .filter(|item| item.due <= now)
        .filter(|item| matches!(item.state, EffectState::Intended | EffectState::Ambiguous))
        .collect()
}

/// The lanes whose head is parked, with what waits behind it. Sorted by lane.
#[must_use]
pub fn held(items: &[Item]) -> Vec<Held<'_>> {
    let mut held: BTreeMap<&str, (Held<'_>, BTreeMap<Currency, i128>)> = firsts(items)
        .into_iter()
        .filter(|(_, head)| matches!(head.state, EffectState::Parked))
        .map(|(lane, head)| {
            let nothing = Held {
                lane,
                head,
                followers: 0,
                value: None,
            };
            (lane, (nothing, BTreeMap::new()))
        })
        .collect();
    for item in items.iter().filter(|item| !item.state.is_settled()) {
        let Some((lane, sums)) = held.get_mut(item.lane.as_str()) else {
            continue;
        };
        if item.order == lane.head.order {
            continue;
        }
        lane.followers += 1;
        if let Some(value) = item.value {
            *sums.entry(value.currency).or_default() += i128::from(value.minor);
        }
    }
    held.into_values()
        .map(|(lane, sums)| {
            let value = sums
                .into_iter()
                .map(|(currency, sum)| {
                    i64::try_from(sum)
                        .ok()
                        .map(|minor| Money::from_minor(minor, currency))
                })
                .collect();
            Held { value, ..lane }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(lane: &str, order: i64, state: EffectState, due: i64) -> Item {
        Item {
            effect: format!("eff_{lane}_{order}").parse().unwrap(),
            lane: lane.to_owned(),
            order,
            state,
            due: Instant::from_seconds(due),
            value: Some(Money::from_minor(order * 100, Currency::USD)),
        }
    }

    #[test]
    fn a_parked_head_holds_its_own_lane_only() {
        let items = [
            item("a", 3, EffectState::Intended, 0),
            item("a", 1, EffectState::Parked, 0),
            item("a", 2, EffectState::Intended, 0),
            item("b", 1, EffectState::Confirmed, 0),
            item("b", 2, EffectState::Intended, 0),
            item("b", 3, EffectState::Intended, 0),
            item("c", 1, EffectState::Sent, 0),
            item("c", 2, EffectState::Intended, 0),
            item("d", 1, EffectState::Intended, 99),
            item("d", 2, EffectState::Intended, 0),
            item("e", 1, EffectState::Ambiguous, 10),
        ];
        let ready: Vec<_> = heads(&items, Instant::from_seconds(10))
            .iter()
            .map(|item| item.effect.to_string())
            .collect();
        assert_eq!(ready, ["eff_b_2", "eff_e_1"]);
        let held = held(&items);
        assert_eq!(held.len(), 1);
        assert_eq!((held[0].lane, held[0].followers), ("a", 2));
        assert_eq!(
            held[0].value,
            Some(vec![Money::from_minor(500, Currency::USD)])
        );
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        let one = (
            0_usize..4,
            prop::sample::select(EffectState::ALL.to_vec()),
            0_i64..20,
        );
        prop::collection::vec(one, 0..40).prop_map(|all| {
            all.into_iter()
                .enumerate()
                .map(|(order, (lane, state, due))| {
                    item(
                        ["a", "b", "c", "d"][lane],
                        i64::try_from(order).unwrap(),
                        state,
                        due,
                    )
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn nothing_overtakes_in_its_lane(items in items(), now in 0_i64..20) {
            for head in heads(&items, Instant::from_seconds(now)) {
                let overtaken = items.iter().any(|other| other.lane == head.lane
                    && other.order < head.order
                    && !other.state.is_settled());
                prop_assert!(!overtaken, "{:?}", head);
            }
        }
    }
}
