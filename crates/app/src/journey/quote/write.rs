//! What a version of a quote is: the contract that is quoted, and what it comes to.

use super::lines;
use super::steps::{report, trail};
use crate::AppFault;
use crate::Refusal;
use crate::command::{Answer, QuoteContent, RampStepBody};
use crate::fault::{stored_value, to_store};
use crate::journey::contract::quoted::{Besides, quoted};
use crate::journey::{customer, offer};
use crate::record::Context;
use commerce::{Contract, ExternalRef, QuoteFigures, QuoteStatus, quote_figures};
use serde_json::json;
use store::Tx;
use store::quotes::{QuoteRow, QuoteVersionRow};
use values::{ContractId, QuoteId};

/// What a version of a quote is.
pub(super) struct Written {
    pub(super) contract: Contract,
    pub(super) figures: QuoteFigures,
    deviations: Vec<String>,
    template: String,
}

pub(super) fn valid_until(content: &QuoteContent) -> String {
    content
        .valid_until
        .map_or_else(String::new, |day| day.to_string())
}

/// Builds what a version is: the contract quoted, the same at list and at standalone selling prices.
pub(super) fn write(
    tx: &mut Tx<'_>,
    context: &Context,
    quote: &QuoteId,
    id: &ContractId,
    content: &QuoteContent,
) -> Result<Written, AppFault> {
    let buyer = customer::load(tx, &content.customer)?;
    let entity = context.books.entity(&content.entity)?;
    let currency = content
        .currency
        .or(buyer.currency)
        .unwrap_or(entity.currency);
    let offers = offer::load(tx)?;
    let read = lines::expand(context, &offers, content, id, currency)?;
    let terms = (currency, &buyer);
    let mut contract = quoted(context, &read.body, id, terms, &read.besides)?;
    contract.refs.push(ExternalRef {
        system: "tieout".to_owned(),
        kind: "Quote".to_owned(),
        id: quote.as_str().to_owned(),
    });
    let mut at_list = read.body.clone();
    at_list.lines = read.list;
    let undiscounted: Vec<_> = read.besides.iter().map(without_prices).collect();
    let list = quoted(context, &at_list, id, terms, &undiscounted)?;
    let mut alone = contract.clone();
    alone.components.clear();
    alone.discounts.clear();
    if !read.standalone.is_empty() {
        let (numbers, lines): (Vec<usize>, Vec<_>) = read.standalone.into_iter().unzip();
        let besides: Vec<_> = numbers
            .into_iter()
            .filter_map(|number| undiscounted.get(number).cloned())
            .collect();
        let mut at_standalone = read.body.clone();
        at_standalone.lines = lines;
        alone = quoted(context, &at_standalone, id, terms, &besides)?;
    }
    let figures = quote_figures(&contract, &list, &alone)
        .map_err(|refusal| Refusal::field(refusal.code(), "content.lines", refusal.to_string()))?;
    Ok(Written {
        contract,
        figures,
        deviations: read.deviations,
        template: read
            .template
            .map_or_else(String::new, |code| code.as_str().to_owned()),
    })
}

/// The steps of a ramp in quantities alone.
fn without_prices(beside: &Besides) -> Besides {
    let ramp = beside.ramp.iter().filter(|step| step.quantity.is_some());
    Besides {
        field: beside.field.clone(),
        discount: None,
        ramp: ramp
            .map(|step| RampStepBody {
                effective: step.effective,
                quantity: step.quantity,
                unit_price: None,
                charge: None,
            })
            .collect(),
    }
}

/// Stores a new version, says so, and answers with what it comes to.
pub(super) fn keep_version(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    row: &QuoteRow,
    content: &QuoteContent,
    written: &Written,
    reason: &str,
) -> Result<Answer, AppFault> {
    let mut content = content.clone();
    if content.template.is_none() && !written.template.is_empty() {
        content.template = Some(stored_value("template", &written.template)?);
    }
    let version = QuoteVersionRow {
        quote: row.id.clone(),
        version: row.version,
        status: QuoteStatus::Draft.as_str().to_owned(),
        order_status: String::new(),
        approval: String::new(),
        maker: context.actor.clone(),
        reason: reason.to_owned(),
        content: to_store("quote", &content)?,
        contract: to_store("contract", &written.contract)?,
        figures: to_store("figures of a quote", &written.figures)?,
        deviations: written.deviations.join("\n"),
        signed: String::new(),
        activate_by: String::new(),
        recorded: context.now.microseconds(),
    };
    QuoteVersionRow::insert(tx, std::slice::from_ref(&version))?;
    let words = if reason.is_empty() { "written" } else { reason };
    trail(tx, context, &version, "draft", words)?;
    report(tx, context, key, row, &version)?;
    Ok(
        json!({ "quote": row.id, "version": row.version, "status": row.status,
        "figures": written.figures, "deviations": written.deviations }),
    )
}
