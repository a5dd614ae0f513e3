//! What the preview of an amendment says is what then happens.

use crate::company::{Company, command, state};
use app::command::{AmendContract, Command};
use app::journey::{billing, contract, revenue};
use serde_json::json;

fn amend(company: &Company, quantity: &str, effective: &str) -> AmendContract {
    let _ = company;
    let body = json!({ "contract": "C1", "effective": effective,
        "change": { "kind": "quantity", "component": "seats", "quantity": quantity } });
    match command("amend_contract", body) {
        Command::AmendContract(body) => body,
        _ => unreachable!(),
    }
}

/// A company in May, billed and recognised through April.
fn in_may() -> Company {
    let company = Company::new();
    company
        .clock
        .move_to("2026-05-10T12:00:00Z".parse().unwrap());
    company.done("recognise_revenue", json!({ "through": "2026-04-30" }));
    company
}

#[test]
fn a_preview_equals_what_then_happens() {
    for (quantity, effective) in [
        ("15", "2026-04-01"),
        ("4", "2026-03-15"),
        ("12", "2026-07-01"),
    ] {
        let company = in_may();
        let before = state(&company.app);
        let body = amend(&company, quantity, effective);
        let preview = company.app.preview_amendment("rita", body.clone()).unwrap();
        assert_eq!(state(&company.app), before, "a preview leaves no trace");

        let (_, saved) = company
            .app
            .watched_run("rita", move |tx, context| {
                contract::amend(tx, context, "k", &body)
            })
            .unwrap();
        assert_eq!(saved, preview.saved, "{quantity}");
        let Command::RunBilling(run) = command(
            "run_billing",
            json!({ "through": "2026-05-10", "contract": "C1" }),
        ) else {
            unreachable!()
        };
        let (_, billed) = company
            .app
            .watched_run("rita", move |tx, context| billing::run(tx, context, &run))
            .unwrap();
        assert_eq!(billed, preview.billed, "{quantity}");
        let Command::RecogniseRevenue(run) =
            command("recognise_revenue", json!({ "through": "2026-04-30" }))
        else {
            unreachable!()
        };
        let (_, recognised) = company
            .app
            .watched_run("rita", move |tx, context| revenue::run(tx, context, &run))
            .unwrap();
        assert_eq!(recognised, preview.recognised, "{quantity}");
    }
}

#[test]
fn more_seats_in_the_past_are_billed_and_caught_up_and_fewer_are_credited() {
    let company = in_may();
    let more = company
        .app
        .preview_amendment("rita", amend(&company, "15", "2026-04-01"))
        .unwrap();
    assert_eq!(more.billed.documents.len(), 1);
    assert_eq!(more.billed.documents[0].kind, "invoice");
    assert!(
        more.saved.journals.len() == 1 && more.recognised.journals.is_empty(),
        "April is caught up with the amendment itself: {:?}",
        more.saved
    );
    assert!(
        more.revenue
            .iter()
            .all(|month| month.after.minor > month.before.minor)
    );
    assert_eq!(
        more.revenue.first().map(|month| month.month.as_str()),
        Some("2026-04")
    );
    let added: i64 = more
        .revenue
        .iter()
        .map(|m| m.after.minor - m.before.minor)
        .sum();
    assert_eq!(
        added, more.billed.documents[0].net.minor,
        "what is billed is earned in the end"
    );

    let fewer = company
        .app
        .preview_amendment("rita", amend(&company, "4", "2026-04-01"))
        .unwrap();
    assert_eq!(fewer.billed.documents[0].kind, "credit_note");
    assert!(
        fewer.total.in_words().contains("1 credit note"),
        "{}",
        fewer.total.in_words()
    );
}
