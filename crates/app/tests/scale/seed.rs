//! Books with very many rows, put there by array inserts.

use app::command::Command;
use app::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use store::effects::{self, EffectRow};
use store::exceptions::ExceptionRow;
use store::{Durability, Effort, Location, Store};

/// Rows of one insert.
const A_STEP: usize = 5_000;

/// How many rows a test is to make: so many, or what `TIEOUT_SCALE` says.
pub fn many(usual: usize) -> usize {
    let told = std::env::var("TIEOUT_SCALE").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Books of two legal entities and one customer on 1 March 2026.
pub fn company() -> App {
    company_and_clock().0
}

/// As [`company`], with the clock that it goes by.
pub fn company_and_clock() -> (App, Arc<SimulatedClock>) {
    let clock = Arc::new(SimulatedClock::at("2026-03-01T08:00:00Z".parse().unwrap()));
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(1, 0));
    let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
    app.put_user("checker", control::Role::Controller, "")
        .unwrap();
    act(
        &app,
        "create_entity",
        json!({"id": "US", "name": "Sample Inc.", "currency": "USD", "time_zone": "America/New_York"}),
    );
    act(
        &app,
        "create_entity",
        json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}),
    );
    act(
        &app,
        "create_customer",
        json!({"id": "acme", "legal_name": "Acme Inc."}),
    );
    (app, clock)
}

/// What one person asks for and another agrees to.
pub fn act(app: &App, name: &str, body: Value) -> Value {
    try_act(app, name, body).unwrap()
}

/// As [`act`], which may be refused.
pub fn try_act(app: &App, name: &str, body: Value) -> Result<Value, app::AppFault> {
    let command = Command::read(name, body).unwrap();
    app.act_approved("dana", "checker", command)
}

/// What one look costs, and how long it took on this machine.
pub fn cost<T: Send + 'static>(
    app: &App,
    title: &str,
    look: impl FnOnce(&mut store::Tx<'_>) -> Result<T, app::AppFault> + Send + 'static,
) -> (T, Effort) {
    let begun = Instant::now();
    let found = app.store().read(move |tx| {
        let before = tx.effort();
        let found = look(tx)?;
        Ok::<_, app::AppFault>((found, tx.effort().since(before)))
    });
    let (found, effort) = found.unwrap();
    eprintln!("{title}: {:?}, {effort:?}", begun.elapsed());
    (found, effort)
}

/// Open exceptions of every kind: six of ten hold up a delivery, two name a difference themselves, one
/// is a deal that is not taken over, one names nothing.
pub fn exceptions(app: &App, count: usize) {
    for from in (0..count).step_by(A_STEP) {
        let numbers = from..count.min(from + A_STEP);
        let rows: Vec<ExceptionRow> = numbers.clone().map(exception).collect();
        let parked: Vec<EffectRow> = numbers
            .filter(|number| number % 10 < 6)
            .flat_map(lane)
            .collect();
        let written = app.store().write(move |tx| {
            effects::intend(tx, &parked)?;
            ExceptionRow::insert(tx, &rows)
        });
        written.unwrap();
    }
}

fn place(number: usize) -> (&'static str, &'static str) {
    if number.is_multiple_of(4) {
        ("DE", "EUR")
    } else {
        ("US", "USD")
    }
}

/// A parked delivery, and every tenth time two more behind it.
fn lane(number: usize) -> Vec<EffectRow> {
    let behind = if number.is_multiple_of(10) { 2 } else { 0 };
    let (entity, currency) = place(number);
    (0..=behind)
        .map(|at| EffectRow {
            id: format!("eff_{number:08}_{at}"),
            lane: format!("ledger/con_{number:08}"),
            connection: "netsuite".to_owned(),
            operation: "netsuite.journal_entry".to_owned(),
            subject: format!("journal/jrn_{number:08}_{at}"),
            key: format!("netsuite/journal/jrn_{number:08}_{at}"),
            request: "{}".to_owned(),
            status: if at == 0 { "parked" } else { "intended" }.to_owned(),
            attempts: 8,
            next_attempt: 0,
            error_class: "data".to_owned(),
            error: "account 4999 is inactive".to_owned(),
            external_id: String::new(),
            read_back: 0,
            entity: entity.to_owned(),
            amount: 1_000 + number as i64,
            currency: currency.to_owned(),
            correlation: format!("chn_{number:08}"),
            created: 1_700_000_000_000_000,
            changed: 1_700_000_000_000_000,
            fence: 0,
            lease: 0,
            priority: 0,
            fallback: 0,
            first_sent: 0,
            last_sent: 0,
        })
        .collect()
}

fn exception(number: usize) -> ExceptionRow {
    let (class, key, measure) = match number % 10 {
        0..=5 => (
            "effect_refused",
            format!("effect/eff_{number:08}_0"),
            "delivered",
        ),
        6 | 7 => ("tie_out_break", format!("part/{number}"), "receivable"),
        8 => (
            "unknown_product",
            format!("order/salesforce/006{number:08}"),
            "bookings",
        ),
        _ => ("webhook_unreadable", format!("inbox/{number}"), ""),
    };
    let (entity, currency) = place(number);
    let opened = 1_700_000_000_000_000 + number as i64;
    ExceptionRow {
        id: format!("exc_{number:08}"),
        key,
        class: class.to_owned(),
        summary: format!("number {number} does not go through"),
        detail: "the other side refused it".to_owned(),
        payload: format!("{{\"number\":{number}}}"),
        customer: "acme".to_owned(),
        document: format!("jrn_{number:08}_0"),
        entity: entity.to_owned(),
        measure: measure.to_owned(),
        amount: 1_000 + number as i64,
        currency: currency.to_owned(),
        owner: "Integration engineer".to_owned(),
        status: "open".to_owned(),
        resolution: String::new(),
        correlation: format!("chn_{number:08}"),
        opened,
        resolved: 0,
        fingerprint: format!("{class}/{}", number % 40),
        connection: "netsuite".to_owned(),
        operation: "netsuite.journal_entry".to_owned(),
        cause: format!("cause {}", number % 40),
        period: "2026-02".to_owned(),
        severity: "high".to_owned(),
        assignee: String::new(),
        respond_due: opened,
        due: opened,
        responded: 0,
        level: 0,
        escalated_to: String::new(),
        escalate_at: 0,
        incident: String::new(),
        outcome_code: String::new(),
        resolved_by: String::new(),
    }
}
