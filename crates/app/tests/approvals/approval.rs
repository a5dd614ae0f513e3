//! What the policy names is held until another person grants it, and is then done exactly once.

use crate::company::{Company, command, state};
use app::approval::{Standing, is_waiting};
use app::command::Answer;
use app::{AppFault, Outcome};
use control::Role;
use serde_json::{Value, json};

fn journal(amount: &str) -> Value {
    json!({ "id": "J1", "entity": "DE", "date": "2026-01-15", "reason": "accrual",
        "lines": [{ "account": "1100", "debit": amount }, { "account": "4000", "credit": amount }] })
}

/// A company with two controllers, a third person and their roles.
fn staffed() -> Company {
    let company = Company::new();
    for (name, role) in [
        ("dana", Role::Controller),
        ("li", Role::Controller),
        ("kim", Role::Auditor),
        ("ben", Role::BillingAnalyst),
    ] {
        company.app.put_user(name, role, "hash").unwrap();
    }
    company
}

fn held(company: &Company, maker: &str, key: &str) -> String {
    let answer = company
        .send(maker, key, command("post_journal", journal("10")))
        .unwrap()
        .into_answer();
    assert!(is_waiting(&answer), "{answer}");
    answer["approval"].as_str().unwrap().to_owned()
}

fn grant(company: &Company, checker: &str, id: &str) -> Result<Answer, AppFault> {
    company.app.act(
        checker,
        command("grant_approval", json!({ "approval": id })),
    )
}

fn said(outcome: Result<Answer, AppFault>) -> String {
    outcome.unwrap_err().to_string()
}

fn posted(company: &Company) -> bool {
    company
        .app
        .store()
        .read(|tx| store::journals::journal(tx, "J1"))
        .unwrap()
        .is_some()
}

#[test]
fn a_journal_by_hand_waits_for_somebody_else_and_is_posted_once() {
    let company = staffed();
    let id = held(&company, "dana", "k1");
    assert!(!posted(&company));
    let again = company
        .send("dana", "k1", command("post_journal", journal("10")))
        .unwrap();
    assert!(matches!(again, Outcome::AlreadyDone(ref answer) if answer["approval"] == id.as_str()));

    assert!(said(grant(&company, "dana", &id)).contains("cannot approve"));
    assert!(said(grant(&company, "Dana", &id)).contains("cannot approve"));
    assert!(said(grant(&company, "kim", &id)).contains("needs approve_finance"));
    assert!(said(grant(&company, "nobody", &id)).contains("has no role"));
    assert!(!posted(&company));

    let granted = grant(&company, "li", &id).unwrap();
    assert_eq!(granted["result"]["journal"], "J1");
    assert!(posted(&company));
    assert!(said(grant(&company, "li", &id)).contains("granted already"));

    let detail = company.app.approval(&id).unwrap().unwrap();
    assert_eq!(detail.row.checker.as_deref(), Some("li"));
    assert!(matches!(detail.standing, Standing::Ended));
    let journal = company.app.journal("J1").unwrap().unwrap();
    let events = company
        .app
        .store()
        .read(move |tx| store::log::of_chain(tx, &detail.correlation))
        .unwrap();
    let of = |word: &str| events.iter().find(|e| e.type_name.ends_with(word)).unwrap();
    assert_eq!(of("journal.entered.v1").actor, "dana", "made by the maker");
    assert_eq!(of("journal.entered.v1").idempotency_key, id);
    assert_eq!(
        of("approval.granted.v1").actor,
        "li",
        "approved by the checker"
    );
    drop(journal);
}

#[test]
fn denial_and_withdrawal_leave_nothing() {
    let company = staffed();
    let before = company.app.store().read(store::journals::counts).unwrap();
    let denied = held(&company, "dana", "k1");
    let no_reason = json!({ "approval": denied, "reason": " " });
    assert!(
        company
            .app
            .act("li", command("deny_approval", no_reason))
            .is_err()
    );
    company
        .app
        .act(
            "li",
            command(
                "deny_approval",
                json!({ "approval": denied, "reason": "wrong account" }),
            ),
        )
        .unwrap();
    assert!(said(grant(&company, "li", &denied)).contains("denied already"));

    let withdrawn = held(&company, "dana", "k2");
    let body = json!({ "approval": withdrawn, "reason": "typo" });
    assert!(
        company
            .app
            .act("li", command("withdraw_approval", body.clone()))
            .is_err()
    );
    company
        .app
        .act("dana", command("withdraw_approval", body))
        .unwrap();
    assert!(said(grant(&company, "li", &withdrawn)).contains("withdrawn already"));
    assert_eq!(
        company.app.store().read(store::journals::counts).unwrap(),
        before
    );
}

