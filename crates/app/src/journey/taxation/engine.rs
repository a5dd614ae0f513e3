//! Engines that decide on tax, asked outside any transaction.

use super::avatax::AVATAX;
use super::{answered, away, refused};
use crate::App;
use crate::fault::{AppFault, stored, stored_value};
use crate::record::Context;
use billing::{EngineAnswer, EngineLine, EngineQuestion, EngineTax, tax_of};
use std::collections::BTreeMap;
use std::sync::Mutex;
use store::tax_calls::{self, TaxCallRow};
use store::tax_decisions::TaxDecisionRow;
use store::{Tx, tax_decisions};
use values::{Rate, TaxCallId, TaxCategory};

/// Questions read at once.
const A_PAGE: i64 = 100;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTaxAnswer {
    /// The engine cannot be reached or did not answer; it may later.
    #[error("{0}")]
    Away(String),
    /// It will not answer this question as it stands.
    #[error("{0}")]
    Refused(String),
}

/// What was said to an engine and what came back, word for word and without credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxCall {
    /// Method and address; empty when nothing was sent.
    pub request_line: String,
    /// The body that was sent.
    pub request: String,
    /// Status of the answer; 0 when there was none.
    pub status: u16,
    /// The body of the answer.
    pub response: String,
}

/// What asking once came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The answer.
    pub answer: Result<EngineAnswer, NoTaxAnswer>,
    /// The call.
    pub call: TaxCall,
}

impl Said {
    /// Nothing was sent, because the question cannot be put.
    #[must_use]
    pub fn cannot_be_put(why: String) -> Said {
        Said {
            answer: Err(NoTaxAnswer::Refused(why)),
            call: TaxCall::default(),
        }
    }
}

/// Decides on the tax of a document.
pub trait TaxEngine {
    /// Asks about a decision. Asking the same twice answers the same and has no other effect.
    fn decide(&self, decision: &str, question: &EngineQuestion) -> Said;
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

impl SimulatedTaxEngine {
    fn answer(&self, question: &EngineQuestion) -> Result<EngineAnswer, NoTaxAnswer> {
        if self.away.lock().map_or(true, |away| *away) {
            return Err(NoTaxAnswer::Away("connection refused".to_owned()));
        }
        let (place, rate) = self
            .rate(question)
            .unwrap_or_else(|| ("nowhere".to_owned(), Rate::default()));
        let mut lines = Vec::new();
        for line in &question.lines {
            let tax = tax_of(line.net, rate)
                .map_err(|refused| NoTaxAnswer::Refused(refused.to_string()))?;
            let charged = !rate.decimal().is_zero();
            lines.push(EngineLine {
                category: if charged {
                    TaxCategory::S
                } else {
                    TaxCategory::Z
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

impl TaxEngine for SimulatedTaxEngine {
    fn decide(&self, _decision: &str, question: &EngineQuestion) -> Said {
        let answer = self.answer(question);
        let call = TaxCall {
            request: serde_json::to_string(question).unwrap_or_default(),
            response: answer
                .as_ref()
                .ok()
                .and_then(|answer| serde_json::to_string(answer).ok())
                .unwrap_or_default(),
            ..TaxCall::default()
        };
        Said { answer, call }
    }
}

/// What asking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskedTax {
    /// Questions that the engine answered.
    pub answered: usize,
    /// Questions that it could not be asked.
    pub away: usize,
    /// Questions that it will not answer as they stand.
    pub refused: usize,
    /// Documents issued by an answer, or by our own rows where the policy says so.
    pub issued: usize,
}

impl App {
    /// Asks one engine everything that waits, whichever engine it waits for.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ask_tax_engine(
        &self,
        actor: &str,
        engine: &dyn TaxEngine,
    ) -> Result<AskedTax, AppFault> {
        self.ask_tax_engines(actor, &|_| Some(engine))
    }

    /// Asks everything that waits for tax engines, each question of the engine that it names and
    /// outside any transaction, and bills what can be billed by the answers.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ask_tax_engines<'e>(
        &self,
        actor: &str,
        engine_of: &dyn Fn(&str) -> Option<&'e dyn TaxEngine>,
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
                let said = match engine_of(&row.engine) {
                    Some(engine) => engine.decide(&row.id, &question),
                    None => Said::cannot_be_put(unknown_engine(&row.engine)),
                };
                match &said.answer {
                    Ok(_) => asked.answered += 1,
                    Err(NoTaxAnswer::Away(_)) => asked.away += 1,
                    Err(NoTaxAnswer::Refused(_)) => asked.refused += 1,
                }
                asked.issued += usize::from(self.take_in(actor, row, question, said)?);
            }
        }
    }

    /// Records what was said and goes on by it. Answers whether a document was issued.
    fn take_in(
        &self,
        actor: &str,
        row: TaxDecisionRow,
        question: EngineQuestion,
        said: Said,
    ) -> Result<bool, AppFault> {
        self.run(actor, move |tx, context| {
            kept(tx, context, &row, &said)?;
            let goes_on = match &said.answer {
                Ok(answer) => answered(tx, context, &row.id, answer)?,
                Err(NoTaxAnswer::Away(why)) => away(tx, context, &row.id, why)?,
                Err(NoTaxAnswer::Refused(why)) => refused(tx, context, &row.id, why)?,
            };
            if !goes_on {
                return Ok(false);
            }
            let contract = stored_value("contract id", &row.contract)?;
            let through = question.on.max(context.today(&question.entity)?);
            let billed = crate::journey::billing::bill_contract(tx, context, &contract, through)?;
            Ok(matches!(billed, crate::journey::billing::Billed::Issued(_)))
        })
    }
}

fn unknown_engine(name: &str) -> String {
    format!(
        "no tax engine is called {name:?}; name one that is connected, such as \"{AVATAX}\" with connections.avatax, in the tax table"
    )
}

/// Keeps the call with its decision.
fn kept(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &TaxDecisionRow,
    said: &Said,
) -> Result<(), AppFault> {
    let (outcome, detail) = match &said.answer {
        Ok(_) => ("answered", String::new()),
        Err(NoTaxAnswer::Away(why)) => ("away", why.clone()),
        Err(NoTaxAnswer::Refused(why)) => ("refused", why.clone()),
    };
    let now = context.now.microseconds();
    let call = TaxCallRow {
        id: TaxCallId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        decision: row.id.clone(),
        engine: row.engine.clone(),
        outcome: outcome.to_owned(),
        detail,
        request_line: said.call.request_line.clone(),
        request: said.call.request.clone(),
        status: i64::from(said.call.status),
        response: said.call.response.clone(),
        times: 1,
        first_asked: now,
        last_asked: now,
    };
    Ok(tax_calls::note(tx, &call)?)
}
