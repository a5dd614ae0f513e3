//! A new price for contracts that run: previewed with what it is worth, approved by another person, made
//! once on what was previewed, and held where a contract has changed since.

use crate::company::{Company, day};
use app::AppFault;
use app::command::{Answer, Command};
use serde_json::{Value, json};
use store::{StoreFault, contracts, documents, exceptions, log};

const CHECKER: &str = "li";

fn send(company: &Company, actor: &str, name: &str, body: Value) -> Result<Answer, AppFault> {
    company.app.act(actor, Command::read(name, body).unwrap())
}

fn refusal(outcome: Result<Answer, AppFault>) -> (String, String) {
    match outcome {
        Err(AppFault::Refused(refused)) => (refused[0].code.clone(), refused[0].message.clone()),
        other => panic!("{other:?}"),
    }
}

/// Seats cost a tenth more from March; one contract is spared, one is over, one has a price for June.
fn planned(company: &Company) {
    company.act(
        "amend_contract",
        json!({ "contract": "con-05", "effective": "2026-02-01", "reason": "closed",
            "change": { "kind": "cancel" } }),
    );
    company.act(
        "amend_contract",
        json!({ "contract": "con-07", "effective": "2026-06-01", "reason": "agreed last year",
            "change": { "kind": "price", "component": "seats", "unit_price": "11" } }),
    );
    let answer = company.act(
        "plan_price_change",
        json!({ "id": "P-1", "product": "SEAT", "effective": "2026-03-01", "except": ["con-03"],
            "price": { "rule": "uplift", "rate": "0.1" }, "reason": "costs have risen" }),
    );
    assert_eq!(
        answer,
        json!({ "price_change": "P-1", "status": "planned" })
    );
}

/// Outcome, word and contracts; a month before and after.
fn sums(company: &Company) -> Vec<(String, String, i64, String, String)> {
    let detail = company.app.price_change("P-1").unwrap();
    let sums = detail.sums.into_iter().map(|sum| {
        (
            sum.outcome,
            sum.code.unwrap_or_default(),
            sum.contracts,
            sum.monthly_before.to_string(),
            sum.monthly_after.to_string(),
        )
    });
    sums.collect()
}

fn sum(
    outcome: &str,
    code: &str,
    contracts: i64,
    before: &str,
    after: &str,
) -> (String, String, i64, String, String) {
    (
        outcome.to_owned(),
        code.to_owned(),
        contracts,
        format!("{before} EUR"),
        format!("{after} EUR"),
    )
}