#[test]
fn what_cannot_be_done_is_not_held_and_what_no_longer_can_goes_on_waiting() {
    let company = staffed();
    let unbalanced = json!({ "entity": "DE", "date": "2026-01-15", "reason": "x",
        "lines": [{ "account": "1100", "debit": "10" }, { "account": "4000", "credit": "9" }] });
    assert!(
        company
            .send("dana", "k0", command("post_journal", unbalanced))
            .is_err()
    );
    assert_eq!(company.app.waiting_approvals().unwrap(), 0);

    let id = held(&company, "dana", "k1");
    company.done(
        "close_period",
        json!({ "entity": "DE", "month": "2026-01" }),
    );
    let refused = said(grant(&company, "li", &id));
    assert!(
        refused.contains("2026-01") && refused.contains("closed"),
        "{refused}"
    );
    let detail = company.app.approval(&id).unwrap().unwrap();
    assert!(
        matches!(detail.standing, Standing::Refused { .. }),
        "{:?}",
        detail.standing
    );
    assert_eq!(detail.row.status, "requested");

    company
        .app
        .act_approved(
            "dana",
            "li",
            command(
                "reopen_period",
                json!({ "entity": "DE", "month": "2026-01", "reason": "late" }),
            ),
        )
        .unwrap();
    grant(&company, "li", &id).unwrap();
    assert!(posted(&company));
}

#[test]
fn a_request_waits_for_days_and_expires() {
    let company = staffed();
    let id = held(&company, "dana", "k1");
    let days = |days: i64| {
        let to = company.app.clock().now().plus_seconds(days * 86_400);
        company.clock.move_to(to);
    };
    days(13);
    assert_eq!(company.app.expire_approvals().unwrap(), 0);
    days(2);
    assert!(said(grant(&company, "li", &id)).contains("expired at"));
    assert_eq!(company.app.expire_approvals().unwrap(), 1);
    assert_eq!(company.app.expire_approvals().unwrap(), 0);
    assert_eq!(
        company.app.approval(&id).unwrap().unwrap().row.status,
        "expired"
    );
    assert!(!posted(&company));
}

#[test]
fn a_credit_note_over_the_limit_is_routed_and_a_small_one_is_not() {
    let company = staffed();
    let number = company
        .app
        .store()
        .read(|tx| {
            store::documents::documents(tx, &store::documents::DocumentFilter::default(), "", 1)
        })
        .unwrap()[0]
        .number
        .clone();
    let credit = |amount: &str| {
        command(
            "issue_credit_note",
            json!({ "invoice": number, "reason": "goodwill", "amount": amount }),
        )
    };
    let toml = r#"
        version = 2
        [[rules]]
        command = "issue_credit_note"
        when = "over"
        limits = { EUR = "300.00" }
        permission = "approve_finance"
        expires_days = 14
    "#;
    company
        .app
        .act_approved(
            "dana",
            "li",
            command("publish_approval_policy", json!({ "toml": toml })),
        )
        .unwrap();
    let small = company.app.act("ben", credit("100")).unwrap();
    assert!(small["credit_note"].is_string(), "{small}");
    let large = company.app.act("ben", credit("300")).unwrap();
    assert!(
        is_waiting(&large),
        "300.00 and its tax are over 300.00: {large}"
    );
    let id = large["approval"].as_str().unwrap().to_owned();
    let row = company.app.approval(&id).unwrap().unwrap().row;
    assert_eq!(row.value.unwrap().to_string(), "357.00 EUR");
    assert_eq!(row.checkers, ["controller"]);

    // Somebody credits the same invoice meanwhile: what would be credited is still the same sum.
    company.app.act("ben", credit("200")).unwrap();
    let now = company.app.approval(&id).unwrap().unwrap();
    assert!(
        matches!(now.standing, Standing::Unchanged),
        "{:?}",
        now.standing
    );
    grant(&company, "li", &id).unwrap();
}

