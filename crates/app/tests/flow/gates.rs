//! What a connection lets through, and what people hold.

use crate::script::{Bench, absent, created, no_answer, reply};
use app::command::Command;
use app::lanes::LaneList;
use app::limits::LimitSettings;
use app::{AppFault, Refusal};
use connect::Method;
use serde_json::{Value, json};
use store::effects::{self, EffectRow};
use store::log;

const JOURNAL: &str = "netsuite.journal_entry";

fn intend_journal(bench: &Bench, id: &str, lane: &str) {
    let journal = format!("jrn_{id}");
    bench.post_journal(&journal);
    bench.intend(
        id,
        lane,
        JOURNAL,
        &format!("journal/{journal}"),
        json!({ "journal": journal }),
    );
}

fn with_limits(limits: LimitSettings) -> Bench {
    let mut bench = Bench::new();
    bench.connections.limits.netsuite = limits;
    bench
}

fn act(bench: &Bench, name: &str, body: Value) -> Result<Value, AppFault> {
    bench.app.act("ada", Command::read(name, body).unwrap())
}

fn refusals(outcome: Result<Value, AppFault>) -> Vec<Refusal> {
    match outcome {
        Err(AppFault::Refused(refusals)) => refusals,
        other => panic!("not refused: {other:?}"),
    }
}

fn view(bench: &Bench) -> app::lanes::ConnectionView {
    let views = bench.app.connection_views().unwrap();
    views
        .into_iter()
        .find(|view| view.name == "netsuite")
        .unwrap()
}

/// The events of the connection, in order.
fn events(bench: &Bench) -> Vec<(String, Value)> {
    let rows = bench
        .app
        .run("test", |tx, _| Ok(log::after(tx, "", 10_000)?));
    rows.unwrap()
        .into_iter()
        .filter(|row| row.partition == "connection/netsuite")
        .map(|row| {
            let data = serde_json::from_str(&row.data).unwrap();
            (row.type_name, data)
        })
        .collect()
}

fn refused() -> Result<connect::Reply, connect::TransportFault> {
    Err(connect::TransportFault::ConnectFailed {
        detail: "refused".into(),
    })
}

#[test]
fn an_empty_budget_holds_lanes_and_uses_no_attempt() {
    let bench = with_limits(LimitSettings {
        calls_per_minute: Some(60),
        burst: Some(4),
        ..LimitSettings::default()
    });
    for number in 1..=5 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{number}"),
        );
    }
    // A journal is created and read back: two calls.
    bench.will_answer([created("1"), created("2")]);
    assert_eq!(bench.deliver().delivered, 2);
    assert!(bench.deliver().is_quiet());
    assert_eq!(view(&bench).budget_left, 0);
    let left = bench.effect("eff_3");
    assert_eq!(
        (left.status.as_str(), left.attempts, left.fence),
        ("intended", 0, 0)
    );
    // One call a second from now on.
    for number in 3..=5 {
        bench.later(2);
        bench.will_answer([created(&number.to_string())]);
        assert_eq!(bench.deliver().delivered, 1);
        assert!(bench.deliver().is_quiet());
    }
    bench.assert_all_used();
}

