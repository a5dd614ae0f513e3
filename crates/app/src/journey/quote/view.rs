//! Quotes as people and programs read them.

use super::billed::{QuoteBilled, billed};
use super::{currency_of, status_of};
use crate::command::QuoteContent;
use crate::fault::stored;
use crate::view::Page;
use crate::{App, AppFault};
use commerce::{QuoteFigures, QuoteStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::quotes::{self, QuoteRow, QuoteVersionRow};
use values::{Date, Instant, Money, Zone};

/// A quote in a list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuoteView {
    /// Its id.
    pub id: String,
    /// Who is to buy.
    pub customer: String,
    /// Its name.
    #[serde(default)]
    pub customer_name: String,
    /// Who sells.
    pub entity: String,
    /// The latest version.
    pub version: i64,
    /// Where that stands.
    pub status: String,
    /// Total contract value.
    pub value: Money,
    /// Last day on which it can be accepted, or empty.
    pub valid_until: String,
    /// Who wrote it.
    pub seller: String,
    /// The contract that it becomes; it exists once the quote is converted.
    pub contract: String,
    /// The chain of evidence.
    pub correlation: String,
    /// When it last moved.
    pub changed: Instant,
}

/// A version of a quote.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuoteVersionView {
    /// From 1.
    pub version: i64,
    /// Where it stands.
    pub status: QuoteStatus,
    /// Where its order stands: `draft`, `converted` or `withdrawn`; empty before it is accepted.
    pub order_status: String,
    /// The request for its approval, or empty.
    pub approval: String,
    /// Who wrote it.
    pub maker: String,
    /// Why.
    pub reason: String,
    /// When the customer signed, or empty.
    pub signed: String,
    /// The day by which it is to be in force, or empty.
    pub activate_by: String,
    /// When it was written.
    pub recorded: Instant,
    /// What it comes to.
    pub figures: QuoteFigures,
    /// Where it deviates from its billing template.
    pub deviations: Vec<String>,
    /// What it says.
    pub content: QuoteContent,
}

/// Something that happened to a quote.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuoteStepView {
    /// To which version.
    pub version: i64,
    /// When.
    pub at: Instant,
    /// Who did it.
    pub actor: String,
    /// The status after it, or `order_withdrawn`.
    pub step: String,
    /// In words.
    pub words: String,
}

/// A quote with its versions and its trail.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuoteDetail {
    /// The quote.
    pub quote: QuoteView,
    /// Its versions, newest first.
    pub versions: Vec<QuoteVersionView>,
    /// What happened to it, oldest first.
    pub steps: Vec<QuoteStepView>,
    /// Who is billed, today, and how it is sold through a partner.
    pub billed: QuoteBilled,
}

/// How the contracts of a legal entity stand to the standard billing templates, and how long they
/// took from signature to force.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TemplateCount {
    /// The entity.
    pub entity: String,
    /// All its contracts.
    pub contracts: i64,
    /// Those that follow a template to the letter.
    pub standard: i64,
    /// Those that deviate from the template that they name.
    pub deviating: i64,
    /// Those that follow none.
    pub without_template: i64,
    /// In how many places contracts deviate from their template.
    pub deviations: i64,
    /// Contracts of which the day of signature is known.
    pub measured: i64,
    /// Days from signature to force, of all of them.
    pub lag_days: i64,
    /// The most of them.
    pub longest_lag_days: i64,
    /// Those that were in force later than they were to be.
    pub late: i64,
}

fn of(tx: &mut Tx<'_>, row: QuoteRow) -> Result<QuoteView, AppFault> {
    let buyer = store::catalogue::customer(tx, &row.customer)?;
    Ok(QuoteView {
        customer_name: buyer.map_or_else(|| row.customer.clone(), |buyer| buyer.name),
        value: Money::from_minor(row.tcv, currency_of(&row)?),
        id: row.id,
        customer: row.customer,
        entity: row.entity,
        version: row.version,
        status: row.status,
        valid_until: row.valid_until,
        seller: row.seller,
        contract: row.contract,
        correlation: row.correlation,
        changed: Instant::from_microseconds(row.changed),
    })
}

