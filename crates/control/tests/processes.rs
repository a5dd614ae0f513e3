//! Definitions of processes are checked whole when they are read, and the machine moves instances
//! of their own version only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod known;

use control::process::machine::{self, Hand, start};
use control::process::{
    Definition, Instance, Occurrence, ProcessBook, ProcessRefusal, ProcessStatus, SHIPPED,
    StepStatus,
};
use known::KNOWN;
use std::collections::BTreeMap;
use values::Instant;

const RAISED: &str = "com.tieout.billing.invoice.issued.v1";
const PAID: &str = "com.tieout.payment.payment.settled.v1";
const BOOKED: &str = "com.tieout.cash.cash.applied.v1";

fn two_steps(version: u32, more: &str) -> String {
    format!(
        r#"
name = "sample"
version = {version}
title = "Sample"
purpose = "For tests."
subject = "document"
start = ["{RAISED}"]
remember = ["amount"]
[[step]]
name = "raised"
title = "Raised"
done_by = ["{RAISED}"]
deadline = {{ within = "1h", class = "step_overdue" }}
[[step.undo]]
command = "issue_credit_note"
body = {{ invoice = "{{document}}", reason = "{{reason}}", note = "{{none?}}" }}
[[step]]
name = "paid"
title = "Paid"
done_by = ["{PAID}"]
deadline = {{ within = "2d", class = "no_outcome" }}
undo = [{{ command = "refund_payment" }}, {{ command = "record_payment" }}]
{more}"#
    )
}

fn read(text: &str) -> Definition {
    Definition::read(text, &KNOWN).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

struct Said {
    signal: &'static str,
    keys: Vec<(String, String)>,
    facts: BTreeMap<String, String>,
}

fn said(signal: &'static str, document: &str) -> Said {
    Said {
        signal,
        keys: vec![("document".to_owned(), document.to_owned())],
        facts: BTreeMap::from([("amount".to_owned(), "5".to_owned())]),
    }
}

impl Said {
    fn at(&self, seconds: i64) -> Occurrence<'_> {
        Occurrence {
            signal: self.signal,
            keys: &self.keys,
            facts: &self.facts,
            event: "evt_1",
            actor: "dana",
            at: at(seconds),
        }
    }
}

fn hand<'a>(actor: &'a str, reason: &'a str, seconds: i64) -> Hand<'a> {
    Hand {
        actor,
        reason,
        at: at(seconds),
    }
}

fn begun(definition: &Definition) -> Instance {
    start(
        definition,
        "prc_1".to_owned(),
        "inv_1".to_owned(),
        &said(RAISED, "inv_1").at(0),
    )
}

fn words(instance: &Instance) -> Vec<&'static str> {
    instance
        .steps
        .iter()
        .map(|state| state.status.as_str())
        .collect()
}

