//! Reading definitions from TOML: every problem is named with its step and the mend, all at once.

use super::{CommandTemplate, Deadline, Definition, StepDefinition, Undo, stem};
use crate::ExceptionClass;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What definitions may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Event types.
    pub events: &'a [&'a str],
    /// Commands.
    pub commands: &'a [&'a str],
    /// Operations of other systems.
    pub operations: &'a [&'a str],
}

/// Something that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("process {process}, {place}: {problem}; {mend}")]
pub struct DefinitionProblem {
    /// The process, as far as it is known.
    pub process: String,
    /// The step, or `the definition`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What would do.
    pub mend: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    version: u32,
    title: String,
    purpose: String,
    subject: String,
    #[serde(default)]
    start: Vec<String>,
    #[serde(default)]
    by_hand: Option<Vec<String>>,
    #[serde(default)]
    stopped_by: Vec<String>,
    #[serde(default)]
    remember: Vec<String>,
    #[serde(default)]
    step: Vec<StepText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    name: String,
    title: String,
    after: Option<Vec<String>>,
    #[serde(default)]
    when: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    done_by: Vec<String>,
    done_by_effect: Option<String>,
    #[serde(default)]
    restarts_on: Vec<String>,
    by: Option<String>,
    #[serde(default)]
    remember: Vec<String>,
    command: Option<CommandText>,
    approval: Option<String>,
    deadline: Option<DeadlineText>,
    #[serde(default)]
    undo: Vec<CommandText>,
    nothing_to_undo: Option<String>,
    cannot_be_undone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a value, or a list of values")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandText {
    command: String,
    #[serde(default)]
    body: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    accepts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadlineText {
    within: String,
    from: Option<String>,
    class: String,
}

struct Checks<'a> {
    known: &'a Known<'a>,
    process: String,
    problems: Vec<DefinitionProblem>,
}

impl Checks<'_> {
    fn wrong(&mut self, place: &str, problem: impl Into<String>, mend: impl Into<String>) {
        self.problems.push(DefinitionProblem {
            process: self.process.clone(),
            place: place.to_owned(),
            problem: problem.into(),
            mend: mend.into(),
        });
    }

    fn event(&mut self, place: &str, name: &str) {
        if !self
            .known
            .events
            .iter()
            .any(|known| stem(known) == stem(name))
        {
            self.wrong(
                place,
                format!("{name:?} is not an event"),
                "use a type of the event catalogue",
            );
        }
    }

    fn command(&mut self, place: &str, text: CommandText) -> CommandTemplate {
        if !self.known.commands.contains(&text.command.as_str()) {
            self.wrong(
                place,
                format!("{:?} is not a command", text.command),
                "use a command of the API",
            );
        }
        CommandTemplate {
            command: text.command,
            body: serde_json::Value::Object(text.body.into_iter().collect()),
            accepts: text.accepts,
        }
    }
}

pub(super) fn read(text: &str, known: &Known<'_>) -> Result<Definition, Vec<DefinitionProblem>> {
    let file: File = values::read_toml(text).map_err(|error| {
        vec![DefinitionProblem {
            process: String::new(),
            place: "the definition".to_owned(),
            problem: error.to_string().trim().to_owned(),
            mend: "compare it with the definitions that ship with the program".to_owned(),
        }]
    })?;
    let mut checks = Checks {
        known,
        process: file.name.clone(),
        problems: Vec::new(),
    };
    let whole = "the definition";
    for name in file.start.iter().chain(&file.stopped_by) {
        checks.event(whole, name);
    }
    if file.version == 0 {
        checks.wrong(whole, "version 0", "count versions from 1");
    }
    if file.start.is_empty() && file.by_hand.is_none() {
        checks.wrong(
            whole,
            "nothing starts it",
            "name events in start, or facts in by_hand",
        );
    }
    if file.step.is_empty() {
        checks.wrong(whole, "it has no step", "add at least one [[step]]");
    }
    let mut steps: Vec<StepDefinition> = Vec::new();
    for step in file.step {
        let read = read_step(&mut checks, step, &steps, &file.subject);
        steps.push(read);
    }
    check_ends(&mut checks, &steps);
    if !checks.problems.is_empty() {
        return Err(checks.problems);
    }
    Ok(Definition {
        name: file.name,
        version: file.version,
        title: file.title,
        purpose: file.purpose,
        subject: file.subject,
        start: stems(file.start),
        by_hand: file.by_hand,
        stopped_by: stems(file.stopped_by),
        remember: file.remember,
        steps,
    })
}

