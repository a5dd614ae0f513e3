//! The consequence of a contract amendment before it is saved: the amendment, the billing that
//! follows from it today and the recognition of what is past, through the real journeys in the
//! shadow; and how the invoices and the revenue still to come would differ.

mod quote;
mod typed_quote;

pub use typed_quote::TypedQuote;

use crate::command::{AmendContract, Answer, RecogniseRevenue};
use crate::fault::stored_value;
use crate::journey::{billing, contract, revenue, schedule};
use crate::shadow::{Impact, ImpactLine, watch};
use crate::{App, AppFault, Context};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::Tx;
use values::{ContractId, Currency, Date, Money, Month};

/// Most months shown.
const MOST_MONTHS: usize = 120;

/// What an amendment would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AmendmentPreview {
    /// What saving it answers: the version and the value that it adds.
    pub answer: Answer,
    /// What saving it records, with what it catches up of days that are recognised already.
    pub saved: Impact,
    /// The invoices and credit notes that billing then issues through today, with their journals.
    pub billed: Impact,
    /// What is then recognised of such days on lines that the change adds.
    pub recognised: Impact,
    /// All three together.
    pub total: Impact,
    /// What is billed after today, where that differs.
    pub later: Vec<LaterLine>,
    /// Revenue by month, where it differs.
    pub revenue: Vec<RevenueMonth>,
}

/// A line that is billed after today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaterLine {
    /// What is printed.
    pub description: String,
    /// First day of service.
    pub from: String,
    /// First day after.
    pub until: String,
    /// Without tax, as the contract is now.
    pub before: Money,
    /// Without tax, as it would be.
    pub after: Money,
}

/// Revenue of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevenueMonth {
    /// The month.
    pub month: String,
    /// As the schedules are now.
    pub before: Money,
    /// As they would be.
    pub after: Money,
}

impl App {
    /// What an amendment would do to invoices, credit notes, revenue schedules and journals, without
    /// saving it.
    ///
    /// # Errors
    /// The refusal that the amendment would meet.
    pub fn preview_amendment(
        &self,
        actor: &str,
        body: AmendContract,
    ) -> Result<AmendmentPreview, AppFault> {
        self.run(actor, move |tx, context| {
            tx.undone(|tx| preview(tx, context, &body))
        })
    }
}

fn preview(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &AmendContract,
) -> Result<AmendmentPreview, AppFault> {
    let id = &body.contract;
    let (row, before) = contract::load(tx, id)?;
    let currency: Currency = stored_value("currency", &row.currency)?;
    let today = context.today(&before.entity)?;
    let later_before = later(tx, context, id, today)?;
    let revenue_before = by_month(tx, id)?;

    let (answer, saved) = watch(tx, context, |tx, lent| {
        contract::amend(tx, lent, "preview", body)
    })?;
    let billed = bill(tx, context, id, today)?;
    let recognised = recognise(tx, context, id)?;
    let mut total = saved.clone();
    total.add(billed.clone())?;
    total.add(recognised.clone())?;

    let later_after = later(tx, context, id, today)?;
    let revenue_after = by_month(tx, id)?;
    Ok(AmendmentPreview {
        answer,
        saved,
        billed,
        recognised,
        total,
        later: later_lines(&later_before, &later_after, currency),
        revenue: revenue_months(&revenue_before, &revenue_after, currency),
    })
}

fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
) -> Result<Impact, AppFault> {
    let billed = watch(tx, context, |tx, lent| {
        billing::foresee_contract(tx, lent, id, through)
    })?;
    Ok(billed.1)
}

/// Recognises through the day that the contract is recognised through; nothing when it is not yet.
fn recognise(tx: &mut Tx<'_>, context: &Context, id: &ContractId) -> Result<Impact, AppFault> {
    let through = schedule::load(tx, id.as_str())?
        .into_iter()
        .map(|scheduled| scheduled.row.recognised_through)
        .max()
        .unwrap_or_default();
    if through.is_empty() {
        return Ok(Impact::default());
    }
    let body = RecogniseRevenue {
        through: stored_value("date", &through)?,
        entity: None,
        contract: Some(id.clone()),
    };
    Ok(watch(tx, context, |tx, lent| revenue::run(tx, lent, &body))?.1)
}

/// Net amounts by what they are for.
type Sums<K> = BTreeMap<K, i64>;

/// The lines that are billed after today through the end of the term, by service days and words.
fn later(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    today: Date,
) -> Result<Sums<(String, String, String)>, AppFault> {
    let (_, contract) = contract::load(tx, id)?;
    let end = contract.term.until().max(today);
    let impact = tx.undone(|tx| {
        bill(tx, context, id, today)?;
        bill(tx, context, id, end)
    })?;
    let mut sums = Sums::new();
    let lines = impact.documents.into_iter().flat_map(|document| {
        let sign = if document.kind == "credit_note" {
            -1
        } else {
            1
        };
        document.lines.into_iter().map(move |line| (line, sign))
    });
    for (line, sign) in lines {
        let ImpactLine {
            description,
            from,
            until,
            net,
            ..
        } = line;
        *sums.entry((from, until, description)).or_default() += sign * net.minor;
    }
    Ok(sums)
}

/// Revenue of the contract by month.
fn by_month(tx: &mut Tx<'_>, id: &ContractId) -> Result<Sums<String>, AppFault> {
    let (_, contract) = contract::load(tx, id)?;
    let first = Month::of(contract.term.from());
    let last = Month::of(contract.term.until());
    let mut sums = Sums::new();
    for scheduled in schedule::load(tx, id.as_str())? {
        let (mut month, mut before) = (first, 0);
        for _ in 0..MOST_MONTHS {
            let earned = ::revenue::earned_through(&scheduled.obligation, month.last())
                .map_err(schedule::refused)?;
            *sums.entry(month.to_string()).or_default() += earned - before;
            before = earned;
            if month >= last {
                break;
            }
            month = month.next();
        }
    }
    Ok(sums)
}

/// The lines billed after today that differ.
fn later_lines(
    before: &Sums<(String, String, String)>,
    after: &Sums<(String, String, String)>,
    currency: Currency,
) -> Vec<LaterLine> {
    differing(before, after, currency)
        .into_iter()
        .map(|((from, until, description), before, after)| LaterLine {
            description,
            from,
            until,
            before,
            after,
        })
        .collect()
}

/// The months whose revenue differs.
fn revenue_months(
    before: &Sums<String>,
    after: &Sums<String>,
    currency: Currency,
) -> Vec<RevenueMonth> {
    differing(before, after, currency)
        .into_iter()
        .map(|(month, before, after)| RevenueMonth {
            month,
            before,
            after,
        })
        .collect()
}

/// What has another amount after than before.
fn differing<K: Ord + Clone>(
    before: &Sums<K>,
    after: &Sums<K>,
    currency: Currency,
) -> Vec<(K, Money, Money)> {
    let keys: std::collections::BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let of = |sums: &Sums<K>, key: &K| {
        Money::from_minor(sums.get(key).copied().unwrap_or_default(), currency)
    };
    keys.into_iter()
        .map(|key| (key.clone(), of(before, key), of(after, key)))
        .filter(|(_, before, after)| before != after)
        .collect()
}
