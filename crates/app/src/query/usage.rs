//! Meters and the events behind figures.

use super::{cursor, customer_name, some};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::document;
use crate::usage::rate::{Counting, bounds, measure};
use crate::view::Page;
use crate::{App, Context, Refusal};
use billing::{LateRule, MeasuredBy, Meter};
use commerce::{Contract, PriceStep, measured_parts};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::usage::{self, Counted, ShownEvent, UsageAsideRow, UsageComponentRow, UsageIntakeRow};
use store::{Tx, documents, settings};
use values::{Date, Instant, MeterCode, Quantity};

/// Customers that a meter's page shows.
const CUSTOMERS_SHOWN: i64 = 50;
/// Events and intakes that a meter's page shows.
const EVENTS_SHOWN: i64 = 25;

/// A meter in the list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeterView {
    /// Its code.
    pub code: MeterCode,
    /// Its name.
    pub name: String,
    /// What one of it is called.
    pub unit: String,
    /// How the events of a period become one quantity, in words.
    pub aggregation: String,
    /// What becomes of late events, in words.
    pub late: String,
    /// Events that were taken.
    pub events: i64,
    /// Events that are held for a person.
    pub held: i64,
    /// Events that were rejected.
    pub rejected: i64,
    /// Components of contracts that it measures, at most so many as are shown.
    pub measured: i64,
}

/// A meter with what came of late.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeterDetail {
    /// Its row.
    pub row: MeterView,
    /// The meter as published.
    pub meter: Meter,
    /// What was used in the running period, by customer.
    pub uses: Vec<MeterUse>,
    /// The newest events.
    pub events: Vec<EventView>,
    /// The newest of what was set aside.
    pub aside: Vec<AsideView>,
}

/// What a customer used in the period that runs today, or in the last one of the service.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeterUse {
    /// The customer.
    pub customer: String,
    /// Its name.
    pub customer_name: String,
    /// The contract.
    pub contract: String,
    /// The component.
    pub component: String,
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// What was used so far.
    pub quantity: Quantity,
    /// By how many events.
    pub events: u64,
    /// Until when use has been billed; absent before the first time.
    pub billed_until: Option<Instant>,
}

/// An event as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventView {
    /// Its key.
    pub id: String,
    /// The contract.
    pub contract: String,
    /// When it happened.
    pub at: Instant,
    /// When it counts, where that is another time.
    pub counts_at: Option<Instant>,
    /// Its value.
    pub value: String,
    /// What else it says.
    pub dimensions: BTreeMap<String, String>,
    /// The key of the event that it corrects.
    pub corrects: Option<String>,
    /// Whether it takes that one away instead of its place.
    pub cancels: bool,
    /// The key of the event that corrects it: it counts no more.
    pub corrected_by: Option<String>,
    /// Whether its period had been billed when it came.
    pub late: bool,
    /// The intake that it came with.
    pub intake: i64,
}

/// An event that was set aside.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AsideView {
    /// Intake and place.
    pub id: String,
    /// The meter that it named.
    pub meter: String,
    /// Its key.
    pub key: String,
    /// The contract, where it is known.
    pub contract: Option<String>,
    /// `rejected`, `held` or `released`.
    pub status: String,
    /// Stable word of the reason.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// The event as it was sent, JSON.
    pub event: String,
    /// When it came.
    pub received: Instant,
}

/// What came at once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IntakeView {
    /// Its number.
    pub id: String,
    /// When it came.
    pub received: Instant,
    /// Who sent it.
    pub actor: String,
    /// Events in it.
    pub events: i64,
    /// Taken, late ones among them.
    pub accepted: i64,
    /// Known before.
    pub duplicates: i64,
    /// Taken though their period had been billed.
    pub late: i64,
    /// Held.
    pub held: i64,
    /// Rejected.
    pub rejected: i64,
    /// Sum of the values taken, by meter.
    pub totals: BTreeMap<String, String>,
    /// SHA-256 of the events taken, in hexadecimal.
    pub digest: String,
}

