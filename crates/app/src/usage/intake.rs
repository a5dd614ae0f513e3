//! Intake: events of use are checked, found a contract for, and written with one statement; what
//! cannot be counted is set aside with its reason. Nothing is dropped:
//! events = accepted + duplicates + held + rejected.

mod by_command;
mod counting;

pub(crate) use by_command::{record, release};
use counting::placed;

use super::subject::{Place, Subjects};
use crate::fault::{AppFault, stored, to_store};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use billing::{Checked, LateRule, Meter, UsageEvent, check};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use store::usage::{self, UsageAsideRow, UsageEventRow, UsageIntakeRow};
use store::{Tx, settings};
use values::{Decimal, EntityId, Instant, MeterCode, parse_decimal};

/// What became of the events of an intake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Taken {
    /// Number of the intake.
    pub intake: i64,
    /// Events that were sent.
    pub events: usize,
    /// Events that count, late ones among them.
    pub accepted: usize,
    /// Events that were known with the same content.
    pub duplicates: usize,
    /// Accepted events whose period had been billed.
    pub late: usize,
    /// Events held for a person.
    pub held: usize,
    /// Events rejected.
    pub rejected: usize,
    /// Sum of the accepted values of each meter, where its values are numbers, as control totals.
    pub totals: BTreeMap<String, String>,
    /// What became of each event, in their order.
    pub results: Vec<EventResult>,
    /// Why some of them do not count.
    pub problems: Vec<EventProblem>,
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventResult {
    /// It counts.
    Accepted,
    /// It counts, and its period had been billed.
    Late,
    /// It was known with the same content.
    Duplicate,
    /// It waits for a person.
    Held,
    /// It does not count.
    Rejected,
}

/// Why an event does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventProblem {
    /// Its place among the events, from 0.
    pub position: usize,
    /// Its key.
    pub key: String,
    /// Stable word.
    pub code: String,
    /// The field at fault.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Why one event is set aside.
struct Aside {
    held: bool,
    code: &'static str,
    field: String,
    message: String,
    contract: String,
}

impl Aside {
    fn rejected(code: &'static str, field: &str, message: String) -> Aside {
        Aside {
            held: false,
            code,
            field: field.to_owned(),
            message,
            contract: String::new(),
        }
    }
}

/// One intake at work.
struct Intake<'a> {
    context: &'a Context,
    number: i64,
    subjects: Subjects,
    rows: Vec<UsageEventRow>,
    /// Place of each row among the events.
    places: Vec<usize>,
    /// Row by meter and key: the same event twice in one intake counts once.
    known: HashMap<(MeterCode, String), usize>,
    results: Vec<EventResult>,
    asides: Vec<(usize, Aside)>,
    /// (contract, meter) to the earliest instant that is to be looked at again.
    reopened: BTreeMap<(String, String, String), i64>,
}

/// Takes events in.
pub(super) fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    events: &[UsageEvent],
) -> Result<Taken, AppFault> {
    let number = settings::next_number(tx, usage::INTAKES)?;
    let mut intake = Intake {
        context,
        number,
        subjects: Subjects::default(),
        rows: Vec::with_capacity(events.len()),
        places: Vec::with_capacity(events.len()),
        known: HashMap::with_capacity(events.len()),
        results: vec![EventResult::Accepted; events.len()],
        asides: Vec::new(),
        reopened: BTreeMap::new(),
    };
    for (place, event) in events.iter().enumerate() {
        if let Err(aside) = intake.one(tx, place, event)? {
            intake.set_aside(place, aside);
        }
    }
    intake.write(tx, events)
}

