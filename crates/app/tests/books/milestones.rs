//! Work that is billed in parts: what remains of a plan is what was not billed, and no part is billed
//! twice.

use crate::company::Company;
use app::query::ProgressPlanView;
use serde_json::json;

/// A project of 10,000.00: design for 3,000.00 and go-live for 7,000.00.
fn project() -> Company {
    let company = Company::on("2026-01-05", "0.19");
    company.sells(
        "PROJECT",
        "one_off",
        json!({ "model": "flat", "amount": "1000" }),
    );
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-05", "end": "2026-12-31",
            "lines": [{ "component": "kickoff", "product": "PROJECT" }] }),
    );
    company.act(
        "plan_progress",
        json!({ "id": "build", "contract": "C-1", "product": "PROJECT", "value": "10000", "milestones": [
            { "name": "Design", "amount": "3000" }, { "name": "Go-live", "amount": "7000" }] }),
    );
    company.bill("2026-01-05");
    company
}

fn plan(company: &Company) -> ProgressPlanView {
    company.app.progress_plan("build").unwrap().unwrap()
}

/// Accepted, remaining and percent of the plan.
fn stands(company: &Company) -> (String, String, i64) {
    let plan = plan(company);
    (
        plan.accepted.to_string(),
        plan.remaining.to_string(),
        plan.percent,
    )
}

fn stood(accepted: &str, remaining: &str, percent: i64) -> (String, String, i64) {
    (
        format!("{accepted} EUR"),
        format!("{remaining} EUR"),
        percent,
    )
}

#[test]
fn what_remains_of_a_plan_is_what_was_not_billed() {
    let company = project();
    assert_eq!(stands(&company), stood("0.00", "10,000.00", 0));
    company.go_to("2026-02-10");
    let design = json!({ "plan": "build", "milestone": "Design", "on": "2026-02-10" });
    let answer = company.act("bill_progress", design.clone());
    assert_eq!(answer["remaining"]["amount"], "7000.00");
    company.bill("2026-02-10");
    assert_eq!(stands(&company), stood("3,000.00", "7,000.00", 30));
    let seen = plan(&company);
    let documents: Vec<Vec<&str>> = seen
        .parts
        .iter()
        .map(|part| {
            part.documents
                .iter()
                .map(|one| one.number.as_str())
                .collect()
        })
        .collect();
    assert_eq!(documents, [vec!["DE-2026-00002"], vec![]]);
    let invoice = company.documents().pop().unwrap();
    assert_eq!((invoice.net, invoice.tax), (300_000, 57_000));
    // The list shows the same plan as the look at it alone.
    let listed = company.app.progress_plans("C-1", None).unwrap().items;
    assert_eq!(listed, [seen]);

    // The same part again.
    assert_eq!(
        company.refused("bill_progress", design),
        "milestone: Design was accepted on 2026-02-10 and is billed once; take it back before it is accepted again"
    );
    let later = json!({ "plan": "build", "milestone": "Design", "on": "2026-03-10" });
    assert!(
        company
            .refused("bill_progress", later)
            .contains("is billed once")
    );
    assert_eq!(company.bill("2026-02-10"), 0);
    assert_eq!(stands(&company), stood("3,000.00", "7,000.00", 30));

    company.go_to("2026-03-31");
    company.act(
        "bill_progress",
        json!({ "plan": "build", "milestone": "Go-live", "on": "2026-03-31" }),
    );
    company.bill("2026-03-31");
    assert_eq!(stands(&company), stood("10,000.00", "0.00", 100));
    assert_eq!(
        company.refused(
            "bill_progress",
            json!({ "plan": "build", "amount": "0.01", "name": "More", "on": "2026-03-31" })
        ),
        "amount: 0.01 EUR is more than what remains of build: 0.00 EUR"
    );
    let nets: Vec<i64> = company.documents().iter().map(|row| row.net).collect();
    assert_eq!(nets, [100_000, 300_000, 700_000]);
    company.ties_out();
}

#[test]
fn a_part_that_is_taken_back_remains_again_and_is_credited() {
    let company = project();
    company.go_to("2026-02-10");
    company.act(
        "bill_progress",
        json!({ "plan": "build", "percent": "0.3333", "name": "First third", "on": "2026-02-10" }),
    );
    company.bill("2026-02-10");
    assert_eq!(stands(&company), stood("3,333.00", "6,667.00", 33));
    let again =
        json!({ "plan": "build", "percent": "0.3333", "name": "First third", "on": "2026-02-10" });
    assert_eq!(
        company.refused("bill_progress", again),
        "name: the part needs a name that no other part of build has"
    );
    company.go_to("2026-02-12");
    company.act(
        "undo_progress",
        json!({ "plan": "build", "part": "First third", "reason": "not delivered" }),
    );
    company.bill("2026-02-12");
    assert_eq!(stands(&company), stood("0.00", "10,000.00", 0));
    let note = company.documents().pop().unwrap();
    assert_eq!(
        (note.kind.as_str(), note.net, note.tax),
        ("credit_note", 333_300, 63_327)
    );
    company.ties_out();
}