#[test]
fn an_open_breaker_holds_every_process_and_comes_back_slowly() {
    let bench = with_limits(LimitSettings {
        calls_per_minute: Some(960),
        burst: Some(32),
        failures_to_open: Some(3),
        hold_seconds: Some(60),
        ..LimitSettings::default()
    });
    for number in 10..30 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{number}"),
        );
    }
    bench.will_answer([refused(), refused(), refused()]);
    bench.deliver();
    let (name, data) = events(&bench).pop().unwrap();
    assert_eq!(name, "com.tieout.connection.connection.degraded.v1");
    assert_eq!(
        (&data["held_lanes"], &data["held_effects"]),
        (&json!(20), &json!(20))
    );
    assert_eq!(data["value_held"][0]["amount"], "250.00");
    assert_eq!(
        (view(&bench).status, view(&bench).failures),
        ("degraded", 0)
    );

    // Another process knows at once, and a new life of this one as well.
    let other = bench.another_process();
    assert!(other.deliver().is_quiet());
    bench.later(59);
    assert!(other.deliver().is_quiet());
    // One probe, by whoever is first; it fails and the wait begins anew.
    bench.later(1);
    bench.will_answer([refused()]);
    other.deliver();
    assert!(bench.deliver().is_quiet());
    bench.later(61);
    bench.will_answer([created("10")]);
    assert_eq!(other.deliver().delivered, 1);
    let (name, data) = events(&bench).pop().unwrap();
    assert_eq!(name, "com.tieout.connection.connection.recovered.v1");
    assert_eq!(
        (&data["cause"], &data["waiting_effects"]),
        (&json!("answered"), &json!(20))
    );
    assert_eq!(events(&bench).len(), 2);

    // A sixteenth of the rate at first: a burst of two, of which the probe has used nothing.
    assert_eq!(
        (view(&bench).status, view(&bench).slowed_by),
        ("resuming", 16)
    );
    bench.will_answer((0..19).map(|number| created(&format!("2{number}"))));
    let mut went = vec![];
    for _ in 0..5 {
        let mut delivered = 0;
        loop {
            let round = other.deliver();
            delivered += round.delivered;
            if round.is_quiet() {
                break;
            }
        }
        went.push(delivered);
        bench.later(30);
    }
    assert!(went[0] <= 2 && went[0] < went[2], "{went:?}");
    assert_eq!(went.iter().sum::<u64>(), 19, "{went:?}");
    assert_eq!((view(&bench).status, view(&bench).slowed_by), ("well", 1));
    // Every one of them was tried once more at most: the hold used nothing up.
    for number in 10..30 {
        let effect = bench.effect(&format!("eff_{number}"));
        assert!(effect.attempts <= 3, "{effect:?}");
        assert_eq!(
            effect.fallback,
            i64::from(number > 10 || effect.fallback == 1)
        );
    }
    bench.assert_all_used();
}

/// One journal alone on its connection, which the ledger cannot take. The first failure opens the
/// breaker, so that every later attempt is a probe.
fn poisoned() -> Bench {
    let bench = with_limits(LimitSettings {
        failures_to_open: Some(1),
        hold_seconds: Some(60),
        ..LimitSettings::default()
    });
    intend_journal(&bench, "eff_1", "ledger/1");
    bench
}

/// Rounds five minutes apart, longer than any wait between attempts.
fn rounds(bench: &Bench, count: u32, answers: &[Answer]) {
    for _ in 0..count {
        bench.will_answer(answers.iter().map(|answer| match answer {
            Answer::Refused => refused(),
            Answer::Currencies => currencies(),
        }));
        bench.deliver();
        bench.assert_all_used();
        bench.later(301);
    }
}

fn currencies() -> Result<connect::Reply, connect::TransportFault> {
    reply(200, &json!({ "items": [{ "id": "1" }], "hasMore": false }))
}

enum Answer {
    Refused,
    Currencies,
}

#[test]
fn what_fails_alone_while_its_system_answers_other_calls_reaches_a_person() {
    let bench = poisoned();
    // A quarter of an hour may be an outage: probes use nothing up.
    rounds(&bench, 3, &[Answer::Refused]);
    assert_eq!(bench.effect("eff_1").attempts, 1);
    // After that the ledger is asked for its currencies. It answers, so it is this journal.
    rounds(&bench, 6, &[Answer::Currencies, Answer::Refused]);
    let effect = bench.effect("eff_1");
    assert_eq!((effect.status.as_str(), effect.attempts), ("intended", 7));
    rounds(&bench, 1, &[Answer::Currencies, Answer::Refused]);
    assert_eq!(bench.effect("eff_1").status, "parked");
    let exception = bench.exception("effect/eff_1").unwrap();
    assert_eq!(exception.class, "effect_exhausted");
    // It stays there: nothing is sent any more.
    assert!(bench.deliver().is_quiet());
}