#[test]
fn a_new_price_is_previewed_approved_by_another_and_made_once_on_each_contract() {
    let company = Company::new();
    planned(&company);
    assert_eq!(
        refusal(send(
            &company,
            CHECKER,
            "approve_price_change",
            json!({ "price_change": "P-1" })
        ))
        .0,
        "not_previewed"
    );
    assert_eq!(company.app.work_price_changes().unwrap(), 1);
    // 447 seats of the 465 that are sold, at 12.50 and at 13.75.
    let excluded = [
        sum("excluded", "agreed_later", 1, "0.00", "0.00"),
        sum("excluded", "excepted", 1, "0.00", "0.00"),
        sum("excluded", "not_in_force", 1, "0.00", "0.00"),
    ];
    let mut wanted = excluded.to_vec();
    wanted.push(sum("expected", "", 27, "5,587.50", "6,146.25"));
    assert_eq!(sums(&company), wanted);
    assert_eq!(
        refusal(send(
            &company,
            crate::company::ACTOR,
            "approve_price_change",
            json!({ "price_change": "P-1" })
        )),
        (
            "maker_is_checker".to_owned(),
            "test planned price change P-1 and cannot approve it; another person must".to_owned()
        )
    );
    // Nothing is changed by a preview, and what changes after it is not touched.
    let version = |id: &'static str| {
        let row = company
            .app
            .store()
            .read(move |tx| contracts::contract(tx, id))
            .unwrap();
        row.unwrap().version
    };
    assert_eq!(version("con-09"), 1);
    company.act(
        "amend_contract",
        json!({ "contract": "con-09", "effective": "2026-02-15", "reason": "more",
            "change": { "kind": "quantity", "component": "seats", "quantity": "20" } }),
    );
    send(
        &company,
        CHECKER,
        "approve_price_change",
        json!({ "price_change": "P-1" }),
    )
    .unwrap();
    // Two workers at once make each amendment once.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            // One of them may find that the other has moved it, which is no harm.
            scope.spawn(|| company.app.work_price_changes().is_ok());
        }
    });
    company.app.work_price_changes().unwrap();
    let detail = company.app.price_change("P-1").unwrap();
    assert_eq!(detail.price_change.status, "done");
    assert_eq!(detail.price_change.checker.as_deref(), Some(CHECKER));
    let mut wanted = excluded.to_vec();
    wanted.push(sum("held", "changed_since_preview", 1, "125.00", "137.50"));
    wanted.push(sum("repriced", "", 26, "5,462.50", "6,008.75"));
    assert_eq!(sums(&company), wanted);
    // Everybody who follows events hears of both, once.
    let told = company
        .app
        .store()
        .read(|tx| log::of_partition(tx, "price_change/P-1", 0, 10))
        .unwrap();
    let told: Vec<Value> = told
        .iter()
        .map(|event| {
            let data: Value = serde_json::from_str(&event.data).unwrap();
            let last = event.type_name.rsplit('.').nth(1).unwrap().to_owned();
            json!([
                last,
                data["approved_by"],
                data["expected"],
                data["repriced"],
                data["excluded"],
                data["held"],
                data["monthly_after"]
            ])
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["approved", CHECKER, 27, 0, 3, 0, [{ "amount": "6146.25", "currency": "EUR" }]],
            ["ended", CHECKER, 27, 26, 3, 1, [{ "amount": "6008.75", "currency": "EUR" }]],
        ])
    );
    assert_eq!(
        (version("con-00"), version("con-03"), version("con-09")),
        (2, 1, 2)
    );
    let held = company
        .app
        .store()
        .read(|tx| exceptions::open_about(tx, "price-change/P-1/con-09"))
        .unwrap();
    assert_eq!(held.unwrap().class, "price_change_held");
    // What was foreseen is what the contracts are worth, and what is billed.
    let page = company
        .app
        .price_change_lines("P-1", Some("repriced"), None)
        .unwrap();
    for line in page.items {
        let row = company
            .app
            .store()
            .read(move |tx| contracts::contract(tx, &line.contract))
            .unwrap()
            .unwrap();
        assert_eq!(row.value, line.value_after.minor, "{}", row.id);
    }
    company
        .clock
        .move_to("2026-03-12T10:00:00Z".parse().unwrap());
    company.by_page(day("2026-03-01"), 1_000);
    let seats = company
        .app
        .store()
        .read(|tx| -> Result<_, StoreFault> {
            let lines = documents::lines_of_contract(tx, "con-00")?;
            let of_seats = lines.into_iter().filter(|line| line.component == "seats");
            Ok(of_seats
                .map(|line| (line.period_from, line.net))
                .collect::<Vec<_>>())
        })
        .unwrap();
    let wanted: Vec<(String, i64)> = [
        ("2026-01-01", 1_250),
        ("2026-02-01", 1_250),
        ("2026-03-01", 1_375),
    ]
    .map(|(from, net)| (from.to_owned(), net))
    .to_vec();
    assert_eq!(seats, wanted);
    for name in ["approve_price_change", "cancel_price_change"] {
        let body = match name {
            "approve_price_change" => json!({ "price_change": "P-1" }),
            _ => json!({ "price_change": "P-1", "reason": "too late" }),
        };
        assert_eq!(
            refusal(send(&company, CHECKER, name, body)).0,
            "price_change_state"
        );
    }
}

#[test]
fn a_cancelled_price_change_amends_nothing() {
    let company = Company::new();
    planned(&company);
    company.app.work_price_changes().unwrap();
    let nothing = send(
        &company,
        CHECKER,
        "cancel_price_change",
        json!({ "price_change": "P-1", "reason": " " }),
    );
    assert_eq!(refusal(nothing).0, "reason_missing");
    send(
        &company,
        CHECKER,
        "cancel_price_change",
        json!({ "price_change": "P-1", "reason": "not this year" }),
    )
    .unwrap();
    assert_eq!(company.app.work_price_changes().unwrap(), 0);
    let rows = company
        .app
        .store()
        .read(|tx| contracts::all_after(tx, "", 100))
        .unwrap();
    let amended = rows.iter().filter(|row| row.version > 1).count();
    assert_eq!(amended, 2, "the two that were amended before");
}
