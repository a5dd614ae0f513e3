//! The program as it runs on one machine: opened on books that outlive it, on a clock that can be
//! wrong, over a network that can fail, in a process that can die.

use crate::fate::Fate;
use crate::wire::Wire;
use crate::{StormFault, plan};
use app::command::{Command, Envelope};
use app::connections::{Connections, ConnectionsConfig, Pace};
use app::{App, MonotonicIds, Routing};
use connect::driver::Present;
use plan::Plan;
use serde_json::{Value, json};
use sim::world::Company;
use sim::{SimClock, Simulators};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::Store;
use values::{Clock, IdSource, Instant};

/// Signs the webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_storm_0123456789abcdef";

/// Who acts for the company.
pub const ACTOR: &str = "storm";

/// Who looks at what the first person wants.
pub const CHECKER: &str = "storm-checker";

/// The clock of the machine that the program runs on: true time and an error. Looking at it is a
/// point at which the process may die.
#[derive(Debug, Clone)]
pub struct MachineClock {
    truth: SimClock,
    error_micros: Arc<AtomicI64>,
    fate: Fate,
}

impl MachineClock {
    /// A clock that is right.
    #[must_use]
    pub fn new(truth: SimClock, fate: Fate) -> MachineClock {
        MachineClock {
            truth,
            error_micros: Arc::default(),
            fate,
        }
    }

    /// Puts the clock wrong by so many seconds; 0 puts it right.
    pub fn set_error(&self, seconds: i64) {
        self.error_micros
            .store(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// What it shows.
    #[must_use]
    pub fn shows(&self) -> Instant {
        let micros = self.truth.now_micros() + self.error_micros.load(Ordering::SeqCst);
        Instant::from_microseconds(micros)
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Instant {
        self.fate.pass();
        self.shows()
    }
}

/// Ids of one life of the process. Minting one is a point at which it may die, inside a transaction.
struct MortalIds {
    ids: MonotonicIds,
    fate: Fate,
}

impl IdSource for MortalIds {
    fn random_bits(&self) -> u128 {
        self.fate.pass();
        self.ids.random_bits()
    }
}

struct MachinePresent {
    clock: MachineClock,
    start: u32,
    nonces: AtomicU64,
}

impl Present for MachinePresent {
    fn now(&self) -> Instant {
        self.clock.shows()
    }

    fn nonce(&self) -> String {
        let number = self.nonces.fetch_add(1, Ordering::Relaxed);
        format!("storm{:08x}{number:016x}", self.start)
    }

    fn pause(&self, milliseconds: u64) {
        let micros = i64::try_from(milliseconds).unwrap_or(0) * 1_000;
        self.clock.truth.advance_by(micros);
    }
}

/// What outlives a process: the books, and the world outside.
pub struct Ground {
    /// The books.
    pub store: Store,
    /// The other systems.
    pub sims: Simulators,
    /// The network.
    pub wire: Wire,
    /// The clock of the machine.
    pub clock: MachineClock,
    /// When the process dies.
    pub fate: Fate,
    /// How often the program was started.
    pub starts: u32,
}

/// One life of the program.
pub struct House {
    /// The program.
    pub app: App,
    /// Its connections.
    pub connections: Connections,
}

impl House {
    /// Starts the program on the ground.
    ///
    /// # Errors
    /// When the books cannot be opened.
    pub fn open(ground: &mut Ground) -> Result<House, StormFault> {
        ground.starts += 1;
        let ids = MortalIds {
            ids: MonotonicIds::new(ground.starts, 0),
            fate: ground.fate.clone(),
        };
        let app = App::open(
            ground.store.clone(),
            Arc::new(ground.clock.clone()),
            Arc::new(ids),
            events::Origin::Simulation,
        )?;
        let present = MachinePresent {
            clock: ground.clock.clone(),
            start: ground.starts,
            nonces: AtomicU64::new(0),
        };
        let connections = Connections::over(
            &config(&ground.sims, &app)?,
            Box::new(ground.wire.clone()),
            Box::new(present),
        );
        // No other process works on these books, as in the shipped program.
        app::deliver::recover(&app)?;
        Ok(House { app, connections })
    }
}

/// Loads the company of a plan and tells every system of it; a second time changes nothing.
///
/// # Errors
/// When a command is refused.
pub fn load(app: &App, plan: &Plan) -> Result<(), StormFault> {
    for (key, name, body) in company(&plan.company) {
        let envelope = Envelope {
            client: ACTOR.to_owned(),
            key,
            actor: ACTOR.to_owned(),
            command: Command::read(name, body)?,
        };
        let _ = app.execute(envelope)?;
    }
    let routing = Routing {
        collect_cards: true,
        deliver_journals: true,
        write_back: true,
    };
    app.put_user(CHECKER, control::Role::Controller, "no password")?;
    Ok(app.set_routing(ACTOR, routing)?)
}

fn company(company: &Company) -> Vec<(String, &'static str, Value)> {
    let mut commands = Vec::new();
    for entity in &company.entities {
        let body = json!({
            "id": entity.id, "name": entity.name, "currency": entity.currency, "time_zone": entity.time_zone,
        });
        commands.push((format!("entity/{}", entity.id), "create_entity", body));
        let rate = if entity.country == "DE" { "0.19" } else { "0" };
        let body =
            json!({ "entity": entity.id, "tax_code": "standard", "rate": rate, "name": "Tax" });
        commands.push((format!("tax/{}", entity.id), "set_tax_rate", body));
        if entity.country == "DE" {
            // Nobody has cents in this country, so that roundings stand in every kind of weather.
            let rule = json!({ "to": { "amount": "0.05", "currency": entity.currency }, "mode": "half_up" });
            let body = json!({ "entity": entity.id, "policy": { "rounding": [rule] } });
            commands.push((
                format!("rounding/{}", entity.id),
                "set_invoice_policy",
                body,
            ));
        }
    }
    for product in &company.products {
        let prices: Vec<Value> = product
            .prices
            .iter()
            .map(|price| {
                json!({
                    "currency": price.currency, "billing": price.frequency.as_str().to_lowercase(),
                    "charge": { "model": "per_unit", "unit_price": plan::major(price.unit_price_minor) },
                })
            })
            .collect();
        let body = json!({
            "code": product.code, "name": product.name, "revenue_class": "subscription", "prices": prices,
        });
        commands.push((format!("product/{}", product.code), "publish_product", body));
    }
    let once = |currency: &str| json!({ "currency": currency, "billing": "one_off", "charge": { "model": "per_unit", "unit_price": "1500" } });
    let body = json!({
        "code": "QM-SETUP", "name": "Set-up", "revenue_class": "services", "recognition": "at_start",
        "prices": [once("USD"), once("EUR")],
    });
    commands.push(("product/QM-SETUP".to_owned(), "publish_product", body));
    commands
}

fn config(sims: &Simulators, app: &App) -> Result<ConnectionsConfig, StormFault> {
    let books = app.books();
    let accounts = books.chart.accounts().iter();
    let accounts = accounts.map(|account| account.code.to_string());
    let given = serde_json::from_value(sims.settings(accounts, WEBHOOK_SECRET));
    let given: ConnectionsConfig = given?;
    Ok(ConnectionsConfig {
        pace: Pace {
            sweep_seconds: 6 * 3_600,
            balance_seconds: u32::MAX,
            tax_seconds: u32::MAX,
            // One at a time, so that a seed is the same run each time.
            parallel: 1,
        },
        limits: app::limits::LimitsConfig::none(),
        ..given
    })
}
