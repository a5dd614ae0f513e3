//! Old postings under old rules: every journal of the last days is decided again under the version
//! of rules and chart that was in force when it was posted, and compared line by line.

use super::{date_of, document};
use crate::App;
use crate::fault::AppFault;
use crate::record::read_envelope;
use ledger::{Chart, JournalLine, MANUAL_RULE, REVERSAL_RULE, RuleBook};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::journals::{self, JournalLineRow, JournalRow};
use store::{Tx, governance, log};
use values::Date;

/// How many postings reproduce.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reproduction {
    /// Journals decided again.
    pub journals: u64,
    /// How many came out the same to the minor unit.
    pub reproduced: u64,
    /// Entered and reversing journals, which no rule makes.
    pub without_rule: u64,
    /// Journals by the version of the rules that they reproduce under.
    pub by_version: BTreeMap<i64, u64>,
    /// Those that do not, with the reason.
    pub differing: Vec<String>,
}

/// Most journals that are named.
const NAMED: usize = 50;

/// The versions of rules and chart with when they were recorded and from which day they hold.
struct History {
    rules: Vec<(i64, i64, Option<Date>, RuleBook)>,
    charts: Vec<(i64, Chart)>,
}

impl History {
    fn load(tx: &mut Tx<'_>) -> Result<History, AppFault> {
        let (mut rules, mut charts) = (Vec::new(), Vec::new());
        for version in governance::versions(tx, "posting_rules")? {
            let text = governance::body(tx, "posting_rules", version.version)?.unwrap_or_default();
            let from = date_of(&version.effective)?;
            let read = document::rules(&text)?;
            rules.push((version.version, version.recorded, from, read));
        }
        for version in governance::versions(tx, "chart")? {
            let text = governance::body(tx, "chart", version.version)?.unwrap_or_default();
            let chart = Chart::read(&text).map_err(|error| AppFault::Unreadable {
                what: "chart of accounts",
                error: error.to_string(),
            })?;
            charts.push((version.recorded, chart));
        }
        Ok(History { rules, charts })
    }

    /// The rules that were in force for an accounting date at an instant, and their version.
    fn rules(&self, recorded: i64, date: Date) -> Option<(i64, &RuleBook)> {
        self.rules
            .iter()
            .filter(|(_, since, from, _)| *since <= recorded && from.is_none_or(|it| it <= date))
            .max_by_key(|(version, ..)| *version)
            .map(|(version, _, _, rules)| (*version, rules))
    }

    fn chart(&self, recorded: i64) -> Option<&Chart> {
        self.charts
            .iter()
            .filter(|(since, _)| *since <= recorded)
            .max_by_key(|(since, _)| *since)
            .map(|(_, chart)| chart)
    }
}

/// What is debited and what is credited of each account, product and currency: lines of several contracts
/// may stand added up.
type Shape = BTreeMap<(String, String, String, bool), i128>;

fn add(shape: &mut Shape, (account, product, currency): (&str, &str, &str), amount: i64) {
    let text = str::to_owned;
    let key = (text(account), text(product), text(currency), amount > 0);
    *shape.entry(key).or_default() += i128::from(amount);
}

fn posted(lines: &[JournalLineRow]) -> Shape {
    let mut shape = Shape::new();
    for line in lines {
        let key = (&*line.account, &*line.product, &*line.currency);
        add(&mut shape, key, line.amount);
    }
    shape
}

fn decided(lines: &[JournalLine]) -> Shape {
    let mut shape = Shape::new();
    for line in lines {
        let product = line.dimensions.product.as_ref();
        let product = product.map_or("", |product| product.as_str());
        let key = (line.account.as_str(), product, line.currency.code());
        add(&mut shape, key, line.amount);
    }
    shape
}

fn again(
    tx: &mut Tx<'_>,
    history: &History,
    journal: &JournalRow,
) -> Result<Result<(i64, Shape), String>, AppFault> {
    let Some(stored) = log::by_id(tx, &journal.event)? else {
        return Ok(Err("its event is missing".to_owned()));
    };
    let envelope = read_envelope(stored)?;
    let found = history.rules(journal.recorded, envelope.effective);
    let (Some((version, rules)), Some(chart), Some(entity)) =
        (found, history.chart(journal.recorded), &envelope.entity)
    else {
        return Ok(Err("no version was in force".to_owned()));
    };
    let facts = match ledger::facts(&envelope) {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(Err("its event posts nothing".to_owned())),
        Err(refusal) => return Ok(Err(refusal.to_string())),
    };
    Ok(
        match rules.post(&facts, chart, entity, envelope.effective) {
            Ok(Some(draft)) => Ok((version, decided(&draft.lines))),
            Ok(None) => Err("the rules post nothing".to_owned()),
            Err(refusal) => Err(refusal.to_string()),
        },
    )
}

impl App {
    /// Decides every journal of the last days again under the version that was in force when it was
    /// posted.
    ///
    /// # Errors
    /// When the store fails or something stored cannot be read.
    pub fn reproduce_postings(&self, days: u32) -> Result<Reproduction, AppFault> {
        let since = self
            .clock()
            .now()
            .plus_seconds(-i64::from(days) * 86_400)
            .microseconds();
        self.store().read(move |tx| {
            let history = History::load(tx)?;
            let mut posted_journals = Vec::new();
            journals::each_in_order(tx, |journal, lines| {
                if journal.recorded >= since {
                    posted_journals.push((journal, posted(&lines)));
                }
                Ok(())
            })?;
            let mut told = Reproduction::default();
            for (journal, shape) in posted_journals {
                if journal.rule == MANUAL_RULE || journal.rule == REVERSAL_RULE {
                    told.without_rule += 1;
                    continue;
                }
                told.journals += 1;
                let why = match again(tx, &history, &journal)? {
                    Ok((version, same)) if same == shape => {
                        told.reproduced += 1;
                        *told.by_version.entry(version).or_default() += 1;
                        continue;
                    }
                    Ok((version, _)) => format!("version {version} gives other lines"),
                    Err(why) => why,
                };
                if told.differing.len() < NAMED {
                    told.differing.push(format!("{}: {why}", journal.id));
                }
            }
            Ok(told)
        })
    }
}
