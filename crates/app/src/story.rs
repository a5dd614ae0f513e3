//! Stories: scenarios in the language of the business, run through the real journeys in an
//! in-memory database on a simulated clock. The format is documented in `docs/story-format.md`.
//!
//! A story names entities, taxes, a catalogue and customers, then dated steps whose bodies are those
//! of the REST commands. Moving to a later date first ends each day before it: what is due is billed,
//! bill runs go on, and at the end of a month revenue is recognised.

mod engines;
mod prices;
mod read;
mod report;
mod tables;

pub use engines::StoryTaxEngine;
pub use read::{StoryUnreadable, read_yaml};
pub use report::report;
pub use tables::tables;

use crate::command::{Answer, Command, CommandUnreadable};
use crate::{App, AppFault, MonotonicIds, SimulatedClock};
use control::Role;
use control::change::ConfigurationKind;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::{Durability, Location, Store};
use values::{Clock, Date, Instant, Zone};

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What it is about.
    #[serde(default)]
    pub story: String,
    /// The zone whose dates the steps are in; that of the first entity when absent.
    #[serde(default)]
    pub time_zone: Option<Zone>,
    /// Bodies of `create_entity`.
    #[serde(default)]
    pub entities: Vec<Value>,
    /// Bodies of `set_tax_rate`. A tax code and entity without a rate has the rate 0 in stories
    /// unless `taxes` states any.
    #[serde(default)]
    pub taxes: Vec<Value>,
    /// Bodies of `publish_product`.
    #[serde(default)]
    pub catalogue: Vec<Value>,
    /// Bodies of `create_customer`.
    #[serde(default)]
    pub customers: Vec<Value>,
    /// Outside engines that decide on tax, asked at the end of each day.
    #[serde(default)]
    pub tax_engines: Vec<StoryTaxEngine>,
    /// What happens by itself.
    #[serde(default)]
    pub automatic: Automatic,
    /// What happens, in order.
    pub steps: Vec<Map<String, Value>>,
}

/// What happens at the end of each day of a story.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Automatic {
    /// What is due is billed.
    pub billing: bool,
    /// Revenue is recognised on the last day of each month.
    pub recognition: bool,
    /// Late invoices are followed up and prepaid credit ends.
    pub collection: bool,
}

impl Default for Automatic {
    fn default() -> Self {
        Self {
            billing: true,
            recognition: true,
            collection: false,
        }
    }
}

/// Why a story did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum StoryFault {
    /// The file is no story.
    #[error(transparent)]
    Unreadable(#[from] StoryUnreadable),
    /// A step is not one.
    #[error("step {number}: {message}")]
    Step {
        /// From 1; 0 for the part before the steps.
        number: usize,
        /// What is wrong.
        message: String,
    },
    /// A command cannot be read.
    #[error("step {number}: {error}")]
    Command {
        /// From 1; 0 for the part before the steps.
        number: usize,
        /// What is wrong.
        error: CommandUnreadable,
    },
    /// A command was refused, and the step did not expect it.
    #[error("step {number} ({command}) was refused: {fault}")]
    Refused {
        /// From 1; 0 for the part before the steps.
        number: usize,
        /// The command.
        command: String,
        /// Why.
        fault: AppFault,
    },
    /// A refusal was expected and did not come, or was another one.
    #[error("step {number} ({command}) was to be refused as {expected}, but {actual}")]
    NotRefused {
        /// From 1.
        number: usize,
        /// The command.
        command: String,
        /// The expected code.
        expected: String,
        /// What happened.
        actual: String,
    },
    /// The program itself failed.
    #[error(transparent)]
    App(#[from] AppFault),
}

/// What a step answered.
#[derive(Debug, Clone)]
pub struct Told {
    /// The step, from 1.
    pub number: usize,
    /// The date.
    pub on: Date,
    /// The command.
    pub command: String,
    /// Its answer, or the refusal that was expected.
    pub answer: Answer,
}

/// A story that ran to its end.
pub struct Ending {
    /// The program with everything in it.
    pub app: App,
    /// The last date.
    pub as_of: Date,
    /// What each step answered.
    pub told: Vec<Told>,
    /// What the story is about.
    pub title: String,
}

/// Runs a story from its text, in YAML or JSON.
///
/// # Errors
/// The first step that cannot be read or is refused without being expected.
pub fn run(text: &str) -> Result<Ending, StoryFault> {
    let store = Store::open(&Location::Memory, Durability::Relaxed).map_err(AppFault::from)?;
    run_in(text, store)
}

/// Runs a story from its text in a store of the caller's, which must be empty.
///
/// # Errors
/// As [`run`].
pub fn run_in(text: &str, store: Store) -> Result<Ending, StoryFault> {
    let story: Story =
        serde_json::from_value(read_yaml(text)?).map_err(|error| StoryUnreadable {
            line: 0,
            message: error.to_string(),
        })?;
    let mut teller = Teller::open(&story, store)?;
    teller.prepare(&story)?;
    for (index, step) in story.steps.iter().enumerate() {
        teller.step(index + 1, step)?;
    }
    teller.end_day()?;
    Ok(Ending {
        app: teller.app,
        as_of: teller.today,
        told: teller.told,
        title: story.story,
    })
}

struct Teller {
    app: App,
    clock: Arc<SimulatedClock>,
    zone: Zone,
    today: Date,
    begun: bool,
    automatic: Automatic,
    engines: engines::Engines,
    told: Vec<Told>,
}

const ACTOR: &str = "story";

/// Who sends the command of a step, and who grants it where it waits.
#[derive(Clone, Copy, Default)]
struct People<'a> {
    /// The teller where the step does not say.
    sender: Option<&'a str>,
    checker: Option<&'a str>,
}

