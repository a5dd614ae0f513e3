//! What a checker is shown of a command, and the digest that binds his decision to it.

use super::account;
use crate::command::{Command, Envelope};
use crate::fault::to_store;
use crate::journey::exception::dispute;
use crate::journey::{customer_change, perform};
use crate::shadow::{Impact, shadow};
use crate::{AppFault, Context, replay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::Tx;
use values::{Currency, Money};

/// A field that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The field, such as `payment_terms_days`.
    pub field: String,
    /// Before, or empty.
    pub before: String,
    /// After.
    pub after: String,
}

/// What a command would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What it would record.
    pub impact: Impact,
    /// Which fields of master data or configuration it changes.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// How many items it is about, where it is about many.
    #[serde(default)]
    pub items: u64,
}

/// Tries a command without effect.
///
/// # Errors
/// The refusal that the command would meet.
pub(super) fn of(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
) -> Result<Evidence, AppFault> {
    match &envelope.command {
        Command::RequestReplay(body) => {
            let (impact, items) = replay::foresee(tx, context, body)?;
            Ok(Evidence {
                impact,
                items,
                ..Evidence::default()
            })
        }
        command => {
            let (_, impact) = shadow(tx, context, |tx, lent| {
                perform(tx, lent, &envelope.key, command)
            })?;
            Ok(Evidence {
                impact,
                differences: differences(tx, context, &envelope.key, command)?,
                items: 0,
            })
        }
    }
}

fn differences(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    command: &Command,
) -> Result<Vec<Difference>, AppFault> {
    match command {
        Command::ChangeCustomer(body) => customer_change::differences(tx, body),
        Command::ResolveDispute(body) => dispute::differences(tx, body),
        Command::SubmitQuote(body) => crate::journey::quote::differences(tx, body),
        Command::SetBillTo(body) => account::bill_to(tx, context, key, body),
        Command::SetConsolidation(body) => account::consolidation(tx, context, key, body),
        Command::SetPayer(body) => account::payer(tx, body),
        Command::SetPaymentRoutes(body) => account::routes(tx, body),
        Command::PublishProduct(body) => {
            let before = context
                .books
                .catalogue
                .products
                .iter()
                .find(|product| product.code == body.code);
            let text = |value: &serde_json::Value, field: &str| match &value[field] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let old = before.map(serde_json::to_value).and_then(Result::ok);
            let new = serde_json::to_value(body).unwrap_or_default();
            Ok([
                ("name", "name"),
                ("tax_code", "tax_code"),
                ("revenue_account_class", "revenue_class"),
                ("prices", "prices"),
                ("recognition", "recognition"),
            ]
            .into_iter()
            .map(|(stored, sent)| Difference {
                field: sent.to_owned(),
                before: old
                    .as_ref()
                    .map_or_else(String::new, |old| text(old, stored)),
                after: text(&new, sent),
            })
            .filter(|difference| difference.before != difference.after)
            .collect())
        }
        Command::SetTaxRate(body) => {
            let before = context
                .books
                .taxes
                .rates
                .iter()
                .filter(|rate| rate.entity == body.entity && rate.tax_code == body.tax_code)
                .max_by_key(|rate| rate.from);
            Ok(vec![Difference {
                field: format!("rate of {} in {}", body.tax_code, body.entity),
                before: before.map_or_else(String::new, |rate| rate.rate.to_string()),
                after: body.rate.to_string(),
            }])
        }
        _ => Ok(Vec::new()),
    }
}

/// What of the evidence binds: what moves, not the numbers and due dates that documents get on the
/// day, and not what stands before it.
#[derive(Serialize)]
struct Binding<'a> {
    documents: Vec<(&'a str, &'a str, Money, Money)>,
    schedules: Vec<(&'a str, &'a str, &'a str, &'a str, Money)>,
    accounts: &'a [crate::shadow::AccountChange],
    effects: &'a [crate::shadow::ImpactEffect],
    exceptions: Vec<(&'a str, Option<Money>)>,
    differences: &'a [Difference],
    items: u64,
}

impl Evidence {
    /// SHA-256, in hexadecimal, over the content of the command and what it would do.
    ///
    /// # Errors
    /// Never for the evidence that we have.
    pub(super) fn digest(&self, content: &[u8]) -> Result<String, AppFault> {
        let impact = &self.impact;
        let binding = Binding {
            documents: impact
                .documents
                .iter()
                .map(|d| (d.kind.as_str(), d.contract.as_str(), d.net, d.tax))
                .collect(),
            schedules: impact
                .schedules
                .iter()
                .map(|s| {
                    (
                        s.contract.as_str(),
                        s.component.as_str(),
                        s.from.as_str(),
                        s.until.as_str(),
                        s.change,
                    )
                })
                .collect(),
            accounts: &impact.accounts,
            effects: &impact.effects,
            exceptions: impact
                .exceptions
                .iter()
                .map(|e| (e.class.as_str(), e.value))
                .collect(),
            differences: &self.differences,
            items: self.items,
        };
        let mut hash = Sha256::new();
        hash.update(content);
        hash.update(b"\n");
        hash.update(to_store("evidence", &binding)?);
        Ok(hex::encode(hash.finalize()))
    }

    /// What it moves, at most one amount a currency: the largest of its documents, journals,
    /// messages to other systems and changes of revenue schedules.
    ///
    /// # Errors
    /// When a sum leaves the range that we keep.
    pub(super) fn moved(&self) -> Result<Vec<Money>, AppFault> {
        let impact = &self.impact;
        let mut largest: BTreeMap<Currency, Money> = BTreeMap::new();
        let documents: Vec<Money> = impact.documents.iter().map(|d| d.total).collect();
        let journals: Vec<Money> = impact.journals.iter().map(|j| j.total).collect();
        let effects: Vec<Money> = impact.effects.iter().filter_map(|e| e.value).collect();
        let schedules: Vec<Money> = impact.schedules.iter().map(|s| s.change).collect();
        for amounts in [documents, journals, effects, schedules] {
            let mut sums: BTreeMap<Currency, Money> = BTreeMap::new();
            for amount in amounts {
                let size = Money::from_minor(amount.minor.saturating_abs(), amount.currency);
                let sum = sums
                    .entry(size.currency)
                    .or_insert(Money::zero(size.currency));
                *sum = sum.plus(size)?;
            }
            for (currency, sum) in sums {
                let known = largest.entry(currency).or_insert(sum);
                if sum.minor > known.minor {
                    *known = sum;
                }
            }
        }
        Ok(largest.into_values().collect())
    }
}
