//! Governance: which system is the record of what, enforced on every write; configuration changed
//! by versioned proposals with their impact; mappings; deviations; the stage gate of the CRM.

pub(crate) mod change;
pub(crate) mod deviations;
mod document;
pub(crate) mod gate;
mod impact;
pub mod mappings;
pub(crate) mod proposals;
mod queries;
mod reproduce;
mod schemas;
pub(crate) mod stage_gate;
pub mod view;

pub use document::{canonical, digest_of, readable, standard_text};
pub use reproduce::Reproduction;

use crate::fault::{AppFault, stored_value};
use control::change::ConfigurationKind;
use control::deviation::{self, DeviationStanding, Template};
use control::mapping::Mapping;
use control::topology::{RoutedFact, Topology};
use ledger::RuleBook;
use std::collections::BTreeMap;
use store::{Tx, governance as rows, settings};
use values::{Date, Instant, Zone};

/// The part of the configuration that says who may do what, and how others' words are read.
#[derive(Debug, Clone)]
pub struct Governance {
    /// Who is the system of record of what.
    pub topology: Topology,
    /// Fields and values of the CRM.
    pub salesforce: Mapping,
    /// Codes of the outside ledger.
    pub netsuite: Mapping,
    /// What holds everywhere.
    pub template: Template,
    /// Approved local values by entity and key.
    pub overrides: BTreeMap<(String, String), String>,
    /// Books of rules that hold from an accounting date on, by version.
    dated_rules: Vec<(Date, RuleBook)>,
    /// The next day on which something of the configuration changes by itself.
    pub(crate) next_day: Option<Date>,
}

/// Whether the answer of a command says that it waits for the steward of what it writes.
#[must_use]
pub fn is_proposed(command: &str, answer: &crate::command::Answer) -> bool {
    let asks_for_one = command == "request_order_bypass";
    !asks_for_one && answer["proposed_change"].is_string() && answer["state"] == "proposed"
}

/// The civil date that configuration is dated by.
pub(crate) fn day_of(now: Instant) -> Date {
    Zone::utc().date_at(now)
}

fn date_of(text: &str) -> Result<Option<Date>, AppFault> {
    if text.is_empty() {
        return Ok(None);
    }
    stored_value("date", text).map(Some)
}

/// The text of a document that is in force on a day: the latest version whose day has come.
///
/// # Errors
/// When the store fails.
pub(crate) fn text_on(
    tx: &mut Tx<'_>,
    kind: &str,
    today: Date,
) -> Result<Option<(i64, String)>, AppFault> {
    let mut dated = Vec::new();
    for version in rows::versions(tx, kind)? {
        dated.push((version.version, date_of(&version.effective)?));
    }
    let Some(version) = control::change::in_force(&dated, today) else {
        return Ok(None);
    };
    Ok(rows::body(tx, kind, version)?.map(|text| (version, text)))
}

impl Governance {
    /// Loads what is in force on a day.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub(crate) fn load(tx: &mut Tx<'_>, today: Date) -> Result<Governance, AppFault> {
        let mut text = |kind: ConfigurationKind| {
            let found = text_on(tx, kind.as_str(), today)?;
            Ok::<_, AppFault>(
                found.map_or_else(|| standard_text(kind).to_owned(), |(_, text)| text),
            )
        };
        let topology = text(ConfigurationKind::Topology)?;
        let salesforce = text(ConfigurationKind::MappingSalesforce)?;
        let netsuite = text(ConfigurationKind::MappingNetsuite)?;
        let template = text(ConfigurationKind::Template)?;
        let (overrides, mut next_day) = overrides(tx, today)?;
        let dated_rules = dated_rules(tx)?;
        for kind in ConfigurationKind::ALL {
            for version in rows::versions(tx, kind.as_str())? {
                let from = date_of(&version.effective)?.filter(|from| *from > today);
                next_day = earlier(next_day, from);
            }
        }
        Ok(Governance {
            topology: Topology::read(&topology)
                .map_err(|refusal| unreadable("topology", &refusal))?,
            salesforce: Mapping::salesforce(&salesforce).map_err(|it| named("mapping", &it))?,
            netsuite: Mapping::netsuite(&netsuite).map_err(|it| named("mapping", &it))?,
            template: Template::read(&template)
                .map_err(|refusal| unreadable("template", &refusal))?,
            overrides,
            dated_rules,
            next_day,
        })
    }

    /// The posting rules for an accounting date: those that hold from the latest day that has come
    /// by then, else `undated`.
    #[must_use]
    pub fn rules_on<'a>(&'a self, undated: &'a RuleBook, date: Date) -> &'a RuleBook {
        self.dated_rules
            .iter()
            .rev()
            .find(|(from, _)| *from <= date)
            .map_or(undated, |(_, rules)| rules)
    }

    /// A value of the template in an entity: the approved local one, else that of the template.
    #[must_use]
    pub fn value(&self, key: &str, entity: &str) -> Option<&str> {
        self.overrides
            .get(&(entity.to_owned(), key.to_owned()))
            .map(String::as_str)
            .or_else(|| self.template.key(key).map(|found| found.value.as_str()))
    }

    /// Whether `system` is told of a kind of fact about an entity.
    #[must_use]
    pub fn tells(&self, fact: RoutedFact, system: &str, entity: Option<&str>) -> bool {
        let place = self.topology.place(entity, None);
        self.topology.route(fact, &place) == Some(system)
    }
}