impl Teller {
    fn open(story: &Story, store: Store) -> Result<Teller, StoryFault> {
        let first = story
            .steps
            .iter()
            .find_map(|step| step.get("on").or_else(|| step.get("advance_to")));
        let first = first.ok_or_else(|| StoryFault::Step {
            number: 0,
            message: "a story has at least one step with a date: on or advance_to".to_owned(),
        })?;
        let today = date(1, "on", first)?;
        let zone = match (
            &story.time_zone,
            story
                .entities
                .first()
                .and_then(|entity| entity.get("time_zone")),
        ) {
            (Some(zone), _) => zone.clone(),
            (None, Some(Value::String(name))) => {
                name.parse()
                    .map_err(|error: values::DateRefused| StoryFault::Step {
                        number: 0,
                        message: error.to_string(),
                    })?
            }
            (None, _) => Zone::utc(),
        };
        let clock = Arc::new(SimulatedClock::at(noon(&zone, today)));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation)?;
        Ok(Teller {
            app,
            clock,
            zone,
            today,
            begun: false,
            automatic: story.automatic,
            engines: engines::Engines::of(&story.tax_engines),
            told: Vec::new(),
        })
    }

    fn prepare(&mut self, story: &Story) -> Result<(), StoryFault> {
        for (name, bodies) in [
            ("create_entity", &story.entities),
            ("set_tax_rate", &story.taxes),
            ("publish_product", &story.catalogue),
            ("create_customer", &story.customers),
        ] {
            for body in bodies {
                self.act(0, name, body.clone(), None, People::default())?;
            }
        }
        if story.taxes.is_empty() {
            self.state_no_tax(story)?;
        }
        Ok(())
    }

    /// A story that says nothing about tax has none; the program itself never assumes a rate.
    fn state_no_tax(&mut self, story: &Story) -> Result<(), StoryFault> {
        let mut codes: Vec<String> = vec!["standard".to_owned()];
        codes.extend(
            story
                .catalogue
                .iter()
                .filter_map(|product| product.get("tax_code")?.as_str().map(str::to_owned)),
        );
        codes.sort();
        codes.dedup();
        let entities: Vec<String> = self
            .app
            .books()
            .entities
            .keys()
            .map(ToString::to_string)
            .collect();
        for entity in entities {
            for code in &codes {
                let body = serde_json::json!({ "entity": entity, "tax_code": code, "rate": "0", "name": "No tax" });
                self.act(0, "set_tax_rate", body, None, People::default())?;
            }
        }
        Ok(())
    }

    fn step(&mut self, number: usize, step: &Map<String, Value>) -> Result<(), StoryFault> {
        let wrong = |message: String| StoryFault::Step { number, message };
        let mut command = None;
        let mut expected = None;
        let mut checker = None;
        let mut sender = None;
        for (name, value) in step {
            match name.as_str() {
                "on" | "advance_to" => self.move_to(number, date(number, name, value)?)?,
                "expect_refusal" => {
                    let code = value.as_str().ok_or_else(|| {
                        wrong("expect_refusal names the code of a refusal".to_owned())
                    })?;
                    expected = Some(code.to_owned());
                }
                "approved_by" => {
                    let name = value.as_str().filter(|name| !name.trim().is_empty());
                    let name = name.ok_or_else(|| {
                        wrong("approved_by names the person who grants the step".to_owned())
                    })?;
                    checker = Some(name.to_owned());
                }
                "by" => {
                    let name = value.as_str().filter(|name| !name.trim().is_empty());
                    let name = name.ok_or_else(|| {
                        wrong("by names the person who sends the command".to_owned())
                    })?;
                    sender = Some(name.to_owned());
                }
                "tax_engines_away" => {
                    let is_away = value
                        .as_bool()
                        .ok_or_else(|| wrong("tax_engines_away is true or false".to_owned()))?;
                    self.engines.set_away(is_away);
                }
                "note" => {}
                name if command.is_none() => command = Some((name.to_owned(), value.clone())),
                name => {
                    return Err(wrong(format!(
                        "a step has one command; {name:?} is a second one"
                    )));
                }
            }
        }
        match command {
            Some((name, body)) => {
                let people = People {
                    sender: sender.as_deref(),
                    checker: checker.as_deref(),
                };
                self.act(number, &name, body, expected, people)
            }
            None => Ok(()),
        }
    }

    fn move_to(&mut self, number: usize, target: Date) -> Result<(), StoryFault> {
        if target < self.today && self.begun {
            let message = format!(
                "{target} lies before {}; steps stand in the order of their dates",
                self.today
            );
            return Err(StoryFault::Step { number, message });
        }
        self.begun = true;
        while self.today < target {
            self.end_day()?;
            self.today = self.today.tomorrow().unwrap_or(target);
            self.clock.move_to(noon(&self.zone, self.today));
        }
        Ok(())
    }

    fn end_day(&mut self) -> Result<(), StoryFault> {
        if self.automatic.collection {
            self.app.end_credit(ACTOR)?;
            self.app.work_dunning(ACTOR)?;
        }
        if self.automatic.billing {
            self.app.bill_due(ACTOR)?;
            self.app.finalise_drafts(ACTOR)?;
            self.app.retry_payments(ACTOR)?;
        }
        self.app.work_bill_runs()?;
        self.engines.ask(&self.app, ACTOR)?;
        self.app.post_parked_outside_documents(ACTOR)?;
        self.app.verify_outside_billing(ACTOR)?;
        self.app.verify_outside_revenue(ACTOR)?;
        if self.automatic.recognition {
            let entities: Vec<_> = self.app.books().entities.values().cloned().collect();
            for entity in entities {
                let today = entity.zone.date_at(self.clock.now());
                if today == today.last_of_month() {
                    self.app.recognise_through(ACTOR, &entity.id, today)?;
                }
            }
        }
        self.app.post_what_was_parked(ACTOR)?;
        Ok(())
    }

    fn act(
        &mut self,
        number: usize,
        name: &str,
        body: Value,
        expected: Option<String>,
        people: People<'_>,
    ) -> Result<(), StoryFault> {
        // A second passes with every command, so that what happened stays in order.
        self.clock.move_to(self.clock.now().plus_seconds(1));
        let command =
            Command::read(name, body).map_err(|error| StoryFault::Command { number, error })?;
        let done = self
            .app
            .act(people.sender.unwrap_or(ACTOR), command)
            .and_then(|answer| self.grant(answer, people.checker))
            .and_then(|answer| prices::looked_at(&self.app, answer));
        let answer = match (done, expected) {
            (Ok(answer), None) => answer,
            (Ok(_), Some(expected)) => {
                let actual = "it was done".to_owned();
                return Err(StoryFault::NotRefused {
                    number,
                    command: name.to_owned(),
                    expected,
                    actual,
                });
            }
            (Err(fault), None) => {
                return Err(StoryFault::Refused {
                    number,
                    command: name.to_owned(),
                    fault,
                });
            }
            (Err(fault), Some(expected)) => refusal(number, name, &fault, expected)?,
        };
        if number > 0 {
            self.told.push(Told {
                number,
                on: self.today,
                command: name.to_owned(),
                answer,
            });
        }
        Ok(())
    }
}