#[test]
fn what_fails_alone_while_its_system_is_down_waits_however_long_it_takes() {
    let bench = poisoned();
    rounds(&bench, 3, &[Answer::Refused]);
    // The question is the probe then, and the journal is not sent.
    rounds(&bench, 40, &[Answer::Refused]);
    let effect = bench.effect("eff_1");
    assert_eq!((effect.status.as_str(), effect.attempts), ("intended", 1));
    bench.will_answer([currencies(), created("1")]);
    assert_eq!(bench.deliver().delivered, 1);
}

#[test]
fn what_waited_through_an_outage_is_looked_up_afterwards() {
    let bench = with_limits(LimitSettings {
        failures_to_open: Some(3),
        hold_seconds: Some(60),
        ..LimitSettings::default()
    });
    for number in 1..=3 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{number}"),
        );
    }
    bench.will_answer([refused(), refused(), refused()]);
    bench.deliver();
    bench.later(600);
    bench.will_answer([created("1")]);
    bench.deliver();
    bench.later(600);
    bench.will_answer([created("2"), created("3")]);
    bench.deliver();
    let marked = |id: &str| bench.effect(id).fallback;
    assert_eq!(
        [marked("eff_1"), marked("eff_2"), marked("eff_3")],
        [0, 1, 1]
    );
    // One is there as it was confirmed; the other is gone.
    bench.will_answer([crate::script::journal_there("2", "jrn_eff_2"), absent()]);
    let looked = app::deliver::verify_late(&bench.app, &bench.connections, 10).unwrap();
    assert_eq!(looked, 2);
    assert_eq!([marked("eff_2"), marked("eff_3")], [2, 3]);
    let exception = bench.exception("verify/eff_3").unwrap();
    assert!(
        exception.summary.contains("is not there"),
        "{}",
        exception.summary
    );
    assert_eq!(
        app::deliver::verify_late(&bench.app, &bench.connections, 10).unwrap(),
        0
    );
    assert_eq!(bench.requests(Method::Post).len(), 6);
}

#[test]
fn a_person_holds_a_connection_and_lets_it_go_on() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    app::deliver::deliver_due(&bench.app, &bench.connections, 0);
    let pause = json!({ "connection": "netsuite", "reason": "month end there" });
    assert_eq!(
        act(&bench, "pause_delivery", pause.clone()).unwrap()["changed"],
        true
    );
    assert_eq!(
        act(&bench, "pause_delivery", pause).unwrap()["changed"],
        false
    );
    let held = view(&bench);
    assert_eq!(held.status, "paused");
    let hold = held.held.unwrap();
    assert_eq!(
        (hold.actor.as_str(), hold.reason.as_str()),
        ("ada", "month end there")
    );
    // Intake goes on; nothing goes out; nothing is used up.
    intend_journal(&bench, "eff_2", "ledger/b");
    bench.later(3_600);
    assert!(bench.deliver().is_quiet());
    assert_eq!(bench.effect("eff_1").fence, 0);

    let resume = json!({ "connection": "netsuite", "reason": "done" });
    act(&bench, "resume_delivery", resume).unwrap();
    assert_eq!(
        (view(&bench).status, view(&bench).slowed_by),
        ("resuming", 16)
    );
    bench.will_answer([created("1"), created("2")]);
    assert_eq!(bench.deliver().delivered, 2);
    let types: Vec<_> = events(&bench).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        types,
        [
            "com.tieout.connection.connection.paused.v1",
            "com.tieout.connection.connection.recovered.v1"
        ]
    );
}