/// What an invoice line of a measured component rests on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Metered {
    /// The line.
    pub line: String,
    /// The document that it is on.
    pub document: String,
    /// The number of the document.
    pub number: String,
    /// The contract.
    pub contract: String,
    /// The component.
    pub component: String,
    /// Words of the line.
    pub description: String,
    /// The meter; absent for a minimum over a plan, which is measured by what was spent.
    pub meter: Option<MeterCode>,
    /// What one of it is called.
    pub unit: String,
    /// First instant that counts.
    pub from: Instant,
    /// First instant that no longer counts.
    pub until: Instant,
    /// What was measured in the whole period when the line was made.
    pub quantity: Quantity,
    /// By how many events.
    pub events: u64,
    /// How the price of the whole period comes about.
    pub steps: Vec<PriceStep>,
    /// The arithmetic of the line.
    pub arithmetic: String,
    /// Its amount without tax.
    pub net: values::Money,
}

/// One page of the events behind an invoice line.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LineUsage {
    /// What the line rests on.
    pub line: Metered,
    /// The events that this line is the first to count, by time, and those that it corrects.
    pub events: Page<EventView>,
}

fn show_event((row, corrected_by): ShownEvent) -> Result<EventView, AppFault> {
    let moved = row.counted != row.happened;
    Ok(EventView {
        id: row.event_key,
        contract: row.contract,
        at: Instant::from_microseconds(row.happened),
        counts_at: moved.then(|| Instant::from_microseconds(row.counted)),
        value: row.value,
        dimensions: if row.dimensions.is_empty() {
            BTreeMap::new()
        } else {
            stored("dimensions", &row.dimensions)?
        },
        corrects: some(row.corrects),
        cancels: row.cancels == 1,
        corrected_by: some(corrected_by),
        late: row.late == 1,
        intake: row.intake,
    })
}

fn show_aside(row: UsageAsideRow) -> AsideView {
    AsideView {
        id: format!("{}/{}", row.intake, row.place),
        meter: row.meter,
        key: row.event_key,
        contract: some(row.contract),
        status: row.status,
        code: row.code,
        reason: row.reason,
        event: row.event,
        received: Instant::from_microseconds(row.received),
    }
}

fn show_intake(row: UsageIntakeRow) -> Result<IntakeView, AppFault> {
    Ok(IntakeView {
        id: row.number.to_string(),
        received: Instant::from_microseconds(row.received),
        actor: row.actor,
        events: row.events,
        accepted: row.accepted,
        duplicates: row.duplicates,
        late: row.late,
        held: row.held,
        rejected: row.rejected,
        totals: stored("control totals", &row.totals)?,
        digest: hex::encode(&row.digest),
    })
}

fn meters(tx: &mut Tx<'_>, context: &Context) -> Result<Vec<MeterView>, AppFault> {
    let events = usage::counts(tx)?;
    let aside = usage::aside_counts(tx)?;
    let mut rows = Vec::new();
    for meter in context.books.meters.values() {
        let code = meter.code.as_str();
        let set_aside = |status: &str| {
            aside
                .iter()
                .find(|(of, is, _)| of == code && is == status)
                .map_or(0, |(_, _, count)| *count)
        };
        let measured = usage::components_of_meter(tx, code, CUSTOMERS_SHOWN)?;
        rows.push(MeterView {
            code: meter.code.clone(),
            name: meter.name.clone(),
            unit: meter.unit.clone(),
            aggregation: meter.aggregation.words().to_owned(),
            late: LateRule::words(meter.late),
            events: events
                .iter()
                .find(|(of, _)| of == code)
                .map_or(0, |(_, count)| *count),
            held: set_aside("held"),
            rejected: set_aside("rejected"),
            measured: measured.len() as i64,
        });
    }
    Ok(rows)
}

