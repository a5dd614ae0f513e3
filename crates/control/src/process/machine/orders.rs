//! What is to be done for an instance: commands made of the templates of its steps.

use super::{Instance, ProcessRefusal, ProcessStatus, StepStatus};
use crate::process::{CommandTemplate, Definition, Undo};
use std::collections::BTreeMap;

/// A command that is to be done for a process, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Place of the step.
    pub step: usize,
    /// Made from the instance and the step, never from the attempt.
    pub key: String,
    /// The command.
    pub command: String,
    /// Its body.
    pub body: serde_json::Value,
    /// Codes of refusals that mean that it is done already.
    pub accepts: Vec<String>,
    /// Whether it takes something back.
    pub is_undo: bool,
}

/// What is to be done now: the commands of the steps reached, or the next command of the undo.
///
/// # Errors
/// When a command needs a fact that the instance does not know.
pub fn orders(
    definition: &Definition,
    instance: &Instance,
    facts: &BTreeMap<String, String>,
) -> Result<Vec<Order>, ProcessRefusal> {
    match instance.status {
        ProcessStatus::Running => definition
            .steps
            .iter()
            .enumerate()
            .filter(|(index, _)| instance.steps[*index].status == StepStatus::Waiting)
            .filter_map(|(index, step)| step.command.as_ref().map(|command| (index, step, command)))
            .map(|(index, step, command)| {
                let key = format!("process/{}/{}", instance.id, step.name);
                order(instance, facts, index, key, command, false)
            })
            .collect(),
        ProcessStatus::Cancelling => {
            let last = instance
                .steps
                .iter()
                .rposition(|state| state.status == StepStatus::ToUndo);
            let Some(index) = last else {
                return Ok(Vec::new());
            };
            let step = &definition.steps[index];
            let done = instance.steps[index].taken_back;
            let Undo::Commands(commands) = &step.undo else {
                return Ok(Vec::new());
            };
            commands
                .get(done)
                .map(|command| {
                    let key = format!("process/{}/{}/undo/{}", instance.id, step.name, done + 1);
                    order(instance, facts, index, key, command, true)
                })
                .into_iter()
                .collect()
        }
        ProcessStatus::Done | ProcessStatus::Cancelled | ProcessStatus::Stopped => Ok(Vec::new()),
    }
}

fn order(
    instance: &Instance,
    facts: &BTreeMap<String, String>,
    step: usize,
    key: String,
    template: &CommandTemplate,
    is_undo: bool,
) -> Result<Order, ProcessRefusal> {
    let value = |name: &str| facts.get(name).or_else(|| instance.memory.get(name));
    let body = fill(&template.body, &value).map_err(|fact| ProcessRefusal::FactMissing {
        command: template.command.clone(),
        fact,
    })?;
    Ok(Order {
        step,
        key,
        command: template.command.clone(),
        body: body.unwrap_or(serde_json::Value::Null),
        accepts: template.accepts.clone(),
        is_undo,
    })
}

/// Fills the places of a template. Nothing for a value that may be left out and is not known.
fn fill<'m>(
    template: &serde_json::Value,
    value: &impl Fn(&str) -> Option<&'m String>,
) -> Result<Option<serde_json::Value>, String> {
    use serde_json::Value;
    Ok(Some(match template {
        Value::String(text) => {
            if let Some(name) = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix("?}"))
            {
                return Ok(value(name).map(|held| Value::String(held.clone())));
            }
            Value::String(fill_text(text, value)?)
        }
        Value::Array(items) => {
            let mut filled = Vec::new();
            for item in items {
                filled.extend(fill(item, value)?);
            }
            Value::Array(filled)
        }
        Value::Object(fields) => {
            let mut filled = serde_json::Map::new();
            for (name, field) in fields {
                if let Some(field) = fill(field, value)? {
                    filled.insert(name.clone(), field);
                }
            }
            Value::Object(filled)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }))
}

fn fill_text<'m>(
    text: &str,
    value: &impl Fn(&str) -> Option<&'m String>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        filled.push_str(value(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