#[test]
fn a_held_lane_holds_no_other_and_a_later_lane_can_go_first() {
    let mut bench = with_limits(LimitSettings {
        burst: Some(1),
        calls_per_minute: Some(60),
        ..LimitSettings::default()
    });
    bench.connections.pace.parallel = 1;
    for (id, lane) in [
        ("eff_1", "ledger/a"),
        ("eff_2", "ledger/b"),
        ("eff_3", "ledger/c"),
    ] {
        intend_journal(&bench, id, lane);
        bench.later(700);
    }
    act(
        &bench,
        "pause_delivery",
        json!({ "lane": "ledger/a", "reason": "wrong customer" }),
    )
    .unwrap();
    act(
        &bench,
        "prioritise_lane",
        json!({ "lane": "ledger/c", "priority": 20, "reason": "the auditor waits" }),
    )
    .unwrap();
    let mut order = vec![];
    for number in 0..3 {
        bench.will_answer([created(&number.to_string())]);
        bench.deliver();
        bench.later(3);
        for id in ["eff_1", "eff_2", "eff_3"] {
            if bench.effect(id).status == "confirmed" && !order.contains(&id) {
                order.push(id);
            }
        }
        if number == 1 {
            let resume = json!({ "lane": "ledger/a", "reason": "mended" });
            act(&bench, "resume_delivery", resume).unwrap();
        }
    }
    assert_eq!(order, ["eff_3", "eff_2", "eff_1"]);

    let unknown = act(
        &bench,
        "pause_delivery",
        json!({ "connection": "sap", "reason": "x" }),
    );
    assert_eq!(refusals(unknown)[0].code, "unknown_connection");
    let silent = act(
        &bench,
        "pause_delivery",
        json!({ "connection": "netsuite", "reason": " " }),
    );
    assert_eq!(refusals(silent)[0].code, "reason_missing");
    let both = act(
        &bench,
        "pause_delivery",
        json!({ "connection": "netsuite", "lane": "ledger/a", "reason": "x" }),
    );
    assert_eq!(refusals(both)[0].code, "one_target");
}

#[test]
fn refused_credentials_hold_the_connection_until_the_effect_is_released() {
    let bench = Bench::new();
    for number in 1..=3 {
        intend_journal(
            &bench,
            &format!("eff_{number}"),
            &format!("ledger/{number}"),
        );
    }
    bench.will_answer([reply(401, &json!({ "title": "Unauthorized" }))]);
    let progress = bench.deliver();
    assert_eq!(progress.parked, 1);
    // The others do not find out one by one.
    assert!(bench.deliver().is_quiet());
    assert_eq!(view(&bench).status, "paused");
    let parked = bench.app.lane_views(None, LaneList::Parked, 10).unwrap();
    assert_eq!((parked.len(), parked[0].head.as_str()), (1, "eff_1"));

    let release = json!({ "effect": "eff_1", "reason": "new token" });
    act(&bench, "release_effect", release.clone()).unwrap();
    assert_eq!(
        refusals(act(&bench, "release_effect", release))[0].code,
        "not_parked"
    );
    bench.later(31);
    bench.will_answer([absent(), created("2"), created("3")]);
    bench.deliver();
    bench.later(10);
    bench.will_answer([created("1")]);
    bench.deliver();
    for number in 1..=3 {
        assert_eq!(bench.effect(&format!("eff_{number}")).status, "confirmed");
    }
}

#[test]
fn what_is_given_up_keeps_its_payload_error_attempts_and_key() {
    let bench = Bench::new();
    intend_journal(&bench, "eff_1", "ledger/a");
    for _ in 0..8 {
        bench.will_answer([refused()]);
        bench.deliver();
        bench.later(400);
    }
    assert!(bench.deliver().is_quiet());
    let effect = bench.effect("eff_1");
    assert_eq!((effect.status.as_str(), effect.attempts), ("parked", 8));
    assert_eq!(
        (effect.key.as_str(), effect.error_class.as_str()),
        ("key/eff_1", "transient")
    );
    assert!(effect.error.contains("refused"), "{}", effect.error);
    assert!(effect.request.contains("jrn_eff_1"));
    let exception = bench.exception("effect/eff_1").unwrap();
    assert_eq!(exception.class, "effect_exhausted");
    assert!(exception.payload.contains("jrn_eff_1"));
    assert!(
        exception.detail.contains("key/eff_1"),
        "{}",
        exception.detail
    );
    assert!(
        exception.detail.contains("8 attempts"),
        "{}",
        exception.detail
    );
    // After a release the attempts count from zero, and this one only finds out that the system is
    // still down: a probe uses none.
    act(
        &bench,
        "release_effect",
        json!({ "effect": "eff_1", "reason": "it is back" }),
    )
    .unwrap();
    bench.will_answer([no_answer()]);
    bench.deliver();
    assert_eq!(bench.effect("eff_1").attempts, 0);
}