impl Teller {
    /// Has the person that the step names grant what waits; they get a role that may. A step that
    /// waits and names nobody goes on waiting.
    fn grant(&self, answer: Answer, checker: Option<&str>) -> Result<Answer, AppFault> {
        if let (Some(checker), Some(_)) = (checker, answer["proposal"].as_str()) {
            return self.put_in_force(&answer, checker);
        }
        let Some(checker) = checker.filter(|_| crate::approval::is_waiting(&answer)) else {
            return Ok(answer);
        };
        let id = answer["approval"].as_str().unwrap_or_default();
        let roles = self.app.approval(id)?.map(|found| found.row.checkers);
        let role = roles
            .iter()
            .flatten()
            .find_map(|word| control::Role::from_word(word));
        let role = role.unwrap_or(control::Role::Controller);
        if self.app.user(checker)?.is_none() {
            self.app.put_user(checker, role, "")?;
        }
        self.app.grant(id, checker)
    }

    /// Has the person that the step names approve a proposed configuration.
    fn put_in_force(&self, answer: &Answer, checker: &str) -> Result<Answer, AppFault> {
        if self.app.user(checker)?.is_none() {
            let kind = answer["kind"]
                .as_str()
                .and_then(ConfigurationKind::from_word);
            let may =
                |role: &Role| kind.is_none_or(|kind| self.app.check_approver(kind, *role).is_ok());
            let mut roles = std::iter::once(Role::Administrator).chain(Role::ALL);
            let role = roles.find(may).unwrap_or(Role::Administrator);
            self.app.put_user(checker, role, "")?;
        }
        let body = serde_json::json!({
            "proposal": answer["proposal"], "decision": "approve", "reason": "seen in the story"
        });
        let command =
            Command::read("decide_configuration", body).map_err(|error| AppFault::Unreadable {
                what: "decision",
                error: error.to_string(),
            })?;
        self.app.act(checker, command)
    }
}

