//! A year: every day with its weather, what happens in the world, what people do, and what the
//! program makes of it; at the end calm, rest and the checker.

mod errands;
mod people;
mod rest;
mod sky;

use crate::StormFault;
use crate::chance::Chance;
use crate::checker::{self, Books, Finding, Known};
use crate::fate::{Fate, Lived};
use crate::house::{self, Ground, House, MachineClock, WEBHOOK_SECRET};
use crate::plan::{self, Act, Plan, Size};
use crate::trace::Trace;
use crate::wire::Wire;
use app::{AppFault, intake, worker};
use errands::Errands;
use sim::world::{Happening, World};
use sim::{Ports, SimClock, SimOptions, Simulators, Weather};
use sky::Sky;
use std::collections::{BTreeMap, BTreeSet};
use store::proof::Record;
use store::{Durability, Location, Store};
use values::Date;

/// How often a process that dies while it starts is started again at one go.
const STARTS: usize = 12;

/// How much of the storm blows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Nothing goes wrong: for tests of the checker itself.
    Calm,
    /// Everything goes wrong, each thing now and then.
    Storm,
    /// Nothing goes wrong but one thing: the outside ledger is away from [`GAME_DAY`] for 48 hours.
    GameDay,
}

/// The day on which the outside ledger goes away on a game day.
pub const GAME_DAY: i64 = 58;

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Decides everything.
    pub seed: u64,
    /// How large the world is.
    pub size: Size,
    /// How much of the storm blows.
    pub strength: Strength,
    /// How many days of the year are lived.
    pub days: i64,
}

impl Wanted {
    /// The whole year of a seed in a storm.
    #[must_use]
    pub fn storm(seed: u64) -> Wanted {
        Wanted {
            seed,
            size: Size::default(),
            strength: Strength::Storm,
            days: plan::DAYS,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// What is not as it must be; empty when the seed passed.
    pub findings: Vec<Finding>,
    /// The last steps before the first finding.
    pub steps: Vec<String>,
    /// How much happened, by name.
    pub figures: BTreeMap<&'static str, u64>,
    /// The same run has the same one.
    pub fingerprint: String,
}

/// The world and the program at the end of a run, for whoever wants to look on.
pub struct Afterwards {
    /// What it came to.
    pub verdict: Verdict,
    /// The books and the other systems.
    pub ground: Ground,
    /// The year's plan.
    pub plan: Plan,
    /// What the client knows was acknowledged.
    accepted: BTreeSet<String>,
    transfers: BTreeSet<String>,
    direct_contracts: usize,
    through: Date,
}

impl Afterwards {
    /// What the checker says of the books and systems as they are now.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn check(&self) -> Result<Vec<Finding>, StormFault> {
        let books = Books::read(&self.ground.store)?;
        let known = Known {
            accepted: self.accepted.clone(),
            transfers: self.transfers.clone(),
            direct_contracts: self.direct_contracts,
            plain: &self.plan.plain,
            billed_through: Some(self.through),
        };
        Ok(checker::at_rest(
            &books,
            &self.ground.sims,
            &self.plan.company,
            &known,
        ))
    }
}

/// Lives the year of a seed and says what it came to.
///
/// # Errors
/// When the run itself cannot be carried out.
pub fn run(wanted: Wanted, trace: &Trace) -> Result<Verdict, StormFault> {
    live(wanted, trace).map(|afterwards| afterwards.verdict)
}

/// As [`run`], and leaves the world as it is at the end.
///
/// # Errors
/// When the run itself cannot be carried out.
pub fn live(wanted: Wanted, trace: &Trace) -> Result<Afterwards, StormFault> {
    let mut year = Year::begin(wanted, trace.clone())?;
    for number in 0..wanted.days {
        year.live_a_day(number)?;
        if !year.findings.is_empty() {
            break;
        }
    }
    if year.findings.is_empty() {
        year.come_to_rest()?;
    }
    year.end()
}

/// The run while it is under way.
pub(crate) struct Year {
    wanted: Wanted,
    plan: Plan,
    world: World,
    ground: Ground,
    house: Option<House>,
    chance: Chance,
    sky: Sky,
    errands: Errands,
    accepted: BTreeSet<String>,
    findings: Vec<Finding>,
    trace: Trace,
    today: Date,
    checks: u64,
    rested: bool,
}

impl Year {
    fn begin(wanted: Wanted, trace: Trace) -> Result<Year, StormFault> {
        let Wanted { seed, size, .. } = wanted;
        let truth = SimClock::at_day(plan::FIRST_DAY).ok_or(StormFault::Calendar)?;
        let sims = Simulators::in_process(SimOptions {
            directory: None,
            seed,
            weather: Weather::calm(),
            webhook_url: None,
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            clock: truth.clone(),
            ports: Ports::default(),
        })?;
        sims.netsuite.set_timestamp_tolerance(Some(300));
        let fate = Fate::default();
        let wire = Wire::new(
            sims.door(),
            truth.clone(),
            fate.clone(),
            trace.clone(),
            Chance::of(seed, "wire"),
        );
        let ground = Ground {
            store: Store::open(&Location::Memory, Durability::Relaxed)?,
            sims,
            wire,
            clock: MachineClock::new(truth, fate.clone()),
            fate,
            starts: 0,
        };
        let mut year = Year {
            wanted,
            plan: Plan::of(seed, size),
            world: World::seeded(0),
            ground,
            house: None,
            chance: Chance::of(seed, "year"),
            sky: Sky::new(seed, wanted.strength),
            errands: Errands::new(Chance::of(seed, "errands")),
            accepted: BTreeSet::new(),
            findings: Vec::new(),
            trace,
            today: plan::day(0),
            checks: 0,
            rested: false,
        };
        year.world.prepare(&year.ground.sims)?;
        let house = House::open(&mut year.ground)?;
        house::load(&house.app, &year.plan)?;
        year.house = Some(house);
        Ok(year)
    }

