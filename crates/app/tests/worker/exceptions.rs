//! Exceptions as work: verified before they are closed, escalated once a level, edited by two
//! people, acted on together, gathered in incidents.

use crate::script::{Bench, absent, created, reply};
use app::AppFault;
use app::command::{Command, WhichExceptions};
use app::query::ExceptionFilter;
use app::view::{ExceptionDetail, ExceptionGroup};
use serde_json::{Value, json};

fn refused() -> Result<connect::Reply, connect::TransportFault> {
    let why = json!({ "o:errorCode": "INVALID_CONTENT", "detail": "Invalid account reference." });
    reply(400, &json!({ "o:errorDetails": [why] }))
}

/// Parks the delivery of a journal, in a lane of its own.
fn park(bench: &Bench, number: u32) -> String {
    let (journal, effect) = (format!("jrn_{number}"), format!("eff_{number}"));
    bench.post_journal(&journal);
    bench.intend(
        &effect,
        &format!("ledger/{number}"),
        "netsuite.journal_entry",
        &format!("journal/{journal}"),
        json!({ "journal": journal }),
    );
    bench.will_answer([refused()]);
    assert_eq!(bench.deliver().parked, 1);
    bench.exception(&format!("effect/{effect}")).unwrap().id
}

fn act_as(bench: &Bench, actor: &str, name: &str, body: Value) -> Result<Value, AppFault> {
    bench.app.act(actor, Command::read(name, body).unwrap())
}

fn act(bench: &Bench, name: &str, body: Value) -> Value {
    act_as(bench, "dana", name, body).unwrap()
}

fn code_of(fault: Result<Value, AppFault>) -> String {
    match fault.unwrap_err() {
        AppFault::Refused(refusals) => refusals[0].code.clone(),
        other => panic!("{other}"),
    }
}

fn detail(bench: &Bench, id: &str) -> ExceptionDetail {
    bench.app.exception(id).unwrap().unwrap()
}

fn groups(bench: &Bench) -> Vec<ExceptionGroup> {
    let all = ExceptionFilter::default();
    bench.app.exception_groups(&all, None).unwrap().items
}

fn actions(detail: &ExceptionDetail) -> Vec<&str> {
    detail
        .work
        .trail
        .iter()
        .map(|it| it.action.as_str())
        .collect()
}

#[test]
fn what_is_mended_is_closed_only_when_the_other_system_has_it() {
    let bench = Bench::new();
    let id = park(&bench, 1);
    let answer = act(
        &bench,
        "resolve_exception",
        json!({ "exception": id, "outcome": "mended", "reason": "account mapped", "code": "sync_corrected" }),
    );
    assert_eq!(answer["status"], "verifying");
    assert_eq!(detail(&bench, &id).row.status, "verifying");
    // It stops again: it is open again, and its history says so.
    bench.will_answer([absent(), refused()]);
    while !bench.deliver().is_quiet() {
        bench.later(60);
    }
    let again = detail(&bench, &id);
    assert_eq!(again.row.status, "acknowledged");
    // It was reading it back that failed this time, so its class is another one now.
    assert_eq!(actions(&again), ["runs_again", "changed", "stopped_again"]);
    act(&bench, "retry_exception", json!({ "exception": id }));
    bench.will_answer([absent(), created("81")]);
    for _ in 0..3 {
        bench.later(60);
        bench.deliver();
    }
    let closed = detail(&bench, &id);
    assert_eq!(bench.effect("eff_1").status, "confirmed");
    assert_eq!(closed.row.status, "resolved");
    assert_eq!(closed.work.code.as_deref(), Some("sync_corrected"));
    assert_eq!(*actions(&closed).last().unwrap(), "resolved");
    let once_more = act_as(
        &bench,
        "dana",
        "retry_exception",
        json!({ "exception": id }),
    );
    assert_eq!(code_of(once_more), "already_resolved");
}