#[test]
fn the_shipped_definitions_are_whole() {
    let names: Vec<String> = SHIPPED
        .iter()
        .map(|text| {
            let definition = read(text);
            assert!(definition.version >= 1, "{}", definition.name);
            definition.name
        })
        .collect();
    for name in [
        "order_to_invoice",
        "amendment",
        "payment_failure",
        "credit",
        "refund",
        "close",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let text = r#"
name = "bad"
version = 0
title = "Bad"
purpose = "For tests."
subject = "document"
[[step]]
name = "one"
title = "One"
done_by = ["com.tieout.nothing.v1"]
[[step]]
name = "two"
title = "Two"
after = ["three"]
deadline = { within = "soon", class = "late" }
nothing_to_undo = "x"
cannot_be_undone = "y"
[[step]]
name = "three"
title = "Three"
command = { command = "fly" }
done_by_effect = "moon.land"
deadline = { within = "1d", class = "step_overdue" }
nothing_to_undo = "x"
"#;
    let problems = Definition::read(text, &KNOWN).unwrap_err();
    let told = problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for part in [
        "version 0",
        "nothing starts it",
        "step one: \"com.tieout.nothing.v1\" is not an event",
        "step one: it has no deadline",
        "step one: it does not say how it is undone",
        "step two: it waits for \"three\", which does not stand before it, so it is never reached",
        "step two: nothing completes it",
        "step two: \"soon\" is no duration",
        "step two: \"late\" is no class of exception",
        "step two: it does not say how it is undone",
        "step three: \"fly\" is not a command",
        "step three: \"moon.land\" is no operation",
    ] {
        assert!(told.contains(part), "{part} is missing:\n{told}");
    }
}

#[test]
fn events_settle_steps_in_whatever_order_they_come() {
    let more = format!(
        "[[step]]\nname = \"applied\"\ntitle = \"Applied\"\ndone_by = [\"{BOOKED}\"]\n\
         deadline = {{ within = \"1h\", class = \"step_overdue\" }}\nnothing_to_undo = \"x\"\n"
    );
    let definition = read(&two_steps(1, &more));
    let mut instance = begun(&definition);
    assert_eq!(words(&instance), ["done", "waiting", "ahead"]);
    assert!(machine::happen(&definition, &mut instance, &said(PAID, "inv_2").at(5)).is_empty());
    assert_eq!(
        machine::happen(&definition, &mut instance, &said(BOOKED, "inv_1").at(6)),
        [2]
    );
    assert_eq!(words(&instance), ["done", "waiting", "done"]);
    assert_eq!(
        machine::happen(&definition, &mut instance, &said(PAID, "inv_1").at(7)),
        [1]
    );
    assert_eq!(instance.status, ProcessStatus::Done);
    // Twice is once.
    assert!(machine::happen(&definition, &mut instance, &said(PAID, "inv_1").at(8)).is_empty());
}

#[test]
fn a_step_is_late_once_and_more_time_makes_it_due_again() {
    let definition = read(&two_steps(1, ""));
    let mut instance = begun(&definition);
    let due = 2 * 86_400;
    assert!(machine::late(&definition, &mut instance, at(due - 1)).is_empty());
    let late = machine::late(&definition, &mut instance, at(due));
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].class.code(), "no_outcome");
    assert!(machine::late(&definition, &mut instance, at(due + 1)).is_empty());
    let more = hand("li", "the bank is closed", due);
    let earlier = machine::extend(&definition, &mut instance, "paid", at(due), &more);
    assert!(matches!(earlier, Err(ProcessRefusal::NotLater { .. })));
    machine::extend(&definition, &mut instance, "paid", at(due + 100), &more).unwrap();
    assert!(machine::late(&definition, &mut instance, at(due + 99)).is_empty());
    assert_eq!(
        machine::late(&definition, &mut instance, at(due + 100)).len(),
        1
    );
    let silent = hand("li", " ", due);
    let refused = machine::skip(&definition, &mut instance, "paid", &silent);
    assert_eq!(refused, Err(ProcessRefusal::NoReason));
    machine::skip(&definition, &mut instance, "paid", &more).unwrap();
    assert_eq!(instance.status, ProcessStatus::Done);
}

#[test]
fn what_is_done_is_taken_back_last_first_one_command_at_a_time() {
    let definition = read(&two_steps(1, ""));
    let mut instance = begun(&definition);
    machine::happen(&definition, &mut instance, &said(PAID, "inv_1").at(7));
    machine::cancel(
        &definition,
        &mut instance,
        &hand("li", "ordered by mistake", 9),
    )
    .unwrap();
    let facts = BTreeMap::from([
        ("reason".to_owned(), "ordered by mistake".to_owned()),
        ("document".to_owned(), "inv_1".to_owned()),
    ]);
    let mut done = Vec::new();
    while instance.status == ProcessStatus::Cancelling {
        let orders = machine::orders(&definition, &instance, &facts).unwrap();
        let [order] = orders.as_slice() else {
            panic!("{orders:?}")
        };
        done.push((
            order.key.clone(),
            order.command.clone(),
            order.body.to_string(),
        ));
        machine::carried_out(&definition, &mut instance, order, at(10));
    }
    let keys: Vec<&str> = done.iter().map(|(key, _, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "process/prc_1/paid/undo/1",
            "process/prc_1/paid/undo/2",
            "process/prc_1/raised/undo/1"
        ]
    );
    assert_eq!(
        done[2].2,
        r#"{"invoice":"inv_1","reason":"ordered by mistake"}"#
    );
    assert_eq!(words(&instance), ["undone", "undone"]);
    assert_eq!(instance.status, ProcessStatus::Cancelled);
    let again = machine::cancel(&definition, &mut instance, &hand("li", "again", 11));
    assert!(matches!(again, Err(ProcessRefusal::Ended { .. })));
}

