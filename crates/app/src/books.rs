//! The configuration that journeys work with: entities, chart, posting rules, taxes, catalogue.
//! Loaded once and again after each change; a journey sees one version of it from start to end.

use crate::fault::{AppFault, Refusal, stored, stored_value};
use billing::TaxTable;
use commerce::{Catalogue, Policy, Product, SellerTerms};
use control::delivery_mode::DeliveryMode;
use ledger::{Chart, Entity, RuleBook};
use std::collections::BTreeMap;
use store::{Tx, catalogue, settings};
use values::{EntityId, Instant};

/// The configuration as it stood when it was loaded.
#[derive(Debug, Clone)]
pub struct Books {
    /// Legal entities by id.
    pub entities: BTreeMap<EntityId, Entity>,
    /// The billing policies of those that have one of their own.
    pub policies: BTreeMap<EntityId, Policy>,
    /// How the documents of legal entities come to be issued, where that was stated.
    pub invoices: BTreeMap<EntityId, crate::journey::invoice_policy::PolicyInForce>,
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
    /// Which processor collects what.
    pub payment_routes: crate::payment_routes::PaymentRoutes,
    /// How flows go out, by operation; one that is not listed goes out fact by fact.
    pub modes: BTreeMap<String, DeliveryMode>,
    /// Grows with every change of the configuration, by whichever process.
    pub version: i64,
    /// Processes, all versions.
    pub processes: control::process::ProcessBook,
    /// Who is the record of what, mappings, and what holds everywhere.
    pub governance: crate::governance::Governance,
    /// What is measured, by code.
    pub meters: BTreeMap<values::MeterCode, billing::Meter>,
    /// What needs a second person.
    pub approvals: control::approval_policy::ApprovalPolicy,
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

/// How the names of settings begin that hold the billing policies of legal entities.
pub const POLICIES: &str = "billing_policy/";

/// Name of the setting that holds [`Routing`] as JSON.
pub const ROUTING: &str = "routing";

/// The billing policies of legal entities.
fn policies(tx: &mut Tx<'_>) -> Result<BTreeMap<EntityId, Policy>, AppFault> {
    let mut found = BTreeMap::new();
    for (name, body) in settings::starting_with(tx, POLICIES)? {
        let id = name.strip_prefix(POLICIES).unwrap_or(&name);
        found.insert(
            stored_value("entity id", id)?,
            stored("billing policy", &body)?,
        );
    }
    Ok(found)
}

/// What every legal entity decides of what it sells.
fn sellers(
    entities: &BTreeMap<EntityId, Entity>,
    policies: &BTreeMap<EntityId, Policy>,
) -> BTreeMap<EntityId, SellerTerms> {
    let terms = |(id, entity): (&EntityId, &Entity)| {
        let terms = SellerTerms {
            policy: policies.get(id).cloned().unwrap_or_default(),
            zone: entity.zone.clone(),
        };
        (id.clone(), terms)
    };
    entities.iter().map(terms).collect()
}

impl Books {
    /// Loads the configuration that is in force now.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn load(tx: &mut Tx<'_>, now: Instant) -> Result<Books, AppFault> {
        let today = crate::governance::day_of(now);
        let mut entities = BTreeMap::new();
        for (_, body) in catalogue::entities(tx)? {
            let entity: Entity = stored("entity", &body)?;
            entities.insert(entity.id.clone(), entity);
        }
        let mut products: Vec<Product> = Vec::new();
        for (_, body) in catalogue::products(tx)? {
            products.push(stored("product", &body)?);
        }
        let taxes = match crate::governance::text_on(tx, "tax", today)? {
            Some((_, body)) => stored("tax table", &body)?,
            None => TaxTable::default(),
        };
        let routing = match settings::setting(tx, ROUTING)? {
            Some(body) => stored("routing", &body)?,
            None => Routing::default(),
        };
        let policies = policies(tx)?;
        Ok(Books {
            catalogue: Catalogue {
                products,
                entities: entities.keys().cloned().collect(),
                sellers: sellers(&entities, &policies),
            },
            entities,
            policies,
            invoices: crate::journey::invoice_policy::load(tx)?,
            chart: read_chart(&newest(tx, "chart", Chart::STANDARD, today)?)?,
            rules: crate::governance::undated_rules(tx)?,
            taxes,
            routing,
            payment_routes: crate::payment_routes::PaymentRoutes::load(tx)?,
            modes: modes(tx)?,
            version: version(tx)?,
            processes: crate::process::load_book(tx)?,
            governance: crate::governance::Governance::load(tx, today)?,
            meters: crate::usage::load(tx)?,
            approvals: crate::approval::read_policy(
                crate::governance::text_on(tx, crate::approval::POLICY, today)?
                    .as_ref()
                    .map(|(_, text)| text.as_str()),
            )?,
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

/// Name of the counter of changes.
const CHANGES: &str = "configuration_changes";

/// The number of the last change of the configuration.
pub(crate) fn version(tx: &mut Tx<'_>) -> Result<i64, AppFault> {
    Ok(settings::last_number(tx, CHANGES)?)
}

/// Says that the configuration changes in this transaction, so that every process reads it again.
pub(crate) fn changed(tx: &mut Tx<'_>) -> Result<(), AppFault> {
    settings::next_number(tx, CHANGES)?;
    Ok(())
}

fn modes(tx: &mut Tx<'_>) -> Result<BTreeMap<String, DeliveryMode>, AppFault> {
    let rows = store::connections::modes(tx)?;
    let read = |row: store::connections::FlowModeRow| {
        let mode = DeliveryMode::read(&row.mode, row.minutes, &row.at).map_err(|refusal| {
            AppFault::Unreadable {
                what: "mode of a flow",
                error: refusal.to_string(),
            }
        })?;
        Ok((row.flow, mode))
    };
    rows.into_iter().map(read).collect()
}

fn newest(
    tx: &mut Tx<'_>,
    kind: &str,
    shipped: &str,
    today: values::Date,
) -> Result<String, AppFault> {
    Ok(crate::governance::text_on(tx, kind, today)?
        .map_or_else(|| shipped.to_owned(), |(_, body)| body))
}

fn read_chart(text: &str) -> Result<Chart, AppFault> {
    Chart::read(text).map_err(|error| AppFault::Unreadable {
        what: "chart of accounts",
        error: error.to_string(),
    })
}

/// Puts the chart and posting rules that ship with the program into books that have none.
pub(crate) fn ship_defaults(tx: &mut Tx<'_>, now: Instant) -> Result<(), AppFault> {
    crate::process::ship_definitions(tx, now)?;
    crate::governance::ship_defaults(tx, now)?;
    for (kind, text) in [
        ("chart", Chart::STANDARD),
        ("posting_rules", RuleBook::STANDARD),
        (
            crate::approval::POLICY,
            control::approval_policy::ApprovalPolicy::STANDARD,
        ),
    ] {
        if settings::configuration(tx, kind)?.is_none() {
            settings::add_configuration(tx, kind, 1, now.microseconds(), "tieout", text)?;
        }
    }
    Ok(())
}