#[test]
fn an_outcome_code_belongs_to_its_kind_of_case() {
    let bench = Bench::new();
    let id = park(&bench, 1);
    let ends = |outcome: &str, code: &str| {
        let body = json!({ "exception": id, "outcome": outcome, "reason": "r", "code": code });
        act_as(&bench, "dana", "resolve_exception", body)
    };
    assert_eq!(
        code_of(ends("skipped", "change_declined")),
        "bad_outcome_code"
    );
    assert_eq!(code_of(ends("skipped", "sync_found")), "bad_outcome_code");
    let done = ends("skipped", "sync_entered_there").unwrap();
    assert_eq!(done["status"], "resolved");
    assert_eq!(bench.effect("eff_1").status, "skipped");
    let similar = detail(&bench, &park(&bench, 2)).similar;
    assert_eq!(similar.len(), 1);
    assert_eq!(similar[0].code.as_deref(), Some("sync_entered_there"));
    assert_eq!(
        (similar[0].by.as_deref(), similar[0].same_cause),
        (Some("dana"), true)
    );
}

#[test]
fn one_cause_is_one_group_with_its_value_month_and_followers() {
    let bench = Bench::new();
    let (one, two) = (park(&bench, 1), park(&bench, 2));
    bench.intend(
        "eff_9",
        "ledger/1",
        "netsuite.journal_entry",
        "journal/jrn_9",
        json!({}),
    );
    let found = groups(&bench);
    assert_eq!(found.len(), 1);
    let group = &found[0];
    assert_eq!((group.count, group.class.as_str()), (2, "effect_refused"));
    assert_eq!(group.value[0].to_string(), "25.00 USD");
    assert_eq!(group.period.as_deref(), Some("2026-03"));
    assert_eq!(group.connection.as_deref(), Some("netsuite"));
    assert_eq!(
        (
            group.followers,
            group.followers_value[0].to_string().as_str()
        ),
        (1, "12.50 USD")
    );
    let of_one = detail(&bench, &one).work;
    assert_eq!((of_one.alike, of_one.followers), (1, 1));
    assert!(of_one.canonical.unwrap().contains("\"1100\""));
    // One of them is not like the others.
    act(
        &bench,
        "split_exception",
        json!({ "exception": two, "reason": "another account" }),
    );
    let found = groups(&bench);
    assert_eq!(found.iter().map(|it| it.count).collect::<Vec<_>>(), [1, 1]);
    let again = act_as(
        &bench,
        "dana",
        "split_exception",
        json!({ "exception": two, "reason": "r" }),
    );
    assert_eq!(code_of(again), "alone_already");
}

#[test]
fn what_nobody_looks_at_goes_up_its_chain_once_a_level() {
    let bench = Bench::new();
    let id = park(&bench, 1);
    let tick = || app::worker::tick(&bench.app, &bench.nowhere()).processed;
    let level = || {
        let row = bench.exception("effect/eff_1").unwrap();
        (row.level, row.escalated_to)
    };
    assert_eq!((tick(), level()), (0, (0, String::new())));
    bench.later(4 * 3_600);
    assert_eq!(tick(), 1);
    assert_eq!(level(), (1, "Administrator".to_owned()));
    assert_eq!(tick(), 0, "once a level");
    bench.later(2 * 86_400);
    assert_eq!(tick(), 1);
    assert_eq!(level(), (2, "Controller".to_owned()));
    bench.later(40 * 86_400);
    assert_eq!(tick(), 0, "the chain has ended");
    let seen = detail(&bench, &id);
    assert_eq!(actions(&seen), ["escalated", "escalated"]);
    assert!(seen.row.overdue && seen.row.level == 2);
    let events = bench.app.events(None, 500).unwrap().items;
    let escalated = events
        .iter()
        .filter(|event| {
            serde_json::to_string(event)
                .unwrap()
                .contains("exception.escalated.v1")
        })
        .count();
    assert_eq!(escalated, 2);
}