#[test]
fn an_approval_waits_for_days_and_for_somebody_else() {
    let definition = read(
        SHIPPED
            .iter()
            .find(|text| text.contains("\"refund\"\nversion"))
            .unwrap(),
    );
    let facts = BTreeMap::from(
        [
            ("payment", "pay_1"),
            ("reason", "paid twice"),
            ("by_hand", "yes"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let keys = [("payment".to_owned(), "pay_1".to_owned())];
    let asked = Occurrence {
        signal: "by hand",
        keys: &keys,
        facts: &facts,
        event: "",
        actor: "dana",
        at: at(0),
    };
    let mut instance = start(&definition, "prc_2".to_owned(), "prc_2".to_owned(), &asked);
    assert_eq!(words(&instance), ["waiting", "ahead", "ahead"]);
    let nothing = BTreeMap::new();
    assert!(
        machine::orders(&definition, &instance, &nothing)
            .unwrap()
            .is_empty()
    );
    let own = machine::decide(
        &definition,
        &mut instance,
        "approved",
        true,
        &hand("Dana ", "ok", 5),
    );
    assert!(matches!(own, Err(ProcessRefusal::FourEyes(_))));
    let skipped = machine::skip(&definition, &mut instance, "approved", &hand("li", "ok", 5));
    assert!(matches!(skipped, Err(ProcessRefusal::NotWaiting { .. })));
    let days = 2 * 86_400;
    machine::decide(
        &definition,
        &mut instance,
        "approved",
        true,
        &hand("li", "seen both", days),
    )
    .unwrap();
    let orders = machine::orders(&definition, &instance, &nothing).unwrap();
    assert_eq!(orders[0].command, "refund_payment");
    assert_eq!(
        orders[0].body.to_string(),
        r#"{"payment":"pay_1","reason":"paid twice"}"#
    );
    machine::carried_out(&definition, &mut instance, &orders[0], at(days));
    assert_eq!(words(&instance), ["done", "asked", "ahead"]);
    assert!(
        machine::orders(&definition, &instance, &nothing)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_instance_stays_with_its_version() {
    let more = format!(
        "[[step]]\nname = \"applied\"\ntitle = \"Applied\"\ndone_by = [\"{BOOKED}\"]\n\
         deadline = {{ within = \"1h\", class = \"step_overdue\" }}\nnothing_to_undo = \"x\"\n"
    );
    let book = ProcessBook::new(vec![read(&two_steps(2, &more)), read(&two_steps(1, ""))]);
    assert_eq!(
        book.current("sample").map(|definition| definition.version),
        Some(2)
    );
    assert_eq!(book.started_by(RAISED).len(), 1);
    assert!(book.hears(BOOKED) && !book.hears("com.tieout.ledger.journal.entered.v1"));
    let first = book.version("sample", 1).unwrap();
    let mut instance = begun(first);
    machine::happen(first, &mut instance, &said(PAID, "inv_1").at(7));
    assert_eq!(instance.status, ProcessStatus::Done);
    assert_eq!(instance.steps.len(), 2);
}

#[test]
fn words_read_back() {
    for status in StepStatus::ALL {
        assert_eq!(StepStatus::from_word(status.as_str()), Some(*status));
    }
    for status in ProcessStatus::ALL {
        assert_eq!(ProcessStatus::from_word(status.as_str()), Some(*status));
    }
}
