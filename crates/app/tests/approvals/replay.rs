//! A replay is tried without effect, approved by another person, run at its pace, and verified.

use crate::company::{Company, command, state};
use app::approval::is_waiting;
use app::command::Answer;
use app::replay::ReplayDetail;
use control::Role;
use serde_json::{Value, json};
use store::effects::{self, EffectRow};

/// Books whose January is closed while three payments of January come in late: their postings wait.
fn parked() -> Company {
    let company = Company::new();
    for (name, role) in [
        ("ines", Role::IntegrationEngineer),
        ("li", Role::Controller),
        ("dana", Role::Controller),
    ] {
        company.app.put_user(name, role, "hash").unwrap();
    }
    company
        .clock
        .move_to("2026-01-31T10:00:00Z".parse().unwrap());
    company.done(
        "close_period",
        json!({ "entity": "DE", "month": "2026-01" }),
    );
    for amount in ["100", "200", "300"] {
        company.done(
            "record_payment",
            json!({ "customer": "ACME", "entity": "DE", "currency": "EUR", "amount": amount }),
        );
    }
    company
        .clock
        .move_to("2026-02-02T10:00:00Z".parse().unwrap());
    company
}

fn plan(company: &Company, body: Value) -> Answer {
    company
        .app
        .act("ines", command("plan_replay", body))
        .unwrap()
}

fn over_postings(closed: &str, pace: u32) -> Value {
    json!({ "filter": { "over": "postings" }, "closed_months": closed, "per_second": pace, "reason": "January was closed too early" })
}

fn approved(company: &Company, id: &str) -> Answer {
    let request = command(
        "request_replay",
        json!({ "replay": id, "reason": "checked" }),
    );
    let answer = company.app.act("ines", request).unwrap();
    assert!(is_waiting(&answer), "{answer}");
    company
        .app
        .act(
            "li",
            command("grant_approval", json!({ "approval": answer["approval"] })),
        )
        .unwrap()
}

fn detail(company: &Company, id: &str) -> ReplayDetail {
    company.app.replay(id).unwrap().unwrap()
}

fn finish(company: &Company, id: &str) -> ReplayDetail {
    for _ in 0..20 {
        company.app.advance_replays().unwrap();
        company
            .clock
            .move_to(company.app.clock().now().plus_seconds(1));
    }
    detail(company, id)
}

fn statuses(found: &ReplayDetail) -> Vec<&str> {
    found
        .items
        .iter()
        .map(|item| item.status.as_str())
        .collect()
}

#[test]
fn the_dry_run_says_what_would_move_and_leaves_no_trace() {
    let company = parked();
    let before = company.app.journals_counted();
    let planned = plan(&company, over_postings("reopen", 10));
    let dry = &planned["dry_run"];
    assert_eq!(
        (&dry["items"], &dry["duplicates"]),
        (&json!(6), &json!(0)),
        "{dry}"
    );
    assert_eq!(dry["months"], json!(["DE 2026-01"]));
    let cash: i64 = detail(&company, planned["replay"].as_str().unwrap())
        .row
        .dry_run
        .accounting
        .iter()
        .map(|moved| moved.change.minor)
        .sum();
    assert_eq!(cash, 0, "what moves balances");
    assert_eq!(company.app.journals_counted(), before);
}

#[test]
fn a_closed_month_is_refused_reopened_or_adjusted() {
    let company = parked();
    let refused = plan(&company, over_postings("refuse", 10));
    let request = command(
        "request_replay",
        json!({ "replay": refused["replay"], "reason": "checked" }),
    );
    let answer = company.app.act("ines", request).unwrap();
    let grant = command("grant_approval", json!({ "approval": answer["approval"] }));
    let said = company.app.act("li", grant).unwrap_err().to_string();
    assert!(said.contains("closed_months reopen or adjust"), "{said}");

    let adjusted = plan(&company, over_postings("adjust", 100));
    let id = adjusted["replay"].as_str().unwrap().to_owned();
    assert_eq!(adjusted["dry_run"]["months"], json!(["DE 2026-02"]));
    approved(&company, &id);
    let found = finish(&company, &id);
    assert_eq!(found.row.status, "completed", "{found:?}");
    assert!(
        statuses(&found).iter().all(|status| *status == "done"),
        "{found:?}"
    );

    let company = parked();
    let reopened = plan(&company, over_postings("reopen", 100));
    let id = reopened["replay"].as_str().unwrap().to_owned();
    approved(&company, &id);
    assert!(!company.is_closed("2026-01"), "open while the replay runs");
    let found = finish(&company, &id);
    assert_eq!(found.reopened, ["DE 2026-01"]);
    assert!(
        statuses(&found).iter().all(|status| *status == "done"),
        "{found:?}"
    );
    assert!(company.is_closed("2026-01"), "closed again after it");
    assert_eq!(found.row.approved_by.as_deref(), Some("li"));
}