fn meter(tx: &mut Tx<'_>, context: &Context, code: &str) -> Result<Option<MeterDetail>, AppFault> {
    let rows = meters(tx, context)?;
    let found = rows.into_iter().find(|row| row.code.as_str() == code);
    let (Some(row), Some(meter)) = (
        found,
        context
            .books
            .meters
            .values()
            .find(|it| it.code.as_str() == code),
    ) else {
        return Ok(None);
    };
    let mut uses = Vec::new();
    for component in usage::components_of_meter(tx, code, CUSTOMERS_SHOWN)? {
        uses.extend(used(tx, context, meter, &component)?);
    }
    let events = usage::newest_events(tx, code, EVENTS_SHOWN)?;
    let aside = usage::aside(tx, code, (i64::MAX, i64::MAX), EVENTS_SHOWN)?;
    Ok(Some(MeterDetail {
        row,
        meter: meter.clone(),
        uses,
        events: events
            .into_iter()
            .map(show_event)
            .collect::<Result<_, _>>()?,
        aside: aside.into_iter().map(show_aside).collect(),
    }))
}

/// What was used in the period that holds today, or in the last one before.
fn used(
    tx: &mut Tx<'_>,
    context: &Context,
    meter: &Meter,
    row: &UsageComponentRow,
) -> Result<Option<MeterUse>, AppFault> {
    let Some(found) = store::contracts::contract(tx, &row.contract)? else {
        return Ok(None);
    };
    let contract: Contract = stored("contract", &found.body)?;
    let component = contract
        .components
        .iter()
        .find(|component| component.id.as_str() == row.component);
    let Some(component) = component else {
        return Ok(None);
    };
    let zone = context.books.entity(&contract.entity)?.zone.clone();
    let today = zone.date_at(context.now);
    let parts = measured_parts(&contract, component, Date::MIN, today);
    let Some(part) = parts.iter().rfind(|part| part.period.from() <= today) else {
        return Ok(None);
    };
    let through_intake = settings::last_number(tx, usage::INTAKES)?;
    let counting = Counting {
        contract: &row.contract,
        component,
        meter,
        serves_from: row.serves_from,
        through_intake,
    };
    let days = [bounds(&zone, part.period)];
    let measured = measure(tx, &counting, &part.charge, (&days, part.share))?
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    Ok(Some(MeterUse {
        customer: row.customer.clone(),
        customer_name: customer_name(tx, &row.customer)?,
        contract: row.contract.clone(),
        component: row.component.clone(),
        from: part.period.from(),
        to: part.period.last(),
        quantity: measured.quantity,
        events: measured.events,
        billed_until: (row.billed_until > 0).then(|| Instant::from_microseconds(row.billed_until)),
    }))
}

fn metered(
    tx: &mut Tx<'_>,
    context: &Context,
    line: &str,
) -> Result<Option<(Metered, MeasuredBy)>, AppFault> {
    let Some(document) = documents::document_of_line(tx, line)? else {
        return Ok(None);
    };
    let row = documents::lines_of(tx, &document)?;
    let Some(row) = row.into_iter().find(|row| row.id == line) else {
        return Ok(None);
    };
    let billed = document::issued_line(&row.body)?;
    let Some(by) = billed.line.measured.clone() else {
        return Ok(None);
    };
    let number = documents::document(tx, &document)?.map_or_else(String::new, |row| row.number);
    let component = usage::of_contract(tx, billed.line.contract.as_str())?
        .into_iter()
        .find(|row| row.component == billed.line.component.as_str());
    let meter = match &component {
        Some(row) => Some(stored_value::<MeterCode>("meter", &row.meter)?),
        None => None,
    };
    let unit = meter
        .as_ref()
        .and_then(|code| context.books.meters.get(code))
        .map_or_else(String::new, |meter| meter.unit.clone());
    let line = billed.line;
    let shown = Metered {
        line: row.id,
        document,
        number,
        contract: line.contract.to_string(),
        component: line.component.to_string(),
        description: line.description.clone(),
        meter,
        unit,
        from: by.from,
        until: by.until,
        quantity: by.quantity,
        events: by.events,
        steps: by.steps.clone(),
        arithmetic: line.arithmetic.clone(),
        net: line.net,
    };
    Ok(Some((shown, *by)))
}