fn earlier(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Approved local values, and the day after which the first of them ends.
type Overrides = (BTreeMap<(String, String), String>, Option<Date>);

fn overrides(tx: &mut Tx<'_>, today: Date) -> Result<Overrides, AppFault> {
    let (mut found, mut next) = (BTreeMap::new(), None);
    for row in rows::deviations(tx)? {
        let until = date_of(&row.last_day)?;
        let standing = deviation::standing(&row.state, until, today);
        if standing == DeviationStanding::InForce && !row.key.is_empty() {
            // Newest first: an older one about the same key does not replace it.
            found.entry((row.entity, row.key)).or_insert(row.value);
            next = earlier(next, until.and_then(|until| until.tomorrow().ok()));
        }
    }
    Ok((found, next))
}

/// Versions of the posting rules with a day, after the newest one without. A later version takes the
/// place of every earlier one whose day is not before its own.
fn dated_rules(tx: &mut Tx<'_>) -> Result<Vec<(Date, RuleBook)>, AppFault> {
    let kind = ConfigurationKind::PostingRules.as_str();
    let mut dated: Vec<(Date, RuleBook)> = Vec::new();
    for version in rows::versions(tx, kind)? {
        let Some(from) = date_of(&version.effective)? else {
            break;
        };
        if dated.iter().any(|(later, _)| *later <= from) {
            continue;
        }
        let text = rows::body(tx, kind, version.version)?.unwrap_or_default();
        dated.push((from, document::rules(&text)?));
    }
    dated.sort_by_key(|(from, _)| *from);
    Ok(dated)
}

/// The newest version of the rules that holds for every date.
pub(crate) fn undated_rules(tx: &mut Tx<'_>) -> Result<RuleBook, AppFault> {
    let kind = ConfigurationKind::PostingRules.as_str();
    let newest = rows::versions(tx, kind)?
        .into_iter()
        .find(|version| version.effective.is_empty());
    let text = match newest {
        Some(version) => rows::body(tx, kind, version.version)?,
        None => None,
    };
    document::rules(text.as_deref().unwrap_or(RuleBook::STANDARD))
}

/// Puts the documents that ship with the program into books that have none.
pub(crate) fn ship_defaults(tx: &mut Tx<'_>, now: Instant) -> Result<(), AppFault> {
    for kind in [
        ConfigurationKind::Topology,
        ConfigurationKind::MappingSalesforce,
        ConfigurationKind::MappingNetsuite,
        ConfigurationKind::Template,
    ] {
        let word = kind.as_str();
        if settings::configuration(tx, word)?.is_none() {
            let text = standard_text(kind);
            settings::add_configuration(tx, word, 1, now.microseconds(), "tieout", text)?;
        }
    }
    Ok(())
}

fn unreadable(what: &'static str, refusal: &impl ToString) -> AppFault {
    AppFault::Unreadable {
        what,
        error: refusal.to_string(),
    }
}

fn named<T: ToString>(what: &'static str, problems: &[T]) -> AppFault {
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    unreadable(what, &told.join("; "))
}