fn refusal(
    number: usize,
    name: &str,
    fault: &AppFault,
    expected: String,
) -> Result<Answer, StoryFault> {
    let codes: Vec<String> = match fault {
        AppFault::Refused(refusals) => refusals
            .iter()
            .map(|refusal| refusal.code.clone())
            .collect(),
        AppFault::NotFound { .. } => vec!["not_found".to_owned()],
        AppFault::KeyReused { .. } => vec!["key_reused".to_owned()],
        AppFault::Forbidden { .. } => vec!["forbidden".to_owned()],
        other => {
            return Err(StoryFault::Refused {
                number,
                command: name.to_owned(),
                fault: other.clone(),
            });
        }
    };
    if codes.contains(&expected) {
        return Ok(serde_json::json!({ "refused": codes, "message": fault.to_string() }));
    }
    let actual = format!("it was refused as {}: {fault}", codes.join(", "));
    Err(StoryFault::NotRefused {
        number,
        command: name.to_owned(),
        expected,
        actual,
    })
}

fn date(number: usize, field: &str, value: &Value) -> Result<Date, StoryFault> {
    let wrong = |message: String| StoryFault::Step { number, message };
    let text = value
        .as_str()
        .ok_or_else(|| wrong(format!("{field} is a date such as \"2026-02-28\"")))?;
    values::parse_date(text).map_err(|error| wrong(format!("{field}: {error}")))
}

/// Noon of a date: the same civil date in most of the world.
fn noon(zone: &Zone, date: Date) -> Instant {
    zone.start_of(date).plus_seconds(12 * 3_600)
}
