//! A shadow run changes nothing and says exactly what the run then does.

use crate::company::{Company, command, state};
use app::AppFault;
use serde_json::json;

#[test]
fn a_shadow_run_says_what_then_happens_and_changes_nothing() {
    let company = Company::new();
    let body = json!({ "contract": "C1", "effective": "2026-04-15",
        "change": { "kind": "quantity", "component": "seats", "quantity": "15" } });
    let before = state(&company.app);
    let promised = company
        .app
        .shadow(company.envelope("dana", "amend_contract", body.clone()))
        .unwrap();
    assert_eq!(state(&company.app), before, "a shadow run leaves no trace");
    assert!(
        promised
            .events
            .iter()
            .any(|e| e.type_name.ends_with("contract.amended.v1")),
        "{promised:?}"
    );
    assert_eq!(promised.schedules.len(), 1, "{promised:?}");
    assert!(promised.schedules[0].change.minor > 0);

    let amend = company.envelope("dana", "amend_contract", body);
    let (_, recorded) = company
        .app
        .watched_run("dana", move |tx, context| {
            app::journey::contract::amend(
                tx,
                context,
                "k1",
                match &amend.command {
                    app::command::Command::AmendContract(body) => body,
                    _ => unreachable!(),
                },
            )
        })
        .unwrap();
    assert_eq!(recorded, promised);
    assert_ne!(state(&company.app), before);
}

#[test]
fn documents_and_journals_are_shown_with_their_lines_and_sums() {
    let company = Company::new();
    let invoice = "INV-DE-000001";
    let found = company
        .app
        .store()
        .read(|tx| {
            store::documents::documents(tx, &store::documents::DocumentFilter::default(), "", 5)
        })
        .unwrap();
    let number = found
        .first()
        .map_or(invoice, |row| row.number.as_str())
        .to_owned();
    let credit = company.envelope(
        "dana",
        "issue_credit_note",
        json!({ "invoice": number, "reason": "goodwill", "amount": "100" }),
    );
    let impact = company.app.shadow(credit).unwrap();
    let note = &impact.documents[0];
    assert_eq!(
        (note.kind.as_str(), note.net.minor, note.tax.minor),
        ("credit_note", 10_000, 1_900)
    );
    assert_eq!(note.lines.len(), 1);
    assert!(!impact.journals.is_empty(), "{impact:?}");
    assert_eq!(
        impact.accounts.iter().map(|a| a.change.minor).sum::<i64>(),
        0
    );
    assert!(impact.accounts.iter().all(|a| !a.name.is_empty()));
    assert!(
        impact.in_words().starts_with("1 credit note"),
        "{}",
        impact.in_words()
    );
}

#[test]
fn a_refusal_is_the_one_that_the_command_would_meet() {
    let company = Company::new();
    let refused = company.envelope(
        "dana",
        "amend_contract",
        json!({ "contract": "C9", "effective": "2026-04-15", "change": { "kind": "cancel" } }),
    );
    let shadow = company.app.shadow(refused).unwrap_err();
    let real = company
        .send(
            "dana",
            "k",
            command(
                "amend_contract",
                json!({ "contract": "C9", "effective": "2026-04-15", "change": { "kind": "cancel" } }),
            ),
        )
        .unwrap_err();
    assert_eq!(shadow, real);
    assert!(matches!(shadow, AppFault::NotFound { .. }), "{shadow:?}");
}