fn backlog(bench: &Bench, count: usize) {
    let now = bench.app.clock().now();
    let old = now.plus_seconds(-86_400).microseconds();
    let mut rows: Vec<EffectRow> = Vec::new();
    for number in 0..count {
        rows.push(EffectRow {
            id: format!("eff_0{number:06}"),
            lane: format!("ledger/old{}", number / 2),
            connection: "netsuite".to_owned(),
            operation: JOURNAL.to_owned(),
            subject: "journal/jrn_old".to_owned(),
            key: format!("key/old/{number}"),
            request: json!({ "journal": "jrn_old" }).to_string(),
            status: "intended".to_owned(),
            attempts: 0,
            next_attempt: old,
            error_class: String::new(),
            error: String::new(),
            external_id: String::new(),
            read_back: 0,
            entity: "US".to_owned(),
            amount: 100,
            currency: "USD".to_owned(),
            correlation: "chn_test".to_owned(),
            created: old,
            changed: old,
            fence: 0,
            lease: 0,
            priority: 0,
            fallback: 0,
            first_sent: 0,
            last_sent: 0,
        });
    }
    bench.post_journal("jrn_old");
    bench
        .app
        .run("test", move |tx, _| Ok(effects::intend(tx, &rows)?))
        .unwrap();
}

#[test]
fn a_backlog_drains_without_starving_what_is_new() {
    let bench = with_limits(LimitSettings {
        calls_per_minute: Some(1_000_000),
        burst: Some(100_000),
        concurrency: Some(100),
        ..LimitSettings::default()
    });
    backlog(&bench, 3_000);
    for number in 1..=10 {
        intend_journal(
            &bench,
            &format!("eff_9{number:02}"),
            &format!("ledger/new{number}"),
        );
    }
    bench.will_answer((0..3_010).map(|number| created(&number.to_string())));
    let round = || app::deliver::deliver_due(&bench.app, &bench.connections, 40).delivered;
    // Ten fresh lanes have one place in four: within one round of forty all of them are done.
    assert_eq!(round(), 40);
    for number in 1..=10 {
        assert_eq!(
            bench.effect(&format!("eff_9{number:02}")).status,
            "confirmed"
        );
    }
    let (mut rounds, mut delivered) = (1, 40);
    while delivered < 3_010 {
        delivered += round();
        rounds += 1;
        assert!(rounds < 90, "{delivered} in {rounds} rounds");
    }
    assert!(round() == 0);
    let forecast = view(&bench);
    assert_eq!(
        (forecast.waiting, forecast.lanes, forecast.confirmed_lately),
        (0, 0, 3_010)
    );
}

#[test]
fn journals_of_a_month_that_is_over_go_first() {
    let bench = with_limits(LimitSettings::default());
    // The journals of the bench are of March.
    backlog(&bench, 20);
    assert_eq!(bench.app.prioritise_closing("test").unwrap(), 0);
    bench.later(30 * 86_400);
    assert_eq!(bench.app.prioritise_closing("test").unwrap(), 10);
    assert_eq!(bench.app.prioritise_closing("test").unwrap(), 0);
    let request = json!({ "customer": "cus_1", "name": "Acme" });
    bench.intend(
        "eff_1",
        "ledger/x",
        "netsuite.customer",
        "customer/cus_1",
        request,
    );
    let lanes = bench
        .app
        .lane_views(Some("netsuite"), LaneList::Waiting, 50)
        .unwrap();
    let first: Vec<_> = lanes.iter().take(10).map(|lane| lane.priority).collect();
    assert_eq!((first, lanes[10].priority), (vec![10; 10], 0));
    assert_eq!((lanes[0].waiting, lanes[0].value.len()), (2, 1));
}
