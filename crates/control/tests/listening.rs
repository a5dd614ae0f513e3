//! What a signal does not ask for it cannot move: whoever reads only the instances that
//! [`ProcessBook::listening`] names leaves none behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod known;

use control::process::machine::{self, start};
use control::process::{
    Definition, Instance, Listening, Occurrence, ProcessBook, SHIPPED, StepState, StepStatus,
    step_name,
};
use known::KNOWN;
use std::collections::{BTreeMap, BTreeSet};
use values::Instant;

/// Something that no definition hears.
const ALIEN: &str = "com.tieout.test.nothing.happened.v1";

type Keys = Vec<(String, String)>;

fn key(kind: &str, id: &str) -> (String, String) {
    (kind.to_owned(), id.to_owned())
}

fn say(definition: &Definition, instance: &mut Instance, signal: &str, keys: &Keys) {
    let facts = BTreeMap::from([("customer".to_owned(), "another".to_owned())]);
    let occurrence = Occurrence {
        signal,
        keys,
        facts: &facts,
        event: "evt_2",
        actor: "li",
        at: Instant::from_seconds(99),
    };
    machine::happen(definition, instance, &occurrence);
}

/// Instances of a definition with its steps in every mixture of these statuses, each as far as it goes
/// by itself, which is how they are stored.
fn instances(definition: &Definition, kinds: &BTreeSet<&str>) -> Vec<Instance> {
    use StepStatus::{Ahead, Asked, Done, Waiting};
    let facts = BTreeMap::new();
    let began = Occurrence {
        signal: ALIEN,
        keys: &[],
        facts: &facts,
        event: "evt_1",
        actor: "dana",
        at: Instant::from_seconds(1),
    };
    let fresh = start(definition, "prc_1".to_owned(), "1".to_owned(), &began);
    let mut all = Vec::new();
    for number in 0..4_usize.pow(u32::try_from(definition.steps.len()).unwrap()) {
        let mut instance = fresh.clone();
        instance.keys = kinds.iter().map(|kind| key(kind, "1")).collect();
        let mut rest = number;
        for state in &mut instance.steps {
            let status = [Ahead, Waiting, Asked, Done][rest % 4];
            *state = StepState {
                status,
                ..state.clone()
            };
            rest /= 4;
        }
        say(definition, &mut instance, ALIEN, &Vec::new());
        all.push(instance);
    }
    all
}

/// Whether a store that is asked for these steps under these keys gives the instance.
fn is_asked_for(
    definition: &Definition,
    instance: &Instance,
    listening: Option<&Listening>,
    keys: &Keys,
) -> bool {
    let Some(listening) = listening else {
        return false;
    };
    let found = keys.iter().filter(|key| instance.keys.contains(*key));
    let steps: BTreeSet<&String> = found
        .filter_map(|key| listening.get(&key.0))
        .flatten()
        .collect();
    let states = definition.steps.iter().zip(&instance.steps);
    let mut open =
        states.filter(|(_, state)| state.status.is_open() || state.status == StepStatus::Ahead);
    open.any(|(step, _)| steps.contains(&step_name(&definition.name, &step.name)))
}

#[test]
fn what_a_signal_does_not_ask_for_it_cannot_move() {
    let read = |text: &&str| Definition::read(text, &KNOWN).unwrap();
    let book = ProcessBook::new(SHIPPED.iter().map(read).collect());
    let (mut moved, mut left) = (BTreeSet::new(), 0);
    for definition in book.all() {
        let mut kinds: BTreeSet<&str> = definition.steps.iter().map(|it| it.by.as_str()).collect();
        kinds.insert(&definition.subject);
        let mut said: Vec<Keys> = kinds.iter().map(|kind| vec![key(kind, "1")]).collect();
        said.push(kinds.iter().map(|kind| key(kind, "1")).collect());
        said.push(kinds.iter().map(|kind| key(kind, "2")).collect());
        let instances = instances(definition, &kinds);
        for signal in definition
            .signals()
            .iter()
            .map(String::as_str)
            .chain([ALIEN])
        {
            let listening = book.listening(signal);
            for (before, keys) in instances
                .iter()
                .flat_map(|it| said.iter().map(move |keys| (it, keys)))
            {
                if is_asked_for(definition, before, listening, keys) {
                    continue;
                }
                left += 1;
                let mut after = before.clone();
                say(definition, &mut after, signal, keys);
                assert_eq!(
                    &after, before,
                    "{} by {signal} about {keys:?}",
                    definition.name
                );
            }
            let all = said
                .last()
                .unwrap()
                .iter()
                .map(|it| key(&it.0, "1"))
                .collect();
            for before in &instances {
                let mut after = before.clone();
                say(definition, &mut after, signal, &all);
                if after != *before {
                    moved.insert((definition.name.as_str(), signal.to_owned()));
                }
            }
        }
    }
    // Every signal but those that only start an instance moves some, and many are left alone.
    let heard: usize = book.all().iter().map(|it| it.signals().len()).sum();
    assert!(moved.len() * 10 > heard * 9, "{} of {heard}", moved.len());
    assert!(left > 10_000, "{left}");
}