fn read_step(
    checks: &mut Checks<'_>,
    text: StepText,
    before: &[StepDefinition],
    subject: &str,
) -> StepDefinition {
    let place = format!("step {}", text.name);
    if before.iter().any(|step| step.name == text.name) {
        checks.wrong(
            &place,
            "there are two of that name",
            "give each step its own name",
        );
    }
    let previous = before.last().map(|step| step.name.clone());
    let after = text.after.unwrap_or_else(|| previous.into_iter().collect());
    for name in &after {
        if !before.iter().any(|step| step.name == *name) {
            checks.wrong(
                &place,
                format!(
                    "it waits for {name:?}, which does not stand before it, so it is never reached"
                ),
                "name steps that stand before it",
            );
        }
    }
    for name in text.done_by.iter().chain(&text.restarts_on) {
        checks.event(&place, name);
    }
    if let Some(operation) = &text.done_by_effect
        && !checks.known.operations.contains(&operation.as_str())
    {
        checks.wrong(
            &place,
            format!("{operation:?} is no operation of another system"),
            format!("use one of {}", checks.known.operations.join(", ")),
        );
    }
    let command = text.command.map(|command| checks.command(&place, command));
    if text.approval.is_some() && command.is_some() {
        checks.wrong(
            &place,
            "it both waits for approval and does a command",
            "make the approval a step of its own before it",
        );
    }
    let completes = !text.done_by.is_empty()
        || text.done_by_effect.is_some()
        || command.is_some()
        || text.approval.is_some();
    if !completes {
        checks.wrong(
            &place,
            "nothing completes it, so what follows is never reached",
            "name done_by, done_by_effect, command or approval",
        );
    }
    let undo = read_undo(
        checks,
        &place,
        text.undo,
        text.nothing_to_undo,
        text.cannot_be_undone,
    );
    StepDefinition {
        deadline: read_deadline(checks, &place, text.deadline),
        undo,
        name: text.name,
        title: text.title,
        after,
        when: text
            .when
            .into_iter()
            .map(|(fact, values)| match values {
                OneOrMany::One(value) => (fact, vec![value]),
                OneOrMany::Many(values) => (fact, values),
            })
            .collect(),
        done_by: stems(text.done_by),
        done_by_effect: text.done_by_effect,
        restarts_on: stems(text.restarts_on),
        by: text.by.unwrap_or_else(|| subject.to_owned()),
        remember: text.remember,
        command,
        approval: text.approval,
    }
}

fn read_undo(
    checks: &mut Checks<'_>,
    place: &str,
    commands: Vec<CommandText>,
    nothing: Option<String>,
    impossible: Option<String>,
) -> Undo {
    let given = [
        !commands.is_empty(),
        nothing.is_some(),
        impossible.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        checks.wrong(
            place,
            "it does not say how it is undone",
            "give exactly one of undo, nothing_to_undo and cannot_be_undone, the last two with the reason",
        );
    }
    if let Some(reason) = impossible {
        return Undo::Impossible(reason);
    }
    if let Some(reason) = nothing {
        return Undo::Nothing(reason);
    }
    let commands = commands
        .into_iter()
        .map(|command| checks.command(place, command))
        .collect();
    Undo::Commands(commands)
}

fn read_deadline(checks: &mut Checks<'_>, place: &str, text: Option<DeadlineText>) -> Deadline {
    let fallback = Deadline {
        within: 0,
        from: None,
        class: ExceptionClass::StepOverdue,
    };
    let Some(text) = text else {
        checks.wrong(
            place,
            "it has no deadline",
            "add deadline = { within = \"24h\", class = \"step_overdue\" }",
        );
        return fallback;
    };
    let within = duration(&text.within);
    let class = ExceptionClass::from_code(&text.class);
    if within.is_none() {
        checks.wrong(
            place,
            format!("{:?} is no duration", text.within),
            "write a number with m, h or d, such as \"24h\"",
        );
    }
    if class.is_none() {
        checks.wrong(
            place,
            format!("{:?} is no class of exception", text.class),
            "use a class of the exception catalogue",
        );
    }
    Deadline {
        within: within.unwrap_or(0),
        from: text.from,
        class: class.unwrap_or(fallback.class),
    }
}

fn stems(names: Vec<String>) -> Vec<String> {
    names.iter().map(|name| stem(name).to_owned()).collect()
}

/// Seconds of `30m`, `24h` or `5d`.
fn duration(text: &str) -> Option<i64> {
    let unit = match text.as_bytes().last()? {
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        _ => return None,
    };
    let number: i64 = text.get(..text.len() - 1)?.parse().ok()?;
    (number > 0).then(|| number.checked_mul(unit)).flatten()
}

/// Every step but the last has to be waited for by something, or it stands beside the process.
fn check_ends(checks: &mut Checks<'_>, steps: &[StepDefinition]) {
    let waited: BTreeSet<&str> = steps
        .iter()
        .flat_map(|step| step.after.iter().map(String::as_str))
        .collect();
    for (index, step) in steps.iter().enumerate().skip(1) {
        if step.after.is_empty() && !waited.contains(step.name.as_str()) && index + 1 < steps.len()
        {
            checks.wrong(
                &format!("step {}", step.name),
                "it waits for nothing and nothing waits for it",
                "say with after where it stands in the process",
            );
        }
    }
}