fn line_usage(
    tx: &mut Tx<'_>,
    context: &Context,
    line: &str,
    at: Option<&str>,
) -> Result<Option<LineUsage>, AppFault> {
    const LIST: &str = "line usage";
    let Some((shown, by)) = metered(tx, context, line)? else {
        return Ok(None);
    };
    let (time, key) = match cursor::read(LIST, at)? {
        Some(cursor::Key {
            numbers: [time, _],
            texts: [key, _],
        }) => (time, key),
        None => (i64::MIN, String::new()),
    };
    let rows = match &shown.meter {
        Some(meter) => usage::behind(
            tx,
            Counted {
                contract: &shown.contract,
                meter: meter.as_str(),
                from: by.from.microseconds(),
                until: by.until.microseconds(),
                through_intake: by.through_intake,
            },
            by.after_intake,
            (time, &key),
            cursor::ROWS_TO_ASK,
        )?,
        None => Vec::new(),
    };
    let cursor_of = |(row, _): &ShownEvent| cursor::of_newest(LIST, row.counted, &row.event_key);
    Ok(Some(LineUsage {
        line: shown,
        events: cursor::page(rows, cursor_of, show_event)?,
    }))
}

impl App {
    /// All meters.
    ///
    /// # Errors
    /// When the store fails.
    pub fn meters(&self) -> Result<Vec<MeterView>, AppFault> {
        let context = self.context("reader");
        self.store().read(move |tx| meters(tx, &context))
    }

    /// A meter with what was used and what came of late.
    ///
    /// # Errors
    /// When the store fails.
    pub fn meter(&self, code: &str) -> Result<Option<MeterDetail>, AppFault> {
        let (context, code) = (self.context("reader"), code.to_owned());
        self.store().read(move |tx| meter(tx, &context, &code))
    }

    /// The events behind an invoice line; nothing when the line is not of a measured component.
    ///
    /// # Errors
    /// When the store fails.
    pub fn line_usage(
        &self,
        line: &str,
        cursor: Option<&str>,
    ) -> Result<Option<LineUsage>, AppFault> {
        let (context, line) = (self.context("reader"), line.to_owned());
        let cursor = cursor.map(str::to_owned);
        self.store()
            .read(move |tx| line_usage(tx, &context, &line, cursor.as_deref()))
    }

    /// What was set aside, of one meter or of all, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn usage_aside(&self, meter: &str, at: Option<&str>) -> Result<Page<AsideView>, AppFault> {
        const LIST: &str = "usage aside";
        let before = match cursor::read(LIST, at)? {
            Some(key) => (key.numbers[0], key.numbers[1]),
            None => (i64::MAX, i64::MAX),
        };
        let meter = meter.to_owned();
        self.store().read(move |tx| {
            let rows = usage::aside(tx, &meter, before, cursor::ROWS_TO_ASK)?;
            let cursor_of = |row: &UsageAsideRow| {
                let texts = [String::new(), String::new()];
                let numbers = [row.intake, row.place];
                cursor::write(LIST, &cursor::Key { numbers, texts })
            };
            cursor::page(rows, cursor_of, |row| Ok(show_aside(row)))
        })
    }

    /// Intakes, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn usage_intakes(&self, at: Option<&str>) -> Result<Page<IntakeView>, AppFault> {
        const LIST: &str = "usage intakes";
        let before = cursor::read(LIST, at)?.map_or(i64::MAX, |key| key.numbers[0]);
        self.store().read(move |tx| {
            let rows = usage::intakes(tx, before, cursor::ROWS_TO_ASK)?;
            let cursor_of = |row: &UsageIntakeRow| cursor::of_newest(LIST, row.number, "");
            cursor::page(rows, cursor_of, show_intake)
        })
    }
}
