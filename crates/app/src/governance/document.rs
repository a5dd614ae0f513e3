//! Configuration documents as texts: read, checked against each other, and told apart by digest.

use crate::fault::AppFault;
use crate::journey::invoice_policy;
use crate::{Books, Refusal};
use billing::TaxTable;
use commerce::BillingFrequency;
use control::approval_policy::ApprovalPolicy;
use control::change::ConfigurationKind;
use control::deviation::Template;
use control::mapping::Mapping;
use control::topology::Topology;
use ledger::{Chart, RuleBook};
use sha2::{Digest, Sha256};
use values::Instant;

/// A document that was read.
#[derive(Debug, Clone)]
pub(super) enum Document {
    Topology(Topology),
    PostingRules(RuleBook),
    Chart(Chart),
    Tax(TaxTable),
    Salesforce(Mapping),
    Netsuite(Mapping),
    Template(Template),
    ApprovalPolicy,
}

/// The text that ships with the program.
#[must_use]
pub fn standard_text(kind: ConfigurationKind) -> &'static str {
    match kind {
        ConfigurationKind::Topology => Topology::STANDARD,
        ConfigurationKind::PostingRules => RuleBook::STANDARD,
        ConfigurationKind::Chart => Chart::STANDARD,
        ConfigurationKind::Tax => "{\"rates\":[]}",
        ConfigurationKind::MappingSalesforce => Mapping::SALESFORCE,
        ConfigurationKind::MappingNetsuite => Mapping::NETSUITE,
        ConfigurationKind::Template => Template::STANDARD,
        ConfigurationKind::ApprovalPolicy => ApprovalPolicy::STANDARD,
    }
}

/// A document as it is stored, so that two ways of writing the same are the same. What cannot be read
/// stays as it is; it is refused when it is proposed.
#[must_use]
pub fn canonical(kind: ConfigurationKind, text: &str) -> String {
    if kind == ConfigurationKind::Tax
        && let Ok(table) = serde_json::from_str::<TaxTable>(text)
        && let Ok(stored) = serde_json::to_string(&table)
    {
        return stored;
    }
    text.to_owned()
}

/// A document as people read and edit it: JSON with a line for each value.
#[must_use]
pub fn readable(kind: ConfigurationKind, text: &str) -> String {
    if kind == ConfigurationKind::Tax
        && let Ok(table) = serde_json::from_str::<TaxTable>(text)
        && let Ok(pretty) = serde_json::to_string_pretty(&table)
    {
        return format!("{pretty}\n");
    }
    text.to_owned()
}

/// SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Posting rules that were stored.
pub(super) fn rules(text: &str) -> Result<RuleBook, AppFault> {
    RuleBook::read(text).map_err(|error| AppFault::Unreadable {
        what: "posting rules",
        error: error.to_string(),
    })
}

fn refused(told: impl ToString) -> Vec<Refusal> {
    let told = told.to_string();
    told.lines()
        .map(|line| Refusal::field("bad_configuration", "body", line))
        .collect()
}

fn all<T: ToString>(problems: &[T]) -> Vec<Refusal> {
    problems
        .iter()
        .flat_map(|problem| refused(problem.to_string().replace('\n', " ")))
        .collect()
}

/// Reads a document and checks it against the rest of the configuration.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    kind: ConfigurationKind,
    text: &str,
    (books, now): (&Books, Instant),
) -> Result<Document, Vec<Refusal>> {
    Ok(match kind {
        ConfigurationKind::Topology => Document::Topology(Topology::read(text).map_err(refused)?),
        ConfigurationKind::PostingRules => {
            let rules = RuleBook::read(text).map_err(refused)?;
            rules.check(&books.chart).map_err(refused)?;
            let unposted = invoice_policy::unposted_by((books, now), &rules, "body");
            if !unposted.is_empty() {
                return Err(unposted);
            }
            Document::PostingRules(rules)
        }
        ConfigurationKind::Chart => {
            let chart = Chart::read(text).map_err(refused)?;
            books.rules.check(&chart).map_err(refused)?;
            Document::Chart(chart)
        }
        ConfigurationKind::Tax => {
            let table: TaxTable = serde_json::from_str(text).map_err(refused)?;
            check_tax(&table, books)?;
            Document::Tax(table)
        }
        ConfigurationKind::MappingSalesforce => {
            let mapping = Mapping::salesforce(text).map_err(|it| all(&it))?;
            check_values(&mapping)?;
            Document::Salesforce(mapping)
        }
        ConfigurationKind::MappingNetsuite => {
            Document::Netsuite(Mapping::netsuite(text).map_err(|it| all(&it))?)
        }
        ConfigurationKind::Template => Document::Template(Template::read(text).map_err(refused)?),
        ConfigurationKind::ApprovalPolicy => {
            let commands = crate::command::Command::NAMES;
            ApprovalPolicy::read(text, commands).map_err(|it| all(&it.problems))?;
            Document::ApprovalPolicy
        }
    })
}

fn check_tax(table: &TaxTable, books: &Books) -> Result<(), Vec<Refusal>> {
    let mut wrong = Vec::new();
    for (index, rate) in table.rates.iter().enumerate() {
        if let Err(refusal) = books.entity(&rate.entity) {
            wrong.push(refusal);
        }
        let value = rate.rate.decimal();
        if value.is_sign_negative() || value > values::Decimal::ONE {
            let told = format!("{value} is no tax rate; write 19 % as \"0.19\"");
            wrong.push(Refusal::field("bad_tax_rate", "body", told));
        }
        let same = |other: &&billing::TaxRate| {
            (&other.entity, &other.tax_code, other.from)
                == (&rate.entity, &rate.tax_code, rate.from)
        };
        if table.rates[..index].iter().any(|other| same(&other)) {
            let told = format!(
                "{} has two rates for {} from {}; leave one out",
                rate.entity, rate.tax_code, rate.from
            );
            wrong.push(Refusal::field("bad_tax_rate", "body", told));
        }
    }
    for local in &table.local {
        let value = local.rate.decimal();
        if value.is_sign_negative() || value > values::Decimal::ONE || local.authority.is_empty() {
            let told = format!(
                "{} in {}: a local tax has an authority and a rate from 0 to 1",
                local.name, local.country
            );
            wrong.push(Refusal::field("bad_tax_rate", "body", told));
        }
    }
    let sellers = table.sellers.iter().map(|seller| &seller.entity);
    let untaxed = table.untaxed.iter().map(|row| &row.entity);
    wrong.extend(
        sellers
            .chain(untaxed)
            .filter_map(|entity| books.entity(entity).err()),
    );
    let silent = |row: &&billing::Untaxed| {
        row.reason.trim().is_empty() && row.category != values::TaxCategory::Z
    };
    for row in table.untaxed.iter().filter(silent) {
        let told = format!(
            "{} is category {} without a reason; documents must say why nothing is charged",
            row.tax_code,
            row.category.code()
        );
        wrong.push(Refusal::field("reason_missing", "body", told));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// What a frequency of the CRM becomes must be one of ours.
fn check_values(mapping: &Mapping) -> Result<(), Vec<Refusal>> {
    let Some(values) = mapping.map("order.billing_frequency") else {
        return Ok(());
    };
    let wrong: Vec<Refusal> = values
        .map
        .iter()
        .filter(|(_, ours)| BillingFrequency::read(ours).is_none())
        .map(|(theirs, ours)| {
            let told = format!(
                "order.billing_frequency: {theirs:?} becomes {ours:?}, which is no frequency here; use one-off, monthly, quarterly, semi-annual, annual or up front"
            );
            Refusal::field("bad_configuration", "body", told)
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