    fn note(&self, what: impl AsRef<str>) {
        let micros = self.ground.sims.clock().now_micros();
        self.trace
            .note(values::Instant::from_microseconds(micros), what);
    }

    fn find(&mut self, check: &'static str, what: impl Into<String>) {
        let finding = Finding::new(check, what);
        self.note(finding.to_string());
        self.findings.push(finding);
    }

    /// Has the living program do something. Nothing when it died in it, or cannot be started.
    fn with<T>(&mut self, work: impl FnOnce(&House) -> T) -> Option<T> {
        self.start()?;
        let house = self.house.as_ref()?;
        match self.ground.fate.live(|| work(house)) {
            Lived::Through(done) => Some(done),
            Lived::Died => {
                self.note("the process died");
                self.house = None;
                None
            }
            Lived::Panicked(words) => {
                self.find("panic", words);
                self.house = None;
                None
            }
        }
    }

    /// Starts the program when it is not running.
    fn start(&mut self) -> Option<()> {
        for _ in 0..STARTS {
            if self.house.is_some() {
                return Some(());
            }
            let fate = self.ground.fate.clone();
            match fate.live(|| House::open(&mut self.ground)) {
                Lived::Through(Ok(house)) => {
                    self.note("the process started");
                    self.house = Some(house);
                }
                Lived::Through(Err(StormFault::App(AppFault::Store(fault)))) => {
                    self.note(format!("the process could not start: {fault}"));
                    return None;
                }
                Lived::Through(Err(fault)) => {
                    self.find("start", fault.to_string());
                    return None;
                }
                Lived::Died => self.note("the process died while it started"),
                Lived::Panicked(words) => {
                    self.find("panic", words);
                    return None;
                }
            }
        }
        None
    }

    fn move_to(&mut self, number: i64, hour: i64) -> Result<(), StormFault> {
        self.today = plan::day(number);
        let at = SimClock::at_day(&self.today.to_string()).ok_or(StormFault::Calendar)?;
        let at = at.now_micros() + hour * 3_600_000_000;
        self.ground.sims.clock().advance_to(at);
        Ok(())
    }