#[test]
fn a_request_whose_effect_has_changed_must_be_looked_at_again() {
    let company = staffed();
    let full = json!({ "invoice": company.invoice_number(), "reason": "all of it", "full": true });
    let toml = "version = 2\n[[rules]]\ncommand = \"issue_credit_note\"\nwhen = \"over\"\nlimits = { EUR = \"300.00\" }\npermission = \"approve_finance\"\nexpires_days = 14\n";
    company
        .app
        .act_approved(
            "dana",
            "li",
            command("publish_approval_policy", json!({ "toml": toml })),
        )
        .unwrap();
    let answer = company
        .app
        .act("ben", command("issue_credit_note", full))
        .unwrap();
    let id = answer["approval"].as_str().unwrap().to_owned();
    company
        .app
        .act(
            "ben",
            command(
                "issue_credit_note",
                json!({ "invoice": company.invoice_number(), "reason": "part", "amount": "100" }),
            ),
        )
        .unwrap();
    assert!(said(grant(&company, "li", &id)).contains("has changed since"));
    let Standing::Changed { digest, evidence } =
        company.app.approval(&id).unwrap().unwrap().standing
    else {
        panic!("it would credit 100 less now");
    };
    assert_eq!(evidence.impact.documents[0].net.minor, 110_000);
    company
        .app
        .act(
            "li",
            command(
                "grant_approval",
                json!({ "approval": id, "evidence": digest }),
            ),
        )
        .unwrap();
}

