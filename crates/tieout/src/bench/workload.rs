//! The journals that are posted: two lines each, over two legal entities, twelve months and eight
//! pairs of accounts. Everything follows from the number of the entry.

use super::BenchFault;
use app::command::{Command, CreateEntity, Envelope, PostJournal, PostJournalLine};

/// Who posts.
pub const ACTOR: &str = "bench";

/// What idempotency keys look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// UUIDs of version 4, as most clients send: each lands anywhere in the index of keys.
    Random,
    /// UUIDs of version 7: each lands at the end.
    Sorted,
}

impl Keys {
    /// The words for reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Keys::Random => "random",
            Keys::Sorted => "time-sorted",
        }
    }

    fn of(self, number: u64) -> String {
        let random = u128::from(scatter(2 * number)) << 64 | u128::from(scatter(2 * number + 1));
        let (version, value) = match self {
            Keys::Random => (4, random),
            // Forty-eight bits of milliseconds from a fixed day, one a key.
            Keys::Sorted => (
                7,
                u128::from(1_767_225_600_000 + number) << 80 | random >> 48,
            ),
        };
        let hex = format!("{value:032x}");
        format!(
            "{}-{}-{version}{}-a{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        )
    }
}

/// SplitMix64: an even, repeatable scattering of numbers.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

const ENTITIES: [(&str, &str, &str); 2] = [
    ("US", "USD", "America/New_York"),
    ("DE", "EUR", "Europe/Berlin"),
];

const PAIRS: [(&str, &str); 8] = [
    ("1100", "2400"),
    ("2400", "4000"),
    ("1000", "1100"),
    ("1010", "1100"),
    ("6100", "1010"),
    ("1250", "4100"),
    ("6900", "1150"),
    ("2100", "1100"),
];

/// The days on which journals are entered.
const MONTHS: u64 = 12;
const DAYS: u64 = 28;

/// The commands of a measurement.
pub struct Workload {
    keys: Keys,
    /// A journal for every entity, month and pair of accounts; its day and amount are set per entry.
    bodies: Vec<PostJournal>,
    dates: Vec<values::Date>,
}

fn unreadable(error: impl std::fmt::Display) -> BenchFault {
    BenchFault::Command {
        what: error.to_string(),
    }
}

impl Workload {
    /// Prepares what all entries have in common.
    ///
    /// # Errors
    /// Never, unless the shapes of commands change without this file.
    pub fn new(keys: Keys) -> Result<Workload, BenchFault> {
        let mut dates = Vec::new();
        for month in 1..=MONTHS {
            for day in 1..=DAYS {
                let date = format!("2026-{month:02}-{day:02}");
                dates.push(values::parse_date(&date).map_err(unreadable)?);
            }
        }
        let mut bodies = Vec::new();
        for (entity, _, _) in ENTITIES {
            for (debit, credit) in PAIRS {
                bodies.push(PostJournal {
                    id: None,
                    entity: entity.parse().map_err(unreadable)?,
                    date: dates[0],
                    reason: format!("Reclassify from {credit} to {debit}, batch of the bench"),
                    lines: vec![line(debit)?, line(credit)?],
                });
            }
        }
        Ok(Workload {
            keys,
            bodies,
            dates,
        })
    }

    /// The commands that make fresh books ready.
    ///
    /// # Errors
    /// As [`Workload::new`].
    pub fn preparation() -> Result<Vec<Command>, BenchFault> {
        ENTITIES
            .into_iter()
            .map(|(id, currency, zone)| {
                Ok(Command::CreateEntity(CreateEntity {
                    id: id.parse().map_err(unreadable)?,
                    name: format!("Acme {id}"),
                    currency: currency.parse().map_err(unreadable)?,
                    time_zone: zone.parse().map_err(unreadable)?,
                }))
            })
            .collect()
    }

    /// The command of one entry.
    ///
    /// # Errors
    /// As [`Workload::new`].
    pub fn command(&self, number: u64) -> Result<Envelope, BenchFault> {
        let choice = scatter(number ^ 0x5bd1_e995);
        let mut body = self.bodies[choice as usize % self.bodies.len()].clone();
        body.date = self.dates[(choice >> 16) as usize % self.dates.len()];
        let minor = 100 + (choice >> 32) % 5_000_000;
        let amount = format!("{}.{:02}", minor / 100, minor % 100);
        if let [debit, credit] = body.lines.as_mut_slice() {
            let amount: Option<_> = serde_json::from_value(amount.into()).map_err(unreadable)?;
            debit.debit.clone_from(&amount);
            credit.credit = amount;
        }
        Ok(Envelope {
            client: ACTOR.to_owned(),
            key: self.keys.of(number),
            actor: ACTOR.to_owned(),
            command: Command::PostJournal(body),
        })
    }
}

impl Workload {
    /// Puts an approval policy without rules in force, approved by a second person as every policy
    /// is: the journals of the bench are posted at once, each for itself.
    ///
    /// # Errors
    /// When it cannot be put in force.
    pub fn without_approvals(app: &app::App) -> Result<(), BenchFault> {
        const CHECKER: &str = "bench-controller";
        app.put_user(CHECKER, control::Role::Controller, "")?;
        let policy = app::command::PublishApprovalPolicy {
            toml: "version = 2\n".to_owned(),
        };
        app.act_approved(ACTOR, CHECKER, Command::PublishApprovalPolicy(policy))?;
        Ok(())
    }
}

fn line(account: &str) -> Result<PostJournalLine, BenchFault> {
    Ok(PostJournalLine {
        account: account.parse().map_err(unreadable)?,
        debit: None,
        credit: None,
        currency: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_uuids_that_differ() {
        for (keys, version) in [(Keys::Random, b'4'), (Keys::Sorted, b'7')] {
            let all: BTreeSet<String> = (0..10_000).map(|number| keys.of(number)).collect();
            assert_eq!(all.len(), 10_000);
            assert!(
                all.iter()
                    .all(|key| key.len() == 36 && key.as_bytes()[14] == version)
            );
        }
        assert!(
            (0..10_000)
                .map(|number| Keys::Sorted.of(number))
                .is_sorted()
        );
        assert!(!(0..10).map(|number| Keys::Random.of(number)).is_sorted());
    }

    #[test]
    fn the_same_number_is_the_same_entry() {
        let workload = Workload::new(Keys::Random).unwrap();
        let entry = |number| format!("{:?}", workload.command(number).unwrap());
        assert_eq!(entry(7), entry(7));
        assert_ne!(entry(7), entry(8));
    }
}
