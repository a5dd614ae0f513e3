//! What an auditor asks first: is the log whole, who did what, who was refused or saw what, and what
//! went outside the usual path.

use crate::{App, AppFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::access_log::{self as rows, EventOf};
use store::settings;
use values::{IdSource, Instant};

/// The setting that holds the last verification.
const CHECKED: &str = "audit_checked";
/// How far back the page looks when nothing is said, in days.
const DAYS: u16 = 30;
/// Most rows of each list.
const ROWS: i64 = 60;

/// What went outside the usual path, by type of event, in the words of the page.
const BYPASSES: [(&str, &str); 6] = [
    (
        "com.tieout.ledger.journal.entered.v1",
        "Journal entered by hand",
    ),
    ("com.tieout.ledger.journal.reversed.v1", "Journal reversed"),
    (
        "com.tieout.ledger.period.reopened.v1",
        "Closed month reopened",
    ),
    (
        "com.tieout.control.exception.resolved.v1",
        "Exception ended without its effect",
    ),
    (
        "com.tieout.governance.deviation.recorded.v1",
        "Deviation from the template recorded",
    ),
    ("com.tieout.control.replay.requested.v1", "Replay asked for"),
];

/// The state of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Audit {
    /// Events in the log.
    pub events: i64,
    /// Partitions of the log, each a chain of seals.
    pub partitions: i64,
    /// The last verification; absent before the first.
    pub checked: Option<AuditCheck>,
    /// How many days the rest looks back.
    pub days: u16,
    /// Who did what: by actor and type of event, the newest first.
    pub deeds: Vec<Deed>,
    /// Who came in, was refused, saw or took something: by kind.
    pub access: Vec<KindCount>,
    /// What went outside the usual path, the newest first.
    pub bypasses: Vec<Bypass>,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditCheck {
    /// When.
    pub time: Instant,
    /// Who asked for it.
    pub by: String,
    /// Events verified.
    pub events: u64,
    /// Partitions verified.
    pub partitions: u64,
    /// Over all heads; auditors note it and compare it with the next one of the same log.
    pub fingerprint: String,
    /// Entries of the log of access verified.
    pub access_entries: i64,
    /// The last seal of the log of access.
    pub access_fingerprint: String,
    /// The first place where the log does not hold; absent when it is whole.
    pub problem: Option<String>,
}

/// What one actor did of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deed {
    /// Who.
    pub actor: String,
    /// Type of the events.
    pub event_type: String,
    /// How many.
    pub count: i64,
    /// The newest.
    pub last: Instant,
}

/// How many entries of one kind the log of access has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: i64,
}

/// Something outside the usual path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bypass {
    /// The event.
    pub event: String,
    /// What happened, in words.
    pub title: String,
    /// The object.
    pub object: String,
    /// Who.
    pub actor: String,
    /// When.
    pub time: Instant,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

/// The least bits that an id can have.
struct Least;

impl IdSource for Least {
    fn random_bits(&self) -> u128 {
        0
    }
}

impl App {
    /// The state of the evidence over the last days: 30 when nothing is said, ten years at most.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audit(&self, days: Option<u16>) -> Result<Audit, AppFault> {
        let days = days.unwrap_or(DAYS).clamp(1, 3_660);
        let since = self.clock().now().plus_seconds(-i64::from(days) * 86_400);
        let from_id = Least.mint("evt", since);
        let types = BYPASSES.map(|(word, _)| word);
        self.store().read(move |tx| {
            let (partitions, events) = rows::log_size(tx)?;
            let checked = settings::setting(tx, CHECKED)?;
            let deeds = rows::deeds(tx, &from_id, ROWS)?;
            let bypasses = rows::events_of(tx, (&from_id, ""), &types, ROWS)?;
            Ok(Audit {
                events,
                partitions,
                checked: checked
                    .map(|text| crate::fault::stored("verification", &text))
                    .transpose()?,
                days,
                deeds: deeds.into_iter().map(deed).collect(),
                access: rows::counts(tx, since.microseconds())?
                    .into_iter()
                    .map(|(kind, count)| KindCount { kind, count })
                    .collect(),
                bypasses: bypasses.into_iter().filter_map(bypass).collect(),
            })
        })
    }

    /// Verifies the log of events and the log of access where they are, and keeps what was found.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audit_verify_now(&self, by: &str) -> Result<AuditCheck, AppFault> {
        let time = self.clock().now();
        let mut check = AuditCheck {
            time,
            by: by.to_owned(),
            events: 0,
            partitions: 0,
            fingerprint: String::new(),
            access_entries: 0,
            access_fingerprint: String::new(),
            problem: None,
        };
        match self.audit_check()? {
            Ok(report) => {
                check.events = report.events;
                check.partitions = report.partitions;
                check.fingerprint = report.fingerprint;
                check.access_entries = report.access_entries;
                check.access_fingerprint = report.access_fingerprint;
            }
            Err(fault) => check.problem = Some(fault.to_string()),
        }
        let text = crate::fault::to_store("verification", &check)?;
        self.store()
            .write(move |tx| settings::set_setting(tx, CHECKED, &text))?;
        Ok(check)
    }
}

fn deed((actor, event_type, count, last): (String, String, i64, i64)) -> Deed {
    Deed {
        actor,
        event_type,
        count,
        last: Instant::from_microseconds(last),
    }
}

/// An exception that was mended had its effect after all.
fn bypass(event: EventOf) -> Option<Bypass> {
    let (_, title) = BYPASSES.iter().find(|(word, _)| *word == event.type_name)?;
    let data: serde_json::Value = serde_json::from_str(&event.data).unwrap_or_default();
    if data
        .get("outcome")
        .is_some_and(|outcome| outcome == "mended")
    {
        return None;
    }
    let reason = data.get("reason").and_then(|reason| reason.as_str());
    Some(Bypass {
        event: event.id,
        title: (*title).to_owned(),
        object: event.subject,
        actor: event.actor,
        time: Instant::from_microseconds(event.recorded),
        reason: reason
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bypass_is_an_event_that_there_is() {
        let known: Vec<&str> = events::CATALOGUE
            .iter()
            .map(|entry| entry.type_name)
            .collect();
        for (word, _) in BYPASSES {
            assert!(known.contains(&word), "{word}");
        }
    }
}