#[test]
fn who_has_looked_has_until_the_term_of_settlement() {
    let bench = Bench::new();
    let id = park(&bench, 1);
    let answer = act(
        &bench,
        "assign_exception",
        json!({ "exception": id, "owner": "robin" }),
    );
    assert_eq!(
        (&answer["status"], &answer["owner"]),
        (&json!("assigned"), &json!("robin"))
    );
    let row = bench.exception("effect/eff_1").unwrap();
    assert_eq!(
        (row.owner.as_str(), row.assignee.as_str()),
        ("Integration engineer", "robin")
    );
    assert_eq!(row.escalate_at, row.due);
    act(
        &bench,
        "assign_exception",
        json!({ "exception": id, "owner": "controller" }),
    );
    let row = bench.exception("effect/eff_1").unwrap();
    assert_eq!(
        (row.owner.as_str(), row.assignee.as_str()),
        ("Controller", "")
    );
    let raised = act(
        &bench,
        "escalate_exception",
        json!({ "exception": id, "reason": "year end" }),
    );
    assert_eq!(
        (&raised["level"], &raised["escalated_to"]),
        (&json!(1), &json!("Administrator"))
    );
    let step = act(
        &bench,
        "complete_playbook_step",
        json!({ "exception": id, "step": 1 }),
    );
    assert_eq!(step["steps_done"], 1);
    let none = act_as(
        &bench,
        "dana",
        "complete_playbook_step",
        json!({ "exception": id, "step": 99 }),
    );
    assert_eq!(code_of(none), "no_such_step");
    let first = detail(&bench, &id).work.steps.remove(0);
    assert_eq!(first.by.as_deref(), Some("dana"));
}