#[test]
fn a_replay_keeps_its_pace_is_paused_resumed_and_cancelled() {
    let company = parked();
    let planned = plan(&company, over_postings("adjust", 2));
    let id = planned["replay"].as_str().unwrap().to_owned();
    approved(&company, &id);
    let waiting = || {
        statuses(&detail(&company, &id))
            .iter()
            .filter(|s| **s == "waiting")
            .count()
    };
    company.app.advance_replays().unwrap();
    assert_eq!(waiting(), 4, "two a second");
    company.app.advance_replays().unwrap();
    assert_eq!(waiting(), 4, "no second has passed");
    let steer = |action: &str| {
        company.app.act(
            "ines",
            command("steer_replay", json!({ "replay": id, "action": action })),
        )
    };
    steer("pause").unwrap();
    company
        .clock
        .move_to(company.app.clock().now().plus_seconds(10));
    company.app.advance_replays().unwrap();
    assert_eq!(waiting(), 4, "paused");
    steer("resume").unwrap();
    company
        .clock
        .move_to(company.app.clock().now().plus_seconds(60));
    company.app.advance_replays().unwrap();
    assert_eq!(
        waiting(),
        2,
        "a minute is no reason for more than a second's worth"
    );
    steer("cancel").unwrap();
    let found = finish(&company, &id);
    assert_eq!(found.row.status, "completed");
    assert_eq!(statuses(&found).iter().filter(|s| **s == "left").count(), 2);
    assert!(steer("resume").is_err());
}

#[test]
fn a_second_run_changes_nothing() {
    let company = parked();
    let first = plan(&company, over_postings("adjust", 100));
    let second = plan(&company, over_postings("adjust", 100));
    for planned in [&first, &second] {
        let id = planned["replay"].as_str().unwrap().to_owned();
        let journals = company.app.journals_counted();
        if planned == &second {
            let balances = state(&company.app).1;
            let request = command("request_replay", json!({ "replay": id, "reason": "again" }));
            let answer = company.app.act("ines", request).unwrap();
            company
                .app
                .act(
                    "li",
                    command("grant_approval", json!({ "approval": answer["approval"] })),
                )
                .unwrap();
            let found = finish(&company, &id);
            assert!(
                statuses(&found).iter().all(|s| *s == "duplicate"),
                "{found:?}"
            );
            assert_eq!(company.app.journals_counted(), journals);
            assert_eq!(state(&company.app).1, balances);
        } else {
            approved(&company, &id);
            finish(&company, &id);
            assert!(company.app.journals_counted() > journals);
        }
    }
}

#[test]
fn a_replay_goes_on_after_a_restart() {
    let company = parked();
    let planned = plan(&company, over_postings("adjust", 2));
    let id = planned["replay"].as_str().unwrap().to_owned();
    approved(&company, &id);
    company.app.advance_replays().unwrap();
    let again = Company {
        app: company.restarted(),
        clock: company.clock.clone(),
    };
    let found = finish(&again, &id);
    assert_eq!(found.row.status, "completed");
    assert!(
        statuses(&found).iter().all(|status| *status == "done"),
        "{found:?}"
    );
}

#[test]
fn a_parked_message_is_done_only_when_the_other_system_has_confirmed_it() {
    let company = parked();
    let row = EffectRow {
        id: "eff_1".to_owned(),
        lane: "ledger/C1".to_owned(),
        connection: "netsuite".to_owned(),
        operation: "netsuite.customer".to_owned(),
        subject: "customer/ACME".to_owned(),
        key: "netsuite/customer/ACME".to_owned(),
        request: "{}".to_owned(),
        status: "parked".to_owned(),
        error: "the subsidiary is unknown".to_owned(),
        amount: 500,
        currency: "EUR".to_owned(),
        ..company.any_effect()
    };
    let parked = row.clone();
    company
        .app
        .run("test", move |tx, _| Ok(effects::intend(tx, &[parked])?))
        .unwrap();
    let body = json!({ "filter": { "over": "effects", "source": "netsuite" }, "reason": "the subsidiary is mapped now" });
    let planned = plan(&company, body);
    assert_eq!(planned["dry_run"]["messages"], 1, "{planned}");
    let id = planned["replay"].as_str().unwrap().to_owned();
    approved(&company, &id);
    let found = finish(&company, &id);
    assert_eq!(statuses(&found), ["started"], "released is not done");
    assert_eq!(found.row.status, "verifying");
    company
        .app
        .run("test", move |tx, _| {
            let mut now = effects::effect(tx, "eff_1")?.unwrap();
            now.status = "confirmed".to_owned();
            now.external_id = "9041".to_owned();
            Ok(effects::update(tx, &now)?)
        })
        .unwrap();
    let found = finish(&company, &id);
    assert_eq!(found.items[0].result, "confirmed by netsuite as 9041");
    assert_eq!(
        (statuses(&found), found.row.status.as_str()),
        (vec!["done"], "completed")
    );
}

trait Counted {
    fn journals_counted(&self) -> i64;
}

impl Counted for app::App {
    fn journals_counted(&self) -> i64 {
        self.store().read(store::journals::counts).unwrap().0
    }
}

impl Company {
    /// An effect with nothing in it.
    fn any_effect(&self) -> EffectRow {
        let now = self.app.clock().now().microseconds();
        let text = String::new;
        EffectRow {
            id: text(),
            lane: text(),
            connection: text(),
            operation: text(),
            subject: text(),
            key: text(),
            request: text(),
            status: text(),
            attempts: 0,
            next_attempt: now,
            error_class: text(),
            error: text(),
            external_id: text(),
            read_back: 0,
            entity: text(),
            amount: 0,
            currency: text(),
            correlation: "chn_1".to_owned(),
            created: now,
            changed: now,
            fence: 0,
            lease: 0,
            priority: 0,
            fallback: 0,
            first_sent: 0,
            last_sent: 0,
        }
    }

    fn is_closed(&self, month: &'static str) -> bool {
        self.app
            .store()
            .read(move |tx| store::journals::is_closed(tx, "DE", month))
            .unwrap()
    }
}