    /// Two in the afternoon: what the world does. Four: what people do. Eight in the evening: the
    /// day's work. Hours are UTC; at each of them it is the same date in New York and in Berlin.
    fn live_a_day(&mut self, number: i64) -> Result<(), StormFault> {
        self.move_to(number, 14)?;
        self.change_weather();
        if self.wanted.strength == Strength::GameDay {
            self.game_day(number)?;
        }
        let acts: Vec<Act> = self.plan.on(self.today).cloned().collect();
        let busy = !acts.is_empty() || self.today.day() == 1;
        for act in acts {
            self.happen(act)?;
        }
        self.rounds(if busy { 5 } else { 2 });
        self.move_to(number, 16)?;
        self.do_errands()?;
        if busy {
            self.rounds(4);
        }
        self.move_to(number, 20)?;
        self.evening();
        self.rounds(if busy { 4 } else { 2 });
        if number % 7 == 6 {
            self.look_after_exceptions(number % 28 == 27);
        }
        if number % 90 == 89 {
            self.check_in_passing()?;
        }
        Ok(())
    }

    /// The ledger goes, and comes back two days later. What had gathered by then is drained, and
    /// how long that took is noted.
    fn game_day(&mut self, number: i64) -> Result<(), StormFault> {
        if number == GAME_DAY {
            self.ground.wire.set_out("netsuite", true);
        }
        if number != GAME_DAY + 2 {
            return Ok(());
        }
        let before = Books::read(&self.ground.store)?;
        let waits = |row: &&Record| {
            row.text("connection") == "netsuite" && row.text("status") != "confirmed"
        };
        let waiting: BTreeSet<String> = before
            .table("effect")
            .iter()
            .filter(waits)
            .map(|row| row.text("id").to_owned())
            .collect();
        self.trace
            .count_many("held for the ledger", waiting.len() as u64);
        let back = self.ground.sims.clock().now_micros();
        self.ground.wire.set_out("netsuite", false);
        // What used its attempts up finding out whether the ledger is back waits for a person.
        let parked = before.table("effect").iter();
        let parked = parked.filter(|row| waits(row) && row.text("status") == "parked");
        self.trace
            .count_many("parked by the outage", parked.count() as u64);
        self.look_after_exceptions(true);
        self.rest()?;
        let after = Books::read(&self.ground.store)?;
        let held = after.table("effect").iter();
        let held: Vec<_> = held
            .filter(|row| waiting.contains(row.text("id")))
            .collect();
        let last = held
            .iter()
            .map(|row| row.int("changed"))
            .max()
            .unwrap_or(back);
        let seconds = u64::try_from((last - back) / 1_000_000).unwrap_or(0);
        self.trace
            .count_many("seconds until all is delivered", seconds);
        let left = held
            .iter()
            .filter(|row| row.text("status") != "confirmed")
            .count();
        self.trace.count_many("left undelivered", left as u64);
        Ok(())
    }

    fn happen(&mut self, act: Act) -> Result<(), StormFault> {
        let sims = &self.ground.sims;
        match act {
            Act::Deal(deal) => self.world.apply(&Happening::DealWon(*deal), sims)?,
            Act::Stray(payment) => self.world.apply(&Happening::StrayPayment(payment), sims)?,
            Act::Card(method, behaviour) => sims.stripe.set_card_behaviour(&method, behaviour)?,
            Act::Errand(errand) => self.errands.take(*errand),
        }
        Ok(())
    }

    /// Webhooks and a round of the worker, so many times.
    fn rounds(&mut self, count: usize) {
        for _ in 0..count {
            self.sky.tempt_fate(&self.ground.fate);
            self.deliver_webhooks();
            let worked = self.with(|house| worker::tick(&house.app, &house.connections));
            self.ground.fate.arm(None);
            let seconds = self.chance.between(1, 40);
            self.ground.sims.clock().advance_by(seconds * 1_000_000);
            let quiet = worked.is_some_and(|progress| progress.is_quiet() && progress.faults == 0);
            if quiet && self.ground.sims.stripe.pending_webhooks() == 0 {
                return;
            }
        }
    }