impl Intake<'_> {
    fn set_aside(&mut self, place: usize, aside: Aside) {
        if let Some(result) = self.results.get_mut(place) {
            *result = if aside.held {
                EventResult::Held
            } else {
                EventResult::Rejected
            };
        }
        self.asides.push((place, aside));
    }

    /// Decides one event; the inner error says why it is set aside.
    fn one(
        &mut self,
        tx: &mut Tx<'_>,
        place: usize,
        event: &UsageEvent,
    ) -> Result<Result<(), Aside>, AppFault> {
        let context = self.context;
        let books = &context.books;
        let Some(meter) = books.meters.get(&event.meter) else {
            return Ok(Err(unknown_meter(books.meters.keys(), event)));
        };
        let checked = match check(meter, event) {
            Ok(checked) => checked,
            Err(refusal) => {
                let aside = Aside::rejected(refusal.code(), refusal.field(), refusal.to_string());
                return Ok(Err(aside));
            }
        };
        let (contract, entity, counts_at) = match self.subjects.of(tx, event)? {
            Ok(subject) => (
                subject.contract.clone(),
                subject.entity.clone(),
                placed(meter, subject, event, event.at),
            ),
            Err(unknown) => {
                let aside = Aside::rejected(unknown.code, unknown.field, unknown.message.clone());
                return Ok(Err(aside));
            }
        };
        let mut row = UsageEventRow {
            meter: event.meter.as_str().to_owned(),
            event_key: event.key.clone(),
            contract,
            happened: event.at.microseconds(),
            counted: event.at.microseconds(),
            value: checked.value.clone(),
            dimensions: if event.dimensions.is_empty() {
                String::new()
            } else {
                to_store("dimensions", &event.dimensions)?
            },
            corrects: checked.corrects.clone(),
            cancels: i64::from(checked.cancels),
            late: 0,
            intake: self.number,
        };
        // The same event twice in one intake.
        let key = (event.meter.clone(), event.key.clone());
        if let Some(index) = self.known.get(&key) {
            let before = self.rows.get(*index);
            let same = before.is_some_and(|before| same_content(before, &row));
            return Ok(if same {
                self.duplicate(place);
                Ok(())
            } else {
                Err(conflict(event, "an earlier event of this intake"))
            });
        }
        let counts_at = match counts_at {
            Ok(placed) => placed,
            Err(mut aside) => {
                // What is known already has its answer, whatever has been billed since.
                if let Some(before) = usage::event(tx, meter.code.as_str(), &event.key)? {
                    return Ok(self.again(place, event, &before, &row));
                }
                aside.contract.clone_from(&row.contract);
                return Ok(Err(aside));
            }
        };
        row.counted = counts_at.at.microseconds();
        row.late = i64::from(counts_at.late);
        let contract = row.contract.clone();
        let mut reopen_from = counts_at.reopens.then_some(counts_at.at);
        if !checked.corrects.is_empty() {
            match self.correction(tx, meter, event, &checked, &row)? {
                Ok(reopened) => {
                    if let Some((of, at)) = reopened {
                        row.late = 1;
                        if of == contract {
                            reopen_from = Some(reopen_from.map_or(at, |known| known.min(at)));
                        } else {
                            self.reopen(&of, &row.meter, &entity, at);
                        }
                    }
                }
                Err(aside) => return Ok(Err(aside)),
            }
        }
        if let Some(from) = reopen_from {
            self.reopen(&contract, &row.meter, &entity, from);
        }
        self.known.insert(key, self.rows.len());
        self.rows.push(row);
        self.places.push(place);
        Ok(Ok(()))
    }

    fn duplicate(&mut self, place: usize) {
        if let Some(result) = self.results.get_mut(place) {
            *result = EventResult::Duplicate;
        }
    }

    /// An event whose meter and key are known.
    fn again(
        &mut self,
        place: usize,
        event: &UsageEvent,
        before: &UsageEventRow,
        now: &UsageEventRow,
    ) -> Result<(), Aside> {
        if same_content(before, now) {
            self.duplicate(place);
            Ok(())
        } else {
            let what = format!("the event of intake {}", before.intake);
            Err(conflict(event, &what))
        }
    }

    fn reopen(&mut self, contract: &str, meter: &str, entity: &str, from: Instant) {
        let key = (contract.to_owned(), meter.to_owned(), entity.to_owned());
        let from = from.microseconds();
        let known = self.reopened.entry(key).or_insert(from);
        *known = (*known).min(from);
    }

    /// A correction: what it corrects must not be corrected already, and may lie in a billed period.
    /// Answers whose billed period is to be looked at again, from when.
    fn correction(
        &mut self,
        tx: &mut Tx<'_>,
        meter: &Meter,
        event: &UsageEvent,
        checked: &Checked,
        row: &UsageEventRow,
    ) -> Result<Result<Option<(String, Instant)>, Aside>, AppFault> {
        let field = if checked.cancels {
            "cancels"
        } else {
            "replaces"
        };
        let corrects = &checked.corrects;
        let here = self
            .rows
            .iter()
            .find(|known| known.meter == row.meter && known.corrects == *corrects);
        let by = match here {
            Some(known) => Some(known.event_key.clone()),
            None => usage::corrected_by(tx, meter.code.as_str(), corrects)?,
        };
        if let Some(by) = by.filter(|by| *by != event.key) {
            let message = format!(
                "event {corrects:?} of meter {} is corrected by {by:?} already; correct {by:?} instead",
                meter.code
            );
            return Ok(Err(Aside::rejected("corrected_before", field, message)));
        }
        let Some(source) = usage::event(tx, meter.code.as_str(), corrects)? else {
            return Ok(Ok(None));
        };
        let at = Instant::from_microseconds(source.counted);
        // The contract of what is corrected may be another one.
        let of_source = UsageEvent {
            contract: Some(source.contract.clone()),
            customer: None,
            ..event.clone()
        };
        let dimensions: BTreeMap<String, String> = if source.dimensions.is_empty() {
            BTreeMap::new()
        } else {
            stored("dimensions", &source.dimensions)?
        };
        let of_source = UsageEvent {
            dimensions,
            ..of_source
        };
        let place = match self.subjects.of(tx, &of_source)? {
            Ok(subject) => subject.place(at, &of_source.dimensions),
            Err(_) => return Ok(Ok(None)),
        };
        let Place::Billed(_, back) = place else {
            return Ok(Ok(None));
        };
        let too_old = at < back;
        if meter.late == LateRule::Refuse || meter.late == LateRule::NextPeriod || too_old {
            let message = format!(
                "event {corrects:?} counts at {at}, in a period that has been billed; meter {} does not change such periods any more: credit the invoice line instead",
                meter.code
            );
            return Ok(Err(Aside::rejected("period_billed", field, message)));
        }
        Ok(Ok(Some((source.contract, at))))
    }

    fn write(mut self, tx: &mut Tx<'_>, events: &[UsageEvent]) -> Result<Taken, AppFault> {
        let added = usage::add_events(tx, &self.rows)?;
        if added < self.rows.len() as u64 {
            self.find_known(tx, events)?;
        }
        usage::note_added(tx, &self.rows)?;
        for ((contract, meter, entity), from) in &self.reopened {
            let entity: EntityId = crate::fault::stored_value("entity id", entity)?;
            let today = self.context.today(&entity)?;
            usage::reopen(tx, contract, meter, *from, &today.to_string())?;
        }
        let now = self.context.now.microseconds();
        let mut asides = Vec::with_capacity(self.asides.len());
        self.asides.sort_by_key(|(place, _)| *place);
        for (place, aside) in &self.asides {
            let Some(event) = events.get(*place) else {
                continue;
            };
            asides.push(UsageAsideRow {
                intake: self.number,
                place: *place as i64,
                meter: event.meter.as_str().to_owned(),
                event_key: event.key.chars().take(120).collect(),
                contract: aside.contract.clone(),
                status: if aside.held { "held" } else { "rejected" }.to_owned(),
                code: aside.code.to_owned(),
                reason: aside.message.clone(),
                event: to_store("event of use", event)?,
                received: now,
            });
        }
        UsageAsideRow::insert(tx, &asides)?;
        let taken = self.taken(events)?;
        UsageIntakeRow::insert(
            tx,
            &[UsageIntakeRow {
                number: self.number,
                received: now,
                actor: self.context.actor.clone(),
                events: taken.events as i64,
                accepted: taken.accepted as i64,
                duplicates: taken.duplicates as i64,
                late: taken.late as i64,
                held: taken.held as i64,
                rejected: taken.rejected as i64,
                totals: to_store("control totals", &taken.totals)?,
                digest: digest(&self.rows),
            }],
        )?;
        self.raise_held(tx)?;
        Ok(taken)
    }

    /// Which of the rows were known before: the same content is a duplicate, other content is refused.
    fn find_known(&mut self, tx: &mut Tx<'_>, events: &[UsageEvent]) -> Result<(), AppFault> {
        let rows = std::mem::take(&mut self.rows);
        let places = std::mem::take(&mut self.places);
        for (row, place) in rows.into_iter().zip(places) {
            let before = usage::event(tx, &row.meter, &row.event_key)?;
            match (before, events.get(place)) {
                (Some(before), Some(event)) if before.intake != self.number => {
                    if let Err(mut aside) = self.again(place, event, &before, &row) {
                        aside.contract.clone_from(&row.contract);
                        self.set_aside(place, aside);
                    }
                }
                _ => {
                    self.rows.push(row);
                    self.places.push(place);
                }
            }
        }
        Ok(())
    }

    fn taken(&mut self, events: &[UsageEvent]) -> Result<Taken, AppFault> {
        for (row, place) in self.rows.iter().zip(&self.places) {
            if row.late == 1
                && let Some(result) = self.results.get_mut(*place)
            {
                *result = EventResult::Late;
            }
        }
        let count = |wanted: EventResult| self.results.iter().filter(|it| **it == wanted).count();
        let late = count(EventResult::Late);
        Ok(Taken {
            intake: self.number,
            events: events.len(),
            accepted: count(EventResult::Accepted) + late,
            duplicates: count(EventResult::Duplicate),
            late,
            held: count(EventResult::Held),
            rejected: count(EventResult::Rejected),
            totals: self.totals(),
            problems: self
                .asides
                .iter()
                .map(|(place, aside)| EventProblem {
                    position: *place,
                    key: events
                        .get(*place)
                        .map_or_else(String::new, |event| event.key.clone()),
                    code: aside.code.to_owned(),
                    field: aside.field.clone(),
                    message: aside.message.clone(),
                })
                .collect(),
            results: std::mem::take(&mut self.results),
        })
    }

    fn totals(&self) -> BTreeMap<String, String> {
        let mut sums: BTreeMap<&str, (Decimal, i64)> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.cancels == 0) {
            let numbers = self
                .context
                .books
                .meters
                .iter()
                .find(|(code, _)| code.as_str() == row.meter)
                .is_some_and(|(_, meter)| meter.aggregation.reads_numbers());
            if !numbers {
                continue;
            }
            let sum = sums.entry(row.meter.as_str()).or_default();
            // Whole numbers, which most are, are added without a decimal.
            match row.value.parse::<i64>() {
                Ok(whole) => sum.1 = sum.1.saturating_add(whole),
                Err(_) => {
                    let value = parse_decimal(&row.value).unwrap_or_default();
                    sum.0 = sum.0.saturating_add(value);
                }
            }
        }
        sums.into_iter()
            .map(|(meter, (decimals, whole))| {
                let sum = decimals.saturating_add(Decimal::from(whole)).normalize();
                (meter.to_owned(), sum.to_string())
            })
            .collect()
    }

    /// One exception for each contract with events that are held.
    fn raise_held(&self, tx: &mut Tx<'_>) -> Result<(), AppFault> {
        let mut contracts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for (_, aside) in self.asides.iter().filter(|(_, aside)| aside.held) {
            let known = contracts
                .entry(aside.contract.as_str())
                .or_insert((0, aside.message.as_str()));
            known.0 += 1;
        }
        for (contract, (count, why)) in contracts {
            let row = store::contracts::contract(tx, contract)?;
            let (customer, entity, chain) = row.map_or_else(
                || (String::new(), String::new(), None),
                |row| (row.customer, row.entity, Some(row.correlation)),
            );
            let correlation = match chain {
                Some(chain) => Some(crate::fault::stored_value("chain id", &chain)?),
                None => None,
            };
            exception::open(
                tx,
                self.context,
                NewException {
                    key: format!("usage/{contract}"),
                    class: "usage_held",
                    summary: format!(
                        "{count} events of use of contract {contract} are held: {why}"
                    ),
                    detail: why.to_owned(),
                    customer,
                    document: contract.to_owned(),
                    entity,
                    measure: "billings".to_owned(),
                    correlation,
                    ..NewException::default()
                },
            )?;
        }
        Ok(())
    }
}