fn version_of(row: QuoteVersionRow) -> Result<QuoteVersionView, AppFault> {
    Ok(QuoteVersionView {
        status: status_of(&row)?,
        figures: stored("figures of a quote", &row.figures)?,
        deviations: row.deviations.lines().map(str::to_owned).collect(),
        content: stored("quote", &row.content)?,
        version: row.version,
        order_status: row.order_status,
        approval: row.approval,
        maker: row.maker,
        reason: row.reason,
        signed: row.signed,
        activate_by: row.activate_by,
        recorded: Instant::from_microseconds(row.recorded),
    })
}

/// Quotes of a status and a customer, where they are named, newest first.
///
/// # Errors
/// When the store fails.
pub fn quotes_of(
    tx: &mut Tx<'_>,
    filter: (&str, &str),
    before: &str,
    limit: i64,
) -> Result<Vec<QuoteView>, AppFault> {
    let rows = quotes::quotes(tx, filter, before, limit)?;
    rows.into_iter().map(|row| of(tx, row)).collect()
}

/// A quote with its versions and its trail.
///
/// # Errors
/// When there is no such quote.
pub fn quote_of(tx: &mut Tx<'_>, id: &str, day: Date) -> Result<QuoteDetail, AppFault> {
    let row = quotes::quote(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "quote",
        id: id.to_owned(),
    })?;
    let versions = quotes::versions(tx, id)?.into_iter().rev().map(version_of);
    let versions = versions.collect::<Result<Vec<_>, _>>()?;
    let latest = versions.first().map(|latest| &latest.content);
    let billed = billed(tx, &row, latest, day)?;
    let steps = quotes::steps(tx, id)?
        .into_iter()
        .map(|step| QuoteStepView {
            version: step.version,
            at: Instant::from_microseconds(step.at),
            actor: step.actor,
            step: step.step,
            words: step.words,
        });
    Ok(QuoteDetail {
        quote: of(tx, row)?,
        versions,
        steps: steps.collect(),
        billed,
    })
}

/// How contracts stand to the standard billing templates, by legal entity.
///
/// # Errors
/// When the store fails.
pub fn template_counts(tx: &mut Tx<'_>) -> Result<Vec<TemplateCount>, AppFault> {
    let rows = quotes::origin_counts(tx)?;
    Ok(rows
        .into_iter()
        .map(|row| TemplateCount {
            without_template: row.contracts - row.standard - row.deviating,
            entity: row.entity,
            contracts: row.contracts,
            standard: row.standard,
            deviating: row.deviating,
            deviations: row.deviations,
            measured: row.measured,
            lag_days: row.lag_days,
            longest_lag_days: row.longest,
            late: row.late,
        })
        .collect())
}

/// Rows of a page.
const ROWS: i64 = 50;

impl App {
    /// Quotes of a status and a customer, where they are named, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn quotes(
        &self,
        status: &str,
        customer: &str,
        cursor: Option<&str>,
    ) -> Result<Page<QuoteView>, AppFault> {
        let before = cursor.unwrap_or_default().to_owned();
        let (status, customer) = (status.to_owned(), customer.to_owned());
        let mut rows = self
            .store()
            .read(move |tx| quotes_of(tx, (&status, &customer), &before, ROWS + 1))?;
        let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
        let next = (rows.len() > most).then(|| {
            rows.truncate(most);
            rows.last().map(|row| row.id.clone())
        });
        Ok(Page {
            items: rows,
            next: next.flatten(),
        })
    }

    /// A quote with its versions and its trail.
    ///
    /// # Errors
    /// When there is no such quote.
    pub fn quote(&self, id: &str) -> Result<QuoteDetail, AppFault> {
        let id = id.to_owned();
        let day = Zone::utc().date_at(self.clock().now());
        self.store().read(move |tx| quote_of(tx, &id, day))
    }

    /// How contracts stand to the standard billing templates, by legal entity.
    ///
    /// # Errors
    /// When the store fails.
    pub fn template_counts(&self) -> Result<Vec<TemplateCount>, AppFault> {
        self.store().read(template_counts)
    }
}
