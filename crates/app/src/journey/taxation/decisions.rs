//! Tax decisions as people read them: what an engine was asked, what it answered, what our own rows
//! come to, and every call word for word.

use crate::App;
use crate::fault::{AppFault, stored};
use crate::view::Page;
use billing::{EngineAnswer, EngineQuestion, TaxedLine};
use schemars::JsonSchema;
use serde::Serialize;
use store::tax_calls::{self, TaxCallRow};
use store::tax_decisions::{self, TaxDecisionRow};
use values::{Date, Instant, Money};

/// Decisions of one page.
const A_PAGE: i64 = 50;

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxDecisionStatus {
    /// The engine has not answered.
    Asked,
    /// Engine and own rows agree.
    Agreed,
    /// They do not; the document waits.
    Mismatch,
    /// A person took one of two figures.
    Accepted,
    /// Our own rows decided while the engine was away.
    Table,
    /// A newer question took its place.
    Superseded,
}

impl TaxDecisionStatus {
    const ALL: [TaxDecisionStatus; 6] = [
        TaxDecisionStatus::Asked,
        TaxDecisionStatus::Agreed,
        TaxDecisionStatus::Mismatch,
        TaxDecisionStatus::Accepted,
        TaxDecisionStatus::Table,
        TaxDecisionStatus::Superseded,
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TaxDecisionStatus::Asked => "asked",
            TaxDecisionStatus::Agreed => "agreed",
            TaxDecisionStatus::Mismatch => "mismatch",
            TaxDecisionStatus::Accepted => "accepted",
            TaxDecisionStatus::Table => "table",
            TaxDecisionStatus::Superseded => "superseded",
        }
    }
}

/// A word that is none of a decision's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no status of a tax decision; use asked, agreed, mismatch, accepted, table or superseded"
)]
pub struct UnknownTaxStatus(String);

impl std::str::FromStr for TaxDecisionStatus {
    type Err = UnknownTaxStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|status| status.word() == text);
        found.ok_or_else(|| UnknownTaxStatus(text.to_owned()))
    }
}

/// A decision of an engine on the tax of one document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxDecisionView {
    /// Its id.
    pub id: String,
    /// The contract that is billed.
    pub contract: String,
    /// Legal entity.
    pub entity: String,
    /// Customer.
    pub customer: String,
    /// The engine.
    pub engine: String,
    /// `asked`, `agreed`, `mismatch`, `accepted`, `table`, or `superseded` by a newer question.
    pub status: String,
    /// `engine` or `table`: whose figures are taken; absent while nobody's are.
    pub taken: Option<String>,
    /// Tax by our own rows of data; absent where they could not say.
    pub own_tax: Option<Money>,
    /// Tax by the engine; absent until it has answered.
    pub engine_tax: Option<Money>,
    /// Why, where a person decided or the engine was away.
    pub reason: Option<String>,
    /// Who decided a mismatch.
    pub decided_by: Option<String>,
    /// The document that was issued by it.
    pub document: Option<String>,
    /// Date of the document.
    pub on: Date,
    /// When it was first asked.
    pub asked: Instant,
    /// When it was answered.
    pub answered: Option<Instant>,
}

/// One charge of a decision, as both sides tax it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxLineView {
    /// What is billed.
    pub description: String,
    /// Our tax code.
    pub tax_code: String,
    /// Without tax.
    pub net: Money,
    /// Tax by our own rows of data.
    pub own_tax: Option<Money>,
    /// Which rule of ours decided.
    pub own_basis: Option<String>,
    /// Tax by the engine.
    pub engine_tax: Option<Money>,
    /// Each tax of the engine in words, such as `AL STATE TAX (ALABAMA) at 0.04: 4.00 USD`.
    pub engine_taxes: Vec<String>,
}

/// Calls to an engine that came out alike, one after the other.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxCallView {
    /// `answered`, `away` or `refused`.
    pub outcome: String,
    /// Why there is no answer.
    pub detail: Option<String>,
    /// Method and address; absent when nothing was sent.
    pub request_line: Option<String>,
    /// The body that was sent, word for word.
    pub request: String,
    /// Status of the answer.
    pub status: Option<i64>,
    /// The body of the answer, word for word.
    pub response: String,
    /// How often in a row it came out like this.
    pub times: i64,
    /// The first of them.
    pub first_asked: Instant,
    /// The last of them.
    pub last_asked: Instant,
}

/// A decision with everything that belongs to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxDecisionDetail {
    /// The decision.
    pub decision: TaxDecisionView,
    /// Its charges.
    pub lines: Vec<TaxLineView>,
    /// The calls, oldest first.
    pub calls: Vec<TaxCallView>,
}