fn digest(rows: &[UsageEventRow]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for row in rows {
        for text in [
            &row.meter,
            &row.event_key,
            &row.contract,
            &row.value,
            &row.dimensions,
            &row.corrects,
        ] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update(row.happened.to_be_bytes());
        hash.update(row.cancels.to_be_bytes());
    }
    hash.finalize().to_vec()
}

fn same_content(one: &UsageEventRow, other: &UsageEventRow) -> bool {
    one.contract == other.contract
        && one.happened == other.happened
        && one.value == other.value
        && one.dimensions == other.dimensions
        && one.corrects == other.corrects
        && one.cancels == other.cancels
}

fn conflict(event: &UsageEvent, what: &str) -> Aside {
    let message = format!(
        "meter {} and key {:?} name {what} with other content; give this event a key of its own, or correct the other one with replaces",
        event.meter, event.key
    );
    Aside::rejected("usage_key_reused", "key", message)
}

fn unknown_meter<'m>(known: impl Iterator<Item = &'m MeterCode>, event: &UsageEvent) -> Aside {
    let names: Vec<&str> = known.map(MeterCode::as_str).take(20).collect();
    let names = if names.is_empty() {
        "none is published".to_owned()
    } else {
        names.join(", ")
    };
    let message = format!(
        "there is no meter {:?}; publish it, or use one of: {names}",
        event.meter.as_str()
    );
    Aside::rejected("unknown_meter", "meter", message)
}