#[test]
fn a_delegate_decides_on_the_days_and_never_for_the_one_who_delegated() {
    let company = staffed();
    let lend = |from: &str, to: &str| {
        company.app.act(
            from,
            command(
                "delegate_permission",
                json!({ "to": to, "permission": "approve_finance", "from": "2026-01-15", "until": "2026-01-20", "reason": "holiday" }),
            ),
        )
    };
    assert!(said(lend("kim", "li")).contains("does not hold"));
    assert!(said(lend("li", "li")).contains("themselves"));
    let given = lend("li", "kim").unwrap();
    assert!(
        said(lend("kim", "ben")).contains("does not hold"),
        "no chains"
    );

    let by_li = held(&company, "li", "k1");
    assert!(said(grant(&company, "kim", &by_li)).contains("lent the permission"));
    grant(&company, "dana", &by_li).unwrap();

    let by_dana = company
        .send(
            "dana",
            "k2",
            command(
                "post_journal",
                json!({ "id": "J2", "entity": "DE", "date": "2026-01-15", "reason": "x",
            "lines": [{ "account": "1100", "debit": "1" }, { "account": "4000", "credit": "1" }] }),
            ),
        )
        .unwrap()
        .into_answer()["approval"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = given["delegation"].as_str().unwrap();
    grant(&company, "kim", &by_dana).unwrap();
    let row = company.app.approval(&by_dana).unwrap().unwrap().row;
    assert_eq!(
        (row.checker.as_deref(), row.on_behalf_of.as_deref()),
        (Some("kim"), Some("li"))
    );

    assert!(
        company
            .app
            .act(
                "kim",
                command("revoke_delegation", json!({ "delegation": token }))
            )
            .is_err()
    );
    company
        .app
        .act(
            "li",
            command("revoke_delegation", json!({ "delegation": token })),
        )
        .unwrap();
    assert_eq!(company.app.delegations().unwrap()[0].status, "revoked");
}

#[test]
fn a_token_is_its_owner() {
    let company = staffed();
    company
        .app
        .add_token([7; 32], "dana-laptop", Role::Controller)
        .unwrap();
    company.app.own_token("dana-laptop", "dana").unwrap();
    let id = held(&company, "dana", "k1");
    let by_token = |key: &str| {
        company
            .app
            .execute(app::command::Envelope {
                client: "token/dana-laptop".to_owned(),
                key: key.to_owned(),
                actor: "dana-laptop".to_owned(),
                command: command("grant_approval", json!({ "approval": id })),
            })
            .map(Outcome::into_answer)
    };
    assert!(said(by_token("g1")).contains("dana made this change"));
    company.app.own_token("dana-laptop", "li").unwrap();
    by_token("g2").unwrap();
    assert_eq!(
        company
            .app
            .approval(&id)
            .unwrap()
            .unwrap()
            .row
            .checker
            .as_deref(),
        Some("li")
    );
}

#[test]
fn a_customer_changes_from_its_day_on_with_the_fields_before_and_after() {
    let company = staffed();
    company.app.put_user("rita", Role::RevOps, "hash").unwrap();
    let change = |effective: &str| {
        command(
            "change_customer",
            json!({ "customer": "ACME", "effective": effective, "payment_terms_days": 30, "reason": "new contract" }),
        )
    };
    let before = state(&company.app);
    let past = company.app.act("rita", change("2026-01-14"));
    assert!(said(past).contains("past"));
    let answer = company.app.act("rita", change("2026-01-20")).unwrap();
    let id = answer["approval"].as_str().unwrap();
    let detail = company.app.approval(id).unwrap().unwrap();
    let [difference] = detail.evidence.differences.as_slice() else {
        panic!("{detail:?}")
    };
    assert_eq!(
        (
            difference.field.as_str(),
            difference.before.as_str(),
            difference.after.as_str()
        ),
        ("payment_terms_days", "0", "30")
    );
    assert_ne!(
        state(&company.app),
        before,
        "the request itself is on record"
    );
    assert!(said(grant(&company, "rita", id)).contains("cannot approve"));
    grant(&company, "li", id).unwrap();

    let terms = || {
        let row = company
            .app
            .store()
            .read(|tx| store::catalogue::customer(tx, "ACME"))
            .unwrap()
            .unwrap();
        serde_json::from_str::<Value>(&row.body).unwrap()["payment_terms_days"].clone()
    };
    assert_eq!(terms(), 0, "its day has not come");
    assert_eq!(company.app.apply_customer_changes().unwrap(), 0);
    company
        .clock
        .move_to("2026-01-20T00:00:01Z".parse().unwrap());
    assert_eq!(company.app.apply_customer_changes().unwrap(), 1);
    assert_eq!(company.app.apply_customer_changes().unwrap(), 0);
    assert_eq!(terms(), 30);
}

#[test]
fn a_request_outlives_a_restart() {
    let company = staffed();
    let id = held(&company, "dana", "k1");
    let again = Company {
        app: company.restarted(),
        clock: company.clock.clone(),
    };
    assert_eq!(again.app.waiting_approvals().unwrap(), 1);
    grant(&again, "li", &id).unwrap();
    assert!(posted(&again));
}

#[test]
fn a_price_that_is_sold_already_changes_by_two_people_where_the_policy_says_so() {
    let company = staffed();
    company.app.put_user("rita", Role::RevOps, "hash").unwrap();
    company.app.put_user("rob", Role::RevOps, "hash").unwrap();
    let product = |code: &str, price: &str| {
        command(
            "publish_product",
            json!({ "code": code, "name": "Seat", "prices": [
                { "currency": "EUR", "billing": "annual", "charge": { "model": "per_unit", "unit_price": price } }] }),
        )
    };
    let direct = company.app.act("rita", product("SEAT", "121")).unwrap();
    assert_eq!(
        direct["product"], "SEAT",
        "the policy that ships lets it through"
    );
    let toml = "version = 2\n[[rules]]\ncommand = \"publish_product\"\nwhen = \"changes\"\npermission = \"approve_master_data\"\nexpires_days = 14\n";
    company
        .app
        .act_approved(
            "dana",
            "li",
            command("publish_approval_policy", json!({ "toml": toml })),
        )
        .unwrap();
    let new = company.app.act("rita", product("OTHER", "5")).unwrap();
    assert_eq!(
        new["product"], "OTHER",
        "a new product changes nothing that exists"
    );
    let waiting = company.app.act("rita", product("SEAT", "130")).unwrap();
    assert!(is_waiting(&waiting), "{waiting}");
    let id = waiting["approval"].as_str().unwrap();
    let detail = company.app.approval(id).unwrap().unwrap();
    let [difference] = detail.evidence.differences.as_slice() else {
        panic!("{:?}", detail.evidence.differences)
    };
    assert_eq!(difference.field, "prices");
    assert!(difference.before.contains("121") && difference.after.contains("130"));
    assert!(said(grant(&company, "rita", id)).contains("cannot approve"));
    grant(&company, "rob", id).unwrap();
}