#[test]
fn an_edit_counts_when_another_person_approves_it() {
    let bench = Bench::new();
    let id = park(&bench, 1);
    let propose = |payload: &str| {
        let body = json!({ "exception": id, "payload": payload, "reason": "the right journal" });
        act_as(&bench, "dana", "propose_fix", body)
    };
    assert_eq!(code_of(propose("{")), "bad_payload");
    assert_eq!(
        code_of(propose(r#"{ "journal": "jrn_1" }"#)),
        "nothing_changed"
    );
    bench.post_journal("jrn_2");
    let proposed = propose(r#"{"journal":"jrn_2"}"#).unwrap();
    assert_eq!(
        proposed["changes"],
        json!([{ "field": "journal", "before": "\"jrn_1\"", "after": "\"jrn_2\"" }])
    );
    assert!(bench.effect("eff_1").request.contains("jrn_1"));
    let fix = proposed["fix"].clone();
    let own = act_as(&bench, "dana", "apply_fix", json!({ "fix": fix }));
    assert_eq!(code_of(own), "same_person");
    assert!(bench.effect("eff_1").request.contains("jrn_1"));
    let applied = act_as(&bench, "robin", "apply_fix", json!({ "fix": fix })).unwrap();
    assert_eq!(applied["status"], "verifying");
    assert!(bench.effect("eff_1").request.contains("jrn_2"));
    let twice = act_as(&bench, "robin", "apply_fix", json!({ "fix": fix }));
    assert_eq!(code_of(twice), "decided_already");
    let shown = detail(&bench, &id).work.fixes.remove(0);
    assert_eq!(
        (shown.maker.as_str(), shown.checker.as_deref()),
        ("dana", Some("robin"))
    );
}

#[test]
fn many_are_acted_on_as_previewed_each_with_its_outcome() {
    let bench = Bench::new();
    let ids: Vec<String> = (1..=3).map(|n| park(&bench, n)).collect();
    let group = groups(&bench).remove(0).group;
    let which = WhichExceptions {
        group: group.clone(),
        ..WhichExceptions::default()
    };
    let preview = bench.app.preview_exceptions(&which).unwrap();
    assert_eq!(
        (preview.count, preview.value[0].to_string().as_str()),
        (3, "37.50 USD")
    );
    let begin = |expected: u32, action: Value| {
        let body = json!({ "which": { "group": group }, "action": action, "expected": expected });
        act_as(&bench, "dana", "act_on_exceptions", body)
    };
    assert_eq!(
        code_of(begin(2, json!({ "kind": "retry" }))),
        "changed_since_preview"
    );
    let begun = begin(3, json!({ "kind": "retry" })).unwrap();
    // One of them is settled before its turn comes.
    act(
        &bench,
        "resolve_exception",
        json!({ "exception": ids[1], "outcome": "skipped", "reason": "by hand" }),
    );
    let batch = begun["batch"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        app::worker::tick(&bench.app, &bench.nowhere());
    }
    let shown = bench.app.exception_batch(&batch).unwrap().unwrap();
    assert_eq!(
        (
            shown.status.as_str(),
            shown.done,
            shown.refused,
            shown.waiting
        ),
        ("done", 2, 1, 0)
    );
    let items = bench.app.exception_batch_items(&batch, None).unwrap().items;
    let results: Vec<&str> = items.iter().map(|it| it.status.as_str()).collect();
    assert_eq!(results, ["done", "refused", "done"]);
    assert!(
        items[1].result.contains("resolved already"),
        "{}",
        items[1].result
    );
    assert_eq!(detail(&bench, &ids[0]).row.status, "verifying");
    // A batch that is stopped leaves the rest alone.
    let stopped = begin(2, json!({ "kind": "assign", "owner": "robin" })).unwrap();
    act(
        &bench,
        "stop_exception_batch",
        json!({ "batch": stopped["batch"] }),
    );
    app::worker::tick(&bench.app, &bench.nowhere());
    let batch = stopped["batch"].as_str().unwrap();
    let shown = bench.app.exception_batch(batch).unwrap().unwrap();
    assert_eq!(
        (shown.status.as_str(), shown.done, shown.waiting),
        ("cancelled", 0, 0)
    );
}

#[test]
fn an_incident_gathers_groups_and_ends_with_its_last_exception() {
    let bench = Bench::new();
    let first = park(&bench, 1);
    let group = groups(&bench).remove(0).group;
    let opened = act(
        &bench,
        "open_incident",
        json!({ "title": "NetSuite refuses 1100", "severity": "high", "owner": "dana", "groups": [group] }),
    );
    let incident = opened["incident"].as_str().unwrap().to_owned();
    assert_eq!(opened["exceptions"], 1);
    // What comes later joins it.
    let second = park(&bench, 2);
    let whole = bench.app.incident(&incident).unwrap().unwrap();
    assert_eq!((whole.row.open, whole.groups[0].count), (2, 2));
    assert_eq!(whole.row.value[0].to_string(), "25.00 USD");
    act(
        &bench,
        "update_incident",
        json!({ "incident": incident, "note": "the chart changed there", "severity": "blocks_close" }),
    );
    let early = act_as(
        &bench,
        "dana",
        "close_incident",
        json!({ "incident": incident, "reason": "done" }),
    );
    assert_eq!(code_of(early), "exceptions_open");
    for id in [first, second] {
        act(
            &bench,
            "resolve_exception",
            json!({ "exception": id, "outcome": "skipped", "reason": "entered by hand" }),
        );
    }
    let ended = bench.app.incident(&incident).unwrap().unwrap();
    assert_eq!(
        (ended.row.status.as_str(), ended.row.severity.as_str()),
        ("closed", "blocks_close")
    );
    let told: Vec<&str> = ended.trail.iter().map(|it| it.action.as_str()).collect();
    assert_eq!(told, ["opened", "gathered", "severity", "note", "closed"]);
}

#[test]
fn what_has_not_happened_is_listed_with_age_value_and_cause() {
    use app::query::Outstanding;
    let bench = Bench::new();
    bench.intend(
        "eff_7",
        "ledger/c",
        "netsuite.customer",
        "customer/cus_1",
        json!({}),
    );
    let accounts = bench.app.outstanding(Outstanding::Accounts).unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (accounts[0].object.as_str(), accounts[0].exception.is_none()),
        ("cus_1", true)
    );
    for list in Outstanding::ALL {
        assert_eq!(Outstanding::from_word(list.as_str()), Some(list));
        bench.app.outstanding(list).unwrap();
    }
}
