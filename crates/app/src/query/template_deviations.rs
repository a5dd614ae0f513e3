//! The contracts behind the counts of a legal entity: which follow a billing template to the letter,
//! which deviate from theirs and where, which follow none, and who approved that.

use super::cursor::{self as paging};
use crate::App;
use crate::fault::{AppFault, Refusal};
use crate::view::Page;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::template_deviations::{self, TemplateStandRow};

const LIST: &str = "template_deviations";

/// The ways in which a contract stands to the billing templates.
pub const STANDS: [&str; 3] = ["deviating", "without", "standard"];

/// A contract and how it stands to the billing templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateStand {
    /// The contract.
    pub id: String,
    /// Its customer.
    pub customer: String,
    /// What the customer is called.
    pub customer_name: String,
    /// Where the contract stands itself, such as `active`.
    pub status: String,
    /// `standard`, `deviating` or `without`.
    pub stand: String,
    /// The template that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Where it deviates, in words.
    pub deviations: Vec<String>,
    /// The quote that it was; absent where it was put in force without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The request by which that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// Who granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn show(row: TemplateStandRow) -> Result<TemplateStand, AppFault> {
    let deviations: Vec<String> = row.deviates_in.lines().map(str::to_owned).collect();
    let stand = match (row.template.is_empty(), deviations.is_empty()) {
        (true, _) => "without",
        (false, true) => "standard",
        (false, false) => "deviating",
    };
    Ok(TemplateStand {
        id: row.contract,
        customer: row.customer,
        customer_name: row.name,
        status: row.status,
        stand: stand.to_owned(),
        template: said(row.template),
        deviations,
        quote: said(row.quote),
        approval: said(row.approval),
        approved_by: said(row.checker),
    })
}

impl App {
    /// The contracts of an entity (of all for nothing) that stand to the billing templates in one way
    /// (in any for nothing), by id.
    ///
    /// # Errors
    /// When there is no such way, the cursor is not one of this list, or the store fails.
    pub fn template_stands(
        &self,
        entity: &str,
        stand: &str,
        cursor: Option<&str>,
    ) -> Result<Page<TemplateStand>, AppFault> {
        if !stand.is_empty() && !STANDS.contains(&stand) {
            let message = format!("there is no {stand:?}; use {}", STANDS.join(", "));
            return Err(Refusal::field("unknown_stand", "stand", message).into());
        }
        let after = match cursor {
            Some(_) => paging::newest(LIST, cursor)?.1,
            None => String::new(),
        };
        let (entity, stand) = (entity.to_owned(), stand.to_owned());
        self.store().read(move |tx| {
            let found =
                template_deviations::contracts(tx, (&entity, &stand), &after, paging::ROWS_TO_ASK)?;
            paging::page(found, |row| paging::of_newest(LIST, 0, &row.contract), show)
        })
    }
}
