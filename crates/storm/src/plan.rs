//! What happens in a year, decided from the seed before it begins: deals, changes, payments, wishes
//! and mistakes, each on its day. What an act is about that only exists later (an invoice, a
//! payment) is looked up when its day has come.

mod customers;
mod errands;

pub use errands::{Errand, Transfer, Whose, Wish, major};

use crate::chance::Chance;
use sim::stripe::CardBehaviour;
use sim::world::{Company, Deal, StrayPayment};
use values::{Date, Month, parse_date};

/// First day of the simulated year.
pub const FIRST_DAY: &str = "2026-01-01";
/// How many days it has.
pub const DAYS: i64 = 365;

/// Something that happens on a day.
#[derive(Debug, Clone)]
pub enum Act {
    /// A deal is won in the CRM, or one won before is corrected there.
    Deal(Box<Deal>),
    /// A card behaves otherwise from now on.
    Card(String, CardBehaviour),
    /// A payment arrives that names no invoice.
    Stray(StrayPayment),
    /// Somebody does something in Tieout.
    Errand(Box<Errand>),
}

/// The year.
#[derive(Debug)]
pub struct Plan {
    /// The company.
    pub company: Company,
    /// Everything that happens, in order.
    pub acts: Vec<(Date, Act)>,
    /// Deals of the CRM that nothing happens to besides, for the independent bill.
    pub plain: Vec<Deal>,
}

/// How large the world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Customers that come through the CRM.
    pub deals: i64,
    /// Customers that are entered by hand and pay by transfer.
    pub direct: i64,
}

impl Default for Size {
    /// Six and three: small enough for a thousand years in half an hour.
    fn default() -> Size {
        Size {
            deals: 6,
            direct: 3,
        }
    }
}

/// A day by its number from the first.
#[must_use]
pub fn day(number: i64) -> Date {
    let first = parse_date(FIRST_DAY).unwrap_or(Date::MIN);
    first
        .checked_add(jiff::Span::new().days(number.clamp(0, 4_000)))
        .unwrap_or(first)
}

impl Plan {
    /// The year of a seed.
    #[must_use]
    pub fn of(seed: u64, size: Size) -> Plan {
        let mut making = Making {
            seed,
            chance: Chance::of(seed, "plan"),
            company: Company::standard(),
            acts: Vec::new(),
            plain: Vec::new(),
        };
        for number in 0..size.deals {
            customers::through_the_crm(&mut making, number);
        }
        for number in 0..size.direct {
            customers::by_hand(&mut making, number);
        }
        odds_and_ends(&mut making);
        closes(&mut making);
        // Stable, so that what was planned first on a day happens first.
        making.acts.sort_by_key(|(day, _)| *day);
        Plan {
            company: making.company,
            acts: making.acts,
            plain: making.plain,
        }
    }

    /// What happens on a day, in order.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Act> {
        self.acts
            .iter()
            .filter(move |(when, _)| *when == day)
            .map(|(_, act)| act)
    }
}

/// The plan in the making.
struct Making {
    seed: u64,
    chance: Chance,
    company: Company,
    acts: Vec<(Date, Act)>,
    plain: Vec<Deal>,
}

impl Making {
    fn act(&mut self, number: i64, act: Act) {
        if number < DAYS {
            self.acts.push((day(number), act));
        }
    }

    fn errand(&mut self, number: i64, key: String, wish: Wish) {
        self.act(number, Act::Errand(Box::new(Errand { key, wish })));
    }
}

/// Stray money and journals by hand.
fn odds_and_ends(making: &mut Making) {
    let seed = making.seed;
    if making.chance.strikes(6_000) {
        let stray = StrayPayment {
            payment_intent_id: format!("pi_stray{seed}"),
            amount_minor: making.chance.between(1_000, 90_000),
            currency: "usd".to_owned(),
            description: "Payment without a reference".to_owned(),
        };
        let at = making.chance.between(20, 300);
        making.act(at, Act::Stray(stray));
    }
    for number in 0..2 {
        let at = making.chance.between(30, 330);
        let amount = making.chance.between(1_000, 50_000);
        let lines = serde_json::json!([
            { "account": "6900", "debit": errands::major(amount) },
            { "account": "1150", "credit": errands::major(amount) },
        ]);
        let body = serde_json::json!({
            "entity": "QM-US", "date": day(at).to_string(), "reason": "allowance after review", "lines": lines,
        });
        making.errand(
            at,
            format!("journal/{number}"),
            Wish::Command {
                name: "post_journal",
                body,
            },
        );
    }
}

/// Each month is closed on the fifth of the next, for both entities.
fn closes(making: &mut Making) {
    for number in 0..DAYS {
        let today = day(number);
        if today.day() != 5 || number < 20 {
            continue;
        }
        let month = Month::of(today).previous();
        for entity in ["QM-US", "QM-DE"] {
            let body = serde_json::json!({ "entity": entity, "month": month.to_string() });
            let wish = Wish::Command {
                name: "close_period",
                body,
            };
            making.errand(number, format!("close/{entity}/{month}"), wish);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_year_and_another_seed_another() {
        let year = |seed| format!("{:?}", Plan::of(seed, Size::default()).acts);
        assert_eq!(year(1), year(1));
        assert_ne!(year(1), year(2));
        let acts = Plan::of(1, Size::default()).acts;
        assert!(acts.len() > 60, "only {} acts", acts.len());
        assert!(acts.is_sorted_by_key(|(day, _)| *day));
    }
}