impl App {
    /// Tax decisions, newest first: those that stand at a status, or all.
    ///
    /// # Errors
    /// When the store fails or a stored question cannot be read.
    pub fn tax_decisions(
        &self,
        status: Option<TaxDecisionStatus>,
        cursor: Option<&str>,
    ) -> Result<Page<TaxDecisionView>, AppFault> {
        let status = status.map_or("", TaxDecisionStatus::word);
        let before = cursor.unwrap_or_default().to_owned();
        let mut rows = self.store().read(move |tx| {
            tax_calls::decisions(tx, status, &before, A_PAGE + 1).map_err(AppFault::from)
        })?;
        let has_more = rows.len() as i64 > A_PAGE;
        rows.truncate(usize::try_from(A_PAGE).unwrap_or_default());
        let next = rows.last().filter(|_| has_more).map(|last| last.id.clone());
        let items = rows.iter().map(|row| view(row).map(|(view, _)| view));
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next,
        })
    }

    /// A tax decision with its charges and calls; nothing when there is none.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn tax_decision(&self, id: &str) -> Result<Option<TaxDecisionDetail>, AppFault> {
        let wanted = id.to_owned();
        let (row, calls) = self.store().read(move |tx| -> Result<_, AppFault> {
            let row = tax_decisions::decision(tx, &wanted)?;
            Ok((row, tax_calls::of_decision(tx, &wanted)?))
        })?;
        let Some(row) = row else {
            return Ok(None);
        };
        let (decision, question) = view(&row)?;
        Ok(Some(TaxDecisionDetail {
            lines: lines(&row, question)?,
            calls: calls.into_iter().map(call).collect(),
            decision,
        }))
    }
}

fn present(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn view(row: &TaxDecisionRow) -> Result<(TaxDecisionView, EngineQuestion), AppFault> {
    let question: EngineQuestion = stored("question to a tax engine", &row.question)?;
    let money = |minor: i64| Money::from_minor(minor, question.currency);
    let shown = TaxDecisionView {
        id: row.id.clone(),
        contract: row.contract.clone(),
        entity: row.entity.clone(),
        customer: question.customer.as_str().to_owned(),
        engine: row.engine.clone(),
        status: row.status.clone(),
        taken: present(&row.taken),
        own_tax: present(&row.ours).map(|_| money(row.own_tax)),
        engine_tax: present(&row.answer).map(|_| money(row.their_tax)),
        reason: present(&row.reason),
        decided_by: present(&row.decided_by),
        document: present(&row.document),
        on: question.on,
        asked: Instant::from_microseconds(row.asked),
        answered: (row.answered != 0).then(|| Instant::from_microseconds(row.answered)),
    };
    Ok((shown, question))
}

fn lines(row: &TaxDecisionRow, question: EngineQuestion) -> Result<Vec<TaxLineView>, AppFault> {
    let ours: Option<Vec<TaxedLine>> = present(&row.ours)
        .map(|text| stored("own tax", &text))
        .transpose()?;
    let ours: Option<Vec<TaxedLine>> = ours.map(|lines| {
        let charges = lines.into_iter().filter(|it| it.line.corrects.is_none());
        charges.collect()
    });
    let answer: Option<EngineAnswer> = present(&row.answer)
        .map(|text| stored("answer of a tax engine", &text))
        .transpose()?;
    let shown = question.lines.into_iter().enumerate().map(|(index, line)| {
        let own = ours.as_ref().and_then(|ours| ours.get(index));
        let theirs = answer.as_ref().and_then(|answer| answer.lines.get(index));
        let taxes = theirs.iter().flat_map(|line| &line.taxes).map(|tax| {
            format!(
                "{} ({}) at {}: {}",
                tax.name, tax.authority, tax.rate, tax.amount
            )
        });
        TaxLineView {
            description: line.description,
            tax_code: line.tax_code,
            net: line.net,
            own_tax: own.map(|own| own.tax),
            own_basis: own
                .and_then(|own| own.detail.as_ref())
                .map(|detail| detail.basis.clone()),
            engine_tax: theirs.map(|theirs| theirs.tax),
            engine_taxes: taxes.collect(),
        }
    });
    Ok(shown.collect())
}

fn call(row: TaxCallRow) -> TaxCallView {
    TaxCallView {
        outcome: row.outcome,
        detail: present(&row.detail),
        request_line: present(&row.request_line),
        request: row.request,
        status: (row.status != 0).then_some(row.status),
        response: row.response,
        times: row.times,
        first_asked: Instant::from_microseconds(row.first_asked),
        last_asked: Instant::from_microseconds(row.last_asked),
    }
}
