//! The configuration that journeys work with: entities, chart, posting rules, taxes, catalogue.
//! Loaded once and again after each change; a journey sees one version of it from start to end.

use crate::fault::{AppFault, Refusal, stored};
use billing::TaxTable;
use commerce::{Catalogue, Product};
use ledger::{Chart, Entity, RuleBook};
use std::collections::BTreeMap;
use store::{Tx, catalogue, settings};
use values::{EntityId, Instant};

/// The configuration as it stood when it was loaded.
#[derive(Debug, Clone)]
pub struct Books {
    /// Legal entities by id.
    pub entities: BTreeMap<EntityId, Entity>,
    /// The chart of accounts.
    pub chart: Chart,
    /// The posting rules.
    pub rules: RuleBook,
    /// Tax rates.
    pub taxes: TaxTable,
    /// What can be sold.
    pub catalogue: Catalogue,
    /// What other systems are told of.
    pub routing: Routing,
}

/// Which facts are passed on to which kind of system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Invoices of customers who pay by card are collected through the payment processor.
    #[serde(default)]
    pub collect_cards: bool,
    /// Journals and customers are delivered to the outside ledger.
    #[serde(default)]
    pub deliver_journals: bool,
    /// Invoice and payment state is written back to the CRM.
    #[serde(default)]
    pub write_back: bool,
}

/// Name of the setting that holds [`Routing`] as JSON.
pub const ROUTING: &str = "routing";

impl Books {
    /// Loads the newest configuration.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn load(tx: &mut Tx<'_>) -> Result<Books, AppFault> {
        let mut entities = BTreeMap::new();
        for (_, body) in catalogue::entities(tx)? {
            let entity: Entity = stored("entity", &body)?;
            entities.insert(entity.id.clone(), entity);
        }
        let mut products: Vec<Product> = Vec::new();
        for (_, body) in catalogue::products(tx)? {
            products.push(stored("product", &body)?);
        }
        let taxes = match settings::configuration(tx, "tax")? {
            Some((_, body)) => stored("tax table", &body)?,
            None => TaxTable::default(),
        };
        let routing = match settings::setting(tx, ROUTING)? {
            Some(body) => stored("routing", &body)?,
            None => Routing::default(),
        };
        Ok(Books {
            catalogue: Catalogue {
                products,
                entities: entities.keys().cloned().collect(),
            },
            entities,
            chart: read_chart(&newest(tx, "chart", Chart::STANDARD)?)?,
            rules: read_rules(&newest(tx, "posting_rules", RuleBook::STANDARD)?)?,
            taxes,
            routing,
        })
    }

    /// A legal entity.
    ///
    /// # Errors
    /// A refusal that names the known ones.
    pub fn entity(&self, id: &EntityId) -> Result<&Entity, Refusal> {
        self.entities.get(id).ok_or_else(|| {
            let known: Vec<&str> = self.entities.keys().map(EntityId::as_str).collect();
            Refusal::field(
                "unknown_entity",
                "entity",
                format!(
                    "{id:?} is not a legal entity here; use one of: {}",
                    known.join(", ")
                ),
            )
        })
    }
}

fn newest(tx: &mut Tx<'_>, kind: &str, shipped: &str) -> Result<String, AppFault> {
    Ok(settings::configuration(tx, kind)?.map_or_else(|| shipped.to_owned(), |(_, body)| body))
}

fn read_chart(text: &str) -> Result<Chart, AppFault> {
    Chart::read(text).map_err(|error| AppFault::Unreadable {
        what: "chart of accounts",
        error: error.to_string(),
    })
}

fn read_rules(text: &str) -> Result<RuleBook, AppFault> {
    RuleBook::read(text).map_err(|error| AppFault::Unreadable {
        what: "posting rules",
        error: error.to_string(),
    })
}

/// Puts the chart and posting rules that ship with the program into books that have none.
pub(crate) fn ship_defaults(tx: &mut Tx<'_>, now: Instant) -> Result<(), AppFault> {
    for (kind, text) in [
        ("chart", Chart::STANDARD),
        ("posting_rules", RuleBook::STANDARD),
    ] {
        if settings::configuration(tx, kind)?.is_none() {
            settings::add_configuration(tx, kind, 1, now.microseconds(), "tieout", text)?;
        }
    }
    Ok(())
}