    /// Stripe tells what happened there. A delivery is accepted once our answer has left.
    fn deliver_webhooks(&mut self) {
        let stripe = self.ground.sims.stripe.clone();
        let (clock, fate) = (self.ground.clock.clone(), self.ground.fate.clone());
        let told = self.with(|house| {
            let mut accepted = Vec::new();
            let pumped = stripe.pump_webhooks_to(|body, signature| {
                let now = clock.shows();
                let received = intake::receive_stripe(
                    &house.app,
                    &house.connections,
                    body,
                    Some(signature),
                    now,
                );
                // The process may die between keeping the delivery and answering it.
                fate.pass();
                let kept = received.is_ok();
                if kept {
                    accepted.push(event_id(body));
                }
                kept
            });
            (pumped, accepted)
        });
        if let Some((_, accepted)) = told {
            self.accepted.extend(accepted);
        }
    }

    fn evening(&mut self) {
        self.sky.tempt_fate(&self.ground.fate);
        let done = self.with(|house| house.app.daily_work("tieout/daily", true));
        self.ground.fate.arm(None);
        match done {
            Some(Err(AppFault::Store(fault))) if is_weather(&fault) => {
                self.note(format!("the day's work failed: {fault}"));
            }
            Some(Err(fault)) => self.find("daily work", fault.to_string()),
            Some(Ok(_)) | None => {}
        }
    }

    /// Whatever the weather, nothing is doubled or out of balance.
    fn check_in_passing(&mut self) -> Result<(), StormFault> {
        self.checks += 1;
        let books = Books::read(&self.ground.store)?;
        let found = checker::always(&books, &self.ground.sims, &self.plan.company);
        for finding in &found {
            self.note(finding.to_string());
        }
        self.findings.extend(found);
        Ok(())
    }

    fn end(mut self) -> Result<Afterwards, StormFault> {
        self.house = None;
        let books = Books::read(&self.ground.store)?;
        let through = self.today;
        let mut afterwards = Afterwards {
            verdict: Verdict {
                seed: self.wanted.seed,
                findings: std::mem::take(&mut self.findings),
                steps: Vec::new(),
                figures: self.figures(&books),
                fingerprint: fingerprint(&books),
            },
            accepted: std::mem::take(&mut self.accepted),
            transfers: self.errands.transfers.clone(),
            direct_contracts: self.errands.direct_contracts,
            through,
            plan: self.plan,
            ground: self.ground,
        };
        if self.rested {
            let found = afterwards.check()?;
            let micros = afterwards.ground.sims.clock().now_micros();
            for finding in &found {
                let now = values::Instant::from_microseconds(micros);
                self.trace.note(now, finding.to_string());
            }
            afterwards.verdict.findings.extend(found);
        }
        afterwards.verdict.steps = self.trace.steps();
        Ok(afterwards)
    }

    fn figures(&self, books: &Books) -> BTreeMap<&'static str, u64> {
        let count = |table: &str| books.table(table).len() as u64;
        let mut figures = self.trace.struck();
        figures.extend([
            ("calls", self.ground.wire.calls()),
            ("deaths of the process", self.ground.fate.deaths()),
            ("events", count("event")),
            ("journals", count("journal")),
            ("documents", count("document")),
            ("contracts", count("contract")),
            ("payments", count("payment")),
            ("refunds", count("refund")),
            ("effects", count("effect")),
            ("exceptions", count("exception")),
            ("open exceptions", books.open_exceptions().count() as u64),
            ("deliveries accepted", self.accepted.len() as u64),
            ("commands done", self.errands.done),
            ("commands refused", self.errands.refused),
            ("commands sent twice", self.errands.doubled),
        ]);
        figures
    }
}

/// Faults of the store that the storm itself makes.
fn is_weather(fault: &store::StoreFault) -> bool {
    matches!(
        fault,
        store::StoreFault::Disk(_) | store::StoreFault::BrokeOff
    )
}

fn event_id(body: &[u8]) -> String {
    let event: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    event["id"].as_str().unwrap_or_default().to_owned()
}

/// The seals of the ends of the log: they cover everything that was recorded.
fn fingerprint(books: &Books) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for row in books.table("event") {
        hasher.update(row.bytes("hash"));
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
