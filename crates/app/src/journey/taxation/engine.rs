//! Engines that decide on tax, asked outside any transaction.

use super::{answered, away};
use crate::App;
use crate::fault::{AppFault, stored, stored_value};
use billing::{EngineAnswer, EngineLine, EngineQuestion, EngineTax, TaxStanding, tax_of};
use std::collections::BTreeMap;
use std::sync::Mutex;
use store::tax_decisions;
use values::Rate;

/// Questions read at once.
const A_PAGE: i64 = 100;

/// An engine cannot be reached or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineAway {
    /// What happened.
    pub message: String,
}

/// Decides on the tax of a document.
pub trait TaxEngine {
    /// Its answer. Asking the same twice answers the same and has no other effect.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn decide(&self, question: &EngineQuestion) -> Result<EngineAnswer, EngineAway>;
}

/// An engine for tests and demonstrations: rates by country and region, and it can be away.
#[derive(Debug, Default)]
pub struct SimulatedTaxEngine {
    rates: BTreeMap<String, Rate>,
    away: Mutex<bool>,
}

impl SimulatedTaxEngine {
    /// An engine that knows these rates, by `country` or `country-region`.
    #[must_use]
    pub fn with(rates: &[(&str, Rate)]) -> Self {
        let rates = rates
            .iter()
            .map(|(place, rate)| ((*place).to_owned(), *rate));
        Self {
            rates: rates.collect(),
            away: Mutex::new(false),
        }
    }

    /// Sends it away or brings it back.
    pub fn set_away(&self, is_away: bool) {
        if let Ok(mut away) = self.away.lock() {
            *away = is_away;
        }
    }

    fn rate(&self, question: &EngineQuestion) -> Option<(String, Rate)> {
        let buyer = question.buyer.as_ref()?;
        let region = buyer.region.as_ref();
        let narrow = region.map(|region| format!("{}-{region}", buyer.country));
        let places = narrow.into_iter().chain([buyer.country.clone()]);
        places
            .filter_map(|place| self.rates.get(&place).map(|rate| (place.clone(), *rate)))
            .next()
    }
}

impl TaxEngine for SimulatedTaxEngine {
    fn decide(&self, question: &EngineQuestion) -> Result<EngineAnswer, EngineAway> {
        let gone = |message: &str| EngineAway {
            message: message.to_owned(),
        };
        if self.away.lock().map_or(true, |away| *away) {
            return Err(gone("connection refused"));
        }
        let (place, rate) = self
            .rate(question)
            .unwrap_or_else(|| ("nowhere".to_owned(), Rate::default()));
        let mut lines = Vec::new();
        for line in &question.lines {
            let tax = tax_of(line.net, rate).map_err(|refused| gone(&refused.to_string()))?;
            let charged = !rate.decimal().is_zero();
            lines.push(EngineLine {
                category: if charged {
                    TaxStanding::S
                } else {
                    TaxStanding::Z
                },
                reason: String::new(),
                rate,
                tax,
                taxes: vec![EngineTax {
                    authority: place.clone(),
                    name: format!("Tax in {place}"),
                    rate,
                    amount: tax,
                }],
            });
        }
        Ok(EngineAnswer {
            reference: format!("sim/{}/{}", question.contract, question.on),
            lines,
        })
    }
}

/// What asking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskedTax {
    /// Questions that the engine answered.
    pub answered: usize,
    /// Questions that it could not be asked.
    pub away: usize,
    /// Documents issued by an answer, or by our own rows where the policy says so.
    pub issued: usize,
}

impl App {
    /// Asks the engine everything that waits for it, each outside any transaction, and bills what can
    /// be billed by its answers.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ask_tax_engine(
        &self,
        actor: &str,
        engine: &dyn TaxEngine,
    ) -> Result<AskedTax, AppFault> {
        let (mut asked, mut after) = (AskedTax::default(), String::new());
        loop {
            let from = after.clone();
            let page = self.store().read(move |tx| {
                tax_decisions::unanswered(tx, &from, A_PAGE).map_err(AppFault::from)
            })?;
            let Some(last) = page.last() else {
                return Ok(asked);
            };
            after.clone_from(&last.id);
            for row in page {
                let question: EngineQuestion = stored("question to a tax engine", &row.question)?;
                let said = engine.decide(&question);
                match said {
                    Ok(_) => asked.answered += 1,
                    Err(_) => asked.away += 1,
                }
                let billed = self.run(actor, move |tx, context| {
                    let goes_on = match &said {
                        Ok(answer) => answered(tx, context, &row.id, answer)?,
                        Err(gone) => away(tx, context, &row.id, &gone.message)?,
                    };
                    if !goes_on {
                        return Ok(false);
                    }
                    let contract = stored_value("contract id", &row.contract)?;
                    let through = question.on.max(context.today(&question.entity)?);
                    let billed =
                        crate::journey::billing::bill_contract(tx, context, &contract, through)?;
                    Ok(matches!(billed, crate::journey::billing::Billed::Issued(_)))
                })?;
                asked.issued += usize::from(billed);
            }
        }
    }
}
